"""Costs between areas and sites as a table, and the exact solvers of the classical location problems."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from outreach_analysis.decisions.location_bounds import LagrangianBound, swapped_medians
from outreach_analysis.errors import RequestError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
SolverStatus = Literal["optimal", "time_limit", "infeasible"]
_TIME_LIMIT, _INFEASIBLE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostTable:
    """Demand of areas and their cost to each site (infinite where there is no pair), joined by id, in id order."""

    area_ids: pd.Index
    site_ids: pd.Index
    demand: Floats
    cost: Floats
    existing: Ints

    @classmethod
    def of(cls, demand: pd.Series, costs: pd.DataFrame, *, unit: str, existing: Iterable[str]) -> CostTable:
        """Check and join by id.

        Raises
        ------
        ValueError
            Naming every fault: missing columns, demand below 0 or missing, costs below 0 or missing, pairs or
            areas that stand twice, areas without demand, existing sites without costs.
        """
        missing = [name for name in ("area_id", "site_id", unit) if name not in costs.columns]
        if missing:
            raise RequestError(f"costs lack the column(s) {', '.join(missing)}")
        kept = list(dict.fromkeys(existing))
        faults = _faults(demand, costs, unit, kept)
        if faults:
            raise RequestError("; ".join(faults))
        ordered = demand.sort_index().astype(float)
        site_ids = pd.Index(costs["site_id"].unique()).sort_values()
        table = np.full((len(ordered), len(site_ids)), np.inf)
        rows, columns = (
            ordered.index.get_indexer(pd.Index(costs["area_id"])),
            site_ids.get_indexer(pd.Index(costs["site_id"])),
        )
        table[rows, columns] = costs[unit].to_numpy(float)
        return cls(
            area_ids=ordered.index,
            site_ids=site_ids,
            demand=np.asarray(ordered, dtype=np.float64),
            cost=table,
            existing=np.sort(site_ids.get_indexer(pd.Index(kept, dtype=object))).astype(np.int64),
        )

    def ids(self, sites: Ints) -> tuple[str, ...]:
        """Ids of sites (columns)."""
        return tuple(str(self.site_ids[site]) for site in sites)


def _faults(demand: pd.Series, costs: pd.DataFrame, unit: str, existing: list[str]) -> list[str]:
    faults = []
    if not demand.index.is_unique:
        faults.append("an area_id stands twice in demand")
    if not demand.astype(float).between(0, np.inf, inclusive="left").all():
        faults.append("demand must be a number >= 0 everywhere")
    twice = int(costs.duplicated(["area_id", "site_id"]).sum())
    if twice:
        faults.append(f"{twice} pair(s) of area_id and site_id stand twice in costs")
    wrong = int((~costs[unit].astype(float).between(0, np.inf, inclusive="left")).sum())
    if wrong:
        faults.append(f"{wrong} value(s) of {unit} are missing, infinite or below 0; leave out pairs without a way")
    strangers = sorted(set(costs["area_id"]) - set(demand.index))
    if strangers:
        faults.append(f"no demand is known for: {', '.join(map(str, strangers[:5]))}")
    unknown = [site for site in existing if site not in set(costs["site_id"])]
    if unknown:
        faults.append(f"existing sites without costs: {', '.join(unknown)}")
    return faults


def fewest_covering(covers: Bools, existing: Ints, *, time_limit: float | None) -> tuple[SolverStatus, Ints, float]:
    """Fewest sites (columns) such that every area (row) has one that covers it; existing ones are open.

    Returns status, sites, and a lower bound of their number.
    """
    needs = covers[~covers[:, existing].any(axis=1)]
    needs = np.unique(needs, axis=0)
    if not len(needs):
        return "optimal", existing, float(len(existing))
    least = np.zeros(covers.shape[1])
    least[existing] = 1
    solved = milp(
        np.ones(covers.shape[1]),
        integrality=np.ones(covers.shape[1]),
        bounds=Bounds(least, 1),
        constraints=[LinearConstraint(sparse.csr_array(needs.astype(float)), 1, np.inf)],
        options=_options(time_limit),
    )
    if solved.x is None:
        status: SolverStatus = "infeasible" if solved.status == _INFEASIBLE else "time_limit"
        return status, existing, 0.0
    sites = np.flatnonzero(np.rint(solved.x)).astype(np.int64)
    closed = solved.status != _TIME_LIMIT
    return (
        "optimal" if closed else "time_limit",
        sites,
        float(len(sites) if closed else np.ceil(solved.mip_dual_bound - 1e-6)),
    )


def least_median(table: CostTable, n_sites: int, *, time_limit: float | None) -> tuple[SolverStatus, Ints, float]:
    """The sites with the least sum of demand x cost to the nearest: swaps, a Lagrangian bound, then HiGHS.

    Places that the bound rules out are struck before the exact step. Returns status, sites, lower bound; no sites
    where no choice serves every area.
    """
    started = time.perf_counter()
    weighted = _weighted(table)
    first = swapped_medians(weighted, n_sites, table.existing)
    worth = float(weighted[:, first].min(axis=1).sum())
    bound = LagrangianBound.of(weighted, n_sites, table.existing, worth)
    if np.isfinite(worth) and bound.value >= worth * (1 - 1e-12):
        return "optimal", first, worth
    keep = bound.may_be_open(worth)
    keep[first] = True
    always = bound.must_be_open(worth)
    always[table.existing] = True
    left = None if time_limit is None else max(time_limit - (time.perf_counter() - started), 0.01)
    status, exact, least = _median_by_milp(weighted, keep, always, n_sites, time_limit=left)
    if status == "infeasible" or (exact is None and not np.isfinite(worth)):
        return status, np.zeros(0, dtype=np.int64), max(least, bound.value)
    better = exact is not None and weighted[:, exact].min(axis=1).sum() < worth
    sites = exact if better and exact is not None else first
    worth = float(weighted[:, sites].min(axis=1).sum())
    return status, sites, worth if status == "optimal" else min(worth, max(least, bound.value))


def _weighted(table: CostTable) -> Floats:
    """Demand x cost, of areas with demand; identical areas are summed."""
    asked = table.demand > 0
    return np.asarray(table.demand[asked, None] * table.cost[asked])


def _median_by_milp(
    weighted: Floats, keep: Bools, always: Bools, n_sites: int, *, time_limit: float | None
) -> tuple[SolverStatus, Ints | None, float]:
    """The p-median problem over the places kept: x_j open, y_ij assigned, y_ij <= x_j."""
    columns = np.flatnonzero(keep)
    costs = weighted[:, columns]
    n_areas, n_columns = costs.shape
    # With n open places an area is served by one of its (kept - n + 1) nearest.
    nearest = np.argsort(np.argsort(costs, axis=1, kind="stable"), axis=1)
    pairs = np.isfinite(costs) & (nearest <= n_columns - n_sites)
    area, place = np.nonzero(pairs)
    number = np.arange(len(area))
    n_pairs = len(number)
    one = np.ones(n_pairs)
    served = sparse.csr_array((one, (area, n_columns + number)), shape=(n_areas, n_columns + n_pairs))
    opened = sparse.csr_array(
        (np.concatenate([-one, one]), (np.tile(number, 2), np.concatenate([place, n_columns + number]))),
        shape=(n_pairs, n_columns + n_pairs),
    )
    total = sparse.csr_array(np.concatenate([np.ones(n_columns), np.zeros(n_pairs)])[None])
    solved = milp(
        np.concatenate([np.zeros(n_columns), costs[area, place]]),
        integrality=np.concatenate([np.ones(n_columns), np.zeros(n_pairs)]),
        bounds=Bounds(np.concatenate([always[columns].astype(float), np.zeros(n_pairs)]), 1),
        constraints=[
            LinearConstraint(served, 1, 1),
            LinearConstraint(opened, -np.inf, 0),
            LinearConstraint(total, n_sites, n_sites),
        ],
        options=_options(time_limit),
    )
    bound = -np.inf if solved.mip_dual_bound is None else float(solved.mip_dual_bound)
    if solved.status == _INFEASIBLE:
        return "infeasible", None, np.inf
    sites = None if solved.x is None else columns[np.rint(solved.x[:n_columns]).astype(bool)]
    return ("time_limit" if solved.status == _TIME_LIMIT else "optimal"), sites, bound


def least_radius(table: CostTable, n_sites: int, *, time_limit: float | None) -> tuple[SolverStatus, Ints, float]:
    """The sites with the least cost within which every area has one: bisection over the costs that occur.

    Returns status, sites, lower bound; no sites where no choice serves every area.
    """
    started = time.perf_counter()
    radii = np.unique(table.cost[np.isfinite(table.cost)])
    # No radius below the largest of the areas' least costs can do.
    radii = radii[radii >= table.cost.min(axis=1).max()]
    low, high = 0, len(radii)
    best: Ints = np.zeros(0, dtype=np.int64)
    while low < high:
        middle = (low + high) // 2
        left = None if time_limit is None else time_limit - (time.perf_counter() - started)
        if left is not None and left <= 0:
            break
        status, sites, fewest = fewest_covering(table.cost <= radii[middle], table.existing, time_limit=left)
        if status != "infeasible" and len(sites) <= n_sites:
            best, high = sites, middle
        elif status == "infeasible" or fewest > n_sites:
            low = middle + 1
        else:
            break
    if low < high:
        return "time_limit", best, float(radii[low])
    if not len(best):
        return "infeasible", best, np.inf
    return "optimal", best, float(radii[high])


def filled_up(table: CostTable, sites: Ints, n_sites: int) -> Ints:
    """Exactly n sites: more ones, those that lower the sum of demand x cost most, change no optimum."""
    chosen = sites.tolist()
    weighted = _weighted(table)
    now = weighted[:, chosen].min(axis=1, initial=np.inf)
    while len(chosen) < min(n_sites, len(table.site_ids)):
        sums = np.minimum(weighted, now[:, None]).sum(axis=0)
        sums[chosen] = np.inf
        best = int(np.argmin(sums))
        chosen.append(best)
        now = np.minimum(now, weighted[:, best])
    return np.sort(np.array(chosen, dtype=np.int64))


def _options(time_limit: float | None) -> dict[str, float]:
    return {"mip_rel_gap": 0.0} if time_limit is None else {"mip_rel_gap": 0.0, "time_limit": time_limit}
