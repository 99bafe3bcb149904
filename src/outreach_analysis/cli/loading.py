"""What most commands begin with: the folder read, the chain run, a bar while that takes long."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach_analysis.cli.application import echo, run, say, stop
from outreach_analysis.cli.edge import is_ours
from outreach_analysis.contracts import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.contracts import ContractError
    from outreach_analysis.decisions.ranking import Decision
    from outreach_analysis.intake.dataset import Dataset
    from outreach_analysis.plan_study import PlanOptions
    from outreach_analysis.settings import Settings
    from outreach_analysis.study import Study


def read_folder(data: Path | None, progress: Progress | None = None) -> Dataset:
    """The dataset of a folder, or the bundled sample; a broken folder ends the command with every fault."""
    from outreach_analysis.contracts import ContractError

    read = read_account(data, progress)
    if isinstance(read, ContractError):
        stop(read, code=1)
    return read


def folder_or_sample(data: Path | None) -> Path | None:
    """The folder that was named; None for the bundled sample, which no script gets by forgetting to name a folder."""
    if run.sample:
        return None
    if data is None and not sys.stdout.isatty():
        stop(
            say("name the office's folder by --data FOLDER or OUTREACH_DATA; --sample takes the bundled sample"), code=2
        )
    return data


def read_account(data: Path | None, progress: Progress | None = None) -> Dataset | ContractError:
    """The dataset of a folder, or of the bundled sample; else what stands in its way."""
    from outreach_analysis.contracts import ContractError
    from outreach_analysis.files import bundled_data
    from outreach_analysis.intake.dataset import read_dataset

    def published(done: int, total: int, name: str) -> None:
        if progress is not None:
            progress("reading", done, total, name)

    data = folder_or_sample(data)
    try:
        dataset = read_dataset(data if data is not None else bundled_data("sample"), progress=published)
    except ContractError as error:
        return error
    run.synthetic = dataset.settings.synthetic
    return dataset


def place_tables(data: Path | None) -> tuple[pd.DataFrame, pd.DataFrame, Settings]:
    """Gazetteer, other names and settings of a folder, whatever stands of its lists, or of the package."""
    from outreach_analysis.contracts import ContractError
    from outreach_analysis.geography.areas import load_aliases, load_areas
    from outreach_analysis.intake.dataset import read_places
    from outreach_analysis.settings import Settings

    if data is None:
        settings = Settings()
        return load_areas("all", settings=settings), load_aliases(settings=settings), settings
    try:
        places, settings = read_places(data)
    except ContractError as error:
        stop(error, code=1)
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
    from outreach_analysis.contracts import ContractError
    from outreach_analysis.files import cache_folder
    from outreach_analysis.geography.travel import TravelServerWarning
    from outreach_analysis.geography.travel_server import TravelServerError
    from outreach_analysis.office_logs import saved_forecasts
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
                decision=recorded(data, dataset.settings),
                forecasts=None if data is None else saved_forecasts(data, dataset.settings),
                rng=seed,
                progress=lambda done, total, table: progress("asking for travel", done, total, table),
            )
            study = study.with_requests() if requests else study
            for done, result in enumerate(results):
                progress("computing", done, len(results), result)
                getattr(study, result)
        except (ContractError, TravelServerError) as error:
            stop(error, code=1)
        except RequestError as error:
            stop(error, code=1 if options is None else 2)
    for warning in published:
        if is_ours(warning.category):
            echo(str(warning.message), err=True)
    return study


def recorded(data: Path | None, settings: Settings) -> Decision | None:
    """The last decision of a folder; the bundled sample has none."""
    from outreach_analysis.office_logs import last_decision

    return None if data is None else last_decision(data, settings)


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
