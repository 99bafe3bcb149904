"""Plans with days: exact sums by all paths of a person, and a bound that no plan on any days exceeds."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from decision_worlds import FIRST_DAY, a_world, announced, make_incremental, make_rhythm
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import DatedReach, ExpectedVisits, certified, expected_visits, plan_popups

START = FIRST_DAY - pd.Timedelta(days=30)


def on(visits: list[tuple[str, int]]) -> list[tuple[str, pd.Timestamp]]:
    return [(site, FIRST_DAY + pd.Timedelta(days=day)) for site, day in visits]


def random_visits(seed: int, *, n_sites: int = 4) -> ExpectedVisits:
    """A few areas and places; announced events before, among and after the days of `DAYS`; steep trends in half."""
    rng = np.random.default_rng(seed)
    n_areas = int(rng.integers(1, 4))
    given_days = rng.choice([-25, -3, 4, 9, 17, 25, 60], int(rng.integers(0, 4)), replace=False)
    drawn = rng.uniform(0, 0.9, (n_areas, n_sites)) * (rng.random((n_areas, n_sites)) < 0.8)
    if seed % 3 == 0:  # places that draw nearly everybody are where a bound is easily too low
        drawn = np.where(drawn > 0, 0.9, 0.0)
    return ExpectedVisits(
        stock=rng.lognormal(3, 1, n_areas),
        drawn=drawn,
        depleted=rng.uniform(0, 0.6, n_areas) * (rng.random() < 0.7),
        start=START,
        recovery=float(rng.choice([10.0, 45.0, 120.0, 365.0])),
        announced=tuple(on([(f"S{rng.integers(n_sites)}", int(day)) for day in np.sort(given_days)])),
        area_ids=pd.Index([f"a{number}" for number in range(n_areas)]),
        site_ids=pd.Index([f"S{number}" for number in range(n_sites)]),
        rhythm=make_rhythm(rng.normal(0, 4, 3), [FIRST_DAY] * n_sites) if seed % 2 else None,
    )


DAYS = (2, 9, 17)
"""Days after the first on which a visit may stand; some announced events fall on them."""


def all_paths(means: ExpectedVisits, area: int, visits: list[tuple[str, pd.Timestamp]]) -> float:
    """Expected services of one person: every path of willing, served and away is walked through, and weighed."""
    timeline = sorted(visits, key=lambda visit: visit[1])

    def walk(number: int, away: bool, last: pd.Timestamp) -> float:
        if number == len(timeline):
            return 0.0
        site, day = timeline[number]
        stays_away = np.exp(-(day - last).days / means.recovery) if away else 0.0
        drawn = means.drawn[area, list(means.site_ids).index(site)]
        if means.rhythm is not None:
            years = (day - FIRST_DAY) / pd.Timedelta(days=365.25)
            drawn = min(drawn * np.exp(means.rhythm.coefficients[:, 0] * years).mean(), 0.9)
        missed = stays_away * walk(number + 1, True, day) if stays_away else 0.0
        if stays_away == 1.0:
            return missed
        served = drawn * (1 + walk(number + 1, True, day)) if drawn else 0.0
        return missed + (1 - stays_away) * (served + (1 - drawn) * walk(number + 1, False, day))

    depleted = float(means.depleted[area])
    return depleted * walk(0, True, means.start) + (1 - depleted) * walk(0, False, means.start)


@given(st.integers(0, 2000), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_expected_value_is_the_sum_over_all_paths_of_a_person(seed, visits):
    means = random_visits(seed)
    asked = on([(f"S{site}", day) for site, day in visits])
    by_area = means.by_area(asked)
    for area in range(len(means.stock)):
        alone = all_paths(means, area, list(means.announced))
        together = all_paths(means, area, [*means.announced, *asked])
        assert by_area[area] == pytest.approx(means.stock[area] * (together - alone), rel=1e-9, abs=1e-9)
    assert means.value(asked) == pytest.approx(by_area.sum())


def relaxed_worth(pool: pd.Series, attendance: pd.DataFrame, sites: tuple[str, ...]) -> float:
    shares = attendance.pivot(index="area_id", columns="site_id", values="probability").loc[pool.index]
    left = np.prod([1 - shares[site].to_numpy() for site in sites], axis=0)
    return float(pool.to_numpy() @ (1 - left))


@pytest.mark.parametrize("block", [0, 1, *(pytest.param(block, marks=pytest.mark.slow) for block in range(2, 6))])
def test_no_plan_on_any_days_exceeds_the_bound(block):
    for seed in range(10 * block, 10 * block + 10):
        means = random_visits(seed)
        n, again = (3, 1) if seed % 4 == 0 else (2, 1 + seed % 2)
        pool, attendance = means.relaxed([FIRST_DAY + pd.Timedelta(days=day) for day in DAYS])
        most = 0.0
        for sites in itertools.combinations_with_replacement(means.site_ids, n):
            if max(sites.count(site) for site in sites) > again:
                continue
            of_set = relaxed_worth(pool, attendance, sites)
            for days in itertools.product(DAYS, repeat=n):
                value = means.value(on(list(zip(sites, days, strict=True))))
                assert value <= of_set * (1 + 1e-9) + 1e-9, (seed, sites, days)
                most = max(most, value)
        plan = plan_popups(
            pool, attendance, request=PlanRequest(n_events=n, max_visits=again), rng=np.random.default_rng(0)
        )
        assert most <= plan.upper_bound * (1 + 1e-9) + 1e-9, seed
        # and it is a bound that says something: far below all who are willing
        if not means.announced and means.recovery > 100 and means.rhythm is None:
            assert plan.upper_bound <= 1.35 * most, seed


@given(st.integers(0, 2000), st.data())
@settings(max_examples=40, deadline=None)
def test_one_more_event_never_lowers_the_value_and_adds_less_to_more(seed, data):
    means = random_visits(seed)
    visit = st.tuples(st.sampled_from(list(means.site_ids)), st.integers(-20, 60))
    some, others = (data.draw(st.lists(visit, max_size=3)) for _ in range(2))
    more = data.draw(visit)
    slack = 1e-9 * (1 + means.stock.sum())
    few, many = (means.by_area(on(visits)) for visits in (some, [*some, *others]))
    assert (few >= -slack).all()
    assert (many >= few - slack).all()
    with_few, with_many = (means.by_area(on([*visits, more])) for visits in (some, [*some, *others]))
    assert (with_many - many <= with_few - few + slack).all()


@given(st.integers(0, 2000), st.floats(1, 60))
@settings(max_examples=25, deadline=None)
def test_searched_alone_a_place_is_worth_its_own_day(seed, gap):
    means = random_visits(seed)
    days = pd.Series(
        [FIRST_DAY + pd.Timedelta(days=DAYS[n % 3]) for n in range(len(means.site_ids))], index=means.site_ids
    )
    pool, attendance = means.undated(days, gap=gap)
    assert attendance["probability"].between(0, 1).all()
    for site in means.site_ids:
        assert relaxed_worth(pool, attendance, (site,)) == pytest.approx(means.value([(site, days[site])]), abs=1e-9)


# ---------- from draws to expectations


@given(st.integers(0, 500), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40)), max_size=4), st.booleans())
@settings(max_examples=25, deadline=None)
def test_with_one_draw_the_expectations_are_that_draw(seed, visits, given_events):
    events = announced(("S1", -20), ("S3", 10)) if given_events else None
    found = make_incremental(**a_world(seed, n_draws=1), given=events)
    means = expected_visits(found, start=START, gap=14.0)
    asked = on([(f"S{site}", day) for site, day in visits])
    np.testing.assert_allclose(means.by_area(asked), found.value_draws(asked)[0], rtol=1e-7, atol=1e-9)
    assert means.recovery == pytest.approx(found.forecast.depletion.recovery[0])


@pytest.mark.parametrize("seed", range(5))
def test_with_many_draws_a_visit_alone_is_worth_its_mean_and_more_visits_nearly(seed):
    world = a_world(seed, n_draws=300)
    found = make_incremental(**world)
    means = expected_visits(found, start=START, gap=14.0)
    for site in found.site_ids:
        visit = [(site, found.days[site])]
        assert means.value(visit) == pytest.approx(found.value(visit), rel=0.12)
    together = on([(site, 14 * number) for number, site in enumerate(found.site_ids)])
    assert means.value(together) == pytest.approx(found.value(together), rel=0.15)
    assert ((means.drawn >= 0) & (means.drawn <= 0.9 + 1e-9)).all()
    assert ((means.depleted >= 0) & (means.depleted <= 1)).all()


def test_a_world_where_nobody_is_expected_has_expectations_of_nobody():
    found = make_incremental(np.zeros((3, 2, 2)), given=announced(("S1", 4)))
    means = expected_visits(found, start=START, gap=7.0)
    assert means.value(on([("S0", 0), ("S1", 7)])) == 0
    pool, attendance = means.relaxed([FIRST_DAY])
    assert np.isfinite(pool).all()
    assert (attendance["probability"] == 0).all()


# ---------- plans


def reach_of(seed: int, days: dict[str, int], *, n_draws: int = 60, given_events: pd.DataFrame | None = None):
    """A reach whose visits have given days, and the tables of its search and of its bound."""
    found = make_incremental(**a_world(seed, n_draws=n_draws), given=given_events)
    means = expected_visits(found, start=START, gap=14.0)
    dates = pd.Series({site: FIRST_DAY + pd.Timedelta(days=day) for site, day in days.items()})
    reach = DatedReach(found, means, lambda sites: tuple((site, dates[site]) for site in sites))
    return found, reach, means.undated(dates[means.site_ids], gap=14.0), means.relaxed(list(dates.unique()))


@pytest.mark.parametrize("seed", range(6))
def test_a_certified_plan_is_within_its_gap_of_the_best_plan_on_any_days(seed):
    days = {f"S{number}": day for number, day in enumerate((2, 9, 17, 2, 9))}
    events = announced(("S4", -5), ("S2", 12)) if seed % 2 else None
    found, reach, search, relaxed = reach_of(seed, days, given_events=events)
    asked = {"request": PlanRequest(n_events=2), "rng": np.random.default_rng(0)}
    plan = plan_popups(*search, **asked, reach=reach)
    bound = plan_popups(*relaxed, **asked)
    published = certified(plan, reach, bound, None)
    own = reach.means.value(reach.visits(published.sites))
    best = max(
        reach.means.value(on([(one, a), (two, b)]))
        for one, two in itertools.combinations(found.site_ids, 2)
        for a, b in itertools.product(DAYS, repeat=2)
    )
    assert own >= best * (1 - published.gap) - 1e-9
    assert (published.status == "optimal") == (published.gap == 0)
    assert published.upper_bound >= published.objective
    # people, interval and share of draws are those of the draws, on the plan's own days
    people = found.value_draws(reach.visits(published.sites)).sum(axis=1)
    assert published.expected_reach == pytest.approx(people.mean(), rel=1e-5)
    assert (published.ci_low, published.ci_high) == pytest.approx(tuple(np.quantile(people, [0.05, 0.95])), rel=1e-5)
    assert 0 <= published.p_best <= 1
    # of all pairs on these days none is better in the mean of the draws
    others = {
        sites: found.value([(site, reach.visits(sites)[at][1]) for at, site in enumerate(sites)])
        for sites in itertools.combinations(sorted(found.site_ids), 2)
    }
    error = 2 * people.std() / np.sqrt(len(people))
    assert published.expected_reach >= max(others.values()) - error
