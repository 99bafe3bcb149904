"""Reading and checking a table of areas: all its faults at once, before any number is divided by it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

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
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_LON, _LAT = (95.0, 141.0), (-11.0, 6.0)


def read_areas_file(path: Path, *, settings: Settings) -> pd.DataFrame:
    """Read an `areas.csv` and check it.

    Required are `area_id`, `name`, `parent_id` (blank for the topmost) and `population`; all else is filled in:
    `level` from an id of the form 'PP.KK.CC.DDDD', else from the depth below the topmost area (of two levels
    the deeper is kecamatan, of three too, of four it is desa); the seat is the demand point; access is road.

    Parameters
    ----------
    path
        CSV file, with commas, semicolons or tabs, in UTF-8 or the declared fallback encoding.
    settings
        For the fallback encoding and the office's own column names.

    Returns
    -------
    DataFrame
        Index `area_id`, rows in the file's order; text '' and numbers NaN where unknown.

    Raises
    ------
    ContractError
        With every fault of the file: missing or unreadable file, missing columns, blank or repeated ids,
        populations that are not whole numbers of 0 or more, unknown parents, circles of parents, coordinates
        that are not numbers, outside Indonesia (longitude 95 to 141, latitude -11 to 6), swapped or half given.
    """
    table = _read_text(path, settings)
    failures = _text_faults(table, path.name)
    numbers: dict[str, pd.Series] = {}
    for column in ("population", *_OPTIONAL_NUMBERS):
        if column in table.columns:
            numbers[column], faults = _numbers(table, column, path.name)
            failures += faults
    for lon, lat in (("lon", "lat"), ("seat_lon", "seat_lat")):
        failures += _coordinate_faults(table, numbers, lon, lat, path.name)
    if failures:
        raise ContractError(sorted(failures, key=lambda item: (item.row or 0, item.column)))
    return _completed(table, numbers).drop(columns="row")


def _read_text(path: Path, settings: Settings) -> pd.DataFrame:
    """All cells as stripped text, our column names, and `row` as the spreadsheet counts it."""
    if not path.is_file():
        raise ContractError([failure("missing_file", file=path.name, value=str(path.parent))])
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode(settings.fallback_encoding, errors="replace")
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        what = "a quotation mark is not closed, or a cell is longer than any name"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None
    if not any(any(cell.strip() for cell in line) for line in lines[1:]):
        raise ContractError([failure("empty_file", file=path.name)])
    names = [name.strip() for name in lines[0]]
    names = [name if name in _KNOWN else settings.columns.get(name, name) for name in names]
    failures = [failure("missing_column", file=path.name, column=name) for name in AREAS.required if name not in names]
    failures += [failure("duplicate_column", file=path.name, column=name) for name in _KNOWN if names.count(name) > 1]
    if failures:
        raise ContractError(failures)
    rows = [
        {"row": number, **{name: cell.strip() for name, cell in zip(names, line, strict=False) if name in _KNOWN}}
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]
    return pd.DataFrame(rows).fillna("").astype({"row": int})


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


def _numbers(table: pd.DataFrame, column: str, file: str) -> tuple[pd.Series, list[Failure]]:
    """A column as numbers, NaN where blank, and its faults. Only population must be there, and be whole."""
    text = table[column]
    whole = column == "population"
    pattern = _WHOLE if whole else _NUMBER
    fits = text.map(lambda value: pattern.fullmatch(value) is not None)
    comma = text.map(lambda value: _DECIMAL_COMMA.fullmatch(value) is not None)
    values = pd.to_numeric(text.where(fits), errors="coerce").astype(float)
    signed = column not in ("population", "area_km2")
    cases: list[tuple[str, pd.Series, str]] = [
        ("missing_value", (text == "") & whole, ""),
        ("decimal_comma", ~fits & comma, ""),
        ("bad_number", ~fits & ~comma & (text != ""), ""),
        ("out_of_range", (values < 0) & (not signed), "a number of 0 or more"),
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
