"""The answer: which site next, when, why, how sure, and what limits it."""

from __future__ import annotations

import datetime as dt
import math
import shlex
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.displacement import DisplacementResult
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.report.table import Section, Ways, as_table, folded, listed
from outreach_analysis.report.topics.account import describe_ledger, tabulate_main_settings
from outreach_analysis.report.topics.measures import (
    describe_catchment,
    describe_coverage,
    describe_interest,
    describe_need,
    describe_reach,
)
from outreach_analysis.report.topics.plan import change_text, effort_text, way_time_text
from outreach_analysis.report.topics.ranking import (
    TOP,
    area_text,
    day_text,
    how_sure,
    plot_ranking,
    reason_text,
    runner_up,
    what_could_change,
    why,
    why_not_busier,
)
from outreach_analysis.report.words import NAMED_AT_MOST, Sentences, Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

# --- What a team reads before it leaves: the day, the way, the interest, and a list of things to prepare.


UNDER_THE_RULE = ("kecamatan", "desa")


def visit_day(
    site_id: str, scheduled: pd.DataFrame, visits: pd.DataFrame, ranking: RankingResult
) -> tuple[str, pd.Timestamp | None]:
    """The day of an announced event at the place, else of the plan, else the next possible one, and which it is."""
    announced = scheduled.loc[scheduled["site_id"] == site_id, "date"]
    if len(announced):
        return "announced", announced.min()
    planned = visits.loc[visits["site_id"] == site_id, "day"].dropna()
    if len(planned):
        return "planned", planned.min()
    possible = ranking.by_site["next_day"].get(site_id)
    return "possible", None if pd.isna(possible) else pd.Timestamp(possible)


def day_of_visit(
    site_id: str, scheduled: pd.DataFrame, visits: pd.DataFrame, ranking: RankingResult, words: Words
) -> str:
    """The day of `visit_day` in words; '' where there is none."""
    which, day = visit_day(site_id, scheduled, visits, ranking)
    if day is None:
        return ""
    if which == "possible":
        return words.say("{day} (next possible day)", day=day_text(ranking, site_id, words))
    named = words.date(day, weekday=True)
    return (
        words.say("{day} (announced)", day=named) if which == "announced" else words.say("{day} (planned)", day=named)
    )


def way_text(way: pd.Series | None, settings: Settings, words: Words) -> str:
    """How far the team travels, and whether it can be back in the evening; '' where that is not known."""
    if way is None or pd.isna(way["minutes"]):
        return ""
    say, minutes = words.say, float(way["minutes"])
    text = say(
        "{km} km and about {time} one way from the office",
        km=words.number(way["km"]),
        time=way_time_text(minutes, words),
    )
    if way["source"] == "estimate":
        text = say("{way}, an estimate", way=text)
    if minutes > settings.rest_after_minutes:
        return say("{way}. The team is not back that evening: plan a night and rest.", way=text)
    return f"{text}."


def interest_text(
    site: Any, interest: pd.DataFrame | None, areas: pd.DataFrame, *, settings: Settings, words: Words
) -> str:
    """Whether more people than the threshold asked, as a class and never as a number."""
    if interest is None:
        return words.say("Not known: the office keeps no list of people who ask for a pop-up.")
    n = words.number(settings.interest_threshold_people)
    holder = str(enclosing_area(pd.Series([str(site["area_id"])]), areas).iloc[0])
    known = [area for area in (str(site["area_id"]), holder) if area in interest.index]
    above = bool(interest.loc[known, "above_threshold"].fillna(False).astype(bool).any()) if known else False
    if above:
        return words.say("More than {n} people of this area asked for a pop-up.", n=n)
    if site["kind"] in UNDER_THE_RULE:
        return words.say("Not more than {n} people of this area are known to be interested.", n=n)
    return words.say("Interest is not required here: the rule of more than {n} people is for kecamatan and desa.", n=n)


def checklist(*, site: Any, forecast: Any, nearest: list[str], settings: Settings, words: Words) -> list[str]:
    """What to prepare, do and bring back, with the numbers of this place."""
    say = words.say
    return [
        say("Hall, electricity and a waiting area agreed with {place} in writing.", place=site["name"]),
        say(
            "Announced at least {days} days ahead, above all in {areas}.",
            days=words.number(settings.lead_days),
            areas=words.listing(nearest) or say("the surroundings"),
        ),
        say(
            "Queue numbers and forms for {n} people, the upper end of the range; at most {capacity} can be served.",
            n=words.number(forecast["ci_high"]),
            capacity=words.number(forecast["capacity"]),
        ),
        say("Cameras, fingerprint readers and the connection tried out on the spot the day before."),
        say("A way to go on when the network fails, and a contact at the office for that day."),
        say("A place in front for elderly people, people with disabilities and small children."),
        say("Each person's kecamatan and how they heard of the pop-up noted: the next forecast learns from it."),
        say("Those who could not be served noted as interested, with their area."),
        say("Lists with names kept by the team alone: not in chat groups, not in photographs."),
        say("Back at the office: the list into applicants/, the event set to held, then outreach check."),
    ]


# --- What the report cannot say, and what it assumes: computed from what was used, so that none is left out.


def limits(
    *,
    areas: pd.DataFrame,
    need: NeedResult,
    costs: pd.DataFrame,
    turnout: TurnoutResult,
    displacement: DisplacementResult,
    rounding_base: int,
    words: Words,
) -> list[str]:
    """Limits and assumptions as sentences, the ones that matter most for the decision first."""
    say, settings = words.say, need.settings
    found = [_forecast_limit(turnout, words), *_displacement_limits(displacement, words)]
    if need.has_office_figures:
        found.append(
            say(
                "Unmet need is a comparison with the well-served kecamatan, {benchmark} people per 1,000 residents a "
                "year (the {percentile}th percentile), and not a count of people who want a passport. With the "
                "{lower}th percentile it would be smaller, with the {upper}th larger. The order of places does not "
                "rest on it.",
                benchmark=words.number(1000 * need.benchmark, digits=1),
                percentile=words.number(settings.benchmark_percentile),
                lower=words.number(max(settings.benchmark_percentile - 10, 0)),
                upper=words.number(min(settings.benchmark_percentile + 10, 100)),
            )
        )
    estimated = (costs["source"] == "estimate").mean() if len(costs) else 0.0
    if estimated:
        found.append(
            say(
                "{share} of the travel distances are estimates: straight line times {detour} by road, {river} by "
                "river.",
                share=words.percent(float(estimated)),
                detour=words.number(settings.road_detour, digits=1),
                river=words.number(settings.river_detour, digits=1),
            )
        )
    if settings.travel_server and not (costs["source"] == "server").any():
        found.append(
            say(
                "The travel server of the settings gave no times: the office chose to go on with the estimate, or its "
                "own matrix says all."
            )
        )
    if (areas["geometry_kind"] == "indicative").any():
        found.append(say("Borders on the maps are indicative: computed from points inside the areas, not official."))
    if areas["population_source"].str.contains("estimate", case=False).any():
        found.append(
            say(
                "Residents of a kecamatan are estimated from its kabupaten's by the share of polling stations; for "
                "most the error is below 5%, for single ones it was larger."
            )
        )
    found.append(
        say("The working area and the service threshold are settings that the office should confirm; see below.")
    )
    if rounding_base > 1:
        found.append(
            say(
                "Numbers of people are rounded to multiples of {base}, and rates are computed from the rounded "
                "numbers, so that nobody can be recognised. Totals are rounded on their own and need not add up.",
                base=words.number(rounding_base),
            )
        )
    return found


def _displacement_limits(displacement: DisplacementResult, words: Words) -> list[str]:
    """How little is known of those who would have come to the office anyway, on what it rests, what hangs on it."""
    say = words.say
    if displacement.hypothesis == "given":
        return [
            say(
                "Assumed, and not learned from anything: of 100 applicants {n} would have come to the office anyway. "
                "The ranges hold no doubt about it.",
                n=words.number(100 * displacement.pooled),
            )
        ]
    published = say(
        "Nobody can see who would have come to the office anyway. Of 100 applicants at past pop-ups it may be {low} to "
        "{high} (90% range, middle {n}).",
        low=words.number(100 * displacement.pooled_low),
        high=words.number(100 * displacement.pooled_high),
        n=words.number(100 * displacement.pooled),
    )
    evidence = [say("a general assumption by distance from the office")]
    if displacement.office_share_used:
        evidence.append(say("the office's share of the applications of each kecamatan"))
    ask = say(
        "Asking every applicant at the next pop-up whether they would have gone to the office within three months (the "
        "desk question, which outreach init writes as a form to print) would make it more certain than anything else, "
        "at no cost."
    )
    if displacement.n_answers:
        evidence.append(say("{n} answers to the desk question", n=words.number(displacement.n_answers)))
        ask = say("Each further answer to the desk question makes it more certain.")
    if displacement.impact_used == "estimated":
        evidence.append(say("what was missing at the office after past pop-ups"))
    if displacement.impact_used == "placebo_failed":
        evidence.append(
            say(
                "with little weight, what was missing at the office after past pop-ups, as visited areas differed "
                "before"
            )
        )
    rests = say("This rests on {evidence}.", evidence=words.listing(evidence))
    hangs = say("The number of additional people, the order of places and the plan depend on it.")
    return [f"{published} {rests}", f"{hangs} {ask}"]


def _forecast_limit(turnout: TurnoutResult, words: Words) -> str:
    settings = turnout.settings
    if turnout.status == "prior_only":
        return words.say(
            "The forecast rests on the prior alone: at an average place {median} people per event-day are expected "
            "(with 90% probability between {low} and {high}), more where more people live near. Past events have not "
            "been used to correct it. The default of 60 follows 16 published services of other offices, whose median "
            "was 63.5 per event-day.",
            median=words.number(settings.prior_total_median),
            low=words.number(settings.prior_total_low),
            high=words.number(settings.prior_total_high),
        )
    learned = words.say(
        "The forecast has learned from {n} past pop-ups. A place far from all of them, or of a kind never visited, is "
        "less certain than its range says.",
        n=words.number(turnout.n_events),
    )
    if turnout.status == "fitted":
        return learned
    return learned + " " + words.say("With fewer than 12 pop-ups it is provisional.")


# --- The next place in sentences: the answer, how sure it is, who is kept out, when, and within which limits.


def describe_next_site(
    ranking: RankingResult,
    areas: pd.DataFrame,
    words: Words,
    *,
    backtest: BacktestResult | None = None,
    changes: RankingChanges | None = None,
    cancelled: pd.DataFrame | None = None,
) -> Sentences:
    """The answer: place and day, people, why there, how sure, the runner-up, and what could change it."""
    say = words.say
    if ranking.recommended is None:
        kept_out = say("Every candidate is kept out by a rule; the list below says by which.")
        return Sentences.of([say("No place can be visited next"), kept_out])
    best: Any = ranking.by_site.loc[ranking.recommended]
    reasons = {
        say("Why here"): why(ranking, words),
        say("Why not a busier place"): why_not_busier(ranking, words),
        say("How sure"): how_sure(ranking, words, backtest=backtest),
        say("Runner-up"): runner_up(ranking, words),
        say("What could change it"): what_could_change(ranking, words, cancelled=cancelled),
        say("Since the last decision"): change_text(changes, ranking, words),
    }
    return Sentences.of(
        [
            say(
                "Proposed next place: {place}, {day}",
                place=best["name"],
                day=day_text(ranking, ranking.recommended, words),
            ),
            area_text(str(best["area_id"]), areas, words),
            say(
                "About {people} people are expected to come (90% range: {range}). About {increment} of them ({extra}) "
                "are additional: without it neither the office, within three months, nor an announced pop-up would "
                "serve them.",
                people=words.number(best["people"]),
                range=words.interval(best["people_low"], best["people_high"]),
                increment=words.number(best["increment"]),
                extra=words.interval(best["ci_low"], best["ci_high"]),
            ),
            *(f"{label}: {text}" for label, text in reasons.items() if text),
        ]
    )


def describe_excluded(ranking: RankingResult, words: Words) -> str:
    """How many candidates are kept out, and how many of them by the interest rule."""
    return words.say(
        "{n} of {all} candidate places may not be visited next, {interest} of them because not enough people "
        "there have asked.",
        n=words.number(len(ranking.excluded)),
        all=words.number(len(ranking.excluded) + len(ranking.by_site)),
        interest=words.number(int((ranking.excluded["reason"] == "interest_below").sum())),
    )


def describe_day(ranking: RankingResult, words: Words) -> str:
    """The day to propose for the recommended place."""
    if ranking.recommended is None:
        return ""
    return words.say(
        "The first suitable day, at least {days} days ahead, is {day}.",
        days=words.number(ranking.settings.lead_days),
        day=day_text(ranking, ranking.recommended, words),
    )


# --- The main points of the report, and what limits it.


def main_points(study: Study, words: Words) -> Sentences:
    """Three to six sentences, each one number and its meaning."""
    settings = study.settings
    return Sentences.of(
        (
            describe_reach(study.reach, study.events, words, came=study.came),
            describe_catchment(study.catchment, words),
            describe_coverage(study.coverage_by_threshold[settings.service_threshold], words, settings=settings),
            describe_need(study.need, words),
            describe_interest(study.interest, words),
            describe_ledger(study.ledger, words),
        )
    )


# --- Sections on what to do: the main points, the ranking of places and the days.


def points_section(analysis: Study, words: Words) -> Section:
    """The few sentences that a manager should remember."""
    heading = words.say("Main points")
    return Section.of("points", heading, listed(main_points(analysis, words), "points"))


# --- Sections that give account: every row read, the limits, the methods and the sources.


def _limits_of(study: Study, words: Words) -> list[str]:
    return limits(
        areas=study.areas,
        need=study.need,
        costs=study.costs,
        turnout=study.turnout,
        displacement=study.displacement,
        rounding_base=study.rounding_base,
        words=words,
    )


def limits_section(analysis: Study, words: Words) -> Section:
    """What the numbers cannot say, and the settings they rest on."""
    found = _limits_of(analysis, words)
    if analysis.dataset.is_counted:
        found.append(
            words.say(
                "People came as counts, made where their lists lie: who stands in several lists counts in each, "
                "nobody's home is known by the NIK alone, and answers to the desk question are not known."
            )
        )
    settings = tabulate_main_settings(analysis.settings, analysis.dataset.areas, words)
    return Section.of(
        "limits",
        words.say("Limits and assumptions"),
        listed(found),
        folded(words.say("Settings used"), as_table(settings)),
        contents=words.say("Limits"),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (Study, "texts"): {"limits": lambda r, s, words: _limits_of(s, words)},
    (RankingResult, "texts"): {
        "next": lambda r, s, words: describe_next_site(
            r, s.areas, words, backtest=s.judged, changes=s.changes, cancelled=s.cancelled
        ),
        "order": lambda r, s, words: how_sure(r, words, backtest=s.judged),
        "excluded": lambda r, s, words: describe_excluded(r, words),
        "day": lambda r, s, words: describe_day(r, words),
    },
}


# --- The first screen: place, day, three numbers, one reason, how sure, and what follows.

STALE_DAYS = 45
"""From more days than this between the data and the report it says that the data are old."""
REASONS = ("new_within_reach", "km_from_fixed_point", "minutes_from_fixed_point", "last_visit")
"""The reasons from which the first screen takes its sentence: the first that says something, and the last visit."""


@dataclass(frozen=True, slots=True)
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
    say, ranking, sites = words.say, analysis.ranking, analysis.sites
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
    effort = effort_text(sites.loc[ranking.recommended], minutes, analysis.scheduled, sites["name"], words)
    reasons = {
        say("Why here"): why(ranking, words),
        say("Why not a busier place"): why_not_busier(ranking, words),
        say("How sure"): how_sure(ranking, words, backtest=analysis.judged),
        say("What it takes"): effort,
    }
    return Answer(
        place=str(best["name"]),
        where=area_text(str(best["area_id"]), analysis.dataset.areas, words),
        day=day_text(ranking, ranking.recommended, words),
        numbers=tuple(shown),
        reason=_reason(analysis, words),
        sure=how_sure(ranking, words, backtest=analysis.judged, brief=True),
        reasons=tuple((label, text) for label, text in reasons.items() if text),
        strip=plot_ranking(ranking, words, top=TOP) if len(ranking.by_site) > 1 else None,
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
    day, here = best["next_day"].date(), shlex.quote(site_id)
    announce = max(day - dt.timedelta(days=settings.lead_days), analysis.as_of)
    others = ranking.by_site[ranking.by_site["tied"]].drop(index=site_id)["name"].head(NAMED_AT_MOST).tolist()
    far = analysis.planning.basis.minutes.get(site_id, 0.0) > settings.rest_after_minutes
    decide = say("This command writes the decision into the office's log; another place is taken by its own id.")
    near = say("Nearly as good: {places}.", places=words.listing(others)) if others else ""
    drafts = say("Drafts of the nota dinas and of the letter to the venue, to be completed in a word processor:")
    team = say("Assignment letter of the team for {day}.", day=words.date(day, weekday=True))
    night = say("The team is not back that evening: plan a night and rest.") if far else ""
    quota = say(
        "At most {n} people a day can be served; the upper end of the forecast is {high}.",
        n=words.number(analysis.incremental.people["capacity"][site_id]),
        high=words.number(best["people_high"]),
    )
    cost = "" if pd.isna(site["cost"]) else say("cost Rp{cost}", cost=words.number(float(site["cost"])))
    poster = say("The text of a poster, with day, place, quota and what to bring:")
    contact = say("Kept by the office alone: who opens {place}, and whom the team calls.", place=site["name"])
    by = say("Announce by {day}", day=words.date(announce, short=True))
    return (
        Step(say("Approve or change"), (decide, near), f'outreach decide {here} --reason "…" --data FOLDER'),
        Step(say("Letters"), (drafts,), f"outreach letter {here} --data FOLDER"),
        Step(say("Team"), (team, night)),
        Step(say("Quota"), (quota, cost)),
        Step(by, (poster,), f"outreach announce {here} --data FOLDER"),
        Step(say("Contact"), (contact,)),
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
