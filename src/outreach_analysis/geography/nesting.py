"""Which area lies in which, and how far apart two points are."""

from __future__ import annotations

import numpy as np
import pandas as pd

# --- Which listed area an id lies in: desa in kecamatan, kecamatan in kabupaten.


def enclosing_area(area_ids: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """The area of a table that holds each id: the id itself, the area it is a part of, or its longest listed prefix."""
    listed = set(areas.index)
    if "parts" in areas.columns:
        inside = {part: area_id for area_id, parts in areas["parts"].items() for part in parts}
        own = {area_id: area_id for area_id in listed}
        return area_ids.map({**inside, **own}).astype("str")

    def holder(area_id: object) -> object:
        parts = str(area_id).split(".")
        prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((prefix for prefix in prefixes if prefix in listed), pd.NA)

    distinct = {area_id: holder(area_id) for area_id in area_ids.dropna().unique()}
    return area_ids.map(distinct).astype("str")


def nests_by_dots(parent_of: pd.Series) -> bool:
    """Whether every id with a parent begins with the parent's id and a dot."""
    return all(not parent or str(area_id).startswith(f"{parent}.") for area_id, parent in parent_of.items())


def parts_of(parent_of: pd.Series) -> pd.Series:
    """Ids of all areas inside each area, at any depth, as tuples in the order of the table."""
    parents = {str(area_id): str(parent) for area_id, parent in parent_of.items()}
    inside: dict[str, list[str]] = {area_id: [] for area_id in parents}
    for area_id, parent in parents.items():
        above = parent
        while above in inside:
            inside[above].append(area_id)
            above = parents[above]
    return pd.Series({area_id: tuple(parts) for area_id, parts in inside.items()}, index=parent_of.index, dtype=object)


# --- Distances on the globe.


EARTH_RADIUS_KM = 6371.0088


def great_circle_km(origins: pd.DataFrame, destinations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance between every two points (haversine), in km."""
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
