"""The choice that is left: scheduled and required visits taken off, identical areas merged, stored as it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from outreach_analysis.decisions.plan_arrays import Floats, Ints, column_of, flat_ranges, sum_by
from outreach_analysis.decisions.plan_inputs import PlanRequest, ReachTable

_DENSE_SHARE = 0.3
_DENSE_CELLS = 500_000
_REMEMBERED_CELLS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanProblem:
    """Choose `n` visits: maximise sum_i weight_i * (1 - prod_j (1 - p_ij)^x_j) - sum_j cost_j x_j, x_j <= cap_j.

    Scheduled and required visits are in `weight` already; `columns` leads back to the table. `probability` is kept in
    all the forms in which it is read: `dense` only where most pairs are there, `reaches` by place as they are asked
    for. `alone` is what each place adds as the first.
    """

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
