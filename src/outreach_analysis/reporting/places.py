"""All places a question is about, and the way to each: what every chain begins with."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from outreach_analysis.bundled import cache_folder
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.interest import InterestResult, add_interest_candidates, interest_evidence


def places_and_costs(
    dataset: Dataset, progress: Callable[[int, int, str], None] | None = None
) -> tuple[InterestResult, pd.DataFrame, pd.DataFrame]:
    """Evidence of interest, all places with those it adds, and what it costs to travel to each.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    progress
        Called before each table asked of a travel server.

    Returns
    -------
    tuple
        `InterestResult`; places, index `site_id`; costs `area_id, site_id, km, minutes, source`.

    Raises
    ------
    TravelServerError
        Where a travel server is set and gives no answer, unless the settings say to go on with the estimate.
    """
    areas, settings = dataset.areas, dataset.settings
    interest = interest_evidence(
        dataset.interest, areas, events=dataset.events, counts=dataset.counts, settings=settings
    )
    sites = add_interest_candidates(dataset.sites, interest, areas)
    costs = travel_costs(
        areas,
        sites,
        matrix=dataset.travel,
        access=dataset.access,
        settings=settings,
        cache=cache_folder("travel"),
        progress=progress,
    )
    return interest, sites, costs
