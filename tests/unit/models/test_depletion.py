"""Depletion: who was served and is not willing again, against persons followed one by one and against plain loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.models.displacement import (
    GRID,
    MOST_DRAWN,
    RECOVERY_DAYS,
    Depletion,
    DepletionDraws,
    PastEvents,
    available_before,
    learn_depletion,
    prior_depletion,
)
from outreach_analysis.models.turnout import fit_turnout, prior_turnout
from outreach_analysis.settings import Settings

START = np.datetime64("2026-01-01", "ns")


def past_events(days: list[int], ratio: object) -> PastEvents:
    dates = START + np.array(days, dtype="timedelta64[D]").astype("timedelta64[ns]")
    return PastEvents(dates=dates, ratio=np.asarray(ratio, dtype=float).reshape(len(days), -1))


def followed(past: PastEvents, share: float, recovery: float, *, persons: int, seed: int) -> np.ndarray:
    """Share of persons who are willing just before each event: each is served or not, and back after a random time."""
    rng = np.random.default_rng(seed)
    away_until = np.zeros((persons, past.ratio.shape[1]))  # day from which each person is willing again
    left = np.empty_like(past.ratio)
    days = (past.dates - START) / np.timedelta64(1, "D")
    for day in np.unique(days):
        for number in np.flatnonzero(days == day):
            left[number] = (away_until <= day).mean(axis=0)
        for number in np.flatnonzero(days == day):
            drawn = np.minimum(share * past.ratio[number], MOST_DRAWN)
            served = (away_until <= day) & (rng.random(away_until.shape) < drawn)
            away_until[served] = day + rng.exponential(recovery, int(served.sum()))
    return left


@pytest.mark.parametrize("recovery", [45.0, 365.0])
@pytest.mark.parametrize("share", [0.15, 0.6])
def test_what_is_left_is_what_persons_followed_one_by_one_leave(share, recovery):
    past = past_events([0, 20, 20, 45, 200, 207], np.array([[1, 0.2], [0.5, 1], [1, 0], [3, 0.1], [1, 1], [0.8, 0.3]]))
    expected = followed(past, share, recovery, persons=40_000, seed=1)
    np.testing.assert_allclose(available_before(past, share, recovery), expected, atol=0.012)


@st.composite
def histories(draw) -> PastEvents:
    days = sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=6)))
    ratio = draw(st.lists(st.floats(0, 4), min_size=2 * len(days), max_size=2 * len(days)))
    return past_events(days, ratio)


@given(histories(), st.floats(0, 0.85), st.sampled_from(RECOVERY_DAYS))
@settings(max_examples=40, deadline=None)
def test_what_is_left_is_a_share_that_falls_with_what_was_drawn(past, share, recovery):
    left = available_before(past, share, recovery)
    assert ((left >= 0) & (left <= 1)).all()
    assert (left[past.dates == past.dates[0]] == 1).all()
    assert (available_before(past, share / 2, recovery) >= left - 1e-12).all()
    # slower recovery leaves fewer
    assert (available_before(past, share, 2 * recovery) <= left + 1e-12).all()
    assert (available_before(past, 0.0, recovery) == 1).all()


def draws_of(past: PastEvents, share: list[float], recovery: list[float]) -> DepletionDraws:
    return DepletionDraws(
        share=np.array(share),
        recovery=np.array(recovery),
        base=np.full((len(share), past.ratio.shape[1]), 30.0),
        past=past,
    )


@given(histories(), st.integers(-10, 500), st.lists(st.floats(0.001, 0.85), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_depletion_on_a_day_is_that_of_a_plain_loop(past, day, shares):
    recovery = [RECOVERY_DAYS[number % 3] for number in range(len(shares))]
    found = draws_of(past, shares, recovery).depleted(pd.Timestamp(START) + pd.Timedelta(days=day))
    for draw, (share, tau) in enumerate(zip(shares, recovery, strict=True)):
        for area in range(past.ratio.shape[1]):
            served, at = 0.0, None
            for date, ratio in zip(past.dates, past.ratio[:, area], strict=True):
                now = int((date - START) / np.timedelta64(1, "D"))
                if now >= day:
                    break
                served *= 1.0 if at is None else np.exp(-(now - at) / tau)
                served += min(share * ratio, MOST_DRAWN) * (1 - served)
                at = now
            if at is not None:
                served *= np.exp(-(day - at) / tau)
            assert found[draw, area] == pytest.approx(served, abs=1e-12)


def test_days_asked_in_any_order_give_the_same():
    past = past_events([0, 10, 60], [[1.0], [2.0], [0.5]])
    days = [pd.Timestamp(START) + pd.Timedelta(days=number) for number in (61, 5, 400, 60, 11, 61, 0)]
    often = draws_of(past, [0.3, 0.6], [45.0, 365.0])
    together = [often.depleted(day) for day in days]
    for day, found in zip(days, together, strict=True):
        np.testing.assert_array_equal(found, draws_of(past, [0.3, 0.6], [45.0, 365.0]).depleted(day))


def test_an_event_is_not_before_its_own_day_and_is_before_the_next():
    past = past_events([0], [[1.0]])
    depletion = draws_of(past, [0.5], [120.0])
    assert depletion.depleted(pd.Timestamp(START))[0, 0] == 0
    assert depletion.depleted(pd.Timestamp(START) + pd.Timedelta(days=1))[0, 0] == pytest.approx(0.5 * np.exp(-1 / 120))
    assert depletion.stock()[0, 0] == 60


def test_what_is_known_before_any_event_prefers_small_shares_and_four_months():
    prior = prior_depletion(PastEvents.none(2))
    assert prior.weights.sum() == pytest.approx(1)
    low, high = prior.share_interval()
    assert low < 0.05 < prior.share_mean < high
    assert prior.summary().loc["recovery", "ci_low"] == 45
    assert prior.on_grid().sum() == pytest.approx(1)
    share, recovery = prior.draw(20_000, np.random.default_rng(0))
    assert share.mean() == pytest.approx(prior.share_mean, abs=0.01)
    assert set(recovery) == set(RECOVERY_DAYS)
    assert (share > 0).all()


def weighed(**shares: dict[float, float]) -> Depletion:
    """Depletion with probability on some shares (hundredths) and days of recovery alone."""
    weights = np.zeros((86, len(RECOVERY_DAYS)))
    for days, parts in shares.items():
        for share, weight in parts.items():
            weights[round(100 * share), RECOVERY_DAYS.index(float(days[1:]))] = weight
    return Depletion(weights=weights, past=PastEvents.none(1))


def test_a_share_and_its_recovery_by_hand():
    """A quarter believes in .10 and 45 days, a half in .25 and 120, a quarter in .85 and a year."""
    found = weighed(d45={0.1: 0.25}, d120={0.25: 0.5}, d365={0.85: 0.25})
    assert found.share_mean == pytest.approx(0.3625)
    assert found.share_interval() == pytest.approx((0.1, 0.85))
    assert found.share_interval(0.4) == pytest.approx((0.25, 0.25))
    summary = found.summary()
    assert summary.columns.tolist() == ["estimate", "ci_low", "ci_high", "unit"]
    assert summary.loc["share drawn at the door"].tolist() == [*map(pytest.approx, (0.3625, 0.1, 0.85)), "share"]
    assert summary.loc["recovery"].tolist() == [0.25 * 45 + 60 + 0.25 * 365, 45, 365, "days"]
    # .10 is two thirds of the way from 0 to .15, .25 a half of that from .15 to .35
    grid = np.zeros((len(GRID), len(RECOVERY_DAYS)))
    grid[0, 0], grid[1, 0], grid[1, 1], grid[2, 1], grid[4, 2] = 0.25 / 3, 0.5 / 3, 0.25, 0.25, 0.25
    np.testing.assert_allclose(found.on_grid(), grid, atol=1e-12)
    share, recovery = found.draw(400, np.random.default_rng(1))
    pairs, often = np.unique(np.column_stack([share, recovery]), axis=0, return_counts=True)
    np.testing.assert_allclose(pairs, [[0.1, 45], [0.25, 120], [0.85, 365]])
    assert often / 400 == pytest.approx([0.25, 0.5, 0.25], abs=0.07)
    # a share of nothing is drawn as the least that anybody would notice
    assert (weighed(d120={0.0: 1.0}).draw(3, np.random.default_rng(1))[0] == 1e-3).all()


def test_evidence_weighs_what_was_known_before():
    prior = prior_depletion(PastEvents.none(1)).weights
    assert prior.sum(axis=0) == pytest.approx([0.15, 0.65, 0.2])
    np.testing.assert_allclose(prior[[50, 85]] / prior[0], [[0.5**1.5] * 3, [0.15**1.5] * 3])
    # the same for all shares: recoveries alone change, by the odds
    of_days = learn_depletion(PastEvents.none(1), np.log([[1.0, 2.0, 4.0]] * len(GRID))).weights
    np.testing.assert_allclose(of_days, prior * [1, 2, 4] / (0.15 + 1.3 + 0.8))
    # what no event could come from is as unlikely as exp(-50), and no more
    lost = np.zeros((len(GRID), len(RECOVERY_DAYS)))
    lost[-1] = -1000.0
    found = learn_depletion(PastEvents.none(1), lost).weights
    np.testing.assert_allclose(found[85] / found[0], prior[85] / prior[0] * np.exp(-50))


@pytest.mark.parametrize("at", range(len(GRID)))
def test_evidence_draws_the_share_to_where_it_peaks(at):
    evidence = -20.0 * (np.asarray(GRID)[:, None] - GRID[at]) ** 2 * np.ones(len(RECOVERY_DAYS)) * 10
    learned = learn_depletion(PastEvents.none(1), evidence)
    assert learned.share_mean == pytest.approx(GRID[at], abs=0.06)
    low, high = learned.share_interval()
    assert low <= learned.share_mean <= high
    # no peak for one pair is no reason to lose the others
    lost = evidence.copy()
    lost[(at + 1) % len(GRID), 0] = -np.inf
    assert np.isfinite(learn_depletion(PastEvents.none(1), lost).weights).all()


def test_evidence_about_recovery_moves_recovery():
    evidence = np.zeros((len(GRID), len(RECOVERY_DAYS)))
    evidence[:, 2] = 3.0
    days = learn_depletion(PastEvents.none(1), evidence).weights.sum(axis=0)
    assert days[2] > prior_depletion(PastEvents.none(1)).weights.sum(axis=0)[2]
    assert days.argmax() == 2


# ---------- in the forecast


def test_a_forecast_carries_it_and_a_day_takes_off_whom_events_served(make_office):
    office = make_office(14)
    turnout = fit_turnout(**office.named, rng=np.random.default_rng(0))
    asked = {"n_draws": 300}
    free = turnout.forecast(sites=office.sites, costs=office.costs, rng=np.random.default_rng(1), **asked)
    last = office.events["date"].max()
    soon, late = (
        turnout.forecast(
            sites=office.sites,
            costs=office.costs,
            on=last + pd.Timedelta(days=days),
            rng=np.random.default_rng(1),
            **asked,
        )
        for days in (1, 5000)
    )
    left = 1 - free.depletion.depleted(last + pd.Timedelta(days=1))
    np.testing.assert_allclose(soon.draws, free.draws * left[:, :, None])
    assert (soon.draws <= free.draws).all()
    assert soon.draws.sum() < free.draws.sum()
    np.testing.assert_allclose(late.draws, free.draws, rtol=1e-5)
    # an average event draws the share of the stock that the draw says, at its door
    np.testing.assert_allclose(free.depletion.stock() * free.depletion.share[:, None], free.depletion.base)


def test_areas_in_another_order_keep_their_own_depletion(make_office):
    office = make_office(14)
    day = office.events["date"].max() + pd.Timedelta(days=3)
    found = [
        fit_turnout(
            areas=areas,
            sites=office.sites,
            events=office.events,
            counts=office.counts,
            costs=office.costs,
            rng=np.random.default_rng(0),
        ).forecast(sites=office.sites, costs=office.costs, n_draws=100, rng=np.random.default_rng(1))
        for areas in (office.areas, office.areas.iloc[::-1])
    ]
    one, turned = (forecast.depletion.depleted(day) for forecast in found)
    np.testing.assert_allclose(one, turned[:, ::-1])


def test_few_events_are_not_remembered_and_events_without_a_day_are_left_out(make_office):
    office = make_office(14)
    alone = prior_turnout(
        areas=office.areas, sites=office.sites, events=office.events.iloc[:3], costs=office.costs, settings=Settings()
    )
    forecast = alone.forecast(sites=office.sites, costs=office.costs, n_draws=100, rng=np.random.default_rng(0))
    assert (forecast.depletion.depleted(pd.Timestamp("2030-01-01")) == 0).all()
    undated = office.events.assign(date=office.events["date"].where(np.arange(14) >= 10))
    turnout = fit_turnout(
        areas=office.areas,
        sites=office.sites,
        events=undated,
        counts=office.counts,
        costs=office.costs,
        rng=np.random.default_rng(0),
    )
    assert len(turnout.fitted.depletion.past.dates) == 4
    np.testing.assert_allclose(turnout.fitted.depletion.weights, prior_depletion(PastEvents.none(1)).weights)
    nothing = office.events.drop(columns="date")
    turnout = fit_turnout(
        areas=office.areas,
        sites=office.sites,
        events=nothing,
        counts=office.counts,
        costs=office.costs,
        rng=np.random.default_rng(0),
    )
    assert len(turnout.fitted.depletion.past.dates) == 0
