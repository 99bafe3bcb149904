"""Promised and came."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outreach_analysis.measures.interest import interest_evidence, learn_conversion, p_above, show_up_rates
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
    assumed = p_above(np.array([22, 30, 40, 50]), settings=nothing)
    np.testing.assert_allclose(assumed, [0.02, 0.34, 0.70, 0.87], atol=0.01)
    kept = learn_conversion(_promises([(30, 29)] * 8), settings=SETTINGS).apply()
    broken = learn_conversion(_promises([(30, 5)] * 8), settings=SETTINGS).apply()
    thirty = np.array([30])
    assert p_above(thirty, settings=broken)[0] < 0.05
    assert p_above(thirty, settings=kept)[0] > 0.8


def test_draws_have_the_learned_mean_and_spread():
    learned = learn_conversion(_promises([(30, 20), (40, 18)]), settings=SETTINGS)
    draws = learned.draw(20_000, 2, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(learned.mean, abs=0.005)
    assert draws.std() == pytest.approx(learned.sd, abs=0.005)
    summary = learned.summary().iloc[0]
    assert summary["ci_low"] < summary["estimate"] < summary["ci_high"]


def test_a_share_known_for_sure_learns_nothing_and_does_not_vary():
    sure = SETTINGS.replace(interest_shows_up_sd=0.0)
    learned = learn_conversion(_promises([(30, 5)] * 4), settings=sure)
    assert (learned.mean, learned.sd) == (0.6, 0.0)
    assert (learned.draw(3, 2, np.random.default_rng(0)) == 0.6).all()
    assert learned.summary().iloc[0][["ci_low", "ci_high"]].tolist() == [0.6, 0.6]


def test_evidence_learns_from_what_past_promises_brought():
    areas = pd.DataFrame(index=pd.Index(["a", "b"], name="area_id"))
    days = pd.to_datetime(["2026-01-05"] * 6 + ["2026-10-01"])
    past = pd.DataFrame({"date": days, "area_id": ["a"] * 6 + ["b"], "people": 40, "group": True, "person_key": None})
    interest = past.assign(event_id=[*(f"E{number}" for number in range(6)), None])
    events = pd.DataFrame(
        {"status": "held", "date": pd.to_datetime("2026-02-01")}, index=[f"E{number}" for number in range(6)]
    )
    counts = pd.DataFrame({"event_id": events.index, "area_id": "a", "applicants": 12})
    settings = SETTINGS.replace(as_of=dt.date(2026, 11, 1))
    assumed = interest_evidence(interest=interest, areas=areas, events=events, settings=settings)
    learned = interest_evidence(interest=interest, areas=areas, events=events, counts=counts, settings=settings)
    assert assumed.by_area.loc["b", "p_above_threshold"] == pytest.approx(0.70, abs=0.01)
    assert learned.by_area.loc["b", "p_above_threshold"] < 0.1
    assert learned.conversion.mean < 0.4
    assert assumed.by_area["above_threshold"].equals(learned.by_area["above_threshold"])
    # an event after the day of the question has taught nothing yet
    early = settings.replace(as_of=dt.date(2026, 1, 20))
    assert (
        interest_evidence(interest=interest, areas=areas, events=events, counts=counts, settings=early).conversion.mean
        == 0.6
    )


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
    kept = show_up_rates(interest, counts, events, areas)
    assert kept.to_dict("records") == [
        {"event_id": "E1", "area_id": "64.02.06", "promised": 14, "came": 10},
        {"event_id": "E1", "area_id": "64.02.07", "promised": 5, "came": 5},
    ]
    assert show_up_rates(interest, counts, events.assign(status="planned"), areas).empty
    assert show_up_rates(interest.drop(columns="event_id"), counts, events, areas).empty


def test_more_came_than_promised_is_refused():
    with pytest.raises(ValueError, match="more people came"):
        learn_conversion(_promises([(5, 6)]), settings=SETTINGS)
