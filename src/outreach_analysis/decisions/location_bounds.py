"""The p-median problem from both sides: swaps give good sites, a Lagrangian relaxation says how good any can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_STEPS = 600
_FAR = 1e3
"""A missing pair counts as this many times the largest cost while swapping, so that it is avoided first."""


def swapped_medians(weighted: Floats, n_sites: int, existing: Ints) -> Ints:
    """Sites by greedy addition and swaps of one site (Teitz and Bart 1968), existing ones kept."""
    finite = weighted[np.isfinite(weighted)]
    far = _FAR * (float(finite.max()) if len(finite) else 1.0) + 1.0
    costs = np.where(np.isfinite(weighted), weighted, far)
    chosen = existing.tolist()
    now = costs[:, chosen].min(axis=1, initial=far)
    while len(chosen) < n_sites:
        sums = np.minimum(costs, now[:, None]).sum(axis=0)
        sums[chosen] = np.inf
        chosen.append(int(np.argmin(sums)))
        now = np.minimum(now, costs[:, chosen[-1]])
    fixed, since, position = len(existing), 0, len(existing)
    while n_sites > fixed and since < n_sites - fixed:
        others = costs[:, chosen[:position] + chosen[position + 1 :]].min(axis=1, initial=far)
        sums = np.minimum(costs, others[:, None]).sum(axis=0)
        sums[chosen[:position] + chosen[position + 1 :]] = np.inf
        best = int(np.argmin(sums))
        if sums[best] < sums[chosen[position]] * (1 - 1e-12):
            chosen[position], since = best, 0
        else:
            since += 1
        position = position + 1 if position + 1 < n_sites else fixed
    return np.sort(np.array(chosen, dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LagrangianBound:
    """A lower bound of the p-median, and what each site would take off it: value = sum u + the n least `reduced`.

    `reduced_j` is sum_i min(0, cost_ij - u_i) at the best multipliers u found; existing sites are open anyway.
    """

    value: float
    reduced: Floats
    n_free: int
    existing: Ints

    @classmethod
    def of(cls, weighted: Floats, n_sites: int, existing: Ints, target: float) -> LagrangianBound:
        """By Polyak's subgradient steps towards `target` (Narula, Ogbu and Samuelsson 1977)."""
        costs = np.where(np.isfinite(weighted), weighted, np.inf)
        second = np.partition(costs, min(1, costs.shape[1] - 1), axis=1)[:, min(1, costs.shape[1] - 1)]
        multipliers = np.where(np.isfinite(second), second, costs.min(axis=1))
        n_free = n_sites - len(existing)
        free = np.ones(costs.shape[1], dtype=bool)
        free[existing] = False
        best, best_reduced, best_multipliers = -np.inf, np.zeros(costs.shape[1]), multipliers
        scale, since = 1.0, 0
        goal = target if np.isfinite(target) else 1.1 * float(multipliers.sum())
        for _ in range(_STEPS):
            saving = np.minimum(costs - multipliers[:, None], 0)
            reduced = saving.sum(axis=0)
            opened = np.concatenate([existing, _least(np.where(free, reduced, np.inf), n_free)])
            value = float(multipliers.sum() + reduced[opened].sum())
            if value > best + 1e-6 * abs(goal - best if np.isfinite(best) else goal):
                since = 0
            else:
                since += 1
            if value > best:
                best, best_reduced, best_multipliers = value, reduced, multipliers
            if best >= goal * (1 - 1e-12) or scale < 1e-3:
                break
            if since >= 15:
                scale, since, multipliers = scale * 0.6, 0, best_multipliers
                continue
            slope = 1 - (saving[:, opened] < 0).sum(axis=1)
            length = float(slope @ slope)
            if length == 0:
                break
            multipliers = multipliers + scale * (goal - value) / length * slope
        return cls(value=best, reduced=best_reduced, n_free=n_free, existing=existing)

    def may_be_open(self, worth: float) -> Bools:
        """Sites without which a choice of a sum below `worth` could be missed."""
        ordered = np.sort(self._free())
        last = ordered[self.n_free - 1] if self.n_free else -np.inf
        keep = self.value + self.reduced - last < worth
        keep[self.existing] = True
        return np.asarray(keep)

    def must_be_open(self, worth: float) -> Bools:
        """Sites that every choice of a sum below `worth` holds."""
        free = self._free()
        if self.n_free == 0 or self.n_free >= np.isfinite(free).sum():
            return np.zeros(len(free), dtype=bool)
        ordered = np.sort(free)
        among = free <= ordered[self.n_free - 1]
        return np.asarray(among & (self.value - free + ordered[self.n_free] >= worth))

    def _free(self) -> Floats:
        free = self.reduced.copy()
        free[self.existing] = np.inf
        return free


def _least(values: Floats, n: int) -> Ints:
    return np.argsort(values, kind="stable")[:n].astype(np.int64)
