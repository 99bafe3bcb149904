"""The commands that answer the question: report and rank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach_analysis.cli.application import (
    DataOption,
    Format,
    FormatOption,
    InternalOption,
    LanguagesOption,
    ReportLanguage,
    SeedOption,
    app,
)
from outreach_analysis.cli.loading import Progress, analysed, print_note, read_folder
from outreach_analysis.cli.printing import print_rows, stop
from outreach_analysis.errors import RequestError


@app.command(
    short_help="Write the manager's report",
    epilog="Example: outreach report --lang both --data my-office --out reports",
)
def report(
    data: DataOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the report; made if absent.")] = Path(
        "reports"
    ),
    lang: LanguagesOption = ReportLanguage.ID,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Write the manager's report: one offline HTML file a language."""
    with Progress() as progress:
        from outreach_analysis.presentation.wording.words import LANGUAGES
        from outreach_analysis.reporting.report import write_report

        langs = [language for language in LANGUAGES if lang.value in (language, "both")]
        analysis = analysed(data, internal=internal, seed=seed, progress=progress, with_backtest=True)
        progress("report", 0, len(langs), ", ".join(langs))
        paths = write_report(analysis, out, langs=langs)
    for path in paths:
        typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command(
    short_help="Write one page for the team that goes to a place",
    epilog="Example: outreach brief MALL --data my-office --out briefs",
)
def brief(
    site: Annotated[str, typer.Argument(help="Id of the place, as in sites.csv or `outreach rank`.")],
    *,
    data: DataOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the page; made if absent.")] = Path(
        "reports"
    ),
    lang: LanguagesOption = ReportLanguage.ID,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Write one printable page for the team that goes to a place."""
    with Progress() as progress:
        from outreach_analysis.presentation.wording.words import LANGUAGES
        from outreach_analysis.reporting.brief import write_brief

        langs = [language for language in LANGUAGES if lang.value in (language, "both")]
        analysis = analysed(data, internal=internal, seed=seed, progress=progress)
    try:
        paths = write_brief(analysis, site, out, langs=langs)
    except RequestError as error:
        stop(str(error), code=2)
    for path in paths:
        typer.echo(str(path))


@app.command(
    short_help="Rank the places for the next pop-up", epilog="Example: outreach rank --data my-office --format csv"
)
def rank(
    data: DataOption = None,
    top: Annotated[
        int, typer.Option("--top", metavar="NUMBER", min=1, help="How many places to print, the best first.")
    ] = 10,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Rank the places for the next pop-up by the people they would add."""
    with Progress() as progress:
        from outreach_analysis.reporting.exports import ranking_rows
        from outreach_analysis.reporting.narrow import ranking_table

        analysis = analysed(data, internal=internal, seed=seed, progress=progress)
    ranking = analysis.ranking
    title = f"Places for the next pop-up ({ranking.status})"
    print_rows(ranking_rows(ranking).head(top), format, title=title, table=ranking_table)
    if ranking.by_site.empty and len(ranking.excluded):
        kept_out = ", ".join(f"{site} ({reason})" for site, reason in ranking.excluded["reason"].items())
        typer.echo(f"no place may be visited now, each by a rule of the settings: {kept_out}", err=True)
    recommended = ranking.recommended or "none"
    print_note(
        f"recommended: {recommended}; status: {ranking.status}; as of {analysis.as_of}",
        analysis.settings,
        internal=internal,
    )


@app.command(
    short_help="Who came from where to which pop-up, in exact numbers",
    epilog="Example: outreach origins --data my-office --out origins.xlsx",
)
def origins(
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File to write instead of printing: .csv or .xlsx. Default: none."),
    ] = None,
) -> None:
    """Who came from where to which pop-up, in exact numbers; small ones, and what would tell them, are left out."""
    if out is not None and out.suffix.casefold() not in (".csv", ".xlsx"):
        stop(f"{out.name}: a table is written as .csv or .xlsx", code=2)
    with Progress() as progress:
        from outreach_analysis.measures.suppression import SuppressionError
        from outreach_analysis.reporting.exports import write_table
        from outreach_analysis.reporting.origin_table import origin_table

        dataset = read_folder(data, progress)
        progress("leaving out small numbers", 0, None, "")
        try:
            published = origin_table(dataset)
        except SuppressionError as error:
            stop(str(error), code=1)
    rows = published.table.rename_axis("area").reset_index()
    if out is None:
        if format is Format.TABLE:
            rows = published.table.T.rename_axis("pop-up").reset_index()
        print_rows(rows, format, title="People by kabupaten and pop-up; empty: left out")
        return
    try:
        write_table(out, rows, sheet="origins")
    except RequestError as error:
        stop(str(error), code=2)
    except OSError as error:
        stop(f"{out} cannot be written: {error.strerror}", code=1)
    typer.echo(str(out))
