"""Reach: edges of the definition, and answers where there is little or nothing."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.contracts import RequestError
from outreach_analysis.measures.reach import reach_rate


def make_areas(**columns) -> pd.DataFrame:
    base = {
        "name": ["A", "B", "C"],
        "population": [10_000, 20_000, 5_000],
        "parent_id": ["K1", "K1", "K2"],
        "in_jurisdiction": [True, True, False],
    }
    return pd.DataFrame(base | columns, index=pd.Index(["a", "b", "c"], name="area_id"))


def make_counts(**people) -> pd.DataFrame:
    rows = [("E1", area, n) for area, n in people.items()]
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"]).astype({"applicants": int})


def test_index_and_inputs_are_those_given():
    areas, counts = make_areas(), make_counts(b=3)
    before = areas.copy(), counts.copy()
    found = reach_rate(areas=areas, counts=counts)
    assert found.by_area.index.equals(areas.index)
    pd.testing.assert_frame_equal(areas, before[0])
    pd.testing.assert_frame_equal(counts, before[1])


@pytest.mark.parametrize("by", ["area", "kabupaten"])
def test_nobody_at_all_is_a_rate_of_nought(by):
    found = reach_rate(areas=make_areas(), counts=make_counts(), by=by)
    assert (found.by_area["rate"] == 0).all()
    assert (found.by_area["ci_low"] == 0).all()
    assert (found.by_area["ci_high"] > 0).all()
    summary = found.summary()
    assert summary["estimate"].tolist() == [0, 0]
    assert summary[["ci_low", "ci_high"]].notna().all(axis=None)
    # nothing to learn a distribution of rates from
    assert found.by_area["smoothed"].isna().all()


def test_nobody_lives_there():
    found = reach_rate(areas=make_areas(population=[10_000, 20_000, 0]), counts=make_counts(a=2, c=1))
    assert found.by_area.loc["c", ["rate", "ci_low", "ci_high", "smoothed", "p_lowest_fifth"]].isna().all()
    assert found.by_area.loc["c", "applicants"] == 1
    summary = found.summary()
    assert summary.loc["outside", "unit"] == "no residents"
    assert summary.loc["jurisdiction", "unit"] == "applicants per 10,000 residents"
    assert summary.loc["jurisdiction"].notna().all()


def test_one_area():
    found = reach_rate(areas=make_areas().iloc[:1], counts=make_counts(a=10))
    assert found.by_area.loc["a", "rate"] == 10
    assert found.summary().index.tolist() == ["jurisdiction"]
    assert np.isnan(found.by_area.loc["a", "smoothed"])


def test_all_areas_outside_the_jurisdiction():
    found = reach_rate(areas=make_areas(in_jurisdiction=False), counts=make_counts(a=10))
    assert found.summary().index.tolist() == ["outside"]


def test_people_of_no_listed_area_are_counted_apart():
    counts = pd.concat([make_counts(a=1, K1=2), make_counts(x=6).assign(area_id=None)])
    found = reach_rate(areas=make_areas(), counts=counts)
    assert found.left_out.to_dict() == {"": 6, "K1": 2}
    assert found.by_area["applicants"].sum() + found.left_out.sum() == counts["applicants"].sum()
    with pytest.raises(RequestError, match="1 of 2 areas of counts are not in areas: zzz; pass areas indexed by"):
        reach_rate(areas=make_areas(), counts=make_counts(a=1, zzz=4))
    # with the larger areas, those known to kabupaten only are in
    assert reach_rate(areas=make_areas(), counts=counts, by="kabupaten").left_out.to_dict() == {"": 6}
    assert reach_rate(areas=make_areas(), counts=counts, rounding_base=5).left_out.to_dict() == {"": 5, "K1": 5}


def test_smoothing_draws_small_areas_to_the_mean_and_leaves_large_ones():
    areas = pd.DataFrame(
        {
            "name": "x",
            "population": [1_000] * 20 + [500_000] * 2,
            "parent_id": "K",
            "in_jurisdiction": True,
        },
        index=pd.Index([f"a{n}" for n in range(22)], name="area_id"),
    )
    rng = np.random.default_rng(3)
    people = rng.poisson(areas["population"] * rng.gamma(2.0, 0.001, 22))
    counts = pd.DataFrame({"event_id": "E", "area_id": areas.index, "applicants": people})
    found = reach_rate(areas=areas, counts=counts).by_area
    mean = 10_000 * people.sum() / areas["population"].sum()
    small, large = found.iloc[:20], found.iloc[20:]
    nearer = (small["smoothed"] - mean).abs() <= (small["rate"] - mean).abs() + 1e-9
    assert nearer.all()
    assert (large["smoothed"] - large["rate"]).abs().max() < 0.05 * large["rate"].min()
    assert found["p_lowest_fifth"].between(0, 1).all()
    # the lower an area's rate among equals in size, the likelier it is among the lowest
    ordered = small.sort_values("rate", kind="stable")["p_lowest_fifth"]
    assert ordered.is_monotonic_decreasing


def test_equal_rates_are_smoothed_to_themselves():
    found = reach_rate(areas=make_areas(), counts=make_counts(a=10, b=20, c=5)).by_area
    assert found["smoothed"].tolist() == pytest.approx([10, 10, 10], rel=1e-3)


def test_areas_listed_twice_are_refused_by_name():
    areas = make_areas()
    with pytest.raises(ValueError, match="listed twice: b"):
        reach_rate(areas=pd.concat([areas, areas.loc[["b"]]]), counts=make_counts())


def test_html_names_the_areas():
    assert "smoothed" in reach_rate(areas=make_areas(), counts=make_counts(a=4))._repr_html_()
