"""The browser as a program of its own: found, kept from the network, ended with all that it started; none is real."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import psutil
import pytest

from outreach_analysis.report import handouts as browser
from outreach_analysis.report.handouts import BROWSER_VARIABLE, BrowserError, find_browser, picture_of, printed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="programs that are scripts of a shell")

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + struct.pack(">II", 20, 10)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that makes a script the browser: `target` is the file asked for, `words` all arguments."""

    def make(script: str) -> Path:
        path = tmp_path / "browser"
        path.write_text(
            f"#!{sys.executable}\nimport sys, time, subprocess, pathlib\nwords = sys.argv[1:]\n"
            "asked = [w for w in words if w.startswith(('--screenshot=', '--print-to-pdf='))]\n"
            "target = pathlib.Path(asked[0].split('=', 1)[1])\n"
            f"kept = pathlib.Path({str(tmp_path)!r})\n{script}\n"
        )
        path.chmod(0o755)
        monkeypatch.setenv(BROWSER_VARIABLE, str(path))
        return path

    return make


def test_it_works_in_a_folder_of_its_own_that_is_gone_afterwards(program, tmp_path):
    program(
        "(kept / 'words').write_text('\\n'.join(words))\n"
        "target.write_bytes(b'%PDF' + pathlib.Path(words[-1][7:]).read_bytes())"
    )
    beside = tmp_path / "out"
    beside.mkdir()
    assert printed("<p>Ké</p>", beside) == b"%PDF" + "<p>Ké</p>".encode()
    assert list(beside.iterdir()) == []
    words = (tmp_path / "words").read_text().splitlines()
    (profile,) = (word for word in words if word.startswith("--user-data-dir="))
    assert Path(profile.split("=")[1]).is_relative_to(beside.resolve())
    assert words[-1].startswith("file://")
    assert {"--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9"} <= set(words)


def test_a_picture_has_the_size_that_was_asked_for(program, tmp_path):
    program(f"target.write_bytes({PNG!r})")
    assert picture_of("", tmp_path, width=20, height=10) == PNG
    with pytest.raises(BrowserError, match="no picture of 21 x 10"):
        picture_of("", tmp_path, width=21, height=10)


@pytest.mark.slow
def test_what_hangs_is_ended_with_its_children(program, tmp_path, monkeypatch):
    program(
        "child = subprocess.Popen(['sleep', '300'])\n"
        "(kept / 'ids').write_text(f'{__import__(\"os\").getpid()} {child.pid}')\ntime.sleep(300)"
    )
    monkeypatch.setattr(browser, "SECONDS", 3.0)
    with pytest.raises(BrowserError, match="was ended after 3 s"):
        printed("", tmp_path)
    ids = [int(word) for word in (tmp_path / "ids").read_text().split()]
    assert len(ids) == 2
    for one in ids:
        assert not psutil.pid_exists(one) or psutil.Process(one).status() == psutil.STATUS_ZOMBIE
    assert not list(tmp_path.glob("outreach-browser-*"))


def test_what_writes_nothing_or_does_not_start_is_said(program, tmp_path):
    path = program("")
    with pytest.raises(BrowserError, match="wrote nothing"):
        printed("", tmp_path)
    path.write_text("#!/nowhere/at/all\n")
    with pytest.raises(BrowserError, match="cannot be started"):
        printed("", tmp_path)


def test_the_first_browser_of_the_machine_is_taken_unless_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(BROWSER_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(BrowserError, match="names no program"):
        find_browser()
    monkeypatch.delenv(BROWSER_VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_MAC_PROGRAMS", ())
    with pytest.raises(BrowserError, match=f"no Chromium, Chrome or Edge .* {BROWSER_VARIABLE}"):
        find_browser()
    edge = tmp_path / "Programs" / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    for path in (edge, tmp_path / "microsoft-edge"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
        monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path / "Programs"))
        assert find_browser() == str(path)
