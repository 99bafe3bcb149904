"""Run every benchmark of this folder, one after the other: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Each script prints its own figures beside its target or its peer."""
    for script in sorted(Path(__file__).parent.glob("*.py")):
        if script.name in ("run.py", "calibration.py"):
            continue
        print(f"== {script.name}", flush=True)
        subprocess.run([sys.executable, str(script)], check=True)


if __name__ == "__main__":
    main()
