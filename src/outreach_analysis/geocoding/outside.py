"""Places outside the province that is analysed: other provinces, their kabupaten and cities, other countries."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import lru_cache

from outreach_analysis.bundled import bundled_data
from outreach_analysis.geocoding.country import Held, compact_name, country
from outreach_analysis.geocoding.names import KABUPATEN, PROVINCE

OUTSIDE_PROVINCE, OUTSIDE_COUNTRY = "outside_province", "outside_country"
ELSEWHERE, ABROAD = "OUTSIDE:luar provinsi", "OUTSIDE:luar negeri"
"""Places of those whom an office decided to come from somewhere outside, wherever that is."""
_ABROAD = ("country", "foreign_place")
_KABUPATEN_KINDS = ("kabupaten", "city")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlace:
    """One place elsewhere: its usual name, where it lies, the other names it goes by, and its codes.

    Kabupaten and kota of one name in one province are one place, unless `areas` holds one of them.
    """

    name: str
    level: str  # outside_province or outside_country
    kind: str  # province, kabupaten, city, town, country, foreign_place
    within: str
    also: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


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
                    codes=_codes(row),
                ),
            )
            for row in csv.DictReader(file)
        )


def _codes(row: dict[str, str]) -> tuple[str, ...]:
    """Codes of a province, or of all kabupaten and kota that a row names."""
    province = row["province_code"]
    if row["kind"] not in _KABUPATEN_KINDS:
        return (province,) if row["kind"] == PROVINCE else ()
    names = {compact_name(name, KABUPATEN) for name in (row["place"], *row["also"].split("; "))}
    found = {code for name in names for code in country().named(name, KABUPATEN) if code.startswith(province + ".")}
    return tuple(sorted(found))


def outside_places(held: Held) -> list[OutsidePlace]:
    """Places that a table of areas does not hold.

    Parameters
    ----------
    held
        What the table holds. Of a province of which it holds a kabupaten, towns are left out: nobody says whether they
        lie in that kabupaten.

    Returns
    -------
    list of OutsidePlace
        In the order of the bundled table. Where one of two namesakes is held the other has its full name: Kota Bogor.

    Examples
    --------
    >>> held = Held({"32.01": "kabupaten"}, {"32.01": "Kabupaten Bogor"}, {"32.01": "32"})
    >>> names = {place.name for place in outside_places(held)}
    >>> "Makassar" in names, "Tawau" in names, "Bogor" in names, "Kota Bogor" in names, "Jawa Barat" in names
    (True, True, False, True, False)
    """
    places = []
    for province, place in _table():
        codes = tuple(code for code in place.codes if held.is_outside(code))
        if place.codes and len(codes) < len(place.codes):
            if codes and place.kind != PROVINCE:
                places += [replace(place, name=country().kabupaten[code], also=(), codes=(code,)) for code in codes]
        elif place.codes or place.kind in _ABROAD or province not in held.provinces:
            places.append(place)
    return places


def province_names(code: str) -> tuple[str, ...]:
    """Name and other names of the province with a two-digit Kemendagri code, () where there is none.

    Examples
    --------
    >>> "Kaltim" in province_names("64"), province_names("99")
    (True, ())
    """
    rows = (place for own, place in _table() if own == code and place.kind == PROVINCE)
    return next(((place.name, *place.also) for place in rows), ())


def province_of_code(code: str) -> str:
    """Name of the province a two-digit Kemendagri code stands for, '' where there is none.

    Examples
    --------
    >>> province_of_code("73"), province_of_code("99")
    ('Sulawesi Selatan', '')
    """
    return next((place.name for own, place in _table() if own == code and place.kind == "province"), "")
