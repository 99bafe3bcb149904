"""What ranking and plan share: the worst-served fifth, the ways of the team and the stated weights."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outreach_analysis.decisions.preference_weights import preference_weights, worst_served_areas
from outreach_analysis.decisions.schedule import team_minutes
from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionBasis:
    """What the ranking and the plan share, so that they answer by the same numbers.

    Attributes
    ----------
    worst
        `area_id` of the fifth of residents with most unmet need per resident.
    minutes
        Index `site_id`: the team's way, one way; a place whose way is unknown is not in it.
    weights
        The stated weights; None where everybody counts once and visits cost nothing.
    """

    worst: pd.Index
    minutes: pd.Series
    weights: DecisionWeights | None


def decision_basis(
    need: pd.Series,
    site_ids: pd.Index,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
) -> DecisionBasis:
    """Worst-served fifth, ways of the team and stated weights, for `rank_sites` and `plan_next` alike.

    Parameters
    ----------
    need
        Index `area_id` (the jurisdiction): unmet need, people.
    site_ids
        Places that are weighed.
    sites
        Index `site_id`; columns `kind`, `area_id`, `cost`.
    areas
        Index `area_id`; column `population`.
    costs
        Columns `area_id, site_id, minutes`.
    settings
        The weights.

    Returns
    -------
    DecisionBasis
    """
    worst = worst_served_areas(need, areas["population"])
    minutes = team_minutes(sites, costs)
    weights = preference_weights(sites.loc[site_ids], worst=worst, minutes=minutes, settings=settings)
    return DecisionBasis(worst=worst, minutes=minutes, weights=weights)
