"""Rules for settings about files: dates in them, the zone of the office, encodings, copies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SAMPLE_DAY = dt.date(2026, 11, 23)


class ValidationError(NamedTuple):
    """A setting whose value does not fit: its field, the value, and what is expected in its place."""

    name: str
    value: str
    expected: str


def reads_dates(date_format: str, formats: Mapping[str, tuple[str, ...]]) -> Iterable[ValidationError]:
    """Formats that do not tell the day."""
    expected = "a format with day, month and year, such as %d/%m/%Y"
    if not _tells_the_day(date_format):
        yield ValidationError("date_format", date_format, expected)
    for file, listed in formats.items():
        for form in listed or ("",):
            if not _tells_the_day(form):
                yield ValidationError("date_formats", f"{file} = {form}", expected)


def _tells_the_day(date_format: str) -> bool:
    try:
        return dt.datetime.strptime(_SAMPLE_DAY.strftime(date_format), date_format).date() == _SAMPLE_DAY
    except ValueError:
        return False


def known_zone(zone: str) -> Iterable[ValidationError]:
    """A zone that nobody knows."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ValidationError(
            "office_timezone", zone, "a time zone, such as Asia/Jakarta, Asia/Makassar or Asia/Jayapura"
        )


def copies(copies: Mapping[str, str]) -> Iterable[ValidationError]:
    """Answers about copies of lists that are none."""
    for file, answer in copies.items():
        if answer not in ("skip", "keep"):
            yield ValidationError(
                "file_copies", f"{file} = {answer}", "skip (it is a copy) or keep (it lists other people)"
            )


def known_encoding(encoding: str) -> Iterable[ValidationError]:
    """An encoding that nobody knows."""
    try:
        b"a".decode(encoding)
    except (LookupError, UnicodeDecodeError):
        yield ValidationError("fallback_encoding", encoding, "an encoding of text, such as cp1252")
