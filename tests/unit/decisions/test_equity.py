"""Fifths, Lorenz curve and Gini by hand; the price of fairness against all plans."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from decision_worlds import FIRST_DAY, a_world, announced, make_incremental

from outreach_analysis.decisions.equity import fairness_plans, gini, lorenz, plan_equity, quintiles_of
from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import DatedReach, expected_visits, plan_popups

AREAS = [f"A{i:02d}" for i in range(10)]


def series(values) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=float), index=AREAS[: len(values)])


def test_fifths_hold_equal_numbers_of_residents():
    assert quintiles_of(series(range(10)), series([100] * 10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_large_area_stands_where_its_middle_does():
    # Middles at .05, .45, .85 and .95 of all residents.
    assert quintiles_of(series([1, 2, 3, 4]), series([10, 70, 10, 10])).tolist() == [1, 3, 5, 5]


def test_a_middle_on_the_border_falls_in_the_lower_fifth():
    assert quintiles_of(series([1, 2]), series([40, 60])).tolist() == [1, 4]
    assert quintiles_of(series([1, 2]), series([60, 40])).tolist() == [2, 4]


def test_equal_values_go_by_id_and_rows_do_not_matter():
    values, residents = series([5] * 10), series([1] * 10)
    shuffled = quintiles_of(values.iloc[::-1], residents)
    assert shuffled.index.tolist() == AREAS[::-1]
    assert shuffled.sort_index().tolist() == quintiles_of(values, residents).tolist()


def test_fifths_without_residents_count_areas():
    assert quintiles_of(series(range(5)), series([0] * 5)).tolist() == [1, 2, 3, 4, 5]


def test_fifths_refuse_missing_values():
    with pytest.raises(ValueError, match="missing"):
        quintiles_of(series([1, np.nan]), series([1, 1]))


def test_gini_by_hand():
    assert gini(series([1, 1, 1]), series([10, 10, 10])) == 0
    # One of four equal areas has everything: 1 - 1/4.
    assert gini(series([0, 0, 0, 8]), series([5, 5, 5, 5])) == pytest.approx(0.75)
    # Twice the people for twice the residents is equal.
    assert gini(series([2, 4]), series([10, 20])) == pytest.approx(0)
    assert np.isnan(gini(series([0, 0]), series([1, 1])))


def test_gini_equals_the_mean_difference():
    rng = np.random.default_rng(0)
    reached, residents = series(rng.uniform(0, 9, 10)), series(rng.uniform(50, 900, 10))
    rate, share = (reached / residents).to_numpy(), (residents / residents.sum()).to_numpy()
    mean = (rate * share).sum()
    expected = (np.abs(rate[:, None] - rate) * share[:, None] * share).sum() / (2 * mean)
    assert gini(reached, residents) == pytest.approx(expected)


def test_lorenz_runs_from_nobody_to_everybody():
    curve = lorenz(series([6, 1, 3]), series([10, 10, 20]))
    assert curve["residents_share"].tolist() == pytest.approx([0, 0.25, 0.75, 1])
    assert curve["reached_share"].tolist() == pytest.approx([0, 0.1, 0.4, 1])


def office(seed: int, n: int = 24, m: int = 10):
    rng = np.random.default_rng(seed)
    towns, places = rng.uniform(0, 100, (n, 2)), rng.uniform(0, 100, (m, 2))
    share = 0.7 * np.exp(-np.linalg.norm(towns[:, None] - places[None], axis=2) / 20)
    share[share < 0.02] = 0
    areas, sites = np.array([f"A{i:02d}" for i in range(n)]), np.array([f"S{j}" for j in range(m)])
    rows, columns = np.nonzero(share)
    attendance = pd.DataFrame({"area_id": areas[rows], "site_id": sites[columns], "probability": share[rows, columns]})
    pool = pd.Series(rng.lognormal(4, 1, n), index=areas)
    return pool, attendance, share


def test_the_fifths_of_a_plan_add_up_to_its_reach():
    pool, attendance, _ = office(1)
    plan = plan_popups(pool, attendance, request=PlanRequest(n_events=3), rng=np.random.default_rng(0))
    residents = pool * 50
    equity = plan_equity(plan, need=pool, residents=residents, km=pd.Series(range(len(pool)), index=pool.index))
    for table in (equity.by_need, equity.by_distance):
        assert table["reached"].sum() == pytest.approx(plan.expected_reach)
        assert table["share"].sum() == pytest.approx(1)
        assert table["areas"].sum() == len(pool)
        assert table["residents"].sum() == pytest.approx(residents.sum())
    assert 0 < equity.gini < 1
    assert equity.by_need["ci_low"].isna().all()
    assert equity.summary().index[0] == "Gini of reach per resident"
    assert "per_10000" in equity._repr_html_()


def dated(seed: int) -> tuple[DatedReach, tuple[pd.Series, pd.DataFrame]]:
    found = make_incremental(**a_world(seed, n_draws=80, n_sites=6), given=announced(("S5", 3)))
    means = expected_visits(found, start=FIRST_DAY - pd.Timedelta(days=30), gap=10.0)
    days = pd.Series([FIRST_DAY + pd.Timedelta(days=7 * number) for number in range(6)], index=found.site_ids)
    reach = DatedReach(found, means, lambda sites: tuple((site, days[site]) for site in sites))
    return reach, means.undated(days, gap=10.0)


def test_intervals_come_from_the_draws():
    reach, search = dated(2)
    plan = plan_popups(*search, request=PlanRequest(n_events=2), reach=reach, rng=np.random.default_rng(0))
    areas = search[0]
    need, residents = pd.Series(range(5), index=areas.index), pd.Series(1000.0, index=areas.index)
    equity = plan_equity(plan, need=need, residents=residents, km=need, reach=reach)
    people = reach.incremental.value_draws(reach.visits(plan.sites))
    # five areas of equal size are the fifths: the most need is the last area
    for quintile in range(1, 6):
        own = people[:, quintile - 1]
        published = equity.by_need.loc[quintile]
        assert published["reached"] == pytest.approx(own.mean(), rel=1e-5)
        assert (published["ci_low"], published["ci_high"]) == pytest.approx(
            tuple(np.quantile(own, [0.05, 0.95])), rel=1e-5
        )
    assert equity.by_need["reached"].sum() == pytest.approx(plan.expected_reach)
    assert equity.gini_low <= equity.gini <= equity.gini_high


@pytest.mark.parametrize("seed", range(3))
def test_with_days_the_first_fair_plan_is_told_by_the_plans_own_numbers(seed):
    reach, search = dated(seed)
    asked = {"request": PlanRequest(n_events=2, forbidden=["S5"]), "reach": reach}
    plan = plan_popups(*search, **asked, rng=np.random.default_rng(0))
    worst = ["a3", "a4"]
    found = fairness_plans(*search, worst=worst, **asked, known=[plan.sites], rng=np.random.default_rng(0)).plans
    assert found["expected_reach"].iloc[0] >= plan.expected_reach * (1 - 1e-6)
    for published in found.itertuples():
        people = reach.incremental.value_draws(reach.visits(published.sites))
        total = people.sum(axis=1)
        first = reach.incremental.value_draws(reach.visits(found["sites"].iloc[0])).sum(axis=1)
        assert published.expected_reach == pytest.approx(total.mean(), rel=1e-5)
        assert published.reach_worst == pytest.approx(people[:, 3:].sum(axis=1).mean(), rel=1e-5)
        assert (published.ci_low, published.ci_high) == pytest.approx(tuple(np.quantile(total, [0.05, 0.95])), rel=1e-5)
        lost = first - total
        assert published.given_up == pytest.approx(lost.mean(), rel=1e-3, abs=1e-3)
        assert (published.given_up_low, published.given_up_high) == pytest.approx(
            tuple(np.quantile(lost, [0.05, 0.95])), rel=1e-3, abs=1e-3
        )
    if set(found["sites"].iloc[0]) == set(plan.sites):
        assert (found["ci_low"].iloc[0], found["ci_high"].iloc[0]) == pytest.approx((plan.ci_low, plan.ci_high))


def test_what_is_not_known_is_named():
    pool, attendance, _ = office(1)
    plan = plan_popups(pool, attendance, request=PlanRequest(n_events=1), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="residents is not known for: A00"):
        plan_equity(plan, need=pool, residents=pool.drop("A00"), km=pool)
    nothing = plan_popups(pool, attendance, request=PlanRequest(n_events=99), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="99 events need more"):
        plan_equity(nothing, need=pool, residents=pool, km=pool)


@pytest.mark.parametrize("seed", range(6))
def test_fairness_runs_between_the_true_ends_and_is_never_dominated(seed):
    pool, attendance, share = office(seed)
    worst = pool.index[:5].tolist()
    result = fairness_plans(
        pool, attendance, request=PlanRequest(n_events=3), worst=worst, rng=np.random.default_rng(0)
    )
    plans = result.plans
    every = []
    for sites in itertools.combinations(range(share.shape[1]), 3):
        reached = pool.to_numpy() * (1 - np.prod(1 - share[:, sites], axis=1))
        every.append((reached.sum(), reached[:5].sum()))
    assert 1 <= len(plans) <= 7
    assert plans["expected_reach"].iloc[0] == pytest.approx(max(total for total, _ in every))
    assert plans["reach_worst"].iloc[-1] == pytest.approx(max(fair for _, fair in every))
    for plan in plans.itertuples():
        better = [
            (total, fair)
            for total, fair in every
            if total > plan.expected_reach * (1 + 1e-9) and fair > plan.reach_worst * (1 + 1e-9)
        ]
        assert not better or 0 < plan.Index - 1 < len(plans) - 1
    assert plans["expected_reach"].is_monotonic_decreasing
    assert plans["reach_worst"].is_monotonic_increasing
    assert plans["given_up"].iloc[0] == 0


def test_five_to_nine_plans_where_there_are_so_many():
    pool, attendance, _ = office(3, n=60, m=14)
    counts = [
        len(
            fairness_plans(
                pool,
                attendance,
                request=PlanRequest(n_events=4),
                worst=pool.index[:12],
                n_plans=n,
                rng=np.random.default_rng(0),
            ).plans
        )
        for n in (5, 9)
    ]
    assert counts[0] == 5
    assert 5 < counts[1] <= 9


def test_required_and_forbidden_hold_in_every_plan():
    pool, attendance, _ = office(4)
    result = fairness_plans(
        pool,
        attendance,
        request=PlanRequest(n_events=3, required=["S1"], forbidden=["S2"], scheduled=["S3"]),
        worst=pool.index[:5],
        rng=np.random.default_rng(0),
    )
    for sites in result.plans["sites"]:
        assert "S1" in sites
        assert not {"S2", "S3"} & set(sites)
    assert result.summary()["estimate"].iloc[0] == result.plans["expected_reach"].iloc[0]
    assert "reach_worst" in result._repr_html_()


def test_a_fair_plan_that_cannot_be_is_named():
    pool, attendance, _ = office(4)
    result = fairness_plans(pool, attendance, request=PlanRequest(n_events=11), worst=[], rng=np.random.default_rng(0))
    assert [conflict.code for conflict in result.conflicts] == ["too_few_places"]
    assert result.plans.empty


@pytest.mark.parametrize(
    ("changes", "message"), [({"n_plans": 4}, "not between 5 and 9"), ({"worst": ["Z"]}, "without a pool: Z")]
)
def test_fairness_refuses(changes, message):
    pool, attendance, _ = office(4)
    asked = {"worst": [], "request": PlanRequest(n_events=2), "rng": np.random.default_rng(0)} | changes
    with pytest.raises(ValueError, match=message):
        fairness_plans(pool, attendance, **asked)
