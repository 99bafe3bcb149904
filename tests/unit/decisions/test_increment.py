"""Increment: refusals, empty pools, capacity, and sets of places."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.turnout import Forecast
from outreach_analysis.settings import Settings

AREAS = pd.Index(["a", "b"], name="area_id")


def make_forecast(draws, totals=None, capacity: float = 1e9) -> Forecast:
    draws = np.asarray(draws, dtype=float)
    sites = pd.Index([f"S{number}" for number in range(draws.shape[2])], name="site_id")
    summary = {"median": 1.0, "mean": 1.0, "ci_low": 0.0, "ci_high": 2.0}
    by_site = pd.DataFrame({**summary, "capacity": capacity}, index=sites)
    totals = draws.sum(axis=1) if totals is None else np.asarray(totals, dtype=float)
    return Forecast(
        by_site=by_site,
        expected=pd.DataFrame(columns=["area_id", "site_id", "people"]),
        draws=draws,
        totals=pd.DataFrame(totals, columns=sites),
        area_ids=AREAS,
        site_ids=sites,
        status="prior_only",
        n_events=0,
    )


def make_need(need=(100.0, 50.0), displacement=(0.0, 0.0), inside=(True, True), ids=AREAS) -> NeedResult:
    table = pd.DataFrame({"in_jurisdiction": inside, "need": need, "displacement": displacement}, index=ids)
    return NeedResult(
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


ONE_PLACE = [[[10.0], [20.0]], [[30.0], [20.0]]]


def test_without_need_the_pool_is_who_would_come():
    found = incremental_attendance(make_forecast(ONE_PLACE), make_need(need=(0.0, 0.0)))
    assert found.pool.tolist() == [20, 20]
    assert found.value(["S0"]) == 40
    assert found.attendance["probability"].tolist() == [1, 1]


def test_full_displacement_or_no_expectation_leaves_nothing_to_win():
    displaced = incremental_attendance(make_forecast(ONE_PLACE), make_need(displacement=(1.0, 1.0)))
    assert displaced.value(["S0"]) == 0
    nobody = incremental_attendance(make_forecast(np.zeros((3, 2, 2))), make_need(need=(0.0, 0.0)))
    assert nobody.value(["S0", "S1"]) == 0
    assert nobody.attendance["probability"].tolist() == [0, 0, 0, 0]
    assert nobody.capacity_factor.tolist() == [1, 1]
    assert nobody.summary()[["estimate", "ci_low", "ci_high"]].eq(0).all(axis=None)


def test_capacity_lowers_everybody_alike():
    found = incremental_attendance(make_forecast(ONE_PLACE, totals=[[20], [60]], capacity=40), make_need())
    # (20 + 40) / (20 + 60)
    assert found.capacity_factor["S0"] == 0.75
    assert found.value(["S0"]) == pytest.approx(30)
    exact = incremental_attendance(make_forecast(ONE_PLACE, totals=[[40], [40]], capacity=40), make_need())
    assert exact.capacity_factor["S0"] == 1


def test_people_from_outside_the_jurisdiction_are_no_increment():
    found = incremental_attendance(make_forecast(ONE_PLACE), make_need(inside=(True, False)))
    assert found.area_ids.tolist() == ["a"]
    assert found.value(["S0"]) == pytest.approx(20)
    assert found.from_outside["S0"] == 20
    everyone = found.from_outside + found.increments()
    assert everyone["S0"] == pytest.approx(40)


def test_a_place_named_twice_counts_once():
    found = incremental_attendance(make_forecast(np.full((2, 2, 2), 10.0)), make_need())
    assert found.value(["S0", "S0"]) == found.value(["S0"])
    assert found.increments(["S1", "S1"]).equals(found.increments(["S1"]))


def test_unknown_places_are_refused_by_name():
    found = incremental_attendance(make_forecast(ONE_PLACE), make_need())
    with pytest.raises(KeyError, match="places without a forecast: X, Y"):
        found.value(["S0", "X", "Y"])
    with pytest.raises(KeyError, match="X"):
        found.increments(["X"])


def test_a_draw_beyond_the_pool_reaches_no_more_than_the_pool():
    # the mean of a at S0 is 20, the pool; a draw of 30 leaves nobody of a, never fewer than nobody
    draws = np.array([[[10.0, 5.0], [0.0, 0.0]], [[30.0, 5.0], [0.0, 0.0]]])
    found = incremental_attendance(make_forecast(draws), make_need(need=(0.0, 0.0)))
    assert found.increment_draws(["S0"])["S1"].tolist() == [2.5, 0]


def test_missing_need_and_impossible_displacement_are_refused_by_name():
    with pytest.raises(ValueError, match="no need is known for: b"):
        incremental_attendance(make_forecast(ONE_PLACE), make_need((1.0,), (0.0,), (True,), AREAS[:1]))
    for wrong in (1.1, -0.1, np.nan):
        with pytest.raises(ValueError, match=r"outside \[0, 1\] for: b"):
            incremental_attendance(
                make_forecast(ONE_PLACE), make_need(), displacement=pd.Series({"a": 0.5, "b": wrong})
            )
    with pytest.raises(ValueError, match=r"missing or outside \[0, 1\] for: a"):
        incremental_attendance(make_forecast(ONE_PLACE), make_need(), displacement=pd.Series({"b": 0.5}))


def test_interval_and_status_are_said():
    found = incremental_attendance(make_forecast(ONE_PLACE), make_need()).summary().loc["S0"]
    assert found["estimate"] == 40
    assert 30 <= found["ci_low"] < 40 < found["ci_high"] <= 50
    assert found["unit"] == "additional people (prior_only)"


def test_no_place_is_an_empty_answer():
    found = incremental_attendance(make_forecast(np.zeros((2, 2, 0))), make_need())
    assert found.value([]) == 0
    assert found.increments().empty
    assert found.pool.tolist() == [100, 50]
    assert found.summary().empty


def test_draws_of_displacement_are_taken_in_turn_and_widen_what_follows():
    draws = pd.DataFrame({"a": [0.0, 0.5], "b": [0.0, 0.5]})
    found = incremental_attendance(make_forecast(ONE_PLACE), make_need(), displacement=draws)
    assert found.draws[:, :, 0].tolist() == [[10, 20], [15, 10]]
    assert found.displacement.tolist() == [0.25, 0.25]
    assert found.value(["S0"]) == 27.5


def test_a_single_draw_is_the_same_as_a_known_displacement():
    known = pd.Series([0.2, 0.4], index=AREAS)
    series = incremental_attendance(make_forecast(ONE_PLACE), make_need(), displacement=known)
    frame = incremental_attendance(make_forecast(ONE_PLACE), make_need(), displacement=known.to_frame().T)
    assert (series.draws == frame.draws).all()


@pytest.mark.parametrize(
    "draws", [pd.DataFrame({"a": [0.1, 1.2], "b": 0.0}), pd.DataFrame({"a": [0.1]}), pd.DataFrame({"a": [], "b": []})]
)
def test_draws_outside_0_and_1_or_without_an_area_are_refused(draws):
    with pytest.raises(ValueError, match="displacement is missing or outside"):
        incremental_attendance(make_forecast(ONE_PLACE), make_need(), displacement=draws)
