"""Named streams: each result has its own randomness, whatever else is asked for and in whatever order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.doors import named_stream

NAMES = st.lists(st.sampled_from(["forecast", "displacement", "plan", "back-test", "impact"]), min_size=1, max_size=8)


@given(st.integers(0, 2**40), NAMES, NAMES)
@settings(max_examples=30, deadline=None)
def test_what_is_drawn_for_a_name_hangs_on_seed_and_name_alone(seed, first, second):
    rng = np.random.default_rng(seed)
    once = {name: named_stream(rng, name).bytes(16) for name in first}
    rng.random(len(second))  # drawn by somebody else in between
    again = {name: named_stream(rng, name).bytes(16) for name in [*second, *first]}
    by_seed = {name: named_stream(seed, name).bytes(16) for name in first}
    for name in first:
        assert once[name] == again[name] == by_seed[name]
    assert len(set(again.values())) == len(again)


def test_other_seeds_and_children_draw_otherwise():
    drawn = {named_stream(seed, "plan").bytes(16) for seed in range(50)}
    assert len(drawn) == 50
    child, other = np.random.default_rng(1).spawn(2)
    assert len({named_stream(rng, "plan").bytes(16) for rng in (child, other, np.random.default_rng(1))}) == 3


def test_without_a_seed_nobody_can_foresee_it():
    assert named_stream(None, "plan").bytes(16) != named_stream(None, "plan").bytes(16)


def test_a_generator_that_was_not_made_from_a_seed_is_refused():
    class Bare:
        """As a bit generator that was restored from its state alone."""

        seed_seq = None

    class Restored(np.random.Generator):
        bit_generator = Bare()

    with pytest.raises(ValueError, match="was not made from a seed"):
        named_stream(Restored(np.random.PCG64(1)), "plan")
