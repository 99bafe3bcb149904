"""What `outreach check` found in a folder, as tables with stable columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from outreach_analysis.contracts import FAILURE_COLUMNS, Failure, failures_frame
from outreach_analysis.event_kinds import took_place
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.ledger import COUNTS, IntakeLedger
from outreach_analysis.measures.attendance import attendance_by_event

ACCOUNT_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "faults": ("status", *FAILURE_COLUMNS),
        "files": ("file", "sheet", *COUNTS),
        "headers": ("header", "column", "how", "files"),
        "events": (
            "event_id",
            "site_id",
            "date",
            "applicants",
            "placed_share",
            "unplaced",
            "status",
            "programme",
            "days",
        ),
    }
)
"""Columns of `outreach check --table NAME --format csv|json`; new ones are only ever added at the end."""


def account_rows(dataset: Dataset, table: str = "faults") -> pd.DataFrame:
    """One table of a folder's account, exact: it stays in the office.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    table
        `faults`: every problem of every row, with what became of the row and the remedy. `files`: rows by file and
        sheet, read = matched + review + rejected + duplicate + skipped. `headers`: each header that is not ours, what
        it was taken for ('' where ignored), how, and in how many files. `events`: what took place, everybody
        who came, the share of applicants whose kecamatan is known, how many of them stand in no place, whether it was
        held or broken off, and its programme and days. People of an opening at the office are the office's, and their
        kecamatan is not judged.

    Returns
    -------
    DataFrame
        Columns of `ACCOUNT_COLUMNS`.

    Raises
    ------
    KeyError
        Where there is no such table.

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> account_rows(load_sample(), "files")["read"].sum()
    np.int64(5386)
    """
    if table == "events":
        took = dataset.events[took_place(dataset.events)].rename_axis("event_id")
        came = attendance_by_event(dataset)
        rows = took.assign(
            date=took["date"].dt.strftime("%Y-%m-%d"),
            applicants=dataset.applicants["event_id"].value_counts().reindex(took.index, fill_value=0),
            placed_share=came["placed_share"].round(4),
            unplaced=came["unplaced"].reindex(took.index).astype("Int64"),
        )
        return rows.reset_index()[list(ACCOUNT_COLUMNS[table])]
    return ledger_rows(dataset.ledger, table)


def ledger_rows(ledger: IntakeLedger, table: str = "faults", *, files: Sequence[Failure] = ()) -> pd.DataFrame:
    """One table of a folder's account, also where faults of its files stop the reading before there is a dataset.

    Parameters
    ----------
    ledger
        From a dataset, or from the error that stopped the reading.
    table
        As for `account_rows`; `events` has no row, since none can be counted yet.
    files
        Faults of files: they stand first, with the status `stops`.
    """
    columns = list(ACCOUNT_COLUMNS[table])
    if table == "faults":
        stops = failures_frame(files).assign(status="stops")
        return pd.concat([stops, ledger.rows], ignore_index=True)[columns] if files else ledger.rows[columns]
    if table == "files":
        return ledger.by_file[columns]
    if table == "headers":
        foreign = ledger.columns_taken[ledger.columns_taken["how"] != "ours"]
        return foreign.groupby(columns[:-1], as_index=False).agg(files=("file", "nunique"))[columns]
    return pd.DataFrame(columns=columns)
