"""A fitted turnout model and one without events: what each forecasts at any site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.models.design import TurnoutDesign, code_kinds, km_matrix
from outreach_analysis.models.displacement import (
    GRID,
    RECOVERY_DAYS,
    Depletion,
    DepletionDraws,
    PastEvents,
    available_before,
    learn_depletion,
    prior_depletion,
)
from outreach_analysis.models.forecast import (
    FACTORS,
    OWN_FACTORS,
    LearnedShrinkage,
    Shrunk,
    Simulated,
    Status,
    learn_shrinkage,
    posterior_around,
)
from outreach_analysis.models.glmm import Array, Belief, NegBinMixed, NegBinMixedResults, NoModeError
from outreach_analysis.models.terms import AreaEffects, TurnoutPrior, distance_weights, learn_area_effects, log_decay
from outreach_analysis.settings import LEVEL, SITE_KINDS_FIXED

# --- What was learned from past events: the posterior mode, draws around it, and places simulated from them.


FEWEST_EVENTS, FEWEST_FOR_FITTED = 5, 12
"""Held events from which something is learned, and from which the status is `fitted`."""
MISFIT_VISITED, MISFIT_NEW = 0.1, 0.15
"""What is not known of a place beside the model (sd of log), where events were held and elsewhere: without it the
places that are statistically tied held the truly best one in a half to two thirds of simulated offices."""
_CUT_OF_SPREAD = 0.995
_OTHER_STARTS, _START_SD = 5, 0.5
_ALIKE = 0.05  # a spread between areas (sd of log) that leaves the rest of the fit as it is
_MOST_APART = 4
_AREA_ROUNDS = 2  # the overdispersion of a fit that knows of no areas holds their spread too
_FARTHEST_GAIN = 1.0  # log evidence that a last Newton step may promise; farther from the mode it is looked for in full
_LEAST_SPREAD = 0.05  # a prior of no spread at all has no log
_GRID = (np.arange(400) + 0.5) / 400
_LOG_SCALES = {"log_overdispersion": "alpha", "log_event_sd": "sd of log", "log_site_sd": "sd of log"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedTurnout:
    """Posterior of the turnout model."""

    results: NegBinMixedResults
    posterior: LearnedShrinkage
    design: TurnoutDesign
    prior: TurnoutPrior
    depletion: Depletion
    areas: AreaEffects

    @property
    def status(self) -> Status:
        """`provisional` below 12 events, else `fitted`."""
        return "fitted" if len(self.design.event_ids) >= FEWEST_FOR_FITTED else "provisional"

    def decay_curve(self, km: Array, *, level: float) -> pd.DataFrame:
        """People per 10,000 residents by distance, with a band that is normal on the log scale."""
        x = np.zeros((len(km), len(self.results.params)))
        p = self.design.x.shape[1]
        x[:, :p] = self.design.x.groupby(self.design.event).first().mean()
        x[:, 1] = km / self.prior.slope_km
        x[:, 2] = np.log1p(km / self.prior.bend_km)
        log_rate = x @ self.results.params
        slope, bend = self.results.params[1:3]
        falling = log_decay(np.array([slope]), np.array([bend]), km, prior=self.prior)[0]
        log_rate += falling - slope * x[:, 1] - bend * x[:, 2]
        error = special.ndtri((1 + level) / 2) * np.sqrt(np.einsum("ij,jk,ik->i", x, self.results.cov_params(), x))
        rates = {"estimate": log_rate, "ci_low": log_rate - error, "ci_high": log_rate + error}
        return pd.DataFrame({name: 1e4 * np.exp(values) for name, values in rates.items()})

    def parameters(self) -> pd.DataFrame:
        """Parameters with 90 % intervals: `estimate, ci_low, ci_high, unit`; spreads on their own scale."""
        params, error = self.results.params, special.ndtri((1 + LEVEL) / 2) * self.results.bse
        table = pd.DataFrame(
            {"estimate": params, "ci_low": params - error, "ci_high": params + error}, index=self.results.names
        )
        scales = [name for name in table.index if name in _LOG_SCALES]
        table.loc[scales] = np.exp(table.loc[scales])
        units = {
            "const": "log people per resident",
            "distance": f"log ratio per {self.prior.slope_km:g} km",
            "log_distance": f"log ratio per unit of log(1 + km / {self.prior.bend_km:g})",
            **_LOG_SCALES,
        }
        table["unit"] = [units.get(name, "log ratio") for name in table.index]
        table = pd.concat([table, self.areas.summary()])
        return table.rename(index=lambda name: name.removeprefix("log_") if name in _LOG_SCALES else name)

    def simulate(
        self,
        sites: pd.DataFrame,
        km: Array,
        *,
        residents: Array,
        area_ids: pd.Index,
        day_kinds: list[str],
        terms: Array,
        n_draws: int,
        rng: np.random.Generator,
    ) -> Simulated:
        """Draw coefficients, spreads and site effects, and with them people at each place; `terms` from `Terms.at`."""
        p = self.design.x.shape[1]
        drawn, factor_of_kinds = self.posterior.draw(n_draws, rng)
        scale = dict(zip(self.results.names[p:], np.exp(drawn[:, p:].T), strict=True))
        codes = code_kinds(sites["kind"], pd.Series(day_kinds))
        level = self.design.covariates.effects(codes, drawn[:, self.design.kinds], factor_of_kinds, rng)
        level += drawn[:, self.design.of_terms] @ terms.T
        own, misfit = self._site_effects(sites.index, drawn - self.results.params, scale["log_site_sd"], rng)
        level += own
        sd, mean_factor = self._event_spread(scale["log_event_sd"], misfit)
        factor = np.exp(sd * self._effects((n_draws, len(sites)), rng)) / mean_factor
        level += drawn[:, :1] + np.log(mean_factor)
        door = np.exp(
            drawn[:, 0]
            + _log_mean(
                drawn[:, 3:p] @ _covariates(self.design).T + _event_levels(self.results.model, self.results.params)
            )
        )
        mean = log_decay(drawn[:, 1], drawn[:, 2], km, prior=self.prior)
        mean += level[:, None, :]
        by_id = np.argsort(area_ids.astype(str))
        of_areas = np.empty((n_draws, len(area_ids)))
        of_areas[:, by_id] = self.areas.draw(n_draws, self.design.area_ids.get_indexer(area_ids[by_id]), rng)
        mean += of_areas[:, :, None]
        np.exp(mean, out=mean)
        mean *= residents[:, None]
        np.minimum(mean, residents[:, None], out=mean)
        return Simulated(
            mean=mean,
            event_factor=factor,
            overdispersion=scale["log_overdispersion"],
            slope=drawn[:, 1],
            bend=drawn[:, 2],
            terms=drawn[:, self.design.of_terms],
            most=residents @ np.isfinite(km),
            depletion=self._depletion(door[:, None] * residents * np.exp(of_areas), area_ids, rng),
        )

    def _event_spread(self, spread: Array, misfit: Array) -> tuple[Array, Array]:
        """Spread of events at each place, less its misfit, and the mean of exp of an event's effect, by draw."""
        kinds, which = np.unique(misfit, return_inverse=True)
        sd = np.sqrt(np.maximum(spread[:, None] ** 2 - kinds**2, (spread[:, None] / 2) ** 2))
        mean = np.exp(sd[:, :, None] * self._effect_quantiles(_GRID)).mean(axis=2)
        return sd[:, which], mean[:, which]

    def _depletion(self, base: Array, area_ids: pd.Index, rng: np.random.Generator) -> DepletionDraws:
        past = self.depletion.past
        ratio = past.ratio[:, self.design.area_ids.get_indexer(area_ids)]
        share, recovery = self.depletion.draw(len(base), rng)
        return DepletionDraws(share=share, recovery=recovery, base=base, past=PastEvents(dates=past.dates, ratio=ratio))

    def _site_effects(
        self, site_ids: pd.Index, away: Array, sd: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Effects of places (draws, places), and the spread of the misfit in them (places,)."""
        model = self.results.model
        at = model.evaluate(self.results.params)
        first = len(self.design.event_ids)
        root = np.linalg.cholesky(at.effects_cov[first:, first:])
        known = at.effects[first:] + away @ at.effects_slope[first:].T
        known = known + rng.standard_normal(known.shape) @ root.T
        position = pd.Index(np.unique(self.design.site.astype(str))).get_indexer(site_ids)
        effects = sd[:, None] * self._effects((len(sd), len(site_ids)), rng)
        effects[:, position >= 0] = known[:, position[position >= 0]]
        misfit = np.where(position >= 0, MISFIT_VISITED, MISFIT_NEW)
        effects += misfit * rng.standard_normal(effects.shape) - misfit**2 / 2
        return effects, misfit

    def _effects(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Effects in units of their spread."""
        freedom = len(self.design.event_ids) - 1
        drawn = rng.standard_normal(shape) if self.status == "fitted" else rng.standard_t(freedom, shape)
        low, high = self._effect_quantiles(np.array([1 - _CUT_OF_SPREAD, _CUT_OF_SPREAD]))
        return np.clip(drawn, low, high)

    def _effect_quantiles(self, q: Array) -> Array:
        q = np.clip(q, 1 - _CUT_OF_SPREAD, _CUT_OF_SPREAD)
        freedom = len(self.design.event_ids) - 1
        return np.asarray(stats.norm.ppf(q) if self.status == "fitted" else stats.t.ppf(q, freedom))


def fit_design(design: TurnoutDesign, prior: TurnoutPrior, rng: np.random.Generator) -> FittedTurnout:
    """Fit the model to a design: posterior mode, spreads corrected for the coefficients fitted beside them."""
    plain = _model(design, prior)
    first = _fit(plain, rng, restricted=False)
    dated = len(_by_day(design)) >= FEWEST_EVENTS
    known, left = _learn(design, prior, first) if dated else (None, np.ones(len(design.counts)))
    offset, areas = np.log(left), AreaEffects.none(len(design.area_ids))
    results = _fit(_model(design, prior, offset) if dated else plain, rng, restricted=True, start=first.params)
    for _ in range(_AREA_ROUNDS):
        areas = _area_effects(design, results, offset, areas)
        if areas.spread < _ALIKE:
            break
        of_rows = areas.mean[design.area]
        results = _fit(_model(design, prior, offset + of_rows), rng, restricted=True, start=results.params)
    past = past_events(design, results.model, results.params, prior)
    depletion = prior_depletion(past) if known is None else Depletion(weights=known.weights, past=past)
    cov = results.cov_params()
    around = posterior_around(results.model, results.params, cov)
    posterior = learn_shrinkage(around, cov, _shrunk(design))
    return FittedTurnout(
        results=results, posterior=posterior, design=design, prior=prior, depletion=depletion, areas=areas
    )


def _area_effects(
    design: TurnoutDesign, results: NegBinMixedResults, log_left: Array, so_far: AreaEffects
) -> AreaEffects:
    """Effects of areas around a fit, whose own offset holds those found `so_far`."""
    p = design.x.shape[1]
    of_event = design.event_ids.get_indexer(pd.Index(design.event))
    level = _event_levels(results.model, results.params)[of_event]
    known = design.log_residents + design.log_placed + design.log_days[of_event] + log_left
    scale = dict(zip(results.names[p:], np.exp(results.params[p:]), strict=True))
    return learn_area_effects(
        design.counts,
        design.x.to_numpy(float) @ results.params[:p] + known + level,
        design.area,
        n_areas=len(so_far.mean),
        overdispersion=scale["log_overdispersion"],
    )


def past_events(design: TurnoutDesign, model: NegBinMixed, params: Array, prior: TurnoutPrior) -> PastEvents:
    """What the events of a design drew, by fitted decay, kinds and levels; events without a day are left out."""
    level = _event_levels(model, params) + _covariates(design) @ params[3 : design.x.shape[1]]
    falling = log_decay(params[1:2], params[2:3], design.km, prior=prior)[0]
    ratio = np.exp(falling + (level + design.log_days - _log_mean(level[None])[0])[:, None])
    order = _by_day(design)
    return PastEvents(dates=design.dates[order], ratio=ratio[order])


def _shrunk(design: TurnoutDesign) -> list[Shrunk]:
    """Groups of coefficients whose spread is learned: kinds, and each of the office's own columns. More than four
    columns share one spread, since every column doubles the posteriors to be averaged."""
    groups = [Shrunk(at=design.kinds, precision=design.covariates.precision, factors=FACTORS)]
    own, last = design.terms.n_own, design.of_terms.stop
    size = 1 if own <= _MOST_APART else own
    for first in range(last - own, last, size):
        at = slice(first, first + size)
        precision = np.diag(design.terms.sd[first - design.of_terms.start :][:size] ** -2)
        groups.append(Shrunk(at=at, precision=precision, factors=OWN_FACTORS))
    return groups


def _by_day(design: TurnoutDesign) -> npt.NDArray[np.intp]:
    order = np.argsort(design.dates, kind="stable")
    return np.asarray(order[~np.isnat(design.dates[order])])


def _learn(design: TurnoutDesign, prior: TurnoutPrior, first: NegBinMixedResults) -> tuple[Depletion, Array]:
    """Depletion around a first fit, and the share of the willing that earlier events left on average, by row. For each
    recovery the shares are walked upward: what events drew is read off the fit of the share before, since a fit that
    knows of no depletion takes the lack of people near earlier events for a flatter decay."""
    position = np.full(len(design.dates), -1)
    position[_by_day(design)] = np.arange(len(_by_day(design)))
    row = position[design.event_ids.get_indexer(pd.Index(design.event))]
    evidence = np.empty((len(GRID), len(RECOVERY_DAYS)))
    lefts = np.ones((len(GRID), len(RECOVERY_DAYS), len(row)))
    evidence[0] = _near_mode(first.model, first.params)[0]
    for at_days, recovery in enumerate(RECOVERY_DAYS):
        model, params = first.model, first.params
        for at, share in enumerate(GRID[1:], start=1):
            left = available_before(past_events(design, model, params, prior), share, recovery)
            lefts[at, at_days] = np.where(row >= 0, left[np.maximum(row, 0), design.area], 1.0)
            model = _model(design, prior, np.log(lefts[at, at_days]))
            evidence[at, at_days], params = _near_mode(model, params)
    depletion = learn_depletion(past_events(design, first.model, first.params, prior), evidence)
    return depletion, np.asarray(np.tensordot(depletion.on_grid(), lefts, axes=2))


def _near_mode(model: NegBinMixed, params: Array) -> tuple[float, Array]:
    """Log marginal likelihood up to a constant, and the mode, by two Newton steps; -inf where there is no peak."""
    at = params
    for last in (False, True):
        slope, information = model.score(at), -model.hessian(at)
        if np.linalg.eigvalsh(information)[0] <= 0:
            break
        step = np.linalg.solve(information, slope)
        if last and 0.5 * slope @ step > _FARTHEST_GAIN:
            break
        if last:
            value = model.loglike(at) + 0.5 * slope @ step - 0.5 * np.linalg.slogdet(information)[1]
            return float(value), np.asarray(at + step * min(1.0, 0.5 / np.abs(step).max()))
        at = at + step * min(1.0, 1.0 / np.abs(step).max())
    try:
        found = model.fit(params)
    except RuntimeError:
        return -np.inf, params
    log_det = np.linalg.slogdet(-model.hessian(found.params))[1]
    return float(model.loglike(found.params) - 0.5 * log_det), np.asarray(found.params)


def _event_levels(model: NegBinMixed, params: Array) -> Array:
    """Log level of each event beside constant and kinds: its own effect and its place's."""
    return np.asarray(model.evaluate(params).effects[: len(model.layout.sold_out)])


def _covariates(design: TurnoutDesign) -> Array:
    """Contrasts of kinds by event, in the order of the ids."""
    first = np.unique(design.event.astype(str), return_index=True)[1]
    return np.asarray(design.x.to_numpy(float)[first, 3:])


def _log_mean(levels: Array) -> Array:
    """Log of the mean of exp along the last axis."""
    return np.asarray(special.logsumexp(levels, axis=-1) - np.log(levels.shape[-1]))


def _model(design: TurnoutDesign, prior: TurnoutPrior, log_left: Array | float = 0.0) -> NegBinMixed:
    p = design.x.shape[1]
    of_event = design.event_ids.get_indexer(pd.Index(design.event))
    medians = np.maximum([prior.overdispersion, prior.event_sd, prior.site_sd], _LEAST_SPREAD)
    mean = np.r_[0.0, prior.slope_mean, np.zeros(p - 2), np.log(medians)]
    precision = np.zeros((len(mean), len(mean)))
    precision[1, 1], precision[2, 2] = prior.slope_sd**-2, prior.bend_sd**-2
    precision[design.kinds, design.kinds] = design.covariates.precision
    mean[design.of_terms] = design.terms.mean
    precision[design.of_terms, design.of_terms] = np.diag(design.terms.sd**-2)
    log_sds = np.array([prior.overdispersion_log_sd, prior.event_log_sd, prior.site_log_sd])
    precision[range(p, len(mean)), range(p, len(mean))] = log_sds**-2
    belief = Belief(
        mean=mean,
        precision=precision,
        log_total=float(np.log(prior.total_median)),
        log_total_sds=prior.log_total_sds,
        reference_offset=design.log_residents,
    )
    return NegBinMixed(
        design.counts,
        design.x,
        event=design.event.astype(str),
        site=design.site.astype(str),
        sold_out=design.sold_out,
        offset=design.log_residents + design.log_placed + design.log_days[of_event] + log_left,
        prior=belief,
    )


def _fit(
    model: NegBinMixed, rng: np.random.Generator, *, restricted: bool, start: Array | None = None
) -> NegBinMixedResults:
    at = model.start_params if start is None else start
    for _ in range(_OTHER_STARTS):
        try:
            return model.fit(at, restricted=restricted)
        except NoModeError:
            at = model.start_params + _START_SD * rng.standard_normal(len(model.start_params))
    return model.fit(at, restricted=restricted)


# --- Turnout by the documented prior alone: its total at a reference, spread over places by residents and distance.


_LATTICE = 1024
_GOLDEN = 0.6180339887498949
_OUT_OF_REACH = "no residents within reach of the reference places; check populations and distances"


def reference_places(
    areas: pd.DataFrame, events: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame
) -> tuple[pd.DataFrame, str]:
    """Places at whose mean the prior's total holds: those of held events, else the candidates."""
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
    """The prior at a set of reference places."""

    prior: TurnoutPrior
    residents: Array
    reference_km: Array

    @classmethod
    def at(cls, prior: TurnoutPrior, areas: pd.DataFrame, reference: pd.DataFrame) -> PriorOnly:
        """The prior for these areas and reference places."""
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
