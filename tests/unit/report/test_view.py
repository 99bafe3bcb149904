"""Labels of the close-up keep their distance from each other and from its edge."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from outreach_analysis.report.figure import NAME_ACROSS, NAME_DOWN, area_names

BOX = (117.0, -1.0, 118.0, 0.0)
ACROSS, DOWN = 400 * NAME_ACROSS, 400 * NAME_DOWN


def areas_at(points: list[tuple[float, float]], population: list[int]) -> gpd.GeoDataFrame:
    """Small squares around points given in a box of 400 by 400, named by their order."""
    lonlat = [(117.0 + x / 400.0, -y / 400.0) for x, y in points]
    squares = [box(lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001) for lon, lat in lonlat]
    names = [f"K{n}" for n in range(len(points))]
    return gpd.GeoDataFrame({"name": names, "population": population}, geometry=squares, crs="EPSG:4326")


def shown(areas: gpd.GeoDataFrame) -> list[str]:
    return [name for _, _, name in area_names(areas, BOX)]


@pytest.mark.parametrize("seed", range(5))
def test_labels_keep_their_distance_and_stay_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in rng.uniform(-50, 450, (80, 2))]
    labels = area_names(areas_at(points, rng.integers(1, 10_000, 80).tolist()), BOX)
    assert len(labels) > 5
    for (x, y, _), (a, b, _) in combinations(labels, 2):
        assert abs(x - a) > NAME_ACROSS or abs(y - b) > NAME_DOWN
    for x, y, _ in labels:
        assert 117 + NAME_ACROSS / 2 < x < 118 - NAME_ACROSS / 2
        assert -1 + NAME_DOWN / 2 < y < -NAME_DOWN / 2


def test_of_two_that_would_touch_the_more_populous_is_named() -> None:
    assert shown(areas_at([(200, 200), (240, 205)], [500, 900])) == ["K1"]


def test_side_by_side_or_one_below_the_other_both_are_named() -> None:
    assert shown(areas_at([(100, 200), (100 + ACROSS + 1, 200)], [9, 5])) == ["K0", "K1"]
    assert shown(areas_at([(200, 200), (200, 200 + DOWN + 1)], [9, 5])) == ["K0", "K1"]


def test_an_area_off_the_close_up_takes_no_room() -> None:
    assert shown(areas_at([(20, 200), (60, 200)], [900, 5])) == ["K1"]
    assert shown(areas_at([(200, 5), (200, 500)], [9, 5])) == []
