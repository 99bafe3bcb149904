"""Events that look full though nobody said so: totals piled up at one number, or at a capacity that is written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST_ALIKE = 3
_FEWEST_PEOPLE = 10
_MOST_ABOVE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullEvents:
    """Events taken as full without being marked as sold out.

    Attributes
    ----------
    at_capacity
        Events that served as many as their capacity, where one is written down.
    piled_up
        Events that ended at `quota`.
    quota
        The number at which totals pile up; NaN where they do not.
    """

    at_capacity: pd.Index
    piled_up: pd.Index
    quota: float

    @property
    def event_ids(self) -> pd.Index:
        """All of them."""
        return self.at_capacity.union(self.piled_up)


def full_events(people: pd.Series, capacity: pd.Series, sold_out: pd.Series) -> FullEvents:
    """Find events that were as good as sold out.

    A total is taken as cut off where it reaches the capacity that is written down for the event, or where three or more
    events that are not marked as sold out end at the same number and at most one event in ten had more. Three equal
    totals in the middle of all others are chance; at the upper end they are a quota.

    Parameters
    ----------
    people
        Index `event_id`: everybody who came, a day.
    capacity
        The same index: people a day that are written down, NaN where none are.
    sold_out
        The same index: whether the event is marked as sold out.

    Returns
    -------
    FullEvents

    Examples
    --------
    >>> people = pd.Series([60, 31, 60, 60, 22, 75], index=list("ABCDEF"))
    >>> found = full_events(people, pd.Series(np.nan, index=people.index), pd.Series(False, index=people.index))
    >>> found.quota, len(full_events(people.iloc[:5], people.iloc[:5] * np.nan, people.iloc[:5] < 0).piled_up)
    (nan, 3)
    """
    unmarked = people[~sold_out.astype(bool)]
    reached = unmarked.index[(unmarked >= capacity[unmarked.index]) & (unmarked > 0)]
    times = unmarked[unmarked >= _FEWEST_PEOPLE].value_counts()
    alike = times.index[times >= FEWEST_ALIKE]
    quota = float(alike.max()) if len(alike) else np.nan
    if (people > quota).sum() > _MOST_ABOVE * len(people):
        quota = np.nan
    return FullEvents(at_capacity=reached, piled_up=unmarked.index[unmarked == quota], quota=quota)
