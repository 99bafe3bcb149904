"""What would be proposed if an announced event were cancelled: the ranking of a folder that never had it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.study import Study


@pytest.fixture(scope="module")
def two_announced(planned: Study) -> Study:
    """The folder with a second announced event, at the place that was recommended."""
    second = planned.dataset.events.loc[["E3"]].set_axis(["E4"])
    second = second.assign(site_id=planned.ranking.recommended, date=pd.Timestamp("2026-12-19"))
    events = pd.concat([planned.dataset.events, second]).rename_axis("event_id")
    return Study(
        dataclasses.replace(planned.dataset, events=events),
        n_draws=200,
        with_backtest=False,
        rng=np.random.default_rng(3),
    )


def test_each_event_is_told_by_its_day(two_announced):
    published = two_announced.cancelled
    assert published.index.tolist() == ["E3", "E4"]
    assert published["date"].is_monotonic_increasing
    assert published["name"].tolist() == two_announced.sites["name"].reindex(published["site_id"]).tolist()


@pytest.mark.parametrize("event_id", ["E3", "E4"])
def test_without_an_event_the_ranking_is_that_of_a_folder_that_never_had_it(two_announced, event_id):
    data = two_announced.dataset
    never = dataclasses.replace(data, events=data.events.drop(index=event_id))
    anew = Study(never, n_draws=200, with_backtest=False, rng=3).ranking
    published = two_announced.cancelled.loc[event_id]
    assert published["recommended"] == anew.recommended
    assert published["recommended_name"] == anew.by_site["name"][anew.recommended]


def test_a_cancelled_event_gives_back_its_place(two_announced, planned):
    published = two_announced.cancelled
    assert two_announced.ranking.recommended != planned.ranking.recommended
    assert published["recommended"]["E4"] == planned.ranking.recommended


def test_nothing_announced_is_nothing_to_cancel(planned):
    alone = planned.given(forecast=planned.forecast, planned=planned.planned.iloc[:0])
    assert alone.cancelled.empty
