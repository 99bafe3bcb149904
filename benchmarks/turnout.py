"""How long the turnout model takes, beside its targets and beside what else one might use.

python benchmarks/turnout.py
"""

from __future__ import annotations

import os

# one core, as on an office's laptop; set before numpy loads
os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from outreach_analysis.models.backtest import backtest
from outreach_analysis.models.turnout import fit_turnout
from outreach_analysis.simulation.draws import Truth, draw_turnout

Tables = dict[str, pd.DataFrame]


def office(n_events: int, n_areas: int, n_sites: int, *, seed: int = 1) -> Tables:
    """Events of the sample's truth at places scattered over a square of areas."""
    rng = np.random.default_rng(seed)
    areas = pd.DataFrame(
        {"population": rng.integers(5_000, 150_000, n_areas)},
        index=pd.Index([f"A{number:04d}" for number in range(n_areas)], name="area_id"),
    )
    kinds = ("mall", "pesantren", "kecamatan", "desa")
    sites = pd.DataFrame(
        {"kind": rng.choice(kinds, n_sites), "capacity": np.nan},
        index=pd.Index([f"S{number:03d}" for number in range(n_sites)], name="site_id"),
    )
    here, there = rng.uniform(0, 250, (n_areas, 2)), rng.uniform(0, 250, (n_sites, 2))
    km = np.maximum(np.linalg.norm(here[:, None] - there, axis=2), 3.0)
    costs = pd.MultiIndex.from_product([areas.index, sites.index]).to_frame(index=False).assign(km=km.ravel())
    events = pd.DataFrame(
        {
            "site_id": rng.choice(sites.index, n_events),
            "date": pd.date_range("2024-01-06", periods=n_events, freq="7D"),
            "status": "held",
            "day_kind": rng.choice(["weekend", "holiday", "workday"], n_events),
        },
        index=pd.Index([f"E{number:03d}" for number in range(n_events)], name="event_id"),
    )
    drawn = draw_turnout(areas, sites, events, costs, truth=Truth(), rng=rng)
    counts = drawn.counts[["event_id", "area_id", "applicants"]]
    return {"areas": areas, "sites": sites, "events": events, "counts": counts, "costs": costs}


def timed(label: str, target: str, run: Callable[[], object]) -> object:
    start = time.perf_counter()
    result = run()
    print(f"{label:<52} {time.perf_counter() - start:7.2f} s   {target}", flush=True)
    return result


def main() -> None:
    rng = np.random.default_rng(0)
    small, large = office(40, 105, 60), office(300, 1000, 120)
    fit_turnout(**office(5, 5, 5), rng=rng)  # the first fit also loads statsmodels

    def fit_and_summarise(tables: Tables) -> object:
        turnout = fit_turnout(**tables, rng=rng)
        turnout.summary()
        turnout.fitted.results.summary()
        return turnout

    turnout = timed("40 events x 105 areas: fit and summary", "target 1.5 s", lambda: fit_and_summarise(small))
    timed(
        "  forecast of 60 places, 2,000 draws",
        "",
        lambda: turnout.forecast(sites=small["sites"], costs=small["costs"], rng=rng),
    )
    timed("  back-test, both ways (80 fits)", "then cached by content", lambda: backtest(**small, rng=rng))
    timed("300 events x 1,000 areas: fit and summary", "target 40 s", lambda: fit_and_summarise(large))
    peers(small)


def peers(tables: Tables) -> None:
    """Poisson and NB regression in statsmodels on the same rows: faster, and wrong about new events."""
    import statsmodels.api as sm

    counts, areas, events, costs = (tables[name] for name in ("counts", "areas", "events", "costs"))
    rows = counts.merge(events["site_id"], left_on="event_id", right_index=True).merge(costs, on=["area_id", "site_id"])
    x = sm.add_constant(rows[["km"]] / 35)
    offset = np.log(areas["population"].reindex(rows["area_id"]).to_numpy(float))
    y = rows["applicants"].to_numpy(float)
    timed(
        "  peer: statsmodels GLM Poisson",
        "its intervals: docs/calibration.md",
        lambda: sm.GLM(y, x, family=sm.families.Poisson(), offset=offset).fit(),
    )
    timed(
        "  peer: statsmodels GLM negative binomial",
        "",
        lambda: sm.GLM(y, x, family=sm.families.NegativeBinomial(alpha=0.5), offset=offset).fit(),
    )


if __name__ == "__main__":
    main()
