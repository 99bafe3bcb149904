"""Who is not reached yet: demand by the benchmark of well-served areas, less what was served."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.disclosure import round_people
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import popups_that_took_place
from outreach_analysis.measures.attendance import poorly_placed
from outreach_analysis.measures.small_numbers import margins_of
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NeedResult(Shown):
    """Unmet need by area over the window.

    Attributes
    ----------
    by_area
        Index as the areas given. `name`, `parent_id`, `in_jurisdiction`, `residents`, `demand`, `served`,
        `served_office`, `served_popup` and `need` (people over the window).
    benchmark, benchmark_low, benchmark_high
        Served people per resident a year that counts as well served; at 10 percentiles less and more, since much hangs
        on that choice.
    served_total
        People served in the jurisdiction, rounded on their own, never summed from rounded parts.
    left_out
        People served in the window whose area is not among the areas given, by area_id (known to kabupaten only).
    source
        `office and pop-ups` or `pop-ups only`: what `served` counts.
    window_start, as_of
        The window: window_start < day <= as_of.
    poorly_placed
        Events of the window of whose applicants too few are placed: they count as served nowhere (`poorly_placed`).
    """

    main = "by_area"

    by_area: pd.DataFrame
    benchmark: float
    benchmark_low: float
    benchmark_high: float
    served_total: float
    left_out: pd.Series
    source: str
    window_start: dt.date
    as_of: dt.date
    settings: Settings
    poorly_placed: tuple[str, ...] = ()

    @property
    def has_office_figures(self) -> bool:
        """Whether office figures are among what was served: without them nothing may be said about need."""
        return self.source == "office and pop-ups"

    @property
    def office_share(self) -> pd.Series | None:
        """Index `area_id`: the office's share of demand, >= 0; NaN without demand. None without office data."""
        if not self.has_office_figures:
            return None
        demand = self.by_area["demand"]
        return (self.by_area["served_office"] / demand.where(demand > 0)).rename("office_share")

    def summary(self) -> pd.DataFrame:
        """Demand, served and need over the jurisdiction: `estimate, ci_low, ci_high, unit`.

        The range of demand and need is that of a lower and a higher benchmark; people served are counted, so
        theirs is no wider than the count.
        """
        inside = self.by_area[self.by_area["in_jurisdiction"]]
        benchmarks = (self.benchmark, self.benchmark_low, self.benchmark_high)
        demands = [inside["residents"] * benchmark * self.settings.window_months / 12 for benchmark in benchmarks]
        rows = {
            "demand": [float(demand.sum()) for demand in demands],
            "served": [self.served_total] * len(benchmarks),
            "need": [float((demand - inside["served"]).clip(lower=0).sum()) for demand in demands],
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high"])
        return frame.assign(unit=f"people in {self.settings.window_months} months")


def unmet_need(
    *,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    office: pd.DataFrame | None,
    placed_share: pd.Series | None = None,
    settings: Settings,
    rounding_base: int = 1,
) -> NeedResult:
    """People who would have been served, had every area been served as the well-served ones are.

    demand_i = residents x benchmark x window; need_i = max(demand_i - served_i, 0), in people over the window.
    The benchmark is a percentile (`settings.benchmark_percentile`), over areas in the jurisdiction with at
    least `settings.benchmark_min_population` residents (over all inhabited ones where none is that large), of
    served people per resident a year. It is descriptive: for equity and maps, and no part of what a pop-up adds.

    Parameters
    ----------
    areas, events, counts
        As in the data contract. Held events with window start < date <= as_of count.
    office
        `office_monthly`. The last `window_months` months that were over by the end of as_of count; of these the monthly
        mean of those on record stands for the rest. None of them on record is the same as None, no office data: then
        need is not told.
    placed_share
        By event, from `placed_share_by_event`; None where it is not known.
    settings
        `as_of` None means the date of the last held event.
    rounding_base
        Base to which people served are rounded before anything is derived from them; 1 leaves them exact. People
        at fixed points are rounded as recorded, before missing months are filled in.

    Returns
    -------
    NeedResult
        Areas outside the jurisdiction are computed but never summed.

    Raises
    ------
    RequestError
        Where there is no as_of and no held event to take it from, or no area is in the jurisdiction.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": list("AB"), "parent_id": "K", "population": 10_000, "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> office = pd.DataFrame({"month": pd.to_datetime(["2026-10-01"] * 2), "area_id": ["a", "b"],
    ...                        "applicants": [10, 1]})
    >>> none = pd.DataFrame({"event_id": [], "area_id": [], "applicants": []})
    >>> no_events = pd.DataFrame({"site_id": [], "date": pd.to_datetime([]), "status": []})
    >>> settings = Settings(as_of=dt.date(2026, 10, 31))
    >>> need = unmet_need(areas=areas, events=no_events, counts=none, office=office, settings=settings)
    >>> need.by_area["need"].round(1).tolist()
    [0.0, 86.4]
    """
    needs = {"areas": ("name", "population", "parent_id", "in_jurisdiction"), "events": ("date", "status")}
    areas, events, counts = checked_frames(areas=areas, events=events, counts=counts, needs=needs)
    if office is not None:
        areas, office = checked_frames(areas=areas, office_monthly=office)
    as_of = settings.as_of or _last_held(events)
    inside = areas["in_jurisdiction"].astype(bool)
    if not inside.any():
        raise RequestError.in_words("no area is in the jurisdiction; check [areas] jurisdiction in outreach.toml")
    start = pd.Timestamp(as_of) - pd.DateOffset(months=settings.window_months)
    took = popups_that_took_place(events)
    held = took[(took["date"] > start) & (took["date"] <= pd.Timestamp(as_of))]
    popups = _Served.of(counts[counts["event_id"].isin(held.index)], areas, scale=1.0, base=rounding_base)
    at_office, scale = _at_office(office, as_of=pd.Timestamp(as_of), months=settings.window_months)
    offices = _Served.of(at_office, areas, scale=scale, base=rounding_base)
    served = popups.by_area + offices.by_area
    years = settings.window_months / 12
    residents = areas["population"].astype(float)
    large = inside & (residents >= settings.benchmark_min_population)
    rates = (served / residents / years)[large if large.any() else inside & (residents > 0)]
    low, benchmark, high = (
        float(np.percentile(rates, np.clip(settings.benchmark_percentile + step, 0, 100))) if len(rates) else 0.0
        for step in (-10, 0, 10)
    )
    demand = residents * benchmark * years
    by_area = areas[["name", "parent_id"]].assign(
        in_jurisdiction=inside,
        residents=areas["population"],
        demand=demand,
        served=served,
        served_office=offices.by_area,
        served_popup=popups.by_area,
        need=(demand - served).clip(lower=0),
    )
    return NeedResult(
        by_area=by_area,
        benchmark=benchmark,
        benchmark_low=low,
        benchmark_high=high,
        served_total=popups.total + offices.total,
        left_out=popups.left_out.add(offices.left_out, fill_value=0.0),
        source="pop-ups only" if at_office.empty else "office and pop-ups",
        window_start=start.date(),
        as_of=as_of,
        settings=settings,
        poorly_placed=tuple(event_id for event_id in poorly_placed(placed_share) if start < events["date"][event_id]),
    )


def _last_held(events: pd.DataFrame) -> dt.date:
    held = events.loc[events["status"] == "held", "date"]
    if held.empty:
        raise RequestError("settings.as_of is not set and no event was held to take it from")
    return pd.Timestamp(held.max()).date()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Served:
    """People served in one way: by area, over the jurisdiction, and those of no area given; all rounded."""

    by_area: pd.Series
    total: float
    left_out: pd.Series

    @classmethod
    def of(cls, people: pd.DataFrame, areas: pd.DataFrame, *, scale: float, base: int) -> _Served:
        """People (columns area_id, applicants), rounded as they were recorded, then scaled to the window."""
        margins = margins_of(people, areas, kabupaten_published=False, rounding_base=base)
        inside = people["area_id"].isin(areas.index[areas["in_jurisdiction"].astype(bool)])
        strangers = people[~people["area_id"].isin(areas.index)].groupby("area_id")["applicants"].sum()
        return cls(
            by_area=margins.by_area["published"] * scale,
            total=float(margins.round_sums(people, inside.to_numpy()[None])[0] * scale),
            left_out=round_people(strangers[strangers > 0], base=base) * scale,
        )


def _at_office(office: pd.DataFrame | None, *, as_of: pd.Timestamp, months: int) -> tuple[pd.DataFrame, float]:
    """People at fixed points in the months of the window on record, and what makes them those of the whole window."""
    nobody = pd.DataFrame({"area_id": pd.Series(dtype="str"), "applicants": pd.Series(dtype=int)})
    if office is None:
        return nobody, 1.0
    # A month that is not over yet would pull the mean down.
    end = (as_of + pd.Timedelta(days=1)).to_period("M").to_timestamp()
    recent = office[(office["month"] < end) & (office["month"] >= end - pd.DateOffset(months=months))]
    if recent.empty:
        return nobody, 1.0
    return recent.groupby("area_id")["applicants"].sum().reset_index(), months / recent["month"].nunique()
