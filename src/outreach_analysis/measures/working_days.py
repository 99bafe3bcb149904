"""From where people come mainly when it is not a working day: an association, by area and by distance."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people, round_totals, rounding_interval
from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.measures.audience import nearest_fixed
from outreach_analysis.measures.shares import FEWEST_BASES, wilson
from outreach_analysis.settings import Settings

DAYS_OFF = ("weekend", "holiday")
WAYS = ("day_off", "workday", "office")
"""Ways to be served: a pop-up on a weekend or holiday, a pop-up on a workday, the office (on workdays)."""

FEWEST_ON_A_DAY_OFF = 10
"""People: of fewer it is not said that they come mainly on days off."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkingDaysResult:
    """People served by the kind of day, area by area and by distance.

    Attributes
    ----------
    by_area
        Index as the areas given. Columns: `way` (to the nearest fixed service point, km or minutes), `day_off`,
        `workday`, `office`, `of` (people), `share` (of those served who came on a day off), `ci_low`, `ci_high`, and
        `mainly_day_off`: whether at least 10 came on a day off (four rounding bases where rounded) and all of that
        interval lies above the share over all areas.
    by_distance
        Index `up_to` (inclusive; inf beyond the last edge). The same columns without `way`.
    overall
        One row with the same columns over all areas.
    n_day_off, n_workday
        Pop-ups held on days off and on workdays: what people could choose from.
    first_month, last_month
        Whole months that are compared.
    with_office
        Whether office applicants are known; without them the shares are among pop-ups alone.
    level
        Of the intervals.
    """

    by_area: pd.DataFrame
    by_distance: pd.DataFrame
    overall: pd.Series
    n_day_off: int
    n_workday: int
    first_month: pd.Timestamp
    last_month: pd.Timestamp
    with_office: bool
    level: float

    def summary(self) -> pd.DataFrame:
        """Share served on days off by distance and overall: `estimate, ci_low, ci_high, unit`."""
        rows = pd.concat([self.by_distance, self.overall.to_frame("all").T])
        table = rows[["share", "ci_low", "ci_high"]].astype(float).rename(columns={"share": "estimate"})
        return table.assign(unit="share served on a day off (association)").rename_axis("up_to")

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.3f}".format)


def working_days(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    office: pd.DataFrame | None = None,
    settings: Settings,
    level: float = 0.9,
    rounding_base: int = 1,
) -> WorkingDaysResult:
    """Share of the people served of each area who came on a weekend or holiday, against workdays and the office.

    Counted in whole months that have office data (without any: in all months with pop-ups). What people came to also
    depends on which pop-ups were held near them, so this is no answer to what a weekend would bring.

    Parameters
    ----------
    counts
        Columns `event_id, area_id, applicants` (people).
    areas
        Index `area_id`.
    events
        Index `event_id`; columns `site_id`, `date`, `status`, `day_kind`.
    sites, costs
        As for `audience`.
    office
        Columns `month`, `area_id`, `applicants`; None: not known.
    settings
        Edges of distance, day of the question.
    level
        Of the (Wilson) intervals, in (0, 1).
    rounding_base
        Base to which numbers of people are rounded before shares are made of them; 1 leaves them exact.

    Returns
    -------
    WorkingDaysResult

    Raises
    ------
    ValueError
        Where no event was held in those months.

    Examples
    --------
    >>> areas = pd.DataFrame(index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["office", "mall"]}, index=["o", "m"])
    >>> costs = pd.DataFrame({"area_id": ["a", "a"], "site_id": ["o", "m"], "km": [4.0, 2.0]})
    >>> events = pd.DataFrame({"site_id": "m", "date": pd.to_datetime(["2026-05-02"]), "status": "held",
    ...                        "day_kind": "weekend"}, index=["e"])
    >>> counts = pd.DataFrame({"event_id": ["e"], "area_id": ["a"], "applicants": [30]})
    >>> office = pd.DataFrame({"month": pd.to_datetime(["2026-05-01"]), "area_id": ["a"], "applicants": [70]})
    >>> working_days(counts, areas, events, sites, costs, office=office, settings=Settings()).overall["share"]
    np.float64(0.3)
    """
    held = held_popups(events)
    month = held["date"].dt.to_period("M").dt.to_timestamp()
    known = office is not None and len(office) > 0
    months = office["month"] if office is not None and known else month
    within = month.between(months.min(), months.max())
    if not within.any():
        raise RequestError("no event was held in the months that are known")
    held = held[within]
    day_off = held.index[held["day_kind"].isin(DAYS_OFF)]
    workday = held.index[held["day_kind"] == "workday"]
    people = pd.DataFrame(0, index=areas.index, columns=list(WAYS))
    for kind, chosen in (("day_off", day_off), ("workday", workday)):
        came = counts[counts["event_id"].isin(chosen)].groupby("area_id")["applicants"].sum()
        people[kind] = came.reindex(areas.index, fill_value=0).astype("int64")
    if office is not None and known:
        people["office"] = (
            office.groupby("area_id")["applicants"].sum().reindex(areas.index, fill_value=0).astype("int64")
        )
    way = nearest_fixed(areas, sites, events, costs, settings=settings)
    edges = [*sorted(settings.shown_thresholds), np.inf]
    band = pd.Series(np.asarray(edges)[np.searchsorted(edges, way.fillna(np.inf))], index=areas.index)
    by_distance = people.groupby(band).sum().reindex(edges, fill_value=0).rename_axis("up_to")
    together = people.sum().to_frame("all").T
    overall = _shares(together, average=None, level=level, base=rounding_base).iloc[0]
    average = float(overall["share"])
    by_area = _shares(people, average=average, level=level, base=rounding_base)
    by_area.insert(0, "way", way)
    return WorkingDaysResult(
        by_area=by_area,
        by_distance=_shares(by_distance, average=average, level=level, base=rounding_base),
        overall=overall,
        n_day_off=len(day_off),
        n_workday=len(workday),
        first_month=pd.Timestamp(months.min()),
        last_month=pd.Timestamp(months.max()),
        with_office=known,
        level=level,
    )


def _shares(people: pd.DataFrame, *, average: float | None, level: float, base: int) -> pd.DataFrame:
    """People by way as told, their total, and the share served on a day off."""
    exact = people.to_numpy(np.int64)
    cells = np.asarray(round_people(exact, base=base))
    totals = cells.sum(axis=1)
    if base > 1:
        low, high = rounding_interval(cells, base=base)
        totals = round_totals(exact.sum(axis=1), low.sum(axis=1), high.sum(axis=1), base=base)
    shown = totals >= (FEWEST_BASES * base if base > 1 else 1)
    of = np.where(shown, totals, np.nan)
    share = np.minimum(cells[:, 0] / of, 1.0)
    ends = wilson(share, of, level=level)
    table = pd.DataFrame(cells, index=people.index, columns=people.columns)
    table = table.assign(of=totals, share=share, ci_low=ends[0], ci_high=ends[1])
    several = cells[:, 0] >= max(FEWEST_ON_A_DAY_OFF, FEWEST_BASES * base if base > 1 else 0)
    return table.assign(mainly_day_off=False if average is None else (table["ci_low"] > average) & several)
