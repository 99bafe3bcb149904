"""Reason codes of places: what was visited nearby, and for whom the interest rule holds."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from outreach_analysis.decisions.ranking import kabupaten_of, ranking_reasons
from outreach_analysis.measures.interest import InterestResult, interest_evidence
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
AREAS = pd.DataFrame(
    {
        "name": ["Satu", "Dua", "Tiga"],
        "parent_id": ["64.02", "64.02", "64.72"],
        "parent_name": ["Kutai", "Kutai", "Kota"],
        "population": 500,
        "in_jurisdiction": True,
    },
    index=pd.Index(["64.02.01", "64.02.02", "64.72.01"], name="area_id"),
)
SITES = pd.DataFrame(
    {
        "name": ["Balai A", "Balai B", "Mal C", "Balai D"],
        "kind": ["kecamatan", "desa", "mall", "pesantren"],
        "area_id": ["64.02.01", "64.02.02.2001", "64.72.01", "64.02.02"],
        "lon": 117.0,
        "lat": 0.0,
        "opened": pd.NaT,
        "closed": pd.NaT,
    },
    index=pd.Index(["A", "B", "C", "D"], name="site_id"),
)


def events_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["site_id", "date", "status"]).astype({"site_id": "str", "status": "str"})
    return frame.assign(date=pd.to_datetime(frame["date"]))


def interest_of(people: dict[str, int]) -> InterestResult:
    given = pd.DataFrame(
        {
            "date": pd.Timestamp("2026-11-01"),
            "area_id": list(people),
            "people": list(people.values()),
            "group": True,
            "person_key": None,
        }
    )
    return interest_evidence(interest=given, areas=AREAS, settings=SETTINGS)


def reasons(events: pd.DataFrame, *, interest: InterestResult | None = None, settings: Settings = SETTINGS) -> Any:
    """Values by site and code."""
    costs = pd.DataFrame(
        [(area, site, 10.0) for area in AREAS.index for site in SITES.index], columns=["area_id", "site_id", "km"]
    )
    found = ranking_reasons(SITES, AREAS, interest=interest, events=events, costs=costs, sites=SITES, settings=settings)
    assert found.columns.tolist() == ["site_id", "code", "value"]
    return {(row.site_id, row.code): row.value for row in found.itertuples()}


def test_last_visit_nearby_is_the_latest_elsewhere_in_the_kabupaten() -> None:
    found = reasons(events_of(("A", "2026-02-01", "held"), ("D", "2026-05-01", "held"), ("A", "2026-03-01", "held")))
    assert found["B", "last_visit_nearby"] == (pd.Timestamp("2026-05-01"), "Balai D")
    assert found["A", "last_visit_nearby"] == (pd.Timestamp("2026-05-01"), "Balai D")
    # its own visit does not count as nearby: the latest elsewhere is that of A
    assert found["D", "last_visit_nearby"] == (pd.Timestamp("2026-03-01"), "Balai A")
    assert found["C", "last_visit_nearby"] is None


def test_only_pop_ups_held_by_the_day_of_the_question_were_nearby() -> None:
    events = events_of(
        ("A", "2026-11-22", "held"),
        ("D", "2026-11-23", "held"),
        ("A", "2026-11-10", "cancelled"),
        ("D", "2026-11-20", "planned"),
    )
    found = reasons(events)
    assert found["B", "last_visit_nearby"] == (pd.Timestamp("2026-11-22"), "Balai A")
    assert found["A", "last_visit_nearby"] is None
    assert reasons(events, settings=SETTINGS.replace(as_of=dt.date(2026, 11, 21)))["B", "last_visit_nearby"] is None


def test_never_visited_is_said_of_every_place() -> None:
    found = reasons(events_of())
    assert all(found[site, "last_visit_nearby"] is None for site in SITES.index)
    assert all(pd.isna(found[site, "last_visit"]) for site in SITES.index)


def test_the_interest_rule_holds_for_kecamatan_and_desa_only() -> None:
    found = reasons(events_of(), interest=interest_of({"64.02.01": 21, "64.72.01": 90}))
    required = {site: not found[site, "interest_not_required"] for site in SITES.index}
    assert required == {"A": True, "B": True, "C": False, "D": False}
    above = {site: bool(found[site, "interest_above"]) for site in SITES.index}
    # the mall lies where 90 people asked, but no rule asks for them
    assert above == {"A": True, "B": False, "C": False, "D": False}


def test_interest_that_was_not_assessed_gives_no_reason() -> None:
    not_assessed = interest_evidence(interest=None, areas=AREAS, settings=SETTINGS)
    for interest in (None, not_assessed):
        codes = {code for _, code in reasons(events_of(), interest=interest)}
        assert codes == {"new_within_reach", "km_from_fixed_point", "last_visit", "last_visit_nearby"}


def test_no_place_no_reason() -> None:
    costs = pd.DataFrame({"area_id": ["64.02.01"], "site_id": ["A"], "km": [1.0]})
    found = ranking_reasons(
        SITES.iloc[:0], AREAS, interest=None, events=events_of(), costs=costs, sites=SITES, settings=SETTINGS
    )
    assert found.empty
    assert found.columns.tolist() == ["site_id", "code", "value"]


@pytest.mark.parametrize(
    ("area_id", "kabupaten"), [("64.02.01", "Kutai"), ("64.02.02.2001", "Kutai"), ("64.72.01", "Kota")]
)
def test_kabupaten_of_a_kecamatan_and_of_a_desa(area_id: str, kabupaten: str) -> None:
    ids = pd.Series([area_id], index=["here"])
    assert kabupaten_of(ids, AREAS).to_dict() == {"here": kabupaten}


def test_kabupaten_by_id_where_the_table_names_none_and_na_outside_it() -> None:
    ids = pd.Series(["64.02.01", "31.71.01", None], index=["A", "X", "Y"])
    found = kabupaten_of(ids, AREAS.drop(columns="parent_name"))
    assert found["A"] == "64.02"
    assert found[["X", "Y"]].isna().all()
