"""Columns of sparse tables as arrays, and sums by group: what every step of planning is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def column_of(matrix: sparse.csc_array, column: int) -> tuple[Ints, Floats]:
    """Row numbers and values of one column."""
    part = slice(matrix.indptr[column], matrix.indptr[column + 1])
    return matrix.indices[part], matrix.data[part]


def flat_ranges(starts: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer]) -> Ints:
    """The numbers start, start + 1, ... of many ranges, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - ends + lengths, lengths), dtype=np.int64)


def sum_by(groups: Ints, values: Floats, n: int) -> Floats:
    """Sums of values by group number, for groups 0 ... n - 1."""
    return np.bincount(groups, weights=values, minlength=n).astype(np.float64, copy=False)
