"""The one place that knows this product's own steps: from an office's data to what it advises."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.plan_study import PlanOptions
from outreach_analysis.study import Study
from regret_study.offices import N_EVENTS, Office
from regret_study.visits import Visit


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


MADE_ONCE = ("interest", "sites", "costs", "need", "forecast", "impact")
"""What the product makes of an office before anything is known of displacement."""


def forecasted(office: Office, *, n_draws: int, rng: np.random.Generator) -> Study:
    """The study of an office; its forecast is the same for every displacement."""
    return Study(office.known, internal=True, n_draws=n_draws, options=PlanOptions(n_events=N_EVENTS), rng=rng)


def product_plan(office: Office, made: Study, *, answers: int = 0) -> ProductPlan:
    """The plan of the next pop-ups, as `outreach plan` makes it.

    Parameters
    ----------
    office, made
        The office, and `forecasted` of it.
    answers
        People who answered the desk question: `office.dataset(answers)`.
    """
    study = _with_results_of(made, dataclasses.replace(made, dataset=office.dataset(answers)))
    ranking, together = study.ranking, study.planning
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


def planned_with(office: Office, made: Study, displacement: pd.Series) -> tuple[Visit, ...]:
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
    taken = made.displacement
    known = np.broadcast_to(displacement.reindex(taken.area_ids).to_numpy(float), taken.draws.shape)
    study = _with_results_of(made, made, displacement=dataclasses.replace(taken, draws=known))
    return tuple(Visit(site_id=str(row.site_id), day=row.day) for row in study.schedule.events.itertuples())


def _with_results_of(made: Study, study: Study, **results: object) -> Study:
    return study.given(**{name: getattr(made, name) for name in MADE_ONCE}, **results)
