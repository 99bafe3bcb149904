"""Interactive maps: a prepared layer as a plotly figure that works without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import plotly.graph_objects as go
import shapely

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.measures.accessibility import AccessibilityResult
from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.presentation.figures import apply_theme, plain
from outreach_analysis.presentation.layers import (
    AreaLayer,
    accessibility_layer,
    coverage_layer,
    need_layer,
    reach_layer,
)
from outreach_analysis.presentation.wording.words import Language, Words

EMPTY_TOPOLOGY = "data:application/json," + quote('{"type":"Topology","objects":{},"arcs":[]}') + "#"
"""Stands in for the world outline that plotly's geo would otherwise fetch from the network, even when hidden."""
CONFIG: dict[str, Any] = {"topojsonURL": EMPTY_TOPOLOGY, "displaylogo": False, "responsive": True}
"""Configuration with which every figure must be shown."""
MARKS = {
    "event": {"color": "#333333", "size": 7, "symbol": "circle"},
    "candidate": {"color": "#c2410c", "size": 11, "symbol": "diamond"},
    "plan": {"color": "#c2410c", "size": 15, "symbol": "circle"},
    "fixed": {"color": "#111111", "size": 10, "symbol": "square"},
}
BORDER = "#8a8a8a"
MAP_HEIGHT = 620
HALO = "0 0 3px #ffffff, 0 0 3px #ffffff, 0 0 4px #ffffff"
_TOLERANCE_DEGREES = 0.006
_CLOSE_DEGREES = 0.15


def plot_reach(reach: ReachResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of applicants per 10,000 residents.

    Parameters
    ----------
    reach
        From `reach_rate` over `areas`.
    areas
        Index `area_id`; `geometry`, `name`, `parent_name`.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        One polygon an area; show it with `CONFIG`.
    """
    return _tall(draw_layer(reach_layer(reach, areas, Words(lang)), areas))


def plot_coverage(coverage: CoverageResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of who is within the threshold of a fixed service point, a recent pop-up, or neither.

    Parameters and result as in `plot_reach`.
    """
    return _tall(draw_layer(coverage_layer(coverage, areas, Words(lang)), areas))


def plot_accessibility(result: AccessibilityResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of the places within reach per 10,000 residents.

    Parameters and result as in `plot_reach`.
    """
    return _tall(draw_layer(accessibility_layer(result, areas, Words(lang)), areas))


def plot_need(need: NeedResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of how far applications fall short of what well-served kecamatan make.

    Parameters and result as in `plot_reach`; without office figures the areas stay blank, and the title says why.
    """
    return _tall(draw_layer(need_layer(need, areas, Words(lang)), areas))


def plot_next_sites(
    ranking: RankingResult, need: NeedResult, areas: gpd.GeoDataFrame, *, top: int = 5, lang: Language = "id"
) -> go.Figure:
    """Map of the first places of a ranking over unmet need.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    need
        From `unmet_need` over `areas`.
    areas
        Index `area_id`; `geometry`, `name`, `parent_name`.
    top
        How many places to mark.
    lang
        `id` or `en`.

    Returns
    -------
    plotly Figure
        As from `plot_need`, with a numbered mark for each place.
    """
    words = Words(lang)
    shown = ranking.by_site.head(top)
    ranks = [str(n) for n in range(1, len(shown) + 1)]
    places = pd.DataFrame(
        {
            "lon": shown["lon"],
            "lat": shown["lat"],
            "mark": "candidate",
            "text": joined_where_close(shown, ranks),
            "label": [f"{rank}. {name}" for rank, name in zip(ranks, shown["name"], strict=True)],
            "group": words.say("candidate place, with its rank"),
        }
    )
    return _tall(draw_layer(need_layer(need, areas, words), areas, places=places))


def draw_layer(layer: AreaLayer, areas: gpd.GeoDataFrame, *, places: pd.DataFrame | None = None) -> go.Figure:
    """A layer's areas, with places marked on top.

    Parameters
    ----------
    layer
        What to show.
    areas
        Index `area_id`, with `geometry`.
    places
        Columns `lon`, `lat`, `mark` (`event`, `candidate`, `fixed`), `label` (hover text), `group` (legend), and
        optionally `text`, shown beside the mark.

    Returns
    -------
    plotly Figure
        Alternative text stands in `layout.meta["alt"]`.
    """
    shapes = areas.geometry.dropna()
    outlines = _clockwise(shapes)
    figure = go.Figure()
    for number, (label, colour) in enumerate(layer.classes):
        rows = layer.frame[(layer.frame["class_"] == number) & layer.frame.index.isin(shapes.index)]
        figure.add_trace(_key(label, colour, group=str(number)))
        if rows.empty:
            continue
        figure.add_trace(
            go.Choropleth(
                geojson=json.loads(outlines[rows.index].to_json()),
                locations=rows.index.to_list(),
                z=[number] * len(rows),
                colorscale=[[0, colour], [1, colour]],
                showscale=False,
                marker={"line": {"color": BORDER, "width": 0.5}},
                text=_area_texts(rows),
                hoverinfo="text",
                name=plain(label),
                legendgroup=str(number),
                showlegend=False,
            )
        )
    if places is not None:
        for group, rows in places.groupby("group", sort=False):
            figure.add_trace(_marks(rows, group=str(group)))
    figure.update_geos(visible=False, fitbounds="locations", projection_type="mercator")
    apply_theme(figure, title=layer.title, subtitle=layer.subtitle, alt=layer.alt)
    return figure.update_layout(
        margin={"l": 0, "r": 0, "t": 60, "b": 0}, legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"}
    )


def draw_layers(
    layers: Mapping[str, AreaLayer], areas: gpd.GeoDataFrame, places: pd.DataFrame, *, shown: str
) -> go.Figure:
    """Several layers of the same areas in one figure, one of them shown at a time, with kinds of places on top.

    Parameters
    ----------
    layers
        What may be shown, by name.
    areas
        Index `area_id`, with `geometry`.
    places
        As in `draw_layer`.
    shown
        Name of the layer that is shown first.

    Returns
    -------
    plotly Figure
        Each trace says in its `meta` what it belongs to: `{"layer": name}` or `{"places": mark}`; a page shows and
        hides them by that. Without a title: it would have to change with the layer.
    """
    shapes = areas.geometry.dropna()
    outlines = json.loads(_clockwise(shapes).to_json())
    figure = go.Figure()
    for name, layer in layers.items():
        rows = layer.frame.loc[shapes.index]
        steps = len(layer.classes)
        belongs: dict[str, Any] = {"meta": {"layer": name}, "visible": name == shown}
        for label, colour in layer.classes:
            figure.add_trace(_key(label, colour, group=label).update(belongs))
        figure.add_trace(
            go.Choropleth(
                geojson=outlines,
                locations=rows.index.to_list(),
                z=(rows["class_"] + 0.5).to_list(),
                zmin=0,
                zmax=steps,
                colorscale=[
                    [edge / steps, colour] for n, (_, colour) in enumerate(layer.classes) for edge in (n, n + 1)
                ],
                showscale=False,
                marker={"line": {"color": BORDER, "width": 0.5}},
                text=_area_texts(rows),
                hoverinfo="text",
                showlegend=False,
                **belongs,
            )
        )
    for (mark, group), rows in places.groupby(["mark", "group"], sort=False):
        figure.add_trace(_marks(rows, group=str(group)).update({"meta": {"places": mark}}))
    figure.update_geos(visible=False, fitbounds="locations", projection_type="mercator")
    first = layers[shown]
    apply_theme(figure, title="", subtitle="", alt=first.alt)
    return figure.update_layout(
        title=None,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant", "itemclick": False, "itemdoubleclick": False},
    )


def _area_texts(rows: pd.DataFrame) -> list[str]:
    return [
        f"<b>{plain(name)}</b>, {plain(kabupaten)}<br>{plain(value)}"
        for name, kabupaten, value in zip(rows["name"], rows["kabupaten"], rows["label"], strict=True)
    ]


def _key(label: str, colour: str, *, group: str) -> go.Scattergeo:
    """A legend entry with a border: a choropleth's own shows none, and white on white is not seen."""
    return go.Scattergeo(
        lon=[None],
        lat=[None],
        mode="markers",
        marker={"symbol": "square", "size": 12, "color": colour, "line": {"color": BORDER, "width": 1}},
        name=plain(label),
        legendgroup=group,
    )


def _marks(rows: pd.DataFrame, *, group: str) -> go.Scattergeo:
    texts = [plain(text) for text in rows["text"]] if "text" in rows else None
    return go.Scattergeo(
        lon=rows["lon"].to_list(),
        lat=rows["lat"].to_list(),
        mode="markers" if texts is None else "markers+text",
        text=texts,
        textposition="middle right",
        textfont={"size": 14, "color": "#000000", "weight": 700, "shadow": HALO},
        marker={**MARKS[rows["mark"].iloc[0]], "line": {"color": "#ffffff", "width": 1}},
        hovertext=[plain(label) for label in rows["label"]],
        hoverinfo="text",
        name=plain(group),
    )


def joined_where_close(places: pd.DataFrame, texts: list[str]) -> list[str]:
    """Texts of marks that would cover each other, joined at the first of them: '1, 2' and ''."""
    heads: list[tuple[float, float]] = []
    joined: list[list[str]] = []
    at: list[int] = []
    for lon, lat, text in zip(places["lon"], places["lat"], texts, strict=True):
        near = [n for n, (x, y) in enumerate(heads) if abs(x - lon) < _CLOSE_DEGREES and abs(y - lat) < _CLOSE_DEGREES]
        if near:
            joined[near[0]].append(text)
            at.append(-1)
        else:
            at.append(len(heads))
            heads.append((lon, lat))
            joined.append([text])
    return [", ".join(joined[n]) if n >= 0 else "" for n in at]


def _tall(figure: go.Figure) -> go.Figure:
    """High enough to tell neighbouring kecamatan apart where the page sets no height."""
    return figure.update_layout(height=MAP_HEIGHT)


def _clockwise(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outer rings clockwise: plotly's geo takes the other way round for everything but the area."""
    simple = shapely.coverage_simplify(shapes.to_numpy(), _TOLERANCE_DEGREES)
    rounded = shapely.transform(shapely.orient_polygons(simple, exterior_cw=True), lambda points: points.round(3))
    return gpd.GeoSeries(rounded, index=shapes.index, crs=shapes.crs)
