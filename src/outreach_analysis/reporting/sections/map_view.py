"""The static maps of the report: the paths of the areas once, the classes of each layer, the marks and labels."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.event_kinds import held_popups
from outreach_analysis.presentation.layers import AreaLayer, coverage_layer, need_layer, plan_layer, reach_layer
from outreach_analysis.presentation.svg import Canvas, area_paths, place_marks
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis

MARKED = 5
INSET_HALF_KM = 45.0
BORDER_WIDTH = 0.5
LABEL_WIDTH, LABEL_HEIGHT = 90.0, 14.0


def map_places(analysis: Analysis, words: Words) -> pd.DataFrame:
    """Places to mark: fixed service points, places of held pop-ups, and the first candidates with their rank.

    Returns
    -------
    DataFrame
        Columns `lon, lat, kind, text, title, group`, in drawing order.
    """
    sites, events, ranking = analysis.sites, analysis.dataset.events, analysis.ranking
    points = analysis.coverage[analysis.settings.service_threshold].service_points
    fixed = sites.loc[points.index[points == "fixed"]]
    visited = sites[sites.index.isin(held_popups(events)["site_id"])]
    top = ranking.by_site.head(MARKED)
    say = words.say
    parts = [
        fixed.assign(kind="fixed", text="", title=fixed["name"], group=say("fixed service point")),
        visited.assign(kind="event", text="", title=visited["name"], group=say("place of a past pop-up")),
        sites.loc[top.index].assign(
            kind=["best" if site == ranking.recommended else "candidate" for site in top.index],
            text=top["rank"].astype(str),
            title=top["rank"].astype(str) + ". " + top["name"],
            group=say("candidate place, with its rank"),
        ),
    ]
    columns = ["lon", "lat", "kind", "text", "title", "group"]
    return pd.concat([part[columns] for part in parts], ignore_index=True)


def map_layers(analysis: Analysis, words: Words) -> dict[str, AreaLayer]:
    """What the areas can be coloured by: `reach`, `coverage`, `need` with office figures, `plan` where there is one."""
    areas, plan = analysis.dataset.areas, analysis.planned.plan
    layers = {
        "reach": reach_layer(analysis.reach, areas, words),
        **({"need": need_layer(analysis.need, areas, words)} if analysis.need.has_office_figures else {}),
        "coverage": coverage_layer(analysis.coverage[analysis.settings.service_threshold], areas, words),
    }
    if plan.sites:
        among = analysis.planned.scenarios.by_area
        title = words.say(
            "{n} pop-ups reach {people} additional people",
            n=words.number(len(plan.sites)),
            people=words.number(plan.expected_reach),
        )
        layers["plan"] = plan_layer(plan.by_area["reached"], areas, words, title=title, among=among)
    return layers


def map_view(analysis: Analysis, words: Words) -> dict[str, Any]:
    """The paths once, three layers of classes, and the marks on the main map and its inset."""
    areas = analysis.dataset.areas
    shown = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    canvas = Canvas.of(shown)
    places = map_places(analysis, words)
    layers = map_layers(analysis, words)
    view: dict[str, Any] = {
        "canvas": canvas,
        "stroke": BORDER_WIDTH,
        "paths": area_paths(shown, canvas).to_dict(),
        "layers": {name: _layer_view(layer, shown.index) for name, layer in layers.items()},
        "marks": place_marks(places, canvas),
        "labels": _kabupaten_labels(shown, canvas),
        "legend": list(dict.fromkeys(zip(places["kind"].replace("best", "candidate"), places["group"], strict=True))),
        "indicative": bool((shown["geometry_kind"] == "indicative").any()),
        "inset": None,
    }
    best = analysis.ranking.recommended
    if best is not None:
        there: Any = analysis.ranking.by_site.loc[best]
        close = canvas.inset(float(there["lon"]), float(there["lat"]), half_km=INSET_HALF_KM)
        view["inset"] = {
            "canvas": close,
            "transform": close.transform_from(canvas),
            "stroke": round(BORDER_WIDTH * canvas.scale / close.scale, 3),
            "marks": place_marks(places, close),
            "labels": area_labels(shown, close),
            "around": str(there["name"]),
            "half_km": words.number(INSET_HALF_KM),
        }
    return view


def _layer_view(layer: AreaLayer, drawn: pd.Index) -> dict[str, Any]:
    frame = layer.frame.loc[drawn]
    return {
        "title": layer.title,
        "subtitle": layer.subtitle,
        "alt": layer.alt,
        "classes": layer.classes,
        "areas": [
            (area_id, class_, f"{name}, {kabupaten}: {label}")
            for area_id, class_, name, kabupaten, label in zip(
                frame.index, frame["class_"], frame["name"], frame["kabupaten"], frame["label"], strict=True
            )
        ],
    }


def _kabupaten_labels(areas: pd.DataFrame, canvas: Canvas) -> list[tuple[float, float, str]]:
    """Names of the larger kabupaten at the middle of their area; cities are too small to hold theirs."""
    names = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    labels = []
    for name, group in areas.groupby(names):
        if str(name).startswith("Kota "):
            continue
        middle = group.geometry.union_all().representative_point()
        x, y = canvas.place(middle.x, middle.y)
        labels.append((x, y, str(name).removeprefix("Kabupaten ")))
    return labels


def area_labels(areas: pd.DataFrame, canvas: Canvas) -> list[tuple[float, float, str]]:
    """Names of the areas on a close-up, the most populous first, as far as they keep clear of each other."""
    labels: list[tuple[float, float, str]] = []
    for name, shape in areas.sort_values("population", ascending=False)[["name", "geometry"]].itertuples(index=False):
        middle = shape.representative_point()
        x, y = canvas.place(middle.x, middle.y)
        inside = (
            LABEL_WIDTH / 2 < x < canvas.width - LABEL_WIDTH / 2 and LABEL_HEIGHT < y < canvas.height - LABEL_HEIGHT
        )
        if inside and all(abs(x - a) > LABEL_WIDTH or abs(y - b) > LABEL_HEIGHT for a, b, _ in labels):
            labels.append((x, y, str(name)))
    return labels
