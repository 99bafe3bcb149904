"""How long the impact estimate takes, and how much memory: the sample's size, and 1,000 areas x 60 months."""

from __future__ import annotations

import resource
import time

import numpy as np
import pandas as pd

from outreach_analysis.models.impact import ImpactQuestion, estimate_impact
from outreach_analysis.settings import Settings

TARGET_SECONDS, TARGET_GB = 30.0, 2.0


def office(n_areas: int, n_months: int, n_events: int) -> dict[str, pd.DataFrame]:
    """Areas on a line, some of them visited, with office applicants by month and nothing missing after visits."""
    rng = np.random.default_rng([n_areas, n_months])
    ids = [f"a{number:04d}" for number in range(n_areas)]
    areas = pd.DataFrame({"parent_id": "K"}, index=pd.Index(ids, name="area_id"))
    hosts = rng.choice(n_areas, max(n_areas // 20, 2), replace=False)
    sites = pd.DataFrame(
        {"kind": "mall", "area_id": [ids[host] for host in hosts], "opened": pd.NaT, "closed": pd.NaT},
        index=[f"s{host}" for host in hosts],
    )
    months = pd.date_range("2020-01-01", periods=n_months, freq="MS")
    events = pd.DataFrame(
        {
            "site_id": rng.choice(sites.index, n_events),
            "date": rng.choice(months[6:-4], n_events) + pd.Timedelta(days=9),
            "status": "held",
            "placed_share": 1.0,
        },
        index=[f"e{number}" for number in range(n_events)],
    )
    place = np.arange(n_areas) * 5.0
    costs = pd.concat(
        pd.DataFrame({"area_id": ids, "site_id": f"s{host}", "km": np.abs(place - place[host])}) for host in hosts
    )
    at = {f"s{host}": host for host in hosts}
    counts = pd.DataFrame(
        [
            (event, ids[(at[site] + step) % n_areas], int(rng.poisson(12)))
            for event, site in events["site_id"].items()
            for step in range(5)
        ],
        columns=["event_id", "area_id", "applicants"],
    )
    monthly = pd.DataFrame(
        {
            "month": np.repeat(months, n_areas),
            "area_id": np.tile(ids, n_months),
            "applicants": rng.poisson(20, n_areas * n_months),
        }
    )
    return {
        "office_monthly": monthly,
        "counts": counts,
        "events": events,
        "sites": sites,
        "areas": areas,
        "costs": costs.assign(minutes=costs["km"]),
    }


def main() -> None:
    for n_areas, n_months, n_events in ((105, 36, 28), (500, 60, 100), (1000, 60, 200)):
        tables = office(n_areas, n_months, n_events)
        start = time.perf_counter()
        found = estimate_impact(question=ImpactQuestion(settings=Settings()), **tables, rng=np.random.default_rng(1))
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        missed = " MISSED" if seconds > TARGET_SECONDS or peak > TARGET_GB else ""
        size = f"{n_areas:>5} areas x {n_months} months, {n_events} events"
        took = f"{seconds:.1f} s (target {TARGET_SECONDS:.0f} s), {peak:.2f} GB (target {TARGET_GB:.0f} GB)"
        print(f"{size}: {took}, status {found.status}{missed}")


if __name__ == "__main__":
    main()
