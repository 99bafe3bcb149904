"""What every public function does with what it is handed: tables whose ids are text, unique and known to each other,
and seeds, from which each result draws by its name, whatever else is asked for, in any order."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError

if TYPE_CHECKING:
    import numpy.typing as npt

FARTHEST_KM = 5_000
"""No two points of Indonesia are farther apart by road: a longer way is one in metres."""

_ROLES = {"areas": "area_id", "sites": "site_id", "events": "event_id"}
_ROWS = {
    "counts": ("event_id", "area_id", "applicants"),
    "costs": ("area_id", "site_id"),
    "office_monthly": ("month", "area_id", "applicants"),
    "interest": ("date", "area_id", "people"),
}
_NAMED = 5
_READ_AS_TEXT = "read the file with dtype=str, so that 64.10 does not become 64.1"


def checked_frames(
    *, needs: Mapping[str, Sequence[str]] | None = None, **handed: pd.DataFrame
) -> tuple[pd.DataFrame, ...]:
    """The tables that are handed in, by the names of `_ROLES` and `_ROWS` and in their order, indexed by their ids; or
    one error with every fault found. `needs`: columns that a table must have beside its ids."""
    given = {name: handed[name] for name in (*_ROLES, *_ROWS) if name in handed}
    _refuse([_no_table(name, table) for name, table in given.items() if not isinstance(table, pd.DataFrame)])
    tables = {name: _indexed(name, table) for name, table in given.items()}
    faults = [fault for name, table in tables.items() for fault in _faults_of(name, table, (needs or {}).get(name, ()))]
    # ids of tables that are no tables of ids yet cannot be compared
    _refuse(faults or _strangers(tables))
    return tuple(tables.values())


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise RequestError(faults[0] if len(faults) == 1 else "\n".join(f"- {fault}" for fault in faults))


def _no_table(name: str, table: object) -> str:
    kind = type(table).__name__
    remedy = "effective distances are for models only: pass study.costs" if kind == "EffectiveCosts" else "pass a frame"
    return f"{name} is no table but {kind}; {remedy}"


def _indexed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table by its ids, where they stand in a column, as after `reset_index()`."""
    role = _ROLES.get(name)
    if role is None or table.index.name == role or role not in table.columns:
        return table
    return table.set_index(role)


def _faults_of(name: str, table: pd.DataFrame, needs: Sequence[str]) -> list[str]:
    """What is wrong with one table by itself."""
    wanted = [*_ROWS.get(name, ()), *needs]
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        return [f"{name} have no column {', '.join(missing)}; take the table of `read_dataset`, or add it"]
    faults = []
    role = _ROLES.get(name)
    if role is not None:
        index = table.index
        if index.name != role and index.name in {"area_id", "site_id", "event_id"}:
            faults.append(f"{name} are indexed by {index.name}; index them by {role}")
        elif isinstance(index, pd.RangeIndex) or (name == "events" and _is_numbered(index)):
            # events without applicants need no ids; with them, none of the applicants' events is found
            if len(index) and name != "events":
                faults.append(f"{name} have no {role}; index them by it, or give it as a column")
        elif wrong := _not_text(index):
            faults.append(f"ids of {name} are no text: {wrong}; {_READ_AS_TEXT}")
        elif index.has_duplicates:
            twice = index[index.duplicated()].unique()
            faults.append(f"{name} are listed twice: {some(twice)}; keep one row of each")
    else:
        told = {column: _not_text(pd.Index(table[column])) for column in wanted if column.endswith("_id")}
        faults += [f"{column} of {name} are no text: {ids}; {_READ_AS_TEXT}" for column, ids in told.items() if ids]
    if name == "areas":
        # a way leads to areas of any level; people are counted in those of one
        faults += _levels(table) if {"parent_id", "population"} & set(needs) else []
        faults += _wrong_residents(table, needed="population" in needs)
    if name == "costs" and "km" in table.columns:
        at = table["km"].to_numpy(float, na_value=np.nan)
        rows = table[(at < 0) | (np.isfinite(at) & (at > FARTHEST_KM))]
        faults += _wrong_distances(
            rows["km"], [f"{area} to {site}" for area, site in rows[[*_ROWS["costs"]]].to_numpy()]
        )
    return faults


def _is_numbered(index: pd.Index) -> bool:
    """Whether these are numbers of rows, some of them left out or in another order, and no ids."""
    return index.name is None and index.is_unique and pd.api.types.is_integer_dtype(index)


def _not_text(ids: pd.Index) -> str:
    """The first ids that are no text, as they are; blank where all are text or missing."""
    if isinstance(ids.dtype, pd.StringDtype) or not len(ids):
        return ""
    known = ids.dropna()
    return some([value for value in known.unique() if not isinstance(value, str)])


def _levels(areas: pd.DataFrame) -> list[str]:
    """Areas of one level only: an area and those inside it would count the same people twice."""
    if "parent_id" not in areas.columns:
        return []
    both = areas.index[areas.index.isin(areas.loc[areas["parent_id"] != areas.index, "parent_id"])]
    if both.empty:
        return []
    return [f"areas hold both {some(both)} and areas inside; pass one level, such as load_areas('kecamatan')"]


def _wrong_residents(areas: pd.DataFrame, *, needed: bool = True) -> list[str]:
    """Residents that are no number of people; blank ones only where something is divided by them."""
    if "population" not in areas.columns:
        return []
    people = areas["population"].to_numpy(float, na_value=np.nan)
    wrong = ~(np.isfinite(people) & (people >= 0)) & (needed | ~np.isnan(people))
    if not wrong.any():
        return []
    named = [f"{area} ({number:g})" for area, number in zip(areas.index[wrong], people[wrong], strict=True)]
    return [
        f"residents are missing, infinite or below 0 for {some(named)}; give the number of people who live there, "
        "0 where nobody does"
    ]


def checked_residents(residents: pd.Series) -> npt.NDArray[np.float64]:
    """Residents by area as numbers; refused, with the areas named, where one is missing, infinite or below 0."""
    _refuse(_wrong_residents(residents.to_frame("population")))
    return residents.to_numpy(float)


def _wrong_distances(km: pd.Series, names: Sequence[str]) -> list[str]:
    at = km.to_numpy(float, na_value=np.nan)
    faults = []
    for wrong, says, remedy in (
        (at < 0, "below 0 km", "a distance is 0 or more, and empty where there is no way"),
        (np.isfinite(at) & (at > FARTHEST_KM), f"above {FARTHEST_KM:,.0f} km", "km are read: divide metres by 1,000"),
    ):
        named = [f"{names[row]} ({at[row]:g})" for row in np.flatnonzero(wrong).tolist()]
        if named:
            faults.append(f"distances are {says} for {some(named)}; {remedy}")
    return faults


def check_distances(km: pd.Series, names: Sequence[str]) -> None:
    """Refuse distances below 0 and above `FARTHEST_KM`; missing and infinite ones say that there is no way."""
    _refuse(_wrong_distances(km, names))


def _strangers(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Ids of one table that another does not know."""
    faults = []
    areas, sites, events = (tables.get(name) for name in _ROLES)
    if areas is not None:
        above = areas["parent_id"].unique() if "parent_id" in areas.columns else ()
        known = areas.index.union(pd.Index(above), sort=False) if len(above) else areas.index
        remedy = "pass areas indexed by area_id at the level of these ids, as a rule kecamatan"
        for name in ("counts", "office_monthly"):
            if name in tables:
                faults += _not_in(known, tables[name]["area_id"], f"areas of {name}", "areas", remedy)
    if events is not None:
        remedy = "pass the events that {} name, or only rows of these events: {}[{}['event_id'].isin(events.index)]"
        for name in ("counts", "interest"):
            if name in tables and "event_id" in tables[name].columns:
                ids = tables[name]["event_id"]
                faults += _not_in(events.index, ids, f"events of {name}", "events", remedy.format(name, name, name))
        if sites is not None and len(events):
            faults += _not_in(sites.index, events["site_id"], "sites of events", "sites", "pass their sites too")
    costs = tables.get("costs")
    if costs is not None and len(costs):
        for name, frame in (("areas", areas), ("sites", sites)):
            if frame is not None and len(frame) and not _meet(costs[_ROLES[name]], frame.index):
                faults.append(
                    f"costs know none of the {len(frame)} {name}, such as {frame.index[0]}; "
                    "make them by travel_costs of the same areas and sites"
                )
    return faults


def check_events(event_ids: pd.Series, events: pd.DataFrame, what: str, *, also: Sequence[str] = ()) -> None:
    """Refuse rows of events that are not among those given, nor among those that are no event of the table."""
    known = pd.Index([*events.index, *also])
    remedy = "pass all events that they name, or only rows of these events"
    _refuse(_not_in(known, event_ids, f"events of {what}", "events", remedy))


def _meet(ids: pd.Series, known: pd.Index) -> bool:
    """Whether any id is known; the first ones tell it where they may, for a table of all pairs is long."""
    return bool(ids.iloc[:1000].isin(known).any() or ids.isin(known).any())


def _not_in(known: pd.Index, ids: pd.Series, what: str, table: str, remedy: str) -> list[str]:
    distinct = pd.Index(ids.dropna().unique())
    distinct = distinct[distinct != ""]
    unknown = distinct[~distinct.isin(known)]
    if unknown.empty:
        return []
    return [f"{len(unknown)} of {len(distinct)} {what} are not in {table}: {some(sorted(unknown))}; {remedy}"]


def some(named: Sequence[object] | pd.Index) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(str(name) for name in named[:_NAMED]) + more


Seed = np.random.Generator | int | None
"""A source of randomness: a generator, the number it starts from, or None for other numbers each time."""


def named_stream(rng: Seed, name: str) -> np.random.Generator:
    """A generator of its own for one result; asked again it is the same."""
    seed = np.random.default_rng(rng).bit_generator.seed_seq
    if not isinstance(seed, np.random.SeedSequence):
        raise RequestError("the generator was not made from a seed; pass np.random.default_rng(seed)")
    return np.random.default_rng(
        np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, zlib.crc32(name.encode())))
    )
