"""The prior of the turnout model as a log density with its derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from outreach_analysis.models.rows import Array

FREEDOM = 4
"""Degrees of freedom of the prior of the total."""
_T_TO_NORMAL = 1.6448536269514722 / 2.1318467863266495  # 95 % quantiles of the normal and of t with 4
Density: TypeAlias = tuple[float, Array, Array]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Belief:
    """What is believed of the parameters before the counts.

    Attributes
    ----------
    mean, precision
        Of the parameters' normal prior, (P,) and (P, P); a zero row of the precision says nothing.
    log_total, log_total_sds
        Prior of the log of the mean expected event total, log(sum of exp(reference_offset + x b) over rows / number
        of events): Student t with 4 degrees of freedom around the first, its central 90 % those of a normal with a
        spread of its own below and above. A prior on what an office can judge, in place of one on the constant; its
        tails let an office differ from all others without every place of it having to be a freak.
    reference_offset
        (N,) offset of the rows for that total.
    """

    mean: Array
    precision: Array
    log_total: float
    log_total_sds: tuple[float, float]
    reference_offset: Array

    def evaluate(self, params: Array, x: Array, n_events: int) -> Density:
        """Log density up to a constant, gradient and Hessian.

        Parameters
        ----------
        params
            (P,) coefficients of x, then log scales.
        x
            (N, p) rows in the order of `reference_offset`.
        n_events
            Events among the rows.
        """
        away = params - self.mean
        pull = self.precision @ away
        value, gradient, hessian = -0.5 * float(away @ pull), -pull, -self.precision.copy()
        p = x.shape[1]
        total = self._total(params[:p], x, n_events)
        gradient[:p] += total[1]
        hessian[:p, :p] += total[2]
        return value + total[0], gradient, hessian

    def _total(self, b: Array, x: Array, n_events: int) -> Density:
        rows = self.reference_offset + x @ b
        top = rows.max()
        share = np.exp(rows - top)
        beyond = float(top + np.log(share.sum()) - np.log(n_events) - self.log_total)
        share /= share.sum()
        centre = share @ x
        scale = FREEDOM * (_T_TO_NORMAL * self.log_total_sds[int(beyond > 0)]) ** 2
        slope = -(FREEDOM + 1) * beyond / (scale + beyond**2)
        curve = -(FREEDOM + 1) * (scale - beyond**2) / (scale + beyond**2) ** 2
        outer = np.outer(centre, centre)
        hessian = slope * ((x * share[:, None]).T @ x - outer) + curve * outer
        return -(FREEDOM + 1) / 2 * float(np.log1p(beyond**2 / scale)), slope * centre, hessian
