"""The first screen: place, day, three numbers, one reason, how sure, and what follows."""

from __future__ import annotations

import datetime as dt
import math
import shlex
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.report.topics.plan import effort_text, way_time_text
from outreach_analysis.report.topics.ranking import (
    TOP,
    area_text,
    day_text,
    how_sure,
    plot_ranking,
    reason_text,
    why,
    why_not_busier,
)
from outreach_analysis.report.words import NAMED_AT_MOST, Words
from outreach_analysis.study import Study

STALE_DAYS = 45
"""From more days than this between the data and the report it says that the data are old."""
REASONS = ("new_within_reach", "km_from_fixed_point", "minutes_from_fixed_point", "last_visit")
"""The reasons from which the first screen takes its sentence: the first that says something, and the last visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do now: what it is, what is known of it, and a command to copy where one does it."""

    title: str
    told: tuple[str, ...]
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What is decided, in one look. `numbers` are a label, a number and its range each; `strip` compares the first
    places, `reasons` are labels and texts for who wants to know more; without a place that may be visited `told` says
    why."""

    place: str
    where: str = ""
    day: str = ""
    told: str = ""
    numbers: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""
    sure: str = ""
    reasons: tuple[tuple[str, str], ...] = ()
    strip: go.Figure | None = None
    steps: tuple[Step, ...] = ()


def answer(analysis: Study, words: Words) -> Answer:
    """The answer of a study."""
    say, ranking = words.say, analysis.ranking
    if ranking.recommended is None:
        return Answer(
            place=say("No place can be visited next"),
            told=say("Every candidate is kept out by a rule; the report says by which."),
        )
    best: Any = ranking.by_site.loc[ranking.recommended]
    minutes = float(analysis.planning.basis.minutes.get(ranking.recommended, math.nan))
    shown = [
        (label, words.number(value), say("90% range: {range}", range=words.interval(low, high)))
        for label, value, low, high in (
            (say("people come"), best["people"], best["people_low"], best["people_high"]),
            (say("of them additional"), best["increment"], best["ci_low"], best["ci_high"]),
        )
    ]
    if not math.isnan(minutes):
        shown.append((say("travel time of the team"), way_time_text(minutes, words), say("one way")))
    reasons = (
        (say("Why here"), why(ranking, words)),
        (say("Why not a busier place"), why_not_busier(ranking, words)),
        (say("How sure"), how_sure(ranking, words, backtest=analysis.judged)),
        (
            say("What it takes"),
            effort_text(
                analysis.sites.loc[ranking.recommended], minutes, analysis.scheduled, analysis.sites["name"], words
            ),
        ),
    )
    return Answer(
        place=str(best["name"]),
        where=area_text(str(best["area_id"]), analysis.dataset.areas, words),
        day=day_text(ranking, ranking.recommended, words),
        numbers=tuple(shown),
        reason=_reason(analysis, words),
        sure=how_sure(ranking, words, backtest=analysis.judged, brief=True),
        reasons=tuple((label, text) for label, text in reasons if text),
        strip=plot_ranking(ranking, top=TOP, lang=words.lang) if len(ranking.by_site) > 1 else None,
        steps=_steps(analysis, words),
    )


def age_text(analysis: Study, made_on: dt.date, words: Words) -> str:
    """A warning where the data are old on the day on which the report is made; '' where they are not."""
    days = (made_on - analysis.as_of).days
    if days <= STALE_DAYS:
        return ""
    return words.say(
        "The data are {n} days old. Add the latest lists and make the report again before deciding.",
        n=words.number(days),
    )


def _reason(analysis: Study, words: Words) -> str:
    """Why there, in one sentence; where enough people have asked, that as well."""
    ranking = analysis.ranking
    of_best = ranking.reasons[ranking.reasons["site_id"] == ranking.recommended].set_index("code")["value"]
    said = {code: reason_text(code, of_best[code], ranking, words) for code in REASONS if code in of_best}
    asked = reason_text("interest_above", of_best.get("interest_above"), ranking, words)
    visited = said.pop("last_visit", "")
    parts = [text for text in (next(filter(None, said.values()), ""), asked, visited) if text]
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _steps(analysis: Study, words: Words) -> tuple[Step, ...]:
    """What follows from the answer, in the order in which an office does it."""
    say, ranking, settings = words.say, analysis.ranking, analysis.settings
    site_id = str(ranking.recommended)
    best: Any = ranking.by_site.loc[site_id]
    site: Any = analysis.sites.loc[site_id]
    day = best["next_day"].date()
    others = ranking.by_site[ranking.by_site["tied"]].drop(index=site_id)["name"].tolist()
    announce = max(day - dt.timedelta(days=settings.lead_days), analysis.as_of)
    quota = float(analysis.incremental.people["capacity"][site_id])
    here = shlex.quote(site_id)
    return (
        Step(
            title=say("Approve or change"),
            told=(
                say("This command writes the decision into the office's log; another place is taken by its own id."),
                say("Nearly as good: {places}.", places=words.listing(others[:NAMED_AT_MOST])) if others else "",
            ),
            command=f'outreach decide {here} --reason "…" --data FOLDER',
        ),
        Step(
            title=say("Letters"),
            told=(
                say("Drafts of the nota dinas and of the letter to the venue, to be completed in a word processor:"),
            ),
            command=f"outreach letter {here} --data FOLDER",
        ),
        Step(
            title=say("Team"),
            told=(
                say("Assignment letter of the team for {day}.", day=words.date(day, weekday=True)),
                say("The team is not back that evening: plan a night and rest.")
                if analysis.planning.basis.minutes.get(site_id, 0.0) > settings.rest_after_minutes
                else "",
            ),
        ),
        Step(
            title=say("Quota"),
            told=(
                say(
                    "At most {n} people a day can be served; the upper end of the forecast is {high}.",
                    n=words.number(quota),
                    high=words.number(best["people_high"]),
                ),
                "" if pd.isna(site["cost"]) else say("cost Rp{cost}", cost=words.number(float(site["cost"]))),
            ),
        ),
        Step(
            title=say("Announce by {day}", day=words.date(announce, short=True)),
            told=(say("The text of a poster, with day, place, quota and what to bring:"),),
            command=f"outreach announce {here} --data FOLDER",
        ),
        Step(
            title=say("Contact"),
            told=(say("Kept by the office alone: who opens {place}, and whom the team calls.", place=site["name"]),),
        ),
    )


def summary_text(made: Answer, analysis: Study, words: Words) -> str:
    """The answer as a message: a few lines of plain text."""
    say = words.say
    lines = [
        say("SAMPLE DATA (SYNTHETIC)") if analysis.settings.synthetic else "",
        f"*{say('Proposed next place')}: {made.place}*",
        made.day,
        made.where,
        *(f"{value} {label} ({told})" for label, value, told in made.numbers),
        made.reason,
        say("data up to {day}", day=words.date(analysis.as_of)),
    ]
    return "\n".join(line for line in lines if line)
