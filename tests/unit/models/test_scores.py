"""Scores and baselines."""

import numpy as np
import pytest
from scipy import integrate, stats

from outreach_analysis.models.backtest import crps, past_totals, poisson_glm_means
from outreach_analysis.models.design import build_design, km_matrix
from outreach_analysis.models.terms import TurnoutPrior


def test_crps_of_a_normal_is_the_known_formula():
    draws = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None] * 3 + 1
    z = (2.5 - 1) / 3
    known = 3 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(draws, np.array([2.5]))[0] == pytest.approx(known, abs=1e-3)


def test_crps_is_the_integral_of_the_squared_distance_of_distributions():
    draws = np.array([1.0, 4.0, 4.0, 9.0])
    integral = integrate.quad(lambda x: ((draws <= x).mean() - (x >= 5)) ** 2, 0, 12, points=[1, 4, 5, 9])[0]
    assert crps(draws[:, None], np.array([5.0]))[0] == pytest.approx(integral, abs=1e-6)


def test_past_totals_are_scaled_to_all_people_and_poisson_finds_the_decay(make_office):
    office = make_office(30, 30, event_sd=0.0, site_sd=0.0, overdispersion=0.0, place_kind={}, typical_total=2000)
    events = office.events.assign(placed_share=0.5)
    design = build_design(office.counts, office.areas, events, office.sites, office.costs, prior=TurnoutPrior())
    totals = office.counts.groupby("event_id")["applicants"].sum()
    assert past_totals(design).to_dict() == pytest.approx((2 * totals).to_dict())
    km = km_matrix(office.costs, office.areas.index, office.sites.index)
    residents = office.areas["population"].to_numpy(float)
    means = poisson_glm_means(design, km, residents, prior=TurnoutPrior())
    truth = residents @ np.exp(-km / 35)
    np.testing.assert_allclose(means / means.mean(), truth / truth.mean(), rtol=0.05)


def test_nobody_ever_came_is_a_mean_of_nobody(make_office):
    office = make_office()
    counts = office.counts.assign(applicants=0)
    design = build_design(counts, office.areas, office.events, office.sites, office.costs, prior=TurnoutPrior())
    assert (poisson_glm_means(design, np.ones((12, 2)), np.ones(12), prior=TurnoutPrior()) == 0).all()
