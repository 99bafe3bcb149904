"""Where lists of any size lie: files scanned by DuckDB, databases, folders of files."""

from __future__ import annotations

import codecs
import csv
import glob
import io
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.files import odd_file, staging_folder
from outreach_analysis.intake.bulk_count import COUNTED_COLUMNS, DATE, ORIGIN, OpenedApplicants, Progress, unreadable
from outreach_analysis.intake.headers import APPLICANTS, map_headers
from outreach_analysis.intake.text_files import MAX_COLUMNS
from outreach_analysis.settings import Settings

if TYPE_CHECKING:
    import duckdb


# --- CSV files of any size, looked through once before an engine reads them: how they are written, and how many rows.


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
    """A CSV file as an engine may read it without guessing anything."""

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
    """Look through a CSV file."""
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


# --- Files of lists for counting: found, looked through, and handed to the engine with nothing left for it to guess.


def find_files(pattern: Path) -> tuple[list[str], str]:
    """Files of a pattern or folder, sorted, all of one kind."""
    if pattern.is_dir():
        root, found = pattern, [path for path in pattern.rglob("*") if path.suffix.casefold() in (".parquet", ".csv")]
    elif pattern.exists() or pattern.is_symlink():
        root, found = None, [pattern]
    else:
        parts = pattern.parts
        # a folder whose name holds such a mark is that folder
        marked = (n for n, part in enumerate(parts) if any(mark in part for mark in "*?[")
                  and not Path(*parts[: n + 1]).exists())  # fmt: skip
        first = next(marked, len(parts))
        root = Path(*parts[:first]) if first else Path()
        below = str(Path(*parts[first:])) if first < len(parts) else ""
        found = list(root.glob(below)) if below and root.is_dir() else []
    found = [path for path in found if not path.is_dir() and not path.name.startswith((".", "~$"))]
    odd = [fault for path in found if (fault := odd_file(path, name=str(path), folder=root))]
    if odd:
        raise ContractError(odd)
    kinds = sorted({path.suffix.casefold() for path in found})
    if not found:
        raise ContractError([failure("missing_file", file=str(pattern))])
    if kinds not in ([".parquet"], [".csv"]):
        fault = failure(
            "unknown_file_kind", file=str(pattern), value=", ".join(kinds), expected=".parquet or .csv alone"
        )
        raise ContractError([fault])
    empty = [failure("empty_file", file=str(path)) for path in found if not path.stat().st_size]
    if empty:
        raise ContractError(empty)
    return sorted(map(str, found)), kinds[0]


def csv_lists(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], spill: Path, settings: Settings
) -> OpenedApplicants:
    """CSV files, each looked through first; those that are written alike are read together."""
    scanned, faults = list[CsvFile](), list[Failure]()
    groups: dict[tuple[Any, ...], list[str]] = {}
    for number, file in enumerate(files):
        try:
            found = scan_csv(
                Path(file),
                name=file,
                columns=COUNTED_COLUMNS,
                extra=settings.columns,
                fallback_encoding=settings.fallback_encoding,
                spare=spill / f"list{number}.csv",
            )
        except ContractError as error:
            faults += error.items
            continue
        folders = tuple((ours, value) for ours, value in _of_folders(file, settings) if ours not in found.positions)
        faults += missing_columns(file, [*found.positions, *dict(folders)])
        scanned.append(found)
        key = (found.delimiter, found.line_end, found.skip, found.width, tuple(found.positions.items()), folders)
        groups.setdefault(key, []).append(glob.escape(str(found.path)))
    if faults:
        raise ContractError(faults)
    parts = [_csv_part(f"files{number}", *key) for number, key in enumerate(groups)]
    params = {f"files{number}": paths for number, paths in enumerate(groups.values())}
    return OpenedApplicants(
        relation=connection.sql(" UNION ALL BY NAME ".join(parts), params=params),
        files=tuple(files),
        rows=sum(item.rows for item in scanned),
        columns=_joined([item.taken for item in scanned]),
        faults=tuple(fault for item in scanned for fault in item.faults),
        rejected=sum(item.rejected for item in scanned),
    )


def _csv_part(
    files: str,
    delimiter: str,
    _line_end: str,
    skip: int,
    width: int,
    positions: tuple[tuple[str, int], ...],
    folders: tuple[tuple[str, str], ...],
) -> str:
    """How a group of files is read: everything said, nothing left to be guessed."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
    names = [f"c{place} AS {ours}" for ours, place in positions]
    names += [f"{_literal(value)} AS {ours}" for ours, value in folders]
    # told how lines end, DuckDB 2.0 loses all of them where it skips one; files of one way are read together instead
    return (
        f"SELECT {', '.join(names)} FROM read_csv(${files}, auto_detect = false, header = false, "
        f"columns = {{{columns}}}, delim = {_literal(delimiter)}, quote = '\"', escape = '\"', comment = '', "
        f"skip = {skip}, strict_mode = true, null_padding = false, ignore_errors = false, hive_partitioning = false)"
    )


def parquet_lists(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], names: tuple[str, ...], settings: Settings
) -> OpenedApplicants:
    """Parquet files; those with the same columns are read together."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, taken, faults = 0, list[dict[str, str]](), list[Failure]()
    groups: dict[tuple[Any, ...], list[str]] = {}
    for file, name in zip(files, names, strict=True):
        try:
            with pq.ParquetFile(file) as opened:
                schema, rows = opened.schema_arrow, rows + opened.metadata.num_rows
        except (pa.ArrowException, OSError, ValueError):
            faults.append(failure("unreadable_file", file=name, value="it is no Parquet file, or damaged"))
            continue
        found = map_headers(schema.names, APPLICANTS, extra=settings.columns)
        places = {ours: place for ours, place in found.positions.items() if ours in COUNTED_COLUMNS}
        folders = tuple(key for key, _ in _of_folders(file, settings) if key not in places)
        faults += [failure("duplicate_column", file=name, column=ours) for ours in found.duplicates
                   if ours in COUNTED_COLUMNS]  # fmt: skip
        faults += missing_columns(name, [*places, *folders])
        taken.append({ours: schema.names[place] for ours, place in places.items()})
        key = tuple((ours, header, _kind(schema.field(places[ours]).type)) for ours, header in taken[-1].items())
        groups.setdefault((key, folders), []).append(file)
    if faults:
        raise ContractError(faults)
    days = {kind for key, _ in groups for ours, _, kind in key if ours == DATE}
    as_text = not days <= {"date", "instant", "timestamp"}
    parts, params = list[str](), dict[str, list[str]]()
    for (key, folders), paths in groups.items():
        # each value of a folder's name is one part: few where they name events or months
        by_folder: dict[tuple[str, ...], list[str]] = {}
        for path in paths:
            said = dict(_of_folders(path, settings))
            by_folder.setdefault(tuple(said[ours] for ours in folders), []).append(glob.escape(path))
        for values, some in by_folder.items():
            names_ = [_cell(ours, header, kind, as_text, settings) for ours, header, kind in key]
            names_ += [f"{_literal(value)} AS {ours}" for ours, value in zip(folders, values, strict=True)]
            at = f"files{len(parts)}"
            parts.append(f"SELECT {', '.join(names_)} FROM read_parquet(${at}, hive_partitioning = false)")
            params[at] = some
    try:
        relation = connection.sql(" UNION ALL BY NAME ".join(parts), params=params)
    except duckdb.Error:
        raise unreadable(names, _joined(taken)) from None
    return OpenedApplicants(relation=relation, files=names, rows=rows, columns=_joined(taken))


def _kind(kind: Any) -> str:
    """How a column of Parquet is read."""
    from pyarrow import types

    if types.is_timestamp(kind):
        return "instant" if kind.tz else "timestamp"
    if types.is_date(kind):
        return "date"
    return "float" if types.is_floating(kind) else "text" if types.is_string(kind) else "other"


def _cell(ours: str, header: str, kind: str, as_text: bool, settings: Settings) -> str:
    """One of our columns as it is read: days in the office's zone, everything else as the text of a cell."""
    theirs = '"' + header.replace('"', '""') + '"'
    if ours == DATE:
        if kind == "instant":
            # an instant belongs to the day that the office's clock showed
            theirs = f"CAST(timezone({_literal(settings.office_timezone)}, {theirs}) AS DATE)"
        elif kind == "timestamp":
            theirs = f"CAST({theirs} AS DATE)"
        return f"CAST({theirs} AS VARCHAR) AS {ours}" if as_text else f"{theirs} AS {ours}"
    if kind == "float":
        whole = f"CASE WHEN {theirs} = floor({theirs}) THEN CAST(TRY_CAST({theirs} AS HUGEINT) AS VARCHAR) END"
        return f"COALESCE({whole}, CAST({theirs} AS VARCHAR)) AS {ours}"
    return f"{theirs} AS {ours}" if kind == "text" else f"CAST({theirs} AS VARCHAR) AS {ours}"


def missing_columns(file: str, ours: Sequence[str]) -> list[Failure]:
    """Faults of a file without a day or without any origin."""
    faults = [] if DATE in ours else [failure("missing_column", file=file, column=DATE)]
    if not set(ORIGIN) & set(ours):
        faults.append(failure("missing_column", file=file, column=" / ".join(ORIGIN)))
    return faults


def _of_folders(file: str, settings: Settings) -> list[tuple[str, str]]:
    """Our columns that names of folders such as 'event_id=JB-01' stand for, and their values."""
    said = [part.partition("=")[::2] for part in Path(file).parts[:-1] if "=" in part]
    positions = map_headers([key for key, _ in said], APPLICANTS, extra=settings.columns).positions
    return [(ours, unquote(said[at][1])) for ours, at in positions.items() if ours in COUNTED_COLUMNS]


def _joined(taken: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Headers by our columns, those of all files."""
    headers: dict[str, dict[str, None]] = {}
    for one in taken:
        for ours, header in one.items():
            headers.setdefault(ours, {})[header] = None
    return {ours: tuple(some) for ours, some in headers.items()}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# --- Lists that are larger than memory, opened without reading them: folders of files and tables of databases.


SQLITE_SUFFIXES = (".sqlite", ".sqlite3", ".db")
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
_ROWS_AT_ONCE = 200_000
_UNDEFINED_TABLE = "42P01"


@contextmanager
def open_applicants(
    source: str | Path,
    *,
    table: str = "applicants",
    settings: Settings | None = None,
    memory: str = "1GB",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[OpenedApplicants]:
    """Open lists of applicants for `count_applicants`, without reading them into memory.

    Parameters
    ----------
    source
        A .parquet or .csv file, a pattern such as ``lists/**/*.parquet``, or a folder of such files (not mixed); a
        SQLite file (.sqlite, .sqlite3, .db); or the address of a PostgreSQL database, 'postgresql://...'.
        A name with [ ] or ``*`` is a name where such a file or folder exists. CSV files are read as text; delimiter
        and header are found by the headers that are known, and a row that has more or fewer cells than the header is
        a fault. Only the columns that count are read: no names, NIK or phone numbers. Of a database they are read in
        parts into a temporary Parquet file.
    table
        Table of a database.
    settings
        For the office's own headers, its time zone and the encoding of files that are not Unicode.
    memory, threads
        What DuckDB may use: memory such as '1GB' (it goes on with a temporary file beyond), and threads (None: all).
    progress
        Called as progress(done, total, text) while a database is read; total is the number of its rows.

    Yields
    ------
    OpenedApplicants
        Until the block ends.

    Raises
    ------
    ContractError
        Where nothing fits the pattern, a file cannot be read, or the database has no such table or column: all files.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "july.csv").write_text("Kecamatan,Tanggal\\nMelak,01/07/2025\\nMelak,02/07/2025\\nMe")
    ...     with open_applicants(folder) as lists:
    ...         print(lists.relation.columns, lists.rows, lists.rejected)
    ['service_date', 'kecamatan'] 2 1
    """
    import duckdb

    text = str(source)
    settings = settings or Settings()
    with staging_folder("count") as spill, duckdb.connect() as connection:
        connection.execute("SET memory_limit = $memory", {"memory": memory})
        connection.execute("SET temp_directory = $spill", {"spill": str(spill)})
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        if threads is not None:
            connection.execute("SET threads = $threads", {"threads": threads})
        if text.startswith(POSTGRES_SCHEMES) or Path(text).suffix.casefold() in SQLITE_SUFFIXES:
            staged = _staged(text, table, spill, settings, progress)
            yield parquet_lists(connection, [str(staged)], (_told(text),), settings)
            return
        files, kind = find_files(Path(text))
        if kind == ".csv":
            yield csv_lists(connection, files, spill, settings)
        else:
            yield parquet_lists(connection, files, tuple(files), settings)


def _staged(source: str, table: str, folder: Path, settings: Settings, progress: Progress | None) -> Path:
    """The columns that count of a database's table, as Parquet, written in parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shown = _told(source)
    connection = _connected(source)
    path = folder / "table.parquet"
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
    try:
        with closing(connection), closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT * FROM {quoted} WHERE 1 = 0")
            headers = [str(column[0]) for column in cursor.description]
            wanted = _counted(headers, settings)
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            total = int(cursor.fetchone()[0])
            names = ", ".join('"' + header.replace('"', '""') + '"' for header in wanted)
            if missing := missing_columns(
                shown, list(map_headers(wanted, APPLICANTS, extra=settings.columns).positions)
            ):
                raise ContractError(missing)
            # a named cursor of PostgreSQL stays on the server: without a name all rows would come at once
            reading = connection.cursor("rows") if source.startswith(POSTGRES_SCHEMES) else connection.cursor()
            schema = pa.schema([(header, pa.string()) for header in wanted])
            with closing(reading), pq.ParquetWriter(path, schema) as writer:
                reading.execute(f"SELECT {names} FROM {quoted}")
                done = 0
                while rows := reading.fetchmany(_ROWS_AT_ONCE):
                    if progress is not None:
                        progress(done, total, table)
                    columns = [[_text(cell) for cell in column] for column in zip(*rows, strict=True)]
                    writer.write_table(pa.table(columns, schema=schema))
                    done += len(rows)
    except _database_errors() as error:
        raise ContractError([failure("unreadable_file", file=shown, value=_why(error, table))]) from None
    if done != total:
        raise ContractError([failure("count_mismatch", file=shown, count=done, expected=str(total))])
    return path


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _why(error: Exception, table: str) -> str:
    """What a database refused, in our words: its own quote the rows."""
    if getattr(error, "sqlstate", None) == _UNDEFINED_TABLE or "no such table" in str(error):
        return f"it has no table '{table}'"
    if isinstance(error, sqlite3.DatabaseError) and type(error) is sqlite3.DatabaseError:
        return "it is no SQLite database, or damaged"
    return f"the database refused ({type(error).__name__})"


def _counted(headers: list[str], settings: Settings) -> list[str]:
    """Headers of the columns that count, in their order."""
    positions = map_headers(headers, APPLICANTS, extra=settings.columns).positions
    return [headers[at] for at in sorted(at for name, at in positions.items() if name in COUNTED_COLUMNS)]


def _connected(source: str) -> Any:
    """A read-only connection to a database."""
    if not source.startswith(POSTGRES_SCHEMES):
        path = Path(source)
        if odd := odd_file(path, name=source):
            raise ContractError([odd])
        if not path.is_file():
            raise ContractError([failure("missing_file", file=source)])
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        # a byte that is no text spoils its own cell, not the table
        connection.text_factory = bytes
        return connection
    shown = _told(source)
    try:
        import psycopg
    except ImportError:
        expected = "pip install 'outreach-analysis[postgres]' first: psycopg reads PostgreSQL"
        raise ContractError([failure("unreadable_file", file=shown, value=expected)]) from None
    try:
        return psycopg.connect(source, options="-c default_transaction_read_only=on")
    except psycopg.Error:
        what = "no connection: no server answers there, or it does not know this user, password or database"
        raise ContractError([failure("unreadable_file", file=shown, value=what)]) from None


def _database_errors() -> tuple[type[Exception], ...]:
    try:
        import psycopg
    except ImportError:
        return (sqlite3.Error,)
    return sqlite3.Error, psycopg.Error


def _told(address: str) -> str:
    """What is shown of a database: its file, or that it is one; an address may hold secrets in many places."""
    return "the database" if address.startswith(POSTGRES_SCHEMES) else address
