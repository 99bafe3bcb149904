"""Sections that give account: every row read, the limits, the methods and the sources."""

from __future__ import annotations

from outreach_analysis.presentation import tables, tables_of_assumptions
from outreach_analysis.presentation.references import reference_sources
from outreach_analysis.presentation.wording.limits import limits
from outreach_analysis.presentation.wording.terms import terms
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section


def data_section(analysis: Analysis, words: Words) -> Section:
    """What became of every row that was read."""
    heading = words.say("Data quality")
    return Section(
        name="data",
        heading=heading,
        contents=heading,
        view={
            "ledger": tables.tabulate_ledger(analysis.ledger, lang=words.lang),
            "problems": tables.tabulate_problems(analysis.ledger, lang=words.lang),
            "exact": analysis.ledger is analysis.dataset.ledger,
        },
    )


def limits_section(analysis: Analysis, words: Words) -> Section:
    """What the numbers cannot say, and the settings they rest on."""
    areas = analysis.dataset.areas
    return Section(
        name="limits",
        heading=words.say("Limits and assumptions"),
        contents=words.say("Limits"),
        view={
            "limits": limits(
                areas=areas,
                need=analysis.need,
                costs=analysis.costs,
                turnout=analysis.turnout,
                displacement=analysis.displacement,
                rounding_base=analysis.rounding_base,
                words=words,
            ),
            "settings": tables_of_assumptions.tabulate_main_settings(analysis.settings, areas, lang=words.lang),
        },
    )


def methods_section(analysis: Analysis, words: Words) -> Section:
    """How each number was made, and where the reference data come from."""
    heading = words.say("Methods and sources")
    data = analysis.dataset
    sources = reference_sources(
        analysis.settings.reference,
        own_files=data.own_area_files,
        other_names_used=data.other_names_used,
        lang=words.lang,
    )
    return Section(name="methods", heading=heading, contents=heading, view={"sources": sources})


def terms_section(analysis: Analysis, words: Words) -> Section:
    """What the terms of the report mean; links lead here from where they first stand."""
    heading = words.say("Terms")
    return Section(name="terms", heading=heading, contents=heading, view={"terms": terms(words, analysis.settings)})
