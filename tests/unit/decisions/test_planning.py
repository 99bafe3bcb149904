"""The plan of pop-ups: worked cases, what it refuses, and what it says about itself."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from asked import asked_of

from outreach_analysis.decisions import plan_bounds
from outreach_analysis.decisions.increment import DecisionWeights
from outreach_analysis.decisions.plan_problem import CONFLICTS, Conflict, PlanRequest, make_request, read_table
from outreach_analysis.decisions.planning import plan_popups

POOL = pd.Series({"a": 100.0, "b": 80.0, "c": 10.0}, name="pool").rename_axis("area_id")
ATTENDANCE = pd.DataFrame(
    [("a", "S1", 0.5), ("a", "S2", 0.4), ("b", "S2", 0.1), ("b", "S3", 0.4), ("c", "S4", 1.0)],
    columns=["area_id", "site_id", "probability"],
)


def plan_of(n_events=2, pool=POOL, attendance=ATTENDANCE, **changes):
    request, others = asked_of(PlanRequest, {"n_events": n_events} | changes)
    return plan_popups(pool, attendance, request=request, **{"rng": np.random.default_rng(0)} | others)


def codes(plan) -> list[str]:
    return [conflict.code for conflict in plan.conflicts]


def office(seed: int, n: int = 105, m: int = 40, reach_km: float = 35.0, most: float = 0.6):
    """An office of its own size: towns, a few hundred people each, attendance that falls with distance."""
    rng = np.random.default_rng(seed)
    towns = rng.normal(0, 120, (n, 2))
    places = towns[rng.choice(n, m)] + rng.normal(0, 3, (m, 2))
    share = most * np.exp(-np.linalg.norm(towns[:, None] - places[None], axis=2) / reach_km)
    rows, columns = np.nonzero(share > 0.005)
    attendance = pd.DataFrame(
        {
            "area_id": [f"A{i:03d}" for i in rows],
            "site_id": [f"S{j:03d}" for j in columns],
            "probability": share[rows, columns],
        }
    )
    return pd.Series(rng.lognormal(3.5, 1, n), index=[f"A{i:03d}" for i in range(n)]), attendance


def test_a_plan_by_hand():
    plan = plan_of()
    # S1 50; S2 40 + 8 = 48; S3 32. S1 + S3 = 82; S2 + S3 = 40 + 80 * (1 - .9 * .6) = 76.8; S1 + S2 = 70 + 8 = 78.
    assert plan.sites == ("S1", "S3")
    assert plan.expected_reach == pytest.approx(82)
    assert plan.by_site["contribution"].to_dict() == pytest.approx({"S1": 50, "S3": 32})
    assert plan.by_area["reached"].to_dict() == pytest.approx({"a": 50, "b": 32, "c": 0})
    assert plan.alternatives["expected_reach"].tolist() == pytest.approx([78, 76.8, 60, 58, 42])
    assert plan.alternatives.loc[0, ["leaves_out", "takes_in"]].tolist() == [("S3",), ("S2",)]
    assert plan.curve["expected_reach"].tolist() == pytest.approx([50, 82])


def test_reach_is_additional_to_the_scheduled():
    plan = plan_of(1, scheduled=["S1"])
    # S2 adds 50 * .4 + 8 = 28; S3 adds 32.
    assert plan.sites == ("S3",)
    assert plan.expected_reach == pytest.approx(32)
    assert plan.scheduled_reach == pytest.approx(50)
    assert plan.by_area["reached_scheduled"].to_dict() == pytest.approx({"a": 50, "b": 0, "c": 0})


def test_a_scheduled_place_is_not_planned_again_unless_it_may_be_visited_twice():
    assert plan_of(2, scheduled=["S1"]).sites == ("S3", "S2")
    again = plan_of(2, scheduled=["S1"], max_visits=2)
    # A second visit to S1 adds 25, S2 beside S3 adds 20 + 80 * .6 * .1 = 24.8.
    assert again.sites == ("S3", "S1")
    assert again.expected_reach == pytest.approx(57)
    assert plan_of(3, scheduled=["S1", "S1"], max_visits=2).by_site["visits"].get("S1", 0) == 0


def test_a_place_may_be_visited_again():
    plan = plan_of(3, max_visits=2)
    # S1, S3 and S1 again: 75 + 32; S1, S2, S3: 70 + 80 * .46 = 106.8
    assert plan.sites == ("S1", "S3", "S1")
    assert plan.expected_reach == pytest.approx(107)
    assert plan.by_site["visits"].to_dict() == {"S1": 2, "S3": 1}
    assert plan.by_site.loc["S1", "contribution"] == pytest.approx(75)


def test_required_places_are_among_the_events():
    plan = plan_of(2, required=["S4"])
    assert plan.sites == ("S1", "S4")
    assert plan.by_site["required"].to_dict() == {"S1": False, "S4": True}
    # With one event only the required place can be visited.
    assert [set(sites) for sites in plan.curve["sites"]] == [{"S4"}, {"S1", "S4"}]
    assert plan.curve["expected_reach"].tolist() == pytest.approx([10, 60])


def test_the_curve_of_required_places_alone():
    plan = plan_of(3, required=["S4", "S3"])
    assert plan.curve["expected_reach"].tolist() == pytest.approx([32, 42, 92])
    assert plan.curve["upper_bound"].tolist() == pytest.approx([32, 42, 92])


def test_each_event_adds_less():
    plan = plan_of(4)
    assert plan.curve["added"].tolist() == pytest.approx([50, 32, 24.8, 10])


def test_no_event_reaches_nobody():
    plan = plan_of(0)
    assert (plan.status, plan.sites, plan.expected_reach, plan.gap) == ("optimal", (), 0.0, 0.0)
    assert plan.curve.empty


def test_weights_move_the_plan_and_reach_stays_in_people():
    plan = plan_of(1, weights=pd.Series({"c": 9.0}))
    assert plan.sites == ("S4",)
    assert (plan.expected_reach, plan.objective) == pytest.approx((10, 90))
    costly = plan_of(1, weights=DecisionWeights(sites=pd.Series({"S1": 5.0})))
    assert (costly.sites, costly.objective) == (("S2",), pytest.approx(48))


@pytest.mark.parametrize("below", [100_000, 0])
def test_costs_of_visits_against_enumeration(below):
    pool, attendance = office(3, n=30, m=12)
    sites = sorted(attendance["site_id"].unique())
    costs = pd.Series(np.random.default_rng(1).uniform(0, 40, len(sites)), index=sites)
    plan = plan_of(3, pool, attendance, weights=DecisionWeights(sites=costs), enumerate_below=below)
    share = (
        attendance.pivot_table(index="area_id", columns="site_id", values="probability").reindex(pool.index).fillna(0)
    )

    def worth(chosen) -> float:
        reached = (pool * (1 - (1 - share[list(chosen)]).prod(axis=1))).sum()
        return float(reached - costs[list(chosen)].sum())

    assert plan.objective == pytest.approx(max(worth(chosen) for chosen in itertools.combinations(sites, 3)))


def test_required_and_forbidden_is_named_and_not_relaxed():
    plan = plan_of(2, required=["S1"], forbidden=["S1"])
    assert (plan.status, plan.sites, codes(plan)) == ("infeasible", (), ["required_and_forbidden"])
    assert plan.conflicts[0].places == ("S1",)
    assert math.isnan(plan.expected_reach)
    assert "required and forbidden at once: S1" in plan._repr_html_()


def test_every_conflict_is_named_at_once():
    plan = plan_of(2, required=["S1", "S2", "S3"], forbidden=["S2", "S4"], scheduled=["S1"])
    assert codes(plan) == [
        "required_and_forbidden",
        "required_too_often",
        "more_required_than_events",
        "too_few_places",
    ]
    assert [conflict.needed for conflict in plan.conflicts[2:]] == [3, 2]
    assert [conflict.available for conflict in plan.conflicts[2:]] == [2, 1]


def test_every_conflict_has_a_sentence():
    for code in CONFLICTS:
        assert "{" not in str(Conflict(code=code, places=("X",), needed=2, available=1))


def test_more_events_than_places():
    plan = plan_of(5)
    assert [(c.code, c.needed, c.available) for c in plan.conflicts] == [("too_few_places", 5, 4)]
    assert plan_of(5, max_visits=2).status == "optimal"
    assert plan_of(8, max_visits=2).by_site["visits"].tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_events": -1}, "n_events -1 is below 0"),
        ({"max_visits": 0}, "max_visits 0 is below 1"),
        ({"time_limit": 0.0}, "time_limit 0.0 is not above 0"),
        ({"forbidden": ["S9"]}, r"places without attendance \(forbidden: S9\)"),
        ({"required": ["S8"], "scheduled": ["S9"]}, r"scheduled: S9; required: S8"),
        ({"pool": POOL.replace(80.0, -1.0)}, "pool must be a number of people >= 0; it is not for: b"),
        ({"pool": POOL.drop("b")}, r"no pool is known for 1 area\(s\) of attendance: b"),
        ({"pool": pd.concat([POOL, POOL])}, "area_id stands twice in pool"),
        ({"attendance": ATTENDANCE.assign(probability=1.5)}, r"5 probability\(ies\) missing or outside"),
        ({"attendance": ATTENDANCE.drop(columns="site_id")}, r"attendance lacks the column\(s\) site_id"),
        ({"attendance": pd.concat([ATTENDANCE, ATTENDANCE.iloc[:1]])}, r"1 pair\(s\) of area_id and site_id"),
        ({"attendance": ATTENDANCE.assign(site_id=None)}, "rows without area_id or site_id"),
        ({"weights": pd.Series({"a": -1.0})}, "weights of areas must be finite"),
        ({"weights": pd.Series([1.0, 1.0], index=["a", "a"])}, "an id stands twice"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        plan_of(**changes)


def test_all_faults_at_once():
    with pytest.raises(ValueError, match=r"pool must be.*outside.*no pool is known"):
        plan_of(pool=POOL.replace(80.0, np.nan).drop("c"), attendance=ATTENDANCE.assign(probability=-0.1))


def test_inputs_are_left_as_they_were():
    pool, attendance = POOL.copy(), ATTENDANCE.copy()
    plan_of(pool=pool, attendance=attendance)
    pd.testing.assert_series_equal(pool, POOL)
    pd.testing.assert_frame_equal(attendance, ATTENDANCE)


def test_areas_keep_their_order_and_those_out_of_reach_are_told():
    pool = pd.concat([pd.Series({"z": 7.0, "empty": 0.0}), POOL])
    plan = plan_of(pool=pool)
    assert plan.by_area.index.equals(pool.index)
    assert plan.left_out["pool"].to_dict() == {"z": 7.0}


def test_nobody_left_to_reach():
    plan = plan_of(2, pool=POOL * 0)
    assert (plan.status, plan.expected_reach) == ("optimal", 0.0)
    everyone = plan_of(1, scheduled=["S4"], attendance=ATTENDANCE.assign(probability=1.0), forbidden=["S1", "S3"])
    assert everyone.expected_reach == 180.0
    searched = plan_of(2, pool=POOL * 0, enumerate_below=0)
    assert (searched.expected_reach, searched.upper_bound) == (0.0, 0.0)


class Scaled:
    """A reach whose draws are the coverage sums times a number a draw; every set of places has a day."""

    def __init__(self, scale: np.ndarray, *, area_ids: str = "cba", without: str = "") -> None:
        self.scale, self.area_ids, self.without = scale, pd.Index(list(area_ids)), without
        share = ATTENDANCE.pivot_table(index="area_id", columns="site_id", values="probability").fillna(0)
        self.share = share.reindex(self.area_ids)

    def has_days(self, sites) -> bool:
        return self.without not in sites

    def visits(self, sites):
        return tuple((site, pd.Timestamp("2026-12-12")) for site in sites)

    def area_draws(self, visits) -> np.ndarray:
        return self.scale[:, None] * self.expected(visits).to_numpy()

    def expected(self, visits) -> pd.Series:
        left = (1 - self.share[[site for site, _ in visits]]).prod(axis=1)
        return POOL.reindex(self.area_ids) * (1 - left)

    def scheduled_by_area(self) -> pd.Series:
        return pd.Series(3.0, index=self.area_ids)


def test_people_interval_and_certainty_come_from_the_draws_by_id():
    scale = np.random.default_rng(0).lognormal(0, 0.4, 500)
    plan = plan_of(2, reach=Scaled(scale))
    assert plan.expected_reach == pytest.approx(82 * scale.mean())
    assert (plan.ci_low, plan.ci_high) == pytest.approx(tuple(np.quantile(82 * scale, [0.05, 0.95])))
    assert plan.p_best == 1
    assert plan.by_site["contribution"].to_dict() == pytest.approx({"S1": 50 * scale.mean(), "S3": 32 * scale.mean()})
    assert plan.by_site.loc["S1", "ci_low"] == pytest.approx(np.quantile(50 * scale, 0.05))
    assert plan.curve["ci_high"].tolist() == pytest.approx([np.quantile(n * scale, 0.95) for n in (50, 82)])
    assert plan.scheduled_reach == pytest.approx(9)
    assert plan.by_area["reached"].to_dict() == pytest.approx({"a": 50 * scale.mean(), "b": 32 * scale.mean(), "c": 0})


def test_of_plans_without_a_day_none_is_taken_while_another_has_days():
    plan = plan_of(1, reach=Scaled(np.ones(9), without="S1"))
    assert plan.sites == ("S2",)
    assert plan.alternatives["sites"].tolist()[0] == ("S3",)


def test_a_reach_that_lacks_an_area_is_refused():
    with pytest.raises(ValueError, match="the reach lacks an area of the pool"):
        plan_of(2, reach=Scaled(np.ones(3), area_ids="ba"))


def test_identical_areas_are_merged_and_change_nothing():
    pool, attendance = office(1, n=20, m=10)
    halves = pd.concat([pool / 2, (pool / 2).rename(lambda area: f"{area}x")])
    twins = pd.concat([attendance, attendance.assign(area_id=attendance["area_id"] + "x")])
    one, two = plan_of(3, pool, attendance), plan_of(3, halves, twins)
    assert two.sites == one.sites
    assert two.expected_reach == pytest.approx(one.expected_reach)


def test_an_office_sized_plan_is_proven_and_its_certificate_honest():
    pool, attendance = office(2)
    plan = plan_of(4, pool, attendance, enumerate_below=0)
    exact = plan_of(4, pool, attendance)
    assert (plan.status, plan.method, exact.method) == ("optimal", "proof", "enumeration")
    assert plan.expected_reach == pytest.approx(exact.expected_reach, rel=1e-9)
    assert (plan.curve["upper_bound"] >= exact.curve["objective"] * (1 - 1e-9)).all()


def test_a_time_limit_ends_in_an_honest_status():
    pool, attendance = office(4, n=150, m=120, most=0.9)
    plan = plan_of(14, pool, attendance, time_limit=0.05)
    assert plan.status == "time_limit"
    assert 0 < plan.gap < 0.2
    assert plan.objective < plan.upper_bound
    assert plan.gap == pytest.approx((plan.upper_bound - plan.objective) / plan.upper_bound)


def test_the_same_seed_gives_the_same_plan():
    pool, attendance = office(5)
    first, second = (plan_of(6, pool, attendance, rng=np.random.default_rng(3)) for _ in range(2))
    assert first.sites == second.sites
    assert first.upper_bound == second.upper_bound
    pd.testing.assert_frame_equal(first.curve, second.curve)
    pd.testing.assert_frame_equal(first.alternatives, second.alternatives)


@pytest.mark.parametrize(("areas", "sites", "radius", "events"), [(400, 60, 6, 5), (500, 120, 12, 5)])
def test_maximal_covering_on_clusters_is_proven(areas, sites, radius, events):
    """The second one's linear programme is not whole: places are struck by bounding a visit to each."""
    rng = np.random.default_rng(20240607)
    centres = rng.uniform(5, 55, (25, 2))
    xy = np.clip(centres[rng.integers(0, 25, areas)] + rng.normal(0, 4.0, (areas, 2)), 0, 60)
    weight = rng.lognormal(6.0, 0.8, areas).round().astype(int) + 1
    site = np.clip(xy[rng.choice(areas, sites)] + rng.normal(0, 1.0, (sites, 2)), 0, 60)
    covered = np.sqrt(((xy[:, None] - site[None]) ** 2).sum(-1)) <= radius
    rows, columns = np.nonzero(covered)
    attendance = pd.DataFrame({"area_id": rows.astype(str), "site_id": columns.astype(str), "probability": 1.0})
    pool = pd.Series(weight.astype(float), index=np.arange(areas).astype(str))
    plan = plan_of(events, pool, attendance)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(_covering_by_milp(covered, weight, events))


def _covering_by_milp(covered, weight, p) -> float:
    """The textbook programme of maximal covering, by HiGHS."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = covered.shape
    cover = sparse.hstack([-sparse.csr_array(covered.astype(float)), sparse.eye_array(n)])
    chosen = sparse.csr_array(np.r_[np.ones(m), np.zeros(n)][None])
    solved = milp(
        -np.r_[np.zeros(m), weight],
        constraints=[LinearConstraint(cover, -np.inf, 0), LinearConstraint(chosen, p, p)],
        bounds=Bounds(0, 1),
        integrality=np.r_[np.ones(m), np.zeros(n)],
    )
    return -float(solved.fun)


@pytest.mark.parametrize("seed", range(40))
def test_a_lifted_chord_lies_above_the_reach_of_every_plan(seed):
    rng = np.random.default_rng(seed)
    missed = np.append(1 - rng.uniform(0, 1, 7) ** rng.uniform(0.3, 4), seed % 2)
    step, count = rng.uniform(0.01, 2), np.float64(rng.integers(0, 6))
    slopes = plan_bounds._lifted(missed, step, count)
    constant = 1 - plan_bounds._lifted(np.zeros(1), step, count)[0]
    for visits in itertools.product([0, 1], repeat=len(missed)):
        reach = 1 - np.prod(missed ** np.array(visits))
        assert constant + slopes @ visits >= reach - 1e-12


@pytest.mark.parametrize("seed", range(5, 9))
@pytest.mark.parametrize("most", [0.4, 0.9, 1.0])
def test_a_bound_among_many_places_is_tight_and_never_below_the_best_plan(seed, most, monkeypatch):
    pool, attendance = office(seed, n=60, m=60, most=most)
    if most == 1:
        attendance = attendance.query("probability > 0.3").assign(probability=1.0)
    best = plan_of(3, pool, attendance, enumerate_below=10**6)
    monkeypatch.setattr(plan_bounds, "SMALL_CELLS", 0)
    monkeypatch.setattr(plan_bounds, "_PROGRAMMED_CELLS", 0)
    table = read_table(pool, attendance, None)
    problem = make_request(table, PlanRequest(n_events=3))
    assert best.method == "enumeration"
    assert plan_bounds.is_wide(problem)
    picks = np.searchsorted(problem.columns, table.positions(best.sites))
    majorant, _ = plan_bounds.root_majorant(problem, picks, best.objective)
    bound = majorant.bound(problem.n, problem.cap)
    assert best.objective * (1 - 1e-9) <= bound <= best.objective * 1.05


def test_results_show_themselves():
    plan = plan_of()
    assert "contribution" in plan._repr_html_()
    assert plan.summary()["unit"].unique().tolist() == ["additional people"]
