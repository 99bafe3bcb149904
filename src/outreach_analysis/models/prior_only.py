"""Turnout by the documented prior alone: its total at a reference, spread over places by residents and distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from outreach_analysis.models.design import km_matrix
from outreach_analysis.models.forecast import Simulated
from outreach_analysis.models.turnout_prior import Array, TurnoutPrior, distance_weights
from outreach_analysis.settings import SITE_KINDS_FIXED

_LATTICE = 1024
_GOLDEN = 0.6180339887498949


def reference_places(events: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Places at whose mean the prior's total holds: those of held events, else the candidates.

    Returns
    -------
    tuple
        Columns `area_id, site_id, km`, each event a place of its own; and `held events` or `candidates`.

    Raises
    ------
    ValueError
        Where neither a held event nor a candidate has travel costs.
    """
    held = events.loc[events["status"] == "held", "site_id"]
    held = held[held.isin(costs["site_id"])]
    places = held if len(held) else sites.index[~sites["kind"].isin(SITE_KINDS_FIXED)].to_series()
    weighted = pd.DataFrame({"site_id": places.to_numpy(), "place": np.arange(len(places)).astype(str)})
    reference = weighted.merge(costs[["area_id", "site_id", "km"]], on="site_id", validate="m:m")
    if reference.empty:
        raise ValueError("no held event and no candidate has travel costs")
    table = reference.drop(columns="site_id").rename(columns={"place": "site_id"})
    return table[["area_id", "site_id", "km"]], "held events" if len(held) else "candidates"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriorOnly:
    """The prior at a set of reference places.

    Attributes
    ----------
    prior
        What is believed.
    residents
        (areas,) residents.
    reference_km
        (areas, places) distances to the reference places.
    """

    prior: TurnoutPrior
    residents: Array
    reference_km: Array

    @classmethod
    def at(cls, prior: TurnoutPrior, areas: pd.DataFrame, reference: pd.DataFrame) -> PriorOnly:
        """The prior for these areas and reference places."""
        km = km_matrix(reference, areas.index, pd.Index(reference["site_id"].unique()))
        return cls(prior=prior, residents=areas["population"].to_numpy(float), reference_km=km)

    def simulate(self, km: Array, n: int, rng: np.random.Generator) -> Simulated:
        """Draw the total at the reference and the slope, and with them people at each place."""
        prior = self.prior
        slopes = prior.slopes(n, rng)
        log_total = np.log(prior.total_median) + self.expected_log_sd * rng.standard_normal(n)
        scale = np.exp(log_total + prior.event_sd**2 / 2) / self._reference_weight(slopes)
        mean = distance_weights(self.residents, km, slopes / prior.slope_km) * scale[:, None, None]
        effect = prior.event_sd * rng.standard_normal((n, km.shape[1]))
        return Simulated(
            mean=mean,
            event_factor=np.exp(effect - prior.event_sd**2 / 2),
            overdispersion=np.full(n, prior.overdispersion),
            slope=slopes,
            bend=np.zeros(n),
        )

    def decay_curve(self, km: Array, *, level: float) -> pd.DataFrame:
        """People per 10,000 residents by distance, with a band, over a lattice of slopes and totals."""
        prior = self.prior
        at = (np.arange(_LATTICE) + 0.5) / _LATTICE
        slopes = prior.slope_quantile(at)
        log_total = np.log(prior.total_median) + self.expected_log_sd * special.ndtri(
            (at + np.arange(_LATTICE) * _GOLDEN) % 1
        )
        scale = np.exp(log_total) / self._reference_weight(slopes)
        rates = 1e4 * np.exp(slopes[:, None] * km / prior.slope_km) * scale[:, None]
        low, estimate, high = np.quantile(rates, [(1 - level) / 2, 0.5, (1 + level) / 2], axis=0)
        return pd.DataFrame({"estimate": estimate, "ci_low": low, "ci_high": high})

    def parameters(self) -> pd.DataFrame:
        """The prior's parameters with 90 % intervals: `estimate, ci_low, ci_high, unit`."""
        prior = self.prior
        rows = {
            "event total at the reference": (prior.total_median, prior.total_low, prior.total_high, "people"),
            f"log decay per {prior.slope_km:g} km": (*prior.slope_quantile([0.5, 0.05, 0.95]), "log ratio"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])

    @property
    def expected_log_sd(self) -> float:
        """Spread of the log expected total at the reference."""
        return self.prior.expected_log_sd(self.residents, self.reference_km)

    def _reference_weight(self, slopes: Array) -> Array:
        """Mean over reference places of the distance-weighted residents, for each slope."""
        weights = distance_weights(self.residents, self.reference_km, slopes / self.prior.slope_km)
        weight = weights.sum(axis=1).mean(axis=1)
        if not (weight > 0).all():
            raise ValueError("no residents within reach of the reference places; check populations and distances")
        return np.asarray(weight)
