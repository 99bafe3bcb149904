"""Plans whose visits have days: what they are expected to add, on which days, and what no plan on any days exceeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance, Visit
from outreach_analysis.decisions.plan_problem import PlanResult, PlanStatus
from outreach_analysis.models.displacement import MOST_DRAWN
from outreach_analysis.models.terms import Rhythm

_CLOSED = 1e-9

Floats: TypeAlias = npt.NDArray[np.float64]
DayFinder: TypeAlias = Callable[[tuple[str, ...]], tuple[Visit, ...] | None]
"""Days for a set of visits; None where there are none that meet all constraints."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedVisits:
    """What visits draw, all at their expectations: what plans are searched with and certified by."""

    stock: Floats
    drawn: Floats
    depleted: Floats
    start: pd.Timestamp
    recovery: float
    announced: tuple[Visit, ...]
    area_ids: pd.Index
    site_ids: pd.Index
    rhythm: Rhythm | None = None

    def by_area(self, visits: Sequence[Visit]) -> Floats:
        """People of each area whom dated visits add to the announced ones, (areas,)."""
        return self._total([*self.announced, *visits]) - self._announced_alone

    def value(self, visits: Sequence[Visit]) -> float:
        """The same over all areas: T(announced + visits) - T(announced)."""
        return float(self.by_area(visits).sum())

    @cached_property
    def _announced_alone(self) -> Floats:
        return self._total(self.announced)

    def _total(self, visits: Sequence[Visit]) -> Floats:
        people, depleted, last = np.zeros_like(self.stock), self.depleted, self.start
        for site, day in sorted(visits, key=lambda visit: pd.Timestamp(visit[1])):
            now = pd.Timestamp(day)
            depleted = depleted * np.exp(-(now - last).days / self.recovery)
            last = now
            came = self._drawn_on(site, now) * (1 - depleted)
            depleted = depleted + came
            people = people + came * self.stock
        return people

    def undated(self, days: pd.Series, *, gap: float) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and probabilities for `plan_popups`: each place alone as on its day, visits `gap` days apart."""
        alone = np.column_stack([self.by_area([(site, days[site])]) for site in self.site_ids])
        middle = pd.to_datetime(days).sort_values().iloc[len(days) // 2]
        left = 1 - self._depleted_on(middle)
        pool = self.stock * left / np.exp(-gap / self.recovery)
        return self._as_table(np.maximum(pool, alone.max(axis=1, initial=0.0)), alone)

    def relaxed(self, days: Sequence[pd.Timestamp]) -> tuple[pd.Series, pd.DataFrame]:
        """Pool and probabilities whose best plan no plan exceeds, whichever of the days its visits take."""
        at = sorted({pd.Timestamp(day) for day in days})
        left = np.stack([1 - self._depleted_on(day) for day in at])
        lost, missing = (np.stack(each) for each in zip(*(self._after(day, at[-1]) for day in at), strict=True))
        most, gain = left.max(axis=0), (left * (1 - lost)).max(axis=0)
        kept = (missing / np.maximum(1 - lost, _CLOSED)).min(axis=0)
        kept = np.clip(kept, _CLOSED, 1.0)
        drawn = np.column_stack([self._drawn_most(site, at) for site in self.site_ids])
        return self._as_table(self.stock * most / kept, self.stock[:, None] * gain[:, None] * drawn)

    def _after(self, day: pd.Timestamp, last: pd.Timestamp) -> tuple[Floats, Floats]:
        """Of those served on a day: the share whom later announced events lose, and that missing on the last day."""
        lost, missing, before = np.zeros_like(self.stock), np.ones_like(self.stock), day
        on_last: Floats | None = None
        for site, at in sorted(self.announced, key=lambda visit: pd.Timestamp(visit[1])):
            now = pd.Timestamp(at)
            if now < day:
                continue
            if now > last and on_last is None:
                on_last = missing * np.exp(-(last - before).days / self.recovery)
            missing = missing * np.exp(-(now - before).days / self.recovery)
            before = now
            drawn = self._drawn_on(site, now)
            lost, missing = lost + drawn * missing, missing * (1 - drawn)
        if on_last is None:
            on_last = missing * np.exp(-(last - before).days / self.recovery)
        return lost, on_last

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {str(site): column for column, site in enumerate(self.site_ids)}

    @cached_property
    def _ratios(self) -> dict[Visit, float]:
        return {}

    def _ratio(self, site: str, day: pd.Timestamp) -> float:
        """Expected people at a place on a day over those on the day it was forecast for."""
        if self.rhythm is None:
            return 1.0
        if (site, day) not in self._ratios:
            self._ratios[site, day] = float(self.rhythm.ratio(self._columns[site], day).mean())
        return self._ratios[site, day]

    def _drawn_on(self, site: str, day: pd.Timestamp) -> Floats:
        """Share of the willing whom a visit draws on a day, (areas,)."""
        return np.minimum(self.drawn[:, self._columns[site]] * self._ratio(site, day), MOST_DRAWN)

    def _drawn_most(self, site: str, days: Sequence[pd.Timestamp]) -> Floats:
        best = max((self._ratio(site, day) for day in days), default=1.0)
        return np.minimum(self.drawn[:, self._columns[site]] * best, MOST_DRAWN)

    def _depleted_on(self, day: pd.Timestamp, visits: Sequence[Visit] | None = None) -> Floats:
        depleted, last = self.depleted, self.start
        for site, at in sorted(self.announced if visits is None else visits, key=lambda visit: pd.Timestamp(visit[1])):
            now = pd.Timestamp(at)
            if now >= day:
                break
            depleted = depleted * np.exp(-(now - last).days / self.recovery)
            depleted = depleted + self._drawn_on(site, now) * (1 - depleted)
            last = now
        return np.asarray(depleted * np.exp(-(day - last).days / self.recovery))

    def _as_table(self, pool: Floats, people: Floats) -> tuple[pd.Series, pd.DataFrame]:
        share = np.divide(people, pool[:, None], out=np.zeros_like(people), where=pool[:, None] > 0)
        wide = pd.DataFrame(np.clip(share, 0.0, 1.0), index=self.area_ids, columns=self.site_ids).rename_axis("area_id")
        long = wide.reset_index().melt(id_vars="area_id", var_name="site_id", value_name="probability")
        return pd.Series(pool, index=self.area_ids, name="pool"), long


def expected_visits(incremental: IncrementalAttendance, *, start: pd.Timestamp, gap: float) -> ExpectedVisits:
    """The draws of what places add, put into one set of expectations."""
    inside, depletion = incremental.inside, incremental.forecast.depletion
    kept = 1 - incremental.displacement.draws[:, inside]
    stock = incremental.stock[:, inside]
    drawn = np.zeros_like(stock)
    for column in range(len(incremental.site_ids)):
        people = incremental.drawn[:, inside, column]
        drawn += people * incremental.capacity_factor[:, column, None]
    overlap = np.divide(kept * drawn**2, stock, out=np.zeros_like(stock), where=stock > 0)
    people = incremental.expected_by_area().to_numpy()
    total, shared = people.sum(axis=1), overlap.mean(axis=0)
    pool = np.divide(total**2, shared, out=np.zeros_like(total), where=shared > 0)
    pool = np.maximum(pool, people.max(axis=1, initial=0.0) / MOST_DRAWN)
    weights = (kept * drawn).mean(axis=0)
    served = depletion.depleted(start)[:, inside]
    depleted = np.divide((served * kept * drawn).mean(axis=0), weights, out=np.zeros_like(weights), where=weights > 0)
    by_draw = overlap.sum(axis=1)
    remains = float(by_draw @ np.exp(-gap / depletion.recovery) / by_draw.sum()) if by_draw.sum() > 0 else 0.5
    share = np.divide(people, pool[:, None], out=np.zeros_like(people), where=pool[:, None] > 0)
    return ExpectedVisits(
        stock=pool,
        drawn=share,
        depleted=np.minimum(depleted, 1.0),
        start=start,
        recovery=-gap / float(np.log(np.clip(remains, 1e-6, 1 - 1e-6))),
        announced=incremental.given,
        area_ids=incremental.area_ids,
        site_ids=incremental.site_ids,
        rhythm=incremental.forecast.rhythm,
    )


class DatedReach:
    """Additional people of sets of visits on their days, in every draw; each set is worked out once."""

    def __init__(self, incremental: IncrementalAttendance, means: ExpectedVisits, find_days: DayFinder) -> None:
        self.incremental = incremental
        self.means = means
        self._find_days = find_days
        self._days: dict[tuple[str, ...], tuple[Visit, ...] | None] = {}
        self._reached: dict[tuple[Visit, ...], Floats] = {}

    def under(self, incremental: IncrementalAttendance, means: ExpectedVisits) -> DatedReach:
        """The same sets on the same days, where other people would be additional."""
        other = DatedReach(incremental, means, self._find_days)
        other._days = self._days
        return other

    @property
    def area_ids(self) -> pd.Index:
        """What the columns of `area_draws` stand for."""
        return self.incremental.area_ids

    def has_days(self, sites: Sequence[str]) -> bool:
        """Whether there are days for all visits."""
        return self._visits(sites) is not None

    def visits(self, sites: Sequence[str]) -> tuple[Visit, ...]:
        """The visits with their days; the proposed days where there are none that meet all constraints."""
        found = self._visits(sites)
        return found if found is not None else tuple((site, self.incremental.days[site]) for site in sites)

    def area_draws(self, visits: Sequence[Visit]) -> Floats:
        """Additional people of each area, (n_draws, areas), in single precision to keep many plans."""
        key = tuple(sorted(visits, key=lambda visit: (pd.Timestamp(visit[1]), visit[0])))
        if key not in self._reached:
            self._reached[key] = self.incremental.value_draws(key).astype(np.float32)
        return self._reached[key]

    def expected(self, visits: Sequence[Visit]) -> pd.Series:
        """Additional people by area at all expectations, by which plans are certified."""
        return pd.Series(self.means.by_area(visits), index=self.means.area_ids)

    def scheduled_by_area(self) -> pd.Series:
        """Expected people whom the announced events reach and whom the office would not have served, by area."""
        return self.incremental.announced_by_area()

    def _visits(self, sites: Sequence[str]) -> tuple[Visit, ...] | None:
        key = tuple(sorted(sites))
        if key not in self._days:
            self._days[key] = self._find_days(key)
        return self._days[key]


def certified(plan: PlanResult, reach: DatedReach, bound: PlanResult, weights: DecisionWeights | None) -> PlanResult:
    """A plan with the gap, at the expectations, to the bound that no plan on any of the days exceeds."""
    if plan.status == "infeasible" or bound.status == "infeasible":
        return plan

    def worth(people: pd.Series, sites: Sequence[str]) -> float:
        if weights is None:
            return float(people.sum())
        spent = float(weights.of_sites(pd.Index(sites, dtype=object)).sum())
        return float((people * weights.of_areas(people.index)).sum()) - spent

    def gap_of(sites: Sequence[str], most: float) -> float:
        value = worth(reach.expected(reach.visits(sites)), sites)
        return (most - value) / abs(most) if most - value > _CLOSED * max(abs(most), 1.0) else 0.0

    gap = gap_of(plan.sites, bound.upper_bound)
    curve = plan.curve.copy()
    bounds = bound.curve["upper_bound"].reindex(curve.index).fillna(bound.upper_bound)
    gaps = [gap_of(sites, float(most)) for sites, most in zip(curve["sites"], bounds, strict=True)]
    curve["upper_bound"] = [at_most(value, each) for value, each in zip(curve["objective"], gaps, strict=True)]
    status: PlanStatus = "optimal" if gap == 0 else "time_limit" if plan.status == "time_limit" else "within_gap"
    most = at_most(plan.objective, gap)
    return dataclasses.replace(plan, upper_bound=most, gap=gap, status=status, curve=curve)


def at_most(value: float, gap: float) -> float:
    """What no plan exceeds, told beside the mean over the draws: the mean, and as much more as the gap allows. The gap
    is certified at the expectations, where the worth is a little different from the mean over the draws."""
    return value / (1 - gap) if 0 < gap < 1 and value > 0 else value
