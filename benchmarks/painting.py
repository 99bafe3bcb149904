"""How long a slow phone waits: first paint of the report with the processor slowed down four times.

Run: python benchmarks/painting.py. Needs playwright and a Chromium; named in OUTREACH_CHROMIUM, or on the path. Median
of five fresh pages, 390 px wide, opened from the disk.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SLOWED = 4
RUNS = 5
TARGET_S = 1.0
FIRST_PAINT = "performance.getEntriesByType('paint').find(entry => entry.name === 'first-contentful-paint')?.startTime"


def main() -> None:
    """Print the figure beside its target."""
    chromium = os.environ.get("OUTREACH_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium: first paint not measured")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run(
            [sys.executable, "-m", "outreach_analysis", "report", "--sample", "--out", folder],
            check=True,
            capture_output=True,
        )
        report = next(Path(folder).glob("*.html"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        paints = []
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
            page.goto(report.as_uri())
            page.wait_for_function(f"{FIRST_PAINT} > 0")
            paints.append(page.evaluate(FIRST_PAINT) / 1000)
            page.close()
        browser.close()
        size = report.stat().st_size / 1e6
    paint = statistics.median(paints)
    print(f"report of {size:.2f} MB, processor slowed {SLOWED} times, 390 px wide")
    print(f"first paint: {paint:.2f} s; target {TARGET_S:g} s: {'met' if paint < TARGET_S else 'MISSED'}")


if __name__ == "__main__":
    main()
