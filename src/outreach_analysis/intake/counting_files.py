"""Files of lists for counting: found, looked through, and handed to the engine with nothing left for it to guess."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.counting_frames import COUNTED_COLUMNS, DATE, ORIGIN
from outreach_analysis.intake.counting_lists import OpenedApplicants, unreadable
from outreach_analysis.intake.csv_scan import CsvFile, scan_csv
from outreach_analysis.intake.plain_files import odd_file
from outreach_analysis.intake.specs import APPLICANTS
from outreach_analysis.settings import Settings

if TYPE_CHECKING:
    import duckdb


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


def _csv_part(  # noqa: PLR0917 - the parts of a key
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
