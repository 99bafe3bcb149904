"""What a place adds: refusals, empty worlds, capacity, the account, and announced events before and after."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from decision_worlds import (
    FIRST_DAY,
    a_world,
    announced,
    make_depletion,
    make_displacement,
    make_forecast,
    make_incremental,
    make_rhythm,
)

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import (
    ACCOUNT,
    DecisionWeights,
    capacity_factors,
    incremental_attendance,
    unserved_draws,
)
from outreach_analysis.models.displacement import PastEvents

ONE_PLACE = [[[10.0], [20.0]], [[30.0], [20.0]]]
TWO_PLACES = [[[10.0, 20.0], [20.0, 0.0]], [[30.0, 20.0], [20.0, 40.0]]]


def on(*visits: tuple[str, int]) -> list[tuple[str, pd.Timestamp]]:
    return [(site, FIRST_DAY + pd.Timedelta(days=day)) for site, day in visits]


def test_full_displacement_or_no_expectation_leaves_nothing_to_win():
    displaced = make_incremental(ONE_PLACE, displacement=1.0)
    assert displaced.value(on(("S0", 0))) == 0
    assert displaced.account.loc["S0"].to_dict() == {
        "unannounced": 40, "gone_earlier": 0, "additional": 0, "office_anyway": 40, "gone_later": 0, "outside": 0,
    }  # fmt: skip
    nobody = make_incremental(np.zeros((3, 2, 2)))
    assert nobody.value(on(("S0", 0), ("S1", 7))) == 0
    assert (nobody.capacity_factor == 1).all()
    assert nobody.summary()[["estimate", "ci_low", "ci_high"]].eq(0).all(axis=None)


def test_capacity_lowers_every_draw_by_what_chance_leaves_of_it():
    found = make_incremental(ONE_PLACE, totals=[[20], [60]], capacity=40)
    # chance: 20 of 30 and 60 of 50 expected, 2/3 and 6/5. Draw of 30: 20 and 36 of 40 fit; of 50: 33 1/3 and 40 of 60
    expected = [(20 + 36) / (20 + 36), (100 / 3 + 40) / (100 / 3 + 60)]
    assert found.capacity_factor[:, 0].tolist() == pytest.approx(expected)
    assert found.value(on(("S0", 0))) == pytest.approx((30 * expected[0] + 50 * expected[1]) / 2)
    exact = make_incremental(ONE_PLACE, totals=[[30], [50]], capacity=50)
    assert exact.capacity_factor[:, 0].tolist() == [1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_capacity_factors_are_means_over_chance_one_by_one(seed):
    rng = np.random.default_rng(seed)
    draws = rng.gamma(2, 10, (6, 3, 2)) + 1.0
    totals = np.rint(draws.sum(axis=1) * rng.gamma(3, 1 / 3, (6, 2)))
    forecast = make_forecast(draws, totals=totals, capacity=[25.0, 60.0])
    for site, capacity in enumerate((25.0, 60.0)):
        mean = draws[:, :, site].sum(axis=1)
        noise = [total / expected if expected else 0.0 for total, expected in zip(totals[:, site], mean, strict=True)]
        for draw, expected in enumerate(mean):
            wanted = sum(expected * each for each in noise)
            served = sum(min(expected * each, capacity) for each in noise)
            assert capacity_factors(forecast)[draw, site] == pytest.approx(served / wanted if wanted else 1.0)


def test_a_visit_has_the_trend_of_its_own_day_and_not_of_the_proposed_one():
    """30 and 50 people; one draw doubles in 365.25 days, the other stays. Of 60 willing at most nine tenths come."""
    later = FIRST_DAY + pd.Timedelta(days=365.25)
    growth = make_rhythm([np.log(2), 0.0], [FIRST_DAY])
    found = make_incremental(ONE_PLACE, rhythm=growth, base=[[60.0, 60.0]] * 2, share=1.0, recovery=1e-3)
    assert found.value(on(("S0", 0))) == pytest.approx(40)
    assert found.value([("S0", later)]) == pytest.approx((60 + 50) / 2, rel=1e-3)
    narrow = make_incremental(ONE_PLACE, rhythm=growth, base=[[20.0, 40.0]] * 2, share=1.0, recovery=1e-3)
    assert narrow.value_draws([("S0", later)])[0].tolist() == pytest.approx([0.9 * 20, 0.9 * 40], rel=1e-3)
    # the proposed day itself may be another one than that of the forecast
    moved = make_incremental(ONE_PLACE, rhythm=growth, base=[[60.0, 60.0]] * 2, days=later, share=1.0, recovery=1e-3)
    assert moved.account.loc["S0", ["unannounced", "additional"]].tolist() == pytest.approx([55, 55], rel=1e-3)
    assert moved.people.loc["S0", "mean"] == pytest.approx(55, rel=1e-3)


def test_a_draw_that_expects_nobody_at_a_place_is_no_warning():
    found = make_incremental([[[0.0], [0.0]], [[30.0], [20.0]]], capacity=40.0)
    assert found.capacity_factor[:, 0].tolist() == [1, 0.8]
    # nor is one where chance lets nobody come
    assert make_incremental(ONE_PLACE, totals=[[0], [0]], capacity=1).capacity_factor.tolist() == [[1], [1]]


def test_so_many_are_willing_that_what_fits_in_is_nine_tenths_of_them():
    """30 and 20 would come and 40 fit in: 24 and 16, nine tenths of 26.7 and 17.8; where more are willing, these."""
    crowded = make_incremental([[[30.0], [20.0]]], capacity=40.0, base=[[10.0, 40.0]], share=1.0)
    assert crowded.stock[0].tolist() == pytest.approx([24 / 0.9, 40])


def test_people_from_outside_the_jurisdiction_are_no_increment():
    found = make_incremental(ONE_PLACE, inside=[True, False], displacement=0.25)
    assert found.area_ids.tolist() == ["a0"]
    assert found.value(on(("S0", 0))) == pytest.approx(15)
    account = found.account.loc["S0"]
    assert (account["outside"], account["additional"], account["office_anyway"]) == pytest.approx((20, 15, 5))


def test_two_visits_to_one_place_reach_fewer_than_twice_as_many_and_more_after_a_while():
    found = make_incremental(ONE_PLACE, share=0.5, recovery=30.0)
    once = found.value(on(("S0", 0)))
    again = [found.value(on(("S0", 0), ("S0", days))) for days in (0, 7, 90, 3000)]
    assert again == sorted(again)
    assert once < again[0] < 1.6 * once
    assert again[-1] == pytest.approx(2 * once, rel=1e-6)


def test_depletion_worked_by_hand():
    # one area, one draw: a stock of 100 (base 50 at a share of .5), S0 draws 50 of it, S1 30
    found = make_incremental([[[50.0, 30.0]]], share=0.5, recovery=10.0, displacement=0.2)
    assert found.stock.tolist() == [[100]]
    left = 1 - 0.5 * np.exp(-0.7)  # of the half whom S0 served on day 0, exp(-7 / 10) are still away on day 7
    assert found.value(on(("S0", 0), ("S1", 7))) == pytest.approx(0.8 * (50 + 30 * left))
    # the other way round S0 meets those whom S1 left
    assert found.value(on(("S1", 0), ("S0", 7))) == pytest.approx(0.8 * (30 + 50 * (1 - 0.3 * np.exp(-0.7))))
    # on one day the visit named first goes first
    assert found.value(on(("S0", 0), ("S1", 0))) == pytest.approx(0.8 * (50 + 15))


def test_jumping_before_an_announced_event_wins_nothing_that_is_only_taken_from_it():
    given = announced(("S1", 7))
    found = make_incremental([[[50.0, 30.0]]], share=0.5, recovery=1e9, given=given)
    # S0 on day 0 takes half of those who would have gone to S1: 50 less 15
    assert found.value(on(("S0", 0))) == pytest.approx(35)
    account = found.account.loc["S0"]
    assert account.to_dict() == pytest.approx(
        {"unannounced": 50, "gone_earlier": 0, "additional": 35, "office_anyway": 0, "gone_later": 15, "outside": 0}
    )
    later = make_incremental([[[50.0, 30.0]]], share=0.5, recovery=1e9, given=announced(("S1", -7))).account.loc["S0"]
    assert later.to_dict() == pytest.approx(
        {"unannounced": 50, "gone_earlier": 15, "additional": 35, "office_anyway": 0, "gone_later": 0, "outside": 0}
    )


def test_under_another_displacement_it_is_as_if_that_had_been_learned():
    world = a_world(3)
    given = announced(("S1", 3), ("S2", 20))
    learned, other = (
        make_incremental(**world, given=given),
        make_incremental(**world | {"displacement": 0.3}, given=given),
    )
    learned.account  # noqa: B018 - what was worked out before must not be told of the other
    under = learned.under(other.displacement)
    pd.testing.assert_frame_equal(under.account, other.account)
    visits = on(("S0", 1), ("S4", 9))
    np.testing.assert_array_equal(under.value_draws(visits), other.value_draws(visits))
    np.testing.assert_array_equal(learned.people_draws(visits)[:, learned.inside] * 0.7, other.value_draws(visits))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("given", [(), (("S1", -20), ("S3", 10), ("S1", 60))], ids=["nothing", "announced"])
def test_the_account_adds_up_in_every_draw(seed, given):
    found = make_incremental(**a_world(seed), given=announced(*given))
    draws = found.account_draws
    np.testing.assert_allclose(draws[:, :, 0], draws[:, :, 1:].sum(axis=2), rtol=0, atol=1e-9)
    np.testing.assert_allclose(draws.mean(axis=0), found.account.to_numpy())
    assert found.account.columns.tolist() == list(ACCOUNT)
    assert (draws >= -1e-9).all()
    if not given:
        assert (draws[:, :, [ACCOUNT.index("gone_earlier"), ACCOUNT.index("gone_later")]] == 0).all()
    else:
        assert (found.account[["gone_earlier", "gone_later"]].to_numpy() > 0).any(axis=0).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_a_place_adds_is_the_value_of_its_visit(seed):
    found = make_incremental(**a_world(seed), given=announced(("S1", -20), ("S3", 10)))
    for site in found.site_ids:
        visit = [(site, found.days[site])]
        assert found.increments()[site] == pytest.approx(found.value(visit))
        np.testing.assert_allclose(found.increment_draws()[site], found.value_draws(visit).sum(axis=1), atol=1e-9)
    ones = DecisionWeights(areas=pd.Series(1.0, index=found.area_ids))
    np.testing.assert_allclose(found.increment_draws(weights=ones), found.increment_draws(), atol=1e-9)
    double = DecisionWeights(areas=pd.Series(2.0, index=found.area_ids), sites=pd.Series({"S0": 3.0}))
    expected = 2 * found.increments() - pd.Series({"S0": 3.0}).reindex(found.site_ids).fillna(0)
    np.testing.assert_allclose(found.increments(weights=double), expected)


def test_what_the_announced_events_reach_is_told_by_area():
    found = make_incremental(TWO_PLACES, displacement=[0.5, 0.0], given=announced(("S1", 7)))
    assert found.announced_by_area().to_dict() == {"a0": 10, "a1": 20}
    assert make_incremental(TWO_PLACES).announced_by_area().to_dict() == {"a0": 0, "a1": 0}
    assert found.expected_by_area()["S0"].to_dict() == {"a0": 10, "a1": 20}


def test_people_on_the_day_are_those_whom_earlier_events_left():
    found = make_incremental([[[50.0, 30.0]]] * 3, share=0.5, recovery=1e9, given=announced(("S1", -7)), capacity=40.0)
    # 50 x 40/50 fit; three tenths are gone
    assert found.people.loc["S0", "mean"] == pytest.approx(40 * 0.7)
    # the interval follows the expectation: capacity first, then what earlier events left of it
    assert found.people.loc["S0", "ci_high"] == 28
    assert found.people.loc["S0", "capacity"] == 40


def test_the_range_of_people_on_the_day_is_of_whole_people_and_never_above_capacity():
    # 10 people are expected; 7, 24.4 and 90 come by chance, of whom 7, 24 and 40 fit in
    found = make_incremental([[[10.0]]] * 3, totals=[[7], [24.4], [90]], capacity=40.0)
    low, high = np.quantile([7, 24, 40], [0.05, 0.95])
    assert found.people.loc["S0", ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high])
    assert found.people.loc["S0", "mean"] == pytest.approx(10 * (7 + 24.4 + 40) / (7 + 24.4 + 90))
    # an event before took four fifths of them: as much of the range is gone
    after = make_incremental(
        [[[10.0, 40.0]]] * 3, totals=[[7, 40], [24.4, 40], [90, 40]], capacity=[40.0, 1e9], share=0.8, recovery=1e9,
        given=announced(("S1", -7)),
    )  # fmt: skip
    low, high = np.quantile(np.rint([7 / 5, 24.4 / 5, 40 / 5]), [0.05, 0.95])
    assert after.people.loc["S0", ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high])


def test_where_people_wait_the_forecast_is_of_what_earlier_events_left():
    """Seven days before, one event took 3/10 of the first area and all but nothing of what waits in the second."""
    past = PastEvents(
        dates=np.array([FIRST_DAY - pd.Timedelta(days=7)], "datetime64[ns]"), ratio=np.array([[0.6, 9.0]])
    )
    draws = np.array([[[50.0, 30.0], [20.0, 40.0]]])
    depletion = make_depletion(draws, share=0.5, recovery=1e9, past=past)
    forecast = dataclasses.replace(make_forecast(draws, depletion=depletion), waiting=frozenset({"S1"}))
    days = pd.Series(FIRST_DAY, index=forecast.site_ids)
    found = unserved_draws(forecast, days)
    assert found[0].tolist() == [[50, pytest.approx(30 / 0.7)], [20, pytest.approx(40 / 0.1)]]
    assert forecast.draws.tolist() == draws.tolist()
    # asked for the day before the event, nothing was taken yet
    before = unserved_draws(forecast, days - pd.Timedelta(days=8))
    np.testing.assert_array_equal(before, draws)


def test_interval_and_status_are_said():
    # 30 and 50 people: nine tenths of the way between them lie in the interval
    found = make_incremental(ONE_PLACE).summary().loc["S0"]
    assert found.tolist() == [40, pytest.approx(31), pytest.approx(49), "additional people (prior_only)"]


def test_no_place_is_an_empty_answer():
    found = make_incremental(np.zeros((2, 2, 0)))
    assert found.value([]) == 0
    assert found.increments().empty
    assert found.summary().empty


def test_draws_of_displacement_are_taken_in_turn():
    found = make_incremental(ONE_PLACE, displacement=[[0.0, 0.0], [0.5, 0.5]])
    assert found.value_draws(on(("S0", 0))).tolist() == [[10, 20], [15, 10]]
    assert found.value(on(("S0", 0))) == 27.5


def test_no_event_draws_more_than_nine_tenths_of_the_willing():
    found = make_incremental(np.array(TWO_PLACES), share=0.9, base=np.full((2, 2), 1.0))
    assert (found.stock >= np.array(TWO_PLACES).max(axis=2) / 0.9 - 1e-9).all()
    worth = found.value_draws(on(*[("S0", 0), ("S1", 1)] * 5))
    assert (worth <= found.stock * 1.5).all()


def test_days_and_areas_may_stand_in_any_order_among_others():
    forecast = make_forecast(TWO_PLACES)
    days = pd.Series({"X": FIRST_DAY, "S1": FIRST_DAY, "S0": FIRST_DAY + pd.Timedelta(days=7)})
    found = incremental_attendance(
        forecast,
        make_displacement(0.0, forecast.area_ids, 2),
        inside=pd.Series({"x": True, "a1": True, "a0": False}),
        days=days,
    )
    assert found.days.to_dict() == {"S0": days["S0"], "S1": days["S1"]}
    assert found.area_ids.tolist() == ["a1"]
    assert found.value(on(("S0", 0))) == 20


def test_announced_events_stand_by_day_and_place():
    found = make_incremental(TWO_PLACES, given=announced(("S1", 7), ("S1", 3), ("S0", 7)))
    assert found.given == tuple(on(("S1", 3), ("S0", 7), ("S1", 7)))
    assert found.announced.index.tolist() == [0, 1, 2]


# ---------- refusals


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(wrong):
    assert DecisionWeights(areas=pd.Series({"a": 0.0})).of_areas(pd.Index(["b", "a"])).tolist() == [1, 0]
    with pytest.raises(RequestError, match="weights of areas must be finite and >= 0; they are not for: b, c"):
        DecisionWeights(areas=pd.Series({"a": 0.0, "b": wrong, "c": wrong}))
    with pytest.raises(RequestError, match="weights of sites: an id stands twice"):
        DecisionWeights(sites=pd.Series([1.0, 1.0], index=["S", "S"]))


def test_an_announced_event_lies_after_the_last_held_one():
    past = PastEvents(dates=np.array([FIRST_DAY], "datetime64[ns]"), ratio=np.zeros((1, 2)))
    depletion = make_depletion(np.array(ONE_PLACE), past=past)
    with pytest.raises(RequestError, match="not after the last held one"):
        make_incremental(ONE_PLACE, depletion=depletion, given=announced(("S0", 9), ("S0", 0)))
    make_incremental(ONE_PLACE, depletion=depletion, given=announced(("S0", 9), ("S0", 1)))
    make_incremental(ONE_PLACE, depletion=depletion)


def test_unknown_places_are_refused_by_name():
    found = make_incremental(ONE_PLACE)
    with pytest.raises(RequestError, match="no forecast for the place X"):
        found.value(on(("S0", 0), ("X", 3)))
    with pytest.raises(ValueError, match="places without a forecast: X, Y"):
        make_incremental(ONE_PLACE, given=announced(("Y", 1), ("X", 2)))


def test_tables_that_do_not_fit_are_refused_by_name():
    forecast = make_forecast(ONE_PLACE)
    days, inside = pd.Series(FIRST_DAY, index=forecast.site_ids), pd.Series(True, index=forecast.area_ids)
    right = {"displacement": make_displacement(0.5, forecast.area_ids, 2), "inside": inside, "days": days}
    for changes, message in (
        ({"displacement": make_displacement(0.5, forecast.area_ids[::-1], 2)}, "not over the areas of the forecast"),
        ({"displacement": make_displacement(0.5, forecast.area_ids, 3)}, "3 draws of displacement for 2"),
        ({"inside": inside.iloc[:1]}, "not known whether in the jurisdiction: a1"),
        ({"days": days.iloc[:0]}, "no day is proposed for: S0"),
        ({"days": pd.Series(pd.NaT, index=forecast.site_ids)}, "no day is proposed for: S0"),
    ):
        with pytest.raises(ValueError, match=message):
            incremental_attendance(forecast, **(right | changes))
