"""Did it work, in sentences: a displacement where the gate is passed; else why that cannot be told."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.models.saved_forecasts import SavedForecastsResult
from outreach_analysis.presentation.prose import Sentences
from outreach_analysis.presentation.wording.words import Language, Words

_PER = 100
_NAMED = 6


def describe_impact(impact: ImpactResult, areas: pd.DataFrame | None = None, *, lang: Language = "id") -> Sentences:
    """How many pop-up applicants would have come to the office anyway, or why that cannot be told.

    No word of causes is used unless the gate is passed.

    Parameters
    ----------
    impact
        From `estimate_impact`.
    areas
        Index `area_id`, column `name`: to name areas that changed; None: by their ids.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    if impact.status == "estimated":
        return Sentences.of(_estimated(impact, words))
    return Sentences.of(
        [
            _obstacle(impact, areas, words),
            words.say("How many would have come to the office anyway rests on other evidence; see the limits."),
        ]
    )


def impact_finding(impact: ImpactResult, words: Words) -> str:
    """The finding in a few words."""
    if impact.status == "estimated":
        low, middle, high = _of_hundred(impact)
        return words.say(
            "Of {per} pop-up applicants about {n} would have applied at the office had there been no pop-up ({range})",
            per=words.number(_PER),
            n=words.number(middle),
            range=words.interval(low, high),
        )
    if impact.status in ("too_few_events", "too_few_months"):
        return words.say("Cannot tell yet")
    return words.say("Cannot tell")


def _of_hundred(impact: ImpactResult) -> tuple[float, float, float]:
    """Low end, middle and high end in people of a hundred, cut to what is possible."""
    ends = (impact.displacement_low, impact.displacement, impact.displacement_high)
    low, middle, high = (_PER * min(max(end, 0.0), 1.0) for end in ends)
    return low, middle, high


def _estimated(impact: ImpactResult, words: Words) -> list[str]:
    say = words.say
    return [
        impact_finding(impact, words) + ".",
        say(
            "Learned from {n} pop-ups and {months} months of office figures: applicants at the office from visited "
            "kecamatan, in the {after} months after a visit, compared with {controls} kecamatan that were never "
            "visited.",
            n=words.number(impact.n_events),
            months=words.number(impact.n_months),
            after=words.number(impact.settings.impact_months),
            controls=words.number(impact.n_controls),
        ),
        say(
            "In the {after} months before a visit, visited kecamatan had not differed noticeably from others; "
            "otherwise nothing would be said here.",
            after=words.number(impact.settings.impact_months),
        ),
        say(
            "Ranking and plan take it as one piece of evidence, with its range, beside distance, the office's share "
            "and answers to the desk question."
        ),
    ]


def _obstacle(impact: ImpactResult, areas: pd.DataFrame | None, words: Words) -> str:
    say, about = words.say, impact.about
    names = [area_id if areas is None else str(areas["name"].get(area_id, area_id)) for area_id in about]
    listed = words.listing(names[:_NAMED])
    return {
        "placebo_failed": say(
            "Cannot tell: visited areas had differed from others already before the visits, as when an office goes "
            "where demand has just risen. What came afterwards therefore says nothing about pop-ups."
        ),
        "no_office_data": say("Cannot tell: office_monthly.csv with applicants by month and area is missing."),
        "month_missing": say("Cannot tell: office figures are missing for {months}. Add them.", months=listed),
        "area_changed": say(
            "Cannot tell: {areas} begin or end within the months counted, as when an area is split. Count the parts "
            "under one code.",
            areas=listed,
        ),
        "no_controls": say("Cannot tell: every area was visited, so there is none to compare with."),
    }.get(impact.status) or _too_few(impact, words)


def _too_few(impact: ImpactResult, words: Words) -> str:
    have, needed = (words.number(float(text)) for text in impact.about)
    if impact.status == "too_few_months":
        return words.say("Cannot tell yet: {n} months of office figures, {needed} are needed.", n=have, needed=needed)
    return words.say(
        "Cannot tell yet: {n} pop-ups with office figures before and after, {needed} are needed.", n=have, needed=needed
    )


def describe_saved_forecasts(saved: SavedForecastsResult | None, *, lang: Language = "id") -> Sentences:
    """How near forecasts were that had been saved before the pop-ups; not whether following them was better.

    Parameters
    ----------
    saved
        From `compare_saved_forecasts`; None where none was saved.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    n = 0 if saved is None else len(saved.by_event)
    if saved is None or n == 0:
        return Sentences.of(
            [say("No saved forecast can be compared yet. The command outreach record saves and compares them.")]
        )
    inside = int(saved.by_event["inside"].sum())
    half = saved.by_event["error"].abs().median()
    return Sentences.of(
        [
            say(
                "{inside} of {n} pop-ups with a saved forecast brought a number of people within its 90% range.",
                inside=words.number(inside),
                n=words.number(n),
            ),
            say(
                "Half of them were at most {people} people a day away from the middle of the forecast.",
                people=words.number(half),
            ),
            say("This shows how near forecasts are, not whether other places would have been better."),
        ]
    )
