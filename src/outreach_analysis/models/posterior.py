"""Draws around a posterior mode: coefficients normal, spreads with a tail on either side as long as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outreach_analysis.models.decay import Array

if TYPE_CHECKING:
    from outreach_analysis.models.negbin_mixed import NegBinMixed

_PROBE = np.sqrt(2.0)
_SHORTEST, _LONGEST = 0.25, 1.5
_CUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """Posterior of coefficients and log spreads around a centre.

    The log spreads move along the axes of their covariance, on each axis a normal that is split at the centre and
    cut at two of its standard deviations: people to expect under a spread of unlimited size have no mean. The
    coefficients follow them linearly and are normal given them.

    Attributes
    ----------
    centre
        (P,) coefficients, then log spreads.
    ridge
        (P, k) move of all parameters with each log spread.
    axes
        (k, k) columns: one standard deviation along each axis.
    sides
        (k, 2) length of the lower and upper side of each axis, in standard deviations.
    root
        (p, p) square root of the coefficients' covariance given the spreads.
    """

    centre: Array
    ridge: Array
    axes: Array
    sides: Array
    root: Array

    def deviations(self, n: int, rng: np.random.Generator) -> Array:
        """Draws of parameters less the centre, (n, P)."""
        normal = rng.standard_normal((n, len(self.centre)))
        p = len(self.root)
        low, high = self.sides.T
        upper = rng.random((n, len(self.sides))) < high / (low + high)
        along = np.minimum(np.abs(normal[:, p:]), _CUT) * np.where(upper, high, -low)
        away = along @ self.axes.T @ self.ridge.T
        away[:, :p] += normal[:, :p] @ self.root.T
        return np.asarray(away)


def posterior_around(model: NegBinMixed, centre: Array, cov: Array) -> Posterior:
    """Measure the posterior's tails along the axes of the log spreads.

    A normal for a log spread is far too long above where events are few: it gives spreads that no data allow,
    and with them means that are all tail. At sqrt(2) standard deviations on either side the log posterior,
    coefficients integrated out, has fallen by 1 under a normal; its true fall gives each side its own length
    (between 0.25 and 1.5 standard deviations), as in integrated nested Laplace approximations.

    Parameters
    ----------
    model
        The fitted model.
    centre
        (P,) where to centre.
    cov
        (P, P) covariance at the mode.

    Returns
    -------
    Posterior

    References
    ----------
    Rue, Martino and Chopin (2009), Approximate Bayesian inference for latent Gaussian models, JRSS B 71.
    """
    p = model.layout.x.shape[1]
    spreads = cov[p:, p:]
    ridge = cov[:, p:] @ np.linalg.inv(spreads)
    given = cov[:p, :p] - ridge[:p] @ spreads @ ridge[:p].T
    values, vectors = np.linalg.eigh(spreads)
    axes = vectors * np.sqrt(values)
    peak = _profile(model, centre)
    sides = np.ones((len(spreads), 2))
    for axis in range(len(spreads)):
        for side, sign in enumerate((-1.0, 1.0)):
            fall = peak - _profile(model, centre + sign * _PROBE * ridge @ axes[:, axis])
            sides[axis, side] = np.clip(np.nan_to_num(fall, nan=1.0), _LONGEST**-2, _SHORTEST**-2) ** -0.5
    return Posterior(centre=centre, ridge=ridge, axes=axes, sides=sides, root=np.asarray(np.linalg.cholesky(given)))


def _profile(model: NegBinMixed, params: Array) -> float:
    """Log posterior of the spreads at `params`, coefficients integrated out around one Newton step from there.

    NaN where the posterior has no peak in the coefficients there.
    """
    p = model.layout.x.shape[1]
    slope = model.score(params)[:p]
    information = -model.hessian(params)[:p, :p]
    if np.linalg.eigvalsh(information)[0] <= 0:
        return np.nan
    gain = 0.5 * slope @ np.linalg.solve(information, slope)
    return float(model.loglike(params) + gain - 0.5 * np.linalg.slogdet(information)[1])
