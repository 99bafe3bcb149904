"""Outlines of areas: official ones checked, indicative cells where there are none."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.contracts import RequestError

# --- What can be wrong with polygons of areas: their place, their rings, overlaps and gaps; and how each is repaire


LON, LAT = (95.0, 141.0), (-11.0, 6.0)
"""Where Indonesia lies, in degrees WGS84."""

FAULT_COLUMNS = ("area_id", "fault", "other", "km2", "detail")
_LEAST_KM2, _LEAST_SHARE = 1.0, 0.01
_EQUAL_AREA = "+proj=cea +lon_0=118 +lat_ts=0 +datum=WGS84 +units=m"


def placing_fault(shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    """Whether polygons in degrees lie where Indonesia lies."""
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
    """Areas without a polygon, and those whose rings cross themselves or each other."""
    polygons = shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & ~shapes.is_empty
    rows = [(area_id, "no_polygon", "", np.nan, "") for area_id in shapes.index[~polygons]]
    invalid = polygons & ~shapes.is_valid
    rows += [
        (area_id, "invalid_rings", "", np.nan, shapely.is_valid_reason(shape))
        for area_id, shape in shapes[invalid].items()
    ]
    return _faults(rows)


def joint_faults(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Overlaps of two areas, and gaps that areas surround. An overlap counts from 1 km2 on that is also at least 1 % of
    the smaller of the two; a gap from 1 km2 on. Less than that is what simplifying leaves between neighbours. A gap may
    be a lake: it is named, not judged."""
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
    """Each overlap given to the smaller of its two areas, each gap to the neighbour with the longest common edge."""
    plane = shapes.to_crs(_EQUAL_AREA).copy()
    sizes = plane.area
    changed = set()
    for first, second, common in _overlaps(plane):
        larger = first if sizes.iloc[first] >= sizes.iloc[second] else second
        plane.iloc[larger] = polygons_of(shapely.difference(plane.iloc[larger], common))
        changed.add(larger)
    for gap in _gaps(plane):
        edge = shapely.length(shapely.intersection(plane.array, shapely.buffer(gap.exterior, 1.0)))
        taker = int(np.argmax(edge))
        plane.iloc[taker] = polygons_of(shapely.union(plane.iloc[taker], shapely.buffer(gap, 0.5)))
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


def polygons_of(shape: Any) -> Any:
    """The polygons of a shape, without the lines and points that cutting may leave."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _faults(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(FAULT_COLUMNS))
    return frame.astype({"area_id": "str", "fault": "str", "other": "str", "km2": float, "detail": "str"})


# --- Indicative cells: polygons for a map where only points and areas in km2 are known.


WGS84 = "EPSG:4326"
INDICATIVE = "indicative"

_SAME_PLACE_M = 1.0
_PUSH_APART_M = 50.0
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_LONE_AREA_KM2 = 100.0
_SMALLEST_RADIUS_M = 200.0
_QUARTER_SEGMENTS = 8
_SLIVER_M2 = 1000.0


def indicative_cells(
    areas: pd.DataFrame,
    *,
    points: pd.DataFrame | None = None,
    outline: Any = None,
    radius_factor: float = 2.2,
) -> gpd.GeoDataFrame:
    """Draw a polygon around the points of each area: good enough for a map that says 'indicative'.

    Each point takes what lies nearer to it than to any other point (its Voronoi cell), cut to a disc of
    radius ``radius_factor * sqrt(area_km2 / pi)`` around it and to the outline, if there is one; land that the
    discs leave out but surround goes to the nearest point. The cells of an area's points are merged. The
    polygons are valid and overlap by no more than rounding; they are not boundaries in law. With village
    points, kecamatan cells of East Kalimantan cover about four fifths of the real ones.

    Parameters
    ----------
    areas
        Index `area_id`; columns `lon`, `lat` (degrees WGS84) and, if known, `area_km2` (km2). NaN is allowed.
    points
        Finer points, such as desa, with `parent_id` (an `area_id`), `lon`, `lat` and, if known, `area_km2`.
        Points of areas that are not in `areas` bound the cells and are not returned. An area without points
        of its own uses its own lon and lat. By default every area is its own point.
    outline
        Land: a geometry in WGS84, a GeoSeries or a GeoDataFrame. Where a point lies outside it (a coarse coast
        cuts off capes and islands) the outline is widened by a disc of the point's own area, so that no area
        with a point is empty.
    radius_factor
        Radius of the discs, as a multiple of the radius of a circle of the same area; > 0.

    Returns
    -------
    GeoDataFrame
        Index of `areas`, EPSG:4326; `geometry` (None where an area has no point at all) and `geometry_kind`
        ('indicative', '' where there is no geometry).

    Raises
    ------
    ValueError
        Where lon or lat is missing as a column, an area_id occurs twice, or `radius_factor` is not above 0.

    Notes
    -----
    Where `area_km2` is missing, the area's km2 shared out over its points is taken, else the square of the
    distance to the nearest other point, else 100 km2. Points at one place are pushed apart by 50 m.
    Aurenhammer (1991), Voronoi diagrams: a survey of a fundamental geometric data structure.

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [117.0, 117.2], "lat": [-0.5, -0.5], "area_km2": [400.0, 400.0]},
    ...                    index=pd.Index(["A", "B"], name="area_id"))
    >>> cells = indicative_cells(two)
    >>> bool(cells.geometry["A"].contains(shapely.Point(117.0, -0.5)))
    True
    >>> round(cells.geometry["A"].bounds[2], 3)
    117.1
    """
    _refuse(areas, points, radius_factor)
    placed = _placed_points(areas, points)
    if placed.empty:
        cells = gpd.GeoSeries([None] * len(areas), index=areas.index, crs=WGS84)
    else:
        cells = _cells(placed, areas, outline, radius_factor).reindex(areas.index)
    kind = pd.Series("", index=areas.index).mask(cells.notna(), INDICATIVE)
    return gpd.GeoDataFrame({"geometry_kind": kind}, geometry=cells, crs=WGS84)


def _refuse(areas: pd.DataFrame, points: pd.DataFrame | None, radius_factor: float) -> None:
    if not radius_factor > 0:
        raise RequestError(f"radius_factor is {radius_factor}; it must be above 0")
    needed: dict[str, tuple[str, ...]] = {"areas": ("lon", "lat"), "points": ("lon", "lat", "parent_id")}
    for name, frame in (("areas", areas), ("points", points)):
        missing = [column for column in needed[name] if frame is not None and column not in frame.columns]
        if missing:
            raise RequestError(f"{name} has no column {' and no column '.join(missing)}")
    if areas.index.has_duplicates:
        raise RequestError(f"area_id occurs twice: {sorted(set(areas.index[areas.index.duplicated()]))}")


def _cells(placed: pd.DataFrame, areas: pd.DataFrame, outline: Any, radius_factor: float) -> gpd.GeoSeries:
    """The cell of each area that has a point."""
    projected = _local_equal_area(placed)
    xy = _pushed_apart(_project(placed, projected))
    radius = np.sqrt(_areas_km2(placed, areas, xy) / math.pi) * 1000
    radius = np.maximum(radius, _SMALLEST_RADIUS_M)
    dots = np.asarray(shapely.points(xy))
    nearest = _voronoi(xy, reach=float(radius.max()) * max(radius_factor, 1))
    land = _land(outline, projected)
    if land is not None:
        nearest = shapely.intersection(nearest, _widened(land, dots, radius))
    discs = shapely.buffer(dots, radius * radius_factor, quad_segs=_QUARTER_SEGMENTS)
    pieces = _without_gaps(shapely.intersection(nearest, discs), nearest)
    merged = {
        area_id: _one_polygon(pieces[rows])
        for area_id, rows in placed.groupby("area_id", sort=True).indices.items()
        if area_id in areas.index
    }
    cells = gpd.GeoSeries(merged, crs=projected).to_crs(WGS84)
    # where a cell nearly touches itself, degrees can make it cross itself
    return cells.where(cells.is_valid, cells.make_valid(method="structure", keep_collapsed=False))


def _placed_points(areas: pd.DataFrame, points: pd.DataFrame | None) -> pd.DataFrame:
    """Points with coordinates, and the area each belongs to, in an order that the rows' order cannot change."""
    own = _with_area(areas, areas.index)
    if points is not None:
        finer = _with_area(points, points["parent_id"])
        own = pd.concat([finer, own[~own["area_id"].isin(finer["area_id"])]])
    return own.sort_values(["area_id", "lon", "lat", "area_km2"], ignore_index=True)


def _with_area(frame: pd.DataFrame, area_ids: Any) -> pd.DataFrame:
    km2 = frame["area_km2"] if "area_km2" in frame.columns else pd.Series(np.nan, index=frame.index)
    placed = pd.DataFrame(
        {
            "area_id": np.asarray(area_ids, dtype=object),
            "lon": frame["lon"].to_numpy(dtype=float),
            "lat": frame["lat"].to_numpy(dtype=float),
            "area_km2": km2.to_numpy(dtype=float),
        }
    )
    return placed.dropna(subset=["lon", "lat"])


def _local_equal_area(placed: pd.DataFrame) -> str:
    """An equal-area plane centred on the points, so that km2 mean the same all over the map."""
    lon = (placed["lon"].min() + placed["lon"].max()) / 2
    lat = (placed["lat"].min() + placed["lat"].max()) / 2
    return f"+proj=laea +lon_0={lon:.4f} +lat_0={lat:.4f} +datum=WGS84 +units=m"


def _project(placed: pd.DataFrame, projected: str) -> np.ndarray:
    dots = gpd.GeoSeries(gpd.points_from_xy(placed["lon"], placed["lat"]), crs=WGS84).to_crs(projected)
    return np.column_stack([dots.x, dots.y])


def _pushed_apart(xy: np.ndarray) -> np.ndarray:
    """No two points at one place: cells of equal points would both be theirs, or nobody's. Points of one area go apart
    as well, which changes nothing once its cells are merged."""
    apart = np.round(xy / _SAME_PLACE_M) * _SAME_PLACE_M
    for turn in range(1, len(apart) + 1):
        place = pd.DataFrame(apart)
        again = place.groupby([0, 1]).cumcount().to_numpy()
        if not again.any():
            break
        crowded = place.duplicated(keep=False).to_numpy()
        angle = _GOLDEN_ANGLE * (again + turn)
        push = _PUSH_APART_M * turn * np.column_stack([np.cos(angle), np.sin(angle)])
        apart = np.where(crowded[:, None], np.round((apart + push) / _SAME_PLACE_M) * _SAME_PLACE_M, apart)
    return apart


def _areas_km2(placed: pd.DataFrame, areas: pd.DataFrame, xy: np.ndarray) -> np.ndarray:
    """Each point's km2: its own, else its share of the area's, else what its spacing suggests."""
    own = placed["area_km2"].where(placed["area_km2"] > 0)
    if "area_km2" in areas.columns:
        shared = placed["area_id"].map(areas["area_km2"].astype(float)) / placed.groupby("area_id")["lon"].transform(
            "size"
        )
        own = own.fillna(shared.where(shared > 0))
    if own.isna().any():
        own = own.fillna(pd.Series(_spacing_km2(xy), index=own.index))
    return own.to_numpy(dtype=float)


def _spacing_km2(xy: np.ndarray) -> np.ndarray:
    """Square of the distance to the nearest other point: on a square grid exactly a cell's area."""
    if len(xy) == 1:
        return np.array([_LONE_AREA_KM2])
    from scipy.spatial import KDTree

    distance, _ = KDTree(xy).query(xy, k=2)
    return np.asarray((distance[:, 1] / 1000) ** 2)


def _voronoi(xy: np.ndarray, *, reach: float) -> np.ndarray:
    """The cell of each point, in the order of the points, as wide as any disc can reach."""
    low, high = xy.min(axis=0) - 2 * reach, xy.max(axis=0) + 2 * reach
    everything = shapely.box(low[0], low[1], high[0], high[1])
    if len(xy) == 1:
        return np.array([everything], dtype=object)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=everything, ordered=True)
    return np.asarray(shapely.get_parts(cells))


def _land(outline: Any, projected: str) -> Any:
    if outline is None:
        return None
    if isinstance(outline, shapely.Geometry):
        series = gpd.GeoSeries([outline], crs=WGS84)
    else:
        series = gpd.GeoSeries(outline.geometry)
        series = series.set_crs(WGS84) if series.crs is None else series
    return shapely.make_valid(series.to_crs(projected).union_all())


def _widened(land: Any, dots: np.ndarray, radius: np.ndarray) -> Any:
    outside = ~shapely.covers(land, dots)
    if not outside.any():
        return land
    around = shapely.buffer(dots[outside], radius[outside], quad_segs=_QUARTER_SEGMENTS)
    return shapely.union_all([land, *around])


def _without_gaps(pieces: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Give land that discs leave out but surround to the point it is nearest to."""
    whole = shapely.union_all(pieces, grid_size=_SAME_PLACE_M)
    rings = [ring for part in shapely.get_parts(whole) for ring in shapely.get_rings(part)[1:]]
    if not rings:
        return pieces
    gaps = shapely.union_all(shapely.polygons(rings))
    shapely.prepare(nearest)
    filled = pieces.copy()
    touched = shapely.intersects(nearest, gaps)
    filled[touched] = shapely.union(pieces[touched], shapely.intersection(nearest[touched], gaps))
    return filled


def _one_polygon(pieces: np.ndarray) -> Any:
    """The pieces of one area as one valid polygon or multipolygon. Pieces of neighbours meet at vertices that rounding
    moves by nanometres; a grid of 1 m closes such cracks."""
    merged = shapely.union_all(pieces, grid_size=_SAME_PLACE_M)
    parts = np.array([part for part in shapely.get_parts(merged) if part.geom_type == "Polygon"], dtype=object)
    sizes = shapely.area(parts)
    parts = parts[(sizes >= _SLIVER_M2) | (sizes == sizes.max())]
    shape: Any = parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
    return shape
