"""Lists of applicants: each row its event, its place and its kind; nothing else of the person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import took_place
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.copied_lists import ask_for_copies, without_copies
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.date_orders import NEAR_DAYS
from outreach_analysis.intake.event_names import by_location_and_day, event_days, event_ids
from outreach_analysis.intake.identity import PersonKey, age_bands, check_nik, person_keys
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.masking import without_person
from outreach_analysis.intake.places import OUTSIDE, Places
from outreach_analysis.intake.specs import APPLICANTS
from outreach_analysis.intake.tables import Keyed
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.settings import Settings

APPLICANT_COLUMNS = (
    "source_file", "source_sheet", "source_row", "person_key", "event_id", "service_date", "area_id", "origin_level",
    "origin_status", "place", "passport_type", "application", "channel", "age_band", "asked", "would_have_come",
)  # fmt: skip
_DESK = "would_have_come"
_LEVEL_ORDER = ("desa", "kecamatan", "kabupaten", "outside_province", "outside_country", "unknown")
_FAR_FROM_EVENT_DAYS = 366
_SAID_ONE_BY_ONE = 20
_BAD_NIK = ("malformed", "bad_date", "bad_serial")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApplicantRows:
    """Applicants that count (`APPLICANT_COLUMNS`), how many of them name no valid NIK, and the last day among
    those whose day is beyond doubt."""

    frame: pd.DataFrame
    without_key: int
    last_day: pd.Timestamp | None
    listed: frozenset[str]


def read_applicants(
    table: TextTable,
    *,
    places: Places | None,
    events: Keyed | None,
    sites: Keyed | None,
    key: PersonKey,
    as_of: pd.Timestamp | None,
    settings: Settings,
    book: LedgerBuilder,
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
    sites
        For lists that name a location in place of an event.
    key, as_of, settings, book
        Key of persons; day of the question if it was set; settings; the ledger to write to.

    Notes
    -----
    The event of a row is what `event_ids` finds, else the one that its location and day together fit.

    Where a list has no column of passports, of applications, of channels or of NIKs, these are missing, which is not
    'unknown': nobody was asked.

    Rows of one person (by NIK) at one event, or on one day at the office, count once: the one in the first
    file and sheet, there the one best placed (desa before kecamatan before kabupaten), then the lowest
    area_id, then the earliest day, then the first row. A file that holds the same bytes as an earlier one
    counts once, row by row, with or without NIKs. Other rows without a valid NIK are never taken for repeats.

    `asked` is True where a list has the column of the desk question; `would_have_come` is yes, no, unsure, or ''
    where nobody answered or the answer is not understood, which is said. A person's answer is the first that the
    rows of that person at that event give.
    """
    table = without_copies(table, settings, book)
    checks = RowChecks(table, APPLICANTS.table, book=book, settings=settings, personal=True)
    ids = event_ids(checks, events, settings)
    near = event_days(ids, events)
    dates, by_event = _service_dates(checks, near["date"], as_of, book)
    if ids.isna().any():
        ids = by_location_and_day(checks, ids, dates, events, sites)
        near = event_days(ids, events)
    _check_events(ids, events, checks)
    dates = dates.mask(by_event, near["date"])
    checks.reject(by_event & dates.isna() & checks.kept, "missing_value", column="service_date", show=False)
    _check_dates(dates, near, as_of, checks, book)
    people = _people(checks, dates, key)
    ask_for_copies(table, ids, keys=people["person_key"], dates=dates, settings=settings, book=book)
    frame = pd.DataFrame(
        {
            "event_id": ids,
            "service_date": dates,
            "passport_type": vocabulary.passport_types(
                checks.text("passport_type"), dates, all_electronic_from=settings.all_electronic_from
            ).where(table.has("passport_type")),
            "application": vocabulary.applications(checks.text("application")).where(table.has("application")),
            "channel": vocabulary.channels(checks.text("channel")).where(table.has("channel")),
            "person_key": people["person_key"],
            "age_band": age_bands(people["age"]).where(table.has("nik")),
            "asked": table.has(_DESK),
            _DESK: _answers(checks),
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
    sure = rows.loc[~checks.unsure[rows.index], "service_date"]
    return ApplicantRows(
        frame=rows[list(APPLICANT_COLUMNS)].reset_index(drop=True),
        without_key=int(rows["person_key"].isna().sum()),
        last_day=None if sure.isna().all() else sure.max(),
        listed=frozenset(ids.dropna().unique()),
    )


def _answers(checks: RowChecks) -> pd.Series:
    """What each row answers to the desk question; a text that is no answer is dropped and said, the row stays."""
    said = checks.text(_DESK)
    answers = vocabulary.desk_answers(said)
    unknown = answers.isna() & checks.kept
    expected = "ya, tidak or belum tentu"
    values = vocabulary.shown_desk_answers(said[unknown])
    checks.note(unknown, "unknown_answer", status="warning", column=_DESK, expected=expected, values=values)
    return answers.fillna("")


def _check_events(ids: pd.Series, events: Keyed | None, checks: RowChecks) -> None:
    """Rows of no event, or of one that was not held, are rejected."""
    if events is None:
        return
    unknown = ids.isna()
    checks.reject(unknown, "unknown_event", column="event_id", kind="id")
    refused = ids.isin(events.rejected - set(events.frame.index))
    checks.reject(refused, "rejected_event", column="event_id", kind="id", said=ids)
    held = ids.isin([*events.frame.index[took_place(events.frame)], OFFICE])
    checks.reject(~unknown & ~refused & ~held, "event_not_held", column="event_id", kind="id", said=ids)


def _service_dates(
    checks: RowChecks, near: pd.Series, as_of: pd.Timestamp | None, book: LedgerBuilder
) -> tuple[pd.Series, pd.Series]:
    """Day of each row, and whether it has none but its event's.

    A sheet without a column of dates takes the day of its title; a sheet without that, the days of its events.
    """
    table, text = checks.table, checks.text("service_date")
    undated = ~table.of_list("dated")
    if undated.any():
        text = text.mask(undated, table.of_list("title_date"))
    by_event = undated & (text == "")
    dates = checks.dates("service_date", required=False, near=near, until=as_of, text=text)
    checks.reject((text == "") & ~by_event, "missing_value", column="service_date")
    for at, one in enumerate(table.lists.itertuples()):
        if not one.dated:
            form = "title" if one.title_date else "event's day"
            rows = int((table.list_of == at).sum())
            book.take_dates(str(one.file), str(one.sheet), "service_date", form=form, by="no column", rows=rows)
    return dates, by_event


def _check_dates(
    dates: pd.Series, days: pd.DataFrame, as_of: pd.Timestamp | None, checks: RowChecks, book: LedgerBuilder
) -> None:
    """A service date after the reference date, or a year or more from its event's days, is a typing error."""
    near = days["date"]
    if as_of is not None:
        checks.reject(dates > as_of, "future_date", column="service_date", kind="date")
    early, late = near - dates, dates - days["end_date"]
    apart = early.where(early > late, late)
    wrong = apart >= pd.Timedelta(days=_FAR_FROM_EVENT_DAYS)
    expected = "a day within a year of the event"
    checks.reject(wrong, "out_of_range", column="service_date", kind="date", expected=expected)
    far = checks.kept & (apart > pd.Timedelta(days=NEAR_DAYS))
    checks.unsure |= far
    for day in near[far].drop_duplicates().sort_values():
        rows = far & (near == day)
        expected = f"{day:%Y-%m-%d}"
        for at in _mostly(rows, near == day, checks.table):
            here = rows & (checks.table.list_of == at)
            first, last = dates[here].min(), dates[here].max()
            named = checks.table.lists.iloc[[at]][["file", "sheet"]].assign(row=None)
            published = pd.Series([f"{int(here.sum())} rows, {first:%Y-%m-%d} to {last:%Y-%m-%d}"])
            book.note(
                named, "far_from_event", status="warning", column="service_date", values=published, expected=expected
            )
            rows &= ~here
        checks.note(rows, "far_from_event", status="warning", column="service_date", kind="date", expected=expected)


def _mostly(far: pd.Series, there: pd.Series, table: TextTable) -> list[int]:
    """Lists most of whose rows of an event are far from it: what is wrong there is the list, and it is said once."""
    n_lists = len(table.lists)
    counted = np.bincount(table.list_of[far.to_numpy(bool)], minlength=n_lists)
    of_all = np.bincount(table.list_of[there.to_numpy(bool)], minlength=n_lists)
    return np.flatnonzero((counted > _SAID_ONE_BY_ONE) & (2 * counted > of_all)).tolist()


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


def _once_each(rows: pd.DataFrame, lists: pd.DataFrame, book: LedgerBuilder) -> pd.DataFrame:
    """Set repeats apart; the rest in the order of files and rows."""
    codes = pd.factorize(rows["person_key"])[0]
    met_again = (codes >= 0) & (np.bincount(codes + 1)[codes + 1] > 1)
    person = rows.loc[met_again, ["event_id", "service_date"]].assign(person=codes[met_again])
    person["service_date"] = person["service_date"].where(person["event_id"] == OFFICE)
    several = rows.loc[person.index[person.duplicated(keep=False)]]
    levels = {level: place for place, level in enumerate(_LEVEL_ORDER)}
    order = several.assign(_level=several["origin_level"].map(levels).fillna(len(levels)))
    order = order.sort_values(["list", "_level", "area_id", "place", "service_date", "source_row"], kind="stable")
    if order["asked"].any():
        of_one = person.loc[order.index].groupby(list(person), dropna=False, sort=False).ngroup()
        first = order[_DESK].where(order[_DESK] != "").groupby(of_one).transform("first")
        asked = order["asked"].groupby(of_one).transform("any")
        rows = rows.copy()
        rows.loc[order.index, ["asked", _DESK]] = pd.DataFrame({"asked": asked, _DESK: first.fillna("")})
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


def _note_places(rows: pd.DataFrame, lists: pd.DataFrame, book: LedgerBuilder) -> None:
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
