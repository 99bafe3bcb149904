"""The peers' own optimum: spopt with CBC on its San Francisco data and on random instances."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.classical import solve_lscp, solve_mclp, solve_p_center, solve_p_median

pytest.importorskip("spopt", reason="the oracles extra is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pulp
    import spopt
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

DATA = Path(spopt.__file__).parent / "tests" / "test_locate" / "data"


@pytest.fixture(scope="module")
def san_francisco() -> tuple[pd.Series, pd.DataFrame]:
    """205 census tracts and 16 stores: demand by tract, network distances by id."""
    network = DATA / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    tracts = DATA / "SF_demand_205_centroid_uniform_weight.csv"
    if not network.exists() or not tracts.exists():
        pytest.skip("this spopt comes without its test data")
    costs = pd.read_csv(network, dtype={"DestinationName": str}).rename(
        columns={"DestinationName": "area_id", "name": "site_id", "distance": "km"}
    )
    # The two files write one tract as '060750479.01' and '60750479.01'.
    costs["area_id"] = costs["area_id"].astype(float)
    demand = pd.read_csv(tracts).astype({"NAME": float}).set_index("NAME")["POP2000"]
    return demand.set_axis(demand.index.astype(str)), costs.astype({"area_id": str})


def test_lscp_of_san_francisco(san_francisco):
    demand, costs = san_francisco
    result = solve_lscp(demand, costs, threshold=5000)
    assert (result.objective, result.status) == (8, "optimal")


def test_mclp_of_san_francisco(san_francisco):
    demand, costs = san_francisco
    result = solve_mclp(demand, costs, n_sites=4, threshold=5000)
    assert (result.objective, result.status) == (875247, "optimal")
    # In file order, joined by position, the demand would belong to other tracts.
    assert result.objective != 870187


def test_p_median_of_san_francisco(san_francisco):
    demand, costs = san_francisco
    result = solve_p_median(demand, costs, n_sites=4)
    assert result.objective == pytest.approx(2848268129.7145104, rel=1e-12)
    assert result.status == "optimal"


def test_p_center_of_san_francisco(san_francisco):
    demand, costs = san_francisco
    result = solve_p_center(demand, costs, n_sites=4)
    assert result.objective == pytest.approx(7403.06, abs=0.005)
    assert result.status == "optimal"


def _peer(model) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solved = model.solve(pulp.PULP_CBC_CMD(msg=False))
    return float(pulp.value(solved.problem.objective))


@pytest.mark.parametrize("seed", range(20))
def test_random_instances(seed):
    rng = np.random.default_rng(seed)
    n, m, p = int(rng.integers(15, 40)), int(rng.integers(6, 13)), int(rng.integers(2, 5))
    distance = np.linalg.norm(rng.uniform(0, 50, (n, 1, 2)) - rng.uniform(0, 50, (1, m, 2)), axis=2)
    weight = rng.integers(1, 100, n)
    radius = float(distance.min(axis=1).max()) * 1.1
    kept = int(rng.integers(m)) if seed % 2 else None
    fixed = None if kept is None else np.isin(np.arange(m), [kept])
    areas, sites = np.array([f"A{i:02d}" for i in range(n)]), np.array([f"S{j:02d}" for j in range(m)])
    rows, columns = np.nonzero(distance >= 0)
    costs = pd.DataFrame({"area_id": areas[rows], "site_id": sites[columns], "km": distance[rows, columns]})
    costs = costs.sample(frac=1, random_state=seed)
    demand = pd.Series(weight, index=areas).sample(frac=1, random_state=seed)
    ours = {"existing": () if kept is None else (sites[kept],)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {"predefined_facilities_arr": fixed}
        lscp = LSCP.from_cost_matrix(distance, radius, **given)
        mclp = MCLP.from_cost_matrix(distance, weight, radius / 2, p, **given)
        median = PMedian.from_cost_matrix(distance, weight, p, **given)
        center = PCenter.from_cost_matrix(distance, p, **given)
    assert solve_lscp(demand, costs, threshold=radius, **ours).objective == pytest.approx(_peer(lscp))
    assert solve_mclp(demand, costs, n_sites=p, threshold=radius / 2, **ours).objective == pytest.approx(_peer(mclp))
    assert solve_p_median(demand, costs, n_sites=p, **ours).objective == pytest.approx(_peer(median))
    assert solve_p_center(demand, costs, n_sites=p, **ours).objective == pytest.approx(_peer(center))
