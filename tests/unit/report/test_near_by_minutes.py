"""Near told by minutes: coverage, forecast, ranking and the report's words all follow; ways that do not exist too."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.report.page import report_sections
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


@pytest.fixture
def dataset(tiny_office) -> Dataset:
    return read_dataset(tiny_office)


def analysed(dataset: Dataset, **changes) -> Study:
    changed = dataclasses.replace(dataset, settings=dataset.settings.replace(**changes))
    return Study(changed, n_draws=100, with_backtest=False, rng=1)


def test_every_step_follows_the_setting(dataset):
    by_km, by_minutes = analysed(dataset), analysed(dataset, travel_measure="minutes", service_threshold_minutes=45.0)
    assert sorted(by_minutes.coverage_by_threshold) == [30.0, 45.0, 60.0, 120.0]
    assert {result.unit for result in by_minutes.coverage_by_threshold.values()} == {"minutes"}
    assert {result.unit for result in by_km.coverage_by_threshold.values()} == {"km"}
    # by road 45 minutes are 30 km, so the two agree where all ways are roads
    roads = dataset.areas["access"] == "road"
    both = [
        analysis.coverage_by_threshold[at].by_area.loc[roads, "covered"]
        for analysis, at in ((by_km, 30), (by_minutes, 45))
    ]
    pd.testing.assert_series_equal(*both)
    # a river takes longer than a road of its length: fewer people come down it
    river = dataset.areas.index[dataset.areas["access"] == "river"]
    people = [a.forecast.expected.groupby("area_id")["people"].sum().reindex(river).sum() for a in (by_km, by_minutes)]
    assert people[1] < people[0]


@pytest.mark.slow
def test_the_report_speaks_of_minutes(dataset):
    words = Words("id")
    by_minutes, by_km = (report_sections(analysed(dataset, travel_measure=m), words) for m in ("minutes", "km"))
    for said, unit, other in ((str(by_minutes[0]), "60 menit", "30 km"), (str(by_km[0]), "30 km", "60 menit")):
        assert unit in said
        assert other not in said


@pytest.mark.slow
def test_a_place_that_nobody_can_reach_is_expected_to_see_nobody(dataset):
    sites = dataset.sites.index
    matrix = pd.DataFrame({"area_id": dataset.areas.index.repeat(len(sites)), "minutes": np.nan, "km": np.nan})
    matrix["site_id"] = np.tile(sites, len(dataset.areas))
    matrix.loc[matrix["site_id"] == "TGR", ["minutes", "km"]] = np.inf
    cut_off = dataclasses.replace(dataset, travel=matrix)
    for measure in ("km", "minutes"):
        analysis = analysed(cut_off, travel_measure=measure)
        assert np.isinf(analysis.costs.loc[analysis.costs["site_id"] == "TGR", "minutes"]).all()
        assert analysis.forecast.by_site.loc["TGR", "mean"] == 0
        assert analysis.ranking.recommended != "TGR"
        assert analysis.forecast.by_site["mean"].notna().all()
        assert not re.search(r"\b(nan|inf)\b", str(report_sections(analysis, Words("en"))[:3]))
