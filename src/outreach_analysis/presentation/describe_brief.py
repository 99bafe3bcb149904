"""What a team reads before it leaves: the day, the way, the interest, and a list of things to prepare."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.presentation.wording.sentences import day_text
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.settings import Settings

UNDER_THE_RULE = ("kecamatan", "desa")


def day_of_visit(
    site_id: str, scheduled: pd.DataFrame, visits: pd.DataFrame, ranking: RankingResult, words: Words
) -> str:
    """The day of an announced event at the place, else of the plan, else the next possible one; '' where none is.

    Parameters
    ----------
    site_id
        The place.
    scheduled
        Announced events: `site_id`, `date`.
    visits
        The plan's days: `site_id`, `day`.
    ranking
        For the next free day.
    words
        The language.
    """
    announced = scheduled.loc[scheduled["site_id"] == site_id, "date"]
    if len(announced):
        return words.say("{day} (announced)", day=words.date(announced.min(), weekday=True))
    planned = visits.loc[visits["site_id"] == site_id, "day"].dropna()
    if len(planned):
        return words.say("{day} (planned)", day=words.date(planned.min(), weekday=True))
    if site_id in ranking.by_site.index:
        return words.say("{day} (next possible day)", day=day_text(ranking, site_id, words))
    return ""


def way_text(way: pd.Series | None, settings: Settings, words: Words) -> str:
    """How far the team travels, and whether it can be back in the evening; '' where that is not known.

    Parameters
    ----------
    way
        `km`, `minutes` and `source` from the office's kecamatan to the place, or None.
    settings
        For the time after which a team rests.
    words
        The language.
    """
    if way is None or pd.isna(way["minutes"]):
        return ""
    say, minutes = words.say, float(way["minutes"])
    text = say(
        "{km} km and about {minutes} minutes one way from the office",
        km=words.number(way["km"]),
        minutes=words.number(5 * round(minutes / 5)),
    )
    if way["source"] == "estimate":
        text = say("{way}, an estimate", way=text)
    if minutes > settings.rest_after_minutes:
        return say("{way}. The team is not back that evening: plan a night and rest.", way=text)
    return f"{text}."


def interest_text(
    site: Any, interest: pd.DataFrame | None, areas: pd.DataFrame, *, settings: Settings, words: Words
) -> str:
    """Whether more people than the threshold asked, as a class and never as a number.

    Parameters
    ----------
    site
        Row of the place: `kind`, `area_id`.
    interest
        `InterestResult.by_area`; None where the office keeps no list of interest.
    areas
        Index `area_id`, for the kecamatan in which the place lies.
    settings
        For the threshold.
    words
        The language.
    """
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
    """What to prepare, do and bring back, with the numbers of this place.

    Parameters
    ----------
    site
        Row of the place: `name`.
    forecast
        `ci_high` and `capacity`: people on all days of the visit.
    nearest
        Names of the areas from which most people are expected.
    settings
        For the time to prepare.
    words
        The language.
    """
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
