"""Displacement against truths: what a hundred answers to the desk question teach, though people overstate."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from outreach_analysis.models.displacement import DisplacementEvidence, estimate_displacement

SEEDS = 20
AREAS = pd.Index([f"a{number:02d}" for number in range(30)], name="area_id")

COMERS = np.exp(-np.arange(len(AREAS)) / 8)
"""Most come from near."""


def asked(truth: np.ndarray, overstatement: float, people: int, rng: np.random.Generator) -> pd.DataFrame:
    """Answers of people who come from near more than from far; a tenth are unsure."""
    where = rng.multinomial(people, COMERS / COMERS.sum())
    unsure = rng.binomial(where, 0.1)
    yes = rng.binomial(where - unsure, special.expit(special.logit(truth) + overstatement))
    return pd.DataFrame({"area_id": AREAS, "yes": yes, "no": where - unsure - yes, "unsure": unsure})


def study(truth: float | np.ndarray, *, people: int = 100, overstatement: float | None = None) -> pd.DataFrame:
    """Estimates of offices whose people answer: error and cover of the pooled displacement, by seed."""
    shares = np.broadcast_to(np.asarray(truth, dtype=float), len(AREAS))
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 7])
        km = pd.Series(np.sort(rng.uniform(0, 120, len(AREAS))), index=AREAS)
        residents = pd.Series(rng.integers(5_000, 90_000, len(AREAS)), index=AREAS)
        h = rng.normal(0.2, 0.4) if overstatement is None else overstatement
        answers = asked(shares, h, people, rng)
        found = estimate_displacement(
            km,
            residents,
            evidence=DisplacementEvidence(answers=answers, comers=pd.Series(COMERS, index=AREAS)),
            n_draws=2000,
            rng=seed,
        )
        true = float(shares @ COMERS / COMERS.sum())
        covered = found.pooled_low <= true <= found.pooled_high
        rows.append((found.pooled - true, covered, found.pooled_high - found.pooled_low))
    return pd.DataFrame(rows, columns=["error", "covered", "width"])


@pytest.mark.parametrize(("truth", "most"), [(0.3, 0.07), (0.6, 0.10)])
def test_a_hundred_answers_find_a_share_that_is_the_same_everywhere(truth, most):
    found = study(truth)
    assert found["error"].abs().mean() <= most
    assert found["covered"].mean() >= 0.85
    # and the interval says something: the prior's is twice as wide
    assert found["width"].mean() < 0.75 * study(truth, people=0)["width"].mean()


@pytest.mark.parametrize("truth", [pytest.param(0.3, marks=pytest.mark.slow), 0.6])
def test_people_who_overstate_by_more_than_is_usual_are_still_covered(truth):
    found = study(truth, overstatement=0.6)
    assert found["covered"].mean() >= 0.85
    assert found["error"].mean() > study(truth, overstatement=0.0)["error"].mean()


@pytest.mark.slow
def test_a_share_that_falls_with_distance_is_found_too():
    falling = np.linspace(0.75, 0.1, len(AREAS))
    found = study(falling)
    assert found["error"].abs().mean() <= 0.10
    assert found["covered"].mean() >= 0.85
    without = study(falling, people=0)
    assert found["error"].abs().mean() < without["error"].abs().mean()
