"""The commands for the office's lists: check, resolve, review, keygen and a sample to try."""

from __future__ import annotations

import getpass
import shlex
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import (
    DAY,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    OwnDataOption,
    PageLanguage,
    PlacesDataOption,
    SeedOption,
    app,
)
from outreach_analysis.cli.loading import Progress, place_tables, read_account, read_folder
from outreach_analysis.cli.printing import print_account, print_faults, print_rows, stop

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.intake.ledger import IntakeLedger


class AccountTable(StrEnum):
    """Tables of `outreach check`."""

    FAULTS = "faults"
    FILES = "files"
    HEADERS = "headers"
    EVENTS = "events"


TITLES = {
    AccountTable.FILES: "Rows by file: read = matched + review + rejected + duplicate + skipped",
    AccountTable.HEADERS: "Which header was taken for what",
    AccountTable.EVENTS: "Pop-ups held: share of applicants whose kecamatan is known",
}


@app.command(
    short_help="Account for every row of a folder, every fault named", epilog="Example: outreach check my-office"
)
def check(  # noqa: PLR0917 - options of a command
    directory: Annotated[Path | None, typer.Argument(help="Folder to check; the same as --data.")] = None,
    data: DataOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 on rejected rows too. Default: only where the folder is broken.")
    ] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Each row with a problem, sheet, header and pop-up on a line of its own. Default: one line a cause.",
        ),
    ] = False,
    format: FormatOption = Format.TABLE,
    table: Annotated[
        AccountTable,
        typer.Option(
            "--table",
            metavar="faults|files|headers|events",
            help="Which table csv and json hold; a table to read shows all.",
        ),
    ] = AccountTable.FAULTS,
) -> None:
    """Read a data folder and account for every row; list every fault with its remedy."""
    if directory is not None and data is not None:
        stop("name the folder once: outreach check FOLDER, or --data FOLDER", code=2)
    folder = directory or data
    with Progress() as progress:
        from outreach_analysis.contracts import ContractError
        from outreach_analysis.intake.dataset import FolderError
        from outreach_analysis.intake.ledger import LedgerBuilder
        from outreach_analysis.reporting.account import account_rows, ledger_rows

        read = read_account(folder, progress)
    if isinstance(read, ContractError):
        ledger, files = (
            (read.ledger, read.files) if isinstance(read, FolderError) else (LedgerBuilder().close(), read.items)
        )
        tables = {name: ledger_rows(ledger, name, files=files) for name in AccountTable}
    else:
        ledger, files = read.ledger, ()
        tables = {name: account_rows(read, name) for name in AccountTable}
    if format is not Format.TABLE:
        print_rows(tables[table], format, title="")
    else:
        if every:
            _print_whole(tables)
        else:
            print_account(*(tables[name] for name in TITLES))
        print_faults(tables[AccountTable.FAULTS], every_row=every)
        _tell_unused(ledger)
    if files:
        stop(f"{len(files)} fault(s) of files; nothing can be computed before they are mended", code=1)
    unused, used = len(ledger.unused_events), len(tables[AccountTable.EVENTS])
    if unused and not used:
        stop(f"none of the {unused} pop-ups held can be used", code=1)
    rejected = int(ledger.by_file["rejected"].sum())
    in_error = int((ledger.rows["reason"] == "cell_error").sum())
    if strict and (rejected or in_error):
        stop(f"{rejected} rows were rejected, {in_error} cells hold no value", code=1)
    if format is Format.TABLE and folder:
        typer.echo(f"\nnext: outreach report --data {shlex.quote(str(folder))}", err=True)


def _print_whole(tables: dict[AccountTable, pd.DataFrame]) -> None:
    for name, title in TITLES.items():
        rows = tables[name]
        if "placed_share" in rows:
            rows = rows.assign(placed_share=rows["placed_share"].map("{:.1%}".format, na_action="ignore"))
        if len(rows):
            print_rows(rows, Format.TABLE, title=title)


def _tell_unused(ledger: IntakeLedger) -> None:
    """The last thing that is said: pop-ups that were held and count nowhere, and why."""
    unused = ledger.unused_events
    if unused.empty:
        return
    typer.echo(f"\npop-ups that cannot be used ({len(unused)})")
    for (problem, remedy), rows in unused.groupby(["problem", "remedy"], sort=False):
        lost = int(rows["rows"].sum())
        with_it = f" ({lost} rows of lists are lost with it)" if lost else ""
        typer.echo(f"  {', '.join(rows['event_id'])}: {problem}; {remedy}{with_it}")


@app.command(
    short_help="Say which area a place name stands for",
    epilog='Example: outreach resolve "Kec. Muara Badak, Kukar" Kutim',
)
def resolve(
    names: Annotated[list[str], typer.Argument(help="Place names or addresses, as somebody typed them.")],
    data: PlacesDataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Say which area each place name stands for, or suggest some where that is not sure."""
    with Progress() as progress:
        import pandas as pd

        from outreach_analysis.geocoding.resolver import resolve_origins
        from outreach_analysis.reporting.exports import resolution_rows

        gazetteer, aliases, code_system = place_tables(data, progress)
        typed = pd.Series(names, dtype="str")
        found = resolve_origins(typed, gazetteer, aliases=aliases, code_system=code_system)
    print_rows(resolution_rows(typed, found, gazetteer), format, title="Place names")


@app.command(
    short_help="Write a synthetic data folder to try things out", epilog="Example: outreach sample my-sample --seed 7"
)
def sample(
    directory: Annotated[Path, typer.Argument(help="New folder for the synthetic data set.")],
    seed: SeedOption = 1,
) -> None:
    """Write a synthetic data set, to try things out; all people in it are invented."""
    try:
        with Progress():
            from outreach_analysis.simulation.writing import write_sample

            written = write_sample(directory, seed=seed)
    except FileExistsError as error:
        stop(str(error), code=2)
    typer.echo(str(written))


_NEXT_STEPS = """
Fill in, in this order:
  1. outreach.toml   the office's name; every other line is a default with its reason
  2. sites.csv       your office (kind: office) and the places that a pop-up could visit
  3. events.csv      pop-ups held and planned
  4. applicants/     the office's lists as they are, CSV or Excel; one without a column event_id is named after
                     its event, as E1.csv
Print desk-question-id.html for the desk: its answers, in a column would_have_come of the lists, say who would have
come to the office anyway. `outreach init --form {published}` writes it anew under the office's name.
Empty tables of every kind are in {folder}/templates. The workbooks explain each column in a note on its header; a
filled-in one may stand in place of the .csv.

Then: outreach check {told}
      outreach report --data {told}"""


@app.command(short_help="Write a folder to fill in with your own data", epilog="Example: outreach init my-office")
def init(
    directory: Annotated[Path, typer.Argument(help="New folder for the office's own data.")],
    lang: LanguageOption = PageLanguage.ID,
    form: Annotated[
        bool, typer.Option("--form", help="Only the desk question, into a folder that is there. Default: everything.")
    ] = False,
) -> None:
    """Write a folder to fill in: settings with their reasons, an empty table of every kind, and the desk question."""
    try:
        with Progress():
            from outreach_analysis.contracts import ContractError
            from outreach_analysis.reporting.starter import renew_desk_form, write_starter

            written = renew_desk_form(directory) if form else write_starter(directory, lang=lang.value)
    except ContractError as error:
        stop(str(error), code=1)
    except FileExistsError as error:
        stop(str(error), code=2)
    except OSError as error:
        stop(f"{error.filename or directory} cannot be written: {error.strerror}", code=2)
    for path in written:
        if path.parent == directory:
            typer.echo(str(path))
    if form:
        return
    published = shlex.quote(str(directory))
    typer.echo(_NEXT_STEPS.format(folder=directory, published=published))


@app.command(
    short_help="Decide the places that nobody knows for sure",
    epilog="Example: outreach review --data my-office --by Andini",
)
def review(
    data: OwnDataOption,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who decided. Default: the name you are logged in with.")
    ] = "",
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", metavar="YYYY-MM-DD", formats=DAY, help="Day of the decision. Default: the last date in the data."
        ),
    ] = None,
) -> None:
    """Write the places that nobody knows for sure to review.csv; take over what was decided in it."""
    with Progress() as progress:
        from outreach_analysis.contracts import ContractError
        from outreach_analysis.reporting.review_files import take_over_decisions, write_review

        dataset = read_folder(data, progress)
        try:
            who = by.strip() or (_login() if (data / "review.csv").exists() else "")
            added = take_over_decisions(data, dataset, decided_by=who, decided_on=on.date() if on else None)
            waiting = write_review(data, read_folder(data, progress) if added else dataset)
        except ContractError as error:
            stop(str(error), code=1)
        except OSError as error:
            stop(f"{error.filename or data} cannot be written: {error.strerror}; is it open elsewhere?", code=1)
    if added:
        typer.echo(f"aliases.csv: {added} decisions added")
    if waiting.empty:
        typer.echo("no place waits for a decision")
        return
    typer.echo(f"{data / 'review.csv'}: {len(waiting)} places of {waiting['rows'].sum()} rows wait for a decision")
    typer.echo("Write an area code, a name, 'luar provinsi' or 'tidak tahu' into its last column and run this again.")


@app.command(short_help="Make the office's secret key", epilog="Example: outreach keygen ~/outreach.key")
def keygen(path: Annotated[Path, typer.Argument(help="New file for the key, outside the data folder.")]) -> None:
    """Make the office's secret key, by which the same person is recognised from one run to the next."""
    from outreach_analysis.intake.identity import KEY_FILE_VARIABLE, write_person_key

    where = path.expanduser().absolute()
    try:
        write_person_key(where)
    except FileExistsError:
        stop(f"{path} exists already and is left as it is; with a new key nobody would be recognised", code=2)
    except OSError as error:
        stop(f"{path} cannot be written: {error.strerror}", code=2)
    typer.echo(f"{where}: a new key, readable by you alone. Keep a copy away from the data, and name it to commands:")
    typer.echo(f"  export {KEY_FILE_VARIABLE}={shlex.quote(str(where))}")
    typer.echo(f'  setx {KEY_FILE_VARIABLE} "{where}"      (on Windows)')


def _login() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        stop("nobody is logged in by name; say who decided with --by", code=2)
