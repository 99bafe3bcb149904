"""The areas an office serves: names, people, points and polygons, from the package or from the office itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.bundled import bundled_data
from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.errors import RequestError
from outreach_analysis.geography.areas_file import LEVELS, AreasTable, read_areas_file
from outreach_analysis.geography.boundaries import INDICATIVE, WGS84, indicative_cells
from outreach_analysis.geography.boundary_faults import bounds_text, placing_fault
from outreach_analysis.geography.hierarchy import nests_by_dots, parts_of
from outreach_analysis.settings import Settings

OFFICIAL = "official"
AREA_COLUMNS = (
    "name",
    "level",
    "parent_id",
    "parent_name",
    "population",
    "population_source",
    "area_km2",
    "lon",
    "lat",
    "seat_lon",
    "seat_lat",
    "seat_source",
    "access",
    "bps_code",
    "in_jurisdiction",
    "geometry",
    "geometry_kind",
)
BOUNDARY_FILES = ("boundaries.geojson", "boundaries.gpkg", "boundaries.shp", "boundaries.json")
_DRAWN = ("kabupaten", "kecamatan")


def load_areas(
    level: str = "kecamatan",
    *,
    settings: Settings | None = None,
    path: Path | str | None = None,
    table: AreasTable | None = None,
) -> gpd.GeoDataFrame:
    """Load the areas of one level, or of all, with people, points and polygons.

    Parameters
    ----------
    level
        'province', 'kabupaten', 'kecamatan', 'desa', or 'all' for all levels together.
    settings
        For the reference that comes with the package, the jurisdiction, and how files are read.
    path
        An office's own `areas.csv`, or a folder with `areas.csv`, official `boundaries.geojson` (or .gpkg,
        .shp; one feature an area, with `area_id`), or both. What the folder lacks comes from the package.
    table
        An office's own table of areas that was read already, such as a workbook; `path` is then the folder in which
        boundaries may stand.

    Returns
    -------
    GeoDataFrame
        Index `area_id` (text), in the order of the table; EPSG:4326. Columns: name, level, parent_id,
        parent_name, population (residents), population_source, area_km2, lon, lat (degrees; where people
        live), seat_lon, seat_lat, seat_source (the area's office), access (road, river, ferry, air), bps_code,
        in_jurisdiction, geometry, geometry_kind. Text is '' and numbers are NaN where unknown. Kecamatan and
        kabupaten have a polygon, 'official' from the office's boundaries, else 'indicative'; others have
        geometry None and geometry_kind '' unless the boundaries hold them. Where ids do not nest by their dots,
        also `parts`: ids of all areas inside each (see `enclosing_area`).

    Raises
    ------
    ValueError
        Where `level` is none of the five.
    ContractError
        With every fault of the tables: see the data contract.

    Notes
    -----
    An area is in the jurisdiction where it or an area above it is named in `settings.jurisdiction`. A table
    that holds none of the DEFAULT jurisdiction belongs to another office and is in its jurisdiction entirely;
    a jurisdiction that somebody wrote and that the table does not know is a fault.

    Sources of the bundled tables, with years and licences, stand in data/reference/kaltim/*.toml.

    Examples
    --------
    >>> areas = load_areas()
    >>> len(areas), int(areas["population"].sum()), int(areas["in_jurisdiction"].sum())
    (105, 4123303, 72)
    >>> areas.loc["64.02.06", ["name", "parent_name"]].tolist()
    ['Tenggarong', 'Kabupaten Kutai Kartanegara']
    """
    if level not in (*LEVELS, "all"):
        raise RequestError(f"level '{level}' is none of {', '.join(LEVELS)}, all")
    settings = settings or Settings()
    table_path, boundaries_path = _files(path, settings, own_table=table is not None)
    if table is not None:
        table_path = table_path.with_name(table.name)
    read = read_areas_file(table_path, settings=settings, lines=None if table is None else table.lines)
    read["in_jurisdiction"] = _in_jurisdiction(read, settings)
    polygons = pd.Series(None, index=read.index, dtype=object)
    kinds = pd.Series("", index=read.index)
    if boundaries_path is not None:
        official = _read_polygons(boundaries_path, read.index)
        polygons.update(_with_parents(official, read))
        kinds = kinds.mask(polygons.notna(), OFFICIAL)
        read = _located(read, polygons)
    if level in (*_DRAWN, "all"):
        drawn = _indicative(read, table_path.with_name("cells.geojson"))
        kinds = kinds.mask(polygons.isna() & drawn.notna(), INDICATIVE)
        polygons = polygons.where(polygons.notna(), drawn)
    areas = gpd.GeoDataFrame(
        read.assign(geometry_kind=kinds), geometry=gpd.GeoSeries(polygons, index=read.index, crs=WGS84)
    )
    wanted = areas if level == "all" else areas[areas["level"] == level]
    wanted = wanted[list(AREA_COLUMNS)].copy()
    if not nests_by_dots(read["parent_id"]):
        wanted["parts"] = parts_of(read["parent_id"]).reindex(wanted.index)
    return wanted


def load_aliases(*, settings: Settings | None = None) -> pd.DataFrame:
    """Load the other names of the bundled areas: nicknames, former names and codes, spellings seen in lists.

    Parameters
    ----------
    settings
        For the name of the reference that comes with the package.

    Returns
    -------
    DataFrame
        alias, area_id, kind (nickname, everyday, former_spelling, misspelling, old_name, old_code), source.
        An alias may be the current name of another area: it holds within its kabupaten. A name that fits
        several kecamatan points to their kabupaten.

    Raises
    ------
    ContractError
        Where no reference of that name comes with the package.

    Examples
    --------
    >>> load_aliases().set_index("alias")["area_id"].loc[["Kukar", "Sangatta"]].to_dict()
    {'Kukar': '64.02', 'Sangatta': '64.08'}
    """
    folder = _reference(settings or Settings())
    return pd.read_csv(folder / "aliases.csv", dtype=str, keep_default_na=False)


def _reference(settings: Settings) -> Path:
    try:
        return bundled_data(f"reference/{settings.reference}")
    except FileNotFoundError:
        fault = failure(
            "bad_setting",
            file="outreach.toml",
            column="areas.reference",
            value=settings.reference,
            expected="the name of a bundled reference, such as kaltim, or hand in areas.csv",
        )
        raise ContractError([fault]) from None


def _files(path: Path | str | None, settings: Settings, *, own_table: bool) -> tuple[Path, Path | None]:
    """The areas table to read, and the official boundaries if there are any."""
    if path is None:
        return _reference(settings) / "areas.csv", None
    path = Path(path)
    if not path.is_dir():
        return path, None
    boundaries = next((path / name for name in BOUNDARY_FILES if (path / name).is_file()), None)
    table = path / "areas.csv"
    if boundaries is not None and not table.is_file() and not own_table:
        table = _reference(settings) / "areas.csv"
    return table, boundaries


def _in_jurisdiction(table: pd.DataFrame, settings: Settings) -> pd.Series:
    named = set(settings.jurisdiction)
    unknown = sorted(named - set(table.index))
    if named == set(Settings().jurisdiction):
        if len(unknown) == len(named):
            return pd.Series(True, index=table.index)
    elif unknown:
        raise ContractError(
            failure("unknown_area", file="outreach.toml", column="areas.jurisdiction", value=area_id)
            for area_id in unknown
        )
    inside = pd.Series(table.index.isin(named), index=table.index)
    for _ in LEVELS:
        inside |= table["parent_id"].isin(table.index[inside])
    return inside


def _read_polygons(path: Path, known: pd.Index) -> pd.Series:
    """Polygons by area_id from a file of boundaries, in WGS84, repaired where they cross themselves."""
    try:
        read = gpd.read_file(path)
    except (RuntimeError, ValueError, OSError):
        what = "it is no file of boundaries that can be read, or it is damaged"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None
    if "area_id" not in read.columns:
        raise ContractError([failure("missing_column", file=path.name, column="area_id")])
    ids = read["area_id"].astype(str)
    read = read.set_crs(WGS84) if read.crs is None else read.to_crs(WGS84)
    shapes = pd.Series(read.geometry.force_2d().make_valid().to_numpy(), index=ids, dtype=object)
    failures: list[Failure] = []
    misplaced = placing_fault(read)
    if misplaced:
        failures.append(failure(misplaced, file=path.name, column="geometry", value=bounds_text(read)))
    for number, (area_id, shape) in enumerate(shapes.items(), start=1):
        place: dict[str, Any] = {"file": path.name, "row": number, "column": "area_id", "value": str(area_id)}
        if area_id not in known:
            failures.append(failure("unknown_area", **place))
        if (ids == area_id).sum() > 1:
            failures.append(failure("duplicate_key", count=int((ids == area_id).sum()), **place))
        if shape is None or shape.area == 0:
            failures.append(failure("bad_areas", expected="has no polygon", **place))
    if failures:
        raise ContractError(failures)
    return shapes


def _with_parents(polygons: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Add the outline of each area above, where it has none of its own and all its parts have one."""
    shapes: dict[Any, Any] = polygons.to_dict()
    for level in ("desa", "kecamatan"):
        parts = table[table["level"] == level]
        for parent_id, rows in parts.groupby("parent_id").groups.items():
            if parent_id and parent_id not in shapes and all(area_id in shapes for area_id in rows):
                shapes[parent_id] = shapely.union_all([shapes[area_id] for area_id in rows], grid_size=1e-6)
    return pd.Series(shapes, dtype=object)


def _located(table: pd.DataFrame, polygons: pd.Series) -> pd.DataFrame:
    """Points and km2 from the official polygons, where the table has none."""
    shapes = gpd.GeoSeries(polygons, crs=WGS84)
    inside = shapes.representative_point()
    centre_lon, centre_lat = (float(np.nanmean(axis)) for axis in (inside.x, inside.y))
    plane = f"+proj=laea +lon_0={centre_lon:.3f} +lat_0={centre_lat:.3f} +datum=WGS84 +units=m"
    km2 = (shapes.to_crs(plane).area / 1e6).round(3)
    no_point = table["lon"].isna()
    return table.assign(
        lon=table["lon"].fillna(inside.x),
        lat=table["lat"].fillna(inside.y),
        seat_source=table["seat_source"].mask(no_point & inside.notna(), "point inside the boundary"),
        seat_lon=table["seat_lon"].fillna(inside.x),
        seat_lat=table["seat_lat"].fillna(inside.y),
        area_km2=table["area_km2"].fillna(km2),
    )


def _indicative(table: pd.DataFrame, stored: Path) -> pd.Series:
    """Cells stored beside the table, else drawn from its points; None where an area has neither."""
    if stored.is_file():
        return _read_polygons(stored, table.index).reindex(table.index)
    drawn = []
    for level in _DRAWN:
        areas = table[table["level"] == level]
        points = _finest_below(table, areas.index)
        drawn.append(indicative_cells(areas, points=points).geometry)
    cells = pd.concat(drawn)
    return pd.Series(cells.to_numpy(), index=cells.index, dtype=object).reindex(table.index)


def _finest_below(table: pd.DataFrame, area_ids: pd.Index) -> pd.DataFrame:
    """The lowest areas with a point below each area, `parent_id` being that area."""
    below = table[["parent_id", "lon", "lat", "area_km2"]].dropna(subset=["lon", "lat"])
    above = below["parent_id"]
    for _ in LEVELS:
        above = above.where(above.isin(area_ids) | (above == ""), above.map(table["parent_id"]).fillna(""))
    below = below.assign(parent_id=above)[above != ""]
    inner = table.loc[below.index, "parent_id"].unique()
    return below[~below.index.isin(inner)]
