"""The `outreach` command: every step from the shell, with one readable answer and no traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outreach_analysis.cli.commands import app as app

__all__ = ["app", "main"]

INTERRUPTED = 130
"""Exit code of a command that was stopped from the keyboard."""


def __getattr__(name: str) -> Any:
    """The application, loaded on first use: an interrupt while it loads is met by `main` too."""
    if name != "app":
        raise AttributeError(name)
    from outreach_analysis.cli.commands import app

    return app


def main() -> None:
    """Run the command; faults of the data folder end in one readable block and exit code 1."""
    try:
        from outreach_analysis.cli.commands import app

        app(prog_name="outreach")
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        _interrupted()


def _interrupted() -> None:
    sys.stderr.write("interrupted; no file was left half-written\n")
    raise SystemExit(INTERRUPTED)
