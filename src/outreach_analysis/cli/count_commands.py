"""The command for lists that are larger than memory: counted where they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import Format, FormatOption, InternalOption, PlacesDataOption, app
from outreach_analysis.cli.loading import Progress, print_note
from outreach_analysis.cli.printing import print_rows, stop
from outreach_analysis.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.settings import Settings

_BY = ("event_id", "month", "area_id", "level", "place", "passport_type", "application", "channel")
_FAULTS_SHOWN = 20


@app.command(
    short_help="Count applicants in lists of any size",
    epilog='Example: outreach count "lists/**/*.parquet" --by month,area_id --internal',
)
def count(  # noqa: PLR0917 - options of a command
    source: Annotated[
        str, typer.Argument(help="Folder, pattern or file (.parquet, .csv), SQLite file, or postgresql:// address.")
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
    wanted = [name.strip() for name in by.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(_BY))
    if unknown or not wanted:
        stop(f"--by takes any of {', '.join(_BY)}, not: {', '.join(unknown) or 'nothing'}", code=2)
    if out is not None and not internal:
        stop("--out writes exact numbers of people; say --internal too, and keep the file inside the office", code=2)
    if out is not None and out.suffix.casefold() not in (".csv", ".parquet"):
        stop(f"{out.name}: counts are written as .csv or .parquet", code=2)
    if len(wanted) > 1 and not internal:
        stop(
            "counts by more than one thing add up to small numbers; say --internal and keep them inside the office, "
            "or use `outreach origins`, which leaves such numbers out",
            code=2,
        )
    with Progress() as progress:
        from outreach_analysis.contracts import ContractError
        from outreach_analysis.disclosure import round_people, round_totals, rounding_interval
        from outreach_analysis.intake.counting_frames import count_applicants
        from outreach_analysis.intake.counting_sources import open_applicants

        areas, aliases, settings = _known_places(data, progress)
        try:
            with open_applicants(
                source, table=table, settings=settings, memory=memory, progress=partial(progress, "reading")
            ) as lists:
                counted = count_applicants(
                    lists, areas, aliases=aliases, settings=settings, progress=partial(progress, "counting")
                )
        except (ContractError, RequestError) as error:
            stop(str(error), code=1)
    if out is not None:
        _write(counted.counts, out)
    rows = counted.counts.groupby(wanted, dropna=False)["applicants"].sum().reset_index()
    lost, everybody = int(counted.unresolved["applicants"].sum()), counted.rows - counted.rejected
    if not internal:
        base, exact = settings.rounding_base, int(rows["applicants"].sum())
        rows = rows.assign(applicants=round_people(rows["applicants"], base=base))
        low, high = rounding_interval(rows["applicants"].to_numpy(), base=base)
        everybody += int(round_totals(exact, low.sum(), high.sum(), base=base)) - exact
    if "area_id" in wanted:
        rows.insert(wanted.index("area_id") + 1, "area", rows["area_id"].map(areas["name"]).fillna(""))
    print_rows(rows, format, title=f"Applicants of {source}, by {', '.join(wanted)}")
    for fault in counted.faults[:_FAULTS_SHOWN]:
        typer.echo(f"not counted: {fault}", err=True)
    if counted.rejected > _FAULTS_SHOWN:
        typer.echo(f"not counted: {counted.rejected - _FAULTS_SHOWN:,} more rows of these kinds", err=True)
    undated = f"; the day of {counted.undated:,} could not be read" if counted.undated else ""
    rejected = f" of {counted.rows:,}" if counted.rejected else ""
    note = f"{everybody:,}{rejected} rows counted; the place of {lost:,} is not known for sure{undated}"
    print_note(note, settings, internal=internal)


def _known_places(data: Path | None, progress: Progress) -> tuple[pd.DataFrame, pd.DataFrame, Settings]:
    """Areas, other names and settings of a folder, or those of the package."""
    from outreach_analysis.cli.loading import read_folder
    from outreach_analysis.geography.areas import load_aliases, load_areas
    from outreach_analysis.settings import Settings

    if data is not None:
        dataset = read_folder(data, progress)
        return dataset.gazetteer, dataset.aliases, dataset.settings
    settings = Settings()
    return load_areas("all", settings=settings), load_aliases(settings=settings), settings


def _write(counts: pd.DataFrame, out: Path) -> None:
    from outreach_analysis.files import replace_file
    from outreach_analysis.reporting.exports import safe_cells

    parquet = out.suffix.casefold() == ".parquet"
    try:
        replace_file(out, counts.to_parquet(index=False) if parquet else safe_cells(counts).to_csv(index=False))
    except OSError as error:
        stop(f"{out} cannot be written: {error.strerror}", code=1)
    typer.echo(f"{out}: {len(counts):,} counts, exact; for use inside the office only", err=True)
