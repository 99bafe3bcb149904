"""How long a person waits: importing the package, the help of every command, completion, the report of the sample.

Run: python benchmarks/startup.py. Median of five (the report: of two), wall clock, in fresh processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import typer

from outreach_analysis.cli.commands import app

IMPORT, HELP, REPORT = 0.1, 0.2, 20.0
COMPLETE = {"_OUTREACH_COMPLETE": "complete_bash", "COMP_WORDS": "outreach r", "COMP_CWORD": "1"}


def seconds(command: list[str], *, runs: int, variables: dict[str, str] | None = None) -> float:
    """Median wall-clock time of a command in a fresh process."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **(variables or {})})
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def commands() -> Iterator[list[str]]:
    """Words of every command, and of those below it."""
    for name, command in typer.main.get_command(app).commands.items():
        yield [name]
        yield from ([name, below] for below in getattr(command, "commands", ()))


def main() -> None:
    """Print each figure beside its target."""
    python, outreach = sys.executable, [sys.executable, "-m", "outreach_analysis"]
    measured = {"import outreach_analysis": (seconds([python, "-c", "import outreach_analysis"], runs=5), IMPORT)}
    for words in ([], *commands()):
        measured[" ".join(["outreach", *words, "--help"])] = (seconds([*outreach, *words, "--help"], runs=5), HELP)
    measured["outreach r<TAB>"] = (seconds(outreach, runs=5, variables=COMPLETE), HELP)
    with tempfile.TemporaryDirectory() as folder:
        report = ["report", "--sample", "--lang", "both", "--out", folder]
        measured["outreach report --sample --lang both"] = (seconds([*outreach, *report], runs=2), REPORT)
    print(f"{'what':32}{'seconds':>9}{'target':>9}")
    for what, (took, target) in measured.items():
        print(f"{what:32}{took:9.2f}{target:9.1f}{'' if took <= target else '  MISSED'}")


if __name__ == "__main__":
    main()
