"""Lists of applicants: each row its event, its place and its kind; nothing else of the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from outreach_analysis import contracts
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.identity import PersonKey, age_bands, check_nik, person_keys, without_person
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.places import OUTSIDE, Places, stated_text
from outreach_analysis.intake.sheets import TextTable
from outreach_analysis.intake.tables import Keyed
from outreach_analysis.settings import Settings

APPLICANT_COLUMNS = (
    "source_file", "source_sheet", "source_row", "person_key", "event_id", "service_date", "area_id", "origin_level",
    "origin_status", "place", "passport_type", "application", "channel", "age_band",
)  # fmt: skip
_OFFICE_WORDS = ("office", "kantor")
_LEVEL_ORDER = ("desa", "kecamatan", "kabupaten", "outside_province", "outside_country", "unknown")
_FAR_FROM_EVENT_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApplicantRows:
    """Applicants that count, and how many of them name no valid NIK."""

    frame: pd.DataFrame
    without_key: int


def read_applicants(
    tables: Sequence[TextTable],
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
    tables
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

    Rows of one person (by NIK) at one event, or on one day at the office, count once: the one in the first
    file and sheet, there the one best placed (desa before kecamatan before kabupaten), then the lowest
    area_id, then the first row. A file that holds the same bytes as an earlier one counts once, row by row,
    with or without NIKs. Other rows without a valid NIK are never taken for repeats.
    """
    parts, without_key = [], 0
    for table in tables:
        checks = RowChecks(table, contracts.APPLICANTS, book=book, date_format=settings.date_format, personal=True)
        dates = checks.dates("service_date")
        event_ids = _event_ids(checks, events, settings)
        _check_dates(dates, event_ids, events, as_of, checks)
        people = _people(checks, dates, key)
        without_key += int((people["person_key"].isna() & checks.kept).sum())
        frame = pd.DataFrame(
            {
                "event_id": event_ids,
                "service_date": dates,
                "passport_type": vocabulary.passport_types(
                    checks.text("passport_type"), dates, all_electronic_from=settings.all_electronic_from
                ),
                "application": vocabulary.applications(checks.text("application")),
                "channel": vocabulary.channels(checks.text("channel")),
                "person_key": people["person_key"],
                "age_band": age_bands(people["age"]),
            }
        )
        frame = pd.concat([frame, _origins(checks, people["area_code"], places)], axis=1)
        at = table.at()
        frame = frame.assign(source_file=table.file, source_sheet=table.sheet, source_row=at["row"].to_numpy())
        parts.append(frame.assign(digest=table.digest)[checks.kept])
    joined = pd.concat(parts, ignore_index=True) if parts else _no_applicants()
    kept = _once_each(joined, book)
    _note_review(kept, places, book)
    return ApplicantRows(frame=kept[list(APPLICANT_COLUMNS)], without_key=without_key)


def _no_applicants() -> pd.DataFrame:
    empty = pd.DataFrame(
        {name: pd.Series(dtype="str") for name in (*APPLICANT_COLUMNS, "digest", "text", "suggestions")}
    )
    return empty.astype({"source_row": "int64", "service_date": "datetime64[s]"})


def _event_ids(checks: RowChecks, events: Keyed | None, settings: Settings) -> pd.Series:
    """Event of each row; rows of no event, or of one that was not held, are rejected."""
    said = checks.text("event_id")
    by_file = _event_of_file(checks.table.file, settings)
    said = said.where(said != "", by_file)
    if events is None:
        return said
    known = {event_id.casefold(): event_id for event_id in (*events.rejected, *events.frame.index)}
    known |= dict.fromkeys(_OFFICE_WORDS, OFFICE)
    stem = PurePosixPath(checks.table.file).stem
    said = said.where(said != "", stem)
    found = said.map({value: _spelled(value, known, events.frame.index) for value in said.unique()})
    found = found.astype("str")
    unknown = found.isna()
    checks.reject(unknown, "unknown_event", column="event_id", kind="id")
    set_apart = found.isin(events.rejected - set(events.frame.index))
    checks.reject(set_apart, "rejected_event", column="event_id", kind="id")
    status = found.map(events.frame["status"]) if len(events.frame) else found.where(found.isna())
    not_held = ~unknown & ~set_apart & (found != OFFICE) & (status != "held")
    checks.reject(not_held, "event_not_held", column="event_id", kind="id")
    return found


def _spelled(value: str, known: dict[str, str], exact: pd.Index) -> str | None:
    return value if value in exact else known.get(value.casefold())


def _event_of_file(file: str, settings: Settings) -> str:
    path = PurePosixPath(file)
    below = str(PurePosixPath(*path.parts[1:])) if len(path.parts) > 1 else path.name
    names = (file, below, path.name, path.stem)
    return next((settings.file_events[name] for name in names if name in settings.file_events), "")


def _check_dates(
    dates: pd.Series, event_ids: pd.Series, events: Keyed | None, as_of: pd.Timestamp | None, checks: RowChecks
) -> None:
    """A service date after the day of the question, or a year or more from its event, is a typing error."""
    if as_of is not None:
        checks.reject(dates > as_of, "future_date", column="service_date", kind="date")
    if events is not None and len(events.frame):
        held_on = event_ids.map(events.frame["date"])
        far = (dates - held_on).abs() >= pd.Timedelta(days=_FAR_FROM_EVENT_DAYS)
        checks.reject(
            far, "out_of_range", column="service_date", kind="date", expected="a day within a year of the event"
        )


def _people(checks: RowChecks, dates: pd.Series, key: PersonKey) -> pd.DataFrame:
    """Key, age and NIK area of each row; faults of NIKs are said without the NIK."""
    nik = checks.text("nik")
    numeric = pd.Series(nik.index.isin(checks.table.numeric_nik), index=nik.index)
    found = check_nik(nik, dates, numeric=numeric)
    checks.note(found["status"] == "numeric", "nik_numeric", status="warning", column="nik", show=False)
    wrong = found["status"].isin(("malformed", "bad_date", "bad_serial"))
    checks.note(wrong, "nik_invalid", status="warning", column="nik", show=False)
    checks.note(~found["region_known"], "nik_region", status="warning", column="nik", show=False)
    return found.assign(person_key=person_keys(found["digits"], key)).drop(columns="digits")


def _origins(checks: RowChecks, nik_areas: pd.Series, places: Places | None) -> pd.DataFrame:
    """Where each row's person lives: area_id, origin_level, origin_status, place; text and suggestions for review.

    A row that says nothing of its place is placed by its NIK's kecamatan where that is a current one, marked
    'nik': the kecamatan of first registration.
    """
    rows = checks.table.rows
    columns = ["area_id", "origin_level", "origin_status", "place", "text", "suggestions"]
    if places is None or rows.empty:
        return pd.DataFrame({name: pd.Series("", index=rows.index, dtype="str") for name in columns})
    text = stated_text(rows)
    found = places.resolve(rows)
    review = found["status"] == "review"
    origins = pd.DataFrame(
        {
            "area_id": found["area_id"].where(~review),
            "origin_level": found["level"].where(~review, "unknown"),
            "origin_status": found["status"],
            "place": found["place"].fillna(""),
        }
    )
    by_nik = review & (text == "") & nik_areas.isin(places.nik_kecamatan)
    origins["area_id"] = origins["area_id"].where(~by_nik, nik_areas)
    origins["origin_level"] = origins["origin_level"].mask(by_nik, "kecamatan")
    origins["origin_status"] = origins["origin_status"].mask(by_nik, "nik")
    shown_to_others = review | origins["origin_level"].isin(OUTSIDE)
    safe = text.where(~shown_to_others, "")
    names = checks.table.names[shown_to_others]
    safe.loc[names.index] = without_person(text[shown_to_others], names, keep=places.words)
    origins["place"] = without_person(
        origins["place"].where(shown_to_others, ""), checks.table.names, keep=places.words
    )
    suggestions = places.suggestions(found).where(review, "")
    return origins.assign(text=safe.where(review, ""), suggestions=suggestions).astype("str")


def _once_each(rows: pd.DataFrame, book: LedgerBook) -> pd.DataFrame:
    """Set repeats apart; the rest in the order of files and rows."""
    order = rows.assign(
        _file=pd.factorize(rows["source_file"] + "\0" + rows["source_sheet"])[0],
        _level=rows["origin_level"]
        .map({level: place for place, level in enumerate(_LEVEL_ORDER)})
        .fillna(len(_LEVEL_ORDER)),
        _day=rows["service_date"].where(rows["event_id"] == OFFICE),
    )
    order = order.sort_values(["_file", "_level", "area_id", "place", "source_row"], kind="stable")
    same_person = order["person_key"].notna() & order.duplicated(["person_key", "event_id", "_day"])
    first_file = order.groupby(["digest", "source_sheet", "event_id"])["_file"].transform("min")
    same_list = (order["_file"] > first_file) & order.duplicated(["digest", "source_sheet", "source_row", "event_id"])
    repeats = order[same_person | same_list]
    at = repeats[["source_file", "source_sheet", "source_row"]].set_axis(["file", "sheet", "row"], axis=1)
    book.note(at, "duplicate_applicant", status="duplicate")
    return rows.drop(index=repeats.index).reset_index(drop=True)


def _note_review(rows: pd.DataFrame, places: Places | None, book: LedgerBook) -> None:
    """Say which of the rows that count have no place yet, and collect what a person must decide."""
    if places is None:
        return
    review = rows[rows["origin_status"] == "review"]
    blank = review["text"] == ""
    for reason, mask in (("blank_origin", blank), ("unresolved_origin", ~blank)):
        chosen = review[mask]
        at = chosen[["source_file", "source_sheet", "source_row"]].set_axis(["file", "sheet", "row"], axis=1)
        book.note(at, reason, status="review", column="origin", values=chosen["text"])
    book.to_review(review.loc[~blank, ["text", "suggestions"]])
