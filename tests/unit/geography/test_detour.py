"""Detours learned from known distances, with values worked by hand."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.geography.areas import great_circle_km
from outreach_analysis.geography.travel import FEWEST_PAIRS, calibrate_detours, travel_costs
from outreach_analysis.settings import Settings

N = 30


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {"lon": np.linspace(116, 118, N), "lat": 0.0, "access": ["road"] * 20 + ["river"] * 10},
        index=[f"A{number}" for number in range(N)],
    )


@pytest.fixture
def sites() -> pd.DataFrame:
    return pd.DataFrame({"lon": [117.0], "lat": [1.0]}, index=["mall"])


def known(areas: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    ratio = np.where(areas["access"] == "road", 1.25, 2.0)
    km = ratio * great_circle_km(areas, sites)[:, 0]
    return pd.DataFrame({"area_id": areas.index, "site_id": "mall", "km": km})


def test_the_median_of_each_class(areas, sites):
    table = known(areas, sites)
    table.loc[3, "km"] *= 40
    result = calibrate_detours(known=table, areas=areas, sites=sites)
    assert result.by_class["detour"].to_dict() == pytest.approx({"road": 1.25, "river": 2.0})
    assert result.by_class["pairs"].to_dict() == {"road": 20, "river": 10}
    assert (result.settings.road_detour, result.settings.river_detour) == pytest.approx((1.25, 2.0))
    assert result.settings.ferry_detour == Settings().ferry_detour
    # nearly all pairs are equal, so the interval is a point
    assert result.by_class.loc["road", ["ci_low", "ci_high"]].tolist() == pytest.approx([1.25, 1.25])


def test_too_few_pairs_keep_the_assumption(areas, sites):
    table = known(areas, sites).iloc[: 20 + FEWEST_PAIRS - 1]
    result = calibrate_detours(known=table, areas=areas, sites=sites)
    assert result.by_class.loc["river", ["assumed", "used"]].tolist() == [1.8, 1.8]
    assert result.settings.river_detour == 1.8
    assert result.settings.road_detour == pytest.approx(1.25)


def test_what_is_left_out_is_counted(areas, sites):
    table = known(areas, sites)
    near = pd.concat([areas, pd.DataFrame({"lon": 117.0, "lat": 1.001, "access": "road"}, index=["near"])])
    table.loc[0, "km"] = np.inf
    table.loc[1, "km"] = 1.0
    table.loc[2, "km"] = np.nan
    more = pd.DataFrame({"area_id": ["near", "nowhere"], "site_id": "mall", "km": [5.0, 5.0]})
    result = calibrate_detours(known=pd.concat([table, more]), areas=near, sites=sites)
    assert result.left_out.to_dict() == {"no_point": 1, "no_way": 1, "near": 1, "shorter": 1}
    assert result.by_class.loc["road", "pairs"] == 17


def test_interval_widens_with_the_spread_and_repeats_itself(areas, sites):
    table = known(areas, sites)
    table["km"] *= np.random.default_rng(3).lognormal(0, 0.2, N)
    one, two = (calibrate_detours(known=table, areas=areas, sites=sites).by_class for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert one.loc["road", "ci_low"] < one.loc["road", "detour"] < one.loc["road", "ci_high"]


def test_travel_uses_it_only_where_asked(areas, sites):
    table = known(areas, sites).iloc[:25]
    assumed = travel_costs(areas=areas, sites=sites, matrix=table, settings=Settings())
    learned = travel_costs(areas=areas, sites=sites, matrix=table, settings=Settings(travel_calibrated=True))
    straight = great_circle_km(areas, sites)[:, 0]
    # five river areas have known km, too few; so the assumption stays
    assert learned["km"][25:].to_numpy() == pytest.approx(1.8 * straight[25:])
    table = pd.concat([table.iloc[:15], table.iloc[20:]])
    learned = travel_costs(areas=areas, sites=sites, matrix=table, settings=Settings(travel_calibrated=True))
    assert learned["km"][15:20].to_numpy() == pytest.approx(1.25 * straight[15:20])
    assert assumed["km"][25:].to_numpy() == pytest.approx(1.8 * straight[25:])
