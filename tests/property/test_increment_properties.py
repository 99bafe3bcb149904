"""Increment: the value of a set is a coverage function: monotone, submodular, equal to a sum by hand."""

import datetime as dt
import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.turnout import Forecast
from outreach_analysis.settings import Settings

PEOPLE = st.one_of(st.just(0.0), st.floats(0.01, 300))
SHARE = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))


@st.composite
def forecasts(draw) -> tuple[Forecast, NeedResult]:
    n_draws, n_areas, n_sites = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = n_draws * n_areas * n_sites
    draws = np.array(draw(st.lists(PEOPLE, min_size=size, max_size=size))).reshape(n_draws, n_areas, n_sites)
    areas = pd.Index([f"a{number}" for number in range(n_areas)], name="area_id")
    sites = pd.Index([f"s{number}" for number in range(n_sites)], name="site_id")

    def one_each(values: st.SearchStrategy, ids: pd.Index) -> list:
        return draw(st.lists(values, min_size=len(ids), max_size=len(ids)))

    by_site = pd.DataFrame({"median": 1.0, "mean": 1.0, "ci_low": 0.0, "ci_high": 2.0}, index=sites)
    forecast = Forecast(
        by_site=by_site.assign(capacity=one_each(st.sampled_from([20.0, 100.0, 1e9]), sites)),
        expected=pd.DataFrame(columns=["area_id", "site_id", "people"]),
        draws=draws,
        totals=pd.DataFrame(np.round(draws.sum(axis=1)), columns=sites),
        area_ids=areas,
        site_ids=sites,
        status="prior_only",
        n_events=0,
    )
    table = pd.DataFrame(
        {
            "in_jurisdiction": one_each(st.booleans(), areas),
            "need": one_each(PEOPLE, areas),
            "displacement": one_each(SHARE, areas),
        },
        index=areas,
    )
    need = NeedResult(
        by_area=table,
        benchmark=0.0,
        benchmark_low=0.0,
        benchmark_high=0.0,
        served_total=0.0,
        left_out=pd.Series(dtype=float),
        source="pop-ups only",
        window_start=dt.date(2025, 1, 1),
        as_of=dt.date(2026, 1, 1),
        settings=Settings(),
    )
    return forecast, need


def value_by_hand(forecast: Forecast, need: NeedResult, chosen: list[str]) -> float:
    """The definition, area by area and place by place, from the forecast itself."""
    net: dict[tuple[int, int], float] = {}
    for j, site in enumerate(forecast.site_ids):
        totals, capacity = forecast.totals[site].tolist(), forecast.by_site.loc[site, "capacity"]
        served = sum(min(total, capacity) for total in totals)
        factor = served / sum(totals) if sum(totals) else 1.0
        for i, area in enumerate(forecast.area_ids):
            people = math.fsum(forecast.draws[:, i, j]) / len(forecast.draws)
            net[i, j] = people * factor * (1 - need.by_area.loc[area, "displacement"])
    value = 0.0
    for i, area in enumerate(forecast.area_ids):
        if not need.by_area.loc[area, "in_jurisdiction"]:
            continue
        pool = max(need.by_area.loc[area, "need"], *(net[i, j] for j in range(len(forecast.site_ids))))
        left = math.prod(1 - net[i, forecast.site_ids.get_loc(site)] / pool for site in chosen) if pool else 1.0
        value += pool * (1 - left)
    return value


def close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-7)


def some(incremental: IncrementalAttendance) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(incremental.site_ids)), unique=True)


@given(forecasts(), st.data())
@settings(max_examples=30, deadline=None)
def test_the_value_of_a_set_is_the_sum_by_hand(world, data):
    incremental = incremental_attendance(*world)
    chosen = data.draw(some(incremental))
    assert close(incremental.value(chosen), value_by_hand(*world, chosen))
    # the increments are what each place adds to that value
    increments = incremental.increments(chosen)
    for site in incremental.site_ids.difference(chosen):
        assert close(increments[site], value_by_hand(*world, [*chosen, site]) - value_by_hand(*world, chosen))


@given(forecasts(), st.data())
@settings(max_examples=30, deadline=None)
def test_the_value_of_a_set_is_monotone_and_submodular(world, data):
    incremental = incremental_attendance(*world)
    small = data.draw(some(incremental))
    large = [*small, *(site for site in data.draw(some(incremental)) if site not in small)]
    added = data.draw(st.sampled_from(list(incremental.site_ids)))
    slack = 1e-7 * (1 + incremental.pool.sum())
    assert 0 <= incremental.value(small) <= incremental.value(large) + slack
    assert incremental.value(large) <= incremental.pool.sum() + slack
    gain_small = incremental.value([*small, added]) - incremental.value(small)
    gain_large = incremental.value([*large, added]) - incremental.value(large)
    assert gain_large <= gain_small + slack
    assert close(incremental.value(large), incremental.value(large[::-1]))


@given(forecasts())
@settings(max_examples=20, deadline=None)
def test_probabilities_and_draws_fit_each_other(world):
    incremental = incremental_attendance(*world)
    assert incremental.attendance["probability"].between(0, 1 + 1e-12).all()
    assert (incremental.pool >= incremental.need - 1e-12).all()
    assert incremental.capacity_factor.between(0, 1).all()
    # the expected increment is the mean of the increments of the draws
    means = incremental.increment_draws().mean()
    assert np.allclose(means, incremental.increments(), rtol=1e-9, atol=1e-9)
    single = [incremental.value([site]) for site in incremental.site_ids]
    assert np.allclose(single, incremental.increments(), rtol=1e-9, atol=1e-7)
