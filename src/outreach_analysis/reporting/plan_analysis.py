"""The plan of the next months: places, days, who is reached, what fairness costs, how much hangs on the weights."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.equity import EquityResult, plan_equity
from outreach_analysis.decisions.fairness import FairnessResult, fairness_plans
from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.planning import plan_popups
from outreach_analysis.decisions.ranking import RankingResult, rank_sites
from outreach_analysis.decisions.scenarios import FAIRNESS_WEIGHTS, MOST_EVENTS, ScenarioResult, plan_scenarios
from outreach_analysis.decisions.schedule import ScheduleResult, schedule_popups
from outreach_analysis.decisions.schedule_days import possible_days
from outreach_analysis.decisions.sensitivity import SensitivityResult, weight_sensitivity
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.reporting.decision_basis import DecisionBasis, decision_basis
from outreach_analysis.reporting.plan_request import PlanOptions, check_places, events_asked, period_of
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

CURVE_EVENTS = 6
"""Least number of events up to which the curve goes, where there are as many places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanAnalysis:
    """The plan with everything that is said about it.

    Attributes
    ----------
    plan, schedule
        Which places together, and on which days; an infeasible one names its conflicts.
    longer
        The same question with more events, for the curve of how many are worth it.
    equity
        Who is reached, by fifths, with Gini and Lorenz curve; None where the plan is infeasible.
    fairness
        Plans from the most reach to the most for the worst-served fifth.
    sensitivity
        How much the first place of the ranking hangs on the weights.
    try_out
        Makes `scenarios`.
    basis
        What ranking and plan share.
    start, end
        The days among which the events stand, both inclusive.
    without_day
        `site_id` of eligible places that have no free day of an allowed kind between them, so that they are not
        planned.
    wished
        Events asked for, or those that the settings wish.
    """

    plan: PlanResult
    schedule: ScheduleResult
    longer: PlanResult
    equity: EquityResult | None
    fairness: FairnessResult
    sensitivity: SensitivityResult
    try_out: Callable[[], ScenarioResult]
    basis: DecisionBasis
    start: dt.date
    end: dt.date
    without_day: tuple[str, ...]
    wished: int

    @cached_property
    def scenarios(self) -> ScenarioResult:
        """Plans of every number of events and weight of fairness, to be tried out; made when first asked for."""
        return self.try_out()

    @property
    def is_cut(self) -> bool:
        """Whether fewer events are planned than the settings wish, since the places allow no more."""
        return self.plan.status != "infeasible" and self.plan.n_events < self.wished


def rank_and_plan(
    incremental: IncrementalAttendance,
    dataset: Dataset,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    interest: InterestResult | None,
    days: pd.DataFrame,
    announced: pd.DataFrame,
    options: PlanOptions | None = None,
    rng: np.random.Generator,
) -> tuple[RankingResult, PlanAnalysis]:
    """The ranking and the plan by the same weights: `rank_sites`, then `plan_next`.

    Parameters
    ----------
    incremental
        What each place adds.
    dataset
        Its areas, events and settings.
    sites, costs
        All places, those added for interest too, and travel costs.
    interest
        As in `rank_sites`.
    days
        Its `service_days`.
    announced
        Planned events: column `site_id`.
    options, rng
        As in `plan_next`.

    Returns
    -------
    tuple of RankingResult and PlanAnalysis

    Raises
    ------
    ValueError
        As `rank_sites` and `plan_next`.
    """
    areas, events, settings = dataset.areas, dataset.events, dataset.settings
    basis = decision_basis(incremental, sites, areas, costs, settings=settings)
    ranking = rank_sites(
        incremental,
        sites,
        areas,
        interest=interest,
        events=events,
        costs=costs,
        service_days=days,
        scheduled=tuple(announced["site_id"].unique()),
        weights=basis.weights,
        settings=settings,
    )
    told: dict[str, Any] = {"sites": sites, "areas": areas, "events": events, "costs": costs, "options": options}
    return ranking, plan_next(incremental, ranking, basis=basis, **told, rng=rng)


def plan_next(
    incremental: IncrementalAttendance,
    ranking: RankingResult,
    *,
    basis: DecisionBasis,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    options: PlanOptions | None = None,
    rng: np.random.Generator,
) -> PlanAnalysis:
    """Plan the next events together, give each its day, and say what the plan means.

    Places that the ranking excludes are forbidden, so that a plan of one is the ranking's leader; so are places
    without a free day in the period. A required place that is excluded makes the plan infeasible, by name.

    Parameters
    ----------
    incremental, ranking, basis
        What was ranked, how, and by which weights.
    sites, areas, events, costs
        As in `rank_sites` and `schedule_popups`.
    options
        What is asked; None: as the settings say.
    rng
        Source of randomness.

    Returns
    -------
    PlanAnalysis

    Raises
    ------
    ValueError
        Where the period ends before it begins or before it can begin, or a place that is named is no candidate.
    """
    settings, options = ranking.settings, options or PlanOptions()
    start, end = period_of(options, settings)
    check_places(options, incremental, sites)
    days = service_days(start, end, settings=settings)
    eligible = ranking.by_site.index
    possible = possible_days(sites.loc[eligible.sort_values()], days, settings=settings)
    without = tuple(str(site) for site in eligible if site not in set(possible["site_id"]))
    not_planned = [site for site in without if site not in options.required]
    open_places = eligible.difference([*options.forbidden, *not_planned])
    room = len(open_places) * settings.plan_max_visits
    asked: dict[str, Any] = {
        "n_events": events_asked(options, room, settings),
        "scheduled": ranking.scheduled,
        "required": options.required,
        "forbidden": tuple(dict.fromkeys([*ranking.excluded.index, *options.forbidden, *not_planned])),
        "max_visits": settings.plan_max_visits,
    }
    pool, attendance = incremental.pool, incremental.attendance
    plan = plan_popups(pool, attendance, **asked, weights=basis.weights, draws=incremental, rng=rng)
    plan = _with_days_named(plan, without)
    try_out = _plans_to_try_out(incremental, plan, basis, asked, settings=settings, rng=rng)
    more = max(plan.n_events, min(max(2 * plan.n_events, CURVE_EVENTS), room))
    longer = plan_popups(pool, attendance, **(asked | {"n_events": more}), weights=basis.weights, rng=rng)
    teams = settings.plan_teams if options.teams is None else options.teams
    schedule = _schedule(plan, ranking, sites, days, teams=teams, costs=costs, events=events)
    return PlanAnalysis(
        plan=plan,
        schedule=schedule,
        longer=longer if longer.status != "infeasible" else plan,
        equity=_equity(plan, incremental, areas, costs, sites),
        fairness=fairness_plans(pool, attendance, worst=basis.worst, **asked, rng=rng),
        sensitivity=weight_sensitivity(
            incremental, ranking, worst=basis.worst, minutes=basis.minutes, weights=basis.weights, rng=rng
        ),
        try_out=try_out,
        basis=basis,
        start=start,
        end=end,
        without_day=without,
        wished=settings.plan_events if options.n_events is None else options.n_events,
    )


def _plans_to_try_out(
    incremental: IncrementalAttendance,
    plan: PlanResult,
    basis: DecisionBasis,
    asked: dict[str, Any],
    *,
    settings: Settings,
    rng: np.random.Generator,
) -> Callable[[], ScenarioResult]:
    """Makes plans under the same rules and costs as the plan, the stated weight of fairness among those tried.

    They are the same however often and however late they are asked for, and nothing else hangs on whether they are.
    """
    seed = int(rng.spawn(1)[0].integers(2**63))
    same = {name: asked[name] for name in ("scheduled", "required", "forbidden", "max_visits")}

    def make() -> ScenarioResult:
        return plan_scenarios(
            incremental.pool,
            incremental.attendance,
            worst=basis.worst,
            max_events=max(MOST_EVENTS, asked["n_events"]),
            fairness=sorted({*FAIRNESS_WEIGHTS, settings.weight_worst_served}),
            **same,
            site_costs=None if basis.weights is None else basis.weights.sites,
            known=[plan],
            draws=incremental,
            rng=np.random.default_rng(seed),
        )

    return make


def _schedule(
    plan: PlanResult,
    ranking: RankingResult,
    sites: pd.DataFrame,
    days: pd.DataFrame,
    *,
    teams: int,
    costs: pd.DataFrame,
    events: pd.DataFrame,
) -> ScheduleResult:
    """Days of the plan; the place recommended next keeps the day proposed for it, where the rest fits around it."""
    settings, best = ranking.settings, ranking.recommended
    asked: dict[str, Any] = {
        "teams": teams,
        "min_gap_days": settings.plan_min_gap_days,
        "costs": costs,
        "events": events,
        "settings": settings,
    }
    if best is not None and best in plan.by_site.index and plan.by_site["visits"][best] == 1:
        proposed = ranking.by_site["next_day"][best]
        kept = schedule_popups(plan, sites, days, fixed={best: proposed}, **asked)
        if kept.status != "infeasible":
            return kept
    return schedule_popups(plan, sites, days, **asked)


def _with_days_named(plan: PlanResult, without: tuple[str, ...]) -> PlanResult:
    """Where places are too few because some have no day, those are named as well."""
    if not without or all(conflict.code != "too_few_places" for conflict in plan.conflicts):
        return plan
    named = Conflict(code="no_allowed_day", places=without)
    return dataclasses.replace(plan, conflicts=(*plan.conflicts, named))


def _equity(
    plan: PlanResult, incremental: IncrementalAttendance, areas: pd.DataFrame, costs: pd.DataFrame, sites: pd.DataFrame
) -> EquityResult | None:
    if plan.status == "infeasible":
        return None
    fixed = sites.index[sites["kind"].isin(SITE_KINDS_FIXED)]
    km = costs[costs["site_id"].isin(fixed)].groupby("area_id")["km"].min()
    return plan_equity(plan, need=incremental.need, residents=areas["population"], km=km, draws=incremental)
