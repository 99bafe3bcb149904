"""Limits of an office: budget and events a kabupaten, exact against brute force, and named where none keeps to them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from examples import tries
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import PlanLimits, plan_popups

SITES = [f"S{number}" for number in range(6)]


@st.composite
def offices(draw) -> dict[str, object]:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    pool = pd.Series(rng.integers(5, 200, 4).astype(float), index=list("abcd"))
    share = np.where(rng.random((4, 6)) < 0.6, rng.uniform(0.05, 0.95, (4, 6)), 0.0)
    costs = draw(st.lists(st.sampled_from([0.0, 1.0, 2.5, 4.0, np.nan]), min_size=6, max_size=6))
    groups = draw(st.lists(st.sampled_from(["Kutai", "Kota", "Berau"]), min_size=6, max_size=6))
    return {
        "pool": pool,
        "share": share,
        "costs": pd.Series(costs, index=SITES),
        "groups": pd.Series(groups, index=SITES),
        "n_events": draw(st.integers(1, 4)),
        "budget": draw(st.none() | st.sampled_from([0.0, 1.0, 3.5, 6.0, 9.0])),
        "most": draw(st.none() | st.integers(1, 3)),
        "max_visits": draw(st.sampled_from([1, 1, 2])),
        "required": draw(st.sampled_from([(), (), ("S1",)])),
        "forbidden": draw(st.sampled_from([(), ("S2",)])),
        "scheduled": draw(st.sampled_from([(), ("S0",)])),
    }


def plan_of(office: dict, **changes):
    attendance = pd.DataFrame(office["share"], index=office["pool"].index, columns=SITES).rename_axis("area_id")
    limits = PlanLimits(
        costs=office["costs"], budget=office["budget"], groups=office["groups"], most_per_group=office["most"]
    )
    asked = {name: office[name] for name in ("n_events", "max_visits", "required", "forbidden", "scheduled")}
    return plan_popups(
        office["pool"],
        attendance.reset_index().melt(id_vars="area_id", var_name="site_id", value_name="probability"),
        request=PlanRequest(**asked | changes),
        limits=limits,
        rng=np.random.default_rng(0),
    )


def keeps(office: dict, sites: tuple[str, ...]) -> bool:
    """Whether new visits keep to the limits; a cost that is not known counts as the dearest."""
    costs = office["costs"].fillna(office["costs"].max())
    within = office["budget"] is None or costs[list(sites)].sum() <= office["budget"]
    together = office["groups"][list(sites)].value_counts()
    return bool(within and (office["most"] is None or (together <= office["most"]).all()))


def best(office: dict, n_events: int) -> float | None:
    """The most that a plan within request and limits adds; None where there is none."""
    before = [SITES.index(site) for site in office["scheduled"]]
    left = office["pool"].to_numpy() * np.prod(1 - office["share"][:, before], axis=1)
    found = None
    for sites in itertools.combinations_with_replacement(SITES, n_events):
        often = max(sites.count(site) + (site in office["scheduled"]) for site in sites)
        if often > office["max_visits"] or not set(office["required"]) <= set(sites):
            continue
        if set(office["forbidden"]) & set(sites) or not keeps(office, sites):
            continue
        columns = [SITES.index(site) for site in sites]
        reached = float(left @ (1 - np.prod(1 - office["share"][:, columns], axis=1)))
        found = reached if found is None else max(found, reached)
    return found


@given(offices())
@settings(max_examples=tries(60, 20), deadline=None)
def test_a_limited_plan_is_the_best_of_all_that_keep_to_the_limits(office):
    if office["budget"] is not None and office["costs"].isna().all():
        with pytest.raises(ValueError, match="no cost of a visit is known"):
            plan_of(office)
        return
    assume(required_alone_keep(office))  # see the test of required places alone
    plan, most = plan_of(office), best(office, office["n_events"])
    if most is None:
        assert plan.status == "infeasible"
        assert plan.conflicts
        return
    assert plan.status == "optimal"
    assert keeps(office, plan.sites)
    assert plan.expected_reach == pytest.approx(most, rel=1e-9)
    assert plan.upper_bound == plan.objective
    for sites in plan.alternatives["sites"]:
        assert keeps(office, sites)


@given(offices())
@settings(max_examples=tries(30, 10), deadline=None)
def test_where_plans_are_searched_they_keep_to_the_limits_and_the_bound_holds(office):
    if office["budget"] is not None and office["costs"].isna().all():
        return
    assume(required_alone_keep(office))
    plan, most = plan_of(office, enumerate_below=0), best(office, office["n_events"])
    if most is None:
        assert plan.status == "infeasible"
        return
    if plan.status == "infeasible":  # the search is no proof that there is none
        return
    assert keeps(office, plan.sites)
    assert plan.expected_reach <= most * (1 + 1e-9) + 1e-9
    assert most <= plan.upper_bound * (1 + 1e-9) + 1e-9
    assert plan.expected_reach >= 0.8 * most


def required_alone_keep(office: dict) -> bool:
    return len(office["required"]) < office["n_events"] or keeps(office, office["required"])


BASE = {
    "pool": pd.Series({"a": 100.0, "b": 80.0, "c": 50.0, "d": 30.0}),
    "share": np.array([[0.5, 0.4, 0, 0, 0, 0], [0, 0, 0.6, 0.5, 0, 0], [0, 0, 0, 0, 0.9, 0], [0, 0, 0, 0, 0, 1.0]]),
    "costs": pd.Series([4.0, 1.0, 4.0, 1.0, np.nan, 1.0], index=SITES),
    "groups": pd.Series(["Kota", "Kota", "Kutai", "Kutai", "Kota", "Berau"], index=SITES),
    "n_events": 2,
    "budget": None,
    "most": None,
    "max_visits": 1,
    "required": (),
    "forbidden": (),
    "scheduled": (),
}


def test_a_cost_that_is_not_known_counts_as_the_dearest():
    # without a limit S0 and S2 (50 + 48); S4 (45 people) has no cost and counts 4
    assert set(plan_of(BASE).sites) == {"S0", "S2"}
    assert set(plan_of(BASE | {"budget": 5.0}).sites) == {"S0", "S3"}
    assert set(plan_of(BASE | {"budget": 4.9}).sites) == {"S1", "S3"}
    # S4 and a place of 1 fit into 5 only because it counts 4
    assert set(plan_of(BASE | {"budget": 5.0, "forbidden": ("S0", "S2")}).sites) == {"S4", "S1"}
    assert "S4" not in plan_of(BASE | {"budget": 4.9, "forbidden": ("S0", "S2")}).sites


def test_required_visits_take_of_the_budget_and_of_the_room_of_their_kabupaten():
    within = plan_of(BASE | {"budget": 5.0, "required": ("S2",)})
    assert set(within.sites) == {"S2", "S1"}
    apart = plan_of(BASE | {"most": 1, "required": ("S1",)})
    assert set(apart.sites) == {"S1", "S2"}


@pytest.mark.parametrize("limit", [{"budget": 3.0}, {"most": 1, "required": ("S0", "S1"), "n_events": 2}], ids=str)
@pytest.mark.parametrize("below", [0, 100_000])
def test_required_places_that_alone_break_a_limit_are_no_plan(limit, below):
    plan = plan_of(BASE | {"required": ("S2",), "n_events": 1} | limit, enumerate_below=below)
    assert plan.status == "infeasible"
    assert plan.conflicts


def test_only_the_limit_that_cannot_be_kept_is_named():
    plan = plan_of(BASE | {"budget": 1e9, "most": 1, "n_events": 4})
    assert [conflict.code for conflict in plan.conflicts] == ["too_many_per_kabupaten"]


@pytest.mark.parametrize(
    ("changes", "codes", "says"),
    [
        ({"budget": 1.5}, ["over_budget"], "costs at most 1 rupiah together"),
        ({"most": 1, "n_events": 4}, ["too_many_per_kabupaten"], "at most 1 in each kabupaten"),
        ({"budget": 1.5, "most": 1}, ["over_budget"], "rupiah"),
    ],
    ids=str,
)
def test_what_no_plan_keeps_to_is_named(changes, codes, says):
    plan = plan_of(BASE | changes)
    assert plan.status == "infeasible"
    assert [conflict.code for conflict in plan.conflicts] == codes
    assert any(says in str(conflict) for conflict in plan.conflicts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget": -1.0}, "a budget of -1 rupiah is below 0"),
        ({"budget": float("nan")}, "is below 0"),
        ({"budget": 5.0, "costs": None}, "no cost of a visit is known; fill in cost in sites.csv"),
        ({"budget": 5.0, "costs": pd.Series(np.nan, index=SITES)}, "no cost of a visit is known"),
        ({"most": 0}, "at most 0 visits per kabupaten is below 1"),
    ],
    ids=str,
)
def test_limits_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        plan_of(BASE | changes)


def test_the_curve_of_a_limited_plan_keeps_to_the_limits():
    plan = plan_of(BASE | {"budget": 6.0, "n_events": 3})
    for sites in plan.curve["sites"]:
        assert keeps(BASE | {"budget": 6.0}, sites)
    assert plan.curve["expected_reach"].is_monotonic_increasing
