"""The map of the report: its layers, the places on it, and its section."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.event_kinds import held_popups, popups_that_took_place
from outreach_analysis.report.figure import (
    AreaLayer,
    close_up,
    draw_layers,
    need_circles,
    plan_layer,
    reach_layer,
    residents_layer,
)
from outreach_analysis.report.table import Block, Section
from outreach_analysis.report.topics.ranking import period_text
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

MARKED = 5
CLOSE_HALF_KM = 45.0


def map_section(analysis: Study, words: Words) -> Section:
    """Who is reached, on a map with the first candidates, and what else its areas can be coloured by."""
    say, layers = words.say, map_layers(analysis, words)
    areas, best = analysis.dataset.areas, analysis.ranking.recommended
    names = {
        "coverage": say("Residents and service"),
        "need": say("Unmet need"),
        "reach": say("Pop-up applicants"),
        "plan": say("Plan"),
    }
    held = popups_that_took_place(analysis.dataset.events)
    start = held["date"].min() if len(held) else pd.Timestamp(analysis.as_of)
    notes = {"reach": ", " + period_text(start, analysis.as_of, words)}
    if (areas.loc[areas.geometry.notna(), "geometry_kind"] == "indicative").any():
        notes = {name: f"{notes.get(name, '')} · {say('borders are indicative')}" for name in names}
    whole = layered_map(analysis, words)
    figures = [(whole, "")]
    if best is not None:
        there: Any = analysis.ranking.by_site.loc[best]
        named = {"km": words.number(CLOSE_HALF_KM), "place": str(there["name"])}
        closer = close_up(
            whole,
            areas,
            around=(float(there["lon"]), float(there["lat"])),
            half_km=CLOSE_HALF_KM,
            alt=say("The same map, {km} km around {place}", **named),
        )
        figures.append((closer, say("{km} km around {place}", **named)))
    content = {
        "choices": [
            (name, names[name], layer.title, layer.subtitle + notes.get(name, "")) for name, layer in layers.items()
        ],
        "figures": figures,
    }
    return Section.of("map", say("Map"), Block(kind="map", content=content))


def layered_map(analysis: Study, words: Words) -> go.Figure:
    """Residents by service, unmet need, reach and the plan's reach, with the places that matter on each."""
    layers = map_layers(analysis, words)
    return draw_layers(layers, analysis.dataset.areas, _places(analysis, words), shown=next(iter(layers)))


def map_layers(analysis: Study, words: Words) -> dict[str, AreaLayer]:
    """What the map can show: `coverage`, `need` with office figures, `reach`, `plan` where there is one."""
    areas, plan = analysis.dataset.areas, analysis.planning.plan
    layers = {
        "coverage": residents_layer(analysis.coverage, areas, words),
        **({"need": need_circles(analysis.need, areas, words)} if analysis.need.has_office_figures else {}),
        "reach": reach_layer(analysis.reach, areas, words),
    }
    if plan.sites:
        among = analysis.planning.scenarios.by_area
        title = words.say(
            "Pop-ups: {n}, additional people: {people}",
            n=words.number(len(plan.sites)),
            people=words.number(plan.expected_reach),
        )
        layers["plan"] = plan_layer(plan.by_area["reached"], areas, words, title=title, among=among)
    return layers


def _places(analysis: Study, words: Words) -> pd.DataFrame:
    """Columns of `draw_layers`: every kind of place, what lies below first."""
    say, sites, ranked = words.say, analysis.sites, analysis.ranking.by_site
    points = analysis.coverage.service_points
    fixed = sites.loc[points.index[points == "fixed"]]
    visits = held_popups(analysis.dataset.events).groupby("site_id")["date"].agg(["size", "max"])
    visited = sites.loc[sites.index.intersection(visits.index)]
    days = analysis.planning.schedule.events.drop_duplicates("site_id")
    best = ranked[ranked.index == analysis.ranking.recommended]
    top = ranked.head(MARKED).drop(index=best.index, errors="ignore")
    parts = [
        fixed.assign(mark="fixed", text="", label=fixed["name"], group=say("fixed service point"), layers=""),
        visited.assign(
            mark="event",
            text="",
            label=[
                say("{place}: last pop-up on {day}, {n} in all", place=name, n=words.number(n), day=words.date(last))
                for name, (n, last) in zip(
                    visited["name"], visits.loc[visited.index].itertuples(index=False), strict=True
                )
            ],
            group=say("place of a past pop-up"),
            layers="",
        ),
        top.assign(
            mark="ranked",
            text=top["rank"].astype(str),
            label=_ranked_texts(top, words),
            group=say("candidate place, with its rank"),
            layers="reach need coverage",
        ),
        sites.loc[days["site_id"]].assign(
            mark="planned",
            text=[str(number) for number in range(1, len(days) + 1)],
            label=[
                f"{number}. {name}, {words.date(day, weekday=True)}"
                for number, (name, day) in enumerate(days[["name", "day"]].itertuples(index=False), start=1)
            ],
            group=say("place of the plan, by date"),
            layers="plan",
        ),
        best.assign(mark="best", text="", label=_ranked_texts(best, words), group=say("proposed place"), layers=""),
    ]
    columns = ["lon", "lat", "mark", "label", "group", "text", "layers"]
    return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)


def _ranked_texts(ranked: pd.DataFrame, words: Words) -> list[str]:
    return [
        words.say(
            "{rank}. {place}: about {people} additional people ({range})",
            rank=words.number(rank),
            place=name,
            people=words.number(people),
            range=words.interval(low, high),
        )
        for rank, name, people, low, high in ranked[["rank", "name", "increment", "ci_low", "ci_high"]].itertuples(
            index=False
        )
    ]
