"""Near by km or by minutes: one setting, felt by every later step."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.settings import Settings

FARTHEST_KM = 5000.0
"""No pop-up is planned across a longer way; a larger number is one of metres."""


def effective_costs(costs: pd.DataFrame, *, settings: Settings) -> pd.DataFrame:
    """Travel costs whose km stand for what people feel: km as they are, or the time told in km of road.

    Where near is told by minutes, a way of so many minutes counts as the km that the road speed of the settings
    covers in them: 60 minutes by boat are 40 km at 40 km/h, however short the river. So what is known about decay
    with km (35 km, 30 km) holds for times too, and a place two hours away by river is as far as one 80 km away.

    Parameters
    ----------
    costs
        Columns `area_id, site_id, km, minutes`.
    settings
        For `travel_measure` and `road_kmh`.

    Returns
    -------
    DataFrame
        The costs themselves by km; else a copy with another `km` (>= 0, infinite where no way leads).

    Examples
    --------
    >>> costs = pd.DataFrame({"area_id": ["A"], "site_id": ["mall"], "km": [12.0], "minutes": [60.0]})
    >>> effective_costs(costs, settings=Settings(travel_measure="minutes"))["km"].tolist()
    [40.0]
    """
    if settings.travel_measure == "km":
        return costs
    return costs.assign(km=costs["minutes"] * settings.road_kmh / 60)
