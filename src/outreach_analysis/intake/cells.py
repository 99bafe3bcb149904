"""Files to cells: which kind a file is, its sheets and their extent, with limits of size."""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from outreach_analysis.contracts import ContractError, failure
from outreach_analysis.files import odd_file
from outreach_analysis.intake.text_files import (
    MAX_COLUMNS,
    TooWideError,
    cell_text,
    csv_frames,
    html_tables,
    text_frame,
    utf16_without_mark,
)
from outreach_analysis.intake.workbooks import (
    SIGNATURE,
    SheetMarks,
    column_number,
    fill_merged,
    is_whole,
    without_errors,
    workbook_marks,
    workbook_process,
)
from outreach_analysis.masking import mask_identifiers

# --- How far the cells of a workbook's sheets reach, by an XML reader: written out they would fill that rectangle.


_REFERENCE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")


class SheetExtent:
    """Fed the XML of one part, it knows the farthest row and column that a cell stands in."""

    def __init__(self) -> None:
        self._rows = self._columns = 0
        self._is_xml = True
        self._names: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element

    @property
    def cells(self) -> int:
        """Cells of the rectangle from A1."""
        return self._rows * self._columns

    def feed(self, block: bytes) -> None:
        """The next bytes; what is no XML is left to the reader of workbooks, which refuses it."""
        if not self._is_xml:
            return
        try:
            self._parser.Parse(block, False)
        except expat.ExpatError:
            self._is_xml = False

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        if local != "c":
            return
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        if found:
            self._rows = max(self._rows, int(found[2]))
            self._columns = max(self._columns, column_number(found[1].upper()) + 1)


# --- Files as text: CSV, Excel and Parquet, every cell as the spreadsheet shows it, nothing guessed.


SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet")
"""Kinds of file that are read; what a file really is, its first bytes say, not its name."""

MAX_EXPANDED_BYTES = 200 * 2**20
MAX_RATIO = 100
MAX_CELLS = 30_000_000
MAX_ROWS = 3_000_000
"""Rows of the lists of a folder, together: they are held in memory; `count` takes any number."""

MAX_FILE_BYTES = 2**30
HEAD_ROWS = 100
_LONG_NUMBER = 1e15
_MAX_CSV_CELLS = 120_000_000
_HEAD_CHARACTERS = 2**18
_DELIMITERS = (";", ",", "\t", "|")
_SEPARATOR_LINE = re.compile(r"sep=([;,\t|])\r?\n", re.IGNORECASE)
_NO_SHEETS = ("xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml", "content.xml", "styles.xml")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

_ARCHIVE_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
)  # fmt: skip

HeaderScore = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawSheet:
    """One sheet as text."""

    file: str
    sheet: str
    cells: pd.DataFrame
    long_numbers: frozenset[tuple[int, int]] = frozenset()
    digest: str = ""
    faults: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    since_1904: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """A text file: its name as messages show it, what it says, and the fingerprint of its bytes."""

    file: str
    text: str
    digest: str


def read_text(path: Path, *, name: str, fallback_encoding: str = "cp1252") -> RawText:
    """Read a text file whole."""
    content = _content(path, name)
    return RawText(
        file=name, text=_decode(content, name, fallback_encoding), digest=hashlib.sha256(content).hexdigest()
    )


def read_sheets(
    path: Path, *, name: str, fallback_encoding: str = "cp1252", header_score: HeaderScore
) -> list[RawSheet]:
    """Read every sheet of one file as text."""
    content = _content(path, name)
    digest = hashlib.sha256(content).hexdigest()
    # the reader is chosen by the first bytes: offices rename files, and exports lie about their kind
    if content.startswith((b"PK", SIGNATURE[:4])):
        with workbook_process() as workbooks:
            tables = workbooks.read(content, name)
    elif content.startswith(b"PAR1"):
        tables = _parquet(content, name)
    else:
        text = _decode(content, name, fallback_encoding)
        # a long list would stand in memory twice
        del content
        tables = _text_tables(text, name, header_score)
    sheets = [
        replace(sheet, digest=digest, sheet=mask_identifiers(sheet.sheet)) for sheet in tables if sheet.cells.size
    ]
    if not sheets:
        _refuse("empty_file", name)
    return sheets


def _content(path: Path, name: str) -> bytes:
    if odd := odd_file(path, name=name):
        raise ContractError([odd])
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            _refuse("too_large", name, expected=f"more than {MAX_FILE_BYTES // 2**20:,} MB")
        content = path.read_bytes()
    except FileNotFoundError:
        _refuse("missing_file", name)
    except OSError:
        _refuse("unreadable_file", name, "it is a folder, or locked, or not ours to read")
    if not content.strip():
        _refuse("empty_file", name)
    return content


def _text_tables(text: str, name: str, header_score: HeaderScore) -> list[RawSheet]:
    if text.lstrip()[:1] == "<":
        try:
            tables = html_tables(text)
        except TooWideError:
            _refuse("too_large", name, expected=f"a table of more than {MAX_COLUMNS:,} columns, or too many cells")
        if not tables:
            _refuse("unreadable_file", name, "it is a web page, not a table")
        names = [""] if len(tables) == 1 else [f"table {number}" for number in range(1, len(tables) + 1)]
        return [_of_text(sheet, _joined([text_frame(rows)]), name) for sheet, rows in zip(names, tables, strict=True)]
    return [_of_text("", _csv_cells(text, name, header_score), name, worth_a_look="#" in text or "Err:" in text)]


def _of_text(sheet: str, cells: pd.DataFrame, name: str, *, worth_a_look: bool = True) -> RawSheet:
    cells, faults = without_errors(cells) if worth_a_look else (cells, {})
    return RawSheet(file=name, sheet=sheet, cells=cells, faults=faults)


def read_workbook(content: bytes, name: str) -> list[RawSheet]:
    """The sheets of a workbook of any format; called in the process that reads workbooks only."""
    if content.startswith(b"PK"):
        _check_archive(content, name)
    elif not is_whole(content):
        _refuse("unreadable_file", name, "the workbook is damaged or cut short")
    return _workbook(content, name)


def _refuse(reason: str, name: str, value: str = "", *, row: int | None = None, expected: str = "") -> NoReturn:
    raise ContractError([failure(reason, file=name, value=value, row=row, expected=expected)]) from None


def _decode(content: bytes, name: str, fallback_encoding: str) -> str:
    try:
        if content.startswith(_UTF16):
            return content.decode("utf-16")
        if wide := utf16_without_mark(content):
            return content.decode(wide)
        if b"\x00" in content:
            _refuse("unreadable_file", name, "it holds bytes that are no text")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode(fallback_encoding)
    except UnicodeDecodeError:
        _refuse("unreadable_file", name, f"it is neither UTF-8 nor {fallback_encoding}")
    except LookupError:
        _refuse("unreadable_file", name, f"files.fallback_encoding '{fallback_encoding}' is no encoding")


def _csv_cells(text: str, name: str, header_score: HeaderScore) -> pd.DataFrame:
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text = text[declared.end() :]
    delimiter = declared.group(1) if declared else _delimiter(text, header_score)
    chunks: list[pd.DataFrame] = []
    if text.count("\n") > MAX_ROWS:
        _refuse("too_large", name, expected=f"more than {MAX_ROWS:,} rows")
    try:
        chunks.extend(csv_frames(text, delimiter))
    except TooWideError:
        _refuse("too_large", name, expected=f"a row of more than {MAX_COLUMNS:,} cells")
    except csv.Error:
        row = sum(len(chunk) for chunk in chunks) + 1
        _refuse("unreadable_file", name, f"a quotation mark is not closed, at or after row {row}")
    # short stretches of wide rows would be joined to long ones of narrow rows
    if sum(map(len, chunks)) * max((chunk.shape[1] for chunk in chunks), default=0) > _MAX_CSV_CELLS:
        _refuse("too_large", name, expected=f"more than {_MAX_CSV_CELLS:,} cells")
    return _joined(chunks)


def _delimiter(text: str, header_score: HeaderScore) -> str:
    start = text[:_HEAD_CHARACTERS]

    def score(delimiter: str) -> tuple[int, int]:
        head = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
        try:
            rows = list(islice(head, HEAD_ROWS))
        except csv.Error:
            return 0, 0
        return max((header_score(row) for row in rows), default=0), max((len(row) for row in rows), default=0)

    return max(_DELIMITERS, key=score)


def _joined(chunks: list[pd.DataFrame]) -> pd.DataFrame:
    if not chunks:
        return pd.DataFrame()
    cells = chunks[0] if len(chunks) == 1 else pd.concat(chunks, ignore_index=True)
    if cells.isna().any(axis=None):
        cells = cells.fillna("")
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return cells


def _check_archive(content: bytes, name: str) -> None:
    """Refuse an archive that would unpack to too much: stated sizes can lie, so every part is unpacked once."""
    expanded, extent, limit = 0, 0, min(MAX_EXPANDED_BYTES, MAX_RATIO * len(content))
    too_large = f"more than {MAX_EXPANDED_BYTES // 2**20} MB or {MAX_RATIO} times its size"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > limit:
                _refuse("unsafe_file", name, expected=too_large)
            for part in archive.infolist():
                is_sheet = part.filename.casefold().endswith(".xml") and part.filename not in _NO_SHEETS
                sheet = SheetExtent() if is_sheet else None
                with archive.open(part) as stream:
                    while block := stream.read(1 << 20):
                        expanded += len(block)
                        if expanded > limit:
                            _refuse("unsafe_file", name, expected=too_large)
                        if sheet is not None:
                            sheet.feed(block)
                extent = max(extent, 0 if sheet is None else sheet.cells)
    except _ARCHIVE_ERRORS:
        _refuse("unreadable_file", name, "the workbook is damaged or cut short")
    if extent > MAX_CELLS:
        _refuse("unsafe_file", name, expected=f"room for {extent:,} cells on one sheet")


def _workbook(content: bytes, name: str) -> list[RawSheet]:
    tables: list[RawSheet] = []
    try:
        marks = workbook_marks(content)
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for known in workbook.sheets_metadata:
            sheet = workbook.get_sheet_by_name(known.name)
            rows: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            of_sheet = marks.sheets.get(known.name, SheetMarks())
            for (row, position), value in of_sheet.texts.items():
                if row < len(rows) and position < len(rows[row]):
                    rows[row][position] = value
            fill_merged(rows, [*(sheet.merged_cell_ranges or []), *of_sheet.spans])
            long_numbers = frozenset(
                (row_number, position)
                for row_number, row in enumerate(rows, start=1)
                for position, value in enumerate(row)
                if isinstance(value, int | float) and abs(value) >= _LONG_NUMBER
            )
            text = [[cell_text(value) for value in row] for row in rows]
            found = _of_text(known.name, _joined([text_frame(text)]) if text else pd.DataFrame(), name)
            faults = {(row + 1, position): value for (row, position), value in of_sheet.faults.items()}
            tables.append(
                replace(
                    found,
                    long_numbers=long_numbers,
                    faults={**found.faults, **faults},
                    hidden=known.visible is not python_calamine.SheetVisibleEnum.Visible,
                    hidden_rows=frozenset(row + 1 for row in of_sheet.hidden_rows),
                    since_1904=marks.since_1904,
                )
            )
    except python_calamine.PasswordError:
        _refuse("unreadable_file", name, "it is protected by a password")
    except (python_calamine.CalamineError, *_ARCHIVE_ERRORS, KeyError, struct.error):
        _refuse("unreadable_file", name, "the workbook is damaged or of a kind we do not know")
    except BaseException as error:
        # a reader that gives up in the middle raises what is no Exception and has no name to import
        if type(error).__name__ != "PanicException":
            raise
        _refuse("unreadable_file", name, "the workbook is damaged")
    return tables


def _parquet(content: bytes, name: str) -> list[RawSheet]:
    try:
        published = pq.ParquetFile(io.BytesIO(content)).metadata
        for number, most, what in (
            (published.num_rows, MAX_ROWS, "rows"),
            (published.num_columns, MAX_COLUMNS, "columns"),
            (published.num_rows * published.num_columns, _MAX_CSV_CELLS, "cells"),
        ):
            if number > most:
                _refuse("too_large", name, expected=f"more than {most:,} {what}")
        frame = pd.read_parquet(io.BytesIO(content))
        columns = [frame.iloc[:, position].astype(object) for position in range(frame.shape[1])]
    except (OSError, ValueError, KeyError, pa.ArrowException):
        _refuse("unreadable_file", name, "the Parquet file is damaged, or holds text that is not UTF-8")
    text = [
        [str(frame.columns[position]), *map(cell_text, column.mask(column.isna(), None))]
        for position, column in enumerate(columns)
    ]
    cells = pd.DataFrame({position: pd.array(column, dtype="str") for position, column in enumerate(text)})
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return [RawSheet(file=name, sheet="", cells=cells)]
