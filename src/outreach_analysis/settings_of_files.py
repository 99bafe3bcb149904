"""Rules for settings about files: dates in them, the zone of the office, encodings, copies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SAMPLE_DAY = dt.date(2026, 11, 23)


class Misfit(NamedTuple):
    """A setting whose value does not fit: its field, the value, and what is expected in its place."""

    name: str
    value: str
    expected: str


def reads_dates(date_format: str, formats: Mapping[str, tuple[str, ...]]) -> Iterable[Misfit]:
    """Formats that do not tell the day."""
    expected = "a format with day, month and year, such as %d/%m/%Y"
    if not _tells_the_day(date_format):
        yield Misfit("date_format", date_format, expected)
    for file, listed in formats.items():
        for form in listed or ("",):
            if not _tells_the_day(form):
                yield Misfit("date_formats", f"{file} = {form}", expected)


def _tells_the_day(date_format: str) -> bool:
    try:
        return dt.datetime.strptime(_SAMPLE_DAY.strftime(date_format), date_format).date() == _SAMPLE_DAY
    except ValueError:
        return False


def known_zone(zone: str) -> Iterable[Misfit]:
    """A zone that nobody knows."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Misfit("office_timezone", zone, "a time zone, such as Asia/Jakarta, Asia/Makassar or Asia/Jayapura")


def copies(copies: Mapping[str, str]) -> Iterable[Misfit]:
    """Answers about copies of lists that are none."""
    for file, answer in copies.items():
        if answer not in ("skip", "keep"):
            yield Misfit("file_copies", f"{file} = {answer}", "skip (it is a copy) or keep (it lists other people)")


def known_encoding(encoding: str) -> Iterable[Misfit]:
    """An encoding that nobody knows."""
    try:
        b"a".decode(encoding)
    except (LookupError, UnicodeDecodeError):
        yield Misfit("fallback_encoding", encoding, "an encoding of text, such as cp1252")
