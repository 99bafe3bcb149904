"""From a planning problem to a plan, and to the curve of plans of every size."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outreach_analysis.decisions.plan_bounds import (
    SMALL_CELLS,
    Core,
    Majorant,
    cutoff,
    first_steps,
    is_wide,
    prove,
    root_majorant,
    top_slopes,
)
from outreach_analysis.decisions.plan_problem import Floats, PlanProblem, PlanStatus, column_of
from outreach_analysis.decisions.plan_search import (
    BestPlans,
    Limits,
    Picks,
    can_enumerate,
    enumerate_plans,
    greedy_path,
    limited_search,
    losses,
    near_best,
    search,
    swapped,
    usual_rounds,
)

# --- One plan problem from start to certificate: enumerate, or search, bound and prove.


_SMALL, _WHOLE = (SMALL_CELLS, 1.5e7), (200_000, 3e7)
"""Problems with no more pairs are proved unasked, with this effort: gradual ones, and all-or-nothing ones."""
_LIMITED_ROUNDS = 300
_ROUNDS_IN_TWO = 8
_GAP_WORTH_ALL_ROUNDS = 0.008
_GAP_TOLD = 0.005
_SHARES = (0.4, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """Until when to search, to work on smaller plans, and to prove; infinite where no limit was set."""

    search: float = math.inf
    curve: float = math.inf
    proof: float = math.inf

    @classmethod
    def of(cls, started: float, time_limit: float | None) -> TimeBudget:
        """Shares of a limit in seconds, from the moment (perf_counter) when the work began."""
        if time_limit is None:
            return cls()
        search, curve, proof = (started + share * time_limit for share in _SHARES)
        return cls(search=search, curve=curve, proof=proof)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The best plans found, the bound, and what it rests on (`enumeration`, `search` or `proof`)."""

    plans: BestPlans
    bound: float
    status: PlanStatus
    method: str
    majorants: tuple[Majorant, ...] = ()
    core: Core | None = None
    core_root: Majorant | None = None

    @property
    def best(self) -> tuple[int, ...]:
        """The best plan's picks."""
        return self.plans.ranked()[0][0]


def first_answer(
    problem: PlanProblem, *, below: int, clock: TimeBudget, limits: Limits | None = None, rng: np.random.Generator
) -> Solution | None:
    """All plans compared where there are few; else a searched plan and the bound of the whole problem, which is that
    without limits. None where no plan was found that keeps to the limits."""
    if can_enumerate(problem, below=below):
        plans = enumerate_plans(problem, limits)
        if not plans.ranked():
            return None
        return Solution(plans=plans, bound=plans.ranked()[0][1], status="optimal", method="enumeration")
    answer = _searched(problem, clock=clock, rng=rng)
    if limits is None or limits.allow(answer.best):
        return answer
    plans = limited_search(problem, limits, start=answer.best, rng=rng)
    return dataclasses.replace(answer, plans=plans, core=None) if plans.ranked() else None


def _searched(problem: PlanProblem, *, clock: TimeBudget, rng: np.random.Generator) -> Solution:
    """A plan by search, and the bound of the whole problem."""
    plans = BestPlans()
    greedy, _ = greedy_path(problem)
    swapped(problem, greedy.chosen, plans, deadline=clock.search)
    # On the whole problem only so far that most places are ruled out; the rest is done among those that stay.
    once = problem.all_or_nothing or is_wide(problem)
    root, part = root_majorant(
        problem, *plans.ranked()[0], steps=None if once else first_steps(problem), deadline=clock.search
    )
    if once:
        rounded, visits = top_slopes(part, problem.cap, problem.n)
        swapped(problem, np.repeat(rounded, visits).tolist(), plans, deadline=clock.search)
    core, core_root = Core(problem=problem, outer=np.arange(problem.n_sites)), root
    rounds = usual_rounds(problem) if clock.search == math.inf else _LIMITED_ROUNDS
    rounds *= root.bound(problem.n, problem.cap) >= cutoff(problem, plans.ranked()[0][1])
    if rounds >= _ROUNDS_IN_TWO:
        core, keep = core.cut(root, *plans.ranked()[0])
        core_root, part = root.among(keep), part[keep]
        _search_core(core, part, plans, rng=rng, rounds=rounds // 4, deadline=clock.search)
        picks, worth = plans.ranked()[0]
        if not once:
            core_root, part = root_majorant(
                core.problem, core.inner(picks), worth, start=core_root, deadline=clock.search
            )
        gap = core_root.bound(problem.n, core.problem.cap) / max(worth, 1e-300) - 1
        # The less there is to gain, the less is spent on it.
        rounds = math.ceil(rounds * min(1.0, max(gap, 0.0) / _GAP_WORTH_ALL_ROUNDS))
    _search_core(core, part, plans, rng=rng, rounds=rounds, deadline=clock.search)
    near_best(problem, plans)
    picks, worth = plans.ranked()[0]
    if core_root.bound(problem.n, core.problem.cap) > worth * (1 + _GAP_TOLD) and rounds and not once:
        core_root, _ = root_majorant(core.problem, core.inner(picks), worth, start=core_root, deadline=clock.search)
    bound = min(root.bound(problem.n, problem.cap), max(worth, core_root.bound(problem.n, core.problem.cap)))
    return Solution(
        plans=plans,
        bound=bound,
        status="within_gap",
        method="search",
        majorants=(root,),
        core=core,
        core_root=core_root,
    )


def _search_core(
    core: Core, part: Floats, plans: BestPlans, *, rng: np.random.Generator, rounds: int, deadline: float
) -> None:
    """Search among the places that the bound does not rule out: no better plan holds any other."""
    picks, worth = plans.ranked()[0]
    inner = BestPlans()
    inner.offer(core.inner(picks), worth)
    search(core.problem, part, inner, rng=rng, rounds=rounds, deadline=deadline)
    for found, value in inner.ranked():
        plans.offer(core.outside(found), value)


def proved(problem: PlanProblem, answer: Solution, *, clock: TimeBudget) -> Solution:
    """The same with the gap closed as far as the time, or a fixed effort on small problems, allows."""
    if answer.core is None or answer.core_root is None:
        return answer
    limited = clock.proof < math.inf
    cells, fixed = _WHOLE if problem.all_or_nothing else _SMALL
    effort = math.inf if limited else fixed if problem.probability.nnz <= cells else 0.0
    proof = prove(answer.core, answer.plans, answer.core_root, bound=answer.bound, effort=effort, deadline=clock.proof)
    status: PlanStatus = "optimal" if proof.closed else "time_limit" if limited else "within_gap"
    return dataclasses.replace(answer, bound=proof.bound, status=status, method="proof" if proof.closed else "search")


# --- How many events are worth it: the best plan of 0, 1, 2, ... visits, each with a bound.


_RELAXED_SIZES = 8
_RELAXED_WORK = 1e6
_SMALL_STEPS = 100
_CURVE_EFFORT = 5e6


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A plan of some size, its worth, and what no plan of that size exceeds."""

    picks: tuple[int, ...]
    worth: float
    bound: float


def plan_size_curve(
    problem: PlanProblem,
    plan: Sequence[int],
    *,
    below: int,
    majorants: Sequence[Majorant] = (),
    limits: Limits | None = None,
    deadline: float = math.inf,
) -> list[CurvePoint]:
    """Plans of 0, 1, ... n - 1 visits: enumerated where there are few, else the best of several, parts of `plan`,
    the one of n visits, among them."""
    found = [BestPlans(kept=1) for _ in range(problem.n)]
    exact = [can_enumerate(problem.resized(size), below=below) for size in range(problem.n)]
    for size, counted in enumerate(exact):
        if counted:
            found[size] = enumerate_plans(problem.resized(size), limits)
    searched = [size for size in range(problem.n) if not exact[size]]
    bounds = np.full(problem.n, math.inf)
    if searched:
        path = _offer_parts(problem, plan, found)
        bounds = _bounds(problem, path, majorants[0] if majorants else None, searched, found)
    points: list[CurvePoint] = []
    for size, plans in enumerate(found):
        if limits is not None and not exact[size]:
            worth, picks = max((problem.value(part), part) for part in itertools.combinations(plan, size))
            points.append(CurvePoint(picks=picks, worth=worth, bound=max(worth, bounds[size])))
            continue
        if not exact[size]:
            bounds[size] = min(bounds[size], _refine(problem.resized(size), plans, points[-1], len(searched), deadline))
        picks, worth = plans.ranked()[0]
        points.append(CurvePoint(picks=picks, worth=worth, bound=worth if exact[size] else max(worth, bounds[size])))
    return points


def in_order(problem: PlanProblem, plan: Sequence[int]) -> list[int]:
    """The visits of a plan, each time the one that adds most to those before it."""
    rest, picks = list(plan), Picks(problem)
    while rest:
        column = max(rest, key=lambda pick: (picks.gain[pick], -pick))
        picks.add(column)
        rest.remove(column)
    return picks.chosen


def _taken_apart(problem: PlanProblem, plan: Sequence[int]) -> list[int]:
    """The visits of a plan, the one that can best be spared last, and so on."""
    rest, order = list(plan), []
    missed = np.ones((len(rest), len(problem.weight)))
    for position, column in enumerate(rest):
        rows, shares = column_of(problem.probability, column)
        missed[position, rows] = 1 - shares
    while rest:
        least = int(np.argmin(losses(problem, rest, missed)))
        order.append(rest.pop(least))
        missed = np.delete(missed, least, axis=0)
    return order[::-1]


def _offer_parts(problem: PlanProblem, plan: Sequence[int], found: list[BestPlans]) -> list[tuple[float, Floats]]:
    """Beginnings of the greedy plan and of the final one in two orders; returns greedy's path."""
    greedy, path = greedy_path(problem)
    for order in (greedy.chosen, in_order(problem, plan), _taken_apart(problem, plan)):
        left, worth = problem.weight.copy(), 0.0
        for size, (plans, column) in enumerate(zip(found, order, strict=True)):
            plans.offer(order[:size], worth)
            rows, shares = column_of(problem.probability, column)
            taken = left[rows] * shares
            left[rows] -= taken
            worth += float(taken.sum() - problem.cost[column])
    return path


def _bounds(
    problem: PlanProblem,
    path: list[tuple[float, Floats]],
    start: Majorant | None,
    sizes: list[int],
    found: list[BestPlans],
) -> Floats:
    """For each size the least of the bounds at hand and of fresh ones at some of the sizes."""
    lines = path if start is None else [*path, (start.constant, start.slopes)]
    spread = np.geomspace(1, len(sizes), min(_RELAXED_SIZES, len(sizes))).round().astype(int) - 1
    steps = int(np.clip(_RELAXED_WORK / (problem.probability.nnz + 1e4), 6, 30))
    # From the largest size down: neighbours in size have nearly the same multipliers.
    for size in np.unique(np.array(sizes)[spread])[::-1]:
        picks, worth = found[size].ranked()[0]
        start, _ = root_majorant(problem.resized(int(size)), picks, worth, steps=steps, start=start)
        lines.append((start.constant, start.slopes))
    bounds = np.full(problem.n, math.inf)
    for constant, slopes in lines:
        order = np.argsort(-np.where(problem.cap > 0, slopes, -np.inf), kind="stable")[: problem.n]
        steepest = np.repeat(slopes[order], problem.cap[order])[: problem.n - 1]
        totals = constant + np.concatenate([[0.0], np.cumsum(steepest)])
        bounds[: len(totals)] = np.minimum(bounds[: len(totals)], totals)
    return bounds


def _refine(problem: PlanProblem, plans: BestPlans, smaller: CurvePoint, n_sizes: int, deadline: float) -> float:
    """Never fall behind the plan with one visit less; on small problems swap, prove and return the bound."""
    start, worth = plans.ranked()[0]
    if worth < smaller.worth:
        picks = Picks(problem)
        picks.take(smaller.picks)
        picks.add(picks.best_addition())
        plans.offer(picks.chosen, picks.worth)
    if problem.probability.nnz > SMALL_CELLS or time.perf_counter() > deadline:
        return math.inf
    swapped(problem, start, plans, deadline=deadline)
    root, _ = root_majorant(problem, *plans.ranked()[0], steps=_SMALL_STEPS, deadline=deadline)
    core = Core(problem=problem, outer=np.arange(problem.n_sites))
    return prove(core, plans, root, bound=math.inf, effort=_CURVE_EFFORT / n_sizes, deadline=deadline).bound
