"""The panel of areas and months behind the impact estimate, its fit and its changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.models.design import event_area_counts, placed_shares
from outreach_analysis.models.glmm import Array
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

# --- Poisson regression of a panel of areas and months whose own levels are absorbed, with people taken off.


LEAST_SHARE_LEFT = 0.1
"""People taken off never empty the mean of a cell: a Poisson mean of 0 or less has no meaning."""

_MOST_STEPS = 100
_LONGEST_STEP = 1.0
_STEP_AT_REST = 1e-8


class TwoWay:
    """Weighted least squares on the effects of rows and columns, solved for the columns alone."""

    def __init__(self, weights: Array) -> None:
        """Weights (rows, columns), >= 0; each row and column with some weight."""
        self.weights = weights
        self._row_sums = weights.sum(axis=1)
        left = np.diag(weights.sum(axis=0)) - (weights / self._row_sums[:, None]).T @ weights
        # the level is shared by rows and columns, so that the matrix has rank one less than its size
        self._inverse = np.linalg.pinv(left)

    def effects(self, values: Array) -> tuple[Array, Array]:
        """Fitted effects of rows and of columns, for one array (rows, columns) or several stacked."""
        weighted = values * self.weights
        rows = weighted.sum(axis=-1) / self._row_sums
        columns = (weighted.sum(axis=-2) - rows @ self.weights) @ self._inverse
        return rows - (columns @ self.weights.T) / self._row_sums, columns

    def residual(self, values: Array) -> Array:
        """What the effects of rows and columns leave of the values."""
        rows, columns = self.effects(values)
        return np.asarray(values - rows[..., :, None] - columns[..., None, :])

    def gram(self, values: Array) -> Array:
        """Weighted products of several stacked arrays with each other, once both effects are taken out. The same as
        from their residuals, without making them: (arrays, arrays)."""
        weighted = values * self.weights
        rows = weighted.sum(axis=2)
        per_weight = rows / self._row_sums
        columns = weighted.sum(axis=1) - per_weight @ self.weights
        n_cells = self.weights.size
        whole = weighted.reshape(len(values), n_cells) @ values.reshape(len(values), n_cells).T
        return np.asarray(whole - rows @ per_weight.T - columns @ self._inverse @ columns.T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelFit:
    """A fitted panel."""

    taken: Array
    base: Array
    mean: Array
    scale: Array
    at_floor: npt.NDArray[np.bool_]
    levels: TwoWay
    score: Array


def fit_panel(people: Array, exposures: Array, *, observed: npt.NDArray[np.bool_] | None = None) -> PanelFit:
    """Fit ``mean = exp(row + column) - sum_k taken_k * exposure_k``, rows and columns absorbed."""
    counts = np.ones(people.shape) if observed is None else observed.astype(float)
    rows, columns = _levels_alone(people, counts)
    taken = np.zeros(len(exposures))
    for _ in range(_MOST_STEPS):
        base, mean, scale, at_floor = _means(rows, columns, taken, exposures)
        levels = TwoWay(counts * scale**2 / base)
        working = (people - mean) / scale
        slopes = np.where(at_floor, 0.0, -exposures / scale)
        score = np.tensordot(slopes, levels.weights * levels.residual(working), 2)
        step = np.linalg.lstsq(levels.gram(slopes), score, rcond=None)[0]
        row_step, column_step = levels.effects(working - np.tensordot(step, slopes, 1))
        longest = max(np.abs(row_step).max(), np.abs(column_step).max(), np.abs(step).max(initial=0.0))
        length = min(1.0, _LONGEST_STEP / longest) if longest > 0 else 1.0
        rows, columns, taken = rows + length * row_step, columns + length * column_step, taken + length * step
        if longest < _STEP_AT_REST:
            break
    base, mean, scale, at_floor = _means(rows, columns, taken, exposures)
    return PanelFit(
        taken=taken,
        base=base,
        mean=mean,
        scale=scale,
        at_floor=at_floor,
        levels=TwoWay(counts * scale**2 / base),
        score=counts * (people - mean) * scale / base,
    )


def _means(
    rows: Array, columns: Array, taken: Array, exposures: Array
) -> tuple[Array, Array, Array, npt.NDArray[np.bool_]]:
    """Base, mean, by how much the mean changes with its log level, and where it stands at its floor."""
    base = np.exp(rows[:, None] + columns)
    mean = base - np.tensordot(taken, exposures, 1)
    least = LEAST_SHARE_LEFT * base
    at_floor = mean < least
    return base, np.maximum(mean, least), np.where(at_floor, least, base), at_floor


def _levels_alone(people: Array, counts: Array) -> tuple[Array, Array]:
    """Levels without exposures, by scaling rows and columns in turn until both sums fit."""
    observed = people * counts
    columns = np.zeros(people.shape[1])
    rows = np.zeros(people.shape[0])
    for _ in range(_MOST_STEPS):
        before = rows
        rows = np.log(observed.sum(axis=1) / (counts @ np.exp(columns)))
        columns = np.log(observed.sum(axis=0) / (np.exp(rows) @ counts))
        if np.abs(rows - before).max() < 1e-8:
            break
    return rows, columns


# --- Areas that come into being or end while they are watched: their people went to another code, not away.


SHORTEST_RUN = 3
"""Months: a month or two without anybody happen in any small area."""

_PEOPLE_MISSED = 12.0
"""So many people expected in the empty months: that nobody comes by chance happens in 1 of 100,000 areas."""

_STEADY_SHARE = 0.8
_COMPLETE_SHARE = 0.9


def changed_areas(office: pd.DataFrame, months: pd.DatetimeIndex, areas: pd.DataFrame) -> tuple[str, ...]:
    """Areas whose office applicants begin or end within the months, as when one was split or merged."""
    ours = office[~office["area_id"].isin(areas["parent_id"].unique())]
    if ours.empty:
        return ()
    named = ours.pivot_table(index="area_id", columns="month", values="applicants", aggfunc="sum")
    named = named.reindex(columns=months)
    people, has_row = named.fillna(0.0).to_numpy(float), named.notna().to_numpy()
    found = np.zeros(len(named), dtype=bool)
    for step in (1, -1):
        found |= _begins(people[:, ::step])
        if has_row.all(axis=1).mean() >= _COMPLETE_SHARE:
            found |= _is_named_later(has_row[:, ::step])
    return tuple(sorted(named.index[found].astype(str)))


def _begins(people: np.ndarray) -> np.ndarray:
    empty = (people > 0).argmax(axis=1)
    active = people.shape[1] - empty
    level = people.sum(axis=1) / active
    steady = (people > 0).sum(axis=1) / active >= _STEADY_SHARE
    return np.asarray((empty >= SHORTEST_RUN) & (active >= SHORTEST_RUN) & steady & (level * empty >= _PEOPLE_MISSED))


def _is_named_later(has_row: np.ndarray) -> np.ndarray:
    empty = has_row.argmax(axis=1)
    return np.asarray((empty >= SHORTEST_RUN) & (has_row.sum(axis=1) == has_row.shape[1] - empty))


# --- Office applicants by area and month beside the pop-ups' people, and whether they can be compared at all.


Obstacle: TypeAlias = Literal[
    "no_office_data", "month_missing", "area_changed", "too_few_months", "too_few_events", "no_controls"
]
MONTHS_NEEDED = 12
"""An area's own level and the calendar cannot be told apart from less than a year."""

NOBODY, TOO_MANY = "nobody at the office", "more at a pop-up than the office sees"
_NO_MONTHS = pd.DatetimeIndex([])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpactPanel:
    """Rows are areas, or an area's time with one nearest service point; columns are months."""

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


@dataclass(frozen=True, slots=True, eq=False)
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
    """The panel of `estimate_impact`, or why there is none; parameters as there."""
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
    nearest = _nearest_point(areas, sites, costs, months, settings.travel_measure)
    rows, observed, own_months = _rows(people.to_numpy(float), usable, nearest)
    controls = int((visited[np.unique(rows)].sum(axis=1) == 0).sum())
    if controls == 0 or not (came[rows] > 0)[~swamped[rows, 0]].any():
        return NoPanel("no_controls", (), n_events)
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
    missing = months[~months.isin(office["month"].unique())]
    if office.empty:
        return NoPanel("no_office_data", (), n_events)
    if len(missing):
        return NoPanel("month_missing", tuple(f"{month:%Y-%m}" for month in missing), n_events)
    if len(months) < MONTHS_NEEDED:
        return NoPanel("too_few_months", (str(len(months)), str(MONTHS_NEEDED)), n_events)
    if changed := changed_areas(office, months, areas):
        return NoPanel("area_changed", changed, n_events)
    if n_events < settings.impact_min_events:
        return NoPanel("too_few_events", (str(n_events), str(settings.impact_min_events)), n_events)
    return None


def _held(events: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    held = held_popups(events)
    if held["date"].isna().any():
        raise RequestError(f"held events without a date: {', '.join(held.index[held['date'].isna()])}")
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
    by_event, share = event_area_counts(counts, held.index, areas.index), placed_shares(held)
    return _by_month(by_event.div(share.where(share > 0, 1.0), axis=0).to_numpy().T, held, reach)


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
    areas: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame, months: pd.DatetimeIndex, measure: str
) -> npt.NDArray[np.int64]:
    """Number of the nearest fixed service point open at the start of each month (areas, months); -1: none."""
    points = sites[sites["kind"].isin(SITE_KINDS_FIXED)]
    used = costs[costs["site_id"].isin(points.index)].pivot(index="area_id", columns="site_id", values=measure)
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
