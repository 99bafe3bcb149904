"""Official boundaries that an office brings: joined to its areas by code or by name, and checked."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.files import replace_file
from outreach_analysis.geocoding.country import Held, compact_name, country
from outreach_analysis.geocoding.names import DESA, KABUPATEN, KECAMATAN
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography import boundaries as faults_of
from outreach_analysis.geography.areas import EARTH_RADIUS_KM
from outreach_analysis.geography.boundaries import WGS84
from outreach_analysis.intake.boundary_files import (
    ABOVE,
    BPS_NOT_READ,
    PREFIX_LEFT_OUT,
    PUT_TOGETHER,
    BoundaryFile,
    BoundaryLayout,
    code_prefix,
    plain_name,
    read_boundary_file,
    texts,
)
from outreach_analysis.intake.tables import suggestion_text

LEDGER_COLUMNS = ("row", "said", "status", "area_id", "how", "suggestions")
MISPLACED = ("coordinates_swapped", "coordinates_outside")
"""Faults of all polygons together: nothing else can be said about them before they are mended."""

FAR_KM, ELSEWHERE_KM = 10.0, 50.0
"""Between an area's own point and its polygon: from the first on the two may not be of one area, and from the second
on they are not, whatever code or name says."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundaryImport:
    """Polygons joined to areas, and the account of those that were not.

    Attributes
    ----------
    polygons
        Index `area_id`; `geometry` in WGS84. Only what was joined for sure.
    ledger
        One row a feature of the file: `row` (from 1), `said` (its code or name), `status` (joined; ambiguous;
        unknown; wrong_level; outside: of an area elsewhere; misplaced: over 50 km from its area's own point),
        `area_id` ('' unless joined), `how` (code, exact, alias, fuzzy, partial), `suggestions`.
    missing
        Names by area_id of areas of that level without a polygon.
    faults
        `area_id, fault, other, km2, detail`: no_polygon, invalid_rings, coordinates_swapped, coordinates_outside,
        no_crs, overlap, gap, point_outside (an area's own point lies over 10 km from its polygon).
    repaired
        Whether the faults that can be repaired were: swapped axes, rings, overlaps and gaps.
    notes
        What was found out from the file: its layer, its columns, what stands before its codes.
    """

    polygons: gpd.GeoDataFrame
    ledger: pd.DataFrame
    missing: pd.Series
    faults: pd.DataFrame
    repaired: bool
    notes: tuple[str, ...] = ()

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
    layout: BoundaryLayout | None = None,
    aliases: pd.DataFrame | None = None,
    repair: bool = False,
) -> BoundaryImport:
    """Join polygons of any file to areas, by code and by name, and name what is wrong with them.

    Columns of BIG, HDX COD-AB, BPS, GADM, geoBoundaries and wilayah_boundaries are known by themselves. Nothing is
    guessed: a feature whose code and name contradict each other is listed with both areas, one that lies over 50 km
    from its area's own point is left out, and a name that several areas of the country bear belongs to the one whose
    point is nearest. Several features of one area are put together. Faults are named; swapped axes, rings, overlaps
    and gaps are repaired only with `repair`.

    Parameters
    ----------
    source
        A file that geopandas reads (GeoJSON, GPKG, Shapefile, or a .zip of it), SQL of wilayah_boundaries, or a frame.
    areas
        All levels: index area_id; `name`, `level`, `parent_id`, `lon`, `lat`, and `bps_code` where BPS codes are used.
    layout
        What somebody says of the file; None: all of it is found out.
    aliases
        Other names, as in `resolve_origins`.
    repair
        Whether to repair.

    Returns
    -------
    BoundaryImport

    Raises
    ------
    ContractError
        Where the file cannot be read, none or several of its layers fit, or no column is known.
    ValueError
        Where both code and name are said.

    Examples
    --------
    >>> import shapely
    >>> areas = pd.DataFrame({"name": ["Solok", "Lubuk"], "level": ["kabupaten", "kecamatan"], "parent_id": ["", "K"],
    ...                       "lon": 100.65, "lat": -0.8}, index=["K", "K1"])
    >>> file = gpd.GeoDataFrame({"nama": ["Lubuk", "?"]}, geometry=[shapely.box(100, -1, 101, 0)] * 2, crs="EPSG:4326")
    >>> import_boundaries(file, areas).ledger[["said", "status", "area_id"]].values.tolist()
    [['Lubuk', 'joined', 'K1'], ['?', 'unknown', '']]
    """
    layout = layout or BoundaryLayout()
    if layout.code is not None and layout.name is not None:
        raise RequestError("say one of code and name: the column to join by")
    file = read_boundary_file(source, layout)
    shapes, placing = _in_degrees(file.frame.geometry, layout.crs, repair)
    placed = placing[0] not in MISPLACED
    places = _Places(areas, shapes if placed else None)
    ledger, far = _joined(file, places, aliases=aliases)
    sure = (ledger["status"] == "joined").to_numpy()
    shapes, together = _put_together(shapes.array[sure], ledger.loc[sure, "area_id"])
    rings = faults_of.ring_faults(shapes)
    shapes = shapes[~shapes.index.isin(rings.loc[rings["fault"] == "no_polygon", "area_id"])]
    valid = shapes.make_valid()
    joint = faults_of.joint_faults(valid) if len(valid) and placed else rings.iloc[:0]
    if repair and placed:
        shapes = faults_of.without_overlaps_and_gaps(valid)
    level = file.columns.level
    of_level = areas[areas["level"].isin([level] if level else areas["level"].reindex(shapes.index).unique())]
    return BoundaryImport(
        polygons=gpd.GeoDataFrame(geometry=shapes.rename("geometry"), crs=WGS84),
        ledger=ledger,
        missing=of_level.loc[~of_level.index.isin(shapes.index), "name"],
        faults=pd.concat([_of_file(placing, shapes), rings, joint, far], ignore_index=True),
        repaired=repair,
        notes=(*file.notes, *places.notes(file), *together),
    )


class _Places:
    """Where features lie: how far from the points of an area, of the office's own or of the country's."""

    def __init__(self, areas: pd.DataFrame, shapes: gpd.GeoSeries | None) -> None:
        self.areas, self._shapes = areas, shapes
        self._points = areas[["lon", "lat"]].to_numpy(dtype=float)
        self._row = {str(area_id): at for at, area_id in enumerate(areas.index)}
        self._inside = areas.groupby("parent_id", sort=False).indices
        self._named: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for area_id, name, level in areas[["name", "level"]].itertuples():
            self._named[level, compact_name(name, level)].append(area_id)
        ids = areas.index.astype(str)
        level, name, parent = (
            dict(zip(ids, areas[one].astype(str), strict=True)) for one in ("level", "name", "parent_id")
        )
        self._held = Held(level, name, parent)
        codes = areas["bps_code"].dropna().astype(str) if "bps_code" in areas else pd.Series(dtype="str")
        self._bps = set(codes.str.replace(r"\D", "", regex=True).str[:4]) - {""}

    def notes(self, file: BoundaryFile) -> tuple[str, ...]:
        """What is to be told about the codes of a file."""
        codes = texts(file.frame, file.columns.code)
        prefixes = sorted({code_prefix(code) for code in codes if code not in self.areas.index} - {""})
        notes = [PREFIX_LEFT_OUT.format(prefixes=", ".join(prefixes[:3]))] if prefixes else []
        if file.columns.code and file.columns.code_system == "bps" and not self._bps:
            notes.append(BPS_NOT_READ)
        return tuple(notes)

    def own(self, name: str, level: str) -> list[str]:
        """Own areas of a name."""
        return self._named.get((level, compact_name(name, level)), [])

    def others(self, name: str, level: str) -> list[str]:
        """Codes of areas of a name in the rest of the country."""
        if level not in (KABUPATEN, KECAMATAN, DESA):
            return []
        return [code for code in country().named(compact_name(name, level), level) if self._held.is_outside(code)]

    def is_elsewhere(self, code: str, system: str) -> bool:
        """Whether a code is of a kabupaten that the office does not hold."""
        digits = "".join(filter(str.isdigit, code))
        if system == "bps":
            return bool(self._bps) and len(digits) > 1 and digits[:4] not in self._bps
        dotted = f"{digits[:2]}.{digits[2:4]}"
        return dotted in country().kabupaten and self._held.is_outside(dotted)

    def km(self, feature: int, area_id: str) -> float:
        """From a feature to its area's own point, else to the points of the areas inside, the middle of them."""
        at = self._row[area_id]
        blank = np.isnan(self._points[at]).any()
        return self._away(feature, self._points[self._inside.get(area_id, [at]) if blank else [at]])

    def km_of_other(self, feature: int, code: str) -> float:
        """The same of an area of the country."""
        inside = (row for one, row in country().kecamatan_rows.items() if (one + ".").startswith(code + "."))
        return self._away(feature, np.array([(row["lon"], row["lat"]) for row in inside], dtype=float).reshape(-1, 2))

    def _away(self, feature: int, points: np.ndarray) -> float:
        known = points[~np.isnan(points).any(axis=1)]
        if self._shapes is None or not len(known):
            return np.nan
        # near enough to the equator for degrees to be of one length both ways
        degrees = shapely.distance(self._shapes.iloc[feature], shapely.points(known))
        return float(np.median(degrees) * np.pi / 180 * EARTH_RADIUS_KM)


def _joined(file: BoundaryFile, places: _Places, *, aliases: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What became of each feature; and the areas whose own point lies far from what was said to be theirs."""
    columns, areas = file.columns, places.areas
    codes = [
        text if text in areas.index else text.removeprefix(code_prefix(text))
        for text in texts(file.frame, columns.code)
    ]
    names = [plain_name(text) for text in texts(file.frame, columns.name)]
    stated = pd.DataFrame({"code": codes, columns.level or "address": names})
    if columns.parent:
        stated[ABOVE[columns.level or KECAMATAN]] = list(map(plain_name, texts(file.frame, columns.parent)))
    strange = next((code for code in codes if code and code not in areas.index), "")
    if strange and not columns.code_system:
        raise ContractError([failure("unclear_code_system", file=file.label, column=columns.code, value=strange)])
    system = columns.code_system or "kemendagri"
    found = resolve_origins(stated, areas, aliases=aliases, code_system=system)
    decided = [
        _decided(feature, one, (code, name), file, places)
        for feature, (one, code, name) in enumerate(zip(found.itertuples(), codes, names, strict=True))
    ]
    made = pd.DataFrame(decided, columns=["status", "area_id", "how", "suggestions"])
    made["km"] = [places.km(feature, one) if one else np.nan for feature, one in enumerate(made["area_id"])]
    # of an area in several parts the nearest counts, but a bare name may be of several areas
    parts = made["area_id"].where((made["how"] == "code") | (columns.parent != ""), made.index)
    made["km"] = made["km"].groupby(parts).transform("min")
    made.loc[(made["km"] > ELSEWHERE_KM) & (made["status"] == "joined"), "status"] = "misplaced"
    joined = made["area_id"].isin(made.loc[made["status"] == "joined", "area_id"])
    far = made[(made["km"] > FAR_KM) & ((made["status"] == "joined") | ~joined)].drop_duplicates("area_id")
    rows = [(one, "point_outside", "", np.nan, f"{km:.0f} km") for one, km in far[["area_id", "km"]].to_numpy()]
    said = [code or name for code, name in zip(texts(file.frame, columns.code), names, strict=True)]
    lost = made["status"] == "misplaced"
    made.loc[lost, "suggestions"] = [
        f"{areas.loc[one, 'name']} ({one}), {km:.0f} km from its point"
        for one, km in made.loc[lost, ["area_id", "km"]].to_numpy()
    ]
    made.loc[made["status"] != "joined", ["area_id", "how"]] = ""
    made.insert(0, "said", said)
    made.insert(0, "row", np.arange(1, len(said) + 1))
    return made[list(LEDGER_COLUMNS)], pd.DataFrame(rows, columns=list(faults_of.FAULT_COLUMNS))


def _decided(
    feature: int, found: Any, said: tuple[str, str], file: BoundaryFile, places: _Places
) -> tuple[str, str, str, str]:
    """Status, area, how and suggestions of one feature, by its code and name, then by where it lies."""
    (code, name), columns = said, file.columns
    area_id, how = found.area_id if isinstance(found.area_id, str) else "", str(found.status)
    suggestions = suggestion_text(found.suggestions)
    elsewhere = bool(code) and places.is_elsewhere(code, columns.code_system)
    if any(one.reason == "contradiction" for one in found.suggestions):
        # a name that others bear as well contradicts no code of theirs
        theirs = elsewhere and columns.level is not None and places.others(name, columns.level)
        return ("outside", "", "", "") if theirs else ("ambiguous", "", "", suggestions)
    if not area_id and not found.suggestions and code in places.areas.index:
        area_id, how = code, "code"
    if found.level.startswith("outside") or (elsewhere and how != "code"):
        return "outside", "", "", ""
    if how != "code" and name and columns.level and not (area_id and columns.parent):
        own = places.own(name, columns.level) or [area_id] * bool(area_id)
        others = places.others(name, columns.level)
        if others and not own:
            return "outside", "", "", ""
        area_id, how = (area_id, how) if len(own) == 1 and not others else _nearest(feature, own, others, places)
        if how == "outside":
            return "outside", "", "", ""
        suggestions = suggestions or "; ".join(f"{places.areas['name'][one]!s} ({one})" for one in own)
    if not area_id:
        return "ambiguous" if suggestions else "unknown", "", "", suggestions
    wrong = columns.level is not None and places.areas.loc[area_id, "level"] != columns.level
    return "wrong_level" if wrong else "joined", area_id, how, ""


def _nearest(feature: int, own: list[str], others: list[str], places: _Places) -> tuple[str, str]:
    """Of areas that bear a feature's name the one whose point is nearest, '' where points do not tell."""
    own_km = sorted((places.km(feature, one), one) for one in own)
    other_km = [places.km_of_other(feature, code) for code in others]
    if not own_km or np.isnan([km for km, _ in own_km]).any():
        return "", ""
    (best, area_id), runner_up = own_km[0], own_km[1][0] if own_km[1:] else np.inf
    if min(other_km, default=np.inf) < best:
        return "", "outside"
    if best == runner_up or (np.isnan(other_km).any() and best > 0):
        return "", ""
    return area_id, "exact"


def _put_together(shapes: Any, area_ids: pd.Series) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    """One shape an area, of its polygons alone; and a note of how many areas came in several features."""
    rows = pd.Series(np.arange(len(area_ids))).groupby(area_ids.to_numpy(), sort=False).indices
    whole = {}
    for area_id, at in rows.items():
        shape = shapes[at[0]] if len(at) == 1 else shapely.union_all(shapely.make_valid(np.asarray(shapes)[at]))
        collected = shape is not None and shape.geom_type == "GeometryCollection"
        whole[area_id] = faults_of.polygons_of(shape) if collected else shape
    several = sum(len(at) > 1 for at in rows.values())
    notes = (PUT_TOGETHER.format(n=several),) if several else ()
    index = pd.Index(list(whole), name="area_id", dtype="str")
    return gpd.GeoSeries(list(whole.values()), index=index, crs=WGS84), notes


def _in_degrees(shapes: gpd.GeoSeries, crs: str | None, repair: bool) -> tuple[gpd.GeoSeries, tuple[str, str]]:
    """Shapes in WGS84, and what is wrong with their place ('' where nothing is)."""
    unsaid = shapes.crs is None and crs is None
    try:
        placed = shapes.set_crs(crs or shapes.crs or WGS84, allow_override=True).to_crs(WGS84).force_2d()
    except CRSError:
        raise RequestError.in_words("'{crs}' is no reference system; write one such as EPSG:32750", crs=crs) from None
    fault = faults_of.placing_fault(placed)
    if fault == "coordinates_swapped" and repair:
        return faults_of.swap_axes(placed), ("", "")
    if fault:
        return placed, (fault, faults_of.bounds_text(placed))
    return placed, ("no_crs", "taken for longitude and latitude WGS84") if unsaid else ("", "")


def _of_file(placing: tuple[str, str], shapes: gpd.GeoSeries) -> pd.DataFrame:
    rows = [("", placing[0], "", np.nan, placing[1])] if placing[0] else []
    return pd.DataFrame(rows, columns=list(faults_of.FAULT_COLUMNS))
