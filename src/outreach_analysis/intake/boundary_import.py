"""Official boundaries that an office brings: files as they are published, joined to its areas by code or by name."""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.files import odd_file, replace_file
from outreach_analysis.geocoding.country import Held, compact_name, country
from outreach_analysis.geocoding.names import DESA, KABUPATEN, KECAMATAN
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography import boundaries as faults_of
from outreach_analysis.geography.areas import EARTH_RADIUS_KM, HEADERS
from outreach_analysis.geography.boundaries import WGS84
from outreach_analysis.intake.tables import suggestion_text

ABOVE = {DESA: KECAMATAN, KECAMATAN: KABUPATEN, KABUPATEN: "province"}
_LEVELS = (KABUPATEN, KECAMATAN, DESA)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryLayout:
    """What somebody says of a file of boundaries; what stays None is found out from the file.

    Attributes
    ----------
    code, name, parent
        Column of codes or of area_id; of names, without codes; and of the names of the area above, which tells areas
        of one name apart.
    level, code_system
        Level of the areas wanted (features below it are put together); 'kemendagri' or 'bps'.
    layer, crs
        Layer of a file with several; what its coordinates are in where it does not say it rightly: 'EPSG:32750'.
    """

    code: str | None = None
    name: str | None = None
    parent: str | None = None
    level: str | None = None
    code_system: str | None = None
    layer: str | None = None
    crs: str | None = None

    @property
    def has_columns(self) -> bool:
        """Whether the columns are said."""
        return self.code is not None or self.name is not None


class Columns(NamedTuple):
    """Columns by which features are joined, '' where there is none, and what they hold."""

    code: str
    name: str
    parent: str
    level: str | None
    """Of the areas wanted; None: of any level, as the codes say."""
    own_level: str | None
    """Of the features: that of the areas wanted or below it."""
    code_system: str
    """'' where codes of both systems look so."""
    publisher: str


class BoundaryFile(NamedTuple):
    """Features of a file, the columns to join them by, and notes about what was found out."""

    frame: gpd.GeoDataFrame
    label: str
    columns: Columns
    notes: tuple[str, ...]


class _Published(NamedTuple):
    """A published layout: its columns of kabupaten, kecamatan and desa; of several for names the last that is there."""

    publisher: str
    code_system: str
    codes: str
    names: tuple[str, ...]


_PUBLISHED = (
    _Published("BIG", "kemendagri", "kdpkab kdcpum kdepum", ("wadmkk wadmkc wadmkd",)),
    _Published("HDX COD-AB", "bps", "adm2_pcode adm3_pcode adm4_pcode",
               ("adm2_id adm3_id adm4_id", "adm2_name adm3_name adm4_name", "adm2_en adm3_en adm4_en")),
    _Published("BPS", "bps", "idkab idkec iddesa", ("nmkab nmkec nmdesa",)),
    _Published("GADM", "bps", "cc_2 cc_3 cc_4", ("name_2 name_3 name_4",)),
)  # fmt: skip
_BOUNDARY_LEVELS = {"ADM2": KABUPATEN, "ADM3": KECAMATAN, "ADM4": DESA}
_CODES = ("area_id", *(form.replace(" ", "_") for form in HEADERS["area_id"]), "code", "kode_kec")
_NAMES = (*(form.replace(" ", "_") for form in HEADERS["name"]), "name", "namobj", "nama_kec", "kecamatan")
_PARENTS = {KECAMATAN: ("kabupaten", "kab_kota", "kabkot", "nama_kab"), DESA: ("kecamatan", "nama_kec")}
_LEVEL_OF_DIGITS = {4: KABUPATEN, 6: KECAMATAN, 7: KECAMATAN, 10: DESA}
_PREFIX = re.compile(r"[A-Za-z]{1,5}[-_.: ]?(?=\d)")
_SQUEEZED = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BESIDE_SHP = (".shx", ".dbf")
_NAMED = 30
"""Columns that a message names."""

LAYER_TAKEN = "layer {layer} of {layers}"
COLUMNS_TAKEN = "columns of {publisher}: {columns}"
PREFIX_LEFT_OUT = "before the codes stands {prefixes}; it was left out"
BPS_NOT_READ = "codes of BPS are not read: the areas have no bps_code"
PUT_TOGETHER = "{n} areas were put together from several features each"
NOTES = (LAYER_TAKEN, COLUMNS_TAKEN, PREFIX_LEFT_OUT, BPS_NOT_READ, PUT_TOGETHER)
"""What may be told about a file of boundaries."""


def read_boundary_file(source: Path | str | gpd.GeoDataFrame, layout: BoundaryLayout) -> BoundaryFile:
    """Read a file, or take a frame, and find the columns that its features are joined by."""
    if isinstance(source, gpd.GeoDataFrame):
        return _known(source.reset_index(drop=True), "boundaries", layout, ())
    path = Path(source)
    if not path.exists():
        raise ContractError([failure("missing_file", file=str(path))])
    if odd := odd_file(path, name=path.name):
        raise ContractError([odd])
    if path.suffix.lower() == ".shp":
        missing = [end for end in _BESIDE_SHP if not any(path.with_suffix(e).is_file() for e in (end, end.upper()))]
        if missing:
            raise ContractError([failure("incomplete_shapefile", file=path.name, expected=" and no ".join(missing))])
    try:
        if path.suffix.lower() == ".sql":
            return _known(_read_sql(path), path.name, layout, ())
        layer, notes = _layer(path, layout)
        return _known(gpd.read_file(path, layer=layer), path.name, layout, notes)
    except (RuntimeError, ValueError, OSError) as error:
        if isinstance(error, ContractError | RequestError):
            raise
        what = "it is no file of boundaries that can be read, or it is damaged"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None


def _layer(path: Path, layout: BoundaryLayout) -> tuple[str, tuple[str, ...]]:
    """The layer to read: the one that is said, the only one, or the only one whose features are of the level."""
    names = gpd.list_layers(path)["name"].astype(str).tolist()
    if layout.layer in names or (len(names) == 1 and layout.layer is None):
        return layout.layer or names[0], ()
    fitting = []
    if layout.layer is None:
        for name in names:
            columns = find_columns(gpd.read_file(path, layer=name, ignore_geometry=True), layout)
            if columns and columns.own_level == (layout.level or KECAMATAN):
                fitting.append(name)
    if len(fitting) != 1:
        raise ContractError([failure("unfit_layers", file=path.name, expected=", ".join(names))])
    return fitting[0], (LAYER_TAKEN.format(layer=fitting[0], layers=", ".join(names)),)


def _known(frame: gpd.GeoDataFrame, label: str, layout: BoundaryLayout, notes: tuple[str, ...]) -> BoundaryFile:
    named = [str(header) for header in frame.columns if header != "geometry"]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    headers = ", ".join(named[:_NAMED]) + more
    for column in filter(None, (layout.code, layout.name, layout.parent)):
        if column not in frame.columns:
            raise ContractError([failure("missing_column", file=label, column=column, value=headers)])
    columns = find_columns(pd.DataFrame(frame.drop(columns="geometry", errors="ignore")), layout)
    if columns is None or not isinstance(frame, gpd.GeoDataFrame):
        raise ContractError([failure("unknown_layout", file=label, expected=headers or "no column at all")])
    taken = {"--code": columns.code, "--name": columns.name, "--parent": columns.parent}
    by = [f"{option} {column}" for option, column in taken.items() if column]
    if columns.publisher:
        notes = (*notes, COLUMNS_TAKEN.format(publisher=columns.publisher, columns=", ".join(by)))
    return BoundaryFile(frame, label, columns, notes)


def find_columns(frame: pd.DataFrame, layout: BoundaryLayout) -> Columns | None:
    """The columns that are said, or those of a published layout that hold something; None where none does."""
    if layout.has_columns:
        system = layout.code_system or next(_systems(layout.code), "kemendagri")
        level = layout.level or (KECAMATAN if layout.code is None else None)
        return Columns(layout.code or "", layout.name or "", layout.parent or "", level, level, system, "")
    filled = {str(name).lower(): str(name) for name in frame.columns if frame[name].notna().any()}
    filled = {key: name for key, name in filled.items() if any(texts(frame, name))}
    for one in _PUBLISHED:
        code = _by_level(one.codes, filled)
        name = {level: column for listed in one.names for level, column in _by_level(listed, filled).items()}
        there = [level for level in _LEVELS if level in code or level in name]
        if there:
            level = layout.level or (KECAMATAN if KECAMATAN in there else there[-1])
            if level not in there:
                return None
            above, system = name.get(ABOVE[level], ""), layout.code_system or one.code_system
            return Columns(code.get(level, ""), name.get(level, ""), above, level, there[-1], system, one.publisher)
    if "shapename" in filled:
        said = next(iter(texts(frame, filled["shapetype"]) if "shapetype" in filled else ()), "")
        own = _BOUNDARY_LEVELS.get(said) if said else layout.level or KECAMATAN
        return Columns("", filled["shapename"], "", own, own, "", "geoBoundaries") if own else None
    return _plain_columns(frame, filled, layout)


def _by_level(listed: str, filled: Mapping[str, str]) -> dict[str, str]:
    """Columns that a file has of those that are listed for kabupaten, kecamatan and desa."""
    pairs = zip(_LEVELS, listed.split(), strict=True)
    return {level: filled[column] for level, column in pairs if column in filled}


def _systems(column: str | None) -> Iterator[str]:
    return (one.code_system for one in _PUBLISHED if str(column).lower() in one.codes.split())


def _plain_columns(frame: pd.DataFrame, filled: Mapping[str, str], layout: BoundaryLayout) -> Columns | None:
    """Columns of usual names, such as kode and nama; the codes say the level, and their form mostly the system."""
    code = next((filled[column] for column in _CODES if column in filled), "")
    name = next((filled[column] for column in _NAMES if column in filled), "")
    if not code and not name:
        return None
    level, system = layout.level or (None if code else KECAMATAN), layout.code_system or ""
    own = level
    if code:
        said = pd.Series([_PREFIX.sub("", text) for text in texts(frame, code) if text])
        digits = said.str.count(r"\d").mode().iloc[0]
        own = _LEVEL_OF_DIGITS.get(int(digits))
        level = layout.level or own
        dotted = said.str.contains(".", regex=False).mean() > 1 / 2
        system = system or ("bps" if digits == 7 else "kemendagri" if digits == 6 or dotted else "")
    parents = _PARENTS.get(level or "", ())
    parent = next((filled[column] for column in parents if column in filled), "") if name else ""
    return Columns(code, name, parent, level, own, system, "usual names")


def texts(frame: pd.DataFrame, column: str) -> list[str]:
    """A column as text: whole numbers without decimals, '' where blank."""
    if not column:
        return [""] * len(frame)
    values = frame[column].astype(object).where(frame[column].notna(), "")
    whole = (f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value) for value in values)
    return [text.strip() for text in whole]


def plain_name(text: str) -> str:
    """A name whose words were squeezed together, taken apart: KotaBangun."""
    return text if " " in text else _SQUEEZED.sub(" ", text)


def code_prefix(text: str) -> str:
    """The letters before a code, such as those of a country; '' where there are none."""
    found = _PREFIX.match(text)
    return found.group() if found else ""


# --- The layout of `wilayah_boundaries`: rows of SQL whose path holds rings of [latitude, longitude].


_INSERT = re.compile(r"INSERT\s+(?:IGNORE\s+)?INTO\s+[`\"\w.]+\s*\(([^()]*)\)\s*VALUES", re.IGNORECASE)
_TOKEN = re.compile(r"'([^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+)'|([(),;])|([^\s(),;']+)", re.DOTALL)
_ESCAPED = re.compile(r"''|\\(.)", re.DOTALL)


def _read_sql(path: Path) -> gpd.GeoDataFrame:
    text = path.read_text(encoding="utf-8", errors="replace")
    rows = [row for start in _INSERT.finditer(text) for row in _rows(text, start)]
    frame = pd.DataFrame(rows)
    if "path" not in frame:
        what = "it holds no INSERT with a column path"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)])
    shapes = gpd.GeoSeries([_shape(said) for said in frame.pop("path")], crs=WGS84)
    return gpd.GeoDataFrame(frame, geometry=shapes)


def _rows(text: str, start: re.Match[str]) -> Iterator[dict[str, str]]:
    """The rows behind one INSERT, up to its semicolon."""
    columns = [name.strip(' `"\n') for name in start.group(1).split(",")]
    values: list[str] = []
    for token in _TOKEN.finditer(text, start.end()):
        quoted, mark, bare = token.groups()
        if mark == ";":
            return
        if mark == "(":
            values = []
        elif mark == ")":
            yield dict(zip(columns, values, strict=False))
        elif quoted is not None:
            values.append(_ESCAPED.sub(lambda found: found.group(1) or "'", quoted))
        elif bare:
            values.append("" if bare.upper() == "NULL" else bare)


def _shape(path: object) -> Any:
    """Rings of [latitude, longitude] as a polygon, those of several parts as one of them; None where they are none."""
    try:
        parts = json.loads(str(path))
        while _depth(parts) < _PARTS_DEPTH:
            parts = [parts]
        rings = [[np.asarray(ring, dtype=float)[:, 1::-1] for ring in part] for part in parts]
        polygons = [shapely.Polygon(outer, holes) for outer, *holes in rings]
    except (ValueError, TypeError, IndexError, RecursionError):
        return None
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons) if polygons else None


_PARTS_DEPTH = 4


def _depth(nested: object) -> int:
    depth = 0
    while isinstance(nested, list):
        nested, depth = (nested[0] if nested else None), depth + 1
    return depth if depth else _PARTS_DEPTH


# --- Polygons joined to areas by code and by name, and what is wrong with them.


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
        One row a feature: `row` (from 1), `said` (code or name), `status` (joined, ambiguous, unknown, wrong_level,
        outside, or misplaced: over 50 km from its area's own point), `area_id` ('' unless joined), `how`, suggestions.
    missing
        Names by area_id of areas of that level without a polygon.
    faults
        `area_id, fault, other, km2, detail`: no_polygon, invalid_rings, coordinates_swapped, coordinates_outside,
        no_crs, overlap, gap, point_outside (an area's own point lies over 10 km from its polygon).
    repaired, notes
        Whether what can be repaired was; what was found out: layer, columns, what stands before the codes.
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
    guessed: a feature whose code and name contradict each other is listed with both areas, one over 50 km from its
    area's own point is left out, and a name of several areas belongs to the one whose point is nearest. Features of
    one area are put together; swapped axes, rings, overlaps and gaps are repaired only with `repair`.

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

    Raises
    ------
    ContractError
        Where the file cannot be read, none or several of its layers fit, or no column is known.

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
    placed_wrongly = [("", placing[0], "", np.nan, placing[1])] if placing[0] else []
    of_file = pd.DataFrame(placed_wrongly, columns=list(faults_of.FAULT_COLUMNS))
    return BoundaryImport(
        polygons=gpd.GeoDataFrame(geometry=shapes.rename("geometry"), crs=WGS84),
        ledger=ledger,
        missing=of_level.loc[~of_level.index.isin(shapes.index), "name"],
        faults=pd.concat([of_file, rings, joint, far], ignore_index=True),
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
