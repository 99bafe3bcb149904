"""What counts how much when places are compared: people by area, and what a visit costs."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outreach_analysis.errors import RequestError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionWeights:
    """Explicit weights of a decision; the same object serves the ranking and the plan.

    The worth of a set S of visits is sum_i areas_i * reached_i(S) - sum_{j in S} sites_j: people of each area
    counted `areas_i` times, less what each visit costs in the same unit.

    Attributes
    ----------
    areas
        Index `area_id`: how many times a person of the area counts, >= 0. An area not in it counts once.
        None: everybody counts once.
    sites
        Index `site_id`: people-equivalents taken off for each visit, >= 0 (travel of the team, rent). A place not
        in it costs nothing. None: visits cost nothing.

    Raises
    ------
    ValueError
        Where a weight is missing (NaN), infinite or negative, or an id stands twice.

    Examples
    --------
    >>> DecisionWeights(areas=pd.Series({"64.02.06": 2.0})).areas.to_dict()
    {'64.02.06': 2.0}
    """

    areas: pd.Series | None = None
    sites: pd.Series | None = None

    def __post_init__(self) -> None:
        for name, values in (("areas", self.areas), ("sites", self.sites)):
            if values is None:
                continue
            if not values.index.is_unique:
                raise RequestError(f"weights of {name}: an id stands twice")
            wrong = values.index[~values.astype(float).between(0, float("inf"), inclusive="left")]
            if len(wrong):
                raise RequestError(f"weights of {name} must be finite and >= 0; they are not for: {', '.join(wrong)}")

    def of_areas(self, area_ids: pd.Index) -> pd.Series:
        """Weights in the order of `area_ids`, 1 where none is stated."""
        return _of(self.areas, area_ids, default=1.0)

    def of_sites(self, site_ids: pd.Index) -> pd.Series:
        """Costs of a visit in the order of `site_ids`, 0 where none is stated."""
        return _of(self.sites, site_ids, default=0.0)


def _of(values: pd.Series | None, ids: pd.Index, *, default: float) -> pd.Series:
    if values is None:
        return pd.Series(default, index=ids)
    return values.astype(float).reindex(ids, fill_value=default)
