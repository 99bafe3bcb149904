"""Log densities that the turnout model is a sum of, each with the derivatives that a Laplace approximation needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

Array: TypeAlias = npt.NDArray[np.float64]
HALF_LOG_2PI = 0.9189385332046727


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Values of f(m, a) row by row, and derivatives by the linear predictor m and the log-scale parameter a.

    `d1` to `d4` are derivatives by m; a trailing `a` or `aa` adds one or two derivatives by a.
    """

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
    """Log probability of negative-binomial counts, up to terms free of m, with its first two derivatives by m.

    Mean exp(m), variance mean + alpha * mean squared; alpha = 0 (log_alpha = -inf) is the Poisson.

    Examples
    --------
    >>> value, slope, _ = negbin_value(np.array([3.0]), np.array([np.log(3.0)]), -np.inf)
    >>> bool(abs(slope[0]) < 1e-9)
    True
    """
    if np.isneginf(log_alpha):
        mean = np.exp(m)
        return y * m - mean, y - mean, -mean
    size = np.exp(-log_alpha)
    c = m + log_alpha
    p = special.expit(c)
    total = y + size
    return y * m - total * np.logaddexp(0.0, c), y - total * p, -total * p * (1 - p)


def negbin_rows(y: Array, m: Array, log_alpha: float) -> Rows:
    """The same with the full log probability and every derivative of `Rows`; a is log alpha.

    With c = m + a, r = exp(-a) and s the softplus function the log probability is
    y c - (y + r) s(c) + log Gamma(y + r) - log Gamma(r) - log y!.
    """
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
    """Log density of effects t ~ Normal(0, sd); where `at_least`, log P(effect >= t) instead.

    Both are h(t / sd), with h the log density or the log upper tail of the standard normal; a is log sd.
    """
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
