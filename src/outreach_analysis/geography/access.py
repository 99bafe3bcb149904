"""How areas are reached: by road, river, ferry or air, and what that does to distance and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.settings import Settings

ROAD = "road"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccessClasses:
    """How each area is reached: its class, detour (ratio), speed (km/h) and extra minutes, in the areas' order."""

    name: np.ndarray
    detour: np.ndarray
    kmh: np.ndarray
    extra: np.ndarray

    @property
    def by_road(self) -> np.ndarray:
        """Whether each area is reached by road."""
        return np.asarray(self.name == ROAD)


def access_classes(areas: pd.DataFrame, access: pd.DataFrame | None, settings: Settings) -> AccessClasses:
    """Class, detour, speed and extra minutes of each area; parameters and errors as in `travel_costs`.

    Examples
    --------
    >>> areas = pd.DataFrame({"access": ["road", "river"]}, index=["A", "B"])
    >>> access_classes(areas, None, Settings()).detour.tolist()
    [1.4, 1.8]
    """
    classes = {
        ROAD: (settings.road_detour, settings.road_kmh),
        "river": (settings.river_detour, settings.river_kmh),
        "ferry": (settings.ferry_detour, settings.ferry_kmh),
        "air": (settings.air_detour, settings.air_kmh),
    }
    own = areas["access"] if "access" in areas.columns else pd.Series(ROAD, index=areas.index)
    extra = pd.Series(0.0, index=areas.index)
    if access is not None:
        refuse_repeats(access, ["area_id"])
        table = access.set_index("area_id")
        own = table["access"].reindex(areas.index).fillna(own)
        if "extra_minutes" in table.columns:
            extra = table["extra_minutes"].reindex(areas.index).astype(float).fillna(0.0)
    unknown = sorted(set(map(str, own)) - set(classes))
    if unknown:
        raise RequestError(f"unknown access: {', '.join(unknown)}; write one of: {', '.join(classes)}")
    pairs = np.array([classes[name] for name in own], dtype=float).reshape(-1, 2)
    return AccessClasses(name=own.to_numpy(dtype=object), detour=pairs[:, 0], kmh=pairs[:, 1], extra=extra.to_numpy())


def refuse_repeats(frame: pd.DataFrame, key: list[str]) -> None:
    """Refuse a table in which a key occurs twice, naming each.

    Raises
    ------
    ValueError
        Where it does.
    """
    repeated = frame.loc[frame.duplicated(key), key].drop_duplicates()
    if len(repeated):
        names = "; ".join(", ".join(map(str, row)) for row in repeated.itertuples(index=False))
        raise RequestError(f"{', '.join(key)} occurs twice: {names}")
