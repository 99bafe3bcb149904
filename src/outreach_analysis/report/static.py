"""A plotly figure drawn as SVG: charts and maps, without a script."""

from __future__ import annotations

import base64
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import pandas as pd
import plotly.graph_objects as go

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
    named: bool = False
    title: str = ""
    rows: tuple[tuple[float, float], ...] = ()

    def at(self, value: float) -> float:
        """Where a value lies."""
        if self.rows:
            return float(np.interp(value, [at for at, _ in self.rows], [place for _, place in self.rows]))
        span = self.last - self.first or 1.0
        return self.start + (self.end - self.start) * (value - self.first) / span

    def placed(self, start: float, end: float) -> Axis:
        """The same axis between two other positions."""
        return replace(self, start=start, end=end)


def axis_of(
    said: Mapping[str, Any], values: Iterable[Any], ends: Iterable[float] = (), *, from_zero: bool, separators: str
) -> Axis:
    """The axis of a figure between 0 and 1."""
    drawn = [value for value in values if value is not None]
    found = [n for n in (*as_numbers(drawn), *ends) if np.isfinite(n)]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if from_zero or said.get("rangemode") == "tozero":
        low, high = min(low, 0.0), max(high, 0.0)
    if said.get("tickvals") is not None:
        ticks = list(zip(as_numbers(said["tickvals"]), said["ticktext"], strict=True))
    elif drawn and not isinstance(drawn[0], int | float):
        ticks = _month_ticks(low, high)
    else:
        ticks = _round_ticks(low, high, separators)
    if ticks and "range" not in said:
        low, high = min(low, ticks[0][0]), max(high, ticks[-1][0])
    first, last = as_numbers(said.get("range") or (low, high))
    inside = tuple((at, text) for at, text in ticks if min(first, last) - 1e-9 <= at <= max(first, last) + 1e-9)
    title = str((said.get("title") or {}).get("text") or "")
    return Axis(first=first, last=last, ticks=inside, named=bool(said.get("automargin")), title=title)


def as_numbers(values: Iterable[Any] | None) -> list[float]:
    """Values as numbers."""
    return [as_number(value) for value in values or ()]


def as_number(value: Any) -> float:
    """A number, or a day as days since 1970; NaN where it is neither."""
    if isinstance(value, str) or hasattr(value, "year"):
        day = pd.to_datetime(value, errors="coerce")
        return float("nan") if pd.isna(day) else day.value / 86_400e9
    return float("nan") if value is None else float(value)


def number_text(value: float, separators: str) -> str:
    """A tick's number with the figure's own separators and a true minus."""
    return f"{value:,.10g}".translate(str.maketrans(",.-", f"{separators[1]}{separators[0]}−"))


def _month_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """First days of months, five at most, written as numbers so that they read the same in every language."""
    first, last = (pd.Timestamp(int(day), unit="D") for day in (low, high))
    months = pd.date_range(first.to_period("M").to_timestamp(), last, freq="MS")
    shown = months[:: max(1, -(-len(months) // 5))]
    return [(as_number(day), f"{day:%m/%Y}") for day in shown if as_number(day) >= low - 31]


def _round_ticks(low: float, high: float, separators: str) -> list[tuple[float, str]]:
    if low >= 0 and low < high / 2:
        values = nice_ticks(high)
    else:
        step = nice_ticks((high - low) or 1.0)[1]
        values = [n * step for n in range(int(np.floor(low / step)), int(np.ceil(high / step)) + 1)]
    return [(value, number_text(value, separators)) for value in values]


# --- A plotly chart on one pair of axes as a static drawing: lines, areas, marks with intervals, bars.


PHONE, DESK = 360.0, 760.0
"""Widths that a chart is drawn for: a phone's, and that of a page on a desk."""
BAR_HEIGHT = 13.0
DASHES = {"dot": "1.5 3", "dash": "6 4"}
BAR = "#35414e"
Trace = Mapping[str, Any]


Bars = dict[int, list[tuple[float, float, float]]]
"""The bars of each bar trace by its number: row, start and end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """A drawing, how wide it is, and its two axes."""

    drawing: Element
    width: float
    x: Axis
    y: Axis


def draw_chart(traces: Sequence[Trace], layout: Mapping[str, Any], alt: str, *, width: float) -> str:
    """A figure of scatter and lying bar traces as an `svg` element of this width. Where the vertical axis names its
    rows, each name stands beside its row, or above it where there is no room beside."""
    bars = _stacked(traces)
    x, y = (_axis(name, traces, bars, layout) for name in ("x", "y"))
    drawing = new_drawing(width, 0.0, alt, kind="narrow" if width < DESK else "broad")
    if y.named:
        values = [_row_text(trace, at) for trace in traces for at, _ in y.ticks]
        plot = _in_rows(drawing, x, y, width, max(map(text_width, values), default=0.0))
    else:
        left = 12.0 + max((text_width(text) for _, text in y.ticks), default=0.0)
        top, height = 34.0 if y.title else 16.0, 220.0 if width < DESK else 280.0
        plot = _Plot(drawing=drawing, width=width, x=x.placed(left, width - 18.0), y=y.placed(top + height, top))
    bottom = plot.y.start + (12.0 if y.named else 2.6 * LINE if x.title else 1.6 * LINE)
    drawing.set("viewBox", f"0 0 {_number(width)} {_number(bottom)}")
    _draw_axes(plot)
    for line in layout.get("shapes") or ():
        ends = {axis + n: getattr(plot, axis).at(as_number(line[axis + n])) for axis in "xy" for n in "01"}
        paint = {"stroke_dasharray": DASHES.get(line["line"]["dash"]), "stroke": line["line"]["color"]}
        draw(drawing, "line", x1=ends["x0"], x2=ends["x1"], y1=ends["y0"], y2=ends["y1"], **paint, stroke_width=1.5)
    for n, trace in enumerate(traces):
        if n in bars:
            _draw_bars(plot, trace, bars[n])
        else:
            _draw_scatter(plot, trace)
    return as_markup(drawing)


def _row_text(trace: Trace, row: float) -> str:
    if "text" not in str(trace.get("mode", "")):
        return ""
    levels = as_numbers(trace.get("y"))
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
    return _Plot(drawing=drawing, width=width, x=x.placed(left, right), y=placed)


def _axis(name: str, traces: Sequence[Trace], bars: Bars, layout: Mapping[str, Any]) -> Axis:
    values = [value for trace in traces for value in trace.get(name) or ()]
    ends = [end for trace in traces for pair in _interval(trace, name) for end in pair]
    if name == "x":
        ends += [end for each in bars.values() for _, low, high in each for end in (low, high)]
    said, separators = layout.get(f"{name}axis", {}), str(layout.get("separators", ".,"))
    return axis_of(said, values, ends, from_zero=name == "x" and bool(bars), separators=separators)


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
        middle = min(max(at, half + 1), plot.width - half - 1)
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
    if x.first < 0 < x.last:
        draw(grid, "line", x1=x.at(0), x2=x.at(0), y1=top, y2=bottom, stroke="#8b8f94")


def _draw_scatter(plot: _Plot, trace: Trace) -> None:
    drawing, x, y = plot.drawing, plot.x, plot.y
    points = list(zip(as_numbers(trace.get("x")), as_numbers(trace.get("y")), strict=True))
    mode, line, marker = str(trace.get("mode", "")), trace.get("line", {}), trace.get("marker", {})
    if trace.get("fill") == "toself":
        corners = points_text((x.at(a), y.at(b)) for a, b in points if np.isfinite(a) and np.isfinite(b))
        draw(drawing, "polygon", points=corners, fill=trace.get("fillcolor", "#d8dce1"))
    if "lines" in mode and line.get("width", 2) > 0:
        for part in unbroken(points):
            drawn = points_text((x.at(a), _level(y.at(b), y)) for a, b in part)
            colour, dash = line.get("color", BAR), DASHES.get(str(line.get("dash", "")))
            paint = {"stroke": colour, "stroke_width": line.get("width", 2), "stroke_dasharray": dash}
            draw(drawing, "polyline", points=drawn, fill="none", stroke_linejoin="round", **paint)
    _draw_intervals(plot, trace, points)
    said = _each(trace.get("hovertext") or trace.get("text"), len(points))
    texts = _each(trace.get("text"), len(points))
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
            text, above = without_tags(str(texts[n])), plot.width < DESK
            write(drawing, plot.width - 14, level + (-9.7 if above else 4.5), text, text_anchor="end", fill=MUTED)
        elif "text" in mode and texts[n]:
            _beside(plot, at, level, without_tags(str(texts[n])), str(trace.get("textposition", "middle center")))


def _draw_intervals(plot: _Plot, trace: Trace, points: list[tuple[float, float]]) -> None:
    x, y = plot.x, plot.y
    for name, axis in (("x", x), ("y", y)):
        said = trace.get(f"error_{name}") or {}
        paint = {"stroke": said.get("color", MUTED), "stroke_width": min(float(said.get("thickness", 3)) + 1, 6)}
        for (low, high), (a, b) in zip(_interval(trace, name), points, strict=False):
            if not np.isfinite([low, high, a, b]).all():
                continue
            start, end = axis.at(low), axis.at(high)
            ends: dict[str, Any] = {"x1": start, "x2": end, "y1": y.at(b), "y2": y.at(b)}
            if name == "y":
                ends = {"x1": x.at(a), "x2": x.at(a), "y1": start, "y2": end}
            draw(plot.drawing, "line", **ends, **paint, stroke_linecap="round")


def _draw_bars(plot: _Plot, trace: Trace, bars: list[tuple[float, float, float]]) -> None:
    marker = trace.get("marker", {})
    colours = _each(marker.get("color", BAR), len(bars))
    said = _each(trace.get("hovertext") or trace.get("text"), len(bars))
    for (row, low, high), colour, text in zip(bars, colours, said, strict=True):
        start, end = sorted((plot.x.at(low), plot.x.at(high)))
        box: dict[str, Any] = {
            "x": start,
            "y": plot.y.at(row) - BAR_HEIGHT / 2,
            "width": end - start,
            "height": BAR_HEIGHT,
        }
        edge = marker.get("line", {}).get("color")
        draw(plot.drawing, "rect", title=without_tags(str(text or "")), fill=colour, stroke=edge, **box)


def _beside(plot: _Plot, at: float, level: float, text: str, position: str) -> None:
    """A text beside a mark, turned to its other side where it would leave the drawing."""
    vertical, _, across = position.partition(" ")
    above = {"top": -10.0, "bottom": 18.0}.get(vertical, 4.5)
    gap = {"right": 9.0, "left": -9.0}.get(across, 0.0)
    wide, width = text_width(text), plot.width
    if across == "right" and at + gap + wide > width:
        across, gap = "left", -9.0
    if across == "center":
        at = min(max(at, wide / 2 + 2), width - wide / 2 - 2)
    anchor = {"right": "start", "left": "end"}.get(across, "middle")
    write(plot.drawing, at + gap, level + above, text, text_anchor=anchor, **HALO)


def _stacked(traces: Sequence[Trace]) -> Bars:
    ends: dict[float, float] = {}
    bars: Bars = {}
    for n, trace in enumerate(traces):
        if trace.get("type") == "bar":
            starts = [ends.get(row, 0.0) for row in trace["y"]]
            stops = [start + float(amount) for start, amount in zip(starts, trace["x"], strict=True)]
            ends |= dict(zip(trace["y"], stops, strict=True))
            bars[n] = list(zip(as_numbers(trace["y"]), starts, stops, strict=True))
    return bars


def _interval(trace: Trace, name: str) -> list[tuple[float, float]]:
    said = trace.get(f"error_{name}") or {}
    if said.get("array") is None:
        return []
    ends = zip(as_numbers(trace.get(name)), said["arrayminus"], said["array"], strict=True)
    return [(at - down, at + up) for at, down, up in ends]


def _each(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] * n


def unbroken(points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Runs of points without a gap."""
    runs = itertools.groupby(points, key=lambda point: bool(np.isfinite(point).all()))
    return [list(run) for drawn, run in runs if drawn]


def _level(at: float, y: Axis) -> float:
    """Kept inside the plot, where the figure's own range cuts a line off."""
    return min(max(at, min(y.start, y.end)), max(y.start, y.end))


# --- A plotly map (choropleth areas, marks and lines on top) as a static drawing, north up.


Ring = Sequence[Sequence[float]]
Outlines = dict[str, str]
"""Outlines that several maps of a page share, and the id of each: the page holds each once (`outlines_markup`)."""
BORDER_WIDTH = 0.5
NUMBERED_ACROSS = 17.0
MAP_TEXT = 12.5

_OPAQUE = "#9aa5b1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A map's view box: longitudes and latitudes to x and y, north up. Plate carree: near the equator a degree is as
    long either way."""

    west: float
    north: float
    scale: float
    height: float

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """A point in view-box units."""
        return round((lon - self.west) * self.scale, 1), round((self.north - lat) * self.scale, 1)

    def shows(self, lon: np.ndarray, lat: np.ndarray) -> bool:
        """Whether a box around these points and the drawing have something in common."""
        x, y = (lon - self.west) * self.scale, (self.north - lat) * self.scale
        return bool(x.max() >= 0 and x.min() <= PHONE and y.max() >= 0 and y.min() <= self.height)


def draw_map(traces: Sequence[Trace], alt: str, geo: Mapping[str, Any], outlines: Outlines | None = None) -> str:
    """A figure of choropleth and scattergeo traces as an `svg` element. As wide as its areas and marks, or as the
    ranges of longitude and latitude that `geo` (of plotly's layout) sets. What a trace's `meta` says stands on its
    group as `data-` attributes, so that a page's script can show one layer or another."""
    canvas = _canvas(traces, geo)
    drawing = new_drawing(PHONE, canvas.height, alt, kind="map")
    stars = [canvas.place(*point) for trace in traces if _symbol(trace) == "star" for point in _points(trace)]
    taken: dict[str, list[tuple[float, float]]] = {}
    patterns = _Patterns(f"{zlib.crc32(alt.encode()):x}")
    for trace in traces:
        layer, hidden = (trace.get("meta") or {}).get("layer"), trace.get("visible") is False
        group = draw(drawing, "g", data_layer=layer, hidden="" if hidden else None)
        if trace.get("type") == "choropleth":
            _draw_areas(group, trace, canvas, outlines, patterns)
        else:
            _draw_places(group, trace, canvas, taken.setdefault(str(layer), [*stars]))
        if not len(group):
            drawing.remove(group)
    if patterns.used:
        definitions = draw(drawing, "defs")
        for colour, name in patterns.used.items():
            pattern(definitions, colour, name=name, scale=canvas.scale / 1000)
    return as_markup(drawing)


class _Patterns:
    """The patterns that a map's areas are filled with, and their names on the page."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.used: dict[str, str] = {}

    def fill(self, colour: str) -> str:
        """What fills an area of a colour."""
        if colour not in SWATCHES:
            return colour
        return f"url(#{self.used.setdefault(colour, f'p{len(self.used)}-{self._name}')})"


def _symbol(trace: Trace) -> str:
    symbol = trace.get("marker", {}).get("symbol")
    return symbol if isinstance(symbol, str) else ""


SWATCHES = {colour: f"key{n}" for n, colour in enumerate((NOBODY, OUTSIDE, HATCHED))}
"""The patterns that legends refer to, by colour."""


def outlines_markup(outlines: Outlines) -> str:
    """The outlines that the maps of a page refer to, and the patterns of its legends."""
    drawing = Element("svg", {"class": "outlines", "width": "0", "height": "0", "aria-hidden": "true"})
    for colour, name in SWATCHES.items():
        pattern(drawing, colour, name=name)
    for path, name in outlines.items():
        draw(drawing, "path", id=name, d=path)
    return as_markup(drawing)


def _canvas(traces: Sequence[Trace], geo: Mapping[str, Any]) -> Canvas:
    ranges = [(geo.get(axis) or {}).get("range") for axis in ("lonaxis", "lataxis")]
    if all(ranges):
        lon, lat = np.array(ranges, dtype=float)
        margin = 0.0
    else:
        corners = [
            point for trace in traces for shape in _shapes(trace).values() for ring in _rings(shape) for point in ring
        ]
        corners += [point for trace in traces for point in _points(trace) if np.isfinite(point).all()]
        lon, lat = np.array([point[:2] for point in corners] or [(0.0, 0.0), (1.0, 1.0)], dtype=float).T
        margin = 0.02 * max(np.ptp(lon), np.ptp(lat), 0.01)
    scale = PHONE / (np.ptp(lon) + 2 * margin)
    return Canvas(
        west=float(lon.min() - margin),
        north=float(lat.max() + margin),
        scale=float(scale),
        height=float((np.ptp(lat) + 2 * margin) * scale),
    )


def _draw_areas(group: Element, trace: Trace, canvas: Canvas, outlines: Outlines | None, patterns: _Patterns) -> None:
    """Areas in thousandths of a degree, put on the canvas as one: all maps of a page can share an outline."""
    shapes = _shapes(trace)
    line = trace.get("marker", {}).get("line", {})
    scale, width = canvas.scale / 1000, f"{1000 * BORDER_WIDTH / canvas.scale:.3g}"
    moved = f"translate({-canvas.west * canvas.scale:.2f} {canvas.north * canvas.scale:.2f}) scale({scale:.5g})"
    paint = {"stroke": line.get("color", "#8b8f94"), "stroke_width": width, "stroke_linejoin": "round"}
    layer = draw(group, "g", transform=moved, **paint)
    few = set((trace.get("meta") or {}).get("few", ()))
    texts = trace.get("text") or trace.get("hovertext") or [""] * len(trace["locations"])
    for area_id, value, text in zip(trace["locations"], trace["z"], texts, strict=True):
        rings = [np.asarray(ring, dtype=float)[:, :2] for ring in _rings(shapes[area_id])] if area_id in shapes else []
        if not any(canvas.shows(*ring.T) for ring in rings):
            continue
        path = "".join(map(_map_path, rings))
        painted: dict[str, Any] = {"class": "area", "fill": patterns.fill(_colour(value, trace))}
        shape: dict[str, Any] = {"tag": "path", "d": path}
        if outlines is not None:
            shape = {"tag": "use", "href": f"#{outlines.setdefault(path, f'o{len(outlines)}')}"}
        draw(layer, **shape, title=without_tags(str(text)), **painted)
        if area_id in few:
            draw(layer, **shape, fill=patterns.fill(HATCHED), pointer_events="none")


def _map_path(ring: np.ndarray) -> str:
    """A closed ring in relative moves: half the size of absolute ones."""
    corners = np.round(ring * (1000, -1000)).astype(int)
    moves = np.diff(corners[:-1], axis=0)
    steps = " ".join(f"{dx} {dy}" for dx, dy in moves[(moves != 0).any(axis=1)])
    return f"M{corners[0, 0]} {corners[0, 1]}l{steps}z" if steps else ""


def _draw_places(group: Element, trace: Trace, canvas: Canvas, taken: list[tuple[float, float]]) -> None:
    mode, points = str(trace.get("mode") or "markers"), _points(trace)
    line, marker = trace.get("line", {}), trace.get("marker", {})
    if "lines" in mode:
        for run in unbroken(points):
            path = "M" + "L".join(f"{x:g} {y:g}" for x, y in itertools.starmap(canvas.place, run))
            paint = {"stroke": line.get("color", MUTED), "stroke_width": line.get("width", 1.5)}
            draw(group, "path", d=path, fill="none", opacity=trace.get("opacity"), **paint)
    said = _each(trace.get("hovertext") or trace.get("text"), len(points))
    texts, sides, inks = (
        _each(value, len(points))
        for value in (trace.get("text"), trace.get("textposition"), trace.get("textfont", {}).get("color"))
    )
    colours, sizes, symbols = (
        _each(marker.get(name, default), len(points))
        for name, default in (("color", _OPAQUE), ("size", 8), ("symbol", "circle"))
    )
    places = [(n, *canvas.place(*point)) for n, point in enumerate(points) if np.isfinite(point).all()]
    for n, x, y in places:
        if not (0 <= x <= PHONE and 0 <= y <= canvas.height):
            continue
        text, at = without_tags(str(texts[n] or "")) if "text" in mode else "", (x, y)
        middle = str(sides[n] or "").endswith("center")
        if "markers" in mode:
            if text and middle:
                at = _free_spot(x, y, taken)
                taken.append(at)
            if at != (x, y):
                draw(group, "line", x1=x, y1=y, x2=at[0], y2=at[1], stroke=colours[n])
            title = without_tags(str(said[n] or ""))
            mark(group, str(symbols[n]), *at, size=float(sizes[n]) * 0.8, colour=str(colours[n]), title=title)
        if text:
            gap, anchor = (0, "middle") if middle else (-7, "end") if str(sides[n]).endswith("left") else (7, None)
            halo = {} if middle and "markers" in mode else HALO
            paint = {"fill": inks[n], "text_anchor": anchor, "font_weight": 600, "font_size": MAP_TEXT, **halo}
            write(group, at[0] + gap, at[1] + 4.4, text, pointer_events="none", **paint)


def _free_spot(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The place itself, or the nearest one on rings around it where a number in a circle covers no other."""
    for ring in range(12):
        steps = max(8 * ring, 1)
        for step in range(steps):
            angle = 2 * np.pi * step / steps - np.pi / 2
            away = ring * NUMBERED_ACROSS * 0.6
            spot = round(float(x + away * np.cos(angle)), 1), round(float(y + away * np.sin(angle)), 1)
            if all((spot[0] - a) ** 2 + (spot[1] - b) ** 2 >= NUMBERED_ACROSS**2 for a, b in taken):
                return spot
    return x, y


def _shapes(trace: Trace) -> dict[str, Mapping[str, Any]]:
    features = (trace.get("geojson") or {}).get("features", ())
    return {str(feature["id"]): feature["geometry"] for feature in features if feature.get("geometry")}


def _rings(shape: Mapping[str, Any]) -> Iterator[Ring]:
    parts: Iterable[Iterable[Ring]] = shape["coordinates"]
    if shape["type"] == "Polygon":
        parts = [shape["coordinates"]]
    return itertools.chain.from_iterable(parts)


def _points(trace: Trace) -> list[tuple[float, float]]:
    if trace.get("type") != "scattergeo":
        return []
    pairs = zip(trace.get("lon") or (), trace.get("lat") or (), strict=True)
    nowhere = float("nan")
    return [(nowhere, nowhere) if lon is None or lat is None else (float(lon), float(lat)) for lon, lat in pairs]


def _colour(value: float, trace: Trace) -> str:
    """The colour of a value on the trace's scale of steps."""
    low, high = (trace.get(end) or 0.0 for end in ("zmin", "zmax"))
    share = (value - low) / (high - low) if high > low else 0.0
    scale = trace.get("colorscale") or [[0.0, _OPAQUE]]
    return str(next(colour for at, colour in reversed(scale) if at <= share))


# --- Any plotly figure of this package as a static drawing, made without a browser and read without a script.


_MAP_TRACES = {"choropleth", "scattergeo"}
_CHART_TRACES = {"scatter", "bar"}
_MARKS = {"star": "star", "circle-open": "ring", "line-ns-open": "tick"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegendEntry:
    """One entry of a legend: what it is called, its colour, and the mark it explains (`area`, `dot`, `ring`, `star`,
    `tick`, `line`)."""

    label: str
    colour: str
    mark: str
    layer: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaticFigure:
    """A figure without script: a chart drawn for a phone and for a desk, of which a page shows one; a map is drawn
    once, since its outlines weigh most and it is never shown much wider. `number` and `height` are those of its
    interactive form on a page that has one."""

    title: str
    subtitle: str
    alt: str
    drawings: tuple[str, ...]
    legend: tuple[LegendEntry, ...]
    height: int = 450
    number: int | None = None


def static_figure(figure: go.Figure | Mapping[str, Any], *, outlines: Outlines | None = None) -> StaticFigure:
    """Draw a figure of this package as SVG. Maps (choropleth, scattergeo) and charts on one pair of axes (scatter, bar)
    can be drawn; hover texts become `title` elements, and the title stands outside the drawing, where a page can break
    it over lines. With `outlines` maps refer to outlines that the page holds once."""
    spec = figure.to_plotly_json() if isinstance(figure, go.Figure) else figure
    traces = [_unpacked(trace) for trace in spec.get("data", ())]
    layout = spec.get("layout", {})
    kinds = {str(trace.get("type", "scatter")) for trace in traces}
    if any(trace.get("orientation") != "h" for trace in traces if trace.get("type") == "bar"):
        kinds.add("upright bar")
    foreign = kinds - _MAP_TRACES - _CHART_TRACES
    if foreign or (kinds & _MAP_TRACES and kinds & _CHART_TRACES):
        raise ValueError(f"traces of kind {', '.join(sorted(foreign or kinds))} cannot be drawn without a browser")
    title, _, subtitle = str(layout.get("title", {}).get("text") or "").partition("<br>")
    alt = str(layout.get("meta", {}).get("alt") or without_tags(title))
    drawings = (
        (draw_map(traces, alt, layout.get("geo") or {}, outlines),)
        if kinds & _MAP_TRACES
        else tuple(draw_chart(traces, layout, alt, width=width) for width in (PHONE, DESK))
    )
    legend = tuple(_legend_entry(trace) for trace in traces if layout.get("showlegend") is not False and _named(trace))
    return StaticFigure(
        title=without_tags(title),
        subtitle=without_tags(subtitle),
        alt=alt,
        drawings=drawings,
        legend=legend,
        height=int(layout.get("height") or 450),
    )


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
        mark="area" if area else "line" if line else _MARKS.get(_symbol(trace), "dot"),
        layer=str((trace.get("meta") or {}).get("layer", "")),
        shown=trace.get("visible") is not False,
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
