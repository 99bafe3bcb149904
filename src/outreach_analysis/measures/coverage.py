"""Who lives near a service point, and who would with one more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverageResult:
    """Residents within a threshold of a service point.

    Attributes
    ----------
    by_area
        Index as the areas given. Columns: `name`, `parent_id`, `in_jurisdiction`, `residents`, `nearest_site`,
        `distance` (km or minutes, to the nearest service point), `covered` (bool), `covered_by` (`fixed`,
        `popup`, `none`; an area within reach of both counts as fixed).
    threshold, unit
        The threshold, inclusive, and its unit (`km` or `minutes`).
    service_points
        Index `site_id`, value `fixed` or `popup`.
    """

    by_area: pd.DataFrame
    threshold: float
    unit: str
    service_points: pd.Series

    @property
    def share(self) -> float:
        """Share of the jurisdiction's residents within the threshold, in [0, 1]; NaN where nobody lives."""
        return float(self.summary()["estimate"]["covered"])

    def summary(self) -> pd.DataFrame:
        """Shares of the jurisdiction's residents: covered, by fixed points, by pop-ups only, by nothing.

        Columns `estimate, people, unit`. These are shares of a count of all residents, not of a sample, so there
        is no sampling interval; how they hang on the threshold is the uncertainty that matters. Where nobody lives
        in the jurisdiction the estimates are NaN and the unit says so.
        """
        inside = self.by_area[self.by_area["in_jurisdiction"]]
        people = inside.groupby("covered_by")["residents"].sum().reindex(["fixed", "popup", "none"], fill_value=0)
        people = pd.concat([pd.Series({"covered": people["fixed"] + people["popup"]}), people])
        residents = inside["residents"].sum()
        estimate = people / residents if residents else people * np.nan
        unit = "share of residents" if residents else "no residents in the jurisdiction"
        return pd.DataFrame({"estimate": estimate, "people": people, "unit": unit})

    def _repr_html_(self) -> str:
        return self.by_area.to_html(max_rows=12, float_format="{:.1f}".format)


def coverage(
    costs: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    threshold_km: float | None = None,
    threshold_minutes: float | None = None,
    service_points: pd.Series | Iterable[str],
) -> CoverageResult:
    """Residents within a distance or a travel time of a service point.

    An area is covered when its demand point is within the threshold, INCLUSIVE (<=), of at least one service
    point; then all its residents count. Share in [0, 1]; NaN where no residents. Widening the threshold or
    adding a point never lowers coverage.

    Parameters
    ----------
    costs
        Columns `area_id, site_id, km, minutes`. A pair that is absent or NaN cannot be travelled.
    areas
        Index `area_id`; columns `name`, `population`, `parent_id`, `in_jurisdiction`.
    threshold_km, threshold_minutes
        Exactly one of them, >= 0.
    service_points
        Site ids, or a Series with index `site_id` and values `fixed` or `popup` (see `service_points_on`).
        Plain ids count as fixed; an id that stands there twice counts once, as fixed where one of them is.

    Returns
    -------
    CoverageResult

    Raises
    ------
    ValueError
        Where not exactly one threshold is given, it is negative or NaN, or a service point has no costs or is
        neither `fixed` nor `popup`.

    References
    ----------
    Church and ReVelle (1974), Papers of the Regional Science Association 32, 101-118 (covering within a
    service radius).

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "OFFICE", "km": [30.0, 30.1], "minutes": [45, 46]})
    >>> coverage(costs, areas, threshold_km=30, service_points=["OFFICE"]).share
    0.75
    """
    threshold, unit = _one_threshold(threshold_km, threshold_minutes)
    points = _as_points(service_points, costs)
    near = _nearest(costs, areas.index, points, unit)
    within = {kind: near[kind] <= threshold for kind in ("fixed", "popup")}
    covered_by = np.select([within["fixed"], within["popup"]], ["fixed", "popup"], "none")
    by_area = pd.DataFrame(
        {
            "name": areas["name"],
            "parent_id": areas["parent_id"],
            "in_jurisdiction": areas["in_jurisdiction"],
            "residents": areas["population"],
            "nearest_site": near["site_id"],
            "distance": near["distance"],
            "covered": covered_by != "none",
            "covered_by": covered_by,
        },
        index=areas.index,
    )
    return CoverageResult(by_area=by_area, threshold=threshold, unit=unit, service_points=points)


def coverage_at_thresholds(
    costs: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    thresholds_km: Iterable[float] | None = None,
    thresholds_minutes: Iterable[float] | None = None,
    service_points: pd.Series | Iterable[str],
) -> dict[float, CoverageResult]:
    """`coverage` at each of several distances or travel times: how much hangs on the choice.

    Parameters
    ----------
    costs, areas, service_points
        As in `coverage`.
    thresholds_km, thresholds_minutes
        Exactly one of them: distances (km) or times (minutes), >= 0, inclusive.

    Returns
    -------
    dict
        `CoverageResult` by threshold, nearest first; never lower at a wider one.

    Raises
    ------
    ValueError
        As in `coverage`.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "OFFICE", "km": [10.0, 50.0]})
    >>> at = coverage_at_thresholds(costs, areas, thresholds_km=(60, 15), service_points=["OFFICE"])
    >>> {km: result.share for km, result in at.items()}
    {15.0: 0.75, 60.0: 1.0}
    """
    points = service_points if isinstance(service_points, pd.Series) else list(service_points)
    if (thresholds_km is None) == (thresholds_minutes is None):
        raise RequestError("give exactly one of thresholds_km and thresholds_minutes")
    if thresholds_km is not None:
        wanted = sorted({float(km) for km in thresholds_km})
        return {km: coverage(costs, areas, threshold_km=km, service_points=points) for km in wanted}
    times = sorted({float(minutes) for minutes in thresholds_minutes or ()})
    return {time: coverage(costs, areas, threshold_minutes=time, service_points=points) for time in times}


def incremental_coverage(
    costs: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    threshold_km: float | None = None,
    threshold_minutes: float | None = None,
    service_points: pd.Series | Iterable[str],
    candidates: Iterable[str],
) -> pd.DataFrame:
    """Residents whom each candidate alone would bring within the threshold, given what exists.

    Over the jurisdiction; those outside are in a column of their own. The boundary is inclusive, as in
    `coverage`. No sampling interval: residents are counted, not sampled.

    Parameters
    ----------
    costs, areas, threshold_km, threshold_minutes, service_points
        As in `coverage`.
    candidates
        Site ids to add, one at a time.

    Returns
    -------
    DataFrame
        Index `site_id` in the order of `candidates`; `new_residents`, `new_residents_outside` (people), and
        `share_gained` (of the jurisdiction's residents, in [0, 1]).

    Raises
    ------
    ValueError
        As in `coverage`, and where a candidate has no costs.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"] * 2, "site_id": ["O", "O", "C", "C"], "km": [1.0, 50, 50, 2]})
    >>> incremental_coverage(costs, areas, threshold_km=30, service_points=["O"], candidates=["C"])["share_gained"]
    site_id
    C    0.25
    Name: share_gained, dtype: float64
    """
    today = coverage(
        costs,
        areas,
        threshold_km=threshold_km,
        threshold_minutes=threshold_minutes,
        service_points=service_points,
    )
    candidates = pd.Index(list(candidates), name="site_id", dtype="str")
    _refuse_without_costs(candidates, costs)
    missing = today.by_area.loc[~today.by_area["covered"]]
    reach = costs[costs["site_id"].isin(candidates) & (costs[today.unit] <= today.threshold)]
    reach = reach[["area_id", "site_id"]].drop_duplicates()
    gained = reach.join(missing[["residents", "in_jurisdiction"]], on="area_id", how="inner")
    sums = gained.groupby(["site_id", "in_jurisdiction"])["residents"].sum().unstack(fill_value=0)
    sums = sums.reindex(index=candidates, columns=[True, False], fill_value=0)
    residents = areas.loc[areas["in_jurisdiction"].astype(bool), "population"].sum()
    return pd.DataFrame(
        {
            "new_residents": sums[True],
            "new_residents_outside": sums[False],
            "share_gained": sums[True] / residents if residents else np.nan,
        },
        index=candidates,
    )


def service_points_on(sites: pd.DataFrame, events: pd.DataFrame, *, as_of: dt.date, settings: Settings) -> pd.Series:
    """Service points that count on a day: fixed ones that are open, and places of recent pop-ups.

    Fixed are offices, public-service malls and units (`office, mpp, ukk, other_office`) with
    opened <= as_of < closed (blank dates: always). A pop-up counts when one was held there within the window,
    as_of minus `settings.window_months` < date <= as_of. A place that is both is fixed.

    Parameters
    ----------
    sites
        Index `site_id`; columns `kind`, `opened`, `closed`.
    events
        Index `event_id`; columns `site_id`, `date`, `status`.
    as_of
        The day the question is asked.
    settings
        For the window.

    Returns
    -------
    Series
        Index `site_id`, values `fixed` or `popup`, in the order of `sites`.

    Examples
    --------
    >>> sites = pd.DataFrame({"kind": ["office", "mall"], "opened": pd.NaT, "closed": pd.NaT},
    ...                      index=pd.Index(["O", "M"], name="site_id"))
    >>> events = pd.DataFrame({"site_id": "M", "date": pd.to_datetime(["2026-05-02"]), "status": "held"}, index=["E"])
    >>> service_points_on(sites, events, as_of=dt.date(2026, 11, 22), settings=Settings()).to_dict()
    {'O': 'fixed', 'M': 'popup'}
    """
    day = pd.Timestamp(as_of)
    opened = pd.to_datetime(sites["opened"]).fillna(day) <= day
    closed = pd.to_datetime(sites["closed"]) <= day
    fixed = sites["kind"].isin(SITE_KINDS_FIXED) & opened & ~closed
    held = held_popups(events)
    recent = held[(held["date"] <= day) & (held["date"] > day - pd.DateOffset(months=settings.window_months))]
    popup = sites.index.isin(recent["site_id"]) & ~fixed
    kinds = pd.Series(np.select([fixed, popup], ["fixed", "popup"], ""), index=sites.index)
    return kinds[kinds != ""].rename("service_point")


def _one_threshold(km: float | None, minutes: float | None) -> tuple[float, str]:
    given = [(value, unit) for value, unit in ((km, "km"), (minutes, "minutes")) if value is not None]
    if len(given) != 1:
        raise RequestError("give exactly one of threshold_km and threshold_minutes")
    value, unit = given[0]
    if not value >= 0:
        raise RequestError(f"threshold_{unit} {value} is not a number of 0 or more")
    return float(value), unit


def _as_points(service_points: pd.Series | Iterable[str], costs: pd.DataFrame) -> pd.Series:
    if not isinstance(service_points, pd.Series):
        service_points = pd.Series("fixed", index=pd.Index(list(service_points), dtype="str"))
    unknown = sorted(set(map(str, service_points)) - {"fixed", "popup"})
    if unknown:
        raise RequestError(f"service points are fixed or popup, not: {', '.join(unknown)}")
    _refuse_without_costs(service_points.index, costs)
    fixed_first = service_points.sort_values(kind="stable")
    once = fixed_first[~fixed_first.index.duplicated()].reindex(service_points.index.unique())
    return once.rename_axis("site_id")


def _refuse_without_costs(site_ids: pd.Index, costs: pd.DataFrame) -> None:
    absent = site_ids[~site_ids.isin(costs["site_id"].unique())]
    if len(absent):
        raise RequestError(f"no travel costs to: {', '.join(absent)}")


def _nearest(costs: pd.DataFrame, areas: pd.Index, points: pd.Series, unit: str) -> pd.DataFrame:
    """Distance to the nearest fixed point and pop-up, and the nearest point of all with its distance."""
    there = costs.loc[costs["site_id"].isin(points.index), ["area_id", "site_id", unit]]
    there = there[there[unit] < np.inf]
    there = there.assign(kind=there["site_id"].map(points)).sort_values([unit, "site_id"], kind="stable")
    by_kind = there.groupby(["area_id", "kind"])[unit].min().unstack()
    first = there.drop_duplicates("area_id").set_index("area_id")
    near = by_kind.reindex(index=areas, columns=["fixed", "popup"]).astype(float)
    return near.assign(site_id=first["site_id"].reindex(areas), distance=first[unit].reindex(areas).astype(float))
