"""Catchment: unknown hosts, nobody, and tables that do not fit each other."""

import pandas as pd
import pytest

from outreach_analysis.measures.reach import catchment

AREAS = pd.DataFrame({"parent_id": ["64.72", "64.02"]}, index=pd.Index(["64.72.01", "64.02.06"], name="area_id"))
EVENTS = pd.DataFrame({"site_id": ["MALL", "FIELD"]}, index=pd.Index(["E1", "E2"], name="event_id"))
COSTS = pd.DataFrame(
    {"area_id": ["64.72.01", "64.02.06"] * 2, "site_id": ["MALL"] * 2 + ["FIELD"] * 2, "km": [3.0, 42.0, 50.0, 20.0]}
)
NOBODY = pd.DataFrame({"event_id": [], "area_id": [], "applicants": []}).astype(
    {"event_id": "str", "area_id": "str", "applicants": int}
)


def make_sites(field_area: str | None = "64.02.06") -> pd.DataFrame:
    return pd.DataFrame({"area_id": ["64.72.01", field_area]}, index=pd.Index(["MALL", "FIELD"], name="site_id"))


def make_counts(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["event_id", "area_id", "applicants"])


def test_no_held_events_give_an_empty_table_and_a_summary_that_says_why():
    found = catchment(areas=AREAS, sites=make_sites(), events=EVENTS, counts=NOBODY, costs=COSTS)
    assert found.by_event.empty
    assert {"site_id", "applicants", "km_50", "km_95_high", "share_outside_host"} <= set(found.by_event.columns)
    summary = found.summary()
    assert summary["unit"].tolist() == ["no applicant with a distance"] * 3 + ["no applicant of a known kabupaten"]
    assert found.left_out.empty


def test_an_event_to_which_nobody_came_stays():
    counts = make_counts(("E1", "64.72.01", 5), ("E2", "64.72.01", 0))
    found = catchment(areas=AREAS, sites=make_sites(), events=EVENTS, counts=counts, costs=COSTS).by_event
    assert found.index.tolist() == ["E1", "E2"]
    assert found.loc["E2", "applicants"] == 0
    assert found.loc["E2", "km_50":].isna().all()


def test_one_person():
    found = catchment(
        areas=AREAS, sites=make_sites(), events=EVENTS, counts=make_counts(("E1", "64.02.06", 1)), costs=COSTS
    ).by_event.loc["E1"]
    assert [found[f"km_{q}{end}"] for q in (50, 80, 95) for end in ("", "_low", "_high")] == [42.0] * 9
    assert found["share_outside_host"] == 1


@pytest.mark.parametrize("area", ["64.99.01", None])
def test_a_place_in_no_area_has_no_share_but_has_distances(area):
    counts = make_counts(("E1", "64.02.06", 1), ("E1", "64.72.01", 3), ("E2", "64.02.06", 4))
    outside = pd.DataFrame({"event_id": ["E2"], "applicants": [2]})
    found = catchment(areas=AREAS, sites=make_sites(area), events=EVENTS, counts=counts, costs=COSTS, outside=outside)
    assert pd.isna(found.by_event.loc["E2", "share_outside_host"])
    assert found.by_event.loc["E2", "km_50"] == 20.0
    # nor do its people count in the share of all
    assert found.overall["share_outside_host"] == 0.25


def test_a_place_known_to_its_kabupaten_only_has_a_host():
    counts = make_counts(("E2", "64.02.06", 3), ("E2", "64.72.01", 1), ("E2", "64.02", 4))
    found = catchment(areas=AREAS, sites=make_sites("64.02"), events=EVENTS, counts=counts, costs=COSTS).by_event.loc[
        "E2"
    ]
    assert found["share_outside_host"] == 0.125


def test_an_event_of_outsiders_alone_is_kept():
    outside = pd.DataFrame({"event_id": ["E2"], "place": ["Surabaya"], "applicants": [3]})
    found = catchment(
        areas=AREAS,
        sites=make_sites(),
        events=EVENTS,
        counts=make_counts(("E1", "64.72.01", 5)),
        costs=COSTS,
        outside=outside,
    )
    assert found.by_event.loc["E2", "share_outside_host"] == 1
    assert found.by_event.loc["E2", "applicants"] == 0
    assert found.left_out.to_dict() == {"E2": 3}


def test_people_without_a_distance_are_counted_apart():
    costs = COSTS.assign(km=[3.0, None, 50.0, 20.0])
    counts = make_counts(("E1", "64.72.01", 5), ("E1", "64.02.06", 7), ("E1", "64.02", 2))
    found = catchment(areas=AREAS, sites=make_sites(), events=EVENTS, counts=counts, costs=costs)
    assert found.by_event.loc["E1", "applicants"] == 5
    assert found.left_out.to_dict() == {"E1": 9}
    assert catchment(
        areas=AREAS, sites=make_sites(), events=EVENTS, counts=counts, costs=costs, rounding_base=5
    ).left_out.to_dict() == {"E1": 10}


def test_tables_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ValueError, match="not in events: E9"):
        catchment(
            areas=AREAS, sites=make_sites(), events=EVENTS, counts=make_counts(("E9", "64.72.01", 5)), costs=COSTS
        )
    outside = pd.DataFrame({"event_id": ["E9"], "applicants": [3]})
    with pytest.raises(ValueError, match="not in events: E9"):
        catchment(areas=AREAS, sites=make_sites(), events=EVENTS, counts=NOBODY, costs=COSTS, outside=outside)
    with pytest.raises(ValueError, match="not in sites: FIELD"):
        catchment(
            areas=AREAS,
            sites=make_sites().iloc[:1],
            events=EVENTS,
            counts=make_counts(("E2", "64.72.01", 5)),
            costs=COSTS,
        )
    with pytest.raises(ValueError, match="not unique"):
        catchment(
            areas=AREAS,
            sites=make_sites(),
            events=EVENTS,
            counts=make_counts(("E1", "64.72.01", 5)),
            costs=pd.concat([COSTS, COSTS]),
        )


def test_many_small_places_far_away_do_not_stretch_a_rounded_catchment():
    # 1,000 people nearby, and 2 in each of 20 places from 100 to 195 km away: 95 % of them live nearby
    ids = ["near", *(f"far{n}" for n in range(20))]
    areas = pd.DataFrame({"parent_id": "K"}, index=pd.Index(ids, name="area_id"))
    costs = pd.DataFrame({"area_id": ids, "site_id": "MALL", "km": [4.0, *(100.0 + 5 * n for n in range(20))]})
    counts = pd.DataFrame({"event_id": "E1", "area_id": ids, "applicants": [1000] + [2] * 20})
    sites = pd.DataFrame({"area_id": ["near"]}, index=pd.Index(["MALL"], name="site_id"))
    exact, rounded = (
        catchment(areas=areas, sites=sites, events=EVENTS[:1], counts=counts, costs=costs, rounding_base=base).overall
        for base in (1, 5)
    )
    assert exact["km_95"] == 4.0
    assert rounded["km_95"] == 5.0
    assert rounded["applicants"] == exact["applicants"] == 1040


def test_html_names_the_measures():
    assert (
        "km_80"
        in catchment(
            areas=AREAS, sites=make_sites(), events=EVENTS, counts=make_counts(("E1", "64.72.01", 5)), costs=COSTS
        )._repr_html_()
    )
