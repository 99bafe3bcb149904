"""Which events count, which teach, which days they take, and how many people they can serve: worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.event_kinds import (
    event_capacity,
    event_dates,
    held_popups,
    planned_popups,
    popups_that_took_place,
    took_place,
)
from outreach_analysis.settings import Settings

EVENTS = pd.DataFrame(
    [
        ("held", "visit"),
        ("held", "invited"),
        ("held", "office"),
        ("failed", "visit"),
        ("planned", "invited"),
        ("planned", "office"),
        ("cancelled", "visit"),
    ],
    columns=["status", "programme"],
    index=["visit", "invited", "opening", "failed", "ahead", "opening ahead", "cancelled"],
)
SITES = pd.DataFrame({"capacity": [50.0, np.nan]}, index=pd.Index(["MALL", "DESA"], name="site_id"))


def test_what_took_place_what_counts_and_what_teaches() -> None:
    assert EVENTS.index[took_place(EVENTS)].tolist() == ["visit", "invited", "opening", "failed"]
    assert popups_that_took_place(EVENTS).index.tolist() == ["visit", "invited", "failed"]
    assert held_popups(EVENTS).index.tolist() == ["visit", "invited"]
    assert planned_popups(EVENTS).index.tolist() == ["ahead"]


def test_without_programmes_every_event_is_a_popup() -> None:
    plain = EVENTS[["status"]]
    assert held_popups(plain).index.tolist() == ["visit", "invited", "opening"]
    assert planned_popups(plain).index.tolist() == ["ahead", "opening ahead"]


def test_every_date_of_an_event_is_taken_and_an_event_of_one_day_takes_one() -> None:
    first = pd.to_datetime(["2026-02-27", "2026-03-05"])
    events = pd.DataFrame({"date": first, "end_date": [pd.Timestamp("2026-03-02"), pd.NaT]}, index=["A", "B"])
    dates = event_dates(events)["date"]
    assert [f"{day:%m-%d}" for day in dates["A"]] == ["02-27", "02-28", "03-01", "03-02"]
    assert [f"{day:%m-%d}" for day in dates[["B"]]] == ["03-05"]


@pytest.mark.parametrize(
    ("site", "capacity", "days", "booths", "expected"),
    [
        ("MALL", 70.0, 2, 3.0, 70),  # written for the event: all its days
        ("MALL", np.nan, 2, 3.0, 100),  # the place's 50 a day
        ("DESA", np.nan, 2, 3.0, 240),  # 2 days x 3 booths x 40
        ("DESA", np.nan, 2, np.nan, 240),  # 2 days x 120 of the settings
        ("DESA", np.nan, 1, 1.0, 40),
    ],
)
def test_capacity_by_hand(site: str, capacity: float, days: int, booths: float, expected: float) -> None:
    event = pd.DataFrame({"site_id": [site], "capacity": [capacity], "days": [days], "booths": [booths]})
    assert event_capacity(event, SITES, settings=Settings()).tolist() == [expected]


def test_what_is_known_of_no_event_is_the_settings() -> None:
    settings = Settings(popup_capacity=90.0, popup_booth_capacity=10.0)
    assert event_capacity(pd.DataFrame({"site_id": ["X"]}), SITES, settings=settings).tolist() == [90]


@given(days=st.integers(1, 30), booths=st.floats(1, 20), more=st.integers(1, 5))
def test_capacity_grows_with_days_and_booths_in_proportion(days: int, booths: float, more: int) -> None:
    def capacity(days: int, booths: float) -> float:
        event = pd.DataFrame({"site_id": ["DESA"], "days": [days], "booths": [booths]})
        return float(event_capacity(event, SITES, settings=Settings()).iloc[0])

    assert capacity(days * more, booths) == pytest.approx(more * capacity(days, booths))
    assert capacity(days, booths * more) == pytest.approx(more * capacity(days, booths))
