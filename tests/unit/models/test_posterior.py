"""Draws around the mode."""

import numpy as np
import pytest

from outreach_analysis.models.forecast import Posterior
from outreach_analysis.models.turnout import fit_turnout


def test_split_normal_has_the_lengths_of_its_sides_and_an_end():
    posterior = Posterior(
        centre=np.array([1.0, -0.5]),
        ridge=np.array([[0.3], [1.0]]),
        axes=np.array([[0.4]]),
        sides=np.array([[0.5, 1.25]]),
        root=np.array([[0.2]]),
    )
    away = posterior.deviations(100_000, np.random.default_rng(0))
    spread = away[:, 1]
    assert spread.min() == pytest.approx(-2 * 0.4 * 0.5)
    assert spread.max() == pytest.approx(2 * 0.4 * 1.25)
    assert (spread > 0).mean() == pytest.approx(1.25 / 1.75, abs=0.01)
    assert np.median(spread[spread > 0]) == pytest.approx(0.6745 * 0.4 * 1.25, rel=0.02)
    # the coefficient follows the spread, with its own normal on top
    assert np.polyfit(spread, away[:, 0], 1)[0] == pytest.approx(0.3, abs=0.01)
    assert (away[:, 0] - 0.3 * spread).std() == pytest.approx(0.2, rel=0.02)


def test_draws_agree_with_the_covariance_where_events_are_many(make_office):
    fitted = fit_turnout(**make_office(60, 30).named, rng=np.random.default_rng(0)).fitted
    away = fitted.posterior.parts[-1].deviations(40_000, np.random.default_rng(1))
    np.testing.assert_allclose(away[:, :3].std(axis=0), fitted.results.bse[:3], rtol=0.1)
    np.testing.assert_array_less(0.7 * fitted.results.bse, away.std(axis=0))
    np.testing.assert_array_less(away.std(axis=0), 1.3 * fitted.results.bse)


def test_no_spread_runs_away_where_events_are_few(make_office):
    office = make_office(7, n_sites=3).first(6)
    turnout = fit_turnout(**office.named, rng=np.random.default_rng(0))
    draws = turnout.forecast(
        sites=office.sites, costs=office.costs, n_draws=5000, rng=np.random.default_rng(1)
    ).draws.sum(axis=1)
    # the mean is that of the bulk, not of a few draws out of all proportion
    assert (draws.mean(axis=0) < 3 * np.median(draws, axis=0)).all()
