"""The office's weights in people: who counts more, and what hours and rupiah take off."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.equity import known_or_middle, preference_weights, worst_served_areas
from outreach_analysis.settings import Settings

SITES = pd.DataFrame({"cost": [1e6, np.nan, 3e6]}, index=pd.Index(["A", "B", "C"], name="site_id"))
MINUTES = pd.Series({"A": 60.0, "C": 300.0})
WORST = pd.Index(["far"])


def weights(**settings):
    return preference_weights(SITES, worst=WORST, minutes=MINUTES, settings=Settings(**settings))


def test_the_defaults_weigh_nothing():
    assert weights() is None


def test_the_worst_served_count_more_and_others_once():
    stated = weights(weight_worst_served=3)
    assert stated.sites is None
    assert stated.of_areas(pd.Index(["near", "far"])).tolist() == [1.0, 3.0]


def test_hours_and_millions_add_up_and_the_unknown_are_middling():
    stated = weights(weight_travel_hour=2, weight_million_rupiah=10)
    # hours 1, 3 (the middle of 1 and 5), 5; millions 1, 2 (the middle of 1 and 3), 3
    assert stated.sites.tolist() == pytest.approx([2 + 10, 6 + 20, 10 + 30])
    assert stated.areas is None


def test_nothing_known_costs_nothing():
    assert known_or_middle(pd.Series([np.nan, None], dtype=object)).tolist() == [0.0, 0.0]
    unknown = preference_weights(
        SITES.assign(cost=np.nan), worst=WORST, minutes=MINUTES, settings=Settings(weight_million_rupiah=5)
    )
    assert unknown is None


def test_the_worst_served_fifth_is_by_need_per_resident():
    need = pd.Series({"a": 10.0, "b": 90.0, "c": 20.0, "d": 50.0, "e": 5.0})
    residents = pd.Series({"a": 100, "b": 1000, "c": 100, "d": 100, "e": 100})
    # b has the most people in need, but 9 in a hundred residents only: a, c and d have more
    assert worst_served_areas(need, residents).tolist() == ["a", "c", "d"]
    with pytest.raises(ValueError, match="residents are not known for: e"):
        worst_served_areas(need, residents.drop("e"))
