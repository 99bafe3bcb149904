"""Small worlds for tests of decisions: a forecast, a displacement and what places add, from numbers written down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.models.displacement import DepletionDraws, DisplacementResult, PastEvents
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.terms import TREND, Rhythm, Terms

FIRST_DAY = pd.Timestamp("2026-12-12")
"""The proposed day of every place unless a test says otherwise."""


def make_depletion(
    draws: np.ndarray,
    *,
    share: float | Sequence[float] | None = None,
    recovery: float | Sequence[float] = 120.0,
    base: np.ndarray | None = None,
    past: PastEvents | None = None,
) -> DepletionDraws:
    """Depletion beside draws of expected people (draws, areas, sites); `share` None: so little that nobody notices."""
    n_draws, n_areas, _ = draws.shape
    if base is None:
        base = draws.max(axis=2, initial=0.0)
    return DepletionDraws(
        share=np.broadcast_to(np.asarray(1e-13 if share is None else share, dtype=float), n_draws),
        recovery=np.broadcast_to(np.asarray(recovery, dtype=float), n_draws),
        base=np.broadcast_to(np.asarray(base, dtype=float), (n_draws, n_areas)).copy(),
        past=past or PastEvents.none(n_areas),
    )


def make_rhythm(growth: Sequence[float], days: Sequence[object]) -> Rhythm:
    """A trend alone: log growth a year of each draw, at places forecast for some days."""
    terms = Terms(
        names=(TREND,),
        of_events=np.zeros((0, 1)),
        mean=np.zeros(1),
        sd=np.ones(1),
        origin=np.datetime64(FIRST_DAY, "ns"),
        index=None,
        index_centre=0.0,
        own=(),
        left_out=pd.Series(dtype=object),
    )
    of_sites = pd.to_datetime(pd.Series(list(days))).to_numpy("datetime64[ns]")
    return Rhythm(terms=terms, coefficients=np.asarray(growth, dtype=float)[:, None], days=of_sites)


def make_forecast(
    draws: object,
    *,
    totals: object = None,
    capacity: float | Sequence[float] = 1e9,
    area_ids: Sequence[str] | None = None,
    site_ids: Sequence[str] | None = None,
    depletion: DepletionDraws | None = None,
    rhythm: Rhythm | None = None,
    **of_depletion: object,
) -> Forecast:
    """A forecast of expected people (draws, areas, sites); totals are their sums unless given."""
    draws = np.asarray(draws, dtype=float)
    areas = pd.Index(area_ids or [f"a{number}" for number in range(draws.shape[1])], name="area_id")
    sites = pd.Index(site_ids or [f"S{number}" for number in range(draws.shape[2])], name="site_id")
    by_site = pd.DataFrame({"median": 1.0, "mean": 1.0, "ci_low": 0.0, "ci_high": 2.0}, index=sites)
    totals = draws.sum(axis=1) if totals is None else np.asarray(totals, dtype=float)
    return Forecast(
        by_site=by_site.assign(capacity=capacity, day_kind="weekend"),
        expected=pd.DataFrame(columns=["area_id", "site_id", "people"]),
        draws=draws,
        totals=pd.DataFrame(totals, columns=sites),
        area_ids=areas,
        site_ids=sites,
        depletion=depletion or make_depletion(draws, **of_depletion),
        status="prior_only",
        n_events=0,
        rhythm=rhythm,
    )


def make_displacement(shares: object, area_ids: pd.Index, n_draws: int) -> DisplacementResult:
    """Displacement known for each area, or drawn: (areas,) or (draws, areas)."""
    drawn = np.broadcast_to(np.asarray(shares, dtype=float), (n_draws, len(area_ids))).copy()
    estimate = drawn.sum(axis=0) / n_draws
    by_area = pd.DataFrame({"estimate": estimate, "ci_low": 0.0, "ci_high": 1.0, "answers": 0}, area_ids)
    return DisplacementResult(
        draws=drawn,
        by_area=by_area,
        pooled=float(estimate.sum() / max(len(area_ids), 1)),
        pooled_low=float(drawn.min(initial=1.0)),
        pooled_high=float(drawn.max(initial=0.0)),
        n_answers=0,
        impact_used="no",
        office_share_used=False,
        hypothesis="learned",
        parameters=pd.DataFrame(columns=["estimate", "ci_low", "ci_high", "unit"]),
        overstatement=np.zeros(n_draws),
        log_evidence=0.0,
    )


def announced(*visits: tuple[str, object]) -> pd.DataFrame:
    """Announced events by place and day (or days after `FIRST_DAY`)."""
    dates = [FIRST_DAY + pd.Timedelta(days=day) if isinstance(day, int) else pd.Timestamp(day) for _, day in visits]
    return pd.DataFrame({"site_id": [site for site, _ in visits], "date": pd.to_datetime(dates)})


def make_incremental(
    draws: object,
    *,
    displacement: object = 0.0,
    inside: Sequence[bool] | bool = True,
    days: object = FIRST_DAY,
    given: pd.DataFrame | None = None,
    **of_forecast: object,
) -> IncrementalAttendance:
    """What places add, from draws of expected people (draws, areas, sites)."""
    forecast = make_forecast(draws, **of_forecast)
    return incremental_attendance(
        forecast,
        make_displacement(displacement, forecast.area_ids, len(forecast.draws)),
        inside=pd.Series(inside, index=forecast.area_ids),
        days=pd.to_datetime(pd.Series(days, index=forecast.site_ids)),
        announced=given,
    )


def own_areas(by_site: dict[str, Sequence[float]], **options: object) -> IncrementalAttendance:
    """Places whose people come from an area of their own, by what they add in each draw."""
    sites = list(by_site)
    values = np.array(list(by_site.values()), dtype=float).reshape(len(sites), -1).T
    draws = np.zeros((len(values), len(sites), len(sites)))
    draws[:, range(len(sites)), range(len(sites))] = values
    return make_incremental(draws, area_ids=[site.lower() for site in sites], site_ids=sites, **options)


def a_world(seed: int, *, n_draws: int = 40, n_areas: int = 6, n_sites: int = 5) -> dict[str, object]:
    """Keyword arguments of `make_incremental`: places that share areas, capacity, depletion, an area outside.

    Past events lie 41 days or more before `FIRST_DAY`, so that there is room for announced ones before it.
    """
    rng = np.random.default_rng(seed)
    level = rng.lognormal(0, 0.5, (n_draws, 1, 1))
    people = level * rng.lognormal(1.5, 1.2, (n_areas, n_sites)) * (rng.random((n_areas, n_sites)) < 0.8)
    days = [FIRST_DAY + pd.Timedelta(days=int(day)) for day in 7 * rng.integers(0, 6, n_sites)]
    past = PastEvents(
        dates=np.sort(FIRST_DAY.to_datetime64() - rng.integers(41, 400, 3) * np.timedelta64(1, "D")).astype(
            "datetime64[ns]"
        ),
        ratio=rng.lognormal(-1, 1, (3, n_areas)),
    )
    depletion = make_depletion(
        people,
        share=rng.uniform(0.02, 0.8, n_draws),
        recovery=rng.choice([45.0, 120.0, 365.0], n_draws),
        past=past,
    )
    return {
        "draws": people,
        "displacement": rng.uniform(0.05, 0.9, (n_draws, n_areas)),
        "inside": np.arange(n_areas) < n_areas - 1,
        "days": days,
        "capacity": rng.choice([10.0, 30.0, 1e9], n_sites),
        "totals": np.rint(people.sum(axis=1) * rng.lognormal(0, 0.4, (n_draws, n_sites))),
        "depletion": depletion,
    }
