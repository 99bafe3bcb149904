"""Plans and letters in tables and charts, and their sections."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.decisions.equity import EquityResult, FairnessResult, SensitivityResult
from outreach_analysis.decisions.plan_problem import PlanResult
from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.decisions.requests import RequestsResult
from outreach_analysis.decisions.scenarios import HypothesesResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.report.figure import ACCENT, GRID, QUIET, apply_theme, band, plain
from outreach_analysis.report.static import nice_ticks
from outreach_analysis.report.table import (
    STAR,
    Block,
    Column,
    Section,
    Table,
    Ways,
    as_figure,
    as_table,
    folded,
    listed,
    numbers,
    paragraph,
    records,
    table_of,
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
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.study import Study

# --- Interactive charts of plans: how many pop-ups are worth it, and how evenly the reach is spread.


def plot_plan_curve(plan: PlanResult, words: Words) -> go.Figure:
    """Additional people of the best plan of 1, 2, ... pop-ups, with what no plan of that size exceeds."""
    say = words.say
    curve = plan.curve
    subtitle = curve_subtitle(plan, words)
    if curve.empty:
        return apply_theme(go.Figure(), title=say("There is no plan that meets the request."), subtitle=subtitle)
    events, reach = curve.index.to_list(), curve["expected_reach"]
    figure = go.Figure()
    if curve["ci_low"].notna().all():
        figure.add_trace(band(events, curve["ci_low"], curve["ci_high"], opacity=0.3))
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
        y=reach.to_list(),
        mode="lines+markers+text",
        line={"color": ACCENT},
        marker={"size": 10, "color": ACCENT},
        text=[words.number(people) for people in reach],
        textposition="top center",
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[
            plain(
                say(
                    "pop-ups: {n}, people: {people}, of them by the last: {added}",
                    n=row.Index,
                    people=words.number(row.expected_reach),
                    added=words.number(row.added),
                )
            )
            for row in records(curve)
        ],
    )
    ticks = nice_ticks(float(curve[["expected_reach", "ci_high"]].max().max()))
    figure.update_xaxes(tickvals=events, ticktext=[words.number(n) for n in events], title=plain(say("Pop-ups")))
    texts = [words.number(tick) for tick in ticks]
    figure.update_yaxes(range=[0, ticks[-1] * 1.05], tickvals=ticks, ticktext=texts, gridcolor=GRID)
    figure.update_layout(showlegend=False)
    title = say(
        "Pop-ups: {n}, additional people: {people}", n=words.number(len(curve)), people=words.number(reach.iloc[-1])
    )
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_lorenz(equity: EquityResult | None, words: Words) -> go.Figure:
    """Lorenz curve of the people reached over residents, beside the line of the same reach everywhere."""
    say = words.say
    subtitle = say("Share of all reached, by share of residents; the dotted line is the same reach everywhere")
    if equity is None:
        return apply_theme(go.Figure(), title=say("There is no plan that meets the request."), subtitle=subtitle)
    curve = equity.lorenz
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot"}, hoverinfo="skip")
    if curve["reached_share"].notna().all():
        figure.add_scatter(
            x=curve["residents_share"].to_list(),
            y=curve["reached_share"].to_list(),
            mode="lines",
            line={"color": ACCENT, "width": 3},
            hoverinfo="text",
            hovertext=[
                say(
                    "{residents} of residents, {reached} of those reached",
                    residents=words.percent(row.residents_share),
                    reached=words.percent(row.reached_share),
                )
                for row in records(curve)
            ],
        )
    quarters = [0.0, 0.25, 0.5, 0.75, 1.0]
    ticks = {"tickvals": quarters, "ticktext": [words.percent(share) for share in quarters], "range": [0, 1.02]}
    figure.update_xaxes(**ticks, title=plain(say("Share of residents, least reached first")), gridcolor=GRID)
    figure.update_yaxes(**ticks, gridcolor=GRID)
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=lorenz_title(equity, words), subtitle=subtitle)


def in_people(plan: PlanResult) -> bool:
    """Whether the bound of a plan counts people: without weights what is maximised are the people reached."""
    return bool((plan.curve["objective"] - plan.curve["expected_reach"]).abs().max() < 1e-6)


def curve_subtitle(plan: PlanResult, words: Words) -> str:
    """The statistic of the reach curve; the line of the bound is named only where it is drawn and seen."""
    curve = plan.curve
    if len(curve) and not in_people(plan):
        return words.say("Additional people of the best plan of each size by the stated weights")
    missing = (curve["upper_bound"] - curve["expected_reach"]).max()
    if curve.empty or missing < 1e-3 * curve["expected_reach"].max():
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
    half = float(np.interp(0.5, curve["residents_share"], curve["reached_share"]))
    return words.say("The least reached half of the residents gets {share}", share=words.percent(half))


# --- Tables of plans: places and days, other plans, the price of fairness, the weights, and what moved since.


MOVES_SHOWN = 12
COST = 5
"""Column of the cost in the plan by day: left out of the page where no cost is known."""


def tabulate_plan(plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, words: Words) -> Table:
    """Places of a plan, the one that adds most first: what each adds of its own, and what it would add alone."""
    say, kabupaten, costs = words.say, ranking.by_site["kabupaten"], _costs(sites)
    return table_of(
        say("The places of the plan: what each adds to the others"),
        plan.by_site.itertuples(),
        Column(say("Place"), lambda row: str(sites["name"][row.Index])),
        Column(say("Kabupaten or kota"), lambda row: str(kabupaten.get(row.Index, "–"))),
        numbers(say("Visits"), lambda row: words.number(row.visits)),
        numbers(
            say("Additional people of its own (90% range)"),
            lambda row: words.ranged(row.contribution, row.ci_low, row.ci_high),
        ),
        numbers(say("Additional people if it were alone"), lambda row: words.number(row.alone)),
        numbers(say("All who come (90% range)"), lambda row: _people(row.Index, ranking, words)),
        numbers(say("Cost of a visit (rupiah)"), lambda row: words.number(costs[row.Index])),
    )


def tabulate_schedule(
    schedule: ScheduleResult, plan: PlanResult, ranking: RankingResult, sites: pd.DataFrame, words: Words
) -> Table:
    """The pop-ups of a plan by day: place, people, the team's way, and the cost of the visit."""
    say, kabupaten, costs = words.say, ranking.by_site["kabupaten"], _costs(sites)
    each = plan.by_site[["ci_low", "ci_high"]].div(plan.by_site["visits"], axis=0)

    def day(event: Any) -> str:
        text = words.date(event.day, weekday=True)
        if event.day_kind != "holiday":
            return text
        return f"{text} ({holiday_text(event.day_reason, estimated=bool(event.estimated), words=words)})"

    def place(event: Any) -> str:
        star = STAR if event.site_id == ranking.recommended else ""
        return f"{star}{event.name} ({kabupaten.get(event.site_id, '–')})"

    def cost_each(event: Any) -> str:
        """To a thousand rupiah; an en dash where nothing can be said."""
        return words.number(round(costs[event.site_id] / event.people, -3)) if round(event.people) > 0 else "–"

    return table_of(
        say("The plan: places together, each on its day"),
        schedule.events.itertuples(),
        Column(say("Day"), day),
        Column(say("Place"), place),
        numbers(say("All who come (90% range)"), lambda event: _people(event.site_id, ranking, words)),
        numbers(
            say("Additional people of its own (90% range)"),
            lambda event: words.ranged(event.people, *each.loc[event.site_id]),
        ),
        numbers(
            say("Travel time of the team, one way"),
            lambda event: "–" if math.isnan(event.minutes) else way_time_text(event.minutes, words),
        ),
        numbers(say("Cost of a visit (rupiah)"), lambda event: words.number(costs[event.site_id])),
        numbers(say("Cost for each additional person (rupiah)"), cost_each),
        *([numbers(say("Team"), lambda event: words.number(event.team))] if schedule.teams > 1 else []),
    )


def tabulate_alternatives(plan: PlanResult, sites: pd.DataFrame, words: Words) -> Table:
    """Other plans that are nearly as good: what they change, and how many people they reach."""
    say = words.say
    return table_of(
        say("Plans that are nearly as good"),
        plan.alternatives.itertuples(),
        Column(say("With"), lambda other: _names(other.takes_in, sites, words)),
        Column(say("In place of"), lambda other: _names(other.leaves_out, sites, words)),
        numbers(say("Additional people"), lambda other: words.number(other.expected_reach)),
        numbers(say("Of the best plan"), lambda other: words.percent(other.share_of_best)),
    )


def tabulate_hypotheses(found: HypothesesResult, sites: pd.DataFrame, words: Words) -> Table:
    """The best plan by who would have come to the office anyway, and what it costs if another of these is true."""
    say, losses = words.say, found.losses

    def lost_if(name: str) -> Column:
        head = say("Costs if: {hypothesis}", hypothesis=hypothesis_text(name, words))
        return numbers(head, lambda plan: words.number(losses[name][plan.Index]))

    return table_of(
        say("By the stated weights: what each plan costs on average if another assumption is true")
        if found.weighted
        else say("Additional people that each plan costs on average if another assumption is true"),
        found.plans.itertuples(),
        Column(say("Who would have come to the office anyway"), lambda plan: hypothesis_text(plan.Index, words)),
        Column(say("Best places then"), lambda plan: _names(plan.sites, sites, words)),
        numbers(say("Probability"), lambda plan: probability_text(plan.probability, words)),
        numbers(
            say("Additional people then (90% range)"),
            lambda plan: words.ranged(plan.estimate, plan.ci_low, plan.ci_high),
        ),
        *map(lost_if, losses.columns),
    )


def tabulate_plan_curve(plan: PlanResult, sites: pd.DataFrame, words: Words) -> Table:
    """How many pop-ups are worth it: people reached by the best plan of each size, and what one more adds."""
    say = words.say
    return table_of(
        say("How many pop-ups are worth it"),
        plan.curve.itertuples(),
        numbers(say("Pop-ups"), lambda point: words.number(point.Index)),
        numbers(
            say("Additional people in all (90% range)"),
            lambda point: words.ranged(point.expected_reach, point.ci_low, point.ci_high),
        ),
        numbers(say("Added by the last pop-up"), lambda point: words.number(point.added)),
        Column(say("Best places together"), lambda point: _names(sorted(point.sites), sites, words)),
    )


def tabulate_fairness(fairness: FairnessResult, sites: pd.DataFrame, words: Words) -> Table:
    """Plans from the most reach to the most for the worst-served fifth, and the price of each."""
    say = words.say
    most = float(fairness.plans["expected_reach"].max())

    def given_up(plan: Any) -> str:
        if plan.Index == 1:
            return words.number(0)
        return words.ranged(people_fewer(most, plan.expected_reach), plan.given_up_low, plan.given_up_high)

    return table_of(
        say("What fairness costs: from the most people to the most for the worst-served fifth"),
        fairness.plans.itertuples(),
        Column(say("Places"), lambda plan: _names(plan.sites, sites, words)),
        numbers(
            say("Additional people (90% range)"),
            lambda plan: words.ranged(plan.expected_reach, plan.ci_low, plan.ci_high),
        ),
        numbers(say("of them in the worst-served fifth"), lambda plan: words.number(plan.reach_worst)),
        numbers(say("Given up against the first (90% range)"), given_up),
        numbers(say("Given up for each one gained there"), lambda plan: words.number(plan.price, digits=1)),
    )


def tabulate_quintiles(equity: EquityResult, words: Words) -> Table:
    """Who is reached, by fifths of how well served and how near residents are: additional people, share of all."""
    say = words.say
    ends = {1: say("1 (best served)"), 5: say("5 (worst served)")}
    groups = {say("By people served per resident"): equity.by_need, say("By distance from service"): equity.by_distance}
    rows = pd.concat([table.assign(group=group) for group, table in groups.items()])
    return table_of(
        say("Who is reached, by fifths of the residents"),
        rows.itertuples(),
        Column(say("Fifths"), lambda row: str(row.group)),
        Column(say("Fifth"), lambda row: ends.get(row.Index, words.number(row.Index))),
        numbers(say("Residents"), lambda row: words.number(round(row.residents, -3))),
        numbers(say("Additional people (90% range)"), lambda row: words.ranged(row.reached, row.ci_low, row.ci_high)),
        numbers(say("Share of all reached"), lambda row: words.percent(row.share)),
    )


def tabulate_sensitivity(sensitivity: SensitivityResult, words: Words, *, top: int = 8) -> Table:
    """How often each place comes first under the stated weights and under any weights, the most frequent first."""
    say, percent = words.say, words.percent
    shown = sensitivity.by_site.sort_values(["first_any", "first_stated"], ascending=False, kind="stable").head(top)
    return table_of(
        say("How often each place comes first, by weights"),
        shown.itertuples(),
        Column(say("Place"), lambda row: str(row.name)),
        numbers(say("First, weights as stated"), lambda row: percent(row.first_stated)),
        numbers(say("First, any weights"), lambda row: percent(row.first_any)),
        numbers(say("Among the first three, any weights"), lambda row: percent(row.among_any)),
        numbers(say("Weight of reach when first"), lambda row: percent(row.weight_reach)),
        numbers(say("Weight of the worst-served fifth when first"), lambda row: percent(row.weight_worst_served)),
        numbers(say("Weight of a short way when first"), lambda row: percent(row.weight_travel)),
    )


def tabulate_changes(changes: RankingChanges, ranking: RankingResult, words: Words) -> Table:
    """Places that stand elsewhere than at the last decision: rank then and now, and why."""
    say = words.say
    return table_of(
        say("What has changed since the decision of {day}", day=words.date(changes.decision.decided_on)),
        changes.by_site.head(MOVES_SHOWN).itertuples(),
        Column(say("Place"), lambda move: f"{STAR if move.Index == ranking.recommended else ''}{move.name}"),
        numbers(say("Rank then"), lambda move: words.number(move.rank_before)),
        numbers(say("Rank now"), lambda move: words.number(move.rank_now)),
        Column(say("Why"), lambda move: move_text(move, ranking, words)),
    )


def _names(site_ids: Iterable[str], sites: pd.DataFrame, words: Words) -> str:
    return words.listing([str(sites["name"][site]) for site in site_ids])


def _costs(sites: pd.DataFrame) -> pd.Series:
    """What a visit to each place costs; NaN where that is not known."""
    return sites["cost"].astype(float) if "cost" in sites else pd.Series(math.nan, index=sites.index)


def _people(site_id: str, ranking: RankingResult, words: Words) -> str:
    if site_id not in ranking.by_site.index:
        return "–"
    row: Any = ranking.by_site.loc[site_id]
    return words.ranged(row["people"], row["people_low"], row["people_high"])


# --- Letters that wait for an answer: a drafted answer with its reason, a table, and the few lines of the report.


SHOWN_AT_MOST = 5
"""Letters in the report; `outreach requests` lists them all."""


def asker_name(code: str, words: Words) -> str:
    """The kind of group that asks."""
    say = words.say
    names = {
        "pesantren": say("pesantren"),
        "employer": say("employer"),
        "ministry": say("government office"),
        "travel_agency": say("travel agency"),
        "neighbourhood": say("neighbourhood or village"),
        "campus": say("school or campus"),
        "other": say("other group"),
    }
    return names[code]


def draft_answer(letter: Any, sites: pd.DataFrame, words: Words) -> str:
    """The answer to a letter (a row of `RequestsResult.letters`) with its reason, as it may stand in the reply."""
    say = words.say
    day = words.date(letter.answer_day, weekday=True)
    if pd.isna(letter.answer_day):
        day = say("a day still to be found")
    wished = words.date(letter.wished, weekday=True)
    partner = sites["name"].get(letter.partner, letter.partner)
    texts = {
        "as_wished": say("Accepted: the pop-up is on {day}.", day=day),
        "within_window": say(
            "Accepted, on {day}: {wished} does not fit the other visits and the days of the place.",
            day=day,
            wished=wished,
        ),
        "with_letter": say(
            "Merged with letter {letter}: one pop-up serves both on {day}.", letter=letter.partner, day=day
        ),
        "with_visit": say(
            "Merged with the visit to {place} on {day}, which is near and has room.", place=partner, day=day
        ),
        "with_announced": say(
            "Merged with the announced pop-up at {place} on {day}, which is near and has room.", place=partner, day=day
        ),
        "others_add_more": say("Postponed to {day}: the visits planned until then add more people.", day=day),
        "over_budget": say("Postponed to {day}: the budget of this plan is spent on visits that add more.", day=day),
        "no_team": say("Postponed to {day}: no team is free on the days around the wish.", day=day),
        "no_day": say("Postponed to {day}: the place cannot be served on the days around the wish.", day=day),
        "window_passed": say("Postponed to {day}: the day that was wished is too near to announce it.", day=day),
        "later_period": say("Postponed to the next plan: {day} lies beyond this one.", day=day),
        "below_minimum": say(
            "Refused: the programme asks for more than {n} people; another list or a group nearby may be added.",
            n=words.number(letter.minimum),
        ),
        "outside_jurisdiction": say("Refused: the place lies outside the working area of this office."),
        "closed": say("Refused: the place is closed in the period of the plan."),
    }
    return texts[letter.reason]


def tabulate_requests(requests: RequestsResult, sites: pd.DataFrame, words: Words) -> Table:
    """Every open letter: who asks, where, what it would bring and add, whether the minimum is met, and the answer."""
    say = words.say

    def meets(letter: Any) -> str:
        n = words.number(letter.minimum)
        return say("yes, {n}", n=n) if letter.meets else say("no, {n}", n=n)

    return table_of(
        say("Letters that wait for an answer, the one that adds most first"),
        requests.letters.itertuples(),
        Column(say("Letter"), lambda letter: str(letter.Index)),
        Column(say("Who asks"), lambda letter: asker_name(letter.asker, words)),
        Column(say("Place"), lambda letter: _place_of(letter, sites)),
        Column(say("Day wished"), lambda letter: words.date(letter.wished, short=True)),
        numbers(say("On the letter"), lambda letter: words.number(letter.asked)),
        numbers(
            say("Expected people (90% range)"),
            lambda letter: words.ranged(letter.people, letter.people_low, letter.people_high),
        ),
        numbers(
            say("Additional (90% range)"),
            lambda letter: words.ranged(letter.additional, letter.additional_low, letter.additional_high),
        ),
        Column(say("More than the minimum"), meets),
        Column(say("Answer"), lambda letter: draft_answer(letter, sites, words)),
    )


def _place_of(letter: Any, sites: pd.DataFrame) -> str:
    """The place without the letter's number behind it."""
    return str(sites["name"].get(letter.place_id, letter.name)).removesuffix(f" ({letter.place_id[6:]})")


def describe_requests(requests: RequestsResult, words: Words) -> str:
    """How many letters wait, and what the plan with them reaches."""
    accepted = int((requests.letters["answer"] == "accepted").sum())
    return words.say(
        "{n} letters wait for an answer. A plan of letters and own visits together accepts {accepted} of them and "
        "reaches about {people} additional people in {visits} pop-ups (90% range: {range}).",
        n=words.number(len(requests.letters)),
        accepted=words.number(accepted),
        people=words.number(requests.additional),
        visits=words.number(len(requests.visits)),
        range=words.interval(requests.additional_low, requests.additional_high),
    )


def describe_answers(requests: RequestsResult, sites: pd.DataFrame, words: Words) -> Sentences:
    """The answer to each open letter, the one that adds most first."""
    return Sentences.of(
        words.say(
            "{letter}, {place}: {answer}",
            letter=letter.Index,
            place=_place_of(letter, sites),
            answer=draft_answer(letter, sites, words),
        )
        for letter in requests.letters.itertuples()
    )


def requests_blocks(analysis: Study, words: Words) -> tuple[Block | None, ...]:
    """What is to be decided about letters, where any is open: a sentence, and at most five with their answers."""
    found = analysis.requests
    if found is None:
        return ()
    answers = describe_answers(found, analysis.with_requests().sites, words)
    rest = len(answers) - SHOWN_AT_MOST
    more = words.say("{n} more letters: `outreach requests` lists them.", n=words.number(rest)) if rest > 0 else ""
    return (
        paragraph(describe_requests(found, words)),
        folded(words.say("Drafted answers"), listed(answers[:SHOWN_AT_MOST]), paragraph(more)),
    )


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


VIEWS: Ways = {
    (Study, "plots"): {"lorenz": lambda r, s, words: plot_lorenz(s.equity, words)},
    (RankingChanges, "tables"): {"changes": lambda r, s, words: tabulate_changes(r, s.ranking, words)},
    (PlanResult, "tables"): {
        "places": lambda r, s, words: tabulate_plan(r, s.ranking, s.sites, words),
        "alternatives": lambda r, s, words: tabulate_alternatives(r, s.sites, words),
        "sizes": lambda r, s, words: tabulate_plan_curve(s.planning.longer, s.sites, words),
    },
    (PlanResult, "plots"): {"sizes": lambda r, s, words: plot_plan_curve(s.planning.longer, words)},
    (ScheduleResult, "tables"): {"days": lambda r, s, words: tabulate_schedule(r, s.plan, s.ranking, s.sites, words)},
    (HypothesesResult, "tables"): {"hypotheses": lambda r, s, words: tabulate_hypotheses(r, s.sites, words)},
    (FairnessResult, "tables"): {"fairness": lambda r, s, words: tabulate_fairness(r, s.sites, words)},
    (EquityResult, "tables"): {"quintiles": lambda r, s, words: tabulate_quintiles(r, words)},
    (EquityResult, "plots"): {"lorenz": lambda r, s, words: plot_lorenz(r, words)},
    (SensitivityResult, "tables"): {"weights": lambda r, s, words: tabulate_sensitivity(r, words)},
    (RequestsResult, "tables"): {"letters": lambda r, s, words: tabulate_requests(r, s.with_requests().sites, words)},
    (RequestsResult, "texts"): {
        "letters": lambda r, s, words: describe_requests(r, words),
        "answers": lambda r, s, words: describe_answers(r, s.with_requests().sites, words),
    },
}
