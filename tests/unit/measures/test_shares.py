import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from outreach_analysis.measures.audience import category_shares, wilson

KINDS = ["instagram", "office"]


def people(**numbers: dict[str, int]) -> pd.DataFrame:
    rows = [(group, kind) for group, kinds in numbers.items() for kind, n in kinds.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["group", "kind"])


def shares(frame: pd.DataFrame, groups: list[str], **options: object) -> pd.DataFrame:
    table = category_shares(frame, group="group", category="kind", groups=groups, categories=KINDS, **options)  # type: ignore[arg-type]
    return table.set_index(["group", "category"])


def test_the_unknown_the_blank_and_the_unheard_of_stay_in_the_denominator() -> None:
    frame = people(a={"instagram": 5, "unknown": 2, "television": 2, "office": 0})
    frame = pd.concat([frame, pd.DataFrame({"group": ["a"], "kind": [None]})])
    published = shares(frame, ["a"])
    assert published.loc[("a", "unknown"), "people"] == 5
    assert published.loc[("a", "instagram"), "share"] == 0.5
    assert published["share"].sum() == pytest.approx(1)


def test_a_total_beside_rounded_shares_leaves_them_room() -> None:
    # three kinds of 8, each told as 10 (8 to 12): a total told as 25 would say that it is 24 to 27, so it is told as 30
    published = shares(people(a={"instagram": 8, "office": 8, "unknown": 8}), ["a"], rounding_base=5)
    assert published["people"].tolist() == [10, 10, 10]
    assert published["of"].tolist() == [30, 30, 30]


def test_a_group_of_nobody_has_no_share() -> None:
    published = shares(people(a={"office": 3}), ["a", "b"])
    assert published.loc["b", ["share", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (published.loc["b", "of"] == 0).all()


def test_intervals_are_those_of_statsmodels() -> None:
    low, high = wilson([0.0, 0.2, 1.0], [10, 50, 3])
    theirs = proportion_confint([0, 10, 3], [10, 50, 3], alpha=0.1, method="wilson")
    np.testing.assert_allclose([low, high], theirs, atol=1e-12)


def test_shares_come_from_rounded_numbers_and_few_people_have_none() -> None:
    published = shares(
        people(a={"instagram": 3, "office": 33}, b={"office": 9, "instagram": 1}), ["a", "b"], rounding_base=5
    )
    assert published.loc[("a", "instagram"), "people"] == 5
    assert (published["of"] % 5 == 0).all()
    assert published.loc[("a", "instagram"), "share"] == 5 / published.loc[("a", "instagram"), "of"]
    assert published.loc["b", ["share", "ci_low", "ci_high"]].isna().all(axis=None)


def test_total_does_not_tell_its_cells() -> None:
    published = shares(people(a={"instagram": 1, "office": 1, "unknown": 22}), ["a"], rounding_base=5)
    assert published["people"].tolist() == [5, 5, 20]
    # 24 people as 25 leave the cells at least 1, 1, 18 and at most 7, 7, 22
    assert published["of"].iloc[0] == 25


def test_small_groups_borrow_from_the_others() -> None:
    frame = people(few={"instagram": 2}, many={"instagram": 40, "office": 60}, more={"instagram": 45, "office": 55})
    published = shares(frame, ["few", "many", "more"], smooth=True)
    assert published.loc[("few", "instagram"), "share"] == 1
    assert 0.42 < published.loc[("few", "instagram"), "smoothed"] < 0.75
    assert abs(published.loc[("many", "instagram"), "smoothed"] - 0.4) < 0.04


@pytest.mark.parametrize("strength", [8.0, 60.0, 1e6])
def test_smoothed_intervals_cover_nine_in_ten(strength: float) -> None:
    """Areas as different as a Dirichlet of this strength makes them, 2 to 60 people each; seeded."""
    rng = np.random.default_rng(int(strength))
    names, pooled = ["instagram", "office", "unknown"], np.array([0.35, 0.55, 0.1])
    inside, cells = 0, 0
    for _ in range(25):
        true = rng.dirichlet(pooled * strength, 40)
        of = rng.integers(2, 60, 40)
        drawn = [rng.multinomial(n, p) for n, p in zip(of, true, strict=True)]
        frame = people(**{f"g{i}": dict(zip(names, counts, strict=True)) for i, counts in enumerate(drawn)})
        published = shares(frame, [f"g{i}" for i in range(40)], smooth=True)
        inside += int(((published["ci_low"] <= true.ravel()) & (true.ravel() <= published["ci_high"])).sum())
        cells += true.size
    assert 0.86 <= inside / cells <= 0.94
