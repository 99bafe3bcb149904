"""Which letters, and where of our own? Simulated Mondays whose truth is known, by every way of choosing.

    python benchmarks/request_letters.py                       40 Mondays: 8 offices, 5 each
    python benchmarks/request_letters.py --offices 2 --mondays 2

An office is drawn from a truth of `benchmarks/regret.py`: it has past pop-ups, and 20 places of its own. On a Monday
ten letters lie there: a list of names or a number (which overstates who comes), a day wished, a place that the office
does not plan by itself. Two teams, six pop-ups at most, a budget. The product's choice (`Study.requests`) stands beside
'largest letter first' and 'oldest first', which take letters on their day while team and budget last and then the
office's own places by the people they expect. All keep to the minimum of the programme. What a choice is worth is
computed with the truth, without those who were sent to another visit; the best is that of a search with the truth,
which needs no free team.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from regret_study.offices import Office, World, make_office
from regret_study.product import MADE_ONCE
from regret_study.truths import TRUTHS
from regret_study.visits import TrueVisits, Visit

from outreach_analysis.geography.service_days import service_days
from outreach_analysis.intake.tables import LETTER_COLUMNS, RequestLetters
from outreach_analysis.plan_study import PlanOptions
from outreach_analysis.settings import SITE_KINDS_FIXED
from outreach_analysis.study import Study

SEED = 20261130
DRAWS = 300
N_LETTERS, N_OWN, N_EVENTS, TEAMS, BUDGET = 10, 20, 6, 2, 14e6
RUN = ("1", "9", "18")
_NO_SHOW = (0.09, 0.06)
_OVERSTATED = (0.5, 0.2)
_RULES = {"largest letter first": ("size", False), "oldest first": ("date", True)}
_ANY_DAY = ("pesantren", "kecamatan", "desa", "other")


def mondays(offices: int, each: int, *, truths: Iterable[str] = RUN, seed: int = SEED) -> pd.DataFrame:
    """One row a Monday: regret of every policy, what the product's plan costs, and how many letters it answers."""
    world, names = World.load(), list(truths)
    rows = []
    for number in range(offices):
        truth = names[number % len(names)]
        office = _with_costs(world, make_office(world, TRUTHS[truth], 2 * number + 1, seed=seed))
        rng = np.random.default_rng([seed, number])
        own, others = _places(office, rng)
        base = Study(office.known, internal=True, n_draws=DRAWS, rng=rng.spawn(1)[0])
        made = {name: getattr(base, name) for name in (*MADE_ONCE, "turnout", "displacement", "came")}
        known = {"truth": truth, "office": number}
        rows += [known | _monday(office, base, made, own, others, rng) for _ in range(each)]
    return pd.DataFrame(rows)


def _with_costs(world: World, office: Office) -> Office:
    """The office with the cost of a visit at every place, by its way, and its limits."""
    sites = office.known.sites
    km = world.km[sites.index].loc[sites.loc[sites["kind"] == "office", "area_id"].iloc[0][:8]]
    settings = office.known.settings.replace(plan_teams=TEAMS, plan_budget=BUDGET)
    known = dataclasses.replace(office.known, sites=sites.assign(cost=2e6 + 15e3 * km.round()), settings=settings)
    return dataclasses.replace(office, known=known)


def _places(office: Office, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The office's own candidates, and places from which letters come."""
    sites = office.known.sites
    inside = office.known.areas.index[office.known.areas["in_jurisdiction"]]
    free = sites[~sites["kind"].isin(SITE_KINDS_FIXED) & sites["area_id"].str[:8].isin(inside)]
    asking = free.index[free["kind"].isin(_ANY_DAY)]
    others = list(rng.choice(asking, 2 * N_LETTERS, replace=False))
    return list(rng.choice(free.index.difference(others), N_OWN, replace=False)), others


def _monday(
    office: Office, base: Study, made: dict[str, Any], own: list[str], others: list[str], rng: np.random.Generator
) -> dict[str, Any]:
    letters, lists, came = _letters(office, rng.choice(others, N_LETTERS, replace=False), rng)
    forbidden = tuple(base.candidates.index.difference(own))
    study = dataclasses.replace(
        base,
        dataset=dataclasses.replace(office.known, requests=RequestLetters(letters=letters, lists=lists)),
        options=PlanOptions(n_events=N_EVENTS, forbidden=forbidden),
    ).given(**made)
    found = study.requests
    assert found is not None
    true = _true(office, letters, came)
    sites = study.with_requests().sites
    of_letters = office.known.sites["cost"].reindex(letters["site_id"]).set_axis("SURAT-" + letters.index)
    costs = pd.concat([sites["cost"].dropna().drop(of_letters.index, errors="ignore"), of_letters])
    people = study.with_requests().ranking.by_site["people"]
    open_own = people.index.intersection(own)
    meets = letters.index[letters["listed"].fillna(letters["people"]) > 20]
    days = study.proposed[open_own]
    chosen = [Visit(site_id=row.site_id, day=row.day) for row in found.visits.itertuples()]
    joined = found.letters[found.letters["reason"] == "with_letter"]
    beside = [Visit(site_id=f"SURAT-{letter}", day=day) for letter, day in joined["answer_day"].items()]
    plans = {"product": chosen + beside}
    for name, (by, ascending) in _RULES.items():
        size = letters["listed"].fillna(letters["people"])
        order = (size if by == "size" else letters["date"])[meets].sort_values(ascending=ascending, kind="stable")
        wished = [(f"SURAT-{number}", letters["day"][number]) for number in order.index]
        rest = [(site, None) for site in people[open_own].sort_values(ascending=False).index]
        plans[name] = _taken([*wished, *rest], costs, _free_days(study))
    candidates = [(f"SURAT-{number}", letters["day"][number]) for number in meets] + list(days.items())
    best = _best(true, candidates, costs)
    worth = {name: true.additional(visits) for name, visits in plans.items()}
    most = max(best, *worth.values())
    spent = float(costs[[visit.site_id for visit in chosen]].sum())
    answered = found.letters["reason"].ne("") & found.letters["answer"].ne("")
    return {name: 1 - value / most for name, value in worth.items()} | {
        "spent": spent,
        "letters": len(letters),
        "answered": int(answered.sum()),
        "accepted": int((found.letters["answer"] == "accepted").sum()),
    }


def _letters(
    office: Office, places: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.Series]]:
    """Ten letters, the people of their lists, and who truly comes of each, by area (expected)."""
    sites, areas = office.known.sites, office.known.areas
    as_of = pd.Timestamp(office.known.as_of)
    rows, lists, came = [], [], {}
    for number, place in enumerate(places):
        letter, home = f"L{number:02d}", str(sites["area_id"][place])[:8]
        size = int(np.clip(np.round(rng.lognormal(np.log(60), 0.6)), 8, 200))
        neighbours = areas.index[areas["parent_id"] == areas["parent_id"][home]]
        people = pd.Series(rng.multinomial(size, [0.7, 0.3])[0], index=[home]).add(
            pd.Series(rng.choice(neighbours, size)).value_counts().mul(0.3), fill_value=0.0
        )
        people *= size / people.sum()
        listed = bool(rng.random() < 0.4)
        mean, sd = _NO_SHOW if listed else _OVERSTATED
        scale = mean * (1 - mean) / sd**2 - 1
        share = rng.beta(mean * scale, (1 - mean) * scale)
        came[letter] = people * ((1 - share) if listed else share)
        if listed:
            lists += [(letter, str(area), float(n)) for area, n in people.items()]
        rows.append(
            {
                "number": letter,
                "date": as_of - pd.Timedelta(days=int(rng.integers(1, 60))),
                "asker": "other",
                "programme": "invited",
                "site_id": str(place),
                "area_id": sites["area_id"][place],
                "day": as_of + pd.Timedelta(days=int(rng.integers(15, 80))),
                "people": float(size),
                "listed": float(size) if listed else np.nan,
                "came": np.nan,
                "application": "unknown",
                "answer": "",
                "answered_on": pd.NaT,
                "event_id": None,
            }
        )
    letters = pd.DataFrame(rows).set_index("number")[list(LETTER_COLUMNS)]
    return letters, pd.DataFrame(lists, columns=["number", "area_id", "people"]), came


def _true(office: Office, letters: pd.DataFrame, came: dict[str, pd.Series]) -> TrueVisits:
    """The truth of the office with a place for every letter, whose people wait whatever was held before."""
    true, area_ids = office.true, office.known.areas.index
    at = true.site_ids.get_indexer(letters["site_id"])
    after = (letters["day"] - true.as_of).dt.days.to_numpy()
    left = 1 - true.used[:, None] * np.exp(-after / true.recovery_days)
    factor = np.array([true.factor(day) for day in letters["day"]])
    waiting = np.column_stack([came[number].reindex(area_ids, fill_value=0.0) for number in letters.index])
    return dataclasses.replace(
        true,
        site_ids=true.site_ids.append(pd.Index([f"SURAT-{number}" for number in letters.index])),
        people=np.hstack([true.people, waiting / np.maximum(left, 0.05) / factor]),
        taken=np.hstack([true.taken, np.zeros_like(waiting)]),
        displacement=np.hstack([true.displacement, true.displacement[:, at]]),
        capacity=np.append(true.capacity, np.full(len(at), office.known.settings.popup_capacity)),
    )


def _free_days(study: Study) -> list[pd.Timestamp]:
    ahead = study.as_of + pd.Timedelta(days=study.settings.lead_days)
    days = service_days(ahead, study.as_of + pd.Timedelta(days=90), settings=study.settings)
    return list(days.loc[(days["kind"] != "workday") & ~days["blackout"], "day"])


def _taken(wished: list[tuple[str, pd.Timestamp | None]], costs: pd.Series, free: list[pd.Timestamp]) -> list[Visit]:
    """In order: each on its day, or the first free day off, while a team, the budget and the number allow."""
    visits: list[Visit] = []
    left, used = BUDGET, dict.fromkeys(free, 0)
    for site, day in wished:
        at = day if day is not None else next((each for each in free if used[each] < TEAMS), None)
        if at is None or used.get(at, 0) >= TEAMS or costs[site] > left or len(visits) == N_EVENTS:
            continue
        visits.append(Visit(site_id=site, day=at))
        left, used[at] = left - costs[site], used.get(at, 0) + 1
    return visits


def _best(true: TrueVisits, candidates: list[tuple[str, pd.Timestamp]], costs: pd.Series) -> float:
    """The most that a search with the truth finds: greedy by people and by people a rupiah, then exchanges."""
    every = [Visit(site_id=str(site), day=pd.Timestamp(day)) for site, day in candidates]
    alone = pd.Series([true.additional([visit]) for visit in every])
    cost = costs[[visit.site_id for visit in every]].reset_index(drop=True)
    best = 0.0
    for order in (alone, alone / cost):
        chosen: list[int] = []
        for at in order.sort_values(ascending=False).index:
            if len(chosen) < N_EVENTS and cost[[*chosen, at]].sum() <= BUDGET:
                chosen.append(at)
        value, better = true.additional([every[at] for at in chosen]), True
        while better:
            better = False
            for position in range(N_EVENTS):
                for new in set(range(len(every))) - set(chosen):
                    trial = [*chosen[:position], *chosen[position + 1 :], new]
                    if cost[trial].sum() > BUDGET:
                        continue
                    worth = true.additional([every[at] for at in trial])
                    if worth > value + 1e-9:
                        chosen, value, better = trial, worth, True
        best = max(best, value)
    return best


def main() -> None:
    """Print regret by policy and truth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--offices", type=int, default=8)
    parser.add_argument("--mondays", type=int, default=5)
    asked = parser.parse_args()
    found = mondays(asked.offices, asked.mondays)
    policies = ["product", *_RULES]
    print(found.groupby("truth")[policies].mean().round(3).to_string())
    print(found[policies].agg(["mean", "median", "max"]).round(3).to_string())
    print(
        f"{len(found)} Mondays; letters answered {int(found['answered'].sum())} of {int(found['letters'].sum())}, "
        f"accepted {int(found['accepted'].sum())}; most spent Rp {found['spent'].max():,.0f} of {BUDGET:,.0f}"
    )


if __name__ == "__main__":
    main()
