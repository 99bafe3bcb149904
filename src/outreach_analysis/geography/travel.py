"""Ways from areas to sites: km of road estimated, given or asked for, and what they are worth to people."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.geography.areas import (
    EARTH_RADIUS_KM,
    column_of,
    enclosing_area,
    great_circle_km,
    refuse_missing_points,
)
from outreach_analysis.geography.travel_server import (
    COST_COLUMNS,
    FARTHEST_MOVED_KM,
    Progress,
    TravelServerError,
    ask_travel_server,
    cost_pairs,
)
from outreach_analysis.settings import Settings

# --- Near by km or by minutes: one setting, felt by every later step.


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveCosts:
    """Travel as turnout decays with it: effective distances, which are no way on any map.

    Attributes
    ----------
    frame
        `area_id`, `site_id`, `effective_km`: km of road, or the time told in km of road.
    """

    frame: pd.DataFrame


def effective_costs(costs: pd.DataFrame, *, settings: Settings) -> EffectiveCosts:
    """Effective distances of travel costs, by `settings.travel_measure`."""
    km = costs["km"] if settings.travel_measure == "km" else costs["minutes"] * settings.road_kmh / 60
    return EffectiveCosts(costs[["area_id", "site_id"]].assign(effective_km=km))


def decaying(costs: pd.DataFrame | EffectiveCosts) -> pd.DataFrame:
    """The distances a model decays with, under the name `km` that they have inside the models."""
    if isinstance(costs, EffectiveCosts):
        return costs.frame.rename(columns={"effective_km": "km"})
    return costs


# --- How areas are reached: by road, river, ferry or air, and what that does to distance and time.


ROAD = "road"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccessClasses:
    """How each area is reached: its class, detour (ratio), speed (km/h) and extra minutes, in the areas' order."""

    name: np.ndarray
    detour: np.ndarray
    kmh: np.ndarray
    extra: np.ndarray


def access_classes(areas: pd.DataFrame, access: pd.DataFrame | None, settings: Settings) -> AccessClasses:
    """Class, detour, speed and extra minutes of each area; parameters and errors as in `travel_costs`."""
    classes = {
        ROAD: (settings.road_detour, settings.road_kmh),
        "river": (settings.river_detour, settings.river_kmh),
        "ferry": (settings.ferry_detour, settings.ferry_kmh),
        "air": (settings.air_detour, settings.air_kmh),
    }
    own = areas["access"] if "access" in areas.columns else pd.Series(ROAD, index=areas.index)
    extra = pd.Series(0.0, index=areas.index)
    if access is not None:
        refuse_repeats(access, ["area_id"])
        table = access.set_index("area_id")
        own = table["access"].reindex(areas.index).fillna(own)
        if "extra_minutes" in table.columns:
            extra = table["extra_minutes"].reindex(areas.index).astype(float).fillna(0.0)
    unknown = sorted(set(map(str, own)) - set(classes))
    if unknown:
        raise RequestError(f"unknown access: {', '.join(unknown)}; write one of: {', '.join(classes)}")
    pairs = np.array([classes[name] for name in own], dtype=float).reshape(-1, 2)
    return AccessClasses(name=own.to_numpy(dtype=object), detour=pairs[:, 0], kmh=pairs[:, 1], extra=extra.to_numpy())


def refuse_repeats(frame: pd.DataFrame, key: list[str]) -> None:
    """Refuse a table in which a key occurs twice, naming each."""
    repeated = frame.loc[frame.duplicated(key), key].drop_duplicates()
    if len(repeated):
        names = "; ".join(", ".join(map(str, row)) for row in repeated.itertuples(index=False))
        raise RequestError(f"{', '.join(key)} occurs twice: {names}")


# --- How much longer roads and rivers are than the straight line, learned from distances that are known.


FEWEST_PAIRS = 10
"""With fewer known distances a class keeps the detour of the settings."""

SHORTEST_KM = 2.0
"""Pairs nearer than this are left out: their detour hangs on where exactly the points lie."""

_BOOTSTRAPS, _SEED = 2000, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetourResult:
    """Detours by access class, calibrated.

    Attributes
    ----------
    by_class
        Index class of access (`road`, `river`, `ferry`, `air`), as far as a distance is known. Columns: `pairs`
        (known distances used), `detour` (ratio, >= 1), `ci_low`, `ci_high` (95 %), `assumed` (that of the
        settings), `used` (the one in `settings` below).
    settings
        The settings with the calibrated detours in place of the assumed ones.
    left_out
        Known distances not used, by reason: `near` (straight line below 2 km), `shorter` (below the straight
        line: one of the two is wrong), `no_way` (infinite), `no_point` (unknown area or site, or no coordinates).
    """

    by_class: pd.DataFrame
    settings: Settings
    left_out: pd.Series


def calibrate_detours(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    known: pd.DataFrame,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> DetourResult:
    """Detour of each access class from pairs whose km are known.

    The detour is the MEDIAN of known km over great-circle km, so that a single wrong pair cannot move it. A class
    with fewer than 10 usable pairs keeps the detour of the settings. The interval is that of a bootstrap over
    areas, since the pairs of one area share its roads; NaN where all pairs are of one area.

    Parameters
    ----------
    areas, sites, access, settings
        As in `travel_costs`; the settings hold the detours assumed so far.
    known
        `area_id, site_id, km`: a matrix, or distances read off a map. NaN says nothing.

    Raises
    ------
    RequestError
        Where an id occurs twice or a class of access is unknown.

    References
    ----------
    Boscoe, Henry and Zdeb (2012), A nationwide comparison of driving distance versus straight-line distance to
    hospitals, The Professional Geographer 64(2): a detour of 1.4, much the same at most distances.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": np.linspace(117, 118, 12), "lat": 0.0}, index=[f"A{n}" for n in range(12)])
    >>> sites = pd.DataFrame({"lon": [117.0], "lat": [1.0]}, index=["mall"])
    >>> known = pd.DataFrame({"area_id": areas.index, "site_id": "mall"})
    >>> known["km"] = 1.25 * great_circle_km(areas, sites)[:, 0]
    >>> result = calibrate_detours(known=known, areas=areas, sites=sites)
    >>> round(result.settings.road_detour, 3), int(result.by_class.loc["road", "pairs"])
    (1.25, 12)
    """
    settings = settings or Settings()
    classes = access_classes(areas, access, settings)
    row = areas.index.get_indexer(pd.Index(known["area_id"]))
    column = sites.index.get_indexer(pd.Index(known["site_id"]))
    km = column_of(known, "km")
    straight = np.where((row >= 0) & (column >= 0), great_circle_km(areas, sites)[row, column], np.nan)
    said = ~np.isnan(km)
    reasons = {
        "no_point": said & np.isnan(straight),
        "no_way": said & np.isinf(km),
        "near": said & (straight < SHORTEST_KM),
        "shorter": said & (straight >= SHORTEST_KM) & (km < straight),
    }
    used = said & ~np.logical_or.reduce(list(reasons.values()))
    pairs = pd.DataFrame({"area": row[used], "class": classes.name[row[used]], "ratio": km[used] / straight[used]})
    rows = {}
    for name, group in pairs.groupby("class", sort=False):
        assumed = float(getattr(settings, f"{name}_detour"))
        low, high = _interval(group)
        detour = float(group["ratio"].median())
        enough = len(group) >= FEWEST_PAIRS
        rows[str(name)] = (len(group), detour, low, high, assumed, detour if enough else assumed)
    columns = ["pairs", "detour", "ci_low", "ci_high", "assumed", "used"]
    by_class = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("access")
    return DetourResult(
        by_class=by_class,
        settings=settings.replace(**{f"{name}_detour": float(used) for name, used in by_class["used"].items()}),
        left_out=pd.Series({reason: int(mask.sum()) for reason, mask in reasons.items()}, name="pairs"),
    )


def _interval(group: pd.DataFrame) -> tuple[float, float]:
    """95 % interval of the median ratio, areas drawn with replacement; the same rows give the same interval."""
    by_area = [part["ratio"].to_numpy() for _, part in group.groupby("area")]
    if len(by_area) < 2:
        return np.nan, np.nan
    rng = np.random.default_rng(_SEED)
    drawn = rng.integers(len(by_area), size=(_BOOTSTRAPS, len(by_area)))
    medians = [np.median(np.concatenate([by_area[number] for number in numbers])) for numbers in drawn]
    low, high = np.quantile(medians, [0.025, 0.975])
    return float(low), float(high)


# --- How far is it, and how long does it take, from where people live to where the service stands?


__all__ = ["COST_COLUMNS", "TravelServerWarning", "great_circle_km", "travel_costs"]


class TravelServerWarning(UserWarning):
    """Pairs are estimated that a travel server was asked for: it did not answer, or moved a point far away."""


def travel_costs(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
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
        Index `area_id`; `lon`, `lat` (degrees WGS84), and if known `area_km2`, `access` (else road) and `parent_id`.
    sites
        Index `site_id`; `lon`, `lat`, and if known `area_id`: the area the site lies in, or one inside it (by
        the parents in `areas`, or by a dotted code: '64.02.06.1001' lies in '64.02.06').
    matrix
        As `travel.csv`, partly filled; wins over the estimate pair by pair. Where a pair gives km only, minutes are
        those km at the area's speed; where it gives minutes only, km stay estimated. A pair with an infinite number
        cannot be travelled, in both; one whose numbers are both blank is estimated.
    access
        As `access.csv`: wins over the class in `areas`. Its `extra_minutes` (waiting, boarding) are added to every
        minute that is not the matrix's own.
    settings
        For detours and speeds, and for the travel server, where one is set: it is asked for the pairs that the
        matrix does not know. A point that it moves by more than 5 km to a road of its own is told by a
        `TravelServerWarning`, and its pairs are estimated. Where it finds no way, the pair cannot be travelled,
        unless the area is reached by river, ferry or air, of which an engine for roads knows nothing: then the
        estimate stands. With `travel_calibrated` detours are first calibrated (`calibrate_detours`).
    cache, progress
        As in `ask_travel_server`.

    Returns
    -------
    DataFrame
        area_id, site_id, km (>= 0; above 0 in the site's own area where its km2 are known; infinite where no way
        leads), minutes, source ('matrix', 'server' or 'estimate'); one row a pair, in the order of areas, then of
        sites.

    Raises
    ------
    RequestError
        With all areas and sites without coordinates that need them, repeated ids or pairs, unknown classes of access,
        and negative numbers.
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
    >>> travel_costs(areas=areas, sites=sites).round(1)
      area_id site_id    km  minutes    source
    0       A    mall   5.0      7.5  estimate
    1       B    mall  77.8    116.8  estimate
    """
    areas, sites = checked_frames(areas=areas, sites=sites)
    settings = settings or Settings()
    given_km, given_minutes = _given(matrix, areas.index, sites.index)
    if settings.travel_calibrated and matrix is not None:
        settings = calibrate_detours(known=matrix, areas=areas, sites=sites, access=access, settings=settings).settings
    classes = access_classes(areas, access, settings)
    stated = ~(np.isnan(given_km) & np.isnan(given_minutes))
    km, minutes = given_km.copy(), given_minutes.copy()
    served_km, served_minutes = _from_server(
        areas, sites, wanted=~stated, by_road=classes.name == ROAD, settings=settings, cache=cache, progress=progress
    )
    served = ~np.isnan(served_minutes)
    km[served], minutes[served] = served_km[served], (served_minutes + classes.extra[:, None])[served]
    cut_off = np.isinf(km) | np.isinf(minutes)
    km[cut_off] = minutes[cut_off] = np.inf
    remedy = "; give lon and lat, or all their km in the travel matrix"
    refuse_missing_points(areas, "areas", needed=np.isnan(km).any(axis=1), remedy=remedy)
    refuse_missing_points(sites, "sites", needed=np.isnan(km).any(axis=0), remedy=remedy)
    km = np.where(np.isnan(km), _estimated_km(areas, sites, classes.detour), km)
    minutes = np.where(np.isnan(minutes), km / classes.kmh[:, None] * 60 + classes.extra[:, None], minutes)
    source = np.select([stated, served], ["matrix", "server"], "estimate")
    return cost_pairs(areas.index, sites.index, km, minutes, source)


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
            areas=areas.iloc[np.flatnonzero(rows)],
            sites=sites.iloc[np.flatnonzero(columns)],
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


def _estimated_km(areas: pd.DataFrame, sites: pd.DataFrame, detour: np.ndarray) -> np.ndarray:
    km = great_circle_km(areas, sites) * detour[:, None]
    own = 0.5 * np.sqrt(column_of(areas, "area_km2") / np.pi)
    return np.asarray(np.where(_lies_in(areas, sites), np.fmax(km, own[:, None]), km))


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


# --- Travel costs of near pairs only, for whole countries: found by a tree, so that far pairs are never made.


def nearby_travel_costs(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    within_km: float,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Estimated travel of the pairs that are near each other in a straight line; all others are left out.

    The same numbers as `travel_costs` estimates for these pairs. 7,288 areas by 20,000 sites are 146 million pairs;
    within 50 km there are a few million, and only these take time and memory.

    Parameters
    ----------
    areas, sites, access, settings
        As in `travel_costs`; a site lies in the area of its own `area_id` alone.
    within_km
        Great-circle distance, inclusive, > 0.

    Returns
    -------
    DataFrame
        As `travel_costs`, ordered by area, then by site; ids are categories, to keep millions of rows small.

    Raises
    ------
    RequestError
        Where a coordinate is missing or `within_km` is not above 0.

    References
    ----------
    Maneewongvatana and Mount (1999), Analysis of approximate nearest neighbor searching with clustered point sets
    (the tree of scipy.spatial.KDTree); chords of the unit sphere order pairs as great circles do.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": [117.0, 117.5, 119.0], "lat": 0.0}, index=["A", "B", "C"])
    >>> sites = pd.DataFrame({"lon": [117.0], "lat": [0.0]}, index=["mall"])
    >>> nearby_travel_costs(areas=areas, sites=sites, within_km=60)[["area_id", "km"]].round(1).values.tolist()
    [['A', 0.0], ['B', 77.8]]
    """
    from scipy.spatial import KDTree

    if not within_km > 0:
        raise RequestError(f"within_km {within_km} is not above 0")
    classes = access_classes(areas, access, settings or Settings())
    here, there = _on_sphere(areas, "areas"), _on_sphere(sites, "sites")
    chord = 2 * np.sin(min(within_km / EARTH_RADIUS_KM, np.pi) / 2)
    # a hair more, so that rounding leaves out no pair at the edge
    found = KDTree(there).query_ball_point(here, chord * (1 + 1e-12), return_sorted=True)
    row = np.repeat(np.arange(len(areas)), [len(near) for near in found])
    column = np.concatenate([np.asarray(near, dtype=np.int64) for near in found]) if len(found) else row
    half = np.clip(np.linalg.norm(here[row] - there[column], axis=1) / 2, 0, 1)
    km = 2 * EARTH_RADIUS_KM * np.arcsin(half) * classes.detour[row]
    if "area_id" in sites.columns:
        own = areas.index.get_indexer(pd.Index(sites["area_id"]))[column] == row
        km = np.where(own, np.fmax(km, 0.5 * np.sqrt(column_of(areas, "area_km2") / np.pi)[row]), km)
    return pd.DataFrame(
        {
            "area_id": pd.Categorical.from_codes(row, categories=areas.index.astype("str")),
            "site_id": pd.Categorical.from_codes(column, categories=sites.index.astype("str")),
            "km": km,
            "minutes": km / classes.kmh[row] * 60 + classes.extra[row],
            "source": pd.Categorical.from_codes(np.zeros(len(row), dtype=np.int8), categories=pd.Index(["estimate"])),
        }
    )


def _on_sphere(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Points as unit vectors."""
    refuse_missing_points(frame, name)
    lon, lat = (np.radians(column_of(frame, axis)) for axis in ("lon", "lat"))
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
