"""Plans in tables and charts, and their section."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.decisions.equity import EquityResult, FairnessResult, SensitivityResult
from outreach_analysis.decisions.plan_problem import PlanResult
from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.decisions.scenarios import HypothesesResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.report.figure import ACCENT, QUIET, apply_theme, plain
from outreach_analysis.report.static_charts import nice_ticks
from outreach_analysis.report.table import (
    STAR,
    Block,
    Section,
    Table,
    Views,
    as_figure,
    as_table,
    folded,
    paragraph,
    with_star,
)
from outreach_analysis.report.topics.plan import (
    describe_changes,
    describe_equity,
    describe_fairness,
    describe_far_sites,
    describe_hypotheses,
    describe_plan,
    describe_plan_curve,
    describe_sensitivity,
    hypothesis_text,
    move_text,
    people_fewer,
    probability_text,
    way_time_text,
)
from outreach_analysis.report.topics.ranking import holiday_text, runner_up, what_could_change
from outreach_analysis.report.topics.requests import requests_blocks
from outreach_analysis.report.words import Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

# --- Interactive charts of plans: how many pop-ups are worth it, and how evenly the reach is spread.


QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def plot_plan_curve(plan: PlanResult, words: Words) -> go.Figure:
    """Additional people of the best plan of 1, 2, ... pop-ups, with what no plan of that size exceeds."""
    say = words.say
    curve = plan.curve
    subtitle = curve_subtitle(plan, words)
    if curve.empty:
        return apply_theme(go.Figure(), title=say("There is no plan that meets the request."), subtitle=subtitle)
    events = curve.index.to_list()
    hover = [
        say(
            "pop-ups: {n}, people: {people}, of them by the last: {added}",
            n=n,
            people=words.number(all_),
            added=words.number(one),
        )
        for n, all_, one in zip(events, curve["expected_reach"], curve["added"], strict=True)
    ]
    figure = go.Figure()
    if curve["ci_low"].notna().all():
        figure.add_scatter(
            x=[*events, *events[::-1]],
            y=[*curve["ci_high"], *curve["ci_low"][::-1]],
            mode="lines",
            fill="toself",
            fillcolor="rgba(154,165,177,0.30)",
            line={"width": 0},
            hoverinfo="skip",
        )
    if in_people(plan):
        figure.add_scatter(
            x=events,
            y=curve["upper_bound"].to_list(),
            mode="lines",
            line={"color": QUIET, "dash": "dot"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=events,
        y=curve["expected_reach"].to_list(),
        mode="lines+markers+text",
        line={"color": ACCENT},
        marker={"size": 10, "color": ACCENT},
        text=[words.number(people) for people in curve["expected_reach"]],
        textposition="top center",
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[plain(text) for text in hover],
    )
    ticks = nice_ticks(float(curve[["expected_reach", "ci_high"]].max().max()))
    figure.update_xaxes(tickvals=events, ticktext=[words.number(n) for n in events], title=plain(say("Pop-ups")))
    figure.update_yaxes(
        range=[0, ticks[-1] * 1.05],
        tickvals=ticks,
        ticktext=[words.number(tick) for tick in ticks],
        gridcolor="#e5e5e5",
    )
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=curve_title(plan, words), subtitle=subtitle)


def plot_lorenz(equity: EquityResult | None, words: Words) -> go.Figure:
    """Lorenz curve of the people reached over residents, beside the line of the same reach everywhere."""
    say = words.say
    subtitle = say("Share of all reached, by share of residents; the dotted line is the same reach everywhere")
    if equity is None:
        return apply_theme(go.Figure(), title=say("There is no plan that meets the request."), subtitle=subtitle)
    curve = equity.lorenz
    figure = go.Figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot"}, hoverinfo="skip")
    )
    if curve["reached_share"].notna().all():
        figure.add_scatter(
            x=curve["residents_share"].to_list(),
            y=curve["reached_share"].to_list(),
            mode="lines",
            line={"color": ACCENT, "width": 3},
            hoverinfo="text",
            hovertext=[
                say("{residents} of residents, {reached} of those reached", residents=a, reached=b)
                for a, b in zip(
                    map(words.percent, curve["residents_share"]),
                    map(words.percent, curve["reached_share"]),
                    strict=True,
                )
            ],
        )
    ticks = {"tickvals": list(QUARTERS), "ticktext": [words.percent(share) for share in QUARTERS], "range": [0, 1.02]}
    figure.update_xaxes(**ticks, title=plain(say("Share of residents, least reached first")), gridcolor="#e5e5e5")
    figure.update_yaxes(**ticks, gridcolor="#e5e5e5")
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=lorenz_title(equity, words), subtitle=subtitle)


def in_people(plan: PlanResult) -> bool:
    """Whether the bound of a plan counts people: without weights what is maximised are the people reached."""
    return bool((plan.curve["objective"] - plan.curve["expected_reach"]).abs().max() < 1e-6)


def curve_title(plan: PlanResult, words: Words) -> str:
    """The finding of the reach curve."""
    return words.say(
        "Pop-ups: {n}, additional people: {people}",
        n=words.number(len(plan.curve)),
        people=words.number(float(plan.curve["expected_reach"].iloc[-1])),
    )


def curve_subtitle(plan: PlanResult, words: Words) -> str:
    """The statistic of the reach curve; the line of the bound is named only where it is drawn and seen."""
    curve = plan.curve
    if curve.empty:
        return words.say("Additional people of the best plan of each size")
    if not in_people(plan):
        return words.say("Additional people of the best plan of each size by the stated weights")
    if (curve["upper_bound"] - curve["expected_reach"]).max() < 1e-3 * curve["expected_reach"].max():
        return words.say("Additional people of the best plan of each size")
    return words.say(
        "Additional people of the best plan of each size; the grey line is what no plan that is over as early can "
        "exceed on average"
    )


def lorenz_title(equity: EquityResult, words: Words) -> str:
    """The finding of the Lorenz curve: what the half of the residents that is reached least gets."""
    curve = equity.lorenz
    if curve["reached_share"].isna().any():
        return words.say("Nobody is reached")
    half = float(_at_half(curve["residents_share"].to_list(), curve["reached_share"].to_list()))
    return words.say("The least reached half of the residents gets {share}", share=words.percent(half))


def _at_half(residents: list[float], reached: list[float]) -> float:
    """Height of the curve at half of the residents."""
    for left, right, low, high in zip(residents, residents[1:], reached, reached[1:], strict=False):
        if left <= 0.5 <= right:
            return low + (high - low) * (0.5 - left) / max(right - left, 1e-12)
    return reached[-1]


# --- Tables of plans: places and days, other plans, the price of fairness, the weights, and what moved since.


MOVES_SHOWN = 12
COST = 5
"""Column of the cost in the plan by day: left out of the page where no cost is known."""


def tabulate_plan(plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, words: Words) -> Table:
    """Places of a plan, the one that adds most first: what each adds of its own, and what it would add alone."""
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
    schedule: ScheduleResult, plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, words: Words
) -> Table:
    """The pop-ups of a plan by day: place, people, the team's way, and the cost of the visit."""
    say = words.say
    several = schedule.teams > 1
    rows = []
    for event in _records(schedule.events):
        own: Any = plan.by_site.loc[event.site_id]
        interval = words.interval(own["ci_low"] / own["visits"], own["ci_high"] / own["visits"])
        row = [
            _day_text(event, words),
            f"{STAR if event.site_id == ranking.recommended else ''}{event.name} "
            f"({_kabupaten(event.site_id, ranking)})",
            _people(event.site_id, ranking, words),
            f"{words.number(event.people)} ({interval})",
            "–" if math.isnan(event.minutes) else way_time_text(event.minutes, words),
            words.number(_cost(event.site_id, sites)),
            _cost_each(_cost(event.site_id, sites), event.people, words),
        ]
        rows.append((*row, words.number(event.team)) if several else tuple(row))
    headers = (
        say("Day"),
        say("Place"),
        say("All who come (90% range)"),
        say("Additional people of its own (90% range)"),
        say("Travel time of the team, one way"),
        say("Cost of a visit (rupiah)"),
        say("Cost for each additional person (rupiah)"),
    )
    numeric = (False, False, True, True, True, True, True)
    return Table(
        caption=say("The plan: places together, each on its day"),
        headers=(*headers, say("Team")) if several else headers,
        rows=tuple(rows),
        numeric=(*numeric, True) if several else numeric,
    )


def tabulate_alternatives(plan: PlanResult, sites: pd.DataFrame, words: Words) -> Table:
    """Other plans that are nearly as good: what they change, and how many people they reach. `sites` has index
    `site_id` and column `name`."""
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


def tabulate_hypotheses(found: HypothesesResult, sites: pd.DataFrame, words: Words) -> Table:
    """The best plan by who would have come to the office anyway, and what it costs if another of these is true. `sites`
    has index `site_id` and column `name`."""
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


def tabulate_plan_curve(plan: PlanResult, sites: pd.DataFrame, words: Words) -> Table:
    """How many pop-ups are worth it: people reached by the best plan of each size, and what one more adds. `sites` has
    index `site_id` and column `name`."""
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
            say("Added by the last pop-up"),
            say("Best places together"),
        ),
        rows=rows,
        numeric=(True, True, True, False),
    )


def tabulate_fairness(fairness: FairnessResult, sites: pd.DataFrame, words: Words) -> Table:
    """Plans from the most reach to the most for the worst-served fifth, and the price of each. `sites` has index
    `site_id` and column `name`."""
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


def tabulate_quintiles(equity: EquityResult, words: Words) -> Table:
    """Who is reached, by fifths of how well served and how near residents are: additional people, share of all."""
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


def tabulate_sensitivity(sensitivity: SensitivityResult, words: Words, *, top: int = 8) -> Table:
    """How often each place comes first under the stated weights and under any weights, the most frequent first."""
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


def tabulate_changes(changes: RankingChanges, ranking: RankingResult, words: Words) -> Table:
    """Places that stand elsewhere than at the last decision: rank then and now, and why."""
    say = words.say
    rows = tuple(
        (
            f"{STAR if move.Index == ranking.recommended else ''}{move.name}",
            words.number(move.rank_before),
            words.number(move.rank_now),
            move_text(move, ranking, words),
        )
        for move in _records(changes.by_site.head(MOVES_SHOWN))
    )
    day = words.date(changes.decision.decided_on)
    return Table(
        caption=say("What has changed since the decision of {day}", day=day),
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


def _cost_each(cost: float, people: float, words: Words) -> str:
    """What a visit costs for each person it adds, to a thousand rupiah; an en dash where nothing can be said."""
    return words.number(round(cost / people, -3)) if round(people) > 0 else "–"


def _day_text(event: Any, words: Words) -> str:
    """A day with its weekday, and with the name of a holiday where it is one."""
    day = words.date(event.day, weekday=True)
    if event.day_kind != "holiday":
        return day
    return f"{day} ({holiday_text(event.day_reason, estimated=bool(event.estimated), words=words)})"


# --- The section on the plan: places together, their days, other plans, how many are worth it, fairness and weights.


def plan_section(analysis: Study, words: Words) -> Section:
    """The next pop-ups together: how many they reach, how sure that is, and their days."""
    planned, ranking, sites = analysis.planning, analysis.ranking, analysis.sites
    say, plan, schedule = words.say, planned.plan, planned.schedule
    days = tabulate_schedule(schedule, plan, ranking, sites, words)
    if all(row[COST] == "–" for row in days.rows):
        days = days.without(COST, COST + 1)
    period = say(
        "Days from {start} to {end}. Places that a rule keeps out today are not planned.",
        start=words.date(planned.start),
        end=words.date(planned.end),
    )
    by_day = (as_table(days), paragraph(period, "source"))
    return Section.of(
        "plan",
        say("Plan of the next pop-ups"),
        *map(paragraph, describe_plan(plan, schedule, ranking, sites, words, spread=planned.spread)),
        paragraph(say("No more pop-ups are planned: no other place may be visited in the period."))
        if planned.is_cut
        else None,
        *(by_day if days.rows else (as_table(tabulate_plan(plan, ranking, sites, words)),)),
        contents=say("Plan"),
    )


def decisions_section(analysis: Study, words: Words) -> Section:
    """What is left to people: another place, the number of pop-ups, fairness, and what is worth asking."""
    planned, ranking, sites = analysis.planning, analysis.ranking, analysis.sites
    say, areas = words.say, analysis.dataset.areas
    items = [
        (say("Another place"), runner_up(ranking, words)),
        (say("What could change it"), what_could_change(ranking, words, cancelled=analysis.cancelled)),
        (say("How many pop-ups"), describe_plan_curve(planned.longer, words)),
        (say("Fairness"), describe_fairness(planned.fairness, sites, words)),
        (say("Worth asking"), describe_hypotheses(analysis.hypotheses, sites, areas, words)),
        (say("Since the last decision"), describe_changes(analysis.changes, ranking, words)),
    ]
    known = [(label, text) for label, text in items if text]
    return Section.of(
        "decisions",
        say("To be decided"),
        Block(kind="labelled", content=known) if ranking.recommended is not None else None,
        *requests_blocks(analysis, words),
        contents=say("Decide"),
    )


def plan_details_section(analysis: Study, words: Words) -> Section:
    """What speaks for and against the plan, in figures."""
    planned, ranking, say = analysis.planning, analysis.ranking, words.say
    plan, longer, equity = planned.plan, planned.longer, planned.equity
    named, found = with_star(analysis.sites, ranking.recommended), analysis.hypotheses
    others = tabulate_alternatives(plan, named, words)
    hypotheses = None if found is None else tabulate_hypotheses(found, named, words)
    sizes, fair = tabulate_plan_curve(longer, named, words), tabulate_fairness(planned.fairness, named, words)
    changes, by_weights = analysis.changes, planned.sensitivity.by_site
    weighed = replace(planned.sensitivity, by_site=with_star(by_weights, ranking.recommended))
    moved = None if changes is None or changes.by_site.empty else tabulate_changes(changes, ranking, words)
    return Section.of(
        "plan-details",
        say("The plan in detail"),
        *(
            (
                as_figure(plot_plan_curve(longer, words)),
                folded(say("The best places of each size ({n})", n=len(sizes.rows)), as_table(sizes)),
            )
            if len(longer.curve) > 1
            else ()
        ),
        paragraph(describe_far_sites(planned.schedule, ranking, planned.basis.minutes, words)),
        folded(say("Plans that are nearly as good ({n})", n=len(others.rows)), as_table(others)),
        folded(say("If others would have come to the office anyway than assumed"), as_table(hypotheses)),
        folded(say("From most people to most fairness ({n})", n=len(fair.rows)), as_table(fair))
        if len(fair.rows) > 1
        else None,
        None
        if equity is None
        else folded(
            say("Who is reached, and how evenly"),
            paragraph(describe_equity(equity, words)),
            as_table(tabulate_quintiles(equity, words)),
        ),
        folded(
            say("How much the weights matter"),
            paragraph(describe_sensitivity(planned.sensitivity, ranking, words)),
            as_table(tabulate_sensitivity(weighed, words)),
        ),
        folded(say("What has changed since the last decision"), as_table(moved)),
        contents=say("Plan in detail"),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    Study: Views(plots={"lorenz": lambda r, s, words: plot_lorenz(s.equity, words)}),
    RankingChanges: Views(tables={"changes": lambda r, s, words: tabulate_changes(r, s.ranking, words)}),
    PlanResult: Views(
        tables={
            "places": lambda r, s, words: tabulate_plan(r, s.ranking, s.sites, words),
            "alternatives": lambda r, s, words: tabulate_alternatives(r, s.sites, words),
            "sizes": lambda r, s, words: tabulate_plan_curve(s.planning.longer, s.sites, words),
        },
        plots={"sizes": lambda r, s, words: plot_plan_curve(s.planning.longer, words)},
    ),
    ScheduleResult: Views(tables={"days": lambda r, s, words: tabulate_schedule(r, s.plan, s.ranking, s.sites, words)}),
    HypothesesResult: Views(tables={"hypotheses": lambda r, s, words: tabulate_hypotheses(r, s.sites, words)}),
    FairnessResult: Views(tables={"fairness": lambda r, s, words: tabulate_fairness(r, s.sites, words)}),
    EquityResult: Views(
        tables={"quintiles": lambda r, s, words: tabulate_quintiles(r, words)},
        plots={"lorenz": lambda r, s, words: plot_lorenz(r, words)},
    ),
    SensitivityResult: Views(tables={"weights": lambda r, s, words: tabulate_sensitivity(r, words)}),
}
