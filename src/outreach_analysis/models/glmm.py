"""The negative binomial mixed model: likelihood, derivatives, Laplace approximation, mode."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg, optimize, special
from statsmodels.base.model import GenericLikelihoodModel, GenericLikelihoodModelResults, LikelihoodModelResults
from statsmodels.iolib.summary import Summary

# --- Log densities that the turnout model is a sum of, each with the derivatives that a Laplace approximation needs.
from outreach_analysis.contracts import OutreachError

Array: TypeAlias = npt.NDArray[np.float64]
HALF_LOG_2PI = 0.9189385332046727


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Values of f(m, a) row by row, and derivatives by the linear predictor m and the log-scale parameter a. `d1` to
    `d4` are derivatives by m; a trailing `a` or `aa` adds one or two derivatives by a."""

    value: Array
    d1: Array
    d2: Array
    d3: Array
    d4: Array
    a: Array
    aa: Array
    d1a: Array
    d2a: Array
    d3a: Array
    d1aa: Array
    d2aa: Array


def negbin_value(y: Array, m: Array, log_alpha: float) -> tuple[Array, Array, Array]:
    """Log probability of negative-binomial counts, up to terms free of m, with its first two derivatives by m. Mean
    exp(m), variance mean + alpha * mean squared; alpha = 0 (log_alpha = -inf) is the Poisson."""
    if np.isneginf(log_alpha):
        mean = np.exp(m)
        return y * m - mean, y - mean, -mean
    size = np.exp(-log_alpha)
    c = m + log_alpha
    p = special.expit(c)
    total = y + size
    return y * m - total * np.logaddexp(0.0, c), y - total * p, -total * p * (1 - p)


def negbin_rows(y: Array, m: Array, log_alpha: float) -> Rows:
    """The same with the full log probability and every derivative of `Rows`; a is log alpha. With c = m + a, r =
    exp(-a) and s the softplus function the log probability is y c - (y + r) s(c) + log Gamma(y + r) - log Gamma(r) -
    log y!."""
    log_factorial = special.gammaln(y + 1)
    if np.isneginf(log_alpha):
        mean = np.exp(m)
        none = np.zeros_like(m)
        value = y * m - mean - log_factorial
        return Rows(
            value=value, d1=y - mean, d2=-mean, d3=-mean, d4=-mean,
            a=none, aa=none, d1a=none, d2a=none, d3a=none, d1aa=none, d2aa=none,
        )  # fmt: skip
    r = np.exp(-log_alpha)
    c = m + log_alpha
    soft = np.logaddexp(0.0, c)
    p = special.expit(c)
    v = p * (1 - p)
    s = (soft, p, v, v * (1 - 2 * p), v * (1 - 6 * v))
    by_c = [y * c - (y + r) * s[0], y - (y + r) * s[1], *(-(y + r) * s[k] for k in (2, 3, 4))]
    digamma = special.digamma(y + r) - special.digamma(r)
    trigamma = special.polygamma(1, y + r) - special.polygamma(1, r)

    # by a at fixed m is by a at fixed c plus by c; r s(c) is the only other place where a stands
    def once(k: int) -> Array:
        return np.asarray(by_c[k + 1] + r * s[k])

    def twice(k: int) -> Array:
        return np.asarray(by_c[k + 2] + 2 * r * s[k + 1] - r * s[k])

    return Rows(
        value=by_c[0] + special.gammaln(y + r) - special.gammaln(r) - log_factorial,
        d1=by_c[1], d2=by_c[2], d3=by_c[3], d4=by_c[4],
        a=once(0) - r * digamma, aa=twice(0) + r * digamma + r**2 * trigamma,
        d1a=once(1), d2a=once(2), d3a=once(3), d1aa=twice(1), d2aa=twice(2),
    )  # fmt: skip


def effect_rows(t: Array, log_sd: float, at_least: npt.NDArray[np.bool_]) -> Rows:
    """Log density of effects t ~ Normal(0, sd); where `at_least`, log P(effect >= t) instead. Both are h(t / sd), with
    h the log density or the log upper tail of the standard normal; a is log sd."""
    e = np.exp(-log_sd)
    x = t * e
    h = [np.where(at_least, tail, body) for tail, body in zip(_log_tail(x), _log_density(x), strict=True)]

    def once(k: int) -> Array:
        return np.asarray(-(e**k) * (x * h[k + 1] + k * h[k]))

    def twice(k: int) -> Array:
        return np.asarray(e**k * (x**2 * h[k + 2] + (2 * k + 1) * x * h[k + 1] + k**2 * h[k]))

    exact = np.where(at_least, 0.0, 1.0)
    return Rows(
        value=h[0] - exact * log_sd,
        d1=h[1] * e, d2=h[2] * e**2, d3=h[3] * e**3, d4=h[4] * e**4,
        a=once(0) - exact, aa=twice(0),
        d1a=once(1), d2a=once(2), d3a=once(3), d1aa=twice(1), d2aa=twice(2),
    )  # fmt: skip


def _log_density(x: Array) -> tuple[Array, ...]:
    nothing = np.zeros_like(x)
    return -0.5 * x**2 - HALF_LOG_2PI, -x, nothing - 1, nothing, nothing


def _log_tail(x: Array) -> tuple[Array, ...]:
    """Log upper tail of the standard normal with four derivatives, by the hazard function."""
    value = special.log_ndtr(-x)
    hazard = np.exp(-0.5 * x**2 - HALF_LOG_2PI - value)
    gap = hazard - x
    gap_1 = hazard * gap - 1
    second = gap**2 + gap_1
    third = gap * second + 2 * gap * gap_1 + hazard * gap**2 + hazard * gap_1
    return value, -hazard, -hazard * gap, -hazard * second, -hazard * third


# --- The prior of the turnout model as a log density with its derivatives.


FREEDOM = 4
"""Degrees of freedom of the prior of the total."""
_T_TO_NORMAL = 1.6448536269514722 / 2.1318467863266495  # 95 % quantiles of the normal and of t with 4
Density: TypeAlias = tuple[float, Array, Array]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Belief:
    """What is believed of the parameters before the counts."""

    mean: Array
    precision: Array
    log_total: float
    log_total_sds: tuple[float, float]
    reference_offset: Array

    def evaluate(self, params: Array, x: Array, n_events: int) -> Density:
        """Log density up to a constant, gradient and Hessian."""
        away = params - self.mean
        pull = self.precision @ away
        value, gradient, hessian = -0.5 * float(away @ pull), -pull, -self.precision.copy()
        p = x.shape[1]
        total = self._total(params[:p], x, n_events)
        gradient[:p] += total[1]
        hessian[:p, :p] += total[2]
        return value + total[0], gradient, hessian

    def _total(self, b: Array, x: Array, n_events: int) -> Density:
        rows = self.reference_offset + x @ b
        top = rows.max()
        share = np.exp(rows - top)
        beyond = float(top + np.log(share.sum()) - np.log(n_events) - self.log_total)
        share /= share.sum()
        centre = share @ x
        scale = FREEDOM * (_T_TO_NORMAL * self.log_total_sds[int(beyond > 0)]) ** 2
        slope = -(FREEDOM + 1) * beyond / (scale + beyond**2)
        curve = -(FREEDOM + 1) * (scale - beyond**2) / (scale + beyond**2) ** 2
        outer = np.outer(centre, centre)
        hessian = slope * ((x * share[:, None]).T @ x - outer) + curve * outer
        return -(FREEDOM + 1) / 2 * float(np.log1p(beyond**2 / scale)), slope * centre, hessian


# --- Likelihood of counts with event and site effects integrated out by Laplace's approximation, to second derivatives.


_STEPS = 200
_LEAST_CURVE, _LONGEST_STEP = 1e-9, 4.0
_TOLERANCE = 1e-12  # of the Newton decrement: the last step squares what is left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountLayout:
    """Counts of N rows in E events, and which effects they share."""

    y: Array
    offset: Array
    x: Array
    event: npt.NDArray[np.intp]
    site: npt.NDArray[np.intp] | None
    sold_out: npt.NDArray[np.bool_]
    overdispersed: bool = True
    event_effect: bool = True

    @property
    def scale_names(self) -> tuple[str, ...]:
        """Log-scale parameters that follow the p coefficients, in order."""
        present = (self.overdispersed, self.event_effect, self.site is not None)
        names = ("log_overdispersion", "log_event_sd", "log_site_sd")
        return tuple(name for name, used in zip(names, present, strict=True) if used)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluated:
    """Log likelihood at given parameters with its derivatives, and the effects given those parameters. `effects` are
    the event levels, then the site effects: their mode, `effects_cov` their covariance and `effects_slope` the
    derivative of the mode by each parameter."""

    value: float
    gradient: Array
    hessian: Array
    effects: Array
    effects_cov: Array
    effects_slope: Array


class MarginalLikelihood:
    """log p(y | coefficients, scales): effects integrated out, block by block, around their mode."""

    def __init__(self, layout: CountLayout) -> None:
        self._layout = layout
        self._starts = np.flatnonzero(np.r_[True, np.diff(layout.event) > 0])
        n_events = len(self._starts)
        self._sold_out = layout.sold_out & (self._by_event(layout.y) > 0)
        self._constant = float(np.log(self._by_event(layout.y)[self._sold_out]).sum()) if layout.event_effect else 0.0
        links = [np.eye(n_events)] * (2 if layout.event_effect else 0)
        if layout.site is not None:
            at_site = np.eye(int(layout.site.max()) + 1)[layout.site]
            n_sites = at_site.shape[1]
            links = [
                np.hstack([links[0], np.zeros((n_events, n_sites))]),
                np.hstack([links[1], -at_site]),
                np.hstack([np.zeros((n_sites, n_events)), np.eye(n_sites)]),
            ]
        self._n_events = n_events
        self._links = np.vstack(links) if links else np.zeros((n_events, 0))
        self._n_effects = self._links.shape[1]
        self._last = np.zeros(self._n_effects)

    def _by_event(self, values: Array) -> Array:
        return np.asarray(np.add.reduceat(values, self._starts, axis=0))

    def _scales(self, params: Array) -> tuple[float, float, float]:
        given = dict(zip(self._layout.scale_names, params[self._layout.x.shape[1] :], strict=True))
        return (
            float(given.get("log_overdispersion", -np.inf)),
            float(given.get("log_event_sd", 0.0)),
            float(given.get("log_site_sd", 0.0)),
        )

    def _effect_rows(self, effects: Array, scales: tuple[float, float, float]) -> list[Rows]:
        """Rows of events and of sites."""
        if not self._n_effects:
            return []
        t = self._links[self._n_events :] @ effects
        rows = [effect_rows(t[: self._n_events], scales[1], self._sold_out)]
        if self._layout.site is not None:
            rest = t[self._n_events :]
            rows.append(effect_rows(rest, scales[2], np.zeros(len(rest), dtype=bool)))
        return rows

    def _mode(self, fixed: Array, scales: tuple[float, float, float]) -> Array:
        """Effects at which the log joint density is highest: Newton's method with halved steps; it is concave."""
        effects = self._last
        if not self._n_effects:
            return effects

        def joint(at: Array) -> tuple[float, Array, Array]:
            value, d1, d2 = negbin_value(self._layout.y, fixed + at[self._layout.event], scales[0])
            rows = self._effect_rows(at, scales)
            slope = np.concatenate([self._by_event(d1), *(row.d1 for row in rows)])
            curve = np.concatenate([self._by_event(d2), *(row.d2 for row in rows)])
            return float(value.sum() + sum(row.value.sum() for row in rows)), slope, curve

        value, slope, curve = joint(effects)
        for _ in range(_STEPS):
            gradient = self._links.T @ slope
            information = -(self._links.T * curve) @ self._links
            # far from the mode the curve may be flat: some is added, and no step goes farther than e ** 4
            information[np.diag_indices_from(information)] += _LEAST_CURVE
            step = linalg.solve(information, gradient, assume_a="pos")
            step *= min(1.0, _LONGEST_STEP / max(np.abs(step).max(), _LONGEST_STEP))
            if gradient @ step < _TOLERANCE:
                return np.asarray(effects + step)
            new, factor = joint(effects + step), 1.0
            while not new[0] >= value - 1e-10 * abs(value) and factor > 1e-6:
                factor /= 2
                new = joint(effects + factor * step)
            effects = effects + factor * step
            value, slope, curve = new
        return np.asarray(effects)

    def evaluate(self, params: Array) -> Evaluated:
        """Log likelihood, gradient and Hessian at `params`."""
        layout, n = self._layout, self._n_events
        p, scales = layout.x.shape[1], self._scales(params)
        fixed = layout.x @ params[:p] + layout.offset
        effects = self._mode(fixed, scales)
        self._last = effects
        level = effects[layout.event] if self._n_effects else 0.0
        counts = negbin_rows(layout.y, fixed + level, scales[0])
        groups = [counts, *self._effect_rows(effects, scales)]

        def by_link(name: str) -> Array:
            return np.concatenate([self._by_event(getattr(counts, name)), *(getattr(g, name) for g in groups[1:])])

        information = -(self._links.T * by_link("d2")) @ self._links
        factor = linalg.cho_factor(information) if self._n_effects else None
        cov = linalg.cho_solve(factor, np.eye(self._n_effects)) if factor else information
        log_det = 2 * float(np.log(np.diag(factor[0])).sum()) if factor else 0.0
        value = sum(float(g.value.sum()) for g in groups) - 0.5 * log_det + self._n_effects * HALF_LOG_2PI

        between = self._links @ cov @ self._links.T
        leverage = np.diag(between)
        carried = between @ (leverage * by_link("d3"))
        spans = self._spans(len(groups))
        owner = self._owners(p, len(groups))
        pull = np.zeros((len(leverage), len(params)))
        pull[:n, :p] = self._by_event(layout.x * counts.d2[:, None])
        for group, span, column in zip(groups, spans, owner, strict=True):
            if column is not None:
                pull[span, column] += self._by_event(group.d1a) if group is counts else group.d1a
        slope = cov @ (self._links.T @ pull)
        moves = self._links @ slope

        gradient = np.zeros(len(params))
        hessian = np.zeros((len(params), len(params)))
        change = np.zeros_like(pull)
        for group, span, column in zip(groups, spans, owner, strict=True):
            of_row = layout.event if group is counts else slice(None)
            moved = moves[span][of_row]
            if group is counts:
                moved[:, :p] += layout.x
                gradient[:p] += layout.x.T @ group.d1
            h, k = leverage[span][of_row], carried[span][of_row]
            changed = group.d3[:, None] * moved
            hessian += (moved * (group.d2 + 0.5 * h * group.d4 + 0.5 * k * group.d3)[:, None]).T @ moved
            if column is not None:
                gradient[column] += group.a.sum()
                changed[:, column] += group.d2a
                cross = (group.d1a + 0.5 * h * group.d3a + 0.5 * k * group.d2a) @ moved
                hessian[column] += cross
                hessian[:, column] += cross
                hessian[column, column] += (group.aa + 0.5 * h * group.d2aa + 0.5 * k * group.d1aa).sum()
            change[span] = self._by_event(changed) if group is counts else changed
        gradient += 0.5 * leverage @ change
        hessian += 0.5 * change.T @ (between**2) @ change
        return Evaluated(
            value=value + self._constant,
            gradient=gradient,
            hessian=hessian,
            effects=effects,
            effects_cov=cov,
            effects_slope=slope,
        )

    def _spans(self, n_groups: int) -> list[slice]:
        """Where the links of counts, of events and of sites stand."""
        edges = [0, self._n_events, 2 * self._n_events, len(self._links)]
        return [slice(low, high) for low, high in itertools.pairwise(edges)][:n_groups]

    def _owners(self, p: int, n_groups: int) -> list[int | None]:
        """Position of the scale parameter of counts, of events and of sites."""
        names = ("log_overdispersion", "log_event_sd", "log_site_sd")
        at = {name: p + position for position, name in enumerate(self._layout.scale_names)}
        return [at.get(name) for name in names][:n_groups]


# --- Negative-binomial mixed model with weak priors, fitted at the posterior mode, as a statsmodels model.


_ITERATIONS = 200
_GRADIENT = 1e-6
_STEP = 0.1


class NoModeError(OutreachError, RuntimeError):
    """The likelihood's slope does not vanish anywhere that the search came to: nothing was learned."""


class NegBinMixed(GenericLikelihoodModel):  # type: ignore[misc]  # statsmodels has no types
    """Counts by event and area: negative binomial with normal event and site effects on log mu."""

    def __init__(
        self,
        endog: npt.ArrayLike,
        exog: pd.DataFrame,
        *,
        event: npt.ArrayLike,
        site: npt.ArrayLike | None = None,
        sold_out: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        without: Sequence[Literal["overdispersion", "event_effect"]] = (),
        prior: Belief | None = None,
    ) -> None:
        codes = np.unique(np.asarray(event), return_inverse=True)[1]
        order = np.argsort(codes, kind="stable")
        first = order[np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])]
        n_rows = len(codes)
        sold = np.zeros(n_rows, dtype=bool) if sold_out is None else np.asarray(sold_out, dtype=bool)
        layout = CountLayout(
            y=np.asarray(endog, dtype=float)[order],
            offset=np.zeros(n_rows) if offset is None else np.asarray(offset, dtype=float)[order],
            x=exog.to_numpy(float)[order],
            event=codes[order],
            site=None if site is None else np.unique(np.asarray(site)[first], return_inverse=True)[1],
            sold_out=sold[first],
            overdispersed="overdispersion" not in without,
            event_effect="event_effect" not in without,
        )
        super().__init__(np.asarray(endog, dtype=float), exog, extra_params_names=list(layout.scale_names))
        self.layout = layout
        # its rows in the order of the layout's
        self.prior = prior and dataclasses.replace(prior, reference_offset=prior.reference_offset[order])
        self._likelihood = MarginalLikelihood(layout)
        self._evaluated: tuple[bytes, Evaluated, Density] | None = None

    def initialize(self) -> None:
        """Degrees of freedom by count: priors let collinear columns stand, so that rank is no guide."""
        self.df_model = float(self.exog.shape[1] - self.k_constant)
        self.df_resid = float(self.exog.shape[0] - self.exog.shape[1])

    def evaluate(self, params: npt.ArrayLike) -> Evaluated:
        """Marginal log likelihood WITHOUT the prior, its derivatives and the effects, at `params`."""
        return self._at(params)[0]

    def log_prior(self, params: npt.ArrayLike) -> Density:
        """Log prior density, up to a constant, with gradient and Hessian."""
        at = np.asarray(params, dtype=float)
        if self.prior is None:
            return 0.0, np.zeros(len(at)), np.zeros((len(at), len(at)))
        return self.prior.evaluate(at, self.layout.x, len(self.layout.sold_out))

    def loglike(self, params: npt.ArrayLike) -> float:
        """Marginal log likelihood plus log prior."""
        likelihood, prior = self._at(params)
        return likelihood.value + prior[0]

    def score(self, params: npt.ArrayLike) -> Array:
        """Gradient of `loglike`."""
        likelihood, prior = self._at(params)
        return likelihood.gradient + prior[1]

    def hessian(self, params: npt.ArrayLike) -> Array:
        """Second derivatives of `loglike`."""
        likelihood, prior = self._at(params)
        return likelihood.hessian + prior[2]

    def _at(self, params: npt.ArrayLike) -> tuple[Evaluated, Density]:
        at = np.asarray(params, dtype=float)
        if self._evaluated is None or self._evaluated[0] != at.tobytes():
            self._evaluated = (at.tobytes(), self._likelihood.evaluate(at), self.log_prior(at))
        return self._evaluated[1:]

    @property
    def start_params(self) -> Array:
        """The prior's mean, or zeros, with the constant at the level of the counts."""
        p = self.layout.x.shape[1]
        start = np.zeros(p + len(self.layout.scale_names)) if self.prior is None else self.prior.mean.copy()
        if self.k_constant:
            constant = int(np.flatnonzero(np.ptp(self.layout.x, axis=0) == 0)[0])
            fixed = self.layout.x @ start[:p] + self.layout.offset
            level = np.log(self.layout.y.sum() + 1) - np.log(np.exp(fixed - fixed.max()).sum()) - fixed.max()
            start[constant] += level / self.layout.x[0, constant]
        return start

    def fit(
        self, start_params: npt.ArrayLike | None = None, *, restricted: bool = False, **kwargs: Any
    ) -> NegBinMixedResults:
        """Find the posterior mode by a trust-region Newton method."""
        start = self.start_params if start_params is None else np.asarray(start_params, dtype=float)
        found = optimize.minimize(
            lambda b: -self.loglike(b),
            start,
            jac=lambda b: -self.score(b),
            hess=lambda b: -self.hessian(b),
            method="trust-exact",
            options={"gtol": _GRADIENT, "maxiter": _ITERATIONS},
        )
        slope = np.abs(self.score(found.x)).max()
        if not slope < 1e-3 * max(1.0, abs(found.fun)):
            raise NoModeError(f"the turnout model found no mode: gradient {slope:.2g} after {found.nit} steps")
        cov: Array = np.linalg.inv(-self.hessian(found.x)).astype(float)
        at = self.restrict(found.x, cov) if restricted else found.x
        mode = LikelihoodModelResults(self, at, cov, scale=1.0)
        mode.mle_retvals = {"iterations": int(found.nit), "converged": bool(found.success)}
        mode.cov_type = "nonrobust"
        return NegBinMixedResults(self, mode)

    def restrict(self, mode: Array, cov: Array) -> Array:
        """Move a mode to where the scale parameters are likeliest with the coefficients integrated out."""
        p = self.layout.x.shape[1]
        if p == len(mode):
            return mode
        ridge = cov[:, p:] @ np.linalg.inv(cov[p:, p:])
        slope = np.zeros(len(mode) - p)
        for at, direction in enumerate(ridge.T):
            above, below = (
                np.linalg.slogdet(-self.hessian(mode + step * direction)[:p, :p]) for step in (_STEP, -_STEP)
            )
            if above[0] > 0 and below[0] > 0:
                slope[at] = -(above[1] - below[1]) / (4 * _STEP)
        move = cov[:, p:] @ slope
        return np.asarray(mode + move / max(1.0, np.abs(move[p:] / np.sqrt(np.diag(cov)[p:])).max()))


class NegBinMixedResults(GenericLikelihoodModelResults):  # type: ignore[misc]
    """Posterior mode of a `NegBinMixed`, read like any statsmodels result."""

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return list(self.model.exog_names)

    def summary(
        self, yname: str | None = None, xname: list[str] | None = None, title: str | None = None, alpha: float = 0.05
    ) -> Summary:
        """Table of the parameters, in statsmodels' form; without a clock, so that it is reproducible."""
        summary = Summary()
        left = [
            ("Dep. Variable:", None),
            ("Model:", None),
            ("Method:", ["Posterior mode"]),
            ("No. Observations:", None),
        ]
        right = [
            ("No. Events:", [str(len(self.model.layout.sold_out))]),
            ("Sold out:", [str(int(self.model.layout.sold_out.sum()))]),
            ("Log-Likelihood:", [f"{self.model.evaluate(self.params).value:.4f}"]),
            ("Log-Posterior:", [f"{self.model.loglike(self.params):.4f}"]),
        ]
        title = title or f"{type(self.model).__name__} Results"
        summary.add_table_2cols(self, gleft=left, gright=right, yname=yname, xname=xname, title=title)
        summary.add_table_params(self, yname=yname, xname=xname, alpha=alpha, use_t=False)
        return summary
