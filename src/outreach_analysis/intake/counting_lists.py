"""Lists of applicants as they are opened for counting: the rows for an engine, and what is known of them beside it."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outreach_analysis.contracts import ContractError, Failure, failure

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedApplicants:
    """Lists of applicants, opened for `count_applicants`.

    Attributes
    ----------
    relation
        The columns that count, under our names; none other is read.
    files
        The files that are read.
    rows
        Rows that they hold by a count of our own, independent of the engine that reads them.
    columns
        Headers that each of our columns is read from; several where files differ.
    faults, rejected
        Rows that are not in the relation because they have more or fewer cells than their header, and how many; the
        first ones of a file are named one by one.
    """

    relation: duckdb.DuckDBPyRelation
    files: tuple[str, ...]
    rows: int
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Failure, ...] = ()
    rejected: int = 0

    def check(self, counted: int) -> None:
        """Refuse a count that is not that of the files.

        Raises
        ------
        ContractError
            `count_mismatch`.
        """
        if counted != self.rows:
            name = self.files[0] if len(self.files) == 1 else f"{len(self.files)} files, {self.files[0]} the first"
            raise ContractError([failure("count_mismatch", file=name, count=counted, expected=f"{self.rows}")])


def unreadable(files: Sequence[str], columns: Mapping[str, tuple[str, ...]]) -> ContractError:
    """The error for Parquet files that the engine cannot read to their end: which, and nothing that they hold."""
    import duckdb
    import pyarrow.parquet as pq

    guilty, wanted = [], {header for some in columns.values() for header in some}
    for file in files if len(files) > 1 else ():
        headers = [header for header in pq.read_schema(file).names if header in wanted]
        texts = ", ".join('MAX("' + header.replace('"', '""') + '")' for header in headers)
        with duckdb.connect() as alone:
            try:
                query = f"SELECT {texts} FROM read_parquet($file, hive_partitioning = false)"
                alone.execute(query, {"file": glob.escape(file)}).fetchall()
            except duckdb.Error:
                guilty.append(file)
    what = "it is damaged, or holds text that is not UTF-8"
    return ContractError([failure("unreadable_file", file=file, value=what) for file in guilty or files])
