import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from outreach_analysis.measures.audience import electronic_uptake
from outreach_analysis.settings import Settings

AREAS = pd.Index([f"a{number:02d}" for number in range(30)], name="area_id")
KM = pd.Series(np.linspace(3, 180, 30), index=AREAS)


def draw(rng: np.random.Generator, *, spread: float = 0.0, n: int = 1200) -> tuple[pd.DataFrame, pd.Series]:
    """People with a known chance of an electronic passport, and each area's mean chance over its people."""
    home = rng.choice(AREAS, n)
    month = rng.integers(0, 9, n)
    own = pd.Series(rng.normal(0, spread, len(AREAS)), index=AREAS)
    logit = 0.2 + 0.12 * month - 0.8 * KM[home].to_numpy() / 100 + own[home].to_numpy()
    chance = 1 / (1 + np.exp(-logit))
    kind = np.where(rng.random(n) < chance, "electronic", "non_electronic")
    kind = np.where(rng.random(n) < 0.08, "unknown", kind)
    dates = pd.Timestamp("2024-10-15") + pd.to_timedelta(month * 30, unit="D")
    people = pd.DataFrame({"home": home, "service_date": dates, "passport_type": kind})
    return people, pd.Series(chance).groupby(home).mean().reindex(AREAS)


def uptake(people: pd.DataFrame, **options: object):  # type: ignore[no-untyped-def]
    return electronic_uptake(people, AREAS, way=KM, settings=Settings(), **options)  # type: ignore[arg-type]


def test_who_came_when_all_were_electronic_is_not_counted() -> None:
    people, _ = draw(np.random.default_rng(1))
    late = people.assign(service_date=pd.Timestamp("2025-07-01"), passport_type="electronic")
    both = uptake(pd.concat([people, late], ignore_index=True))
    pd.testing.assert_frame_equal(both.by_area, uptake(people).by_area)


def test_unknown_kinds_are_told_and_in_no_share() -> None:
    people, _ = draw(np.random.default_rng(2))
    table = uptake(people).by_area
    assert (table["people"] == table["known"] + table["unknown"]).all()
    assert table["people"].sum() == len(people)
    np.testing.assert_allclose(table["share"], table["electronic"] / table["known"])


def test_trend_without_spread_of_areas_is_logistic_regression() -> None:
    people, _ = draw(np.random.default_rng(3))
    known = people[people["passport_type"] != "unknown"]
    month = known["service_date"].dt.year * 12 + known["service_date"].dt.month
    design = sm.add_constant(np.column_stack([month - month.min(), KM[known["home"]].to_numpy() / 100]))
    theirs = sm.Logit((known["passport_type"] == "electronic").to_numpy(float), design).fit(disp=0)
    ours = uptake(people).trend["estimate"]
    np.testing.assert_allclose(np.log(ours), theirs.params[1:], atol=0.05)


def test_an_area_that_lags_is_found_and_others_are_not() -> None:
    people, _ = draw(np.random.default_rng(4), n=3000)
    behind = (people["home"] == "a05") & (people["passport_type"] == "electronic")
    keep = behind & (np.arange(len(people)) % 4 == 0)
    people["passport_type"] = people["passport_type"].mask(behind & ~keep, "non_electronic")
    table = uptake(people).by_area
    assert table.loc["a05", "lags"]
    assert table.loc["a05", "lag"] < -0.1
    assert table["lags"].sum() <= 3


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_intervals_of_areas_cover_nine_in_ten(spread: float) -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(10):
        people, chance = draw(rng, spread=spread, n=700)
        table = uptake(people).by_area
        inside.append(table["ci_low"].le(chance) & chance.le(table["ci_high"]))
    assert 0.86 <= np.mean(inside) <= 0.94


def test_the_trend_covers_the_truth() -> None:
    rng = np.random.default_rng(6)
    inside = []
    for _ in range(25):
        trend = uptake(draw(rng, spread=0.4)[0]).trend
        low, high = np.log(trend["ci_low"]), np.log(trend["ci_high"])
        inside += [low.iloc[0] <= 0.12 <= high.iloc[0], low.iloc[1] <= -0.8 <= high.iloc[1]]
    assert np.mean(inside) >= 0.8


def test_too_few_known_have_no_trend() -> None:
    people, _ = draw(np.random.default_rng(7), n=12)
    found = uptake(people)
    assert found.trend.empty
    assert found.by_area["lag"].isna().all()
    assert not found.by_area["lags"].any()


def test_rounded_areas_give_shares_of_rounded_numbers() -> None:
    people, _ = draw(np.random.default_rng(8))
    table = uptake(people, rounding_base=5).by_area
    assert (table[["people", "electronic", "unknown", "known"]] % 5 == 0).all(axis=None)
    assert table["share"].isna().equals(table["known"] < 20)
    assert table["lag"].isna().equals(table["share"].isna())
