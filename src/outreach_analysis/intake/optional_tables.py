"""What an office may hand in beside its lists: interest, office counts, travel, access, decided names."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outreach_analysis import contracts
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.columns import ALIASES
from outreach_analysis.intake.identity import PersonKey, check_nik, person_keys, plain_phones, without_person
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.places import OUTSIDE, Places, stated_text
from outreach_analysis.intake.sheets import TextTable
from outreach_analysis.intake.tables import Keyed
from outreach_analysis.settings import Settings

INTEREST_COLUMNS = (
    "date", "area_id", "people", "source", "group", "person_key", "event_id", "source_file", "source_sheet", "source_row",
)  # fmt: skip
_PEOPLE_DTYPES = {"people": "int64", "group": bool, "source_row": "int64"}


def read_interest(
    tables: Sequence[TextTable],
    *,
    places: Places,
    events: pd.DataFrame | None,
    key: PersonKey,
    as_of: pd.Timestamp | None,
    settings: Settings,
    book: LedgerBook,
) -> pd.DataFrame:
    """Registrations of interest: columns `INTEREST_COLUMNS`, in the file's order.

    A row that names a person (NIK or phone) and no number of people is one person. Rows whose area is not
    known for sure go to review and rows from outside the province are skipped; neither is in the frame. An
    `event_id` that no event bears is dropped with a warning.
    """
    frames = []
    for table in tables:
        checks = RowChecks(table, contracts.INTEREST, book=book, date_format=settings.date_format, personal=True)
        dates = checks.dates("date")
        if as_of is not None:
            checks.reject(dates > as_of, "future_date", column="date", kind="date")
        keys = _interest_keys(checks, dates, key)
        people = checks.numbers("people")
        alone = people.isna() & (checks.text("people") == "")
        checks.reject(alone & keys.isna(), "missing_value", column="people", show=False)
        led_to = checks.text("event_id")
        known = led_to.isin(events.index) if events is not None else led_to != ""
        checks.note((led_to != "") & ~known, "unknown_event", status="warning", column="event_id", kind="id")
        frame = pd.DataFrame(
            {
                "date": dates,
                "area_id": resolved_areas(checks, places, book),
                "people": people.where(~alone, 1),
                "source": _sources(checks),
                "group": checks.yes_no("group"),
                "person_key": keys,
                "event_id": led_to.where(known),
            }
        )
        frames.append(_with_source(frame, checks))
    joined = pd.concat(frames, ignore_index=True)
    return joined[list(INTEREST_COLUMNS)].astype(_PEOPLE_DTYPES)


def _interest_keys(checks: RowChecks, dates: pd.Series, key: PersonKey) -> pd.Series:
    """A key from the NIK, else from the phone; `person` may hold either."""
    person = checks.text("person")
    said = checks.text("nik")
    numeric = pd.Series(person.index.isin(checks.table.numeric_nik), index=person.index)
    niks = check_nik(said.where(said != "", person), dates, numeric=numeric)["digits"]
    phones, other = plain_phones(checks.text("phone")), plain_phones(person)
    return person_keys(niks, key, phones=phones.where(phones != "", other))


def _sources(checks: RowChecks) -> pd.Series:
    """Where the registration came from, in the office's words, without anything about a person."""
    return without_person(checks.text("source"), checks.table.names)


def _with_source(frame: pd.DataFrame, checks: RowChecks) -> pd.DataFrame:
    kept = checks.kept & frame["area_id"].notna()
    at = checks.table.at(kept)
    return frame[kept].assign(
        source_file=at["file"].to_numpy(), source_sheet=at["sheet"].to_numpy(), source_row=at["row"].to_numpy()
    )


def resolved_areas(checks: RowChecks, places: Places, book: LedgerBook) -> pd.Series:
    """Area ids of any level from kabupaten down; unresolved rows go to review, rows from outside are skipped."""
    rows = checks.table.rows
    if rows.empty:
        return pd.Series(None, index=rows.index, dtype="str")
    text = stated_text(rows)
    column = next(name for name in ("area", "address", "desa", "kecamatan", "kabupaten", "area_code") if name in rows)
    checks.reject(text == "", "missing_value", column=column, show=False)
    origins = places.resolve(rows)
    outside = origins["level"].isin(OUTSIDE)
    open_rows = checks.kept & ~outside & ((origins["status"] == "review") | origins["area_id"].isna())
    at = checks.table.at
    book.note(at(checks.kept & outside), "outside_area", status="skipped", column=column)
    safe = without_person(text[open_rows], checks.table.names[open_rows], keep=places.words)
    book.note(at(open_rows), "unresolved_origin", status="review", column=column, values=safe)
    book.to_review(pd.DataFrame({"text": safe, "suggestions": places.suggestions(origins[open_rows])}))
    return origins["area_id"].where(~open_rows & ~outside)


def read_office_monthly(
    tables: Sequence[TextTable], *, places: Places, as_of: pd.Timestamp | None, settings: Settings, book: LedgerBook
) -> pd.DataFrame:
    """Applicants at the office by month and area: month, area_id, applicants; sorted.

    desa are added to their kecamatan; kabupaten stay as they are. Areas outside the province are skipped,
    months after `as_of` rejected, and a month and area named twice counts once, the first.
    """
    frames = []
    for table in tables:
        checks = RowChecks(table, contracts.OFFICE_MONTHLY, book=book, date_format=settings.date_format)
        months, people = checks.months("month"), checks.numbers("applicants", required=True)
        if as_of is not None:
            checks.reject(months > as_of, "future_date", column="month", kind="month")
        frame = pd.DataFrame({"month": months, "area_id": resolved_areas(checks, places, book), "applicants": people})
        kept = checks.kept & frame["area_id"].notna()
        at = table.at(kept)
        frames.append(
            frame[kept].assign(file=at["file"].to_numpy(), sheet=at["sheet"].to_numpy(), row=at["row"].to_numpy())
        )
    joined = pd.concat(frames, ignore_index=True)
    again = joined.duplicated(["month", "area_id"])
    book.note(joined[again], "repeated_row", status="duplicate", column="area", values=joined.loc[again, "area_id"],
              expected="month and area")  # fmt: skip
    joined = joined[~again]
    above = places.kecamatan_of(joined["area_id"])
    joined = joined.assign(area_id=above.where(above.notna(), joined["area_id"]))
    summed = joined.groupby(["month", "area_id"], as_index=False)["applicants"].sum()
    return summed.astype({"applicants": "int64"})


def read_travel(
    tables: Sequence[TextTable], *, places: Places, sites: Keyed, settings: Settings, book: LedgerBook
) -> pd.DataFrame:
    """A matrix of travel: area_id, site_id, minutes, km (NaN where blank); a pair named twice counts once."""
    frames = []
    for table in tables:
        checks = RowChecks(table, contracts.TRAVEL, book=book, date_format=settings.date_format)
        site_ids = checks.required_text("site_id")
        set_apart = site_ids.isin(sites.rejected)
        checks.reject(set_apart, "rejected_site", column="site_id")
        unknown = (site_ids != "") & ~set_apart & ~site_ids.isin(sites.frame.index)
        checks.reject(unknown, "unknown_site", column="site_id")
        minutes, km = checks.numbers("minutes"), checks.numbers("km")
        neither = (checks.text("minutes") == "") & (checks.text("km") == "")
        checks.reject(neither, "missing_value", column="minutes", show=False)
        frame = pd.DataFrame(
            {"area_id": _known_areas(checks, places), "site_id": site_ids, "minutes": minutes, "km": km}
        )
        frames.append(_once(frame, checks, ["area_id", "site_id"], book))
    return pd.concat(frames, ignore_index=True)


def read_access(tables: Sequence[TextTable], *, places: Places, settings: Settings, book: LedgerBook) -> pd.DataFrame:
    """How areas are reached: area_id, access (road, river, ferry, air), extra_minutes (NaN where blank)."""
    frames = []
    for table in tables:
        checks = RowChecks(table, contracts.ACCESS, book=book, date_format=settings.date_format)
        frame = pd.DataFrame(
            {
                "area_id": _known_areas(checks, places),
                "access": checks.choices("access", vocabulary.ACCESS),
                "extra_minutes": checks.numbers("extra_minutes"),
            }
        )
        frames.append(_once(frame, checks, ["area_id"], book))
    return pd.concat(frames, ignore_index=True)


def _known_areas(checks: RowChecks, places: Places) -> pd.Series:
    text = checks.required_text("area_id")
    if text.empty:
        return text
    origins = places.resolve(pd.DataFrame({"area": text}))
    unknown = (text != "") & ((origins["status"] == "review") | origins["area_id"].isna())
    checks.reject(unknown, "unknown_area", column="area_id")
    return origins["area_id"].where(~unknown)


def _once(frame: pd.DataFrame, checks: RowChecks, keys: list[str], book: LedgerBook) -> pd.DataFrame:
    kept = frame[checks.kept]
    again = kept.duplicated(keys)
    mask = pd.Series(False, index=frame.index)
    mask.loc[kept.index[again]] = True
    values = kept.loc[again, keys].agg(", ".join, axis=1) if again.any() else None
    book.note(checks.table.at(mask), "repeated_row", status="duplicate", column=keys[0], values=values,
              expected=" and ".join(keys))  # fmt: skip
    return kept[~again]


def read_aliases(
    tables: Sequence[TextTable], *, area_ids: pd.Index, settings: Settings, book: LedgerBook
) -> pd.DataFrame:
    """Place names that somebody at the office has decided: alias, area_id, kind 'office', source.

    `area_id` is one of `area_ids`, 'OUTSIDE:' with a place, or 'UNKNOWN'; other rows are rejected.
    """
    frames = [pd.DataFrame({name: pd.Series(dtype="str") for name in ("alias", "area_id", "kind", "source")})]
    for table in tables:
        checks = RowChecks(table, ALIASES.table, book=book, date_format=settings.date_format, personal=True)
        alias, area_id = checks.required_text("alias"), checks.required_text("area_id")
        known = area_id.isin(area_ids) | area_id.str.startswith("OUTSIDE:") | (area_id == "UNKNOWN")
        checks.reject((area_id != "") & ~known, "unknown_area", column="area_id", kind="id")
        source = (checks.text("decided_by") + " " + checks.text("decided_on")).str.strip()
        frame = pd.DataFrame({"alias": alias, "area_id": area_id, "kind": "office", "source": source})
        frames.append(frame[checks.kept])
    return pd.concat(frames, ignore_index=True)
