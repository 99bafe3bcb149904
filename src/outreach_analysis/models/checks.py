"""What a model refuses at its door: numbers of residents and distances that cannot be meant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.geography.travel_measure import FARTHEST_KM
from outreach_analysis.models.decay import Array

_NAMED = 5


def checked_residents(residents: pd.Series) -> Array:
    """Residents by area as numbers; refused, with the areas named, where one is missing, infinite or below 0.

    Examples
    --------
    >>> checked_residents(pd.Series({"a": 1200, "b": 0})).tolist()
    [1200.0, 0.0]
    """
    people = residents.to_numpy(float, na_value=np.nan)
    wrong = ~(np.isfinite(people) & (people >= 0))
    if wrong.any():
        named = [f"{area} ({number:g})" for area, number in zip(residents.index[wrong], people[wrong], strict=True)]
        raise RequestError(
            f"residents are missing, infinite or below 0 for {_some(named)}; give the number of people who live there, "
            "0 where nobody does"
        )
    return people


def check_distances(km: pd.Series, names: Sequence[str]) -> None:
    """Refuse distances below 0 and above `FARTHEST_KM`; missing and infinite ones say that there is no way.

    Parameters
    ----------
    km
        Distances (km).
    names
        What each distance is called.

    Examples
    --------
    >>> check_distances(pd.Series([12_000.0]), ["a to M"])
    Traceback (most recent call last):
    ...
    outreach_analysis.errors.RequestError: distances are above 5,000 km for a to M (12000);
    km are read: divide metres by 1,000
    """
    at = km.to_numpy(float, na_value=np.nan)
    faults = []
    for wrong, says, remedy in (
        (at < 0, "below 0 km", "a distance is 0 or more, and empty where there is no way"),
        (np.isfinite(at) & (at > FARTHEST_KM), f"above {FARTHEST_KM:,.0f} km", "km are read: divide metres by 1,000"),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            named = [f"{names[row]} ({at[row]:g})" for row in rows[: _NAMED + 1]]
            faults.append(f"distances are {says} for {_some(named, len(rows))}; {remedy}")
    if faults:
        raise RequestError("; ".join(faults))


def check_costs(costs: pd.DataFrame) -> None:
    """The same for travel costs: columns `area_id, site_id, km`."""
    km = costs["km"]
    at = km.to_numpy(float, na_value=np.nan)
    wrong = (at < 0) | (np.isfinite(at) & (at > FARTHEST_KM))
    rows = costs.loc[wrong, ["area_id", "site_id"]].astype(str)
    check_distances(km[wrong], (rows["area_id"] + " to " + rows["site_id"]).tolist())


def _some(named: Sequence[str], n: int | None = None) -> str:
    n = len(named) if n is None else n
    more = f" and {n - _NAMED} more" if n > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
