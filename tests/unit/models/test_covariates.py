"""Which kinds events tell apart, and that what they do not is left to the prior."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.models.design import NAMES, code_kinds, separate
from outreach_analysis.models.terms import TurnoutPrior

PRIOR = TurnoutPrior(kind_sd=0.4, day_sd=0.2)


def _separate(kinds: list[str], days: list[str]):
    return separate(code_kinds(pd.Series(kinds), pd.Series(days)), PRIOR)


def test_kinds_that_vary_are_kept_and_others_named():
    found = _separate(["mall", "desa", "mall", "desa"], ["weekend", "weekend", "workday", "workday"])
    assert found.names == ["kind[desa]", "day[workday]"]
    assert found.reasons.to_dict() == {
        name: "not_seen" for name in NAMES if name not in ("kind[desa]", "day[workday]")
    }  # fmt: skip


def test_days_that_go_with_kinds_are_dropped_and_named():
    found = _separate(["mall", "desa", "mall", "desa"], ["weekend", "workday", "weekend", "workday"])
    assert found.names == ["kind[desa]"]
    assert found.reasons["day[workday]"] == "same_as_others"


def test_kept_contrasts_carry_the_prior_of_what_goes_with_them():
    together = _separate(["mall", "desa", "mall", "desa"], ["weekend", "workday", "weekend", "workday"])
    # desa and workday together: 2 * .4 ** 2 + 2 * .2 ** 2
    assert 1 / together.precision[0, 0] == pytest.approx(0.4)
    alone = _separate(["mall", "desa"], ["weekend", "weekend"])
    assert 1 / alone.precision[0, 0] == pytest.approx(0.32)
    two = _separate(["mall", "desa", "campus"], ["weekend"] * 3)
    assert np.linalg.inv(two.precision)[0, 1] == pytest.approx(0.16)


def test_only_one_kind_was_held():
    found = _separate(["kecamatan"] * 3, ["workday"] * 3)
    assert found.names == []
    assert found.reasons["kind[kecamatan]"] == "same_as_others"
    rng = np.random.default_rng(0)
    codes = code_kinds(pd.Series(["kecamatan", "mall"]), pd.Series(["workday", "workday"]))
    effects = found.effects(codes, np.zeros((20_000, 0)), np.ones(20_000), rng)
    assert (effects[:, 0] == 0).all()
    assert effects[:, 1].std() == pytest.approx(np.sqrt(2) * 0.4, rel=0.03)
    halved = found.effects(codes, np.zeros((20_000, 0)), np.full(20_000, 0.5), rng)
    assert halved[:, 1].std() == pytest.approx(np.sqrt(2) * 0.2, rel=0.03)


def test_combinations_held_before_are_forecast_without_noise_others_with_the_priors():
    found = _separate(["mall", "desa", "mall", "desa"], ["weekend", "workday", "weekend", "workday"])
    codes = code_kinds(pd.Series(["mall", "desa", "desa"]), pd.Series(["weekend", "workday", "weekend"]))
    kept = np.full((20_000, 1), 0.3)
    effects = found.effects(codes, kept, np.ones(20_000), np.random.default_rng(1))
    np.testing.assert_allclose(effects[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(effects[:, 1], 0.3)
    # given that both together are .3, the workday's own part is .08 / .4 of it, with variance .08 - .08 ** 2 / .4
    assert effects[:, 2].mean() == pytest.approx(0.3 - 0.06, abs=0.01)
    assert effects[:, 2].var() == pytest.approx(0.064, rel=0.05)


def test_unknown_kinds_are_other_and_unknown_days_say_nothing():
    codes = code_kinds(pd.Series(["office"]), pd.Series([None], dtype=object))
    assert codes[0].tolist() == [0, 0, 0, 0, 1, 0, 0]
