"""How each result of a study shows itself: its tables, figures and sentences by name, the first when none is named."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from outreach_analysis.contracts import RequestError
from outreach_analysis.geography.areas import level_name
from outreach_analysis.report.table import Ways
from outreach_analysis.report.topics import (
    account,
    answer,
    maps,
    measures,
    people,
    plan,
    plan_page,
    ranking,
    scenarios,
    turnout,
)
from outreach_analysis.report.words import Language, Sentences, Words, areas_called
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study


def shown(result: Shown, study: Study, kind: str, of: str, lang: Language) -> Any:
    """A table, figure or sentences of a result; a name that it does not know is refused with those it does."""
    ways = VIEWS.get((type(result), kind), {})
    name, what = of or next(iter(ways), ""), f"{type(result).__name__} has"
    if not ways:
        raise RequestError(f"{what} no {kind}; .to_frame() gives its numbers")
    if name not in ways:
        meant = get_close_matches(name, ways, n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise RequestError(f"{what} no {kind} called {name}, but {', '.join(ways)}{hint}")
    with areas_called(level_name(study.areas)):
        made = ways[name](result, study, Words(lang))
    return Sentences.of([made] if isinstance(made, str) else made) if kind == "texts" else made


TOPICS = (measures, account, maps, people, turnout, ranking, answer, plan, plan_page, scenarios)
"""The topics whose results show themselves; of two that show the same kind of result the first comes first."""


VIEWS: Ways = {}
"""The ways in which each type of result is shown."""

for topic in TOPICS:
    for of_type, own in topic.VIEWS.items():
        VIEWS[of_type] = VIEWS.get(of_type, {}) | own
