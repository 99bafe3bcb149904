"""Residents within reach of a service point, and how well each area is served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import event_capacity, held_popups
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.shown import Shown

# --- Who lives near a service point, and who would with one more.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CoverageResult(Shown):
    """Residents within a threshold of a service point.

    Attributes
    ----------
    by_area
        Index as the areas given. `name`, `parent_id`, `in_jurisdiction`, `residents`, `nearest_site`, `distance` (to
        it), `covered` (bool), `covered_by` (`fixed`, `popup`, `none`; an area within reach of both counts as fixed).
    threshold, unit
        The threshold, inclusive, and its unit (`km` or `minutes`).
    service_points
        Index `site_id`, value `fixed` or `popup`.
    """

    main = "by_area"

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

        Columns `estimate, people, unit`. Residents are counted and not sampled, so that there is no interval; what
        matters is how the shares hang on the threshold. NaN, as the unit says, where nobody lives in the jurisdiction.
        """
        inside = self.by_area[self.by_area["in_jurisdiction"]]
        people = inside.groupby("covered_by")["residents"].sum().reindex(["fixed", "popup", "none"], fill_value=0)
        people = pd.concat([pd.Series({"covered": people["fixed"] + people["popup"]}), people])
        residents = inside["residents"].sum()
        estimate = people / residents if residents else people * np.nan
        unit = "share of residents" if residents else "no residents in the jurisdiction"
        return pd.DataFrame({"estimate": estimate, "people": people, "unit": unit})


def coverage(
    *,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    threshold_km: float | None = None,
    threshold_minutes: float | None = None,
    service_points: pd.Series | Iterable[str],
) -> CoverageResult:
    """Residents within a distance or a travel time of a service point.

    An area is covered when its demand point is within the threshold, INCLUSIVE (<=), of at least one service
    point; then all its residents count. Share in [0, 1]; NaN where no residents. Widening the threshold or adding a
    point never lowers coverage. After Church and ReVelle (1974), Papers of the Regional Science Association 32.

    Parameters
    ----------
    areas, costs
        As in the data contract. A pair that is absent or NaN cannot be travelled.
    threshold_km, threshold_minutes
        Exactly one of them, >= 0.
    service_points
        Site ids, which count as fixed, or a Series `fixed` or `popup` by site id (see `service_points_on`); one that
        stands there twice counts once, as fixed where one of them is.

    Raises
    ------
    RequestError
        Where not exactly one threshold is given, it is negative or NaN, or a service point has no costs or is
        neither `fixed` nor `popup`.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "OFFICE", "km": [30.0, 30.1], "minutes": [45, 46]})
    >>> coverage(areas=areas, costs=costs, threshold_km=30, service_points=["OFFICE"]).share
    0.75
    """
    threshold, unit = _one_threshold(threshold_km, threshold_minutes)
    needs = {"areas": ("name", "population", "parent_id", "in_jurisdiction"), "costs": (unit,)}
    areas, costs = checked_frames(areas=areas, costs=costs, needs=needs)
    points = _as_points(service_points, costs)
    near = _nearest(costs, areas.index, points, unit)
    within = {kind: near[kind] <= threshold for kind in ("fixed", "popup")}
    covered_by = np.select([within["fixed"], within["popup"]], ["fixed", "popup"], "none")
    by_area = areas[["name", "parent_id", "in_jurisdiction"]].assign(
        residents=areas["population"],
        nearest_site=near["site_id"],
        distance=near["distance"],
        covered=covered_by != "none",
        covered_by=covered_by,
    )
    return CoverageResult(by_area=by_area, threshold=threshold, unit=unit, service_points=points)


def coverage_at_thresholds(
    *,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    thresholds_km: Iterable[float] | None = None,
    thresholds_minutes: Iterable[float] | None = None,
    service_points: pd.Series | Iterable[str],
) -> dict[float, CoverageResult]:
    """`coverage` at each of several distances or travel times, nearest first: how much hangs on the choice. Never lower
    at a wider one; parameters and errors as there.

    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "OFFICE", "km": [10.0, 50.0]})
    >>> at = coverage_at_thresholds(areas=areas, costs=costs, thresholds_km=(60, 15), service_points=["OFFICE"])
    >>> {km: result.share for km, result in at.items()}
    {15.0: 0.75, 60.0: 1.0}
    """
    points = service_points if isinstance(service_points, pd.Series) else list(service_points)
    named = {"threshold_km": thresholds_km, "threshold_minutes": thresholds_minutes}
    asked = [(name, thresholds) for name, thresholds in named.items() if thresholds is not None]
    if len(asked) != 1:
        raise RequestError("give exactly one of thresholds_km and thresholds_minutes")
    [(name, thresholds)] = asked
    return {
        at: coverage(areas=areas, costs=costs, service_points=points, **{name: at})
        for at in sorted({float(threshold) for threshold in thresholds})
    }


def incremental_coverage(
    *,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    threshold_km: float | None = None,
    threshold_minutes: float | None = None,
    service_points: pd.Series | Iterable[str],
    candidates: Iterable[str],
) -> pd.DataFrame:
    """Residents whom each candidate alone would bring within the threshold, given what exists.

    Parameters, boundary rule and errors are those of `coverage`; `candidates` are site ids to add, one at a time, each
    with costs. Index `site_id` in their order; `new_residents` (of the jurisdiction), `new_residents_outside` (people),
    and `share_gained` (of the jurisdiction's residents, in [0, 1]).

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [300, 100], "parent_id": "K", "in_jurisdiction": True},
    ...                      index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b"] * 2, "site_id": ["O", "O", "C", "C"], "km": [1.0, 50, 50, 2]})
    >>> new = incremental_coverage(areas=areas, costs=costs, threshold_km=30, service_points=["O"], candidates=["C"])
    >>> new["share_gained"].to_dict()
    {'C': 0.25}
    """
    limit, unit = _one_threshold(threshold_km, threshold_minutes)
    today = coverage(areas=areas, costs=costs, service_points=service_points, **{f"threshold_{unit}": limit})
    candidates = pd.Index(list(candidates), name="site_id", dtype="str")
    _refuse_without_costs(candidates, costs)
    missing = today.by_area.loc[~today.by_area["covered"]]
    reach = costs[costs["site_id"].isin(candidates) & (costs[unit] <= limit)]
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


def service_points_on(*, sites: pd.DataFrame, events: pd.DataFrame, as_of: dt.date, settings: Settings) -> pd.Series:
    """Service points that count on a day: fixed ones that are open, and places of recent pop-ups.

    Fixed are offices, public-service malls and units (`office, mpp, ukk, other_office`) with
    opened <= as_of < closed (blank dates: always). A pop-up counts when one was held there within the window,
    as_of minus `settings.window_months` < date <= as_of. A place that is both is fixed. Index `site_id`, values
    `fixed` or `popup`, in the order of `sites`.

    Examples
    --------
    >>> sites = pd.DataFrame({"kind": ["office", "mall"], "opened": pd.NaT, "closed": pd.NaT},
    ...                      index=pd.Index(["O", "M"], name="site_id"))
    >>> events = pd.DataFrame({"site_id": "M", "date": pd.to_datetime(["2026-05-02"]), "status": "held"}, index=["E"])
    >>> service_points_on(sites=sites, events=events, as_of=dt.date(2026, 11, 22), settings=Settings()).to_dict()
    {'O': 'fixed', 'M': 'popup'}
    """
    day = pd.Timestamp(as_of)
    known = sites.reindex(columns=["opened", "closed"])
    opened = pd.to_datetime(known["opened"]).fillna(day) <= day
    closed = pd.to_datetime(known["closed"]) <= day
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
    # reading all ids takes long, so that it is not done for nobody
    absent = site_ids[~site_ids.isin(costs["site_id"].unique())] if len(site_ids) else site_ids
    if len(absent):
        raise RequestError(f"no travel costs to: {', '.join(map(str, absent))}")


def _nearest(costs: pd.DataFrame, areas: pd.Index, points: pd.Series, unit: str) -> pd.DataFrame:
    """Distance to the nearest fixed point and pop-up, and the nearest point of all with its distance."""
    there = costs.loc[costs["site_id"].isin(points.index), ["area_id", "site_id", unit]]
    there = there[there[unit] < np.inf]
    there = there.assign(kind=there["site_id"].map(points)).sort_values([unit, "site_id"], kind="stable")
    by_kind = there.groupby(["area_id", "kind"])[unit].min().unstack()
    first = there.drop_duplicates("area_id").set_index("area_id")
    near = by_kind.reindex(index=areas, columns=["fixed", "popup"]).astype(float)
    return near.assign(site_id=first["site_id"].reindex(areas), distance=first[unit].reindex(areas).astype(float))


# --- How much service there is for the people near it: places per resident, by two-step floating catchments.


PER_RESIDENTS = 10_000
E2SFCA_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of the inner, middle and outer third of the catchment (Luo and Qi 2009, the slower decay)."""

Weights: TypeAlias = Mapping[float, float] | Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AccessibilityResult(Shown):
    """Places within reach per resident, area by area.

    Attributes
    ----------
    by_area
        Index as the areas given. `name`, `in_jurisdiction`, `residents`, `accessibility` (places per resident, >= 0;
        0 where no service point is within reach), `per_10_000` (the same per 10,000 residents).
    by_site
        Index `site_id`: `capacity` (places), `residents` within reach (weighted), `ratio` (places per resident of
        its catchment; NaN where nobody lives within reach).
    threshold, unit
        Edge of the catchments, inclusive, and its unit (`km` or `minutes`).
    """

    main = "by_area"

    by_area: pd.DataFrame
    by_site: pd.DataFrame
    threshold: float
    unit: str

    def summary(self) -> pd.DataFrame:
        """Over the jurisdiction: `estimate, ci_low, ci_high, unit`.

        `mean` (places per 10,000 residents, weighted by residents), `without` (share of residents with none within
        reach), `gini` (of places over residents, in [0, 1]; 0 where all have the same). Counts have no interval, and
        where nobody lives in the jurisdiction all are NaN.
        """
        inside = self.by_area[self.by_area["in_jurisdiction"].astype(bool)]
        people, places = inside["residents"].to_numpy(float), inside["per_10_000"].to_numpy(float)
        residents = people.sum()
        rows = {
            "mean": (people @ places / residents if residents else np.nan, "places per 10,000 residents"),
            "without": (people[places == 0].sum() / residents if residents else np.nan, "share of residents"),
            "gini": (_gini(places, people), "0 equal, 1 all for one"),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "unit"])
        return frame.assign(ci_low=np.nan, ci_high=np.nan)[["estimate", "ci_low", "ci_high", "unit"]]


def accessibility(
    *,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    capacity: pd.Series,
    threshold_km: float | None = None,
    threshold_minutes: float | None = None,
    weights: Weights | None = None,
) -> AccessibilityResult:
    """Places within reach per resident, by the two-step floating catchment area method (2SFCA).

    Step 1: each service point's capacity is divided by the residents within the threshold of it. Step 2: each area
    sums these ratios over the points within the threshold. A pair exactly AT the threshold, or at the edge of a
    zone, is within it (<=). With `weights` both steps weigh by distance (enhanced: E2SFCA). Summed over residents
    the result gives back the capacity of all points within reach of anybody.

    Parameters
    ----------
    areas, costs
        As in `coverage`; of areas only `population` is needed.
    capacity
        Places by site_id (people a day, or a year: see `service_capacity`), >= 0; NaN is no capacity.
    threshold_km, threshold_minutes
        Exactly one of them, >= 0.
    weights
        None: 1 within the threshold (2SFCA). Zones, upper edge (inclusive) to weight, such as those of `e2sfca_zones`:
        beyond the last edge or the threshold the weight is 0. Or a function of an array of distances.

    Raises
    ------
    RequestError
        Where not exactly one threshold is given or it is below 0; capacity, population or a weight is below 0; a
        site stands twice in `capacity` or has no costs; or a pair stands twice in the costs.

    References
    ----------
    Luo and Wang (2003), Environment and Planning B 30(6), 865-884 (2SFCA). Luo and Qi (2009), Health & Place
    15(4), 1100-1107 (E2SFCA). The rule at the edge is stated since implementations differ in it.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [100, 300]}, index=pd.Index(["a", "b"], name="area_id"))
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "b"], "site_id": ["S", "S", "T"], "km": [5.0, 30.0, 30.1]})
    >>> result = accessibility(areas=areas, costs=costs, capacity=pd.Series({"S": 20, "T": 50}), threshold_km=30)
    >>> result.by_area["per_10_000"].tolist()
    [500.0, 500.0]
    """
    threshold, unit = _one_threshold(threshold_km, threshold_minutes)
    capacity = _checked_capacity(capacity)
    areas, costs = checked_frames(areas=areas, costs=costs, needs={"areas": ("population",), "costs": (unit,)})
    residents = areas["population"].to_numpy(float)
    reach = _reach(costs, areas.index, capacity.index, threshold=threshold, unit=unit, weights=weights)
    catchment = reach.T @ residents
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(catchment > 0, capacity.to_numpy() / catchment, np.nan)
    places = reach @ np.nan_to_num(ratio)
    by_area = pd.DataFrame(
        {
            "name": areas["name"] if "name" in areas.columns else areas.index.astype(str),
            "in_jurisdiction": areas["in_jurisdiction"] if "in_jurisdiction" in areas.columns else True,
            "residents": areas["population"],
            "accessibility": places,
            "per_10_000": places * PER_RESIDENTS,
        },
        index=areas.index,
    )
    by_site = pd.DataFrame({"capacity": capacity, "residents": catchment, "ratio": ratio}, index=capacity.index)
    return AccessibilityResult(by_area=by_area, by_site=by_site, threshold=threshold, unit=unit)


def e2sfca_zones(threshold: float) -> dict[float, float]:
    """Three zones of equal width with the usual weights 1, 0.68 and 0.22, in the unit of the threshold.

    Examples
    --------
    >>> e2sfca_zones(30)
    {10.0: 1.0, 20.0: 0.68, 30.0: 0.22}
    """
    return {threshold * (n + 1) / 3: weight for n, weight in enumerate(E2SFCA_WEIGHTS)}


def service_capacity(*, sites: pd.DataFrame, events: pd.DataFrame, as_of: dt.date, settings: Settings) -> pd.Series:
    """Places that offices, pop-ups and mobile units offered over the window, by site_id.

    A fixed service point offers its capacity on every workday of the window on which it was open; a pop-up or a
    mobile unit what `event_capacity` says of each time it was held. The window is as_of minus
    `settings.window_months` < day <= as_of; where no capacity is known that of the settings holds. Index `site_id`, in
    the order of `sites`; places > 0.

    Examples
    --------
    >>> sites = pd.DataFrame({"kind": ["mall"], "capacity": [100.0], "opened": pd.NaT, "closed": pd.NaT}, index=["M"])
    >>> days = pd.to_datetime(["2026-05-02", "2026-06-06"])
    >>> events = pd.DataFrame({"site_id": "M", "date": days, "status": "held", "capacity": [np.nan, 80]})
    >>> service_capacity(sites=sites, events=events, as_of=dt.date(2026, 11, 22), settings=Settings()).to_dict()
    {'M': 180.0}
    """
    day = pd.Timestamp(as_of)
    start = day - pd.DateOffset(months=settings.window_months) + pd.Timedelta(days=1)
    points = service_points_on(sites=sites, events=events, as_of=as_of, settings=settings)
    daily = sites["capacity"].astype(float).fillna(settings.popup_capacity)
    calendar = service_days(start.date(), as_of, settings=settings)
    workdays = pd.DatetimeIndex(calendar.loc[calendar["kind"] == "workday", "day"])
    opened, closed = (pd.to_datetime(sites[name]) for name in ("opened", "closed"))
    open_days = [
        int(((workdays >= first) & (workdays < last)).sum())
        for first, last in zip(opened.fillna(start), closed.fillna(day + pd.Timedelta(days=1)), strict=True)
    ]
    fixed = daily * pd.Series(open_days, index=sites.index)
    held = held_popups(events)
    held = held[(held["date"] >= start) & (held["date"] <= day)]
    visits = event_capacity(held, sites, settings=settings).groupby(held["site_id"]).sum()
    offered = fixed.where(points.reindex(sites.index) == "fixed", visits.reindex(sites.index))
    return offered[offered > 0].rename("capacity").rename_axis("site_id")


def _checked_capacity(capacity: pd.Series) -> pd.Series:
    repeated = capacity.index[capacity.index.duplicated()].unique()
    if len(repeated):
        raise RequestError(f"sites twice in capacity: {', '.join(map(str, repeated))}")
    checked = capacity.astype(float).fillna(0.0)
    if (checked < 0).any():
        raise RequestError(f"capacity below 0: {', '.join(map(str, checked.index[checked < 0]))}")
    return checked.rename_axis("site_id")


def _reach(
    costs: pd.DataFrame, areas: pd.Index, sites: pd.Index, *, threshold: float, unit: str, weights: Weights | None
) -> sparse.csr_array:
    """Weights of the pairs within the threshold, areas by sites. Far pairs are dropped before any id is looked up."""
    distance = costs[unit].to_numpy(float)
    near = np.flatnonzero(distance <= threshold)
    distance = distance[near]
    row, column = _positions(costs["area_id"], near, areas), _positions(costs["site_id"], near, sites)
    known = (row >= 0) & (column >= 0)
    row, column, distance = row[known], column[known], distance[known]
    _refuse_without_costs(sites[np.bincount(column, minlength=len(sites)) == 0], costs)
    value = _weights(distance, weights)
    reach = sparse.csr_array((value, (row, column)), shape=(len(areas), len(sites)))
    # pairs that stand twice were added up
    if reach.nnz < len(value):
        raise RequestError("a pair of area_id and site_id stands twice in the costs")
    return reach


def _positions(ids: pd.Series, chosen: np.ndarray, index: pd.Index) -> np.ndarray:
    """Position in an index of the chosen ids, -1 where unknown; each distinct id is looked up once."""
    codes, distinct = pd.factorize(ids.array[chosen])
    return np.asarray(index.get_indexer(pd.Index(distinct))[codes])


def _weights(distance: np.ndarray, weights: Weights | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(distance))
    if callable(weights):
        value = np.asarray(weights(distance), dtype=float)
    else:
        edges = sorted(weights)
        steps = np.array([*(float(weights[edge]) for edge in edges), 0.0])
        # left: a distance equal to an edge belongs to the zone inside it
        value = steps[np.searchsorted(edges, distance, side="left")]
    if value.shape != distance.shape or not (value >= 0).all():
        raise RequestError("weights are not one number of 0 or more for each distance")
    return value


def _gini(values: np.ndarray, people: np.ndarray) -> float:
    """Gini coefficient of values over people; NaN where there are no people or nothing to share."""
    total = float(values @ people)
    if not total > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    share, below = people[order] / people.sum(), values[order] * people[order] / total
    lorenz = np.cumsum(below)
    return float(1 - (share * (2 * lorenz - below)).sum())
