"""Plans of other sizes and weights to try out on the page, and two studies side by side."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pandas as pd

from outreach_analysis.decisions.scenarios import ScenarioResult
from outreach_analysis.report.figure import AreaLayer, draw_layers, plan_layer
from outreach_analysis.report.table import (
    STAR,
    Block,
    Column,
    Section,
    Table,
    Ways,
    as_table,
    folded,
    numbers,
    paragraph,
    table_of,
    with_star,
)
from outreach_analysis.report.topics.account import setting_text
from outreach_analysis.report.topics.plan import better_text
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.study import Study, StudyComparison

# --- What-if plans in words and tables: what a number of events and a weight of fairness lead to.


CLOSED_BELOW = 1e-6
"""Gaps below this are arithmetic, not a better plan."""
_BOUND = 4
"""Column of the bound in the table of all choices: it says nothing where no other plan can be better."""


def times_text(weight: float, words: Words) -> str:
    """How many times a person counts: '2×', '1.5×'."""
    return f"{words.number(weight, digits=0 if weight == round(weight) else 1)}×"


def weight_text(weight: float, words: Words) -> str:
    """How much the worst-served fifth is preferred, by name where there is one: 'strong (3×)'."""
    say = words.say
    names = {1.0: say("none"), 1.5: say("light"), 2.0: say("medium"), 3.0: say("strong"), 5.0: say("very strong")}
    times = times_text(weight, words)
    return f"{names[weight]} ({times})" if weight in names else times


def describe_scenario(result: ScenarioResult, n_events: int, fairness: float, words: Words) -> Sentences:
    """What a plan reaches, what its fairness costs, and how much better no other plan of its size is."""
    say = words.say
    if result.plans.empty:
        return Sentences.of([say("There is no plan that meets the request.")])
    plan = result.plan(n_events, fairness)
    low, high = plan["ci_low"], plan["ci_high"]
    span = "" if math.isnan(low) else say("90% range: {range} people.", range=words.interval(low, high)) + " "
    worst = say(
        "About {worst} of those reached live in the worst-served fifth.", worst=words.number(plan["reach_worst"])
    )
    published = [span + worst, _price_text(result, n_events, fairness, words), _bound_text(plan, words)]
    return Sentences.of(published)


def tabulate_scenario(
    result: ScenarioResult, n_events: int, fairness: float, places: pd.DataFrame, words: Words
) -> Table:
    """The places of one plan, the one that adds most first, and what would be lost without each."""
    say, chosen = words.say, result.places(n_events, fairness)

    def numbered(row: Any) -> str:
        name = str(places["name"][row.Index])
        star = STAR if name.startswith(STAR) else ""
        return _name(f"{star}{row.number}. {name.removeprefix(STAR)}", row.visits, words)

    return table_of(
        say("The places of this plan"),
        chosen.assign(number=range(1, len(chosen) + 1)).itertuples(),
        Column(say("Place"), numbered),
        Column(say("Kabupaten or kota"), lambda row: str(places["kabupaten"].fillna("–")[row.Index])),
        numbers(say("Additional people of its own"), lambda row: words.number(row.contribution)),
    )


def tabulate_scenarios(result: ScenarioResult, places: pd.DataFrame, words: Words) -> Table:
    """Every plan; weights of fairness that lead to the same places share a row."""
    say, plans = words.say, result.plans.reset_index()
    same = plans.groupby(["n_events", "sites"], sort=False)
    rows = same.first().assign(weights=same["fairness"].agg(list), gap=same["gap"].max()).reset_index()

    def names(plan: Any) -> str:
        visits = Counter(plan.sites)
        return ", ".join(_name(str(places["name"][site]), n, words) for site, n in visits.items())

    table = table_of(
        say("Every choice: number of pop-ups, and how much fairness weighs"),
        rows.itertuples(),
        numbers(say("Pop-ups"), lambda plan: words.number(plan.n_events)),
        Column(
            say("Priority of the worst-served fifth"),
            lambda plan: ", ".join(times_text(weight, words) for weight in plan.weights),
        ),
        numbers(
            say("Additional people (90% range)"),
            lambda plan: words.ranged(plan.expected_reach, plan.ci_low, plan.ci_high),
        ),
        numbers(say("of them in the worst-served fifth"), lambda plan: words.number(plan.reach_worst)),
        numbers(say("No plan is better by more than"), lambda plan: _gap_text(plan.gap, words)),
        Column(say("Places"), names),
    )
    return table if (result.plans["gap"] > CLOSED_BELOW).any() else table.without(_BOUND)


def _name(name: str, visits: int, words: Words) -> str:
    return name if visits == 1 else words.say("{place} ({n} visits)", place=name, n=words.number(visits))


def _price_text(result: ScenarioResult, n_events: int, fairness: float, words: Words) -> str:
    """What the weight changes against counting everybody alike."""
    if fairness == 1 or (n_events, 1.0) not in result.plans.index:
        return ""
    plan, first = result.plan(n_events, fairness), result.plan(n_events, 1.0)
    if plan["sites"] == first["sites"]:
        return words.say(
            "The weight changes nothing: these are also the places of the plan that counts everybody once."
        )
    more, fairer = plan["expected_reach"] - first["expected_reach"], plan["reach_worst"] - first["reach_worst"]
    n, of_worst = words.number(abs(more)), words.number(abs(fairer))
    return words.say(
        "Against the plan that counts everybody once: {all}, {worst}.",
        # where visits have a cost, the plan that counts everybody once need not be the one with most people
        all=words.say("{n} more in all", n=n) if more > 0 else words.say("{n} fewer in all", n=n),
        worst=words.say("{n} more in the worst-served fifth", n=of_worst)
        if fairer >= 0
        else words.say("{n} fewer in the worst-served fifth", n=of_worst),
    )


def _bound_text(plan: Any, words: Words) -> str:
    if plan["gap"] <= CLOSED_BELOW:
        return words.say("On average no other choice of places, on any days of the period, is better by this count.")
    return words.say(
        "On average no other choice of places, on any days of the period, is better by this count by more than {gap}.",
        gap=_gap_text(plan["gap"], words),
    )


def _gap_text(gap: float, words: Words) -> str:
    return words.percent(0.0) if gap <= CLOSED_BELOW else better_text(gap, words)


# --- The section in which plans are tried out: every number of events and weight of fairness, with map and places.


Choice = tuple[int, float]


def scenario_section(analysis: Study, words: Words) -> Section:
    """Every plan that can be chosen, the planned one shown first."""
    result, areas, say = analysis.planning.scenarios, analysis.dataset.areas, words.say
    heading, contents = say("Try it: how many pop-ups, and for whom"), say("Try it")
    choices = [(int(str(size)), float(weight)) for size, weight in result.plans.index]
    if not choices:
        nothing = paragraph(say("There is no plan that meets the request."))
        return Section.of("scenarios", heading, nothing, contents=contents)
    first = _planned(choices, analysis)
    choices.sort(key=lambda choice: choice != first)
    weights = sorted({weight for _, weight in choices})
    layers = {choice: _layer(choice, analysis, words) for choice in choices}
    planned, drawn = layers[first], areas.index[areas.geometry.notna()]
    best = analysis.sites.loc[analysis.sites.index == analysis.ranking.recommended, ["lon", "lat", "name"]]
    star = best.rename(columns={"name": "label"}).assign(mark="best", text="", group=say("proposed place"), layers="")
    marks = pd.concat([*(_marks(choice, analysis, words) for choice in choices), star], ignore_index=True)
    every = tabulate_scenarios(result, _places(analysis), words)
    content = {
        "figure": draw_layers({_key(first, words): planned}, areas, marks, shown=_key(first, words)),
        "title": planned.title,
        "subtitle": planned.subtitle,
        "told": describe_scenario(result, *first, words),
        "table": tabulate_scenario(result, *first, _places(analysis), words),
        "chosen": (first[0], times_text(first[1], words)),
        "sizes": [(size, words.number(size)) for size in sorted({size for size, _ in choices})],
        "weights": [(times_text(weight, words), weight_text(weight, words)) for weight in weights],
        "data": {
            "plans": {
                _key(choice, words): _as_data(choice, layers[choice], drawn, analysis, words) for choice in choices
            },
            "colours": [colour for _, colour in planned.classes],
            "classes": [label for label, _ in planned.classes],
            "names": [
                ", ".join(row) for row in planned.frame.loc[drawn, ["name", "kabupaten"]].itertuples(index=False)
            ],
        },
    }
    return Section.of(
        "scenarios",
        heading,
        Block(kind="plans", content=content),
        folded(say("All choices in one table ({n})", n=len(every.rows)), as_table(every)),
        contents=contents,
    )


def _planned(choices: list[Choice], analysis: Study) -> Choice:
    size, weight = analysis.planning.plan.n_events, analysis.settings.weight_worst_served
    return min(choices, key=lambda choice: (abs(choice[0] - size), abs(choice[1] - weight)))


def _key(choice: Choice, words: Words) -> str:
    return f"{choice[0]}-{times_text(choice[1], words)}"


def _layer(choice: Choice, analysis: Study, words: Words) -> AreaLayer:
    result = analysis.planning.scenarios
    people = words.number(result.plan(*choice)["expected_reach"])
    title = words.say("Pop-ups: {n}, additional people: {people}", n=words.number(choice[0]), people=people)
    return plan_layer(result.reached(*choice), analysis.dataset.areas, words, title=title, among=result.by_area)


def _marks(choice: Choice, analysis: Study, words: Words) -> pd.DataFrame:
    """The places of one plan, numbered, as `draw_layers` marks them."""
    sites = analysis.sites.loc[list(dict.fromkeys(analysis.planning.scenarios.plan(*choice)["sites"]))]
    numbers = [str(number) for number in range(1, len(sites) + 1)]
    marked = sites[["lon", "lat"]].assign(mark="ranked", text=numbers, group="", layers=_key(choice, words))
    return marked.assign(label=[f"{n}. {name}" for n, name in zip(numbers, sites["name"], strict=True)])


def _places(analysis: Study) -> pd.DataFrame:
    ranked = analysis.ranking.by_site
    named = with_star(analysis.sites, analysis.ranking.recommended)
    return named[["name", "lon", "lat"]].assign(kabupaten=ranked["kabupaten"].reindex(analysis.sites.index))


def _as_data(choice: Choice, layer: AreaLayer, drawn: pd.Index, analysis: Study, words: Words) -> dict[str, Any]:
    """What the page's script shows of a plan: texts, rows, and the class of each area (one figure each, as drawn)."""
    result = analysis.planning.scenarios
    return {
        "title": layer.title,
        "alt": layer.alt,
        "told": [str(sentence) for sentence in describe_scenario(result, *choice, words)],
        "rows": tabulate_scenario(result, *choice, _places(analysis), words).rows,
        "classes": "".join(layer.frame.loc[drawn, "class_"].astype(int).astype(str)),
    }


# --- Two studies side by side.


def tabulate_comparison(comparison: StudyComparison, words: Words) -> Table:
    """Every number in which two studies may differ."""
    say = words.say
    names = {
        "reach": say("Applicants at pop-ups per 10,000 residents"),
        "coverage": say("Residents near a service point"),
        "need": say("Applications a year that are missing"),
        "expected additional people there": say("Additional people at the first place"),
    }

    def name(row: Any) -> str:
        place = row.Index.removeprefix("place ").partition(" ")[0]
        return names.get(row.Index) or (
            say("Place {n} of the ranking", n=place) if row.unit == "site_id" else row.Index
        )

    def told(number: str, value: object) -> str:
        if number == "coverage":
            return words.percent(float(value)) if isinstance(value, float) else "–"
        if number in names:
            digits = 1 if number == "reach" else 0
            return words.number(value, digits=digits) if isinstance(value, int | float) else "–"
        return comparison.places.get(value, setting_text(value)) if isinstance(value, str) else setting_text(value)

    return table_of(
        say("Two studies compared"),
        comparison.numbers.itertuples(),
        Column(say("What is compared"), name),
        numbers(say("First"), lambda row: told(row.Index, row.here)),
        numbers(say("Second"), lambda row: told(row.Index, row.there)),
    )


def describe_comparison(comparison: StudyComparison, words: Words) -> str:
    """Whether the first place is the same, and what it adds."""
    rows = comparison.numbers[["here", "there"]]
    if "place 1 of the ranking" not in rows.index:
        return words.say("No place may be visited in either.")
    first = [str(site) for site in rows.loc["place 1 of the ranking"]]
    n, m = map(words.number, rows.loc["expected additional people there"])
    place, other = (comparison.places.get(site, "–") for site in first)
    if "" in first:
        place, n = (place, n) if first[0] else (other, m)
        return words.say(
            "Only in one of them may a place be visited: {place}, with about {n} additional people.", place=place, n=n
        )
    if first[0] == first[1]:
        return words.say(
            "The first place is {place} in both: it adds about {n} people in the first and about {m} in the second.",
            place=place,
            n=n,
            m=m,
        )
    return words.say(
        "The first place is {place} with about {n} additional people in the first, and {other} with about {m} in the "
        "second.",
        place=place,
        other=other,
        n=n,
        m=m,
    )


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (ScenarioResult, "tables"): {"scenarios": lambda r, s, words: tabulate_scenarios(r, s.sites, words)},
    (ScenarioResult, "texts"): {"scenarios": lambda r, s, words: describe_scenario(r, s.plan.n_events, 2, words)},
    (StudyComparison, "tables"): {"comparison": lambda r, s, words: tabulate_comparison(r, words)},
    (StudyComparison, "texts"): {"comparison": lambda r, s, words: describe_comparison(r, words)},
}
