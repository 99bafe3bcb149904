"""The answer: which site next, when, why, how sure, and what limits it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.displacement import DisplacementResult
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.report.table import Section, Views, as_table, folded, listed
from outreach_analysis.report.topics.account import (
    describe_ledger,
    tabulate_main_settings,
)
from outreach_analysis.report.topics.measures import (
    describe_catchment,
    describe_coverage,
    describe_interest,
    describe_need,
    describe_reach,
)
from outreach_analysis.report.topics.plan import change_text, way_time_text
from outreach_analysis.report.topics.ranking import (
    day_text,
    first_screen,
    how_sure,
)
from outreach_analysis.report.words import Language, Sentence, Sentences, Words
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown
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
    if which == "announced":
        return words.say("{day} (announced)", day=words.date(day, weekday=True))
    if which == "planned":
        return words.say("{day} (planned)", day=words.date(day, weekday=True))
    return words.say("{day} (next possible day)", day=day_text(ranking, site_id, words))


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
    published = say(
        "Nobody can see who would have come to the office anyway. Of 100 applicants at past pop-ups it may be {low} to "
        "{high} (90% range, middle {n}).",
        low=words.number(100 * displacement.pooled_low),
        high=words.number(100 * displacement.pooled_high),
        n=words.number(100 * displacement.pooled),
    )
    evidence = [
        say("a general assumption by distance from the office"),
        say("the office's share of the applications of each kecamatan") if displacement.office_share_used else "",
        say("{n} answers to the desk question", n=words.number(displacement.n_answers))
        if displacement.n_answers
        else "",
        {
            "estimated": say("what was missing at the office after past pop-ups"),
            "placebo_failed": say(
                "with little weight, what was missing at the office after past pop-ups, as visited areas differed "
                "before"
            ),
        }.get(displacement.impact_used, ""),
    ]
    rests = say("This rests on {evidence}.", evidence=words.listing([each for each in evidence if each]))
    hangs = say("The number of additional people, the order of places and the plan depend on it.")
    ask = (
        say(
            "Asking every applicant at the next pop-up whether they would have gone to the office within three months "
            "(the desk question, which outreach init writes as a form to print) would make it more certain than "
            "anything else, at no cost."
        )
        if not displacement.n_answers
        else say("Each further answer to the desk question makes it more certain.")
    )
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
    *,
    backtest: BacktestResult | None = None,
    changes: RankingChanges | None = None,
    cancelled: pd.DataFrame | None = None,
    lang: Language = "id",
) -> Sentences:
    """The answer: place and day, people, why there, how sure, the runner-up, and what could change it."""
    words = Words(lang)
    since = change_text(changes, ranking, words)
    screen = first_screen(ranking, areas, words, backtest=backtest, cancelled=cancelled, since=since)
    labelled = (f"{label}: {text}" for label, text in screen.rows)
    return Sentences.of((screen.heading, screen.where, screen.lead, *labelled))


def describe_order(
    ranking: RankingResult, *, backtest: BacktestResult | None = None, lang: Language = "id"
) -> Sentence:
    """What the forecast rests on, and which places cannot be told apart from the recommended one."""
    if ranking.recommended is None:
        return Sentence()
    return Sentence(how_sure(ranking, Words(lang), backtest=backtest))


def describe_excluded(ranking: RankingResult, *, lang: Language = "id") -> Sentence:
    """How many candidates are kept out, and how many of them by the interest rule."""
    words = Words(lang)
    return Sentence(
        words.say(
            "{n} of {all} candidate places may not be visited next, {interest} of them because not enough people "
            "there have asked.",
            n=words.number(len(ranking.excluded)),
            all=words.number(len(ranking.excluded) + len(ranking.by_site)),
            interest=words.number(int((ranking.excluded["reason"] == "interest_below").sum())),
        )
    )


def describe_day(ranking: RankingResult, *, lang: Language = "id") -> Sentence:
    """The day to propose for the recommended place."""
    if ranking.recommended is None:
        return Sentence()
    words = Words(lang)
    return Sentence(
        words.say(
            "The first suitable day, at least {days} days ahead, is {day}.",
            days=words.number(ranking.settings.lead_days),
            day=day_text(ranking, ranking.recommended, words),
        )
    )


def describe_limits(
    areas: pd.DataFrame,
    need: NeedResult,
    costs: pd.DataFrame,
    turnout: TurnoutResult,
    *,
    displacement: DisplacementResult,
    rounding_base: int,
    lang: Language = "id",
) -> Sentences:
    """What the figures cannot say, and what they assume."""
    words = Words(lang)
    return Sentences.of(
        limits(
            areas=areas,
            need=need,
            costs=costs,
            turnout=turnout,
            displacement=displacement,
            rounding_base=rounding_base,
            words=words,
        )
    )


# --- The main points of the report, and what limits it.


def main_points(study: Study, *, lang: Language = "id") -> Sentences:
    """Three to six sentences, each one number and its meaning."""
    settings = study.settings
    return Sentences.of(
        (
            describe_reach(study.reach, study.events, came=study.came, lang=lang),
            describe_catchment(study.catchment, lang=lang),
            describe_coverage(study.coverage_by_threshold[settings.service_threshold], settings=settings, lang=lang),
            describe_need(study.need, lang=lang),
            describe_interest(study.interest, lang=lang),
            describe_ledger(study.ledger, lang=lang),
        )
    )


# --- Sections on what to do: the main points, the ranking of places and the days.


def points_section(analysis: Study, words: Words) -> Section:
    """The few sentences that a manager should remember."""
    heading = words.say("Main points")
    return Section.of("points", heading, listed(main_points(analysis, lang=words.lang), "points"))


# --- Sections that give account: every row read, the limits, the methods and the sources.


def limits_section(analysis: Study, words: Words) -> Section:
    """What the numbers cannot say, and the settings they rest on."""
    areas = analysis.dataset.areas
    found = limits(
        areas=areas,
        need=analysis.need,
        costs=analysis.costs,
        turnout=analysis.turnout,
        displacement=analysis.displacement,
        rounding_base=analysis.rounding_base,
        words=words,
    )
    if analysis.dataset.is_counted:
        found.append(
            words.say(
                "People came as counts, made where their lists lie: who stands in several lists counts in each, "
                "nobody's home is known by the NIK alone, and answers to the desk question are not known."
            )
        )
    return Section.of(
        "limits",
        words.say("Limits and assumptions"),
        listed(found),
        folded(words.say("Settings used"), as_table(tabulate_main_settings(analysis.settings, areas, lang=words.lang))),
        contents=words.say("Limits"),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    Study: Views(
        texts={
            "limits": lambda r, s, lang: describe_limits(
                s.areas, s.need, s.costs, s.turnout, displacement=s.displacement, rounding_base=s.rounding_base,
                lang=lang,
            ),
        },
    ),
    RankingResult: Views(
        texts={
            "next": lambda r, s, lang: describe_next_site(
                r, s.areas, backtest=s.judged, changes=s.changes, cancelled=s.cancelled, lang=lang
            ),
            "order": lambda r, s, lang: describe_order(r, backtest=s.judged, lang=lang),
            "excluded": lambda r, s, lang: describe_excluded(r, lang=lang),
            "day": lambda r, s, lang: describe_day(r, lang=lang),
        },
    ),
}  # fmt: skip
