"""Official boundaries that an office brings: joined to its areas by code or by name, and checked."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.files import replace_file
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography import boundaries as faults_of
from outreach_analysis.geography.boundaries import WGS84
from outreach_analysis.geography.nesting import EARTH_RADIUS_KM
from outreach_analysis.intake.cells import odd_file
from outreach_analysis.intake.tables import suggestion_text

LEDGER_COLUMNS = ("row", "said", "status", "area_id", "how", "suggestions")
MISPLACED = ("coordinates_swapped", "coordinates_outside")
"""Faults of all polygons together: nothing else can be said about them before they are mended."""

FAR_KM = 10.0
"""From this distance on between an area's own point and its polygon, the two may not be of one area."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundaryImport:
    """Polygons joined to areas, and the account of those that were not.

    Attributes
    ----------
    polygons
        Index `area_id`; `geometry` in WGS84. Only what was joined for sure.
    ledger
        One row a feature of the file: `row` (from 1), `said` (its code or name), `status` (joined, ambiguous,
        unknown, wrong_level, repeated), `area_id` ('' unless joined or repeated), `how` (code, exact, alias, fuzzy,
        partial), `suggestions`.
    missing
        Names by area_id of areas of that level without a polygon.
    faults
        `area_id, fault, other, km2, detail`: no_polygon, invalid_rings, coordinates_swapped, coordinates_outside,
        no_crs, overlap, gap, point_outside (an area's own point lies over 10 km from its polygon).
    repaired
        Whether the faults that can be repaired were: swapped axes, rings, overlaps and gaps.
    """

    polygons: gpd.GeoDataFrame
    ledger: pd.DataFrame
    missing: pd.Series
    faults: pd.DataFrame
    repaired: bool

    def summary(self) -> pd.DataFrame:
        """Features by what became of them: `estimate, ci_low, ci_high, unit`; counts, so without an interval."""
        found = self.ledger["status"].value_counts()
        return pd.DataFrame({"estimate": found, "ci_low": np.nan, "ci_high": np.nan, "unit": "features"})

    def write(self, folder: Path) -> Path:
        """Write `boundaries.geojson` into an office's folder, from where it is read with the rest."""
        path = folder / "boundaries.geojson"
        content = io.BytesIO()
        self.polygons.reset_index().to_file(content, driver="GeoJSON", COORDINATE_PRECISION=6)
        replace_file(path, content.getvalue())
        return path

    def _repr_html_(self) -> str:
        return self.ledger.to_html(max_rows=12, index=False)


def import_boundaries(
    source: Path | str | gpd.GeoDataFrame,
    areas: pd.DataFrame,
    *,
    code: str | None = None,
    name: str | None = None,
    parent: str | None = None,
    level: str | None = "kecamatan",
    code_system: str = "kemendagri",
    aliases: pd.DataFrame | None = None,
    crs: str | None = None,
    repair: bool = False,
) -> BoundaryImport:
    """Join polygons of any file to areas, by a declared code or by name, and name what is wrong with them.

    Nothing is guessed: a name that fits several areas is listed with them, two features of one area are both left
    out, and a code is only read in the system declared. Faults are named; swapped axes, rings, overlaps and gaps
    are repaired only with `repair`.

    Parameters
    ----------
    source
        A file that geopandas reads (GeoJSON, GPKG, Shapefile), or its frame.
    areas
        All levels: index area_id; `name`, `level`, `parent_id`, `lon`, `lat`, and `bps_code` where BPS codes are used.
    code
        Column of codes, or of area_id as they stand in `areas`.
    name, parent
        Column of names, where there is no code; and that of the names of the area above, which tells areas of
        one name apart.
    level
        Level of the features: kabupaten, kecamatan or desa. None: not known, so that a name which areas of two
        levels bear is ambiguous.
    code_system
        'kemendagri' or 'bps'.
    aliases
        Other names, as in `resolve_origins`.
    crs
        What the coordinates are in, where the file does not say it or says it wrongly, such as 'EPSG:32750'.
    repair
        Whether to repair.

    Returns
    -------
    BoundaryImport

    Raises
    ------
    ContractError
        Where the file cannot be read or a column is not there.
    ValueError
        Where not exactly one of code and name is given.

    Examples
    --------
    >>> import shapely
    >>> areas = pd.DataFrame({"name": ["Solok", "Lubuk"], "level": ["kabupaten", "kecamatan"], "parent_id": ["", "K"],
    ...                       "lon": 100.65, "lat": -0.8}, index=["K", "K1"])
    >>> file = gpd.GeoDataFrame({"nama": ["Lubuk", "?"]}, geometry=[shapely.box(100, -1, 101, 0)] * 2, crs="EPSG:4326")
    >>> import_boundaries(file, areas, name="nama").ledger[["said", "status", "area_id"]].values.tolist()
    [['Lubuk', 'joined', 'K1'], ['?', 'unknown', '']]
    """
    if (code is None) == (name is None):
        raise RequestError("give exactly one of code and name: the column to join by")
    frame, label = _read(source)
    for column in filter(None, (code, name, parent)):
        if column not in frame.columns:
            expected = ", ".join(str(header) for header in frame.columns if header != frame.geometry.name)
            raise ContractError([failure("missing_column", file=label, column=column, value=expected)])
    ledger = _joined(frame, areas, code, name, parent, level=level, code_system=code_system, aliases=aliases)
    shapes, placing = _in_degrees(frame.geometry, crs, repair)
    sure = (ledger["status"] == "joined").to_numpy()
    shapes = gpd.GeoSeries(shapes.array[sure], index=pd.Index(ledger.loc[sure, "area_id"], name="area_id"), crs=WGS84)
    rings = faults_of.ring_faults(shapes)
    shapes = shapes[~shapes.index.isin(rings.loc[rings["fault"] == "no_polygon", "area_id"])]
    valid = shapes.make_valid()
    joint = faults_of.joint_faults(valid) if len(valid) and placing[0] not in MISPLACED else rings.iloc[:0]
    if repair and placing[0] not in MISPLACED:
        shapes = faults_of.without_overlaps_and_gaps(valid)
    of_level = areas[areas["level"].isin([level] if level else areas["level"].reindex(shapes.index).unique())]
    return BoundaryImport(
        polygons=gpd.GeoDataFrame(geometry=shapes.rename("geometry"), crs=WGS84),
        ledger=ledger,
        missing=of_level.loc[~of_level.index.isin(shapes.index), "name"],
        faults=pd.concat([_of_file(placing, shapes), rings, joint, _far_points(valid, areas)], ignore_index=True),
        repaired=repair,
    )


def _read(source: Path | str | gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, str]:
    if isinstance(source, gpd.GeoDataFrame):
        return source.reset_index(drop=True), "boundaries"
    path = Path(source)
    if not path.exists():
        raise ContractError([failure("missing_file", file=str(path))])
    try:
        if odd := odd_file(path, name=path.name):
            raise ContractError([odd])
        return gpd.read_file(path), path.name
    except (RuntimeError, ValueError, OSError):
        what = "it is no file of boundaries that can be read, or it is damaged"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None


def _joined(
    frame: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    code: str | None,
    name: str | None,
    parent: str | None,
    *,
    level: str | None,
    code_system: str,
    aliases: pd.DataFrame | None,
) -> pd.DataFrame:
    """What became of each feature."""
    said = frame[code or name].astype("str").fillna("").str.strip()
    if code is not None:
        # published p-codes are the codes of BPS behind those of the country
        stated = pd.DataFrame({"code": said.str.replace(r"^ID(?=\d)", "", regex=True)})
    else:
        stated = pd.DataFrame({level or "address": said})
        if parent is not None:
            above = {"kecamatan": "kabupaten", "desa": "kecamatan"}.get(level or "", "kabupaten")
            stated[above] = frame[parent].astype("str").fillna("")
    found = resolve_origins(stated, areas, aliases=aliases, code_system=code_system)
    area_id = found["area_id"].fillna("")
    how = found["status"].astype(object)
    if code is not None:
        own = said.isin(areas.index)
        area_id, how = area_id.mask(own, said), how.mask(own, "code")
    known_level = area_id.map(areas["level"])
    several = found["suggestions"].map(len) > 0
    status = np.select(
        [(area_id != "") & ((known_level == level) | (level is None)), area_id != "", several],
        ["joined", "wrong_level", "ambiguous"],
        "unknown",
    )
    joined = pd.Series(status == "joined", index=frame.index)
    again = joined & area_id.where(joined).duplicated(keep=False)
    status = np.where(again, "repeated", status)
    suggestions = found["suggestions"].map(suggestion_text).where(status == "ambiguous", "")
    columns = (
        np.arange(1, len(frame) + 1),
        said,
        status,
        area_id.where(joined, ""),
        how.where(joined, ""),
        suggestions,
    )
    return pd.DataFrame(dict(zip(LEDGER_COLUMNS, columns, strict=True))).reset_index(drop=True)


def _in_degrees(shapes: gpd.GeoSeries, crs: str | None, repair: bool) -> tuple[gpd.GeoSeries, tuple[str, str]]:
    """Shapes in WGS84, and what is wrong with their place ('' where nothing is)."""
    unsaid = shapes.crs is None and crs is None
    placed = shapes.set_crs(crs or shapes.crs or WGS84, allow_override=True).to_crs(WGS84).force_2d()
    fault = faults_of.placing_fault(placed)
    if fault == "coordinates_swapped" and repair:
        return faults_of.swap_axes(placed), ("", "")
    if fault:
        return placed, (fault, faults_of.bounds_text(placed))
    return placed, ("no_crs", "taken for longitude and latitude WGS84") if unsaid else ("", "")


def _of_file(placing: tuple[str, str], shapes: gpd.GeoSeries) -> pd.DataFrame:
    rows = [("", placing[0], "", np.nan, placing[1])] if placing[0] else []
    return pd.DataFrame(rows, columns=list(faults_of.FAULT_COLUMNS))


def _far_points(shapes: gpd.GeoSeries, areas: pd.DataFrame) -> pd.DataFrame:
    """Areas whose own point lies far from the polygon that was joined to them."""
    known = areas.loc[areas.index.isin(shapes.index), ["lon", "lat"]].dropna()
    points = gpd.GeoSeries(gpd.points_from_xy(known["lon"], known["lat"]), index=known.index, crs=WGS84)
    # near enough to the equator for degrees to be of one length both ways
    degrees = shapely.distance(shapes.reindex(known.index).array, points.array)
    km = pd.Series(np.asarray(degrees) * np.pi / 180 * EARTH_RADIUS_KM, index=known.index)
    rows = [(area_id, "point_outside", "", np.nan, f"{away:.0f} km") for area_id, away in km[km > FAR_KM].items()]
    return pd.DataFrame(rows, columns=list(faults_of.FAULT_COLUMNS))
