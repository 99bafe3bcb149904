"""Any plotly figure of this package as a static drawing, made without a browser and read without a script."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from outreach_analysis.presentation.static_chart import draw_chart
from outreach_analysis.presentation.static_element import without_tags
from outreach_analysis.presentation.static_map import draw_map

_MAP_TRACES = {"choropleth", "scattergeo"}
_CHART_TRACES = {"scatter", "bar"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegendEntry:
    """One entry of a legend: what it is called, its colour, and the mark it explains (`area`, `dot`, `line`)."""

    label: str
    colour: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaticFigure:
    """A figure without script.

    Attributes
    ----------
    title, subtitle, alt
        The finding, the statistic with its unit, and what those read who do not see it.
    svg
        The drawing as an `svg` element; every text in it is escaped.
    legend
        What the colours and marks mean; empty where the drawing says so itself.
    """

    title: str
    subtitle: str
    alt: str
    svg: str
    legend: tuple[LegendEntry, ...]


def static_figure(figure: go.Figure | Mapping[str, Any]) -> StaticFigure:
    """Draw a figure of this package as SVG.

    Maps (choropleth, scattergeo) and charts on one pair of axes (scatter, bar) can be drawn; hover texts become
    `title` elements, and the title stands outside the drawing, where a page can break it over lines.

    Parameters
    ----------
    figure
        A plotly figure, or one as notebooks store it: `data` and `layout`.

    Returns
    -------
    StaticFigure

    Raises
    ------
    ValueError
        Where a trace is of a kind that cannot be drawn here.

    Examples
    --------
    >>> figure = go.Figure(go.Bar(x=[2, 1], y=[0, 1], orientation="h"), {"title": {"text": "Two<br><sub>people</sub>"}})
    >>> drawn = static_figure(figure)
    >>> drawn.title, drawn.subtitle, drawn.svg.count("<rect")
    ('Two', 'people', 2)
    """
    spec = figure.to_plotly_json() if isinstance(figure, go.Figure) else figure
    traces = [_unpacked(trace) for trace in spec.get("data", ())]
    layout = spec.get("layout", {})
    kinds = {str(trace.get("type", "scatter")) for trace in traces}
    foreign = kinds - _MAP_TRACES - _CHART_TRACES
    if foreign or (kinds & _MAP_TRACES and kinds & _CHART_TRACES):
        raise ValueError(f"traces of kind {', '.join(sorted(foreign or kinds))} cannot be drawn without a browser")
    title, _, subtitle = str(layout.get("title", {}).get("text") or "").partition("<br>")
    alt = str(layout.get("meta", {}).get("alt") or without_tags(title))
    svg = draw_map(traces, alt, layout.get("geo")) if kinds & _MAP_TRACES else draw_chart(traces, layout, alt)
    legend = tuple(_legend_entry(trace) for trace in traces if layout.get("showlegend") is not False and _named(trace))
    return StaticFigure(title=without_tags(title), subtitle=without_tags(subtitle), alt=alt, svg=svg, legend=legend)


def _named(trace: Mapping[str, Any]) -> bool:
    return bool(trace.get("name")) and trace.get("showlegend") is not False


def _legend_entry(trace: Mapping[str, Any]) -> LegendEntry:
    marker, kind = trace.get("marker", {}), trace.get("type", "scatter")
    area = kind in ("bar", "choropleth") or (marker.get("symbol") == "square" and kind == "scattergeo")
    line = kind in ("scatter", "scattergeo") and "markers" not in str(trace.get("mode", "markers"))
    colour = trace.get("line", {}).get("color") if line else marker.get("color")
    return LegendEntry(
        label=without_tags(str(trace["name"])),
        colour=str(colour) if isinstance(colour, str) else "#52606d",
        mark="area" if area else ("line" if line else "dot"),
    )


def _unpacked(trace: Mapping[str, Any]) -> dict[str, Any]:
    """A trace with its arrays as lists: stored figures hold them as base64 of their bytes."""
    return {name: _plain_value(value) for name, value in trace.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        if "bdata" in value:
            return np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"])).tolist()
        return {name: inner if name == "features" else _plain_value(inner) for name, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value
