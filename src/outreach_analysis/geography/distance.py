"""Distances on the globe."""

from __future__ import annotations

import numpy as np
import pandas as pd

EARTH_RADIUS_KM = 6371.0088


def great_circle_km(origins: pd.DataFrame, destinations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance between every two points (haversine), in km.

    Parameters
    ----------
    origins, destinations
        Columns `lon`, `lat` (degrees WGS84).

    Returns
    -------
    ndarray
        One row an origin, one column a destination; >= 0, at most half the earth's girth; NaN where a
        coordinate is missing.

    Examples
    --------
    >>> here = pd.DataFrame({"lon": [117.0], "lat": [0.0]})
    >>> there = pd.DataFrame({"lon": [117.0], "lat": [1.0]})
    >>> great_circle_km(here, there).round(3).tolist()
    [[111.195]]
    """
    lon1, lat1 = (np.radians(column_of(origins, name))[:, None] for name in ("lon", "lat"))
    lon2, lat2 = (np.radians(column_of(destinations, name))[None, :] for name in ("lon", "lat"))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    distance: np.ndarray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def column_of(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column as floats; all NaN where there is none of that name."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan))
