"""How long a person waits: importing the package, `--help`, and the whole report of the sample.

Run: python benchmarks/startup.py. Best of five (the report: of two), wall clock, in fresh processes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

TARGETS = {"import outreach_analysis": 0.4, "outreach --help": 0.4, "outreach report --lang both": 20.0}


def seconds(command: list[str], *, runs: int) -> float:
    """Best wall-clock time of a command in a fresh process."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print each figure beside its target."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        measured = {
            "import outreach_analysis": seconds([python, "-c", "import outreach_analysis"], runs=5),
            "outreach --help": seconds([python, "-m", "outreach_analysis", "--help"], runs=5),
            "outreach report --lang both": seconds(
                [python, "-m", "outreach_analysis", "report", "--lang", "both", "--out", folder], runs=2
            ),
        }
    print(f"{'what':32}{'seconds':>9}{'target':>9}")
    for what, took in measured.items():
        print(f"{what:32}{took:9.2f}{TARGETS[what]:9.1f}{'' if took <= TARGETS[what] else '  MISSED'}")


if __name__ == "__main__":
    main()
