"""Sections on people: whom pop-ups reach, and whether they worked."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.presentation import describe_audience as said
from outreach_analysis.presentation import tables_of_audience as tables
from outreach_analysis.presentation.describe_impact import describe_impact, describe_saved_forecasts, impact_finding
from outreach_analysis.presentation.svg import Estimate, WhiskerChart, nice_ticks, whisker_chart
from outreach_analysis.presentation.wording.people import channel_name, share_text
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section


def whom_section(analysis: Analysis, words: Words) -> Section:
    """How people heard of pop-ups, what they applied for, when they came, and in which series."""
    people, lang = analysis.people, words.lang
    areas, found = analysis.dataset.areas, analysis.people.audience
    channels = said.describe_channels(found, lang=lang)
    days = people.working_days
    view = {
        "channels": channels[1:] or channels,
        "channel_finding": channels[0].removesuffix("."),
        "channel_chart": _channel_chart(found.channels, words),
        "channel_table": tables.tabulate_channels(found, lang=lang),
        "applications": said.describe_applications(found, lang=lang),
        "application_table": tables.tabulate_applications(found, lang=lang),
        "age_table": tables.tabulate_ages(found, lang=lang),
        "uptake": said.describe_uptake(found.uptake, areas, lang=lang),
        "uptake_table": tables.tabulate_uptake(found.uptake, areas, lang=lang),
        "days": said.describe_working_days(days, areas, lang=lang),
        "days_table": None
        if days is None
        else tables.tabulate_working_days(days, unit=analysis.settings.travel_measure, lang=lang),
        "series": said.describe_series(people.series, lang=lang),
        "series_table": tables.tabulate_series(people.series, lang=lang),
    }
    heading = words.say("Whom pop-ups reach")
    return Section(name="whom", heading=heading, contents=heading, view=view)


def impact_section(analysis: Analysis, words: Words) -> Section:
    """Whether applicants are missing at the office afterwards, and saved forecasts against what came."""
    people = analysis.people
    view = {
        "finding": impact_finding(people.impact, words),
        "sentences": describe_impact(people.impact, analysis.dataset.areas, lang=words.lang),
        "table": tables.tabulate_impact(people.impact, lang=words.lang) if people.impact.gate_passed else None,
        "saved": describe_saved_forecasts(people.saved, lang=words.lang),
        "saved_table": None
        if people.saved is None or people.saved.by_event.empty
        else tables.tabulate_saved_forecasts(people.saved, analysis.sites, lang=words.lang),
    }
    heading = words.say("Did it work?")
    return Section(name="impact", heading=heading, contents=heading, view=view)


def _channel_chart(channels: pd.DataFrame, words: Words) -> WhiskerChart | None:
    shown = channels.dropna(subset=["share"]).sort_values("share", ascending=False, kind="stable")
    if shown.empty:
        return None
    estimates = [
        Estimate(
            label=channel_name(row["category"], words),
            value=share_text(row["share"], row["ci_low"], row["ci_high"], words),
            estimate=row["share"] * 100,
            low=row["ci_low"] * 100,
            high=row["ci_high"] * 100,
            strong=False,
        )
        for row in shown.to_dict("records")
    ]
    ticks = nice_ticks(max(row.high for row in estimates))
    return whisker_chart(estimates, {tick: words.percent(tick / 100) for tick in ticks})
