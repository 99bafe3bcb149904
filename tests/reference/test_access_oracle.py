"""2SFCA and E2SFCA are those of the `access` package, to nine digits."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.coverage import accessibility

pytest.importorskip("access", reason="the extra 'oracles' is not installed")
from access import fca, weights

ZONES = {10: 1.0, 20: 0.68, 30: 0.22}
POPULATION = {"1": 100, "2": 50, "3": 10}
DOCTORS = {"1": 15, "2": 20, "3": 100}
SELF = [("1", "1", 1), ("2", "2", 1), ("3", "3", 1)]
ACROSS = [("1", "2", 80), ("2", "1", 80)]
SCENARIOS = {
    "gridlock": [("1", "3", 40), ("2", "3", 40), ("3", "1", 40), ("3", "2", 40)],
    "fast into the city": [("1", "3", 20), ("2", "3", 20), ("3", "1", 40), ("3", "2", 40)],
    "fast out of the city": [("1", "3", 40), ("2", "3", 40), ("3", "1", 20), ("3", "2", 20)],
    "fast both ways": [("1", "3", 20), ("2", "3", 20), ("3", "1", 20), ("3", "2", 20)],
}


def peer(costs: pd.DataFrame, population: pd.Series, capacity: pd.Series, threshold: float, weight=None) -> pd.Series:
    said = fca.two_stage_fca(
        population.rename("pop").rename_axis("geoid").to_frame(),
        capacity.rename("doc").rename_axis("geoid").to_frame(),
        costs,
        max_cost=threshold,
        demand_index=True,
        demand_name="pop",
        supply_index=True,
        supply_name="doc",
        cost_origin="area_id",
        cost_dest="site_id",
        cost_name="km",
        weight_fn=weight,
    )
    # areas with nothing within reach are absent there, and 0 here
    return said.reindex(population.index).fillna(0.0)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("weighted", [False, True])
def test_hospital_example_of_the_package(scenario, weighted):
    costs = pd.DataFrame([*SELF, *SCENARIOS[scenario], *ACROSS], columns=["area_id", "site_id", "km"])
    areas = pd.DataFrame({"population": POPULATION})
    capacity = pd.Series(DOCTORS)
    gravity = weights.gravity(scale=1, alpha=-1) if weighted else None
    ours = accessibility(
        areas=areas, costs=costs, capacity=capacity, threshold_km=60, weights=(lambda km: 1 / km) if weighted else None
    )
    theirs = peer(costs, areas["population"], capacity, 60, gravity)
    assert ours.by_area["accessibility"].to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-9, rel=1e-9)
    assert theirs.min() > 0


@pytest.mark.parametrize("seed", range(20))
def test_random_cases(seed):
    rng = np.random.default_rng(seed)
    n_areas, n_sites = rng.integers(5, 60), rng.integers(1, 15)
    population = pd.Series(rng.integers(1, 5000, n_areas), index=[f"A{n}" for n in range(n_areas)])
    capacity = pd.Series(rng.integers(0, 200, n_sites).astype(float), index=[f"S{n}" for n in range(n_sites)])
    # whole km, so that many pairs lie exactly at an edge
    costs = pd.DataFrame(
        {
            "area_id": np.repeat(population.index, n_sites),
            "site_id": np.tile(capacity.index, n_areas),
            "km": rng.integers(0, 50, n_areas * n_sites).astype(float),
        }
    )
    costs.loc[0, "km"] = 30.0
    areas = population.rename("population").to_frame()
    for zones in (None, ZONES):
        ours = accessibility(areas=areas, costs=costs, capacity=capacity, threshold_km=30, weights=zones).by_area[
            "accessibility"
        ]
        theirs = peer(costs, population, capacity, 30, weights.step_fn(zones) if zones else None)
        assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-9, rel=1e-9)
