"""The application, its options, and what a command prints: rows, sentences, faults, and how it stops."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    import pandas as pd


# --- The application and the options that its commands share: each means the same wherever it stands.


ORDER = (
    "init",
    "check",
    "review",
    "report",
    "rank",
    "plan",
    "schedule",
    "brief",
    "letter",
    "announce",
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

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show help where it is asked for, before anything is parsed: parsing loads as much again as all the rest."""
        command: Any = self
        inner = ctx
        for word in args:
            below = command.get_command(inner, word) if isinstance(command, TyperGroup) else None
            if below is None:
                break
            command, inner = below, type(ctx)(below, info_name=word, parent=inner)
        asked = args[: args.index("--")] if "--" in args else args
        if "--help" in asked and (command is not self or args[0] == "--help"):
            typer.echo(command.get_help(inner), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)


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


# --- What a command prints: rows as a table, CSV or JSON, faults as sentences, and how it stops.


NARROW_COLUMNS, NARROW, WIDE = 8, 100, 160
"""A table of so many columns or fewer keeps to the narrow width where nobody watches a terminal."""


def print_rows(
    rows: pd.DataFrame, format: Format, *, title: str, table: Callable[[pd.DataFrame], pd.DataFrame] | None = None
) -> None:
    """Rows in the format asked for; cells of CSV are guarded against formulas. `table` makes the columns that people
    read of those that programs read: CSV and JSON hold all."""
    from outreach_analysis.exports import safe_cells

    days = rows.select_dtypes("datetime")
    rows = rows.assign(**{str(name): day.dt.strftime("%Y-%m-%d") for name, day in days.items()})

    if format is Format.CSV:
        typer.echo(safe_cells(rows).to_csv(index=False), nl=False)
    elif format is Format.JSON:
        typer.echo(rows.to_json(orient="records", date_format="iso", force_ascii=False, indent=1))
    else:
        _print_table(rows if table is None else table(rows), title)


def print_faults(rows: pd.DataFrame, *, every_row: bool = False) -> None:
    """Problems as sentences, by what became of the rows, the worst first: one line a cause and file, or one a row."""
    from textwrap import fill

    from outreach_analysis.contracts import FAILURE_COLUMNS, Failure
    from outreach_analysis.faults import FAULTS
    from outreach_analysis.intake.ledger import STATUSES, fold_causes

    for status in STATUSES:
        found = rows[rows["status"] == status]
        if found.empty:
            continue
        typer.echo(f"\n{status} ({len(found)})")
        if not every_row:
            causes = fold_causes(found)
            for cause in causes:
                if not cause.is_nothing_to_do:
                    typer.echo(f"  {cause.text}")
            if settled := [cause for cause in causes if cause.is_nothing_to_do]:
                published = "; ".join(f"{cause.n} {FAULTS[cause.reason].label}" for cause in settled)
                typer.echo(fill(f"nothing to do: {published}", NARROW, initial_indent="  ", subsequent_indent="  "))
            continue
        for record in found[list(FAILURE_COLUMNS)].astype(object).where(found.notna(), None).to_dict("records"):
            typer.echo(f"  {Failure(**{str(name): value for name, value in record.items()})}")


def print_account(files: pd.DataFrame, headers: pd.DataFrame, events: pd.DataFrame) -> None:
    """A folder's account on half a page: a line a file, the headers as a paragraph, the pop-ups in one sentence."""
    from textwrap import fill

    from outreach_analysis.measures.attendance import ENOUGH_PLACED, poorly_placed

    if len(files):
        typer.echo("Rows by file: read = matched + review + rejected + duplicate + skipped")
        counts = files.select_dtypes("number")
        by_file = counts.groupby(files["file"], sort=False).sum()
        sheets = files.groupby("file", sort=False).size()
        named = [f"{file} ({n} sheets)" if n > 1 else str(file) for file, n in sheets.items()]
        width = max(map(len, named))
        typer.echo(f"  {'':{width}}  " + "  ".join(counts.columns))
        for name, row in zip(named, by_file.itertuples(index=False), strict=True):
            numbers = (f"{n:>{len(column)},}" for column, n in zip(counts.columns, row, strict=True))
            typer.echo(f"  {name:{width}}  " + "  ".join(numbers))
    if len(headers):
        typer.echo("\nWhich header was taken for what (in how many files)")
        said = headers["header"] + headers["files"].map(lambda n: f" ({n})" if n > 1 else "")
        by_column = said.groupby(headers["column"].replace("", "ignored")).agg(", ".join)
        ordered = by_column.loc[sorted(by_column.index, key=lambda column: (column == "ignored", column))]
        published = "; ".join(f"{column}: {forms}" for column, forms in ordered.items())
        typer.echo(fill(published, NARROW, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    if len(events):
        share = events.set_index("event_id")["placed_share"].astype(float)
        low = poorly_placed(share)
        held = "1 pop-up held" if len(events) == 1 else f"{len(events)} pop-ups held"
        below = f"; under {ENOUGH_PLACED:.0%}: {', '.join(low)}" if low else ""
        typer.echo(f"\n{held}; known kecamatan of their applicants: {share.min():.1%} to {share.max():.1%}{below}")


def _print_table(rows: pd.DataFrame, title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    for column in rows.columns:
        table.add_column(escape(str(column)), justify="right" if rows[column].dtype.kind in "if" else "left")
    for row in rows.astype(object).where(rows.notna(), "").itertuples(index=False):
        table.add_row(*(escape(_cell(value)) for value in row))
    width = NARROW if len(rows.columns) <= NARROW_COLUMNS else WIDE
    Console(width=None if sys.stdout.isatty() else width).print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}"


def stop(message: str, *, code: int) -> NoReturn:
    """Say why on standard error and end with this exit code."""
    typer.echo(message, err=True)
    raise SystemExit(code)
