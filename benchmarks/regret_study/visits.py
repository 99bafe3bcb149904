"""What visits are truly worth: people whom the office would not have served, counted in the order of the days."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from regret_study.truths import Array

Ints = npt.NDArray[np.int64]
_SCALES = np.geomspace(0.01, 10.0, 40)
_CHUNK = 4000
_REFINED = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A pop-up at a place on a day."""

    site_id: str
    day: pd.Timestamp


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueVisits:
    """The truth of one office from the day of the question on.

    Attributes
    ----------
    site_ids
        Places, the second axis of all arrays; the first is areas.
    people
        Expected people on an ordinary weekend day where nobody came before, luck of the day averaged in; capacity
        not applied.
    taken
        Share of those who would ever come whom a pop-up takes.
    displacement
        Probability that somebody who comes would have been served anyway, a month of announcement before.
    inside
        (areas,) whether the office's own.
    used
        (areas,) share of those who would ever come that pop-ups of the past have taken and nobody followed yet.
    capacity
        (places,) people a day.
    event_sd, overdispersion
        Spread of the luck of a day (log), and alpha of an area's count.
    recovery_days, growth, season, season_peak, lead_logit
        As in `OfficeTruth`; day of the year of the peak.
    day_kind
        Index day: log effect of its kind.
    as_of
        The day of the question.
    announced
        Visits that take place anyway.
    """

    site_ids: pd.Index
    people: Array
    taken: Array
    displacement: Array
    inside: npt.NDArray[np.bool_]
    used: Array
    capacity: Array
    event_sd: float
    overdispersion: float
    recovery_days: float
    growth: float
    season: float
    season_peak: float
    lead_logit: float
    day_kind: pd.Series
    as_of: pd.Timestamp
    announced: tuple[Visit, ...]

    @cached_property
    def served_share(self) -> Array:
        """(places, scales) E[min(total, capacity)] / E[total], the total being `_SCALES` times the ordinary one."""
        size = 401
        at = (np.arange(size) + 0.5) / size
        luck = np.exp(self.event_sd * stats.norm.ppf(at) - self.event_sd**2 / 2)
        # the order of a sequence of low discrepancy, so that quantiles of luck and of noise meet evenly
        shuffled = at[np.argsort(np.arange(size) * 0.6180339887498949 % 1)]
        total, squares = self.people.sum(axis=0), (self.people**2).sum(axis=0)
        shape = np.maximum(total, 1e-9) ** 2 / np.maximum(self.overdispersion * squares, 1e-12)
        noise = np.array([stats.gamma.ppf(shuffled, each, scale=1 / each) for each in shape])
        drawn = total[:, None, None] * _SCALES[None, :, None] * (luck * noise)[:, None, :]
        served = np.minimum(drawn, self.capacity[:, None, None]).mean(axis=2)
        mean = drawn.mean(axis=2)
        return np.divide(served, mean, out=np.ones_like(served), where=mean > 0)

    def rhythm(self, day: pd.Timestamp) -> float:
        """By how much demand of every kind is larger on a day than on an ordinary one: trend and season."""
        years = (day - self.as_of).days / 365
        season = self.season * np.cos(2 * np.pi * (day.day_of_year - self.season_peak) / 365)
        return float(np.exp(self.growth * years + season))

    def factor(self, day: pd.Timestamp) -> float:
        """By how much more people come to a pop-up on a day than on an ordinary one: its kind too."""
        return self.rhythm(day) * float(np.exp(self.day_kind[day]))

    def additional(self, visits: Sequence[Visit]) -> float:
        """Additional people of visits beside the announced ones; a day holds any number of them."""
        sites = self.site_ids.get_indexer([visit.site_id for visit in visits])
        if (sites < 0).any():
            raise ValueError("a visit is at no place of the truth")
        return float(self.of_sets(sites[None, :], [visit.day for visit in visits])[0])

    def of_sets(self, sites: Ints, days: Sequence[pd.Timestamp]) -> Array:
        """Additional people of many plans, one a row of place numbers, whose visits stand on the same days."""
        parts = [sites[start : start + _CHUNK] for start in range(0, len(sites), _CHUNK)]
        return np.concatenate([self._in_order(part, days) for part in parts]) - self._announced_alone

    @cached_property
    def _announced_alone(self) -> float:
        return float(self._in_order(np.empty((1, 0), dtype=np.int64), [])[0])

    def _in_order(self, sites: Ints, days: Sequence[pd.Timestamp]) -> Array:
        """Additional people of announced visits and these together."""
        fixed = self.site_ids.get_indexer([visit.site_id for visit in self.announced])
        slots = [(day, sites[:, number]) for number, day in enumerate(days)]
        slots += [(visit.day, np.full(len(sites), at)) for visit, at in zip(self.announced, fixed, strict=True)]
        used = np.repeat(self.used[None, :], len(sites), axis=0)
        before, found = self.as_of, np.zeros(len(sites))
        for day, at in sorted(slots, key=lambda slot: slot[0]):
            used *= np.exp(-(day - before).days / self.recovery_days)
            before = day
            wanting = self.people[:, at].T * self.factor(day) * (1 - used)
            served = self._served(wanting.sum(axis=1), at)[:, None]
            shift = self.lead_logit * ((day - self.as_of).days / 30 - 1)
            displaced = self.displacement[:, at].T
            if shift:
                displaced = special.expit(special.logit(displaced) + shift)
            found += (wanting * served * (1 - displaced))[:, self.inside].sum(axis=1)
            used = 1 - (1 - used) * (1 - self.taken[:, at].T * served)
        return found

    def _served(self, totals: Array, sites: Ints) -> Array:
        """The share of those who want to come that is served: `served_share` between its scales."""
        ordinary = self.people.sum(axis=0)[sites]
        scale = np.divide(totals, ordinary, out=np.full_like(totals, _SCALES[0]), where=ordinary > 0)
        step = np.log(_SCALES[1] / _SCALES[0])
        at = np.clip(np.log(np.maximum(scale, _SCALES[0]) / _SCALES[0]) / step, 0, len(_SCALES) - 1 - 1e-9)
        low = at.astype(int)
        table = self.served_share
        return np.asarray(table[sites, low] * (1 - (at - low)) + table[sites, low + 1] * (at - low))

    def alone(self, site_ids: pd.Index, day: pd.Timestamp) -> pd.Series:
        """Additional people of each place as the only new one."""
        at = self.site_ids.get_indexer(site_ids)
        return pd.Series(self.of_sets(at[:, None], [day]), index=site_ids)

    def best(self, site_ids: pd.Index, days: Sequence[pd.Timestamp]) -> tuple[tuple[Visit, ...], float]:
        """The plan with most additional people, one visit a day: every set of places, the best of them in any order.

        Sets are compared with the place that adds most alone on the first day. That is exact where pop-ups do not
        take from each other; elsewhere the best sets are tried in every order of days.
        """
        alone = self.alone(site_ids, days[0]).sort_values(ascending=False, kind="stable")
        at = self.site_ids.get_indexer(alone.index)
        sets = np.array(list(itertools.combinations(at, len(days))))
        values = self.of_sets(sets, days)
        chosen = sets[np.argsort(-values, kind="stable")[:_REFINED]]
        orders = np.concatenate([chosen[:, list(order)] for order in itertools.permutations(range(len(days)))])
        values = self.of_sets(orders, days)
        top = int(np.argmax(values))
        visits = [Visit(site_id=str(self.site_ids[site]), day=day) for site, day in zip(orders[top], days, strict=True)]
        return tuple(visits), float(values[top])
