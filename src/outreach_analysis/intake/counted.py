"""People who come as counts, made where their lists lie: read, checked, and handed on like those of lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.event_kinds import is_popup, took_place
from outreach_analysis.files import odd_file
from outreach_analysis.intake.applicants import OFFICE
from outreach_analysis.intake.cells import RawSheet
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.tables import OUTSIDE, PLACED, Keyed, Places
from outreach_analysis.masking import mask_identifiers

COUNTS_FILES = ("counts.parquet", "counts.csv")
"""Files of a folder that stand for its lists: what `outreach count --out` writes."""
COUNTED = "counted"
"""What the ledger calls counts that were handed in as a frame."""

_NEEDED = ("event_id", "month", "area_id", "level", "place", "applicants")
_LEVELS = (*PLACED, "kabupaten", *OUTSIDE, "unknown")
_OFFICE_WORDS = ("office", "kantor")
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountsTable:
    """Counts as they were handed in, by the name of what holds them."""

    name: str
    rows: pd.DataFrame


def read_counts(folder: Path) -> CountsTable | None:
    """The counts of a folder; None where it has none."""
    found = [folder / name for name in COUNTS_FILES if (folder / name).exists()]
    if not found:
        return None
    path = found[0]
    if len(found) > 1:
        raise ContractError([failure("two_files", file=path.name, value=found[1].name)])
    if odd := odd_file(path, name=path.name, folder=folder):
        raise ContractError([odd])
    try:
        parquet = path.suffix == ".parquet"
        rows = pd.read_parquet(path) if parquet else pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, ImportError):
        what = "it is no table that `outreach count --out` wrote, or damaged"
        raise ContractError([failure("unreadable_file", file=path.name, value=what)]) from None
    return CountsTable(name=path.name, rows=rows)


def checked_counts(table: CountsTable, events: Keyed, places: Places, book: LedgerBuilder) -> pd.DataFrame:
    """Numbers of people by event_id, month, area_id, origin_level and place, as `tally` makes them of lists; people of
    no event, or of one that was not held, are set apart and told, as their rows would be."""
    rows = table.rows
    missing = [failure("missing_column", file=table.name, column=name) for name in _NEEDED if name not in rows]
    if missing:
        raise ContractError(missing)
    people = pd.to_numeric(rows["applicants"], errors="coerce")
    month = pd.to_datetime(rows["month"].replace("", None), errors="coerce")
    said = {name: rows[name].astype("str").fillna("") for name in ("event_id", "area_id", "level", "place")}
    faults = []
    for column, wrong, reason, expected in (
        ("applicants", ~(people.ge(0) & people.mod(1).eq(0)), "bad_number", "a whole number of 0 or more"),
        ("level", ~said["level"].isin(_LEVELS), "bad_choice", ", ".join(_LEVELS)),
        (
            "area_id",
            said["level"].isin([*PLACED, "kabupaten"]) & ~said["area_id"].isin(places.gazetteer.index),
            "unknown_area",
            "",
        ),
    ):
        values = rows.loc[wrong, column].astype("str").unique()[:_SHOWN]
        faults += [failure(reason, file=table.name, column=column, value=value, expected=expected) for value in values]
    if faults:
        raise ContractError(faults)
    known = dict.fromkeys(_OFFICE_WORDS, OFFICE) | {str(name).casefold(): str(name) for name in events.frame.index}
    ids = said["event_id"].map({name: known.get(name.casefold(), name) for name in said["event_id"].unique()})
    counted = pd.DataFrame(
        {
            "event_id": ids,
            "service_date": month,
            "area_id": said["area_id"].where(said["area_id"] != ""),
            "origin_level": said["level"],
            "place": said["place"],
            "applicants": people.astype("int64"),
        }
    )
    kept = _of_events(counted, events, table.name, book)
    waiting = int(counted.loc[kept & (counted["origin_level"] == "unknown"), "applicants"].sum())
    book.open(
        table.name,
        "",
        read=int(people.sum()),
        apart={"review": waiting, "rejected": int(counted.loc[~kept, "applicants"].sum())},
    )
    columns = [(str(name), str(name) if name in (*_NEEDED, *_OTHERS) else "") for name in rows.columns]
    book.take_columns(table.name, "", [(name, taken, "ours" if taken else "ignored") for name, taken in columns])
    return counted[kept & (counted["applicants"] > 0)]


_OTHERS = ("passport_type", "application", "channel")


def _of_events(counted: pd.DataFrame, events: Keyed, name: str, book: LedgerBuilder) -> pd.Series:
    """Which counts are of events that were held, or of the office; each other event is told once."""
    ids = counted["event_id"]
    held = ids.isin([*events.frame.index[took_place(events.frame)], OFFICE])
    set_aside = ids.isin(events.rejected - set(events.frame.index))
    not_held = ids.isin(events.frame.index) & ~held
    # at the office a month is all that tells when
    at_office = ids.isin([OFFICE, *events.frame.index[~is_popup(events.frame)]])
    undated = held & at_office & counted["service_date"].isna()
    cases: Mapping[str, tuple[str, pd.Series]] = {
        "unknown_event": ("event_id", ~held & ~set_aside & ~not_held),
        "rejected_event": ("event_id", set_aside),
        "event_not_held": ("event_id", not_held),
        "missing_value": ("month", undated),
    }
    for reason, (column, lost) in cases.items():
        people = counted[lost].groupby("event_id")["applicants"].sum()
        people = people[people > 0]
        at = pd.DataFrame({"file": name, "sheet": "", "row": pd.Series(pd.NA, index=range(len(people)), dtype="Int64")})
        values = pd.Series(
            [f"{mask_identifiers(str(event)) or '-'}: {n:,}" for event, n in people.items()], dtype="str"
        )
        book.note(at, reason, status="rejected", column=column, values=values)
    return held & ~undated


def sheet_of(frame: pd.DataFrame, name: str) -> RawSheet:
    """A frame as a sheet of text, so that it is read and checked as a file of its name would be."""
    table = frame.reset_index() if frame.index.name else frame
    if table.columns.has_duplicates:
        raise RequestError(f"columns of {name} are listed twice; keep one of each")
    cells = [[str(column) for column in table.columns]]
    cells += [["" if pd.isna(cell) else _cell(cell) for cell in row] for row in table.itertuples(index=False)]
    text = pd.DataFrame(cells, dtype="str")
    return RawSheet(file=name, sheet="", cells=text.set_axis(range(1, len(text) + 1)))


def _cell(cell: object) -> str:
    """A value as a file would write it: days without a time, whole numbers without decimals."""
    if isinstance(cell, pd.Timestamp):
        return f"{cell:%Y-%m-%d}"
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
