"""Travel costs of near pairs only, for whole countries: found by a tree, so that far pairs are never made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.geography.access import access_classes
from outreach_analysis.geography.distance import EARTH_RADIUS_KM, column_of
from outreach_analysis.settings import Settings


def nearby_travel_costs(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    within_km: float,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Estimated travel of the pairs that are near each other in a straight line; all others are left out.

    The same numbers as `travel_costs` estimates for these pairs, but for the least distance inside a site's own
    area, which needs to know that area. 7,288 areas by 20,000 sites are 146 million pairs; within 50 km there are
    a few million, and only these take time and memory.

    Parameters
    ----------
    areas, sites
        Index `area_id` and `site_id`; `lon`, `lat` (degrees WGS84); areas with `access` and `area_km2` where known,
        sites with `area_id` where known (for the least distance inside it).
    within_km
        Great-circle distance, inclusive, > 0.
    access, settings
        As in `travel_costs`.

    Returns
    -------
    DataFrame
        area_id, site_id (categories, to keep millions of rows small), km, minutes, source ('estimate'); ordered by
        area, then by site.

    Raises
    ------
    ValueError
        Where a coordinate is missing or `within_km` is not above 0.

    References
    ----------
    Maneewongvatana and Mount (1999), Analysis of approximate nearest neighbor searching with clustered point sets
    (the tree of scipy.spatial.KDTree); chords of the unit sphere order pairs as great circles do.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": [117.0, 117.5, 119.0], "lat": 0.0}, index=["A", "B", "C"])
    >>> sites = pd.DataFrame({"lon": [117.0], "lat": [0.0]}, index=["mall"])
    >>> nearby_travel_costs(areas, sites, within_km=60)[["area_id", "km"]].round(1).values.tolist()
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
    lon, lat = (np.radians(column_of(frame, axis)) for axis in ("lon", "lat"))
    lost = np.isnan(lon) | np.isnan(lat)
    if lost.any():
        raise RequestError(f"{int(lost.sum())} {name} without coordinates: {', '.join(map(str, frame.index[lost]))}")
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
