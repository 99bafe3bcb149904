"""Several pop-ups planned together: `plan_popups`, its tables of visits and areas, and plans whose visits have days."""

from __future__ import annotations

import dataclasses
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance, Visit
from outreach_analysis.decisions.plan_problem import (
    Conflict,
    Floats,
    PlanProblem,
    PlanRequest,
    PlanResult,
    PlanStatus,
    ReachTable,
    column_of,
    find_conflicts,
    make_problem,
    make_request,
    read_table,
)
from outreach_analysis.decisions.plan_search import IMPROVES, Limits, Picks
from outreach_analysis.decisions.plan_solver import Solution, TimeBudget, first_answer, plan_size_curve, proved
from outreach_analysis.models.displacement import MOST_DRAWN
from outreach_analysis.models.terms import Rhythm

# --- From columns and picks back to places, people and tables: how a plan is told.


ALTERNATIVES = 5
_ALTERNATIVE = ("sites", "leaves_out", "takes_in", "expected_reach", "objective", "share_of_best")
_CURVE = ("expected_reach", "ci_low", "ci_high", "added", "objective", "upper_bound", "sites")


class Teller:
    """Worth and reach of visits (columns of the table) beyond the scheduled ones. With a `DatedReach`
    people are the means over its draws on the days of the visits, else those of pools and probabilities."""

    def __init__(self, table: ReachTable, request: PlanRequest, reach: DatedReach | None = None) -> None:
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
        """Visits with their days; none without a reach."""
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

    def worth_of(self, reached: Floats, visits: Sequence[int]) -> float:
        """The same, where the people reached are known."""
        return float(reached @ self.table.area_weight - self.table.site_cost[list(visits)].sum())

    def interval(self, visits: Sequence[int]) -> tuple[float, float]:
        """90 % interval of the additional people; NaN without a reach."""
        if self.reach is None:
            return math.nan, math.nan
        return _interval(self.draws(self.dated(visits)).sum(axis=1))

    def contributions(self, visits: Sequence[int]) -> list[tuple[float, float, float]]:
        """People lost without each place, in the order of its first visit, with their interval; the others keep their
        days."""
        places = list(dict.fromkeys(visits))
        if self.reach is None:
            whole = self.people(visits)
            rests = [[visit for visit in visits if visit != place] for place in places]
            return [(whole - self.people(rest), math.nan, math.nan) for rest in rests]
        dated, found = self.dated(visits), []
        everybody = self.draws(dated).sum(axis=1, dtype=float)
        for site in self.ids(places):
            rest = self.draws([visit for visit in dated if visit[0] != site])
            lost = everybody - rest.sum(axis=1, dtype=float)
            found.append((float(lost.mean()), *_interval(lost)))
        return found

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
        alternatives=pd.DataFrame(columns=list(_ALTERNATIVE)),
        curve=pd.DataFrame(columns=list(_CURVE), index=pd.RangeIndex(1, 1, name="events")),
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
    teller: Teller,
    request: PlanRequest,
    answer: Solution,
    *,
    plans: list[list[int]],
    sizes: Sequence[tuple[list[int], float]],
    area_ids: pd.Index,
) -> PlanResult:
    """The result of the plans that were found, best first: with a `DatedReach` the best of them on their days. `sizes`
    holds the best plan of each smaller size, from none, with what no such plan is worth more than."""
    table, reach = teller.table, teller.reach
    p_best = math.nan
    if reach is not None:
        plans, p_best = _best_dated(plans, teller, request.preferred)
    plans = [teller.in_order(plan) for plan in plans]
    visits = plans[0]
    worth = teller.worth(visits)
    bound = worth if answer.status == "optimal" else max(worth, teller.worth(teller.required) + answer.bound)
    low, high = teller.interval(visits)
    reached = teller.reached(visits)
    scheduled = table.pool - teller.start
    if reach is not None:
        scheduled = reach.scheduled_by_area().reindex(table.area_ids).to_numpy(float)
    by_area = pd.DataFrame(
        {"pool": table.pool, "reached_scheduled": scheduled, "reached": reached}, index=table.area_ids
    )
    served = np.diff(table.probability.tocsr().indptr) > 0
    left_out = by_area.loc[~served & (table.pool > 0), ["pool"]]
    return dataclasses.replace(
        infeasible_plan(request, ()),
        sites=teller.ids(visits),
        expected_reach=float(reached.sum()),
        ci_low=low,
        ci_high=high,
        objective=worth,
        upper_bound=bound,
        gap=(bound - worth) / abs(bound) if bound != worth else 0.0,
        p_best=p_best,
        status=answer.status,
        by_site=_by_site(teller, visits, request),
        by_area=by_area.reindex(area_ids).rename_axis("area_id"),
        alternatives=_alternatives(teller, plans, worth),
        curve=_curve(teller, [*sizes, (visits, bound)][1:]),
        scheduled_reach=float(scheduled.sum()),
        method=answer.method,
        left_out=left_out.rename_axis("area_id").sort_index(),
    )


def _best_dated(plans: list[list[int]], teller: Teller, preferred: str | None) -> tuple[list[list[int]], float]:
    """Plans by their mean worth on their days, and the share of draws in which the first is the best of them. Those
    that two paired Monte Carlo errors do not tell from the best stand in front, first of all one that holds the
    preferred place. Plans without days come last."""
    reach = teller.reach
    if reach is None:
        raise RequestError("no draws were given")
    dated = [plan for plan in plans if reach.has_days(teller.ids(plan))]
    undated = [plan for plan in plans if plan not in dated]
    if not dated:
        return undated, math.nan
    people = (teller.draws(teller.dated(plan)) @ teller.table.area_weight for plan in dated)
    costs = (teller.table.site_cost[plan].sum() for plan in dated)
    worth = np.stack([np.asarray(each - cost, dtype=float) for each, cost in zip(people, costs, strict=True)])
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
    frame = pd.DataFrame(
        teller.contributions(visits),
        columns=["contribution", "ci_low", "ci_high"],
        index=pd.Index(ids, name="site_id", dtype="str"),
    )
    frame.insert(0, "visits", [visits.count(place) for place in places])
    alone = [teller.people([place]) for place in places]
    return frame.assign(alone=alone, required=[site_id in request.required for site_id in ids])


def _alternatives(teller: Teller, plans: list[list[int]], worth: float) -> pd.DataFrame:
    rows = []
    for other in plans[1 : ALTERNATIVES + 1]:
        leaves, takes = Counter(plans[0]), Counter(other)
        value = teller.worth(other)
        changes = (teller.ids((leaves - takes).elements()), teller.ids((takes - leaves).elements()))
        share = value / worth if worth else math.nan
        rows.append((teller.ids(other), *changes, teller.people(other), value, share))
    return pd.DataFrame(rows, columns=list(_ALTERNATIVE))


def _curve(teller: Teller, sizes: Sequence[tuple[list[int], float]]) -> pd.DataFrame:
    rows, before = [], 0.0
    for sites, most in sizes:
        reached = teller.reached(sites)
        people, value = float(reached.sum()), teller.worth_of(reached, sites)
        rows.append((people, *teller.interval(sites), people - before, value, max(value, most), teller.ids(sites)))
        before = people
    return pd.DataFrame(rows, columns=list(_CURVE), index=pd.RangeIndex(1, len(rows) + 1, name="events"))


# --- Which places to visit together: the plan of n pop-ups that reaches most people, with a certificate.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanLimits:
    """Limits that an office has."""

    costs: pd.Series | None = None
    budget: float | None = None
    groups: pd.Series | None = None
    most_per_group: int | None = None

    def __post_init__(self) -> None:
        if self.budget is not None:
            if not self.budget >= 0:
                raise RequestError.in_words("a budget of {rupiah} rupiah is below 0", rupiah=f"{self.budget:,.0f}")
            if self.costs is None or self.costs.isna().all():
                raise RequestError.in_words(
                    "a budget was given but no cost of a visit is known; fill in cost in sites.csv"
                )
        if self.most_per_group is not None and self.most_per_group < 1:
            raise RequestError.in_words("at most {n} visits per kabupaten is below 1", n=self.most_per_group)

    def of_problem(self, table: ReachTable, problem: PlanProblem, request: PlanRequest) -> Limits:
        """The limits that required visits leave, by column of the problem; unknown costs count as the dearest known."""
        sites = table.site_ids
        cost = np.zeros(len(sites))
        if self.costs is not None and self.budget is not None:
            known = self.costs.reindex(sites).astype(float)
            cost = np.asarray(known.fillna(float(self.costs.max())), dtype=np.float64)
        names = pd.Series("", index=sites) if self.groups is None else self.groups.reindex(sites).fillna("")
        group = np.unique(names.to_numpy(str), return_inverse=True)[1]
        most = len(sites) * request.max_visits + 1 if self.most_per_group is None else self.most_per_group
        taken = table.positions(sorted(request.required.elements()))
        room = most - np.bincount(group[taken], minlength=group.max(initial=-1) + 1)
        return Limits(
            cost=cost[problem.columns],
            budget=np.inf if self.budget is None else self.budget - float(cost[taken].sum()),
            group=group[problem.columns].astype(np.int64),
            room=room.astype(np.int64),
        )


def plan_popups(
    pool: pd.Series,
    attendance: pd.DataFrame,
    *,
    request: PlanRequest,
    weights: pd.Series | DecisionWeights | None = None,
    limits: PlanLimits | None = None,
    reach: DatedReach | None = None,
    rng: np.random.Generator | int | None,
) -> PlanResult:
    """Plan n pop-ups together: maximise the expected people whom they reach beyond the scheduled ones.

    A set S of visits reaches sum_i pool_i * (1 - prod_{j in S} (1 - probability_ij)), the value that ranks single
    places. With fewer than `enumerate_below` possible plans all are compared. Otherwise: greedy, then swaps of
    one visit, then repeated restarts from a part of the best plan; a concave relaxation gives the upper bound, and
    branch and bound closes the gap as far as a fixed effort (or the time limit) allows. All-or-nothing
    probabilities make it the maximal covering problem.

    Parameters
    ----------
    pool
        Index `area_id`: people who can still be reached, >= 0.
    attendance
        Columns `area_id, site_id, probability` (share of the pool who come, in [0, 1]); pairs that are not there count
        as 0. The places in it are the candidates.
    request
        How many visits, and which places must, may and must not be among them.
    weights
        `DecisionWeights`, or by `area_id` how many times a person of an area counts. None: once.
    limits
        Kept exactly where all plans are compared; else the plan keeps to them and the bound is that without them.
    reach
        Of the good plans that are found the one with the highest mean worth over its draws, on its days, is taken, and
        all people told are those means. None: no days, and no intervals.
    rng
        Source of randomness of the restarts; the same state gives the same plan (without a time limit).

    Returns
    -------
    PlanResult
        Status `infeasible` with the conflicts named where the request cannot be met; nothing is relaxed.

    Raises
    ------
    RequestError
        Where a pool or probability is missing or out of range, a pair stands twice, an area has no pool, or a place
        named in the request has no row in attendance.

    Greedy reaches at least 1 - 1/e of the optimum (Nemhauser, Wolsey and Fisher 1978, doi:10.1007/BF01588971);
    maximal covering: Church and ReVelle (1974). Picking the first n of a ranking in place of planning them
    together loses up to 11 % in simulations.

    Examples
    --------
    >>> pool = pd.Series({"a": 100.0, "b": 80.0})
    >>> attendance = pd.DataFrame({"area_id": ["a", "a", "b"], "site_id": ["S1", "S2", "S3"],
    ...                            "probability": [0.5, 0.4, 0.4]})
    >>> plan = plan_popups(pool, attendance, request=PlanRequest(n_events=2), rng=np.random.default_rng(0))
    >>> plan.sites, plan.expected_reach, plan.status
    (('S1', 'S3'), 82.0, 'optimal')
    >>> plan.alternatives["takes_in"].tolist(), plan.curve["added"].tolist()
    ([('S2',), ('S2',)], [50.0, 32.0])
    """
    started = time.perf_counter()
    table = read_table(pool, attendance, weights)
    conflicts = find_conflicts(table, request)
    if conflicts:
        return infeasible_plan(request, conflicts)
    problem = make_request(table, request)
    clock = TimeBudget.of(started, request.time_limit)
    limited = None if limits is None else limits.of_problem(table, problem, request)
    answer = first_answer(
        problem, below=request.enumerate_below, clock=clock, limits=limited, rng=np.random.default_rng(rng)
    )
    if answer is None:
        return infeasible_plan(request, [] if limits is None else _limits_in_the_way(limits, table, problem, request))
    smaller = plan_size_curve(
        problem,
        answer.best,
        below=request.enumerate_below,
        majorants=answer.majorants,
        limits=limited,
        deadline=clock.curve,
    )
    alone = _required_alone(table, request)
    everything = tuple(np.repeat(np.arange(alone.n_sites), alone.cap).tolist())
    of_required = plan_size_curve(alone, everything, below=request.enumerate_below)
    answer = proved(problem, answer, clock=clock)
    found = [picks for picks, _ in answer.plans.ranked()]
    teller = Teller(table, request, reach)

    def visits(picks: Sequence[int]) -> list[int]:
        return [*teller.required, *problem.columns[list(picks)].tolist()]

    base = teller.worth(teller.required)
    sizes = [(alone.columns[list(point.picks)].tolist(), point.bound) for point in of_required]
    return tell_plan(
        teller,
        request,
        answer,
        plans=[visits(picks) for picks in _with_preferred(found, problem, table, request.preferred, limited)],
        sizes=[*sizes, *((visits(point.picks), base + point.bound) for point in smaller)],
        area_ids=pool.index,
    )


def _limits_in_the_way(
    limits: PlanLimits, table: ReachTable, problem: PlanProblem, request: PlanRequest
) -> list[Conflict]:
    """Each limit that no plan keeps to even alone; all of them where only together they cannot be kept."""
    named: list[tuple[PlanLimits, Conflict]] = []
    if limits.budget is not None:
        alone = dataclasses.replace(limits, most_per_group=None)
        named.append((alone, Conflict(code="over_budget", available=int(limits.budget))))
    if limits.most_per_group is not None:
        alone = dataclasses.replace(limits, budget=None)
        named.append((alone, Conflict(code="too_many_per_kabupaten", available=limits.most_per_group)))
    binding = [
        conflict for alone, conflict in named if not _can_keep(alone.of_problem(table, problem, request), problem)
    ]
    return binding or [conflict for _, conflict in named]


def _can_keep(limits: Limits, problem: PlanProblem) -> bool:
    """Whether some plan keeps to a budget (the cheapest visits), or to a number of visits per group."""
    if not limits.allow(()):
        return False
    cheapest = np.sort(np.repeat(limits.cost, problem.cap))[: problem.n]
    places = np.bincount(limits.group, weights=problem.cap, minlength=len(limits.room))
    return bool(cheapest.sum() <= limits.budget * (1 + IMPROVES) and np.minimum(places, limits.room).sum() >= problem.n)


def _with_preferred(
    plans: list[tuple[int, ...]], problem: PlanProblem, table: ReachTable, preferred: str | None, limits: Limits | None
) -> list[tuple[int, ...]]:
    """The plans that were found, and the one that greedily grows from the preferred place."""
    column = -1 if preferred is None else int(table.site_ids.get_indexer(pd.Index([preferred], dtype=object))[0])
    start = np.flatnonzero(problem.columns == column)
    if not len(start) or not problem.n:
        return plans
    picks = Picks(problem)
    picks.add(int(start[0]))
    picks.fill()
    grown = tuple(sorted(picks.chosen))
    kept = limits is None or limits.allow(grown)
    return [*plans, grown] if kept and grown not in plans else plans


def _required_alone(table: ReachTable, request: PlanRequest) -> PlanProblem:
    """The required visits as a problem of their own, for the curve below their number."""
    visits = dict(sorted(request.required.items()))
    columns = table.positions(visits)
    left = table.left_after(table.positions(sorted(request.scheduled)))
    return make_problem(
        n=request.required.total(),
        weight=left * table.area_weight,
        probability=table.probability[:, columns],
        cost=table.site_cost[columns],
        cap=np.array(list(visits.values()), dtype=np.int64),
        columns=columns,
    )


# --- Plans whose visits have days: what they are expected to add, on which days, and what no plan on any days exceeds.

_CLOSED = 1e-9

DayFinder: TypeAlias = Callable[[tuple[str, ...]], tuple[Visit, ...] | None]
"""Days for a set of visits; None where there are none that meet all constraints."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedVisits:
    """What visits draw, all at their expectations: what plans are searched with and certified by."""

    stock: Floats
    drawn: Floats
    depleted: Floats
    start: pd.Timestamp
    recovery: float
    announced: tuple[Visit, ...]
    area_ids: pd.Index
    site_ids: pd.Index
    rhythm: Rhythm | None = None

    def by_area(self, visits: Sequence[Visit]) -> Floats:
        """People of each area whom dated visits add to the announced ones, (areas,)."""
        return self._walked([*self.announced, *visits])[0] - self._announced_alone

    def value(self, visits: Sequence[Visit]) -> float:
        """The same over all areas: T(announced + visits) - T(announced)."""
        return float(self.by_area(visits).sum())

    @cached_property
    def _announced_alone(self) -> Floats:
        return self._walked(self.announced)[0]

    def _walked(self, visits: Sequence[Visit], until: pd.Timestamp | None = None) -> tuple[Floats, Floats]:
        """People whom visits before a day draw, and what share of the willing is missing then, both by area."""
        people, depleted, last = np.zeros_like(self.stock), self.depleted, self.start
        for site, day in sorted(visits, key=lambda visit: pd.Timestamp(visit[1])):
            now = pd.Timestamp(day)
            if until is not None and now >= until:
                break
            depleted = depleted * np.exp(-(now - last).days / self.recovery)
            came = self._drawn_on(site, now) * (1 - depleted)
            depleted, people, last = depleted + came, people + came * self.stock, now
        if until is not None:
            depleted = depleted * np.exp(-(until - last).days / self.recovery)
        return people, depleted

    def undated(self, days: pd.Series, *, gap: float) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and probabilities for `plan_popups`: each place alone as on its day, visits `gap` days apart."""
        alone = np.column_stack([self.by_area([(site, days[site])]) for site in self.site_ids])
        middle = pd.to_datetime(days).sort_values().iloc[len(days) // 2]
        left = 1 - self._walked(self.announced, middle)[1]
        pool = self.stock * left / np.exp(-gap / self.recovery)
        return self._as_table(np.maximum(pool, alone.max(axis=1, initial=0.0)), alone)

    def relaxed(self, days: Sequence[pd.Timestamp]) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and probabilities whose best plan no plan exceeds, whichever of the days its visits take."""
        at = sorted({pd.Timestamp(day) for day in days})
        left = np.stack([1 - self._walked(self.announced, day)[1] for day in at])
        lost, missing = (np.stack(each) for each in zip(*(self._after(day, at[-1]) for day in at), strict=True))
        most, gain = left.max(axis=0), (left * (1 - lost)).max(axis=0)
        kept = (missing / np.maximum(1 - lost, _CLOSED)).min(axis=0)
        kept = np.clip(kept, _CLOSED, 1.0)
        drawn = np.column_stack([self._drawn_on(site, *at) for site in self.site_ids])
        return self._as_table(self.stock * most / kept, self.stock[:, None] * gain[:, None] * drawn)

    def _after(self, day: pd.Timestamp, last: pd.Timestamp) -> tuple[Floats, Floats]:
        """Of those served on a day: the share whom later announced events lose, and that missing on the last day."""
        lost, missing, before = np.zeros_like(self.stock), np.ones_like(self.stock), day
        later = [(site, pd.Timestamp(at)) for site, at in self.announced if pd.Timestamp(at) >= day]
        on_last: Floats | None = None
        for site, now in sorted(later, key=lambda visit: visit[1]):
            if now > last and on_last is None:
                on_last = missing * np.exp(-(last - before).days / self.recovery)
            missing = missing * np.exp(-(now - before).days / self.recovery)
            before, drawn = now, self._drawn_on(site, now)
            lost, missing = lost + drawn * missing, missing * (1 - drawn)
        if on_last is None:
            on_last = missing * np.exp(-(last - before).days / self.recovery)
        return lost, on_last

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {str(site): column for column, site in enumerate(self.site_ids)}

    @cached_property
    def _ratios(self) -> dict[Visit, float]:
        return {}

    def _ratio(self, site: str, day: pd.Timestamp) -> float:
        """Expected people at a place on a day over those on the day it was forecast for."""
        if self.rhythm is None:
            return 1.0
        if (site, day) not in self._ratios:
            self._ratios[site, day] = float(self.rhythm.ratio(self._columns[site], day).mean())
        return self._ratios[site, day]

    def _drawn_on(self, site: str, *days: pd.Timestamp) -> Floats:
        """Share of the willing whom a visit draws on the best of some days, (areas,)."""
        best = max((self._ratio(site, day) for day in days), default=1.0)
        return np.minimum(self.drawn[:, self._columns[site]] * best, MOST_DRAWN)

    def _as_table(self, pool: Floats, people: Floats) -> tuple[pd.Series, pd.DataFrame]:
        share = np.divide(people, pool[:, None], out=np.zeros_like(people), where=pool[:, None] > 0)
        wide = pd.DataFrame(np.clip(share, 0.0, 1.0), index=self.area_ids, columns=self.site_ids).rename_axis("area_id")
        long = wide.reset_index().melt(id_vars="area_id", var_name="site_id", value_name="probability")
        return pd.Series(pool, index=self.area_ids, name="pool"), long


def expected_visits(incremental: IncrementalAttendance, *, start: pd.Timestamp, gap: float) -> ExpectedVisits:
    """The draws of what places add, put into one set of expectations."""
    inside, depletion = incremental.inside, incremental.forecast.depletion
    kept = 1 - incremental.displacement.draws[:, inside]
    stock = incremental.stock[:, inside]
    drawn = np.zeros_like(stock)
    for column in range(len(incremental.site_ids)):
        people = incremental.drawn[:, inside, column]
        drawn += people * incremental.capacity_factor[:, column, None]
    overlap = np.divide(kept * drawn**2, stock, out=np.zeros_like(stock), where=stock > 0)
    people = incremental.expected_by_area().to_numpy()
    total, shared = people.sum(axis=1), overlap.mean(axis=0)
    pool = np.divide(total**2, shared, out=np.zeros_like(total), where=shared > 0)
    pool = np.maximum(pool, people.max(axis=1, initial=0.0) / MOST_DRAWN)
    weights = (kept * drawn).mean(axis=0)
    served = depletion.depleted(start)[:, inside]
    depleted = np.divide((served * kept * drawn).mean(axis=0), weights, out=np.zeros_like(weights), where=weights > 0)
    by_draw = overlap.sum(axis=1)
    remains = float(by_draw @ np.exp(-gap / depletion.recovery) / by_draw.sum()) if by_draw.sum() > 0 else 0.5
    share = np.divide(people, pool[:, None], out=np.zeros_like(people), where=pool[:, None] > 0)
    return ExpectedVisits(
        stock=pool,
        drawn=share,
        depleted=np.minimum(depleted, 1.0),
        start=start,
        recovery=-gap / float(np.log(np.clip(remains, 1e-6, 1 - 1e-6))),
        announced=incremental.given,
        area_ids=incremental.area_ids,
        site_ids=incremental.site_ids,
        rhythm=incremental.forecast.rhythm,
    )


class DatedReach:
    """Additional people of sets of visits on their days, in every draw; each set is worked out once."""

    def __init__(self, incremental: IncrementalAttendance, means: ExpectedVisits, find_days: DayFinder) -> None:
        self.incremental = incremental
        self.means = means
        self._find_days = find_days
        self._days: dict[tuple[str, ...], tuple[Visit, ...] | None] = {}
        self._reached: dict[tuple[Visit, ...], Floats] = {}

    def under(self, incremental: IncrementalAttendance, means: ExpectedVisits) -> DatedReach:
        """The same sets on the same days, where other people would be additional."""
        other = DatedReach(incremental, means, self._find_days)
        other._days = self._days
        return other

    @property
    def area_ids(self) -> pd.Index:
        """What the columns of `area_draws` stand for."""
        return self.incremental.area_ids

    def has_days(self, sites: Sequence[str]) -> bool:
        """Whether there are days for all visits."""
        return self._visits(sites) is not None

    def visits(self, sites: Sequence[str]) -> tuple[Visit, ...]:
        """The visits with their days; the proposed days where there are none that meet all constraints."""
        found = self._visits(sites)
        return found if found is not None else tuple((site, self.incremental.days[site]) for site in sites)

    def area_draws(self, visits: Sequence[Visit]) -> Floats:
        """Additional people of each area, (n_draws, areas), in single precision to keep many plans."""
        key = tuple(sorted(visits, key=lambda visit: (pd.Timestamp(visit[1]), visit[0])))
        if key not in self._reached:
            self._reached[key] = self.incremental.value_draws(key).astype(np.float32)
        return self._reached[key]

    def expected(self, visits: Sequence[Visit]) -> pd.Series:
        """Additional people by area at all expectations, by which plans are certified."""
        return pd.Series(self.means.by_area(visits), index=self.means.area_ids)

    def scheduled_by_area(self) -> pd.Series:
        """Expected people whom the announced events reach and whom the office would not have served, by area."""
        return self.incremental.announced_by_area()

    def _visits(self, sites: Sequence[str]) -> tuple[Visit, ...] | None:
        key = tuple(sorted(sites))
        if key not in self._days:
            self._days[key] = self._find_days(key)
        return self._days[key]


def certified(plan: PlanResult, reach: DatedReach, bound: PlanResult, weights: DecisionWeights | None) -> PlanResult:
    """A plan with the gap, at the expectations, to the bound that no plan on any of the days exceeds."""
    if plan.status == "infeasible" or bound.status == "infeasible":
        return plan

    def worth(people: pd.Series, sites: Sequence[str]) -> float:
        if weights is None:
            return float(people.sum())
        spent = float(weights.of_sites(pd.Index(sites, dtype=object)).sum())
        return float((people * weights.of_areas(people.index)).sum()) - spent

    def gap_of(sites: Sequence[str], most: float) -> float:
        value = worth(reach.expected(reach.visits(sites)), sites)
        return (most - value) / abs(most) if most - value > _CLOSED * max(abs(most), 1.0) else 0.0

    gap = gap_of(plan.sites, bound.upper_bound)
    curve = plan.curve.copy()
    bounds = bound.curve["upper_bound"].reindex(curve.index).fillna(bound.upper_bound)
    gaps = [gap_of(sites, float(most)) for sites, most in zip(curve["sites"], bounds, strict=True)]
    curve["upper_bound"] = [at_most(value, each) for value, each in zip(curve["objective"], gaps, strict=True)]
    status: PlanStatus = "optimal" if gap == 0 else "time_limit" if plan.status == "time_limit" else "within_gap"
    most = at_most(plan.objective, gap)
    return dataclasses.replace(plan, upper_bound=most, gap=gap, status=status, curve=curve)


def at_most(value: float, gap: float) -> float:
    """What no plan exceeds, told beside the mean over the draws: the mean, and as much more as the gap allows. The gap
    is certified at the expectations, where the worth is a little different from the mean over the draws."""
    return value / (1 - gap) if 0 < gap < 1 and value > 0 else value
