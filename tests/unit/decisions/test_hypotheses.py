"""Plans under hypotheses on displacement: losses worked by hand, facts that matter and facts that cannot."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from decision_worlds import FIRST_DAY, announced, make_displacement, make_incremental
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.increment import DecisionWeights
from outreach_analysis.decisions.scenarios import (
    ANSWERS,
    Fact,
    compare_hypotheses,
    facts_to_find,
    value_of_finding,
)

TOWN, FAR = (("TOWN", FIRST_DAY),), (("FAR", FIRST_DAY),)
COMERS = pd.Series({"town": ANSWERS, "far": ANSWERS - 1})


def places(displacement, n_draws=4, **options):
    """100 people come in town, 60 far away, each from an area of its own."""
    draws = np.tile(np.diag([100.0, 60.0]), (n_draws, 1, 1))
    return make_incremental(
        draws, displacement=displacement, area_ids=["town", "far"], site_ids=["TOWN", "FAR"], **options
    )


def compared(
    learned, *, facts=(), weights=None, evidence=(0.0, 0.0), n_draws=4, one_share=(0.3, 0.3), falling=(0.8, 0.1)
):
    incremental = places(learned, n_draws)
    others = {
        name: dataclasses.replace(
            make_displacement(shares, incremental.forecast.area_ids, n_draws), hypothesis=name, log_evidence=of
        )
        for name, shares, of in zip(("one_share", "falling"), (one_share, falling), evidence, strict=True)
    }
    plans = {"learned": [TOWN], "one_share": [TOWN], "falling": [FAR, TOWN]}
    return compare_hypotheses(incremental, others, plans, facts=facts, weights=weights, rng=1)


def test_losses_are_those_worked_by_hand():
    found = compared([0.5, 0.2])
    # learned 50 and 48; one share 70 and 42; falling 20 and 54
    assert found.plans["sites"].tolist() == [("TOWN",), ("TOWN",), ("FAR",)]
    assert found.plans["estimate"].tolist() == pytest.approx([50, 70, 54])
    assert found.losses.loc["learned"].to_dict() == pytest.approx({"learned": 0, "one_share": 0, "falling": 34})
    assert found.losses.loc["falling"].to_dict() == pytest.approx({"learned": 2, "one_share": 28, "falling": 0})
    assert found.expected_loss.to_dict() == pytest.approx({"one_share": 0, "falling": 17})
    # knowing: (70 + 54) / 2, against the better of town (70 + 20) / 2 and far (42 + 54) / 2
    assert found.value_of_knowing == pytest.approx(62 - 48)
    assert not found.weighted
    assert found.summary().loc["lost if falling", "estimate"] == pytest.approx(34)
    assert found.summary().columns.tolist() == ["estimate", "ci_low", "ci_high", "unit"]


def test_evidence_weighs_the_hypotheses():
    found = compared([0.5, 0.2], evidence=(0.0, np.log(3)))
    assert found.plans["probability"].drop("learned").tolist() == pytest.approx([0.25, 0.75])
    assert np.isnan(found.plans["probability"]["learned"])
    assert found.value_of_knowing == pytest.approx((0.25 * 70 + 0.75 * 54) - (0.25 * 42 + 0.75 * 54))


def test_weights_decide_and_people_are_told():
    weights = DecisionWeights(areas=pd.Series({"far": 2.0}), sites=pd.Series({"TOWN": 1.0}))
    found = compared([0.5, 0.2], weights=weights)
    # far counts twice: under one share 69 and 84
    assert found.plans["sites"]["one_share"] == ("FAR",)
    assert found.plans["estimate"]["one_share"] == pytest.approx(42)
    assert found.losses.loc["learned", "one_share"] == pytest.approx(84 - 69)
    assert found.weighted


def answers(area: str) -> Fact:
    return Fact(kind="answers_from_area", id=area, shares=np.array([area == "town", area == "far"], dtype=float))


def test_a_fact_about_what_the_choice_hangs_on_is_worth_most():
    """Town's displacement is .3 or .8 by the hypothesis; far's is the same under both: asking there is no use."""
    facts = [answers("far"), answers("town")]
    found = compared([0.5, 0.2], facts=facts, n_draws=4000, one_share=(0.3, 0.2), falling=(0.8, 0.2))
    assert found.facts["id"].tolist() == ["town", "far"]
    assert found.facts["value"][1] < 0.3
    # thirty answers tell .3 from .8 nearly always: they are worth what knowing is
    assert found.value_of_knowing == pytest.approx((70 + 48) / 2 - 48)
    assert found.facts["value"][0] == pytest.approx(found.value_of_knowing, rel=0.03)
    assert found.facts["p_change"][0] == pytest.approx(0.5, abs=0.03)


def test_answers_that_overstate_by_an_unknown_amount_are_worth_less():
    incremental = places([0.5, 0.2], 4000)
    rng = np.random.default_rng(0)
    worth = {}
    for spread in (0.0, 3.0):
        others = {
            name: dataclasses.replace(
                make_displacement(shares, incremental.forecast.area_ids, 4000),
                overstatement=spread * rng.standard_normal(4000),
            )
            for name, shares in (("one_share", (0.3, 0.2)), ("falling", (0.8, 0.2)))
        }
        plans = {"learned": [TOWN], "one_share": [TOWN], "falling": [FAR]}
        found = compare_hypotheses(incremental, others, plans, facts=[answers("town")], weights=None, rng=1)
        worth[spread] = found.facts["value"][0]
    assert worth[3.0] < 0.6 * worth[0.0]


def test_a_finding_that_says_nothing_is_worth_nothing():
    rng = np.random.default_rng(5)
    worth = rng.normal([[50], [50], [49]], 10, (3, 2000))
    gains = [value_of_finding(worth, rng.standard_normal(2000))[0] for _ in range(40)]
    assert np.mean(gains) < 0.3
    assert value_of_finding(worth, np.ones(2000)) == (0.0, 0.0)


def test_a_normal_finding_is_worth_what_the_formula_says():
    """Two choices whose difference is N(0, s): seen with correlation r, the gain is r s / sqrt(2 pi)."""
    rng = np.random.default_rng(2)
    difference = rng.normal(0, 10, 40_000)
    seen = 0.6 * difference / 10 + 0.8 * rng.standard_normal(40_000)
    gain, changed = value_of_finding(np.stack([np.zeros(40_000), difference]), seen)
    assert gain == pytest.approx(0.6 * 10 / np.sqrt(2 * np.pi), rel=0.05)
    assert changed == pytest.approx(0.5, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), plans=st.integers(1, 4))
def test_no_loss_is_below_zero_and_knowing_never_hurts(seed, plans):
    rng = np.random.default_rng(seed)
    incremental = places(rng.uniform(0.05, 0.95, (30, 2)), 30)
    others = {
        name: make_displacement(rng.uniform(0.05, 0.95, (30, 2)), incremental.forecast.area_ids, 30)
        for name in ("one_share", "falling", "office_share")
    }
    choices = [TOWN, FAR, (*TOWN, *FAR), (*FAR, ("TOWN", FIRST_DAY + pd.Timedelta(days=30)))][:plans]
    mine = {name: [choices[rng.integers(plans)]] for name in ("learned", *others)}
    found = compare_hypotheses(
        incremental, others, mine, facts=facts_to_find(incremental, COMERS), weights=None, rng=seed
    )
    assert (found.losses.to_numpy() >= 0).all()
    assert all(found.losses.loc[name, name] == 0 for name in others)
    assert found.value_of_knowing >= -1e-9
    assert (found.facts["value"] >= 0).all()
    assert found.facts["p_change"].between(0, 1).all()


def test_only_what_can_be_found_out_is_a_fact():
    asked = facts_to_find(places([0.5, 0.2]), COMERS)
    assert [(fact.kind, fact.id) for fact in asked] == [("answers_from_area", "town"), ("impact", "")]
    assert all(fact.shares.sum() == pytest.approx(1) for fact in asked)
    ahead = places([0.5, 0.2], given=announced(("FAR", 3), ("FAR", 20)))
    estimated = dataclasses.replace(ahead.displacement, impact_used="placebo_failed")
    asked = facts_to_find(ahead.under(estimated), COMERS * 0)
    assert [(fact.kind, fact.id) for fact in asked] == [("answers_at_popup", "FAR")]
    assert asked[0].shares.tolist() == [0, 1]
    assert facts_to_find(places([0.5, 0.2]), COMERS * 0) == []


def test_the_same_seed_finds_the_same():
    once, again = (compared([0.5, 0.2], facts=[answers("town"), answers("far")], n_draws=200) for _ in range(2))
    pd.testing.assert_frame_equal(once.facts, again.facts)
