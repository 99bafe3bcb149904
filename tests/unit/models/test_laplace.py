"""The marginal likelihood's derivatives, in every combination of effects."""

import numpy as np
import pytest

from outreach_analysis.models.glmm import CountLayout, MarginalLikelihood

STEP = 1e-5
SITES = np.array([0, 0, 1, 2, 1, 0])


def _layout(*, site: bool, sold_out: bool, overdispersed: bool = True, event_effect: bool = True) -> CountLayout:
    rng = np.random.default_rng(4)
    event = np.repeat(np.arange(6), 9)
    x = np.column_stack([np.ones(event.size), rng.uniform(0, 3, event.size), rng.standard_normal(6)[event]])
    mean = np.exp(x @ [1.2, -0.6, 0.1] + 0.4 * rng.standard_normal(6)[event])
    return CountLayout(
        y=rng.poisson(mean * rng.gamma(2, 0.5, event.size)).astype(float),
        offset=rng.normal(0, 0.2, event.size),
        x=x,
        event=event,
        site=SITES if site else None,
        sold_out=np.isin(np.arange(6), [1, 3]) if sold_out else np.zeros(6, dtype=bool),
        overdispersed=overdispersed,
        event_effect=event_effect,
    )


CASES = {
    "events": {"site": False, "sold_out": False},
    "events and sites": {"site": True, "sold_out": False},
    "sold out": {"site": False, "sold_out": True},
    "sold out at shared sites": {"site": True, "sold_out": True},
    "poisson with events": {"site": False, "sold_out": False, "overdispersed": False},
    "negative binomial alone": {"site": False, "sold_out": False, "event_effect": False},
    "poisson alone": {"site": False, "sold_out": False, "overdispersed": False, "event_effect": False},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_gradient_and_hessian_are_the_numerical_ones(case):
    layout = _layout(**case)
    likelihood = MarginalLikelihood(layout)
    params = np.r_[1.0, -0.5, 0.2, [-0.4, -0.8, -1.0][: len(layout.scale_names)]]
    exact = likelihood.evaluate(params)
    gradient, hessian = [], []
    for direction in np.eye(len(params)):
        above = likelihood.evaluate(params + STEP * direction)
        below = likelihood.evaluate(params - STEP * direction)
        gradient.append((above.value - below.value) / (2 * STEP))
        hessian.append((above.gradient - below.gradient) / (2 * STEP))
    np.testing.assert_allclose(exact.gradient, gradient, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(exact.hessian, np.array(hessian), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(exact.hessian, exact.hessian.T, atol=1e-10)


def test_effects_move_as_their_slope_says():
    likelihood = MarginalLikelihood(_layout(site=True, sold_out=True))
    params = np.array([1.0, -0.5, 0.2, -0.4, -0.8, -1.0])
    exact = likelihood.evaluate(params)
    for at, direction in enumerate(np.eye(6)):
        moved = likelihood.evaluate(params + STEP * direction).effects
        moved = moved - likelihood.evaluate(params - STEP * direction).effects
        np.testing.assert_allclose(exact.effects_slope[:, at], moved / (2 * STEP), rtol=1e-5, atol=1e-6)


def test_value_hangs_on_the_parameters_alone():
    likelihood = MarginalLikelihood(_layout(site=True, sold_out=True))
    params = np.array([1.0, -0.5, 0.2, -0.4, -0.8, -1.0])
    first = likelihood.evaluate(params).value
    likelihood.evaluate(params + 2.0)
    assert likelihood.evaluate(params).value == pytest.approx(first, abs=1e-9)


def test_sold_out_without_anybody_is_an_event_of_nobody():
    layout = _layout(site=False, sold_out=True)
    empty = np.where(layout.event == 1, 0.0, layout.y)
    params = np.array([1.0, -0.5, 0.2, -0.4, -0.8])
    values = [
        MarginalLikelihood(
            CountLayout(y=empty, offset=layout.offset, x=layout.x, event=layout.event, site=None, sold_out=sold)
        ).evaluate(params).value
        for sold in (layout.sold_out, layout.sold_out & (np.arange(6) != 1))
    ]  # fmt: skip
    assert values[0] == values[1]
