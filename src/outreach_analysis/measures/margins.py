"""Totals of people that are told beside their parts: rounded so that no part can be computed from them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import PurePosixPath

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.disclosure import people_behind, round_people, round_totals, totals_behind
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.folder import APPLICANTS_FOLDER
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.intake.places import OUTSIDE

Whole = npt.NDArray[np.int64]
Members = npt.NDArray[np.bool_]
_ROW = ["event_id", "area_id", "applicants"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """People by area and by kabupaten as they are told, and what a reader can conclude from that.

    Attributes
    ----------
    by_area
        Index as the areas given. Columns: `kabupaten`, `people` (exact), `told` (rounded), `low` and `high` (the
        numbers it may stand for), `rows` (rows of `counts` with anybody from there).
    by_kabupaten
        Index: the areas' parents. Columns: `people`, `told`, and `low`, `high` of the people known by area.
    base
        Base of the rounding.
    """

    by_area: pd.DataFrame
    by_kabupaten: pd.DataFrame
    base: int

    def round_sums(self, rows: pd.DataFrame, within: Members) -> Whole:
        """Sums over rows of counts, rounded so that beside what is told by area they tell no area.

        Parameters
        ----------
        rows
            Columns `area_id`, `applicants`: rows of the counts the margins were made of, and others.
        within
            Which rows belong to which sum, (sums, rows).

        Returns
        -------
        array of int
            One rounded sum each.
        """
        sums = np.atleast_2d(within).astype(np.int64) @ rows["applicants"].to_numpy(np.int64)
        if self.base == 1:
            return np.asarray(sums)
        return round_totals(sums, *self.bounds_of_sums(rows, within), base=self.base)

    def bounds_of_sums(self, rows: pd.DataFrame, within: Members) -> tuple[Whole, Whole]:
        """Smallest and largest sums that a reader must think possible who is told areas and kabupaten rounded.

        Such a reader is taken to know which areas a sum holds wholly or in part, and to know exactly whoever lives in
        no area given. Parameters as in `round_sums`.
        """
        somebody = rows["applicants"].to_numpy() > 0
        people = rows["applicants"].to_numpy(np.int64)[somebody]
        member = np.atleast_2d(within)[:, somebody].astype(np.int64)
        place = self.by_area.index.get_indexer(pd.Index(rows["area_id"][somebody]))
        placed = place >= 0
        unplaced = member[:, ~placed] @ people[~placed]
        taken = np.zeros((len(member), len(self.by_area)), dtype=np.int64)
        np.add.at(taken.T, place[placed], member[:, placed].T)
        whole = (taken == self.by_area["rows"].to_numpy()) & (taken > 0)
        return self._bounds(whole)[0] + unplaced, self._bounds(taken > 0)[1] + unplaced

    def round_parts(self, rows: pd.DataFrame, within: Members) -> Whole:
        """Sums that share out all rows among them, such as events, rounded so that together they tell no area either.

        Where all of them together would leave too little room, the largest is moved by one base.

        Parameters
        ----------
        rows, within
            As in `round_sums`; each row belongs to one sum.

        Returns
        -------
        array of int
            One rounded sum each.
        """
        told = self.round_sums(rows, within)
        if self.base == 1 or not len(told):
            return told
        bottom, top = totals_behind(told, *self.bounds_of_sums(rows, within), base=self.base)
        low, high = (bound[0] for bound in self.bounds_of_sums(rows, np.any(within, axis=0, keepdims=True)))
        room, largest = min(self.base - 1, high - low), int(np.argmax(told))
        if top.sum() < low + room:
            told[largest] += self.base
        elif bottom.sum() > high - room and told[largest] > self.base:
            told[largest] -= self.base
        return told

    def _bounds(self, chosen: Members) -> tuple[Whole, Whole]:
        """Smallest and largest sum over chosen areas, (sums, areas), given what is told by area and kabupaten."""
        areas, kabupaten = self.by_area, self.by_kabupaten
        home = areas["kabupaten"].to_numpy()[:, None] == kabupaten.index.to_numpy()
        home = home.astype(np.int64)
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
    kabupaten_told: bool = True,
    rounding_base: int = 1,
) -> Margins:
    """People by area and by kabupaten, rounded together.

    An area's people are rounded on their own. So are a kabupaten's, and moved by one base where they would
    tell the people of an area (see `disclosure.round_totals`). People known to kabupaten level only (rows of
    `counts` under the kabupaten's own id) are counted in the kabupaten; a reader is taken to know them exactly.

    Parameters
    ----------
    counts
        Columns `area_id, applicants` (people).
    areas
        Index `area_id`; column `parent_id`.
    kabupaten_told
        False where these people are nowhere told by kabupaten, so that other sums need not be kept apart from that.
    rounding_base
        Base of the rounding; 1 leaves everything exact.

    Returns
    -------
    Margins
        `by_area` has the index of `areas`.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K"] * 7}, index=list("abcdefg"))
    >>> counts = pd.DataFrame({"area_id": list("abcdefg"), "applicants": 1})
    >>> margins = margins_of(counts, areas, rounding_base=5)
    >>> margins.by_area["told"].tolist(), margins.by_kabupaten["told"].tolist()
    ([5, 5, 5, 5, 5, 5, 5], [10])
    """
    somebody = counts[counts["applicants"] > 0]
    grouped = somebody.groupby(somebody["area_id"].fillna(""))["applicants"]
    people = grouped.sum().reindex(areas.index, fill_value=0).astype(np.int64)
    told = round_people(people, base=rounding_base)
    low, high = people_behind(told.to_numpy(), base=rounding_base)
    rows = grouped.size().reindex(areas.index, fill_value=0)
    by_area = pd.DataFrame(
        {"kabupaten": areas["parent_id"], "people": people, "told": told, "low": low, "high": high, "rows": rows},
        index=areas.index,
    )
    sums = by_area.groupby("kabupaten", sort=False)[["people", "low", "high"]].sum()
    coarse = grouped.sum().reindex(sums.index, fill_value=0).astype(np.int64).to_numpy()
    exact, least, most = (sums[name].to_numpy() + coarse for name in ("people", "low", "high"))
    told_above = round_totals(exact, least, most, base=rounding_base)
    bottom, top = totals_behind(told_above, least, most, base=rounding_base) if kabupaten_told else (least, most)
    by_kabupaten = pd.DataFrame(
        {"people": exact, "told": told_above, "low": bottom - coarse, "high": top - coarse}, index=sums.index
    )
    return Margins(by_area=by_area, by_kabupaten=by_kabupaten.rename_axis("area_id"), base=rounding_base)


def people_by_event(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    outside: pd.DataFrame | None = None,
    rounding_base: int = 1,
) -> pd.Series:
    """People at each event whose place is known, those from outside the province among them.

    Parameters
    ----------
    counts
        Columns `event_id, area_id, applicants` (people).
    areas
        Index `area_id`; column `parent_id`.
    outside
        Columns `event_id, applicants`: people from outside the province.
    rounding_base
        Base of the rounding, as in `Margins.round_parts`; 1 leaves everything exact.

    Returns
    -------
    Series
        Index `event_id`, sorted; people.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K", "K"]}, index=["a", "b"])
    >>> counts = pd.DataFrame({"event_id": "E", "area_id": ["a", "b"], "applicants": [11, 3]})
    >>> outside = pd.DataFrame({"event_id": ["E"], "applicants": [4]})
    >>> people_by_event(counts, areas, outside=outside, rounding_base=5).to_dict()
    {'E': 20}
    """
    rows = counts[_ROW]
    if outside is not None and len(outside):
        rows = pd.concat([rows, outside[["event_id", "applicants"]].assign(area_id="")[_ROW]], ignore_index=True)
    events = pd.Index(sorted(rows["event_id"].unique()), name="event_id")
    within = rows["event_id"].to_numpy()[None] == events.to_numpy()[:, None]
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    told = margins.round_parts(rows, within)
    return pd.Series(told, index=events, name="applicants")


def rounded_ledger(dataset: Dataset, *, rounding_base: int = 1) -> IntakeLedger:
    """A dataset's ledger as it may leave the office: rows of lists that were used are people, and rounded.

    A list is often one pop-up's: its rows would tell exactly how many came, and where nearly all came from one
    kecamatan, how many from the others. It is told like that pop-up. Rows set apart stay exact, and `read` is
    their sum with the rounded rows, so that every line still adds up. Rows of places, events and months are nobody's
    and stay as they are.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    rounding_base
        Base of the rounding; 1 returns the ledger as it is.

    Returns
    -------
    IntakeLedger

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> told = rounded_ledger(load_sample(), rounding_base=5).by_file
    >>> lists = told["file"].str.startswith("applicants/")
    >>> bool((told.loc[lists, "matched"] % 5 == 0).all())
    True
    """
    ledger, areas = dataset.ledger, dataset.areas
    if rounding_base == 1:
        return ledger
    by_file = ledger.by_file
    files = pd.MultiIndex.from_frame(by_file[["file", "sheet"]])
    matched = by_file["matched"].to_numpy(np.int64)
    rows = _rows_by_list(dataset)
    at = files.get_indexer(pd.MultiIndex.from_frame(rows[["file", "sheet"]]))
    # rows of the office and what a list holds besides pop-ups' people stand in no number told elsewhere
    others = (matched - np.bincount(at[at >= 0], rows["applicants"][at >= 0], len(files)).astype(np.int64)).clip(0)
    rest = by_file[["file", "sheet"]].assign(event_id="", area_id="", applicants=others)
    every = pd.concat([rows, rest], ignore_index=True)
    within = np.append(at, np.arange(len(files))) == np.arange(len(files))[:, None]
    told = margins_of(rows, areas, rounding_base=rounding_base).round_parts(every, within)
    exact = people_by_event(dataset.counts, areas, outside=dataset.outside)
    events = people_by_event(dataset.counts, areas, outside=dataset.outside, rounding_base=rounding_base)
    for number in range(len(files)):
        listed = rows[at == number]
        held = listed["event_id"].unique()
        if len(held) == 1 and listed["applicants"].sum() == exact.get(held[0]):
            told[number] = max(events[held[0]] + matched[number] - exact[held[0]], 0)
    lists = np.array([_lists_people(file) for file in by_file["file"]], dtype=bool)
    told = np.where(lists, told, matched)
    return dataclasses.replace(ledger, by_file=by_file.assign(matched=told, read=by_file["read"] - matched + told))


def _rows_by_list(dataset: Dataset) -> pd.DataFrame:
    """People of pop-ups by list, event and area (kabupaten where known coarsely, '' from outside)."""
    people = dataset.applicants.reindex(columns=["source_file", "source_sheet", "event_id", "area_id", "origin_level"])
    known = people["area_id"].notna() | people["origin_level"].isin(OUTSIDE)
    people = people[known & people["event_id"].isin(dataset.events.index)]
    home = enclosing_area(people["area_id"], dataset.areas).fillna(people["area_id"]).fillna("")
    key = {"file": people["source_file"], "sheet": people["source_sheet"], "event_id": people["event_id"]}
    counted = people.groupby([*key.values(), home.rename("area_id")]).size()
    return counted.rename_axis([*key, "area_id"]).rename("applicants").reset_index()


def _lists_people(file: str) -> bool:
    """Whether rows of a file stand for people: lists of applicants, and of those interested."""
    path = PurePosixPath(file)
    return path.parts[0] == APPLICANTS_FOLDER or path.stem == "interest"
