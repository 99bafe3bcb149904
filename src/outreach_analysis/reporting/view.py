"""The report before it is laid out: its header, its first screen and its sections in order."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from outreach_analysis.event_kinds import popups_that_took_place
from outreach_analysis.presentation.wording.plans import change_text, effort_text
from outreach_analysis.presentation.wording.sentences import first_screen, period_text
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.account_sections import (
    data_section,
    limits_section,
    methods_section,
    terms_section,
)
from outreach_analysis.reporting.sections.confidence_section import confidence_section
from outreach_analysis.reporting.sections.decision_sections import dates_section, points_section, ranking_section
from outreach_analysis.reporting.sections.map_view import map_view
from outreach_analysis.reporting.sections.measure_sections import map_section, past_section, reach_section
from outreach_analysis.reporting.sections.people_sections import impact_section, whom_section
from outreach_analysis.reporting.sections.plan_sections import plan_section
from outreach_analysis.reporting.sections.scenario_section import scenario_section
from outreach_analysis.reporting.sections.section import Section


def report_view(analysis: Analysis, words: Words) -> dict[str, Any]:
    """Everything the report's template shows, in one language.

    Parameters
    ----------
    analysis
        From `analyse`.
    words
        The language.

    Returns
    -------
    dict
        Texts by name, and `sections`; the template only arranges them.
    """
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
            backtest=analysis.backtest,
            **_about_recommended(analysis, words),
            since=change_text(analysis.changes, analysis.ranking, words),
        ),
        "sections": report_sections(analysis, words),
    }


def _about_recommended(analysis: Analysis, words: Words) -> dict[str, Any]:
    """What would be proposed without an announced event, and what a visit takes; nothing where no place is proposed."""
    best, planned = analysis.ranking.recommended, analysis.planned
    if best is None:
        return {}
    minutes = float(planned.basis.minutes.get(best, math.nan))
    return {
        "cancelled": analysis.cancelled.proposals,
        "effort": effort_text(analysis.sites.loc[best], minutes, analysis.scheduled, analysis.sites["name"], words),
    }


def report_sections(analysis: Analysis, words: Words) -> list[Section]:
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
