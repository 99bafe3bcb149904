"""One plan problem from start to certificate: enumerate, or search, bound and prove."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from outreach_analysis.decisions.plan_arrays import Floats
from outreach_analysis.decisions.plan_bounds import Majorant
from outreach_analysis.decisions.plan_problem import PlanProblem
from outreach_analysis.decisions.plan_proof import SMALL_CELLS, Core, first_steps, prove, root_majorant
from outreach_analysis.decisions.plan_result import PlanStatus
from outreach_analysis.decisions.plan_search import (
    BestPlans,
    Limits,
    can_enumerate,
    enumerate_plans,
    greedy_path,
    limited_search,
    near_best,
    search,
    swapped,
    usual_rounds,
)

ENUMERATE_BELOW = 100_000
"""With fewer plans than this, all are looked at."""
_EFFORT = 1.5e7
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
    """All plans compared where there are few; else a searched plan and the bound of the whole problem.

    With limits the plans keep to them; where plans are too many to compare the bound is that without limits. None where
    no plan was found that keeps to them.
    """
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
    root, part = root_majorant(problem, *plans.ranked()[0], steps=first_steps(problem), deadline=clock.search)
    core, core_root = Core(problem=problem, outer=np.arange(problem.n_sites)), root
    rounds = usual_rounds(problem) if clock.search == math.inf else _LIMITED_ROUNDS
    if rounds >= _ROUNDS_IN_TWO:
        core, keep = core.cut(root, *plans.ranked()[0])
        _search_core(core, part[keep], plans, rng=rng, rounds=rounds // 4, deadline=clock.search)
        picks, worth = plans.ranked()[0]
        core_root, part = root_majorant(core.problem, core.inner(picks), worth, start=root, deadline=clock.search)
        gap = core_root.bound(problem.n, core.problem.cap) / max(worth, 1e-300) - 1
        # The less there is to gain, the less is spent on it.
        rounds = math.ceil(rounds * min(1.0, max(gap, 0.0) / _GAP_WORTH_ALL_ROUNDS))
    _search_core(core, part, plans, rng=rng, rounds=rounds, deadline=clock.search)
    near_best(problem, plans)
    picks, worth = plans.ranked()[0]
    if core_root.bound(problem.n, core.problem.cap) > worth * (1 + _GAP_TOLD) and rounds:
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
    effort = math.inf if limited else _EFFORT if problem.probability.nnz <= SMALL_CELLS else 0.0
    proof = prove(answer.core, answer.plans, answer.core_root, bound=answer.bound, effort=effort, deadline=clock.proof)
    status: PlanStatus = "optimal" if proof.closed else "time_limit" if limited else "within_gap"
    return dataclasses.replace(answer, bound=proof.bound, status=status, method="proof" if proof.closed else "search")
