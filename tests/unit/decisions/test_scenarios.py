"""Plans to try out: each is the best of its size by brute force, and a higher weight is never less fair."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from asked import asked_of
from decision_worlds import FIRST_DAY, a_world, announced, make_incremental
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import DatedReach, expected_visits, plan_popups
from outreach_analysis.decisions.scenarios import ScenarioQuestion, ScenarioResult, plan_scenarios

WEIGHTS = (0.5, 1.0, 2.0, 4.0)


def an_office(seed: int, *, areas: int = 6, sites: int = 7) -> tuple[pd.Series, pd.DataFrame]:
    """Pools and probabilities at random; about half of the pairs have none."""
    rng = np.random.default_rng(seed)
    pool = pd.Series(rng.integers(5, 200, areas).astype(float), index=[f"a{n}" for n in range(areas)])
    rows = [
        (area, f"S{site}", float(rng.uniform(0.05, 0.9)))
        for area in pool.index
        for site in range(sites)
        if rng.random() < 0.5
    ]
    rows.append(("a0", f"S{sites - 1}", 0.3)) if ("a0", f"S{sites - 1}") not in {row[:2] for row in rows} else None
    return pool, pd.DataFrame(rows, columns=["area_id", "site_id", "probability"])


def reached(pool: pd.Series, attendance: pd.DataFrame, sites: tuple[str, ...]) -> pd.Series:
    """Additional people by area, by the definition."""
    missed = pd.Series(1.0, index=pool.index)
    for row in attendance[attendance["site_id"].isin(sites)].itertuples():
        missed[row.area_id] *= 1 - row.probability
    return pool * (1 - missed)


def scenarios(seed: int = 0, **changed) -> tuple[pd.Series, pd.DataFrame, ScenarioResult]:
    pool, attendance = an_office(seed)
    asked = {"worst": ["a0", "a1"], "max_events": 4, "fairness": WEIGHTS, "rng": np.random.default_rng(1)} | changed
    question, others = asked_of(ScenarioQuestion, asked)
    return pool, attendance, plan_scenarios(pool, attendance, question=question, **others)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 6))])
def test_each_choice_is_the_best_of_its_size(seed: int) -> None:
    pool, attendance, result = scenarios(seed)
    assert len(result.plans) == 4 * len(WEIGHTS)
    for (size, weight), plan in result.plans.iterrows():
        values = []
        for sites in combinations(sorted(set(attendance["site_id"])), size):
            people = reached(pool, attendance, sites)
            values.append(people.sum() + (weight - 1) * people[["a0", "a1"]].sum())
        assert plan["objective"] == pytest.approx(max(values), rel=1e-9)
        assert plan["upper_bound"] >= plan["objective"]
        assert plan["gap"] == pytest.approx(0, abs=1e-6)
        people = reached(pool, attendance, plan["sites"])
        assert plan["expected_reach"] == pytest.approx(people.sum())
        assert plan["reach_worst"] == pytest.approx(people[["a0", "a1"]].sum())
        pd.testing.assert_series_equal(result.reached(size, weight), people, check_names=False)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_more_weight_is_fairer_and_costs_reach_and_more_events_reach_more(seed: int) -> None:
    *_, result = scenarios(seed)
    for _, plans in result.plans.groupby(level="n_events"):
        assert (plans["reach_worst"].diff().dropna() >= -1e-6).all()
        reach = plans["expected_reach"].droplevel("n_events")
        assert reach[1.0] >= reach.max() - 1e-6
        assert (reach[1.0:].diff().dropna() <= 1e-6).all()
        assert (reach[:1.0].diff().dropna() >= -1e-6).all()
    for _, plans in result.plans.groupby(level="fairness"):
        assert (plans["objective"].diff().dropna() >= -1e-9).all()


def test_the_order_of_the_rows_is_irrelevant() -> None:
    pool, attendance, result = scenarios(2)
    mixed = attendance.sample(frac=1, random_state=1)
    again = plan_scenarios(
        pool.iloc[::-1],
        mixed,
        question=ScenarioQuestion(worst=["a1", "a0"], max_events=4, fairness=WEIGHTS),
        rng=np.random.default_rng(1),
    )
    pd.testing.assert_frame_equal(again.plans, result.plans)


def test_places_stand_in_the_order_in_which_they_add_most_and_say_what_each_is_worth() -> None:
    # a: 100 people, b: 40. S1 takes 80 % of a, S2 half of a, S3 all of b.
    pool = pd.Series({"a": 100.0, "b": 40.0})
    attendance = pd.DataFrame({"area_id": list("aab"), "site_id": ["S1", "S2", "S3"], "probability": [0.8, 0.5, 1.0]})
    result = plan_scenarios(
        pool,
        attendance,
        question=ScenarioQuestion(worst=["b"], max_events=3, fairness=[1]),
        rng=np.random.default_rng(0),
    )
    assert result.plan(3, 1)["sites"] == ("S1", "S3", "S2")  # 80, then 40, then 20 * 0.5 = 10
    assert result.places(3, 1)["contribution"].to_dict() == pytest.approx({"S1": 40.0, "S3": 40.0, "S2": 10.0})


def test_announced_required_and_forbidden_places_and_costs_are_kept() -> None:
    pool, attendance, result = scenarios(3, scheduled=["S0"], required=["S1"], forbidden=["S2"])
    assert all("S1" in sites and not {"S0", "S2"} & set(sites) for sites in result.plans["sites"])
    start = pool - reached(pool, attendance, ("S0",))
    for sites, people in zip(result.plans["sites"], result.plans["expected_reach"], strict=True):
        assert people == pytest.approx(reached(start, attendance, sites).sum())
    dear = pd.Series({"S3": 1000.0})
    *_, result = scenarios(3, site_costs=dear)
    assert not any("S3" in sites for sites in result.plans["sites"])


@pytest.mark.parametrize("seed", range(12))
def test_costs_that_take_off_all_that_is_reached_leave_no_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = pd.Series(rng.integers(1, 9, 5) / 10, index=list("abcde"))
    shares = rng.choice([0.1, 0.3, 0.7], 5)
    attendance = pd.DataFrame({"area_id": pool.index, "site_id": "S", "probability": shares})
    costs = pd.Series({"S": float((pool * shares).sum())})
    result = plan_scenarios(
        pool, attendance, question=ScenarioQuestion(worst=[], max_events=1, fairness=[1], site_costs=costs), rng=rng
    )
    assert result.plan(1, 1)["objective"] == pytest.approx(0, abs=1e-12)
    assert result.plan(1, 1)["gap"] == 0


def test_no_more_events_than_places_allow_and_none_below_the_required() -> None:
    *_, result = scenarios(1, max_events=8, required=["S1", "S3"], forbidden=["S0"])
    assert result.plans.index.get_level_values("n_events").unique().tolist() == [2, 3, 4, 5, 6]


def test_a_request_that_cannot_be_met_names_its_conflict() -> None:
    *_, result = scenarios(1, required=["S1"], forbidden=["S1"])
    assert result.plans.empty
    assert result.by_area.empty
    assert [conflict.code for conflict in result.conflicts] == ["required_and_forbidden"]


def test_a_known_plan_that_is_as_good_is_taken() -> None:
    pool = pd.Series({"a": 100.0, "b": 100.0})
    attendance = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["S1", "S2"], "probability": 0.5})
    asked = {"worst": ["a"], "max_events": 1, "fairness": [1]}
    for chosen in ("S1", "S2"):
        known = plan_popups(
            pool, attendance, request=PlanRequest(n_events=1, required=[chosen]), rng=np.random.default_rng(0)
        )
        found = plan_scenarios(
            pool, attendance, question=ScenarioQuestion(known=[known], **asked), rng=np.random.default_rng(0)
        )
        assert found.plan(1, 1)["sites"] == (chosen,)
    alone = plan_scenarios(pool, attendance, question=ScenarioQuestion(**asked), rng=np.random.default_rng(0))
    assert alone.plan(1, 1)["sites"] == ("S1",), "without a known plan the one with more worst-served people"


def dated(seed: int) -> tuple[DatedReach, tuple[pd.Series, pd.DataFrame], tuple[pd.Series, pd.DataFrame]]:
    """A reach with days a week apart, the tables of the search and those of the bound."""
    found = make_incremental(**a_world(seed, n_draws=80), given=announced(("S4", 3)))
    means = expected_visits(found, start=FIRST_DAY - pd.Timedelta(days=30), gap=10.0)
    days = pd.Series([FIRST_DAY + pd.Timedelta(days=7 * number) for number in range(5)], index=found.site_ids)
    reach = DatedReach(found, means, lambda sites: tuple((site, days[site]) for site in sites))
    return reach, means.undated(days, gap=10.0), means.relaxed(list(days))


@pytest.mark.parametrize("seed", range(3))
def test_with_days_each_choice_is_told_by_the_plans_own_numbers(seed: int) -> None:
    reach, search, relaxed = dated(seed)
    request = PlanRequest(n_events=3, forbidden=["S4"])
    plan = plan_popups(*search, request=request, reach=reach, rng=np.random.default_rng(0))
    result = plan_scenarios(
        *search, bounds=relaxed, reach=reach, question=ScenarioQuestion(
            worst=["a0", "a1"], max_events=4, fairness=(1.0, 3.0), forbidden=["S4"], known=[plan]
        ),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    row = result.plan(3, 1)
    assert row["expected_reach"] >= plan.expected_reach * (1 - 1e-6)
    if set(row["sites"]) == set(plan.sites):
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((plan.ci_low, plan.ci_high))
        assert result.places(3, 1)["contribution"].to_dict() == pytest.approx(plan.by_site["contribution"].to_dict())
    for (size, weight), published in result.plans.iterrows():
        people = reach.incremental.value_draws(reach.visits(published["sites"]))
        of_areas = pd.Series(people.mean(axis=0), index=reach.area_ids)
        assert published["expected_reach"] == pytest.approx(of_areas.sum(), rel=1e-5)
        assert published["reach_worst"] == pytest.approx(of_areas[["a0", "a1"]].sum(), rel=1e-5)
        assert (published["ci_low"], published["ci_high"]) == pytest.approx(
            tuple(np.quantile(people.sum(axis=1), [0.05, 0.95])), rel=1e-5
        )
        # what no plan of that size exceeds, on any of the days, at the expectations
        best = max(
            of_worst(reach.expected(list(zip(sites, days, strict=True))), weight)
            for sites in combinations(["S0", "S1", "S2", "S3"], size)
            for days in [reach_days(reach, sites)]
        )
        own = of_worst(reach.expected(reach.visits(published["sites"])), weight)
        assert best <= own / (1 - published["gap"]) * (1 + 1e-9)
    assert list(result.summary().columns) == ["estimate", "ci_low", "ci_high", "unit"]


def of_worst(people: pd.Series, weight: float) -> float:
    return float(people.sum() + (weight - 1) * people[["a0", "a1"]].sum())


def reach_days(reach: DatedReach, sites: tuple[str, ...]) -> list[pd.Timestamp]:
    return [day for _, day in reach.visits(sites)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"max_events": 0}, "max_events 0 is below 1"),
        ({"fairness": []}, "must be at least 0 and rise"),
        ({"fairness": [-0.5, 1]}, "must be at least 0 and rise"),
        ({"fairness": [1, 3, 3]}, "must be at least 0 and rise"),
    ],
)
def test_what_cannot_be_asked_is_refused(changed: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        scenarios(0, **changed)
