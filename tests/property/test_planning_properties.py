"""Plans of random offices: equal to enumeration, inside their own bounds, and deaf to order and names."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from asked import asked_of
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import plan_popups

CLOSE = 1e-7


@dataclass(frozen=True)
class Case:
    """A random office and a random request; ids are numbers until they are needed."""

    pool: np.ndarray
    share: np.ndarray
    n_events: int
    scheduled: tuple[int, ...]
    required: tuple[int, ...]
    forbidden: tuple[int, ...]
    max_visits: int


def random_case(seed: int) -> Case:
    """20-60 areas, 8-14 places, 1-4 events, half gradual, half all-or-nothing."""
    rng = np.random.default_rng(seed)
    n, m, k = int(rng.integers(20, 61)), int(rng.integers(8, 15)), int(rng.integers(1, 5))
    distance = np.linalg.norm(rng.uniform(0, 100, (n, 1, 2)) - rng.uniform(0, 100, (1, m, 2)), axis=2)
    if seed % 2:
        share = (distance <= rng.uniform(15, 40)).astype(float)
    else:
        share = rng.uniform(0.2, 1) * np.exp(-distance / rng.uniform(10, 60))
        share[share < 0.02] = 0
    pool = rng.lognormal(4, 1, n).round(1) * (rng.random(n) > 0.1)
    order = rng.permutation(m)
    return Case(
        pool=pool,
        share=share,
        n_events=k,
        scheduled=tuple(order[: rng.integers(0, 3)].tolist()),
        required=tuple(order[3 : 3 + rng.integers(0, min(k, 2) + 1)].tolist()),
        forbidden=tuple(order[6 : 6 + rng.integers(0, 3)].tolist()),
        max_visits=1 + seed % 3 // 2,
    )


def enumerated(case: Case, n_events: int | None = None) -> float:
    """The most additional people of all plans that meet the request."""
    n_events = case.n_events if n_events is None else n_events
    left = case.pool * np.prod(1 - case.share[:, case.scheduled], axis=1)
    room = [
        0 if site in case.forbidden else case.max_visits - (site in case.scheduled)
        for site in range(case.share.shape[1])
    ]
    best = 0.0
    for plan in itertools.combinations_with_replacement(range(len(room)), n_events):
        if set(case.required) <= set(plan) and all(plan.count(site) <= room[site] for site in plan):
            best = max(best, float((left * (1 - np.prod(1 - case.share[:, plan], axis=1))).sum()))
    return best


def planned(case: Case, *, shuffle: int | None = None, rename: int | None = None, **changes):
    """The plan of a case, its rows in some order and its ids under some names."""
    n, m = case.share.shape
    names = np.random.default_rng(rename)
    areas = np.array([f"A{i:03d}" for i in range(n)])
    sites = np.array([f"S{i:02d}" for i in range(m)])
    if rename is not None:
        areas, sites = names.permutation(areas), names.permutation(sites)
    rows, columns = np.nonzero(case.share)
    pairs = pd.DataFrame({"area_id": areas[rows], "site_id": sites[columns], "probability": case.share[rows, columns]})
    unvisited = np.flatnonzero(~case.share.any(axis=0))
    empty = pd.DataFrame({"area_id": areas[0], "site_id": sites[unvisited], "probability": 0.0})
    attendance = pd.concat([pairs, empty], ignore_index=True)
    pool = pd.Series(case.pool, index=areas)
    if shuffle is not None:
        attendance, pool = attendance.sample(frac=1, random_state=shuffle), pool.sample(frac=1, random_state=shuffle)
    asked = {
        "n_events": case.n_events,
        "scheduled": sites[list(case.scheduled)].tolist(),
        "required": sites[list(case.required)].tolist(),
        "forbidden": sites[list(case.forbidden)].tolist(),
        "max_visits": case.max_visits,
    }
    request, others = asked_of(PlanRequest, asked | changes)
    return plan_popups(pool, attendance, request=request, rng=np.random.default_rng(0), **others)


@pytest.mark.parametrize("block", range(6))
def test_the_plan_equals_enumeration(block):
    for seed in range(10 * block, 10 * block + 10):
        plan = planned(random_case(seed))
        assert plan.status == "optimal"
        assert plan.expected_reach == pytest.approx(enumerated(random_case(seed)), rel=CLOSE), seed
        assert plan.gap == 0
        assert plan.upper_bound == plan.objective


@pytest.mark.parametrize("block", range(4))
def test_without_enumeration_the_optimum_lies_within_gap_and_bound(block, monkeypatch):
    # Without branch and bound as well: what the certificate alone promises.
    monkeypatch.setattr("outreach_analysis.decisions.plan_bounds.SMALL_CELLS", 0 if block % 2 else 20_000)
    for seed in range(1000 + 10 * block, 1010 + 10 * block):
        case = random_case(seed)
        best = enumerated(case)
        plan = planned(case, enumerate_below=0)
        assert best <= plan.upper_bound * (1 + CLOSE), seed
        assert plan.expected_reach >= 0.98 * best, seed
        assert plan.expected_reach >= best - plan.gap * plan.upper_bound - CLOSE * best, seed
        assert plan.expected_reach <= best * (1 + CLOSE), seed
        assert plan.status == ("optimal" if plan.gap == 0 else "within_gap"), seed


@given(seed=st.integers(0, 10_000), order=st.integers(0, 1000), searched=st.booleans())
@settings(max_examples=tries(15, 5), deadline=None)
def test_row_order_changes_nothing(seed, order, searched):
    below = {"enumerate_below": 0} if searched else {}
    case = random_case(seed)
    first, second = planned(case, **below), planned(case, shuffle=order, **below)
    assert first.sites == second.sites
    assert first.expected_reach == second.expected_reach
    assert first.upper_bound == second.upper_bound


@given(seed=st.integers(0, 10_000), names=st.integers(0, 1000))
@settings(max_examples=tries(15, 5), deadline=None)
def test_names_of_ids_change_no_reach(seed, names):
    case = random_case(seed)
    first, second = planned(case), planned(case, rename=names)
    assert first.expected_reach == pytest.approx(second.expected_reach, rel=CLOSE)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=tries(15, 5), deadline=None)
def test_one_more_event_never_lowers_the_reach(seed):
    case = random_case(seed)
    curve = planned(case).curve
    assert (np.diff(curve["expected_reach"], prepend=0) >= -CLOSE).all()
    assert (curve["upper_bound"] >= curve["objective"]).all()
    assert curve["added"].sum() == pytest.approx(curve["expected_reach"].iloc[-1])


@pytest.mark.parametrize("seed", range(2000, 2012))
def test_every_point_of_the_curve_is_the_best_of_its_size(seed):
    case = random_case(seed)
    curve = planned(case).curve
    for events in range(max(len(case.required), 1), case.n_events + 1):
        assert curve.loc[events, "objective"] == pytest.approx(enumerated(case, events), rel=CLOSE)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=tries(15, 5), deadline=None)
def test_alternatives_are_other_valid_plans_and_no_better(seed):
    case = random_case(seed)
    plan = planned(case)
    assert len(plan.alternatives) <= 5
    seen = {tuple(sorted(plan.sites))}
    for other in plan.alternatives.itertuples():
        assert other.objective <= plan.objective * (1 + CLOSE)
        assert len(other.sites) == case.n_events
        assert set(plan.required) <= set(other.sites)
        assert not set(plan.forbidden) & set(other.sites)
        assert (
            sorted([*(s for s in plan.sites if s not in other.leaves_out), *other.takes_in])
            == sorted(s for s in other.sites)
            or case.max_visits > 1
        )
        seen.add(tuple(sorted(other.sites)))
    assert len(seen) == len(plan.alternatives) + 1
    assert plan.alternatives["objective"].is_monotonic_decreasing
