"""What an office may hand in beside its lists: interest, office counts, travel, access, decided names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.contracts import failure
from outreach_analysis.geography.travel_measure import FARTHEST_KM
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.chat_lists import CHAT_SOURCE
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.identity import PersonKey, check_nik, person_keys, plain_phones
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.masking import without_person
from outreach_analysis.intake.places import OUTSIDE, PLACE_COLUMNS, Places
from outreach_analysis.intake.specs import ACCESS, ALIASES, INTEREST, OFFICE_MONTHLY, TRAVEL
from outreach_analysis.intake.tables import Keyed, check_sites
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.settings import Settings

MOST_PEOPLE = 100_000
"""More interested people than this in one row are a typing error."""


def read_interest(
    table: TextTable,
    *,
    places: Places,
    events: pd.DataFrame,
    key: PersonKey,
    as_of: pd.Timestamp | None,
    settings: Settings,
    book: LedgerBuilder,
) -> pd.DataFrame:
    """Registrations of interest, in the file's order.

    A row that names a person (NIK or phone) and no number of people is one person. Rows whose area is not
    known for sure go to review and rows from outside the province are skipped; neither is in the frame. An
    `event_id` that no event bears is dropped with a warning.

    Returns
    -------
    DataFrame
        date, area_id, people (int >= 1), source, group (bool), person_key, event_id, source_file,
        source_sheet, source_row.
    """
    checks = RowChecks(table, INTEREST.table, book=book, settings=settings, personal=True)
    dates = checks.dates("date")
    if as_of is not None:
        checks.reject(dates > as_of, "future_date", column="date", kind="date")
    keys = _interest_keys(checks, dates, key)
    people = checks.numbers("people")
    # a phone that slipped into this column is a number too
    too_many = people > MOST_PEOPLE
    checks.reject(too_many, "out_of_range", column="people", kind="number", expected=f"1 to {MOST_PEOPLE}")
    alone = checks.text("people") == ""
    checks.reject(alone & keys.isna(), "missing_value", column="people", show=False)
    led_to = checks.text("event_id")
    known = led_to.isin(events.index)
    checks.note((led_to != "") & ~known, "unknown_event", status="warning", column="event_id", kind="id")
    frame = pd.DataFrame(
        {
            "date": dates,
            "area_id": _resolved_areas(checks, places, book),
            "people": people.mask(alone, 1),
            # in the office's words, without anything about the person
            "source": without_person(checks.text("source"), table.names),
            "group": checks.yes_no("group"),
            "person_key": keys,
            "event_id": led_to.where(known),
            "source_file": table.of_list("file"),
            "source_sheet": table.of_list("sheet"),
            "source_row": table.row_numbers,
        }
    )
    kept = frame[checks.kept & frame["area_id"].notna()].reset_index(drop=True)
    return kept.astype({"people": "int64", "group": bool, "source_row": "int64"})


def _interest_keys(checks: RowChecks, dates: pd.Series, key: PersonKey) -> pd.Series:
    """A key from the NIK, else from the phone; `person` may hold either."""
    person, nik = checks.text("person"), checks.text("nik")
    said = nik.where(nik != "", person)
    niks = check_nik(said, dates, numeric=checks.table.numeric_nik)["digits"]
    phones = plain_phones(checks.text("phone"))
    return person_keys(niks, key, phones=phones.where(phones != "", plain_phones(person)))


def _resolved_areas(checks: RowChecks, places: Places, book: LedgerBuilder) -> pd.Series:
    """Area ids from kabupaten down; unresolved rows go to review, rows from outside are skipped."""
    table = checks.table
    if table.rows.empty:
        return pd.Series(None, index=table.rows.index, dtype="str")
    column = next(name for name in PLACE_COLUMNS if name in table.rows)
    origins = places.origins(table.rows, names=_names(table, places))
    outside = origins["level"].isin(OUTSIDE)
    review = origins["status"] == "review"
    checks.reject(review & (origins["text"] == ""), "missing_value", column=column, show=False)
    checks.reject(~review & ~outside & origins["area_id"].isna(), "unknown_area", column=column)
    book.note(table.where(checks.kept & outside), "outside_area", status="skipped", column=column)
    undecided = origins[checks.kept & review]
    rows = table.where(checks.kept & review)
    book.note(rows, "unresolved_origin", status="review", column=column, values=undecided["text"])
    book.to_review(undecided)
    return origins["area_id"].where(checks.kept & ~outside & ~review)


def _names(table: TextTable, places: Places) -> pd.Series:
    """What may be a name and is not shown: of a chat's rows that put a place first, what stands in the place too."""
    names = table.names
    if "source" not in table.rows or not (chat := (table.rows["source"] == CHAT_SOURCE) & (names != "")).any():
        return names
    first = places.resolve(pd.DataFrame({"area": names[chat]}))
    exchanged = first.index[first["status"] != "review"]
    return names.where(~names.index.isin(exchanged), names + " " + table.rows["area"])


def read_office_monthly(
    table: TextTable, *, places: Places, as_of: pd.Timestamp | None, settings: Settings, book: LedgerBuilder
) -> pd.DataFrame:
    """Applicants at the office by month and area, sorted.

    desa are added to their kecamatan; kabupaten stay as they are. Areas outside the province are skipped,
    months after `as_of` rejected, and a month and area named twice counts once, the first.

    Returns
    -------
    DataFrame
        month (first of month), area_id, applicants (int >= 0).
    """
    checks = RowChecks(table, OFFICE_MONTHLY.table, book=book, settings=settings)
    months, people = checks.months("month"), checks.numbers("applicants", required=True)
    if as_of is not None:
        checks.reject(months > as_of, "future_date", column="month", kind="month")
    area_ids = _resolved_areas(checks, places, book)
    frame = pd.DataFrame({"month": months, "area_id": area_ids, "applicants": people})
    once = _once(frame[checks.kept & area_ids.notna()], ["month", "area_id"], table, book, column="area")
    above = places.kecamatan_of(once["area_id"])
    once = once.assign(area_id=above.where(above.notna(), once["area_id"]))
    summed = once.groupby(["month", "area_id"])["applicants"].sum().astype("int64")
    return summed.reset_index()


def read_travel(
    table: TextTable, *, places: Places, sites: Keyed, settings: Settings, book: LedgerBuilder
) -> pd.DataFrame:
    """A matrix of travel: area_id, site_id, minutes, km; a pair named twice counts once.

    NaN where blank, infinite where the office wrote that no way leads (`vocabulary.NO_WAY`).
    """
    checks = RowChecks(table, TRAVEL.table, book=book, settings=settings)
    site_ids = checks.required_text("site_id")
    check_sites(site_ids, sites, checks)
    frame = pd.DataFrame(
        {
            "area_id": _known_areas(checks, places),
            "site_id": site_ids,
            "minutes": checks.numbers("minutes", infinite=vocabulary.NO_WAY),
            "km": checks.numbers("km", infinite=vocabulary.NO_WAY),
        }
    )
    neither = (checks.text("minutes") == "") & (checks.text("km") == "")
    checks.reject(neither, "missing_value", column="minutes", show=False)
    _refuse_metres(frame["km"], table, book)
    once = _once(frame[checks.kept], ["area_id", "site_id"], table, book, column="area_id")
    return once.reset_index(drop=True)


def _refuse_metres(km: pd.Series, table: TextTable, book: LedgerBuilder) -> None:
    """The whole file stops: beside one way in metres the shorter ones would count as kilometres."""
    far = np.flatnonzero(np.isfinite(km) & (km > FARTHEST_KM))
    if len(far):
        first = table.rows["km"].iloc[far[0]]
        at = table.lists.iloc[table.list_of[far[0]]]
        book.fault(
            failure(
                "metres_for_km",
                file=str(at["file"]),
                sheet=str(at["sheet"]),
                row=int(table.row_numbers[far[0]]),
                column="km",
                value=str(first),
                count=len(far),
            )
        )


def read_access(table: TextTable, *, places: Places, settings: Settings, book: LedgerBuilder) -> pd.DataFrame:
    """How areas are reached: area_id, access (road, river, ferry, air), extra_minutes (NaN where blank)."""
    checks = RowChecks(table, ACCESS.table, book=book, settings=settings)
    frame = pd.DataFrame(
        {
            "area_id": _known_areas(checks, places),
            "access": checks.choices("access", vocabulary.ACCESS),
            "extra_minutes": checks.numbers("extra_minutes"),
        }
    )
    once = _once(frame[checks.kept], ["area_id"], table, book, column="area_id")
    return once.reset_index(drop=True)


def read_aliases(table: TextTable, *, area_ids: pd.Index, settings: Settings, book: LedgerBuilder) -> pd.DataFrame:
    """Place names that somebody at the office has decided: alias, area_id, kind 'office', source.

    `area_id` is one of `area_ids`, 'OUTSIDE:' with a place, or 'UNKNOWN'; other rows are rejected.
    """
    checks = RowChecks(table, ALIASES.table, book=book, settings=settings, personal=True)
    alias, area_id = checks.required_text("alias"), checks.required_text("area_id")
    known = area_id.isin(area_ids) | area_id.str.startswith("OUTSIDE:") | (area_id == "UNKNOWN")
    checks.reject((area_id != "") & ~known, "unknown_area", column="area_id", kind="id")
    source = (checks.text("decided_by") + " " + checks.text("decided_on")).str.strip()
    frame = pd.DataFrame({"alias": alias, "area_id": area_id, "kind": "office", "source": source})
    return frame[checks.kept].reset_index(drop=True)


def _known_areas(checks: RowChecks, places: Places) -> pd.Series:
    text = checks.required_text("area_id")
    if text.empty:
        return text
    origins = places.resolve(pd.DataFrame({"area": text}))
    unknown = (text != "") & ((origins["status"] == "review") | origins["area_id"].isna())
    checks.reject(unknown, "unknown_area", column="area_id")
    return origins["area_id"].where(~unknown)


def _once(frame: pd.DataFrame, keys: list[str], table: TextTable, book: LedgerBuilder, *, column: str) -> pd.DataFrame:
    """The first row of each key; the others are duplicates."""
    again = frame.duplicated(keys)
    mask = pd.Series(table.rows.index.isin(frame.index[again]), index=table.rows.index)
    book.note(table.where(mask), "repeated_row", status="duplicate", column=column, values=frame.loc[again, "area_id"],
              expected=" and ".join(keys))  # fmt: skip
    return frame[~again]
