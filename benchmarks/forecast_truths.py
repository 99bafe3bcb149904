"""How near is the forecast to the truth? The offices of the regret study, forecast at every place and then visited.

    python benchmarks/forecast_truths.py --truths 8,9,10 --offices 10

`bias` is the mean over places and offices of log(expected people of the forecast / of the truth), on the day of the
first visit that is possible, capacity apart; `+-` its standard error between offices. `coverage` is the share of visits
whose people lie in their 90 % interval.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from regret_study.offices import Office, World, make_office
from regret_study.truths import TRUTHS

from outreach_analysis.simulation.draws import negative_binomial
from outreach_analysis.study import Study

SEED = 20261124
DRAWS = 600


def one_office(world: World, office: Office, rng: np.random.Generator) -> dict[str, float]:
    """Bias of log people and coverage over the places of one office."""
    study = Study(office.known, rng=rng)
    places = study.candidates
    day, true = office.days[0], office.true
    forecast = study.turnout.forecast(
        sites=places, costs=study.effective_costs, day_kind=world.days[day], on=day, n_draws=DRAWS, rng=rng
    )
    at = true.site_ids.get_indexer(places.index)
    left = 1 - true.used * np.exp(-(day - true.as_of).days / true.recovery_days)
    expected = true.people[:, at] * true.factor(day) * left[:, None]
    luck = np.exp(rng.normal(0.0, true.event_sd, len(at)) - true.event_sd**2 / 2)
    came = negative_binomial(expected * luck, true.overdispersion, rng).sum(axis=0)
    low, high = forecast.totals.quantile([0.05, 0.95]).to_numpy()
    made = forecast.draws.sum(axis=1).mean(axis=0)
    return {
        "bias": float(np.log(made / expected.sum(axis=0)).mean()),
        "away": float(np.log(made / expected.sum(axis=0)).std()),
        "coverage": float(((came >= low) & (came <= high)).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truths", default=",".join(TRUTHS))
    parser.add_argument("--offices", type=int, default=10)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    world = World.load()
    for truth in options.truths.split(","):
        rows = []
        for number in range(options.offices):
            office = make_office(world, TRUTHS[truth], number, seed=options.seed)
            rng = np.random.default_rng(np.random.SeedSequence([options.seed, number, *truth.encode()]))
            rows.append(one_office(world, office, rng))
        table = pd.DataFrame(rows)
        error = table["bias"].std(ddof=1) / np.sqrt(len(table))
        print(
            f"{truth:>6} bias {table['bias'].mean():+.3f} +- {error:.3f} "
            f"spread between places {table['away'].mean():.2f} coverage {table['coverage'].mean():.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
