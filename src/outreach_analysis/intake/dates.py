"""Columns of dates: which day each text is, the order of day and month settled once for a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.intake.date_orders import (
    FORMS,
    DateList,
    DateRows,
    settle_cells,
    settle_numbers,
)

OFFICE_TIMEZONE = "Asia/Makassar"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettledDates:
    """Days of a column, and how each sheet was read.

    Attributes
    ----------
    days
        datetime64[s]; NaT where the text is no date.
    put_back, doubtful
        Numbers of sheets whose day and month a spreadsheet had exchanged: put back; or perhaps exchanged.
    open
        Sheets whose dates can be read in two ways, each with the first row where that is so.
    read_as
        (sheet, form, by what the order was settled, rows).
    """

    days: pd.Series
    put_back: tuple[int, ...]
    doubtful: tuple[int, ...]
    open: dict[int, int]
    read_as: tuple[tuple[int, str, str, int], ...]


def parse_dates(text: pd.Series, *, date_format: str, timezone: str = OFFICE_TIMEZONE) -> pd.Series:
    """Days of texts: every form that has one meaning, and numbers in the order of the format.

    ISO dates, month names (Indonesian or English), weekdays in front, times of day behind and Excel's numbers of days
    need no setting. What names a zone or an offset becomes its day at the office.

    Parameters
    ----------
    text
        Dates as text; Excel's own date cells come as ISO.
    date_format
        strptime format, such as '%d/%m/%Y'.
    timezone
        Of the office, an IANA name.

    Returns
    -------
    Series of datetime64[s], same index; NaT where the text is no date from 1945 to 2100.

    Examples
    --------
    >>> parse_dates(pd.Series(["03/02/2026", "2026-02-03", "31/02/2026", "2026-02-02T20:00:00Z"]),
    ...             date_format="%d/%m/%Y").dt.strftime("%d %b").tolist()
    ['03 Feb', '03 Feb', nan, '03 Feb']
    """
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
    """Read the dates of many sheets, each in the one order of day and month that its own dates allow.

    What speaks for an order: numbers that are a day in one order only (14/03, 3/14), a weekday in front, and the
    event's day, where one reading lies within `NEAR_DAYS` of it and the other does not. Where all of it, or nearly
    all, speaks for one order, that is the sheet's; where none does, the declared format is (to speak
    against it takes a fifth of the rows). Else rows with a reading of their own keep it, and a sheet with any other row
    is `open`: nothing is guessed.

    A sheet whose date cells fall on the 1st to 12th throughout is put back where its events' days say that day and
    month were exchanged, or where its typed dates never fall on those days.

    Parameters
    ----------
    text
        The column.
    list_of, lists
        Which sheet each row stands on, and what is known of each sheet.
    timezone
        Of the office.
    near
        Day of each row's event; NaT where there is none.
    until
        No service lies after this day.

    Examples
    --------
    >>> said = pd.Series(["3/14/2026 9:12:33", "3/5/2026 14:40:01"])
    >>> settle_dates(said, np.array([0, 0]), [DateList()]).days.dt.strftime("%d %b").tolist()
    ['14 Mar', '05 Mar']
    """
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
