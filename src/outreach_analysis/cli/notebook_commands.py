"""The command for analysts' pages: notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach_analysis.cli.application import DataOption, LanguageOption, PageLanguage, app
from outreach_analysis.cli.loading import Progress
from outreach_analysis.cli.printing import stop


@app.command(
    short_help="Run the notebooks, each as one offline page",
    epilog="Example: outreach notebooks --data my-office --out pages",
)
def notebooks(
    data: DataOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the pages; made if absent.")] = Path(
        "notebook-pages"
    ),
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
    from outreach_analysis.reporting.notebooks import NotebookError, notebook_names, write_notebooks

    if data is not None and not data.is_dir():
        stop(f"{data} is not a folder", code=2)
    unknown = sorted(set(only or ()) - set(notebook_names()))
    if unknown:
        stop(f"no notebook is called {', '.join(unknown)}; there are {', '.join(notebook_names())}", code=2)
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
    except NotebookError as failed:
        stop(str(failed), code=1)
    except ImportError as missing:
        stop(f"{missing}; it comes with the extra 'lab': pip install 'outreach-analysis[lab]'", code=2)
    for path in paths:
        typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
