"""Forecasts kept in an office's folder with their day and settings, so that they can be held against what came."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.errors import RequestError
from outreach_analysis.intake.readers import read_sheets
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.saved_forecasts import FORECAST_COLUMNS
from outreach_analysis.reporting.decision_log import changed_settings
from outreach_analysis.reporting.exports import write_cells
from outreach_analysis.settings import Settings

FORECASTS_FOLDER = "forecasts"
LOG_COLUMNS = (*FORECAST_COLUMNS, "day_kind", "capacity", "n_events", "seed", "settings", "version")
_NUMBERS = ("median", "mean", "ci_low", "ci_high")


def save_forecast(folder: Path, forecast: Forecast, *, settings: Settings, seed: int) -> Path:
    """Write a forecast to `forecasts/`, named by its day and a fingerprint of what it says.

    The same forecast is written once, however often it is saved; another one of the same day stands beside it.

    Parameters
    ----------
    folder
        The data folder.
    forecast
        Of all candidate places.
    settings
        With which it was made; those that differ from their defaults are written down. `as_of` is its day.
    seed
        With which it was made.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        Where the settings have no `as_of`.
    OSError
        Where the folder cannot be written to.
    """
    if settings.as_of is None:
        raise RequestError("the forecast has no day; read the dataset with read_dataset")
    rows = forecast.by_site.rename_axis("site_id").reset_index()
    rows = rows.assign(
        as_of=settings.as_of.isoformat(),
        status=forecast.status,
        n_events=forecast.n_events,
        seed=seed,
        settings=changed_settings(settings),
        version=version("outreach-analysis"),
    ).reindex(columns=list(LOG_COLUMNS))
    rows[list(_NUMBERS)] = rows[list(_NUMBERS)].astype(float).round(1)
    said = hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:8]
    path = folder / FORECASTS_FOLDER / f"{settings.as_of.isoformat()}-{said}.csv"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write_cells(rows, path)
    return path


def saved_forecasts(folder: Path, settings: Settings) -> pd.DataFrame:
    """Every forecast in `forecasts/`, in the order of their days.

    Parameters
    ----------
    folder
        The data folder.
    settings
        For the encoding of files that a spreadsheet rewrote.

    Returns
    -------
    DataFrame
        `FORECAST_COLUMNS` and `file`; empty where there is none.

    Raises
    ------
    ContractError
        With every file that cannot be read, lacks a column or holds something else than days and numbers.
    """
    tables, faults = [], list[Failure]()
    for path in sorted((folder / FORECASTS_FOLDER).glob("*.csv")):
        try:
            tables.append(_read(path, settings))
        except ContractError as error:
            faults += error.items
    if faults:
        raise ContractError(faults)
    if not tables:
        return pd.DataFrame(columns=[*FORECAST_COLUMNS, "file"])
    return pd.concat(tables, ignore_index=True).sort_values("as_of", kind="stable", ignore_index=True)


def _read(path: Path, settings: Settings) -> pd.DataFrame:
    name = f"{FORECASTS_FOLDER}/{path.name}"
    (sheet,) = read_sheets(
        path,
        name=name,
        fallback_encoding=settings.fallback_encoding,
        header_score=lambda cells: sum(str(cell).strip() in LOG_COLUMNS for cell in cells),
    )
    frame = pd.DataFrame(sheet.cells.iloc[1:].to_numpy(), columns=[str(cell).strip() for cell in sheet.cells.iloc[0]])
    missing = [column for column in FORECAST_COLUMNS if column not in frame]
    if missing:
        raise ContractError([failure("missing_column", file=name, column=column) for column in missing])
    days = pd.to_datetime(frame["as_of"], format="%Y-%m-%d", errors="coerce")
    days = days.fillna(pd.to_datetime(frame["as_of"], format=settings.date_format, errors="coerce"))
    numbers = {column: pd.to_numeric(frame[column].str.replace(",", "."), errors="coerce") for column in _NUMBERS}
    faults = [
        failure("bad_date" if column == "as_of" else "bad_number", file=name, row=int(row) + 2, column=column)
        for column, values in {"as_of": days, **numbers}.items()
        for row in values.index[values.isna()]
    ]
    if faults:
        raise ContractError(faults)
    return frame.assign(as_of=days, **numbers, file=name)[[*FORECAST_COLUMNS, "file"]]
