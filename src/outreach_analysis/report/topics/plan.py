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
from outreach_analysis.report.table import Ways, records
from outreach_analysis.report.topics.ranking import SAME_PEOPLE, exclusion_text
from outreach_analysis.report.words import Sentences, Words
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
    if conflict.code == "too_few_places" and conflict.available == 0:
        return say("No place may be visited in this period.")
    if conflict.code == "too_few_days" and conflict.available == 0:
        return say("The team has no suitable free day in this period.")
    return {
        "required_and_forbidden": say("Asked for and ruled out at once: {places}.", **values),
        "required_too_often": say("Asked for more often than the {available} visits allowed: {places}.", **values),
        "more_required_than_events": say(
            "{needed} visits are asked for, but only {available} pop-ups are to be held.", **values
        ),
        "too_few_places": say(
            "{needed} pop-ups are asked for, but the places that may be visited allow only {available}.", **values
        ),
        "no_allowed_day": say("No free day of an allowed kind in the period: {places}.", **values),
        "too_few_days": say(
            "{needed} pop-ups are asked for, but the team has only {available} suitable free days.", **values
        ),
        "too_few_days_for_places": say(
            "{needed} pop-ups at {places} have only {available} suitable free days between them.", **values
        ),
        "too_few_days_for_visits": say(
            "{needed} visits to {places} do not fit into the period at the distance set in days; {available} would.",
            **values,
        ),
        "rest_after_travel": say("With the rest after long travel the pop-ups do not fit: {places}.", **values),
        "min_gap_days": say(
            "With the days set between two visits to one place the pop-ups do not fit: {places}.", **values
        ),
        "days_together": say(
            "Each rule of the calendar can be met alone, but not all of them together: {places}.", **values
        ),
        "over_budget": say("No choice of places costs at most Rp{available} together.", **values),
        "too_many_per_kabupaten": say(
            "No choice of places has at most {available} pop-ups in each kabupaten.", **values
        ),
        "area_unreachable": say("No place serves the area within the limit: {places}.", **values),
        "too_few_sites": say("{needed} places are more than the {available} there are.", **values),
        "too_few_sites_to_serve_all": say(
            "{needed} places are needed to serve every area; {available} were asked for.", **values
        ),
        "more_existing_than_sites": say("{needed} existing places are more than the {available} asked for.", **values),
    }[conflict.code]


def certainty_text(plan: PlanResult, words: Words) -> str:
    """How much better another plan could be on average, and how often this one is the best; '' where infeasible."""
    say = words.say
    if plan.status == "infeasible":
        return ""
    gap = better_text(plan.gap, words)
    if plan.status == "optimal":
        average = (
            say("By the stated weights no other choice of places that is over as early is better on average.")
            if abs(plan.objective - plan.expected_reach) > SAME_PEOPLE
            else say("On average no other choice of places that is over as early reaches more people.")
        )
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
        "learned": say("as learned from all that is known"),
        "one_share": say("the same share everywhere"),
        "falling": say("a share that falls with distance"),
        "office_share": say("a share like the office's of all applications"),
    }[hypothesis]


def probability_text(probability: float, words: Words) -> str:
    """A probability in percent; what is not impossible is not called 0%."""
    return "<" + words.percent(0.01) if 0 < probability < 0.005 else words.percent(probability)


def fact_text(kind: str, name: str, words: Words) -> str:
    """What the office could find out; `name` is that of the area or place."""
    say = words.say
    n = words.number(ANSWERS)
    return {
        "answers_from_area": say("{n} answers to the desk question from {area}", n=n, area=name),
        "answers_at_popup": say("{n} answers to the desk question at {place}", n=n, place=name),
        "impact": say("an impact estimate from the office's applicants by month"),
    }[kind]


def move_text(move: Any, ranking: RankingResult, words: Words) -> str:
    """One place that moved since the last decision, and why."""
    say = words.say
    values = {"place": move.name, "then": words.number(move.rank_before), "now": words.number(move.rank_now)}
    causes = {
        "gone": say("{place} is no candidate any more", **values),
        "new_place": say("{place} is new, at rank {now}", **values),
        "again_eligible": say("{place} may be visited again, at rank {now}", **values),
        "more_people": say("{place} went from rank {then} to {now}: it adds more people than then", **values),
        "fewer_people": say("{place} went from rank {then} to {now}: it adds fewer people than then", **values),
        "others_moved": say("{place} went from rank {then} to {now}: others moved", **values),
    }
    if move.cause in causes:
        return causes[move.cause]
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
    moves = [move_text(move, ranking, words) for move in records(notable.head(MOVES_NAMED))]
    return f"{text} {'; '.join(moves)}."


def effort_text(site: Any, minutes: float, scheduled: pd.DataFrame, names: pd.Series, words: Words) -> str:
    """What a visit takes: the team's way, room for how many, its cost, and the pop-ups already announced."""
    say, parts = words.say, []
    if not math.isnan(minutes):
        parts.append(say("travel time of the team: about {time} one way", time=way_time_text(minutes, words)))
    if pd.notna(site["capacity"]):
        parts.append(say("room for {n} people a day", n=words.number(site["capacity"])))
    if pd.isna(site["cost"]):
        parts.append(say("cost not stated"))
    else:
        parts.append(say("cost Rp{cost}", cost=words.number(float(site["cost"]))))
    if len(scheduled):
        known = [f"{names[event.site_id]} ({words.date(event.date, short=True)})" for event in records(scheduled)]
        parts.append(say("already announced: {places}", places=words.listing(known)))
    return " · ".join(parts)


def way_time_text(minutes: float, words: Words) -> str:
    """A way in minutes below an hour (in fives), in hours and quarters above."""
    say = words.say
    fives = max(5 * round(minutes / 5), 5)
    if fives < 60:
        return say("{n} min", n=words.number(fives))
    hours, rest = divmod(15 * round(minutes / 15), 60)
    whole = say("{n} h", n=words.number(hours))
    return f"{whole} {say('{n} min', n=words.number(rest))}" if rest else whole


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
    say, recommended = words.say, ranking.recommended
    conflicts = schedule.conflicts or plan.conflicts
    problems = [conflict_text(conflict, sites["name"], words) for conflict in conflicts]
    if plan.status == "infeasible":
        return Sentences.of([say("There is no plan that meets the request."), *problems])
    found = {
        "n": words.number(len(plan.sites)),
        "people": words.number(plan.expected_reach),
        "range": words.interval(plan.ci_low, plan.ci_high),
    }
    told = [
        say("The pop-up reaches about {people} additional people (90% range: {range}).", **found)
        if len(plan.sites) == 1
        else say("{n} pop-ups together reach about {people} additional people (90% range: {range}).", **found),
        certainty_text(plan, words),
    ]
    if schedule.status == "infeasible":
        told += [say("These places cannot all be given a day."), *problems]
    if recommended is not None and recommended not in plan.sites:
        told.append(
            say(
                "{place}, proposed as the next single place, is not in it: it adds less beside the others.",
                place=ranking.by_site["name"][recommended],
            )
        )
    told += [
        _overlap_text(plan, ranking, words),
        _spread_text(plan, spread, sites, words),
        _cost_text(plan, sites, words),
    ]
    return Sentences.of(told)


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
    """What the first pop-up adds, what the last one does, and from which on one more adds less than half."""
    added = plan.curve["added"].astype(float)
    if len(added) < 2:
        return ""
    first = words.say(
        "The first pop-up adds about {first} people, number {n} about {last}.",
        first=words.number(added.iloc[0]),
        n=words.number(len(added)),
        last=words.number(added.iloc[-1]),
    )
    half = added.index[added < added.iloc[0] / 2]
    rest = words.say("Each of them adds at least half of what the first does.")
    if len(half):
        rest = words.say(
            "From number {n} on, one more adds less than half of what the first does.", n=words.number(half[0])
        )
    return f"{first} {rest}"


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
    first: Any = plans.iloc[0]
    fair: Any = plans.iloc[-1]
    cheap: Any = plans.iloc[1:].sort_values("price", kind="stable").iloc[0]

    def told(plan: Any) -> dict[str, str]:
        low, high = plan["given_up_low"], plan["given_up_high"]
        return {
            "gained": words.number(plan["gained_worst"]),
            "given": words.number(people_fewer(first["expected_reach"], plan["expected_reach"])),
            "range": "" if pd.isna(low) else " " + words.say("(90% range: {range})", range=words.interval(low, high)),
        }

    fairest = words.say(
        "The fairest plan ({places}): about {gained} more in the worst-served fifth, {given} fewer in all{range}.",
        places=words.listing([str(sites["name"][site]) for site in fair["sites"]]),
        **told(fair),
    )
    if cheap.name == fair.name:
        return fairest
    replaced, by = (
        words.listing([str(sites["name"][site]) for site in plan["sites"] if site not in other["sites"]])
        for plan, other in ((first, cheap), (cheap, first))
    )
    swap = words.say("{by} in place of {replaced}", by=by, replaced=replaced) if replaced else by
    if people_fewer(first["expected_reach"], cheap["expected_reach"]) > 0:
        step = words.say(
            "The cheapest step towards fairness: {swap}; about {given} fewer in all{range}, {gained} more in the "
            "worst-served fifth.",
            swap=swap,
            **told(cheap),
        )
    else:
        step = words.say(
            "The cheapest step towards fairness: {swap}; about as many people in all{range}, {gained} more in the "
            "worst-served fifth.",
            swap=swap,
            **told(cheap),
        )
    return f"{step} {fairest}"


def describe_far_sites(schedule: ScheduleResult, ranking: RankingResult, minutes: pd.Series, words: Words) -> str:
    """When places far from the office are visited, or which of them would come first."""
    say = words.say
    limit = schedule.settings.rest_after_minutes
    far = minutes.index[minutes > limit]
    hours = words.number(round(limit / 60, 1), digits=0 if round(limit / 60, 1) % 1 == 0 else 1)
    visited = schedule.events[schedule.events["site_id"].isin(far)]
    if len(visited):
        named = [f"{event.name} ({words.date(event.day, short=True)})" for event in records(visited)]
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
    names = areas["name"] if best["kind"] == "answers_from_area" else sites["name"]
    fact = fact_text(best["kind"], str(names.get(best["id"], "")), words)
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


def _cost_text(plan: PlanResult, sites: pd.DataFrame, words: Words) -> str:
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


VIEWS: Ways = {
    (Study, "texts"): {
        "equity": lambda r, s, words: describe_equity(s.equity, words),
        "hypotheses": lambda r, s, words: describe_hypotheses(s.hypotheses, s.sites, s.areas, words),
    },
    (RankingChanges, "texts"): {"changes": lambda r, s, words: describe_changes(r, s.ranking, words)},
    (PlanResult, "texts"): {
        "plan": lambda r, s, words: describe_plan(r, s.schedule, s.ranking, s.sites, words, spread=s.planning.spread),
        "sizes": lambda r, s, words: describe_plan_curve(s.planning.longer, words),
    },
    (ScheduleResult, "texts"): {"far": lambda r, s, words: describe_far_sites(r, s.ranking, s.basis.minutes, words)},
    (HypothesesResult, "texts"): {"hypotheses": lambda r, s, words: describe_hypotheses(r, s.sites, s.areas, words)},
    (FairnessResult, "texts"): {"fairness": lambda r, s, words: describe_fairness(r, s.sites, words)},
    (EquityResult, "texts"): {"equity": lambda r, s, words: describe_equity(r, words)},
    (SensitivityResult, "texts"): {"weights": lambda r, s, words: describe_sensitivity(r, s.ranking, words)},
}
