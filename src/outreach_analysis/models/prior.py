"""What is believed about turnout before any event is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from outreach_analysis.settings import Settings

Z_90 = 1.6448536269514722
LARGEST_NOISE_SHARE = 0.75
"""Of the variance of a log total: what place, event and area counts may take; the rest is not knowing the level."""
_GRID = (np.arange(200) + 0.5) / 200
_ABOVE_ZERO = (
    *("slope_sd", "slope_km", "bend_sd", "bend_km", "kind_sd", "day_sd"),
    *("site_log_sd", "event_log_sd", "overdispersion_log_sd"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoutPrior:
    """What is believed about turnout before any event is looked at.

    The total of an event at the reference place has the median `total_median`, and 90 % of events lie
    between `total_low` and `total_high` people, half of the rest on either side. Turnout falls with distance by
    exp(slope * km / slope_km), slope ~ Normal(slope_mean, slope_sd) cut at 0, since no one expects more people
    from farther away. `site_sd` is the spread (sd of log) between places with the same people around them,
    `event_sd` between events at one place, and `overdispersion` the negative-binomial alpha of one area's
    count; where these three alone would spread totals wider than the interval allows, they are made smaller.

    The rest matters only where past events are learned from. Then the three are medians, the log of each with the
    standard deviation that ends in `_log_sd`; the fall with distance may bend, exp(bend * log(1 + km / bend_km)) with
    bend ~ Normal(0, bend_sd); and kinds of place and of day differ from their common mean by `kind_sd` and `day_sd`
    (sd of log).

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
    bend_sd: float = 0.5
    bend_km: float = 20.0
    kind_sd: float = 0.35
    day_sd: float = 0.2
    site_log_sd: float = 0.6
    event_log_sd: float = 0.6
    overdispersion_log_sd: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.total_low < self.total_median < self.total_high:
            raise ValueError(
                f"the prior's totals must be 0 < low < median < high, not {self.total_low:g}, "
                f"{self.total_median:g}, {self.total_high:g}"
            )
        for name in ("site_sd", "event_sd", "overdispersion"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} {getattr(self, name)} is not a number of 0 or more")
        for name in _ABOVE_ZERO:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)} is not above 0")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the prior's interval of an event total divides into what is not known and what is chance.

    Attributes
    ----------
    log_median
        Of the EXPECTED total at the reference.
    sd_below, sd_above
        Spread (sd of log) of the expected total on either side of its median.
    site_sd, event_sd, overdispersion
        Chance, as in the prior or smaller.
    """

    log_median: float
    sd_below: float
    sd_above: float
    site_sd: float
    event_sd: float
    overdispersion: float

    def log_totals(self, normal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Logs of expected totals from standard normal draws."""
        return np.asarray(self.log_median + np.where(normal < 0, self.sd_below, self.sd_above) * normal)


def spread_of(prior: TurnoutPrior, concentration: float) -> Spread:
    """Divide the prior's interval, so that totals with all chance in them have that median and interval.

    Chance is the place, the event, the negative-binomial counts of the areas (together a gamma of shape
    1 / (overdispersion * concentration)) and counting itself (variance 1 / median on the log scale). What remains
    is not knowing the level; its median and its spread on either side are solved for.

    Parameters
    ----------
    prior
        The interval to keep.
    concentration
        Sum over areas of the squared share of an event's people, in (0, 1]: 1 where all live in one area.

    Returns
    -------
    Spread

    Notes
    -----
    An interval narrower than counting alone cannot be kept; totals are then as narrow as counting allows.

    Examples
    --------
    >>> spread = spread_of(TurnoutPrior(), 0.1)
    >>> round(float(np.exp(spread.log_median)), 1), round(spread.sd_below, 2), spread.site_sd
    (61.7, 0.69, 0.25)
    """
    ends = np.log([prior.total_low, prior.total_median, prior.total_high])
    variances = (np.diff(ends) / Z_90) ** 2
    counting = 1 / prior.total_median
    effects = prior.site_sd**2 + prior.event_sd**2
    gamma_variance = prior.overdispersion * concentration

    def chance(scale: float) -> float:
        return scale * effects + _log_gamma_variance(scale * gamma_variance)

    room = LARGEST_NOISE_SHARE * max(float(variances.min()) - counting, 0.0)
    scale = 1.0
    if chance(1.0) > room:
        scale = float(optimize.brentq(lambda tried: chance(tried) - room, 0.0, 1.0)) if room > 0 else 0.0
    log_median, sd_below, sd_above = _level(
        ends,
        chance_sd=float(np.sqrt(scale * effects + counting)),
        gamma_variance=scale * gamma_variance,
        start=np.sqrt(np.maximum(variances - chance(scale) - counting, 0.01)),
    )
    return Spread(
        log_median=log_median,
        sd_below=sd_below,
        sd_above=sd_above,
        site_sd=prior.site_sd * float(np.sqrt(scale)),
        event_sd=prior.event_sd * float(np.sqrt(scale)),
        overdispersion=prior.overdispersion * scale,
    )


def _level(
    ends: npt.NDArray[np.float64], *, chance_sd: float, gamma_variance: float, start: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """Median and spreads of the log level, so that 5, 50 and 95 % of log totals lie below the three ends."""
    normal, shares = stats.norm.ppf(_GRID), np.array([0.05, 0.5, 0.95])
    gamma = np.zeros(1)
    if gamma_variance > 0:
        gamma = np.log(stats.gamma.ppf(_GRID, 1 / gamma_variance, scale=gamma_variance))

    def miss(level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        logs = level[0] + np.where(normal < 0, level[1], level[2]) * normal
        away = (ends[:, None, None] - logs[None, :, None] - gamma) / chance_sd
        return np.asarray(special.ndtr(away).mean(axis=(1, 2)) - shares)

    first = np.array([ends[1] - gamma.mean(), *start])
    found = optimize.least_squares(miss, first, bounds=([-np.inf, 0.0, 0.0], np.inf)).x
    return float(found[0]), float(found[1]), float(found[2])


def _log_gamma_variance(variance: float) -> float:
    """Variance of the log of a gamma variable of mean 1 and this variance."""
    return float(special.polygamma(1, 1 / variance)) if variance > 0 else 0.0
