"""Sites and events: their rows checked and turned into frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outreach_analysis.contracts import Failure, failure
from outreach_analysis.geography.distance import great_circle_km
from outreach_analysis.geography.service_days import day_kind
from outreach_analysis.intake import vocabulary
from outreach_analysis.intake.checks import RowChecks
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.places import PLACE_COLUMNS, PLACED, Places
from outreach_analysis.intake.specs import EVENTS, SITES
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.settings import Settings

SITE_COLUMNS = (
    "name", "kind", "area_id", "lon", "lat", "location_source", "capacity", "cost", "opened", "closed",
)  # fmt: skip
EVENT_COLUMNS = ("site_id", "date", "status", "series", "capacity", "sold_out", "day_kind", "placed_share")


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


def read_sites(table: TextTable, *, places: Places | None, settings: Settings, book: LedgerBook) -> Keyed:
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
    return _keyed(checks, frame, "site_id", SITE_COLUMNS)


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
    table: TextTable, *, sites: Keyed | None, as_of: pd.Timestamp | None, settings: Settings, book: LedgerBook
) -> Keyed:
    """Events: index `event_id`, columns `EVENT_COLUMNS`, sorted by id; `placed_share` still NaN.

    A held event after `as_of`, an event at an unknown site, and one at a site that was set apart are rejected.
    """
    checks = RowChecks(table, EVENTS.table, book=book, settings=settings)
    checks.required_text("event_id")
    frame = pd.DataFrame(
        {
            "site_id": checks.required_text("site_id"),
            "date": checks.dates("date"),
            "status": checks.choices("status", vocabulary.EVENT_STATUS),
            "series": checks.text("series"),
            "capacity": checks.numbers("capacity"),
            "sold_out": checks.yes_no("sold_out"),
        }
    )
    if sites is not None:
        check_sites(frame["site_id"], sites, checks)
    if as_of is not None:
        late = (frame["status"] == "held") & (frame["date"] > as_of)
        checks.reject(late, "future_event", column="date", kind="date")
    frame = frame.assign(day_kind=day_kind(frame["date"]), placed_share=float("nan"))
    keyed = _keyed(checks, frame, "event_id", EVENT_COLUMNS)
    not_held = frame["status"].isin(("planned", "cancelled"))
    return dataclasses.replace(keyed, places=keyed.places[~not_held[keyed.places.index]])


def check_sites(site_ids: pd.Series, sites: Keyed, checks: RowChecks) -> None:
    """Reject rows that name no site, or one that was set apart."""
    said = site_ids != ""
    set_apart = site_ids.isin(sites.rejected)
    checks.reject(said & set_apart, "rejected_site", column="site_id")
    checks.reject(said & ~set_apart & ~site_ids.isin(sites.frame.index), "unknown_site", column="site_id")
