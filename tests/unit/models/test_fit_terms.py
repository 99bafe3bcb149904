"""Terms of time, programme and place in the fit: what was planted is found, and forecasts hang on the proposed day.

Terms are planted by thinning: of those who came to an event a part stays, which leaves the model's own distribution.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout

QUIET = {"event_sd": 0.2, "site_sd": 0.1, "overdispersion": 0.3}


def _thinned(office, kept, **columns):
    """The office with that share of each event's people, and columns of its events."""
    share = pd.Series(np.asarray(kept, dtype=float), index=office.events.index)
    rng = np.random.default_rng(7)
    people = rng.binomial(office.counts["applicants"], office.counts["event_id"].map(share))
    return dataclasses.replace(
        office, counts=office.counts.assign(applicants=people), events=office.events.assign(**columns)
    )


def _fit(office, **options):
    return fit_turnout(**office.named, question=TurnoutQuestion(**options), rng=np.random.default_rng(0))


def _forecast(turnout, office, **options):
    found = turnout.forecast(
        sites=office.sites, costs=office.costs, n_draws=1000, rng=np.random.default_rng(1), **options
    )
    return found.draws.sum(axis=1).mean()


def test_invited_groups_are_told_apart_and_a_proposed_visit_is_as_visits_were(make_office):
    whole = make_office(40, 12, **QUIET)
    invited = np.arange(40) % 2 == 1
    office = _thinned(whole, np.where(invited, 0.35, 1.0), programme=np.where(invited, "invited", "visit"))
    turnout = _fit(office)
    row = turnout.summary().loc["programme[invited]"]
    assert row["estimate"] == pytest.approx(np.log(0.35), abs=0.35)
    assert row["ci_high"] < -0.5
    unsaid = _fit(dataclasses.replace(office, events=office.events.drop(columns="programme")))
    assert _forecast(turnout, office) > 1.2 * _forecast(unsaid, office)


def test_an_event_of_two_days_counts_as_two_events(make_office):
    whole = make_office(40, 12, **QUIET)
    one_day = np.arange(40) % 2 == 1
    office = _thinned(whole, np.where(one_day, 0.5, 1.0), days=np.where(one_day, 1.0, 2.0))
    halved = _thinned(whole, np.full(40, 0.5))
    assert _forecast(_fit(office), office) == pytest.approx(_forecast(_fit(halved), halved), rel=0.1)


def test_openings_at_the_office_are_never_learned_from(make_office):
    office = make_office(14, 12)
    programme = np.where(np.arange(14) < 4, "office", "visit")
    turnout = _fit(dataclasses.replace(office, events=office.events.assign(programme=programme)))
    assert turnout.n_events == 10
    left = turnout.left_out[turnout.left_out["what"] == "event"]
    assert set(left["reason"]) == {"at_office"}


def test_growth_is_followed_to_the_proposed_day(make_office):
    whole = make_office(40, 12, **QUIET)
    dates = pd.date_range("2024-01-06", periods=40, freq="21D")
    years = np.asarray((dates[-1] - dates) / pd.Timedelta(days=365.25))
    office = _thinned(dataclasses.replace(whole, events=whole.events.assign(date=dates)), np.exp(-0.4 * years))
    turnout = _fit(office)
    soon = _forecast(turnout, office, days=pd.Series(dates[-1], index=office.sites.index))
    later = _forecast(turnout, office, days=pd.Series(dates[-1] + pd.Timedelta(days=365), index=office.sites.index))
    # shrunk: between nothing and what was planted
    assert np.log(later / soon) == pytest.approx(0.3, abs=0.15)


def test_the_rhythm_of_a_forecast_leads_to_the_forecast_of_any_other_day(make_office):
    """A fasting season, a year of growth and a place given last: draw by draw the forecast made for that day."""
    office = make_office(20, 12)
    dates = pd.date_range("2024-02-03", periods=20, freq="21D")
    turnout = _fit(dataclasses.replace(office, events=office.events.assign(date=dates)))
    assert turnout.fitted.design.terms.names == ("trend", "fasting_season")
    sites, soon, later = office.sites.iloc[::-1], pd.Timestamp("2025-02-01"), pd.Timestamp("2026-03-01")
    first, second = (
        turnout.forecast(
            sites=sites,
            costs=office.costs,
            days=pd.Series([day, soon], index=sites.index[:2]),
            n_draws=200,
            rng=np.random.default_rng(1),
        )
        for day in (soon, later)
    )
    ratio = first.rhythm.ratio(0, later)
    assert ratio.std() > 0.1
    np.testing.assert_allclose(first.draws[:, :, 0] * ratio[:, None], second.draws[:, :, 0], rtol=1e-9)
    np.testing.assert_array_equal(first.draws[:, :, 1], second.draws[:, :, 1])
    assert (first.rhythm.ratio(1, soon) == 1).all()


def test_without_a_day_the_forecast_is_of_the_day_of_the_question(make_office):
    office = make_office(20, 12)
    office = dataclasses.replace(
        office, events=office.events.assign(date=pd.date_range("2024-06-01", periods=20, freq="21D"))
    )
    turnout = _fit(office)
    last = pd.Series(office.events["date"].iloc[-1], index=office.sites.index)
    assert _forecast(turnout, office) == _forecast(turnout, office, days=last)


def test_the_season_of_the_office_moves_the_forecast_of_a_day(make_office):
    whole = make_office(40, 12, **QUIET)
    dates = pd.date_range("2024-01-06", periods=40, freq="18D")
    wave = 0.5 * np.cos(2 * np.pi * (dates.day_of_year - 190) / 365)
    office = _thinned(dataclasses.replace(whole, events=whole.events.assign(date=dates)), np.exp(wave - 0.5))
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    people = 1000 * np.exp(0.5 * np.cos(2 * np.pi * (months.day_of_year + 14 - 190) / 365))
    turnout = _fit(office, office_monthly=pd.DataFrame({"month": months, "area_id": "x", "applicants": people}))
    ratio = [
        _forecast(turnout, office, days=pd.Series(pd.Timestamp(day), index=office.sites.index))
        for day in ("2026-07-10", "2026-01-10")
    ]
    assert np.log(ratio[0] / ratio[1]) == pytest.approx(0.95, abs=0.3)


def test_a_column_of_the_office_that_tells_is_found_and_noise_says_nothing(make_office):
    whole = make_office(40, 12, **QUIET)
    rng = np.random.default_rng(5)
    tells, noise = rng.uniform(-1.5, 1.5, 8), rng.standard_normal(8)
    sites = whole.sites.assign(x_members=tells, x_noise=noise)
    at = whole.sites.index.get_indexer(whole.events["site_id"])
    office = _thinned(dataclasses.replace(whole, sites=sites), np.exp(0.4 * tells[at] - 0.6))
    table = _fit(office).summary()
    assert table.loc["x_members", "ci_low"] > 0.1
    assert table.loc["x_noise", "ci_low"] < 0 < table.loc["x_noise", "ci_high"]


@pytest.mark.slow
def test_a_column_that_halves_the_spread_of_places_is_found_and_noise_is_not(make_office):
    """Places differ by .5 (sd of log); a column knows three quarters of that variance, which halves it."""
    found, false = [], []
    for seed in range(20):
        whole = make_office(28, 16, 20, seed=seed + 1, event_sd=0.3, site_sd=0.25, overdispersion=0.4)
        rng = np.random.default_rng(seed)
        tells, noise = rng.standard_normal(20), rng.standard_normal(20)
        office = dataclasses.replace(whole, sites=whole.sites.assign(x_tells=tells, x_noise=noise))
        at = whole.sites.index.get_indexer(whole.events["site_id"])
        kept = np.exp(0.43 * (tells[at] - tells[at].max()))
        published = _fit(_thinned(office, kept)).terms()
        found.append(bool(published.loc["x_tells", "says"] and published.loc["x_tells", "estimate"] > 0))
        false.append(bool(published.loc["x_noise", "says"]))
    assert np.mean(found) >= 0.8
    assert np.mean(false) <= 0.2


@pytest.mark.slow
def test_the_interval_of_invited_groups_holds_what_was_planted(make_office):
    inside = []
    for seed in range(30):
        whole = make_office(24, 16, 12, seed=seed + 1, event_sd=0.4)
        invited = np.random.default_rng(seed).random(24) < 0.4
        office = _thinned(whole, np.where(invited, 0.4, 1.0), programme=np.where(invited, "invited", "visit"))
        row = _fit(office).summary().loc["programme[invited]"]
        inside.append(row["ci_low"] < np.log(0.4) < row["ci_high"])
    assert np.mean(inside) >= 0.75
