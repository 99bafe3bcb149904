"""Interactive charts: each takes a result and returns a plotly figure; none computes anything."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.catchment import CATCHMENT_SHARES, CatchmentResult
from outreach_analysis.presentation.figures import (
    ACCENT,
    QUIET,
    amounts_from_zero,
    apply_theme,
    plain,
    set_category_axis,
)
from outreach_analysis.presentation.wording.sentences import by_people
from outreach_analysis.presentation.wording.words import Language, Words

LEDGER_COLOURS = {
    "matched": "#1d91c0",
    "review": "#f0a202",
    "rejected": "#c2410c",
    "duplicate": "#7b6d8d",
    "skipped": "#c9c9c9",
}


def plot_ranking(ranking: RankingResult, *, top: int = 10, lang: Language = "id") -> go.Figure:
    """Dot and whisker of the additional people at the first places, the recommended one in the accent colour.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    top
        How many places to show.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks where no place may be visited.
    """
    words = Words(lang)
    say = words.say
    shown = ranking.by_site.head(top)
    subtitle = say("People whom neither the office nor an announced pop-up would serve; 90% range of the estimate")
    if ranking.leader is None:
        return apply_theme(go.Figure(), title=say("No place can be visited next"), subtitle=subtitle)
    first: Any = ranking.by_site.loc[ranking.leader]
    values = [
        f"{words.number(row['increment'])} ({words.interval(row['ci_low'], row['ci_high'])})"
        for _, row in shown.iterrows()
    ]
    figure = _dots(
        shown["increment"],
        shown["ci_low"],
        shown["ci_high"],
        colours=[ACCENT if site == ranking.recommended else QUIET for site in shown.index],
        hover=[f"{plain(name)}: {value}" for name, value in zip(shown["name"], values, strict=True)],
    )
    set_category_axis(figure, [f"{rank}. {name}" for rank, name in zip(shown["rank"], shown["name"], strict=True)])
    amounts_from_zero(figure, float(shown["ci_high"].max()), words)
    named = {"place": first["name"], "n": words.number(first["increment"])}
    title = say("{place} adds most: about {n} people", **named)
    if not by_people(ranking):
        title = say("By the stated weights {place} comes first: about {n} additional people", **named)
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_catchment(catchment: CatchmentResult, *, lang: Language = "id") -> go.Figure:
    """Distance within which a half, four fifths and 95 % of applicants live, over all events.

    Parameters
    ----------
    catchment
        From `catchment`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without marks where nobody has a distance.
    """
    words = Words(lang)
    say = words.say
    subtitle = say("Distance (km) within which this share of applicants lives; 90% range")
    columns = [f"km_{100 * share:.0f}" for share in CATCHMENT_SHARES]
    km = catchment.overall[columns].astype(float)
    if km.isna().all():
        title = say("No pop-up has been held yet, so nothing can be said about who came.")
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    low = catchment.overall[[f"{name}_low" for name in columns]].astype(float).set_axis(columns)
    high = catchment.overall[[f"{name}_high" for name in columns]].astype(float).set_axis(columns)
    values = [
        say("{km} km ({range})", km=words.number(value), range=words.interval(bottom, top))
        for value, bottom, top in zip(km, low, high, strict=True)
    ]
    figure = _dots(km, low, high, colours=[ACCENT] * len(km), hover=values, beside=values)
    set_category_axis(
        figure, [say("{share} of applicants", share=words.percent(share, digits=0)) for share in CATCHMENT_SHARES]
    )
    amounts_from_zero(figure, float(high.max()), words)
    title = say("Half of the applicants live within {km} km", km=words.number(km.iloc[0]))
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_ledger(ledger: IntakeLedger, *, lang: Language = "id") -> go.Figure:
    """Rows that were not simply used, by file and by what became of them; files without any are left out.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        Without bars where every row could be used; the subtitle then says so.
    """
    words = Words(lang)
    say = words.say
    apart = [column for column in LEDGER_COLOURS if column != "matched"]
    by_file = ledger.by_file.groupby("file", sort=False)[apart].sum()
    used = float(ledger.summary()["share"]["matched"])
    title = say("{share} of the rows could be used as they stand", share=words.percent(used, digits=1))
    shown = by_file[by_file.sum(axis=1) > 0]
    subtitle = say(
        "Rows set apart, by file; {n} of {all} files have none",
        n=words.number(len(by_file) - len(shown)),
        all=words.number(len(by_file)),
    )
    names = ledger_words(words)
    figure = go.Figure(
        [
            go.Bar(
                x=shown[column],
                y=list(range(len(shown))),
                orientation="h",
                name=names[column],
                marker={"color": LEDGER_COLOURS[column]},
                hoverinfo="text",
                hovertext=[f"{plain(file)}<br>{names[column]}: {words.number(n)}" for file, n in shown[column].items()],
            )
            for column in apart
            if shown[column].any()
        ]
    )
    if len(shown):
        set_category_axis(figure, [str(file) for file in shown.index])
        amounts_from_zero(figure, float(shown.sum(axis=1).max()), words)
    apply_theme(figure, title=title, subtitle=subtitle)
    below = {"orientation": "h", "traceorder": "normal", "yref": "container", "y": 0.01, "yanchor": "bottom", "x": 0}
    return figure.update_layout(barmode="stack", showlegend=True, legend=below, margin={"b": 80})


def ledger_words(words: Words) -> dict[str, str]:
    """What each column of the ledger is called."""
    return {
        "read": words.say("Read"),
        "matched": words.say("Matched"),
        "review": words.say("For review"),
        "rejected": words.say("Rejected"),
        "duplicate": words.say("Duplicate"),
        "skipped": words.say("Skipped"),
    }


def _dots(
    estimate: pd.Series,
    low: pd.Series,
    high: pd.Series,
    *,
    colours: list[str],
    hover: list[str],
    beside: list[str] | None = None,
) -> go.Figure:
    """Estimates as dots with their intervals as whiskers, one a row from the top down."""
    return go.Figure(
        go.Scatter(
            x=estimate.to_list(),
            y=list(range(len(estimate))),
            mode="markers" if beside is None else "markers+text",
            text=beside,
            textposition="top center",
            cliponaxis=False,
            marker={"color": colours, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (high - estimate).to_list(),
                "arrayminus": (estimate - low).to_list(),
                "color": QUIET,
            },
            hoverinfo="text",
            hovertext=hover,
        )
    )
