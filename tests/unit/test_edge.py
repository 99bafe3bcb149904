"""The edge: nothing of what was being read reaches a person through an error, whoever raised it."""

import os
import re
import subprocess
import sys
import threading
import warnings

import pytest

from outreach_analysis import cli
from outreach_analysis.cli import commands, edge
from outreach_analysis.contracts import ContractError, RequestError, failure

CANARIES = ("SITI RAHMAWATI", "6402055203910004", "081255501234")
TEXT = "row 7: " + " | ".join(CANARIES)


class PanicError(BaseException):
    """As readers written in Rust raise: no Exception, so that nobody catches it by accident."""


@pytest.fixture
def published(monkeypatch, capsys):
    """Run the command while its inside raises an error: what it says, and its exit code."""
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, hook))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.delenv(edge.DEBUG_VARIABLE, raising=False)

    def run(error):
        def app(prog_name):
            raise error

        monkeypatch.setattr(commands, "app", app)
        with warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return said.out + said.err, ended.value.code

    return run


@pytest.mark.parametrize(
    "error",
    [ValueError(TEXT), KeyError(TEXT), UnicodeDecodeError("utf-8", TEXT.encode(), 0, 1, TEXT), PanicError(TEXT),
     MemoryError(TEXT), OSError(28, TEXT, f"{TEXT}.csv"), ExceptionGroup(TEXT, [ValueError(TEXT)])],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_an_error_that_nobody_foresaw_says_where_and_what_to_do_and_nothing_else(published, error):
    error.__cause__ = RuntimeError(TEXT)
    error.add_note(TEXT)
    said, code = published(error)
    assert code == cli.UNFORESEEN
    assert not [canary for canary in CANARIES if canary in said]
    assert type(error).__name__ in said
    assert re.search(r"outreach_analysis\.cli, line \d+", said)
    assert re.search(r"reference [0-9A-F]{4}-[0-9A-F]{4}\n", said)
    assert "what to do" in said
    assert edge.DEBUG_VARIABLE in said


def test_a_full_disk_is_called_by_its_name(published):
    assert os.strerror(28) in published(OSError(28, TEXT))[0]


def test_the_same_fault_has_the_same_reference_and_another_one_another(published):
    first, again, other = (
        re.search(r"reference (\S+)", published(error)[0])[1]
        for error in (KeyError(TEXT), KeyError("x"), TypeError(TEXT))
    )
    assert first == again != other


def test_debugging_shows_the_rest_and_says_what_it_may_hold(published, monkeypatch):
    monkeypatch.setenv(edge.DEBUG_VARIABLE, "1")
    said, code = published(ValueError(TEXT))
    assert TEXT in said
    assert "MAY HOLD PERSONAL DATA" in said
    assert code == cli.UNFORESEEN


@pytest.mark.parametrize("error", [RequestError("no pop-up E9"), ContractError([failure("empty_file", file="a.csv")])])
def test_what_was_foreseen_is_said_in_its_own_words(published, error):
    assert published(error) == (f"{error}\n", 1)


def test_threads_clean_up_and_warnings_keep_quiet_too(published, capsys, monkeypatch):
    published(ValueError("first, so that the guard stands"))
    edge.stand_guard()
    thread = threading.Thread(target=lambda: int(TEXT))
    thread.start()
    thread.join()

    class Late:
        def __del__(self):
            raise ValueError(TEXT)

    late = Late()
    del late
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        edge.stand_guard()
        warnings.warn(TEXT, UserWarning, stacklevel=1)
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert not [canary for canary in CANARIES if canary in said.out + said.err]


CONSOLE_SCRIPT = "from outreach_analysis.cli import main; main()"


@pytest.mark.parametrize(
    "start", [["-m", "outreach_analysis"], pytest.param(["-c", CONSOLE_SCRIPT], marks=pytest.mark.slow)]
)
def test_however_it_is_started_no_traceback_is_shown(tmp_path, start):
    (tmp_path / "sitecustomize.py").write_text(
        f"import tomllib\nread = tomllib.loads\ndef loads(text):\n    if {TEXT!r} in text:\n"
        "        raise ZeroDivisionError(text)\n    return read(text)\ntomllib.loads = loads\n"
    )
    (tmp_path / "outreach.toml").write_text(f"# {TEXT}\n")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, *start, "check", str(tmp_path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == cli.UNFORESEEN
    assert "ZeroDivisionError, outreach_analysis.settings, line" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [canary for canary in CANARIES if canary in done.stdout + done.stderr]
