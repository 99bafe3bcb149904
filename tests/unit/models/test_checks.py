"""What no model takes for a number: residents, distances and placed shares that cannot be meant, refused by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.doors import FARTHEST_KM, check_distances, checked_frames, checked_residents
from outreach_analysis.models.backtest import backtest
from outreach_analysis.models.turnout import fit_turnout, prior_turnout
from outreach_analysis.settings import Settings


def fit(office, **changes):
    tables = {
        name: changes.get(name, getattr(office, name)) for name in ("counts", "areas", "events", "sites", "costs")
    }
    return fit_turnout(**tables, rng=np.random.default_rng(0))


def spoilt(frame: pd.DataFrame, column: str, value: float, rows: slice = slice(0, 1)) -> pd.DataFrame:
    changed = frame.assign(**{column: frame[column].astype(float)})
    changed.iloc[rows, changed.columns.get_loc(column)] = value
    return changed


WRONG_RESIDENTS = [np.nan, -1.0, np.inf]
WRONG_KM = [(-0.5, r"below 0 km for 64.00.00 to S00 \(-0.5\)"), (12_000.0, r"above 5,000 km for .* \(12000\)")]


@pytest.mark.parametrize("n", [3, 14], ids=["prior alone", "fitted"])
@pytest.mark.parametrize("value", WRONG_RESIDENTS)
def test_residents_that_cannot_be_are_refused_before_anything_is_learned(make_office, n, value):
    office = make_office().first(n)
    areas = spoilt(office.areas, "population", value)
    with pytest.raises(
        ValueError, match=r"residents are missing, infinite or below 0 for 64.00.00 .*; give the number"
    ):
        fit(office, areas=areas)
    with pytest.raises(ValueError, match="residents are missing, infinite or below 0"):
        prior_turnout(areas=areas, sites=office.sites, events=office.events, costs=office.costs, settings=Settings())


@pytest.mark.parametrize("n", [3, 14], ids=["prior alone", "fitted"])
@pytest.mark.parametrize(("value", "says"), WRONG_KM)
def test_distances_that_cannot_be_are_refused_by_every_door(make_office, n, value, says):
    office = make_office().first(n)
    costs = spoilt(office.costs, "km", value)
    with pytest.raises(ValueError, match=says):
        fit(office, costs=costs)
    with pytest.raises(ValueError, match=says):
        prior_turnout(areas=office.areas, sites=office.sites, events=office.events, costs=costs, settings=Settings())
    with pytest.raises(ValueError, match=says):
        fit(office).forecast(sites=office.sites, costs=costs, n_draws=100, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=says):
        backtest(**office.named | {"costs": costs}, rng=np.random.default_rng(0))


def test_a_table_in_metres_is_told_its_remedy_once(make_office):
    office = make_office()
    with pytest.raises(ValueError, match=r"and \d+ more; km are read: divide metres by 1,000") as caught:
        fit(office, costs=office.costs.assign(km=office.costs["km"] * 1000))
    assert str(caught.value).count("divide metres") == 1


def test_a_way_that_is_not_known_is_no_fault(make_office):
    office = make_office()
    costs = spoilt(office.costs, "km", np.nan)
    turnout = fit(office, costs=costs)
    forecast = turnout.forecast(
        sites=office.sites, costs=spoilt(costs, "km", np.inf), n_draws=100, rng=np.random.default_rng(0)
    )
    assert np.isfinite(forecast.draws).all()
    assert (forecast.draws[:, 0, 0] == 0).all()


@pytest.mark.parametrize("share", [1e-300, 1e-9, 1e-4])
def test_a_placed_share_near_nothing_that_means_a_crowd_is_refused(make_office, share):
    office = make_office()
    events = spoilt(office.events, "placed_share", share)
    with pytest.raises(ValueError, match=r"more than 10,000 at one event for E00 \(.*\); placed_share is the share"):
        fit(office, events=events)


def test_a_small_placed_share_that_means_a_pop_up_is_learned_from(make_office):
    office = make_office()
    came = office.counts.groupby("event_id")["applicants"].sum()["E00"]
    first = office.counts["event_id"] == "E00"
    few = office.counts.assign(applicants=office.counts["applicants"].where(~first, 0))
    few.loc[few.index[first][0], "applicants"] = 1
    turnout = fit(office, counts=few, events=spoilt(office.events, "placed_share", 1 / came))
    forecast = turnout.forecast(sites=office.sites, costs=office.costs, n_draws=100, rng=np.random.default_rng(0))
    assert np.isfinite(forecast.draws).all()
    assert forecast.totals.median().between(0, 2000).all()
    # and where nobody is placed nothing is learned of the event
    nobody = spoilt(office.events, "placed_share", 0.0)
    assert fit(office, events=nobody).left_out["reason"].tolist()[0] == "nobody_placed"


@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_counts_that_are_no_numbers_of_people_are_refused(make_office, value):
    office = make_office()
    with pytest.raises(ValueError, match="1 rows of counts have fewer than 0 applicants or no number"):
        fit(office, counts=spoilt(office.counts, "applicants", value))


def test_many_faults_are_named_in_part_and_counted():
    with pytest.raises(ValueError, match=r"a0 \(-1\), a1 \(-1\), a2 \(-1\), a3 \(-1\), a4 \(-1\) and 15 more; give"):
        checked_residents(pd.Series(-1.0, index=[f"a{number}" for number in range(20)]))
    km = pd.DataFrame({"area_id": "a", "site_id": [f"S{number}" for number in range(9)], "km": [-1.0] * 7 + [9e3] * 2})
    with pytest.raises(
        ValueError, match=r"(?s)below 0 km .* and 2 more; .*above 5,000 km for a to S7 \(9000\), a to S8"
    ):
        checked_frames(costs=km)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_distance_is_taken_where_and_only_where_it_can_be(values):
    costs = pd.DataFrame({"area_id": "a", "site_id": [f"S{n}" for n in range(len(values))], "km": values}, dtype=object)
    costs = costs.astype({"km": float})
    wrong = [number for number, km in enumerate(values) if km < 0 or FARTHEST_KM < km < np.inf]
    if not wrong:
        checked_frames(costs=costs)
        check_distances(costs["km"], costs["site_id"].tolist())
        return
    with pytest.raises(ValueError, match="distances are") as caught:
        checked_frames(costs=costs)
    assert f"S{wrong[0]} (" in str(caught.value)
