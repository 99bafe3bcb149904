"""Plans in sentences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.decisions.equity import EquityResult, FairnessResult, SensitivityResult
from outreach_analysis.decisions.plan_problem import Conflict, PlanResult
from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.decisions.scenarios import ANSWERS, HypothesesResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.report.table import Views
from outreach_analysis.report.topics.ranking import SAME_PEOPLE, exclusion_text
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

# --- Plans, days and decisions in words: why a request cannot be met, how sure a plan is, what moved since.


MOVES_NAMED, NOTABLE_RANK = 2, 5
"""How many moves a sentence names, and up to which rank, then or now, a move is worth a word."""


def conflict_text(conflict: Conflict, names: pd.Series, words: Words) -> str:
    """Why a request cannot be met, its places by name."""
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
        "too_few_places": lambda: (
            say("No place may be visited in this period.")
            if conflict.available == 0
            else say(
                "{needed} pop-ups are asked for, but the places that may be visited allow only {available}.", **values
            )
        ),
        "no_allowed_day": lambda: say("No free day of an allowed kind in the period: {places}.", **values),
        "too_few_days": lambda: (
            say("The team has no suitable free day in this period.")
            if conflict.available == 0
            else say("{needed} pop-ups are asked for, but the team has only {available} suitable free days.", **values)
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
    """How much better than a plan no other can be, as a share of this plan, rounded up so that it stays a bound. `gap`
    is the same as a share of the bound, as in `PlanResult`; from 1 on nothing can be said."""
    better = gap / (1 - gap) if gap < 1 else math.inf
    return words.percent(max(math.ceil(round(better * 1000, 6)), 1) / 1000 if gap < 1 else better, digits=1)


def people_fewer(first: float, other: float) -> int:
    """How many people fewer one plan reaches than another, as the difference of the numbers that are printed."""
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
    """What a visit takes: the team's way, room for how many, its cost, and the pop-ups already announced."""
    say = words.say
    parts = [
        ""
        if math.isnan(minutes)
        else say("travel time of the team: about {time} one way", time=way_time_text(minutes, words)),
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
    """A way in minutes below an hour (in fives), in hours and quarters above."""
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


# --- The plan in sentences: where and when, how sure, how many are worth it, who is reached, and what weights change.


_A_PERSON = 0.5
"""Fewer people than that are printed as 0."""


def describe_plan(
    plan: PlanResult,
    schedule: ScheduleResult,
    ranking: RankingResult,
    sites: pd.DataFrame,
    words: Words,
    *,
    spread: PlanResult | None = None,
) -> Sentences:
    """What the plan reaches, how sure that is, what spreading it would cost, and where the recommended place is."""
    say = words.say
    problems = [*conflict_texts(schedule, sites["name"], words)] or [*conflict_texts(plan, sites["name"], words)]
    if plan.status == "infeasible":
        return Sentences.of([say("There is no plan that meets the request."), *problems])
    found = {
        "people": words.number(plan.expected_reach),
        "range": words.interval(plan.ci_low, plan.ci_high),
    }
    reach = (
        say("The pop-up reaches about {people} additional people (90% range: {range}).", **found)
        if len(plan.sites) == 1
        else say(
            "{n} pop-ups together reach about {people} additional people (90% range: {range}).",
            n=words.number(len(plan.sites)),
            **found,
        )
    )
    days = [say("These places cannot all be given a day."), *problems] if schedule.status == "infeasible" else []
    costs = _cost_text(plan, sites, words)
    notes = [
        _recommended_text(plan, ranking, words),
        _overlap_text(plan, ranking, words),
        _spread_text(plan, spread, sites, words),
    ]
    return Sentences.of([reach, certainty_text(plan, words), *days, *notes, costs])


def describe_hypotheses(found: HypothesesResult | None, sites: pd.DataFrame, areas: pd.DataFrame, words: Words) -> str:
    """Whether the plan hangs on who would have come to the office anyway, and what is most worth finding out."""
    if found is None:
        return ""
    say = words.say
    hangs = found.expected_loss.max() >= _A_PERSON
    worst = str((found.expected_loss if hangs else found.lost).idxmax())
    if found.lost[worst] >= _A_PERSON:
        published = {
            "hypothesis": hypothesis_text(worst, words),
            "share": probability_text(found.plans["probability"][worst], words),
            "places": words.listing([str(sites["name"][site]) for site in found.plans["sites"][worst]]),
            "people": words.number(found.lost[worst]),
        }
        text = (
            say(
                "The plan depends on how many would have come to the office anyway: if it is {hypothesis} (probability "
                "{share}), {places} together add more (about {people}).",
                **published,
            )
            if hangs
            else say(
                "The plan depends little on how many would have come to the office anyway: if it is {hypothesis} "
                "(probability {share}), {places} together add more (about {people}).",
                **published,
            )
        )
    else:
        known = words.listing([hypothesis_text(name, words) for name in found.lost.index])
        text = say(
            "However many would have come to the office anyway ({hypotheses}), none of the other plans adds one person "
            "more on average.",
            hypotheses=known,
        )
    return " ".join(part for part in (text, _worth_asking_text(found, sites, areas, words, hangs)) if part)


def describe_plan_curve(plan: PlanResult, words: Words) -> str:
    """What the first pop-up adds, what the last one does, and how far the best plan of each size is from its bound."""
    curve = plan.curve
    if len(curve) < 2:
        return ""
    first, last = float(curve["added"].iloc[0]), float(curve["added"].iloc[-1])
    half = curve.index[curve["added"] < first / 2]
    return (
        words.say(
            "The first pop-up adds about {first} people, number {n} about {last}.",
            first=words.number(first),
            n=words.number(len(curve)),
            last=words.number(last),
        )
        + " "
        + (
            words.say(
                "From number {n} on, one more adds less than half of what the first does.", n=words.number(half[0])
            )
            if len(half)
            else words.say("Each of them adds at least half of what the first does.")
        )
    )


def describe_equity(equity: EquityResult | None, words: Words) -> str:
    """How many of those reached live in the worst-served fifth, and how uneven the reach is."""
    if equity is None:
        return ""
    worst: Any = equity.by_need.loc[5]
    return words.say(
        "Of those reached, {share} live in the worst-served fifth. Gini index "
        "{gini} (90% range: {range}): 0 would be the same reach everywhere, 1 all in one place.",
        share=words.percent(worst["share"]),
        gini=words.number(equity.gini, digits=2),
        range=words.interval(equity.gini_low, equity.gini_high, digits=2),
    )


def describe_fairness(fairness: FairnessResult, sites: pd.DataFrame, words: Words) -> str:
    """What the cheapest step towards fairness and the fairest plan give up and gain against the most people."""
    plans = fairness.plans
    if plans.empty:
        return ""
    if len(plans) == 1:
        return words.say("No other plan reaches more people of the worst-served fifth.")
    fair: Any = plans.iloc[-1]
    most = float(plans["expected_reach"].iloc[0])
    cheap: Any = plans.iloc[1:].sort_values("price", kind="stable").iloc[0]
    step = ""
    if cheap.name != fair.name:
        step = _cheap_step_text(plans.iloc[0], cheap, sites["name"], words) + " "
    return step + words.say(
        "The fairest plan ({places}): about {gained} more in the worst-served fifth, {given} fewer in all{range}.",
        places=words.listing([str(sites["name"][site]) for site in fair["sites"]]),
        gained=words.number(fair["gained_worst"]),
        given=words.number(people_fewer(most, fair["expected_reach"])),
        range=_range_text(fair, words),
    )


def _cheap_step_text(first: Any, cheap: Any, names: pd.Series, words: Words) -> str:
    """Which places of the plan with most people give way to which, and what that costs and brings."""
    replaced, by = (
        words.listing([str(names[site]) for site in plan["sites"] if site not in other["sites"]])
        for plan, other in ((first, cheap), (cheap, first))
    )
    given = people_fewer(first["expected_reach"], cheap["expected_reach"])
    told = {
        "swap": words.say("{by} in place of {replaced}", by=by, replaced=replaced) if replaced else by,
        "range": _range_text(cheap, words),
        "gained": words.number(cheap["gained_worst"]),
    }
    if given <= 0:
        return words.say(
            "The cheapest step towards fairness: {swap}; about as many people in all{range}, {gained} more in the "
            "worst-served fifth.",
            **told,
        )
    return words.say(
        "The cheapest step towards fairness: {swap}; about {given} fewer in all{range}, {gained} more in the "
        "worst-served fifth.",
        given=words.number(given),
        **told,
    )


def describe_far_sites(schedule: ScheduleResult, ranking: RankingResult, minutes: pd.Series, words: Words) -> str:
    """When places far from the office are visited, or which of them would come first."""
    say = words.say
    limit = schedule.settings.rest_after_minutes
    far = minutes.index[minutes > limit]
    hours = hours_text(limit, words)
    visited = schedule.events[schedule.events["site_id"].isin(far)]
    if len(visited):
        named = [
            f"{name} ({words.date(day, short=True)})" for name, day in visited[["name", "day"]].itertuples(index=False)
        ]
        return say("More than {hours} hours away and in the plan: {places}.", hours=hours, places=words.listing(named))
    ranked = ranking.by_site[ranking.by_site.index.isin(far)]
    if len(ranked):
        first: Any = ranked.iloc[0]
        return say(
            "No place more than {hours} hours away is in the plan; the first of them is {place} at rank {rank}, "
            "with about {people} additional people.",
            hours=hours,
            place=first["name"],
            rank=words.number(first["rank"]),
            people=words.number(first["increment"]),
        )
    out = ranking.excluded[ranking.excluded.index.isin(far)]
    if out.empty:
        return ""
    return say(
        "No place more than {hours} hours away is in the plan: rules keep out all {n} of them, {interest} by the "
        "interest rule.",
        hours=hours,
        n=words.number(len(out)),
        interest=words.number(int((out["reason"] == "interest_below").sum())),
    )


def describe_sensitivity(sensitivity: SensitivityResult, ranking: RankingResult, words: Words) -> str:
    """How often the leader stays first when the weights of reach, the worst-served fifth and the way are drawn."""
    if ranking.leader is None:
        return ""
    leader: Any = sensitivity.by_site.loc[ranking.leader]
    most: Any = sensitivity.by_site.sort_values("first_any", ascending=False, kind="stable").iloc[0]
    text = words.say(
        "{place} comes first in {stated} of 100 draws with the stated weights, and in {any} of 100 where reach, the "
        "worst-served fifth and a short journey may weigh anything.",
        place=leader["name"],
        stated=words.number(100 * leader["first_stated"]),
        any=words.number(100 * leader["first_any"]),
    )
    if most.name != ranking.leader:
        text += " " + words.say(
            "The place that comes first most often then is {other} ({n} of 100).",
            other=most["name"],
            n=words.number(100 * most["first_any"]),
        )
    return text


def describe_changes(changes: RankingChanges | None, ranking: RankingResult, words: Words) -> str:
    """What was decided last, and what moved since."""
    text = change_text(changes, ranking, words)
    return text[:1].upper() + text[1:]


def _worth_asking_text(
    found: HypothesesResult, sites: pd.DataFrame, areas: pd.DataFrame, words: Words, hangs: bool
) -> str:
    """The fact that would change the plan most; where nobody was asked and the plan hangs on it, whom to ask."""
    say = words.say
    unasked = hangs and not found.n_answers
    facts = found.facts[found.facts["kind"] != "impact"] if unasked else found.facts
    if facts.empty:
        return say("Nobody has been asked yet; print the desk question for the next pop-up.") if unasked else ""
    best: Any = facts.iloc[0]
    fact = fact_text(best["kind"], _name_of_fact(best, sites, areas), words)
    gained = words.number(best["value"], digits=1)
    if unasked:
        return say(
            "Nobody has been asked yet. Most worth having: {fact}; with them the plan gains about {people} people on "
            "average.",
            fact=fact,
            people=gained,
        )
    if best["value"] < _A_PERSON:
        return say("Nothing that the office could find out now is expected to make the plan better by one person.")
    return say(
        "Most worth having: {fact}; with that the plan gains about {people} people on average and is another one in "
        "{n} of 100 cases.",
        fact=fact,
        people=gained,
        n=words.number(100 * best["p_change"]),
    )


def _name_of_fact(fact: Any, sites: pd.DataFrame, areas: pd.DataFrame) -> str:
    names = areas["name"] if fact["kind"] == "answers_from_area" else sites["name"]
    return str(names.get(fact["id"], ""))


def _recommended_text(plan: PlanResult, ranking: RankingResult, words: Words) -> str:
    """Whether the place recommended next is in the plan."""
    if ranking.recommended is None or ranking.recommended in plan.sites:
        return ""
    return words.say(
        "{place}, proposed as the next single place, is not in it: it adds less beside the others.",
        place=ranking.by_site["name"][ranking.recommended],
    )


def _overlap_text(plan: PlanResult, ranking: RankingResult, words: Words) -> str:
    """Where every place of the plan lies in one kabupaten: how many people they share."""
    held = set(ranking.by_site["kabupaten"].reindex(list(plan.sites)))
    shared = float((plan.by_site["alone"] * plan.by_site["visits"]).sum()) - plan.expected_reach
    if len(plan.sites) < 2 or len(held) != 1:
        return ""
    return words.say(
        "All of them are in {kabupaten}; together they reach about {people} fewer than each counted alone.",
        kabupaten=next(iter(held)),
        people=words.number(max(shared, 0.0)),
    )


def _spread_text(plan: PlanResult, spread: PlanResult | None, sites: pd.DataFrame, words: Words) -> str:
    """The best plan with one pop-up a kabupaten, and its price in people."""
    if spread is None:
        return ""
    return words.say(
        "With at most one pop-up in each kabupaten the best places are {places}: about {people} additional people "
        "({range}), {fewer} fewer.",
        places=words.listing([str(sites["name"][site]) for site in spread.sites]),
        people=words.number(spread.expected_reach),
        range=words.interval(spread.ci_low, spread.ci_high),
        fewer=words.number(people_fewer(plan.expected_reach, spread.expected_reach)),
    )


def _range_text(plan: Any, words: Words) -> str:
    """The interval of what a fairer plan gives up, in brackets; '' where there is none."""
    low, high = plan["given_up_low"], plan["given_up_high"]
    return "" if pd.isna(low) else " " + words.say("(90% range: {range})", range=words.interval(low, high))


def _cost_text(plan: PlanResult, sites: pd.DataFrame, words: Words) -> str:
    """What the visits cost together, as far as it is known."""
    visits = plan.by_site["visits"].astype(float)
    costs = sites["cost"].reindex(visits.index).astype(float) if "cost" in sites else visits * np.nan
    known = costs.notna()
    if not known.any():
        return ""
    cost = words.number(float((costs * visits).sum()))
    if known.all():
        return words.say("Estimated cost: Rp{cost}.", cost=cost)
    return words.say(
        "Estimated cost: Rp{cost} (places: {known}; not filled in: {others}).",
        cost=cost,
        known=words.number(int(known.sum())),
        others=words.number(int((~known).sum())),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    Study: Views(
        texts={
            "equity": lambda r, s, words: describe_equity(s.equity, words),
            "hypotheses": lambda r, s, words: describe_hypotheses(s.hypotheses, s.sites, s.areas, words),
        },
    ),
    RankingChanges: Views(texts={"changes": lambda r, s, words: describe_changes(r, s.ranking, words)}),
    PlanResult: Views(
        texts={
            "plan": lambda r, s, words: describe_plan(
                r, s.schedule, s.ranking, s.sites, words, spread=s.planning.spread
            ),
            "sizes": lambda r, s, words: describe_plan_curve(s.planning.longer, words),
        },
    ),
    ScheduleResult: Views(texts={"far": lambda r, s, words: describe_far_sites(r, s.ranking, s.basis.minutes, words)}),
    HypothesesResult: Views(texts={"hypotheses": lambda r, s, words: describe_hypotheses(r, s.sites, s.areas, words)}),
    FairnessResult: Views(texts={"fairness": lambda r, s, words: describe_fairness(r, s.sites, words)}),
    EquityResult: Views(texts={"equity": lambda r, s, words: describe_equity(r, words)}),
    SensitivityResult: Views(texts={"weights": lambda r, s, words: describe_sensitivity(r, s.ranking, words)}),
}
