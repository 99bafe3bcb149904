"""Growth and months of the year as the office's own counter shows them."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.terms import FEWEST_MONTHS, office_index


def _office(n: int, *, growth: float = 0.0, season: float = 0.0, start: str = "2024-01-01") -> pd.DataFrame:
    months = pd.date_range(start, periods=n, freq="MS")
    people = 1000 * np.exp(growth * np.arange(n) / 12 + season * np.cos(2 * np.pi * (months.month - 7) / 12))
    halves = [pd.DataFrame({"month": months, "area_id": area, "applicants": people / 2}) for area in "ab"]
    return pd.concat(halves, ignore_index=True)


@pytest.mark.parametrize("n", [24, 25, 31, 36])
@pytest.mark.parametrize("growth", [-0.1, 0.0, 0.3])
def test_growth_and_season_are_told_apart_whatever_months_there_are(n, growth):
    found = office_index(_office(n, growth=growth, season=0.4))
    assert found.growth == pytest.approx(growth, abs=1e-9)
    day, half_a_year_on = found.at(np.array(["2026-07-16", "2027-01-16"], dtype="datetime64[D]"))
    # the middles of a month with the peak and one with the trough
    assert day - half_a_year_on == pytest.approx(0.8 - growth / 2, abs=0.02)


def test_months_change_into_each_other():
    found = office_index(_office(36, season=0.4))
    days = found.at(np.arange("2026-06-01", "2027-06-01", dtype="datetime64[D]"))
    assert np.abs(np.diff(days)).max() < 0.02


def test_fewer_than_two_years_say_nothing():
    assert FEWEST_MONTHS == 24
    assert office_index(_office(23)) is None
    assert office_index(None) is None
    assert office_index(_office(24).iloc[:0]) is None


def test_a_month_that_is_not_over_is_left_out():
    office = _office(25)
    office.loc[office["month"] == "2026-01-01", "applicants"] = 1.0
    assert office_index(office, as_of=dt.date(2026, 1, 20)).growth == pytest.approx(0)
    assert office_index(office, as_of=dt.date(2026, 1, 31)).growth < -0.1
    assert office_index(office, as_of=dt.date(2025, 12, 20)) is None


def test_only_months_in_a_row_up_to_the_last_count():
    office = _office(30)
    assert office_index(office[office["month"] != "2024-04-01"]) is not None
    assert office_index(office[office["month"] != "2025-04-01"]) is None
