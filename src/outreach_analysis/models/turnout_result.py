"""A model of turnout, ready to forecast: from past events, or from the documented prior."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from outreach_analysis.errors import RequestError
from outreach_analysis.models.checks import check_costs, checked_residents
from outreach_analysis.models.decay import Array
from outreach_analysis.models.design import km_matrix
from outreach_analysis.models.fitted import FittedTurnout
from outreach_analysis.models.forecast import LEVEL, EventShape, Forecast, Status, make_forecast
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.models.prior_only import PriorOnly
from outreach_analysis.models.promises import PromiseEvidence
from outreach_analysis.models.terms import Rhythm
from outreach_analysis.settings import Settings
from outreach_analysis.settings_rules import DAY_KINDS

_CURVE_KM = np.arange(0.0, 151.0, 5.0)
_FEWEST_DRAWS = 100
_TERM_DRAWS = 4000
_LEARNED = 0.9  # of the standard deviation before any event


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutResult:
    """A model of turnout, ready to forecast.

    `params`, `bse`, `cov_params()` and `conf_int()` read as in statsmodels, whose own table is
    `fitted.results.summary()`; with status `prior_only` they are those of the prior.

    Attributes
    ----------
    status
        `prior_only` (below 5 usable events: nothing was learned), `provisional` (5 to 11) or `fitted`.
    prior
        The prior used.
    areas
        Index `area_id`, column `population`.
    reference
        Where the prior's total holds: at the mean over these places; columns `area_id, site_id, km`.
    reference_kind
        `held events` or `candidates`: where the reference comes from.
    fitted
        What was learned; None with status `prior_only`.
    promises
        Fresh interest, combined with the forecast; None where no interest was given.
    n_events
        Events learned from (0 with status `prior_only`).
    left_out
        Columns `what` (event, area, covariate), `id`, `reason`, `people`: what the model did not use. Reasons of
        events: `at_office`, `failed`, `no_counts`, `nobody_placed`, `no_distance`; of areas: `not_an_area` (known to
        kabupaten only), `no_residents`, `no_distance`; of covariates: `not_seen`, `same_as_others`, and those
        of `Terms`.
    settings
        The settings used.
    """

    status: Status
    prior: TurnoutPrior
    areas: pd.DataFrame
    reference: pd.DataFrame
    reference_kind: str
    fitted: FittedTurnout | None
    promises: PromiseEvidence | None
    n_events: int
    left_out: pd.DataFrame
    settings: Settings

    @property
    def params(self) -> pd.Series:
        """Posterior mode of the parameters; spreads by their log."""
        if self.fitted is not None:
            return pd.Series(self.fitted.results.params, index=self.fitted.results.names)
        prior = self.prior
        values = {
            "log_total": np.log(prior.total_median),
            "distance": prior.slope_mean,
            "log_overdispersion": np.log(prior.overdispersion),
            "log_event_sd": np.log(prior.event_sd),
        }
        return pd.Series(values)

    @property
    def bse(self) -> pd.Series:
        """Their standard errors."""
        return pd.Series(np.sqrt(np.diag(self.cov_params())), index=self.params.index)

    def cov_params(self) -> pd.DataFrame:
        """Their covariance: the inverse of minus the Hessian of the log posterior."""
        names = self.params.index
        if self.fitted is not None:
            return pd.DataFrame(self.fitted.results.cov_params(), index=names, columns=names)
        sds = [
            float(np.mean(self.prior.log_total_sds)),
            self.prior.slope_sd,
            self.prior.overdispersion_log_sd,
            self.prior.event_log_sd,
        ]
        return pd.DataFrame(np.diag(np.square(sds)), index=names, columns=names)

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals of level 1 - alpha, columns 0 and 1."""
        margin = special.ndtri(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - margin, 1: self.params + margin})

    def summary(self) -> pd.DataFrame:
        """Parameters with 90 % intervals: `estimate, ci_low, ci_high, unit`; the unit says the status."""
        if self.fitted is not None:
            table = self.fitted.parameters(z=_z(LEVEL))
        else:
            table = PriorOnly.at(self.prior, self.areas, self.reference).parameters()
        return table.assign(unit=table["unit"] + f" ({self.status})")

    def terms(self) -> pd.DataFrame:
        """What time, programme and the office's own columns say, and which of them were left out.

        Returns
        -------
        DataFrame
            Index term; `estimate`, `ci_low`, `ci_high` (90 %, log ratio: of a year, of an office e times as busy, of a
            yes, of one standard deviation), `learned` (bool: surer than before any event), `says` (bool: learned, and
            the interval leaves 0 out), `reason` (why it was left out, '' where it was not). Empty where `prior_only`.
        """
        columns = ["estimate", "ci_low", "ci_high", "learned", "says", "reason"]
        if self.fitted is None:
            return pd.DataFrame(columns=columns).rename_axis("term")
        design = self.fitted.design
        terms = design.terms
        # what forecasts are drawn from: own columns that may be as good as nothing
        drawn = self.fitted.posterior.draw(_TERM_DRAWS, np.random.default_rng(0))[0][:, design.of_terms]
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        found = pd.DataFrame({"estimate": drawn.mean(axis=0), "ci_low": low, "ci_high": high}, index=list(terms.names))
        learned = drawn.std(axis=0) < _LEARNED * terms.sd
        apart = (found["ci_low"] > 0) | (found["ci_high"] < 0)
        used = found.assign(learned=learned, says=learned & apart, reason="")
        left = pd.DataFrame(index=terms.left_out.index, columns=columns).assign(
            learned=False, says=False, reason=terms.left_out
        )
        both = pd.concat([used, left.astype(used.dtypes)])
        return both.rename_axis("term")

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.2f}".format)

    def decay_curve(self, *, km: Array | None = None, level: float = LEVEL) -> pd.DataFrame:
        """People per 10,000 residents by distance, at an event that is neither above nor below expectation.

        Parameters
        ----------
        km
            Distances >= 0 (km); None: 0 to 150 by 5.
        level
            Of the pointwise band, in (0, 1): uncertainty of the coefficients only.

        Returns
        -------
        DataFrame
            Index `km`; `estimate`, `ci_low`, `ci_high` (people per 10,000 residents), for the average mix of
            kinds of place and day among the held events; `unit` says the status.

        Raises
        ------
        ValueError
            Where a distance is negative or not finite.
        """
        at = np.asarray(_CURVE_KM if km is None else km, dtype=float)
        if not (np.isfinite(at) & (at >= 0)).all():
            raise RequestError("a distance is negative or not finite")
        if self.fitted is not None:
            curve = self.fitted.decay_curve(at, z=_z(level))
        else:
            curve = PriorOnly.at(self.prior, self.areas, self.reference).decay_curve(at, level=level)
        curve.index = pd.Index(at, name="km")
        return curve.assign(unit=f"people per 10,000 residents ({self.status})")

    def forecast(
        self,
        sites: pd.DataFrame,
        costs: pd.DataFrame,
        *,
        day_kind: str | None = None,
        on: dt.date | pd.Timestamp | None = None,
        days: pd.Series | None = None,
        shape: EventShape | None = None,
        n_draws: int = 2000,
        use_interest: bool = True,
        rng: np.random.Generator,
    ) -> Forecast:
        """People whom a pop-up at each place would bring.

        `fitted` and `provisional`: expected people from area i at place j are
        residents_i * exp(const + decay(km_ij) + kind_j + day_j + site_j), averaged over the event effect, under
        draws of the parameters. `prior_only`: total * w_ij / mean over reference places of sum_i w_ij, with
        w_ij = residents_i * exp(slope * km_ij / slope_km). A pair without a distance brings nobody. Where fresh
        interest is known, promised * share * decay(km_ij) is averaged with it by precision, on the log scale.
        Predictive totals add the event effect and negative-binomial noise; capacity (the place's own, else
        `settings.popup_capacity`) cuts them in `by_site`, inclusive.

        Parameters
        ----------
        sites
            Index `site_id`; columns `kind`, `capacity`.
        costs
            Columns `area_id, site_id, km`.
        day_kind
            `weekend`, `holiday` or `workday`; None: each place's first allowed kind. The prior alone knows no
            difference between days.
        on
            The day for which is forecast: those whom earlier events served and who are not willing again are not there.
            None: as if nobody had been served; `incremental_attendance` takes them off by the day of each visit.
        days
            Index `site_id`: the proposed day of each place, whose trend and season hold there. None, or a place that
            is not among them: those of `on`, else of `settings.as_of`, else of the last past event.
        shape
            Programme and length of the event; None: a visit of one day.
        n_draws
            Number of draws, >= 100.
        use_interest
            False leaves fresh interest out.
        rng
            Source of randomness; the same generator state gives the same forecast.

        Returns
        -------
        Forecast
            `by_site` has the index of `sites`; the mean of `totals` is that of `draws`, summed over areas.

        Raises
        ------
        ValueError
            Where n_draws < 100, `day_kind` is no kind of day, a distance is below 0 or above 5,000 km, residents are
            missing or below 0, or the reference has no residents within reach.

        Examples
        --------
        >>> from outreach_analysis.models.turnout import prior_turnout
        >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
        >>> sites = pd.DataFrame({"kind": ["mall", "desa"], "capacity": np.nan}, index=pd.Index(["near", "far"]))
        >>> costs = pd.DataFrame({"area_id": "a", "site_id": ["near", "far"], "km": [2.0, 90.0]})
        >>> events = pd.DataFrame({"site_id": ["near"], "status": ["held"]}, index=["E1"])
        >>> turnout = prior_turnout(areas, events, sites, costs, settings=Settings())
        >>> by_site = turnout.forecast(sites, costs, rng=np.random.default_rng(1)).by_site
        >>> bool(by_site.loc["near", "median"] > by_site.loc["far", "median"])
        True
        """
        shape = shape or EventShape()
        if n_draws < _FEWEST_DRAWS:
            raise RequestError(f"n_draws {n_draws} is below {_FEWEST_DRAWS}")
        if day_kind is not None and day_kind not in DAY_KINDS:
            raise RequestError(f"day_kind '{day_kind}' is not one of {', '.join(DAY_KINDS)}")
        day_kinds = [day_kind or next(iter(self.settings.allowed_day_kinds(kind)), "") for kind in sites["kind"]]
        check_costs(costs)
        checked_residents(self.areas["population"])
        # drawn in the order of the ids, so that a place has the same draws wherever it stands in the table
        by_id = np.argsort(sites.index.to_numpy(dtype=str), kind="stable")
        ordered, of_day = sites.iloc[by_id], [day_kinds[position] for position in by_id]
        km = km_matrix(costs, self.areas.index, ordered.index)
        rhythm = None
        if self.fitted is not None:
            residents, learned = self.areas["population"].to_numpy(float), self.fitted.design.terms
            proposed = self._days(ordered.index, days, on, self.fitted)
            simulated = self.fitted.simulate(
                ordered,
                km,
                residents=residents,
                area_ids=self.areas.index,
                day_kinds=of_day,
                terms=learned.at(ordered, proposed, programme=shape.programme),
                n_draws=n_draws,
                rng=rng,
            )
            if n_dated := learned.on(proposed).shape[1]:
                of_day_terms, given = simulated.terms[:, :n_dated], proposed[np.argsort(by_id)]
                rhythm = Rhythm(terms=learned, coefficients=of_day_terms, days=given)
        else:
            simulated = PriorOnly.at(self.prior, self.areas, self.reference).simulate(km, n_draws, rng)
        if shape.n_days != 1:
            simulated = dataclasses.replace(simulated, mean=simulated.mean * shape.n_days)
        if on is not None:
            simulated = dataclasses.replace(
                simulated, mean=simulated.mean * (1 - simulated.depletion.depleted(on))[:, :, None]
            )
        if self.promises is not None and use_interest:
            simulated = self.promises.combine(simulated, km, prior=self.prior, rng=rng.spawn(1)[0])
        mean, totals = simulated.mean, simulated.totals(rng)
        as_given = np.argsort(by_id)
        forecast = make_forecast(
            mean[:, :, as_given],
            totals[:, as_given],
            sites,
            self.areas.index,
            depletion=simulated.depletion,
            day_kinds=day_kinds,
            shape=shape,
            status=self.status,
            n_events=self.n_events,
            settings=self._with_quota(),
        )
        return dataclasses.replace(forecast, rhythm=rhythm)

    def _with_quota(self) -> Settings:
        """The settings, where no capacity is written with the number at which past events ended, if it is lower."""
        quota = np.nan if self.fitted is None else self.fitted.design.full.quota
        if not quota < self.settings.popup_capacity:
            return self.settings
        return self.settings.replace(popup_capacity=int(quota))

    def _days(
        self, site_ids: pd.Index, days: pd.Series | None, on: dt.date | pd.Timestamp | None, fitted: FittedTurnout
    ) -> npt.NDArray[np.datetime64]:
        """The day of each place whose trend and season hold there; the middle of past events where none is known."""
        known = pd.Series(fitted.design.dates).dropna()
        default = on or self.settings.as_of or (fitted.design.terms.origin if known.empty else known.max())
        given = pd.Series(pd.NaT, index=site_ids) if days is None else pd.to_datetime(days.reindex(site_ids))
        return np.asarray(given.fillna(pd.Timestamp(default)).to_numpy("datetime64[ns]"))


def _z(level: float) -> float:
    return float(special.ndtri((1 + level) / 2))
