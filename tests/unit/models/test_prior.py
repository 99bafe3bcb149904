"""The prior: what it refuses, and what it draws."""

import numpy as np
import pytest

from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.settings import Settings


@pytest.mark.parametrize(
    "totals",
    [
        {"total_low": 0.0},
        {"total_low": 60.0},
        {"total_high": 60.0},
        {"total_median": 10.0},
        {"total_median": float("nan")},
    ],
)
def test_totals_out_of_order_are_refused(totals):
    with pytest.raises(ValueError, match="0 < low < median < high"):
        TurnoutPrior(**totals)


@pytest.mark.parametrize("name", ["site_sd", "event_sd", "overdispersion", "slope_sd", "slope_km"])
def test_impossible_spreads_are_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        TurnoutPrior(**{name: -0.1})


def test_the_offices_totals_are_taken_over():
    settings = Settings(prior_total_median=30.0, prior_total_low=10.0, prior_total_high=50.0)
    prior = TurnoutPrior.from_settings(settings)
    assert (prior.total_low, prior.total_median, prior.total_high) == (10, 30, 50)


@pytest.mark.parametrize("prior", [TurnoutPrior(), TurnoutPrior(total_low=10, total_median=100, total_high=300)])
def test_expected_totals_have_the_priors_interval(prior):
    logs = prior.log_totals(np.random.default_rng(5).standard_normal(100_000))
    below = [(logs < np.log(end)).mean() for end in (prior.total_low, prior.total_median, prior.total_high)]
    assert below == pytest.approx([0.05, 0.5, 0.95], abs=0.004)


def test_a_lopsided_interval_has_two_spreads():
    below, above = TurnoutPrior(total_low=10, total_median=100, total_high=300).log_total_sds
    assert below == pytest.approx(np.log(10) / 1.645, rel=1e-3)
    assert above == pytest.approx(np.log(3) / 1.645, rel=1e-3)


def test_spreads_are_drawn_around_their_medians_and_no_farther_than_two_sds():
    prior = TurnoutPrior(site_sd=0.2, event_sd=0.4, overdispersion=0.5, event_log_sd=0.3)
    site, event, overdispersion = prior.spreads(50_000, np.random.default_rng(1))
    assert [np.median(drawn) for drawn in (site, event, overdispersion)] == pytest.approx([0.2, 0.4, 0.5], rel=0.02)
    assert np.log(event).std() == pytest.approx(0.3, rel=0.05)
    assert event.max() == pytest.approx(0.4 * np.exp(0.6))
    assert all(
        (drawn == 0).all()
        for drawn in TurnoutPrior(site_sd=0, event_sd=0, overdispersion=0).spreads(5, np.random.default_rng(1))
    )
