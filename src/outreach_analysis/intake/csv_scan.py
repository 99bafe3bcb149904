"""CSV files of any size, looked through once before an engine reads them: how they are written, and how many rows.

An engine that guesses loses rows without a word: it takes '#' for a comment or an apostrophe for a quotation mark. Here
nothing is guessed but the delimiter and the row of the header, by the headers that are known. Rows are counted by other
means than the engine's; a file that is written in any unusual way is written anew, record by record, for the engine.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.csv_text import MAX_COLUMNS
from outreach_analysis.intake.specs import APPLICANTS

DELIMITERS = (";", ",", "\t", "|")
HEAD_ROWS, HEAD_BYTES = 40, 2**18
MAX_LINE_BYTES = 2**20
MAX_FAULTS = 1_000
"""Rows that are named one by one; more of them are one line."""

_BLOCK = 2**23
_QUOTE, _LF, _CR = b'"', ord("\n"), ord("\r")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A CSV file as an engine may read it without guessing anything.

    Attributes
    ----------
    path
        The file, or the copy of it that was written anew.
    delimiter, line_end, skip
        How it is written, and how many records stand above the first row.
    taken, positions
        The header that each of our columns was read from, and its place among those of the file to read.
    width
        Cells of each row.
    rows
        Rows below the header that are not blank and have as many cells as it has.
    faults, rejected
        Rows that have more or fewer, named; and how many they are.
    """

    path: Path
    delimiter: str
    line_end: str
    skip: int
    taken: Mapping[str, str]
    positions: Mapping[str, int]
    width: int
    rows: int
    faults: tuple[Failure, ...] = ()
    rejected: int = 0


def scan_csv(
    path: Path, *, name: str, columns: tuple[str, ...], extra: Mapping[str, str], fallback_encoding: str, spare: Path
) -> CsvFile:
    """Look through a CSV file.

    Parameters
    ----------
    path, name
        The file, and its name as messages show it.
    columns
        Our columns that are wanted.
    extra
        Our column by the office's header, beside those that are known.
    fallback_encoding
        Encoding of files that are not Unicode.
    spare
        Where to write the wanted columns anew, should the file be written in an unusual way.

    Raises
    ------
    ContractError
        `empty_file`, `too_large`, `duplicate_column` or `unreadable_file`, without anything that stands in the file.
    """
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    if not start.strip(b"\x00\xef\xbb\xbf \r\n\t"):
        raise ContractError([failure("empty_file", file=name)])
    encoding = _encoding(path, start, fallback_encoding)
    head = _head(start.decode(encoding, errors="replace"), len(start) == HEAD_BYTES, columns, extra)
    if len(head.headers) > MAX_COLUMNS:
        raise ContractError([failure("too_large", file=name, expected=f"more than {MAX_COLUMNS:,} columns")])
    if head.twice:
        raise ContractError([failure("duplicate_column", file=name, column=column) for column in head.twice])
    width = len(head.headers)
    if encoding == "utf-8-sig" and head.is_plain:
        found = _plain_rows(path, head.delimiter, skip=head.at + 1, width=width)
        if found is not None:
            rows, line_end = found
            return CsvFile(
                path=path, delimiter=head.delimiter, line_end=line_end, skip=head.at + 1, taken=head.taken,
                positions=head.positions, width=width, rows=rows,
            )  # fmt: skip
    return _written_anew(path, spare, head, encoding, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The header of a file: its delimiter, its place among the records, its cells and what they are taken for."""

    delimiter: str
    at: int
    headers: tuple[str, ...]
    positions: Mapping[str, int]
    twice: tuple[str, ...]
    is_plain: bool

    @property
    def taken(self) -> dict[str, str]:
        return {column: self.headers[place] for column, place in self.positions.items()}


def _head(text: str, cut: bool, columns: tuple[str, ...], extra: Mapping[str, str]) -> _Head:
    """The row among the first that holds most of the columns wanted, by the delimiter that shows most of them."""
    if cut:
        text = text[: text.rfind("\n") + 1] or text
    heads: list[tuple[int, bool, int, _Head]] = []
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for at, cells in enumerate(_readable(reader)):
            if len(cells) > MAX_COLUMNS:
                heads.append((0, True, -at, _too_wide(delimiter, at, cells)))
                continue
            found = map_headers(cells, APPLICANTS, extra=extra)
            positions = {name: place for name, place in found.positions.items() if name in columns}
            # titles in quotation marks and headers of several lines are read record by record
            plain = reader.line_num == at + 1 and not (at and '"' in "".join(text.split("\n", at + 1)[:at]))
            twice = tuple(name for name in found.duplicates if name in columns)
            head = _Head(delimiter=delimiter, at=at, headers=tuple(cells), positions=positions, twice=twice,
                         is_plain=plain)  # fmt: skip
            heads.append((len(positions) + len(twice), False, -at, head))
    return max(heads, key=lambda item: item[:3])[3]


def _too_wide(delimiter: str, at: int, cells: list[str]) -> _Head:
    return _Head(delimiter=delimiter, at=at, headers=tuple(cells), positions={}, twice=(), is_plain=False)


def _readable(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from islice(reader, HEAD_ROWS)
    except csv.Error:
        return


def _encoding(path: Path, start: bytes, fallback: str) -> str:
    """UTF-8 where the whole file is; UTF-16 where its mark says so; else the encoding that the office declared."""
    if start.startswith(_UTF16):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return fallback
    return "utf-8-sig"


def _plain_rows(path: Path, delimiter: str, *, skip: int, width: int) -> tuple[int, str] | None:
    """Rows below the header and how lines end, where every line is written in the usual way; else None."""
    records = rows = crlf = 0
    rest, is_last, unended = b"", False, False
    with path.open("rb") as stream:
        while not is_last:
            block = stream.read(_BLOCK)
            if block.endswith(b"\r"):
                block += stream.read(1)
            is_last = not block
            if is_last and not rest:
                break
            # the last line may have no end
            unended = is_last
            content = rest + (block or b"\n")
            seen = _Block.of(content, delimiter)
            if seen is None or (not len(seen.ends) and (is_last or len(content) > _BLOCK)):
                return None
            first = max(skip - records, 0)
            filled = ~seen.blank[first:]
            if (filled & (seen.cells[first:] != width)).any() or seen.longest > MAX_LINE_BYTES:
                return None
            rows += int(filled.sum())
            records += len(seen.ends)
            crlf += int(seen.crlf.sum())
            rest = content[int(seen.ends[-1]) + 1 :] if len(seen.ends) else content
    return (rows, "\r\n" if crlf else "\n") if crlf in (0, records - unended) else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Block:
    """Whole lines of a file: where each ends, whether with CRLF, how many cells it has, and whether it is blank."""

    ends: np.ndarray
    crlf: np.ndarray
    cells: np.ndarray
    blank: np.ndarray
    longest: int

    @classmethod
    def of(cls, content: bytes, delimiter: str) -> _Block | None:
        """None where a mark stands that engines read in different ways."""
        if b"\x00" in content or content.count(b"\r") != content.count(b"\r\n"):
            return None
        letters = np.frombuffer(content, dtype=np.uint8)
        ends, marks = np.flatnonzero(letters == _LF), np.flatnonzero(letters == ord(delimiter))
        if _QUOTE in content:
            quotes = np.flatnonzero(letters == ord(_QUOTE))
            ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
            marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
            quotes = quotes[quotes < ends[-1]] if len(ends) else quotes[:0]
            if not _all_enclose(letters, quotes, delimiter):
                return None
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        crlf = np.zeros(len(ends), dtype=bool)
        crlf[ends > starts] = letters[ends[ends > starts] - 1] == _CR
        long = ends - starts - crlf
        marked = np.searchsorted(marks, ends)
        cells = np.diff(marked, prepend=0) + 1
        return cls(ends=ends, crlf=crlf, cells=cells, blank=long == 0, longest=int(long.max(initial=0)))


def _all_enclose(letters: np.ndarray, quotes: np.ndarray, delimiter: str) -> bool:
    """Whether each quotation mark opens or closes a whole cell or is one of two inside it."""
    if len(quotes) % 2:
        return False
    around = np.isin(np.arange(256), [ord(delimiter), _LF, _CR, ord(_QUOTE)])
    opening, closing = quotes[::2], quotes[1::2]
    before = around[letters[np.maximum(opening - 1, 0)]] | (opening == 0)
    return bool(before.all() and around[letters[np.minimum(closing + 1, len(letters) - 1)]].all())


def _written_anew(path: Path, spare: Path, head: _Head, encoding: str, name: str) -> CsvFile:
    """The wanted columns of a file record by record, without rows of another number of cells: these are named."""
    width, wanted = len(head.headers), list(head.positions.values())
    rows, rejected, faults, at = 0, 0, list[Failure](), 0
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            spare.open("w", encoding="utf-8", newline="") as target,
        ):
            writer = csv.writer(target, lineterminator="\n")
            reader = csv.reader(_without_nul(source), delimiter=head.delimiter, strict=True)
            for at, cells in enumerate(reader, start=1):
                if at <= head.at + 1 or not cells or (len(cells) != width and not any(cells)):
                    continue
                if len(cells) < width or any(cells[width:]):
                    rejected += 1
                    if rejected <= MAX_FAULTS:
                        faults.append(failure("ragged_row", file=name, row=at, count=len(cells), expected=str(width)))
                    continue
                # a blank beside it keeps a row of one blank column from being read as no row
                writer.writerow([*(" ".join(cells[place].splitlines()) for place in wanted), "."])
                rows += 1
    except csv.Error:
        what = f"a quotation mark is not closed, or a cell is too long, at or after row {at + 1}"
        raise ContractError([failure("unreadable_file", file=name, value=what)]) from None
    except UnicodeError:
        what = f"it is neither UTF-8 nor {encoding}, at or after row {at + 1}"
        raise ContractError([failure("unreadable_file", file=name, value=what)]) from None
    return CsvFile(
        path=spare, delimiter=",", line_end="\n", skip=0, taken=head.taken,
        positions={column: place for place, column in enumerate(head.positions)}, width=len(wanted) + 1, rows=rows,
        faults=tuple(faults), rejected=rejected,
    )  # fmt: skip


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if "\x00" in line:
            raise UnicodeError("bytes that are no text")
        yield line
