"""How turnout falls with distance: Tanner's function, never rising with distance for good."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from outreach_analysis.models.prior import TurnoutPrior

Array: TypeAlias = npt.NDArray[np.float64]


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
