"""What is said of a ranking in each situation it can be in."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.presentation.wording.limits import limits
from outreach_analysis.presentation.wording.sentences import (
    area_text,
    exclusion_text,
    first_screen,
    how_sure,
    period_text,
    reason_text,
)
from outreach_analysis.presentation.wording.words import LANGUAGES, Language, Words
from outreach_analysis.reporting.analysis import Analysis

ID, EN = Words("id"), Words("en")


def with_ties(ranking: RankingResult, tied: list[bool], **changes: Any) -> RankingResult:
    return dataclasses.replace(ranking, by_site=ranking.by_site.assign(tied=tied), **changes)


def rows_of(analysis: Analysis, words: Words, ranking: RankingResult | None = None) -> dict[str, str]:
    return dict(first_screen(ranking or analysis.ranking, analysis.dataset.areas, words).rows)


def test_first_screen_names_place_day_people_and_area(analysis: Analysis) -> None:
    screen = first_screen(analysis.ranking, analysis.dataset.areas, EN)
    best = analysis.ranking.by_site.loc["JAUH"]
    assert screen.heading == "Proposed next place: Pesantren Jauh, Sunday, 6 December 2026"
    assert screen.where == "Kecamatan Jauh, Kabupaten <b>Contoh</b>"
    assert screen.lead == (
        f"About {best['people']:.0f} people are expected to come (90% range: {best['people_low']:.0f}–"
        f"{best['people_high']:.0f}). About {best['increment']:.0f} of them "
        f"({best['ci_low']:.0f}–{best['ci_high']:.0f}) are additional: they are expected not to apply at the office if "
        "the pop-up is not held."
    )
    assert [label for label, _ in screen.rows] == [
        "Why here",
        "How sure",
        "Runner-up",
        "What could change it",
    ]


def test_first_screen_in_indonesian(analysis: Analysis) -> None:
    screen = first_screen(analysis.ranking, analysis.dataset.areas, ID)
    assert screen.heading == "Usulan lokasi berikutnya: Pesantren Jauh, Minggu, 6 Desember 2026"
    assert screen.lead.startswith("Sekitar ")
    assert [label for label, _ in screen.rows] == [
        "Mengapa di sini",
        "Seberapa yakin",
        "Pilihan kedua",
        "Yang dapat mengubah usulan ini",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_eligible_place_is_said_and_nothing_is_promised(nothing_eligible: Analysis, lang: Language) -> None:
    screen = first_screen(nothing_eligible.ranking, nothing_eligible.dataset.areas, Words(lang))
    assert screen.heading == Words(lang).say("No place can be visited next")
    assert screen.where == ""
    assert screen.rows == ()
    assert not any(character.isdigit() for character in screen.lead)


@pytest.mark.parametrize(
    ("decided_by", "because"),
    [
        ("need", "This place was chosen because most unmet need lies around it."),
        ("day", "most unmet need lies around it and its day is the nearest."),
        ("rank", "most unmet need lies around it and, where that is equal, it adds most people."),
    ],
)
def test_a_tie_names_the_others_and_what_decided(analysis: Analysis, decided_by: str, because: str) -> None:
    text = how_sure(with_ties(analysis.ranking, [True, True], decided_by=decided_by), EN)
    assert "Nearly as good: <script>alert('x')</script>. This place was chosen because " in text
    assert text.endswith(because)


def test_without_a_tie_no_other_place_is_named(analysis: Analysis) -> None:
    alone = with_ties(analysis.ranking, [False, True], decided_by="no_tie")
    text = how_sure(alone, EN)
    assert text.endswith("No other place comes close in the order.")
    assert "Nearly as good" not in text


def test_a_long_tie_is_cut_to_three_names(analysis: Analysis) -> None:
    row = analysis.ranking.by_site.loc[["JAUH"]]
    many = pd.concat([row.assign(name=f"Tempat {n}").set_axis([f"T{n}"]) for n in range(5)])
    by_site = pd.concat([row, many]).assign(tied=True)
    ranking = dataclasses.replace(analysis.ranking, by_site=by_site, recommended="JAUH", decided_by="need")
    assert (
        "The choice is less sure: 5 other places are nearly as good, among them Tempat 0, Tempat 1 and Tempat 2. "
        in how_sure(ranking, EN)
    )


@pytest.mark.parametrize(
    ("lang", "start"), [("en", "Low confidence (prior only): "), ("id", "Keyakinan rendah (baru asumsi awal): ")]
)
def test_a_forecast_from_the_prior_alone_says_so(no_history: Analysis, lang: Language, start: str) -> None:
    assert no_history.ranking.status == "prior_only"
    assert rows_of(no_history, Words(lang))[Words(lang).say("How sure")].startswith(start)


def test_the_only_eligible_place_has_no_runner_up(analysis: Analysis) -> None:
    one = analysis.ranking.by_site.loc[["JAUH"]]
    alone = dataclasses.replace(analysis.ranking, by_site=one, leader="JAUH", decided_by="no_tie")
    assert "Runner-up" not in rows_of(analysis, EN, alone)


def test_the_runner_up_is_the_best_of_the_others(analysis: Analysis) -> None:
    other = analysis.ranking.by_site.loc["MALL"]
    assert rows_of(analysis, EN)["Runner-up"] == (
        f"<script>alert('x')</script>, about {other['people']:.0f} people ({other['people_low']:.0f}–"
        f"{other['people_high']:.0f}), {other['increment']:.0f} of them additional."
    )


def places(ranking: RankingResult, rows: dict[str, dict[str, Any]]) -> RankingResult:
    """The ranking with these places instead, the first recommended; what is not given is as at JAUH."""
    row = ranking.by_site.loc[["JAUH"]]
    by_site = pd.concat([row.assign(name=site, **given).set_axis([site]) for site, given in rows.items()])
    first = next(iter(rows))
    by_site = by_site.assign(tied=[True] + [False] * (len(rows) - 1))
    return dataclasses.replace(ranking, by_site=by_site, leader=first, recommended=first, decided_by="no_tie")


def test_a_runner_up_of_the_same_kabupaten_is_joined_by_the_best_outside_it(analysis: Analysis) -> None:
    near = {"kabupaten": "Kutai Timur", "people": 40.0, "people_low": 10.0, "people_high": 90.0, "increment": 30.0}
    far = near | {"kabupaten": "Berau", "people": 35.0, "increment": 21.0}
    ranking = places(analysis.ranking, {"A": near, "B": near, "C": near, "D": far, "E": far})
    assert rows_of(analysis, EN, ranking)["Runner-up"] == (
        "B, about 40 people (10–90), 30 of them additional. "
        "Outside Kutai Timur: D, about 35 people (10–90), 21 of them additional."
    )
    assert "Di luar Kutai Timur: D, sekitar 35 orang (10–90), " in rows_of(analysis, ID, ranking)["Pilihan kedua"]


@pytest.mark.parametrize("kabupaten", ["Kutai Timur", "Berau"])
def test_nothing_is_added_where_the_runner_up_lies_outside_or_nobody_does(analysis: Analysis, kabupaten: str) -> None:
    ranking = places(analysis.ranking, {"A": {"kabupaten": "Kutai Timur"}, "B": {"kabupaten": kabupaten}})
    text = rows_of(analysis, EN, ranking)["Runner-up"]
    assert text.startswith("B, about ")
    assert "Outside" not in text


def test_a_busier_place_with_few_additional_people_is_named_with_both_numbers(analysis: Analysis) -> None:
    chosen, mall = {"people": 40.0, "increment": 30.0}, {"people": 110.0, "increment": 12.0}
    ranking = places(analysis.ranking, {"A": chosen, "Mal": mall, "C": {"people": 70.0, "increment": 2.0}})
    assert rows_of(analysis, EN, ranking)["Why not a busier place"] == (
        "Mal would draw more people (about 110), but only about 12 of them are additional: most would come to the "
        "office anyway."
    )
    indonesian = rows_of(analysis, ID, ranking)["Mengapa bukan lokasi yang lebih ramai"]
    assert indonesian.startswith("Mal diperkirakan lebih ramai (sekitar 110 orang), tetapi hanya sekitar 12 ")


@pytest.mark.parametrize(("people", "said"), [(40.0, False), (59.9, False), (60.0, True)])
def test_a_place_counts_as_busier_from_half_as_many_people_again(analysis: Analysis, people: float, said: bool) -> None:
    chosen = {"people": 40.0, "increment": 30.0}
    ranking = places(analysis.ranking, {"A": chosen, "B": {"people": people, "increment": 5.0}})
    assert ("Why not a busier place" in rows_of(analysis, EN, ranking)) == said


def test_the_busiest_place_itself_needs_no_such_row(analysis: Analysis) -> None:
    ranking = places(analysis.ranking, {"A": {"people": 90.0}, "B": {"people": 20.0}})
    assert "Why not a busier place" not in rows_of(analysis, EN, ranking)


def test_a_place_below_the_interest_threshold_could_change_the_choice(analysis: Analysis) -> None:
    assert rows_of(analysis, EN)["What could change it"] == (
        "If interest at Balai Desa rises above 20, more people would be reached there."
    )


def test_without_such_a_place_nothing_of_the_kind_is_said(no_history: Analysis) -> None:
    assert rows_of(no_history, EN)["What could change it"] == (
        "The office's own past events, once there are enough to learn from. More interest elsewhere would not change "
        "it."
    )


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        (
            "new_within_reach",
            12000,
            "about 12,000 people live within 30 km of this place, but more than 30 km from a fixed service point",
        ),
        (
            "new_within_reach",
            12499,
            "about 12,000 people live within 30 km of this place, but more than 30 km from a fixed service point",
        ),
        (
            "new_within_reach",
            640,
            "about 640 people live within 30 km of this place, but more than 30 km from a fixed service point",
        ),
        ("new_within_reach", 0, ""),
        ("km_from_fixed_point", 41.6, "42 km from the nearest fixed service point"),
        ("km_from_fixed_point", float("nan"), ""),
        ("last_visit", pd.NaT, "this place was never visited"),
        ("last_visit", pd.Timestamp("2026-02-07"), "last visit: 7 February 2026"),
        ("interest_above", True, "interest above the threshold (more than 20)"),
        ("interest_above", False, ""),
        (
            "last_visit_nearby",
            (pd.Timestamp("2026-02-07"), "Balai Kota"),
            "last pop-up in the same kabupaten: Balai Kota, 7 February 2026",
        ),
        ("last_visit_nearby", None, ""),
        (
            "interest_not_required",
            True,
            "the rule of more than 20 interested people is for kecamatan and desa only",
        ),
        ("interest_not_required", False, ""),
    ],
)
def test_reasons(analysis: Analysis, code: str, value: object, text: str) -> None:
    assert reason_text(code, value, analysis.ranking, EN) == text
    assert bool(reason_text(code, value, analysis.ranking, ID)) == bool(text)


def test_every_reason_of_a_ranking_has_words(analysis: Analysis, no_history: Analysis) -> None:
    for result in (analysis, no_history):
        reasons = result.ranking.reasons
        texts = [
            reason_text(code, value, result.ranking, ID)
            for code, value in zip(reasons["code"], reasons["value"], strict=True)
        ]
        assert any(texts)


def test_why_leaves_out_what_has_nothing_to_say(analysis: Analysis) -> None:
    assert rows_of(analysis, EN)["Why here"].split(" · ") == [
        "about 12,000 people live within 30 km of this place, but more than 30 km from a fixed service point",
        f"{_km_to_fixed(analysis):.0f} km from the nearest fixed service point",
        "this place was never visited",
        "last pop-up in the same kabupaten: Balai Bersama, 10 October 2026",
        "the rule of more than 20 interested people is for kecamatan and desa only",
    ]


def _km_to_fixed(analysis: Analysis) -> float:
    reasons = analysis.ranking.reasons.set_index(["site_id", "code"])["value"]
    return float(reasons["JAUH", "km_from_fixed_point"])


@pytest.mark.parametrize(
    ("reason", "value", "text"),
    [
        ("outside_jurisdiction", "64.71.01", "outside the working area"),
        ("closed", pd.Timestamp("2026-01-01"), "not open on the day of the question"),
        ("already_scheduled", None, "already scheduled"),
        ("recently_visited", pd.Timestamp("2026-10-10"), "visited on 10 October 2026; again from 10 January 2027"),
        ("interest_below", None, "not more than 20 people interested"),
        ("no_free_day", None, "no free day of an allowed kind in the next 60 days"),
    ],
)
def test_exclusions(analysis: Analysis, reason: str, value: object, text: str) -> None:
    assert exclusion_text(reason, value, analysis.ranking, EN) == text
    assert exclusion_text(reason, value, analysis.ranking, ID) not in ("", text)


def test_the_end_of_the_pause_is_a_day_that_exists(analysis: Analysis) -> None:
    three_months = exclusion_text("recently_visited", pd.Timestamp("2026-11-30"), analysis.ranking, EN)
    assert three_months == "visited on 30 November 2026; again from 28 February 2027"
    settings = analysis.ranking.settings.replace(revisit_months=1)
    ranking = dataclasses.replace(analysis.ranking, settings=settings)
    text = exclusion_text("recently_visited", pd.Timestamp("2026-10-10"), ranking, ID)
    assert text == "dikunjungi pada 10 Oktober 2026; dapat dikunjungi lagi mulai 10 November 2026"


@pytest.mark.parametrize("say", [reason_text, exclusion_text])
@pytest.mark.parametrize("value", [None, 0, False, float("nan"), pd.NaT, "", 12, ("a", "b")])
def test_unknown_codes_are_refused(analysis: Analysis, say: Callable[..., str], value: object) -> None:
    with pytest.raises(KeyError, match=r"no words for the (reason|exclusion) 'because'"):
        say("because", value, analysis.ranking, EN)


def test_an_estimated_holiday_is_marked(analysis: Analysis) -> None:
    on_holiday = analysis.ranking.by_site.assign(day_kind="holiday", day_reason="Idul Fitri", day_estimated=True)
    ranking = dataclasses.replace(analysis.ranking, by_site=on_holiday)
    areas = analysis.dataset.areas
    assert first_screen(ranking, areas, ID).heading.endswith("(Idul Fitri (perkiraan))")
    known = dataclasses.replace(analysis.ranking, by_site=on_holiday.assign(day_estimated=False))
    assert first_screen(known, areas, EN).heading.endswith("(Idul Fitri)")


def test_a_place_in_a_desa_is_named_by_its_kecamatan(analysis: Analysis) -> None:
    areas = analysis.dataset.areas
    assert area_text("64.02.02.2001", areas, EN) == "Kecamatan Tepi, Kabupaten <b>Contoh</b>"
    assert area_text("31.71.01", areas, EN) == ""


def test_periods() -> None:
    assert period_text(pd.Timestamp("2024-10-12"), pd.Timestamp("2026-11-22"), ID) == (
        "Oktober 2024 sampai November 2026"
    )


def limits_of(analysis: Analysis, words: Words = EN, **changes: Any) -> list[str]:
    inputs: dict[str, Any] = {
        "areas": analysis.dataset.areas,
        "need": analysis.need,
        "costs": analysis.costs,
        "turnout": analysis.turnout,
        "rounding_base": analysis.rounding_base,
    }
    return limits(**(inputs | changes), words=words)


def test_limits_name_what_displacement_rests_on(analysis: Analysis, no_history: Analysis) -> None:
    assert any("how many of each kecamatan's demand the office serves" in text for text in limits_of(analysis))
    assert any("is assumed: 75% next to an office" in text for text in limits_of(no_history))
    assert not any("is assumed" in text for text in limits_of(analysis))


def test_limits_speak_of_rounding_only_where_numbers_are_rounded(analysis: Analysis) -> None:
    assert any("multiples of 5" in text for text in limits_of(analysis))
    assert not any("multiples of" in text for text in limits_of(analysis, rounding_base=1))


def test_limits_speak_of_estimates_only_where_there_are_some(analysis: Analysis) -> None:
    areas, costs = analysis.dataset.areas, analysis.costs
    measured = limits_of(
        analysis,
        areas=areas.assign(geometry_kind="official", population_source="census"),
        costs=costs.assign(source="matrix"),
    )
    said = limits_of(analysis)
    for part in ("are indicative", "travel distances are estimates", "estimated from its kabupaten's"):
        assert any(part in text for text in said)
        assert not any(part in text for text in measured)


def test_limits_are_said_in_both_languages(analysis: Analysis, no_history: Analysis) -> None:
    for result in (analysis, no_history):
        assert len(limits_of(result, ID)) == len(limits_of(result, EN))
        assert not set(limits_of(result, ID)) & set(limits_of(result, EN))


def test_first_screen_says_how_often_it_comes_first_and_what_the_visit_takes(analysis: Analysis) -> None:
    screen = first_screen(analysis.ranking, analysis.dataset.areas, EN, first_share=0.253, effort="room for 80")
    rows = dict(screen.rows)
    assert "It comes first in 25% of the draws." in rows["How sure"]
    assert rows["What it takes"] == "room for 80"
    assert "What it takes" not in dict(first_screen(analysis.ranking, analysis.dataset.areas, EN).rows)
