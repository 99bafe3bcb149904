"""The plan of an office and everything about it that is asked for: curve, fairness, hypotheses, dates."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.equity import (
    EquityResult,
    FairnessResult,
    SensitivityResult,
    fairness_plans,
    plan_equity,
    weight_sensitivity,
)
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance, Visit
from outreach_analysis.decisions.plan_problem import Conflict, PlanRequest, PlanResult
from outreach_analysis.decisions.planning import DatedReach, PlanLimits, certified, expected_visits, plan_popups
from outreach_analysis.decisions.ranking import RankingResult, free_days_by_site, kabupaten_of, proposed_days
from outreach_analysis.decisions.requests import (
    AskedPeople,
    ChosenVisits,
    RequestPlaces,
    RequestsResult,
    answer_places,
    as_candidates,
    joined,
    letter_rows,
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
)
from outreach_analysis.doors import Seed, named_stream
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import effective_costs
from outreach_analysis.models.displacement import DisplacementResult, Hypothesis
from outreach_analysis.models.forecast import EventShape, Forecast
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

if TYPE_CHECKING:
    from outreach_analysis.study import Study


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionBasis:
    """What the ranking and the plan share, so that they answer by the same numbers: unmet need, ways, the worst-served
    fifth, the team's minutes and the stated weights."""

    need: pd.Series
    costs: pd.DataFrame
    worst: pd.Index
    minutes: pd.Series
    weights: DecisionWeights | None


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
    start, end
        The days among which the events stand, both inclusive.
    without_day
        `site_id` of eligible places that have no free day of an allowed kind between them: they are not planned.
    wished
        Events asked for, or those that the settings wish.
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
        """The same question with about twice as many events, for the curve of how many are worth it."""
        return self.question.longer(self.plan)

    @cached_property
    def spread(self) -> PlanResult | None:
        """The best plan with at most one event a kabupaten, where the plan puts more into one; else None."""
        asked = self.question
        if self.plan.status == "infeasible" or asked.options.max_per_kabupaten is not None:
            return None
        if kabupaten_of(asked.sites.loc[list(self.plan.sites), "area_id"], asked.areas).value_counts().max() < 2:
            return None
        options = dataclasses.replace(asked.options, max_per_kabupaten=1)
        found = dataclasses.replace(asked, options=options).best(self.plan.n_events)
        return None if found.status == "infeasible" else found

    @cached_property
    def equity(self) -> EquityResult | None:
        """Who is reached, by quintiles, with Gini and Lorenz curve; None where the plan is infeasible."""
        if self.plan.status == "infeasible":
            return None
        sites, areas, costs = self.question.sites, self.question.areas, self.basis.costs
        fixed = sites.index[sites["kind"].isin(SITE_KINDS_FIXED)]
        km = costs[costs["site_id"].isin(fixed)].groupby("area_id")["km"].min()
        need, residents = self.basis.need, areas["population"]
        return plan_equity(self.plan, need=need, residents=residents, km=km, reach=self.question.reach)

    @cached_property
    def fairness(self) -> FairnessResult:
        """Plans of as many events, from the most reach to the most for the most underserved quintile."""
        return fairness_plans(
            *self.question.search,
            request=PlanRequest(
                n_events=self.plan.n_events,
                required=self.question.asked.required.elements(),
                forbidden=self.question.asked.forbidden,
                max_visits=self.question.asked.max_visits,
            ),
            worst=self.basis.worst,
            known=[] if self.plan.status == "infeasible" else [self.plan.sites],
            reach=self.question.reach,
            rng=named_stream(self.question.rng, "fairness"),
        )

    @cached_property
    def sensitivity(self) -> SensitivityResult:
        """How much the first place of the ranking hangs on the weights."""
        return weight_sensitivity(
            self.question.incremental,
            self.question.ranking,
            worst=self.basis.worst,
            minutes=self.basis.minutes,
            weights=self.basis.weights,
            rng=named_stream(self.question.rng, "weights"),
        )

    @cached_property
    def scenarios(self) -> ScenarioResult:
        """Plans to be tried out, under the same rules and costs: of every number of events and weight of fairness, the
        stated one among them."""
        asked = self.question.asked
        return plan_scenarios(
            *self.question.search,
            question=ScenarioQuestion(
                worst=self.basis.worst,
                max_events=max(MOST_EVENTS, asked.n_events),
                fairness=sorted({*FAIRNESS_WEIGHTS, self.question.ranking.settings.weight_worst_served}),
                required=asked.required.elements(),
                forbidden=asked.forbidden,
                max_visits=asked.max_visits,
                site_costs=None if self.basis.weights is None else self.basis.weights.sites,
                known=[self.plan],
            ),
            bounds=self.question.bounds(None) if len(self.question.days) else None,
            reach=self.question.reach,
            rng=named_stream(self.question.rng, "scenarios"),
        )

    def hypotheses(self, displacements: Mapping[Hypothesis, DisplacementResult], comers: pd.Series) -> HypothesesResult:
        """The plan if each hypothesis on displacement were true, with days found as for the plan itself."""
        asked = self.question
        found: dict[Hypothesis, PlanResult] = {"learned": self.plan}
        for name, displacement in displacements.items():
            found[name] = asked.under(displacement).best(self.plan.n_events)
        return compare_hypotheses(
            asked.incremental,
            displacements,
            {
                name: [asked.reach.visits(sites) for sites in (each.sites, *each.alternatives["sites"])]
                for name, each in found.items()
            },
            facts=facts_to_find(asked.incremental, comers),
            weights=self.basis.weights,
            rng=asked.rng,
        )

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
        n_events=max(min(settings.plan_events, room), 1) if options.n_events is None else options.n_events,
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
    finder = _DayFinder(ranking=ranking, incremental=incremental, sites=sites, days=days, basis=basis, rules=rules)
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
    plan = question.best(asked.n_events)
    if options.reach is not None and plan.status != "infeasible":
        longer = question.longer(plan)
        enough = longer.curve.index[longer.curve["expected_reach"] >= options.reach]
        n_events = int(enough[0]) if len(enough) else longer.n_events
        plan = question.best(n_events)
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

    def best(self, n_events: int) -> PlanResult:
        """The best plan of so many events on its days, with a bound for any days until its last."""
        best = partial(plan_popups, weights=self.basis.weights, limits=self._limits())
        request = dataclasses.replace(self.asked, n_events=n_events)
        wished = dataclasses.replace(request, preferred=self.ranking.recommended)
        plan = best(*self.search, request=wished, reach=self.reach, rng=named_stream(self.rng, "plan"))
        if plan.status == "infeasible":
            return plan
        bound = best(*self.bounds(plan.sites), request=request, rng=named_stream(self.rng, "bound"))
        plan = certified(plan, self.reach, bound, self.basis.weights)
        return dataclasses.replace(plan, scheduled=self.ranking.scheduled)

    def longer(self, plan: PlanResult) -> PlanResult:
        """The plan of about twice as many events."""
        more = max(plan.n_events, min(max(2 * plan.n_events, CURVE_EVENTS), self.room))
        if more == plan.n_events:
            return plan
        found = self.best(more)
        return plan if found.status == "infeasible" else found

    def under(self, displacement: DisplacementResult) -> PlanQuestion:
        """The same question where another displacement is true."""
        incremental = self.incremental.under(displacement)
        means = expected_visits(incremental, start=self.reach.means.start, gap=self.gap)
        search = means.undated(incremental.days, gap=self.gap)
        return dataclasses.replace(
            self, incremental=incremental, search=search, reach=self.reach.under(incremental, means)
        )

    def bounds(self, sites: tuple[str, ...] | None) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and attendance whose best plan none exceeds that is over by the last day of a plan, or of the period."""
        own = [] if sites is None else [pd.Timestamp(day) for _, day in self.reach.visits(sites)]
        days = self.days if sites is None else self.days[self.days <= max(own, default=self.days.max())]
        return self.reach.means.relaxed([*days, *own])

    def _limits(self) -> PlanLimits | None:
        budget = self.ranking.settings.plan_budget if self.options.budget is None else self.options.budget
        if budget is None and self.options.max_per_kabupaten is None:
            return None
        return PlanLimits(
            costs=pd.to_numeric(self.sites["cost"]),
            budget=budget,
            groups=kabupaten_of(self.sites["area_id"], self.areas),
            most_per_group=self.options.max_per_kabupaten,
        )


def _day_before(incremental: IncrementalAttendance, settings: Settings) -> pd.Timestamp:
    """A day after the last held event and before every visit."""
    first = pd.Timestamp(settings.as_of or dt.date.max) + pd.Timedelta(days=1)
    return pd.Timestamp(min([first, *incremental.announced["date"]]))


@dataclass(frozen=True, kw_only=True, eq=False)
class _DayFinder:
    """Days for sets of visits; the recommended place keeps its proposed day where the rest fits around it."""

    ranking: RankingResult
    incremental: IncrementalAttendance
    sites: pd.DataFrame
    days: pd.DataFrame
    basis: DecisionBasis
    rules: ScheduleRules

    @cached_property
    def _people(self) -> pd.Series:
        return self.incremental.increments()

    @cached_property
    def _solver(self) -> DaySolver:
        candidates = self.sites.loc[self.incremental.site_ids]
        return DaySolver(candidates, self._people, self.basis.minutes, self.days, rules=self.rules)

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
            sites=self.sites,
            service_days=self.days,
            rules=self.rules,
            costs=self.basis.costs,
            people=self._people,
        )
        found = days(fixed=self._promised(plan.by_site["visits"]))
        return days() if found.status == "infeasible" else found

    def _promised(self, visits: Mapping[str, int] | pd.Series) -> dict[str, pd.Timestamp]:
        best = self.ranking.recommended
        if best is None or visits.get(best, 0) != 1:
            return {}
        return {best: self.ranking.by_site["next_day"][best]}


def _with_days_named(plan: PlanResult, without: tuple[str, ...]) -> PlanResult:
    """Where places are too few because some have no day, those are named as well."""
    if not without or all(conflict.code != "too_few_places" for conflict in plan.conflicts):
        return plan
    named = Conflict(code="no_allowed_day", places=without)
    return dataclasses.replace(plan, conflicts=(*plan.conflicts, named))


# --- Letters that ask for a pop-up: a study with their places beside the office's own, and what to answer.


def with_letters(study: Study, places: RequestPlaces) -> Study:
    """The study with the places of open letters as candidates, each on the days around its wish."""
    settings, options = study.settings, study.options or PlanOptions()
    sites = as_candidates(places, study.sites)
    costs = pd.concat([study.costs, _costs_of(study, places)], ignore_index=True)
    last = max([study.days["day"].max().date(), period_of(options, settings)[1]])
    days = service_days(study.as_of + dt.timedelta(1), last, settings=settings)
    free = _free_days_of(study, places, sites, days)
    own = places.sites.loc[places.sites["meets"], "stands_for"]
    own = own[own.isin(study.forecast.site_ids) & ~own.isin(options.required)]
    kept_out = [*own, *places.sites.index[~places.sites["meets"]]]
    both = dataclasses.replace(
        study,
        options=dataclasses.replace(
            options, windows=places.windows, forbidden=tuple(dict.fromkeys([*options.forbidden, *kept_out]))
        ),
    )
    same = ("interest", "turnout", "need", "impact", "displacement", "came", "open_letters", "_request_places")
    return both.given(
        sites=sites,
        costs=costs,
        days=days,
        free_days=free,
        forecast=_forecast_with(study, places, costs, free),
        **{name: getattr(study, name) for name in same},
    )


def _costs_of(study: Study, places: RequestPlaces) -> pd.DataFrame:
    """Travel to the places of letters: that to the office's own place where they are one."""
    stands_for, ways = places.sites["stands_for"], []
    by_site = study.costs.set_index("site_id")
    for place, site in stands_for[stands_for != ""].items():
        ways.append(by_site.loc[[site]].reset_index().assign(site_id=str(place)))
    fresh = stands_for.index[stands_for == ""]
    if len(fresh):
        every = study.given(sites=as_candidates(places, study.sites)).costs
        ways.append(every[every["site_id"].isin(fresh)])
    return pd.concat(ways, ignore_index=True)[list(study.costs.columns)]


def _free_days_of(study: Study, places: RequestPlaces, sites: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Free days of all candidates; of a letter's place those around its wish, the wished day alone where it is."""
    candidates = sites[~sites["kind"].isin(SITE_KINDS_FIXED)]
    free = free_days_by_site(candidates, study.events, days, settings=study.settings)
    kept = pd.Series(True, index=free.index)
    for place, window in places.windows.items():
        here, day = free["site_id"] == place, free["day"].dt.date
        wished = here & (day == window.wished)
        inside = wished if wished.any() else here & (day >= window.first) & (day <= window.last)
        kept &= ~here | inside
    return free[kept].reset_index(drop=True)


def _forecast_with(study: Study, places: RequestPlaces, costs: pd.DataFrame, free: pd.DataFrame) -> Forecast:
    """The forecast of the office's own places, and that of letters beside it."""
    if study.dataset.requests is None:
        return study.forecast
    booths, settings = study.settings.plan_booths, study.settings
    days = proposed_days(free, places.sites.index, settings=settings)
    opened = study.turnout.forecast(
        sites=places.sites,
        costs=effective_costs(costs[costs["site_id"].isin(places.sites.index)], settings=settings),
        days=days,
        shape=EventShape(programme="invited"),
        n_draws=study.n_draws,
        rng=named_stream(study.rng, "forecast"),
    )
    asked = AskedPeople(
        lists=study.dataset.requests.lists,
        show_up=study.show_up,
        promised=study.interest.conversion,
        rounding_base=study.rounding_base,
    )
    narrowed = asked.narrow(opened, places, days=days, settings=settings, rng=named_stream(study.rng, "letters"))
    most = np.inf if booths is None else booths * settings.popup_booth_capacity
    return joined(study.forecast, narrowed, most=most, settings=settings)


def answer_letters(study: Study, places: RequestPlaces) -> RequestsResult:
    """What every open letter would bring and add, and its answer."""
    both = study.with_requests()
    options = both.options or PlanOptions()
    budget = study.settings.plan_budget if options.budget is None else options.budget
    made = _best_within(both, options, limited=budget is not None)
    chosen = _chosen(both, places, made, options, budget)
    answers = answer_places(places, chosen, both.sites, settings=study.settings)
    additional = both.incremental.summary()[["estimate", "ci_low", "ci_high"]]
    names = ["additional", "additional_low", "additional_high"]
    people = both.incremental.people[["mean", "ci_low", "ci_high"]]
    numbers = people.set_axis(["people", "people_low", "people_high"], axis=1)
    numbers = numbers.join(additional.set_axis(names, axis=1))
    plan = None if made is None else made.plan
    events = pd.DataFrame(columns=["site_id", "name", "day"]) if made is None else made.schedule.events
    return RequestsResult(
        letters=letter_rows(study.open_letters, places, answers, numbers, rounding_base=study.rounding_base),
        visits=events[["site_id", "name", "day"]].reset_index(drop=True),
        additional=0.0 if plan is None else plan.expected_reach,
        additional_low=0.0 if plan is None else plan.ci_low,
        additional_high=0.0 if plan is None else plan.ci_high,
        cost=float(chosen.costs.reindex(events["site_id"]).sum()),
        budget=budget,
        show_up=study.show_up,
    )


def _best_within(study: Study, options: PlanOptions, *, limited: bool) -> PlanAnalysis | None:
    """The best plan of at most as many events as are asked for; None where not even one fits. Where money is
    limited fewer events may be worth more: they are tried until they are worth less."""
    wished = study.settings.plan_events if options.n_events is None else options.n_events
    most = len(study.ranking.by_site) * study.settings.plan_max_visits
    best: PlanAnalysis | None = None
    for n_events in range(min(wished, most), 0, -1):
        made = study.plan_with(dataclasses.replace(options, n_events=n_events))
        if "infeasible" in (made.plan.status, made.schedule.status):
            continue
        if best is not None and made.plan.expected_reach <= best.plan.expected_reach:
            break
        best = made
        if not limited:
            break
    return best


def _chosen(
    study: Study, places: RequestPlaces, made: PlanAnalysis | None, options: PlanOptions, budget: float | None
) -> ChosenVisits:
    """What was chosen, and what stands in the way of the letters that were not."""
    events = pd.DataFrame({"site_id": [], "day": []}) if made is None else made.schedule.events
    days = events.set_index("site_id")["day"]
    period = period_of(options, study.settings)
    wished = study.settings.plan_events if options.n_events is None else options.n_events
    costs = pd.to_numeric(study.sites["cost"]).astype(float)
    costs = costs.fillna(costs.max()).fillna(0.0)
    later = service_days(period[0], period[1] + dt.timedelta(study.settings.horizon_days), settings=study.settings)
    people = study.incremental.people
    announced = study.planned[study.planned["site_id"].isin(study.forecast.site_ids)]
    without = [] if made is None else made.without_day
    excluded = study.ranking.excluded["reason"]
    return ChosenVisits(
        days=days,
        announced=announced[["site_id", "date"]],
        room=people["capacity"] - people["mean"],
        excluded=pd.concat([excluded, pd.Series("no_day", index=pd.Index(without).difference(excluded.index))]),
        free_days=possible_days(study.sites.loc[places.sites.index], later, settings=study.settings),
        full=len(events) >= wished,
        left=np.inf if budget is None else budget - float(costs.reindex(days.index).sum()),
        costs=costs,
        teams=study.settings.plan_teams if options.teams is None else options.teams,
        period=period,
    )
