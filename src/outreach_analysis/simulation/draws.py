"""Counts drawn from a known truth: people at pop-ups by area, and applicants at the office by month and area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import event_capacity, event_days, took_place
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.simulation.design import OWN_NUMBERS
from outreach_analysis.simulation.truth import Truth

_MOST_OF_THE_WILLING = 0.9  # even at the door somebody stays at home
_LEAST_SHARE_LEFT = 0.1  # displacement never empties the office of an area: a negative mean has no meaning


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutDraw:
    """People drawn for each event.

    Attributes
    ----------
    counts
        event_id, area_id, expected (people; effects, earlier events and capacity left out), left (share of the willing
        whom earlier events left), applicants (people who came): every held event x every area.
    outside
        event_id, applicants: people from outside the province.
    totals
        Index event_id: expected, left (of the expected), site_effect, event_effect, own_effect (of the office's own
        numbers; all on the log scale), wanted (people who would have come), capacity, came, sold_out.
    intercept
        Of log mu, given or found from `Truth.typical_total`.
    """

    counts: pd.DataFrame
    outside: pd.DataFrame
    totals: pd.DataFrame
    intercept: float


def draw_turnout(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    truth: Truth,
    rng: np.random.Generator,
    default_capacity: float = np.inf,
) -> TurnoutDraw:
    """Draw how many people of each area come to each held event.

    Parameters
    ----------
    areas
        Index area_id; column population (residents).
    sites
        Index site_id; columns kind and, where known, capacity (people).
    events
        Index event_id; columns site_id, day_kind, status and, where known, capacity (people); date where people who
        came do not come again soon (`Truth.depletion`).
    costs
        area_id, site_id, km: travel distance of every area to every site of an event.
    truth
        Parameters. A capacity binds on the total; those turned away are drawn at random.
    rng
        Source of randomness: same state, same draw.
    default_capacity
        People, where neither event nor site says; infinite draws uncapped totals.

    Returns
    -------
    TurnoutDraw

    Raises
    ------
    ValueError
        Where no event is held or a distance is missing.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [50_000, 9_000]}, index=pd.Index(["a", "b"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["mall"]}, index=pd.Index(["s"], name="site_id"))
    >>> events = pd.DataFrame({"site_id": ["s"], "day_kind": ["weekend"], "status": ["held"]}, index=["e"])
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["s", "s"], "km": [4.0, 60.0]})
    >>> draw = draw_turnout(areas, sites, events, costs, truth=Truth(typical_total=80),
    ...                     rng=np.random.default_rng(1))
    >>> draw.counts["expected"].round(1).tolist()
    [77.2, 2.8]
    """
    held = events[took_place(events)]
    if held.empty:
        raise ValueError("no event is held; give at least one with status 'held'")
    failed = (held["status"] == "failed").to_numpy()
    expected, weight, intercept = _expected(areas, sites, held, costs, truth)
    site_ids = list(dict.fromkeys(held["site_id"]))
    site_effect = pd.Series(rng.normal(0.0, truth.site_sd, len(site_ids)), index=site_ids)
    event_effect = rng.normal(0.0, truth.event_sd, len(held))
    own = own_effect(sites, truth).reindex(held["site_id"]).to_numpy(float)
    known = _programme_effect(held, truth) + own
    effects = np.exp(site_effect.reindex(held["site_id"]).to_numpy() + event_effect + known)[:, None]
    effects = effects * event_days(held).to_numpy()[:, None]
    capacity = _capacity(held, sites, default_capacity)
    capacity = np.where(failed, np.minimum(capacity, truth.failed_serves), capacity)
    mean = expected * effects
    left = _left(held, mean, weight * effects, capacity, truth) if truth.depletion else np.ones_like(mean)
    mean = mean * left
    wanted = negative_binomial(mean, truth.overdispersion, rng)
    outsiders = rng.poisson(truth.outsiders_per_event, len(held))
    came = np.column_stack([wanted, outsiders])
    for row, limit in enumerate(capacity):
        if came[row].sum() >= limit:
            came[row] = rng.multivariate_hypergeometric(came[row], int(limit))
    return TurnoutDraw(
        counts=pd.DataFrame(
            {
                "event_id": np.repeat(held.index.to_numpy(), len(areas)),
                "area_id": np.tile(areas.index.to_numpy(), len(held)),
                "expected": expected.ravel(),
                "left": left.ravel(),
                "applicants": came[:, :-1].ravel(),
            }
        ),
        outside=pd.DataFrame({"event_id": held.index.to_numpy(), "applicants": came[:, -1]}),
        totals=pd.DataFrame(
            {
                "expected": expected.sum(axis=1),
                "left": (expected * left).sum(axis=1) / expected.sum(axis=1),
                "site_effect": site_effect.reindex(held["site_id"]).to_numpy(),
                "event_effect": event_effect,
                "own_effect": own,
                "wanted": wanted.sum(axis=1) + outsiders,
                "capacity": capacity,
                "came": came.sum(axis=1),
                "sold_out": (came.sum(axis=1) >= capacity) & ~failed,
            },
            index=held.index,
        ),
        intercept=intercept,
    )


def _expected(
    areas: pd.DataFrame, sites: pd.DataFrame, held: pd.DataFrame, costs: pd.DataFrame, truth: Truth
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean people by event and area, effects left out; their weight apart from the residents; the intercept."""
    km = costs.pivot(index="site_id", columns="area_id", values="km").reindex(
        index=held["site_id"].to_numpy(), columns=areas.index
    )
    n_missing = int(km.isna().to_numpy().sum())
    if n_missing:
        raise ValueError(f"{n_missing} travel distances are missing; give every area x site of a held event")
    kind = sites["kind"].reindex(held["site_id"]).map(lambda name: truth.place_kind.get(name, 0.0)).to_numpy(float)
    day = held["day_kind"].map(lambda name: truth.day_kind.get(name, 0.0)).to_numpy(float)
    weight = truth.decay_weight(km.to_numpy()) * np.exp(kind + day)[:, None]
    mass = weight * areas["population"].to_numpy(float)
    intercept = truth.intercept
    if intercept is None:
        intercept = float(np.log(truth.typical_total) - np.log(mass.sum(axis=1).mean()))
    return mass * np.exp(intercept), weight, intercept


def _left(held: pd.DataFrame, mean: np.ndarray, weight: np.ndarray, capacity: np.ndarray, truth: Truth) -> np.ndarray:
    """Events x areas: share of the willing who did not come to an earlier event, or are willing anew."""
    days = held["date"].to_numpy("datetime64[D]").astype(float)
    came = np.minimum(truth.depletion * weight, _MOST_OF_THE_WILLING)
    left = np.ones_like(mean)
    for event in np.argsort(days, kind="stable"):
        total = float(mean[event] @ left[event])
        served = min(1.0, float(capacity[event]) / total) if total > 0 else 1.0
        later = days > days[event]
        gone = np.exp(-(days[later] - days[event]) / truth.recovery_days)
        left[later] *= 1.0 - gone[:, None] * (served * came[event])
    return left


def negative_binomial(mean: np.ndarray, overdispersion: float, rng: np.random.Generator) -> np.ndarray:
    """Counts with variance mean + overdispersion x mean squared.

    Examples
    --------
    >>> negative_binomial(np.zeros(2), 0.5, np.random.default_rng(1)).tolist()
    [0, 0]
    """
    if overdispersion == 0:
        return rng.poisson(mean)
    return rng.poisson(rng.gamma(1.0 / overdispersion, overdispersion * mean))


def _capacity(held: pd.DataFrame, sites: pd.DataFrame, default: float) -> np.ndarray:
    """People that each event can serve, as `event_capacity` says, with a default of its own."""
    return event_capacity(held, sites, settings=Settings(popup_capacity=default)).to_numpy(float)


def _programme_effect(held: pd.DataFrame, truth: Truth) -> np.ndarray:
    programme = held["programme"] if "programme" in held else pd.Series("visit", index=held.index)
    return programme.map(truth.programme).to_numpy(float)


def own_effect(sites: pd.DataFrame, truth: Truth) -> pd.Series:
    """What the office's own numbers of each place add, on the log scale; 0 where it has none.

    Examples
    --------
    >>> sites = pd.DataFrame({"x_visitors": [400.0, 400 * np.exp(0.7), np.nan]}, index=["A", "B", "C"])
    >>> own_effect(sites, Truth(own_numbers={"x_visitors": 0.3})).round(2).tolist()
    [0.0, 0.3, 0.0]
    """
    effect = pd.Series(0.0, index=sites.index)
    for name, median, sd in OWN_NUMBERS:
        if truth.own_numbers.get(name):
            effect += truth.own_numbers[name] * (np.log(sites[name] / median) / sd).fillna(0.0)
    return effect


def draw_office_monthly(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    months: pd.DatetimeIndex,
    truth: Truth,
    rng: np.random.Generator,
    displacement: pd.Series | None = None,
) -> pd.DataFrame:
    """Draw applicants at the office and its service points, by month and area.

    The mean of an area is its residents x the pull of the nearest open service point, scaled so that all
    areas together make `Truth.office_per_year` in the first month's state of the service points; an AR(1)
    log shock and a calendar effect multiply it, and the displaced share of the people who came to pop-ups
    in the months before is missing, in equal parts over `Truth.displacement_months` months, never more than
    nine tenths of the mean.

    Parameters
    ----------
    areas
        Index area_id; columns population (residents), in_jurisdiction.
    sites
        Index site_id; columns kind, opened (NaT: always open), of which the fixed service points are used.
    costs
        area_id, site_id, km, for the fixed service points at least.
    visits
        month (first day), area_id, applicants: people who came to pop-ups.
    months
        First days of consecutive months.
    truth, rng
        Parameters and source of randomness.
    displacement
        Share of each area's pop-up applicants who would have come to the office; None: `Truth.displacement` everywhere.

    Returns
    -------
    DataFrame
        month, area_id, applicants (people), expected (mean before displacement), displaced (mean missing):
        every month x every area.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [50_000], "in_jurisdiction": [True]}, index=["a"])
    >>> sites = pd.DataFrame({"kind": ["office"], "opened": [pd.NaT]}, index=["o"])
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["o"], "km": [3.0]})
    >>> visits = pd.DataFrame({"month": [pd.Timestamp("2025-01-01")], "area_id": ["a"], "applicants": [60]})
    >>> months = pd.date_range("2025-01-01", periods=3, freq="MS")
    >>> office = draw_office_monthly(areas, sites, costs, visits, months=months,
    ...                              truth=Truth(office_per_year=1200), rng=np.random.default_rng(1))
    >>> office["displaced"].round(1).tolist()
    [0.0, 6.0, 6.0]
    """
    pull = _pull(areas, sites, costs, months, truth)
    population = areas["population"].to_numpy(float)
    jurisdiction = np.where(areas["in_jurisdiction"].to_numpy(bool), 1.0, truth.outside_jurisdiction)
    resident = population * jurisdiction * pull
    per_month = truth.office_per_year / 12.0 / resident[0].sum()
    calendar = np.exp([truth.month_effect.get(month.month, 0.0) for month in months])
    shock = np.empty_like(resident)
    shock[0] = rng.normal(0.0, truth.shock_sd, len(areas))
    step_sd = truth.shock_sd * np.sqrt(1.0 - truth.shock_rho**2)
    for t in range(1, len(months)):
        shock[t] = truth.shock_rho * shock[t - 1] + rng.normal(0.0, step_sd, len(areas))
    expected = resident * per_month * calendar[:, None] * np.exp(shock)

    came = visits.pivot_table(index="month", columns="area_id", values="applicants", aggfunc="sum", fill_value=0)
    came_array = came.reindex(index=months, columns=areas.index, fill_value=0).to_numpy(float)
    share = truth.displacement if displacement is None else displacement.reindex(areas.index).to_numpy(float)
    missing = np.zeros_like(expected)
    for lag in range(1, truth.displacement_months + 1):
        missing[lag:] += came_array[:-lag] * share / truth.displacement_months
    displaced = np.minimum(missing, expected * (1.0 - _LEAST_SHARE_LEFT))
    applicants = rng.poisson(expected - displaced)
    return pd.DataFrame(
        {
            "month": np.repeat(months.to_numpy(), len(areas)),
            "area_id": np.tile(areas.index.to_numpy(), len(months)),
            "applicants": applicants.ravel(),
            "expected": expected.ravel(),
            "displaced": displaced.ravel(),
        }
    )


def _pull(
    areas: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame, months: pd.DatetimeIndex, truth: Truth
) -> np.ndarray:
    """Months x areas: the strongest pull of the service points open on the month's first day, in [0, 1]."""
    points = sites[sites["kind"].isin(SITE_KINDS_FIXED)]
    km = costs.pivot(index="site_id", columns="area_id", values="km").reindex(index=points.index, columns=areas.index)
    weight = points["kind"].map(lambda kind: truth.point_weight.get(kind, 0.0)).to_numpy(float)
    by_point = weight[:, None] * np.exp(-km.to_numpy(float) / truth.office_decay_km)
    opened = points["opened"].fillna(months[0]).to_numpy()
    return np.stack([by_point[opened <= month].max(axis=0) for month in months.to_numpy()])
