"""Increment, value of a set, leader and tie group worked by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.decisions.ranking import rank_sites
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.turnout import Forecast
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
AREAS = pd.Index(["a", "b", "out"], name="area_id")
SITES = pd.Index(["P", "Q"], name="site_id")


@pytest.fixture
def forecast() -> Forecast:
    # Two draws of expected people: rows are areas a, b and 'out' (outside the jurisdiction), columns P and Q.
    draws = np.array([[[30.0, 10.0], [10.0, 50.0], [4.0, 0.0]], [[50.0, 10.0], [10.0, 70.0], [4.0, 0.0]]])
    totals = pd.DataFrame({"P": [40.0, 80.0], "Q": [20.0, 60.0]})
    by_site = pd.DataFrame({"median": 1.0, "mean": 1.0, "ci_low": 1.0, "ci_high": 1.0, "capacity": [60.0, 60.0]}, SITES)
    return Forecast(
        by_site=by_site,
        expected=pd.DataFrame(columns=["area_id", "site_id", "people"]),
        draws=draws,
        totals=totals,
        area_ids=AREAS,
        site_ids=SITES,
        status="prior_only",
        n_events=0,
    )


@pytest.fixture
def need() -> NeedResult:
    table = pd.DataFrame(
        {"in_jurisdiction": [True, True, False], "need": [100.0, 15.0, 900.0], "displacement": [0.5, 0.0, 0.9]}, AREAS
    )
    return NeedResult(
        by_area=table,
        benchmark=0.01,
        benchmark_low=0.01,
        benchmark_high=0.01,
        served_total=0.0,
        left_out=pd.Series(dtype=float),
        source="pop-ups only",
        window_start=dt.date(2025, 11, 22),
        as_of=dt.date(2026, 11, 22),
        settings=SETTINGS,
    )


def test_net_people_pool_and_probability(forecast, need):
    found = incremental_attendance(forecast, need)
    # Capacity 60: P serves (40 + 60) / (40 + 80) = 5/6 of its total, Q all of its own.
    assert found.capacity_factor.to_dict() == pytest.approx({"P": 5 / 6, "Q": 1.0})
    # Expected a at P (30 + 50) / 2 = 40, x 5/6, half would have come anyway: 16 2/3; a at Q 10 x .5 = 5;
    # b at P 10 x 5/6 = 8 1/3; b at Q 60. Pools: a max(100, 16 2/3) = 100; b max(15, 60) = 60. 'out' has none.
    assert found.pool.to_dict() == pytest.approx({"a": 100, "b": 60})
    probability = found.attendance.set_index(["area_id", "site_id"])["probability"]
    assert probability.to_dict() == pytest.approx(
        {("a", "P"): 1 / 6, ("b", "P"): 5 / 36, ("a", "Q"): 0.05, ("b", "Q"): 1.0}
    )
    # from outside, capacity applied, shown apart: 4 x 5/6 at P
    assert found.from_outside.to_dict() == pytest.approx({"P": 10 / 3, "Q": 0})


def test_one_place_is_worth_its_net_people_and_a_set_less_than_the_sum(forecast, need):
    found = incremental_attendance(forecast, need)
    assert found.value([]) == 0
    assert found.value(["P"]) == pytest.approx(25)  # 16 2/3 + 8 1/3
    assert found.value(["Q"]) == pytest.approx(65)  # 5 + 60
    # both: a 100 x (1 - 5/6 x .95) = 20 5/6, b 60 x (1 - 31/36 x 0) = 60
    assert found.value(["P", "Q"]) == pytest.approx(80 + 5 / 6)
    # what P adds once Q is announced: 16 2/3 x .95 = 15 5/6, and nobody of b, who all come to Q
    assert found.increments(["Q"])["P"] == pytest.approx(15 + 5 / 6)
    assert found.increments().to_dict() == pytest.approx({"P": 25, "Q": 65})
    # the same in each draw: P 30 x 5/12 + 10 x 5/6 = 20 5/6, then 29 1/6
    assert found.increment_draws()["P"].tolist() == pytest.approx([20 + 5 / 6, 29 + 1 / 6])


def test_own_displacement_replaces_that_of_the_need(forecast, need):
    found = incremental_attendance(forecast, need, displacement=pd.Series({"b": 1.0, "a": 0.0}))
    # a 40 x 5/6 at P; nobody of b is won
    assert found.increments().to_dict() == pytest.approx({"P": 100 / 3, "Q": 10})


def ten_draws() -> IncrementalAttendance:
    """Four places of one area each, ten draws: L leads; T beats it once, N never, S is scheduled."""
    increments = np.full((10, 4), [20.0, 15.0, 18.0, 30.0])
    increments[3, 1] = 25.0  # T is ahead in one draw of ten; its mean is 16
    ids, areas = pd.Index(["L", "T", "N", "S"], name="site_id"), pd.Index(["l", "t", "n", "s"], name="area_id")
    draws = np.zeros((10, 4, 4))
    draws[:, np.arange(4), np.arange(4)] = increments
    return IncrementalAttendance(
        pool=pd.Series([100.0, 100.0, 100.0, 100.0], areas),
        attendance=pd.DataFrame(columns=["area_id", "site_id", "probability"]),
        draws=draws,
        need=pd.Series([10.0, 90.0, 80.0, 70.0], areas),
        displacement=pd.Series(0.0, areas),
        capacity_factor=pd.Series(1.0, ids),
        from_outside=pd.Series(0.0, ids),
        people=pd.DataFrame({"median": 20.0, "mean": 20.0, "ci_low": 5.0, "ci_high": 60.0}, ids),
        area_ids=areas,
        site_ids=ids,
        status="prior_only",
    )


def test_leader_tie_group_and_recommended_place():
    incremental = ten_draws()
    places = pd.DataFrame(
        {
            "name": incremental.site_ids,
            "kind": "pesantren",
            "area_id": incremental.area_ids,
            "lon": 117.0,
            "lat": 0.0,
            "opened": pd.NaT,
            "closed": pd.NaT,
        },
        index=incremental.site_ids,
    )
    areas = pd.DataFrame({"name": list("ltns"), "parent_id": "K", "population": 1000, "in_jurisdiction": True})
    areas.index = incremental.area_ids
    rows = [(area, site, 1.0 if area == site.lower() else 99.0) for area in areas.index for site in places.index]
    events = pd.DataFrame({"site_id": ["S"], "date": pd.to_datetime(["2026-12-06"]), "status": ["planned"]}, ["E"])
    days = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-12-05", "2026-12-06", "2026-12-13"]),
            "kind": ["weekend", "weekend", "weekend"],
            "reason": ["Sabtu", "Minggu", "Minggu"],
            "estimated": False,
            "blackout": False,
        }
    )
    found = rank_sites(
        incremental,
        places,
        areas,
        events=events,
        costs=pd.DataFrame(rows, columns=["area_id", "site_id", "km"]),
        service_days=days,
        scheduled=["S"],
        settings=SETTINGS,
    )
    # S is announced already. L adds 20, N 18, T 15 or once 25: 16 in the mean.
    assert found.by_site.index.tolist() == ["L", "N", "T"]
    assert found.by_site["increment"].tolist() == pytest.approx([20, 18, 16])
    # T beats the leader in exactly 10 % of the draws, which is enough to be on a par; N, though second, never does
    assert found.by_site["p_beats_leader"].to_dict() == pytest.approx({"L": 0, "N": 0, "T": 0.1})
    assert found.by_site["tied"].to_dict() == {"L": True, "N": False, "T": True}
    # ranks: L first but once; 5 % and 95 % of ten draws are their extremes
    assert found.by_site["rank_low"].to_dict() == {"L": 1, "N": 2, "T": 1}
    assert found.by_site["rank_high"].to_dict() == {"L": 2, "N": 3, "T": 3}
    # of L and T, T has more unmet need around it
    assert (found.leader, found.recommended, found.decided_by) == ("L", "T", "need")
    assert found.excluded["reason"].to_dict() == {"S": "already_scheduled"}
    # the team is at S on the 6th; the 5th is 13 days ahead, one too few
    assert found.by_site["next_day"].tolist() == [pd.Timestamp("2026-12-13")] * 3
