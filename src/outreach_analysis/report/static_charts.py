"""Charts of a plotly figure drawn as SVG: axes, marks, labels."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import pandas as pd

# --- Round values, and texts fitted to their room.


TEXT, LINE = 13.5, 17.0
"""Size of all texts and height of a line: charts are drawn at true size, where less than 12 pixels is hard to read."""
_NARROW, _WIDE = frozenset("fijlrt.,:;'|!()[] 1"), frozenset("mwMW%—@")


def nice_ticks(largest: float) -> list[float]:
    """Evenly spaced round values from 0 to at least `largest`, four or five of them; [0, 1] where it is not above 0."""
    if not largest > 0:
        return [0.0, 1.0]
    rough = largest / 4
    power = 10 ** np.floor(np.log10(rough))
    step = next(float(m * power) for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    return [float(f"{n * step:.6g}") for n in range(int(np.ceil(largest / step - 1e-9)) + 1)]


def text_width(text: str) -> float:
    """About how wide a text is, in pixels; no font is at hand to ask."""
    return TEXT * sum(0.38 if c in _NARROW else 0.92 if c in _WIDE else 0.7 if c.isupper() else 0.62 for c in text)


def wrapped(text: str, width: float, *, most: int = 3) -> list[str]:
    """A text in lines no wider than this, broken between words where they allow it, its end marked where it was cut."""
    lines = [""]
    words = text.split()[::-1]
    while words:
        word = words.pop()
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer) <= width:
            lines[-1] = longer
        elif lines[-1]:
            lines.append("")
            words.append(word)
        else:
            fits = next(n for n in range(len(word), 0, -1) if n == 1 or text_width(word[:n]) <= width)
            lines[-1] = word[:fits]
            words += [word[fits:]] if word[fits:] else []
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][:-1].rstrip() + "…"]


# --- SVG elements whose texts and attributes are escaped by construction.


FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#e4e6e9"
HALO: dict[str, Any] = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 2.6, "stroke_linejoin": "round"}
NOBODY, OUTSIDE, HATCHED = "#ffffff", "#eceae5", "#777777"
"""Colours of areas that a drawing fills with a pattern, so that they differ without colour: dots where there is nobody,
lines outside the working area, and lines over what rests on few people."""
_TAG = re.compile(r"<[^<>]*>")


def new_drawing(width: float, height: float, alt: str, *, kind: str) -> Element:
    """An `svg` element of this size (view-box units) with its alternative text."""
    return Element(
        "svg",
        {
            "class": f"static {kind}",
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "role": "img",
            "aria-label": alt,
            "font-family": FONT,
            "font-size": _number(TEXT),
            "fill": INK,
        },
    )


def draw(parent: Element, tag: str, *, text: str = "", title: str = "", **attributes: Any) -> Element:
    """Add an element; `text` is what it says, `title` what it says when pointed at."""
    named = {name.replace("_", "-"): _value(value) for name, value in attributes.items() if value is not None}
    element = SubElement(parent, tag, named)
    if text:
        element.text = text
    if title:
        SubElement(element, "title").text = title
    return element


def write(text_in: Element, x: float, y: float, text: str, **attributes: Any) -> Element:
    """Add a line of text at a point."""
    return draw(text_in, "text", text=text, x=x, y=y, **attributes)


def mark(parent: Element, symbol: str, x: float, y: float, *, size: float, colour: str, title: str = "") -> Element:
    """A mark of plotly's name for it at a point, `size` across: a circle unless the name says otherwise."""
    half, outlined = size / 2, symbol.endswith("-open")
    paint: dict[str, Any] = {
        "class": "mark",
        "fill": "#ffffff" if outlined else colour,
        "stroke": colour if outlined else "#ffffff",
    }
    if symbol.startswith("line-ns"):
        return draw(parent, "line", title=title, x1=x, x2=x, y1=y - half, y2=y + half, stroke=colour, stroke_width=2)
    if symbol.startswith("square"):
        return draw(parent, "rect", title=title, x=x - half, y=y - half, width=size, height=size, **paint)
    if symbol.startswith("diamond"):
        corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
        return draw(parent, "polygon", title=title, points=points_text(corners), **paint)
    if symbol.startswith("star"):
        return draw(parent, "polygon", title=title, points=points_text(star(x, y, half)), stroke_width=1.4, **paint)
    return draw(parent, "circle", title=title, cx=x, cy=y, r=half, stroke_width=2 if outlined else 1, **paint)


def star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Corners of a star of five points."""
    turns = np.pi * (np.arange(10) / 5 - 0.5)
    far = np.where(np.arange(10) % 2 == 0, radius, 0.42 * radius)
    return [(x + float(a), y + float(b)) for a, b in zip(far * np.cos(turns), far * np.sin(turns), strict=True)]


def pattern(parent: Element, colour: str, *, name: str, scale: float = 1.0) -> None:
    """The pattern of a colour of areas, `scale` pixels to a unit of what is filled with it."""
    size = {NOBODY: 7.0, OUTSIDE: 6.0, HATCHED: 5.0}[colour] / scale
    turned = None if colour == NOBODY else f"rotate({45 if colour == OUTSIDE else -45})"
    box: dict[str, Any] = {"width": f"{size:.4g}", "height": f"{size:.4g}"}
    named: dict[str, Any] = {
        "id": name,
        "data_for": colour,
        "patternUnits": "userSpaceOnUse",
        "patternTransform": turned,
    }
    made = draw(parent, "pattern", **named, **box)
    if colour != HATCHED:
        draw(made, "rect", **box, fill=colour)
    if colour == NOBODY:
        draw(made, "circle", cx=f"{size / 2:.4g}", cy=f"{size / 2:.4g}", r=f"{0.8 / scale:.4g}", fill="#8b8f94")
    else:
        line: dict[str, Any] = {
            "stroke": "#c3bfb6" if colour == OUTSIDE else "#1b1f24",
            "stroke_width": f"{1 / scale:.4g}",
        }
        draw(made, "line", x1=0, x2=0, y1=0, y2=f"{size:.4g}", **line)


def points_text(points: Iterable[tuple[float, float]]) -> str:
    """Points as a polygon's attribute."""
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def as_markup(drawing: Element) -> str:
    """The drawing as text, ready to stand in a page."""
    return tostring(drawing, encoding="unicode")


def without_tags(markup: str) -> str:
    """What plotly shows for a text in which a few tags and entities are allowed."""
    return unescape(_TAG.sub("", markup.replace("<br>", ": ", 1).replace("<br>", "; ")))


def shortened(text: str, longest: int) -> str:
    """A text of at most this many characters, its end marked where it was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _value(value: Any) -> str:
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    return f"{round(float(value), 1):g}"


# --- Axes of a static chart: from what a figure says about its axes to positions and tick texts.


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: the values at its two ends, where these lie in the drawing, its ticks and its title, and
    where each of its rows lies if these differ in height."""

    first: float
    last: float
    start: float = 0.0
    end: float = 1.0
    ticks: tuple[tuple[float, str], ...] = ()
    categories: tuple[str, ...] = ()
    named: bool = False
    title: str = ""
    rows: tuple[tuple[float, float], ...] = ()

    def at(self, value: float) -> float:
        """Where a value lies."""
        if self.rows:
            return float(np.interp(value, [at for at, _ in self.rows], [place for _, place in self.rows]))
        span = self.last - self.first or 1.0
        return self.start + (self.end - self.start) * (value - self.first) / span

    def number(self, value: Any) -> float:
        """A value as a number on this axis: categories by their order, days by their date, NaN where it is none."""
        if self.categories and str(value) in self.categories:
            return float(self.categories.index(str(value)))
        return as_number(value)

    def numbers(self, values: Any) -> list[float]:
        """Values as numbers on this axis."""
        return [self.number(value) for value in ([] if values is None else values)]

    def placed(self, start: float, end: float) -> Axis:
        """The same axis between two other positions."""
        return replace(self, start=start, end=end)


def axis_of(
    said: Mapping[str, Any], values: Iterable[Any], ends: Iterable[float], *, from_zero: bool, separators: str
) -> Axis:
    """The axis of a figure between 0 and 1."""
    drawn = [value for value in values if value is not None]
    categories = _categories(drawn)
    axis = Axis(first=0.0, last=1.0, categories=categories, title=_title(said))
    numbers = [n for n in (*axis.numbers(drawn), *ends) if np.isfinite(n)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if from_zero or said.get("rangemode") == "tozero":
        low, high = min(low, 0.0), max(high, 0.0)
    if categories:
        low, high = -0.5, len(categories) - 0.5
    dated = bool(drawn) and not categories and not isinstance(drawn[0], int | float)
    ticks = _month_ticks(low, high) if dated and "tickvals" not in said else _ticks(axis, said, (low, high), separators)
    if not categories and ticks and "range" not in said:
        low, high = min(low, ticks[0][0]), max(high, ticks[-1][0])
    first, last = axis.numbers(said["range"]) if said.get("range") else (low, high)
    if said.get("autorange") == "reversed":
        first, last = last, first
    inside = tuple((at, text) for at, text in ticks if min(first, last) - 1e-9 <= at <= max(first, last) + 1e-9)
    named = bool(categories) or bool(said.get("ticktext") is not None and said.get("automargin"))
    return replace(axis, first=first, last=last, ticks=inside, named=named)


def as_number(value: Any) -> float:
    """A number, or a day as days since 1970; NaN where it is neither."""
    if isinstance(value, str) or hasattr(value, "year"):
        day = pd.to_datetime(value, errors="coerce")
        return float("nan") if pd.isna(day) else day.value / 86_400e9
    return float("nan") if value is None else float(value)


def number_text(value: float, separators: str, *, percent: bool = False) -> str:
    """A tick's number with the figure's own separators and a true minus."""
    shown = f"{value * (100 if percent else 1):,.10g}"
    decimal, thousands = separators[0], separators[1:2]
    text = shown.replace(",", "\0").replace(".", decimal).replace("\0", thousands).replace("-", "−")
    return f"{text}%" if percent else text


def _categories(values: Sequence[Any]) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str)]
    if not texts or all(np.isfinite(as_number(text)) for text in texts):
        return ()
    return tuple(dict.fromkeys(texts))


def _title(said: Mapping[str, Any]) -> str:
    title = said.get("title") or {}
    return str(title.get("text") or "") if isinstance(title, Mapping) else str(title)


def _month_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """First days of months, five at most, written as numbers so that they read the same in every language."""
    first, last = (pd.Timestamp(int(day), unit="D") for day in (low, high))
    months = pd.date_range(first.to_period("M").to_timestamp(), last, freq="MS")
    shown = months[:: max(1, -(-len(months) // 5))]
    return [(as_number(day), f"{day:%m/%Y}") for day in shown if as_number(day) >= low - 31]


def _ticks(axis: Axis, said: Mapping[str, Any], ends: tuple[float, float], separators: str) -> list[tuple[float, str]]:
    """Ticks as the figure names them, else the categories, else round numbers."""
    if said.get("visible") is False or said.get("showticklabels") is False:
        return []
    at, texts = said.get("tickvals"), said.get("ticktext")
    percent = str(said.get("tickformat", "")).endswith("%")
    if at is not None:
        numbers = axis.numbers(at)
        return list(zip(numbers, texts or [number_text(n, separators, percent=percent) for n in numbers], strict=True))
    if axis.categories:
        return [(float(n), text) for n, text in enumerate(axis.categories)]
    low, high = ends
    if low >= 0 and low < high / 2:
        values = nice_ticks(high)
    else:
        step = nice_ticks((high - low) or 1.0)[1]
        values = [n * step for n in range(int(np.floor(low / step)), int(np.ceil(high / step)) + 1)]
    suffix = str(said.get("ticksuffix", ""))
    return [(value, number_text(value, separators, percent=percent) + suffix) for value in values]


# --- A plotly chart on one pair of axes as a static drawing: lines, areas, marks with intervals, bars.


PHONE, DESK = 360.0, 760.0
"""Widths that a chart is drawn for: a phone's, and that of a page on a desk."""
BAR_HEIGHT = 13.0
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


def draw_chart(traces: Sequence[Trace], layout: Mapping[str, Any], alt: str, *, width: float) -> str:
    """A figure of scatter and bar traces as an `svg` element of this width. Where the vertical axis has texts for
    ticks, each names its row: beside it, or above it where there is no room beside."""
    bars = _stacked(traces, str(layout.get("barmode", "group")))
    x, y = (_axis(name, traces, bars, layout) for name in ("x", "y"))
    drawing = new_drawing(width, 0.0, alt, kind="narrow" if width < DESK else "broad")
    if y.named:
        values = [_row_text(trace, at, y) for trace in traces for at, _ in y.ticks]
        plot = _in_rows(drawing, x, y, width, max(map(text_width, values), default=0.0))
    else:
        left = 12.0 + max((text_width(text) for _, text in y.ticks), default=0.0)
        top, height = 34.0 if y.title else 16.0, 220.0 if width < DESK else 280.0
        plot = _Plot(drawing=drawing, x=x.placed(left, width - 18.0), y=y.placed(top + height, top))
    bottom = plot.y.start + (12.0 if y.named else 2.6 * LINE if x.title else 1.6 * LINE)
    drawing.set("viewBox", f"0 0 {_number(width)} {_number(bottom)}")
    _draw_axes(plot)
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


def _row_text(trace: Trace, row: float, y: Axis) -> str:
    """What a trace writes at the end of a row."""
    if "text" not in str(trace.get("mode", "")):
        return ""
    levels = y.numbers(trace.get("y"))
    texts = _each(trace.get("text"), len(levels))
    return next((without_tags(str(text or "")) for at, text in zip(levels, texts, strict=True) if at == row), "")


def _in_rows(drawing: Element, x: Axis, y: Axis, width: float, beside: float) -> _Plot:
    """Two axes of which the vertical one has a row for each of its texts, in the figure's own order, with the names
    written and room for texts of this width at the end of each row."""
    names = {at: without_tags(text) for at, text in y.ticks}
    down = sorted(names, reverse=y.first < y.last)
    above = width < DESK
    column = min(max(map(text_width, names.values()), default=0.0), 0.42 * width)
    left, right = (8.0, width - 14.0) if above else (column + 20.0, width - 14.0 - (beside and beside + 12.0))
    level, rows = 2.0 * LINE, []
    for at in down:
        lines = wrapped(names[at], width - 24.0 - (beside and beside + 12.0) if above else column)
        for n, line in enumerate(lines):
            write(drawing, 8.0, level + LINE * (n + 0.9), line)
        height = LINE * len(lines)
        rows.append((at, level + height + 8.0 if above else level + height / 2 + 3.0))
        level += height + (22.0 if above else 9.0)
    placed = replace(y.placed(level, 2.0 * LINE), rows=tuple(sorted(rows)))
    return _Plot(drawing=drawing, x=x.placed(left, right), y=placed)


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


def _draw_axes(plot: _Plot) -> None:
    drawing, x, y = plot.drawing, plot.x, plot.y
    top, bottom = y.end, y.start
    grid = draw(drawing, "g", stroke=GRID, stroke_width=1)
    drawing.remove(grid)
    drawing.insert(0, grid)  # below the names of rows
    words = draw(drawing, "g", fill=MUTED)
    texts_at = top - 8 if y.named else bottom + LINE
    free = 0.0
    for value, text in x.ticks:
        at, said = x.at(value), without_tags(text)
        draw(grid, "line", x1=at, x2=at, y1=top - 3 if y.named else top, y2=bottom)
        half = text_width(said) / 2
        middle = min(max(at, half + 1), _width(plot) - half - 1)
        if middle - half >= free:
            write(words, middle, texts_at, said, text_anchor="middle")
            free = middle + half + 6
    if not y.named:
        for value, text in y.ticks:
            draw(grid, "line", x1=x.start, x2=x.end, y1=y.at(value), y2=y.at(value))
            write(words, x.start - 6, y.at(value) + 4.5, without_tags(text), text_anchor="end")
        if y.title:
            write(words, 4, 16, without_tags(y.title))
    if x.title and not y.named:
        write(words, x.end, bottom + 2.2 * LINE, without_tags(x.title), text_anchor="end")
    if not x.named and x.first < 0 < x.last:
        draw(grid, "line", x1=x.at(0), x2=x.at(0), y1=top, y2=bottom, stroke="#8b8f94")


def _width(plot: _Plot) -> float:
    return float(plot.drawing.get("viewBox", "").split()[2])


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
    _draw_intervals(plot, trace, points)
    said = _each(trace.get("hovertext") or trace.get("text"), len(points))
    texts = _each(trace.get("text"), len(points))
    marker = trace.get("marker", {})
    colours = _each(marker.get("color", BAR), len(points))
    symbols = _each(marker.get("symbol", "circle"), len(points))
    sizes = _each(marker.get("size", 8), len(points))
    for n, (a, b) in enumerate(points):
        if not (np.isfinite(a) and np.isfinite(b)):
            continue
        at, level = x.at(a), y.at(b)
        if "markers" in mode:
            title = without_tags(str(said[n] or ""))
            mark(drawing, str(symbols[n]), at, level, size=float(sizes[n]), colour=str(colours[n]), title=title)
        if "text" in mode and texts[n] and y.named:
            text, above = without_tags(str(texts[n])), _width(plot) < DESK
            write(drawing, _width(plot) - 14, level + (-9.7 if above else 4.5), text, text_anchor="end", fill=MUTED)
        elif "text" in mode and texts[n]:
            _beside(plot, at, level, without_tags(str(texts[n])), str(trace.get("textposition", "middle center")))


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


def _draw_intervals(plot: _Plot, trace: Trace, points: list[tuple[float, float]]) -> None:
    x, y = plot.x, plot.y
    for name, axis in (("x", x), ("y", y)):
        said = trace.get(f"error_{name}") or {}
        paint = {"stroke": said.get("color", MUTED), "stroke_width": min(float(said.get("thickness", 3)) + 1, 6)}
        for (low, high), (a, b) in zip(_interval(trace, name, axis), points, strict=False):
            if not np.isfinite([low, high, a, b]).all():
                continue
            start, end = axis.at(low), axis.at(high)
            level = y.at(b)
            ends: dict[str, Any] = {"x1": start, "x2": end, "y1": level, "y2": level}
            if name == "y":
                ends = {"x1": x.at(a), "x2": x.at(a), "y1": start, "y2": end}
            draw(plot.drawing, "line", **ends, **paint, stroke_linecap="round")


def _draw_bars(plot: _Plot, trace: Trace, bars: _Bars) -> None:
    along, measured = (plot.x, plot.y) if bars.upright else (plot.y, plot.x)
    step = abs(along.at(1) - along.at(0))
    colours = _each(trace.get("marker", {}).get("color", BAR), len(bars.middle))
    said = _each(trace.get("hovertext") or trace.get("text"), len(bars.middle))
    thick = bars.thickness * step if bars.upright else BAR_HEIGHT
    for n, (middle, low, high) in enumerate(zip(bars.middle, bars.low, bars.high, strict=True)):
        start, end = sorted((measured.at(low), measured.at(high)))
        at = along.at(middle) - thick / 2
        title = without_tags(str(said[n] or ""))
        box: dict[str, Any] = {"x": start, "y": at, "width": end - start, "height": thick}
        if bars.upright:
            box = {"x": at, "y": start, "width": thick, "height": end - start}
        edge = trace.get("marker", {}).get("line", {})
        draw(plot.drawing, "rect", title=title, fill=colours[n], stroke=edge.get("color"), **box)


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
        _beside(plot, at, level, without_tags(str(note.get("text", ""))), "middle right")


def _placed(said: Mapping[str, Any], name: str, end: str, axis: Axis) -> float:
    """Where a shape or note lies: on the axis' own scale, or as a share of the drawing."""
    if str(said.get(f"{name}ref", name)) in ("paper", f"{name} domain"):
        return axis.start + (axis.end - axis.start) * float(said.get(end, 0))
    return axis.at(axis.number(said.get(end)))


def _beside(plot: _Plot, at: float, level: float, text: str, position: str) -> None:
    """A text beside a mark, turned to its other side where it would leave the drawing."""
    vertical, _, across = position.partition(" ")
    above = {"top": -10.0, "bottom": 18.0}.get(vertical, 4.5)
    gap = {"right": 9.0, "left": -9.0}.get(across, 0.0)
    wide, width = text_width(text), _width(plot)
    if across == "right" and at + gap + wide > width:
        across, gap = "left", -9.0
    if across == "center":
        at = min(max(at, wide / 2 + 2), width - wide / 2 - 2)
    anchor = {"right": "start", "left": "end"}.get(across, "middle")
    write(plot.drawing, at + gap, level + above, text, text_anchor=anchor, **HALO)


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
