"""Coverage: which points count on a day, pairs that cannot be travelled, and refusals."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.coverage import (
    coverage,
    coverage_at_thresholds,
    incremental_coverage,
    service_points_on,
)
from outreach_analysis.settings import Settings


def make_areas(**columns) -> pd.DataFrame:
    base = {"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True}
    return pd.DataFrame(base | columns, index=pd.Index(["a", "b"], name="area_id"))


COSTS = pd.DataFrame(
    {"area_id": list("abab"), "site_id": ["O", "O", "C", "C"], "km": [1.0, 50.0, 50.0, 2.0], "minutes": [2.0] * 4}
)


# ---------- coverage


def test_no_service_point_covers_nobody():
    found = coverage(areas=make_areas(), costs=COSTS, threshold_km=30, service_points=[])
    assert found.share == 0
    assert found.by_area["covered_by"].tolist() == ["none", "none"]
    assert found.by_area["distance"].isna().all()
    assert found.summary()["people"].to_dict() == {"covered": 0, "fixed": 0, "popup": 0, "none": 400}


def test_a_pair_that_cannot_be_travelled_covers_nobody():
    absent = COSTS[COSTS["area_id"] == "b"]
    unknown = COSTS.assign(km=[np.nan, 50.0, 50.0, 2.0])
    for costs in (absent, unknown):
        found = coverage(areas=make_areas(), costs=costs, threshold_km=100, service_points=["O"])
        assert found.by_area["covered"].tolist() == [False, True]


def test_where_nobody_lives_the_summary_says_so():
    for areas in (make_areas(population=0), make_areas(in_jurisdiction=False)):
        found = coverage(areas=areas, costs=COSTS, threshold_km=30, service_points=["O"])
        assert np.isnan(found.share)
        assert set(found.summary()["unit"]) == {"no residents in the jurisdiction"}
        added = incremental_coverage(areas=areas, costs=COSTS, threshold_km=30, service_points=["O"], candidates=["C"])
        assert added.loc["C", "new_residents"] == 0


def test_areas_outside_the_jurisdiction_are_measured_but_not_summed():
    areas = make_areas(in_jurisdiction=[True, False])
    found = coverage(areas=areas, costs=COSTS, threshold_km=30, service_points=["C"])
    assert found.by_area["covered"].tolist() == [False, True]
    assert found.share == 0


def test_a_threshold_of_nought_reaches_those_at_the_door():
    at_the_door = COSTS.assign(km=[0.0, 50.0, 50.0, 2.0])
    assert coverage(areas=make_areas(), costs=at_the_door, threshold_km=0, service_points=["O"]).share == 0.75


def test_one_area():
    assert coverage(areas=make_areas().iloc[:1], costs=COSTS, threshold_km=30, service_points=["O"]).share == 1


def test_a_point_named_twice_counts_once_and_as_fixed():
    twice = coverage(areas=make_areas(), costs=COSTS, threshold_km=30, service_points=["O", "O"])
    assert twice.share == 0.75
    assert twice.service_points.to_dict() == {"O": "fixed"}
    both = pd.Series(["popup", "fixed", "popup"], index=["O", "O", "C"])
    found = coverage(areas=make_areas(), costs=COSTS, threshold_km=30, service_points=both)
    assert found.by_area["covered_by"].tolist() == ["fixed", "popup"]


def test_a_pair_that_stands_twice_counts_once():
    doubled = pd.concat([COSTS, COSTS])
    added = incremental_coverage(
        areas=make_areas(), costs=doubled, threshold_km=30, service_points=["O"], candidates=["C"]
    )
    assert added.loc["C"].tolist() == [100, 0, 0.25]


def test_equally_near_points_are_told_by_their_id():
    same = COSTS.assign(km=10.0)
    found = coverage(areas=make_areas(), costs=same.iloc[::-1], threshold_km=30, service_points=["O", "C"])
    assert found.by_area["nearest_site"].tolist() == ["C", "C"]


@pytest.mark.parametrize(
    "thresholds",
    [{}, {"threshold_km": 1, "threshold_minutes": 1}, {"threshold_km": -1}, {"threshold_minutes": float("nan")}],
)
def test_not_exactly_one_sound_threshold_is_refused(thresholds):
    with pytest.raises(ValueError, match="threshold"):
        coverage(areas=make_areas(), costs=COSTS, service_points=["O"], **thresholds)


@pytest.mark.parametrize("unit", ["km", "minutes"])
@pytest.mark.parametrize("kind", [list, np.array, pd.Series, iter])
def test_several_thresholds_may_be_any_row_of_numbers_and_come_nearest_first(unit, kind):
    asked = {f"thresholds_{unit}": kind([60, 1, 60])}
    found = coverage_at_thresholds(areas=make_areas(), costs=COSTS, service_points=["O"], **asked)
    assert {at: result.share for at, result in found.items()} == {1: 0.75 if unit == "km" else 0, 60: 1}
    assert list(found) == [1, 60]


@pytest.mark.parametrize("thresholds", [{}, {"thresholds_km": [1], "thresholds_minutes": [1]}])
def test_several_thresholds_are_of_one_unit(thresholds):
    with pytest.raises(ValueError, match="exactly one"):
        coverage_at_thresholds(areas=make_areas(), costs=COSTS, service_points=["O"], **thresholds)


def test_points_without_costs_or_of_unknown_kind_are_refused_by_name():
    with pytest.raises(ValueError, match="no travel costs to: X, Y"):
        coverage(areas=make_areas(), costs=COSTS, threshold_km=1, service_points=["O", "X", "Y"])
    with pytest.raises(ValueError, match="no travel costs to: Z"):
        incremental_coverage(areas=make_areas(), costs=COSTS, threshold_km=1, service_points=["O"], candidates=["Z"])
    with pytest.raises(ValueError, match="fixed or popup, not: Fixed"):
        coverage(areas=make_areas(), costs=COSTS, threshold_km=1, service_points=pd.Series({"O": "Fixed"}))


def test_no_candidates_give_an_empty_table():
    found = incremental_coverage(areas=make_areas(), costs=COSTS, threshold_km=30, service_points=["O"], candidates=[])
    assert found.empty
    assert found.columns.tolist() == ["new_residents", "new_residents_outside", "share_gained"]


def test_a_candidate_that_reaches_nobody_new_adds_nought():
    found = incremental_coverage(
        areas=make_areas(), costs=COSTS, threshold_km=300, service_points=["O"], candidates=["C", "O"]
    )
    assert found["new_residents"].tolist() == [0, 0]
    assert found["share_gained"].tolist() == [0, 0]


def test_html_names_the_areas():
    assert "covered_by" in coverage(areas=make_areas(), costs=COSTS, threshold_km=1, service_points=["O"])._repr_html_()


# ---------- which points count on a day


def points(as_of: str, sites: pd.DataFrame, events: pd.DataFrame, **settings) -> dict[str, str]:
    found = service_points_on(
        sites=sites, events=events, as_of=dt.date.fromisoformat(as_of), settings=Settings(**settings)
    )
    return found.to_dict()


def make_sites(kind: str, opened: str | None = None, closed: str | None = None) -> pd.DataFrame:
    dates = {"opened": pd.to_datetime([opened]), "closed": pd.to_datetime([closed])}
    return pd.DataFrame({"kind": [kind], **dates}, index=pd.Index(["S"], name="site_id"))


def make_events(*dates: str, status: str = "held") -> pd.DataFrame:
    return pd.DataFrame({"site_id": "S", "date": pd.to_datetime(list(dates)), "status": status})


@pytest.mark.parametrize("kind", ["office", "mpp", "ukk", "other_office"])
def test_fixed_points_count_from_their_opening_until_the_day_before_they_close(kind):
    sites = make_sites(kind, "2026-01-10", "2026-03-01")
    assert points("2026-01-09", sites, make_events()) == {}
    assert points("2026-01-10", sites, make_events()) == {"S": "fixed"}
    assert points("2026-02-28", sites, make_events()) == {"S": "fixed"}
    assert points("2026-03-01", sites, make_events()) == {}


def test_a_candidate_place_is_no_service_point():
    assert points("2026-01-10", make_sites("mall"), make_events()) == {}
    assert points("2026-01-10", make_sites("mall"), make_events("2026-01-05", status="planned")) == {}
    assert points("2026-01-10", make_sites("mall"), make_events("2026-01-05", status="cancelled")) == {}


def test_popups_count_for_the_window_and_no_longer():
    sites = make_sites("mall")
    assert points("2026-11-22", sites, make_events("2026-11-22")) == {"S": "popup"}
    assert points("2026-11-22", sites, make_events("2026-11-23")) == {}
    assert points("2026-11-22", sites, make_events("2025-11-23")) == {"S": "popup"}
    assert points("2026-11-22", sites, make_events("2025-11-22")) == {}
    assert points("2026-11-22", sites, make_events("2025-11-22", "2026-05-01")) == {"S": "popup"}
    assert points("2026-11-22", sites, make_events("2026-05-01"), window_months=6) == {}


def test_a_popup_at_a_fixed_point_is_fixed_and_at_a_closed_one_a_popup():
    assert points("2026-11-22", make_sites("mpp"), make_events("2026-11-01")) == {"S": "fixed"}
    shut = make_sites("mpp", closed="2026-06-01")
    assert points("2026-11-22", shut, make_events("2026-05-01")) == {"S": "popup"}
