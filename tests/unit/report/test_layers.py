"""Classes of a map: right at their edges, the same words and colours in every drawing."""

import dataclasses
import itertools
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.measures.coverage import coverage
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult, reach_rate
from outreach_analysis.report.figure import (
    COVERED_BY,
    FEW,
    NEED,
    SEQUENTIAL,
    SERVED,
    coverage_layer,
    need_layer,
    plan_layer,
    reach_layer,
    residents_layer,
)
from outreach_analysis.report.static import NOBODY, OUTSIDE
from outreach_analysis.report.topics.ranking import ACCOUNT
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

EN = Words("en")


def areas_of(n: int, **changes: Any) -> pd.DataFrame:
    index = pd.Index([f"64.02.{i:02d}" for i in range(n)], name="area_id")
    table = {"name": [f"K{i}" for i in range(n)], "parent_id": "64.02", "parent_name": "Kutai", "in_jurisdiction": True}
    return pd.DataFrame(table | changes, index=index)


@cache
def some_reach() -> ReachResult:
    counts = pd.DataFrame({"event_id": ["E"], "area_id": ["64.02.00"], "applicants": [5]})
    return reach_rate(areas=areas_of(1, population=1000), counts=counts)


def reach_of(rates: list[float], **changes: Any) -> tuple[ReachResult, pd.DataFrame]:
    areas = areas_of(len(rates), **changes)
    by_area = areas[["name", "in_jurisdiction"]].assign(rate=rates, applicants=100)
    return dataclasses.replace(some_reach(), by_area=by_area), areas


@pytest.fixture
def need_of(analysis: Study) -> Callable[..., tuple[NeedResult, pd.DataFrame]]:
    """A function from shares of demand that are not served to a result, all areas alike otherwise."""

    def make(shares: list[float], *, demand: float = 100.0) -> tuple[NeedResult, pd.DataFrame]:
        areas = areas_of(len(shares))
        by_area = areas[["name", "parent_id", "in_jurisdiction"]].assign(
            residents=10 * demand,
            demand=demand,
            need=[share * demand for share in shares],
            served=[(1 - share) * demand for share in shares],
        )
        return dataclasses.replace(analysis.need, by_area=by_area, benchmark=0.1), areas

    return make


def test_a_rate_on_an_edge_belongs_to_the_class_above_it() -> None:
    layer = reach_layer(*reach_of([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), EN)
    labels = [label for label, _ in layer.classes]
    assert labels[0] == "no applicants yet"
    assert labels[1:] == ["below 2.5", "from 2.5", "from 4.0", "from 6.0", "7.5 and more", "outside the working area"]
    assert layer.frame["class_"].to_list() == [0, 1, 1, 2, 3, 3, 4, 4, 5, 5]


def test_a_rate_of_few_people_is_marked_and_one_of_enough_is_not() -> None:
    reach, areas = reach_of([1.0, 2.0, 0.0])
    by_area = reach.by_area.assign(applicants=[FEW - 5, FEW, 0])
    layer = reach_layer(dataclasses.replace(reach, by_area=by_area), areas, EN)
    assert layer.few == {"64.02.00"}
    assert layer.few_label == "fewer than 25 applicants: an uncertain rate"


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("colours", [SEQUENTIAL, NEED, ACCOUNT, [colour for colour, _ in SERVED.values()][:2]])
def test_neighbouring_classes_differ_in_grey(colours) -> None:
    levels = sorted(map(luminance, colours), reverse=True)
    contrasts = [(a + 0.05) / (b + 0.05) for a, b in itertools.pairwise(levels)]
    assert min(contrasts) >= 1.2
    # what is almost as light as its neighbour has dots, lines or a hollow middle
    assert luminance(SEQUENTIAL[0]) < luminance(NOBODY) / 1.15


def test_circles_tell_who_has_service_by_colour_and_by_form() -> None:
    areas = areas_of(3, population=[40_000, 10_000, 0], lon=117.0, lat=0.0)
    by_area = areas[["name", "in_jurisdiction"]].assign(
        covered_by=["fixed", "popup", "none"], distance=[1.0, 5.0, 90.0], residents=1.0
    )
    costs = pd.DataFrame({"area_id": areas.index, "site_id": "O", "km": 1.0, "minutes": 1.0})
    told = coverage(areas=areas, costs=costs, threshold_km=30, service_points=["O"])
    told = dataclasses.replace(told, by_area=by_area)
    layer = residents_layer(told, areas, EN)
    assert layer.circles["symbol"].to_list() == ["circle", "circle", "circle-open"]
    assert layer.circles["people"].to_list() == [40_000, 10_000, 0]
    assert layer.circles["group"].is_unique
    assert set(layer.frame["class_"]) == {0}


def test_nobody_is_a_class_of_its_own_in_white() -> None:
    layer = reach_layer(*reach_of([0.0, 0.01, 5.0]), EN)
    assert layer.classes[0] == ("no applicants yet", NOBODY)
    assert layer.frame["class_"].to_list()[:2] == [0, 1]


def test_rates_all_below_the_smallest_edge_share_one_class() -> None:
    layer = reach_layer(*reach_of([0.0, 0.1, 0.2]), EN)
    assert [label for label, _ in layer.classes] == ["no applicants yet", "above 0", "outside the working area"]
    assert layer.frame["class_"].to_list() == [0, 1, 1]


def test_nobody_reached_anywhere_still_makes_a_map() -> None:
    layer = reach_layer(*reach_of([0.0, 0.0]), EN)
    assert layer.title == "No pop-up applicants yet"
    assert layer.frame["class_"].to_list() == [0, 0]


def test_an_area_without_residents_has_no_rate_and_says_so() -> None:
    layer = reach_layer(*reach_of([np.nan, 4.0]), EN)
    assert layer.frame["class_"].to_list()[0] == 0
    assert layer.frame["label"].to_list() == ["– per 10,000 residents", "4.0 per 10,000 residents"]


def test_finding_counts_the_jurisdiction_only() -> None:
    reach, areas = reach_of([0.0, 3.0, 0.0], in_jurisdiction=[True, True, False])
    layer = reach_layer(reach, areas, EN)
    assert layer.title == "No pop-up applicants yet in 1 of 2 kecamatan"
    assert layer.frame["class_"].to_list()[2] == len(layer.classes) - 1
    assert layer.classes[-1] == ("outside the working area", OUTSIDE)


def test_finding_says_when_every_kecamatan_has_applicants() -> None:
    assert reach_layer(*reach_of([1.0, 3.0]), EN).title == "Every kecamatan has pop-up applicants"


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=500).map(lambda rate: round(rate, 2)), min_size=1, max_size=40))
def test_classes_rise_with_the_rate_and_labels_hold_it(rates: list[float]) -> None:
    layer = reach_layer(*reach_of(rates), EN)
    classes = layer.frame["class_"].to_numpy()
    assert ((classes >= 0) & (classes < len(layer.classes) - 1)).all()
    order = np.argsort(rates)
    assert (np.diff(classes[order]) >= 0).all()
    assert ((classes == 0) == (np.array(rates) == 0)).all()
    for rate, class_ in zip(rates, classes, strict=True):
        label = layer.classes[class_][0]
        numbers = [float(part) for part in label.replace(",", "").replace("–", " ").split() if part[0].isdigit()]
        if label.startswith("below"):
            assert rate < numbers[0]
        elif label.endswith("more"):
            assert rate >= numbers[0]
        elif label.startswith("from"):
            above = re.search(r"[\d.,]+", layer.classes[class_ + 1][0])
            assert above is not None
            assert numbers[0] <= rate < float(above[0].replace(",", ""))


def test_colours_of_a_layer_differ(analysis: Study) -> None:
    areas = analysis.dataset.areas
    for layer in (
        reach_layer(analysis.reach, areas, EN),
        coverage_layer(analysis.coverage_by_threshold[30.0], areas, EN),
        need_layer(analysis.need, areas, EN),
    ):
        colours = [colour for _, colour in layer.classes]
        assert len(set(colours)) == len(colours)


def test_coverage_tells_fixed_points_pop_ups_and_neither_apart(analysis: Study) -> None:
    layer = coverage_layer(analysis.coverage_by_threshold[30.0], analysis.dataset.areas, EN)
    names = list(COVERED_BY)
    inside = analysis.dataset.areas["in_jurisdiction"]
    shown = layer.frame.loc[inside, "class_"].map(dict(enumerate(names)))
    assert shown.to_dict() == analysis.coverage_by_threshold[30.0].by_area.loc[inside, "covered_by"].to_dict()
    assert layer.title.endswith("of residents live within 30 km of service")
    assert layer.subtitle == "Kind of service point within 30 km, by kecamatan"


def test_distance_on_the_threshold_is_covered_on_the_map() -> None:
    areas = areas_of(2, population=100)
    costs = pd.DataFrame({"area_id": areas.index, "site_id": "O", "km": [30.0, 30.001], "minutes": 1.0})
    layer = coverage_layer(coverage(areas=areas, costs=costs, threshold_km=30, service_points=["O"]), areas, EN)
    shown = [layer.classes[class_][0] for class_ in layer.frame["class_"]]
    assert shown == ["fixed service point", "farther than 30 km from any"]


Needs = Callable[..., tuple[NeedResult, pd.DataFrame]]


def test_need_steps_hold_their_lower_edge(need_of: Needs) -> None:
    layer = need_layer(*need_of([0.0, 0.1999, 0.2, 0.4, 0.6, 0.8, 1.0]), EN)
    assert layer.frame["class_"].to_list() == [0, 0, 1, 2, 3, 4, 4]
    assert [label for label, _ in layer.classes][:5] == ["0%–20%", "20%–40%", "40%–60%", "60%–80%", "80%–100%"]


def test_need_without_demand_is_no_need(need_of: Needs) -> None:
    layer = need_layer(*need_of([0.0, 0.0], demand=0.0), EN)
    assert layer.title == "Served like well-served kecamatan, applications would be 0% more"
    assert layer.frame["label"].to_list() == ["0% fewer applications than if well served"] * 2


def test_need_without_office_figures_is_no_map_of_need(need_of: Needs) -> None:
    need, areas = need_of([0.0, 0.9])
    layer = need_layer(dataclasses.replace(need, source="pop-ups only"), areas, EN)
    assert layer.title == "Without office figures nothing can be said about need"
    assert len(set(layer.frame["class_"])) == 1
    assert len(layer.classes) == 2


def test_alternative_text_counts_the_areas_of_each_class(analysis: Study) -> None:
    layer = need_layer(analysis.need, analysis.dataset.areas, Words("id"))
    counts = [int(part.rsplit(": ", 1)[1].rstrip(".")) for part in layer.alt.split(". ")[-1].split("; ")]
    assert sum(counts) == len(analysis.dataset.areas)
    assert layer.title in layer.alt
    assert layer.subtitle in layer.alt


@pytest.mark.parametrize(("lang", "expected"), [("id", "di bawah 2,5"), ("en", "below 2.5")])
def test_labels_are_written_in_the_language(lang: Any, expected: str) -> None:
    layer = reach_layer(*reach_of([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), Words(lang))
    assert layer.classes[1][0] == expected


def test_a_plan_is_told_per_resident_in_classes_that_all_plans_share() -> None:
    # 20,000 residents each: 0.9 people are 0.45 per 10,000 (below 0.5), 1 is 0.5 (on the edge), 20 are 10.
    areas = areas_of(3, population=20_000)
    reached = pd.Series([0.9, 1.0, 20.0], index=areas.index)
    every = pd.DataFrame([reached, reached * 2])
    layer = plan_layer(reached, areas, EN, title="T", among=every)
    other = plan_layer(reached * 2, areas, EN, title="T", among=every)
    assert layer.classes == other.classes
    assert layer.classes[0][0] == "below 0.5"
    assert [layer.classes[n][0] for n in layer.frame["class_"]] == ["below 0.5", "from 0.5", "from 5.0"]
    assert [layer.classes[n][0] for n in other.frame["class_"]] == ["from 0.5", "from 1.0", "12.0 and more"]
    assert layer.frame["label"].iloc[2] == "10.0 additional people per 10,000 residents"


def test_a_plan_that_reaches_nobody_has_a_map_too() -> None:
    areas = areas_of(2, population=[0, 1000])
    layer = plan_layer(pd.Series(0.0, index=areas.index), areas, EN, title="T")
    assert layer.frame["class_"].tolist() == [0, 0]
    assert [label for label, _ in layer.classes] == ["below 0.5", "0.5 and more", "outside the working area"]
