"""Outlines of areas: official ones checked, indicative cells where there are none."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.contracts import RequestError

# --- What can be wrong with polygons of areas: their place, their rings, overlaps and gaps; and how each is repaired.


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

_EXPONENT = 0.65
_SQUARE = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
_ISLAND = np.array([(1.41, 0.19), (0.58, 0.82), (-0.68, 0.73), (-1.36, -0.1), (-0.58, -0.77), (0.78, -0.72)])
_PUSH_APART_M = 50.0
_SIMPLIFIED_M = 150.0
_LONE_AREA_KM2 = 100.0
_SMALLEST_RADIUS_M = 200.0


def indicative_cells(
    areas: pd.DataFrame,
    *,
    points: pd.DataFrame | None = None,
    outline: Any = None,
) -> gpd.GeoDataFrame:
    """Draw a polygon around the points of each area: good enough for a map that says 'indicative'.

    A place belongs to the point for which its distance, divided by the radius of a circle of the point's km2 to
    the power of 0.65, is least; the borders between are drawn as short straight lines, and cut to the outline. The
    cells of an area's points are merged. The polygons are valid, cover the land between the points and overlap by no
    more than rounding; they are not boundaries in law. With village points 14 % of the land of East Kalimantan lies
    in another kecamatan's cell. Without an outline the outermost cells reach far beyond their points.

    Parameters
    ----------
    areas
        Index `area_id`; columns `lon`, `lat` (degrees WGS84) and, if known, `area_km2`. NaN is allowed. Where km2 are
        missing, an area's are shared out over its points, else the squared distance to the nearest other point counts,
        else 100 km2.
    points
        Finer points, such as desa, with `parent_id` (an `area_id`) and the same columns. Points of areas that are not
        in `areas` bound the cells and are not returned. An area without any is its own point.
    outline
        Land: a geometry in WGS84, a GeoSeries or a GeoDataFrame. Where a point lies outside it (a coarse coast
        lacks capes and islands) a made-up island of the point's km2 is added, so that no area with a point is empty.

    Returns
    -------
    GeoDataFrame
        Index of `areas`, EPSG:4326; `geometry` (None where an area has no point at all) and `geometry_kind`
        ('indicative', '' where there is no geometry).

    Raises
    ------
    RequestError
        Where lon or lat is missing as a column, or an area_id occurs twice.

    References
    ----------
    Aurenhammer and Edelsbrunner (1984), An optimal algorithm for constructing the weighted Voronoi diagram in the
    plane.

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [117.0, 117.2], "lat": [-0.5, -0.5], "area_km2": [400.0, 400.0]},
    ...                    index=pd.Index(["A", "B"], name="area_id"))
    >>> cells = indicative_cells(two)
    >>> cells.geometry.contains(shapely.Point(117.11, -0.5)).to_dict()
    {'A': False, 'B': True}
    """
    _refuse(areas, points)
    placed = _placed_points(areas, points)
    if placed.empty:
        cells = gpd.GeoSeries([None] * len(areas), index=areas.index, crs=WGS84)
    else:
        cells = _cells(placed, areas, outline).reindex(areas.index)
    kind = pd.Series("", index=areas.index).mask(cells.notna(), INDICATIVE)
    return gpd.GeoDataFrame({"geometry_kind": kind}, geometry=cells, crs=WGS84)


def _refuse(areas: pd.DataFrame, points: pd.DataFrame | None) -> None:
    needed: dict[str, tuple[str, ...]] = {"areas": ("lon", "lat"), "points": ("lon", "lat", "parent_id")}
    for name, frame in (("areas", areas), ("points", points)):
        missing = [column for column in needed[name] if frame is not None and column not in frame.columns]
        if missing:
            raise RequestError(f"{name} has no column {' and no column '.join(missing)}")
    if areas.index.has_duplicates:
        raise RequestError(f"area_id occurs twice: {sorted(set(areas.index[areas.index.duplicated()]))}")


def _cells(placed: pd.DataFrame, areas: pd.DataFrame, outline: Any) -> gpd.GeoSeries:
    """The cell of each area that has a point."""
    projected = _local_equal_area(placed)
    xy = _pushed_apart(_project(placed, projected))
    radius = np.maximum(np.sqrt(_areas_km2(placed, areas, xy) / math.pi) * 1000, _SMALLEST_RADIUS_M)
    code, ids = pd.factorize(placed["area_id"])
    owner, faces = _faces(*_with_frame(xy, radius, code))
    cells = gpd.GeoSeries(faces, index=ids.take(owner), crs=projected)
    cells = cells[cells.index.isin(areas.index)]
    if outline is not None:
        ours = placed["area_id"].isin(areas.index).to_numpy()
        land = _land(outline, projected, xy[ours], radius[ours])
        shapely.prepare(land)
        cells = cells.intersection(land)
    cells = cells.groupby(level=0).agg(lambda parts: polygons_of(shapely.geometrycollections(shapely.get_parts(parts))))
    cells = gpd.GeoSeries(cells, crs=projected).to_crs(WGS84)
    # where a cell nearly touches itself, degrees can make it cross itself
    return cells.where(cells.is_valid, cells.make_valid(method="structure", keep_collapsed=False))


def _with_frame(xy: np.ndarray, radius: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, radii and areas, with nobody's points in a rectangle around them that close the outermost cells."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    reach = max(6 * radius.max(), *(high - low))
    rectangle = shapely.box(*(low - reach), *(high + reach)).exterior
    frame = shapely.get_coordinates(shapely.segmentize(rectangle, reach / 2))[1:]
    return np.vstack([xy, frame]), np.append(radius, [radius.min()] * len(frame)), np.append(code, [-1] * len(frame))


def _faces(xy: np.ndarray, radius: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas and their polygons, several where an area lies in parts.

    The points and a square around each are the corners of triangles; a border crosses a triangle's edge where the
    weighted distances to the points of its two ends are equal, as far as a straight line between them tells."""
    from scipy.spatial import Delaunay, KDTree

    weight = radius**_EXPONENT
    square = radius[:, None, None] * _SQUARE
    corners = np.vstack([xy, (xy[:, None] + square).reshape(-1, 2)])

    def far(corner: np.ndarray, point: np.ndarray) -> np.ndarray:
        return np.asarray(np.hypot(*np.moveaxis(corner - xy[point], -1, 0)) / weight[point])

    near = KDTree(xy).query(corners, k=range(1, min(len(xy), 16) + 1))[1]
    point = near[np.arange(len(corners)), far(corners[:, None], near).argmin(axis=1)]
    triangles = Delaunay(corners).simplices
    edges = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2), axis=2)
    crossed = code[point[edges[..., 0]]] != code[point[edges[..., 1]]]
    edges, crossed = edges[crossed.any(axis=1)], crossed[crossed.any(axis=1)]
    (start, end), (mine, other) = np.moveaxis(corners[edges], 2, 0), np.moveaxis(point[edges], 2, 0)
    lead, lag = far(start, other) - far(start, mine), far(end, mine) - far(end, other)
    part = (lead / np.where(crossed, lead + lag, 1)).clip(0.02, 0.98)[..., None]
    crossing = start + part * (end - start)
    middle = np.average(crossing, axis=1, weights=np.repeat(crossed[..., None], 2, axis=2), keepdims=True)
    borders = np.stack([crossing, np.broadcast_to(middle, crossing.shape)], axis=2)[crossed]
    drawn = shapely.union_all(shapely.linestrings(borders), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(drawn)))
    inside, face = shapely.STRtree(faces).query(shapely.points(corners), predicate="within")
    face, first = np.unique(face, return_index=True)
    owner = code[point[inside[first]]]
    simple = shapely.coverage_simplify(faces, _SIMPLIFIED_M)
    return owner[owner >= 0], simple[face[owner >= 0]]


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
    """No two points at one place, in metres: only one of them would have a cell."""
    places = np.round(xy)
    again = pd.DataFrame(places).groupby([0, 1]).cumcount().to_numpy()[:, None]
    return np.asarray(places + np.round(_PUSH_APART_M * again * np.column_stack([np.cos(again), np.sin(again)])))


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


def _land(outline: Any, projected: str, xy: np.ndarray, radius: np.ndarray) -> Any:
    """The outline in the plane, with an island of its km2 around each point that lies outside."""
    shapes = gpd.GeoSeries([outline], crs=WGS84) if isinstance(outline, shapely.Geometry) else outline.geometry
    shapes = shapes.set_crs(WGS84) if shapes.crs is None else shapes
    land = shapely.make_valid(shapes.to_crs(projected).union_all())
    outside = ~shapely.contains_xy(land, xy)
    islands = shapely.polygons(xy[outside, None] + radius[outside, None, None] * _ISLAND)
    return shapely.union_all([land, *islands])
