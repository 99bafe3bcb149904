"""Two-step floating catchments, with values worked by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.coverage import accessibility, e2sfca_zones, service_capacity
from outreach_analysis.settings import Settings


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["A", "B", "C"], "population": [100, 300, 50], "in_jurisdiction": [True, True, False]},
        index=pd.Index(["a", "b", "c"], name="area_id"),
    )


@pytest.fixture
def costs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_id": ["a", "b", "b", "c", "c", "a"],
            "site_id": ["S", "S", "T", "T", "S", "T"],
            "km": [10.0, 30.0, 20.0, 30.0, np.inf, np.nan],
            "minutes": [5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
        }
    )


def test_by_hand_with_a_place_exactly_at_the_threshold(areas, costs):
    result = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 20, "T": 70}), threshold_km=30)
    # b is exactly 30 km from S, c exactly 30 km from T: both are covered
    assert result.by_site["residents"].to_dict() == {"S": 400, "T": 350}
    assert result.by_area["accessibility"].tolist() == pytest.approx([0.05, 0.05 + 0.2, 0.2])
    nearer = accessibility(
        areas=areas, costs=costs, capacity=pd.Series({"S": 20, "T": 70}), threshold_km=np.nextafter(30, 0)
    )
    assert nearer.by_site["residents"].to_dict() == {"S": 100, "T": 300}


def test_zones_weigh_in_both_steps_and_hold_at_their_edges(areas, costs):
    zones = e2sfca_zones(30)
    result = accessibility(
        areas=areas, costs=costs, capacity=pd.Series({"S": 20, "T": 70}), threshold_km=30, weights=zones
    )
    # a exactly 10 km from S: weight 1; b exactly 30: .22, and exactly 20 from T: .68
    at_s, at_t = 20 / (100 + 300 * 0.22), 70 / (300 * 0.68 + 50 * 0.22)
    assert result.by_area["accessibility"].tolist() == pytest.approx([at_s, 0.22 * at_s + 0.68 * at_t, 0.22 * at_t])


def test_a_function_may_weigh(areas, costs):
    zones = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 20}), threshold_km=30, weights={30: 0.5})
    function = accessibility(
        areas=areas, costs=costs, capacity=pd.Series({"S": 20}), threshold_km=30, weights=lambda km: 0 * km + 0.5
    )
    pd.testing.assert_frame_equal(zones.by_area, function.by_area)


def test_places_are_handed_out_once(areas, costs):
    capacity = pd.Series({"S": 20, "T": 70})
    for weights in (None, e2sfca_zones(30)):
        by_area = accessibility(areas=areas, costs=costs, capacity=capacity, threshold_km=30, weights=weights).by_area
        assert (by_area["accessibility"] * by_area["residents"]).sum() == pytest.approx(90)


def test_minutes_and_ways_that_do_not_exist(areas, costs):
    by_time = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 45}), threshold_minutes=5)
    assert by_time.by_site.loc["S", "residents"] == 450
    assert by_time.unit == "minutes"
    by_km = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 45}), threshold_km=1e9)
    assert by_km.by_area.loc["c", "accessibility"] == 0


def test_a_point_where_nobody_lives_serves_nobody(areas, costs):
    result = accessibility(
        areas=areas.assign(population=[0, 0, 50]), costs=costs, capacity=pd.Series({"S": 20}), threshold_km=30
    )
    assert np.isnan(result.by_site.loc["S", "ratio"])
    assert result.by_area["accessibility"].tolist() == [0, 0, 0]


def test_summary_is_over_the_jurisdiction(areas, costs):
    summary = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 20, "T": 70}), threshold_km=20).summary()
    # T serves b alone: 70 places for 300; S serves a alone: 20 for 100
    # a quarter of the residents has 2/9 of the places: 1 - (1/4 * 2/9 + 3/4 * (2/9 + 1)) = 1/36
    assert summary["estimate"].to_dict() == pytest.approx({"mean": 2250, "without": 0, "gini": 1 / 36})
    nobody = accessibility(
        areas=areas.assign(in_jurisdiction=False), costs=costs, capacity=pd.Series({"S": 1}), threshold_km=20
    )
    assert nobody.summary()["estimate"].isna().all()


def test_refusals(areas, costs):
    capacity = pd.Series({"S": 20.0})
    with pytest.raises(ValueError, match="exactly one of threshold_km and threshold_minutes"):
        accessibility(areas=areas, costs=costs, capacity=capacity)
    with pytest.raises(ValueError, match="threshold_km -1 is not"):
        accessibility(areas=areas, costs=costs, capacity=capacity, threshold_km=-1)
    with pytest.raises(ValueError, match="no travel costs to: X"):
        accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 1, "X": 1}), threshold_km=30)
    with pytest.raises(ValueError, match="capacity below 0: S"):
        accessibility(areas=areas, costs=costs, capacity=-capacity, threshold_km=30)
    with pytest.raises(ValueError, match="sites twice in capacity: S"):
        accessibility(areas=areas, costs=costs, capacity=pd.concat([capacity, capacity]), threshold_km=30)
    with pytest.raises(ValueError, match="stands twice in the costs"):
        accessibility(areas=areas, costs=pd.concat([costs, costs]), capacity=capacity, threshold_km=30)
    with pytest.raises(ValueError, match="weights are not one number of 0 or more"):
        accessibility(areas=areas, costs=costs, capacity=capacity, threshold_km=30, weights={30: -1})
    with pytest.raises(ValueError, match="residents are missing, infinite or below 0"):
        accessibility(areas=areas.assign(population=-1), costs=costs, capacity=capacity, threshold_km=30)


def test_capacity_of_offices_popups_and_mobile_units():
    sites = pd.DataFrame(
        {
            "kind": ["office", "mpp", "mall", "desa", "mall"],
            "capacity": [100.0, 30.0, np.nan, 40.0, 50.0],
            "opened": pd.to_datetime([None, "2026-11-16", None, None, None]),
            "closed": pd.NaT,
        },
        index=pd.Index(["OFFICE", "MPP", "MALL", "UNIT", "NEVER"], name="site_id"),
    )
    events = pd.DataFrame(
        {
            "site_id": ["MALL", "MALL", "UNIT", "UNIT", "UNIT", "MALL"],
            "date": pd.to_datetime(
                ["2026-05-02", "2025-11-22", "2026-06-01", "2026-06-02", "2026-12-01", "2026-07-04"]
            ),
            "status": ["held", "held", "held", "held", "planned", "cancelled"],
            "capacity": [np.nan, 90.0, np.nan, 25.0, 40.0, 90.0],
        }
    )
    settings = Settings(popup_capacity=120.0)
    places = service_capacity(sites=sites, events=events, as_of=dt.date(2026, 11, 22), settings=settings)
    assert places.index.tolist() == ["OFFICE", "MPP", "MALL", "UNIT"]
    # open Monday 16 to Friday 20 November; the mall's event of 22 November 2025 lies just outside the window
    assert places["MPP"] == 5 * 30
    assert places["MALL"] == 120
    assert places["UNIT"] == 40 + 25
    workdays = places["OFFICE"] / 100
    assert 230 <= workdays <= 250
    assert workdays == int(workdays)
