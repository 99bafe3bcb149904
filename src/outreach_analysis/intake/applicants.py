"""Who came: lists of applicants, rows to events, copies found, people counted once; and people who come as counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.disclosure import without_person
from outreach_analysis.event_kinds import event_dates, is_popup, popups_that_took_place, took_place
from outreach_analysis.files import odd_file
from outreach_analysis.geocoding.names import words_of
from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.intake.cells import RawSheet
from outreach_analysis.intake.dates import NEAR_DAYS
from outreach_analysis.intake.headers import APPLICANTS, ORIGIN
from outreach_analysis.intake.identity import PersonKey, age_bands, check_nik, person_keys
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import (
    Reading,
    RowChecks,
    applications,
    channels,
    desk_answers,
    names_of_file,
    passport_types,
    text_by_distinct,
)
from outreach_analysis.intake.tables import OUTSIDE, PLACED, Keyed, Places
from outreach_analysis.intake.text_files import TextTable
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.settings import Settings

# --- From applicants to counts: by event and area, outsiders apart, and the share that could be placed.


OFFICE = "OFFICE"
"""Event of applicants who came to the office itself."""


def tally(applicants: pd.DataFrame) -> pd.DataFrame:
    """Rows of people as numbers by event_id, origin_level, area_id, place; lists and counts are alike from here."""
    by = [name for name in ("event_id", "origin_level", "area_id", "place") if name in applicants]
    return applicants.groupby(by, dropna=False, sort=False).size().rename("applicants").reset_index()


def counts_by_event(people: pd.DataFrame, events: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Applicants by pop-up that took place and area."""
    held = popups_that_took_place(events).index
    ours = people.loc[people["event_id"].isin(held), ["event_id", "area_id", "origin_level", "applicants"]]
    kecamatan = ours[ours["origin_level"].isin(PLACED)]
    kecamatan = kecamatan.assign(area_id=places.kecamatan_of(kecamatan["area_id"]))
    coarse = ours[ours["origin_level"] == "kabupaten"]
    every = pd.MultiIndex.from_product([held, places.areas.index], names=["event_id", "area_id"])
    counted = kecamatan.groupby(["event_id", "area_id"])["applicants"].sum().reindex(every, fill_value=0)
    known_coarsely = coarse.groupby(["event_id", "area_id"])["applicants"].sum()
    both = pd.concat([counted, known_coarsely]) if len(known_coarsely) else counted
    return both.rename("applicants").reset_index().astype({"applicants": "int64", "event_id": "str", "area_id": "str"})


def count_answers(applicants: pd.DataFrame, events: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Answers to the desk question by held event and area, of people whose lists have the question."""
    held = popups_that_took_place(events).index
    asked = applicants["asked"] & applicants["event_id"].isin(held)
    ours = applicants[asked & applicants["origin_level"].isin([*PLACED, "kabupaten"])]
    placed = ours["origin_level"].isin(PLACED)
    area_ids = pd.concat([places.kecamatan_of(ours.loc[placed, "area_id"]), ours.loc[~placed, "area_id"]])
    answered = ours[(ours["would_have_come"] != "") & ours["person_key"].notna()]
    again = answered.sort_values("service_date", kind="stable").duplicated("person_key")
    once = ours.assign(area_id=area_ids).drop(index=again.index[again])
    said = {answer: once["would_have_come"] == answer for answer in ("yes", "no", "unsure")}
    rows = once[["event_id", "area_id"]].assign(**said, asked=True)
    counted = rows.groupby(["event_id", "area_id"], as_index=False).sum()
    return counted.astype(no_answers().dtypes.to_dict())[list(no_answers())]


def no_answers() -> pd.DataFrame:
    """Answers of an office that never asked: the columns of `count_answers`, no row."""
    kinds = {"event_id": "str", "area_id": "str", "yes": "int64", "no": "int64", "unsure": "int64", "asked": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def count_outsiders(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Applicants of pop-ups from outside the province: event_id, place, applicants (people); sorted."""
    popups = popups_that_took_place(events).index
    away = people[people["origin_level"].isin(OUTSIDE) & people["event_id"].isin(popups)]
    counted = away.groupby(["event_id", "place"])["applicants"].sum().reset_index()
    return counted.astype({"event_id": "str", "place": "str", "applicants": "int64"})


def count_unplaced(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """People of held events in no area and from no place outside: event_id, applicants; sorted. With `counts_by_event`
    and `count_outsiders` they are everybody who came."""
    held = popups_that_took_place(events).index
    somewhere = people["origin_level"].isin((*PLACED, "kabupaten", *OUTSIDE))
    unknown = people[~somewhere & people["event_id"].isin(held)]
    counted = unknown.groupby("event_id")["applicants"].sum().reset_index()
    return counted.astype({"event_id": "str", "applicants": "int64"})


def placed_shares(people: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Share of an event's applicants, known outsiders left out, whose kecamatan is known."""
    everybody, placed = (
        people[chosen].groupby("event_id")["applicants"].sum().reindex(events.index, fill_value=0)
        for chosen in (~people["origin_level"].isin(OUTSIDE), people["origin_level"].isin(PLACED))
    )
    share = placed / everybody.where(everybody > 0)
    return share.where(took_place(events) & is_popup(events), np.nan).astype(float).rename("placed_share")


def office_by_month(applicants: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Rows of OFFICE and of openings at the office as month, area_id, applicants. Those known to kabupaten level stand
    under the kabupaten. Rows stand for the number of people that their column `applicants` says, else for one."""
    at_office = applicants["event_id"].isin([OFFICE, *events.index[~is_popup(events)]])
    office = applicants[at_office & applicants["area_id"].notna()]
    above = enclosing_area(office["area_id"], areas)
    months = office["service_date"].dt.to_period("M").dt.to_timestamp().dt.as_unit("s")
    rows = pd.DataFrame({"month": months, "area_id": above.where(above.notna(), office["area_id"])})
    rows["applicants"] = office.get("applicants", 1)
    counted = rows.groupby(["month", "area_id"])["applicants"].sum().reset_index()
    return counted.astype({"applicants": "int64"})


# --- Which event a row belongs to: by its column, its file's or sheet's name, or a location and a day together.


_OFFICE_WORDS = words_of("intake")["said"]["office"]
_TELLING = re.compile(r"(?=.*[^\W\d_])(?=.*\d)|.{5,}")


def event_ids(checks: RowChecks, events: Keyed | None, settings: Settings) -> pd.Series:
    """Event of each row by what names it; missing where nothing does."""
    said, table = checks.text("event_id"), checks.table
    exact = set() if events is None else {*events.rejected, *events.frame.index}
    named = [_of_list(str(one.file), str(one.sheet), exact, settings) for one in table.lists.itertuples()]
    unsaid = said == ""
    if unsaid.any():
        by_list = pd.Series(named, dtype="str")
        said = said.mask(unsaid, by_list.iloc[table.list_of].set_axis(said.index))
    if events is None:
        return said
    known = dict.fromkeys(_OFFICE_WORDS, OFFICE) | {event_id.casefold(): event_id for event_id in sorted(exact)}
    return text_by_distinct(said, lambda value: value if value in exact else known.get(value.casefold()))


def _of_list(file: str, sheet: str, events: Iterable[str], settings: Settings) -> str:
    stem = PurePosixPath(file).stem
    for name in names_of_file(file):
        if name in settings.file_events:
            return settings.file_events[name]
    known = {event.casefold() for event in events} | set(_OFFICE_WORDS)
    if stem.casefold() in known:
        return stem
    return event_in_name(stem, events) or (sheet if sheet.casefold() in known else event_in_name(sheet, events)) or stem


def event_in_name(name: str, events: Iterable[str]) -> str:
    """The one event whose id stands in a name, the longest; '' where none or several do. Ids of figures or letters
    alone count from five characters on."""
    words = f" {_plain(name)} "
    found = [event for event in events if _TELLING.match(event) and f" {_plain(event)} " in words]
    longest = [
        event for event in found if not any(event != other and _plain(event) in _plain(other) for other in found)
    ]
    return longest[0] if len(longest) == 1 else ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def event_days(ids: pd.Series, events: Keyed | None) -> pd.DataFrame:
    """First and last day of each row's event, `date` and `end_date`; NaT where there is none."""
    codes, distinct = pd.factorize(ids)
    nothing = np.datetime64("NaT", "s")
    days = {}
    for name in ("date", "end_date"):
        known = pd.Series(dtype="datetime64[s]") if events is None else events.frame[name]
        days[name] = np.append(known.reindex(distinct).to_numpy("datetime64[s]"), nothing)[codes]
    return pd.DataFrame(days, index=ids.index)


def by_location_and_day(
    checks: RowChecks, ids: pd.Series, dates: pd.Series, events: Keyed | None, sites: Keyed | None
) -> pd.Series:
    """Events of rows that nothing names, where location and day together fit one held event. The location is the row's,
    else that of the sheet's titles, else the one site whose name stands in the file's."""
    unnamed = ids.isna()
    if events is None or sites is None or not unnamed.any():
        return ids
    table = checks.table
    by_name = _site_names(sites)
    of_list = [
        by_name.get(plain_header(str(one.title_site))) or _site_in_name(PurePosixPath(str(one.file)).stem, by_name)
        for one in table.lists.itertuples()
    ]
    said = text_by_distinct(checks.text("site"), lambda value: by_name.get(plain_header(value)))
    listed = pd.Series(pd.array(of_list, dtype="str"), dtype="str").iloc[table.list_of].set_axis(ids.index)
    site = said.where(checks.text("site") != "", listed)
    held = event_dates(events.frame[took_place(events.frame)]).reset_index()
    once = held.drop_duplicates(["site_id", "date"], keep=False).set_index(["site_id", "date"])["event_id"]
    wanted = pd.MultiIndex.from_arrays([site[unnamed], dates[unnamed]])
    found = pd.Series(once.reindex(wanted).to_numpy(), index=ids.index[unnamed], dtype="str")
    return ids.where(~unnamed, found.reindex(ids.index))


def _site_names(sites: Keyed) -> Mapping[str, str]:
    """Site by its id or name, as `plain_header` leaves them; names that two sites bear are none."""
    known: dict[str, str] = {}
    twice: set[str] = set()
    for site_id, name in sites.frame["name"].items():
        for word in {plain_header(str(site_id)), plain_header(str(name))} - {""}:
            if known.setdefault(word, str(site_id)) != site_id:
                twice.add(word)
    return {word: site_id for word, site_id in known.items() if word not in twice}


def _site_in_name(name: str, by_name: Mapping[str, str]) -> str | None:
    words = f" {plain_header(name)} "
    found = {site for word, site in by_name.items() if len(word) > 4 and f" {word} " in words}
    return found.pop() if len(found) == 1 else None


# --- Two lists of one event that hold the same people: a question to the office, never an answer of ours.


_MOST, _LEAST_NAMED = 0.5, 2
_NEARLY_ALL, _LEAST_NAMELESS, _LEAST_DISTINCT = 0.8, 5, 3
_TOLD = ("service_date", *ORIGIN, "passport_type", "application", "channel")
_WORD = re.compile(r"[^\W\d_]+")

SKIP, KEEP = "skip", "keep"
"""Answers of `[files.copies]`."""


def name_of_list(file: str, sheet: str) -> str:
    """How a list is called in `[files.copies]`."""
    name = PurePosixPath(file).name
    return f"{name} [{sheet}]" if sheet else name


def _answer(file: str, sheet: str, settings: Settings) -> str:
    names = (name_of_list(file, sheet), f"{file} [{sheet}]", *names_of_file(file))
    return next((settings.file_copies[name] for name in names if name in settings.file_copies), "")


def without_copies(table: TextTable, settings: Settings, book: LedgerBuilder) -> TextTable:
    """The rows without those of lists that the office called copies: these are skipped."""
    if not settings.file_copies:
        return table
    answers = [_answer(str(one.file), str(one.sheet), settings) for one in table.lists.itertuples()]
    copied = pd.Series(np.isin(table.list_of, [at for at, answer in enumerate(answers) if answer == SKIP]))
    if not copied.any():
        return table
    copied = copied.set_axis(table.rows.index)
    book.note(table.where(copied), "copied_list", status="skipped")
    kept = np.flatnonzero(~copied.to_numpy())
    place = np.full(len(copied), -1)
    place[kept] = np.arange(len(kept))
    faults = table.cell_faults.assign(at=place[table.cell_faults["at"].to_numpy()])
    return replace(
        table,
        rows=table.rows.iloc[kept].reset_index(drop=True),
        list_of=table.list_of[kept],
        row_numbers=table.row_numbers[kept],
        names=table.names.iloc[kept].reset_index(drop=True),
        numeric_nik=table.numeric_nik.iloc[kept].reset_index(drop=True),
        cell_faults=faults[faults["at"] >= 0].reset_index(drop=True),
    )


def ask_for_copies(table: TextTable, ids: pd.Series, keys: pd.Series, dates: pd.Series, reading: Reading) -> None:
    """Ask once for each two lists of one event that share most of their people and were not answered for."""
    if len(table.lists) < 2:
        return
    pairs = pd.DataFrame({"event": ids.to_numpy(), "list": table.list_of}).dropna().drop_duplicates()
    by_event = pairs.groupby("event")["list"].agg(list)
    wanted = by_event[by_event.map(len) > 1]
    if wanted.empty:
        return
    listed = {int(at): np.flatnonzero(table.list_of == at) for lists in wanted for at in lists}
    asked: set[tuple[int, int]] = set()
    for event, lists in wanted.items():
        for pair in combinations(sorted(map(int, lists)), 2):
            if pair in asked or any(_settled(table, at, reading.settings) for at in pair):
                continue
            one, other = (table.lists.iloc[at] for at in pair)
            if one["digest"] and one["digest"] == other["digest"] and one["sheet"] == other["sheet"]:
                continue
            rows = [listed[at][(ids.iloc[listed[at]] == event).to_numpy()] for at in pair]
            if _share_most(table, rows, keys, dates if event == OFFICE else None):
                asked.add(pair)
                _ask(table, pair, keys, listed, reading.book)


def _settled(table: TextTable, at: int, settings: Settings) -> bool:
    one = table.lists.iloc[at]
    return _answer(str(one["file"]), str(one["sheet"]), settings) == KEEP


def _share_most(table: TextTable, rows: list[np.ndarray], keys: pd.Series, dates: pd.Series | None) -> bool:
    smaller = min(map(len, rows))
    both = set(keys.iloc[rows[0]].dropna()) & set(keys.iloc[rows[1]].dropna())
    unseen = [at[~keys.iloc[at].isin(both).to_numpy()] for at in rows]
    named = [_names(table, at, dates) for at in unseen]
    if all(sum(named_here.values()) > _MOST * len(at) for named_here, at in zip(named, unseen, strict=True)):
        return smaller >= _LEAST_NAMED and (named[0] & named[1]).total() > _MOST * smaller
    said = [_published(table, at, unseen) for at in unseen]
    shared = said[0] & said[1]
    return (
        smaller >= _LEAST_NAMELESS
        and not any(sum(named_here.values()) for named_here in named)
        and shared.total() >= _NEARLY_ALL * smaller
        and len(shared) >= max(_LEAST_DISTINCT, smaller / 2)
    )


def _names(table: TextTable, rows: np.ndarray, dates: pd.Series | None) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for at, name in zip(rows.tolist(), table.names.iloc[rows].tolist(), strict=True):
        if words := " ".join(sorted(_WORD.findall(name.casefold()))):
            found[words if dates is None else (words, dates.iloc[at])] += 1
    return found


def _published(table: TextTable, rows: np.ndarray, both: list[np.ndarray]) -> Counter[Hashable]:
    """What rows say in the columns that both lists fill."""
    columns = [
        name for name in _TOLD if name in table.rows and all((table.rows[name].iloc[at] != "").any() for at in both)
    ]
    cells = table.rows[columns].iloc[rows]
    return Counter(tuple(str(cell).casefold() for cell in row) for row in cells.itertuples(index=False, name=None))


def _ask(
    table: TextTable, pair: tuple[int, int], keys: pd.Series, listed: dict[int, np.ndarray], book: LedgerBuilder
) -> None:
    # the copy is more likely the one with fewer NIKs, fewer rows, or the later name
    worth = {at: (int(keys.iloc[listed[at]].notna().sum()), len(listed[at]), -at) for at in pair}
    copy, other = sorted(pair, key=lambda at: worth[at])
    names = [
        name_of_list(str(table.lists["file"].iloc[at]), str(table.lists["sheet"].iloc[at])) for at in (copy, other)
    ]
    book.fault(
        failure(
            "same_list",
            file=str(table.lists["file"].iloc[copy]),
            sheet=str(table.lists["sheet"].iloc[copy]),
            value=names[0],
            expected=names[1],
        )
    )


# --- Lists of applicants: each row its event, its place and its kind; nothing else of the person.


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
    """Applicants that count (`APPLICANT_COLUMNS`), how many have no valid NIK, and the last day beyond doubt."""

    frame: pd.DataFrame
    without_key: int
    last_day: pd.Timestamp | None
    listed: frozenset[str]


def read_applicants(
    table: TextTable, reading: Reading, places: Places | None, events: Keyed | None, sites: Keyed | None
) -> ApplicantRows:
    """Check, place and de-duplicate the rows of all lists."""
    settings, book = reading.settings, reading.book
    table = without_copies(table, settings, book)
    checks = RowChecks(table, APPLICANTS.table, reading, personal=True)
    ids = event_ids(checks, events, settings)
    near = event_days(ids, events)
    dates, by_event = _service_dates(checks, near["date"], reading.as_of)
    if ids.isna().any():
        ids = by_location_and_day(checks, ids, dates, events, sites)
        near = event_days(ids, events)
    _check_events(ids, events, checks)
    dates = dates.mask(by_event, near["date"])
    checks.mark(by_event & dates.isna() & checks.kept, "missing_value", column="service_date", show=False)
    _check_dates(dates, near, checks)
    people = _people(checks, dates, reading.key)
    ask_for_copies(table, ids, people["person_key"], dates, reading)
    frame = pd.DataFrame(
        {
            "event_id": ids,
            "service_date": dates,
            "passport_type": passport_types(
                checks.text("passport_type"), dates, all_electronic_from=settings.all_electronic_from
            ).where(table.has("passport_type")),
            "application": applications(checks.text("application")).where(table.has("application")),
            "channel": channels(checks.text("channel")).where(table.has("channel")),
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
    answers = desk_answers(checks.text(_DESK))
    unknown = answers.isna() & checks.kept
    expected = "ya, tidak or belum tentu"
    checks.mark(unknown, "unknown_answer", status="warning", column=_DESK, kind="desk_answer", expected=expected)
    return answers.fillna("")


def _check_events(ids: pd.Series, events: Keyed | None, checks: RowChecks) -> None:
    """Rows of no event, or of one that was not held, are rejected."""
    if events is None:
        return
    unknown = ids.isna()
    checks.mark(unknown, "unknown_event", column="event_id", kind="id")
    refused = ids.isin(events.rejected - set(events.frame.index))
    checks.mark(refused, "rejected_event", column="event_id", kind="id", said=ids)
    held = ids.isin([*events.frame.index[took_place(events.frame)], OFFICE])
    checks.mark(~unknown & ~refused & ~held, "event_not_held", column="event_id", kind="id", said=ids)


def _service_dates(checks: RowChecks, near: pd.Series, as_of: pd.Timestamp | None) -> tuple[pd.Series, pd.Series]:
    """Each row's day, and whether it is only its event's; a sheet without dates takes its title's, else its
    events'."""
    table, text = checks.table, checks.text("service_date")
    undated = ~table.of_list("dated")
    if undated.any():
        text = text.mask(undated, table.of_list("title_date"))
    by_event = undated & (text == "")
    dates = checks.dates("service_date", required=False, near=near, until=as_of, text=text)
    checks.mark((text == "") & ~by_event, "missing_value", column="service_date")
    for at, one in enumerate(table.lists.itertuples()):
        if not one.dated:
            form = "title" if one.title_date else "event's day"
            rows = int((table.list_of == at).sum())
            checks.book.take_dates(str(one.file), str(one.sheet), "service_date", form=form, by="no column", rows=rows)
    return dates, by_event


def _check_dates(dates: pd.Series, days: pd.DataFrame, checks: RowChecks) -> None:
    """A service date after the reference date, or a year or more from its event's days, is a typing error."""
    near = days["date"]
    checks.reject_future(dates, "service_date")
    early, late = near - dates, dates - days["end_date"]
    apart = early.where(early > late, late)
    wrong = apart >= pd.Timedelta(days=_FAR_FROM_EVENT_DAYS)
    expected = "a day within a year of the event"
    checks.mark(wrong, "out_of_range", column="service_date", kind="date", expected=expected)
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
            checks.book.note(
                named, "far_from_event", status="warning", column="service_date", values=published, expected=expected
            )
            rows &= ~here
        checks.mark(rows, "far_from_event", status="warning", column="service_date", kind="date", expected=expected)


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
        checks.mark(mask, reason, status="warning", column="nik", show=False)
    return found.assign(person_key=person_keys(found["digits"], key)).drop(columns="digits")


def _origins(checks: RowChecks, nik_areas: pd.Series, places: Places | None) -> pd.DataFrame:
    """Where each person lives: area_id, origin_level, origin_status, place; text and suggestions for review. Without a
    word of it the NIK's kecamatan counts where it is a current one, marked 'nik'."""
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


# --- People who come as counts, made where their lists lie: read, checked, and handed on like those of lists.


COUNTS_FILES = ("counts.parquet", "counts.csv")
"""Files of a folder that stand for its lists: what `outreach count --out` writes."""
COUNTED = "counted"
"""What the ledger calls counts that were handed in as a frame."""

_NEEDED = ("event_id", "month", "area_id", "level", "place", "applicants")
_LEVELS = (*PLACED, "kabupaten", *OUTSIDE, "unknown")
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
    """Numbers of people as `tally` makes them; those of no event, or of one not held, are set apart and told."""
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
