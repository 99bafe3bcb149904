"""Forecast draws from the posterior, with what promises add to them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import linalg

from outreach_analysis.measures.interest import ConversionResult, interest_evidence
from outreach_analysis.models.displacement import DepletionDraws
from outreach_analysis.models.glmm import Array, NegBinMixed
from outreach_analysis.models.terms import Rhythm, TurnoutPrior, log_decay
from outreach_analysis.settings import LEVEL, Settings
from outreach_analysis.shown import Shown

# --- Draws around a posterior mode: coefficients normal, spreads with a tail on either side as long as it is.


_PROBE = np.sqrt(2.0)
_SHORTEST, _LONGEST = 0.25, 1.5
_CUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """Posterior of coefficients and log spreads around a centre."""

    centre: Array
    ridge: Array
    axes: Array
    sides: Array
    root: Array

    def deviations(self, n: int, rng: np.random.Generator) -> Array:
        """Draws of parameters less the centre, (n, P)."""
        normal = rng.standard_normal((n, len(self.centre)))
        p = len(self.root)
        low, high = self.sides.T
        upper = rng.random((n, len(self.sides))) < high / (low + high)
        along = np.minimum(np.abs(normal[:, p:]), _CUT) * np.where(upper, high, -low)
        away = along @ self.axes.T @ self.ridge.T
        away[:, :p] += normal[:, :p] @ self.root.T
        return np.asarray(away)


def posterior_around(model: NegBinMixed, centre: Array, cov: Array) -> Posterior:
    """Measure the posterior's tails along the axes of the log spreads."""
    p = model.layout.x.shape[1]
    spreads = cov[p:, p:]
    ridge = cov[:, p:] @ np.linalg.inv(spreads)
    given = cov[:p, :p] - ridge[:p] @ spreads @ ridge[:p].T
    values, vectors = np.linalg.eigh(spreads)
    axes = vectors * np.sqrt(values)
    peak = _profile(model, centre)
    sides = np.ones((len(spreads), 2))
    for axis in range(len(spreads)):
        for side, sign in enumerate((-1.0, 1.0)):
            fall = peak - _profile(model, centre + sign * _PROBE * ridge @ axes[:, axis])
            sides[axis, side] = np.clip(np.nan_to_num(fall, nan=1.0), _LONGEST**-2, _SHORTEST**-2) ** -0.5
    return Posterior(centre=centre, ridge=ridge, axes=axes, sides=sides, root=np.asarray(np.linalg.cholesky(given)))


def _profile(model: NegBinMixed, params: Array) -> float:
    """Log posterior of the spreads at `params`, coefficients integrated out around one Newton step from there. NaN
    where the posterior has no peak in the coefficients there."""
    p = model.layout.x.shape[1]
    slope = model.score(params)[:p]
    information = -model.hessian(params)[:p, :p]
    if np.linalg.eigvalsh(information)[0] <= 0:
        return np.nan
    gain = 0.5 * slope @ np.linalg.solve(information, slope)
    return float(model.loglike(params) + gain - 0.5 * np.linalg.slogdet(information)[1])


# --- How much coefficients differ from 0 is learned: the posterior averaged over factors of their prior's spread.


FACTORS = (0.25, 0.5, 1.0)
"""Of the prior's spread of kinds, equally likely before any event. None is above 1: the fit's own prior is the widest,
so that every other posterior exists."""
OWN_FACTORS = (0.1, 1.0)
"""Of that of the columns an office has added: as good as nothing, or something."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrunk:
    """Coefficients around 0 whose prior's spread is learned."""

    at: slice
    precision: Array
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedShrinkage:
    """Posterior of all parameters, groups of coefficients differing by unknown factors of their prior's spread."""

    weights: Array
    factors: Array
    parts: tuple[Posterior, ...]

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of parameters (n, P), and the factor of the first group in each draw (n,)."""
        which = rng.choice(len(self.parts), n, p=self.weights)
        drawn = np.empty((n, len(self.parts[0].centre)))
        for position, part in enumerate(self.parts):
            mine = np.flatnonzero(which == position)
            drawn[mine] = part.centre + part.deviations(len(mine), rng)
        return drawn, self.factors[which, 0]


def learn_shrinkage(posterior: Posterior, cov: Array, groups: Sequence[Shrunk]) -> LearnedShrinkage:
    """Reweigh a normal posterior for narrower priors of groups of coefficients, in closed form."""
    p = len(posterior.root)
    at = np.concatenate([np.arange(group.at.start, group.at.stop) for group in groups])
    centre = posterior.centre[at]
    factors = list(itertools.product(*(group.factors for group in groups)))
    log_weights, parts = [], []
    for chosen in factors:
        more = linalg.block_diag(
            *((factor**-2 - 1) * group.precision for factor, group in zip(chosen, groups, strict=True))
        )
        mixed = np.eye(len(centre)) + cov[np.ix_(at, at)] @ more
        pull = more @ np.linalg.inv(mixed)
        narrowed = sum(len(group.precision) * np.log(factor) for factor, group in zip(chosen, groups, strict=True))
        log_weights.append(-narrowed - 0.5 * np.linalg.slogdet(mixed)[1] - 0.5 * centre @ pull @ centre)
        narrower = cov - cov[:, at] @ pull @ cov[at]
        ridge = narrower[:, p:] @ np.linalg.inv(narrower[p:, p:])
        given = narrower[:p, :p] - ridge[:p] @ narrower[p:, :p]
        parts.append(
            dataclasses.replace(
                posterior,
                centre=posterior.centre - cov[:, at] @ pull @ centre,
                ridge=ridge,
                root=np.asarray(np.linalg.cholesky((given + given.T) / 2), dtype=float),
            )
        )
    weights = np.exp(np.array(log_weights) - max(log_weights))
    return LearnedShrinkage(weights=weights / weights.sum(), factors=np.array(factors), parts=tuple(parts))


# --- A forecast of turnout: people by place with an interval, expected people by area and place, and their draws.


Status = Literal["prior_only", "provisional", "fitted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventShape:
    """What kind of event is forecast."""

    programme: Literal["visit", "invited"] = "visit"
    n_days: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Forecast(Shown):
    """What a pop-up at each place would bring.

    Attributes
    ----------
    by_site
        Index `site_id`. People who come on the day, capacity APPLIED: `median`, `mean`, `ci_low`, `ci_high`
        (90 %), `p_above_threshold` (in [0, 1]: more than the interest threshold), `capacity`, `day_kind`.
    expected
        Columns `area_id, site_id, people`: mean expected people, capacity NOT applied.
    draws
        Array (n_draws, areas, sites) of EXPECTED people: parameter uncertainty only, capacity not applied.
        The same draw uses the same parameters at every place (common random numbers).
    totals
        Index draw, columns `site_id`: predictive totals, capacity not applied.
    area_ids, site_ids
        What the axes of `draws` stand for.
    status, n_events
        `prior_only`, `provisional` or `fitted`; said wherever a number of the forecast appears. Held events it learned
        from (0 where `prior_only`).
    depletion, rhythm
        What past events took and when others are willing, in every draw; what another day than that of the forecast
        changes (None: nothing).
    waiting
        Places whose people are known to be unserved, as those whom a letter names are: what earlier events took is off
        already, on the day of the forecast.
    """

    main = "by_site"

    by_site: pd.DataFrame
    expected: pd.DataFrame
    draws: Array
    totals: pd.DataFrame
    area_ids: pd.Index
    site_ids: pd.Index
    depletion: DepletionDraws
    status: Status
    n_events: int
    rhythm: Rhythm | None = None
    waiting: frozenset[str] = frozenset()

    def summary(self) -> pd.DataFrame:
        """People by place: `estimate` (median), `ci_low`, `ci_high`, `unit`."""
        frame = self.by_site[["median", "ci_low", "ci_high"]].rename(columns={"median": "estimate"})
        return frame.assign(unit=f"people ({self.status})")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """Draws of the model at some places."""

    mean: Array
    event_factor: Array
    overdispersion: Array
    slope: Array
    bend: Array
    terms: Array
    most: Array
    depletion: DepletionDraws

    def totals(self, rng: np.random.Generator) -> Array:
        """Predictive totals (n_draws, sites): event effect and negative-binomial noise, moment-matched over areas."""
        mean = self.mean.sum(axis=1)
        squares = (self.mean**2).sum(axis=1)
        spread = self.overdispersion[:, None] * squares
        with np.errstate(divide="ignore", invalid="ignore"):
            shape = np.where(spread > 0, mean**2 / spread, np.inf)
        noise = np.where(np.isfinite(shape), rng.gamma(np.where(np.isfinite(shape), shape, 1.0)) / shape, 1.0)
        return np.asarray(rng.poisson(np.minimum(mean * self.event_factor * noise, self.most)), dtype=float)


def served_by_site(totals: pd.DataFrame, capacity: pd.Series, *, threshold: int) -> pd.DataFrame:
    """Who comes on the day: totals cut at capacity, summarised."""
    served = totals.clip(upper=capacity, axis="columns")
    low, median, high = (served.quantile(q) for q in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    return pd.DataFrame(
        {
            "median": median,
            "mean": served.mean(),
            "ci_low": low,
            "ci_high": high,
            "p_above_threshold": (served > threshold).mean(),
            "capacity": capacity,
        },
        index=totals.columns,
    )


# --- Fresh interest as evidence: people who said they would come and the forecast, combined by their precision.


_COMMON_SD = 0.5
_LIST_MEDIAN, _LIST_LOG_SD = 0.6, 0.6
_LIST_SDS = np.exp(np.log(_LIST_MEDIAN) + _LIST_LOG_SD * np.linspace(-2, 3, 41))
_LIST_PRIOR = np.exp(-0.5 * np.linspace(-2, 3, 41) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PromiseEvidence:
    """People who promised to come, by area, and what share of them comes."""

    people: pd.Series
    conversion: ConversionResult

    def combine(self, simulated: Simulated, km: Array, *, prior: TurnoutPrior, rng: np.random.Generator) -> Simulated:
        """Expected people of the areas that promised, by forecast and promise together."""
        reached = np.asarray(simulated.mean.min(axis=0).max(axis=1, initial=0.0) > 0)
        promised = np.flatnonzero((self.people.to_numpy() > 0) & reached)
        if not len(promised):
            return simulated
        n = self.people.to_numpy()[promised]
        shares = self.conversion.draw(len(simulated.mean), len(promised), rng)
        with np.errstate(divide="ignore"):
            model = np.log(simulated.mean[:, promised])
        sure = np.isfinite(model).all(axis=0)
        by_model = np.where(sure, model, 0.0)
        nearness = np.where(sure, log_decay(simulated.slope, simulated.bend, km[promised], prior=prior), 0.0)
        of_model = by_model.var(axis=0) + float(np.log1p(simulated.overdispersion).mean())
        by_list = np.log(n) + np.log(shares)
        of_list = np.log(shares).var(axis=0) + 1 / (n * self.conversion.mean)
        apart = ((by_list[:, :, None] + nearness - by_model).mean(axis=0) * sure).sum(axis=1) / sure.sum(axis=1)
        beside = (of_model * sure).sum(axis=1) / sure.sum(axis=1)
        likely, common, doubt = _disagreement(apart, beside + of_list)
        spread = np.sqrt(_LIST_SDS**2 + doubt)
        which = rng.choice(len(likely), len(shares), p=likely)
        error = spread[which, None] * rng.standard_normal(shares.shape) - common[which, None]
        other = of_list[:, None, None] + spread**2
        weight = (of_model[:, :, None] / (of_model[:, :, None] + other)) @ likely
        published = (by_list + error)[:, :, None] + nearness
        mean = simulated.mean.copy()
        mean[:, promised] = np.where(sure, np.exp(by_model + weight * (published - by_model)), mean[:, promised])
        return dataclasses.replace(simulated, mean=mean)


def _disagreement(apart: Array, variance: Array) -> tuple[Array, Array, Array]:
    """How far lists lie from the forecast."""
    whole = variance[:, None] + _LIST_SDS**2
    precision = _COMMON_SD**-2 + (1 / whole).sum(axis=0)
    common = (apart[:, None] / whole).sum(axis=0) / precision
    fit = -0.5 * (np.log(whole).sum(axis=0) + np.log(precision) + (apart[:, None] ** 2 / whole).sum(axis=0))
    fit += 0.5 * precision * common**2
    likely = _LIST_PRIOR * np.exp(fit - fit.max())
    return likely / likely.sum(), common, 1 / precision


def promise_evidence(
    interest: pd.DataFrame, counts: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame, *, settings: Settings
) -> PromiseEvidence:
    """Count the fresh interest of each area and learn from past promises what share comes."""
    evidence = interest_evidence(interest=interest, areas=areas, events=events, counts=counts, settings=settings)
    return PromiseEvidence(people=evidence.by_area["people"], conversion=evidence.conversion)
