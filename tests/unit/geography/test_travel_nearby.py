"""Near pairs found by a tree are those of the whole table, with the same numbers."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.geography.areas import great_circle_km
from outreach_analysis.geography.travel import nearby_travel_costs, travel_costs


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(2)
    areas = pd.DataFrame(
        {
            "lon": rng.uniform(95, 141, 300),
            "lat": rng.uniform(-11, 6, 300),
            "area_km2": 400.0,
            "access": rng.choice(["road", "river", "ferry"], 300),
        },
        index=pd.Index([f"A{n}" for n in range(300)], name="area_id"),
    )
    sites = areas.iloc[:80][["lon", "lat"]].assign(area_id=areas.index[:80])
    sites["lon"] += rng.normal(0, 0.2, 80)
    return areas, sites.set_axis([f"S{n}" for n in range(80)])


def test_the_same_as_the_whole_table(tables):
    areas, sites = tables
    access = pd.DataFrame({"area_id": ["A3"], "access": ["air"], "extra_minutes": [45.0]})
    near = nearby_travel_costs(areas=areas, sites=sites, within_km=400, access=access)
    whole = travel_costs(areas=areas, sites=sites, access=access)
    wanted = whole[great_circle_km(areas, sites).ravel() <= 400].reset_index(drop=True)
    assert 1000 < len(near) < len(whole)
    pd.testing.assert_frame_equal(near.astype(wanted.dtypes.to_dict()), wanted, rtol=1e-9)


def test_a_pair_exactly_at_the_edge_is_in():
    areas = pd.DataFrame({"lon": [117.0], "lat": [0.0]}, index=["A"])
    sites = pd.DataFrame({"lon": [117.0], "lat": [0.5]}, index=["S"])
    edge = great_circle_km(areas, sites)[0, 0]
    assert len(nearby_travel_costs(areas=areas, sites=sites, within_km=edge)) == 1
    assert len(nearby_travel_costs(areas=areas, sites=sites, within_km=edge * (1 - 1e-9))) == 0


def test_refusals(tables):
    areas, sites = tables
    with pytest.raises(ValueError, match="within_km 0 is not above 0"):
        nearby_travel_costs(areas=areas, sites=sites, within_km=0)
    with pytest.raises(ValueError, match="1 sites without coordinates: S0"):
        nearby_travel_costs(areas=areas, sites=sites.assign(lat=sites["lat"].where(sites.index != "S0")), within_km=5)
