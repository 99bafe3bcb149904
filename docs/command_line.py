"""What the page command-line.md says of every command, written from the commands: `python docs/command_line.py`.

What stands below the options of a command, its exit codes and what its columns mean, is written in the page by hand and
kept; a test runs the commands on the sample and fails where a column is not told, or told and not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from outreach_analysis.cli.commands import app

PAGE = Path(__file__).with_name("command-line.md")

OPENING = """\
# Command line

What a command does, its example and options are written from it by `python docs/command_line.py`; exit codes and the
meaning of columns below them by hand. A test compares options and columns with what the commands say and print.

## The same everywhere

| option | meaning |
|---|---|
| `--data FOLDER` | the office's folder; else `OUTREACH_DATA`; else on a terminal the sample, in a script exit code 2 |
| `--sample` | the bundled sample, whose people are invented, in place of any folder |
| `--quiet` | no notes and no progress bar; faults are still told |
| `--log FILE` | what is said is added to that file, readable by you alone, too |
| `--version` | which version this is |
| `--out` | where to write: a folder for pages (made if absent), a file for one table or calendar, by its ending |
| `--lang` | Bahasa Indonesia or English; `both` writes a file each. Else that of messages and tables |
| `--format` | a table to read; csv or json with all columns for a program |
| `--seed NUMBER` | same seed and same data: same numbers, byte for byte |
| `--internal` | exact numbers of people in place of rounded ones, and a mark that says so |

Commands that write into the office's folder, or look at its areas, demand `--data`; `resolve` and `count` take only
areas, names of places and settings from it. CSV is UTF-8 with one header line, and cells that a spreadsheet would run
as a formula begin with an apostrophe; JSON is an array of objects. What is not known is empty in CSV and null in JSON;
days are `yyyy-mm-dd`.

Rows on an office end with `synthetic`: true where its people are invented. `--sample`, `--quiet`, `--log`, `--version`
and `--lang` (or `OUTREACH_LANG`) may stand before or behind the name of a command. Days on the command line are written
as the lists write them (2026-12-06, 6/12/2026, 6 Desember 2026); paths are told from the root. A flag is off unless it
is given.

Rows and names of files go to standard output; notes, faults and the progress bar (only where somebody watches a
terminal) to standard error, so `outreach rank --format csv > ranking.csv` is a clean file. Columns keep their names and
order; new ones are added at the end.

Exit codes: 0 fine; 1 the data break the contract, or what was asked cannot be done with them; 2 wrong use; 70 a fault
of the program itself; 130 stopped by Ctrl-C. Files are written whole or not at all.

Of a fault of the program itself you see where it stopped, a reference and what to do, and nothing that was being read.
With `OUTREACH_DEBUG=1` in the environment the whole error follows: it may hold personal data.

## Completion

`outreach --install-completion` sets up the Tab key in bash, zsh, fish or PowerShell, whichever you are in, for commands
and options; `outreach --show-completion` prints the script instead.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its words, those of `areas` one by one."""
    listed = typer.main.get_command(app)
    for name in listed.list_commands(None):
        command = listed.commands[name]
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
        else:
            yield from ((f"{name} {inner}", part) for inner, part in below.items())


def page() -> str:
    """The whole page: of every command what it says of itself, and what stands below that."""
    parts, kept = [OPENING], by_hand()
    for name, command in commands():
        parts += [f"## outreach {name}\n", f"{_sentence(command.help)}\n", f"```sh\n{_example(command)}\n```\n"]
        options = [_option(param) for param in command.params if not getattr(param, "hidden", False)]
        parts.append(_table(["option", "default", "meaning"], options))
        parts += [f"{kept[name]}\n"] if kept.get(name) else []
    return "\n".join(parts)


def by_hand() -> dict[str, str]:
    """What stands in the page below the options of each command."""
    sections = re.split(r"^## outreach (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {
        name: re.split(r"^\| option (?:.*\n\|)*.*\n", text, maxsplit=1, flags=re.MULTILINE)[-1].strip("\n")
        for name, text in zip(sections[::2], sections[1::2], strict=True)
    }


def columns() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Columns of csv and json that the page tells, by command and table."""
    heading = (
        r"^Columns of `--format csv` and `json`(?:, `(?P<table>.+)`| \((?P<when>.+)\))?:\n\n(?P<rows>(?:\|.*\n?)+)"
    )
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, text in by_hand().items():
        for told in re.finditer(heading, text, re.MULTILINE):
            names = [row.split(" | ")[0].strip("| `") for row in told["rows"].splitlines()[2:]]
            found.setdefault(name, {})[told["table"] or told["when"] or ""] = tuple(names)
    return found


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _example(command: Any) -> str:
    return command.epilog.removeprefix("Example: ")


def _option(param: Any) -> list[str]:
    said = _sentence(param.help or "")
    meaning, _, default = said.partition(" Default: ")
    if param.param_type_name == "argument":
        name = param.name.upper()
    else:
        name = f"`{param.opts[0]}{f' {param.metavar}' if param.metavar else ''}`"
    if param.required:
        default = "must be given"
    elif default:
        default = default.removesuffix(".")
    elif param.default is not None and not getattr(param, "is_flag", False):
        default = f"`{getattr(param.default, 'value', param.default)}`"
    else:
        default = "none"
    return [name, default, meaning]


def _table(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
