"""Interactive charts: each takes a result and returns a plotly figure; none computes anything."""

from __future__ import annotations

import plotly.graph_objects as go

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.catchment import CATCHMENT_SHARES, CatchmentResult
from outreach_analysis.presentation.wording.words import Language, Words

ACCENT = "#c2410c"
QUIET = "#52606d"


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
    """
    words = Words(lang)
    rows = ranking.by_site.head(top).iloc[::-1]
    colours = [ACCENT if site == ranking.recommended else QUIET for site in rows.index]
    figure = go.Figure(
        go.Scatter(
            x=rows["increment"],
            y=rows["name"],
            mode="markers",
            marker={"color": colours, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["ci_high"] - rows["increment"],
                "arrayminus": rows["increment"] - rows["ci_low"],
                "color": QUIET,
            },
            hoverinfo="text",
            text=[
                words.say(
                    "{name}: {n} additional people ({range})",
                    name=row["name"],
                    n=words.number(row["increment"]),
                    range=words.interval(row["ci_low"], row["ci_high"]),
                )
                for _, row in rows.iterrows()
            ],
        )
    )
    return _styled(
        figure,
        title=words.say("Additional people a pop-up would reach"),
        subtitle=words.say("Expected people the office would not have reached anyway; 90% range of the estimate"),
    )


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
    """
    words = Words(lang)
    shares = [words.percent(share) for share in CATCHMENT_SHARES]
    km = [catchment.overall[f"km_{100 * share:.0f}"] for share in CATCHMENT_SHARES]
    low = [catchment.overall[f"km_{100 * share:.0f}_low"] for share in CATCHMENT_SHARES]
    high = [catchment.overall[f"km_{100 * share:.0f}_high"] for share in CATCHMENT_SHARES]
    figure = go.Figure(
        go.Scatter(
            x=km,
            y=shares,
            mode="markers+text",
            text=[words.say("{km} km", km=words.number(value)) for value in km],
            textposition="top center",
            marker={"color": ACCENT, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [top - mid for top, mid in zip(high, km, strict=True)],
                "arrayminus": [mid - bottom for mid, bottom in zip(km, low, strict=True)],
                "color": QUIET,
            },
        )
    )
    return _styled(
        figure,
        title=words.say("How far people travel to a pop-up"),
        subtitle=words.say("Distance (km) within which this share of applicants lives; 90% range"),
    )


def plot_ledger(ledger: IntakeLedger, *, lang: Language = "id") -> go.Figure:
    """Rows of each file by what became of them.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
    """
    words = Words(lang)
    by_file = ledger.by_file.groupby("file", sort=False)[list(LEDGER_COLOURS)].sum().iloc[::-1]
    names = ledger_words(words)
    figure = go.Figure(
        [
            go.Bar(x=by_file[column], y=by_file.index, orientation="h", name=names[column], marker={"color": colour})
            for column, colour in LEDGER_COLOURS.items()
        ]
    )
    figure.update_layout(barmode="stack", legend={"orientation": "h"})
    return _styled(
        figure,
        title=words.say("What became of every row"),
        subtitle=words.say("Rows by file"),
    )


LEDGER_COLOURS = {
    "matched": "#1d91c0",
    "review": "#f0a202",
    "rejected": "#c2410c",
    "duplicate": "#7b6d8d",
    "skipped": "#c9c9c9",
}


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


def _styled(figure: go.Figure, *, title: str, subtitle: str) -> go.Figure:
    figure.update_layout(
        title={"text": f"{title}<br><sub>{subtitle}</sub>", "x": 0, "xanchor": "left"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"family": "system-ui, sans-serif", "size": 13},
        margin={"l": 10, "r": 20, "t": 70, "b": 40},
        meta={"alt": f"{title}. {subtitle}."},
    )
    figure.update_xaxes(gridcolor="#e5e5e5", zeroline=True, zerolinecolor="#999999", rangemode="tozero")
    figure.update_yaxes(automargin=True)
    return figure
