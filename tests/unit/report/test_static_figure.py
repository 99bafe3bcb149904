"""Every kind of figure of the package as a static drawing: what is drawn, where, and with which words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from shapely.geometry import box

from outreach_analysis.report.figure import AreaLayer, amounts_from_zero, apply_theme, draw_layer, set_category_axis
from outreach_analysis.report.static import TEXT, StaticFigure, axis_of, number_text, shortened, static_figure
from outreach_analysis.report.words import Words

PAYLOAD = "<script>alert('x')</script> \"{{ 7*7 }}\" </svg> & ]]>"


def elements(drawn: StaticFigure, tag: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(drawn.drawings[0]).findall(f".//{tag}")


def texts(drawn: StaticFigure) -> list[str]:
    return [element.text or "" for element in elements(drawn, "text")]


def dots(*, labels: list[str], values: Sequence[float] | np.ndarray) -> go.Figure:
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(range(len(values))),
            mode="markers",
            marker={"color": "#c2410c", "size": 10},
            error_x={"array": [1.0] * len(values), "arrayminus": [2.0] * len(values)},
            hovertext=[f"{label}!" for label in labels],
        )
    )
    set_category_axis(figure, labels)
    amounts_from_zero(figure, max(values), Words("id"))
    return apply_theme(figure, title="A <title>", subtitle="people")


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    squares = [box(115 + n, 0, 116 + n, 1) for n in range(3)]
    return gpd.GeoDataFrame(
        {"name": ["A", "B", PAYLOAD], "parent_name": "K", "population": 1000},
        geometry=squares,
        index=pd.Index(["1", "2", "3"], name="area_id"),
        crs="EPSG:4326",
    )


@pytest.fixture
def map_figure(areas: gpd.GeoDataFrame) -> go.Figure:
    frame = pd.DataFrame(
        {"name": areas["name"], "kabupaten": "K", "class_": [0, 1, 1], "label": ["low", "high", "high"]}
    )
    layer = AreaLayer(title="T", subtitle="S", frame=frame, classes=(("low", "#ffffff"), ("high", "#0c4a86")))
    places = pd.DataFrame(
        {"lon": [115.5], "lat": [0.5], "mark": "candidate", "label": [PAYLOAD], "group": "places", "text": ["1"]}
    )
    return draw_layer(layer, areas, places=places)


def test_rows_have_their_name_above_and_their_dot_where_the_value_is():
    drawn = static_figure(dots(labels=["Mall", "Kecamatan"], values=[5.0, 10.0]))
    assert {"Mall", "Kecamatan", "0", "10"} <= set(texts(drawn))
    first, second = elements(drawn, "circle")
    assert float(first.get("cy")) < float(second.get("cy"))
    # 10 of a range of 10.2 lies at its right, 5 in its middle
    assert float(first.get("cx")) - 8 == pytest.approx((float(second.get("cx")) - 8) / 2, abs=0.3)
    assert [element.find("title").text for element in (first, second)] == ["Mall!", "Kecamatan!"]


def test_whiskers_reach_from_the_lower_to_the_upper_end():
    drawn = static_figure(dots(labels=["Mall"], values=[5.0]))
    (dot,) = elements(drawn, "circle")
    (whisker,) = [line for line in elements(drawn, "line") if line.get("stroke-linecap") == "round"]
    left, middle, right = float(whisker.get("x1")), float(dot.get("cx")), float(whisker.get("x2"))
    assert (middle - left) == pytest.approx(2 * (right - middle), abs=0.3)


def test_a_dot_and_its_whisker_lie_below_the_name_of_their_row_and_clear_of_it():
    drawn = static_figure(dots(labels=["Mall", "Kampus"], values=[5.0, 10.0]))
    names = {element.text: float(element.get("y")) for element in elements(drawn, "text")}
    whiskers = [line for line in elements(drawn, "line") if line.get("stroke-linecap") == "round"]
    for label, dot, whisker in zip(["Mall", "Kampus"], elements(drawn, "circle"), whiskers, strict=True):
        assert float(dot.get("cy")) - float(dot.get("r")) > names[label] + 3
        assert whisker.get("y1") == whisker.get("y2") == dot.get("cy")
    assert float(elements(drawn, "circle")[0].get("cy")) < names["Kampus"] - 10


def test_a_dot_of_a_measured_axis_lies_on_the_line_of_its_value():
    drawn = static_figure(go.Figure(go.Scatter(x=[0, 1, 2], y=[0, 5, 10], mode="markers")))
    # a number stands with its middle, a third of its size above its foot, beside its line
    level = {element.text: float(element.get("y")) - TEXT / 3 for element in elements(drawn, "text")}
    at = elements(drawn, "circle")[1].get("cy")
    assert float(at) == pytest.approx(level["5"], abs=0.2)
    assert at in {line.get("y1") for line in elements(drawn, "line") if line.get("y1") == line.get("y2")}


def test_title_subtitle_and_alternative_text_are_those_of_the_figure():
    drawn = static_figure(dots(labels=["Mall"], values=[5.0]))
    assert (drawn.title, drawn.subtitle, drawn.alt) == ("A <title>", "people", "A <title>. people.")
    assert ElementTree.fromstring(drawn.drawings[0]).get("aria-label") == drawn.alt


def test_a_stored_figure_is_drawn_like_the_figure_itself():
    figure = dots(labels=["Mall", "Kampus"], values=np.array([5.0, 10.0]))
    stored = json.loads(figure.to_json())
    assert "bdata" in stored["data"][0]["x"]
    assert static_figure(stored).drawings == static_figure(figure).drawings


def test_stacked_bars_follow_each_other():
    figure = go.Figure(
        [go.Bar(x=[2, 1], y=[0, 1], orientation="h", name="a"), go.Bar(x=[3, 0], y=[0, 1], orientation="h", name="b")],
        {"barmode": "stack"},
    )
    set_category_axis(figure, ["one.csv", "two.csv"])
    drawn = static_figure(figure)
    first, _, second, _ = elements(drawn, "rect")
    assert float(first.get("x")) + float(first.get("width")) == pytest.approx(float(second.get("x")), abs=0.11)
    assert float(second.get("width")) == pytest.approx(1.5 * float(first.get("width")), abs=0.2)
    assert [(entry.label, entry.mark) for entry in drawn.legend] == [("a", "area"), ("b", "area")]


def test_a_band_and_its_line_share_one_scale():
    x = [0.0, 50.0, 100.0]
    band = go.Scatter(x=[*x, *x[::-1]], y=[3, 2, 1, 0, 0, 1], fill="toself", line={"width": 0}, mode="lines")
    line = go.Scatter(x=x, y=[2, 1, 0.5], mode="lines", line={"color": "#c2410c", "dash": "dot"}, name="L")
    drawn = static_figure(go.Figure([band, line], {"separators": ",.", "yaxis": {"rangemode": "tozero"}}))
    (polygon,), (polyline,) = elements(drawn, "polygon"), elements(drawn, "polyline")
    assert len(polygon.get("points").split()) == 6
    assert polyline.get("stroke-dasharray")
    assert polygon.get("points").split()[0].split(",")[0] == polyline.get("points").split()[0].split(",")[0]
    assert drawn.legend[0].mark == "line"


def test_a_gap_in_a_line_stays_a_gap():
    drawn = static_figure(go.Figure(go.Scatter(x=[0, 1, 2, 3, 4], y=[1, 2, None, 2, 1], mode="lines")))
    assert len(elements(drawn, "polyline")) == 2


def test_months_on_an_axis_read_the_same_in_every_language():
    drawn = static_figure(go.Figure(go.Scatter(x=["2025-01-01", "2025-03-01"], y=[1, 2], mode="lines+markers")))
    assert {"01/2025", "02/2025", "03/2025"} <= set(texts(drawn))


def test_a_reference_line_lies_where_it_is_said_to():
    figure = go.Figure(go.Scatter(x=[0, 10], y=[0, 10], mode="lines"))
    figure.add_shape(type="line", x0=0, x1=10, y0=5, y1=5, line={"color": "#52606d", "dash": "dash"})
    drawn = static_figure(figure)
    (dashed,) = [line for line in elements(drawn, "line") if line.get("stroke-dasharray")]
    (grid,) = {line.get("y1") for line in elements(drawn, "line") if line.get("y1") == line.get("y2")} & {
        dashed.get("y1")
    }
    assert grid == dashed.get("y2")


def test_maps_draw_every_area_in_its_colour_north_up(map_figure):
    drawn = static_figure(map_figure)
    shapes = [path for path in elements(drawn, "path") if path.get("class") == "area"]
    white = f"url(#{elements(drawn, 'pattern')[0].get('id')})"
    assert [path.get("fill") for path in shapes] == [white, "#0c4a86", "#0c4a86"]
    left, right = (float(re.match(r"M([\d.]+)", path.get("d"))[1]) for path in shapes[:2])
    assert left < right
    assert "1" in texts(drawn)
    assert [entry.label for entry in drawn.legend] == ["low", "high", "places"]


def test_names_are_text_wherever_they_stand(map_figure):
    on_map, in_rows = static_figure(map_figure), static_figure(dots(labels=[PAYLOAD], values=[1.0]))
    assert PAYLOAD in [title.text for title in elements(on_map, "title")]
    assert any(text.startswith("<script>") for text in texts(in_rows))
    for one in (on_map, in_rows):
        assert "<script" not in one.drawings[0]
        assert one.drawings[0].count("</svg>") == 1


def test_a_kind_that_cannot_be_drawn_is_refused_by_name():
    with pytest.raises(ValueError, match="pie"):
        static_figure(go.Figure(go.Pie(values=[1, 2])))
    with pytest.raises(ValueError, match="upright bar"):
        static_figure(go.Figure(go.Bar(x=["p", "q"], y=[1, 4])))
    with pytest.raises(ValueError, match="scattergeo"):
        static_figure(go.Figure([go.Scatter(x=[1], y=[1]), go.Scattergeo(lon=[1], lat=[1])]))


def test_an_empty_figure_is_an_empty_drawing_with_its_words():
    drawn = static_figure(apply_theme(go.Figure(), title="No pop-up yet", subtitle="people"))
    assert drawn.title == "No pop-up yet"
    assert elements(drawn, "circle") == []


@pytest.mark.parametrize(
    ("values", "ends", "ticks"),
    [
        ([0, 80], (0, 80), [0, 20, 40, 60, 80]),
        ([90, 110], (90, 110), [90, 95, 100, 105, 110]),
        ([-4, 4], (-4, 4), [-4, -2, 0, 2, 4]),
        ([5, 5], (5, 5), [5]),
    ],
)
def test_ticks_are_round_and_hold_the_data(values, ends, ticks):
    axis = axis_of({}, values, (), from_zero=False, separators=".,")
    assert (axis.first, axis.last) == pytest.approx(ends)
    assert [at for at, _ in axis.ticks] == pytest.approx(ticks)


def test_a_long_label_is_cut_with_a_mark():
    assert shortened("x" * 300, 58) == "x" * 57 + "…"
    assert number_text(1234567.0, ",.") == "1.234.567"


def test_a_map_with_ranges_shows_what_lies_within_them_and_writes_to_the_side_asked_for():
    marks = go.Scattergeo(
        lon=[116.0, 117.0],
        lat=[0.0, 1.0],
        mode="markers+text",
        text=["left", "right"],
        textposition=["middle left", "middle right"],
    )
    geo = {"lonaxis": {"range": [115.0, 119.0]}, "lataxis": {"range": [-1.0, 2.0]}}
    drawn = static_figure(go.Figure(marks, {"geo": geo}))
    width, height = map(float, ElementTree.fromstring(drawn.drawings[0]).get("viewBox").split()[2:])
    assert height / width == pytest.approx(3 / 4)
    first, second = elements(drawn, "circle")
    assert (float(first.get("cx")), float(second.get("cx"))) == pytest.approx((width / 4, width / 2))
    left, right = elements(drawn, "text")
    assert left.get("text-anchor") == "end"
    assert float(left.get("x")) < float(first.get("cx"))
    assert right.get("text-anchor") is None
    assert float(right.get("x")) > float(second.get("cx"))
