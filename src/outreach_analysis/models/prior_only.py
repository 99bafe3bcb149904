"""Turnout by the documented prior alone: its total at a reference, spread over places by residents and distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.models.decay import Array, distance_weights
from outreach_analysis.models.depletion import DepletionDraws, PastEvents, prior_depletion
from outreach_analysis.models.design import km_matrix
from outreach_analysis.models.forecast import Simulated
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.settings import SITE_KINDS_FIXED

_LATTICE = 1024
_GOLDEN = 0.6180339887498949
_OUT_OF_REACH = "no residents within reach of the reference places; check populations and distances"


def reference_places(
    areas: pd.DataFrame, events: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame
) -> tuple[pd.DataFrame, str]:
    """Places at whose mean the prior's total holds: those of held events, else the candidates.

    Returns
    -------
    tuple
        Columns `area_id, site_id, km`, each event a place of its own; and `held events` or `candidates`.

    Raises
    ------
    ValueError
        Where neither a held event nor a candidate has a distance to any area.
    """
    held = pd.Index(held_popups(events)["site_id"])
    candidates = sites.index[~sites["kind"].isin(SITE_KINDS_FIXED)]
    for places, kind in ((held, "held events"), (candidates, "candidates")):
        km = km_matrix(costs, areas.index, places)
        km = km[:, np.isfinite(km).any(axis=0)]
        if km.size:
            area, place = np.nonzero(np.isfinite(km))
            columns = {"area_id": areas.index[area], "site_id": place.astype(str), "km": km[area, place]}
            return pd.DataFrame(columns), kind
    raise RequestError("no held event and no candidate has a distance to any area; check travel and places")


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
        (areas, places) distances to the reference places that anybody can reach.
    """

    prior: TurnoutPrior
    residents: Array
    reference_km: Array

    @classmethod
    def at(cls, prior: TurnoutPrior, areas: pd.DataFrame, reference: pd.DataFrame) -> PriorOnly:
        """The prior for these areas and reference places.

        Raises
        ------
        ValueError
            Where no residents are within reach of any reference place.
        """
        residents = areas["population"].to_numpy(float)
        km = km_matrix(reference, areas.index, pd.Index(reference["site_id"].unique()))
        km = km[:, (np.isfinite(km) & (residents > 0)[:, None]).any(axis=0)]
        if not km.size:
            raise RequestError(_OUT_OF_REACH)
        return cls(prior=prior, residents=residents, reference_km=km)

    def simulate(self, km: Array, n: int, rng: np.random.Generator) -> Simulated:
        """Draw the total at the reference, the slope, spreads and each place's own effect, and with them its people."""
        prior = self.prior
        slopes = np.asarray(prior.slope().rvs(size=n, random_state=rng))
        site_sd, event_sd, overdispersion = prior.spreads(n, rng)
        level = prior.log_totals(rng.standard_normal(n)) - np.log(self._reference_weight(slopes)) + event_sd**2 / 2
        mean = distance_weights(self.residents, km, slopes / prior.slope_km)
        # what kind of place it is belongs to what nobody knows of it before any event
        place = np.hypot(site_sd, prior.kind_sd)[:, None] * rng.standard_normal((n, km.shape[1]))
        mean *= np.exp(level[:, None] + place)[:, None, :]
        # below five events it is not known what they took: those who came are few
        past = PastEvents.none(len(self.residents))
        share, recovery = prior_depletion(past).draw(n, rng)
        effect = event_sd[:, None] * rng.standard_normal((n, km.shape[1]))
        return Simulated(
            mean=mean,
            event_factor=np.exp(effect - event_sd[:, None] ** 2 / 2),
            overdispersion=overdispersion,
            slope=slopes,
            bend=np.zeros(n),
            terms=np.zeros((n, 0)),
            most=self.residents @ np.isfinite(km),
            depletion=DepletionDraws(
                share=share, recovery=recovery, base=np.exp(level)[:, None] * self.residents, past=past
            ),
        )

    def decay_curve(self, km: Array, *, level: float) -> pd.DataFrame:
        """People per 10,000 residents by distance, with a band, over a lattice of slopes and totals."""
        at = (np.arange(_LATTICE) + 0.5) / _LATTICE
        slopes = np.asarray(self.prior.slope().ppf(at))
        log_total = self.prior.log_totals(special.ndtri((at + np.arange(_LATTICE) * _GOLDEN) % 1))
        scale = np.exp(log_total) / self._reference_weight(slopes)
        rates = 1e4 * np.exp(slopes[:, None] * km / self.prior.slope_km) * scale[:, None]
        low, estimate, high = np.quantile(rates, [(1 - level) / 2, 0.5, (1 + level) / 2], axis=0)
        return pd.DataFrame({"estimate": estimate, "ci_low": low, "ci_high": high})

    def parameters(self) -> pd.DataFrame:
        """The prior's parameters with 90 % intervals: `estimate, ci_low, ci_high, unit`."""
        prior = self.prior
        rows = {
            "expected total at the reference": (prior.total_median, prior.total_low, prior.total_high, "people"),
            f"log decay per {prior.slope_km:g} km": (*prior.slope().ppf([0.5, 0.05, 0.95]), "log ratio"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])

    def _reference_weight(self, slopes: Array) -> Array:
        """Mean over reference places of the distance-weighted residents, for each slope."""
        weights = distance_weights(self.residents, self.reference_km, slopes / self.prior.slope_km)
        weight = weights.sum(axis=1).mean(axis=1)
        if not (weight > 0).all():
            raise RequestError(_OUT_OF_REACH)
        return np.asarray(weight)
