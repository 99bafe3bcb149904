"""How many came to each event, and stand in each list: as it may be told beside where they came from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.disclosure import round_people, rounding_interval, rounding_interval_of_totals
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import popups_that_took_place
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.intake.applicants import COUNTED
from outreach_analysis.intake.dataset import APPLICANTS_FOLDER, Dataset
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.intake.tables import OUTSIDE
from outreach_analysis.measures.small_numbers import Margins, Members, Whole, margins_of
from outreach_analysis.settings import Settings

ENOUGH_PLACED = 0.8
"""Where fewer of an event's applicants are placed, rates by area and maps say so."""

_ROW = ["event_id", "area_id", "applicants"]


def people_by_event(
    *,
    areas: pd.DataFrame,
    events: pd.DataFrame | None = None,
    counts: pd.DataFrame,
    outside: pd.DataFrame | None = None,
    unplaced: pd.DataFrame | None = None,
    settings: Settings | None = None,
    rounding_base: int = 1,
) -> pd.Series:
    """Everybody who came to each event: from areas, from outside the province, and from places not known yet.

    Events share out the people who are told by area, so together they could tell an area's. Each is rounded on
    its own; where all of them, or those of the window of unmet need, or the others, would leave less than
    base - 1 people of room, the largest one is moved by one base (see `disclosure.round_totals`). By `event_id`.

    Parameters
    ----------
    areas, counts
        As in the data contract; areas with `parent_id` and, where people are told by it, `in_jurisdiction`.
    outside, unplaced
        Columns `event_id, applicants`: people from outside the province, and those of whom it is not known where they
        live (`Dataset.unplaced`).
    events, settings
        For the window, whose people are told by area once more: give both wherever unmet need is told.
    rounding_base
        Base of the rounding; 1 leaves everything exact.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K", "K"]}, index=["a", "b"])
    >>> counts = pd.DataFrame({"event_id": "E", "area_id": ["a", "b"], "applicants": [11, 3]})
    >>> outside = pd.DataFrame({"event_id": ["E"], "applicants": [4]})
    >>> people_by_event(areas=areas, counts=counts, outside=outside, rounding_base=5).to_dict()
    {'E': 20}
    """
    areas, counts = checked_frames(areas=areas, counts=counts, needs={"areas": ("parent_id",)})
    if events is not None:
        events, _ = checked_frames(events=events, counts=counts)
    # a reader is taken to know exactly how many live in no area
    nowhere = [part[["event_id", "applicants"]].assign(area_id="") for part in (outside, unplaced) if part is not None]
    rows = pd.concat([counts[_ROW], *(part[_ROW] for part in nowhere if len(part))], ignore_index=True)
    ids = pd.Index(sorted(rows["event_id"].unique()), name="event_id")
    lately = np.zeros(len(ids), dtype=bool)
    if events is not None and settings is not None:
        lately = np.asarray(ids.isin(recent_events(events, settings=settings)))
    within = rows["event_id"].to_numpy()[None] == ids.to_numpy()[:, None]
    if rounding_base == 1:
        return pd.Series(within @ rows["applicants"].to_numpy(np.int64), index=ids, name="applicants")
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    blocks = [_Block.of(margins, rows, within, np.ones(len(ids), dtype=bool))]
    everybody = (blocks[0].low, blocks[0].high)
    if "in_jurisdiction" in areas:
        everybody = _bounds_by_jurisdiction(margins, areas, rows, within)
    if lately.any() and not lately.all():
        recent = counts["event_id"].isin(ids[lately])
        window = margins_of(counts[recent], areas, kabupaten_published=False, rounding_base=rounding_base)
        blocks.append(_Block.of(window, rows, within, lately))
        blocks.append(_Block.of(margins.without(window), rows, within, ~lately))
    sums = within @ rows["applicants"].to_numpy(np.int64)
    published = _kept_apart(sums, blocks, everybody=everybody, base=rounding_base)
    return pd.Series(published, index=ids, name="applicants")


def own_people_by_event(people: pd.Series, outside: pd.DataFrame | None, *, rounding_base: int = 1) -> pd.Series:
    """Everybody at each event but those known to be from outside the province: whom a forecast is about. Made of what
    `people_by_event` tells of everybody: a second rounding of the same people would narrow the first."""
    own = people - _people_of(outside, people.index)
    return pd.Series(round_people(own.clip(lower=0), base=rounding_base), index=people.index)


def _people_of(part: pd.DataFrame | None, event_ids: pd.Index) -> pd.Series:
    """People of each event in a part of the tables; 0 where it has none."""
    if part is None:
        return pd.Series(0, index=event_ids)
    return part.groupby("event_id")["applicants"].sum().reindex(event_ids, fill_value=0).astype("int64")


def attendance_by_event(dataset: Dataset, *, rounding_base: int = 1) -> pd.DataFrame:
    """Everybody who came to each held event, and how much is known of where they live; exact with a base of 1.

    Index: pop-ups that took place. `people` (as `people_by_event`), `own` (as `own_people_by_event`), `unplaced`
    (people of whom it is not known where they live), `placed_share` (as `placed_share_by_event`).

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> sample = load_sample()
    >>> came = attendance_by_event(sample)
    >>> int(came["people"].sum()) == int(sample.applicants["event_id"].isin(came.index).sum())
    True
    """
    held = popups_that_took_place(dataset.events).index
    people = _people_of_dataset(dataset, rounding_base=rounding_base)
    return pd.DataFrame(
        {
            "people": people.reindex(held, fill_value=0).astype("int64"),
            "own": own_people_by_event(people, dataset.outside, rounding_base=rounding_base)
            .reindex(held, fill_value=0)
            .astype("int64"),
            "unplaced": _people_of(dataset.unplaced, held),
            "placed_share": placed_share_by_event(
                people,
                areas=dataset.areas,
                events=dataset.events,
                counts=dataset.counts,
                elsewhere=(dataset.outside, dataset.unplaced),
                rounding_base=rounding_base,
            ),
        },
        index=held.rename("event_id"),
    )


def _people_of_dataset(dataset: Dataset, *, rounding_base: int) -> pd.Series:
    return people_by_event(
        areas=dataset.areas,
        events=dataset.events,
        counts=dataset.counts,
        outside=dataset.outside,
        unplaced=dataset.unplaced,
        settings=dataset.settings,
        rounding_base=rounding_base,
    )


def people_by_period(came: pd.DataFrame, *, events: pd.DataFrame, as_of: dt.date, months: int) -> pd.DataFrame:
    """Pop-ups of the last months and of as many months before them.

    `came`: `people` by event, as `attendance_by_event` gives them, rounded there and only added up. A period begins
    on the day after the one before has ended; `as_of` is the last day of the later one. Index `period`: 'before',
    'last'; `start`, `end` (days, both inside), `events`, `places`, `people`.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-11-22", "2025-11-23", "2026-11-22"])
    >>> events = pd.DataFrame({"date": days, "site_id": ["A", "A", "B"]}, index=["E1", "E2", "E3"])
    >>> came = pd.DataFrame({"people": [40, 10, 25]}, index=events.index)
    >>> people_by_period(came, events=events, as_of=dt.date(2026, 11, 22), months=12)["people"].to_dict()
    {'before': 40, 'last': 35}
    """
    held = came[["people"]].join(events[["date", "site_id"]])
    ends = [pd.Timestamp(as_of) - pd.DateOffset(months=months * n) for n in (2, 1, 0)]
    rows = []
    for before, end in pairwise(ends):
        within = held[(held["date"] > before) & (held["date"] <= end)]
        start = before + pd.Timedelta(days=1)
        rows.append((start, end, len(within), within["site_id"].nunique(), int(within["people"].sum())))
    columns = ["start", "end", "events", "places", "people"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(["before", "last"], name="period"))


def poorly_placed(placed_share: pd.Series | None) -> tuple[str, ...]:
    """Events of whose applicants fewer than `ENOUGH_PLACED` are placed: rates by area tell too little of them."""
    if placed_share is None:
        return ()
    return tuple(str(event_id) for event_id in placed_share.index[placed_share < ENOUGH_PLACED])


def placed_share_by_event(
    people: pd.Series,
    *,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    elsewhere: Sequence[pd.DataFrame] = (),
    rounding_base: int = 1,
) -> pd.Series:
    """Share of each held event's applicants whose kecamatan is known, those from outside the province left out.

    Rounded, it is made of the event's people as they are told and of those who stand in no kecamatan: a share of the
    exact people would give small events back. In [0, 1], NaN where nobody came or all came from outside the province.

    `people` are from `people_by_event`, rounded to `rounding_base`; `elsewhere` is what that was given as `outside` and
    `unplaced`; events have the exact `placed_share`.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K", "K"]}, index=["a", "b"])
    >>> counts = pd.DataFrame({"event_id": "E", "area_id": ["a", "b"], "applicants": [2, 1]})
    >>> events = pd.DataFrame({"status": "held", "date": pd.Timestamp("2026-06-06"), "placed_share": 0.75}, index=["E"])
    >>> came = people_by_event(areas=areas, counts=counts, rounding_base=5)
    >>> placed_share_by_event(came, areas=areas, events=events, counts=counts, rounding_base=5).round(2).to_dict()
    {'E': 0.83}
    """
    exact = popups_that_took_place(events)["placed_share"].astype(float)
    if rounding_base == 1:
        return exact
    in_areas = counts["area_id"].isin(areas.index)
    placed = _people_of(counts[in_areas], exact.index)
    coarse = sum(_people_of(part, exact.index) for part in (counts[~in_areas], *elsewhere))
    not_placed = (placed / exact - placed).round()
    shown = (people.reindex(exact.index) - coarse).clip(lower=0)
    return (shown / (shown + not_placed)).where(exact > 0, exact).rename("placed_share")


def recent_events(events: pd.DataFrame, *, settings: Settings) -> pd.Index:
    """Held events of the window: as_of minus `settings.window_months` < date <= as_of. Without an as_of in the
    settings: none."""
    if settings.as_of is None:
        return events.index[:0]
    as_of = pd.Timestamp(settings.as_of)
    start = as_of - pd.DateOffset(months=settings.window_months)
    took = popups_that_took_place(events)
    return took.index[(took["date"] > start) & (took["date"] <= as_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Sums that together hold people who are told by area, and how few and how many those may be."""

    chosen: Members
    low: int
    high: int

    @classmethod
    def of(cls, margins: Margins, rows: pd.DataFrame, within: Members, chosen: Members) -> _Block:
        low, high = margins.bounds_of_sums(rows, np.any(within[chosen], axis=0, keepdims=True))
        return cls(chosen=chosen, low=int(low[0]), high=int(high[0]))


def _bounds_by_jurisdiction(
    margins: Margins, areas: pd.DataFrame, rows: pd.DataFrame, within: Members
) -> tuple[int, int]:
    """How few and how many all sums may hold, given what is told of the jurisdiction and of the areas outside it."""
    held = np.any(within, axis=0)
    inside = rows["area_id"].map(areas["in_jurisdiction"].astype(bool))
    split = np.stack([inside.eq(True), inside.eq(False)]) & held
    bounds = margins.bounds_of_sums(rows, split)
    low, high = rounding_interval_of_totals(margins.round_sums(rows, split), *bounds, base=margins.base)
    nowhere = int(rows.loc[inside.isna().to_numpy() & held, "applicants"].sum())
    return int(low.sum()) + nowhere, int(high.sum()) + nowhere


def _kept_apart(sums: npt.NDArray[np.int64], blocks: list[_Block], *, everybody: tuple[int, int], base: int) -> Whole:
    """Sums rounded so that each block keeps room, also against what is left of everybody by the other sums."""
    published = np.asarray(round_people(sums, base=base))
    bottom, top = rounding_interval(published, base=base)

    def move(chosen: Members, step: int) -> None:
        largest = int(np.argmax(np.where(chosen, published, -1)))
        if published[largest] + step >= base:
            published[largest] += step
            (top if step > 0 else bottom)[largest] += step

    for block in blocks if published.any() else []:
        rest, room = ~block.chosen, min(base - 1, block.high - block.low)
        if top[block.chosen].sum() < block.low + room:
            move(block.chosen, base)
        if rest.any() and everybody[1] - bottom[rest].sum() < block.low + room:
            move(rest, -base)
        if bottom[block.chosen].sum() > block.high - room:
            move(block.chosen, -base)
        if rest.any() and everybody[0] - top[rest].sum() > block.high - room:
            move(rest, base)
    return published


def rounded_ledger(dataset: Dataset, *, rounding_base: int = 1) -> IntakeLedger:
    """A dataset's ledger as it may leave the office: exact, unless that would tell how many came from an area.

    Rows are not people of an area. But a list is often one pop-up's, and all lists together hold the people who are
    told by area, rounded. Rows stay exact where every list has none or at least `rounding_base` that were used, and
    where all people of pop-ups, those of the window of unmet need and the others each leave room, in the jurisdiction
    and outside it: rounding_base - 1 people above the fewest, and below the most, that the areas' rounded numbers
    allow. An area then keeps several possible numbers (with base 5 at least three).

    Otherwise rows of lists that were used are rounded, as the pop-up's people are. Rows set apart stay exact, and
    `read` is their sum with the rounded rows, so that every line still adds up. Rows of places, events and months are
    nobody's and stay as they are.

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> sample = load_sample()
    >>> bool(rounded_ledger(sample, rounding_base=5).by_file["matched"].sum() == sample.ledger.by_file["matched"].sum())
    True
    """
    ledger, areas = dataset.ledger, dataset.areas
    by_file = ledger.by_file
    matched = by_file["matched"].to_numpy(np.int64)
    of_people = np.array([_lists_people(file) for file in by_file["file"]], dtype=bool)
    if rounding_base == 1 or _rows_tell_no_area(dataset, matched[of_people], base=rounding_base):
        return ledger
    files = pd.MultiIndex.from_frame(by_file[["file", "sheet"]])
    rows = _rows_by_list(dataset)
    at = files.get_indexer(pd.MultiIndex.from_frame(rows[["file", "sheet"]]))
    # rows of the office and what a list holds besides pop-ups' people stand in no number told elsewhere
    others = (matched - np.bincount(at[at >= 0], rows["applicants"][at >= 0], len(files)).astype(np.int64)).clip(0)
    rest = by_file[["file", "sheet"]].assign(event_id="", area_id="", applicants=others)
    every = pd.concat([rows, rest], ignore_index=True)
    lists = np.unique(at[at >= 0])
    within = np.append(at, np.arange(len(files))) == lists[:, None]
    published = np.asarray(round_people(matched, base=rounding_base))
    margins = margins_of(rows, areas, rounding_base=rounding_base)
    block = _Block.of(margins, every, within, np.ones(len(lists), dtype=bool))
    sums = within @ every["applicants"].to_numpy(np.int64)
    published[lists] = _kept_apart(sums, [block], everybody=(block.low, block.high), base=rounding_base)
    exact, events = (_people_of_dataset(dataset, rounding_base=base) for base in (1, rounding_base))
    unplaced = dataset.unplaced.groupby("event_id")["applicants"].sum()
    for number in lists:
        listed = rows[at == number]
        held = listed["event_id"].unique()
        if len(held) == 1 and listed["applicants"].sum() == exact.get(held[0], 0) - unplaced.get(held[0], 0):
            # made of what is told of the event: a second rounding of the same people would narrow the first
            rest = max(events[held[0]] + matched[number] - exact[held[0]], 0)
            published[number] = round_people(rest, base=rounding_base)
    published = np.where(of_people, published, matched)
    return dataclasses.replace(
        ledger, by_file=by_file.assign(matched=published, read=by_file["read"] - matched + published)
    )


def _rows_tell_no_area(dataset: Dataset, rows_used: Whole, *, base: int) -> bool:
    """Whether the exact rows of all lists leave each area several possible numbers of people."""
    if ((rows_used > 0) & (rows_used < base)).any():
        return False
    areas, counts = dataset.areas, dataset.counts
    outside = dataset.outside[["event_id", "applicants"]].assign(area_id="")[_ROW]
    everybody = pd.concat([counts[_ROW], outside], ignore_index=True)
    recent = recent_events(dataset.events, settings=dataset.settings)
    lately = everybody["event_id"].isin(recent)
    margins = margins_of(counts, areas, rounding_base=base)
    window = margins_of(counts[counts["event_id"].isin(recent)], areas, kabupaten_published=False, rounding_base=base)
    return (
        _leaves_room(margins, everybody, areas, published_apart=(True, True))
        and _leaves_room(window, everybody[lately], areas, published_apart=(True, False))
        and _leaves_room(margins.without(window), everybody[~lately], areas, published_apart=(False, False))
    )


def _leaves_room(
    margins: Margins, rows: pd.DataFrame, areas: pd.DataFrame, *, published_apart: tuple[bool, bool]
) -> bool:
    """Whether the exact sum of rows leaves room to those of the jurisdiction and to the others, which may be told."""
    inside = rows["area_id"].map(areas["in_jurisdiction"].astype(bool))
    split = np.stack([inside.eq(True), inside.eq(False)])
    low, high = margins.bounds_of_sums(rows, split)
    least, most = rounding_interval_of_totals(margins.round_sums(rows, split), low, high, base=margins.base)
    least, most = np.where(published_apart, least, low), np.where(published_apart, most, high)
    total = int(rows["applicants"].to_numpy(np.int64)[split.any(axis=0)].sum())
    least, most = np.maximum(least, total - most[::-1]), np.minimum(most, total - least[::-1])
    room = margins.base - 1
    return bool(((low == high) | ((most >= low + room) & (least <= high - room))).all())


def _rows_by_list(dataset: Dataset) -> pd.DataFrame:
    """People of pop-ups by list, event and area (kabupaten where known coarsely, '' from outside)."""
    if dataset.is_counted:
        (file,) = (name for name in dataset.ledger.by_file["file"] if PurePosixPath(name).stem in _COUNTS)
        counts = dataset.counts[dataset.counts["applicants"] > 0]
        both = pd.concat([counts, dataset.outside.assign(area_id="")], ignore_index=True)
        return both.assign(file=file, sheet="")[["file", "sheet", *_ROW]]
    people = dataset.applicants.reindex(columns=["source_file", "source_sheet", "event_id", "area_id", "origin_level"])
    known = people["area_id"].notna() | people["origin_level"].isin(OUTSIDE)
    people = people[known & people["event_id"].isin(dataset.events.index)]
    home = enclosing_area(people["area_id"], dataset.areas).fillna(people["area_id"]).fillna("")
    key = {"file": people["source_file"], "sheet": people["source_sheet"], "event_id": people["event_id"]}
    counted = people.groupby([*key.values(), home.rename("area_id")]).size()
    return counted.rename_axis([*key, "area_id"]).rename("applicants").reset_index()


def _lists_people(file: str) -> bool:
    """Whether rows of a file stand for people: lists of applicants, and of those interested."""
    path = PurePosixPath(file)
    return path.parts[0] == APPLICANTS_FOLDER or path.stem in ("interest", *_COUNTS)


_COUNTS = ("counts", COUNTED)
