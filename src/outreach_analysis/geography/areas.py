"""The areas of an office: their table, their names, residents and points, which lies in which, and how far apart."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.contracts import ACCESS, AREAS, ContractError, Failure, RequestError, failure
from outreach_analysis.files import bundled_data, refuse_odd
from outreach_analysis.geography.boundaries import (
    INDICATIVE,
    LAT,
    LON,
    WGS84,
    bounds_text,
    indicative_cells,
    placing_fault,
)
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.settings import Settings

# --- Which listed area an id lies in: desa in kecamatan, kecamatan in kabupaten.


def enclosing_area(area_ids: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """The area of a table that holds each id: the id itself, the area it is a part of, or its longest listed prefix."""
    listed = set(areas.index)
    if "parts" in areas.columns:
        inside = {part: area_id for area_id, parts in areas["parts"].items() for part in parts}
        own = {area_id: area_id for area_id in listed}
        return area_ids.map({**inside, **own}).astype("str")

    def holder(area_id: object) -> object:
        parts = str(area_id).split(".")
        prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((prefix for prefix in prefixes if prefix in listed), pd.NA)

    distinct = {area_id: holder(area_id) for area_id in area_ids.dropna().unique()}
    return area_ids.map(distinct).astype("str")


def nests_by_dots(parent_of: pd.Series) -> bool:
    """Whether every id with a parent begins with the parent's id and a dot."""
    return all(not parent or str(area_id).startswith(f"{parent}.") for area_id, parent in parent_of.items())


def parts_of(parent_of: pd.Series) -> pd.Series:
    """Ids of all areas inside each area, at any depth, as tuples in the order of the table."""
    parents = {str(area_id): str(parent) for area_id, parent in parent_of.items()}
    inside: dict[str, list[str]] = {area_id: [] for area_id in parents}
    for area_id, parent in parents.items():
        above = parent
        while above in inside:
            inside[above].append(area_id)
            above = parents[above]
    return pd.Series({area_id: tuple(parts) for area_id, parts in inside.items()}, index=parent_of.index, dtype=object)


# --- Distances on the globe.


EARTH_RADIUS_KM = 6371.0088


def great_circle_km(origins: pd.DataFrame, destinations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance between every two points (haversine), in km."""
    lon1, lat1 = (np.radians(column_of(origins, name))[:, None] for name in ("lon", "lat"))
    lon2, lat2 = (np.radians(column_of(destinations, name))[None, :] for name in ("lon", "lat"))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    distance: np.ndarray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def column_of(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column as floats; all NaN where there is none of that name."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan))


def refuse_missing_points(
    frame: pd.DataFrame, name: str, *, needed: np.ndarray | bool = True, remedy: str = ""
) -> None:
    """Refuse a table of areas or sites in which some that need coordinates have none, naming each."""
    lost = (np.isnan(column_of(frame, "lon")) | np.isnan(column_of(frame, "lat"))) & needed
    if lost.any():
        ids = ", ".join(map(str, frame.index[lost]))
        raise RequestError(f"{int(lost.sum())} {name} without coordinates: {ids}{remedy}")


# --- Reading and checking a table of areas: all its faults at once, before any number is divided by it.


LEVELS = ("province", "kabupaten", "kecamatan", "desa")
_OPTIONAL_TEXT = ("level", "population_source", "parent_name", "seat_source", "access", "bps_code")
_OPTIONAL_NUMBERS = ("area_km2", "lon", "lat", "seat_lon", "seat_lat")
_KNOWN = (*AREAS.required, *_OPTIONAL_TEXT, *_OPTIONAL_NUMBERS)
_CODED = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
_WHOLE = re.compile(r"-?\d+(\.0)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d+,\d+")
_POINT = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+")
_THOUSANDS = {mark: re.compile(rf"[+-]?\d{{1,3}}(\{mark}\d{{3}})+") for mark in ".,"}
_ONE_MARK = re.compile(r"[+-]?\d{1,3}[.,]\d+")
_MARK = re.compile(r"[.,]")
_TWO_GROUPS = r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,}"
_DEGREES = ("lon", "lat", "seat_lon", "seat_lat")
_WORD, _BRACKETS = re.compile(r"[^\W_]+"), re.compile(r"[(\[].*?[)\]]")
_HEAD_LINES = 40
Line = tuple[int, list[str]]
"""A row number as the spreadsheet shows it, and the cells of the row."""


class AreasTable(NamedTuple):
    """A table of areas as it was read from a file of any kind: the file's name, and its cells."""

    name: str
    lines: Sequence[Line]


HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "area_id": ("kode", "kode wilayah", "kode area", "kode daerah", "kode kemendagri", "id wilayah"),
        "name": ("nama", "nama wilayah", "nama daerah", "nama area", "wilayah"),
        "parent_id": ("induk", "kode induk", "kode wilayah induk", "wilayah induk"),
        "population": ("penduduk", "jumlah penduduk", "jml penduduk", "populasi"),
        "population_source": ("sumber penduduk", "sumber data penduduk"),
        "area_km2": ("luas", "luas km2", "luas wilayah", "luas wilayah km2"),
        "lon": ("bujur", "longitude", "bujur timur"),
        "lat": ("lintang", "latitude", "garis lintang"),
        "level": ("tingkat", "jenjang"),
        "parent_name": ("nama induk", "nama wilayah induk"),
        "seat_lon": ("bujur kantor",),
        "seat_lat": ("lintang kantor",),
        "access": ("akses",),
    }
)
"""Usual headers by our column, in lower case and without punctuation; a remark in brackets is tried without it."""

_BY_HEADER = {form: column for column, forms in HEADERS.items() for form in forms}
_LEVEL_WORDS = {
    **{level: level for level in LEVELS},
    **{"provinsi": "province", "kota": "kabupaten", "distrik": "kecamatan", "kelurahan": "desa"},
}


def read_areas_file(path: Path, *, settings: Settings, lines: Sequence[Line] | None = None) -> pd.DataFrame:
    """Read a table of areas and check it."""
    table = _named(_csv_lines(path, settings) if lines is None else lines, path.name, settings)
    failures = _text_faults(table, path.name)
    numbers: dict[str, pd.Series] = {}
    mark = _decimal_mark(table)
    for column in ("population", *_OPTIONAL_NUMBERS):
        if column in table.columns:
            numbers[column], faults = _numbers(table, column, path.name, mark)
            failures += faults
    for lon, lat in (("lon", "lat"), ("seat_lon", "seat_lat")):
        failures += _coordinate_faults(table, numbers, lon, lat, path.name)
    if failures:
        raise ContractError(sorted(failures, key=lambda item: (item.row or 0, item.column)))
    return _completed(table, numbers).drop(columns="row")


def known_header(text: str, settings: Settings) -> str:
    """Our column of a header: its own name, the office's word for it, a usual header, or '' where it is none."""
    text = text.strip()
    if text in _KNOWN:
        return text
    if settings.columns.get(text) in _KNOWN:
        return settings.columns[text]
    whole, bare = (" ".join(_WORD.findall(unicodedata.normalize("NFKC", form).casefold()))
                   for form in (text, _BRACKETS.sub(" ", text)))  # fmt: skip
    return _BY_HEADER.get(whole) or _BY_HEADER.get(bare, "")


_LARGEST_TABLE = 2**28


def _csv_lines(path: Path, settings: Settings) -> list[Line]:
    """Cells of a CSV file, each line with its number."""
    if not path.is_file():
        raise ContractError([failure("missing_file", file=path.name, value=str(path.parent))])
    if path.stat().st_size > _LARGEST_TABLE:
        raise ContractError([failure("too_large", file=path.name, expected=f"more than {_LARGEST_TABLE:,} bytes")])
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode(settings.fallback_encoding, errors="replace")
    # the delimiter of the line with the most of one: a title above the header has few
    delimiter = max(",;\t", key=lambda mark: max(line.count(mark) for line in text.split("\n")[:_HEAD_LINES]))
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        what = "a quotation mark is not closed, or a cell is longer than any name"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None
    return list(enumerate(lines, start=1))


def _named(lines: Sequence[Line], file: str, settings: Settings) -> pd.DataFrame:
    """All cells below the header as stripped text, our column names, and `row` as the spreadsheet counts it."""
    heads = [[known_header(cell, settings) for cell in cells] for _, cells in lines[:_HEAD_LINES]]
    at = max(range(len(heads)), key=lambda number: (len(set(heads[number]) - {""}), -number), default=0)
    filled = [(row, cells) for row, cells in lines[at + 1 :] if any(cell.strip() for cell in cells)]
    if not filled:
        raise ContractError([failure("empty_file", file=file)])
    names = heads[at]
    rows = [
        {"row": row, **{name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}}
        for row, cells in filled
    ]
    table = pd.DataFrame(rows, columns=["row", *dict.fromkeys(filter(None, names))]).fillna("").astype({"row": int})
    if (
        "parent_id" not in table
        and "area_id" in table
        and all(_CODED.fullmatch(area_id) for area_id in table["area_id"])
    ):
        above = table["area_id"].str.rpartition(".")[0]
        topmost = table["area_id"].str.count(r"\.") == table["area_id"].str.count(r"\.").min()
        table["parent_id"] = above.mask(topmost, "")
    failures = [failure("missing_column", file=file, column=name) for name in AREAS.required if name not in table]
    failures += [failure("duplicate_column", file=file, column=name) for name in _KNOWN if names.count(name) > 1]
    if failures:
        raise ContractError(failures)
    table["name"] = table["name"].map(mask_identifiers)
    if "level" in table:
        said = table["level"].str.casefold()
        table["level"] = said.map(_LEVEL_WORDS).fillna(table["level"])
    return table


def _text_faults(table: pd.DataFrame, file: str) -> list[Failure]:
    """Blank and repeated ids, unknown parents and circles, unknown levels and kinds of access."""
    ids, parents = table["area_id"], table["parent_id"]
    often = ids.map(ids[ids != ""].value_counts()).fillna(0).astype(int)
    depth = ids.map(_depth(dict(zip(ids, parents, strict=True))))
    failures = [
        *_faults(table, table["area_id"] == "", "missing_value", file=file, column="area_id"),
        *_faults(table, table["name"] == "", "missing_value", file=file, column="name"),
        *_faults(table, (parents != "") & ~parents.isin(ids), "unknown_area", file=file, column="parent_id"),
        *_faults(table, depth < 0, "bad_areas", file=file, column="parent_id", expected="is above itself"),
    ]
    for count in often[often > 1].unique():
        failures += _faults(table, often == count, "duplicate_key", file=file, column="area_id", count=int(count))
    for column, choices in (("level", LEVELS), ("access", ACCESS.column("access").choices)):
        if column in table.columns:
            odd = (table[column] != "") & ~table[column].isin(choices)
            failures += _faults(table, odd, "bad_choice", file=file, column=column, expected=", ".join(choices))
    return failures


def _faults(
    table: pd.DataFrame, wrong: pd.Series, reason: str, *, file: str, column: str, expected: str = "", count: int = 0
) -> list[Failure]:
    """The same fault in a column of some rows."""
    return [
        failure(reason, file=file, row=row, column=column, value=value, expected=expected, count=count)
        for row, value in table.loc[wrong, ["row", column]].itertuples(index=False)
    ]


def _depth(parent_of: dict[str, str]) -> dict[str, int]:
    """Steps from each area up to a topmost one; -1 where the way up never ends."""
    depth: dict[str, int] = {}
    for start in parent_of:
        way = []
        area_id = start
        while area_id in parent_of and area_id not in depth and area_id not in way:
            way.append(area_id)
            area_id = parent_of[area_id]
        circle = area_id in way or depth.get(area_id) == -1
        above = depth.get(area_id, -1)
        for step, passed in enumerate(reversed(way), start=1):
            depth[passed] = -1 if circle else above + step
    return depth


def _decimal_mark(table: pd.DataFrame) -> str:
    """The mark of decimals that the table's own numbers give away: '.' or ','; '' where none or both do. '116,48' and
    '1.234,5' can only have a decimal comma, '116.48' only a point. Longitudes and latitudes have at most three digits
    before theirs, so that a mark in them is one of decimals whatever follows it."""
    said = set()
    for column in _OPTIONAL_NUMBERS:
        for value in table[column].unique() if column in table else ():
            if column in _DEGREES and _ONE_MARK.fullmatch(value):
                said.add(_MARK.findall(value)[0])
            elif _NUMBER.fullmatch(value) and _THOUSANDS["."].fullmatch(value) is None and "." in value:
                said.add(".")
            elif _COMMA.fullmatch(value) and _THOUSANDS[","].fullmatch(value) is None:
                said.add(",")
    return said.pop() if len(said) == 1 else ""


def _number_text(value: str, *, degrees: bool, mark: str) -> str:
    """A number as Python writes it; '' where it is none, '?' where it may mean two."""
    one_mark = _ONE_MARK.fullmatch(value)
    if degrees and one_mark:
        return value.replace(",", ".")
    if any(pattern.fullmatch(value) for pattern in _THOUSANDS.values()):
        if one_mark and not mark:
            return "?"
        return value.replace(mark, ".") if one_mark and mark in value else _MARK.sub("", value)
    if _COMMA.fullmatch(value):
        return value.replace(".", "").replace(",", ".")
    return value.replace(",", "") if _POINT.fullmatch(value) else value if _NUMBER.fullmatch(value) else ""


def _whole_text(value: str, *, mark: str) -> str:
    """As `_number_text`, of people: they have no decimals, but '25.000' beside '116.48' may be a program's."""
    if _WHOLE.fullmatch(value):
        return value
    if not any(pattern.fullmatch(value) for pattern in _THOUSANDS.values()):
        return ""
    return "?" if mark and mark in value and _ONE_MARK.fullmatch(value) else _MARK.sub("", value)


def _numbers(table: pd.DataFrame, column: str, file: str, mark: str) -> tuple[pd.Series, list[Failure]]:
    """A column as numbers, NaN where blank, and its faults. Only population must be whole."""
    text = table[column]
    whole, degrees = column == "population", column in _DEGREES
    if whole and text.str.fullmatch(_TWO_GROUPS).any():
        # '1.234.567' leaves no doubt of what its mark means in this column
        mark = ""
    read = text.map(partial(_whole_text, mark=mark) if whole else partial(_number_text, degrees=degrees, mark=mark))
    values = pd.to_numeric(read, errors="coerce").astype(float)
    possible = "1234 for thousands, or 1.2340 for decimals"
    negative = (values < 0) & (not degrees)
    failures = [
        *_faults(table, read == "?", "ambiguous_number", file=file, column=column, expected=possible),
        *_faults(table, (read == "") & (text != ""), "bad_number", file=file, column=column),
        *_faults(table, negative, "out_of_range", file=file, column=column, expected="a number of 0 or more"),
    ]
    return values, failures


def _coordinate_faults(
    table: pd.DataFrame, numbers: dict[str, pd.Series], lon: str, lat: str, file: str
) -> list[Failure]:
    """Points outside Indonesia, swapped, or half given."""
    blank, nothing = pd.Series("", index=table.index), pd.Series(np.nan, index=table.index)
    text = table.get(lon, blank) + "," + table.get(lat, blank)
    x, y = numbers.get(lon, nothing), numbers.get(lat, nothing)
    both = x.notna() & y.notna()
    inside = x.between(*LON) & y.between(*LAT)
    swapped = both & ~inside & y.between(*LON) & x.between(*LAT)
    read = x.map("{:g}".format) + "," + y.map("{:g}".format)
    return [
        failure(reason, file=file, row=int(row), column=f"{lon},{lat}", value=value)
        for reason, wrong, said in (
            ("half_coordinates", (table.get(lon, blank) != "") ^ (table.get(lat, blank) != ""), text),
            ("coordinates_swapped", swapped, read),
            ("coordinates_outside", both & ~inside & ~swapped, read),
        )
        for row, value in zip(table.loc[wrong, "row"], said[wrong], strict=True)
    ]


def _completed(table: pd.DataFrame, numbers: dict[str, pd.Series]) -> pd.DataFrame:
    """Every column that an areas table has, known or not."""
    full = table.assign(**numbers)
    for column in _OPTIONAL_NUMBERS:
        if column not in full.columns:
            full[column] = np.nan
    for column in _OPTIONAL_TEXT:
        if column not in full.columns:
            full[column] = ""
    if full["population"].notna().all():
        full["population"] = full["population"].astype("int64")
    full["level"] = full["level"].where(full["level"] != "", _levels(full))
    full["parent_name"] = full["parent_id"].map(dict(zip(full["area_id"], full["name"], strict=True))).fillna("")
    full["population_source"] = full["population_source"].replace("", "areas.csv")
    full["access"] = full["access"].replace("", "road")
    no_seat = full["seat_lon"].isna()
    full["seat_source"] = full["seat_source"].where(~no_seat, np.where(full["lon"].notna(), "demand point", ""))
    full["seat_lon"] = full["seat_lon"].fillna(full["lon"])
    full["seat_lat"] = full["seat_lat"].where(~no_seat, full["lat"])
    return full.set_index("area_id")


def _levels(table: pd.DataFrame) -> pd.Series:
    """Level of each area from its code where all ids are coded, else from its depth. Where kabupaten are the smallest
    areas, they take the place of kecamatan: `level_name` tells them apart."""
    ids = table["area_id"]
    dots = ids.str.count(r"\.")
    if dots.max() > LEVELS.index("kabupaten") and ids.map(lambda area_id: bool(_CODED.fullmatch(area_id))).all():
        return dots.map(dict(enumerate(LEVELS)))
    depth = ids.map(_depth(dict(zip(ids, table["parent_id"], strict=True))))
    deepest = int(depth.max())
    if deepest >= len(LEVELS):
        deepest_level = len(LEVELS) - 1
    else:
        deepest_level = LEVELS.index("desa") if deepest == len(LEVELS) - 1 else LEVELS.index("kecamatan")
    names = [LEVELS[max(0, deepest_level - deepest + step)] for step in range(deepest + 1)]
    return depth.map(dict(enumerate(names)))


_KABUPATEN_CODE = re.compile(r"\d{4}|\d\d\.\d\d")
"""Of BPS, and of Kemendagri."""


def level_name(areas: pd.DataFrame) -> str:
    """What the areas of an analysis are in their province: kabupaten by their official codes, which begin with that of
    the province, else kecamatan. Four digits of an office's own are no such code."""
    ids, parents = areas.index, areas["parent_id"].fillna("").astype("str")
    coded = ids.str.fullmatch(_KABUPATEN_CODE) & ((parents == ids.str[:2]) | (parents == "")).to_numpy(bool)
    return "kabupaten" if len(areas) and coded.all() else "kecamatan"


# --- The areas an office serves: names, people, points and polygons, from the package or from the office itself.


OFFICIAL = "official"
AREA_COLUMNS = (
    "name", "level", "parent_id", "parent_name", "population", "population_source", "area_km2", "lon", "lat",
    "seat_lon", "seat_lat", "seat_source", "access", "bps_code", "in_jurisdiction", "geometry", "geometry_kind",
)  # fmt: skip
CELLS = "cells.geojson"
"""Drawn cells beside a table of areas, which spare drawing them."""
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
        An office's own table that was read already; `path` is then the folder in which boundaries may stand.

    Returns
    -------
    GeoDataFrame
        Index `area_id` (text), in the order of the table; EPSG:4326. The columns of `areas.csv`, in_jurisdiction,
        parent_name, seat_source, geometry and geometry_kind. Text is '' and numbers are NaN where unknown. Kecamatan
        and kabupaten have a polygon, 'official' from the office's boundaries, else 'indicative'; others have
        geometry None and geometry_kind '' unless the boundaries hold them. Where ids do not nest by their dots,
        also `parts`: ids of all areas inside each (see `enclosing_area`).

    Raises
    ------
    RequestError
        Where `level` is none of the five.
    ContractError
        With every fault of the tables: see the data contract.

    Notes
    -----
    An area is in the jurisdiction where it or an area above it is named in `settings.jurisdiction`. A table
    that holds none of the DEFAULT jurisdiction belongs to another office and is in its jurisdiction entirely;
    a jurisdiction that somebody wrote and that the table does not know is a fault.

    Sources of the bundled tables, with years and licences, stand in the .toml files of data/reference/kaltim.

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
    table_path, boundaries_path = _files(path, settings, table)
    bundled = table is None and table_path.is_relative_to(bundled_data("reference"))
    if bundled:
        read = _bundled_areas(table_path)[0].copy()
    else:
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
        stored = table_path.with_name(CELLS)
        if bundled:
            drawn = _bundled_areas(table_path)[1].reindex(read.index)
        else:
            drawn = _read_polygons(stored, read.index).reindex(read.index) if stored.is_file() else drawn_cells(read)
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


@cache
def _bundled_areas(path: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Table and cells of a reference that comes with the package, which nobody changes while the program runs."""
    table = read_areas_file(path, settings=Settings())
    return table, _read_polygons(path.with_name(CELLS), table.index)


def claimed_areas(settings: Settings, folder: Path, table: AreasTable | None) -> pd.Series:
    """Names of the kecamatan in a folder's jurisdiction by area_id, without drawing anything."""
    own = table is not None or (folder / "areas.csv").is_file()
    path, _ = _files(folder if own else None, settings, table)
    read = read_areas_file(path, settings=settings, lines=None if table is None else table.lines)
    inside: pd.Series = read.loc[_in_jurisdiction(read, settings) & (read["level"] == "kecamatan"), "name"]
    return inside


def load_aliases(*, settings: Settings | None = None) -> pd.DataFrame:
    """Load the other names of the bundled areas: nicknames, former names and codes, spellings seen in lists.

    Returns
    -------
    DataFrame
        alias, area_id, kind (nickname, everyday, former_spelling, misspelling, old_name, old_code), source.
        An alias may be the current name of another area: it holds within its kabupaten. A name that fits
        several kecamatan points to their kabupaten.

    Raises
    ------
    ContractError
        Where no reference of the settings' name comes with the package.

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


def _files(path: Path | str | None, settings: Settings, table: AreasTable | None) -> tuple[Path, Path | None]:
    """The areas table to read, or by whose name one is told that was read, and official boundaries if there are any."""
    if path is None:
        found, boundaries = _reference(settings) / "areas.csv", None
    elif not Path(path).is_dir():
        found, boundaries = Path(path), None
    else:
        folder = Path(path)
        for name in ("areas.csv", CELLS, *BOUNDARY_FILES):
            refuse_odd(folder / name, folder=folder)
        boundaries = next((folder / name for name in BOUNDARY_FILES if (folder / name).is_file()), None)
        found = folder / "areas.csv"
        if boundaries is not None and not found.exists() and table is None:
            found = _reference(settings) / "areas.csv"
    return found if table is None else found.with_name(table.name), boundaries


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


def drawn_cells(table: pd.DataFrame) -> pd.Series:
    """Indicative cells of kecamatan, and of kabupaten as the sum of theirs, in the order of the table; None without a
    point. Kecamatan of the country that the table does not hold bound them, and its coast."""
    drawn = table[table["level"].isin(_DRAWN)]
    kecamatan = drawn[drawn["level"] == "kecamatan"]
    finer = _finest_below(table, kecamatan.index)
    placed = kecamatan[kecamatan["lon"].notna() | kecamatan.index.isin(finer["parent_id"])]
    areas = drawn[(drawn["level"] == "kecamatan") | ~drawn.index.isin(placed["parent_id"])]
    points = _finest_below(table, areas.index)
    around, land = _country()
    places = pd.concat([areas, points])[["lon", "lat"]].dropna()
    points = pd.concat([points, _neighbours(places, table.index, around)])
    cells = indicative_cells(areas, points=points, outline=land).geometry.dropna()
    return _with_parents(cells, table[table.index.isin(cells.index)]).reindex(table.index)


@cache
def _country() -> tuple[pd.DataFrame, Any]:
    """The country's kecamatan (code, lon, lat, area_km2) and its land."""
    folder = bundled_data("reference/indonesia")
    return pd.read_csv(folder / "kecamatan.csv", dtype={"code": str}), gpd.read_file(folder / "land.geojson")


def _neighbours(places: pd.DataFrame, area_ids: pd.Index, kecamatan: pd.DataFrame) -> pd.DataFrame:
    """The country's kecamatan within a degree of the table's places, without those of its kabupaten: known by their
    codes, else, where ids are the office's own, by lying nearest to a place."""
    points = kecamatan[["lon", "lat"]]
    near = kecamatan[((points >= places.min() - 1) & (points <= places.max() + 1)).all(axis=1)]
    kabupaten = near["code"].str[:5]
    ours = kabupaten.isin(area_ids.str[:5])
    if len(near) and not ours.any():
        from scipy.spatial import KDTree

        ours = kabupaten.isin(kabupaten.iloc[KDTree(near[["lon", "lat"]]).query(places)[1]])
    return near[~ours].assign(parent_id="")


def _finest_below(table: pd.DataFrame, area_ids: pd.Index) -> pd.DataFrame:
    """The lowest areas with a point below each area, `parent_id` being that area."""
    below = table[["parent_id", "lon", "lat", "area_km2"]].dropna(subset=["lon", "lat"])
    above = below["parent_id"]
    for _ in LEVELS:
        above = above.where(above.isin(area_ids) | (above == ""), above.map(table["parent_id"]).fillna(""))
    below = below.assign(parent_id=above)[above != ""]
    inner = table.loc[below.index, "parent_id"].unique()
    return below[~below.index.isin(inner)]
