"""The application, its options, and what a command prints: rows, sentences, faults, and how it stops.

Nothing is printed but by `echo`, `print_rows` and `stop`: numbers of persons are masked there, whatever brought them.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from outreach_analysis.cli.edge import STANDARD_OUTPUT, is_ours, tell_place
from outreach_analysis.contracts import ContractError, OutreachError, RequestError
from outreach_analysis.masking import mask_identifiers

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.decisions.ranking import RankingResult
    from outreach_analysis.intake.dataset import Dataset
    from outreach_analysis.plan_study import PlanOptions
    from outreach_analysis.settings import Settings
    from outreach_analysis.study import Study


# --- The application and the options that its commands share: each means the same wherever it stands.


ORDER = (
    "init", "check", "review", "report", "rank", "plan", "brief", "decide", "record", "backtest", "impact", "audience",
    "origins", "resolve", "count", "offices", "areas", "notebooks", "keygen", "sample",
)  # fmt: skip
"""Commands as an office meets them: the folder first, then the answer, then what it rests on. One that is not named
follows the one that it is defined behind."""


@dataclass(slots=True)
class Run:
    """What holds for one run of the command, whichever it is."""

    sample: bool = False
    quiet: bool = False
    log: Path | None = None
    lang: str = "en"
    synthetic: bool | None = None


run = Run()
"""The run at hand."""

EVERYWHERE = ("--sample", "--quiet", "--version", "--log", "--lang")
"""Options of every command: they may stand before or behind its name."""


_LANGUAGE = "OUTREACH_LANG"
"""Environment variable of the language of messages."""

_UsageError: Any = typer.BadParameter.__base__


USAGE = (
    "Missing argument {name}.",
    "Missing option {name}.",
    "No such option: {name} (Possible options: {others})",
    "No such option: {name}",
    "No such command {name}. Did you mean {others}?",
    "No such command {name}.",
    "Got unexpected extra argument(s) ({words})",
    "Option {name} requires an argument.",
    "Invalid value for {name}: Value error, {value} is not one of {choices}.",
    "Invalid value for {name}: Input should be a valid integer, unable to parse string as an integer",
    "Invalid value for {name}: Input should be a valid number, unable to parse string as a number",
    "Invalid value for {name}: Input should be greater than or equal to {least}",
    "Invalid value for {name}: {why}",
)
"""What typer says of wrong use, the narrower first."""


@contextmanager
def _masked_usage() -> Iterator[None]:
    """Wrong use quotes what was typed: there, too, no number of a person stands; it is told in the run's language."""
    try:
        yield
    except _UsageError as error:
        error.message = mask_identifiers(error.message)
        if run.lang != "en" and type(error).show is _UsageError.show:
            error.show = partial(_show_usage, error)
        raise


def _show_usage(error: Any, file: Any = None) -> None:
    lines = []
    if error.ctx is not None:
        usage = error.ctx.get_usage().removeprefix("Usage: ")
        lines = [
            say("Usage: {usage}", usage=usage),
            say("See '{command}'.", command=f"{error.ctx.command_path} --help"),
        ]
    lines.append(say("Error: {why}", why=reworded(error.format_message(), USAGE)))
    typer.echo("\n".join(lines), file=file, err=True)


class InOrder(TyperGroup):
    """Commands in the order of `ORDER`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands, as help and completion show them."""
        at, places = 0, {}
        for name in super().list_commands(ctx):
            at = ORDER.index(name) if name in ORDER else at
            places[name] = at
        return sorted(places, key=places.__getitem__)

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
        return super().parse_args(ctx, self._everywhere_first(ctx, args))

    def _everywhere_first(self, ctx: Any, args: list[str]) -> list[str]:
        """The options of every command in front of its name, where the application takes them; --lang only where the
        command has none of its own, which is that of its page."""
        ours: list[str] = []
        rest: list[str] = []
        command: Any = self
        words = iter(args)
        for word in words:
            if word == "--":
                return [*ours, *rest, word, *words]
            name = word.partition("=")[0]
            own = any(name in parameter.opts for parameter in command.params) and command is not self
            if name not in EVERYWHERE or own:
                if isinstance(command, TyperGroup):
                    command = command.get_command(ctx, word) or command
                rest.append(word)
                continue
            ours.append(word)
            if word in ("--log", "--lang"):
                ours += [value for value in (next(words, None),) if value is not None]
            if name == "--lang":
                # of what is told of the other words, too
                run.lang = "id" if ours[-1].removeprefix("--lang=") == "id" else "en"
        return [*ours, *rest]

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the command line; what is told of it is masked, and in the language of the environment until another is
        read."""
        run.lang = "id" if os.environ.get(_LANGUAGE) == "id" else "en"
        with _masked_usage():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Run a command. One sentence ends it where what was asked cannot be (exit code 2), where the data break the
        contract, or the system does not give or take a file (1)."""
        run.lang = ctx.params["lang"]
        try:
            with _masked_usage():
                return super().invoke(ctx)
        except OutreachError as error:
            stop(error, code=2 if isinstance(error, RequestError) else 1)
        except OSError as error:
            if said := tell_place(error):
                stop(said, code=1)
            raise


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


class PageLanguage(StrEnum):
    """Language of one page or file."""

    ID = "id"
    EN = "en"


def say(sentence: str, **values: object) -> str:
    """A sentence in the language of the run, its `{named}` parts filled in."""
    if run.lang == "en":
        return sentence.format(**values)
    from outreach_analysis.report.words import Words

    return Words("id").say(sentence, **values)


def reworded(text: str, sentences: Iterable[str]) -> str:
    """A text that is one of these English sentences, its `{named}` parts filled in, in the language of the run."""
    for sentence in sentences:
        found = None if run.lang == "en" else _filled_in(sentence, text)
        if found is not None and found[0] == 0:
            return say(sentence, **found[1])
    return text


def _filled_in(sentence: str, text: str) -> tuple[int, dict[str, str]] | None:
    """Where a sentence begins that ends a text, and what stands there for its `{named}` parts; None for another one."""
    parts = re.split(r"(\{\w+\})", sentence)
    pattern = "".join("(.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    found = re.search(f"{pattern}$", text, re.DOTALL)
    return found and (found.start(), dict(zip((part[1:-1] for part in parts[1::2]), found.groups(), strict=True)))


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"outreach {version('outreach-analysis')}")
        raise typer.Exit


@app.callback()
def _begin(
    sample: Annotated[
        bool, typer.Option("--sample", help="Use the bundled sample, whose people are invented, and no folder.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No notes and no progress bar; faults are still told.")
    ] = False,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="File that what is said is added to, readable by you alone."),
    ] = None,
    lang: Annotated[
        PageLanguage,
        typer.Option("--lang", metavar="id|en", envvar=_LANGUAGE, help="Language of messages and of tables to read."),
    ] = PageLanguage.EN,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Where should the passport office's next pop-up go, and how sure are we?"""
    run.sample, run.quiet, run.log, run.lang, run.synthetic = sample, quiet, log, lang.value, None


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


def written_day(text: str) -> datetime:
    """A day of the command line, in any form that the office's lists write: 2026-12-06, 6/12/2026, 6 Desember 2026."""
    import pandas as pd

    from outreach_analysis.intake.dates import parse_dates

    day = parse_dates(pd.Series([text], dtype="str"), date_format="%d/%m/%Y").iloc[0]
    if pd.isna(day):
        raise typer.BadParameter(say("write a day such as 2026-12-06, 6/12/2026 or 6 Desember 2026"))
    return datetime(day.year, day.month, day.day)


DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        envvar="OUTREACH_DATA",
        help="Folder of the office, with outreach.toml and its lists. Default: on a terminal the bundled sample.",
    ),
]
OwnDataOption = Annotated[
    Path,
    typer.Option(
        "--data", metavar="FOLDER", envvar="OUTREACH_DATA", help="Folder of the office; the command writes into it."
    ),
]
PlacesDataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        envvar="OUTREACH_DATA",
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
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into; made if absent.")]
REPORTS = Path("reports")
OnOption = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        metavar="YYYY-MM-DD",
        parser=written_day,
        help="Day of the decision. Default: the last date in the data.",
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


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """A line of output or, with `err`, a note beside it; nothing in it moves a terminal's cursor or colours."""
    text = _CONTROL.sub("", text)
    if run.log is not None:
        from outreach_analysis.files import add_line

        # where it cannot be written, that is said without it
        log, run.log = run.log, None
        add_line(log, text)
        run.log = log
    if err and run.quiet:
        return
    try:
        typer.echo(text, err=err, nl=nl)
    except OSError as error:
        # of a full disk that the output goes to; whoever stopped reading is no fault
        if error.errno != errno.EPIPE:
            error.filename = STANDARD_OUTPUT
        raise


def told(path: Path) -> str:
    """A path as it is told: from the root, so that it can be found from anywhere, numbers of persons masked."""
    return mask_identifiers(str(path.absolute()))


def status_words(status: str) -> str:
    """What a forecast rests on, in the run's language; in English by its code."""
    if run.lang == "en":
        return status
    return {
        "prior_only": say("prior only"),
        "provisional": say("provisional"),
        "fitted": say("learned from past pop-ups"),
    }[status]


def exclusion_words(reason: str) -> str:
    """Why a place may not be visited next, in the run's language; in English by its code."""
    if run.lang == "en":
        return reason
    return {
        "interest_below": say("too few people interested"),
        "recently_visited": say("visited a short time ago"),
        "already_scheduled": say("already scheduled"),
        "outside_jurisdiction": say("outside the working area"),
        "closed": say("not open on the day of the question"),
        "no_free_day": say("no free day of an allowed kind"),
    }[reason]


def why_excluded(ranking: RankingResult, site: str) -> str:
    """Why one place may not be visited next."""
    return exclusion_words(str(ranking.excluded["reason"][site]))


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
    rows = _masked(rows)
    if format is not Format.TABLE and run.synthetic is not None:
        rows = rows.assign(synthetic=run.synthetic)

    if format is Format.CSV:
        echo(safe_cells(rows).to_csv(index=False), nl=False)
    elif format is Format.JSON:
        echo(rows.to_json(orient="records", date_format="iso", force_ascii=False, indent=1))
    else:
        _print_table(rows if table is None else table(rows), title)


def _masked(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without numbers of persons in their texts; codes of areas are none."""
    texts = [
        at
        for at, column in enumerate(rows.columns)
        if rows.dtypes.iloc[at].kind not in "biufM" and column not in _CODES
    ]
    rows = rows.copy()
    for at in texts:
        masked = [mask_identifiers(value) if isinstance(value, str) else value for value in rows.iloc[:, at]]
        rows.isetitem(at, masked)
    return rows.set_axis([mask_identifiers(str(name)) for name in rows.columns], axis=1)


_CODES = ("area_id", "parent_id")


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
        echo(f"\n{say(status)} ({len(found)})")
        if not every_row:
            causes = fold_causes(found)
            for cause in causes:
                if not cause.is_nothing_to_do:
                    echo(f"  {retold(cause.reason, cause.text)}")
            if settled := [cause for cause in causes if cause.is_nothing_to_do]:
                published = "; ".join(f"{cause.n} {say(FAULTS[cause.reason].label)}" for cause in settled)
                echo(fill(f"{say('nothing to do')}: {published}", NARROW, initial_indent="  ", subsequent_indent="  "))
            continue
        for record in found[list(FAILURE_COLUMNS)].astype(object).where(found.notna(), None).to_dict("records"):
            fault = Failure(**{str(name): value for name, value in record.items()})
            echo(f"  {retold(fault.reason, str(fault))}")


def retold(reason: str, text: str) -> str:
    """A text that ends in the sentence of a fault, with that sentence in the run's language."""
    from outreach_analysis.faults import FAULTS

    fault = FAULTS.get(reason)
    if run.lang == "en" or fault is None:
        return text
    found = _filled_in(f"{fault.problem}; {fault.remedy}", text)
    if found is None:
        return text
    begin, values = found
    return f"{text[:begin]}{say(fault.problem, **values)}; {say(fault.remedy, **values)}"


def print_account(files: pd.DataFrame, headers: pd.DataFrame, events: pd.DataFrame) -> None:
    """A folder's account on half a page: a line a file, the headers as a paragraph, the pop-ups in one sentence."""
    from textwrap import fill

    from outreach_analysis.measures.attendance import ENOUGH_PLACED, poorly_placed

    if len(files):
        echo(say("Rows by file: read = matched + review + rejected + duplicate + skipped"))
        counts = files.select_dtypes("number")
        by_file = counts.groupby(files["file"], sort=False).sum()
        sheets = files.groupby("file", sort=False).size()
        named = [str(file) + (" (" + say("{n} sheets", n=n) + ")" if n > 1 else "") for file, n in sheets.items()]
        heads = [say(str(name)) for name in counts.columns]
        width = max(map(len, named))
        echo(f"  {'':{width}}  " + "  ".join(heads))
        for name, row in zip(named, by_file.itertuples(index=False), strict=True):
            numbers = (f"{n:>{len(column)},}" for column, n in zip(heads, row, strict=True))
            echo(f"  {name:{width}}  " + "  ".join(numbers))
    if len(headers):
        echo("\n" + say("Which header was taken for what (in how many files)"))
        said = headers["header"] + headers["files"].map(lambda n: f" ({n})" if n > 1 else "")
        ignored = say("ignored")
        by_column = said.groupby(headers["column"].replace("", ignored)).agg(", ".join)
        ordered = by_column.loc[sorted(by_column.index, key=lambda column: (column == ignored, column))]
        published = "; ".join(f"{column}: {forms}" for column, forms in ordered.items())
        echo(fill(published, NARROW, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    if len(events):
        share = events.set_index("event_id")["placed_share"].astype(float)
        low = poorly_placed(share)
        held = say("1 pop-up held") if len(events) == 1 else say("{n} pop-ups held", n=len(events))
        under = say("under {share}", share=f"{ENOUGH_PLACED:.0%}")
        below = f"; {under}: {', '.join(low)}" if low else ""
        shares = {"low": f"{share.min():.1%}", "high": f"{share.max():.1%}"}
        echo(f"\n{held}; " + say("known kecamatan of their applicants: {low} to {high}", **shares) + below)


def _print_table(rows: pd.DataFrame, title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    for column in rows.columns:
        justify: Any = "right" if rows[column].dtype.kind in "if" else "left"
        table.add_column(escape(_heading(str(column))), justify=justify)
    for row in rows.astype(object).where(rows.notna(), "").itertuples(index=False):
        table.add_row(*(escape(_cell(value)) for value in row))
    width = NARROW if len(rows.columns) <= NARROW_COLUMNS else WIDE
    console = Console(width=None if sys.stdout.isatty() else width)
    with console.capture() as shown:
        console.print(table)
    echo(shown.get(), nl=False)


def _heading(column: str) -> str:
    """A column's name in the run's language: by the words for it here, else by the word that heads it in the report."""
    words = VALUES | HEADINGS
    if run.lang != "en" and column in words:
        return say(words[column]).lower()
    heading = column.replace("_", " ").capitalize()
    word = say(heading)
    return column if word == heading else word.lower()


HEADINGS = {name: name for name in (
    "rank", "name", "additional", "all who come", "best (costs)", "first day", "note", "days", "people",
    "hours", "day", "why", "team", "text", "area", "level", "score", "suggestions", "date", "place", "came",
    "median", "inside", "applicants", "category", "group", "of", "share", "month", "file", "sheet", "header",
    "column", "files", "residents", "pop-up", "series", "km, half within", "new passports, %", "hypothesis",
    "probability", "gained", "areas", "status", "fault", "programme", "row", "value", "how", "read", "matched",
    "review", "rejected", "duplicate", "skipped",
)} | {
    "cost_rupiah": "cost (rupiah)", "ci_low": "lowest", "ci_high": "highest", "low": "lowest", "high": "highest",
    "events": "pop-ups", "people an event": "people a pop-up", "sites": "places", "fact": "what to find out",
    "p_change": "chance that it changes the plan", "without_point": "without a point", "official": "official borders",
    "indicative": "drawn borders", "estimate": "number", "placed_share": "kecamatan known", "number": "Letter",
    "unplaced": "place not known", "forecast_on": "forecast on", "asked": "On the letter",
    "meets": "More than the minimum",
}  # fmt: skip
"""Columns of tables to read that the report does not head by their names, and the words that head them."""
VALUES = {name: name for name in (
    "proposed", "may be best", "(none)", "beyond", "outside the province", "place not known", "total",
    "unknown", "held", "planned", "cancelled", "failed", "weekend", "holiday", "workday", "new", "replacement",
    "ignored", "joined", "outside", "exact",
)} | {"True": "yes", "False": "no"}  # fmt: skip
"""Codes and groups in cells of tables to read, and the words that stand for them."""
OUTCOMES = ("stops", "rejected", "review", "warning", "duplicate", "skipped")
"""What becomes of rows."""


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = str(value)
        return say(VALUES[text]) if run.lang != "en" and text in VALUES else text
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}"


def _told(why: str | Exception) -> str:
    if not isinstance(why, RequestError):
        return str(why)
    if why.parts:
        return "\n".join(map(_told, why.parts))
    return say(why.sentence, **why.values) if why.sentence else str(why)


def stop(why: str | Exception, *, code: int, masked: bool = False) -> NoReturn:
    """Say why on standard error and end with this exit code; `masked` where no number of a person can stand in it."""
    # the numbers of rows in a list of faults are none of persons, and all else in it is masked
    if isinstance(why, ContractError) and run.lang != "en":
        head = say("{n} fault(s) in the data folder:", n=len(why.items))
        text = "\n".join([head, *(f"  - {retold(item.reason, str(item))}" for item in why.items)])
    else:
        text = str(why) if isinstance(why, ContractError) else _told(why) if masked else mask_identifiers(_told(why))
    quiet, run.quiet = run.quiet, False
    echo(text, err=True)
    run.quiet = quiet
    raise SystemExit(code)


# --- What most commands begin with: the folder read, the chain run, a bar while that takes long.


def folder_or_sample(data: Path | None) -> Path | None:
    """The folder that was named; None for the bundled sample, which no script gets by forgetting to name a folder."""
    if run.sample:
        return None
    if data is None and not sys.stdout.isatty():
        stop(
            say("name the office's folder by --data FOLDER or OUTREACH_DATA; --sample takes the bundled sample"), code=2
        )
    return data


def read_folder(data: Path | None, progress: Progress) -> Dataset:
    """The dataset of a folder, or of the bundled sample."""
    from outreach_analysis.files import bundled_data
    from outreach_analysis.intake.dataset import read_dataset

    data = folder_or_sample(data)
    source = data if data is not None else bundled_data("sample")
    dataset = read_dataset(source, progress=partial(progress, "reading"))
    run.synthetic = dataset.settings.synthetic
    return dataset


def place_tables(data: Path | None) -> tuple[pd.DataFrame, pd.DataFrame, Settings]:
    """Gazetteer, other names and settings of a folder, whatever stands of its lists, or of the package."""
    from outreach_analysis.geography.areas import load_aliases, load_areas
    from outreach_analysis.intake.dataset import read_places
    from outreach_analysis.settings import Settings

    if data is None:
        settings = Settings()
        return load_areas("all", settings=settings), load_aliases(settings=settings), settings
    places, settings = read_places(data)
    run.synthetic = settings.synthetic
    return places.gazetteer, places.aliases, settings


def studied(
    data: Path | None,
    *results: str,
    internal: bool,
    seed: int = 1,
    progress: Progress,
    options: PlanOptions | None = None,
    requests: bool = False,
) -> Study:
    """The study of a folder with the `results` that a command asks for made under the bar, numbers of people rounded
    unless `internal`; with `requests` the places of open letters are candidates too. Options that cannot be met by any
    data end the command as wrong use."""
    from outreach_analysis.files import cache_folder
    from outreach_analysis.geography.travel import TravelServerWarning
    from outreach_analysis.office_logs import last_decision, saved_forecasts
    from outreach_analysis.study import Study

    data = folder_or_sample(data)
    dataset = read_folder(data, progress)
    with warnings.catch_warnings(record=True, category=TravelServerWarning, action="always") as published:
        try:
            study = Study(
                dataset,
                internal=internal,
                cache=cache_folder("backtests"),
                options=options,
                decision=None if data is None else last_decision(data, dataset.settings),
                forecasts=None if data is None else saved_forecasts(data, dataset.settings),
                rng=seed,
                progress=partial(progress, "asking for travel"),
            )
            study = study.with_requests() if requests else study
            for done, result in enumerate(results):
                progress("computing", done, len(results), result)
                getattr(study, result)
        except RequestError as error:
            stop(error, code=1 if options is None else 2)
    for warning in published:
        if is_ours(warning.category):
            echo(str(warning.message), err=True)
    return study


def print_note(text: str, settings: Settings, *, internal: bool = False) -> None:
    """One line on standard error, with marks where the data are synthetic or the numbers exact."""
    marks = [f" {say('SAMPLE DATA (SYNTHETIC)')}."] if settings.synthetic else []
    if internal:
        marks.append(f" {say('INTERNAL: exact numbers, not for publication')}.")
    echo(f"{text}.{''.join(marks)}", err=True)


class Progress:
    """A bar on standard error from the first moment of a command until it prints; silent where nobody watches."""

    _bar: Any = None

    def __enter__(self) -> Progress:
        if run.quiet or not sys.stderr.isatty():
            return self
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[what]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, Any] = {}
        self._bar.start()
        self._tasks["starting"] = self._bar.add_task("starting", total=None, what="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, phase: str, done: int, total: int | None, what: str) -> None:
        """Move the bar of a phase, made at its first call; without a total it says only that something goes on."""
        if self._bar is None:
            return
        if "starting" in self._tasks:
            self._bar.remove_task(self._tasks.pop("starting"))
        if phase not in self._tasks:
            self._tasks[phase] = self._bar.add_task(phase, total=total, what=what)
        self._bar.update(self._tasks[phase], completed=done, total=total, what=what)
