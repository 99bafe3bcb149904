"""Where lists of any size lie: files scanned by DuckDB, databases, folders of files."""

from __future__ import annotations

import codecs
import csv
import glob
import io
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.files import odd_file, staging_folder
from outreach_analysis.intake.bulk_count import COUNTED_COLUMNS, DATE, ORIGIN, OpenedApplicants, Progress, unreadable
from outreach_analysis.intake.headers import APPLICANTS, map_headers
from outreach_analysis.intake.text_files import MAX_COLUMNS
from outreach_analysis.settings import Settings

if TYPE_CHECKING:
    import duckdb


# --- CSV files of any size: headers found, rows checked record by record; what counts of them is handed on as Parquet.


DELIMITERS = (";", ",", "\t", "|")
HEAD_ROWS, HEAD_BYTES = 40, 2**18
MAX_FAULTS = 1_000
"""Rows that are named one by one; more of them are one line."""

_BLOCK, _ROWS_AT_ONCE = 2**23, 200_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CsvHead:
    """How a file is written, where its header stands, what it is taken for, and what its folders' names say."""

    file: str
    encoding: str
    delimiter: str
    at: int
    headers: tuple[str, ...]
    positions: Mapping[str, int]
    folders: Mapping[str, str]

    @property
    def taken(self) -> dict[str, str]:
        return {column: self.headers[place] for column, place in self.positions.items()}


def _csv_head(file: str, settings: Settings) -> _CsvHead:
    """The row among the first that holds most of the columns wanted, by the delimiter that shows most of them."""
    with open(file, "rb") as stream:
        start = stream.read(HEAD_BYTES)
    if not start.strip(b"\x00\xef\xbb\xbf \r\n\t"):
        raise ContractError([failure("empty_file", file=file)])
    encoding = _encoding(file, start, settings.fallback_encoding)
    text = start.decode(encoding, errors="replace")
    if len(start) == HEAD_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    heads = []
    for delimiter in DELIMITERS:
        for at, cells in enumerate(_readable(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))):
            wide = len(cells) > MAX_COLUMNS
            positions, twice = _wanted(() if wide else cells, settings)
            heads.append(((len(positions) + len(twice), wide, -at), delimiter, cells, positions, twice))
    (_, wide, at), delimiter, cells, positions, twice = max(heads, key=lambda head: head[0])
    if wide:
        raise ContractError([failure("too_large", file=file, expected=f"more than {MAX_COLUMNS:,} columns")])
    if twice:
        raise ContractError([failure("duplicate_column", file=file, column=column) for column in twice])
    return _CsvHead(
        file=file, encoding=encoding, delimiter=delimiter, at=-at, headers=tuple(cells), positions=positions,
        folders=_of_folders(file, positions, settings),
    )  # fmt: skip


def _readable(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from islice(reader, HEAD_ROWS)
    except csv.Error:
        return


def _encoding(file: str, start: bytes, fallback: str) -> str:
    """UTF-8 where the whole file is; UTF-16 where its mark says so; else the encoding that the office declared."""
    if start.startswith(_UTF16):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(file, "rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return fallback
    return "utf-8-sig"


def csv_lists(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], spill: Path, settings: Settings
) -> OpenedApplicants:
    """CSV files: the columns that count of all of them, as one Parquet file of text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    heads, faults, ragged, rows, rejected = list[_CsvHead](), list[Failure](), list[Failure](), 0, 0
    path = spill / "lists.parquet"
    with pq.ParquetWriter(path, pa.schema([(name, pa.string()) for name in COUNTED_COLUMNS])) as writer:
        for file in files:
            try:
                head, told = _csv_head(file, settings), len(ragged)
                faults += missing_columns(file, [*head.positions, *head.folders])
                heads.append(head)
                for records, odd in _records(head):
                    columns = dict(zip(head.positions, zip(*records, strict=True), strict=False))
                    blank = {name: [head.folders.get(name)] * len(records) for name in COUNTED_COLUMNS}
                    writer.write_table(pa.table({**blank, **columns}, schema=writer.schema))
                    rows, rejected = rows + len(records), rejected + len(odd)
                    ragged += odd[: MAX_FAULTS + told - len(ragged)]
            except ContractError as error:
                faults += error.items
    if faults:
        raise ContractError(faults)
    there = {name for head in heads for name in (*head.positions, *head.folders)}
    ours = ", ".join(name for name in COUNTED_COLUMNS if name in there)
    return OpenedApplicants(
        relation=connection.sql(f"SELECT {ours} FROM read_parquet($lists)", params={"lists": str(path)}),
        files=tuple(files),
        rows=rows,
        columns=_joined([head.taken for head in heads]),
        faults=tuple(ragged),
        rejected=rejected,
    )


def _records(head: _CsvHead) -> Iterator[tuple[list[list[str]], list[Failure]]]:
    """The wanted cells of many rows at a time, and the rows among them of another number of cells."""
    width, places, at = len(head.headers), list(head.positions.values()), 0
    records, odd = list[list[str]](), list[Failure]()
    try:
        with open(head.file, encoding=head.encoding, newline="") as source:
            reader = csv.reader(_without_nul(source), delimiter=head.delimiter, strict=True)
            for at, cells in enumerate(reader, start=1):
                if at <= head.at + 1 or not cells or (len(cells) != width and not any(cells)):
                    continue
                if len(cells) < width or any(cells[width:]):
                    odd.append(failure("ragged_row", file=head.file, row=at, count=len(cells), expected=str(width)))
                else:
                    records.append([" ".join(cells[place].splitlines()) for place in places])
                if len(records) + len(odd) == _ROWS_AT_ONCE:
                    yield records, odd
                    records, odd = [], []
        yield records, odd
    except csv.Error:
        what = f"a quotation mark is not closed, or a cell is too long, at or after row {at + 1}"
        raise ContractError([failure("unreadable_file", file=head.file, value=what)]) from None
    except UnicodeError:
        what = f"it is neither UTF-8 nor {head.encoding}, at or after row {at + 1}"
        raise ContractError([failure("unreadable_file", file=head.file, value=what)]) from None


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


def parquet_lists(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], names: tuple[str, ...], settings: Settings
) -> OpenedApplicants:
    """Parquet files; those that are read alike are read together."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, taken, faults = 0, list[dict[str, str]](), list[Failure]()
    found: list[tuple[str, list[tuple[str, str, str]], dict[str, str]]] = []
    for file, name in zip(files, names, strict=True):
        try:
            with pq.ParquetFile(file) as opened:
                schema, rows = opened.schema_arrow, rows + opened.metadata.num_rows
        except (pa.ArrowException, OSError, ValueError):
            faults.append(failure("unreadable_file", file=name, value="it is no Parquet file, or damaged"))
            continue
        places, twice = _wanted(schema.names, settings)
        folders = _of_folders(file, places, settings)
        faults += [failure("duplicate_column", file=name, column=ours) for ours in twice]
        faults += missing_columns(name, [*places, *folders])
        columns = [(ours, schema.names[place], _kind(schema.field(place).type)) for ours, place in places.items()]
        taken.append({ours: header for ours, header, _ in columns})
        found.append((file, columns, folders))
    if faults:
        raise ContractError(faults)
    days = {kind for _, columns, _ in found for ours, _, kind in columns if ours == DATE}
    as_text = not days <= {"date", "instant", "timestamp"}
    alike: dict[tuple[str, ...], list[str]] = {}
    for file, columns, folders in found:
        cells = [_cell(ours, header, kind, as_text, settings) for ours, header, kind in columns]
        cells += [f"{_literal(value)} AS {ours}" for ours, value in folders.items()]
        # of files that are read together the first says of what type a column is
        alike.setdefault((", ".join(cells), *(kind for _, _, kind in columns)), []).append(glob.escape(file))
    params = {f"files{number}": paths for number, paths in enumerate(alike.values())}
    parts = (
        f"SELECT {cells} FROM read_parquet(${some}, hive_partitioning = false)"
        for (cells, *_), some in zip(alike, params, strict=True)
    )
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


def _wanted(headers: Sequence[str], settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Where our columns that count stand among headers, and those that stand there twice."""
    found = map_headers(headers, APPLICANTS, extra=settings.columns)
    places = {ours: at for ours, at in found.positions.items() if ours in COUNTED_COLUMNS}
    return places, [ours for ours in found.duplicates if ours in COUNTED_COLUMNS]


def _of_folders(file: str, beside: Collection[str], settings: Settings) -> dict[str, str]:
    """Values of our columns that names of folders such as 'event_id=JB-01' stand for, but for those that a file has."""
    said = [part.partition("=")[::2] for part in Path(file).parts[:-1] if "=" in part]
    places, _ = _wanted([key for key, _ in said], settings)
    return {ours: unquote(said[at][1]) for ours, at in places.items() if ours not in beside}


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
        A .parquet or .csv file, a pattern (``lists/**/*.parquet``) or a folder of such files (not mixed); a SQLite
        file (.sqlite, .sqlite3, .db); or the address of a PostgreSQL database, 'postgresql://...'.
        A name with [ ] or ``*`` is a name where such a file or folder exists. Delimiter and header of CSV files are
        found by the headers that are known; a row of more or fewer cells is a fault. Only the columns that count are
        read, no names, NIK or phone numbers; those of CSV and databases into a temporary Parquet file.
    table, settings
        Table of a database; the office's own headers, its time zone and the encoding of files that are not Unicode.
    memory, threads
        What DuckDB may use: memory such as '1GB' (it goes on with a temporary file beyond), and threads (None: all).
    progress
        Called as progress(done, total, text) while a database is read; total is the number of its rows.

    Raises
    ------
    ContractError
        All files that cannot be read, or no file, table or column.

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
            places, _ = _wanted(headers, settings)
            wanted = [headers[at] for at in sorted(places.values())]
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            total = int(cursor.fetchone()[0])
            names = ", ".join('"' + header.replace('"', '""') + '"' for header in wanted)
            if missing := missing_columns(shown, list(places)):
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
