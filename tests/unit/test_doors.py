"""The doors of the public functions: tables that do not fit together are refused, and never half counted."""

import dataclasses
import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.measures.attendance import people_by_event
from outreach_analysis.measures.coverage import coverage
from outreach_analysis.measures.flows import origin_flows
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.measures.need import unmet_need
from outreach_analysis.measures.reach import catchment, reach_rate
from outreach_analysis.models.impact import ImpactQuestion, estimate_impact
from outreach_analysis.models.turnout import fit_turnout, prior_turnout
from outreach_analysis.report.figure import plot_layer, reach_layer
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 30))
AREAS = gpd.GeoDataFrame(
    {
        "name": ["Anggana", "Tenggarong", "Palaran"],
        "population": [30_000, 80_000, 60_000],
        "parent_id": ["64.02", "64.02", "64.72"],
        "parent_name": ["Kutai Kartanegara", "Kutai Kartanegara", "Samarinda"],
        "in_jurisdiction": True,
        "geometry_kind": "indicative",
    },
    index=pd.Index(["64.02.01", "64.02.10", "64.72.01"], name="area_id"),
    geometry=[box(117, -1, 118, 0), box(116, -1, 117, 0), box(117, -2, 118, -1)],
    crs="EPSG:4326",
)
KABUPATEN = pd.DataFrame(
    {
        "name": ["Kutai Kartanegara", "Samarinda"],
        "population": [110_000, 60_000],
        "parent_id": "64",
        "in_jurisdiction": True,
    },
    index=pd.Index(["64.02", "64.72"], name="area_id"),
)
SITES = pd.DataFrame({"kind": ["office", "mall"], "area_id": "64.72.01"}, index=pd.Index(["O", "M"], name="site_id"))
EVENTS = pd.DataFrame(
    {"site_id": "M", "date": pd.to_datetime(["2026-05-02", "2026-06-06"]), "status": "held"},
    index=pd.Index(["E1", "E2"], name="event_id"),
)
COUNTS = pd.DataFrame(
    {
        "event_id": ["E1", "E1", "E2", "E2"],
        "area_id": ["64.02.01", "64.72.01", "64.02.10", "64.02"],
        "applicants": [30, 50, 20, 4],
    }
)
COSTS = pd.DataFrame(
    {"area_id": np.repeat(AREAS.index.to_numpy(), 2), "site_id": ["O", "M"] * 3, "km": [20.0, 22, 30, 32, 5, 4]}
)


def numbered(areas: pd.DataFrame) -> pd.DataFrame:
    """The areas as pandas reads them without dtype=str."""
    return areas.set_axis(pd.Index([640201, 640210, 647201], name="area_id"))


def measured(areas: pd.DataFrame, *, counts: pd.DataFrame = COUNTS, events: pd.DataFrame = EVENTS):
    """Every function that counts people of areas, by its name; each is called when it is asked for."""
    none = pd.DataFrame({"month": pd.to_datetime([]), "area_id": [], "applicants": []})
    rng = np.random.default_rng(0)
    return {
        "reach_rate": lambda: reach_rate(areas=areas, counts=counts),
        "catchment": lambda: catchment(areas=areas, sites=SITES, events=events, counts=counts, costs=COSTS),
        "origin_flows": lambda: origin_flows(areas=areas, events=events, counts=counts, costs=COSTS),
        "people_by_event": lambda: people_by_event(areas=areas, counts=counts, events=events, settings=SETTINGS),
        "unmet_need": lambda: unmet_need(areas=areas, events=events, counts=counts, office=None, settings=SETTINGS),
        "fit_turnout": lambda: fit_turnout(
            areas=areas, sites=SITES, events=events, counts=counts, costs=COSTS, rng=rng
        ),
        "estimate_impact": lambda: estimate_impact(
            office_monthly=none,
            areas=areas,
            sites=SITES,
            events=events,
            counts=counts,
            costs=COSTS,
            question=ImpactQuestion(settings=SETTINGS),
            rng=rng,
        ),
    }


NAMES = sorted(measured(AREAS))


def tables_of(result: object) -> dict[str, pd.DataFrame | pd.Series]:
    """The tables of a result by their names; a result that is one is called by its type."""
    parts = {"": result} if not dataclasses.is_dataclass(result) else {
        field.name: getattr(result, field.name) for field in dataclasses.fields(result)
    }  # fmt: skip
    return {name: part for name, part in parts.items() if isinstance(part, pd.DataFrame | pd.Series)}


@pytest.mark.parametrize("handed", [None, "counts.csv", [1, 2]])
def test_what_is_no_table_is_refused_by_its_name(handed: object) -> None:
    with pytest.raises(RequestError, match=f"^counts is no table but {type(handed).__name__}; pass a frame$"):
        reach_rate(areas=AREAS, counts=handed)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_kabupaten_are_never_areas_of_people_counted_by_kecamatan(name):
    # 4 of the 104 people stand under a kabupaten's own id: they alone would be counted
    with pytest.raises(RequestError, match=r"3 of 4 areas of counts are not in areas: 64.02.01, 64.02.10, 64.72.01; "):
        measured(KABUPATEN)[name]()


@pytest.mark.parametrize("name", NAMES)
def test_areas_after_reset_index_give_the_same_numbers(name):
    again, first = (tables_of(measured(areas)[name]()) for areas in (AREAS.reset_index(), AREAS))
    assert again.keys() == first.keys() != set()
    for table, numbers in first.items():
        pd.testing.assert_frame_equal(pd.DataFrame(again[table]), pd.DataFrame(numbers), check_like=True)


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_are_numbers_are_refused_with_the_remedy(name):
    with pytest.raises(RequestError, match=r"ids of areas are no text: 640201, 640210, 647201; read .* dtype=str"):
        measured(numbered(AREAS))[name]()


def test_number_ids_of_rows_are_refused_too():
    with pytest.raises(RequestError, match=r"area_id of counts are no text: 640201; read"):
        reach_rate(areas=AREAS, counts=COUNTS.assign(area_id=640201))
    with pytest.raises(RequestError, match=r"area_id of costs are no text"):
        coverage(areas=AREAS, costs=COSTS.assign(area_id=1), threshold_km=9, service_points=["O"])


@pytest.mark.parametrize("name", NAMES)
def test_unknown_areas_are_named_and_counted(name):
    strange = COUNTS.assign(area_id=["64.02.01", "64.99.01", "64.99.02", "64.02"])
    with pytest.raises(RequestError, match=r"2 of 4 areas of counts are not in areas: 64.99.01, 64.99.02; pass areas"):
        measured(AREAS, counts=strange)[name]()


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"reach_rate"}))
def test_filtered_events_lose_nobody_in_silence(name):
    with pytest.raises(RequestError, match=r"1 of 2 events of counts are not in events: E2; .*counts\['event_id'\]"):
        measured(AREAS, events=EVENTS.iloc[:1])[name]()
    some = COUNTS[COUNTS["event_id"].isin(["E1"])]
    measured(AREAS, counts=some, events=EVENTS.iloc[:1])[name]()


def test_areas_of_the_package_serve_for_names_and_numbers():
    counts = COUNTS.assign(area_id=["64.02.06", "64.72.01", "64.02.07", "64.02"])
    found = reach_rate(areas=load_areas(), counts=counts).by_area
    assert found.loc[["64.02.06", "64.72.01"], ["name", "applicants"]].to_numpy().tolist() == [
        ["Tenggarong", 30],
        ["Palaran", 50],
    ]
    # all levels at once would count the residents of a kecamatan again in its kabupaten
    with pytest.raises(RequestError, match=r"areas hold both 64, 64.01, .* and areas inside; pass one level"):
        reach_rate(areas=load_areas("all"), counts=counts)


def test_need_is_not_asked_for_without_a_word_on_office_figures():
    with pytest.raises(TypeError, match="office"):
        unmet_need(areas=AREAS, events=EVENTS, counts=COUNTS, settings=SETTINGS)
    found = unmet_need(areas=AREAS, events=EVENTS, counts=COUNTS, office=None, settings=SETTINGS)
    assert not found.has_office_figures
    assert found.source == "pop-ups only"


def test_one_kabupaten_on_a_map():
    reach = reach_rate(areas=AREAS, counts=COUNTS)
    figure = plot_layer(
        reach_layer(reach, AREAS[AREAS["parent_id"] == "64.02"], Words("id")), AREAS[AREAS["parent_id"] == "64.02"]
    )
    drawn = [area for trace in figure.data if trace.type == "choropleth" for area in trace.locations]
    assert sorted(drawn) == ["64.02.01", "64.02.10"]


def test_costs_of_other_areas_are_refused():
    other = COSTS.assign(area_id="Z" + COSTS["area_id"])
    with pytest.raises(RequestError, match=r"costs know none of the 3 areas, such as 64.02.01; make them by"):
        coverage(areas=AREAS, costs=other, threshold_km=9, service_points=["O"])
    with pytest.raises(RequestError, match=r"costs know none of the 2 sites, such as O"):
        prior_turnout(areas=AREAS, sites=SITES, events=EVENTS, costs=COSTS.assign(site_id="Z"), settings=SETTINGS)


def test_a_missing_column_and_a_wrong_index_are_named():
    with pytest.raises(RequestError, match="areas have no column population, in_jurisdiction; take the table"):
        reach_rate(areas=AREAS.drop(columns=["population", "in_jurisdiction"]), counts=COUNTS)
    with pytest.raises(RequestError, match="sites are indexed by area_id; index them by site_id"):
        catchment(areas=AREAS, sites=SITES.set_index("area_id"), events=EVENTS, counts=COUNTS, costs=COSTS)
    with pytest.raises(RequestError, match="areas have no area_id; index them by it, or give it as a column"):
        reach_rate(areas=AREAS.reset_index(drop=True), counts=COUNTS)


def test_interest_that_led_to_an_unknown_event_is_refused():
    interest = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-11-01"]),
            "area_id": "64.02.01",
            "people": 30,
            "group": True,
            "person_key": None,
            "event_id": "E9",
        }
    )
    with pytest.raises(RequestError, match="1 of 1 events of interest are not in events: E9"):
        interest_evidence(interest=interest, areas=AREAS, events=EVENTS, settings=SETTINGS)


def test_all_faults_of_a_table_are_told_at_once():
    wrong = AREAS.assign(population=[np.nan, -1, 5])
    with pytest.raises(RequestError) as caught:
        checked_frames(areas=wrong, counts=COUNTS.drop(columns="area_id"), needs={"areas": ("population",)})
    assert str(caught.value).splitlines() == [
        "- residents are missing, infinite or below 0 for 64.02.01 (nan), 64.02.10 (-1); give the number of people who "
        "live there, 0 where nobody does",
        "- counts have no column area_id; take the table of `read_dataset`, or add it",
    ]
    # where nothing is divided by them, blank residents are no fault
    with pytest.raises(RequestError, match=r"below 0 for 64\.02\.10 \(-1\);"):
        checked_frames(areas=wrong)


IDS = st.lists(st.text("ab1.", min_size=1, max_size=3), min_size=1, max_size=6, unique=True)


@given(listed=IDS, counted=IDS)
@settings(max_examples=60, deadline=None)
def test_rows_are_taken_where_and_only_where_every_id_is_known(listed, counted):
    areas = pd.DataFrame(index=pd.Index(listed, name="area_id"))
    counts = pd.DataFrame({"event_id": "E", "area_id": counted, "applicants": 1})
    unknown = set(counted) - set(listed)
    if not unknown:
        taken = checked_frames(areas=areas, counts=counts)
        assert taken[1] is counts
        return
    with pytest.raises(RequestError, match=f"{len(unknown)} of {len(counted)} areas of counts are not in areas"):
        checked_frames(areas=areas, counts=counts)
