"""Fresh interest in the forecast: a floor, with its uncertainty, that can be switched off."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.turnout import fit_turnout
from outreach_analysis.settings import Settings

AS_OF = pd.Timestamp("2026-01-31")
SETTINGS = Settings(as_of=AS_OF.date())


def _interest(people: int, area_id: str, *, days_ago: int = 10, **columns: object) -> pd.DataFrame:
    row = {
        "date": AS_OF - pd.Timedelta(days=days_ago),
        "area_id": area_id,
        "people": people,
        "source": "x",
        "group": True,
        "person_key": None,
        "event_id": None,
    }
    return pd.DataFrame([row | columns]).astype({"person_key": object, "event_id": object})


def _forecasts(office, interest, *, n_draws=4000, **options):
    turnout = fit_turnout(*office.tables, interest=interest, settings=SETTINGS, rng=np.random.default_rng(0))
    return turnout, turnout.forecast(
        office.sites, office.costs, n_draws=n_draws, rng=np.random.default_rng(1), **options
    )


@pytest.mark.parametrize("n", [3, 14], ids=["prior alone", "fitted"])
def test_fresh_interest_raises_its_area_and_no_other(make_office, n):
    office = make_office().first(n)
    area = office.areas.index[0]
    _, without = _forecasts(office, None)
    turnout, with_it = _forecasts(office, _interest(80, area))
    assert turnout.promises.people[area] == 80
    raised = with_it.draws.mean(axis=0) / without.draws.mean(axis=0)
    assert (raised[0] > 1).all()
    np.testing.assert_allclose(raised[1:], 1)
    assert with_it.by_site["mean"].ge(without.by_site["mean"] - 1).all()


def test_it_is_a_floor_not_an_addition(make_office):
    office = make_office()
    area = office.areas.index[0]
    expected = _forecasts(office, None)[1].draws[:, 0].mean(axis=0)
    raised = _forecasts(office, _interest(80, area))[1].draws[:, 0].mean(axis=0)
    assert (raised < expected + 0.6 * 80).all()
    few = _forecasts(office, _interest(1, area))[1].draws[:, 0].mean(axis=0)
    np.testing.assert_allclose(few, expected, rtol=0.1)


def test_it_falls_with_distance_and_is_as_uncertain_as_the_share(make_office):
    office = make_office()
    area = office.areas.index[0]
    turnout, forecast = _forecasts(office, _interest(5000, area))
    km = office.costs[office.costs["area_id"] == area].set_index("site_id")["km"][office.sites.index]
    people = pd.Series(forecast.draws[:, 0].mean(axis=0), index=km.index)[km.sort_values().index]
    assert people.is_monotonic_decreasing
    assert people.iloc[0] < 5000 * 0.6
    spread = np.log(forecast.draws[:, 0, km.argmin()]).std()
    assert spread > 0.8 * turnout.promises.conversion.sd / turnout.promises.conversion.mean


def test_switched_off_the_forecast_is_as_without_interest(make_office):
    office = make_office()
    _, without = _forecasts(office, None)
    _, off = _forecasts(office, _interest(80, office.areas.index[0]), use_interest=False)
    assert off.draws.tobytes() == without.draws.tobytes()
    assert off.totals.equals(without.totals)


def test_old_and_foreign_interest_changes_nothing(make_office):
    office = make_office()
    interest = pd.concat([_interest(80, office.areas.index[0], days_ago=181), _interest(80, "99.99.99")])
    _, without = _forecasts(office, None)
    _, stale = _forecasts(office, interest)
    assert stale.draws.tobytes() == without.draws.tobytes()


def test_past_promises_teach_the_share(make_office):
    office = make_office()
    area = office.areas.index[0]
    came = office.counts[office.counts["area_id"] == area].set_index("event_id")["applicants"]
    past = pd.concat([_interest(int(came[event]) * 10 + 30, area, event_id=event) for event in office.events.index])
    turnout, _ = _forecasts(office, pd.concat([past, _interest(50, area)]))
    assert len(turnout.promises.conversion.promises) == 14
    assert turnout.promises.conversion.mean < 0.45


def test_totals_and_expectation_keep_one_mean(make_office):
    office = make_office()
    _, forecast = _forecasts(office, _interest(300, office.areas.index[0]), n_draws=20_000)
    ratio = forecast.totals.mean() / forecast.draws.sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(ratio, 1, atol=0.05)


def test_an_interest_table_without_rows_is_no_interest(make_office):
    office = make_office()
    nobody = _interest(1, office.areas.index[0]).iloc[:0]
    turnout, empty = _forecasts(office, nobody)
    assert turnout.promises.people.sum() == 0
    assert empty.draws.tobytes() == _forecasts(office, None)[1].draws.tobytes()
