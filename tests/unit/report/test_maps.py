"""Maps draw every area once, work without a network, and show texts as they stand."""

import json
from typing import Any
from urllib.parse import unquote

import geopandas as gpd
import pandas as pd
import plotly.graph_objects as go
import pytest
from shapely.geometry import Polygon, shape

from outreach_analysis.report.figure import (
    CONFIG,
    MAP_HEIGHT,
    coverage_layer,
    draw_layer,
    draw_layers,
    need_layer,
    plot_layer,
    plot_next_sites,
    reach_layer,
)
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


def choropleths(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "choropleth"]


def draw_all(analysis: Study) -> dict[str, go.Figure]:
    areas = analysis.dataset.areas
    return {
        "reach": plot_layer(reach_layer(analysis.reach, areas, Words("en")), areas),
        "coverage": plot_layer(coverage_layer(analysis.coverage_by_threshold[30.0], areas, Words("en")), areas),
        "need": plot_layer(need_layer(analysis.need, areas, Words("en")), areas),
        "next": plot_next_sites(analysis.ranking, analysis.need, areas, Words("en")),
    }


def test_every_area_is_drawn_once_with_its_own_outline(analysis: Study) -> None:
    areas = analysis.dataset.areas
    for figure in draw_all(analysis).values():
        drawn = [area for trace in choropleths(figure) for area in trace.locations]
        outlined = {
            feature["id"]: shape(feature["geometry"])
            for trace in choropleths(figure)
            for feature in trace.geojson["features"]
        }
        assert sorted(drawn) == sorted(areas.index)
        for area_id, outline in outlined.items():
            assert outline.symmetric_difference(areas.geometry[area_id]).area < 1e-9


def test_outer_rings_run_clockwise(analysis: Study) -> None:
    reversed_areas = analysis.dataset.areas.assign(geometry=lambda table: table.geometry.reverse())
    for areas in (analysis.dataset.areas, reversed_areas):
        figure = plot_layer(reach_layer(analysis.reach, areas, Words("id")), areas)
        rings = [
            feature["geometry"]["coordinates"][0]
            for trace in choropleths(figure)
            for feature in trace.geojson["features"]
        ]
        assert rings
        assert not any(Polygon(ring).exterior.is_ccw for ring in rings)


def test_areas_without_outline_are_left_out(analysis: Study) -> None:
    areas = analysis.dataset.areas.copy()
    areas.loc["64.02.03", "geometry"] = None
    drawn = [
        area
        for trace in choropleths(plot_layer(reach_layer(analysis.reach, areas, Words("id")), areas))
        for area in trace.locations
    ]
    assert sorted(drawn) == sorted(areas.index.drop("64.02.03"))


def test_colour_follows_the_class(analysis: Study) -> None:
    layer = reach_layer(analysis.reach, analysis.dataset.areas, Words("en"))
    for trace in choropleths(draw_layer(layer, analysis.dataset.areas)):
        (class_,) = {layer.frame["class_"][area] for area in trace.locations}
        assert {colour for _, colour in trace.colorscale} == {layer.classes[class_][1]}


def test_legend_holds_every_class_with_a_border(analysis: Study) -> None:
    layer = reach_layer(analysis.reach, analysis.dataset.areas, Words("en"))
    figure = draw_layer(layer, analysis.dataset.areas)
    keys = [trace for trace in figure.data if trace.type == "scattergeo" and trace.showlegend is not False]
    assert [(key.name, key.marker.color) for key in keys] == list(layer.classes)
    assert all(key.marker.line.width for key in keys)
    assert not any(trace.showlegend for trace in choropleths(figure))


def test_figures_need_no_world_outline() -> None:
    url = CONFIG["topojsonURL"]
    assert url.startswith("data:application/json,")
    assert url.endswith("#")
    topology = json.loads(unquote(url.removeprefix("data:application/json,").removesuffix("#")))
    assert topology == {"type": "Topology", "objects": {}, "arcs": []}


def test_alternative_text_is_the_layers(analysis: Study) -> None:
    layer = reach_layer(analysis.reach, analysis.dataset.areas, Words("id"))
    figure = plot_layer(reach_layer(analysis.reach, analysis.dataset.areas, Words("id")), analysis.dataset.areas)
    assert figure.layout.meta["alt"] == layer.alt
    assert figure.layout.height == MAP_HEIGHT
    assert draw_layer(layer, analysis.dataset.areas).layout.height is None


def test_hostile_names_are_text(analysis: Study) -> None:
    for figure in draw_all(analysis).values():
        texts = " ".join(text for trace in choropleths(figure) for text in trace.text)
        assert "&lt;script&gt;" in texts
        assert "<script" not in texts
        assert "Kabupaten &lt;b&gt;Contoh" in texts
        assert "Hulu &amp; Hilir" in texts
    marks = draw_all(analysis)["next"].data[-1]
    assert "&lt;script&gt;" in marks.hovertext[0]


def test_first_places_are_marked_where_they_lie(analysis: Study) -> None:
    places = analysis.ranking.by_site
    marks = plot_next_sites(analysis.ranking, analysis.need, analysis.dataset.areas, Words("en")).data[-1]
    assert list(marks.lon) == places["lon"].to_list()
    assert list(marks.lat) == places["lat"].to_list()
    assert list(marks.text) == ["1", "2"]


def test_marks_that_would_cover_each_other_share_their_text(no_history: Study) -> None:
    ranking = no_history.ranking
    marks = plot_next_sites(ranking, no_history.need, no_history.dataset.areas, Words("id"), top=5).data[-1]
    shown = [rank for text in marks.text if text for rank in text.split(", ")]
    assert sorted(shown) == [str(rank) for rank in ranking.by_site["rank"]]
    assert "" in marks.text
    assert len(marks.hovertext) == len(ranking.by_site)


def test_no_place_no_mark(nothing_eligible: Study) -> None:
    areas = nothing_eligible.dataset.areas
    figure = plot_next_sites(nothing_eligible.ranking, nothing_eligible.need, areas, Words("id"))
    assert [trace.name for trace in figure.data] == [
        trace.name for trace in plot_layer(need_layer(nothing_eligible.need, areas, Words("id")), areas).data
    ]


def test_places_are_drawn_by_kind_with_their_legend(analysis: Study) -> None:
    areas: gpd.GeoDataFrame = analysis.dataset.areas
    places = pd.DataFrame(
        {
            "lon": [117.1, 117.2],
            "lat": [-0.5, -0.4],
            "mark": ["fixed", "event"],
            "label": ["Kantor <i>", "Mal"],
            "group": ["tetap", "lalu"],
        }
    )
    figure = draw_layer(reach_layer(analysis.reach, areas, Words("id")), areas, places=places)
    fixed, event = figure.data[-2:]
    assert (fixed.name, event.name) == ("tetap", "lalu")
    assert fixed.marker.symbol != event.marker.symbol
    assert fixed.hovertext == ("Kantor &lt;i&gt;",)
    assert fixed.mode == "markers"


def test_inputs_are_left_alone(analysis: Study) -> None:
    areas = analysis.dataset.areas
    before = areas.copy()
    draw_all(analysis)
    pd.testing.assert_frame_equal(pd.DataFrame(areas.drop(columns="geometry")), before.drop(columns="geometry"))
    assert areas.geometry.geom_equals(before.geometry).all()


@pytest.mark.parametrize("name", ["reach", "coverage", "need", "next"])
def test_titles_state_the_finding_and_the_statistic(analysis: Study, name: str) -> None:
    finding, _, statistic = draw_all(analysis)[name].layout.title.text.partition("<br><sub>")
    assert 0 < len(finding.split()) <= 10
    assert "by kecamatan" in statistic


def test_layers_share_one_figure_and_one_of_them_is_shown(analysis: Study) -> None:
    areas = analysis.dataset.areas
    layers = {
        "reach": reach_layer(analysis.reach, areas, Words("en")),
        "need": need_layer(analysis.need, areas, Words("en")),
    }
    places = pd.DataFrame(
        {"lon": [117.1, 117.2], "lat": [-0.4, -0.5], "mark": ["fixed", "best"], "label": "<i>x</i>", "group": "g"}
    ).assign(layers=["", "reach"], text="")
    figure = draw_layers(layers, areas, places, shown="need")
    drawn = {trace.meta["layer"]: trace for trace in choropleths(figure)}
    assert {name: trace.visible for name, trace in drawn.items()} == {"reach": False, "need": True}
    for name, trace in drawn.items():
        assert sorted(trace.locations) == sorted(areas.index)
        classes = layers[name].classes
        colours = {
            area: trace.colorscale[2 * int(value)][1] for area, value in zip(trace.locations, trace.z, strict=True)
        }
        assert colours == {area: classes[n][1] for area, n in layers[name].frame["class_"].items()}
    marks = [trace for trace in figure.data if trace.name == "g"]
    assert [trace.visible for trace in marks] == [None, False]
    assert [trace.showlegend for trace in marks] == [True, False]
    assert marks[0].hovertext == ("&lt;i&gt;x&lt;/i&gt;",)
    assert figure.layout.meta["alt"] == layers["need"].alt
