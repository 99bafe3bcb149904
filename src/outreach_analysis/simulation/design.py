"""The invented office: its sites, its events, and the truth its numbers are drawn from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.settings import SITE_KINDS_FIXED

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
"""What is fixed of the invented office, as files: places, calendar, letters, settings, and a page about itself."""
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
