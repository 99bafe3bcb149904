"""The section to try plans out: every choice is in the page, the planned one first, the script finds its parts."""

import dataclasses
import json
import re
from typing import Any

import pytest

from outreach_analysis.report.page import render_report
from outreach_analysis.report.topics.scenarios import scenario_section
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


@pytest.fixture(scope="module")
def view(planned: Study) -> dict[str, Any]:
    return scenario_section(planned, Words("id")).blocks[0].content


def test_every_choice_is_there_with_every_area(planned: Study, view: dict[str, Any]) -> None:
    sizes, weights = [size for size, _ in view["sizes"]], [weight for weight, _ in view["weights"]]
    assert set(view["data"]["plans"]) == {f"{size}-{weight}" for size in sizes for weight in weights}
    marks = {
        trace.meta["layer"]: len(trace.lon)
        for trace in view["figure"].data
        if trace.meta and trace.hovertext and trace.type == "scattergeo"
    }
    assert marks == {name: len(plan["rows"]) for name, plan in view["data"]["plans"].items()}
    for plan in view["data"]["plans"].values():
        assert len(plan["classes"]) == len(view["data"]["names"]) == 105
        assert {int(class_) for class_ in plan["classes"]} <= set(range(len(view["data"]["colours"])))


def test_the_plan_of_the_report_stands_first(planned: Study, view: dict[str, Any]) -> None:
    plan = planned.planning.plan
    assert view["chosen"] == (plan.n_events, "1×")
    result = planned.planning.scenarios
    assert set(result.plan(plan.n_events, 1)["sites"]) == set(plan.sites)
    assert result.plan(plan.n_events, 1)["expected_reach"] == pytest.approx(plan.expected_reach)
    assert result.plan(plan.n_events, 1)["ci_low"] == pytest.approx(plan.ci_low)


def test_a_stated_weight_is_among_the_choices(plan_again) -> None:
    _, again = plan_again(weight_worst_served=2.5)
    weights = again.scenarios.plans.index.get_level_values("fairness").unique().tolist()
    assert weights == [1.0, 1.5, 2.0, 2.5, 3.0, 5.0]
    chosen = again.scenarios.plan(again.plan.n_events, 2.5)
    assert chosen["objective"] == pytest.approx(again.plan.objective)
    assert set(chosen["sites"]) == set(again.plan.sites)


def test_a_stated_weight_below_one_is_shown_as_it_is(plan_again) -> None:
    _, again = plan_again(weight_worst_served=0.5)
    chosen = again.scenarios.plan(again.plan.n_events, 0.5)
    assert set(chosen["sites"]) == set(again.plan.sites)
    assert chosen["objective"] == pytest.approx(again.plan.objective)


def test_the_script_finds_the_parts_that_it_fills(planned: Study) -> None:
    page = render_report(planned, lang="en")
    figure = page[page.index('id="chosen-plan"') : page.index("</figure>", page.index('id="chosen-plan"'))]
    assert set(re.findall(r'data-part="(\w+)"', figure)) == {"title", "map", "told"}
    data = re.search(r'id="plans-to-choose">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert "<" not in data.group(1)
    assert json.loads(data.group(1))["plans"]


@pytest.mark.slow
def test_without_a_plan_the_section_says_so(planned: Study) -> None:
    result = planned.planning.scenarios
    nothing = dataclasses.replace(result, plans=result.plans.iloc[:0])
    plan = dataclasses.replace(planned.planning)
    plan.__dict__["scenarios"] = nothing  # in place of what would be made when asked for
    without = planned.given(planning=plan)
    page = render_report(without, lang="en")
    assert "choose-plan" not in page.split("<script>")[0]
    assert page.count("There is no plan that meets the request.") == 1
