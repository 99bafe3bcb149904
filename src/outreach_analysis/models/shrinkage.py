"""How much coefficients differ from 0 is learned: the posterior averaged over factors of their prior's spread."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from outreach_analysis.models.decay import Array
from outreach_analysis.models.posterior import Posterior

FACTORS = (0.25, 0.5, 1.0)
"""Of the prior's spread of kinds, equally likely before any event. None is above 1: the fit's own prior is the widest,
so that every other posterior exists."""
OWN_FACTORS = (0.1, 1.0)
"""Of that of the columns an office has added: as good as nothing, or something."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrunk:
    """Coefficients around 0 whose prior's spread is learned.

    Attributes
    ----------
    at
        Where the k coefficients stand.
    precision
        (k, k) their prior precision.
    factors
        Of the prior's spread, equally likely before any event; the last is 1.
    """

    at: slice
    precision: Array
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedShrinkage:
    """Posterior of all parameters, groups of coefficients differing by unknown factors of their prior's spread.

    Attributes
    ----------
    weights
        (parts,) posterior probability of each part.
    factors
        (parts, groups) factor of each group's spread.
    parts
        The posterior under each.
    """

    weights: Array
    factors: Array
    parts: tuple[Posterior, ...]

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of parameters (n, P), and the factor of the first group in each draw (n,)."""
        which = rng.choice(len(self.parts), n, p=self.weights)
        drawn = np.empty((n, len(self.parts[0].centre)))
        for position, part in enumerate(self.parts):
            mine = np.flatnonzero(which == position)
            drawn[mine] = part.centre + part.deviations(len(mine), rng)
        return drawn, self.factors[which, 0]


def learn_shrinkage(posterior: Posterior, cov: Array, groups: Sequence[Shrunk]) -> LearnedShrinkage:
    """Reweigh a normal posterior for narrower priors of groups of coefficients, in closed form.

    With S the covariance under the prior precision P of the groups, and D = (1 / f**2 - 1) P with each group's own f,
    the posterior under f times the spread has covariance S - S_k M S_k', M = D (1 + S_kk D)**-1, its centre moves by
    -S_k M c_k, and its marginal likelihood, relative to f = 1, is prod f**-k |1 + S_kk D|**-0.5 exp(-c_k' M c_k / 2).
    The tails of the log spreads stay as they were measured.

    Parameters
    ----------
    posterior
        Around the mode, groups with the prior precision given.
    cov
        (P, P) covariance at the mode.
    groups
        Coefficients with a spread of their own, next to each other.

    Returns
    -------
    LearnedShrinkage

    Examples
    --------
    >>> still = Posterior(centre=np.array([0.0, 0.0]), ridge=np.array([[0.0], [1.0]]), axes=np.eye(1),
    ...                   sides=np.ones((1, 2)), root=np.eye(1))
    >>> kinds = Shrunk(at=slice(0, 1), precision=np.eye(1), factors=FACTORS)
    >>> found = learn_shrinkage(still, np.eye(2), [kinds])
    >>> found.weights.round(2).tolist(), found.parts[0].root.round(2).tolist()
    ([0.33, 0.33, 0.33], [[0.25]])
    """
    p = len(posterior.root)
    at = np.concatenate([np.arange(group.at.start, group.at.stop) for group in groups])
    centre = posterior.centre[at]
    factors = list(itertools.product(*(group.factors for group in groups)))
    log_weights, parts = [], []
    for chosen in factors:
        more = linalg.block_diag(
            *((factor**-2 - 1) * group.precision for factor, group in zip(chosen, groups, strict=True))
        )
        mixed = np.eye(len(centre)) + cov[np.ix_(at, at)] @ more
        pull = more @ np.linalg.inv(mixed)
        narrowed = sum(len(group.precision) * np.log(factor) for factor, group in zip(chosen, groups, strict=True))
        log_weights.append(-narrowed - 0.5 * np.linalg.slogdet(mixed)[1] - 0.5 * centre @ pull @ centre)
        narrower = cov - cov[:, at] @ pull @ cov[at]
        ridge = narrower[:, p:] @ np.linalg.inv(narrower[p:, p:])
        given = narrower[:p, :p] - ridge[:p] @ narrower[p:, :p]
        parts.append(
            dataclasses.replace(
                posterior,
                centre=posterior.centre - cov[:, at] @ pull @ centre,
                ridge=ridge,
                root=np.asarray(np.linalg.cholesky((given + given.T) / 2), dtype=float),
            )
        )
    weights = np.exp(np.array(log_weights) - max(log_weights))
    return LearnedShrinkage(weights=weights / weights.sum(), factors=np.array(factors), parts=tuple(parts))
