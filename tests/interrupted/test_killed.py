"""Commands that are killed or stopped from the keyboard: what stood there before is still whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")]

MOMENTS = 20
OLD = "the old report, whole"
SETTINGS = '[office]\nname = "Kantor Imigrasi Contoh"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n'
WRITING = {
    "report": ["report", "--data", "DATA", "--lang", "both", "--out", "OUT"],
    "brief": ["brief", "MALL", "--data", "DATA", "--out", "OUT"],
    "notebooks": ["notebooks", "--data", "DATA", "--only", "00_data_quality", "--ipynb", "--out", "OUT"],
    "init": ["init", "OUT/new"],
    "sample": ["sample", "OUT/sample"],
    "review": ["review", "--data", "DATA", "--by", "AN"],
    "decide": ["decide", "TGR", "--data", "DATA", "--reason", "a hall is ready"],
    "schedule": ["schedule", "--data", "DATA", "--events", "1", "--out", "OUT/days.ics"],
    "origins": ["origins", "--data", "DATA", "--out", "OUT/origins.xlsx"],
    "count": ["count", "DATA/applicants/E1.csv", "--internal", "--out", "OUT/counts.csv"],
    "keygen": ["keygen", "OUT/office.key"],
}


def started(words: list[str], where: Path) -> subprocess.Popen[str]:
    """A command in a group of its own, its caches and temporary files below `where`."""
    for name in ("home", "temporary"):
        (where / name).mkdir(exist_ok=True)
    own = {
        "OUTREACH_CACHE": str(where / "home"),
        "TMPDIR": str(where / "temporary"),
        "IPYTHONDIR": str(where / "home"),
        "JUPYTER_RUNTIME_DIR": str(where / "temporary"),
    }
    command = [sys.executable, "-m", "outreach_analysis", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    # a shell in the background hands on an interrupt that is ignored; here it must be heard
    return subprocess.Popen(command, text=True, env={**os.environ, **own}, start_new_session=True, **pipes)


def seconds_of(words: list[str], where: Path) -> float:
    """How long the command takes when nothing stops it."""
    begin = time.monotonic()
    said, _ = (running := started(words, where)).communicate(timeout=300)
    assert running.returncode == 0, said
    return time.monotonic() - begin


def below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_old_report_outlives_a_kill_at_any_moment(office, tmp_path):
    data, out = office({"outreach.toml": SETTINGS}), tmp_path / "out"
    words = ["report", "--data", str(data), "--lang", "both", "--out", str(out)]
    whole = seconds_of(words, tmp_path)
    names = ("outreach-id.html", "outreach-en.html")
    fresh = {name: (out / name).read_text(encoding="utf-8") for name in names}
    moments = random.Random(7)
    killed = 0
    for _ in range(MOMENTS):
        for name in names:
            (out / name).write_text(OLD, encoding="utf-8")
        running = started(words, tmp_path)
        time.sleep(moments.uniform(0.02, 1.05) * whole)
        running.kill()
        running.communicate()
        killed += running.returncode == -signal.SIGKILL
        for name in names:
            assert (out / name).read_text(encoding="utf-8") in (OLD, fresh[name])
    assert killed >= MOMENTS // 2


@pytest.mark.parametrize("command", sorted(WRITING))
def test_an_interrupt_leaves_nothing_half_written(command, office, tmp_path):
    data, out = office({"outreach.toml": SETTINGS}), tmp_path / "out"
    out.mkdir()
    places = {"DATA": data, "OUT": out}
    words = [
        str(places[word.partition("/")[0]] / word.partition("/")[2]) if word.partition("/")[0] in places else word
        for word in WRITING[command]
    ]
    before = below(data)
    whole = seconds_of(words, tmp_path)
    finished = set(below(out)) | set(below(data))
    reset(data, before)
    reset(out, {})
    moments = random.Random(len(command))
    for _ in range(4):
        running = started(words, tmp_path)
        time.sleep(moments.uniform(0.3, 1.0) * whole)
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=60)
        assert running.returncode in (0, 130, -signal.SIGINT), said
        left = below(out) | below(data)
        assert set(left) <= finished
        assert all(content for content in left.values())
        assert all(left[name] == content for name, content in before.items() if command not in ("review", "decide"))
        assert list((tmp_path / "temporary").rglob("*.part")) == []
        reset(data, before)
        reset(out, {})


def reset(folder: Path, files: dict[str, bytes]) -> None:
    """Put a folder back to these files."""
    for name in below(folder):
        (folder / name).unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
