"""How far is it, and how long does it take, from where people live to where the service stands?"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.geography.access import access_classes, refuse_repeats
from outreach_analysis.geography.detour import calibrate_detours
from outreach_analysis.geography.distance import column_of, great_circle_km
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.geography.travel_server import FARTHEST_MOVED_KM, Progress, ask_travel_server
from outreach_analysis.geography.web_request import TravelServerError
from outreach_analysis.settings import Settings

__all__ = ["COST_COLUMNS", "TravelServerWarning", "great_circle_km", "travel_costs"]

COST_COLUMNS = ("area_id", "site_id", "km", "minutes", "source")


class TravelServerWarning(UserWarning):
    """Pairs are estimated that a travel server was asked for: it did not answer, or moved a point far away."""


def travel_costs(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    matrix: pd.DataFrame | None = None,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Travel from each area to each site: a matrix where there is one, else a travel server, else an estimate.

    The estimate is the great-circle distance between the area's demand point and the site, times the detour of
    the area's access class, at that class's speed (settings: by default road 1.4 at 40 km/h, river 1.8 at
    20 km/h, ferry 1.2 at 20 km/h, air 1.0 at 200 km/h). A site inside an area is not 0 km from its people: at
    least ``0.5 * sqrt(area_km2 / pi)`` km, half the radius of a circle of that size.

    Parameters
    ----------
    areas
        Index `area_id`; `lon`, `lat` (degrees WGS84), and if known `area_km2` (km2), `access` (road, river,
        ferry, air; road where there is no such column) and `parent_id`.
    sites
        Index `site_id`; `lon`, `lat`, and if known `area_id`: the area the site lies in, or one inside it (by
        the parents in `areas`, or by a dotted code: '64.02.06.1001' lies in '64.02.06').
    matrix
        `area_id`, `site_id`, `minutes` and/or `km`, partly filled; wins over the estimate pair by pair. Where a
        pair gives km only, minutes are those km at the area's speed; where it gives minutes only, km stay
        estimated. A pair with an infinite number cannot be travelled and stays so, in both; one whose numbers are
        both blank is not known, and is estimated. Pairs that are not asked for are not used.
    access
        `area_id`, `access`, and if known `extra_minutes` (waiting, boarding): wins over the class in `areas`.
        The extra minutes are added to every minute that is not the matrix's own.
    settings
        For detours and speeds, and for the travel server, where one is set: it is asked for the pairs that the
        matrix does not know. A point that it moves by more than 5 km to a road of its own is told by a
        `TravelServerWarning`, and its pairs are estimated. Where it finds no way, the pair cannot be travelled,
        unless the area is reached by river, ferry or air, of which an engine for roads knows nothing: then the
        estimate stands. With `travel_calibrated` detours are first calibrated on the km that are known (see
        `calibrate_detours`).
    cache
        Folder for answers of the travel server (see `bundled.cache_folder`); None remembers nothing.
    progress
        Called as progress(done, total, text) before each table asked of the server.

    Returns
    -------
    DataFrame
        area_id, site_id, km (>= 0; above 0 in the site's own area where its km2 are known; infinite where no way
        leads), minutes, source ('matrix', 'server' or 'estimate'); one row a pair, in the order of areas, then of
        sites.

    Raises
    ------
    ValueError
        Where an area or a site without coordinates has km to estimate, an id or a pair occurs twice, a class
        of access is unknown, or the matrix holds a negative number. Names all of them.
    TravelServerError
        Where the server gives no answer and `travel_when_down` is 'stop'. With 'estimate' a `TravelServerWarning`
        says so and `source` of every pair that it would have answered is 'estimate'.

    Notes
    -----
    Detours and speeds are assumptions until a matrix replaces them. Haversine: Sinnott (1984), Virtues of the
    haversine, Sky and Telescope 68(2). Mean radius of the earth 6371.0088 km (IUGG).

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": [117.0, 117.5], "lat": [0.0, 0.0], "area_km2": [314.159, 314.159]},
    ...                      index=["A", "B"])
    >>> sites = pd.DataFrame({"lon": [117.0], "lat": [0.0], "area_id": ["A"]}, index=["mall"])
    >>> travel_costs(areas, sites).round(1)
      area_id site_id    km  minutes    source
    0       A    mall   5.0      7.5  estimate
    1       B    mall  77.8    116.8  estimate
    """
    for frame, key in ((areas, "area_id"), (sites, "site_id")):
        refuse_repeats(pd.DataFrame({key: frame.index}), [key])
    settings = settings or Settings()
    given_km, given_minutes = _given(matrix, areas.index, sites.index)
    if settings.travel_calibrated and matrix is not None:
        settings = calibrate_detours(areas, sites, matrix, access=access, settings=settings).settings
    classes = access_classes(areas, access, settings)
    stated = ~(np.isnan(given_km) & np.isnan(given_minutes))
    km, minutes = given_km.copy(), given_minutes.copy()
    served_km, served_minutes = _from_server(
        areas, sites, wanted=~stated, by_road=classes.by_road, settings=settings, cache=cache, progress=progress
    )
    served = ~np.isnan(served_minutes)
    km[served], minutes[served] = served_km[served], (served_minutes + classes.extra[:, None])[served]
    cut_off = np.isinf(km) | np.isinf(minutes)
    km[cut_off] = minutes[cut_off] = np.inf
    _refuse_missing_points(areas, ~np.isnan(km).any(axis=1), "areas")
    _refuse_missing_points(sites, ~np.isnan(km).any(axis=0), "sites")
    km = np.where(np.isnan(km), _estimated_km(areas, sites, classes.detour), km)
    minutes = np.where(np.isnan(minutes), km / classes.kmh[:, None] * 60 + classes.extra[:, None], minutes)
    return _pairs(areas.index, sites.index, km, minutes, np.select([stated, served], ["matrix", "server"], "estimate"))


def _from_server(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    wanted: np.ndarray,
    by_road: np.ndarray,
    settings: Settings,
    cache: Path | None,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """km and minutes of the pairs wanted, as the travel server says; NaN where it knows nothing or is not set."""
    km, minutes = (np.full(wanted.shape, np.nan) for _ in range(2))
    rows, columns = wanted.any(axis=1), wanted.any(axis=0)
    if not settings.travel_server or not wanted.any():
        return km, minutes
    try:
        answer = ask_travel_server(
            areas.iloc[np.flatnonzero(rows)],
            sites.iloc[np.flatnonzero(columns)],
            settings=settings,
            cache=cache,
            progress=progress,
        )
    except TravelServerError as error:
        if settings.travel_when_down != "estimate":
            raise
        pairs = int(wanted.sum())
        warnings.warn(f"{pairs} pairs are estimated: {error}", TravelServerWarning, stacklevel=3)
        return km, minutes
    if len(answer.moved):
        named = ", ".join(f"{row.kind} {row.id} ({row.km:g} km)" for row in answer.moved.itertuples())
        said = f"the travel server knows no road within {FARTHEST_MOVED_KM:g} km of {len(answer.moved)} points"
        warnings.warn(f"{said}; their pairs are estimated: {named}", TravelServerWarning, stacklevel=3)
    costs = answer.costs
    at = (areas.index.get_indexer(pd.Index(costs["area_id"])), sites.index.get_indexer(pd.Index(costs["site_id"])))
    km[at], minutes[at] = costs["km"], costs["minutes"]
    unknown = ~wanted | (np.isinf(minutes) & ~by_road[:, None])
    km[unknown] = minutes[unknown] = np.nan
    return km, minutes


def _pairs(
    area_ids: pd.Index, site_ids: pd.Index, km: np.ndarray, minutes: np.ndarray, source: np.ndarray
) -> pd.DataFrame:
    columns = (
        area_ids.repeat(len(site_ids)).astype("str"),
        pd.Index(np.tile(site_ids.to_numpy(dtype=object), len(area_ids)), dtype="str"),
        km.ravel(),
        minutes.ravel(),
        pd.Index(source.ravel(), dtype="str"),
    )
    return pd.DataFrame(dict(zip(COST_COLUMNS, columns, strict=True)))


def _estimated_km(areas: pd.DataFrame, sites: pd.DataFrame, detour: np.ndarray) -> np.ndarray:
    km = great_circle_km(areas, sites) * detour[:, None]
    own = 0.5 * np.sqrt(column_of(areas, "area_km2") / np.pi)
    return np.asarray(np.where(_lies_in(areas, sites), np.fmax(km, own[:, None]), km))


def _refuse_missing_points(frame: pd.DataFrame, not_needed: np.ndarray, name: str) -> None:
    lost = (np.isnan(column_of(frame, "lon")) | np.isnan(column_of(frame, "lat"))) & ~not_needed
    if lost.any():
        ids = ", ".join(map(str, frame.index[lost]))
        remedy = "give lon and lat, or all their km in the travel matrix"
        raise RequestError(f"{int(lost.sum())} {name} without coordinates: {ids}; {remedy}")


def _given(matrix: pd.DataFrame | None, area_ids: pd.Index, site_ids: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """The matrix's km and minutes as arrays of areas x sites, NaN where it says nothing."""
    grids = tuple(np.full((len(area_ids), len(site_ids)), np.nan) for _ in range(2))
    if matrix is None or matrix.empty:
        return grids[0], grids[1]
    refuse_repeats(matrix, ["area_id", "site_id"])
    row = area_ids.get_indexer(pd.Index(matrix["area_id"]))
    column = site_ids.get_indexer(pd.Index(matrix["site_id"]))
    asked = (row >= 0) & (column >= 0)
    for name, grid in zip(("km", "minutes"), grids, strict=True):
        values = column_of(matrix, name)
        if (values < 0).any():
            bad = matrix.loc[values < 0, ["area_id", "site_id"]].astype(str).agg(" to ".join, axis=1)
            raise RequestError(f"travel matrix: {name} below 0 for {', '.join(bad)}")
        grid[row[asked], column[asked]] = values[asked]
    return grids[0], grids[1]


def _lies_in(areas: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """Whether each site (columns) lies in each area (rows)."""
    inside = np.zeros((len(areas), len(sites)), dtype=bool)
    if "area_id" not in sites.columns:
        return inside
    parents: dict[Any, Any] = dict(areas["parent_id"]) if "parent_id" in areas.columns else {}
    row_of = {area_id: row for row, area_id in enumerate(areas.index)}
    starts = enclosing_area(sites["area_id"], areas) if "parts" in areas.columns else sites["area_id"]
    for column, start in enumerate(starts):
        for area_id in _and_above(start, parents):
            if area_id in row_of:
                inside[row_of[area_id], column] = True
    return inside


def _and_above(area_id: Any, parents: dict[Any, Any]) -> list[str]:
    """An area and those it lies in, by the parents known and by the dotted code."""
    way: list[str] = []
    while isinstance(area_id, str) and area_id and area_id not in way:
        way.append(area_id)
        area_id = parents.get(area_id, area_id.rpartition(".")[0])
    return way
