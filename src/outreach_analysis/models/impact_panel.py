"""Office applicants by area and month beside the pop-ups' people, and whether they can be compared at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.models.decay import Array
from outreach_analysis.models.impact_changes import changed_areas
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

Obstacle: TypeAlias = Literal[
    "no_office_data", "month_missing", "area_changed", "too_few_months", "too_few_events", "no_controls"
]
MONTHS_NEEDED = 12
"""An area's own level and the calendar cannot be told apart from less than a year."""

NOBODY, TOO_MANY = "nobody at the office", "more at a pop-up than the office sees"
_NO_MONTHS = pd.DatetimeIndex([])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpactPanel:
    """Rows are areas, or an area's time with one nearest service point; columns are months.

    Attributes
    ----------
    area_ids
        Area of each row.
    months
        First days of the months, consecutive.
    people
        Office applicants (rows, months).
    observed, own_months
        Whether a cell counts, and whether it belongs to its row: an area whose nearest service point changed has a
        row for each, and not all cells of a row can tell something.
    came, host, visited
        By row and month OF THE EVENT, with `margin` months before and after the panel: pop-up applicants of the
        area; whether a pop-up stood in it; whether one stood within the service threshold of it.
    telling
        Rows whose pop-up applicants can be missing at the office; the months after the visits of others are not
        observed.
    margin
        Months by which those three reach beyond the panel on either side.
    n_events
        Held events that the panel's months can tell of.
    n_controls
        Areas of the panel never within the service threshold of one of them.
    left_out
        Columns `what, id, reason, people`.
    """

    area_ids: pd.Index
    months: pd.DatetimeIndex
    people: Array
    observed: npt.NDArray[np.bool_]
    own_months: npt.NDArray[np.bool_]
    came: Array
    host: Array
    visited: Array
    telling: npt.NDArray[np.bool_]
    margin: int
    n_events: int
    n_controls: int
    left_out: pd.DataFrame

    def shifted(self, by_event_month: Array, months: int) -> Array:
        """What the events so many months before each month were (negative: after it), as the panel's cells."""
        start = self.margin - months
        return by_event_month[:, start : start + len(self.months)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoPanel:
    """Why areas and months cannot be compared: a code and what it is about."""

    obstacle: Obstacle
    about: tuple[str, ...]
    n_events: int


def build_panel(
    office_monthly: pd.DataFrame | None,
    counts: pd.DataFrame,
    events: pd.DataFrame,
    *,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    settings: Settings,
) -> ImpactPanel | NoPanel:
    """The panel of `estimate_impact`, or why there is none; parameters as there.

    Left out are: months not over on `settings.as_of`; areas nobody of whom came to the office; and, of areas from
    which more people came in one month's pop-ups than the office sees in `settings.impact_months` months, those
    people and the months in which they could be missing: so many cannot be, whatever share would have come.

    Raises
    ------
    ValueError
        Where a held event has no date or names a place that `sites` lacks.
    """
    held = _held(events, sites)
    office = _whole_months(office_monthly, settings)
    months = pd.date_range(office["month"].min(), office["month"].max(), freq="MS") if len(office) else _NO_MONTHS
    margin = settings.impact_months
    # an event in the last month has nothing after it to look at; one before the first month may have
    n_events = int(
        ((held["month"] + pd.DateOffset(months=margin) >= months.min()) & (held["month"] < months.max())).sum()
    )
    why = _obstacle(office, months, areas, n_events, settings)
    if why is not None:
        return why
    beyond = pd.DateOffset(months=margin)
    reach = pd.date_range(months[0] - beyond, months[-1] + beyond, freq="MS")
    held = held[held["month"].isin(reach)]
    people = office.pivot_table(index="area_id", columns="month", values="applicants", aggfunc="sum", fill_value=0)
    people = people.reindex(index=areas.index, columns=months, fill_value=0)
    came, visited = _came(counts, held, areas, reach), _visited(held, areas, costs, reach, settings)
    reasons = _reasons(people.to_numpy(float), came, margin)
    swamped = (reasons == TOO_MANY)[:, None]
    usable = (reasons != NOBODY)[:, None] & ~(swamped & _after_visit(came, margin))
    rows, observed, own_months = _rows(people.to_numpy(float), usable, _nearest_point(areas, sites, costs, months))
    controls = int((visited[np.unique(rows)].sum(axis=1) == 0).sum())
    if controls == 0 or not (came[rows] > 0)[~swamped[rows, 0]].any():
        return NoPanel(obstacle="no_controls", about=(), n_events=n_events)
    return ImpactPanel(
        area_ids=areas.index[rows],
        months=months,
        people=people.to_numpy(float)[rows] * observed,
        observed=observed,
        own_months=own_months,
        came=came[rows],
        telling=~swamped[rows, 0],
        host=_host(held, sites, areas, reach)[rows],
        visited=visited[rows],
        margin=margin,
        n_events=n_events,
        n_controls=controls,
        left_out=_left_out(reasons, came, areas, office, held),
    )


def _obstacle(
    office: pd.DataFrame, months: pd.DatetimeIndex, areas: pd.DataFrame, n_events: int, settings: Settings
) -> NoPanel | None:
    """The first thing that stands in the way of any comparison."""
    found: tuple[Obstacle, tuple[str, ...]] | None = None
    missing = months[~months.isin(office["month"].unique())]
    if office.empty:
        found = ("no_office_data", ())
    elif len(missing):
        found = ("month_missing", tuple(f"{month:%Y-%m}" for month in missing))
    elif len(months) < MONTHS_NEEDED:
        found = ("too_few_months", (str(len(months)), str(MONTHS_NEEDED)))
    elif changed := changed_areas(office, months, areas):
        found = ("area_changed", changed)
    elif n_events < settings.impact_min_events:
        found = ("too_few_events", (str(n_events), str(settings.impact_min_events)))
    return None if found is None else NoPanel(obstacle=found[0], about=found[1], n_events=n_events)


def _held(events: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    held = held_popups(events)
    if held["date"].isna().any():
        raise RequestError(f"held events without a date: {', '.join(held.index[held['date'].isna()])}")
    unknown = sorted(set(held["site_id"]) - set(sites.index))
    if unknown:
        raise RequestError(f"not in sites: {', '.join(map(str, unknown))}")
    return held.assign(month=pd.to_datetime(held["date"]).dt.to_period("M").dt.to_timestamp())


def _whole_months(office: pd.DataFrame | None, settings: Settings) -> pd.DataFrame:
    """Office applicants by first day of month, without a month that is not over yet."""
    if office is None or office.empty:
        return pd.DataFrame({"month": pd.Series(dtype="datetime64[ns]"), "area_id": [], "applicants": []})
    months = pd.to_datetime(office["month"]).dt.to_period("M").dt.to_timestamp()
    known = office.assign(month=months)
    if settings.as_of is None:
        return known
    end = (pd.Timestamp(settings.as_of) + pd.Timedelta(days=1)).to_period("M").to_timestamp()
    return known[known["month"] < end]


def _by_month(rows: Array, held: pd.DataFrame, reach: pd.DatetimeIndex) -> Array:
    """Sums of one column an event into one column a month."""
    at = reach.get_indexer(pd.DatetimeIndex(held["month"]))
    summed = np.zeros((len(rows), len(reach)))
    np.add.at(summed.T, at, rows.T)
    return summed


def _came(counts: pd.DataFrame, held: pd.DataFrame, areas: pd.DataFrame, reach: pd.DatetimeIndex) -> Array:
    """Pop-up applicants by area and month, as if every row of a list had been placed."""
    by_event = counts.pivot_table(
        index="area_id", columns="event_id", values="applicants", aggfunc="sum", fill_value=0
    ).reindex(index=areas.index, columns=held.index, fill_value=0)
    rows = by_event.to_numpy(float)
    if "placed_share" in held:
        share = held["placed_share"].to_numpy(float)
        rows = rows / np.where(share > 0, share, 1.0)
    return _by_month(rows, held, reach)


def _visited(
    held: pd.DataFrame, areas: pd.DataFrame, costs: pd.DataFrame, reach: pd.DatetimeIndex, settings: Settings
) -> Array:
    used = costs[costs["site_id"].isin(held["site_id"].unique())]
    way = used.pivot(index="area_id", columns="site_id", values=settings.travel_measure).reindex(index=areas.index)
    near = way.reindex(columns=held["site_id"]).to_numpy(float) <= settings.service_threshold
    return np.minimum(_by_month(near.astype(float), held, reach), 1.0)


def _host(held: pd.DataFrame, sites: pd.DataFrame, areas: pd.DataFrame, reach: pd.DatetimeIndex) -> Array:
    home = enclosing_area(sites["area_id"].reindex(held["site_id"]), areas).to_numpy()
    return np.minimum(_by_month((areas.index.to_numpy()[:, None] == home).astype(float), held, reach), 1.0)


def _reasons(people: Array, came: Array, margin: int) -> npt.NDArray[np.str_]:
    """By area, why it can tell nothing; '' where it can."""
    mean = people.mean(axis=1)
    swamped = came.max(axis=1) / margin > mean
    return np.select([mean == 0, swamped], [NOBODY, TOO_MANY], "")


def _after_visit(came: Array, margin: int) -> npt.NDArray[np.bool_]:
    """Months of the panel in which people of a pop-up could be missing, its own month among them."""
    n_months = came.shape[1] - 2 * margin
    lags = [came[:, margin - lag : margin - lag + n_months] > 0 for lag in range(margin + 1)]
    return np.asarray(np.any(lags, axis=0))


def _left_out(
    reasons: npt.NDArray[np.str_], came: Array, areas: pd.DataFrame, office: pd.DataFrame, held: pd.DataFrame
) -> pd.DataFrame:
    silent = reasons != ""
    ids = areas.index[silent].astype(str)
    people = np.rint(came[silent].sum(axis=1)).astype(int)
    rows = [("area", *row) for row in zip(ids, reasons[silent], people, strict=True)]
    strangers = office[~office["area_id"].isin(areas.index)].groupby("area_id")["applicants"].sum()
    rows += [("office", str(key), "not among the areas", int(number)) for key, number in strangers.items()]
    if "placed_share" in held:
        rows += [
            ("event", event, "no applicant's area is known", 0) for event in held.index[~(held["placed_share"] > 0)]
        ]
    return pd.DataFrame(rows, columns=["what", "id", "reason", "people"])


def _rows(
    people: Array, usable: npt.NDArray[np.bool_], nearest: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Area, observed and own months of each row: one row for each nearest service point that an area has had."""
    rows, own_months = [], []
    for point in np.unique(nearest):
        of_point = nearest == point
        some = (usable & of_point & (people > 0)).any(axis=1)
        rows.append(np.flatnonzero(some))
        own_months.append(of_point[some])
    order = np.argsort(np.concatenate(rows), kind="stable")
    areas, own = np.concatenate(rows)[order], np.concatenate(own_months)[order]
    return areas, usable[areas] & own, own


def _nearest_point(
    areas: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame, months: pd.DatetimeIndex
) -> npt.NDArray[np.int64]:
    """Number of the nearest fixed service point open at the start of each month (areas, months); -1: none."""
    points = sites[sites["kind"].isin(SITE_KINDS_FIXED)]
    used = costs[costs["site_id"].isin(points.index)].pivot(index="area_id", columns="site_id", values="km")
    km = used.reindex(index=areas.index, columns=points.index).to_numpy(float)
    first, last = (
        pd.to_datetime(points[name]).to_numpy() if name in points else np.full(len(points), np.datetime64("NaT", "ns"))
        for name in ("opened", "closed")
    )
    start = months.to_numpy()[:, None]
    is_open = (np.isnat(first) | (first <= start)) & (np.isnat(last) | (last >= start))
    reachable = np.where(is_open[None] & ~np.isnan(km)[:, None, :], km[:, None, :], np.inf)
    if not len(points):
        return np.full((len(areas), len(months)), -1)
    return np.where(np.isinf(reachable).all(axis=2), -1, reachable.argmin(axis=2))
