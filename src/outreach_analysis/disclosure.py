"""Small numbers of people, and identifiers, on their way out of the office.

Counts of people are rounded to a base before anything is derived from them, so that no rate, interval or
picture in an export gives a small count back.
"""

from __future__ import annotations

import re
from typing import TypeVar

import numpy as np
import pandas as pd

Counts = TypeVar("Counts", int, float, pd.Series, pd.DataFrame, np.ndarray)

_SEPARATORS = r"[\s.\-\u2010-\u2015\u2212_/()]{0,3}"
_LONG_NUMBER = re.compile(rf"\+?\d(?:{_SEPARATORS}\d){{6,}}")
_PASSPORT_NUMBER = re.compile(r"\b[A-Za-z]{1,2}\s?\d{6,7}\b")


def round_people(counts: Counts, *, base: int = 5) -> Counts:
    """Round numbers of people to a base: 0 stays 0, anything else is at least one base.

    With base 5: 1-7 become 5, 8-12 become 10, 13-17 become 15. Base 1 returns the counts unchanged.
    Totals are rounded on their own, never summed from rounded parts. Halves go up (with base 2, 3 -> 4).

    Parameters
    ----------
    counts
        Number, Series, frame or array of numbers >= 0 (people). NaN stays NaN.
    base
        The smallest number of people that is ever told apart, >= 1.

    Returns
    -------
    The same kind of thing, rounded.

    Raises
    ------
    ValueError
        Where base < 1 or a count is negative.

    Examples
    --------
    >>> [round_people(n) for n in (0, 1, 7, 8, 22)]
    [0, 5, 5, 10, 20]
    >>> round_people(pd.Series([3, 0, 41], index=["a", "b", "c"])).to_dict()
    {'a': 5, 'b': 0, 'c': 40}
    """
    if base < 1:
        raise ValueError(f"rounding base {base} is below 1")
    values = np.asarray(counts)
    if (values < 0).any():
        raise ValueError("a number of people is negative")
    if base == 1:
        return counts
    rounded = np.where(values > 0, np.maximum(np.floor(values / base + 0.5), 1) * base, values)
    if isinstance(counts, pd.Series):
        return pd.Series(_like(rounded, values), index=counts.index, name=counts.name)
    if isinstance(counts, pd.DataFrame):
        return pd.DataFrame(_like(rounded, values), index=counts.index, columns=counts.columns)
    if isinstance(counts, np.ndarray):
        return _like(rounded, values)
    return type(counts)(rounded)


def _like(rounded: np.ndarray, original: np.ndarray) -> np.ndarray:
    """Whole numbers stay whole numbers."""
    return rounded.astype(original.dtype) if original.dtype.kind in "iu" else rounded


def mask_identifiers(text: str) -> str:
    """Replace long numbers (NIK, phone) and passport numbers in a free text by a mark.

    An identifier is a run of seven or more digits with at most three spaces, dots, dashes, strokes or brackets
    between any two, or one or two letters followed by six or seven digits. House numbers, RT/RW and postcodes
    (five digits) stay where a word stands between them.

    Examples
    --------
    >>> mask_identifiers("Jl. Damai RT 12 No. 7, 0812-3456-7890")
    'Jl. Damai RT 12 No. 7, [number removed]'
    >>> mask_identifiers("NIK 6472010101900001 / paspor C1234567")
    'NIK [number removed] / paspor [number removed]'
    """
    return _LONG_NUMBER.sub("[number removed]", _PASSPORT_NUMBER.sub("[number removed]", text))
