"""Workbooks read in a process of their own, so that no file takes the machine: `python -m` this module is that process.

A workbook of a few kilobytes can ask for gigabytes, whatever its format, and what reads it may end the process that it
runs in. So another process reads it, under a limit of memory and time; when that process dies, the file is refused by
name. It starts with the first workbook of a folder and serves all of them.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, BinaryIO

from outreach_analysis.contracts import ContractError, Failure, failure

MEMORY_VARIABLE, SECONDS_VARIABLE = "OUTREACH_WORKBOOK_MB", "OUTREACH_WORKBOOK_SECONDS"
"""Environment variables that set other limits for one workbook."""

MEMORY_MB, SECONDS = 1_500, 50
_LOOK_EVERY_S = 0.02
_LENGTH = struct.Struct("<Q")
_MODULE = "outreach_analysis.intake.workbook_process"

_current: ContextVar[WorkbookProcess | None] = ContextVar("workbooks", default=None)


class WorkbookProcess:
    """The process that reads workbooks; started when it is first needed, and again after it had to be ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._memory_mb = int(os.environ.get(MEMORY_VARIABLE) or MEMORY_MB)
        self._seconds = float(os.environ.get(SECONDS_VARIABLE) or SECONDS)

    def start(self) -> None:
        """Let it load what it needs while other files are read here."""
        if self._process is None or self._process.poll() is not None:
            self._process = _started(self._memory_mb)

    def read(self, content: bytes, name: str) -> list[Any]:
        """The sheets of a workbook, as `cells.read_workbook` gives them."""
        self.start()
        process = self._process
        assert process is not None
        answer: list[bytes] = []
        asking = threading.Thread(target=_ask, args=(process, (content, name), answer), daemon=True)
        asking.start()
        why = self._watched(process, asking)
        if not answer:
            self.close()
            raise ContractError([failure("unsafe_file", file=name, expected=why)])
        tables, faults = pickle.loads(answer[0])
        if faults:
            raise ContractError(faults)
        found: list[Any] = tables
        return found

    def _watched(self, process: subprocess.Popen[bytes], asking: threading.Thread) -> str:
        """Wait for an answer, no longer and with no more memory than allowed; what was too much."""
        import psutil

        memory = f"more than {self._memory_mb:,} MB of memory, or it is damaged"
        until = time.monotonic() + self._seconds
        while True:
            asking.join(_LOOK_EVERY_S)
            if not asking.is_alive():
                return memory
            try:
                used = psutil.Process(process.pid).memory_info().rss
            except psutil.Error:
                used = 0
            late = time.monotonic() > until
            if late or used > self._memory_mb * 2**20:
                process.kill()
                asking.join()
                return f"more than {self._seconds:g} s to be read" if late else memory

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # what was still to be sent to a process that has ended
                    continue
        process.wait()


@contextmanager
def workbook_process() -> Iterator[WorkbookProcess]:
    """One process for all workbooks that are read within; the one around it, where there is one already."""
    around = _current.get()
    if around is not None:
        yield around
        return
    process = WorkbookProcess()
    token = _current.set(process)
    try:
        yield process
    finally:
        _current.reset(token)
        process.close()


def read_apart(content: bytes, name: str) -> list[Any]:
    """Read a workbook in the process of its own."""
    with workbook_process() as process:
        return process.read(content, name)


def _started(memory_mb: int) -> subprocess.Popen[bytes]:
    # one thread each: threads of linear algebra reserve memory that no workbook needs
    alone = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join(part for part in sys.path if part)
    return subprocess.Popen(
        [sys.executable, "-m", _MODULE, str(memory_mb)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # a reader that gives up writes what it read there
        stderr=subprocess.DEVNULL,
        env={**os.environ, **alone, "PYTHONPATH": path},
        # an interrupt from the keyboard is for us, who end the process then
        start_new_session=True,
    )


def _ask(process: subprocess.Popen[bytes], question: object, answer: list[bytes]) -> None:
    try:
        _send(process.stdin, pickle.dumps(question, protocol=5))
        reply = _receive(process.stdout)
    except (OSError, ValueError):
        return
    if reply is not None:
        answer.append(reply)


def _send(stream: BinaryIO | Any, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> bytes | None:
    """One message; None where the other side has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message: bytes = stream.read(length)
    return message if len(message) == length else None


def _limit_memory(memory_mb: int) -> None:
    """Let the system refuse more memory, where it can: a single request for gigabytes is faster than any watch."""
    try:
        import resource
    except ImportError:
        return
    import psutil

    allowed = psutil.Process().memory_info().vms + memory_mb * 2**20
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        allowed = min(allowed, most)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    except (ValueError, OSError):
        # not on every system; the watch of the other side remains
        return


def _serve(source: BinaryIO, target: BinaryIO, memory_mb: int) -> None:
    from outreach_analysis.intake.cells import read_workbook

    _limit_memory(memory_mb)
    while (message := _receive(source)) is not None:
        content, name = pickle.loads(message)
        tables: list[Any] = []
        faults: tuple[Failure, ...] = ()
        try:
            tables = read_workbook(content, name)
        except ContractError as error:
            faults = error.items
        _send(target, pickle.dumps((tables, faults), protocol=5))
        del message, content, tables


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    # whatever else would print must not stand among the answers
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _serve(sys.stdin.buffer, answers, int(sys.argv[1]))
