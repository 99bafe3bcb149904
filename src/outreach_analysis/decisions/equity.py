"""Who is reached: by fifth of unmet need and of distance, how unevenly, and what fairness costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.plan_tables import Reach
from outreach_analysis.errors import RequestError

Floats = npt.NDArray[np.float64]
QUINTILES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EquityResult:
    """How the people whom a plan reaches are spread.

    Attributes
    ----------
    by_need, by_distance
        Index `quintile` (1 = least unmet need per resident, or nearest to service; 5 = worst served). Columns:
        `areas`, `residents`, `reached` (additional people), `ci_low`, `ci_high` (90 %, NaN without draws),
        `share` (of all reached, in [0, 1]), `per_10000` (reached per 10,000 residents).
    gini
        Gini index of reached people per resident, in [0, 1): 0 where every area has the same share. NaN where
        nobody is reached.
    gini_low, gini_high
        Its 90 % interval over the draws of the forecast; NaN without draws.
    lorenz
        Columns `residents_share`, `reached_share`: the Lorenz curve from (0, 0) to (1, 1), areas from the least to
        the most reached per resident.
    quintiles
        Index `area_id`: `by_need`, `by_distance` (1 to 5).
    """

    by_need: pd.DataFrame
    by_distance: pd.DataFrame
    gini: float
    gini_low: float
    gini_high: float
    lorenz: pd.DataFrame
    quintiles: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Gini and the reach of the worst-served fifths: `estimate, ci_low, ci_high, unit`."""
        rows = {
            "Gini of reach per resident": (self.gini, self.gini_low, self.gini_high, "index"),
            "fifth with most unmet need": (*self.by_need.loc[5, ["reached", "ci_low", "ci_high"]], "additional people"),
            "fifth farthest from service": (
                *self.by_distance.loc[5, ["reached", "ci_low", "ci_high"]],
                "additional people",
            ),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])

    def _repr_html_(self) -> str:
        return self.by_need.to_html(float_format="{:.2f}".format)


def plan_equity(
    plan: PlanResult,
    *,
    need: pd.Series,
    residents: pd.Series,
    km: pd.Series,
    reach: Reach | None = None,
) -> EquityResult:
    """Spread of a plan's additional reach over areas by unmet need, by distance, and as one number.

    Parameters
    ----------
    plan
        From `plan_popups`; its areas are those compared.
    need
        Index `area_id`: unmet need (people); fifths are by need per resident.
    residents
        Index `area_id`: residents; fifths hold as nearly equal numbers of them as whole areas allow.
    km
        Index `area_id`: distance to the nearest fixed service point; missing counts as farthest.
    reach
        `DatedReach`, for intervals.

    Returns
    -------
    EquityResult

    Raises
    ------
    ValueError
        Where the plan is infeasible, or need or residents lack an area of the plan.

    Notes
    -----
    Gini over areas weighted by residents, by the trapezoids under the Lorenz curve (Brown 1994,
    doi:10.1016/0277-9536(94)90189-9).

    Examples
    --------
    >>> from outreach_analysis.decisions.planning import plan_popups
    >>> pool = pd.Series({"a": 100.0, "b": 80.0})
    >>> attendance = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["S", "T"], "probability": [0.5, 0.5]})
    >>> plan = plan_popups(pool, attendance, n_events=1, rng=np.random.default_rng(0))
    >>> equity = plan_equity(plan, need=pool, residents=pd.Series({"a": 1000, "b": 1000}),
    ...                      km=pd.Series({"a": 5.0, "b": 50.0}))
    >>> equity.gini, equity.by_distance["reached"].tolist()
    (0.5, [0.0, 50.0, 0.0, 0.0, 0.0])
    """
    if plan.status == "infeasible":
        raise RequestError("an infeasible plan reaches nobody: " + "; ".join(map(str, plan.conflicts)))
    areas = plan.by_area.index
    for name, values in (("need", need), ("residents", residents)):
        missing = areas[~areas.isin(values.dropna().index)]
        if len(missing):
            raise RequestError(f"{name} is not known for: {', '.join(missing)}")
    people = residents.reindex(areas).astype(float)
    reached = plan.by_area["reached"].astype(float)
    drawn = None
    if reach is not None:
        at = reach.area_ids.get_indexer(areas)
        drawn = np.asarray(reach.area_draws(reach.visits(plan.sites))[:, at], dtype=float)
    quintiles = pd.DataFrame(
        {
            "by_need": quintiles_of((need.reindex(areas) / people.where(people > 0)).fillna(0.0), people),
            "by_distance": quintiles_of(km.reindex(areas).fillna(np.inf), people),
        }
    )
    curve = lorenz(reached, people)
    low, high = math.nan, math.nan
    if drawn is not None:
        low, high = (float(end) for end in np.nanquantile(_ginis(drawn, people.to_numpy(np.float64)), [0.05, 0.95]))
    return EquityResult(
        by_need=_by_quintile(quintiles["by_need"], reached, people, drawn),
        by_distance=_by_quintile(quintiles["by_distance"], reached, people, drawn),
        gini=gini(reached, people),
        gini_low=low,
        gini_high=high,
        lorenz=curve,
        quintiles=quintiles,
    )


def quintiles_of(values: pd.Series, residents: pd.Series) -> pd.Series:
    """Fifth of each area, 1 (smallest values) to 5: that in which the middle of its residents falls.

    Areas are ordered by value, then by id; a middle exactly on a border falls in the lower fifth. Without any
    residents every area counts as one.

    Parameters
    ----------
    values
        Index `area_id`: what areas are ordered by; no missing values, infinite ones come last.
    residents
        Index as `values`, >= 0.

    Returns
    -------
    Series of whole numbers with the index of `values`.

    Raises
    ------
    ValueError
        Where a value or a number of residents is missing.

    Examples
    --------
    >>> quintiles_of(pd.Series({"a": 1.0, "b": 9.0, "c": 5.0}), pd.Series({"a": 60, "b": 20, "c": 20})).tolist()
    [2, 5, 4]
    """
    weights = residents.reindex(values.index).astype(float)
    if values.isna().any() or weights.isna().any():
        raise RequestError("a value or a number of residents is missing")
    if weights.sum() == 0:
        weights = weights + 1.0
    order = pd.DataFrame({"value": values, "area": values.index}).sort_values(["value", "area"]).index
    ordered = weights.loc[order]
    middle = (ordered.cumsum() - ordered / 2) / ordered.sum()
    quintile = pd.Series(np.clip(np.ceil(middle.to_numpy() * 5 - 1e-9), 1, 5), index=order)
    return quintile.reindex(values.index).astype(int)


def lorenz(reached: pd.Series, residents: pd.Series) -> pd.DataFrame:
    """Lorenz curve of reached people over residents, areas from the least to the most reached per resident.

    Areas without residents come last if anyone of them is reached.

    Parameters
    ----------
    reached, residents
        Index `area_id`, people, >= 0.

    Returns
    -------
    DataFrame
        Columns `residents_share`, `reached_share`, rising from 0 to 1; NaN shares of reach where nobody is reached.

    Examples
    --------
    >>> lorenz(pd.Series({"a": 3.0, "b": 1.0}), pd.Series({"a": 10, "b": 10}))["reached_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    people = residents.reindex(reached.index).to_numpy(float)
    count = reached.to_numpy(float)
    rate = np.divide(count, people, out=np.where(count > 0, np.inf, 0.0), where=people > 0)
    order = np.argsort(rate, kind="stable")
    total = count.sum()
    shares = np.cumsum(count[order]) / total if total > 0 else np.full(len(count), np.nan)
    return pd.DataFrame(
        {
            "residents_share": np.concatenate([[0.0], np.cumsum(people[order]) / max(people.sum(), 1e-300)]),
            "reached_share": np.concatenate([[0.0], shares]),
        }
    )


def gini(reached: pd.Series, residents: pd.Series) -> float:
    """Gini index of reached people per resident, in [0, 1]; NaN where nobody is reached.

    Parameters
    ----------
    reached, residents
        Index `area_id`, people, >= 0.

    Returns
    -------
    float
        1 - 2 x the area under the Lorenz curve.

    Examples
    --------
    >>> gini(pd.Series({"a": 5.0, "b": 5.0}), pd.Series({"a": 10, "b": 10}))
    0.0
    """
    curve = lorenz(reached, residents)
    share, reach = curve["residents_share"].to_numpy(), curve["reached_share"].to_numpy()
    area = float((np.diff(share) * (reach[1:] + reach[:-1])).sum() / 2)
    return max(1 - 2 * area, 0.0) if math.isfinite(area) else math.nan


def _ginis(reached: Floats, people: npt.NDArray[np.floating[Any]]) -> Floats:
    """`gini` of each row of (draws, areas) at once."""
    everywhere = np.broadcast_to(people, reached.shape)
    rate = np.divide(reached, everywhere, out=np.where(reached > 0, np.inf, 0.0), where=everywhere > 0)
    order = np.argsort(rate, axis=1, kind="stable")
    total = reached.sum(axis=1, keepdims=True)
    shares = np.divide(reached, total, out=np.full_like(reached, np.nan), where=total > 0)
    curve = np.cumsum(np.take_along_axis(shares, order, axis=1), axis=1)
    before = np.concatenate([np.zeros((len(curve), 1)), curve[:, :-1]], axis=1)
    width = np.take_along_axis(everywhere, order, axis=1) / max(float(people.sum()), 1e-300)
    return np.asarray(np.maximum(1 - (width * (curve + before)).sum(axis=1), 0.0))


def _by_quintile(quintile: pd.Series, reached: pd.Series, residents: pd.Series, drawn: Floats | None) -> pd.DataFrame:
    table = pd.DataFrame({"areas": 1, "residents": residents, "reached": reached}).groupby(quintile).sum()
    table = table.reindex(QUINTILES, fill_value=0).rename_axis("quintile")
    low, high = np.full(len(QUINTILES), np.nan), np.full(len(QUINTILES), np.nan)
    if drawn is not None:
        sums = np.stack([drawn[:, (quintile == number).to_numpy()].sum(axis=1) for number in QUINTILES], axis=1)
        low, high = np.quantile(sums, [0.05, 0.95], axis=0)
    total = float(table["reached"].sum())
    return table.assign(
        ci_low=low,
        ci_high=high,
        share=table["reached"] / total if total else np.nan,
        per_10000=table["reached"] / table["residents"].where(table["residents"] > 0) * 10_000,
    )[["areas", "residents", "reached", "ci_low", "ci_high", "share", "per_10000"]]
