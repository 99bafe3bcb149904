"""The turnout model against quadrature, enumeration, statsmodels and spint."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special, stats

from outreach_analysis.models.glmm import CountLayout, MarginalLikelihood, NegBinMixed

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
LOG_WEIGHTS = np.log(WEIGHTS) + 0.5 * NODES**2


def _random_layout(
    seed: int, *, sold_out: bool = False, site: np.ndarray | None = None
) -> tuple[CountLayout, np.ndarray]:
    """Counts of a few events with totals of about 5 to 150, and the parameters they were drawn from."""
    rng = np.random.default_rng(seed)
    n_events, n_areas = (6, int(rng.integers(4, 60))) if site is None else (len(site), 12)
    event = np.repeat(np.arange(n_events), n_areas)
    km = rng.uniform(0, 3, event.size)
    x = np.column_stack([np.ones(event.size), km])
    slope, alpha, sd = rng.uniform(-3, -0.4), rng.uniform(0.2, 1.0), rng.uniform(0.2, 0.8)
    level = np.log(rng.uniform(5, 150)) - np.log(np.exp(slope * km).sum() / n_events)
    params = np.r_[level, slope, np.log(alpha), np.log(sd), [] if site is None else [np.log(0.3)]]
    mean = np.exp(x @ params[:2] + sd * rng.standard_normal(n_events)[event])
    sold = rng.random(n_events) < 0.5 if sold_out else np.zeros(n_events, dtype=bool)
    layout = CountLayout(
        y=rng.poisson(mean * rng.gamma(1 / alpha, alpha, event.size)).astype(float),
        offset=np.zeros(event.size),
        x=x,
        event=event,
        site=site,
        sold_out=sold,
    )
    return layout, params


def _log_counts(layout: CountLayout, params: np.ndarray, event: int, level: np.ndarray) -> np.ndarray:
    """Log probability of one event's counts at each level of its effect."""
    rows = layout.event == event
    mean = np.exp((layout.x[rows] @ params[:2])[:, None] + level)
    size = np.exp(-params[2])
    return stats.nbinom.logpmf(layout.y[rows][:, None], size, size / (size + mean)).sum(axis=0)


def _quadrature(log_density, centre: float, sd: float) -> float:
    """Log of the integral of exp(log_density), by Gauss-Hermite nodes around its mode."""
    return float(special.logsumexp(log_density(centre + sd * NODES) + LOG_WEIGHTS) + np.log(sd))


def _event_integral(layout, params, event: int, found, *, site: float = 0.0) -> float:
    """Log probability of one event, its effect integrated out around the mode that was found."""
    centre, sd, sd_event = found.effects[event], np.sqrt(found.effects_cov[event, event]), np.exp(params[3])
    people = layout.y[layout.event == event].sum()
    sold_out = layout.sold_out[event] and people > 0
    effect = stats.norm.logsf if sold_out else stats.norm.logpdf
    value = _quadrature(lambda w: _log_counts(layout, params, event, w) + effect(w - site, scale=sd_event), centre, sd)
    return value + np.log(people) if sold_out else value


@pytest.mark.parametrize("sold_out", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_likelihood_is_that_of_adaptive_quadrature(seed, sold_out):
    layout, params = _random_layout(seed, sold_out=sold_out)
    found = MarginalLikelihood(layout).evaluate(params)
    exact = sum(_event_integral(layout, params, event, found) for event in range(6))
    assert abs(found.value - exact) / 6 < 0.02


@pytest.mark.parametrize("seed", range(5))
def test_likelihood_with_sites_is_that_of_nested_quadrature(seed):
    site = np.array([0, 0, 0, 1, 1, 2])
    layout, params = _random_layout(seed, sold_out=True, site=site)
    found = MarginalLikelihood(layout).evaluate(params)
    sds = np.sqrt(np.diag(found.effects_cov))
    exact = 0.0
    for s in range(3):
        members = np.flatnonzero(site == s)

        def log_density(effects, members=members):
            inner = [sum(_event_integral(layout, params, event, found, site=u) for event in members) for u in effects]
            return np.array(inner) + stats.norm.logpdf(effects, scale=np.exp(params[4]))

        exact += _quadrature(log_density, found.effects[6 + s], sds[6 + s])
    assert abs(found.value - exact) / 6 < 0.02


def test_sold_out_events_are_a_random_part_of_those_who_would_have_come():
    """By enumeration: everyone who would have come, and every way to turn the rest away."""
    served, mean, alpha, sd = np.array([2, 1]), np.array([1.5, 0.8]), 0.7, 0.6
    levels, weights = np.polynomial.hermite_e.hermegauss(40)
    enumerated = 0.0
    for level, weight in zip(levels, weights / weights.sum(), strict=True):
        mu, size = mean * np.exp(sd * level), 1 / alpha
        wanted = [stats.nbinom.pmf(np.arange(200), size, size / (size + m)) for m in mu]
        a, b = np.meshgrid(np.arange(200), np.arange(200), indexing="ij")
        chosen = special.comb(a, served[0]) * special.comb(b, served[1]) / np.maximum(special.comb(a + b, 3), 1)
        enumerated += weight * (np.outer(*wanted) * chosen * (a + b >= 3)).sum()
    layout = CountLayout(
        y=served.astype(float),
        offset=np.log(mean),
        x=np.zeros((2, 2)),
        event=np.zeros(2, dtype=int),
        site=None,
        sold_out=np.array([True]),
    )
    params = np.array([0.0, 0.0, np.log(alpha), np.log(sd)])

    def log_density(w):
        mu = mean[:, None] * np.exp(w)
        counts = stats.nbinom.logpmf(served[:, None], 1 / alpha, 1 / (1 + alpha * mu)).sum(axis=0)
        return np.log(3) + counts + stats.norm.logsf(w, scale=sd)

    found = MarginalLikelihood(layout).evaluate(params)
    exact = _quadrature(log_density, found.effects[0], 1.5 * np.sqrt(found.effects_cov[0, 0]))
    assert np.log(enumerated) == pytest.approx(exact, abs=1e-3)
    assert found.value == pytest.approx(exact, abs=0.05)


def test_poisson_special_case_is_spints_gravity_model():
    spint = pytest.importorskip("spint")
    from spint.tests.test_gravity import TestGravity as AustrianFlows

    flows = AustrianFlows()
    flows.setUp()
    x = pd.DataFrame({"const": 1.0, "origin": np.log(flows.o_var), "destination": np.log(flows.d_var), "km": flows.dij})
    model = NegBinMixed(flows.f, x, event=np.zeros(len(x)), without=("overdispersion", "event_effect"))
    expected = spint.Gravity(flows.f, flows.o_var, flows.d_var, flows.dij, "exp").params
    np.testing.assert_allclose(model.fit().params, expected, atol=5e-5)


def test_negative_binomial_alone_is_statsmodels():
    layout, _ = _random_layout(3)
    x = pd.DataFrame(layout.x, columns=["const", "km"])
    ours = NegBinMixed(layout.y, x, event=layout.event, without=("event_effect",)).fit()
    theirs = sm.NegativeBinomial(layout.y, layout.x).fit(disp=0, method="bfgs", maxiter=500, gtol=1e-8)
    np.testing.assert_allclose(ours.params, np.r_[theirs.params[:2], np.log(theirs.params[2])], rtol=1e-4)
    assert ours.model.loglike(ours.params) == pytest.approx(theirs.llf, abs=1e-6)
    np.testing.assert_allclose(ours.bse[:2], theirs.bse[:2], rtol=1e-3)


def test_poisson_alone_is_statsmodels():
    layout, _ = _random_layout(8)
    x = pd.DataFrame(layout.x, columns=["const", "km"])
    ours = NegBinMixed(layout.y, x, event=layout.event, without=("overdispersion", "event_effect")).fit()
    theirs = sm.GLM(layout.y, layout.x, family=sm.families.Poisson()).fit()
    np.testing.assert_allclose(ours.params, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(ours.bse, theirs.bse, rtol=1e-6)
