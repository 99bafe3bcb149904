"""The commands for an office's own areas: boundaries joined to them, and both checked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import Format, FormatOption, OwnDataOption, app
from outreach_analysis.cli.loading import Progress
from outreach_analysis.cli.printing import print_rows, stop
from outreach_analysis.errors import RequestError

if TYPE_CHECKING:
    import geopandas as gpd

    from outreach_analysis.intake.boundary_import import BoundaryImport
    from outreach_analysis.settings import Settings

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
    epilog="Example: outreach areas import batas.shp --data my-office --name WADMKC --parent WADMKK",
)
def import_(  # noqa: PLR0917 - options of a command
    file: Annotated[Path, typer.Argument(help="GeoJSON, GPKG or Shapefile, one feature an area.")],
    data: OwnDataOption,
    code: Annotated[
        str | None,
        typer.Option("--code", metavar="COLUMN", help="Column of codes; say this or --name. Default: none."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="COLUMN", help="Column of names, where there is no code. Default: none."),
    ] = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent", metavar="COLUMN", help="Column of the names of the area above, beside --name. Default: none."
        ),
    ] = None,
    level: Annotated[
        str, typer.Option("--level", metavar="kabupaten|kecamatan|desa", help="What the features of the file are.")
    ] = "kecamatan",
    system: Annotated[
        str | None,
        typer.Option(
            "--code-system", metavar="kemendagri|bps", help="Whose codes they are. Default: as in outreach.toml."
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
    if (code is None) == (name is None):
        stop("say --code or --name: the column by which features are joined to areas", code=2)
    with Progress():
        from outreach_analysis.contracts import ContractError
        from outreach_analysis.geography.areas import load_aliases
        from outreach_analysis.intake.boundary_import import MISPLACED, import_boundaries

        try:
            areas, settings = _own_areas(data, with_boundaries=False)
            found = import_boundaries(
                file,
                areas,
                code=code,
                name=name,
                parent=parent,
                level=level,
                code_system=system or settings.code_system,
                aliases=load_aliases(settings=settings),
                crs=crs,
                repair=repair,
            )
        except (ContractError, RequestError) as error:
            stop(str(error), code=1)
    _print_import(found, format)
    if found.faults["fault"].isin(MISPLACED).any():
        stop("nothing was written: say --repair for swapped axes, or --crs for another reference system", code=1)
    if found.polygons.empty:
        stop("nothing was written: no feature was joined to an area", code=1)
    typer.echo(f"{found.write(data)}: {len(found.polygons)} areas", err=True)


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

        from outreach_analysis.contracts import ContractError
        from outreach_analysis.geography.boundary_faults import FAULT_COLUMNS
        from outreach_analysis.intake.boundary_import import import_boundaries

        try:
            areas, settings = _own_areas(data, with_boundaries=True)
        except ContractError as error:
            stop(str(error), code=1)
        boundaries = next((data / name for name in _boundary_names() if (data / name).is_file()), None)
        faults = pd.DataFrame(columns=list(FAULT_COLUMNS))
        if boundaries is not None:
            faults = import_boundaries(boundaries, areas, code="area_id", level=None).faults
    by_level = areas.groupby("level", sort=False).agg(
        areas=("name", "size"),
        residents=("population", "sum"),
        without_point=("lon", lambda lon: int(lon.isna().sum())),
        official=("geometry_kind", lambda kind: int((kind == "official").sum())),
        indicative=("geometry_kind", lambda kind: int((kind == "indicative").sum())),
    )
    if format is Format.TABLE or table is AreaTable.AREAS:
        print_rows(by_level.reset_index(), format, title=f"Areas of {settings.office_name}")
    if (boundaries is not None) if format is Format.TABLE else (table is AreaTable.FAULTS):
        print_rows(faults, format, title="What is wrong with the boundaries")


def _boundary_names() -> tuple[str, ...]:
    from outreach_analysis.geography.areas import BOUNDARY_FILES

    return BOUNDARY_FILES


def _own_areas(data: Path, *, with_boundaries: bool) -> tuple[gpd.GeoDataFrame, Settings]:
    """All areas of a folder (those of the package where it brings none), and its settings."""
    from outreach_analysis.geography.areas import load_areas
    from outreach_analysis.intake.own_areas import read_own_areas
    from outreach_analysis.settings import Settings

    settings = Settings.from_toml(data / "outreach.toml")
    table, plain = read_own_areas(data, settings), data / "areas.csv"
    path = plain if table is not None or plain.is_file() else None
    if with_boundaries and any((data / name).is_file() for name in (plain.name, *_boundary_names())):
        path = data
    return load_areas("all", settings=settings, path=path, table=table), settings


def _print_import(found: BoundaryImport, format: Format) -> None:
    lost = found.ledger[found.ledger["status"] != "joined"]
    if format is Format.TABLE:
        print_rows(
            found.summary().rename_axis("status").reset_index()[["status", "estimate"]], format, title="Features"
        )
        if len(lost):
            print_rows(lost.drop(columns=["area_id", "how"]), format, title="Not joined")
        if len(found.missing):
            print_rows(found.missing.reset_index(), format, title="Areas without a polygon")
        if len(found.faults):
            title = "Faults, repaired" if found.repaired else "Faults; --repair repairs what can be"
            print_rows(found.faults, format, title=title)
    else:
        print_rows(found.ledger, format, title="")
