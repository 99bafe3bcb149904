"""Who came to which event, and which rows, as it may be told beside where they came from."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.intake.dataset import load_sample, read_dataset
from outreach_analysis.measures.attendance import people_by_event, placed_share_by_event, rounded_ledger

AREAS = pd.DataFrame(
    {"parent_id": ["K", "K", "K", "L"], "in_jurisdiction": True}, index=pd.Index(list("abcd"), name="area_id")
)


def events(**shares: float) -> pd.DataFrame:
    ids = pd.Index(list(shares), name="event_id")
    frame = pd.DataFrame({"placed_share": list(shares.values())}, index=ids)
    return frame.assign(status="held", date=pd.Timestamp("2026-06-06"))


def counts(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])


def placed_shares(*, outside: pd.DataFrame | None = None, rounding_base: int = 1, **tables: pd.DataFrame) -> pd.Series:
    people = people_by_event(areas=AREAS, counts=tables["counts"], outside=outside, rounding_base=rounding_base)
    elsewhere = () if outside is None else (outside,)
    return placed_share_by_event(people, areas=AREAS, elsewhere=elsewhere, rounding_base=rounding_base, **tables)


def test_a_share_of_places_is_exact_inside_and_made_of_rounded_people_outside():
    came = counts(("E", "a", 21), ("E", "b", 12), ("E", "K", 2))
    outside = pd.DataFrame({"event_id": ["E"], "place": ["Surabaya"], "applicants": [5]})
    held = events(E=33 / 36)
    assert placed_shares(events=held, counts=came, outside=outside)["E"] == 33 / 36
    published = people_by_event(areas=AREAS, counts=came, outside=outside, rounding_base=5)["E"]
    shown = placed_shares(events=held, counts=came, outside=outside, rounding_base=5)["E"]
    assert shown == (published - 2 - 5) / (published - 2 - 5 + 3)


@pytest.mark.parametrize("people", [1, 2, 3, 4, 5, 6, 7])
def test_a_share_of_a_small_event_is_that_of_every_event_told_alike(people):
    held = events(E=people / (people + 1))
    share = placed_shares(events=held, counts=counts(("E", "a", people)), rounding_base=5)
    assert share["E"] == 5 / 6


def test_shares_that_need_no_people_stay():
    held = events(A=1.0, B=0.0, C=np.nan)
    shares = placed_shares(events=held, counts=counts(("A", "a", 3)), rounding_base=5)
    assert shares["A"] == 1
    assert shares["B"] == 0
    assert np.isnan(shares["C"])


def test_planned_events_have_no_share():
    planned = events(P=np.nan).assign(status="planned")
    assert placed_shares(events=planned, counts=counts(("P", "a", 3)), rounding_base=5).empty


def test_rows_of_the_sample_are_the_same_in_the_report_as_in_check():
    sample = load_sample()
    assert rounded_ledger(sample, rounding_base=5) is sample.ledger


def test_a_short_list_is_rounded(tiny_office):
    data = read_dataset(tiny_office)
    exact, published = data.ledger.by_file, rounded_ledger(data, rounding_base=5).by_file
    lists = exact["file"].str.startswith("applicants/")
    assert exact.loc[lists, "matched"].between(1, 4).any()
    assert (published.loc[lists, "matched"] >= 5).all()
    assert (published["read"] - published["matched"] == exact["read"] - exact["matched"]).all()
    assert published.loc[exact["file"] == "sites.csv", "matched"].equals(
        exact.loc[exact["file"] == "sites.csv", "matched"]
    )
    assert rounded_ledger(data, rounding_base=1) is data.ledger


@pytest.mark.parametrize(("each", "exact"), [(1, False), (2, True), (7, False)])
def test_rows_are_exact_only_where_they_leave_room_to_the_areas(each, exact):
    sample = load_sample()
    held = sample.events.index[-1:]
    there = sample.areas.index[sample.areas["in_jurisdiction"]][:40]
    few = pd.DataFrame({"event_id": held[0], "area_id": there, "applicants": each})
    data = dataclasses.replace(
        sample,
        events=sample.events.loc[held],
        counts=few,
        outside=sample.outside.iloc[:0],
        applicants=sample.applicants.iloc[:0],
    )
    assert (rounded_ledger(data, rounding_base=5) is data.ledger) == exact
