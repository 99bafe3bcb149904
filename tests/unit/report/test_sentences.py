"""What is said of a ranking in each situation it can be in."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.report.topics.answer import describe_next_site, limits
from outreach_analysis.report.topics.ranking import (
    account_people,
    area_text,
    cancelled_text,
    exclusion_text,
    how_sure,
    period_text,
    reason_text,
)
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.study import Study

ID, EN = Words("id"), Words("en")


def with_ties(ranking: RankingResult, tied: list[bool], **changes: Any) -> RankingResult:
    return dataclasses.replace(ranking, by_site=ranking.by_site.assign(tied=tied), **changes)


def rows_of(analysis: Study, words: Words, ranking: RankingResult | None = None, **more: Any) -> dict[str, str]:
    told = describe_next_site(ranking or analysis.ranking, analysis.dataset.areas, words, **more)
    return dict(sentence.split(": ", 1) for sentence in told[3:])


def test_first_screen_names_place_day_people_and_area(analysis: Study) -> None:
    heading, where, lead, *_ = describe_next_site(analysis.ranking, analysis.dataset.areas, EN)
    best = analysis.ranking.by_site.loc["MALL"]
    assert heading == "Proposed next place: <script>alert('x')</script>, Sunday, 6 December 2026"
    assert where == "Kecamatan <script>alert('x')</script>, Kota Contoh"
    assert lead == (
        f"About {best['people']:.0f} people are expected to come (90% range: {best['people_low']:.0f}–"
        f"{best['people_high']:.0f}). About {best['increment']:.0f} of them "
        f"({best['ci_low']:.0f}–{best['ci_high']:.0f}) are additional: without it neither the office, within three "
        "months, nor an announced pop-up would serve them."
    )
    assert list(rows_of(analysis, EN)) == [
        "Why here",
        "How sure",
        "Runner-up",
        "What could change it",
        "Since the last decision",
    ]


def test_first_screen_in_indonesian(analysis: Study) -> None:
    heading, _, lead, *_ = describe_next_site(analysis.ranking, analysis.dataset.areas, ID)
    assert heading == "Usulan lokasi berikutnya: <script>alert('x')</script>, Minggu, 6 Desember 2026"
    assert lead.startswith("Sekitar ")
    assert list(rows_of(analysis, ID)) == [
        "Mengapa di sini",
        "Tingkat keyakinan",
        "Pilihan kedua",
        "Yang dapat mengubah usulan ini",
        "Sejak keputusan sebelumnya",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_eligible_place_is_said_and_nothing_is_promised(nothing_eligible: Study, lang: Language) -> None:
    heading, why = describe_next_site(nothing_eligible.ranking, nothing_eligible.dataset.areas, Words(lang))
    assert heading == Words(lang).say("No place can be visited next")
    assert not any(character.isdigit() for character in why)


@pytest.mark.parametrize(
    ("decided_by", "because"),
    [
        ("no_tie", "It is proposed because it is expected to add the most people."),
        ("day", "Of places with the same number of additional people it has the earliest day."),
        ("travel", "Of places with the same number of additional people and the same day it is the nearest."),
        ("position", "it was taken by its position on the map."),
    ],
)
def test_a_tie_names_the_others_and_what_decided(analysis: Study, decided_by: str, because: str) -> None:
    text = how_sure(with_ties(analysis.ranking, [True, True], decided_by=decided_by), EN)
    assert "Nearly as good: Pesantren Jauh. " in text
    assert text.endswith(because)


def test_weights_are_not_told_as_people(analysis: Study) -> None:
    turned = analysis.ranking.by_site.assign(increment=[1.0, 2.0])
    text = how_sure(dataclasses.replace(analysis.ranking, by_site=turned), EN)
    assert text.endswith(
        "It is proposed because it stands first by the stated weights, not by additional people alone."
    )


def test_without_a_tie_no_other_place_is_named(analysis: Study) -> None:
    alone = with_ties(analysis.ranking, [True, False], decided_by="no_tie")
    text = how_sure(alone, EN)
    assert "No other place comes close." in text
    assert "Nearly as good" not in text


def test_how_often_the_place_is_the_best_is_told_in_draws(analysis: Study) -> None:
    certain = dataclasses.replace(analysis.ranking, by_site=analysis.ranking.by_site.assign(p_best=[0.253, 0.747]))
    assert "It is the best place in 25 of 100 draws." in how_sure(certain, EN)
    assert "Lokasi ini yang terbaik pada 25 dari 100 simulasi." in how_sure(certain, ID)


def test_a_long_tie_is_cut_to_three_names(analysis: Study) -> None:
    row = analysis.ranking.by_site.loc[["JAUH"]]
    many = pd.concat([row.assign(name=f"Tempat {n}").set_axis([f"T{n}"]) for n in range(5)])
    by_site = pd.concat([row, many]).assign(tied=True)
    ranking = dataclasses.replace(analysis.ranking, by_site=by_site, recommended="JAUH", decided_by="no_tie")
    assert (
        "The choice is not certain: 5 other places are nearly as good, among them Tempat 0, Tempat 1 and Tempat 2. "
        in how_sure(ranking, EN)
    )


@pytest.mark.parametrize(
    ("lang", "start"), [("en", "Low confidence (prior only): "), ("id", "Keyakinan rendah (baru asumsi awal): ")]
)
def test_a_forecast_from_the_prior_alone_says_so(no_history: Study, lang: Language, start: str) -> None:
    assert no_history.ranking.status == "prior_only"
    assert rows_of(no_history, Words(lang))[Words(lang).say("How sure")].startswith(start)


def test_the_only_eligible_place_has_no_runner_up(analysis: Study) -> None:
    one = analysis.ranking.by_site.loc[["MALL"]]
    alone = dataclasses.replace(analysis.ranking, by_site=one, leader="MALL", decided_by="no_tie")
    assert "Runner-up" not in rows_of(analysis, EN, alone)


def test_the_runner_up_is_the_best_of_the_others(analysis: Study) -> None:
    other = analysis.ranking.by_site.loc["JAUH"]
    assert rows_of(analysis, EN)["Runner-up"] == (
        f"Pesantren Jauh, about {other['people']:.0f} people ({other['people_low']:.0f}–"
        f"{other['people_high']:.0f}), {other['increment']:.0f} of them additional."
    )


def places(ranking: RankingResult, rows: dict[str, dict[str, Any]]) -> RankingResult:
    """The ranking with these places instead, the first recommended; what is not given is as at JAUH."""
    row = ranking.by_site.loc[["JAUH"]]
    by_site = pd.concat([row.assign(name=site, **given).set_axis([site]) for site, given in rows.items()])
    first = next(iter(rows))
    by_site = by_site.assign(tied=[True] + [False] * (len(rows) - 1))
    return dataclasses.replace(ranking, by_site=by_site, leader=first, recommended=first, decided_by="no_tie")


def test_a_runner_up_of_the_same_kabupaten_is_joined_by_the_best_outside_it(analysis: Study) -> None:
    near = {"kabupaten": "Kutai Timur", "people": 40.0, "people_low": 10.0, "people_high": 90.0, "increment": 30.0}
    far = near | {"kabupaten": "Berau", "people": 35.0, "increment": 21.0}
    ranking = places(analysis.ranking, {"A": near, "B": near, "C": near, "D": far, "E": far})
    assert rows_of(analysis, EN, ranking)["Runner-up"] == (
        "B, about 40 people (10–90), 30 of them additional. "
        "Outside Kutai Timur: D, about 35 people (10–90), 21 of them additional."
    )
    assert "Di luar Kutai Timur: D, sekitar 35 orang (10–90), " in rows_of(analysis, ID, ranking)["Pilihan kedua"]


@pytest.mark.parametrize("kabupaten", ["Kutai Timur", "Berau"])
def test_nothing_is_added_where_the_runner_up_lies_outside_or_nobody_does(analysis: Study, kabupaten: str) -> None:
    ranking = places(analysis.ranking, {"A": {"kabupaten": "Kutai Timur"}, "B": {"kabupaten": kabupaten}})
    text = rows_of(analysis, EN, ranking)["Runner-up"]
    assert text.startswith("B, about ")
    assert "Outside" not in text


CHOSEN = {
    "people": 40.0,
    "increment": 30.0,
    "office_anyway": 10.0,
    "gone_earlier": 0.0,
    "gone_later": 0.0,
    "outside": 0.0,
}


@pytest.mark.parametrize(
    ("parts", "published", "in_indonesian"),
    [
        (
            {"office_anyway": 80.0, "outside": 8.0},
            "about 80 would apply at the office anyway",
            "sekitar 80 tetap mengajukan permohonan di kantor",
        ),
        (
            {"gone_earlier": 50.0, "gone_later": 3.0, "office_anyway": 40.0, "outside": 5.0},
            "about 53 are already counted at announced pop-ups and about 40 would apply at the office anyway",
            "sekitar 53 sudah diperhitungkan pada kegiatan terjadwal "
            "dan sekitar 40 tetap mengajukan permohonan di kantor",
        ),
        (
            {"outside": 60.0, "office_anyway": 8.0, "gone_later": 7.0},
            "about 60 come from outside the working area",
            "sekitar 60 berasal dari luar wilayah kerja",
        ),
    ],
)
def test_a_busier_place_is_named_with_where_its_people_would_go(
    analysis: Study, parts: dict[str, float], published: str, in_indonesian: str
) -> None:
    nobody = {"office_anyway": 0.0, "gone_earlier": 0.0, "gone_later": 0.0, "outside": 0.0, "increment": 12.0}
    mall = nobody | parts
    mall["people"] = sum(mall.values()) - mall["gone_earlier"]
    ranking = places(analysis.ranking, {"A": CHOSEN, "Mal": mall})
    everybody = sum(value for name, value in mall.items() if name != "people")
    assert rows_of(analysis, EN, ranking)["Why not a busier place"] == (
        f"Mal would draw more people (about {everybody:.0f}), but only about 12 of them are additional: {published}."
    )
    assert in_indonesian in rows_of(analysis, ID, ranking)["Mengapa bukan lokasi yang lebih ramai"]


@given(
    increment=st.floats(0, 400),
    parts=st.lists(st.floats(0, 400), min_size=4, max_size=4),
)
def test_an_account_in_whole_people_adds_up_and_stays_near_the_exact_one(increment: float, parts: list[float]) -> None:
    names = ["office_anyway", "gone_earlier", "gone_later", "outside"]
    row = dict(zip(names, parts, strict=True)) | {"increment": increment}
    row["people"] = increment + sum(parts) - row["gone_earlier"]
    people, additional, *others = account_people(row)
    assert people == additional + sum(others)
    assert abs(people - increment - sum(parts)) <= 2
    exact = [row["office_anyway"], row["gone_earlier"] + row["gone_later"], row["outside"]]
    assert all(
        abs(published - part) <= 2 for published, part in zip([additional, *others], [increment, *exact], strict=True)
    )


@pytest.mark.parametrize(("people", "said"), [(40.0, False), (59.9, False), (60.0, True)])
def test_a_place_counts_as_busier_from_half_as_many_people_again(analysis: Study, people: float, said: bool) -> None:
    ranking = places(analysis.ranking, {"A": CHOSEN, "B": CHOSEN | {"people": people, "increment": 5.0}})
    assert ("Why not a busier place" in rows_of(analysis, EN, ranking)) == said


def test_a_busier_place_that_adds_more_needs_no_excuse(analysis: Study) -> None:
    ranking = places(analysis.ranking, {"A": CHOSEN, "B": CHOSEN | {"people": 90.0, "increment": 31.0}})
    assert "Why not a busier place" not in rows_of(analysis, EN, ranking)


def test_the_busiest_place_itself_needs_no_such_row(analysis: Study) -> None:
    ranking = places(analysis.ranking, {"A": {"people": 90.0}, "B": {"people": 20.0}})
    assert "Why not a busier place" not in rows_of(analysis, EN, ranking)


def test_a_place_below_the_interest_threshold_could_change_the_choice(analysis: Study) -> None:
    kept_out = analysis.ranking.excluded.copy()
    kept_out.loc["DESA", "increment"] = analysis.ranking.by_site["increment"].max() + 1
    ranking = dataclasses.replace(analysis.ranking, excluded=kept_out)
    assert rows_of(analysis, EN, ranking)["What could change it"] == (
        "If interest at Balai Desa rises above 20, a pop-up there would reach more people."
    )


def cancelled_events(*recommended: str | None) -> pd.DataFrame:
    rows = [
        {"name": f"Mal {n}", "date": pd.Timestamp("2026-12-12"), "recommended": site, "recommended_name": site or ""}
        for n, site in enumerate(recommended, start=1)
    ]
    return pd.DataFrame(rows, columns=["name", "date", "recommended", "recommended_name"])


@pytest.mark.parametrize(
    ("recommended", "published"),
    [
        (("MALL", "MALL"), "If an announced pop-up were cancelled, the proposal would stay the same."),
        (("MALL", "X"), "If the pop-up at Mal 2 on 12 December 2026 were cancelled, X would be proposed."),
        ((None,), "If the pop-up at Mal 1 on 12 December 2026 were cancelled, no place would be proposed."),
        ((), ""),
    ],
)
def test_what_each_announced_event_decides_is_told(
    analysis: Study, recommended: tuple[str | None, ...], published: str
) -> None:
    assert cancelled_text(cancelled_events(*recommended), analysis.ranking, EN) == published
    rows = rows_of(analysis, EN, cancelled=cancelled_events(*recommended))
    assert rows["What could change it"].endswith(published)


def test_without_such_a_place_nothing_of_the_kind_is_said(no_history: Study) -> None:
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
def test_reasons(analysis: Study, code: str, value: object, text: str) -> None:
    assert reason_text(code, value, analysis.ranking, EN) == text
    assert bool(reason_text(code, value, analysis.ranking, ID)) == bool(text)


def test_every_reason_of_a_ranking_has_words(analysis: Study, no_history: Study) -> None:
    for result in (analysis, no_history):
        reasons = result.ranking.reasons
        texts = [
            reason_text(code, value, result.ranking, ID)
            for code, value in zip(reasons["code"], reasons["value"], strict=True)
        ]
        assert any(texts)


def test_why_leaves_out_what_has_nothing_to_say(analysis: Study) -> None:
    at_jauh = dataclasses.replace(analysis.ranking, recommended="JAUH")
    assert rows_of(analysis, EN, at_jauh)["Why here"].split(" · ") == [
        "about 12,000 people live within 30 km of this place, but more than 30 km from a fixed service point",
        f"{_km_to_fixed(analysis):.0f} km from the nearest fixed service point",
        "this place was never visited",
        "last pop-up in the same kabupaten: Balai Bersama, 10 October 2026",
        "the rule of more than 20 interested people is for kecamatan and desa only",
    ]


def _km_to_fixed(analysis: Study) -> float:
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
def test_exclusions(analysis: Study, reason: str, value: object, text: str) -> None:
    assert exclusion_text(reason, value, analysis.ranking, EN) == text
    assert exclusion_text(reason, value, analysis.ranking, ID) not in ("", text)


def test_the_end_of_the_pause_is_a_day_that_exists(analysis: Study) -> None:
    three_months = exclusion_text("recently_visited", pd.Timestamp("2026-11-30"), analysis.ranking, EN)
    assert three_months == "visited on 30 November 2026; again from 28 February 2027"
    settings = analysis.ranking.settings.replace(revisit_months=1)
    ranking = dataclasses.replace(analysis.ranking, settings=settings)
    text = exclusion_text("recently_visited", pd.Timestamp("2026-10-10"), ranking, ID)
    assert text == "dikunjungi pada 10 Oktober 2026; dapat dikunjungi lagi mulai 10 November 2026"


@pytest.mark.parametrize("say", [reason_text, exclusion_text])
@pytest.mark.parametrize("value", [None, 0, False, float("nan"), pd.NaT, "", 12, ("a", "b")])
def test_unknown_codes_are_refused(analysis: Study, say: Callable[..., str], value: object) -> None:
    with pytest.raises(KeyError, match="because"):
        say("because", value, analysis.ranking, EN)


def test_an_estimated_holiday_is_marked(analysis: Study) -> None:
    on_holiday = analysis.ranking.by_site.assign(day_kind="holiday", day_reason="Idul Fitri", day_estimated=True)
    ranking = dataclasses.replace(analysis.ranking, by_site=on_holiday)
    areas = analysis.dataset.areas
    assert describe_next_site(ranking, areas, ID)[0].endswith("(Idul Fitri (perkiraan))")
    known = dataclasses.replace(analysis.ranking, by_site=on_holiday.assign(day_estimated=False))
    assert describe_next_site(known, areas, EN)[0].endswith("(Idul Fitri)")


def test_a_place_in_a_desa_is_named_by_its_kecamatan(analysis: Study) -> None:
    areas = analysis.dataset.areas
    assert area_text("64.02.02.2001", areas, EN) == "Kecamatan Tepi, Kabupaten <b>Contoh</b>"
    assert area_text("31.71.01", areas, EN) == ""


def test_periods() -> None:
    assert period_text(pd.Timestamp("2024-10-12"), pd.Timestamp("2026-11-22"), ID) == (
        "Oktober 2024 sampai November 2026"
    )


def limits_of(analysis: Study, words: Words = EN, **changes: Any) -> list[str]:
    inputs: dict[str, Any] = {
        "areas": analysis.dataset.areas,
        "need": analysis.need,
        "costs": analysis.costs,
        "turnout": analysis.turnout,
        "displacement": analysis.displacement,
        "rounding_base": analysis.rounding_base,
    }
    return limits(**(inputs | changes), words=words)


def test_limits_tell_displacement_as_a_range_with_its_evidence(analysis: Study, no_history: Study) -> None:
    found = analysis.displacement
    text = " ".join(limits_of(analysis))
    assert f"it may be {100 * found.pooled_low:.0f} to {100 * found.pooled_high:.0f} (90% range" in text
    assert "a general assumption by distance from the office and the office's share of the applications" in text
    assert "Asking every applicant at the next pop-up" in text
    alone = " ".join(limits_of(no_history))
    assert "This rests on a general assumption by distance from the office." in alone
    published = dataclasses.replace(found, n_answers=37, impact_used="estimated")
    asked = " ".join(limits_of(analysis, displacement=published))
    assert "37 answers to the desk question and what was missing at the office after past pop-ups." in asked
    assert "Each further answer to the desk question" in asked
    assert "Asking every applicant" not in asked
    failed = " ".join(limits_of(analysis, displacement=dataclasses.replace(found, impact_used="placebo_failed")))
    assert "with little weight, what was missing at the office" in failed


def test_need_is_a_comparison_and_is_told_only_with_office_figures(analysis: Study, no_history: Study) -> None:
    assert any(text.startswith("Unmet need is a comparison") for text in limits_of(analysis))
    assert not any("nmet need" in text for text in limits_of(no_history))


def test_limits_speak_of_rounding_only_where_numbers_are_rounded(analysis: Study) -> None:
    assert any("multiples of 5" in text for text in limits_of(analysis))
    assert not any("multiples of" in text for text in limits_of(analysis, rounding_base=1))


def test_limits_speak_of_estimates_only_where_there_are_some(analysis: Study) -> None:
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


def test_limits_are_said_in_both_languages(analysis: Study, no_history: Study) -> None:
    for result in (analysis, no_history):
        assert len(limits_of(result, ID)) == len(limits_of(result, EN))
        assert not set(limits_of(result, ID)) & set(limits_of(result, EN))
