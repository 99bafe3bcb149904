"""Terms of time, programme and place: which can be learned, what is named, and what they are on a proposed day."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.terms import FASTING, INVITED, SEASON, TREND, OfficeIndex, build_terms

SITES = pd.DataFrame({"kind": "mall"}, index=pd.Index(["A", "B", "C", "D"], name="site_id"))
INDEX = OfficeIndex(growth=0.1, month_effect=np.linspace(-0.2, 0.2, 12))


def _events(n: int = 12, *, every: int = 35, **columns: object) -> pd.DataFrame:
    dates = pd.date_range("2025-01-04", periods=n, freq=f"{every}D")
    ids = pd.Index([f"E{number:02d}" for number in range(n)], name="event_id")
    return pd.DataFrame({"site_id": np.resize(list("ABCD"), n), "date": dates} | columns, index=ids)


def _days(text: str) -> np.ndarray:
    return np.full(len(SITES), np.datetime64(text, "ns"))


def test_a_year_of_events_has_a_trend_and_four_months_have_none():
    assert TREND in build_terms(_events(), SITES, index=None).names
    short = build_terms(_events(every=10), SITES, index=None)
    assert short.left_out[TREND] == "too_short"
    few = build_terms(_events(7, every=80), SITES, index=None)
    assert few.left_out[TREND] == "too_short"


def test_the_trend_counts_years_from_the_middle_of_past_events():
    terms = build_terms(_events(), SITES, index=None)
    at = terms.names.index(TREND)
    assert terms.of_events[:, at].mean() == pytest.approx(0, abs=1e-6)
    later = terms.at(SITES, _days("2027-06-01"))[0, at] - terms.at(SITES, _days("2026-06-01"))[0, at]
    assert later == pytest.approx(1, abs=0.01)


def test_season_is_the_offices_index_less_its_mean_over_past_events():
    events = _events()
    terms = build_terms(events, SITES, index=INDEX)
    at = terms.names.index(SEASON)
    expected = INDEX.at(events["date"]) - INDEX.at(events["date"]).mean()
    np.testing.assert_allclose(terms.of_events[:, at], expected)
    day = _days("2027-01-16")
    np.testing.assert_allclose(terms.at(SITES, day)[:, at], INDEX.at(day) - INDEX.at(events["date"]).mean())
    assert build_terms(events, SITES, index=None).left_out[SEASON] == "too_short"


def test_the_fast_is_a_term_where_an_event_fell_into_it():
    terms = build_terms(_events(), SITES, index=None)
    assert terms.of_events[:, terms.names.index(FASTING)].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert terms.at(SITES, _days("2027-02-20"))[0, terms.names.index(FASTING)] == 1
    assert build_terms(_events().iloc[4:], SITES, index=None).left_out[FASTING] == "not_seen"


def test_invited_groups_differ_from_visits_and_a_proposal_is_a_visit():
    terms = build_terms(_events(programme=["visit", "invited", "visit"] * 4), SITES, index=None)
    at = terms.names.index(INVITED)
    assert terms.of_events[:3, at].tolist() == [0, 1, 0]
    assert not terms.at(SITES, _days("2027-02-20"))[:, at].any()
    assert build_terms(_events(), SITES, index=None).left_out[INVITED] == "not_seen"


def test_own_columns_are_standardised_over_past_events_and_not_taken_beyond_them():
    sites = SITES.assign(x_members=[1.0, 2.0, 1.5, 2.5])
    terms = build_terms(_events(), sites, index=None)
    assert terms.names[-1] == "x_members"
    values = terms.of_events[:, -1]
    assert values.mean() == pytest.approx(0, abs=1e-9)
    assert values.std() == pytest.approx(1)
    beyond = terms.at(sites.assign(x_members=[99.0, 2.0, np.nan, -5.0]), _days("2027-01-01"))[:, -1]
    assert beyond[0] == pytest.approx(values.max())
    assert beyond[2] == 0
    assert beyond[3] == pytest.approx(values.min())


def test_sizes_that_differ_by_a_factor_of_three_are_taken_by_their_logarithm():
    sites = SITES.assign(x_jobs=[100.0, 200.0, 400.0, 800.0])
    values = build_terms(_events(), sites, index=None).of_events[:4, -1]
    np.testing.assert_allclose(np.diff(values), np.diff(values)[0])


def test_what_an_event_alone_has_is_the_average_for_a_proposed_one():
    terms = build_terms(_events(x_reach=np.arange(12.0)), SITES, index=None)
    assert terms.names[-1] == "x_reach"
    assert not terms.at(SITES, _days("2027-01-01"))[:, -1].any()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([3.0] * 4, "constant"),
        ([None, None, 1.0, None], "mostly_missing"),
        (["many", "few", "some", "none"], "not_a_number"),
        ([None] * 4, "mostly_missing"),
    ],
)
def test_what_cannot_be_used_is_named(values, reason):
    terms = build_terms(_events(), SITES.assign(x_odd=values), index=None)
    assert terms.left_out["x_odd"] == reason
    assert "x_odd" not in terms.names
