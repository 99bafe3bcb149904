"""What areas have of their own: against numerical integration, and found where it was planted."""

import numpy as np
import pytest
from scipy import stats

from outreach_analysis.models.terms import SPREADS, AreaEffects, learn_area_effects
from outreach_analysis.models.turnout import fit_turnout


def _planted(spread: float, *, n_areas: int = 100, n_events: int = 24, seed: int = 1):
    """Effects, counts and means of areas at events, alpha .3."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(0, spread, n_areas)
    area = np.tile(np.arange(n_areas), n_events)
    log_mean = rng.normal(0.5, 1.0, len(area))
    mean = np.exp(log_mean + effects[area]) * rng.gamma(1 / 0.3, 0.3, len(area))
    return effects, rng.poisson(mean).astype(float), log_mean, area


def test_one_area_is_as_numerical_integration_says():
    y, log_mean = np.array([9.0, 4.0, 12.0]), np.log([5.0, 3.0, 6.0])
    found = learn_area_effects(y, log_mean, np.zeros(3, dtype=int), n_areas=1, overdispersion=0.3)
    a = np.linspace(-5, 5, 4001)
    likelihood = np.prod(
        [stats.nbinom.pmf(n, 1 / 0.3, 1 / (1 + 0.3 * np.exp(m + a))) for n, m in zip(y, log_mean, strict=True)], axis=0
    )
    means, masses = [], []
    for spread in SPREADS[1:]:
        density = likelihood * stats.norm.pdf(a, 0, spread)
        means.append((a * density).sum() / density.sum())
        masses.append(density.sum() * (a[1] - a[0]))
    at_zero = np.prod(stats.nbinom.pmf(y, 1 / 0.3, 1 / (1 + 0.3 * np.exp(log_mean))))
    weights = np.exp(-SPREADS / 0.3) * np.r_[at_zero, masses]
    weights /= weights.sum()
    np.testing.assert_allclose(found.weights, weights, rtol=1e-3)
    assert found.mean[0] == pytest.approx(weights[1:] @ means, rel=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.6])
def test_the_spread_between_areas_is_found(spread):
    effects, *rows, area = _planted(spread)
    found = learn_area_effects(*rows, area, n_areas=100, overdispersion=0.3)
    assert found.summary().loc["area_sd", "estimate"] == pytest.approx(spread, abs=0.1)
    if spread:
        assert np.corrcoef(found.mean, effects)[0, 1] > 0.8


def test_intervals_of_areas_hold_their_effects():
    inside = []
    for seed in range(10):
        effects, *rows, area = _planted(0.6, n_events=8, seed=seed)
        found = learn_area_effects(*rows, area, n_areas=100, overdispersion=0.3)
        inside += list(np.abs(effects - found.mean) <= 1.645 * found.sd)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)


def test_areas_without_a_row_are_as_any_other():
    found = learn_area_effects(np.ones(4), np.zeros(4), np.zeros(4, dtype=int), n_areas=2, overdispersion=0.3)
    assert found.mean[1] == pytest.approx(0, abs=1e-12)
    drawn = AreaEffects.none(2).draw(5, np.array([0, 1]), np.random.default_rng(0))
    assert not drawn.any()


def test_an_area_that_sends_three_times_as_many_is_forecast_so(make_office):
    office = make_office(30, 12, event_sd=0.2, site_sd=0.1, overdispersion=0.2)
    largest = office.counts.groupby("area_id")["applicants"].sum().idxmax()
    more = office.counts["applicants"] * np.where(office.counts["area_id"] == largest, 3, 1)
    plain, tripled = (
        fit_turnout(**office.named | {"counts": office.counts.assign(applicants=people)}, rng=np.random.default_rng(0))
        for people in (office.counts["applicants"], more)
    )
    at = office.areas.index.get_loc(largest)
    assert tripled.fitted.areas.mean[at] > plain.fitted.areas.mean[at] + 0.3
