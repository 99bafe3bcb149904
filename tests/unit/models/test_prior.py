"""The prior: what it refuses, and how its interval divides."""

import numpy as np
import pytest

from outreach_analysis.models.prior import LARGEST_NOISE_SHARE, TurnoutPrior, spread_of
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


@pytest.mark.parametrize("concentration", [0.02, 0.2, 1.0])
@pytest.mark.parametrize(
    "prior",
    [
        TurnoutPrior(),
        TurnoutPrior(total_low=10, total_median=100, total_high=300),
        TurnoutPrior(total_low=40, total_median=60, total_high=90),
        TurnoutPrior(site_sd=0.0, event_sd=0.0, overdispersion=0.0),
    ],
)
def test_level_and_chance_together_have_the_priors_interval(prior, concentration):
    spread = spread_of(prior, concentration)
    # an independent way: draws of everything but counting, whose variance on the log scale is 1 / median
    rng = np.random.default_rng(5)
    n = 100_000
    chance = np.hypot(np.hypot(spread.site_sd, spread.event_sd), prior.total_median**-0.5)
    logs = spread.log_totals(rng.standard_normal(n)) + chance * rng.standard_normal(n)
    if spread.overdispersion:
        shape = 1 / (spread.overdispersion * concentration)
        logs += np.log(rng.gamma(shape, 1 / shape, n))
    below = [(logs < np.log(end)).mean() for end in (prior.total_low, prior.total_median, prior.total_high)]
    assert below == pytest.approx([0.05, 0.5, 0.95], abs=0.008)


def test_chance_is_cut_only_where_it_leaves_no_room_for_the_level():
    wide, narrow = spread_of(TurnoutPrior(), 0.05), spread_of(TurnoutPrior(total_low=40, total_high=90), 0.05)
    assert (wide.site_sd, wide.event_sd, wide.overdispersion) == (0.25, 0.31, 0.6)
    assert narrow.event_sd < 0.31
    # all of them by the same factor
    assert narrow.site_sd / 0.25 == pytest.approx(narrow.event_sd / 0.31)
    assert narrow.overdispersion / 0.6 == pytest.approx((narrow.event_sd / 0.31) ** 2)
    assert narrow.site_sd**2 + narrow.event_sd**2 <= LARGEST_NOISE_SHARE * (np.log(90 / 60) / 1.645) ** 2


def test_an_interval_narrower_than_counting_leaves_counting_alone():
    spread = spread_of(TurnoutPrior(total_low=59, total_median=60, total_high=61), 0.1)
    assert (spread.site_sd, spread.event_sd, spread.overdispersion) == (0, 0, 0)
    assert spread.sd_below == pytest.approx(0, abs=0.01)
    assert np.exp(spread.log_median) == pytest.approx(60, rel=0.02)


def test_a_lopsided_interval_has_two_spreads():
    spread = spread_of(TurnoutPrior(total_low=10, total_median=100, total_high=300), 0.1)
    assert spread.sd_below > 1.5 * spread.sd_above
    draws = spread.log_totals(np.array([-1.0, 0.0, 1.0])) - spread.log_median
    assert draws.tolist() == pytest.approx([-spread.sd_below, 0, spread.sd_above])
