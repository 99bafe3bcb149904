"""Cells of text files: CSV with any separator, quotes and encoding, and tables in HTML."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice, zip_longest

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow_compute
import pyarrow.csv as arrow_csv

from outreach_analysis.contracts import OutreachError

# --- CSV text to cells: plain stretches by a fast parser, everything else record by record; the same cells either way.


MAX_COLUMNS = 1_000
"""Cells of a row, at most: a list of people has twenty, and one long row makes every row that long."""

_CHUNK_ROWS = 50_000
_BLOCK_BYTES = 2**23
_PLAIN_FROM = 2**16
"""Shorter texts are read record by record: no parser is worth starting for them."""

_MOSTLY = 0.8
_QUOTE, _LINE_FEED = ord('"'), ord("\n")
_Bytes = npt.NDArray[np.uint8]


class TooWideError(OutreachError):
    """A row has more cells than `MAX_COLUMNS`."""


def csv_frames(text: str, delimiter: str) -> Iterator[pd.DataFrame]:
    """Cells of a CSV text, one frame a stretch of rows; short rows filled with ''. Quotation marks are read strictly:
    an unclosed one would swallow the rows after it."""
    plain = _plain_frames(text, delimiter) if len(text) >= _PLAIN_FROM else None
    yield from careful_frames(text, delimiter) if plain is None else plain


def careful_frames(text: str, delimiter: str) -> Iterator[pd.DataFrame]:
    """As `csv_frames`, record by record."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while block := list(islice(records, _CHUNK_ROWS)):
        if max(map(len, block)) > MAX_COLUMNS:
            raise TooWideError
        yield text_frame(block)


def text_frame(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Rows of text as columns 0, 1, ...; short rows filled with ''."""
    columns = enumerate(zip_longest(*rows, fillvalue=""))
    text = {position: pd.array(column, dtype="str") for position, column in columns}
    return pd.DataFrame(text, index=range(len(rows)))


def utf16_without_mark(content: bytes) -> str:
    """The encoding of UTF-16 text without its mark, told by its zero bytes: every other one; '' for anything else."""
    if len(content) % 2 or b"\x00" not in content:
        return ""
    letters = np.frombuffer(content, dtype=np.uint8)
    zero = [float((letters[start::2] == 0).mean()) for start in (0, 1)]
    for encoding, high, low in (("utf-16-le", zero[1], zero[0]), ("utf-16-be", zero[0], zero[1])):
        if high >= _MOSTLY and low == 0:
            return encoding
    return ""


def _plain_frames(text: str, delimiter: str) -> list[pd.DataFrame] | None:
    """Frames by the fast parser; None where it might read the text otherwise than we do."""
    if "\x00" in text or ("\r" in text and text.count("\r") != text.count("\r\n")):
        return None
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return None
    letters = np.frombuffer(content, dtype=np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    if not _all_quotes_enclose(letters, quotes, delimiter):
        return None
    line_ends = np.flatnonzero(letters == _LINE_FEED)
    if len(quotes):
        line_ends = line_ends[np.searchsorted(quotes, line_ends) % 2 == 0]
    frames: list[pd.DataFrame] = []
    tables: list[pa.Table] = []
    start = 0
    while start < len(content):
        at = int(np.searchsorted(line_ends, start + _BLOCK_BYTES))
        end = int(line_ends[at]) + 1 if at < len(line_ends) else len(content)
        table = _plain_block(memoryview(content)[start:end], delimiter)
        if tables and (table is None or table.num_columns != tables[0].num_columns):
            frames.append(_frame(tables))
            tables = []
        if table is None:
            try:
                frames += careful_frames(content[start:end].decode(), delimiter)
            except csv.Error:
                # read again from the top, so that what is wrong is told by its own row
                return None
        else:
            tables.append(table)
        start = end
    return [*frames, _frame(tables)] if tables else frames


def _frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Stretches of as many columns as one frame, each column in one piece: pieces make every later step slow. The list
    is emptied, and each column let go once it is joined: a long list would stand in memory twice."""
    joined = pa.concat_tables(tables)
    tables.clear()
    columns = {}
    for position in range(joined.num_columns):
        columns[position] = pd.array(joined.column(0).combine_chunks(), dtype="str")
        joined = joined.remove_column(0)
    return pd.DataFrame(columns)


def _all_quotes_enclose(letters: _Bytes, quotes: npt.NDArray[np.intp], delimiter: str) -> bool:
    """Whether each quotation mark opens or closes a whole cell or is one of two inside it."""
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    around = np.isin(np.arange(256), [ord(delimiter), _LINE_FEED, ord("\r"), _QUOTE])
    opening, closing = quotes[::2], quotes[1::2]
    before = around[letters[np.maximum(opening - 1, 0)]] | (opening == 0)
    after = around[letters[np.minimum(closing + 1, len(letters) - 1)]]
    return bool(before.all() and after.all())


def _plain_block(content: memoryview, delimiter: str) -> pa.Table | None:
    """A block of whole lines whose rows are all of one length; None where they are not."""
    try:
        first = next(csv.reader(io.StringIO(_first_lines(content), newline=""), delimiter=delimiter), [])
    except csv.Error:
        return None
    if not first or first[0].startswith("\ufeff"):
        return None
    if len(first) > MAX_COLUMNS:
        raise TooWideError
    names = [str(position) for position in range(len(first))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(content)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=2**21),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    longest = [arrow_compute.max(arrow_compute.binary_length(column)).as_py() for column in table.columns]
    if max(longest) > csv.field_size_limit():
        return None
    return table


def _first_lines(content: memoryview) -> str:
    """A beginning of the text with a line end; where its first record is longer, the parser finds other rows."""
    size = 2**12
    while size < len(content) and b"\n" not in bytes(content[:size]):
        size *= 2
    return bytes(content[:size]).decode(errors="replace")


# --- Tables of web pages that a counter's programme saves under the name of a workbook.


_MOST_SPANNED = 1000
_MOST_CELLS = 10_000_000
_SILENT = ("script", "style", "head", "title")


def html_tables(text: str) -> list[list[list[str]]]:
    """Rows of each table that holds more than one cell, in their order; a table inside a cell is a table of its own. A
    cell over many rows holds for each of them; of one over many columns the others are blank, as in a workbook."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return [table.rows for table in reader.done if sum(map(len, table.rows)) > 1]


class _Table:
    def __init__(self, take: Callable[[int, list[str]], None]) -> None:
        self.take = take
        self.rows: list[list[str]] = []
        self.above: dict[int, tuple[str, int]] = {}
        self.below: dict[int, tuple[str, int]] = {}
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def begin_row(self) -> None:
        self.end_cell()
        # what no cell of the last row came to still reaches down
        self.above, self.below = {**self.above, **self.below}, {}
        self.rows.append([])
        self._carry()

    def begin_cell(self, spans: tuple[int, int]) -> None:
        self.end_cell()
        if not self.rows:
            self.begin_row()
        self.cell, self.spans = [], spans

    def end_cell(self) -> None:
        if self.cell is None:
            return
        value = " ".join("".join(self.cell).split())
        down, across = self.spans
        row = self.rows[-1]
        if down > 1:
            self.below[len(row)] = (value, down - 1)
        row += [value, *[""] * (across - 1)]
        self.cell = None
        self.take(across, row)
        self._carry()

    def _carry(self) -> None:
        """Cells of rows above that reach down into this one."""
        row = self.rows[-1]
        while (reaching := self.above.pop(len(row), None)) is not None:
            value, left = reaching
            if left > 1:
                self.below[len(row)] = (value, left - 1)
            row.append(value)
            self.take(1, row)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.room = _MOST_CELLS
        self.open: list[_Table] = []
        self.done: list[_Table] = []
        self.silent = 0

    def take(self, cells: int, row: list[str]) -> None:
        """Count what a page asks for, and stop where it is too much."""
        self.room -= cells
        if self.room < 0 or len(row) > MAX_COLUMNS:
            raise TooWideError

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self.open.append(_Table(self.take))
            self.done.append(self.open[-1])
        elif tag == "tr" and self.open:
            self.open[-1].begin_row()
        elif tag in ("td", "th") and self.open:
            found = dict(attrs)
            self.open[-1].begin_cell((_span(found.get("rowspan")), _span(found.get("colspan"))))
        elif tag in ("br", "p", "div", "li"):
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th", "tr") and self.open:
            self.open[-1].end_cell()
        elif tag == "table" and self.open:
            self.open.pop().end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and not self.silent and self.open[-1].cell is not None:
            self.open[-1].cell.append(data)


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPANNED) if value and value.strip().isdigit() and int(value) > 0 else 1


# --- Rows of the office's tables as text under our column names, each with its place in its file.


_ODD_SPACE = r"\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff"
_BETWEEN = "\ue000"
_UNTIDY = re.compile(rf"{_BETWEEN} | {_BETWEEN}|  |[{_ODD_SPACE}]")
_RUN = re.compile(rf"[ {_ODD_SPACE}]+")
_BLOCK = 20_000
CELL_FAULTS = ("at", "column", "value")
_OF_LIST = {"columns": "", "dated": True, "since_1904": False, "is_form": False, "title_date": "", "title_site": ""}
_SPACE = ord(" ")
_LAST_VISIBLE = 0x7E


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTable:
    """Rows of one kind, of one sheet or of many."""

    rows: pd.DataFrame
    lists: pd.DataFrame
    list_of: np.ndarray
    row_numbers: np.ndarray
    names: pd.Series
    numeric_nik: pd.Series
    cell_faults: pd.DataFrame

    def where(self, mask: pd.Series) -> pd.DataFrame:
        """Places of the rows in `mask`: file, sheet, row; indexed as those rows."""
        chosen = mask.to_numpy(bool)
        places = self.lists.iloc[self.list_of[chosen]]
        return pd.DataFrame(
            {"file": places["file"].array, "sheet": places["sheet"].array, "row": self.row_numbers[chosen]},
            index=self.rows.index[chosen],
        )

    def of_list(self, name: str) -> pd.Series:
        """A column of `lists` for each row."""
        return self.lists[name].iloc[self.list_of].set_axis(self.rows.index)

    def has(self, column: str) -> pd.Series:
        """True for the rows of the lists that have one of our columns, be it filled or not."""
        has = np.array([column in columns.split() for columns in self.lists["columns"]], dtype=bool)
        return pd.Series(has[self.list_of], index=self.rows.index)


def no_faults() -> pd.DataFrame:
    """Of a sheet without a cell in error: `TextTable.cell_faults`, empty."""
    return pd.DataFrame({"at": pd.Series(dtype="int64"), **{name: pd.Series(dtype="str") for name in CELL_FAULTS[1:]}})


def list_frame(file: str = "", sheet: str = "", digest: str = "", **known: object) -> pd.DataFrame:
    """One sheet as a row of `TextTable.lists`."""
    row = {"file": file, "sheet": sheet, "digest": digest, **_OF_LIST, **known}
    kinds = {name: "bool" if isinstance(value, bool) else "str" for name, value in row.items()}
    return pd.DataFrame([row]).astype(kinds)


def one_list(
    rows: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    names: pd.Series | None = None,
    numeric_nik: object = False,
    cell_faults: pd.DataFrame | None = None,
) -> TextTable:
    """The rows of one sheet, whose numbers are the index of `rows`, as a table."""
    within = pd.RangeIndex(len(rows))
    return TextTable(
        rows=rows.set_axis(within),
        lists=listed,
        list_of=np.zeros(len(rows), dtype=int),
        row_numbers=rows.index.to_numpy(dtype=int),
        names=pd.Series("", index=within, dtype="str") if names is None else names.set_axis(within),
        numeric_nik=pd.Series(numeric_nik, index=within, dtype=bool),
        cell_faults=no_faults() if cell_faults is None else cell_faults,
    )


def join_tables(tables: Sequence[TextTable]) -> TextTable:
    """Many sheets as one table; a column that a sheet lacks is blank there."""
    if len(tables) == 1:
        return tables[0]
    if not tables:
        return one_list(pd.DataFrame(index=pd.RangeIndex(0)), list_frame().iloc[:0])
    before = np.cumsum([0, *(len(table.lists) for table in tables[:-1])])
    rows = pd.concat([table.rows for table in tables], ignore_index=True)
    return TextTable(
        rows=rows.fillna("") if rows.isna().any(axis=None) else rows,
        lists=pd.concat([table.lists for table in tables], ignore_index=True),
        list_of=np.concatenate([table.list_of + start for table, start in zip(tables, before, strict=True)]),
        row_numbers=np.concatenate([table.row_numbers for table in tables]),
        names=pd.concat([table.names for table in tables], ignore_index=True),
        numeric_nik=pd.concat([table.numeric_nik for table in tables], ignore_index=True),
        cell_faults=pd.concat(
            [
                table.cell_faults.assign(at=table.cell_faults["at"] + start)
                for table, start in zip(tables, np.cumsum([0, *(len(table.rows) for table in tables)]), strict=False)
            ],
            ignore_index=True,
        ),
    )


def tidy(text: pd.Series) -> pd.Series:
    """Text without spaces around it, and any run of spaces, line breaks and invisible characters as one space."""
    if _is_tidy(text):
        return text
    cells = text.to_numpy(dtype=object, copy=True)
    found = False
    for start in range(0, len(cells), _BLOCK):
        block = cells[start : start + _BLOCK].tolist()
        # one search over many cells: tidy lists, which most are, cost next to nothing
        if _UNTIDY.search(_BETWEEN.join(["", *block, ""])):
            cells[start : start + _BLOCK] = [_RUN.sub(" ", cell).strip() for cell in block]
            found = True
    return pd.Series(cells, index=text.index, name=text.name, dtype="str") if found else text


def _is_tidy(text: pd.Series) -> bool:
    """Whether no cell needs a change, told from the bytes of the column at once; False where that cannot be told."""
    arrow = getattr(text.array, "__arrow_array__", None)
    if arrow is None:
        return False
    pieces = arrow()
    for piece in getattr(pieces, "chunks", [pieces]):
        _, starts, content = piece.buffers()
        if piece.null_count or str(piece.type) != "large_string" or content is None:
            return False
        at = np.frombuffer(starts, dtype=np.int64)[piece.offset : piece.offset + len(piece) + 1]
        letters = np.frombuffer(content, dtype=np.uint8)[at[0] : at[-1]]
        # letters beyond ASCII may be odd spaces
        if len(letters) and (letters.min() < _SPACE or letters.max() > _LAST_VISIBLE):
            return False
        if letters.tobytes().find(b"  ") >= 0:
            return False
        filled = at[:-1] < at[1:]
        first, last = at[:-1][filled] - at[0], at[1:][filled] - at[0] - 1
        if (letters[first] == _SPACE).any() or (letters[last] == _SPACE).any():
            return False
    return True


def cell_text(value: object) -> str:
    """The text of one Excel or Parquet cell: ISO for dates, digits without '.0' for whole numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        # the day that an instant is at the office is settled where the column is known to hold dates
        is_day = value.tzinfo is None and value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    return str(value)
