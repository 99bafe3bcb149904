"""One printable page for the team that goes to a place: the way, the people to expect, where from, what to prepare."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.event_kinds import event_capacity, event_days
from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import enclosing_area, level_name
from outreach_analysis.report.figure import AreaLayer, close_up, draw_layers
from outreach_analysis.report.page import own_file, page_mark, policy, templates
from outreach_analysis.report.static import StaticFigure, outlines_markup, static_figure
from outreach_analysis.report.table import Table
from outreach_analysis.report.topics.answer import checklist, day_of_visit, interest_text, way_text
from outreach_analysis.report.topics.ranking import area_text, exclusion_text
from outreach_analysis.report.words import Language, Words, areas_called
from outreach_analysis.study import Study

HALF_KM = 45.0
LISTED = 6
CLASSES = ((0.5, "#ffffff"), (2.0, "#c7e9b4"), (5.0, "#41b6c4"), (10.0, "#1d91c0"), (float("inf"), "#0c4a86"))
"""People expected from an area, up to which value, in which colour: light to dark (after ColorBrewer's YlGnBu)."""


def render_brief(analysis: Study, site_id: str, *, lang: Language = "id") -> str:
    """The page for one place as HTML, made to be printed on A4; it needs no network and no script."""
    words = Words(lang)
    with areas_called(level_name(analysis.areas)):
        return (
            templates()
            .get_template("brief.html.j2")
            .render(
                **_view(analysis, site_id, words),
                lang=lang,
                office=analysis.settings.office_name,
                ministry=analysis.settings.ministry,
                synthetic=analysis.settings.synthetic,
                internal=analysis.rounding_base == 1,
                as_of=words.date(analysis.as_of),
                say=words.say,
                version=version("outreach-analysis"),
                page_mark=page_mark(analysis, words),
                css=own_file("report.css"),
                policy=policy(scripts=False),
                patterns_of_legends=Markup(outlines_markup({})),
            )
        )


def write_brief(
    analysis: Study, site_id: str, directory: Path | str, *, langs: Iterable[Language] = ("id",)
) -> list[Path]:
    """Write `brief-<site_id>-<lang>.html` for each language, whole or not at all: a page for the team that goes.

    Parameters
    ----------
    analysis
        The study.
    site_id
        A candidate of it.
    directory
        Made if absent.
    langs
        "id", "en" or both.

    Returns
    -------
    list of Path

    Raises
    ------
    RequestError
        Where the place is no candidate; the nearest ids are named.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from outreach_analysis import sample
    >>> study = sample()
    >>> [path.name for path in write_brief(study, "S15", mkdtemp(), langs=["en"])]
    ['brief-S15-en.html']
    """
    directory = Path(directory)
    name = file_name_of(site_id)
    texts = {directory / f"brief-{name}-{lang}.html": render_brief(analysis, site_id, lang=lang) for lang in langs}
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        replace_file(path, text)
    return list(texts)


def file_name_of(site_id: str) -> str:
    """An id as a part of the name of a file, on any system."""
    return re.sub(r"[^\w-]+", "", site_id)[:60] or "place"


def _view(analysis: Study, site_id: str, words: Words) -> dict[str, Any]:
    forecast = people_on_the_day(analysis, site_id)
    site, areas, ranking = analysis.sites.loc[site_id], analysis.dataset.areas, analysis.ranking
    expected = _expected(analysis, site_id, float(forecast["mean"]))
    origins = expected[expected >= CLASSES[0][0]].sort_values(ascending=False)
    day = day_of_visit(site_id, analysis.scheduled, analysis.planning.schedule.events, ranking, words)
    if forecast["days"] > 1:
        day = words.say("{day}, {n} days", day=day, n=words.number(forecast["days"]))
    excluded = ranking.excluded
    reason = ""
    if site_id in excluded.index:
        kept_out: Any = excluded.loc[site_id]
        reason = exclusion_text(kept_out["reason"], kept_out["value"], ranking, words)
    ranked: Any = ranking.by_site.loc[site_id] if site_id in ranking.by_site.index else None
    return {
        "place": str(site["name"]),
        "where": area_text(str(site["area_id"]), areas, words),
        "day": day,
        "warning": reason,
        "people": words.number(forecast["mean"]),
        "range": words.interval(forecast["ci_low"], forecast["ci_high"]),
        "capacity": words.number(forecast["capacity"] / forecast["days"]),
        "additional": None if ranked is None else words.number(ranked["increment"]),
        "additional_range": None if ranked is None else words.interval(ranked["ci_low"], ranked["ci_high"]),
        "status": analysis.forecast.status,
        "way": way_text(way_to(analysis, site_id), analysis.settings, words),
        "interest": interest_text(
            site,
            None if analysis.dataset.interest is None else analysis.interest.by_area,
            areas,
            settings=analysis.settings,
            words=words,
        ),
        "origins": _origins_table(expected, analysis, site_id, words),
        "map": _map(analysis, site_id, expected, words),
        "half_km": words.number(HALF_KM),
        "checklist": checklist(
            site=site,
            forecast=forecast,
            nearest=[str(areas["name"][area]) for area in origins.index[:3]],
            settings=analysis.settings,
            words=words,
        ),
    }


def way_to(analysis: Study, site_id: str) -> pd.Series | None:
    """Travel from the office's own kecamatan to the place; None where the folder has no office."""
    offices = analysis.sites[analysis.sites["kind"] == "office"]
    if offices.empty:
        return None
    home = enclosing_area(offices["area_id"].head(1), analysis.dataset.areas).iloc[0]
    ways = analysis.costs[(analysis.costs["area_id"] == home) & (analysis.costs["site_id"] == site_id)]
    return None if ways.empty else ways.iloc[0]


def people_on_the_day(analysis: Study, site_id: str, *, event_id: Any = None) -> Any:
    """Who comes (`mean`, `ci_low`, `ci_high`, `capacity`, `days`, `booths`: NaN where nobody wrote them).

    At an announced event, the first there or the one named: on all its days, with what it can serve. Else as in the
    ranking."""
    known = analysis.forecast.by_site.index
    if site_id not in known:
        raise RequestError.in_words(
            "'{site}' is no place that a pop-up could visit; there are {known}",
            site=site_id,
            known=", ".join(map(str, known)),
        )
    incremental, announced = analysis.incremental, analysis.scheduled
    here = announced[announced["site_id"] == site_id].sort_values("date")
    here = here if event_id is None else here.loc[[event_id]]
    if here.empty:
        return pd.concat([incremental.people.loc[site_id], pd.Series({"days": 1, "booths": math.nan})])
    event = analysis.dataset.events.loc[here.index[:1]]
    n_days = int(event_days(event).iloc[0])
    by_site = incremental.forecast.by_site.copy()
    # what is written of the event or its place, else what the forecast takes
    settings = analysis.settings.replace(popup_capacity=int(by_site["capacity"][site_id]))
    by_site.loc[site_id, "capacity"] = event_capacity(event, analysis.sites, settings=settings).iloc[0] / n_days
    on_the_day = incremental_attendance(
        dataclasses.replace(incremental.forecast, by_site=by_site),
        incremental.displacement,
        inside=analysis.dataset.areas["in_jurisdiction"].astype(bool),
        days=incremental.days.where(incremental.days.index != site_id, here["date"].iloc[0]),
        announced=announced[announced["site_id"].isin(incremental.site_ids) & (announced.index != here.index[0])],
    )
    people = on_the_day.people.loc[site_id].drop("day_kind").astype(float) * n_days
    return pd.concat(
        [people, pd.Series({"days": n_days, "booths": event["booths"].iloc[0] if "booths" in event else math.nan})]
    )


def _expected(analysis: Study, site_id: str, total: float) -> pd.Series:
    """People expected from each area (index `area_id`); together they are those expected at the place."""
    people = analysis.forecast.expected.query("site_id == @site_id").set_index("area_id")["people"]
    everybody = float(people.sum())
    return people * (total / everybody if everybody else 0.0)


def _origins_table(expected: pd.Series, analysis: Study, site_id: str, words: Words) -> Table:
    """The areas from which most people are expected; the others together in the last row."""
    say, names, holders = words.say, analysis.dataset.areas["name"], analysis.dataset.areas["parent_name"]
    km = analysis.costs[analysis.costs["site_id"] == site_id].set_index("area_id")["km"]
    shown = expected[expected >= CLASSES[0][0]].sort_values(ascending=False).head(LISTED)
    total = float(expected.sum())
    rows = [
        (
            f"{names[area]}, {holders[area]}",
            words.percent(people / total),
            words.number(people),
            words.number(distance),
        )
        for area, people, distance in zip(shown.index, shown, km.reindex(shown.index), strict=True)
    ]
    rest = total - float(shown.sum())
    rows.append((say("all others"), words.percent(rest / total if total else 0.0), words.number(rest), "–"))
    return Table(
        caption=say("Where people are expected to come from"),
        headers=(say("Area"), say("Share"), say("People"), say("Distance (km)")),
        rows=tuple(rows),
        numeric=(False, True, True, True),
    )


def _map(analysis: Study, site_id: str, expected: pd.Series, words: Words) -> StaticFigure:
    """The area around the place, coloured by the people expected from each kecamatan."""
    areas, sites = analysis.dataset.areas, analysis.sites
    site: Any = sites.loc[site_id]
    people = expected.reindex(areas.index).fillna(0.0)
    edges = [words.number(most, digits=0 if most >= 1 else 1) for most, _ in CLASSES[:-1]]
    labels = [
        words.say("below {edge}", edge=edges[0]),
        *(f"{low}–{high}" for low, high in itertools.pairwise(edges)),
        words.say("{edge} and more", edge=edges[-1]),
    ]
    frame = pd.DataFrame(
        {
            "name": areas["name"],
            "kabupaten": areas["parent_name"],
            "class_": np.searchsorted([most for most, _ in CLASSES[:-1]], people, side="right"),
        }
    )
    frame["label"] = [labels[class_] for class_ in frame["class_"]]
    classes = tuple(zip(labels, (colour for _, colour in CLASSES), strict=True))
    layer = AreaLayer(title="", subtitle="", frame=frame, classes=classes)
    offices = sites[sites["kind"] == "office"]
    marks = pd.concat(
        [
            offices.assign(mark="fixed", label=offices["name"], group="", layers=""),
            sites.loc[[site_id]].assign(mark="best", label=site["name"], group=words.say("the place"), layers=""),
        ]
    ).assign(text="")
    alt = words.say(
        "Map: {km} km around {place}; the table beside it says the same", km=words.number(HALF_KM), place=site["name"]
    )
    whole = draw_layers({"people": layer}, areas, marks, shown="people")
    around = (float(site["lon"]), float(site["lat"]))
    return static_figure(close_up(whole, areas, around=around, half_km=HALF_KM, alt=alt))
