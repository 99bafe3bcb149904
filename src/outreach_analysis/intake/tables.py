"""Sites and events: their rows checked and turned into frames."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.event_kinds import took_place
from outreach_analysis.geography.distance import great_circle_km
from outreach_analysis.geography.service_days import day_kind
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.places import PLACE_COLUMNS, PLACED, Places
from outreach_analysis.intake.specs import EVENTS, SITES
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.intake.values import parse_numbers
from outreach_analysis.intake.vocabulary import known_word
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

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
    """A table with a key: its good rows, the keys of rows set apart, and faults of the file.

    `frame` has `source_row` places in `source` (file, sheet, row) with the same index, for later rejections; `places`
    holds those of every row with a key (key, file, sheet, row), good or not.
    """

    frame: pd.DataFrame
    source: pd.DataFrame
    rejected: frozenset[str]
    places: pd.DataFrame
    faults: tuple[Failure, ...]


def _keyed(checks: RowChecks, frame: pd.DataFrame, key: str, columns: Sequence[str]) -> Keyed:
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


def read_sites(table: TextTable, *, places: Places | None, settings: Settings, book: LedgerBuilder) -> Keyed:
    """Sites: index `site_id`, columns `SITE_COLUMNS`, sorted by id.

    `area` (a code or a name) becomes the area_id of a kecamatan or desa. Sites without coordinates take the
    seat point of their area, or of its kecamatan where a desa has none; `location_source` says so.
    """
    checks = RowChecks(table, SITES.table, book=book, settings=settings)
    checks.required_text("site_id")
    lon, lat = checks.coordinates()
    frame = pd.DataFrame(
        {
            "name": checks.required_text("name"),
            "kind": checks.choices("kind", vocabulary.SITE_KINDS),
            "lon": lon,
            "lat": lat,
            "capacity": checks.numbers("capacity"),
            "cost": checks.numbers("cost"),
            "opened": checks.dates("opened", required=False),
            "closed": checks.dates("closed", required=False),
        }
    )
    shut_first = frame["closed"] < frame["opened"]
    checks.reject(shut_first, "out_of_range", column="closed", kind="date", expected="a day after it opened")
    frame["area_id"] = _area_ids(checks, places, frame)
    _place_sites(frame, checks, places)
    own = checks.own_numbers(~frame["kind"].isin(SITE_KINDS_FIXED))
    return _keyed(checks, frame.join(own), "site_id", (*SITE_COLUMNS, *own))


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
    checks.reject(frame["lon"].isna() & checks.kept, "missing_value", column="lon", show=False)


def _area_ids(checks: RowChecks, places: Places | None, sites: pd.DataFrame) -> pd.Series:
    """Kecamatan or desa of each site; rows that name none are rejected.

    A name that is also that of an area of another level, or that a kecamatan and a desa share, is settled by what is
    known of the site (see `_settled`), and a warning says how.
    """
    rows = checks.table.rows
    if places is None or rows.empty:
        return pd.Series(None, index=rows.index, dtype="str")
    origins = places.resolve(rows)
    stated = [name for name in PLACE_COLUMNS if name in rows]
    column, blank = stated[0], (rows[stated] == "").all(axis=1)
    area_ids, level = origins["area_id"].copy(), origins["level"]
    unresolved = (origins["status"] == "review") | area_ids.isna()
    several = unresolved & places.fits_several(origins)
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
        checks.note(mark, "several_areas", status="warning", column=column, expected=expected)
    checks.reject(blank, "missing_value", column=column)
    checks.reject(unresolved & ~several & ~blank, "unknown_area", column=column)
    checks.reject(several | too_coarse, "ambiguous_area", column=column)
    return area_ids.where(~unresolved & ~too_coarse)


def _settled(row: pd.DataFrame, origin: pd.Series, site: pd.Series, places: Places) -> str | None:
    """The one kecamatan or desa that a site may stand in, where its area fits several; None where that stays open.

    Sites stand in a kecamatan or desa, never in a kabupaten as such. Of those of the name, the kind of the site decides
    (the office of a kecamatan stands in a kecamatan), then its coordinates, where one is less than half as far as any
    other; a desa inside the kecamatan of its name, and a kecamatan of whose name there is no other, count as that
    kecamatan.
    """
    levels = places.gazetteer["level"]
    names = {item.area_id for item in origin["suggestions"] if item.reason == "several_places"}
    for level in PLACED:
        read = places.resolve_as(row, level).iloc[0]
        names |= {item.area_id for item in read["suggestions"] if item.reason == "several_places"}
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


def read_events(
    table: TextTable, *, sites: Keyed | None, as_of: pd.Timestamp | None, settings: Settings, book: LedgerBuilder
) -> Keyed:
    """Events: index `event_id`, columns `EVENT_COLUMNS` and the office's own numbers, sorted by id; no `placed_share`.

    A held event that is not over on `as_of`, an event at an unknown site, and one at a site that was set apart are
    rejected.
    """
    checks = RowChecks(table, EVENTS.table, book=book, settings=settings)
    checks.required_text("event_id")
    programme, series = _programme(checks)
    frame = pd.DataFrame(
        {
            "site_id": checks.required_text("site_id"),
            "date": checks.dates("date"),
            "status": checks.choices("status", vocabulary.EVENT_STATUS),
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
    if as_of is not None:
        late, still_on = (took & (frame[name] > as_of) for name in ("date", "end_date"))
        checks.reject(late, "future_event", column="date", kind="date")
        checks.reject(still_on & ~late, "future_event", column="end_date", kind="date")
    frame = frame.assign(day_kind=day_kind(frame["date"]), placed_share=float("nan"))
    own = checks.own_numbers(frame["status"] == "held")
    keyed = _keyed(checks, frame.join(own), "event_id", (*EVENT_COLUMNS, *own))
    not_held = frame["status"].isin(("planned", "cancelled"))
    return dataclasses.replace(keyed, places=keyed.places[~not_held[keyed.places.index]])


def _programme(checks: RowChecks) -> tuple[pd.Series, pd.Series]:
    """Programme and series of each event.

    A column that is just called program holds programmes where any of its words is one, else names of series.
    """
    programme, series, either = (checks.text(name) for name in ("programme", "series", "program"))
    if (programme == "").all() and known_word(either, vocabulary.PROGRAMMES).notna().any():
        programme = either
    elif (series == "").all():
        series = either
    return checks.choices("programme", vocabulary.PROGRAMMES, blank="visit", text=programme).fillna("visit"), series


def _duration(checks: RowChecks, first: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Last date and number of days of service of each event, which are one date and one day where nothing is said."""
    last = checks.dates("end_date", required=False, near=first)
    text = _without_unit(checks.text("days"))
    either = _without_unit(checks.text("hari"))
    if (text == "").all() and parse_numbers(either).notna().any():
        text = either
    said = checks.numbers("days", text=text)
    checks.reject(last < first, "end_before_begin", column="end_date", kind="date")
    far = last - first >= pd.Timedelta(days=_LONGEST_DAYS)
    checks.reject(far, "out_of_range", column="end_date", kind="date", expected="a day within a year of the first")
    last = last.mask(far)
    span = (last - first).dt.days + 1
    impossible = said > span
    for status, wrong in (("rejected", impossible), ("warning", (said < span) & checks.kept)):
        for days in sorted(span[wrong].unique()):
            rows, expected = wrong & (span == days), f"{days:g}"
            checks.note(
                rows, "days_contradict", status=status, column="days", kind="number", expected=expected, said=text
            )
    checks.rejected |= impossible
    days = said.fillna(span).fillna(1).clip(lower=1)
    return last.fillna(first + pd.to_timedelta(days - 1, unit="D")).dt.as_unit("s"), days.astype("int64")


def _without_unit(text: pd.Series) -> pd.Series:
    """Numbers without what they count: '2 hari', '3 loket'."""
    return text.str.replace(_WITH_A_NUMBER, "", regex=True)


def check_sites(site_ids: pd.Series, sites: Keyed, checks: RowChecks) -> None:
    """Reject rows that name no site, or one that was set apart."""
    said = site_ids != ""
    set_apart = site_ids.isin(sites.rejected)
    checks.reject(said & set_apart, "rejected_site", column="site_id")
    checks.reject(said & ~set_apart & ~site_ids.isin(sites.frame.index), "unknown_site", column="site_id")
