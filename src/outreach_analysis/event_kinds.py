"""Which events count, which are pop-ups, which say what a pop-up brings, their days, and how many they can serve."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.settings import Settings


def took_place(events: pd.DataFrame) -> pd.Series:
    """Whether people may have been served: held, or broken off by a technical fault (`failed`)."""
    return events["status"].isin(("held", "failed"))


def is_popup(events: pd.DataFrame) -> pd.Series:
    """Whether an event is a pop-up: an opening at the office (`programme` office) is none."""
    if "programme" not in events:
        return pd.Series(True, index=events.index)
    return events["programme"] != "office"


def popups_that_took_place(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups whose people count: held, or broken off. Those of an opening at the office are the office's."""
    return events[took_place(events) & is_popup(events)]


def held_popups(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups that were held as they were meant to be: those that say what a pop-up brings."""
    return events[(events["status"] == "held") & is_popup(events)]


def planned_popups(events: pd.DataFrame) -> pd.DataFrame:
    """Pop-ups that are announced; an opening at the office draws nobody away from one."""
    return events[(events["status"] == "planned") & is_popup(events)]


def event_dates(events: pd.DataFrame) -> pd.DataFrame:
    """Every date from an event's first to its last, one row each, with the event's columns and index."""
    if "end_date" not in events:
        return events
    length = (events["end_date"].fillna(events["date"]) - events["date"]).dt.days.clip(lower=0).fillna(0).astype(int)
    each = events.loc[events.index.repeat(length + 1)]
    ahead = each.groupby(level=0).cumcount()
    return each.assign(date=each["date"] + pd.to_timedelta(ahead, unit="D"))


def event_days(events: pd.DataFrame) -> pd.Series:
    """Number of days of service of each event, 1 where it is not said."""
    if "days" not in events:
        return pd.Series(1.0, index=events.index)
    return events["days"].astype(float).fillna(1.0)


def event_capacity(events: pd.DataFrame, sites: pd.DataFrame, *, settings: Settings) -> pd.Series:
    """People that each event can serve on all its days: its own capacity; else, times its days, its place's (people a
    day), its booths times `settings.popup_booth_capacity`, or `settings.popup_capacity`."""
    nothing = pd.Series(float("nan"), index=events.index)
    days = event_days(events)
    own = events["capacity"].astype(float) if "capacity" in events else nothing
    place = events["site_id"].map(sites["capacity"]).astype(float) if "capacity" in sites else nothing
    booths = events["booths"].astype(float) if "booths" in events else nothing
    a_day = place.fillna(booths * settings.popup_booth_capacity).fillna(settings.popup_capacity)
    return own.fillna(a_day * days).rename("capacity")
