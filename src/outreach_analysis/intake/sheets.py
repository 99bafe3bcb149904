"""From the cells of a sheet to a table of our columns: header found, totals and blank rows set aside."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.intake.columns import HeaderMap, TableSpec, did_you_mean, map_headers, plain_header
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.readers import HEAD_ROWS, RawSheet
from outreach_analysis.intake.values import parse_numbers

_TOTAL = re.compile(
    r"(?:(?:sub|grand)[\s-]*)?(?:total|jumlah|jml|rekapitulasi)"
    r"(?:\s+(?:keseluruhan|seluruhnya|semua|akhir|pemohon|peserta|orang|peminat|total|hari ini|bulan ini))*"
    r"\s*[:=]?\s*(?P<number>[\d.,]+)?\s*(?:orang|pemohon|peserta)?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_COUNT_UNIT = re.compile(r"\s*(?:orang|pemohon|peserta)\s*$", re.IGNORECASE)
_SPACES = r"[\s\u00a0\u200b\ufeff]+"
_MIN_KNOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTable:
    """Rows of one kind, of one sheet or of many, as text under our column names.

    All attributes have the index of `rows`, which counts from 0.

    Attributes
    ----------
    rows
        Text, one column for each of our columns that a sheet has, spaces trimmed; '' where blank. Blank rows,
        totals and repeated headers are not among them.
    source
        Where each row stands: file, sheet, row (as the spreadsheet shows it), digest (fingerprint of the file).
    names
        People's names of each row, joined; '' where there are none. To be removed from other texts.
    numeric_nik
        Whether Excel held the row's NIK as a number.
    """

    rows: pd.DataFrame
    source: pd.DataFrame
    names: pd.Series
    numeric_nik: pd.Series

    def where(self, mask: pd.Series) -> pd.DataFrame:
        """Places of the rows in `mask`: file, sheet, row."""
        return self.source.loc[mask.to_numpy(bool), ["file", "sheet", "row"]]


def join_tables(tables: Sequence[TextTable]) -> TextTable:
    """Many sheets as one table; a column that a sheet lacks is blank there."""
    if not tables:
        at = pd.DataFrame({name: pd.Series(dtype="str") for name in ("file", "sheet", "digest")})
        none = pd.Series(dtype="str")
        return TextTable(
            rows=pd.DataFrame(index=pd.RangeIndex(0)),
            source=at.assign(row=pd.Series(dtype="int64")),
            names=none,
            numeric_nik=none.astype(bool),
        )
    if len(tables) == 1:
        return tables[0]
    return TextTable(
        rows=pd.concat([table.rows for table in tables], ignore_index=True).fillna(""),
        source=pd.concat([table.source for table in tables], ignore_index=True),
        names=pd.concat([table.names for table in tables], ignore_index=True),
        numeric_nik=pd.concat([table.numeric_nik for table in tables], ignore_index=True),
    )


def header_score(cells: Sequence[str], spec: TableSpec, extra: Mapping[str, str]) -> int:
    """How many of our columns the cells of a row stand for."""
    return len(map_headers(cells, spec, extra=extra).positions)


def read_tables(
    sheets: Sequence[RawSheet], spec: TableSpec, *, extra: Mapping[str, str], book: LedgerBook
) -> tuple[list[TextTable], list[Failure]]:
    """Turn the sheets of one file into tables, and account for the rows that are none.

    The header is the row among the first `HEAD_ROWS` that has every required column, else the one with the
    most known headers. In a workbook where one sheet is a list, sheets with fewer than two known headers are
    notes: skipped, with a warning.

    Returns
    -------
    The tables, and faults of the file: `missing_column`, `duplicate_column`.
    """
    found = [(sheet, *_find_header(sheet, spec, extra)) for sheet in sheets]
    some_list = any(headers.is_complete for _, _, headers in found)
    tables: list[TextTable] = []
    faults: list[Failure] = []
    for sheet, header_row, headers in found:
        if some_list and not headers.is_complete and len(headers.positions) < _MIN_KNOWN:
            _skip_sheet(sheet, book)
            continue
        shown = [(mask_identifiers(header.strip()), column, how) for header, column, how in headers.taken]
        book.take_columns(sheet.file, sheet.sheet, shown if headers.positions else [])
        faults += _header_faults(sheet, header_row, headers, spec)
        if headers.is_complete and not headers.duplicates:
            tables.append(_table(sheet, header_row, headers, spec, book))
    return tables, faults


def _find_header(sheet: RawSheet, spec: TableSpec, extra: Mapping[str, str]) -> tuple[int, HeaderMap]:
    head = sheet.cells.head(HEAD_ROWS)
    maps = [
        (int(row), map_headers([str(cell) for cell in cells], spec, extra=extra)) for row, *cells in head.itertuples()
    ]
    return max(maps, key=lambda item: (item[1].is_complete, len(item[1].positions), -item[0]))


def _skip_sheet(sheet: RawSheet, book: LedgerBook) -> None:
    rows = sheet.cells.index.to_numpy()
    book.open(sheet.file, sheet.sheet, read=len(rows))
    at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": rows})
    book.note(at, "sheet_without_list", status="skipped")


def _header_faults(sheet: RawSheet, header_row: int, headers: HeaderMap, spec: TableSpec) -> list[Failure]:
    place = partial(failure, file=sheet.file, sheet=sheet.sheet)
    ignored = [header for header, column, _ in headers.taken if not column]
    faults = []
    for group in headers.missing:
        near = did_you_mean(group, ignored, spec)
        value = f"nearest header: {mask_identifiers(near.strip())}" if near else ""
        faults.append(place("missing_column", column=" / ".join(group), value=value))
    faults += [place("duplicate_column", column=name, row=header_row) for name in headers.duplicates]
    return faults


def _table(sheet: RawSheet, header_row: int, headers: HeaderMap, spec: TableSpec, book: LedgerBook) -> TextTable:
    cells = sheet.cells.loc[header_row + 1 :]
    cells = cells.apply(lambda column: column.str.replace(_SPACES, " ", regex=True).str.strip())
    header = dict(enumerate(sheet.cells.loc[[header_row]].iloc[0].to_list()))
    book.open(sheet.file, sheet.sheet, read=len(cells))
    kinds = _row_kinds(cells, header, headers, spec)
    for kind in ("blank_row", "repeated_header", "total_row"):
        rows = cells.index[(kinds == kind).to_numpy()]
        at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": rows.to_numpy()})
        book.note(at, kind, status="skipped")
    taken = {column: cells[position] for column, position in headers.positions.items()}
    data = pd.DataFrame(taken, index=cells.index)[(kinds == "").to_numpy()]
    totals = cells[(kinds == "total_row").to_numpy()]
    book.reconcile(_reconciled(totals, data, headers, spec), file=sheet.file, sheet=sheet.sheet)
    names = pd.Series("", index=data.index, dtype="str")
    for position in headers.names:
        names = (names + " " + cells.loc[data.index, position]).str.strip()
    nik_at = headers.positions.get("nik", headers.positions.get("person"))
    numeric = {row for row, position in sheet.long_numbers if position == nik_at}
    at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": data.index.to_numpy(), "digest": sheet.digest})
    return TextTable(
        rows=data.reset_index(drop=True),
        source=at,
        names=names.reset_index(drop=True),
        numeric_nik=pd.Series(data.index.isin(numeric)),
    )


def _row_kinds(cells: pd.DataFrame, header: dict[int, str], headers: HeaderMap, spec: TableSpec) -> pd.Series:
    """'' for data, else why the row is none: blank_row, repeated_header, total_row."""
    kinds = pd.Series("", index=cells.index, dtype=object)
    known = list(headers.positions.values())
    filled = (cells[known] != "").any(axis=1)
    rest = cells.loc[~filled].drop(columns=known)
    # forms come with numbered empty lines: the number alone is not a person
    only_number = rest.map(lambda cell: not cell or bool(_NUMBERED.fullmatch(cell))).all(axis=1)
    one_at_most = (rest != "").sum(axis=1) <= 1
    kinds.loc[rest.index[only_number & one_at_most]] = "blank_row"
    anchor = cells[headers.positions[spec.anchor]] if spec.anchor in headers.positions else cells[known[0]]
    total_word = anchor.str.fullmatch(_TOTAL)
    suspects = cells[(((anchor == "") | total_word) & (kinds == "")).to_numpy(bool)]
    telling = {headers.positions[column] for column in spec.total_words_in if column in headers.positions}
    for position in range(cells.shape[1]):
        where = cells if position in telling else suspects
        is_total = where[position].str.fullmatch(_TOTAL) & (where[position] != "")
        kinds.loc[where.index[is_total & (kinds.loc[where.index] == "")]] = "total_row"
    return kinds.mask(_repeats_header(cells, header, known) & (kinds == ""), "repeated_header")


def _repeats_header(cells: pd.DataFrame, header: dict[int, str], known: list[int]) -> pd.Series:
    """Rows that say the header again, and the row '(1) (2) (3)' that forms put below it."""
    said = [position for position in known if plain_header(header[position])]
    same = pd.Series(True, index=cells.index)
    for position in said:
        same &= cells[position].str.casefold() == header[position].strip().casefold()
    numbers = pd.Series(False, index=cells.index)
    first = cells.index[:1]
    for row in first:
        digits = [cell.strip("().") for cell in cells.loc[row] if cell]
        numbers[row] = len(digits) > 2 and digits == [str(n) for n in range(1, len(digits) + 1)]
    return same | numbers


def _reconciled(
    totals: pd.DataFrame, data: pd.DataFrame, headers: HeaderMap, spec: TableSpec
) -> list[tuple[int, float, float, bool]]:
    """What each total row says beside the rows above it, since the last total or since the header.

    Returns
    -------
    (row, stated, counted, agrees) for each total row that states a number.
    """
    if spec.quantity in data.columns:
        amount = parse_numbers(data[spec.quantity], whole=True).fillna(0)
    else:
        amount = pd.Series(1.0, index=data.index)
    previous = 0
    reconciled = []
    for row, cells in zip(totals.index.to_list(), totals.to_dict("records"), strict=True):
        above = amount[amount.index < row]
        both = (float(above[above.index > previous].sum()), float(above.sum()))
        previous = row
        stated = _stated(cells, headers, spec)
        if stated:
            agreeing = [number for number in stated if number in both]
            number = agreeing[0] if agreeing else stated[0]
            reconciled.append((row, number, number if agreeing else both[0], bool(agreeing)))
    return reconciled


def _stated(cells: Mapping[Hashable, str], headers: HeaderMap, spec: TableSpec) -> list[float]:
    """Numbers that a total row may mean: the quantity's cell, numbers beside the word, other lone numbers."""
    ordered = [cells[headers.positions[spec.quantity]]] if spec.quantity in headers.positions else []
    ordered += cells.values()
    texts = []
    for cell in ordered:
        word = _TOTAL.fullmatch(cell)
        number = (word.group("number") or "") if word else cell
        texts.append(_COUNT_UNIT.sub("", number) if _is_count(number) else "")
    numbers = parse_numbers(pd.Series(texts, dtype="str"), whole=True).dropna()
    return [float(number) for number in np.asarray(numbers)]


def _is_count(cell: str) -> bool:
    return bool(re.fullmatch(r"[\d.,]{1,9}", _COUNT_UNIT.sub("", cell)))
