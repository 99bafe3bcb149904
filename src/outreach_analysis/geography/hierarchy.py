"""Which listed area an id lies in: desa in kecamatan, kecamatan in kabupaten."""

from __future__ import annotations

import pandas as pd


def enclosing_area(area_ids: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """The area of a table that holds each id: the id itself, the area it is a part of, or its longest listed prefix.

    Kemendagri codes nest by their dots: '64.02.06.2001' lies in '64.02.06'. Where an office's codes do not, the
    table says what lies in each area in its column `parts` (`load_areas` adds it then), and dots mean nothing.

    Parameters
    ----------
    area_ids
        Area ids (text or NA).
    areas
        Table with index `area_id`, and where codes do not nest `parts`: ids of all areas inside each, as tuples.

    Returns
    -------
    Series of area ids with the index of `area_ids`; NA where the table holds no such area.

    Examples
    --------
    >>> areas = pd.DataFrame(index=["64.02.06", "64.02.07"])
    >>> enclosing_area(pd.Series(["64.02.06.2001", "64.02.07", "64.02"]), areas).tolist()
    ['64.02.06', '64.02.07', nan]
    """
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
    """Whether every id with a parent begins with the parent's id and a dot.

    Examples
    --------
    >>> nests_by_dots(pd.Series({"64": "", "64.02": "64"})), nests_by_dots(pd.Series({"R": "", "K1": "R"}))
    (True, False)
    """
    return all(not parent or str(area_id).startswith(f"{parent}.") for area_id, parent in parent_of.items())


def parts_of(parent_of: pd.Series) -> pd.Series:
    """Ids of all areas inside each area, at any depth, as tuples in the order of the table.

    Examples
    --------
    >>> parts_of(pd.Series({"R": "", "K1": "R", "D1": "K1"})).to_dict()
    {'R': ('K1', 'D1'), 'K1': ('D1',), 'D1': ()}
    """
    parents = {str(area_id): str(parent) for area_id, parent in parent_of.items()}
    inside: dict[str, list[str]] = {area_id: [] for area_id in parents}
    for area_id, parent in parents.items():
        above = parent
        while above in inside:
            inside[above].append(area_id)
            above = parents[above]
    return pd.Series({area_id: tuple(parts) for area_id, parts in inside.items()}, index=parent_of.index, dtype=object)
