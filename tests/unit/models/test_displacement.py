"""Displacement: the prior's quantiles, one-number checks by quadrature, evidence that moves it, and what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from asked import asked_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from outreach_analysis.models import displacement
from outreach_analysis.models.displacement import (
    HYPOTHESES,
    DisplacementEvidence,
    DisplacementPrior,
    estimate_displacement,
)
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.settings import Settings

KM = pd.Series({"near": 0.0, "middle": 25.0, "far": 60.0, "beyond": np.inf}).rename_axis("area_id")
RESIDENTS = pd.Series({"near": 60_000, "middle": 30_000, "far": 20_000, "beyond": 5_000})


def estimate(km=KM, residents=RESIDENTS, *, rng=0, **evidence):
    known, others = asked_of(DisplacementEvidence, evidence)
    return estimate_displacement(km, residents, evidence=known, rng=rng, **others)


def asked(**areas: tuple[float, float, float]) -> pd.DataFrame:
    """Answers by area: yes, no, unsure."""
    rows = [(area, *numbers) for area, numbers in areas.items()]
    return pd.DataFrame(rows, columns=["area_id", "yes", "no", "unsure"])


def impact_of(displacement: float, error: float, *, passed: bool = True, weights=None) -> ImpactResult:
    """An impact estimate with the 90 % interval that an error (sd) gives."""
    half = error * stats.norm.ppf(0.95)
    return ImpactResult(
        status="estimated" if passed else "placebo_failed",
        about=(),
        displacement=displacement,
        displacement_low=displacement - half,
        displacement_high=displacement + half,
        log_effect=-0.2,
        log_effect_low=-0.3,
        log_effect_high=-0.1,
        placebo_p=0.6 if passed else 0.01,
        event_time=pd.DataFrame(),
        n_events=20,
        n_controls=9,
        n_months=24,
        level=0.9,
        left_out=pd.DataFrame(columns=["what", "id", "reason", "people"]),
        settings=Settings(),
        area_weights=pd.Series(weights or {"near": 0.6, "middle": 0.3, "far": 0.1}),
    )


# ---------- the prior


def test_the_prior_lies_where_the_design_says():
    found = estimate(n_draws=40_000)
    low, high = np.quantile(found.draws, [0.05, 0.95], axis=0)
    # 90 %: .20 to .85 at the office, .05 to .60 at 60 km, to what an area's own effect adds
    assert (low[0], high[0]) == pytest.approx((0.20, 0.85), abs=0.04)
    assert (low[2], high[2]) == pytest.approx((0.05, 0.60), abs=0.04)
    # farther than twice the scale hardly anything changes, and it keeps falling
    assert found.by_area["estimate"].is_monotonic_decreasing
    assert found.by_area["estimate"]["beyond"] > 0.1


def test_who_can_reach_no_fixed_point_is_as_far_as_can_be():
    missing = estimate(KM.replace(np.inf, np.nan))
    assert (missing.draws == estimate().draws).all()


@pytest.mark.parametrize("hypothesis", HYPOTHESES)
def test_each_hypothesis_says_what_its_name_says(hypothesis):
    share = pd.Series({"near": 0.9, "middle": 0.5, "far": 0.1})
    evidence = asked(near=(30, 70, 0), far=(30, 70, 0))
    found = estimate(hypothesis=hypothesis, office_share=share, answers=evidence, n_draws=8000)
    at = found.by_area["estimate"]
    assert found.hypothesis == hypothesis
    if hypothesis == "one_share":
        # the same everywhere but for what an area has of its own
        assert at["near"] == pytest.approx(at["far"], abs=0.02)
        assert estimate(hypothesis=hypothesis).parameters.loc["office_share", "estimate"] == 0
    if hypothesis == "falling":
        without = estimate(hypothesis=hypothesis, answers=evidence, n_draws=8000)
        assert (found.draws == without.draws).all()
        assert at["near"] > at["far"]
    if hypothesis == "office_share":
        assert found.parameters.loc["office_share", "estimate"] > 1
        assert at["near"] > at["middle"] > at["far"]


SURE = DisplacementPrior(
    near_mean=1.0, near_sd=0.0, far_mean=-1.0, far_sd=0.0, slope_mean=0.5, slope_sd=0.0, area_sd=0.0,
    overstatement_mean=0.3, overstatement_sd=0.0, scale_km=10.0,
)  # fmt: skip
"""A prior that leaves nothing to chance, so that what follows from it can be worked by hand."""


def test_a_sure_prior_by_hand():
    """From the log odds at the office, 1, to those at twice the scale, -1, as 1 - exp(-km / 10)."""
    found = estimate(KM.replace({25.0: 10.0, 60.0: 20.0}), prior=SURE, n_draws=3)
    odds = [1, 1 - 2 / (1 + np.exp(-1)), -1, 1 - 2 / (1 - np.exp(-2))]
    for column in ("estimate", "ci_low", "ci_high"):
        assert found.by_area[column].tolist() == pytest.approx(special.expit(odds).tolist())
    assert found.pooled == pytest.approx(special.expit(odds) @ RESIDENTS / RESIDENTS.sum())
    assert found.parameters["estimate"].tolist() == pytest.approx([1, -1, 0.5, 0.3])
    assert found.parameters["unit"].tolist() == ["log odds", "log odds", "log odds per unit", "log odds"]
    assert found.overstatement.tolist() == pytest.approx([0.3] * 3)
    assert found.log_evidence == 0


def test_a_share_of_the_office_by_hand():
    """Half of the log odds beyond their mean over residents; clipped at .03 and .97; unknown: as the mean."""
    share = pd.Series({"near": 1.0, "middle": 0.5, "far": 0.0})
    here = pd.Series(0.0, index=KM.index)
    found = estimate(here, office_share=share, prior=SURE, n_draws=2)
    most, mean = np.log(0.97 / 0.03), np.log(0.97 / 0.03) * (60 - 20) / 110
    x = np.array([most - mean, -mean, -most - mean, 0.0]) / 2
    assert found.by_area["estimate"].tolist() == pytest.approx(special.expit(1 + 0.5 * x).tolist())
    # where nobody lives there is no mean
    nobody = estimate(here, RESIDENTS * 0, office_share=share, prior=SURE, n_draws=2)
    assert nobody.by_area["estimate"].tolist() == pytest.approx([special.expit(1)] * 4)


@pytest.mark.parametrize(("passed", "more"), [(True, 0.0), (False, 0.3)])
def test_the_evidence_of_an_impact_by_hand(passed, more):
    """A t of 4 degrees about the share of those who came; the error, one of the model, one of a failed placebo."""
    impact = impact_of(0.2, 0.05, passed=passed, weights={"near": 3.0, "elsewhere": 9.0, "far": 1.0})
    found = estimate(KM.replace(60.0, 20.0), prior=SURE, impact=impact, n_draws=5)
    expected = special.expit(1) * 0.75 + special.expit(-1) * 0.25
    scale = np.sqrt(0.05**2 + 0.1**2 + more**2)
    assert found.log_evidence == pytest.approx(stats.t.logpdf((0.2 - expected) / scale, 4))
    assert found.draws.shape == (5, 4)


def test_draws_are_taken_as_often_as_they_are_likely():
    likely = np.log([1.0, 2.0, 0.0, 1.0], where=[True, True, False, True], out=np.full(4, -np.inf))
    kept = displacement._resampled(likely - 1000, 8, np.random.default_rng(3))
    assert np.bincount(kept, minlength=4).tolist() == [2, 4, 0, 2]
    assert kept.tolist() != sorted(kept)


def test_each_hypothesis_by_hand():
    prior = DisplacementPrior(near_mean=1.0, near_sd=0.5, far_mean=-2.0, far_sd=2.0, correlation=0.25,
                              slope_mean=0.75, slope_sd=1.5, overstatement_mean=0.1, overstatement_sd=0.3)  # fmt: skip
    learned, alike = [[0.25, 0.25], [0.25, 4.0]], [[2.125, 2.125], [2.125, 2.125]]
    for hypothesis, near, far, slope, of_levels, of_slope in (
        ("learned", 1.0, -2.0, 0.75, learned, 2.25),
        ("one_share", -0.5, -0.5, 0.0, alike, 0.0),
        ("falling", 1.0, -2.0, 0.0, learned, 0.0),
        ("office_share", -0.5, -0.5, 2.0, alike, 0.0625),
    ):
        mean, cov = prior.moments(hypothesis)
        assert mean.tolist() == [near, far, slope, 0.1]
        assert cov[:2, :2].tolist() == of_levels
        assert cov[2:, 2:].tolist() == [[of_slope, 0.0], [0.0, pytest.approx(0.09)]]
        assert not cov[:2, 2:].any()
        assert not cov[2:, :2].any()


# ---------- answers, against quadrature


def quadrature(km: list[float], yes: list[float], n: list[float], prior: DisplacementPrior) -> np.ndarray:
    """Posterior means of two areas' displacement, by sums over a grid of near, far, h and each area's own effect.

    The posterior factors over the areas once near, far and h are fixed: no sampling and no mode are used.
    """
    at = np.linspace(-3.2, 3.2, 25)
    weight = stats.norm.pdf(at)
    near = prior.near_mean + prior.near_sd * at[:, None]
    far = prior.far_mean + prior.far_sd * (
        prior.correlation * at[:, None] + np.sqrt(1 - prior.correlation**2) * at[None, :]
    )
    h = prior.overstatement_mean + prior.overstatement_sd * at
    own = prior.area_sd * at
    evidence = np.ones((len(at), len(at), len(at)))
    means = []
    for kilometres, said, people in zip(km, yes, n, strict=True):
        g = (1 - np.exp(-kilometres / prior.scale_km)) / (1 - np.exp(-2))
        logit = ((1 - g) * near + g * far)[:, :, None, None] + own  # (near, far, 1, own)
        share = special.expit(logit + h[:, None])
        likelihood = share**said * (1 - share) ** (people - said) * weight
        evidence = evidence * likelihood.sum(axis=-1)
        means.append((likelihood * special.expit(logit)).sum(axis=-1) / likelihood.sum(axis=-1))
    joint = evidence * weight[:, None, None] * weight[None, :, None] * weight[None, None, :]
    return np.array([(joint * mean).sum() / joint.sum() for mean in means])


@pytest.mark.parametrize(
    ("yes", "n"),
    [((0.0, 0.0), (0.0, 0.0)), ((2.0, 0.0), (5.0, 3.0)), ((12.5, 20.0), (40.0, 40.0)), ((0.0, 29.0), (30.0, 30.0))],
    ids=str,
)
def test_two_areas_agree_with_quadrature(yes, n):
    prior = DisplacementPrior()
    km = pd.Series({"near": 3.0, "far": 45.0})
    answers = pd.DataFrame(
        {"area_id": ["near", "far"], "yes": yes, "no": np.subtract(n, yes), "unsure": 0.0},
    )
    found = estimate(km, RESIDENTS[["near", "far"]], answers=answers, n_draws=40_000)
    assert found.by_area["estimate"].tolist() == pytest.approx(
        quadrature(km.tolist(), list(yes), list(n), prior).tolist(), abs=0.03
    )


def test_unsure_is_half_a_yes():
    unsure = estimate(answers=asked(near=(10, 10, 20)))
    halved = estimate(answers=asked(near=(20, 20, 0)))
    assert (unsure.draws == halved.draws).all()
    assert unsure.n_answers == halved.n_answers == 40
    assert unsure.by_area["answers"].to_dict() == {"near": 40, "middle": 0, "far": 0, "beyond": 0}


def test_rows_of_one_area_add_up_and_areas_not_asked_about_are_left_out():
    once = estimate(answers=asked(near=(6, 4, 0)))
    apart = pd.concat([asked(near=(2, 1, 0)), asked(near=(4, 3, 0), elsewhere=(50, 0, 0))])
    found = estimate(answers=apart)
    assert (found.draws == once.draws).all()
    assert found.n_answers == 10


@given(
    yes=st.integers(0, 30),
    no=st.integers(0, 30),
    more=st.integers(1, 20),
    area=st.sampled_from(["near", "middle", "far"]),
)
@settings(max_examples=10, deadline=None)
def test_one_more_yes_raises_and_one_more_no_lowers_everywhere(yes, no, more, area):
    """Evidence about one area speaks for the others too: it may say little there, never the contrary."""

    def mean(yes: int, no: int) -> pd.Series:
        return estimate(answers=asked(**{area: (yes, no, 0)}), n_draws=2000).by_area["estimate"]

    at = mean(yes, no)
    raised, lowered = mean(yes + more, no) - at, mean(yes, no + more) - at
    assert raised[area] > 0 > lowered[area]
    assert (raised > -0.005).all()
    assert (lowered < 0.005).all()


def test_answers_narrow_what_they_are_about_most():
    def width(found) -> pd.Series:
        return found.by_area["ci_high"] - found.by_area["ci_low"]

    ratio = width(estimate(answers=asked(near=(60, 140, 0)), n_draws=8000)) / width(estimate(n_draws=8000))
    assert ratio["near"] < 0.7
    assert ratio["near"] < ratio["far"] <= 1.05
    # overstatement cannot be learned from answers: a thousand of them leave a width
    thousand = estimate(answers=asked(near=(3_000, 7_000, 0)), n_draws=8000)
    assert width(thousand)["near"] > 0.15


def test_the_office_share_is_learned_and_does_nothing_without_a_difference():
    share = pd.Series({"near": 0.9, "middle": 0.5, "far": 0.1, "beyond": np.nan})
    said = asked(near=(90, 10, 0), middle=(50, 50, 0), far=(10, 90, 0))
    steep = estimate(office_share=share, answers=said).parameters.loc["office_share"]
    assert steep["ci_low"] > 0
    turned = asked(near=(10, 90, 0), middle=(50, 50, 0), far=(90, 10, 0))
    assert estimate(office_share=share, answers=turned).parameters.loc["office_share", "estimate"] < 0
    same = estimate(office_share=pd.Series(0.4, index=KM.index))
    np.testing.assert_allclose(same.draws, estimate().draws)
    assert (same.office_share_used, estimate().office_share_used) == (True, False)
    # an area whose share is not known, or that no share clips, stands where the mean of the residents does
    extreme = estimate(office_share=share.replace({0.9: 1.0, 0.1: 0.0}))
    assert np.isfinite(extreme.draws).all()


# ---------- the impact estimate


@pytest.mark.parametrize("value", [-0.28, 1.37])
@pytest.mark.parametrize("passed", [True, False])
def test_an_estimate_that_cannot_be_moves_little(value, passed):
    comers = pd.Series({"near": 60, "middle": 30, "far": 10})
    alone = estimate(comers=comers, n_draws=8000).pooled
    moved = estimate(comers=comers, impact=impact_of(value, 0.31, passed=passed), n_draws=8000).pooled - alone
    assert abs(moved) < 0.1
    # and in its own direction
    assert np.sign(moved) == np.sign(value - alone)


@pytest.mark.parametrize("value", [0.1, 0.8])
def test_a_precise_estimate_moves_more_than_a_vague_one_and_a_failed_gate_less(value):
    def moved(**options: object) -> float:
        found = estimate(impact=impact_of(value, **options), n_draws=8000)
        return abs(found.pooled - estimate(n_draws=8000).pooled)

    precise, vague, failed = moved(error=0.03), moved(error=0.4), moved(error=0.03, passed=False)
    assert precise > vague
    assert precise > failed > 0
    published = [estimate(impact=impact_of(value, 0.1, passed=passed)).impact_used for passed in (True, False)]
    assert published == ["estimated", "placebo_failed"]
    assert estimate().impact_used == "no"


def test_the_impact_estimate_is_weighed_by_importance():
    """Against weighing draws of the prior one by one: another way to the same mean."""
    impact = impact_of(0.2, 0.08)
    found = estimate(impact=impact, n_draws=20_000, rng=3)
    prior = estimate(n_draws=80_000, rng=4).draws
    half = impact.displacement_high - impact.displacement
    scale = np.hypot(half / stats.norm.ppf(0.95), 0.1)
    weights = stats.t.pdf((0.2 - prior[:, :3] @ [0.6, 0.3, 0.1]) / scale, 4)
    assert found.draws.mean(axis=0).tolist() == pytest.approx((weights @ prior / weights.sum()).tolist(), abs=0.015)


def test_an_estimate_without_a_number_is_not_used():
    nothing = dataclasses.replace(impact_of(0.3, 0.1), displacement=np.nan)
    found = estimate(impact=nothing)
    assert found.impact_used == "no"
    assert (found.draws == estimate().draws).all()


def test_an_estimate_for_areas_that_are_not_here_speaks_for_all_residents():
    elsewhere = estimate(impact=impact_of(0.9, 0.05, weights={"x": 1.0}), n_draws=8000)
    assert elsewhere.pooled > estimate(n_draws=8000).pooled


# ---------- form


def test_pooled_is_weighed_by_comers_and_else_by_residents():
    found = estimate(comers=pd.Series({"far": 10, "near": 30}))
    assert found.pooled == pytest.approx(found.draws @ [0.75, 0, 0.25, 0] @ np.ones(2000) / 2000)
    nobody = estimate(comers=pd.Series({"near": 0}))
    assert nobody.pooled == pytest.approx((found.draws @ (RESIDENTS / RESIDENTS.sum()).to_numpy()).mean())
    empty = estimate(residents=RESIDENTS * 0)
    assert empty.pooled == pytest.approx(empty.draws.mean())
    summary = found.summary()
    assert summary.columns.tolist() == ["estimate", "ci_low", "ci_high", "unit"]
    assert summary.index.tolist() == ["displacement", "near", "far", "office_share", "overstatement"]
    assert summary.loc["displacement"].tolist() == [found.pooled, found.pooled_low, found.pooled_high, "share"]
    # all of them 90 % intervals of the draws
    for low, high, draws in (
        (found.pooled_low, found.pooled_high, found.draws @ [0.75, 0, 0.25, 0]),
        (found.by_area.loc["far", "ci_low"], found.by_area.loc["far", "ci_high"], found.draws[:, 2]),
        (*summary.loc["overstatement", ["ci_low", "ci_high"]], found.overstatement),
    ):
        assert (low, high) == pytest.approx(tuple(np.quantile(draws, [0.05, 0.95])))
    assert "displacement" in found._repr_html_()


def test_the_order_of_areas_and_rows_changes_no_number_beyond_chance():
    """Draws follow the order of the areas; what they say does not."""
    share = pd.Series({"near": 0.9, "middle": 0.5, "far": 0.1})
    said = asked(near=(9, 11, 0), far=(3, 17, 2))
    evidence = {"office_share": share, "impact": impact_of(0.3, 0.1), "n_draws": 20_000}
    one = estimate(answers=said, **evidence)
    turned = estimate(KM.iloc[::-1], RESIDENTS.iloc[[2, 0, 3, 1]], answers=said.iloc[::-1], **evidence)
    assert turned.area_ids.tolist() == KM.index[::-1].tolist()
    pd.testing.assert_frame_equal(one.by_area, turned.by_area.loc[KM.index], atol=0.02, rtol=0)


def test_the_same_seed_gives_the_same_bytes_and_inputs_stay_as_they_were():
    said = asked(near=(9, 11, 0))
    kept = said.copy(), KM.copy(), RESIDENTS.copy()
    one, two, other = (estimate(answers=said, rng=seed) for seed in (5, np.random.default_rng(5), 6))
    assert one.draws.tobytes() == two.draws.tobytes() != other.draws.tobytes()
    pd.testing.assert_frame_equal(said, kept[0])
    pd.testing.assert_series_equal(KM, kept[1])
    pd.testing.assert_series_equal(RESIDENTS, kept[2])


@given(
    km=st.lists(st.floats(0, 5000) | st.just(np.inf), min_size=1, max_size=5),
    numbers=st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=5),
    share=st.none() | st.floats(0, 5),
)
@settings(max_examples=20, deadline=None)
def test_whatever_was_answered_it_stays_a_share(km, numbers, share):
    ids = pd.Index([f"a{number}" for number in range(len(km))])
    answers = pd.DataFrame(numbers, columns=["yes", "no", "unsure"]).assign(area_id="a0")
    found = estimate(
        pd.Series(km, index=ids),
        pd.Series(1000, index=ids),
        answers=answers,
        office_share=None if share is None else pd.Series(share, index=ids[:1]),
        n_draws=50,
    )
    assert ((found.draws >= 0) & (found.draws <= 1)).all()
    assert (found.by_area["ci_low"] <= found.by_area["ci_high"]).all()


def test_a_share_that_is_given_is_not_said_to_be_learned():
    found = estimate(answers=asked(near=(9, 11, 0)), impact=impact_of(0.3, 0.1), n_draws=20)
    given = found.given(0.25)
    assert given.draws.tolist() == [[0.25] * 4] * 20
    assert (given.by_area[["estimate", "ci_low", "ci_high"]] == 0.25).all(axis=None)
    assert (given.by_area["answers"] == 0).all()
    assert given.summary().to_numpy().tolist() == [[0.25, 0.25, 0.25, "share"]]
    assert (given.n_answers, given.impact_used, given.office_share_used, given.hypothesis) == (0, "no", False, "given")
    assert (found.n_answers, found.impact_used, found.hypothesis) == (20, "estimated", "learned")


# ---------- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"km": KM.replace(25.0, -1.0)}, r"below 0 km for middle to its nearest fixed point \(-1\)"),
        ({"km": KM * 1000}, r"above 5,000 km for middle .*\(25000\), far .*\(60000\); km are read: divide metres"),
        ({"residents": RESIDENTS.replace(20_000, -5)}, r"residents are missing, infinite or below 0 for far \(-5\)"),
        ({"residents": RESIDENTS.drop("middle")}, r"residents are missing.*middle \(nan\); give the number"),
        ({"residents": RESIDENTS.astype(float).replace(5000, np.inf)}, r"infinite.*beyond \(inf\)"),
        ({"km": pd.concat([KM, KM.iloc[:1]])}, "twice among the distances: near"),
        ({"residents": pd.concat([RESIDENTS, RESIDENTS.iloc[:1]])}, "twice among the residents: near"),
        ({"answers": asked(near=(3, 1, 0), far=(-1, 3, 0))}, "below 0 for: far"),
        ({"answers": asked(near=(3, np.nan, 0))}, "missing, infinite or below 0 for: near"),
        ({"answers": asked(near=(3, 1, 0)).drop(columns="unsure")}, r"lack the column\(s\): unsure"),
        ({"office_share": pd.Series({"near": -0.1})}, "share of demand is below 0 for: near"),
        ({"hypothesis": "none"}, "hypothesis 'none' is not one of: learned, one_share, falling, office_share"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        estimate(**changes)


# ---------- the evidence for a hypothesis


def test_evidence_is_that_of_the_integral():
    """One area: the Laplace evidence against quadrature over level, own effect and overstatement."""
    prior = DisplacementPrior()
    km, residents = pd.Series({"near": 0.0}), pd.Series({"near": 1000})
    ratio = {}
    for hypothesis, level, spread in (
        ("one_share", (prior.near_mean + prior.far_mean) / 2, np.sqrt((prior.near_sd**2 + prior.far_sd**2) / 2)),
        ("falling", prior.near_mean, prior.near_sd),
    ):
        found = estimate(km, residents, answers=asked(near=(6, 54, 0)), hypothesis=hypothesis, n_draws=10)
        sd = np.sqrt(spread**2 + prior.area_sd**2 + prior.overstatement_sd**2)
        at = np.linspace(-9, 9, 20_001) * sd + level + prior.overstatement_mean
        density = stats.norm.pdf(at, level + prior.overstatement_mean, sd)
        exact = np.trapezoid(special.expit(at) ** 6 * special.expit(-at) ** 54 * density, at)
        ratio[hypothesis] = found.log_evidence - np.log(exact)
    assert ratio["one_share"] == pytest.approx(0, abs=0.1)
    assert ratio["falling"] - ratio["one_share"] == pytest.approx(0, abs=0.05)


def test_answers_that_fall_with_distance_speak_for_falling_and_none_for_nothing():
    published = asked(near=(48, 12, 0), middle=(30, 30, 0), far=(6, 54, 0))
    falling, flat = (
        estimate(answers=published, hypothesis=name, n_draws=10).log_evidence for name in ("falling", "one_share")
    )
    assert falling > flat + 1
    assert {estimate(hypothesis=name, n_draws=10).log_evidence for name in HYPOTHESES} == {0.0}
    missing = impact_of(0.5, 0.02, weights={"far": 1.0})
    flat, falling = (
        estimate(impact=missing, hypothesis=name, n_draws=4000).log_evidence for name in ("one_share", "falling")
    )
    assert flat > falling
    assert estimate(n_draws=10).overstatement.shape == (10,)
