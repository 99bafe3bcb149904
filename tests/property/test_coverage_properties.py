"""Coverage: monotone in threshold and points, blind to order, equal to a count by hand."""

import math

import pandas as pd
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.measures.coverage import coverage, incremental_coverage

KM = st.one_of(st.none(), st.sampled_from([0.0, 15.0, 29.999999, 30.0, 30.000001, 60.0]), st.floats(0, 500))
THRESHOLD = st.one_of(st.sampled_from([0.0, 15.0, 30.0, 60.0]), st.floats(0, 500))


@st.composite
def worlds(draw) -> tuple[pd.DataFrame, pd.DataFrame, list[str], list[str]]:
    """Areas, costs (pairs absent, blank or twice), service points and candidates."""
    n_areas, n_sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    ids = [f"a{number}" for number in range(n_areas)]
    areas = pd.DataFrame(
        {
            "name": ids,
            "population": draw(st.lists(st.integers(0, 1000), min_size=n_areas, max_size=n_areas)),
            "parent_id": "K",
            "in_jurisdiction": draw(st.lists(st.booleans(), min_size=n_areas, max_size=n_areas)),
        },
        index=pd.Index(ids, name="area_id"),
    )
    sites = [f"s{number}" for number in range(n_sites)]
    rows = [(area, site, draw(KM)) for area in ids for site in sites if draw(st.integers(0, 9))]
    # costs that know none of the areas are refused at the door
    rows = rows or [(ids[0], sites[0], draw(KM))]
    # a last row without a way, so that every site has costs
    rows += [("elsewhere", site, 1.0) for site in sites]
    rows += draw(st.lists(st.sampled_from(rows), max_size=3))
    costs = pd.DataFrame(rows, columns=["area_id", "site_id", "km"]).astype({"km": float})
    points = draw(st.lists(st.sampled_from(sites), unique=True))
    return areas, costs, points, sites


def nearest_by_hand(costs: pd.DataFrame, area: str, points: list[str]) -> float:
    ways = [row.km for row in costs.itertuples() if row.area_id == area and row.site_id in points]
    return min((km for km in ways if not math.isnan(km)), default=math.inf)


def covered_by_hand(areas: pd.DataFrame, costs: pd.DataFrame, points: list[str], threshold: float) -> set[str]:
    return {area for area in areas.index if nearest_by_hand(costs, area, points) <= threshold}


@given(worlds(), THRESHOLD)
@settings(max_examples=tries(20, 6), deadline=None)
def test_coverage_is_a_count_by_hand(world, threshold):
    areas, costs, points, _ = world
    found = coverage(areas=areas, costs=costs, threshold_km=threshold, service_points=points)
    covered = covered_by_hand(areas, costs, points, threshold)
    assert set(found.by_area.index[found.by_area["covered"]]) == covered
    people = sum(areas.loc[area, "population"] for area in covered if areas.loc[area, "in_jurisdiction"])
    everyone = areas.loc[areas["in_jurisdiction"], "population"].sum()
    summary = found.summary()
    assert summary.loc["covered", "people"] == people
    assert summary.loc["covered", "people"] + summary.loc["none", "people"] == everyone
    assert math.isnan(found.share) if everyone == 0 else found.share == people / everyone
    for area in areas.index:
        nearest = nearest_by_hand(costs, area, points)
        assert found.by_area.loc[area, "distance"] == nearest or (
            math.isinf(nearest) and math.isnan(found.by_area.loc[area, "distance"])
        )


@given(worlds(), THRESHOLD, THRESHOLD)
@settings(max_examples=tries(12, 4), deadline=None)
def test_a_wider_threshold_never_covers_less(world, one, other):
    areas, costs, points, _ = world
    narrow, wide = (
        coverage(areas=areas, costs=costs, threshold_km=km, service_points=points).by_area["covered"]
        for km in sorted([one, other])
    )
    assert not (narrow & ~wide).any()


@given(worlds(), THRESHOLD, st.data())
@settings(max_examples=tries(12, 4), deadline=None)
def test_one_more_point_never_covers_less_and_adds_what_it_said(world, threshold, data):
    areas, costs, points, sites = world
    added = data.draw(st.sampled_from(sites))
    kinds = pd.Series(
        data.draw(st.lists(st.sampled_from(["fixed", "popup"]), min_size=len(points), max_size=len(points)))
    )
    kinds = kinds.set_axis(points).astype("str")
    before = coverage(areas=areas, costs=costs, threshold_km=threshold, service_points=kinds)
    more = pd.concat([kinds, pd.Series({added: "popup"})])
    after = coverage(areas=areas, costs=costs, threshold_km=threshold, service_points=more)
    assert not (before.by_area["covered"] & ~after.by_area["covered"]).any()
    # a pop-up takes nothing from the fixed points
    fixed = before.by_area["covered_by"] == "fixed"
    assert (after.by_area.loc[fixed, "covered_by"] == "fixed").all()
    gain = incremental_coverage(
        areas=areas, costs=costs, threshold_km=threshold, service_points=kinds, candidates=[added]
    )
    assert (
        after.summary().loc["covered", "people"] - before.summary().loc["covered", "people"]
        == (gain.loc[added, "new_residents"])
    )


@given(worlds(), THRESHOLD)
@settings(max_examples=tries(12, 4), deadline=None)
def test_increments_are_a_count_by_hand(world, threshold):
    areas, costs, points, sites = world
    found = incremental_coverage(
        areas=areas, costs=costs, threshold_km=threshold, service_points=points, candidates=sites
    )
    before = covered_by_hand(areas, costs, points, threshold)
    for site in sites:
        new = covered_by_hand(areas, costs, [*points, site], threshold) - before
        inside = [area for area in new if areas.loc[area, "in_jurisdiction"]]
        assert found.loc[site, "new_residents"] == areas.loc[inside, "population"].sum()
        assert (
            found.loc[site, "new_residents_outside"]
            == areas.loc[sorted(new), "population"].sum() - (found.loc[site, "new_residents"])
        )


@given(worlds(), THRESHOLD, st.randoms(use_true_random=False))
@settings(max_examples=tries(12, 4), deadline=None)
def test_the_order_of_rows_does_not_matter(world, threshold, random):
    areas, costs, points, sites = world
    order, pairs = list(areas.index), list(costs.index)
    turned_points, turned_sites = list(points), list(sites)
    for rows in (order, pairs, turned_points, turned_sites):
        random.shuffle(rows)
    turned = costs.loc[pairs]
    one = coverage(areas=areas, costs=costs, threshold_km=threshold, service_points=points)
    other = coverage(areas=areas.loc[order], costs=turned, threshold_km=threshold, service_points=turned_points)
    pd.testing.assert_frame_equal(one.by_area, other.by_area.loc[areas.index])
    gain = incremental_coverage(
        areas=areas, costs=costs, threshold_km=threshold, service_points=points, candidates=sites
    )
    again = incremental_coverage(
        areas=areas.loc[order],
        costs=turned,
        threshold_km=threshold,
        service_points=turned_points,
        candidates=turned_sites,
    )
    pd.testing.assert_frame_equal(gain, again.loc[gain.index])
