"""Poisson regression of a panel of areas and months whose own levels are absorbed, with people taken off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outreach_analysis.models.decay import Array

LEAST_SHARE_LEFT = 0.1
"""People taken off never empty the mean of a cell: a Poisson mean of 0 or less has no meaning."""

_MOST_STEPS = 100
_LONGEST_STEP = 1.0
_STEP_AT_REST = 1e-8


class TwoWay:
    """Weighted least squares on the effects of rows and columns, solved for the columns alone.

    Examples
    --------
    >>> levels = TwoWay(np.ones((2, 3)))
    >>> levels.residual(np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 8.0]])).round(3).tolist()
    [[0.167, 0.167, -0.333], [-0.167, -0.167, 0.333]]
    """

    def __init__(self, weights: Array) -> None:
        """Weights (rows, columns), >= 0; each row and column with some weight."""
        self.weights = weights
        self._row_sums = weights.sum(axis=1)
        left = np.diag(weights.sum(axis=0)) - (weights / self._row_sums[:, None]).T @ weights
        # the level is shared by rows and columns, so that the matrix has rank one less than its size
        self._inverse = np.linalg.pinv(left)

    def effects(self, values: Array) -> tuple[Array, Array]:
        """Fitted effects of rows and of columns, for one array (rows, columns) or several stacked."""
        weighted = values * self.weights
        rows = weighted.sum(axis=-1) / self._row_sums
        columns = (weighted.sum(axis=-2) - rows @ self.weights) @ self._inverse
        return rows - (columns @ self.weights.T) / self._row_sums, columns

    def residual(self, values: Array) -> Array:
        """What the effects of rows and columns leave of the values."""
        rows, columns = self.effects(values)
        return np.asarray(values - rows[..., :, None] - columns[..., None, :])

    def gram(self, values: Array) -> Array:
        """Weighted products of several stacked arrays with each other, once both effects are taken out.

        The same as from their residuals, without making them: (arrays, arrays).
        """
        weighted = values * self.weights
        rows = weighted.sum(axis=2)
        per_weight = rows / self._row_sums
        columns = weighted.sum(axis=1) - per_weight @ self.weights
        n_cells = self.weights.size
        whole = weighted.reshape(len(values), n_cells) @ values.reshape(len(values), n_cells).T
        return np.asarray(whole - rows @ per_weight.T - columns @ self._inverse @ columns.T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelFit:
    """A fitted panel.

    Attributes
    ----------
    taken
        People taken off by unit of each exposure.
    base, mean
        Means (rows, columns) without and with what is taken off.
    scale
        By how much the mean of a cell changes with its log level: the base, or a tenth of it at the floor.
    at_floor
        Cells whose mean stands at the floor, and does not change with what is taken off.
    levels
        The effects of rows and columns, at the weights of the fit.
    score
        (observed - mean) * scale / base: sums to 0 over each row and each column.
    """

    taken: Array
    base: Array
    mean: Array
    scale: Array
    at_floor: npt.NDArray[np.bool_]
    levels: TwoWay
    score: Array


def fit_panel(people: Array, exposures: Array, *, observed: npt.NDArray[np.bool_] | None = None) -> PanelFit:
    """Fit ``mean = exp(row + column) - sum_k taken_k * exposure_k``, rows and columns absorbed.

    Quasi-likelihood with the base as working variance: without exposures that is Poisson regression, and it is
    consistent wherever the mean is right (Gourieroux, Monfort and Trognon 1984). Weights that fell with what is taken
    off would let a cell count the more, the fewer people it happens to have. A mean is at least a tenth of its base.

    Parameters
    ----------
    people
        (rows, columns), >= 0; each row and column with at least one.
    exposures
        (exposures, rows, columns).
    observed
        Which cells count, (rows, columns); None: all.

    Returns
    -------
    PanelFit

    References
    ----------
    Gourieroux, Monfort and Trognon (1984), Pseudo maximum likelihood methods, Econometrica 52, 681-700.

    Examples
    --------
    >>> base = np.outer([40.0, 10.0, 20.0], [1.0, 1.2, 0.9, 1.1])
    >>> pop_up = np.zeros((1, 3, 4))
    >>> pop_up[0, 0, 2] = 20
    >>> fit_panel(base - 0.3 * pop_up[0], pop_up).taken.round(3).tolist()
    [0.3]
    """
    counts = np.ones(people.shape) if observed is None else observed.astype(float)
    rows, columns = _levels_alone(people, counts)
    taken = np.zeros(len(exposures))
    for _ in range(_MOST_STEPS):
        base, mean, scale, at_floor = _means(rows, columns, taken, exposures)
        levels = TwoWay(counts * scale**2 / base)
        working = (people - mean) / scale
        slopes = np.where(at_floor, 0.0, -exposures / scale)
        score = np.tensordot(slopes, levels.weights * levels.residual(working), 2)
        step = np.linalg.lstsq(levels.gram(slopes), score, rcond=None)[0]
        row_step, column_step = levels.effects(working - np.tensordot(step, slopes, 1))
        longest = max(np.abs(row_step).max(), np.abs(column_step).max(), np.abs(step).max(initial=0.0))
        length = min(1.0, _LONGEST_STEP / longest) if longest > 0 else 1.0
        rows, columns, taken = rows + length * row_step, columns + length * column_step, taken + length * step
        if longest < _STEP_AT_REST:
            break
    base, mean, scale, at_floor = _means(rows, columns, taken, exposures)
    return PanelFit(
        taken=taken,
        base=base,
        mean=mean,
        scale=scale,
        at_floor=at_floor,
        levels=TwoWay(counts * scale**2 / base),
        score=counts * (people - mean) * scale / base,
    )


def _means(
    rows: Array, columns: Array, taken: Array, exposures: Array
) -> tuple[Array, Array, Array, npt.NDArray[np.bool_]]:
    """Base, mean, by how much the mean changes with its log level, and where it stands at its floor."""
    base = np.exp(rows[:, None] + columns)
    mean = base - np.tensordot(taken, exposures, 1)
    least = LEAST_SHARE_LEFT * base
    at_floor = mean < least
    return base, np.maximum(mean, least), np.where(at_floor, least, base), at_floor


def _levels_alone(people: Array, counts: Array) -> tuple[Array, Array]:
    """Levels without exposures, by scaling rows and columns in turn until both sums fit."""
    observed = people * counts
    columns = np.zeros(people.shape[1])
    rows = np.zeros(people.shape[0])
    for _ in range(_MOST_STEPS):
        before = rows
        rows = np.log(observed.sum(axis=1) / (counts @ np.exp(columns)))
        columns = np.log(observed.sum(axis=0) / (np.exp(rows) @ counts))
        if np.abs(rows - before).max() < 1e-8:
            break
    return rows, columns
