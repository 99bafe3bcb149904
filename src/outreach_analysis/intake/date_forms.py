"""One written date: which day it can be, by the forms that people, spreadsheets and forms write.

A small grammar of our own: `dateparser` guesses where a text allows two days, and neither it nor Babel reads
'Pebruari', 'Agt', weekdays in front or WITA behind. What is not in the grammar is no date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

MONTH_NAMES: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                "januari jan january", "februari pebruari feb peb february", "maret mar mrt march", "april apr",
                "mei may", "juni jun june", "juli jul july", "agustus agu agt ags aug august",
                "september sep sept", "oktober okt oct october", "november nopember nov nop",
                "desember des dec december",
            ),
            start=1,
        )
        for name in names.split()
    }
)  # fmt: skip
"""Number of a month by its name, Indonesian or English, in lower case."""

_WEEKDAYS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                "senin monday mon", "selasa tuesday tue tues", "rabu wednesday wed", "kamis thursday thu thurs",
                "jumat jum'at jum’at friday fri", "sabtu saturday sat", "minggu ahad sunday sun",
            )
        )
        for name in names.split()
    }
)  # fmt: skip
_ZONES: Mapping[str, int] = MappingProxyType({"wib": 7, "wita": 8, "wit": 9, "z": 0, "gmt": 0, "utc": 0})
FIRST_SERIAL, _LAST_SERIAL = 32_874, 73_415
_DAY_ZERO = dt.date(1899, 12, 30)
DAYS_1904 = 1462
"""Days between the two beginnings from which Excel counts."""

_TWO_DIGIT_TURN = 69
_MONTHS, _LONGEST = 12, 60
_WORD = "|".join(sorted((name for name in MONTH_NAMES), key=len, reverse=True))
_AHEAD = re.compile(
    rf"(?:(?:hari|tanggal|tgl)\.?\s*[:/]?\s*)*(?:\b(?P<weekday>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})"
    r"\b\.?\s*[,/;:.\-]?\s*)?(?:(?:tanggal|tgl)\.?\s*:?\s*)?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<sep>\s*[-/.]\s*)(?P<b>\d{1,2})\s*[-/.]\s*(?P<y>\d{4}|\d{2})(?!\d)")
_IN_WORDS = re.compile(
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*[-/., ]?\s*(?P<m>{_WORD})(?![a-z])\.?\s*[-/., ]?\s*"
    r"'?(?P<y>\d{4}|\d{2})(?!\d)",
    re.IGNORECASE,
)
_MONTH_AHEAD = re.compile(
    rf"(?P<m>{_WORD})(?![a-z])\.?\s*[-/ ]?\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*[-/, ]\s*(?P<y>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_YEAR_THEN_WORD = re.compile(
    rf"(?P<y>\d{{4}})\s*[-/ ]\s*(?P<m>{_WORD})(?![a-z])\.?\s*[-/ ]\s*(?P<d>\d{{1,2}})(?!\d)", re.IGNORECASE
)
_CLOCK = re.compile(
    r"\s*(?:[T ,]|\bpukul\b|\bpkl\b\.?|\bjam\b|-)?\s*(?:pukul|pkl\.?|jam)?\s*"
    r"(?P<h>\d{1,2})[:.](?P<min>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|WIB|WITA|WIT|(?:GMT|UTC)?\s?[+\-−]\s?\d{1,2}(?::?\d{2})?|GMT|UTC)?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"(?P<n>\d{5})(?:[.,]\d+)?")


class WrittenDate(NamedTuple):
    """What one text can mean.

    `day` is the day where there is one meaning; else `day_first` and `month_first` are the two readings of numbers,
    each None where there is no such day. `form` is '' for what is no date, else `iso`, `words`, `serial`, `instant` or
    `numbers`. `padded` and `seconds` tell forms of spreadsheets apart.
    """

    form: str = ""
    day: dt.date | None = None
    day_first: dt.date | None = None
    month_first: dt.date | None = None
    padded: bool = False
    seconds: bool = False


NO_DATE = WrittenDate()


class _Clock(NamedTuple):
    hour: int = 0
    minute: int = 0
    offset: dt.timezone | None = None
    seconds: bool = False
    padded: bool = False


def office_day(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day of a moment at the office; a moment without a zone is the office's own.

    Examples
    --------
    >>> moment = dt.datetime(2026, 3, 13, 23, 30, tzinfo=dt.timezone.utc)
    >>> office_day(moment, ZoneInfo("Asia/Makassar")).isoformat()
    '2026-03-14'
    """
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()


@lru_cache(maxsize=2**16)
def written_date(text: str, zone: ZoneInfo) -> WrittenDate:
    """Read one text by the grammar.

    Parameters
    ----------
    text
        As the cell shows it.
    zone
        Of the office: what names a zone or an offset becomes its day there.

    Returns
    -------
    WrittenDate

    Examples
    --------
    >>> zone = ZoneInfo("Asia/Makassar")
    >>> texts = ("Sabtu, 24 Januari 2026", "14-Feb-26", "2026-03-13T23:30:00Z", "46095")
    >>> [str(written_date(text, zone).day) for text in texts]
    ['2026-01-24', '2026-02-14', '2026-03-14', '2026-03-14']
    >>> both = written_date("3/5/2026 14:40:01", zone)
    >>> str(both.day), str(both.day_first), str(both.month_first)
    ('None', '2026-05-03', '2026-03-05')
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return NO_DATE
    if serial := _SERIAL.fullmatch(text):
        return _from_serial(int(serial["n"]))
    ahead = _AHEAD.match(text)
    weekday = _WEEKDAYS.get((ahead["weekday"] or "").casefold()) if ahead else None
    start = ahead.end() if ahead else 0
    for pattern in (_YEAR_FIRST, _NUMBERS, _IN_WORDS, _MONTH_AHEAD, _YEAR_THEN_WORD):
        found = pattern.match(text, start)
        if found is None:
            continue
        clock = _clock(text[found.end() :])
        if clock is None:
            continue
        if pattern is _NUMBERS:
            return _in_numbers(found, clock, weekday, zone)
        month = found["m"] if pattern is _YEAR_FIRST else str(MONTH_NAMES[found["m"].casefold()])
        day = _at(_year(found["y"]), int(month), int(found["d"]), clock, zone)
        form = "iso" if pattern is _YEAR_FIRST else "words"
        form = "instant" if clock.offset else form
        return WrittenDate(form=form, day=day, seconds=clock.seconds) if day else NO_DATE._replace(form=form)
    return NO_DATE


def _from_serial(number: int) -> WrittenDate:
    if not FIRST_SERIAL <= number <= _LAST_SERIAL:
        return NO_DATE
    return WrittenDate(form="serial", day=_DAY_ZERO + dt.timedelta(days=number))


def _in_numbers(found: re.Match[str], clock: _Clock, weekday: int | None, zone: ZoneInfo) -> WrittenDate:
    a, b, year = int(found["a"]), int(found["b"]), _year(found["y"])
    readings = [_at(year, month, day, clock, zone) for day, month in ((a, b), (b, a))]
    if weekday is not None and a != b:
        # the weekday of the text is that of the written day, whatever day it is at the office
        written = [_at(year, month, day, _Clock(), zone) for day, month in ((a, b), (b, a))]
        fits = [day is not None and day.weekday() == weekday for day in written]
        if any(fits):
            readings = [day if fit else None for day, fit in zip(readings, fits, strict=True)]
    padded = clock.padded or any(len(part) == 2 and part[0] == "0" for part in (found["a"], found["b"]))
    same = readings[0] if readings[0] == readings[1] else None
    return WrittenDate(
        form="numbers",
        day=same,
        day_first=readings[0],
        month_first=readings[1],
        padded=padded,
        seconds=clock.seconds,
    )


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (1900 if year >= _TWO_DIGIT_TURN else 2000)


def _at(year: int, month: int, day: int, clock: _Clock, zone: ZoneInfo) -> dt.date | None:
    try:
        moment = dt.datetime(year, month, day, clock.hour, clock.minute, tzinfo=clock.offset)
        return office_day(moment, zone)
    except (ValueError, OverflowError):
        return None


def _clock(rest: str) -> _Clock | None:
    """The time of day behind a date; None where the rest is something else."""
    rest = rest.strip()
    if not rest:
        return _Clock()
    found = _CLOCK.fullmatch(rest)
    if found is None:
        return None
    hour, minute = int(found["h"]), int(found["min"])
    half = (found["half"] or "").replace(".", "").casefold()
    if half and not 1 <= hour <= _MONTHS:
        return None
    hour = hour % _MONTHS + (_MONTHS if half == "pm" else 0) if half else hour
    if not (0 <= hour <= 24 and minute < 60) or (hour == 24 and minute):
        return None
    padded = len(found["h"]) == 2 and found["h"][0] == "0"
    offset = _offset(found["zone"] or "")
    if found["zone"] and offset is None:
        return None
    # the end of a day belongs to it
    hour, minute = (23, 59) if hour == 24 else (hour, minute)
    return _Clock(hour=hour, minute=minute, offset=offset, seconds=found["s"] is not None, padded=padded)


@lru_cache(maxsize=256)
def _offset(zone: str) -> dt.timezone | None:
    plain = zone.replace(" ", "").replace("−", "-").casefold()
    if not plain:
        return None
    if plain in _ZONES:
        return dt.timezone(dt.timedelta(hours=_ZONES[plain]))
    found = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", plain)
    if found is None:  # pragma: no cover - the pattern of a clock admits nothing else
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    if minutes >= 24 * 60:
        return None
    return dt.timezone(dt.timedelta(minutes=minutes if found[1] == "+" else -minutes))
