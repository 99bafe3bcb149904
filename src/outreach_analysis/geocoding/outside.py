"""Places outside the province that is analysed: other provinces, their kabupaten and cities, other countries."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from outreach_analysis.bundled import bundled_data

OUTSIDE_PROVINCE, OUTSIDE_COUNTRY = "outside_province", "outside_country"
_ABROAD = ("country", "foreign_place")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlace:
    """One place elsewhere: its usual name, where it lies, and the other names it goes by."""

    name: str
    level: str  # outside_province or outside_country
    kind: str  # province, kabupaten, city, town, country, foreign_place
    within: str
    also: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, OutsidePlace], ...]:
    path = bundled_data("reference/indonesia") / "places.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            (
                row["province_code"],
                OutsidePlace(
                    name=row["place"],
                    level=OUTSIDE_COUNTRY if row["kind"] in _ABROAD else OUTSIDE_PROVINCE,
                    kind=row["kind"],
                    within="" if row["within"] == "Indonesia" else row["within"],
                    also=tuple(filter(None, row["also"].split("; "))),
                ),
            )
            for row in csv.DictReader(file)
        )


def outside_places(own_provinces: Iterable[str]) -> list[OutsidePlace]:
    """Places that lie in none of the given provinces.

    Parameters
    ----------
    own_provinces
        Two-digit Kemendagri codes of the provinces that are analysed.

    Returns
    -------
    list of OutsidePlace
        In the order of the bundled table.

    Examples
    --------
    >>> names = {place.name for place in outside_places(["64"])}
    >>> "Makassar" in names, "Tawau" in names, "Samarinda" in names
    (True, True, False)
    """
    own = set(own_provinces)
    return [place for code, place in _table() if code not in own]


def province_of_code(code: str) -> str:
    """Name of the province a two-digit Kemendagri code stands for, '' where there is none.

    Examples
    --------
    >>> province_of_code("73"), province_of_code("99")
    ('Sulawesi Selatan', '')
    """
    return next((place.name for own, place in _table() if own == code and place.kind == "province"), "")
