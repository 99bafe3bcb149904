"""Learning turnout from past events: status, form of the answer, and the cases where little can be learned."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.fitted import FittedTurnout
from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout, prior_turnout
from outreach_analysis.settings import Settings


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _fit(counts, areas, events, sites, costs, **options):
    return fit_turnout(
        areas=areas,
        sites=sites,
        events=events,
        counts=counts,
        costs=costs,
        question=TurnoutQuestion(**options),
        rng=_rng(),
    )


def _forecast(turnout, office, *, seed=3, **options):
    return turnout.forecast(
        sites=office.sites, costs=office.costs, n_draws=options.pop("n_draws", 400), rng=_rng(seed), **options
    )


# ---------- status


@pytest.mark.parametrize(
    ("n", "status", "learned_from"),
    [(0, "prior_only", 0), (4, "prior_only", 0), (5, "provisional", 5), (11, "provisional", 11), (12, "fitted", 12)],
)
def test_status_goes_by_the_number_of_events_and_is_said(make_office, n, status, learned_from):
    office = make_office(12).first(n)
    turnout = _fit(*office.tables)
    assert (turnout.status, turnout.n_events) == (status, learned_from)
    forecast = _forecast(turnout, office)
    assert (forecast.status, forecast.n_events) == (status, learned_from)
    for table in (forecast.summary(), turnout.summary(), turnout.decay_curve()):
        assert table["unit"].str.endswith(f"({status})").all()


def test_events_that_teach_nothing_do_not_count(make_office):
    office = make_office(12)
    events = office.events.assign(placed_share=[0.0] + [1.0] * 11)
    turnout = _fit(office.counts, office.areas, events, office.sites, office.costs)
    assert (turnout.status, turnout.n_events) == ("provisional", 11)
    assert turnout.left_out.iloc[0][["id", "reason"]].tolist() == ["E00", "nobody_placed"]


def test_below_five_events_it_is_the_priors_forecast(make_office):
    office = make_office(12).first(4)
    learned, alone = (
        _fit(*office.tables),
        prior_turnout(
            areas=office.areas, sites=office.sites, events=office.events, costs=office.costs, settings=Settings()
        ),
    )
    assert _forecast(learned, office).draws.tobytes() == _forecast(alone, office).draws.tobytes()
    assert learned.decay_curve().equals(alone.decay_curve())


# ---------- statsmodels' habits


def test_parameters_read_as_in_statsmodels(make_office):
    turnout = _fit(*make_office().tables)
    assert turnout.params.index.tolist() == [
        *("const", "distance", "log_distance", "kind[kecamatan]", "fasting_season"),
        *("log_overdispersion", "log_event_sd", "log_site_sd"),
    ]
    assert turnout.bse["distance"] == pytest.approx(np.sqrt(turnout.cov_params().loc["distance", "distance"]))
    interval = turnout.conf_int(alpha=0.1)
    np.testing.assert_allclose(interval[1] - interval[0], 2 * 1.6448536 * turnout.bse, rtol=1e-6)
    assert "NegBinMixed Results" in str(turnout.fitted.results.summary())
    natural = turnout.summary()
    assert natural.loc["event_sd", "estimate"] == pytest.approx(np.exp(turnout.params["log_event_sd"]))
    assert (natural["ci_low"] < natural["estimate"]).all()


def test_the_prior_alone_has_parameters_too(make_office):
    turnout = _fit(*make_office().first(0).tables)
    assert turnout.params["distance"] == -1
    assert turnout.conf_int().loc["distance"].tolist() == pytest.approx([-1 - 1.96 * 0.6, -1 + 1.96 * 0.6], abs=1e-3)


def test_without_a_second_visit_places_still_differ_by_more_than_their_people(make_office):
    office = make_office(8, n_sites=8)
    events = office.events.assign(site_id=office.sites.index)
    turnout = _fit(office.counts, office.areas, events, office.sites, office.costs)
    twins = office.sites.iloc[:2].set_axis(pd.Index(["twin 1", "twin 2"], name="site_id"))
    km = office.costs[office.costs["site_id"] == "S00"]
    costs = pd.concat([km.assign(site_id=twin) for twin in twins.index])
    draws = turnout.forecast(sites=twins.assign(kind="mall"), costs=costs, n_draws=2000, rng=_rng()).draws.sum(axis=1)
    assert 0.2 < (draws[:, 0] > draws[:, 1]).mean() < 0.8


# ---------- the forecast


def test_forecast_has_the_form_of_the_chain(make_office):
    office = make_office()
    sites = office.sites.assign(capacity=[30.0, *[np.nan] * 7])
    forecast = _fit(*office.tables).forecast(sites=sites, costs=office.costs, n_draws=500, rng=_rng())
    assert forecast.draws.shape == (500, 12, 8)
    by_site = forecast.by_site
    assert by_site.index.equals(sites.index)
    assert by_site["capacity"].tolist() == [30.0, *[120.0] * 7]
    assert by_site.loc["S00", "ci_high"] <= 30
    assert ((by_site["ci_low"] <= by_site["median"]) & (by_site["median"] <= by_site["ci_high"])).all()
    expected = forecast.expected.set_index(["area_id", "site_id"])["people"].unstack()
    np.testing.assert_allclose(expected.loc[forecast.area_ids, forecast.site_ids], forecast.draws.mean(axis=0))


@pytest.mark.parametrize("n", [3, 8, 14])
def test_expectation_and_predictive_totals_have_one_mean(make_office, n):
    office = make_office().first(n)
    forecast = _forecast(_fit(*office.tables), office, n_draws=20_000)
    ratio = forecast.totals.mean() / forecast.draws.sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(ratio, 1, atol=0.05)


def test_same_seed_same_bytes_and_order_of_places_changes_nothing(make_office):
    office = make_office()
    turnout = _fit(*office.tables)
    one, two = _forecast(turnout, office), _forecast(turnout, office)
    assert one.draws.tobytes() == two.draws.tobytes()
    assert one.totals.equals(two.totals)
    turned = turnout.forecast(sites=office.sites.iloc[::-1], costs=office.costs, n_draws=400, rng=_rng(3))
    pd.testing.assert_frame_equal(turned.totals[one.totals.columns], one.totals)


def test_places_seen_before_are_surer_than_new_ones(make_office):
    office = make_office(30, n_sites=6, site_sd=0.8, event_sd=0.2)
    sites = pd.concat([office.sites, office.sites.rename(index=lambda site: f"new {site}")])
    costs = pd.concat([office.costs, office.costs.assign(site_id="new " + office.costs["site_id"])])
    forecast = _fit(*office.tables).forecast(sites=sites, costs=costs, n_draws=2000, rng=_rng())
    spread = np.log(forecast.draws.sum(axis=1)).std(axis=0)
    assert (spread[:6] < 0.7 * spread[6:]).all()


def test_kinds_of_day_move_the_forecast_where_they_were_seen(make_office):
    office = make_office(40, event_sd=0.1, site_sd=0.0)
    days = np.where(np.arange(40) % 2, "workday", "weekend")
    workday = office.events.index[days == "workday"]
    counts = office.counts.assign(
        applicants=office.counts["applicants"].where(~office.counts["event_id"].isin(workday), 0)
    )
    turnout = _fit(counts, office.areas, office.events.assign(day_kind=days), office.sites, office.costs)
    quiet, busy = (_forecast(turnout, office, day_kind=day).by_site["mean"] for day in ("workday", "weekend"))
    assert (quiet < busy).all()
    assert (_forecast(turnout, office, day_kind="workday").by_site["day_kind"] == "workday").all()


def test_decay_curve_falls_within_its_band(make_office):
    curve = _fit(*make_office(24, 40).tables).decay_curve(km=np.array([5.0, 20.0, 60.0, 120.0]))
    assert curve.index.tolist() == [5, 20, 60, 120]
    assert curve["estimate"].is_monotonic_decreasing
    assert ((curve["ci_low"] < curve["estimate"]) & (curve["estimate"] < curve["ci_high"])).all()
    # truth: a factor of exp(-55 / 35) from 5 to 60 km
    assert curve.loc[60, "estimate"] / curve.loc[5, "estimate"] == pytest.approx(np.exp(-55 / 35), rel=0.35)


def test_options_out_of_range_are_refused(make_office):
    office = make_office()
    turnout = _fit(*office.tables)
    with pytest.raises(ValueError, match="n_draws 99 is below 100"):
        _forecast(turnout, office, n_draws=99)
    with pytest.raises(ValueError, match="day_kind 'sunday'"):
        _forecast(turnout, office, day_kind="sunday")
    with pytest.raises(ValueError, match="a distance is negative"):
        turnout.decay_curve(km=np.array([-1.0]))


def test_another_start_is_tried(make_office, monkeypatch):
    from outreach_analysis.models import glmm as negbin_mixed

    plain, starts = negbin_mixed.NegBinMixed.fit, []

    def fails_once(self, start_params=None, **options):
        starts.append(start_params)
        if len(starts) == 1:
            raise negbin_mixed.NoModeError("the turnout model found no mode")
        return plain(self, start_params, **options)

    office = make_office()
    expected = _fit(*office.tables).params
    monkeypatch.setattr(negbin_mixed.NegBinMixed, "fit", fails_once)
    found = _fit(*office.tables).params
    # beside it the fits that learn what earlier events left start elsewhere
    assert not np.array_equal(starts[0], starts[1])
    np.testing.assert_allclose(found, expected, atol=1e-3)


# ---------- sold-out events


def test_sold_out_events_tell_of_more_than_they_served(make_office):
    office = make_office(20)
    totals = office.counts.groupby("event_id")["applicants"].transform("sum")
    served = np.floor(office.counts["applicants"] * np.minimum(1, 40 / totals)).astype(int)
    counts = office.counts.assign(applicants=served)
    full = office.events.assign(sold_out=office.counts.groupby("event_id")["applicants"].sum() > 40)
    assert full["sold_out"].sum() > 5
    said, unsaid, uncut = (
        _forecast(_fit(c, office.areas, events, office.sites, office.costs), office).totals.mean().mean()
        for c, events in ((counts, full), (counts, office.events), (office.counts, office.events))
    )
    assert unsaid < said
    assert abs(np.log(said / uncut)) < abs(np.log(unsaid / uncut))


# ---------- degenerate offices


def test_nobody_ever_came(make_office):
    office = make_office()
    turnout = _fit(office.counts.assign(applicants=0), *office.tables[1:])
    assert turnout.status == "fitted"
    assert (_forecast(turnout, office).by_site["median"] <= 1).all()


def test_one_event_and_none(make_office):
    office = make_office()
    for n in (0, 1):
        found = office.first(n)
        assert _fit(*found.tables).status == "prior_only"


def test_one_area(make_office):
    office = make_office()
    costs = office.costs[office.costs["area_id"] == office.areas.index[0]]
    counts = office.counts[office.counts["area_id"] == office.areas.index[0]]
    turnout = _fit(counts, office.areas.iloc[:1], office.events, office.sites, costs)
    forecast = turnout.forecast(sites=office.sites, costs=costs, n_draws=400, rng=_rng())
    assert np.isfinite(forecast.draws).all()


def test_a_site_very_far_away_brings_nobody_or_few(make_office):
    office = make_office()
    costs = office.costs.assign(km=office.costs["km"].mask(office.costs["site_id"] == "S03", 600.0))
    forecast = _fit(*office.tables[:4], costs).forecast(sites=office.sites, costs=costs, n_draws=400, rng=_rng())
    assert forecast.by_site.loc["S03", "median"] <= forecast.by_site["median"].max()
    assert np.isfinite(forecast.draws).all()


def test_a_place_without_distances_brings_nobody(make_office):
    office = make_office()
    costs = office.costs[office.costs["site_id"] != "S03"]
    turnout = _fit(*office.tables[:4], costs)
    assert (turnout.left_out["reason"] == "no_distance").sum() == (office.events["site_id"] == "S03").sum()
    assert turnout.forecast(sites=office.sites, costs=costs, n_draws=400, rng=_rng()).by_site.loc["S03", "ci_high"] == 0


def test_areas_without_residents_send_nobody_and_are_named(make_office):
    office = make_office()
    first = office.areas.index[0]
    areas = office.areas.assign(population=office.areas["population"].mask(office.areas.index == first, 0))
    turnout = _fit(office.counts, areas, *office.tables[2:])
    named = turnout.left_out.set_index("id").loc[first]
    assert named["reason"] == "no_residents"
    assert named["people"] == office.counts.loc[office.counts["area_id"] == first, "applicants"].sum()
    assert (_forecast(turnout, office).draws[:, 0] == 0).all()


def test_nobody_lives_anywhere(make_office):
    office = make_office()
    turnout = _fit(office.counts, office.areas.assign(population=0), *office.tables[2:])
    assert turnout.status == "prior_only"
    with pytest.raises(ValueError, match="no residents within reach"):
        _forecast(turnout, office)


def test_covariates_that_say_the_same_are_dropped_and_named(make_office):
    office = make_office()
    kind = office.sites["kind"].reindex(office.events["site_id"]).to_numpy()
    events = office.events.assign(day_kind=np.where(kind == "mall", "weekend", "workday"))
    turnout = _fit(office.counts, office.areas, events, office.sites, office.costs)
    left = turnout.left_out[turnout.left_out["what"] == "covariate"].set_index("id")["reason"]
    assert left["day[workday]"] == "same_as_others"
    assert "kind[kecamatan]" in turnout.params


def test_one_freak_event_does_not_break_the_rest(make_office):
    office = make_office()
    freak = (office.counts["event_id"] == "E00") & (office.counts["area_id"] == office.areas.index[0])
    counts = office.counts.assign(applicants=office.counts["applicants"].mask(freak, 20_000))
    forecast = _forecast(_fit(counts, *office.tables[1:]), office)
    assert np.isfinite(forecast.totals.to_numpy()).all()


def test_an_office_without_spread_in_its_prior(make_office):
    prior = TurnoutPrior(event_sd=0.0, site_sd=0.0, overdispersion=0.0)
    turnout = _fit(*make_office().tables, prior=prior)
    assert isinstance(turnout.fitted, FittedTurnout)
    assert turnout.prior is prior


def test_rising_draws_are_held_level():
    from outreach_analysis.models.terms import log_decay

    curve = log_decay(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.arange(0.0, 400.0, 10.0), prior=TurnoutPrior())
    assert (np.diff(curve, axis=1) <= 1e-12).all()
    assert (curve[1] == 0).all()


def test_inputs_are_not_changed(make_office):
    office = make_office()
    before = [table.copy(deep=True) for table in office.tables]
    _forecast(_fit(*office.tables), office)
    for table, copy in zip(office.tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)
