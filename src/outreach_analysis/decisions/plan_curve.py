"""How many events are worth it: the best plan of 0, 1, 2, ... visits, each with a bound."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outreach_analysis.decisions.plan_arrays import Floats, column_of
from outreach_analysis.decisions.plan_bounds import Majorant
from outreach_analysis.decisions.plan_problem import PlanProblem
from outreach_analysis.decisions.plan_proof import SMALL_CELLS, Core, prove, root_majorant
from outreach_analysis.decisions.plan_search import (
    BestPlans,
    Limits,
    Picks,
    can_enumerate,
    enumerate_plans,
    greedy_path,
    losses,
    swapped,
)

_RELAXED_SIZES = 8
_RELAXED_WORK = 1e6
_SMALL_STEPS = 100
_EFFORT = 5e6


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
    """Plans of 0, 1, ... n - 1 visits: enumerated where there are few, else the best of several good ones.

    `plan` is the plan of n visits that was found; its own beginnings and remainders are among those tried.
    """
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
    return prove(core, plans, root, bound=math.inf, effort=_EFFORT / n_sizes, deadline=deadline).bound
