"""Figures on demand: named as the page asks for them, outlines packed once, what has nothing to show left out."""

import base64
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

from outreach_analysis.report.page import figures_text, interactive_figures, layered_map, own_file, render_report
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


@pytest.fixture(scope="module")
def packed(planned: Study) -> dict:
    return json.loads(figures_text(interactive_figures(planned, Words("en"))))


def test_outlines_stand_in_the_file_once(packed: dict) -> None:
    assert len(packed["outlines"]) == 1
    assert len(packed["outlines"][0]["features"]) == 105
    layers = [trace for trace in packed["figures"]["map"]["data"] if trace["type"] == "choropleth"]
    assert [trace["geojson"] for trace in layers] == [0] * len(layers)
    # no office figures, no map of need
    assert [trace["meta"]["layer"] for trace in layers] == ["reach", "coverage", "plan"]


def test_every_button_of_the_page_has_its_figure_and_every_figure_its_button(planned: Study, packed: dict) -> None:
    page = render_report(planned, lang="en")
    asked = set(re.findall(r'data-figure="(\w+)"', page))
    assert asked == set(packed["figures"])
    for name in asked:
        assert f'id="interactive-{name}"' in page
    assert "aria-controls" in own_file("report.js")


def numbers_on_axes(trace: dict) -> Iterator[np.ndarray]:
    """Everything that stands on an axis, unpacked."""
    for axis in ("x", "y"):
        spread = trace.get(f"error_{axis}", {})
        for values in (trace.get(axis), spread.get("array"), spread.get("arrayminus")):
            if isinstance(values, dict):
                yield np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
            elif values:
                yield np.array(values, dtype=float)


def test_the_file_holds_no_finer_numbers_than_can_be_seen(packed: dict) -> None:
    charts = [figure for name, figure in packed["figures"].items() if name != "map"]
    found = [values for chart in charts for trace in chart["data"] for values in numbers_on_axes(trace)]
    assert len(found) > 15
    for values in found:
        known = values[np.isfinite(values)]
        # enough for a picture, too little to solve a forecast for the people it was made from
        np.testing.assert_array_equal(known, np.round(known, 4 if np.abs(known).max() < 1 else 3))


def test_without_judged_events_there_is_no_figure_of_them(planned: Study) -> None:
    assert "past" not in interactive_figures(planned, Words("en"))


def test_marks_tell_places_visits_and_days(planned: Study) -> None:
    figure = layered_map(planned, Words("en"))
    published = {trace.meta["places"]: trace for trace in figure.data if "places" in trace.meta}
    assert list(published) == ["fixed", "event", "candidate", "plan"]
    assert len(published["candidate"].lon) == len(planned.ranking.by_site)
    assert any("1 pop-ups, last on 17 October 2026" in text for text in published["event"].hovertext)
    assert len(published["plan"].lon) == planned.planning.schedule.events["site_id"].nunique()
    assert published["plan"].hovertext[0].startswith("1. ")
