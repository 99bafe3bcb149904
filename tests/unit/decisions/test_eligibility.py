"""Which places may be visited, and when: each rule at its boundary."""

import datetime as dt

import pandas as pd
import pytest

from outreach_analysis.decisions.ranking import exclusions, first_days, free_days_by_site, judged_area, proposed_days
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.settings import Settings

AS_OF = dt.date(2026, 11, 22)
SETTINGS = Settings(as_of=AS_OF)
AREAS = pd.DataFrame({"in_jurisdiction": [True, False]}, index=pd.Index(["64.02.06", "64.71.01"], name="area_id"))


def make_site(kind: str = "pesantren", area_id: str | None = "64.02.06", opened=None, closed=None) -> pd.DataFrame:
    dates = {"opened": pd.to_datetime([opened]), "closed": pd.to_datetime([closed])}
    return pd.DataFrame({"name": "X", "kind": kind, "area_id": area_id, **dates}, index=pd.Index(["S"], name="site_id"))


def make_events(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["site_id", "date", "status"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def interested(*rows: tuple[str, int]):
    frame = pd.DataFrame(list(rows), columns=["area_id", "people"]).astype({"area_id": "str", "people": int})
    frame = frame.assign(date=pd.Timestamp(AS_OF), group=True, person_key=None)
    return interest_evidence(interest=frame, areas=AREAS, settings=SETTINGS)


def reason(site: pd.DataFrame, events=None, *, interest=None, scheduled=(), free=True, settings=SETTINGS):
    days = pd.DataFrame({"site_id": ["S"] if free else [], "day": pd.Timestamp("2026-12-12")})
    found = exclusions(
        site,
        AREAS,
        interest=interest,
        events=make_events() if events is None else events,
        free_days=days,
        scheduled=scheduled,
        settings=settings,
    )
    return (found.loc["S", "reason"], found.loc["S", "value"]) if len(found) else (None, None)


def test_a_place_without_fault_is_eligible():
    assert reason(make_site()) == (None, None)


@pytest.mark.parametrize("area_id", ["64.71.01", "64.71.01.1001", "64.99.01", None])
def test_places_outside_the_jurisdiction_or_in_no_area_are_out(area_id):
    code, value = reason(make_site(area_id=area_id))
    assert code == "outside_jurisdiction"
    assert value == "64.71.01" if area_id and area_id.startswith("64.71") else pd.isna(value)


def test_a_place_is_open_from_its_opening_until_the_day_before_it_closes():
    assert reason(make_site(opened="2026-11-22")) == (None, None)
    # it opens tomorrow, and may be visited on a day after that; without such a day it is closed on all that are asked
    assert reason(make_site(opened="2026-11-23")) == (None, None)
    assert reason(make_site(opened="2026-11-23"), free=False) == ("closed", pd.Timestamp("2026-11-23"))
    assert reason(make_site(opened="2026-11-22"), free=False) == ("no_free_day", None)
    assert reason(make_site(closed="2026-11-23")) == (None, None)
    assert reason(make_site(closed="2026-11-22")) == ("closed", pd.Timestamp("2026-11-22"))


def test_a_place_that_closes_before_its_first_free_day_is_closed_and_one_that_closes_later_is_not():
    places = pd.concat(
        [
            make_site("mall", closed=closed, opened=opened).set_axis([name])
            for name, closed, opened in (
                ("SHUTS", "2026-12-06", None),
                ("OPEN", "2026-12-07", None),
                ("LATER", None, "2026-12-13"),
                ("NEVER", None, "2027-02-01"),
                ("AFTER", "2027-02-01", None),
                ("BRIEF", "2026-12-10", "2026-12-07"),
            )
        ]
    )
    free = free_days_by_site(places, make_events(), DAYS, settings=SETTINGS)
    first = first_days(free)["day"].dt.strftime("%m-%d").to_dict()
    assert first == {"OPEN": "12-06", "LATER": "12-13", "AFTER": "12-06"}
    found = exclusions(
        places, AREAS, interest=None, events=make_events(), free_days=free, scheduled=(), settings=SETTINGS
    )
    assert found["reason"].to_dict() == {"SHUTS": "closed", "NEVER": "closed", "BRIEF": "closed"}
    assert found["value"].map("{:%m-%d}".format).to_dict() == {"SHUTS": "12-06", "NEVER": "02-01", "BRIEF": "12-10"}
    # the day for which a place without a free one is judged is the earliest possible
    days = proposed_days(free, places.index, settings=SETTINGS)
    assert days["SHUTS"] == pd.Timestamp("2026-12-06")
    assert days["LATER"] == pd.Timestamp("2026-12-13")


def test_three_months_after_a_visit_the_place_is_free_again():
    assert reason(make_site(), make_events(("S", "2026-08-22", "held"))) == (None, None)
    late = make_events(("S", "2026-08-23", "held"), ("S", "2026-02-01", "held"))
    assert reason(make_site(), late) == ("recently_visited", pd.Timestamp("2026-08-23"))
    assert reason(make_site(), late, settings=SETTINGS.replace(revisit_months=2)) == (None, None)
    same_day = make_events(("S", "2026-11-22", "held"))
    assert reason(make_site(), same_day, settings=SETTINGS.replace(revisit_months=0)) == (None, None)
    for status in ("cancelled", "planned"):
        assert reason(make_site(), make_events(("S", "2026-10-01", status))) == (None, None)


def test_a_scheduled_place_is_out_and_so_is_one_without_a_free_day():
    assert reason(make_site(), scheduled=["S"]) == ("already_scheduled", None)
    assert reason(make_site(), free=False) == ("no_free_day", None)


@pytest.mark.parametrize("kind", ["kecamatan", "desa"])
def test_more_than_twenty_are_needed_at_a_kecamatan_or_desa(kind):
    assert reason(make_site(kind), interest=interested(("64.02.06", 20)))[0] == "interest_below"
    assert reason(make_site(kind), interest=interested(("64.02.06", 21)))[0] is None


@pytest.mark.parametrize("kind", ["mall", "campus", "pesantren", "other"])
def test_other_places_are_not_under_the_rule(kind):
    assert reason(make_site(kind), interest=interested())[0] is None


def test_the_rule_is_not_asked_where_interest_was_not_assessed():
    never = interest_evidence(interest=None, areas=AREAS, settings=SETTINGS)
    assert reason(make_site("desa"), interest=never)[0] is None
    assert reason(make_site("desa"), interest=None)[0] is None
    # an empty list is an answer: nobody asked
    assert reason(make_site("desa"), interest=interested())[0] == "interest_below"


def test_a_desa_is_judged_by_its_own_people_and_a_kecamatan_office_by_all_of_the_kecamatan():
    asked = interested(("64.02.06.2001", 5), ("64.02.06.2002", 21))
    assert reason(make_site("desa", "64.02.06.2001"), interest=asked)[0] == "interest_below"
    assert reason(make_site("desa", "64.02.06.2002"), interest=asked)[0] is None
    # the office of the kecamatan is built in a desa of which few asked
    assert reason(make_site("kecamatan", "64.02.06.2001"), interest=asked)[0] is None
    places = pd.concat([make_site("kecamatan", "64.02.06.2001"), make_site("mall", "64.02.06.2001")])
    assert judged_area(places, AREAS).tolist() == ["64.02.06", "64.02.06.2001"]


def test_the_first_reason_that_holds_is_told():
    site = make_site("desa", "64.71.01", closed="2026-01-01")
    events = make_events(("S", "2026-11-01", "held"))
    every_reason = {"interest": interested(), "scheduled": ["S"], "free": False}
    assert reason(site, events, **every_reason)[0] == "outside_jurisdiction"
    inside = site.assign(area_id="64.02.06")
    assert reason(inside, events, **every_reason)[0] == "closed"
    is_open = inside.assign(closed=pd.NaT)
    assert reason(is_open, events, **every_reason)[0] == "already_scheduled"
    assert reason(is_open, events, **every_reason | {"scheduled": []})[0] == "recently_visited"
    # interest alone keeps out only where a free day is left: else more of it would change nothing
    assert reason(is_open, **every_reason | {"scheduled": []})[0] == "no_free_day"
    assert reason(is_open, interest=interested())[0] == "interest_below"


def test_no_candidates_are_no_exclusions():
    found = exclusions(
        make_site().iloc[:0],
        AREAS,
        interest=None,
        events=make_events(),
        free_days=free_days_by_site(make_site().iloc[:0], make_events(), service_days(AS_OF, AS_OF), settings=SETTINGS),
        scheduled=(),
        settings=SETTINGS,
    )
    assert found.empty
    assert found.columns.tolist() == ["name", "kind", "area_id", "reason", "value"]


def test_the_day_of_the_question_is_needed():
    with pytest.raises(ValueError, match="as_of is not set"):
        reason(make_site(), settings=Settings())


# ---------- days


DAYS = service_days("2026-11-23", "2026-12-20")


def days_of(kind: str, events=None, **settings) -> pd.DataFrame:
    events = make_events() if events is None else events
    return free_days_by_site(make_site(kind), events, DAYS, settings=SETTINGS.replace(**settings))


def test_the_first_free_day_is_the_lead_time_ahead():
    assert days_of("desa")["day"].min() == pd.Timestamp("2026-12-06")
    assert days_of("desa", lead_days=0)["day"].min() == pd.Timestamp("2026-11-23")
    assert days_of("mall")["day"].dt.strftime("%d").tolist() == ["06", "12", "13", "19", "20"]


def test_days_of_planned_events_anywhere_are_taken():
    events = make_events(
        ("ELSEWHERE", "2026-12-06", "planned"), ("S", "2026-12-12", "cancelled"), ("S", "2026-12-13", "planned")
    )
    assert days_of("mall", events)["day"].dt.strftime("%d").tolist() == ["12", "19", "20"]


def test_every_day_of_a_planned_event_is_taken():
    events = make_events(("ELSEWHERE", "2026-12-12", "planned")).assign(end_date=pd.Timestamp("2026-12-19"))
    assert days_of("mall", events)["day"].dt.strftime("%d").tolist() == ["06", "20"]


def test_a_weekend_is_proposed_before_an_earlier_workday():
    free = days_of("desa", lead_days=1)
    assert free["kind"].iloc[0] == "workday"
    assert first_days(free).loc["S", "day"] == pd.Timestamp("2026-11-28")
    workdays = free[free["kind"] == "workday"]
    assert first_days(workdays).loc["S", "day"] == pd.Timestamp("2026-11-23")
    assert first_days(free.iloc[:0]).empty
