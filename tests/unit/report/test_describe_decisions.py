"""Sentences about the next place, for a notebook."""

import pytest

from outreach_analysis.report.topics.answer import (
    describe_day,
    describe_excluded,
    describe_next_site,
)
from outreach_analysis.report.topics.ranking import how_sure
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.study import Study


def test_answer_begins_with_place_and_day(analysis: Study) -> None:
    said = describe_next_site(analysis.ranking, analysis.dataset.areas, Words("en"))
    assert said[0] == "Proposed next place: <script>alert('x')</script>, Sunday, 6 December 2026"
    assert [text.split(":")[0] for text in said[3:]] == [
        "Why here",
        "How sure",
        "Runner-up",
        "What could change it",
        "Since the last decision",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_eligible_place_leaves_nothing_blank(nothing_eligible: Study, lang: Language) -> None:
    ranking, areas = nothing_eligible.ranking, nothing_eligible.dataset.areas
    said = describe_next_site(ranking, areas, Words(lang))
    assert len(said) == 2
    assert all(said)
    assert how_sure(ranking, Words(lang)) == ""
    assert describe_day(ranking, Words(lang)) == ""


def test_order_says_what_it_rests_on(analysis: Study) -> None:
    assert how_sure(analysis.ranking, Words("en")).startswith("Low confidence (prior only): ")
    assert "Lokasi lain yang setara: " in how_sure(analysis.ranking, Words("id"))


def test_excluded_places_are_counted_by_rule(analysis: Study) -> None:
    assert describe_excluded(analysis.ranking, Words("en")) == (
        "4 of 6 candidate places may not be visited next, 1 of them because not enough people there have asked."
    )


def test_day_is_the_first_suitable_one(analysis: Study) -> None:
    assert describe_day(analysis.ranking, Words("en")) == (
        "The first suitable day, at least 14 days ahead, is Sunday, 6 December 2026."
    )
    assert describe_day(analysis.ranking, Words("id")).endswith("adalah Minggu, 6 Desember 2026.")
