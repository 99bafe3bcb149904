"""What is believed of turnout before any event, how it decays with distance, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.files import bundled_data
from outreach_analysis.settings import Settings

# --- What is believed about turnout before any event is looked at.


Array: TypeAlias = npt.NDArray[np.float64]
Z_90 = 1.6448536269514722
_FARTHEST = 2.0  # standard deviations of a log spread: people to expect under a spread of unlimited size have no mean
_ABOVE_ZERO = (
    *("slope_sd", "slope_km", "bend_sd", "bend_km", "kind_sd", "day_sd"),
    *("site_log_sd", "event_log_sd", "overdispersion_log_sd"),
)


def published_turnout() -> pd.DataFrame:
    """What was published on people at passport services away from the office: the evidence of the prior.

    Returns
    -------
    DataFrame
        One row a report: `office`, `kabupaten`, `place`, `kind`, `programme` (visit, invited; office, fixed and
        show are no pop-ups), `first_day`, `last_day` (as published: days, months or years), `days`, `applicants`
        (people), `per_day` (people per event-day; NaN where days or people are not known), `counted` (served,
        applications, registered, planned, quota), `evidence` ('strict': people served on dated days; 'wider': also
        applications, registrations and plans; '': tells nothing of a usual event-day, `note` says why), `note`,
        `source`.

    Raises
    ------
    FileNotFoundError
        Where the package was installed without its data.

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

    Raises
    ------
    ValueError
        Where not 0 < low < median < high, a spread is negative, or what must be above 0 is not.

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
        """Logs of expected totals at the reference from standard normal draws.

        Examples
        --------
        >>> np.exp(TurnoutPrior().log_totals(np.array([-Z_90, 0.0, Z_90]))).round(6).tolist()
        [15.0, 60.0, 240.0]
        """
        below, above = self.log_total_sds
        return np.asarray(np.log(self.total_median) + np.where(normal < 0, below, above) * normal)

    def spreads(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """Draws (n,) of the spread between sites and between events, and of the overdispersion.

        Log-normal, cut at two standard deviations.
        """
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
