"""What a page shows on demand: the map with its layers and the charts, as figures packed into the file."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.event_kinds import held_popups
from outreach_analysis.presentation.charts import plot_ranking
from outreach_analysis.presentation.charts_of_audience import plot_channels
from outreach_analysis.presentation.charts_of_plans import plot_lorenz, plot_plan_curve
from outreach_analysis.presentation.maps import CONFIG, draw_layers, joined_where_close
from outreach_analysis.presentation.tables_of_turnout import plot_backtest, plot_decay_curve
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.confidence_section import published_events
from outreach_analysis.reporting.sections.decision_sections import WHISKERS
from outreach_analysis.reporting.sections.map_view import map_layers


def interactive_figures(analysis: Analysis, words: Words) -> dict[str, go.Figure]:
    """The interactive forms of the report's map and charts by name; what has nothing to show is left out.

    Parameters
    ----------
    analysis
        From `analyse`.
    words
        The language.

    Returns
    -------
    dict
        `map`, `ranking`, `curve`, `lorenz`, `past`, `decay`, `channels`.
    """
    lang, planned = words.lang, analysis.planned
    published = published_events(analysis)
    figures: dict[str, go.Figure | None] = {
        "map": layered_map(analysis, words),
        "ranking": plot_ranking(analysis.ranking, top=WHISKERS, lang=lang),
        "curve": plot_plan_curve(planned.longer, lang=lang),
        "lorenz": None if planned.equity is None else plot_lorenz(planned.equity, lang=lang),
        "past": None if published is None else plot_backtest(published, lang=lang),
        "decay": plot_decay_curve(analysis.turnout, lang=lang),
        "channels": plot_channels(analysis.people.audience, lang=lang),
    }
    return {name: figure for name, figure in figures.items() if figure is not None and len(figure.data)}


def layered_map(analysis: Analysis, words: Words) -> go.Figure:
    """Reach, unmet need, coverage and the plan's reach over the areas; past pop-ups, candidates, plan and offices."""
    layers = map_layers(analysis, words)
    return draw_layers(layers, analysis.dataset.areas, _places(analysis, words), shown=next(iter(layers)))


def figures_text(figures: dict[str, go.Figure]) -> str:
    """Figures as the page's script reads them; outlines that several traces share stand in it once."""
    shared: list[Any] = []
    plain: dict[str, Any] = {}
    for name, figure in figures.items():
        plain[name] = json.loads(figure.to_json())
        for trace in plain[name]["data"]:
            if "geojson" in trace:
                if trace["geojson"] not in shared:
                    shared.append(trace["geojson"])
                trace["geojson"] = shared.index(trace["geojson"])
    return json.dumps({"config": CONFIG, "outlines": shared, "figures": plain}, separators=(",", ":"))


def _places(analysis: Analysis, words: Words) -> pd.DataFrame:
    """Columns of `draw_layers`: every kind of place, what lies below first."""
    say, sites, ranked = words.say, analysis.sites, analysis.ranking.by_site
    events, schedule = analysis.dataset.events, analysis.planned.schedule.events
    points = analysis.coverage[analysis.settings.service_threshold].service_points
    held = held_popups(events)
    visits = held.groupby("site_id")["date"].agg(["size", "max"])
    visited = sites.loc[sites.index.intersection(visits.index)]
    chosen = schedule.drop_duplicates("site_id")
    parts = [
        sites.loc[points.index[points == "fixed"]].assign(
            mark="fixed", text="", label=lambda at: at["name"], group=say("fixed service point")
        ),
        visited.assign(
            mark="event",
            text="",
            label=[
                say("{place}: {n} pop-ups, last on {day}", place=name, n=words.number(n), day=words.date(last))
                for name, n, last in zip(
                    visited["name"], visits.loc[visited.index, "size"], visits.loc[visited.index, "max"], strict=True
                )
            ],
            group=say("place of a past pop-up"),
        ),
        ranked.assign(
            mark="candidate",
            text="",
            label=[
                say(
                    "{rank}. {place}: about {people} additional people ({range})",
                    rank=words.number(rank),
                    place=name,
                    people=words.number(people),
                    range=words.interval(low, high),
                )
                for rank, name, people, low, high in ranked[
                    ["rank", "name", "increment", "ci_low", "ci_high"]
                ].itertuples(index=False)
            ],
            group=say("candidate place"),
        ),
        sites.loc[chosen["site_id"]].assign(
            mark="plan",
            text=joined_where_close(
                sites.loc[chosen["site_id"]], [str(number) for number in range(1, len(chosen) + 1)]
            ),
            label=[
                f"{number}. {name}, {words.date(day, weekday=True)}"
                for number, (name, day) in enumerate(chosen[["name", "day"]].itertuples(index=False), start=1)
            ],
            group=say("place of the plan, by date"),
        ),
    ]
    columns = ["lon", "lat", "mark", "label", "group", "text"]
    return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)
