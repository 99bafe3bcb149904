"""The synthetic office as a whole: what it holds, and that the seed alone decides it."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.simulation import draws
from outreach_analysis.simulation.draws import CHANNELS, SAMPLE_TRUTH
from outreach_analysis.simulation.writing import simulate_office


@pytest.fixture(scope="module")
def office():
    return simulate_office(seed=draws.SAMPLE_SEED)


def test_the_programme_is_as_described(office):
    held = office.events[office.events["status"] == "held"]
    planned = office.events[office.events["status"] == "planned"]
    fixed = office.sites["kind"].isin(["office", "mpp", "ukk", "other_office"])
    assert (len(held), len(planned)) == (29, 2)
    assert ((~fixed).sum(), fixed.sum()) == (60, 4)
    assert held["site_id"].nunique() == 17
    assert held["programme"].value_counts().to_dict() == {"visit": 24, "invited": 4, "office": 1}
    assert held["date"].min() >= pd.Timestamp(2024, 10, 1)
    assert held["date"].max() <= pd.Timestamp(draws.AS_OF) < planned["date"].min()
    assert set(held["day_kind"]) == {"weekend", "holiday", "workday"}


def test_candidates_lie_in_every_kabupaten_of_the_jurisdiction(office):
    candidates = office.sites[~office.sites["kind"].isin(["office", "mpp", "ukk", "other_office"])]
    assert set(candidates["area_id"].str[:5]) == set(office.settings.jurisdiction)


def test_places_tied_to_days_off_are_visited_on_days_off(office):
    kinds = office.sites["kind"].reindex(office.events["site_id"]).to_numpy()
    for kind, day_kind in zip(kinds, office.events["day_kind"], strict=True):
        assert day_kind in office.settings.allowed_day_kinds(kind)


def test_the_same_place_is_not_visited_again_too_soon(office):
    for dates in office.events.groupby("site_id")["date"].apply(list):
        gaps = np.diff(sorted(dates)) / np.timedelta64(1, "D")
        assert (gaps > 90).all()


def test_sizes_are_those_of_the_published_programme(office):
    facts = pd.DataFrame.from_dict(office.truth["events"], orient="index")
    held = facts[facts["status"] == "held"]
    visits = held.loc[held["programme"] == "visit", "came"]
    # about 64 a visit, the median of what was published
    assert 55 <= visits.mean() <= 70
    assert visits.min() >= 15
    assert visits.max() <= 150
    assert held.loc[held["programme"] == "invited", "came"].mean() > 1.3 * visits.mean()
    assert facts.loc[facts["status"] == "failed", "came"].between(1, 5).all()
    assert 1 <= held["sold_out"].sum() <= 3
    assert 18_000 <= office.truth["office_applicants_per_year"] <= 21_000
    assert set(office.events.index[office.events["sold_out"]]) == set(held.index[held["sold_out"]])


def test_people_and_counts_agree(office):
    popups = office.applicants["event_id"].isin(office.truth["events"])
    people = office.applicants[popups].groupby(["event_id", "area_id"]).size()
    counts = office.counts[office.counts["applicants"] > 0].set_index(["event_id", "area_id"])["applicants"]
    placed = people[people.index.get_level_values("area_id") != ""]
    pd.testing.assert_series_equal(placed.sort_index(), counts.sort_index(), check_names=False, check_dtype=False)
    assert (office.applicants.loc[popups, "area_id"] == "").sum() == office.outside["applicants"].sum()
    in_desa = office.applicants["desa_id"].str[:8] == office.applicants["area_id"]
    assert in_desa[office.applicants["area_id"] != ""].all()


def test_identity_numbers_are_well_formed_unique_and_nobodys(office):
    nik = office.applicants["nik"]
    assert nik.is_unique
    assert nik.str.fullmatch(r"\d{16}").all()
    assert (nik.str[12:].astype(int) >= 9000).all()
    day = nik.str[6:8].astype(int)
    assert (day.between(1, 31) | day.between(41, 71)).all()
    birthday = (day % 40).astype(str).str.zfill(2) + nik.str[8:12]
    born = pd.to_datetime(birthday, format="%d%m%y", errors="coerce")
    age = (office.applicants["service_date"] - born).dt.days / 365.25 % 100
    assert (age - office.applicants["age"]).between(-0.1, 1.1).mean() > 0.99


def test_all_passports_are_electronic_from_the_day_of_the_change(office):
    after = office.applicants["service_date"] >= pd.Timestamp(2025, 7, 1)
    assert set(office.applicants.loc[after, "passport_type"]) == {"electronic"}
    before = office.applicants[~after]
    assert 0.2 < (before["passport_type"] == "non_electronic").mean() < 0.8
    assert set(office.applicants["channel"]) == {*CHANNELS, "unknown"}


def test_interest_has_areas_above_at_and_below_the_threshold(office):
    open_interest = office.interest[office.interest["event_id"] == ""]
    fresh = open_interest[open_interest["date"] >= pd.Timestamp(draws.AS_OF) - pd.Timedelta(days=180)]
    phones = fresh["person"].str.replace(r"\D", "", regex=True).str.replace(r"^62", "0", regex=True)
    singles = fresh.assign(phone=phones)[~fresh["group"]].groupby("area_id")["phone"].nunique()
    groups = fresh[fresh["group"]].groupby("area_id")["people"].sum()
    people = singles.add(groups, fill_value=0)
    assert people["64.02.11"] == people["64.08.13"] == people["64.02.16.2005"] == 20
    assert (people > 20).sum() >= 4
    assert people["64.02.17"] < 20
    assert "64.08.09" not in people
    assert (fresh["area_id"] == "64.08.13").sum() == 23


def test_promises_fit_what_came(office):
    linked = office.interest[office.interest["event_id"] != ""]
    promised = linked.groupby(["event_id", "area_id"])["people"].sum()
    came = office.counts.set_index(["event_id", "area_id"])["applicants"].reindex(promised.index)
    assert len(promised) >= 15
    assert (promised > 20).any()
    assert (promised <= 20).any()
    assert (came / promised).mean() == pytest.approx(SAMPLE_TRUTH.shows_up_mean, abs=0.12)
    assert (linked["date"] < linked["event_id"].map(office.events["date"])).all()


def test_the_truth_is_recorded_by_event_and_parameter(office):
    assert office.truth["parameters"]["event_sd"] == SAMPLE_TRUTH.event_sd
    assert office.truth["parameters"]["intercept"] == pytest.approx(-8.84, abs=0.1)
    for facts in office.truth["events"].values():
        assert sum(facts["by_area"].values()) == facts["from_areas"]
        assert facts["from_areas"] + facts["from_outside"] == facts["came"] <= facts["wanted"]


def test_soon_after_a_pop_up_nearby_fewer_of_the_willing_are_left(office):
    left = pd.Series({event: facts["left"] for event, facts in office.truth["events"].items()})
    first = left.index[0]
    assert left[first] == 1
    assert left.between(0.2, 1).all()
    # two malls of one town two days apart
    assert left["JB-2025-02"] < 0.6
    # a kecamatan far from all earlier places
    assert left["JB-2025-04"] > 0.9


def test_who_would_have_come_to_the_office_falls_with_distance_and_differs_by_area(office):
    share = pd.Series(office.truth["displacement_by_area"])
    km = office.costs[office.costs["site_id"].isin(["P01", "P02", "P03"])].groupby("area_id")["km"].min()
    assert set(share.index) == set(office.areas.index)
    assert share[km < 10].mean() > share[km.between(25, 50)].mean() + 0.1 > share[km > 100].mean() + 0.1
    law = 0.1 + 0.5 / (1 + (km / SAMPLE_TRUTH.displacement_half_km) ** 2)
    apart = np.log(share / (1 - share)) - np.log(law / (1 - law))
    assert apart.std() == pytest.approx(SAMPLE_TRUTH.displacement_area_sd, rel=0.2)


def test_answers_follow_the_truth_and_overstate_it(office):
    answered = office.applicants[office.applicants["would_have_come"].isin(["yes", "no"])]
    assert set(answered["event_id"]) == set(draws.ASKED_AT)
    truth = answered["area_id"].map(office.truth["displacement_by_area"]).dropna()
    said = (answered.loc[truth.index, "would_have_come"] == "yes").mean()
    over = 1 / (1 + np.exp(-np.log(truth / (1 - truth)) - SAMPLE_TRUTH.desk_overstatement))
    assert said == pytest.approx(over.mean(), abs=2 * np.sqrt(over.mean() * (1 - over.mean()) / len(over)))
    assert over.mean() > truth.mean() + 0.04


def test_as_many_are_missing_at_the_office_as_would_have_come(office):
    months = office.events["date"].dt.to_period("M").dt.to_timestamp().reindex(office.counts["event_id"]).to_numpy()
    share = office.counts["area_id"].map(office.truth["displacement_by_area"])
    # whoever came by July was missing by October; never more than nine tenths of an area's month
    whole = (office.counts["applicants"] * share)[months <= np.datetime64("2026-07-01")].sum()
    missing = office.office_monthly["displaced"].sum()
    assert 0.9 * whole <= missing <= (office.counts["applicants"] * share).sum()


def test_the_seed_alone_decides(office):
    again, other = simulate_office(seed=draws.SAMPLE_SEED), simulate_office(seed=draws.SAMPLE_SEED + 1)
    for name in ("sites", "events", "applicants", "counts", "outside", "interest", "office_monthly"):
        pd.testing.assert_frame_equal(getattr(office, name), getattr(again, name))
    assert again.truth == office.truth
    assert not other.counts["applicants"].equals(office.counts["applicants"])
    assert not other.office_monthly["applicants"].equals(office.office_monthly["applicants"])
    assert set(other.applicants["nik"]) != set(office.applicants["nik"])
