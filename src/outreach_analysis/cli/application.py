"""The application and the options that its commands share: each means the same wherever it stands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

ORDER = (
    "init",
    "check",
    "review",
    "report",
    "rank",
    "plan",
    "schedule",
    "brief",
    "decide",
    "record",
    "backtest",
    "impact",
    "audience",
    "origins",
    "resolve",
    "count",
    "areas",
    "notebooks",
    "keygen",
    "sample",
)
"""Commands as an office meets them: the folder first, then the answer, then what it rests on."""


class InOrder(TyperGroup):
    """Commands in the order of `ORDER`; any that it does not name come last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands, as help and completion show them."""
        named = super().list_commands(ctx)
        return sorted(named, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="outreach",
    cls=InOrder,
    help="Where should the passport office's next pop-up go, and how sure are we?",
    epilog="Try it: outreach report. With your own data: outreach init my-office",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)


class Format(StrEnum):
    """How a command's rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ReportLanguage(StrEnum):
    """Language of a report."""

    ID = "id"
    EN = "en"
    BOTH = "both"


class PageLanguage(StrEnum):
    """Language of one page or file."""

    ID = "id"
    EN = "en"


DAY = ["%Y-%m-%d"]
"""How a day is written on the command line."""

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Folder of the office, with outreach.toml and its lists. Default: the bundled sample.",
    ),
]
OwnDataOption = Annotated[
    Path, typer.Option("--data", metavar="FOLDER", help="Folder of the office; the command writes into it.")
]
PlacesDataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Folder of the office, whose areas, names of places and settings are used. Default: the package's.",
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format", metavar="table|csv|json", help="How rows are printed: a table to read, csv or json for programs."
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="NUMBER", help="Start of the random numbers: same seed, same results.")
]
InternalOption = Annotated[
    bool,
    typer.Option(
        "--internal",
        help="Exact numbers of people, and a mark that they must stay inside the office. Default: rounded.",
    ),
]
LanguagesOption = Annotated[
    ReportLanguage,
    typer.Option("--lang", metavar="id|en|both", help="Language: Bahasa Indonesia, English, or both (a file each)."),
]
LanguageOption = Annotated[
    PageLanguage, typer.Option("--lang", metavar="id|en", help="Language: Bahasa Indonesia or English.")
]
