"""A plotly figure drawn as SVG: maps and charts, without a script."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
import plotly.graph_objects as go

from outreach_analysis.report.static_charts import (
    HALO,
    MAP_WIDTH,
    MUTED,
    Canvas,
    as_markup,
    draw,
    draw_chart,
    mark,
    new_drawing,
    without_tags,
    write,
)

# --- A plotly map (choropleth areas, marks and lines on top) as a static drawing, north up.


Trace = Mapping[str, Any]
Ring = Sequence[Sequence[float]]

_OPAQUE = "#9aa5b1"


def draw_map(traces: Sequence[Trace], alt: str, geo: Mapping[str, Any] | None = None) -> str:
    """A figure of choropleth and scattergeo traces as an `svg` element. As wide as its areas and marks, or as the
    ranges of longitude and latitude that `geo` (of plotly's layout) sets."""
    canvas = _canvas(traces, geo or {})
    drawing = new_drawing(MAP_WIDTH, canvas.height, alt)
    for trace in traces:
        if trace.get("type") == "choropleth":
            _draw_areas(drawing, trace, canvas)
        else:
            _draw_places(drawing, trace, canvas)
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
    scale = MAP_WIDTH / (np.ptp(lon) + 2 * margin)
    return Canvas(
        west=float(lon.min() - margin),
        north=float(lat.max() + margin),
        scale=float(scale),
        width=MAP_WIDTH,
        height=float((np.ptp(lat) + 2 * margin) * scale),
    )


def _draw_areas(drawing: Element, trace: Trace, canvas: Canvas) -> None:
    shapes = _shapes(trace)
    line = trace.get("marker", {}).get("line", {})
    layer = draw(drawing, "g", stroke=line.get("color", "#8b8f94"), stroke_width=0.5, stroke_linejoin="round")
    texts = trace.get("text") or trace.get("hovertext") or [""] * len(trace["locations"])
    for area_id, value, text in zip(trace["locations"], trace["z"], texts, strict=True):
        if area_id in shapes:
            path = "".join(_map_path(ring, canvas) for ring in _rings(shapes[area_id]))
            colour = _colour(value, trace)
            draw(layer, "path", title=without_tags(str(text)), **{"class": "area"}, d=path, fill=colour)


def _draw_places(drawing: Element, trace: Trace, canvas: Canvas) -> None:
    mode, points = str(trace.get("mode") or "markers"), _points(trace)
    line, marker = trace.get("line", {}), trace.get("marker", {})
    if "lines" in mode:
        for run in _runs(points):
            ends = [canvas.place(lon, lat) for lon, lat in run]
            path = "M" + "L".join(f"{x:g} {y:g}" for x, y in ends)
            width, opacity = line.get("width", 1.5), trace.get("opacity")
            draw(
                drawing,
                "path",
                d=path,
                fill="none",
                stroke=line.get("color", MUTED),
                stroke_width=width,
                opacity=opacity,
            )
    said = _each(trace.get("hovertext") or trace.get("text"), len(points))
    texts, sides = (_each(trace.get(name), len(points)) for name in ("text", "textposition"))
    colours, sizes, symbols = (
        _each(marker.get(name, default), len(points))
        for name, default in (("color", _OPAQUE), ("size", 8), ("symbol", "circle"))
    )
    for n, (lon, lat) in enumerate(points):
        if not np.isfinite([lon, lat]).all():
            continue
        x, y = canvas.place(lon, lat)
        if "markers" in mode:
            title = without_tags(str(said[n] or ""))
            mark(drawing, str(symbols[n]), x, y, size=float(sizes[n]) * 0.8, colour=str(colours[n]), title=title)
        if "text" in mode and texts[n]:
            left = str(sides[n] or "").endswith("left")
            end = {"text_anchor": "end"} if left else {}
            write(drawing, x - 7 if left else x + 7, y + 4, without_tags(str(texts[n])), font_weight=700, **end, **HALO)


def _shapes(trace: Trace) -> dict[str, Mapping[str, Any]]:
    """Outlines of a choropleth by the id of their area."""
    features = (trace.get("geojson") or {}).get("features", ())
    return {str(feature["id"]): feature["geometry"] for feature in features if feature.get("geometry")}


def _rings(shape: Mapping[str, Any]) -> Iterator[Ring]:
    parts: Iterable[Iterable[Ring]] = shape["coordinates"]
    if shape["type"] == "Polygon":
        parts = [shape["coordinates"]]
    return itertools.chain.from_iterable(parts)


def _map_path(ring: Ring, canvas: Canvas) -> str:
    corners = (canvas.place(float(point[0]), float(point[1])) for point in ring[:-1])
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners) + "z"


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegendEntry:
    """One entry of a legend: what it is called, its colour, and the mark it explains (`area`, `dot`, `line`)."""

    label: str
    colour: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaticFigure:
    """A figure without script."""

    title: str
    subtitle: str
    alt: str
    svg: str
    legend: tuple[LegendEntry, ...]


def static_figure(figure: go.Figure | Mapping[str, Any]) -> StaticFigure:
    """Draw a figure of this package as SVG. Maps (choropleth, scattergeo) and charts on one pair of axes (scatter, bar)
    can be drawn; hover texts become `title` elements, and the title stands outside the drawing, where a page can break
    it over lines."""
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
