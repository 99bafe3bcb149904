"""What must hold of cells, travel and days whatever the input."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.geography.areas import great_circle_km
from outreach_analysis.geography.boundaries import indicative_cells
from outreach_analysis.geography.service_days import day_kind, free_days, service_days
from outreach_analysis.geography.travel import travel_costs

# A coarse grid makes equal and collinear points common.
LON = st.one_of(st.integers(0, 8).map(lambda step: 116 + step / 4), st.floats(116, 118))
LAT = st.one_of(st.integers(0, 8).map(lambda step: -1 + step / 4), st.floats(-1, 1))
KM2 = st.one_of(st.none(), st.floats(0.5, 5000))
ACCESS = st.sampled_from(["road", "river", "ferry", "air"])
PLANE = "+proj=laea +lon_0=117 +lat_0=0 +datum=WGS84 +units=m"
LAND = shapely.box(116.4, -0.8, 117.5, 0.6)


@st.composite
def area_tables(draw, max_size: int = 12) -> pd.DataFrame:
    rows = draw(st.lists(st.tuples(LON, LAT, KM2, ACCESS), min_size=1, max_size=max_size))
    table = pd.DataFrame(rows, columns=["lon", "lat", "area_km2", "access"])
    ids = pd.Index([f"64.01.{number:02}" for number in range(len(rows))], name="area_id")
    return table.set_index(ids).astype({"area_km2": float})


@given(area_tables(), st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=tries(40, 12), deadline=None)
def test_cells_are_valid_disjoint_whole_and_blind_to_order(areas, cut, random):
    outline = LAND if cut else None
    cells = indicative_cells(areas, outline=outline)
    assert cells.index.equals(areas.index)
    assert cells.geometry.is_valid.all()
    assert not cells.geometry.is_empty.any()
    flat = cells.geometry.to_crs(PLANE)
    points = pd.Series(shapely.points(areas["lon"], areas["lat"]), index=areas.index)
    near = cells.set_geometry(points.to_numpy(), crs=4326).geometry.to_crs(PLANE)
    whole = flat.union_all()
    assert flat.area.sum() - whole.area <= 1e-4 * flat.area.sum()
    if cut:
        land = gpd.GeoSeries([LAND], crs=4326).to_crs(PLANE).iloc[0]
        between = land.intersection(shapely.MultiPoint(shapely.get_coordinates(near.array)).convex_hull)
        assert between.difference(whole).area <= 1e-4 * land.area
    # Areas at one place are pushed apart by 50 m a time.
    assert (flat.distance(near) <= 100 * len(areas)).all()
    order = list(areas.index)
    random.shuffle(order)
    again = indicative_cells(areas.loc[order], outline=outline).loc[areas.index].geometry.to_crs(PLANE)
    assert (flat.symmetric_difference(again).area <= 1e-6 * flat.area.sum()).all()


@given(area_tables(), area_tables(max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=tries(60, 20), deadline=None)
def test_travel_is_blind_to_the_order_of_rows(areas, sites, random):
    sites = sites.set_axis([f"s{number}" for number in range(len(sites))]).assign(area_id=areas.index[0])
    costs = travel_costs(areas=areas, sites=sites)
    assert len(costs) == len(areas) * len(sites)
    area_order, site_order = list(areas.index), list(sites.index)
    random.shuffle(area_order)
    random.shuffle(site_order)
    again = travel_costs(areas=areas.loc[area_order], sites=sites.loc[site_order])
    key = ["area_id", "site_id"]
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True), costs.sort_values(key, ignore_index=True), rtol=1e-12
    )


@given(area_tables())
@settings(max_examples=tries(60, 20), deadline=None)
def test_distance_is_symmetric_and_straight_lines_are_shortest(areas):
    straight = great_circle_km(areas, areas)
    assert np.allclose(straight, straight.T, atol=1e-9)
    km = (
        travel_costs(areas=areas, sites=areas.drop(columns="access").rename_axis("site_id"))["km"]
        .to_numpy()
        .reshape(straight.shape)
    )
    assert (km >= straight - 1e-9).all()
    # the detour makes the triangle inequality looser, never tighter
    assert (straight <= straight[:, [0]] + straight[[0], :] + 1e-9).all()


@given(area_tables(), st.data())
@settings(max_examples=tries(60, 20), deadline=None)
def test_matrix_beats_the_estimate_and_nothing_else_moves(areas, data):
    sites = pd.DataFrame({"lon": [117.0, 116.5], "lat": [0.0, 0.5]}, index=["s0", "s1"])
    estimate = travel_costs(areas=areas, sites=sites)
    chosen = data.draw(st.lists(st.sampled_from(list(estimate.index)), unique=True))
    number = st.floats(0, 1000)
    given_numbers = [(data.draw(number), data.draw(number)) for _ in chosen]
    matrix = estimate.loc[chosen, ["area_id", "site_id"]].assign(
        km=[km for km, _ in given_numbers], minutes=[minutes for _, minutes in given_numbers]
    )
    costs = travel_costs(areas=areas, sites=sites, matrix=matrix)
    pd.testing.assert_frame_equal(costs.loc[chosen, ["km", "minutes"]], matrix[["km", "minutes"]])
    assert (costs.loc[chosen, "source"] == "matrix").all()
    pd.testing.assert_frame_equal(costs.drop(chosen), estimate.drop(chosen))


@given(st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)), st.integers(0, 60))
@settings(max_examples=tries(40, 12), deadline=None)
def test_days_are_all_there_and_do_not_hang_on_the_span(start, length):
    end = start + dt.timedelta(days=length)
    days = service_days(start, end)
    assert len(days) == length + 1
    assert days["day"].is_monotonic_increasing
    assert day_kind(days["day"]).tolist() == days["kind"].tolist()
    last = service_days(end, end)
    pd.testing.assert_frame_equal(days.tail(1).reset_index(drop=True), last)
    weekend = days["day"].dt.day_of_week >= 5
    assert (days.loc[weekend, "kind"] != "workday").all()
    assert (days.loc[days["kind"] == "weekend", "day"].dt.day_of_week >= 5).all()


@given(
    st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)),
    st.sampled_from(["mall", "campus", "pesantren", "kecamatan", "desa", "other"]),
    st.lists(st.integers(0, 29), max_size=10),
)
@settings(max_examples=tries(40, 12), deadline=None)
def test_taking_days_only_takes_those_days(start, place_kind, numbers):
    days = service_days(start, start + dt.timedelta(days=29))
    taken = [start + dt.timedelta(days=number) for number in numbers]
    free, left = free_days(days, place_kind), free_days(days, place_kind, taken=taken)
    assert not free["blackout"].any()
    assert set(left["day"]) == set(free["day"]) - {pd.Timestamp(day) for day in taken}
