"""Letters and own visits chosen where the truth is known: a small version of `benchmarks/request_letters.py`."""

import pytest


@pytest.mark.slow
def test_the_choice_beats_largest_and_oldest_letter_first(benchmark_module):
    found = benchmark_module("request_letters").mondays(2, 2, truths=("9", "18"))
    regret = found[["product", "largest letter first", "oldest first"]].mean()
    assert regret["product"] <= 0.3
    assert regret["product"] < regret.drop("product").min()
    assert (found["answered"] == found["letters"]).all()
    assert (found["spent"] <= 14e6).all()
