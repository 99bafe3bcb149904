"""Sites, events, interest, office numbers, ways: the tables besides the lists of applicants."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.disclosure import without_person
from outreach_analysis.doors import FARTHEST_KM
from outreach_analysis.event_kinds import held_popups, took_place
from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.geocoding.resolver import OriginResolver, Suggestion, origin_text
from outreach_analysis.geography.areas import enclosing_area, great_circle_km
from outreach_analysis.geography.service_days import day_kind
from outreach_analysis.intake.headers import (
    ACCESS,
    ALIASES,
    EVENTS,
    INTEREST,
    OFFICE_MONTHLY,
    ORIGIN,
    REQUEST_LISTS,
    REQUESTS,
    SITES,
    TRAVEL,
)
from outreach_analysis.intake.identity import PersonKey, check_nik, person_keys, plain_phones
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import (
    ACCESS_WORDS,
    ANSWER_WORDS,
    EVENT_STATUS,
    NO_WAY,
    PROGRAMMES,
    SITE_KINDS,
    Reading,
    RowChecks,
    applications,
    askers,
    known_word,
    names_of_file,
    parse_numbers,
    text_by_distinct,
)
from outreach_analysis.intake.sheets import CHAT_SOURCE
from outreach_analysis.intake.text_files import TextTable
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

# --- The areas of a data set, and stated places looked up in them.


OUTSIDE = ("outside_province", "outside_country")
PLACED = ("desa", "kecamatan")
PLACE_COLUMNS = ("area", "address", "desa", "kecamatan", "kabupaten", "area_code")
"""Columns in which a row may say where it belongs."""

BETWEEN_SUGGESTIONS = "; "
_REASON_WORDS = {
    "several_places": "one of several of this name",
    "contradiction": "one part says so, another does not",
    "similar_name": "its name is similar",
    "unknown_name": "named, but another word is not known",
    "other_level": "the name is also that of an area of another level",
    "building_or_desa": "it may be a building of this name",
}

_KECAMATAN_CODE = len("64.02.06")
_CODE = re.compile(r"\d{2}(?:[.\s]?\d{2}(?:[.\s]?\d{2,3}(?:[.\s]?\d{3,4})?)?)?")


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Areas, the other names they go by, and the code system; `own_files`, `other_names_used` as in `Dataset`."""

    areas: gpd.GeoDataFrame
    gazetteer: gpd.GeoDataFrame
    aliases: pd.DataFrame
    code_system: str
    own_files: tuple[str, ...] = ()
    other_names_used: bool = True

    def resolve(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Areas of rows with any of `PLACE_COLUMNS` (`area`: a code or a name), as by `resolve_origins`."""
        return self._resolver.origins(_stated(rows, self._own_ids))

    def resolve_as(self, rows: pd.DataFrame, level: str) -> pd.DataFrame:
        """As `resolve`, where a name without a level stands for an area of this one (kecamatan or desa)."""
        stated = _stated(rows, self._own_ids)
        if level not in stated and "address" in stated:
            stated = stated.rename(columns={"address": level})
        return self._resolver.origins(stated)

    @cached_property
    def _resolver(self) -> OriginResolver:
        return OriginResolver(self.gazetteer, aliases=self.aliases, code_system=self.code_system)

    @cached_property
    def _own_ids(self) -> frozenset[str]:
        """Ids of the office's own areas that no code system would write so: they are taken as they stand."""
        return frozenset(str(area_id) for area_id in self.gazetteer.index if not _CODE.fullmatch(str(area_id)))

    def origins(self, rows: pd.DataFrame, *, names: pd.Series) -> pd.DataFrame:
        """As `resolve`, and what those in review say. Where a place stays undecided it is looked up again without the
        person's name and numbers: a name is not a place."""
        stated = _stated(rows, self._own_ids)
        found = self._resolver.origins(stated).drop(columns="score")
        undecided = (found["status"] == "review").to_numpy()
        said = stated[undecided]
        text = pd.Series("", index=rows.index, dtype="str")
        suggestions = text.copy()
        if len(said):
            safe = said.apply(lambda column: without_person(column, names[undecided], keep=self.words))
            changed = (safe != said).any(axis=1)
            if changed.any():
                found.loc[changed.index[changed]] = self._resolver.origins(safe[changed]).drop(columns="score")
            text[undecided] = origin_text(safe).where(found.loc[undecided, "status"] == "review", "")
            suggestions[undecided] = found.loc[undecided, "suggestions"].map(suggestion_text).astype("str")
        return found.assign(text=text, suggestions=suggestions)

    def kecamatan_of(self, area_ids: pd.Series) -> pd.Series:
        """The kecamatan that holds each area; missing above kecamatan level."""
        return enclosing_area(area_ids, self.areas)

    @cached_property
    def words(self) -> frozenset[str]:
        """Lower-case words of three letters or more in the names of areas: shown although a person may bear them."""
        names = " ".join(self.gazetteer["name"]).casefold()
        return frozenset(re.findall(r"[^\W\d_]{3,}", names))

    @cached_property
    def nik_kecamatan(self) -> frozenset[str]:
        """Kecamatan that the first six digits of a NIK name for sure: not those that were split since."""
        old = self.aliases[self.aliases["kind"] == "old_code"]
        moved = old[old["alias"].str.slice(0, _KECAMATAN_CODE) != old["area_id"].str.slice(0, _KECAMATAN_CODE)]
        return frozenset(self.areas.index) - set(moved["alias"].str.slice(0, _KECAMATAN_CODE))


def suggestion_text(suggestions: Iterable[Suggestion]) -> str:
    """Suggestions as one text, each with its id and its reason."""
    return BETWEEN_SUGGESTIONS.join(
        f"{item.label} ({item.area_id}): {_REASON_WORDS.get(item.reason, item.reason.replace('_', ' '))}"
        for item in suggestions
    )


def _stated(rows: pd.DataFrame, own_ids: Collection[str]) -> pd.DataFrame:
    blank = pd.Series("", index=rows.index, dtype="str")
    stated = rows[[name for name in ("desa", "kecamatan", "kabupaten") if name in rows]].copy()
    area = rows.get("area", blank)
    is_code = area.isin([said for said in area.unique() if said in own_ids or _CODE.fullmatch(said)])
    code, address = rows.get("area_code", blank), rows.get("address", blank)
    if "area_code" in rows or is_code.any():
        stated["code"] = code.where(code != "", area.where(is_code, ""))
    if "address" in rows or ("area" in rows and not is_code.all()):
        stated["address"] = address.where(address != "", area.where(~is_code, ""))
    return stated


# --- Sites and events: their rows checked and turned into frames.


SITE_COLUMNS = (
    "name", "kind", "area_id", "lon", "lat", "location_source", "capacity", "cost", "opened", "closed",
)  # fmt: skip
EVENT_COLUMNS = (
    "site_id", "date", "end_date", "days", "status", "programme", "series", "capacity", "booths", "sold_out",
    "day_kind", "placed_share",
)  # fmt: skip
_LONGEST_DAYS = 366
_WITH_A_NUMBER = re.compile(r"\s*(?:hari|days?|booths?|loket|meja|konter|counters?|desks?)\b\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keyed:
    """A table with a key: its good rows, the keys of rows set apart, and faults of the file. `source` has the places
    (file, sheet, row) of `frame`; `places` those of every row with a key (key, file, sheet, row), good or not."""

    frame: pd.DataFrame
    source: pd.DataFrame
    rejected: frozenset[str]
    places: pd.DataFrame
    faults: tuple[Failure, ...]


def keyed(checks: RowChecks, frame: pd.DataFrame, key: str, columns: Sequence[str]) -> Keyed:
    """The good rows by their key; a key that occurs twice is a fault of the file."""
    keys = checks.text(key)
    counts = keys[keys != ""].value_counts()
    repeated = checks.table.where(keys.map(counts).fillna(0) > 1)
    faults = [
        failure(
            "duplicate_key", file=file, sheet=sheet, row=row, column=key, value=keys[at], count=int(counts[keys[at]])
        )
        for at, file, sheet, row in repeated[["file", "sheet", "row"]].itertuples()
    ]
    kept = checks.kept & ~keys.duplicated()
    index = pd.Index(keys[kept], name=key, dtype="str")
    order = index.argsort()
    return Keyed(
        frame=frame.loc[kept, list(columns)].set_axis(index).iloc[order],
        source=checks.table.where(kept).set_axis(index).iloc[order],
        rejected=frozenset(keys[checks.rejected & (keys != "")]),
        places=checks.table.where(keys != "").assign(key=keys[keys != ""]),
        faults=tuple(faults),
    )


def read_sites(table: TextTable, reading: Reading, places: Places | None) -> Keyed:
    """Sites: index `site_id`, columns `SITE_COLUMNS`, sorted by id. `area` becomes the area_id of a kecamatan or desa;
    without coordinates a site takes the seat point of its area, or of its kecamatan (`location_source`)."""
    checks = RowChecks(table, SITES.table, reading)
    checks.own_id("site_id")
    lon, lat = checks.coordinates()
    frame = pd.DataFrame(
        {
            "name": checks.name("name"),
            "kind": checks.choices("kind", SITE_KINDS),
            "lon": lon,
            "lat": lat,
            "capacity": checks.numbers("capacity"),
            "cost": checks.numbers("cost"),
            "opened": checks.dates("opened", required=False),
            "closed": checks.dates("closed", required=False),
        }
    )
    shut_first = frame["closed"] < frame["opened"]
    checks.mark(shut_first, "out_of_range", column="closed", kind="date", expected="a day after it opened")
    frame["area_id"] = _area_ids(checks, places, frame)
    _place_sites(frame, checks, places)
    own = checks.own_numbers(~frame["kind"].isin(SITE_KINDS_FIXED))
    return keyed(checks, frame.join(own), "site_id", (*SITE_COLUMNS, *own))


def _place_sites(frame: pd.DataFrame, checks: RowChecks, places: Places | None) -> None:
    """Fill in seat points, in place, and reject sites that stay without any."""
    given = frame["lon"].notna()
    frame["location_source"] = "given"
    if places is None or given.all():
        return
    frame["location_source"] = frame["location_source"].where(given, "seat")
    seats = places.gazetteer[["seat_lon", "seat_lat"]]
    own = seats.reindex(frame["area_id"].to_numpy()).set_axis(frame.index)
    above = seats.reindex(places.kecamatan_of(frame["area_id"]).to_numpy()).set_axis(frame.index)
    seat = own.fillna(above)
    frame["lon"] = frame["lon"].where(given, seat["seat_lon"])
    frame["lat"] = frame["lat"].where(given, seat["seat_lat"])
    checks.mark(frame["lon"].isna() & checks.kept, "missing_value", column="lon", show=False)


def _area_ids(checks: RowChecks, places: Places | None, sites: pd.DataFrame) -> pd.Series:
    """Kecamatan or desa of each site; rows that name none are rejected. A name of several areas is settled by what is
    known of the site (see `_settled`), and a warning says how."""
    rows = checks.table.rows
    if places is None or rows.empty:
        return pd.Series(None, index=rows.index, dtype="str")
    origins = places.resolve(rows)
    stated = [name for name in PLACE_COLUMNS if name in rows]
    column, blank = stated[0], (rows[stated] == "").all(axis=1)
    area_ids, level = origins["area_id"].copy(), origins["level"]
    unresolved = (origins["status"] == "review") | area_ids.isna()
    several = unresolved & origins["suggestions"].map(lambda items: bool(_of_one_name(items))).astype(bool)
    too_coarse = ~unresolved & ~level.isin(PLACED)
    for at in rows.index[(several | too_coarse) & ~blank]:
        settled = _settled(rows.loc[[at]], origins.loc[at], sites.loc[at], places)
        if settled is None:
            continue
        area_ids[at] = settled
        unresolved[at] = several[at] = too_coarse[at] = False
        area = places.gazetteer.loc[settled]
        expected = f"{area['level']} {area['name']}, {area['parent_name']} ({settled})"
        mark = pd.Series(rows.index == at, index=rows.index)
        checks.mark(mark, "several_areas", status="warning", column=column, expected=expected)
    checks.mark(blank, "missing_value", column=column)
    checks.mark(unresolved & ~several & ~blank, "unknown_area", column=column)
    checks.mark(several | too_coarse, "ambiguous_area", column=column)
    return area_ids.where(~unresolved & ~too_coarse)


def _of_one_name(suggestions: Iterable[Suggestion]) -> set[str]:
    """The areas that bear the name of an unresolved place, where several do."""
    return {item.area_id for item in suggestions if item.reason == "several_places"}


def _settled(row: pd.DataFrame, origin: pd.Series, site: pd.Series, places: Places) -> str | None:
    """The one kecamatan or desa that a site may stand in, where its area fits several; None where that stays open."""
    levels = places.gazetteer["level"]
    names = _of_one_name(origin["suggestions"])
    for level in PLACED:
        read = places.resolve_as(row, level).iloc[0]
        names |= _of_one_name(read["suggestions"])
        names |= {read["area_id"]} if isinstance(read["area_id"], str) else set()
    fitting = pd.Series(sorted(names), dtype="str")
    fitting = fitting[fitting.isin(levels.index[levels.isin(PLACED)])].reset_index(drop=True)
    of_level = fitting.map(levels)
    if site["kind"] in PLACED:
        of_kind = fitting[of_level == site["kind"]]
        return str(of_kind.iloc[0]) if len(of_kind) == 1 else None
    homes = places.kecamatan_of(fitting)
    if fitting.empty:
        return None
    if (homes == homes.iloc[0]).all():
        return str(homes.iloc[0])
    if pd.notna(site["lon"]):
        points = places.gazetteer.loc[homes.unique()]
        km = pd.Series(great_circle_km(site.to_frame().T, points)[0], index=points.index).sort_values()
        if km.notna().all() and km.iloc[0] < km.iloc[1] / 2:
            return str(km.index[0])
    kecamatan = fitting[of_level == "kecamatan"]
    return str(kecamatan.iloc[0]) if len(kecamatan) == 1 else None


def read_events(table: TextTable, reading: Reading, sites: Keyed | None) -> Keyed:
    """Events: index `event_id`, columns `EVENT_COLUMNS` but `placed_share`, own numbers; sorted by id. Rejected: held
    but not over on `as_of`, at an unknown site, or at one that was set apart."""
    checks = RowChecks(table, EVENTS.table, reading)
    checks.own_id("event_id")
    programme, series = _programme(checks)
    frame = pd.DataFrame(
        {
            "site_id": checks.required_text("site_id"),
            "date": checks.dates("date"),
            "status": checks.choices("status", EVENT_STATUS),
            "programme": programme,
            "series": series,
            "capacity": checks.numbers("capacity"),
            "booths": checks.numbers("booths", text=_without_unit(checks.text("booths"))),
            "sold_out": checks.yes_no("sold_out"),
        }
    )
    frame["end_date"], frame["days"] = _duration(checks, frame["date"])
    if sites is not None:
        check_sites(frame["site_id"], sites, checks)
    took = took_place(frame)
    if reading.as_of is not None:
        late, still_on = (took & (frame[name] > reading.as_of) for name in ("date", "end_date"))
        checks.mark(late, "future_event", column="date", kind="date")
        checks.mark(still_on & ~late, "future_event", column="end_date", kind="date")
    frame = frame.assign(day_kind=day_kind(frame["date"]), placed_share=float("nan"))
    own = checks.own_numbers(frame["status"] == "held")
    found = keyed(checks, frame.join(own), "event_id", (*EVENT_COLUMNS, *own))
    not_held = frame["status"].isin(("planned", "cancelled"))
    return dataclasses.replace(found, places=found.places[~not_held[found.places.index]])


def _programme(checks: RowChecks) -> tuple[pd.Series, pd.Series]:
    """Programme and series of each event; a column called program holds programmes where a word is one, else series."""
    programme, series, either = (checks.text(name) for name in ("programme", "series", "program"))
    if (programme == "").all() and known_word(either, PROGRAMMES).notna().any():
        programme = either
    elif (series == "").all():
        series = either
    return checks.choices("programme", PROGRAMMES, blank="visit", text=programme).fillna("visit"), text_by_distinct(
        series, mask_identifiers
    )


def _duration(checks: RowChecks, first: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Last date and number of days of service of each event, which are one date and one day where nothing is said."""
    last = checks.dates("end_date", required=False, near=first)
    text = _without_unit(checks.text("days"))
    either = _without_unit(checks.text("hari"))
    if (text == "").all() and parse_numbers(either).notna().any():
        text = either
    said = checks.numbers("days", text=text)
    checks.mark(last < first, "end_before_begin", column="end_date", kind="date")
    far = last - first >= pd.Timedelta(days=_LONGEST_DAYS)
    checks.mark(far, "out_of_range", column="end_date", kind="date", expected="a day within a year of the first")
    last = last.mask(far)
    span = (last - first).dt.days + 1
    impossible = said > span
    for status, wrong in (("rejected", impossible), ("warning", (said < span) & checks.kept)):
        for days in sorted(span[wrong].unique()):
            rows, expected = wrong & (span == days), f"{days:g}"
            checks.mark(
                rows, "days_contradict", status=status, column="days", kind="number", expected=expected, said=text
            )
    days = said.fillna(span).fillna(1).clip(lower=1)
    return last.fillna(first + pd.to_timedelta(days - 1, unit="D")).dt.as_unit("s"), days.astype("int64")


def _without_unit(text: pd.Series) -> pd.Series:
    """Numbers without what they count: '2 hari', '3 loket'."""
    return text.str.replace(_WITH_A_NUMBER, "", regex=True)


def check_sites(site_ids: pd.Series, sites: Keyed, checks: RowChecks) -> None:
    """Reject rows that name no site, or one that was set apart."""
    said = site_ids != ""
    set_apart = site_ids.isin(sites.rejected)
    checks.mark(said & set_apart, "rejected_site", column="site_id")
    checks.mark(said & ~set_apart & ~site_ids.isin(sites.frame.index), "unknown_site", column="site_id")


# --- What an office may hand in beside its lists: interest, office counts, travel, access, decided names.


MOST_PEOPLE = 100_000
"""More interested people than this in one row are a typing error."""


def read_interest(table: TextTable, reading: Reading, places: Places, events: pd.DataFrame) -> pd.DataFrame:
    """Registrations of interest, in the file's order; a row of a person without a number of people is one person.
    Rows in review or from outside the province are not in the frame; an unknown `event_id` is dropped with a
    warning."""
    checks = RowChecks(table, INTEREST.table, reading, personal=True)
    dates = checks.dates("date")
    checks.reject_future(dates, "date")
    keys = _interest_keys(checks, dates, reading.key)
    people = checks.numbers("people")
    # a phone that slipped into this column is a number too
    too_many = people > MOST_PEOPLE
    checks.mark(too_many, "out_of_range", column="people", kind="number", expected=f"1 to {MOST_PEOPLE}")
    alone = checks.text("people") == ""
    checks.mark(alone & keys.isna(), "missing_value", column="people", show=False)
    led_to = _known_events(checks, events)
    frame = pd.DataFrame(
        {
            "date": dates,
            "area_id": resolved_areas(checks, places),
            "people": people.mask(alone, 1),
            # in the office's words, without anything about the person
            "source": without_person(checks.text("source"), table.names),
            "group": checks.yes_no("group"),
            "person_key": keys,
            "event_id": led_to,
            "source_file": table.of_list("file"),
            "source_sheet": table.of_list("sheet"),
            "source_row": table.row_numbers,
        }
    )
    kept = frame[checks.kept & frame["area_id"].notna()].reset_index(drop=True)
    return kept.astype({"people": "int64", "group": bool, "source_row": "int64"})


def _known_events(checks: RowChecks, events: pd.DataFrame) -> pd.Series:
    """The event that each row led to; an id that no event bears is dropped, and it is said."""
    said = checks.text("event_id")
    known = said.isin(events.index)
    checks.mark((said != "") & ~known, "unknown_event", status="warning", column="event_id", kind="id")
    return said.where(known)


def _interest_keys(checks: RowChecks, dates: pd.Series, key: PersonKey) -> pd.Series:
    """A key from the NIK, else from the phone; `person` may hold either."""
    person, nik = checks.text("person"), checks.text("nik")
    said = nik.where(nik != "", person)
    niks = check_nik(said, dates, numeric=checks.table.numeric_nik)["digits"]
    phones = plain_phones(checks.text("phone"))
    return person_keys(niks, key, phones=phones.where(phones != "", plain_phones(person)))


def resolved_areas(checks: RowChecks, places: Places, *, known: pd.Series | None = None) -> pd.Series:
    """Area ids from kabupaten down; unresolved rows go to review, those outside are skipped, `known` ones kept."""
    table = checks.table
    if table.rows.empty:
        return pd.Series(None, index=table.rows.index, dtype="str")
    unknown = pd.Series(True, index=table.rows.index) if known is None else known.isna()
    column = next((name for name in PLACE_COLUMNS if name in table.rows), "")
    if known is not None and not (column and unknown.any()):
        checks.mark(unknown, "missing_value", column="area")
        return known
    origins = places.origins(table.rows, names=_names(table, places))
    outside = origins["level"].isin(OUTSIDE) & unknown
    review = (origins["status"] == "review") & unknown
    checks.mark(review & (origins["text"] == ""), "missing_value", column=column, show=False)
    checks.mark(unknown & ~review & ~outside & origins["area_id"].isna(), "unknown_area", column=column)
    checks.book.note(table.where(checks.kept & outside), "outside_area", status="skipped", column=column)
    undecided = origins[checks.kept & review]
    rows = table.where(checks.kept & review)
    checks.book.note(rows, "unresolved_origin", status="review", column=column, values=undecided["text"])
    checks.book.to_review(undecided)
    found = origins["area_id"].where(checks.kept & ~outside & ~review)
    return found if known is None else known.where(~unknown, found)


def _names(table: TextTable, places: Places) -> pd.Series:
    """What may be a name and is not shown: a contact, and the place of a chat's row that put the place first."""
    names = table.names + " " + table.rows["contact"] if "contact" in table.rows else table.names
    if "source" not in table.rows or not (chat := (table.rows["source"] == CHAT_SOURCE) & (names != "")).any():
        return names
    first = places.resolve(pd.DataFrame({"area": names[chat]}))
    exchanged = first.index[first["status"] != "review"]
    return names.where(~names.index.isin(exchanged), names + " " + table.rows["area"])


def read_office_monthly(table: TextTable, reading: Reading, places: Places) -> pd.DataFrame:
    """Applicants at the office by month and area, sorted; desa at their kecamatan, kabupaten as they are. Outside areas
    are skipped, months after `as_of` rejected; of a month and area named twice the first counts."""
    checks = RowChecks(table, OFFICE_MONTHLY.table, reading)
    months, people = checks.months("month"), checks.numbers("applicants", required=True)
    checks.reject_future(months, "month", kind="month")
    area_ids = resolved_areas(checks, places)
    frame = pd.DataFrame({"month": months, "area_id": area_ids, "applicants": people})
    once = _once(frame[checks.kept & area_ids.notna()], ["month", "area_id"], checks, column="area")
    above = places.kecamatan_of(once["area_id"])
    once = once.assign(area_id=above.where(above.notna(), once["area_id"]))
    summed = once.groupby(["month", "area_id"])["applicants"].sum().astype("int64")
    return summed.reset_index()


def read_travel(table: TextTable, reading: Reading, places: Places, sites: Keyed) -> pd.DataFrame:
    """Ways: area_id, site_id, minutes, km; NaN where blank, infinite for `NO_WAY`; of a pair the first counts."""
    checks = RowChecks(table, TRAVEL.table, reading)
    site_ids = checks.required_text("site_id")
    check_sites(site_ids, sites, checks)
    frame = pd.DataFrame(
        {
            "area_id": _known_areas(checks, places),
            "site_id": site_ids,
            "minutes": checks.numbers("minutes", infinite=NO_WAY),
            "km": checks.numbers("km", infinite=NO_WAY),
        }
    )
    neither = (checks.text("minutes") == "") & (checks.text("km") == "")
    checks.mark(neither, "missing_value", column="minutes", show=False)
    _refuse_metres(frame["km"], table, reading.book)
    once = _once(frame[checks.kept], ["area_id", "site_id"], checks, column="area_id")
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


def read_access(table: TextTable, reading: Reading, places: Places) -> pd.DataFrame:
    """How areas are reached: area_id, access (road, river, ferry, air), extra_minutes (NaN where blank)."""
    checks = RowChecks(table, ACCESS.table, reading)
    frame = pd.DataFrame(
        {
            "area_id": _known_areas(checks, places),
            "access": checks.choices("access", ACCESS_WORDS),
            "extra_minutes": checks.numbers("extra_minutes"),
        }
    )
    once = _once(frame[checks.kept], ["area_id"], checks, column="area_id")
    return once.reset_index(drop=True)


def read_aliases(table: TextTable, reading: Reading, area_ids: pd.Index) -> pd.DataFrame:
    """Place names that somebody at the office has decided: alias, area_id, kind 'office', source. `area_id` is one of
    `area_ids`, 'OUTSIDE:' with a place, or 'UNKNOWN'; other rows are rejected."""
    checks = RowChecks(table, ALIASES.table, reading, personal=True)
    alias, area_id = checks.required_text("alias"), checks.required_text("area_id")
    known = area_id.isin(area_ids) | area_id.str.startswith("OUTSIDE:") | (area_id == "UNKNOWN")
    checks.mark((area_id != "") & ~known, "unknown_area", column="area_id", kind="id")
    source = (checks.text("decided_by") + " " + checks.text("decided_on")).str.strip()
    frame = pd.DataFrame({"alias": alias, "area_id": area_id, "kind": "office", "source": source})
    return frame[checks.kept].reset_index(drop=True)


def _known_areas(checks: RowChecks, places: Places) -> pd.Series:
    text = checks.required_text("area_id")
    if text.empty:
        return text
    origins = places.resolve(pd.DataFrame({"area": text}))
    unknown = (text != "") & ((origins["status"] == "review") | origins["area_id"].isna())
    checks.mark(unknown, "unknown_area", column="area_id")
    return origins["area_id"].where(~unknown)


def _once(frame: pd.DataFrame, keys: list[str], checks: RowChecks, *, column: str) -> pd.DataFrame:
    """The first row of each key; the others are duplicates."""
    again = frame.duplicated(keys)
    mask = pd.Series(checks.table.rows.index.isin(frame.index[again]), index=checks.table.rows.index)
    checks.book.note(
        checks.table.where(mask), "repeated_row", status="duplicate", column=column,
        values=frame.loc[again, "area_id"], expected=" and ".join(keys),
    )  # fmt: skip
    return frame[~again]


# --- Request letters: who asks for a pop-up, where and when, and the lists of names that came with them.

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
        in the lists of the event it led to (NaN where that cannot be told); `answer` is '' where the letter is open.
    lists
        `number, area_id, people`: people of the lists by their kecamatan, else the place's; nobody from outside.
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
    unread: tuple[str, ...] = ()


def read_requests(table: TextTable, lists: TextTable, reading: Reading, beside: TablesBeside) -> RequestLetters:
    """Letters by their number, each with its place, and the people of their lists. A letter whose list is not there, or
    that wishes a day before it was written, is rejected; one number on two letters stops the reading."""
    checks = RowChecks(table, REQUESTS.table, reading, personal=True)
    checks.own_id("number")
    written, day = checks.dates("date"), checks.dates("day", required=False)
    checks.reject_future(written, "date")
    checks.mark(day < written, "wish_before_letter", column="day", kind="date")
    site_ids, area_ids = _places_of(checks, beside)
    led_to = _known_events(checks, beside.events)
    frame = pd.DataFrame(
        {
            "date": written,
            "asker": askers(checks.text("asker")),
            "programme": _programmes(checks, reading.settings),
            "site_id": site_ids,
            "area_id": area_ids,
            "day": day,
            "people": checks.numbers("people"),
            "application": applications(checks.text("application")),
            "answer": checks.choices("answer", ANSWER_WORDS, blank="open").replace("open", ""),
            "answered_on": checks.dates("answered_on", required=False),
            "event_id": led_to,
            "file": _list_of(checks, [*lists.lists["file"], *beside.unread]),
        }
    )
    checks.rejected |= frame["area_id"].isna()
    letters = keyed(checks, frame, "number", [str(name) for name in frame])
    for fault in letters.faults:
        reading.book.fault(fault)
    people = _listed(lists, letters.frame, reading, beside)
    held = beside.applicants[beside.applicants["event_id"].isin(held_popups(beside.events).index)]
    return RequestLetters(
        letters=_with_lists(letters.frame, people, held)[list(LETTER_COLUMNS)],
        lists=people.dropna(subset="area_id").groupby(["number", "area_id"]).size().rename("people").reset_index(),
    )


def _places_of(checks: RowChecks, beside: TablesBeside) -> tuple[pd.Series, pd.Series]:
    """Site of each letter where it names one, and the kecamatan or desa it lies in."""
    site_ids, places = checks.text("site_id"), beside.places
    check_sites(site_ids, beside.sites, checks)
    of_site = beside.sites.frame["area_id"].reindex(site_ids).set_axis(site_ids.index).fillna("")
    area_ids = resolved_areas(checks, places, known=of_site.where(site_ids != ""))
    coarse = area_ids.notna() & (site_ids == "") & ~area_ids.map(places.gazetteer["level"]).isin(PLACED)
    checks.mark(coarse, "ambiguous_area", column="area")
    return site_ids.where(site_ids != ""), area_ids.where(~coarse)


def _programmes(checks: RowChecks, settings: Settings) -> pd.Series:
    """The programme of each letter, one that has a minimum in the settings; by invitation where it says nothing."""
    forms = {plain_header(form): word for word, listed in PROGRAMMES.items() for form in (word, *listed)}
    forms = {form: word for form, word in forms.items() if word in settings.request_minimum}
    forms |= {plain_header(name): name for name in settings.request_minimum}
    said = checks.text("programme")
    found = text_by_distinct(said, lambda value: forms.get(plain_header(value)) if value else "invited")
    expected = ", ".join(settings.request_minimum)
    checks.mark(found.isna(), "unknown_programme", column="programme", expected=expected)
    return found


def _list_of(checks: RowChecks, lists: Iterable[str]) -> pd.Series:
    """The file of each letter's list; a letter that names a file that is not there is rejected."""
    by_name = {name.casefold(): str(file) for file in lists for name in names_of_file(str(file))}
    said = checks.text("list")
    files = text_by_distinct(said, lambda value: by_name.get(value.casefold()))
    checks.mark((said != "") & files.isna(), "missing_list", column="list")
    return files


def _listed(table: TextTable, letters: pd.DataFrame, reading: Reading, beside: TablesBeside) -> pd.DataFrame:
    """The people of all lists that a letter names, once each: number, person_key, area_id (missing outside)."""
    places = beside.places
    checks = RowChecks(table, REQUEST_LISTS.table, reading, personal=True)
    named = letters["file"].dropna()
    number_of = pd.Series(named.index.astype("str"), index=named.to_numpy(), dtype="str")
    number = number_of[~number_of.index.duplicated()].reindex(table.of_list("file")).set_axis(table.rows.index)
    of_letter = letters.reindex(number).set_axis(number.index)
    unnamed = table.lists[~table.lists["file"].isin(named)]
    reading.book.note(unnamed[["file", "sheet"]].assign(row=None), "list_without_letter", status="warning")
    niks = check_nik(checks.text("nik"), of_letter["date"], numeric=table.numeric_nik)
    checks.mark(~niks["status"].isin(["valid", "blank"]), "nik_invalid", status="warning", column="nik", show=False)
    of_place = places.kecamatan_of(of_letter["area_id"])
    people = pd.DataFrame(
        {"number": number, "person_key": person_keys(niks["digits"], reading.key), "area_id": of_place},
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
    reading.book.note(table.where(again), "duplicate_applicant", status="duplicate")
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
