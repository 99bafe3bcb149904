"""Who came from where to which pop-up, in exact numbers that may leave the office: small ones are left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people, rounding_interval
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.attendance import people_by_event
from outreach_analysis.measures.suppression import Limit, SuppressedTable, suppress_small

OUTSIDE = "outside the province"
"""Row of the people from elsewhere."""
UNPLACED = "place not known"
"""Row of the people of whom it is not known where they live."""


def origin_table(dataset: Dataset) -> SuppressedTable:
    """People by kabupaten and pop-up, exact, with small numbers and those that would give them away left out.

    The audit reckons with readers of the report, who are told the people of every row and pop-up rounded. There is no
    second such table by kecamatan: each would give away what the other leaves out.

    Parameters
    ----------
    dataset
        From `read_dataset`.

    Returns
    -------
    SuppressedTable
        Rows: kabupaten by name with anybody from there, `OUTSIDE` and `UNPLACED` last; columns: held pop-ups
        by id. Numbers below the base of rounding are small.

    Raises
    ------
    SuppressionError
        Where no table protects all small numbers; nothing is given then.

    Examples
    --------
    >>> import dataclasses
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> data = load_sample()
    >>> two = data.counts[data.counts["event_id"].isin(["JB-2024-01", "JB-2024-03"])]
    >>> nobody = {"outside": data.outside[:0], "unplaced": data.unplaced[:0]}
    >>> published = origin_table(dataclasses.replace(data, counts=two, **nobody))
    >>> published.table.loc["total"].tolist(), int(published.possible.min().min()) >= 5
    ([149, 131, 280], True)
    """
    areas, counts, base = dataset.areas, dataset.counts, dataset.settings.rounding_base
    at_kabupaten = counts["area_id"].map(areas["parent_id"]).fillna(counts["area_id"])
    names = at_kabupaten.map(dataset.gazetteer["name"])
    elsewhere = dataset.outside.assign(row=OUTSIDE)[["row", "event_id", "applicants"]]
    unplaced = dataset.unplaced.assign(row=UNPLACED)[["row", "event_id", "applicants"]]
    people = pd.concat(
        [counts.assign(row=names)[["row", "event_id", "applicants"]], elsewhere, unplaced], ignore_index=True
    )
    table = people.pivot_table(index="row", columns="event_id", values="applicants", aggfunc="sum", fill_value=0)
    table = table[table.sum(axis=1) > 0].astype(int)
    last = [row for row in (OUTSIDE, UNPLACED) if row in table.index]
    table = table.loc[[*table.index.difference(last), *last]].rename_axis(index=None, columns=None)
    published = people_by_event(
        counts,
        areas,
        outside=dataset.outside,
        unplaced=dataset.unplaced,
        events=dataset.events,
        settings=dataset.settings,
        rounding_base=base,
    )
    return suppress_small(table, minimum=base, also_published=_published_elsewhere(table, published, base=base))


def _published_elsewhere(table: pd.DataFrame, published: pd.Series, *, base: int) -> list[Limit]:
    """What a reader of the report knows of rows and columns: that they round to what is told, moved or not."""
    limits: list[Limit] = []
    for axis in (0, 1):
        sums = table.T.sum() if axis == 0 else table.sum()
        rounded = np.asarray(round_people(sums.to_numpy(), base=base))
        low, high = rounding_interval(rounded, base=base)
        if axis:
            published_low, published_high = rounding_interval(
                published.reindex(sums.index, fill_value=0).to_numpy(), base=base
            )
            low, high = np.minimum(low, published_low), np.maximum(high, published_high)
        for at, (least, most) in enumerate(zip(low, high, strict=True)):
            members = np.zeros(table.shape, dtype=bool)
            members[(at, slice(None)) if axis == 0 else (slice(None), at)] = True
            limits.append((members, float(least), float(most)))
    return limits
