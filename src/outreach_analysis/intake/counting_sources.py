"""Lists that are larger than memory, opened without reading them: folders of files and tables of databases."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from outreach_analysis.contracts import ContractError, failure
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.counting_files import csv_lists, find_files, missing_columns, parquet_lists
from outreach_analysis.intake.counting_frames import COUNTED_COLUMNS, Progress
from outreach_analysis.intake.counting_lists import OpenedApplicants
from outreach_analysis.intake.plain_files import odd_file
from outreach_analysis.intake.specs import APPLICANTS
from outreach_analysis.settings import Settings

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
        A .parquet or .csv file, a pattern such as 'lists/**/*.parquet', or a folder of such files (not mixed); a
        SQLite file (.sqlite, .sqlite3, .db); or the address of a PostgreSQL database, 'postgresql://...'.
        A name with [ ] or * is a name where such a file or folder exists. CSV files are read as text; delimiter
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
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "july.csv").write_text("Kecamatan,Tanggal\\nMelak,01/07/2025\\nMelak,02/07/2025\\nMe")
    ...     with open_applicants(folder) as lists:
    ...         print(lists.relation.columns, lists.rows, lists.rejected)
    ['service_date', 'kecamatan'] 2 1
    """
    import duckdb

    text = str(source)
    settings = settings or Settings()
    with tempfile.TemporaryDirectory(prefix="outreach-count-") as spill, duckdb.connect() as connection:
        connection.execute("SET memory_limit = $memory", {"memory": memory})
        connection.execute("SET temp_directory = $spill", {"spill": spill})
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        if threads is not None:
            connection.execute("SET threads = $threads", {"threads": threads})
        if text.startswith(POSTGRES_SCHEMES) or Path(text).suffix.casefold() in SQLITE_SUFFIXES:
            staged = _staged(text, table, Path(spill), settings, progress)
            yield parquet_lists(connection, [str(staged)], (_without_password(text),), settings)
            return
        files, kind = find_files(Path(text))
        if kind == ".csv":
            yield csv_lists(connection, files, Path(spill), settings)
        else:
            yield parquet_lists(connection, files, tuple(files), settings)


def _staged(source: str, table: str, folder: Path, settings: Settings, progress: Progress | None) -> Path:
    """The columns that count of a database's table, as Parquet, written in parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shown = _without_password(source)
    connection = _connected(source)
    path = folder / "table.parquet"
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
    try:
        with closing(connection), closing(connection.cursor()) as cursor:
            # a named cursor of PostgreSQL stays on the server: without a name all rows would come at once
            reading = connection.cursor("rows") if source.startswith(POSTGRES_SCHEMES) else connection.cursor()
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
            reading.execute(f"SELECT {names} FROM {quoted}")
            schema = pa.schema([(header, pa.string()) for header in wanted])
            with closing(reading), pq.ParquetWriter(path, schema) as writer:
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
    shown = _without_password(source)
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


def _without_password(address: str) -> str:
    """A database's address as it may be shown.

    Examples
    --------
    >>> _without_password("postgresql://rina:secret@kanim:5432/lists")
    'postgresql://rina:…@kanim:5432/lists'
    """
    return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:…@", address)
