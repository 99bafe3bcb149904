"""Tables to rows: what is used, what is left out and why."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.design import build_design, event_area_counts, km_matrix, usable_events
from outreach_analysis.models.terms import TurnoutPrior

AREAS = pd.DataFrame({"population": [50_000, 20_000, 0]}, index=pd.Index(["b", "a", "empty"], name="area_id"))
SITES = pd.DataFrame({"kind": ["mall", "desa"]}, index=pd.Index(["S", "T"], name="site_id"))
COSTS = pd.DataFrame(
    {"area_id": ["a", "b", "empty", "a"], "site_id": ["S", "S", "S", "T"], "km": [35.0, 10.0, 1.0, 5.0]}
)
EVENTS = pd.DataFrame(
    {
        "site_id": ["S", "T", "S", "S", "S"],
        "status": ["held", "held", "held", "held", "planned"],
        "day_kind": "weekend",
        "placed_share": [0.5, 1.0, 0.0, 1.0, np.nan],
        "sold_out": [True, False, False, False, False],
    },
    index=pd.Index(["E2", "E1", "E3", "E4", "E5"], name="event_id"),
)
COUNTS = pd.DataFrame(
    {
        "event_id": ["E2", "E2", "E2", "E2", "E1", "E1", "E3"],
        "area_id": ["a", "b", "empty", "64.02", "a", "b", "a"],
        "applicants": [4, 9, 2, 7, 3, 5, 8],
    }
)


def _build(counts=COUNTS, events=EVENTS):
    return build_design(counts, AREAS, events, SITES, COSTS, prior=TurnoutPrior())


def test_rows_are_events_by_areas_with_people_and_a_way():
    design = _build()
    assert list(zip(design.event, design.counts.tolist(), strict=True)) == [("E1", 3), ("E2", 4), ("E2", 9)]
    np.testing.assert_allclose(design.x["distance"], [5 / 35, 1.0, 10 / 35])
    np.testing.assert_allclose(design.x["log_distance"], np.log1p([1.0, 7.0, 2.0]))
    np.testing.assert_allclose(design.log_residents, np.log([20_000, 20_000, 50_000]))
    np.testing.assert_allclose(design.log_placed, [0, np.log(0.5), np.log(0.5)])
    assert design.sold_out.tolist() == [False, True, True]


def test_nothing_vanishes():
    left = _build().left_out
    rows = set(left[["what", "id", "reason", "people"]].itertuples(index=False, name=None))
    assert {
        ("event", "E3", "nobody_placed", 8),
        ("event", "E4", "no_counts", 0),
        ("area", "64.02", "not_an_area", 7),
        ("area", "empty", "no_residents", 2),
        ("area", "b", "no_distance", 5),
        ("covariate", "day[workday]", "not_seen", 0),
    } <= rows
    design = _build()
    used = COUNTS["event_id"].isin(design.event_ids)
    not_used = left.loc[left["what"] == "area", "people"].sum()
    assert design.counts.sum() + not_used == COUNTS.loc[used, "applicants"].sum()


def test_an_area_absent_from_counts_had_nobody():
    sparse = COUNTS[~((COUNTS["event_id"] == "E2") & (COUNTS["area_id"] == "b"))]
    design = _build(sparse)
    assert design.counts.tolist() == [3, 4, 0]


def test_order_of_rows_changes_nothing():
    one, two = _build(), _build(COUNTS.iloc[::-1], EVENTS.iloc[::-1])
    np.testing.assert_array_equal(one.counts, two.counts)
    pd.testing.assert_frame_equal(one.x, two.x)


def test_events_out_of_reach_are_named():
    costs = COSTS[COSTS["site_id"] == "T"]
    used, left = usable_events(COUNTS, AREAS, EVENTS, costs)
    assert used.index.tolist() == ["E1"]
    assert left.set_index("id")["reason"].to_dict() == {"E2": "no_distance", "E3": "nobody_placed", "E4": "no_counts"}


def test_missing_columns_have_plain_meanings():
    bare = EVENTS[["site_id", "status"]]
    design = _build(events=bare)
    assert not design.sold_out.any()
    assert (design.log_placed == 0).all()
    assert "E3" in design.event_ids


@pytest.mark.parametrize(
    ("counts", "events", "message"),
    [
        (COUNTS.assign(applicants=-1), EVENTS, "7 rows of counts have fewer than 0"),
        (COUNTS, EVENTS.assign(placed_share=1.5), "placed_share is outside"),
    ],
)
def test_tables_that_do_not_fit_are_refused(counts, events, message):
    costs = pd.concat([COSTS, COSTS.iloc[:1].assign(site_id="U")])
    with pytest.raises(ValueError, match=message):
        build_design(counts, AREAS, events, SITES, costs, prior=TurnoutPrior())


def test_matrices_by_id():
    km = km_matrix(COSTS, pd.Index(["a", "x"]), pd.Index(["T", "S", "T"]))
    np.testing.assert_array_equal(km, [[5, 35, 5], [np.inf] * 3])
    doubled = pd.concat([COSTS, COSTS.assign(km=COSTS["km"] + 1)])
    np.testing.assert_array_equal(km_matrix(doubled, pd.Index(["a"]), pd.Index(["S"])), [[35]])
    table = event_area_counts(COUNTS, pd.Index(["E1", "E9"]), pd.Index(["b", "a"]))
    assert table.to_numpy().tolist() == [[5, 3], [0, 0]]
