"""What areas have of their own: some send more people than residents and distance say, wherever the event is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.models.decay import Array
from outreach_analysis.models.rows import negbin_value

SPREADS = np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8])
"""Spread between areas (sd of log), each less likely than the one before until events tell."""
_PRIOR = np.exp(-SPREADS / 0.3)
_NODES = np.linspace(-3.0, 3.0, 121)
_LEVELS = (0.05, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaEffects:
    """Effects of areas (log), each Normal(mean, sd), and how much areas differ.

    Attributes
    ----------
    mean, sd
        (areas,) in the order of the design's `area_ids`.
    weights
        Probability of each of `SPREADS`.
    """

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
    """Effects of areas around a fit that knows of none.

    An area's effect is Normal(0, spread); its posterior, given the fit's means and overdispersion, is summed over 121
    values from -3 to 3 under each of `SPREADS`, and these are weighed by the marginal likelihood of all areas.

    Parameters
    ----------
    y, log_mean
        (N,) counts and the fit's log means.
    area
        (N,) area of each row.
    n_areas
        Areas, those without a row too.
    overdispersion
        The fit's alpha.

    Examples
    --------
    >>> area = np.repeat(np.arange(2), 30)
    >>> found = learn_area_effects(np.repeat([20.0, 5.0], 30), np.log(np.full(60, 10.0)), area, n_areas=3,
    ...                            overdispersion=0.1)
    >>> found.mean.round(1).tolist()
    [0.7, -0.7, 0.0]
    """
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
