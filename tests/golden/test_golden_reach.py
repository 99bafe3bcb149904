"""Reach worked by hand: rates, and exact Poisson limits from their definition."""

import math

import pandas as pd
import pytest

from outreach_analysis.measures.reach import reach_rate


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["Ulu", "Ilir", "Seberang", "Kota", "Luar"],
            "population": [20_000, 5_000, 10_000, 40_000, 30_000],
            "parent_id": ["64.02", "64.02", "64.02", "64.72", "64.71"],
            "parent_name": ["Kukar", "Kukar", "Kukar", "Samarinda", "Balikpapan"],
            "in_jurisdiction": [True, True, True, True, False],
        },
        index=pd.Index(["64.02.01", "64.02.02", "64.02.03", "64.72.01", "64.71.01"], name="area_id"),
    )


@pytest.fixture
def counts() -> pd.DataFrame:
    rows = [
        ("E1", "64.02.01", 8),
        ("E2", "64.02.01", 2),
        ("E1", "64.02.02", 1),
        ("E2", "64.02.02", 0),
        ("E1", "64.72.01", 3),
        ("E1", "64.71.01", 6),
        # known to kabupaten only
        ("E2", "64.02", 5),
    ]
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])


def test_rates_and_limits_by_area(areas, counts):
    found = reach_rate(areas=areas, counts=counts).by_area
    # 10 of 20,000; 1 of 5,000; 0 of 10,000; 3 of 40,000; 6 of 30,000; each per 10,000
    assert found["applicants"].tolist() == [10, 1, 0, 3, 6]
    assert found["rate"].tolist() == pytest.approx([5.0, 2.0, 0.0, 0.75, 2.0])

    # Nobody: the lower limit is 0, the upper solves exp(-m) = .05: m = ln 20 = 2.9957 people, per 10,000 as it is.
    assert found.loc["64.02.03", "ci_low"] == 0
    assert found.loc["64.02.03", "ci_high"] == pytest.approx(math.log(20))

    # One: the lower limit solves 1 - exp(-m) = .05: m = -ln .95 = .051293; the upper solves
    # exp(-m) (1 + m) = .05: m = 4.743865. Twice that per 10,000, since 5,000 live there.
    assert found.loc["64.02.02", "ci_low"] == pytest.approx(-2 * math.log(0.95))
    assert found.loc["64.02.02", "ci_high"] == pytest.approx(2 * 4.743865, abs=1e-5)
    assert math.exp(-4.743865) * (1 + 4.743865) == pytest.approx(0.05, abs=1e-6)

    # Three: P(X >= 3 | .817691) = .05 and P(X <= 3 | 7.753657) = .05; a quarter of it per 10,000 of 40,000.
    low, high = 0.817691, 7.753657
    assert 1 - math.exp(-low) * (1 + low + low**2 / 2) == pytest.approx(0.05, abs=1e-6)
    assert math.exp(-high) * (1 + high + high**2 / 2 + high**3 / 6) == pytest.approx(0.05, abs=1e-6)
    assert found.loc["64.72.01", ["ci_low", "ci_high"]].tolist() == pytest.approx([low / 4, high / 4], abs=1e-6)


def test_kabupaten_count_those_known_to_no_kecamatan(areas, counts):
    result = reach_rate(areas=areas, counts=counts, by="kabupaten")
    # Kukar: 10 + 1 + 0 and the 5 of the kabupaten alone = 16 of 35,000: 16 / 3.5 = 4.571429 per 10,000
    assert result.by_area["applicants"].to_dict() == {"64.02": 16, "64.72": 3, "64.71": 6}
    assert result.by_area.loc["64.02", "rate"] == pytest.approx(16 / 3.5)
    assert result.by_area["name"].tolist() == ["Kukar", "Samarinda", "Balikpapan"]
    assert result.left_out.empty
    # by area the same 5 are in no area, and said
    assert reach_rate(areas=areas, counts=counts).left_out.to_dict() == {"64.02": 5}


def test_jurisdiction_and_the_rest_apart(areas, counts):
    found = reach_rate(areas=areas, counts=counts).summary()
    # inside: 10 + 1 + 0 + 3 = 14 of 75,000; outside: 6 of 30,000
    assert found["applicants"].to_dict() == {"jurisdiction": 14, "outside": 6}
    assert found["estimate"].to_dict() == pytest.approx({"jurisdiction": 14 / 7.5, "outside": 2.0})
    # P(X <= 6 | 11.842396) = .05, per 3 x 10,000
    assert found.loc["outside", "ci_high"] == pytest.approx(11.842396 / 3, abs=1e-6)


def test_rounded_counts_are_the_base_of_everything_shown(areas, counts):
    found = reach_rate(areas=areas, counts=counts, rounding_base=5)
    # 10 -> 10, 1 -> 5, 0 -> 0, 3 -> 5, 6 -> 5; the total of the jurisdiction, 14, on its own -> 15 (the parts: 20)
    assert found.by_area["applicants"].tolist() == [10, 5, 0, 5, 5]
    assert found.by_area.loc["64.02.02", "rate"] == 10.0
    assert found.summary()["applicants"].to_dict() == {"jurisdiction": 15, "outside": 5}
    assert found.summary().loc["jurisdiction", "estimate"] == pytest.approx(2.0)
    assert found.left_out.to_dict() == {"64.02": 5}
