"""What a command prints: rows as a table, CSV or JSON, faults as sentences, and how it stops."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import typer

from outreach_analysis.cli.application import Format

if TYPE_CHECKING:
    import pandas as pd


NARROW_COLUMNS, NARROW, WIDE = 8, 100, 160
"""A table of so many columns or fewer keeps to the narrow width where nobody watches a terminal."""


def print_rows(
    rows: pd.DataFrame, format: Format, *, title: str, table: Callable[[pd.DataFrame], pd.DataFrame] | None = None
) -> None:
    """Rows in the format asked for; cells of CSV are guarded against formulas.

    `table` makes the columns that people read of those that programs read: CSV and JSON hold all.
    """
    from outreach_analysis.reporting.exports import safe_cells

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
    from outreach_analysis.intake.causes import STATUSES, fold_causes

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
