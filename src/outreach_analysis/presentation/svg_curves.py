"""Static line charts: the reach of 1, 2, ... pop-ups, and the Lorenz curve, as points that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach_analysis.decisions.equity import EquityResult
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.presentation.charts_of_plans import QUARTERS, in_people
from outreach_analysis.presentation.svg import nice_ticks
from outreach_analysis.presentation.wording.words import Words

LEFT, RIGHT, TOP, BOTTOM = 44.0, 384.0, 14.0, 196.0
WIDTH, HEIGHT = 410.0, 236.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveChart:
    """A line chart in view-box units.

    Attributes
    ----------
    line, beside
        Points of the curve and of the line it is compared with ('' where there is none), as SVG wants them.
    dots
        Places and labels of marked points: x, y, text.
    x_ticks, y_ticks
        Position and text.
    x_label
        What the x axis counts.
    """

    line: str
    beside: str
    dots: tuple[tuple[float, float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_label: str
    width: float = WIDTH
    height: float = HEIGHT


def reach_curve(plan: PlanResult, words: Words) -> CurveChart | None:
    """The reach of the best plan of each size with its bound; None where there are fewer than two sizes.

    Parameters
    ----------
    plan
        From `plan_popups`.
    words
        The language.
    """
    curve = plan.curve
    if len(curve) < 2:
        return None
    highest = curve["upper_bound"] if in_people(plan) else curve["expected_reach"]
    ticks = nice_ticks(float(highest.max()))
    xs = _scale([0.0, *map(float, curve.index)], 0.0, float(len(curve)), LEFT, RIGHT - 10)
    ys = _scale([0.0, *curve["expected_reach"]], 0.0, ticks[-1], BOTTOM, TOP)
    bounds = _scale([0.0, *curve["upper_bound"]], 0.0, ticks[-1], BOTTOM, TOP)
    return CurveChart(
        line=_points(xs, ys),
        beside=_points(xs, bounds) if in_people(plan) else "",
        dots=tuple(
            (x, y, words.number(people)) for x, y, people in zip(xs[1:], ys[1:], curve["expected_reach"], strict=True)
        ),
        x_ticks=tuple(zip(xs[1:], map(words.number, curve.index), strict=True)),
        y_ticks=tuple(zip(_scale(ticks, 0.0, ticks[-1], BOTTOM, TOP), map(words.number, ticks), strict=True)),
        x_label=words.say("Pop-ups"),
    )


def lorenz_curve(equity: EquityResult, words: Words) -> CurveChart | None:
    """The Lorenz curve beside the line of the same reach everywhere; None where nobody is reached.

    Parameters
    ----------
    equity
        From `plan_equity`.
    words
        The language.
    """
    curve = equity.lorenz
    if curve["reached_share"].isna().any():
        return None
    ticks = list(QUARTERS)
    xs = _scale(curve["residents_share"].tolist(), 0.0, 1.0, LEFT, RIGHT)
    ys = _scale(curve["reached_share"].tolist(), 0.0, 1.0, BOTTOM, TOP)
    return CurveChart(
        line=_points(xs, ys),
        beside=_points([LEFT, RIGHT], [BOTTOM, TOP]),
        dots=(),
        x_ticks=tuple(zip(_scale(ticks, 0.0, 1.0, LEFT, RIGHT), map(words.percent, ticks), strict=True)),
        y_ticks=tuple(zip(_scale(ticks, 0.0, 1.0, BOTTOM, TOP), map(words.percent, ticks), strict=True)),
        x_label=words.say("Share of residents, least reached first"),
    )


def _scale(values: Sequence[float], low: float, high: float, start: float, end: float) -> list[float]:
    """Values from [low, high] put on [start, end], to a tenth of a unit."""
    span = high - low if high > low else 1.0
    return [round(start + (end - start) * (value - low) / span, 1) for value in values]


def _points(xs: Sequence[float], ys: Sequence[float]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in zip(xs, ys, strict=True))
