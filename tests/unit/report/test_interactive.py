"""The report's figures: as drawings alone, or with their interactive forms packed beside them where asked for."""

import base64
import gzip
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

from outreach_analysis.report.page import render_report
from outreach_analysis.report.topics.maps import map_section
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


@pytest.fixture(scope="module")
def page(planned: Study) -> str:
    return render_report(planned, lang="en", interactive=True)


@pytest.fixture(scope="module")
def packed(page: str) -> list[dict]:
    found = re.search(r'id="figures">(.*?)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(found.group(1))))


@pytest.mark.slow
def test_the_report_holds_no_plotly_unless_asked_for(planned: Study, page: str) -> None:
    plain = render_report(planned, lang="en")
    assert "plotly" not in plain.lower()
    assert "application/gzip" not in plain
    assert len(plain.encode()) < 700_000
    assert "plotly-code" in page


def test_every_drawing_with_a_number_has_its_figure(page: str, packed: list[dict]) -> None:
    numbers = [int(number) for number in re.findall(r'data-figure="(\d+)"', page)]
    assert numbers == list(range(len(packed)))
    assert len(packed) >= 5
    assert all(figure["config"]["displayModeBar"] is False for figure in packed)


@pytest.mark.slow
def test_outlines_stand_in_the_file_once(planned: Study) -> None:
    plain = render_report(planned, lang="en")
    assert len(re.findall(r'<path id="o\d+"', plain)) == 105
    layers = re.findall(r'<g data-layer="(\w+)"( hidden="")?><g transform', plain)
    # no office figures, no map of need; the close-up has the same layers
    assert layers == [("coverage", ""), ("reach", ' hidden=""'), ("plan", ' hidden=""')] * 2


def numbers_on_axes(trace: dict) -> Iterator[np.ndarray]:
    """Everything that stands on an axis, unpacked."""
    for axis in ("x", "y"):
        spread = trace.get(f"error_{axis}", {})
        for values in (trace.get(axis), spread.get("array"), spread.get("arrayminus")):
            if isinstance(values, dict):
                yield np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
            elif values:
                yield np.array(values, dtype=float)


def test_the_file_holds_no_finer_numbers_than_can_be_seen(packed: list[dict]) -> None:
    charts = [figure for figure in packed if "geo" not in figure["layout"]]
    found = [values for chart in charts for trace in chart["data"] for values in numbers_on_axes(trace)]
    assert len(found) > 10
    for values in found:
        known = values[np.isfinite(values)]
        # enough for a picture, too little to solve a forecast for the people it was made from
        np.testing.assert_array_equal(known, np.round(known, 4 if np.abs(known).max() < 1 else 3))


def test_marks_tell_places_visits_and_days(planned: Study) -> None:
    figure, _ = map_section(planned, Words("en")).blocks[0].content["figures"][0]
    told = [text for trace in figure.data if trace.hovertext for text in trace.hovertext]
    assert any("last pop-up on 17 October 2026, 1 in all" in text for text in told)
    (plan,) = [trace for trace in figure.data if trace.meta == {"layer": "plan"} and trace.hovertext]
    assert len(plan.lon) == planned.planning.schedule.events["site_id"].nunique()
    assert plan.hovertext[0].startswith("1. ")
    ranked = [trace for trace in figure.data if trace.meta == {"layer": "reach need coverage"}]
    assert sum(len(trace.lon) for trace in ranked) == min(len(planned.ranking.by_site), 5) - 1
    (star,) = [trace for trace in figure.data if trace.type == "scattergeo" and trace.marker.symbol == "star"]
    assert star.meta is None, "on every layer"
    best = planned.ranking.by_site.loc[planned.ranking.recommended]
    assert (star.lon, star.lat) == ((best["lon"],), (best["lat"],))
