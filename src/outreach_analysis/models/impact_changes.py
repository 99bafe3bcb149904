"""Areas that come into being or end while they are watched: their people went to another code, not away."""

from __future__ import annotations

import numpy as np
import pandas as pd

SHORTEST_RUN = 3
"""Months: a month or two without anybody happen in any small area."""

_PEOPLE_MISSED = 12.0
"""So many people expected in the empty months: that nobody comes by chance happens in 1 of 100,000 areas."""

_STEADY_SHARE = 0.8
_COMPLETE_SHARE = 0.9


def changed_areas(office: pd.DataFrame, months: pd.DatetimeIndex, areas: pd.DataFrame) -> tuple[str, ...]:
    """Areas whose office applicants begin or end within the months, as when one was split or merged.

    An area begins where its first three or more months hold nobody, although at the level it keeps afterwards
    12 people or more would have come, and where afterwards at least 80 % of months hold somebody; or where the
    table names every area in every month (at least 90 % of them) and does not name it at first. It ends likewise.

    Parameters
    ----------
    office
        Columns `month` (its first day), `area_id`, `applicants` (people).
    months
        First days of consecutive months.
    areas
        Index `area_id`; column `parent_id`: ids of the parents are no areas of their own.

    Returns
    -------
    tuple of area ids, sorted

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> areas = pd.DataFrame({"parent_id": ["K", "K"]}, index=["old", "new"])
    >>> steady = pd.DataFrame({"month": months, "area_id": "old", "applicants": 9})
    >>> split = pd.DataFrame({"month": months[6:], "area_id": "new", "applicants": 4})
    >>> changed_areas(pd.concat([steady, split]), months, areas)
    ('new',)
    """
    ours = office[~office["area_id"].isin(areas["parent_id"].unique())]
    if ours.empty:
        return ()
    named = ours.pivot_table(index="area_id", columns="month", values="applicants", aggfunc="sum")
    named = named.reindex(columns=months)
    people, has_row = named.fillna(0.0).to_numpy(float), named.notna().to_numpy()
    found = np.zeros(len(named), dtype=bool)
    for step in (1, -1):
        found |= _begins(people[:, ::step])
        if has_row.all(axis=1).mean() >= _COMPLETE_SHARE:
            found |= _is_named_later(has_row[:, ::step])
    return tuple(sorted(named.index[found].astype(str)))


def _empty_first(filled: np.ndarray) -> np.ndarray:
    """Number of cells before the first filled one; 0 in a row without any."""
    return np.asarray(filled.argmax(axis=1))


def _begins(people: np.ndarray) -> np.ndarray:
    empty = _empty_first(people > 0)
    active = people.shape[1] - empty
    level = people.sum(axis=1) / active
    steady = (people > 0).sum(axis=1) / active >= _STEADY_SHARE
    return np.asarray((empty >= SHORTEST_RUN) & (active >= SHORTEST_RUN) & steady & (level * empty >= _PEOPLE_MISSED))


def _is_named_later(has_row: np.ndarray) -> np.ndarray:
    empty = _empty_first(has_row)
    return np.asarray((empty >= SHORTEST_RUN) & (has_row.sum(axis=1) == has_row.shape[1] - empty))
