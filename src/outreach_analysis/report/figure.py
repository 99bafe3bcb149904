"""Figures: their looks, layers of maps, and maps."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import shapely

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.measures.coverage import AccessibilityResult, CoverageResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.report.static import HATCHED, NOBODY, OUTSIDE, PHONE, nice_ticks, text_width
from outreach_analysis.report.words import Words, marked

# --- What all interactive figures share: looks, alternative text, ticks in a language, texts shown as they stand.


ACCENT = "#c2410c"
QUIET = "#52606d"
GRID = "#e5e5e5"
THICK = {"color": "#9aa5b1", "thickness": 4, "width": 0}
"""Looks of whiskers that are read before the point on them."""
ROW_HEIGHT = 34
TOP_AND_BOTTOM = 150


def plain(text: object) -> str:
    """Text that plotly shows as it stands: it reads a few tags as formatting."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def apply_theme(figure: go.Figure, *, title: str, subtitle: str, alt: str | None = None) -> go.Figure:
    """Give a figure its title (the finding), subtitle (the statistic), font, white ground and alternative text.
    Positions on axes are rounded to a thousandth of the largest: a figure holds its numbers as text, and what nobody
    can see in the picture would tell a reader of the file more than the picture does."""
    _round_positions(figure)
    figure.update_layout(
        title={"text": f"{plain(title)}<br><sub>{plain(subtitle)}</sub>", "x": 0, "xanchor": "left"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"family": "system-ui, sans-serif", "size": 13},
        margin={"l": 10, "r": 20, "t": 70, "b": 40},
        meta={"alt": alt or f"{title}. {subtitle}."},
        # for those who show a figure without `CONFIG`: the one button that would send it to somebody
        modebar={"remove": ["sendChartToCloud"]},
    )
    return figure


def _round_positions(figure: go.Figure) -> None:
    for axis in ("x", "y"):
        traces = [trace for trace in figure.data if axis in trace and _are_numbers(trace[axis])]
        largest = max((float(np.nanmax(np.abs(np.asarray(trace[axis], dtype=float)))) for trace in traces), default=0.0)
        if not 0 < largest < math.inf:
            continue
        digits = math.ceil(3 - math.log10(largest))
        for trace in traces:
            trace[axis] = _rounded(trace[axis], digits)
            if f"error_{axis}" not in trace:
                continue
            spread = trace[f"error_{axis}"]
            for end in ("array", "arrayminus"):
                if _are_numbers(spread[end]):
                    spread[end] = _rounded(spread[end], digits)


def _are_numbers(values: Any) -> bool:
    known = np.asarray(() if values is None else values)
    return known.size > 0 and known.dtype.kind in "iuf" and not np.isnan(known.astype(float)).all()


def _rounded(values: Any, digits: int) -> list[float]:
    return [float(value) for value in np.round(np.asarray(values, dtype=float), digits)]


def amounts_from_zero(figure: go.Figure, largest: float, words: Words) -> go.Figure:
    """An x axis of amounts from 0, its ticks written by the language's rules rather than by the browser's."""
    ticks = nice_ticks(largest)
    figure.update_xaxes(
        range=[0, ticks[-1] * 1.02],
        tickvals=ticks,
        ticktext=[words.number(tick, digits=0 if tick == round(tick) else 1) for tick in ticks],
        gridcolor=GRID,
        zeroline=True,
        zerolinecolor="#999999",
    )
    return figure


def set_category_axis(figure: go.Figure, labels: list[str]) -> go.Figure:
    """A y axis with every label shown, one a row, and a figure as high as its rows need."""
    figure.update_yaxes(automargin=True, tickvals=list(range(len(labels))), ticktext=[plain(text) for text in labels])
    figure.update_yaxes(range=[len(labels) - 0.5, -0.75], showgrid=False, zeroline=False)
    return figure.update_layout(height=TOP_AND_BOTTOM + ROW_HEIGHT * max(len(labels), 1))


# --- What a map shows, prepared once: a class for each area, places to mark, the words beside them.


SEQUENTIAL = ("#e3f3c9", "#b5e0b8", "#74c6bd", "#3ba7c2", "#1d7cb0", "#0c4a86")
"""Light to dark, told apart with any colour vision and in grey (after ColorBrewer's YlGnBu)."""
GROUND = "#fbf8f1"
"""Areas that only hold what is drawn on them."""
FEW = 25
"""Below so many people behind it a rate is hatched: another handful would change its class."""
NEED = ("#fff7e6", "#fdd49e", "#fc8d59", "#d7301f", "#7f0000")
"""Another scale than for reach: dark means more that is missing (after ColorBrewer's OrRd)."""
FEWEST = 0.5
"""Additional people per 10,000 residents below which an area counts as not reached by a plan."""
COVERED_BY = {"fixed": "#0c4a86", "popup": "#41b6c4", "none": "#fdf6dc"}
SERVED = {"fixed": ("#35414e", "circle"), "popup": ("#8fb7d3", "circle"), "none": ("#c2410c", "circle-open")}
"""How a circle of residents looks by the service they have near: dark, light, hollow."""
WIDEST_CIRCLE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaLayer:
    """What a map says of each area, before it is drawn: its class, in `few` whether its rate rests on few people, and
    in `circles` (people, colour, symbol, group, by area) what is drawn as circles upon it."""

    title: str
    subtitle: str
    frame: pd.DataFrame
    classes: tuple[tuple[str, str], ...]
    few: frozenset[str] = frozenset()
    few_label: str = ""
    circles: pd.DataFrame | None = None

    @property
    def alt(self) -> str:
        """What the map says, in one sentence for those who do not see it."""
        counts = self.frame["class_"].value_counts()
        parts = [f"{label}: {counts.get(n, 0)}" for n, (label, _) in enumerate(self.classes) if counts.get(n, 0)]
        if self.circles is not None:
            parts = [f"{group}: {len(rows)}" for group, rows in self.circles.groupby("group", sort=False)]
        return f"{self.title}. {self.subtitle}. {'; '.join(parts)}."


def reach_layer(reach: ReachResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Applicants per 10,000 residents of each area in the jurisdiction, in classes with equal numbers of areas."""
    rates = reach.by_area["rate"]
    inside = reach.by_area["in_jurisdiction"].astype(bool)
    class_, classes = _in_steps(rates, inside, words.say("no applicants yet"), words)
    nobody = int((inside & ~(rates > 0)).sum())
    if nobody == inside.sum():
        title = words.say("No pop-up applicants yet")
    elif nobody:
        title = words.say("No pop-up applicants yet in {count} of {all} kecamatan", count=nobody, all=int(inside.sum()))
    else:
        title = words.say("Every kecamatan has pop-up applicants")
    subtitle = words.say("Applicants at pop-ups per 10,000 residents, by kecamatan")
    layer = _layer(
        title=title,
        subtitle=marked(subtitle, reach.poorly_placed, words),
        areas=areas,
        inside=inside,
        class_=class_,
        labels=[words.say("{rate} per 10,000 residents", rate=words.number(rate, digits=1)) for rate in rates],
        classes=classes,
        words=words,
    )
    few = reach.by_area["applicants"].lt(FEW) & (rates > 0) & inside
    few_label = words.say("fewer than {n} applicants: an uncertain rate", n=words.number(FEW))
    return replace(layer, few=frozenset(few.index[few]), few_label=few_label)


def coverage_layer(coverage: CoverageResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Whether each area is within the threshold of a fixed service point, of a recent pop-up, or of neither."""
    threshold = words.measure(coverage.threshold, coverage.unit)
    names = {
        "fixed": words.say("fixed service point"),
        "popup": words.say("only a pop-up of the last months"),
        "none": words.say("farther than {threshold} from any", threshold=threshold),
    }
    order = list(COVERED_BY)
    by_area = coverage.by_area
    labels = [
        words.say("{distance} to the nearest service point", distance=words.measure(distance, coverage.unit))
        if np.isfinite(distance)
        else words.say("no way leads to a service point")
        for distance in by_area["distance"]
    ]
    return _layer(
        title=words.say(
            "{share} of residents live within {threshold} of service",
            share=words.percent(coverage.share),
            threshold=threshold,
        ),
        subtitle=words.say("Kind of service point within {threshold}, by kecamatan", threshold=threshold),
        areas=areas,
        inside=by_area["in_jurisdiction"].astype(bool),
        class_=by_area["covered_by"].map({name: n for n, name in enumerate(order)}).to_numpy(),
        labels=labels,
        classes=tuple((names[name], COVERED_BY[name]) for name in order),
        words=words,
    )


def residents_layer(coverage: CoverageResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Residents as circles, by the kind of service that is near: of a coverage, over quiet areas."""
    ground, summary = coverage_layer(coverage, areas, words), coverage.summary()["estimate"]
    inside = coverage.by_area["in_jurisdiction"].astype(bool)
    known = coverage.by_area[inside & coverage.by_area.index.isin(ground.frame.index)]
    names = {
        "fixed": words.say("permanent service near"),
        "popup": words.say("only visited"),
        "none": words.say("no service near"),
    }
    served = {"fixed": words.percent(summary["fixed"]), "threshold": words.measure(coverage.threshold, coverage.unit)}
    title = (
        words.say(
            "{fixed} of residents have permanent service within {threshold}; another {popup} had only visits",
            popup=words.percent(summary["popup"]),
            **served,
        )
        if summary["popup"]
        else words.say("{fixed} of residents have permanent service within {threshold}", **served)
    )
    known = known.sort_values("covered_by", key=lambda by: by.map(list(names).index), kind="stable")
    circles = pd.DataFrame(
        {
            "people": areas["population"].astype(float).reindex(known.index),
            "colour": [SERVED[by][0] for by in known["covered_by"]],
            "symbol": [SERVED[by][1] for by in known["covered_by"]],
            "group": known["covered_by"].map(names),
            "label": ground.frame["label"].reindex(known.index),
        }
    )
    return _on_ground(ground, title, words.say("Circles: residents of a kecamatan"), circles, words)


def need_circles(need: NeedResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Unmet need as circles over quiet areas; only with office figures."""
    ground = need_layer(need, areas, words)
    known = need.by_area[need.by_area["in_jurisdiction"].astype(bool) & (need.by_area["need"] > 0)]
    known = known[known.index.isin(ground.frame.index)]
    named = {"colour": NEED[3], "symbol": "circle", "group": words.say("unmet need")}
    circles = pd.DataFrame({"people": known["need"], **named, "label": ground.frame.loc[known.index, "label"]})
    subtitle = words.say("Circles: applications a year that are missing, against well-served kecamatan")
    return _on_ground(ground, ground.title, marked(subtitle, need.poorly_placed, words), circles, words)


def _on_ground(layer: AreaLayer, title: str, subtitle: str, circles: pd.DataFrame, words: Words) -> AreaLayer:
    """Circles over the areas of a layer, which keep only inside and outside."""
    outside = layer.frame["class_"] == len(layer.classes) - 1
    frame = layer.frame.assign(class_=outside.astype(int))
    classes = ((words.say("working area"), GROUND), layer.classes[-1])
    return AreaLayer(title=title, subtitle=subtitle, frame=frame, classes=classes, circles=circles)


def accessibility_layer(result: AccessibilityResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Places within reach per 10,000 residents of each area, in classes with equal numbers of areas."""
    places = result.by_area["per_10_000"]
    inside = result.by_area["in_jurisdiction"].astype(bool)
    class_, classes = _in_steps(places, inside, words.say("no place within reach"), words)
    without = words.percent(result.summary()["estimate"]["without"])
    return _layer(
        title=words.say("{share} of residents have no place within reach", share=without),
        subtitle=words.say(
            "Places over the window per 10,000 residents, within {threshold}, by kecamatan",
            threshold=words.measure(result.threshold, result.unit),
        ),
        areas=areas,
        inside=inside,
        class_=class_,
        labels=[words.say("{rate} places per 10,000 residents", rate=words.number(value)) for value in places],
        classes=classes,
        words=words,
    )


def need_layer(need: NeedResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """How far each area falls short of what it would apply for if it were well served, in five equal steps. Without
    office figures nothing can be said: one class for all areas."""
    by_area = need.by_area
    inside = by_area["in_jurisdiction"].astype(bool)
    if not need.has_office_figures:
        unknown = words.say("not known")
        return _layer(
            title=words.say("Without office figures nothing can be said about need"),
            subtitle=words.say("Kecamatan of the working area"),
            areas=areas,
            inside=inside,
            class_=np.zeros(len(by_area), dtype=int),
            labels=[unknown] * len(by_area),
            classes=((unknown, NOBODY),),
            words=words,
        )
    shares = (by_area["need"] / by_area["demand"].where(by_area["demand"] > 0)).fillna(0.0)
    bounds = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    ranges = [f"{words.percent(low)}–{words.percent(high)}" for low, high in itertools.pairwise(bounds)]
    summary = need.summary()["estimate"]
    unserved = words.percent(summary["need"] / summary["served"] if summary["served"] > 0 else 0.0)
    subtitle = words.say("Unmet need as a share of the applications that well-served kecamatan make, by kecamatan")
    return _layer(
        title=words.say("Served like well-served kecamatan, applications would be {share} more", share=unserved),
        subtitle=marked(subtitle, need.poorly_placed, words),
        areas=areas,
        inside=inside,
        class_=np.searchsorted(bounds[1:-1], shares, side="right"),
        labels=[
            words.say("{share} fewer applications than if well served", share=words.percent(share)) for share in shares
        ],
        classes=tuple(zip(ranges, NEED, strict=True)),
        words=words,
    )


def plan_layer(
    reached: pd.Series, areas: pd.DataFrame, words: Words, *, title: str, among: pd.DataFrame | None = None
) -> AreaLayer:
    """Additional people of a plan per 10,000 residents of each area."""
    residents = areas["population"].astype(float)
    per_10_000 = 10_000 / residents.where(residents > 0)
    rates = (reached.reindex(areas.index) * per_10_000).fillna(0.0)
    inside = areas["in_jurisdiction"].astype(bool)
    every = (pd.DataFrame([reached]) if among is None else among).reindex(columns=areas.index) * per_10_000
    values = pd.Series(every.loc[:, inside].to_numpy().ravel())
    edges = [FEWEST, *(edge for edge in _nice_edges(values[values >= FEWEST]) if edge > FEWEST)]
    colours = (NOBODY, *_spread(SEQUENTIAL, len(edges)))
    told = (words.number(rate, digits=1) for rate in rates)
    return _layer(
        title=title,
        subtitle=words.say("Additional people per 10,000 residents, by kecamatan"),
        areas=areas,
        inside=inside,
        class_=np.searchsorted(edges, rates, side="right"),
        labels=[words.say("{rate} additional people per 10,000 residents", rate=rate) for rate in told],
        classes=tuple(zip(_step_labels(edges, words, digits=1), colours, strict=True)),
        words=words,
    )


def _layer(
    *,
    title: str,
    subtitle: str,
    areas: pd.DataFrame,
    inside: pd.Series,
    class_: np.ndarray,
    labels: list[str],
    classes: tuple[tuple[str, str], ...],
    words: Words,
) -> AreaLayer:
    kabupaten = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    known = pd.DataFrame({"class_": np.where(inside, class_, len(classes)), "label": labels}, index=inside.index)
    # a map may show fewer areas than were measured
    frame = pd.DataFrame({"name": areas["name"], "kabupaten": kabupaten}).join(known, how="inner")
    outside = (words.say("outside the working area"), OUTSIDE)
    return AreaLayer(title=title, subtitle=subtitle, frame=frame, classes=(*classes, outside))


def _in_steps(
    rates: pd.Series, inside: pd.Series, nothing: str, words: Words
) -> tuple[np.ndarray, tuple[tuple[str, str], ...]]:
    """The class of each rate, and the classes: nothing, then steps with equal numbers of areas inside."""
    known, edges = rates.fillna(0), _nice_edges(rates[inside & (rates > 0)])
    class_ = np.where(known > 0, 1 + np.searchsorted(edges, known, side="right"), 0)
    labels = [nothing, *_step_labels(edges, words, digits=0 if all(edge == int(edge) for edge in edges) else 1)]
    return class_, tuple(zip(labels, (NOBODY, *_spread(SEQUENTIAL, len(edges) + 1)), strict=True))


def _nice_edges(rates: pd.Series) -> list[float]:
    """Lower edges of all classes but the first that split the rates evenly, at most four, in round numbers."""
    if rates.empty:
        return []
    quantiles = rates.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
    step = 0.5 if quantiles[-1] < 10 else 1.0
    return [float(edge) for edge in np.unique(np.round(quantiles / step) * step) if edge > 0]


def _step_labels(edges: list[float], words: Words, *, digits: int) -> list[str]:
    """Classes told by the edge at which each begins alone: no number stands in two."""
    if not edges:
        return [words.say("above 0")]
    told = [words.number(edge, digits=digits) for edge in edges]
    middle = [words.say("from {edge}", edge=edge) for edge in told[:-1]]
    return [words.say("below {edge}", edge=told[0]), *middle, words.say("{edge} and more", edge=told[-1])]


def _spread(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    """n colours spread over a scale, ends included."""
    places = np.linspace(0, len(colours) - 1, n) if n > 1 else [len(colours) - 2]
    return tuple(colours[round(float(place))] for place in places)


# --- Interactive maps: a prepared layer as a plotly figure that works without a network.


EMPTY_TOPOLOGY = "data:application/json," + quote('{"type":"Topology","objects":{},"arcs":[]}') + "#"
"""Stands in for the world outline that plotly's geo would otherwise fetch from the network, even when hidden."""
CONFIG: dict[str, Any] = {
    "topojsonURL": EMPTY_TOPOLOGY,
    "plotlyServerURL": "",
    "displayModeBar": False,
    "showSendToCloud": False,
    "displaylogo": False,
    "responsive": True,
}
"""Configuration with which every figure must be shown: no network, no tool bar, whose 'Share chart' uploads to a
server of plotly's maker."""
MARKS = {
    "event": {"color": "#333333", "size": 7, "symbol": "circle"},
    "candidate": {"color": "#c2410c", "size": 11, "symbol": "diamond"},
    "best": {"color": "#c2410c", "size": 26, "symbol": "star"},
    "planned": {"color": "#c2410c", "size": 20, "symbol": "circle"},
    "ranked": {"color": "#1b1f24", "size": 20, "symbol": "circle-open"},
    "fixed": {"color": "#111111", "size": 10, "symbol": "square"},
}
NUMBERED = {"planned": "#ffffff", "ranked": "#1b1f24"}
"""Marks that hold their text, and its colour."""
KM_PER_DEGREE = 111.2
NAME_ACROSS, NAME_DOWN = 0.25, 0.045
"""Room that the name of an area takes on a close-up, as a share of its sides."""
BORDER = "#8a8a8a"
MAP_HEIGHT = 620
HALO = "0 0 3px #ffffff, 0 0 3px #ffffff, 0 0 4px #ffffff"
_TOLERANCE_DEGREES = 0.006
_CLOSE_DEGREES = 0.15


def plot_layer(layer: AreaLayer, areas: gpd.GeoDataFrame, *, places: pd.DataFrame | None = None) -> go.Figure:
    """A layer high enough to tell neighbouring kecamatan apart where the page sets no height."""
    return draw_layer(layer, areas, places=places).update_layout(height=MAP_HEIGHT)


def plot_next_sites(
    ranking: RankingResult, need: NeedResult, areas: gpd.GeoDataFrame, words: Words, *, top: int = 5
) -> go.Figure:
    """Map of the first places of a ranking over unmet need."""
    shown = ranking.by_site.head(top)
    ranks = [str(n) for n in range(1, len(shown) + 1)]
    places = shown[["lon", "lat"]].assign(
        mark="candidate",
        text=joined_where_close(shown, ranks),
        label=[f"{rank}. {name}" for rank, name in zip(ranks, shown["name"], strict=True)],
        group=words.say("candidate place, with its rank"),
    )
    return plot_layer(need_layer(need, areas, words), areas, places=places)


def draw_layer(
    layer: AreaLayer, areas: gpd.GeoDataFrame, *, places: pd.DataFrame | None = None, named: bool = True
) -> go.Figure:
    """A layer's areas, the names of kabupaten unless others stand there, and places marked on top."""
    shapes = areas.geometry.dropna()
    outlines = _clockwise(shapes)
    figure = go.Figure()
    for number, (label, colour) in enumerate(layer.classes):
        rows = layer.frame[(layer.frame["class_"] == number) & layer.frame.index.isin(shapes.index)]
        figure.add_trace(_key(label, colour, group=str(number)))
        if len(rows):
            drawn = _areas(rows, outlines[rows.index], z=[number] * len(rows), colorscale=[[0, colour], [1, colour]])
            figure.add_trace(drawn.update(name=plain(label), legendgroup=str(number)))
    if named:
        figure.add_trace(_kabupaten_names(areas.loc[shapes.index]))
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
    """Several layers of the same areas in one figure, one of them shown at a time, with kinds of places on top: those
    whose `layers` are empty on each, others on the layers named there."""
    shapes = areas.geometry.dropna()
    outlines = _clockwise(shapes)
    figure = go.Figure()
    for name, layer in layers.items():
        rows, few = layer.frame.loc[shapes.index], sorted(layer.few.intersection(shapes.index))
        steps = len(layer.classes)
        scale = [[edge / steps, colour] for n, (_, colour) in enumerate(layer.classes) for edge in (n, n + 1)]
        keys = [(label, colour, label) for label, colour in layer.classes if colour != GROUND]
        keys += [(layer.few_label, HATCHED, "few")] if few else []
        made = [_key(label, colour, group=group) for label, colour, group in keys]
        made.append(_areas(rows, outlines, z=(rows["class_"] + 0.5).to_list(), zmin=0, zmax=steps, colorscale=scale))
        if layer.circles is not None:
            made += _circles(layer, areas)
        for trace in made:
            trace.update(meta={"layer": name}, visible=name == shown)
        if few:
            made[len(keys)].meta = {"layer": name, "few": few}
        figure.add_traces(made)
    figure.add_trace(_kabupaten_names(areas.loc[shapes.index]))
    told: set[str] = set()
    for (_, group, of), rows in places.groupby(["mark", "group", "layers"], sort=False):
        marks = _marks(rows, group=str(group)).update(showlegend=group not in told)
        if of:
            marks.update({"meta": {"layer": of}, "visible": shown in str(of).split()})
        told.add(str(group))
        figure.add_trace(marks)
    figure.update_geos(visible=False, fitbounds="locations", projection_type="mercator")
    apply_theme(figure, title="", subtitle="", alt=layers[shown].alt)
    return figure.update_layout(
        title=None,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant", "itemclick": False, "itemdoubleclick": False},
    )


def _circles(layer: AreaLayer, areas: gpd.GeoDataFrame) -> list[go.Scattergeo]:
    """Circles whose areas are to each other as people are, a trace for each group, the largest below."""
    circles = layer.circles if layer.circles is not None else pd.DataFrame()
    circles = circles[circles.index.isin(areas.index[areas.geometry.notna()])]
    middle = areas.geometry.loc[circles.index].representative_point()
    at = pd.DataFrame({"lon": middle.x, "lat": middle.y})
    if {"lon", "lat"} <= set(areas):
        at = areas[["lon", "lat"]].loc[circles.index].astype(float).fillna(at)
    size = WIDEST_CIRCLE * np.sqrt(circles["people"] / max(float(circles["people"].max() or 0), 1.0))
    drawn = circles.assign(**at, size=size.clip(lower=3.0).round(1), text=_area_texts(layer.frame.loc[circles.index]))
    return [
        go.Scattergeo(
            lon=rows["lon"].to_list(),
            lat=rows["lat"].to_list(),
            mode="markers",
            marker={
                "size": rows["size"].to_list(),
                "color": rows["colour"].iloc[0],
                "symbol": rows["symbol"].iloc[0],
                "line": {"color": "#ffffff", "width": 1},
            },
            hovertext=rows["text"].to_list(),
            hoverinfo="text",
            name=plain(group),
        )
        for group, rows in drawn.sort_values("size", ascending=False, kind="stable").groupby("group", sort=False)
    ]


def _areas(rows: pd.DataFrame, outlines: gpd.GeoSeries, **looks: Any) -> go.Choropleth:
    """Areas in their colours, each saying what is known of it."""
    return go.Choropleth(
        geojson=json.loads(outlines.to_json()),
        locations=rows.index.to_list(),
        showscale=False,
        marker={"line": {"color": BORDER, "width": 0.5}},
        text=_area_texts(rows),
        hoverinfo="text",
        showlegend=False,
        **looks,
    )


def _area_texts(rows: pd.DataFrame) -> list[str]:
    return [f"<b>{plain(row.name)}</b>, {plain(row.kabupaten)}<br>{plain(row.label)}" for row in rows.itertuples()]


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
    mark = rows["mark"].iloc[0]
    inside = mark in NUMBERED
    return go.Scattergeo(
        lon=rows["lon"].to_list(),
        lat=rows["lat"].to_list(),
        mode="markers" if texts is None else "markers+text",
        text=texts,
        textposition="middle center" if inside else "middle right",
        textfont={"size": 12, "color": NUMBERED[mark], "weight": 700}
        if inside
        else {"size": 14, "color": "#000000", "weight": 700, "shadow": HALO},
        marker={**MARKS[mark], "line": {"color": "#ffffff", "width": 1}},
        hovertext=[plain(label) for label in rows["label"]],
        hoverinfo="text",
        name=plain(group),
    )


def close_up(
    figure: go.Figure, areas: gpd.GeoDataFrame, *, around: tuple[float, float], half_km: float, alt: str
) -> go.Figure:
    """The same map around a longitude and latitude, with the names of the areas there."""
    half = half_km / KM_PER_DEGREE
    (west, east), (south, north) = ((at - half, at + half) for at in around)
    names = _names(area_names(areas, (west, south, east, north), clear_of=around))
    closer = go.Figure(
        [names if trace.type == "scattergeo" and trace.mode == "text" else trace for trace in figure.data],
        figure.layout,
    )
    closer.update_geos(fitbounds=False, lonaxis_range=[west, east], lataxis_range=[south, north])
    return closer.update_layout(meta={"alt": alt})


def area_names(
    areas: gpd.GeoDataFrame, box: tuple[float, float, float, float], *, clear_of: tuple[float, float] | None = None
) -> list[tuple[float, float, str]]:
    """Names of the areas in a box (west, south, east, north) and where they stand, the most populous first, as far as
    they keep clear of each other, of the edge and of a point that is marked."""
    west, south, east, north = box
    across, down = NAME_ACROSS * (east - west), NAME_DOWN * (north - south)
    names: list[tuple[float, float, str]] = []
    drawn = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    for name, shape in drawn.sort_values("population", ascending=False)[["name", "geometry"]].itertuples(index=False):
        middle = shape.representative_point()
        inside = west + across / 2 < middle.x < east - across / 2 and south + down / 2 < middle.y < north - down / 2
        taken = [*names, *([(*clear_of, "")] if clear_of else [])]
        if inside and all(abs(middle.x - x) > across or abs(middle.y - y) > down for x, y, _ in taken):
            names.append((middle.x, middle.y, str(name)))
    return names


def _kabupaten_names(areas: gpd.GeoDataFrame) -> go.Scattergeo:
    """Names of kabupaten at the middle of their area and of cities beside theirs, those with most residents first, as
    far as they keep clear of each other."""
    parents = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    west, south, east, north = areas.total_bounds if len(areas) else (0.0, 0.0, 1.0, 1.0)
    pixel = max(east - west, north - south, 0.1) / PHONE
    residents = areas["population"].astype(float).groupby(parents).sum().sort_values(ascending=False)
    names: list[tuple[float, float, str]] = []
    sides: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    for parent in residents.index:
        city, group = str(parent).startswith("Kota "), areas[parents == parent]
        name = str(parent).removeprefix("Kabupaten ").removeprefix("Kota ")
        middle, wide = group.geometry.union_all().representative_point(), text_width(name) * pixel
        for side, low in (("right", 7 * pixel), ("left", -wide - 7 * pixel)) if city else (("center", -wide / 2),):
            box = (middle.x + low, middle.x + low + wide, middle.y - 8 * pixel, middle.y + 8 * pixel)
            if all(box[1] < o[0] or o[1] < box[0] or box[3] < o[2] or o[3] < box[2] for o in taken):
                taken.append(box)
                sides.append(f"middle {side}")
                names.append((middle.x, middle.y, name))
                break
    return _names(names).update(textposition=sides)


def _names(names: list[tuple[float, float, str]]) -> go.Scattergeo:
    return go.Scattergeo(
        lon=[lon for lon, _, _ in names],
        lat=[lat for _, lat, _ in names],
        mode="text",
        text=[plain(name) for _, _, name in names],
        textposition="middle center",
        textfont={"size": 12, "color": "#333333", "shadow": HALO},
        hoverinfo="skip",
        showlegend=False,
    )


def joined_where_close(places: pd.DataFrame, texts: list[str]) -> list[str]:
    """Texts of marks that would cover each other, joined at the first of them: '1, 2' and ''."""
    heads: list[tuple[float, float]] = []
    joined: list[list[str]] = []
    for lon, lat, text in zip(places["lon"], places["lat"], texts, strict=True):
        near = [n for n, (x, y) in enumerate(heads) if abs(x - lon) < _CLOSE_DEGREES and abs(y - lat) < _CLOSE_DEGREES]
        if near:
            joined[near[0]].append(text)
        # a mark that another stands for is far from everything
        heads.append((math.inf, math.inf) if near else (lon, lat))
        joined.append([] if near else [text])
    return [", ".join(together) for together in joined]


def _clockwise(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outer rings clockwise: plotly's geo takes the other way round for everything but the area."""
    simple = shapely.coverage_simplify(shapes.to_numpy(), _TOLERANCE_DEGREES)
    rounded = shapely.transform(shapely.orient_polygons(simple, exterior_cw=True), lambda points: points.round(3))
    return gpd.GeoSeries(rounded, index=shapes.index, crs=shapes.crs)


# --- Parts that several charts share.


def whiskers(middle: pd.Series, low: pd.Series, high: pd.Series, **looks: Any) -> dict[str, Any]:
    """Intervals around points, as error bars."""
    up, down = (high - middle).to_list(), (middle - low).to_list()
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, **looks}


def band(at: Any, low: pd.Series, high: pd.Series, *, opacity: float) -> go.Scatter:
    """The area between two curves."""
    return go.Scatter(
        x=[*at, *at[::-1]],
        y=[*high, *low[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=f"rgba(154,165,177,{opacity:.2f})",
        line={"width": 0},
        hoverinfo="skip",
    )


def dots(
    estimate: pd.Series, low: pd.Series, high: pd.Series, *, colours: list[str], hover: list[str], beside: list[str]
) -> go.Figure:
    """Estimates as dots with their intervals as whiskers, one a row from the top down."""
    return go.Figure(
        go.Scatter(
            x=estimate.to_list(),
            y=list(range(len(estimate))),
            mode="markers+text",
            text=beside,
            textposition="top center",
            cliponaxis=False,
            marker={"color": colours, "size": 11},
            error_x=whiskers(estimate, low, high, color=QUIET),
            hoverinfo="text",
            hovertext=hover,
        )
    )


def bars(amounts: list[float], hover: list[str], **looks: Any) -> go.Bar:
    """A bar a row, from the top down."""
    rows = list(range(len(amounts)))
    return go.Bar(x=amounts, y=rows, orientation="h", hoverinfo="text", hovertext=hover, **looks)


def at_bars(amounts: list[float], texts: list[str]) -> go.Scatter:
    """What stands beside the ends of bars."""
    return go.Scatter(
        x=amounts,
        y=list(range(len(amounts))),
        mode="text",
        text=texts,
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
    )


def legend_below(figure: go.Figure) -> go.Figure:
    """The legend under the axis, in the order of the bars."""
    below = {"orientation": "h", "traceorder": "normal", "yref": "container", "y": 0.01, "yanchor": "bottom", "x": 0}
    return figure.update_layout(legend=below, margin={"b": 80})
