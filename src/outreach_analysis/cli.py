"""The `outreach` command: every step from the shell, with one readable answer and no traceback."""

from __future__ import annotations

import getpass
import shlex
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.intake.dataset import Dataset
    from outreach_analysis.reporting.analysis import Analysis

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


DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with outreach.toml and the office's lists. Default: the bundled sample."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the rows.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Same seed, same numbers.")]
InternalOption = Annotated[
    bool, typer.Option("--internal", help="Exact numbers of people; every page says that it must stay inside.")
]


@app.command(epilog="Example: outreach report --lang both --data my-office --out reports")
def report(
    data: DataOption = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")] = Path("reports"),
    lang: Annotated[
        ReportLanguage, typer.Option("--lang", help="Bahasa Indonesia, English or both.")
    ] = ReportLanguage.ID,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Write the manager's report: one offline HTML file a language."""
    from outreach_analysis.presentation.wording.words import LANGUAGES
    from outreach_analysis.reporting.report import write_report

    langs = [language for language in LANGUAGES if lang.value in (language, "both")]
    with _Progress() as progress:
        analysis = _analysis(data, internal=internal, seed=seed, progress=progress)
        progress("report", 0, len(langs), ", ".join(langs))
        paths = write_report(analysis, out, langs=langs)
    for path in paths:
        typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command(epilog="Example: outreach rank --data my-office --format csv")
def rank(
    data: DataOption = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many places to print.")] = 10,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Rank the places for the next pop-up by the people they would add (prior only)."""
    from outreach_analysis.reporting.exports import ranking_rows

    with _Progress() as progress:
        analysis = _analysis(data, internal=internal, seed=seed, progress=progress)
    ranking = analysis.ranking
    _print_rows(ranking_rows(ranking).head(top), format, title="Places for the next pop-up (prior only)")
    _note(f"recommended: {ranking.recommended or 'none'}; status: {ranking.status}; as of {analysis.as_of}", analysis)


@app.command(epilog="Example: outreach check my-office --strict")
def check(
    directory: Annotated[Path | None, typer.Argument(help="Folder to check. Default: the bundled sample.")] = None,
    data: DataOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on rejected rows too.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Read a data folder and account for every row; list every fault with its remedy."""
    dataset = _dataset(directory or data)
    ledger = dataset.ledger
    if format is Format.TABLE:
        _print_rows(
            ledger.by_file, format, title="Rows by file: read = matched + review + rejected + duplicate + skipped"
        )
        _print_rows(_headers_taken(ledger.columns_taken), format, title="Which header was taken for what")
        _print_faults(ledger.rows)
    else:
        columns = ["status", "file", "sheet", "row", "column", "value", "problem", "remedy"]
        _print_rows(ledger.rows[columns], format, title="")
    rejected = int(ledger.by_file["rejected"].sum())
    if strict and rejected:
        _stop(f"{rejected} rows were rejected", code=1)


@app.command(epilog='Example: outreach resolve "Kec. Muara Badak, Kukar" Kutim')
def resolve(
    names: Annotated[list[str], typer.Argument(help="Place names or addresses, as somebody typed them.")],
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Say which area each place name stands for, or suggest some where that is not sure."""
    import pandas as pd

    from outreach_analysis.intake.origins import resolve_origins
    from outreach_analysis.reporting.exports import resolution_rows

    gazetteer, aliases, code_system = _places(data)
    typed = pd.Series(names, dtype="str")
    found = resolve_origins(typed, gazetteer, aliases=aliases, code_system=code_system)
    _print_rows(resolution_rows(typed, found, gazetteer), format, title="Place names")


@app.command(epilog="Example: outreach sample my-sample --seed 7")
def sample(
    directory: Annotated[Path, typer.Argument(help="New folder for the synthetic data set.")],
    seed: SeedOption = 1,
) -> None:
    """Write a synthetic data set, to try things out; all people in it are invented."""
    from outreach_analysis.simulation.writing import write_sample

    try:
        typer.echo(str(write_sample(directory, seed=seed)))
    except FileExistsError as error:
        _stop(str(error), code=2)


@app.command(epilog="Example: outreach review --data my-office --by Andini")
def review(
    data: Annotated[Path, typer.Option("--data", help="Folder of the office; review.csv is written into it.")],
    by: Annotated[str, typer.Option("--by", help="Who decided. Default: the name you are logged in with.")] = "",
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Day of the decision. Default: the last date in the data."),
    ] = None,
) -> None:
    """Write the places that nobody knows for sure to review.csv; take over what was decided in it."""
    from outreach_analysis.contracts import ContractError
    from outreach_analysis.reporting.review_files import take_over_decisions, write_review

    dataset = _dataset(data)
    try:
        who = by.strip() or (_login() if (data / "review.csv").exists() else "")
        added = take_over_decisions(data, dataset, decided_by=who, decided_on=on.date() if on else None)
        waiting = write_review(data, _dataset(data) if added else dataset)
    except ContractError as error:
        _stop(str(error), code=1)
    except OSError as error:
        _stop(f"{error.filename or data} cannot be written: {error.strerror}; is it open elsewhere?", code=1)
    if added:
        typer.echo(f"aliases.csv: {added} decisions added")
    if waiting.empty:
        typer.echo("no place waits for a decision")
        return
    typer.echo(f"{data / 'review.csv'}: {len(waiting)} places of {waiting['rows'].sum()} rows wait for a decision")
    typer.echo("Write an area code, a name, OUTSIDE:<place> or UNKNOWN into its last column and run this again.")


@app.command(epilog="Example: outreach keygen ~/outreach.key")
def keygen(path: Annotated[Path, typer.Argument(help="New file for the key, outside the data folder.")]) -> None:
    """Make the office's secret key, by which the same person is recognised from one run to the next."""
    from outreach_analysis.intake.identity import KEY_FILE_VARIABLE, write_person_key

    where = path.expanduser().absolute()
    try:
        write_person_key(where)
    except FileExistsError:
        _stop(f"{path} exists already and is left as it is; with a new key nobody would be recognised", code=2)
    except OSError as error:
        _stop(f"{path} cannot be written: {error.strerror}", code=2)
    typer.echo(f"{where}: a new key, readable by you alone. Keep a copy away from the data, and name it to commands:")
    typer.echo(f"  export {KEY_FILE_VARIABLE}={shlex.quote(str(where))}")
    typer.echo(f'  setx {KEY_FILE_VARIABLE} "{where}"      (on Windows)')


def main() -> None:
    """Run the command; faults of the data folder end in one readable block and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        _stop("interrupted; nothing was written", code=130)


def _dataset(data: Path | None, progress: _Progress | None = None) -> Dataset:
    from outreach_analysis.bundled import bundled_data
    from outreach_analysis.contracts import ContractError
    from outreach_analysis.intake.dataset import read_dataset

    def told(done: int, total: int, name: str) -> None:
        if progress is not None:
            progress("reading", done, total, name)

    try:
        return read_dataset(data if data is not None else bundled_data("sample"), progress=told)
    except ContractError as error:
        _stop(str(error), code=1)


def _places(data: Path | None) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Gazetteer, other names and code system of a folder, or of the package where none is given."""
    from outreach_analysis.geography.areas import load_aliases, load_areas
    from outreach_analysis.settings import Settings

    if data is not None:
        dataset = _dataset(data)
        return dataset.gazetteer, dataset.aliases, dataset.settings.code_system
    settings = Settings()
    return load_areas("all", settings=settings), load_aliases(settings=settings), settings.code_system


def _analysis(data: Path | None, *, internal: bool, seed: int, progress: _Progress) -> Analysis:
    import numpy as np

    from outreach_analysis.reporting.analysis import analyse

    dataset = _dataset(data, progress)
    try:
        return analyse(
            dataset,
            internal=internal,
            rng=np.random.default_rng(seed),
            progress=lambda done, total, step: progress("computing", done, total, step),
        )
    except ValueError as error:
        _stop(str(error), code=1)


class _Progress:
    """A bar on standard error while something takes long; silent where nobody watches."""

    def __enter__(self) -> _Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[what]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, phase: str, done: int, total: int, what: str) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bar.add_task(phase, total=total, what=what)
        self._bar.update(self._tasks[phase], completed=done, total=total, what=what)


def _print_rows(rows: pd.DataFrame, format: Format, *, title: str) -> None:
    from outreach_analysis.reporting.exports import safe_cells

    if format is Format.CSV:
        typer.echo(safe_cells(rows).to_csv(index=False), nl=False)
    elif format is Format.JSON:
        typer.echo(rows.to_json(orient="records", date_format="iso", force_ascii=False, indent=1))
    else:
        _print_table(rows, title)


def _print_table(rows: pd.DataFrame, title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in rows.columns:
        table.add_column(escape(str(column)), justify="right" if rows[column].dtype.kind in "if" else "left")
    for row in rows.astype(object).where(rows.notna(), "").itertuples(index=False):
        table.add_row(*(escape(_cell(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _headers_taken(taken: pd.DataFrame) -> pd.DataFrame:
    """Each header once, with what it was taken for and in how many files; our own names left out."""
    foreign = taken[taken["how"] != "ours"]
    return foreign.groupby(["header", "column", "how"], as_index=False).agg(files=("file", "nunique"))


def _print_faults(rows: pd.DataFrame) -> None:
    """Problem rows as sentences, by what became of them: the worst first."""
    from outreach_analysis.contracts import FAILURE_COLUMNS, Failure

    for status in ("rejected", "review", "duplicate", "warning", "skipped"):
        found = rows[rows["status"] == status]
        if found.empty:
            continue
        typer.echo(f"\n{status} ({len(found)})")
        for record in found[list(FAILURE_COLUMNS)].astype(object).where(found.notna(), None).to_dict("records"):
            typer.echo(f"  {Failure(**{str(name): value for name, value in record.items()})}")


def _cell(value: object) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def _note(text: str, analysis: Analysis) -> None:
    mark = " SAMPLE DATA (SYNTHETIC)." if analysis.settings.synthetic else ""
    typer.echo(f"{text}.{mark}", err=True)


def _login() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        _stop("nobody is logged in by name; say who decided with --by", code=2)


def _stop(message: str, *, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise SystemExit(code)
