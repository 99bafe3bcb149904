"""The index of place names: what a name can stand for, and what lies in what."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache, cached_property
from itertools import islice, product
from typing import NamedTuple

import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from outreach_analysis.geocoding.country import Held, OutsidePlace, country, outside_places, province_names
from outreach_analysis.geocoding.names import (
    DESA,
    DIRECTIONS,
    KABUPATEN,
    KECAMATAN,
    NUMERALS,
    PROVINCE,
    TOWN_WORDS,
    fold,
    name_words,
    readings,
    spelling_key,
    without_title,
)

_NOT_ALIKE_BELOW = 60.0
_MOST_ALIKE = 24


class KnownName(NamedTuple):
    """A name as it is compared with misspelt ones."""

    place: str
    spaced: str
    compact: str


class Likeness(NamedTuple):
    """A place, and how much one of its names is like what was written (0-100)."""

    place: str
    score: float
    name: str


class NamePool:
    """Names that are compared with misspelt ones, kept in the form in which comparing is fast."""

    def __init__(self, names: list[KnownName]) -> None:
        self.names = names
        self._spaced = [known.spaced for known in names]
        self._compact = [known.compact for known in names]
        self.like = cache(self._like)

    def _like(self, spaced: str) -> tuple[Likeness, ...]:
        """Places whose names are like the standard words, most alike first, then by id: the larger ratio (0-100) of
        names with and without spaces, from 60 on."""
        best: dict[str, Likeness] = {}
        for query, names in ((spaced, self._spaced), (spaced.replace(" ", ""), self._compact)):
            hits = process.extract(query, names, scorer=fuzz.ratio, score_cutoff=_NOT_ALIKE_BELOW, limit=_MOST_ALIKE)
            for _, score, number in hits:
                one = self.names[number]
                if one.place not in best or score > best[one.place].score:
                    best[one.place] = Likeness(one.place, float(score), one.compact)
        return tuple(sorted(best.values(), key=lambda like: (-like.score, like.place)))

    def within_edits(self, compact: str, edits: int) -> list[KnownName]:
        """Names at most that many edits away."""
        hits = process.extract(compact, self._compact, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return [self.names[number] for _, _, number in hits]

    def begins(self, compact: str) -> bool:
        """Whether a name begins so."""
        return any(name.startswith(compact) for name in self._compact)


OUTSIDE_PREFIX = "OUTSIDE:"
UNKNOWN_PLACE = "UNKNOWN"
OFFICE_KIND = "office"
EXACT, ALIAS, FUZZY = "exact", "alias", "fuzzy"
PARTIAL = "partial"
"""A place all the same sure, beside words that name nothing known: its kecamatan or kabupaten."""
SHORTENED, TITLED = "shortened", "titled"
"""Known by a few consonants, or by another name together with the word for its level ('Kab. Pasir'): holds only
together with another name, or with that word."""
SURENESS = (EXACT, SHORTENED, ALIAS, TITLED, FUZZY)
"""Ways to know a name, the surest first."""
RANK = {PROVINCE: 0, KABUPATEN: 1, KECAMATAN: 2, DESA: 3}
_CODE = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
_SHORTEST_RESPELT = 5
_SHORTEST_RESPELT_OUTSIDE = 7
_MOST_READINGS = 48
_SHORTEST_TAIL = 8
_SHORTEST_CONSONANTS = 3
_MOST_NAME_WORDS = 6


class Candidate(NamedTuple):
    """One thing that a name can stand for: an area_id or 'OUTSIDE:place', and how it is known by that name."""

    place: str
    via: str


class Gazetteer:
    """Names of all areas of one table, with their aliases and the places outside, ready for look-ups."""

    def __init__(self, areas: pd.DataFrame, aliases: pd.DataFrame | None = None) -> None:
        self.level: dict[str, str] = dict(zip(areas.index, areas["level"], strict=True))
        self.name: dict[str, str] = dict(zip(areas.index, areas["name"], strict=True))
        self._parent: dict[str, str] = dict(zip(areas.index, areas["parent_id"], strict=True))
        self.outside: dict[str, OutsidePlace] = {}
        self._outside_of: dict[str, str] = {}
        self._own_provinces: dict[str, str] = {}
        self.former_codes: dict[str, str] = {}
        self.decisions: dict[str, str] = {}
        self._former_parents: dict[str, set[str]] = {}
        self._meanings: dict[str, dict[str, str]] = {}
        self._respelt: dict[str, dict[str, str]] = {}
        self._initials: dict[str, dict[str, str]] = {}
        self._known: list[KnownName] = []
        self.lineage, self.pool = cache(self._lineage), cache(self._pool)
        self._found, self._long_readings = cache(self._look_up), cache(self._readings_of)
        for area_id, name in self.name.items():
            self._learn(without_title(name_words(name), self.level[area_id]), area_id, EXACT)
        self.held = Held(self.level, self.name, self._parent)
        self._provinces_one_level_down = frozenset(self._parent[area] for area in self.held.one_level_up)
        self._learn_own_provinces()
        self._learn_outside()
        if aliases is not None:
            self._learn_aliases(aliases)
        self._learn_tails()
        self.words = frozenset(word for known in self._known for word in known.spaced.split())
        first = Counter(known.spaced.split()[0] for known in self._known if known.place in self.level)
        self.first_words = frozenset(word for word, names in first.items() if names > 1)
        self._long_words = sorted(
            {
                word
                for known in self._known
                if self.rank(known.place) <= RANK[KECAMATAN]
                for word in known.spaced.split()
                if len(word) >= _SHORTEST_RESPELT
            }
        )

    def is_town(self, area_id: str) -> bool:
        """Whether a kabupaten's own name says that it is a kota."""
        return self.level.get(area_id) == KABUPATEN and fold(self.name[area_id]).split(" ")[0] in TOWN_WORDS

    def is_kabupaten_or_kota(self, place: str, *, town: bool) -> bool:
        """Whether a place, of the table or outside it, is a kota (`town`) or else a kabupaten, as far as is known."""
        if self.stated_rank(place) > RANK[KABUPATEN]:
            return False
        codes = [code for code in self.codes_of(place) if len(code) > 2]
        if codes:
            return any(country().is_town(code) == town for code in codes)
        if place not in self.outside:
            return self.level.get(place) == KABUPATEN and self.is_town(place) == town
        return town and self.outside[place].kind not in (PROVINCE, "country")

    def bare_name(self, area_id: str) -> list[str]:
        """Standard words of an area's name without the word for its level."""
        return without_title(name_words(self.name[area_id]), self.level[area_id])

    def _learn(self, words: Sequence[str], place: str, via: str, *, instead: bool = False) -> None:
        if not words:
            return
        compact = "".join(words)
        keys = [(self._meanings, compact)]
        respelt = spelling_key(compact)
        if len(respelt) >= (_SHORTEST_RESPELT_OUTSIDE if place in self.outside else _SHORTEST_RESPELT):
            keys.append((self._respelt, respelt))
        if len(words) > 1 and place not in self.outside:
            keys.append((self._initials, f"{words[0][0]} {''.join(words[1:])}"))
        for index, key in keys:
            meanings = index.setdefault(key, {})
            if instead:
                for known in [known for known, how in meanings.items() if how in (ALIAS, TITLED)]:
                    del meanings[known]
            meanings.setdefault(place, via)
        self._known.append(KnownName(place, " ".join(words), compact))

    def _learn_own_provinces(self) -> None:
        """The provinces that areas lie in, by all their names, whether or not the table has a row for them."""
        rows = {"".join(self.bare_name(area)): area for area, level in self.level.items() if level == PROVINCE}
        for code in sorted(self.held.provinces):
            names = province_names(code)
            own = code if code in self.level else rows.get("".join(name_words(names[0])), code)
            self._own_provinces[code] = own
            if own not in self.level:
                self.level[own], self.name[own], self._parent[own] = PROVINCE, names[0], ""
                self._learn(name_words(names[0]), own, EXACT)
            for name in names[1:]:
                self._learn(name_words(name), own, ALIAS)
        for area, codes in self.held.code_of.items():
            if codes and self._parent[area] not in self.level:
                self._parent[area] = self._own_provinces[codes[0][:2]]

    def _learn_outside(self) -> None:
        # kabupaten that the country does not know, as in examples, still are the office's own
        named = {"".join(self.bare_name(area)) for area, codes in self.held.code_of.items() if not codes}
        named |= {"".join(self.bare_name(area)) for area, level in self.level.items() if level == PROVINCE}
        for place in outside_places(self.held):
            if "".join(name_words(place.name)) in named:
                continue
            key = OUTSIDE_PREFIX + place.name
            if key not in self.outside or place.kind == PROVINCE:
                self.outside[key] = place
                if place.kind != PROVINCE:
                    self._outside_of.update(dict.fromkeys(place.codes, key))
            for name in (place.name, *place.also):
                words = name_words(name)
                self._learn(without_title(words, KABUPATEN) if place.codes else words, key, EXACT)

    def codes_of(self, place: str) -> tuple[str, ...]:
        """Codes of the country for an own kabupaten or province, or a place outside; () for others."""
        if place in self.outside:
            return self.outside[place].codes
        if self.level.get(place) == PROVINCE:
            return tuple(code for code, own in self._own_provinces.items() if own == place)
        return self.held.code_of.get(place, ())

    def place_of_codes(self, codes: Collection[str]) -> str:
        """The place outside that holds areas of the country: their kabupaten, province, or else their own name."""
        kabupaten = {self._outside_of.get(code[:5], "") for code in codes}
        if len(kabupaten) == 1 and (one := next(iter(kabupaten))):
            return one
        provinces = {code[:2] for code in codes}
        province = country().provinces[next(iter(provinces))] if len(provinces) == 1 else ""
        if province and OUTSIDE_PREFIX + province in self.outside:
            return OUTSIDE_PREFIX + province
        return OUTSIDE_PREFIX + country().name(sorted(codes)[0])

    def recurs_elsewhere(self, place: str, *, in_its_kecamatan: bool = False) -> bool:
        """Whether an own kecamatan or desa has a namesake outside the table, perhaps in a namesake of its kecamatan."""
        level = self.level.get(place, "")
        if RANK.get(level, 0) < RANK[KECAMATAN]:
            return False
        named = country().named("".join(self.bare_name(place)), level)
        elsewhere = [code for code in named if self.held.is_outside(code)]
        if level == DESA and in_its_kecamatan:
            around = set(country().named("".join(self.bare_name(self._parent[place])), KECAMATAN))
            return any(code[:8] in around for code in elsewhere)
        return bool(elsewhere)

    def _learn_aliases(self, aliases: pd.DataFrame) -> None:
        kinds = aliases["kind"] if "kind" in aliases.columns else pd.Series("", index=aliases.index)
        by_office = kinds.eq(OFFICE_KIND).fillna(False).astype(bool)
        rows = list(zip(aliases["alias"].astype(str), aliases["area_id"].astype(str), by_office, strict=True))
        for alias, area_id, office in sorted(rows, key=lambda row: row[2]):
            inside = area_id in self.level
            key = "".join(name_words(alias))
            # a text without a word says no more than a blank one, which nobody can decide for all
            if key and (area_id == UNKNOWN_PLACE or area_id.startswith(OUTSIDE_PREFIX) or (office and inside)):
                self.decisions[key] = area_id
            if inside and _CODE.fullmatch(alias):
                self.former_codes[alias] = area_id
                self._former_parents.setdefault(area_id, set()).add(alias.rpartition(".")[0])
            elif inside:
                words = without_title(name_words(alias), self.level[area_id])
                via = ALIAS if office or words == name_words(alias) else TITLED
                self._learn(words, area_id, via, instead=bool(office))

    def _learn_tails(self) -> None:
        """The long last word of a kabupaten stands for it where no other name has that word: 'Kartanegara'."""
        owners: dict[str, set[str]] = {}
        for known in self._known:
            for word in known.spaced.split():
                owners.setdefault(word, set()).add(known.place)
        for known in list(self._known):
            *first, last = known.spaced.split()
            alone = owners[last] == {known.place} and len(last) >= _SHORTEST_TAIL
            if first and alone and self.level.get(known.place) == KABUPATEN:
                self._learn([last], known.place, ALIAS)

    def _lineage(self, place: str) -> frozenset[str]:
        """The place itself and everything it lies in, former kecamatan included."""
        above: set[str] = {place}
        if place in self.outside:
            within, provinces = self.outside[place].within, self._own_provinces
            own = {provinces[code[:2]] for code in self.outside[place].codes if code[:2] in provinces}
            above.update(own or (self.lineage(OUTSIDE_PREFIX + within) if within else ()))
        else:
            parents = {self._parent.get(place, "")} | self._former_parents.get(place, set())
            above.update(*(self.lineage(parent) for parent in parents if parent in self.level))
        return frozenset(above)

    def rank(self, place: str) -> int:
        """0 province, 1 kabupaten, 2 kecamatan, 3 desa; -1 outside."""
        return RANK.get(self.level.get(place, ""), -1)

    def stated_rank(self, place: str) -> int:
        """The rank that people say a place is of: a kabupaten is one also in a table of two levels (see `Held`)."""
        return self.rank(place) - (place in self.held.one_level_up or place in self._provinces_one_level_down)

    def label(self, place: str) -> str:
        """The place's name with what it lies in, such as 'Damai, Balikpapan Kota, Kota Balikpapan'."""
        if place not in self.level:
            return place.removeprefix(OUTSIDE_PREFIX)
        names = []
        while self.level.get(place, PROVINCE) != PROVINCE:
            names.append(self.name[place])
            place = self._parent[place]
        return ", ".join(names) or self.name[place]

    def meanings(self, words: Sequence[str]) -> tuple[Candidate, ...]:
        """All that these words together can stand for: as they are, else spelt otherwise, else cut short."""
        return self._found(tuple(words)) if len(words) <= _MOST_NAME_WORDS else ()

    def _look_up(self, words: tuple[str, ...]) -> tuple[Candidate, ...]:
        if len(words) > 1 and words[0] in DIRECTIONS:
            return self._look_up((*words[1:], DIRECTIONS[words[0]]))
        spelt = list(self._spellings([readings(word) for word in words]))
        if words[-1] == "2" and len(words) > 1:
            spelt += self._spellings([readings(word) for word in (*words[:-1], words[-2])])
        joined = [(tail, digit) for tail, digit in NUMERALS.items() if words[-1].endswith(tail)]
        spelt += [one.removesuffix(tail) + digit for one in spelt for tail, digit in joined if one.endswith(tail)]
        found = self._collect(self._meanings, spelt) or self._collect(self._respelt, map(spelling_key, spelt))
        if found or all(word in self.words for word in words):
            return found
        if len(words) > 1 and len(words[0]) == 1:
            rest = self._spellings([readings(word) for word in words[1:]])
            return self._collect(self._initials, (f"{words[0]} {compact}" for compact in rest))
        return self._shortened(words)

    def _spellings(self, choices: Sequence[tuple[str, ...]]) -> Iterable[str]:
        for words in islice(product(*choices), _MOST_READINGS):
            yield "".join(words)

    @staticmethod
    def _collect(index: dict[str, dict[str, str]], keys: Iterable[str]) -> tuple[Candidate, ...]:
        found: dict[str, str] = {}
        for key in keys:
            for place, via in index.get(key, {}).items():
                found[place] = min(via, found.get(place, via), key=SURENESS.index)
        return tuple(Candidate(place, via) for place, via in found.items())

    def _shortened(self, words: Sequence[str]) -> tuple[Candidate, ...]:
        choices = [self._long_readings(word) for word in words]
        if len(words) == 1:
            if any(letter in "aeiou" for letter in words[0]):
                return ()
            if len(words[0]) < _SHORTEST_CONSONANTS:
                return ()
            found = [one for one in self._collect(self._meanings, choices[0]) if one.place in self.level]
            towns = tuple(one for one in found if self.rank(one.place) == RANK[KABUPATEN])
            smaller = (one.place for one in found if self.rank(one.place) == RANK[KECAMATAN])
            return towns or tuple(Candidate(place, SHORTENED) for place in smaller)
        whole_words = sum(word in self.words and len(word) > 2 for word in (readings(word)[0] for word in words))
        if not all(choices) or not whole_words:
            return ()
        return self._collect(self._meanings, self._spellings(choices))

    def _readings_of(self, word: str) -> tuple[str, ...]:
        """Words that a short form can stand for: their beginning, or their consonants in order."""
        return tuple(full for full in readings(word) if full in self.words) or self._cut_from(word)

    def _cut_from(self, short: str) -> tuple[str, ...]:
        vowels = any(letter in "aeiou" for letter in short)
        if len(short) < (3 if vowels else 2) or len(short) > _SHORTEST_RESPELT:
            return ()
        return tuple(
            word
            for word in self._long_words
            if len(word) >= len(short) + 2
            and word[0] == short[0]
            and (word.startswith(short) if vowels else _in_order(short, word))
        )

    def _pool(self, within: str = "", levels: tuple[str, ...] = ()) -> NamePool:
        """Names to compare a misspelt one with: of all places, or of one area and what lies in it; of some levels."""
        names = self._known_inside[within] if within else self._known
        return NamePool([known for known in names if not levels or self.level.get(known.place) in levels])

    @cached_property
    def _known_inside(self) -> defaultdict[str, list[KnownName]]:
        """Names by the area that they are of or lie in."""
        inside = defaultdict[str, list[KnownName]](list)
        for known in self._known:
            for area_id in self.lineage(known.place):
                inside[area_id].append(known)
        return inside


def _in_order(letters: str, word: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)
