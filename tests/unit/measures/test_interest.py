"""Interest: no list, an empty list, who speaks for which place, and candidates added for it."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.interest import add_interest_candidates, interest_evidence, p_above
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))


def make_areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["Sebulu", "Melak"],
            "lon": [116.9, 115.8],
            "lat": [-0.2, -0.3],
            "seat_lon": [116.95, np.nan],
            "seat_lat": [-0.25, np.nan],
        },
        index=pd.Index(["64.02.07", "64.07.06"], name="area_id"),
    )


def make_interest(*rows: tuple) -> pd.DataFrame:
    """Rows of area, people and, if known, person and date."""
    full = [(*row, None, "2026-11-01")[:4] if len(row) < 3 else (*row, "2026-11-01")[:4] for row in rows]
    frame = pd.DataFrame(full, columns=["area_id", "people", "person_key", "date"])
    frame = frame.astype({"area_id": "str", "people": int, "person_key": object})
    return frame.assign(date=pd.to_datetime(frame["date"]), group=frame["person_key"].isna())


@pytest.mark.parametrize("settings", [SETTINGS, Settings()])
@pytest.mark.parametrize("events", [None, pd.DataFrame({"site_id": ["M"], "status": ["held"]}, index=["E"])])
def test_without_a_list_it_is_not_assessed_and_needs_no_day(settings, events):
    found = interest_evidence(interest=None, areas=make_areas(), events=events, settings=settings)
    assert not found.assessed
    assert (found.by_area["people"] == 0).all()
    assert found.by_area.index.equals(make_areas().index)
    assert found.summary()["estimate"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("settings", [SETTINGS, Settings()])
def test_an_empty_list_is_assessed_and_nobody_is_above(settings):
    found = interest_evidence(interest=make_interest(), areas=make_areas(), settings=settings)
    assert found.assessed
    assert not found.by_area["above_threshold"].any()
    assert (found.by_area["p_above_threshold"] == 0).all()
    assert (found.left_out == 0).all()


def test_an_empty_list_without_any_day_is_assessed_whatever_unit_its_days_have():
    interest = make_interest().astype({"date": "datetime64[ns]"})
    assert interest_evidence(interest=interest, areas=make_areas(), settings=Settings()).assessed


def test_the_threshold_is_a_setting():
    interest = make_interest(("64.02.07", 20))
    for threshold, above in ((19, True), (20, False), (0, True)):
        settings = SETTINGS.replace(interest_threshold_people=threshold)
        found = interest_evidence(interest=interest, areas=make_areas(), settings=settings)
        assert found.by_area.loc["64.02.07", "above_threshold"] == above


@pytest.mark.parametrize(
    ("date", "valid"), [("2026-11-22", True), ("2026-05-26", True), ("2026-05-25", False), ("2026-11-23", False)]
)
def test_registrations_count_for_their_days(date, valid):
    found = interest_evidence(
        interest=make_interest(("64.02.07", 5, None, date)), areas=make_areas(), settings=SETTINGS
    )
    assert found.by_area["people"].sum() == (5 if valid else 0)
    assert found.left_out.sum() == (0 if valid else 5)
    reason = {"2026-05-25": "expired", "2026-11-23": "later"}.get(date)
    assert reason is None or found.left_out[reason] == 5


def test_the_day_asked_falls_back_on_the_latest_date():
    old = make_interest(("64.02.07", 5, None, "2025-01-01"), ("64.02.07", 7, None, "2025-03-01"))
    assert interest_evidence(interest=old, areas=make_areas(), settings=Settings()).by_area["people"].sum() == 12
    events = pd.DataFrame({"date": pd.to_datetime(["2025-08-01"]), "status": ["held"]}, index=["E"])
    later = interest_evidence(interest=old, areas=make_areas(), events=events, settings=Settings())
    assert later.by_area["people"].sum() == 7


def test_every_person_is_counted_or_left_out_once():
    interest = make_interest(
        ("64.02.07", 3), ("64.02.07", 1, "x"), ("64.02.07", 1, "x"), ("64.02.07.2001", 1, "x"), ("64.99.01", 4)
    )
    found = interest_evidence(interest=interest, areas=make_areas(), settings=SETTINGS)
    assert found.by_area.loc["64.02.07", "people"] == 4
    assert found.by_village["people"].to_dict() == {"64.02.07.2001": 1}
    assert found.left_out.to_dict() == {"served": 0, "later": 0, "expired": 0, "outside_areas": 4, "repeated": 1}


def test_a_person_who_asks_in_two_kecamatan_counts_in_both():
    interest = make_interest(("64.02.07", 1, "x"), ("64.07.06", 1, "x"))
    assert interest_evidence(interest=interest, areas=make_areas(), settings=SETTINGS).by_area["people"].tolist() == [
        1,
        1,
    ]


def test_a_group_of_one_contact_is_a_group():
    interest = make_interest(("64.02.07", 30, "camat")).assign(group=True)
    found = interest_evidence(interest=interest, areas=make_areas(), settings=SETTINGS).by_area.loc["64.02.07"]
    assert found["people"] == 30
    assert found["group_share"] == 1


def test_fewer_than_one_person_is_refused():
    with pytest.raises(ValueError, match="fewer than 1 person"):
        interest_evidence(interest=make_interest(("64.02.07", 0)), areas=make_areas(), settings=SETTINGS)


def test_p_more_than_grows_with_the_promises_and_is_a_probability():
    found = p_above(np.arange(0, 200), settings=SETTINGS)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= -1e-12).all()
    assert (found[:21] == 0).all()


@pytest.mark.parametrize(("mean", "sd"), [(0.6, 0.5), (1.0, 0.1), (0.0, 0.1)])
def test_an_impossible_spread_is_refused(mean, sd):
    settings = SETTINGS.replace(interest_shows_up_mean=mean, interest_shows_up_sd=sd)
    with pytest.raises(ValueError, match="cannot have the standard deviation"):
        p_above(np.array([30]), settings=settings)


@pytest.mark.parametrize(("mean", "expected"), [(1.0, 1.0), (0.0, 0.0)])
def test_a_share_that_is_known_for_sure(mean, expected):
    settings = SETTINGS.replace(interest_shows_up_mean=mean, interest_shows_up_sd=0.0)
    assert p_above(np.array([21]), settings=settings).tolist() == [expected]


# ---------- candidates added for interest


def make_sites(*rows: tuple[str, str], **columns) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["kind", "area_id"]).assign(name="X", lon=117.0, lat=0.0, **columns)
    return frame.set_axis(pd.Index([f"S{number}" for number in range(len(rows))], name="site_id"))


def added(sites: pd.DataFrame, *interest: tuple) -> list[str]:
    evidence = interest_evidence(interest=make_interest(*interest), areas=make_areas(), settings=SETTINGS)
    found = add_interest_candidates(evidence, areas=make_areas(), sites=sites)
    assert found.index[: len(sites)].tolist() == sites.index.tolist()
    assert found["added_for_interest"].dtype == bool
    return found.index[found["added_for_interest"]].tolist()


def test_an_area_above_the_threshold_gets_its_office():
    assert added(make_sites(("mall", "64.02.07")), ("64.02.07", 21)) == ["KANTOR-64.02.07"]
    assert added(make_sites(("mall", "64.02.07")), ("64.02.07", 20)) == []


@pytest.mark.parametrize("kind", ["kecamatan", "other"])
def test_a_place_of_its_own_is_enough(kind):
    assert added(make_sites((kind, "64.02.07.2001")), ("64.02.07", 21)) == []


def test_a_desa_will_do_only_where_it_is_above_the_threshold_itself():
    hall = make_sites(("desa", "64.02.07.2001"))
    assert added(hall, ("64.02.07.2001", 21)) == []
    # the people asked elsewhere in the kecamatan: the rule would keep the hall out
    assert added(hall, ("64.02.07.2002", 21)) == ["KANTOR-64.02.07"]


def test_the_office_stands_at_the_seat_where_it_is_known():
    evidence = interest_evidence(
        interest=make_interest(("64.02.07", 21), ("64.07.06", 21)), areas=make_areas(), settings=SETTINGS
    )
    found = add_interest_candidates(evidence, areas=make_areas(), sites=make_sites())
    assert found.loc["KANTOR-64.02.07", ["name", "lon", "lat"]].tolist() == ["Kantor Kecamatan Sebulu", 116.95, -0.25]
    assert found.loc["KANTOR-64.07.06", ["lon", "lat"]].tolist() == [115.8, -0.3]


def test_columns_of_whole_numbers_take_the_blank_of_a_new_place():
    sites = make_sites(("mall", "64.02.07"), capacity=100, opened=pd.Timestamp("2026-01-01"))
    evidence = interest_evidence(interest=make_interest(("64.02.07", 21)), areas=make_areas(), settings=SETTINGS)
    found = add_interest_candidates(evidence, areas=make_areas(), sites=sites)
    assert found.loc["S0", "capacity"] == 100
    assert found.loc["KANTOR-64.02.07", ["capacity", "opened"]].isna().all()
    assert found["opened"].dtype.kind == "M"


def test_html_shows_areas_with_interest():
    found = interest_evidence(interest=make_interest(("64.02.07", 21)), areas=make_areas(), settings=SETTINGS)
    assert "64.02.07" in found._repr_html_()
    assert "64.07.06" not in found._repr_html_()
