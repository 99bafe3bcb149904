"""All commands, put into the application: each module adds its own when it is imported."""

from outreach_analysis.cli import answer_commands, folder_commands, plan_commands
from outreach_analysis.cli.application import app

__all__ = ["MODULES", "app"]

MODULES = (answer_commands, folder_commands, plan_commands)
"""Where the commands stand."""
