"""The terms of the forecast: what is believed of totals and distance before any event, trend, season, programme, own
columns, area effects, piled totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.files import bundled_data
from outreach_analysis.geography.service_days import fasting_season
from outreach_analysis.models.glmm import Array, negbin_value
from outreach_analysis.settings import Settings

# --- What is believed about turnout before any event is looked at.


Z_90 = 1.6448536269514722
_FARTHEST = 2.0  # standard deviations of a log spread: people to expect under a spread of unlimited size have no mean
_ABOVE_ZERO = (
    *("slope_sd", "slope_km", "bend_sd", "bend_km", "kind_sd", "day_sd"),
    *("site_log_sd", "event_log_sd", "overdispersion_log_sd"),
)


def published_turnout() -> pd.DataFrame:
    """What was published on people at passport services away from the office: the evidence of the prior.

    One row a report, its columns described beside the file (`published_turnout.csv.toml`): `per_day` is people per
    event-day (NaN where days or people are not known), `evidence` 'strict' for people served on dated days, 'wider'
    also for applications, registrations and plans, '' where it tells nothing of a usual event-day.

    Examples
    --------
    >>> known = published_turnout()
    >>> float(known.loc[known["evidence"] != "", "per_day"].median())
    63.5
    """
    path = bundled_data("reference/turnout") / "published_turnout.csv"
    known = pd.read_csv(path, dtype="str", keep_default_na=False)
    numbers = ("days", "applicants", "per_day")
    return known.assign(**{name: pd.to_numeric(known[name], errors="coerce") for name in numbers})


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoutPrior:
    """What is believed about turnout before any event is looked at.

    The EXPECTED total of an event-day at the reference place has the median `total_median`, and lies between
    `total_low` and `total_high` people with a probability of 90 %, half of the rest on either side; totals of events
    vary around it. The defaults rest on `published_turnout`. Turnout falls with distance by exp(slope * km /
    slope_km), slope ~ Normal(slope_mean, slope_sd) cut at 0, since no one expects more people from farther away.
    `site_sd` is the spread (sd of log) between places with the same people around them, `event_sd` between events at
    one place, and `overdispersion` the negative-binomial alpha of one area's count. The three are medians, the log of
    each with the standard deviation that ends in `_log_sd`.

    Kinds of place and of day differ from their common mean by `kind_sd` and `day_sd` (sd of log); before any event
    a place's kind is part of what is not known of it. The rest matters only where past events are learned from: the
    fall with distance may bend, exp(bend * log(1 + km / bend_km)) with bend ~ Normal(0, bend_sd).

    Refused where not 0 < low < median < high, a spread is negative, or what must be above 0 is not.

    Examples
    --------
    >>> TurnoutPrior().total_median
    60.0
    """

    total_median: float = 60.0
    total_low: float = 15.0
    total_high: float = 240.0
    slope_mean: float = -1.0
    slope_sd: float = 0.6
    slope_km: float = 35.0
    site_sd: float = 0.25
    event_sd: float = 0.31
    overdispersion: float = 0.6
    bend_sd: float = 1.5
    bend_km: float = 5.0
    kind_sd: float = 0.35
    day_sd: float = 0.2
    site_log_sd: float = 0.6
    event_log_sd: float = 0.6
    overdispersion_log_sd: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.total_low < self.total_median < self.total_high:
            raise RequestError(
                f"the prior's totals must be 0 < low < median < high, not {self.total_low:g}, "
                f"{self.total_median:g}, {self.total_high:g}"
            )
        for name in ("site_sd", "event_sd", "overdispersion"):
            if not getattr(self, name) >= 0:
                raise RequestError(f"{name} {getattr(self, name)} is not a number of 0 or more")
        for name in _ABOVE_ZERO:
            if not getattr(self, name) > 0:
                raise RequestError(f"{name} {getattr(self, name)} is not above 0")

    @classmethod
    def from_settings(cls, settings: Settings) -> TurnoutPrior:
        """The prior with the totals an office has set."""
        return cls(
            total_median=settings.prior_total_median,
            total_low=settings.prior_total_low,
            total_high=settings.prior_total_high,
        )

    def slope(self) -> Any:
        """Distribution of the slope where nothing is learned: normal, cut at 0."""
        return stats.truncnorm(-np.inf, -self.slope_mean / self.slope_sd, loc=self.slope_mean, scale=self.slope_sd)

    @property
    def log_total_sds(self) -> tuple[float, float]:
        """Spread (sd of log) of the expected total below and above its median."""
        below, above = np.diff(np.log([self.total_low, self.total_median, self.total_high])) / Z_90
        return float(below), float(above)

    def log_totals(self, normal: Array) -> Array:
        """Logs of expected totals at the reference from standard normal draws."""
        below, above = self.log_total_sds
        return np.asarray(np.log(self.total_median) + np.where(normal < 0, below, above) * normal)

    def spreads(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """Draws (n,) of the spread between sites and between events, and of the overdispersion: log-normal, cut at two
        standard deviations."""
        normal = np.clip(rng.standard_normal((3, n)), -_FARTHEST, _FARTHEST)
        return (
            self.site_sd * np.exp(self.site_log_sd * normal[0]),
            self.event_sd * np.exp(self.event_log_sd * normal[1]),
            self.overdispersion * np.exp(self.overdispersion_log_sd * normal[2]),
        )


# --- How turnout falls with distance: Tanner's function, never rising with distance for good.


def distance_weights(residents: Array, km: Array, slopes: Array) -> Array:
    """Residents weighted by exp(slope * km), (slopes, areas, places); 0 where km is infinite."""
    reachable = np.isfinite(km)
    decay = np.exp(slopes[:, None, None] * np.where(reachable, km, 0.0))
    return np.asarray(decay * (residents[:, None] * reachable))


def log_decay(slope: Array, bend: Array, km: Array, *, prior: TurnoutPrior) -> Array:
    """Log turnout per resident relative to distance 0. slope * km / slope_km + bend * log(1 + km / bend_km), after
    Tanner (1961). Where the slope is above 0 the curve turns upward at some distance; it is held level from there,
    since no one expects more people from farther away than the data reach."""
    shape = (-1,) + (1,) * km.ndim
    reachable = np.isfinite(km)
    distance = np.where(reachable, km, 0.0)[None]
    rising = slope > 0
    turn = np.full(len(slope), np.inf)
    turn[rising] = np.maximum(-prior.slope_km * bend[rising] / slope[rising] - prior.bend_km, 0.0)
    if rising.any():
        distance = np.minimum(distance, turn.reshape(shape))
    log_weight = slope.reshape(shape) * (distance / prior.slope_km)
    log_weight += bend.reshape(shape) * np.log1p(distance / prior.bend_km)
    return np.where(reachable[None], log_weight, -np.inf)


# --- The rhythm of demand as the office's own counter shows it: growth from year to year, and months of the year.


FEWEST_MONTHS = 24
"""Whole months in a row: each month of the year twice, so that growth is not taken for a season."""
_YEAR = 365.25
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OfficeIndex:
    """Log applicants at the office, smoothed: a straight line and twelve months of the year."""

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
    """Read growth and months of the year off the office's applicants. Growth is the mean of log(applicants of a month /
    of the same month a year before), which no season can touch; a month of the year is what its months differ from that
    line on average."""
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


# --- What areas have of their own: some send more people than residents and distance say, wherever the event is.


SPREADS = np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8])
"""Spread between areas (sd of log), each less likely than the one before until events tell."""
_PRIOR = np.exp(-SPREADS / 0.3)
_NODES = np.linspace(-3.0, 3.0, 121)
_LEVELS = (0.05, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaEffects:
    """Effects of areas (log), each Normal(mean, sd), and how much areas differ."""

    mean: Array
    sd: Array
    weights: Array

    @classmethod
    def none(cls, n_areas: int) -> AreaEffects:
        """Areas that are as residents and distance say."""
        return cls(mean=np.zeros(n_areas), sd=np.zeros(n_areas), weights=np.eye(len(SPREADS))[0])

    @property
    def spread(self) -> float:
        """Expected spread between areas."""
        return float(self.weights @ SPREADS)

    def draw(self, n: int, at: npt.NDArray[np.intp], rng: np.random.Generator) -> Array:
        """Draws (n, areas) of the effects at these positions."""
        return np.asarray(self.mean[at] + self.sd[at] * rng.standard_normal((n, len(at))))

    def summary(self) -> pd.DataFrame:
        """Spread between areas with its 90 % interval: `estimate, ci_low, ci_high, unit`."""
        low, high = (SPREADS[int(np.searchsorted(np.cumsum(self.weights), level))] for level in _LEVELS)
        row = {"estimate": self.spread, "ci_low": low, "ci_high": high, "unit": "sd of log"}
        return pd.DataFrame([row], index=["area_sd"])


def learn_area_effects(
    y: Array, log_mean: Array, area: npt.NDArray[np.intp], *, n_areas: int, overdispersion: float
) -> AreaEffects:
    """Effects of areas around a fit that knows of none. An area's effect is Normal(0, spread); its posterior, given the
    fit's means and overdispersion, is summed over 121 values from -3 to 3 under each of `SPREADS`, and these are
    weighed by the marginal likelihood of all areas."""
    with np.errstate(divide="ignore"):
        log_alpha = float(np.log(overdispersion))
    fit = np.stack(
        [np.bincount(area, negbin_value(y, log_mean + node, log_alpha)[0], minlength=n_areas) for node in _NODES]
    )
    likely = np.exp(fit - fit.max(axis=0))
    believed = np.array([stats.norm.pdf(_NODES, 0, spread) if spread else _NODES == 0 for spread in SPREADS])
    believed /= believed.sum(axis=1, keepdims=True)
    total = believed @ likely
    mean, square = (believed * _NODES**power @ likely / total for power in (1, 2))
    evidence = np.log(total).sum(axis=1)
    weights = _PRIOR * np.exp(evidence - evidence.max())
    weights /= weights.sum()
    centre = weights @ mean
    return AreaEffects(mean=centre, sd=np.sqrt(np.maximum(weights @ square - centre**2, 0.0)), weights=weights)


# --- Events that look full though nobody said so: totals piled up at one number, or at a capacity that is written down.


FEWEST_ALIKE = 3
_FEWEST_PEOPLE = 10
_MOST_ABOVE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullEvents:
    """Events taken as full without being marked as sold out."""

    at_capacity: pd.Index
    piled_up: pd.Index
    quota: float

    @property
    def event_ids(self) -> pd.Index:
        """All of them."""
        return self.at_capacity.union(self.piled_up)


def full_events(people: pd.Series, capacity: pd.Series, sold_out: pd.Series) -> FullEvents:
    """Find events that were as good as sold out."""
    unmarked = people[~sold_out.astype(bool)]
    reached = unmarked.index[(unmarked >= capacity[unmarked.index]) & (unmarked > 0)]
    times = unmarked[unmarked >= _FEWEST_PEOPLE].value_counts()
    alike = times.index[times >= FEWEST_ALIKE]
    quota = float(alike.max()) if len(alike) else np.nan
    if (people > quota).sum() > _MOST_ABOVE * len(people):
        quota = np.nan
    return FullEvents(at_capacity=reached, piled_up=unmarked.index[unmarked == quota], quota=quota)


# --- Terms of time, programme and place beside distance and kinds: which of them past events can teach.


TREND, SEASON, FASTING, INVITED = "trend", "season", "fasting_season", "programme[invited]"
DATED = (TREND, SEASON, FASTING)
"""Terms that a visit on another day changes; they stand first."""
OWN = "x_"
"""Columns of places and events that an office adds begin with it."""
FEWEST_DATED, SHORTEST_SPAN = 8, np.timedelta64(365, "D")
"""Events with a date, and days between the first and the last, below which no trend is asked of them."""
_PRIORS = {TREND: (0.0, 0.15), SEASON: (0.7, 0.4), FASTING: (0.0, 0.3), INVITED: (0.0, 0.7)}
_OWN_SD = 0.35
_DAYS_OF_YEAR = np.timedelta64(8766, "h")
_SKEWED = 3.0
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnColumn:
    """A numeric column that the office has added to its places or events, brought to one scale. What only events have
    is not known of a proposed one, for which the average counts."""

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
    """The terms that are in the model."""

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
            TREND: (days - self.origin) / _DAYS_OF_YEAR,
            SEASON: np.zeros(len(days)) if self.index is None else self.index.at(days) - self.index_centre,
            FASTING: fasting_season(days).astype(float),
        }
        found = [columns[name] for name in DATED if name in self.names]
        return np.column_stack(found) if found else np.zeros((len(days), 0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rhythm:
    """What the day of a visit changes in every draw: trend, season and fasting season, the same at all places."""

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
    """Which terms the events can teach, and their values."""
    dates = pd.to_datetime(events["date"] if "date" in events else pd.Series(pd.NaT, index=events.index))
    known = dates.dropna()
    days = dates.fillna(known.mean()).to_numpy("datetime64[ns]")
    origin = np.datetime64(known.mean() if len(known) else pd.Timestamp(2020, 1, 1), "ns")
    columns: dict[str, Array] = {}
    reasons: dict[str, str] = {}
    if len(known) >= FEWEST_DATED and known.max() - known.min() >= SHORTEST_SPAN:
        columns[TREND] = (days - origin) / _DAYS_OF_YEAR
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
    return OwnColumn(name=name, log=log, centre=centre, scale=scale, low=float(scaled.min()), high=float(scaled.max()))


def _log(values: pd.Series) -> pd.Series:
    return pd.Series(np.log(values.to_numpy(float)), index=values.index)
