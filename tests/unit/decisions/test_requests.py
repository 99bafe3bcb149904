"""Letters as places, what their people bring, and the answer to each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from decision_worlds import FIRST_DAY, make_forecast, make_incremental
from scipy import special

from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.decisions.requests import (
    AskedPeople,
    ChosenVisits,
    RequestPlaces,
    answer_places,
    as_candidates,
    drawn_to,
    learn_show_up,
    request_places,
    roll_call,
)
from outreach_analysis.decisions.schedule import DayWindow, ScheduleRules, days_outside
from outreach_analysis.measures.interest import ConversionResult
from outreach_analysis.models.displacement import PastEvents
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
PERIOD = (dt.date(2026, 12, 6), dt.date(2027, 2, 22))
AREAS = pd.DataFrame(
    {"name": ["Dekat", "Sebelah", "Jauh"], "seat_lon": [117.0, 117.1, 118.5], "seat_lat": [0.0, 0.0, 0.0],
     "lon": [117.0, 117.1, 118.5], "lat": 0.0, "in_jurisdiction": True},
    index=pd.Index(["a", "b", "c"], name="area_id"),
)  # fmt: skip
SITES = pd.DataFrame(
    {"name": ["Kantor", "Balai"], "kind": ["office", "kecamatan"], "area_id": ["a", "a"], "lon": [117.0, 117.02],
     "lat": [0.0, 0.0], "capacity": [math.nan, 80.0], "cost": [math.nan, 3e6]},
    index=pd.Index(["KANIM", "BALAI"], name="site_id"),
)  # fmt: skip


def letters(*rows: dict[str, object]) -> pd.DataFrame:
    usual = {"asker": "other", "programme": "invited", "site_id": None, "day": pd.NaT, "people": 30.0}
    usual |= {"listed": math.nan}
    frame = pd.DataFrame([usual | row for row in rows]).set_index("number")
    return frame.assign(day=pd.to_datetime(frame["day"]))


def places(*rows: dict[str, object], settings: Settings = SETTINGS) -> RequestPlaces:
    return request_places(letters(*rows), sites=SITES, areas=AREAS, period=PERIOD, settings=settings)


def test_a_small_group_joins_one_nearby_and_a_far_one_stands_alone():
    """15 people 11 km from 30 share a pop-up, 12 of them 167 km away do not; alone, 12 are not more than 20."""
    found = places(
        {"number": "1", "area_id": "a", "people": 30.0},
        {"number": "2", "area_id": "b", "people": 15.0},
        {"number": "3", "area_id": "c", "people": 12.0},
    ).sites
    assert found["letters"].to_dict() == {"SURAT-1": ("1", "2"), "SURAT-3": ("3",)}
    assert found["asked"].tolist() == [45, 12]
    assert found["meets"].tolist() == [True, False]


def test_two_groups_large_enough_are_not_put_together_unless_they_ask_for_one_place():
    rows = [{"number": "1", "area_id": "a", "site_id": "BALAI"}, {"number": "2", "area_id": "b"}]
    assert len(places(*rows).sites) == 2
    both = places(*rows, {"number": "3", "area_id": "a", "site_id": "BALAI"}).sites
    assert both["letters"].tolist() == [("1", "3"), ("2",)]


def test_days_that_do_not_meet_keep_letters_of_one_place_apart():
    there = {"area_id": "a", "site_id": "BALAI"}
    days = {"1": "2026-12-10", "2": "2027-02-01"}
    assert len(places(*(there | {"number": number, "day": day} for number, day in days.items())).sites) == 2


def test_exactly_the_minimum_is_not_more_than_it_and_an_unknown_number_is_no_refusal():
    found = places(
        {"number": "1", "area_id": "a", "people": 20.0},
        {"number": "2", "area_id": "b", "people": 21.0, "programme": "visit"},
        {"number": "3", "area_id": "c", "people": math.nan},
        settings=SETTINGS.replace(request_merge_km=1.0),
    ).sites
    assert found["meets"].to_dict() == {"SURAT-2": True, "SURAT-1": False, "SURAT-3": True}


def test_a_list_counts_and_not_the_number_beside_it():
    found = places({"number": "1", "area_id": "a", "people": 90.0, "listed": 25.0}).sites.iloc[0]
    assert (found["asked"], found["listed"]) == (25, 25)


def test_the_place_of_a_letter_is_the_offices_own_one_under_no_rule_on_interest():
    own = {"number": "1", "area_id": "a", "site_id": "BALAI"}
    found = places(own, {"number": "2", "area_id": "c", "asker": "pesantren"})
    both = as_candidates(found, SITES)
    assert both.loc["SURAT-1", ["kind", "capacity", "cost", "lon"]].tolist() == ["other", 80, 3e6, 117.02]
    assert both.loc["SURAT-2", ["kind", "area_id", "lon"]].tolist() == ["pesantren", "c", 118.5]
    assert both.loc["BALAI", "kind"] == "kecamatan"


def test_days_around_the_wish_within_the_period():
    windows = places(
        {"number": "1", "area_id": "a", "day": "2026-12-10"},
        {"number": "2", "area_id": "c"},
        settings=SETTINGS.replace(request_window_days=7),
    ).windows
    wish = dt.date(2026, 12, 10)
    assert windows["SURAT-1"] == DayWindow(first=dt.date(2026, 12, 6), last=dt.date(2026, 12, 17), wished=wish)
    assert windows["SURAT-2"] == DayWindow(first=PERIOD[0], last=PERIOD[1])
    days = pd.date_range("2026-12-05", "2026-12-18")
    assert days_outside({"S": windows["SURAT-1"]}, days) == {"S": [days[0], days[-1]]}


def test_a_wished_day_is_welcome_and_every_other_one_there_is_not():
    days = pd.DataFrame(
        {"site_id": ["S", "S", "T", "T"], "day": pd.to_datetime(["2026-12-09", "2026-12-12"] * 2),
         "kind": ["workday", "weekend"] * 2}
    )  # fmt: skip
    rules = ScheduleRules(min_gap_days=0, settings=SETTINGS, wished={"S": dt.date(2026, 12, 9)})
    assert rules.unwelcome(days).tolist() == [False, True, True, False]


# --- What a list or a number brings.


def test_nothing_learned_is_berau_2025():
    assumed = learn_show_up(pd.DataFrame(columns=["listed", "came"]), SETTINGS)
    assert (assumed.mean, assumed.sd) == (pytest.approx(0.938), 0.05)


def test_past_lists_move_the_share_towards_what_they_show():
    past = pd.DataFrame({"listed": [100.0, 80.0, 50.0], "came": [70.0, 60.0, math.nan]})
    learned = learn_show_up(past, SETTINGS)
    assert 0.72 < learned.mean < 0.9


@pytest.mark.parametrize("n_past", [0, 6])
def test_the_interval_of_a_roll_call_holds_what_it_says(n_past):
    """Lists of an office where the shares that stay away are no beta, and without past lists not those of Berau."""
    rng = np.random.default_rng(11 + n_past)
    held = []
    for _ in range(250):
        level = special.logit(0.07) + 0.35 * rng.standard_normal()
        away = special.expit(level + 0.7 * rng.standard_normal(n_past + 1))
        listed = rng.integers(30, 150, n_past + 1)
        came = listed - rng.binomial(listed, away)
        past = pd.DataFrame({"listed": listed[:-1], "came": came[:-1]}).astype(float)
        _, drawn = roll_call(int(listed[-1]), learn_show_up(past, SETTINGS), 400, rng)
        low, high = np.quantile(drawn, [0.05, 0.95])
        held.append(low <= came[-1] <= high)
    assert 0.85 <= np.mean(held) <= 0.95


def surely(mean: float, sd: float = 0.0) -> ConversionResult:
    return ConversionResult(mean=mean, sd=sd, promises=pd.DataFrame(), settings=SETTINGS)


def test_a_number_draws_the_forecast_towards_itself_by_its_precision():
    rng = np.random.default_rng(0)
    totals = rng.lognormal(np.log(40), 0.8, 4000)
    factors = [drawn_to(100, totals, totals, surely(0.6, sd), rng)[1] for sd in (0.02, 0.3)]
    medians = [float(np.median(totals * factor)) for factor in factors]
    assert 40 < medians[1] < medians[0] < 60
    # a forecast that is surer than the number stays what it is
    narrow = rng.lognormal(np.log(40), 0.01, 4000)
    assert np.median(narrow * drawn_to(100, narrow, narrow, surely(0.6, 0.2), rng)[1]) == pytest.approx(40, rel=0.02)


def asked(people: tuple[int, int] = (30, 10), *, base: int = 1) -> AskedPeople:
    lists = pd.DataFrame({"number": ["1", "1"], "area_id": ["a", "b"], "people": people})
    return AskedPeople(lists=lists, show_up=surely(0.9), promised=surely(0.5), rounding_base=base)


def test_a_list_is_called_by_the_areas_it_names():
    """40 listed at nine tenths are 27 of a and 9 of b, and 20 stated by a second letter 10 where the place is."""
    found = places(
        {"number": "1", "area_id": "a", "site_id": "BALAI", "listed": 40.0},
        {"number": "2", "area_id": "a", "site_id": "BALAI", "people": 20.0},
    )
    forecast = make_forecast(np.full((50, 3, 1), 7.0), area_ids=["a", "b", "c"], site_ids=["SURAT-1"])
    days = pd.Series(FIRST_DAY, index=["SURAT-1"])
    narrowed = asked().narrow(forecast, found, days=days, settings=SETTINGS, rng=np.random.default_rng(0))
    assert narrowed.draws[0, :, 0].tolist() == pytest.approx([37, 9, 0])
    assert narrowed.totals["SURAT-1"].mean() == pytest.approx(46, abs=1.5)
    assert narrowed.waiting == {"SURAT-1"}
    alone = places({"number": "1", "area_id": "a", "listed": 38.0})
    rounded = asked((30, 8), base=5).narrow(forecast, alone, days=days, settings=SETTINGS, rng=np.random.default_rng(0))
    assert rounded.draws.sum(axis=1).mean() == pytest.approx(0.9 * 40)


def test_those_who_wait_are_not_served_before_but_a_visit_beside_takes_of_them():
    """Past events took half of everybody at the door: an open pop-up finds half, those on a list are all there."""
    before = np.array([FIRST_DAY - pd.Timedelta(days=1)], dtype="datetime64[ns]")
    draws = np.full((100, 1, 2), 30.0)
    draws[:, 0, 1] = 12.0
    usual = make_incremental(
        draws,
        site_ids=["OPEN", "LIST"],
        base=np.full((100, 1), 30.0),
        share=0.5,
        recovery=1e9,
        past=PastEvents(dates=before, ratio=np.array([[1.0]])),
    )
    forecast = dataclasses.replace(usual.forecast, waiting=frozenset({"LIST"}))
    inside = pd.Series(True, index=forecast.area_ids)
    waiting = incremental_attendance(forecast, usual.displacement, inside=inside, days=usual.days)
    assert usual.increments().to_dict() == pytest.approx({"OPEN": 15, "LIST": 6}, rel=0.05)
    assert waiting.increments().to_dict() == pytest.approx({"OPEN": 15, "LIST": 12}, rel=0.05)
    assert waiting.people.loc["LIST", "mean"] == pytest.approx(12, rel=0.05)
    together = waiting.value([("OPEN", FIRST_DAY), ("LIST", FIRST_DAY + pd.Timedelta(days=1))])
    assert 15 + 12 * 0.3 < together < 27


# --- The answers.


def chosen(**changes: object) -> ChosenVisits:
    free = pd.DataFrame({"site_id": "SURAT-1", "day": pd.date_range("2026-12-06", "2027-04-30")})
    usual: dict[str, object] = {
        "days": pd.Series(pd.to_datetime([]), index=pd.Index([], dtype="str")),
        "announced": pd.DataFrame({"site_id": [], "date": pd.to_datetime([])}),
        "room": pd.Series({"BALAI": 50.0}),
        "excluded": pd.Series(dtype="str"),
        "free_days": free,
        "full": False,
        "left": math.inf,
        "costs": pd.Series({"SURAT-1": 2e6}),
        "teams": 1,
        "period": PERIOD,
    }
    return ChosenVisits(**(usual | changes))


def visits(**days: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(days.values())), index=[name.replace("_", "-") for name in days])


WISH = {"number": "1", "area_id": "a", "day": "2026-12-20"}
FAR = {"number": "1", "area_id": "c", "day": "2026-12-20"}
MINIMUM = {"number": "1", "area_id": "c", "people": 20.0}


@pytest.mark.parametrize(
    ("letter", "changes", "answer", "reason", "day"),
    [
        (WISH, {"days": visits(SURAT_1="2026-12-20")}, "accepted", "as_wished", "2026-12-20"),
        (WISH, {"days": visits(SURAT_1="2026-12-19")}, "accepted", "within_window", "2026-12-19"),
        (WISH, {"days": visits(BALAI="2026-12-27")}, "merged", "with_visit", "2026-12-27"),
        # its day lies outside the letter's, there is no room, or the place is far
        (WISH, {"days": visits(BALAI="2027-01-04")}, "postponed", "no_team", "2027-01-05"),
        (WISH, {"days": visits(BALAI="2026-12-27"), "room": pd.Series({"BALAI": 9.0})},
         "postponed", "no_team", "2027-01-04"),
        (FAR, {"days": visits(BALAI="2026-12-27")}, "postponed", "no_team", "2027-01-04"),
        (WISH, {"announced": pd.DataFrame({"site_id": ["BALAI"], "date": pd.to_datetime(["2026-12-08"])})},
         "merged", "with_announced", "2026-12-08"),
        (FAR, {"full": True}, "postponed", "others_add_more", "2027-02-23"),
        (FAR, {"left": 1e6}, "postponed", "over_budget", "2027-02-23"),
        (FAR, {"excluded": pd.Series({"SURAT-1": "no_free_day"})}, "postponed", "no_day", "2027-01-04"),
        (FAR | {"day": "2026-11-01"}, {}, "postponed", "window_passed", "2026-12-07"),
        (FAR | {"day": "2027-05-01"}, {}, "postponed", "later_period", "2027-05-01"),
        (MINIMUM, {}, "refused", "below_minimum", None),
        (FAR, {"excluded": pd.Series({"SURAT-1": "outside_jurisdiction"})}, "refused", "outside_jurisdiction", None),
        (FAR, {"excluded": pd.Series({"SURAT-1": "closed"})}, "refused", "closed", None),
    ],
)  # fmt: skip
def test_every_letter_has_an_answer_with_its_reason(letter, changes, answer, reason, day):
    found = places(letter)
    given = answer_places(found, chosen(**changes), as_candidates(found, SITES), settings=SETTINGS)["SURAT-1"]
    assert (given.answer, given.reason) == (answer, reason)
    assert given.day == (None if day is None else pd.Timestamp(day))


def test_two_letters_postponed_do_not_wait_for_one_team_on_one_day():
    found = places(FAR, {"number": "2", "area_id": "a", "day": "2026-12-20"})
    free = pd.DataFrame([(f"SURAT-{n}", day) for n in (1, 2) for day in pd.date_range("2027-01-01", "2027-01-31")])
    free = free.set_axis(["site_id", "day"], axis=1)
    given = answer_places(found, chosen(free_days=free), as_candidates(found, SITES), settings=SETTINGS)
    assert sorted(each.day for each in given.values()) == list(pd.to_datetime(["2027-01-04", "2027-01-05"]))
