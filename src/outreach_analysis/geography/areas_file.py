"""Reading and checking a table of areas: all its faults at once, before any number is divided by it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ACCESS, AREAS, ContractError, Failure, failure
from outreach_analysis.settings import Settings

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
_LON, _LAT = (95.0, 141.0), (-11.0, 6.0)


def read_areas_file(path: Path, *, settings: Settings, lines: Sequence[Line] | None = None) -> pd.DataFrame:
    """Read a table of areas and check it.

    Required are `area_id`, `name`, `parent_id` (blank for the topmost; taken from the ids where all of them are codes
    and there is no such column) and `population`; all else is filled in: `level` from an id of the form
    'PP.KK.CC.DDDD', else from the depth below the topmost area (of two levels the deeper is kecamatan, of three too, of
    four it is desa); the seat is the demand point; access is road. Usual Indonesian headers are known (`HEADERS`). The
    header is the line among the first 40 with most of them.

    Parameters
    ----------
    path
        CSV file, with commas, semicolons or tabs, in UTF-8 or the declared fallback encoding; the name for messages
        where `lines` are given.
    settings
        For the fallback encoding and the office's own column names.
    lines
        Cells of a table that was read already, such as of a workbook, each line with its row number.

    Returns
    -------
    DataFrame
        Index `area_id`, rows in the file's order; text '' and numbers NaN where unknown.

    Raises
    ------
    ContractError
        With every fault of the file: missing or unreadable file, missing columns, blank or repeated ids,
        populations that are not whole numbers of 0 or more, numbers that may mean two, unknown parents, circles of
        parents, coordinates that are not numbers, outside Indonesia (longitude 95 to 141, latitude -11 to 6), swapped
        or half given.
    """
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
    """Our column of a header: its own name, the office's word for it, a usual header, or '' where it is none.

    Examples
    --------
    >>> [known_header(text, Settings()) for text in ("Kode Wilayah", "Jumlah Penduduk (jiwa)", "Luas (km²)", "No")]
    ['area_id', 'population', 'area_km2', '']
    """
    text = text.strip()
    if text in _KNOWN:
        return text
    if settings.columns.get(text) in _KNOWN:
        return settings.columns[text]
    whole, bare = (" ".join(_WORD.findall(unicodedata.normalize("NFKC", form).casefold()))
                   for form in (text, _BRACKETS.sub(" ", text)))  # fmt: skip
    return _BY_HEADER.get(whole) or _BY_HEADER.get(bare, "")


def _csv_lines(path: Path, settings: Settings) -> list[Line]:
    """Cells of a CSV file, each line with its number."""
    if not path.is_file():
        raise ContractError([failure("missing_file", file=path.name, value=str(path.parent))])
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
    if "level" in table:
        said = table["level"].str.casefold()
        table["level"] = said.map(_LEVEL_WORDS).fillna(table["level"])
    return table


def _text_faults(table: pd.DataFrame, file: str) -> list[Failure]:
    """Blank and repeated ids, unknown parents and circles, unknown levels and kinds of access."""
    failures = []
    for column in ("area_id", "name"):
        blank = table.loc[table[column] == "", "row"]
        failures += [failure("missing_value", file=file, row=row, column=column) for row in blank]
    ids = table["area_id"]
    counts = ids[ids != ""].value_counts()
    for row, area_id in table.loc[ids.map(counts).fillna(0) > 1, ["row", "area_id"]].itertuples(index=False):
        failures.append(
            failure("duplicate_key", file=file, row=row, column="area_id", value=area_id, count=int(counts[area_id]))
        )
    parents = table["parent_id"]
    lost = table[(parents != "") & ~parents.isin(ids)]
    failures += [
        failure("unknown_area", file=file, row=row, column="parent_id", value=value)
        for row, value in lost[["row", "parent_id"]].itertuples(index=False)
    ]
    depth = _depth(dict(zip(ids, parents, strict=True)))
    failures += [
        failure("bad_areas", file=file, row=row, column="parent_id", value=value, expected="is above itself")
        for row, area_id, value in table[["row", "area_id", "parent_id"]].itertuples(index=False)
        if depth[area_id] < 0
    ]
    for column, choices in (("level", LEVELS), ("access", ACCESS.column("access").choices)):
        if column in table.columns:
            odd = table[(table[column] != "") & ~table[column].isin(choices)]
            failures += [
                failure("bad_choice", file=file, row=row, column=column, value=value, expected=", ".join(choices))
                for row, value in odd[["row", column]].itertuples(index=False)
            ]
    return failures


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
    """The mark of decimals that the table's own numbers give away: '.' or ','; '' where none or both do.

    '116,48' and '1.234,5' can only have a decimal comma, '116.48' only a point. Longitudes and latitudes have at most
    three digits before theirs, so that a mark in them is one of decimals whatever follows it.
    """
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
    """A column as numbers, NaN where blank, and its faults. Only population must be there, and be whole."""
    text = table[column]
    whole, degrees = column == "population", column in _DEGREES
    if whole and text.str.fullmatch(_TWO_GROUPS).any():
        # '1.234.567' leaves no doubt of what its mark means in this column
        mark = ""
    read = text.map(partial(_whole_text, mark=mark) if whole else partial(_number_text, degrees=degrees, mark=mark))
    values = pd.to_numeric(read, errors="coerce").astype(float)
    cases: list[tuple[str, pd.Series, str]] = [
        ("missing_value", (text == "") & whole, ""),
        ("ambiguous_number", read == "?", "1234 for thousands, or 1.2340 for decimals"),
        ("bad_number", (read == "") & (text != ""), ""),
        ("out_of_range", (values < 0) & (not degrees), "a number of 0 or more"),
    ]
    failures = [
        failure(reason, file=file, row=row, column=column, value=value, expected=expected)
        for reason, wrong, expected in cases
        for row, value in table.loc[wrong, ["row", column]].itertuples(index=False)
    ]
    return values, failures


def _coordinate_faults(
    table: pd.DataFrame, numbers: dict[str, pd.Series], lon: str, lat: str, file: str
) -> list[Failure]:
    """Points outside Indonesia, swapped, or half given."""
    blank = pd.Series("", index=table.index)
    given = {name: table.get(name, blank) != "" for name in (lon, lat)}
    nothing = pd.Series(np.nan, index=table.index)
    x, y = numbers.get(lon, nothing), numbers.get(lat, nothing)
    both = x.notna() & y.notna()
    inside = x.between(*_LON) & y.between(*_LAT)
    swapped = both & ~inside & y.between(*_LON) & x.between(*_LAT)
    cases: list[tuple[str, pd.Series, Callable[[int], str]]] = [
        (
            "half_coordinates",
            given[lon] ^ given[lat],
            lambda at: f"{table.get(lon, blank)[at]},{table.get(lat, blank)[at]}",
        ),
        ("coordinates_swapped", swapped, lambda at: f"{x[at]:g},{y[at]:g}"),
        ("coordinates_outside", both & ~inside & ~swapped, lambda at: f"{x[at]:g},{y[at]:g}"),
    ]
    return [
        failure(reason, file=file, row=int(table.loc[at, "row"]), column=f"{lon},{lat}", value=value(at))
        for reason, wrong, value in cases
        for at in table.index[wrong]
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
    """Level of each area from its code where all ids are coded, else from its depth."""
    ids = table["area_id"]
    if ids.map(lambda area_id: _CODED.fullmatch(area_id) is not None).all():
        return ids.str.count(r"\.").map(dict(enumerate(LEVELS)))
    depth = ids.map(_depth(dict(zip(ids, table["parent_id"], strict=True))))
    deepest = int(depth.max())
    if deepest >= len(LEVELS):
        deepest_level = len(LEVELS) - 1
    else:
        deepest_level = LEVELS.index("desa") if deepest == len(LEVELS) - 1 else LEVELS.index("kecamatan")
    names = [LEVELS[max(0, deepest_level - deepest + step)] for step in range(deepest + 1)]
    return depth.map(dict(enumerate(names)))
