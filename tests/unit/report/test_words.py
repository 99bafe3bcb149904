"""Numbers, dates, intervals and lists in both languages."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.report.words import LANGUAGES, Language, Words

ID, EN = Words("id"), Words("en")


@pytest.mark.parametrize(
    ("value", "digits", "indonesian", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (0, 0, "0", "0"),
        (-3.25, 2, "−3,25", "−3.25"),
        (12, 1, "12,0", "12.0"),
        (np.int64(20), 0, "20", "20"),
        (math.nan, 1, "–", "–"),
    ],
)
def test_numbers(value: float, digits: int, indonesian: str, english: str) -> None:
    assert ID.number(value, digits=digits) == indonesian
    assert EN.number(value, digits=digits) == english


@given(st.sampled_from(LANGUAGES), st.integers(-(10**12), 10**12))
def test_whole_numbers_can_be_read_back(lang: Language, value: int) -> None:
    words = Words(lang)
    assert parse_decimal(words.number(value).replace("−", "-"), locale=words.locale) == value


@pytest.mark.parametrize(
    ("share", "digits", "indonesian", "english"),
    [(0.123, 1, "12,3%", "12.3%"), (1, 0, "100%", "100%"), (0, 0, "0%", "0%"), (math.nan, 0, "–", "–")],
)
def test_shares(share: float, digits: int, indonesian: str, english: str) -> None:
    assert ID.percent(share, digits=digits) == indonesian
    assert EN.percent(share, digits=digits) == english


def test_intervals() -> None:
    assert ID.interval(27.2, 1111.6) == "27–1.112"
    assert EN.interval(0.25, 1.75, digits=2) == "0.25–1.75"
    assert EN.interval(math.nan, 3) == "–"
    assert EN.interval(3, math.nan) == "–"


def test_an_interval_with_a_negative_end_has_a_word_between_its_ends() -> None:
    assert (ID.interval(-10, 20), EN.interval(-23, -7)) == ("−10 sampai 20", "−23 to −7")
    assert ID.interval(-0.2, 27) == "0–27"
    assert EN.number(-0.04, digits=1) == "0.0"


@pytest.mark.parametrize(
    ("day", "indonesian", "english"),
    [
        (dt.date(2026, 11, 24), "24 November 2026", "24 November 2026"),
        (pd.Timestamp("2026-05-01"), "1 Mei 2026", "1 May 2026"),
        (np.datetime64("2026-08-17"), "17 Agustus 2026", "17 August 2026"),
        (None, "–", "–"),
        (pd.NaT, "–", "–"),
    ],
)
def test_dates(day: dt.date, indonesian: str, english: str) -> None:
    assert ID.date(day) == indonesian
    assert EN.date(day) == english


def test_dates_with_weekday_and_short() -> None:
    day = dt.date(2026, 12, 13)
    assert ID.date(day, weekday=True) == "Minggu, 13 Desember 2026"
    assert EN.date(day, weekday=True) == "Sunday, 13 December 2026"
    assert ID.date(day, short=True) == "13 Des 2026"
    assert EN.date(day, short=True) == "13 Dec 2026"


def test_every_month_has_its_indonesian_name() -> None:
    names = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
    assert " ".join(ID.month(dt.date(2026, n, 1)).removesuffix(" 2026") for n in range(1, 13)) == names
    assert EN.month(pd.Timestamp("2026-10-05")) == "October 2026"


@pytest.mark.parametrize(
    ("items", "indonesian", "english"),
    [
        ([], "", ""),
        (["A"], "A", "A"),
        (["A", "B"], "A dan B", "A and B"),
        (["A", "B", "C"], "A, B, dan C", "A, B and C"),
    ],
)
def test_lists(items: list[str], indonesian: str, english: str) -> None:
    assert ID.listing(items) == indonesian
    assert EN.listing(items) == english


def test_sentences_are_translated_and_filled() -> None:
    assert ID.say("{n} days", n=3) == "3 hari"
    assert EN.say("{n} days", n=3) == "3 days"


def test_values_are_put_in_as_they_stand() -> None:
    assert EN.say("{n} more", n="{n} <b>") == "{n} <b> more"


def test_other_languages_are_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of id, en"):
        Words("fr")  # type: ignore[arg-type]
