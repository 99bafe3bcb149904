"""What the classical location problems answer: sites, objective, bound, and where each area goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.location_problem import CostTable
from outreach_analysis.decisions.plan_result import PlanStatus

Problem = Literal["mclp", "lscp", "p_median", "p_center"]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassicalResult:
    """Sites chosen for one of the standard problems.

    Attributes
    ----------
    problem
        `mclp`, `lscp`, `p_median` or `p_center`.
    sites
        `site_id` of all open sites, existing ones among them, in id order.
    objective
        mclp: demand covered; lscp: number of sites; p_median: sum of demand x cost to the nearest open site;
        p_center: largest cost of an area to its nearest open site. NaN where infeasible.
    bound
        No choice has a better objective (proven).
    gap
        |bound - objective| / |larger of the two|, >= 0.
    status
        `optimal` (proven), `within_gap`, `time_limit`, or `infeasible` (`conflicts` name why).
    conflicts
        The constraints that cannot be met; empty unless infeasible.
    assignment
        Index `area_id` as in the demand: `site_id` of the nearest open site (missing where none can be reached),
        `cost`, `covered` (cost <= threshold; missing for problems without one).
    covered_share
        Share of DEMAND covered, not of areas, in [0, 1]; NaN for problems without a threshold.
    existing, n_sites, threshold, unit
        What was asked for; None where the problem has no such thing.
    """

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
