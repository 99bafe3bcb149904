"""The planning problem: sites, draws of additional people, limits, and the answer to it."""

from __future__ import annotations

import dataclasses
import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import DecisionWeights
from outreach_analysis.shown import Shown

# --- Columns of sparse tables as arrays, and sums by group: what every step of planning is made of.


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def column_of(matrix: sparse.csc_array, column: int) -> tuple[Ints, Floats]:
    """Row numbers and values of one column."""
    part = slice(matrix.indptr[column], matrix.indptr[column + 1])
    return matrix.indices[part], matrix.data[part]


def flat_ranges(starts: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer]) -> Ints:
    """The numbers start, start + 1, ... of many ranges, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - ends + lengths, lengths), dtype=np.int64)


def sum_by(groups: Ints, values: Floats, n: int) -> Floats:
    """Sums of values by group number, for groups 0 ... n - 1."""
    return np.bincount(groups, weights=values, minlength=n).astype(np.float64, copy=False)


# --- What makes a request impossible, as a code with values; nothing is ever relaxed in silence.


CONFLICTS: MappingProxyType[str, str] = MappingProxyType(
    {
        "required_and_forbidden": "required and forbidden at once: {places}",
        "required_too_often": "required and scheduled visits are more than max_visits ({available}): {places}",
        "more_required_than_events": "{needed} required visits do not fit into {available} events",
        "too_few_places": "{needed} events need more visits than the candidate places allow ({available})",
        "no_allowed_day": "no free day of an allowed kind: {places}",
        "too_few_days": "{needed} events need more team days than there are ({available})",
        "too_few_days_for_places": "{needed} events at {places} share only {available} team days",
        "too_few_days_for_visits": "{needed} visits to {places} do not fit, min_gap_days apart ({available} would)",
        "rest_after_travel": "with the days of rest after long travel the events do not fit: {places}",
        "min_gap_days": "with min_gap_days between visits to one place the events do not fit: {places}",
        "days_together": "each rule can be met alone, but not all of them together: {places}",
        "over_budget": "no choice of places costs at most {available} rupiah together",
        "too_many_per_kabupaten": "no choice of places has at most {available} in each kabupaten",
        "area_unreachable": "no place serves the area within the limit: {places}",
        "too_few_sites": "{needed} sites are more than the {available} there are",
        "too_few_sites_to_serve_all": "{needed} sites are needed to serve every area; {available} were asked for",
        "more_existing_than_sites": "{needed} existing sites are more than the {available} sites asked for",
    }
)
"""Codes of impossible requests, each with its sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A constraint that no plan or schedule can meet."""

    code: str
    places: tuple[str, ...] = ()
    needed: int | None = None
    available: int | None = None

    def __str__(self) -> str:
        places = ", ".join(self.places)
        return CONFLICTS[self.code].format(places=places, needed=self.needed, available=self.available)


def conflicts_html(conflicts: Sequence[Conflict]) -> str:
    """What a notebook shows of an infeasible result, whose table is empty."""
    return "<br>".join(html.escape(str(conflict)) for conflict in conflicts)


# --- What a plan is made from: pools and probabilities joined by id, and the request, checked before anything is done.


ENUMERATE_BELOW = 100_000


@dataclass(frozen=True, slots=True, init=False)
class PlanRequest:
    """What a plan is to be.

    Attributes
    ----------
    n_events
        Number of NEW visits, >= 0, `required` ones among them.
    scheduled
        Places of announced events: their reach is taken as given, each place once, as in the ranking. A place
        announced twice uses up two visits.
    required, forbidden
        Places that must, or must not, be among the new visits. A required id may repeat.
    max_visits
        How often a place may be visited in all, announced visits counted, >= 1.
    preferred
        A place, the ranking's first: of plans that the draws cannot tell apart one that holds it is taken.
    time_limit
        Seconds that may be spent on improving and proving. None: a fixed effort, the same on every machine.
    enumerate_below
        Number of plans from which on they are searched, no longer all compared.
    """

    n_events: int
    scheduled: Counter[str]
    required: Counter[str]
    forbidden: frozenset[str]
    max_visits: int
    preferred: str | None
    time_limit: float | None
    enumerate_below: int

    def __init__(
        self,
        *,
        n_events: int,
        scheduled: Iterable[str] = (),
        required: Iterable[str] = (),
        forbidden: Iterable[str] = (),
        max_visits: int = 1,
        preferred: str | None = None,
        time_limit: float | None = None,
        enumerate_below: int = ENUMERATE_BELOW,
    ) -> None:
        if n_events < 0:
            raise RequestError.in_words("{name} {n} is below {least}", name="n_events", n=n_events, least=0)
        if max_visits < 1:
            raise RequestError.in_words("{name} {n} is below {least}", name="max_visits", n=max_visits, least=1)
        if time_limit is not None and not time_limit > 0:
            raise RequestError(f"time_limit {time_limit} is not above 0")
        given = {
            "n_events": n_events,
            "scheduled": Counter(scheduled),
            "required": Counter(required),
            "forbidden": frozenset(forbidden),
            "max_visits": max_visits,
            "preferred": preferred,
            "time_limit": time_limit,
            "enumerate_below": enumerate_below,
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReachTable:
    """Pools and probabilities joined by id, in an order that depends on their content, not on their rows."""

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
    """Check and join pool and attendance by id."""
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
    """Every reason why no plan can meet the request."""
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


# --- The choice that is left: scheduled and required visits taken off, identical areas merged, stored as it is read.


_DENSE_SHARE = 0.3
_DENSE_CELLS = 500_000
_REMEMBERED_CELLS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanProblem:
    """Choose `n` visits: maximise sum_i weight_i * (1 - prod_j (1 - p_ij)^x_j) - sum_j cost_j x_j, x_j <= cap_j."""

    n: int
    weight: Floats
    probability: sparse.csc_array
    transposed: sparse.csr_array
    by_area: sparse.csr_array
    dense: Floats | None
    alone: Floats
    reaches: dict[int, tuple[Ints, Floats, Ints]]
    cost: Floats
    cap: Ints
    columns: Ints

    @property
    def n_sites(self) -> int:
        """Candidate places."""
        return len(self.cap)

    @property
    def all_or_nothing(self) -> bool:
        """Whether a visit reaches all of an area or nobody: maximal covering."""
        return bool((self.probability.data >= 1).all())

    def value(self, picks: Iterable[int]) -> float:
        """Worth of a sequence of visits (own columns, repeats allowed)."""
        left = self.weight.copy()
        chosen = list(picks)
        for pick in chosen:
            rows, shares = column_of(self.probability, pick)
            left[rows] *= 1 - shares
        return float(self.weight.sum() - left.sum() - self.cost[chosen].sum())

    def spread(self, column: int, people: Floats) -> Floats:
        """By how much the gain of each place changes when people of the areas of one place change."""
        if self.dense is not None:
            return np.asarray(people @ self.dense[column_of(self.probability, column)[0]])
        sites, shares, owner = self.reaches.get(column) or self._reach_of(column)
        return sum_by(sites, shares * people[owner], self.n_sites)

    def _reach_of(self, column: int) -> tuple[Ints, Floats, Ints]:
        """Every pair of the areas of a place: the other place, the share, and which of the areas it is."""
        rows, _ = column_of(self.probability, column)
        starts = self.by_area.indptr[rows]
        lengths = self.by_area.indptr[rows + 1] - starts
        flat = flat_ranges(starts, lengths)
        reach = (self.by_area.indices[flat], self.by_area.data[flat], np.repeat(np.arange(len(rows)), lengths))
        if self.probability.nnz <= _REMEMBERED_CELLS:
            self.reaches[column] = reach
        return reach

    def resized(self, n: int) -> PlanProblem:
        """The same with another number of visits."""
        return dataclasses.replace(self, n=n)

    def restricted(self, keep: npt.NDArray[np.bool_]) -> PlanProblem:
        """The same areas with some places only; areas out of their reach weigh nothing any more."""
        probability = self.probability[:, np.flatnonzero(keep)]
        reached = np.zeros(len(self.weight), dtype=bool)
        reached[probability.indices] = True
        return make_problem(
            n=self.n,
            weight=np.where(reached, self.weight, 0.0),
            probability=probability,
            cost=self.cost[keep],
            cap=self.cap[keep],
            columns=self.columns[keep],
        )

    def merged(self) -> PlanProblem:
        """The same with areas merged that have become identical."""
        weight, probability = _merge_identical(self.weight, self.probability)
        return make_problem(
            n=self.n, weight=weight, probability=probability, cost=self.cost, cap=self.cap, columns=self.columns
        )


def make_request(table: ReachTable, request: PlanRequest) -> PlanProblem:
    """The choice that is left once scheduled and required visits are taken as given."""
    scheduled, required = request.scheduled, request.required
    used = np.array([scheduled[s] + required[s] for s in table.site_ids], dtype=np.int64)
    open_to_all = ~table.site_ids.isin(list(request.forbidden))
    cap = np.where(open_to_all, np.maximum(request.max_visits - used, 0), 0)
    columns = np.flatnonzero(cap > 0)
    left = table.left_after(table.positions(sorted(scheduled)))
    left = table.left_after(table.positions(sorted(required.elements())), start=left)
    weight, probability = _merge_identical(left * table.area_weight, table.probability[:, columns])
    return make_problem(
        n=request.n_events - required.total(),
        weight=weight,
        probability=probability,
        cost=table.site_cost[columns],
        cap=cap[columns],
        columns=columns.astype(np.int64),
    )


def make_problem(
    *, n: int, weight: Floats, probability: sparse.csc_array, cost: Floats, cap: Ints, columns: Ints
) -> PlanProblem:
    """A problem with its matrix stored the three ways in which it is read."""
    probability = sparse.csc_array(probability)
    cells = probability.shape[0] * probability.shape[1]
    transposed = sparse.csr_array(
        (probability.data, probability.indices, probability.indptr), shape=probability.shape[::-1]
    )
    return PlanProblem(
        n=n,
        weight=weight,
        probability=probability,
        transposed=transposed,
        by_area=probability.tocsr(),
        dense=probability.toarray() if _DENSE_SHARE * cells < probability.nnz <= _DENSE_CELLS else None,
        alone=transposed @ weight - cost,
        reaches={},
        cost=cost,
        cap=cap,
        columns=columns,
    )


def _merge_identical(weight: Floats, probability: sparse.csc_array) -> tuple[Floats, sparse.csc_array]:
    """Areas with the same probability at every place count as one, with their weights summed."""
    rows = probability.tocsr()
    rows.sort_indices()
    lengths = np.diff(rows.indptr)
    kept = np.flatnonzero((weight > 0) & (lengths > 0))
    if not len(kept):
        return weight[:0], sparse.csc_array((0, probability.shape[1]))
    rows, weight, lengths = rows[kept], weight[kept], lengths[kept]
    label = (rows.indices.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (rows.data.view(np.uint64) ^ (label >> np.uint64(29))) * (label | np.uint64(1))
    hashed = np.add.reduceat(mixed ^ (mixed >> np.uint64(31)), rows.indptr[:-1])
    _, first, group = np.unique(hashed, return_index=True, return_inverse=True)
    twin = first[group]
    if not _same_rows(rows, lengths, twin):
        return weight, rows.tocsc()
    order = np.sort(first)
    position = np.empty(len(kept), dtype=np.int64)
    position[order] = np.arange(len(order))
    return sum_by(position[twin], weight, len(order)), rows[order].tocsc()


def _same_rows(rows: sparse.csr_array, lengths: Ints, twin: Ints) -> bool:
    """Whether every row equals its twin entry by entry: equal hashes alone are no proof."""
    other = np.flatnonzero(twin != np.arange(len(twin)))
    if (lengths[other] != lengths[twin[other]]).any():
        return False
    mine = flat_ranges(rows.indptr[other], lengths[other])
    theirs = flat_ranges(rows.indptr[twin[other]], lengths[other])
    same = (rows.indices[mine] == rows.indices[theirs]) & (rows.data[mine] == rows.data[theirs])
    return bool(same.all())


# --- The plan: which places together, what they reach, and how much better no other plan can be.


PlanStatus = Literal["optimal", "within_gap", "time_limit", "infeasible"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PlanResult(Shown):
    """Places that together reach most people, beyond those whom the scheduled events reach.

    Attributes
    ----------
    sites
        `site_id` of each new visit, the one that adds most first; a place visited again stands again.
    expected_reach
        People whom the plan reaches ADDITIONALLY to the scheduled events (without any: the total); NaN where
        infeasible.
    ci_low, ci_high
        90 % interval of that number over the draws; NaN where no draws were given.
    objective
        What was maximised: `expected_reach`, or with weights the weighted people less the costs of the visits.
    upper_bound
        No plan that meets the request has a higher objective (proven).
    gap
        (upper_bound - objective) / abs(upper_bound), >= 0: the share that a perfect plan could add at most.
    p_best
        Share of the draws in which this plan is the best of those compared on their days; NaN without draws.
    status
        `optimal` (proven), `within_gap` (the best plan found, `gap` says how far from the bound),
        `time_limit` (the same, stopped by the time limit), `infeasible` (`conflicts` name why).
    conflicts
        The constraints that cannot be met; empty unless infeasible.
    by_site
        Index `site_id`, in the order of `sites`: `visits`, `contribution` (people lost without the place) with its
        90 % interval `ci_low`, `ci_high` (NaN where no draws were given), `alone` (additional people if it were the
        only new place), `required`.
    by_area
        Index `area_id` as in the pool: `pool`, `reached_scheduled`, `reached` (additional people).
    alternatives
        Up to 5 other plans, best first. Columns `sites`, `leaves_out`, `takes_in` (tuples of ids),
        `expected_reach`, `objective`, `share_of_best`.
    curve
        Index `events` (1 ... n_events): `expected_reach` with its 90 % interval `ci_low`, `ci_high`, `added` (people
        beyond one event less), `objective`, `upper_bound`, `sites`. While there are fewer events than required ones,
        only required places are in it.
    scheduled_reach
        People whom the scheduled events reach.
    n_events, scheduled, required, forbidden, max_visits
        What was asked for.
    method
        `enumeration`, `search` or `proof`: what the status rests on.
    left_out
        Index `area_id`: areas with people whom no place reaches; `pool`.
    """

    main = "by_site"

    sites: tuple[str, ...]
    expected_reach: float
    ci_low: float
    ci_high: float
    objective: float
    upper_bound: float
    gap: float
    p_best: float
    status: PlanStatus
    conflicts: tuple[Conflict, ...]
    by_site: pd.DataFrame
    by_area: pd.DataFrame
    alternatives: pd.DataFrame
    curve: pd.DataFrame
    scheduled_reach: float
    n_events: int
    scheduled: tuple[str, ...]
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    max_visits: int
    method: str
    left_out: pd.DataFrame

    def _repr_html_(self) -> str:
        return conflicts_html(self.conflicts) if self.conflicts else Shown._repr_html_(self)

    def summary(self) -> pd.DataFrame:
        """Reach of the plan and contribution of each place: `estimate, ci_low, ci_high, unit`."""
        plan = pd.DataFrame(
            {"estimate": self.expected_reach, "ci_low": self.ci_low, "ci_high": self.ci_high}, index=["plan"]
        )
        places = self.by_site[["contribution", "ci_low", "ci_high"]].rename(columns={"contribution": "estimate"})
        return pd.concat([plan, places]).assign(unit="additional people")
