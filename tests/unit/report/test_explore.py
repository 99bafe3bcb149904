"""What the explorer and the what-if show, without a browser: controls, a click, and what is told of two studies."""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys

import pytest

from outreach_analysis.report.explore import (
    explore,
    tabulate_area_events,
    tabulate_area_months,
    tabulate_place,
    what_if,
)
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

FIGURE = "application/vnd.plotly.v1+json"


@pytest.fixture
def area(analysis: Study) -> str:
    came = analysis.counts.groupby("area_id")["applicants"].sum()
    return str(came.idxmax())


def test_people_of_an_area_are_rounded_unless_the_study_is_internal(analysis, area):
    counts = analysis.counts[(analysis.counts["area_id"] == area) & (analysis.counts["applicants"] > 0)]
    held = counts[counts["event_id"].isin(analysis.held.index)]
    exact = dataclasses.replace(analysis, internal=True)
    for tabulate in (tabulate_area_events, tabulate_area_months):
        shown = [int(row[-1]) for row in tabulate(analysis, area, Words("en")).rows]
        assert shown
        assert all(number % analysis.rounding_base == 0 for number in shown)
        assert sum(int(row[-1]) for row in tabulate(exact, area, Words("en")).rows) == held["applicants"].sum()


def test_a_place_is_told_with_its_rank_or_the_reason_against_it(analysis):
    first = analysis.ranking.by_site.index[0]
    (row,) = tabulate_place(analysis, first, Words("en")).rows
    assert analysis.sites["name"][first] in row[0]
    if len(analysis.ranking.excluded):
        table = tabulate_place(analysis, analysis.ranking.excluded.index[0], Words("en"))
        assert (table.headers[-1], len(table.rows)) == ("Why not", 1)
        assert table.rows[0][-1]


def test_controls_cut_the_study_and_a_page_keeps_the_map(analysis):
    explorer = explore(analysis, lang="en")
    assert explorer.chosen is analysis
    assert [control.index for control in explorer._controls.values()] == [0] * 5
    kabupaten = explorer._controls["kabupaten"]
    kabupaten.value = kabupaten.options[1][1]
    assert explorer.chosen.areas["parent_name"].unique().tolist() == [kabupaten.value]
    kabupaten.value = kabupaten.options[0][1]
    assert explorer.chosen is analysis
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    drawn = [area for trace in bundle[FIGURE]["data"] for area in trace.get("locations", ())]
    assert sorted(drawn) == sorted(analysis.areas.index)


def test_two_studies_are_told_by_the_names_of_their_places(analysis):
    other = analysis.with_settings(threshold_km=5)
    compared = analysis.compare(other)
    rows = {row[0]: row[1:] for row in compared.table(lang="en").rows}
    assert rows["service_threshold_km"] == ("30.0", "5")
    first = analysis.sites["name"][analysis.ranking.by_site.index[0]]
    assert rows["Place 1 of the ranking"][0] == first
    assert first in compared.text(lang="en")[0]
    assert compared.table(lang="id").caption != compared.table(lang="en").caption


def test_where_one_study_has_no_place_to_visit_the_other_is_named(analysis):
    compared = analysis.compare(analysis)
    numbers = compared.numbers.copy()
    numbers.loc["place 1 of the ranking", "there"] = ""
    numbers.loc["expected additional people there", "there"] = 0.0
    (said,) = dataclasses.replace(compared, numbers=numbers).shown_in(analysis).text(lang="en")
    first = analysis.sites["name"][analysis.ranking.by_site.index[0]]
    assert said.startswith(f"Only in one of them may a place be visited: {first}, with about")


@pytest.mark.slow
def test_only_what_was_moved_changes(planned):
    asked = what_if(planned, lang="en")
    assert asked._repr_mimebundle_()["text/html"].count("<caption>") == 1
    asked._compute(None)
    assert asked.changed is planned
    asked._controls["share"].value = 90
    asked._compute(None)
    assert asked.changed.displacement.pooled == 0.9
    assert asked.changed.settings == planned.settings
    captions = re.findall("<caption>(.*?)</caption>", asked._html())
    assert captions[0] == "Two studies compared"
    assert captions[2] == f"{captions[1]}, as changed above"


def test_without_widgets_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.delitem(sys.modules, "outreach_analysis.report.explore", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'outreach-analysis\[lab\]'"):
        importlib.import_module("outreach_analysis.report.explore")
