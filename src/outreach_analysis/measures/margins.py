"""Totals of people that are told beside their parts: rounded so that no part can be computed from them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.disclosure import round_people, round_totals, rounding_interval, rounding_interval_of_totals

Whole = npt.NDArray[np.int64]
Members = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """People by area and by kabupaten as they are told, and what a reader can conclude from that.

    Attributes
    ----------
    by_area
        Index as the areas given. Columns: `kabupaten`, `people` (exact), `published` (rounded), `low` and `high` (the
        numbers it may stand for), `rows` (how many rows of `counts` it has).
    by_kabupaten
        Index: the areas' parents. Columns: `people`, `published`, and `low`, `high` of the people known by area.
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

        Such a reader is taken to know which areas a sum holds wholly or in part (rows of 0 people count), and to know
        exactly whoever lives in no area given. Parameters as in `round_sums`.
        """
        member = np.atleast_2d(within).astype(np.int64)
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
    kabupaten_published: bool = True,
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
    kabupaten_published
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
    >>> margins.by_area["published"].tolist(), margins.by_kabupaten["published"].tolist()
    ([5, 5, 5, 5, 5, 5, 5], [10])
    """
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
