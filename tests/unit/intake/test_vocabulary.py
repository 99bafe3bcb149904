from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from outreach_analysis import contracts
from outreach_analysis.intake import rows as vocabulary
from outreach_analysis.intake.rows import applications, channels, known_word, passport_types

SINCE = dt.date(2025, 7, 1)


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        ("Paspor Biasa Elektronik", "electronic", "electronic"),
        ("E-Paspor", "electronic", "electronic"),
        ("e paspor 48 hal", "electronic", "electronic"),
        ("EPASPOR", "electronic", "electronic"),
        ("Paspor Elektronik (Polikarbonat)", "electronic", "electronic"),
        ("electronic", "electronic", "electronic"),
        ("Paspor Biasa Non Elektronik", "non_electronic", "non_electronic"),
        ("Paspor Biasa Non-Elektronik", "non_electronic", "non_electronic"),
        ("NONELEKTRONIK", "non_electronic", "non_electronic"),
        ("non_electronic", "non_electronic", "non_electronic"),
        ("non e-paspor", "non_electronic", "non_electronic"),
        ("Paspor Biasa", "unknown", "electronic"),
        ("Paspor Biasa 48 Halaman", "unknown", "electronic"),
        ("Paspor", "unknown", "electronic"),
        ("Paspor Diplomatik", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_passport_types_before_and_after_the_day_all_became_electronic(said: str, before: str, after: str) -> None:
    days = pd.Series(pd.to_datetime(["2025-06-30", "2025-07-01"]))
    assert passport_types(pd.Series([said, said]), days, all_electronic_from=SINCE).tolist() == [before, after]


def test_a_passport_without_a_date_is_not_guessed() -> None:
    assert passport_types(pd.Series(["Paspor Biasa"]), pd.Series([pd.NaT]), all_electronic_from=SINCE).tolist() == [
        "unknown"
    ]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Baru", "new"),
        ("Permohonan Paspor Baru", "new"),
        ("Penggantian", "renewal"),
        ("Penggantian habis berlaku", "renewal"),
        ("Perpanjangan", "renewal"),
        ("Penggantian (hilang)", "lost"),
        ("Hilang", "lost"),
        ("Penggantian karena rusak", "damaged"),
        ("Perubahan data", "other"),
        ("", "unknown"),
    ],
)
def test_applications(said: str, kind: str) -> None:
    assert applications(pd.Series([said])).tolist() == [kind]


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ("IG", "instagram"),
        ("Instagram", "instagram"),
        ("Teman, Instagram", "word_of_mouth"),
        ("Instagram dan teman", "instagram"),
        ("grup WA", "other_social"),
        ("FB", "other_social"),
        ("media sosial", "other_social"),
        ("Radio", "conventional"),
        ("Kantor Imigrasi", "office"),
        ("mulut ke mulut", "word_of_mouth"),
        ("word_of_mouth", "word_of_mouth"),
        ("other_social", "other_social"),
        ("igloo", "unknown"),
        ("", "unknown"),
    ],
)
def test_channels(said: str, channel: str) -> None:
    assert channels(pd.Series([said])).tolist() == [channel]


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (vocabulary.SITE_KINDS, contracts.SITES.column("kind").choices),
        (vocabulary.EVENT_STATUS, contracts.EVENTS.column("status").choices),
        (vocabulary.ACCESS_WORDS, contracts.ACCESS.column("access").choices),
    ],
)
def test_words_are_those_of_the_contract_and_each_means_one(
    words: dict[str, tuple[str, ...]], choices: tuple[str, ...]
) -> None:
    assert set(words) == set(choices)
    listed = [form for forms in words.values() for form in forms]
    assert len(listed) == len(set(listed))
    assert known_word(pd.Series([*choices]), words).tolist() == list(choices)


def test_words_no_one_knows_are_none() -> None:
    assert known_word(pd.Series(["PONPES", "Terlaksana", ""]), vocabulary.SITE_KINDS).tolist() == [
        "pesantren",
        None,
        None,
    ]
