"""Axes of a static chart: from what a figure says about its axes to positions and tick texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.presentation.svg import nice_ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: the values at its two ends, where these lie in the drawing, its ticks and its title.

    Attributes
    ----------
    first, last
        Values at `start` and `end`; reversed axes have the larger one first.
    start, end
        Positions (view-box units).
    ticks
        Values and texts.
    categories
        Texts whose position is their number; empty for amounts.
    named
        Whether the figure gave its ticks in words.
    title
        The axis' own title.
    """

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
    """The axis of a figure between 0 and 1.

    Parameters
    ----------
    said
        `layout.xaxis` or `layout.yaxis`.
    values
        Everything that is drawn along it.
    ends
        Ends of intervals and stacks, which the axis must hold as well.
    from_zero
        Whether it must hold 0, as bars need it.
    separators
        Decimal and thousands separator, as plotly's `layout.separators`.
    """
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
    """A number, or a day as days since 1970; NaN where it is neither.

    Examples
    --------
    >>> as_number("1970-01-11"), as_number(3)
    (10.0, 3.0)
    """
    if isinstance(value, str) or hasattr(value, "year"):
        day = pd.to_datetime(value, errors="coerce")
        return float("nan") if pd.isna(day) else day.value / 86_400e9
    return float("nan") if value is None else float(value)


def number_text(value: float, separators: str, *, percent: bool = False) -> str:
    """A tick's number with the figure's own separators.

    Examples
    --------
    >>> number_text(1250.5, ",."), number_text(0.25, ".,", percent=True)
    ('1.250,5', '25%')
    """
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
