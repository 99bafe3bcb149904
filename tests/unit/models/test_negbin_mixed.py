"""The statsmodels model: its habits, its prior, its restricted spreads."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.glmm import Belief, NegBinMixed

EVENTS, AREAS = 8, 15


def _data(seed: int = 3) -> tuple[np.ndarray, pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = np.repeat(np.arange(EVENTS), AREAS)
    x = pd.DataFrame({"const": 1.0, "km": rng.uniform(0, 3, event.size), "holiday": rng.integers(0, 2, EVENTS)[event]})
    mean = np.exp(2.5 - x["km"] + 0.2 * x["holiday"] + 0.5 * rng.standard_normal(EVENTS)[event])
    return rng.poisson(mean * rng.gamma(2, 0.5, event.size)), x, event, event // 2


def _prior(n_rows: int) -> Belief:
    return Belief(
        mean=np.array([0.0, -1.0, 0.0, -0.5, -0.9]),
        precision=np.diag([0.0, 2.8, 4.0, 1.6, 2.8]),
        log_total=np.log(60.0),
        log_total_sds=(0.5, 0.8),
        reference_offset=np.zeros(n_rows),
    )


def test_results_read_as_statsmodels_results():
    y, x, event, site = _data()
    results = NegBinMixed(y, x, event=event, site=site, prior=None).fit()
    assert results.names == ["const", "km", "holiday", "log_overdispersion", "log_event_sd", "log_site_sd"]
    assert results.params.shape == results.bse.shape == (6,)
    np.testing.assert_allclose(results.cov_params(), np.linalg.inv(-results.model.hessian(results.params)))
    np.testing.assert_allclose(results.conf_int(alpha=0.1)[:, 1], results.params + 1.6448536 * results.bse, rtol=1e-6)
    text = str(results.summary())
    assert "Posterior mode" in text
    assert "log_event_sd" in text
    assert text == str(results.summary())
    assert results.mle_retvals["converged"]


def test_mode_has_no_slope_and_row_order_changes_nothing():
    y, x, event, _ = _data()
    results = NegBinMixed(y, x, event=event, prior=_prior(y.size)).fit()
    assert np.abs(results.model.score(results.params)).max() < 1e-4
    order = np.random.default_rng(0).permutation(y.size)
    labels = np.array(list("hbcadfge"))
    turned = NegBinMixed(y[order], x.iloc[order], event=labels[event[order]], prior=_prior(y.size)).fit()
    np.testing.assert_allclose(turned.params, results.params, atol=1e-6)
    np.testing.assert_allclose(turned.bse, results.bse, rtol=1e-5)


def test_doubling_the_offset_doubles_the_mean():
    y, x, event, _ = _data()
    once = NegBinMixed(y, x, event=event).fit().params
    twice = NegBinMixed(y, x, event=event, offset=np.full(y.size, np.log(2))).fit().params
    np.testing.assert_allclose(once - twice, [np.log(2), 0, 0, 0, 0], atol=1e-5)


@pytest.mark.parametrize("level", [1.0, 3.0], ids=["below the prior's total", "above"])
def test_prior_has_the_numerical_derivatives(level):
    y, x, event, _ = _data()
    model = NegBinMixed(y, x, event=event, prior=_prior(y.size))
    params, step = np.array([level, -0.7, 0.1, -0.2, -1.0]), 1e-5
    _, gradient, hessian = model.log_prior(params)
    for at, direction in enumerate(np.eye(5)):
        above, below = model.log_prior(params + step * direction), model.log_prior(params - step * direction)
        assert gradient[at] == pytest.approx((above[0] - below[0]) / (2 * step), abs=1e-5)
        np.testing.assert_allclose(hessian[at], (above[1] - below[1]) / (2 * step), atol=1e-5)


def test_a_strong_prior_wins_and_a_weak_one_yields():
    y, x, event, _ = _data()
    weak = _prior(y.size)
    strong = Belief(
        mean=weak.mean,
        precision=1e6 * weak.precision,
        log_total=weak.log_total,
        log_total_sds=weak.log_total_sds,
        reference_offset=weak.reference_offset,
    )
    fitted = [NegBinMixed(y, x, event=event, prior=prior).fit() for prior in (None, weak, strong)]
    np.testing.assert_allclose(fitted[2].params[1:], weak.mean[1:], atol=1e-3)
    assert abs(fitted[1].params[1] - fitted[0].params[1]) < fitted[0].bse[1]


def test_restricted_spread_is_larger_and_nearer_the_truth():
    """Over 20 draws of 8 events with sd .5 the plain mode is too small on average, the restricted one less so."""
    plain, restricted = [], []
    for seed in range(20):
        y, x, event, _ = _data(seed)
        model = NegBinMixed(y, x, event=event, prior=_prior(y.size))
        plain.append(model.fit().params[4])
        restricted.append(model.fit(restricted=True).params[4])
    assert np.greater(restricted, plain).all()
    assert np.mean(plain) < np.mean(restricted) < np.log(0.55)


def test_no_mode_is_said(monkeypatch):
    y, x, event, _ = _data()
    monkeypatch.setattr("outreach_analysis.models.glmm._ITERATIONS", 1)
    with pytest.raises(RuntimeError, match=r"found no mode: gradient .* after 1 steps"):
        NegBinMixed(1000 * y, x, event=event).fit(np.array([-3.0, 2.0, 1.0, 1.0, 1.0]))
