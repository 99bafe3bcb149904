"""The review sheet in an office's folder: decisions taken over from it, and what is left written to it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.review import ALIASES_FILE, REVIEW_FILE, read_decisions, review_sheet, with_decisions
from outreach_analysis.reporting.exports import write_cells


def take_over_decisions(folder: Path, dataset: Dataset, *, decided_by: str, decided_on: dt.date | None) -> int:
    """Add what was decided in `review.csv` to `aliases.csv`, all of it or nothing.

    Parameters
    ----------
    folder, dataset
        The data folder, and what was read from it.
    decided_by, decided_on
        As for `read_decisions`.

    Returns
    -------
    int
        Decisions added; 0 where there is no sheet or nothing new in it.

    Raises
    ------
    ContractError
        As for `read_decisions` and `with_decisions`.
    OSError
        Where `aliases.csv` cannot be written.
    """
    sheet = folder / REVIEW_FILE
    if not sheet.exists():
        return 0
    decisions = read_decisions(sheet, dataset, decided_by=decided_by, decided_on=decided_on)
    if len(decisions):
        cells = with_decisions(folder, decisions, fallback_encoding=dataset.settings.fallback_encoding)
        write_cells(cells, folder / ALIASES_FILE, header=False)
    return len(decisions)


def write_review(folder: Path, dataset: Dataset) -> pd.DataFrame:
    """Write the texts that wait for a decision to `review.csv`; where none waits, take the file away.

    Parameters
    ----------
    folder, dataset
        The data folder, and what was read from it after decisions were taken over.

    Returns
    -------
    DataFrame
        As from `review_sheet`.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    waiting = review_sheet(dataset)
    if len(waiting):
        write_cells(waiting, folder / REVIEW_FILE)
    else:
        # every row of it was decided and stands in aliases.csv now
        (folder / REVIEW_FILE).unlink(missing_ok=True)
    return waiting
