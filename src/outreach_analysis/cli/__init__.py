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
    except BaseException as error:  # noqa: BLE001 - the edge: readers of files raise what is no Exception, too
        from outreach_analysis.contracts import OutreachError

        is_foreseen = isinstance(error, OutreachError)
        sys.stderr.write(f"{error if is_foreseen else tell(error)}\n")
        raise SystemExit(1 if is_foreseen else UNFORESEEN) from None


def _ended(number: int, _: Any) -> None:
    raise SystemExit(128 + number)


def _interrupted() -> None:
    sys.stderr.write("interrupted; no file was left half-written\n")
    raise SystemExit(INTERRUPTED)
