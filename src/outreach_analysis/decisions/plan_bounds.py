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

from outreach_analysis.decisions.plan_problem import Floats, Ints, PlanProblem, flat_ranges

CAP = 8.0
"""-log(1 - p) is cut here; the tangent at s <= CAP - 1 then still majorises, since it reaches 1 at s + 1."""
_SMALLEST = math.exp(1 - CAP)


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
    before = np.cumsum(cap[best]) - cap[best]
    visits = np.minimum(cap[best], n - before)
    return best[visits > 0], visits[visits > 0]


class Relaxation:
    """The relaxation of one problem, with its matrices; areas' weights may differ from node to node."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        shares = problem.probability.data
        self.all_or_nothing = bool((shares >= 1).all())
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
        used &= rest > 1e-9  # noqa: PLR2004
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
        linear = np.bincount(rows, weights=matrix.data[flat] * times, minlength=n)
        if self.all_or_nothing:
            return linear, linear
        return linear, np.bincount(rows, weights=self._steep[flat] * times, minlength=n)

    def start(self, chosen: Ints, visits: Ints) -> tuple[Floats, Floats]:
        """Multipliers at a plan: the branch of the relaxation that is smaller there."""
        linear, steep = self.sums(chosen, visits)
        if self.all_or_nothing:
            return np.where(linear > 0, 0.5, 1.0), np.zeros(len(linear))
        use_tangent = -np.expm1(-steep) <= linear
        tangent = np.exp(-np.minimum(steep, CAP - 1))
        return np.where(use_tangent, 0.0, 1.0), np.where(use_tangent, tangent, 0.0)

    def frank_wolfe(self, n: int, chosen: Ints, visits: Ints, *, steps: int, deadline: float = math.inf) -> Majorant:
        """Ascend the relaxation from a plan; every step gives a majorant, the tightest is returned."""
        problem = self.problem
        weight = problem.weight
        linear, steep = self.sums(chosen, visits)
        spent = float(problem.cost[chosen] @ visits)
        best, least = None, math.inf
        sizes = np.linspace(0.05, 1, 20) ** 2
        for _ in range(steps):
            use_tangent = -np.expm1(-steep) <= linear
            tangent = np.where(use_tangent, np.exp(-np.minimum(steep, CAP - 1)), 0.0)
            majorant, _ = self.evaluate(weight, np.where(use_tangent, 0.0, 1.0), tangent)
            bound = majorant.bound(n, problem.cap)
            if bound < least:
                best, least = majorant, bound
            if time.perf_counter() > deadline:
                break
            towards, times = top_slopes(majorant.slopes, problem.cap, n)
            to_linear, to_steep = self.sums(towards, times)
            to_spent = float(problem.cost[towards] @ times)
            worth = [
                weight
                @ np.minimum(-np.expm1(-(steep + size * (to_steep - steep))), linear + size * (to_linear - linear))
                - (spent + size * (to_spent - spent))
                for size in sizes
            ]
            size = sizes[int(np.argmax(worth))]
            linear = linear + size * (to_linear - linear)
            steep = steep + size * (to_steep - steep)
            spent += size * (to_spent - spent)
        if best is None:
            raise ValueError("steps must be at least 1")
        return best

    def tighten(
        self,
        weight: Floats,
        n: int,
        cap: Ints,
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
        inverse = np.where(weight > 0, 1 / np.where(weight > 0, weight, 1.0), 0.0)
        part = np.zeros(len(cap))
        towards_linear, towards_tangent = np.zeros(len(weight)), np.zeros(len(weight))
        best, least, mark = None, math.inf, math.inf
        scale, since = 1.0, 0
        for _ in range(steps):
            majorant, log_ratio = self.evaluate(weight, linear, tangent)
            chosen, visits = top_slopes(majorant.slopes, cap, n)
            bound = majorant.constant + float(majorant.slopes[chosen] @ visits)
            if bound < least:
                best, least = majorant, bound
            if least < target or time.perf_counter() > deadline:
                break
            if bound < mark - 1e-5 * (abs(mark - target) if mark < math.inf else 0):
                mark, since = bound, 0
            else:
                since += 1
            if since >= patience and best is not None:
                scale, since = scale * 0.6, 0
                if scale < 0.02:  # noqa: PLR2004
                    break
                linear, tangent = best.linear, best.tangent
                towards_linear, towards_tangent = np.zeros(len(weight)), np.zeros(len(weight))
                continue
            part *= 0.9
            part[chosen] += 0.1 * visits
            sum_linear, sum_steep = self.sums(chosen, visits)
            if self.all_or_nothing:
                towards_linear = 0.7 * towards_linear + 0.3 * weight * (sum_linear - 1)
                length = float(towards_linear**2 @ inverse)
                step = scale * (bound - target) / max(length, 1e-300) * inverse
                linear = np.clip(linear - step * towards_linear, 0, 1)
                continue
            tangent = majorant.tangent
            used = tangent > 0
            ratio = np.exp(np.where(used, log_ratio, -np.inf))
            towards_linear = 0.7 * towards_linear + 0.3 * weight * (sum_linear - (1 - ratio))
            towards_tangent = 0.7 * towards_tangent + 0.3 * weight * (sum_steep + log_ratio)
            length = float((towards_linear**2 + towards_tangent**2) @ inverse)
            step = scale * (bound - target) / max(length, 1e-300) * inverse
            linear = np.clip(linear - step * towards_linear, 0, 1)
            tangent = np.clip(tangent - step * towards_tangent, 0, 1 - linear)
        if best is None:
            raise ValueError("steps must be at least 1")
        return best, least, part
