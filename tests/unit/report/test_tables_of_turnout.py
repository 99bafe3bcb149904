"""How sure the forecast is, in tables, charts and words: from a small office with a history."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.disclosure import round_people
from outreach_analysis.measures.attendance import own_people_by_event, people_by_event
from outreach_analysis.models.backtest import BacktestQuestion, BacktestResult, backtest
from outreach_analysis.models.turnout import TurnoutResult, fit_turnout
from outreach_analysis.report.topics import turnout
from outreach_analysis.report.topics.turnout import (
    backtested_events,
    basis_of_forecast,
    describe_backtest,
    describe_decay,
    inside_finding,
    plot_backtest,
    plot_decay_curve,
    reading_of_term,
    tabulate_backtest,
    tabulate_forecast,
    tabulate_terms,
)
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

EN, ID = Words("en"), Words("id")
EVENTS = 6


class Office(NamedTuple):
    tables: tuple[Any, ...]
    turnout: TurnoutResult
    backtest: BacktestResult

    def backtested(self, *, outside: pd.DataFrame | None = None, rounding_base: int = 5) -> pd.DataFrame:
        counts, areas, events, sites, _ = self.tables
        own = own_people(counts, areas, events, outside=outside, rounding_base=rounding_base)
        return backtested_events(self.backtest, events, sites, own, rounding_base=rounding_base)


def own_people(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    *,
    outside: pd.DataFrame | None = None,
    rounding_base: int = 5,
) -> pd.Series:
    people = people_by_event(
        areas=areas, counts=counts, events=events, outside=outside, settings=Settings(), rounding_base=rounding_base
    )
    return own_people_by_event(people, outside, rounding_base=rounding_base)


@pytest.fixture(scope="module")
def office() -> Office:
    """Six events at one mall; the last is sold out at 83."""
    areas = pd.DataFrame(
        {"population": [60_000, 30_000], "parent_id": ["K", "K"]}, index=pd.Index(["a", "b"], name="area_id")
    )
    sites = pd.DataFrame(
        {"name": ["Mal <b>Satu</b>"], "kind": "mall", "capacity": np.nan}, index=pd.Index(["M"], name="site_id")
    )
    costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "M", "km": [3.0, 40.0]})
    ids = pd.Index([f"E{n}" for n in range(EVENTS)], name="event_id")
    events = pd.DataFrame(
        {
            "site_id": "M",
            "status": "held",
            "day_kind": "weekend",
            "date": pd.date_range("2026-01-03", periods=EVENTS, freq="28D"),
            "sold_out": [False] * 5 + [True],
        },
        index=ids,
    )
    people = [41, 12, 38, 9, 52, 11, 44, 8, 47, 13, 71, 12]
    counts = pd.DataFrame({"event_id": ids.repeat(2), "area_id": ["a", "b"] * EVENTS, "applicants": people})
    tables = (counts, areas, events, sites, costs)
    rng = np.random.default_rng(3)
    frames = {"areas": areas, "sites": sites, "events": events, "counts": counts, "costs": costs}
    turnout = fit_turnout(**frames, rng=rng)
    return Office(tables, turnout, backtest(**frames, question=BacktestQuestion(n_draws=300), rng=rng))


def test_people_who_came_are_rounded_and_nothing_gives_them_back(office: Office) -> None:
    backtested = office.backtested()
    assert (backtested["came"] % 5 == 0).all()
    exact = office.backtested(rounding_base=1)
    assert exact["came"].tolist() == [53.0, 47.0, 63.0, 52.0, 60.0, 83.0]
    # the forecast of a sold-out event is cut at what came: the exact number must not stand there
    assert exact.loc["E5", "ci_high"] == 83
    assert backtested.loc["E5", "ci_high"] == backtested.loc["E5", "came"] != 83


def test_a_range_cut_at_a_number_rounded_down_keeps_its_order(office: Office) -> None:
    # 83 came and are told as 85, 52 as 50: a median of 51 must not stand above a range that ends at 50
    cut = office.backtest.leave_one_out.assign(ci_low=51.0, median=51.0, ci_high=52.0, observed=52.0)
    backtested = office._replace(backtest=dataclasses.replace(office.backtest, leave_one_out=cut)).backtested()
    e3 = backtested.loc["E3"]
    assert (e3["ci_low"], e3["median"], e3["ci_high"], e3["came"]) == (50, 50, 50, 50)


def test_who_came_is_made_of_what_is_told_of_everybody(office: Office) -> None:
    """12 + 41 whose kecamatan is known, and 4 from elsewhere, told as 55: rounding 53 anew would tell more of them."""
    counts, areas, events, _, _ = office.tables
    outside = pd.DataFrame({"event_id": ["E0"], "place": ["Surabaya"], "applicants": [6]})
    published = people_by_event(
        areas=areas, counts=counts, outside=outside, events=events, settings=Settings(), rounding_base=5
    )
    assert office.backtested(outside=outside).loc["E0", "came"] == round_people(int(published["E0"]) - 6)
    assert office.backtested(outside=outside, rounding_base=1).loc["E0", "came"] == 53


def test_a_small_event_is_judged_by_its_rounded_number(office: Office) -> None:
    few = office.backtest.leave_one_out.assign(observed=1.0, ci_low=2.0, ci_high=9.0, inside=False)
    counts, areas, events, sites, _ = office.tables
    one_each = counts.assign(applicants=[1, 0] * EVENTS)
    small = dataclasses.replace(office.backtest, leave_one_out=few)
    exact = own_people(one_each, areas, events, rounding_base=1)
    assert not backtested_events(small, events, sites, exact, rounding_base=1)["inside"].any()
    backtested = backtested_events(small, events, sites, own_people(one_each, areas, events))
    assert backtested.loc[backtested["came"] == 5, "inside"].all()
    assert (backtested["came"] == 5).any()


def test_table_has_the_latest_event_first_with_its_interval(office: Office) -> None:
    table = tabulate_backtest(office.backtested(), Words("en"))
    assert len(table.rows) == EVENTS
    day, place, forecast, came, inside = table.rows[-1]
    assert (day, place) == ("3 Jan 2026", "Mal <b>Satu</b>")
    assert "–" in forecast
    assert came == "55"
    assert inside in ("yes", "no")


def test_forecast_table_says_what_it_rests_on(office: Office) -> None:
    *_, sites, costs = office.tables
    forecast = office.turnout.forecast(sites=sites, costs=costs, n_draws=200, rng=np.random.default_rng(1))
    table = tabulate_forecast(forecast, sites, Words("en"))
    assert "(provisional)" in table.caption
    assert table.rows[0][0] == "Mal <b>Satu</b>"
    assert table.rows[0][-1] == "120"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_charts_hold_what_their_results_hold(office: Office, lang: Any) -> None:
    decay = plot_decay_curve(office.turnout, Words(lang))
    curve = office.turnout.decay_curve()
    np.testing.assert_allclose(decay.data[1].y, curve["estimate"], atol=0.005)
    assert decay.layout.meta["alt"].startswith(decay.layout.title.text.split("<br>")[0])
    backtested = office.backtested()
    past = plot_backtest(backtested, Words(lang))
    assert list(past.data[1].y) == backtested["came"].tolist()
    assert list(past.data[0].y) == backtested["median"].tolist()
    assert list(past.data[1].x) == backtested["date"].dt.strftime("%Y-%m-%d").tolist()
    assert "&lt;b&gt;" in past.data[1].hovertext[0]


def test_words_count_what_fell_inside(office: Office) -> None:
    inside, n = office.backtest.coverage()
    assert inside_finding(inside, n, EN) == f"{inside} of {n} past pop-ups fell inside their 90% range"
    said = describe_backtest(office.backtest, Words("en"))
    assert said[0].endswith(f"{inside} fell inside their 90% range. About 5 should.")
    assert "people" in said[2]
    assert describe_decay(office.turnout, Words("id")).endswith(".")


@pytest.mark.parametrize(
    ("inside", "word"), [([True] * 6, "Good"), ([True] * 5 + [False], "Fair"), ([True] * 3 + [False] * 3, "Poor")]
)
def test_confidence_follows_the_back_test(
    office: Office, inside: list[bool], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = basis_of_forecast("fitted", office.turnout.settings, EN, backtest=office.backtest)
    assert "fell inside" not in few
    monkeypatch.setattr(turnout, "ENOUGH_JUDGED", 6)
    backtested = dataclasses.replace(office.backtest, leave_one_out=office.backtest.leave_one_out.assign(inside=inside))
    text = basis_of_forecast("fitted", office.turnout.settings, EN, backtest=backtested)
    assert text == f"{word} forecast: {sum(inside)} of 6 past pop-ups fell inside their 90% range."
    provisional = basis_of_forecast("provisional", office.turnout.settings, EN, backtest=backtested)
    assert provisional.startswith(f"{word} forecast (provisional, few pop-ups so far): ")


@pytest.mark.parametrize(
    ("status", "part"), [("prior_only", "prior only"), ("provisional", "provisional"), ("fitted", "has learned")]
)
def test_without_a_back_test_the_status_is_said(office: Office, status: Any, part: str) -> None:
    assert part in basis_of_forecast(status, office.turnout.settings, EN)


def test_a_forecast_no_better_than_guessing_is_said_to_be_so(office: Office) -> None:
    worse = office.backtest.leave_one_out.assign(crps=50.0, crps_past=10.0)
    said = describe_backtest(dataclasses.replace(office.backtest, leave_one_out=worse), Words("en"))
    assert "no better than without the model" in said[2]


def test_nothing_to_check_is_said(office: Office) -> None:
    empty = office.backtest.leave_one_out.iloc[:0]
    nothing = dataclasses.replace(office.backtest, leave_one_out=empty, forward=empty)
    assert describe_backtest(nothing, Words("en")) == (
        "No past pop-up can be checked yet: none has applicants whose kecamatan is known.",
    )
    assert inside_finding(0, 0, ID) == "Belum ada kegiatan sebelumnya yang dapat diperiksa"


def test_terms_are_told_with_what_may_be_read_from_them(office):
    published = tabulate_terms(office.turnout, Words("en"))
    by_name = {row[0]: row for row in published.rows}
    assert "a year later" in by_name
    left = by_name["in a season in which the office has 10% more applicants"]
    assert left[1:] == ("", "", "left out: too short a time is known")
    assert all(row[3] for row in published.rows)
    assert len(tabulate_terms(office.turnout, Words("id")).rows) == len(published.rows)


def test_readings_follow_the_interval():
    words = EN
    row = {"estimate": 0.3, "learned": True, "says": True, "reason": ""}
    assert reading_of_term(pd.Series(row), words) == "more people"
    assert reading_of_term(pd.Series(row | {"estimate": -0.3}), words) == "fewer people"
    assert "says nothing" in reading_of_term(pd.Series(row | {"says": False}), words)
    assert "as assumed" in reading_of_term(pd.Series(row | {"learned": False}), words)
