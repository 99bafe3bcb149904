"""Coverage worked by hand, with a place exactly at the threshold."""

import pandas as pd
import pytest

from outreach_analysis.measures.coverage import coverage, coverage_at_thresholds, incremental_coverage

# Residents: A 400, B 300, C 200, D 100 in the jurisdiction (1,000 in all), E 500 outside it.
# km to          office   pop-up   candidate X   candidate Y
KM = {
    "A": (5.0, 60.0, 70.0, 90.0),
    "B": (30.0, 31.0, 80.0, 30.0),  # exactly at 30 km of the office
    "C": (30.1, 12.0, 30.0, 10.0),  # a hair too far from the office
    "D": (90.0, 45.0, 30.0, 200.0),
    "E": (200.0, 300.0, 29.0, 31.0),
}
SITES = ("OFFICE", "POPUP", "X", "Y")


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": list("ABCDE"),
            "population": [400, 300, 200, 100, 500],
            "parent_id": ["K1", "K1", "K2", "K2", "K3"],
            "in_jurisdiction": [True, True, True, True, False],
        },
        index=pd.Index(list("ABCDE"), name="area_id"),
    )


@pytest.fixture
def costs() -> pd.DataFrame:
    rows = [(area, site, km, km * 1.5) for area, all_km in KM.items() for site, km in zip(SITES, all_km, strict=True)]
    return pd.DataFrame(rows, columns=["area_id", "site_id", "km", "minutes"])


def test_a_place_exactly_at_the_threshold_is_covered(costs, areas):
    found = coverage(areas=areas, costs=costs, threshold_km=30, service_points=["OFFICE"])
    assert found.by_area["covered"].to_dict() == {"A": True, "B": True, "C": False, "D": False, "E": False}
    assert found.share == 0.7  # (400 + 300) / 1,000
    # a millimetre less, and B is out
    assert coverage(areas=areas, costs=costs, threshold_km=30 - 1e-6, service_points=["OFFICE"]).share == 0.4


def test_fixed_points_and_popups_are_told_apart(costs, areas):
    points = pd.Series({"OFFICE": "fixed", "POPUP": "popup"})
    found = coverage(areas=areas, costs=costs, threshold_km=45, service_points=points)
    # A, B and C (30.1 km) by the office, although C is nearer to the pop-up; D (45.0 km) by the pop-up alone
    assert found.by_area["covered_by"].tolist() == ["fixed", "fixed", "fixed", "popup", "none"]
    assert found.by_area["nearest_site"].tolist() == ["OFFICE", "OFFICE", "POPUP", "POPUP", "OFFICE"]
    assert found.by_area["distance"].tolist() == [5.0, 30.0, 12.0, 45.0, 200.0]
    summary = found.summary()
    assert summary["people"].to_dict() == {"covered": 1000, "fixed": 900, "popup": 100, "none": 0}
    assert summary["estimate"].to_dict() == {"covered": 1.0, "fixed": 0.9, "popup": 0.1, "none": 0.0}


def test_minutes_have_their_own_threshold(costs, areas):
    # 45 minutes are 30 km at 1.5 minutes a km: B is exactly at it
    found = coverage(areas=areas, costs=costs, threshold_minutes=45, service_points=["OFFICE"])
    assert found.unit == "minutes"
    assert found.share == 0.7
    assert found.by_area["distance"]["B"] == 45.0


def test_several_thresholds(costs, areas):
    at = coverage_at_thresholds(areas=areas, costs=costs, thresholds_km=(60, 4, 30), service_points=["OFFICE"])
    # nobody within 4 km; A and B within 30; C too within 60
    assert {km: found.share for km, found in at.items()} == {4.0: 0.0, 30.0: 0.7, 60.0: 0.9}


def test_who_each_candidate_would_add(costs, areas):
    found = incremental_coverage(
        areas=areas, costs=costs, threshold_km=30, service_points=["OFFICE"], candidates=["Y", "X"]
    )
    # X reaches C and D (both exactly 30 km) and E outside; Y reaches B, covered already, and C
    assert found.index.tolist() == ["Y", "X"]
    assert found["new_residents"].to_dict() == {"Y": 200, "X": 300}
    assert found["new_residents_outside"].to_dict() == {"Y": 0, "X": 500}
    assert found["share_gained"].to_dict() == {"Y": 0.2, "X": 0.3}
