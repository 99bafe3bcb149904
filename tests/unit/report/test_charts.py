"""Charts show the result's numbers, whole and in the language asked for."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.report.figure import ACCENT, plain
from outreach_analysis.report.topics.account import LEDGER_COLOURS, plot_ledger
from outreach_analysis.report.topics.measures import plot_catchment
from outreach_analysis.report.topics.ranking import how_sure, plot_ranking, tabulate_ranking
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.study import Study


def test_ranking_shows_every_place_with_its_interval(analysis: Study) -> None:
    places = analysis.ranking.by_site
    (trace,) = plot_ranking(analysis.ranking, Words("en")).data
    np.testing.assert_allclose(trace.x, places["increment"], atol=0.01)
    np.testing.assert_allclose(np.array(trace.x) + trace.error_x.array, places["ci_high"], atol=0.02)
    np.testing.assert_allclose(np.array(trace.x) - trace.error_x.arrayminus, places["ci_low"], atol=0.02)


def test_an_order_by_weights_is_not_said_to_be_one_of_people(analysis: Study) -> None:
    ranking = analysis.ranking
    turned = ranking.by_site.iloc[::-1]
    assert turned["increment"].is_monotonic_increasing
    by_weights = dataclasses.replace(ranking, by_site=turned, leader=turned.index[0], recommended=turned.index[0])
    title = plot_ranking(by_weights, Words("en")).layout.title.text
    assert title.startswith("By the stated weights ")
    assert "adds most" not in title
    assert "adds most: about" in plot_ranking(ranking, Words("en")).layout.title.text
    assert tabulate_ranking(by_weights, Words("en")).caption.endswith("ordered by the stated weights")
    assert tabulate_ranking(ranking, Words("en")).caption.endswith("most additional people first")
    assert "stands first by the stated weights" in how_sure(by_weights, Words("en"))
    assert "stated weights" not in how_sure(ranking, Words("en"))


def test_ranking_shows_no_more_than_asked_for(analysis: Study) -> None:
    (trace,) = plot_ranking(analysis.ranking, Words("id"), top=1).data
    assert len(trace.x) == 1


def test_recommended_place_alone_is_in_the_accent_colour(analysis: Study) -> None:
    ranking = analysis.ranking
    (trace,) = plot_ranking(ranking, Words("id")).data
    accented = [
        site for site, colour in zip(ranking.by_site.index, trace.marker.color, strict=True) if colour == ACCENT
    ]
    assert accented == [ranking.recommended]


def test_places_of_the_same_name_keep_a_row_each(no_history: Study) -> None:
    names = no_history.ranking.by_site["name"]
    assert names.duplicated().any()
    figure = plot_ranking(no_history.ranking, Words("id"))
    assert len(set(figure.data[0].y)) == len(names)
    assert len(set(figure.layout.yaxis.ticktext)) == len(names)


def test_ranking_without_eligible_place_says_so(nothing_eligible: Study) -> None:
    figure = plot_ranking(nothing_eligible.ranking, Words("en"))
    assert not figure.data
    assert figure.layout.title.text.startswith("No place can be visited next")


def test_hostile_names_are_text(analysis: Study) -> None:
    figure = plot_ranking(analysis.ranking, Words("id"))
    assert "&lt;script&gt;" in plot_ranking(analysis.ranking, Words("id")).data[0].hovertext[0]
    assert "script" not in plot_ledger(analysis.dataset.ledger, Words("id")).to_json()
    assert "<script>" not in plot_ranking(analysis.ranking, Words("id")).layout.title.text
    # the alternative text is no markup and keeps the name as it is; nothing else does
    assert figure.layout.meta["alt"].startswith("<script>alert('x')</script> ")
    rest = figure.update_layout(meta=None).to_json()
    assert "&lt;script&gt;" in rest
    assert not re.search(r"(<|\\u003c)(/|\\/|\\u002f)?script|script(>|\\u003e)", rest)


def test_plain_text_leaves_no_tag_and_escapes_once() -> None:
    assert plain("<b>&amp;") == "&lt;b&gt;&amp;amp;"


def test_catchment_shows_the_three_distances(analysis: Study) -> None:
    figure = plot_catchment(analysis.catchment, Words("en"))
    overall = analysis.catchment.overall
    assert list(figure.data[0].x) == [overall["km_50"], overall["km_80"], overall["km_95"]]
    assert figure.layout.yaxis.ticktext == ("50% of applicants", "80% of applicants", "95% of applicants")
    assert figure.layout.title.text.startswith(f"Half of the applicants live within {overall['km_50']:.0f} km")


def test_catchment_without_history_says_so(no_history: Study) -> None:
    figure = plot_catchment(no_history.catchment, Words("en"))
    assert not figure.data
    assert "No pop-up has been held yet" in figure.layout.title.text


def test_ledger_bars_are_the_rows_set_apart(analysis: Study) -> None:
    ledger = analysis.dataset.ledger
    figure = plot_ledger(ledger, Words("en"))
    drawn = {trace.name: sum(trace.x) for trace in figure.data}
    counts = ledger.summary()["estimate"]
    assert drawn == {"For review": counts["review"], "Rejected": counts["rejected"], "Skipped": counts["skipped"]}
    assert [trace.marker.color for trace in figure.data] == [
        LEDGER_COLOURS[name] for name in ("review", "rejected", "skipped")
    ]


def test_ledger_without_fault_has_no_bars(clean_ledger: IntakeLedger) -> None:
    figure = plot_ledger(clean_ledger, Words("en"))
    assert not figure.data
    assert figure.layout.title.text == (
        "100.0% of the rows could be used as they stand<br><sub>Rows set apart, by file; 2 of 2 files have none</sub>"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "draw",
    [
        lambda analysis, lang: plot_ranking(analysis.ranking, Words(lang)),
        lambda analysis, lang: plot_catchment(analysis.catchment, Words(lang)),
        lambda analysis, lang: plot_ledger(analysis.dataset.ledger, Words(lang)),
    ],
    ids=["ranking", "catchment", "ledger"],
)
def test_every_chart_has_alternative_text_and_written_ticks(
    analysis: Study, draw: Callable[[Study, Language], object], lang: Language
) -> None:
    figure = draw(analysis, lang)
    assert figure.layout.meta["alt"].endswith(".")
    axis = figure.layout.xaxis
    assert axis.tickvals[0] == 0
    assert axis.range[0] == 0
    assert list(axis.ticktext) == [
        Words(lang).number(tick, digits=0 if tick == round(tick) else 1) for tick in axis.tickvals
    ]
    assert axis.range[1] >= max(max(trace.x) for trace in figure.data)
