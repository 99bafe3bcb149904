"""Sentences, numbers and days in Bahasa Indonesia and English."""

from __future__ import annotations

import datetime as dt
import gettext
import io
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from typing import Literal

import pandas as pd
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from pandas._libs.tslibs.nattype import NaTType

from outreach_analysis.contracts import RequestError
from outreach_analysis.faults import FAULTS
from outreach_analysis.measures.attendance import ENOUGH_PLACED

# --- One language's way of saying things: translated sentences, numbers, dates and intervals.


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


@lru_cache(maxsize=4096)
def _formatted(value: float, pattern: str, locale: str) -> str:
    """A number as babel writes it, which takes a tenth of a millisecond; a page holds ten thousand, most of them small
    counts that come again and again."""
    text = format_decimal(value, format=pattern, locale=locale)
    # what rounds to zero has no sign
    return text.replace("-", "−" if re.search("[1-9]", text) else "")


_LEVEL = ContextVar("level", default="kecamatan")
_ONE_LEVEL_UP: dict[Language, dict[str, str]] = {
    "id": {
        "Kecamatan {area}, ": "{area}, ",
        "kantor kecamatan dan balai desa": "kantor pemerintah setempat",
        "kecamatan atau desa": "kantor pemerintah setempat",
        "kecamatan": "kabupaten/kota",
        "kabupaten/kota": "provinsi",
        "kabupaten": "provinsi",
    },
    "en": {
        "Kecamatan {area}, ": "{area}, ",
        "kecamatan and desa": "local government offices",
        "kecamatan or desa": "local government office",
        "kecamatan": "kabupaten",
        "kabupaten or kota": "province",
        "kabupaten": "province",
    },
}
"""How the levels are called where kabupaten are the areas of the analysis, the longest texts first; the kabupaten and
kota that an office answers for are called as ever."""
_LEVELS = {
    lang: re.compile(rf"(?<!{{)(?:{'|'.join(map(re.escape, names))})(?! (?:and|dan) kota)", re.IGNORECASE)
    for lang, names in _ONE_LEVEL_UP.items()
}


@contextmanager
def areas_called(level: str) -> Iterator[None]:
    """Within it the areas of the analysis are called 'kecamatan', or 'kabupaten' where these are their level."""
    before = _LEVEL.set(level)
    try:
        yield
    finally:
        _LEVEL.reset(before)


def _one_level_up(text: str, lang: Language) -> str:
    def renamed(found: re.Match[str]) -> str:
        names = {old.casefold(): new for old, new in _ONE_LEVEL_UP[lang].items()}
        new = names[found[0].casefold()]
        return new[0].upper() + new[1:] if found[0][0].isupper() else new

    return _LEVELS[lang].sub(renamed, text)


@dataclass(frozen=True, slots=True)
class Words:
    """How one language says it."""

    lang: Language

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise RequestError(f"language {self.lang!r} is not one of {', '.join(LANGUAGES)}")

    @property
    def locale(self) -> str:
        """Babel's name of the locale; British English, so that dates read day first."""
        return {"id": "id", "en": "en_GB"}[self.lang]

    @property
    def separators(self) -> str:
        """Decimal and thousands separator, as plotly takes them."""
        return ",." if self.lang == "id" else ".,"

    def say(self, sentence: str, **values: object) -> str:
        """A source sentence in this language, its levels called as in the data, its `{named}` parts filled in."""
        text = _translations(self.lang).gettext(sentence)
        return (text if _LEVEL.get() == "kecamatan" else _one_level_up(text, self.lang)).format(**values)

    def number(self, value: float, *, digits: int = 0) -> str:
        """A number with the language's separators; an en dash where there is none."""
        if math.isnan(value):
            return "–"
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return _formatted(float(value), pattern, self.locale)

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
        return self.say("{low} to {high}", low=ends[0], high=ends[1]) if ends[0].startswith("−") else "–".join(ends)

    def ranged(self, value: float, low: float, high: float, *, digits: int = 0) -> str:
        """A number with its interval in brackets, where it has one."""
        text = self.number(value, digits=digits)
        return text if pd.isna(low) else f"{text} ({self.interval(low, high, digits=digits)})"

    def date(self, day: dt.date | pd.Timestamp | NaTType | None, *, weekday: bool = False, short: bool = False) -> str:
        """A date in full, with its weekday, or short for tables; an en dash where there is none."""
        if day is None or isinstance(day, NaTType):
            return "–"
        pattern = "EEEE, d MMMM y" if weekday else ("d MMM y" if short else "d MMMM y")
        return format_date(pd.Timestamp(day).date(), format=pattern, locale=self.locale)

    def month(self, day: dt.date | pd.Timestamp) -> str:
        """A month and its year."""
        return format_date(pd.Timestamp(day).date(), format="MMMM y", locale=self.locale)

    def listing(self, items: list[str], *, style: Literal["standard", "or"] = "standard") -> str:
        """Names joined as a sentence does: 'A, B and C', in Indonesian 'A, B, dan C'; with `or`, 'A or B'."""
        return format_list(items, style=style, locale=self.locale)


# --- Texts that a notebook shows as prose, and other code uses as plain strings.


class Sentence(str):
    """A text that a notebook shows as prose; '' shows nothing."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<p>{escape(self)}</p>" if self else ""


class Sentences(tuple[Sentence, ...]):
    """Several sentences, shown by a notebook as a list."""

    __slots__ = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sentences:
        """The texts that are not blank."""
        return cls(Sentence(text) for text in texts if text)

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in self) + "</ul>"


# --- Names of what people answer (channels, applications, ages) and of bands of distance, in a manager's words.


FINE_BELOW = 0.1
"""Shares whose interval ends below are told to a tenth of a percent."""


def answer_name(code: str, words: Words) -> str:
    """How somebody heard of a pop-up, what was applied for, or an age band in years."""
    say = words.say
    names = {
        "instagram": say("Instagram"),
        "other_social": say("other social media"),
        "conventional": say("conventional media"),
        "office": say("told at the office"),
        "word_of_mouth": say("family and friends"),
        "new": say("first passport"),
        "renewal": say("renewal"),
        "lost": say("lost passport"),
        "damaged": say("damaged passport"),
        "other": say("something else"),
        "under 17": say("under 17"),
        "65 and over": say("65 and over"),
        "unknown": say("not known"),
    }
    return names.get(code, code.replace("-", "–"))


def band_name(up_to: float, edges: list[float], unit: str, words: Words) -> str:
    """A band of distance by its upper edge, which belongs to it."""
    at = edges.index(up_to)
    if at == 0:
        return words.say("up to {way}", way=words.measure(up_to, unit))
    below = edges[at - 1]
    if math.isinf(up_to):
        return words.say("beyond {way}", way=words.measure(below, unit))
    return words.say("{low} to {way}", low=words.number(below), way=words.measure(up_to, unit))


def share_text(share: float, low: float, high: float, words: Words) -> str:
    """A share in percent with its interval; an en dash where there is none."""
    if math.isnan(share):
        return "–"
    digits = 1 if high < FINE_BELOW else 0
    return f"{words.percent(share, digits=digits)} ({words.interval(100 * low, 100 * high, digits=digits)})"


# --- The kinds of fault in the words of a language.


def fault_label(reason: str, words: Words) -> str:
    """A short name of a fault by its code of `faults.FAULTS`, for counts of rows."""
    return words.say(FAULTS[reason].label)


def remedy_text(reason: str, words: Words) -> str:
    """What to do about many faults of one kind, by its code of `faults.FAULTS`."""
    return words.say(FAULTS[reason].general or FAULTS[reason].remedy)


# --- What became of the rows, in one sentence each.


def marked(text: str, poorly_placed: tuple[str, ...], words: Words) -> str:
    """What is said of rates by area, with a mark where they miss many people of some events."""
    if not poorly_placed:
        return text
    mark = words.say(
        "Too low: of {n} pop-ups fewer than {share} of the applicants are placed",
        n=words.number(len(poorly_placed)),
        share=words.percent(ENOUGH_PLACED),
    )
    return f"{text}. {mark}"


# --- A ranking turned into sentences: the first screen, and why a place is in or out.


NAMED_AT_MOST = 3
