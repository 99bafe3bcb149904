import numpy as np
import pytest
import statsmodels.api as sm

from outreach_analysis.models.impact_panel import LEAST_SHARE_LEFT, TwoWay, fit_panel


def panel(seed: int, n_rows: int = 12, n_columns: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    base = np.exp(rng.normal(3, 0.6, n_rows))[:, None] * np.exp(rng.normal(0, 0.2, n_columns))
    came = rng.poisson(4, base.shape) * (rng.random(base.shape) < 0.2)
    return rng.poisson(base - 0.3 * np.minimum(came, base)).astype(float) + 1, came.astype(float)


def dummies(n_rows: int, n_columns: int) -> np.ndarray:
    rows = np.repeat(np.eye(n_rows), n_columns, axis=0)
    columns = np.tile(np.eye(n_columns), (n_rows, 1))[:, 1:]
    return np.hstack([rows, columns])


def test_levels_alone_are_those_of_a_poisson_regression_with_dummies() -> None:
    people, _ = panel(1)
    ours = fit_panel(people, np.zeros((0, *people.shape)))
    theirs = sm.GLM(people.ravel(), dummies(*people.shape), family=sm.families.Poisson()).fit()
    np.testing.assert_allclose(ours.mean.ravel(), theirs.fittedvalues, rtol=1e-5)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_fit_solves_its_estimating_equations(seed: int) -> None:
    """Residuals sum to 0 over rows and columns, and over exposures per base: weighted least squares finds no more."""
    people, came = panel(seed)
    fitted = fit_panel(people, came[None])
    np.testing.assert_allclose(fitted.score.sum(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(fitted.score.sum(axis=1), 0, atol=1e-6)
    design = np.column_stack([-came.ravel() / fitted.scale.ravel(), dummies(*people.shape)])
    design[fitted.at_floor.ravel(), 0] = 0
    working = (people - fitted.mean) / fitted.scale
    more = sm.WLS(working.ravel(), design, weights=fitted.levels.weights.ravel()).fit()
    np.testing.assert_allclose(more.params, 0, atol=1e-6)


def test_cells_that_do_not_count_change_nothing() -> None:
    people, came = panel(4)
    observed = np.ones(people.shape, dtype=bool)
    observed[3, 4:] = False
    spoilt = np.where(observed, people, 999.0)
    kept = fit_panel(people * observed, came[None], observed=observed)
    assert fit_panel(spoilt * observed, came[None], observed=observed).taken == pytest.approx(kept.taken)
    assert (kept.score[~observed] == 0).all()


def test_a_share_beyond_what_an_area_has_stands_at_the_floor() -> None:
    people, came = panel(5)
    came[0, 0] = people[0].mean() * 5
    fitted = fit_panel(np.where(came > 50, 1.0, people), came[None])
    assert fitted.mean[0, 0] >= LEAST_SHARE_LEFT * fitted.base[0, 0] - 1e-9


def test_two_way_residual_is_that_of_weighted_least_squares_with_dummies() -> None:
    rng = np.random.default_rng(6)
    weights, values = rng.uniform(0.5, 2, (5, 7)), rng.normal(size=(2, 5, 7))
    levels = TwoWay(weights)
    for each, left in zip(values, levels.residual(values), strict=True):
        theirs = sm.WLS(each.ravel(), dummies(5, 7), weights=weights.ravel()).fit().resid
        np.testing.assert_allclose(left.ravel(), theirs, atol=1e-8)
    residual = levels.residual(values)
    expected = np.einsum("aij,bij->ab", residual * weights, residual)
    np.testing.assert_allclose(levels.gram(values), expected, atol=1e-8)
