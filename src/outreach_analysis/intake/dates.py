"""Dates as lists write them: every form, the order of day and month, and what cannot be meant."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.geocoding.names import words_of

# --- One written date: which day it can be, by the forms that people, spreadsheets and forms write.


MONTH_NAMES, WEEKDAYS = (
    {name: int(number) for number, names in words_of("intake")[kind].items() for name in names}
    for kind in ("months", "weekdays")
)
"""Number of a month, and of a day of the week, by its name, Indonesian or English, in lower case."""

_ZONES = {"wib": 7, "wita": 8, "wit": 9, "z": 0, "gmt": 0, "utc": 0}
FIRST_SERIAL, _LAST_SERIAL = 32_874, 73_415
_DAY_ZERO = dt.date(1899, 12, 30)
DAYS_1904 = 1462
"""Days between the two beginnings from which Excel counts."""

_TWO_DIGIT_TURN = 69
_MONTHS, _LONGEST = 12, 60
_WORD = "|".join(sorted((name for name in MONTH_NAMES), key=len, reverse=True))
_AHEAD = re.compile(
    rf"(?:(?:hari|tanggal|tgl)\.?\s*[:/]?\s*)*(?:\b(?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})"
    r"\b\.?\s*[,/;:.\-]?\s*)?(?:(?:tanggal|tgl)\.?\s*:?\s*)?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<sep>\s*[-/.]\s*)(?P<b>\d{1,2})\s*[-/.]\s*(?P<y>\d{4}|\d{2})(?!\d)")
_IN_WORDS = re.compile(
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*[-/., ]?\s*(?P<m>{_WORD})(?![a-z])\.?\s*[-/., ]?\s*"
    r"['’‘]?(?P<y>\d{4}|\d{2})(?!\d)",
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
    """What one text can mean."""

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
    """The day of a moment at the office; a moment without a zone is the office's own."""
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()


@lru_cache(maxsize=2**16)
def written_date(text: str, zone: ZoneInfo) -> WrittenDate:
    """Read one text by the grammar."""
    text = text.strip()
    if not text or len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return NO_DATE
    if serial := _SERIAL.fullmatch(text):
        return _from_serial(int(serial["n"]))
    ahead = _AHEAD.match(text)
    weekday = WEEKDAYS.get((ahead["weekday"] or "").casefold()) if ahead else None
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
    return WrittenDate("numbers", same, readings[0], readings[1], padded, clock.seconds)


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


# --- The order of day and month in a sheet, told from all its dates, its events' days and what is declared.


FIRST_DAY, LAST_DAY = pd.Timestamp("1945-01-01"), pd.Timestamp("2100-12-31")
"""Dates beyond these are typing errors."""

NEAR_DAYS = 14
"""A service date farther than this from its event's day is told: day and month exchanged are 28 days apart or more."""

_TELLING = 5
_FEW, _FEW_DISTINCT, _MANY, _MONTHS_IN_ORDER = 3, 3, 9, 12
_UNSET = np.datetime64("NaT", "s")
FORMS = ("", "iso", "words", "serial", "instant", "numbers", "format")
_NONE, _ISO, _WORDS, _SERIAL_DAYS, _INSTANT, _NUMBERS_IN_ORDER, _FORMAT = range(len(FORMS))
_EXCHANGED = "%Y-%d-%m"

_Days = npt.NDArray[np.datetime64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateList:
    """What is known of the dates of one sheet before they are read."""

    formats: tuple[str, ...] = ()
    usual: str = "%d/%m/%Y"
    since_1904: bool = False
    is_form: bool = False


def month_first(date_format: str) -> bool:
    """Whether a format has the month before the day."""
    months = [at for code in ("%m", "%b", "%B") if (at := date_format.find(code)) >= 0]
    return bool(months) and min(months) < date_format.find("%d") and not _year_first(date_format)


def _year_first(date_format: str) -> bool:
    """Whether the year stands in front: such a format says nothing of dates that end in the year."""
    return date_format.startswith(("%Y", "%y"))


class DateRows:
    """The column in arrays: what each row's text can mean."""

    def __init__(
        self,
        text: pd.Series,
        list_of: npt.NDArray[np.int_],
        lists: Sequence[DateList],
        zone: ZoneInfo,
        near: pd.Series | None,
    ) -> None:
        codes, distinct = pd.factorize(text)
        texts = [str(value) for value in distinct]
        found = [written_date(value, zone) for value in texts]
        forms = np.array([*(FORMS.index(one.form) for one in found), _NONE], dtype=np.int8)
        self.lists, self.list_of, self.codes, self.texts = lists, list_of, codes, texts
        self.form = forms[codes]
        self.fixed = _days([one.day if one.form != "numbers" else None for one in found])[codes]
        self.day_first, self.month_first = (
            self.within(_days([getattr(one, name) for one in found])[codes]) for name in ("day_first", "month_first")
        )
        self.padded, self.seconds = (
            np.array([*(getattr(one, name) for one in found), False])[codes] for name in ("padded", "seconds")
        )
        self.near = None if near is None else near.to_numpy("datetime64[s]")
        since_1904 = np.array([one.since_1904 for one in lists] or [False])
        late = (self.form == _SERIAL_DAYS) & since_1904[list_of] if len(list_of) else np.zeros(0, dtype=bool)
        self.fixed[late] += np.timedelta64(DAYS_1904, "D")
        self._by_format()

    @staticmethod
    def within(days: _Days) -> _Days:
        """Days from 1945 to 2100; NaT in place of the others."""
        known = (days >= FIRST_DAY.to_datetime64()) & (days <= LAST_DAY.to_datetime64())
        return np.where(known, days, _UNSET)

    def _by_format(self) -> None:
        """Texts that the grammar does not know, and years in front of a declared order, by the format alone."""
        for format_of in sorted({form for one in self.lists for form in (*one.formats, one.usual)}):
            declares = np.array([format_of in (one.formats or (one.usual,)) for one in self.lists])
            year_first = format_of.startswith("%Y") and format_of.find("%d") < format_of.find("%m")
            wanted = declares[self.list_of] & ((self.form == _NONE) | (year_first & (self.form == _ISO)))
            if format_of == _EXCHANGED or not wanted.any():
                continue
            used = np.unique(self.codes[wanted & (self.codes >= 0)])
            texts = pd.Series([self.texts[code] for code in used], dtype=object)
            read = pd.to_datetime(texts, format=format_of, errors="coerce", exact=True).dt.tz_localize(None)
            by_code = np.full(len(self.texts) + 1, _UNSET)
            by_code[used] = read.dt.normalize().to_numpy("datetime64[s]")
            days = by_code[self.codes]
            chosen = wanted & ~np.isnat(days)
            self.fixed[chosen], self.form[chosen] = days[chosen], _FORMAT

    @cached_property
    def both(self) -> _Mask:
        """Numbers that are two different days."""
        known = ~np.isnat(self.day_first) & ~np.isnat(self.month_first)
        mask: _Mask = known & (self.day_first != self.month_first)
        return mask

    def is_near(self, days: _Days) -> _Mask:
        """Whether days lie by the row's event."""
        if self.near is None:
            return np.zeros(len(days), dtype=bool)
        mask: _Mask = np.abs(days - self.near) <= np.timedelta64(NEAR_DAYS, "D")
        return mask

    def count(self, mask: _Mask) -> npt.NDArray[np.int_]:
        """Rows of a mask by sheet."""
        return np.bincount(self.list_of[mask], minlength=len(self.lists))


def _days(days: Sequence[object]) -> _Days:
    return np.array([*days, None], dtype="datetime64[D]").astype("datetime64[s]")


def settle_numbers(rows: DateRows, days: _Days, unread: dict[int, int]) -> dict[int, tuple[str, str]]:
    """Fill in the days of numbers; returns (form, by what) of each sheet that has any."""
    numbers = rows.form == _NUMBERS_IN_ORDER
    if not numbers.any():
        return {}
    by_day, by_month = rows.is_near(rows.day_first), rows.is_near(rows.month_first)
    day_only = numbers & ~np.isnat(rows.day_first) & np.isnat(rows.month_first)
    month_only = numbers & np.isnat(rows.day_first) & ~np.isnat(rows.month_first)
    near_day, near_month = rows.both & by_day & ~by_month, rows.both & by_month & ~by_day
    for_day, for_month = rows.count(day_only | near_day), rows.count(month_only | near_month)
    undecided = rows.both & ~near_day & ~near_month
    has_open, there = rows.count(undecided), rows.count(numbers)
    american = rows.count(numbers & rows.seconds) == there
    american &= rows.count(numbers & rows.padded) == 0
    months = np.zeros(len(rows.lists), dtype=bool)
    own = np.zeros(len(rows.lists), dtype=bool)
    said: dict[int, tuple[str, str]] = {}
    for at in np.flatnonzero(there).tolist():
        one = rows.lists[at]
        usual = month_first(one.usual)
        orders = [month_first(form) for form in one.formats if not _year_first(form)]
        pro, contra = (int(votes[at]) for votes in (for_day, for_month))
        if orders:
            months[at], how = orders[0], "setting"
            own[at] = len(set(orders)) > 1
        elif not pro and not contra:
            months[at], how = usual, "default"
            if one.is_form and american[at] and has_open[at] and not usual:
                unread[at] = _first(rows, undecided, at)
        elif _few(contra, pro) or _few(pro, contra):
            months[at] = contra > pro
            if months[at] != usual and has_open[at] and _TELLING * max(pro, contra) < there[at]:
                # one slip of the pen must not turn a whole sheet
                unread[at] = _first(rows, undecided, at)
            how = "numbers" if rows.count(month_only | day_only)[at] else "event"
        else:
            own[at], how = True, "each row"
        if own[at] and has_open[at]:
            unread[at] = _first(rows, undecided, at)
        order = "both orders" if own[at] else "month first" if months[at] else "day first"
        said[at] = (order, how)
    by_list = months[rows.list_of]
    chosen = np.where(by_list, rows.month_first, rows.day_first)
    alone = own[rows.list_of]
    chosen = np.where(alone & (day_only | near_day), rows.day_first, chosen)
    chosen = np.where(alone & (month_only | near_month), rows.month_first, chosen)
    days[numbers] = chosen[numbers]
    return said


def _few(some: int, others: int) -> bool:
    """Whether some are so few beside the others that they are typing errors."""
    return some * _MANY <= others or (some == 1 and others >= _FEW)


def _first(rows: DateRows, mask: _Mask, at: int) -> int:
    return int(np.flatnonzero(mask & (rows.list_of == at))[0])


def settle_cells(
    rows: DateRows, days: _Days, unread: dict[int, int], until: pd.Timestamp | None
) -> tuple[list[int], list[int]]:
    """Put back days and months that a spreadsheet exchanged; returns sheets put back, and sheets in doubt."""
    cells = (rows.form == _ISO) & ~np.isnat(rows.within(days))
    if not cells.any():
        return [], []
    month = days.astype("datetime64[M]")
    day_number = (days.astype("datetime64[D]") - month).astype(int) + 1
    early = cells & (day_number <= _MONTHS_IN_ORDER)
    year = days.astype("datetime64[Y]")
    month_number = (month - year.astype("datetime64[M]")).astype(int) + 1
    exchanged = np.full(len(days), _UNSET)
    turned = year[early].astype("datetime64[M]") + (day_number[early] - 1).astype("timedelta64[M]")
    exchanged[early] = (turned.astype("datetime64[D]") + (month_number[early] - 1).astype("timedelta64[D]")).astype(
        "datetime64[s]"
    )
    all_early = rows.count(cells & ~early) == 0
    moved = early & (day_number != month_number)
    near_now, near_then = cells & rows.is_near(days), moved & rows.is_near(exchanged) & ~rows.is_near(days)
    there, stands, turned_near = rows.count(cells), rows.count(near_now), rows.count(near_then)
    put_back, doubtful = [], []
    for at in np.flatnonzero(there).tolist():
        formats = rows.lists[at].formats
        if _EXCHANGED in formats:
            put_back.append(at)
        elif (
            any(form.startswith("%Y-%m") for form in formats)
            or not all_early[at]
            or not moved[rows.list_of == at].any()
        ):
            continue
        elif turned_near[at] or stands[at]:
            if turned_near[at] and not stands[at]:
                put_back.append(at)
        else:
            here = rows.list_of == at
            verdict = _unvouched(rows, days, exchanged, cells & here, until)
            if verdict == "put back":
                put_back.append(at)
            elif verdict == "open":
                unread[at] = _first(rows, cells & moved, at)
            elif verdict == "doubtful":
                doubtful.append(at)
    changed = early & np.isin(rows.list_of, put_back)
    days[changed] = exchanged[changed]
    return put_back, doubtful


def _unvouched(rows: DateRows, days: _Days, exchanged: _Days, cells: _Mask, until: pd.Timestamp | None) -> str:
    """What to think of date cells that no event vouches for and that all fall on the 1st to 12th."""
    typed = (rows.form == _NUMBERS_IN_ORDER) & (rows.list_of == rows.list_of[cells][0])
    some = len(np.unique(days[cells]))
    never_early = typed & ~np.isnat(rows.day_first) & np.isnat(rows.month_first)
    if int(typed.sum()) >= _FEW and int(never_early.sum()) == int(typed.sum()) and int(cells.sum()) >= _FEW:
        enough = some >= _FEW_DISTINCT and len(np.unique(rows.day_first[typed])) >= _FEW_DISTINCT
        return "put back" if enough else "doubtful"
    if typed.any():
        # somebody typed a day that a spreadsheet would have turned, and it stayed
        return ""
    if until is not None:
        last = until.to_datetime64()
        if (days[cells] > last).any() and (exchanged[cells] <= last).all():
            return "open"
    months, months_then = (len(np.unique(some_days[cells].astype("datetime64[M]"))) for some_days in (days, exchanged))
    return "doubtful" if some >= _FEW_DISTINCT and months >= _FEW_DISTINCT and 2 * months_then < months else ""


# --- Columns of dates: which day each text is, the order of day and month settled once for a file.


OFFICE_TIMEZONE = "Asia/Makassar"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettledDates:
    """Days of a column, and how each sheet was read."""

    days: pd.Series
    put_back: tuple[int, ...]
    doubtful: tuple[int, ...]
    open: dict[int, int]
    read_as: tuple[tuple[int, str, str, int], ...]


def parse_dates(text: pd.Series, *, date_format: str, timezone: str = OFFICE_TIMEZONE) -> pd.Series:
    """Days of texts: forms of one meaning as `written_date` reads them, numbers in the order of the format; what names
    a zone becomes its day at the office."""
    lists = [DateList(formats=(date_format,))]
    return settle_dates(text, np.zeros(len(text), dtype=int), lists, timezone=timezone).days


def settle_dates(
    text: pd.Series,
    list_of: npt.NDArray[np.int_],
    lists: Sequence[DateList],
    *,
    timezone: str = OFFICE_TIMEZONE,
    near: pd.Series | None = None,
    until: pd.Timestamp | None = None,
) -> SettledDates:
    """Read the dates of many sheets, each in the one order of day and month that its own dates allow."""
    rows = DateRows(text, np.asarray(list_of, dtype=int), lists, ZoneInfo(timezone), near)
    days = rows.fixed.copy()
    unread: dict[int, int] = {}
    said = settle_numbers(rows, days, unread)
    put_back, doubtful = settle_cells(rows, days, unread, until)
    return SettledDates(
        days=pd.Series(rows.within(days), index=text.index),
        put_back=tuple(put_back),
        doubtful=tuple(doubtful),
        open=unread,
        read_as=_read_as(rows, said, set(put_back)),
    )


def _read_as(
    rows: DateRows, said: dict[int, tuple[str, str]], put_back: set[int]
) -> tuple[tuple[int, str, str, int], ...]:
    """How many rows of each sheet were read in which form, and by what."""
    counted = np.bincount(rows.list_of * len(FORMS) + rows.form, minlength=1)
    published = []
    for key in np.flatnonzero(counted).tolist():
        (at, form), n = divmod(key, len(FORMS)), int(counted[key])
        if FORMS[form] == "":
            continue
        if FORMS[form] == "numbers":
            published.append((at, *said[at], n))
        elif FORMS[form] == "iso" and at in put_back:
            published.append((at, "iso", "put back", n))
        else:
            published.append((at, FORMS[form], "", n))
    return tuple(published)
