"""The plan of the next months: places, days, who is reached, what fairness costs, how much hangs on the weights."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.equity import EquityResult, plan_equity
from outreach_analysis.decisions.fairness import FairnessResult, fairness_plans
from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.planning import plan_popups
from outreach_analysis.decisions.ranking import RankingResult, rank_sites
from outreach_analysis.decisions.schedule import ScheduleResult, possible_days, schedule_popups, team_minutes
from outreach_analysis.decisions.sensitivity import SensitivityResult, weight_sensitivity
from outreach_analysis.decisions.stated_weights import stated_weights, worst_served_areas
from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

CURVE_EVENTS = 6
"""Least number of events up to which the curve goes, where there are as many places."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanOptions:
    """What is asked of a plan; None: as the settings say.

    Attributes
    ----------
    n_events
        New events; None: `settings.plan_events`.
    start, end
        First and last day, both inclusive; None: from `settings.lead_days` after as_of, and
        `settings.plan_months` months after as_of.
    required, forbidden
        Places that must, or must not, be visited, beside those that a rule keeps out.
    teams
        None: `settings.plan_teams`.
    """

    n_events: int | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    teams: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionBasis:
    """What the ranking and the plan share, so that they answer by the same numbers.

    Attributes
    ----------
    worst
        `area_id` of the fifth of residents with most unmet need per resident.
    minutes
        Index `site_id`: the team's way, one way; a place whose way is unknown is not in it.
    weights
        The stated weights; None where everybody counts once and visits cost nothing.
    """

    worst: pd.Index
    minutes: pd.Series
    weights: DecisionWeights | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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
    basis
        What ranking and plan share.
    start, end
        The days among which the events stand, both inclusive.
    without_day
        `site_id` of eligible places that have no free day of an allowed kind between them, so that they are not
        planned.
    """

    plan: PlanResult
    schedule: ScheduleResult
    longer: PlanResult
    equity: EquityResult | None
    fairness: FairnessResult
    sensitivity: SensitivityResult
    basis: DecisionBasis
    start: dt.date
    end: dt.date
    without_day: tuple[str, ...]


def rank_and_plan(
    incremental: IncrementalAttendance,
    *,
    sites: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    interest: InterestResult | None,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    days: pd.DataFrame,
    scheduled: Sequence[str],
    options: PlanOptions | None = None,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[RankingResult, PlanAnalysis]:
    """The ranking and the plan by the same weights: `rank_sites`, then `plan_next`.

    Parameters
    ----------
    incremental, sites, areas, interest, events, costs, scheduled, settings
        As in `rank_sites`.
    days
        Its `service_days`.
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
    basis = decision_basis(incremental, sites, areas, costs, settings=settings)
    ranking = rank_sites(
        incremental,
        sites,
        areas,
        interest=interest,
        events=events,
        costs=costs,
        service_days=days,
        scheduled=scheduled,
        weights=basis.weights,
        settings=settings,
    )
    told: dict[str, Any] = {"sites": sites, "areas": areas, "events": events, "costs": costs, "options": options}
    return ranking, plan_next(incremental, ranking, basis=basis, **told, rng=rng)


def decision_basis(
    incremental: IncrementalAttendance,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
) -> DecisionBasis:
    """Worst-served fifth, ways of the team and stated weights, for `rank_sites` and `plan_next` alike.

    Parameters
    ----------
    incremental
        From `incremental_attendance`; its areas and places are those weighed.
    sites
        Index `site_id`; columns `kind`, `area_id`, `cost`.
    areas
        Index `area_id`; column `population`.
    costs
        Columns `area_id, site_id, minutes`.
    settings
        The weights.

    Returns
    -------
    DecisionBasis
    """
    worst = worst_served_areas(incremental.need, areas["population"])
    minutes = team_minutes(sites, costs)
    weights = stated_weights(sites.loc[incremental.site_ids], worst=worst, minutes=minutes, settings=settings)
    return DecisionBasis(worst=worst, minutes=minutes, weights=weights)


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
    start, end = _period(options, settings)
    _check_places(options, incremental, sites)
    days = service_days(start, end, settings=settings)
    eligible = ranking.by_site.index
    possible = possible_days(sites.loc[eligible.sort_values()], days, settings=settings)
    without = tuple(str(site) for site in eligible if site not in set(possible["site_id"]))
    not_planned = [site for site in without if site not in options.required]
    asked: dict[str, Any] = {
        "n_events": settings.plan_events if options.n_events is None else options.n_events,
        "scheduled": ranking.scheduled,
        "required": options.required,
        "forbidden": tuple(dict.fromkeys([*ranking.excluded.index, *options.forbidden, *not_planned])),
        "max_visits": settings.plan_max_visits,
    }
    pool, attendance = incremental.pool, incremental.attendance
    plan = plan_popups(pool, attendance, **asked, weights=basis.weights, draws=incremental, rng=rng)
    plan = _with_days_named(plan, without)
    more = max(plan.n_events, min(max(2 * plan.n_events, CURVE_EVENTS), len(eligible) - len(not_planned)))
    longer = plan_popups(pool, attendance, **(asked | {"n_events": more}), weights=basis.weights, rng=rng)
    schedule = schedule_popups(
        plan,
        sites,
        days,
        teams=settings.plan_teams if options.teams is None else options.teams,
        min_gap_days=settings.plan_min_gap_days,
        costs=costs,
        events=events,
        settings=settings,
    )
    return PlanAnalysis(
        plan=plan,
        schedule=schedule,
        longer=longer if longer.status != "infeasible" else plan,
        equity=_equity(plan, incremental, areas, costs, sites),
        fairness=fairness_plans(pool, attendance, worst=basis.worst, **asked, rng=rng),
        sensitivity=weight_sensitivity(
            incremental, ranking, worst=basis.worst, minutes=basis.minutes, weights=basis.weights, rng=rng
        ),
        basis=basis,
        start=start,
        end=end,
        without_day=without,
    )


def _period(options: PlanOptions, settings: Settings) -> tuple[dt.date, dt.date]:
    """First and last day; a period that holds no day on which an event can stand is refused."""
    if settings.as_of is None:
        raise ValueError("settings.as_of is not set: the period counts from it")
    as_of = pd.Timestamp(settings.as_of)
    earliest = (as_of + pd.Timedelta(days=settings.lead_days)).date()
    start = options.start or earliest
    end = options.end or (as_of + pd.DateOffset(months=settings.plan_months)).date()
    if end < earliest:
        raise ValueError(f"the period ends on {end}; the earliest day is {earliest}, {settings.lead_days} days ahead")
    if end < start:
        raise ValueError(f"the period ends ({end}) before it begins ({start})")
    return max(start, earliest), end


def _check_places(options: PlanOptions, incremental: IncrementalAttendance, sites: pd.DataFrame) -> None:
    """Every place named must be a candidate; what is misspelt is named with its nearest candidates."""
    known = [str(site) for site in incremental.site_ids]
    named = dict.fromkeys([*options.required, *options.forbidden])
    faults = [unknown_place(site, known, sites) for site in named if site not in known]
    if faults:
        raise ValueError("; ".join(faults))


def unknown_place(site_id: str, candidates: Sequence[str], sites: pd.DataFrame) -> str:
    """Why a place cannot be visited, with the ids or names that may be meant."""
    if site_id in sites.index:
        return f"{site_id} ({sites['name'][site_id]}) is a fixed service point, not a place to visit"
    names = {str(sites["name"][site]): site for site in candidates}
    near = [*get_close_matches(site_id, candidates, n=3), *(names[n] for n in get_close_matches(site_id, names, n=3))]
    meant = ", ".join(f"{site} ({sites['name'][site]})" for site in dict.fromkeys(near))
    return f"no place has the id {site_id}" + (f"; did you mean {meant}?" if meant else "")


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
