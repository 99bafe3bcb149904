"""Interactive maps: a prepared layer as a plotly figure that works without a network."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import plotly.graph_objects as go
import shapely

from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.presentation.layers import AreaLayer, coverage_layer, need_layer, reach_layer
from outreach_analysis.presentation.wording.words import Language, Words

EMPTY_TOPOLOGY = "data:application/json," + quote('{"type":"Topology","objects":{},"arcs":[]}') + "#"
"""Stands in for the world outline that plotly's geo would otherwise fetch from the network, even when hidden."""
CONFIG: dict[str, Any] = {"topojsonURL": EMPTY_TOPOLOGY, "displaylogo": False, "responsive": True}
"""Configuration with which every figure must be shown."""
MARKS = {
    "event": {"color": "#333333", "size": 7, "symbol": "circle"},
    "candidate": {"color": "#c2410c", "size": 11, "symbol": "diamond"},
    "fixed": {"color": "#111111", "size": 10, "symbol": "square"},
}
_TOLERANCE_DEGREES = 0.006


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
    return draw_layer(reach_layer(reach, areas, Words(lang)), areas)


def plot_coverage(coverage: CoverageResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of who is within the threshold of a fixed service point, a recent pop-up, or neither.

    Parameters and result as in `plot_reach`.
    """
    return draw_layer(coverage_layer(coverage, areas, Words(lang)), areas)


def plot_need(need: NeedResult, areas: gpd.GeoDataFrame, *, lang: Language = "id") -> go.Figure:
    """Map of the share of demand that is not served.

    Parameters and result as in `plot_reach`.
    """
    return draw_layer(need_layer(need, areas, Words(lang)), areas)


def draw_layer(layer: AreaLayer, areas: gpd.GeoDataFrame, *, places: pd.DataFrame | None = None) -> go.Figure:
    """A layer's areas, with places marked on top.

    Parameters
    ----------
    layer
        What to show.
    areas
        Index `area_id`, with `geometry`.
    places
        Columns `lon`, `lat`, `mark` (`event`, `candidate`, `fixed`), `label` (hover text), `group` (legend).

    Returns
    -------
    plotly Figure
        Alternative text stands in `layout.meta["alt"]`.
    """
    shapes = areas.geometry.dropna()
    features = json.loads(_clockwise(shapes).to_json(drop_id=False))
    figure = go.Figure()
    for number, (label, colour) in enumerate(layer.classes):
        rows = layer.frame[(layer.frame["class_"] == number) & layer.frame.index.isin(shapes.index)]
        if rows.empty:
            continue
        figure.add_trace(
            go.Choropleth(
                geojson=features,
                locations=rows.index.to_list(),
                z=[number] * len(rows),
                colorscale=[[0, colour], [1, colour]],
                showscale=False,
                marker={"line": {"color": "#8a8a8a", "width": 0.5}},
                text=[
                    f"<b>{_plain(name)}</b>, {_plain(kabupaten)}<br>{_plain(value)}"
                    for name, kabupaten, value in zip(rows["name"], rows["kabupaten"], rows["label"], strict=True)
                ],
                hoverinfo="text",
                name=_plain(label),
                showlegend=True,
            )
        )
    if places is not None:
        for group, rows in places.groupby("group", sort=False):
            figure.add_trace(
                go.Scattergeo(
                    lon=rows["lon"].to_list(),
                    lat=rows["lat"].to_list(),
                    mode="markers",
                    marker={**MARKS[rows["mark"].iloc[0]], "line": {"color": "#ffffff", "width": 1}},
                    text=[_plain(label) for label in rows["label"]],
                    hoverinfo="text",
                    name=_plain(str(group)),
                )
            )
    figure.update_geos(visible=False, fitbounds="locations", projection_type="mercator")
    figure.update_layout(
        title={"text": f"{_plain(layer.title)}<br><sub>{_plain(layer.subtitle)}</sub>", "x": 0, "xanchor": "left"},
        margin={"l": 0, "r": 0, "t": 60, "b": 0},
        legend={"orientation": "h", "y": -0.02},
        paper_bgcolor="#ffffff",
        font={"family": "system-ui, sans-serif", "size": 13},
        meta={"alt": layer.alt},
    )
    return figure


def _clockwise(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outer rings clockwise: plotly's geo takes the other way round for everything but the area."""
    simple = shapely.coverage_simplify(shapes.to_numpy(), _TOLERANCE_DEGREES)
    rounded = shapely.transform(shapely.orient_polygons(simple, exterior_cw=True), lambda points: points.round(3))
    return gpd.GeoSeries(rounded, index=shapes.index, crs=shapes.crs)


def _plain(text: str) -> str:
    """Text that plotly shows as it stands: it reads a few tags as formatting."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
