"""Need: little data, no data, and areas that are not asked."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.measures.need import unmet_need
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 30))
NO_COUNTS = pd.DataFrame({"event_id": [], "area_id": [], "applicants": []})
NO_EVENTS = pd.DataFrame({"site_id": [], "date": pd.to_datetime([]), "status": []})


def make_areas(**columns) -> pd.DataFrame:
    base = {"name": list("ABC"), "parent_id": "K", "population": [10_000, 20_000, 8_000], "in_jurisdiction": True}
    return pd.DataFrame(base | columns, index=pd.Index(["a", "b", "c"], name="area_id"))


def make_office(month: str = "2026-11-01", **people) -> pd.DataFrame:
    return pd.DataFrame({"month": pd.Timestamp(month), "area_id": list(people), "applicants": list(people.values())})


def need_of(areas=None, *, counts=NO_COUNTS, events=NO_EVENTS, office=None, settings=SETTINGS, **options):
    areas = make_areas() if areas is None else areas
    return unmet_need(areas=areas, events=events, counts=counts, office=office, settings=settings, **options)


def test_nothing_known_is_no_demand_and_no_need():
    found = need_of()
    assert found.benchmark == 0
    assert (found.by_area[["demand", "served", "need"]] == 0).all(axis=None)
    assert found.office_share is None
    summary = found.summary()
    assert summary[["estimate", "ci_low", "ci_high"]].notna().all(axis=None)
    assert summary.loc["need", "estimate"] == 0
    assert found.source == "pop-ups only"


def test_index_and_inputs_are_left_alone():
    areas, office = make_areas(), make_office(a=10)
    before = areas.copy(), office.copy()
    found = need_of(areas, office=office)
    assert found.by_area.index.equals(areas.index)
    pd.testing.assert_frame_equal(areas, before[0])
    pd.testing.assert_frame_equal(office, before[1])


@pytest.mark.parametrize(
    "office",
    [
        make_office("2026-12-01", a=500),  # after the day asked
        make_office("2025-11-01", a=500),  # before the window
        make_office(),
        None,
    ],
)
def test_office_counts_of_other_times_are_no_office_counts(office):
    found = need_of(office=office)
    assert found.source == "pop-ups only"
    assert (found.by_area["served_office"] == 0).all()


def test_the_current_month_counts_from_its_last_day():
    office = make_office("2026-11-01", a=10)
    last_day, day_before = (
        need_of(office=office, settings=SETTINGS.replace(as_of=dt.date(2026, 11, day))) for day in (30, 29)
    )
    assert last_day.by_area.loc["a", "served_office"] == 120
    assert day_before.by_area.loc["a", "served_office"] == 0


def test_a_month_in_which_one_area_had_nobody_counts_for_it_too():
    office = pd.concat([make_office("2026-10-01", a=10, b=6), make_office("2026-11-01", a=10)])
    found = need_of(office=office).by_area["served_office"]
    # b: 6 people in two months on record, hence 36 a year
    assert found.to_dict() == {"a": 120, "b": 36, "c": 0}


def test_an_area_where_nobody_lives():
    found = need_of(make_areas(population=[0, 20_000, 8_000]), office=make_office(a=5, b=40, c=1))
    assert found.by_area.loc["a", ["demand", "need"]].tolist() == [0, 0]
    # the office served people of an area of which nothing is expected: no share can be said
    assert np.isnan(found.office_share["a"])
    assert (found.office_share.drop("a") >= 0).all()
    nobody = need_of(make_areas(population=0), office=make_office(a=5))
    assert nobody.benchmark == 0
    assert nobody.by_area[["demand", "need"]].notna().all(axis=None)
    assert nobody.office_share.isna().all()


def test_small_areas_set_the_benchmark_only_where_all_are_small():
    small = make_areas(population=[100, 200, 80])
    found = need_of(small, office=make_office(a=1, b=1, c=1))
    # 12 a year each: .12, .06, .15 per resident; at place .8 x 2 = 1.6: .12 + .6 x .03
    assert found.benchmark == pytest.approx(0.138)


def test_one_area_is_its_own_benchmark():
    found = need_of(make_areas().iloc[:1], office=make_office(a=10))
    assert found.by_area.loc["a", ["demand", "need"]].tolist() == pytest.approx([120, 0])
    assert found.office_share["a"] == pytest.approx(1)


def test_areas_outside_the_jurisdiction_set_no_benchmark_and_are_not_summed():
    found = need_of(make_areas(in_jurisdiction=[True, False, True]), office=make_office(a=10, b=900, c=8))
    assert found.benchmark == pytest.approx(120 / 10_000)
    assert found.summary().loc["served", "estimate"] == 216
    assert found.by_area.loc["b", "served"] == 10_800


def test_no_area_in_the_jurisdiction_is_refused():
    with pytest.raises(ValueError, match="no area is in the jurisdiction"):
        need_of(make_areas(in_jurisdiction=False))


def test_the_day_asked_falls_back_on_the_last_held_event():
    events = pd.DataFrame(
        {
            "site_id": "S",
            "date": pd.to_datetime(["2026-03-01", "2026-05-01", "2026-09-01"]),
            "status": ["held", "held", "planned"],
        },
        index=pd.Index(["E1", "E2", "E3"], name="event_id"),
    )
    found = need_of(events=events, settings=Settings())
    assert found.as_of == dt.date(2026, 5, 1)
    with pytest.raises(ValueError, match="as_of is not set and no event was held"):
        need_of(settings=Settings())


def test_people_of_no_listed_area_are_counted_apart():
    events = pd.DataFrame(
        {"site_id": "S", "date": pd.to_datetime(["2026-11-01"]), "status": "held"}, index=pd.Index(["E"])
    )
    counts = pd.DataFrame({"event_id": "E", "area_id": ["a", "K"], "applicants": [4, 3]})
    found = need_of(counts=counts, events=events, office=make_office(a=1, K=2))
    assert found.left_out.to_dict() == {"K": 3 + 2 * 12}
    assert found.by_area["served"].sum() == 4 + 12


def test_the_benchmark_stays_within_the_data_at_the_ends():
    office = make_office(a=10, b=40, c=4)
    top = need_of(office=office, settings=SETTINGS.replace(benchmark_percentile=99.9))
    assert top.benchmark_low <= top.benchmark <= top.benchmark_high
    assert top.benchmark_high == pytest.approx(480 / 20_000)
    assert np.isfinite(top.summary()[["estimate", "ci_low", "ci_high"]].to_numpy(float)).all()


def test_html_names_the_columns():
    assert "demand" in need_of()._repr_html_()
