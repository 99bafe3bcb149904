"""Tables, charts and sentences of the plan on a small office: they say what the results hold."""

import dataclasses
import html
import re

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.plan_problem import Conflict, PlanResult
from outreach_analysis.report.topics import plan as describe_plans
from outreach_analysis.report.topics import plan_page as charts_of_plans
from outreach_analysis.report.topics import plan_page as tables_of_plans
from outreach_analysis.report.topics.plan import effort_text, people_fewer
from outreach_analysis.report.topics.plan_page import plan_details_section, plan_section
from outreach_analysis.report.words import LANGUAGES, Words
from outreach_analysis.study import Study

EN = Words("en")


@pytest.fixture(scope="module")
def published(analysis: Study):
    return analysis.planning


@pytest.fixture(scope="module")
def infeasible(published) -> PlanResult:
    return dataclasses.replace(
        published.plan,
        sites=(),
        status="infeasible",
        conflicts=(Conflict(code="too_few_places", needed=8, available=6),),
        by_site=published.plan.by_site.iloc[:0],
        curve=published.plan.curve.iloc[:0],
        alternatives=published.plan.alternatives.iloc[:0],
    )


def test_the_plan_by_place(analysis, published):
    table = tables_of_plans.tabulate_plan(published.plan, analysis.ranking, analysis.sites, Words("en"))
    assert [row[0] for row in table.rows] == [analysis.sites["name"][site] for site in published.plan.sites]
    own = published.plan.by_site.iloc[0]
    assert table.rows[0][3] == f"{own['contribution']:.0f} ({own['ci_low']:.0f}–{own['ci_high']:.0f})"
    assert table.rows[0][6] == "–"
    priced = tables_of_plans.tabulate_plan(
        published.plan, analysis.ranking, analysis.sites.assign(cost=1.5e6), Words("id")
    )
    assert priced.rows[0][6] == "1.500.000"


def test_the_schedule_by_day_and_team(analysis, published):
    table = tables_of_plans.tabulate_schedule(
        published.schedule, published.plan, analysis.ranking, analysis.sites, Words("en")
    )
    assert [row[0] for row in table.rows] == [EN.date(day, weekday=True) for day in published.schedule.events["day"]]
    assert len(table.headers) == len(table.numeric) == len(table.rows[0]) == 7
    feast = published.schedule.events.assign(day_kind="holiday", day_reason="Idul Fitri", estimated=True)
    feasts = dataclasses.replace(published.schedule, events=feast)
    shown = tables_of_plans.tabulate_schedule(feasts, published.plan, analysis.ranking, analysis.sites, Words("en"))
    assert shown.rows[0][0] == f"{table.rows[0][0]} (Idul Fitri, date estimated)"
    two = dataclasses.replace(published.schedule, teams=2)
    teams = tables_of_plans.tabulate_schedule(two, published.plan, analysis.ranking, analysis.sites, Words("en"))
    assert teams.headers[-1] == "Team"
    assert [row[-1] for row in teams.rows] == [str(team) for team in published.schedule.events["team"]]


def test_the_curve_the_price_and_the_fifths_add_up(analysis, published):
    curve = tables_of_plans.tabulate_plan_curve(published.longer, analysis.sites, Words("en"))
    assert len(curve.rows) == len(published.longer.curve)
    fair = tables_of_plans.tabulate_fairness(published.fairness, analysis.sites, Words("en"))
    assert fair.rows[0][3:] == ("0", "–")
    quintiles = tables_of_plans.tabulate_quintiles(published.equity, Words("en"))
    assert [row[1] for row in quintiles.rows[:5]] == ["1 (best served)", "2", "3", "4", "5 (worst served)"]
    assert len(quintiles.rows) == 10
    weights = tables_of_plans.tabulate_sensitivity(published.sensitivity, Words("en"))
    assert weights.rows[0][2] == EN.percent(published.sensitivity.by_site["first_any"].max())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_cannot_become_markup(analysis, published, lang):
    tables = [
        tables_of_plans.tabulate_plan(published.plan, analysis.ranking, analysis.sites, Words(lang)),
        tables_of_plans.tabulate_schedule(
            published.schedule, published.plan, analysis.ranking, analysis.sites, Words(lang)
        ),
        tables_of_plans.tabulate_fairness(published.fairness, analysis.sites, Words(lang)),
        tables_of_plans.tabulate_sensitivity(published.sensitivity, Words(lang)),
    ]
    for table in tables:
        assert "<script" not in table._repr_html_()
    for figure in (
        charts_of_plans.plot_plan_curve(published.longer, Words(lang)),
        charts_of_plans.plot_lorenz(published.equity, Words("id")),
    ):
        assert "<script" not in figure.to_json()


def test_sentences_say_the_reach_and_how_sure(analysis, published):
    said = describe_plans.describe_plan(
        published.plan, published.schedule, analysis.ranking, analysis.sites, Words("en")
    )
    plan = published.plan
    assert said[0] == (
        f"{len(plan.sites)} pop-ups together reach about {plan.expected_reach:.0f} additional people "
        f"(90% range: {plan.ci_low:.0f}–{plan.ci_high:.0f})."
    )
    assert f"In {100 * plan.p_best:.0f} of 100 draws it is the best of the plans compared." in said[1]
    assert not any("proven" in text for text in said)
    assert not any("Cost" in text for text in said)
    priced = describe_plans.describe_plan(
        plan, published.schedule, analysis.ranking, analysis.sites.assign(cost=2e6), Words("en")
    )
    assert priced[-1] == f"Estimated cost: Rp{2_000_000 * len(plan.sites):,}."
    costs = pd.Series(np.nan, index=analysis.sites.index).mask(analysis.sites.index == plan.sites[0], 2e6)
    partly = describe_plans.describe_plan(
        plan, published.schedule, analysis.ranking, analysis.sites.assign(cost=costs), Words("en")
    )
    others = len(plan.sites) - 1
    told = (
        f"Estimated cost: Rp2,000,000 (places: 1; not filled in: {others})."
        if others
        else "Estimated cost: Rp2,000,000."
    )
    assert partly[-1] == told


def test_a_spread_plan_stands_beside_the_plan_with_its_price(analysis, published):
    other = dataclasses.replace(
        published.plan, expected_reach=published.plan.expected_reach - 7.0, ci_low=3.0, ci_high=50.0
    )
    said = describe_plans.describe_plan(
        published.plan, published.schedule, analysis.ranking, analysis.sites, Words("en"), spread=other
    )
    spread = next(text for text in said if text.startswith("With at most one pop-up in each kabupaten"))
    assert spread.endswith(f"about {other.expected_reach:.0f} additional people (3–50), 7 fewer.")
    alone = describe_plans.describe_plan(
        published.plan, published.schedule, analysis.ranking, analysis.sites, Words("en")
    )
    assert not any("With at most one" in text for text in alone)


def test_curve_and_price_of_fairness_carry_their_intervals(analysis, published):
    curve = tables_of_plans.tabulate_plan_curve(published.longer, analysis.sites, Words("en"))
    first = published.longer.curve.iloc[0]
    assert curve.rows[0][1] == f"{first['expected_reach']:.0f} ({first['ci_low']:.0f}–{first['ci_high']:.0f})"
    plans = published.fairness.plans
    fair = tables_of_plans.tabulate_fairness(published.fairness, analysis.sites, Words("en"))
    for row, plan in zip(fair.rows[1:], plans.iloc[1:].itertuples(), strict=True):
        fewer = people_fewer(plans["expected_reach"].iloc[0], plan.expected_reach)
        assert row[3] == f"{fewer} ({EN.interval(plan.given_up_low, plan.given_up_high)})"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_cannot_be_is_said_in_both_languages(analysis, published, infeasible, lang):
    schedule = dataclasses.replace(
        published.schedule,
        status="infeasible",
        conflicts=infeasible.conflicts,
        events=published.schedule.events.iloc[:0],
    )
    said = describe_plans.describe_plan(infeasible, schedule, analysis.ranking, analysis.sites, Words(lang))
    assert len(said) == 2
    assert "8" in said[1]
    assert "6" in said[1]
    assert not charts_of_plans.plot_plan_curve(infeasible, Words(lang)).data
    assert describe_plans.describe_plan_curve(infeasible, Words(lang)) == ""


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ([40.0, 20.0, 19.0], "From number 3 on, one more adds less than half of what the first does."),
        ([40.0, 30.0, 20.0], "Each of them adds at least half of what the first does."),
    ],
)
def test_half_of_the_first_is_not_less_than_half(published, added, said):
    curve = pd.DataFrame({"added": added}, index=[1, 2, 3])
    assert said in describe_plans.describe_plan_curve(dataclasses.replace(published.plan, curve=curve), Words("en"))


def test_a_plan_without_days_keeps_its_places_and_says_why(analysis, published):
    conflict = Conflict(code="too_few_days", needed=8, available=6)
    schedule = dataclasses.replace(published.schedule, status="infeasible", conflicts=(conflict,))
    said = describe_plans.describe_plan(published.plan, schedule, analysis.ranking, analysis.sites, Words("en"))
    assert "These places cannot all be given a day." in said
    assert "8 pop-ups are asked for, but the team has only 6 suitable free days." in said


def test_a_recommended_place_outside_the_plan_is_mentioned(analysis, published):
    other = next(site for site in analysis.ranking.by_site.index if site != published.plan.sites[0])
    plan = dataclasses.replace(published.plan, sites=(published.plan.sites[0],))
    ranking = dataclasses.replace(analysis.ranking, recommended=other)
    said = " ".join(describe_plans.describe_plan(plan, published.schedule, ranking, analysis.sites, Words("en")))
    assert f"{analysis.sites['name'][other]}, proposed as the next single place, is not in it" in said


def test_places_far_away_are_named_with_their_day_or_why_not(analysis, published):
    ranking, schedule = analysis.ranking, published.schedule
    first = schedule.events.iloc[0]
    visited = describe_plans.describe_far_sites(schedule, ranking, pd.Series({first["site_id"]: 500.0}), Words("en"))
    assert visited == f"More than 4 hours away and in the plan: {first['name']} ({EN.date(first['day'], short=True)})."
    empty = dataclasses.replace(schedule, events=schedule.events.iloc[:0])
    waiting = describe_plans.describe_far_sites(empty, ranking, pd.Series({first["site_id"]: 500.0}), Words("en"))
    rank = ranking.by_site["rank"][first["site_id"]]
    assert f"the first of them is {first['name']} at rank {rank}" in waiting
    kept_out = pd.Series(500.0, index=ranking.excluded.index)
    assert "rules keep out all" in describe_plans.describe_far_sites(empty, ranking, kept_out, Words("en"))
    near = pd.Series({first["site_id"]: 240.0})  # exactly the limit is not beyond it
    assert describe_plans.describe_far_sites(empty, ranking, near, Words("en")) == ""


def test_fairness_and_weights_in_sentences(analysis, published):
    fair = describe_plans.describe_fairness(published.fairness, analysis.sites, Words("en"))
    plans = published.fairness.plans
    if len(plans) > 1:
        fewer = people_fewer(plans["expected_reach"].iloc[0], plans["expected_reach"].iloc[-1])
        assert f"{fewer} fewer in all (90% range: " in fair
    alone = dataclasses.replace(published.fairness, plans=plans.head(1))
    assert describe_plans.describe_fairness(alone, analysis.sites, Words("en")).startswith("No other plan")
    assert (
        describe_plans.describe_fairness(dataclasses.replace(alone, plans=plans.iloc[:0]), analysis.sites, Words("id"))
        == ""
    )
    weights = describe_plans.describe_sensitivity(published.sensitivity, analysis.ranking, Words("en"))
    leader = published.sensitivity.by_site.loc[analysis.ranking.leader]
    assert f"in {100 * leader['first_stated']:.0f} of 100 draws" in weights


def test_the_bound_is_drawn_only_where_it_counts_people(published):
    assert charts_of_plans.in_people(published.longer)
    weighed = dataclasses.replace(published.longer, curve=published.longer.curve.assign(objective=0.0))
    assert len(charts_of_plans.plot_plan_curve(weighed, Words("id")).data) == 2
    assert len(charts_of_plans.plot_plan_curve(published.longer, Words("id")).data) == 3


def test_a_lorenz_curve_of_nobody_is_said(published):
    nobody = dataclasses.replace(
        published.equity, lorenz=published.equity.lorenz.assign(reached_share=np.nan), gini=np.nan
    )
    assert charts_of_plans.lorenz_title(nobody, EN) == "Nobody is reached"
    assert len(charts_of_plans.plot_lorenz(nobody, Words("id")).data) == 1


def test_half_of_the_residents_by_interpolation(published):
    half = pd.DataFrame({"residents_share": [0.0, 0.4, 0.8, 1.0], "reached_share": [0.0, 0.1, 0.3, 1.0]})
    title = charts_of_plans.lorenz_title(dataclasses.replace(published.equity, lorenz=half), EN)
    assert title == "The least reached half of the residents gets 15%"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_section_is_complete_also_where_nothing_is_eligible(analysis, nothing_eligible, lang):
    words = Words(lang)
    full, none = (
        (*plan_section(made, words).blocks, *plan_details_section(made, words).blocks)
        for made in (analysis, nothing_eligible)
    )
    assert tables_in(full)[0].caption == words.say("The plan: places together, each on its day")
    captions = {table.caption for table in tables_in(full)}
    fair = words.say("What fairness costs: from the most people to the most for the worst-served fifth")
    assert (fair in captions) == (len(analysis.planning.fairness.plans) > 1)
    assert words.say("Who is reached, by fifths of the residents") in captions
    assert any(block.kind == "figure" for block in full)
    assert not any(block.kind == "figure" for block in none)
    assert not any("fifths" in table.caption for table in tables_in(none))
    told = [block.content for block in (*full, *none) if block.kind == "text"]
    assert sum(block.kind == "text" for block in none) >= 2
    assert not re.search(r"{\w+}", html.unescape(" ".join(told)))


def tables_in(blocks):
    """The tables among blocks, folded ones too."""
    inner = [tables_in(block.content) for block in blocks if block.kind == "fold"]
    return [block.content for block in blocks if block.kind == "table"] + [table for found in inner for table in found]


def test_what_the_notebook_shows_stands_where_nothing_is_eligible(nothing_eligible):
    ranking, sites, planned = nothing_eligible.ranking, nothing_eligible.sites, nothing_eligible.planning
    assert planned.equity is None
    assert not charts_of_plans.plot_lorenz(planned.equity, Words("id")).data
    assert not charts_of_plans.plot_plan_curve(planned.longer, Words("id")).data
    assert describe_plans.describe_equity(planned.equity, Words("id")) == ""
    assert describe_plans.describe_sensitivity(planned.sensitivity, ranking, Words("id")) == ""
    assert describe_plans.describe_fairness(planned.fairness, sites, Words("id")) == ""
    assert tables_of_plans.tabulate_alternatives(planned.plan, sites, Words("id")).rows == ()
    assert tables_of_plans.tabulate_sensitivity(planned.sensitivity, Words("id")).rows == ()


def test_a_cheap_step_towards_fairness_is_named_where_it_is_not_the_fairest(published, analysis):
    sites = pd.DataFrame({"name": ["Mal", "Balai", "Hulu"]}, index=["A", "B", "C"])
    plans = pd.DataFrame(
        {
            "sites": [("A",), ("B",), ("C",)],
            "expected_reach": [64.0, 62.0, 39.0],
            "reach_worst": [10.0, 24.0, 37.0],
            "given_up": [0.0, 2.0, 25.0],
            "gained_worst": [0.0, 14.0, 27.0],
            "price": [float("nan"), 2 / 14, 25 / 27],
            "given_up_low": [0.0, -1.0, 4.0],
            "given_up_high": [0.0, 5.0, 61.0],
        },
        index=pd.RangeIndex(1, 4, name="plan"),
    )
    text = describe_plans.describe_fairness(dataclasses.replace(published.fairness, plans=plans), sites, Words("en"))
    assert text.startswith("The cheapest step towards fairness: Balai in place of Mal; about 2 fewer in all (90% range")
    assert "The fairest plan (Hulu)" in text
    free = plans.assign(expected_reach=[64.0, 64.2, 39.0])
    text = describe_plans.describe_fairness(dataclasses.replace(published.fairness, plans=free), sites, Words("en"))
    assert "Balai in place of Mal; about as many people in all (90% range: " in text
    two = describe_plans.describe_fairness(
        dataclasses.replace(published.fairness, plans=plans.iloc[:2]), sites, Words("en")
    )
    assert two.startswith("The fairest plan (Balai)")


def test_what_a_visit_takes_is_told_as_far_as_it_is_known():
    names = pd.Series({"M": "Mall <Baru>"})
    none = pd.DataFrame({"site_id": [], "date": pd.to_datetime([])})
    unknown = effort_text({"capacity": float("nan"), "cost": None}, float("nan"), none, names, Words("en"))
    assert unknown == "cost not stated"
    announced = pd.DataFrame({"site_id": ["M"], "date": pd.to_datetime(["2026-12-12"])})
    known = effort_text({"capacity": 120, "cost": 2_500_000.0}, 162.0, announced, names, Words("id"))
    assert known == (
        "waktu tempuh tim: sekitar 2 jam 45 menit sekali jalan · kapasitas 120 orang sehari · biaya Rp2.500.000 · "
        "kegiatan yang sudah dijadwalkan: Mall <Baru> (12 Des 2026)"
    )


def found_of(analysis, *, lost, n_answers, facts):
    """What is told of hypotheses, with losses of the plan and facts written down."""
    published = analysis.hypotheses
    losses = published.losses.copy()
    losses.loc["learned", list(lost)] = list(lost.values())
    frame = pd.DataFrame(facts, columns=["kind", "id", "value", "p_change"])
    return dataclasses.replace(published, losses=losses, n_answers=n_answers, facts=frame)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_plan_under_each_hypothesis_is_a_table_with_its_costs(analysis, lang):
    found = analysis.hypotheses
    table = tables_of_plans.tabulate_hypotheses(found, analysis.sites, Words(lang))
    assert len(table.rows) == len(found.plans) == len(table.headers) - 4
    assert all(len(row) == len(table.headers) == len(table.numeric) for row in table.rows)
    assert table.rows[0][1] == Words(lang).listing(
        [str(analysis.sites["name"][s]) for s in analysis.planning.plan.sites]
    )
    assert table.rows[0][3].startswith(Words(lang).number(analysis.planning.plan.expected_reach))
    weighted = tables_of_plans.tabulate_hypotheses(
        dataclasses.replace(found, weighted=True), analysis.sites, Words(lang)
    )
    assert weighted.caption != table.caption


def test_a_plan_that_hangs_on_a_hypothesis_says_so_and_whom_to_ask(analysis):
    area = str(analysis.dataset.areas.index[0])
    facts = [("impact", "", 4.0, 0.5), ("answers_from_area", area, 0.2, 0.1)]
    lost = {"one_share": 0.0, "falling": 12.0}
    tell = {"sites": analysis.sites, "areas": analysis.dataset.areas, "words": Words("en")}
    unasked = describe_plans.describe_hypotheses(found_of(analysis, lost=lost, n_answers=0, facts=facts), **tell)
    assert unasked.startswith("The plan depends on how many would have come to the office anyway: if it is a share")
    assert "add more (about 12). Nobody has been asked yet." in unasked
    assert f"30 answers to the desk question from {analysis.dataset.areas['name'].iloc[0]}; with them" in unasked
    asked = describe_plans.describe_hypotheses(found_of(analysis, lost=lost, n_answers=50, facts=facts), **tell)
    assert "Nobody has been asked" not in asked
    assert "an impact estimate from the office's applicants by month; with that the plan gains about 4.0" in asked
    assert "another one in 50 of 100 cases" in asked
    nothing = describe_plans.describe_hypotheses(found_of(analysis, lost=lost, n_answers=0, facts=[]), **tell)
    assert "print the desk question for the next pop-up" in nothing


def test_a_plan_that_hangs_on_nothing_says_that_too(analysis):
    tell = {"sites": analysis.sites, "areas": analysis.dataset.areas, "words": Words("en")}
    facts = [("answers_at_popup", str(analysis.sites.index[0]), 0.3, 0.1)]
    same = found_of(analysis, lost={"one_share": 0.2, "falling": 0.0}, n_answers=0, facts=facts)
    text = describe_plans.describe_hypotheses(same, **tell)
    assert "none of the other plans adds one person more on average. Nothing that the office could find out" in text
    worth = dataclasses.replace(same, facts=same.facts.assign(value=1.5))
    assert "30 answers to the desk question at " in describe_plans.describe_hypotheses(worth, **tell)
    unlikely = found_of(analysis, lost={"one_share": 0.2, "falling": 9.0}, n_answers=400, facts=facts)
    unlikely.plans.loc["falling", "probability"] = 0.001
    published = describe_plans.describe_hypotheses(unlikely, **tell)
    assert published.startswith(
        "The plan depends little on how many would have come to the office anyway: if it is a share that "
    )
    assert "falls with distance (probability <1%)" in published
    assert "add more (about 9). Nothing that the office could find out" in published
    # nobody is told that no other plan is better where one is
    assert "none of the other plans" not in published


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hypotheses_stand_in_the_section_and_not_where_there_is_no_plan(analysis, nothing_eligible, lang):
    words = Words(lang)
    summary = words.say("If others would have come to the office anyway than assumed")
    folds = {
        block.title: block.content for block in plan_details_section(analysis, words).blocks if block.kind == "fold"
    }
    assert tables_in(folds[summary])
    none = plan_details_section(nothing_eligible, words).blocks
    assert summary not in {block.title for block in none}
