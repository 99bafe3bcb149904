"""The map of flows: lines from origin to place, their widths, words in two languages, nothing that is not told."""

from __future__ import annotations

from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from outreach_analysis.measures.flows import FlowResult
from outreach_analysis.report.static import static_figure
from outreach_analysis.report.topics.maps import WIDEST, describe_flow, plot_flow
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

LEFT_OUT = pd.Series({"small_flow": 15, "kabupaten_only": 5})


def flow_result(*rows: tuple[str, str, int, float]) -> FlowResult:
    by_flow = pd.DataFrame(list(rows), columns=["area_id", "site_id", "applicants", "km"])
    return FlowResult(by_flow=by_flow, applicants=200, least_published=10, left_out=LEFT_OUT)


@pytest.fixture
def flows() -> FlowResult:
    return flow_result(
        ("64.72.01", "HULU", 60, 22.0),
        ("64.02.01", "HULU", 30, 1.0),
        ("64.72.02", "MALL", 30, 2.0),
        ("64.72.01", "MALL", 10, np.nan),
    )


def lines(figure: go.Figure) -> list[go.Scattergeo]:
    return [trace for trace in figure.data if trace.type == "scattergeo" and trace.mode == "lines"]


def hover_texts(figure: go.Figure) -> str:
    return "\n".join(text for trace in figure.data for text in trace.hovertext or ())


def test_a_line_leads_from_the_centre_of_each_area_to_the_place(flows: FlowResult, analysis: Study) -> None:
    areas, sites = analysis.dataset.areas, analysis.sites
    ends = {
        (trace.lon[at], trace.lat[at], trace.lon[at + 1], trace.lat[at + 1])
        for trace in lines(plot_flow(flows, areas, sites, Words("id")))
        for at in range(0, len(trace.lon), 3)
    }
    wanted = {
        (*areas.loc[area_id, ["lon", "lat"]], *sites.loc[site_id, ["lon", "lat"]])
        for area_id, site_id in zip(flows.by_flow["area_id"], flows.by_flow["site_id"], strict=True)
    }
    assert ends == wanted


def test_lines_are_as_wide_as_people_came(flows: FlowResult, analysis: Study) -> None:
    widths = [
        trace.line.width for trace in lines(plot_flow(flows, analysis.dataset.areas, analysis.sites, Words("id")))
    ]
    assert widths == pytest.approx([WIDEST, WIDEST / 2, WIDEST / 6])


def test_one_place_shows_its_own_lines_only(flows: FlowResult, analysis: Study) -> None:
    figure = plot_flow(flows, analysis.dataset.areas, analysis.sites, Words("en"), site_id="MALL")
    assert sum(len(trace.lon) // 3 for trace in lines(figure)) == 2
    assert "Balai Bersama" not in hover_texts(figure) + figure.layout.title.text
    with pytest.raises(KeyError):
        plot_flow(flows, analysis.dataset.areas, analysis.sites, Words("id"), site_id="NOWHERE")


def test_every_area_is_drawn_and_the_window_holds_every_line(flows: FlowResult, analysis: Study) -> None:
    areas: gpd.GeoDataFrame = analysis.dataset.areas
    figure = plot_flow(flows, areas, analysis.sites, Words("id"))
    drawn = [area for trace in figure.data if trace.type == "choropleth" for area in trace.locations]
    assert sorted(drawn) == sorted(areas.index)
    (west, east), (south, north) = figure.layout.geo.lonaxis.range, figure.layout.geo.lataxis.range
    for trace in lines(figure):
        assert all(west < lon < east for lon in trace.lon if lon is not None)
        assert all(south < lat < north for lat in trace.lat if lat is not None)


def test_title_hover_and_alternative_text_name_the_flow(flows: FlowResult, analysis: Study) -> None:
    areas, sites = analysis.dataset.areas, analysis.sites
    english, indonesian = (plot_flow(flows, areas, sites, Words(lang)) for lang in ("en", "id"))
    assert "Largest flow: Kota Satu to Balai Bersama, about 60 people" in english.layout.title.text
    assert "Arus terbesar: Kota Satu ke Balai Bersama, sekitar 60 orang" in indonesian.layout.title.text
    assert "about 60 to Balai Bersama (22 km)" in hover_texts(english)
    assert "sekitar 60 orang dari Kota Satu (22 km)" in hover_texts(indonesian)
    assert "From Hulu & Hilir to Balai Bersama: about 30." in english.layout.meta["alt"]
    assert "nan" not in hover_texts(english).lower()


def test_names_are_text_wherever_they_stand(flows: FlowResult, analysis: Study) -> None:
    figure = plot_flow(flows, analysis.dataset.areas, analysis.sites, Words("en"))
    shown = [text for trace in figure.data for text in (*(trace.hovertext or ()), *(trace.text or ()))]
    assert not [text for text in [*shown, figure.layout.title.text] if "<script" in text]
    assert "<script" not in static_figure(figure).drawings[0]


def test_without_flows_the_map_says_so(analysis: Study) -> None:
    empty = flow_result()
    figure = plot_flow(empty, analysis.dataset.areas, analysis.sites, Words("en"))
    assert "No flow of people is large enough to be told" in figure.layout.title.text
    assert lines(figure) == []
    said = describe_flow(empty, analysis.dataset.areas, analysis.sites, Words("en"))
    assert said == "No flow of people is large enough to be told."


def test_the_sentence_holds_the_largest_flow_and_what_is_told(flows: FlowResult, analysis: Study) -> None:
    said = describe_flow(flows, analysis.dataset.areas, analysis.sites, Words("en"))
    assert "from Kota Satu to Balai Bersama, about 60 people" in said
    assert "at least 10 people hold 65% of the applicants" in said


def test_the_static_drawing_shows_the_same_window_and_lines(flows: FlowResult, analysis: Study) -> None:
    figure = plot_flow(flows, analysis.dataset.areas, analysis.sites, Words("en"))
    drawn = static_figure(figure)
    root = ElementTree.fromstring(drawn.drawings[0])
    width, height = map(float, root.get("viewBox").split()[2:])
    circles = root.findall(".//circle")
    assert len(circles) == 5
    assert all(0 < float(c.get("cx")) < width and 0 < float(c.get("cy")) < height for c in circles)
    strokes = [float(path.get("stroke-width")) for path in root.findall(".//path") if path.get("fill") == "none"]
    assert sorted(strokes) == pytest.approx([WIDEST / 6, WIDEST / 2, WIDEST / 2, WIDEST], abs=0.1)
    assert [(entry.label, entry.mark) for entry in drawn.legend][2] == ("thin: about 10 people, wide: 60", "line")
