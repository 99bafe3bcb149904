"""Totals of a day: as if everybody of every area were drawn on their own."""

from __future__ import annotations

import numpy as np
import pytest

from outreach_analysis.models.displacement import DepletionDraws, PastEvents
from outreach_analysis.models.forecast import Simulated

N = 40_000


def simulated(by_area: list[float], *, overdispersion: float, factor: np.ndarray | None = None) -> Simulated:
    """One place, the same expectation in every draw."""
    mean = np.tile(np.asarray(by_area, dtype=float), (N, 1))
    none = PastEvents.none(len(by_area))
    return Simulated(
        mean=mean[:, :, None],
        event_factor=np.ones((N, 1)) if factor is None else factor[:, None],
        overdispersion=np.full(N, overdispersion),
        slope=np.full(N, -1.0),
        bend=np.zeros(N),
        terms=np.zeros((N, 0)),
        most=np.array([1e6]),
        depletion=DepletionDraws(share=np.full(N, 0.1), recovery=np.full(N, 120.0), base=mean, past=none),
    )


@pytest.mark.parametrize("by_area", [[25.0] * 4, [60.0, 30.0, 9.0, 1.0], [40.0]], ids=str)
@pytest.mark.parametrize("overdispersion", [0.0, 0.3, 0.8])
def test_totals_spread_as_the_sum_of_areas_drawn_one_by_one(by_area, overdispersion):
    totals = simulated(by_area, overdispersion=overdispersion).totals(np.random.default_rng(1))[:, 0]
    rng = np.random.default_rng(2)
    means = np.tile(by_area, (N, 1))
    if overdispersion:
        means = means * rng.gamma(1 / overdispersion, overdispersion, means.shape)
    one_by_one = rng.poisson(means).sum(axis=1)
    assert totals.mean() == pytest.approx(one_by_one.mean(), rel=0.015)
    assert totals.std() == pytest.approx(one_by_one.std(), rel=0.03)
    ends = [0.05, 0.95]
    # one gamma stands for several: mean and spread are theirs, the ends nearly
    assert np.quantile(totals, ends) == pytest.approx(np.quantile(one_by_one, ends), rel=0.15)


def test_a_good_day_is_good_for_all_areas_together():
    factor = np.random.default_rng(3).gamma(4, 0.25, N)
    totals = simulated([25.0] * 4, overdispersion=0.0, factor=factor).totals(np.random.default_rng(1))[:, 0]
    # mean 100; variance 100 of the count and 100^2 x 0.25 of the day
    assert totals.mean() == pytest.approx(100, rel=0.015)
    assert totals.var() == pytest.approx(100 + 100**2 * 0.25, rel=0.04)
