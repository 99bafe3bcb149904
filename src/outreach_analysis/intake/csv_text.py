"""CSV text to cells: plain stretches by a fast parser, everything else record by record; the same cells either way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.errors import OutreachError

try:
    import pyarrow as pa
    import pyarrow.compute as arrow_compute
    import pyarrow.csv as arrow_csv
except ImportError:  # pragma: no cover - without it every file is read record by record
    pa = arrow_compute = arrow_csv = None

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
    """Cells of a CSV text, one frame a stretch of rows; columns 0, 1, ..., short rows filled with ''.

    Quotation marks are read strictly: an unclosed one would otherwise swallow the rows after it without a word.

    Parameters
    ----------
    text
        The whole text without byte-order mark; lines end in LF, CRLF or CR.
    delimiter
        One ASCII character.

    Raises
    ------
    csv.Error
        Where a quotation mark is not closed or followed by text, or a cell is beyond `csv.field_size_limit`.
    TooWideError
        Where a row has more than `MAX_COLUMNS` cells.

    Examples
    --------
    >>> [frame.values.tolist() for frame in csv_frames('a;"b\\nc"\\nd', ";")]
    [[['a', 'b\\nc'], ['d', '']]]
    """
    plain = _plain_frames(text, delimiter) if arrow_csv is not None and len(text) >= _PLAIN_FROM else None
    yield from careful_frames(text, delimiter) if plain is None else plain


def careful_frames(text: str, delimiter: str) -> Iterator[pd.DataFrame]:
    """As `csv_frames`, record by record."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while block := list(islice(records, _CHUNK_ROWS)):
        if max(map(len, block)) > MAX_COLUMNS:
            raise TooWideError
        yield text_frame(block)


def text_frame(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Rows of text as columns 0, 1, ...; short rows filled with ''.

    Examples
    --------
    >>> text_frame([["a", "b"], ["c"]]).values.tolist()
    [['a', 'b'], ['c', '']]
    """
    columns = enumerate(zip_longest(*rows, fillvalue=""))
    text = {position: pd.array(column, dtype="str") for position, column in columns}
    return pd.DataFrame(text, index=range(len(rows)))


def utf16_without_mark(content: bytes) -> str:
    """The encoding of UTF-16 text that lacks its byte-order mark; '' for anything else.

    The text of a list is mostly Latin, so that every other byte is zero, and zero bytes stand nowhere else.

    Examples
    --------
    >>> utf16_without_mark("Tanggal".encode("utf-16-le")), utf16_without_mark(b"Tanggal")
    ('utf-16-le', '')
    """
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
    """Stretches of as many columns as one frame, each column in one piece: pieces make every later step slow."""
    text = {pa.large_string(): pd.StringDtype(na_value=np.nan)}
    frame = pa.concat_tables(tables).combine_chunks().to_pandas(types_mapper=text.get)
    return pd.DataFrame({position: frame[name].array for position, name in enumerate(frame.columns)})


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
