"""The commands that show what the model has learned: how the forecast did on past events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outreach_analysis.cli.application import DataOption, Format, FormatOption, InternalOption, SeedOption, app
from outreach_analysis.cli.loading import Progress, print_note, read_folder
from outreach_analysis.cli.printing import print_rows, stop
from outreach_analysis.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.intake.dataset import Dataset
    from outreach_analysis.models.backtest import BacktestResult


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
        dataset = read_folder(data, progress)
        progress("computing", 0, 1, "back-test")
        result = _backtest(dataset, seed=seed)
    scheme = "forward" if forward else "leave_one_out"
    rows = _backtested_rows(
        dataset, result, scheme=scheme, rounding_base=1 if internal else dataset.settings.rounding_base
    )
    from_what = "the pop-ups before it" if forward else "all others"
    print_rows(rows, format, title=f"Past pop-ups, each forecast from {from_what}")
    inside, n = result.coverage(scheme)
    print_note(f"{inside} of {n} past events fell inside their 90 % interval", dataset.settings, internal=internal)


def _backtest(dataset: Dataset, *, seed: int) -> BacktestResult:
    import numpy as np

    from outreach_analysis.bundled import cache_folder
    from outreach_analysis.reporting.analysis import run_backtest

    try:
        return run_backtest(dataset, cache=cache_folder("backtests"), rng=np.random.default_rng(seed))
    except RequestError as error:
        stop(str(error), code=1)


def _backtested_rows(dataset: Dataset, result: BacktestResult, *, scheme: str, rounding_base: int) -> pd.DataFrame:
    from outreach_analysis.presentation.tables_of_turnout import backtested_events

    backtested = backtested_events(
        result,
        dataset.events,
        dataset.sites,
        dataset.counts,
        dataset.areas,
        outside=dataset.outside,
        unplaced=dataset.unplaced,
        scheme=scheme,
        rounding_base=rounding_base,
    )
    return backtested.reset_index()[
        ["event_id", "date", "place", "came", "median", "ci_low", "ci_high", "inside"]
    ].round({"median": 1, "ci_low": 1, "ci_high": 1})
