"""How fast and how good the planning is, beside spopt with CBC in the same run.

Seconds are by the clock; in brackets those of the processor, solvers in child processes included, which a busy
machine disturbs less.

Run: python benchmarks/planning.py [--quick]    (the peer runs where the `oracles` extra is installed)
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from outreach_analysis.decisions.classical import solve_p_median
from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import plan_popups

PEER_LIMIT_SECONDS = 25
REPEATS = 5
"""Runs without a time limit are short: the one in the middle is told."""


class Watch:
    """Seconds since it was made, by the clock and of the processor."""

    def __init__(self) -> None:
        self._clock, self._work = time.perf_counter(), self._worked()

    @staticmethod
    def _worked() -> float:
        return sum(os.times()[:4])

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._clock, self._worked() - self._work


def clustered(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, coverage (n x m, distance inclusive) and distances of the benchmark instance."""
    rng = np.random.default_rng(20240607)
    centres = rng.uniform(5, 55, (25, 2))
    xy = np.clip(centres[rng.integers(0, 25, n)] + rng.normal(0, 4.0, (n, 2)), 0, 60)
    weight = rng.lognormal(6.0, 0.8, n).round().astype(int) + 1
    site = np.clip(xy[rng.choice(n, m, replace=m > n)] + rng.normal(0, 1.0, (m, 2)), 0, 60)
    distance = np.sqrt(((xy[:, None] - site[None]) ** 2).sum(-1))
    return weight, distance <= 6, distance


def as_frames(weight: np.ndarray, rows: np.ndarray, columns: np.ndarray, shares: np.ndarray | float):
    """Pool and attendance with string ids."""
    area_ids = np.array([f"A{i:05d}" for i in range(len(weight))])
    site_ids = np.array([f"S{j:05d}" for j in range(int(columns.max()) + 1)])
    attendance = pd.DataFrame({"area_id": area_ids[rows], "site_id": site_ids[columns], "probability": shares})
    return pd.Series(weight.astype(float), index=area_ids), attendance


def gradual() -> tuple[pd.Series, pd.DataFrame]:
    """7,288 areas x 20,000 places, about 2 M pairs, p up to .4 falling with distance."""
    rng = np.random.default_rng(7288)
    centres = rng.uniform(0, 100, (60, 2))
    xy = np.clip(centres[rng.integers(0, 60, 7288)] + rng.normal(0, 9, (7288, 2)), 0, 100)
    site = np.clip(xy[rng.choice(7288, 20_000)] + rng.normal(0, 1, (20_000, 2)), 0, 100)
    near = cKDTree(xy).sparse_distance_matrix(cKDTree(site), 6.6, output_type="coo_matrix")
    weight = rng.lognormal(6.0, 0.8, 7288)
    return as_frames(weight, near.row, near.col, 0.4 * np.exp(-near.data / 2.5))


def ours(pool: pd.Series, attendance: pd.DataFrame, n_events: int, time_limit: float | None):
    """One plan and its time."""
    watch = Watch()
    plan = plan_popups(
        pool, attendance, request=PlanRequest(n_events=n_events, time_limit=time_limit), rng=np.random.default_rng(0)
    )
    return plan, watch.read()


def peer_mclp(weight: np.ndarray, distance: np.ndarray, p: int) -> tuple[float, tuple[float, float], str]:
    """spopt's MCLP solved by CBC: value, seconds, what it says."""
    import pulp
    from spopt.locate import MCLP

    watch = Watch()
    model = MCLP.from_cost_matrix(distance, weight, service_radius=6, p_facilities=p)
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=PEER_LIMIT_SECONDS))
    return float(pulp.value(model.problem.objective)), watch.read(), pulp.LpStatus[model.problem.status]


def peer_p_median(weight: np.ndarray, distance: np.ndarray, p: int) -> tuple[float, tuple[float, float], str]:
    """spopt's p-median solved by CBC."""
    import pulp
    from spopt.locate import PMedian

    watch = Watch()
    model = PMedian.from_cost_matrix(distance, weight, p_facilities=p).solve(pulp.PULP_CBC_CMD(msg=False))
    return float(pulp.value(model.problem.objective)), watch.read(), pulp.LpStatus[model.problem.status]


def tell(job: str, who: str, value: float, seconds: tuple[float, float], note: str) -> None:
    clock, work = seconds
    print(f"{job:36s} {who:12s} {value:14.2f} {clock:8.2f} s ({work:.2f})  {note}", flush=True)


def ratio(peer: tuple[float, float], own: tuple[float, float]) -> str:
    return f"{peer[0] / own[0]:.0f}x as long ({peer[1] / own[1]:.0f}x)"


def tell_plan(job: str, plan, seconds: tuple[float, float]) -> None:
    tell(job, "outreach", plan.objective, seconds, f"{plan.status}, gap {plan.gap:.3%}, bound {plan.upper_bound:.1f}")


def mclp(n: int, limits: tuple[float | None, ...], *, peer: bool) -> None:
    weight, covered, distance = clustered(n, 500)
    pool, attendance = as_frames(weight, *np.nonzero(covered), 1.0)
    for limit in limits:
        runs = [ours(pool, attendance, 10, limit) for _ in range(1 if limit else REPEATS)]
        plan, seconds = sorted(runs, key=lambda run: run[1])[len(runs) // 2]
        tell_plan(f"MCLP {n} x 500, p=10, limit {limit}", plan, seconds)
    if peer:
        value, peer_seconds, says = peer_mclp(weight, distance, 10)
        tell(
            f"MCLP {n} x 500, p=10", "spopt + CBC", value, peer_seconds, f"says {says}; {ratio(peer_seconds, seconds)}"
        )


def p_median(*, peer: bool) -> None:
    weight, _, distance = clustered(500, 100)
    rows, columns = np.nonzero(distance >= 0)
    pool, frame = as_frames(weight, rows, columns, distance[rows, columns])
    watch = Watch()
    result = solve_p_median(pool, frame.rename(columns={"probability": "km"}), n_sites=10)
    seconds = watch.read()
    tell("p-median 500 x 100, p=10", "outreach", result.objective, seconds, result.status)
    if peer:
        value, peer_seconds, says = peer_p_median(weight, distance, 10)
        tell(
            "p-median 500 x 100, p=10",
            "spopt + CBC",
            value,
            peer_seconds,
            f"says {says}; {ratio(peer_seconds, seconds)}",
        )


def large() -> None:
    """In a process of its own, so that its peak memory is its own."""
    pool, attendance = gradual()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plan, seconds = ours(pool, attendance, 100, None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell_plan("gradual 7288 x 20000, k=100", plan, seconds)
    print(f"    {len(attendance):,} pairs; peak {peak:.0f} MB in all, {before:.0f} MB before planning")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="without the peer")
    parser.add_argument("--large", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.large:
        large()
        return
    peer = not options.quick and importlib.util.find_spec("spopt") is not None
    mclp(2000, (None,), peer=peer)
    mclp(5000, (None, 1.5, 25.0), peer=peer)
    subprocess.run([sys.executable, __file__, "--large"], check=True)
    p_median(peer=peer)


if __name__ == "__main__":
    main()
