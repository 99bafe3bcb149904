"""The synthetic office: one seed in, tables of invented people and the truth they were drawn from out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import is_popup
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.settings import Settings
from outreach_analysis.simulation import design
from outreach_analysis.simulation.design import SAMPLE_TRUTH, Truth
from outreach_analysis.simulation.draws import (
    TurnoutDraw,
    draw_desk_answers,
    draw_interest,
    draw_office_monthly,
    draw_people,
    draw_turnout,
)

OFFICE_NAME = "Kantor Imigrasi Kelas I TPI Samarinda"
_OFFICE_SITE = "P01"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedOffice:
    """Everything an invented office knows, without any clerk's hand in between."""

    areas: gpd.GeoDataFrame
    sites: pd.DataFrame
    events: pd.DataFrame
    applicants: pd.DataFrame
    counts: pd.DataFrame
    outside: pd.DataFrame
    interest: pd.DataFrame
    office_monthly: pd.DataFrame
    costs: pd.DataFrame
    settings: Settings
    truth: dict[str, Any]


def simulate_office(*, seed: int, truth: Truth | None = None) -> SimulatedOffice:
    """Simulate the sample's office: its places and calendar are fixed, its people are drawn."""
    truth = truth or SAMPLE_TRUTH
    settings = Settings(office_name=OFFICE_NAME, synthetic=True, as_of=design.AS_OF)
    areas = load_areas(level="kecamatan", settings=settings)
    gazetteer = load_areas(level="all", settings=settings)
    sites = design.sample_sites(gazetteer)
    sites = sites.join(design.draw_own_numbers(sites, stream(seed, 8)))
    days = service_days(design.FIRST_MONTH, design.last_event_date(), settings=settings)
    events = design.sample_events(days)
    costs = travel_costs(areas=areas, sites=sites, settings=settings)

    popups, openings = events[is_popup(events)], events[~is_popup(events)]
    turnout = draw_turnout(
        areas, sites, popups, costs, truth=truth, rng=stream(seed, 1), default_capacity=settings.popup_capacity
    )
    at_office = draw_turnout(
        areas,
        sites,
        openings,
        costs,
        truth=truth.replace(intercept=turnout.intercept),
        rng=stream(seed, 9),
        default_capacity=settings.popup_capacity,
    )
    displacement = truth.displacement_by_area(_km_to_office(costs, sites, truth), stream(seed, 6)).reindex(areas.index)
    events["sold_out"] = turnout.totals["sold_out"].reindex(events.index, fill_value=False)
    office_monthly = draw_office_monthly(
        areas,
        sites,
        costs,
        turnout.counts.assign(month=_months(turnout.counts["event_id"], events)),
        months=pd.date_range(design.FIRST_MONTH, design.LAST_FULL_MONTH, freq="MS"),
        truth=truth,
        rng=stream(seed, 2),
        displacement=displacement,
    )
    office_monthly = _with_openings(office_monthly, at_office.counts, events)
    km = costs.set_index(["site_id", "area_id"])["km"]
    applicants = draw_people(
        pd.concat([turnout.counts, at_office.counts], ignore_index=True),
        pd.concat([turnout.outside, at_office.outside], ignore_index=True),
        events.assign(place_kind=events["site_id"].map(sites["kind"])),
        gazetteer,
        event_km=pd.concat({event_id: km[site_id] for event_id, site_id in events["site_id"].items()}),
        office_km=km[_OFFICE_SITE],
        truth=truth,
        rng=stream(seed, 3),
    )
    applicants["would_have_come"] = draw_desk_answers(
        applicants, design.ASKED_AT, displacement, truth=truth, rng=stream(seed, 7)
    )
    interest = draw_interest(
        turnout.counts,
        events,
        sites,
        as_of=pd.Timestamp(design.AS_OF),
        truth=truth,
        rng=stream(seed, 4),
    )
    return SimulatedOffice(
        areas=areas,
        sites=sites,
        events=events,
        applicants=applicants,
        counts=turnout.counts,
        outside=turnout.outside,
        interest=interest,
        office_monthly=office_monthly,
        costs=costs,
        settings=settings,
        truth=_truth_record(seed, truth, turnout, office_monthly, displacement)
        | {"events": _events_record(turnout, popups), "openings": _events_record(at_office, openings)},
    )


def stream(seed: int, part: int) -> np.random.Generator:
    """A source of randomness of its own for each part of a simulation, by a named algorithm."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, part])))


def _months(event_ids: pd.Series, events: pd.DataFrame) -> pd.Series:
    """First day of each event's month, by row."""
    month = events["date"].dt.to_period("M").dt.to_timestamp()
    return pd.Series(month.reindex(event_ids).to_numpy(), index=event_ids.index)


def _km_to_office(costs: pd.DataFrame, sites: pd.DataFrame, truth: Truth) -> pd.Series:
    """Travel km from each area to the nearest of the office's own fixed service points."""
    own = sites.index[sites["kind"].map(lambda kind: truth.point_weight.get(kind, 0.0)) > 0]
    return costs[costs["site_id"].isin(own)].groupby("area_id")["km"].min()


def _with_openings(office: pd.DataFrame, counts: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The office's months with the people of openings at the office, who are the office's."""
    came = counts.assign(month=_months(counts["event_id"], events)).groupby(["month", "area_id"])["applicants"].sum()
    at = pd.MultiIndex.from_frame(office[["month", "area_id"]])
    return office.assign(applicants=office["applicants"] + came.reindex(at, fill_value=0).to_numpy())


def _truth_record(
    seed: int, truth: Truth, turnout: TurnoutDraw, office: pd.DataFrame, displacement: pd.Series
) -> dict[str, Any]:
    """What the counts were drawn from, as plain values with a fixed number of digits."""
    parameters = truth.as_dict() | {"intercept": round(turnout.intercept, _DECIMALS)}
    per_year = office["applicants"].sum() / office["month"].nunique() * 12
    return {
        "synthetic": True,
        "seed": seed,
        "parameters": parameters,
        "popup_applicants": int(turnout.totals["came"].sum()),
        "office_applicants_per_year": round(float(per_year), 1),
        "displaced_applicants": round(float(office["displaced"].sum()), 3),
        "displacement_by_area": {str(area): round(float(share), _DECIMALS) for area, share in displacement.items()},
        "desk_question_at": list(design.ASKED_AT),
    }


def _events_record(turnout: TurnoutDraw, events: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What came of each event that took place, and why."""
    placed = turnout.counts.groupby("event_id")["applicants"].sum()
    outside = turnout.outside.set_index("event_id")["applicants"]
    by_area = turnout.counts[turnout.counts["applicants"] > 0].groupby("event_id")
    people = {
        str(event_id): dict(zip(group["area_id"], group["applicants"].astype(int).tolist(), strict=True))
        for event_id, group in by_area
    }
    return {
        str(event_id): {
            "programme": str(events["programme"].loc[str(event_id)]),
            "days": int(events["days"].loc[str(event_id)]),
            "status": str(events["status"].loc[str(event_id)]),
            "expected": round(float(row["expected"]), 3),
            "left": round(float(row["left"]), _DECIMALS),
            "site_effect": round(float(row["site_effect"]), _DECIMALS),
            "event_effect": round(float(row["event_effect"]), _DECIMALS),
            "own_effect": round(float(row["own_effect"]), _DECIMALS),
            "capacity": int(row["capacity"]),
            "wanted": int(row["wanted"]),
            "came": int(row["came"]),
            "from_areas": int(placed[str(event_id)]),
            "from_outside": int(outside[str(event_id)]),
            "sold_out": bool(row["sold_out"]),
            "by_area": people.get(str(event_id), {}),
        }
        for event_id, row in turnout.totals.to_dict("index").items()
    }
