"""Problems of rows, one line a cause and file: how many rows, which, what stands there, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

CASCADES = ("rejected_site", "rejected_event")
"""Rows that are lost only because another row is: told once for all files."""

STATUSES = ("stops", "rejected", "review", "warning", "duplicate", "skipped")
"""What becomes of rows, the worst first."""

_HARMLESS = ("duplicate", "skipped")
_MOST_VALUES, _MOST_PIECES = 3, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What many rows have in common.

    Attributes
    ----------
    status, reason
        What became of the rows, and why.
    files
        Where they stand, each as `file` or `file [sheet]`.
    n
        How many rows they are; 0 where the whole file is meant.
    text
        The line that is told.
    is_nothing_to_do
        Whether nobody needs to look at it: rows that are no data.
    """

    status: str
    reason: str
    files: tuple[str, ...]
    n: int
    text: str
    is_nothing_to_do: bool


def fold_causes(rows: pd.DataFrame) -> list[Cause]:
    """Fold rows with problems into causes.

    Rows of one file and sheet with the same reason in the same column are one cause. Rows that are lost only because
    another is (`CASCADES`), repeats of people and rows that are no data are one cause each, for all files together.

    Parameters
    ----------
    rows
        As `IntakeLedger.rows`.

    Returns
    -------
    list of Cause
        By what became of the rows, the worst first; then in the order of the files.

    Examples
    --------
    >>> from outreach_analysis.intake.ledger import LedgerBuilder
    >>> book = LedgerBuilder()
    >>> at = pd.DataFrame({"file": "JB-16.csv", "sheet": "", "row": [5, 6, 7, 9]})
    >>> days = pd.Series(["13/14/2025", "13/14/2025", "31/06/2025", "13/14/2025"])
    >>> book.note(at, "bad_date", status="rejected", column="service_date", values=days, expected="dd/mm/yyyy")
    >>> print(fold_causes(book.close().rows)[0].text[:79])
    JB-16.csv: 4 rows (5-7, 9): service_date '13/14/2025', '31/06/2025' is not a da
    """
    if rows.empty:
        return []
    published = rows.assign(
        place=rows["file"] + np.where(rows["sheet"] == "", "", " [" + rows["sheet"].astype(str) + "]"),
        at=np.arange(len(rows)),
        rank=rows["status"].map({status: at for at, status in enumerate(STATUSES)}),
    )
    folded = published["reason"].isin(CASCADES) | published["status"].isin(_HARMLESS)
    published["of_file"] = published["place"].where(~folded, "")
    published["of_column"] = published["column"].where(~folded, "")
    # several sentences of one reason tell different things, such as another number each
    groups = published.groupby(["rank", "of_file", "of_column", "reason", "problem", "remedy"], sort=False)
    causes = [(key[0], int(group["at"].iloc[0]), key[1] == "", group) for key, group in groups]
    return [_cause(group, folded=folded) for *_, folded, group in sorted(causes, key=lambda cause: cause[:2])]


def _cause(rows: pd.DataFrame, *, folded: bool) -> Cause:
    first = rows.iloc[0]
    files = tuple(rows["place"].unique())
    numbers = rows[["place", "row"]].drop_duplicates()["row"]
    n = int(numbers.notna().sum())
    if folded and len(files) > 1:
        where = f"{len(files)} files: {_rows(n)}"
    else:
        where = f"{files[0]}: {_rows(n)} ({row_ranges(numbers.dropna().astype(int).tolist())})" if n else files[0]
    values = rows.loc[rows["value"] != "", "value"]
    distinct = values.unique()
    quoted = ", ".join(f"'{value}'" for value in distinct[:_MOST_VALUES]) + (
        f" and {len(distinct) - _MOST_VALUES} others" if len(distinct) > _MOST_VALUES else ""
    )
    what = " ".join(part for part in (str(first["column"]), quoted) if part)
    text = f"{where}: {what + ' ' if what else ''}{first['problem']}; {first['remedy']}"
    return Cause(
        status=str(first["status"]),
        reason=str(first["reason"]),
        files=files,
        n=n,
        text=text,
        is_nothing_to_do=first["status"] == "skipped" and first["remedy"] == "nothing to do",
    )


def _rows(n: int) -> str:
    return f"{n} row{'' if n == 1 else 's'}"


def row_ranges(rows: Sequence[int]) -> str:
    """Row numbers, those that follow one another as a range; the first few of many.

    Examples
    --------
    >>> row_ranges([9, 5, 6, 7]), row_ranges([1, 3, 5, 7, 9])
    ('5-7, 9', '1, 3, 5, ...')
    """
    pieces: list[list[int]] = []
    for row in sorted(set(rows)):
        if pieces and row == pieces[-1][1] + 1:
            pieces[-1][1] = row
        else:
            pieces.append([row, row])
    shown = [f"{low}" if low == high else f"{low}-{high}" for low, high in pieces[:_MOST_PIECES]]
    return ", ".join([*shown, *(["..."] if len(pieces) > _MOST_PIECES else [])])
