"""MCLP, LSCP, p-median and p-center: equal to looking at every choice of sites, and honest where none will do."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.classical import solve_lscp, solve_mclp, solve_p_center, solve_p_median


def instance(seed: int, n: int = 25, m: int = 9, missing: float = 0.0):
    """Demand, costs by id in shuffled rows, and the same as a table."""
    rng = np.random.default_rng(seed)
    distance = np.linalg.norm(rng.uniform(0, 50, (n, 1, 2)) - rng.uniform(0, 50, (1, m, 2)), axis=2).round(2)
    distance[rng.random((n, m)) < missing] = np.inf
    areas, sites = [f"A{i:02d}" for i in range(n)], [f"S{j}" for j in range(m)]
    table = pd.DataFrame(distance, index=areas, columns=sites)
    costs = table.rename_axis("area_id").reset_index().melt(id_vars="area_id", var_name="site_id", value_name="km")
    costs = costs[np.isfinite(costs["km"])].sample(frac=1, random_state=seed)
    demand = pd.Series(rng.integers(0, 90, n), index=areas).sample(frac=1, random_state=seed + 1)
    return demand, costs, table


def best(table, existing, p, worth, largest):
    """The best worth of all choices of p sites that hold the existing ones."""
    values = [worth(list(sites)) for sites in itertools.combinations(table.columns, p) if set(existing) <= set(sites)]
    return max(values) if largest else min(values)


CASES = [(seed, p, existing) for seed in range(8) for p, existing in ((1, ()), (3, ()), (3, ("S2",)))]


@pytest.mark.parametrize(("seed", "p", "existing"), CASES)
def test_mclp_equals_enumeration(seed, p, existing):
    demand, costs, table = instance(seed)

    def covered(sites):
        return float(demand[table.index[(table[sites] <= 12).any(axis=1)]].sum())

    result = solve_mclp(demand, costs, n_sites=p, threshold=12, existing=existing)
    assert result.objective == pytest.approx(best(table, existing, p, covered, largest=True))
    assert result.covered_share == pytest.approx(result.objective / demand.sum())
    assert set(existing) <= set(result.sites)
    assert covered(list(result.sites)) == pytest.approx(result.objective)
    assert demand[result.assignment.index[result.assignment["covered"]]].sum() == pytest.approx(result.objective)


@pytest.mark.parametrize(("seed", "p", "existing"), CASES)
def test_p_median_equals_enumeration(seed, p, existing):
    demand, costs, table = instance(seed)

    def total(sites):
        return float((demand.reindex(table.index) * table[sites].min(axis=1)).sum())

    result = solve_p_median(demand, costs, n_sites=p, existing=existing)
    assert result.status == "optimal"
    assert result.objective == pytest.approx(best(table, existing, p, total, largest=False))
    assert set(existing) <= set(result.sites)
    assert len(result.sites) == p


@pytest.mark.parametrize(("seed", "p", "existing"), CASES)
def test_p_center_equals_enumeration(seed, p, existing):
    demand, costs, table = instance(seed)

    def radius(sites):
        return float(table[sites].min(axis=1).max())

    result = solve_p_center(demand, costs, n_sites=p, existing=existing)
    assert result.status == "optimal"
    assert result.objective == best(table, existing, p, radius, largest=False)
    assert len(result.sites) == p
    assert set(existing) <= set(result.sites)
    assert result.assignment["cost"].max() == result.objective


@pytest.mark.parametrize("seed", range(8))
def test_lscp_equals_enumeration(seed):
    demand, costs, table = instance(seed)
    threshold = float(table.min(axis=1).max())
    fewest = next(
        p
        for p in range(1, 10)
        if any((table[list(s)] <= threshold).any(axis=1).all() for s in itertools.combinations(table, p))
    )
    result = solve_lscp(demand, costs, threshold=threshold)
    assert (result.status, result.objective) == ("optimal", fewest)
    assert result.assignment["covered"].all()


@pytest.mark.parametrize("seed", range(6))
def test_missing_pairs_cannot_be_travelled(seed):
    demand, costs, table = instance(seed, missing=0.4)
    demand = demand[table.index] + 1

    def total(sites):
        return float((demand * table[sites].min(axis=1)).sum())

    expected = best(table, (), 4, total, largest=False)
    result = solve_p_median(demand, costs, n_sites=4)
    if math.isinf(expected):
        assert result.status == "infeasible"
        assert result.conflicts[0].code in ("too_few_sites_to_serve_all", "area_unreachable")
    else:
        assert result.objective == pytest.approx(expected)


DEMAND = pd.Series({"a": 10, "b": 20, "c": 30})
COSTS = pd.DataFrame(
    [("a", "S", 1.0), ("b", "S", 4.0), ("b", "T", 2.0), ("c", "T", 6.0), ("c", "U", 3.0)],
    columns=["area_id", "site_id", "km"],
)


def test_the_threshold_is_inclusive():
    assert solve_mclp(DEMAND, COSTS, n_sites=1, threshold=3.0).sites == ("U",)
    assert solve_mclp(DEMAND, COSTS, n_sites=1, threshold=2.99).objective == 20
    assert solve_lscp(DEMAND, COSTS, threshold=4.0).objective == 2


def test_existing_sites_count_and_stay():
    result = solve_lscp(DEMAND, COSTS, threshold=4.0, existing=["T"])
    assert (result.sites, result.existing, result.objective) == (("S", "T", "U"), ("T",), 3)
    enough = solve_lscp(DEMAND, COSTS, threshold=6.0, existing=["S", "T"])
    assert enough.sites == ("S", "T")


def test_areas_that_no_site_serves_are_named():
    lscp = solve_lscp(DEMAND, COSTS, threshold=2.0)
    assert (lscp.status, lscp.conflicts[0].code, lscp.conflicts[0].places) == ("infeasible", "area_unreachable", ("c",))
    assert "no place serves the area" in lscp._repr_html_()
    assert math.isnan(lscp.objective)
    alone = pd.concat([DEMAND, pd.Series({"d": 5})])
    assert solve_p_center(alone, COSTS, n_sites=2).conflicts[0].places == ("d",)
    # Without demand nobody there has to travel, but the p-center serves every area.
    assert solve_p_median(alone.replace(5, 0), COSTS, n_sites=2).status == "optimal"


def test_too_few_sites_to_serve_all_are_counted():
    for solve in (solve_p_median, solve_p_center):
        result = solve(DEMAND, COSTS, n_sites=1)
        assert [(c.code, c.needed, c.available) for c in result.conflicts] == [("too_few_sites_to_serve_all", 2, 1)]
        assert result.sites == ()


def test_more_sites_than_there_are_or_fewer_than_exist():
    for solve in (solve_p_median, solve_p_center, lambda *a, **k: solve_mclp(*a, threshold=2.0, **k)):
        assert solve(DEMAND, COSTS, n_sites=4).conflicts[0].code == "too_few_sites"
        assert solve(DEMAND, COSTS, n_sites=1, existing=["S", "T"]).conflicts[0].code == "more_existing_than_sites"


def test_minutes_or_any_other_cost():
    costs = COSTS.rename(columns={"km": "minutes"})
    assert solve_p_median(DEMAND, costs, n_sites=2, unit="minutes").unit == "minutes"


@pytest.mark.parametrize(
    ("demand", "costs", "existing", "message"),
    [
        (DEMAND, COSTS.drop(columns="km"), (), r"lack the column\(s\) km"),
        (DEMAND, pd.concat([COSTS, COSTS]), (), r"5 pair\(s\)"),
        (DEMAND, COSTS.assign(km=-1.0), (), r"5 value\(s\) of km"),
        (DEMAND.drop("a"), COSTS, (), "no demand is known for: a"),
        (DEMAND * -1, COSTS, (), "demand must be a number >= 0"),
        (pd.concat([DEMAND, DEMAND]), COSTS, (), "an area_id stands twice in demand"),
        (DEMAND, COSTS, ["X"], "existing sites without costs: X"),
    ],
)
def test_bad_input_is_named(demand, costs, existing, message):
    with pytest.raises(ValueError, match=message):
        solve_lscp(demand, costs, threshold=4.0, existing=existing)


def test_no_site_is_not_a_choice():
    with pytest.raises(ValueError, match="n_sites 0 is below 1"):
        solve_p_median(DEMAND, COSTS, n_sites=0)


def test_a_larger_p_median_is_proven_and_a_limit_is_told():
    demand, costs, _ = instance(3, n=120, m=40)
    result = solve_p_median(demand, costs, n_sites=6)
    limited = solve_p_median(demand, costs, n_sites=6, time_limit=30.0)
    assert (result.status, result.gap) == ("optimal", 0.0)
    assert limited.objective == pytest.approx(result.objective)
    assert result.summary().loc["p_median", "estimate"] == result.objective
    assert "demand x cost" in result._repr_html_()


def test_a_large_cover_is_searched_within_bounds():
    demand, costs, _ = instance(4, n=200, m=60)
    result = solve_mclp(demand, costs, n_sites=8, threshold=8)
    assert result.objective <= result.bound
    assert result.gap <= 0.01
