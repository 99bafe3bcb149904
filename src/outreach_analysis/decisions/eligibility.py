"""Which candidate places may be visited at all, and on which days."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import event_dates
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.geography.service_days import free_days_by_place
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.settings import Settings

KINDS_UNDER_INTEREST_RULE = ("kecamatan", "desa")


def exclusions(
    candidates: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    interest: InterestResult | None,
    events: pd.DataFrame,
    free_days: pd.DataFrame,
    scheduled: Sequence[str],
    settings: Settings,
) -> pd.DataFrame:
    """Places that may not be visited next, with the first reason that holds.

    Codes, in the order in which they are asked: `outside_jurisdiction`, `closed` (closed on as_of, or not open
    on any of its days ahead),
    `already_scheduled`, `recently_visited` (a pop-up at the same place less than `settings.revisit_months`
    before as_of), `interest_below` (a kecamatan or desa without MORE than the threshold; only where
    interest was assessed; see `judged_area`), `no_free_day`.

    Parameters
    ----------
    candidates
        Index `site_id`; columns `name`, `kind`, `area_id`, `opened`, `closed`.
    areas
        Index `area_id`; column `in_jurisdiction`.
    interest
        Evidence by area; None or not assessed excludes nobody.
    events
        Columns `site_id`, `date`, `status`.
    free_days
        Columns `site_id`, `day`: from `free_days_by_site`.
    scheduled
        Places of announced events.
    settings
        With `as_of` set.

    Returns
    -------
    DataFrame
        Index `site_id`; `name`, `kind`, `area_id`, `reason`, `value` (date, share or area id; None where the
        code says it all). The number of interested people is not in it: near the rule only the class is told.
    """
    day = _day_of(settings)
    holder = enclosing_area(candidates["area_id"], areas)
    inside = holder.isin(areas.index[areas["in_jurisdiction"].astype(bool)])
    without_day = pd.Series(~candidates.index.isin(free_days["site_id"]), candidates.index)
    opened, closed = pd.to_datetime(candidates["opened"]), pd.to_datetime(candidates["closed"])
    last_day = free_days["day"].max() if len(free_days) else day
    shut = (closed <= day) | (without_day & (closed <= last_day))
    not_yet = without_day & (opened > day)
    held = events[(events["status"] == "held") & (events["date"] <= day)]
    last = pd.to_datetime(held.groupby("site_id")["date"].max().reindex(candidates.index))
    too_soon = last > day - pd.DateOffset(months=settings.revisit_months)
    below = pd.Series(data=False, index=candidates.index)
    if interest is not None and interest.assessed:
        under_rule = candidates["kind"].isin(KINDS_UNDER_INTEREST_RULE)
        below = under_rule & ~interest.of_places(judged_area(candidates, areas))["above_threshold"]
    rules: list[tuple[str, pd.Series, pd.Series | None]] = [
        ("outside_jurisdiction", ~inside, holder),
        ("closed", shut | not_yet, closed.where(shut, opened)),
        ("already_scheduled", pd.Series(candidates.index.isin(scheduled), candidates.index), None),
        ("recently_visited", too_soon, last),
        ("interest_below", below, None),
        ("no_free_day", without_day, None),
    ]
    found = candidates[["name", "kind", "area_id"]].assign(reason=None, value=None)
    found = found.astype({"reason": object, "value": object})
    for code, holds, values in rules:
        new = holds & found["reason"].isna()
        found.loc[new, "reason"] = code
        if values is not None:
            found.loc[new, "value"] = values[new].astype(object)
    return found.loc[found["reason"].notna()]


def judged_area(places: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """The area whose interest speaks for each place: a kecamatan's office stands for the whole kecamatan.

    Its address may name the desa where it is built; the people who ask are those of the kecamatan. Any other
    place is judged by the area it gives.

    Parameters
    ----------
    places
        Index `site_id`; columns `kind`, `area_id`.
    areas
        Index `area_id`: the kecamatan.

    Returns
    -------
    Series
        Area ids with the index of `places`.

    Examples
    --------
    >>> areas = pd.DataFrame(index=["64.02.06"])
    >>> places = pd.DataFrame({"kind": ["kecamatan", "desa"], "area_id": ["64.02.06.2001"] * 2}, index=["K", "D"])
    >>> judged_area(places, areas).to_dict()
    {'K': '64.02.06', 'D': '64.02.06.2001'}
    """
    whole = enclosing_area(places["area_id"], areas)
    return places["area_id"].mask((places["kind"] == "kecamatan") & whole.notna(), whole)


def free_days_by_site(
    candidates: pd.DataFrame, events: pd.DataFrame, service_days: pd.DataFrame, *, settings: Settings
) -> pd.DataFrame:
    """Days `settings.lead_days` ahead or later on which each place is open and the team is not elsewhere.

    Parameters
    ----------
    candidates
        Index `site_id`; column `kind`, and where known `opened`, `closed` (from that day on).
    events
        Columns `date`, `status`, and where known `end_date`: all days of planned events are taken.
    service_days
        Columns `day, kind, reason, estimated, blackout`.
    settings
        Allowed kinds of day by kind of place, and blackout days.

    Returns
    -------
    DataFrame
        Columns `site_id, day, kind, reason, estimated`, by place in the order of `candidates`, then by day.
    """
    taken = event_dates(events[events["status"] == "planned"])["date"]
    ahead = service_days[service_days["day"] >= _day_of(settings) + pd.Timedelta(days=settings.lead_days)]
    return free_days_by_place(ahead, candidates, settings=settings, taken=taken)


def first_days(free_days: pd.DataFrame) -> pd.DataFrame:
    """The day to propose for each place: its first weekend day or holiday, a workday only where it has neither.

    Those who cannot come on working days are why pop-ups are held.

    Parameters
    ----------
    free_days
        From `free_days_by_site`.

    Returns
    -------
    DataFrame
        Index `site_id`; `day, kind, reason, estimated`.
    """
    preferred = free_days.assign(on_workday=free_days["kind"] == "workday")
    preferred = preferred.sort_values(["on_workday", "day"], kind="stable")
    return preferred.drop_duplicates("site_id").set_index("site_id").drop(columns="on_workday")


def proposed_days(free_days: pd.DataFrame, site_ids: pd.Index, *, settings: Settings) -> pd.Series:
    """The day for which each place is judged: the one to propose, or the earliest possible where it has none.

    Parameters
    ----------
    free_days
        From `free_days_by_site`.
    site_ids
        Places.
    settings
        `as_of` and the lead time, for places without a free day (the ranking excludes them).

    Returns
    -------
    Series
        Index `site_id`, in the order of `site_ids`.
    """
    earliest = _day_of(settings) + pd.Timedelta(days=settings.lead_days)
    return first_days(free_days)["day"].reindex(site_ids).fillna(earliest)


def _day_of(settings: Settings) -> pd.Timestamp:
    if settings.as_of is None:
        raise RequestError("settings.as_of is not set: visits and free days count from it")
    return pd.Timestamp(settings.as_of)
