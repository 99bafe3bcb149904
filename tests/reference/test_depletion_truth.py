"""Depletion against truths on the sample's map: what 28 past events can tell of whom they used up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.geography.travel import decaying
from outreach_analysis.models.design import build_design, km_matrix
from outreach_analysis.models.displacement import MOST_DRAWN
from outreach_analysis.models.fitted import fit_design
from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.office_folder import sample

pytestmark = pytest.mark.slow

SEEDS = 20
RECOVERY, DECAY_KM, PEOPLE = 120.0, 35.0, 60.0


@dataclass(frozen=True)
class World:
    """The sample's areas, places and calendar of held events."""

    areas: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame
    events: pd.DataFrame
    prior: TurnoutPrior

    def counts(self, share: float, rng: np.random.Generator) -> pd.DataFrame:
        """People of each area at each event: those who are left come with noise, and are away for a while."""
        residents = self.areas["population"].to_numpy(float)
        km = km_matrix(self.costs, self.areas.index, pd.Index(self.events["site_id"])).T
        of_place = {site: np.exp(rng.normal(0, 0.25)) for site in sorted(set(self.events["site_id"]))}
        level = np.exp(rng.normal(0, 0.4, len(self.events))) * self.events["site_id"].map(of_place).to_numpy()
        drawn = np.exp(-km / DECAY_KM) * level[:, None]
        rate = PEOPLE / (np.exp(-km / DECAY_KM) * residents).sum(axis=1).mean()
        people = np.zeros(km.shape, dtype=int)
        served: list[tuple[pd.Timestamp, np.ndarray]] = []
        for row in np.argsort(self.events["date"].to_numpy(), kind="stable"):
            day, left = self.events["date"].iloc[row], np.ones(len(residents))
            for earlier, taken in served:
                left *= 1 - taken * np.exp(-(day - earlier).days / RECOVERY)
            noise = rng.gamma(1 / 0.3, 0.3, len(residents))
            people[row] = rng.poisson(residents * rate * drawn[row] * left * noise)
            served.append((day, np.minimum(share * drawn[row], MOST_DRAWN)))
        event, area = np.indices(people.shape).reshape(2, -1)
        return pd.DataFrame(
            {
                "event_id": self.events.index[event],
                "area_id": self.areas.index[area],
                "applicants": people.ravel(),
            }
        )


@pytest.fixture(scope="module")
def world() -> World:
    study = sample()
    held = study.held
    events = held.assign(placed_share=1.0, sold_out=False, programme="visit", days=1, capacity=np.nan, booths=np.nan)
    assert len(events) == 28
    return World(
        areas=study.areas.sort_index(),
        sites=study.sites,
        costs=decaying(study.effective_costs),
        events=events,
        prior=TurnoutPrior.from_settings(study.settings),
    )


def learned(world: World, share: float) -> pd.DataFrame:
    """Mean and 90 % interval of the share drawn at the door, by seed."""
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, round(10 * share)])
        design = build_design(
            world.counts(share, rng), world.areas, world.events, world.sites, world.costs, prior=world.prior
        )
        depletion = fit_design(design, world.prior, rng).depletion
        rows.append((depletion.share_mean, *depletion.share_interval()))
    return pd.DataFrame(rows, columns=["mean", "low", "high"])


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_depletion_is_found(world, share):
    found = learned(world, share)
    assert abs(found["mean"].mean() - share) <= 0.12, found
    assert ((found["low"] <= share) & (share <= found["high"])).mean() >= 0.8, found


def test_where_nobody_is_used_up_it_is_not_called_much(world):
    found = learned(world, 0.0)
    assert (found["high"] <= 0.35).mean() >= 0.8, found
    assert found["mean"].mean() <= 0.2, found
