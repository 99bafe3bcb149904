"""Sections on what to do: the main points, the ranking of places and the days."""

from __future__ import annotations

from outreach_analysis.presentation import tables
from outreach_analysis.presentation.describe_measures import main_points
from outreach_analysis.presentation.svg import Estimate, WhiskerChart, nice_ticks, whisker_chart
from outreach_analysis.presentation.wording.sentences_of_turnout import status_text
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section

TOP = 5
WHISKERS = 8


def points_section(analysis: Analysis, words: Words) -> Section:
    """The few sentences that a manager should remember."""
    points = main_points(
        reach=analysis.reach,
        coverage=analysis.coverage,
        need=analysis.need,
        catchment=analysis.catchment,
        interest=analysis.interest,
        ledger=analysis.ledger,
        events=analysis.dataset.events,
        came=analysis.came,
        lang=words.lang,
    )
    heading = words.say("Main points")
    return Section(name="points", heading=heading, contents=heading, view={"points": points})


def ranking_section(analysis: Analysis, words: Words) -> Section:
    """The places in order, with intervals, and those that may not be visited."""
    ranking, lang = analysis.ranking, words.lang
    return Section(
        name="ranking",
        heading=words.say("Ranking of places"),
        contents=words.say("Ranking"),
        view={
            "status": status_text(ranking.status, words),
            "whiskers": _whiskers(analysis, words),
            "top": tables.tabulate_ranking(ranking, top=TOP, lang=lang),
            "all": tables.tabulate_ranking(ranking, lang=lang),
            "excluded": tables.tabulate_excluded(ranking, lang=lang),
            "n_excluded": words.number(len(ranking.excluded)),
        },
    )


def dates_section(analysis: Analysis, words: Words) -> Section:
    """The free days of the recommended place and what is planned already."""
    heading = words.say("Dates")
    return Section(
        name="dates",
        heading=heading,
        contents=heading,
        view={
            "free_days": tables.tabulate_free_days(analysis.ranking, lang=words.lang),
            "scheduled": tables.tabulate_scheduled(analysis.scheduled, analysis.sites, lang=words.lang),
        },
    )


def _whiskers(analysis: Analysis, words: Words) -> WhiskerChart | None:
    shown = analysis.ranking.by_site.head(WHISKERS)
    if shown.empty:
        return None
    ticks = nice_ticks(float(shown["ci_high"].max()))
    estimates = [
        Estimate(
            label=f"{rank}. {name}",
            value=f"{words.number(increment)} ({words.interval(low, high)})",
            estimate=increment,
            low=low,
            high=high,
            strong=site == analysis.ranking.recommended,
        )
        for site, rank, name, increment, low, high in zip(
            shown.index,
            shown["rank"],
            shown["name"],
            shown["increment"],
            shown["ci_low"],
            shown["ci_high"],
            strict=True,
        )
    ]
    return whisker_chart(
        estimates,
        {tick: words.number(tick) for tick in ticks[:-1]}
        | {ticks[-1]: words.say("{n} people", n=words.number(ticks[-1]))},
    )
