"""One sentence a measure, its numbers computed: the report's main points, the prose beside a notebook's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import held_popups, is_popup, planned_popups, popups_that_took_place, took_place
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import people_by_event
from outreach_analysis.measures.catchment import CatchmentResult
from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.presentation.describe_intake import describe_ledger
from outreach_analysis.presentation.prose import Sentence, Sentences
from outreach_analysis.presentation.wording.sentences import NAMED_AT_MOST
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.settings import Settings


def main_points(
    *,
    reach: ReachResult,
    coverage: Mapping[float, CoverageResult],
    need: NeedResult,
    catchment: CatchmentResult,
    interest: InterestResult,
    ledger: IntakeLedger,
    events: pd.DataFrame,
    came: pd.DataFrame,
    lang: Language = "id",
) -> Sentences:
    """Three to six sentences, each one number and its meaning."""
    settings = need.settings
    return Sentences.of(
        (
            describe_reach(reach, events, came=came, lang=lang),
            describe_catchment(catchment, lang=lang),
            describe_coverage(coverage[settings.service_threshold], settings=settings, lang=lang),
            describe_need(need, lang=lang),
            describe_interest(interest, lang=lang),
            describe_ledger(ledger, lang=lang),
        )
    )


def describe_reach(reach: ReachResult, events: pd.DataFrame, *, came: pd.DataFrame, lang: Language = "id") -> Sentence:
    """How many people came to the pop-ups held so far, how many of them are placed, and in how many kecamatan.

    Parameters
    ----------
    reach
        From `reach_rate` over kecamatan.
    events
        Index `event_id`; columns `status`, `date`.
    came
        From `attendance_by_event`: everybody who came.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    held = popups_that_took_place(events)
    if held.empty:
        return Sentence(words.say("No pop-up has been held yet, so nothing can be said about who came."))
    inside = reach.by_area[reach.by_area["in_jurisdiction"].astype(bool)]
    everybody, unplaced = (int(came.loc[came.index.isin(held.index), name].sum()) for name in ("people", "unplaced"))
    return Sentence(
        words.say(
            "Pop-ups since {since}: {events}; about {came} people came, and where {known} of them live is known. About "
            "{people} live in the working area, in {reached} of its {all} kecamatan.",
            events=words.number(len(held)),
            came=words.number(everybody),
            known=words.percent(np.floor((1 - unplaced / everybody) * 100) / 100 if everybody else 1.0),
            people=words.number(reach.summary()["applicants"].get("jurisdiction", 0)),
            since=words.month(held["date"].min()),
            reached=words.number(int((inside["applicants"] > 0).sum())),
            all=words.number(len(inside)),
        )
    )


def describe_events(events: pd.DataFrame, *, lang: Language = "id") -> Sentence:
    """How many pop-ups were held, at how many places, and how many are planned.

    Parameters
    ----------
    events
        Index `event_id`; columns `status`, `site_id`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    held = held_popups(events)
    failed = popups_that_took_place(events).index.difference(held.index)
    openings = events[took_place(events) & ~is_popup(events)]
    text = words.say(
        "Pop-ups held: {held}, at {places} places; planned: {planned}.",
        held=words.number(len(held)),
        places=words.number(held["site_id"].nunique()),
        planned=words.number(len(planned_popups(events))),
    )
    if len(failed):
        text += " " + words.say(
            "Broken off: {n}; their people count, but nothing is learned from them.", n=words.number(len(failed))
        )
    if len(openings):
        text += " " + words.say(
            "Openings at the office: {n}; they are no pop-ups, and their people count as the office's.",
            n=words.number(len(openings)),
        )
    return Sentence(text)


def describe_past(
    events: pd.DataFrame,
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    outside: pd.DataFrame | None = None,
    unplaced: pd.DataFrame | None = None,
    settings: Settings | None = None,
    rounding_base: int = 5,
    lang: Language = "id",
) -> Sentence:
    """How many people past pop-ups had, and that nothing is claimed about them yet.

    Parameters
    ----------
    events, counts, areas, outside, unplaced, settings, rounding_base
        As in `tabulate_events`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where none was held.
    """
    words = Words(lang)
    held = held_popups(events).index
    people = people_by_event(
        counts,
        areas,
        outside=outside,
        unplaced=unplaced,
        events=events,
        settings=settings,
        rounding_base=rounding_base,
    )
    people = people.reindex(held).dropna()
    if people.empty:
        return Sentence()
    return Sentence(
        words.say(
            "Pop-ups held: {events}; applicants at each: {least} to {most}, middle value {median}.",
            events=words.number(len(held)),
            least=words.number(people.min()),
            most=words.number(people.max()),
            median=words.number(people.median()),
        )
    )


def describe_extremes(reach: ReachResult, *, lang: Language = "id") -> Sentence:
    """The areas of the jurisdiction with the highest and the lowest rate, each with its interval.

    Parameters
    ----------
    reach
        From `reach_rate`; for the few kabupaten rather than for the many kecamatan.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where fewer than two areas have a rate.
    """
    words = Words(lang)
    inside = reach.by_area[reach.by_area["in_jurisdiction"].astype(bool)].dropna(subset="rate")
    if len(inside) < 2:
        return Sentence()
    ordered = inside.sort_values(["rate", "name"], kind="stable").to_dict("records")
    texts = [
        words.say(
            "{area} ({rate} per 10,000 residents, 90% range {range})",
            area=row["name"],
            rate=words.number(row["rate"], digits=1),
            range=words.interval(row["ci_low"], row["ci_high"], digits=1),
        )
        for row in (ordered[-1], ordered[0])
    ]
    return Sentence(words.say("Highest in {most}, lowest in {least}.", most=texts[0], least=texts[1]))


def describe_catchment(catchment: CatchmentResult, *, lang: Language = "id") -> Sentence:
    """How near half of the applicants live, and how many come from elsewhere.

    Parameters
    ----------
    catchment
        From `catchment`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where nobody has a distance.
    """
    words, overall = Words(lang), catchment.overall
    if pd.isna(overall["km_50"]):
        return Sentence()
    return Sentence(
        words.say(
            "Half of the applicants live within {km} km of the pop-up; {share} come from outside the kabupaten in "
            "which it was held.",
            km=words.number(overall["km_50"]),
            share=words.percent(overall["share_outside_host"]),
        )
    )


def describe_coverage(coverage: CoverageResult, *, settings: Settings, lang: Language = "id") -> Sentence:
    """Share of residents near a service point, with and without the recent pop-ups.

    Parameters
    ----------
    coverage
        From `coverage`.
    settings
        For the window within which a pop-up counts.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    summary = coverage.summary()["estimate"]
    return Sentence(
        words.say(
            "{fixed} of residents live within {threshold} of a fixed service point; another {popup} only of a pop-up "
            "of the last {months} months.",
            fixed=words.percent(summary["fixed"]),
            threshold=words.measure(coverage.threshold, coverage.unit),
            popup=words.percent(summary["popup"]),
            months=words.number(settings.window_months),
        )
    )


def describe_thresholds(coverage: Mapping[float, CoverageResult], *, lang: Language = "id") -> Sentence:
    """How much coverage hangs on the threshold.

    Parameters
    ----------
    coverage
        From `coverage_at_thresholds`: results by threshold.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where there are fewer than two thresholds.
    """
    words = Words(lang)
    if len(coverage) < 2:
        return Sentence()
    least, most = min(coverage), max(coverage)
    return Sentence(
        words.say(
            "The choice of distance matters: with {least} the share is {low}, with {most} it is {high}.",
            least=words.measure(least, coverage[least].unit),
            low=words.percent(coverage[least].share),
            most=words.measure(most, coverage[most].unit),
            high=words.percent(coverage[most].share),
        )
    )


def describe_need(need: NeedResult, *, lang: Language = "id") -> Sentence:
    """How many more would apply if every kecamatan were as well served as the well-served ones, and where.

    Parameters
    ----------
    need
        From `unmet_need`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' without office figures: what pop-ups alone served says nothing about need.
    """
    words = Words(lang)
    if not need.has_office_figures:
        return Sentence()
    inside = need.by_area[need.by_area["in_jurisdiction"].astype(bool)]
    largest = inside.sort_values(["need", "name"], ascending=[False, True]).head(NAMED_AT_MOST)
    largest = largest[largest["need"] > 0]
    if largest.empty:
        return Sentence(words.say("Every kecamatan is served as well as the well-served ones."))
    total: Any = need.summary().loc["need"]
    return Sentence(
        words.say(
            "If every kecamatan were served as well as the well-served ones, there would be about {need} more "
            "applications in {months} months ({range}, as one defines well served), most of them in {places}.",
            need=words.number(round(float(total["estimate"]), -2)),
            range=words.interval(round(float(total["ci_low"]), -2), round(float(total["ci_high"]), -2)),
            months=words.number(need.settings.window_months),
            places=words.listing(largest["name"].tolist()),
        )
    )


def describe_interest(interest: InterestResult, *, lang: Language = "id") -> Sentence:
    """In which kecamatan enough people asked; never how many they are.

    Parameters
    ----------
    interest
        From `interest_evidence`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    if not interest.assessed:
        return Sentence(words.say("Interest was not assessed: there is no list of interested people."))
    threshold = words.number(interest.settings.interest_threshold_people)
    above = interest.by_area.loc[interest.by_area["above_threshold"], "name"].tolist()
    if not above:
        return Sentence(
            words.say("In no kecamatan have more than {threshold} people asked for a pop-up.", threshold=threshold)
        )
    return Sentence(
        words.say(
            "More than {threshold} people have asked for a pop-up in {places}.",
            threshold=threshold,
            places=words.listing(above),
        )
    )
