"""What is believed about turnout before any event is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from outreach_analysis.settings import Settings

Z_90 = 1.6448536269514722
LARGEST_NOISE_SHARE = 0.75
"""Of the variance of a log total: what place, event and area counts may take; the rest is not knowing the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoutPrior:
    """What is believed about turnout before any event is looked at.

    The total of an event at the reference place has the median `total_median`, and 90 % of events lie
    between `total_low` and `total_high` people, half of the rest on either side. Turnout falls with distance by
    exp(slope * km / slope_km), slope ~ Normal(slope_mean, slope_sd) cut at 0, since no one expects more people
    from farther away. `site_sd` is the spread (sd of log) between places with the same people around them,
    `event_sd` between events at one place, and `overdispersion` the negative-binomial alpha of one area's
    count; where these three alone would spread totals wider than the interval allows, they are made smaller.

    Raises
    ------
    ValueError
        Where not 0 < low < median < high, a spread is negative, or `slope_sd` or `slope_km` is not above 0.

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

    def __post_init__(self) -> None:
        if not 0 < self.total_low < self.total_median < self.total_high:
            raise ValueError(
                f"the prior's totals must be 0 < low < median < high, not {self.total_low:g}, "
                f"{self.total_median:g}, {self.total_high:g}"
            )
        for name in ("site_sd", "event_sd", "overdispersion"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} {getattr(self, name)} is not a number of 0 or more")
        for name in ("slope_sd", "slope_km"):
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

    Variances of logs add up: not knowing the level, the place, the event, the negative-binomial counts of the
    areas (together a gamma of shape 1 / (overdispersion * concentration)) and Poisson counting. The skewness of
    the log-gamma is met by the first Cornish-Fisher term.

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
    An interval narrower than Poisson counting alone (1 / median) cannot be kept; totals are then as narrow as
    counting allows.

    Examples
    --------
    >>> spread = spread_of(TurnoutPrior(), 0.1)
    >>> round(float(np.exp(spread.log_median)), 1), round(spread.sd_below, 2), spread.site_sd
    (61.8, 0.69, 0.25)
    """
    below = (np.log(prior.total_median / prior.total_low) / Z_90) ** 2
    above = (np.log(prior.total_high / prior.total_median) / Z_90) ** 2
    counting = 1 / prior.total_median

    def chance(scale: float) -> float:
        effects = prior.site_sd**2 + prior.event_sd**2
        return scale * effects + _log_gamma_cumulants(scale * prior.overdispersion * concentration)[1]

    room = LARGEST_NOISE_SHARE * max(min(below, above) - counting, 0.0)
    scale = 1.0
    if chance(1.0) > room:
        scale = float(optimize.brentq(lambda tried: chance(tried) - room, 0.0, 1.0)) if room > 0 else 0.0
    mean, variance, third = _log_gamma_cumulants(scale * prior.overdispersion * concentration)
    taken = scale * (prior.site_sd**2 + prior.event_sd**2) + variance + counting
    skewness_shift = -third / (6 * max((below + above) / 2, taken))
    return Spread(
        log_median=float(np.log(prior.total_median) - mean - skewness_shift),
        sd_below=float(np.sqrt(max(below - taken, 0.0))),
        sd_above=float(np.sqrt(max(above - taken, 0.0))),
        site_sd=prior.site_sd * float(np.sqrt(scale)),
        event_sd=prior.event_sd * float(np.sqrt(scale)),
        overdispersion=prior.overdispersion * scale,
    )


def _log_gamma_cumulants(variance: float) -> tuple[float, float, float]:
    """Mean, variance and third cumulant of the log of a gamma variable of mean 1 and this variance."""
    if variance <= 0:
        return 0.0, 0.0, 0.0
    shape = 1 / variance
    return (
        float(special.digamma(shape) - np.log(shape)),
        float(special.polygamma(1, shape)),
        float(special.polygamma(2, shape)),
    )
