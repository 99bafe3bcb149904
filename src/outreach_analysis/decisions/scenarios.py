"""What if: plans of every size and every weight of fairness, each with its bound, and the plan under each hypothesis of
displacement, its loss if another is true, and what is worth asking."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance, Visit
from outreach_analysis.decisions.plan_problem import Conflict, Floats, PlanRequest, PlanResult, read_table
from outreach_analysis.decisions.planning import DatedReach, Teller, at_most, plan_popups
from outreach_analysis.doors import named_stream
from outreach_analysis.models.displacement import DisplacementResult, Hypothesis
from outreach_analysis.shown import Shown

FAIRNESS_WEIGHTS = (1.0, 1.5, 2.0, 3.0, 5.0)
"""How many times a person of the worst-served areas counts, from 'like everybody' on."""
MOST_EVENTS = 8
_SAME = 1e-9
_Row: TypeAlias = tuple[int, float, tuple[int, ...], float, float, float]
"""Size, weight, visits, worth, worth at the expectations, and bound of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScenarioResult(Shown):
    """The best plan found for each number of events and each weight of fairness.

    Attributes
    ----------
    plans
        Index `n_events, fairness`. `sites` (tuple of ids, the one that adds most first), `expected_reach` (additional
        people) with its 90 % interval `ci_low`, `ci_high` (NaN without draws), `reach_worst` (of them in the
        worst-served areas), `objective` (people, those of the worst-served areas counted `fairness` times, less stated
        costs of visits), `upper_bound` (no plan of that size is worth more, on any days and at the expectations), `gap`
        (what a perfect plan could add at most, as a share of the bound, >= 0).
    by_site
        Index `n_events, fairness, site_id`, in the order of `sites`: `visits`, `contribution` (people lost without
        the place).
    by_area
        Index as `plans`, a column an area: additional people.
    worst, conflicts
        `area_id` of the worst-served areas; why there is no plan at all, empty unless no size can be met.
    """

    main = "plans"

    plans: pd.DataFrame
    by_site: pd.DataFrame
    by_area: pd.DataFrame
    worst: tuple[str, ...]
    conflicts: tuple[Conflict, ...]

    def plan(self, n_events: int, fairness: float) -> Any:
        """The row of `plans` of one choice."""
        return self.plans.xs((n_events, fairness))

    def places(self, n_events: int, fairness: float) -> pd.DataFrame:
        """The rows of `by_site` of one choice: index `site_id`."""
        return pd.DataFrame(self.by_site.xs((n_events, fairness)))

    def reached(self, n_events: int, fairness: float) -> pd.Series:
        """Additional people of one choice: index `area_id`."""
        return pd.Series(self.by_area.xs((n_events, fairness)))

    def summary(self) -> pd.DataFrame:
        """Reach of each plan: `estimate, ci_low, ci_high, unit`."""
        frame = self.plans[["expected_reach", "ci_low", "ci_high"]]
        return frame.rename(columns={"expected_reach": "estimate"}).assign(unit="additional people")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioQuestion:
    """Which plans are to be explored.

    Attributes
    ----------
    worst
        `area_id` of the worst-served areas: `worst_served_areas`, say.
    max_events
        Largest number of new events, >= 1; fewer where the places allow no more.
    fairness
        How many times a person of a worst-served area counts, >= 0 and rising.
    scheduled, required, forbidden, max_visits, site_costs
        As in `PlanRequest` and `DecisionWeights`.
    known
        Plans already made for the same places (by `plan_popups`). Where one is as good as the best that is found, it
        is taken, so that two tables of one page name the same places.
    """

    worst: Iterable[str]
    max_events: int = MOST_EVENTS
    fairness: Sequence[float] = FAIRNESS_WEIGHTS
    scheduled: Iterable[str] = ()
    required: Iterable[str] = ()
    forbidden: Iterable[str] = ()
    max_visits: int = 1
    site_costs: pd.Series | None = None
    known: Iterable[PlanResult] = ()


def plan_scenarios(
    pool: pd.Series,
    attendance: pd.DataFrame,
    *,
    question: ScenarioQuestion,
    bounds: tuple[pd.Series, pd.DataFrame] | None = None,
    reach: DatedReach | None = None,
    rng: np.random.Generator | int | None,
) -> ScenarioResult:
    """Plans of 1 to `max_events` pop-ups under each weight of fairness, so that the choice can be explored.

    Each weight is planned by `plan_popups`, whose curve holds the best plan of every size and its bound. A plan
    found under one weight then competes under all of them, so that a higher weight never reaches fewer people of the
    worst-served areas: of a fixed set of plans the one with the highest sum R + (w - 1) W has W rising in w.

    Parameters
    ----------
    pool, attendance, reach, rng
        As in `plan_popups`, with its errors.
    bounds
        Pool and attendance of the relaxed problem (`ExpectedVisits.relaxed`) whose best plan no dated plan exceeds;
        None: those given.
    question
        Which plans are to be explored. Sizes below the number of required places are left out.

    Raises
    ------
    RequestError
        Where max_events is below 1, or the weights of fairness are below 0 or do not rise.

    Examples
    --------
    >>> pool = pd.Series({"town": 100.0, "far": 30.0})
    >>> attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    >>> question = ScenarioQuestion(worst=["far"], max_events=1, fairness=(1, 2, 4))
    >>> found = plan_scenarios(pool, attendance, question=question, rng=0)
    >>> found.plans["sites"].tolist(), found.plans["reach_worst"].tolist()
    ([('MALL',), ('MALL',), ('HALL',)], [0.0, 0.0, 15.0])
    """
    weights = [float(weight) for weight in question.fairness]
    if question.max_events < 1:
        raise RequestError(f"max_events {question.max_events} is below 1")
    if not weights or weights[0] < 0 or any(low >= high for low, high in itertools.pairwise(weights)):
        raise RequestError(f"weights of fairness must be at least 0 and rise; they are {', '.join(map(str, weights))}")
    places = set(attendance["site_id"])
    request = PlanRequest(
        n_events=question.max_events,
        scheduled=question.scheduled,
        required=question.required,
        forbidden=question.forbidden,
        max_visits=question.max_visits,
    )
    n_required, site_costs = request.required.total(), question.site_costs
    room = sum(max(request.max_visits - request.scheduled[site], 0) for site in places - request.forbidden)
    largest = max(min(request.n_events, room), n_required, 1)
    request = dataclasses.replace(request, n_events=largest)
    areas = tuple(dict.fromkeys(question.worst))
    generator = np.random.default_rng(rng)
    planned: dict[float, PlanResult] = {}
    limits: dict[float, pd.Series] = {}
    tellers: dict[float, Teller] = {}
    plain = Teller(read_table(pool, attendance, None), request, reach)
    for weight in weights:
        counted = DecisionWeights(areas=pd.Series(weight, index=list(areas), dtype=float), sites=site_costs)
        planned[weight] = plan_popups(pool, attendance, request=request, weights=counted, rng=generator)
        curve = planned[weight].curve
        if bounds is not None:
            curve = plan_popups(*bounds, request=request, weights=counted, rng=generator).curve
        limits[weight] = curve["upper_bound"]
        # a table read with weights may have another order of areas and places
        area_weight, site_cost = counted.of_areas(plain.table.area_ids), counted.of_sites(plain.table.site_ids)
        weighted = dataclasses.replace(plain.table, area_weight=area_weight.to_numpy(), site_cost=site_cost.to_numpy())
        tellers[weight] = Teller(weighted, request, reach)
    rows: list[_Row] = []
    first = planned[weights[0]]
    if first.status == "infeasible":
        return _published(rows, plain, pool.index, areas, first.conflicts)

    def visits(sites: Sequence[str]) -> tuple[int, ...]:
        """Visits, each the one that adds most people to those before it."""
        return tuple(plain.in_order(plain.table.positions(sites).tolist()))

    offered = [visits(plan.sites) for plan in question.known if plan.status != "infeasible"]
    for size in range(max(n_required, 1), largest + 1):
        found = dict.fromkeys(plan for plan in offered if len(plan) == size)
        found |= dict.fromkeys(visits(plan.curve["sites"][size]) for plan in planned.values())
        reached = {plan: plain.reached(plan) for plan in found}
        for weight, teller in tellers.items():
            values = {plan: teller.worth_of(people, plan) for plan, people in reached.items()}
            best = _best(
                values, offered, {plan: people[plain.table.area_ids.isin(areas)] for plan, people in reached.items()}
            )
            at_expectations = values[best] if reach is None else teller.worth_of(teller.expected(plain.ids(best)), best)
            most = max(float(limits[weight][size]), at_expectations)
            rows.append((size, weight, best, values[best], at_expectations, most))
    return _published(rows, plain, pool.index, areas, ())


def _best(
    values: Mapping[tuple[int, ...], float],
    known: Sequence[tuple[int, ...]],
    of_worst: Mapping[tuple[int, ...], Floats],
) -> tuple[int, ...]:
    """The plan of highest worth; of equally good ones a known one, then the one with most worst-served people."""
    good = max(values.values()) - _SAME * max(abs(max(values.values())), 1.0)
    equal = [plan for plan, value in values.items() if value >= good]
    return max(equal, key=lambda plan: (plan in known, round(float(of_worst[plan].sum()), 6)))


def _published(
    rows: list[_Row], teller: Teller, area_ids: pd.Index, worst: tuple[str, ...], conflicts: tuple[Conflict, ...]
) -> ScenarioResult:
    plans, places, areas = [], [], []
    told = {plan: (teller.interval(plan), teller.contributions(plan)) for plan in dict.fromkeys(row[2] for row in rows)}
    for size, weight, plan, value, at_expectations, bound in rows:
        reached, (interval, contributions) = teller.reached(plan), told[plan]
        people, of_worst = float(reached.sum()), float(reached[teller.table.area_ids.isin(worst)].sum())
        # where costs take off what is reached, a bound of 0 differs from the plan by arithmetic only
        is_open = bound - at_expectations > _SAME * max(abs(bound), people, 1.0)
        gap = (bound - at_expectations) / abs(bound) if is_open and bound else math.inf if is_open else 0.0
        plans.append((size, weight, teller.ids(plan), people, *interval, of_worst, value, at_most(value, gap), gap))
        for visit, own in zip(dict.fromkeys(plan), contributions, strict=True):
            places.append((size, weight, *teller.ids([visit]), plan.count(visit), own[0]))
        areas.append(reached)
    columns = ["sites", "expected_reach", "ci_low", "ci_high", "reach_worst", "objective", "upper_bound", "gap"]
    keys = ["n_events", "fairness"]
    frame = pd.DataFrame(plans, columns=[*keys, *columns]).set_index(keys)
    by_site = pd.DataFrame(places, columns=[*keys, "site_id", "visits", "contribution"])
    by_area = np.array(areas).reshape(len(areas), len(area_ids))
    return ScenarioResult(
        plans=frame.astype(dict.fromkeys(columns[1:], float)),
        by_site=by_site.set_index([*keys, "site_id"]),
        by_area=pd.DataFrame(by_area, index=frame.index, columns=teller.table.area_ids)[area_ids],
        worst=worst,
        conflicts=conflicts,
    )


# --- What hangs on displacement: the plan under each hypothesis, its loss if another is true, what is worth asking.

FactKind: TypeAlias = Literal["answers_from_area", "answers_at_popup", "impact"]
ANSWERS = 30
"""Answers to the desk question that one fact consists of."""
IMPACT_ERROR = 0.3
"""Standard error of an impact estimate not made yet: over simulated offices with a true displacement of .3."""
_FOLDS = 5
_DEGREE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """Something about displacement that the office could find out."""

    kind: FactKind
    id: str
    shares: Floats

    def simulate(self, displacement: Floats, overstatement: Floats, rng: np.random.Generator) -> Floats:
        """What would be found in each draw: a share of `ANSWERS` answers, or an estimate of displacement."""
        if self.kind == "impact":
            return np.asarray(displacement @ self.shares + IMPACT_ERROR * rng.standard_normal(len(displacement)))
        yes = special.expit(special.logit(displacement) + overstatement[:, None]) @ self.shares
        return np.asarray(rng.binomial(ANSWERS, np.clip(yes, 0.0, 1.0)) / ANSWERS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HypothesesResult(Shown):
    """The plan under each hypothesis on displacement, and what is worth finding out.

    Attributes
    ----------
    plans
        Index `hypothesis`, `learned` (the plan that is proposed) first: `sites` of the best plan if it were true,
        `estimate, ci_low, ci_high` of its additional people then (90 %), `probability` of the hypothesis among those
        that are not learned, by answers and impact estimate (equal where there are none; NaN for `learned`).
    losses
        Index `hypothesis` of which the plan is held, columns `hypothesis` that is true: worth lost on average against
        the best of these plans, in common draws; people where no weights are stated.
    facts
        Columns `kind, id, value, p_change`, the most valuable first: worth that the plan gains on average from knowing
        it, and how often it would be another plan.
    value_of_knowing
        The same from knowing which of the hypotheses is true.
    n_answers
        Answers to the desk question so far.
    weighted
        Whether the plan was made with weights, so that worth is not people.
    """

    plans: pd.DataFrame
    losses: pd.DataFrame
    facts: pd.DataFrame
    value_of_knowing: float
    n_answers: int
    weighted: bool

    @property
    def lost(self) -> pd.Series:
        """What the proposed plan loses on average if each of the other hypotheses is true."""
        return self.losses.drop(columns="learned").T["learned"]

    @property
    def expected_loss(self) -> pd.Series:
        """The same times the probability of the hypothesis."""
        return self.lost * self.plans["probability"].drop("learned")

    def summary(self) -> pd.DataFrame:
        """Additional people and loss under each hypothesis, worth of facts: `estimate, ci_low, ci_high, unit`."""
        unit = "worth" if self.weighted else "people"
        people = self.plans[["estimate", "ci_low", "ci_high"]].assign(unit="additional people")
        names = [f"{kind} {name}".strip() for kind, name in self.facts[["kind", "id"]].itertuples(index=False)]
        worth = pd.Series([self.value_of_knowing, *self.facts["value"]], ["hypothesis", *names])
        averages = pd.concat([self.lost.add_prefix("lost if "), worth.add_prefix("knowing ")])
        table: pd.DataFrame = pd.concat([people, averages.to_frame("estimate").assign(unit=f"{unit} on average")])
        return table


def facts_to_find(incremental: IncrementalAttendance, comers: pd.Series) -> list[Fact]:
    """What could be found out before the plan: answers from areas and at announced pop-ups, an impact estimate."""
    area_ids = incremental.forecast.area_ids
    came = comers.reindex(area_ids).fillna(0.0).to_numpy(float)
    found = [
        Fact("answers_from_area", str(area), np.asarray(area_ids == area, dtype=float))
        for area in area_ids[came >= ANSWERS]
    ]
    for site in dict.fromkeys(site for site, _ in incremental.given):
        people = incremental.forecast.draws[:, :, incremental.site_ids.get_loc(site)].mean(axis=0)
        if people.sum() > 0:
            found.append(Fact("answers_at_popup", site, people / people.sum()))
    if incremental.displacement.impact_used == "no" and came.sum() > 0:
        found.append(Fact("impact", "", came / came.sum()))
    return found


def compare_hypotheses(
    incremental: IncrementalAttendance,
    displacements: Mapping[Hypothesis, DisplacementResult],
    plans: Mapping[Hypothesis, Sequence[tuple[Visit, ...]]],
    *,
    facts: Sequence[Fact],
    weights: DecisionWeights | None,
    rng: np.random.Generator | int | None,
) -> HypothesesResult:
    """What each plan is worth under each hypothesis, and what each fact would add to the choice among them."""
    known: dict[Hypothesis, DisplacementResult] = {"learned": incremental.displacement, **displacements}
    pool = list(dict.fromkeys(visits for each in plans.values() for visits in each))
    people, worth = _values(incremental, known, pool, weights or DecisionWeights())
    means = {name: worth[name].mean(axis=1) for name in known}
    names, found = list(known), [pool.index(each[0]) for each in plans.values()]
    rows = [found[0], *(max(found, key=means[name].__getitem__) for name in displacements)]
    chosen = dict(zip(names, rows, strict=True))
    losses = pd.DataFrame({name: means[name][rows].max() - means[name][rows] for name in names}, index=names)
    probability = _probabilities(displacements)
    average = sum(probability[name] * means[name] for name in displacements)
    best = sum(probability[name] * means[name].max() for name in displacements)
    ends = {name: np.quantile(people[name][chosen[name]], [0.05, 0.95]) for name in names}
    return HypothesesResult(
        plans=pd.DataFrame(
            {
                "sites": [tuple(site for site, _ in pool[chosen[name]]) for name in names],
                "estimate": [people[name][chosen[name]].mean() for name in names],
                "ci_low": [ends[name][0] for name in names],
                "ci_high": [ends[name][1] for name in names],
                "probability": [probability.get(name, np.nan) for name in names],
            },
            index=pd.Index(names, name="hypothesis"),
        ),
        losses=losses.rename_axis(index="hypothesis", columns="true"),
        facts=_values_of_facts(facts, displacements, worth, probability, rng),
        value_of_knowing=float(best - np.max(average)),
        n_answers=incremental.displacement.n_answers,
        weighted=weights is not None,
    )


def _values(
    incremental: IncrementalAttendance,
    known: Mapping[Hypothesis, DisplacementResult],
    pool: Sequence[tuple[Visit, ...]],
    weights: DecisionWeights,
) -> tuple[dict[Hypothesis, Floats], dict[Hypothesis, Floats]]:
    """Additional people and worth of every plan, by hypothesis: (plans, n_draws)."""
    inside, of_areas = incremental.inside, weights.of_areas(incremental.area_ids).to_numpy(float)
    people = {name: np.empty((len(pool), incremental.n_draws)) for name in known}
    worth = {name: np.empty((len(pool), incremental.n_draws)) for name in known}
    for row, visits in enumerate(pool):
        came = incremental.people_draws(visits)[:, inside]
        spent = weights.of_sites(pd.Index([site for site, _ in visits])).sum()
        for name, displacement in known.items():
            added = came * (1 - displacement.draws[:, inside])
            people[name][row], worth[name][row] = added.sum(axis=1), added @ of_areas - spent
    return people, worth


def _probabilities(displacements: Mapping[Hypothesis, DisplacementResult]) -> dict[Hypothesis, float]:
    """Probability of each hypothesis after answers and impact estimate; before them they are equal."""
    shares = special.softmax([each.log_evidence for each in displacements.values()])
    return {name: float(share) for name, share in zip(displacements, shares, strict=True)}


def _values_of_facts(
    facts: Sequence[Fact],
    displacements: Mapping[Hypothesis, DisplacementResult],
    worth: Mapping[Hypothesis, Floats],
    probability: Mapping[Hypothesis, float],
    rng: np.random.Generator | int | None,
) -> pd.DataFrame:
    """What each fact adds to the choice, and how often it changes it, where each hypothesis has its share of draws."""
    names = list(displacements)
    n_draws = worth[names[0]].shape[1]
    owner = np.searchsorted(np.cumsum([probability[name] for name in names])[:-1], (np.arange(n_draws) + 0.5) / n_draws)
    mine = [owner == number for number in range(len(names))]
    shares = np.concatenate([displacements[name].draws[of] for name, of in zip(names, mine, strict=True)])
    overstated = np.concatenate([displacements[name].overstatement[of] for name, of in zip(names, mine, strict=True)])
    values = np.concatenate([worth[name][:, of] for name, of in zip(names, mine, strict=True)], axis=1)
    rows = []
    for fact in facts:
        found = fact.simulate(shares, overstated, named_stream(rng, f"fact {fact.kind} {fact.id}"))
        rows.append((fact.kind, fact.id, *value_of_finding(values, found)))
    frame = pd.DataFrame(rows, columns=["kind", "id", "value", "p_change"])
    return frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def value_of_finding(worth: Floats, found: Floats) -> tuple[float, float]:
    """Worth gained on average by choosing after something was found, and how often the choice is another one."""
    spread = found.std()
    if spread == 0:
        return 0.0, 0.0
    terms = np.vander((found - found.mean()) / spread, min(_DEGREE + 1, len(np.unique(found))), increasing=True)
    fold = np.arange(len(found)) % _FOLDS
    gained, changed = np.zeros(len(found)), np.zeros(len(found), dtype=bool)
    for number in range(_FOLDS):
        seen, unseen = fold != number, np.flatnonzero(fold == number)
        fitted = terms[unseen] @ np.linalg.lstsq(terms[seen], worth[:, seen].T, rcond=None)[0]
        taken, before = fitted.argmax(axis=1), int(worth[:, seen].mean(axis=1).argmax())
        gained[unseen] = worth[taken, unseen] - worth[before, unseen]
        changed[unseen] = taken != before
    return max(float(gained.mean()), 0.0), float(changed.mean())
