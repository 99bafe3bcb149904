"""What all interactive figures share: looks, alternative text, ticks in a language, texts shown as they stand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from outreach_analysis.presentation.svg import nice_ticks
from outreach_analysis.presentation.wording.words import Words

ACCENT = "#c2410c"
QUIET = "#52606d"
ROW_HEIGHT = 34
TOP_AND_BOTTOM = 150


def plain(text: object) -> str:
    """Text that plotly shows as it stands: it reads a few tags as formatting.

    Examples
    --------
    >>> plain("Mal <b>Baru</b> & Lama")
    'Mal &lt;b&gt;Baru&lt;/b&gt; &amp; Lama'
    """
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def apply_theme(figure: go.Figure, *, title: str, subtitle: str, alt: str | None = None) -> go.Figure:
    """Give a figure its title (the finding), subtitle (the statistic), font, white ground and alternative text.

    Positions on axes are rounded to a thousandth of the largest: a figure holds its numbers as text, and what nobody
    can see in the picture would tell a reader of the file more than the picture does.
    """
    _round_positions(figure)
    figure.update_layout(
        title={"text": f"{plain(title)}<br><sub>{plain(subtitle)}</sub>", "x": 0, "xanchor": "left"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"family": "system-ui, sans-serif", "size": 13},
        margin={"l": 10, "r": 20, "t": 70, "b": 40},
        meta={"alt": alt or f"{title}. {subtitle}."},
    )
    return figure


def _round_positions(figure: go.Figure) -> None:
    for axis in ("x", "y"):
        traces = [trace for trace in figure.data if axis in trace and _are_numbers(trace[axis])]
        largest = max((float(np.nanmax(np.abs(np.asarray(trace[axis], dtype=float)))) for trace in traces), default=0.0)
        if not 0 < largest < math.inf:
            continue
        digits = math.ceil(3 - math.log10(largest))
        for trace in traces:
            trace[axis] = _rounded(trace[axis], digits)
            if f"error_{axis}" not in trace:
                continue
            spread = trace[f"error_{axis}"]
            for end in ("array", "arrayminus"):
                if _are_numbers(spread[end]):
                    spread[end] = _rounded(spread[end], digits)


def _are_numbers(values: Any) -> bool:
    known = np.asarray(() if values is None else values)
    return known.size > 0 and known.dtype.kind in "iuf" and not np.isnan(known.astype(float)).all()


def _rounded(values: Any, digits: int) -> list[float]:
    return [float(value) for value in np.round(np.asarray(values, dtype=float), digits)]


def amounts_from_zero(figure: go.Figure, largest: float, words: Words) -> go.Figure:
    """An x axis of amounts from 0, its ticks written by the language's rules rather than by the browser's."""
    ticks = nice_ticks(largest)
    figure.update_xaxes(
        range=[0, ticks[-1] * 1.02],
        tickvals=ticks,
        ticktext=[words.number(tick, digits=0 if tick == round(tick) else 1) for tick in ticks],
        gridcolor="#e5e5e5",
        zeroline=True,
        zerolinecolor="#999999",
    )
    return figure


def set_category_axis(figure: go.Figure, labels: list[str]) -> go.Figure:
    """A y axis with every label shown, one a row, and a figure as high as its rows need."""
    figure.update_yaxes(automargin=True, tickvals=list(range(len(labels))), ticktext=[plain(text) for text in labels])
    figure.update_yaxes(range=[len(labels) - 0.5, -0.75], showgrid=False, zeroline=False)
    return figure.update_layout(height=TOP_AND_BOTTOM + ROW_HEIGHT * max(len(labels), 1))
