"""Simple rules by which an office may choose places, and what each way of choosing is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.settings import SITE_KINDS_FIXED
from outreach_analysis.study import Study
from regret_study.offices import N_EVENTS, Office, World
from regret_study.product import forecasted, planned_with, product_plan
from regret_study.visits import Visit

PRODUCT = "product"
TRUE_DISPLACEMENT = "same forecast, true displacement"
SORTED_TRUE = "people x (1 - true displacement), sorted"
OWN_PEOPLE = "own people, sorted"
RANDOM = "random"
SIMPLE_RULES = (
    OWN_PEOPLE,
    "last year's places",
    "gravity",
    "highest interest",
    "most populous kecamatan without an office",
    RANDOM,
)
_RANDOM_PLANS = 30


def judge_office(
    world: World, office: Office, *, answers: tuple[int, ...], n_draws: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """One row of plain values for each number of answers: what every policy is worth, and what the product claimed."""
    picking, own = rng.spawn(2)
    made = forecasted(office, n_draws=n_draws, rng=own)
    first = product_plan(office, made, answers=answers[0])
    eligible = first.eligible
    plans = {
        TRUE_DISPLACEMENT: planned_with(office, made, _true_share(world, office)),
    }
    for name, scores in _scores(office, made, first.people).items():
        plans[name] = _visits(office, scores.reindex(eligible))
    best, most = office.true.best(eligible, office.days)
    worth = {name: office.true.additional(visits) for name, visits in plans.items()}
    worth[RANDOM] = _random(office, eligible, picking)
    alone = office.true.alone(eligible, office.days[0])
    picked = [tuple(picking.choice(eligible, N_EVENTS, replace=False)) for _ in range(_RANDOM_PLANS)]
    tried = [tuple(visit.site_id for visit in visits) for visits in (best, *plans.values())] + picked
    rows = []
    for number in answers:
        advised = first if number == answers[0] else product_plan(office, made, answers=number)
        value = office.true.additional(advised.visits)
        policies = {PRODUCT: value, **worth}
        highest = max(advised.value(sites) for sites in tried)
        rows.append(
            {
                "truth": office.truth.truth_id,
                "number": office.number,
                "answers": number,
                "eligible": len(eligible),
                "best": max(most, *policies.values()),
                "people": policies,
                "plan": [visit.site_id for visit in advised.visits],
                "best_plan": [visit.site_id for visit in best],
                "low": advised.low,
                "high": advised.high,
                "tied": len(advised.tied),
                "best_tied": str(alone.idxmax()) in advised.tied,
                "certified": highest <= advised.upper_bound * (1 + 1e-6) + 1e-6,
                "gate": advised.gate,
                "impact": None if np.isnan(made.impact.displacement) else made.impact.displacement,
            }
        )
    return rows


def _true_share(world: World, office: Office) -> pd.Series:
    """Displacement by area; where it differs between places, that of those who come to a place on average."""
    true = office.true
    people = np.maximum(true.people, 1e-12)
    return pd.Series((true.displacement * people).sum(axis=1) / people.sum(axis=1), index=world.areas.index)


def _scores(office: Office, made: Study, people: pd.Series) -> dict[str, pd.Series]:
    """What each rule sorts places by, best first; a rule that needs what the office lacks is left out."""
    dataset, sites = office.known, made.sites
    forecast, areas = made.forecast, dataset.areas
    ways = made.effective_costs.frame
    km = ways.pivot(index="area_id", columns="site_id", values="effective_km").reindex(areas.index)
    own = areas["in_jurisdiction"].to_numpy(bool)
    holder = enclosing_area(sites["area_id"], areas)
    residents = areas["population"].where(areas["in_jurisdiction"]).reindex(holder).set_axis(sites.index)
    with_office = holder[sites["kind"].isin(SITE_KINDS_FIXED)].unique()
    visited = people.index.sort_values()
    one_each = visited[~holder[visited].duplicated() & ~holder[visited].isin(with_office)]
    share = 1 - office.true.displacement[:, office.true.site_ids.get_indexer(forecast.site_ids)]
    net = (forecast.draws.mean(axis=0) * share)[own].sum(axis=0)
    served = people / forecast.totals.mean()
    scores = {
        OWN_PEOPLE: people,
        SORTED_TRUE: pd.Series(net, index=forecast.site_ids) * served,
        "last year's places": _attendance(office),
        "gravity": (np.exp(-km / 35).mul(areas["population"] * own, axis=0)).sum(),
        "most populous kecamatan without an office": residents[one_each],
    }
    if dataset.interest is not None:
        interest = interest_evidence(
            interest=dataset.interest, areas=areas, events=dataset.events, settings=dataset.settings
        )
        scores["highest interest"] = interest.by_area["people"].reindex(holder).set_axis(sites.index)
    return scores


def _attendance(office: Office) -> pd.Series:
    """Mean attendance of each place in the last year, before it in earlier ones; then places never visited."""
    dataset = office.known
    held = dataset.events[dataset.events["status"] == "held"]
    came = dataset.counts.groupby("event_id")["applicants"].sum().reindex(held.index)
    recent = held["date"] > pd.Timestamp(dataset.as_of) - pd.DateOffset(years=1)
    earlier = came.groupby(held["site_id"]).mean() / 1e6
    return came[recent].groupby(held["site_id"]).mean().combine_first(earlier)


def _visits(office: Office, scores: pd.Series) -> tuple[Visit, ...]:
    """The places with the highest scores, each on the first day that is left."""
    order = scores.sort_index().sort_values(ascending=False, kind="stable", na_position="last").index
    return tuple(Visit(site_id=str(site), day=day) for site, day in zip(order, office.days, strict=False))


def _random(office: Office, eligible: pd.Index, rng: np.random.Generator) -> float:
    at = office.true.site_ids.get_indexer(eligible)
    sets = np.array([rng.choice(at, N_EVENTS, replace=False) for _ in range(_RANDOM_PLANS)])
    return float(office.true.of_sets(sets, office.days).mean())
