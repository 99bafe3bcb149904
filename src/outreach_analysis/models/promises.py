"""Fresh interest as evidence: people who said they would come are a floor under what an area is expected to send."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.measures.conversion import ConversionResult
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.models.decay import Array, log_decay
from outreach_analysis.models.forecast import Simulated
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PromiseFloor:
    """People who promised to come, by area, and what share of them comes.

    The people of an area at a place are expected to be at least promised * share * decay(km), the share
    drawn anew for each area and draw. A floor, not an addition: past turnout holds people who had said they
    would come, so that adding them would count them twice; and a list is never complete, so that it speaks
    against nobody else.

    Attributes
    ----------
    people
        Index `area_id`: distinct people whose interest is fresh and not yet served.
    conversion
        Share of them who come.
    """

    people: pd.Series
    conversion: ConversionResult

    def lift(
        self, simulated: Simulated, km: Array, *, prior: TurnoutPrior, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Raise expected people to the floor.

        Parameters
        ----------
        simulated
            Draws over the areas of `people`.
        km
            (areas, sites) distances.
        prior
            Units of the decay.
        rng
            Draws the shares, and how many come.

        Returns
        -------
        tuple
            Expected people (n_draws, areas, sites) and predictive totals (n_draws, sites).
        """
        totals = simulated.totals(rng)
        promised = np.flatnonzero(self.people.to_numpy() > 0)
        if not len(promised):
            return simulated.mean, totals
        shares = self.conversion.draw(len(totals), len(promised), rng)
        nearness = np.exp(log_decay(simulated.slope, simulated.bend, km[promised], prior=prior))
        floor = (self.people.to_numpy()[promised] * shares)[:, :, None] * nearness
        mean = simulated.mean.copy()
        raised = np.maximum(mean[:, promised], floor)
        extra = (raised - mean[:, promised]).sum(axis=1)
        mean[:, promised] = raised
        return mean, totals + rng.poisson(extra)


def promise_floor(
    interest: pd.DataFrame, counts: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame, *, settings: Settings
) -> PromiseFloor:
    """Count the fresh interest of each area and learn from past promises what share comes.

    Parameters
    ----------
    interest
        Columns `date, area_id, people, group, person_key`, optional `event_id`.
    counts
        Columns `event_id, area_id, applicants`.
    areas
        Index `area_id`.
    events
        Index `event_id`; columns `status`, `date`.
    settings
        `as_of`, expiry, and the share assumed before any promise.

    Returns
    -------
    PromiseFloor
        Over the areas given.
    """
    evidence = interest_evidence(interest, areas, events=events, counts=counts, settings=settings)
    return PromiseFloor(people=evidence.by_area["people"], conversion=evidence.conversion)
