"""What a map shows, prepared once: a class for each area, places to mark, the words beside them.

The static and the interactive map are drawn from the same layer, so they cannot disagree.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.measures.accessibility import AccessibilityResult
from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.presentation.describe_intake import marked
from outreach_analysis.presentation.wording.words import Words

SEQUENTIAL = ("#ffffd9", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#0c4a86")
"""Light to dark, told apart with any colour vision (after ColorBrewer's YlGnBu)."""
NOBODY = "#ffffff"
OUTSIDE = "#e9e7e2"
NEED = ("#fff7e6", "#fdd49e", "#fc8d59", "#d7301f", "#7f0000")
"""Another scale than for reach: dark means more that is missing (after ColorBrewer's OrRd)."""
FEWEST = 0.5
"""Additional people per 10,000 residents below which an area counts as not reached by a plan."""
COVERED_BY = {"fixed": "#0c4a86", "popup": "#41b6c4", "none": "#fdf6dc"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaLayer:
    """A choropleth before it is drawn.

    Attributes
    ----------
    title, subtitle
        The finding, and the statistic with its unit.
    frame
        Index `area_id`; `name`, `kabupaten`, `class_` (position in `classes`) and `label` (the value in words).
    classes
        Label and colour of each class, in the order of the legend; the last is 'outside the jurisdiction'.
    """

    title: str
    subtitle: str
    frame: pd.DataFrame
    classes: tuple[tuple[str, str], ...]

    @property
    def alt(self) -> str:
        """What the map says, in one sentence for those who do not see it."""
        counts = self.frame["class_"].value_counts()
        parts = [f"{label}: {counts.get(n, 0)}" for n, (label, _) in enumerate(self.classes) if counts.get(n, 0)]
        return f"{self.title}. {self.subtitle}. {'; '.join(parts)}."


def reach_layer(reach: ReachResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Applicants per 10,000 residents of each area in the jurisdiction, in classes with equal numbers of areas."""
    rates = reach.by_area["rate"]
    inside = reach.by_area["in_jurisdiction"].astype(bool)
    reached = rates[inside & (rates > 0)]
    breaks = _nice_breaks(reached)
    edges = [*breaks, np.inf]
    ranges = [words.say("no applicants yet"), *_range_labels(breaks, words)]
    colours = (NOBODY, *_spread(SEQUENTIAL, len(breaks)))
    class_ = np.where(rates.fillna(0) > 0, np.searchsorted(edges, rates.fillna(0), side="right"), 0)
    labels = [words.say("{rate} per 10,000 residents", rate=words.number(rate, digits=1)) for rate in rates]
    nobody = int((inside & ~(rates > 0)).sum())
    title = (
        words.say("No pop-up applicants yet in {count} of {all} kecamatan", count=nobody, all=int(inside.sum()))
        if nobody
        else words.say("Every kecamatan has pop-up applicants")
    )
    return _layer(
        title=title,
        subtitle=marked(
            words.say("Applicants at pop-ups per 10,000 residents, by kecamatan"), reach.poorly_placed, words
        ),
        areas=areas,
        inside=inside,
        class_=class_,
        labels=labels,
        classes=tuple(zip(ranges, colours, strict=True)),
        words=words,
    )


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


def accessibility_layer(result: AccessibilityResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """Places within reach per 10,000 residents of each area, in classes with equal numbers of areas."""
    places = result.by_area["per_10_000"]
    inside = result.by_area["in_jurisdiction"].astype(bool)
    breaks = _nice_breaks(places[inside & (places > 0)])
    summary = result.summary()["estimate"]
    return _layer(
        title=words.say("{share} of residents have no place within reach", share=words.percent(summary["without"])),
        subtitle=words.say(
            "Places over the window per 10,000 residents, within {threshold}, by kecamatan",
            threshold=words.measure(result.threshold, result.unit),
        ),
        areas=areas,
        inside=inside,
        class_=np.where(places > 0, np.searchsorted([*breaks, np.inf], places, side="right"), 0),
        labels=[words.say("{rate} places per 10,000 residents", rate=words.number(value)) for value in places],
        classes=tuple(
            zip(
                [words.say("no place within reach"), *_range_labels(breaks, words)],
                (NOBODY, *_spread(SEQUENTIAL, len(breaks))),
                strict=True,
            )
        ),
        words=words,
    )


def need_layer(need: NeedResult, areas: pd.DataFrame, words: Words) -> AreaLayer:
    """How far each area falls short of what it would apply for if it were well served, in five equal steps.

    Without office figures nothing can be said: one class for all areas.
    """
    by_area = need.by_area
    if not need.has_office_figures:
        unknown = words.say("not known")
        return _layer(
            title=words.say("Without office figures nothing can be said about need"),
            subtitle=words.say("Kecamatan of the working area"),
            areas=areas,
            inside=by_area["in_jurisdiction"].astype(bool),
            class_=np.zeros(len(by_area), dtype=int),
            labels=[unknown] * len(by_area),
            classes=((unknown, NOBODY),),
            words=words,
        )
    share = (by_area["need"] / by_area["demand"].where(by_area["demand"] > 0)).fillna(0.0)
    edges = [0.2, 0.4, 0.6, 0.8]
    bounds = [0.0, *edges, 1.0]
    ranges = [f"{words.percent(low)}–{words.percent(high)}" for low, high in itertools.pairwise(bounds)]
    labels = [
        words.say("{share} fewer applications than if well served", share=words.percent(value)) for value in share
    ]
    summary = need.summary()["estimate"]
    unserved = summary["need"] / summary["served"] if summary["served"] > 0 else 0.0
    return _layer(
        title=words.say(
            "Served like well-served kecamatan, applications would be {share} more", share=words.percent(unserved)
        ),
        subtitle=marked(
            words.say("Unmet need as a share of the applications that well-served kecamatan make, by kecamatan"),
            need.poorly_placed,
            words,
        ),
        areas=areas,
        inside=by_area["in_jurisdiction"].astype(bool),
        class_=np.searchsorted(edges, share, side="right"),
        labels=labels,
        classes=tuple(zip(ranges, NEED, strict=True)),
        words=words,
    )


def plan_layer(
    reached: pd.Series, areas: pd.DataFrame, words: Words, *, title: str, among: pd.DataFrame | None = None
) -> AreaLayer:
    """Additional people of a plan per 10,000 residents of each area.

    Parameters
    ----------
    reached
        Index `area_id`: additional people; an area that is not in it counts as 0.
    areas
        Index `area_id`; `name`, `parent_name`, `population`, `in_jurisdiction`.
    words, title
        The language, and the finding.
    among
        Columns as the index of `reached`: other plans whose map must have the same classes.
    """
    residents = areas["population"].astype(float)
    per_10_000 = 10_000 / residents.where(residents > 0)
    rate = (reached.reindex(areas.index) * per_10_000).fillna(0.0)
    inside = areas["in_jurisdiction"].astype(bool)
    every = (pd.DataFrame([reached]) if among is None else among).reindex(columns=areas.index) * per_10_000
    values = pd.Series(every.loc[:, inside].to_numpy().ravel())
    edges = [FEWEST, *(edge for edge in _nice_breaks(values[values >= FEWEST]) if edge > FEWEST)]
    numbers = [words.number(edge, digits=1) for edge in edges]
    ranges = [
        words.say("below {edge}", edge=numbers[0]),
        *(f"{low}–{high}" for low, high in itertools.pairwise(numbers)),
    ]
    colours = (NOBODY, *_spread(SEQUENTIAL, len(edges)))
    return _layer(
        title=title,
        subtitle=words.say("Additional people per 10,000 residents, by kecamatan"),
        areas=areas,
        inside=inside,
        class_=np.searchsorted(edges, rate, side="right"),
        labels=[
            words.say("{rate} additional people per 10,000 residents", rate=words.number(r, digits=1)) for r in rate
        ],
        classes=tuple(
            zip([*ranges, words.say("{edge} and more", edge=numbers[-1])], colours, strict=True),
        ),
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
    frame = pd.DataFrame(
        {
            "name": areas["name"],
            "kabupaten": kabupaten,
            "class_": np.where(inside, class_, len(classes)),
            "label": labels,
        },
        index=areas.index,
    )
    outside = (words.say("outside the working area"), OUTSIDE)
    return AreaLayer(title=title, subtitle=subtitle, frame=frame, classes=(*classes, outside))


def _nice_breaks(rates: pd.Series) -> list[float]:
    """Lower edges above the first class that split the rates evenly, at most five, in round numbers."""
    if rates.empty:
        return [0.0]
    quantiles = rates.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
    step = 0.5 if quantiles[-1] < 10 else 1.0
    rounded = np.unique(np.round(quantiles / step) * step)
    return [0.0, *(float(edge) for edge in rounded if edge > 0)]


def _range_labels(breaks: list[float], words: Words) -> list[str]:
    digits = 0 if all(edge == int(edge) for edge in breaks) else 1
    lower = [words.number(edge, digits=digits) for edge in breaks]
    first = words.say("below {edge}", edge=lower[1]) if len(breaks) > 1 else words.say("above 0")
    middle = [f"{low}–{high}" for low, high in itertools.pairwise(lower[1:])]
    last = [words.say("{edge} and more", edge=lower[-1])] if len(breaks) > 1 else []
    return [first, *middle, *last]


def _spread(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    """n colours spread over a scale, ends included."""
    places = np.linspace(0, len(colours) - 1, n) if n > 1 else [len(colours) - 2]
    return tuple(colours[round(float(place))] for place in places)
