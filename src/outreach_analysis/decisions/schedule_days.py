"""Which days each place could have: of an allowed kind, not ruled out, open, far enough from others, or promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import event_dates
from outreach_analysis.geography.service_days import free_days_by_place
from outreach_analysis.settings import Settings

Day = dt.date | pd.Timestamp | str


def possible_days(
    places: pd.DataFrame,
    service_days: pd.DataFrame,
    *,
    blackout: Iterable[Day] | Mapping[str, Iterable[Day]] = (),
    settings: Settings,
) -> pd.DataFrame:
    """Days on which each place could be visited, whoever is free.

    Parameters
    ----------
    places
        Index `site_id`; columns `kind`, `opened`, `closed`.
    service_days
        Columns `day, kind, reason, estimated, blackout`.
    blackout
        As in `schedule_popups`.
    settings
        Day kinds, blackout days of places and kinds, lead time.

    Returns
    -------
    DataFrame
        Columns `site_id, day, kind, reason, estimated`, by place, then by day.
    """
    ahead = service_days.sort_values("day", kind="stable")
    if settings.as_of is not None:
        ahead = ahead[ahead["day"] >= pd.Timestamp(settings.as_of) + pd.Timedelta(days=settings.lead_days)]
    by_place = blackout if isinstance(blackout, Mapping) else {}
    everywhere = [] if isinstance(blackout, Mapping) else list(blackout)
    return free_days_by_place(ahead, places, settings=settings, taken=everywhere, taken_by=by_place)


def far_enough(days: pd.DataFrame, events: pd.DataFrame | None, min_gap_days: int) -> pd.DataFrame:
    """Without the days too near to a planned or held event at the same place."""
    if events is None or days.empty:
        return days
    others = event_dates(events[events["status"].isin(["planned", "held"])])[["site_id", "date"]]
    pairs = days.reset_index()[["index", "site_id", "day"]].merge(others, on="site_id", how="inner")
    apart = (pairs["day"] - pairs["date"]).abs().dt.days
    near = pairs.loc[apart < max(min_gap_days, 1), "index"]
    kept: pd.DataFrame = days.loc[~days.index.isin(near)]
    return kept.reset_index(drop=True)


def promised_days(days: pd.DataFrame, fixed: Mapping[str, Day], visits: pd.Series) -> pd.DataFrame:
    """Of the places whose day is fixed only that day."""
    several = [site for site in fixed if visits.get(site, 1) > 1]
    if several:
        raise RequestError(f"a day is fixed for places that are visited more than once: {', '.join(several)}")
    promised = days["site_id"].map({site: pd.Timestamp(day) for site, day in fixed.items()})
    kept: pd.DataFrame = days.loc[promised.isna() | (promised == days["day"])]
    return kept.reset_index(drop=True)
