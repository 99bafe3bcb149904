"""Fresh interest in the forecast: a second opinion, weighed by its precision, that can be switched off."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.interest import learn_conversion
from outreach_analysis.models.displacement import DepletionDraws, PastEvents
from outreach_analysis.models.forecast import PromiseEvidence, Simulated
from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout
from outreach_analysis.settings import Settings

AS_OF = pd.Timestamp("2026-01-31")
SETTINGS = Settings(as_of=AS_OF.date())


def _interest(people: int, area_id: str, *, days_ago: int = 10, **columns: object) -> pd.DataFrame:
    row = {
        "date": AS_OF - pd.Timedelta(days=days_ago),
        "area_id": area_id,
        "people": people,
        "source": "x",
        "group": True,
        "person_key": None,
        "event_id": None,
    }
    return pd.DataFrame([row | columns]).astype({"person_key": object, "event_id": object})


def _forecasts(office, interest, *, n_draws=4000, **options):
    turnout = fit_turnout(
        **office.named, question=TurnoutQuestion(interest=interest, settings=SETTINGS), rng=np.random.default_rng(0)
    )
    return turnout, turnout.forecast(
        sites=office.sites, costs=office.costs, n_draws=n_draws, rng=np.random.default_rng(1), **options
    )


@pytest.mark.parametrize("n", [3, 14], ids=["prior alone", "fitted"])
def test_fresh_interest_raises_its_area_and_no_other(make_office, n):
    office = make_office().first(n)
    area = office.areas.index[0]
    _, without = _forecasts(office, None)
    turnout, with_it = _forecasts(office, _interest(80, area))
    assert turnout.promises.people[area] == 80
    raised = with_it.draws.mean(axis=0) / without.draws.mean(axis=0)
    assert (raised[0] > 1).all()
    np.testing.assert_allclose(raised[1:], 1)


N = 20_000


def _simulated(by_area: list[float], *, spread: float = 0.3) -> Simulated:
    """One place at every area's door."""
    rng = np.random.default_rng(3)
    mean = np.asarray(by_area) * np.exp(spread * rng.standard_normal((N, 1)) - spread**2 / 2)
    return Simulated(
        mean=mean[:, :, None],
        event_factor=np.ones((N, 1)),
        overdispersion=np.full(N, 0.6),
        slope=np.full(N, -1.0),
        bend=np.zeros(N),
        terms=np.zeros((N, 0)),
        most=np.array([1e6]),
        depletion=DepletionDraws(
            share=np.full(N, 0.1), recovery=np.full(N, 120.0), base=mean, past=PastEvents.none(len(by_area))
        ),
    )


def _combined(by_area: list[float], promised: list[int], **options: float) -> np.ndarray:
    """Expected people of each area, before and after its promise is heard."""
    simulated = _simulated(by_area, **options)
    evidence = PromiseEvidence(
        people=pd.Series(promised),
        conversion=learn_conversion(pd.DataFrame({"promised": [], "came": []}), settings=Settings()),
    )
    km = np.zeros((len(by_area), 1))
    after = evidence.combine(simulated, km, prior=TurnoutPrior(), rng=np.random.default_rng(4))
    return after.mean.mean(axis=0)[:, 0] / simulated.mean.mean(axis=0)[:, 0]


def test_thirty_promises_of_whom_eighteen_come_leave_an_expectation_of_eighteen_nearly_as_it_was():
    assert _combined([18.0], [30])[0] == pytest.approx(1, abs=0.1)


def test_it_raises_and_lowers_but_never_beyond_what_was_promised():
    many, few = _combined([18.0], [90])[0], _combined([18.0], [10])[0]
    assert 1.1 < many < 3
    assert 1 / 3 < few < 0.9


def test_areas_without_a_promise_stay_as_they_are():
    # nobody says that a list is complete
    np.testing.assert_array_equal(_combined([18.0, 50.0], [60, 0])[1], 1)


def test_the_surer_opinion_counts_for_more():
    unsure, sure = _combined([18.0], [90], spread=0.8)[0], _combined([18.0], [90], spread=0.05)[0]
    assert unsure > sure + 0.1


def test_lists_that_have_nothing_to_do_with_the_forecast_count_for_less():
    people = [20.0] * 8
    agreeing = _combined(people, [60, *[33] * 7])[0]
    scattered = _combined(people, [60, 2, 300, 4, 150, 3, 700, 5])[0]
    assert agreeing > scattered + 0.1


def test_weights_are_the_precisions_of_two_normal_opinions():
    # without learning anything from one list: log(90 * .6) against log 18, by hand at the prior's median spread
    of_model = 0.3**2 + np.log(1.6)
    of_list = (0.15 / 0.6) ** 2 + 1 / (90 * 0.6) + 0.6**2 + 0.5**2
    by_hand = 3 ** (of_model / (of_model + of_list))
    assert _combined([18.0], [90])[0] == pytest.approx(by_hand, rel=0.12)


def test_promises_fall_with_distance_as_the_forecast_does(make_office):
    office = make_office()
    area = office.areas.index[0]
    _, without = _forecasts(office, None)
    _, with_it = _forecasts(office, _interest(5000, area))
    raised = with_it.draws[:, 0].mean(axis=0) / without.draws[:, 0].mean(axis=0)
    assert raised.max() / raised.min() < 2


def test_old_and_foreign_interest_changes_nothing(make_office):
    office = make_office()
    interest = pd.concat([_interest(80, office.areas.index[0], days_ago=181), _interest(80, "99.99.99")])
    _, without = _forecasts(office, None)
    _, stale = _forecasts(office, interest)
    assert stale.draws.tobytes() == without.draws.tobytes()


def test_past_promises_teach_the_share(make_office):
    office = make_office()
    area = office.areas.index[0]
    came = office.counts[office.counts["area_id"] == area].set_index("event_id")["applicants"]
    past = pd.concat([_interest(int(came[event]) * 10 + 30, area, event_id=event) for event in office.events.index])
    turnout, _ = _forecasts(office, pd.concat([past, _interest(50, area)]))
    assert len(turnout.promises.conversion.promises) == 14
    assert turnout.promises.conversion.mean < 0.45


def test_totals_and_expectation_keep_one_mean(make_office):
    office = make_office()
    _, forecast = _forecasts(office, _interest(300, office.areas.index[0]), n_draws=20_000)
    ratio = forecast.totals.mean() / forecast.draws.sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(ratio, 1, atol=0.05)


def test_an_interest_table_without_rows_is_no_interest(make_office):
    office = make_office()
    nobody = _interest(1, office.areas.index[0]).iloc[:0]
    turnout, empty = _forecasts(office, nobody)
    assert turnout.promises.people.sum() == 0
    assert empty.draws.tobytes() == _forecasts(office, None)[1].draws.tobytes()
