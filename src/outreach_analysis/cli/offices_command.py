"""The command for a directorate: the report of every office below a folder, and one page with all side by side."""

from __future__ import annotations

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
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.answer_commands import REPORTED
from outreach_analysis.cli.application import LanguagesOption, ReportLanguage, SeedOption, app, echo, say, stop, told
from outreach_analysis.cli.loading import Progress, studied
from outreach_analysis.contracts import ContractError
from outreach_analysis.masking import mask_identifiers

if TYPE_CHECKING:
    from outreach_analysis.report.page import OfficePage

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
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the pages; made if absent.")] = Path(
        "reports"
    ),
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
