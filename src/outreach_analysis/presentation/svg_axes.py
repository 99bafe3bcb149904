"""Static charts over two axes as numbers: lines with bands, and intervals side by side. Templates draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from outreach_analysis.presentation.svg import CHART_WIDTH, nice_ticks

HEIGHT = 230.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 8.0, 14.0, 34.0

TickText = Callable[[float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Where values stand in the view box, and the ticks (position, text) of both axes."""

    x_largest: float
    y_largest: float
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    width: float = CHART_WIDTH
    height: float = HEIGHT

    @classmethod
    def of(cls, x_largest: float, y_largest: float, *, x_text: TickText, y_text: TickText) -> Axes:
        """Axes from 0 to at least the largest values, at round ticks."""
        x_values, y_values = nice_ticks(x_largest), nice_ticks(y_largest)
        bare = cls(x_largest=x_values[-1], y_largest=y_values[-1], x_ticks=(), y_ticks=())
        return cls(
            x_largest=x_values[-1],
            y_largest=y_values[-1],
            x_ticks=tuple((bare.x(value), x_text(value)) for value in x_values),
            y_ticks=tuple((bare.y(value), y_text(value)) for value in y_values),
        )

    def x(self, value: float) -> float:
        """A value on the horizontal axis in view-box units."""
        return round(LEFT + (self.width - LEFT - RIGHT) * value / self.x_largest, 1)

    def y(self, value: float) -> float:
        """A value on the vertical axis in view-box units; large values stand high."""
        return round(self.height - BOTTOM - (self.height - TOP - BOTTOM) * value / self.y_largest, 1)

    @property
    def floor(self) -> float:
        """Height of the horizontal axis in view-box units."""
        return self.height - BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """A line, the band around it, and points, as SVG coordinates on axes."""

    axes: Axes
    line: str
    band: str
    points: tuple[tuple[float, float, str], ...]


def line_chart(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    *,
    low: Sequence[float] | np.ndarray | None = None,
    high: Sequence[float] | np.ndarray | None = None,
    titles: Sequence[str] = (),
    x_text: TickText,
    y_text: TickText,
) -> LineChart:
    """Lay out one line over values from 0, with its band and, where titles are given, a point for each value.

    Parameters
    ----------
    x, y
        Finite values >= 0, in the order of the line.
    low, high
        Ends of the band; None: no band.
    titles
        What is said of each point; empty: no points.
    x_text, y_text
        How tick values are written.

    Examples
    --------
    >>> chart = line_chart([0, 10], [4, 2], x_text=str, y_text=str)
    >>> chart.line, chart.axes.x_ticks[0]
    ('34,14 392,105', (34.0, '0.0'))
    """
    top = max(float(np.max(y)), float(np.max(high)) if high is not None else 0.0)
    axes = Axes.of(float(np.max(x)), top, x_text=x_text, y_text=y_text)
    corners = [*zip(x, y, strict=True)]
    around = [] if low is None or high is None else [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
    return LineChart(
        axes=axes,
        line=_polyline(axes, corners),
        band=_polyline(axes, around),
        points=tuple((axes.x(a), axes.y(b), title) for (a, b), title in zip(corners, titles, strict=False)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One interval with its middle and what was observed, in view-box units; `inside` says whether it was within."""

    x: float
    low: float
    middle: float
    high: float
    observed: float
    inside: bool
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChart:
    """Intervals side by side on one vertical axis, with labels (x, text) below some of them."""

    axes: Axes
    columns: tuple[Column, ...]
    labels: tuple[tuple[float, str], ...]


def column_chart(
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    observed: Sequence[float],
    *,
    inside: Sequence[bool],
    titles: Sequence[str],
    labels: dict[int, str],
    y_text: TickText,
) -> ColumnChart:
    """Lay out intervals in order from the left, each with what was observed.

    Parameters
    ----------
    low, middle, high, observed
        Finite values >= 0, one an interval, in order.
    inside
        Whether what was observed lies within.
    titles
        What is said of each interval.
    labels
        Text below an interval, by its position from 0.
    y_text
        How tick values are written.
    """
    axes = Axes.of(len(low), max([*high, *observed], default=0.0), x_text=str, y_text=y_text)
    step = (axes.width - LEFT - RIGHT) / max(len(low), 1)

    def centre(position: int) -> float:
        return round(LEFT + step * (position + 0.5), 1)

    columns = tuple(
        Column(
            x=centre(n),
            low=axes.y(low[n]),
            middle=axes.y(middle[n]),
            high=axes.y(high[n]),
            observed=axes.y(observed[n]),
            inside=bool(inside[n]),
            title=titles[n],
        )
        for n in range(len(low))
    )
    return ColumnChart(axes=axes, columns=columns, labels=tuple((centre(n), text) for n, text in labels.items()))


def _polyline(axes: Axes, corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{axes.x(float(x)):g},{axes.y(float(y)):g}" for x, y in corners)
