"""Run every benchmark of this folder one after the other, and write down what they said: `make bench`.

Each script prints its figures beside its target or its peer, and lines with MISSED where a target was not met. They
run one at a time in one process tree, so that figures of a run can be compared with each other. `results.md` then
holds the machine, the versions, everything printed, and what missed its target.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
APART = ("calibration.py", "calibration_impact.py", "regret.py", "noise_column.py", "real_flows.py")
"""Studies of many hours of processor time, which have pages of their own; ten minutes for one figure; one that needs a
folder of flows."""

PACKAGES = (
    "numpy", "scipy", "pandas", "geopandas", "shapely", "pyarrow", "statsmodels", "narwhals", "duckdb", "polars",
    "pyspark", "access", "spopt", "rapidfuzz", "plotly",
)  # fmt: skip


def machine() -> list[str]:
    """Processor, cores, memory, system and load before the start."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0.0
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return [
        f"- {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB",
        f"- {platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"- load before the start: {load:.2f}",
    ]


def versions() -> list[str]:
    """Versions of the packages and peers, as far as they are there."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} not there")
    return ["- " + ", ".join(found)]


def run(script: Path) -> tuple[list[str], float, int]:
    """What a script printed, shown while it runs; its seconds and its exit code."""
    start = time.perf_counter()
    lines = []
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, bufsize=1)
    for line in process.stdout or ():
        print(line, end="", flush=True)
        lines.append(line.rstrip())
    return lines, time.perf_counter() - start, process.wait()


def main() -> int:
    """Run all, or the ones named, and write the page; 1 where a script failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="names of scripts without .py; default: all but those that stand apart"
    )
    parser.add_argument("--out", type=Path, default=FOLDER / "results.md")
    options = parser.parse_args()
    every = [path for path in sorted(FOLDER.glob("*.py")) if path.name not in ("run.py", *APART)]
    chosen = [path for path in every if not options.names or path.stem in options.names]
    page = ["# Benchmarks", "", f"Run on {dt.date.today():%Y-%m-%d} by `make bench`, one script after the other.", ""]
    page += ["## Machine and versions", "", *machine(), *versions(), ""]
    missed, failed, sections = [], [], []
    for script in chosen:
        print(f"== {script.name}", flush=True)
        lines, seconds, code = run(script)
        sections += [f"## {script.stem} ({seconds:.0f} s)", "", "```", *lines, "```", ""]
        missed += [f"- {script.stem}: {line}" for line in lines if "MISSED" in line]
        if code:
            failed.append(f"- {script.stem}: ended with exit code {code}")
    page += ["## What missed its target", "", *(missed or ["Nothing that states a target."]), *failed, "", *sections]
    options.out.write_text("\n".join(page), encoding="utf-8")
    print(f"{options.out}: {len(chosen)} benchmarks, {len(missed)} missed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
