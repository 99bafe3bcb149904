"""The section in which plans are tried out: every number of events and weight of fairness, with map and places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from outreach_analysis.presentation.layers import AreaLayer, plan_layer
from outreach_analysis.presentation.scenarios import (
    describe_scenario,
    scenario_title,
    tabulate_scenario,
    tabulate_scenarios,
    times_text,
    weight_text,
)
from outreach_analysis.presentation.svg import Canvas, Mark, place_marks
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section

Choice = tuple[int, float]


def scenario_section(analysis: Analysis, maps: dict[str, Any], words: Words) -> Section:
    """Every plan that can be chosen, the planned one shown first.

    `maps` is the `map_view` of the same report: its canvas and the areas that are drawn.
    """
    result = analysis.planned.scenarios
    say = words.say
    heading, contents = say("Try it: how many pop-ups, and for whom"), say("Try it")
    choices = [(int(str(size)), float(weight)) for size, weight in result.plans.index]
    if not choices:
        return Section(name="scenarios", heading=heading, contents=contents, view={"first": None})
    first = _planned(choices, analysis)
    shown = {choice: _choice_view(choice, analysis, maps["canvas"], maps["paths"], words) for choice in choices}
    layer = _layer(first, analysis, words)
    view = {
        "canvas": maps["canvas"],
        "stroke": maps["stroke"],
        "labels": maps["labels"],
        "layer": layer,
        "areas": list(zip(maps["paths"], (int(class_) for class_ in shown[first]["classes"]), strict=True)),
        "first": shown[first],
        "chosen": (first[0], times_text(first[1], words)),
        "sizes": [(size, words.number(size)) for size in dict.fromkeys(size for size, _ in choices)],
        "weights": [
            (times_text(weight, words), weight_text(weight, words))
            for weight in dict.fromkeys(weight for _, weight in choices)
        ],
        "data": {
            "plans": {f"{size} {times_text(weight, words)}": _as_data(plan) for (size, weight), plan in shown.items()},
            "colours": [colour for _, colour in layer.classes],
            "classes": [label for label, _ in layer.classes],
            "names": [
                f"{name}, {kabupaten}"
                for name, kabupaten in layer.frame.loc[list(maps["paths"]), ["name", "kabupaten"]].itertuples(
                    index=False
                )
            ],
        },
        "every": tabulate_scenarios(result, analysis.sites, lang=words.lang),
    }
    return Section(name="scenarios", heading=heading, contents=contents, view=view)


def _planned(choices: list[Choice], analysis: Analysis) -> Choice:
    """The choice nearest to the plan of the report."""
    size, weight = analysis.planned.plan.n_events, analysis.settings.weight_worst_served
    return min(choices, key=lambda choice: (abs(choice[0] - size), abs(choice[1] - weight)))


def _layer(choice: Choice, analysis: Analysis, words: Words) -> AreaLayer:
    result = analysis.planned.scenarios
    return plan_layer(
        result.reached(*choice),
        analysis.dataset.areas,
        words,
        title=scenario_title(result, *choice, words),
        among=result.by_area,
    )


def _choice_view(
    choice: Choice, analysis: Analysis, canvas: Canvas, drawn: Iterable[str], words: Words
) -> dict[str, Any]:
    """Texts, rows, classes of the areas (one figure each, in drawing order) and marks of one plan."""
    result = analysis.planned.scenarios
    places = _places(analysis)
    table = tabulate_scenario(result, *choice, places, lang=words.lang)
    layer = _layer(choice, analysis, words)
    sites = list(dict.fromkeys(result.plan(*choice)["sites"]))
    numbers = [str(number) for number in range(1, len(sites) + 1)]
    marked = places.loc[sites].assign(kind="candidate", text=numbers)
    marked["title"] = marked["text"] + ". " + marked["name"]
    return {
        "title": layer.title,
        "alt": layer.alt,
        "told": [str(sentence) for sentence in describe_scenario(result, *choice, lang=words.lang)],
        "table": table,
        "classes": "".join(layer.frame.loc[list(drawn), "class_"].astype(int).astype(str)),
        "marks": place_marks(marked, canvas),
    }


def _places(analysis: Analysis) -> pd.DataFrame:
    """Names, kabupaten and positions of every place."""
    ranked = analysis.ranking.by_site
    return analysis.sites[["name", "lon", "lat"]].assign(kabupaten=ranked["kabupaten"].reindex(analysis.sites.index))


def _as_data(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice's view as the page's script reads it."""
    marks: list[Mark] = choice["marks"]
    return {
        "title": choice["title"],
        "alt": choice["alt"],
        "told": choice["told"],
        "rows": choice["table"].rows,
        "classes": choice["classes"],
        "marks": [[m.x, m.y, m.true_x, m.true_y, m.text, m.title] for m in marks],
    }
