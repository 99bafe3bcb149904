"""Numbers of people published so that no small one can be worked out from sums."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from outreach_analysis.contracts import RequestError
from outreach_analysis.disclosure import round_people, round_totals, rounding_interval, rounding_interval_of_totals

# --- Totals of people that are told beside their parts: rounded so that no part can be computed from them.


Whole = npt.NDArray[np.int64]
Members = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """People by area and by kabupaten as they are told, and what a reader can conclude from that."""

    by_area: pd.DataFrame
    by_kabupaten: pd.DataFrame
    base: int

    def round_sums(self, rows: pd.DataFrame, within: Members) -> Whole:
        """Sums over rows of counts, rounded so that beside what is told by area they tell no area."""
        sums = np.atleast_2d(within) @ rows["applicants"].to_numpy(np.int64)
        return round_totals(sums, *self.bounds_of_sums(rows, within), base=self.base)

    def bounds_of_sums(self, rows: pd.DataFrame, within: Members) -> tuple[Whole, Whole]:
        """Smallest and largest sums that a reader must think possible who is told areas and kabupaten rounded. Such a
        reader is taken to know which areas a sum holds wholly or in part (rows of 0 people count), and to know exactly
        whoever lives in no area given. Parameters as in `round_sums`."""
        member = np.atleast_2d(within)
        place = self.by_area.index.get_indexer(pd.Index(rows["area_id"]))
        placed = place >= 0
        unplaced = member[:, ~placed] @ rows["applicants"].to_numpy(np.int64)[~placed]
        taken = np.zeros((len(member), len(self.by_area)), dtype=np.int64)
        np.add.at(taken.T, place[placed], member[:, placed].T)
        whole = (taken == self.by_area["rows"].to_numpy()) & (taken > 0)
        return self._bounds(whole)[0] + unplaced, self._bounds(taken > 0)[1] + unplaced

    def without(self, part: Margins) -> Margins:
        """What a reader can conclude of the others, who is told everybody and a part of them by area."""
        own, theirs = self.by_area, part.by_area
        rest = own.assign(
            low=(own["low"] - theirs["high"]).clip(lower=0),
            high=own["high"] - theirs["low"],
            rows=own["rows"] - theirs["rows"],
        )
        published_of_part = theirs.groupby("kabupaten", sort=False)[["low", "high"]].sum()
        sums = rest.groupby("kabupaten", sort=False)[["low", "high"]].sum()
        above = self.by_kabupaten
        by_kabupaten = above.assign(
            low=np.maximum(sums["low"], above["low"] - published_of_part["high"]),
            high=np.minimum(sums["high"], above["high"] - published_of_part["low"]),
        )
        return dataclasses.replace(self, by_area=rest, by_kabupaten=by_kabupaten)

    def _bounds(self, chosen: Members) -> tuple[Whole, Whole]:
        """Smallest and largest sum over chosen areas, (sums, areas), given what is told by area and kabupaten."""
        areas, kabupaten = self.by_area, self.by_kabupaten
        home = areas["kabupaten"].to_numpy()[:, None] == kabupaten.index.to_numpy()
        low, high = areas["low"].to_numpy(np.int64), areas["high"].to_numpy(np.int64)
        inside_low, inside_high = (chosen * low) @ home, (chosen * high) @ home
        rest_low, rest_high = (~chosen * low) @ home, (~chosen * high) @ home
        least = np.maximum(inside_low, kabupaten["low"].to_numpy(np.int64) - rest_high)
        most = np.minimum(inside_high, kabupaten["high"].to_numpy(np.int64) - rest_low)
        return least.sum(axis=1), most.sum(axis=1)


def margins_of(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    kabupaten_published: bool = True,
    rounding_base: int = 1,
) -> Margins:
    """People by area and by kabupaten, rounded together."""
    # by position: this runs many times a report, and grouping by text took most of its time
    at = areas.index.get_indexer(pd.Index(counts["area_id"]))
    applicants = counts["applicants"].to_numpy(np.int64)
    people = np.bincount(at[at >= 0], applicants[at >= 0], len(areas)).astype(np.int64)
    published = np.asarray(round_people(people, base=rounding_base))
    low, high = rounding_interval(published, base=rounding_base)
    rows = np.bincount(at[at >= 0], minlength=len(areas))
    by_area = pd.DataFrame(
        {
            "kabupaten": areas["parent_id"],
            "people": people,
            "published": published,
            "low": low,
            "high": high,
            "rows": rows,
        },
        index=areas.index,
    )
    sums = by_area.groupby("kabupaten", sort=False)[["people", "low", "high"]].sum()
    above = sums.index.get_indexer(pd.Index(counts["area_id"]))
    coarse = np.bincount(above[above >= 0], applicants[above >= 0], len(sums)).astype(np.int64)
    exact, least, most = (sums[name].to_numpy() + coarse for name in ("people", "low", "high"))
    published_above = round_totals(exact, least, most, base=rounding_base)
    bottom, top = (
        rounding_interval_of_totals(published_above, least, most, base=rounding_base)
        if kabupaten_published
        else (least, most)
    )
    by_kabupaten = pd.DataFrame(
        {"people": exact, "published": published_above, "low": bottom - coarse, "high": top - coarse}, index=sums.index
    )
    return Margins(by_area=by_area, by_kabupaten=by_kabupaten.rename_axis("area_id"), base=rounding_base)


# --- Exact tables of people that may leave the office: small numbers left out.


Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Limit = tuple[npt.ArrayLike, float, float]
"""Which cells a sum is over, (rows, columns), and the least and the most that a reader is told of it elsewhere."""

TOTAL = "total"
_TOLERANCE = 1e-6


class SuppressionError(RequestError):
    """A table cannot be made safe: some small number could be computed from whatever is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuppressedTable:
    """A table of exact numbers of people without the small ones, and without others that would give these away.

    Attributes
    ----------
    table
        As handed in with a row and a column `total` added; whole numbers of people, missing where left out.
    small
        Which numbers were left out because they are small; the others that are missing protect these.
    possible
        For each small number how many numbers it may be for a reader of `table`; missing elsewhere.
    minimum
        Numbers from 1 to minimum - 1 are small.
    """

    table: pd.DataFrame
    small: pd.DataFrame
    possible: pd.DataFrame
    minimum: int

    def summary(self) -> pd.DataFrame:
        """How many numbers are told, and how many are left out as small or to protect these: `estimate`, `unit`."""
        missing, small = self.table.isna().to_numpy(), self.small.to_numpy()
        numbers = {"told": (~missing).sum(), "small": small.sum(), "protecting": (missing & ~small).sum()}
        return pd.DataFrame({"estimate": pd.Series(numbers).astype("int64"), "unit": "cells"}).rename_axis("cells")

    def _repr_html_(self) -> str:
        return f"{self.table.to_html(na_rep='–', max_rows=60)}<p>– : left out, so that nobody can be recognised</p>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToldBefore:
    """What earlier tables told of the cells of a table, by position: cells that they told, and those that they left
    out (rows, columns); sums that they told, as limits; and small sums that they left out and that must stay open."""

    told: Flags
    left_out: Flags
    limits: Sequence[Limit] = ()
    small: Sequence[Flags] = ()


def suppress_small(
    table: pd.DataFrame,
    *,
    minimum: int = 5,
    also_published: Sequence[Limit] = (),
    before: ToldBefore | None = None,
) -> SuppressedTable:
    """Leave small numbers of people out of an exact table, and as many others as it takes.

    A number of 1 to minimum - 1 is left out, inside the table and in its totals. Then, until each of them may be at
    least `minimum` different numbers for a reader of the rest, one more number is left out: the smallest one that is
    told in a row or column of a number still to be protected. How many numbers each may be is found by two linear
    programmes, the least and the most that all told sums allow (Fischetti and Salazar 1999 call this the audit). It is
    done once more on the finished table; where it fails, or cannot be done, no table is given.

    Parameters
    ----------
    table
        Whole numbers of people >= 0; a cross table, say kabupaten by event.
    minimum
        The smallest number that is told, >= 2.
    also_published
        Sums over cells that a reader knows from elsewhere, as limits.
    before
        What earlier tables of the same cells told: these cells are told again, those left out stay so, and the audit
        is of all tables together.

    Returns
    -------
    SuppressedTable

    Raises
    ------
    ValueError
        Where the table holds anything but whole numbers >= 0, or minimum < 2.
    SuppressionError
        Where no table protects all small numbers.

    References
    ----------
    Fischetti, M. and Salazar, J. J. (1999): Models and algorithms for the 2-dimensional cell suppression problem in
    statistical disclosure control. Mathematical Programming 84, 283-312.

    Examples
    --------
    >>> came = pd.DataFrame({"mall": [40, 2, 9], "desa": [12, 6, 30]}, index=["Samarinda", "Bontang", "Kutim"])
    >>> published = suppress_small(came)
    >>> bool(published.table.loc["Bontang", "mall"] is pd.NA), int(published.table.loc["total", "total"])
    (True, 99)
    >>> int(published.possible.loc["Bontang", "mall"]) >= 5
    True
    """
    values = table.to_numpy(dtype=float)
    if minimum < 2 or not (np.isfinite(values).all() and (values >= 0).all() and (values == values.round()).all()):
        raise RequestError("a table to be suppressed holds whole numbers of people, and at least 2 is the least told")
    whole = _with_totals(values)
    small = (whole > 0) & (whole < minimum)
    before = before or ToldBefore(told=np.zeros(values.shape, dtype=bool), left_out=np.zeros(values.shape, dtype=bool))
    pinned = [(at, float(values[tuple(at)])) for at in np.argwhere(before.told)]
    known = [(_one(values.shape, at), number, number) for at, number in pinned]
    audit = _Audit(whole=whole, also_published=[*also_published, *before.limits, *known], minimum=minimum)
    kept = np.pad(before.told, (0, 1))
    hidden = _none_alone(whole, (small | np.pad(before.left_out, (0, 1))) & ~kept, kept)
    open_to_readers = small & (audit.possible(hidden, small, quick=True) < minimum)
    while open_to_readers.any():
        hidden.flat[_next_to_hide(whole, hidden | kept, open_to_readers)] = True
        # a number once protected stays so, whatever else is left out
        open_to_readers &= audit.possible(hidden, open_to_readers) < minimum
    for members in before.small:
        while audit.possible_sum(hidden, members) < minimum:
            around = np.pad(np.broadcast_to(members.any(axis=1, keepdims=True), values.shape) | members, (0, 1))
            around[:, -1] = np.pad(members.any(axis=1), (0, 1))
            hidden.flat[_smallest(whole, hidden | kept, around)] = True
    possible = audit.possible(hidden, small)
    if (possible[small] < minimum).any():
        raise SuppressionError("the finished table gives small numbers away and is not given")
    rows, columns = table.index.append(pd.Index([TOTAL])), table.columns.append(pd.Index([TOTAL]))
    published = pd.DataFrame(whole.astype(np.int64), index=rows, columns=columns).astype("Int64")
    numbers = pd.DataFrame(possible, index=rows, columns=columns)
    marks = pd.DataFrame(small, index=rows, columns=columns)
    return SuppressedTable(table=published.mask(hidden), small=marks, possible=numbers.where(marks), minimum=minimum)


def _one(shape: tuple[int, ...], at: npt.NDArray[np.int64]) -> Flags:
    only = np.zeros(shape, dtype=bool)
    only[tuple(at)] = True
    return only


def _with_totals(values: Numbers) -> Numbers:
    with_rows = np.vstack([values, values.sum(axis=0, keepdims=True)])
    return np.hstack([with_rows, with_rows.sum(axis=1, keepdims=True)])


def _none_alone(whole: Numbers, small: Flags, kept: Flags) -> Flags:
    """Numbers to leave out so that none is the only one missing in its row or column: the total would tell it. Those
    of `kept` are told already, and what they leave open is for the audit to find."""
    hidden = small.copy()
    while True:
        alone = hidden & ((hidden.sum(axis=1, keepdims=True) == 1) | (hidden.sum(axis=0) == 1))
        # where nobody else came there is none to leave out beside it
        there = (whole > 0) & ~hidden & ~kept
        alone &= there.any(axis=1, keepdims=True) & there.any(axis=0)
        if not alone.any():
            return hidden
        row, column = np.argwhere(alone)[0]
        single_row, single_column = hidden[row].sum() == 1, hidden[:, column].sum() == 1
        line = np.zeros(whole.shape, dtype=bool)
        line[row] = single_row
        line[:, column] |= single_column
        hidden.flat[_smallest(whole, hidden | kept, line)] = True


def _next_to_hide(whole: Numbers, hidden: Flags, open_to_readers: Flags) -> int:
    """The smallest number told in a row or column of an open one; anywhere where these are all missing."""
    line = np.logical_or(open_to_readers.any(axis=1, keepdims=True), open_to_readers.any(axis=0))
    return _smallest(whole, hidden, line)


def _smallest(whole: Numbers, hidden: Flags, line: Flags) -> int:
    """The smallest number still told, in one of the lines where there is one; zeros last, totals after cells."""
    is_total = np.zeros(whole.shape, dtype=bool)
    is_total[-1, :] = is_total[:, -1] = True
    order = np.lexsort((whole.ravel(), is_total.ravel(), ~line.ravel(), (whole == 0).ravel()))
    published = order[~hidden.ravel()[order]]
    if not len(published):
        raise SuppressionError("with all numbers left out some small one is still known; no such table can be given")
    return int(published[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audit:
    """What a reader of a table can find out about the numbers that are missing in it."""

    whole: Numbers
    also_published: Sequence[Limit]
    minimum: int

    def possible(self, hidden: Flags, targets: Flags, *, quick: bool = False) -> Numbers:
        """How many numbers each target may be (targets only); with `quick` at least, counted up to the minimum."""
        programme = self._programme(hidden)
        if programme is None:
            return np.where(targets, 1.0, np.inf)
        cells, limits = programme
        sums = {at: self._over(cells, at) for at in map(tuple, np.argwhere(targets))}
        low = {at: self.whole[at] for at in sums}
        high = dict(low)
        if quick:
            # a few offices that the table allows show most numbers to be open at once
            rng = np.random.default_rng(0)
            for sign in (1.0, -1.0, *rng.choice([-1.0, 1.0], 4)):
                wish = sum((row * sign * rng.uniform(0.5, 1.5) for row in sums.values()), np.zeros(len(cells)))
                office = _solve(wish, limits)
                for at, row in sums.items():
                    low[at], high[at] = min(low[at], row @ office), max(high[at], row @ office)
        found = np.full(self.whole.shape, np.inf)
        for at, row in sums.items():
            if high[at] - low[at] < self.minimum - 1:
                low[at], high[at] = row @ _solve(row, limits), row @ _solve(-row, limits)
            found[at] = np.floor(high[at] + _TOLERANCE) - np.ceil(low[at] - _TOLERANCE) + 1
        return found

    def possible_sum(self, hidden: Flags, members: Flags) -> float:
        """How many numbers a sum over cells may be."""
        programme = self._programme(hidden)
        if programme is None:
            return 1.0
        cells, limits = programme
        row = members[cells[:, 0], cells[:, 1]].astype(float)
        low, high = row @ _solve(row, limits), row @ _solve(-row, limits)
        return float(np.floor(high + _TOLERANCE) - np.ceil(low - _TOLERANCE) + 1)

    def _over(self, cells: npt.NDArray[np.int64], at: tuple[int, ...]) -> Numbers:
        """A number of the table as a sum over missing cells; what is told adds nothing to what it may be."""
        row, column = at
        rows, columns = self.whole.shape
        inside = (row == rows - 1) | (cells[:, 0] == row)
        return np.asarray(inside & ((column == columns - 1) | (cells[:, 1] == column)), dtype=float)

    def _programme(self, hidden: Flags) -> tuple[npt.NDArray[np.int64], tuple[Numbers, Numbers, Numbers]] | None:
        """The missing cells, and limits on sums of them: each total that is told, and what is told elsewhere."""
        inner = hidden[:-1, :-1]
        cells = np.argwhere(inner)
        if not len(cells):
            return None
        rows, columns = self.whole.shape
        published = [(row, columns - 1) for row in range(rows)] + [(rows - 1, column) for column in range(columns - 1)]
        limits = []
        for at in published:
            over = self._over(cells, at)
            if not hidden[at]:
                exact = over @ self.whole[:-1, :-1][inner]
                limits.append((over, exact, exact))
        for members, least, most in self.also_published:
            within = np.asarray(members, dtype=float)
            known = (within * self.whole[:-1, :-1])[~inner].sum()
            limits.append((within[inner], least - known, most - known))
        parts = [np.array(part, dtype=float) for part in zip(*limits, strict=True)] if limits else []
        if not parts:
            parts = [np.zeros((1, len(cells))), np.zeros(1), np.zeros(1)]
        return cells, (parts[0], parts[1], parts[2])


def _solve(cost: Numbers, limits: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    """The office with the least of something; one without an end is cut at a million people."""
    sums, low, high = limits
    solved = linprog(
        cost,
        A_ub=np.vstack([sums, -sums]),
        b_ub=np.concatenate([high, -low]),
        bounds=(0, 1_000_000),
        method="highs",
    )
    if solved.x is None:
        raise SuppressionError(f"the check of a table could not be finished: {solved.message}")
    return np.asarray(solved.x)
