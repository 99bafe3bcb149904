"""A wheel carries all that it needs: installed outside the repository, it writes the report."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_wheel_runs_outside_the_repository(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "clean"
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # The libraries it depends on are those of this environment; its own editable install is not among them.
    packages = next(home.glob("[Ll]ib/**/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"])
    where = "import outreach_analysis as oa; print(oa.__file__); print(len(oa.geography.areas.load_areas()))"
    published = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert str(home) in published
    assert published.split()[-1] == "105"
    done = subprocess.run(
        [python, "-m", "outreach_analysis", "report", "--sample", "--out", "reports"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reports" / "outreach-id.html").stat().st_size > 1_000_000
