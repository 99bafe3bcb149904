"""How far is it, and how long does it take, from where people live to where the service stands?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.settings import Settings

COST_COLUMNS = ("area_id", "site_id", "km", "minutes", "source")
EARTH_RADIUS_KM = 6371.0088


def travel_costs(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    matrix: pd.DataFrame | None = None,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Travel from each area to each site: a matrix where there is one, else an estimate.

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
        estimated. Pairs that are not asked for are not used.
    access
        `area_id`, `access`, and if known `extra_minutes` (waiting, boarding): wins over the class in `areas`.
        The extra minutes are added to every minute that is not the matrix's own.
    settings
        For detours and speeds.

    Returns
    -------
    DataFrame
        area_id, site_id, km (>= 0; above 0 in the site's own area where its km2 are known), minutes,
        source ('matrix' or 'estimate'); one row a pair, in the order of areas, then of sites.

    Raises
    ------
    ValueError
        Where an area or a site without coordinates has km to estimate, an id or a pair occurs twice, a class
        of access is unknown, or the matrix holds a negative number. Names all of them.

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
        _refuse_repeats(pd.DataFrame({key: frame.index}), [key])
    detour, speed, extra = _classes(areas, access, settings or Settings())
    given_km, given_minutes = _given(matrix, areas.index, sites.index)
    _refuse_missing_points(areas, ~np.isnan(given_km).any(axis=1), "areas")
    _refuse_missing_points(sites, ~np.isnan(given_km).any(axis=0), "sites")
    km = np.where(np.isnan(given_km), _estimated_km(areas, sites, detour), given_km)
    minutes = np.where(np.isnan(given_minutes), km / speed[:, None] * 60 + extra[:, None], given_minutes)
    given = ~np.isnan(given_km) | ~np.isnan(given_minutes)
    return _pairs(areas.index, sites.index, km, minutes, given)


def _pairs(
    area_ids: pd.Index, site_ids: pd.Index, km: np.ndarray, minutes: np.ndarray, given: np.ndarray
) -> pd.DataFrame:
    columns = (
        area_ids.repeat(len(site_ids)).astype("str"),
        pd.Index(np.tile(site_ids.to_numpy(dtype=object), len(area_ids)), dtype="str"),
        km.ravel(),
        minutes.ravel(),
        pd.Index(np.where(given.ravel(), "matrix", "estimate"), dtype="str"),
    )
    return pd.DataFrame(dict(zip(COST_COLUMNS, columns, strict=True)))


def _estimated_km(areas: pd.DataFrame, sites: pd.DataFrame, detour: np.ndarray) -> np.ndarray:
    km = great_circle_km(areas, sites) * detour[:, None]
    own = 0.5 * np.sqrt(_column(areas, "area_km2") / np.pi)
    return np.asarray(np.where(_lies_in(areas, sites), np.fmax(km, own[:, None]), km))


def great_circle_km(origins: pd.DataFrame, destinations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance between every two points (haversine), in km.

    Parameters
    ----------
    origins, destinations
        Columns `lon`, `lat` (degrees WGS84).

    Returns
    -------
    ndarray
        One row an origin, one column a destination; >= 0, at most half the earth's girth; NaN where a
        coordinate is missing.

    Examples
    --------
    >>> here = pd.DataFrame({"lon": [117.0], "lat": [0.0]})
    >>> there = pd.DataFrame({"lon": [117.0], "lat": [1.0]})
    >>> great_circle_km(here, there).round(3).tolist()
    [[111.195]]
    """
    lon1, lat1 = (np.radians(_column(origins, name))[:, None] for name in ("lon", "lat"))
    lon2, lat2 = (np.radians(_column(destinations, name))[None, :] for name in ("lon", "lat"))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    distance: np.ndarray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def _column(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan))


def _refuse_repeats(frame: pd.DataFrame, key: list[str]) -> None:
    repeated = frame.loc[frame.duplicated(key), key].drop_duplicates()
    if len(repeated):
        names = "; ".join(", ".join(map(str, row)) for row in repeated.itertuples(index=False))
        raise ValueError(f"{', '.join(key)} occurs twice: {names}")


def _refuse_missing_points(frame: pd.DataFrame, not_needed: np.ndarray, name: str) -> None:
    lost = (np.isnan(_column(frame, "lon")) | np.isnan(_column(frame, "lat"))) & ~not_needed
    if lost.any():
        ids = ", ".join(map(str, frame.index[lost]))
        remedy = "give lon and lat, or all their km in the travel matrix"
        raise ValueError(f"{int(lost.sum())} {name} without coordinates: {ids}; {remedy}")


def _classes(
    areas: pd.DataFrame, access: pd.DataFrame | None, settings: Settings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detour (ratio), speed (km/h) and extra minutes of each area."""
    classes = {
        "road": (settings.road_detour, settings.road_kmh),
        "river": (settings.river_detour, settings.river_kmh),
        "ferry": (settings.ferry_detour, settings.ferry_kmh),
        "air": (settings.air_detour, settings.air_kmh),
    }
    own = areas["access"] if "access" in areas.columns else pd.Series("road", index=areas.index)
    extra = pd.Series(0.0, index=areas.index)
    if access is not None:
        _refuse_repeats(access, ["area_id"])
        table = access.set_index("area_id")
        own = table["access"].reindex(areas.index).fillna(own)
        if "extra_minutes" in table.columns:
            extra = table["extra_minutes"].reindex(areas.index).astype(float).fillna(0.0)
    unknown = sorted(set(map(str, own)) - set(classes))
    if unknown:
        raise ValueError(f"unknown access: {', '.join(unknown)}; write one of: {', '.join(classes)}")
    pairs = np.array([classes[name] for name in own], dtype=float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], extra.to_numpy()


def _given(matrix: pd.DataFrame | None, area_ids: pd.Index, site_ids: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """The matrix's km and minutes as arrays of areas x sites, NaN where it says nothing."""
    grids = tuple(np.full((len(area_ids), len(site_ids)), np.nan) for _ in range(2))
    if matrix is None or matrix.empty:
        return grids[0], grids[1]
    _refuse_repeats(matrix, ["area_id", "site_id"])
    row = area_ids.get_indexer(pd.Index(matrix["area_id"]))
    column = site_ids.get_indexer(pd.Index(matrix["site_id"]))
    asked = (row >= 0) & (column >= 0)
    for name, grid in zip(("km", "minutes"), grids, strict=True):
        values = _column(matrix, name)
        if (values < 0).any():
            bad = matrix.loc[values < 0, ["area_id", "site_id"]].astype(str).agg(" to ".join, axis=1)
            raise ValueError(f"travel matrix: {name} below 0 for {', '.join(bad)}")
        grid[row[asked], column[asked]] = values[asked]
    return grids[0], grids[1]


def _lies_in(areas: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """Whether each site (columns) lies in each area (rows)."""
    inside = np.zeros((len(areas), len(sites)), dtype=bool)
    if "area_id" not in sites.columns:
        return inside
    parents: dict[Any, Any] = dict(areas["parent_id"]) if "parent_id" in areas.columns else {}
    row_of = {area_id: row for row, area_id in enumerate(areas.index)}
    for column, start in enumerate(sites["area_id"]):
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
