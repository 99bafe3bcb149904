"""A small office with a known truth for the tests of the models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.simulation.draws import Truth, draw_turnout


@dataclass(frozen=True)
class TestOffice:
    """Tables of an invented office, in the order in which `fit_turnout` takes them."""

    __test__ = False

    counts: pd.DataFrame
    areas: pd.DataFrame
    events: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame

    @property
    def tables(self) -> tuple[pd.DataFrame, ...]:
        return self.counts, self.areas, self.events, self.sites, self.costs

    @property
    def named(self) -> dict[str, pd.DataFrame]:
        """The tables as keywords."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def first(self, n: int) -> TestOffice:
        """The office when only its first n events had been held."""
        events = self.events.iloc[:n]
        return TestOffice(
            self.counts[self.counts["event_id"].isin(events.index)], self.areas, events, self.sites, self.costs
        )


OfficeMaker = Callable[..., TestOffice]


@pytest.fixture(scope="session")
def make_office() -> OfficeMaker:
    """`make_office(n_events, n_areas, n_sites, seed=..., **truth)`: weekend events at malls and kecamatan offices."""

    def make(n_events: int = 14, n_areas: int = 12, n_sites: int = 8, *, seed: int = 1, **truth: object) -> TestOffice:
        rng = np.random.default_rng(seed)
        areas = pd.DataFrame(
            {"population": rng.integers(5_000, 150_000, n_areas)},
            index=pd.Index([f"64.0{n // 20}.{n % 20:02d}" for n in range(n_areas)], name="area_id"),
        )
        sites = pd.DataFrame(
            {"kind": [("mall", "kecamatan")[n % 2] for n in range(n_sites)], "capacity": np.nan},
            index=pd.Index([f"S{n:02d}" for n in range(n_sites)], name="site_id"),
        )
        costs = pd.DataFrame(
            {
                "area_id": np.repeat(areas.index.to_numpy(), n_sites),
                "site_id": np.tile(sites.index.to_numpy(), n_areas),
                "km": rng.uniform(2, 120, n_areas * n_sites),
            }
        )
        events = pd.DataFrame(
            {
                "site_id": rng.choice(sites.index.to_numpy(), n_events),
                "date": pd.date_range("2025-01-04", periods=n_events, freq="14D"),
                "status": "held",
                "day_kind": "weekend",
                "sold_out": False,
                "placed_share": 1.0,
            },
            index=pd.Index([f"E{n:02d}" for n in range(n_events)], name="event_id"),
        )
        drawn = draw_turnout(areas, sites, events, costs, truth=Truth(outsiders_per_event=0.0, **truth), rng=rng)
        return TestOffice(drawn.counts[["event_id", "area_id", "applicants"]], areas, events, sites, costs)

    return make
