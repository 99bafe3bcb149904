"""From columns and picks back to places, people and tables: how a plan is told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.increment import Visit
from outreach_analysis.decisions.plan_arrays import Floats, Ints, column_of
from outreach_analysis.decisions.plan_curve import CurvePoint
from outreach_analysis.decisions.plan_inputs import PlanRequest, ReachTable
from outreach_analysis.decisions.plan_problem import PlanProblem
from outreach_analysis.decisions.plan_result import PlanResult, PlanStatus
from outreach_analysis.errors import RequestError

ALTERNATIVES = 5


class Reach(Protocol):
    """What dated visits reach in every draw of what is not known; `DatedReach` is one."""

    @property
    def area_ids(self) -> pd.Index:
        """What the columns of `area_draws` stand for."""

    def has_days(self, sites: Sequence[str]) -> bool:
        """Whether there are days for all visits."""

    def visits(self, sites: Sequence[str]) -> tuple[Visit, ...]:
        """The visits with their days."""

    def area_draws(self, visits: Sequence[Visit]) -> npt.NDArray[np.float64]:
        """Additional people of each area, (n_draws, areas)."""

    def expected(self, visits: Sequence[Visit]) -> pd.Series:
        """Additional people by area at all expectations, by which plans are certified."""

    def scheduled_by_area(self) -> pd.Series:
        """Expected people whom announced events reach, by area."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolvedPlan:
    """What the solver found: plans as picks of the problem, best first; their bound; smaller plans.

    `smaller` holds the plans of 0, 1, ... n - 1 chosen visits beside the required ones, `of_required` those of
    0, 1, ... required ones alone.
    """

    plans: Sequence[Sequence[int]]
    bound: float
    status: PlanStatus
    method: str
    smaller: Sequence[CurvePoint]
    of_required: Sequence[CurvePoint]
    required_columns: Ints


class Teller:
    """Worth and reach of visits (columns of the table) beyond the scheduled ones.

    With a `Reach` people are the means over its draws on the days of the visits, else those of pools and probabilities.
    """

    def __init__(self, table: ReachTable, request: PlanRequest, reach: Reach | None = None) -> None:
        self.table = table
        self.reach = reach
        self.start = table.left_after(table.positions(sorted(request.scheduled)))
        self.required = [int(c) for c in table.positions(sorted(request.required.elements()))]
        self._order = None if reach is None else reach.area_ids.get_indexer(table.area_ids)
        if self._order is not None and (self._order < 0).any():
            raise RequestError("the reach lacks an area of the pool")

    def draws(self, visits: Sequence[Visit]) -> Floats:
        """Additional people by area in every draw, on days given."""
        if self.reach is None:
            raise RequestError("no draws were given")
        return np.asarray(self.reach.area_draws(visits)[:, self._order])

    def dated(self, visits: Sequence[int]) -> tuple[Visit, ...]:
        """Visits with their days; none without a `Reach`."""
        return () if self.reach is None else self.reach.visits(self.ids(visits))

    def reached(self, visits: Sequence[int]) -> Floats:
        """Additional people by area."""
        if self.reach is not None:
            return np.asarray(self.draws(self.dated(visits)).mean(axis=0, dtype=float))
        return self.start - self.table.left_after(np.array(visits, dtype=np.int64), start=self.start)

    def expected(self, sites: Sequence[str]) -> Floats:
        """Additional people by area at the expectations by which plans are certified."""
        if self.reach is None:
            raise RequestError("no draws were given")
        return self.reach.expected(self.reach.visits(sites)).reindex(self.table.area_ids).to_numpy(float)

    def people(self, visits: Sequence[int]) -> float:
        """Additional people."""
        return float(self.reached(visits).sum())

    def worth(self, visits: Sequence[int]) -> float:
        """Weighted people less costs."""
        return self.worth_of(self.reached(visits), visits)

    def worth_draws(self, visits: Sequence[int]) -> Floats:
        """The same in every draw."""
        people = self.draws(self.dated(visits)) @ self.table.area_weight
        return np.asarray(people - self.table.site_cost[list(visits)].sum(), dtype=float)

    def worth_of(self, reached: Floats, visits: Sequence[int]) -> float:
        """The same, where the people reached are known."""
        return float(reached @ self.table.area_weight - self.table.site_cost[list(visits)].sum())

    def ids(self, visits: Iterable[int]) -> tuple[str, ...]:
        """Ids of visits."""
        return tuple(str(self.table.site_ids[column]) for column in visits)

    def in_order(self, visits: Sequence[int]) -> list[int]:
        """Visits in such an order that each is the one that adds most to those before it."""
        left = self.start * self.table.area_weight
        rest, order = sorted(visits), []
        while rest:
            gains = []
            for column in rest:
                rows, shares = column_of(self.table.probability, column)
                gains.append(float(left[rows] @ shares) - float(self.table.site_cost[column]))
            column = rest.pop(int(np.argmax(gains)))
            rows, shares = column_of(self.table.probability, column)
            left[rows] *= 1 - shares
            order.append(column)
        return order


def infeasible_plan(request: PlanRequest, conflicts: Sequence[Conflict]) -> PlanResult:
    """The answer to a request that cannot be met."""
    nan = math.nan
    return PlanResult(
        sites=(),
        expected_reach=nan,
        ci_low=nan,
        ci_high=nan,
        objective=nan,
        upper_bound=nan,
        gap=nan,
        p_best=nan,
        status="infeasible",
        conflicts=tuple(conflicts),
        by_site=pd.DataFrame(
            columns=["visits", "contribution", "ci_low", "ci_high", "alone", "required"],
            index=pd.Index([], name="site_id"),
        ),
        by_area=pd.DataFrame(columns=["pool", "reached_scheduled", "reached"], index=pd.Index([], name="area_id")),
        alternatives=_alternatives_frame([]),
        curve=_curve_frame([]),
        scheduled_reach=nan,
        method="none",
        left_out=pd.DataFrame(columns=["pool"], index=pd.Index([], name="area_id")),
        n_events=request.n_events,
        scheduled=tuple(sorted(request.scheduled.elements())),
        required=tuple(sorted(request.required.elements())),
        forbidden=tuple(sorted(request.forbidden)),
        max_visits=request.max_visits,
    )


def tell_plan(
    table: ReachTable,
    request: PlanRequest,
    problem: PlanProblem,
    found: SolvedPlan,
    *,
    area_ids: pd.Index,
    reach: Reach | None,
    preferred: str | None,
) -> PlanResult:
    """The result of the plans that were found: with a `Reach` the best of them on their days."""
    teller = Teller(table, request, reach)
    plans = [[*teller.required, *problem.columns[list(picks)].tolist()] for picks in found.plans]
    p_best = math.nan
    if reach is not None:
        plans, p_best = _best_dated(plans, teller, preferred)
    plans = [teller.in_order(plan) for plan in plans]
    visits = plans[0]
    worth = teller.worth(visits)
    base = teller.worth(teller.required)
    bound = worth if found.status == "optimal" else max(worth, base + found.bound)
    low, high = (math.nan, math.nan)
    if reach is not None:
        low, high = _interval(teller.draws(teller.dated(visits)).sum(axis=1))
    reached = teller.reached(visits)
    scheduled = table.pool - teller.start
    if reach is not None:
        scheduled = reach.scheduled_by_area().reindex(table.area_ids).to_numpy(float)
    by_area = pd.DataFrame(
        {"pool": table.pool, "reached_scheduled": scheduled, "reached": reached}, index=table.area_ids
    )
    served = np.diff(table.probability.tocsr().indptr) > 0
    left_out = by_area.loc[~served & (table.pool > 0), ["pool"]]
    return PlanResult(
        sites=teller.ids(visits),
        expected_reach=float(reached.sum()),
        ci_low=low,
        ci_high=high,
        objective=worth,
        upper_bound=bound,
        gap=(bound - worth) / abs(bound) if bound != worth else 0.0,
        p_best=p_best,
        status=found.status,
        conflicts=(),
        by_site=_by_site(teller, visits, request),
        by_area=by_area.reindex(area_ids).rename_axis("area_id"),
        alternatives=_alternatives(teller, plans, worth),
        curve=_curve(teller, problem, found, visits, bound),
        scheduled_reach=float(scheduled.sum()),
        method=found.method,
        left_out=left_out.rename_axis("area_id").sort_index(),
        n_events=request.n_events,
        scheduled=tuple(sorted(request.scheduled.elements())),
        required=tuple(sorted(request.required.elements())),
        forbidden=tuple(sorted(request.forbidden)),
        max_visits=request.max_visits,
    )


def _best_dated(plans: list[list[int]], teller: Teller, preferred: str | None) -> tuple[list[list[int]], float]:
    """Plans by their mean worth on their days, and the share of draws in which the first is the best of them.

    Those that two paired Monte Carlo errors do not tell from the best stand in front, first of all one that holds the
    preferred place. Plans without days come last.
    """
    reach = teller.reach
    if reach is None:
        raise RequestError("no draws were given")
    dated = [plan for plan in plans if reach.has_days(teller.ids(plan))]
    undated = [plan for plan in plans if plan not in dated]
    if not dated:
        return undated, math.nan
    worth = np.stack([teller.worth_draws(plan) for plan in dated])
    order = np.argsort(-worth.mean(axis=1), kind="stable")
    short = worth[order[0]] - worth[order]
    error = short.std(axis=1, ddof=1) / math.sqrt(worth.shape[1]) if worth.shape[1] > 1 else np.zeros(len(order))
    level = short.mean(axis=1) <= 2 * error + 1e-9
    holds = np.array([preferred in teller.ids(dated[position]) for position in order])
    order = order[np.lexsort((np.arange(len(order)), ~(level & holds)))]
    p_best = float((worth.argmax(axis=0) == order[0]).mean())
    return [dated[position] for position in order] + undated, p_best


def _interval(people: Floats) -> tuple[float, float]:
    """90 % interval."""
    low, high = np.quantile(people, [0.05, 0.95])
    return float(low), float(high)


def _by_site(teller: Teller, visits: list[int], request: PlanRequest) -> pd.DataFrame:
    places = list(dict.fromkeys(visits))
    ids = teller.ids(places)
    others = [[visit for visit in visits if visit != place] for place in places]
    ends = [(math.nan, math.nan)] * len(places)
    if teller.reach is None:
        whole = teller.people(visits)
        own = [whole - teller.people(rest) for rest in others]
    else:
        dated = teller.dated(visits)
        everybody = teller.draws(dated).sum(axis=1, dtype=float)
        rests = [[visit for visit in dated if visit[0] != site] for site in ids]
        lost = [everybody - teller.draws(rest).sum(axis=1, dtype=float) for rest in rests]
        own, ends = [float(each.mean()) for each in lost], [_interval(each) for each in lost]
    return pd.DataFrame(
        {
            "visits": [visits.count(place) for place in places],
            "contribution": own,
            "ci_low": [low for low, _ in ends],
            "ci_high": [high for _, high in ends],
            "alone": [teller.people([place]) for place in places],
            "required": [site_id in request.required for site_id in ids],
        },
        index=pd.Index(ids, name="site_id", dtype="str"),
    )


def _alternatives(teller: Teller, plans: list[list[int]], worth: float) -> pd.DataFrame:
    rows = []
    for other in plans[1 : ALTERNATIVES + 1]:
        leaves, takes = Counter(plans[0]), Counter(other)
        value = teller.worth(other)
        rows.append(
            {
                "sites": teller.ids(other),
                "leaves_out": teller.ids((leaves - takes).elements()),
                "takes_in": teller.ids((takes - leaves).elements()),
                "expected_reach": teller.people(other),
                "objective": value,
                "share_of_best": value / worth if worth else math.nan,
            }
        )
    return _alternatives_frame(rows)


def _alternatives_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = ["sites", "leaves_out", "takes_in", "expected_reach", "objective", "share_of_best"]
    return pd.DataFrame(rows, columns=columns)


def _curve(teller: Teller, problem: PlanProblem, found: SolvedPlan, visits: list[int], bound: float) -> pd.DataFrame:
    base = teller.worth(teller.required)
    points = [(found.required_columns[list(point.picks)].tolist(), point.bound) for point in found.of_required]
    points += [
        ([*teller.required, *problem.columns[list(point.picks)].tolist()], base + point.bound)
        for point in found.smaller
    ]
    points.append((visits, bound))
    rows: list[dict[str, object]] = []
    before = 0.0
    for sites, most in points[1:]:
        reached = teller.reached(sites)
        people, value = float(reached.sum()), teller.worth_of(reached, sites)
        low, high = (math.nan, math.nan)
        if teller.reach is not None:
            low, high = _interval(teller.draws(teller.dated(sites)).sum(axis=1))
        rows.append(
            {
                "expected_reach": people,
                "ci_low": low,
                "ci_high": high,
                "added": people - before,
                "objective": value,
                "upper_bound": max(value, most),
                "sites": teller.ids(sites),
            }
        )
        before = people
    return _curve_frame(rows)


def _curve_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = ["expected_reach", "ci_low", "ci_high", "added", "objective", "upper_bound", "sites"]
    return pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="events"))
