"""Past events against forecasts that had not seen them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.backtest import BacktestQuestion, backtest
from outreach_analysis.settings import Settings


def _run(office, *, seed=0, **options):
    question = BacktestQuestion(**{"n_draws": 200} | options)
    return backtest(**office.named, question=question, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def office(make_office):
    return make_office(7, 8)


@pytest.fixture(scope="module")
def result(office):
    return _run(office)


def test_every_event_is_judged_by_both_schemes(office, result):
    totals = office.counts.groupby("event_id")["applicants"].sum()
    for table in (result.leave_one_out, result.forward):
        assert table.index.tolist() == office.events.index.tolist()
        assert table["observed"].to_dict() == totals.to_dict()
        within = (table["ci_low"] <= table["observed"]) & (table["observed"] <= table["ci_high"])
        assert table["inside"].equals(within.rename("inside"))
        assert (table["crps"] >= 0).all()
    assert (result.leave_one_out["n_events"] == 6).all()
    assert result.forward["n_events"].tolist() == [0, 0, 0, 0, 0, 5, 6]
    assert result.forward["status"].tolist() == ["prior_only"] * 5 + ["provisional"] * 2


def test_baselines_learn_from_the_same_events(result):
    assert result.leave_one_out[["crps_past", "crps_poisson"]].notna().all(axis=None)
    first = result.forward.iloc[0]
    assert np.isnan(first["crps_past"])
    assert np.isnan(first["crps_poisson"])
    # the second event has one before it: the baseline says that one again
    assert result.forward["crps_past"].iloc[1] == abs(result.forward["observed"].iloc[:2].diff().iloc[1])


def test_summary_counts_events_inside_with_an_interval(result):
    inside, n = result.coverage()
    row = result.summary().loc["leave_one_out"]
    assert (row["inside"], row["events"], row["estimate"]) == (inside, n, inside / n)
    assert row["ci_low"] < row["estimate"] <= row["ci_high"]
    with pytest.raises(ValueError, match="scheme 'sideways'"):
        result.coverage("sideways")


@pytest.mark.slow
def test_an_event_does_not_see_itself(office, result):
    counts = office.counts.assign(applicants=office.counts["applicants"].where(office.counts["event_id"] != "E03", 40))
    other = _run(dataclasses.replace(office, counts=counts))
    numbers = ["median", "ci_low", "ci_high"]
    assert other.forward.loc[:"E03", numbers].equals(result.forward.loc[:"E03", numbers])
    assert other.forward.loc["E03", "observed"] != result.forward.loc["E03", "observed"]


def test_a_sold_out_event_is_cut_at_what_it_served(office):
    events = office.events.assign(sold_out=office.events.index == "E02")
    counts = office.counts.assign(applicants=office.counts["applicants"].where(office.counts["event_id"] != "E02", 1))
    table = _run(dataclasses.replace(office, counts=counts, events=events))
    row = table.leave_one_out.loc["E02"]
    assert row["ci_high"] == row["observed"] == 8
    assert row["inside"]
    assert row["sold_out"]


@pytest.mark.slow
def test_everybody_is_forecast_and_everybody_came(office, result):
    """E05 placed one in ten: ten times as many came as are placed, and the forecast of it knows nothing of that."""
    events = office.events.assign(placed_share=np.where(office.events.index == "E05", 0.1, 1.0))
    found = _run(dataclasses.replace(office, events=events))
    all_placed, few_placed = result.leave_one_out.loc["E05"], found.leave_one_out.loc["E05"]
    assert few_placed["observed"] == 10 * all_placed["observed"]
    assert few_placed["mean"] == pytest.approx(all_placed["mean"], rel=0.25)
    others = found.leave_one_out.index != "E05"
    assert (found.leave_one_out["observed"] == result.leave_one_out["observed"])[others].all()


@pytest.mark.slow
def test_interest_counts_as_it_stood_before_the_event(office):
    office = office.first(6)
    last = office.events["date"].iloc[-1]
    row = {"area_id": office.areas.index[0], "people": 900, "group": True, "person_key": None, "event_id": "E05"}
    before, after = (
        pd.DataFrame([row | {"date": last + pd.Timedelta(days=days)}]).astype({"person_key": object})
        for days in (-3, 0)
    )
    plain, early, late = (_run(office, interest=table).leave_one_out["mean"] for table in (None, before, after))
    assert early["E05"] > 1.05 * plain["E05"]
    # on the day itself or later it was not known yet
    assert late["E05"] == pytest.approx(plain["E05"])


@pytest.mark.slow
def test_cache_returns_the_same_bytes_and_follows_the_content(office, result, tmp_path, monkeypatch):
    stored = _run(office, cache=tmp_path)
    pd.testing.assert_frame_equal(stored.leave_one_out, result.leave_one_out)
    assert len(list(tmp_path.glob("*.csv"))) == 2

    def never(*_args, **_options):
        raise AssertionError("computed again")

    with monkeypatch.context() as patch:
        patch.setattr("outreach_analysis.models.backtest.fit_turnout", never)
        again = _run(office, cache=tmp_path)
        with pytest.raises(AssertionError, match="computed again"):
            _run(office, cache=tmp_path, seed=1)
        with pytest.raises(AssertionError, match="computed again"):
            _run(office, cache=tmp_path, settings=Settings(prior_total_median=61.0))
        with pytest.raises(AssertionError, match="computed again"):
            _run(office.first(6), cache=tmp_path)
    for one, two in ((again.leave_one_out, stored.leave_one_out), (again.forward, stored.forward)):
        pd.testing.assert_frame_equal(one, two)


def test_generator_is_left_alike_with_and_without_a_cache(office, tmp_path):
    states = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        backtest(**office.first(5).named, question=BacktestQuestion(n_draws=100, cache=tmp_path), rng=rng)
        states.append((rng.bit_generator.state, rng.spawn(1)[0].random()))
    assert states[0] == states[1]


def test_no_events_at_all(make_office):
    found = _run(make_office(5).first(0))
    assert found.coverage() == (0, 0)
    assert found.summary()["estimate"].isna().all()


def test_events_without_a_date_are_refused(office):
    with pytest.raises(ValueError, match="without a date: E00"):
        backtest(
            areas=office.areas,
            sites=office.sites,
            events=office.events.assign(date=office.events["date"].mask(office.events.index == "E00")),
            counts=office.counts,
            costs=office.costs,
            rng=np.random.default_rng(0),
        )


@pytest.mark.slow
def test_blank_columns_have_plain_meanings(office):
    events = office.events.assign(sold_out=None, day_kind=None, placed_share=np.nan)
    found = _run(dataclasses.replace(office, events=events), n_draws=100)
    assert not found.leave_one_out["sold_out"].any()
    assert found.leave_one_out["observed"].equals(_run(office, n_draws=100).leave_one_out["observed"])
