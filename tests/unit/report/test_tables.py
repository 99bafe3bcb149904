"""Tables: every row of the result, cells in the language's numbers and words, texts as they stand."""

import dataclasses
import re
from collections.abc import Callable

import pandas as pd
import pytest

from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import attendance_by_event
from outreach_analysis.report.table import Table
from outreach_analysis.report.topics import account as tables_of_assumptions
from outreach_analysis.report.topics.account import (
    SOURCE_FIELDS,
    reference_sources,
    tabulate_headers,
    tabulate_ledger,
    tabulate_problems,
)
from outreach_analysis.report.topics.measures import tabulate_coverage, tabulate_events, tabulate_reach
from outreach_analysis.report.topics.ranking import (
    tabulate_excluded,
    tabulate_free_days,
    tabulate_ranking,
    tabulate_scheduled,
)
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

HOSTILE = "<script>alert('x')</script>"
MAKERS: dict[str, Callable[[Study, Language], Table]] = {
    "ranking": lambda a, lang: tabulate_ranking(a.ranking, Words(lang)),
    "excluded": lambda a, lang: tabulate_excluded(a.ranking, Words(lang)),
    "reach": lambda a, lang: tabulate_reach(a.reach, Words(lang)),
    "coverage": lambda a, lang: tabulate_coverage(a.coverage_by_threshold, Words(lang)),
    "events": lambda a, lang: tabulate_events(a.events, a.sites, a.came, Words(lang)),
    "main_settings": lambda a, lang: tables_of_assumptions.tabulate_main_settings(
        a.settings, a.dataset.areas, Words(lang)
    ),
    "free_days": lambda a, lang: tabulate_free_days(a.ranking, Words(lang)),
    "scheduled": lambda a, lang: tabulate_scheduled(a.scheduled, a.sites, Words(lang)),
    "ledger": lambda a, lang: tabulate_ledger(a.dataset.ledger, Words(lang)),
    "problems": lambda a, lang: tabulate_problems(a.dataset.ledger, Words(lang)),
    "headers": lambda a, lang: tabulate_headers(a.dataset.ledger, Words(lang)),
    "sources": lambda a, lang: tables_of_assumptions.tabulate_sources("kaltim", Words(lang)),
    "settings": lambda a, lang: tables_of_assumptions.tabulate_settings(a.settings, Words(lang)),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", MAKERS)
def test_every_table_is_whole(analysis: Study, name: str, lang: Language) -> None:
    table = MAKERS[name](analysis, lang)
    assert table.caption
    assert table.rows
    assert len(table.headers) == len(table.numeric)
    assert {len(row) for row in table.rows} == {len(table.headers)}
    assert all(isinstance(cell, str) and cell for row in table.rows for cell in row)
    assert not table.strong or len(table.strong) == len(table.rows)


@pytest.mark.parametrize("name", MAKERS)
def test_languages_differ_in_words_and_agree_in_rows(analysis: Study, name: str) -> None:
    indonesian, english = MAKERS[name](analysis, "id"), MAKERS[name](analysis, "en")
    assert indonesian.caption != english.caption
    assert len(indonesian.rows) == len(english.rows)


@pytest.mark.parametrize("name", ["ranking", "reach", "events", "ledger", "headers"])
def test_hostile_names_are_text(analysis: Study, name: str) -> None:
    html = MAKERS[name](analysis, "id")._repr_html_()
    assert "<script" not in html
    # a list is told by its number, for its file's name may be somebody's
    assert ("script" in html, "&lt;script&gt;" in html) == ((False, False) if name == "ledger" else (True, True))


def test_html_has_caption_scopes_and_sides() -> None:
    table = Table(caption="A & B", headers=("Area", "n"), rows=(("<x>", "1"),), numeric=(False, True))
    assert table._repr_html_() == (
        "<table><caption>A &amp; B</caption><thead><tr>"
        '<th scope="col" style="text-align:left">Area</th><th scope="col" style="text-align:right">n</th>'
        "</tr></thead><tbody><tr>"
        '<th scope="row" style="text-align:left">&lt;x&gt;</th><td style="text-align:right">1</td>'
        "</tr></tbody></table>"
    )


def test_ranking_names_kabupaten_intervals_and_ties(analysis: Study) -> None:
    table = tabulate_ranking(analysis.ranking, Words("en"))
    assert [row[0].split(".")[0] for row in table.rows] == ["★ 1", "2"]
    assert table.rows[1][0] == "2. Pesantren Jauh"
    assert [row[1] for row in table.rows] == ["Kota Contoh", "Kabupaten <b>Contoh</b>"]
    assert all(re.fullmatch(r"\d+ \(\d+–\d+\)", cell) for row in table.rows for cell in (row[2], row[5]))
    by_site = analysis.ranking.by_site
    assert [row[3] for row in table.rows] == [f"{100 * share:.0f}" for share in by_site["p_best"]]
    assert [row[4] for row in table.rows] == ["0.0", f"{by_site['costs_on_average'].iloc[1]:.1f}"]
    assert [row[6] for row in table.rows] == ["yes", "yes"]
    apart = dataclasses.replace(analysis.ranking, by_site=analysis.ranking.by_site.assign(tied=[True, False]))
    assert [row[6] for row in tabulate_ranking(apart, Words("id")).rows] == ["ya", "tidak"]
    assert table.numeric == (False, False, True, True, True, True, False)
    assert table.strong == (True, False)
    assert len(tabulate_ranking(analysis.ranking, Words("id"), top=1).rows) == 1


def test_excluded_places_say_why(analysis: Study) -> None:
    assert tabulate_excluded(analysis.ranking, Words("en")).rows == (
        ("already scheduled", "1", "Balai Bersama"),
        ("not more than 20 people interested", "1", "Balai Desa"),
        ("outside the working area", "1", "Mal Tetangga"),
        ("visited on 10 October 2026; again from 10 January 2027", "1", "Balai Bersama"),
    )


def test_each_reason_stands_once_with_all_its_places_by_name(analysis: Study) -> None:
    names = ["Ujung", "Awal", "Tengah", HOSTILE]
    excluded = pd.DataFrame(
        {
            "name": names,
            "reason": ["interest_below", "interest_below", "recently_visited", "recently_visited"],
            "value": [None, None, pd.Timestamp("2026-10-10"), pd.Timestamp("2026-11-01")],
        },
        index=pd.Index(["S1", "S2", "S3", "S4"], name="site_id"),
    )
    table = tabulate_excluded(dataclasses.replace(analysis.ranking, excluded=excluded), Words("en"))
    assert table.rows[0] == ("not more than 20 people interested", "2", "Awal, Ujung")
    # the same rule with another day is another reason
    assert {row[1:] for row in table.rows[1:]} == {("1", "Tengah"), ("1", HOSTILE)}
    assert sum(int(row[1]) for row in table.rows) == len(names)
    assert HOSTILE not in table._repr_html_()


def test_main_settings_are_said_in_words(analysis: Study) -> None:
    settings = analysis.settings.replace(
        interest_threshold_people=25,
        interest_expires_days=90,
        service_threshold_km=40.0,
        window_months=18,
        revisit_months=6,
        lead_days=21,
        prior_total_median=70,
        prior_total_low=20,
        prior_total_high=1500,
        popup_capacity=150,
    )
    table = tables_of_assumptions.tabulate_main_settings(settings, analysis.dataset.areas, Words("en"))
    assert [row[1] for row in table.rows] == [
        "Kota Contoh and Kabupaten <b>Contoh</b>",
        "25",
        "90 days",
        "within 40 km",
        "18 months",
        "6 months",
        "at least 21 days",
        "half of all below 70, 90% between 20 and 1,500",
        "150 people a day",
    ]
    assert "Kabupaten &lt;b&gt;Contoh&lt;/b&gt;" in table._repr_html_()
    indonesian = tables_of_assumptions.tabulate_main_settings(settings, analysis.dataset.areas, Words("id"))
    assert indonesian.rows[7][1] == "separuh di bawah 70, 90% antara 20 dan 1.500"
    ids_only = analysis.dataset.areas.drop(columns="parent_name")
    assert tables_of_assumptions.tabulate_main_settings(settings, ids_only, Words("en")).rows[0][1] == "64.72 and 64.02"


def test_free_days_say_how_far_ahead(analysis: Study) -> None:
    assert tabulate_free_days(analysis.ranking, Words("en")).caption == (
        "Days on which the team is free, at least 14 days ahead"
    )


def test_reach_puts_the_highest_rate_first_and_others_last_and_marked(analysis: Study) -> None:
    table = tabulate_reach(analysis.reach, Words("en"))
    inside = analysis.reach.by_area[analysis.reach.by_area["in_jurisdiction"]]
    assert table.rows[0][:4] == ("Hulu & Hilir", "65", "30,000", "21.7 (17.4–26.6)")
    assert table.rows[-1][0] == "Tetangga (outside the working area)"
    assert len(table.rows) == len(inside) + 1
    assert tabulate_reach(analysis.reach, Words("id")).rows[0][2:4] == ("30.000", "21,7 (17,4–26,6)")


def test_people_in_tables_are_rounded(analysis: Study) -> None:
    reach = tabulate_reach(analysis.reach, Words("en"))
    held = tabulate_events(analysis.events, analysis.sites, analysis.came, Words("en"))
    assert all(int(row[1]) % 5 == 0 for row in reach.rows)
    assert all(int(row[2]) % 5 == 0 for row in held.rows if row[2] != "–")


def test_events_are_latest_first_without_cancelled_ones(analysis: Study) -> None:
    table = tabulate_events(analysis.events, analysis.sites, analysis.came, Words("en"))
    assert [row[0] for row in table.rows] == ["12 Dec 2026", "10 Oct 2026", "7 Feb 2026"]
    assert [row[3:] for row in table.rows] == [("–", "planned"), ("100%", "held"), ("100%", "held")]
    assert [row[2] for row in table.rows] == ["–", "80", "100"]
    exact = tabulate_events(analysis.events, analysis.sites, attendance_by_event(analysis.dataset), Words("en"))
    assert [row[2] for row in exact.rows] == ["–", "78", "98"]


def test_events_say_programme_and_days_where_any_is_no_visit_of_one_day(analysis: Study) -> None:
    data = analysis.dataset
    first, second, third = data.events[data.events["status"] != "cancelled"].sort_values("date").index
    events = data.events.assign(programme="visit", days=1)
    events.loc[first, ["programme", "days"]] = ["invited", 2]
    events.loc[second, "status"] = "failed"
    events.loc[third, "programme"] = "office"
    altered = dataclasses.replace(data, events=events)
    published = {"sites": analysis.sites, "came": attendance_by_event(altered, rounding_base=5)}
    table = tabulate_events(events, **published, words=Words("en"))
    assert table.headers == (
        *("Day", "Place", "Programme", "Days"),
        *("Applicants (rounded)", "Kecamatan known", "Status"),
    )
    assert [row[2:4] for row in table.rows] == [("opening at the office", "1"), ("visit", "1"), ("by invitation", "2")]
    assert [row[6] for row in table.rows] == ["planned", "broken off", "held"]
    assert table.rows[1][4] != "–"
    assert tabulate_events(events, **published, words=Words("id")).rows[2][2] == "undangan"
    ahead = tabulate_scheduled(events.loc[[first]], analysis.sites, Words("en"))
    assert ahead.headers == ("Day", "Place", "Programme", "Days")
    assert tabulate_scheduled(analysis.scheduled, analysis.sites, Words("en")).headers == ("Day", "Place")


def test_coverage_rises_with_the_distance(analysis: Study) -> None:
    table = tabulate_coverage(analysis.coverage_by_threshold, Words("en"))
    shares = [float(row[1].rstrip("%")) for row in table.rows]
    assert [row[0] for row in table.rows] == ["up to 15 km", "up to 30 km", "up to 60 km"]
    assert shares == sorted(shares)
    assert tabulate_coverage(analysis.coverage_by_threshold, Words("id")).rows[0][1].count(",") == 1


def test_free_days_prefer_days_off_and_mark_estimated_holidays(analysis: Study) -> None:
    site = analysis.ranking.recommended
    days = pd.DataFrame(
        {
            "site_id": site,
            "day": pd.to_datetime(["2026-12-07", "2026-12-12", "2027-03-10"]),
            "kind": ["workday", "weekend", "holiday"],
            "reason": ["", "Sabtu", "Idul Fitri"],
            "estimated": [False, False, True],
        }
    )
    ranking = dataclasses.replace(analysis.ranking, free_days=days)
    assert tabulate_free_days(ranking, Words("en")).rows == (
        ("Saturday, 12 December 2026", "weekend"),
        ("Wednesday, 10 March 2027", "Idul Fitri, date estimated"),
    )
    assert tabulate_free_days(ranking, Words("id"), days=1).rows == (("Sabtu, 12 Desember 2026", "akhir pekan"),)
    only_working = dataclasses.replace(analysis.ranking, free_days=days.head(1))
    assert tabulate_free_days(only_working, Words("en")).rows == (("Monday, 7 December 2026", "workday"),)


def test_scheduled_events_have_day_and_place(analysis: Study) -> None:
    table = tabulate_scheduled(analysis.scheduled, analysis.sites, Words("id"))
    assert table.rows == (("Sabtu, 12 Desember 2026", "Balai Bersama"),)


def test_ledger_rows_add_up_in_every_line(analysis: Study) -> None:
    table = tabulate_ledger(analysis.dataset.ledger, Words("en"))
    for row in table.rows:
        read, *parts = (int(cell.replace(",", "")) for cell in row[1:])
        assert read == sum(parts)
    assert table.rows[-1][:2] == ("All files", "1,207")
    assert tabulate_ledger(analysis.dataset.ledger, Words("id")).rows[-1][1] == "1.207"
    assert table.strong == (False, False, True)


def test_problems_are_named_and_counted(analysis: Study) -> None:
    rows = tabulate_problems(analysis.dataset.ledger, Words("en")).rows
    assert rows == (
        ("date that does not exist or is written otherwise", "Rejected", "3"),
        ("origin that cannot be placed for sure", "For review", "2"),
        ("longitude and latitude swapped", "Rejected", "1"),
        ("total row", "Skipped", "1"),
    )


def test_no_problem_no_row(clean_ledger: IntakeLedger) -> None:
    assert tabulate_problems(clean_ledger, Words("id")).rows == ()


def test_headers_say_what_they_were_taken_for_ignored_ones_last(analysis: Study) -> None:
    rows = tabulate_headers(analysis.dataset.ledger, Words("en")).rows
    assert rows[:2] == (
        ("Tgl Permohonan", "service_date", "usual wording", "1"),
        ("site_id", "site_id", "our own name", "1"),
    )
    assert {row[2] for row in rows[2:]} == {"ignored"}


def test_sources_are_those_of_the_reference_data() -> None:
    rows = tables_of_assumptions.tabulate_sources("kaltim", Words("en")).rows
    assert [row[0] for row in rows] == [source["title"] for source in reference_sources("kaltim")]
    indonesian = tables_of_assumptions.tabulate_sources("kaltim", Words("id")).rows
    assert [row[0] for row in indonesian] == [source["title"] for source in reference_sources("kaltim", lang="id")]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        tables_of_assumptions.tabulate_sources("nowhere", Words("id"))


def test_an_office_s_own_areas_take_the_place_of_what_came_with_the_package() -> None:
    titles = [source["title"] for source in reference_sources("kaltim")]
    names = next(title for title in titles if title.startswith("Names and codes"))
    land = next(title for title in titles if title.startswith("Land of Indonesia"))
    own = tables_of_assumptions.tabulate_sources("kaltim", Words("en"), own_files=("areas.csv",)).rows
    assert [row[:2] for row in own[:1]] == [("Areas or boundaries of the office", "areas.csv, handed in")]
    assert [row[0] for row in own[1:]] == [names, land]
    elsewhere = reference_sources("kaltim", own_files=("areas.csv",), other_names_used=False)
    assert [source["title"] for source in elsewhere] == ["Areas or boundaries of the office", land]
    drawn = reference_sources("kaltim", own_files=("boundaries.geojson",))
    assert {source["title"] for source in drawn[1:]} == {*titles} - {land}


def test_sources_speak_indonesian_where_their_record_does() -> None:
    english, indonesian = reference_sources("kaltim"), reference_sources("kaltim", lang="id")
    assert english == reference_sources("kaltim", lang="en")
    assert len(indonesian) == len(english)
    assert all(set(source) == set(SOURCE_FIELDS) for source in indonesian)
    assert all(ours["title"] != theirs["title"] for ours, theirs in zip(indonesian, english, strict=True))
    years = [source["year"].replace("before", "sebelum") for source in english]
    assert [source["year"] for source in indonesian] == years
    desa = next(source for source in indonesian if source["title"].startswith("Desa "))
    assert desa["source"] == "Kode dan nama: Kepmendagri 300.2.2-2430/2025. TPS: KPU, Pemilu 2024."


def test_settings_show_every_choice_with_unit_and_reason() -> None:
    settings = Settings(rounding_base=3)
    rows = {row[0]: row[1:] for row in tables_of_assumptions.tabulate_settings(settings, Words("en")).rows}
    described = {row["key"] for row in settings.describe() if not row["key"].startswith(("columns", "files."))}
    assert set(rows) == described
    assert rows["disclosure.rounding_base"][:2] == ("3", "people")
    assert rows["areas.jurisdiction"][0].startswith("64.72, 64.02")
    assert rows["blackout.places"][0] == "–"
    assert "mall: weekend, holiday" in rows["popup.day_kinds"][0]


def test_no_eligible_place_makes_empty_tables(nothing_eligible: Study) -> None:
    ranking = nothing_eligible.ranking
    assert tabulate_ranking(ranking, Words("id")).rows == ()
    assert tabulate_free_days(ranking, Words("id")).rows == ()
    assert tabulate_excluded(ranking, Words("en")).rows == (("outside the working area", "1", "Mal Tetangga"),)
