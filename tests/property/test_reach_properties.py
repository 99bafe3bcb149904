"""Reach and catchment: people are conserved, order is nothing, numbers equal a count by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.contracts import RequestError
from outreach_analysis.measures.reach import catchment, reach_rate

KABUPATEN = ("64.02", "64.08", "64.72")
KECAMATAN = tuple(f"{kabupaten}.{number:02}" for kabupaten in KABUPATEN for number in (1, 2))
KNOWN = st.sampled_from([*KECAMATAN, *KABUPATEN])
BASE = st.sampled_from([1, 5])


@st.composite
def area_tables(draw) -> pd.DataFrame:
    rows = draw(
        st.lists(st.tuples(st.one_of(st.just(0), st.integers(1, 200_000)), st.booleans()), min_size=6, max_size=6)
    )
    areas = pd.DataFrame(rows, columns=["population", "in_jurisdiction"], index=pd.Index(KECAMATAN, name="area_id"))
    return areas.assign(name=areas.index, parent_id=[area[:5] for area in KECAMATAN])


@st.composite
def count_tables(draw, ids=KNOWN) -> pd.DataFrame:
    rows = draw(st.lists(st.tuples(st.sampled_from(["E1", "E2", "E3"]), ids, st.integers(0, 40)), max_size=14))
    frame = pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])
    return frame.astype({"event_id": "str", "area_id": "str", "applicants": int})


@given(area_tables(), count_tables())
@settings(max_examples=tries(15, 5), deadline=None)
def test_everybody_is_counted_once_or_left_out(areas, counts):
    for by in ("area", "kabupaten"):
        found = reach_rate(areas=areas, counts=counts, by=by)
        assert found.by_area["applicants"].sum() + found.left_out.sum() == counts["applicants"].sum()
        assert found.summary()["applicants"].sum() == found.by_area["applicants"].sum()
        assert found.by_area["residents"].sum() == areas["population"].sum()
    # what is left out by area and known to a kabupaten stands there
    by_kabupaten = reach_rate(areas=areas, counts=counts, by="kabupaten").by_area
    assert by_kabupaten.index.tolist() == list(KABUPATEN)
    for kabupaten in KABUPATEN:
        theirs = counts[counts["area_id"].str.startswith(kabupaten)]["applicants"].sum()
        assert by_kabupaten.loc[kabupaten, "applicants"] == theirs
    # people of an area that nobody knows are neither: they are refused, by name
    strange = pd.concat([counts, pd.DataFrame({"event_id": ["E1"], "area_id": "64.99", "applicants": 1})])
    for by in ("area", "kabupaten"):
        with pytest.raises(RequestError, match=r"^1 of \d+ areas of counts are not in areas: 64\.99;"):
            reach_rate(areas=areas, counts=strange, by=by)


@given(area_tables(), count_tables())
@settings(max_examples=tries(15, 5), deadline=None)
def test_rates_are_a_division_by_hand_within_their_limits(areas, counts):
    found = reach_rate(areas=areas, counts=counts).by_area
    for area in areas.index:
        people = counts.loc[counts["area_id"] == area, "applicants"].sum()
        residents, row = areas.loc[area, "population"], found.loc[area]
        if residents == 0:
            assert row[["rate", "ci_low", "ci_high"]].isna().all()
            continue
        assert math.isclose(row["rate"], people / residents * 10_000)
        assert 0 <= row["ci_low"] <= row["rate"] < row["ci_high"]
        # Garwood: at the limits, as many or more (fewer) people have a chance of 5 %
        low, high = row["ci_low"] * residents / 10_000, row["ci_high"] * residents / 10_000
        assert math.isclose(_at_most(people, high), 0.05, rel_tol=1e-6)
        assert people == 0 or math.isclose(1 - _at_most(people - 1, low), 0.05, rel_tol=1e-6)
        assert np.isnan(row["p_lowest_fifth"]) or 0 <= row["p_lowest_fifth"] <= 1


def _at_most(n: int, mean: float) -> float:
    """P(Poisson(mean) <= n), term by term."""
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(n + 1))


@given(area_tables(), count_tables(), BASE, st.randoms(use_true_random=False))
@settings(max_examples=tries(15, 5), deadline=None)
def test_reach_is_blind_to_the_order_of_rows(areas, counts, base, random):
    rows, order = list(counts.index), list(areas.index)
    random.shuffle(rows)
    random.shuffle(order)
    one = reach_rate(areas=areas, counts=counts, rounding_base=base)
    other = reach_rate(areas=areas.loc[order], counts=counts.loc[rows], rounding_base=base)
    pd.testing.assert_frame_equal(one.by_area, other.by_area.loc[areas.index], rtol=1e-6)
    pd.testing.assert_frame_equal(one.summary(), other.summary())
    pd.testing.assert_series_equal(one.left_out, other.left_out)


# ---------- catchment


@st.composite
def event_worlds(draw) -> dict[str, pd.DataFrame]:
    sites = pd.DataFrame(
        {"area_id": draw(st.lists(st.sampled_from([*KECAMATAN, "64.02.01.2001", "64.08"]), min_size=2, max_size=2))},
        index=pd.Index(["S1", "S2"], name="site_id"),
    )
    events = pd.DataFrame(
        {"site_id": draw(st.lists(st.sampled_from(["S1", "S2"]), min_size=3, max_size=3))},
        index=pd.Index(["E1", "E2", "E3"], name="event_id"),
    )
    km = st.one_of(st.none(), st.sampled_from([5.0, 10.0, 10.000001]), st.floats(0, 400))
    rows = [(area, site, draw(km)) for area in KECAMATAN for site in sites.index]
    beyond = draw(st.lists(st.tuples(st.sampled_from(["E1", "E2", "E3"]), st.integers(0, 9)), max_size=3))
    return {
        "counts": draw(count_tables()),
        "areas": draw(area_tables()),
        "events": events,
        "sites": sites,
        "costs": pd.DataFrame(rows, columns=["area_id", "site_id", "km"]).astype({"km": float}),
        "outside": pd.DataFrame(beyond, columns=["event_id", "applicants"]).astype({"event_id": "str"}),
    }


def people_by_hand(world: dict[str, pd.DataFrame], event: str) -> list[tuple[str, float]]:
    """Home (kabupaten, or 'outside') and distance of every single person."""
    site = world["events"].loc[event, "site_id"]
    km = {(row.area_id, row.site_id): row.km for row in world["costs"].itertuples()}
    people = []
    for row in world["counts"].itertuples():
        if row.event_id == event:
            people += [(row.area_id[:5], km.get((row.area_id, site), math.nan))] * row.applicants
    for row in world["outside"].itertuples():
        if row.event_id == event:
            people += [("outside", math.nan)] * row.applicants
    return people


@given(event_worlds())
@settings(max_examples=tries(15, 5), deadline=None)
def test_catchment_is_a_count_of_single_persons(world):
    result = catchment(**world)
    held = {*world["counts"]["event_id"], *world["outside"]["event_id"]}
    assert set(result.by_event.index) == held
    far_in_all = []
    for event in sorted(held):
        people, row = people_by_hand(world, event), result.by_event.loc[event]
        distances = sorted(km for _, km in people if not math.isnan(km))
        assert row["applicants"] == len(distances)
        assert result.left_out.get(event, 0) == len(people) - len(distances)
        for share in (0.5, 0.8, 0.95):
            name = f"km_{100 * share:.0f}"
            if not distances:
                assert np.isnan(row[name])
                continue
            # the smallest distance within which at least that share lives
            within = [sum(km <= reach for km in distances) / len(distances) for reach in distances]
            assert row[name] == next(
                reach for reach, part in zip(distances, within, strict=True) if part >= share - 1e-12
            )
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
        host = world["sites"].loc[row["site_id"], "area_id"][:5]
        far = [home != host for home, _ in people]
        far_in_all += far
        assert np.isnan(row["share_outside_host"]) if not far else row["share_outside_host"] == np.mean(far)
    assert not far_in_all or result.overall["share_outside_host"] == np.mean(far_in_all)


@given(event_worlds(), BASE, st.randoms(use_true_random=False))
@settings(max_examples=tries(8, 3), deadline=None)
def test_catchment_is_blind_to_the_order_of_rows(world, base, random):
    turned = {}
    for name, frame in world.items():
        rows = list(range(len(frame)))
        random.shuffle(rows)
        turned[name] = frame.iloc[rows]
    one, other = catchment(**world, rounding_base=base), catchment(**turned, rounding_base=base)
    pd.testing.assert_frame_equal(one.by_event, other.by_event.loc[one.by_event.index])
    pd.testing.assert_series_equal(one.overall, other.overall)
    pd.testing.assert_series_equal(one.left_out, other.left_out)
