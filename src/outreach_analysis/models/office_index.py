"""The rhythm of demand as the office's own counter shows it: growth from year to year, and months of the year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.models.decay import Array

FEWEST_MONTHS = 24
"""Whole months in a row: each month of the year twice, so that growth is not taken for a season."""
_YEAR = 365.25
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OfficeIndex:
    """Log applicants at the office, smoothed: a straight line and twelve months of the year.

    Attributes
    ----------
    growth
        Log change a year.
    month_effect
        (12,) log difference of each month of the year from the line, with mean 0.
    """

    growth: float
    month_effect: Array

    def at(self, days: npt.ArrayLike) -> Array:
        """Log index on days, (n,), 0 on an average day of 2020; months change into each other from middle to middle."""
        moments = pd.DatetimeIndex(pd.to_datetime(np.asarray(days)))
        years = np.asarray((moments - pd.Timestamp(2020, 1, 1)) / pd.Timedelta(days=_YEAR), dtype=float)
        place = np.asarray(moments.month - 1 + (moments.day - 1) / moments.days_in_month - 0.5, dtype=float)
        middles = np.arange(-1, _MONTHS + 1)
        return np.asarray(self.growth * years + np.interp(place, middles, self.month_effect[middles % _MONTHS]))


def office_index(office_monthly: pd.DataFrame | None, *, as_of: dt.date | None = None) -> OfficeIndex | None:
    """Read growth and months of the year off the office's applicants.

    Growth is the mean of log(applicants of a month / of the same month a year before), which no season can touch; a
    month of the year is what its months differ from that line on average.

    Parameters
    ----------
    office_monthly
        Columns `month`, `applicants`, one row a month and area; None: there is none.
    as_of
        The month of this day and later ones are not over; None: all are.

    Returns
    -------
    OfficeIndex or None
        None where fewer than `FEWEST_MONTHS` whole months in a row with applicants are known up to the last.

    Examples
    --------
    >>> months = pd.date_range("2024-01-01", periods=30, freq="MS")
    >>> people = 100 * np.exp(0.2 * np.arange(30) / 12) * np.where(months.month == 1, 1.5, 1.0)
    >>> found = office_index(pd.DataFrame({"month": months, "applicants": people}))
    >>> round(found.growth, 3), (found.month_effect[0] - found.month_effect[1:]).round(3).tolist()[:2]
    (0.2, [0.405, 0.405])
    """
    if office_monthly is None or office_monthly.empty:
        return None
    month = pd.to_datetime(office_monthly["month"]).dt.to_period("M")
    total = office_monthly["applicants"].groupby(month).sum().astype(float)
    if as_of is not None:
        total = total[total.index < pd.Period(pd.Timestamp(as_of) + pd.Timedelta(days=1), "M")]
    if total.empty:
        return None
    known = total.reindex(pd.period_range(total.index[0], total.index[-1], freq="M"))
    gaps = np.flatnonzero(~(known.to_numpy() > 0))
    known = known.iloc[gaps[-1] + 1 :] if len(gaps) else known
    if len(known) < FEWEST_MONTHS:
        return None
    log = np.log(known.to_numpy())
    growth = float((log[_MONTHS:] - log[:-_MONTHS]).mean())
    left = log - growth * np.arange(len(log)) / _MONTHS
    month_of_year = (np.arange(len(log)) + known.index[0].month - 1) % _MONTHS
    by_month = np.bincount(month_of_year, left) / np.bincount(month_of_year)
    return OfficeIndex(growth=growth, month_effect=np.asarray(by_month - by_month.mean(), dtype=float))
