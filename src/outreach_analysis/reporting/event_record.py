"""A pop-up that has taken place, added to an office's folder: its list, and its status in the table of events."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.files import replace_file
from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.folder import APPLICANTS_FOLDER
from outreach_analysis.intake.readers import SUFFIXES, read_sheets
from outreach_analysis.intake.sheets import header_score
from outreach_analysis.intake.specs import EVENTS
from outreach_analysis.intake.vocabulary import EVENT_STATUS, known_word
from outreach_analysis.reporting.exports import write_cells
from outreach_analysis.settings import Settings

EVENTS_FILE = "events.csv"
HELD = "held"


def record_event(folder: Path, event_id: str, applicants: Path, *, settings: Settings) -> Dataset:
    """Copy the list of a pop-up into `applicants/` under the event's id, and write the event down as held.

    All or nothing: where the folder cannot be read afterwards, or the list adds nobody to this event, both files
    are as before.

    Parameters
    ----------
    folder
        The data folder.
    event_id
        As in events.csv.
    applicants
        The list: any file that `applicants/` may hold. Rows that name an event keep it; others belong to this one.
    settings
        For the headers of events.csv.

    Returns
    -------
    Dataset
        The folder read again.

    Raises
    ------
    ValueError
        Where the event is not in events.csv, was cancelled or failed, the list is no file that can be read, there is
        one for the event already, or the list adds nobody to the event.
    ContractError
        Where the folder cannot be read, before or afterwards.
    OSError
        Where the folder cannot be written to.
    """
    if not applicants.is_file() or applicants.suffix.casefold() not in SUFFIXES:
        raise RequestError(f"{applicants} is no list that can be read; give a file of: {', '.join(SUFFIXES)}")
    lists = folder / APPLICANTS_FOLDER
    if any(lists.glob(f"{event_id}.*")):
        raise RequestError(f"there is a list of {event_id} in {APPLICANTS_FOLDER}/ already; it is left as it is")
    target, table = lists / f"{event_id}{applicants.suffix}", folder / EVENTS_FILE
    if not table.exists():
        raise RequestError(f"{folder} has no {EVENTS_FILE}; set the status of {event_id} to held by hand")
    before = table.read_bytes()
    _write_as_held(table, event_id, settings)
    try:
        lists.mkdir(exist_ok=True)
        shutil.copyfile(applicants, target)
        dataset = read_dataset(folder, as_of=None)
        if not (dataset.applicants["event_id"] == event_id).any():
            raise RequestError(f"{applicants.name} adds nobody to {event_id}{_why_nobody(dataset, event_id)}")
    except BaseException:
        # whatever it was: the folder is left as it was found
        target.unlink(missing_ok=True)
        replace_file(table, before)
        raise
    return dataset


def _why_nobody(dataset: Dataset, event_id: str) -> str:
    """What the ledger says of the event and its list."""
    rows = dataset.ledger.rows
    ours = rows[rows["file"].str.contains(event_id, regex=False) | (rows["value"] == event_id)]
    said = [f"{row.file} row {row.row}: {row.problem}; {row.remedy}" for row in ours.head(3).itertuples()]
    return "".join(f"\n  {text}" for text in said)


def _write_as_held(table: Path, event_id: str, settings: Settings) -> None:
    """events.csv with one status changed; every other cell as it stands."""
    (sheet,) = read_sheets(
        table,
        name=EVENTS_FILE,
        fallback_encoding=settings.fallback_encoding,
        header_score=partial(header_score, spec=EVENTS, extra=settings.columns),
    )
    cells = sheet.cells.copy()
    headers = map_headers([str(cell) for cell in cells.iloc[0]], EVENTS, extra=settings.columns).positions
    if not {"event_id", "status"} <= set(headers):
        raise RequestError(f"{EVENTS_FILE} has no header of events in its first row; see `outreach check`")
    ours = cells.iloc[:, headers["event_id"]].astype(str).str.strip() == event_id
    if not ours.any():
        raise RequestError(f"{event_id} is not in {EVENTS_FILE}; add it with its place and date first")
    status = cells.loc[ours].iloc[0, headers["status"]]
    known = known_word(pd.Series([str(status)]), EVENT_STATUS).iloc[0]
    if known in ("cancelled", "failed"):
        raise RequestError(f"{event_id} was {known} according to {EVENTS_FILE}; change that first")
    cells.loc[ours, cells.columns[headers["status"]]] = HELD
    write_cells(cells, table, header=False)
