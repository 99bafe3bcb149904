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
    from outreach_analysis.contracts import FAILURE_COLUMNS, Failure
    from outreach_analysis.intake.causes import STATUSES, fold_causes

    for status in STATUSES:
        found = rows[rows["status"] == status]
        if found.empty:
            continue
        typer.echo(f"\n{status} ({len(found)})")
        if not every_row:
            for cause in fold_causes(found):
                typer.echo(f"  {cause.text}")
            continue
        for record in found[list(FAILURE_COLUMNS)].astype(object).where(found.notna(), None).to_dict("records"):
            typer.echo(f"  {Failure(**{str(name): value for name, value in record.items()})}")


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
