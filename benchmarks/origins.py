"""A million names of 3,000 distinct ones: ours, and rapidfuzz asked row by row, in the same run.

Ours has to read addresses, agree parts and refuse what is ambiguous; the peer only looks for the likeliest name
with `process.extractOne`. It is timed on a share of the rows and scaled, since it needs minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rapidfuzz import process

from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography.areas import load_aliases, load_areas

ROWS, DISTINCT, PEER_ROWS = 1_000_000, 3_000, 2_000
TARGET_SECONDS, TARGET_RATIO = 1.5, 100


def typed_origins(areas: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Distinct origins as people type them: from bare names to whole addresses, one in eight with a slip."""

    level, name, parent = (areas[column].to_dict() for column in ("level", "name", "parent_id"))

    def lineage(area_id: str) -> Iterator[str]:
        while level[area_id] != "province":
            yield name[area_id]
            area_id = parent[area_id]

    ids = areas.index[areas["level"] != "province"]
    typed: dict[str, None] = {}
    while len(typed) < DISTINCT:
        names = list(lineage(rng.choice(ids)))
        if rng.random() < 0.125:
            at = int(rng.integers(1, len(names[0]) - 1))
            names[0] = names[0][:at] + names[0][at + 1 :]
        forms = (
            names[0],
            ", ".join(names),
            " ".join(names),
            f"Jl. Mawar RT {rng.integers(1, 60)}, " + ", ".join(names),
        )
        typed[forms[rng.integers(len(forms))]] = None
    return list(typed)


def main() -> None:
    """Print seconds of both and their ratio beside the targets."""
    rng = np.random.default_rng(20261124)
    areas, aliases = pd.DataFrame(load_areas("all").drop(columns="geometry")), load_aliases()
    names = pd.Series(rng.choice(np.array(typed_origins(areas, rng), dtype=object), ROWS))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = resolve_origins(names, areas, aliases=aliases)
        seconds.append(time.perf_counter() - start)
    ours = min(seconds)
    choices = areas["name"].tolist()
    start = time.perf_counter()
    for name in names.head(PEER_ROWS):
        process.extractOne(name, choices)
    peer = (time.perf_counter() - start) * ROWS / PEER_ROWS
    print(
        f"resolve_origins  {ROWS:>9,} names, {names.nunique():,} distinct: {ours:7.2f} s (target <= {TARGET_SECONDS})"
    )
    print(f"rapidfuzz row by row: {ROWS:,} names, scaled from {PEER_ROWS:,}: {peer:,.0f} s")
    print(f"ratio {peer / ours:,.0f} (target >= {TARGET_RATIO}); placed {found['area_id'].notna().mean():.1%}")


if __name__ == "__main__":
    main()
