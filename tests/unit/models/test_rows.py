"""Row densities against scipy and against numerical derivatives."""

import numpy as np
import pytest
from scipy import stats

from outreach_analysis.models.glmm import Rows, effect_rows, negbin_rows, negbin_value

STEP = 1e-5
BY_M = {"d1": "value", "d2": "d1", "d3": "d2", "d4": "d3"}
BY_A = {"a": "value", "aa": "a", "d1a": "d1", "d2a": "d2", "d3a": "d3", "d1aa": "d1a", "d2aa": "d2a"}
AT_LEAST = np.array([True, False, True, False, True])


def _negbin(m: np.ndarray, a: float) -> Rows:
    return negbin_rows(np.array([0.0, 1.0, 3.0, 20.0, 150.0]), m, a)


def _effects(m: np.ndarray, a: float) -> Rows:
    return effect_rows(m, a, AT_LEAST)


@pytest.mark.parametrize("rows", [_negbin, _effects])
@pytest.mark.parametrize("a", [-1.5, 0.3])
def test_derivatives_are_those_of_the_value(rows, a):
    m = np.array([-2.0, -0.4, 0.2, 0.9, 1.4])
    exact = rows(m, a)
    for name, source in BY_M.items():
        numeric = (getattr(rows(m + STEP, a), source) - getattr(rows(m - STEP, a), source)) / (2 * STEP)
        np.testing.assert_allclose(getattr(exact, name), numeric, rtol=1e-4, atol=1e-4, err_msg=name)
    for name, source in BY_A.items():
        numeric = (getattr(rows(m, a + STEP), source) - getattr(rows(m, a - STEP), source)) / (2 * STEP)
        np.testing.assert_allclose(getattr(exact, name), numeric, rtol=1e-4, atol=1e-4, err_msg=name)


def test_negative_binomial_is_scipys():
    y, m, alpha = np.array([0.0, 2.0, 40.0]), np.array([-1.0, 1.0, 3.0]), 0.5
    expected = stats.nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * np.exp(m)))
    np.testing.assert_allclose(negbin_rows(y, m, np.log(alpha)).value, expected)


def test_no_overdispersion_is_the_poisson():
    y, m = np.array([0.0, 2.0, 40.0]), np.array([-1.0, 1.0, 3.0])
    np.testing.assert_allclose(negbin_rows(y, m, -np.inf).value, stats.poisson.logpmf(y, np.exp(m)))
    np.testing.assert_allclose(negbin_rows(y, m, np.log(1e-7)).value, stats.poisson.logpmf(y, np.exp(m)), atol=1e-4)


def test_short_form_agrees_with_the_full_one():
    y, m = np.array([0.0, 2.0, 40.0]), np.array([-1.0, 1.0, 3.0])
    for a in (-0.5, -np.inf):
        _, d1, d2 = negbin_value(y, m, a)
        np.testing.assert_allclose(d1, negbin_rows(y, m, a).d1)
        np.testing.assert_allclose(d2, negbin_rows(y, m, a).d2)


def test_effects_are_normal_or_its_upper_tail():
    t, sd = np.array([-1.0, -0.2, 0.0, 0.4, 9.0]), 0.7
    expected = np.where(AT_LEAST, stats.norm.logsf(t, scale=sd), stats.norm.logpdf(t, scale=sd))
    np.testing.assert_allclose(effect_rows(t, np.log(sd), AT_LEAST).value, expected)
