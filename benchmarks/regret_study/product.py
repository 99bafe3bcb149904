"""The one place that knows this product's own steps: from an office's data to what it advises."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.decisions.planning import plan_popups
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel_measure import felt_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult, unmet_need
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.models.turnout import Forecast, fit_turnout
from outreach_analysis.reporting.people_analysis import impact_stream, office_impact
from outreach_analysis.reporting.places import places_and_costs
from outreach_analysis.reporting.plan_analysis import rank_and_plan
from outreach_analysis.reporting.plan_request import PlanOptions
from outreach_analysis.settings import SITE_KINDS_FIXED
from regret_study.offices import N_EVENTS, Office
from regret_study.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasted:
    """What the product makes of an office before anything is known of displacement.

    Attributes
    ----------
    dataset, interest, sites, costs, felt, need, forecast, impact
        As in `reporting.analysis.analyse`.
    displacement_draws
        Of the impact estimate; None where its gate did not pass.
    rng
        Source of randomness of the plan: each plan takes it as it is here, so that none hangs on another.
    """

    dataset: Dataset
    interest: InterestResult
    sites: pd.DataFrame
    costs: pd.DataFrame
    felt: pd.DataFrame
    need: NeedResult
    forecast: Forecast
    impact: ImpactResult
    displacement_draws: pd.DataFrame | None
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProductPlan:
    """What the product advises.

    Attributes
    ----------
    visits
        Places of the plan with their days.
    low, high
        90 % interval of the plan's additional people.
    eligible
        Places that may be visited.
    people
        Expected people of each eligible place, whoever they are.
    tied
        Places on a par with the leader.
    gate
        What became of the impact estimate.
    value, upper_bound
        What the product expects of a set of places, and the most that it says any set of so many can have.
    """

    visits: tuple[Visit, ...]
    low: float
    high: float
    eligible: pd.Index
    people: pd.Series
    tied: pd.Index
    gate: str
    value: Callable[[tuple[str, ...]], float]
    upper_bound: float


def forecasted(office: Office, *, n_draws: int, rng: np.random.Generator) -> Forecasted:
    """The forecast of an office, by the steps of `analyse`; the same for every displacement."""
    dataset = office.known
    settings = dataset.settings
    own = impact_stream(rng)
    interest, sites, costs = places_and_costs(dataset)
    felt = felt_costs(costs, settings=settings)
    need = unmet_need(
        dataset.areas,
        dataset.counts,
        dataset.events,
        sites,
        felt,
        office=dataset.office_people(),
        settings=settings,
    )
    turnout = fit_turnout(
        dataset.counts,
        dataset.areas,
        dataset.events,
        sites,
        felt,
        interest=dataset.interest,
        settings=settings,
        rng=rng,
    )
    candidates = sites[~sites["kind"].isin(SITE_KINDS_FIXED)]
    forecast = turnout.forecast(candidates, felt, n_draws=n_draws, rng=rng)
    impact = office_impact(dataset, sites, felt, rounding_base=1, rng=own)
    drawn = None
    if impact.gate_passed:
        drawn = impact.displacement_draws(dataset.areas.index, n_draws=n_draws, rng=own)
    return Forecasted(
        dataset=dataset,
        interest=interest,
        sites=sites,
        costs=costs,
        felt=felt,
        need=need,
        forecast=forecast,
        impact=impact,
        displacement_draws=drawn,
        rng=rng,
    )


def product_plan(office: Office, made: Forecasted, *, answers: int = 0) -> ProductPlan:
    """The plan of the next pop-ups, as `outreach plan` makes it.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    answers
        People who answered the desk question: `office.dataset(answers)`. This product asks nobody.
    """
    dataset, settings = made.dataset, made.dataset.settings
    incremental = incremental_attendance(made.forecast, made.need, displacement=made.displacement_draws)
    as_of = dataset.as_of
    days = service_days(as_of + dt.timedelta(1), as_of + dt.timedelta(settings.horizon_days), settings=settings)
    ranking, together = rank_and_plan(
        incremental,
        dataset,
        made.sites,
        made.costs,
        interest=made.interest,
        days=days,
        announced=_planned(dataset),
        options=PlanOptions(n_events=N_EVENTS),
        rng=copy.deepcopy(made.rng),
    )
    pool = incremental.pool
    share = incremental.attendance.pivot(index="area_id", columns="site_id", values="probability").reindex(pool.index)
    left = pool * (1 - share[list(ranking.scheduled)]).prod(axis=1)
    return ProductPlan(
        visits=tuple(Visit(site_id=str(row.site_id), day=row.day) for row in together.schedule.events.itertuples()),
        low=together.plan.ci_low,
        high=together.plan.ci_high,
        eligible=ranking.by_site.index,
        people=ranking.by_site["people"],
        tied=ranking.by_site.index[ranking.by_site["tied"].astype(bool)],
        gate=made.impact.status,
        value=lambda sites: float((left * (1 - (1 - share[list(sites)]).prod(axis=1))).sum()),
        upper_bound=together.plan.upper_bound,
    )


def planned_with(
    office: Office, made: Forecasted, eligible: pd.Index, displacement: pd.Series | None
) -> tuple[Visit, ...]:
    """What the product's planner chooses from the same forecast, were displacement another.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    eligible
        Places that may be visited.
    displacement
        Index area_id: taken as known; None: what is assumed before the impact estimate is known.

    Returns
    -------
    tuple
        The visits, the one that adds most on the first free day.
    """
    incremental = incremental_attendance(made.forecast, made.need, displacement=displacement)
    plan = plan_popups(
        incremental.pool,
        incremental.attendance,
        n_events=N_EVENTS,
        scheduled=tuple(_planned(made.dataset)["site_id"].unique()),
        forbidden=tuple(incremental.site_ids.difference(eligible)),
        rng=copy.deepcopy(made.rng),
    )
    return tuple(Visit(site_id=site, day=day) for site, day in zip(plan.sites, office.days, strict=True))


def _planned(dataset: Dataset) -> pd.DataFrame:
    """Announced pop-ups, by date."""
    events = dataset.events
    ahead = (events["status"] == "planned") & (events["date"] > pd.Timestamp(dataset.as_of))
    return events[ahead].sort_values("date")
