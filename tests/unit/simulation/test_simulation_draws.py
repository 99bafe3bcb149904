"""Counts drawn from a known truth agree with that truth."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.simulation.draws import Truth, draw_office_monthly, draw_turnout

MONTHS = pd.date_range("2025-01-01", periods=24, freq="MS")


@pytest.fixture
def areas():
    index = pd.Index([f"64.02.{n:02d}" for n in range(1, 21)], name="area_id")
    return pd.DataFrame({"population": 40_000, "in_jurisdiction": True}, index=index)


@pytest.fixture
def costs(areas):
    sites = ["mall", "office"]
    km = np.linspace(3, 90, len(areas))
    rows = [
        {"area_id": area, "site_id": site, "km": d} for site in sites for area, d in zip(areas.index, km, strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def sites():
    index = pd.Index(["mall", "office"], name="site_id")
    return pd.DataFrame({"kind": ["mall", "office"], "opened": pd.NaT, "capacity": np.nan}, index=index)


def events(n, **columns):
    index = pd.Index([f"E{i:04d}" for i in range(n)], name="event_id")
    base = {"site_id": "mall", "day_kind": "weekend", "status": "held"}
    return pd.DataFrame(base | columns, index=index)


def test_mean_turnout_is_the_truth_and_falls_with_distance(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0.3, overdispersion=0.4, typical_total=80, outsiders_per_event=0)
    draw = draw_turnout(areas, sites, events(4000), costs, truth=truth, rng=np.random.default_rng(1))
    drawn = draw.counts.groupby("area_id")["applicants"].mean()
    expected = draw.counts.groupby("area_id")["expected"].mean() * np.exp(0.3**2 / 2)
    assert drawn.to_numpy() == pytest.approx(expected.to_numpy(), rel=0.1)
    assert draw.counts.groupby("event_id")["expected"].sum().to_numpy() == pytest.approx(80)
    slope = np.polyfit(costs["km"].iloc[:20], np.log(draw.counts["expected"].iloc[:20]), 1)[0]
    assert slope == pytest.approx(-1 / 35)


def test_overdispersion_is_that_of_a_negative_binomial(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, overdispersion=0.5, typical_total=200)
    draw = draw_turnout(areas, sites, events(4000), costs, truth=truth, rng=np.random.default_rng(2))
    nearest = draw.counts[draw.counts["area_id"] == "64.02.01"]
    mean = nearest["expected"].iloc[0]
    assert nearest["applicants"].var() == pytest.approx(mean + 0.5 * mean**2, rel=0.1)


def test_no_overdispersion_is_poisson(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, overdispersion=0, typical_total=200)
    draw = draw_turnout(areas, sites, events(3000), costs, truth=truth, rng=np.random.default_rng(2))
    nearest = draw.counts[draw.counts["area_id"] == "64.02.01"]["applicants"]
    assert nearest.var() / nearest.mean() == pytest.approx(1, abs=0.1)


def test_place_and_day_kinds_shift_the_mean(areas, sites, costs):
    sites = sites.assign(kind=["desa", "office"])
    truth = Truth(intercept=-9.0)
    one = draw_turnout(areas, sites, events(1), costs, truth=truth, rng=np.random.default_rng(1))
    other = draw_turnout(areas, sites, events(1, day_kind="workday"), costs, truth=truth, rng=np.random.default_rng(1))
    ratio = other.totals["expected"].iloc[0] / one.totals["expected"].iloc[0]
    assert ratio == pytest.approx(np.exp(truth.day_kind["workday"]))
    assert one.intercept == -9.0


def test_capacity_binds_on_the_total_and_the_events_own_wins(areas, sites, costs):
    planned = events(3, capacity=[30.0, np.nan, np.nan])
    sites = sites.assign(capacity=[45.0, np.nan])
    truth = Truth(typical_total=5000)
    draw = draw_turnout(areas, sites, planned, costs, truth=truth, rng=np.random.default_rng(3), default_capacity=9)
    assert draw.totals["came"].tolist() == [30, 45, 45]
    assert draw.totals["sold_out"].all()
    came = draw.counts.groupby("event_id")["applicants"].sum() + draw.outside.set_index("event_id")["applicants"]
    assert came.tolist() == [30, 45, 45]


def test_events_that_were_not_held_draw_nobody(areas, sites, costs):
    mixed = events(3, status=["held", "planned", "cancelled"])
    draw = draw_turnout(areas, sites, mixed, costs, truth=Truth(), rng=np.random.default_rng(3))
    assert draw.totals.index.tolist() == ["E0000"]
    with pytest.raises(ValueError, match="no event is held"):
        draw_turnout(areas, sites, mixed.iloc[1:], costs, truth=Truth(), rng=np.random.default_rng(3))


def test_a_missing_distance_is_refused(areas, sites, costs):
    with pytest.raises(ValueError, match="1 travel distances are missing"):
        draw_turnout(areas, sites, events(1), costs.iloc[1:], truth=Truth(), rng=np.random.default_rng(3))


def test_office_counts_make_the_yearly_total(areas, sites, costs):
    nobody = pd.DataFrame({"month": pd.to_datetime([]), "area_id": [], "applicants": []})
    truth = Truth(office_per_year=12_000, month_effect={})
    office = draw_office_monthly(areas, sites, costs, nobody, months=MONTHS, truth=truth, rng=np.random.default_rng(4))
    assert len(office) == len(MONTHS) * len(areas)
    assert office["applicants"].sum() == pytest.approx(24_000, rel=0.05)
    assert office["displaced"].eq(0).all()
    near, far = office.groupby("area_id")["applicants"].sum().iloc[[0, -1]]
    assert far < near / 2


def test_displaced_people_are_missing_in_the_months_after(areas, sites, costs):
    visits = pd.DataFrame({"month": [MONTHS[5]], "area_id": ["64.02.01"], "applicants": [90]})
    truth = Truth(displacement=0.4, displacement_months=3)
    office = draw_office_monthly(areas, sites, costs, visits, months=MONTHS, truth=truth, rng=np.random.default_rng(4))
    missing = office[office["displaced"] > 0]
    assert missing["month"].tolist() == [MONTHS[6], MONTHS[7], MONTHS[8]]
    assert missing["displaced"].to_numpy() == pytest.approx(12.0)


def test_displacement_never_empties_an_area(areas, sites, costs):
    visits = pd.DataFrame({"month": [MONTHS[5]], "area_id": ["64.02.20"], "applicants": [100_000]})
    office = draw_office_monthly(
        areas, sites, costs, visits, months=MONTHS, truth=Truth(), rng=np.random.default_rng(4)
    )
    hit = office[office["displaced"] > 0]
    assert (hit["displaced"] / hit["expected"]).to_numpy() == pytest.approx(0.9)


def test_log_shocks_are_autoregressive(areas, sites, costs):
    nobody = pd.DataFrame({"month": pd.to_datetime([]), "area_id": [], "applicants": []})
    truth = Truth(month_effect={}, shock_sd=0.15, shock_rho=0.5)
    months = pd.date_range("1990-01-01", periods=360, freq="MS")
    office = draw_office_monthly(areas, sites, costs, nobody, months=months, truth=truth, rng=np.random.default_rng(5))
    logs = np.log(office.pivot(index="month", columns="area_id", values="expected"))
    shocks = logs - logs.mean()
    assert shocks.to_numpy().std() == pytest.approx(0.15, rel=0.1)
    lagged = np.corrcoef(shocks.iloc[:-1].to_numpy().ravel(), shocks.iloc[1:].to_numpy().ravel())[0, 1]
    assert lagged == pytest.approx(0.5, abs=0.05)


def test_a_service_point_draws_from_the_day_it_opens(areas, sites, costs):
    sites = pd.concat([sites, pd.DataFrame({"kind": ["ukk"], "opened": [MONTHS[12]]}, index=["ukk"])])
    ukk = pd.DataFrame({"area_id": areas.index, "site_id": "ukk", "km": np.linspace(90, 3, len(areas))})
    nobody = pd.DataFrame({"month": pd.to_datetime([]), "area_id": [], "applicants": []})
    office = draw_office_monthly(
        areas, sites, pd.concat([costs, ukk]), nobody, months=MONTHS, truth=Truth(shock_sd=0, month_effect={}),
        rng=np.random.default_rng(4),
    )  # fmt: skip
    far = office[office["area_id"] == "64.02.20"].set_index("month")["expected"]
    assert far[MONTHS[12]] == pytest.approx(far[MONTHS[11]] * 0.35 * np.exp(87 / 80), rel=1e-6)
    assert far.iloc[:12].tolist() == pytest.approx([far.iloc[0]] * 12)


def twice(days, **columns):
    dates = pd.to_datetime("2025-01-01") + pd.to_timedelta([0, days], unit="D")
    return events(2, date=dates, **columns)


def test_those_who_came_are_missing_at_the_next_event_and_are_willing_anew_later(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, depletion=0.5, recovery_days=120)
    for days, gone in ((0, 0.0), (1, np.exp(-1 / 120)), (120, np.exp(-1)), (2000, np.exp(-2000 / 120))):
        draw = draw_turnout(areas, sites, twice(days), costs, truth=truth, rng=np.random.default_rng(1))
        left = draw.counts.set_index(["event_id", "area_id"])["left"]
        assert (left["E0000"] == 1).all()
        at_the_door = 0.5 * np.exp(-3 / 35)
        assert left["E0001", "64.02.01"] == pytest.approx(1 - at_the_door * gone)
        assert left["E0001"].is_monotonic_increasing


def test_order_of_the_rows_does_not_matter_only_the_days(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, depletion=0.5)
    backwards = twice(30).iloc[::-1]
    draw = draw_turnout(areas, sites, backwards, costs, truth=truth, rng=np.random.default_rng(1))
    assert draw.totals.loc["E0000", "left"] == 1 > draw.totals.loc["E0001", "left"]


def test_three_events_multiply(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, depletion=0.4, recovery_days=1e9)
    three = events(3, date=pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03"]))
    draw = draw_turnout(areas, sites, three, costs, truth=truth, rng=np.random.default_rng(1))
    left = draw.counts.set_index(["event_id", "area_id"])["left"].xs("64.02.01", level="area_id")
    assert left["E0002"] == pytest.approx(left["E0001"] ** 2)


def test_people_turned_away_stay_willing(areas, sites, costs):
    truth = Truth(site_sd=0, event_sd=0, depletion=0.5, typical_total=80)
    rng = np.random.default_rng
    open_ = draw_turnout(areas, sites, twice(1), costs, truth=truth, rng=rng(1))
    full = draw_turnout(areas, sites, twice(1, capacity=[20.0, np.nan]), costs, truth=truth, rng=rng(1))
    gone = [1 - draw.counts.set_index("event_id").loc["E0001", "left"].to_numpy() for draw in (open_, full)]
    assert gone[1] == pytest.approx(gone[0] * 20 / 80)


def test_without_depletion_days_are_not_asked_for_and_nothing_changes(areas, sites, costs):
    plain = draw_turnout(areas, sites, events(3), costs, truth=Truth(), rng=np.random.default_rng(1))
    dated = draw_turnout(areas, sites, events(3, date=MONTHS[:3]), costs, truth=Truth(), rng=np.random.default_rng(1))
    pd.testing.assert_frame_equal(plain.counts, dated.counts)
    assert (plain.counts["left"] == 1).all()


def test_displacement_may_differ_by_area(areas, sites, costs):
    visits = pd.DataFrame({"month": MONTHS[5], "area_id": ["64.02.01", "64.02.02"], "applicants": 30})
    share = pd.Series(0.0, index=areas.index)
    share["64.02.01"] = 0.6
    office = draw_office_monthly(
        areas, sites, costs, visits, months=MONTHS, truth=Truth(), rng=np.random.default_rng(4), displacement=share
    )
    missing = office.groupby("area_id")["displaced"].sum()
    assert missing["64.02.01"] == pytest.approx(18.0)
    assert missing.drop("64.02.01").eq(0).all()
