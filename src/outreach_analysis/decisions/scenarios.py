"""What if: plans of every size and every weight of fairness, computed beforehand, each with its bound."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.dated_plan import at_most
from outreach_analysis.decisions.increment import DecisionWeights
from outreach_analysis.decisions.plan_problem import Conflict, Floats, PlanRequest, PlanResult, ReachTable, read_table
from outreach_analysis.decisions.planning import Reach, Teller, plan_popups
from outreach_analysis.shown import Shown

FAIRNESS_WEIGHTS = (1.0, 1.5, 2.0, 3.0, 5.0)
"""How many times a person of the worst-served areas counts, from 'like everybody' on."""
MOST_EVENTS = 8
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScenarioResult(Shown):
    """The best plan found for each number of events and each weight of fairness.

    Attributes
    ----------
    plans
        Index `n_events, fairness`. Columns: `sites` (tuple of ids, the one that adds most first), `expected_reach`
        (additional people) with its 90 % interval `ci_low`, `ci_high` (NaN without draws), `reach_worst` (of them in
        the worst-served areas), `objective` (people, those of the worst-served areas counted `fairness` times, less
        stated costs of visits), `upper_bound` (no plan of that size is worth more, on any days and at the
        expectations), `gap` (what a perfect plan could add at most, as a share of the bound, >= 0).
    by_site
        Index `n_events, fairness, site_id`, in the order of `sites`: `visits`, `contribution` (people lost without
        the place).
    by_area
        Index as `plans`, a column an area: additional people.
    worst
        `area_id` of the worst-served areas.
    conflicts
        Why there is no plan at all; empty unless no size can be met.
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
    scheduled, required, forbidden, max_visits
        As in `PlanRequest`.
    site_costs
        Index `site_id`: what a visit takes off, in people, as in `DecisionWeights`.
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
    reach: Reach | None = None,
    rng: np.random.Generator | int | None,
) -> ScenarioResult:
    """Plans of 1 to `max_events` pop-ups under each weight of fairness, so that the choice can be explored.

    Each weight is planned by `plan_popups`, whose curve holds the best plan of every size and its bound. A plan
    found under one weight then competes under all of them, so that a higher weight never reaches fewer people of the
    worst-served areas: of a fixed set of plans the one with the highest sum R + (w - 1) W has W rising in w.

    Parameters
    ----------
    pool, attendance, reach, rng
        As in `plan_popups`.
    bounds
        Pool and attendance of the relaxed problem (`ExpectedVisits.relaxed`) whose best plan no dated plan exceeds;
        None: those given.
    question
        Which plans are to be explored.

    Returns
    -------
    ScenarioResult
        Sizes below the number of required places are left out.

    Raises
    ------
    ValueError
        As `plan_popups`; where max_events is below 1, or the weights of fairness are below 0 or do not rise.

    Examples
    --------
    >>> pool = pd.Series({"town": 100.0, "far": 30.0})
    >>> attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    >>> found = plan_scenarios(
    ...     pool,
    ...     attendance,
    ...     question=ScenarioQuestion(worst=["far"], max_events=1, fairness=(1, 2, 4)),
    ...     rng=np.random.default_rng(0),
    ... )
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
    for weight in weights:
        counted = DecisionWeights(areas=pd.Series(weight, index=list(areas), dtype=float), sites=site_costs)
        planned[weight] = plan_popups(pool, attendance, request=request, weights=counted, rng=generator)
        curve = planned[weight].curve
        if bounds is not None:
            curve = plan_popups(*bounds, request=request, weights=counted, rng=generator).curve
        limits[weight] = curve["upper_bound"]
    published = _Reach(read_table(pool, attendance, None), request, areas, reach)
    first = planned[weights[0]]
    if first.status == "infeasible":
        return _published([], published, pool.index, areas, first.conflicts)
    offered = [published.order(plan.sites) for plan in question.known if plan.status != "infeasible"]
    rows = []
    for size in range(max(n_required, 1), largest + 1):
        found = dict.fromkeys(sites for sites in offered if len(sites) == size)
        found |= dict.fromkeys(published.order(plan.curve["sites"][size]) for plan in planned.values())
        for weight in planned:
            best = _best(list(found), offered, weight, published, site_costs)
            value = published.objective(best, weight, site_costs)
            certified = published.certified(best, weight, site_costs)
            most = max(float(limits[weight][size]), certified)
            rows.append((size, weight, best, value, certified, most))
    return _published(rows, published, pool.index, areas, ())


class _Reach:
    """Additional people of plans, by the sums of `plan_popups`; each plan is worked out once."""

    def __init__(self, table: ReachTable, request: PlanRequest, worst: Sequence[str], reach: Reach | None) -> None:
        self.table = table
        self.teller = Teller(table, request, reach)
        self._worst = table.area_ids.isin(list(worst))
        self._seen: dict[tuple[str, ...], Floats] = {}

    def by_area(self, sites: Sequence[str]) -> Floats:
        """Additional people, in the order of the table's areas."""
        key = tuple(sorted(sites))
        if key not in self._seen:
            self._seen[key] = self.teller.reached(self.table.positions(key).tolist())
        return self._seen[key]

    def people(self, sites: Sequence[str]) -> tuple[float, float]:
        """Additional people, and those of the worst-served areas."""
        reached = self.by_area(sites)
        return float(reached.sum()), float(reached[self._worst].sum())

    def interval(self, sites: Sequence[str]) -> tuple[float, float]:
        """90 % interval of the additional people; NaN without draws."""
        if self.teller.reach is None:
            return math.nan, math.nan
        people = self.teller.draws(self.teller.reach.visits(sites)).sum(axis=1)
        low, high = np.quantile(people, [0.05, 0.95])
        return float(low), float(high)

    def contributions(self, sites: Sequence[str]) -> list[float]:
        """People lost without each place, in the order of its first visit; the others keep their days."""
        places = list(dict.fromkeys(sites))
        whole = self.people(sites)[0]
        if self.teller.reach is None:
            return [whole - self.people([other for other in sites if other != place])[0] for place in places]
        dated = self.teller.reach.visits(sites)
        rests = [[visit for visit in dated if visit[0] != place] for place in places]
        return [whole - float(self.teller.draws(rest).sum(axis=1, dtype=float).mean()) for rest in rests]

    def objective(self, sites: Sequence[str], weight: float, costs: pd.Series | None) -> float:
        """People, the worst-served counted `weight` times, less costs of the visits."""
        return self._worth(self.by_area(sites), sites, weight, costs)

    def certified(self, sites: Sequence[str], weight: float, costs: pd.Series | None) -> float:
        """The same at the expectations by which the bound is found."""
        people = self.by_area(sites) if self.teller.reach is None else self.teller.expected(sites)
        return self._worth(people, sites, weight, costs)

    def _worth(self, people: Floats, sites: Sequence[str], weight: float, costs: pd.Series | None) -> float:
        spent = 0.0 if costs is None else float(costs.reindex(list(sites)).fillna(0.0).sum())
        return float(people.sum() + (weight - 1) * people[self._worst].sum()) - spent

    def order(self, sites: Sequence[str]) -> tuple[str, ...]:
        """The same visits, each the one that adds most people to those before it."""
        return self.teller.ids(self.teller.in_order(self.table.positions(sites).tolist()))


def _best(
    found: Sequence[tuple[str, ...]],
    known: Sequence[tuple[str, ...]],
    weight: float,
    reach: _Reach,
    costs: pd.Series | None,
) -> tuple[str, ...]:
    """The plan of highest worth; of equally good ones a known one, then the one with most worst-served people."""
    values = [reach.objective(sites, weight, costs) for sites in found]
    good = max(values) - _SAME * max(abs(max(values)), 1.0)
    equal = [sites for sites, value in zip(found, values, strict=True) if value >= good]
    return max(equal, key=lambda sites: (sites in known, round(reach.people(sites)[1], 6)))


def _published(
    rows: list[tuple[int, float, tuple[str, ...], float, float, float]],
    reach: _Reach,
    area_ids: pd.Index,
    worst: tuple[str, ...],
    conflicts: tuple[Conflict, ...],
) -> ScenarioResult:
    plans, places, areas = [], [], []
    intervals = {sites: reach.interval(sites) for sites in dict.fromkeys(row[2] for row in rows)}
    for size, weight, sites, value, certified, bound in rows:
        people, of_worst = reach.people(sites)
        low, high = intervals[sites]
        # where costs take off what is reached, a bound of 0 differs from the plan by arithmetic only
        is_open = bound - certified > _SAME * max(abs(bound), people, 1.0)
        gap = (bound - certified) / abs(bound) if is_open and bound else math.inf if is_open else 0.0
        plans.append((size, weight, sites, people, low, high, of_worst, value, at_most(value, gap), gap))
        for site, own in zip(dict.fromkeys(sites), reach.contributions(sites), strict=True):
            places.append((size, weight, site, sites.count(site), own))
        areas.append(reach.by_area(sites))
    columns = ["sites", "expected_reach", "ci_low", "ci_high", "reach_worst", "objective", "upper_bound", "gap"]
    keys = ["n_events", "fairness"]
    frame = pd.DataFrame(plans, columns=[*keys, *columns]).set_index(keys)
    return ScenarioResult(
        plans=frame.astype(dict.fromkeys(columns[1:], float)),
        by_site=pd.DataFrame(places, columns=[*keys, "site_id", "visits", "contribution"]).set_index(
            [*keys, "site_id"]
        ),
        by_area=pd.DataFrame(
            np.array(areas).reshape(len(areas), len(area_ids)), index=frame.index, columns=reach.table.area_ids
        )[area_ids],
        worst=worst,
        conflicts=conflicts,
    )
