"""The report: its sections in order, laid out into one offline page."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from outreach_analysis.event_kinds import held_popups, popups_that_took_place
from outreach_analysis.files import replace_file
from outreach_analysis.report.figure import CONFIG, draw_layers, joined_where_close
from outreach_analysis.report.glossary import link_terms, own_names, terms
from outreach_analysis.report.table import Section
from outreach_analysis.report.topics.account import data_section, methods_section, terms_section
from outreach_analysis.report.topics.answer import limits_section, points_section
from outreach_analysis.report.topics.flows import map_layers, map_view
from outreach_analysis.report.topics.measures import map_section, past_section, reach_section
from outreach_analysis.report.topics.people import impact_section, plot_channels, whom_section
from outreach_analysis.report.topics.plan import change_text, effort_text
from outreach_analysis.report.topics.plan_page import plan_section, plot_lorenz, plot_plan_curve
from outreach_analysis.report.topics.ranking import (
    WHISKERS,
    dates_section,
    first_screen,
    period_text,
    plot_ranking,
    ranking_section,
)
from outreach_analysis.report.topics.scenarios import scenario_section
from outreach_analysis.report.topics.turnout import (
    confidence_section,
    plot_backtest,
    plot_decay_curve,
    published_events,
)
from outreach_analysis.report.words import Language, Words
from outreach_analysis.study import Study

# --- What a page shows on demand: the map with its layers and the charts, as figures packed into the file.


def interactive_figures(analysis: Study, words: Words) -> dict[str, go.Figure]:
    """The interactive forms of the report's map and charts by name; what has nothing to show is left out."""
    lang, planned = words.lang, analysis.planning
    published = published_events(analysis)
    figures: dict[str, go.Figure | None] = {
        "map": layered_map(analysis, words),
        "ranking": plot_ranking(analysis.ranking, top=WHISKERS, lang=lang),
        "curve": plot_plan_curve(planned.longer, lang=lang),
        "lorenz": None if planned.equity is None else plot_lorenz(planned.equity, lang=lang),
        "past": None if published is None else plot_backtest(published, lang=lang),
        "decay": plot_decay_curve(analysis.turnout, lang=lang),
        "channels": plot_channels(analysis.audience, lang=lang),
    }
    return {name: figure for name, figure in figures.items() if figure is not None and len(figure.data)}


def layered_map(analysis: Study, words: Words) -> go.Figure:
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


def _places(analysis: Study, words: Words) -> pd.DataFrame:
    """Columns of `draw_layers`: every kind of place, what lies below first."""
    say, sites, ranked = words.say, analysis.sites, analysis.ranking.by_site
    events, schedule = analysis.dataset.events, analysis.planning.schedule.events
    points = analysis.coverage.service_points
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


# --- What every page shares: templates, our own style sheets and scripts, and plotly packed into the file.


_RANGE = re.compile(r"\d[\d.,]*–\d[\d.,]*\d|\d–\d")


@cache
def templates() -> Environment:
    """The templates, every value escaped, every missing name an error."""
    environment = Environment(
        loader=PackageLoader("outreach_analysis.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"keep": keep_ranges, "bullets": bullets, "css_text": css_text}
    return environment


def keep_ranges(text: str) -> Markup:
    """Text in which a range of numbers is never broken over two lines."""
    return Markup(_RANGE.sub(r'<span class="nw">\g<0></span>', str(escape(text))))


def bullets(text: Markup) -> Markup:
    """Parts set apart by middle dots, as a list; a text of one part as it is."""
    parts = text.split(" · ")
    if len(parts) == 1:
        return text
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(part) for part in parts))


def css_text(text: str) -> Markup:
    """A text as a CSS string; what could end it, or the style element around it, is left out."""
    plain = re.sub(r"[\n\r\f]", " ", text.replace("\\", "").replace('"', "'").replace("<", ""))
    return Markup(f'"{plain}"')


def own_file(name: str) -> Markup:
    """A style sheet or script of our own, put into the page as it stands."""
    return Markup((files("outreach_analysis.report") / "templates" / name).read_text(encoding="utf-8"))


def page_mark(analysis: Study, words: Words) -> str:
    """What stands at the head of every printed page."""
    marks = []
    if analysis.settings.synthetic:
        marks.append(words.say("SAMPLE DATA (SYNTHETIC)"))
    if analysis.rounding_base == 1:
        marks.append(words.say("INTERNAL: exact numbers, not for publication"))
    return " · ".join(marks)


@cache
def packed_plotly() -> str:
    """plotly.js, packed: a page unpacks it when something interactive is wanted."""
    return packed(get_plotlyjs())


def packed(text: str) -> str:
    """Text as gzip in base64: the same bytes every time."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")


# --- The report before it is laid out: its header, its first screen and its sections in order.


def report_view(analysis: Study, words: Words) -> dict[str, Any]:
    """Everything the report's template shows, in one language."""
    settings = analysis.settings
    events = analysis.dataset.events
    held = popups_that_took_place(events)
    start = held["date"].min() if len(held) else pd.Timestamp(analysis.as_of)
    return {
        "lang": words.lang,
        "office": settings.office_name,
        "ministry": settings.ministry,
        "synthetic": settings.synthetic,
        "internal": analysis.rounding_base == 1,
        "as_of": words.date(analysis.as_of),
        "period": period_text(start, analysis.as_of, words),
        "first": first_screen(
            analysis.ranking,
            analysis.dataset.areas,
            words,
            backtest=analysis.judged,
            **_about_recommended(analysis, words),
            since=change_text(analysis.changes, analysis.ranking, words),
        ),
        "sections": report_sections(analysis, words),
    }


def _about_recommended(analysis: Study, words: Words) -> dict[str, Any]:
    """What would be proposed without an announced event, and what a visit takes; nothing where no place is proposed."""
    best, planned = analysis.ranking.recommended, analysis.planning
    if best is None:
        return {}
    minutes = float(planned.basis.minutes.get(best, math.nan))
    return {
        "cancelled": analysis.cancelled,
        "effort": effort_text(analysis.sites.loc[best], minutes, analysis.scheduled, analysis.sites["name"], words),
    }


def report_sections(analysis: Study, words: Words) -> list[Section]:
    """The sections of the report in their order: what to do, what is, what it rests on."""
    maps = map_view(analysis, words)
    return [
        points_section(analysis, words),
        map_section(maps, words),
        ranking_section(analysis, words),
        plan_section(analysis, words),
        scenario_section(analysis, maps, words),
        dates_section(analysis, words),
        confidence_section(analysis, words),
        reach_section(analysis, maps, words),
        whom_section(analysis, words),
        past_section(analysis, words),
        impact_section(analysis, words),
        data_section(analysis, words),
        limits_section(analysis, words),
        methods_section(analysis, words),
        terms_section(analysis, words),
    ]


# --- The manager's report: one self-contained HTML file a language, written whole or not at all.


SCRIPTS = ("report.js", "scenarios.js")


def render_report(analysis: Study, *, lang: Language = "id") -> str:
    """The report as one HTML text that needs no network and no script to be read. Static drawings come first; the
    interactive map is packed in the file and started on demand. Numbers of people are those of the analysis: rounded,
    unless it was made for inside use, which every page then says."""
    words = Words(lang)
    template = templates().get_template("report.html.j2")
    page = template.render(
        **report_view(analysis, words),
        say=words.say,
        version=version("outreach-analysis"),
        page_mark=page_mark(analysis, words),
        css=own_file("report.css"),
        scripts=[own_file(name) for name in SCRIPTS],
        plotly_code=packed_plotly(),
        figures=packed(figures_text(interactive_figures(analysis, words))),
    )
    return link_terms(page, terms(words, analysis.settings), names=own_names(analysis))


def write_report(analysis: Study, directory: Path | str, *, langs: Iterable[Language] = ("id",)) -> list[Path]:
    """Write `outreach-<lang>.html` for each language; an interrupted run leaves the old files whole."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    texts = {directory / f"outreach-{lang}.html": render_report(analysis, lang=lang) for lang in langs}
    for path, text in texts.items():
        replace_file(path, text)
    return list(texts)
