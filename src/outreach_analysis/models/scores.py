"""How good a forecast was, and the simple forecasts that it has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.models.decay import Array
from outreach_analysis.models.design import TurnoutDesign
from outreach_analysis.models.prior import TurnoutPrior


def crps(draws: Array, observed: Array) -> Array:
    """Continuous ranked probability score of forecasts given by draws: mean |X - y| - mean |X - X'| / 2.

    In the unit of what is forecast, at least 0, lower is better; for a single draw the absolute error.

    Parameters
    ----------
    draws
        (n, k): n draws of each of k quantities.
    observed
        (k,) what came.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102.

    Examples
    --------
    >>> crps(np.array([[10.0], [20.0]]), np.array([10.0])).tolist()
    [2.5]
    """
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    weight = (2 * np.arange(1, n + 1) - n - 1) / n**2
    return np.asarray(np.abs(ordered - observed).mean(axis=0) - weight @ ordered)


def poisson_glm_means(design: TurnoutDesign, km: Array, residents: Array, *, prior: TurnoutPrior) -> Array:
    """Expected totals at places by Poisson regression on distance, offset log(residents): the usual first model.

    Parameters
    ----------
    design
        Rows to fit; `const` and `distance` are used.
    km
        (areas, places) distances.
    residents
        (areas,) residents.
    prior
        Unit of distance only.

    Returns
    -------
    Array
        (places,) people; 0 where no one came to any event.
    """
    from outreach_analysis.models.negbin_mixed import NegBinMixed

    if not design.counts.any():
        return np.zeros(km.shape[1])
    x = design.x[["const", "distance"]]
    if np.ptp(x["distance"]) == 0:
        x = x[["const"]]
    offset = design.log_residents + design.log_placed
    model = NegBinMixed(
        design.counts, x, event=design.event.astype(str), offset=offset, overdispersed=False, event_effect=False
    )
    params = np.r_[model.fit().params, 0.0][:2]
    reachable = np.isfinite(km)
    rate = np.exp(params[0] + params[1] * np.where(reachable, km, 0.0) / prior.slope_km) * reachable
    return np.asarray(residents @ rate)


def past_totals(design: TurnoutDesign) -> pd.Series:
    """People of each event, as if all had been placed: the forecast that every event is like one of the past."""
    people = pd.Series(design.counts / np.exp(design.log_placed)).groupby(design.event).sum()
    return people.rename_axis("event_id")
