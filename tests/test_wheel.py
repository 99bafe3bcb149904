"""The wheel carries all that it needs: installed without an index, outside the repository, by each Python there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEWER = ("3.12", "3.13", "3.14")


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OUTREACH"))}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def newer_python(version: str) -> str:
    """Another Python of the machine that can be run, or no test."""
    found = shutil.which(f"python{version}")
    homes = Path.home().glob(f".pyenv/versions/{version}.*/bin/python") if found is None or "shims" in found else ()
    python = next((str(path) for path in homes), found)
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"this machine has no Python {version}")
    return python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert len(list(out.glob("*.tar.gz"))) == 1
    (made,) = out.glob("*.whl")
    return made


def clean_environment(python: str, wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel and its pinned packages, fetched first and installed without an index."""
    house = folder / "wheelhouse"
    run(python, "-m", "venv", folder / "clean", cwd=folder)
    own = folder / "clean" / ("Scripts" if os.name == "nt" else "bin")
    pip = (own / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    fetch = ("download", "--require-hashes", "--only-binary", ":all:", "-r", ROOT / "requirements.txt", "--dest", house)
    run(*pip, *fetch, cwd=folder)
    shutil.copy(wheel, house)
    run(*pip, "install", "--no-index", "--find-links", house, "outreach_analysis[lab]", cwd=folder)
    return own


@pytest.mark.slow
def test_wheel_does_all_an_office_needs_outside_the_repository(wheel, tmp_path):
    own = clean_environment(sys.executable, wheel, tmp_path)
    where = "import outreach_analysis as oa; print(oa.__file__); print(len(oa.geography.areas.load_areas()))"
    package, areas = run(own / "python", "-c", where, cwd=tmp_path).split()
    assert Path(package).is_relative_to(tmp_path / "clean")
    assert areas == "105"
    outreach = own / "outreach"
    run(outreach, "init", "office", "--kabupaten", "64.72", cwd=tmp_path)
    run(outreach, "check", "office", cwd=tmp_path)
    run(outreach, "report", "--sample", "--lang", "both", "--out", "reports", cwd=tmp_path)
    assert all((tmp_path / "reports" / f"outreach-{lang}.html").stat().st_size > 300_000 for lang in ("id", "en"))
    run(outreach, "notebooks", "--sample", "--only", "02_coverage_today", "--out", "pages", cwd=tmp_path)
    assert (tmp_path / "pages" / "02_coverage_today.html").stat().st_size > 300_000


@pytest.mark.slow
@pytest.mark.parametrize("version", NEWER)
def test_wheel_ranks_under_every_newer_python_of_the_machine(wheel, tmp_path, version):
    own = clean_environment(newer_python(version), wheel, tmp_path)
    here = [sys.executable, "-m", "outreach_analysis"]
    ranked = [run(*way, "rank", "--sample", "--format", "csv", cwd=tmp_path) for way in (here, [own / "outreach"])]
    assert ranked[0].split(",")[0] == ranked[1].split(",")[0]
    sites = [[line.split(",")[0] for line in text.splitlines()[1:4]] for text in ranked]
    assert sites[0] == sites[1]
