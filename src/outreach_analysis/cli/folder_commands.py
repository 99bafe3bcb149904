"""Commands about a folder: make it, check it, count in it, its areas, a sample, its notebooks."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys
from enum import StrEnum
from functools import partial
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import (
    DataOption,
    Format,
    FormatOption,
    InternalOption,
    LanguageOption,
    OnOption,
    OutOption,
    OwnDataOption,
    PageLanguage,
    PlacesDataOption,
    Progress,
    SeedOption,
    app,
    echo,
    folder_or_sample,
    place_tables,
    print_account,
    print_faults,
    print_note,
    print_rows,
    read_folder,
    retold,
    reworded,
    say,
    stop,
    told,
)
from outreach_analysis.cli.edge import tell_place
from outreach_analysis.contracts import ContractError, Failure, RequestError
from outreach_analysis.masking import mask_identifiers

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from outreach_analysis.intake.boundary_import import BoundaryImport
    from outreach_analysis.intake.bulk_count import CountedApplicants
    from outreach_analysis.intake.ledger import IntakeLedger
    from outreach_analysis.settings import Settings


# --- The commands for the office's lists: check, resolve, review, keygen and a sample to try.


class AccountTable(StrEnum):
    """Tables of `outreach check`."""

    FAULTS = "faults"
    FILES = "files"
    HEADERS = "headers"
    EVENTS = "events"


TITLED = (AccountTable.FILES, AccountTable.HEADERS, AccountTable.EVENTS)


def _titles() -> tuple[str, ...]:
    """Titles of the tables of `TITLED`."""
    return (
        say("Rows by file: read = matched + review + rejected + duplicate + skipped"),
        say("Which header was taken for what"),
        say("Pop-ups held: share of applicants whose kecamatan is known"),
    )


@app.command(
    short_help="Account for every row of a folder, every fault named", epilog="Example: outreach check my-office"
)
def check(
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
    # a folder that is typed goes before the one of the environment
    if directory is not None and data is not None and str(data) != os.environ.get("OUTREACH_DATA"):
        stop(say("name the folder once: outreach check FOLDER, or --data FOLDER"), code=2)
    folder = directory or data
    with Progress() as progress:
        from outreach_analysis.exports import account_rows, ledger_rows
        from outreach_analysis.intake.dataset import FolderError
        from outreach_analysis.intake.ledger import LedgerBuilder

        ledger, files = LedgerBuilder().close(), tuple[Failure, ...]()
        try:
            read = read_folder(folder, progress)
            ledger, tables = read.ledger, {name: account_rows(read, name) for name in AccountTable}
        except ContractError as error:
            files = error.items
            if isinstance(error, FolderError):
                ledger, files = error.ledger, error.files
            tables = {name: ledger_rows(ledger, name, files=files) for name in AccountTable}
    if format is not Format.TABLE:
        print_rows(tables[table], format, title="")
    else:
        if every:
            _print_whole(tables)
        else:
            print_account(*(tables[name] for name in TITLED))
        print_faults(tables[AccountTable.FAULTS], every_row=every)
        _tell_unused(ledger)
    begun = not ledger.by_file["rejected"].any() and not len(ledger.unused_events)
    if begun and not strict and [fault.reason for fault in files] == ["no_data"]:
        echo("\n" + say("nothing to compute yet: the folder has only begun"), err=True)
        return
    if files:
        stop(say("{n} fault(s) of files; nothing can be computed before they are mended", n=len(files)), code=1)
    unused, used = len(ledger.unused_events), len(tables[AccountTable.EVENTS])
    if unused and not used:
        stop(say("none of the {n} pop-ups held can be used", n=unused), code=1)
    rejected = int(ledger.by_file["rejected"].sum())
    in_error = int((ledger.rows["reason"] == "cell_error").sum())
    if strict and (rejected or in_error):
        stop(say("{rows} rows were rejected, {cells} cells hold no value", rows=rejected, cells=in_error), code=1)
    if format is Format.TABLE and folder:
        echo("\n" + say("next") + f": outreach report --data {shlex.quote(told(folder))}", err=True)


def _print_whole(tables: dict[AccountTable, pd.DataFrame]) -> None:
    for name, title in zip(TITLED, _titles(), strict=True):
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
    echo("\n" + say("pop-ups that cannot be used ({n})", n=len(unused)))
    for (problem, remedy), rows in unused.groupby(["problem", "remedy"], sort=False):
        lost = int(rows["rows"].sum())
        with_it = " (" + say("{n} rows of lists are lost with it", n=lost) + ")" if lost else ""
        reason = str(rows["reason"].iloc[0]) if "reason" in rows else ""
        echo(f"  {', '.join(rows['event_id'])}: {retold(reason, f'{problem}; {remedy}')}{with_it}")


@app.command(
    short_help="Say which area a place name stands for",
    epilog='Example: outreach resolve "Kec. Muara Badak, Kukar" Kutim',
)
def resolve(
    names: Annotated[
        list[str],
        typer.Argument(help="Place names or addresses, as somebody typed them; - for a line each on standard input."),
    ],
    data: PlacesDataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Say which area each place name stands for, or suggest some where that is not sure."""
    with Progress():
        import pandas as pd

        from outreach_analysis.exports import resolution_rows
        from outreach_analysis.geocoding.resolver import resolve_origins

        if names == ["-"]:
            names = _typed_lines()
        gazetteer, aliases, settings = place_tables(data)
        typed = pd.Series(names, dtype="str")
        found = resolve_origins(typed, gazetteer, aliases=aliases, code_system=settings.code_system)
    print_rows(resolution_rows(typed, found, gazetteer), format, title=say("Place names"))


_LONGEST_INPUT = 2**24


def _typed_lines() -> list[str]:
    """Lines of standard input that are not blank."""
    typed = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
    if len(typed) > _LONGEST_INPUT or b"\x00" in typed:
        stop(say("what comes in must be lines of text, of no more than {n} MB", n=_LONGEST_INPUT // 2**20), code=2)
    try:
        text = typed.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = typed.decode("cp1252", errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


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
    except OSError as error:
        stop(tell_place(error) or error, code=2)
    echo(told(written))


def _next_steps(folder: str) -> str:
    quoted = shlex.quote(folder)
    return say(
        """
Fill in, in this order:
  1. outreach.toml   the office's name; every other line is a default with its reason
  2. sites.csv       your office (kind: office) and the places that a pop-up could visit
  3. events.csv      pop-ups held and planned
  4. applicants/     the office's lists as they are, CSV or Excel; one without a column event_id is named after
                     its event, as E1.csv
Print desk-question-id.html for the desk: its answers, in a column would_have_come of the lists, say who would have
come to the office anyway. `outreach init --form {quoted}` writes it anew under the office's name.
Empty tables of every kind are in {folder}/templates. The workbooks explain each column in a note on its header; a
filled-in one may stand in place of the .csv.

Then: outreach check {quoted}
      outreach report --data {quoted}""",
        folder=folder,
        quoted=quoted,
    )


@app.command(
    short_help="Write a folder to fill in with your own data",
    epilog="Example: outreach init my-office --kabupaten 32.09,32.74",
)
def init(
    directory: Annotated[Path, typer.Argument(help="New folder for the office's own data.")],
    kabupaten: Annotated[
        str,
        typer.Option(
            "--kabupaten",
            metavar="CODES",
            help="Kabupaten and kota that the office serves, by code or name: 32.09,Kota Cirebon. '?cire' only lists "
            "those of such a name. Default: the areas of the package.",
        ),
    ] = "",
    lang: LanguageOption = PageLanguage.ID,
    form: Annotated[
        bool, typer.Option("--form", help="Only the desk question, into a folder that is there. Default: everything.")
    ] = False,
) -> None:
    """Write a folder to fill in: settings with their reasons, an empty table of every kind, and the desk question."""
    if kabupaten.startswith("?"):
        from outreach_analysis.geocoding.country import kabupaten_text, search_kabupaten

        found = search_kabupaten(kabupaten.removeprefix("?"))
        echo(kabupaten_text(found).replace(", ", "\n") or say("no kabupaten has such a name"))
        return
    named = [text.strip() for text in kabupaten.split(",") if text.strip()]
    try:
        with Progress():
            from outreach_analysis.office_folder import renew_desk_form, write_starter

            written = renew_desk_form(directory) if form else write_starter(directory, lang=lang.value, kabupaten=named)
    except OSError as error:
        stop(tell_place(error) or error, code=2)
    for path in written:
        if path.parent == directory:
            echo(told(path))
    if form:
        return
    echo(_next_steps(told(directory)))


@app.command(
    short_help="Decide the places that nobody knows for sure",
    epilog="Example: outreach review --data my-office --by Andini",
)
def review(
    data: OwnDataOption,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who decided. Default: the name you are logged in with.")
    ] = "",
    on: OnOption = None,
) -> None:
    """Write the places that nobody knows for sure to review.csv; take over what was decided in it."""
    with Progress() as progress:
        from outreach_analysis.files import folder_lock
        from outreach_analysis.office_folder import take_over_decisions, write_review

        read_folder(data, progress)
        with folder_lock(data):
            dataset = read_folder(data, progress)
            who = by.strip() or (_login() if (data / "review.csv").exists() else "")
            added = take_over_decisions(data, dataset, decided_by=who, decided_on=on.date() if on else None)
            waiting = write_review(data, read_folder(data, progress) if added else dataset)
    if added:
        echo(say("aliases.csv: {n} decisions added", n=added))
    if waiting.empty:
        echo(say("no place waits for a decision"))
        return
    waits = say("{n} places of {rows} rows wait for a decision", n=len(waiting), rows=waiting["rows"].sum())
    echo(f"{told(data / 'review.csv')}: {waits}")
    echo(say("Write an area code, a name, 'luar provinsi' or 'tidak tahu' into its last column and run this again."))


@app.command(short_help="Make the office's secret key", epilog="Example: outreach keygen ~/outreach.key")
def keygen(path: Annotated[Path, typer.Argument(help="New file for the key, outside the data folder.")]) -> None:
    """Make the office's secret key, by which the same person is recognised from one run to the next."""
    from outreach_analysis.intake.identity import KEY_FILE_VARIABLE, write_person_key

    where = path.expanduser().absolute()
    try:
        write_person_key(where)
    except FileExistsError:
        stop(
            say("{path} exists already and is left as it is; with a new key nobody would be recognised", path=path),
            code=2,
        )
    except OSError as error:
        stop(tell_place(error) or error, code=2)
    what = say("a new key, readable by you alone. Keep a copy away from the data, and name it to commands:")
    echo(f"{told(where)}: {what}")
    echo(f"  export {KEY_FILE_VARIABLE}={shlex.quote(told(where))}")
    echo(f'  setx {KEY_FILE_VARIABLE} "{told(where)}"      (' + say("on Windows") + ")")


def _login() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        stop(say("nobody is logged in by name; say who decided with --by"), code=2)


# --- The commands for an office's own areas: boundaries joined to them, and both checked.


areas_app = typer.Typer(
    help="Areas and boundaries of an office: `import` joins official boundaries, `check` names every fault.",
    short_help="Boundaries of an office's areas: import and check",
    epilog="Example: outreach areas check --data my-office",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(areas_app, name="areas")


class AreaTable(StrEnum):
    """Tables of `outreach areas check`."""

    AREAS = "areas"
    FAULTS = "faults"


AreasDataOption = Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Folder of the office.")]


@areas_app.command(
    "import",
    short_help="Join official boundaries to the office's areas",
    epilog="Example: outreach areas import batas.zip --data my-office",
)
def import_(  # noqa: PLR0917 - options of a command
    file: Annotated[Path, typer.Argument(help="GeoJSON, GPKG, Shapefile, a .zip of it, or wilayah_boundaries .sql.")],
    data: OwnDataOption,
    code: Annotated[
        str | None,
        typer.Option("--code", metavar="COLUMN", help="Column of codes. Default: as in the layouts that are known."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="COLUMN", help="Column of names, in place of --code. Default: likewise."),
    ] = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent",
            metavar="COLUMN",
            help="Column of the names of the area above, beside --name. Default: likewise.",
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            metavar="kabupaten|kecamatan|desa",
            help="Areas wanted. Default: kecamatan where the file has them.",
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", metavar="NAME", help="Layer of a file with several. Default: the one that fits."),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(
            "--code-system", metavar="kemendagri|bps", help="Whose codes they are. Default: as the layout says."
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", metavar="EPSG", help="Reference system, such as EPSG:32750. Default: as the file says."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair swapped axes, rings, overlaps and gaps. Default: only name them.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Join official boundaries to the office's areas and write them into its folder; list what did not join."""
    if code is not None and name is not None:
        stop(say("say one of --code and --name: the column by which features are joined to areas"), code=2)
    with Progress():
        from outreach_analysis.geography.areas import load_aliases
        from outreach_analysis.intake.boundary_import import MISPLACED, BoundaryLayout, import_boundaries

        try:
            areas, settings = _own_areas(data, with_boundaries=False)
            layout = BoundaryLayout(
                code=code, name=name, parent=parent, level=level, code_system=system, layer=layer, crs=crs
            )
            aliases = load_aliases(settings=settings)
            found = import_boundaries(file, areas, layout=layout, aliases=aliases, repair=repair)
        except RequestError as error:
            stop(error, code=1)
    _print_import(found, format)
    if found.faults["fault"].isin(MISPLACED).any():
        stop(say("nothing was written: say --repair for swapped axes, or --crs for another reference system"), code=1)
    if found.polygons.empty:
        stop(say("nothing was written: no feature was joined to an area"), code=1)
    echo(f"{told(found.write(data))}: " + say("{n} areas", n=len(found.polygons)), err=True)


@areas_app.command(
    "check",
    short_help="Check areas.csv and the boundaries of a folder",
    epilog="Example: outreach areas check --data my-office",
)
def check_areas(
    data: AreasDataOption,
    format: FormatOption = Format.TABLE,
    table: Annotated[
        AreaTable,
        typer.Option(
            "--table", metavar="areas|faults", help="Which table csv and json hold; a table to read shows both."
        ),
    ] = AreaTable.AREAS,
) -> None:
    """Check areas.csv and the boundaries of a folder: every fault with its remedy."""
    with Progress():
        import pandas as pd

        from outreach_analysis.geography.areas import BOUNDARY_FILES
        from outreach_analysis.geography.boundaries import FAULT_COLUMNS
        from outreach_analysis.intake.boundary_import import BoundaryLayout, import_boundaries

        areas, settings = _own_areas(data, with_boundaries=True)
        boundaries = next((data / name for name in BOUNDARY_FILES if (data / name).is_file()), None)
        faults = pd.DataFrame(columns=list(FAULT_COLUMNS))
        if boundaries is not None:
            faults = import_boundaries(boundaries, areas, layout=BoundaryLayout(code="area_id")).faults
    by_level = areas.groupby("level", sort=False).agg(
        areas=("name", "size"),
        residents=("population", "sum"),
        without_point=("lon", lambda lon: int(lon.isna().sum())),
        official=("geometry_kind", lambda kind: int((kind == "official").sum())),
        indicative=("geometry_kind", lambda kind: int((kind == "indicative").sum())),
    )
    if format is Format.TABLE or table is AreaTable.AREAS:
        print_rows(by_level.reset_index(), format, title=say("Areas of {office}", office=settings.office_name))
    if (boundaries is not None) if format is Format.TABLE else (table is AreaTable.FAULTS):
        print_rows(faults, format, title=say("What is wrong with the boundaries"))


def _own_areas(data: Path, *, with_boundaries: bool) -> tuple[gpd.GeoDataFrame, Settings]:
    """All areas of a folder (those of the package where it brings none), and its settings."""
    from outreach_analysis.geography.areas import BOUNDARY_FILES, load_areas
    from outreach_analysis.intake.dataset import read_own_areas
    from outreach_analysis.settings import Settings

    settings = Settings.from_toml(data / "outreach.toml")
    table, plain = read_own_areas(data, settings), data / "areas.csv"
    path = plain if table is not None or lexists(plain) else None
    if with_boundaries and any(lexists(data / name) for name in (plain.name, *BOUNDARY_FILES)):
        path = data
    return load_areas("all", settings=settings, path=path, table=table), settings


def _print_import(found: BoundaryImport, format: Format) -> None:
    lost = found.ledger[~found.ledger["status"].isin(["joined", "outside"])]
    from outreach_analysis.intake.boundary_import import NOTES

    for note in found.notes:
        echo(reworded(mask_identifiers(note), NOTES), err=True)
    if format is Format.TABLE:
        print_rows(
            found.summary().rename_axis("status").reset_index()[["status", "estimate"]], format, title=say("Features")
        )
        if len(lost):
            print_rows(lost.drop(columns=["area_id", "how"]), format, title=say("Not joined"))
        if len(found.missing):
            print_rows(found.missing.reset_index(), format, title=say("Areas without a polygon"))
        if len(found.faults):
            title = say("Faults, repaired") if found.repaired else say("Faults; --repair repairs what can be")
            print_rows(found.faults, format, title=title)
    else:
        print_rows(found.ledger, format, title="")


# --- The command for lists that are larger than memory: counted where they are.


_BY = ("event_id", "month", "area_id", "level", "place", "passport_type", "application", "channel")
_FAULTS_SHOWN = 20
_SECRET = re.compile(r"://[^/@]*:[^/]*@|password=", re.IGNORECASE)


@app.command(
    short_help="Count applicants in lists of any size",
    epilog='Example: outreach count "lists/**/*.parquet" --by month,area_id --internal',
)
def count(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder, pattern or file (.parquet, .csv), SQLite file, or postgresql:// address without a password; "
            "- for the address in OUTREACH_DATABASE_URL."
        ),
    ],
    data: PlacesDataOption = None,
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="Table of a database.")] = "applicants",
    by: Annotated[
        str,
        typer.Option("--by", metavar="COLUMNS", help=f"What to count by, joined by commas, of: {', '.join(_BY)}."),
    ] = "area_id",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File for all counts, exact: .csv or .parquet; needs --internal. Default: none.",
        ),
    ] = None,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="Most memory to use, in MB or GB: 500MB.")
    ] = "1GB",
    internal: InternalOption = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Count applicants in lists of any size by area, month, event, passport type and channel."""
    database = source == "-" or source.startswith(("postgresql:", "postgres:"))
    address = os.environ.get("OUTREACH_DATABASE_URL", "") if source == "-" else source
    wanted = [name.strip() for name in by.split(",") if name.strip()]
    unknown = ", ".join(sorted(set(wanted) - set(_BY)))
    refusals = (
        (
            database and _SECRET.search(source),
            say(
                "a password in an address can be read by everybody on this machine: leave it out and give it by "
                "PGPASSWORD, .pgpass or PGSERVICE, or put the address into OUTREACH_DATABASE_URL and say -"
            ),
        ),
        (not address, say("OUTREACH_DATABASE_URL holds no address of a database")),
        (
            unknown or not wanted,
            say("--by takes any of {columns}, not: {said}", columns=", ".join(_BY), said=unknown or say("nothing")),
        ),
        (
            out is not None and not internal,
            say("--out writes exact numbers of people; say --internal too, and keep the file inside the office"),
        ),
        (
            out is not None and out.suffix.casefold() not in (".csv", ".parquet"),
            say("{file}: counts are written as .csv or .parquet", file=out and out.name),
        ),
        (
            len(wanted) > 1 and not internal,
            say(
                "counts by more than one thing add up to small numbers; say --internal and keep them inside the "
                "office, or use `outreach origins`, which leaves such numbers out"
            ),
        ),
    )
    for is_refused, why in refusals:
        if is_refused:
            stop(why, code=2)
    with Progress() as progress:
        from outreach_analysis.intake.bulk_count import count_applicants
        from outreach_analysis.intake.bulk_sources import open_applicants

        areas, aliases, settings = place_tables(data)
        try:
            with open_applicants(
                address, table=table, settings=settings, memory=memory, progress=partial(progress, "reading")
            ) as lists:
                counted = count_applicants(
                    lists, areas, aliases=aliases, settings=settings, progress=partial(progress, "counting")
                )
        except (ContractError, RequestError) as error:
            stop(error, code=1)
    if out is not None:
        _write(counted.counts, out)
    rows = counted.counts.groupby(wanted, dropna=False)["applicants"].sum().reset_index()
    lost, everybody = int(counted.unresolved["applicants"].sum()), counted.rows - counted.rejected
    if not internal:
        rows, everybody = _rounded(rows, everybody, base=settings.rounding_base)
    if "area_id" in wanted:
        rows.insert(wanted.index("area_id") + 1, "area", rows["area_id"].map(areas["name"]).fillna(""))
    print_rows(
        rows,
        format,
        title=say(
            "Applicants of {source}, by {columns}",
            source=say("the database") if database else mask_identifiers(source),
            columns=", ".join(wanted),
        ),
    )
    print_note(_counted_words(counted, everybody, lost), settings, internal=internal)


def _rounded(rows: pd.DataFrame, everybody: int, *, base: int) -> tuple[pd.DataFrame, int]:
    """Counts as they may be told, and the sum of all rows so that it gives none of them away."""
    from outreach_analysis.disclosure import round_people, round_totals, rounding_interval

    exact = int(rows["applicants"].sum())
    rows = rows.assign(applicants=round_people(rows["applicants"], base=base))
    low, high = rounding_interval(rows["applicants"].to_numpy(), base=base)
    return rows, everybody + int(round_totals(exact, low.sum(), high.sum(), base=base)) - exact


def _counted_words(counted: CountedApplicants, everybody: int, lost: int) -> str:
    """How many rows were counted, after a line for each kind of row that was not."""
    for fault in counted.faults[:_FAULTS_SHOWN]:
        echo(say("not counted") + f": {retold(fault.reason, str(fault))}", err=True)
    if counted.rejected > _FAULTS_SHOWN:
        n = f"{counted.rejected - _FAULTS_SHOWN:,}"
        echo(say("not counted") + ": " + say("{n} more rows of these kinds", n=n), err=True)
    numbers = {"n": f"{everybody:,}", "all": f"{counted.rows:,}", "lost": f"{lost:,}"}
    note = (
        say("{n} of {all} rows counted; the place of {lost} is not known for sure", **numbers)
        if counted.rejected
        else say("{n} rows counted; the place of {lost} is not known for sure", n=numbers["n"], lost=numbers["lost"])
    )
    if counted.undated:
        note += "; " + say("the day of {n} could not be read", n=f"{counted.undated:,}")
    return note


def _write(counts: pd.DataFrame, out: Path) -> None:
    from outreach_analysis.exports import safe_cells
    from outreach_analysis.files import replace_file

    parquet = out.suffix.casefold() == ".parquet"
    content = counts.to_parquet(index=False) if parquet else safe_cells(counts).to_csv(index=False)
    replace_file(out, content, private=True)
    n = f"{len(counts):,}"
    echo(f"{told(out)}: " + say("{n} counts, exact; for use inside the office only", n=n), err=True)


# --- The command for analysts' pages: notebooks.


@app.command(
    short_help="Run the notebooks, each as one offline page",
    epilog="Example: outreach notebooks --data my-office --out pages",
)
def notebooks(
    data: DataOption = None,
    out: OutOption = Path("notebook-pages"),
    lang: LanguageOption = PageLanguage.EN,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME",
            help="One notebook, as 02_coverage_today; may be given several times. Default: all.",
        ),
    ] = None,
    ipynb: Annotated[
        bool, typer.Option("--ipynb", help="Write the executed notebooks too. Default: pages only.")
    ] = False,
) -> None:
    """Run every notebook on a data folder and write each as one offline HTML page."""
    from outreach_analysis.report.notebooks import notebook_names, write_notebooks

    data = folder_or_sample(data)
    if data is not None and not data.is_dir():
        stop(say("{path} is not a folder", path=data), code=2)
    unknown = sorted(set(only or ()) - set(notebook_names()))
    if unknown:
        known = ", ".join(notebook_names())
        stop(say("no notebook is called {names}; there are {known}", names=", ".join(unknown), known=known), code=2)
    try:
        with Progress() as progress:
            paths = write_notebooks(
                out,
                names=only or None,
                data=data,
                lang=lang.value,
                keep_notebooks=ipynb,
                progress=lambda done, total, name: progress("notebooks", done, total, name),
            )
    except ImportError as missing:
        lab = say("it comes with the extra 'lab': pip install 'outreach-analysis[lab]'")
        stop(f"{missing}; {lab}", code=2)
    for path in paths:
        echo(f"{told(path)} ({path.stat().st_size / 1e6:.1f} MB)")
