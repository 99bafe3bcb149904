"""A smaller data set out of one: all tables cut together by kabupaten, dates, events or kinds of place."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from outreach_analysis.contracts import SITE_KINDS, RequestError
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.intake.applicants import placed_shares
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings, validation_errors

READ_ONCE = (
    "reference", "code_system", "jurisdiction", "as_of", "date_format", "date_formats", "all_electronic_from",
    "fallback_encoding", "office_timezone", "columns", "file_events", "file_copies",
)  # fmt: skip
"""Settings by which a folder is read; another value takes effect only when it is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to keep: kabupaten by id or name, first and last day, events by id, kinds of place; None: everything."""

    kabupaten: Sequence[str] | None = None
    dates: tuple[dt.date | str, dt.date | str] | None = None
    events: Sequence[str] | None = None
    kinds: Sequence[str] | None = None


def named(asked: Sequence[str], known: Mapping[str, str], what: str) -> list[str]:
    """Ids of what is asked for by id, by name or by the end of a name; every unknown one is refused with near names."""
    ids, faults = [], []
    for text in asked:
        folded = text.casefold()
        found = {known_id for name, known_id in known.items() if name.casefold() == folded or known_id == text}
        found = found or {known_id for name, known_id in known.items() if name.casefold().endswith(f" {folded}")}
        if len(found) == 1:
            ids.append(found.pop())
            continue
        near = get_close_matches(text, [*known, *known.values()], n=3)
        meant = sorted(name for name, known_id in known.items() if known_id in found) or list(dict.fromkeys(near))
        faults.append(f"no {what} is called {text}" + (f"; did you mean {', '.join(meant)}?" if meant else ""))
    if faults:
        raise RequestError("; ".join(faults))
    return ids


def select(dataset: Dataset, selection: Selection) -> Dataset:
    """The data set cut down; fixed service points and the account of what was read stay. People of a kept event who
    live in a kabupaten that is not kept stand among those from outside, so that everybody who came still counts."""
    areas, sites, events, settings = dataset.areas, dataset.sites, dataset.events, dataset.settings
    if selection.kabupaten is not None:
        by_name = dict(zip(areas["parent_name"], areas["parent_id"], strict=True))
        areas = areas[areas["parent_id"].isin(named(_listed(selection.kabupaten), by_name, "kabupaten"))]
    fixed = sites["kind"].isin(SITE_KINDS_FIXED)
    sites = sites[fixed | enclosing_area(sites["area_id"], dataset.areas).isin(areas.index)]
    interest = dataset.interest
    if selection.kinds is not None:
        kinds = named(_listed(selection.kinds), {kind: kind for kind in SITE_KINDS}, "kind of place")
        sites = sites[sites["kind"].isin((*kinds, *SITE_KINDS_FIXED))]
        # who asks for a pop-up in an area asks for a place of that kind
        interest = interest if {"kecamatan", "desa"} & set(kinds) else None
    events = events[events["site_id"].isin(sites.index)]
    if selection.events is not None:
        wished = named(_listed(selection.events), {name: name for name in dataset.events.index}, "event")
        events = events[events.index.isin(wished)]
    first, last = _days(selection, settings)
    events = events[events["date"].between(first, last)]
    return _cut(dataset, areas, sites, events, interest=interest, days=(first, last))


def _cut(
    dataset: Dataset,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    *,
    interest: pd.DataFrame | None,
    days: tuple[pd.Timestamp, pd.Timestamp],
) -> Dataset:
    """The other tables by the areas, places, events and days that are kept."""
    first, last = days
    known = {*areas.index, *areas["parent_id"]}

    def of_events(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["event_id"].isin(events.index)]

    def inside(frame: pd.DataFrame) -> pd.Series:
        return frame["area_id"].isin(known) | enclosing_area(frame["area_id"], dataset.areas).isin(areas.index)

    people = dataset.applicants
    at_office = people["event_id"].isna() & people["service_date"].between(first, last)
    here = inside(people)
    people = people[people["event_id"].isin(events.index) | (at_office & here)].copy()
    away = people["area_id"].notna() & ~here.reindex(people.index)
    people.loc[away, "origin_level"] = "outside_province"
    people.loc[away, "area_id"] = pd.NA
    counts = of_events(dataset.counts)
    gone = counts[~inside(counts) & (counts["applicants"] > 0)]
    above = dataset.areas["parent_name"]
    holders = dict(zip(above.index, above, strict=True)) | dict(zip(dataset.areas["parent_id"], above, strict=True))
    by_place = gone.assign(place=gone["area_id"].map(holders)).groupby(["event_id", "place"])
    moved: pd.DataFrame = by_place["applicants"].sum().reset_index()
    counts, unplaced = counts[inside(counts)], of_events(dataset.unplaced)
    level = counts["area_id"].isin(dataset.areas.index).map({True: "kecamatan", False: "kabupaten"})
    came = pd.concat([counts.assign(origin_level=level), unplaced.assign(origin_level="unknown")], ignore_index=True)
    answers = of_events(dataset.answers)
    office, access, travel = dataset.office_monthly, dataset.access, dataset.travel
    if interest is not None:
        in_events = interest["event_id"].isna() | interest["event_id"].isin(events.index)
        interest = interest[in_events & inside(interest) & interest["date"].between(first, last)]
    if office is not None:
        ends = office["month"] + pd.offsets.MonthEnd()
        office = office[inside(office) & (office["month"] >= first) & (ends <= last)]
    requests = dataset.requests
    if requests is not None:
        letters = requests.letters[inside(requests.letters)]
        lists = requests.lists[requests.lists["number"].isin(letters.index)]
        requests = dataclasses.replace(requests, letters=letters, lists=lists)
    return dataclasses.replace(
        dataset,
        settings=dataset.settings.replace(as_of=min(dataset.as_of, last.date())),
        areas=areas,
        sites=sites,
        events=events.assign(placed_share=placed_shares(came, events)),
        applicants=people,
        counts=counts,
        outside=pd.concat([of_events(dataset.outside), moved], ignore_index=True),
        answers=answers[inside(answers)],
        unplaced=unplaced,
        interest=interest,
        requests=requests,
        office_monthly=office,
        travel=None if travel is None else travel[travel["site_id"].isin(sites.index) & inside(travel)],
        access=None if access is None else access[inside(access)],
    )


def with_settings(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Other settings; a name may be cut to its end where that is one setting's alone. All faults are told at once."""
    names = [field.name for field in dataclasses.fields(Settings)]
    changed: dict[str, object] = {}
    faults = []
    for name, value in changes.items():
        full = [each for each in names if each == name] or [each for each in names if each.endswith(f"_{name}")]
        if len(full) != 1:
            meant = full or get_close_matches(name, names, n=3)
            faults.append(f"no setting is called {name}" + (f"; did you mean {', '.join(meant)}?" if meant else ""))
        elif full[0] in READ_ONCE:
            faults.append(f"{full[0]} decides how a folder is read: write it in outreach.toml, then open the folder")
        else:
            changed[full[0]] = value
    new = settings.replace(**changed)
    wrong = validation_errors({name: getattr(new, name) for name in names}) if not faults else []
    faults += [f"{name} = {value}: expected {expected}" for name, value, expected in wrong]
    if faults:
        raise RequestError("; ".join(faults))
    return new


def with_sites(dataset: Dataset, *, close: str | Sequence[str], add: Mapping[str, str]) -> Dataset:
    """The data set with places closed from its reference date on, and others (name: area) at the seat of their area."""
    known, areas = dataset.sites, dataset.areas
    sites = known.copy()
    sites.loc[named(_listed(close), {name: name for name in sites.index}, "place"), "closed"] = pd.Timestamp(
        dataset.as_of
    )
    names = areas["name"].where(~areas["name"].duplicated(keep=False), areas["name"] + ", " + areas["parent_name"])
    there = areas.loc[named(list(add.values()), dict(zip(names, areas.index, strict=True)), "kecamatan")]
    added = pd.DataFrame(
        {
            "name": list(add),
            "kind": "other",
            "area_id": there.index,
            "lon": there["seat_lon"].fillna(there["lon"]).to_numpy(),
            "lat": there["seat_lat"].fillna(there["lat"]).to_numpy(),
            "location_source": "seat",
        },
        index=pd.Index([f"ADDED-{n}" for n in range(1, len(add) + 1)], name="site_id"),
    )
    kinds = {name: kind if kind.kind not in "iu" else float for name, kind in sites.dtypes.items()}
    both = pd.concat([sites, added.reindex(columns=sites.columns).astype(kinds)]) if len(added) else sites
    return dataclasses.replace(dataset, sites=both)


def _listed(asked: Sequence[str]) -> list[str]:
    return [asked] if isinstance(asked, str) else list(asked)


def _days(selection: Selection, settings: Settings) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day; without dates, all there are."""
    if selection.dates is None:
        return pd.Timestamp.min, pd.Timestamp.max
    try:
        first, last = (pd.Timestamp(day) for day in selection.dates)
    except ValueError as error:
        raise RequestError(f"dates are a first and a last day, such as 2026-01-01, not {selection.dates}") from error
    if last < first:
        raise RequestError(f"the last day ({last:%Y-%m-%d}) lies before the first ({first:%Y-%m-%d})")
    return first, last
