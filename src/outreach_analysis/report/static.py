"""A plotly figure drawn as SVG: maps and charts, without a script."""

from __future__ import annotations

import base64
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
import plotly.graph_objects as go

from outreach_analysis.report.static_charts import (
    DESK,
    HALO,
    HATCHED,
    MUTED,
    NOBODY,
    OUTSIDE,
    PHONE,
    as_markup,
    draw,
    draw_chart,
    mark,
    new_drawing,
    pattern,
    without_tags,
    write,
)

# --- A plotly map (choropleth areas, marks and lines on top) as a static drawing, north up.


Trace = Mapping[str, Any]
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
    patterns = _Patterns(f"{zlib.crc32(alt.encode()):x}", canvas.scale / 1000)
    for trace in traces:
        layer, hidden = (trace.get("meta") or {}).get("layer"), trace.get("visible") is False
        group = draw(drawing, "g", data_layer=layer, hidden="" if hidden else None)
        if trace.get("type") == "choropleth":
            _draw_areas(group, trace, canvas, outlines, patterns)
        else:
            _draw_places(group, trace, canvas, taken.setdefault(str(layer), [*stars]))
        if not len(group):
            drawing.remove(group)
    patterns.write(drawing)
    return as_markup(drawing)


class _Patterns:
    """The patterns that a map's areas are filled with, and their names on the page."""

    def __init__(self, name: str, scale: float) -> None:
        self._name, self._scale = name, scale
        self._used: dict[str, str] = {}

    def fill(self, colour: str) -> str:
        """What fills an area of a colour."""
        if colour not in (NOBODY, OUTSIDE, HATCHED):
            return colour
        return f"url(#{self._used.setdefault(colour, f'p{len(self._used)}-{self._name}')})"

    def write(self, drawing: Element) -> None:
        """Put the patterns that were used into a drawing."""
        if self._used:
            definitions = draw(drawing, "defs")
            for colour, name in self._used.items():
                pattern(definitions, colour, name=name, scale=self._scale)


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
        for run in _runs(points):
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
    """Outlines of a choropleth by the id of their area."""
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


def _runs(points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Lines: points up to each gap."""
    runs = itertools.groupby(points, key=lambda point: bool(np.isfinite(point).all()))
    return [list(run) for drawn, run in runs if drawn]


def _colour(value: Any, trace: Trace) -> str:
    """The colour of a value on the trace's scale; white where there is no value."""
    scale = trace.get("colorscale") or [[0.0, _OPAQUE], [1.0, _OPAQUE]]
    if value is None or not np.isfinite(value):
        return "#ffffff"
    values = [at for at in trace["z"] if at is not None and np.isfinite(at)]
    low = trace["zmin"] if trace.get("zmin") is not None else min(values)
    high = trace["zmax"] if trace.get("zmax") is not None else max(values)
    share = (value - low) / (high - low) if high > low else 0.0
    stops = [float(at) for at, _ in scale]
    parts = np.array([[int(str(colour)[n : n + 2], 16) for n in (1, 3, 5)] for _, colour in scale], dtype=float)
    mixed = [round(float(np.interp(share, stops, parts[:, n]))) for n in range(3)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _each(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] * n


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
