"""Origins as a counter clerk types them: nicknames, slips of the pen, half addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from outreach_analysis.simulation.people import OUTSIDE_PLACES

_NICKNAMES = {"64.02": "Kukar", "64.07": "Kubar", "64.08": "Kutim", "64.09": "PPU", "64.11": "Mahulu"}
_OLD_SPELLINGS = {
    "64.01": ("Kab. Pasir",),
    "64.02": ("Kutai Kertanegara", "Kutai Karta Negara"),
    "64.71": ("Balik Papan",),
}
_FAMILIAR_SLIPS = {
    "64.02.15": ("Sanga-Sanga",),
    "64.02.16": ("Tenggarong Sebrang",),
    "64.72.02": ("Samarinda Sebrang",),
}
_TOWNS_ALONE = {"64.02.06": "Tenggarong", "64.07.06": "Melak", "64.07.07": "Sendawar", "64.01.04": "Tanah Grogot"}
_STREETS = (
    "Mawar", "Melati", "Pahlawan", "Gajah Mada", "Merdeka", "Kenanga", "Cendana", "Rajawali", "Pemuda", "Flamboyan",
    "Anggrek", "Diponegoro", "Kartini", "Sultan Hasanuddin", "Poros Samarinda-Bontang", "Teuku Umar",
)  # fmt: skip
_FORMS = ("clean", "nickname", "misspelt", "kabupaten_only")
_FORM_SHARES = (0.60, 0.25, 0.11, 0.04)
_SURE_SCORE, _SURE_GAP = 92.0, 10.0
_SHORTEST_MISSPELT, _LONG_WORD = 9, 8


class Origin(NamedTuple):
    """What stands in the origin columns of one row, and how much of the truth it still tells."""

    address: str
    desa: str
    kecamatan: str
    kabupaten: str
    level: str  # kecamatan, kabupaten or outside: what a careful reader can make of it
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNames:
    """Names of the areas, as people say them.

    Attributes
    ----------
    name
        Name by area_id; kabupaten without 'Kabupaten' and 'Kota'.
    title
        'Kab.' or 'Kota' by kabupaten.
    compact
        Every name once, in small letters without spaces: what a slip must not look like.
    """

    name: dict[str, str]
    title: dict[str, str]
    compact: tuple[str, ...]

    @classmethod
    def of(cls, gazetteer: pd.DataFrame) -> PlaceNames:
        """From areas of all levels (index area_id; columns name, level).

        Examples
        --------
        >>> areas = pd.DataFrame({"name": ["Kota Bontang", "Bontang Barat"], "level": ["kabupaten", "kecamatan"]},
        ...                      index=["64.74", "64.74.03"])
        >>> PlaceNames.of(areas).name["64.74"], PlaceNames.of(areas).title["64.74"]
        ('Bontang', 'Kota')
        """
        kabupaten = gazetteer.loc[gazetteer["level"] == "kabupaten", "name"]
        name = {str(area_id): str(value) for area_id, value in gazetteer["name"].items()}
        name |= {str(area_id): value.split(" ", 1)[1] for area_id, value in kabupaten.items()}
        title = {str(i): "Kota" if value.startswith("Kota ") else "Kab." for i, value in kabupaten.items()}
        compact = tuple(sorted({_compact(value) for value in name.values()}))
        return cls(name=name, title=title, compact=compact)


def write_origin(
    area_id: str, desa_id: str, outside_place: str, *, style: str, names: PlaceNames, rng: np.random.Generator
) -> Origin:
    """Write where one person lives.

    Parameters
    ----------
    area_id, desa_id, outside_place
        The truth: kecamatan and desa, or the town outside the province.
    style
        Columns of the list: 'split' (Kab/Kota and Kecamatan), 'full' (with Desa) or 'line' (one Alamat).
    names
        Names of the areas.
    rng
        Source of randomness.

    Returns
    -------
    Origin
        `level` says what a careful reader can know of the place: kecamatan, kabupaten or outside.

    Examples
    --------
    >>> names = PlaceNames(name={"64.74": "Bontang", "64.74.03": "Bontang Barat"}, title={"64.74": "Kota"},
    ...                    compact=())
    >>> write_origin("64.74.03", "", "", style="split", names=names, rng=np.random.default_rng(2)).level
    'kecamatan'
    """
    if outside_place:
        return _outside(outside_place, style, rng)
    form = _FORMS[int(np.searchsorted(np.cumsum(_FORM_SHARES[:-1]), rng.random(), side="right"))]
    kabupaten_id = area_id[:5]
    kabupaten = _write_kabupaten(kabupaten_id, form, names, rng)
    level = "kabupaten" if form == "kabupaten_only" else "kecamatan"
    kecamatan = "" if form == "kabupaten_only" else _write_kecamatan(area_id, form, names, rng)
    desa = "" if form == "kabupaten_only" else names.name.get(desa_id, "")
    if style == "line":
        line = _line(area_id, kabupaten, kecamatan, desa, form=form, rng=rng)
        return Origin(line, "", "", "", level, form)
    return Origin("", desa if style == "full" else "", kecamatan, kabupaten, level, form)


def _outside(place: str, style: str, rng: np.random.Generator) -> Origin:
    province = next(item[1] for item in OUTSIDE_PLACES if item[0] == place)
    if style == "line":
        text = _choose(
            (f"{place}, {province}", f"Jl. {_choose(_STREETS[:8], rng)} No. 4, {place}, {province}", place), rng
        )
        return Origin(text, "", "", "", "outside", "outside")
    return Origin("", "", "", _choose((place, f"{place}, {province}", place.upper()), rng), "outside", "outside")


def _write_kabupaten(kabupaten_id: str, form: str, names: PlaceNames, rng: np.random.Generator) -> str:
    name, title = names.name[kabupaten_id], names.title[kabupaten_id]
    if form in ("nickname", "kabupaten_only") and kabupaten_id in _NICKNAMES and rng.random() < 0.8:
        nickname = _NICKNAMES[kabupaten_id]
        return _choose((nickname, nickname.upper(), f"Kab. {nickname}"), rng)
    if form == "misspelt" and kabupaten_id in _OLD_SPELLINGS and rng.random() < 0.5:
        return _choose(_OLD_SPELLINGS[kabupaten_id], rng)
    return _choose((name, name.upper(), f"{title} {name}", f"{title} {name}"), rng)


def _write_kecamatan(area_id: str, form: str, names: PlaceNames, rng: np.random.Generator) -> str:
    name = names.name[area_id]
    if form == "misspelt":
        if area_id in _FAMILIAR_SLIPS and rng.random() < 0.7:
            return _choose(_FAMILIAR_SLIPS[area_id], rng)
        return misspell(name, names.compact, rng)
    return _choose((name, name, name.upper(), name.lower(), f"Kec. {name}"), rng)


def misspell(name: str, others: tuple[str, ...], rng: np.random.Generator) -> str:
    """A slip of the pen that still points to one place: a letter lost or doubled in a long word.

    A slip that scores below 92 against its own name (rapidfuzz ratio without spaces), or comes within ten
    points of another name, is not used; where none of eight tries is good, or no word has eight letters, the
    name stays. So do names with 'Kota', which is also a word for any town.

    Examples
    --------
    >>> misspell("Melak", (), np.random.default_rng(1))
    'Melak'
    >>> misspell("Tenggarong Seberang", ("Tenggarong",), np.random.default_rng(1)) != "Tenggarong Seberang"
    True
    """
    words = name.split()
    long = [position for position, word in enumerate(words) if len(word) >= _LONG_WORD]
    if not long or "Kota" in words or len(name) < _SHORTEST_MISSPELT:
        return name
    own = _compact(name)
    for _ in range(8):
        position = long[int(rng.integers(len(long)))]
        word = words[position]
        at = int(rng.integers(2, len(word) - 1))
        slip = word[:at] + word[at + 1 :] if rng.random() < 0.6 else word[: at + 1] + word[at:]
        written = " ".join([*words[:position], slip, *words[position + 1 :]])
        score = fuzz.ratio(_compact(written), own)
        nearest = max((fuzz.ratio(_compact(written), other) for other in others if other != own), default=0.0)
        if score >= _SURE_SCORE and score - nearest >= _SURE_GAP:
            return written
    return name


def _compact(name: str) -> str:
    return name.lower().replace(" ", "")


def _line(area_id: str, kabupaten: str, kecamatan: str, desa: str, *, form: str, rng: np.random.Generator) -> str:
    """One address in one cell."""
    if form == "kabupaten_only":
        return _choose(
            (kabupaten, kabupaten, f"Jl. {_choose(_STREETS[:8], rng)} RT {rng.integers(1, 40)}, {kabupaten}"), rng
        )
    if form == "nickname" and area_id in _TOWNS_ALONE and rng.random() < 0.5:
        return _TOWNS_ALONE[area_id]
    bare = kecamatan.removeprefix("Kec. ")
    street = f"Jl. {_choose(_STREETS, rng)}"
    if form == "nickname":
        return _choose((f"{bare}, {kabupaten}", f"{bare} - {kabupaten}", f"Kec. {bare} {kabupaten}"), rng)
    return _choose(
        (
            f"{street} No. {rng.integers(1, 120)}, {desa}, {bare}, {kabupaten}",
            f"{desa}, Kec. {bare}, {kabupaten}",
            f"{street} RT {rng.integers(1, 40)} Kel. {desa} Kec. {bare} {kabupaten}",
            f"Kec. {bare}, {kabupaten}",
        ),
        rng,
    )


def _choose(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
