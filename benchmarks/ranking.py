"""Does the ranking know how sure it is? Offices with a known truth, ranked, and compared with the true order.

    python benchmarks/ranking.py               60 offices; about three minutes
    python benchmarks/ranking.py --offices 10  a look

Each office holds events at places of the sample's map, its turnout model is fitted, and its 60 candidate places are
ranked by the people they would add. The true order comes from a displacement that the product does not know: drawn from
its belief, the same everywhere, or falling with distance, in turn (truths 1 to 3 of `regret.py`). Told are the share of
true ranks of the expectation inside the 90 % rank interval (asked for: 85 % or more), the mean width of those
intervals, how often the true leader is in the tie group (90 % or more), and how large that group is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from regret_study.truths import TRUTHS as OFFICE_TRUTHS
from regret_study.truths import Displacement, Ground

from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.decisions.ranking import RankingQuestion, free_days_by_site, proposed_days, rank_sites
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.models.displacement import estimate_displacement
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.simulation.draws import Truth, TurnoutDraw, draw_turnout, sample_sites

SEED = 20261124
AS_OF = dt.date(2026, 11, 22)
TRUTHS = (
    Truth(outsiders_per_event=0.0),
    Truth(outsiders_per_event=0.0, decay_scale_km=60.0, event_sd=0.6, overdispersion=0.8),
    Truth(outsiders_per_event=0.0, decay="log_logistic", decay_scale_km=25.0, site_sd=0.3),
)
EVENTS = (4, 8, 16, 30)
DISPLACEMENTS = tuple(OFFICE_TRUTHS[truth_id].displacement for truth_id in ("1", "2", "3"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """The sample's map, with no place ruled out but by its area."""

    areas: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame
    days: pd.DataFrame
    settings: Settings

    @classmethod
    def load(cls) -> World:
        settings = Settings(as_of=AS_OF, revisit_months=0)
        areas, sites = load_areas(settings=settings), sample_sites(load_areas(level="all", settings=settings))
        sites = sites.assign(capacity=1e9)
        costs = travel_costs(areas=areas, sites=sites, settings=settings)
        days = service_days(AS_OF, AS_OF + dt.timedelta(60), settings=settings)
        return cls(areas=areas, sites=sites, costs=costs, days=days, settings=settings)


def one_office(
    world: World, truth: Truth, displacement: Displacement, n_events: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Every ranked place with its true rank: rank_low, rank_high, tied, true_rank."""
    drawing, choosing, fitting, displacing = rng.spawn(4)
    candidates = world.sites[~world.sites["kind"].isin(SITE_KINDS_FIXED)]
    past = _events(choosing.choice(candidates.index.to_numpy(), n_events), "P", choosing)
    # one event more at every place, of which only the expectation is looked at
    future = _events(candidates.index.to_numpy(), "F", choosing).assign(day_kind="weekend")
    drawn = draw_turnout(world.areas, candidates, pd.concat([past, future]), world.costs, truth=truth, rng=drawing)
    counts = drawn.counts[drawn.counts["event_id"].isin(past.index)].drop(columns="expected")
    turnout = fit_turnout(
        areas=world.areas,
        sites=world.sites,
        events=past,
        counts=counts,
        costs=world.costs,
        question=TurnoutQuestion(settings=world.settings),
        rng=fitting,
    )
    forecast = turnout.forecast(sites=candidates, costs=world.costs, day_kind="weekend", n_draws=1000, rng=fitting)
    free = free_days_by_site(candidates, past, world.days, settings=world.settings)
    incremental = incremental_attendance(
        forecast,
        estimate_displacement(
            pd.Series(_ground(world).km, index=world.areas.index),
            world.areas["population"],
            n_draws=len(forecast.draws),
            rng=fitting,
        ),
        inside=world.areas["in_jurisdiction"],
        days=proposed_days(free, forecast.site_ids, settings=world.settings),
    )
    ranking = rank_sites(
        incremental,
        areas=world.areas,
        sites=world.sites,
        question=RankingQuestion(service_days=world.days, settings=world.settings),
        events=past,
        costs=world.costs,
    )
    share = pd.Series(displacement(_ground(world), displacing), index=world.areas.index)
    true = _true_increments(drawn, future, share[world.areas["in_jurisdiction"]])
    published = ranking.by_site.assign(true=true.reindex(ranking.by_site.index))
    return published.assign(true_rank=published["true"].rank(ascending=False, method="first").astype(int))


def _events(site_ids: np.ndarray, mark: str, rng: np.random.Generator) -> pd.DataFrame:
    """Held events within the last two years."""
    n = len(site_ids)
    days = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(1, 700, n), unit="D")
    kinds = rng.choice(["weekend", "holiday", "workday"], n, p=[0.6, 0.15, 0.25])
    return pd.DataFrame(
        {"site_id": site_ids, "date": days, "status": "held", "day_kind": kinds},
        index=pd.Index([f"{mark}{number:03d}" for number in range(n)], name="event_id"),
    )


def _ground(world: World) -> Ground:
    """What displacement may hang on; no office figures here, so that no area's share of the demand is known."""
    fixed = world.sites.index[world.sites["kind"].isin(SITE_KINDS_FIXED)]
    km = world.costs[world.costs["site_id"].isin(fixed)].groupby("area_id")["km"].min().reindex(world.areas.index)
    return Ground(
        km=km.to_numpy(float),
        office_share=np.full(len(km), 0.5),
        place_kind=world.sites["kind"].to_numpy(str),
    )


def _true_increments(drawn: TurnoutDraw, future: pd.DataFrame, displacement: pd.Series) -> pd.Series:
    """Expected net people of each place; the event effect multiplies all places alike and moves no rank."""
    expected = drawn.counts[drawn.counts["event_id"].isin(future.index)]
    net = expected["expected"] * (1 - expected["area_id"].map(displacement)).fillna(0.0)
    by_event = net.groupby(expected["event_id"]).sum() * np.exp(drawn.totals["site_effect"].reindex(future.index))
    by_site: pd.Series = by_event.set_axis(future["site_id"].reindex(by_event.index))
    return by_site


def score_scheme(places: pd.DataFrame) -> dict[str, float]:
    """Coverage of the rank interval, its width, and the tie group, over offices."""
    inside = places["true_rank"].between(places["rank_low"], places["rank_high"])
    leaders = places[places["true_rank"] == 1]
    return {
        "offices": places["office"].nunique(),
        "rank inside": inside.mean(),
        "+-": inside.groupby(places["office"]).mean().std(ddof=1) / np.sqrt(places["office"].nunique()),
        "width": (places["rank_high"] - places["rank_low"] + 1).mean(),
        "leader tied": leaders["tied"].mean(),
        "group": places.groupby("office")["tied"].sum().mean(),
    }


def study(n_offices: int) -> pd.DataFrame:
    """All offices: each number of events and each truth in turn."""
    world, found = World.load(), []
    for number, rng in enumerate(np.random.default_rng(SEED).spawn(n_offices)):
        events, truth = EVENTS[number % len(EVENTS)], TRUTHS[number // len(EVENTS) % len(TRUTHS)]
        displacement = DISPLACEMENTS[number % len(DISPLACEMENTS)]
        found.append(one_office(world, truth, displacement, events, rng).assign(office=number, events=events))
    return pd.concat(found, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offices", type=int, default=60)
    started = time.perf_counter()
    places = study(parser.parse_args().offices)
    rows = {"all": score_scheme(places)} | {
        f"{n} past events": score_scheme(part) for n, part in places.groupby("events")
    }
    print(pd.DataFrame(rows).T.round(3).to_string())
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
