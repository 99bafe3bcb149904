"""Sentences of measures hold the result's numbers, in each situation a dataset can be in."""

import dataclasses
from typing import Any

import pytest

from outreach_analysis.measures.attendance import attendance_by_event
from outreach_analysis.report.topics.answer import main_points
from outreach_analysis.report.topics.measures import (
    describe_catchment,
    describe_coverage,
    describe_events,
    describe_extremes,
    describe_interest,
    describe_need,
    describe_past,
    describe_reach,
    describe_thresholds,
)
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.study import Study


def points(analysis: Study, lang: Language) -> tuple[str, ...]:
    return main_points(analysis, Words(lang))


def test_reach_counts_events_and_kecamatan(analysis: Study) -> None:
    assert describe_reach(analysis.reach, analysis.dataset.events, Words("en"), came=analysis.came) == (
        "Pop-ups since February 2026: 2; about 180 people came, and where 100% of them live is known. About 160 live "
        "in the working area, in 4 of its 5 kecamatan."
    )
    some = analysis.came.assign(unplaced=[0, 40])
    assert "where 77% of them live" in describe_reach(analysis.reach, analysis.dataset.events, Words("en"), came=some)
    assert describe_reach(analysis.reach, analysis.dataset.events, Words("id"), came=analysis.came).startswith(
        "Sejak Februari 2026, 2 kegiatan jemput bola melayani sekitar 180 pemohon; "
    )


def test_people_served_are_those_of_the_working_area(analysis: Study) -> None:
    assert analysis.reach.summary()["applicants"]["jurisdiction"] == 160


def test_reach_of_a_single_event(analysis: Study) -> None:
    events = analysis.dataset.events.loc[["E2"]]
    assert describe_reach(analysis.reach, events, Words("en"), came=analysis.came).startswith(
        "Pop-ups since October 2026: 1; "
    )


def test_without_history_nothing_is_said_of_who_came(no_history: Study) -> None:
    text = describe_reach(no_history.reach, no_history.dataset.events, Words("en"), came=no_history.came)
    assert text == "No pop-up has been held yet, so nothing can be said about who came."
    assert describe_catchment(no_history.catchment, Words("en")) == ""


def test_events_are_counted_by_status(analysis: Study, no_history: Study) -> None:
    assert describe_events(analysis.dataset.events, Words("en")) == "Pop-ups held: 2, at 2 places; planned: 1."
    assert describe_events(no_history.dataset.events, Words("en")) == "Pop-ups held: 0, at 0 places; planned: 0."


def test_openings_at_the_office_and_what_broke_off_are_told_apart(analysis: Study) -> None:
    events = analysis.dataset.events.assign(programme="visit")
    first, second = events.index[events["status"] == "held"]
    events.loc[first, "status"] = "failed"
    events.loc[second, "programme"] = "office"
    assert describe_events(events, Words("en")) == (
        "Pop-ups held: 0, at 0 places; planned: 1. "
        "Broken off: 1; their people count, but nothing is learned from them. "
        "Openings at the office: 1; they are no pop-ups, and their people count as the office's."
    )


def test_extremes_name_highest_and_lowest_with_their_intervals(analysis: Study) -> None:
    text = describe_extremes(analysis.reach, Words("en"))
    assert text.startswith("Highest in Hulu & Hilir (21.7 per 10,000 residents, 90% range ")
    assert "lowest in Jauh (0.0 per 10,000 residents, 90% range 0.0–" in text
    assert "Tetangga" not in text


def test_extremes_need_two_areas(analysis: Study) -> None:
    one = dataclasses.replace(analysis.reach, by_area=analysis.reach.by_area.head(1))
    assert describe_extremes(one, Words("id")) == ""


def test_catchment_names_the_distance_and_the_share_from_elsewhere(analysis: Study) -> None:
    overall = analysis.catchment.overall
    assert describe_catchment(analysis.catchment, Words("en")) == (
        f"Half of the applicants live within {overall['km_50']:.0f} km of the pop-up; "
        f"{overall['share_outside_host']:.0%} come from outside the kabupaten in which it was held."
    )


def test_coverage_tells_what_hangs_on_pop_ups(analysis: Study) -> None:
    text = describe_coverage(analysis.coverage_by_threshold[30.0], Words("en"), settings=analysis.settings)
    assert text == (
        "37% of residents live within 30 km of a fixed service point; another 43% only of a pop-up of the last 12 "
        "months."
    )


def test_thresholds_compare_the_nearest_with_the_widest(analysis: Study) -> None:
    text = describe_thresholds(analysis.coverage_by_threshold, Words("en"))
    assert text.startswith("The choice of distance matters: with 15 km the share is ")
    assert f"with 60 km it is {analysis.coverage_by_threshold[60.0].share:.0%}." in text
    assert describe_thresholds({30.0: analysis.coverage_by_threshold[30.0]}, Words("id")) == ""


def test_need_names_at_most_three_places(analysis: Study) -> None:
    total = analysis.need.summary().loc["need"]
    people, low, high = (round(float(total[name]) / 100) * 100 for name in ("estimate", "ci_low", "ci_high"))
    assert describe_need(analysis.need, Words("en")) == (
        f"If every kecamatan were served as well as the well-served ones, there would be about {people} more "
        f"applications in 12 months ({low}–{high}, as one defines well served), most of them in Hulu & Hilir, Tepi and "
        "Jauh."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_need_is_not_told_without_office_figures(no_history: Study, analysis: Study, lang: Language) -> None:
    assert describe_need(no_history.need, Words(lang)) == ""
    alone = dataclasses.replace(analysis.need, source="pop-ups only")
    assert describe_need(alone, Words(lang)) == ""


def test_no_need_is_said(analysis: Study) -> None:
    served = dataclasses.replace(analysis.need, by_area=analysis.need.by_area.assign(need=0.0))
    assert describe_need(served, Words("en")) == "Every kecamatan is served as well as the well-served ones."


def test_interest_names_kecamatan_never_people(analysis: Study) -> None:
    text = describe_interest(analysis.interest, Words("en"))
    assert text == "More than 20 people have asked for a pop-up in Hulu & Hilir."
    assert "30" not in text


def test_interest_above_the_threshold_nowhere_is_said(analysis: Study) -> None:
    below = dataclasses.replace(analysis.interest, by_area=analysis.interest.by_area.assign(above_threshold=False))
    assert describe_interest(below, Words("en")) == "In no kecamatan have more than 20 people asked for a pop-up."
    assert (
        describe_interest(below, Words("id")) == "Belum ada kecamatan dengan lebih dari 20 peminat layanan jemput bola."
    )


def past(analysis: Study, lang: Language = "en") -> str:
    return describe_past(analysis.events, analysis.came, Words(lang))


def test_past_pop_ups_have_a_range_of_applicants_and_no_claim(analysis: Study) -> None:
    assert past(analysis) == "Pop-ups held: 2; applicants at each: 80 to 100, middle value 90."
    assert past(analysis, "id") == "Kegiatan terlaksana: 2; pemohon per kegiatan: 80 sampai 100, nilai tengah 90."


def test_past_pop_ups_are_those_held_and_rounded_unless_exact(analysis: Study) -> None:
    one = describe_past(analysis.events.loc[["E2", "E3", "E4"]], analysis.came, Words("en"))
    assert one.startswith("Pop-ups held: 1; applicants at each: 80.")
    exact = describe_past(analysis.events, attendance_by_event(analysis.dataset), Words("en"))
    assert exact.startswith("Pop-ups held: 2; applicants at each: 78 to 98, middle value 88.")


def test_of_no_past_pop_up_nothing_is_said(no_history: Study) -> None:
    assert past(no_history) == ""


def test_no_interest_list_is_not_no_interest(no_history: Study) -> None:
    assert describe_interest(no_history.interest, Words("en")) == (
        "Interest was not assessed: there is no list of interested people."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_main_points_are_three_to_six_sentences(analysis: Study, no_history: Study, lang: Language) -> None:
    for result in (analysis, no_history):
        said = points(result, lang)
        assert 3 <= len(said) <= 6
        assert all(text.endswith(".") for text in said)
    assert len(points(analysis, lang)) == 6


def test_main_points_differ_between_languages(analysis: Study) -> None:
    both: list[Any] = [set(points(analysis, lang)) for lang in LANGUAGES]
    assert not both[0] & both[1]
