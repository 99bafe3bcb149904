"""What hangs on displacement: the plan under each hypothesis, its loss if another is true, what is worth asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from outreach_analysis.decisions.increment import DecisionWeights, Floats, IncrementalAttendance, Visit
from outreach_analysis.models.displacement import DisplacementResult, Hypothesis
from outreach_analysis.shown import Shown
from outreach_analysis.streams import named_stream

FactKind: TypeAlias = Literal["answers_from_area", "answers_at_popup", "impact"]
ANSWERS = 30
"""Answers to the desk question that one fact consists of."""
IMPACT_ERROR = 0.3
"""Standard error of an impact estimate not made yet: over simulated offices with a true displacement of .3."""
_FOLDS = 5
_DEGREE = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fact:
    """Something about displacement that the office could find out."""

    kind: FactKind
    id: str
    shares: Floats

    def simulate(self, displacement: Floats, overstatement: Floats, rng: np.random.Generator) -> Floats:
        """What would be found in each draw: a share of `ANSWERS` answers, or an estimate of displacement."""
        if self.kind == "impact":
            return np.asarray(displacement @ self.shares + IMPACT_ERROR * rng.standard_normal(len(displacement)))
        yes = special.expit(special.logit(displacement) + overstatement[:, None]) @ self.shares
        return np.asarray(rng.binomial(ANSWERS, np.clip(yes, 0.0, 1.0)) / ANSWERS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HypothesesResult(Shown):
    """The plan under each hypothesis on displacement, and what is worth finding out.

    Attributes
    ----------
    plans
        Index `hypothesis`, `learned` (the plan that is proposed) first: `sites` of the best plan if it were true,
        `estimate, ci_low, ci_high` of its additional people then (90 %), `probability` of the hypothesis among those
        that are not learned, by answers and impact estimate (equal where there are none; NaN for `learned`).
    losses
        Index `hypothesis` of which the plan is held, columns `hypothesis` that is true: worth lost on average against
        the best of these plans, in common draws; people where no weights are stated.
    facts
        Columns `kind, id, value, p_change`, the most valuable first: worth that the plan gains on average from knowing
        it, and how often it would be another plan.
    value_of_knowing
        The same from knowing which of the hypotheses is true.
    n_answers
        Answers to the desk question so far.
    weighted
        Whether the plan was made with weights, so that worth is not people.
    """

    plans: pd.DataFrame
    losses: pd.DataFrame
    facts: pd.DataFrame
    value_of_knowing: float
    n_answers: int
    weighted: bool

    @property
    def lost(self) -> pd.Series:
        """What the proposed plan loses on average if each of the other hypotheses is true."""
        return self.losses.drop(columns="learned").T["learned"]

    @property
    def expected_loss(self) -> pd.Series:
        """The same times the probability of the hypothesis."""
        return self.lost * self.plans["probability"].drop("learned")

    def summary(self) -> pd.DataFrame:
        """Additional people and loss under each hypothesis, worth of facts: `estimate, ci_low, ci_high, unit`."""
        unit = "worth" if self.weighted else "people"
        people = self.plans[["estimate", "ci_low", "ci_high"]].assign(unit="additional people")
        names = [f"{kind} {name}".strip() for kind, name in self.facts[["kind", "id"]].itertuples(index=False)]
        worth = pd.Series([self.value_of_knowing, *self.facts["value"]], ["hypothesis", *names])
        averages = pd.concat([self.lost.add_prefix("lost if "), worth.add_prefix("knowing ")])
        table: pd.DataFrame = pd.concat([people, averages.to_frame("estimate").assign(unit=f"{unit} on average")])
        return table


def facts_to_find(incremental: IncrementalAttendance, comers: pd.Series) -> list[Fact]:
    """What could be found out before the plan: answers from areas and at announced pop-ups, an impact estimate."""
    came = comers.reindex(incremental.forecast.area_ids).fillna(0.0).to_numpy(float)
    found = [
        Fact(
            kind="answers_from_area",
            id=str(area),
            shares=np.asarray(incremental.forecast.area_ids == area, dtype=float),
        )
        for area in incremental.forecast.area_ids[came >= ANSWERS]
    ]
    for site in dict.fromkeys(site for site, _ in incremental.given):
        people = incremental.forecast.draws[:, :, incremental.site_ids.get_loc(site)].mean(axis=0)
        if people.sum() > 0:
            found.append(Fact(kind="answers_at_popup", id=site, shares=people / people.sum()))
    if incremental.displacement.impact_used == "no" and came.sum() > 0:
        found.append(Fact(kind="impact", id="", shares=came / came.sum()))
    return found


def compare_hypotheses(
    incremental: IncrementalAttendance,
    displacements: Mapping[Hypothesis, DisplacementResult],
    plans: Mapping[Hypothesis, Sequence[tuple[Visit, ...]]],
    *,
    facts: Sequence[Fact],
    weights: DecisionWeights | None,
    rng: np.random.Generator | int | None,
) -> HypothesesResult:
    """What each plan is worth under each hypothesis, and what each fact would add to the choice among them."""
    known: dict[Hypothesis, DisplacementResult] = {"learned": incremental.displacement, **displacements}
    pool = list(dict.fromkeys(visits for each in plans.values() for visits in each))
    people, worth = _values(incremental, known, pool, weights or DecisionWeights())
    means = {name: worth[name].mean(axis=1) for name in known}
    names, found = list(known), [pool.index(each[0]) for each in plans.values()]
    rows = [found[0], *(max(found, key=means[name].__getitem__) for name in displacements)]
    chosen = dict(zip(names, rows, strict=True))
    losses = pd.DataFrame({name: means[name][rows].max() - means[name][rows] for name in names}, index=names)
    probability = _probabilities(displacements)
    average = sum(probability[name] * means[name] for name in displacements)
    best = sum(probability[name] * means[name].max() for name in displacements)
    ends = {name: np.quantile(people[name][chosen[name]], [0.05, 0.95]) for name in names}
    return HypothesesResult(
        plans=pd.DataFrame(
            {
                "sites": [tuple(site for site, _ in pool[chosen[name]]) for name in names],
                "estimate": [people[name][chosen[name]].mean() for name in names],
                "ci_low": [ends[name][0] for name in names],
                "ci_high": [ends[name][1] for name in names],
                "probability": [probability.get(name, np.nan) for name in names],
            },
            index=pd.Index(names, name="hypothesis"),
        ),
        losses=losses.rename_axis(index="hypothesis", columns="true"),
        facts=_values_of_facts(facts, displacements, worth, probability, rng),
        value_of_knowing=float(best - np.max(average)),
        n_answers=incremental.displacement.n_answers,
        weighted=weights is not None,
    )


def _values(
    incremental: IncrementalAttendance,
    known: Mapping[Hypothesis, DisplacementResult],
    pool: Sequence[tuple[Visit, ...]],
    weights: DecisionWeights,
) -> tuple[dict[Hypothesis, Floats], dict[Hypothesis, Floats]]:
    """Additional people and worth of every plan, by hypothesis: (plans, n_draws)."""
    inside, of_areas = incremental.inside, weights.of_areas(incremental.area_ids).to_numpy(float)
    people = {name: np.empty((len(pool), incremental.n_draws)) for name in known}
    worth = {name: np.empty((len(pool), incremental.n_draws)) for name in known}
    for row, visits in enumerate(pool):
        came = incremental.people_draws(visits)[:, inside]
        spent = weights.of_sites(pd.Index([site for site, _ in visits])).sum()
        for name, displacement in known.items():
            added = came * (1 - displacement.draws[:, inside])
            people[name][row], worth[name][row] = added.sum(axis=1), added @ of_areas - spent
    return people, worth


def _probabilities(displacements: Mapping[Hypothesis, DisplacementResult]) -> dict[Hypothesis, float]:
    """Probability of each hypothesis after answers and impact estimate; before them they are equal."""
    shares = special.softmax([each.log_evidence for each in displacements.values()])
    return {name: float(share) for name, share in zip(displacements, shares, strict=True)}


def _values_of_facts(
    facts: Sequence[Fact],
    displacements: Mapping[Hypothesis, DisplacementResult],
    worth: Mapping[Hypothesis, Floats],
    probability: Mapping[Hypothesis, float],
    rng: np.random.Generator | int | None,
) -> pd.DataFrame:
    """What each fact adds to the choice, and how often it changes it, where each hypothesis has its share of draws."""
    names = list(displacements)
    n_draws = worth[names[0]].shape[1]
    owner = np.searchsorted(np.cumsum([probability[name] for name in names])[:-1], (np.arange(n_draws) + 0.5) / n_draws)
    mine = [owner == number for number in range(len(names))]
    shares = np.concatenate([displacements[name].draws[of] for name, of in zip(names, mine, strict=True)])
    overstated = np.concatenate([displacements[name].overstatement[of] for name, of in zip(names, mine, strict=True)])
    values = np.concatenate([worth[name][:, of] for name, of in zip(names, mine, strict=True)], axis=1)
    rows = []
    for fact in facts:
        found = fact.simulate(shares, overstated, named_stream(rng, f"fact {fact.kind} {fact.id}"))
        rows.append((fact.kind, fact.id, *value_of_finding(values, found)))
    frame = pd.DataFrame(rows, columns=["kind", "id", "value", "p_change"])
    return frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def value_of_finding(worth: Floats, found: Floats) -> tuple[float, float]:
    """Worth gained on average by choosing after something was found, and how often the choice is another one."""
    spread = found.std()
    if spread == 0:
        return 0.0, 0.0
    terms = np.vander((found - found.mean()) / spread, min(_DEGREE + 1, len(np.unique(found))), increasing=True)
    fold = np.arange(len(found)) % _FOLDS
    gained, changed = np.zeros(len(found)), np.zeros(len(found), dtype=bool)
    for number in range(_FOLDS):
        seen, unseen = fold != number, np.flatnonzero(fold == number)
        fitted = terms[unseen] @ np.linalg.lstsq(terms[seen], worth[:, seen].T, rcond=None)[0]
        taken, before = fitted.argmax(axis=1), int(worth[:, seen].mean(axis=1).argmax())
        gained[unseen] = worth[taken, unseen] - worth[before, unseen]
        changed[unseen] = taken != before
    return max(float(gained.mean()), 0.0), float(changed.mean())
