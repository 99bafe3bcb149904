"""The invented office: its sites, its events, and the truth its numbers are drawn from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.settings import SITE_KINDS_FIXED

# --- The sample's places and calendar: where the invented office may go, where it went, and when.


AS_OF = dt.date(2026, 11, 22)
"""The day the sample's question is asked: the last day of its data."""

SAMPLE_SEED = 1073
"""Seed of the stored sample: one of those with about 1,900 applicants, visits of 19 to 150 people, three sold out."""

FIRST_MONTH = dt.date(2024, 10, 1)
LAST_FULL_MONTH = dt.date(2026, 10, 1)
"""Office counts are handed in for whole months only, so the month of `AS_OF` is not there yet."""


class _Place(NamedTuple):
    """One row of the sites table; `shift` moves it from its area's seat (degrees) and makes it a given point."""

    site_id: str
    name: str
    kind: str
    area_id: str
    shift: tuple[float, float] | None = None
    capacity: int | None = None
    cost: int | None = None
    opened: str | None = None


_KECAMATAN_OFFICES = (
    "64.02.01", "64.02.02", "64.02.04", "64.02.05", "64.02.07", "64.02.08", "64.02.10", "64.02.11",
    "64.02.13", "64.02.14", "64.02.15", "64.02.16", "64.02.17", "64.07.06", "64.07.07", "64.07.15",
    "64.08.02", "64.08.04", "64.08.05", "64.08.09", "64.08.13", "64.11.01", "64.11.02", "64.72.01",
    "64.74.01", "64.74.02",
)  # fmt: skip
_DESA_HALLS = (
    "64.02.03.2007", "64.02.04.2006", "64.02.16.2001", "64.02.05.2001", "64.02.17.2002", "64.02.07.2008",
    "64.02.02.2003", "64.02.16.2007", "64.02.05.2007", "64.08.09.2001", "64.08.04.2012", "64.08.08.2007",
    "64.08.12.2001", "64.02.17.2001", "64.02.16.2004", "64.08.04.2011",
)  # fmt: skip
_OTHER_PLACES = (
    _Place("S01", "Mall Robinson", "mall", "64.72.09", (-0.0012, -0.0024), 150, 2_500_000),
    _Place("S02", "Mal Mahakam Raya", "mall", "64.72.08", (0.0041, 0.0019), 150, 2_500_000),
    _Place("S03", "Plaza Tepian Citra", "mall", "64.72.03", (0.0063, -0.0052), 150, 2_000_000),
    _Place("S04", "Pusat Belanja Sungai Kunjang", "mall", "64.72.06", (0.0035, -0.0101), None, 2_000_000),
    _Place("S05", "Etam Trade Center", "mall", "64.72.05", (0.0022, -0.0149), None, 2_000_000),
    _Place("S06", "Mal Harapan Baru", "mall", "64.72.10", None, 100),
    _Place("S07", "Plaza Bontang Lestari", "mall", "64.74.02", (-0.0061, 0.0044), 100, 2_000_000),
    _Place("S08", "Kampus Universitas Tepian Mahakam", "campus", "64.72.03.1008", (0.0, 0.0), 200, 1_000_000),
    _Place("S09", "Pondok Pesantren Nurul Tepian", "pesantren", "64.72.05.1003", (0.0071, 0.0032), 150),
    _Place("S10", "Pondok Pesantren Darul Mahakam", "pesantren", "64.02.16.2007", (0.0, 0.0)),
    _Place("S11", "Pondok Pesantren Al Kautsar Etam", "pesantren", "64.02.03.2001"),
    _Place("S12", "Pondok Pesantren Bustanul Hikmah", "pesantren", "64.72.07.1003", (0.0055, -0.0018)),
    _Place("S13", "Pondok Pesantren Miftahul Pesisir", "pesantren", "64.02.05.2007"),
    _Place("S14", "Pondok Pesantren Raudhatul Timur", "pesantren", "64.08.12.2001", (0.0, 0.0)),
    _Place("S15", "Pondok Pesantren Hidayatul Bontang", "pesantren", "64.74.03.1001"),
    _Place("S16", "Pondok Pesantren Sabilul Sendawar", "pesantren", "64.07.07"),
    _Place("S17", "Pondok Pesantren Asy-Syifa Loa Kulu", "pesantren", "64.02.02.2004", (-0.0021, 0.0034), 80),
    _Place("S18", "GOR Bontang Kuala", "other", "64.74.01.1001"),
)
_FIXED_POINTS = (
    _Place("P01", "Kantor Imigrasi Samarinda", "office", "64.72.03.1004", (0.0012, 0.0023), opened="02/01/1990"),
    _Place("P02", "MPP Kutai Kartanegara (Tenggarong)", "mpp", "64.02.06", (0.0042, 0.0117), 30, opened="10/01/2023"),
    _Place("P03", "UKK Sangatta", "ukk", "64.08.04", (-0.0035, 0.0131), 40, opened="02/03/2026"),
    _Place("P04", "Kantor Imigrasi Balikpapan", "other_office", "64.71.06", (0.0008, 0.0155), opened="02/01/1990"),
)
_KECAMATAN_CAPACITY = {"64.72.01": 100, "64.02.05": 100, "64.07.07": 60}
_DESA_CAPACITY = {"64.02.03.2007": 100, "64.02.04.2006": 60}

_EVENTS = (
    ("JB-2024-01", "2024-10-12", "S01", "Paspor Simpatik", None, "held"),
    ("JB-2024-02", "2024-11-06", "K12", "", None, "held"),
    ("JB-2024-03", "2024-11-23", "S09", "Eazy Passport", None, "held"),
    ("JB-2024-04", "2024-12-04", "K18", "", None, "held"),
    ("JB-2024-05", "2024-12-14", "K26", "", None, "held"),
    ("JB-2025-01", "2025-01-25", "S01", "Hari Bhakti 2025", None, "held"),
    ("JB-2025-02", "2025-01-27", "S02", "Hari Bhakti 2025", None, "held"),
    ("JB-2025-03", "2025-02-19", "K04", "", None, "held"),
    ("JB-2025-04", "2025-02-22", "K15", "", None, "held"),
    ("JB-2025-05", "2025-04-19", "K11", "Paspor Simpatik", None, "held"),
    ("JB-2025-06", "2025-05-21", "D01", "Eazy Passport", None, "held"),
    ("JB-2025-07", "2025-06-14", "S10", "Eazy Passport", None, "held"),
    ("JB-2025-08", "2025-07-12", "S01", "Paspor Simpatik", None, "held"),
    ("JB-2025-09", "2025-08-13", "K18", "", None, "held"),
    ("JB-2025-10", "2025-09-06", "S08", "", None, "held"),
    ("JB-2025-11", "2025-09-17", "K10", "", None, "held"),
    ("JB-2025-12", "2025-11-15", "S02", "Paspor Simpatik", None, "held"),
    ("JB-2025-13", "2025-12-06", "S09", "Eazy Passport", None, "held"),
    ("JB-2026-01", "2026-01-10", "K11", "Paspor Simpatik", None, "held"),
    ("JB-2026-02", "2026-01-16", "D05", "Hari Bhakti 2026", None, "held"),
    ("JB-2026-03", "2026-01-24", "S01", "Hari Bhakti 2026", 160, "held"),
    ("JB-2026-04", "2026-02-11", "K04", "", None, "held"),
    ("JB-2026-05", "2026-04-18", "K15", "", None, "held"),
    ("JB-2026-06", "2026-06-13", "S10", "Eazy Passport", None, "held"),
    ("JB-2026-07", "2026-07-11", "K26", "", None, "held"),
    ("JB-2026-08", "2026-08-25", "S03", "Paspor Simpatik", None, "held"),
    ("JB-2026-09", "2026-10-14", "K06", "", None, "held"),
    ("JB-2026-10", "2026-11-14", "D01", "Eazy Passport", None, "held"),
    ("JB-2026-11", "2026-12-12", "S04", "Paspor Simpatik", None, "planned"),
    ("JB-2027-01", "2027-01-23", "S01", "Hari Bhakti 2027", 160, "planned"),
    ("JB-2026-12", "2026-09-12", "K11", "", None, "failed"),
    ("KI-2026-01", "2026-05-23", "P01", "Paspor Simpatik", None, "held"),
)


_INVITED = ("JB-2024-03", "JB-2025-06", "JB-2025-11", "JB-2025-13")
_INVITED_CAPACITY = 200
_TWO_DAYS = ("JB-2025-10",)
_BOOTHS = {
    "JB-2024-02": 3, "JB-2025-05": 3, "JB-2025-09": 2, "JB-2025-10": 3, "JB-2025-11": 5, "JB-2026-01": 3,
    "JB-2026-06": 2, "JB-2026-07": 2, "JB-2026-11": 4,
}  # fmt: skip
_OPENING = "KI-2026-01"
OWN_NUMBERS = (("x_visitors", 400.0, 0.7), ("x_parking", 60.0, 0.6))
"""Numbers that the office keeps of its places: name, median, and spread on the log scale."""

ASKED_AT = ("JB-2026-06", "JB-2026-07", "JB-2026-08", "JB-2026-09", "JB-2026-10")
"""Events whose lists hold the answer to the desk question: the office began to ask in June 2026."""


def sample_sites(gazetteer: pd.DataFrame) -> pd.DataFrame:
    """The sample's 60 candidate places and 4 fixed service points."""
    names = gazetteer["name"]
    places = [*_OTHER_PLACES]
    for number, area_id in enumerate(_KECAMATAN_OFFICES, start=1):
        name = f"Kantor Kecamatan {names[area_id]}"
        places.append(_Place(f"K{number:02d}", name, "kecamatan", area_id, None, _KECAMATAN_CAPACITY.get(area_id)))
    for number, area_id in enumerate(_DESA_HALLS, start=1):
        name = f"Balai Desa {names[area_id]}"
        places.append(_Place(f"D{number:02d}", name, "desa", area_id, None, _DESA_CAPACITY.get(area_id)))
    places += _FIXED_POINTS
    frame = pd.DataFrame(places, columns=list(_Place._fields))
    seat = gazetteer.loc[frame["area_id"], ["seat_lon", "seat_lat"]].to_numpy(float)
    shift = [place.shift or (0.0, 0.0) for place in places]
    frame["lon"] = [round(lon + move[0], 5) for lon, move in zip(seat[:, 0], shift, strict=True)]
    frame["lat"] = [round(lat + move[1], 5) for lat, move in zip(seat[:, 1], shift, strict=True)]
    frame["location_source"] = ["seat" if place.shift is None else "given" for place in places]
    frame["opened"] = pd.to_datetime(frame["opened"], format="%d/%m/%Y")
    frame["closed"] = pd.Series(pd.NaT, index=frame.index, dtype=frame["opened"].dtype)
    frame = frame.astype({"capacity": float, "cost": float})
    columns = ["name", "kind", "area_id", "lon", "lat", "location_source", "capacity", "cost", "opened", "closed"]
    return frame.set_index("site_id")[columns]


def sample_events(service_days: pd.DataFrame) -> pd.DataFrame:
    """The sample's 28 held and 2 planned pop-ups, one that broke off, and an opening at the office."""
    columns = ["event_id", "date", "site_id", "series", "capacity", "status"]
    frame = pd.DataFrame(list(_EVENTS), columns=columns).set_index("event_id")
    frame["date"] = pd.to_datetime(frame["date"])
    kind_of = service_days.set_index("day")["kind"]
    frame["day_kind"] = kind_of.reindex(frame["date"]).to_numpy()
    frame["sold_out"] = False
    invited = frame.index.isin(_INVITED)
    frame["programme"] = np.select([invited, frame.index == _OPENING], ["invited", "office"], "visit")
    frame["days"] = np.where(frame.index.isin(_TWO_DAYS), 2, 1)
    frame["end_date"] = frame["date"] + pd.to_timedelta(frame["days"] - 1, unit="D")
    frame["booths"] = frame.index.map(_BOOTHS).astype(float)
    # people whom a group brings need more than a place usually has
    frame["capacity"] = frame["capacity"].astype(float).mask(invited & frame["booths"].isna(), _INVITED_CAPACITY)
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


def last_event_date() -> dt.date:
    """Day of the last event in the calendar, held or planned."""
    return max(dt.date.fromisoformat(event[1]) for event in _EVENTS)


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

    def __post_init__(self) -> None:
        if self.decay not in ("exponential", "log_logistic"):
            raise RequestError(f"decay {self.decay!r} is not known; write 'exponential' or 'log_logistic'")
        positive = (
            *("decay_scale_km", "decay_shape", "typical_total", "office_per_year", "office_decay_km"),
            *("recovery_days", "displacement_half_km", "displacement_shape"),
        )
        faults = [name for name in positive if not getattr(self, name) > 0]
        at_least_zero = (
            *("site_sd", "event_sd", "overdispersion", "shock_sd", "displacement", "outsiders_per_event"),
            *("depletion", "displacement_area_sd", "desk_unsure", "desk_silent"),
        )
        faults += [name for name in at_least_zero if not getattr(self, name) >= 0]
        if faults:
            raise RequestError(f"out of range: {', '.join(faults)}; scales must be above 0, spreads at least 0")

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
        plain: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Mapping):
                plain[field.name] = {
                    str(key): list(item) if isinstance(item, tuple) else item for key, item in value.items()
                }
            elif isinstance(value, tuple):
                plain[field.name] = list(value)
            else:
                plain[field.name] = value.isoformat() if isinstance(value, dt.date) else value
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
