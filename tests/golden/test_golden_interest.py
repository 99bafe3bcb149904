"""The office's rule on interest worked by hand: more than 20 distinct people, still valid, each counted once."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.interest import interest_evidence, p_above
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
KECAMATAN = [f"64.02.{number:02}" for number in range(1, 9)]
AREAS = pd.DataFrame(index=pd.Index(KECAMATAN, name="area_id"))


def singles(area: str, n: int, *, date: str = "2026-11-01", first: int = 0) -> list[tuple]:
    return [(date, area, 1, False, f"{area[:8]}-{number}", None) for number in range(first, first + n)]


@pytest.fixture
def interest() -> pd.DataFrame:
    rows = [
        *singles("64.02.01", 20),
        *singles("64.02.02", 21),
        # 20 people, three of whom registered twice
        *singles("64.02.03", 20),
        *singles("64.02.03", 3, date="2026-11-10"),
        # 12 valid on their last day (26 May is 180 days before), 15 a day too old
        *singles("64.02.04", 12, date="2026-05-26"),
        *singles("64.02.04", 15, date="2026-05-25", first=12),
        # a desa with 15, its kecamatan with 10 of its own, 4 of whom stand in both: 15 + 10 - 4 = 21
        *singles("64.02.05.2001", 15),
        *singles("64.02.05", 10, first=11),
        # two desa of one kecamatan, 12 each, 6 of whom asked in both: 12, 12, and 18 in all
        *singles("64.02.06.2001", 12),
        *singles("64.02.06.2002", 12, first=6),
        # a group without names beside 5 people; the same contact promises 40 twice, and asks for himself
        ("2026-11-01", "64.02.07", 16, True, None, None),
        *singles("64.02.07", 5),
        ("2026-10-01", "64.02.08", 40, True, "contact", None),
        ("2026-11-01", "64.02.08", 30, True, "contact", None),
        ("2026-11-05", "64.02.08", 1, False, "contact", None),
        # led to an event that was held; led to one that is only planned; not in these areas
        ("2026-10-01", "64.02.01", 30, True, None, "HELD"),
        ("2026-10-01", "64.02.01.2001", 3, True, None, "PLANNED"),
        ("2026-10-01", "64.71.01", 50, True, None, None),
    ]
    frame = pd.DataFrame(rows, columns=["date", "area_id", "people", "group", "person_key", "event_id"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


@pytest.fixture
def events() -> pd.DataFrame:
    dates = pd.to_datetime(["2026-11-14", "2026-12-05"])
    ids = pd.Index(["HELD", "PLANNED"], name="event_id")
    return pd.DataFrame({"site_id": "S", "date": dates, "status": ["held", "planned"]}, index=ids)


def test_people_and_rule_by_area(interest, events):
    found = interest_evidence(interest=interest, areas=AREAS, events=events, settings=SETTINGS).by_area
    # 64.02.01: 20 of its own and 3 of a desa for a planned event; the 30 of the held event are served
    # 64.02.08: the contact counts once, with the most he ever promised
    expected = {"64.02.01": 23, "64.02.02": 21, "64.02.03": 20, "64.02.04": 12}
    expected |= {"64.02.05": 21, "64.02.06": 18, "64.02.07": 21, "64.02.08": 40}
    assert found["people"].to_dict() == expected
    above = {area: people > 20 for area, people in expected.items()}
    assert found["above_threshold"].to_dict() == above
    assert not above["64.02.03"]
    assert found.loc["64.02.07", "group_share"] == pytest.approx(16 / 21)
    # days from the latest of them to 22 November
    assert found["freshness_days"].tolist() == [21, 21, 12, 180, 21, 21, 21, 52]


def test_twenty_is_not_enough(interest):
    exactly = interest[interest["area_id"] == "64.02.01"]
    exactly = exactly[exactly["event_id"].isna()]
    found = interest_evidence(interest=exactly, areas=AREAS, settings=SETTINGS).by_area.loc["64.02.01"]
    assert (found["people"], found["above_threshold"]) == (20, False)


def test_a_desa_is_judged_by_its_own_people(interest, events):
    result = interest_evidence(interest=interest, areas=AREAS, events=events, settings=SETTINGS)
    expected = {"64.02.01.2001": 3, "64.02.05.2001": 15, "64.02.06.2001": 12, "64.02.06.2002": 12}
    assert result.by_village["people"].to_dict() == expected
    places = pd.Series({"hall": "64.02.05.2001", "kecamatan": "64.02.05", "silent": "64.02.05.2009", "none": None})
    found = result.of_places(places)
    assert found["people"].to_dict() == {"hall": 15, "kecamatan": 21, "silent": 0, "none": 0}
    assert found["above_threshold"].to_dict() == {"hall": False, "kecamatan": True, "silent": False, "none": False}


def test_who_is_not_counted_is_said(interest, events):
    result = interest_evidence(interest=interest, areas=AREAS, events=events, settings=SETTINGS)
    # repeated: 3 of 64.02.03, and of the contact's 71 all but 40; those in a desa and its kecamatan are no
    # repeats, since each area may count them once
    assert result.left_out.to_dict() == {
        "served": 30,
        "later": 0,
        "expired": 15,
        "outside_areas": 50,
        "repeated": 3 + 31,
    }


def test_promised_is_not_come():
    settings = SETTINGS.replace(interest_threshold_people=1, interest_shows_up_mean=0.5, interest_shows_up_sd=0.25)
    # Mean 1/2 and variance 1/16: a + b = .25 / .0625 - 1 = 3, so a = b = 3/2. Of two people both come with
    # E[p^2] = 1/16 + 1/4 = .3125; of three, at least two with 3 E[p^2] - 2 E[p^3] = .5 by symmetry.
    assert p_above(np.array([0, 1, 2, 3]), settings=settings).tolist() == pytest.approx([0, 0, 0.3125, 0.5])
    # the share known for sure: of two both come with 1/4
    sure = settings.replace(interest_shows_up_sd=0.0)
    assert p_above(np.array([2]), settings=sure).tolist() == pytest.approx([0.25])
    # with the defaults, as published beside the rule
    defaults = p_above(np.array([20, 22, 30, 40, 50]), settings=SETTINGS)
    assert defaults.tolist() == pytest.approx([0, 0.018, 0.34, 0.70, 0.865], abs=0.005)
    assert math.isclose(p_above(np.array([10_000]), settings=SETTINGS)[0], 1, abs_tol=1e-4)
