"""Which part of a pop-up's people the office would have reached anyway, and how sites wear out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import interpolate, special, stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import check_distances, checked_residents
from outreach_analysis.models.glmm import Array
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.settings import LEVEL
from outreach_analysis.shown import Shown

# --- Depletion: those who came do not come again next week, and after a while others are willing in their place.


MOST_DRAWN = 0.9
"""No event draws a larger share of those who are willing in an area."""
GRID = (0.0, 0.15, 0.35, 0.6, 0.85)
"""Shares drawn at the door at which past events are asked for their likelihood; between them it is interpolated."""
RECOVERY_DAYS = (45.0, 120.0, 365.0)
_RECOVERY_WEIGHTS = (0.15, 0.65, 0.2)
_FINE = np.linspace(0.0, GRID[-1], 86)
_LEAST = 1e-3  # below it nobody would notice, and the stock of willing people would be without limit
_FARTHEST = 50.0
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastEvents:
    """What past events drew, relative to an average event's door."""

    dates: npt.NDArray[np.datetime64]
    ratio: Array

    @classmethod
    def none(cls, n_areas: int) -> PastEvents:
        """No event that anybody remembers."""
        return cls(dates=np.empty(0, dtype="datetime64[ns]"), ratio=np.empty((0, n_areas)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Depletion:
    """How large a share of the willing an average event draws at its door, and how long until others are willing."""

    weights: Array
    past: PastEvents

    @property
    def share_mean(self) -> float:
        """Expected share drawn at the door."""
        return float(self.weights.sum(axis=1) @ _FINE)

    def share_interval(self, level: float = 0.9) -> tuple[float, float]:
        """Its central interval."""
        at = np.cumsum(self.weights.sum(axis=1))
        low, high = (
            _FINE[min(int(np.searchsorted(at, q)), len(_FINE) - 1)] for q in ((1 - level) / 2, (1 + level) / 2)
        )
        return float(low), float(high)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Shares drawn at the door, (n,), and days of recovery, (n,)."""
        flat = rng.choice(self.weights.size, n, p=self.weights.ravel())
        share, recovery = np.unravel_index(flat, self.weights.shape)
        return np.maximum(_FINE[share], _LEAST), np.asarray(RECOVERY_DAYS)[recovery]

    def on_grid(self) -> Array:
        """(`GRID`, `RECOVERY_DAYS`) probability, each share's split between its neighbours on the grid."""
        right = np.clip(np.searchsorted(GRID, _FINE, side="right"), 1, len(GRID) - 1)
        low, high = np.asarray(GRID)[right - 1], np.asarray(GRID)[right]
        part = (_FINE - low) / (high - low)
        table = np.zeros((len(GRID), len(RECOVERY_DAYS)))
        np.add.at(table, right - 1, self.weights * (1 - part)[:, None])
        np.add.at(table, right, self.weights * part[:, None])
        return table

    def summary(self) -> pd.DataFrame:
        """Share drawn at the door and days of recovery: `estimate, ci_low, ci_high, unit`."""
        days = np.asarray(RECOVERY_DAYS)
        of_days = self.weights.sum(axis=0)
        at = np.cumsum(of_days)
        low, high = (float(days[min(int(np.searchsorted(at, q)), len(days) - 1)]) for q in (0.05, 0.95))
        rows = {
            "share drawn at the door": (self.share_mean, *self.share_interval(), "share"),
            "recovery": (float(of_days @ days), low, high, "days"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])


def prior_depletion(past: PastEvents) -> Depletion:
    """Before any event was looked at: small shares are likelier than large ones."""
    return Depletion(weights=_prior_weights() / _prior_weights().sum(), past=past)


def learn_depletion(past: PastEvents, log_evidence: Array) -> Depletion:
    """Weigh shares and recoveries by how well they explain past events."""
    known = np.maximum(log_evidence, log_evidence.max() - _FARTHEST)
    curve = interpolate.PchipInterpolator(np.asarray(GRID), known, axis=0)(_FINE)
    weights = _prior_weights() * np.exp(curve - curve.max())
    return Depletion(weights=weights / weights.sum(), past=past)


def _prior_weights() -> Array:
    return np.asarray((1 - _FINE)[:, None] ** 1.5 * np.asarray(_RECOVERY_WEIGHTS))


def available_before(past: PastEvents, share: float, recovery: float) -> Array:
    """Share of the willing who are left before each past event, (events, areas), under one share and recovery."""
    depleted = np.zeros(past.ratio.shape[1])
    left = np.empty_like(past.ratio)
    last: np.datetime64 | None = None
    waiting: list[int] = []
    for number, day in enumerate(past.dates):
        if last is not None and day != last:
            for earlier in waiting:
                depleted = depleted + np.minimum(share * past.ratio[earlier], MOST_DRAWN) * (1 - depleted)
            depleted = depleted * np.exp(-float((day - last) / _DAY) / recovery)
            waiting = []
        last = day
        waiting.append(number)
        left[number] = 1 - depleted
    return left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepletionDraws:
    """Depletion in every draw of a forecast."""

    share: Array
    recovery: Array
    base: Array
    past: PastEvents
    _known: dict[np.datetime64, Array] = field(default_factory=dict)

    def stock(self) -> Array:
        """(n_draws, areas) willing people where nobody was served yet."""
        return np.asarray(self.base / self.share[:, None])

    def depleted(self, day: dt.date | pd.Timestamp) -> Array:
        """(n_draws, areas) share of the willing whom events BEFORE a day served and who did not recover yet."""
        before = self.past.dates < np.datetime64(pd.Timestamp(day), "ns")
        if not before.any():
            return np.zeros_like(self.base)
        last = self.past.dates[before][-1]
        if last not in self._known:
            self._known.clear()
            self._known[last] = self._after(int(before.sum()))
        days = float((np.datetime64(pd.Timestamp(day), "ns") - last) / _DAY)
        return np.asarray(self._known[last] * np.exp(-days / self.recovery)[:, None])

    def _after(self, n_events: int) -> Array:
        """Depletion just after the first `n_events` past events."""
        depleted = np.zeros_like(self.base)
        last = self.past.dates[0]
        for day, ratio in zip(self.past.dates[:n_events], self.past.ratio[:n_events], strict=True):
            if day != last:
                depleted *= np.exp(-float((day - last) / _DAY) / self.recovery)[:, None]
                last = day
            depleted += np.minimum(self.share[:, None] * ratio, MOST_DRAWN) * (1 - depleted)
        return depleted


# --- Displacement (deadweight): of those who come to a pop-up, who would have been served by the office anyway.


Hypothesis: TypeAlias = Literal["learned", "one_share", "falling", "office_share"]
HYPOTHESES: tuple[Hypothesis, ...] = ("learned", "one_share", "falling", "office_share")
"""What is learned from all evidence, and three things that could be true instead: see `DisplacementPrior`."""
_CLIP = 0.03
_MOST_STEPS = 100
_TOLERANCE = 1e-9
_CANDIDATES = 4
_FREEDOM = 4
_MODEL_ERROR, _GATE_ERROR = 0.1, 0.3
_ANSWERS = ("yes", "no", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplacementPrior:
    """What is believed about displacement before anybody was asked."""

    near_mean: float = 0.17
    near_sd: float = 0.81
    far_mean: float = -1.27
    far_sd: float = 0.89
    correlation: float = 0.5
    slope_mean: float = 0.75
    slope_sd: float = 1.5
    area_sd: float = 0.5
    overstatement_mean: float = 0.15
    overstatement_sd: float = 0.45
    scale_km: float = 30.0

    def moments(self, hypothesis: Hypothesis) -> tuple[Array, Array]:
        """Mean and covariance of near, far, slope and overstatement under a hypothesis. `one_share`: near and far are
        the same number and the office's share says nothing. `falling`: distance alone. `office_share`: the office's
        share alone, with a slope that is large."""
        between = self.correlation * self.near_sd * self.far_sd
        mean = np.array([self.near_mean, self.far_mean, self.slope_mean, self.overstatement_mean])
        cov = np.zeros((4, 4))
        cov[:2, :2] = [[self.near_sd**2, between], [between, self.far_sd**2]]
        cov[2, 2], cov[3, 3] = self.slope_sd**2, self.overstatement_sd**2
        if hypothesis in {"one_share", "office_share"}:
            average = (self.near_mean + self.far_mean) / 2
            mean[:2], cov[:2, :2] = average, (self.near_sd**2 + self.far_sd**2) / 2
        if hypothesis in {"one_share", "falling"}:
            mean[2] = cov[2, 2] = 0.0
        if hypothesis == "office_share":
            mean[2], cov[2, 2] = 2.0, 0.25**2
        return mean, cov


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DisplacementResult(Shown):
    """Displacement of each area as a distribution."""

    draws: Array
    by_area: pd.DataFrame
    pooled: float
    pooled_low: float
    pooled_high: float
    n_answers: int
    impact_used: str
    office_share_used: bool
    hypothesis: Hypothesis | Literal["given"]
    parameters: pd.DataFrame
    overstatement: Array
    log_evidence: float

    def given(self, share: float) -> DisplacementResult:
        """The same areas as if one share were known of all: nothing is learned of it, and nothing is said to be."""
        return replace(
            self,
            draws=np.full_like(self.draws, share),
            by_area=self.by_area.assign(estimate=share, ci_low=share, ci_high=share, answers=0),
            pooled=share,
            pooled_low=share,
            pooled_high=share,
            n_answers=0,
            impact_used="no",
            office_share_used=False,
            hypothesis="given",
            parameters=self.parameters.iloc[:0],
        )

    @property
    def area_ids(self) -> pd.Index:
        """What the second axis of `draws` stands for."""
        return self.by_area.index

    def summary(self) -> pd.DataFrame:
        """Displacement of an applicant of past pop-ups, and the parameters: `estimate, ci_low, ci_high, unit`."""
        pooled = pd.DataFrame(
            {"estimate": self.pooled, "ci_low": self.pooled_low, "ci_high": self.pooled_high, "unit": "share"},
            index=["displacement"],
        )
        return pd.concat([pooled, self.parameters])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DisplacementEvidence:
    """What is known of people who would have gone to the office anyway.

    Attributes
    ----------
    office_share
        Index `area_id`: the office's share of demand, from `NeedResult.office_share`.
    answers
        Columns `area_id`, `yes`, `asked`: what applicants said at the desk.
    impact
        From `estimate_impact`: who is missing at the office afterwards.
    comers
        Index `area_id`: people by whom areas are weighted; None: residents.
    """

    office_share: pd.Series | None = None
    answers: pd.DataFrame | None = None
    impact: ImpactResult | None = None
    comers: pd.Series | None = None


def estimate_displacement(
    km: pd.Series,
    residents: pd.Series,
    *,
    evidence: DisplacementEvidence | None = None,
    hypothesis: Hypothesis = "learned",
    prior: DisplacementPrior | None = None,
    n_draws: int = 2000,
    rng: np.random.Generator | int | None,
) -> DisplacementResult:
    """Displacement by area: the prior, moved by what people answered and by what is missing at the office."""
    generator = np.random.default_rng(rng)
    evidence = evidence or DisplacementEvidence()
    office_share, impact, comers = evidence.office_share, evidence.impact, evidence.comers
    prior = prior or DisplacementPrior()
    if hypothesis not in HYPOTHESES:
        raise RequestError(f"hypothesis {hypothesis!r} is not one of: {', '.join(HYPOTHESES)}")
    people = _checked(km, residents)
    x = np.zeros(len(km)) if office_share is None else _office_covariate(office_share.reindex(km.index), people)
    far = _farness(km.to_numpy(float), prior.scale_km)
    rows = np.column_stack([1 - far, far, x, np.zeros(len(km))])
    yes, asked = _answers(evidence.answers, km.index)
    number = impact is not None and np.isfinite(impact.displacement)
    drawn = _laplace_draws(
        rows,
        yes,
        asked,
        moments=prior.moments(hypothesis),
        area_sd=prior.area_sd,
        n_draws=n_draws * (_CANDIDATES if number else 1),
        rng=generator,
    )
    shares = special.expit(drawn.logit)
    kept, log_evidence = np.arange(n_draws), drawn.log_evidence
    if impact is not None and number:
        log_weights = _log_likelihood_of_impact(impact, shares, km.index, people)
        kept = _resampled(log_weights, n_draws, generator)
        log_evidence += float(special.logsumexp(log_weights) - np.log(len(log_weights)))
    shares, parameters = shares[kept], drawn.parameters[kept]
    weights = people if comers is None else comers.reindex(km.index).fillna(0.0).to_numpy(float)
    weights = weights if weights.sum() > 0 else people if people.sum() > 0 else np.ones(len(km))
    pooled = shares @ weights / weights.sum()
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return DisplacementResult(
        draws=shares,
        by_area=pd.DataFrame(
            {"estimate": shares.mean(axis=0), "ci_low": low, "ci_high": high, "answers": asked.astype(int)},
            index=km.index,
        ),
        pooled=float(pooled.mean()),
        pooled_low=float(np.quantile(pooled, (1 - LEVEL) / 2)),
        pooled_high=float(np.quantile(pooled, (1 + LEVEL) / 2)),
        n_answers=int(asked.sum()),
        impact_used=impact.status if impact is not None and number else "no",
        office_share_used=office_share is not None,
        hypothesis=hypothesis,
        parameters=_parameter_table(parameters),
        overstatement=parameters[:, 3],
        log_evidence=log_evidence,
    )


def _checked(km: pd.Series, residents: pd.Series) -> Array:
    """Residents in the order of the distances."""
    if km.index.has_duplicates:
        raise RequestError(f"an area stands twice among the distances: {', '.join(map(str, _duplicates(km.index)))}")
    if residents.index.has_duplicates:
        raise RequestError(
            f"an area stands twice among the residents: {', '.join(map(str, _duplicates(residents.index)))}"
        )
    check_distances(km, [f"{area} to its nearest fixed point" for area in km.index])
    return checked_residents(residents.reindex(km.index))


def _duplicates(index: pd.Index) -> pd.Index:
    return index[index.duplicated()].unique()


def _farness(km: Array, scale: float) -> Array:
    """0 at a fixed point, 1 at twice the scale; a little more where none can be reached."""
    return np.asarray((1 - np.exp(-np.nan_to_num(km, nan=np.inf, posinf=np.inf) / scale)) / (1 - np.exp(-2.0)))


def _office_covariate(share: pd.Series, residents: Array) -> Array:
    negative = share.index[share < 0]
    if len(negative):
        raise RequestError(f"the office's share of demand is below 0 for: {', '.join(map(str, negative))}")
    known = share.notna().to_numpy()
    logit = special.logit(share.clip(_CLIP, 1 - _CLIP).to_numpy(float))
    total = residents[known].sum()
    if total <= 0:
        return np.zeros(len(share))
    return np.where(known, (logit - (logit[known] @ residents[known]) / total) / 2, 0.0)


def _answers(answers: pd.DataFrame | None, area_ids: pd.Index) -> tuple[Array, Array]:
    """Yes (unsure half) and all answers by area."""
    if answers is None or not len(answers):
        return np.zeros(len(area_ids)), np.zeros(len(area_ids))
    lacking = [name for name in ("area_id", *_ANSWERS) if name not in answers]
    if lacking:
        raise RequestError(f"answers to the desk question lack the column(s): {', '.join(lacking)}")
    numbers = answers[list(_ANSWERS)].astype(float)
    wrong = ~np.asarray((np.isfinite(numbers) & (numbers >= 0)).all(axis=1), dtype=bool)
    if wrong.any():
        areas = ", ".join(map(str, answers["area_id"][wrong].unique()))
        raise RequestError(f"numbers of answers to the desk question are missing, infinite or below 0 for: {areas}")
    sums = numbers.groupby(answers["area_id"]).sum().reindex(area_ids).fillna(0.0)
    return (sums["yes"] + sums["unsure"] / 2).to_numpy(float), sums.sum(axis=1).to_numpy(float)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """logit displacement (draws, areas), near, far, slope, overstatement (draws, 4), log probability of the answers."""

    logit: Array
    parameters: Array
    log_evidence: float


def _laplace_draws(
    rows: Array,
    yes: Array,
    asked: Array,
    *,
    moments: tuple[Array, Array],
    area_sd: float,
    n_draws: int,
    rng: np.random.Generator,
) -> _Drawn:
    """Draws around the mode. What no answer bears on is drawn from its prior given the rest. In standard normal
    coordinates z: parameters = mean + root z, u = area_sd z."""
    mean, cov = moments
    values, vectors = np.linalg.eigh(cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    at = np.flatnonzero(asked > 0)
    published = rows[at] + [0.0, 0.0, 0.0, 1.0]
    design = np.column_stack([published @ root, area_sd * np.eye(len(at))])
    mode, precision = _newton(design, published @ mean, yes[at], asked[at])
    factor = np.linalg.cholesky(precision)
    z = mode + np.linalg.solve(factor.T, rng.standard_normal((len(mode), n_draws))).T
    parameters = mean + z[:, :4] @ root.T
    own = area_sd * rng.standard_normal((n_draws, len(rows)))
    own[:, at] = area_sd * z[:, 4:]
    logit = published @ mean + design @ mode
    likelihood = yes[at] @ special.log_expit(logit) + (asked[at] - yes[at]) @ special.log_expit(-logit)
    evidence = float(likelihood - mode @ mode / 2 - np.log(np.diag(factor)).sum())
    return _Drawn(logit=parameters @ rows.T + own, parameters=parameters, log_evidence=evidence)


def _newton(
    design: npt.NDArray[np.floating], offset: Array, yes: Array, asked: Array
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Mode of a binomial likelihood with a standard normal prior, and the precision there."""
    z = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        share = special.expit(offset + design @ z)
        slope = design.T @ (yes - asked * share) - z
        precision = design.T @ (design * (asked * share * (1 - share))[:, None]) + np.eye(len(z))
        step = np.linalg.solve(precision, slope)
        largest = float(np.abs(step).max())
        z = z + step / max(1.0, largest / 2)
        if largest < _TOLERANCE:
            break
    return z, precision


def _log_likelihood_of_impact(impact: ImpactResult, shares: Array, area_ids: pd.Index, residents: Array) -> Array:
    error = (impact.displacement_high - impact.displacement_low) / 2 / float(stats.norm.ppf((1 + impact.level) / 2))
    scale = np.sqrt(error**2 + _MODEL_ERROR**2 + (0.0 if impact.gate_passed else _GATE_ERROR**2))
    weights = impact.area_weights.reindex(area_ids).fillna(0.0).to_numpy(float)
    weights = weights if weights.sum() > 0 else residents
    return np.asarray(stats.t.logpdf((impact.displacement - shares @ weights / weights.sum()) / scale, _FREEDOM))


def _resampled(log_weights: Array, n: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Systematic resampling, in random order so that draws stay exchangeable with those of other results."""
    weights = np.exp(log_weights - log_weights.max())
    steps = (np.arange(n) + rng.random()) / n
    kept = np.searchsorted(np.cumsum(weights) / weights.sum(), steps)
    return np.asarray(rng.permutation(np.minimum(kept, len(weights) - 1)))


def _parameter_table(parameters: Array) -> pd.DataFrame:
    low, high = np.quantile(parameters, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    frame = pd.DataFrame(
        {"estimate": parameters.mean(axis=0), "ci_low": low, "ci_high": high},
        index=["near", "far", "office_share", "overstatement"],
    )
    return frame.assign(unit=["log odds", "log odds", "log odds per unit", "log odds"])
