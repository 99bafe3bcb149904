"""Counts of the office as a table with areas down and months across, turned into one row an area and month."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.readers import HEAD_ROWS, RawSheet
from outreach_analysis.intake.specs import OFFICE_MONTHLY
from outreach_analysis.intake.text_table import CELL_FAULTS, TextTable, list_frame, tidy
from outreach_analysis.intake.values import parse_months, parse_numbers
from outreach_analysis.workbook import column_letter

_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_TOTAL = re.compile(r"(?:grand[\s-]*|sub[\s-]*)?(?:total|jumlah|jml)\b.*", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_FEWEST_MONTHS = 2
_MOST_IN_A_CELL = 1e6


class _Header(NamedTuple):
    """Where a table with months across has its header, its areas and its months."""

    row: int
    places: dict[str, int]
    months: dict[int, str]


def take_wide(
    sheets: Sequence[RawSheet], *, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[RawSheet]]:
    """Tables with months across, as rows of area, month and number; and the sheets that are none.

    A sheet is such a table where a row among its first names at least two months, and an area's column, and no column
    of months. A month is written as in the column `month`; a name without a year takes the year of the titles above it
    or of the file's name, where there is one only. A blank cell says nothing; any other column is ignored.

    Parameters
    ----------
    sheets
        The sheets of one file.
    extra
        Our column by the office's header, from `[columns]`.
    book
        The ledger to write to.
    """
    tables, others = [], []
    for sheet in sheets:
        header = None if sheet.hidden else _find(sheet, extra)
        if header is None:
            others.append(sheet)
        else:
            tables.append(_long(sheet, header, extra, book))
    return tables, others


def _find(sheet: RawSheet, extra: Mapping[str, str]) -> _Header | None:
    found: list[_Header] = []
    years = set(_YEAR.findall(f"{sheet.file} {sheet.sheet}"))
    above: set[str] = set()
    for row, *cells in sheet.cells.head(HEAD_ROWS).itertuples():
        texts = tidy(pd.Series([str(cell) for cell in cells], dtype="str")).to_list()
        taken = map_headers(texts, OFFICE_MONTHLY, extra=extra).positions
        places = {name: at for name, at in taken.items() if name not in ("month", "applicants")}
        year = above if len(above) == 1 else years
        if places and "month" not in taken:
            months = _months(texts, next(iter(year)) if len(year) == 1 else "")
            if len(months) >= _FEWEST_MONTHS:
                found.append(_Header(int(row), places, months))
        above |= {each for text in texts for each in _YEAR.findall(text)}
    return max(found, key=lambda header: len(header.months), default=None)


def _months(texts: Sequence[str], year: str) -> dict[int, str]:
    """By position the months that header cells name; none where one month stands twice."""
    said = pd.Series(list(texts), dtype="str")
    with_year = said.where(~said.str.fullmatch(r"[A-Za-z]+\.?"), said + " " + year)
    # 'Januari 2026' and '2026 Januari' alike
    turned = with_year.str.replace(r"^(\d{4})[\s\-/]+([A-Za-z]+)\.?$", r"\2 \1", regex=True)
    months = parse_months(turned.where(~said.str.fullmatch(r"\d*"), ""), date_format="%d/%m/%Y").dropna()
    return {} if months.duplicated().any() else {int(str(at)): f"{month:%Y-%m}" for at, month in months.items()}


def _long(sheet: RawSheet, header: _Header, extra: Mapping[str, str], book: LedgerBuilder) -> TextTable:
    below = sheet.cells.loc[header.row + 1 :].apply(tidy)
    book.open(sheet.file, sheet.sheet, read=len(below))
    headers = tidy(pd.Series([str(cell) for cell in sheet.cells.loc[[header.row]].iloc[0]], dtype="str")).to_list()
    column_at = {at: name for name, at in header.places.items()} | dict.fromkeys(header.months, "month")
    known = {title: how for title, _, how in map_headers(headers, OFFICE_MONTHLY, extra=extra).taken}
    how = {at: "usual" if at in header.months else known[headers[at]] for at in column_at}
    titles = [(mask_identifiers(title), column_at.get(at, ""), how.get(at, "ignored"))
              for at, title in enumerate(headers) if title]  # fmt: skip
    book.take_columns(sheet.file, sheet.sheet, titles)
    kinds = _kinds(below, header, sheet)
    for kind in ("blank_row", "total_row", "repeated_header"):
        numbers = below.index[kinds == kind].to_numpy()
        at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": numbers})
        book.note(at, kind, status="skipped")
    data = below[kinds == ""]
    _reconcile(below[kinds == "total_row"], data, header, sheet, book)
    parts = [
        data[list(header.places.values())]
        .set_axis(list(header.places), axis=1)
        .assign(month=month, applicants=data[at], in_error=[(row, at) in sheet.faults for row in data.index], at=at)
        .loc[lambda rows: (rows["applicants"] != "") | rows["in_error"]]
        for at, month in header.months.items()
    ]
    rows = pd.concat(parts).sort_index(kind="stable")
    faults = _cell_faults(sheet, rows, header)
    rows = rows.drop(columns=["in_error", "at"])
    return TextTable(
        rows=rows.reset_index(drop=True),
        lists=list_frame(
            sheet.file, sheet.sheet, sheet.digest, columns=" ".join(rows.columns), since_1904=sheet.since_1904
        ),
        list_of=np.zeros(len(rows), dtype=int),
        row_numbers=rows.index.to_numpy(),
        names=pd.Series("", index=pd.RangeIndex(len(rows)), dtype="str"),
        numeric_nik=pd.Series(False, index=pd.RangeIndex(len(rows))),
        cell_faults=faults,
    )


def _cell_faults(sheet: RawSheet, rows: pd.DataFrame, header: _Header) -> pd.DataFrame:
    """Cells in error: a number belongs to its month, a cell that names the area to every month of its row."""
    found = [
        (number, column, f"{column_letter(position)}{row}: {sheet.faults[int(row), position]}")
        for number, (row, at) in enumerate(zip(rows.index, rows["at"], strict=True))
        for column, position in {**header.places, "applicants": int(at)}.items()
        if (int(row), position) in sheet.faults
    ]
    return pd.DataFrame(found, columns=list(CELL_FAULTS)).astype({"at": "int64", "column": "str", "value": "str"})


def _kinds(below: pd.DataFrame, header: _Header, sheet: RawSheet) -> pd.Series:
    """'' for data, else why a row is none: blank_row, total_row, repeated_header (also the row '(1) (2) (3)')."""
    places, months = below[list(header.places.values())], below[list(header.months)]
    kinds = pd.Series("", index=below.index, dtype=object)
    read = {*header.places.values(), *header.months}
    in_error = below.index.isin([row for row, position in sheet.faults if position in read])
    kinds[(places == "").all(axis=1) & (months == "").all(axis=1) & ~in_error] = "blank_row"
    # the word may stand in the number's column, left of the areas
    total = below.drop(columns=list(header.months)).map(lambda cell: bool(_TOTAL.fullmatch(cell))).any(axis=1)
    kinds[total & (kinds == "")] = "total_row"
    for cells in below.head(1).to_dict("records"):
        said = [cell for cell in cells.values() if cell]
        digits = [int(cell.strip("(). ")) for cell in said if _NUMBERED.fullmatch(cell)]
        if len(digits) == len(said) > _FEWEST_MONTHS and digits == list(range(1, len(digits) + 1)):
            kinds.iloc[0] = "repeated_header"
    return kinds


def _reconcile(totals: pd.DataFrame, data: pd.DataFrame, header: _Header, sheet: RawSheet, book: LedgerBuilder) -> None:
    """Total rows against the rows above them, all months together."""

    def people(rows: pd.DataFrame) -> float:
        numbers = parse_numbers(pd.Series(rows[list(header.months)].to_numpy().ravel(), dtype="str"), whole=True)
        return float(numbers.where(numbers <= _MOST_IN_A_CELL).sum())

    for row in totals.index:
        stated, counted = people(totals.loc[[row]]), people(data[data.index < row])
        if stated:
            book.reconcile([(int(row), stated, counted, stated == counted)], file=sheet.file, sheet=sheet.sheet)
