"""How many people a pop-up would bring: learned from past events, or from the documented prior where they are few."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.models.checks import check_costs, checked_residents
from outreach_analysis.models.design import LEFT_OUT_COLUMNS, build_design, usable_events
from outreach_analysis.models.fitted import FEWEST_EVENTS, fit_design
from outreach_analysis.models.forecast import EventShape, Forecast, Status
from outreach_analysis.models.office_index import office_index
from outreach_analysis.models.prior import TurnoutPrior
from outreach_analysis.models.prior_only import reference_places
from outreach_analysis.models.promises import promise_evidence
from outreach_analysis.models.turnout_result import TurnoutResult
from outreach_analysis.settings import Settings

__all__ = ["EventShape", "Forecast", "Status", "TurnoutPrior", "TurnoutResult", "fit_turnout", "prior_turnout"]


def fit_turnout(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    interest: pd.DataFrame | None = None,
    office_monthly: pd.DataFrame | None = None,
    prior: TurnoutPrior | None = None,
    settings: Settings | None = None,
    rng: np.random.Generator,
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
    counts
        Columns `event_id, area_id, applicants` (people); an area absent from an event's rows had 0.
    areas
        Index `area_id`; column `population` (residents).
    events
        Index `event_id`; columns `site_id`, `status`, and where known `date`, `placed_share` (in [0, 1]),
        `sold_out` (bool), `day_kind`, `programme` (`visit`, `invited`, `office`), `days`, and columns `x_...`.
    sites
        Index `site_id`; column `kind`, and where known columns `x_...` of numbers.
    costs
        Columns `area_id, site_id, km`.
    interest
        Columns `date, area_id, people, group, person_key`, optional `event_id`: what is fresh is combined with
        the forecast, what led to an event teaches what share comes. None: interest is not used.
    office_monthly
        Columns `month`, `area_id`, `applicants` at the office: its growth and its months of the year are what season
        and growth of turnout are compared with. None: season is not used.
    prior
        None: `TurnoutPrior.from_settings(settings)`.
    settings
        For capacity, thresholds, expiry of interest and `as_of`; None: the defaults.
    rng
        Source of randomness for further starts, should the first not lead to a mode.

    Returns
    -------
    TurnoutResult

    Raises
    ------
    ValueError
        Where tables do not fit together, residents are missing or below 0, a distance is below 0 or above 5,000 km, a
        placed share would mean a crowd that no pop-up sees, or nobody lives within reach of any place.
    RuntimeError
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
    >>> turnout = fit_turnout(counts, areas, events, sites, costs, rng=draw)
    >>> turnout.status, turnout.n_events
    ('fitted', 12)
    """
    check_costs(costs)
    checked_residents(areas["population"])
    settings = settings or Settings()
    prior = prior or TurnoutPrior.from_settings(settings)
    promises = None if interest is None else promise_evidence(interest, counts, areas, events, settings=settings)
    used, unused = usable_events(counts, areas, events, costs)
    if len(used) < FEWEST_EVENTS:
        alone = prior_turnout(areas, events, sites, costs, prior=prior, settings=settings)
        return dataclasses.replace(alone, promises=promises, left_out=unused)
    index = office_index(office_monthly, as_of=settings.as_of)
    design = build_design(counts, areas, events, sites, costs, prior=prior, index=index, settings=settings)
    reference, _ = reference_places(areas, used, sites, costs)
    fitted = fit_design(design, prior, rng)
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
        Where neither a held event nor a candidate has a distance to any area, residents are missing or below 0, or a
        distance is below 0 or above 5,000 km.

    Notes
    -----
    The prior's people per event-day rest on what was published of other offices' services: `published_turnout`.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [50_000]}, index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["mall"], "capacity": [np.nan]}, index=pd.Index(["M"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["M"], "km": [2.0]})
    >>> no_events = pd.DataFrame({"site_id": [], "status": []})
    >>> prior_turnout(areas, no_events, sites, costs, settings=Settings()).reference_kind
    'candidates'
    """
    check_costs(costs)
    checked_residents(areas["population"])
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
