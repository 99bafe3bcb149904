"""Catchment worked by hand: quantiles of distance, their intervals, the share from elsewhere."""

import math

import pandas as pd
import pytest

from outreach_analysis.measures.reach import catchment


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {"parent_id": ["64.72", "64.72", "64.02", "64.08"]},
        index=pd.Index(["64.72.01", "64.72.02", "64.02.06", "64.08.01"], name="area_id"),
    )


@pytest.fixture
def events() -> pd.DataFrame:
    return pd.DataFrame({"site_id": ["MALL", "DESA"]}, index=pd.Index(["E1", "E2"], name="event_id"))


@pytest.fixture
def sites() -> pd.DataFrame:
    return pd.DataFrame({"area_id": ["64.72.01", "64.02.06.2001"]}, index=pd.Index(["MALL", "DESA"], name="site_id"))


@pytest.fixture
def costs(areas) -> pd.DataFrame:
    km = {"MALL": [3.0, 12.0, 30.0, 80.0], "DESA": [31.0, 40.0, 5.0, 99.0]}
    rows = [(area, site, here) for site, all_km in km.items() for area, here in zip(areas.index, all_km, strict=True)]
    return pd.DataFrame(rows, columns=["area_id", "site_id", "km"])


@pytest.fixture
def counts() -> pd.DataFrame:
    rows = [
        ("E1", "64.72.01", 4),
        ("E1", "64.72.02", 3),
        ("E1", "64.02.06", 2),
        ("E1", "64.08.01", 1),
        ("E1", "64.72", 2),  # known to kabupaten only: no distance, but not from elsewhere
        ("E2", "64.02.06", 6),
        ("E2", "64.08.01", 2),
    ]
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])


OUTSIDE = pd.DataFrame({"event_id": ["E1", "E1"], "place": ["Surabaya", "Makassar"], "applicants": [2, 1]})


def test_distances_within_which_they_live(areas, events, sites, costs, counts):
    found = catchment(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs, outside=OUTSIDE
    ).by_event.loc["E1"]
    # 10 people with a distance: 4 within 3 km, 7 within 12, 9 within 30, 10 within 80.
    assert found["applicants"] == 10
    # half: the 5th person, at 12 km; 80 %: the 8th, at 30; 95 %: 9.5, hence the 10th, at 80
    assert [found["km_50"], found["km_80"], found["km_95"]] == [12.0, 30.0, 80.0]


def test_intervals_are_those_of_the_bootstrap(areas, events, sites, costs, counts):
    found = catchment(areas=areas, sites=sites, events=events, counts=counts, costs=costs).by_event.loc["E1"]

    def at_least(needed: int, share: float) -> float:
        return sum(math.comb(10, k) * share**k * (1 - share) ** (10 - k) for k in range(needed, 11))

    # The median of a resample is <= 3 km with P(Bin(10, .4) >= 5) = .367 >= .05: the lower limit is 3 km.
    # It is <= 3 km with less than .95 and <= 12 km with P(Bin(10, .7) >= 5) = .953: the upper limit is 12 km.
    assert at_least(5, 0.4) == pytest.approx(0.3669, abs=1e-4)
    assert at_least(5, 0.7) == pytest.approx(0.9527, abs=1e-4)
    assert (found["km_50_low"], found["km_50_high"]) == (3.0, 12.0)
    # 80 %, the 8th person: <= 3 km with .012, <= 12 km with .383, <= 30 km with .930, <= 80 km with 1.
    assert [round(at_least(8, share), 3) for share in (0.4, 0.7, 0.9)] == [0.012, 0.383, 0.930]
    assert (found["km_80_low"], found["km_80_high"]) == (12.0, 80.0)


def test_share_from_outside_the_host_kabupaten(areas, events, sites, costs, counts):
    result = catchment(areas=areas, sites=sites, events=events, counts=counts, costs=costs, outside=OUTSIDE)
    found = result.by_event.loc["E1"]
    # 15 of a known kabupaten or province: 10 placed, 2 of Samarinda, 3 from other provinces.
    # From elsewhere: 2 of Kukar, 1 of Kutim, 3 from other provinces = 6.
    assert found["share_outside_host"] == pytest.approx(6 / 15)
    # Wilson at 90 %: z = 1.644854, centre (.4 + z^2 / 30) / (1 + z^2 / 15) = .415279,
    # half width z sqrt(.4 x .6 / 15 + z^2 / 900) / (1 + z^2 / 15) = .192112
    assert [found["share_low"], found["share_high"]] == pytest.approx([0.223167, 0.607391], abs=1e-5)
    # E2 is in a desa of Kukar: the 2 of Kutim among 8
    assert result.by_event.loc["E2", "share_outside_host"] == 0.25
    # 2 of the kabupaten and 3 from other provinces have no distance
    assert result.left_out.to_dict() == {"E1": 5}


def test_all_events_together(areas, events, sites, costs, counts):
    overall = catchment(areas=areas, sites=sites, events=events, counts=counts, costs=costs, outside=OUTSIDE).overall
    # 18 people at 3 (4), 5 (6), 12 (3), 30 (2), 80 (1), 99 (2) km: the 9th at 5, the 15th (14.4) at 30, the 18th at 99
    assert [overall[name] for name in ("applicants", "km_50", "km_80", "km_95")] == [18, 5.0, 30.0, 99.0]
    assert overall["share_outside_host"] == pytest.approx(8 / 23)


def test_rounded_within_bands_of_5_km(areas, events, sites, costs, counts):
    found = catchment(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs, rounding_base=5
    ).by_event.loc["E1"]
    # Within 5 km 4 -> 5, within 15 km 7 -> 5, within 30 km 9 -> 10, within 80 km 10 -> 10 people.
    assert found["applicants"] == 10
    # the 5th is within 5 km, the 8th and the 10th within 30
    assert [found["km_50"], found["km_80"], found["km_95"]] == [5.0, 30.0, 30.0]
    # 12 known -> 10; from elsewhere 3 -> 5
    assert found["share_outside_host"] == 0.5
