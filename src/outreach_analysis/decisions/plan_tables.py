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
from outreach_analysis.decisions.plan_arrays import Floats, Ints, column_of
from outreach_analysis.decisions.plan_curve import CurvePoint
from outreach_analysis.decisions.plan_inputs import PlanRequest, ReachTable
from outreach_analysis.decisions.plan_problem import PlanProblem
from outreach_analysis.decisions.plan_result import PlanResult, PlanStatus
from outreach_analysis.errors import RequestError


class LabelledDraws(Protocol):
    """Draws of net people with the ids of their axes; `IncrementalAttendance` is one."""

    @property
    def draws(self) -> npt.NDArray[np.float64]:
        """Array (n_draws, areas, sites) of net expected people."""

    @property
    def area_ids(self) -> pd.Index:
        """Ids of the second axis."""

    @property
    def site_ids(self) -> pd.Index:
        """Ids of the third axis."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
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
    """Worth and reach of visits (columns of the table) beyond the scheduled ones."""

    def __init__(self, table: ReachTable, request: PlanRequest) -> None:
        self.table = table
        self.start = table.left_after(table.positions(sorted(request.scheduled)))
        self.required = [int(c) for c in table.positions(sorted(request.required.elements()))]

    def reached(self, visits: Sequence[int]) -> Floats:
        """Additional people by area."""
        return self.start - self.table.left_after(np.array(visits, dtype=np.int64), start=self.start)

    def people(self, visits: Sequence[int]) -> float:
        """Additional people."""
        return float(self.reached(visits).sum())

    def worth(self, visits: Sequence[int]) -> float:
        """Weighted people less costs."""
        return self.worth_of(self.reached(visits), visits)

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
    found: Found,
    *,
    area_ids: pd.Index,
    draws: LabelledDraws | None,
) -> PlanResult:
    """The result of a plan that was found."""
    teller = Teller(table, request)
    visits = teller.in_order([*teller.required, *problem.columns[list(found.plans[0])].tolist()])
    worth = teller.worth(visits)
    base = teller.worth(teller.required)
    bound = worth if found.status == "optimal" else max(worth, base + found.bound)
    drawn = None if draws is None else DrawnReach(table, request, draws)
    low, high = (math.nan, math.nan) if drawn is None else drawn.interval(drawn.people(teller.ids(visits)))
    reached = teller.reached(visits)
    by_area = pd.DataFrame(
        {"pool": table.pool, "reached_scheduled": table.pool - teller.start, "reached": reached}, index=table.area_ids
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
        status=found.status,
        conflicts=(),
        by_site=_by_site(teller, visits, request, drawn),
        by_area=by_area.reindex(area_ids).rename_axis("area_id"),
        alternatives=_alternatives(teller, problem, found, visits, worth),
        curve=_curve(teller, problem, found, visits, bound),
        scheduled_reach=float((table.pool - teller.start).sum()),
        method=found.method,
        left_out=left_out.rename_axis("area_id").sort_index(),
        n_events=request.n_events,
        scheduled=tuple(sorted(request.scheduled.elements())),
        required=tuple(sorted(request.required.elements())),
        forbidden=tuple(sorted(request.forbidden)),
        max_visits=request.max_visits,
    )


class DrawnReach:
    """Additional people of sets of places under every draw of the forecast."""

    def __init__(self, table: ReachTable, request: PlanRequest, draws: LabelledDraws) -> None:
        self._pool = pd.Series(table.pool, index=table.area_ids)
        self._scheduled = sorted(request.scheduled)
        self._draws = draws

    def people(self, sites: Sequence[str]) -> Floats:
        """Additional people of a plan, one number a draw."""
        return np.asarray(area_draws(self._pool, self._draws, scheduled=self._scheduled, sites=sites).sum(axis=1))

    @staticmethod
    def interval(people: Floats) -> tuple[float, float]:
        """Its 90 % interval."""
        low, high = np.quantile(people, [0.05, 0.95])
        return float(low), float(high)


def _by_site(teller: Teller, visits: list[int], request: PlanRequest, drawn: DrawnReach | None) -> pd.DataFrame:
    whole = teller.people(visits)
    places = list(dict.fromkeys(visits))
    ids = teller.ids(places)
    others = [[visit for visit in visits if visit != place] for place in places]
    ends = [(math.nan, math.nan)] * len(places)
    if drawn is not None:
        everybody = drawn.people(teller.ids(visits))
        ends = [drawn.interval(everybody - drawn.people(teller.ids(rest))) for rest in others]
    return pd.DataFrame(
        {
            "visits": [visits.count(place) for place in places],
            "contribution": [whole - teller.people(rest) for rest in others],
            "ci_low": [low for low, _ in ends],
            "ci_high": [high for _, high in ends],
            "alone": [teller.people([place]) for place in places],
            "required": [site_id in request.required for site_id in ids],
        },
        index=pd.Index(ids, name="site_id", dtype="str"),
    )


def _alternatives(teller: Teller, problem: PlanProblem, found: Found, visits: list[int], worth: float) -> pd.DataFrame:
    rows = []
    for picks in found.plans[1:]:
        other = teller.in_order([*teller.required, *problem.columns[list(picks)].tolist()])
        leaves, takes = Counter(visits), Counter(other)
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


def _curve(teller: Teller, problem: PlanProblem, found: Found, visits: list[int], bound: float) -> pd.DataFrame:
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
        rows.append(
            {
                "expected_reach": people,
                "added": people - before,
                "objective": value,
                "upper_bound": max(value, most),
                "sites": teller.ids(sites),
            }
        )
        before = people
    return _curve_frame(rows)


def _curve_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = ["expected_reach", "added", "objective", "upper_bound", "sites"]
    return pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="events"))


def area_draws(
    pool: pd.Series, draws: LabelledDraws, *, scheduled: Sequence[str], sites: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Additional people of each area whom a plan reaches under every draw of the forecast.

    Where a draw brings more people to one place than the pool holds, the pool of that draw is as large (it is the
    larger of need and attendance); so a plan of one place has the interval that the ranking gives it.

    Parameters
    ----------
    pool
        Index `area_id`: people who can be reached.
    draws
        Draws of net people with the ids of their axes.
    scheduled, sites
        Places of announced events (each once) and of the plan's visits.

    Returns
    -------
    Array (n_draws, areas), areas in the order of `pool`.

    Raises
    ------
    ValueError
        Where the draws lack an area of the pool or a place.
    """
    before_sites = sorted(set(scheduled))
    rows = draws.area_ids.get_indexer(pool.index)
    columns = draws.site_ids.get_indexer(pd.Index([*before_sites, *sites], dtype=object))
    if (rows < 0).any() or (columns < 0).any():
        raise RequestError("draws lack an area of the pool or a place of the plan")
    people = pool.to_numpy(float)[:, None]
    net = draws.draws[:, :, columns][:, rows]
    announced, planned = net[:, :, : len(before_sites)], net[:, :, len(before_sites) :]
    taken = np.minimum(np.divide(announced, people, out=np.zeros_like(announced), where=people > 0), 1.0)
    largest = np.maximum(people, planned.max(axis=2, keepdims=True, initial=0.0))
    share = np.divide(planned, largest, out=np.zeros_like(planned), where=largest > 0)
    reached = largest[:, :, 0] * (1 - np.prod(1 - share, axis=2))
    return np.asarray(np.prod(1 - taken, axis=2) * reached)
