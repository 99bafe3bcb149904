"""Named streams of randomness: each result draws from (seed, its name), whatever else is asked for, in any order."""

from __future__ import annotations

import zlib

import numpy as np

from outreach_analysis.contracts import RequestError

Seed = np.random.Generator | int | None
"""A source of randomness: a generator, the number it starts from, or None for other numbers each time."""


def named_stream(rng: Seed, name: str) -> np.random.Generator:
    """A generator of its own for one result; asked again it is the same."""
    seed = np.random.default_rng(rng).bit_generator.seed_seq
    if not isinstance(seed, np.random.SeedSequence):
        raise RequestError("the generator was not made from a seed; pass np.random.default_rng(seed)")
    return np.random.default_rng(
        np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, zlib.crc32(name.encode())))
    )
