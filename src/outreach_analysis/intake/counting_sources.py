"""Lists that are larger than memory, opened without reading them: folders of files and tables of databases."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach_analysis.contracts import ContractError, failure
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.counting_frames import COUNTED_COLUMNS, Progress
from outreach_analysis.intake.specs import APPLICANTS
from outreach_analysis.settings import Settings

if TYPE_CHECKING:
    import duckdb

SQLITE_SUFFIXES = (".sqlite", ".sqlite3", ".db")
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
_ROWS_AT_ONCE = 200_000
_READERS = {
    ".parquet": "FROM read_parquet($files, union_by_name = true)",
    ".csv": "FROM read_csv($files, all_varchar = true, header = true, union_by_name = true)",
}


@contextmanager
def open_applicants(
    source: str | Path,
    *,
    table: str = "applicants",
    settings: Settings | None = None,
    memory: str = "1GB",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[duckdb.DuckDBPyRelation]:
    """Open lists of applicants for `count_applicants`, without reading them into memory.

    Parameters
    ----------
    source
        A .parquet or .csv file, a pattern such as 'lists/**/*.parquet', or a folder of such files (not mixed); a
        SQLite file (.sqlite, .sqlite3, .db); or the address of a PostgreSQL database, 'postgresql://...'.
        CSV files are read as text, in UTF-8, with a header. Of a database only the columns that count are read,
        in parts, into a temporary Parquet file: no names, NIK or phone numbers.
    table
        Table of a database.
    settings
        For the office's own headers.
    memory, threads
        What DuckDB may use: memory such as '1GB' (it goes on with a temporary file beyond), and threads (None: all).
    progress
        Called as progress(done, total, text) while a database is read; total is the number of its rows.

    Yields
    ------
    DuckDBPyRelation
        Until the block ends.

    Raises
    ------
    ContractError
        Where nothing fits the pattern, a file cannot be read, or the database has no such table or column.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "july.csv").write_text("kecamatan,service_date\\nMelak,01/07/2025\\nMelak,02/07/2025")
    ...     with open_applicants(folder) as relation:
    ...         print(relation.columns, len(relation))
    ['kecamatan', 'service_date'] 2
    """
    import duckdb

    text = str(source)
    with tempfile.TemporaryDirectory(prefix="outreach-count-") as spill, duckdb.connect() as connection:
        connection.execute("SET memory_limit = $memory", {"memory": memory})
        connection.execute("SET temp_directory = $spill", {"spill": spill})
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        if threads is not None:
            connection.execute("SET threads = $threads", {"threads": threads})
        if text.startswith(POSTGRES_SCHEMES) or Path(text).suffix.casefold() in SQLITE_SUFFIXES:
            files = [str(_staged(text, table, Path(spill), settings or Settings(), progress))]
            kind = ".parquet"
        else:
            files, kind = _files(Path(text))
        try:
            relation = connection.sql(_READERS[kind], params={"files": files})
        except duckdb.Error as error:
            raise ContractError([failure("unreadable_file", file=text, value=str(error).splitlines()[0])]) from error
        yield relation


def _files(pattern: Path) -> tuple[list[str], str]:
    """Files of a pattern or folder, sorted, all of one kind."""
    if pattern.is_dir():
        found = [path for path in pattern.rglob("*") if path.suffix.casefold() in (".parquet", ".csv")]
    elif pattern.is_file():
        found = [pattern]
    else:
        parts = pattern.parts
        first = next((n for n, part in enumerate(parts) if any(mark in part for mark in "*?[")), len(parts))
        root = Path(*parts[:first]) if first else Path()
        below = str(Path(*parts[first:])) if first < len(parts) else ""
        found = [path for path in root.glob(below) if path.is_file()] if below and root.is_dir() else []
    kinds = sorted({path.suffix.casefold() for path in found})
    if not found:
        raise ContractError([failure("missing_file", file=str(pattern))])
    if kinds not in ([".parquet"], [".csv"]):
        fault = failure(
            "unknown_file_kind", file=str(pattern), value=", ".join(kinds), expected=".parquet or .csv alone"
        )
        raise ContractError([fault])
    return sorted(map(str, found)), kinds[0]


def _staged(source: str, table: str, folder: Path, settings: Settings, progress: Progress | None) -> Path:
    """The columns that count of a database's table, as Parquet, written in parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    connection = _connected(source)
    path = folder / "table.parquet"
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
    with closing(connection), closing(connection.cursor()) as cursor:
        # a named cursor of PostgreSQL stays on the server: without a name all rows would come at once
        reading = connection.cursor("rows") if source.startswith(POSTGRES_SCHEMES) else connection.cursor()
        try:
            cursor.execute(f"SELECT * FROM {quoted} WHERE 1 = 0")
            headers = [str(column[0]) for column in cursor.description]
            wanted = _counted(headers, settings)
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            total = int(cursor.fetchone()[0])
            names = ", ".join('"' + header.replace('"', '""') + '"' for header in wanted)
            reading.execute(f"SELECT {names} FROM {quoted}")
        except _database_errors() as error:
            raise ContractError(
                [failure("unreadable_file", file=_without_password(source), value=str(error).strip())]
            ) from error
        schema = pa.schema([(header, pa.string()) for header in wanted])
        with closing(reading), pq.ParquetWriter(path, schema) as writer:
            done = 0
            while rows := reading.fetchmany(_ROWS_AT_ONCE):
                if progress is not None:
                    progress(done, total, table)
                columns = [
                    [None if cell is None else str(cell) for cell in column] for column in zip(*rows, strict=True)
                ]
                writer.write_table(pa.table(columns, schema=schema))
                done += len(rows)
    return path


def _counted(headers: list[str], settings: Settings) -> list[str]:
    """Headers of the columns that count, in their order."""
    positions = map_headers(headers, APPLICANTS, extra=settings.columns).positions
    return [headers[at] for at in sorted(at for name, at in positions.items() if name in COUNTED_COLUMNS)]


def _connected(source: str) -> Any:
    """A read-only connection to a database."""
    if not source.startswith(POSTGRES_SCHEMES):
        if not Path(source).is_file():
            raise ContractError([failure("missing_file", file=source)])
        return sqlite3.connect(f"{Path(source).absolute().as_uri()}?mode=ro", uri=True)
    try:
        import psycopg
    except ImportError as error:
        expected = "pip install 'outreach-analysis[postgres]' first: psycopg reads PostgreSQL"
        raise ContractError([failure("unreadable_file", file=_without_password(source), value=expected)]) from error
    try:
        return psycopg.connect(source, options="-c default_transaction_read_only=on")
    except psycopg.Error as error:
        raise ContractError(
            [failure("unreadable_file", file=_without_password(source), value=str(error).strip())]
        ) from error


def _database_errors() -> tuple[type[Exception], ...]:
    try:
        import psycopg
    except ImportError:
        return (sqlite3.Error,)
    return sqlite3.Error, psycopg.Error


def _without_password(address: str) -> str:
    """A database's address as it may be shown.

    Examples
    --------
    >>> _without_password("postgresql://rina:secret@kanim:5432/lists")
    'postgresql://rina:…@kanim:5432/lists'
    """
    return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:…@", address)
