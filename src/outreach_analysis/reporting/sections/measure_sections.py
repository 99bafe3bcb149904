"""Sections on what is: the map, reach and coverage, and the pop-ups so far."""

from __future__ import annotations

from typing import Any

from outreach_analysis.presentation import tables
from outreach_analysis.presentation.describe_measures import describe_past
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section


def map_section(maps: dict[str, Any], words: Words) -> Section:
    """Who is reached, on a map with the first candidates; the other maps of the report reuse its paths."""
    say = words.say
    heading = say("Map")
    names = {
        "reach": say("Pop-up applicants"),
        "need": say("Unmet need"),
        "coverage": say("Distance to service"),
        "plan": say("Plan"),
    }
    shown = maps["layers"]
    view = {
        "maps": maps,
        "choices": [(name, names[name], f"{layer['title']}. {layer['subtitle']}.") for name, layer in shown.items()],
        "places": [
            ("plan", say("Places of the plan")),
            ("candidate", say("Candidate places")),
            ("event", say("Past pop-ups")),
            ("fixed", say("Fixed service points")),
        ],
    }
    return Section(name="map", heading=heading, contents=heading, view=view)


def reach_section(analysis: Analysis, maps: dict[str, Any], words: Words) -> Section:
    """Residents near a service point, need not yet met, and applicants per resident."""
    heading = (
        words.say("Distance to service, and need")
        if analysis.need.has_office_figures
        else words.say("Distance to service")
    )
    return Section(
        name="reach",
        heading=heading,
        contents=heading,
        view={
            "maps": maps,
            "coverage": tables.tabulate_coverage(analysis.coverage, lang=words.lang),
            "by_kabupaten": tables.tabulate_reach(analysis.reach_by_kabupaten, lang=words.lang),
            "by_area": tables.tabulate_reach(analysis.reach, lang=words.lang),
        },
    )


def past_section(analysis: Analysis, words: Words) -> Section:
    """The pop-ups held and planned."""
    data = analysis.dataset
    heading = words.say("Past pop-ups")
    published: dict[str, Any] = {
        "outside": data.outside,
        "unplaced": data.unplaced,
        "settings": analysis.settings,
        "rounding_base": analysis.rounding_base,
        "lang": words.lang,
    }
    return Section(
        name="past",
        heading=heading,
        contents=heading,
        view={
            "summary": describe_past(data.events, data.counts, data.areas, **published),
            "events": tables.tabulate_events(data.events, analysis.sites, data.counts, areas=data.areas, **published),
        },
    )
