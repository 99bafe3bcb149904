"""The report before it is laid out: every sentence, number and position, ready for the template."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.presentation import tables, tables_of_assumptions
from outreach_analysis.presentation.describe_measures import describe_past, main_points
from outreach_analysis.presentation.layers import AreaLayer, coverage_layer, need_layer, reach_layer
from outreach_analysis.presentation.references import reference_sources
from outreach_analysis.presentation.svg import (
    Canvas,
    Estimate,
    WhiskerChart,
    area_paths,
    nice_ticks,
    place_marks,
    whisker_chart,
)
from outreach_analysis.presentation.wording.limits import limits
from outreach_analysis.presentation.wording.sentences import first_screen, period_text
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis

TOP = 5
WHISKERS = 8
INSET_HALF_KM = 45.0
BORDER_WIDTH = 0.5
LABEL_WIDTH, LABEL_HEIGHT = 90.0, 14.0


def report_view(analysis: Analysis, words: Words) -> dict[str, Any]:
    """Everything the report's template shows, in one language.

    Parameters
    ----------
    analysis
        From `analyse`.
    words
        The language.

    Returns
    -------
    dict
        Texts, tables and drawings by name; the template only arranges them.
    """
    data, settings, ranking = analysis.dataset, analysis.settings, analysis.ranking
    held = data.events[data.events["status"] == "held"]
    start = held["date"].min() if len(held) else pd.Timestamp(analysis.as_of)
    lang = words.lang
    return {
        "lang": lang,
        "office": settings.office_name,
        "ministry": settings.ministry,
        "synthetic": settings.synthetic,
        "internal": analysis.rounding_base == 1,
        "as_of": words.date(analysis.as_of),
        "period": period_text(start, analysis.as_of, words),
        "first": first_screen(ranking, data.areas, words),
        "points": main_points(
            reach=analysis.reach,
            coverage=analysis.coverage,
            need=analysis.need,
            catchment=analysis.catchment,
            interest=analysis.interest,
            ledger=analysis.ledger,
            events=data.events,
            lang=lang,
        ),
        "maps": _maps(analysis, words),
        "whiskers": _whiskers(analysis, words),
        "ranking": tables.tabulate_ranking(ranking, top=TOP, lang=lang),
        "ranking_all": tables.tabulate_ranking(ranking, lang=lang),
        "excluded": tables.tabulate_excluded(ranking, lang=lang),
        "free_days": tables.tabulate_free_days(ranking, lang=lang),
        "scheduled": tables.tabulate_scheduled(analysis.scheduled, analysis.sites, lang=lang),
        "coverage": tables.tabulate_coverage(analysis.coverage, lang=lang),
        "reach_kabupaten": tables.tabulate_reach(analysis.reach_by_kabupaten, lang=lang),
        "reach": tables.tabulate_reach(analysis.reach, lang=lang),
        "events": tables.tabulate_events(
            data.events,
            analysis.sites,
            data.counts,
            areas=data.areas,
            outside=data.outside,
            settings=settings,
            rounding_base=analysis.rounding_base,
            lang=lang,
        ),
        "past": describe_past(
            data.events,
            data.counts,
            data.areas,
            outside=data.outside,
            settings=settings,
            rounding_base=analysis.rounding_base,
            lang=lang,
        ),
        "ledger": tables.tabulate_ledger(analysis.ledger, lang=lang),
        "problems": tables.tabulate_problems(analysis.ledger, lang=lang),
        "settings": tables_of_assumptions.tabulate_main_settings(settings, data.areas, lang=lang),
        "limits": limits(
            areas=data.areas,
            need=analysis.need,
            costs=analysis.costs,
            rounding_base=analysis.rounding_base,
            words=words,
        ),
        "sources": reference_sources(settings.reference, lang=lang),
    }


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
    visited = sites[sites.index.isin(events.loc[events["status"] == "held", "site_id"])]
    top = ranking.by_site.head(TOP)
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


def _maps(analysis: Analysis, words: Words) -> dict[str, Any]:
    """The paths once, three layers of classes, and the marks on the main map and its inset."""
    areas = analysis.dataset.areas
    shown = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    canvas = Canvas.of(shown)
    places = map_places(analysis, words)
    layers = {
        "reach": reach_layer(analysis.reach, areas, words),
        "coverage": coverage_layer(analysis.coverage[analysis.settings.service_threshold], areas, words),
        "need": need_layer(analysis.need, areas, words),
    }
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
            "labels": _area_labels(shown, close),
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


def _area_labels(areas: pd.DataFrame, canvas: Canvas) -> list[tuple[float, float, str]]:
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


def _whiskers(analysis: Analysis, words: Words) -> WhiskerChart | None:
    shown = analysis.ranking.by_site.head(WHISKERS)
    if shown.empty:
        return None
    ticks = nice_ticks(float(shown["ci_high"].max()))
    estimates = [
        Estimate(
            label=f"{rank}. {name}",
            value=f"{words.number(increment)} ({words.interval(low, high)})",
            estimate=increment,
            low=low,
            high=high,
            strong=site == analysis.ranking.recommended,
        )
        for site, rank, name, increment, low, high in zip(
            shown.index,
            shown["rank"],
            shown["name"],
            shown["increment"],
            shown["ci_low"],
            shown["ci_high"],
            strict=True,
        )
    ]
    return whisker_chart(
        estimates,
        {tick: words.number(tick) for tick in ticks[:-1]}
        | {ticks[-1]: words.say("{n} people", n=words.number(ticks[-1]))},
    )
