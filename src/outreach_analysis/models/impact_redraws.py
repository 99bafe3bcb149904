"""What the estimate would have been, had the same visits taken place in other months: randomisation inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outreach_analysis.models.decay import Array
from outreach_analysis.models.impact_panel import ImpactPanel
from outreach_analysis.models.panel_poisson import PanelFit

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
    """Estimates of the real calendar, and of calendars in which the months of the visits are shuffled.

    Attributes
    ----------
    offsets
        Months after the event's: from minus to plus `settings.impact_months`.
    estimate, error
        Missing people per pop-up applicant over the months after the visit, and its standard error were all Poisson.
    by_offset, by_offset_error
        The same month by month, (offsets,).
    placebo
        Standardised difference before the visit, by `PLACEBOS`.
    shuffled, shuffled_by_offset, shuffled_placebo
        Estimate / error of each shuffled calendar: (draws,), (draws, offsets), (draws, placebos).
    """

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
        """Share of calendars, the real one among them, that differ before visits at least as much as the real one.

        The largest of the `PLACEBOS` counts, each measured by its own spread over the shuffled calendars.
        """
        spread = np.sqrt((self.shuffled_placebo**2).mean(axis=0))
        spread = np.where(spread > 0, spread, 1.0)
        real = (np.abs(self.placebo) / spread).max()
        others = (np.abs(self.shuffled_placebo) / spread).max(axis=1)
        return float((1 + (others >= real).sum()) / (1 + len(others)))


def redraw_visits(panel: ImpactPanel, fit: PanelFit, *, n_redraws: int, rng: np.random.Generator) -> Redraws:
    """Shuffle the months of the visits and estimate again, one scoring step from the fit each time.

    All pop-ups of one month move together to another month between the first and the last visit, each with the people
    of its areas: which areas are visited stays, when they are visited is drawn. Residuals of the fit are what a
    calendar without any bearing on the office would meet, with all their dependence from month to month and their
    spread from area to area.

    Parameters
    ----------
    panel, fit
        From `build_panel` and `fit_panel`.
    n_redraws
        Shuffled calendars.
    rng
        Source of randomness.

    Returns
    -------
    Redraws
    """
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
    """One scoring step from the fit, for any calendar.

    Score and weights are those of the fit. Rows and columns are taken out of the exposures of a calendar, and the
    score sums to 0 over both, so that its product with an exposure needs no such step.
    """

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
        """Spread of the real estimate over that which shuffled calendars show, at most 1.

        Where people are missing, chance has fewer people to work on; shocks, which come with those who would have
        come, stay. Shuffled visits fall on cells where nobody is missing.
        """
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
