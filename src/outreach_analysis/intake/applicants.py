"""Lists of applicants: each row its event, its place and its kind; nothing else of the person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.identity import PersonKey, age_bands, check_nik, person_keys
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.masking import without_person
from outreach_analysis.intake.places import OUTSIDE, Places
from outreach_analysis.intake.specs import APPLICANTS
from outreach_analysis.intake.tables import Keyed
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.intake.values import text_by_distinct
from outreach_analysis.settings import Settings

APPLICANT_COLUMNS = (
    "source_file", "source_sheet", "source_row", "person_key", "event_id", "service_date", "area_id", "origin_level",
    "origin_status", "place", "passport_type", "application", "channel", "age_band",
)  # fmt: skip
_OFFICE_WORDS = ("office", "kantor")
_LEVEL_ORDER = ("desa", "kecamatan", "kabupaten", "outside_province", "outside_country", "unknown")
_FAR_FROM_EVENT_DAYS = 366
_BAD_NIK = ("malformed", "bad_date", "bad_serial")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApplicantRows:
    """Applicants that count (`APPLICANT_COLUMNS`), and how many of them name no valid NIK."""

    frame: pd.DataFrame
    without_key: int


def read_applicants(
    table: TextTable,
    *,
    places: Places | None,
    events: Keyed | None,
    key: PersonKey,
    as_of: pd.Timestamp | None,
    settings: Settings,
    book: LedgerBook,
) -> ApplicantRows:
    """Check, place and de-duplicate the rows of all lists.

    Parameters
    ----------
    table
        Rows of all lists as text.
    places
        None where the areas table is broken: then origins are not looked up.
    events
        None where the events table is broken: then events are not looked up.
    key, as_of, settings, book
        Key of persons; day of the question if it was set; settings; the ledger to write to.

    Notes
    -----
    The event of a row is its `event_id`, else the event that `[files.events]` gives its file, else the event
    whose id is the file's name without its ending; 'OFFICE' or 'KANTOR' is the office itself.

    Where a list has no column of passports, of applications, of channels or of NIKs, these are missing, which is not
    'unknown': nobody was asked.

    Rows of one person (by NIK) at one event, or on one day at the office, count once: the one in the first
    file and sheet, there the one best placed (desa before kecamatan before kabupaten), then the lowest
    area_id, then the earliest day, then the first row. A file that holds the same bytes as an earlier one
    counts once, row by row, with or without NIKs. Other rows without a valid NIK are never taken for repeats.
    """
    checks = RowChecks(table, APPLICANTS.table, book=book, date_format=settings.date_format, personal=True)
    dates = checks.dates("service_date")
    event_ids = _event_ids(checks, events, settings)
    _check_dates(dates, event_ids, events, as_of, checks)
    people = _people(checks, dates, key)
    frame = pd.DataFrame(
        {
            "event_id": event_ids,
            "service_date": dates,
            "passport_type": vocabulary.passport_types(
                checks.text("passport_type"), dates, all_electronic_from=settings.all_electronic_from
            ).where(table.has_column("passport_type")),
            "application": vocabulary.applications(checks.text("application")).where(table.has_column("application")),
            "channel": vocabulary.channels(checks.text("channel")).where(table.has_column("channel")),
            "person_key": people["person_key"],
            "age_band": age_bands(people["age"]).where(table.has_column("nik")),
            "list": table.list_of,
            "source_row": table.row_numbers,
        }
    )
    frame = pd.concat([frame, _origins(checks, people["area_code"], places)], axis=1)
    rows = _once_each(frame if checks.kept.all() else frame[checks.kept], table.lists, book)
    if places is not None:
        _note_places(rows, table.lists, book)
    files, sheets = (table.lists[name].array.take(rows["list"].to_numpy()) for name in ("file", "sheet"))
    rows = rows.assign(source_file=files, source_sheet=sheets)
    return ApplicantRows(
        frame=rows[list(APPLICANT_COLUMNS)].reset_index(drop=True), without_key=int(rows["person_key"].isna().sum())
    )


def _event_ids(checks: RowChecks, events: Keyed | None, settings: Settings) -> pd.Series:
    """Event of each row; rows of no event, or of one that was not held, are rejected."""
    said, table = checks.text("event_id"), checks.table
    by_list = table.lists["file"].map(lambda file: _event_of_file(file, settings)).astype("str")
    unsaid = said == ""
    if unsaid.any():
        said = said.mask(unsaid, by_list.iloc[table.list_of].set_axis(said.index))
    if events is None:
        return said
    exact = {*events.rejected, *events.frame.index}
    known = dict.fromkeys(_OFFICE_WORDS, OFFICE) | {event_id.casefold(): event_id for event_id in sorted(exact)}
    found = text_by_distinct(said, lambda value: value if value in exact else known.get(value.casefold()))
    unknown = found.isna()
    checks.reject(unknown, "unknown_event", column="event_id", kind="id")
    set_apart = found.isin(events.rejected - set(events.frame.index))
    checks.reject(set_apart, "rejected_event", column="event_id", kind="id", said=found)
    held = found.isin([*events.frame.index[events.frame["status"] == "held"], OFFICE])
    checks.reject(~unknown & ~set_apart & ~held, "event_not_held", column="event_id", kind="id", said=found)
    return found


def _event_of_file(file: str, settings: Settings) -> str:
    """What [files.events] says of the file, by its path or name; else the name without its ending."""
    path = PurePosixPath(file)
    below = PurePosixPath(*path.parts[1:]).as_posix()
    names = (file, below, path.name, path.stem)
    return next((settings.file_events[name] for name in names if name in settings.file_events), path.stem)


def _check_dates(
    dates: pd.Series, event_ids: pd.Series, events: Keyed | None, as_of: pd.Timestamp | None, checks: RowChecks
) -> None:
    """A service date after the day of the question, or a year or more from its event, is a typing error."""
    if as_of is not None:
        checks.reject(dates > as_of, "future_date", column="service_date", kind="date")
    if events is not None and len(events.frame):
        codes, distinct = pd.factorize(event_ids)
        event_days = np.append(events.frame["date"].reindex(distinct).to_numpy(), np.datetime64("NaT"))
        apart = (dates - pd.Series(event_days[codes], index=dates.index)).abs()
        far = apart >= pd.Timedelta(days=_FAR_FROM_EVENT_DAYS)
        expected = "a day within a year of the event"
        checks.reject(far, "out_of_range", column="service_date", kind="date", expected=expected)


def _people(checks: RowChecks, dates: pd.Series, key: PersonKey) -> pd.DataFrame:
    """Key, age and NIK area of each row; faults of NIKs are said without the NIK."""
    table = checks.table
    lists = pd.Series(table.list_of, index=table.rows.index)
    found = check_nik(checks.text("nik"), dates, numeric=table.numeric_nik, lists=lists)
    for reason, mask in (
        ("nik_numeric", found["status"] == "numeric"),
        ("nik_invalid", found["status"].isin(_BAD_NIK)),
        ("nik_region", ~found["region_known"]),
    ):
        checks.note(mask, reason, status="warning", column="nik", show=False)
    return found.assign(person_key=person_keys(found["digits"], key)).drop(columns="digits")


def _origins(checks: RowChecks, nik_areas: pd.Series, places: Places | None) -> pd.DataFrame:
    """Where each row's person lives: area_id, origin_level, origin_status, place; text and suggestions for review.

    A row that says nothing of its place is placed by its NIK's kecamatan where that is a current one, marked
    'nik': the kecamatan of first registration.
    """
    table = checks.table
    columns = ("area_id", "origin_level", "origin_status", "place", "text", "suggestions")
    if places is None or table.rows.empty:
        return pd.DataFrame({name: pd.Series("", index=table.rows.index, dtype="str") for name in columns})
    found = places.origins(table.rows, names=table.names)
    review = found["status"] == "review"
    by_nik = review & (found["text"] == "")
    by_nik &= nik_areas.where(by_nik).isin(places.nik_kecamatan)
    away = pd.Series("", index=found.index, dtype="str")
    outside = found["level"].isin(OUTSIDE)
    away[outside] = without_person(found.loc[outside, "place"].fillna(""), table.names[outside], keep=places.words)
    return pd.DataFrame(
        {
            "area_id": found["area_id"].mask(by_nik, nik_areas),
            "origin_level": found["level"].mask(by_nik, "kecamatan"),
            "origin_status": found["status"].mask(by_nik, "nik"),
            "place": away,
            "text": found["text"],
            "suggestions": found["suggestions"],
        }
    )


def _once_each(rows: pd.DataFrame, lists: pd.DataFrame, book: LedgerBook) -> pd.DataFrame:
    """Set repeats apart; the rest in the order of files and rows."""
    codes = pd.factorize(rows["person_key"])[0]
    met_again = (codes >= 0) & (np.bincount(codes + 1)[codes + 1] > 1)
    person = rows.loc[met_again, ["event_id", "service_date"]].assign(person=codes[met_again])
    person["service_date"] = person["service_date"].where(person["event_id"] == OFFICE)
    several = rows.loc[person.index[person.duplicated(keep=False)]]
    levels = {level: place for place, level in enumerate(_LEVEL_ORDER)}
    order = several.assign(_level=several["origin_level"].map(levels).fillna(len(levels)))
    order = order.sort_values(["list", "_level", "area_id", "place", "service_date", "source_row"], kind="stable")
    repeats = set(order.index[person.loc[order.index].duplicated()]) | set(_same_bytes(rows, lists))
    again = rows[rows.index.isin(repeats)]
    book.note(_where(again, lists), "duplicate_applicant", status="duplicate")
    return rows.drop(index=again.index) if len(again) else rows


def _same_bytes(rows: pd.DataFrame, lists: pd.DataFrame) -> pd.Index:
    """Rows of a file that was handed in before, byte for byte, for the same event."""
    fingerprint = lists["digest"] + lists["sheet"]
    if not fingerprint.duplicated().any():
        return rows.index[:0]
    same = pd.DataFrame(
        {
            "bytes": pd.factorize(fingerprint)[0][rows["list"]],
            "event": pd.factorize(rows["event_id"])[0],
            "row": rows["source_row"].to_numpy(),
        },
        index=rows.index,
    )
    return rows.index[same.duplicated()]


def _where(rows: pd.DataFrame, lists: pd.DataFrame) -> pd.DataFrame:
    places = lists[["file", "sheet"]].iloc[rows["list"]].set_axis(rows.index)
    return places.assign(row=rows["source_row"])


def _note_places(rows: pd.DataFrame, lists: pd.DataFrame, book: LedgerBook) -> None:
    """Say which of the rows that count have no place yet, and collect what a person must decide."""
    places = rows[["list", "source_row", "text", "suggestions"]]
    by_nik = places[rows["origin_status"] == "nik"]
    book.note(_where(by_nik, lists), "blank_origin", status="warning", column="origin")
    review = places[rows["origin_status"] == "review"]
    blank = review["text"] == ""
    book.note(_where(review[blank], lists), "blank_origin", status="review", column="origin")
    named = review[~blank]
    book.note(_where(named, lists), "unresolved_origin", status="review", column="origin", values=named["text"])
    book.to_review(named)
