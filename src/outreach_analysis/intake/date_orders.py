"""The order of day and month in a sheet, told from all its dates, its events' days and what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.intake.date_forms import DAYS_1904, written_date

FIRST_DAY, LAST_DAY = pd.Timestamp("1945-01-01"), pd.Timestamp("2100-12-31")
"""Dates beyond these are typing errors."""

NEAR_DAYS = 14
"""A service date farther than this from its event's day is told: day and month exchanged are 28 days apart or more."""

_TELLING = 5
_FEW, _FEW_DISTINCT, _MANY, _MONTHS = 3, 3, 9, 12
_UNSET = np.datetime64("NaT", "s")
FORMS = ("", "iso", "words", "serial", "instant", "numbers", "format")
_NONE, _ISO, _WORDS, _SERIAL, _INSTANT, _NUMBERS, _FORMAT = range(len(FORMS))
_EXCHANGED = "%Y-%d-%m"

_Days = npt.NDArray[np.datetime64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateList:
    """What is known of the dates of one sheet before they are read.

    Attributes
    ----------
    formats
        Declared for this file: numbers are read by them and by nothing else. Empty: `usual` stands where the
        dates themselves do not say.
    usual
        The office's `dates.format`.
    since_1904
        Whether the workbook counts its days from 1904.
    is_form
        Whether the column is the stamp of a form, whose order is that of the account that made it.
    """

    formats: tuple[str, ...] = ()
    usual: str = "%d/%m/%Y"
    since_1904: bool = False
    is_form: bool = False


def month_first(date_format: str) -> bool:
    """Whether a format has the month before the day.

    Examples
    --------
    >>> month_first("%m/%d/%Y"), month_first("%d %B %Y")
    (True, False)
    """
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
        late = (self.form == _SERIAL) & since_1904[list_of] if len(list_of) else np.zeros(0, dtype=bool)
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
    numbers = rows.form == _NUMBERS
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
    early = cells & (day_number <= _MONTHS)
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
    typed = (rows.form == _NUMBERS) & (rows.list_of == rows.list_of[cells][0])
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
