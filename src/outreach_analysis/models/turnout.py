"""Turnout fitted to past pop-ups, or taken from the prior, and what it says of itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.geography.travel import EffectiveCosts, decaying
from outreach_analysis.models.design import LEFT_OUT_COLUMNS, build_design, km_matrix, usable_events
from outreach_analysis.models.fitted import FEWEST_EVENTS, FittedTurnout, PriorOnly, fit_design, reference_places
from outreach_analysis.models.forecast import (
    EventShape,
    Forecast,
    PromiseEvidence,
    Status,
    promise_evidence,
    served_by_site,
)
from outreach_analysis.models.glmm import Array
from outreach_analysis.models.terms import Rhythm, TurnoutPrior, office_index
from outreach_analysis.settings import DAY_KINDS, LEVEL, Settings
from outreach_analysis.shown import Shown

# --- A model of turnout, ready to forecast: from past events, or from the documented prior.


_CURVE_KM = np.arange(0.0, 151.0, 5.0)
_FEWEST_DRAWS = 100
_TERM_DRAWS = 4000
_LEARNED = 0.9  # of the standard deviation before any event


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TurnoutResult(Shown):
    """A model of turnout, ready to forecast.

    `params`, `bse`, `cov_params()` and `conf_int()` read as in statsmodels, whose own table is
    `fitted.results.summary()`; with status `prior_only` they are those of the prior.

    Attributes
    ----------
    status
        `prior_only` (below 5 usable events: nothing was learned), `provisional` (5 to 11) or `fitted`.
    prior, settings
        Those used.
    areas
        Index `area_id`, column `population`.
    reference, reference_kind
        Where the prior's total holds: at the mean over these places (columns `area_id, site_id, km`), those of `held
        events` or the `candidates`.
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
        return self._believed["mean"]

    @property
    def bse(self) -> pd.Series:
        """Their standard errors."""
        return pd.Series(np.sqrt(np.diag(self.cov_params())), index=self.params.index)

    def cov_params(self) -> pd.DataFrame:
        """Their covariance: the inverse of minus the Hessian of the log posterior."""
        names = self.params.index
        cov = np.diag(self._believed["sd"] ** 2) if self.fitted is None else self.fitted.results.cov_params()
        return pd.DataFrame(cov, index=names, columns=names)

    @property
    def _model(self) -> FittedTurnout | PriorOnly:
        return self.fitted or PriorOnly.at(self.prior, self.areas, self.reference)

    @property
    def _believed(self) -> pd.DataFrame:
        """Parameters of the prior alone."""
        prior = self.prior
        rows = {
            "log_total": (np.log(prior.total_median), float(np.mean(prior.log_total_sds))),
            "distance": (prior.slope_mean, prior.slope_sd),
            "log_overdispersion": (np.log(prior.overdispersion), prior.overdispersion_log_sd),
            "log_event_sd": (np.log(prior.event_sd), prior.event_log_sd),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "sd"])

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals of level 1 - alpha, columns 0 and 1."""
        margin = special.ndtri(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - margin, 1: self.params + margin})

    def summary(self) -> pd.DataFrame:
        """Parameters with 90 % intervals: `estimate, ci_low, ci_high, unit`; the unit says the status."""
        table = self._model.parameters()
        return table.assign(unit=table["unit"] + f" ({self.status})")

    def terms(self) -> pd.DataFrame:
        """What time, programme and the office's own columns say, and which of them were left out.

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
        left = pd.DataFrame(index=terms.left_out.index, columns=columns)
        left = left.assign(learned=False, says=False, reason=terms.left_out)
        return pd.concat([used, left.astype(used.dtypes)]).rename_axis("term")

    def decay_curve(self, *, km: Array | None = None, level: float = LEVEL) -> pd.DataFrame:
        """People per 10,000 residents by distance, at an event that is neither above nor below expectation.

        `km`: distances >= 0, finite, 0 to 150 by 5 unless given. `level`: of the pointwise band, in (0, 1), which is
        the uncertainty of the coefficients only. Index `km`; `estimate`, `ci_low`, `ci_high` for the average mix of
        kinds of place and day among the held events; `unit` says the status.
        """
        at = np.asarray(_CURVE_KM if km is None else km, dtype=float)
        if not (np.isfinite(at) & (at >= 0)).all():
            raise RequestError("a distance is negative or not finite")
        curve = self._model.decay_curve(at, level=level)
        curve.index = pd.Index(at, name="km")
        return curve.assign(unit=f"people per 10,000 residents ({self.status})")

    def forecast(
        self,
        *,
        sites: pd.DataFrame,
        costs: pd.DataFrame | EffectiveCosts,
        day_kind: str | None = None,
        on: dt.date | pd.Timestamp | None = None,
        days: pd.Series | None = None,
        shape: EventShape | None = None,
        n_draws: int = 2000,
        rng: np.random.Generator | int | None,
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
        sites, costs
            As in the data contract; costs may be what `effective_costs` made of them.
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
        rng
            Source of randomness; the same generator state gives the same forecast.

        Returns
        -------
        Forecast
            `by_site` has the index of `sites`; the mean of `totals` is that of `draws`, summed over areas.

        Raises
        ------
        RequestError
            Where n_draws < 100, `day_kind` is no kind of day, a distance is below 0 or above 5,000 km, residents are
            missing or below 0, or the reference has no residents within reach.

        Examples
        --------
        >>> from outreach_analysis.models.turnout import prior_turnout
        >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
        >>> sites = pd.DataFrame({"kind": ["mall", "desa"], "capacity": np.nan}, index=pd.Index(["near", "far"]))
        >>> costs = pd.DataFrame({"area_id": "a", "site_id": ["near", "far"], "km": [2.0, 90.0]})
        >>> events = pd.DataFrame({"site_id": ["near"], "status": ["held"]}, index=["E1"])
        >>> turnout = prior_turnout(areas=areas, sites=sites, events=events, costs=costs, settings=Settings())
        >>> by_site = turnout.forecast(sites=sites, costs=costs, rng=np.random.default_rng(1)).by_site
        >>> bool(by_site.loc["near", "median"] > by_site.loc["far", "median"])
        True
        """
        shape, rng = shape or EventShape(), np.random.default_rng(rng)
        if n_draws < _FEWEST_DRAWS:
            raise RequestError(f"n_draws {n_draws} is below {_FEWEST_DRAWS}")
        if day_kind is not None and day_kind not in DAY_KINDS:
            raise RequestError(f"day_kind '{day_kind}' is not one of {', '.join(DAY_KINDS)}")
        day_kinds = [day_kind or next(iter(self.settings.allowed_day_kinds(kind)), "") for kind in sites["kind"]]
        _, sites, costs = checked_frames(areas=self.areas, sites=sites, costs=decaying(costs), needs={"costs": ("km",)})
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
            left = 1 - simulated.depletion.depleted(on)
            simulated = dataclasses.replace(simulated, mean=simulated.mean * left[:, :, None])
        if self.promises is not None:
            simulated = self.promises.combine(simulated, km, prior=self.prior, rng=rng.spawn(1)[0])
        mean, totals = simulated.mean, simulated.totals(rng)
        as_given = np.argsort(by_id)
        by_draw = pd.DataFrame(totals[:, as_given], columns=sites.index)
        own = pd.to_numeric(sites["capacity"]) if "capacity" in sites else pd.Series(np.nan, index=sites.index)
        quota = np.nan if self.fitted is None else self.fitted.design.full.quota
        # where no capacity is written: the number at which past events ended, if it is lower than the usual one
        usual = int(quota) if quota < self.settings.popup_capacity else self.settings.popup_capacity
        capacity = own.fillna(usual) * shape.n_days
        by_site = served_by_site(by_draw, capacity, threshold=self.settings.interest_threshold_people)
        mean = mean[:, :, as_given]
        expected = pd.DataFrame(mean.mean(axis=0), index=self.areas.index, columns=sites.index)
        expected = expected.rename_axis("area_id").reset_index()
        return Forecast(
            by_site=by_site.assign(day_kind=day_kinds),
            expected=expected.melt(id_vars="area_id", var_name="site_id", value_name="people"),
            draws=mean,
            totals=by_draw,
            area_ids=self.areas.index,
            site_ids=sites.index,
            depletion=simulated.depletion,
            rhythm=rhythm,
            status=self.status,
            n_events=self.n_events,
        )

    def _days(
        self, site_ids: pd.Index, days: pd.Series | None, on: dt.date | pd.Timestamp | None, fitted: FittedTurnout
    ) -> npt.NDArray[np.datetime64]:
        """The day of each place whose trend and season hold there; the middle of past events where none is known."""
        known = pd.Series(fitted.design.dates).dropna()
        default = on or self.settings.as_of or (fitted.design.terms.origin if known.empty else known.max())
        given = pd.Series(pd.NaT, index=site_ids) if days is None else pd.to_datetime(days.reindex(site_ids))
        return np.asarray(given.fillna(pd.Timestamp(default)).to_numpy("datetime64[ns]"))


# --- How many people a pop-up would bring: learned from past events, or from the documented prior where they are few.


__all__ = [
    "EventShape",
    "Forecast",
    "Status",
    "TurnoutPrior",
    "TurnoutQuestion",
    "TurnoutResult",
    "fit_turnout",
    "prior_turnout",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutQuestion:
    """What turnout is learned from beside pop-ups and their applicants, and by which settings.

    Attributes
    ----------
    interest
        What is fresh is combined with the forecast, what led to an event teaches what share comes. None: it is not
        used.
    office_monthly
        The office's growth and its months of the year are what season and growth of turnout are compared with. None:
        season is not used.
    prior
        None: `TurnoutPrior.from_settings(settings)`.
    settings
        For capacity, thresholds, expiry of interest and `as_of`.
    """

    interest: pd.DataFrame | None = None
    office_monthly: pd.DataFrame | None = None
    prior: TurnoutPrior | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def believed(self) -> TurnoutPrior:
        """The prior, of the settings where no other is given."""
        return self.prior or TurnoutPrior.from_settings(self.settings)


def fit_turnout(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame | EffectiveCosts,
    question: TurnoutQuestion | None = None,
    rng: np.random.Generator | int | None,
) -> TurnoutResult:
    """Learn turnout from past events by a negative-binomial mixed model with weak priors.

    log mu of area i at event e = const + log(residents_i) + log(placed_share_e) + log(days_e) + decay(km) + kind of
    place + kind of day + terms of time, programme and place + area effect + site effect + event effect; variance
    mu + alpha mu**2. Below
    5 usable events the result is that of `prior_turnout`; from 5 to 11 it is `provisional`, with Student-t
    effects in forecasts; from 12 `fitted`. A sold-out event's people are a random part of those who would
    have come. The fit is the posterior mode, effects integrated out by Laplace's approximation.

    Parameters
    ----------
    areas, sites, events, counts, costs
        As in the data contract; an area absent from an event's rows of counts had 0. Of events are used where known
        `date`, `placed_share`, `sold_out`, `day_kind`, `programme`, `days`, and of events and sites columns `x_...` of
        numbers. Costs may be what `effective_costs` made of them.
    question
        What else is known, and the settings; None: nothing else, and the defaults.
    rng
        Source of randomness for further starts, should the first not lead to a mode.

    Raises
    ------
    RequestError
        Where tables do not fit together, residents are missing or below 0, a distance is below 0 or above 5,000 km, a
        placed share would mean a crowd that no pop-up sees, or nobody lives within reach of any place.
    NoModeError
        Where no mode is found.

    References
    ----------
    Laplace's approximation: Skaug and Fournier (2006), Computational Statistics & Data Analysis 51. Spreads:
    Cox and Reid (1987), JRSS B 49.

    Examples
    --------
    >>> draw = np.random.default_rng(5)
    >>> areas = pd.DataFrame({"population": [60_000, 40_000, 30_000]}, index=pd.Index(list("abc"), name="area_id"))
    >>> sites = pd.DataFrame({"kind": "mall", "capacity": np.nan}, index=pd.Index(["M"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": list("abc"), "site_id": "M", "km": [3.0, 20.0, 60.0]})
    >>> events = pd.DataFrame({"site_id": "M", "status": "held", "day_kind": "weekend"},
    ...                       index=[f"E{number:02d}" for number in range(12)])
    >>> counts = pd.DataFrame({"event_id": events.index.repeat(3), "area_id": list("abc") * 12,
    ...                        "applicants": draw.poisson([30, 12, 4] * 12)})
    >>> turnout = fit_turnout(areas=areas, sites=sites, events=events, counts=counts, costs=costs, rng=draw)
    >>> turnout.status, turnout.n_events
    ('fitted', 12)
    """
    needs = {"areas": ("population",), "costs": ("km",), "events": ("site_id", "status"), "sites": ("kind",)}
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=decaying(costs), needs=needs
    )
    question = question or TurnoutQuestion()
    settings, prior, interest = question.settings, question.believed, question.interest
    promises = None if interest is None else promise_evidence(interest, counts, areas, events, settings=settings)
    used, unused = usable_events(counts, areas, events, costs)
    if len(used) < FEWEST_EVENTS:
        alone = prior_turnout(areas=areas, sites=sites, events=events, costs=costs, prior=prior, settings=settings)
        return dataclasses.replace(alone, promises=promises, left_out=unused)
    index = office_index(question.office_monthly, as_of=settings.as_of)
    design = build_design(counts, areas, events, sites, costs, prior=prior, index=index, settings=settings)
    reference, _ = reference_places(areas, used, sites, costs)
    fitted = fit_design(design, prior, np.random.default_rng(rng))
    return TurnoutResult(
        status=fitted.status,
        prior=prior,
        areas=areas[["population"]],
        reference=reference,
        reference_kind="held events",
        fitted=fitted,
        promises=promises,
        n_events=len(design.event_ids),
        left_out=design.left_out,
        settings=settings,
    )


def prior_turnout(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame | EffectiveCosts,
    prior: TurnoutPrior | None = None,
    settings: Settings,
) -> TurnoutResult:
    """Turnout by the documented prior alone: nothing is learned from past events but where they were held.

    The reference, at which the prior's total holds, is the mean over the places of held events (each event
    once), or over the candidates where none was held. Other places scale from it by residents and distance.

    Of the tables the same is needed as for `fit_turnout`, and refused, `counts` apart; `prior` None is
    `TurnoutPrior.from_settings(settings)`. The result has the status `prior_only`.

    Notes
    -----
    The prior's people per event-day rest on what was published of other offices' services: `published_turnout`.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["mall"], "capacity": [np.nan]}, index=pd.Index(["M"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["M"], "km": [2.0]})
    >>> no_events = pd.DataFrame({"site_id": [], "status": []})
    >>> prior_turnout(areas=areas, sites=sites, events=no_events, costs=costs, settings=Settings()).reference_kind
    'candidates'
    """
    needs = {"areas": ("population",), "costs": ("km",), "events": ("site_id", "status"), "sites": ("kind",)}
    areas, sites, costs = checked_frames(areas=areas, sites=sites, costs=decaying(costs), needs=needs)
    # past events may have been elsewhere than at these candidates
    (events,) = checked_frames(events=events, needs=needs)
    reference, kind = reference_places(areas, events, sites, costs)
    return TurnoutResult(
        status="prior_only",
        prior=prior or TurnoutPrior.from_settings(settings),
        areas=areas[["population"]],
        reference=reference,
        reference_kind=kind,
        fitted=None,
        promises=None,
        n_events=0,
        left_out=pd.DataFrame(columns=list(LEFT_OUT_COLUMNS)).astype({"people": int}),
        settings=settings,
    )
