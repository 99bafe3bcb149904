"""What a plan is made from: pools and probabilities joined by id, and the request, checked before anything is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.plan_arrays import Floats, Ints, column_of
from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.errors import RequestError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanRequest:
    """What was asked for."""

    n_events: int
    scheduled: Counter[str]
    required: Counter[str]
    forbidden: frozenset[str]
    max_visits: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReachTable:
    """Pools and probabilities joined by id, in an order that depends on their content, not on their rows.

    Attributes
    ----------
    area_ids, site_ids
        What rows and columns stand for.
    pool, area_weight
        People of each area and how many times each counts.
    site_cost
        People-equivalents that a visit costs.
    probability
        Sparse (areas, sites), in (0, 1].
    """

    area_ids: pd.Index
    site_ids: pd.Index
    pool: Floats
    area_weight: Floats
    site_cost: Floats
    probability: sparse.csc_array

    def positions(self, site_ids: Iterable[str]) -> Ints:
        """Columns of places, in the order asked for."""
        return self.site_ids.get_indexer(pd.Index(list(site_ids), dtype=object)).astype(np.int64)

    def left_after(self, visits: Ints, *, start: Floats | None = None) -> Floats:
        """People of each area whom a sequence of visits (columns, repeats allowed) does not reach."""
        left = np.array(self.pool if start is None else start, dtype=float)
        for column in visits:
            rows, shares = column_of(self.probability, int(column))
            left[rows] *= 1 - shares
        return left


def read_table(pool: pd.Series, attendance: pd.DataFrame, weights: pd.Series | DecisionWeights | None) -> ReachTable:
    """Check and join pool and attendance by id.

    Raises
    ------
    ValueError
        Naming every fault found: negative or missing pools, probabilities outside [0, 1], ids that stand
        twice, areas without a pool, missing columns.
    """
    missing = [name for name in ("area_id", "site_id", "probability") if name not in attendance.columns]
    if missing:
        raise RequestError(f"attendance lacks the column(s) {', '.join(missing)}")
    weights = weights if isinstance(weights, DecisionWeights) else DecisionWeights(areas=weights)
    probability = attendance["probability"].to_numpy(float)
    faults = [*_pool_faults(pool), *_share_faults(attendance, probability)]
    area_codes, areas = pd.factorize(attendance["area_id"])
    site_codes, sites = pd.factorize(attendance["site_id"])
    areas, sites = pd.Index(areas), pd.Index(sites)
    if (area_codes < 0).any() or (site_codes < 0).any():
        faults.append("attendance has rows without area_id or site_id")
    # by position: `isin` takes as long as everything else here
    strangers = areas[pool.index.get_indexer(areas) < 0] if pool.index.is_unique else areas[:0]
    if len(strangers):
        faults.append(f"no pool is known for {len(strangers)} area(s) of attendance: {_some(strangers)}")
    if faults:
        raise RequestError("; ".join(faults))
    people = pool.astype(float)
    area_weight = weights.of_areas(pool.index)
    order = np.lexsort((_rank(pool.index), area_weight.to_numpy(), people.to_numpy()))
    area_ids = pool.index[order]
    site_ids = sites[np.argsort(_rank(sites))]
    shape = (len(area_ids), len(site_ids))
    rows = area_ids.get_indexer(areas)[area_codes]
    columns = site_ids.get_indexer(sites)[site_codes]
    table = sparse.coo_array((probability, (rows, columns)), shape=shape).tocsc()
    if table.nnz < len(attendance):
        twice = attendance.duplicated(["area_id", "site_id"])
        raise RequestError(f"{int(twice.sum())} pair(s) of area_id and site_id stand twice in attendance")
    table.eliminate_zeros()
    table.sort_indices()
    return _by_content(
        ReachTable(
            area_ids=area_ids,
            site_ids=site_ids,
            pool=np.asarray(people, dtype=np.float64)[order],
            area_weight=np.asarray(area_weight, dtype=np.float64)[order],
            site_cost=np.asarray(weights.of_sites(site_ids), dtype=np.float64),
            probability=table,
        )
    )


def find_conflicts(table: ReachTable, request: PlanRequest) -> list[Conflict]:
    """Every reason why no plan can meet the request.

    Raises
    ------
    ValueError
        Where a place named in the request has no row in attendance: it is misspelt, or its probabilities
        are missing.
    """
    scheduled, required, forbidden = request.scheduled, request.required, request.forbidden
    named: dict[str, Iterable[str]] = {"scheduled": scheduled, "required": required, "forbidden": sorted(forbidden)}
    unknown = {kind: [s for s in ids if s not in table.site_ids] for kind, ids in named.items()}
    faults = [f"{kind}: {_some(ids)}" for kind, ids in unknown.items() if ids]
    if faults:
        raise RequestError(
            f"places without attendance ({'; '.join(faults)}); where nobody comes, give a row with probability 0"
        )
    found = []
    clash = sorted(set(required) & forbidden)
    if clash:
        found.append(Conflict(code="required_and_forbidden", places=tuple(clash)))
    most = request.max_visits
    too_often = sorted(s for s in required if required[s] + scheduled[s] > most and s not in forbidden)
    if too_often:
        found.append(Conflict(code="required_too_often", places=tuple(too_often), available=most))
    if required.total() > request.n_events:
        found.append(Conflict(code="more_required_than_events", needed=required.total(), available=request.n_events))
    room = most * (len(table.site_ids) - len(forbidden))
    room -= sum(min(visits, most) for site, visits in scheduled.items() if site not in forbidden)
    if request.n_events > room:
        found.append(Conflict(code="too_few_places", needed=request.n_events, available=room))
    return found


def _by_content(table: ReachTable) -> ReachTable:
    """Places in order of what each adds alone, so that neither rows nor names of ids steer the search."""
    alone = table.probability.T @ (table.pool * table.area_weight) - table.site_cost
    order = np.argsort(-alone, kind="stable")
    return ReachTable(
        area_ids=table.area_ids,
        site_ids=table.site_ids[order],
        pool=table.pool,
        area_weight=table.area_weight,
        site_cost=table.site_cost[order],
        probability=sparse.csc_array(table.probability[:, order]),
    )


def _pool_faults(pool: pd.Series) -> list[str]:
    faults = []
    if not pool.index.is_unique:
        faults.append(f"area_id stands twice in pool: {_some(pool.index[pool.index.duplicated()])}")
    wrong = pool.index[~pool.astype(float).between(0, np.inf, inclusive="left")]
    if len(wrong):
        faults.append(f"pool must be a number of people >= 0; it is not for: {_some(wrong)}")
    return faults


def _share_faults(attendance: pd.DataFrame, probability: Floats) -> list[str]:
    wrong = ~((probability >= 0) & (probability <= 1))
    if not wrong.any():
        return []
    pairs = attendance.loc[wrong, ["area_id", "site_id"]].astype(str).agg(" at ".join, axis=1)
    return [f"{int(wrong.sum())} probability(ies) missing or outside [0, 1]: {_some(pairs)}"]


def _rank(ids: pd.Index) -> Ints:
    """Place of each id in alphabetical order."""
    return np.argsort(np.argsort(ids.to_numpy(dtype=object), kind="stable"), kind="stable").astype(np.int64)


def _some(ids: Iterable[object], shown: int = 5) -> str:
    names = [str(name) for name in ids]
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
