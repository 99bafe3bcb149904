"""What does a column of pure noise cost? Plans of the regret study's offices with and without an `x_` column of luck.

    python benchmarks/noise_column.py --offices 10

Office, draws and seed are the same both times; what differs is the regret of the plan of three. The standard error is
that of the mean over offices.
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np
import pandas as pd
from regret_study.offices import Office, World, make_office
from regret_study.product import forecasted, product_plan
from regret_study.truths import TRUTHS

SEED, DRAWS = 20261124, 400


def additional(office: Office, number: int) -> tuple[float, float]:
    """True additional people of the product's plan, and those of the best one."""
    stream = np.random.SeedSequence([SEED, number, *office.truth.truth_id.encode()])
    plan = product_plan(office, forecasted(office, n_draws=DRAWS, rng=np.random.default_rng(stream)))
    return office.true.additional(plan.visits), office.true.best(plan.eligible, office.days)[1]


def with_noise(office: Office, rng: np.random.Generator) -> Office:
    """The same office with a number of each place that says nothing."""
    sites = office.known.sites
    noisy = sites.assign(x_noise=rng.standard_normal(len(sites)))
    return dataclasses.replace(office, known=dataclasses.replace(office.known, sites=noisy))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truths", default="2,3,5,14,16,18")
    parser.add_argument("--offices", type=int, default=10)
    parser.add_argument("--columns", type=int, default=2, help="columns tried one by one in each office")
    options = parser.parse_args()
    world, rows = World.load(), []
    for truth in options.truths.split(","):
        for number in range(options.offices):
            office = make_office(world, TRUTHS[truth], number, seed=SEED)
            luck = np.random.default_rng([SEED, number, *truth.encode()])
            plain, best = additional(office, number)
            found = [additional(with_noise(office, luck), number)[0] for _ in range(options.columns)]
            more = [(plain - worth) / best for worth in found]
            rows.append(
                {"truth": truth, "regret": 1 - plain / best, "more": np.mean(more), "same": np.mean(np.equal(more, 0))}
            )
    table = pd.DataFrame(rows)
    print(table.groupby("truth").mean().round(3).to_string())
    more = table["more"]
    print(
        f"{len(table)} offices: regret {table['regret'].mean():.3f}, with noise {more.mean():+.4f} +- {more.sem():.4f}"
    )


if __name__ == "__main__":
    main()
