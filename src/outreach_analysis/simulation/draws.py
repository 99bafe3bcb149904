"""The invented office: its fixed tables, the truth its numbers are drawn from, and the draws."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.event_kinds import event_capacity, event_days, is_popup, took_place
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

# --- The sample's places and calendar: where the invented office may go, where it went, and when.


AS_OF = dt.date(2026, 11, 22)
"""The day the sample's question is asked: the last day of its data."""

SAMPLE_SEED = 1073
"""Seed of the stored sample: one of those with about 1,900 applicants, visits of 19 to 150 people, three sold out."""

FIRST_MONTH = dt.date(2024, 10, 1)
LAST_FULL_MONTH = dt.date(2026, 10, 1)
"""Office counts are handed in for whole months only, so the month of `AS_OF` is not there yet."""

LAST_EVENT = dt.date(2027, 1, 23)
"""The last day that was announced."""


OFFICE = Path(__file__).with_name("office")
"""What is fixed of the invented office, as files: places, calendar, letters, words, settings, a page about itself."""
with (OFFICE / "words.toml").open("rb") as _file:
    WORDS: Mapping[str, Any] = tomllib.load(_file)
OWN_NUMBERS = (("x_visitors", 400.0, 0.7), ("x_parking", 60.0, 0.6))
"""Numbers that the office keeps of its places: name, median, and spread on the log scale."""

ASKED_AT = ("JB-2026-06", "JB-2026-07", "JB-2026-08", "JB-2026-09", "JB-2026-10")
"""Events whose lists hold the answer to the desk question: the office began to ask in June 2026."""


def sample_sites(gazetteer: pd.DataFrame) -> pd.DataFrame:
    """The sample's 60 candidate places and 4 fixed service points; without a shift they stand at their area's seat."""
    kinds = {"area_id": str, "capacity": float, "cost": float}
    frame = pd.read_csv(OFFICE / "sites.csv", index_col="site_id", dtype=kinds, parse_dates=["opened"])
    frame["location_source"] = np.where(frame["lon_shift"].isna(), "seat", "given")
    for axis in ("lon", "lat"):
        seat = gazetteer[f"seat_{axis}"].reindex(frame["area_id"]).to_numpy(float)
        frame[axis] = (seat + frame[f"{axis}_shift"].fillna(0.0)).round(5)
    frame["closed"] = pd.Series(pd.NaT, index=frame.index, dtype=frame["opened"].dtype)
    columns = ["name", "kind", "area_id", "lon", "lat", "location_source", "capacity", "cost", "opened", "closed"]
    return frame[columns]


def sample_events(service_days: pd.DataFrame) -> pd.DataFrame:
    """The sample's 28 held and 2 planned pop-ups, one that broke off, and an opening at the office."""
    kinds = {"capacity": float, "booths": float}
    frame = pd.read_csv(OFFICE / "events.csv", index_col="event_id", dtype=kinds, parse_dates=["date"])
    frame["series"] = frame["series"].fillna("")
    frame["end_date"] = frame["date"] + pd.to_timedelta(frame["days"] - 1, unit="D")
    frame["sold_out"] = False
    frame["day_kind"] = service_days.set_index("day")["kind"].reindex(frame["date"]).to_numpy()
    order = ("site_id", "date", "end_date", "days", "status", "programme", "series", "capacity", "booths", "sold_out")
    return frame[[*order, "day_kind"]]


def draw_own_numbers(sites: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The office's own numbers of its candidate places, in whole numbers; blank at fixed service points."""
    fixed = sites["kind"].isin(SITE_KINDS_FIXED)
    drawn = {
        name: pd.Series(np.rint(median * np.exp(rng.normal(0.0, sd, len(sites)))), index=sites.index).mask(fixed)
        for name, median, sd in OWN_NUMBERS
    }
    return pd.DataFrame(drawn)


# --- What is true of a synthetic office: every parameter that its people and its counts are drawn from.


CHANNELS = ("instagram", "other_social", "conventional", "office", "word_of_mouth")
"""Ways of hearing of a pop-up that the synthetic people name; the unknown stand apart."""

_PLACE_KIND = MappingProxyType(
    {"mall": 0.0, "campus": -0.3, "pesantren": 0.1, "kecamatan": 0.5, "desa": 0.4, "other": 0.0}
)
_DAY_KIND = MappingProxyType({"weekend": 0.0, "holiday": 0.15, "workday": -0.2})
_PROGRAMME = MappingProxyType({"visit": 0.0, "invited": 1.07, "office": 0.0})
_CHANNEL_BY_KIND = MappingProxyType(
    {
        "mall": (0.8, 0.4, -0.2, 0.3, 0.0),
        "campus": (1.2, 0.5, -0.8, 0.0, 0.3),
        "pesantren": (-0.4, 0.4, 0.9, -0.2, 0.6),
        "kecamatan": (0.0, 0.5, 0.8, 0.0, 0.4),
        "desa": (-0.5, 0.4, 1.0, -0.4, 0.8),
        "other": (0.0, 0.0, 0.0, 0.0, 0.0),
    }
)
_CHANNEL_PER_35_KM = (-0.15, 0.05, 0.2, -0.1, 0.1)
_MONTH_EFFECT = MappingProxyType(
    {1: 0.10, 2: 0.06, 3: -0.15, 4: -0.10, 5: 0.02, 6: 0.04, 7: 0.06, 8: 0.0, 9: 0.0, 10: 0.02, 11: 0.0, 12: -0.05}
)
_POINT_WEIGHT = MappingProxyType({"office": 1.0, "mpp": 0.45, "ukk": 0.35, "other_office": 0.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Parameters of a synthetic office; a study replaces what it varies, and the sample's own are `SAMPLE_TRUTH`."""

    decay: str = "exponential"
    decay_scale_km: float = 35.0
    decay_shape: float = 2.0
    typical_total: float = 64.0
    intercept: float | None = None
    place_kind: Mapping[str, float] = dataclasses.field(default_factory=lambda: _PLACE_KIND)
    day_kind: Mapping[str, float] = dataclasses.field(default_factory=lambda: _DAY_KIND)
    programme: Mapping[str, float] = dataclasses.field(default_factory=lambda: _PROGRAMME)
    own_numbers: Mapping[str, float] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    failed_serves: int = 5
    site_sd: float = 0.2
    event_sd: float = 0.4
    overdispersion: float = 0.5
    outsiders_per_event: float = 1.5
    office_per_year: float = 19_500.0
    office_decay_km: float = 80.0
    outside_jurisdiction: float = 0.05
    point_weight: Mapping[str, float] = dataclasses.field(default_factory=lambda: _POINT_WEIGHT)
    shock_sd: float = 0.15
    shock_rho: float = 0.5
    month_effect: Mapping[int, float] = dataclasses.field(default_factory=lambda: _MONTH_EFFECT)
    depletion: float = 0.0
    recovery_days: float = 120.0
    displacement: float = 0.3
    displacement_months: int = 3
    displacement_far: float | None = None
    displacement_half_km: float = 25.0
    displacement_shape: float = 2.0
    displacement_area_sd: float = 0.0
    desk_overstatement: float = 0.3
    desk_unsure: float = 0.1
    desk_silent: float = 0.1
    electronic_intercept: float = 0.2
    electronic_per_month: float = 0.12
    electronic_per_100_km: float = -0.8
    electronic_from: dt.date = dt.date(2025, 7, 1)
    type_unknown: float = 0.08
    channel_unknown: float = 0.06
    new_intercept: float = 0.35
    new_per_100_km: float = 0.25
    channel_by_kind: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=lambda: _CHANNEL_BY_KIND)
    channel_per_35_km: tuple[float, ...] = _CHANNEL_PER_35_KM
    shows_up_mean: float = 0.6
    shows_up_sd: float = 0.15

    def replace(self, **changes: Any) -> Truth:
        """A copy with some parameters changed."""
        return dataclasses.replace(self, **changes)

    def decay_weight(self, km: Any) -> np.ndarray:
        """Turnout at a travel distance relative to distance 0, in (0, 1]; km as an array of numbers >= 0."""
        distance = np.asarray(km, dtype=float)
        if self.decay == "exponential":
            return np.exp(-distance / self.decay_scale_km)
        return 1.0 / (1.0 + (distance / self.decay_scale_km) ** self.decay_shape)

    def displacement_by_area(self, km: pd.Series, rng: np.random.Generator) -> pd.Series:
        """Share of each area's pop-up applicants who would have come to the office, in (0, 1)."""
        if self.displacement_far is None:
            return pd.Series(self.displacement, index=km.index)
        near = 1.0 / (1.0 + (km / self.displacement_half_km) ** self.displacement_shape)
        share = self.displacement_far + (self.displacement - self.displacement_far) * near
        logit = np.log(share / (1.0 - share)) + rng.normal(0.0, self.displacement_area_sd, len(km))
        return pd.Series(1.0 / (1.0 + np.exp(-logit)), index=km.index)

    def as_dict(self) -> dict[str, Any]:
        """Every parameter by name, as plain numbers, texts, lists and tables (for truth.json)."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        plain: dict[str, Any] = json.loads(
            json.dumps(values, default=lambda value: dict(value) if isinstance(value, Mapping) else str(value))
        )
        return plain


SAMPLE_TRUTH = Truth(
    typical_total=97.0,
    own_numbers=MappingProxyType({"x_visitors": 0.35, "x_parking": 0.0}),
    depletion=0.5,
    displacement=0.6,
    displacement_far=0.1,
    displacement_area_sd=0.5,
)
"""The sample's: half of the willing come to an event at their door and are slow to be willing anew, so that about 64
come to an event; the share who would have come to the office falls with the distance by a law that no model knows."""


# --- Counts drawn from a known truth: people at pop-ups by area, and applicants at the office by month and area.


_MOST_OF_THE_WILLING = 0.9  # even at the door somebody stays at home
_LEAST_SHARE_LEFT = 0.1  # displacement never empties the office of an area: a negative mean has no meaning


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutDraw:
    """People drawn for each event."""

    counts: pd.DataFrame
    outside: pd.DataFrame
    totals: pd.DataFrame
    intercept: float


def draw_turnout(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    truth: Truth,
    rng: np.random.Generator,
    default_capacity: float = np.inf,
) -> TurnoutDraw:
    """Draw how many people of each area come to each held event."""
    held = events[took_place(events)]
    if held.empty:
        raise RequestError("no event is held; give at least one with status 'held'")
    failed = (held["status"] == "failed").to_numpy()
    expected, weight, intercept = _expected(areas, sites, held, costs, truth)
    site_ids = list(dict.fromkeys(held["site_id"]))
    site_effect = pd.Series(rng.normal(0.0, truth.site_sd, len(site_ids)), index=site_ids)
    event_effect = rng.normal(0.0, truth.event_sd, len(held))
    own = own_effect(sites, truth).reindex(held["site_id"]).to_numpy(float)
    known = _programme_effect(held, truth) + own
    effects = np.exp(site_effect.reindex(held["site_id"]).to_numpy() + event_effect + known)[:, None]
    effects = effects * event_days(held).to_numpy()[:, None]
    capacity = _capacity(held, sites, default_capacity)
    capacity = np.where(failed, np.minimum(capacity, truth.failed_serves), capacity)
    mean = expected * effects
    left = _left(held, mean, weight * effects, capacity, truth) if truth.depletion else np.ones_like(mean)
    mean = mean * left
    wanted = negative_binomial(mean, truth.overdispersion, rng)
    outsiders = rng.poisson(truth.outsiders_per_event, len(held))
    came = np.column_stack([wanted, outsiders])
    for row, limit in enumerate(capacity):
        if came[row].sum() >= limit:
            came[row] = rng.multivariate_hypergeometric(came[row], int(limit))
    return TurnoutDraw(
        counts=pd.DataFrame(
            {
                "event_id": np.repeat(held.index.to_numpy(), len(areas)),
                "area_id": np.tile(areas.index.to_numpy(), len(held)),
                "expected": expected.ravel(),
                "left": left.ravel(),
                "applicants": came[:, :-1].ravel(),
            }
        ),
        outside=pd.DataFrame({"event_id": held.index.to_numpy(), "applicants": came[:, -1]}),
        totals=pd.DataFrame(
            {
                "expected": expected.sum(axis=1),
                "left": (expected * left).sum(axis=1) / expected.sum(axis=1),
                "site_effect": site_effect.reindex(held["site_id"]).to_numpy(),
                "event_effect": event_effect,
                "own_effect": own,
                "wanted": wanted.sum(axis=1) + outsiders,
                "capacity": capacity,
                "came": came.sum(axis=1),
                "sold_out": (came.sum(axis=1) >= capacity) & ~failed,
            },
            index=held.index,
        ),
        intercept=intercept,
    )


def _expected(
    areas: pd.DataFrame, sites: pd.DataFrame, held: pd.DataFrame, costs: pd.DataFrame, truth: Truth
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean people by event and area, effects left out; their weight apart from the residents; the intercept."""
    km = costs.pivot(index="site_id", columns="area_id", values="km").reindex(
        index=held["site_id"].to_numpy(), columns=areas.index
    )
    n_missing = int(km.isna().to_numpy().sum())
    if n_missing:
        raise RequestError(f"{n_missing} travel distances are missing; give every area x site of a held event")
    kind = sites["kind"].reindex(held["site_id"]).map(lambda name: truth.place_kind.get(name, 0.0)).to_numpy(float)
    day = held["day_kind"].map(lambda name: truth.day_kind.get(name, 0.0)).to_numpy(float)
    weight = truth.decay_weight(km.to_numpy()) * np.exp(kind + day)[:, None]
    mass = weight * areas["population"].to_numpy(float)
    intercept = truth.intercept
    if intercept is None:
        intercept = float(np.log(truth.typical_total) - np.log(mass.sum(axis=1).mean()))
    return mass * np.exp(intercept), weight, intercept


def _left(held: pd.DataFrame, mean: np.ndarray, weight: np.ndarray, capacity: np.ndarray, truth: Truth) -> np.ndarray:
    """Events x areas: share of the willing who did not come to an earlier event, or are willing anew."""
    days = held["date"].to_numpy("datetime64[D]").astype(float)
    came = np.minimum(truth.depletion * weight, _MOST_OF_THE_WILLING)
    left = np.ones_like(mean)
    for event in np.argsort(days, kind="stable"):
        total = float(mean[event] @ left[event])
        served = min(1.0, float(capacity[event]) / total) if total > 0 else 1.0
        later = days > days[event]
        gone = np.exp(-(days[later] - days[event]) / truth.recovery_days)
        left[later] *= 1.0 - gone[:, None] * (served * came[event])
    return left


def negative_binomial(mean: np.ndarray, overdispersion: float, rng: np.random.Generator) -> np.ndarray:
    """Counts with variance mean + overdispersion x mean squared."""
    if overdispersion == 0:
        return rng.poisson(mean)
    return rng.poisson(rng.gamma(1.0 / overdispersion, overdispersion * mean))


def _capacity(held: pd.DataFrame, sites: pd.DataFrame, default: float) -> np.ndarray:
    """People that each event can serve, as `event_capacity` says, with a default of its own."""
    return event_capacity(held, sites, settings=Settings(popup_capacity=default)).to_numpy(float)


def _programme_effect(held: pd.DataFrame, truth: Truth) -> np.ndarray:
    programme = held["programme"] if "programme" in held else pd.Series("visit", index=held.index)
    return programme.map(truth.programme).to_numpy(float)


def own_effect(sites: pd.DataFrame, truth: Truth) -> pd.Series:
    """What the office's own numbers of each place add, on the log scale; 0 where it has none."""
    effect = pd.Series(0.0, index=sites.index)
    for name, median, sd in OWN_NUMBERS:
        if truth.own_numbers.get(name):
            effect += truth.own_numbers[name] * (np.log(sites[name] / median) / sd).fillna(0.0)
    return effect


def draw_office_monthly(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    months: pd.DatetimeIndex,
    truth: Truth,
    rng: np.random.Generator,
    displacement: pd.Series | None = None,
) -> pd.DataFrame:
    """Draw applicants at the office and its service points, by month and area."""
    pull = _pull(areas, sites, costs, months, truth)
    population = areas["population"].to_numpy(float)
    jurisdiction = np.where(areas["in_jurisdiction"].to_numpy(bool), 1.0, truth.outside_jurisdiction)
    resident = population * jurisdiction * pull
    per_month = truth.office_per_year / 12.0 / resident[0].sum()
    calendar = np.exp([truth.month_effect.get(month.month, 0.0) for month in months])
    shock = np.empty_like(resident)
    shock[0] = rng.normal(0.0, truth.shock_sd, len(areas))
    step_sd = truth.shock_sd * np.sqrt(1.0 - truth.shock_rho**2)
    for t in range(1, len(months)):
        shock[t] = truth.shock_rho * shock[t - 1] + rng.normal(0.0, step_sd, len(areas))
    expected = resident * per_month * calendar[:, None] * np.exp(shock)

    came = visits.pivot_table(index="month", columns="area_id", values="applicants", aggfunc="sum", fill_value=0)
    came_array = came.reindex(index=months, columns=areas.index, fill_value=0).to_numpy(float)
    share = truth.displacement if displacement is None else displacement.reindex(areas.index).to_numpy(float)
    missing = np.zeros_like(expected)
    for lag in range(1, truth.displacement_months + 1):
        missing[lag:] += came_array[:-lag] * share / truth.displacement_months
    displaced = np.minimum(missing, expected * (1.0 - _LEAST_SHARE_LEFT))
    applicants = rng.poisson(expected - displaced)
    return pd.DataFrame(
        {
            "month": np.repeat(months.to_numpy(), len(areas)),
            "area_id": np.tile(areas.index.to_numpy(), len(months)),
            "applicants": applicants.ravel(),
            "expected": expected.ravel(),
            "displaced": displaced.ravel(),
        }
    )


def _pull(
    areas: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame, months: pd.DatetimeIndex, truth: Truth
) -> np.ndarray:
    """Months x areas: the strongest pull of the service points open on the month's first day, in [0, 1]."""
    points = sites[sites["kind"].isin(SITE_KINDS_FIXED)]
    km = costs.pivot(index="site_id", columns="area_id", values="km").reindex(index=points.index, columns=areas.index)
    weight = points["kind"].map(lambda kind: truth.point_weight.get(kind, 0.0)).to_numpy(float)
    by_point = weight[:, None] * np.exp(-km.to_numpy(float) / truth.office_decay_km)
    opened = points["opened"].fillna(months[0]).to_numpy()
    return np.stack([by_point[opened <= month].max(axis=0) for month in months.to_numpy()])


# --- Invented people for drawn counts: who they are, what passport they ask for, how they heard of the pop-up.


_RECODED = {"64.02.19": "640208", "64.02.20": "640213"}
_BORN_ELSEWHERE = 0.12
_AGE_GROUPS = ((0, 16, 0.10), (17, 24, 0.20), (25, 39, 0.32), (40, 54, 0.24), (55, 75, 0.14))
_FIRST_SERIAL = 9000


def draw_people(
    counts: pd.DataFrame,
    outside: pd.DataFrame,
    events: pd.DataFrame,
    gazetteer: pd.DataFrame,
    *,
    event_km: pd.Series,
    office_km: pd.Series,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row a person for every counted applicant; `events` say the `place_kind` of each."""
    people = pd.concat(
        [_repeat(counts, ["event_id", "area_id"]), _repeat(outside, ["event_id"]).assign(area_id="")],
        ignore_index=True,
    )
    people = people.iloc[rng.permutation(len(people))]
    order = {event_id: position for position, event_id in enumerate(events.index)}
    people = people.sort_values("event_id", key=lambda ids: ids.map(order), kind="stable").reset_index(drop=True)
    people["service_date"] = _service_dates(people["event_id"], events)
    people["desa_id"] = _draw_desa(people["area_id"], gazetteer, rng)
    place = rng.integers(0, len(WORDS["outside"]), len(people))
    is_outside = people["area_id"].eq("").to_numpy()
    people["outside_place"] = [WORDS["outside"][p][0] if out else "" for p, out in zip(place, is_outside, strict=True)]
    add_identity(people, place, gazetteer, rng)

    far = pd.MultiIndex.from_frame(people[["event_id", "area_id"]])
    people["km"] = event_km.reindex(far).fillna(300.0).to_numpy()
    to_office = office_km.reindex(people["area_id"]).fillna(300.0).to_numpy()
    _add_answers(people, to_office, events["place_kind"].reindex(people["event_id"]).to_numpy(), truth, rng)
    return people.drop(columns="km")


def _service_dates(event_ids: pd.Series, events: pd.DataFrame) -> pd.Series:
    """Day on which each person came: as many on each day of the event, in order of arrival."""
    days = event_days(events).reindex(event_ids).to_numpy()
    arrival = event_ids.groupby(event_ids).cumcount().to_numpy()
    people = event_ids.map(event_ids.value_counts()).to_numpy()
    later = pd.to_timedelta(arrival * days // people, unit="D")
    first = pd.Series(events["date"].reindex(event_ids).to_numpy(), index=event_ids.index)
    return first.add(later)


def _repeat(counts: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """One row for each of the counted people."""
    return counts.loc[counts.index.repeat(counts["applicants"]), columns].reset_index(drop=True)


def _draw_desa(area_ids: pd.Series, gazetteer: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """A desa of each kecamatan, drawn by population; '' where there is no kecamatan."""
    desa = gazetteer[gazetteer["level"] == "desa"]
    by_parent = {
        parent: (group.index.to_numpy(), group["population"].cumsum().to_numpy(float))
        for parent, group in desa.groupby("parent_id")
    }
    drawn: list[str] = []
    for area_id, uniform in zip(area_ids, rng.random(len(area_ids)), strict=True):
        if area_id not in by_parent:
            drawn.append("")
            continue
        ids, cumulated = by_parent[area_id]
        drawn.append(str(ids[np.searchsorted(cumulated, uniform * cumulated[-1], side="right")]))
    return drawn


def add_identity(people: pd.DataFrame, place: np.ndarray, gazetteer: pd.DataFrame, rng: np.random.Generator) -> None:
    """Name, age, identity number and phone of each person."""
    n = len(people)
    woman = rng.random(n) < 0.52
    group = rng.choice(len(_AGE_GROUPS), n, p=[share for _, _, share in _AGE_GROUPS])
    low = np.array([_AGE_GROUPS[g][0] for g in group])
    high = np.array([_AGE_GROUPS[g][1] for g in group])
    people["age"] = rng.integers(low, high + 1)
    days_since_birthday = rng.integers(0, 360, n)
    first = rng.integers(0, len(WORDS["men"]), n)
    last = rng.integers(0, len(WORDS["last_names"]), n)
    kecamatan = gazetteer.index[gazetteer["level"] == "kecamatan"].to_numpy()
    elsewhere = rng.random(n) < _BORN_ELSEWHERE
    other = rng.integers(0, len(kecamatan), n)
    names: list[str] = []
    niks: dict[str, None] = {}
    phones: list[str] = []
    for i, area_id in enumerate(people["area_id"]):
        names.append(f"{(WORDS['women'] if woman[i] else WORDS['men'])[first[i]]} {WORDS['last_names'][last[i]]}")
        registered = str(kecamatan[other[i]]) if elsewhere[i] and area_id else str(area_id)
        prefix = _RECODED.get(registered, registered.replace(".", "")) if registered else WORDS["outside"][place[i]][2]
        born = _birthday(people["service_date"].iloc[i].date(), int(people["age"].iloc[i]), int(days_since_birthday[i]))
        day = born.day + (40 if woman[i] else 0)
        serial = _FIRST_SERIAL + i % 1000
        while (nik := f"{prefix}{day:02d}{born:%m%y}{serial}") in niks:
            serial = _FIRST_SERIAL + (serial + 1) % 1000
        niks[nik] = None
        phones.append(f"08100{i:07d}")
    people["name"], people["nik"], people["phone"] = names, list(niks), phones


def _birthday(service_date: dt.date, age: int, days_since_birthday: int) -> dt.date:
    """A date of birth that gives this age at the service date."""
    year = service_date.year - age
    anniversary = dt.date(year, service_date.month, min(service_date.day, 28))
    return anniversary - dt.timedelta(days=days_since_birthday)


def _add_answers(
    people: pd.DataFrame, office_km: np.ndarray, kind: np.ndarray, truth: Truth, rng: np.random.Generator
) -> None:
    """Passport type, application and channel of each person."""
    n = len(people)
    dates = people["service_date"].dt
    months = (dates.year - 2024) * 12 + dates.month - 10
    logit = (
        truth.electronic_intercept
        + truth.electronic_per_month * months.to_numpy(float)
        + truth.electronic_per_100_km * office_km / 100.0
    )
    mandatory = (people["service_date"] >= pd.Timestamp(truth.electronic_from)).to_numpy()
    electronic = (rng.random(n) < _logistic(logit)) | mandatory
    people["passport_type"] = np.where(electronic, "electronic", "non_electronic")
    not_said = (rng.random(n) < truth.type_unknown) & ~mandatory
    people["type_stated"] = np.where(not_said, "unknown", people["passport_type"])

    new = rng.random(n) < _logistic(truth.new_intercept + truth.new_per_100_km * office_km / 100.0)
    spoilt = rng.random(n)
    application = np.where(new, "new", "renewal")
    application = np.where(~new & (spoilt < 0.06), "lost", application)
    people["application"] = np.where(~new & (spoilt > 0.95), "damaged", application)

    base = np.array([truth.channel_by_kind.get(name, (0.0,) * len(CHANNELS)) for name in kind])
    tilt = people["km"].clip(upper=150.0).to_numpy(float)[:, None] / 35.0 * np.array(truth.channel_per_35_km)
    weight = np.exp(base + tilt)
    cumulated = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    pick = (rng.random(n)[:, None] > cumulated[:, :-1]).sum(axis=1)
    channel = np.array(CHANNELS)[pick]
    people["channel"] = np.where(rng.random(n) < truth.channel_unknown, "unknown", channel)


def draw_desk_answers(
    people: pd.DataFrame,
    asked_at: Collection[str],
    displacement: pd.Series,
    *,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.Series:
    """What each person answers at the desk: yes, no, unsure, or '' where nobody asked or nobody answered."""
    share = people["area_id"].map(displacement).fillna(displacement.min()).to_numpy(float)
    says_yes = _logistic(np.log(share / (1.0 - share)) + truth.desk_overstatement)
    how, what = rng.random(len(people)), rng.random(len(people))
    answers = np.where(what < says_yes, "yes", "no")
    answers = np.where(how < truth.desk_unsure + truth.desk_silent, "unsure", answers)
    silent = (how < truth.desk_silent) | ~people["event_id"].isin(asked_at).to_numpy()
    return pd.Series(np.where(silent, "", answers), index=people.index)


def _logistic(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


# --- Invented interest registrations: promises that led to an event, and those still open on the day asked.


COLUMNS = ("date", "area_id", "people", "source", "group", "person", "event_id")
_SINGLE_SOURCES = ("Instagram", "WhatsApp", "Loket kantor", "Facebook")
_GROUP_OF_KIND = {"kecamatan": "Camat", "desa": "Kepala desa", "pesantren": "Pondok pesantren"}
_FEWEST_OF_A_PROMISE = 10


class _Open(NamedTuple):
    """Interest of one area: distinct single persons, group promises, and when. `repeated` persons register again with
    their phone written otherwise, `lapsed` ones registered too long ago, and `shared` ones stand in the entry before
    too: at the desa and at its kecamatan."""

    area_id: str
    singles: int
    groups: tuple[tuple[str, int], ...] = ()
    days_ago: tuple[int, int] = (5, 150)
    repeated: int = 0
    lapsed: int = 0
    shared: int = 0


_OPEN = (
    _Open("64.02.13", 19, (("Kelurahan Handil Baru", 15),)),
    _Open("64.02.07", 27),
    _Open("64.02.11", 20),
    _Open("64.02.04.2006", 23),
    _Open("64.02.04", 6, shared=4),
    _Open("64.02.17", 18),
    _Open("64.08.13", 20, repeated=3),
    _Open("64.11.01", 16, lapsed=9),
    _Open("64.08.09", 0, lapsed=32),
    _Open("64.02.10", 12),
    _Open("64.07.06", 0, (("Pondok Pesantren Sabilul Sendawar", 40),)),
    _Open("64.72.01", 22, days_ago=(5, 90)),
    _Open("64.02.16.2005", 20),
    _Open("64.08.02", 9, (("PT Kebun Wahau Lestari", 25),)),
)
_LAPSED_DAYS = (190, 330)


def draw_interest(
    counts: pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw who registered an interest."""
    phones = (f"08100{9_000_000 + number:07d}" for number in range(100_000))
    rows: list[dict[str, Any]] = []
    common = truth.shows_up_mean * (1 - truth.shows_up_mean) / truth.shows_up_sd**2 - 1
    for event in _promising(counts, events, sites).to_dict("records"):
        share = rng.beta(truth.shows_up_mean * common, (1 - truth.shows_up_mean) * common)
        promised = max(round(event["applicants"] / share), 2)
        group = ((_GROUP_OF_KIND[event["kind"]], promised // 2),)
        promise = _Open(event["area_id"], promised - promised // 2, group, (10, 80))
        rows += _registrations(promise, event["date"], event["event_id"], phones, rng)
    for promise in _OPEN:
        before = [row["person"] for row in rows[len(rows) - promise.shared :]]
        rows += _registrations(promise, as_of, "", itertools.chain(before, phones), rng)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("date", kind="stable", ignore_index=True)


def _promising(counts: pd.DataFrame, events: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Events and areas that promised before: event_id, area_id, applicants who came, date, kind of place."""
    places = sites["kind"].reindex(events["site_id"]).to_numpy()
    held = events.assign(kind=places)[["date", "kind"]][((events["status"] == "held") & is_popup(events)).to_numpy()]
    held = held[held["kind"].isin(_GROUP_OF_KIND)]
    largest = counts.sort_values("applicants", ascending=False, kind="stable").groupby("event_id").head(2)
    enough = largest[largest["applicants"] >= _FEWEST_OF_A_PROMISE]
    found = held.reset_index(names="event_id").merge(enough, on="event_id", validate="one_to_many")
    return found[["event_id", "area_id", "applicants", "date", "kind"]]


def _registrations(
    promise: _Open, until: pd.Timestamp, event_id: str, phones: Iterator[str], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rows of one area's interest; some persons register twice, their phone written in two ways."""

    def row(days: tuple[int, int], people: int, source: str, person: str) -> dict[str, Any]:
        date = until - pd.Timedelta(days=int(rng.integers(days[0], days[1])))
        values = (date, promise.area_id, people, source, not person, person, event_id)
        return dict(zip(COLUMNS, values, strict=True))

    def source() -> str:
        return str(_SINGLE_SOURCES[rng.integers(len(_SINGLE_SOURCES))])

    rows = [row(promise.days_ago, people, name, "") for name, people in promise.groups]
    persons = [next(phones) for _ in range(promise.singles)]
    rows += [row(promise.days_ago, 1, source(), person) for person in persons]
    rows += [row(promise.days_ago, 1, source(), _other_format(phone)) for phone in persons[: promise.repeated]]
    rows += [row(_LAPSED_DAYS, 1, source(), next(phones)) for _ in range(promise.lapsed)]
    return rows


def _other_format(phone: str) -> str:
    """The same phone as another clerk writes it."""
    return f"+62 {phone[1:4]}-{phone[4:8]}-{phone[8:]}"
