"""The calendar file: read back by a reader of its own, line by line as RFC 5545 says."""

import dataclasses
import datetime as dt
import re

import pandas as pd
import pytest
from altered import altered
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.plan_exports import ScheduledVisit, calendar_text, escape_text, fold, scheduled_visits

NAN = float("nan")
AS_OF = dt.date(2026, 11, 22)


def visit(**changes) -> ScheduledVisit:
    published = {
        "day": dt.date(2026, 12, 31),
        "last_day": dt.date(2026, 12, 31),
        "announced": False,
        "site_id": "S1",
        "name": "Mall, A; B",
        "kabupaten": "Kota Contoh",
        "lon": 117.5,
        "lat": -0.25,
        "people": 41.2,
        "people_low": 7.0,
        "people_high": 120.0,
        "additional": 20.4,
        "minutes": 150.0,
        "rest_until": None,
        "estimated": False,
    }
    return ScheduledVisit(**(published | changes))


def read(text: str) -> list[dict[str, str]]:
    """Events as properties with their parameters, those of an alarm as `ALARM-...`; unfolded as RFC 5545, 3.1 says."""
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not any("\n" in line or "\r" in line for line in lines)
    whole = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert (whole[0], whole[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events, current, inside = [], None, ""
    for line in whole[1:-1]:
        name, value = line.split(":", 1)
        name = inside + name
        if line == "BEGIN:VEVENT":
            current = {}
        elif line == "END:VEVENT":
            events.append(current)
            current = None
        elif line in ("BEGIN:VALARM", "END:VALARM"):
            inside = "ALARM-" if line == "BEGIN:VALARM" else ""
        elif current is not None:
            assert name not in current
            current[name] = value
    return events


def unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def text_of(*visits: ScheduledVisit, **changes) -> str:
    return calendar_text(
        visits, **({"office": "Kantor, Satu", "as_of": AS_OF, "lead_days": 14, "lang": "en"} | changes)
    )


def test_an_event_is_one_whole_day_and_tentative():
    event, _ = read(text_of(visit()))
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == ("20261231", "20270101")
    assert event["DTSTAMP"] == "20261122T000000Z"
    assert event["STATUS"] == "TENTATIVE"
    assert event["GEO"] == "-0.250000;117.500000"
    assert unescape(event["SUMMARY"]) == "Mall, A; B: pop-up service"
    assert (event["ALARM-ACTION"], event["ALARM-TRIGGER"]) == ("DISPLAY", "-PT16H")
    assert unescape(event["LOCATION"]) == "Mall, A; B, Kota Contoh"
    assert unescape(event["DESCRIPTION"]) == (
        "About 41 people are expected (90% range: 7–120). About 20 of them additional. Travel time of the "
        "team: about 2 h 30 min one way. A proposal; data up to 22 November 2026."
    )


@pytest.mark.parametrize(("lead_days", "due", "to_go"), [(14, "20261217", 14), (60, "20261122", 39)])
def test_what_is_due_stands_on_a_day_of_its_own_and_never_in_the_past(lead_days, due, to_go):
    event, before = read(text_of(visit(), lead_days=lead_days))
    assert before["DTSTART;VALUE=DATE"] == due
    assert unescape(before["SUMMARY"]) == f"Mall, A; B: {to_go} days to go, prepare the pop-up of 31 December 2026"
    assert "letter to the place" in before["DESCRIPTION"]
    assert before["ALARM-TRIGGER"] == "PT8H"
    assert before["UID"] != event["UID"]


def test_an_announced_pop_up_is_confirmed_on_all_its_days_and_takes_the_place_of_the_proposal():
    given = visit(announced=True, last_day=dt.date(2027, 1, 2), additional=NAN)
    event, before = read(text_of(given))
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == ("20261231", "20270103")
    assert (event["STATUS"], before["STATUS"]) == ("CONFIRMED", "CONFIRMED")
    assert "Announced" in event["DESCRIPTION"]
    assert "additional" not in event["DESCRIPTION"]
    assert event["UID"] == read(text_of(visit()))[0]["UID"]
    assert "expected" not in read(text_of(visit(announced=True, people=NAN, additional=NAN)))[0]["DESCRIPTION"]


def test_what_is_not_known_is_left_out_and_what_matters_is_said():
    published = visit(lon=NAN, minutes=NAN, rest_until=dt.date(2027, 1, 2), estimated=True)
    event, _ = read(text_of(published))
    assert "GEO" not in event
    assert "Travel time of the team" not in event["DESCRIPTION"]
    assert "Rest of the team until 2 January 2027." in unescape(event["DESCRIPTION"])
    assert "estimated" in event["DESCRIPTION"]


def test_the_same_place_and_day_has_the_same_uid_in_every_export():
    first, second = (read(text_of(visit(people=people)))[0]["UID"] for people in (10.0, 99.0))
    assert first == second
    others = [visit(day=dt.date(2027, 1, 1)), visit(site_id="S2")]
    uids = {first, *(read(text_of(other))[0]["UID"] for other in others)}
    uids.add(read(text_of(visit(), office="Another"))[0]["UID"])
    assert len(uids) == 4
    assert len({event["UID"] for event in read(text_of(*others))}) == 4
    assert text_of(visit()) == text_of(visit())


def test_invented_people_and_exact_numbers_are_marked_in_every_event():
    for event in read(text_of(visit(), visit(site_id="S2"), synthetic=True, internal=True)):
        assert event["SUMMARY"].startswith("Mall")
        assert " · SAMPLE DATA (SYNTHETIC) · INTERNAL" in event["SUMMARY"]
        assert "SAMPLE DATA (SYNTHETIC)" in event["DESCRIPTION"]
        assert event["ALARM-DESCRIPTION"] == event["SUMMARY"]
    assert "DATA CONTOH (SINTETIS)" in text_of(visit(), synthetic=True, lang="id").replace("\r\n ", "")
    assert "SYNTHETIC" not in text_of(visit())


@given(st.text())
def test_any_name_is_read_back_and_breaks_no_line(name):
    event, _ = read(text_of(visit(name=name, kabupaten="")))
    shown = "\n".join(name.splitlines())
    shown = "".join(letter for letter in shown if letter == "\n" or letter.isprintable())
    assert unescape(event["LOCATION"]) == shown


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_folded_lines_are_short_and_lose_nothing(line):
    parts = fold(line)
    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line


@pytest.mark.parametrize(
    ("text", "escaped"), [("a\\b", "a\\\\b"), ("a,b;c", "a\\,b\\;c"), ("a\r\nb\x00", "a\\nb"), ("", "")]
)
def test_escapes(text, escaped):
    assert escape_text(text) == escaped


def test_the_visits_of_a_plan_are_told_by_day_and_announced_ones_with_them(planned):
    visits = scheduled_visits(planned)
    days = [event["DTSTART;VALUE=DATE"] for event in read(text_of(*visits))[::2]]
    assert days == sorted(f"{published.day:%Y%m%d}" for published in visits)
    announced = [(published.site_id, published.day) for published in visits if published.announced]
    assert announced == [("SEBULU", dt.date(2026, 12, 12))]
    assert all(published.people_low <= published.people <= published.people_high for published in visits)
    assert {published.site_id for published in visits if not published.announced} == set(planned.planning.plan.sites)


def test_an_announced_pop_up_of_several_days_where_nothing_is_forecast(planned):
    events = planned.dataset.events.assign(end_date=pd.Timestamp("2026-12-14"))
    events.loc["E3", "site_id"] = "KANIM"
    dataset = dataclasses.replace(planned.dataset, events=events)
    elsewhere = altered(planned, dataset=dataset, planned=events.loc[["E3"]])
    (visit,) = (found for found in scheduled_visits(elsewhere) if found.announced)
    assert (visit.day, visit.last_day) == (dt.date(2026, 12, 12), dt.date(2026, 12, 14))
    assert visit.name == "Kantor Imigrasi"
    assert visit.people != visit.people
