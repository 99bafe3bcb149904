"""Which listed area an id lies in: desa in kecamatan, kecamatan in kabupaten."""

from __future__ import annotations

import pandas as pd


def enclosing_area(area_ids: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """The area of a table that holds each id: the id itself, or its longest prefix that is listed.

    Kemendagri codes nest by their dots: '64.02.06.2001' lies in '64.02.06'.

    Parameters
    ----------
    area_ids
        Area ids (text or NA).
    areas
        Table with index `area_id`.

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

    def holder(area_id: object) -> object:
        parts = str(area_id).split(".")
        prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((prefix for prefix in prefixes if prefix in listed), pd.NA)

    distinct = {area_id: holder(area_id) for area_id in area_ids.dropna().unique()}
    return area_ids.map(distinct).astype("str")
