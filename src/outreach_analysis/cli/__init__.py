"""The `outreach` command: every step from the shell, with one readable answer and no traceback."""

from outreach_analysis.cli import answer_commands as answer_commands
from outreach_analysis.cli import area_commands as area_commands
from outreach_analysis.cli import count_commands as count_commands
from outreach_analysis.cli import data_commands as data_commands
from outreach_analysis.cli import model_commands as model_commands
from outreach_analysis.cli import people_commands as people_commands
from outreach_analysis.cli import plan_commands as plan_commands
from outreach_analysis.cli.application import app
from outreach_analysis.cli.printing import stop

__all__ = ["app", "main"]


def main() -> None:
    """Run the command; faults of the data folder end in one readable block and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", code=130)
