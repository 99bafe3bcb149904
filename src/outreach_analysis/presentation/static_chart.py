"""A plotly chart on one pair of axes as a static drawing: lines, areas, marks with intervals, bars."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from outreach_analysis.presentation.static_axes import Axis, axis_of
from outreach_analysis.presentation.static_element import (
    GRID,
    HALO,
    MUTED,
    as_markup,
    draw,
    mark,
    new_drawing,
    points_text,
    shortened,
    without_tags,
    write,
)
from outreach_analysis.presentation.svg import CHART_WIDTH

ROW = 38.0
PLOT_HEIGHT = 230.0
LONGEST_LABEL = 58
DASHES = {"dot": "1.5 3", "dash": "6 4", "dashdot": "6 3 1.5 3", "longdash": "10 5"}
BAR = "#35414e"
MARKED_BELOW = 20
"""A line of fewer points than this gets marks as well, unless its mode says otherwise: plotly's own rule."""

Trace = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bars:
    """Bars of one trace: their position along the axis of categories and their two ends."""

    middle: list[float]
    low: list[float]
    high: list[float]
    thickness: float
    upright: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """A drawing and its two axes."""

    drawing: Element
    x: Axis
    y: Axis


def draw_chart(traces: Sequence[Trace], layout: Mapping[str, Any], alt: str) -> str:
    """A figure of scatter and bar traces as an `svg` element.

    Where the vertical axis has texts for ticks, each stands above its row, so that long names have room on a phone.
    """
    bars = _stacked(traces, str(layout.get("barmode", "group")))
    x, y = (_axis(name, traces, bars, layout) for name in ("x", "y"))
    in_rows = y.named
    height = ROW * max(len(y.ticks), 1) if in_rows else PLOT_HEIGHT
    left = 8.0 if in_rows else 12.0 + 6.2 * max((len(text) for _, text in y.ticks), default=0)
    top = 34.0 if in_rows else (30.0 if y.title else 16.0)
    bottom = top + height
    x, y = x.placed(left, CHART_WIDTH - 14.0), y.placed(bottom, top)
    if in_rows:
        y = _rows(y, top)
    drawing = new_drawing(CHART_WIDTH, bottom + (10.0 if in_rows else 40.0), alt)
    plot = _Plot(drawing=drawing, x=x, y=y)
    _draw_axes(plot, in_rows=in_rows)
    _draw_shapes(plot, layout.get("shapes") or ())
    for n, trace in enumerate(traces):
        if trace.get("visible") in (False, "legendonly"):
            continue
        if n in bars:
            _draw_bars(plot, trace, bars[n])
        else:
            _draw_scatter(plot, trace, before=traces[n - 1] if n else None)
    _draw_notes(plot, layout.get("annotations") or ())
    return as_markup(drawing)


def _axis(name: str, traces: Sequence[Trace], bars: dict[int, _Bars], layout: Mapping[str, Any]) -> Axis:
    values = [value for trace in traces for value in _values(trace, name)]
    ends = [end for trace in traces for pair in _interval(trace, name) for end in pair]
    measured = [bar for bar in bars.values() if bar.upright == (name == "y")]
    ends += [end for bar in measured for end in (*bar.low, *bar.high)]
    return axis_of(
        layout.get(f"{name}axis", {}),
        values,
        ends,
        from_zero=bool(measured),
        separators=str(layout.get("separators", ".,")),
    )


def _rows(y: Axis, top: float) -> Axis:
    """The vertical axis with one row of equal height for each of its texts, in the figure's own order."""
    first_on_top = y.first > y.last
    low, high = (len(y.ticks) - 0.5, -0.5) if first_on_top else (-0.5, len(y.ticks) - 0.5)
    placed = y.placed(top + ROW * len(y.ticks), top)
    order = [at for at, _ in y.ticks]
    spread = max(order) - min(order) == len(order) - 1 if order else False
    if not spread:
        return placed
    shift = min(order)
    return Axis(
        first=low + shift,
        last=high + shift,
        start=placed.start,
        end=placed.end,
        ticks=y.ticks,
        categories=y.categories,
        named=True,
        title=y.title,
    )


def _draw_axes(plot: _Plot, *, in_rows: bool) -> None:
    drawing, x, y = plot.drawing, plot.x, plot.y
    top, bottom = y.end, y.start
    grid = draw(drawing, "g", stroke=GRID, stroke_width=1)
    words = draw(drawing, "g", fill=MUTED, font_size=10)
    texts_at = top - 10 if in_rows else bottom + 15
    for n, (value, text) in enumerate(x.ticks):
        at = x.at(value)
        draw(grid, "line", x1=at, x2=at, y1=top - 4 if in_rows else top, y2=bottom)
        anchor = "start" if n == 0 and in_rows else ("end" if n == len(x.ticks) - 1 else "middle")
        write(words, at, texts_at, without_tags(text), text_anchor=anchor)
    if in_rows:
        names = draw(drawing, "g")
        for value, text in y.ticks:
            write(names, x.start, y.at(value) - 6, shortened(without_tags(text), LONGEST_LABEL))
    else:
        for value, text in y.ticks:
            draw(grid, "line", x1=x.start, x2=x.end, y1=y.at(value), y2=y.at(value))
            write(words, x.start - 5, y.at(value) + 3.5, without_tags(text), text_anchor="end")
        if y.title:
            write(words, 4, 14, without_tags(y.title))
    if x.title and not in_rows:
        write(words, x.end, bottom + 31, without_tags(x.title), text_anchor="end")
    if not x.named and x.first < 0 < x.last:
        draw(grid, "line", x1=x.at(0), x2=x.at(0), y1=top, y2=bottom, stroke="#8b8f94")


def _draw_scatter(plot: _Plot, trace: Trace, *, before: Trace | None) -> None:
    drawing, x, y = plot.drawing, plot.x, plot.y
    points = list(zip(x.numbers(trace.get("x")), y.numbers(trace.get("y")), strict=True))
    mode = str(trace.get("mode") or ("lines+markers" if len(points) < MARKED_BELOW else "lines"))
    _draw_area(plot, trace, points, before)
    line = trace.get("line", {})
    if "lines" in mode and line.get("width", 2) > 0:
        for part in _unbroken(_stepped(points, str(line.get("shape", "linear")))):
            drawn = points_text((x.at(a), _level(y.at(b), y)) for a, b in part)
            colour, dash = line.get("color", BAR), DASHES.get(str(line.get("dash", "")))
            paint = {"stroke": colour, "stroke_width": line.get("width", 2), "stroke_dasharray": dash}
            draw(drawing, "polyline", points=drawn, fill="none", stroke_linejoin="round", **paint)
    shift = 6.0 if y.named else 0.0
    _draw_intervals(plot, trace, points, shift)
    said = _each(trace.get("hovertext") or trace.get("text"), len(points))
    texts = _each(trace.get("text"), len(points))
    marker = trace.get("marker", {})
    colours = _each(marker.get("color", BAR), len(points))
    symbols = _each(marker.get("symbol", "circle"), len(points))
    sizes = _each(marker.get("size", 8), len(points))
    for n, (a, b) in enumerate(points):
        if not (np.isfinite(a) and np.isfinite(b)):
            continue
        at, level = x.at(a), y.at(b) + shift
        if "markers" in mode:
            title = without_tags(str(said[n] or ""))
            mark(drawing, str(symbols[n]), at, level, size=float(sizes[n]) * 0.85, colour=str(colours[n]), title=title)
        if "text" in mode and texts[n] and y.named:
            write(drawing, x.end, y.at(b) - 6, without_tags(str(texts[n])), text_anchor="end", fill=MUTED)
        elif "text" in mode and texts[n]:
            _beside(drawing, at, level, without_tags(str(texts[n])), str(trace.get("textposition", "middle center")))


def _draw_area(plot: _Plot, trace: Trace, points: list[tuple[float, float]], before: Trace | None) -> None:
    x, y = plot.x, plot.y
    fill = trace.get("fill")
    if not fill or fill == "none":
        return
    edge = list(points)
    if fill == "tozeroy" and points:
        edge += [(points[-1][0], 0.0), (points[0][0], 0.0)]
    elif fill == "tonexty" and before is not None:
        edge += list(zip(x.numbers(before.get("x")), y.numbers(before.get("y")), strict=True))[::-1]
    corners = points_text((x.at(a), y.at(b)) for a, b in edge if np.isfinite(a) and np.isfinite(b))
    draw(plot.drawing, "polygon", points=corners, fill=trace.get("fillcolor", "#d8dce1"))


def _draw_intervals(plot: _Plot, trace: Trace, points: list[tuple[float, float]], shift: float) -> None:
    x, y = plot.x, plot.y
    for name, axis in (("x", x), ("y", y)):
        said = trace.get(f"error_{name}") or {}
        paint = {"stroke": said.get("color", MUTED), "stroke_width": min(float(said.get("thickness", 3)) + 1, 6)}
        for (low, high), (a, b) in zip(_interval(trace, name, axis), points, strict=False):
            if not np.isfinite([low, high, a, b]).all():
                continue
            start, end = axis.at(low), axis.at(high)
            level = y.at(b) + shift
            ends: dict[str, Any] = {"x1": start, "x2": end, "y1": level, "y2": level}
            if name == "y":
                ends = {"x1": x.at(a), "x2": x.at(a), "y1": start, "y2": end}
            draw(plot.drawing, "line", **ends, **paint, stroke_linecap="round")


def _draw_bars(plot: _Plot, trace: Trace, bars: _Bars) -> None:
    along, measured = (plot.x, plot.y) if bars.upright else (plot.y, plot.x)
    step = abs(along.at(1) - along.at(0))
    colours = _each(trace.get("marker", {}).get("color", BAR), len(bars.middle))
    said = _each(trace.get("hovertext") or trace.get("text"), len(bars.middle))
    thick = bars.thickness * step * (1.0 if bars.upright else 0.45)
    for n, (middle, low, high) in enumerate(zip(bars.middle, bars.low, bars.high, strict=True)):
        start, end = sorted((measured.at(low), measured.at(high)))
        at = along.at(middle) - thick / 2 + (0.0 if bars.upright else 7.0)
        title = without_tags(str(said[n] or ""))
        box: dict[str, Any] = {"x": start, "y": at, "width": end - start, "height": thick}
        if bars.upright:
            box = {"x": at, "y": start, "width": thick, "height": end - start}
        draw(plot.drawing, "rect", title=title, fill=colours[n], **box)


def _draw_shapes(plot: _Plot, shapes: Sequence[Mapping[str, Any]]) -> None:
    drawing, x, y = plot.drawing, plot.x, plot.y
    for shape in shapes:
        x0, x1 = (_placed(shape, "x", end, x) for end in ("x0", "x1"))
        y0, y1 = (_placed(shape, "y", end, y) for end in ("y0", "y1"))
        line = shape.get("line", {})
        if shape.get("type") == "line":
            paint = {"stroke": line.get("color", MUTED), "stroke_width": line.get("width", 1.5)}
            dash = DASHES.get(str(line.get("dash", "")))
            draw(drawing, "line", x1=x0, x2=x1, y1=y0, y2=y1, stroke_dasharray=dash, **paint)
        elif shape.get("type") == "rect":
            box: dict[str, Any] = {"x": min(x0, x1), "y": min(y0, y1), "width": abs(x1 - x0), "height": abs(y1 - y0)}
            draw(drawing, "rect", fill=shape.get("fillcolor", GRID), fill_opacity=shape.get("opacity", 1), **box)


def _draw_notes(plot: _Plot, notes: Sequence[Mapping[str, Any]]) -> None:
    for note in notes:
        at, level = _placed(note, "x", "x", plot.x), _placed(note, "y", "y", plot.y)
        _beside(plot.drawing, at, level, without_tags(str(note.get("text", ""))), "middle right")


def _placed(said: Mapping[str, Any], name: str, end: str, axis: Axis) -> float:
    """Where a shape or note lies: on the axis' own scale, or as a share of the drawing."""
    if str(said.get(f"{name}ref", name)) in ("paper", f"{name} domain"):
        return axis.start + (axis.end - axis.start) * float(said.get(end, 0))
    return axis.at(axis.number(said.get(end)))


def _beside(drawing: Element, at: float, level: float, text: str, position: str) -> None:
    """A text beside a mark, turned to its other side where it would leave the drawing."""
    vertical, _, across = position.partition(" ")
    above = {"top": -9.0, "bottom": 15.0}.get(vertical, 3.8)
    gap = {"right": 8.0, "left": -8.0}.get(across, 0.0)
    wide = 5.8 * len(text)
    if across == "right" and at + gap + wide > CHART_WIDTH:
        across, gap = "left", -8.0
    if across == "center":
        at = min(max(at, wide / 2 + 2), CHART_WIDTH - wide / 2 - 2)
    anchor = {"right": "start", "left": "end"}.get(across, "middle")
    write(drawing, at + gap, level + above, text, text_anchor=anchor, **HALO)


def _stacked(traces: Sequence[Trace], mode: str) -> dict[int, _Bars]:
    """The bars of each bar trace by its number: side by side, or one on the other."""
    found = [n for n, trace in enumerate(traces) if trace.get("type") == "bar"]
    heights: dict[Any, float] = {}
    bars: dict[int, _Bars] = {}
    side_by_side = mode == "group"
    for order, n in enumerate(found):
        trace = traces[n]
        upright = trace.get("orientation", "v") != "h"
        keys, amounts = list(trace["x" if upright else "y"]), [float(v) for v in trace["y" if upright else "x"]]
        thickness = 0.8 / (len(found) if side_by_side else 1)
        low = [0.0 if side_by_side else heights.get(key, 0.0) for key in keys]
        high = [start + amount for start, amount in zip(low, amounts, strict=True)]
        heights |= dict(zip(keys, high, strict=True))
        axis = axis_of({}, keys, (), from_zero=False, separators=".,")
        shift = (order - (len(found) - 1) / 2) * thickness if side_by_side else 0.0
        middle = [at + shift for at in axis.numbers(keys)]
        bars[n] = _Bars(middle=middle, low=low, high=high, thickness=thickness, upright=upright)
    return bars


def _interval(trace: Trace, name: str, axis: Axis | None = None) -> list[tuple[float, float]]:
    said = trace.get(f"error_{name}") or {}
    if said.get("array") is None:
        return []
    whole = axis or axis_of({}, _values(trace, name), (), from_zero=False, separators=".,")
    up = [float(value) for value in said["array"]]
    down = [float(value) for value in said.get("arrayminus") or said["array"]]
    middle = whole.numbers(trace.get(name))
    return [(at - low, at + high) for at, low, high in zip(middle, down, up, strict=True)]


def _values(trace: Trace, name: str) -> list[Any]:
    return [value for value in (trace.get(name) or ()) if value is not None]


def _each(value: Any, n: int) -> list[Any]:
    """One value for each of n marks."""
    return list(value) if isinstance(value, list | tuple) else [value] * n


def _unbroken(points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Runs of points without a gap."""
    runs = itertools.groupby(points, key=lambda point: bool(np.isfinite(point).all()))
    return [list(run) for drawn, run in runs if drawn]


def _stepped(points: list[tuple[float, float]], shape: str) -> list[tuple[float, float]]:
    if shape != "hv" or not points:
        return points
    corners = [[(b[0], a[1]), b] for a, b in itertools.pairwise(points)]
    return [points[0], *itertools.chain.from_iterable(corners)]


def _level(at: float, y: Axis) -> float:
    """Kept inside the plot, where the figure's own range cuts a line off."""
    return min(max(at, min(y.start, y.end)), max(y.start, y.end))
