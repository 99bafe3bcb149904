"""Whom a plan reaches: quintiles, Lorenz curve, preference weights, and the price of fairness."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance
from outreach_analysis.decisions.plan_problem import (
    ENUMERATE_BELOW,
    Conflict,
    PlanRequest,
    PlanResult,
    ReachTable,
    find_conflicts,
    make_request,
    read_table,
)
from outreach_analysis.decisions.plan_solver import TimeBudget, first_answer
from outreach_analysis.decisions.planning import DatedReach, Teller
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown

# --- Who is reached: by fifth of unmet need and of distance, how unevenly, and what fairness costs.


Floats = npt.NDArray[np.float64]
QUINTILES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EquityResult(Shown):
    """How the people whom a plan reaches are spread.

    Attributes
    ----------
    by_need, by_distance
        Index `quintile` (1 = least unmet need per resident, or nearest to service; 5 = worst served). `areas`,
        `residents`, `reached` (additional people) with `ci_low`, `ci_high`, `share` (of all reached, in [0, 1]),
        `per_10000` (reached per 10,000 residents). Intervals are of 90 %, over the draws of the forecast, else NaN.
    gini, gini_low, gini_high
        Gini index of reached people per resident, in [0, 1): 0 where every area has the same share. NaN where
        nobody is reached.
    lorenz
        Columns `residents_share`, `reached_share`: the Lorenz curve from (0, 0) to (1, 1).
    quintiles
        Index `area_id`: `by_need`, `by_distance` (1 to 5).
    """

    main = "by_need"

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


def plan_equity(
    plan: PlanResult, *, need: pd.Series, residents: pd.Series, km: pd.Series, reach: DatedReach | None = None
) -> EquityResult:
    """Spread of a plan's additional reach over areas by unmet need, by distance, and as one number.

    Parameters
    ----------
    plan
        From `plan_popups`; its areas are those compared.
    need, residents, km
        Index `area_id`: unmet need (people), residents, and distance to the nearest fixed service point (missing counts
        as farthest). Fifths, by need per resident and by distance, are as nearly equal as whole areas allow.
    reach
        For intervals.

    Refused where the plan is infeasible, or need or residents lack an area of the plan. Gini over areas weighted by
    residents, by the trapezoids under the Lorenz curve: Brown (1994), doi:10.1016/0277-9536(94)90189-9.

    Examples
    --------
    >>> from outreach_analysis.decisions.planning import plan_popups
    >>> pool = pd.Series({"a": 100.0, "b": 80.0})
    >>> attendance = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["S", "T"], "probability": [0.5, 0.5]})
    >>> plan = plan_popups(pool, attendance, request=PlanRequest(n_events=1), rng=np.random.default_rng(0))
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
            "by_need": quintiles_of(_rate(need.reindex(areas), people), people),
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
    """Fifth of each area, 1 (smallest values) to 5: that in which the middle of its residents falls. Areas are ordered
    by value, then by id; a middle exactly on a border falls in the lower fifth. Without any residents every area counts
    as one."""
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

    Both by `area_id`, people, >= 0; areas without residents come last if anyone of them is reached. Columns
    `residents_share`, `reached_share`, rising from 0 to 1; NaN shares of reach where nobody is reached.

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
    """Gini index of reached people per resident, in [0, 1]; NaN where nobody is reached. 1 - 2 x the area under the
    Lorenz curve.

    Examples
    --------
    >>> gini(pd.Series({"a": 5.0, "b": 5.0}), pd.Series({"a": 10, "b": 10}))
    0.0
    """
    curve = lorenz(reached, residents)
    area = float(np.trapezoid(curve["reached_share"], curve["residents_share"]))
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


# --- The office's stated weights, put into people: who counts more, and what a visit takes off.


WORST_FIFTH = 5


def worst_served_areas(need: pd.Series, residents: pd.Series) -> pd.Index:
    """Areas of the fifth of residents with most unmet need per resident, by `area_id` in the order of `need`. Refused
    where residents are not known for an area.

    Examples
    --------
    >>> worst_served_areas(pd.Series({"near": 1.0, "far": 90.0}), pd.Series({"near": 400, "far": 100})).tolist()
    ['far']
    """
    people = residents.reindex(need.index).astype(float)
    if people.isna().any():
        raise RequestError(f"residents are not known for: {', '.join(map(str, people.index[people.isna()]))}")
    return need.index[(quintiles_of(_rate(need, people), people) == WORST_FIFTH).to_numpy()]


def _rate(need: pd.Series, residents: pd.Series) -> pd.Series:
    return (need / residents.where(residents > 0)).fillna(0.0)


def preference_weights(
    sites: pd.DataFrame, *, worst: pd.Index, minutes: pd.Series, settings: Settings
) -> DecisionWeights | None:
    """The weights of outreach.toml as `DecisionWeights`; None where they leave everything as it is.

    A person of the worst-served fifth counts `settings.weight_worst_served` times. A visit takes off
    `settings.weight_travel_hour` people for each hour of the team's way and `settings.weight_million_rupiah` people
    for each million rupiah it costs. A way or cost that is not known counts as the middle value of the known ones.

    Parameters
    ----------
    sites
        The candidates; column `cost` (rupiah a visit, may be missing).
    worst, minutes
        From `worst_served_areas` and `team_minutes`.

    Examples
    --------
    >>> sites = pd.DataFrame({"cost": [2_000_000.0, np.nan]}, index=["S1", "S2"])
    >>> preference_weights(sites, worst=pd.Index(["a"]), minutes=pd.Series({"S1": 60.0, "S2": 180.0}),
    ...                settings=Settings(weight_travel_hour=2)).sites.to_dict()
    {'S1': 2.0, 'S2': 6.0}
    >>> preference_weights(sites, worst=pd.Index(["a"]), minutes=pd.Series(dtype=float), settings=Settings()) is None
    True
    """
    areas = None
    if settings.weight_worst_served != 1:
        areas = pd.Series(float(settings.weight_worst_served), index=worst)
    hours = known_or_middle(minutes.reindex(sites.index)) / 60
    millions = known_or_middle(sites["cost"]) / 1e6
    burden = settings.weight_travel_hour * hours + settings.weight_million_rupiah * millions
    costs = burden if burden.gt(0).any() else None
    return None if areas is None and costs is None else DecisionWeights(areas=areas, sites=costs)


def known_or_middle(values: pd.Series) -> pd.Series:
    """Values with the median of the known ones in place of missing ones; 0 where none is known."""
    known = pd.to_numeric(values).astype(float)
    return known.fillna(float(np.nanmedian(known)) if known.notna().any() else 0.0)


# --- How much the first place hangs on the weights: acceptability under the stated and under all weights.


CRITERIA = ("reach", "worst_served", "travel")
SHOWN_RANKS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SensitivityResult(Shown):
    """How often each eligible place comes first, over `n_draws` draws of forecast and weights.

    Attributes
    ----------
    by_site
        Index `site_id`, in the order of the ranking. `name`; `first_stated` (share of draws of the forecast in which
        the place has the highest worth under the stated weights, in [0, 1]); `first_any` (the same where the weights of
        the three criteria are drawn as well, evenly over all that add to 1) and `among_any` (among the first three
        then); `weight_reach`, `weight_worst_served`, `weight_travel` (mean weights with which it comes first; NaN where
        it never does).
    """

    main = "by_site"

    by_site: pd.DataFrame
    n_draws: int

    def summary(self) -> pd.DataFrame:
        """First-rank acceptability under any weights, normal interval: `estimate, ci_low, ci_high, unit`."""
        share = self.by_site["first_any"]
        half = 1.645 * np.sqrt(share * (1 - share) / max(self.n_draws, 1))
        frame = pd.DataFrame(
            {"estimate": share, "ci_low": (share - half).clip(0), "ci_high": (share + half).clip(upper=1)}
        )
        return frame.assign(unit="share of draws")


def weight_sensitivity(
    incremental: IncrementalAttendance,
    ranking: RankingResult,
    *,
    worst: pd.Index,
    minutes: pd.Series,
    weights: DecisionWeights | None = None,
    rng: np.random.Generator | int | None,
) -> SensitivityResult:
    """First-rank acceptability of the eligible places under the stated weights and under all weights (SMAA).

    Three criteria are put on a scale from 0 to 1, on which 1 is the best expectation of any place: additional people,
    additional people of the worst-served fifth, and the team's way (0 hours: 1; the longest way: 0). Each draw of
    the forecast meets one draw of the weights, Dirichlet(1, 1, 1).

    Parameters
    ----------
    incremental, ranking
        What was ranked, and how; scheduled events are taken as given as there.
    worst, minutes
        From `worst_served_areas` and `team_minutes`; a way that is not known counts as the middle of the known ones.
    weights
        As given to `rank_sites`; None: additional people alone.
    rng
        Source of the weights.

    Stochastic multicriteria acceptability analysis: Lahdelma, Hokkanen and Salminen (1998),
    doi:10.1016/S0377-2217(97)00163-X; Lahdelma and Salminen (2001), doi:10.1287/opre.49.3.444.11220.
    """
    order = ranking.by_site.index
    stated = incremental.increment_draws(weights=weights)[order].to_numpy()
    n_draws = len(stated)
    if not len(order):
        columns = ["name", "first_stated", "first_any", "among_any", *(f"weight_{name}" for name in CRITERIA)]
        return SensitivityResult(by_site=pd.DataFrame(columns=columns, index=order), n_draws=n_draws)
    reach = incremental.increment_draws()[order].to_numpy()
    only_worst = pd.Series(0.0, index=incremental.area_ids).mask(incremental.area_ids.isin(worst), 1.0)
    of_worst = incremental.increment_draws(weights=DecisionWeights(areas=only_worst))[order].to_numpy()
    way = known_or_middle(minutes.reindex(order)).to_numpy()
    ease = np.broadcast_to(1 - way / max(way.max(), 1e-9), reach.shape)
    scaled = np.stack([_to_one(reach), _to_one(of_worst), ease], axis=2)
    drawn = np.random.default_rng(rng).dirichlet(np.ones(len(CRITERIA)), size=n_draws)
    worth = np.einsum("rsc,rc->rs", scaled, drawn)
    ranks = (-worth).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    first = ranks == 0
    wins = first.sum(axis=0)
    central = np.divide(
        first.T.astype(float) @ drawn,
        wins[:, None],
        out=np.full((len(order), len(CRITERIA)), np.nan),
        where=wins[:, None] > 0,
    )
    best_by_preference = np.bincount(stated.argmax(axis=1), minlength=len(order)) / n_draws
    by_site = pd.DataFrame(
        {
            "name": ranking.by_site["name"],
            "first_stated": best_by_preference,
            "first_any": wins / n_draws,
            "among_any": (ranks < SHOWN_RANKS).mean(axis=0),
            **{f"weight_{name}": central[:, number] for number, name in enumerate(CRITERIA)},
        },
        index=order,
    )
    return SensitivityResult(by_site=by_site, n_draws=n_draws)


def _to_one(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """People as a share of the best expectation of any place; 0 where nobody is expected anywhere."""
    best = float(values.mean(axis=0).max())
    return values / best if best > 0 else np.zeros_like(values)


# --- What fairness costs: plans between the most reach and the most for those who are served worst.


Bools = npt.NDArray[np.bool_]
NEAR_BEST = 6
_TIE = 1e-6
"""At the fair end everybody else counts this much, so that of equally fair plans the one with most reach is taken."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FairnessResult(Shown):
    """Plans from the most reach to the most for the worst-served areas; none is better in both.

    Attributes
    ----------
    plans
        Index `plan` (1 = most reach). `sites` (tuple of ids), `expected_reach` (additional people) with `ci_low`,
        `ci_high`, `reach_worst` (of them in the worst-served areas), `given_up` (people fewer than plan 1) with
        `given_up_low`, `given_up_high`, `gained_worst` (people more in the worst-served areas than plan 1), `price`
        (given up per person gained; NaN for plan 1). Intervals are of 90 %, NaN without a reach.
    worst
        `area_id` of the worst-served areas.
    conflicts
        Why there is no plan; empty unless the request cannot be met.
    """

    main = "plans"

    plans: pd.DataFrame
    worst: tuple[str, ...]
    conflicts: tuple[Conflict, ...]

    def summary(self) -> pd.DataFrame:
        """Reach of each plan: `estimate, ci_low, ci_high, unit`."""
        frame = self.plans[["expected_reach", "ci_low", "ci_high"]]
        return frame.rename(columns={"expected_reach": "estimate"}).assign(unit="additional people")


def fairness_plans(
    pool: pd.Series,
    attendance: pd.DataFrame,
    *,
    request: PlanRequest,
    worst: Iterable[str],
    n_plans: int = 7,
    known: Iterable[Sequence[str]] = (),
    reach: DatedReach | None = None,
    rng: np.random.Generator | int | None,
) -> FairnessResult:
    """Plans between the most reach and the most for the worst-served areas, so that the price is seen.

    Between two neighbours the next plan maximises the weighted sum in whose direction both are equally good
    (Cohon 1978), until there are enough or none is left; then near-best plans that none dominates fill up.

    Parameters
    ----------
    pool, attendance, request, reach, rng
        As in `plan_popups`, with its errors.
    known
        Plans already made for the same request; they compete as well.
    worst
        `area_id` of the worst-served areas, from `worst_served_areas`, say; each has a pool.
    n_plans
        How many plans to return at most, 5 to 9. Fewer where fewer are found that none dominates.

    Returns
    -------
    FairnessResult
        Plan 1 is that of `plan_popups`; the last has the most for `worst` (as far as the search can tell).

    Examples
    --------
    >>> pool = pd.Series({"town": 100.0, "far": 30.0})
    >>> attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    >>> found = fairness_plans(pool, attendance, request=PlanRequest(n_events=1), worst=["far"], rng=0)
    >>> found.plans[["sites", "expected_reach", "reach_worst"]].values.tolist()
    [[('MALL',), 50.0, 0.0], [('HALL',), 15.0, 15.0]]
    """
    if not 5 <= n_plans <= 9:
        raise RequestError(f"n_plans {n_plans} is not between 5 and 9")
    table = read_table(pool, attendance, None)
    areas = tuple(dict.fromkeys(worst))
    unknown = [area for area in areas if area not in table.area_ids]
    if unknown:
        raise RequestError(f"worst-served areas without a pool: {', '.join(unknown)}")
    conflicts = find_conflicts(table, request)
    if conflicts:
        return FairnessResult(plans=_frame([]), worst=areas, conflicts=tuple(conflicts))
    front = _Front(table, request, table.area_ids.isin(areas), reach, np.random.default_rng(rng))
    return FairnessResult(plans=_frame(front.spread(n_plans, known)), worst=areas, conflicts=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A plan as it is compared: reach of all, reach of the worst-served."""

    reach: float
    worst: float
    sites: tuple[str, ...]
    draws: npt.NDArray[np.float64] | None = None


class _Front:
    """Plans that no other one seen is better than in both respects."""

    def __init__(
        self, table: ReachTable, request: PlanRequest, worst: Bools, reach: DatedReach | None, rng: np.random.Generator
    ) -> None:
        self._table = table
        self._request = request
        self._worst = worst
        self._rng = rng
        self._required = table.positions(sorted(request.required.elements()))
        self._teller = Teller(table, request, reach)
        self._seen: dict[tuple[str, ...], _Plan] = {}

    def spread(self, n_plans: int, known: Iterable[Sequence[str]]) -> list[_Plan]:
        """The two ends, the plans between them, and no more than asked for, as evenly apart as they come."""
        for sites in known:
            self._of(self._table.positions(sites))
        supported = [self._best(1.0), self._best(_TIE)]
        segments = [(supported[0], supported[1])]
        while segments and len(supported) < n_plans:
            segments.sort(key=lambda pair: pair[0].reach - pair[1].reach)
            more, fair = segments.pop()
            others = self._between(more, fair)
            if others is not None:
                supported.append(others)
                segments += [(more, others), (others, fair)]
        front = self._undominated()
        return front if len(front) <= n_plans else _evenly(front, n_plans)

    def _between(self, more: _Plan, fair: _Plan) -> _Plan | None:
        """The best plan in the direction in which two neighbours are equally good, unless it is no better."""
        given_up, gained = more.reach - fair.reach, fair.worst - more.worst
        if given_up <= 1e-9 * abs(more.reach) or gained <= 1e-9 * abs(more.reach):
            return None
        # others * reach + (1 - others) * worst is the same at both ends.
        others = gained / (given_up + gained)
        found = self._best(others)
        value = others * found.reach + (1 - others) * found.worst
        known = others * more.reach + (1 - others) * more.worst
        return found if value > known * (1 + 1e-9) else None

    def _best(self, others: float) -> _Plan:
        """The best plan where the worst-served count 1 and all others `others`; near-best ones are kept as well."""
        weights = np.where(self._worst, 1.0, others)
        table = dataclasses.replace(self._table, area_weight=weights)
        problem = make_request(table, self._request)
        answer = first_answer(problem, below=ENUMERATE_BELOW, clock=TimeBudget(), rng=self._rng)
        if answer is None:
            raise RuntimeError("no plan was found though none was ruled out")
        found = [problem.columns[list(picks)] for picks, _ in answer.plans.ranked()[:NEAR_BEST]]
        plans = [self._of(np.concatenate([self._required, columns])) for columns in found]
        return plans[0]

    def _of(self, columns: npt.NDArray[np.int64]) -> _Plan:
        visits = np.sort(columns).tolist()
        sites = tuple(sorted(self._teller.ids(visits)))
        if sites not in self._seen:
            reached, draws = self._teller.reached(visits), None
            if self._teller.reach is not None:
                draws = self._teller.draws(self._teller.dated(visits)).sum(axis=1, dtype=float)
            self._seen[sites] = _Plan(
                reach=float(reached.sum()), worst=float(reached[self._worst].sum()), sites=sites, draws=draws
            )
        return self._seen[sites]

    def _undominated(self) -> list[_Plan]:
        """From the most reach to the most for the worst-served; of equal plans the first by ids."""
        front: list[_Plan] = []
        for plan in sorted(self._seen.values(), key=lambda plan: (-plan.reach, -plan.worst, plan.sites)):
            if not front or plan.worst > front[-1].worst * (1 + 1e-9) + 1e-9:
                front.append(plan)
        return front


def _evenly(front: Sequence[_Plan], n_plans: int) -> list[_Plan]:
    """Both ends, and then again and again the plan farthest from those taken."""
    points = np.array([[plan.reach, plan.worst] for plan in front])
    points = (points - points.min(axis=0)) / np.maximum(np.ptp(points, axis=0), 1e-300)
    taken = [0, len(front) - 1]
    while len(taken) < n_plans:
        distance = np.linalg.norm(points[:, None] - points[None, taken], axis=2).min(axis=1)
        taken.append(int(np.argmax(distance)))
    return [front[number] for number in sorted(taken)]


def _frame(front: Sequence[_Plan]) -> pd.DataFrame:
    rows = []
    for plan in front:
        low, high, less_low, less_high = (np.nan,) * 4
        if plan.draws is not None and front[0].draws is not None:
            low, high = np.quantile(plan.draws, [0.05, 0.95])
            less_low, less_high = np.quantile(front[0].draws - plan.draws, [0.05, 0.95])
        rows.append((plan.sites, plan.reach, low, high, plan.worst, less_low, less_high))
    columns = ["sites", "expected_reach", "ci_low", "ci_high", "reach_worst", "given_up_low", "given_up_high"]
    index = pd.RangeIndex(1, len(rows) + 1, name="plan")
    frame = pd.DataFrame(rows, columns=columns, index=index).astype(dict.fromkeys(columns[1:], float))
    given_up = frame["expected_reach"].max() - frame["expected_reach"]
    gained = frame["reach_worst"] - frame["reach_worst"].min()
    return frame.assign(given_up=given_up, gained_worst=gained, price=given_up / gained.where(gained > 0))
