"""The commands on people: whom pop-ups reach, whether they worked, and what came to a pop-up that was forecast."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import (
    DataOption,
    Format,
    FormatOption,
    InternalOption,
    OwnDataOption,
    SeedOption,
    app,
)
from outreach_analysis.cli.loading import Progress, print_note, read_folder
from outreach_analysis.cli.printing import print_rows, stop
from outreach_analysis.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.intake.dataset import Dataset
    from outreach_analysis.models.impact import ImpactResult
    from outreach_analysis.models.saved_forecasts import SavedForecastsResult


class AudienceTable(StrEnum):
    """What is told of the audience."""

    CHANNELS = "channels"
    APPLICATIONS = "applications"
    AGES = "ages"
    UPTAKE = "uptake"
    DAYS = "days"
    SERIES = "series"


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
        from outreach_analysis.reporting.narrow import series_table
        from outreach_analysis.reporting.people_exports import audience_rows

        dataset = read_folder(data, progress)
        progress("computing", 0, 1, table.value)
        rows = audience_rows(dataset, table.value, rounding_base=1 if internal else dataset.settings.rounding_base)
    narrow = series_table if table is AudienceTable.SERIES else None
    print_rows(rows, format, title=f"Pop-up applicants: {table.value}", table=narrow)
    print_note("shares of those who came, 90 % intervals; an association, no more", dataset.settings, internal=internal)


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
        from outreach_analysis.presentation.describe_impact import describe_impact

        dataset = read_folder(data, progress)
        progress("computing", 0, 1, "impact")
        found = _impact(dataset, internal=internal, seed=seed)
    if format is Format.TABLE:
        for sentence in describe_impact(found, dataset.areas, lang="en"):
            typer.echo(sentence)
        print_note(f"status: {found.status}", dataset.settings, internal=internal)
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
    from outreach_analysis.contracts import ContractError

    try:
        if applicants is None:
            _save(data, event, seed=seed)
        else:
            _compare(data, event, applicants, format)
    except ContractError as error:
        stop(str(error), code=1)
    except RequestError as error:
        stop(str(error), code=2)
    except OSError as error:
        stop(f"{error.filename or data} cannot be written: {error.strerror}; is it open elsewhere?", code=1)


def _impact(dataset: Dataset, *, internal: bool, seed: int) -> ImpactResult:
    import numpy as np

    from outreach_analysis.reporting.people_analysis import impact_of_dataset

    base = 1 if internal else dataset.settings.rounding_base
    return impact_of_dataset(dataset, rounding_base=base, rng=np.random.default_rng(seed))


def _save(data: Path, event: str, *, seed: int) -> None:
    with Progress() as progress:
        from outreach_analysis.cli.loading import analysed
        from outreach_analysis.reporting.forecast_log import save_forecast

        analysis = analysed(data, internal=False, seed=seed, progress=progress)
    from outreach_analysis.event_kinds import event_days, is_popup, took_place

    events = analysis.dataset.events
    if event not in events.index:
        raise RequestError(f"{event} is not in events.csv; add it with its place and date first")
    if not is_popup(events)[event]:
        raise RequestError(f"{event} is an opening at the office, for which nothing is forecast")
    if took_place(events)[event]:
        raise RequestError(f"{event} was held already; a forecast saved now would not have been made before it")
    path = save_forecast(data, analysis.forecast, settings=analysis.settings, seed=seed)
    row = analysis.forecast.by_site.loc[[str(events["site_id"][event])]].iloc[0]
    interval = f"{row['ci_low']:.0f} to {row['ci_high']:.0f}"
    n_days = int(event_days(events)[event])
    each = f" on each of its {n_days} days" if n_days > 1 else ""
    typer.echo(f"{path}: {row['median']:.0f} people expected at {event}{each} (90 % range {interval})")


def _compare(data: Path, event: str, applicants: Path, format: Format) -> None:
    with Progress() as progress:
        from outreach_analysis.reporting.event_record import record_event

        dataset = record_event(data, event, applicants, settings=read_folder(data, progress).settings)
        found = _saved(data, dataset)
    came = int((dataset.applicants["event_id"] == event).sum())
    typer.echo(f"{event}: {came} applicants added", err=True)
    if event not in found.by_event.index:
        typer.echo(f"no forecast of its place was saved before {event}, so nothing can be compared", err=True)
    if len(found.by_event):
        print_rows(
            found.by_event.reset_index()[
                ["event_id", "forecast_on", "median", "ci_low", "ci_high", "came", "days", "inside"]
            ].round({"median": 1, "ci_low": 1, "ci_high": 1}),
            format,
            title="Forecasts saved before pop-ups, and who came",
        )


def _saved(data: Path, dataset: Dataset) -> SavedForecastsResult:
    from outreach_analysis.models.saved_forecasts import compare_saved_forecasts
    from outreach_analysis.reporting.forecast_log import saved_forecasts

    forecasts: pd.DataFrame = saved_forecasts(data, dataset.settings)
    return compare_saved_forecasts(
        forecasts,
        dataset.events,
        dataset.counts,
        dataset.areas,
        outside=dataset.outside,
        unplaced=dataset.unplaced,
        settings=dataset.settings,
        rounding_base=dataset.settings.rounding_base,
    )
