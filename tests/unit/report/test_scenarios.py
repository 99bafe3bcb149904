"""What-if plans in words: the price of fairness, a bound that is rounded up, plans that coincide in one row."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.scenarios import ScenarioQuestion, ScenarioResult, plan_scenarios
from outreach_analysis.report.topics.scenarios import (
    describe_scenario,
    tabulate_scenario,
    tabulate_scenarios,
    times_text,
)
from outreach_analysis.report.words import Words

PLACES = pd.DataFrame({"name": ["Mal <b>Kota</b>", "Balai Hulu"], "kabupaten": ["Kota", None]}, index=["MALL", "HALL"])


@pytest.fixture(scope="module")
def result() -> ScenarioResult:
    """One place reaches 500 people of a town, the other 150 of the worst-served area."""
    pool = pd.Series({"town": 1000.0, "far": 300.0})
    attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    return plan_scenarios(
        pool,
        attendance,
        question=ScenarioQuestion(worst=["far"], max_events=2, fairness=(1, 1.5, 4)),
        rng=np.random.default_rng(0),
    )


def test_the_first_weight_has_no_price(result: ScenarioResult) -> None:
    published = describe_scenario(result, 1, 1, Words("en"))
    assert len(published) == 2
    assert published[0] == "About 0 of those reached live in the worst-served fifth."
    assert published[1] == "On average no other choice of places, on any days of the period, is better by this count."


def test_a_weight_that_changes_the_places_tells_its_price(result: ScenarioResult) -> None:
    # With 4 the far area counts 600 against 500: 350 fewer in all, 150 more there.
    assert "350 fewer in all, 150 more" in describe_scenario(result, 1, 4, Words("en"))[1]
    assert (
        "350 orang lebih sedikit seluruhnya, 150 orang lebih banyak" in describe_scenario(result, 1, 4, Words("id"))[1]
    )


def test_a_weight_that_changes_nothing_says_so(result: ScenarioResult) -> None:
    assert describe_scenario(result, 1, 1.5, Words("en"))[1].startswith("The weight changes nothing")


def test_with_costs_more_weight_can_reach_more_people() -> None:
    # The mall reaches 150 and costs 80, the hall 200 and costs 140: 70 against 60, and with twice the weight 260.
    pool = pd.Series({"town": 300.0, "far": 400.0})
    attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    costs = pd.Series({"MALL": 80.0, "HALL": 140.0})
    result = plan_scenarios(
        pool,
        attendance,
        question=ScenarioQuestion(worst=["far"], max_events=1, fairness=(1, 2), site_costs=costs),
        rng=np.random.default_rng(0),
    )
    assert result.plans["sites"].tolist() == [("MALL",), ("HALL",)]
    assert result.plans["expected_reach"].tolist() == [150.0, 200.0]
    assert "everybody once: 50 more in all, 200 more" in describe_scenario(result, 1, 2, Words("en"))[1]


def test_a_place_visited_again_is_named_once_with_its_visits() -> None:
    pool = pd.Series({"town": 1000.0, "far": 300.0})
    attendance = pd.DataFrame({"area_id": ["town", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    result = plan_scenarios(
        pool,
        attendance,
        question=ScenarioQuestion(worst=["far"], max_events=3, fairness=(1,), max_visits=2),
        rng=np.random.default_rng(0),
    )
    assert result.plan(3, 1)["sites"] == ("MALL", "MALL", "HALL")
    shown = [row[0] for row in tabulate_scenario(result, 3, 1, PLACES, Words("en")).rows]
    assert shown == ["1. Mal <b>Kota</b> (2 visits)", "2. Balai Hulu"]
    assert tabulate_scenarios(result, PLACES, Words("id")).rows[-1][-1] == "Mal <b>Kota</b> (2 kunjungan), Balai Hulu"


def test_numbers_are_written_in_the_language(result: ScenarioResult) -> None:
    assert (times_text(1.5, Words("id")), times_text(1.5, Words("en")), times_text(4, Words("id"))) == (
        "1,5×",
        "1.5×",
        "4×",
    )


def test_places_stand_with_what_each_adds(result: ScenarioResult) -> None:
    table = tabulate_scenario(result, 2, 1, PLACES, Words("en"))
    assert table.rows == (("1. Mal <b>Kota</b>", "Kota", "500"), ("2. Balai Hulu", "–", "150"))


def test_weights_with_the_same_places_share_a_row(result: ScenarioResult) -> None:
    rows = tabulate_scenarios(result, PLACES, Words("en")).rows
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("1", "1×, 1.5×", "Mal <b>Kota</b>"),
        ("1", "4×", "Balai Hulu"),
        ("2", "1×, 1.5×, 4×", "Mal <b>Kota</b>, Balai Hulu"),
    ]


@pytest.mark.parametrize(("gap", "says"), [(0.0123, "1.3%"), (0.0120, "1.3%"), (0.1, "11.2%"), (0.00001, "0.1%")])
def test_a_bound_is_rounded_up(result: ScenarioResult, gap: float, says: str) -> None:
    plans = result.plans.assign(gap=gap)
    worse = ScenarioResult(
        plans=plans, by_site=result.by_site, by_area=result.by_area, worst=result.worst, conflicts=()
    )
    assert f"better by this count by more than {says}." in describe_scenario(worse, 1, 1, Words("en"))[-1]
    assert says in tabulate_scenarios(worse, PLACES, Words("en")).rows[0]


def test_without_any_plan_that_is_said(result: ScenarioResult) -> None:
    none = ScenarioResult(
        plans=result.plans.iloc[:0], by_site=result.by_site, by_area=result.by_area, worst=("far",), conflicts=()
    )
    assert describe_scenario(none, 3, 1, Words("en")) == ("There is no plan that meets the request.",)
    assert tabulate_scenarios(none, PLACES, Words("id")).rows == ()


def test_the_bound_has_a_column_only_where_a_plan_is_not_proven_best(result: ScenarioResult) -> None:
    proven = tabulate_scenarios(result, PLACES, Words("en"))
    assert "No plan is better by more than" not in proven.headers
    assert len(proven.headers) == len(proven.numeric) == len(proven.rows[0]) == 5


def test_a_weight_below_one_is_told_as_what_it_is() -> None:
    # Counted 0.1 times, the far area's 150 people are worth 15: less than the 20 of the village.
    pool = pd.Series({"village": 40.0, "far": 300.0})
    attendance = pd.DataFrame({"area_id": ["village", "far"], "site_id": ["MALL", "HALL"], "probability": 0.5})
    asked = {"worst": ["far"], "max_events": 1, "fairness": (0.1, 1)}
    found = plan_scenarios(pool, attendance, question=ScenarioQuestion(**asked), rng=np.random.default_rng(0))
    assert describe_scenario(found, 1, 0.1, Words("en"))[1] == (
        "Against the plan that counts everybody once: 130 fewer in all, 150 fewer in the worst-served fifth."
    )
    assert not any("Against" in text for text in describe_scenario(found, 1, 1, Words("en")))
