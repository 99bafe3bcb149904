"""The forecast from the prior: calibrated at the reference, scaled elsewhere, the same for the same seed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.models.turnout import prior_turnout
from outreach_analysis.settings import Settings

NO_EVENTS = pd.DataFrame({"site_id": [], "status": []})


def make_areas(*population: int) -> pd.DataFrame:
    ids = pd.Index([f"a{number}" for number in range(len(population))], name="area_id")
    return pd.DataFrame({"population": list(population)}, index=ids)


def make_sites(*ids: str, kind: str = "desa", capacity: float = np.nan) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "capacity": capacity}, index=pd.Index(list(ids), name="site_id"))


def make_costs(**km: list[float]) -> pd.DataFrame:
    rows = [(f"a{number}", site, here) for site, all_km in km.items() for number, here in enumerate(all_km)]
    return pd.DataFrame(rows, columns=["area_id", "site_id", "km"])


def make_events(*places: str, status: str = "held") -> pd.DataFrame:
    return pd.DataFrame({"site_id": list(places), "status": status})


def forecast_of(areas, sites, costs, events=NO_EVENTS, *, seed=0, n_draws=500, settings=None, prior=None, **options):
    settings = settings or Settings()
    turnout = prior_turnout(areas=areas, sites=sites, events=events, costs=costs, settings=settings, prior=prior)
    return turnout.forecast(sites=sites, costs=costs, n_draws=n_draws, rng=np.random.default_rng(seed), **options)


# ---------- calibration at the reference


@pytest.mark.parametrize(
    ("population", "km"),
    [
        ([50_000], [2.0]),
        ([40_000] * 12, [2.0 + 8 * number for number in range(12)]),
        ([5_000, 90_000, 20_000], [1.0, 80.0, 150.0]),
    ],
    ids=["one area", "many areas", "people far away"],
)
@pytest.mark.parametrize(
    "prior",
    [TurnoutPrior(), TurnoutPrior(total_low=20, total_median=100, total_high=250)],
    ids=["default", "lopsided"],
)
def test_expected_totals_at_the_reference_have_the_priors_median_and_interval(population, km, prior):
    sites, certain = make_sites("REF"), dataclasses.replace(prior, site_sd=0.0, event_sd=0.0, kind_sd=1e-9)
    found = forecast_of(
        make_areas(*population), sites, make_costs(REF=km), make_events("REF"), n_draws=20_000, prior=certain
    )
    expected = found.draws.sum(axis=1)[:, 0]
    # 20,000 draws: a share is known to .002 or better
    below = [(expected < end).mean() for end in (prior.total_low, prior.total_median, prior.total_high)]
    assert below == pytest.approx([0.05, 0.5, 0.95], abs=0.012)


def test_totals_vary_around_what_is_expected():
    sites, areas, costs = make_sites("REF", capacity=1e9), make_areas(50_000), make_costs(REF=[2.0])
    totals = forecast_of(areas, sites, costs, make_events("REF"), n_draws=20_000).totals["REF"]
    assert totals.median() == pytest.approx(
        45, rel=0.1
    )  # alpha 0.6 in one area: the median of a gamma is below its mean
    assert 0.08 < (totals < 15).mean() < 0.25
    assert 0.05 < (totals > 240).mean() < 0.12


def test_the_reference_is_the_mean_over_the_places_of_held_events():
    areas, costs = make_areas(30_000, 60_000), make_costs(LEFT=[0.0, 400.0], RIGHT=[400.0, 0.0])
    # far apart, so that each place reaches its own area: 30,000 and 60,000 people, weights 30 and 60
    found = forecast_of(areas, make_sites("LEFT", "RIGHT", capacity=1e9), costs, make_events("LEFT", "RIGHT", "RIGHT"))
    expected = found.draws.mean(axis=0).sum(axis=0)
    assert expected[1] / expected[0] == pytest.approx(2, rel=0.1)
    # RIGHT was visited twice: reference weight (30 + 60 + 60) / 3 = 50, so that RIGHT brings 60 / 50 of the prior
    once = forecast_of(areas, make_sites("LEFT", "RIGHT", capacity=1e9), costs, make_events("RIGHT"))
    assert found.draws.sum(axis=1)[:, 1].mean() / once.draws.sum(axis=1)[:, 1].mean() == pytest.approx(1.2, rel=0.02)


def test_without_held_events_the_candidates_are_the_reference():
    areas, costs = make_areas(30_000), make_costs(A=[5.0], B=[10.0], OFFICE=[0.0])
    sites = make_sites("A", "B", "OFFICE").assign(kind=["desa", "mall", "office"])
    turnout = prior_turnout(
        areas=areas, sites=sites, events=make_events("A", status="planned"), costs=costs, settings=Settings()
    )
    assert turnout.reference_kind == "candidates"
    assert sorted(turnout.reference["km"]) == [5.0, 10.0]
    held = prior_turnout(areas=areas, sites=sites, events=make_events("A"), costs=costs, settings=Settings())
    assert held.reference_kind == "held events"
    assert held.reference["km"].tolist() == [5.0]


# ---------- scaling


def test_more_people_and_a_shorter_way_bring_more():
    areas = make_areas(50_000, 10_000)
    costs = make_costs(NEAR=[2.0, 90.0], FAR=[60.0, 90.0], SMALL=[90.0, 2.0])
    found = forecast_of(areas, make_sites("NEAR", "FAR", "SMALL"), costs, n_draws=2000).by_site["median"]
    assert found["NEAR"] > found["FAR"]
    assert found["NEAR"] > found["SMALL"]


def test_expected_people_fall_with_distance_by_the_slope():
    certain = TurnoutPrior(slope_mean=-1.0, slope_sd=1e-9, site_sd=0.0, kind_sd=1e-9)
    areas = make_areas(10_000, 10_000)
    found = forecast_of(areas, make_sites("S"), make_costs(S=[0.0, 35.0]), prior=certain)
    people = found.expected.set_index("area_id")["people"]
    assert people["a1"] / people["a0"] == pytest.approx(np.exp(-1), rel=1e-6)


def test_slopes_never_rise():
    uncertain = TurnoutPrior(slope_mean=-0.1, slope_sd=2.0)
    found = forecast_of(make_areas(10_000, 10_000), make_sites("S"), make_costs(S=[1.0, 50.0]), prior=uncertain)
    assert (found.draws[:, 1, 0] <= found.draws[:, 0, 0]).all()


def test_a_place_nobody_can_reach_brings_nobody():
    costs = make_costs(NEAR=[2.0], LOST=[np.nan])
    found = forecast_of(make_areas(50_000), make_sites("NEAR", "LOST", "UNKNOWN"), costs)
    assert (
        found.by_site.loc[["LOST", "UNKNOWN"], ["median", "mean", "ci_high", "p_above_threshold"]].eq(0).all(axis=None)
    )
    assert np.isfinite(found.draws).all()


def test_an_area_without_people_sends_nobody():
    found = forecast_of(make_areas(50_000, 0), make_sites("S"), make_costs(S=[9.0, 0.0]))
    assert (found.draws[:, 1] == 0).all()


def test_held_events_that_nobody_can_reach_are_no_reference():
    areas, sites = make_areas(50_000, 0), make_sites("S", "LOST", "EMPTY", capacity=1e9)
    costs = make_costs(S=[5.0, 5.0], LOST=[np.nan, np.nan], EMPTY=[np.nan, 0.0])
    with_them = forecast_of(areas, sites, costs, make_events("S", "LOST", "EMPTY"))
    without = forecast_of(areas, sites, costs, make_events("S"))
    assert np.allclose(with_them.draws, without.draws)


# ---------- what comes on the day


def test_capacity_cuts_the_day_but_not_the_expectation():
    areas, costs = make_areas(50_000), make_costs(S=[2.0])
    free, tight = (forecast_of(areas, make_sites("S", capacity=size), costs) for size in (1e9, 50.0))
    assert np.array_equal(free.draws, tight.draws)
    assert free.totals.equals(tight.totals)
    assert tight.by_site.loc["S", "ci_high"] == 50
    assert tight.by_site.loc["S", "mean"] == pytest.approx(free.totals["S"].clip(upper=50).mean())
    # the place's own capacity wins over the setting
    default = forecast_of(areas, make_sites("S"), costs, settings=Settings(popup_capacity=33.0))
    assert default.by_site.loc["S", "capacity"] == 33
    assert tight.by_site.loc["S", "capacity"] == 50


def test_the_threshold_itself_is_not_more_than_it():
    areas, costs = make_areas(50_000), make_costs(S=[2.0])
    capped = forecast_of(areas, make_sites("S", capacity=20.0), costs)
    assert capped.by_site.loc["S", "p_above_threshold"] == 0
    free = forecast_of(areas, make_sites("S", capacity=1e9), costs)
    assert free.by_site.loc["S", "p_above_threshold"] == (free.totals["S"] > 20).mean()


def test_kind_of_day_is_the_first_allowed_or_the_one_asked_for():
    areas, costs = make_areas(50_000), make_costs(S=[2.0])
    settings = Settings(day_kinds={"desa": ("workday", "weekend")})
    assert forecast_of(areas, make_sites("S"), costs, settings=settings).by_site.loc["S", "day_kind"] == "workday"
    asked = forecast_of(areas, make_sites("S"), costs, settings=settings, day_kind="holiday")
    assert asked.by_site.loc["S", "day_kind"] == "holiday"
    never = forecast_of(areas, make_sites("S"), costs, settings=Settings(day_kinds={"desa": ()}))
    assert never.by_site.loc["S", "day_kind"] == ""


# ---------- the same again


def test_same_seed_same_bytes():
    areas = make_areas(50_000, 20_000)
    costs, sites = make_costs(S=[2.0, 30.0], T=[40.0, 3.0]), make_sites("S", "T")
    one, two, other = (forecast_of(areas, sites, costs, seed=seed) for seed in (7, 7, 8))
    assert one.draws.tobytes() == two.draws.tobytes()
    assert one.totals.to_csv() == two.totals.to_csv()
    assert one.by_site.to_csv() == two.by_site.to_csv()
    assert one.draws.tobytes() != other.draws.tobytes()


def test_the_order_of_rows_does_not_matter():
    areas, costs = make_areas(50_000, 20_000), make_costs(S=[2.0, 30.0], T=[40.0, 3.0], U=[9.0, 9.0])
    events = make_events("S", "U", "U")
    sites = make_sites("U", "T", "S")
    one = forecast_of(areas, sites, costs, events)
    turned = forecast_of(areas.iloc[::-1], sites.iloc[[1, 2, 0]], costs.iloc[::-1], events.iloc[::-1])
    pd.testing.assert_frame_equal(one.totals, turned.totals[one.totals.columns])
    pd.testing.assert_frame_equal(one.by_site, turned.by_site.loc[one.by_site.index])
    again = turned.draws[:, ::-1][:, :, [2, 0, 1]]
    assert np.allclose(one.draws, again, rtol=1e-12)


def test_places_share_their_draws():
    """With common random numbers two places differ by their own effect only, not by the level."""
    costs = make_costs(S=[5.0], T=[5.0])
    found = forecast_of(make_areas(50_000), make_sites("S", "T"), costs, n_draws=4000)
    totals = np.log(found.draws.sum(axis=1))
    apart = (totals[:, 0] - totals[:, 1]).std()
    prior = TurnoutPrior()
    # the spread of places is itself drawn: its root mean square is larger than its median
    site_sd = prior.site_sd * np.exp(prior.site_log_sd**2)
    assert apart == pytest.approx(np.sqrt(2) * np.hypot(site_sd, prior.kind_sd), rel=0.1)
    assert apart < 0.6 * np.sqrt(2) * totals[:, 0].std()


# ---------- refusals


def test_too_few_draws_and_unknown_days_are_refused():
    areas, costs, sites = make_areas(50_000), make_costs(S=[2.0]), make_sites("S")
    with pytest.raises(ValueError, match="n_draws 99"):
        forecast_of(areas, sites, costs, n_draws=99)
    with pytest.raises(ValueError, match="day_kind 'sunday' is not one of weekend, holiday, workday"):
        forecast_of(areas, sites, costs, day_kind="sunday")


def test_no_way_to_any_place_is_refused():
    with pytest.raises(ValueError, match="no held event and no candidate has a distance"):
        forecast_of(make_areas(50_000), make_sites("S"), make_costs(S=[np.nan]))
    with pytest.raises(ValueError, match="no residents within reach of the reference"):
        forecast_of(make_areas(0), make_sites("S"), make_costs(S=[2.0]))
    with pytest.raises(ValueError, match="no residents within reach of the reference"):
        forecast_of(make_areas(50_000), make_sites("S"), make_costs(S=[4_999.0]), prior=TurnoutPrior(slope_mean=-50.0))


def test_no_candidate_is_an_empty_forecast():
    found = forecast_of(make_areas(50_000), make_sites(), make_costs(OLD=[2.0]), make_events("OLD"))
    assert found.by_site.empty
    assert found.summary().empty


# ---------- what is said


def test_summaries_say_prior_only():
    areas, sites, costs = make_areas(50_000), make_sites("S"), make_costs(S=[2.0])
    turnout = prior_turnout(areas=areas, sites=sites, events=NO_EVENTS, costs=costs, settings=Settings())
    assert turnout.summary().loc["expected total at the reference"].tolist() == [60, 15, 240, "people (prior_only)"]
    slope = turnout.summary().iloc[1]
    assert slope["ci_low"] < slope["estimate"] < slope["ci_high"] < 0
    found = turnout.forecast(sites=sites, costs=costs, rng=np.random.default_rng(1))
    assert found.summary()["unit"].tolist() == ["people (prior_only)"]
    assert found.n_events == 0
    assert "p_above_threshold" in found._repr_html_()
