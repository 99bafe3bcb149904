"""Kinds of place and of day as shrunk covariates: which of them events tell apart, and what is left to the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.models.decay import Array
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.settings_rules import DAY_KINDS, SITE_KINDS_VISITED

_KINDS, _DAYS = SITE_KINDS_VISITED[1:], DAY_KINDS[1:]
NAMES = (*(f"kind[{kind}]" for kind in _KINDS), *(f"day[{day}]" for day in _DAYS))
"""Contrasts with a mall and with a weekend, the first of their lists."""
_SAME = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariates:
    """Contrasts that past events tell apart, and those they do not.

    Past events show Z b of all contrasts b only through d = b_kept + C b_dropped and the constant, where the
    dropped columns of Z are C of the kept ones plus a constant. Then d has a normal prior of its own, and
    what is dropped follows its prior given d: a combination of kind and day that was held before is forecast
    as seen, any other with the spread of the prior.

    Attributes
    ----------
    kept, dropped
        Positions in `NAMES`.
    mixing
        (1 + kept, dropped): each dropped column as a combination of the constant and the kept columns.
    reasons
        Index the names dropped: `not_seen` (no event of that kind) or `same_as_others`.
    precision
        (kept, kept) prior precision of d.
    carry, spread
        b_dropped given d is Normal(carry d, spread spread').
    """

    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    mixing: Array
    reasons: pd.Series
    precision: Array
    carry: Array
    spread: Array

    @property
    def names(self) -> list[str]:
        """Names of the kept contrasts."""
        return [NAMES[position] for position in self.kept]

    def effects(self, codes: Array, kept: Array, factor: Array, rng: np.random.Generator) -> Array:
        """Log effects of kinds at new places, relative to the model's constant.

        Parameters
        ----------
        codes
            (places, len(NAMES)) from `code_kinds`.
        kept
            (draws, kept) draws of d.
        factor
            (draws,) of the prior's spread, for what is left to the prior.
        rng
            Draws what is left to the prior.

        Returns
        -------
        Array
            (draws, places).
        """
        z = codes[:, self.kept]
        rest = codes[:, self.dropped] - np.column_stack([np.ones(len(codes)), z]) @ self.mixing
        normal = factor[:, None] * rng.standard_normal((len(kept), len(self.dropped)))
        free = kept @ self.carry.T + normal @ self.spread.T
        return np.asarray(kept @ z.T + free @ rest.T)


def code_kinds(place_kinds: pd.Series, day_kinds: pd.Series) -> Array:
    """Contrasts (rows, len(NAMES)); a kind that is not visited counts as `other`, an unknown day as none.

    Examples
    --------
    >>> code_kinds(pd.Series(["mall", "desa"]), pd.Series(["workday", "weekend"])).astype(int).tolist()
    [[0, 0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0]]
    """
    kinds = place_kinds.where(place_kinds.isin(SITE_KINDS_VISITED), "other").to_numpy()
    days = day_kinds.to_numpy()
    columns = [*(kinds == kind for kind in _KINDS), *(days == day for day in _DAYS)]
    return np.column_stack(columns).astype(float)


def separate(codes: Array, prior: TurnoutPrior) -> Covariates:
    """Find which contrasts the events tell apart.

    Parameters
    ----------
    codes
        (events, len(NAMES)) from `code_kinds`.
    prior
        `kind_sd` and `day_sd`: kinds are exchangeable, so that each contrast with a mall has twice the
        variance, and two of them share half of it.

    Returns
    -------
    Covariates
    """
    basis = [np.ones(len(codes))]
    kept: list[int] = []
    mixtures: dict[int, Array] = {}
    reasons: dict[str, str] = {}
    for position, column in enumerate(codes.T):
        known = np.column_stack(basis)
        weights = np.linalg.lstsq(known, column, rcond=None)[0]
        if np.abs(known @ weights - column).max() > _SAME:
            basis.append(column)
            kept.append(position)
            continue
        mixtures[position] = weights
        reasons[NAMES[position]] = "not_seen" if not column.any() else "same_as_others"
    mixing = np.zeros((1 + len(kept), len(mixtures)))
    for at, weights in enumerate(mixtures.values()):
        mixing[: len(weights), at] = weights
    return _with_prior(tuple(kept), tuple(mixtures), mixing, reasons, prior)


def _with_prior(
    kept: tuple[int, ...],
    dropped: tuple[int, ...],
    mixing: Array,
    reasons: dict[str, str],
    prior: TurnoutPrior,
) -> Covariates:
    variances = np.r_[np.full(len(_KINDS), prior.kind_sd**2), np.full(len(_DAYS), prior.day_sd**2)]
    alike = np.r_[np.zeros(len(_KINDS)), np.ones(len(_DAYS))]
    cov = np.diag(variances) + np.where(alike[:, None] == alike, variances, 0.0)
    to_kept = np.zeros((len(kept), len(NAMES)))
    to_kept[range(len(kept)), kept] = 1.0
    to_kept[:, dropped] = mixing[1:]
    seen = to_kept @ cov @ to_kept.T
    precision = np.linalg.inv(seen) if kept else seen
    between = cov[list(dropped)] @ to_kept.T
    left = cov[np.ix_(dropped, dropped)] - between @ precision @ between.T
    values, vectors = np.linalg.eigh(left)
    return Covariates(
        kept=kept,
        dropped=dropped,
        mixing=mixing,
        reasons=pd.Series(reasons, dtype=object),
        precision=precision,
        carry=between @ precision,
        spread=vectors * np.sqrt(np.maximum(values, 0.0)),
    )
