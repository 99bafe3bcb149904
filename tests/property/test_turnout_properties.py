"""What must hold of turnout for any office."""

import numpy as np
import pandas as pd
import pytest
from examples import tries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_analysis.models.backtest import crps
from outreach_analysis.models.terms import Z_90, TurnoutPrior
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout

FEW = settings(max_examples=tries(5, 2), deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@st.composite
def offices(draw: st.DrawFn) -> tuple[pd.DataFrame, ...]:
    """Any small office: counts of any kind, places anywhere, events with and without people."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_events, n_areas, n_sites = draw(st.integers(5, 14)), draw(st.integers(1, 6)), draw(st.integers(1, 5))
    areas = pd.DataFrame(
        {"population": rng.integers(500, 200_000, n_areas)}, index=pd.Index(list("abcdef")[:n_areas], name="area_id")
    )
    sites = pd.DataFrame(
        {"kind": rng.choice(["mall", "desa", "pesantren"], n_sites), "capacity": np.nan},
        index=pd.Index(list("STUVW")[:n_sites], name="site_id"),
    )
    costs = pd.MultiIndex.from_product([areas.index, sites.index]).to_frame(index=False)
    costs["km"] = rng.uniform(0.5, draw(st.sampled_from([20.0, 150.0, 600.0])), len(costs))
    events = pd.DataFrame(
        {
            "site_id": rng.choice(sites.index, n_events),
            "status": "held",
            "day_kind": rng.choice(["weekend", "holiday", "workday"], n_events),
            "placed_share": rng.uniform(0.3, 1, n_events),
            "sold_out": rng.random(n_events) < draw(st.sampled_from([0.0, 0.3, 1.0])),
        },
        index=pd.Index([f"E{n:02d}" for n in range(n_events)], name="event_id"),
    )
    pairs = pd.MultiIndex.from_product([events.index, areas.index], names=["event_id", "area_id"])
    counts = pairs.to_frame(index=False)
    counts["applicants"] = rng.poisson(draw(st.sampled_from([0.0, 0.3, 5.0, 80.0])) * rng.gamma(1, 1, len(counts)))
    return counts, areas, events, sites, costs


def _fit(tables, **options):
    counts, areas, events, sites, costs = tables
    frames = {"areas": areas, "sites": sites, "events": events, "counts": counts, "costs": costs}
    return fit_turnout(**frames, question=TurnoutQuestion(**options), rng=np.random.default_rng(0))


def _draws(turnout, tables, *, n_draws=200):
    return turnout.forecast(sites=tables[3], costs=tables[4], n_draws=n_draws, rng=np.random.default_rng(1))


@FEW
@given(tables=offices())
def test_forecasts_are_finite_ordered_and_within_the_residents(tables):
    turnout = _fit(tables)
    forecast = _draws(turnout, tables)
    assert np.isfinite(forecast.draws).all()
    assert (forecast.draws <= tables[1]["population"].to_numpy()[:, None] * (1 + 1e-12)).all()
    by_site = forecast.by_site
    assert ((by_site["ci_low"] >= 0) & (by_site["ci_low"] <= by_site["median"])).all()
    assert ((by_site["median"] <= by_site["ci_high"]) & (by_site["ci_high"] <= by_site["capacity"])).all()
    assert by_site["p_above_threshold"].between(0, 1).all()
    curve = turnout.decay_curve()
    assert np.isfinite(curve[["estimate", "ci_low", "ci_high"]]).all(axis=None)
    assert (turnout.bse > 0).all()


@FEW
@given(tables=offices(), seed=st.integers(0, 1000))
def test_order_of_rows_changes_nothing(tables, seed):
    rng = np.random.default_rng(seed)
    turned = tuple(table.sample(frac=1, random_state=rng) for table in tables)
    one, two = _fit(tables), _fit(turned)
    np.testing.assert_allclose(two.params, one.params, atol=1e-6)
    expected = _draws(one, tables).draws.mean(axis=0)
    mean = pd.DataFrame(_draws(two, turned).draws.mean(axis=0), index=turned[1].index, columns=turned[3].index)
    np.testing.assert_allclose(mean.loc[tables[1].index, tables[3].index], expected, rtol=1e-4, atol=1e-9)


@FEW
@given(tables=offices())
def test_doubling_an_areas_residents_doubles_its_people(tables):
    turnout = _fit(tables)
    doubled = tables[1].assign(population=2 * tables[1]["population"])
    twice = type(turnout)(**{
        **{name: getattr(turnout, name) for name in turnout.__dataclass_fields__}, "areas": doubled
    })  # fmt: skip
    one, two = _draws(turnout, tables).draws, _draws(twice, tables).draws
    small = two < doubled["population"].to_numpy()[:, None] * (1 - 1e-9)
    np.testing.assert_allclose(two[small], 2 * one[small], rtol=1e-9)


@FEW
@given(tables=offices(), factor=st.sampled_from([0.5, 3.0]))
def test_residents_in_other_units_change_nothing_but_the_constant(tables, factor):
    scaled = (tables[0], tables[1].assign(population=tables[1]["population"] * factor), *tables[2:])
    one, two = _fit(tables).params, _fit(scaled).params
    np.testing.assert_allclose(two["const"], one["const"] - np.log(factor), atol=1e-3)
    np.testing.assert_allclose(two[1:], one[1:], atol=1e-3)


@given(
    draws=st.lists(st.floats(0, 500), min_size=1, max_size=30),
    observed=st.floats(0, 500),
    shift=st.floats(-100, 100),
)
def test_crps_is_at_most_the_mean_absolute_error_and_moves_with_its_forecast(draws, observed, shift):
    values = np.array(draws)[:, None]
    score = crps(values, np.array([observed]))[0]
    assert -1e-9 <= score <= np.abs(values - observed).mean() + 1e-9
    assert crps(values + shift, np.array([observed + shift]))[0] == pytest.approx(score, abs=1e-9)


@given(low=st.floats(1, 50), ratio=st.floats(1.2, 10), skew=st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_any_prior_interval_is_kept_in_the_draws_of_the_level(low, ratio, skew):
    prior = TurnoutPrior(total_low=low, total_high=low * ratio, total_median=low * ratio**skew)
    ends = np.exp(prior.log_totals(np.array([-Z_90, 0.0, Z_90])))
    assert ends.tolist() == pytest.approx([prior.total_low, prior.total_median, prior.total_high])
