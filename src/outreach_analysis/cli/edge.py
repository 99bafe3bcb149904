"""The edge between the program and a person: whatever goes wrong inside, no text of an error from inside reaches one.

Such texts quote what was being read: a row, a name, a NIK. What is shown is where the program stopped, a number by
which the same fault is recognised, and what to do.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from types import FrameType, TracebackType
from typing import Any

DEBUG_VARIABLE = "OUTREACH_DEBUG"
"""Environment variable that, set to 1, shows the whole error."""

_PACKAGE = __name__.partition(".")[0]


def tell(error: BaseException) -> str:
    """What a person is told of an error that nobody foresaw: class, module and line, reference, and what to do."""
    places = _places(error.__traceback__)
    own = [place for place in places if place.startswith(_PACKAGE)]
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    where = [own[-1]] if own else []
    if places and places[-1] not in where:
        where.append(f"raised in {places[-1]}")
    lines = [f"the program stopped at a fault that it did not foresee: {', '.join([kind, *where])}"]
    if isinstance(error, OSError) and error.errno:
        # the text of the number, not of the error: that one may name what was being read
        lines.append(f"the system says: {os.strerror(error.errno)}")
    lines.append(f"reference {reference(kind, places)}")
    if isinstance(error, MemoryError):
        lines.append("what to do: close other programs, or leave out large files; lists of millions of rows are")
        lines.append("counted by `outreach count`")
    else:
        lines.append(
            "what to do: run `outreach check FOLDER`, which names files and rows at fault; where it finds none,"
        )
        lines.append("send the reference and the first line to whoever looks after the program")
    if debugging():
        lines.append(f"{DEBUG_VARIABLE}=1: what follows MAY HOLD PERSONAL DATA; keep it inside the office")
        lines.append("".join(traceback.format_exception(error)).rstrip())
    else:
        lines.append(
            f"nothing of your data is shown here; {DEBUG_VARIABLE}=1 shows the rest, which may hold personal data"
        )
    return "\n".join(lines)


_REMEDIES = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space, or ask for more",
    errno.EROFS: "name a folder that can be written to",
    errno.EACCES: "close it where it is open, or ask for the right to write there",
    errno.EPERM: "close it where it is open, or ask for the right to write there",
    errno.EEXIST: "name another place, or move away what stands there",
    errno.ENOTDIR: "name another place, or move away the file that stands where a folder should be",
    errno.EISDIR: "name another place, or move away the folder that stands where the file should be",
    errno.ENOENT: "make its folder first, or name another place",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.EFBIG: "name a disk that takes larger files",
    errno.EIO: "try again, or another disk",
    errno.ELOOP: "name the place itself, not a link in a circle",
}


STANDARD_OUTPUT = "<standard output>"


def tell_place(error: OSError) -> str:
    """A file or folder that the system does not give or take: which, why, and what to do; '' for anything else."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None or error.filename is None:
        return ""
    place = STANDARD_OUTPUT if error.filename == STANDARD_OUTPUT else os.path.abspath(os.fsdecode(error.filename))
    return f"{place} cannot be written or read: {os.strerror(error.errno or 0)}; {remedy}"


def reference(kind: str, places: list[str]) -> str:
    """A number for the class of an error and the way to it: the same fault has the same number on every machine."""
    import hashlib

    code = hashlib.sha256("\n".join([kind, *places]).encode()).hexdigest()[:8].upper()
    return f"{code[:4]}-{code[4:]}"


def debugging() -> bool:
    """Whether the whole error was asked for."""
    return os.environ.get(DEBUG_VARIABLE, "") == "1"


def stand_guard() -> None:
    """Keep quiet what Python and libraries would print by themselves: errors of threads, of clean-up, and warnings."""
    if debugging():
        return
    import threading
    import warnings

    threading.excepthook = _in_a_thread
    sys.unraisablehook = _unraisable
    warnings.showwarning = _warned


def _in_a_thread(args: Any) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        sys.stderr.write(f"{tell(args.exc_value)}\n")


def _unraisable(args: Any) -> None:
    """What goes wrong while things are cleaned up changes no answer."""


def _warned(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
    if is_ours(category):
        sys.stderr.write(f"{message}\n")


def is_ours(category: type[Warning]) -> bool:
    """Whether a warning is written for people; those of libraries quote what they were given."""
    return category.__module__.startswith(_PACKAGE)


def _places(trace: TracebackType | None) -> list[str]:
    """Module and line of each step on the way to an error, outermost first."""
    return [f"{_module(frame)}, line {number}" for frame, number in traceback.walk_tb(trace)]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__") or "unnamed module")
