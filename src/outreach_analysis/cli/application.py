"""The application and the options that its commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="outreach",
    help="Where should the passport office's next pop-up go, and how sure are we?",
    epilog="Start with: outreach report",
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
    """Language of one page."""

    ID = "id"
    EN = "en"


DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with outreach.toml and the office's lists. Default: the bundled sample."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the rows.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Same seed, same numbers.")]
InternalOption = Annotated[
    bool, typer.Option("--internal", help="Exact numbers of people; every page says that it must stay inside.")
]
