"""Travel costs, with values worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.contracts import RequestError
from outreach_analysis.geography.areas import great_circle_km
from outreach_analysis.geography.travel import COST_COLUMNS, decaying, effective_costs, travel_costs
from outreach_analysis.measures.coverage import coverage
from outreach_analysis.settings import Settings

DEGREE_KM = 6371.0088 * math.pi / 180


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lon": [117.0, 117.0, 118.0],
            "lat": [0.0, 1.0, 0.0],
            "area_km2": [math.pi * 100, math.pi * 400, math.pi * 100],
            "access": ["road", "river", "road"],
        },
        index=pd.Index(["64.01.01", "64.01.02", "64.01.03"], name="area_id"),
    )


@pytest.fixture
def sites() -> pd.DataFrame:
    return pd.DataFrame(
        {"lon": [117.0, 117.0], "lat": [0.0, 1.0], "area_id": ["64.01.01", "64.01.02.2001"]},
        index=pd.Index(["mall", "desa"], name="site_id"),
    )


def pair(costs: pd.DataFrame, area_id: str, site_id: str) -> pd.Series:
    return costs.set_index(["area_id", "site_id"]).loc[(area_id, site_id)]


def test_estimate_by_hand(areas, sites):
    costs = travel_costs(areas=areas, sites=sites)
    # one degree of latitude by road: 111.195 km x 1.4 = 155.67 km at 40 km/h
    by_road = pair(costs, "64.01.01", "desa")
    assert by_road["km"] == pytest.approx(1.4 * DEGREE_KM)
    assert by_road["minutes"] == pytest.approx(1.4 * DEGREE_KM / 40 * 60)
    # the same way from the river: x 1.8 at 20 km/h
    by_river = pair(costs, "64.01.02", "mall")
    assert by_river["km"] == pytest.approx(1.8 * DEGREE_KM)
    assert by_river["minutes"] == pytest.approx(1.8 * DEGREE_KM / 20 * 60)
    assert set(costs["source"]) == {"estimate"}


def test_columns_and_order(areas, sites):
    costs = travel_costs(areas=areas, sites=sites)
    assert tuple(costs.columns) == COST_COLUMNS
    assert costs["area_id"].tolist() == [area for area in areas.index for _ in range(2)]
    assert costs["site_id"].tolist() == ["mall", "desa"] * 3
    assert costs.index.tolist() == list(range(6))


def test_own_area_is_not_at_zero(areas, sites):
    costs = travel_costs(areas=areas, sites=sites)
    # circles of 10 and 20 km radius: half of it; the second site stands in a desa of the second area
    assert pair(costs, "64.01.01", "mall")["km"] == pytest.approx(5)
    assert pair(costs, "64.01.01", "mall")["minutes"] == pytest.approx(7.5)
    assert pair(costs, "64.01.02", "desa")["km"] == pytest.approx(10)
    assert pair(costs, "64.01.02", "desa")["minutes"] == pytest.approx(30)


def test_own_area_keeps_a_longer_estimate(areas, sites):
    far = sites.assign(area_id=["64.01.02", "64.01.01"])
    assert pair(travel_costs(areas=areas, sites=far), "64.01.01", "desa")["km"] == pytest.approx(1.4 * DEGREE_KM)


def test_parents_place_a_site_where_codes_do_not(areas, sites):
    coded = areas.set_axis(["A", "B", "a1"]).assign(parent_id=["", "", "A"])
    costs = travel_costs(areas=coded, sites=sites.assign(area_id=["a1", "B"]))
    assert pair(costs, "A", "mall")["km"] == pytest.approx(5)


def test_without_area_or_size_the_point_is_all_there_is(areas, sites):
    assert travel_costs(areas=areas, sites=sites.drop(columns="area_id"))["km"].min() == 0
    assert travel_costs(areas=areas.drop(columns="area_km2"), sites=sites)["km"].min() == 0
    unknown = travel_costs(areas=areas, sites=sites.assign(area_id=np.nan))
    assert pair(unknown, "64.01.01", "mall")["km"] == 0


def test_matrix_wins_pair_by_pair(areas, sites):
    matrix = pd.DataFrame(
        {
            "area_id": ["64.01.01", "64.01.02", "64.01.03", "64.01.03", "elsewhere"],
            "site_id": ["desa", "mall", "mall", "desa", "mall"],
            "minutes": [200.0, 90.0, np.nan, np.nan, 1.0],
            "km": [180.0, np.nan, 60.0, np.nan, 1.0],
        }
    )
    estimate, costs = travel_costs(areas=areas, sites=sites), travel_costs(areas=areas, sites=sites, matrix=matrix)
    assert pair(costs, "64.01.01", "desa").tolist() == [180, 200, "matrix"]
    # minutes only: km stay estimated
    assert pair(costs, "64.01.02", "mall").tolist() == [pytest.approx(1.8 * DEGREE_KM), 90, "matrix"]
    # km only: minutes at the area's speed
    assert pair(costs, "64.01.03", "mall").tolist() == [60, 90, "matrix"]
    # a blank row says nothing
    pd.testing.assert_series_equal(pair(costs, "64.01.03", "desa"), pair(estimate, "64.01.03", "desa"))
    assert costs["source"].value_counts().to_dict() == {"matrix": 3, "estimate": 3}


def test_matrix_may_say_zero(areas, sites):
    matrix = pd.DataFrame({"area_id": ["64.01.01"], "site_id": ["mall"], "minutes": [0.0], "km": [0.0]})
    assert pair(travel_costs(areas=areas, sites=sites, matrix=matrix), "64.01.01", "mall").tolist() == [0, 0, "matrix"]


def test_access_table_wins_over_the_class(areas, sites):
    access = pd.DataFrame(
        {
            "area_id": ["64.01.01", "64.01.02", "99"],
            "access": ["ferry", "air", "road"],
            "extra_minutes": [30.0, np.nan, 5],
        }
    )
    matrix = pd.DataFrame({"area_id": ["64.01.01"], "site_id": ["mall"], "minutes": [10.0], "km": [4.0]})
    costs = travel_costs(areas=areas, sites=sites, access=access, matrix=matrix)
    ferry = pair(costs, "64.01.01", "desa")
    assert (ferry["km"], ferry["minutes"]) == pytest.approx((1.2 * DEGREE_KM, 1.2 * DEGREE_KM / 20 * 60 + 30))
    flight = pair(costs, "64.01.02", "mall")
    assert (flight["km"], flight["minutes"]) == pytest.approx((DEGREE_KM, DEGREE_KM / 200 * 60))
    # the waiting is not added to what was measured
    assert pair(costs, "64.01.01", "mall")["minutes"] == 10


def test_settings_change_the_estimate(areas, sites):
    costs = travel_costs(areas=areas, sites=sites, settings=Settings(road_detour=2.0, road_kmh=50.0))
    assert pair(costs, "64.01.01", "desa")["minutes"] == pytest.approx(2 * DEGREE_KM / 50 * 60)


def test_missing_points_are_named(areas, sites):
    with pytest.raises(ValueError, match="1 sites without coordinates: desa; give lon and lat"):
        travel_costs(areas=areas, sites=sites.assign(lat=[0.0, np.nan]))
    with pytest.raises(ValueError, match=r"2 areas without coordinates: 64\.01\.01, 64\.01\.03"):
        travel_costs(areas=areas.assign(lon=[np.nan, 117.0, np.nan]), sites=sites)


def test_missing_point_with_a_whole_matrix_is_fine(areas, sites):
    matrix = pd.DataFrame(
        {"area_id": areas.index, "site_id": "desa", "minutes": [1.0, 2.0, 3.0], "km": [4.0, 5.0, 6.0]}
    )
    costs = travel_costs(areas=areas, sites=sites.assign(lon=[117.0, np.nan]), matrix=matrix)
    assert costs.loc[costs["site_id"] == "desa", "km"].tolist() == [4, 5, 6]


def test_minutes_alone_do_not_make_up_for_a_missing_point(areas, sites):
    matrix = pd.DataFrame({"area_id": areas.index, "site_id": "desa", "minutes": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match="1 sites without coordinates: desa"):
        travel_costs(areas=areas, sites=sites.assign(lon=[117.0, np.nan]), matrix=matrix)


def test_refusals(areas, sites):
    twice = pd.DataFrame({"area_id": ["A", "A"], "site_id": ["s", "s"], "minutes": [1, 2], "km": [1, 2]})
    with pytest.raises(ValueError, match="area_id, site_id occurs twice: A, s"):
        travel_costs(areas=areas, sites=sites, matrix=twice)
    with pytest.raises(ValueError, match="sites are listed twice: mall"):
        travel_costs(areas=areas, sites=pd.concat([sites, sites.iloc[:1]]))
    with pytest.raises(ValueError, match="area_id occurs twice: A"):
        travel_costs(areas=areas, sites=sites, access=pd.DataFrame({"area_id": ["A", "A"], "access": "road"}))
    with pytest.raises(ValueError, match="unknown access: rail; write one of: road, river, ferry, air"):
        travel_costs(areas=areas.assign(access="rail"), sites=sites)
    with pytest.raises(ValueError, match="minutes below 0 for A to s"):
        travel_costs(areas=areas, sites=sites, matrix=twice.iloc[:1].assign(minutes=-1.0))


def test_no_sites(areas, sites):
    costs = travel_costs(areas=areas, sites=sites.iloc[:0])
    assert len(costs) == 0
    assert tuple(costs.columns) == COST_COLUMNS


def test_great_circle_of_known_cities():
    samarinda = pd.DataFrame({"lon": [117.14583], "lat": [-0.49167]})
    balikpapan = pd.DataFrame({"lon": [116.82887], "lat": [-1.26753]})
    # 0.77586 degrees north-south and 0.31696 x cos(0.88) east-west: sqrt(86.27^2 + 35.24^2)
    assert great_circle_km(samarinda, balikpapan)[0, 0] == pytest.approx(93.19, abs=0.02)
    antipode = pd.DataFrame({"lon": [117.14583 - 180], "lat": [0.49167]})
    assert great_circle_km(samarinda, antipode)[0, 0] == pytest.approx(math.pi * 6371.0088)


def test_effective_distances_are_no_km_and_measures_of_ways_refuse_them():
    costs = pd.DataFrame({"area_id": ["a"], "site_id": ["s"], "km": [12.0], "minutes": [60.0]})
    by_km, by_minutes = (
        effective_costs(costs, settings=Settings(travel_measure=measure, road_kmh=40)) for measure in ("km", "minutes")
    )
    assert by_km.frame["effective_km"].tolist() == [12.0]
    assert by_minutes.frame["effective_km"].tolist() == [40.0]
    assert not {"km", "minutes"} & set(by_minutes.frame.columns)
    assert decaying(by_minutes)["km"].tolist() == [40.0]
    areas = pd.DataFrame({"population": [10], "level": "kecamatan"}, index=pd.Index(["a"], name="area_id"))
    with pytest.raises(RequestError, match=r"pass study\.costs"):
        coverage(areas=areas, costs=by_minutes, service_points=pd.Series({"s": "fixed"}), threshold_km=5)
