"""What can be wrong with polygons of areas: their place, their rings, overlaps and gaps; and how each is repaired."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LON, LAT = (95.0, 141.0), (-11.0, 6.0)
"""Where Indonesia lies, in degrees WGS84."""

FAULT_COLUMNS = ("area_id", "fault", "other", "km2", "detail")
_LEAST_KM2, _LEAST_SHARE = 1.0, 0.01
_EQUAL_AREA = "+proj=cea +lon_0=118 +lat_ts=0 +datum=WGS84 +units=m"


def placing_fault(shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    """Whether polygons in degrees lie where Indonesia lies.

    Returns
    -------
    str
        '' where they do; 'coordinates_swapped' where they would with longitude and latitude exchanged, else
        'coordinates_outside'.

    Examples
    --------
    >>> [placing_fault(gpd.GeoSeries([shapely.box(*edges)])) for edges in [(116, -1, 117, 0), (-1, 116, 0, 117)]]
    ['', 'coordinates_swapped']
    """
    low_x, low_y, high_x, high_y = shapes.total_bounds
    if np.isnan(low_x) or (_within(low_x, high_x, LON) and _within(low_y, high_y, LAT)):
        return ""
    swapped = _within(low_y, high_y, LON) and _within(low_x, high_x, LAT)
    return "coordinates_swapped" if swapped else "coordinates_outside"


def bounds_text(shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    """The bounds of polygons as text: west, south, east, north."""
    return ", ".join(f"{edge:g}" for edge in shapes.total_bounds)


def _within(low: float, high: float, allowed: tuple[float, float]) -> bool:
    return allowed[0] <= low and high <= allowed[1]


def swap_axes(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """The same polygons with longitude and latitude exchanged."""
    return gpd.GeoSeries(shapely.transform(shapes.array, lambda xy: xy[:, ::-1]), index=shapes.index, crs=shapes.crs)


def ring_faults(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Areas without a polygon, and those whose rings cross themselves or each other.

    Returns
    -------
    DataFrame
        Columns of `FAULT_COLUMNS`; `fault` is no_polygon or invalid_rings, `detail` says where.

    Examples
    --------
    >>> bow = shapely.Polygon([(116, 0), (117, 1), (117, 0), (116, 1)])
    >>> ring_faults(gpd.GeoSeries({"A": bow, "B": None}))[["area_id", "fault"]].values.tolist()
    [['B', 'no_polygon'], ['A', 'invalid_rings']]
    """
    polygons = shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & ~shapes.is_empty
    rows = [(area_id, "no_polygon", "", np.nan, "") for area_id in shapes.index[~polygons]]
    invalid = polygons & ~shapes.is_valid
    rows += [
        (area_id, "invalid_rings", "", np.nan, shapely.is_valid_reason(shape))
        for area_id, shape in shapes[invalid].items()
    ]
    return _faults(rows)


def joint_faults(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Overlaps of two areas, and gaps that areas surround.

    An overlap counts from 1 km2 on that is also at least 1 % of the smaller of the two; a gap from 1 km2 on. Less
    than that is what simplifying leaves between neighbours. A gap may be a lake: it is named, not judged.

    Parameters
    ----------
    shapes
        Valid polygons in degrees WGS84, index area_id.

    Returns
    -------
    DataFrame
        Columns of `FAULT_COLUMNS`: `fault` overlap (area_id and `other`, of `km2`) or gap (the neighbours of the gap,
        joined by commas in `other`; `detail` is its middle); the largest first.

    Examples
    --------
    >>> squares = gpd.GeoSeries({"A": shapely.box(116, 0, 117, 1), "B": shapely.box(116.9, 0, 118, 1)}, crs="EPSG:4326")
    >>> joint_faults(squares)[["area_id", "fault", "other"]].values.tolist()
    [['A', 'overlap', 'B']]
    """
    plane = shapes.to_crs(_EQUAL_AREA)
    rows = []
    for first, second, common in _overlaps(plane):
        rows.append((plane.index[first], "overlap", str(plane.index[second]), common.area / 1e6, ""))
    for gap in _gaps(plane):
        touching = plane.index[shapely.intersects(plane.array, shapely.buffer(gap, 1.0))]
        middle = gpd.GeoSeries([gap.representative_point()], crs=_EQUAL_AREA).to_crs(shapes.crs).iloc[0]
        detail = f"{middle.x:.4f}, {middle.y:.4f}"
        rows.append(("", "gap", ", ".join(map(str, touching)), gap.area / 1e6, detail))
    return _faults(rows).sort_values(["fault", "km2"], ascending=[False, False], ignore_index=True)


def without_overlaps_and_gaps(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Each overlap given to the smaller of its two areas, each gap to the neighbour with the longest common edge.

    Parameters
    ----------
    shapes
        As in `joint_faults`.

    Returns
    -------
    GeoSeries
        Same index and CRS.
    """
    plane = shapes.to_crs(_EQUAL_AREA).copy()
    sizes = plane.area
    changed = set()
    for first, second, common in _overlaps(plane):
        larger = first if sizes.iloc[first] >= sizes.iloc[second] else second
        plane.iloc[larger] = _polygons_of(shapely.difference(plane.iloc[larger], common))
        changed.add(larger)
    for gap in _gaps(plane):
        edge = shapely.length(shapely.intersection(plane.array, shapely.buffer(gap.exterior, 1.0)))
        taker = int(np.argmax(edge))
        plane.iloc[taker] = _polygons_of(shapely.union(plane.iloc[taker], shapely.buffer(gap, 0.5)))
        changed.add(taker)
    mended, rows = shapes.copy(), sorted(changed)
    if rows:
        mended.iloc[rows] = plane.iloc[rows].to_crs(shapes.crs).array
    return mended


def _overlaps(plane: gpd.GeoSeries) -> list[tuple[int, int, Any]]:
    """Pairs of positions whose polygons share more than the least area, and what they share."""
    first, second = plane.sindex.query(plane.array, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.intersection(plane.array[first], plane.array[second])
    sizes = plane.area.to_numpy()
    least = np.maximum(_LEAST_KM2 * 1e6, _LEAST_SHARE * np.minimum(sizes[first], sizes[second]))
    counts = shapely.area(common) >= least
    return list(zip(first[counts].tolist(), second[counts].tolist(), common[counts], strict=True))


def _gaps(plane: gpd.GeoSeries) -> list[Any]:
    """What the polygons surround without covering it, of more than the least area, the largest first."""
    whole = shapely.union_all(plane.array, grid_size=1.0)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in shapely.get_rings(part)[1:]]
    return sorted((hole for hole in holes if hole.area >= _LEAST_KM2 * 1e6), key=lambda hole: -hole.area)


def _polygons_of(shape: Any) -> Any:
    """The polygons of a shape, without the lines and points that cutting may leave."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _faults(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(FAULT_COLUMNS))
    return frame.astype({"area_id": "str", "fault": "str", "other": "str", "km2": float, "detail": "str"})
