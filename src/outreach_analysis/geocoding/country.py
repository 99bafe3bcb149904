"""Names of the whole country: its provinces, kabupaten and kecamatan, and places abroad."""

from __future__ import annotations

import csv
import gzip
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path

from rapidfuzz import process

from outreach_analysis.contracts import RequestError
from outreach_analysis.files import bundled_data
from outreach_analysis.geocoding.names import (
    DESA,
    KABUPATEN,
    KECAMATAN,
    LEVEL_WORDS,
    PROVINCE,
    TOWN_WORDS,
    name_words,
    standard_word,
    without_title,
)

# --- Names of all kabupaten, kecamatan and desa of Indonesia, and which of them a table of areas holds.


_EITHER = re.compile(r"\s*[/()]\s*")
"""Between two names of one kecamatan: 'Konda/Kondaga', 'Misool (Misool Utara)'."""
_TITLES = LEVEL_WORDS.keys() | TOWN_WORDS


class Country:
    """Codes by name, level by level; names are compared as `name_words` compares them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows = _by_code(folder / "kabupaten.csv")
        names = {code: row["name"] for code, row in self.rows.items()}
        self.provinces: Mapping[str, str] = {code: name for code, name in names.items() if len(code) == 2}
        self.kabupaten: Mapping[str, str] = {code: name for code, name in names.items() if len(code) > 2}
        self._by_name: dict[str, dict[str, tuple[str, ...]]] = {
            KABUPATEN: _grouped((compact_name(name, KABUPATEN), code) for code, name in self.kabupaten.items())
        }

    @cached_property
    def kecamatan_rows(self) -> Mapping[str, Mapping[str, str]]:
        """Name, a point inside and km2, as text, by code."""
        return _by_code(self._folder / "kecamatan.csv")

    @cached_property
    def kecamatan(self) -> Mapping[str, str]:
        """Name by code."""
        return {code: row["name"] for code, row in self.kecamatan_rows.items()}

    @cached_property
    def desa(self) -> Mapping[str, str]:
        """Name by code, in the order of the codes."""
        with gzip.open(self._folder / "desa.csv.gz", "rt", encoding="utf-8", newline="") as file:
            return {row[0]: row[1] for row in csv.reader(file) if row[0] != "code"}

    @cached_property
    def _desa_codes(self) -> list[str]:
        return list(self.desa)

    def named(self, compact: str, level: str) -> tuple[str, ...]:
        """Codes of the areas of one level (kabupaten, kecamatan, desa) that have this name, in order."""
        if level not in self._by_name:
            names = self.kecamatan if level == KECAMATAN else self.desa
            named = [(compact_name(name, level), code) for code, name in names.items()]
            if level == KECAMATAN:
                either = ((_EITHER.split(name), code) for code, name in names.items())
                named += [(compact_name(one, level), code) for both, code in either for one in both[1:] and both if one]
            self._by_name[level] = _grouped(named)
        return self._by_name[level].get(compact, ())

    def desa_named(self, compact: str, within: Iterable[str]) -> tuple[str, ...]:
        """Codes of the desa of this name inside areas given by their codes: only their desa are looked at."""
        inside = (one for code in within for one in self.desa_inside(code))
        return tuple(one for one in inside if compact_name(self.desa[one], DESA) == compact)

    def desa_inside(self, code: str) -> list[str]:
        """Codes of the desa inside an area, in order."""
        start, end = (bisect_left(self._desa_codes, code + mark) for mark in "./")
        return self._desa_codes[start:end]

    def name(self, code: str) -> str:
        """The name of an area of any level."""
        names = {2: self.provinces, 5: self.kabupaten, 8: self.kecamatan}
        return names[len(code)][code] if len(code) in names else self.desa[code]

    def is_town(self, code: str) -> bool:
        """Whether a kabupaten is a kota."""
        return name_words(self.kabupaten[code])[0] in TOWN_WORDS


@lru_cache(maxsize=1)
def country() -> Country:
    """The bundled names, read once."""
    return Country(bundled_data("reference/indonesia"))


def _by_code(path: Path) -> dict[str, Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def compact_name(name: str, level: str) -> str:
    """A name as names are compared: standard words without the one for the level, joined."""
    if level == KABUPATEN or name.partition(" ")[0].lower().rstrip(".") in _TITLES:
        return "".join(without_title(name_words(name), level))
    return "".join([_standard(word) for word in name.split()])


@cache
def _standard(word: str) -> str:
    """One word of a name, and fast where it is nothing but letters: a country has a hundred thousand of them."""
    plain = word.lower()
    return standard_word(plain) if plain.isascii() and plain.isalpha() else "".join(name_words(word))


def _grouped(named: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, code in named:
        groups[name].append(code)
    return {name: tuple(codes) for name, codes in groups.items()}


class Held:
    """Which areas of the country a table of areas holds, by their names where ids are the office's own."""

    def __init__(self, level: Mapping[str, str], name: Mapping[str, str], parent: Mapping[str, str]) -> None:
        self._level, self._name, self._parent = level, name, parent
        self.code_of: dict[str, tuple[str, ...]] = {
            area_id: self._kabupaten_codes(area_id) for area_id in level if level[area_id] == KABUPATEN
        }
        self.one_level_up: frozenset[str] = self._tables_of_two_levels()
        self.kabupaten: frozenset[str] = frozenset(code for codes in self.code_of.values() for code in codes)
        self.provinces: frozenset[str] = frozenset(code[:2] for code in self.kabupaten)

    def _tables_of_two_levels(self) -> frozenset[str]:
        """Areas that are kabupaten although the table has them a level deeper, below what is their province."""
        below: defaultdict[str, list[str]] = defaultdict(list)
        for area_id, level in self._level.items():
            if level == KECAMATAN and not self.code_of.get(self._parent[area_id], ()):
                below[self._parent[area_id]].append(area_id)
        found: set[str] = set()
        for areas in below.values():
            codes = {area_id: self._kabupaten_codes(area_id) for area_id in areas}
            shared = set.intersection(*({code[:2] for code in named} for named in codes.values()))
            if len(shared) == 1:
                found.update(areas)
                for area_id, named in codes.items():
                    self.code_of[area_id] = tuple(code for code in named if code[:2] in shared)
        return frozenset(found)

    def _kabupaten_codes(self, area_id: str) -> tuple[str, ...]:
        """The kabupaten of the country of the same name and kind; the one of the same code where several are."""
        indonesia, name = country(), self._name[area_id]
        words = name_words(name)
        named = indonesia.named(compact_name(name, KABUPATEN), KABUPATEN)
        if without_title(words, KABUPATEN) != words:
            is_town = words[0] in TOWN_WORDS
            named = tuple(code for code in named if indonesia.is_town(code) == is_town) or named
        if area_id in named or (not named and area_id in indonesia.kabupaten):
            return (area_id,)
        return named

    @cached_property
    def kecamatan(self) -> Mapping[str, str]:
        """Own area_id by the code of the kecamatan of the country that it is."""
        indonesia = country()
        held: dict[str, str] = {}
        for area_id, level in self._level.items():
            if level == KECAMATAN and area_id not in self.one_level_up:
                compact = compact_name(self._name[area_id], KECAMATAN)
                within = self.code_of.get(self._parent[area_id], ())
                codes = [code for code in indonesia.named(compact, KECAMATAN) if code[:5] in within]
                if not codes and area_id[:5] in within and area_id in indonesia.kecamatan:
                    codes = [area_id]
                held.update(dict.fromkeys(codes, area_id))
        return held

    @cached_property
    def _known_whole(self) -> frozenset[str]:
        """Kabupaten whose own kecamatan are all found in the country, so that those that are not held lie outside."""
        found = set(self.kecamatan.values())
        lost: set[str] = set()
        for area_id, level in self._level.items():
            if level == KECAMATAN and area_id not in found and area_id not in self.one_level_up:
                lost.update(self.code_of.get(self._parent[area_id], ()))
        return frozenset(code[:5] for code in self.kecamatan) - lost

    def is_outside(self, code: str) -> bool:
        """Whether an area of the country is none of the table's and lies in none of its kecamatan."""
        if len(code) == 2:
            return code not in self.provinces
        if code[:5] not in self.kabupaten:
            return True
        return len(code) > 5 and code[:5] in self._known_whole and code[:8] not in self.kecamatan


# --- The kabupaten of an office that begins: found by code or name, with everything known of them.


_CODE = re.compile(r"[\d.]+")
_MIDDLE, _EAST = "51 52 53 63 64 65 71 72 73 74 75 76", "81 82 91 92 93 94 95 96"
_NEAR, _SHOWN = 75, 5
COUNTED, ESTIMATED = "Dukcapil, December 2024", "estimate: residents of the kabupaten in equal parts for its desa"


def search_kabupaten(text: str) -> tuple[str, ...]:
    """Codes of the kabupaten whose name, or that of their province, holds a text; '' finds all."""
    indonesia, wanted = country(), compact_name(text, "")
    named = {code: name + indonesia.provinces[code[:2]] for code, name in indonesia.kabupaten.items()}
    return tuple(code for code, name in named.items() if wanted in compact_name(name, ""))


def chosen_kabupaten(texts: Iterable[str]) -> tuple[str, ...]:
    """Codes of kabupaten that were named by code or by name; all that are not clear are refused together."""
    found: dict[str, None] = {}
    unclear = []
    for text in texts:
        try:
            found.update(dict.fromkeys(_coded(text) if _CODE.fullmatch(text) else _named(text)))
        except RequestError as why:
            unclear.append(why)
    if unclear:
        raise RequestError.several(unclear)
    if not found:
        raise RequestError.in_words("name one kabupaten or more, by code or by name")
    return tuple(sorted(found))


def _coded(code: str) -> tuple[str, ...]:
    indonesia, dotted = country(), f"{code[:2]}.{code[2:]}"
    if code in indonesia.kabupaten:
        return (code,)
    if dotted in indonesia.kabupaten:
        raise RequestError.in_words(
            "{text}: codes of Kemendagri and BPS differ; {area} if you mean Kemendagri's, with its dot",
            text=code,
            area=kabupaten_text([dotted]),
        )
    inside = [one for one in indonesia.kabupaten if one[:2] == code[:2]]
    if not inside:
        raise RequestError.in_words(
            "{text}: no province has a code that begins so; search by name: --kabupaten '?NAME'", text=code
        )
    raise RequestError.in_words(
        "{text}: no kabupaten has this code today, it may have been split or moved; there are {areas}",
        text=code,
        areas=kabupaten_text(inside),
    )


def _named(name: str) -> tuple[str, ...]:
    indonesia, compact = country(), compact_name(name, KABUPATEN)
    words = name_words(name)
    codes = indonesia.named(compact, KABUPATEN)
    if without_title(words, KABUPATEN) != words:
        codes = tuple(code for code in codes if indonesia.is_town(code) == (words[0] in TOWN_WORDS))
    if len(codes) == 1:
        return codes
    if codes:
        raise RequestError.in_words(
            "{text}: several bear this name, write the code of one: {areas}", text=name, areas=kabupaten_text(codes)
        )
    names = {code: compact_name(other, KABUPATEN) for code, other in indonesia.kabupaten.items()}
    near = [code for *_, code in process.extract(compact, names, score_cutoff=_NEAR, limit=_SHOWN)]
    if near:
        raise RequestError.in_words(
            "{text}: no kabupaten is called so; near it: {areas}", text=name, areas=kabupaten_text(near)
        )
    raise RequestError.in_words("{text}: no kabupaten is called so", text=name)


def kabupaten_text(codes: Iterable[str]) -> str:
    """Codes with their names, as '32.09 Kabupaten Cirebon, 32.74 Kota Cirebon'."""
    return ", ".join(f"{code} {country().kabupaten[code]}" for code in codes)


def time_zone(code: str) -> str:
    """The time zone of an area by the code of its province."""
    return f"Asia/{'Makassar' if code[:2] in _MIDDLE else 'Jayapura' if code[:2] in _EAST else 'Jakarta'}"


def area_rows(kabupaten: str) -> list[dict[str, str]]:
    """A kabupaten, its kecamatan and desa as rows of areas.csv; its residents are shared out equally among its desa."""
    indonesia = country()
    own, desa = indonesia.rows[kabupaten], indonesia.desa_inside(kabupaten)
    people = int(own["population_dec_2024"])
    part = {code: str(people // len(desa) + (at < people % len(desa))) for at, code in enumerate(desa)}
    rows = [_row(kabupaten, own["name"], str(people), COUNTED, {"area_km2": own["area_km2"]})]
    for code, row in indonesia.kecamatan_rows.items():
        if code.startswith(kabupaten + "."):
            inside = sum(int(part[one]) for one in indonesia.desa_inside(code))
            rows.append(_row(code, row["name"], str(inside), ESTIMATED, {**row}))
    return rows + [_row(code, indonesia.desa[code], part[code], ESTIMATED, {}) for code in desa]


def _row(code: str, name: str, people: str, source: str, known: Mapping[str, str]) -> dict[str, str]:
    level, above = (KABUPATEN, KECAMATAN, DESA)[code.count(".") - 1], code.rpartition(".")[0]
    place = {column: known.get(column, "") for column in ("area_km2", "lon", "lat")}
    parent = "" if level == KABUPATEN else above
    said = {"area_id": code, "name": name, "level": level, "parent_id": parent}
    return {**said, "population": people, "population_source": source, **place}


# --- Places outside the province that is analysed: other provinces, their kabupaten and cities, other countries.


OUTSIDE_PROVINCE, OUTSIDE_COUNTRY = "outside_province", "outside_country"
ELSEWHERE, ABROAD = "OUTSIDE:luar provinsi", "OUTSIDE:luar negeri"
"""Places of those whom an office decided to come from somewhere outside, wherever that is."""
_ABROAD = ("country", "foreign_place")
_KABUPATEN_KINDS = ("kabupaten", "city")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlace:
    """One place elsewhere: name, where it lies, other names, codes; kabupaten and kota of one name are one."""

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
    """Places that a table of areas does not hold."""
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
    """Name and other names of the province with a two-digit Kemendagri code, () where there is none."""
    rows = (place for own, place in _table() if own == code and place.kind == PROVINCE)
    return next(((place.name, *place.also) for place in rows), ())


def province_of_code(code: str) -> str:
    """Name of the province a two-digit Kemendagri code stands for, '' where there is none."""
    return next((place.name for own, place in _table() if own == code and place.kind == "province"), "")
