"""From the cells of a sheet to a table of our columns: header found, totals and blank rows set aside."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.intake.columns import HeaderMap, did_you_mean, map_headers
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.readers import HEAD_ROWS, RawSheet
from outreach_analysis.intake.specs import TableSpec
from outreach_analysis.intake.text_table import TextTable, tidy
from outreach_analysis.intake.values import parse_numbers

_TOTAL = re.compile(
    r"(?:(?:sub|grand)[\s-]*)?(?:total|jumlah|jml|rekapitulasi)"
    r"(?:\s+(?:keseluruhan|seluruhnya|semua|akhir|pemohon|peserta|orang|peminat|total|hari ini|bulan ini))*"
    r"\s*[:=]?\s*(?P<number>[\d.,]+)?\s*(?:orang|pemohon|peserta)?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_COUNT_UNIT = re.compile(r"\s*(?:orang|pemohon|peserta)\s*$", re.IGNORECASE)
_MIN_KNOWN = 2
_MOST_OF_A_ROW = 1e6


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
    below = sheet.cells.loc[header_row + 1 :]
    header = dict(enumerate(sheet.cells.loc[[header_row]].iloc[0].to_list()))
    book.open(sheet.file, sheet.sheet, read=len(below))
    taken = {position: tidy(below[position]) for position in headers.positions.values()}
    kinds = _row_kinds(below, taken, header, headers, spec)
    is_data = (kinds == "").to_numpy()
    for kind in () if is_data.all() else ("blank_row", "repeated_header", "total_row"):
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
        data, names = data[is_data], names[is_data]
        totals = below[(kinds == "total_row").to_numpy()].apply(tidy)
        book.reconcile(_reconciled(totals, data, headers, spec), file=sheet.file, sheet=sheet.sheet)
    nik_at = headers.positions.get("nik", headers.positions.get("person"))
    numeric = {row for row, position in sheet.long_numbers if position == nik_at}
    return TextTable(
        rows=data.reset_index(drop=True),
        lists=pd.DataFrame(
            {
                "file": [sheet.file],
                "sheet": [sheet.sheet],
                "digest": [sheet.digest],
                "columns": [" ".join(headers.positions)],
            },
            dtype="str",
        ),
        list_of=np.zeros(len(data), dtype=int),
        row_numbers=data.index.to_numpy(),
        names=names.reset_index(drop=True),
        numeric_nik=pd.Series(data.index.isin(numeric)),
    )


def _row_kinds(
    below: pd.DataFrame, taken: Mapping[int, pd.Series], header: dict[int, str], headers: HeaderMap, spec: TableSpec
) -> pd.Series:
    """'' for data, else why the row is none: blank_row, repeated_header, total_row."""
    kinds = pd.Series("", index=below.index, dtype=object)
    filled = pd.Series(False, index=below.index)
    for column in taken.values():
        if filled.all():
            break
        filled |= column != ""
    if not filled.all():
        rest = below[~filled].drop(columns=list(taken)).apply(tidy)
        # forms come with numbered empty lines: the number alone is not a person
        only_number = rest.map(lambda cell: not cell or bool(_NUMBERED.fullmatch(cell))).all(axis=1)
        kinds.loc[rest.index[only_number & ((rest != "").sum(axis=1) <= 1)]] = "blank_row"
    anchor_at = headers.positions.get(spec.anchor, next(iter(taken)))
    anchor = taken[anchor_at]
    suspected = (((anchor == "") | _is_total(anchor)) & (kinds == "")).to_numpy(bool)
    checked: list[pd.Series] = []
    if suspected.any():
        suspects = below[suspected].apply(tidy)
        checked = [suspects[position] for position in below.columns]
    checked += [taken[headers.positions[name]] for name in spec.total_words_in if name in headers.positions]
    for text in checked:
        if (total := _is_total(text)).any():
            kinds.loc[text.index[total & (kinds.loc[text.index] == "")]] = "total_row"
    repeats = _repeats_header(below, {anchor_at: anchor, **taken}, header)
    if repeats.any():
        kinds[repeats & (kinds == "")] = "repeated_header"
    return kinds


def _is_total(text: pd.Series) -> pd.Series:
    """Whether a cell says 'total' or 'jumlah', and nothing else but a number and its unit."""
    return text.isin([cell for cell in text.unique() if _TOTAL.fullmatch(cell)])


def _repeats_header(below: pd.DataFrame, taken: Mapping[int, pd.Series], header: dict[int, str]) -> pd.Series:
    """Rows that say the header again, and the row '(1) (2) (3)' that forms put below it."""
    same = pd.Series(True, index=below.index)
    for position, text in taken.items():
        said = tidy(pd.Series([header[position]], dtype="str"))[0].lower()
        candidates = text if same.all() else text[same]
        same[same] = candidates.isin([cell for cell in candidates.unique() if cell.lower() == said])
        if not same.any():
            break
    for cells in below.head(1).to_dict("records"):
        digits = [cell.strip(" ().") for cell in cells.values() if cell.strip()]
        same.iloc[0] |= len(digits) > _MIN_KNOWN and digits == [str(n) for n in range(1, len(digits) + 1)]
    return same


def _reconciled(
    totals: pd.DataFrame, data: pd.DataFrame, headers: HeaderMap, spec: TableSpec
) -> list[tuple[int, float, float, bool]]:
    """What each total row says beside the rows above it, since the last total or since the header.

    Returns
    -------
    (row, stated, counted, agrees) for each total row that states a number.
    """
    if spec.quantity in data.columns:
        said = parse_numbers(data[spec.quantity], whole=True)
        # a phone that slipped into this column must not be told by the sum
        amount = said.where(said <= _MOST_OF_A_ROW, 0)
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
    # six digits at most: a phone beside the word is no total
    return bool(re.fullmatch(r"\d{1,6}|\d{1,3}[.,]\d{3}", _COUNT_UNIT.sub("", cell)))
