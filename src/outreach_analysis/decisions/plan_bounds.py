"""How much any plan could reach: one concave relaxation for all probabilities, and its certificate.

For an area, let s = sum_j -log(1 - p_j) x_j. Then 1 - prod_j (1 - p_j)^x_j is at most sum_j p_j x_j and at most
1 - exp(-s), and for every v in (0, 1] the second is at most 1 - v + v log v + v s (its tangent at s = -log v). A
share a of the first and 1 - a of the second majorise the area by a constant and a slope for each place; summed
over the areas, constant + the n largest slopes bounds every plan. Probabilities of 1 give the Lagrangian bound of
maximal covering, small ones the Frank-Wolfe bound of the concave objective.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from outreach_analysis.decisions.plan_arrays import Floats, Ints, flat_ranges, sum_by
from outreach_analysis.decisions.plan_problem import PlanProblem

CAP = 8.0
"""-log(1 - p) is cut here; the tangent at s <= CAP - 1 then still majorises, since it reaches 1 at s + 1."""
_SMALLEST = math.exp(1 - CAP)
_SMALLEST_SCALE = 0.02
_STEP_SIZES = np.geomspace(0.005, 1, 9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Majorant:
    """A linear majorant of every plan's worth: constant + sum_j slopes_j x_j.

    `linear` and `tangent` are the multipliers by area: a, and (1 - a) v.
    """

    constant: float
    slopes: Floats
    linear: Floats
    tangent: Floats

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

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        shares = problem.probability.data
        self.all_or_nothing = bool((shares >= 1).all())
        self._steep, self._steep_rows = shares, problem.transposed
        if not self.all_or_nothing:
            with np.errstate(divide="ignore"):
                self._steep = np.minimum(-np.log1p(-shares), CAP)
            self._steep_rows = problem.transposed.copy()
            self._steep_rows.data = self._steep

    def evaluate(self, weight: Floats, linear: Floats, tangent: Floats) -> tuple[Majorant, Floats]:
        """The majorant at given multipliers, and log v by area (0 where the tangent is not used)."""
        rest = 1 - linear
        if self.all_or_nothing:
            slopes = self.problem.transposed @ (weight * linear) - self.problem.cost
            majorant = Majorant(constant=float(weight @ rest), slopes=slopes, linear=linear, tangent=tangent)
            return majorant, np.zeros(0)
        used = tangent >= _SMALLEST * rest
        used &= rest > 1e-9
        ratio = np.where(used, np.minimum(tangent / np.where(used, rest, 1.0), 1.0), 0.0)
        log_ratio = np.log(np.where(used, ratio, _SMALLEST))
        tangent = rest * ratio
        constant = float(weight @ (rest * (1 - ratio + ratio * log_ratio)))
        slopes = self.problem.transposed @ (weight * linear) + self._steep_rows @ (weight * tangent)
        slopes -= self.problem.cost
        return Majorant(constant=constant, slopes=slopes, linear=linear, tangent=tangent), log_ratio

    def sums(self, chosen: Ints, visits: Ints) -> tuple[Floats, Floats]:
        """sum_j p_ij x_j and sum_j -log(1 - p_ij) x_j by area."""
        matrix = self.problem.probability
        starts = matrix.indptr[chosen]
        lengths = matrix.indptr[chosen + 1] - starts
        flat = flat_ranges(starts, lengths)
        times = np.repeat(visits, lengths)
        rows, n = matrix.indices[flat], len(self.problem.weight)
        linear = sum_by(rows, matrix.data[flat] * times, n)
        if self.all_or_nothing:
            return linear, linear
        return linear, sum_by(rows, self._steep[flat] * times, n)

    def frank_wolfe(self, n: int, chosen: Ints, visits: Ints, *, steps: int, deadline: float = math.inf) -> Majorant:
        """Ascend the relaxation from a plan; every step gives a majorant, the tightest is returned."""
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
        patience: int = 8,
        deadline: float = math.inf,
    ) -> tuple[Majorant, float, Floats]:
        """Lower the bound by Polyak's subgradient steps towards `target`, until it is met or steps are used up.

        Returns the tightest majorant, its bound, and how much each place took part in the relaxed plans.
        """
        descent = _Descent(self, task, linear, tangent)
        best, least = descent.measure()
        mark, since = least, 0
        for _ in range(steps - 1):
            if least < target or descent.scale < _SMALLEST_SCALE or time.perf_counter() > deadline:
                break
            if since >= patience:
                descent.restart(best)
                since = 0
            else:
                descent.step(target)
            majorant, bound = descent.measure()
            if bound < mark - 1e-5 * abs(mark - target):
                mark, since = bound, 0
            else:
                since += 1
            if bound < least:
                best, least = majorant, bound
        return best, least, descent.part


def programmed(problem: PlanProblem, *, seconds: float) -> Majorant | None:
    """The tightest majorant of an all-or-nothing problem, from its linear programme; None if not solved in time.

    maximise weight . y - cost . x with y <= A x, y <= 1, sum x = n: the prices of y <= A x are the multipliers.
    """
    asked = np.flatnonzero(problem.weight > 0)
    areas, sites = len(asked), problem.n_sites
    cover = sparse.hstack([-problem.by_area[asked], sparse.eye_array(areas)], format="csr")
    total = sparse.csr_array(np.concatenate([np.ones(sites), np.zeros(areas)])[None])
    most = np.concatenate([np.minimum(problem.cap, problem.n), np.ones(areas)])
    solved = linprog(
        np.concatenate([problem.cost, -problem.weight[asked]]),
        A_ub=cover,
        b_ub=np.zeros(areas),
        A_eq=total,
        b_eq=[problem.n],
        bounds=np.column_stack([np.zeros_like(most), most]),
        method="highs-ipm",
        options={"time_limit": max(seconds, 0.01)},
    )
    if solved.status != 0:
        return None
    linear = np.ones(len(problem.weight))
    linear[asked] = np.clip(-solved.ineqlin.marginals / problem.weight[asked], 0.0, 1.0)
    majorant, _ = Relaxation(problem).evaluate(problem.weight, linear, np.zeros(len(linear)))
    return majorant


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

    def restart(self, best: Majorant) -> None:
        """Go back to the best multipliers, with shorter steps."""
        self.scale *= 0.6
        self._linear, self._tangent = best.linear, best.tangent
        self._towards_linear = np.zeros_like(self._towards_linear)
        self._towards_tangent = np.zeros_like(self._towards_tangent)
