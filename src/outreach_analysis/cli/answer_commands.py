"""Commands that answer: report, ranking, brief, past forecasts, impact, audience, records, all offices."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import (
    REPORTS,
    DataOption,
    Format,
    FormatOption,
    InternalOption,
    LanguagesOption,
    OutOption,
    OwnDataOption,
    Progress,
    ReportLanguage,
    SeedOption,
    app,
    echo,
    exclusion_words,
    folder_or_sample,
    print_note,
    print_rows,
    read_folder,
    run,
    say,
    status_words,
    stop,
    studied,
    told,
    why_excluded,
)
from outreach_analysis.contracts import ContractError, RequestError
from outreach_analysis.masking import mask_identifiers

if TYPE_CHECKING:
    from outreach_analysis.report.page import OfficePage

REPORTED = (
    "costs", "reach", "coverage", "need", "forecast", "impact", "backtest", "ranking", "planning", "hypotheses",
)  # fmt: skip
"""What the report takes longest for, in the order in which the bar names it."""


SiteArgument = Annotated[str, typer.Argument(help="Id of the place, as in sites.csv or `outreach rank`.")]


# --- The commands that answer the question: report and rank.


@app.command(
    short_help="Write the manager's report",
    epilog="Example: outreach report --lang both --data my-office --out reports",
)
def report(
    *,
    data: DataOption = None,
    out: OutOption = REPORTS,
    lang: LanguagesOption = ReportLanguage.ID,
    card: Annotated[
        bool, typer.Option("--card", help="Also the answer as a picture of 1080 x 1350 for a phone. Default: not.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also the decision on two printed pages. Default: not.")] = False,
    internal: InternalOption = False,
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive", help="With figures to zoom and pan as well: a file of 3 MB, slow on a phone. Default: not."
        ),
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without any script, for mail that lets none through. Default: with.")
    ] = False,
    seed: SeedOption = 1,
) -> None:
    """Write the manager's report: one offline HTML file a language; with --card and --pdf what can be handed on, made
    by a Chromium, Chrome or Edge of this machine."""
    if interactive and plain:
        stop(say("--interactive needs scripts and --plain has none: give one of them"), code=2)
    with Progress() as progress:
        from outreach_analysis.report.handouts import BrowserError, write_card, write_printed
        from outreach_analysis.report.page import write_report
        from outreach_analysis.report.words import LANGUAGES

        langs = [language for language in LANGUAGES if lang.value in (language, "both")]
        analysis = studied(data, *REPORTED, internal=internal, seed=seed, progress=progress)
        progress("report", 0, len(langs), ", ".join(langs))
        paths = write_report(analysis, out, langs=langs, interactive=interactive, plain=plain, made_on=dt.date.today())
        faults = []
        for write in [*([write_card] if card else []), *([write_printed] if pdf else [])]:
            try:
                paths += write(analysis, out, langs=langs, made_on=dt.date.today())
            except BrowserError as error:
                faults.append(str(error))
    for path in paths:
        echo(f"{told(path)} ({path.stat().st_size / 1e6:.1f} MB)")
    if faults:
        stop("\n".join(dict.fromkeys(faults)), code=1)


@app.command(
    short_help="Write one page for the team that goes to a place",
    epilog="Example: outreach brief MALL --data my-office --out briefs",
)
def brief(
    site: SiteArgument,
    *,
    data: DataOption = None,
    out: OutOption = REPORTS,
    lang: LanguagesOption = ReportLanguage.ID,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Write one printable page for the team that goes to a place."""
    with Progress() as progress:
        from outreach_analysis.report.handouts import write_brief
        from outreach_analysis.report.words import LANGUAGES

        langs = [language for language in LANGUAGES if lang.value in (language, "both")]
        analysis = studied(data, "ranking", "planning", internal=internal, seed=seed, progress=progress)
    for path in write_brief(analysis, site, out, langs=langs):
        echo(told(path))


@app.command(
    short_help="Draft the nota dinas and the letter to the venue",
    epilog="Example: outreach letter MALL --data my-office --out letters",
)
def letter(site: SiteArgument, *, data: DataOption = None, out: OutOption = REPORTS, seed: SeedOption = 1) -> None:
    """Draft, in Indonesian, the nota dinas that proposes a pop-up and the letter to its venue."""
    from outreach_analysis.report.handouts import LETTERS

    _draft(site, LETTERS, data=data, out=out, seed=seed)


@app.command(
    short_help="Draft the announcement of a pop-up",
    epilog="Example: outreach announce MALL --data my-office --out letters",
)
def announce(site: SiteArgument, *, data: DataOption = None, out: OutOption = REPORTS, seed: SeedOption = 1) -> None:
    """Draft, in Indonesian, the announcement of a pop-up: day, place, quota and what to bring."""
    from outreach_analysis.report.handouts import ANNOUNCEMENT

    _draft(site, ANNOUNCEMENT, data=data, out=out, seed=seed)


def _draft(site: str, templates: Mapping[str, str], *, data: Path | None, out: Path, seed: int) -> None:
    """Write drafts for a place and name what the office must fill in, and what speaks against sending them yet."""
    with Progress() as progress:
        from outreach_analysis.report.handouts import write_letters

        analysis = studied(data, "ranking", "planning", internal=False, seed=seed, progress=progress)
    for draft in write_letters(analysis, site, out, templates):
        echo(told(draft.path))
        echo(say("to fill in") + f": {', '.join(draft.holes)}", err=True)
    if site not in set(analysis.scheduled["site_id"]):
        echo(say("note: the day is a proposal; events.csv has no announced pop-up there"), err=True)
        if site in analysis.ranking.excluded.index:
            why = why_excluded(analysis.ranking, site)
            echo(say("note: a rule keeps this place out: {reason}", reason=why), err=True)
    print_note(say("data up to {day}", day=analysis.as_of), analysis.settings)


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
        from outreach_analysis.exports import ranking_rows, ranking_table

        analysis = studied(data, "ranking", internal=internal, seed=seed, progress=progress)
    ranking = analysis.ranking
    title = say("Places for the next pop-up ({status})", status=status_words(ranking.status))
    print_rows(ranking_rows(ranking).head(top), format, title=title, table=ranking_table)
    if len(ranking.excluded):
        by_reason = ranking.excluded.groupby("reason", sort=False).groups
        kept_out = "; ".join(f"{exclusion_words(str(why))}: {', '.join(sites)}" for why, sites in by_reason.items())
        left_out = say("left out, each by a rule of the settings")
        nobody = say("no place may be visited now, each by a rule of the settings")
        echo(f"{left_out if len(ranking.by_site) else nobody}; {kept_out}", err=True)
    recommended = ranking.recommended or say("none")
    print_note(
        say(
            "recommended: {site}; status: {status}; as of {day}",
            site=recommended,
            status=status_words(ranking.status),
            day=analysis.as_of,
        ),
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
        stop(say("{file}: a table is written as .csv or .xlsx", file=out.name), code=2)
    with Progress() as progress:
        from outreach_analysis.exports import origin_table, write_table
        from outreach_analysis.measures.small_numbers import SuppressionError
        from outreach_analysis.office_logs import publish_origins

        data = folder_or_sample(data)
        dataset = read_folder(data, progress)
        progress("leaving out small numbers", 0, None, "")
        try:
            # what leaves an office is written down, so that the next table gives nothing away beside it
            published = origin_table(dataset) if data is None else publish_origins(data, dataset)
        except SuppressionError as error:
            stop(error, code=1)
    rows = published.table.rename_axis("area").reset_index()
    if out is None:
        if format is Format.TABLE:
            rows = published.table.T.rename_axis("pop-up").reset_index()
        print_rows(rows, format, title=say("People by kabupaten and pop-up; empty: left out"))
        return
    write_table(out, rows, sheet="origins")
    echo(told(out))


# --- The commands that show what the model has learned: how the forecast did on past events.


@app.command(
    short_help="Forecast past pop-ups unseen, and compare",
    epilog="Example: outreach backtest --data my-office --forward",
)
def backtest(
    data: DataOption = None,
    forward: Annotated[
        bool, typer.Option("--forward", help="Forecast each only from those before its day. Default: from all others.")
    ] = False,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Forecast each past pop-up without having seen it, and compare with what came."""
    with Progress() as progress:
        study = studied(data, "backtest", internal=internal, seed=seed, progress=progress)
        import pandas as pd

        from outreach_analysis.report.topics.turnout import BACKTEST_COLUMNS, published_events

        rows = published_events(study, scheme="forward" if forward else "leave_one_out")
    columns = list(BACKTEST_COLUMNS)
    if rows is None:
        rows = pd.DataFrame(columns=columns).set_index("event_id")
    before = say("Past pop-ups, each forecast from the pop-ups before it")
    others = say("Past pop-ups, each forecast from all others")
    rows = rows.reset_index()[columns].round({"median": 1, "ci_low": 1, "ci_high": 1})
    print_rows(rows, format, title=before if forward else others)
    inside, n = study.backtest.coverage("forward" if forward else "leave_one_out")
    note = say("{inside} of {n} past events fell inside their 90 % interval", inside=inside, n=n)
    print_note(note, study.settings, internal=internal)


# --- The commands on people: whom pop-ups reach, whether they worked, and what came to a pop-up that was forecast.


class AudienceTable(StrEnum):
    """What is told of the audience."""

    CHANNELS = "channels"
    APPLICATIONS = "applications"
    AGES = "ages"
    UPTAKE = "uptake"
    DAYS = "days"
    SERIES = "series"


def _audience_words() -> dict[AudienceTable, str]:
    """What the tables are about, in the run's language."""
    return {
        AudienceTable.CHANNELS: say("how they heard of it"),
        AudienceTable.APPLICATIONS: say("what they applied for"),
        AudienceTable.AGES: say("their age"),
        AudienceTable.UPTAKE: say("uptake"),
        AudienceTable.DAYS: say("working days"),
        AudienceTable.SERIES: say("series"),
    }


@app.command(short_help="Whom pop-ups reach", epilog="Example: outreach audience --table series --data my-office")
def audience(
    data: DataOption = None,
    table: Annotated[
        AudienceTable,
        typer.Option(
            "--table", metavar="NAME", help="What is told: channels, applications, ages, uptake, days or series."
        ),
    ] = (AudienceTable.CHANNELS),
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
) -> None:
    """Whom pop-ups reach: how they heard of it, what they applied for, their age, when they came."""
    with Progress() as progress:
        from outreach_analysis.exports import audience_rows, series_table

        result = {AudienceTable.DAYS: "working_days", AudienceTable.SERIES: "series"}.get(table, "audience")
        study = studied(data, result, internal=internal, progress=progress)
        try:
            rows = audience_rows(study, table.value)
        except RequestError as error:
            stop(error, code=1)
    title = say("Pop-up applicants") + f": {table.value if run.lang == 'en' else _audience_words()[table]}"
    narrow = series_table if table is AudienceTable.SERIES else None
    print_rows(rows, format, title=title, table=narrow)
    note = say("shares of those who came, 90 % intervals; an association, no more")
    print_note(note, study.settings, internal=internal)


@app.command(
    short_help="Did it work: who would have come to the office anyway",
    epilog="Example: outreach impact --data my-office",
)
def impact(
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Did it work: how many pop-up applicants would have come to the office anyway, or why that cannot be told."""
    with Progress() as progress:
        study = studied(data, "impact", internal=internal, seed=seed, progress=progress)
        found = study.impact
    if format is Format.TABLE:
        for sentence in found.text(lang="id" if run.lang == "id" else "en"):
            echo(sentence)
        # the sentences say in words what the status says to programs
        note = f"status: {found.status}" if run.lang == "en" else say("data up to {day}", day=study.as_of)
        print_note(note, study.settings, internal=internal)
        return
    rows = found.summary().rename_axis("what").reset_index()
    if not found.gate_passed:
        rows = rows.assign(estimate=None, ci_low=None, ci_high=None)
    print_rows(rows.assign(status=found.status).round({"estimate": 3, "ci_low": 3, "ci_high": 3}), format, title="")


@app.command(
    short_help="Save a forecast before a pop-up, add its list after it",
    epilog="Example: outreach record JB-2026-11 daftar.csv --data my-office",
)
def record(
    *,
    event: Annotated[str, typer.Argument(help="Id of the event, as in events.csv.")],
    applicants: Annotated[
        Path | None, typer.Argument(help="Its list of applicants. Without one, the forecast of today is saved.")
    ] = None,
    data: OwnDataOption,
    format: FormatOption = Format.TABLE,
    seed: SeedOption = 1,
) -> None:
    """Before a pop-up: save its forecast. After it: add its list, and compare with what had been saved."""
    if applicants is None:
        _save(data, event, seed=seed)
    else:
        _compare(data, event, applicants, format)


def _save(data: Path, event: str, *, seed: int) -> None:
    with Progress() as progress:
        from outreach_analysis.office_logs import save_forecast

        analysis = studied(data, "forecast", internal=False, seed=seed, progress=progress)
    from outreach_analysis.event_kinds import event_days, is_popup, took_place

    events = analysis.dataset.events
    if event not in events.index:
        raise RequestError.in_words("{event} is not in events.csv; add it with its place and date first", event=event)
    if not is_popup(events)[event]:
        raise RequestError.in_words("{event} is an opening at the office, for which nothing is forecast", event=event)
    if took_place(events)[event]:
        raise RequestError.in_words(
            "{event} was held already; a forecast saved now would not have been made before it", event=event
        )
    path = save_forecast(data, analysis.forecast, settings=analysis.settings, seed=seed)
    row = analysis.forecast.by_site.loc[[str(events["site_id"][event])]].iloc[0]
    n_days = int(event_days(events)[event])
    expected = {"people": f"{row['median']:.0f}", "low": f"{row['ci_low']:.0f}", "high": f"{row['ci_high']:.0f}"}
    if n_days > 1:
        expects = say("{people} people expected at {event} on each of its {days} days (90 % range {low} to {high})",
                      event=event, days=n_days, **expected)  # fmt: skip
    else:
        expects = say("{people} people expected at {event} (90 % range {low} to {high})", event=event, **expected)
    # its name is a day and a fingerprint, which together look like a number of a person
    echo(f"{os.path.join(told(path.parent), path.name)}: {expects}")


def _compare(data: Path, event: str, applicants: Path, format: Format) -> None:
    with Progress() as progress:
        from outreach_analysis.office_logs import record_event, saved_forecasts
        from outreach_analysis.study import Study

        dataset = record_event(data, event, applicants, settings=read_folder(data, progress).settings)
        found = Study(dataset, forecasts=saved_forecasts(data, dataset.settings)).saved
    came = int((dataset.applicants["event_id"] == event).sum())
    echo(say("{event}: {n} applicants added", event=event, n=came), err=True)
    if found is None or event not in found.by_event.index:
        echo(
            say("no forecast of its place was saved before {event}, so nothing can be compared", event=event), err=True
        )
    if found is not None and len(found.by_event):
        print_rows(
            found.by_event.reset_index()[
                ["event_id", "forecast_on", "median", "ci_low", "ci_high", "came", "days", "inside"]
            ].round({"median": 1, "ci_low": 1, "ci_high": 1}),
            format,
            title=say("Forecasts saved before pop-ups, and who came"),
        )


# --- The command for a directorate: the report of every office below a folder, and one page with all side by side.


SETTINGS_FILE = "outreach.toml"
NUMBERS_FILE = "office.json"
_LINES_TOLD = 12
_NAMED = 3


@app.command(
    short_help="Report every office of a folder, and compare them",
    epilog="Example: outreach offices offices --out reports",
)
def offices(
    *,
    directory: Annotated[Path, typer.Argument(help="Folder with a folder of each office below it.")],
    out: OutOption = REPORTS,
    lang: LanguagesOption = ReportLanguage.ID,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="NUMBER", min=1, help="Offices at a time. Default: as many as cores.")
    ] = os.cpu_count() or 1,
    seed: SeedOption = 1,
    stamp: Annotated[
        str, typer.Option("--stamp", metavar="STAMP", hidden=True, help="Only this office. Default: none.")
    ] = "",
) -> None:
    """Write the report of every office folder below a folder, and index.html with all of them side by side. An office
    that cannot be read stops no other; what was done is not done again while its folder stays as it is."""
    langs = ["id", "en"] if lang is ReportLanguage.BOTH else [lang.value]
    if stamp:
        _write_one(directory, out, langs, seed, stamp)
        return
    if not directory.is_dir():
        stop(say("{path} is not a folder", path=told(directory)), code=2)
    found, others = office_folders(directory, besides=out)
    if not found:
        stop(
            say(
                "below {path} is no office: no folder with {file}; `outreach init` makes one",
                path=told(directory),
                file=SETTINGS_FILE,
            ),
            code=2,
        )
    failures = dict.fromkeys(others, say("no office: it has no {file}; `outreach init` makes one", file=SETTINGS_FILE))
    failures |= refused_claims(directory, found)
    tasks = [
        Task(folder=folder, out=out / folder.relative_to(directory), langs=tuple(langs), seed=seed)
        for folder in found
        if folder not in failures
    ]
    out.mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        for done, (task, why) in enumerate(run_tasks(tasks, jobs), start=1):
            progress("offices", done, len(tasks), mask_identifiers(task.folder.name))
            if why:
                failures[task.folder] = why
    pages = [_page(directory, folder, failures, tasks) for folder in sorted([*found, *others])]
    for path in write_national(out, pages, langs):
        echo(f"{told(path)} ({path.stat().st_size / 1e6:.1f} MB)")
    for page in pages:
        if page.failure:
            echo(f"{page.folder}: {page.failure}", err=True)
    if failures:
        stop(say("{n} of {all} offices could not be reported", n=len(failures), all=len(pages)), code=1)


def office_folders(root: Path, *, besides: Path) -> tuple[list[Path], list[Path]]:
    """Folders of offices below a folder, and folders right below it that hold none; the folder of the pages apart."""
    found: list[Path] = []
    for folder, below, files in os.walk(root):
        own = {name for name in below if (Path(folder) / name).absolute() == besides.absolute()}
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in own)
        if SETTINGS_FILE in files:
            found.append(Path(folder))
            below.clear()
    children = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    children = [path for path in children if path.absolute() != besides.absolute()]
    return found, [path for path in children if not any(office.is_relative_to(path) for office in found)]


def refused_claims(root: Path, folders: Sequence[Path]) -> dict[Path, str]:
    """Offices whose areas cannot be read, and those that claim an area that another claims, each with the reason."""
    from outreach_analysis.intake.dataset import read_claims

    refused: dict[Path, str] = {}
    names: dict[str, str] = {}
    claims: dict[str, list[Path]] = {}
    for folder in folders:
        try:
            areas = read_claims(folder)
        except ContractError as error:
            refused[folder] = str(error)
            continue
        for area_id, name in areas.items():
            names[str(area_id)] = str(name)
            claims.setdefault(str(area_id), []).append(folder)
    twice = {area_id: some for area_id, some in claims.items() if len(some) > 1}
    for folder in dict.fromkeys(folder for some in twice.values() for folder in some):
        ours = [area_id for area_id, some in twice.items() if folder in some]
        others = sorted({mask_identifiers(str(one.relative_to(root))) for area_id in ours for one in twice[area_id]}
                        - {mask_identifiers(str(folder.relative_to(root)))})  # fmt: skip
        which = ", ".join(f"{names[area_id]} ({area_id})" for area_id in ours[:_NAMED])
        if len(ours) > _NAMED:
            which = say("{names} and {n} more", names=which, n=len(ours) - _NAMED)
        refused[folder] = say(
            "claims {which}, as {others} does; name each area in the [areas] jurisdiction of one",
            which=which,
            others=", ".join(others),
        )
    return refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One office to report: its folder, where its pages go, and how."""

    folder: Path
    out: Path
    langs: tuple[str, ...]
    seed: int

    def stamp(self) -> str:
        """A number for all that the pages are made of: another stands for another folder, program or question."""
        read = hashlib.sha256(f"{version('outreach-analysis')} {self.langs} {self.seed}".encode())
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                read.update(f"{path.relative_to(self.folder).as_posix()} {content}\n".encode())
        return read.hexdigest()

    def is_done(self, stamp: str) -> bool:
        """Whether everything stands there that a run would write."""
        written = _numbers(self.out)
        pages = all((self.out / f"outreach-{lang}.html").is_file() for lang in self.langs)
        return pages and written is not None and written.get("stamp") == stamp

    def command(self, stamp: str) -> list[str]:
        """The command that does it, in a process of its own: whatever happens there stays there."""
        lang = "both" if len(self.langs) > 1 else self.langs[0]
        asked = [str(self.folder), "--out", str(self.out), "--lang", lang, "--seed", str(self.seed), "--stamp", stamp]
        return [sys.executable, "-m", "outreach_analysis", "offices", *asked]


def run_tasks(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, str]]:
    """Each task as it ends, with the reason where it failed; those that were done before come first."""
    waiting = []
    for task in tasks:
        try:
            stamp = task.stamp()
        except OSError as error:
            yield task, say("a file cannot be read: {why}", why=error.strerror)
            continue
        if task.is_done(stamp):
            yield task, ""
        else:
            waiting.append((task, stamp))
    running: list[tuple[Task, subprocess.Popen[bytes], IO[bytes]]] = []
    with ExitStack() as until_the_end:
        while waiting or running:
            while waiting and len(running) < jobs:
                task, stamp = waiting.pop(0)
                said = until_the_end.enter_context(tempfile.TemporaryFile())
                process = subprocess.Popen(task.command(stamp), stdout=subprocess.DEVNULL, stderr=said)
                until_the_end.callback(_end, process)
                running.append((task, process, said))
            time.sleep(0.1)
            for one in [one for one in running if one[1].poll() is not None]:
                running.remove(one)
                yield one[0], _why(one[1].returncode, one[2])


def _end(process: subprocess.Popen[bytes]) -> None:
    """No process outlives the run that it is part of."""
    if process.poll() is None:
        process.terminate()
        process.wait()


def _why(code: int, said: IO[bytes]) -> str:
    """Why a process failed, in its own last words; blank where it did not."""
    if code == 0:
        return ""
    said.seek(0)
    lines = [line for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    if len(lines) > _LINES_TOLD:
        rest = say("... {n} more lines; `outreach check` shows all", n=len(lines) - _LINES_TOLD)
        lines = [*lines[:_LINES_TOLD], rest]
    return "\n".join(lines) or say(
        "the program ended without a word (exit code {code}); is there enough memory? Try --jobs 1", code=code
    )


def _write_one(folder: Path, out: Path, langs: Sequence[str], seed: int, stamp: str) -> None:
    """The report of one office, and last of all its numbers: where they stand, everything does."""
    from outreach_analysis.files import replace_file
    from outreach_analysis.report.page import OfficeNumbers, write_report
    from outreach_analysis.report.words import LANGUAGES

    with Progress() as progress:
        study = studied(folder, *REPORTED, internal=False, seed=seed, progress=progress)
        write_report(study, out, langs=[lang for lang in LANGUAGES if lang in langs])
        content = {"stamp": stamp, "numbers": OfficeNumbers.of(study).to_json()}
    replace_file(out / NUMBERS_FILE, json.dumps(content, ensure_ascii=False, indent=1))


def _numbers(out: Path) -> Mapping[str, object] | None:
    """What was written of an office; None where nothing whole was."""
    try:
        read = json.loads((out / NUMBERS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _page(root: Path, folder: Path, failures: Mapping[Path, str], tasks: Sequence[Task]) -> OfficePage:
    """An office on the national page."""
    from outreach_analysis.report.page import OfficeNumbers, OfficePage

    name = mask_identifiers(folder.relative_to(root).as_posix())
    if folder in failures:
        return OfficePage(folder=name, failure=failures[folder])
    (task,) = (task for task in tasks if task.folder == folder)
    written = json.loads((task.out / NUMBERS_FILE).read_text(encoding="utf-8"))
    return OfficePage(folder=name, numbers=OfficeNumbers.from_json(written["numbers"]))


def write_national(out: Path, pages: Sequence[OfficePage], langs: Sequence[str]) -> list[Path]:
    """`index.html`, and of two languages the English page beside it."""
    from outreach_analysis.files import replace_file
    from outreach_analysis.report.page import render_national
    from outreach_analysis.report.words import LANGUAGES

    names = {lang: "index.html" if lang == langs[0] else f"index-{lang}.html" for lang in langs}
    written = []
    for lang in LANGUAGES:
        if lang in names:
            other = next((name for other, name in names.items() if other != lang), "")
            replace_file(out / names[lang], render_national(pages, lang=lang, other=other))
            written.append(out / names[lang])
    return written
