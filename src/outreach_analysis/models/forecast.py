"""A forecast of turnout: people by place with an interval, expected people by area and place, and their draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from outreach_analysis.models.decay import Array
from outreach_analysis.models.depletion import DepletionDraws
from outreach_analysis.models.terms import Rhythm
from outreach_analysis.settings import Settings

LEVEL = 0.9
Status = Literal["prior_only", "provisional", "fitted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventShape:
    """What kind of event is forecast.

    Attributes
    ----------
    programme
        `visit` (of the office's own) or `invited` (a group asks for it and brings its list).
    n_days
        Days that it lasts: its people and its capacity are those of all days together.
    """

    programme: Literal["visit", "invited"] = "visit"
    n_days: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """What a pop-up at each place would bring.

    Attributes
    ----------
    by_site
        Index `site_id`. People who come on the day, capacity APPLIED: `median`, `mean`, `ci_low`, `ci_high`
        (90 %), `p_above_threshold` (in [0, 1]: more than the interest threshold), `capacity`, `day_kind`.
    expected
        Columns `area_id, site_id, people`: mean expected people, capacity NOT applied.
    draws
        Array (n_draws, areas, sites) of EXPECTED people: parameter uncertainty only, capacity not applied.
        The same draw uses the same parameters at every place (common random numbers).
    totals
        Index draw, columns `site_id`: predictive totals, capacity not applied.
    area_ids, site_ids
        What the axes of `draws` stand for.
    status
        `prior_only`, `provisional` or `fitted`; said wherever a number of the forecast appears.
    depletion
        What past events took and when others are willing, in every draw.
    n_events
        Held events the forecast learned from (0 where `prior_only`).
    rhythm
        What another day than that of the forecast changes; None: nothing.
    """

    by_site: pd.DataFrame
    expected: pd.DataFrame
    draws: Array
    totals: pd.DataFrame
    area_ids: pd.Index
    site_ids: pd.Index
    depletion: DepletionDraws
    status: Status
    n_events: int
    rhythm: Rhythm | None = None

    def summary(self) -> pd.DataFrame:
        """People by place: `estimate` (median), `ci_low`, `ci_high`, `unit`."""
        frame = self.by_site[["median", "ci_low", "ci_high"]].rename(columns={"median": "estimate"})
        return frame.assign(unit=f"people ({self.status})")

    def _repr_html_(self) -> str:
        return self.by_site.to_html(max_rows=12, float_format="{:.1f}".format)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """Draws of the model at some places.

    Attributes
    ----------
    mean
        (n_draws, areas, sites) expected people, the event effect averaged out.
    event_factor
        (n_draws, sites) the event effect of a future event, with mean 1 in each draw.
    overdispersion
        (n_draws,) alpha of one area's count.
    slope, bend
        (n_draws,) coefficients of the decay with distance.
    terms
        (n_draws, terms) coefficients of `Terms`.
    most
        (sites,) residents who can travel there: no total is larger.
    depletion
        What past events took, in every draw.
    """

    mean: Array
    event_factor: Array
    overdispersion: Array
    slope: Array
    bend: Array
    terms: Array
    most: Array
    depletion: DepletionDraws

    def totals(self, rng: np.random.Generator) -> Array:
        """Predictive totals (n_draws, sites): event effect and negative-binomial noise, moment-matched over areas."""
        mean = self.mean.sum(axis=1)
        squares = (self.mean**2).sum(axis=1)
        spread = self.overdispersion[:, None] * squares
        with np.errstate(divide="ignore", invalid="ignore"):
            shape = np.where(spread > 0, mean**2 / spread, np.inf)
        noise = np.where(np.isfinite(shape), rng.gamma(np.where(np.isfinite(shape), shape, 1.0)) / shape, 1.0)
        return np.asarray(rng.poisson(np.minimum(mean * self.event_factor * noise, self.most)), dtype=float)


def make_forecast(
    mean: Array,
    totals: Array,
    sites: pd.DataFrame,
    area_ids: pd.Index,
    *,
    depletion: DepletionDraws,
    day_kinds: list[str],
    shape: EventShape,
    status: Status,
    n_events: int,
    settings: Settings,
) -> Forecast:
    """Summarise draws of expected people and predictive totals as a `Forecast`."""
    by_draw = pd.DataFrame(totals, columns=sites.index)
    own = pd.to_numeric(sites["capacity"]) if "capacity" in sites else pd.Series(np.nan, index=sites.index)
    capacity = own.fillna(settings.popup_capacity) * shape.n_days
    by_site = _by_site(by_draw, capacity, threshold=settings.interest_threshold_people)
    expected = pd.DataFrame(mean.mean(axis=0), index=area_ids, columns=sites.index).rename_axis("area_id").reset_index()
    return Forecast(
        by_site=by_site.assign(day_kind=day_kinds),
        expected=expected.melt(id_vars="area_id", var_name="site_id", value_name="people"),
        draws=mean,
        totals=by_draw,
        area_ids=area_ids,
        site_ids=sites.index,
        depletion=depletion,
        status=status,
        n_events=n_events,
    )


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
            "p_above_threshold": (served > threshold).mean(),
            "capacity": capacity,
        },
        index=totals.columns,
    )
