"""Tables of plans: places and days, other plans, the price of fairness, the weights, and what moved since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from outreach_analysis.decisions.changes import RankingChanges
from outreach_analysis.decisions.equity import EquityResult
from outreach_analysis.decisions.fairness import FairnessResult
from outreach_analysis.decisions.hypotheses import HypothesesResult
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.decisions.sensitivity import SensitivityResult
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.plans import (
    hours_text,
    hypothesis_text,
    move_text,
    people_fewer,
    probability_text,
)
from outreach_analysis.presentation.wording.sentences import holiday_text
from outreach_analysis.presentation.wording.words import Language, Words

MOVES_SHOWN = 12


def tabulate_plan(plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Places of a plan, the one that adds most first: what each adds of its own, and what it would add alone.

    Parameters
    ----------
    plan
        From `plan_popups`.
    ranking
        Names and people of the places.
    sites
        Index `site_id`; columns `name`, `cost` (rupiah).
    lang
        `id` or `en`.

    Returns
    -------
    Table
        Without rows where the plan is infeasible.
    """
    words = Words(lang)
    say = words.say
    rows = tuple(
        (
            str(sites["name"][site]),
            _kabupaten(site, ranking),
            words.number(visits),
            f"{words.number(own)} ({words.interval(low, high)})",
            words.number(alone),
            _people(site, ranking, words),
            words.number(_cost(site, sites)),
        )
        for site, visits, own, low, high, alone in _records(
            plan.by_site[["visits", "contribution", "ci_low", "ci_high", "alone"]]
        )
    )
    return Table(
        caption=say("The places of the plan: what each adds to the others"),
        headers=(
            say("Place"),
            say("Kabupaten or kota"),
            say("Visits"),
            say("Additional people of its own (90% range)"),
            say("Additional people if it were alone"),
            say("All who come (90% range)"),
            say("Cost of a visit (rupiah)"),
        ),
        rows=rows,
        numeric=(False, False, True, True, True, True, True),
    )


def tabulate_schedule(
    schedule: ScheduleResult, plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, *, lang: Language = "id"
) -> Table:
    """The pop-ups of a plan by day: place, people, the team's way, and the cost of the visit.

    Parameters
    ----------
    schedule, plan
        From `schedule_popups`, and the plan it was made for.
    ranking
        Kabupaten and people of the places.
    sites
        Index `site_id`; column `cost` (rupiah).
    lang
        `id` or `en`.

    Returns
    -------
    Table
        Without rows where there is no schedule. Teams are named where there are several.
    """
    words = Words(lang)
    say = words.say
    several = schedule.teams > 1
    rows = []
    for event in _records(schedule.events):
        own: Any = plan.by_site.loc[event.site_id]
        interval = words.interval(own["ci_low"] / own["visits"], own["ci_high"] / own["visits"])
        row = [
            _day_text(event, words),
            f"{event.name} ({_kabupaten(event.site_id, ranking)})",
            _people(event.site_id, ranking, words),
            f"{words.number(event.people)} ({interval})",
            hours_text(event.minutes, words),
            words.number(_cost(event.site_id, sites)),
        ]
        rows.append((*row, words.number(event.team)) if several else tuple(row))
    headers = (
        say("Day"),
        say("Place"),
        say("All who come (90% range)"),
        say("Additional people of its own (90% range)"),
        say("Team's way, one way (hours)"),
        say("Cost of a visit (rupiah)"),
    )
    numeric = (False, False, True, True, True, True)
    return Table(
        caption=say("The plan: places together, each on its day"),
        headers=(*headers, say("Team")) if several else headers,
        rows=tuple(rows),
        numeric=(*numeric, True) if several else numeric,
    )


def tabulate_alternatives(plan: PlanResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Other plans that are nearly as good: what they change, and how many people they reach.

    `sites` has index `site_id` and column `name`.
    """
    words = Words(lang)
    say = words.say
    rows = tuple(
        (
            _names(other.takes_in, sites, words),
            _names(other.leaves_out, sites, words),
            words.number(other.expected_reach),
            words.percent(other.share_of_best),
        )
        for other in _records(plan.alternatives)
    )
    return Table(
        caption=say("Plans that are nearly as good"),
        headers=(say("With"), say("In place of"), say("Additional people"), say("Of the best plan")),
        rows=rows,
        numeric=(False, False, True, True),
    )


def tabulate_hypotheses(found: HypothesesResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """The best plan by who would have come to the office anyway, and what it costs if another of these is true.

    `sites` has index `site_id` and column `name`.
    """
    words = Words(lang)
    say = words.say
    rows = tuple(
        (
            hypothesis_text(name, words),
            _names(plan.sites, sites, words),
            probability_text(plan.probability, words),
            _with_range(plan.estimate, plan.ci_low, plan.ci_high, words),
            *(words.number(loss) for loss in found.losses.loc[name]),
        )
        for name, plan in zip(found.plans.index, _records(found.plans), strict=True)
    )
    costs = [say("Costs if: {hypothesis}", hypothesis=hypothesis_text(name, words)) for name in found.losses.columns]
    return Table(
        caption=say("By the stated weights: what each plan costs on average if another assumption is true")
        if found.weighted
        else say("Additional people that each plan costs on average if another assumption is true"),
        headers=(
            say("Who would have come to the office anyway"),
            say("Best places then"),
            say("Probability"),
            say("Additional people then (90% range)"),
            *costs,
        ),
        rows=rows,
        numeric=(False, False, True, True, *(True for _ in costs)),
    )


def tabulate_plan_curve(plan: PlanResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """How many pop-ups are worth it: people reached by the best plan of each size, and what one more adds.

    `sites` has index `site_id` and column `name`.
    """
    words = Words(lang)
    say = words.say
    rows = tuple(
        (
            words.number(point.Index),
            _with_range(point.expected_reach, point.ci_low, point.ci_high, words),
            words.number(point.added),
            _names(sorted(point.sites), sites, words),
        )
        for point in _records(plan.curve)
    )
    return Table(
        caption=say("How many pop-ups are worth it"),
        headers=(
            say("Pop-ups"),
            say("Additional people in all (90% range)"),
            say("One more adds"),
            say("Best places together"),
        ),
        rows=rows,
        numeric=(True, True, True, False),
    )


def tabulate_fairness(fairness: FairnessResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Plans from the most reach to the most for the worst-served fifth, and the price of each.

    `sites` has index `site_id` and column `name`.
    """
    words = Words(lang)
    say = words.say
    most = float(fairness.plans["expected_reach"].max()) if len(fairness.plans) else 0.0
    rows = tuple(
        (
            _names(plan.sites, sites, words),
            _with_range(plan.expected_reach, plan.ci_low, plan.ci_high, words),
            words.number(plan.reach_worst),
            words.number(0)
            if plan.Index == 1
            else _with_range(people_fewer(most, plan.expected_reach), plan.given_up_low, plan.given_up_high, words),
            words.number(plan.price, digits=1),
        )
        for plan in _records(fairness.plans)
    )
    return Table(
        caption=say("What fairness costs: from the most people to the most for the worst-served fifth"),
        headers=(
            say("Places"),
            say("Additional people (90% range)"),
            say("of them in the worst-served fifth"),
            say("Given up against the first (90% range)"),
            say("Given up for each one gained there"),
        ),
        rows=rows,
        numeric=(False, True, True, True, True),
    )


def tabulate_quintiles(equity: EquityResult, *, lang: Language = "id") -> Table:
    """Who is reached, by fifths of how well served and how near residents are: additional people, share of all."""
    words = Words(lang)
    say = words.say
    ends = {1: say("1 (best served)"), 5: say("5 (worst served)")}
    groups = (
        (say("By people served per resident"), equity.by_need),
        (say("By distance from service"), equity.by_distance),
    )
    rows = tuple(
        (
            group,
            ends.get(row.Index, words.number(row.Index)),
            words.number(round(row.residents, -3)),
            f"{words.number(row.reached)} ({words.interval(row.ci_low, row.ci_high)})",
            words.percent(row.share),
        )
        for group, table in groups
        for row in _records(table)
    )
    return Table(
        caption=say("Who is reached, by fifths of the residents"),
        headers=(
            say("Fifths"),
            say("Fifth"),
            say("Residents"),
            say("Additional people (90% range)"),
            say("Share of all reached"),
        ),
        rows=rows,
        numeric=(False, False, True, True, True),
    )


def tabulate_sensitivity(sensitivity: SensitivityResult, *, top: int = 8, lang: Language = "id") -> Table:
    """How often each place comes first under the stated weights and under any weights, the most frequent first."""
    words = Words(lang)
    say = words.say
    shown = sensitivity.by_site.sort_values(["first_any", "first_stated"], ascending=False, kind="stable").head(top)
    rows = tuple(
        (
            str(row.name),
            words.percent(row.first_stated),
            words.percent(row.first_any),
            words.percent(row.among_any),
            words.percent(row.weight_reach),
            words.percent(row.weight_worst_served),
            words.percent(row.weight_travel),
        )
        for row in _records(shown)
    )
    return Table(
        caption=say("How often each place comes first, by weights"),
        headers=(
            say("Place"),
            say("First, weights as stated"),
            say("First, any weights"),
            say("Among the first three, any weights"),
            say("Weight of reach when first"),
            say("Weight of the worst-served fifth when first"),
            say("Weight of a short way when first"),
        ),
        rows=rows,
        numeric=(False, True, True, True, True, True, True),
    )


def tabulate_changes(changes: RankingChanges, ranking: RankingResult, *, lang: Language = "id") -> Table:
    """Places that stand elsewhere than at the last decision: rank then and now, and why."""
    words = Words(lang)
    say = words.say
    rows = tuple(
        (
            str(move.name),
            words.number(move.rank_before),
            words.number(move.rank_now),
            move_text(move, ranking, words),
        )
        for move in _records(changes.by_site.head(MOVES_SHOWN))
    )
    day = words.date(changes.decision.decided_on)
    return Table(
        caption=say("What moved since the decision of {day}", day=day),
        headers=(say("Place"), say("Rank then"), say("Rank now"), say("Why")),
        rows=rows,
        numeric=(False, True, True, False),
    )


def _records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their values as attributes; `Index` is their id."""
    return list(frame.itertuples())


def _names(site_ids: Iterable[str], sites: pd.DataFrame, words: Words) -> str:
    return words.listing([str(sites["name"][site]) for site in site_ids])


def _with_range(people: float, low: float, high: float, words: Words) -> str:
    """A number with its interval, where there is one."""
    return words.number(people) if pd.isna(low) else f"{words.number(people)} ({words.interval(low, high)})"


def _kabupaten(site_id: str, ranking: RankingResult) -> str:
    return str(ranking.by_site["kabupaten"].get(site_id, "–"))


def _people(site_id: str, ranking: RankingResult, words: Words) -> str:
    if site_id not in ranking.by_site.index:
        return "–"
    row: Any = ranking.by_site.loc[site_id]
    return f"{words.number(row['people'])} ({words.interval(row['people_low'], row['people_high'])})"


def _cost(site_id: str, sites: pd.DataFrame) -> float:
    return float(sites["cost"][site_id]) if "cost" in sites else float("nan")


def _day_text(event: Any, words: Words) -> str:
    """A day with its weekday, and with the name of a holiday where it is one."""
    day = words.date(event.day, weekday=True)
    if event.day_kind != "holiday":
        return day
    return f"{day} ({holiday_text(event.day_reason, estimated=bool(event.estimated), words=words)})"
