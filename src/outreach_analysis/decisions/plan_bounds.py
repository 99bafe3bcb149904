"""Bounds on what any plan could bring, and the proof that a plan is within its optimality gap."""

from __future__ import annotations

import dataclasses
import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from outreach_analysis.decisions.plan_problem import Floats, Ints, PlanProblem, column_of, flat_ranges, sum_by
from outreach_analysis.decisions.plan_search import BestPlans

# --- How much any plan could reach: one concave relaxation for all probabilities, and its certificate.


CAP = 8.0
"""-log(1 - p) is cut here; the tangent at s <= CAP - 1 still majorises: it reaches 1 at s + 1."""
_SMALLEST = math.exp(1 - CAP)
_SMALLEST_SCALE = 0.02
_PATIENCE = 20
_STEP_SIZES = np.geomspace(0.005, 1, 9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flat:
    """A linear majorant of each area's reach: constant_i + sum_j rows_ji x_j; at first 0 + sum_j p_ij x_j. It is tight
    near the relaxed plan `visits`, zeros at first."""

    constant: Floats
    rows: sparse.csr_array
    visits: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Majorant:
    """A linear majorant of every plan's worth: constant + sum_j slopes_j x_j, from multipliers by area: `linear` a and
    `tangent` (1 - a) v. What a weighs is the `flat` majorant of an area's reach."""

    constant: float
    slopes: Floats
    linear: Floats
    tangent: Floats
    flat: Flat

    def among(self, keep: npt.NDArray[np.bool_]) -> Majorant:
        """The same for the problem restricted to some places."""
        flat = dataclasses.replace(self.flat, rows=self.flat.rows[np.flatnonzero(keep)], visits=self.flat.visits[keep])
        return dataclasses.replace(self, slopes=self.slopes[keep], flat=flat)

    def bound(self, n: int, cap: Ints) -> float:
        """No plan of n visits is worth more."""
        chosen, visits = top_slopes(self.slopes, cap, n)
        return self.constant + float(self.slopes[chosen] @ visits)


def top_slopes(slopes: Floats, cap: Ints, n: int) -> tuple[Ints, Ints]:
    """The visits with the largest slopes: places in descending order and how often each."""
    if n <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    allowed = np.where(cap > 0, slopes, -np.inf)
    best = np.argpartition(-allowed, n - 1)[:n] if n < len(slopes) else np.arange(len(slopes))
    best = best[np.argsort(-allowed[best], kind="stable")]
    most = cap[best]
    if len(best) == n and most[0] == 1 and (most == 1).all():
        return best, most
    before = np.cumsum(most) - most
    visits = np.minimum(most, n - before)
    return best[visits > 0], visits[visits > 0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is left to choose in a subproblem: weights of the areas, visits, and room at each place."""

    weight: Floats
    n: int
    cap: Ints


class Relaxation:
    """The relaxation of one problem, with its matrices; areas' weights may differ from node to node."""

    def __init__(self, problem: PlanProblem, flat: Flat | None = None) -> None:
        self.problem = problem
        self.all_or_nothing = problem.all_or_nothing
        areas, sites = problem.probability.shape
        self.flat = flat or Flat(constant=np.zeros(areas), rows=problem.transposed, visits=np.zeros(sites))
        with np.errstate(divide="ignore"):
            self.steep_rows = _like(problem.transposed, np.minimum(-np.log1p(-problem.probability.data), CAP))

    def evaluate(self, weight: Floats, linear: Floats, tangent: Floats) -> tuple[Majorant, Floats]:
        """The majorant at given multipliers, and log v by area (0 where the tangent is not used)."""
        rest = 1 - linear
        if self.all_or_nothing:
            slopes = self.problem.transposed @ (weight * linear) - self.problem.cost
            above = float(weight @ rest)
            majorant = Majorant(constant=above, slopes=slopes, linear=linear, tangent=tangent, flat=self.flat)
            return majorant, np.zeros(0)
        used = tangent >= _SMALLEST * rest
        used &= rest > 1e-9
        ratio = np.where(used, np.minimum(tangent / np.where(used, rest, 1.0), 1.0), 0.0)
        log_ratio = np.log(np.where(used, ratio, _SMALLEST))
        tangent = rest * ratio
        constant = float(weight @ (linear * self.flat.constant + rest * (1 - ratio + ratio * log_ratio)))
        slopes = self.flat.rows @ (weight * linear) + self.steep_rows @ (weight * tangent) - self.problem.cost
        return Majorant(constant=constant, slopes=slopes, linear=linear, tangent=tangent, flat=self.flat), log_ratio

    def sums(self, chosen: Ints, visits: Ints) -> tuple[Floats, Floats]:
        """The flat majorant and sum_j -log(1 - p_ij) x_j by area."""
        matrix = self.problem.probability
        starts = matrix.indptr[chosen]
        lengths = matrix.indptr[chosen + 1] - starts
        flat = flat_ranges(starts, lengths)
        times = np.repeat(visits, lengths)
        rows, n = matrix.indices[flat], len(self.problem.weight)
        linear = sum_by(rows, self.flat.rows.data[flat] * times, n)
        if self.all_or_nothing:
            return linear, linear
        return self.flat.constant + linear, sum_by(rows, self.steep_rows.data[flat] * times, n)

    def frank_wolfe(self, n: int, chosen: Ints, visits: Ints, *, steps: int, deadline: float = math.inf) -> Majorant:
        """Ascend the relaxation from a plan: the tightest of the majorants of all steps."""
        problem = self.problem
        here = np.concatenate([*self.sums(chosen, visits), [float(problem.cost[chosen] @ visits)]])
        best, least = None, math.inf
        while best is None or (steps > 0 and time.perf_counter() < deadline):
            steps -= 1
            linear, steep = np.split(here[:-1], 2)
            use_tangent = -np.expm1(-steep) <= linear
            tangent = np.where(use_tangent, np.exp(-np.minimum(steep, CAP - 1)), 0.0)
            majorant, _ = self.evaluate(problem.weight, np.where(use_tangent, 0.0, 1.0), tangent)
            bound = majorant.bound(n, problem.cap)
            if bound < least:
                best, least = majorant, bound
            chosen, visits = top_slopes(majorant.slopes, problem.cap, n)
            there = np.concatenate([*self.sums(chosen, visits), [float(problem.cost[chosen] @ visits)]])
            worth = [self._relaxed(here + size * (there - here)) for size in _STEP_SIZES]
            here = here + _STEP_SIZES[int(np.argmax(worth))] * (there - here)
        return best

    def _relaxed(self, point: Floats) -> float:
        """The concave objective, at sums by area (linear, then steep) and costs."""
        linear, steep = np.split(point[:-1], 2)
        return float(self.problem.weight @ np.minimum(-np.expm1(-steep), linear) - point[-1])

    def tighten(
        self,
        task: Task,
        linear: Floats,
        tangent: Floats,
        *,
        target: float,
        steps: int,
        beyond: float = 0.0,
        deadline: float = math.inf,
    ) -> tuple[Majorant, float, Floats]:
        """Lower the bound by Polyak's subgradient steps until `target` is met or steps are used up. They aim below it
        by `beyond` times the first distance: towards the target itself they would never pass it. Returns the tightest
        majorant, its bound, and how much each place took part."""
        descent = _Descent(self, task, linear, tangent)
        best, least = descent.measure()
        mark, since = least, 0
        aim = target - beyond * max(least - target, 0.0)
        for _ in range(steps - 1):
            if least < target or descent.scale < _SMALLEST_SCALE or time.perf_counter() > deadline:
                break
            if since >= _PATIENCE:
                descent.scale *= 0.6
                since = 0
            descent.step(aim)
            majorant, bound = descent.measure()
            if bound < mark - 1e-5 * abs(mark - target):
                mark, since = bound, 0
            else:
                since += 1
            if bound < least:
                best, least = majorant, bound
        return best, least, descent.part


def programmed(problem: PlanProblem, *, seconds: float) -> tuple[Majorant, Floats] | None:
    """The tightest majorant of an all-or-nothing problem and each place's part in it; None if not solved in time.
    Solved is the dual of: maximise weight . y - cost . x with y <= A x, y <= 1, x <= cap, sum x = n. It has a row per
    place, not per area, and its unknowns are the majorant's own: minimise sum (weight - a) + n t + cap . u with
    A' a - cost <= t + u, 0 <= a <= weight, u >= 0."""
    asked = np.flatnonzero(problem.weight > 0)
    weight, sites = problem.weight[asked], problem.n_sites
    rows = [problem.transposed[:, asked], -sparse.eye_array(sites), np.full((sites, 1), -1.0)]
    lower, upper = np.zeros(len(asked) + sites + 1), np.full(len(asked) + sites + 1, np.inf)
    lower[-1], upper[: len(asked)] = -np.inf, weight
    solved = linprog(
        np.concatenate([-np.ones(len(asked)), problem.cap, [problem.n]]),
        A_ub=sparse.hstack(rows, format="csr"),
        b_ub=problem.cost,
        bounds=np.column_stack([lower, upper]),
        method="highs-ds",
        options={"time_limit": max(seconds, 0.01), "presolve": False},
    )
    if solved.status != 0:
        return None
    linear = np.ones(len(problem.weight))
    linear[asked] = np.clip(solved.x[: len(asked)] / weight, 0.0, 1.0)
    majorant, _ = Relaxation(problem).evaluate(problem.weight, linear, np.zeros(len(linear)))
    return majorant, np.maximum(-solved.ineqlin.marginals, 0.0)


class _Descent:
    """Multipliers on their way down, with the momentum of the last subgradients."""

    def __init__(self, relaxation: Relaxation, task: Task, linear: Floats, tangent: Floats) -> None:
        self._relaxation = relaxation
        self._task = task
        self._linear, self._tangent = linear, tangent
        weight = task.weight
        self._inverse = np.where(weight > 0, 1 / np.where(weight > 0, weight, 1.0), 0.0)
        self._towards_linear = np.zeros(len(weight))
        self._towards_tangent = np.zeros(len(weight))
        self._bound = math.inf
        self.scale = 1.0
        self.part = np.zeros(len(task.cap))

    def measure(self) -> tuple[Majorant, float]:
        """The majorant here and its bound."""
        task = self._task
        majorant, self._log_ratio = self._relaxation.evaluate(task.weight, self._linear, self._tangent)
        self._tangent = majorant.tangent
        self._chosen, self._visits = top_slopes(majorant.slopes, task.cap, task.n)
        self._bound = majorant.constant + float(majorant.slopes[self._chosen] @ self._visits)
        self.part *= 0.9
        self.part[self._chosen] += 0.1 * self._visits
        return majorant, self._bound

    def step(self, target: float) -> None:
        """One step against the smoothed subgradient, as long as Polyak's rule says."""
        weight = self._task.weight
        sum_linear, sum_steep = self._relaxation.sums(self._chosen, self._visits)
        if self._relaxation.all_or_nothing:
            self._towards_linear = 0.7 * self._towards_linear + 0.3 * weight * (sum_linear - 1)
            length = float(self._towards_linear**2 @ self._inverse)
        else:
            ratio = np.where(self._tangent > 0, np.exp(self._log_ratio), 0.0)
            self._towards_linear = 0.7 * self._towards_linear + 0.3 * weight * (sum_linear - (1 - ratio))
            self._towards_tangent = 0.7 * self._towards_tangent + 0.3 * weight * (sum_steep + self._log_ratio)
            length = float((self._towards_linear**2 + self._towards_tangent**2) @ self._inverse)
        step = self.scale * (self._bound - target) / max(length, 1e-300) * self._inverse
        self._linear = np.clip(self._linear - step * self._towards_linear, 0, 1)
        if not self._relaxation.all_or_nothing:
            self._tangent = np.clip(self._tangent - step * self._towards_tangent, 0, 1 - self._linear)


# --- Proving a plan best: branch and bound on the relaxation, places that cannot matter struck out.


ROOT_STEPS = 160
_FIRST_STEPS = 80
_ROOT_WORK = 4e7
NODE_STEPS = 30
SMALL_CELLS = 20_000
"""Problems with no more pairs are proved as far as a fixed effort goes, without being asked to."""
_PROGRAMME_SHARE = 0.3
_PROMISING = 8
_ASCENT_WORK = 3.2e7
_CLIMBS = 60
_FRESH = 0.1
_SMOOTHING = 0.002
_SMALLEST_SHARE = 0.01
_SMALLEST_GAIN = 5e-8
_CHORDS = np.geomspace(0.3, 1.5, 12)
_PROGRAMMED_CELLS = 500_000
_OPEN_AT_MOST = 2_000
_WORTH_STRIKING = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """No plan is worth more than `bound`, `closed` when that is the best one's worth; `nodes` subproblems bounded."""

    bound: float
    closed: bool
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Node:
    """Plans that hold `picks`, worth `base`, and beyond them what `task` leaves to choose."""

    picks: tuple[int, ...]
    base: float
    task: Task
    majorant: Majorant
    part: Floats


def cutoff(problem: PlanProblem, worth: float) -> float:
    """A bound below this proves that no plan is worth more: whole people where all is whole, else rounding."""
    numbers = np.concatenate([problem.weight, problem.cost])
    whole = problem.all_or_nothing and bool((numbers == np.rint(numbers)).all())
    return worth + (1 - 1e-6 if whole else 1e-9 * max(abs(worth), 1e-300))


def root_majorant(
    problem: PlanProblem,
    picks: Sequence[int],
    worth: float,
    *,
    steps: int | None = None,
    start: Majorant | None = None,
    deadline: float = math.inf,
) -> tuple[Majorant, Floats]:
    """A majorant of a whole problem, tight or after some steps, and each place's part in it. `start` may be one of a
    problem of another size with the same places."""
    relaxation = Relaxation(problem, start.flat if start else None)
    if steps is None and relaxation.all_or_nothing and problem.probability.nnz <= _PROGRAMMED_CELLS:
        solved = programmed(problem, seconds=_PROGRAMME_SHARE * (deadline - time.perf_counter()))
        if solved is not None:
            return solved
    ascend = steps is None and is_wide(problem)
    steps = min(ROOT_STEPS, 2 * first_steps(problem)) if steps is None else steps
    chosen, visits = np.unique(np.array(picks, dtype=np.int64), return_counts=True)
    if start is None:
        start = relaxation.frank_wolfe(
            problem.n, chosen, visits, steps=0 if ascend else min(30, steps), deadline=deadline
        )
    if ascend:
        if not start.flat.visits.any():
            # Half of the time is left for the search.
            deadline = (time.perf_counter() + deadline) / 2
            flat = dataclasses.replace(start.flat, visits=np.asarray(np.bincount(chosen, visits, problem.n_sites)))
            start = dataclasses.replace(start, flat=flat)
        return _ascended(relaxation, start, worth, deadline=deadline)
    best, _, part = relaxation.tighten(
        Task(weight=problem.weight, n=problem.n, cap=problem.cap),
        start.linear,
        start.tangent,
        target=cutoff(problem, worth),
        steps=steps,
        deadline=deadline,
    )
    return best, part


def _ascended(relaxation: Relaxation, best: Majorant, worth: float, *, deadline: float) -> tuple[Majorant, Floats]:
    """A majorant by ascent of the relaxation itself, and the relaxed plan x where that ends. In each round areas get a
    third majorant, the lifted chord that is lowest at x; an area's reach is the least of the three, smoothed towards
    the shares that they had (method of multipliers), and with these shares flat and chord become the new flat one. Only
    promising places take part; the majorant is evaluated for all."""
    problem, here, x = relaxation.problem, best, best.flat.visits
    weight, n, areas = problem.weight, problem.n, problem.transposed.indices
    missed, fresh = 1 - problem.transposed.data, 0.0 if relaxation.all_or_nothing else _FRESH
    for turn in range(int(np.clip(_ASCENT_WORK / problem.probability.nnz, 8, 24))):
        if best.bound(n, problem.cap) < cutoff(problem, worth) or time.perf_counter() > deadline:
            break
        promising = here.slopes >= np.partition(here.slopes, -_PROMISING * n)[-_PROMISING * n]
        kept = np.flatnonzero(promising | (x > 0))
        steep, part, flat = relaxation.steep_rows[kept], problem.transposed[kept], here.flat
        visits = np.repeat(x[kept], np.diff(steep.indptr))
        step, count = _lowest_chords(part, steep, visits, turn)
        chord = _lifted(1 - part.data, step[part.indices], count[part.indices])
        above = _lifted(np.zeros(len(step)), step, count)
        rows = sparse.hstack([flat.rows[kept], _like(part, chord), steep], format="csr")
        prior = np.stack([(1 - fresh) * here.linear, np.full(len(weight), fresh), (1 - fresh) * (1 - here.linear)])
        before, x = x, np.zeros(problem.n_sites)
        x[kept], shares, tangent = _climb(problem, kept, rows, [flat.constant, 1 - above], prior, before[kept])
        linear = shares[0] + shares[1]
        new = np.where(shares[1] > _SMALLEST_SHARE, shares[1] / np.maximum(linear, 1e-300), 0.0)
        mixed, at = flat.rows.data.copy(), np.flatnonzero(new[areas])
        own = areas[at]
        mixed[at] += new[own] * (_lifted(missed[at], step[own], count[own]) - mixed[at])
        flat = Flat(constant=flat.constant + new * (1 - above - flat.constant), rows=_like(flat.rows, mixed), visits=x)
        relaxation.flat = flat
        here, _ = relaxation.evaluate(weight, linear, tangent)
        if here.bound(n, problem.cap) < best.bound(n, problem.cap):
            best = here
    return best, x


def _climb(
    problem: PlanProblem, kept: Ints, rows: sparse.csr_array, constant: list[Floats], shares: Floats, x: Floats
) -> tuple[Floats, Floats, Floats]:
    """Spectral projected gradient steps from x up the least of three concave majorants by area (flat, chord,
    1 - exp(-s) or 1), smoothed towards `shares`: the last x, and the shares and tangents of the lowest bound met."""
    weight, cost, cap, whole = problem.weight, problem.cost[kept], problem.cap[kept], problem.all_or_nothing
    columns, prior = rows.T.tocsr(), _SMOOTHING * np.log(np.maximum(shares, 1e-4))
    best, least = (shares, shares[2]), math.inf
    past: list[float] = []
    move, before = np.zeros(len(x)), np.zeros(len(x))
    for _ in range(_CLIMBS):
        while True:
            reach = (columns @ (x + move)).reshape(3, -1)
            at = np.minimum(reach[2], CAP - 1)
            slope = np.zeros(len(at)) if whole else np.exp(-at)
            reach[:2] += constant
            reach[2] = 1 - slope * (1 + at - reach[2])
            apart = reach - prior
            lowest = apart.min(axis=0)
            shares = np.exp((lowest - apart) / _SMOOTHING)
            total = shares.sum(axis=0)
            worth = float(weight @ (lowest - _SMOOTHING * np.log(total)) - cost @ (x + move))
            if not past or worth >= min(past[-6:]) or abs(move).max() < 1e-6:
                break
            move = 0.4 * move
        x, shares = x + move, shares / total
        weights = shares * weight
        weights[2] *= slope
        slopes = rows @ weights.ravel() - cost
        past.append(worth)
        bound = float(weight @ (shares * reach).sum(axis=0)) - cost @ x - slopes @ x
        chosen, visits = top_slopes(slopes, cap, problem.n)
        bound += float(slopes[chosen] @ visits)
        if bound < least:
            best, least = (shares, shares[2] * slope), bound
        length, bend = 100 / abs(slopes).max(), float(move @ (before - slopes))
        if bend > 0:
            length = min(length, float(move @ move) / bend)
        before, move = slopes, _onto(x + length * slopes, cap, problem.n) - x
        if slopes @ move < _SMALLEST_GAIN * abs(worth):
            break
    return x, *best


def _onto(x: Floats, cap: Ints, n: int) -> Floats:
    """The nearest point with 0 <= x <= cap and sum n."""
    kinks = np.concatenate([x - cap, x])
    order = np.argsort(kinks, kind="stable")
    kinks, falls = kinks[order], np.cumsum(np.where(order < len(x), 1.0, -1.0))[:-1]
    sums = cap.sum() - np.concatenate([[0.0], np.cumsum(falls * np.diff(kinks))])
    return np.asarray(np.clip(x - np.interp(-n, -sums, kinks), 0, cap))


def _lowest_chords(part: sparse.csr_array, steep: sparse.csr_array, visits: Floats, turn: int) -> tuple[Floats, Floats]:
    """By area the lifted chord, of some, that is lowest at x; which ones are tried differs from turn to turn."""
    areas, n = part.indices, part.shape[1]
    s, times = sum_by(areas, steep.data * visits, n), sum_by(areas, visits, n)
    usual = np.maximum(np.where(times > 1e-6, s / np.maximum(times, 1e-6), 0.1), 1e-3)
    step, count, least = usual, np.zeros(n), np.full(n, np.inf)
    for factor in _CHORDS * (_CHORDS[1] / _CHORDS[0]) ** (turn * 0.618 % 1):
        tried = usual * factor
        times = np.minimum(np.floor(s / tried), 40)
        reach = 1 - _lifted(np.zeros(n), tried, times)
        reach += sum_by(areas, _lifted(1 - part.data, tried[areas], times[areas]) * visits, n)
        lower = reach < least
        step, count = np.where(lower, tried, step), np.where(lower, times, count)
        least = np.where(lower, reach, least)
    return step, count


def _lifted(missed: Floats, step: Floats, count: Floats) -> Floats:
    """Coefficients c(p) of the majorant 1 - c(1) + sum_j c(p_j) x_j of 1 - prod_j (1 - p_j)^x_j, by `missed` 1 - p: for
    visits that each miss exp(-step), the chord between `count` of them and one more. In between c is linear in p, as
    the product is: what holds for all numbers of such visits holds for all visits."""
    with np.errstate(divide="ignore"):
        times = np.minimum(np.floor(-np.log(missed) / step), count)
    held = np.exp(-step * count) * (1 - times * np.expm1(-step))
    return np.asarray(held - np.exp(step * (times - count)) * missed)


def _like(rows: sparse.csr_array, values: Floats) -> sparse.csr_array:
    """A table with other values at the same pairs."""
    return sparse.csr_array((values, rows.indices, rows.indptr), shape=rows.shape)


def is_wide(problem: PlanProblem) -> bool:
    """Whether there are so many places that a tight majorant is best found among the promising ones."""
    fewest = _PROGRAMMED_CELLS if problem.all_or_nothing else SMALL_CELLS
    return problem.n_sites > 2 * _PROMISING * problem.n and problem.probability.nnz > fewest


def first_steps(problem: PlanProblem) -> int:
    """Subgradient steps on a whole problem, fewer the larger it is."""
    return int(np.clip(_ROOT_WORK / (problem.probability.nnz + 1e4), 20, _FIRST_STEPS))


def matters(majorant: Majorant, n: int, cap: Ints, least: float) -> np.ndarray:
    """Places without which some plan worth at least `least` could be missed."""
    chosen, _ = top_slopes(majorant.slopes, cap, n)
    return np.asarray(majorant.slopes >= majorant.slopes[chosen[-1]] - (majorant.bound(n, cap) - least))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Core:
    """A problem cut down to the places that can still matter: `outer` leads back to the whole problem's columns."""

    problem: PlanProblem
    outer: Ints

    def inner(self, picks: Sequence[int]) -> tuple[int, ...]:
        """Picks of the whole problem as picks of this one."""
        return tuple(int(pick) for pick in np.searchsorted(self.outer, picks))

    def outside(self, picks: Sequence[int]) -> list[int]:
        """Picks of this problem as picks of the whole one."""
        return [int(column) for column in self.outer[list(picks)]]

    def cut(self, majorant: Majorant, picks: Sequence[int], worth: float) -> tuple[Core, np.ndarray]:
        """Without the places that a majorant of this problem rules out, and which ones stay."""
        keep = matters(majorant, self.problem.n, self.problem.cap, worth)
        keep[list(self.inner(picks))] = True
        return Core(problem=self.problem.restricted(keep), outer=self.outer[keep]), keep


def prove(
    core: Core,
    plans: BestPlans,
    root: Majorant,
    *,
    bound: float,
    effort: float = math.inf,
    deadline: float = math.inf,
) -> Proof:
    """Branch and bound, the loosest subproblem first; better plans met go into `plans`. `root` is a majorant of the
    core, `bound` known of the whole problem; `effort` limits the sum of (cells + 20,000) over subproblems."""
    picks, worth = plans.ranked()[0]
    problem = core.problem
    bound = min(bound, max(worth, root.bound(problem.n, problem.cap)))
    if bound < cutoff(problem, worth):
        return Proof(bound=worth, closed=True, nodes=0)
    if effort <= 0:
        return Proof(bound=bound, closed=False, nodes=0)
    tree = _Tree(plans, worth, effort=effort, deadline=deadline)
    cut, keep = core.cut(root, picks, worth)
    tree.begin(cut, cut.inner(picks), root.among(keep))
    open_bound = tree.run()
    return Proof(bound=max(tree.worth, min(bound, open_bound)), closed=open_bound == -math.inf, nodes=tree.nodes)


class _Tree:
    """The open subproblems and the best plan so far."""

    _core: Core
    _problem: PlanProblem
    _relaxation: Relaxation

    def __init__(self, plans: BestPlans, worth: float, *, effort: float, deadline: float) -> None:
        self._plans = plans
        self._effort, self._deadline = effort, deadline
        self.worth = worth
        self.nodes = 0
        self._count = 0
        self._open: list[tuple[float, int, _Node]] = []

    def begin(self, core: Core, picks: Sequence[int], start: Majorant | None = None) -> None:
        """Bound all plans among the places of `core`; again without those struck, as long as they are many."""
        if not is_wide(core.problem):
            core, start = Core(problem=core.problem.merged(), outer=core.outer), None
        self._core = core
        problem = self._problem = core.problem
        task = Task(weight=problem.weight, n=problem.n, cap=problem.cap)
        majorant, part = root_majorant(problem, picks, self.worth, start=start, deadline=self._deadline)
        self._relaxation = Relaxation(problem, majorant.flat)
        node = _Node(picks=(), base=0.0, task=task, majorant=majorant, part=part)
        if self._relaxation.all_or_nothing and majorant.bound(task.n, task.cap) >= self._least:
            cap = self._sweep(node)
            keep = cap > 0
            if cap.sum() < task.n:
                return
            if keep.mean() < _WORTH_STRIKING and not self._spent():
                chosen, visits = top_slopes(node.majorant.slopes[keep], cap[keep], task.n)
                rest = dataclasses.replace(problem, cap=cap).restricted(keep)
                self.begin(Core(problem=rest, outer=self._core.outer[keep]), np.repeat(chosen, visits).tolist())
                return
            node = dataclasses.replace(node, task=dataclasses.replace(task, cap=cap))
        self._push(node)

    def run(self) -> float:
        """Work until all is closed (-inf), or effort or time are used up: then the bound of what is open."""
        known = math.inf
        while self._open:
            known = min(known, -self._open[0][0])
            if self._spent():
                return known
            bound, _, node = self._pop()
            if -bound >= self._least:
                self._branch(node)
        return -math.inf

    @property
    def _least(self) -> float:
        """What a plan must be worth to count as better."""
        return cutoff(self._problem, self.worth)

    def _spent(self) -> bool:
        return self._effort <= 0 or time.perf_counter() > self._deadline

    def _push(self, node: _Node | None) -> None:
        bound = -math.inf if node is None else node.base + node.majorant.bound(node.task.n, node.task.cap)
        if node is not None and bound >= self._least:
            self._count += 1
            heapq.heappush(self._open, (-bound, self._count, node))

    def _pop(self) -> tuple[float, int, _Node]:
        """The loosest subproblem; when too many are kept in memory, the one nearest to a whole plan."""
        if len(self._open) <= _OPEN_AT_MOST:
            return heapq.heappop(self._open)
        deepest = max(range(len(self._open)), key=lambda i: (len(self._open[i][2].picks), -self._open[i][0]))
        item = self._open.pop(deepest)
        heapq.heapify(self._open)
        return item

    def _left(self, node: _Node) -> Ints:
        """Room at the places that a node's own majorant does not rule out."""
        task = node.task
        return np.where(matters(node.majorant, task.n, task.cap, self._least - node.base), task.cap, 0)

    def _sweep(self, node: _Node) -> Ints:
        """The same less the places a visit to which rules out any better plan, the least promising tried first."""
        cap = self._left(node)
        places = np.flatnonzero(cap)
        for place in places[np.argsort(node.majorant.slopes[places], kind="stable")]:
            if self._spent():
                break
            if self._visit(node, int(place), cap) is None:
                cap[place] = 0
        return cap

    def _branch(self, node: _Node) -> None:
        """Split by the place about which the relaxation is least decided: with a visit to it, or without."""
        task, slopes = node.task, node.majorant.slopes
        cap = self._left(node)
        if cap.sum() < task.n:
            return
        part = np.where(cap > 0, node.part, 0.0)
        share = part / max(part.max(), 1e-300)
        undecided = np.where(cap > 0, -np.abs(share - 0.55) + 1e-6 * slopes / max(abs(slopes).max(), 1e-300), -np.inf)
        place = int(np.argmax(undecided))
        without = cap.copy()
        without[place] = 0
        if without.sum() >= task.n and node.base + node.majorant.bound(task.n, without) >= self._least:
            rest = Task(weight=task.weight, n=task.n, cap=without)
            self._push(self._consider(node.picks, node.base, rest, node.majorant.linear, node.majorant.tangent))
        self._push(self._visit(node, place, cap))

    def _visit(self, node: _Node, place: int, cap: Ints) -> _Node | None:
        """The subproblem with one more visit to a place; None if it holds no better plan."""
        rows, shares = column_of(self._problem.probability, place)
        weight, linear, tangent = node.task.weight.copy(), node.majorant.linear, node.majorant.tangent.copy()
        gain = float(weight[rows] @ shares) - float(self._problem.cost[place])
        weight[rows] *= 1 - shares
        # The same tangent in what the visit leaves: v / (1 - p), at most 1.
        tangent[rows] = np.minimum(tangent[rows] / np.maximum(1 - shares, 1e-12), 1 - linear[rows])
        more = cap.copy()
        more[place] -= 1
        task = Task(weight=weight, n=node.task.n - 1, cap=more)
        if more.sum() < task.n:
            return None
        return self._consider((*node.picks, place), node.base + gain, task, linear, tangent)

    def _consider(
        self, picks: tuple[int, ...], base: float, task: Task, linear: Floats, tangent: Floats
    ) -> _Node | None:
        """Bound a subproblem; None if it holds no better plan."""
        problem = self._problem
        if task.n == 0:
            self._offer(picks, base)
            return None
        if task.n == 1:
            gains = np.where(task.cap > 0, problem.transposed @ task.weight - problem.cost, -np.inf)
            best = int(np.argmax(gains))
            self._offer((*picks, best), base + float(gains[best]))
            return None
        self.nodes += 1
        self._effort -= problem.probability.nnz + 2e4
        target = self._least - base
        majorant, bound, part = self._relaxation.tighten(
            task, linear, tangent, target=target, steps=NODE_STEPS, beyond=1.0
        )
        chosen, visits = top_slopes(majorant.slopes, task.cap, task.n)
        plan = (*picks, *np.repeat(chosen, visits).tolist())
        self._offer(plan, problem.value(plan))
        if base + bound < self._least:
            return None
        return _Node(picks=picks, base=base, task=task, majorant=majorant, part=part)

    def _offer(self, picks: tuple[int, ...], worth: float) -> None:
        self.worth = max(self.worth, worth)
        self._plans.offer(self._core.outside(picks), worth)
