"""The one place that knows this product's own steps: from an office's data to what it advises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.decisions.increment import incremental_attendance
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
        Source of randomness of the plan.
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


def product_plan(
    office: Office,
    made: Forecasted,
    *,
    answers: int = 0,
    use_impact: bool = True,
    displacement: pd.Series | None = None,
) -> ProductPlan:
    """The plan of the next pop-ups.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    answers
        People who answered the desk question: `office.dataset(answers)`. This product asks nobody.
    use_impact
        False: as before the impact estimate is known.
    displacement
        Index area_id: taken as known, in place of all that the product thinks of it.
    """
    dataset, settings = made.dataset, made.dataset.settings
    known = made.displacement_draws if displacement is None and use_impact else displacement
    incremental = incremental_attendance(made.forecast, made.need, displacement=known)
    as_of = dataset.as_of
    events = dataset.events
    planned = events[(events["status"] == "planned") & (events["date"] > pd.Timestamp(as_of))].sort_values("date")
    days = service_days(as_of + dt.timedelta(1), as_of + dt.timedelta(settings.horizon_days), settings=settings)
    ranking, together = rank_and_plan(
        incremental,
        dataset,
        made.sites,
        made.costs,
        interest=made.interest,
        days=days,
        announced=planned,
        options=PlanOptions(n_events=N_EVENTS),
        rng=made.rng,
    )
    announced = ranking.scheduled
    before = incremental.value(announced)
    scheduled = together.schedule.events
    return ProductPlan(
        visits=tuple(Visit(site_id=str(row.site_id), day=row.day) for row in scheduled.itertuples()),
        low=together.plan.ci_low,
        high=together.plan.ci_high,
        eligible=ranking.by_site.index,
        people=ranking.by_site["people"],
        tied=ranking.by_site.index[ranking.by_site["tied"].astype(bool)],
        gate=made.impact.status,
        value=lambda sites: incremental.value((*announced, *sites)) - before,
        upper_bound=together.plan.upper_bound,
    )
