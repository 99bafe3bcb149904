"""The example in each command's help, as a test may run it."""

from __future__ import annotations

import shlex

import typer

from outreach_analysis.cli.commands import app


def own_example(name: str) -> list[list[str]]:
    """The example of a command's help, and again with each table, form and kind of numbers that it has."""
    command = typer.main.get_command(app).commands[name]
    example = shlex.split(command.epilog.removeprefix(f"Example: outreach {name}"))
    words = ["DATA" if word == "my-office" else word for word in example]
    options = {param.name: param for param in command.params}
    several = [["--internal"]] if "internal" in options else []
    several += [
        [f"--{option}", str(value)]
        for option in ("table", "format")
        if option in options
        for value in type(options[option].default)
    ]
    return [words, *([*words, *more] for more in several)]
