"""Interactive charts of plans: how many pop-ups are worth it, and how evenly the reach is spread."""

from __future__ import annotations

import plotly.graph_objects as go

from outreach_analysis.decisions.equity import EquityResult
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.presentation.figures import ACCENT, QUIET, apply_theme, plain
from outreach_analysis.presentation.svg import nice_ticks
from outreach_analysis.presentation.wording.words import Language, Words

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def plot_plan_curve(plan: PlanResult, *, lang: Language = "id") -> go.Figure:
    """Additional people of the best plan of 1, 2, ... pop-ups, with what no plan of that size exceeds.

    Parameters
    ----------
    plan
        From `plan_popups`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks where the plan is infeasible or asks for no event. The bound is drawn where it is above the
        plan; with weights it bounds the weighted people less costs, and is left out.
    """
    words = Words(lang)
    say = words.say
    curve = plan.curve
    subtitle = curve_subtitle(plan, words)
    if curve.empty:
        return apply_theme(go.Figure(), title=say("There is no plan that meets the request."), subtitle=subtitle)
    events = curve.index.to_list()
    hover = [
        say(
            "{n} pop-ups: {people} people, one more adds {added}",
            n=n,
            people=words.number(all_),
            added=words.number(one),
        )
        for n, all_, one in zip(events, curve["expected_reach"], curve["added"], strict=True)
    ]
    figure = go.Figure()
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
        mode="lines+markers",
        line={"color": ACCENT},
        marker={"size": 10},
        hoverinfo="text",
        hovertext=[plain(text) for text in hover],
    )
    ticks = nice_ticks(float(curve["expected_reach"].max()))
    figure.update_xaxes(tickvals=events, ticktext=[words.number(n) for n in events], title=plain(say("Pop-ups")))
    figure.update_yaxes(
        range=[0, ticks[-1] * 1.05],
        tickvals=ticks,
        ticktext=[words.number(tick) for tick in ticks],
        gridcolor="#e5e5e5",
    )
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=curve_title(plan, words), subtitle=subtitle)


def plot_lorenz(equity: EquityResult | None, *, lang: Language = "id") -> go.Figure:
    """Lorenz curve of the people reached over residents, beside the line of the same reach everywhere.

    Parameters
    ----------
    equity
        From `plan_equity`; None where there is no plan.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without a curve where nobody is reached.
    """
    words = Words(lang)
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
        "{n} pop-ups reach {people} additional people",
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
