"""Fresh interest as evidence: people who said they would come and the forecast, combined by their precision."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.measures.conversion import ConversionResult
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.models.decay import Array, log_decay
from outreach_analysis.models.forecast import Simulated
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.settings import Settings

_COMMON_SD = 0.5
_LIST_MEDIAN, _LIST_LOG_SD = 0.6, 0.6
_LIST_SDS = np.exp(np.log(_LIST_MEDIAN) + _LIST_LOG_SD * np.linspace(-2, 3, 41))
_LIST_PRIOR = np.exp(-0.5 * np.linspace(-2, 3, 41) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PromiseEvidence:
    """People who promised to come, by area, and what share of them comes.

    A list is a second opinion on an area, beside residents, distance and past turnout: of n promised, n * share *
    decay(km) come. It is no floor and no addition: past turnout holds people who had said they would come, and a list
    is never complete. How far lists are from the forecast, all of them together and each by itself, is learned from
    the lists of all areas; so an office whose lists say little is moved little by them.

    Attributes
    ----------
    people
        Index `area_id`: distinct people whose interest is fresh and not yet served.
    conversion
        Share of them who come.
    """

    people: pd.Series
    conversion: ConversionResult

    def combine(self, simulated: Simulated, km: Array, *, prior: TurnoutPrior, rng: np.random.Generator) -> Simulated:
        """Expected people of the areas that promised, by forecast and promise together.

        On the log scale the two are averaged by their precision. The forecast is unsure by its draws and by what one
        area's people vary beside them, log(1 + alpha); the promise by the share that comes, by the luck of n people,
        by an error common to all lists (sd 0.5) and by one of each list, whose spread (before any list about 0.6) is
        learned from how far lists lie from the forecast.

        Parameters
        ----------
        simulated
            Draws over the areas of `people`.
        km
            (areas, sites) distances.
        prior
            Units of the decay.
        rng
            Draws shares and errors of lists.

        Returns
        -------
        Simulated
            With the expected people of areas that promised nothing as they were.
        """
        reached = np.asarray(simulated.mean.min(axis=0).max(axis=1, initial=0.0) > 0)
        promised = np.flatnonzero((self.people.to_numpy() > 0) & reached)
        if not len(promised):
            return simulated
        n = self.people.to_numpy()[promised]
        shares = self.conversion.draw(len(simulated.mean), len(promised), rng)
        with np.errstate(divide="ignore"):
            model = np.log(simulated.mean[:, promised])
        sure = np.isfinite(model).all(axis=0)
        by_model = np.where(sure, model, 0.0)
        nearness = np.where(sure, log_decay(simulated.slope, simulated.bend, km[promised], prior=prior), 0.0)
        of_model = by_model.var(axis=0) + float(np.log1p(simulated.overdispersion).mean())
        by_list = np.log(n) + np.log(shares)
        of_list = np.log(shares).var(axis=0) + 1 / (n * self.conversion.mean)
        apart = ((by_list[:, :, None] + nearness - by_model).mean(axis=0) * sure).sum(axis=1) / sure.sum(axis=1)
        beside = (of_model * sure).sum(axis=1) / sure.sum(axis=1)
        likely, common, doubt = _disagreement(apart, beside + of_list)
        spread = np.sqrt(_LIST_SDS**2 + doubt)
        which = rng.choice(len(likely), len(shares), p=likely)
        error = spread[which, None] * rng.standard_normal(shares.shape) - common[which, None]
        other = of_list[:, None, None] + spread**2
        weight = (of_model[:, :, None] / (of_model[:, :, None] + other)) @ likely
        published = (by_list + error)[:, :, None] + nearness
        mean = simulated.mean.copy()
        mean[:, promised] = np.where(sure, np.exp(by_model + weight * (published - by_model)), mean[:, promised])
        return dataclasses.replace(simulated, mean=mean)


def _disagreement(apart: Array, variance: Array) -> tuple[Array, Array, Array]:
    """How far lists lie from the forecast.

    Parameters
    ----------
    apart
        (lists,) log of what each list says over what the forecast does.
    variance
        (lists,) what is known to make them differ.

    Returns
    -------
    tuple
        For each of `_LIST_SDS`, the spread of lists' own errors: its probability, and mean and variance of the error
        common to all lists.
    """
    whole = variance[:, None] + _LIST_SDS**2
    precision = _COMMON_SD**-2 + (1 / whole).sum(axis=0)
    common = (apart[:, None] / whole).sum(axis=0) / precision
    fit = -0.5 * (np.log(whole).sum(axis=0) + np.log(precision) + (apart[:, None] ** 2 / whole).sum(axis=0))
    fit += 0.5 * precision * common**2
    likely = _LIST_PRIOR * np.exp(fit - fit.max())
    return likely / likely.sum(), common, 1 / precision


def promise_evidence(
    interest: pd.DataFrame, counts: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame, *, settings: Settings
) -> PromiseEvidence:
    """Count the fresh interest of each area and learn from past promises what share comes.

    Parameters
    ----------
    interest
        Columns `date, area_id, people, group, person_key`, optional `event_id`.
    counts
        Columns `event_id, area_id, applicants`.
    areas
        Index `area_id`.
    events
        Index `event_id`; columns `status`, `date`.
    settings
        `as_of`, expiry, and the share assumed before any promise.

    Returns
    -------
    PromiseEvidence
        Over the areas given.
    """
    evidence = interest_evidence(interest, areas, events=events, counts=counts, settings=settings)
    return PromiseEvidence(people=evidence.by_area["people"], conversion=evidence.conversion)
