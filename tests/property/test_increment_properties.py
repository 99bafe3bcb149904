"""What dated visits add: in every draw a plain recursion over people, monotone, submodular; the account adds up."""

import numpy as np
import pandas as pd
from decision_worlds import FIRST_DAY, a_world, announced, make_incremental
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.increment import ACCOUNT, IncrementalAttendance

SITES = [f"S{number}" for number in range(5)]
VISITS = st.lists(st.tuples(st.sampled_from(SITES), st.integers(0, 60)), max_size=4)
GIVEN = st.lists(st.tuples(st.sampled_from(SITES), st.integers(-40, 100)), max_size=3, unique=True)


@st.composite
def worlds(draw) -> IncrementalAttendance:
    made = a_world(draw(st.integers(0, 500)), n_draws=draw(st.integers(1, 4)), n_areas=draw(st.integers(1, 4)))
    return make_incremental(**made, given=announced(*draw(GIVEN)))


def on(visits: list[tuple[str, int]]) -> list[tuple[str, pd.Timestamp]]:
    return [(site, FIRST_DAY + pd.Timedelta(days=day)) for site, day in visits]


def served(found: IncrementalAttendance, draw: int, area: int, visits: list[tuple[str, pd.Timestamp]]) -> float:
    """People of one area whom events serve in one draw and whom the office would not have served, event after event."""
    depletion = found.forecast.depletion
    stock, tau = float(found.stock[draw, area]), float(depletion.recovery[draw])
    away: list[tuple[pd.Timestamp, float]] = []  # what each event took, and when
    timeline = [
        (pd.Timestamp(date), min(float(depletion.share[draw] * ratio), 0.9), None)
        for date, ratio in zip(depletion.past.dates, depletion.past.ratio[:, area], strict=True)
    ]
    for site, day in sorted(visits, key=lambda visit: visit[1]):
        column = list(found.site_ids).index(site)
        people = float(found.forecast.draws[draw, area, column] * found.capacity_factor[draw, column])
        timeline.append((day, people / stock if stock else 0.0, people))
    total = 0.0
    for day, drawn, people in timeline:
        missing = sum(taken * np.exp(-(day - when).days / tau) for when, taken in away)
        away.append((day, drawn * stock * (1 - missing / stock) if stock else 0.0))
        total += 0.0 if people is None else people * (1 - missing / stock if stock else 1.0)
    return total * (1 - float(found.displacement.draws[draw, area]))


@given(worlds(), VISITS)
@settings(max_examples=30, deadline=None)
def test_the_value_of_visits_is_a_plain_recursion_over_people(found, visits):
    given_events = [(str(site), pd.Timestamp(day)) for site, day in found.announced.to_numpy().tolist()]
    asked = on(visits)
    together = found.value_draws(asked)
    for draw in range(found.n_draws):
        for position, area in enumerate(np.flatnonzero(found.inside)):
            with_them = served(found, draw, int(area), [*given_events, *asked])
            alone = served(found, draw, int(area), given_events)
            assert np.isclose(together[draw, position], with_them - alone, rtol=1e-9, atol=1e-9)


@given(worlds(), VISITS, VISITS, st.tuples(st.sampled_from(SITES), st.integers(0, 60)))
@settings(max_examples=25, deadline=None)
def test_in_every_draw_one_more_visit_adds_and_adds_less_the_more_there_are(found, some, others, more):
    def worth(visits: list[tuple[str, int]]) -> np.ndarray:
        return found.value_draws(on(visits))

    slack = 1e-9 * (1 + found.stock.max(initial=0.0))
    few, many = worth(some), worth([*some, *others])
    assert (few >= -slack).all()
    assert (many >= few - slack).all()
    gain_few, gain_many = worth([*some, more]) - few, worth([*some, *others, more]) - many
    assert (gain_many <= gain_few + slack).all()
    # the order in which visits of different days are named is nothing to them
    by_day = sorted({day: (site, day) for site, day in [*some, *others]}.values(), key=lambda visit: -visit[1])
    np.testing.assert_allclose(worth(by_day), worth(by_day[::-1]), rtol=1e-12, atol=1e-12)


@given(worlds())
@settings(max_examples=25, deadline=None)
def test_the_account_adds_up_in_every_draw_and_agrees_with_the_value(found):
    draws = found.account_draws
    np.testing.assert_allclose(draws[:, :, 0], draws[:, :, 1:].sum(axis=2), rtol=0, atol=1e-9)
    assert (draws >= -1e-9).all()
    for column, site in enumerate(found.site_ids):
        alone = found.value_draws([(site, found.days[site])]).sum(axis=1)
        np.testing.assert_allclose(draws[:, column, ACCOUNT.index("additional")], alone, rtol=1e-9, atol=1e-9)
    assert ((found.capacity_factor > 0) & (found.capacity_factor <= 1)).all()


@given(st.integers(0, 500), GIVEN, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_announced_events_changes_nothing(seed, events, random):
    world = a_world(seed, n_draws=3)
    turned = list(events)
    random.shuffle(turned)
    one, other = (make_incremental(**world, given=announced(*rows)) for rows in (events, turned))
    pd.testing.assert_frame_equal(one.account, other.account)
    pd.testing.assert_frame_equal(one.announced, other.announced)
