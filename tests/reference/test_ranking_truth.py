"""The ranking against offices whose truth is known: three, or eight, of those that `benchmarks/ranking.py` measures.

Their displacement is one that the product does not know.
"""

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def study(benchmark_module):
    return benchmark_module("ranking")


@pytest.fixture(scope="module", params=[3, pytest.param(8, marks=pytest.mark.slow)])
def places(study, request) -> pd.DataFrame:
    return study.study(request.param)


@pytest.mark.slow
def test_the_rank_interval_contains_the_true_rank(study, places):
    published = study.score_scheme(places)
    assert published["rank inside"] >= 0.85
    # an interval that says nothing would contain it too
    assert published["width"] <= 0.75 * places.groupby("office").size().mean()


def test_the_true_leader_is_in_the_tie_group(study, places):
    published = study.score_scheme(places)
    assert published["leader tied"] >= 0.85
    assert published["group"] < places.groupby("office").size().mean()


def test_the_order_is_better_than_chance(places):
    by_office = [group["rank"].corr(group["true_rank"], method="spearman") for _, group in places.groupby("office")]
    assert pd.Series(by_office).median() > 0.5
