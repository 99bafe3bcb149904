"""Static drawings as numbers: paths of areas, places of marks, positions on an axis. Templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

MAP_WIDTH = 400.0
"""Width of a map's view box; texts of 11 units stay legible when the map is 390 px wide."""
SIMPLIFY_UNITS = 0.45
CHART_WIDTH = 400.0
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A map's view box: longitudes and latitudes to x and y, north up.

    Plate carree: near the equator a degree is as long either way.

    Examples
    --------
    >>> canvas = Canvas(west=114.0, north=2.0, scale=80.0, width=400.0, height=380.0)
    >>> canvas.place(115.0, 1.0)
    (80.0, 80.0)
    """

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame) -> Canvas:
        """The box that holds all areas, with a margin."""
        west, south, east, north = (float(edge) for edge in areas.total_bounds)
        margin = 0.02 * max(east - west, north - south)
        scale = MAP_WIDTH / (east - west + 2 * margin)
        height = (north - south + 2 * margin) * scale
        return cls(west=west - margin, north=north + margin, scale=scale, width=MAP_WIDTH, height=round(height, 1))

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """A point in view-box units."""
        return round((lon - self.west) * self.scale, 1), round((self.north - lat) * self.scale, 1)

    def inset(self, lon: float, lat: float, *, half_km: float) -> Canvas:
        """A square canvas of the same width around a point, for a closer look."""
        half = half_km / KM_PER_DEGREE
        return Canvas(
            west=lon - half, north=lat + half, scale=MAP_WIDTH / (2 * half), width=MAP_WIDTH, height=MAP_WIDTH
        )

    def transform_from(self, other: Canvas) -> str:
        """SVG transform that puts drawings made on another canvas onto this one."""
        factor = self.scale / other.scale
        x, y = (other.west - self.west) * self.scale, (self.north - other.north) * self.scale
        return f"translate({x:.2f} {y:.2f}) scale({factor:.4f})"


def area_paths(areas: gpd.GeoDataFrame, canvas: Canvas) -> pd.Series:
    """SVG path of each area, borders simplified together so that no gaps open between neighbours.

    Returns
    -------
    Series
        Index as `areas`; path data (text). An area without geometry has ''.
    """
    shapes = areas.geometry.fillna(shapely.Polygon())
    simplified = shapely.coverage_simplify(shapes.to_numpy(), SIMPLIFY_UNITS / canvas.scale)
    return pd.Series([_path(shape, canvas) for shape in simplified], index=areas.index)


def _path(shape: shapely.Geometry, canvas: Canvas) -> str:
    rings = [
        ring
        for polygon in shapely.get_parts(shape)
        for ring in (polygon.exterior, *polygon.interiors)
        if not ring.is_empty
    ]
    return "".join(_ring(shapely.get_coordinates(ring), canvas) for ring in rings)


def _ring(points: np.ndarray, canvas: Canvas) -> str:
    """A closed ring in relative moves of a tenth of a unit: half the size of absolute ones."""
    x = np.round((points[:-1, 0] - canvas.west) * canvas.scale * 10).astype(int)
    y = np.round((canvas.north - points[:-1, 1]) * canvas.scale * 10).astype(int)
    moves = np.column_stack([np.diff(x), np.diff(y)])
    moves = moves[(moves != 0).any(axis=1)]
    if len(moves) < 2:
        return ""
    steps = " ".join(f"{dx / 10:g} {dy / 10:g}" for dx, dy in moves)
    return f"M{x[0] / 10:g} {y[0] / 10:g}l{steps}z"


class Estimate(NamedTuple):
    """A number with its interval and the words beside it; `strong` rows stand out."""

    label: str
    value: str
    estimate: float
    low: float
    high: float
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """One row of a dot-and-whisker chart, in view-box units."""

    label: str
    value: str
    y: float
    low: float
    dot: float
    high: float
    strong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WhiskerChart:
    """A dot-and-whisker chart ready to draw: rows, axis ticks (x, text) and height."""

    rows: tuple[Whisker, ...]
    ticks: tuple[tuple[float, str], ...]
    height: float
    width: float = CHART_WIDTH


def whisker_chart(estimates: Sequence[Estimate], tick_text: dict[float, str]) -> WhiskerChart:
    """Lay out rows of estimates with their intervals on one axis from 0.

    Parameters
    ----------
    estimates
        One a row, in order.
    tick_text
        Texts of the axis ticks by their value, from `nice_ticks`.
    """
    left, right, step, top = 6.0, CHART_WIDTH - 12.0, 38.0, 26.0
    largest = max(tick_text) or 1.0

    def x(value: float) -> float:
        return round(left + (right - left) * min(value, largest) / largest, 1)

    rows = tuple(
        Whisker(
            label=row.label,
            value=row.value,
            y=top + step * n + 22,
            low=x(row.low),
            dot=x(row.estimate),
            high=x(row.high),
            strong=row.strong,
        )
        for n, row in enumerate(estimates)
    )
    ticks = tuple((x(value), text) for value, text in tick_text.items())
    return WhiskerChart(rows=rows, ticks=ticks, height=top + step * len(rows) + 12)


def nice_ticks(largest: float) -> list[float]:
    """Evenly spaced round values from 0 to at least `largest`, four or five of them; [0, 1] where it is not above 0.

    Examples
    --------
    >>> nice_ticks(83)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    if not largest > 0:
        return [0.0, 1.0]
    rough = largest / 4
    power = 10 ** np.floor(np.log10(rough))
    step = next(float(m * power) for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    return [float(f"{n * step:.6g}") for n in range(int(np.ceil(largest / step - 1e-9)) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on a map: where it is drawn, where it truly lies, and what it says."""

    x: float
    y: float
    true_x: float
    true_y: float
    kind: str
    text: str
    title: str

    @property
    def moved(self) -> bool:
        """Whether it is drawn beside its true place, to stay legible."""
        return (self.x, self.y) != (self.true_x, self.true_y)


def place_marks(places: pd.DataFrame, canvas: Canvas, *, spacing: float = 17.0) -> list[Mark]:
    """Places as marks; numbered ones are moved apart until none covers another.

    Parameters
    ----------
    places
        Columns `lon`, `lat`, `kind`, `text` (shown in the mark; '' for a plain dot), `title`; drawn in order.
    canvas
        The map's view box; places outside it are left out.
    spacing
        Least distance between numbered marks (view-box units).
    """
    marks: list[Mark] = []
    taken: list[tuple[float, float]] = []
    for row in _records(places):
        x, y = canvas.place(row.lon, row.lat)
        if not (0 <= x <= canvas.width and 0 <= y <= canvas.height):
            continue
        at = (x, y)
        if row.text:
            at = _free_spot(x, y, taken, spacing)
            taken.append(at)
        marks.append(Mark(x=at[0], y=at[1], true_x=x, true_y=y, kind=row.kind, text=row.text, title=row.title))
    return marks


def _free_spot(x: float, y: float, taken: list[tuple[float, float]], spacing: float) -> tuple[float, float]:
    """The place itself, or the nearest one on rings around it that keeps its distance from the others."""
    for ring in range(12):
        steps = max(8 * ring, 1)
        for step in range(steps):
            angle = 2 * np.pi * step / steps - np.pi / 2
            spot = (
                round(float(x + ring * spacing * 0.6 * np.cos(angle)), 1),
                round(float(y + ring * spacing * 0.6 * np.sin(angle)), 1),
            )
            if all((spot[0] - a) ** 2 + (spot[1] - b) ** 2 >= spacing**2 for a, b in taken):
                return spot
    return x, y


def _records(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))
