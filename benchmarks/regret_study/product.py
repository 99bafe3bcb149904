"""The one place that knows this product's own steps: from an office's data to what it advises."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult, free_days_by_site, proposed_days
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import effective_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult, unmet_need
from outreach_analysis.models.displacement import DisplacementResult
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.models.turnout import TurnoutQuestion, TurnoutResult, fit_turnout
from outreach_analysis.plan_study import PlanAnalysis, PlanOptions, rank_and_plan
from outreach_analysis.settings import SITE_KINDS_FIXED
from outreach_analysis.streams import named_stream
from outreach_analysis.study import displacement_of_dataset, office_impact, places_and_costs
from regret_study.offices import N_EVENTS, Office
from regret_study.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasted:
    """What the product makes of an office before anything is known of displacement.

    Attributes
    ----------
    dataset, interest, sites, costs, felt, need, forecast, impact
        As in `reporting.analysis.analyse`.
    rng
        Source of the named streams.
    """

    dataset: Dataset
    interest: InterestResult
    sites: pd.DataFrame
    costs: pd.DataFrame
    effective: pd.DataFrame
    need: NeedResult
    forecast: Forecast
    impact: ImpactResult
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
        What the product expects of a set of places on its days (0 where it takes longer than the plan), and the most
        that it says any set of so many can have by the last day of the plan.
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
    interest, sites, costs = places_and_costs(dataset)
    effective = effective_costs(costs, settings=settings)
    need = unmet_need(
        areas=dataset.areas,
        events=dataset.events,
        counts=dataset.counts,
        office=dataset.office_people(),
        settings=settings,
    )
    turnout = turnout_of(dataset, sites, effective, rng=named_stream(rng, "turnout"))
    candidates = sites[~sites["kind"].isin(SITE_KINDS_FIXED)]
    ahead = service_days(
        dataset.as_of + dt.timedelta(1), dataset.as_of + dt.timedelta(settings.horizon_days), settings=settings
    )
    free = free_days_by_site(candidates, dataset.events, ahead, settings=settings)
    proposed = proposed_days(free, candidates.index, settings=settings)
    return Forecasted(
        dataset=dataset,
        interest=interest,
        sites=sites,
        costs=costs,
        effective=effective,
        need=need,
        forecast=turnout.forecast(
            sites=candidates, costs=effective, days=proposed, n_draws=n_draws, rng=named_stream(rng, "forecast")
        ),
        impact=office_impact(dataset, sites, effective, rounding_base=1, rng=named_stream(rng, "impact")),
        rng=rng,
    )


def turnout_of(
    dataset: Dataset, sites: pd.DataFrame, effective: pd.DataFrame, *, rng: np.random.Generator
) -> TurnoutResult:
    """What the product learns of turnout."""
    return fit_turnout(
        areas=dataset.areas,
        sites=sites,
        events=dataset.events,
        counts=dataset.counts,
        costs=effective,
        question=TurnoutQuestion(
            interest=dataset.interest, office_monthly=dataset.office_people(), settings=dataset.settings
        ),
        rng=rng,
    )


def product_plan(office: Office, made: Forecasted, *, answers: int = 0) -> ProductPlan:
    """The plan of the next pop-ups, as `outreach plan` makes it.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    answers
        People who answered the desk question: `office.dataset(answers)`.
    """
    displacement = displacement_of_dataset(
        office.dataset(answers),
        made.sites,
        made.effective,
        need=made.need,
        impact=made.impact,
        n_draws=len(made.forecast.draws),
        rng=made.rng,
    )
    ranking, together = _planned_by(made, displacement)
    reach = together.question.reach

    last = together.schedule.events["day"].max()

    def value(sites: tuple[str, ...]) -> float:
        visits = reach.visits(sites)
        # the bound is for plans that are over by the last day of the product's own
        return float(reach.expected(visits).sum()) if max(day for _, day in visits) <= last else 0.0

    return ProductPlan(
        visits=tuple(Visit(site_id=str(row.site_id), day=row.day) for row in together.schedule.events.itertuples()),
        low=together.plan.ci_low,
        high=together.plan.ci_high,
        eligible=ranking.by_site.index,
        people=ranking.by_site["people"],
        tied=ranking.by_site.index[ranking.by_site["tied"].astype(bool)],
        gate=made.impact.status,
        value=value,
        upper_bound=value(together.plan.sites) / (1 - together.plan.gap),
    )


def planned_with(office: Office, made: Forecasted, displacement: pd.Series) -> tuple[Visit, ...]:
    """What the product's planner chooses from the same forecast, were displacement another.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    displacement
        Index area_id: taken as known.

    Returns
    -------
    tuple
        The visits on their days.
    """
    n_draws = len(made.forecast.draws)
    taken = displacement_of_dataset(
        office.known, made.sites, made.effective, need=made.need, impact=None, n_draws=n_draws, rng=made.rng
    )
    known = np.broadcast_to(displacement.reindex(taken.area_ids).to_numpy(float), taken.draws.shape)
    _, together = _planned_by(made, dataclasses.replace(taken, draws=known))
    return tuple(Visit(site_id=str(row.site_id), day=row.day) for row in together.schedule.events.itertuples())


def _planned_by(made: Forecasted, displacement: DisplacementResult) -> tuple[RankingResult, PlanAnalysis]:
    dataset, settings = made.dataset, made.dataset.settings
    as_of = dataset.as_of
    unmet = made.need.by_area
    _, ranking, together = rank_and_plan(
        made.forecast,
        displacement,
        dataset,
        made.sites,
        made.costs,
        need=unmet.loc[unmet["in_jurisdiction"], "need"],
        interest=made.interest,
        days=service_days(as_of + dt.timedelta(1), as_of + dt.timedelta(settings.horizon_days), settings=settings),
        announced=_planned(dataset),
        options=PlanOptions(n_events=N_EVENTS),
        rng=made.rng,
    )
    return ranking, together


def _planned(dataset: Dataset) -> pd.DataFrame:
    """Announced pop-ups, by date."""
    events = dataset.events
    ahead = (events["status"] == "planned") & (events["date"] > pd.Timestamp(dataset.as_of))
    return events[ahead].sort_values("date")
