"""From the cells of a sheet to a table of our columns: header found, rows without data skipped, ditto marks filled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.intake.columns import did_you_mean, is_stamp, map_headers
from outreach_analysis.intake.headers import HeaderMatch, find_header, shown_headers, title_facts, unknown_dates
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.readers import RawSheet
from outreach_analysis.intake.row_kinds import KINDS, headings, reconciled, row_kinds
from outreach_analysis.intake.specs import PERSONAL, TableSpec
from outreach_analysis.intake.text_table import CELL_FAULTS, TextTable, list_frame, tidy
from outreach_analysis.workbook import column_letter

_MIN_KNOWN = 2
_DITTO = re.compile(
    r"""(?:s\.?\s?d\.?\s?a\.?|idem|id\.|ditto|["“”„″〃]+|[-–—]+\s*["“”″〃]\s*[-–—]+|'{2}|,,)""", re.IGNORECASE
)


def header_score(cells: Sequence[str], spec: TableSpec, extra: Mapping[str, str]) -> int:
    """How many of our columns the cells of a row stand for."""
    return len(map_headers(cells, spec, extra=extra).positions)


def read_tables(
    sheets: Sequence[RawSheet], spec: TableSpec, *, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[Failure]]:
    """Turn the sheets of one file into tables, and account for the rows that are none.

    Hidden sheets are skipped, with every row. In a workbook where one sheet is a list, sheets with fewer than two
    known headers are notes: skipped too.

    A list without a column of dates is one where every row is a person by some other column, and where no column that
    was taken for nothing holds dates: it takes the day of its title or of its event.

    Returns
    -------
    The tables, and faults of the file: `missing_column`, `duplicate_column`, `hidden_list`.
    """
    found = [(sheet, find_header(sheet, spec, extra)) for sheet in sheets]
    shown = [(sheet, one) for sheet, one in found if not sheet.hidden]
    some_list = any(one.headers.is_complete for _, one in shown)
    tables: list[TextTable] = []
    faults: list[Failure] = []
    for sheet, _ in found:
        if sheet.hidden:
            skip_sheet(sheet, "hidden_sheet", book)
    if not some_list:
        faults += [
            failure("hidden_list", file=sheet.file, sheet=sheet.sheet)
            for sheet, one in found
            if sheet.hidden and one.headers.is_complete
        ]
    for sheet, one in shown:
        headers = one.headers
        if (some_list or faults) and not headers.is_complete and len(headers.positions) < _MIN_KNOWN:
            skip_sheet(sheet, "sheet_without_list", book)
            continue
        book.take_columns(sheet.file, sheet.sheet, shown_headers(sheet, one) if headers.positions else [])
        dates_elsewhere = "" if headers.is_dated or not headers.is_complete else unknown_dates(sheet, one)
        sheet_faults = _header_faults(sheet, one, spec, dates_elsewhere)
        faults += sheet_faults
        if not sheet_faults:
            tables.append(_table(sheet, one, spec, book))
    return tables, faults


def skip_sheet(sheet: RawSheet, reason: str, book: LedgerBuilder) -> None:
    """Account for a sheet that is not read: every row of it is skipped for the reason."""
    rows = sheet.cells.index.to_numpy()
    book.open(sheet.file, sheet.sheet, read=len(rows))
    at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": rows})
    book.note(at, reason, status="skipped")


def _header_faults(sheet: RawSheet, found: HeaderMatch, spec: TableSpec, dates_elsewhere: str) -> list[Failure]:
    place = partial(failure, file=sheet.file, sheet=sheet.sheet)
    headers = found.headers
    ignored = [header for header, column, _ in headers.taken if not column]
    faults = []
    for group in headers.missing:
        near = did_you_mean(group, ignored, spec)
        value = f"nearest header: {mask_identifiers(near.strip())}" if near else ""
        faults.append(place("missing_column", column=" / ".join(group), value=value))
    if dates_elsewhere:
        value = f"nearest header: {dates_elsewhere}"
        faults.append(place("missing_column", column=spec.anchor, value=value))
    faults += [place("duplicate_column", column=name, row=found.row) for name in headers.duplicates]
    return faults


def _table(sheet: RawSheet, found: HeaderMatch, spec: TableSpec, book: LedgerBuilder) -> TextTable:
    headers = found.headers
    below = sheet.cells.loc[found.row + 1 :]
    header = dict(enumerate(found.cells))
    book.open(sheet.file, sheet.sheet, read=len(below))
    taken = {position: tidy(below[position]) for position in headers.positions.values()}
    kinds = row_kinds(below, taken, header, headers, spec)
    kinds = _not_blank_but_in_error(kinds, sheet, taken)
    is_data = (kinds == "").to_numpy()
    for kind in () if is_data.all() else KINDS:
        rows = below.index[(kinds == kind).to_numpy()]
        at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": rows.to_numpy()})
        book.note(at, kind, status="skipped")
    data = pd.DataFrame({column: taken[position] for column, position in headers.positions.items()}, index=below.index)
    first_name, *more_names = [tidy(below[position]) for position in headers.names] or [
        pd.Series("", index=below.index, dtype="str")
    ]
    names = first_name.rename(None)
    for name in more_names:
        names = (names + " " + name).str.strip()
    if not is_data.all():
        data, names = _under_headings(data, below[(kinds == "block_heading").to_numpy()])[is_data], names[is_data]
        totals = below[(kinds == "total_row").to_numpy()].apply(tidy)
        book.reconcile(reconciled(totals, data, headers, spec), file=sheet.file, sheet=sheet.sheet)
    data = _without_dittos(data)
    _note_hidden_rows(sheet, data.index, book)
    nik_at = headers.positions.get("nik", headers.positions.get("person"))
    numeric = {row for row, position in sheet.long_numbers if position == nik_at}
    date_header = next((said for said, column, _ in headers.taken if column == spec.anchor), "")
    return TextTable(
        rows=data.reset_index(drop=True),
        lists=list_frame(
            sheet.file,
            sheet.sheet,
            sheet.digest,
            columns=" ".join(headers.positions),
            dated=headers.is_dated,
            since_1904=sheet.since_1904,
            is_form=is_stamp(date_header),
            **title_facts(sheet, found),
        ),
        list_of=np.zeros(len(data), dtype=int),
        row_numbers=data.index.to_numpy(),
        names=names.reset_index(drop=True),
        numeric_nik=pd.Series(data.index.isin(numeric)),
        cell_faults=_cell_faults(sheet, data, headers.positions),
    )


def _not_blank_but_in_error(kinds: pd.Series, sheet: RawSheet, taken: Mapping[int, pd.Series]) -> pd.Series:
    """A row whose cells are in error is no blank row: somebody stood there."""
    rows = [row for row, position in sheet.faults if position in taken]
    return kinds.mask(kinds.index.isin(rows) & (kinds == "blank_row"), "") if rows else kinds


def _cell_faults(sheet: RawSheet, data: pd.DataFrame, positions: Mapping[str, int]) -> pd.DataFrame:
    """Cells without a value in the columns that are read, each with its name: 'C7'."""
    columns = {position: column for column, position in positions.items() if column not in PERSONAL}
    at = {row: number for number, row in enumerate(data.index)} if sheet.faults else {}
    found = [
        (at[row], columns[position], f"{column_letter(position)}{row}: {text}")
        for (row, position), text in sorted(sheet.faults.items())
        if position in columns and row in at
    ]
    return pd.DataFrame(found, columns=list(CELL_FAULTS)).astype({"at": "int64", "column": "str", "value": "str"})


def _under_headings(data: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Places that a heading names for all rows below it, up to the next of its level or above, where a row has none."""
    if rows.empty:
        return data
    said = pd.DataFrame(index=data.index, columns=["kabupaten", "kecamatan", "desa"], dtype=object)
    for row, (column, place) in headings(rows.apply(tidy)).items():
        said.loc[row, column:] = [place, *[""] * (len(said.loc[row, column:]) - 1)]
    said = said.ffill().fillna("").astype("str")
    filled = data.copy()
    for column in said.columns[(said != "").any()]:
        filled[column] = data[column].where(data[column] != "", said[column]) if column in data else said[column]
    return filled


def _without_dittos(data: pd.DataFrame) -> pd.DataFrame:
    """Marks that stand for the row above, such as sda, idem and \", in place of what stands there."""
    filled = {}
    for name in data.columns:
        if name in PERSONAL or name == "nik":
            continue
        column = data[name]
        marks = [cell for cell in column.unique() if cell and _DITTO.fullmatch(cell)] if len(column) else []
        if not marks:
            continue
        ditto = column.isin(marks)
        # a mark in the first row stands for nothing, and stays what it is
        filled[name] = column.mask(ditto).ffill().where(ditto, column).fillna(column)
    return data.assign(**filled) if filled else data


def _note_hidden_rows(sheet: RawSheet, rows: pd.Index, book: LedgerBuilder) -> None:
    """Rows that are hidden or filtered out count like all others, and it is said."""
    hidden = sorted(sheet.hidden_rows & set(rows)) if sheet.hidden_rows else []
    book.note(pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": hidden}), "hidden_row", status="warning")
