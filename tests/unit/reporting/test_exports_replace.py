"""A file is replaced in one step: what interrupts the writing leaves the old one, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach_analysis.reporting.exports import replace_file


@pytest.mark.parametrize("step", ["chmod", "replace"])
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
