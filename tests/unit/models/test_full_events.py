"""Totals that were cut off without anybody saying so."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.terms import full_events
from outreach_analysis.models.turnout import fit_turnout


def _found(people: list[int], *, capacity: float = np.nan, sold_out: list[int] = ()):
    totals = pd.Series(people, index=[f"E{number}" for number in range(len(people))])
    marked = pd.Series([number in sold_out for number in range(len(people))], index=totals.index)
    return full_events(totals, pd.Series(capacity, index=totals.index), marked)


def test_three_at_the_upper_end_are_a_quota_two_are_chance():
    assert _found([60, 12, 60, 33, 60, 45]).quota == 60
    assert list(_found([60, 12, 60, 33, 60, 45]).piled_up) == ["E0", "E2", "E4"]
    assert np.isnan(_found([60, 12, 60, 33, 59, 45]).quota)


def test_equal_totals_in_the_middle_are_chance():
    assert np.isnan(_found([40, 40, 40, 55, 70, 90, 31]).quota)


def test_one_in_ten_may_have_had_more():
    assert _found([60, 60, 60, 80, *range(20, 38)]).quota == 60
    assert np.isnan(_found([60, 60, 60, 80, *range(20, 24)]).quota)


def test_totals_of_a_few_people_are_no_quota():
    assert np.isnan(_found([5, 5, 5, 5, 2]).quota)


def test_marked_events_need_no_finding():
    assert np.isnan(_found([60, 12, 60, 33, 60, 45], sold_out=[0]).quota)


def test_a_written_capacity_that_is_reached_is_full():
    found = _found([60, 12, 61], capacity=60)
    assert list(found.event_ids) == ["E0", "E2"]
    assert np.isnan(found.quota)


@pytest.fixture
def quota_of_40(make_office):
    """Demand as it was, and what an office that serves 40 a day has written down of it."""
    whole = make_office(30, 12, typical_total=70, event_sd=0.3)
    rng = np.random.default_rng(3)
    wide = whole.counts.pivot(index="event_id", columns="area_id", values="applicants").fillna(0).astype(int)
    cut = [rng.multivariate_hypergeometric(row, min(row.sum(), 40)) for row in wide.to_numpy()]
    counts = pd.DataFrame(cut, index=wide.index, columns=wide.columns).reset_index()
    counts = counts.melt(id_vars="event_id", value_name="applicants")
    return whole, dataclasses.replace(whole, counts=counts)


def test_a_quota_nobody_wrote_down_no_longer_hides_demand(quota_of_40):
    whole, cut = quota_of_40

    def forecast(office):
        turnout = fit_turnout(**office.named, rng=np.random.default_rng(0))
        found = turnout.forecast(sites=office.sites, costs=office.costs, n_draws=1000, rng=np.random.default_rng(1))
        return found.draws.sum(axis=1).mean(), found.by_site

    true, with_quota = forecast(whole)[0], forecast(cut)
    assert np.log(with_quota[0] / true) == pytest.approx(0, abs=0.25)
    assert (with_quota[1]["capacity"] == 40).all()
    assert (forecast(whole)[1]["capacity"] == 120).all()
