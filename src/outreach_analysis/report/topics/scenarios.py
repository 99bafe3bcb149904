"""Plans of other sizes and weights, to try out on the page."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from outreach_analysis.decisions.scenarios import ScenarioResult
from outreach_analysis.report.figure import AreaLayer, draw_layers, plan_layer
from outreach_analysis.report.table import STAR, Block, Section, Table, Views, as_table, folded, paragraph, with_star
from outreach_analysis.report.topics.plan import better_text
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

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


def scenario_title(result: ScenarioResult, n_events: int, fairness: float, words: Words) -> str:
    """The finding of one plan."""
    plan = result.plan(n_events, fairness)
    return words.say(
        "Pop-ups: {n}, additional people: {people}",
        n=words.number(n_events),
        people=words.number(plan["expected_reach"]),
    )


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
    """The places of one plan, the one that adds most first, and what would be lost without each. `places` has index
    `site_id` and columns `name`, `kabupaten`; other parameters as in `describe_scenario`."""
    say = words.say
    rows = tuple(
        (
            _name(_numbered(number, str(places["name"][site])), row.visits, words),
            str(places["kabupaten"].fillna("–")[site]),
            words.number(row.contribution),
        )
        for number, (site, row) in enumerate(_records(result.places(n_events, fairness)), start=1)
    )
    return Table(
        caption=say("The places of this plan"),
        headers=(say("Place"), say("Kabupaten or kota"), say("Additional people of its own")),
        rows=rows,
        numeric=(False, False, True),
    )


def _numbered(number: int, name: str) -> str:
    """The star of the proposed place stands before its number."""
    return f"{STAR}{number}. {name.removeprefix(STAR)}" if name.startswith(STAR) else f"{number}. {name}"


def tabulate_scenarios(result: ScenarioResult, places: pd.DataFrame, words: Words) -> Table:
    """Every plan: its number of events, weight, reach with interval, bound and places. `places` has index `site_id` and
    column `name`. Weights of fairness that lead to the same places share a row."""
    say = words.say
    rows = []
    for size, plans in result.plans.groupby(level="n_events"):
        for _, same in plans.groupby("sites", sort=False):
            weights = [float(weight) for weight in same.index.get_level_values("fairness")]
            plan: Any = same.iloc[0]
            reach = words.number(plan["expected_reach"])
            rows.append(
                (
                    words.number(float(str(size))),
                    ", ".join(times_text(weight, words) for weight in weights),
                    f"{reach} ({words.interval(plan['ci_low'], plan['ci_high'])})",
                    words.number(plan["reach_worst"]),
                    _gap_text(float(same["gap"].max()), words),
                    ", ".join(
                        _name(str(places["name"][site]), plan["sites"].count(site), words)
                        for site in dict.fromkeys(plan["sites"])
                    ),
                )
            )
    table = Table(
        caption=say("Every choice: number of pop-ups, and how much fairness weighs"),
        headers=(
            say("Pop-ups"),
            say("Priority of the worst-served fifth"),
            say("Additional people (90% range)"),
            say("of them in the worst-served fifth"),
            say("No plan is better by more than"),
            say("Places"),
        ),
        rows=tuple(rows),
        numeric=(True, False, True, True, True, False),
    )
    return table if (result.plans["gap"] > CLOSED_BELOW).any() else table.without(_BOUND)


def _name(name: str, visits: int, words: Words) -> str:
    """A place, with the number of its visits where there are several."""
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
    """How much better no other plan is."""
    return words.percent(0.0) if gap <= CLOSED_BELOW else better_text(gap, words)


def _records(frame: pd.DataFrame) -> list[tuple[str, Any]]:
    return list(zip(frame.index.astype(str), frame.itertuples(), strict=True))


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
    """The choice nearest to the plan of the report."""
    size, weight = analysis.planning.plan.n_events, analysis.settings.weight_worst_served
    return min(choices, key=lambda choice: (abs(choice[0] - size), abs(choice[1] - weight)))


def _key(choice: Choice, words: Words) -> str:
    return f"{choice[0]}-{times_text(choice[1], words)}"


def _layer(choice: Choice, analysis: Study, words: Words) -> AreaLayer:
    result = analysis.planning.scenarios
    return plan_layer(
        result.reached(*choice),
        analysis.dataset.areas,
        words,
        title=scenario_title(result, *choice, words),
        among=result.by_area,
    )


def _marks(choice: Choice, analysis: Study, words: Words) -> pd.DataFrame:
    """The places of one plan, numbered, as `draw_layers` marks them."""
    sites = analysis.sites.loc[list(dict.fromkeys(analysis.planning.scenarios.plan(*choice)["sites"]))]
    numbers = [str(number) for number in range(1, len(sites) + 1)]
    marked = sites[["lon", "lat"]].assign(mark="ranked", text=numbers, group="", layers=_key(choice, words))
    return marked.assign(label=[f"{n}. {name}" for n, name in zip(numbers, sites["name"], strict=True)])


def _places(analysis: Study) -> pd.DataFrame:
    """Names, kabupaten and positions of every place."""
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


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    ScenarioResult: Views(
        tables={"scenarios": lambda r, s, words: tabulate_scenarios(r, s.sites, words)},
        texts={"scenarios": lambda r, s, words: describe_scenario(r, s.plan.n_events, 2, words)},
    ),
}
