"""How much kinds differ is learned: in closed form, against numerical integration and against fits."""

import numpy as np
import pytest

from outreach_analysis.models.forecast import FACTORS, OWN_FACTORS, Posterior, Shrunk, learn_shrinkage
from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout

# const, kind | log spread
COV = np.array([[0.2, -0.05, 0.01], [-0.05, 0.1, 0.02], [0.01, 0.02, 0.3]])

KINDS = Shrunk(at=slice(1, 2), precision=np.array([[4.0]]), factors=FACTORS)


def _posterior(centre: list[float]) -> Posterior:
    ridge = COV[:, 2:] / COV[2, 2]
    given = COV[:2, :2] - ridge[:2] @ COV[2:, :2]
    return Posterior(
        centre=np.array(centre),
        ridge=ridge,
        axes=np.sqrt(COV[2:, 2:]),
        sides=np.ones((1, 2)),
        root=np.linalg.cholesky(given),
    )


@pytest.mark.parametrize("kind", [0.0, 0.4, 1.2])
def test_weights_and_centres_are_those_of_numerical_integration(kind):
    found = learn_shrinkage(_posterior([1.0, kind, -1.0]), COV, [KINDS])
    b = np.linspace(-6, 6, 20_001)
    fitted = np.exp(-0.5 * (b - kind) ** 2 / COV[1, 1])
    masses, means = [], []
    for factor in FACTORS:
        density = fitted * np.exp(-0.5 * 4.0 * b**2 * (factor**-2 - 1)) / factor
        masses.append(density.sum())
        means.append((b * density).sum() / density.sum())
    np.testing.assert_allclose(found.weights, np.array(masses) / sum(masses), rtol=1e-6)
    np.testing.assert_allclose([part.centre[1] for part in found.parts], means, atol=1e-8)


def test_the_fits_own_prior_is_left_as_it_was():
    posterior = _posterior([1.0, 0.5, -1.0])
    own = learn_shrinkage(posterior, COV, [KINDS]).parts[-1]
    np.testing.assert_allclose(own.centre, posterior.centre)
    np.testing.assert_allclose(own.ridge, posterior.ridge)
    np.testing.assert_allclose(own.root, posterior.root)


def test_draws_come_from_each_part_by_its_weight():
    found = learn_shrinkage(_posterior([1.0, 0.5, -1.0]), COV, [KINDS])
    drawn, factor = found.draw(40_000, np.random.default_rng(2))
    shares = [(factor == each).mean() for each in FACTORS]
    np.testing.assert_allclose(shares, found.weights, atol=0.01)
    for each, part in zip(FACTORS, found.parts, strict=True):
        np.testing.assert_allclose(drawn[factor == each].mean(axis=0), part.centre, atol=0.03)


@pytest.mark.parametrize("own", [0.0, 0.9])
def test_two_groups_are_narrowed_each_by_its_own_factor(own):
    cov = np.array([[0.1, 0.03, 0.02], [0.03, 0.05, 0.0], [0.02, 0.0, 0.3]])
    ridge = cov[:, 2:] / cov[2, 2]
    posterior = Posterior(
        centre=np.array([0.4, own, -1.0]),
        ridge=ridge,
        axes=np.sqrt(cov[2:, 2:]),
        sides=np.ones((1, 2)),
        root=np.linalg.cholesky(cov[:2, :2] - ridge[:2] @ cov[2:, :2]),
    )
    groups = [
        Shrunk(at=slice(0, 1), precision=np.array([[4.0]]), factors=FACTORS),
        Shrunk(at=slice(1, 2), precision=np.array([[8.0]]), factors=OWN_FACTORS),
    ]
    found = learn_shrinkage(posterior, cov, groups)
    at = np.linspace(-4, 4, 1601)
    a, b = np.meshgrid(at, at, indexing="ij")
    away = np.stack([a - 0.4, b - own])
    fitted = np.exp(-0.5 * np.einsum("iab,ij,jab->ab", away, np.linalg.inv(cov[:2, :2]), away))
    masses, means = [], []
    for one, two in found.factors:
        density = fitted * np.exp(-2.0 * a**2 * (one**-2 - 1) - 4.0 * b**2 * (two**-2 - 1)) / (one * two)
        masses.append(density.sum())
        means.append((b * density).sum() / density.sum())
    np.testing.assert_allclose(found.weights, np.array(masses) / sum(masses), rtol=1e-4)
    np.testing.assert_allclose([part.centre[1] for part in found.parts], means, atol=1e-5)


def test_kinds_that_differ_are_not_shrunk(make_office):
    def weights(difference: float):
        office = make_office(40, 20, place_kind={"mall": 0.0, "kecamatan": difference}, event_sd=0.2)
        return fit_turnout(**office.named, rng=np.random.default_rng(0)).fitted.posterior.weights

    assert weights(0.0)[0] > 1.3 * weights(0.0)[-1]
    assert weights(1.2)[-1] > 0.6


def test_half_the_spread_is_the_posterior_of_a_fit_with_half_the_spread(make_office):
    office = make_office(40, 20)
    wide = fit_turnout(
        **office.named,
        question=TurnoutQuestion(prior=TurnoutPrior(kind_sd=0.4, day_sd=0.3)),
        rng=np.random.default_rng(0),
    )
    half = fit_turnout(
        **office.named,
        question=TurnoutQuestion(prior=TurnoutPrior(kind_sd=0.2, day_sd=0.15)),
        rng=np.random.default_rng(0),
    )
    own, found = half.fitted.posterior.parts[-1], wide.fitted.posterior.parts[FACTORS.index(0.5)]
    p = len(own.root)
    np.testing.assert_allclose(found.centre[:p], own.centre[:p], atol=0.05)
    np.testing.assert_allclose(found.root @ found.root.T, own.root @ own.root.T, rtol=0.1, atol=0.002)
