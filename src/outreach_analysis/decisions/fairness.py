"""What fairness costs: plans between the most reach and the most for those who are served worst."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.plan_inputs import PlanRequest, ReachTable, find_conflicts, read_table
from outreach_analysis.decisions.plan_problem import make_request
from outreach_analysis.decisions.plan_solver import ENUMERATE_BELOW, TimeBudget, first_answer
from outreach_analysis.decisions.plan_tables import Reach, Teller
from outreach_analysis.errors import RequestError

Bools = npt.NDArray[np.bool_]
NEAR_BEST = 6
_TIE = 1e-6
"""At the fair end everybody else counts this much, so that of equally fair plans the one with most reach is taken."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FairnessResult:
    """Plans from the most reach to the most for the worst-served areas; none is better in both.

    Attributes
    ----------
    plans
        Index `plan` (1 = most reach). Columns: `sites` (tuple of ids), `expected_reach` (additional people) with its
        90 % interval `ci_low`, `ci_high`, `reach_worst` (of them in the worst-served areas), `given_up` (people fewer
        than plan 1) with `given_up_low`, `given_up_high`, `gained_worst` (people more in the worst-served areas than
        plan 1), `price` (given up per person gained; NaN for plan 1). Intervals are NaN without a reach.
    worst
        `area_id` of the worst-served areas.
    conflicts
        Why there is no plan; empty unless the request cannot be met.
    """

    plans: pd.DataFrame
    worst: tuple[str, ...]
    conflicts: tuple[Conflict, ...]

    def summary(self) -> pd.DataFrame:
        """Reach of each plan: `estimate, ci_low, ci_high, unit`."""
        frame = self.plans[["expected_reach", "ci_low", "ci_high"]]
        return frame.rename(columns={"expected_reach": "estimate"}).assign(unit="additional people")

    def _repr_html_(self) -> str:
        return self.plans.to_html(float_format="{:.1f}".format)


def fairness_plans(
    pool: pd.Series,
    attendance: pd.DataFrame,
    *,
    worst: Iterable[str],
    n_events: int,
    n_plans: int = 7,
    scheduled: Iterable[str] = (),
    required: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    max_visits: int = 1,
    known: Iterable[Sequence[str]] = (),
    reach: Reach | None = None,
    rng: np.random.Generator,
) -> FairnessResult:
    """Plans between the most reach and the most for the worst-served areas, so that the price is seen.

    Between two neighbours the next plan maximises the weighted sum in whose direction both are equally good
    (Cohon 1978), until there are enough or none is left; then near-best plans that none dominates fill up.

    Parameters
    ----------
    pool, attendance, n_events, scheduled, required, forbidden, max_visits, reach, rng
        As in `plan_popups`.
    known
        Plans already made for the same request; they compete as well.
    worst
        `area_id` of the worst-served areas: the fifth with most unmet need, say (`quintiles_of`).
    n_plans
        How many plans to return at most, 5 to 9. Fewer where fewer are found that none dominates.

    Returns
    -------
    FairnessResult
        Plan 1 is that of `plan_popups`; the last has the most for `worst` (as far as the search can tell).

    Raises
    ------
    ValueError
        As `plan_popups`; where n_plans is not 5 to 9, or an area of `worst` has no pool.

    Examples
    --------
    >>> pool = pd.Series({"town": 100.0, "far": 30.0})
    >>> attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    >>> fairness_plans(pool, attendance, worst=["far"], n_events=1, rng=np.random.default_rng(0)).plans[
    ...     ["sites", "expected_reach", "reach_worst"]].values.tolist()
    [[('MALL',), 50.0, 0.0], [('HALL',), 15.0, 15.0]]
    """
    if not 5 <= n_plans <= 9:
        raise RequestError(f"n_plans {n_plans} is not between 5 and 9")
    table = read_table(pool, attendance, None)
    areas = tuple(dict.fromkeys(worst))
    unknown = [area for area in areas if area not in table.area_ids]
    if unknown:
        raise RequestError(f"worst-served areas without a pool: {', '.join(unknown)}")
    request = PlanRequest(
        n_events=n_events,
        scheduled=Counter(scheduled),
        required=Counter(required),
        forbidden=frozenset(forbidden),
        max_visits=max_visits,
    )
    conflicts = find_conflicts(table, request)
    front = [] if conflicts else _Front(table, request, table.area_ids.isin(areas), reach, rng).spread(n_plans, known)
    return FairnessResult(plans=_frame(front), worst=areas, conflicts=tuple(conflicts))


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
        self,
        table: ReachTable,
        request: PlanRequest,
        worst: Bools,
        reach: Reach | None,
        rng: np.random.Generator,
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
        plans = [self._plan(problem.columns[list(picks)]) for picks, _ in answer.plans.ranked()[:NEAR_BEST]]
        return plans[0]

    def _plan(self, columns: npt.NDArray[np.int64]) -> _Plan:
        return self._of(np.concatenate([self._required, columns]))

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
