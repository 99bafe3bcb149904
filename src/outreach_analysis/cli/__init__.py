"""The `outreach` command: every step from the shell, with one readable answer and no traceback."""

import typer

from outreach_analysis.cli import answer_commands as answer_commands
from outreach_analysis.cli import area_commands as area_commands
from outreach_analysis.cli import count_commands as count_commands
from outreach_analysis.cli import data_commands as data_commands
from outreach_analysis.cli import model_commands as model_commands
from outreach_analysis.cli import notebook_commands as notebook_commands
from outreach_analysis.cli import people_commands as people_commands
from outreach_analysis.cli import plan_commands as plan_commands
from outreach_analysis.cli.application import app

__all__ = ["app", "main"]


INTERRUPTED = 130
"""Exit code of a command that was stopped from the keyboard."""


def main() -> None:
    """Run the command; faults of the data folder end in one readable block and exit code 1."""
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            typer.echo("interrupted; no file was left half-written", err=True)
        raise
