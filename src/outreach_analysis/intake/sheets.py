"""From a sheet as it lies in a file to a table: header, data rows, totals and footers; chats and months across."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.intake.cells import HEAD_ROWS, RawSheet, RawText, read_sheets
from outreach_analysis.intake.dates import MONTH_NAMES, WEEKDAYS, written_date
from outreach_analysis.intake.headers import (
    INTEREST,
    OFFICE_MONTHLY,
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
from outreach_analysis.intake.identity import plain_phones
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import parse_months, parse_numbers
from outreach_analysis.intake.text_files import CELL_FAULTS, TextTable, list_frame, one_list, tidy
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
    rf"|(?!(?:hari\s+)?(?:{'|'.join(WEEKDAYS)})\b)"
    rf"[^\W\d_][\w .'’-]{{2,30}},\s*(?:tanggal\s+|tgl\.?\s+)?(?:\d{{1,2}}|\.{{2,}}|…+)\s*(?:{_MONTH}|\.{{2,}}|…+)\s*"
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
        origins = [headers.positions[name] for name in ORIGIN if name in headers.positions]
        signed = {position for position, said in header.items() if _FOOTER.match(said)}
        _mark_footers(kinds, suspects, origins, signed | ({anchor_at} if anchored else set()), dated=anchored)
        _mark_sums(kinds, suspects, taken, headers, spec)
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


def _mark_footers(
    kinds: pd.Series, suspects: pd.DataFrame, origins: Sequence[int], of_people: Collection[int], *, dated: bool
) -> None:
    """Who signed where and when: from such words on, rows of few cells up to the next data; only at the end of a sheet
    without dates."""
    filled = suspects != ""
    words = suspects.apply(lambda column: column.map(lambda cell: bool(_FOOTER.match(cell))))
    # beside an origin a place before a date is a day that cannot be read, and 'ttd' says that somebody signed
    is_person = filled[origins].any(axis=1) & ~words.drop(columns=of_people).any(axis=1) & words.any(axis=1)
    few = (filled.sum(axis=1) <= (_FEW_CELLS if dated else _FEWER_CELLS)) & ~is_person
    starts = kinds.index.isin(suspects.index[(words.any(axis=1) & few).to_numpy(bool)])
    if not starts.any():
        return
    # blank rows belong to what surrounds them
    may_belong = (kinds != "").to_numpy() | kinds.index.isin(suspects.index[few.to_numpy(bool)])
    inside = False
    last_data = -1 if dated else int(np.flatnonzero(~may_belong).max(initial=-1))
    for at, row in enumerate(kinds.index):
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


def sheets_of(
    path: Path, spec: TableSpec, *, name: str, fallback_encoding: str, extra: Mapping[str, str] | None = None
) -> list[RawSheet]:
    """The sheets of a file that is to hold a table."""
    score = partial(header_score, spec=spec, extra=extra or {})
    return read_sheets(path, name=name, fallback_encoding=fallback_encoding, header_score=score)


def read_tables(
    sheets: Sequence[RawSheet], spec: TableSpec, *, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[Failure]]:
    """Turn the sheets of one file into tables, and account for the rows that are none. Skipped are hidden sheets and,
    beside a list, sheets with fewer than two known headers."""
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
    book.open(sheet.file, sheet.sheet, read=len(sheet.cells))
    _set_apart(sheet, sheet.cells.index, reason, book)


def _set_apart(
    source: RawSheet | RawText, rows: Sequence[int] | pd.Index, reason: str, book: LedgerBuilder,
    status: str = "skipped",
) -> None:  # fmt: skip
    """Account for rows of a sheet or text."""
    sheet = source.sheet if isinstance(source, RawSheet) else ""
    book.note(pd.DataFrame({"file": source.file, "sheet": sheet, "row": list(rows)}), reason, status=status)


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
        _set_apart(sheet, below.index[(kinds == kind).to_numpy()], kind, book)
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
    # rows that are hidden or filtered out count like all others, and it is said
    _set_apart(sheet, data.index[data.index.isin(list(sheet.hidden_rows))], "hidden_row", book, "warning")
    nik_at = headers.positions.get("nik", headers.positions.get("person"))
    numeric = {row for row, position in sheet.long_numbers if position == nik_at}
    date_header = next((said for said, column, _ in headers.taken if column == spec.anchor), "")
    in_error = {row for row, _ in sheet.faults}
    read = ((number, row, headers.positions) for number, row in enumerate(data.index) if row in in_error)
    return one_list(
        data,
        list_frame(
            sheet.file,
            sheet.sheet,
            sheet.digest,
            columns=" ".join(headers.positions),
            dated=headers.is_dated,
            since_1904=sheet.since_1904,
            is_form=is_stamp(date_header),
            **title_facts(sheet, found),
        ),
        names=names,
        numeric_nik=data.index.isin(numeric),
        cell_faults=_cell_faults(sheet, read if in_error else ()),
    )


def _not_blank_but_in_error(kinds: pd.Series, sheet: RawSheet, taken: Mapping[int, pd.Series]) -> pd.Series:
    """A row whose cells are in error is no blank row: somebody stood there."""
    rows = [row for row, position in sheet.faults if position in taken]
    return kinds.mask(kinds.index.isin(rows) & (kinds == "blank_row"), "") if rows else kinds


def _cell_faults(sheet: RawSheet, read: Iterable[tuple[int, int, Mapping[str, int]]]) -> pd.DataFrame:
    """Cells without a value, each with its name ('C7'): of a row its number in the table, itself, and its columns."""
    found = [
        (number, column, f"{column_letter(position)}{row}: {sheet.faults[row, position]}")
        for number, row, positions in read
        for column, position in positions.items()
        if (row, position) in sheet.faults and column not in PERSONAL
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


# --- Lists of interested people as they are pasted from a chat: '1. Nama - 08... - desa', one line a person.


CHAT_SOURCE = "chat"

_DAY = r"(?P<day>\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2}))"
_CLOCK = r"\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_MESSAGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\[{_DAY},?\s+{_CLOCK}\]\s*(?P<rest>.*)",
        rf"\[{_CLOCK},?\s+{_DAY}\]\s*(?P<rest>.*)",
        rf"{_DAY},?\s+(?:pukul\s+)?{_CLOCK}\s+[-–—]\s+(?P<rest>.*)",
    )
)
_SENDER = re.compile(r"[^:]{1,60}:(?:\s+|$)(?P<said>.*)")
_DATED = re.compile(rf"(?:[^\d:]*:)?[^\d]*{_DAY}[^\d]*")
_NUMBERING = re.compile(r"\s*(?:[(\[]?\d{1,3}\s*[.)\]:]+|\d{1,3}\s+[-–—]|\d{1,3}(?=\s+[^\W\d])|[-–—•*▪➢>]+\s)\s*")
_COUNTED = re.compile(r"\s*[(\[]?\d")
_PHONE = re.compile(r"(?<!\d)(?:\+?62[\s.\-]?(?:\(0\))?|0)?8\d{1,4}(?:[\s.\-]?\d{3,5}){1,3}(?!\d)")
_NIK = re.compile(r"(?<!\d)\d{16}(?!\d)")
_PEOPLE = re.compile(r"[(\[]?\b(?P<people>\d{1,4})\s*(?:orang|org|jiwa|peserta)\b[)\]]?", re.IGNORECASE)
_ON_BEHALF = re.compile(r"\b(?:a[./]?\s?n\.?|atas nama)(?=[\s:])\s*:?\s*", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:no\.?\s*)?(?:hp|wa|telp|tlp|nik|ktp)\b\s*[.:]?\s*(?=[-–—,;/|]|$)", re.IGNORECASE)
_APART = re.compile(r"\s+[-–—]+\s*|\s*[-–—]+\s+|\s*[,;/|\t]+\s*|\s*_{2,}\s*|\x1f")
_NUMBER = "\x1f"
_EDGES = " \t-–—,;/|:.()_*"


class _Entry(NamedTuple):
    """One person of a list: what the line says, in its parts."""

    name: str
    place: str
    phone: str
    nik: str
    people: str


def is_chat(text: str) -> bool:
    """Whether a text is pasted from a chat: no row of headers, and a message's head or an entry in it."""
    lines = text.splitlines()
    for line in lines[:HEAD_ROWS]:
        if any(len(map_headers(line.split(mark), INTEREST).positions) > 1 for mark in ";,\t"):
            return False
    return any(_message(line) or (_NUMBERING.match(line) and _entry(line).phone) for line in lines)


def chat_table(raw: RawText, *, month_first: bool, book: LedgerBuilder) -> TextTable:
    """The people of a chat, one row a line, and the account of the lines that name nobody."""
    lines = raw.text.splitlines()
    book.open(raw.file, "", read=len(lines))
    date = _date_of(raw.file.rpartition("/")[2], month_first)
    entries: list[tuple[int, str, _Entry]] = []
    blank: list[int] = []
    talk: list[int] = []
    for number, line in enumerate(lines, start=1):
        said = _plain_message(line)
        if message := _message(said):
            date, said = _iso(message["day"], month_first), _said(message["rest"])
        elif dated := _DATED.fullmatch(said):
            date = _iso(dated["day"], month_first)
        if not said:
            (talk if message else blank).append(number)
        elif _is_entry(said):
            entries.append((number, date, _entry(said)))
        else:
            talk.append(number)
    _set_apart(raw, blank, "blank_row", book)
    _set_apart(raw, talk, "chat_line", book)
    people = [entry for _, _, entry in entries]
    rows = pd.DataFrame(
        {
            "date": [date for _, date, _ in entries],
            "area": [entry.place for entry in people],
            "people": [entry.people for entry in people],
            "phone": [entry.phone for entry in people],
            "nik": [entry.nik for entry in people],
            "source": CHAT_SOURCE,
        },
        index=[number for number, _, _ in entries],
    ).astype("str")
    return one_list(
        rows.apply(tidy) if len(rows) else rows,
        list_frame(raw.file, "", raw.digest, columns=" ".join(map(str, rows))),
        names=pd.Series([entry.name for entry in people], dtype="str"),
    )


def _plain_message(line: str) -> str:
    """A line without the marks of direction that phones put in, and with one kind of space."""
    return re.sub(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", line).replace("\u00a0", " ").strip(" \t~")


def _message(line: str) -> re.Match[str] | None:
    return next((found for pattern in _MESSAGES if (found := pattern.match(_plain_message(line)))), None)


def _said(rest: str) -> str:
    """What a message says; '' for a notice of the chat itself, which has no sender."""
    sender = _SENDER.fullmatch(rest)
    return sender["said"].strip() if sender else ""


def _is_entry(said: str) -> bool:
    if _DATED.fullmatch(said):
        return False
    return bool(_COUNTED.match(said) and _NUMBERING.match(said)) or bool(_PHONE.search(said) or _NIK.search(said))


def _entry(line: str) -> _Entry:
    rest = _plain_message(line)
    rest = _NUMBERING.sub("", rest, count=1) if _NUMBERING.match(rest) else rest
    rest = _ON_BEHALF.sub("", rest)
    people = _PEOPLE.search(rest)
    rest = _PEOPLE.sub("", rest)
    nik = _NIK.search(rest)
    # the NIK first: its digits may look like a phone's
    rest = _NIK.sub(_NUMBER, rest)
    phone = next((found for found in _PHONE.finditer(rest) if _is_phone(found[0])), None)
    before, after = (rest[: phone.start()], rest[phone.end() :]) if phone else rest.partition(_NUMBER)[::2]
    name, place = _sides(_parts(before), _parts(after))
    return _Entry(
        name=name,
        place=place,
        phone=phone[0] if phone else "",
        nik=nik[0] if nik else "",
        people=people["people"] if people and (phone or nik) else "",
    )


def _sides(before: list[str], after: list[str]) -> tuple[str, str]:
    """Name and place from what stands before and behind the number."""
    if before and after:
        return " ".join(before), ", ".join(after)
    parts = before or after
    # the order is not sure here, and a name must not be shown as a place
    return " ".join(parts), ", ".join(parts[1:])


def _parts(text: str) -> list[str]:
    return [part for piece in _APART.split(_LABEL.sub("", text)) if (part := piece.strip(_EDGES))]


def _is_phone(text: str) -> bool:
    return bool(plain_phones(pd.Series([text], dtype="str"))[0])


def _iso(day: str, month_first: bool) -> str:
    """A day as ISO; as it stands where there is no such day."""
    first, second, year = (int(part) for part in re.split(r"[/.\-]", day))
    number, month = (second, first) if month_first else (first, second)
    try:
        return dt.date(year + 2000 if year < 100 else year, month, number).isoformat()
    except ValueError:
        return day


def _date_of(file: str, month_first: bool) -> str:
    iso = re.search(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)", file)
    if iso:
        return iso[0]
    day = re.search(rf"(?<!\d){_DAY}(?!\d)", file)
    return _iso(day["day"], month_first) if day else ""


# --- Counts of the office as a table with areas down and months across, turned into one row an area and month.


_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_TOTAL_OF_MONTHS = re.compile(r"(?:grand[\s-]*|sub[\s-]*)?(?:total|jumlah|jml)\b.*", re.IGNORECASE)
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
    """Tables with months across, as rows of area, month and number; and the sheets that are none."""
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
        _set_apart(sheet, below.index[kinds == kind], kind, book)
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
    read = (
        (number, int(row), {**header.places, "applicants": int(at)})
        for number, (row, at) in enumerate(zip(rows.index, rows["at"], strict=True))
    )
    faults = _cell_faults(sheet, read)
    rows = rows.drop(columns=["in_error", "at"])
    listed = list_frame(
        sheet.file, sheet.sheet, sheet.digest, columns=" ".join(rows.columns), since_1904=sheet.since_1904
    )
    return one_list(rows, listed, cell_faults=faults)


def _kinds(below: pd.DataFrame, header: _Header, sheet: RawSheet) -> pd.Series:
    """'' for data, else why a row is none: blank_row, total_row, repeated_header (also the row '(1) (2) (3)')."""
    places, months = below[list(header.places.values())], below[list(header.months)]
    kinds = pd.Series("", index=below.index, dtype=object)
    read = {*header.places.values(), *header.months}
    in_error = below.index.isin([row for row, position in sheet.faults if position in read])
    kinds[(places == "").all(axis=1) & (months == "").all(axis=1) & ~in_error] = "blank_row"
    # the word may stand in the number's column, left of the areas
    total = below.drop(columns=list(header.months)).map(lambda cell: bool(_TOTAL_OF_MONTHS.fullmatch(cell))).any(axis=1)
    kinds[total & (kinds == "")] = "total_row"
    _mark_numbering(kinds, below.head(1))
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
