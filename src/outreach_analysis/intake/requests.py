"""Request letters: who asks for a pop-up, where and when, and the lists of names that came with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.intake.headers import ORIGIN, REQUEST_LISTS, REQUESTS
from outreach_analysis.intake.identity import PersonKey, check_nik, person_keys
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import (
    ANSWER_WORDS,
    PROGRAMMES,
    RowChecks,
    applications,
    askers,
    names_of_file,
    text_by_distinct,
)
from outreach_analysis.intake.tables import OUTSIDE, PLACED, Keyed, Places, check_sites, keyed, resolved_areas
from outreach_analysis.intake.text_files import TextTable
from outreach_analysis.settings import Settings

LETTER_COLUMNS = (
    "date", "asker", "programme", "site_id", "area_id", "day", "people", "listed", "came", "application", "answer",
    "answered_on", "event_id",
)  # fmt: skip
_KNOWN_BY_NIK = 0.8
"""Share of a list that must be told apart by NIK, for its people to be looked for among those who came."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestLetters:
    """The letters of an office, without any name or contact.

    Attributes
    ----------
    letters
        Index `number`; `LETTER_COLUMNS`: `listed` are the distinct people of the list (NaN without one), `came` those
        of them who stood in the lists of the event it led to (NaN where that cannot be told), `answer` is '' where the
        letter is open.
    lists
        Columns `number, area_id, people`: people of the lists by the kecamatan they live in, else that of the place.
        Those from outside the province are not among them.
    """

    letters: pd.DataFrame
    lists: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TablesBeside:
    """What letters are read beside: places, sites, events and who came to them; and lists that could not be read."""

    places: Places
    sites: Keyed
    events: pd.DataFrame
    applicants: pd.DataFrame
    key: PersonKey
    unread: tuple[str, ...] = ()


def read_requests(
    table: TextTable,
    lists: TextTable,
    beside: TablesBeside,
    *,
    as_of: pd.Timestamp | None,
    settings: Settings,
    book: LedgerBuilder,
) -> RequestLetters:
    """Letters by their number, each with its place, and the people of their lists. A letter whose list is not there, or
    that wishes a day before it was written, is rejected; one number on two letters stops the reading."""
    checks = RowChecks(table, REQUESTS.table, book=book, settings=settings, personal=True)
    checks.own_id("number")
    written, day = checks.dates("date"), checks.dates("day", required=False)
    if as_of is not None:
        checks.reject(written > as_of, "future_date", column="date", kind="date")
    checks.reject(day < written, "wish_before_letter", column="day", kind="date")
    site_ids, area_ids = _places_of(checks, beside, book)
    led_to = checks.text("event_id")
    known = led_to.isin(beside.events.index)
    checks.note((led_to != "") & ~known, "unknown_event", status="warning", column="event_id", kind="id")
    frame = pd.DataFrame(
        {
            "date": written,
            "asker": askers(checks.text("asker")),
            "programme": _programmes(checks, settings),
            "site_id": site_ids,
            "area_id": area_ids,
            "day": day,
            "people": checks.numbers("people"),
            "application": applications(checks.text("application")),
            "answer": checks.choices("answer", ANSWER_WORDS, blank="open").replace("open", ""),
            "answered_on": checks.dates("answered_on", required=False),
            "event_id": led_to.where(known),
            "file": _list_of(checks, [*lists.lists["file"], *beside.unread]),
        }
    )
    checks.rejected |= frame["area_id"].isna()
    letters = keyed(checks, frame, "number", [str(name) for name in frame])
    for fault in letters.faults:
        book.fault(fault)
    people = _listed(lists, letters.frame, beside, settings=settings, book=book)
    held = beside.applicants[beside.applicants["event_id"].isin(held_popups(beside.events).index)]
    return RequestLetters(
        letters=_with_lists(letters.frame, people, held)[list(LETTER_COLUMNS)],
        lists=people.dropna(subset="area_id").groupby(["number", "area_id"]).size().rename("people").reset_index(),
    )


def _places_of(checks: RowChecks, beside: TablesBeside, book: LedgerBuilder) -> tuple[pd.Series, pd.Series]:
    """Site of each letter where it names one, and the kecamatan or desa it lies in."""
    site_ids, places = checks.text("site_id"), beside.places
    check_sites(site_ids, beside.sites, checks)
    of_site = beside.sites.frame["area_id"].reindex(site_ids).set_axis(site_ids.index).fillna("")
    area_ids = resolved_areas(checks, places, book, known=of_site.where(site_ids != ""))
    coarse = area_ids.notna() & (site_ids == "") & ~area_ids.map(places.gazetteer["level"]).isin(PLACED)
    checks.reject(coarse, "ambiguous_area", column="area")
    return site_ids.where(site_ids != ""), area_ids.where(~coarse)


def _programmes(checks: RowChecks, settings: Settings) -> pd.Series:
    """The programme of each letter, one that has a minimum in the settings; by invitation where it says nothing."""
    forms = {plain_header(form): word for word, listed in PROGRAMMES.items() for form in (word, *listed)}
    forms = {form: word for form, word in forms.items() if word in settings.request_minimum}
    forms |= {plain_header(name): name for name in settings.request_minimum}
    said = checks.text("programme")
    found = text_by_distinct(said, lambda value: forms.get(plain_header(value)) if value else "invited")
    expected = ", ".join(settings.request_minimum)
    checks.reject(found.isna(), "unknown_programme", column="programme", expected=expected)
    return found


def _list_of(checks: RowChecks, lists: Iterable[str]) -> pd.Series:
    """The file of each letter's list; a letter that names a file that is not there is rejected."""
    by_name = {name.casefold(): str(file) for file in lists for name in names_of_file(str(file))}
    said = checks.text("list")
    files = text_by_distinct(said, lambda value: by_name.get(value.casefold()))
    checks.reject((said != "") & files.isna(), "missing_list", column="list")
    return files


def _listed(
    table: TextTable, letters: pd.DataFrame, beside: TablesBeside, *, settings: Settings, book: LedgerBuilder
) -> pd.DataFrame:
    """The people of all lists that a letter names, once each: number, person_key, area_id (missing outside)."""
    places = beside.places
    checks = RowChecks(table, REQUEST_LISTS.table, book=book, settings=settings, personal=True)
    named = letters["file"].dropna()
    number_of = pd.Series(named.index.astype("str"), index=named.to_numpy(), dtype="str")
    number = number_of[~number_of.index.duplicated()].reindex(table.of_list("file")).set_axis(table.rows.index)
    of_letter = letters.reindex(number).set_axis(number.index)
    unnamed = table.lists[~table.lists["file"].isin(named)]
    book.note(unnamed[["file", "sheet"]].assign(row=None), "list_without_letter", status="warning")
    niks = check_nik(checks.text("nik"), of_letter["date"], numeric=table.numeric_nik)
    checks.note(~niks["status"].isin(["valid", "blank"]), "nik_invalid", status="warning", column="nik", show=False)
    of_place = places.kecamatan_of(of_letter["area_id"])
    people = pd.DataFrame(
        {"number": number, "person_key": person_keys(niks["digits"], beside.key), "area_id": of_place},
        index=table.rows.index,
    )
    if {"area", *ORIGIN} & set(table.rows) and len(table.rows):
        found = places.resolve(table.rows)
        own = places.kecamatan_of(found["area_id"])
        people["area_id"] = own.where(own.notna(), of_place).mask(found["level"].isin(OUTSIDE))
    counted = people["number"].notna() & checks.kept
    again = (
        counted
        & people["person_key"].notna()
        & people[counted].duplicated(["number", "person_key"]).reindex(people.index, fill_value=False)
    )
    book.note(table.where(again), "duplicate_applicant", status="duplicate")
    return people[counted & ~again]


def _with_lists(letters: pd.DataFrame, people: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Letters with how many their list holds, and how many of these came to the event it led to."""
    listed = people.groupby("number").size().reindex(letters.index).where(letters["file"].notna())
    told_apart = people.groupby("number")["person_key"].count().reindex(letters.index)
    came = pd.MultiIndex.from_frame(held[["event_id", "person_key"]].dropna())
    event = letters["event_id"].reindex(people["number"]).to_numpy()
    asked = pd.MultiIndex.from_arrays([event, people["person_key"]])
    there = people[asked.isin(came)].groupby("number").size().reindex(letters.index, fill_value=0)
    by_nik = (listed > 0) & (told_apart >= _KNOWN_BY_NIK * listed.fillna(np.inf))
    can_tell = by_nik & letters["event_id"].isin(held["event_id"])
    # of those without a NIK as many as of the others
    share = (there / told_apart.where(told_apart > 0)).astype(float)
    return letters.assign(
        listed=listed.fillna(0.0).where(letters["file"].notna()), came=(share * listed).round().where(can_tell)
    )
