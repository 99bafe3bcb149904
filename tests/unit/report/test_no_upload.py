"""No figure of the package can be sent to anybody from where it is shown: plotly's tool bar has a button for that."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
import plotly.io as pio
import pytest

from outreach_analysis.measures.coverage import accessibility
from outreach_analysis.measures.flows import FlowResult
from outreach_analysis.report import figure
from outreach_analysis.report.figure import CONFIG
from outreach_analysis.report.notebooks import RENDERER, use_offline_plotly
from outreach_analysis.report.topics import account, maps, measures, people, plan_page, ranking, turnout
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

PLOTS = {
    name: getattr(module, name)
    for module in (figure, account, maps, measures, people, plan_page, ranking, turnout)
    for name in dir(module)
    if name.startswith("plot_")
}
FLOWS = FlowResult(
    by_flow=pd.DataFrame([("64.72.01", "HULU", 60, 22.0)], columns=["area_id", "site_id", "applicants", "km"]),
    applicants=200,
    least_published=10,
    left_out=pd.Series({"small_flow": 15, "kabupaten_only": 5}),
)
BACKTESTED = pd.DataFrame(
    {"date": [pd.Timestamp("2026-02-01")], "place": "Mal", "ci_low": 20, "median": 40, "ci_high": 90, "came": 95}
).assign(inside=False)


def arguments(analysis: Study) -> dict[str, Any]:
    """What functions that draw are given, by the names of their parameters."""
    return {
        "areas": analysis.dataset.areas,
        "sites": analysis.sites,
        "backtested": BACKTESTED,
        "catchment": analysis.catchment,
        "audience": analysis.audience,
        "uptake": analysis.audience.uptake,
        "impact": analysis.impact,
        "coverage": analysis.coverage,
        "result": accessibility(
            areas=analysis.dataset.areas, costs=analysis.costs, capacity=pd.Series({"KANIM": 100.0}), threshold_km=30.0
        ),
        "turnout": analysis.turnout,
        "visits": pd.Series(1, index=analysis.reach.by_area.index),
        "flows": FLOWS,
        "ledger": analysis.ledger,
        "equity": analysis.planning.equity,
        "plan": analysis.planning.longer,
        "need": analysis.need,
        "ranking": analysis.ranking,
        "reach": analysis.reach,
        "layer": figure.reach_layer(analysis.reach, analysis.dataset.areas, Words("en")),
        "words": Words("en"),
    }


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_no_figure_offers_to_upload_itself(name: str, analysis: Study) -> None:
    plot, given = PLOTS[name], arguments(analysis)
    needed = [at.name for at in inspect.signature(plot).parameters.values() if at.default is inspect.Parameter.empty]
    drawn = plot(**{at: given[at] for at in needed})
    assert drawn.layout.modebar.remove == ("sendChartToCloud",)


def test_where_figures_are_shown_there_is_no_tool_bar() -> None:
    assert len(PLOTS) > 10
    before = pio.renderers.default
    try:
        use_offline_plotly()
        shown = pio.renderers[RENDERER].config
    finally:
        pio.renderers.default = before
    for config in (CONFIG, shown):
        assert config["displayModeBar"] is False
        assert config["showSendToCloud"] is False
        assert config["displaylogo"] is False
        assert config["plotlyServerURL"] == ""
