"""Forecasts saved before pop-ups, beside who came."""

import pandas as pd
import pytest

from outreach_analysis.measures.attendance import own_people_by_event, people_by_event
from outreach_analysis.models.backtest import SavedForecastsResult, compare_saved_forecasts
from outreach_analysis.report.topics.people import tabulate_saved_forecasts
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

SETTINGS = Settings()
AREAS = pd.DataFrame({"parent_id": ["K", "K"]}, index=pd.Index(["a", "b"], name="area_id"))
EVENTS = pd.DataFrame(
    {"site_id": ["M", "M", "N"], "date": pd.to_datetime(["2026-05-09", "2026-06-06", "2026-06-13"]), "status": "held"},
    index=pd.Index(["E1", "E2", "E3"], name="event_id"),
)
COUNTS = pd.DataFrame(
    {"event_id": ["E1", "E1", "E2", "E3"], "area_id": ["a", "b", "a", "b"], "applicants": [31, 22, 12, 40]}
)
OUTSIDE = pd.DataFrame({"event_id": ["E1"], "applicants": [6]})


def forecast(day: str, site: str, low: float, median: float, high: float) -> dict[str, object]:
    numbers = {"median": median, "mean": median, "ci_low": low, "ci_high": high}
    return {"as_of": pd.Timestamp(day), "site_id": site, **numbers, "status": "fitted"}


def people_who_came(*, outside: pd.DataFrame | None, rounding_base: int = 1, **tables: object) -> pd.Series:
    tables = {"areas": AREAS, "events": EVENTS, "counts": COUNTS, "settings": SETTINGS, **tables}
    people = people_by_event(**tables, outside=outside, rounding_base=rounding_base)  # type: ignore[arg-type]
    return own_people_by_event(people, outside, rounding_base=rounding_base)


def compared(
    *rows: dict[str, object],
    events: pd.DataFrame = EVENTS,
    outside: pd.DataFrame | None = OUTSIDE,
    rounding_base: int = 1,
    **tables: object,
) -> SavedForecastsResult:
    came, published = (
        people_who_came(events=events, outside=outside, rounding_base=base, **tables) for base in (1, rounding_base)
    )
    return compare_saved_forecasts(
        pd.DataFrame(list(rows)), events=events, came=came, published=published, settings=SETTINGS
    )


def test_the_latest_forecast_before_the_day_counts() -> None:
    """E1 on 9 May: the forecast of 2 May counts, not that of 1 April, nor one of the day itself."""
    of_place = [forecast(day, "M", 20, median, 90) for day, median in [("2026-04-01", 40), ("2026-05-02", 50)]]
    found = compared(*of_place, forecast("2026-05-09", "M", 20, 60, 90)).by_event
    assert found["median"].to_dict() == {"E1": 50, "E2": 60}
    assert found.loc["E1", "came"] == 53
    assert found["inside"].to_dict() == {"E1": True, "E2": False}


def test_a_forecast_is_of_one_day_and_so_is_what_came() -> None:
    """40 people at N in two days are 20 a day: inside 15 to 30, two away from 22; on one day they are outside."""
    saved = forecast("2026-06-01", "N", 15, 22, 30)
    for days, inside, error in ((2, True, -2), (None, False, 18)):
        found = compared(saved, events=EVENTS.assign(days=[1, 1, days]), outside=None).by_event.loc["E3"]
        assert (found["came"], found["days"]) == (40, days or 1)
        assert (bool(found["inside"]), found["error"]) == (inside, error)


@pytest.mark.parametrize("days", [1, 2])
def test_the_table_says_how_many_days_where_one_pop_up_lasted_several(days: int) -> None:
    found = compared(forecast("2026-06-01", "N", 15, 22, 30), events=EVENTS.assign(days=days), outside=None)
    table = tabulate_saved_forecasts(found, pd.DataFrame({"name": ["Nipah"]}, index=["N"]), Words("en"))
    assert table.rows[0][3:] == ("22 (15–30)", "40", *(["2"] if days == 2 else []), "yes" if days == 2 else "no")
    assert ("Days" in table.headers, "Forecast for a day (90% range)" in table.headers) == (days == 2, days == 2)
    assert len(table.headers) == len(table.numeric) == len(table.rows[0])


def test_events_without_a_forecast_are_named() -> None:
    assert compared(forecast("2026-06-01", "M", 5, 10, 20)).without == ("E1", "E3")


def test_people_who_cannot_be_placed_came_all_the_same() -> None:
    """12 people of known kecamatan and 13 in review: 25 came, inside 20 to 30; 3 in review do not suffice."""
    saved = forecast("2026-06-01", "M", 20, 25, 30)
    for in_review, inside in ((13, True), (3, False)):
        unplaced = pd.DataFrame({"event_id": ["E2"], "applicants": [in_review]})
        found = compared(saved, outside=None, unplaced=unplaced).by_event.loc["E2"]
        assert (found["came"], bool(found["inside"]), found["error"]) == (12 + in_review, inside, in_review - 13)


def test_rounded_people_are_those_told_elsewhere() -> None:
    """53 of known kecamatan and 9 from elsewhere are told as 60, so the 53 as 60 - 9, rounded: 50.

    Rounding 53 anew gives 55, that is 53 to 57; the other says 49 to 53. Both together give the 53 away.
    """
    for outside, published in ((OUTSIDE, 55), (OUTSIDE.assign(applicants=10), 55), (OUTSIDE.assign(applicants=9), 50)):
        came = compared(forecast("2026-05-02", "M", 20, 50, 90), outside=outside, rounding_base=5).by_event["came"]
        assert came["E1"] == published
        everywhere = people_who_came(outside=outside, rounding_base=5)
        assert came["E1"] == everywhere["E1"]


@pytest.mark.parametrize("base", [1, 5])
def test_the_order_of_rows_changes_nothing(base: int) -> None:
    saved = [forecast("2026-05-02", "M", 20, 50, 90), forecast("2026-06-01", "N", 20, 50, 90)]
    found = compared(*saved, rounding_base=base)
    turned = compared(*saved[::-1], events=EVENTS[::-1], counts=COUNTS[::-1], rounding_base=base)
    pd.testing.assert_frame_equal(found.by_event, turned.by_event)
