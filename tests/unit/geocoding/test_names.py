from __future__ import annotations

import pytest

from outreach_analysis.geocoding.names import (
    BREAK,
    fold,
    level_said,
    name_words,
    readings,
    spelling_key,
    split_parts,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＳＡＭＡＲＩＮＤＡ　Ulu", "samarinda ulu"),
        ("Mu’ut", "muut"),
        ("Séi\u00a0Kunjang", "sei kunjang"),
        ("Sama\u200brinda", "samarinda"),
        ("a\n b", "a\n b"),
    ],
)
def test_forms_of_the_same_letters_are_alike(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_numbers_of_people_are_left_out_and_parts_are_kept_apart() -> None:
    assert split_parts(fold("Damai (Kubar), HP 0812-3456-7890\nSanga-Sanga")) == [
        ["damai", BREAK, "kubar", BREAK],
        ["hp"],
        ["sanga", "sanga"],
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sei Pinang", "Sungai Pinang"),
        ("Kota Bangun III", "kota bangun 3"),
        ("Mahakam Hulu", "Mahakam Ulu"),
        ("Tj. Redeb", "Tanjung Redeb"),
    ],
)
def test_short_forms_and_numerals_are_alike(one: str, other: str) -> None:
    assert name_words(one) == name_words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tenggarong", "tengarong"),
        ("seberang", "sebrang"),
        ("sekolaq", "sekolak"),
        ("koetai", "kutai"),
        ("mulya", "mulia"),
        ("bhakti", "bakti"),
    ],
)
def test_variants_of_spelling_are_alike(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("muarajawa", "muaralawa"), ("muarajawa", "muarajawaq"), ("panji", "panii"), ("longpahangaiii", "longpahangai")],
)
def test_names_that_differ_stay_different(one: str, other: str) -> None:
    assert spelling_key(one) != spelling_key(other)


def test_words_for_levels() -> None:
    assert [level_said(word) for word in ("kec", "kecamtan", "kel", "kab", "prov", "kampung", "kecap")] == [
        "kecamatan",
        "kecamatan",
        "desa",
        "kabupaten",
        "province",
        "village",
        "",
    ]
    assert readings("bt") == ("batu", "bukit")
