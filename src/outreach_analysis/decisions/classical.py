"""Classical location problems (LSCP, MCLP, p-median, p-center), exact or with a proven gap."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.plan_problem import Conflict, PlanRequest, PlanStatus
from outreach_analysis.decisions.planning import plan_popups

# --- The p-median problem from both sides: swaps give good sites, a Lagrangian relaxation says how good any can be.


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
    `reduced_j` is sum_i min(0, cost_ij - u_i) at the best multipliers u found; existing sites are open anyway."""

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


# --- Costs between areas and sites as a table, and the exact solvers of the classical location problems.

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
        """Check and join by id."""
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
    """Fewest sites (columns) such that every area (row) has one that covers it; existing ones are open. Returns status,
    sites, and a lower bound of their number."""
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
    """The sites with the least sum of demand x cost to the nearest: swaps, a Lagrangian bound, then HiGHS. Places that
    the bound rules out are struck before the exact step. Returns status, sites, lower bound; no sites where no choice
    serves every area."""
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
    """The sites with the least cost within which every area has one: bisection over the costs that occur. Returns
    status, sites, lower bound; no sites where no choice serves every area."""
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


# --- What the classical location problems answer: sites, objective, bound, and where each area goes.


Problem = Literal["mclp", "lscp", "p_median", "p_center"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassicalResult:
    """Sites chosen for one of the standard problems."""

    problem: Problem
    sites: tuple[str, ...]
    objective: float
    bound: float
    gap: float
    status: PlanStatus
    conflicts: tuple[Conflict, ...]
    assignment: pd.DataFrame
    covered_share: float
    existing: tuple[str, ...]
    n_sites: int | None
    threshold: float | None
    unit: str

    def summary(self) -> pd.DataFrame:
        """The objective, with the proven bound on its side: `estimate, ci_low, ci_high, unit`."""
        low, high = sorted((self.objective, self.bound))
        return pd.DataFrame(
            {"estimate": self.objective, "ci_low": low, "ci_high": high, "unit": _UNITS[self.problem]},
            index=[self.problem],
        )

    def _repr_html_(self) -> str:
        if self.status == "infeasible":
            return "<br>".join(str(conflict) for conflict in self.conflicts)
        return self.summary().to_html()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for."""

    problem: Problem
    n_sites: int | None = None
    threshold: float | None = None
    unit: str


_UNITS = {
    "mclp": "demand covered (largest possible: upper end)",
    "lscp": "sites (fewest possible: lower end)",
    "p_median": "demand x cost (least possible: lower end)",
    "p_center": "cost (least possible: lower end)",
}


def tell_sites(
    asked: Asked,
    table: CostTable,
    chosen: Ints | None = None,
    *,
    objective: float = math.nan,
    bound: float = math.nan,
    status: PlanStatus = "infeasible",
    conflicts: tuple[Conflict, ...] = (),
) -> ClassicalResult:
    """The result of sites that were chosen (columns of the table), or of a request that cannot be met."""
    chosen = np.zeros(0, dtype=np.int64) if chosen is None else chosen
    threshold = asked.threshold
    nearest = table.cost[:, chosen].min(axis=1, initial=np.inf)
    reached = np.isfinite(nearest)
    assignment = pd.DataFrame({"site_id": pd.Series(pd.NA, index=table.area_ids, dtype="str")})
    if len(chosen):
        names = np.array(table.ids(chosen), dtype=object)[table.cost[:, chosen].argmin(axis=1)]
        assignment["site_id"] = pd.Series(names, index=table.area_ids, dtype="str").where(reached)
    assignment["cost"] = np.where(reached, nearest, np.nan)
    covered_share = math.nan
    if threshold is not None:
        covered = np.asarray(nearest <= threshold)
        assignment["covered"] = covered
        total = float(table.demand.sum())
        covered_share = float(table.demand @ covered) / total if total else math.nan
    larger = max(abs(objective), abs(bound))
    return ClassicalResult(
        problem=asked.problem,
        sites=table.ids(chosen),
        objective=objective,
        bound=objective if status == "optimal" else bound,
        gap=0.0 if status == "optimal" or larger == 0 else abs(bound - objective) / larger,
        status=status,
        conflicts=conflicts,
        assignment=assignment.rename_axis("area_id"),
        covered_share=covered_share,
        existing=table.ids(table.existing),
        n_sites=asked.n_sites,
        threshold=threshold,
        unit=asked.unit,
    )


# --- The field's standard location problems, by area and site id, with the honesty of the plan's own results.


def solve_mclp(
    demand: pd.Series,
    costs: pd.DataFrame,
    *,
    n_sites: int,
    threshold: float,
    unit: str = "km",
    existing: Iterable[str] = (),
    time_limit: float | None = None,
    rng: np.random.Generator | None = None,
) -> ClassicalResult:
    """Maximal covering: n sites such that most demand lies within the threshold of one.

    maximise sum_i demand_i y_i subject to y_i <= sum_{j: cost_ij <= threshold} x_j, sum_j x_j = n_sites,
    x, y in {0, 1}. The threshold is inclusive.

    Parameters
    ----------
    demand
        Index `area_id`: demand, >= 0.
    costs
        Columns `area_id, site_id` and `unit`; joined by id. A pair that is not there cannot be travelled.
    n_sites
        Open sites in all, existing ones among them.
    threshold
        Largest cost that still covers, in `unit`, inclusive.
    unit
        Column of costs: `km` or `minutes`.
    existing
        Sites that stay open.
    time_limit
        Seconds; None: enumeration or a fixed effort.
    rng
        For the search's restarts; None: a fixed seed.

    Raises
    ------
    RequestError
        With every fault of demand and costs, or where n_sites is below 1.

    References
    ----------
    Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science Association 32.

    Examples
    --------
    >>> demand = pd.Series({"a": 10, "b": 20, "c": 5})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "c", "c"], "site_id": ["S", "T", "T", "S"],
    ...                       "km": [1.0, 2.0, 2.5, 9.0]})
    >>> solve_mclp(demand, costs, n_sites=1, threshold=2.5).sites
    ('T',)
    """
    asked = Asked(problem="mclp", n_sites=n_sites, threshold=threshold, unit=unit)
    table = _table(demand, costs, unit, existing, n_sites)
    kept = table.ids(table.existing)
    conflicts = _too_few(table, n_sites)
    if conflicts:
        return tell_sites(asked, table, conflicts=conflicts)
    attendance = costs[["area_id", "site_id"]].assign(probability=(costs[unit] <= threshold).astype(float))
    plan = plan_popups(
        demand,
        attendance,
        request=PlanRequest(n_events=n_sites, required=kept, time_limit=time_limit),
        rng=np.random.default_rng(0) if rng is None else rng,
    )
    sites = np.sort(table.site_ids.get_indexer(pd.Index(plan.sites, dtype=object)))
    return tell_sites(asked, table, sites, objective=plan.objective, bound=plan.upper_bound, status=plan.status)


def solve_lscp(
    demand: pd.Series,
    costs: pd.DataFrame,
    *,
    threshold: float,
    unit: str = "km",
    existing: Iterable[str] = (),
    time_limit: float | None = None,
) -> ClassicalResult:
    """Location set covering: the fewest sites such that every area lies within the threshold of one.

    minimise sum_j x_j subject to sum_{j: cost_ij <= threshold} x_j >= 1 for every area. The threshold is
    inclusive; every area of `demand` must be covered, also one without demand.

    Parameters and errors are those of `solve_mclp`; existing sites count among the fewest. Infeasible with
    `area_unreachable` where no site lies within the threshold of some areas. After Toregas, Swain, ReVelle and Bergman
    (1971), doi:10.1287/opre.19.6.1363.

    Examples
    --------
    >>> demand = pd.Series({"a": 10, "b": 20})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "b"], "site_id": ["S", "S", "T"], "km": [1.0, 8.0, 2.0]})
    >>> solve_lscp(demand, costs, threshold=2).sites
    ('S', 'T')
    """
    asked = Asked(problem="lscp", threshold=threshold, unit=unit)
    table = _table(demand, costs, unit, existing, None)
    covers = table.cost <= threshold
    conflicts = _unreachable(table, covers)
    if conflicts:
        return tell_sites(asked, table, conflicts=conflicts)
    status, sites, bound = fewest_covering(covers, table.existing, time_limit=time_limit)
    number = float(len(sites)) if covers[:, sites].any(axis=1).all() else math.nan
    return tell_sites(asked, table, sites, objective=number, bound=bound, status=status)


def solve_p_median(
    demand: pd.Series,
    costs: pd.DataFrame,
    *,
    n_sites: int,
    unit: str = "km",
    existing: Iterable[str] = (),
    time_limit: float | None = None,
) -> ClassicalResult:
    """p-median: n sites with the least sum of demand x cost to the nearest of them.

    minimise sum_ij demand_i cost_ij y_ij subject to sum_j y_ij = 1, y_ij <= x_j, sum_j x_j = n_sites. Every area
    with demand must be served.

    Parameters and errors are those of `solve_mclp`. Infeasible with `area_unreachable` where some areas have no site at
    all, or `too_few_sites_to_serve_all`. After Hakimi (1964), doi:10.1287/opre.12.3.450; ReVelle and Swain (1970),
    doi:10.1111/j.1538-4632.1970.tb00142.x.

    Examples
    --------
    >>> demand = pd.Series({"a": 10, "b": 20})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "a", "b"], "site_id": ["S", "S", "T", "T"],
    ...                       "km": [1.0, 4.0, 5.0, 2.0]})
    >>> solve_p_median(demand, costs, n_sites=1).objective
    90.0
    """
    asked = Asked(problem="p_median", n_sites=n_sites, unit=unit)
    table = _table(demand, costs, unit, existing, n_sites)
    servable = np.isfinite(table.cost) | (table.demand <= 0)[:, None]
    conflicts = _too_few(table, n_sites) or _unreachable(table, servable)
    if conflicts:
        return tell_sites(asked, table, conflicts=conflicts)
    status, sites, bound = least_median(table, n_sites, time_limit=time_limit)
    if status == "infeasible":
        return tell_sites(asked, table, conflicts=_not_enough(servable, table, n_sites))
    cost = table.cost[:, sites].min(axis=1, initial=np.inf)
    served = table.demand > 0
    total = float(table.demand[served] @ cost[served])
    worth = total if len(sites) and math.isfinite(total) else math.nan
    return tell_sites(asked, table, sites, objective=worth, bound=bound, status=status)


def solve_p_center(
    demand: pd.Series,
    costs: pd.DataFrame,
    *,
    n_sites: int,
    unit: str = "km",
    existing: Iterable[str] = (),
    time_limit: float | None = None,
) -> ClassicalResult:
    """p-center: n sites such that the area that is farthest from its nearest site is as near as can be.

    minimise r subject to min_{j open} cost_ij <= r for every area of `demand`, demand or not; solved by bisection
    over the costs that occur, each step a set covering problem (Minieka 1970, doi:10.1137/1012016).

    Parameters and errors are those of `solve_mclp`. Where fewer than n_sites suffice for the least radius, the others
    are those that lower the sum of demand x cost most.

    Examples
    --------
    >>> demand = pd.Series({"a": 10, "b": 20})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "a", "b"], "site_id": ["S", "S", "T", "T"],
    ...                       "km": [1.0, 4.0, 5.0, 2.0]})
    >>> solve_p_center(demand, costs, n_sites=1).objective
    4.0
    """
    asked = Asked(problem="p_center", n_sites=n_sites, unit=unit)
    table = _table(demand, costs, unit, existing, n_sites)
    reachable = np.isfinite(table.cost)
    conflicts = _too_few(table, n_sites) or _unreachable(table, reachable)
    if conflicts:
        return tell_sites(asked, table, conflicts=conflicts)
    status, sites, bound = least_radius(table, n_sites, time_limit=time_limit)
    if status == "infeasible":
        conflicts = _not_enough(reachable, table, n_sites)
        return tell_sites(asked, table, conflicts=conflicts)
    sites = filled_up(table, sites, n_sites)
    radius = float(table.cost[:, sites].min(axis=1).max())
    bound = radius if status == "optimal" else bound
    return tell_sites(asked, table, sites, objective=radius, bound=bound, status=status)


def _table(
    demand: pd.Series, costs: pd.DataFrame, unit: str, existing: Iterable[str], n_sites: int | None
) -> CostTable:
    if n_sites is not None and n_sites < 1:
        raise RequestError(f"n_sites {n_sites} is below 1")
    return CostTable.of(demand, costs, unit=unit, existing=existing)


def _too_few(table: CostTable, n_sites: int) -> tuple[Conflict, ...]:
    if len(table.existing) > n_sites:
        return (Conflict(code="more_existing_than_sites", needed=len(table.existing), available=n_sites),)
    if len(table.site_ids) < n_sites:
        return (Conflict(code="too_few_sites", needed=n_sites, available=len(table.site_ids)),)
    return ()


def _unreachable(table: CostTable, covers: npt.NDArray[np.bool_]) -> tuple[Conflict, ...]:
    without = table.area_ids[np.flatnonzero(~covers.any(axis=1))]
    return (Conflict(code="area_unreachable", places=tuple(map(str, without))),) if len(without) else ()


def _not_enough(covers: npt.NDArray[np.bool_], table: CostTable, n_sites: int) -> tuple[Conflict, ...]:
    """How many sites it would take to serve every area."""
    _, sites, _ = fewest_covering(covers, table.existing, time_limit=None)
    return (Conflict(code="too_few_sites_to_serve_all", needed=len(sites), available=n_sites),)
