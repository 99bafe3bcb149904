"""The plan of an office and everything about it that is asked for: curve, fairness, hypotheses, dates."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, partial

import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.equity import (
    EquityResult,
    FairnessResult,
    SensitivityResult,
    fairness_plans,
    plan_equity,
    preference_weights,
    weight_sensitivity,
    worst_served_areas,
)
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance, Visit
from outreach_analysis.decisions.plan_problem import Conflict, PlanRequest, PlanResult
from outreach_analysis.decisions.planning import DatedReach, PlanLimits, certified, expected_visits, plan_popups
from outreach_analysis.decisions.ranking import (
    RankingResult,
    kabupaten_of,
)
from outreach_analysis.decisions.scenarios import (
    FAIRNESS_WEIGHTS,
    MOST_EVENTS,
    HypothesesResult,
    ScenarioQuestion,
    ScenarioResult,
    compare_hypotheses,
    facts_to_find,
    plan_scenarios,
)
from outreach_analysis.decisions.schedule import (
    DaySolver,
    DayWindow,
    ScheduleResult,
    ScheduleRules,
    days_outside,
    possible_days,
    schedule_popups,
    team_minutes,
)
from outreach_analysis.doors import Seed, named_stream
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.models.displacement import DisplacementResult, Hypothesis
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

# --- What ranking and plan share: the worst-served fifth, the ways of the team and the stated weights.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionBasis:
    """What the ranking and the plan share, so that they answer by the same numbers."""

    need: pd.Series
    costs: pd.DataFrame
    worst: pd.Index
    minutes: pd.Series
    weights: DecisionWeights | None


def decision_basis(
    need: pd.Series,
    site_ids: pd.Index,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
) -> DecisionBasis:
    """Unmet need, worst-served fifth, ways and stated weights, for `rank_sites` and `plan_next` alike."""
    worst = worst_served_areas(need, areas["population"])
    minutes = team_minutes(sites, costs)
    weights = preference_weights(sites.loc[site_ids], worst=worst, minutes=minutes, settings=settings)
    return DecisionBasis(need=need, costs=costs, worst=worst, minutes=minutes, weights=weights)


# --- What is asked of a plan: how many events, when, with and without which places.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanOptions:
    """What is asked of a plan; None: as the settings say.

    Attributes
    ----------
    n_events
        New events, strictly; None: `settings.plan_events`, or as many as the places allow where those are fewer.
    start, end
        First and last day, both inclusive; None: from `settings.lead_days` after as_of, and
        `settings.plan_months` months after as_of.
    required, forbidden
        Places that must, or must not, be visited, beside those that a rule keeps out.
    teams
        None: `settings.plan_teams`.
    budget
        Rupiah for all new events together; None: `settings.plan_budget`.
    max_per_kabupaten
        New events in one kabupaten, at most; None: no limit.
    reach
        Additional people wished: as few events as are expected to reach them, read off the plan size curve; None: not
        asked. Not together with `n_events`.
    min_gap_days
        Days between two visits to one place; None: `settings.plan_min_gap_days`.
    windows
        Days of places that can be served on these alone, by `site_id`.

    Raises
    ------
    RequestError
        Where both `n_events` and `reach` are given.

    Examples
    --------
    >>> PlanOptions(n_events=2, max_per_kabupaten=1).n_events
    2
    """

    n_events: int | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    teams: int | None = None
    budget: float | None = None
    max_per_kabupaten: int | None = None
    reach: float | None = None
    min_gap_days: int | None = None
    windows: Mapping[str, DayWindow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.n_events is not None and self.reach is not None:
            raise RequestError("give either a number of events or the people to reach, not both")


def events_asked(options: PlanOptions, room: int, settings: Settings) -> int:
    """Events asked for, strictly; by default no more than the places allow, and one where they allow none."""
    return max(min(settings.plan_events, room), 1) if options.n_events is None else options.n_events


def period_of(options: PlanOptions, settings: Settings) -> tuple[dt.date, dt.date]:
    """First and last day; a period that holds no day on which an event can stand is refused."""
    if settings.as_of is None:
        raise RequestError("settings.as_of is not set: the period counts from it")
    as_of = pd.Timestamp(settings.as_of)
    earliest = (as_of + pd.Timedelta(days=settings.lead_days)).date()
    start = options.start or earliest
    end = options.end or (as_of + pd.DateOffset(months=settings.plan_months)).date()
    if end < earliest:
        raise RequestError.in_words(
            "the period ends on {end}; the earliest day is {earliest}, {days} days ahead",
            end=end,
            earliest=earliest,
            days=settings.lead_days,
        )
    if end < start:
        raise RequestError.in_words("the period ends ({end}) before it begins ({start})", end=end, start=start)
    return max(start, earliest), end


def check_places(options: PlanOptions, incremental: IncrementalAttendance, sites: pd.DataFrame) -> None:
    """Every place named must be a candidate; what is misspelt is named with its nearest candidates."""
    known = [str(site) for site in incremental.site_ids]
    named = dict.fromkeys([*options.required, *options.forbidden])
    faults = [unknown_place(site, known, sites) for site in named if site not in known]
    if faults:
        raise RequestError.several(faults)


def unknown_place(site_id: str, candidates: Sequence[str], sites: pd.DataFrame) -> RequestError:
    """Why a place cannot be visited, with the ids or names that may be meant."""
    if site_id in sites.index:
        name = sites["name"][site_id]
        return RequestError.in_words(
            "{site} ({name}) is a fixed service point, not a place to visit", site=site_id, name=name
        )
    names = {str(sites["name"][site]): site for site in candidates}
    near = [*get_close_matches(site_id, candidates, n=3), *(names[n] for n in get_close_matches(site_id, names, n=3))]
    meant = ", ".join(f"{site} ({sites['name'][site]})" for site in dict.fromkeys(near))
    if meant:
        return RequestError.in_words("no place has the id {site}; did you mean {meant}?", site=site_id, meant=meant)
    return RequestError.in_words("no place has the id {site}", site=site_id)


# --- The plan of the next months: places, days, who is reached, what fairness costs, how much hangs on the weights.


CURVE_EVENTS = 6
"""Least number of events up to which the curve goes, where there are as many places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanAnalysis:
    """The plan with everything that is said about it; what is said beside plan and schedule is made when asked for.

    Attributes
    ----------
    plan, schedule
        Which places together, and on which days; an infeasible one names its conflicts.
    basis
        What ranking and plan share.
    start, end
        The days among which the events stand, both inclusive.
    without_day
        `site_id` of eligible places that have no free day of an allowed kind between them, so that they are not
        planned.
    wished
        Events asked for, or those that the settings wish.
    question
        What was asked of what.
    """

    plan: PlanResult
    schedule: ScheduleResult
    basis: DecisionBasis
    start: dt.date
    end: dt.date
    without_day: tuple[str, ...]
    wished: int
    question: PlanQuestion

    @cached_property
    def longer(self) -> PlanResult:
        """The same question with more events, for the curve of how many are worth it."""
        return self.question.longer(self.plan)

    @cached_property
    def spread(self) -> PlanResult | None:
        """The best plan with at most one event a kabupaten, where the plan puts more into one; else None."""
        return self.question.spread(self.plan)

    @cached_property
    def equity(self) -> EquityResult | None:
        """Who is reached, by quintiles, with Gini and Lorenz curve; None where the plan is infeasible."""
        return self.question.equity(self.plan)

    @cached_property
    def fairness(self) -> FairnessResult:
        """Plans from the most reach to the most for the most underserved quintile."""
        return self.question.fairness(self.plan)

    @cached_property
    def sensitivity(self) -> SensitivityResult:
        """How much the first place of the ranking hangs on the weights."""
        return self.question.sensitivity()

    @cached_property
    def scenarios(self) -> ScenarioResult:
        """Plans of every number of events and weight of fairness, to be tried out."""
        return self.question.scenarios(self.plan)

    @property
    def is_cut(self) -> bool:
        """Whether fewer events are planned than the settings wish, since the places allow no more."""
        return self.plan.status != "infeasible" and self.plan.n_events < self.wished


def plan_next(
    incremental: IncrementalAttendance,
    ranking: RankingResult,
    *,
    basis: DecisionBasis,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    options: PlanOptions | None = None,
    rng: Seed,
) -> PlanAnalysis:
    """Plan the next events together, give each its day, and say what the plan means.

    Places that the ranking excludes are forbidden; so are places without a free day in the period. A required place
    that is excluded makes the plan infeasible, by name. A plan of one is the recommended place. Plans are searched as
    if visits lay a typical time apart; the best ones compete again on their own days; the bound holds for any days.

    Parameters
    ----------
    incremental, ranking, basis
        What was ranked, how, and by which need, ways and weights.
    sites, areas, events
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
    RequestError
        Where the period ends before it begins or before it can begin, a place that is named is no candidate, or there
        is a budget and no cost is known.
    """
    settings, options = ranking.settings, options or PlanOptions()
    start, end = period_of(options, settings)
    check_places(options, incremental, sites)
    days = service_days(start, end, settings=settings)
    eligible = ranking.by_site.index
    outside = days_outside(options.windows, days["day"])
    possible = possible_days(sites.loc[eligible.sort_values()], days, blackout=outside, settings=settings)
    without = tuple(str(site) for site in eligible if site not in set(possible["site_id"]))
    not_planned = [site for site in without if site not in options.required]
    open_places = eligible.difference([*options.forbidden, *not_planned])
    room = len(open_places) * settings.plan_max_visits
    asked = PlanRequest(
        n_events=events_asked(options, room, settings),
        scheduled=Counter(),
        required=Counter(options.required),
        forbidden=frozenset([*ranking.excluded.index, *options.forbidden, *not_planned]),
        max_visits=settings.plan_max_visits,
    )
    rules = ScheduleRules(
        teams=settings.plan_teams if options.teams is None else options.teams,
        blackout=outside,
        min_gap_days=settings.plan_min_gap_days if options.min_gap_days is None else options.min_gap_days,
        events=events,
        wished={site: window.wished for site, window in options.windows.items() if window.wished is not None},
        settings=settings,
    )
    finder = _DayFinder(ranking, incremental, sites, days, basis=basis, rules=rules)
    typical = max((end - start).days / (asked.n_events + 1), 1.0)
    means = expected_visits(incremental, start=_day_before(incremental, settings), gap=typical)
    question = PlanQuestion(
        incremental=incremental,
        ranking=ranking,
        basis=basis,
        sites=sites,
        areas=areas,
        options=options,
        asked=asked,
        room=room,
        search=means.undated(incremental.days, gap=typical),
        days=possible["day"],
        gap=typical,
        reach=DatedReach(incremental, means, finder.visits),
        rng=rng,
    )
    plan = question.plan(asked.n_events, limits=_limits(options, sites, areas, settings))
    if options.reach is not None and plan.status != "infeasible":
        longer = question.longer(plan)
        enough = longer.curve.index[longer.curve["expected_reach"] >= options.reach]
        n_events = int(enough[0]) if len(enough) else longer.n_events
        plan = question.plan(n_events, limits=_limits(options, sites, areas, settings))
    plan = _with_days_named(plan, without)
    return PlanAnalysis(
        plan=plan,
        schedule=finder.of_plan(plan),
        basis=basis,
        start=start,
        end=end,
        without_day=without,
        wished=settings.plan_events if options.n_events is None else options.n_events,
        question=question,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanQuestion:
    """What a plan is asked for, and the plans that answer it or a question beside it."""

    incremental: IncrementalAttendance
    ranking: RankingResult
    basis: DecisionBasis
    sites: pd.DataFrame
    areas: pd.DataFrame
    options: PlanOptions
    asked: PlanRequest
    room: int
    search: tuple[pd.Series, pd.DataFrame]
    days: pd.Series
    gap: float
    reach: DatedReach
    rng: Seed

    def plan(self, n_events: int, *, limits: PlanLimits | None) -> PlanResult:
        """The best plan of so many events on its days, with a bound for any days until its last."""
        best = partial(plan_popups, weights=self.basis.weights, limits=limits)
        request = dataclasses.replace(self.asked, n_events=n_events)
        wished = dataclasses.replace(request, preferred=self.ranking.recommended)
        plan = best(*self.search, request=wished, reach=self.reach, rng=named_stream(self.rng, "plan"))
        if plan.status == "infeasible":
            return plan
        bound = best(*self._bounds(plan.sites), request=request, rng=named_stream(self.rng, "bound"))
        plan = certified(plan, self.reach, bound, self.basis.weights)
        return dataclasses.replace(plan, scheduled=self.ranking.scheduled)

    def longer(self, plan: PlanResult) -> PlanResult:
        """The plan of about twice as many events."""
        more = max(plan.n_events, min(max(2 * plan.n_events, CURVE_EVENTS), self.room))
        if more == plan.n_events:
            return plan
        found = self.plan(more, limits=_limits(self.options, self.sites, self.areas, self.ranking.settings))
        return plan if found.status == "infeasible" else found

    def spread(self, plan: PlanResult) -> PlanResult | None:
        """The best plan with one event a kabupaten, where the plan has more and there is such a plan."""
        if plan.status == "infeasible" or self.options.max_per_kabupaten is not None:
            return None
        if kabupaten_of(self.sites.loc[list(plan.sites), "area_id"], self.areas).value_counts().max() < 2:
            return None
        options = dataclasses.replace(self.options, max_per_kabupaten=1)
        found = self.plan(plan.n_events, limits=_limits(options, self.sites, self.areas, self.ranking.settings))
        return None if found.status == "infeasible" else found

    def equity(self, plan: PlanResult) -> EquityResult | None:
        """Who is reached by a plan."""
        if plan.status == "infeasible":
            return None
        fixed = self.sites.index[self.sites["kind"].isin(SITE_KINDS_FIXED)]
        costs = self.basis.costs
        km = costs[costs["site_id"].isin(fixed)].groupby("area_id")["km"].min()
        return plan_equity(plan, need=self.basis.need, residents=self.areas["population"], km=km, reach=self.reach)

    def fairness(self, plan: PlanResult) -> FairnessResult:
        """Plans of as many events, from the most reach to the most for the most underserved quintile."""
        pool, attendance = self.search
        return fairness_plans(
            pool,
            attendance,
            request=PlanRequest(
                n_events=plan.n_events,
                required=self.asked.required.elements(),
                forbidden=self.asked.forbidden,
                max_visits=self.asked.max_visits,
            ),
            worst=self.basis.worst,
            known=[] if plan.status == "infeasible" else [plan.sites],
            reach=self.reach,
            rng=named_stream(self.rng, "fairness"),
        )

    def sensitivity(self) -> SensitivityResult:
        """How much the first place of the ranking hangs on the weights."""
        return weight_sensitivity(
            self.incremental,
            self.ranking,
            worst=self.basis.worst,
            minutes=self.basis.minutes,
            weights=self.basis.weights,
            rng=named_stream(self.rng, "weights"),
        )

    def scenarios(self, plan: PlanResult) -> ScenarioResult:
        """Plans under the same rules and costs, the stated weight of fairness among those tried."""
        pool, attendance = self.search
        return plan_scenarios(
            pool,
            attendance,
            question=ScenarioQuestion(
                worst=self.basis.worst,
                max_events=max(MOST_EVENTS, self.asked.n_events),
                fairness=sorted({*FAIRNESS_WEIGHTS, self.ranking.settings.weight_worst_served}),
                required=self.asked.required.elements(),
                forbidden=self.asked.forbidden,
                max_visits=self.asked.max_visits,
                site_costs=None if self.basis.weights is None else self.basis.weights.sites,
                known=[plan],
            ),
            bounds=self._bounds(None) if len(self.days) else None,
            reach=self.reach,
            rng=named_stream(self.rng, "scenarios"),
        )

    def hypotheses(
        self, plan: PlanResult, displacements: Mapping[Hypothesis, DisplacementResult], comers: pd.Series
    ) -> HypothesesResult:
        """The plan if each hypothesis on displacement were true, with days found as for the plan itself."""
        limits = _limits(self.options, self.sites, self.areas, self.ranking.settings)
        found: dict[Hypothesis, PlanResult] = {"learned": plan}
        for name, displacement in displacements.items():
            found[name] = self._under(displacement).plan(plan.n_events, limits=limits)
        return compare_hypotheses(
            self.incremental,
            displacements,
            {
                name: [self.reach.visits(sites) for sites in (each.sites, *each.alternatives["sites"])]
                for name, each in found.items()
            },
            facts=facts_to_find(self.incremental, comers),
            weights=self.basis.weights,
            rng=self.rng,
        )

    def _under(self, displacement: DisplacementResult) -> PlanQuestion:
        """The same question where another displacement is true."""
        incremental = self.incremental.under(displacement)
        means = expected_visits(incremental, start=self.reach.means.start, gap=self.gap)
        search = means.undated(incremental.days, gap=self.gap)
        return dataclasses.replace(
            self, incremental=incremental, search=search, reach=self.reach.under(incremental, means)
        )

    def _bounds(self, sites: tuple[str, ...] | None) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and attendance whose best plan none exceeds that is over by the last day of a plan, or of the period."""
        own = [] if sites is None else [pd.Timestamp(day) for _, day in self.reach.visits(sites)]
        days = self.days if sites is None else self.days[self.days <= max(own, default=self.days.max())]
        return self.reach.means.relaxed([*days, *own])


def _limits(options: PlanOptions, sites: pd.DataFrame, areas: pd.DataFrame, settings: Settings) -> PlanLimits | None:
    budget = settings.plan_budget if options.budget is None else options.budget
    if budget is None and options.max_per_kabupaten is None:
        return None
    return PlanLimits(
        costs=pd.to_numeric(sites["cost"]),
        budget=budget,
        groups=kabupaten_of(sites["area_id"], areas),
        most_per_group=options.max_per_kabupaten,
    )


def _day_before(incremental: IncrementalAttendance, settings: Settings) -> pd.Timestamp:
    """A day after the last held event and before every visit."""
    first = pd.Timestamp(settings.as_of or dt.date.max) + pd.Timedelta(days=1)
    return pd.Timestamp(min([first, *incremental.announced["date"]]))


class _DayFinder:
    """Days for sets of visits; the recommended place keeps its proposed day where the rest fits around it."""

    def __init__(
        self,
        ranking: RankingResult,
        incremental: IncrementalAttendance,
        sites: pd.DataFrame,
        days: pd.DataFrame,
        *,
        basis: DecisionBasis,
        rules: ScheduleRules,
    ) -> None:
        self._ranking = ranking
        self._people = incremental.increments()
        self._sites = sites
        self._days = days
        self._costs = basis.costs
        self._rules = rules
        self._solver = DaySolver(sites.loc[incremental.site_ids], self._people, basis.minutes, days, rules=rules)

    def visits(self, sites: tuple[str, ...]) -> tuple[Visit, ...] | None:
        """The visits with their days; None where no days meet all constraints."""
        counts = Counter(sites)
        promised = self._promised(counts)
        found = self._solver.days(counts, promised) if sites else ()
        return self._solver.days(counts, {}) if found is None and promised else found

    def of_plan(self, plan: PlanResult) -> ScheduleResult:
        """The schedule of a plan, on the days by which it was judged."""
        days = partial(
            schedule_popups,
            plan,
            sites=self._sites,
            service_days=self._days,
            rules=self._rules,
            costs=self._costs,
            people=self._people,
        )
        found = days(fixed=self._promised(plan.by_site["visits"]))
        return days() if found.status == "infeasible" else found

    def _promised(self, visits: Mapping[str, int] | pd.Series) -> dict[str, pd.Timestamp]:
        best = self._ranking.recommended
        if best is None or visits.get(best, 0) != 1:
            return {}
        return {best: self._ranking.by_site["next_day"][best]}


def _with_days_named(plan: PlanResult, without: tuple[str, ...]) -> PlanResult:
    """Where places are too few because some have no day, those are named as well."""
    if not without or all(conflict.code != "too_few_places" for conflict in plan.conflicts):
        return plan
    named = Conflict(code="no_allowed_day", places=without)
    return dataclasses.replace(plan, conflicts=(*plan.conflicts, named))
