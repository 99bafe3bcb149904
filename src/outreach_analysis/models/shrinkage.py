"""How much kinds of place and day differ is learned: the posterior averaged over factors of its prior's spread."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from outreach_analysis.models.decay import Array
from outreach_analysis.models.posterior import Posterior

FACTORS = (0.25, 0.5, 1.0)
"""Of the prior's spread of kinds, equally likely before any event. None is above 1: the fit's own prior is the widest,
so that every other posterior exists."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedShrinkage:
    """Posterior of all parameters, kinds differing by an unknown factor of their prior's spread.

    Attributes
    ----------
    weights
        (factors,) posterior probability of each of `FACTORS`.
    parts
        The posterior under each.
    """

    weights: Array
    parts: tuple[Posterior, ...]

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of parameters (n, P), and the factor of each draw (n,)."""
        which = rng.choice(len(self.parts), n, p=self.weights)
        drawn = np.empty((n, len(self.parts[0].centre)))
        for position, part in enumerate(self.parts):
            mine = np.flatnonzero(which == position)
            drawn[mine] = part.centre + part.deviations(len(mine), rng)
        return drawn, np.asarray(FACTORS)[which]


def learn_shrinkage(posterior: Posterior, cov: Array, kinds: slice, precision: Array) -> LearnedShrinkage:
    """Reweigh a normal posterior for narrower priors of its kinds, in closed form.

    With S the covariance under the prior precision P of the kinds, and D = (1 / f**2 - 1) P, the posterior under
    f times the spread has covariance S - S_k M S_k', M = D (1 + S_kk D)**-1, its centre moves by -S_k M c_k, and its
    marginal likelihood, relative to f = 1, is f**-k |1 + S_kk D|**-0.5 exp(-c_k' M c_k / 2). The tails of the log
    spreads stay as they were measured.

    Parameters
    ----------
    posterior
        Around the mode, kinds with the prior precision given.
    cov
        (P, P) covariance at the mode.
    kinds
        Where the k coefficients of kinds stand.
    precision
        (k, k) their prior precision around 0.

    Returns
    -------
    LearnedShrinkage

    Examples
    --------
    >>> still = Posterior(centre=np.array([0.0, 0.0]), ridge=np.array([[0.0], [1.0]]), axes=np.eye(1),
    ...                   sides=np.ones((1, 2)), root=np.eye(1))
    >>> found = learn_shrinkage(still, np.eye(2), slice(0, 1), np.eye(1))
    >>> found.weights.round(2).tolist(), found.parts[0].root.round(2).tolist()
    ([0.33, 0.33, 0.33], [[0.25]])
    """
    p = len(posterior.root)
    centre = posterior.centre[kinds]
    log_weights, parts = [], []
    for factor in FACTORS:
        more = (factor**-2 - 1) * precision
        mixed = np.eye(len(centre)) + cov[kinds, kinds] @ more
        pull = more @ np.linalg.inv(mixed)
        log_weights.append(
            -len(centre) * np.log(factor) - 0.5 * np.linalg.slogdet(mixed)[1] - 0.5 * centre @ pull @ centre
        )
        narrower = cov - cov[:, kinds] @ pull @ cov[kinds]
        ridge = narrower[:, p:] @ np.linalg.inv(narrower[p:, p:])
        given = narrower[:p, :p] - ridge[:p] @ narrower[p:, :p]
        parts.append(
            dataclasses.replace(
                posterior,
                centre=posterior.centre - cov[:, kinds] @ pull @ centre,
                ridge=ridge,
                root=np.asarray(np.linalg.cholesky((given + given.T) / 2), dtype=float),
            )
        )
    weights = np.exp(np.array(log_weights) - max(log_weights))
    return LearnedShrinkage(weights=weights / weights.sum(), parts=tuple(parts))
