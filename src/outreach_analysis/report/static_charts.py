"""Charts of a plotly figure drawn as SVG: axes, marks, labels."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

# --- Static drawings as numbers: paths of areas, places of marks, positions on an axis. Templates draw them.


MAP_WIDTH = 400.0
"""Width of a map's view box; texts of 11 units stay legible when the map is 390 px wide."""
SIMPLIFY_UNITS = 0.45
CHART_WIDTH = 400.0
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A map's view box: longitudes and latitudes to x and y, north up. Plate carree: near the equator a degree is as
    long either way."""

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame) -> Canvas:
        """The box that holds all areas, with a margin."""
        west, south, east, north = (float(edge) for edge in areas.total_bounds)
        margin = 0.02 * max(east - west, north - south)
        scale = MAP_WIDTH / (east - west + 2 * margin)
        height = (north - south + 2 * margin) * scale
        return cls(west=west - margin, north=north + margin, scale=scale, width=MAP_WIDTH, height=round(height, 1))

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """A point in view-box units."""
        return round((lon - self.west) * self.scale, 1), round((self.north - lat) * self.scale, 1)

    def inset(self, lon: float, lat: float, *, half_km: float) -> Canvas:
        """A square canvas of the same width around a point, for a closer look."""
        half = half_km / KM_PER_DEGREE
        return Canvas(
            west=lon - half, north=lat + half, scale=MAP_WIDTH / (2 * half), width=MAP_WIDTH, height=MAP_WIDTH
        )

    def transform_from(self, other: Canvas) -> str:
        """SVG transform that puts drawings made on another canvas onto this one."""
        factor = self.scale / other.scale
        x, y = (other.west - self.west) * self.scale, (self.north - other.north) * self.scale
        return f"translate({x:.2f} {y:.2f}) scale({factor:.4f})"


def area_paths(areas: gpd.GeoDataFrame, canvas: Canvas) -> pd.Series:
    """SVG path of each area, borders simplified together so that no gaps open between neighbours."""
    shapes = areas.geometry.fillna(shapely.Polygon())
    simplified = shapely.coverage_simplify(shapes.to_numpy(), SIMPLIFY_UNITS / canvas.scale)
    return pd.Series([_path(shape, canvas) for shape in simplified], index=areas.index)


def _path(shape: shapely.Geometry, canvas: Canvas) -> str:
    rings = [
        ring
        for polygon in shapely.get_parts(shape)
        for ring in (polygon.exterior, *polygon.interiors)
        if not ring.is_empty
    ]
    return "".join(_ring(shapely.get_coordinates(ring), canvas) for ring in rings)


def _ring(points: np.ndarray, canvas: Canvas) -> str:
    """A closed ring in relative moves of a tenth of a unit: half the size of absolute ones."""
    x = np.round((points[:-1, 0] - canvas.west) * canvas.scale * 10).astype(int)
    y = np.round((canvas.north - points[:-1, 1]) * canvas.scale * 10).astype(int)
    moves = np.column_stack([np.diff(x), np.diff(y)])
    moves = moves[(moves != 0).any(axis=1)]
    if len(moves) < 2:
        return ""
    steps = " ".join(f"{dx / 10:g} {dy / 10:g}" for dx, dy in moves)
    return f"M{x[0] / 10:g} {y[0] / 10:g}l{steps}z"


class Estimate(NamedTuple):
    """A number with its interval and the words beside it; `strong` rows stand out."""

    label: str
    value: str
    estimate: float
    low: float
    high: float
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """One row of a dot-and-whisker chart, in view-box units."""

    label: str
    value: str
    y: float
    low: float
    dot: float
    high: float
    strong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WhiskerChart:
    """A dot-and-whisker chart ready to draw: rows, axis ticks (x, text) and height."""

    rows: tuple[Whisker, ...]
    ticks: tuple[tuple[float, str], ...]
    height: float
    width: float = CHART_WIDTH


def whisker_chart(estimates: Sequence[Estimate], tick_text: dict[float, str]) -> WhiskerChart:
    """Lay out rows of estimates with their intervals on one axis from 0."""
    left, right, step, top = 6.0, CHART_WIDTH - 12.0, 38.0, 26.0
    largest = max(tick_text) or 1.0

    def x(value: float) -> float:
        return round(left + (right - left) * min(value, largest) / largest, 1)

    rows = tuple(
        Whisker(
            label=row.label,
            value=row.value,
            y=top + step * n + 22,
            low=x(row.low),
            dot=x(row.estimate),
            high=x(row.high),
            strong=row.strong,
        )
        for n, row in enumerate(estimates)
    )
    ticks = tuple((x(value), text) for value, text in tick_text.items())
    return WhiskerChart(rows=rows, ticks=ticks, height=top + step * len(rows) + 12)


def nice_ticks(largest: float) -> list[float]:
    """Evenly spaced round values from 0 to at least `largest`, four or five of them; [0, 1] where it is not above 0."""
    if not largest > 0:
        return [0.0, 1.0]
    rough = largest / 4
    power = 10 ** np.floor(np.log10(rough))
    step = next(float(m * power) for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    return [float(f"{n * step:.6g}") for n in range(int(np.ceil(largest / step - 1e-9)) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on a map: where it is drawn, where it truly lies, and what it says."""

    x: float
    y: float
    true_x: float
    true_y: float
    kind: str
    text: str
    title: str

    @property
    def moved(self) -> bool:
        """Whether it is drawn beside its true place, to stay legible."""
        return (self.x, self.y) != (self.true_x, self.true_y)


def place_marks(places: pd.DataFrame, canvas: Canvas, *, spacing: float = 17.0) -> list[Mark]:
    """Places as marks; numbered ones are moved apart until none covers another."""
    marks: list[Mark] = []
    taken: list[tuple[float, float]] = []
    for row in _records(places):
        x, y = canvas.place(row.lon, row.lat)
        if not (0 <= x <= canvas.width and 0 <= y <= canvas.height):
            continue
        at = (x, y)
        if row.text:
            at = _free_spot(x, y, taken, spacing)
            taken.append(at)
        marks.append(Mark(x=at[0], y=at[1], true_x=x, true_y=y, kind=row.kind, text=row.text, title=row.title))
    return marks


def _free_spot(x: float, y: float, taken: list[tuple[float, float]], spacing: float) -> tuple[float, float]:
    """The place itself, or the nearest one on rings around it that keeps its distance from the others."""
    for ring in range(12):
        steps = max(8 * ring, 1)
        for step in range(steps):
            angle = 2 * np.pi * step / steps - np.pi / 2
            spot = (
                round(float(x + ring * spacing * 0.6 * np.cos(angle)), 1),
                round(float(y + ring * spacing * 0.6 * np.sin(angle)), 1),
            )
            if all((spot[0] - a) ** 2 + (spot[1] - b) ** 2 >= spacing**2 for a, b in taken):
                return spot
    return x, y


def _records(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


# --- SVG elements whose texts and attributes are escaped by construction.


FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#e4e6e9"
HALO: dict[str, Any] = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 2.6, "stroke_linejoin": "round"}
_TAG = re.compile(r"<[^<>]*>")


def new_drawing(width: float, height: float, alt: str) -> Element:
    """An `svg` element of this size (view-box units) with its alternative text."""
    return Element(
        "svg",
        {
            "class": "static",
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "role": "img",
            "aria-label": alt,
            "font-family": FONT,
            "font-size": "11",
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
    paint: dict[str, Any] = {"fill": "#ffffff" if outlined else colour, "stroke": colour if outlined else "#ffffff"}
    if symbol.startswith("line-ns"):
        return draw(parent, "line", title=title, x1=x, x2=x, y1=y - half, y2=y + half, stroke=colour, stroke_width=2)
    if symbol.startswith("square"):
        return draw(parent, "rect", title=title, x=x - half, y=y - half, width=size, height=size, **paint)
    if symbol.startswith("diamond"):
        corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
        return draw(parent, "polygon", title=title, points=points_text(corners), **paint)
    return draw(parent, "circle", title=title, cx=x, cy=y, r=half, stroke_width=2 if outlined else 1, **paint)


def points_text(points: Iterable[tuple[float, float]]) -> str:
    """Points as a polygon's attribute."""
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def as_markup(drawing: Element) -> str:
    """The drawing as text, ready to stand in a page."""
    return tostring(drawing, encoding="unicode")


def without_tags(markup: str) -> str:
    """What plotly shows for a text in which a few tags and entities are allowed."""
    return unescape(_TAG.sub("", markup.replace("<br>", ", ")))


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
    """One axis: the values at its two ends, where these lie in the drawing, its ticks and its title."""

    first: float
    last: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...]
    categories: tuple[str, ...]
    named: bool
    title: str

    def at(self, value: float) -> float:
        """Where a value lies."""
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
        return Axis(
            first=self.first,
            last=self.last,
            start=start,
            end=end,
            ticks=self.ticks,
            categories=self.categories,
            named=self.named,
            title=self.title,
        )


def axis_of(
    said: Mapping[str, Any], values: Iterable[Any], ends: Iterable[float], *, from_zero: bool, separators: str
) -> Axis:
    """The axis of a figure between 0 and 1."""
    drawn = [value for value in values if value is not None]
    categories = _categories(drawn)
    axis = Axis(
        first=0.0, last=1.0, start=0.0, end=1.0, ticks=(), categories=categories, named=False, title=_title(said)
    )
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
    named = bool(categories) or said.get("ticktext") is not None
    return Axis(
        first=first,
        last=last,
        start=0.0,
        end=1.0,
        ticks=inside,
        categories=categories,
        named=named,
        title=axis.title,
    )


def as_number(value: Any) -> float:
    """A number, or a day as days since 1970; NaN where it is neither."""
    if isinstance(value, str) or hasattr(value, "year"):
        day = pd.to_datetime(value, errors="coerce")
        return float("nan") if pd.isna(day) else day.value / 86_400e9
    return float("nan") if value is None else float(value)


def number_text(value: float, separators: str, *, percent: bool = False) -> str:
    """A tick's number with the figure's own separators."""
    shown = f"{value * (100 if percent else 1):,.10g}"
    decimal, thousands = separators[0], separators[1:2]
    text = shown.replace(",", "\0").replace(".", decimal).replace("\0", thousands)
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
    """A figure of scatter and bar traces as an `svg` element. Where the vertical axis has texts for ticks, each stands
    above its row, so that long names have room on a phone."""
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
