"""Rows on people that a script can read: shares with intervals by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.audience import AudienceResult, audience
from outreach_analysis.measures.series import compare_series
from outreach_analysis.measures.working_days import working_days
from outreach_analysis.reporting.places import places_and_costs

_DIGITS = 3


def audience_rows(dataset: Dataset, table: str, *, rounding_base: int) -> pd.DataFrame:
    """One table of the audience as rows.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    table
        `channels`, `applications`, `ages` (overall and by distance), `uptake` (by area), `days` (by area) or `series`.
    rounding_base
        Base to which numbers of people are rounded before shares are made of them.

    Returns
    -------
    DataFrame
        Shares in [0, 1], rounded to three digits.

    Raises
    ------
    ValueError
        Where there is no such table, or nothing can be compared.
    """
    _, sites, costs = places_and_costs(dataset)
    areas, events, settings = dataset.areas, dataset.events, dataset.settings
    if table == "days":
        found = working_days(
            dataset.counts,
            areas,
            events,
            sites,
            costs,
            office=dataset.office_people(),
            settings=settings,
            rounding_base=rounding_base,
        ).by_area
        return _named(found[found["of"] > 0], areas)
    if table == "series":
        people = dataset.applicants
        compared = compare_series(
            people, dataset.counts, areas, events, sites, costs, settings=settings, rounding_base=rounding_base
        )
        return compared.by_series.round(_DIGITS).reset_index()
    result = audience(dataset.applicants, areas, events, sites, costs, settings=settings, rounding_base=rounding_base)
    if table == "uptake":
        found = result.uptake.by_area
        return _named(found[found["people"] > 0], areas)
    return _overall_and_by_distance(result, table)


def _overall_and_by_distance(result: AudienceResult, table: str) -> pd.DataFrame:
    tables = {
        "channels": (result.channels, result.channels_by_distance),
        "applications": (result.applications, result.applications_by_distance),
        "ages": (result.ages, result.ages_by_distance),
    }
    if table not in tables:
        raise RequestError(f"table {table!r} is none of: {', '.join(tables)}, uptake, days, series")
    overall, by_distance = tables[table]
    by_distance = by_distance.assign(group=[_distance_band(float(km)) for km in by_distance["group"]])
    return pd.concat([overall, by_distance], ignore_index=True).round(_DIGITS)


def _distance_band(km: float) -> str:
    """The band of distances that ends at so many km, inclusive."""
    return "beyond" if np.isinf(km) else f"up to {km:g} km"


def _named(found: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    rows = found.round(_DIGITS).rename_axis("area_id").reset_index()
    rows.insert(1, "name", rows["area_id"].map(areas["name"]))
    return rows
