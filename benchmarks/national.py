"""All of Indonesia on one machine: 7,288 areas x 20,000 candidates, from points to a plan of 100 pop-ups.

Travel within 85 km in a straight line, found by a tree; people by residents and decay with distance; a plan with its
bound. Then a quarter, a half and the whole, each in a process of its own, with peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import plan_popups
from outreach_analysis.geography.travel import nearby_travel_costs
from outreach_analysis.settings import Settings

SIZES = ((1822, 5000), (3644, 10_000), (7288, 20_000))
TOWNS = 150
WITHIN_KM, N_EVENTS, PER_RESIDENT = 85.0, 100, 0.002
TARGET_S, TARGET_GB = 30.0, 2.0


def country(n_areas: int, n_sites: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas in towns and between them, over the islands' width and height; candidates near areas."""
    rng = np.random.default_rng(17)
    towns = np.column_stack([rng.uniform(95, 141, TOWNS), rng.uniform(-11, 6, TOWNS)])
    xy = towns[rng.integers(0, TOWNS, n_areas)] + rng.normal(0, 0.2, (n_areas, 2))
    areas = pd.DataFrame(
        {
            "lon": xy[:, 0],
            "lat": xy[:, 1],
            "population": rng.lognormal(10, 0.8, n_areas).round(),
            "area_km2": rng.lognormal(5.3, 0.7, n_areas),
        },
        index=pd.Index([f"A{n:05d}" for n in range(n_areas)], name="area_id"),
    )
    at = xy[rng.integers(0, n_areas, n_sites)] + rng.normal(0, 0.05, (n_sites, 2))
    sites = pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1]}, index=pd.Index([f"S{n:05d}" for n in range(n_sites)]))
    return areas, sites


def run(n_areas: int, n_sites: int) -> None:
    """One size, from points to plan; prints seconds by step and peak memory."""
    areas, sites = country(n_areas, n_sites)
    settings = Settings()
    start = time.perf_counter()
    costs = nearby_travel_costs(areas=areas, sites=sites, within_km=WITHIN_KM, settings=settings)
    travelled = time.perf_counter()
    residents = areas["population"].to_numpy()[costs["area_id"].cat.codes]
    people = PER_RESIDENT * residents * np.exp(-costs["km"].to_numpy() / 35)
    most = pd.Series(people).groupby(costs["area_id"].cat.codes.to_numpy()).max()
    pool = pd.Series(0.0, index=areas.index)
    pool.iloc[most.index] = most.to_numpy() * 1.5
    share = people / pool.to_numpy()[costs["area_id"].cat.codes]
    attendance = pd.DataFrame(
        {"area_id": costs["area_id"].astype("str"), "site_id": costs["site_id"].astype("str"), "probability": share}
    )
    forecast = time.perf_counter()
    plan = plan_popups(
        pool, attendance, request=PlanRequest(n_events=N_EVENTS, time_limit=8.0), rng=np.random.default_rng(1)
    )
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{n_areas} x {n_sites}: {len(costs) / 1e6:.2f} M near pairs; travel {travelled - start:.2f} s, forecast "
        f"{forecast - travelled:.2f} s, plan {end - forecast:.2f} s ({plan.status}, gap {plan.gap:.2%}); "
        f"in all {end - start:.2f} s, peak {peak:.2f} GB"
    )
    if (n_areas, n_sites) == SIZES[-1]:
        met = end - start <= TARGET_S and peak < TARGET_GB
        print(f"target {TARGET_S:g} s and {TARGET_GB:g} GB: {'met' if met else 'MISSED'}")


def main() -> None:
    for n_areas, n_sites in SIZES:
        subprocess.run([sys.executable, __file__, str(n_areas), str(n_sites)], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
