"""Interactive charts of channels, electronic passports and the months around a visit; none computes anything."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.measures.audience import AudienceResult
from outreach_analysis.measures.uptake import UptakeResult
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.presentation.describe_audience import describe_channels
from outreach_analysis.presentation.describe_impact import impact_finding
from outreach_analysis.presentation.figures import (
    ACCENT,
    QUIET,
    amounts_from_zero,
    apply_theme,
    plain,
    set_category_axis,
)
from outreach_analysis.presentation.tables_of_audience import month_name
from outreach_analysis.presentation.wording.people import channel_name, share_text
from outreach_analysis.presentation.wording.words import Language, Words

TICKS = 3


def plot_channels(audience: AudienceResult, *, lang: Language = "id") -> go.Figure:
    """Share of applicants by how they heard of the pop-up, the unknown among them, with 90 % intervals.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks where nobody came yet.
    """
    words = Words(lang)
    title = describe_channels(audience, lang=lang)[0].removesuffix(".")
    subtitle = words.say("Percent of pop-up applicants by how they heard of it; 90% range")
    shown = audience.channels.dropna(subset=["share"]).sort_values("share", ascending=False, kind="stable")
    if shown.empty:
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    names = [channel_name(code, words) for code in shown["category"]]
    values = [
        share_text(share, low, high, words)
        for share, low, high in zip(shown["share"], shown["ci_low"], shown["ci_high"], strict=True)
    ]
    dots = _dots(shown["share"] * 100, shown["ci_low"] * 100, shown["ci_high"] * 100, range(len(shown)))
    dots.update(hovertext=[f"{plain(name)}: {value}" for name, value in zip(names, values, strict=True)])
    figure = set_category_axis(go.Figure(dots), names)
    amounts_from_zero(figure, float(shown["ci_high"].max() * 100), words)
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_uptake(uptake: UptakeResult, *, lang: Language = "id") -> go.Figure:
    """Share of electronic passports by month until all became electronic: observed with intervals, and the trend.

    Parameters
    ----------
    uptake
        From `audience`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks where too few kinds of passport are known.
    """
    words = Words(lang)
    say = words.say
    shown = uptake.by_month.dropna(subset=["share"])
    subtitle = say("Electronic passports among applicants by month (90% range), and their trend (line); percent")
    if shown.empty or not uptake.is_published:
        return apply_theme(go.Figure(), title=say("Too few kinds of passport are known"), subtitle=subtitle)
    months = [words.month(month) for month in shown.index]
    at = list(range(len(shown)))
    dots = go.Scatter(
        x=at,
        y=(shown["share"] * 100).to_list(),
        mode="markers",
        marker={"color": ACCENT, "size": 9},
        error_y=_spread(shown["share"] * 100, shown["ci_low"] * 100, shown["ci_high"] * 100),
        hoverinfo="text",
        hovertext=[
            f"{month}: {share_text(share, low, high, words)}"
            for month, share, low, high in zip(months, shown["share"], shown["ci_low"], shown["ci_high"], strict=True)
        ],
    )
    trend = go.Scatter(x=at, y=(shown["trend"] * 100).to_list(), mode="lines", line={"color": QUIET}, hoverinfo="skip")
    figure = go.Figure([trend, dots])
    figure.update_layout(showlegend=False, separators=",." if lang == "id" else ".,")
    step = max(len(at) // TICKS, 1)
    published = at[step // 2 :: step]
    edge = 0.5 + len(at) / 12
    # labels in the middle of their part of the axis, so that none is cut off at its ends
    figure.update_xaxes(tickvals=published, ticktext=[months[n] for n in published], range=[-edge, len(at) - 1 + edge])
    figure.update_yaxes(range=[0, 100], gridcolor="#e5e5e5")
    title = say(
        "Electronic passports: {after} in {end}",
        after=words.percent(float(shown["share"].iloc[-1])),
        end=words.month(shown.index[-1]),
    )
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_event_time(impact: ImpactResult, *, lang: Language = "id") -> go.Figure:
    """Applicants missing at the office by month around a visit, per 100 pop-up applicants.

    Parameters
    ----------
    impact
        From `estimate_impact`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks unless the gate is passed: a picture would tell what must not be told.
    """
    words = Words(lang)
    title = impact_finding(impact, words)
    subtitle = words.say(
        "Applicants missing at the office per 100 pop-up applicants, by month around the visit; 90% range"
    )
    if not impact.gate_passed:
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    shown = impact.event_time
    names = [month_name(int(month), words) for month in shown["months_after"]]
    dots = go.Scatter(
        x=list(range(len(shown))),
        y=(shown["missing"] * 100).to_list(),
        mode="markers",
        marker={"color": [ACCENT if month > 0 else QUIET for month in shown["months_after"]], "size": 10},
        error_y=_spread(shown["missing"] * 100, shown["ci_low"] * 100, shown["ci_high"] * 100),
        hoverinfo="text",
        hovertext=[
            f"{name}: {words.number(100 * missing)} ({words.interval(100 * low, 100 * high)})"
            for name, missing, low, high in zip(names, shown["missing"], shown["ci_low"], shown["ci_high"], strict=True)
        ],
    )
    figure = go.Figure(dots)
    figure.update_layout(showlegend=False, separators=",." if lang == "id" else ".,")
    figure.update_xaxes(tickvals=list(range(len(shown))), ticktext=names)
    figure.update_yaxes(gridcolor="#e5e5e5", zeroline=True, zerolinecolor="#999999")
    return apply_theme(figure, title=title, subtitle=subtitle)


def _dots(middle: pd.Series, low: pd.Series, high: pd.Series, at: range) -> go.Scatter:
    return go.Scatter(
        x=middle.to_list(),
        y=list(at),
        mode="markers",
        hoverinfo="text",
        marker={"color": ACCENT, "size": 10},
        error_x=_spread(middle, low, high),
    )


def _spread(middle: pd.Series, low: pd.Series, high: pd.Series) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - middle).to_list(),
        "arrayminus": (middle - low).to_list(),
        "color": "#9aa5b1",
        "thickness": 4,
        "width": 0,
    }
