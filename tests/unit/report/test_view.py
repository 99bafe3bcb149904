"""Labels of the close-up keep their distance from each other and from its edge."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from outreach_analysis.report.static_charts import Canvas
from outreach_analysis.report.topics.flows import LABEL_HEIGHT, LABEL_WIDTH, area_labels

CLOSE = Canvas(west=117.0, north=0.0, scale=400.0, width=400.0, height=400.0)


def areas_at(points: list[tuple[float, float]], population: list[int]) -> gpd.GeoDataFrame:
    """Small squares around points given in view-box units, named by their order."""
    lonlat = [(117.0 + x / 400.0, -y / 400.0) for x, y in points]
    squares = [box(lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001) for lon, lat in lonlat]
    names = [f"K{n}" for n in range(len(points))]
    return gpd.GeoDataFrame({"name": names, "population": population}, geometry=squares, crs="EPSG:4326")


def shown(areas: gpd.GeoDataFrame) -> list[str]:
    return [name for _, _, name in area_labels(areas, CLOSE)]


@pytest.mark.parametrize("seed", range(5))
def test_labels_keep_their_distance_and_stay_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in rng.uniform(-50, 450, (80, 2))]
    labels = area_labels(areas_at(points, rng.integers(1, 10_000, 80).tolist()), CLOSE)
    assert len(labels) > 5
    for (x, y, _), (a, b, _) in combinations(labels, 2):
        assert abs(x - a) > LABEL_WIDTH or abs(y - b) > LABEL_HEIGHT
    for x, y, _ in labels:
        assert LABEL_WIDTH / 2 < x < CLOSE.width - LABEL_WIDTH / 2
        assert LABEL_HEIGHT < y < CLOSE.height - LABEL_HEIGHT


def test_of_two_that_would_touch_the_more_populous_is_named() -> None:
    assert shown(areas_at([(200, 200), (240, 205)], [500, 900])) == ["K1"]


def test_side_by_side_or_one_below_the_other_both_are_named() -> None:
    assert shown(areas_at([(100, 200), (100 + LABEL_WIDTH + 1, 200)], [9, 5])) == ["K0", "K1"]
    assert shown(areas_at([(200, 200), (200, 200 + LABEL_HEIGHT + 1)], [9, 5])) == ["K0", "K1"]


def test_an_area_off_the_close_up_takes_no_room() -> None:
    assert shown(areas_at([(20, 200), (60, 200)], [900, 5])) == ["K1"]
    assert shown(areas_at([(200, 5), (200, 500)], [9, 5])) == []
