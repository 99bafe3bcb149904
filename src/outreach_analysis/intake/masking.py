"""A text about a place without the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

import numpy as np
import pandas as pd

from outreach_analysis.disclosure import mask_identifiers

TAKEN_OUT = "…"
"""Stands where a name or a number was: no letter, so that what is left is still the place it names."""

MASK = mask_identifiers("0" * 16)
_REPEATED = re.compile(rf"(?:{TAKEN_OUT}\W*)+{TAKEN_OUT}")
_WORDS = re.compile(r"[^\W\d_]{3,}")


def without_person(text: pd.Series, names: pd.Series, *, keep: Collection[str] = ()) -> pd.Series:
    """Free text without the row's own name and without long numbers, to be shown to others.

    Parameters
    ----------
    text, names
        The text and the name of the person of each row, same index.
    keep
        Lower-case words that are places: they stay although a person may be called so too.

    Returns
    -------
    Series of text, same index; `TAKEN_OUT` stands for what was removed.

    Examples
    --------
    >>> text = pd.Series(["rumah Siti Aminah, Jl. Damai, HP 081234567890"])
    >>> without_person(text, pd.Series(["SITI AMINAH"])).tolist()
    ['rumah …, Jl. Damai, HP …']
    """
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
