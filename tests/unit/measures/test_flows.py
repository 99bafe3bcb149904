"""Flows: what is told, what is left out, and what a reader can work out from it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.disclosure import rounding_interval
from outreach_analysis.intake.dataset import load_sample
from outreach_analysis.measures.flows import FlowResult, origin_flows
from outreach_analysis.measures.small_numbers import margins_of
from outreach_analysis.settings import Settings

AREAS = pd.DataFrame({"parent_id": ["K", "K", "K"]}, index=pd.Index(["a", "b", "c"], name="area_id"))
EVENTS = pd.DataFrame(
    {
        "site_id": ["MALL", "MALL", "HALL"],
        "status": "held",
        "date": pd.to_datetime(["2025-02-01", "2026-02-01", "2026-10-01"]),
    },
    index=pd.Index(["E1", "E2", "E3"], name="event_id"),
)
COSTS = pd.DataFrame(
    {
        "area_id": ["a", "b", "c"] * 2,
        "site_id": ["MALL"] * 3 + ["HALL"] * 3,
        "km": [3.0, 42.0, 61.0, 20.0, 5.0, 31.0],
    }
)


def make_counts(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["event_id", "area_id", "applicants"])


def published(flows: FlowResult) -> dict[tuple[str, str], int]:
    frame = flows.by_flow
    return dict(zip(zip(frame["area_id"], frame["site_id"], strict=True), frame["applicants"], strict=True))


def test_exact_flows_add_the_events_of_a_place_largest_first():
    counts = make_counts(("E1", "a", 30), ("E2", "a", 12), ("E3", "a", 2), ("E1", "b", 1), ("E2", "K", 4))
    flows = origin_flows(areas=AREAS, events=EVENTS, counts=counts, costs=COSTS)
    assert flows.by_flow.values.tolist() == [["a", "MALL", 42, 3.0], ["a", "HALL", 2, 20.0], ["b", "MALL", 1, 42.0]]
    assert (flows.applicants, flows.least_published) == (45, 1)
    assert flows.left_out.to_dict() == {"small_flow": 0, "kabupaten_only": 4}


def test_flows_of_one_event_are_those_of_its_rows():
    counts = make_counts(("E1", "a", 30), ("E2", "a", 12))
    assert published(
        origin_flows(areas=AREAS, events=EVENTS, counts=counts[counts["event_id"] == "E2"], costs=COSTS)
    ) == {("a", "MALL"): 12}


def test_rounded_flows_are_multiples_from_two_bases_on():
    counts = make_counts(("E1", "a", 43), ("E1", "b", 8), ("E1", "c", 7), ("E3", "b", 26), ("E3", "c", 7))
    flows = origin_flows(areas=AREAS, events=EVENTS, counts=counts, costs=COSTS, rounding_base=5)
    assert published(flows) == {("a", "MALL"): 45, ("b", "HALL"): 25, ("b", "MALL"): 10}
    assert flows.least_published == 10
    # 91, moved by one base: 90 beside 45, 35 and 15 by kecamatan would say too much about these
    assert flows.applicants == 95
    assert flows.left_out["small_flow"] == 15


def test_a_flow_that_would_give_a_small_one_away_is_left_out():
    # nine of the kabupaten came to the mall: beside 8 or 9 from one kecamatan at most one is left for the others
    rows = (("E1", "a", 8), ("E3", "a", 20), ("E3", "b", 20))
    flows = origin_flows(
        areas=AREAS, events=EVENTS, counts=make_counts(*rows, ("E1", "b", 1)), costs=COSTS, rounding_base=5
    )
    assert ("a", "MALL") not in published(flows)
    flows = origin_flows(
        areas=AREAS, events=EVENTS, counts=make_counts(*rows, ("E1", "b", 6)), costs=COSTS, rounding_base=5
    )
    assert published(flows) == {("a", "HALL"): 20, ("b", "HALL"): 20, ("a", "MALL"): 10}


def test_nobody_gives_no_flow():
    flows = origin_flows(areas=AREAS, events=EVENTS, counts=make_counts(("E1", "a", 0)), costs=COSTS, rounding_base=5)
    assert flows.by_flow.empty
    assert flows.applicants == 0
    assert flows.summary()["estimate"].tolist() == [0, 0, 0, 0]
    assert origin_flows(areas=AREAS, events=EVENTS, counts=make_counts(), costs=COSTS).by_flow.empty


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="not in events: E9"):
        origin_flows(areas=AREAS, events=EVENTS, counts=make_counts(("E9", "a", 1)), costs=COSTS)
    with pytest.raises(ValueError, match="not unique"):
        origin_flows(areas=AREAS, events=EVENTS, counts=make_counts(("E1", "a", 1)), costs=pd.concat([COSTS, COSTS]))


def test_a_pair_without_travel_costs_keeps_its_flow():
    flows = origin_flows(areas=AREAS, events=EVENTS, counts=make_counts(("E1", "a", 30)), costs=COSTS.iloc[1:])
    assert flows.by_flow["km"].isna().tolist() == [True]


def numbers_a_reader_thinks_possible(counts: pd.DataFrame, flows: FlowResult, places: list[str]) -> np.ndarray:
    """By trying every table of small numbers: how many values each flow takes among those that fit what is told."""
    margins = margins_of(counts, AREAS, rounding_base=5)
    by_flow = counts.assign(site_id=counts["event_id"].map(EVENTS["site_id"]))
    exact = by_flow.pivot_table(index="area_id", columns="site_id", values="applicants", aggfunc="sum", fill_value=0)
    exact = exact.reindex(index=AREAS.index, columns=places, fill_value=0)
    ranges, shown = [], published(flows)
    for area, place in itertools.product(AREAS.index, places):
        low, high = rounding_interval([shown[area, place]]) if (area, place) in shown else ([0], [22])
        ranges.append(np.arange(low[0], high[0] + 1))
    rows = []
    for at, area in enumerate(AREAS.index):
        cells = np.array(list(itertools.product(*ranges[at * len(places) : (at + 1) * len(places)])))
        low, high = margins.by_area.loc[area, ["low", "high"]]
        rows.append(cells[(cells.sum(axis=1) >= low) & (cells.sum(axis=1) <= high)])
    tables = np.array([np.stack(chosen) for chosen in itertools.product(*rows)])
    at_place, known = tables.sum(axis=1), exact.sum().to_numpy()
    fits = ((at_place == known) | ((known < 5) & (at_place < 5))).all(axis=1)
    low, high = margins.by_kabupaten.loc["K", ["low", "high"]]
    fits &= (at_place.sum(axis=1) >= low) & (at_place.sum(axis=1) <= high)
    values = tables[fits]
    return np.array(
        [[len(np.unique(values[:, row, place])) for place in range(len(places))] for row in range(len(AREAS))]
    )


LARGE = (1, 4, 5, 7)
"""Seeds of tables that take seconds to enumerate: for `make slow`."""


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.slow] if seed in LARGE else []) for seed in range(8)]
)
def test_no_small_flow_can_be_worked_out(seed):
    rng = np.random.default_rng(seed)
    people = rng.choice([0, 1, 2, 3, 4, 6, 8, 9, 12], size=(3, 2))
    places = ["MALL", "HALL"]
    counts = make_counts(
        *(
            (event, area, int(people[row, at]))
            for row, area in enumerate("abc")
            for at, event in enumerate(("E1", "E3"))
        )
    )
    flows = origin_flows(areas=AREAS, events=EVENTS, counts=counts, costs=COSTS, rounding_base=5)
    nothing = FlowResult(by_flow=flows.by_flow.iloc[:0], applicants=0, least_published=10, left_out=flows.left_out)
    possible = numbers_a_reader_thinks_possible(counts, flows, places)
    without = numbers_a_reader_thinks_possible(counts, nothing, places)
    small = (people > 0) & (people < 5)
    assert (possible[small] >= np.minimum(5, without[small])).all()


def test_what_is_told_of_the_window_counts_too():
    # of the kecamatan about ten came in all, and some of them lately: with eight or more before, these are few
    rows = [(event, area, 20) for event in ("E1", "E3") for area in ("b", "c")]
    counts = make_counts(("E1", "a", 9), ("E3", "a", 2), *rows)
    settings = Settings(as_of=pd.Timestamp("2026-11-22").date(), window_months=6)
    assert ("a", "MALL") in published(
        origin_flows(areas=AREAS, events=EVENTS, counts=counts, costs=COSTS, rounding_base=5)
    )
    assert ("a", "MALL") not in published(
        origin_flows(areas=AREAS, events=EVENTS, counts=counts, costs=COSTS, settings=settings, rounding_base=5)
    )


def test_the_exact_table_by_event_counts_too():
    events = EVENTS.assign(date=pd.to_datetime(["2025-02-01", "2026-10-01", "2025-03-01"]))
    events.loc["E4"] = {"site_id": "HALL", "status": "held", "date": pd.Timestamp("2026-10-05")}
    settings = Settings(as_of=pd.Timestamp("2026-11-22").date(), window_months=6)

    def flows(of_b: int) -> dict[tuple[str, str], int]:
        people = {"a": (12, 6, 4, 1), "b": (of_b, 0, 0, 0), "c": (0, 9, 6, 12)}
        cells = itertools.product(people, enumerate(events.index))
        counts = make_counts(*((event, area, people[area][at]) for area, (at, event) in cells))
        return published(
            origin_flows(areas=AREAS, events=events, counts=counts, costs=COSTS, settings=settings, rounding_base=5)
        )

    # 13 people of the kabupaten at the first event: beside about 20 from a at the mall at most two are left for b
    assert flows(1) == {}
    assert flows(6) == {("a", "MALL"): 20, ("c", "HALL"): 20, ("c", "MALL"): 10}


@pytest.mark.slow
def test_the_sample_tells_most_people_and_no_small_flow():
    data = load_sample()
    costs = pd.DataFrame({"area_id": [], "site_id": [], "km": []}).astype({"area_id": "str", "site_id": "str"})
    flows = origin_flows(
        areas=data.areas, events=data.events, counts=data.counts, costs=costs, settings=data.settings, rounding_base=5
    )
    assert flows.by_flow["applicants"].min() >= 10
    assert (flows.by_flow["applicants"] % 5 == 0).all()
    assert flows.by_flow["applicants"].sum() > flows.applicants / 2
