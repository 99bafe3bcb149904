"""Indicative cells, with values worked by hand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from outreach_analysis.geography.boundaries import indicative_cells

# At the equator a degree is 110.6 km north-south and 111.3 km east-west.
PLANE = "+proj=laea +lon_0=117 +lat_0=0 +datum=WGS84 +units=m"


def places(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "lon", "lat", "area_km2"]).set_index("area_id")


def km2(cells: gpd.GeoDataFrame) -> pd.Series:
    return cells.geometry.to_crs(PLANE).area / 1e6


def equator(cells: gpd.GeoDataFrame, area_id: str) -> tuple[float, float]:
    """Where a cell begins and ends on the equator, on which all points lie."""
    bounds = cells.geometry[area_id].intersection(shapely.LineString([(110, 0), (120, 0)])).bounds
    return bounds[0], bounds[2]


def test_one_point_has_all_the_land():
    land = shapely.box(116.99, -0.01, 117.01, 0.01)
    cells = indicative_cells(places(("A", 117, 0, 100)), outline=land)
    assert cells.geometry["A"].symmetric_difference(land).area < 1e-3 * land.area
    assert cells["geometry_kind"].tolist() == ["indicative"]


def test_two_points_part_half_way():
    cells = indicative_cells(places(("A", 117.0, 0, 400), ("B", 117.1, 0, 400)))
    assert equator(cells, "A")[1] == pytest.approx(117.05, abs=1e-4)
    assert equator(cells, "B")[0] == pytest.approx(117.05, abs=1e-4)


def test_the_larger_area_has_more_of_the_way():
    cells = indicative_cells(places(("A", 117.0, 0, 100), ("B", 117.1, 0, 1600)))
    # 4 times the radius is 4 ** 0.65 = 2.46 times the weight: A has 1 / 3.46 of the way
    assert equator(cells, "A")[1] == pytest.approx(117 + 0.1 / 3.46, abs=1e-3)


@pytest.mark.parametrize("kind", ["geometry", "series", "frame"])
def test_point_outside_the_outline_widens_it(kind):
    land = shapely.box(116, -1, 117, 1)
    outline = {
        "geometry": land,
        "series": gpd.GeoSeries([land], crs="EPSG:4326"),
        "frame": gpd.GeoDataFrame(geometry=[land], crs="EPSG:4326").to_crs("EPSG:3857"),
    }[kind]
    cells = indicative_cells(places(("land", 116.5, 0, 100), ("island", 118, 0, 50)), outline=outline)
    assert km2(cells)["island"] == pytest.approx(50, rel=0.01)
    assert cells.geometry["island"].contains(shapely.Point(118, 0))


def test_points_of_an_area_are_merged():
    areas = places(("A", 117.0, 0, 300), ("B", 117.4, 0, 100))
    points = pd.DataFrame(
        {
            "parent_id": ["A", "A", "B"],
            "lon": [117.0, 117.1, 117.2],
            "lat": [0.0, 0.0, 0.0],
            "area_km2": [150.0, 150.0, 100.0],
        },
        index=["A.1", "A.2", "B.1"],
    )
    cells = indicative_cells(areas, points=points)
    assert cells.geometry["A"].contains(shapely.LineString([(117.0, 0), (117.1, 0)]))
    assert equator(cells, "A")[1] == pytest.approx(117.154, abs=1e-3)
    # B's own point is not used where it has finer ones.
    assert not cells.geometry["B"].contains(shapely.Point(117.4, 0))


def test_area_without_finer_points_uses_its_own():
    areas = places(("A", 117.0, 0, 100), ("B", 117.4, 0, 100))
    points = pd.DataFrame({"parent_id": ["A"], "lon": [117.0], "lat": [0.0]}, index=["A.1"])
    cells = indicative_cells(areas, points=points)
    assert cells.geometry["B"].contains(shapely.Point(117.4, 0))


def test_points_of_other_areas_bound_but_are_not_returned():
    points = pd.DataFrame(
        {"parent_id": ["A", "Z"], "lon": [117.0, 117.1], "lat": [0.0, 0.0], "area_km2": [400.0, 400.0]},
        index=["1", "2"],
    )
    cells = indicative_cells(places(("A", 117.0, 0, 400)), points=points)
    assert cells.index.tolist() == ["A"]
    assert equator(cells, "A")[1] == pytest.approx(117.05, abs=1e-4)


def test_km2_shared_out_over_the_points_where_they_have_none():
    points = pd.DataFrame(
        {"parent_id": ["A", "A", "B"], "lon": [117.0, 118.0, 117.1], "lat": [0.0] * 3}, index=["1", "2", "3"]
    )
    cells = indicative_cells(places(("A", 117.0, 0, 3200), ("B", 117.1, 0, 100)), points=points)
    # 1,600 km2 each for the points of A, against 100 for that of B
    assert equator(cells, "B")[0] == pytest.approx(117.1 - 0.1 / 3.46, abs=1e-3)


def test_missing_km2_from_the_spacing():
    areas = places(("A", 117.0, 0, np.nan), ("B", 117.1, 0, np.nan), ("C", 117.5, 0, np.nan))
    cells = indicative_cells(areas)
    # A and B stand 11.1 km from their nearest, C 44.5: 4 times the radius again
    assert equator(cells, "A")[1] == pytest.approx(117.05, abs=1e-3)
    assert equator(cells, "B")[1] == pytest.approx(117.1 + 0.4 / 3.46, abs=0.01)
    assert indicative_cells(areas.drop(columns="area_km2")).geometry.geom_equals_exact(cells.geometry, 1e-9).all()


def test_lone_point_without_km2_stands_for_100():
    known = indicative_cells(places(("A", 117, 0, 100)))
    assert indicative_cells(places(("A", 117, 0, np.nan))).geometry.geom_equals_exact(known.geometry, 1e-9).all()


def test_areas_at_one_place_share_it():
    cells = indicative_cells(places(("A", 117, 0, 100), ("B", 117, 0, 100), ("C", 117, 0, 100)))
    assert not cells.geometry.is_empty.any()
    assert (cells.geometry.to_crs(PLANE).distance(shapely.Point(0, 0)) < 200).all()


def test_points_on_one_line():
    cells = indicative_cells(places(*((str(n), 117 + n / 10, 0, 100) for n in range(5))))
    assert cells.geometry.is_valid.all()
    assert not cells.geometry.is_empty.any()


def test_nothing_between_the_points_is_left_out():
    ring = [(f"{n}", 117 + 0.2 * math.cos(n * math.pi / 6), 0.2 * math.sin(n * math.pi / 6), 100) for n in range(12)]
    cells = indicative_cells(places(*ring))
    assert cells.geometry.union_all().buffer(1e-6).contains(shapely.Point(117, 0))


def test_area_without_a_point_stays_without_a_cell():
    cells = indicative_cells(places(("A", 117, 0, 100), ("B", np.nan, np.nan, 100)))
    assert cells.index.tolist() == ["A", "B"]
    assert cells.geometry["B"] is None
    assert cells["geometry_kind"].tolist() == ["indicative", ""]


def test_no_areas():
    cells = indicative_cells(places())
    assert len(cells) == 0
    assert cells.crs == "EPSG:4326"


def test_input_is_left_alone():
    areas = places(("A", 117, 0, 100), ("B", 117, 0, np.nan))
    before = areas.copy(deep=True)
    indicative_cells(areas, points=areas.assign(parent_id=["A", "B"]))
    pd.testing.assert_frame_equal(areas, before)


def test_refusals():
    areas = places(("A", 117, 0, 100), ("A", 118, 0, 100))
    with pytest.raises(ValueError, match=r"area_id occurs twice: \['A'\]"):
        indicative_cells(areas)
    with pytest.raises(ValueError, match="areas has no column lat"):
        indicative_cells(areas.drop(columns="lat"))
    with pytest.raises(ValueError, match="points has no column parent_id"):
        indicative_cells(areas.iloc[:1], points=areas)


def test_a_cell_that_nearly_touches_itself_is_valid_in_degrees_too():
    # Found by search, when cells were made another way.
    near = [(116, -1), (116, -1), (117, -1), (117.75, 0.171875), (116.5, -0.5), (116.857942, -0.25)]
    rows = [(f"A{n}", lon, lat, math.nan) for n, (lon, lat) in enumerate(near)]
    cells = indicative_cells(places(*rows, ("LARGE", 117.0, 0.0, 3278.25)))
    assert cells.geometry.is_valid.all()
    assert set(cells.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
