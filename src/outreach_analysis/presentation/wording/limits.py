"""What the report cannot say, and what it assumes: computed from what was used, so that none is left out."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.displacement import DisplacementResult
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.presentation.wording.words import Words


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
    """Limits and assumptions as sentences, the ones that matter most for the decision first.

    Parameters
    ----------
    areas
        Index `area_id`; `geometry_kind`, `population_source`.
    need
        With its benchmark, source and settings.
    costs
        Column `source`.
    turnout
        What the forecast was made with.
    displacement
        What was believed about those who would have come to the office anyway, and on which evidence.
    rounding_base
        Base to which people were rounded.
    words
        The language.

    Returns
    -------
    list of str
    """
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
        found.append(say("Borders on the maps are indicative: computed from village points, not legal boundaries."))
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
    hangs = say("The number of additional people, the order of places and the plan hang on it.")
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
