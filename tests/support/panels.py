"""Panels of office applicants with a planted truth: what `estimate_impact` is tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.geography.areas import load_areas
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.simulation.draws import Truth, negative_binomial

FIRST_MONTH = "2023-01-01"
PANEL_TRUTH = Truth(
    typical_total=60.0,
    office_decay_km=200.0,
    displacement=0.2,
)
"""Events of about 60 people wherever they are, a fifth of whom would have come to the office; the farthest areas send
some applicants to the office every month."""

_OFFICE_AREA = "64.72.03"
_LEAST_SHARE_LEFT = 0.1
_MONTHS_LOOKED_AT = 3
_MONTHS, _MEAN_PER_CELL = 36, 20.0
_RISES, _RISES_PER_MONTH = (0.4, 0.8), 2.0
_CALENDAR_SD = 0.08


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelDraw:
    """One drawn panel."""

    office_monthly: pd.DataFrame
    counts: pd.DataFrame
    events: pd.DataFrame
    expected: pd.DataFrame
    displaced: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelWorld:
    """Areas, a place for pop-ups in each, the office, and the way between them."""

    areas: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame

    @classmethod
    def of_reference(cls) -> PanelWorld:
        """The 105 kecamatan of the reference, with a place at the seat of each and one office."""
        areas = load_areas().assign(in_jurisdiction=True)
        sites = pd.DataFrame(
            {"kind": "kecamatan", "area_id": areas.index, "lon": areas["seat_lon"], "lat": areas["seat_lat"]},
            index=areas.index.rename("site_id"),
        )
        office = sites.loc[[_OFFICE_AREA]].assign(kind="office").rename(index={_OFFICE_AREA: "office"})
        sites = pd.concat([sites, office])
        return cls(areas=areas, sites=sites, costs=travel_costs(areas=areas, sites=sites))


def draw_panel(
    world: PanelWorld,
    *,
    n_events: int,
    truth: Truth = PANEL_TRUTH,
    after_rises: bool = False,
    rng: np.random.Generator,
) -> PanelDraw:
    """Draw office applicants and pop-ups, the pop-ups' people missing at the office afterwards."""
    areas, sites = world.areas, world.sites[world.sites["kind"] != "office"]
    months = pd.date_range(FIRST_MONTH, periods=_MONTHS, freq="MS")
    mean = _means(world, truth, rng)
    first = _MONTHS_LOOKED_AT if after_rises else 0
    if after_rises:
        mean = mean * _rises(mean.shape, rng)
    held_in = np.sort(rng.integers(first, _MONTHS - 1, n_events))
    people, missing = np.zeros_like(mean), np.zeros((len(areas), _MONTHS + truth.displacement_months))
    expected = _expected_turnout(world, sites, truth)
    events, counts = [], []
    for month in range(_MONTHS):
        left = np.maximum(mean[:, month] - missing[:, month], _LEAST_SHARE_LEFT * mean[:, month])
        people[:, month] = rng.poisson(left)
        for number in np.flatnonzero(held_in == month):
            at = _highest(people[:, :month], sites, areas, rng) if after_rises else int(rng.integers(len(sites)))
            event = {"site_id": sites.index[at], "date": months[month] + pd.Timedelta(days=13), "status": "held"}
            events.append({"event_id": f"E{number:03d}", **event})
            size = np.exp(rng.normal(-(truth.event_sd**2) / 2, truth.event_sd))
            counts.append(negative_binomial(expected[at] * size, truth.overdispersion, rng))
            later = slice(month + 1, month + 1 + truth.displacement_months)
            missing[:, later] += truth.displacement / truth.displacement_months * counts[-1][:, None]
    office = pd.DataFrame(people.astype(int), index=areas.index, columns=months.rename("month"))
    return PanelDraw(
        office_monthly=office.melt(ignore_index=False, value_name="applicants").reset_index(),
        counts=pd.DataFrame(
            {
                "event_id": np.repeat([event["event_id"] for event in events], len(areas)),
                "area_id": np.tile(areas.index.to_numpy(), len(events)),
                "applicants": np.concatenate(counts),
            }
        ),
        events=pd.DataFrame(events).set_index("event_id"),
        expected=pd.DataFrame(mean, index=areas.index, columns=months),
        displaced=pd.DataFrame(
            np.minimum(missing[:, :_MONTHS], (1 - _LEAST_SHARE_LEFT) * mean), index=areas.index, columns=months
        ),
    )


def _means(world: PanelWorld, truth: Truth, rng: np.random.Generator) -> np.ndarray:
    km = world.costs[world.costs["site_id"] == "office"].set_index("area_id")["km"].reindex(world.areas.index)
    level = np.exp(-km.to_numpy(float) / truth.office_decay_km)
    shock = np.empty((len(level), _MONTHS))
    shock[:, 0] = rng.normal(0.0, truth.shock_sd, len(level))
    step_sd = truth.shock_sd * np.sqrt(1.0 - truth.shock_rho**2)
    for month in range(1, _MONTHS):
        shock[:, month] = truth.shock_rho * shock[:, month - 1] + rng.normal(0.0, step_sd, len(level))
    calendar = rng.normal(0.0, _CALENDAR_SD, _MONTHS)
    return np.asarray(_MEAN_PER_CELL * (level / level.mean())[:, None] * np.exp(shock + calendar))


def _rises(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Factors by which planted rises lift the means, fading to nothing in six months."""
    factor = np.ones(shape)
    fading = 1.0 - np.arange(6) / 6
    for begins in range(shape[1]):
        for area in rng.integers(0, shape[0], rng.poisson(_RISES_PER_MONTH)):
            months = slice(begins, begins + 6)
            lasting = fading[: shape[1] - begins]
            factor[area, months] *= 1.0 + rng.uniform(*_RISES) * lasting
    return factor


def _expected_turnout(world: PanelWorld, sites: pd.DataFrame, truth: Truth) -> np.ndarray:
    """People of each area at a pop-up of each place (places, areas): `Truth.typical_total` in all, wherever it is."""
    km = world.costs.pivot(index="site_id", columns="area_id", values="km")
    weight = truth.decay_weight(km.reindex(index=sites.index, columns=world.areas.index).to_numpy(float))
    weight = weight * world.areas["population"].to_numpy(float)
    return np.asarray(truth.typical_total * weight / weight.sum(axis=1, keepdims=True))


def _highest(people: np.ndarray, sites: pd.DataFrame, areas: pd.DataFrame, rng: np.random.Generator) -> int:
    """Number of the place in the area whose last months stand highest over its own mean so far."""
    own = people.mean(axis=1)
    rise = people[:, -_MONTHS_LOOKED_AT:].mean(axis=1) / np.where(own > 0, own, np.inf)
    best = areas.index[int(np.argmax(rise + rng.uniform(0, 1e-9, len(rise))))]
    return int(np.flatnonzero(sites["area_id"] == best)[0])
