"""Which flows between areas and places may be told: a check that none of the small ones can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from outreach_analysis.disclosure import people_behind, round_people
from outreach_analysis.measures.margins import Margins

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TOLERANCE = 1e-6
_EVERYBODY = 1_000_000.0
_GLANCES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of flows of which a reader knows how few and how many people they hold at least and at most.

    `of` is the number of each area's sum; the least is over the places `at_least`, the most over those `at_most`.
    """

    of: Whole
    at_least: Flags
    at_most: Flags
    low: Numbers
    high: Numbers


def sums_by_area(margins: Margins, *, at_least: Flags, at_most: Flags) -> Sums:
    """The people of each area over some places, as far as what is told of areas says.

    Parameters
    ----------
    margins
        The people told.
    at_least, at_most
        Places that hold all these people, and places that hold none but these.

    Returns
    -------
    Sums
    """
    low, high = (margins.by_area[name].to_numpy(float) for name in ("low", "high"))
    return Sums(of=np.arange(len(low)), at_least=at_least, at_most=at_most, low=low, high=high)


def sums_by_kabupaten(people: Whole, kabupaten: npt.NDArray[np.object_], margins: Margins) -> list[Sums]:
    """The people of each kabupaten: over all places as told, and at each place exactly unless they are few.

    Parameters
    ----------
    people
        Exact flows, (areas, places).
    kabupaten
        Of each area.
    margins
        The people told.

    Returns
    -------
    list of Sums
    """
    of = np.asarray(margins.by_kabupaten.index.get_indexer(pd.Index(kabupaten)), dtype=np.int64)
    places = np.eye(people.shape[1], dtype=bool)
    every = np.ones(people.shape[1], dtype=bool)
    low, high = (margins.by_kabupaten[name].to_numpy(float) for name in ("low", "high"))
    known = [Sums(of=of, at_least=every, at_most=every, low=low, high=high)]
    for place in range(people.shape[1]):
        sums = np.bincount(of, people[:, place], len(low))
        few = sums < margins.base
        one = places[place]
        most = np.where(few, margins.base - 1, sums)
        known.append(Sums(of=of, at_least=one, at_most=one, low=np.where(few, 0, sums), high=most))
    return known


def flows_to_tell(people: Whole, known: Sequence[Sums], kabupaten: npt.NDArray[np.object_], *, base: int) -> Flags:
    """Flows of two bases and more, less those that would narrow a small one down to fewer than `base` numbers.

    Parameters
    ----------
    people
        Exact flows, (areas, places).
    known
        Sums that a reader knows; none of them reaches over two kabupaten.
    kabupaten
        Of each area.
    base
        Base of the rounding, > 1.

    Returns
    -------
    array of bool
        Which flows may be told, rounded to the base.

    Notes
    -----
    How few and how many people a flow may hold for a reader is found by linear programming, over all flows of its
    kabupaten at once. Where every flow of two bases and more of a kabupaten is told, a reader is taken to know that
    each of the others is smaller; once one of them is left out, nobody can know that.
    """
    told = np.asarray(round_people(people, base=base)) >= 2 * base
    for name in np.unique(kabupaten[told.any(axis=1)]):
        rows = np.flatnonzero(kabupaten == name)
        told[rows] = _told_of_kabupaten(people, told[rows], known, rows, base=base)
    return told


def _told_of_kabupaten(people: Whole, told: Flags, known: Sequence[Sums], rows: Whole, *, base: int) -> Flags:
    exact, large = people[rows], told.copy()
    small = (exact > 0) & (exact < base)
    reader = _Reader.of(known, rows, exact.shape)
    open_without: Numbers | None = None
    while told.any():
        found = reader.possible(small, *_ranges(exact, told, large, base=base), enough=base)
        guessed = small & (found < base)
        if guessed.any() and open_without is None:
            none_told = np.zeros(told.shape, dtype=bool)
            open_without = reader.possible(small, *_ranges(exact, none_told, large, base=base), enough=base)
        if open_without is not None:
            guessed &= found < open_without
        if not guessed.any():
            break
        beside = told & (guessed.any(axis=1, keepdims=True) | guessed.any(axis=0))
        told = told.copy()
        choice = np.where(beside if beside.any() else told, exact, np.iinfo(np.int64).max)
        told.flat[np.argmin(choice)] = False
    return told


def _ranges(exact: Whole, told: Flags, large: Flags, *, base: int) -> tuple[Numbers, Numbers]:
    """How few and how many people each flow may hold by itself."""
    low, high = people_behind(np.asarray(round_people(exact, base=base)), base=base)
    others = float(people_behind([base], base=base)[1][0]) if (told == large).all() else _EVERYBODY
    return np.where(told, low, 0.0), np.where(told, high, others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Limits on sums over the flows of one kabupaten: rows of `sums` times the flows are at most `most`."""

    sums: Numbers
    most: Numbers

    @classmethod
    def of(cls, known: Sequence[Sums], rows: Whole, shape: tuple[int, ...]) -> _Reader:
        sums, most = [], []
        for group in known:
            for number in np.unique(group.of[rows]):
                inside = (group.of[rows] == number)[:, None]
                for places, sign, limit in ((group.at_most, 1.0, group.high), (group.at_least, -1.0, group.low)):
                    over = np.broadcast_to(inside & places, shape)
                    if over.any():
                        sums.append(sign * over.ravel())
                        most.append(sign * limit[number])
        return cls(sums=np.array(sums), most=np.array(most))

    def possible(self, targets: Flags, low: Numbers, high: Numbers, *, enough: int) -> Numbers:
        """How many numbers each target may be, counted up to `enough`; without an end elsewhere."""
        bounds = np.column_stack([low.ravel(), high.ravel()])
        found = np.full(targets.size, np.inf)
        at = np.flatnonzero(targets)
        least, most = np.full(targets.size, np.inf), np.full(targets.size, -np.inf)

        def look(wish: Numbers) -> None:
            office = linprog(wish, A_ub=self.sums, b_ub=self.most, bounds=bounds, method="highs").x
            if office is not None:
                np.minimum(least, office, out=least)
                np.maximum(most, office, out=most)

        # a few offices that all sums allow show most flows to be open at once
        rng = np.random.default_rng(0)
        for wish in rng.uniform(-1.0, 1.0, (_GLANCES if len(at) else 0, targets.size)):
            look(wish)
        for flow in at:
            for sign in (1.0, -1.0):
                if most[flow] - least[flow] < enough - 1:
                    wish = np.zeros(targets.size)
                    wish[flow] = sign
                    look(wish)
            found[flow] = np.floor(most[flow] + _TOLERANCE) - np.ceil(least[flow] - _TOLERANCE) + 1
        return found.reshape(targets.shape)
