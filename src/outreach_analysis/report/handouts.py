"""What a manager hands on: the answer as a picture for a phone, and the decision on two printed pages."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from outreach_analysis.event_kinds import popups_that_took_place
from outreach_analysis.files import replace_file
from outreach_analysis.report.browser import BrowserError, picture_of, printed
from outreach_analysis.report.page import PageFigures, about_recommended, own_file, page_mark, templates
from outreach_analysis.report.topics.map import map_section
from outreach_analysis.report.topics.plan import change_text, describe_plan, way_time_text
from outreach_analysis.report.topics.plan_page import tabulate_schedule
from outreach_analysis.report.topics.ranking import (
    TOP,
    area_text,
    day_text,
    first_screen,
    period_text,
    reason_text,
    tabulate_ranking,
)
from outreach_analysis.report.words import Language, Words
from outreach_analysis.study import Study

WIDTH, HEIGHT = 1080, 1350
"""A card in pixels: what a chat shows upright without cutting it."""
PAGES = 2
TYPE_SIZES = (9.5, 8.5, 7.5, 6.5)
"""Sizes of type in points: the first with which the printed edition fits its pages is taken."""


def write_card(analysis: Study, directory: Path | str, *, langs: Iterable[Language], made_on: dt.date) -> list[Path]:
    """Write `card-<lang>.png` for each language, whole or not at all."""
    directory = Path(directory)
    paths = []
    for lang in langs:
        paths.append(directory / f"card-{lang}.png")
        page = render_card(analysis, made_on=made_on, lang=lang)
        replace_file(paths[-1], picture_of(page, directory, width=WIDTH, height=HEIGHT))
    return paths


def write_printed(analysis: Study, directory: Path | str, *, langs: Iterable[Language], made_on: dt.date) -> list[Path]:
    """Write `outreach-<lang>.pdf` for each language, two pages of A4, whole or not at all."""
    directory = Path(directory)
    paths = []
    for lang in langs:
        paths.append(directory / f"outreach-{lang}.pdf")
        view = _printed_view(analysis, Words(lang), made_on=made_on)
        for points in TYPE_SIZES:
            pdf = printed(templates().get_template("printed.html.j2").render(**view, points=points), directory)
            if _pages(pdf) == PAGES:
                break
        else:
            raise BrowserError(f"the printed edition does not fit {PAGES} pages; shorten the names of places")
        replace_file(paths[-1], pdf)
    return paths


def render_card(analysis: Study, *, made_on: dt.date, lang: Language = "id") -> str:
    """The answer in one look, as a page of 1080 by 1350 pixels."""
    words = Words(lang)
    return (
        templates()
        .get_template("card.html.j2")
        .render(
            **_answer(analysis, words),
            lang=lang,
            say=words.say,
            office=analysis.settings.office_name,
            mark=page_mark(analysis, words),
            made_on=words.date(made_on),
            as_of=words.date(analysis.as_of),
        )
    )


def _answer(analysis: Study, words: Words) -> dict[str, Any]:
    """Place, day, three numbers with their ranges, and the first reason."""
    say, ranking = words.say, analysis.ranking
    if ranking.recommended is None:
        told = say("Every candidate is kept out by a rule; the report says by which.")
        heading = say("No place can be visited next")
        return {"heading": heading, "where": told, "day": "", "numbers": [], "reason": ""}
    best: Any = ranking.by_site.loc[ranking.recommended]
    minutes = float(analysis.planning.basis.minutes.get(ranking.recommended, math.nan))
    numbers = [
        (say("people come"), words.number(best["people"]), (best["people_low"], best["people_high"])),
        (say("of them additional"), words.number(best["increment"]), (best["ci_low"], best["ci_high"])),
    ]
    shown = [
        (label, value, say("90% range: {range}", range=words.interval(*interval))) for label, value, interval in numbers
    ]
    if not math.isnan(minutes):
        shown.append((say("way of the team"), way_time_text(minutes, words), say("one way")))
    values = ranking.reasons[ranking.reasons["site_id"] == ranking.recommended]
    reasons = (
        reason_text(code, value, ranking, words) for code, value in zip(values["code"], values["value"], strict=True)
    )
    return {
        "heading": str(best["name"]),
        "where": area_text(str(best["area_id"]), analysis.dataset.areas, words),
        "day": day_text(ranking, ranking.recommended, words),
        "numbers": shown,
        "reason": next(filter(None, reasons), ""),
    }


def _printed_view(analysis: Study, words: Words, *, made_on: dt.date) -> dict[str, Any]:
    settings, ranking, planned, sites = analysis.settings, analysis.ranking, analysis.planning, analysis.sites
    took_place = popups_that_took_place(analysis.dataset.events)
    start = took_place["date"].min() if len(took_place) else pd.Timestamp(analysis.as_of)
    return {
        "lang": words.lang,
        "say": words.say,
        "office": settings.office_name,
        "ministry": settings.ministry,
        "synthetic": settings.synthetic,
        "made_on": words.date(made_on),
        "as_of": words.date(analysis.as_of),
        "period": period_text(start, analysis.as_of, words),
        "version": version("outreach-analysis"),
        "page_mark": page_mark(analysis, words),
        "css": own_file("report.css"),
        "first": first_screen(
            ranking,
            analysis.dataset.areas,
            words,
            backtest=analysis.judged,
            **about_recommended(analysis, words),
            since=change_text(analysis.changes, ranking, words),
        ),
        "map": map_section(analysis, words),
        "figures": PageFigures(interactive=False, outlines={}),
        "top": tabulate_ranking(ranking, top=TOP, lang=words.lang),
        "plan_told": describe_plan(
            planned.plan, planned.schedule, ranking, sites, spread=planned.spread, lang=words.lang
        ),
        "plan": tabulate_schedule(planned.schedule, planned.plan, ranking, sites, lang=words.lang),
    }


def _pages(pdf: bytes) -> int:
    """How many pages a PDF of a browser has: its page objects stand in it unpacked."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
