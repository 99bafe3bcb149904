"""2SFCA and E2SFCA beside the `access` package, on the same 5,000 x 500 table; then n, 2n, 4n areas."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

from outreach_analysis.measures.coverage import accessibility

ZONES = {10: 1.0, 20: 0.68, 30: 0.22}


def case(n_areas: int, n_sites: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(7)
    side = 200 * np.sqrt(n_areas / 5000)
    here, there = rng.uniform(0, side, (n_areas, 2)), rng.uniform(0, side, (n_sites, 2))
    km = np.hypot(*(here[:, None, :] - there[None]).transpose(2, 0, 1))
    areas = pd.DataFrame(
        {"population": rng.integers(100, 50_000, n_areas)}, index=pd.Index([f"A{n:05d}" for n in range(n_areas)])
    )
    capacity = pd.Series(rng.integers(10, 200, n_sites), index=[f"S{n:04d}" for n in range(n_sites)])
    costs = pd.DataFrame(
        {
            "area_id": areas.index.repeat(n_sites).astype("str"),
            "site_id": pd.Index(np.tile(capacity.index, n_areas)).astype("str"),
            "km": km.ravel(),
        }
    )
    return costs, areas, capacity


def best_of(run, times: int = 5) -> tuple[float, object]:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    warnings.simplefilter("ignore")
    from access import fca, weights

    costs, areas, capacity = case(5000, 500)
    # the peer gets whole numbers for ids, with which it is fastest
    demand = areas.reset_index(drop=True).rename_axis("geoid").rename(columns={"population": "pop"})
    supply = capacity.reset_index(drop=True).rename("doc").rename_axis("geoid").to_frame()
    numbered = pd.DataFrame(
        {"area_id": np.repeat(np.arange(5000), 500), "site_id": np.tile(np.arange(500), 5000), "km": costs["km"]}
    )
    for name, zones in (("2SFCA", None), ("E2SFCA", ZONES)):
        ours, result = best_of(
            lambda zones=zones: accessibility(
                areas=areas, costs=costs, capacity=capacity, threshold_km=30, weights=zones
            )
        )
        peer, said = best_of(
            lambda zones=zones: fca.two_stage_fca(
                demand,
                supply,
                numbered,
                max_cost=30,
                demand_index=True,
                demand_name="pop",
                supply_index=True,
                supply_name="doc",
                cost_origin="area_id",
                cost_dest="site_id",
                cost_name="km",
                weight_fn=weights.step_fn(zones) if zones else None,
            ),
            times=2,
        )
        worst = (said.reindex(demand.index).fillna(0) - result.by_area["accessibility"].to_numpy()).abs().max()
        print(
            f"{name} 5000 x 500: {ours:.3f} s; access {peer:.2f} s, {peer / ours:.0f} times as long; largest "
            f"difference {worst:.1e}; target 0.06 s: {'met' if ours <= 0.06 else 'MISSED'}"
        )
    for n in (5000, 10_000, 20_000):
        table = case(n, 500)
        seconds, _ = best_of(
            lambda table=table: accessibility(areas=table[1], costs=table[0], capacity=table[2], threshold_km=30), 3
        )
        print(f"growth: {n} x 500 in {seconds:.3f} s")


if __name__ == "__main__":
    main()
