"""Static drawings: everything inside its box, nothing over anything else, texts that can be read."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from outreach_analysis.report.figure import _clockwise, amounts_from_zero, apply_theme, set_category_axis
from outreach_analysis.report.static import (
    NUMBERED_ACROSS,
    TEXT,
    Canvas,
    _free_spot,
    nice_ticks,
    static_figure,
    text_width,
    wrapped,
)
from outreach_analysis.report.words import Words
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


NAMES = st.lists(st.text(alphabet="abcdeWM i,.", min_size=1, max_size=90), min_size=1, max_size=8)


@given(st.text(alphabet="abcdefWM i,.", max_size=200), st.floats(40, 300))
def test_wrapped_lines_fit_and_lose_nothing_but_what_is_marked(text: str, width: float) -> None:
    lines = wrapped(text, width)
    assert all(text_width(line) <= width or line.endswith("…") for line in lines)
    whole = "".join(wrapped(text, width, most=10_000)).replace(" ", "")
    assert whole == text.replace(" ", "")
    kept = "".join(lines).replace(" ", "")
    assert kept == whole or whole.startswith(kept.removesuffix("…"))


def rows(names: list[str], values: list[float]) -> go.Figure:
    """Dots with their values written beside them, one a name."""
    figure = go.Figure(
        go.Scatter(x=values, y=list(range(len(names))), mode="markers+text", text=[f"{v:.0f} (1–99)" for v in values])
    )
    return amounts_from_zero(set_category_axis(figure, names), max(values), Words("en"))


@settings(deadline=None, max_examples=25)
@given(NAMES)
def test_names_values_and_marks_of_rows_keep_clear_of_each_other(names: list[str]) -> None:
    drawn = static_figure(apply_theme(rows(names, [5.0 * (n + 1) for n in range(len(names))]), title="T", subtitle="S"))
    assert len(drawn.drawings) == 2
    for markup, width in zip(drawn.drawings, (360, 760), strict=True):
        svg = ElementTree.fromstring(markup)
        across, down = map(float, svg.get("viewBox").split()[2:])
        assert across == width
        assert float(svg.get("font-size")) == TEXT >= 12
        assert not [text for text in svg.iter("text") if text.get("font-size")]
        levels = [float(dot.get("cy")) for dot in svg.iter("circle")]
        assert levels == sorted(levels)
        assert all(0 < level < down for level in levels)
        boxes = [box_of(text) for text in svg.iter("text") if (text.text or "").strip()]
        assert all(left >= -1 and right <= width + 1 for left, right, _ in boxes)
        for n, (left, right, at) in enumerate(boxes):
            for other_left, other_right, other_at in boxes[:n]:
                assert abs(at - other_at) >= 6 or right <= other_left + 1 or other_right <= left + 1


def box_of(text: ElementTree.Element) -> tuple[float, float, float]:
    """Left and right end of a text, about, and where it stands."""
    at, wide = float(text.get("x")), text_width(text.text or "")
    left = at - {"end": wide, "middle": wide / 2}.get(str(text.get("text-anchor")), 0.0)
    return left, left + wide, float(text.get("y"))


def test_many_ticks_are_thinned_out_until_none_covers_another() -> None:
    months = [f"Month number {n}" for n in range(24)]
    figure = go.Figure(go.Scatter(x=list(range(24)), y=[1] * 24, mode="markers"))
    figure.update_xaxes(tickvals=list(range(24)), ticktext=months)
    for markup, least in zip(static_figure(figure).drawings, (2, 4), strict=True):
        said = [text for text in ElementTree.fromstring(markup).iter("text") if "Month" in (text.text or "")]
        boxes = sorted(map(box_of, said))
        assert len(boxes) >= least
        assert all(right <= left + 1 for (_, right, _), (left, _, _) in itertools.pairwise(boxes))


def test_outlines_trace_the_areas_and_stand_on_a_page_once(analysis: Study) -> None:
    areas = analysis.dataset.areas
    outlines: dict[str, str] = {}
    for _ in range(2):
        drawn = static_figure(go.Figure(choropleth(analysis)), outlines=outlines)
    used = re.findall(r'href="#(o\d+)"', drawn.drawings[0])
    assert sorted(used) == sorted(outlines.values())
    assert len(used) == len(areas)
    named = {name: path for path, name in outlines.items()}
    for name, area_id in zip(used, areas.index, strict=True):
        start, moves = re.fullmatch(r"M(\S+ \S+)l(.*)z", named[name]).groups()
        points = np.array([*start.split(), *moves.split()], dtype=float).reshape(-1, 2).cumsum(axis=0) / (1000, -1000)
        assert Polygon(points).symmetric_difference(areas.geometry[area_id]).area < 0.02 * areas.geometry[area_id].area


def choropleth(analysis: Study) -> go.Choropleth:
    shapes = analysis.dataset.areas.geometry
    outlines = _clockwise(shapes).__geo_interface__
    return go.Choropleth(geojson=outlines, locations=list(shapes.index), z=[1] * len(shapes), text=list(shapes.index))


def test_a_close_up_leaves_out_what_lies_beyond_it(analysis: Study) -> None:
    far = {"lonaxis": {"range": [117.4, 117.6]}, "lataxis": {"range": [0.8, 1.0]}}
    figure = go.Figure([choropleth(analysis), go.Scattergeo(lon=[117.5, 110.0], lat=[0.9, 0.9])], {"geo": far})
    svg = ElementTree.fromstring(static_figure(figure).drawings[0])
    assert [path.find("title").text for path in svg.iter("path")] == ["64.02.03"]
    assert len(list(svg.iter("circle"))) == 1


CANVAS = Canvas(west=116.0, north=1.0, scale=180.0, height=360.0)
POINTS = st.tuples(st.floats(116.2, 117.8), st.floats(-0.8, 0.8))


@given(st.lists(POINTS, min_size=1, max_size=8))
def test_numbered_marks_keep_their_distance(found: list[tuple[float, float]]) -> None:
    taken: list[tuple[float, float]] = []
    for lon, lat in found:
        spot = _free_spot(*CANVAS.place(lon, lat), taken)
        assert all(np.hypot(spot[0] - x, spot[1] - y) >= NUMBERED_ACROSS - 1e-9 for x, y in taken)
        taken.append(spot)
    assert taken[0] == CANVAS.place(*found[0])
