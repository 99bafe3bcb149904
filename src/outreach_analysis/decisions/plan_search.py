"""Good plans: enumeration where there are few, else greedy, swaps and repeated partial restarts."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outreach_analysis.decisions.plan_problem import Floats, Ints, PlanProblem, column_of

KEPT = 24
"""Plans remembered: near-best ones compete again once they have days."""
IMPROVES = 1e-9
"""A swap counts when it adds more than this share of the plan's worth; less is rounding."""
MAX_CELLS = 20_000_000
"""Largest dense table (areas x places) that enumeration builds."""
_WORK = 4e8
_MAX_ROUNDS = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """What a plan may cost in all, and how many of its visits may lie in one group, by column of the problem."""

    cost: Floats
    budget: float
    group: Ints
    room: Ints

    def allow(self, picks: Sequence[int]) -> bool:
        """Whether a plan keeps to the limits."""
        chosen = list(picks)
        used = np.bincount(self.group[chosen], minlength=len(self.room))
        return bool(self.cost[chosen].sum() <= self.budget * (1 + IMPROVES) and (used <= self.room).all())

    def may_complete(self, prefixes: Ints) -> npt.NDArray[np.bool_]:
        """Which places may complete each prefix, (prefixes, sites)."""
        spent = self.cost[prefixes].sum(axis=1)
        ok: npt.NDArray[np.bool_] = np.asarray(np.add.outer(spent, self.cost) <= self.budget * (1 + IMPROVES))
        used = np.zeros((len(prefixes), len(self.room)), dtype=np.int64)
        for position in range(prefixes.shape[1]):
            np.add.at(used, (np.arange(len(prefixes)), self.group[prefixes[:, position]]), 1)
        ok &= np.all(used <= self.room, axis=1, keepdims=True)
        return np.asarray(ok & (used[:, self.group] < self.room[self.group]))


class BestPlans:
    """The best distinct plans seen, each as a sorted tuple of columns."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._worth: dict[tuple[int, ...], float] = {}
        self._floor = -math.inf

    def offer(self, picks: Sequence[int], worth: float) -> None:
        """Remember a plan if it is among the best."""
        if worth <= self._floor:
            return
        self._worth[tuple(sorted(int(pick) for pick in picks))] = worth
        if len(self._worth) > 4 * self._kept:
            best = heapq.nsmallest(self._kept, self._worth.items(), key=_best_first)
            self._worth = dict(best)
            self._floor = best[-1][1]

    def ranked(self) -> list[tuple[tuple[int, ...], float]]:
        """Plans with their worth, best first; equal ones in the order of their columns."""
        return heapq.nsmallest(self._kept, self._worth.items(), key=_best_first)


def _best_first(item: tuple[tuple[int, ...], float]) -> tuple[float, tuple[int, ...]]:
    return -item[1], item[0]


def count_plans(problem: PlanProblem, *, at_most: int) -> int:
    """Number of plans (sets with repeats up to each place's cap), cut at `at_most` + 1."""
    n, sites = problem.n, problem.n_sites
    if n == 0:
        return 1
    if math.comb(sites, n) > at_most:
        return at_most + 1
    if problem.cap.max(initial=0) <= 1:
        return math.comb(sites, n)
    ways = [1] + [0] * n
    for cap in problem.cap.tolist():
        ways = [sum(ways[max(0, size - cap) : size + 1]) for size in range(n + 1)]
        ways = [min(way, at_most + 1) for way in ways]
    return ways[n]


def can_enumerate(problem: PlanProblem, *, below: int) -> bool:
    """Whether all plans can be looked at; with one visit they always can."""
    if problem.n <= 1:
        return True
    fits = problem.n_sites * len(problem.weight) <= MAX_CELLS
    return fits and count_plans(problem, at_most=below) < below


def enumerate_plans(problem: PlanProblem, limits: Limits | None = None) -> BestPlans:
    """The best plans of all that keep to the limits: prefixes of n - 1 visits are completed by one matrix product."""
    plans = BestPlans()
    if problem.n == 0:
        if limits is None or limits.allow(()):
            plans.offer((), 0.0)
        return plans
    if problem.n == 1:
        gains = problem.alone
        allowed = np.ones(problem.n_sites, dtype=bool)
        if limits is not None:
            allowed = limits.may_complete(np.zeros((1, 0), dtype=np.int64))[0]
        for column in [c for c in np.argsort(-gains, kind="stable") if allowed[c]][:KEPT]:
            plans.offer((int(column),), float(gains[column]))
        return plans
    prefixes = _prefixes(problem)
    shares = problem.probability.toarray()
    total = problem.weight.sum()
    step = max(1, MAX_CELLS // (10 * max(len(problem.weight), problem.n_sites)))
    for start in range(0, len(prefixes), step):
        part = prefixes[start : start + step]
        left = np.repeat(problem.weight[None], len(part), axis=0)
        for position in range(part.shape[1]):
            left *= 1 - shares[:, part[:, position]].T
        spent = problem.cost[part].sum(axis=1)
        worth = (total - left.sum(axis=1) - spent)[:, None] + left @ shares - problem.cost
        worth[~_may_follow(part, problem.cap)] = -np.inf
        if limits is not None:
            worth[~limits.may_complete(part)] = -np.inf
        flat = worth.ravel()
        best = np.argpartition(-flat, min(4 * KEPT, len(flat) - 1))[: 4 * KEPT]
        for spot in best[np.argsort(-flat[best], kind="stable")]:
            row, column = divmod(int(spot), problem.n_sites)
            if np.isfinite(flat[spot]):
                plans.offer([*part[row].tolist(), column], float(flat[spot]))
    return plans


def _prefixes(problem: PlanProblem) -> Ints:
    """All beginnings of n - 1 visits, in ascending order, that can be completed."""
    room_from = np.concatenate([np.cumsum(problem.cap[::-1])[::-1], [0]])
    prefixes = np.zeros((1, 0), dtype=np.int64)
    for length in range(1, problem.n):
        rows, columns = np.nonzero(_may_follow(prefixes, problem.cap))
        longer = np.column_stack([prefixes[rows], columns])
        used = (longer == columns[:, None]).sum(axis=1)
        room = room_from[columns] - used
        prefixes = longer[room >= problem.n - length]
    return prefixes


def _may_follow(prefixes: Ints, cap: Ints) -> np.ndarray:
    """Which places may come next: none before the last one, nor one whose visits are used up."""
    sites = np.arange(len(cap))
    if prefixes.shape[1] == 0:
        return np.repeat(cap[None] > 0, len(prefixes), axis=0)
    last = prefixes[:, -1]
    used = (prefixes == last[:, None]).sum(axis=1)
    again = used < cap[last]
    return np.asarray((sites > last[:, None]) | ((sites == last[:, None]) & again[:, None]))


class Picks:
    """A growing plan: what it leaves of each area and what one more visit to each place would add."""

    def __init__(self, problem: PlanProblem) -> None:
        self._problem = problem
        self.chosen: list[int] = []
        self.left = problem.weight.copy()
        self.gain = problem.alone
        self._room = problem.cap.copy()
        self._missed = np.ones((problem.n, len(problem.weight)))

    @property
    def worth(self) -> float:
        """Worth of the plan so far."""
        return float(self._problem.weight.sum() - self.left.sum() - self._problem.cost[self.chosen].sum())

    def best_addition(self, noise: Floats | None = None) -> int:
        """The place that adds most; with noise, one that adds nearly most."""
        gain = self.gain if noise is None else self.gain * noise
        return int(np.argmax(np.where(self._room > 0, gain, -np.inf)))

    def add(self, column: int) -> None:
        """Take one more visit."""
        rows, shares = column_of(self._problem.probability, column)
        taken = self.left[rows] * shares
        self.left[rows] -= taken
        self.gain = self.gain - self._problem.spread(column, taken)
        self._missed[len(self.chosen), rows] = 1 - shares
        self.chosen.append(column)
        self._room[column] -= 1

    def take(self, columns: Iterable[int]) -> None:
        """Take several visits."""
        for column in columns:
            self.add(int(column))

    def fill(self, noise: Floats | None = None) -> None:
        """Add visits greedily until there are n."""
        while len(self.chosen) < self._problem.n:
            self.add(self.best_addition(noise))

    def gain_without(self, position: int) -> tuple[Floats, Ints, Floats]:
        """What each place would add if one visit were dropped, and the areas whose rest that changes."""
        rows, _ = column_of(self._problem.probability, self.chosen[position])
        missed = self._missed[: len(self.chosen), rows]
        missed[position] = 1.0
        left = self._problem.weight[rows] * missed.prod(axis=0)
        gain = self.gain + self._problem.spread(self.chosen[position], left - self.left[rows])
        return np.where(self._allowed_without(position), gain, -np.inf), rows, left

    def improve(self, deadline: float) -> None:
        """Swap one visit for another while that adds; stops at a plan that no swap improves."""
        n, since, position = len(self.chosen), 0, 0
        least = IMPROVES * max(abs(self.worth), 1e-300)
        while since < n and time.perf_counter() < deadline:
            gain, rows, left = self.gain_without(position)
            new, old = int(np.argmax(gain)), self.chosen[position]
            if gain[new] - gain[old] > least:
                self._replace(position, new, rows, left)
                since = 0
            else:
                since += 1
            position = (position + 1) % n

    def neighbours(self, plans: BestPlans) -> None:
        """Offer the best plans that differ in one visit."""
        worth = self.worth
        for position in range(len(self.chosen)):
            gain, _, _ = self.gain_without(position)
            others = [*self.chosen[:position], *self.chosen[position + 1 :]]
            base = worth - gain[self.chosen[position]]
            best = np.argpartition(-gain, min(KEPT, len(gain) - 1))[: KEPT + 1]
            for column in best[np.isfinite(gain[best])]:
                plans.offer([*others, int(column)], float(base + gain[column]))

    def _allowed_without(self, position: int) -> np.ndarray:
        allowed = self._room > 0
        allowed[self.chosen[position]] = True
        return np.asarray(allowed)

    def _replace(self, position: int, new: int, rows: Ints, left: Floats) -> None:
        old = self.chosen[position]
        self.gain = self.gain + self._problem.spread(old, left - self.left[rows])
        self.left[rows] = left
        self._missed[position, rows] = 1.0
        rows, shares = column_of(self._problem.probability, new)
        taken = self.left[rows] * shares
        self.left[rows] -= taken
        self.gain = self.gain - self._problem.spread(new, taken)
        self._missed[position, rows] = 1 - shares
        self.chosen[position] = new
        self._room[old] += 1
        self._room[new] -= 1


def losses(problem: PlanProblem, chosen: Sequence[int], missed: Floats) -> list[float]:
    """What a plan would lose without each of its visits; `missed` holds 1 - p of each visit, by area."""
    found = []
    for position, column in enumerate(chosen):
        rows, shares = column_of(problem.probability, column)
        others = missed[:, rows]
        others[position] = 1.0
        people = problem.weight[rows] * others.prod(axis=0)
        found.append(float(people @ shares) - float(problem.cost[column]))
    return found


def greedy_path(problem: PlanProblem) -> tuple[Picks, list[tuple[float, Floats]]]:
    """The greedy plan, and before each of its visits the people reached and what every place would add. Each such pair
    bounds every plan: no visit ever adds more than it does early (submodularity)."""
    picks = Picks(problem)
    total = float(problem.weight.sum())
    path = []
    while len(picks.chosen) < problem.n:
        path.append((total - float(picks.left.sum()), picks.gain))
        picks.add(picks.best_addition())
    path.append((total - float(picks.left.sum()), picks.gain))
    return picks, path


def swapped(problem: PlanProblem, start: Sequence[int], plans: BestPlans, *, deadline: float = math.inf) -> None:
    """Improve a plan by swaps of one visit and remember it."""
    picks = _built(problem, start)
    picks.improve(deadline)
    plans.offer(picks.chosen, picks.worth)


def search(
    problem: PlanProblem,
    part: Floats,
    plans: BestPlans,
    *,
    rng: np.random.Generator,
    rounds: int,
    deadline: float = math.inf,
) -> None:
    """Swap again and again, in turn from plans drawn by `part` and from the best plan with some visits redrawn. `part`
    says how much each place took part in the relaxed plans. Stops after half of `rounds` in a row without a better
    plan."""
    n = problem.n
    chosen, worth = plans.ranked()[0]
    best, since = _built(problem, chosen), 0
    with np.errstate(divide="ignore"):
        likely = np.log(np.repeat(part, problem.cap))
    copies = np.repeat(np.arange(problem.n_sites), problem.cap)
    for turn in range(rounds if n < len(copies) else 0):
        if time.perf_counter() >= deadline or since >= max(rounds // 2, 3):
            break
        if turn % 2:
            order = np.argsort(-(likely + rng.gumbel(size=len(likely))), kind="stable")
            trial = _built(problem, copies[order[:n]].tolist())
        else:
            dropped = int(rng.integers(1, max(2, (n + 1) // 2 + 1)))
            kept = np.sort(rng.permutation(n)[dropped:])
            trial = _built(problem, [best.chosen[i] for i in kept])
            trial.fill(noise=1 + 0.3 * rng.random(problem.n_sites))
        trial.improve(deadline)
        plans.offer(trial.chosen, trial.worth)
        since += 1
        if trial.worth > worth * (1 + IMPROVES):
            since = 0
        if trial.worth >= worth:
            best, worth = trial, trial.worth


def limited_search(
    problem: PlanProblem, limits: Limits, *, start: Sequence[int] = (), rng: np.random.Generator, rounds: int = 20
) -> BestPlans:
    """Plans that keep to the limits: greedy additions and swaps from several starts; none where none was found."""
    plans = BestPlans()
    for turn in range(rounds):
        noise = np.ones(problem.n_sites) if not turn else 1 + 0.5 * rng.random(problem.n_sites)
        kept = [pick for pick in start if rng.random() < 0.7] if turn % 2 else []
        chosen = _filled(problem, limits, kept if limits.allow(kept) else [], noise)
        if len(chosen) < problem.n:
            continue
        worth, improved = problem.value(chosen), True
        while improved:
            improved = False
            for position, new in itertools.product(range(problem.n), range(problem.n_sites)):
                trial = [*chosen[:position], *chosen[position + 1 :], new]
                if trial.count(new) > problem.cap[new] or not limits.allow(trial):
                    continue
                value = problem.value(trial)
                if value > worth + IMPROVES * max(abs(worth), 1e-300):
                    chosen, worth, improved = trial, value, True
        plans.offer(chosen, worth)
    return plans


def _filled(problem: PlanProblem, limits: Limits, kept: list[int], noise: Floats) -> list[int]:
    """Visits added greedily while the limits allow any."""
    picks = Picks(problem)
    picks.take(kept)
    while len(picks.chosen) < problem.n:
        order = np.argsort(-picks.gain * noise, kind="stable")
        fits = (
            int(c) for c in order if picks.chosen.count(c) < problem.cap[c] and limits.allow([*picks.chosen, int(c)])
        )
        column = next(fits, None)
        if column is None:
            break
        picks.add(column)
    return picks.chosen


def near_best(problem: PlanProblem, plans: BestPlans) -> None:
    """Remember the plans that differ from the best one in one visit."""
    chosen, _ = plans.ranked()[0]
    _built(problem, chosen).neighbours(plans)


def usual_rounds(problem: PlanProblem) -> int:
    """Rounds of search by the size of the problem alone, so that the same seed gives the same plan everywhere."""
    return int(np.clip(_WORK / ((problem.probability.nnz + 1e4) * max(problem.n, 1)), 0, _MAX_ROUNDS))


def _built(problem: PlanProblem, columns: Sequence[int]) -> Picks:
    picks = Picks(problem)
    picks.take(columns)
    return picks
