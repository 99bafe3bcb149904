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
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.folder import APPLICANTS_FOLDER
from outreach_analysis.intake.ledger import IntakeLedger

Whole = npt.NDArray[np.int64]


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

    def round_sums(self, rows: pd.DataFrame, within: npt.NDArray[np.bool_]) -> Whole:
        """Sums over rows of counts, rounded so that beside all that is told by area they tell no part.

        Parts are the rows themselves and the areas; people in no area known here are taken as known to everybody.

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
        somebody = rows["applicants"].to_numpy() > 0
        people = rows["applicants"].to_numpy(np.int64)[somebody]
        member = np.atleast_2d(within)[:, somebody].astype(np.int64)
        if self.base == 1:
            return np.asarray(member @ people)
        place = self.by_area.index.get_indexer(pd.Index(rows["area_id"][somebody]))
        placed = place >= 0
        unplaced = member[:, ~placed] @ people[~placed]
        least, most = people_behind(np.asarray(round_people(people[placed], base=self.base)), base=self.base)
        taken = np.zeros((len(member), len(self.by_area)), dtype=np.int64)
        np.add.at(taken.T, place[placed], member[:, placed].T)
        whole = (taken == self.by_area["rows"].to_numpy()) & (taken > 0)
        low = np.maximum(member[:, placed] @ least, self._bounds(whole)[0])
        high = np.minimum(member[:, placed] @ most, self._bounds(taken > 0)[1])
        return round_totals(member @ people, low + unplaced, high + unplaced, base=self.base)

    def _bounds(self, chosen: npt.NDArray[np.bool_]) -> tuple[Whole, Whole]:
        """Smallest and largest sum over chosen areas, (sums, areas), given what is told by area and kabupaten."""
        areas, kabupaten = self.by_area, self.by_kabupaten
        home = pd.get_dummies(areas["kabupaten"]).reindex(columns=kabupaten.index).to_numpy(np.int64)
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
    home = areas["parent_id"]
    by_area = pd.DataFrame(
        {
            "kabupaten": home,
            "people": people,
            "told": told,
            "low": low,
            "high": high,
            "rows": grouped.size().reindex(areas.index, fill_value=0),
        },
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
        Base of the rounding, as in `margins_of`; 1 leaves everything exact.

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
    columns = ["event_id", "area_id", "applicants"]
    rows = counts[columns]
    if outside is not None and len(outside):
        rows = pd.concat([rows, outside[["event_id", "applicants"]].assign(area_id="")[columns]], ignore_index=True)
    events = pd.Index(sorted(rows["event_id"].unique()), name="event_id")
    within = rows["event_id"].to_numpy()[None] == events.to_numpy()[:, None]
    told = margins_of(counts, areas, rounding_base=rounding_base).round_sums(rows, within)
    return pd.Series(told, index=events, name="applicants")


def rounded_ledger(
    ledger: IntakeLedger, applicants: pd.DataFrame, areas: gpd.GeoDataFrame | pd.DataFrame, *, rounding_base: int = 1
) -> IntakeLedger:
    """The ledger as it may leave the office: rows of lists of people that were used are people, and rounded.

    A list is often one pop-up's: its rows would tell exactly how many came, and where nearly all came from one
    kecamatan, how many from the others. Rows set apart stay exact, and `read` is their sum with the rounded
    rows, so that every line still adds up. Rows of places, events and months are nobody's and stay as they are.

    Parameters
    ----------
    ledger
        Of a dataset.
    applicants
        Of the same dataset: columns `source_file, source_sheet, event_id, area_id`.
    areas
        Index `area_id`; column `parent_id`.
    rounding_base
        Base of the rounding, as in `margins_of`; 1 returns the ledger as it is.

    Returns
    -------
    IntakeLedger

    Examples
    --------
    >>> from outreach_analysis.intake.ledger import LedgerBook
    >>> book = LedgerBook()
    >>> book.open("applicants/mall.csv", "", read=3)
    >>> people = pd.DataFrame({"source_file": "applicants/mall.csv", "source_sheet": "", "event_id": "E",
    ...                        "area_id": ["a"] * 3})
    >>> areas = pd.DataFrame({"parent_id": ["K"]}, index=["a"])
    >>> rounded_ledger(book.close(), people, areas, rounding_base=5).by_file["matched"].tolist()
    [5]
    """
    if rounding_base == 1:
        return ledger
    by_file = ledger.by_file
    files = pd.MultiIndex.from_frame(by_file[["file", "sheet"]])
    lists = np.array([_lists_people(file) for file in by_file["file"]], dtype=bool)
    used = applicants.reindex(columns=["source_file", "source_sheet", "event_id", "area_id"])
    # people at the office are told apart from those at pop-ups, so they belong to no area told here
    at_popups = used[used["area_id"].notna() & (used["event_id"] != OFFICE)]
    home = enclosing_area(at_popups["area_id"], areas).fillna("")
    placed = at_popups.assign(area_id=home).groupby(["source_file", "source_sheet", "area_id"]).size()
    rows = placed[placed.index.get_level_values("area_id").isin(areas.index)].rename("applicants").reset_index()
    known = rows.groupby(["source_file", "source_sheet"])["applicants"].sum().reindex(files, fill_value=0)
    others = (by_file["matched"].to_numpy() - known.to_numpy()).clip(min=0)
    rest = by_file[["file", "sheet"]].set_axis(["source_file", "source_sheet"], axis=1)
    every = pd.concat([rows, rest.assign(area_id="", applicants=others)], ignore_index=True)
    place = files.get_indexer(pd.MultiIndex.from_frame(every[["source_file", "source_sheet"]]))
    told = margins_of(rows, areas, rounding_base=rounding_base).round_sums(
        every, place == np.arange(len(files))[:, None]
    )
    matched = np.where(lists, told, by_file["matched"])
    read = by_file["read"] - by_file["matched"] + matched
    return dataclasses.replace(ledger, by_file=by_file.assign(matched=matched, read=read))


def _lists_people(file: str) -> bool:
    """Whether rows of a file stand for people: lists of applicants, and of those interested."""
    path = PurePosixPath(file)
    return path.parts[0] == APPLICANTS_FOLDER or path.stem == "interest"
