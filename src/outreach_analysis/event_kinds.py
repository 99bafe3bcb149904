"""Which events count, which are pop-ups, which say what a pop-up brings, their days, and how many they can serve."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.settings import Settings


def took_place(events: pd.DataFrame) -> pd.Series:
    """Whether people may have been served: held, or broken off by a technical fault (`failed`).

    Examples
    --------
    >>> took_place(pd.DataFrame({"status": ["held", "failed", "planned"]})).tolist()
    [True, True, False]
    """
    return events["status"].isin(("held", "failed"))


def is_popup(events: pd.DataFrame) -> pd.Series:
    """Whether an event is a pop-up: an opening at the office (`programme` office) is none.

    Examples
    --------
    >>> is_popup(pd.DataFrame({"programme": ["visit", "office", "invited"]})).tolist()
    [True, False, True]
    """
    if "programme" not in events:
        return pd.Series(True, index=events.index)
    return events["programme"] != "office"


def popups_that_took_place(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups whose people count: held, or broken off. Those of an opening at the office are the office's.

    Examples
    --------
    >>> events = pd.DataFrame({"status": ["held", "held", "failed"], "programme": ["visit", "office", "visit"]})
    >>> popups_that_took_place(events).index.tolist()
    [0, 2]
    """
    return events[took_place(events) & is_popup(events)]


def held_popups(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups that were held as they were meant to be: those that say what a pop-up brings.

    Examples
    --------
    >>> events = pd.DataFrame({"status": ["held", "held", "failed"], "programme": ["visit", "office", "visit"]})
    >>> held_popups(events).index.tolist()
    [0]
    """
    return events[(events["status"] == "held") & is_popup(events)]


def planned_popups(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups that are announced; an opening at the office draws nobody away from one.

    Examples
    --------
    >>> planned_popups(pd.DataFrame({"status": "planned", "programme": ["visit", "office"]})).index.tolist()
    [0]
    """
    return events[(events["status"] == "planned") & is_popup(events)]


def event_dates(events: pd.DataFrame) -> pd.DataFrame:
    """Every date from an event's first to its last, one row each, with the event's columns and index.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-03-14", "2026-03-15"])
    >>> event_dates(pd.DataFrame({"date": days[:1], "end_date": days[1:]}, index=["E"]))["date"].dt.day.tolist()
    [14, 15]
    """
    if "end_date" not in events:
        return events
    length = (events["end_date"].fillna(events["date"]) - events["date"]).dt.days.clip(lower=0).fillna(0).astype(int)
    each = events.loc[events.index.repeat(length + 1)]
    ahead = each.groupby(level=0).cumcount()
    return each.assign(date=each["date"] + pd.to_timedelta(ahead, unit="D"))


def event_days(events: pd.DataFrame) -> pd.Series:
    """Number of days of service of each event, 1 where it is not said.

    Examples
    --------
    >>> event_days(pd.DataFrame({"days": [2, None]})).tolist()
    [2.0, 1.0]
    """
    if "days" not in events:
        return pd.Series(1.0, index=events.index)
    return events["days"].astype(float).fillna(1.0)


def event_capacity(events: pd.DataFrame, sites: pd.DataFrame, *, settings: Settings) -> pd.Series:
    """People that each event can serve on all its days together.

    The event's own capacity; else that of its place, people a day, times its days; else booths times days times
    `settings.popup_booth_capacity`; else `settings.popup_capacity` times its days.

    Parameters
    ----------
    events
        Index `event_id`; `site_id` and, where known, `capacity` (people), `days`, `booths`.
    sites
        Index `site_id`; where known `capacity` (people a day).
    settings
        For what is assumed where nothing is written.

    Returns
    -------
    Series
        People, index of `events`, name 'capacity'.

    Examples
    --------
    >>> sites = pd.DataFrame({"capacity": [50.0, None]}, index=["A", "B"])
    >>> events = pd.DataFrame({"site_id": ["A", "A", "B", "B"], "capacity": [70.0, None, None, None],
    ...                        "days": [1, 2, 2, 1], "booths": [9.0, 9.0, 3.0, None]})
    >>> event_capacity(events, sites, settings=Settings()).tolist()
    [70.0, 100.0, 240.0, 120.0]
    """
    nothing = pd.Series(float("nan"), index=events.index)
    days = event_days(events)
    own = events["capacity"].astype(float) if "capacity" in events else nothing
    place = events["site_id"].map(sites["capacity"]).astype(float) if "capacity" in sites else nothing
    booths = events["booths"].astype(float) if "booths" in events else nothing
    a_day = place.fillna(booths * settings.popup_booth_capacity).fillna(settings.popup_capacity)
    return own.fillna(a_day * days).rename("capacity")
