"""How many people a pop-up would bring: the documented prior, spread over places by population and distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.models.prior import Spread, TurnoutPrior, spread_of
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.settings_rules import DAY_KINDS

LEVEL = 0.9
_OUT_OF_REACH = "no residents within reach of the reference places; check populations and distances"
Status = Literal["prior_only", "provisional", "fitted"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """What a pop-up at each place would bring.

    Attributes
    ----------
    by_site
        Index `site_id`. People who come on the day, capacity APPLIED: `median`, `mean`, `ci_low`, `ci_high`
        (90 %), `p_more_than_20` (in [0, 1]: more than the interest threshold), `capacity`, `day_kind`.
    expected
        Columns `area_id, site_id, people`: mean expected people, capacity NOT applied.
    draws
        Array (n_draws, areas, sites) of EXPECTED people: parameter uncertainty only, capacity not applied.
        The same draw uses the same parameters at every place (common random numbers), whatever the order of
        places and areas.
    totals
        Index draw, columns `site_id`: predictive totals, capacity not applied.
    area_ids, site_ids
        What the axes of `draws` stand for.
    status
        `prior_only`, `provisional` or `fitted`; said wherever a number of the forecast appears.
    n_events
        Held events the forecast learned from (0 where `prior_only`).
    """

    by_site: pd.DataFrame
    expected: pd.DataFrame
    draws: npt.NDArray[np.float64]
    totals: pd.DataFrame
    area_ids: pd.Index
    site_ids: pd.Index
    status: Status
    n_events: int

    def summary(self) -> pd.DataFrame:
        """People by place: `estimate` (median), `ci_low`, `ci_high`, `unit`."""
        frame = self.by_site[["median", "ci_low", "ci_high"]].rename(columns={"median": "estimate"})
        return frame.assign(unit=f"people ({self.status})")

    def _repr_html_(self) -> str:
        return self.by_site.to_html(max_rows=12, float_format="{:.1f}".format)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutResult:
    """A model of turnout, ready to forecast.

    Attributes
    ----------
    status
        `prior_only`: nothing was learned from past events.
    prior
        The prior used.
    areas
        Index `area_id`, column `population`.
    reference
        Relative catchment population of the reference at a given slope is the mean over these places;
        columns `area_id, site_id, km`.
    reference_kind
        `held events` or `candidates`: where the reference comes from.
    settings
        The settings used.
    """

    status: Status
    prior: TurnoutPrior
    areas: pd.DataFrame
    reference: pd.DataFrame
    reference_kind: str
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """The prior's parameters: `estimate, ci_low, ci_high, unit`."""
        prior = self.prior
        rows = {
            "event total at the reference": (prior.total_median, prior.total_low, prior.total_high, "people"),
            f"log decay per {prior.slope_km:g} km": (*_slope_of(prior).ppf([0.5, 0.05, 0.95]), "log ratio"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])

    def forecast(
        self,
        sites: pd.DataFrame,
        costs: pd.DataFrame,
        *,
        day_kind: str | None = None,
        n_draws: int = 2000,
        rng: np.random.Generator,
    ) -> Forecast:
        """People whom a pop-up at each place would bring.

        Expected people from area i at place j are total * place_j * w_ij / mean over reference places of
        sum_i w_ij, with w_ij = residents_i * exp(slope * km_ij / slope_km) and the unknown effect of the place
        log place_j ~ Normal(0, site_sd), so that near neighbours are never told apart by a hair. A pair
        without a distance brings nobody.
        Predictive totals add the event effect and negative-binomial noise; capacity (the place's own, else
        `settings.popup_capacity`) cuts them in `by_site`, inclusive.

        Parameters
        ----------
        sites
            Index `site_id`; columns `kind`, `capacity`.
        costs
            Columns `area_id, site_id, km`.
        day_kind
            `weekend`, `holiday` or `workday`; None: each place's first allowed kind. Recorded in `by_site`;
            the prior knows no difference between days.
        n_draws
            Number of draws, >= 100.
        rng
            Source of randomness; the same generator state gives the same forecast.

        Returns
        -------
        Forecast
            `by_site` has the index of `sites`.

        Raises
        ------
        ValueError
            Where n_draws < 100, `day_kind` is no kind of day, or the reference has no residents within reach.

        Examples
        --------
        >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
        >>> sites = pd.DataFrame({"kind": ["mall", "desa"], "capacity": np.nan}, index=pd.Index(["near", "far"]))
        >>> costs = pd.DataFrame({"area_id": "a", "site_id": ["near", "far"], "km": [2.0, 90.0]})
        >>> events = pd.DataFrame({"site_id": ["near"], "status": ["held"]}, index=["E1"])
        >>> turnout = prior_turnout(areas, events, sites, costs, settings=Settings())
        >>> by_site = turnout.forecast(sites, costs, rng=np.random.default_rng(1)).by_site
        >>> bool(by_site.loc["near", "median"] > by_site.loc["far", "median"])
        True
        """
        if n_draws < 100:
            raise ValueError(f"n_draws {n_draws} is below 100")
        if day_kind is not None and day_kind not in DAY_KINDS:
            raise ValueError(f"day_kind '{day_kind}' is not one of {', '.join(DAY_KINDS)}")
        prior = self.prior
        reference = self._reference_km()
        spread = spread_of(prior, self._concentration(reference))
        slopes = _slope_of(prior).rvs(size=n_draws, random_state=rng)
        residents = self.areas["population"].to_numpy(float)
        log_totals = spread.log_totals(rng.standard_normal(n_draws))
        reference_weights = _weights(residents, reference, slopes / prior.slope_km).sum(axis=1).mean(axis=1)
        if not (reference_weights > 0).all():
            raise ValueError(_OUT_OF_REACH)
        # Drawn in the order of the ids, so that a place has the same draws wherever it stands in the table.
        by_id = np.argsort(sites.index.to_numpy(dtype=str), kind="stable")
        as_given = np.argsort(by_id)
        place = np.exp(spread.site_sd * rng.standard_normal((n_draws, 1, len(sites))))[:, :, as_given]
        draws = _weights(residents, _km_matrix(costs, self.areas.index, sites.index), slopes / prior.slope_km)
        draws *= (np.exp(log_totals) / reference_weights)[:, None, None] * place
        mean, squares = draws.sum(axis=1)[:, by_id], (draws**2).sum(axis=1)[:, by_id]
        totals = pd.DataFrame(_predictive(mean, squares, spread, rng)[:, as_given], columns=sites.index)
        capacity = _capacity(sites, self.settings)
        kinds = [day_kind or next(iter(self.settings.allowed_day_kinds(kind)), "") for kind in sites["kind"]]
        table = pd.DataFrame(draws.mean(axis=0), index=self.areas.index, columns=sites.index)
        expected = table.rename_axis("area_id").reset_index()
        expected = expected.melt(id_vars="area_id", var_name="site_id", value_name="people")
        return Forecast(
            by_site=_by_site(totals, capacity, threshold=self.settings.interest_threshold_people).assign(
                day_kind=kinds
            ),
            expected=expected,
            draws=draws,
            totals=totals,
            area_ids=self.areas.index,
            site_ids=sites.index,
            status=self.status,
            n_events=0,
        )

    def _reference_km(self) -> npt.NDArray[np.float64]:
        """Distances (areas, reference places), of the places which anybody can reach."""
        km = _km_matrix(self.reference, self.areas.index, pd.Index(self.reference["site_id"].unique()))
        within_reach = (np.isfinite(km) & (self.areas["population"].to_numpy(float) > 0)[:, None]).any(axis=0)
        if not within_reach.any():
            raise ValueError(_OUT_OF_REACH)
        return np.asarray(km[:, within_reach])

    def _concentration(self, reference_km: npt.NDArray[np.float64]) -> float:
        """Sum over areas of the squared share of an event's people, mean over slopes and reference places."""
        slopes = _slope_of(self.prior).ppf((np.arange(20) + 0.5) / 20)
        weight = _weights(self.areas["population"].to_numpy(float), reference_km, slopes / self.prior.slope_km)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.ones_like(weight), where=total > 0)
        return float(np.minimum((share**2).sum(axis=1), 1).mean())


def _slope_of(prior: TurnoutPrior) -> Any:
    """Distribution of the slope: normal, cut at 0."""
    return stats.truncnorm(-np.inf, -prior.slope_mean / prior.slope_sd, loc=prior.slope_mean, scale=prior.slope_sd)


def _predictive(
    mean: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], spread: Spread, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Totals (draws, sites) with event effect and negative-binomial noise, moment-matched over the areas.

    `mean` and `squares` are the sums over areas of expected people and of their squares.
    """
    event = np.exp(spread.event_sd * rng.standard_normal(mean.shape))
    noise = np.ones_like(mean)
    if spread.overdispersion > 0:
        shape = np.divide(mean**2, spread.overdispersion * squares, out=np.ones_like(mean), where=squares > 0)
        noise = rng.gamma(shape) / shape
    return np.asarray(rng.poisson(mean * event * noise), dtype=float)


def prior_turnout(
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    prior: TurnoutPrior | None = None,
    settings: Settings,
) -> TurnoutResult:
    """Turnout by the documented prior alone: nothing is learned from past events but where they were held.

    The reference, at which the prior's total holds, is the mean over the places of held events (each event
    once), or over the candidates where none was held. Other places scale from it by residents and distance.

    Parameters
    ----------
    areas
        Index `area_id`; column `population`.
    events
        Index `event_id`; columns `site_id`, `status`.
    sites
        Index `site_id`; column `kind`.
    costs
        Columns `area_id, site_id, km`.
    prior
        None: `TurnoutPrior.from_settings(settings)`.
    settings
        For capacity and the interest threshold.

    Returns
    -------
    TurnoutResult
        With status `prior_only`.

    Raises
    ------
    ValueError
        Where neither a held event nor a candidate has a distance to any area.

    Notes
    -----
    41 and 89 applicants on two weekends of January 2026 (suarastra.com, 2026) set the median of 60.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["mall"], "capacity": [np.nan]}, index=pd.Index(["M"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["M"], "km": [2.0]})
    >>> no_events = pd.DataFrame({"site_id": [], "status": []})
    >>> prior_turnout(areas, no_events, sites, costs, settings=Settings()).reference_kind
    'candidates'
    """
    costs = costs[costs["area_id"].isin(areas.index)].dropna(subset="km")
    held = events.loc[events["status"] == "held", "site_id"]
    held = held[held.isin(costs["site_id"])]
    places = held if len(held) else sites.index[~sites["kind"].isin(SITE_KINDS_FIXED)].to_series()
    weighted = pd.DataFrame({"site_id": places.to_numpy(), "place": np.arange(len(places)).astype(str)})
    reference = weighted.merge(costs[["area_id", "site_id", "km"]], on="site_id", validate="m:m")
    if reference.empty:
        raise ValueError("no held event and no candidate has a distance to any area; check travel and places")
    return TurnoutResult(
        status="prior_only",
        prior=prior or TurnoutPrior.from_settings(settings),
        areas=areas[["population"]],
        reference=reference.drop(columns="site_id").rename(columns={"place": "site_id"}),
        reference_kind="held events" if len(held) else "candidates",
        settings=settings,
    )


def _km_matrix(costs: pd.DataFrame, area_ids: pd.Index, site_ids: pd.Index) -> npt.NDArray[np.float64]:
    """Distances as an array (areas, sites); infinite where a pair cannot be travelled."""
    table = costs.pivot_table(index="area_id", columns="site_id", values="km", aggfunc="min")
    return table.reindex(index=area_ids, columns=site_ids).fillna(np.inf).to_numpy(float)


def _weights(
    residents: npt.NDArray[np.float64], km: npt.NDArray[np.float64], slopes: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Residents weighted by distance, (slopes, areas, places)."""
    reachable = np.isfinite(km)
    decay = np.exp(slopes[:, None, None] * np.where(reachable, km, 0.0))
    return np.asarray(decay * (residents[:, None] * reachable))


def _capacity(sites: pd.DataFrame, settings: Settings) -> pd.Series:
    own = pd.to_numeric(sites["capacity"]) if "capacity" in sites else pd.Series(np.nan, index=sites.index)
    return own.fillna(settings.popup_capacity)


def _by_site(totals: pd.DataFrame, capacity: pd.Series, *, threshold: int) -> pd.DataFrame:
    """Who comes on the day: totals cut at capacity, summarised."""
    served = totals.clip(upper=capacity, axis="columns")
    low, median, high = (served.quantile(q) for q in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    return pd.DataFrame(
        {
            "median": median,
            "mean": served.mean(),
            "ci_low": low,
            "ci_high": high,
            "p_more_than_20": (served > threshold).mean(),
            "capacity": capacity,
        },
        index=totals.columns,
    )
