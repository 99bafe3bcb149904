"""Terms of time, programme and place beside distance and kinds: which of them past events can teach, and their values.

Each is one shrunk coefficient of the log of people. What cannot be learned is left out and named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.geography.service_days import fasting_season
from outreach_analysis.models.decay import Array
from outreach_analysis.models.office_index import OfficeIndex

TREND, SEASON, FASTING, INVITED = "trend", "season", "fasting_season", "programme[invited]"
DATED = (TREND, SEASON, FASTING)
"""Terms that a visit on another day changes; they stand first."""
OWN = "x_"
"""Columns of places and events that an office adds begin with it."""
FEWEST_DATED, SHORTEST_SPAN = 8, np.timedelta64(365, "D")
"""Events with a date, and days between the first and the last, below which no trend is asked of them."""
_PRIORS = {TREND: (0.0, 0.15), SEASON: (0.7, 0.4), FASTING: (0.0, 0.3), INVITED: (0.0, 0.7)}
_OWN_SD = 0.35
_YEAR = np.timedelta64(8766, "h")
_SKEWED = 3.0
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnColumn:
    """A numeric column that the office has added to its places or events, brought to one scale.

    What only events have is not known of a proposed one, for which the average counts.

    Attributes
    ----------
    name
        Of the column.
    log
        The logarithm is taken: all values are above 0, and the largest is three times the least or more.
    centre, scale
        Mean and standard deviation over past events.
    low, high
        Least and largest standardised value seen: a place is not taken beyond what was seen.
    """

    name: str
    log: bool
    centre: float
    scale: float
    low: float
    high: float

    def standardise(self, values: pd.Series) -> Array:
        """Values in standard deviations from the mean of past events, 0 where one is missing."""
        known = pd.to_numeric(values, errors="coerce").astype(float)
        if self.log:
            known = _log(known.where(known > 0))
        scaled = ((known - self.centre) / self.scale).clip(self.low, self.high)
        return np.asarray(scaled.fillna(0.0), dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """The terms that are in the model.

    Attributes
    ----------
    names
        In the order of the columns of `of_events`: first those of time and programme, then the office's own columns.
    of_events
        (events, terms) values.
    mean, sd
        (terms,) of the normal prior of each coefficient.
    origin
        The day from which the trend is counted: the middle of past events.
    index
        The office's rhythm; None where it has none.
    index_centre
        Its mean over past events.
    own
        The office's columns, in order.
    left_out
        Index term, why it is left out: `too_short` (a trend of few events or less than a year; an office index of
        fewer than 24 months), `not_seen`, `constant`, `not_a_number`, `mostly_missing`.
    """

    names: tuple[str, ...]
    of_events: Array
    mean: Array
    sd: Array
    origin: np.datetime64
    index: OfficeIndex | None
    index_centre: float
    own: tuple[OwnColumn, ...]
    left_out: pd.Series

    @property
    def n_own(self) -> int:
        """How many of the names, the last ones, are the office's own columns."""
        return len(self.own)

    def at(self, sites: pd.DataFrame, days: npt.NDArray[np.datetime64], *, programme: str = "visit") -> Array:
        """Values (places, terms) of an event at each place on its day."""
        found = list(self.on(days).T)
        if INVITED in self.names:
            found.append(np.full(len(sites), float(programme == "invited")))
        for column in self.own:
            known = column.name in sites
            found.append(column.standardise(sites[column.name]) if known else np.zeros(len(sites)))
        return np.column_stack(found) if found else np.zeros((len(sites), 0))

    def on(self, days: npt.NDArray[np.datetime64]) -> Array:
        """Values (days, terms) of the terms that have a date, in the order of `DATED`."""
        columns: dict[str, Array] = {
            TREND: (days - self.origin) / _YEAR,
            SEASON: np.zeros(len(days)) if self.index is None else self.index.at(days) - self.index_centre,
            FASTING: fasting_season(days).astype(float),
        }
        found = [columns[name] for name in DATED if name in self.names]
        return np.column_stack(found) if found else np.zeros((len(days), 0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rhythm:
    """What the day of a visit changes in every draw: trend, season and fasting season, the same at all places.

    Attributes
    ----------
    terms
        Their values.
    coefficients
        (n_draws, terms with a date).
    days
        (sites,) for which the forecast was made.
    """

    terms: Terms
    coefficients: Array
    days: npt.NDArray[np.datetime64]
    _levels: dict[np.datetime64, Array] = field(default_factory=dict, repr=False)

    def ratio(self, column: int, day: dt.date | pd.Timestamp) -> Array:
        """People at a place on a day over those on the day it was forecast for, (n_draws,)."""
        return np.asarray(np.exp(self._level(np.datetime64(day, "ns")) - self._level(self.days[column])))

    def _level(self, day: np.datetime64) -> Array:
        if day not in self._levels:
            self._levels[day] = self.coefficients @ self.terms.on(np.array([day]))[0]
        return self._levels[day]


def build_terms(events: pd.DataFrame, sites: pd.DataFrame, *, index: OfficeIndex | None) -> Terms:
    """Which terms the events can teach, and their values.

    Parameters
    ----------
    events
        Events to learn from; columns `site_id` and where known `date`, `programme`, `x_...`.
    sites
        Index `site_id`; where known columns `x_...`.
    index
        From `office_index`.

    Returns
    -------
    Terms
    """
    dates = pd.to_datetime(events["date"] if "date" in events else pd.Series(pd.NaT, index=events.index))
    known = dates.dropna()
    days = dates.fillna(known.mean()).to_numpy("datetime64[ns]")
    origin = np.datetime64(known.mean() if len(known) else pd.Timestamp(2020, 1, 1), "ns")
    columns: dict[str, Array] = {}
    reasons: dict[str, str] = {}
    if len(known) >= FEWEST_DATED and known.max() - known.min() >= SHORTEST_SPAN:
        columns[TREND] = (days - origin) / _YEAR
    else:
        reasons[TREND] = "too_short"
    centre = 0.0
    if index is None or known.empty:
        reasons[SEASON] = "too_short"
    else:
        rhythm = index.at(days)
        centre = float(rhythm.mean())
        columns[SEASON] = rhythm - centre
    programme = events["programme"] if "programme" in events else pd.Series("visit", index=events.index)
    seen = {FASTING: fasting_season(days).astype(float), INVITED: (programme == "invited").to_numpy(float)}
    for name, values in seen.items():
        if np.ptp(values) > 0:
            columns[name] = values
        else:
            reasons[name] = "not_seen"
    own = []
    for name in own_columns(events, sites):
        given = events[name] if name in events else sites[name].reindex(events["site_id"]).set_axis(events.index)
        found = _own_column(name, given)
        if isinstance(found, str):
            reasons[name] = found
        else:
            own.append(found)
            columns[name] = found.standardise(given)
    names = tuple(columns)
    priors = np.array([_PRIORS.get(name, (0.0, _OWN_SD)) for name in names]).reshape(-1, 2)
    return Terms(
        names=names,
        of_events=np.column_stack(list(columns.values())) if columns else np.zeros((len(events), 0)),
        mean=priors[:, 0],
        sd=priors[:, 1],
        origin=origin,
        index=index,
        index_centre=centre,
        own=tuple(own),
        left_out=pd.Series(reasons, dtype=object),
    )


def own_columns(*tables: pd.DataFrame) -> Sequence[str]:
    """Names of the columns that the office has added to tables, sorted."""
    return sorted({str(name) for table in tables for name in table if str(name).startswith(OWN)})


def _own_column(name: str, values: pd.Series) -> OwnColumn | str:
    """How a column is brought to one scale, or why it is left out."""
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    if numbers.notna().sum() < values.notna().sum():
        return "not_a_number"
    if numbers.notna().mean() <= 0.5:
        return "mostly_missing"
    there = numbers.dropna()
    log = bool(there.min() > 0 and there.max() >= _SKEWED * there.min())
    there = _log(there) if log else there
    centre, scale = float(there.mean()), float(there.std(ddof=0))
    if not scale > _SAME * max(1.0, abs(centre)):
        return "constant"
    scaled = (there - centre) / scale
    return OwnColumn(
        name=name,
        log=log,
        centre=centre,
        scale=scale,
        low=float(scaled.min()),
        high=float(scaled.max()),
    )


def _log(values: pd.Series) -> pd.Series:
    return pd.Series(np.log(values.to_numpy(float)), index=values.index)
