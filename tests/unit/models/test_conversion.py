"""Promised and came."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outreach_analysis.measures.interest import p_more_than
from outreach_analysis.models.conversion import learn_conversion, promises_kept
from outreach_analysis.settings import Settings

SETTINGS = Settings()


def _promises(pairs: list[tuple[int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["promised", "came"])
    return frame.assign(event_id="E", area_id="a")


def test_nothing_promised_is_the_offices_assumption():
    learned = learn_conversion(_promises([]), settings=SETTINGS)
    assert (learned.mean, learned.sd) == (0.6, 0.15)
    assert learned.apply() == SETTINGS


def test_prior_alone_has_the_assumed_mean_and_spread():
    """A promise of one person of whom none or all came, weighted by its own probability, leaves the prior's mean."""
    none, one = (learn_conversion(_promises([(1, came)]), settings=SETTINGS).mean for came in (0, 1))
    assert 0.4 * none + 0.6 * one == pytest.approx(0.6, abs=2e-3)
    assert none < 0.6 < one


def test_many_promises_overrule_the_assumption_but_not_their_own_spread():
    rng = np.random.default_rng(2)
    shares = rng.beta(3, 7, 60)
    pairs = [(50, int(rng.binomial(50, share))) for share in shares]
    learned = learn_conversion(_promises(pairs), settings=SETTINGS)
    assert learned.mean == pytest.approx(0.3, abs=0.04)
    assert learned.sd == pytest.approx(stats.beta(3, 7).std(), abs=0.04)


def test_probability_that_more_than_the_threshold_come_follows_what_was_learned():
    # the table of the assumption: 22 promised .02, 30 .34, 40 .70, 50 .87
    nothing = learn_conversion(_promises([]), settings=SETTINGS).apply()
    assumed = p_more_than(np.array([22, 30, 40, 50]), settings=nothing)
    np.testing.assert_allclose(assumed, [0.02, 0.34, 0.70, 0.87], atol=0.01)
    kept = learn_conversion(_promises([(30, 29)] * 8), settings=SETTINGS).apply()
    broken = learn_conversion(_promises([(30, 5)] * 8), settings=SETTINGS).apply()
    thirty = np.array([30])
    assert p_more_than(thirty, settings=broken)[0] < 0.05
    assert p_more_than(thirty, settings=kept)[0] > 0.8


def test_draws_have_the_learned_mean_and_spread():
    learned = learn_conversion(_promises([(30, 20), (40, 18)]), settings=SETTINGS)
    draws = learned.draw(20_000, 2, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(learned.mean, abs=0.005)
    assert draws.std() == pytest.approx(learned.sd, abs=0.005)
    summary = learned.summary().iloc[0]
    assert summary["ci_low"] < summary["estimate"] < summary["ci_high"]


def test_persons_count_once_and_desa_in_their_kecamatan():
    interest = pd.DataFrame(
        {
            "area_id": ["64.02.06", "64.02.06.2001", "64.02.06", "64.02.06", "64.02.07", "99.99.99", "64.02.06"],
            "people": [12, 1, 1, 1, 5, 9, 30],
            "person_key": [None, "k", "k", "m", None, None, None],
            "event_id": ["E1", "E1", "E1", "E1", "E1", "E1", None],
        }
    )
    counts = pd.DataFrame({"event_id": "E1", "area_id": ["64.02.06", "64.02.07"], "applicants": [10, 40]})
    events = pd.DataFrame({"status": ["held"]}, index=["E1"])
    areas = pd.DataFrame(index=["64.02.06", "64.02.07"])
    kept = promises_kept(interest, counts, events, areas)
    assert kept.to_dict("records") == [
        {"event_id": "E1", "area_id": "64.02.06", "promised": 14, "came": 10},
        {"event_id": "E1", "area_id": "64.02.07", "promised": 5, "came": 5},
    ]
    assert promises_kept(interest, counts, events.assign(status="planned"), areas).empty
    assert promises_kept(interest.drop(columns="event_id"), counts, events, areas).empty


def test_more_came_than_promised_is_refused():
    with pytest.raises(ValueError, match="more people came"):
        learn_conversion(_promises([(5, 6)]), settings=SETTINGS)
