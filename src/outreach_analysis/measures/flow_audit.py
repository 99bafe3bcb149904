"""Which flows between areas and places may be told: a check that none of the small ones can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from outreach_analysis.disclosure import round_people, rounding_interval
from outreach_analysis.measures.margins import Margins

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TOLERANCE = 1e-6
_EVERYBODY = 1_000_000.0
_GLANCES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of people over some events of which a reader knows how few and how many they hold at least and at most.

    `of` is the number of each area's sum, `over` says which events it is over.
    """

    of: Whole
    over: Flags
    low: Numbers
    high: Numbers


def sums_by_area(margins: Margins, *, over: Flags) -> Sums:
    """The people of each area over some events, as far as what is told of areas says.

    Parameters
    ----------
    margins
        The people told.
    over
        The events that hold all these people and no others.

    Returns
    -------
    Sums
    """
    low, high = (margins.by_area[name].to_numpy(float) for name in ("low", "high"))
    return Sums(of=np.arange(len(low)), over=over, low=low, high=high)


def sums_by_kabupaten(kabupaten: npt.NDArray[np.object_], margins: Margins) -> Sums:
    """The people of each kabupaten over all events, as told rounded; `kabupaten` of each area."""
    of = margins.by_kabupaten.index.get_indexer(pd.Index(kabupaten)).astype(np.int64)
    low, high = (margins.by_kabupaten[name].to_numpy(float) for name in ("low", "high"))
    return Sums(of=of, over=np.ones(1, dtype=bool), low=low, high=high)


def exact_sums(people: Whole, kabupaten: npt.NDArray[np.object_], over: Flags, *, base: int) -> Sums:
    """The people of each kabupaten over some events, exactly unless they are few.

    Parameters
    ----------
    people
        Exact numbers, (areas, events).
    kabupaten
        Of each area.
    over
        The events.
    base
        Fewer than so many, but somebody, are few.

    Returns
    -------
    Sums
    """
    of, names = pd.factorize(kabupaten)
    sums = np.bincount(of, people[:, over].sum(axis=1), len(names))
    few = (sums > 0) & (sums < base)
    return Sums(of=of, over=over, low=np.where(few, 0, sums), high=np.where(few, base - 1, sums))


def flows_to_tell(
    people: Whole, readers: Sequence[Sequence[Sums]], kabupaten: npt.NDArray[np.object_], place: Whole, *, base: int
) -> Flags:
    """Flows of two bases and more, less those that would narrow a small one down to fewer than `base` numbers.

    Parameters
    ----------
    people
        Exact numbers, (areas, events).
    readers
        Sums that each kind of reader knows; none of them reaches over two kabupaten. Who knows more is not always the
        one to whom a flow tells more, so that each is asked.
    kabupaten
        Of each area.
    place
        Number of each event's place; a flow is the people of an area at all events of a place.
    base
        Base of the rounding, > 1.

    Returns
    -------
    array of bool
        Which flows (areas, places) may be told, rounded to the base.

    Notes
    -----
    How few and how many people a flow may hold for a reader is found by linear programming, over all events of its
    kabupaten at once. Where every flow of two bases and more of a kabupaten is told, a reader is taken to know that
    each of the others is smaller; once one of them is left out, nobody can know that.
    """
    flows = people @ _places(place).astype(np.int64)
    published = np.asarray(round_people(flows, base=base)) >= 2 * base
    for name in np.unique(kabupaten[published.any(axis=1)]):
        rows = np.flatnonzero(kabupaten == name)
        limits = [_Reader.of(known, rows, place) for known in readers]
        published[rows] = _published_of_kabupaten(flows[rows], published[rows], limits, base=base)
    return published


def _places(place: Whole) -> Flags:
    """Which events (rows) are held at which place (columns)."""
    return np.asarray(place[:, None] == np.arange(place.max(initial=-1) + 1))


def _published_of_kabupaten(exact: Whole, published: Flags, readers: Sequence[_Reader], *, base: int) -> Flags:
    large = published.copy()
    small = (exact > 0) & (exact < base)
    without: dict[int, Numbers] = {}
    while published.any():
        guessed = np.zeros(published.shape, dtype=bool)
        for number, reader in enumerate(readers):
            found = reader.possible(small, *_ranges(exact, published, large, base=base), enough=base)
            narrow = small & (found < base)
            if narrow.any() and number not in without:
                nothing = _ranges(exact, np.zeros(published.shape, dtype=bool), large, base=base)
                without[number] = reader.possible(small, *nothing, enough=base)
            guessed |= narrow & (found < without.get(number, np.inf))
        if not guessed.any():
            break
        beside = published & (guessed.any(axis=1, keepdims=True) | guessed.any(axis=0))
        published = published.copy()
        choice = np.where(beside if beside.any() else published, exact, np.iinfo(np.int64).max)
        published.flat[np.argmin(choice)] = False
    return published


def _ranges(exact: Whole, published: Flags, large: Flags, *, base: int) -> tuple[Numbers, Numbers]:
    """How few and how many people each flow may hold by itself."""
    low, high = rounding_interval(np.asarray(round_people(exact, base=base)), base=base)
    others = float(rounding_interval([base], base=base)[1][0]) if (published == large).all() else _EVERYBODY
    return np.where(published, low, 0.0), np.where(published, high, others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Limits on the people of one kabupaten by area and event: rows of `sums` times them are at most `most`.

    `flows` adds them up to flows: a row a flow.
    """

    sums: Numbers
    most: Numbers
    flows: Numbers

    @classmethod
    def of(cls, known: Sequence[Sums], rows: Whole, place: Whole) -> _Reader:
        shape, sums, most = (len(rows), len(place)), [], []
        for group in known:
            for number in np.unique(group.of[rows]):
                over = np.broadcast_to((group.of[rows] == number)[:, None] & group.over, shape)
                if over.any():
                    sums += [1.0 * over.ravel(), -1.0 * over.ravel()]
                    most += [group.high[number], -group.low[number]]
        flows = np.asarray(np.kron(np.eye(len(rows)), _places(place).T), dtype=np.float64)
        return cls(sums=np.array(sums), most=np.array(most), flows=flows)

    def possible(self, targets: Flags, low: Numbers, high: Numbers, *, enough: int) -> Numbers:
        """How many numbers each target may be, counted up to `enough`; without an end elsewhere."""
        limits = sparse.csr_array(np.vstack([self.sums, self.flows, -self.flows]))
        most_of_limits = np.concatenate([self.most, high.ravel(), -low.ravel()])
        found = np.full(targets.size, np.inf)
        at = np.flatnonzero(targets)
        least, most = np.full(targets.size, np.inf), np.full(targets.size, -np.inf)

        def look(wish: Numbers) -> None:
            office = linprog(wish @ self.flows, A_ub=limits, b_ub=most_of_limits, method="highs").x
            if office is not None:
                np.minimum(least, self.flows @ office, out=least)
                np.maximum(most, self.flows @ office, out=most)

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
