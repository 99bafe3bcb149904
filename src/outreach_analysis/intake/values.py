"""Text to months, numbers and known words; and text that may be shown to others."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.intake.date_forms import MONTH_NAMES, written_date
from outreach_analysis.intake.date_orders import FIRST_DAY
from outreach_analysis.intake.dates import parse_dates

HIDDEN = "[text not shown]"
"""Stands in place of a text that may tell of a person."""

_DATE_SHAPED = re.compile(
    r"(?:(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad),?\s+)?"
    r"(?:\d{1,2}[./\- ](?:\d{1,2}|[A-Za-z]{3,9})[./\- ](?:\d{4}|\d{2})|\d{4}[./\-]\d{1,2}[./\-]\d{1,2}"
    r"|\d{1,2}[./\-]\d{4}|\d{4}[./\-]\d{1,2}|\d{1,5})"
    r"(?:(?:T|,? )[\d:.]{3,12}(?: ?[AP]M)?(?: ?(?:WIB|WITA|WIT|Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?))?)?",
    re.IGNORECASE,
)
_DATE_WORDS = (
    *("senin", "selasa", "rabu", "kamis", "jumat", "jum", "at", "sabtu", "minggu", "ahad"),
    *("t", "am", "pm", "wib", "wita", "wit", "z", "gmt", "utc"),
)
_NUMBER_SHAPED = re.compile(r"[-+]?(?:Rp\.?\s?)?[\d.,]{1,12}")
_ID_SHAPED = re.compile(r"(?=.*\d)[A-Za-z0-9]+(?:[._/\-][A-Za-z0-9]+)*")
_REMOVED = mask_identifiers("0" * 16)
_LETTERS = re.compile(r"[A-Za-z]{3,}")
_LONGEST = 120
_ANY_ZONE = ZoneInfo("UTC")
_YES = ("ya", "y", "yes", "true", "1", "benar", "iya", "v", "✓", "penuh", "habis")
_NO = ("tidak", "t", "tdk", "no", "n", "false", "0", "-", "bukan", "belum")


def _by_distinct(text: pd.Series, parse: Callable[[str], object]) -> pd.Series:
    """Apply to each distinct text once: lists repeat themselves."""
    codes, distinct = pd.factorize(text)
    parsed = np.empty(len(distinct) + 1, dtype=object)
    parsed[: len(distinct)] = [parse(str(value)) for value in distinct]
    parsed[-1] = None
    return pd.Series(parsed[codes], index=text.index, dtype=object)


def text_by_distinct(text: pd.Series, word: Callable[[str], str | None]) -> pd.Series:
    """A text for each text, found once for each distinct one; missing where it is None.

    Examples
    --------
    >>> text_by_distinct(pd.Series(["b", "a", "b"]), str.upper).tolist()
    ['B', 'A', 'B']
    """
    codes, distinct = pd.factorize(text)
    words = pd.array([word(str(value)) for value in distinct], dtype="str")
    return pd.Series(words.take(codes, allow_fill=True), index=text.index, name=text.name)


def parse_months(text: pd.Series, *, date_format: str) -> pd.Series:
    """First days of months: '2024-10', '10/2024', 'Okt 2024', 'Oktober 2024', 'Okt-24', or any date in it.

    Returns
    -------
    Series of datetime64[s], same index; NaT where the text names no month.

    Examples
    --------
    >>> months = parse_months(pd.Series(["2024-10", "10/2024", "Okt 2024", "13/2024"]), date_format="%d/%m/%Y")
    >>> months.dt.strftime("%Y-%m").tolist()
    ['2024-10', '2024-10', '2024-10', nan]
    """

    def month(value: str) -> str | None:
        value = value.strip().casefold()
        if found := re.fullmatch(r"([0-9]{4})[-/. ]([0-9]{1,2})", value):
            year, number = int(found.group(1)), int(found.group(2))
        elif found := re.fullmatch(r"([0-9]{1,2})[-/. ]([0-9]{4})", value):
            year, number = int(found.group(2)), int(found.group(1))
        elif found := re.fullmatch(r"([a-z]+)\.?[-/ ,]*'?([0-9]{4}|[0-9]{2})", value):
            year, number = int(found.group(2)), MONTH_NAMES.get(found.group(1), 0)
            year += 2000 if year < 100 else 0
        else:
            return None
        return f"{year:04d}-{number:02d}-01" if 1 <= number <= 12 and year >= FIRST_DAY.year else None

    named = parse_dates(_by_distinct(text, month), date_format="%Y-%m-%d")
    days = parse_dates(text, date_format=date_format)
    return named.fillna(days.dt.to_period("M").dt.to_timestamp().dt.as_unit("s"))


def parse_numbers(text: pd.Series, *, whole: bool = False) -> pd.Series:
    """Numbers as Indonesians and as computers write them.

    Parameters
    ----------
    text
        Numbers as text. '1.234.567' and '1,234,567' are thousands; '12,5' and '12.5' are decimals;
        '1.234,5' and '1,234.5' are both. 'Rp' in front and a degree sign behind are dropped.
    whole
        Whole numbers are expected: then a lone group, '1.234' or '1,234', is a thousand too, and a fraction
        is no number ('25.0' is 25).

    Returns
    -------
    Series of floats, same index; NaN where the text is no number.

    Examples
    --------
    >>> parse_numbers(pd.Series(["116,48", "-0.502", "1.234.567", "Rp 1.500.000,00", "12a"])).tolist()
    [116.48, -0.502, 1234567.0, 1500000.0, nan]
    >>> parse_numbers(pd.Series(["1.234", "25.0", "2,5"]), whole=True).tolist()
    [1234.0, 25.0, nan]
    """
    return _by_distinct(text, lambda value: _number(value, whole=whole)).astype(float)


def _number(text: str, *, whole: bool) -> float:
    value = re.sub(r"^rp\.?\s*", "", text.strip().casefold()).rstrip("°").replace("−", "-")
    value = re.sub(r"(?<=[0-9])\s(?=[0-9]{3}\b)", "", value)
    if re.fullmatch(r"[-+]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", value) and (
        whole or "," in value or value.count(".") > 1
    ):
        value = value.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", value) and (
        whole or "." in value or value.count(",") > 1
    ):
        value = value.replace(",", "")
    elif re.fullmatch(r"[-+]?[0-9]+,[0-9]+", value):
        value = value.replace(",", ".")
    if not re.fullmatch(r"[-+]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]{1,2})?", value):
        return np.nan
    number = float(value)
    return np.nan if whole and not number.is_integer() else number


def parse_yes_no(text: pd.Series) -> pd.Series:
    """True for ya/yes/true/1, False for tidak/no/false/0 and blank, None for anything else.

    Examples
    --------
    >>> parse_yes_no(pd.Series(["Ya", "tidak", "", "mungkin"])).tolist()
    [True, False, False, None]
    """

    def answer(value: str) -> bool | None:
        word = value.strip().casefold()
        return True if word in _YES else False if word in _NO or not word else None

    return _by_distinct(text, answer)


def shown(text: pd.Series, kind: str, *, personal: bool) -> pd.Series:
    """A faulty text as it may be shown: recognisable where it has the shape of what was asked, else hidden.

    In lists of people cells slip sideways, and a name may stand where a date should; so there only texts
    shaped like a date, a number or an id are shown. Elsewhere identifiers are masked.

    Parameters
    ----------
    text
        The faulty texts.
    kind
        date, month, number, integer, or id.
    personal
        Whether the table lists people.

    Examples
    --------
    >>> shown(pd.Series(["31/02/2026", "0812-3456-7890", "Siti Aminah"]), "date", personal=True).tolist()
    ['31/02/2026', '[number removed]', '[text not shown]']
    """

    shapes = {"date": _DATE_SHAPED, "month": _DATE_SHAPED, "id": _ID_SHAPED}
    shape = shapes.get(kind, _NUMBER_SHAPED)

    def show(value: str) -> str:
        if kind in ("date", "month") and written_date(value, _ANY_ZONE).form:
            return value
        fits = bool(shape.fullmatch(value)) and (kind == "id" or not _LETTERS.search(_without_months(value)))
        if fits and kind in ("date", "month"):
            return value
        masked = mask_identifiers(value)
        if not personal or fits or masked in ("", _REMOVED):
            return masked[:_LONGEST]
        return HIDDEN

    return text_by_distinct(text, show)


def _without_months(text: str) -> str:
    return re.sub(r"[A-Za-z]+", _unless_of_a_date, text)


def _unless_of_a_date(found: re.Match[str]) -> str:
    word = found.group().casefold()
    return "" if word in MONTH_NAMES or word in _DATE_WORDS else found.group()
