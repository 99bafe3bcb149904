"""Files of boundaries as they are published: read whatever their kind, their columns known by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.files import odd_file
from outreach_analysis.geography.areas import HEADERS
from outreach_analysis.geography.boundaries import WGS84

DESA, KECAMATAN, KABUPATEN = "desa", "kecamatan", "kabupaten"
ABOVE = {DESA: KECAMATAN, KECAMATAN: KABUPATEN, KABUPATEN: "province"}
_ADM = {KABUPATEN: 2, KECAMATAN: 3, DESA: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryLayout:
    """What somebody says of a file of boundaries; what stays None is found out from the file.

    Attributes
    ----------
    code
        Column of codes, or of area_id as they stand in the areas.
    name, parent
        Column of names, where there is no code; and that of the names of the area above, which tells areas of
        one name apart.
    level
        Level of the areas wanted: kabupaten, kecamatan or desa. Features below it are put together.
    code_system
        'kemendagri' or 'bps'.
    layer
        Layer of a file with several.
    crs
        What the coordinates are in, where the file does not say it or says it wrongly, such as 'EPSG:32750'.
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
    publisher: str
    code_system: str
    codes: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]


_PUBLISHED = (
    _Published(
        "BIG",
        "kemendagri",
        {KABUPATEN: "kdpkab", KECAMATAN: "kdcpum", DESA: "kdepum"},
        {KABUPATEN: ("wadmkk",), KECAMATAN: ("wadmkc",), DESA: ("wadmkd",)},
    ),
    _Published(
        "HDX COD-AB",
        "bps",
        {level: f"adm{n}_pcode" for level, n in _ADM.items()},
        {level: (f"adm{n}_en", f"adm{n}_name", f"adm{n}_id") for level, n in _ADM.items()},
    ),
    _Published(
        "BPS",
        "bps",
        {KABUPATEN: "idkab", KECAMATAN: "idkec", DESA: "iddesa"},
        {KABUPATEN: ("nmkab",), KECAMATAN: ("nmkec",), DESA: ("nmdesa",)},
    ),
    _Published(
        "GADM",
        "bps",
        {level: f"cc_{n}" for level, n in _ADM.items()},
        {level: (f"name_{n}",) for level, n in _ADM.items()},
    ),
)
_BOUNDARY_LEVELS = {f"ADM{n}": level for level, n in _ADM.items()}
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
        system = layout.code_system or next((system for _, system in _systems(layout.code)), "kemendagri")
        level = layout.level or (KECAMATAN if layout.code is None else None)
        return Columns(layout.code or "", layout.name or "", layout.parent or "", level, level, system, "")
    filled = {str(name).lower(): str(name) for name in frame.columns if frame[name].notna().any()}
    filled = {key: name for key, name in filled.items() if any(texts(frame, name))}
    for one in _PUBLISHED:
        code = {level: filled[column] for level, column in one.codes.items() if column in filled}
        name = {level: filled[c] for level, forms in one.names.items() for c in forms[::-1] if c in filled}
        there = [level for level in _ADM if level in code or level in name]
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


def _systems(column: str | None) -> Iterator[tuple[str, str]]:
    return ((one.publisher, one.code_system) for one in _PUBLISHED if str(column).lower() in one.codes.values())


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
