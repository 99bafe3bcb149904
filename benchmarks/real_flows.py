"""Does the forecast hold on flows that nobody here made? Commuters and shoppers, their destinations taken as events.

    python benchmarks/real_flows.py FOLDER
    python benchmarks/real_flows.py FOLDER --seeds 4

FOLDER holds any of two layouts, `NAME` being free:

- `NAME_od.csv` (`O`, `D`, and trips by mode) with `NAME_zone.csv` (`geo_code`, `lon`, `lat`);
- `NAME_surv.csv` (`resid_code` and columns `..._purchase_code`), `NAME_dist.csv` (`from`, `to`, `d_km`) and
  `NAME_pop.csv` (`resid_code`, `resid_pop2015`).

14 or 28 destinations are events of the past, up to 30 others are forecast. Trips are thinned to some 80 people a
destination of the past. `peer` is Poisson regression on distance times a log-normal effect of the destination; `picks`
is the share of the people at the best three unseen places whom the three highest forecasts would meet, `but one` the
same without the place that draws most of all, and `order` the rank correlation over all unseen places. `with jobs` adds
what a place has of its own: all who go there by other modes. Trials of one city are not independent: its modes share
their places, and the place that draws most is the same in all of them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from outreach_analysis.models.backtest import crps, past_totals, poisson_glm_means
from outreach_analysis.models.design import build_design, km_matrix
from outreach_analysis.models.terms import TurnoutPrior
from outreach_analysis.models.turnout import fit_turnout

PEOPLE, UNSEEN, BEST, DRAWS = 80, 30, 3, 1000
FEWEST_VISITS, FEWEST_UNSEEN = 2, 5
_NO_MODES = {"O", "D", "all", "from_home", "other", "geo_name1", "geo_name2", "la_1", "la_2"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """Trips (origins, destinations), km of the same shape, residents, and what a destination has of its own."""

    name: str
    trips: pd.DataFrame
    km: pd.DataFrame
    residents: pd.Series
    own: pd.Series | None


def read_flows(folder: Path) -> list[Flows]:
    """Every flow of a folder."""
    commuters = [
        flows for path in sorted(folder.glob("*_od.csv")) for flows in _commuters(path, path.stem.removesuffix("_od"))
    ]
    return commuters + [_shoppers(path, path.stem.removesuffix("_surv")) for path in sorted(folder.glob("*_surv.csv"))]


def _commuters(path: Path, name: str) -> list[Flows]:
    table = pd.read_csv(path)
    zones = pd.read_csv(path.with_name(f"{name}_zone.csv")).set_index("geo_code")
    modes = [mode for mode in table.select_dtypes("number").columns if mode not in _NO_MODES]
    wide = {mode: table.pivot_table(index="O", columns="D", values=mode, aggfunc="sum", fill_value=0) for mode in modes}
    largest = sorted(modes, key=lambda mode: -wide[mode].to_numpy().sum())[:4]
    everybody = sum(wide[mode] for mode in modes)
    ids = everybody.index.intersection(zones.index)
    here = np.radians(zones.loc[ids, ["lat", "lon"]].to_numpy(float))
    km = 6371 * np.hypot(
        here[:, None, 0] - here[None, :, 0],
        (here[:, None, 1] - here[None, :, 1]) * np.cos(here[:, None, 0]),
    )
    # who stays in a zone travels about half as far as to the next one
    np.fill_diagonal(km, np.where(np.eye(len(ids)) > 0, np.inf, km).min(axis=1) / 2)
    found = []
    for mode in largest:
        own = (everybody - wide[mode])[ids].sum()
        found.append(
            Flows(
                name=f"{name} {mode}",
                trips=wide[mode].loc[ids, ids],
                km=pd.DataFrame(km, index=ids, columns=ids),
                residents=everybody.loc[ids].sum(axis=1),
                own=own,
            )
        )
    return found


def _shoppers(path: Path, name: str) -> Flows:
    survey = pd.read_csv(path)
    bought = survey.melt("resid_code", [column for column in survey if column.endswith("_purchase_code")])
    km = pd.read_csv(path.with_name(f"{name}_dist.csv")).pivot_table(index="from", columns="to", values="d_km")
    residents = pd.read_csv(path.with_name(f"{name}_pop.csv")).set_index("resid_code")["resid_pop2015"]
    ids = km.index.intersection(residents.index[residents > 0])
    bought = bought[bought["resid_code"].isin(ids) & bought["value"].isin(km.columns)]
    trips = bought.pivot_table(index="resid_code", columns="value", aggfunc="size", fill_value=0).reindex(
        ids, fill_value=0
    )
    trips = trips.loc[:, trips.sum() >= FEWEST_VISITS]
    km, residents = km.loc[ids, trips.columns], residents[ids].astype(float)
    return Flows(name=f"{name} shops", trips=trips, km=km, residents=residents, own=None)


def one_trial(flows: Flows, n_events: int, *, with_own: bool, rng: np.random.Generator) -> dict[str, float]:
    """Fit to some destinations, forecast others."""
    usable = flows.trips.columns[flows.trips.sum() >= FEWEST_VISITS]
    chosen = rng.permutation(usable)[: n_events + UNSEEN]
    past, unseen = chosen[:n_events], chosen[n_events:]
    kept = min(1.0, PEOPLE / float(flows.trips[past].sum().mean()))
    trips = pd.DataFrame(
        rng.binomial(flows.trips[chosen].astype(int), kept), index=flows.trips.index, columns=chosen
    ).rename_axis(index="area_id", columns="site_id")
    areas = pd.DataFrame({"population": flows.residents}).rename_axis("area_id")
    sites = pd.DataFrame({"kind": "other", "capacity": 1e9}, index=pd.Index(chosen, name="site_id"))
    if with_own and flows.own is not None:
        sites["x_jobs"] = flows.own[chosen]
    costs = _long(flows.km[chosen].rename_axis(index="area_id"), "site_id", "km")
    events = pd.DataFrame({"site_id": past, "status": "held"}, index=pd.Index(past, name="event_id"))
    counts = _long(trips[past], "event_id", "applicants")
    turnout = fit_turnout(areas=areas, sites=sites, events=events, counts=counts, costs=costs, rng=rng)
    forecast = turnout.forecast(sites=sites.loc[unseen], costs=costs, day_kind="weekend", n_draws=DRAWS, rng=rng)
    observed = trips[unseen].sum().to_numpy(float)
    draws = forecast.totals.to_numpy(float)
    design = build_design(counts, areas, events, sites, costs, prior=TurnoutPrior())
    km = km_matrix(costs, areas.index, pd.Index(chosen))
    means = pd.Series(poisson_glm_means(design, km, areas["population"].to_numpy(float), prior=TurnoutPrior()), chosen)
    spread = float(np.log(np.maximum(past_totals(design)[past], 0.5) / means[past]).std(ddof=1))
    level = float(np.log(np.maximum(past_totals(design)[past], 0.5) / means[past]).mean())
    luck = np.exp(level + spread * rng.standard_normal((DRAWS, len(unseen))))
    peer = rng.poisson(means[unseen].to_numpy() * luck).astype(float)
    gravity = (np.exp(-flows.km[unseen] / 35).mul(flows.residents, axis=0)).sum()
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    scores = {
        "": forecast.draws.sum(axis=1).mean(axis=0),
        "peer_": means[unseen].to_numpy(),
        "gravity_": gravity.to_numpy(),
    }
    others = unseen != flows.trips.sum().idxmax()
    return {
        "coverage": float(((observed >= low) & (observed <= high)).mean()),
        "crps": float(crps(draws, observed).mean()),
        "peer": float(crps(peer, observed).mean()),
        **{f"{by}picks": _picks(score, observed) for by, score in scores.items()},
        **{f"{by}but_one": _picks(score[others], observed[others]) for by, score in scores.items()},
        **{f"{by}order": float(spearmanr(score, observed).statistic) for by, score in scores.items()},
    }


def _long(wide: pd.DataFrame, columns: str, value: str) -> pd.DataFrame:
    return wide.reset_index().melt(id_vars="area_id", var_name=columns, value_name=value)


def _picks(scores: np.ndarray, observed: np.ndarray) -> float:
    return float(observed[np.argsort(-scores)[:BEST]].sum() / np.sort(observed)[-BEST:].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    every = []
    for flows in read_flows(options.folder):
        for n_events in (14, 28):
            if (flows.trips.sum() >= FEWEST_VISITS).sum() < n_events + FEWEST_UNSEEN:
                continue
            for with_own in (False, True) if flows.own is not None else (False,):
                streams = np.random.SeedSequence([20261124, n_events]).spawn(options.seeds)
                rows = [one_trial(flows, n_events, with_own=with_own, rng=np.random.default_rng(s)) for s in streams]
                table = pd.DataFrame(rows)
                every.append(table.assign(own=with_own, n=n_events, flows=flows.name))
                print(_line(f"{flows.name}, {n_events} events{', with jobs' if with_own else ''}", table), flush=True)
    pooled = pd.concat(every)
    for with_own, table in pooled.groupby("own"):
        print(_line(f"pooled, {'with' if with_own else 'without'} jobs", table))


def _line(label: str, table: pd.DataFrame) -> str:
    mean = table.mean(numeric_only=True)
    crps_text = f"CRPS {mean['crps']:.1f}, / peer {mean['crps'] / mean['peer']:.2f}"
    told = [f"{name.replace('_', ' ')} {_three(table, name)}" for name in ("picks", "but_one", "order")]
    return f"{label:<42} coverage {mean['coverage']:.2f}  {crps_text}  {'  '.join(told)}"


def _three(table: pd.DataFrame, name: str) -> str:
    """Means of forecast, peer and gravity, and the standard error of forecast less gravity."""
    means = [f"{table[by + name].mean():.2f}" for by in ("", "peer_", "gravity_")]
    return " / ".join(means) + f" (+- {(table[name] - table['gravity_' + name]).sem():.2f})"


if __name__ == "__main__":
    main()
