"""What may leave the office: numbers of people rounded, and text in which nobody can be recognised."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.masking import MASK, mask_identifiers

# --- Small numbers of people, and identifiers, on their way out of the office.


Counts = TypeVar("Counts", int, float, pd.Series, pd.DataFrame, np.ndarray)


def round_people(counts: Counts, *, base: int = 5) -> Counts:
    """Round numbers of people to a base: 0 stays 0, anything else is at least one base. With base 5: 1-7 become 5, 8-12
    become 10, 13-17 become 15. Base 1 returns the counts unchanged. Totals are rounded on their own, never summed from
    rounded parts. Halves go up (with base 2, 3 -> 4)."""
    if base < 1:
        raise RequestError(f"rounding base {base} is below 1")
    values = np.asarray(counts)
    if (values < 0).any():
        raise RequestError("a number of people is negative")
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


def rounding_interval(rounded: npt.ArrayLike, *, base: int = 5) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The smallest and the largest number of people that `round_people` turns into each rounded number."""
    if base < 1:
        raise RequestError(f"rounding base {base} is below 1")
    values = np.asarray(rounded)
    steps = np.asarray(values // base, dtype=np.int64)
    if (steps < 0).any() or (steps * base != values).any():
        raise RequestError(f"not numbers of people rounded to {base}")
    half = base // 2
    low = np.where(steps > 1, steps * base - half, np.minimum(steps, 1))
    high = np.where(steps > 0, steps * base + base - half - 1, 0)
    return low, high


def round_totals(
    totals: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, base: int = 5
) -> npt.NDArray[np.int64]:
    """Round totals that stand beside their rounded parts, so that together they tell none of the parts."""
    exact, least, most = (np.asarray(values, dtype=np.int64) for values in (totals, low, high))
    if ((exact < least) | (exact > most)).any():
        raise RequestError("a total lies outside what its parts allow")
    published = np.asarray(round_people(exact, base=base))
    room = np.where(exact > 0, np.minimum(base - 1, most - least), 0)
    published = np.where(rounding_interval(published, base=base)[1] < least + room, published + base, published)
    return np.where(rounding_interval(published, base=base)[0] > most - room, published - base, published)


def rounding_interval_of_totals(
    rounded: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, base: int = 5
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The smallest and the largest total that `round_totals` turns into each rounded number. Parameters and errors as
    in `round_totals` and `rounding_interval`."""
    published, least, most = (np.asarray(values, dtype=np.int64) for values in (rounded, low, high))
    bottom, top = rounding_interval(published, base=base)
    room = np.minimum(base - 1, most - least)
    below = np.maximum(published - base, 0)
    moved_up = (below > 0) & (rounding_interval(below, base=base)[1] < least + room)
    moved_down = rounding_interval(published + base, base=base)[0] > most - room
    bottom = np.where(moved_up, least, bottom)
    top = np.where(moved_down, most, top)
    return np.maximum(bottom, least), np.minimum(top, most)


# --- A text about a place without the person who wrote it.


TAKEN_OUT = "…"
"""Stands where a name or a number was: no letter, so that what is left is still the place it names."""

_REPEATED = re.compile(rf"(?:{TAKEN_OUT}\W*)+{TAKEN_OUT}")
_WORDS = re.compile(r"[^\W\d_]{3,}")


def without_person(text: pd.Series, names: pd.Series, *, keep: Collection[str] = ()) -> pd.Series:
    """Free text without the row's own name and without long numbers, to be shown to others."""
    kept = frozenset(keep)
    pattern_of = cache(lambda name: _pattern(name, kept))

    def cleaned(value: str, name: str) -> str:
        pattern = pattern_of(name)
        if pattern is not None:
            value = pattern.sub(TAKEN_OUT, value)
        value = mask_identifiers(value).replace(MASK, TAKEN_OUT)
        return _REPEATED.sub(TAKEN_OUT, value)

    text_of, texts = pd.factorize(text.astype(object), use_na_sentinel=False)
    name_of, people = pd.factorize(names.astype(object), use_na_sentinel=False)
    pair_of, pairs = pd.factorize(text_of * max(len(people), 1) + name_of)
    found = [cleaned(str(texts[pair // len(people)]), str(people[pair % len(people)])) for pair in pairs.tolist()]
    return pd.Series(np.array(found, dtype=object)[pair_of], index=text.index, dtype="str")


def _pattern(name: str, kept: Collection[str]) -> re.Pattern[str] | None:
    """The name as a whole, and its words that are no places; None where there is nothing to take out."""
    whole = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", name))
    words = [re.escape(word) for word in _WORDS.findall(name) if word.casefold() not in kept]
    patterns = [pattern for pattern in (whole, *words) if pattern]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE) if patterns else None
