"""From a sheet as it lies in a file to a table: its header, its data rows, its totals and footers."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.intake.cells import RawSheet
from outreach_analysis.intake.dates import MONTH_NAMES, written_date
from outreach_analysis.intake.headers import (
    ORIGIN,
    PERSONAL,
    HeaderMap,
    HeaderMatch,
    TableSpec,
    did_you_mean,
    find_header,
    is_stamp,
    map_headers,
    shown_headers,
    title_facts,
    unknown_dates,
)
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import parse_numbers
from outreach_analysis.intake.text_files import CELL_FAULTS, TextTable, list_frame, tidy
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.workbook import column_letter

# --- Which rows below a header are data, and which are totals, footers, repeated headers or nothing.


KINDS = ("blank_row", "repeated_header", "total_row", "footer_row", "block_heading")
"""Rows that are no data, in the ledger `skipped` for this reason."""

_TOTAL = re.compile(
    r"(?:(?:sub|grand)[\s-]*)?(?:total|jumlah|jml|rekapitulasi)"
    r"(?:\s+(?:keseluruhan|seluruhnya|semua|akhir|pemohon|peserta|orang|peminat|total|hari ini|bulan ini))*"
    r"\s*[:=]?\s*(?P<number>[\d.,]+)?\s*(?:orang|pemohon|peserta)?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_COUNT_UNIT = re.compile(r"\s*(?:orang|pemohon|peserta)\s*$", re.IGNORECASE)
_MONTH = "|".join(sorted((name for name in MONTH_NAMES), key=len, reverse=True))
_FOOTER = re.compile(
    r"(?:mengetahui|menyetujui|mengesahkan|disahkan|diperiksa|dibuat oleh|disusun oleh|yang membuat|pembuat daftar"
    r"|penanggung\s?jawab|tanda tangan|ttd\b|hormat kami"
    r"|(?:a\.?\s?n\.?\s+|plt\.?\s+|plh\.?\s+)?(?:kepala|kasi|kasubsi|kasubbag|kabid|ka\.?)"
    r"\s+(?:kantor|seksi|sub|bidang|bagian|urusan|divisi|unit|dinas|tata|desa|lalintal|intal|tikim|inteldakim)"
    r"|(?:kasi|kasubsi|koordinator|ketua (?:tim|panitia)|petugas|camat|lurah)\s*[,:]?\s*$"
    r"|nip\.?\s*[:.]?\s*[\d. ]{4,}|nip\.?\s*[:.]?\s*$"
    rf"|[^\W\d_][\w .'’-]{{2,30}},\s*(?:tanggal\s+|tgl\.?\s+)?(?:\d{{1,2}}|\.{{2,}}|…+)\s*(?:{_MONTH}|\.{{2,}}|…+)\s*"
    r"(?:\d{2,4}|\.{2,}|…+)?)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?P<level>kabupaten|kab|kota|kecamatan|kec|kelurahan|kel|desa)(?:\s*[.:=]\s*|\s+)[:=]?\s*(?P<name>[^\W\d].*)",
    re.IGNORECASE,
)
_LEVELS = {"kab": "kabupaten", "kot": "kabupaten", "kec": "kecamatan", "kel": "desa", "des": "desa"}
_MIN_KNOWN, _FEW_CELLS, _FEWER_CELLS, _LEAST_SUMMED = 2, 3, 2, 2
_MOST_OF_A_ROW = 1e6
_ANY_ZONE = ZoneInfo("UTC")


def row_kinds(
    below: pd.DataFrame, taken: Mapping[int, pd.Series], header: Mapping[int, str], headers: HeaderMap, spec: TableSpec
) -> pd.Series:
    """'' for data, else one of `KINDS`."""
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
    anchored = spec.anchor in headers.positions
    suspected = (_no_anchor(anchor, dated=anchored and spec.anchor_is_date) & (kinds == "")).to_numpy(bool)
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
    _mark_numbering(kinds, below.head(1).apply(tidy))
    if suspected.any():
        _mark_numbering(kinds, suspects)
        _mark_footers(kinds, below, suspected, dated=anchored)
        _mark_sums(kinds, suspects, taken, headers, spec)
        origins = [headers.positions[name] for name in ORIGIN if name in headers.positions]
        for row in headings(suspects[(kinds[suspected] == "").to_numpy(bool)].drop(columns=origins)):
            # beside a cell of an origin it is a person whose day is not written
            if not origins or (suspects.loc[row, origins] == "").all():
                kinds[row] = "block_heading"
    return kinds


def headings(rows: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """(column, place as written) by row, of rows whose only cell names the place of the rows below it."""
    found = {}
    for row, *cells in rows.itertuples():
        said = [cell for cell in cells if cell]
        if len(said) == 1 and (heading := _HEADING.fullmatch(said[0])):
            column = _LEVELS[heading["level"][:3].lower()]
            found[int(row)] = (column, said[0] if column == "kabupaten" else heading["name"])
    return found


def _no_anchor(anchor: pd.Series, *, dated: bool) -> pd.Series:
    """Rows whose anchor is blank, a word of a total, a place in front of a date, or a name: perhaps no data."""

    def odd(cell: str) -> bool:
        if not cell or (not cell[0].isdigit() and _TOTAL.fullmatch(cell)):
            return True
        if not dated:
            return False
        return bool(_NUMBERED.fullmatch(cell)) or not (cell[0].isdigit() or written_date(cell, _ANY_ZONE).form)

    return anchor.isin([cell for cell in anchor.unique() if odd(cell)])


def _is_total(text: pd.Series) -> pd.Series:
    """Whether a cell says 'total' or 'jumlah', and nothing else but a number and its unit."""
    return text.isin([cell for cell in text.unique() if _TOTAL.fullmatch(cell)])


def _repeats_header(below: pd.DataFrame, taken: Mapping[int, pd.Series], header: Mapping[int, str]) -> pd.Series:
    """Rows that say the header again."""
    same = pd.Series(True, index=below.index)
    for position, text in taken.items():
        said = tidy(pd.Series([header[position]], dtype="str"))[0].lower()
        candidates = text if same.all() else text[same]
        same[same] = candidates.isin([cell for cell in candidates.unique() if cell.lower() == said])
        if not same.any():
            break
    return same


def _mark_numbering(kinds: pd.Series, suspects: pd.DataFrame) -> None:
    """The row '(1) (2) (3)' that forms put below a header, on every page."""
    for row, *cells in suspects[kinds.loc[suspects.index] == ""].itertuples():
        digits = [cell.strip(" ().") for cell in cells if cell]
        if len(digits) > _MIN_KNOWN and digits == [str(n) for n in range(1, len(digits) + 1)]:
            kinds[row] = "repeated_header"


def _mark_footers(kinds: pd.Series, below: pd.DataFrame, suspected: np.ndarray, *, dated: bool) -> None:
    """Who signed where and when: from such words on, rows of few cells up to the next row of data. Of a sheet without a
    column of dates only what stands at its end can be told from people."""
    open_rows = below.index[suspected]
    cells = below.loc[open_rows].apply(tidy)
    few = (cells != "").sum(axis=1) <= (_FEW_CELLS if dated else _FEWER_CELLS)
    words = cells.apply(lambda column: column.map(lambda cell: bool(_FOOTER.match(cell)))).any(axis=1)
    if not (words & few).any():
        return
    # blank rows belong to what surrounds them
    may_belong = (kinds != "").to_numpy() | below.index.isin(open_rows[few.to_numpy(bool)])
    starts = below.index.isin(open_rows[(words & few).to_numpy(bool)])
    inside = False
    last_data = -1 if dated else int(np.flatnonzero(~may_belong).max(initial=-1))
    for at, row in enumerate(below.index):
        inside = may_belong[at] and (inside or (starts[at] and at > last_data))
        if inside and kinds[row] == "":
            kinds[row] = "footer_row"


def _mark_sums(
    kinds: pd.Series, suspects: pd.DataFrame, taken: Mapping[int, pd.Series], headers: HeaderMap, spec: TableSpec
) -> None:
    """Total rows without the word: nothing but numbers, and these are the sum or the number of the rows above."""
    open_rows = suspects[(kinds.loc[suspects.index] == "").to_numpy(bool)]
    for row, *cells in open_rows.itertuples():
        said = [cell for cell in cells if cell]
        if not said or not all(is_count(cell) for cell in said):
            continue
        above = kinds.index[(kinds == "").to_numpy(bool) & (kinds.index < row)]
        since = kinds.index[(kinds == "total_row").to_numpy(bool) & (kinds.index < row)].max()
        groups = [above, above[above > since]] if pd.notna(since) else [above]
        if spec.quantity in headers.positions:
            at = headers.positions[spec.quantity]
            stated = _count(str(taken[at].loc[row]))
            sums = [
                parse_numbers(taken[at].loc[rows], whole=True).sum() for rows in groups if len(rows) >= _LEAST_SUMMED
            ]
        else:
            stated = _count(said[-1]) if len(said) == 1 else float("nan")
            sums = [float(len(rows)) for rows in groups if len(rows) >= _LEAST_SUMMED]
        if stated in sums:
            kinds[row] = "total_row"


def reconciled(
    totals: pd.DataFrame, data: pd.DataFrame, headers: HeaderMap, spec: TableSpec
) -> list[tuple[int, float, float, bool]]:
    """What each total row says beside the rows above it, since the last total or since the header."""
    if spec.quantity in data.columns:
        said = parse_numbers(data[spec.quantity], whole=True)
        # a phone that slipped into this column must not be told by the sum
        amount = said.where(said <= _MOST_OF_A_ROW, 0)
    else:
        amount = pd.Series(1.0, index=data.index)
    previous = 0
    found = []
    for row, cells in zip(totals.index.to_list(), totals.to_dict("records"), strict=True):
        above = amount[amount.index < row]
        both = (float(above[above.index > previous].sum()), float(above.sum()))
        previous = row
        stated = _stated(cells, headers, spec)
        if stated:
            agreeing = [number for number in stated if number in both]
            number = agreeing[0] if agreeing else stated[0]
            found.append((row, number, number if agreeing else both[0], bool(agreeing)))
    return found


def _stated(cells: Mapping[Hashable, str], headers: HeaderMap, spec: TableSpec) -> list[float]:
    """Numbers that a total row may mean: the quantity's cell, numbers beside the word, other lone numbers."""
    ordered = [cells[headers.positions[spec.quantity]]] if spec.quantity in headers.positions else []
    ordered += cells.values()
    texts = []
    for cell in ordered:
        word = _TOTAL.fullmatch(cell)
        number = (word.group("number") or "") if word else cell
        texts.append(_COUNT_UNIT.sub("", number) if is_count(number) else "")
    numbers = parse_numbers(pd.Series(texts, dtype="str"), whole=True).dropna()
    return [float(number) for number in np.asarray(numbers)]


def is_count(cell: str) -> bool:
    """Whether a cell is a number of people: six digits at most, since a phone beside the word is no total."""
    return bool(re.fullmatch(r"\d{1,6}|\d{1,3}[.,]\d{3}", _COUNT_UNIT.sub("", cell)))


def _count(cell: str) -> float:
    return float(parse_numbers(pd.Series([_COUNT_UNIT.sub("", cell)]), whole=True).iloc[0])


# --- From the cells of a sheet to a table of our columns: header found, rows without data skipped, ditto marks filled.


_KNOWN_TO_FOLLOW = 2
_DITTO = re.compile(
    r"""(?:s\.?\s?d\.?\s?a\.?|idem|id\.|ditto|["“”„″〃]+|[-–—]+\s*["“”″〃]\s*[-–—]+|'{2}|,,)""", re.IGNORECASE
)


def header_score(cells: Sequence[str], spec: TableSpec, extra: Mapping[str, str]) -> int:
    """How many of our columns the cells of a row stand for."""
    return len(map_headers(cells, spec, extra=extra).positions)


def read_tables(
    sheets: Sequence[RawSheet], spec: TableSpec, *, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[Failure]]:
    """Turn the sheets of one file into tables, and account for the rows that are none. Hidden sheets are skipped, with
    every row. In a workbook where one sheet is a list, sheets with fewer than two known headers are notes: skipped
    too."""
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
        if (some_list or faults) and not headers.is_complete and len(headers.positions) < _KNOWN_TO_FOLLOW:
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
