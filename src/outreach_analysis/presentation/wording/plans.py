"""Plans, days and decisions in words: why a request cannot be met, how sure a plan is, what moved since."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from outreach_analysis.decisions.changes import RankingChanges
from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.hypotheses import ANSWERS
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.presentation.wording.sentences import SAME_PEOPLE, exclusion_text
from outreach_analysis.presentation.wording.words import Words

MOVES_NAMED, NOTABLE_RANK = 2, 5
"""How many moves a sentence names, and up to which rank, then or now, a move is worth a word."""


def conflict_text(conflict: Conflict, names: pd.Series, words: Words) -> str:
    """Why a request cannot be met, its places by name.

    Parameters
    ----------
    conflict
        Of a plan, a schedule or a covering problem.
    names
        Index id (of places or areas): the name; an id that is not in it stands for itself.
    words
        The language.

    Raises
    ------
    KeyError
        Where the code is not one of `CONFLICTS`.
    """
    say = words.say
    values = {
        "places": words.listing([str(names.get(place, place)) for place in conflict.places]),
        "needed": "–" if conflict.needed is None else words.number(conflict.needed),
        "available": "–" if conflict.available is None else words.number(conflict.available),
    }
    texts = {
        "required_and_forbidden": lambda: say("Asked for and ruled out at once: {places}.", **values),
        "required_too_often": lambda: say(
            "Asked for more often than the {available} visits allowed: {places}.", **values
        ),
        "more_required_than_events": lambda: say(
            "{needed} visits are asked for, but only {available} pop-ups are to be held.", **values
        ),
        "too_few_places": lambda: say(
            "{needed} pop-ups are asked for, but the places that may be visited allow only {available}.", **values
        ),
        "no_allowed_day": lambda: say("No free day of an allowed kind in the period: {places}.", **values),
        "too_few_days": lambda: say(
            "{needed} pop-ups are asked for, but the team has only {available} suitable free days.", **values
        ),
        "too_few_days_for_places": lambda: say(
            "{needed} pop-ups at {places} have only {available} suitable free days between them.", **values
        ),
        "too_few_days_for_visits": lambda: say(
            "{needed} visits to {places} do not fit into the period at the distance set in days; {available} would.",
            **values,
        ),
        "rest_after_travel": lambda: say("With the rest after long travel the pop-ups do not fit: {places}.", **values),
        "min_gap_days": lambda: say(
            "With the days set between two visits to one place the pop-ups do not fit: {places}.", **values
        ),
        "days_together": lambda: say(
            "Each rule of the calendar can be met alone, but not all of them together: {places}.", **values
        ),
        "over_budget": lambda: say("No choice of places costs at most Rp{available} together.", **values),
        "too_many_per_kabupaten": lambda: say(
            "No choice of places has at most {available} pop-ups in each kabupaten.", **values
        ),
        "area_unreachable": lambda: say("No place serves the area within the limit: {places}.", **values),
        "too_few_sites": lambda: say("{needed} places are more than the {available} there are.", **values),
        "too_few_sites_to_serve_all": lambda: say(
            "{needed} places are needed to serve every area; {available} were asked for.", **values
        ),
        "more_existing_than_sites": lambda: say(
            "{needed} existing places are more than the {available} asked for.", **values
        ),
    }
    return texts[conflict.code]()


def conflict_texts(result: PlanResult | ScheduleResult, names: pd.Series, words: Words) -> list[str]:
    """Every conflict of a plan or schedule in words; empty where there is none."""
    return [conflict_text(conflict, names, words) for conflict in result.conflicts]


def certainty_text(plan: PlanResult, words: Words) -> str:
    """How much better another plan could be on average, and how often this one is the best; '' where infeasible."""
    say = words.say
    if plan.status == "infeasible":
        return ""
    by_weights = abs(plan.objective - plan.expected_reach) > SAME_PEOPLE
    gap = better_text(plan.gap, words) if plan.status != "optimal" else ""
    if not gap and by_weights:
        average = say("By the stated weights no other choice of places that is over as early is better on average.")
    elif not gap:
        average = say("On average no other choice of places that is over as early reaches more people.")
    elif plan.status == "time_limit":
        average = say(
            "The best found until the time limit; on average no other choice that is over as early could be better by "
            "more than {gap}.",
            gap=gap,
        )
    else:
        average = say(
            "The best found; on average no other choice that is over as early could be better by more than {gap}.",
            gap=gap,
        )
    if math.isnan(plan.p_best):
        return average
    often = say("In {n} of 100 draws it is the best of the plans compared.", n=words.number(100 * plan.p_best))
    return f"{average} {often}"


def better_text(gap: float, words: Words) -> str:
    """How much better than a plan no other can be, as a share of this plan, rounded up so that it stays a bound.

    `gap` is the same as a share of the bound, as in `PlanResult`; from 1 on nothing can be said.

    Examples
    --------
    >>> better_text(0.0123, Words("en")), better_text(0.5, Words("en")), better_text(1e-9, Words("en"))
    ('1.3%', '100.0%', '0.1%')
    """
    better = gap / (1 - gap) if gap < 1 else math.inf
    return words.percent(max(math.ceil(round(better * 1000, 6)), 1) / 1000 if gap < 1 else better, digits=1)


def people_fewer(first: float, other: float) -> int:
    """How many people fewer one plan reaches than another, as the difference of the numbers that are printed.

    Examples
    --------
    >>> people_fewer(101.6, 101.2)
    1
    """
    return math.floor(first + 0.5) - math.floor(other + 0.5)


def hypothesis_text(hypothesis: str, words: Words) -> str:
    """What is taken to be true of those who would have come to the office anyway."""
    say = words.say
    return {
        "learned": lambda: say("as learned from all that is known"),
        "one_share": lambda: say("the same share everywhere"),
        "falling": lambda: say("a share that falls with distance"),
        "office_share": lambda: say("a share like the office's of all applications"),
    }[hypothesis]()


def probability_text(probability: float, words: Words) -> str:
    """A probability in percent; what is not impossible is not called 0%."""
    return "<" + words.percent(0.01) if 0 < probability < 0.005 else words.percent(probability)


def fact_text(kind: str, name: str, words: Words) -> str:
    """What the office could find out; `name` is that of the area or place."""
    say = words.say
    n = words.number(ANSWERS)
    return {
        "answers_from_area": lambda: say("{n} answers to the desk question from {area}", n=n, area=name),
        "answers_at_popup": lambda: say("{n} answers to the desk question at {place}", n=n, place=name),
        "impact": lambda: say("an impact estimate from the office's applicants by month"),
    }[kind]()


def move_text(move: Any, ranking: RankingResult, words: Words) -> str:
    """One place that moved since the last decision, and why."""
    say = words.say
    values = {"place": move.name, "then": words.number(move.rank_before), "now": words.number(move.rank_now)}
    causes = {
        "gone": lambda: say("{place} is no candidate any more", **values),
        "new_place": lambda: say("{place} is new, at rank {now}", **values),
        "again_eligible": lambda: say("{place} may be visited again, at rank {now}", **values),
        "more_people": lambda: say("{place} went from rank {then} to {now}: it adds more people than then", **values),
        "fewer_people": lambda: say("{place} went from rank {then} to {now}: it adds fewer people than then", **values),
        "others_moved": lambda: say("{place} went from rank {then} to {now}: others moved", **values),
    }
    if move.cause in causes:
        return causes[move.cause]()
    why = exclusion_text(move.cause, move.value, ranking, words)
    return say("{place} fell out from rank {then}: {why}", why=why, **values)


def change_text(changes: RankingChanges | None, ranking: RankingResult, words: Words) -> str:
    """What was decided last, where the recommended place stood then, and the highest places that moved."""
    say = words.say
    if changes is None:
        return say("no decision has been recorded yet")
    decision = changes.decision
    text = say("{place} was chosen on {day}.", place=decision.name, day=words.date(decision.decided_on))
    moved = changes.by_site
    highest = moved[["rank_before", "rank_now"]].min(axis=1)
    first = moved.index == ranking.recommended
    notable = pd.concat([moved[first], moved[~first & (highest <= NOTABLE_RANK)]])
    if notable.empty:
        same = say("The order of the first {n} places is the same as then.", n=words.number(NOTABLE_RANK))
        return f"{text} {same}"
    moves: list[Any] = list(notable.head(MOVES_NAMED).itertuples())
    return f"{text} {'; '.join(move_text(move, ranking, words) for move in moves)}."


def effort_text(site: Any, minutes: float, scheduled: pd.DataFrame, names: pd.Series, words: Words) -> str:
    """What a visit takes: the team's way, room for how many, its cost, and the pop-ups already announced.

    Parameters
    ----------
    site
        The place: `capacity` (people, may be missing) and `cost` (rupiah, may be missing).
    minutes
        The team's way, one way; NaN where it is not known.
    scheduled
        Columns `site_id`, `date`: announced pop-ups.
    names
        Index `site_id`: names of the places.
    words
        The language.
    """
    say = words.say
    parts = [
        "" if math.isnan(minutes) else say("the team's way: about {time} one way", time=way_time_text(minutes, words)),
        "" if pd.isna(site["capacity"]) else say("room for {n} people a day", n=words.number(site["capacity"])),
        say("cost not stated")
        if pd.isna(site["cost"])
        else say("cost Rp{cost}", cost=words.number(float(site["cost"]))),
    ]
    if len(scheduled):
        known = [
            f"{names[site_id]} ({words.date(day, short=True)})"
            for site_id, day in scheduled[["site_id", "date"]].itertuples(index=False)
        ]
        parts.append(say("already announced: {places}", places=words.listing(known)))
    return " · ".join(part for part in parts if part)


def way_time_text(minutes: float, words: Words) -> str:
    """A way in minutes below an hour (in fives), in hours and quarters above.

    Examples
    --------
    >>> [way_time_text(minutes, Words("en")) for minutes in (3, 58, 162, 240)]
    ['5 min', '1 h', '2 h 45 min', '4 h']
    """
    say = words.say
    fives = max(5 * round(minutes / 5), 5)
    if fives < 60:
        return say("{n} min", n=words.number(fives))
    hours, rest = divmod(15 * round(minutes / 15), 60)
    whole = say("{n} h", n=words.number(hours))
    return f"{whole} {say('{n} min', n=words.number(rest))}" if rest else whole


def hours_text(minutes: float, words: Words) -> str:
    """A way in hours, with one decimal unless they are whole; an en dash where it is not known."""
    hours = round(minutes / 60, 1)
    return words.number(hours, digits=0 if hours == round(hours, 0) else 1)
