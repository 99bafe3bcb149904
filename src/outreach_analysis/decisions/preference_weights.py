"""The office's stated weights, put into people: who counts more, and what a visit takes off."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.decisions.equity import quintiles_of
from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.errors import RequestError
from outreach_analysis.settings import Settings

WORST_FIFTH = 5


def worst_served_areas(need: pd.Series, residents: pd.Series) -> pd.Index:
    """Areas of the fifth of residents with most unmet need per resident.

    Parameters
    ----------
    need, residents
        Index `area_id`, people, >= 0; areas of `need` are compared.

    Returns
    -------
    Index
        `area_id`, in the order of `need`.

    Raises
    ------
    ValueError
        Where residents are not known for an area.

    Examples
    --------
    >>> worst_served_areas(pd.Series({"near": 1.0, "far": 90.0}), pd.Series({"near": 400, "far": 100})).tolist()
    ['far']
    """
    people = residents.reindex(need.index).astype(float)
    if people.isna().any():
        raise RequestError(f"residents are not known for: {', '.join(map(str, people.index[people.isna()]))}")
    rate = (need / people.where(people > 0)).fillna(0.0)
    return need.index[(quintiles_of(rate, people) == WORST_FIFTH).to_numpy()]


def preference_weights(
    sites: pd.DataFrame, *, worst: pd.Index, minutes: pd.Series, settings: Settings
) -> DecisionWeights | None:
    """The weights of outreach.toml as `DecisionWeights`; None where they leave everything as it is.

    A person of the worst-served fifth counts `settings.weight_worst_served` times. A visit takes off
    `settings.weight_travel_hour` people for each hour of the team's way and `settings.weight_million_rupiah` people
    for each million rupiah it costs. A way or cost that is not known counts as the middle value of the known ones.

    Parameters
    ----------
    sites
        Index `site_id`, the candidates; column `cost` (rupiah a visit, may be missing).
    worst
        `area_id` of the worst-served fifth: `worst_served_areas`.
    minutes
        Index `site_id`: the team's way (minutes one way), from `team_minutes`.
    settings
        The weights.

    Returns
    -------
    DecisionWeights or None

    Examples
    --------
    >>> sites = pd.DataFrame({"cost": [2_000_000.0, np.nan]}, index=["S1", "S2"])
    >>> preference_weights(sites, worst=pd.Index(["a"]), minutes=pd.Series({"S1": 60.0, "S2": 180.0}),
    ...                settings=Settings(weight_travel_hour=2)).sites.to_dict()
    {'S1': 2.0, 'S2': 6.0}
    >>> preference_weights(sites, worst=pd.Index(["a"]), minutes=pd.Series(dtype=float), settings=Settings()) is None
    True
    """
    areas = None
    if settings.weight_worst_served != 1:
        areas = pd.Series(float(settings.weight_worst_served), index=worst)
    hours = known_or_middle(minutes.reindex(sites.index)) / 60
    millions = known_or_middle(sites["cost"]) / 1e6
    burden = settings.weight_travel_hour * hours + settings.weight_million_rupiah * millions
    costs = burden if burden.gt(0).any() else None
    return None if areas is None and costs is None else DecisionWeights(areas=areas, sites=costs)


def known_or_middle(values: pd.Series) -> pd.Series:
    """Values with the median of the known ones in place of missing ones; 0 where none is known."""
    known = pd.to_numeric(values).astype(float)
    return known.fillna(float(np.nanmedian(known)) if known.notna().any() else 0.0)
