"""Depletion: those who came do not come again next week, and after a while others are willing in their place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import interpolate

from outreach_analysis.models.decay import Array

MOST_DRAWN = 0.9
"""No event draws a larger share of those who are willing in an area."""
GRID = (0.0, 0.15, 0.35, 0.6, 0.85)
"""Shares drawn at the door at which past events are asked for their likelihood; between them it is interpolated."""
RECOVERY_DAYS = (45.0, 120.0, 365.0)
_RECOVERY_WEIGHTS = (0.15, 0.65, 0.2)
_FINE = np.linspace(0.0, GRID[-1], 86)
_LEAST = 1e-3  # below it nobody would notice, and the stock of willing people would be without limit
_FARTHEST = 50.0
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastEvents:
    """What past events drew, relative to an average event's door.

    Attributes
    ----------
    dates
        (events,) days, ascending.
    ratio
        (events, areas) expected people over those whom an average event would draw at distance 0.
    """

    dates: npt.NDArray[np.datetime64]
    ratio: Array

    @classmethod
    def none(cls, n_areas: int) -> PastEvents:
        """No event that anybody remembers."""
        return cls(dates=np.empty(0, dtype="datetime64[ns]"), ratio=np.empty((0, n_areas)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Depletion:
    """How large a share of the willing an average event draws at its door, and how long until others are willing.

    Attributes
    ----------
    weights
        (shares, recovery) probability of each pair of `_FINE` share drawn and `RECOVERY_DAYS`.
    past
        What past events drew.
    """

    weights: Array
    past: PastEvents

    @property
    def share_mean(self) -> float:
        """Expected share drawn at the door."""
        return float(self.weights.sum(axis=1) @ _FINE)

    def share_interval(self, level: float = 0.9) -> tuple[float, float]:
        """Its central interval."""
        at = np.cumsum(self.weights.sum(axis=1))
        low, high = (
            _FINE[min(int(np.searchsorted(at, q)), len(_FINE) - 1)] for q in ((1 - level) / 2, (1 + level) / 2)
        )
        return float(low), float(high)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Shares drawn at the door, (n,), and days of recovery, (n,)."""
        flat = rng.choice(self.weights.size, n, p=self.weights.ravel())
        share, recovery = np.unravel_index(flat, self.weights.shape)
        return np.maximum(_FINE[share], _LEAST), np.asarray(RECOVERY_DAYS)[recovery]

    def on_grid(self) -> Array:
        """(`GRID`, `RECOVERY_DAYS`) probability, each share's split between its neighbours on the grid."""
        right = np.clip(np.searchsorted(GRID, _FINE, side="right"), 1, len(GRID) - 1)
        low, high = np.asarray(GRID)[right - 1], np.asarray(GRID)[right]
        part = (_FINE - low) / (high - low)
        table = np.zeros((len(GRID), len(RECOVERY_DAYS)))
        np.add.at(table, right - 1, self.weights * (1 - part)[:, None])
        np.add.at(table, right, self.weights * part[:, None])
        return table

    def summary(self) -> pd.DataFrame:
        """Share drawn at the door and days of recovery: `estimate, ci_low, ci_high, unit`."""
        days = np.asarray(RECOVERY_DAYS)
        of_days = self.weights.sum(axis=0)
        at = np.cumsum(of_days)
        low, high = (float(days[min(int(np.searchsorted(at, q)), len(days) - 1)]) for q in (0.05, 0.95))
        rows = {
            "share drawn at the door": (self.share_mean, *self.share_interval(), "share"),
            "recovery": (float(of_days @ days), low, high, "days"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])


def prior_depletion(past: PastEvents) -> Depletion:
    """Before any event was looked at: small shares are likelier than large ones."""
    return Depletion(weights=_prior_weights() / _prior_weights().sum(), past=past)


def learn_depletion(past: PastEvents, log_evidence: Array) -> Depletion:
    """Weigh shares and recoveries by how well they explain past events.

    Parameters
    ----------
    past
        What past events drew.
    log_evidence
        (`GRID`, `RECOVERY_DAYS`) log probability of the counts of past events.
    """
    known = np.maximum(log_evidence, log_evidence.max() - _FARTHEST)
    curve = interpolate.PchipInterpolator(np.asarray(GRID), known, axis=0)(_FINE)
    weights = _prior_weights() * np.exp(curve - curve.max())
    return Depletion(weights=weights / weights.sum(), past=past)


def _prior_weights() -> Array:
    return np.asarray((1 - _FINE)[:, None] ** 1.5 * np.asarray(_RECOVERY_WEIGHTS))


def available_before(past: PastEvents, share: float, recovery: float) -> Array:
    """Share of the willing who are left before each past event, (events, areas), under one share and recovery.

    Whoever comes is served; each served person is willing again, or somebody else in their place, at the rate 1 /
    recovery. With D the share that was served and did not recover yet, an event that draws q leaves D + q (1 - D), and
    D falls by exp(-days / recovery) until the next one. Events of one day do not see each other.

    Examples
    --------
    >>> past = PastEvents(dates=np.array(["2026-01-01", "2026-01-31"], dtype="datetime64[ns]"), ratio=np.ones((2, 1)))
    >>> available_before(past, 0.5, 30.0).round(3).tolist()
    [[1.0], [0.816]]
    """
    depleted = np.zeros(past.ratio.shape[1])
    left = np.empty_like(past.ratio)
    last: np.datetime64 | None = None
    waiting: list[int] = []
    for number, day in enumerate(past.dates):
        if last is not None and day != last:
            for earlier in waiting:
                depleted = depleted + np.minimum(share * past.ratio[earlier], MOST_DRAWN) * (1 - depleted)
            depleted = depleted * np.exp(-float((day - last) / _DAY) / recovery)
            waiting = []
        last = day
        waiting.append(number)
        left[number] = 1 - depleted
    return left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepletionDraws:
    """Depletion in every draw of a forecast.

    Attributes
    ----------
    share, recovery
        (n_draws,) share of the willing whom an average event draws at its door, and days of recovery.
    base
        (n_draws, areas) people whom an average event would draw at distance 0.
    past
        What past events drew.
    """

    share: Array
    recovery: Array
    base: Array
    past: PastEvents
    _known: dict[np.datetime64, Array] = field(default_factory=dict)

    def stock(self) -> Array:
        """(n_draws, areas) willing people where nobody was served yet."""
        return np.asarray(self.base / self.share[:, None])

    def depleted(self, day: dt.date | pd.Timestamp) -> Array:
        """(n_draws, areas) share of the willing whom events BEFORE a day served and who did not recover yet."""
        before = self.past.dates < np.datetime64(pd.Timestamp(day), "ns")
        if not before.any():
            return np.zeros_like(self.base)
        last = self.past.dates[before][-1]
        if last not in self._known:
            self._known.clear()
            self._known[last] = self._after(int(before.sum()))
        days = float((np.datetime64(pd.Timestamp(day), "ns") - last) / _DAY)
        return np.asarray(self._known[last] * np.exp(-days / self.recovery)[:, None])

    def _after(self, n_events: int) -> Array:
        """Depletion just after the first `n_events` past events."""
        depleted = np.zeros_like(self.base)
        last = self.past.dates[0]
        for day, ratio in zip(self.past.dates[:n_events], self.past.ratio[:n_events], strict=True):
            if day != last:
                depleted *= np.exp(-float((day - last) / _DAY) / self.recovery)[:, None]
                last = day
            depleted += np.minimum(self.share[:, None] * ratio, MOST_DRAWN) * (1 - depleted)
        return depleted
