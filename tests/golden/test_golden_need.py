"""Unmet need worked by hand: benchmark, demand, served, need, and the office's share of demand."""

import datetime as dt

import pandas as pd
import pytest

from outreach_analysis.measures.need import unmet_need
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))

#          residents  pop-ups  office a month
PLACES = {
    "a": (10_000, 40, 5),
    "b": (20_000, 40, 10),
    "c": (10_000, 24, 3),
    "d": (10_000, 20, 0),
    "e": (40_000, 40, 0),
    "tiny": (1_000, 2, 4),
    "far": (50_000, 600, 0),
}


@pytest.fixture
def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": list(PLACES),
            "population": [place[0] for place in PLACES.values()],
            "parent_id": "K",
            "in_jurisdiction": [name != "far" for name in PLACES],
        },
        index=pd.Index(list(PLACES), name="area_id"),
    )


@pytest.fixture
def events() -> pd.DataFrame:
    dates = pd.to_datetime(["2025-11-22", "2025-11-23", "2026-11-22", "2026-11-23", "2026-06-01"])
    status = ["held", "held", "held", "held", "cancelled"]
    ids = pd.Index(["too_early", "first_day", "last_day", "too_late", "cancelled"], name="event_id")
    return pd.DataFrame({"site_id": "MALL", "date": dates, "status": status}, index=ids)


@pytest.fixture
def counts() -> pd.DataFrame:
    rows = [("last_day", area, place[1] - 1) for area, place in PLACES.items()]
    rows += [("first_day", area, 1) for area in PLACES]
    rows += [(event, "a", 900) for event in ("too_early", "too_late", "cancelled")]
    rows += [("last_day", "K", 7)]
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])


@pytest.fixture
def office() -> pd.DataFrame:
    """Twelve whole months up to October 2026; November is not over on the 22nd, October 2025 is too long ago."""
    months = [*pd.date_range("2025-11-01", "2026-10-01", freq="MS")]
    rows = [(month, area, place[2]) for month in months for area, place in PLACES.items()]
    rows += [(pd.Timestamp("2026-11-01"), "a", 500), (pd.Timestamp("2025-10-01"), "a", 500)]
    return pd.DataFrame(rows, columns=["month", "area_id", "applicants"])


@pytest.fixture
def inputs(areas, counts, events) -> dict[str, pd.DataFrame]:
    return {"areas": areas, "counts": counts, "events": events}


def test_need_with_office_counts(inputs, office):
    found = unmet_need(**inputs, office=office, settings=SETTINGS)
    table = found.by_area
    # Served: pop-ups of the window (22 Nov 2025 is out, 23 Nov 2025 and 22 Nov 2026 are in) and 12 office months.
    # a 40 + 60, b 40 + 120, c 24 + 36, d 20 + 0, e 40 + 0, tiny 2 + 48, far 600 + 0
    assert table["served"].to_dict() == {"a": 100, "b": 160, "c": 60, "d": 20, "e": 40, "tiny": 50, "far": 600}
    # Rates a year of the five areas of 5,000 residents or more: .010, .008, .006, .002, .001. Sorted, the 80th
    # percentile stands at place .8 x 4 = 3.2: .008 + .2 x .002 = .0084. 'tiny' (.050) and 'far' (.012) are not asked.
    assert found.benchmark == pytest.approx(0.0084)
    # Demand = residents x .0084 x 1 year; need = what is left of it
    assert table["demand"].tolist() == pytest.approx([84, 168, 84, 84, 336, 8.4, 420])
    assert table["need"].tolist() == pytest.approx([0, 8, 24, 64, 296, 0, 0])
    # The office's share = office people / demand, a market share and no probability: tiny 48 / 8.4 is above 1
    assert found.office_share.tolist() == pytest.approx([60 / 84, 120 / 168, 36 / 84, 0, 0, 48 / 8.4, 0])
    assert found.source == "office and pop-ups"
    assert found.left_out.to_dict() == {"K": 7}
    assert found.window_start == dt.date(2025, 11, 22)


def test_sums_are_over_the_jurisdiction_and_the_benchmark_gives_the_range(inputs, office):
    found = unmet_need(**inputs, office=office, settings=SETTINGS)
    summary = found.summary()
    # 91,000 residents x .0084 = 764.4
    assert summary.loc["demand", "estimate"] == pytest.approx(764.4)
    assert summary.loc["served"].tolist() == [430, 430, 430, "people in 12 months"]
    assert summary.loc["need", "estimate"] == pytest.approx(8 + 24 + 64 + 296)
    # 70th percentile: place 2.8: .006 + .8 x .002 = .0076; 90th: place 3.6: .008 + .6 x .002 = .0092
    assert [found.benchmark_low, found.benchmark_high] == pytest.approx([0.0076, 0.0092])
    # at .0076: a 0, b 0 (152 < 160), c 16, d 56, e 264, tiny 0; at .0092: a 0, b 24, c 32, d 72, e 328, tiny 0
    assert summary.loc["need", ["ci_low", "ci_high"]].tolist() == pytest.approx([336, 456])
    assert summary.loc["demand", ["ci_low", "ci_high"]].tolist() == pytest.approx([91_000 * 0.0076, 91_000 * 0.0092])


def test_without_office_counts_there_is_no_share(inputs):
    found = unmet_need(**inputs, office=None, settings=SETTINGS)
    assert found.source == "pop-ups only"
    assert found.office_share is None
    # rates .0040, .0020, .0024, .0020, .0010: sorted, place 3.2: .0024 + .2 x .0016 = .00272
    assert found.benchmark == pytest.approx(0.00272)
    assert found.by_area["need"].tolist() == pytest.approx([0, 14.4, 3.2, 7.2, 68.8, 0.72, 0])


def test_months_without_a_record_are_filled_by_the_mean_of_the_others(inputs, office):
    half = office[office["month"] >= "2026-05-01"]
    found = unmet_need(**inputs, office=half, settings=SETTINGS)
    # May to October, six months of 5 people: 30 / 6 x 12
    assert found.by_area.loc["a", "served_office"] == 60


def test_a_window_of_six_months_counts_half(inputs, office):
    short = SETTINGS.replace(window_months=6)
    found = unmet_need(**inputs, office=office, settings=short)
    # from 22 May 2026: the event of the last day only, and May to October at the office: 39 + 6 x 5
    assert found.by_area.loc["a", "served"] == 69
    # a year's rate is twice that of the window, and demand is half of a year's
    assert found.by_area.loc["a", "demand"] == pytest.approx(10_000 * found.benchmark / 2)


def test_rounded_people_are_the_base(inputs, office):
    found = unmet_need(**inputs, office=office, settings=SETTINGS, rounding_base=5)
    # c: 24 -> 25 at pop-ups, 36 -> 35 at the office; tiny: 2 -> 5, 48 -> 50
    assert found.by_area.loc["c", ["served_popup", "served_office", "served"]].tolist() == [25, 35, 60]
    assert found.by_area.loc["tiny", "served"] == 55
    # the total, 430, on its own: 430, and not the sum of the parts
    assert found.by_area.loc[found.by_area["in_jurisdiction"], "served"].sum() == 435
    assert found.summary().loc["served", "estimate"] == 430
    assert found.left_out.to_dict() == {"K": 5}
