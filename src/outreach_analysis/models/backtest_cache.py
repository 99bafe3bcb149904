"""Back-tests kept by content: the same tables, prior, settings and seed need not be computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from outreach_analysis.files import replace_file


def content_key(tables: Iterable[pd.DataFrame | None], others: Iterable[object]) -> str:
    """A key of everything that a result hangs on: tables, other inputs (by their repr) and the models' own code.

    Examples
    --------
    >>> table = pd.DataFrame({"n": [1, 2]})
    >>> content_key([table], [1]) == content_key([table.copy()], [1])
    True
    >>> content_key([table], [1]) == content_key([table + 1], [1])
    False
    """
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for table in tables:
        if table is None:
            digest.update(b"no table")
            continue
        digest.update(repr([(str(name), str(kind)) for name, kind in table.dtypes.items()]).encode())
        digest.update(pd.util.hash_pandas_object(table, index=True).to_numpy().tobytes())
    for item in others:
        digest.update(repr(item).encode())
    return digest.hexdigest()[:32]


def store_tables(folder: Path, key: str, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables, index `event_id`, as csv files of this key; floats keep every bit."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        replace_file(folder / f"{key}-{name}.csv", table.to_csv(date_format="%Y-%m-%d", lineterminator="\n"))


def load_tables(folder: Path, key: str, names: Iterable[str]) -> dict[str, pd.DataFrame] | None:
    """The tables of this key, or None where not all are there."""
    tables = {}
    for name in names:
        path = folder / f"{key}-{name}.csv"
        if not path.is_file():
            return None
        table = pd.read_csv(path, dtype={"event_id": str}, parse_dates=["date"])
        tables[name] = table.set_index("event_id")
    return tables
