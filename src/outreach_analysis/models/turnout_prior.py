"""What is believed about turnout before any event is looked at, and how it falls with distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from outreach_analysis.settings import Settings

Array: TypeAlias = npt.NDArray[np.float64]
Z_90 = 1.6448536269514722


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoutPrior:
    """What is believed about turnout before any event is looked at.

    The total of an event at the reference place has the median `total_median`, and 90 % of events lie
    between `total_low` and `total_high` people. Turnout falls with distance by
    exp(slope * km / slope_km + bend * log(1 + km / bend_km)), slope ~ Normal(slope_mean, slope_sd),
    bend ~ Normal(0, bend_sd); where nothing is learned the bend is 0 and the slope is cut at 0, since no one
    expects more people from farther away. Kinds of place and of day differ from their common mean by
    `kind_sd` and `day_sd` (sd of log). `event_sd`, `site_sd` and `overdispersion` are medians of the spread
    (sd of log) between events at one place and between places, and of the negative-binomial alpha of one
    area's count; the log of each has the standard deviation that ends in `_log_sd`.

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
    bend_sd: float = 1.0
    bend_km: float = 20.0
    kind_sd: float = 0.4
    day_sd: float = 0.2
    event_sd: float = 0.4
    event_log_sd: float = 0.6
    site_sd: float = 0.2
    site_log_sd: float = 0.6
    overdispersion: float = 0.6
    overdispersion_log_sd: float = 0.8

    @classmethod
    def from_settings(cls, settings: Settings) -> TurnoutPrior:
        """The prior with the totals an office has set."""
        return cls(
            total_median=settings.prior_total_median,
            total_low=settings.prior_total_low,
            total_high=settings.prior_total_high,
        )

    def slope_quantile(self, q: npt.ArrayLike) -> Array:
        """Quantiles of the slope cut at 0.

        Examples
        --------
        >>> TurnoutPrior().slope_quantile([0.05, 0.5, 0.95]).round(2).tolist()
        [-2.0, -1.04, -0.22]
        """
        slope = stats.truncnorm(-np.inf, -self.slope_mean / self.slope_sd, loc=self.slope_mean, scale=self.slope_sd)
        return np.asarray(slope.ppf(q))

    def slopes(self, n: int, rng: np.random.Generator) -> Array:
        """Draws of the slope cut at 0."""
        top = -self.slope_mean / self.slope_sd
        drawn = stats.truncnorm.rvs(-np.inf, top, loc=self.slope_mean, scale=self.slope_sd, size=n, random_state=rng)
        return np.asarray(drawn)

    def expected_log_sd(self, residents: Array, km: Array) -> float:
        """Spread of the log EXPECTED total, so that event effect and noise bring it to the prior's own interval.

        Parameters
        ----------
        residents
            (areas,) residents.
        km
            (areas, places) distances to the reference places; infinite where nobody can travel.

        Returns
        -------
        float
            Standard deviation of the log, at least 0.1.
        """
        total_sd = np.log(self.total_high / self.total_low) / (2 * Z_90)
        weight = distance_weights(residents, km, np.array([self.slope_mean / self.slope_km]))[0]
        reached = weight.sum(axis=0)
        share = weight[:, reached > 0] / reached[reached > 0]
        concentration = (share**2).sum(axis=0).mean() if share.size else 1.0
        noise = self.event_sd**2 + self.overdispersion * concentration + 1 / self.total_median
        return float(np.sqrt(max(total_sd**2 - noise, 0.01)))


def distance_weights(residents: Array, km: Array, slopes: Array) -> Array:
    """Residents weighted by exp(slope * km), (slopes, areas, places); 0 where km is infinite."""
    reachable = np.isfinite(km)
    decay = np.exp(slopes[:, None, None] * np.where(reachable, km, 0.0))
    return np.asarray(decay * (residents[:, None] * reachable))


def log_decay(slope: Array, bend: Array, km: Array, *, prior: TurnoutPrior) -> Array:
    """Log turnout per resident relative to distance 0.

    slope * km / slope_km + bend * log(1 + km / bend_km), after Tanner (1961). Where the slope is above 0 the
    curve turns upward at some distance; it is held level from there, since no one expects more people from
    farther away than the data reach.

    Parameters
    ----------
    slope, bend
        (n,) coefficients.
    km
        Distances >= 0 of any shape; infinite gives -inf.
    prior
        Units of the coefficients.

    Returns
    -------
    Array
        (n, *km.shape).

    References
    ----------
    Tanner (1961), Factors affecting the amount of travel, Road Research Technical Paper 51, HMSO.

    Examples
    --------
    >>> log_decay(np.array([-1.0]), np.array([0.0]), np.array([0.0, 35.0, np.inf]), prior=TurnoutPrior()).tolist()
    [[0.0, -1.0, -inf]]
    """
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
