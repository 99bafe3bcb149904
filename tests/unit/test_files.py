"""A file is replaced in one step: what interrupts the writing leaves the old one, and nothing beside it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from outreach_analysis.files import computed_once, keep, kept, replace_file


@pytest.mark.parametrize("step", ["replace"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, OSError])
def test_an_interrupt_before_the_last_step_leaves_the_old_file(step, kind, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def interrupted(*_: object) -> None:
        raise kind

    monkeypatch.setattr(Path, step, interrupted)
    with pytest.raises(kind):
        replace_file(path, "new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("report.html", "old")]


def test_text_is_written_as_utf_8_and_bytes_as_they_are(tmp_path):
    replace_file(tmp_path / "a.txt", "Muara Badak – 5")
    replace_file(tmp_path / "b.bin", b"\x00\r\n")
    assert (tmp_path / "a.txt").read_bytes() == "Muara Badak – 5".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\r\n"


def test_two_that_write_the_same_file_at_once_leave_a_whole_one(tmp_path):
    """Kernels of several notebooks keep the same back-test at the same moment."""
    contents = [letter * 200_000 for letter in "abcd"]
    faults = []

    def write(content: str) -> None:
        try:
            for _ in range(40):
                replace_file(tmp_path / "kept.csv", content)
        except OSError as error:
            faults.append(error)

    writers = [threading.Thread(target=write, args=[content]) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]
    assert (tmp_path / "kept.csv").read_text() in contents


def test_of_several_that_would_compute_the_same_one_does(tmp_path):
    """Kernels of several notebooks ask for one back-test at the same moment."""
    result, computed = tmp_path / "result", []
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        with computed_once(tmp_path / "result.lock"):
            if kept(result) is None:
                time.sleep(0.05)
                computed.append(1)
                keep(result, b"42")

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert computed == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_where_nothing_can_be_locked_each_computes_for_itself(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with computed_once(tmp_path / "file" / "result.lock"):
        computed = True
    assert computed
