"""One language's way of saying things: translated sentences, numbers, dates and intervals."""

from __future__ import annotations

import datetime as dt
import gettext
import io
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import pandas as pd
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from pandas._libs.tslibs.nattype import NaTType

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


@cache
def _translations(lang: Language) -> gettext.NullTranslations:
    """The catalogue of a language; English is the language of the source texts."""
    if lang == "en":
        return gettext.NullTranslations()
    source = files(__package__) / lang / "LC_MESSAGES" / "outreach.po"
    catalogue = read_po(io.BytesIO(source.read_bytes()), locale=lang)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Words:
    """How one language says it.

    Examples
    --------
    >>> id_, en = Words("id"), Words("en")
    >>> id_.number(1234.5, digits=1), en.number(1234.5, digits=1)
    ('1.234,5', '1,234.5')
    >>> id_.date(dt.date(2026, 11, 24)), en.date(dt.date(2026, 11, 24))
    ('24 November 2026', '24 November 2026')
    >>> id_.percent(0.123, digits=1), id_.interval(27.2, 111.6)
    ('12,3%', '27–112')
    """

    lang: Language

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ValueError(f"language {self.lang!r} is not one of {', '.join(LANGUAGES)}")

    @property
    def locale(self) -> str:
        """Babel's name of the locale; British English, so that dates read day first."""
        return {"id": "id", "en": "en_GB"}[self.lang]

    def say(self, sentence: str, **values: object) -> str:
        """A source sentence in this language, its `{named}` parts filled in."""
        return _translations(self.lang).gettext(sentence).format(**values)

    def number(self, value: float, *, digits: int = 0) -> str:
        """A number with the language's separators; an en dash where there is none."""
        if math.isnan(value):
            return "–"
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        text = format_decimal(value, format=pattern, locale=self.locale)
        # what rounds to zero has no sign
        return text if re.search("[1-9]", text) else text.replace("-", "")

    def measure(self, value: float, unit: str) -> str:
        """A distance or a time with its unit, `km` or `minutes`."""
        if unit == "minutes":
            return self.say("{minutes} minutes", minutes=self.number(value))
        return self.say("{km} km", km=self.number(value))

    def percent(self, share: float, *, digits: int = 0) -> str:
        """A share in [0, 1] as a percentage."""
        if math.isnan(share):
            return "–"
        pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        return format_percent(share, format=pattern, locale=self.locale)

    def interval(self, low: float, high: float, *, digits: int = 0) -> str:
        """Two ends of an interval, joined by an en dash, or by a word where one is negative."""
        if math.isnan(low) or math.isnan(high):
            return "–"
        ends = self.number(low, digits=digits), self.number(high, digits=digits)
        return self.say("{low} to {high}", low=ends[0], high=ends[1]) if ends[0].startswith("-") else "–".join(ends)

    def date(self, day: dt.date | pd.Timestamp | NaTType | None, *, weekday: bool = False, short: bool = False) -> str:
        """A date in full, with its weekday, or short for tables; an en dash where there is none."""
        if day is None or isinstance(day, NaTType):
            return "–"
        pattern = "EEEE, d MMMM y" if weekday else ("d MMM y" if short else "d MMMM y")
        return format_date(pd.Timestamp(day).date(), format=pattern, locale=self.locale)

    def month(self, day: dt.date | pd.Timestamp) -> str:
        """A month and its year."""
        return format_date(pd.Timestamp(day).date(), format="MMMM y", locale=self.locale)

    def listing(self, items: list[str]) -> str:
        """Names joined as a sentence does: 'A, B and C', in Indonesian 'A, B, dan C'."""
        return format_list(items, locale=self.locale)
