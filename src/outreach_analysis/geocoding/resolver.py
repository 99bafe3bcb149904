"""Where people come from: free text, columns or codes to areas, sure or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.geocoding.country import ABROAD, OUTSIDE_COUNTRY, OUTSIDE_PROVINCE, province_of_code
from outreach_analysis.geocoding.gazetteer import (
    ALIAS,
    FUZZY,
    OUTSIDE_PREFIX,
    Gazetteer,
)
from outreach_analysis.geocoding.matching import Alternative, MatchResult, find_place
from outreach_analysis.geocoding.names import DESA, KABUPATEN, KECAMATAN, name_words
from outreach_analysis.geocoding.parsing import Part, Segmentation, address_parts, origin_columns
from outreach_analysis.geography.areas import load_aliases, load_areas

ORIGIN_COLUMNS = ("code", "desa", "kecamatan", "kabupaten", "address")
CODE_SYSTEMS = ("kemendagri", "bps")
UNKNOWN, REVIEW, CODE = "unknown", "review", "code"
_TEXT_LEVELS = {"desa": DESA, "kecamatan": KECAMATAN, "kabupaten": KABUPATEN, "address": ""}
_SPREADSHEET_ZERO = re.compile(r"(?<=\d{4})\.0+$")
_LOOKS_LIKE_CODE = re.compile(r"\d{2}([.\s]?\d{2}([.\s]?\d{2,3}([.\s]?\d{3,4})?)?)?")
_KEMENDAGRI_SIZES, _BPS_SIZES = (2, 4, 6, 10), (2, 4, 7, 10)
_NUMBERED_ALIKE = range(11, 90)


Names = str | Sequence[str | None] | pd.Series | pd.DataFrame


class Suggestion(NamedTuple):
    """A place to choose when an origin is reviewed: its area_id (or 'OUTSIDE:...'), its full name, and why."""

    area_id: str
    label: str
    reason: str


class Origin(NamedTuple):
    """One distinct origin, resolved: the columns of `resolve_origins`."""

    area_id: str | None
    level: str
    status: str
    score: float
    suggestions: tuple[Suggestion, ...]
    place: str | None


_NOTHING_SAID = Origin(None, UNKNOWN, REVIEW, 0.0, (), None)


def resolve_origins(
    names: Names,
    areas: pd.DataFrame | None = None,
    *,
    aliases: pd.DataFrame | None = None,
    code_system: str = "kemendagri",
) -> pd.DataFrame:
    """Resolve what people wrote about where they come from to areas; what is not sure goes to review.

    In this order: a code of the declared system; a decision of the office about the whole text; names as they
    stand or spelt otherwise, and aliases, read together so that stated parts narrow each other; a misspelt name
    where no other can be meant (methods: likeness >= 92 leading by >= 10, or one edit within the stated area);
    a kecamatan or desa elsewhere in Indonesia whose level is stated. Whatever leaves a doubt stays undecided. The
    level is the narrowest that is sure, and each distinct text is resolved once.

    Parameters
    ----------
    names
        A text, a list or Series of texts (address, place or code), or a DataFrame with any of the columns code,
        desa, kecamatan, kabupaten, address, or their usual headers ('Kab/Kota'). Blank and NaN say nothing. In the
        column code, an area_id that is written like no code ('KEC1') stands for itself.
    areas
        All levels: index area_id (text, parts divided by dots); columns name, level (province, kabupaten,
        kecamatan, desa), parent_id, and bps_code where BPS codes are used. Kabupaten and kecamatan of the country
        that it does not hold are places outside. None: the areas and aliases that come with the package.
    aliases
        alias, area_id (or 'OUTSIDE:<place>', or 'UNKNOWN': nobody can tell), perhaps kind. Rows of kind 'office' are
        decisions: they win over others of the name, and as a whole text over all but a code. A code is a former one.
    code_system
        'kemendagri' or 'bps'. A code of the other system is never guessed.

    Returns
    -------
    DataFrame
        Index of `names` (0, 1, ... for a text or list). Columns:
        area_id (text or NA); level (desa, kecamatan, kabupaten, outside_province, outside_country, unknown), where
        outside_province is anywhere in Indonesia outside `areas`; status (code, exact, alias, fuzzy, partial: sure,
        although a part of the text is not known; review); score (100 for code, exact, alias and partial; likeness
        0-100 of the name for fuzzy, of the best suggestion for review); suggestions (tuple of up to three
        `Suggestion`, empty unless in review); place (usual name of the place outside, its kabupaten where the text
        names a smaller one; else NA).

    Raises
    ------
    ValueError
        Where `code_system` is unknown, `areas` lacks a column or a kabupaten, or a frame has no column or two for one.

    Examples
    --------
    >>> found = resolve_origins(["Jl. Juanda 8, Air Hitam, Samarinda Ulu", "Kec. Simokerto, Desa Sidodadi", "Damai"])
    >>> found[["area_id", "level", "status", "place"]]
             area_id             level  status     place
    0  64.72.03.1006              desa   exact       NaN
    1            NaN  outside_province   exact  Surabaya
    2            NaN           unknown  review       NaN
    >>> found["suggestions"][2][0].label
    'Damai, Kabupaten Kutai Barat'
    """
    if areas is None:
        areas, known = _bundled()
        aliases = known if aliases is None else pd.concat([known, aliases], ignore_index=True)
    return OriginResolver(areas, aliases=aliases, code_system=code_system).origins(names)


@lru_cache(maxsize=1)
def _bundled() -> tuple[pd.DataFrame, pd.DataFrame]:
    areas = load_areas("all")
    return pd.DataFrame(areas[["name", "level", "parent_id", "bps_code"]]), load_aliases()


def origin_text(names: Names) -> pd.Series:
    """What each row says about its origin, as one text: the text that a decision of the office is about."""
    parts = _columns(names)
    row_of, distinct = _distinct(parts)
    texts = np.array([_whole_text(dict(zip(parts, values, strict=True))) for values in distinct], dtype=object)
    return pd.Series(texts[row_of] if len(texts) else [], index=_index(parts), dtype="str")


def _whole_text(said: dict[str, str]) -> str:
    return ", ".join(said[column] for column in (*_TEXT_LEVELS, "code") if said.get(column))


def _columns(names: Names) -> dict[str, pd.Series]:
    if isinstance(names, str):
        names = [names]
    given: object = names
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise RequestError(f"names is {type(names).__name__}; pass a text, a list or Series of texts, or a DataFrame")
    if not isinstance(names, pd.DataFrame):
        return {"address": names if isinstance(names, pd.Series) else pd.Series(list(names), dtype="str")}
    headers = origin_columns(names.columns)
    return {column: names[headers[column]] for column in ORIGIN_COLUMNS if column in headers}


def _index(parts: dict[str, pd.Series]) -> pd.Index:
    return next(iter(parts.values())).index


def _distinct(parts: dict[str, pd.Series]) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Number of each row's distinct combination of texts, and those combinations."""
    row_of = np.zeros(len(next(iter(parts.values()))), dtype=np.int64)
    rows: list[tuple[str, ...]] = [()]
    for column in parts.values():
        codes, present = pd.factorize(column, use_na_sentinel=True)
        texts = ["", *(str(value).strip() for value in present)]
        row_of, keys = pd.factorize(row_of * len(texts) + codes + 1)
        rows = [(*rows[key // len(texts)], texts[key % len(texts)]) for key in keys.tolist()]
    return row_of, rows


def _frame(resolved: list[Origin], row_of: np.ndarray, index: pd.Index) -> pd.DataFrame:
    suggestions = np.empty(len(resolved), dtype=object)
    suggestions[:] = [origin.suggestions for origin in resolved]
    text = {
        name: pd.array([getattr(origin, name) for origin in resolved], dtype="str").take(row_of)
        for name in ("area_id", "level", "status", "place")
    }
    return pd.DataFrame(
        {
            "area_id": text["area_id"],
            "level": text["level"],
            "status": text["status"],
            "score": np.array([origin.score for origin in resolved], dtype=float)[row_of],
            "suggestions": suggestions[row_of],
            "place": text["place"],
        },
        index=index,
    )


class OriginResolver:
    """The names of one table of areas, indexed once, and origins resolved so far; as for `resolve_origins`."""

    def __init__(
        self, areas: pd.DataFrame, *, aliases: pd.DataFrame | None = None, code_system: str = "kemendagri"
    ) -> None:
        if code_system not in CODE_SYSTEMS:
            raise RequestError(f"code system '{code_system}' is none of {', '.join(CODE_SYSTEMS)}")
        _check_areas(areas)
        self._names = Gazetteer(areas, aliases)
        self._system = code_system
        self._sizes = _KEMENDAGRI_SIZES if code_system == "kemendagri" else _BPS_SIZES
        self._codes = self._known_codes(areas)
        self._read_before: dict[Part, list[Segmentation]] = {}
        self._parts_before: dict[tuple[str, str], list[Part]] = {}

    def _known_codes(self, areas: pd.DataFrame) -> dict[str, str]:
        if self._system == "kemendagri":
            return {area_id.replace(".", ""): area_id for area_id in self._names.level}
        if "bps_code" not in areas.columns:
            return {}
        codes = areas["bps_code"].fillna("").astype(str).str.replace(r"\D", "", regex=True)
        return {code: str(area_id) for area_id, code in codes.items() if code}

    def origins(self, names: Names) -> pd.DataFrame:
        """Resolve rows; parameters, columns and errors as for `resolve_origins`."""
        parts = _columns(names)
        row_of, distinct = _distinct(parts)
        resolved = [self._resolve(dict(zip(parts, values, strict=True))) for values in distinct]
        return _frame(resolved, row_of, _index(parts))

    def _resolve(self, said: dict[str, str]) -> Origin:
        code = said.get("code", "")
        address = said.get("address", "")
        if not code and not any(said.get(c) for c in ("desa", "kecamatan", "kabupaten")) and self._is_code(address):
            code, said = address, {}
        stated = self._by_code(code) if code else _NOTHING_SAID
        for text in (_whole_text({**said, "code": ""}), _whole_text({**said, "code": code})):
            decided = self._names.decisions.get("".join(name_words(text)))
            if decided and stated.status != CODE:
                return self._origin(decided, ALIAS, 100.0)
        parts = [part for column in _TEXT_LEVELS if said.get(column) for part in self._parts(said[column], column)]
        return self._together(stated, find_place(parts, self._names, self._read_before))

    def _parts(self, text: str, column: str) -> list[Part]:
        key = (text, column)
        if key not in self._parts_before:
            self._parts_before[key] = address_parts(text, self._names, level=_TEXT_LEVELS[column])
        return self._parts_before[key]

    def _together(self, stated: Origin, found: MatchResult) -> Origin:
        """The code and the names: the narrower of the two where one lies in the other, else review."""
        if stated.status == REVIEW:
            return self._by_names(found)
        place = stated.area_id or OUTSIDE_PREFIX + str(stated.place)
        if not found.place or found.place in self._names.lineage(place):
            return stated
        if place in self._names.lineage(found.place):
            return self._by_names(found)
        both = (Alternative(place, 100.0, "contradiction"), Alternative(found.place, 100.0, "contradiction"))
        return self._by_names(MatchResult(reason="contradiction", candidates=both))

    def _by_names(self, found: MatchResult) -> Origin:
        if found.place:
            return self._origin(found.place, found.via, found.score if found.via == FUZZY else 100.0)
        suggestions = tuple(Suggestion(one.place, self._names.label(one.place), one.reason) for one in found.candidates)
        best = max((one.score for one in found.candidates), default=0.0)
        return Origin(None, UNKNOWN, REVIEW, best, suggestions, None)

    def _origin(self, place: str, status: str, score: float) -> Origin:
        if place in self._names.level:
            return Origin(place, self._names.level[place], status, score, (), None)
        if not place.startswith(OUTSIDE_PREFIX):
            return Origin(None, UNKNOWN, status, score, (), None)
        known = self._names.outside.get(place)
        level = known.level if known else OUTSIDE_COUNTRY if place == ABROAD else OUTSIDE_PROVINCE
        return Origin(None, level, status, score, (), place.removeprefix(OUTSIDE_PREFIX))

    def _is_code(self, text: str) -> bool:
        return bool(_LOOKS_LIKE_CODE.fullmatch(_SPREADSHEET_ZERO.sub("", text)))

    def _by_code(self, text: str) -> Origin:
        """The area of a code of the declared system, or of an office's own id; review where there is none."""
        text = _SPREADSHEET_ZERO.sub("", text.strip())
        if text in self._names.level and not self._is_code(text):
            return self._origin(text, CODE, 100.0)
        digits = re.sub(r"[.\s]", "", text)
        if not self._is_code(text) or len(digits) not in self._sizes:
            return _NOTHING_SAID
        area_id = self._codes.get(digits)
        if area_id is None and self._system == "bps" and len(digits) == max(_BPS_SIZES):
            area_id = self._codes.get(digits[:7])
        if area_id is not None:
            return self._origin(area_id, CODE, 100.0) if len(digits) > 2 else _NOTHING_SAID
        former = self._names.former_codes.get(_dotted(digits)) if self._system == "kemendagri" else None
        if former is not None:
            return self._origin(former, ALIAS, 100.0)
        province = province_of_code(digits[:2]) if int(digits[:2]) in _NUMBERED_ALIKE else ""
        if province and OUTSIDE_PREFIX + province in self._names.outside:
            return self._origin(OUTSIDE_PREFIX + province, CODE, 100.0)
        return _NOTHING_SAID


def _check_areas(areas: pd.DataFrame) -> None:
    """Refuse a table from which most of what people write cannot be placed."""
    missing = [column for column in ("name", "level", "parent_id") if column not in areas.columns]
    if missing:
        raise RequestError(f"areas has no column {', '.join(missing)}; it needs name, level and parent_id")
    if not (areas["level"] == KABUPATEN).any():
        held = ", ".join(f"{rows} {level}" for level, rows in areas["level"].value_counts().items()) or "no row"
        raise RequestError(
            f"areas holds no kabupaten ({held}), and most people name theirs; "
            "pass all levels, as load_areas('all') does"
        )


def _dotted(digits: str) -> str:
    """'6402082011' as '64.02.08.2011'."""
    return ".".join(filter(None, (digits[:2], digits[2:4], digits[4:6], digits[6:])))
