"""The field's standard location problems, by area and site id, with the honesty of the plan's own results."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.classical_result import Asked, ClassicalResult, tell_sites
from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.location_problem import (
    CostTable,
    fewest_covering,
    filled_up,
    least_median,
    least_radius,
)
from outreach_analysis.decisions.planning import plan_popups
from outreach_analysis.errors import RequestError


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

    Returns
    -------
    ClassicalResult

    Raises
    ------
    ValueError
        With every fault of demand and costs, or where n_sites is below 1.

    Notes
    -----
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
        n_events=n_sites,
        required=kept,
        time_limit=time_limit,
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

    Parameters
    ----------
    demand, costs, threshold, unit, existing, time_limit
        As in `solve_mclp`; existing sites count among the fewest.

    Returns
    -------
    ClassicalResult
        Infeasible with `area_unreachable` where no site lies within the threshold of some areas.

    Raises
    ------
    ValueError
        With every fault of demand and costs.

    Notes
    -----
    Toregas, Swain, ReVelle and Bergman (1971), doi:10.1287/opre.19.6.1363.

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

    Parameters
    ----------
    demand, costs, n_sites, unit, existing, time_limit
        As in `solve_mclp`.

    Returns
    -------
    ClassicalResult
        Infeasible with `area_unreachable` where some areas have no site at all, or `too_few_sites_to_serve_all`.

    Raises
    ------
    ValueError
        With every fault of demand and costs, or where n_sites is below 1.

    Notes
    -----
    Hakimi (1964), doi:10.1287/opre.12.3.450; ReVelle and Swain (1970), doi:10.1111/j.1538-4632.1970.tb00142.x.

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

    Parameters
    ----------
    demand, costs, n_sites, unit, existing, time_limit
        As in `solve_mclp`.

    Returns
    -------
    ClassicalResult
        Of the sites with the least radius; where fewer than n_sites suffice, the others are those that lower
        the sum of demand x cost most.

    Raises
    ------
    ValueError
        With every fault of demand and costs, or where n_sites is below 1.

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
