"""Static drawings: everything inside its box, nothing over anything else."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.report.static_charts import (
    MAP_WIDTH,
    Canvas,
    Estimate,
    area_paths,
    nice_ticks,
    place_marks,
    whisker_chart,
)
from outreach_analysis.study import Study

amounts = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)


@given(amounts)
def test_ticks_are_few_even_round_and_reach_the_largest(largest: float) -> None:
    ticks = nice_ticks(largest)
    assert ticks[0] == 0
    assert 4 <= len(ticks) <= 5
    assert ticks[-1] >= largest * (1 - 1e-6)
    assert ticks[-2] < largest
    step = ticks[1]
    np.testing.assert_allclose(np.diff(ticks), step, rtol=1e-5)
    assert f"{step:.1e}"[:3] in {"1.0", "2.0", "2.5", "5.0"}


@pytest.mark.parametrize("largest", [0.0, -3.0, float("nan")])
def test_ticks_of_nothing_are_zero_and_one(largest: float) -> None:
    assert nice_ticks(largest) == [0.0, 1.0]


estimates = st.lists(
    st.tuples(amounts, amounts, amounts).map(sorted).map(lambda v: Estimate("a", "b", v[1], v[0], v[2])),
    min_size=1,
    max_size=12,
)


@given(estimates)
def test_whiskers_stay_inside_the_box_in_order(rows: list[Estimate]) -> None:
    ticks = nice_ticks(max(row.high for row in rows))
    chart = whisker_chart(rows, {tick: str(tick) for tick in ticks})
    for row in chart.rows:
        assert 0 <= row.low <= row.dot <= row.high <= chart.width
        assert 0 < row.y < chart.height
    assert [row.y for row in chart.rows] == sorted({row.y for row in chart.rows})
    assert all(0 <= x <= chart.width for x, _ in chart.ticks)
    assert len(chart.ticks) == len(ticks)


def test_a_value_on_a_tick_is_drawn_on_it() -> None:
    chart = whisker_chart([Estimate("a", "b", 50.0, 0.0, 100.0, strong=True)], {0.0: "0", 50.0: "50", 100.0: "100"})
    (row,) = chart.rows
    assert (row.low, row.dot, row.high) == tuple(x for x, _ in chart.ticks)
    assert row.strong


def test_canvas_holds_all_areas_north_up(analysis: Study) -> None:
    areas = analysis.dataset.areas
    canvas = Canvas.of(areas)
    west, south, east, north = areas.total_bounds
    left, top = canvas.place(west, north)
    right, bottom = canvas.place(east, south)
    assert 0 < left < right < canvas.width == MAP_WIDTH
    assert 0 < top < bottom < canvas.height


def test_inset_puts_old_drawings_where_its_own_places_are(analysis: Study) -> None:
    canvas = Canvas.of(analysis.dataset.areas)
    close = canvas.inset(117.3, -0.5, half_km=45)
    numbers = [float(value) for value in re.findall(r"-?[\d.]+", close.transform_from(canvas))]
    move_x, move_y, factor = numbers
    for lon, lat in ((117.3, -0.5), (117.1, -0.3)):
        x, y = canvas.place(lon, lat)
        there = close.place(lon, lat)
        assert there == pytest.approx((x * factor + move_x, y * factor + move_y), abs=factor * 0.15)
    assert close.place(117.3, -0.5) == (MAP_WIDTH / 2, MAP_WIDTH / 2)


def corners(path: str) -> np.ndarray:
    """Absolute points of a path of relative moves."""
    start, moves = re.fullmatch(r"M(\S+ \S+)l(.*)z", path).groups()
    steps = np.array([*start.split(), *moves.split()], dtype=float).reshape(-1, 2)
    return steps.cumsum(axis=0)


def test_paths_trace_the_areas(analysis: Study) -> None:
    areas = analysis.dataset.areas
    canvas = Canvas.of(areas)
    paths = area_paths(areas, canvas)
    assert paths.index.equals(areas.index)
    for area_id, path in paths.items():
        points = corners(path)
        west, south, east, north = areas.geometry[area_id].bounds
        np.testing.assert_allclose(points.min(axis=0), canvas.place(west, north), atol=0.11)
        np.testing.assert_allclose(points.max(axis=0), canvas.place(east, south), atol=0.11)


def test_an_area_without_outline_has_an_empty_path(analysis: Study) -> None:
    areas: gpd.GeoDataFrame = analysis.dataset.areas.copy()
    canvas = Canvas.of(areas)
    areas.loc["64.02.03", "geometry"] = None
    paths = area_paths(areas, canvas)
    assert paths["64.02.03"] == ""
    assert (paths.drop("64.02.03") != "").all()


CANVAS = Canvas(west=116.0, north=1.0, scale=200.0, width=400.0, height=400.0)


def places_of(points: list[tuple[float, float]], *, numbered: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame(points, columns=["lon", "lat"])
    texts = [str(n + 1) if numbered else "" for n in range(len(points))]
    return frame.assign(kind="candidate", text=texts, title="place")


points = st.tuples(st.floats(116.2, 117.8), st.floats(-0.8, 0.8))


@given(st.lists(points, min_size=1, max_size=8))
def test_numbered_marks_keep_their_distance(found: list[tuple[float, float]]) -> None:
    marks = place_marks(places_of(found), CANVAS, spacing=17)
    assert [mark.text for mark in marks] == [str(n + 1) for n in range(len(found))]
    for n, mark in enumerate(marks):
        assert (mark.true_x, mark.true_y) == CANVAS.place(*found[n])
        for other in marks[:n]:
            assert np.hypot(mark.x - other.x, mark.y - other.y) >= 17 - 1e-9


def test_plain_marks_and_lone_ones_stay_where_they_lie() -> None:
    same = [(117.0, 0.0)] * 3
    assert not any(mark.moved for mark in place_marks(places_of(same, numbered=False), CANVAS))
    first, second = place_marks(places_of(same[:2]), CANVAS)
    assert not first.moved
    assert second.moved


def test_places_outside_the_map_are_left_out() -> None:
    marks = place_marks(places_of([(117.0, 0.0), (119.0, 0.0), (117.0, -3.0)]), CANVAS)
    assert [mark.text for mark in marks] == ["1"]
