"""How often a place comes first: by hand, where one criterion decides, and against counting draws one by one."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from decision_worlds import make_incremental

from outreach_analysis.decisions.equity import CRITERIA, weight_sensitivity
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance

AREAS, SITES = pd.Index(["near", "far"]), pd.Index(["BIG", "FAIR", "CLOSE"])


def increments(net: np.ndarray) -> IncrementalAttendance:
    """Net people (draws, areas, sites), of whom no visit takes any from another."""
    return make_incremental(np.maximum(net, 1e-9), area_ids=list(AREAS), site_ids=list(SITES))


def ranked(order=("BIG", "FAIR", "CLOSE")):
    by_site = pd.DataFrame({"name": list(order)}, index=pd.Index(order, name="site_id"))
    return SimpleNamespace(by_site=by_site)


def sensitivity(net: np.ndarray, *, seed: int = 0, **changes):
    asked = {"worst": pd.Index(["far"]), "minutes": pd.Series({"BIG": 120.0, "FAIR": 240.0, "CLOSE": 0.0})}
    return weight_sensitivity(increments(net), ranked(), **(asked | changes), rng=np.random.default_rng(seed))


CERTAIN = np.tile([[100.0, 20.0, 30.0], [0.0, 30.0, 0.0]], (4000, 1, 1))
"""BIG reaches most, FAIR most of the far area, CLOSE is where the team is."""


def test_each_place_wins_where_its_criterion_weighs():
    found = sensitivity(CERTAIN).by_site
    assert found["first_stated"].tolist() == [1.0, 0.0, 0.0]
    assert found["first_any"].sum() == pytest.approx(1)
    assert (found["among_any"] == 1).all()
    assert found[[f"weight_{name}" for name in CRITERIA]].sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert found["weight_reach"].idxmax() == "BIG"
    assert found["weight_worst_served"].idxmax() == "FAIR"
    assert found["weight_travel"].idxmax() == "CLOSE"


def test_shares_equal_the_area_of_weights_where_the_place_is_best():
    # BIG (1, 0, 1/2), FAIR (.5, 1, 0), CLOSE (.3, 0, 1): by integration over a fine grid of weights
    grid = np.linspace(0, 1, 401)
    first, second = np.meshgrid(grid, grid, indexing="ij")
    inside = first + second <= 1
    weights = np.stack([first[inside], second[inside], 1 - first[inside] - second[inside]], axis=1)
    values = np.array([[1, 0, 0.5], [0.5, 1, 0], [0.3, 0, 1]])
    shares = np.bincount((weights @ values.T).argmax(axis=1), minlength=3) / len(weights)
    assert sensitivity(CERTAIN).by_site["first_any"].tolist() == pytest.approx(shares.tolist(), abs=0.03)


def test_stated_weights_decide_the_first_share():
    stated = DecisionWeights(areas=pd.Series({"far": 10.0}))
    found = sensitivity(CERTAIN, weights=stated).by_site
    assert found["first_stated"].tolist() == [0.0, 1.0, 0.0]


def test_draws_are_counted_one_by_one():
    rng = np.random.default_rng(1)
    net = rng.gamma(2.0, 10.0, (500, 2, 3))
    found = sensitivity(net).by_site
    expected = np.bincount(net.sum(axis=1).argmax(axis=1), minlength=3) / 500
    assert found["first_stated"].tolist() == pytest.approx(expected.tolist())
    assert (sensitivity(net).by_site["first_any"] == found["first_any"]).all()


def test_a_place_that_is_never_first_has_no_weights():
    net = np.tile([[100.0, 1.0, 1.0], [50.0, 1.0, 1.0]], (200, 1, 1))
    found = sensitivity(net, minutes=pd.Series({"BIG": 0.0, "FAIR": 60.0, "CLOSE": 60.0})).by_site
    assert found["first_any"].tolist() == [1.0, 0.0, 0.0]
    assert found.loc["FAIR", [f"weight_{name}" for name in CRITERIA]].isna().all()


def test_nobody_and_no_place():
    nothing = sensitivity(np.zeros((10, 2, 3)))
    assert nothing.by_site["first_any"].sum() == pytest.approx(1)
    none = weight_sensitivity(
        increments(CERTAIN),
        ranked(()),
        worst=pd.Index([]),
        minutes=pd.Series(dtype=float),
        rng=np.random.default_rng(0),
    )
    assert none.by_site.empty
    assert none.summary().empty


def test_summary_has_an_interval():
    published = sensitivity(CERTAIN[:100]).summary()
    assert (published["ci_low"] <= published["estimate"]).all()
    assert (published["ci_high"] >= published["estimate"]).all()
