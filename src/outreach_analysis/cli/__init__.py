"""The `outreach` command: every step from the shell, with one readable answer and no traceback."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outreach_analysis.cli.commands import app as app

__all__ = ["app", "main"]

INTERRUPTED = 130
"""Exit code of a command that was stopped from the keyboard."""

UNFORESEEN = 70
"""Exit code of a command that met a fault of the program: EX_SOFTWARE of sysexits.h."""


def __getattr__(name: str) -> Any:
    """The application, loaded on first use: an interrupt while it loads is met by `main` too."""
    if name != "app":
        raise AttributeError(name)
    from outreach_analysis.cli.commands import app

    return app


def main() -> None:
    """Run the command; faults of the data folder end in one readable block and exit code 1. The one place where
    everything is caught: no text of an error that was not foreseen reaches a person."""
    from outreach_analysis.cli.edge import stand_guard, tell
    from outreach_analysis.contracts import OutreachError

    stand_guard()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            # what was staged is removed on the way out
            signal.signal(getattr(signal, name), _ended)
    # the matrices are small: more threads in one product wait for one another three times as long as they work
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        from outreach_analysis.cli.commands import app

        app(prog_name="outreach")
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        _interrupted()
    except OutreachError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    except BaseException as error:  # noqa: BLE001 - the edge: readers of files raise what is no Exception, too
        sys.stderr.write(f"{tell(error)}\n")
        raise SystemExit(UNFORESEEN) from None


def _ended(number: int, _: Any) -> None:
    raise SystemExit(128 + number)


def _interrupted() -> None:
    sys.stderr.write("interrupted; no file was left half-written\n")
    raise SystemExit(INTERRUPTED)
