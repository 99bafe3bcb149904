"""Likelihood of counts with event and site effects integrated out by Laplace's approximation, to second derivatives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from outreach_analysis.models.rows import HALF_LOG_2PI, Array, Rows, effect_rows, negbin_rows, negbin_value

_STEPS = 200
_LEAST_CURVE, _LONGEST_STEP = 1e-9, 4.0
_TOLERANCE = 1e-12  # of the Newton decrement: the last step squares what is left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountLayout:
    """Counts of N rows in E events, and which effects they share.

    Attributes
    ----------
    y, offset
        (N,) counts and known parts of log mu; rows of one event stand together.
    x
        (N, p) covariates.
    event
        (N,) event of each row, 0 to E - 1, each at least once, in ascending order.
    site
        (E,) site of each event, 0 to S - 1; None: no site effect.
    sold_out
        (E,) bool: the event's people are a random part of those who would have come.
    overdispersed, event_effect
        False leaves alpha, or the event effect, out of the model.
    """

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
    """Log likelihood at given parameters with its derivatives, and the effects given those parameters.

    `effects` are the event levels, then the site effects: their mode, `effects_cov` their covariance and
    `effects_slope` the derivative of the mode by each parameter.
    """

    value: float
    gradient: Array
    hessian: Array
    effects: Array
    effects_cov: Array
    effects_slope: Array


class MarginalLikelihood:
    """log p(y | coefficients, scales): effects integrated out, block by block, around their mode.

    The log joint density is a sum of rows f(m, a), m linear in coefficients and effects: one row a count
    (m = log mu), one an event (its level less its site's effect), one a site. Then, with M the effects'
    part of m, J = -M' diag(f_mm) M and S its inverse, the likelihood is

        sum f - log|J| / 2 + (number of effects) / 2 * log(2 pi)

    and, because every row enters alike, its gradient and Hessian need only derivatives of f up to the
    fourth, the leverages M S M' and the effects' own derivative S M' f_m., by implicit differentiation.

    A sold-out event's level w is that of the people who were SERVED, whose true level was at least w. Where
    those turned away are a random part of those who came, counts at level w are negative binomial with the
    same alpha (thinning), so that integrating them over w against P(level >= w) gives the probability of
    'at least so many came' times that of their origins, exactly; for a Poisson, P(T >= C) x multinomial.

    Parameters are ordered as the columns of x, then `CountLayout.scale_names`.

    References
    ----------
    Skaug and Fournier (2006), Automatic approximation of the marginal likelihood in non-Gaussian
    hierarchical models, Computational Statistics & Data Analysis 51.
    """

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
