"""Forecasts as they were saved before a pop-up, beside what came: how near they were, and whether that improves."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from outreach_analysis.event_kinds import event_days, held_popups
from outreach_analysis.measures.attendance import own_people_by_event
from outreach_analysis.models.forecast import LEVEL
from outreach_analysis.settings import Settings

FORECAST_COLUMNS = ("as_of", "site_id", "median", "mean", "ci_low", "ci_high", "status")
"""Columns of saved forecasts that a comparison needs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedForecastsResult:
    """Saved forecasts against what came. It says how near they were, not that following them was better.

    Attributes
    ----------
    by_event
        Index `event_id`, by date: `date`, `site_id`, `forecast_on` (day of the latest forecast of the place before the
        pop-up), `status`, `median`, `ci_low`, `ci_high` (90 %; people of one day, as forecasts are saved), `came` (on
        all days, all but people from outside the province, rounded), `days` (of service), `inside` (exact number a day,
        bounds included), `error` (people a day: rounded number a day minus median).
    without
        Held events of whose place no forecast was saved before.
    settings
        The settings used.
    """

    by_event: pd.DataFrame
    without: tuple[str, ...]
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """Share inside the 90 % interval (exact interval) and median distance: `estimate, ci_low, ci_high, unit`."""
        n, inside = len(self.by_event), int(self.by_event["inside"].sum())
        interval = stats.binomtest(inside, n).proportion_ci(LEVEL) if n else (np.nan, np.nan)
        share = (inside / n if n else np.nan, float(interval[0]), float(interval[1]), "share of events")
        away = self.by_event["error"].abs()
        quarters = (
            away.median(),
            away.quantile(0.25),
            away.quantile(0.75),
            "people a day from the middle; half of events",
        )
        columns = ["estimate", "ci_low", "ci_high", "unit"]
        return pd.DataFrame([share, quarters], index=["inside", "distance"], columns=columns)

    def _repr_html_(self) -> str:
        return self.by_event.to_html(max_rows=12, float_format="{:.1f}".format)


def compare_saved_forecasts(
    forecasts: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    outside: pd.DataFrame | None,
    unplaced: pd.DataFrame | None = None,
    settings: Settings,
    rounding_base: int = 1,
) -> SavedForecastsResult:
    """Compare each held event with the latest forecast of its place that was saved before its day.

    A saved forecast is of one day: people of an event of several days are divided by its days of service.

    Parameters
    ----------
    forecasts
        `FORECAST_COLUMNS`: `as_of` (day of the forecast), `site_id`, people by forecast.
    events
        Index `event_id`; columns `site_id`, `date`, `status` and, where known, `days`.
    counts
        Columns `event_id, area_id, applicants` (people).
    areas
        Index `area_id`; column `parent_id`.
    outside
        Columns `event_id, applicants`: people from outside the province, whom no forecast is about; None where
        there are none.
    unplaced
        Columns `event_id, applicants`: people of whom it is not known where they live: they came all the same.
    settings
        Day of the question and window.
    rounding_base
        Base to which numbers of people who came are rounded; 1 leaves them exact.

    Returns
    -------
    SavedForecastsResult

    Examples
    --------
    >>> forecasts = pd.DataFrame({"as_of": [pd.Timestamp("2026-05-01")], "site_id": ["M"], "median": [50.0],
    ...                           "mean": [55.0], "ci_low": [20.0], "ci_high": [90.0], "status": ["fitted"]})
    >>> events = pd.DataFrame({"site_id": ["M"], "date": [pd.Timestamp("2026-05-09")], "status": ["held"]}, index=["E"])
    >>> counts = pd.DataFrame({"event_id": ["E"], "area_id": ["a"], "applicants": [41]})
    >>> areas = pd.DataFrame({"parent_id": ["K"]}, index=["a"])
    >>> found = compare_saved_forecasts(forecasts, events, counts, areas, outside=None, settings=Settings())
    >>> found.by_event[["came", "inside", "error"]].astype(float).loc["E"].tolist()
    [41.0, 1.0, -9.0]
    """
    held = held_popups(events).sort_values("date", kind="stable")
    latest = {event_id: _latest(forecasts, site, day) for event_id, site, day in held[["site_id", "date"]].itertuples()}
    found = held[[latest[event_id] is not None for event_id in held.index]]
    rows = pd.DataFrame(
        [latest[event_id] for event_id in found.index], index=found.index, columns=list(FORECAST_COLUMNS)
    )
    exact, published = (
        own_people_by_event(
            counts,
            areas,
            outside=outside,
            unplaced=unplaced,
            events=events,
            settings=settings,
            rounding_base=base,
        )
        .reindex(found.index, fill_value=0)
        .astype("int64")
        for base in (1, rounding_base)
    )
    middle, days = rows["median"].astype(float), event_days(found)
    a_day = exact / days
    table = pd.DataFrame(
        {
            "date": found["date"],
            "site_id": found["site_id"],
            "forecast_on": pd.to_datetime(rows["as_of"]),
            "status": rows["status"],
            "median": middle,
            "ci_low": rows["ci_low"].astype(float),
            "ci_high": rows["ci_high"].astype(float),
            "came": published,
            "days": days.astype(int),
            "inside": (a_day >= rows["ci_low"].astype(float)) & (a_day <= rows["ci_high"].astype(float)),
            "error": published / days - middle,
        }
    )
    return SavedForecastsResult(
        by_event=table.rename_axis("event_id"),
        without=tuple(str(event_id) for event_id in held.index[~held.index.isin(found.index)]),
        settings=settings,
    )


def _latest(forecasts: pd.DataFrame, site_id: str, day: pd.Timestamp) -> pd.Series | None:
    """The last forecast of a place before a day."""
    before = forecasts[(forecasts["site_id"] == site_id) & (pd.to_datetime(forecasts["as_of"]) < day)]
    return None if before.empty else before.sort_values("as_of", kind="stable").iloc[-1]
