"""Did it work: the effect of past pop-ups on office numbers, with its redraws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.disclosure import round_people
from outreach_analysis.doors import checked_frames
from outreach_analysis.models.glmm import Array
from outreach_analysis.models.impact_panel import (
    LEAST_SHARE_LEFT,
    ImpactPanel,
    NoPanel,
    Obstacle,
    PanelFit,
    build_panel,
    fit_panel,
)
from outreach_analysis.settings import LEVEL, Settings
from outreach_analysis.shown import Shown

# --- What the estimate would have been, had the same visits taken place in other months: randomisation inference.


PLACEBOS = ("pop-up applicants", "host areas", "visited areas")
"""Ways in which areas could have differed already BEFORE a visit: by the people who came to it later, in the area
where it stood, and in all areas within the service threshold."""

_LEAST_MEAN = 0.3
"""Applicants a month: below it one applicant would count as a rise."""

_LEAST_INFORMATION = 1e-9
_MONTHS_ALIKE = 2.0
"""Shocks last: over three months their variance adds up to about twice that of independent ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Redraws:
    """Estimates of the real calendar, and of calendars in which the months of the visits are shuffled."""

    offsets: npt.NDArray[np.int64]
    estimate: float
    error: float
    by_offset: Array
    by_offset_error: Array
    placebo: Array
    shuffled: Array
    shuffled_by_offset: Array
    shuffled_placebo: Array

    def placebo_p(self) -> float:
        """Share of calendars, the real one among them, that differ before visits at least as much as the real one. The
        largest of the `PLACEBOS` counts, each measured by its own spread over the shuffled calendars."""
        spread = np.sqrt((self.shuffled_placebo**2).mean(axis=0))
        spread = np.where(spread > 0, spread, 1.0)
        real = (np.abs(self.placebo) / spread).max()
        others = (np.abs(self.shuffled_placebo) / spread).max(axis=1)
        return float((1 + (others >= real).sum()) / (1 + len(others)))


def redraw_visits(panel: ImpactPanel, fit: PanelFit, *, n_redraws: int, rng: np.random.Generator) -> Redraws:
    """Shuffle the months of the visits and estimate again, one scoring step from the fit each time."""
    step = _Step(panel, fit)
    n_months = panel.came.shape[1]
    calendars = [np.arange(n_months), *(_shuffled(panel, rng) for _ in range(n_redraws))]
    # the real calendar is the first row throughout; its error is larger for the shares that were learned from visits
    estimates, errors = step.estimates(calendars)
    ratio = np.divide(estimates, errors, out=np.zeros_like(estimates), where=errors > 0)
    n = len(step.offsets)
    fitted = [fit.taken[0] / panel.margin, fit.taken[1]]
    return Redraws(
        offsets=step.offsets,
        estimate=float(fit.taken[0]),
        error=float(errors[0, 0]) * step.fewer_to_vary() * np.sqrt(panel.n_events / (panel.n_events - len(fit.taken))),
        by_offset=estimates[0, 1 : 1 + n] + np.select([step.offsets > 0, step.offsets == 0], fitted, 0.0),
        by_offset_error=errors[0, 1 : 1 + n],
        placebo=ratio[0, 1 + n :],
        shuffled=ratio[1:, 0],
        shuffled_by_offset=ratio[1:, 1 : 1 + n],
        shuffled_placebo=ratio[1:, 1 + n :],
    )


def _shuffled(panel: ImpactPanel, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A calendar in which the months from the first to the last visit are in another order."""
    calendar = np.arange(panel.came.shape[1])
    visits = np.flatnonzero((panel.came > 0).any(axis=0) | (panel.visited > 0).any(axis=0))
    span = slice(visits[0], visits[-1] + 1)
    calendar[span] = rng.permutation(calendar[span])
    return calendar


class _Step:
    """One scoring step from the fit, for any calendar. Score and weights are those of the fit. Rows and columns are
    taken out of the exposures of a calendar, and the score sums to 0 over both, so that its product with an exposure
    needs no such step."""

    def __init__(self, panel: ImpactPanel, fit: PanelFit) -> None:
        self.panel, self.fit = panel, fit
        self._came = panel.came * panel.telling[:, None]
        self._shock_variance = _shock_variance(panel, fit)
        # in units of a cell's own spread; otherwise the largest areas would decide alone what visits followed
        spread = (fit.mean + _LEAST_MEAN) * (1 + self._shock_variance * fit.mean)
        self._area_weight = 1 / np.sqrt(spread)
        after = panel.margin
        self.offsets = np.arange(-after, after + 1)
        # columns of exposures: pop-up applicants by offset, then visits to host areas and to visited areas before
        n = len(self.offsets)
        unit = np.eye(n + 2)
        over_months_after = unit[:n][self.offsets > 0].sum(axis=0) / after
        over_months_before = unit[:n][self.offsets < 0].sum(axis=0) / after
        self._main = np.array([over_months_after, unit[after]])
        self._by_offset = unit[:n]
        self._placebos = [np.array([*self._main, each]) for each in (over_months_before, unit[n], unit[n + 1])]

    def estimates(self, calendars: list[npt.NDArray[np.int64]]) -> tuple[Array, Array]:
        """Over all months after, then month by month, then the placebos, (calendars, ...); and their Poisson errors."""
        products = [self._products(calendar) for calendar in calendars]
        gram, score = (np.stack(each) for each in zip(*products, strict=True))
        found = [_solve(self._main, gram, score, [0])]
        found.append(_solve(self._by_offset, gram, score, list(range(len(self.offsets)))))
        found += [_solve(columns, gram, score, [2]) for columns in self._placebos]
        return np.hstack([each[0] for each in found]), np.hstack([each[1] for each in found])

    def fewer_to_vary(self) -> float:
        """Spread of the real estimate over that which shuffled calendars show, at most 1. Where people are missing,
        chance has fewer people to work on; shocks, which come with those who would have come, stay. Shuffled visits
        fall on cells where nobody is missing."""
        panel, fit = self.panel, self.fit
        after = np.mean([panel.shifted(self._came, month) for month in range(1, panel.margin + 1)], axis=0)
        slopes = np.where(fit.at_floor, 0.0, np.stack([after, panel.shifted(self._came, 0)]) / fit.scale)
        gram = fit.levels.gram(slopes)
        own = fit.levels.residual(slopes[0] - slopes[1] * (gram[0, 1] / max(gram[1, 1], _LEAST_INFORMATION)))
        weight = (own * fit.scale / fit.base) ** 2 * panel.observed
        shocks = self._shock_variance * fit.base**2
        real, shuffled = (weight * (fit.mean + shocks)).sum(), (weight * (fit.base + shocks)).sum()
        return min(float(np.sqrt(real / shuffled)), 1.0) if shuffled > 0 else 1.0

    def _products(self, calendar: npt.NDArray[np.int64]) -> tuple[Array, Array]:
        panel, fit = self.panel, self.fit
        came, host, visited = self._came[:, calendar], panel.host[:, calendar], panel.visited[:, calendar]
        slopes = np.empty((len(self.offsets) + 2, *fit.mean.shape))
        for number, offset in enumerate(self.offsets.tolist()):
            np.divide(panel.shifted(came, offset), -fit.scale, out=slopes[number])
        slopes[: len(self.offsets), fit.at_floor] = 0.0
        leads = self.offsets[self.offsets < 0].tolist()
        for number, visits in ((-2, host), (-1, visited)):
            slopes[number] = np.max([panel.shifted(visits, lead) for lead in leads], axis=0) * self._area_weight
        return fit.levels.gram(slopes), slopes.reshape(len(slopes), -1) @ fit.score.ravel()


def _shock_variance(panel: ImpactPanel, fit: PanelFit) -> float:
    """Variance of a cell beyond Poisson, per squared mean, with what its neighbouring months add to it."""
    mean, deviation = fit.mean[panel.observed], (panel.people - fit.mean)[panel.observed]
    return _MONTHS_ALIKE * max(float((deviation**2 - mean).sum() / (mean**2).sum()), 0.0)


def _solve(columns: Array, gram: Array, score: Array, wanted: list[int]) -> tuple[Array, Array]:
    """Coefficients of combined columns and their errors, (calendars, wanted); 0 where the panel says nothing."""
    inner = columns @ gram @ columns.T
    inverse = np.linalg.pinv(inner, hermitian=True)
    published = np.diagonal(inner, axis1=1, axis2=2) > _LEAST_INFORMATION
    estimate = np.where(published, (inverse @ (score @ columns.T)[:, :, None])[:, :, 0], 0.0)
    error = np.where(published, np.sqrt(np.maximum(np.diagonal(inverse, axis1=1, axis2=2), 0.0)), 0.0)
    return estimate[:, wanted], error[:, wanted]


# --- Did it work: are applicants missing at the office after a pop-up, and had visited areas been like others before?


PLACEBO_LEVEL = 0.06
"""By chance the gate stops about so many of the panels in which nothing is wrong: 6 to 10 in 100 in trials."""

ImpactStatus: TypeAlias = Literal["estimated", "placebo_failed"] | Obstacle
EVENT_TIME_COLUMNS = ("months_after", "missing", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ImpactResult(Shown):
    """Office applicants missing after pop-ups, per pop-up applicant, and whether that may be said at all.

    Attributes
    ----------
    status, about
        `estimated`: the gate is passed. `placebo_failed`: visited areas differed from others already before the
        visits; the numbers are no effect and must not be told as one. Else why there are no numbers, which are then
        NaN: `too_few_events` (cannot tell yet), `no_office_data`, `month_missing`, `area_changed`, `too_few_months`,
        `no_controls`; and the months, areas or numbers that it is about.
    displacement, displacement_low, displacement_high
        Office applicants missing over the months after a pop-up, per pop-up applicant (share; 0: nobody, 1: all
        would have come to the office; sampling error can take it below 0).
    log_effect, log_effect_low, log_effect_high
        The same as the log ratio of office applicants of visited areas in those months to what they would have been.
    placebo_p
        Of the test of differences before visits; the gate is passed above `PLACEBO_LEVEL`.
    event_time
        Columns `months_after` (of the event; negative: before), `missing` (office applicants missing in that month
        per pop-up applicant), `ci_low`, `ci_high`.
    n_events, n_controls, n_months
        Events that can tell something, areas never visited, months.
    left_out
        Columns `what, id, reason, people` (people rounded).
    area_weights
        Index `area_id`: share of the pop-up applicants compared who came from each area. The estimate is a mean over
        areas with these weights.
    level, settings
        Of the intervals; those used.
    """

    status: ImpactStatus
    about: tuple[str, ...] = ()
    displacement: float = np.nan
    displacement_low: float = np.nan
    displacement_high: float = np.nan
    log_effect: float = np.nan
    log_effect_low: float = np.nan
    log_effect_high: float = np.nan
    placebo_p: float = np.nan
    event_time: pd.DataFrame
    n_events: int
    n_controls: int = 0
    n_months: int = 0
    level: float = LEVEL
    left_out: pd.DataFrame
    settings: Settings
    area_weights: pd.Series

    @property
    def gate_passed(self) -> bool:
        """Whether the displacement may be told as what pop-ups do."""
        return self.status == "estimated"

    def summary(self) -> pd.DataFrame:
        """Displacement and log effect: `estimate, ci_low, ci_high, unit`; the unit says where it is no effect."""
        rows = {
            "displacement": (self.displacement, self.displacement_low, self.displacement_high),
            "log_effect": (self.log_effect, self.log_effect_low, self.log_effect_high),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high"])
        units = ["office applicants missing per pop-up applicant", "log ratio of office applicants"]
        if self.status == "placebo_failed":
            units = [f"{unit}; differed before visits already" for unit in units]
        elif not self.gate_passed:
            units = [f"cannot tell: {self.status}"] * 2
        return frame.assign(unit=units)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactQuestion:
    """How the effect on the office is estimated: by settings (months after, events needed, service threshold, day of
    the question) and so many shuffled calendars. Numbers told beside the estimate are rounded; it is of all areas and
    months together and tells none of them."""

    settings: Settings
    n_redraws: int = 999
    rounding_base: int = 1


def estimate_impact(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame,
    office_monthly: pd.DataFrame | None,
    question: ImpactQuestion,
    rng: np.random.Generator | int | None,
) -> ImpactResult:
    """How many of a pop-up's applicants would have come to the office anyway: are they missing there afterwards?

    Poisson regression of office applicants on areas and months, both absorbed (an area whose nearest service point
    opened or closed has a level for each), less a share of the people who came to pop-ups: equal parts of it in each
    of the `settings.impact_months` months after the event's month; the event's own month has a share of its own
    and is not counted. Areas without a visit at the time, and `n_controls` areas that never had one within the
    service threshold, tell what would have been.

    The interval is by randomisation: the visits' months are shuffled, pop-ups of one month together, and the
    estimate's Poisson error is multiplied by the quantile that its ratio to the estimate then has. So is the gate:
    in as many months BEFORE a visit, areas must not differ from their own level by the people who came later, nor
    host areas, nor all areas within the service threshold (the largest of the three, each against its spread).

    Parameters
    ----------
    areas, sites, events, counts, costs
        As in the data contract; counts are divided by the event's `placed_share`. Visited means within
        `settings.service_threshold` (inclusive), in km or minutes.
    office_monthly
        An area without a row in a month had nobody. Months not over on `settings.as_of` are left out. None: no office
        data.
    question
        The settings, and how the randomisation is done.
    rng
        Source of randomness.

    Raises
    ------
    RequestError
        Where tables do not fit together, or a held event has no date or an unknown place.

    References
    ----------
    Gourieroux, Monfort and Trognon (1984), Pseudo maximum likelihood methods, Econometrica 52, 681-700.
    Rosenbaum (2002), Observational Studies, 2nd ed., chapter 2 (randomisation inference).
    Bertrand, Duflo and Mullainathan (2004), How much should we trust differences-in-differences estimates?,
    Quarterly Journal of Economics 119, 249-275 (why clustered errors are not enough here).

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K"]}, index=["a"])
    >>> events = pd.DataFrame({"site_id": ["s"], "date": [pd.Timestamp("2025-05-10")], "status": ["held"]}, index=["e"])
    >>> sites = pd.DataFrame({"kind": ["mall"], "area_id": ["a"]}, index=["s"])
    >>> counts = pd.DataFrame({"event_id": ["e"], "area_id": ["a"], "applicants": [40]})
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["s"], "km": [2.0]})
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> office = pd.DataFrame({"month": months, "area_id": "a", "applicants": 20})
    >>> found = estimate_impact(areas=areas, sites=sites, events=events, counts=counts, costs=costs,
    ...                         office_monthly=office, question=ImpactQuestion(settings=Settings()), rng=1)
    >>> found.status, found.n_events, found.displacement
    ('too_few_events', 1, nan)
    """
    settings = question.settings
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs, needs={"areas": ("parent_id",)}
    )
    if office_monthly is not None:
        areas, office_monthly = checked_frames(areas=areas, office_monthly=office_monthly)
    panel = build_panel(office_monthly, counts, events, sites=sites, areas=areas, costs=costs, settings=settings)
    if isinstance(panel, NoPanel):
        return _without_numbers(panel, settings=settings)
    after, own_month = _exposures(panel)
    telling = panel.telling[:, None]
    fit = fit_panel(panel.people, np.stack([after * telling, own_month * telling]), observed=panel.observed)
    redraws = redraw_visits(panel, fit, n_redraws=question.n_redraws, rng=np.random.default_rng(rng))
    half = float(np.quantile(np.abs(redraws.shuffled), LEVEL)) * redraws.error
    share = redraws.estimate
    placebo_p = redraws.placebo_p()
    log_effect, strongest, weakest = (
        _log_effect(panel, fit, after, each) for each in (share, share + half, share - half)
    )
    return ImpactResult(
        status="estimated" if placebo_p > PLACEBO_LEVEL else "placebo_failed",
        displacement=share,
        displacement_low=share - half,
        displacement_high=share + half,
        log_effect=log_effect,
        log_effect_low=strongest,
        log_effect_high=weakest,
        placebo_p=placebo_p,
        event_time=_event_time(redraws),
        n_events=panel.n_events,
        n_controls=panel.n_controls,
        n_months=len(panel.months),
        left_out=panel.left_out.assign(people=round_people(panel.left_out["people"], base=question.rounding_base)),
        settings=settings,
        area_weights=_area_weights(panel),
    )


def _area_weights(panel: ImpactPanel) -> pd.Series:
    first = panel.telling & ~panel.area_ids.duplicated()
    people = pd.Series(panel.came[first].sum(axis=1), index=panel.area_ids[first], dtype=float)
    return people / people.sum() if people.sum() > 0 else people


def _exposures(panel: ImpactPanel) -> tuple[Array, Array]:
    """Pop-up applicants a month over the months after their event, and those of the month itself."""
    after = sum(
        (panel.shifted(panel.came, month) for month in range(1, panel.margin + 1)), np.zeros(panel.people.shape)
    )
    return after / panel.margin, panel.shifted(panel.came, 0)


def _log_effect(panel: ImpactPanel, fit: PanelFit, after: Array, share: float) -> float:
    """Log ratio of office applicants of visited areas in the months after, with a share missing and without."""
    visits = [panel.shifted(panel.visited, month) for month in range(1, panel.margin + 1)]
    chosen = (np.max(visits, axis=0) > 0) & panel.own_months
    base = fit.base[chosen]
    left = np.maximum(base - share * after[chosen], LEAST_SHARE_LEFT * base)
    return float(np.log(left.sum() / base.sum())) if base.size else 0.0


def _event_time(redraws: Redraws) -> pd.DataFrame:
    half = np.quantile(np.abs(redraws.shuffled_by_offset), LEVEL, axis=0) * redraws.by_offset_error
    columns = (redraws.offsets, redraws.by_offset, redraws.by_offset - half, redraws.by_offset + half)
    return pd.DataFrame(dict(zip(EVENT_TIME_COLUMNS, columns, strict=True)))


def _without_numbers(why: NoPanel, *, settings: Settings) -> ImpactResult:
    return ImpactResult(
        status=why.obstacle,
        about=why.about,
        event_time=pd.DataFrame(columns=list(EVENT_TIME_COLUMNS), dtype=float),
        n_events=why.n_events,
        left_out=pd.DataFrame(columns=["what", "id", "reason", "people"]),
        settings=settings,
        area_weights=pd.Series(dtype=float),
    )
