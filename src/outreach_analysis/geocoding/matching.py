"""From the parts of an address to the one place on which its names agree, or to none; misspelt names on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import OSA

from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.gazetteer import (
    ALIAS,
    EXACT,
    FUZZY,
    PARTIAL,
    RANK,
    SHORTENED,
    SURENESS,
    TITLED,
    Candidate,
    Gazetteer,
    Likeness,
)
from outreach_analysis.geocoding.names import (
    DESA,
    KABUPATEN,
    KECAMATAN,
    NUMERALS,
    PROVINCE,
    TOWN,
    VILLAGE,
    level_said,
    standard_word,
)
from outreach_analysis.geocoding.parsing import DOUBTFUL, Part, Segmentation, Span, is_building_word, ways_to_read

# --- What an address says of kecamatan and desa that lie elsewhere in the country.


_LOCAL = (KECAMATAN, DESA)
_WIDE = (PROVINCE, KABUPATEN, TOWN)
_SOFT = (TOWN, VILLAGE)


class Stated(NamedTuple):
    """A name that an address says, and the level it is said to be of ('' where it says none)."""

    words: tuple[str, ...]
    level: str

    @property
    def compact(self) -> str:
        """The name as names are compared."""
        return "".join(standard_word(word) for word in self.words)


class Elsewhere(NamedTuple):
    """Codes of the country that fit everything an address states, apart by whether `areas` holds them. `stated` names
    are said to be of a kecamatan or desa, or are the kecamatan of a desa that is; `alone` is one of them beside which
    nothing else is known."""

    outside: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    stated: int = 0
    alone: bool = False


def stated_names(parts: Sequence[Part]) -> list[Stated]:
    """Names of an address with the level that the word before (or at the end behind) them, or their column, says."""
    names: list[Stated] = []
    for part in parts:
        level = part.level
        words: list[str] = []
        for at, word in enumerate(part.words):
            said, last = level_said(word), at == len(part.words) - 1
            if not said or (said in _SOFT and level and (last or not words)):
                words.append(word)
            elif last and words and not level:
                level = said
            else:
                names += [Stated(tuple(words), level)] if words else []
                level, words = said, []
        names += [Stated(tuple(words), level)] if words else []
    return names


def places_elsewhere(names: Sequence[Stated], gazetteer: Gazetteer) -> Elsewhere:
    """The kecamatan or desa of the country that an address means, where it says their level. Nothing where a stated
    name is not known, where the names do not lie in one another, or where a name of `areas` stands beside them that
    they do not explain."""
    stated = sum(name.level in _LOCAL for name in names)
    if not stated:
        return Elsewhere()
    codes: list[str] | None = None
    loose: list[Stated] = []
    for name in (one for one in names if one.level in _WIDE or not one.level):
        wide = _wide_codes(name, gazetteer)
        if wide:
            codes = _inside(wide, codes)
        elif name.level:
            return Elsewhere(stated=stated)
        else:
            loose.append(name)
    for name in sorted(
        (one for one in names if one.level in (*_LOCAL, VILLAGE)), key=lambda one: one.level != KECAMATAN
    ):
        found = _inside(_local_codes(name, codes), codes)
        if found or name.level != VILLAGE:
            codes = found
    for name in loose:
        if found := _inside(codes or (), list(country().named(name.compact, KECAMATAN))):
            codes, stated = found, stated + 1
    if not codes or any(not _is_explained(name, codes, gazetteer) for name in loose):
        return Elsewhere(stated=stated)
    outside = tuple(code for code in codes if gazetteer.held.is_outside(code))
    own = tuple(code for code in codes if code not in outside)
    return Elsewhere(outside, own, stated, alone=stated == 1 and len(loose) == len(names) - 1)


def namesakes_elsewhere(stated: Sequence[Stated], gazetteer: Gazetteer) -> tuple[str, ...]:
    """Codes of desa elsewhere in a kecamatan of the same name, where an address is a name of ours written twice."""
    names = [name.compact for name in stated]
    twice = names[0] if len(names) == 2 and names[0] == names[1] else ""
    around = country().named(twice, KECAMATAN) if twice else ()
    if not around or any(country().desa_named(twice, [code]) for code in around if not gazetteer.held.is_outside(code)):
        return ()
    return country().desa_named(twice, [code for code in around if gazetteer.held.is_outside(code)])


def _inside(codes: Iterable[str], within: list[str] | None) -> list[str]:
    """Those codes that lie in one of the others, or hold it."""
    if within is None:
        return list(codes)
    return [code for code in codes if any((code + ".").startswith(one + ".") for one in within)]


def _wide_codes(name: Stated, gazetteer: Gazetteer) -> list[str]:
    """Codes of the provinces and kabupaten of a name, in the order of their size."""
    places = [one.place for one in gazetteer.meanings(name.words)]
    codes = {code for place in places if gazetteer.rank(place) <= RANK[KABUPATEN] for code in gazetteer.codes_of(place)}
    codes.update(country().named(name.compact, KABUPATEN) if name.level else ())
    if name.level in (KABUPATEN, TOWN):
        codes = {code for code in codes if code in country().kabupaten}
        of_kind = {code for code in codes if country().is_town(code) == (name.level == TOWN)}
        codes = of_kind or codes
    return sorted(codes)


def _local_codes(name: Stated, within: Sequence[str] | None) -> tuple[str, ...]:
    if name.level == KECAMATAN:
        return country().named(name.compact, KECAMATAN)
    if within is None:
        return country().named(name.compact, DESA)
    return country().desa_named(name.compact, within)


def _is_explained(name: Stated, codes: Sequence[str], gazetteer: Gazetteer) -> bool:
    """Whether a name without a level is no name of `areas`, or also one of the places meant or of what holds them."""
    own = [one for one in gazetteer.meanings(name.words) if one.place in gazetteer.level]
    if not own:
        return True
    above = {part for code in codes for part in (code[:8], code) if len(part) >= len("64.01.01")}
    return any(name.compact == _compact(code) for code in above) or not any(one.via == EXACT for one in own)


def _compact(code: str) -> str:
    return Stated(tuple(country().name(code).lower().split()), "").compact


# --- The one place on which the names of an address agree.


class Agreement(NamedTuple):
    """The place on which names agree ('' for none), how it is known, and what else the names say."""

    place: str = ""
    via: str = ""
    stated: bool = False
    kabupaten_named: bool = False
    kecamatan_named: bool = False
    reason: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a name means at the level it is said to be of."""

    meanings: tuple[Candidate, ...]
    of_other_level: bool
    any_level: tuple[Candidate, ...]
    level: str
    words: int

    def within(self, lineage: Collection[str]) -> list[Candidate]:
        return [meaning for meaning in self.meanings if meaning.place in lineage]


def agree(spans: Sequence[Span], gazetteer: Gazetteer) -> Agreement:
    """Bring the names of an address together."""
    if not spans:
        return Agreement(reason="unknown_name")
    meant = [_at_level(span, gazetteer) for span in spans]
    places = {meaning.place for one in meant for meaning in one.meanings}
    answers = [place for place in sorted(places) if _agrees(place, meant, gazetteer)]
    answers = answers or _common_outside(meant, gazetteer)
    if not answers:
        return Agreement(reason="contradiction", candidates=_narrowest(places, gazetteer))
    answers = [place for place in answers if _names_differ(place, meant, gazetteer)] or answers
    top = _widest(answers, gazetteer) or _widest(_fewest_aliases(answers, meant, gazetteer), gazetteer)
    if not top:
        return Agreement(reason="several_places", candidates=tuple(answers))
    if gazetteer.level.get(top) == PROVINCE:
        return Agreement(reason="only_province")
    doubt = _doubt(top, meant, gazetteer)
    if doubt:
        return Agreement(reason=doubt, candidates=_narrowest({top, *_others(top, meant, gazetteer)}, gazetteer))
    return Agreement(
        place=top,
        via=_via(top, meant, gazetteer),
        stated=_stated(top, meant, gazetteer),
        kabupaten_named=_is_named(KABUPATEN, top, meant, gazetteer),
        kecamatan_named=_is_named(KECAMATAN, top, meant, gazetteer),
    )


def _at_level(span: Span, gazetteer: Gazetteer) -> _Meant:
    """Meanings at the stated level, else those of another, marked so; kabupaten and kota of one name are told apart."""
    meanings = span.meanings
    if span.level in (KABUPATEN, TOWN):
        towns = [m for m in meanings if gazetteer.is_kabupaten_or_kota(m.place, town=span.level == TOWN)]
        at = towns or [m for m in meanings if gazetteer.stated_rank(m.place) in (RANK[KABUPATEN], -1)]
    elif span.level:
        rank = RANK[DESA if span.level == VILLAGE else span.level]
        at = [m for m in meanings if m.place in gazetteer.level and gazetteer.stated_rank(m.place) == rank]
        if span.level == PROVINCE:
            at += [m for m in meanings if m.place in gazetteer.outside]
    else:
        at = list(meanings)
    return _Meant(tuple(at or meanings), not at, meanings, span.level, span.end - span.start)


def _agrees(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    lineage = gazetteer.lineage(place)
    if place in gazetteer.outside:
        return all(one.within(lineage) or _may_lie_elsewhere(one, meant, gazetteer) for one in meant)
    return all(one.within(lineage) for one in meant)


def _may_lie_elsewhere(one: _Meant, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    """Names of desa recur all over the country: beside one of another province's, or of kecamatan beside two."""
    elsewhere = sum(
        other is not one and all(meaning.place in gazetteer.outside for meaning in other.meanings) for other in meant
    )
    lowest = min((gazetteer.rank(meaning.place) for meaning in one.meanings), default=-1)
    return lowest >= (RANK[DESA] if elsewhere == 1 else RANK[KECAMATAN]) and elsewhere > 0


def _common_outside(meant: Sequence[_Meant], gazetteer: Gazetteer) -> list[str]:
    """The province or country that names of places outside share, where they share one."""
    shared: set[str] | None = None
    for one in meant:
        above = {place for m in one.meanings if m.place in gazetteer.outside for place in gazetteer.lineage(m.place)}
        shared = above if shared is None else shared & above
    narrow = _narrowest(shared or set(), gazetteer)
    return list(narrow) if len(narrow) == 1 else []


def _names_differ(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    """Whether names written twice stand for two places: 'Muara Jawa, Muara Jawa' is the desa in the kecamatan."""
    lineage = gazetteer.lineage(place)
    matched = [frozenset(meaning.place for meaning in one.within(lineage)) for one in meant]
    return all(len(one) >= matched.count(one) for one in matched)


def _fewest_aliases(answers: Sequence[str], meant: Sequence[_Meant], gazetteer: Gazetteer) -> list[str]:
    """Those answers for which the fewest names have to be taken as other names."""

    def aliases(place: str) -> int:
        lineage = gazetteer.lineage(place)
        return sum(all(meaning.via != EXACT for meaning in one.within(lineage)) for one in meant)

    fewest = min(map(aliases, answers))
    return [place for place in answers if aliases(place) == fewest]


def _widest(answers: Sequence[str], gazetteer: Gazetteer) -> str:
    """The answer that all others lie in, '' where there is none."""
    for place in answers:
        if all(place in gazetteer.lineage(other) for other in answers):
            return place
    return ""


def _narrowest(places: Collection[str], gazetteer: Gazetteer) -> tuple[str, ...]:
    """Places in which none of the others lies, the province left out."""
    narrow = [
        place
        for place in sorted(places)
        if gazetteer.level.get(place) != PROVINCE
        and not any(place in gazetteer.lineage(other) for other in places if other != place)
    ]
    return tuple(narrow)


def _via(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> str:
    """How the place is known: by its own name, but misspelt where any name that counts was."""
    lineage = gazetteer.lineage(place)
    if any(meaning.via == FUZZY for one in meant for meaning in one.within(lineage)):
        return FUZZY
    own = [meaning.via for one in meant for meaning in one.within({place})]
    via = min(own, key=SURENESS.index, default=EXACT)
    return {SHORTENED: EXACT, TITLED: ALIAS}.get(via, via)


def _stated(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    """Whether the kabupaten or the level is said too, so that it is not just a name that recurs elsewhere."""
    lineage = gazetteer.lineage(place)
    if _is_named(KABUPATEN, place, meant, gazetteer):
        return True
    if any(one.level in RANK and one.within({place}) for one in meant):
        return True
    kabupaten = {area for area in lineage if gazetteer.level.get(area) == KABUPATEN}
    return any(set(gazetteer.bare_name(area)) <= set(gazetteer.bare_name(place)) for area in kabupaten)


def _is_named(level: str, place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    """Whether the area of one level that a place is or lies in is named."""
    lineage = gazetteer.lineage(place)
    return any(gazetteer.rank(m.place) == RANK[level] for one in meant for m in one.within(lineage))


def _others(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> set[str]:
    """What else the name of a place means, at whatever level."""
    lineage = gazetteer.lineage(place)
    own = [one for one in meant if one.within({place})]
    return {
        m.place
        for one in own
        for m in one.any_level
        if m.place not in lineage and place not in gazetteer.lineage(m.place)
    }


def _doubt(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> str:
    """The reason not to take the place although all names agree on it, '' where there is none."""
    lineage = gazetteer.lineage(place)
    if any(_is_of_other_level(one, meant, lineage, gazetteer) for one in meant):
        return "other_level"
    if place in gazetteer.outside:
        return "similar_name" if _may_be_misspelt(place, meant, gazetteer) else ""
    above = lineage - {place}
    supported = any(gazetteer.rank(m.place) > 0 for one in meant for m in one.within(above))
    own = [(one, m.via) for one in meant for m in one.within({place})]
    half_known = all(via == SHORTENED or (via == TITLED and not one.level) for one, via in own)
    is_desa = gazetteer.level[place] == DESA
    reasons = {
        "unknown_name": half_known and not supported,
        "several_places": is_desa and not supported and bool(_others(place, meant, gazetteer)),
    }
    reason = next((reason for reason, holds in reasons.items() if holds), "")
    if reason or not is_desa:
        return reason
    first = own[0][0]
    name = gazetteer.name[place].casefold()
    in_kecamatan = any(gazetteer.level.get(m.place) == KECAMATAN for one in meant for m in one.within(above))
    if first.words == 1 and not first.level and not in_kecamatan and is_building_word(name):
        return "building_or_desa"
    return ""


def _is_of_other_level(one: _Meant, meant: Sequence[_Meant], lineage: Collection[str], gazetteer: Gazetteer) -> bool:
    """Whether a name is said to be of a level at which it names nothing, and does not merely repeat a kabupaten."""
    named = {m.place for m in one.within(lineage)} if one.of_other_level else set()
    repeated = {m.place for other in meant if not other.of_other_level for m in other.within(lineage)}
    return any(gazetteer.rank(place) > RANK[KABUPATEN] or place not in repeated for place in named)


def _may_be_misspelt(place: str, meant: Sequence[_Meant], gazetteer: Gazetteer) -> bool:
    """A town elsewhere, named alone: the first word of names here (Batu), or a letter off one (Dumai, Damai)."""
    if len(meant) > 1 or gazetteer.outside[place].kind in (PROVINCE, "country") or meant[0].level:
        return False
    compact = "".join(gazetteer.outside[place].name.casefold().split())
    if compact in gazetteer.first_words:
        return True
    alike = gazetteer.pool().within_edits(compact, 1)
    return any(0 < gazetteer.rank(known.place) <= RANK[KECAMATAN] for known in alike)


# --- Misspelt names, and an address read whole.


SURE_SCORE, SURE_GAP = 92.0, 10.0
_SHORTEST = 5
_LONG = {KABUPATEN: 8, KECAMATAN: 10}
_RIVAL_EDITS = 3
_RIVALS = 8
_LOOKS_LIKE_A_NAME = 60.0
_LETTERS_AN_EDIT = 4
_SHORTEST_UNKNOWN = 3
_MOST_CANDIDATES = 3


def accepted_misspelling(
    words: Sequence[str], gazetteer: Gazetteer, *, within: str = "", level: str = ""
) -> Likeness | None:
    """The place that misspelt words mean beyond doubt, or None."""
    spaced = " ".join(standard_word(word) for word in words)
    compact = spaced.replace(" ", "")
    if len(compact) < _SHORTEST:
        return None
    levels = (level,) if level else () if within else tuple(_LONG)
    ranked = _without_namesakes(gazetteer.pool(within, levels).like(spaced), gazetteer)
    ranked = [like for like in ranked if like.place != within and _same_number(like.name, compact)]
    if not ranked or not (within or _may_stand_alone(ranked[0], gazetteer)):
        return None
    best = ranked[0]
    others = [like for like in ranked[1:] if best.place not in gazetteer.lineage(like.place)]
    edits = OSA.distance(compact, best.name)
    sure = best.score >= SURE_SCORE and (not others or best.score - others[0].score >= SURE_GAP)
    # a wrong letter makes another name more easily than a missing one: there it must be a kabupaten's name
    wrong = len(compact) == len(best.name) and sorted(compact) != sorted(best.name)
    if wrong and not within and gazetteer.level[best.place] != KABUPATEN:
        return None
    if not sure:
        sure = edits == 1 and all(OSA.distance(compact, other.name) >= _RIVAL_EDITS for other in others[:_RIVALS])
    # inside a stated kecamatan names are so few that a slip in a first letter still leaves no doubt
    close = gazetteer.level.get(within) == KECAMATAN or (bool(within) and not wrong)
    if not sure or not (close or _begin_alike(words, best, gazetteer)):
        return None
    needed = edits + 1 if within else _RIVAL_EDITS
    return None if _has_rival(compact, best, needed, gazetteer, alone=not within) else best


def _same_number(name: str, compact: str) -> bool:
    """To miss or to add a number is no slip, be it a digit or a Roman numeral at the end."""
    digits = ["".join(letter for letter in one if letter.isdigit()) for one in (name, compact)]
    return digits[0] == digits[1] and compact.removeprefix(name) not in NUMERALS


def _may_stand_alone(best: Likeness, gazetteer: Gazetteer) -> bool:
    """A misspelt name is taken without a stated area only where it is long, and a kabupaten's or kecamatan's."""
    return len(best.name) >= _LONG.get(gazetteer.level.get(best.place, ""), len(best.name) + 1)


def _has_rival(compact: str, best: Likeness, needed: int, gazetteer: Gazetteer, *, alone: bool) -> bool:
    """Whether another name anywhere is fewer than the needed edits away; a namesake too where nothing else is said."""
    family = gazetteer.lineage(best.place)
    return any(
        (alone or known.compact != best.name)
        and known.place not in family
        and (alone or known.place not in gazetteer.outside)
        and best.place not in gazetteer.lineage(known.place)
        for known in gazetteer.pool().within_edits(compact, needed - 1)
    )


def _without_namesakes(ranked: Sequence[Likeness], gazetteer: Gazetteer) -> list[Likeness]:
    """A kecamatan and the desa of the same name in it are one candidate: the kecamatan."""
    kept: list[Likeness] = []
    for like in sorted(ranked, key=lambda like: (-like.score, gazetteer.rank(like.place), like.place)):
        if not any(like.name == other.name and other.place in gazetteer.lineage(like.place) for other in kept):
            kept.append(like)
    return kept


def _begin_alike(words: Sequence[str], best: Likeness, gazetteer: Gazetteer) -> bool:
    """A slip seldom hits the first letter; where it does, another place may be meant (Muara Jawa, Muara Lawa)."""
    written = [standard_word(word) for word in words]
    spellings = (
        known.spaced.split()
        for known in gazetteer.pool(best.place).names
        if known.place == best.place and known.compact == best.name
    )
    for name in spellings:
        pairs = zip(written, name, strict=True) if len(name) == len(written) else [(written[0], name[0])]
        if all(one[0] == other[0] for one, other in pairs):
            return True
    return False


class Run(NamedTuple):
    """Words of one part that stand together and are no known name."""

    part: int
    start: int
    end: int


class Alternative(NamedTuple):
    """A place that an undecided address may mean, how alike its name is (0-100), and why it is offered."""

    place: str
    score: float
    reason: str


class MatchResult(NamedTuple):
    """What an address says: one place and how it is known, or why not and the candidates."""

    place: str = ""
    via: str = ""
    score: float = 0.0
    reason: str = ""
    candidates: tuple[Alternative, ...] = ()


def find_place(parts: Sequence[Part], gazetteer: Gazetteer, memory: dict[Part, list[Segmentation]]) -> MatchResult:
    """Find the one place that all parts of an address mean."""
    sure = [part for part in parts if not part.behind_street]
    found = _find_own(sure, gazetteer, memory)
    if found.reason == "contradiction" and (desa := _without_hamlets(sure)) is not None:
        found = _find_own(desa, gazetteer, memory)
    if len(sure) < len(parts) and gazetteer.rank(found.place) > 0:
        closer = _find_own(parts, gazetteer, memory)
        found = closer if found.place in gazetteer.lineage(closer.place) else found
    return _or_elsewhere(found, sure, gazetteer)


def _or_elsewhere(found: MatchResult, parts: Sequence[Part], gazetteer: Gazetteer) -> MatchResult:
    """What was found among the names of the office, unless a kecamatan or desa elsewhere is meant or may be."""
    if found.place in gazetteer.outside:
        return found
    names = stated_names(parts)
    if found.place and found.via == EXACT and _is_of_one_place(names, found.place, gazetteer):
        return found
    there = places_elsewhere(names, gazetteer)
    if found.place and not there.stated and (twice := namesakes_elsewhere(names, gazetteer)):
        there = there._replace(outside=twice)
    if not there.outside or (there.own and (there.stated == 1 or not found.place)):
        return found
    place = gazetteer.place_of_codes(there.outside)
    if found.place:
        both = (Alternative(found.place, 100.0, "several_places"), Alternative(place, 100.0, "several_places"))
        return MatchResult(reason="several_places", candidates=both)
    if there.alone and any(_is_a_slip_from_ours(name.compact, gazetteer) for name in names):
        return found
    return MatchResult(place, EXACT, 100.0)


def _is_of_one_place(names: Sequence[Stated], place: str, gazetteer: Gazetteer) -> bool:
    """Whether one name says its level, and nothing beside it but its kabupaten and what lies between."""
    if sum(name.level in (KECAMATAN, DESA) for name in names) != 1:
        return False
    lineage = gazetteer.lineage(place)
    found = [
        {one.place for one in gazetteer.meanings(name.words) if one.via == EXACT and one.place in lineage}
        for name in names
    ]
    named = any(gazetteer.level.get(one) == KABUPATEN for places in found for one in places)
    return len(names) == 1 or (named and all(found))


def _without_hamlets(parts: Sequence[Part]) -> list[Part] | None:
    """The parts without 'Kp. Sukamaju' beside a named desa, of which it may be a part; None where there is none."""
    if not any(name.level == DESA for name in stated_names(parts)):
        return None
    left: list[Part] = []
    for part in parts:
        words = list(part.words)
        if not part.level and words and level_said(words[0]) == VILLAGE:
            ends = (at for at, word in enumerate(words) if at and level_said(word) not in ("", TOWN, VILLAGE))
            words = words[next(ends, len(words)) :]
        left += [part._replace(words=tuple(words))] if words else []
    return left if left != list(parts) else None


def _is_a_slip_from_ours(compact: str, gazetteer: Gazetteer) -> bool:
    near = gazetteer.pool().within_edits(compact, max(1, len(compact) // _LETTERS_AN_EDIT))
    return any(known.place in gazetteer.level for known in near)


def _find_own(parts: Sequence[Part], gazetteer: Gazetteer, memory: dict[Part, list[Segmentation]]) -> MatchResult:
    if not parts:
        return MatchResult(reason="nothing_named")
    ways = ways_to_read(parts, gazetteer, memory)
    for _, group in groupby(ways, key=lambda way: way.pieces):
        read = [(_read(way, parts, gazetteer), way) for way in group]
        found = {result.place: result for result, _ in read if result.place}
        also_meant = {one.place for result, _ in read if not result.place for one in result.candidates}
        if found and any(_are_apart(place, next(iter(found)), gazetteer) for place in also_meant):
            return _undecided("several_places", [*found, *sorted(also_meant)], (), gazetteer)
        if len(found) > 1:
            return _undecided("several_places", found, (), gazetteer)
        if found:
            return next(iter(found.values()))
        doubtful = [(result, way) for result, way in read if result.reason != "contradiction"]
        if doubtful:
            return _explained(*doubtful[0], parts, gazetteer)
    return _explained(MatchResult(reason="contradiction"), ways[0], parts, gazetteer)


def _are_apart(one: str, other: str, gazetteer: Gazetteer) -> bool:
    return one not in gazetteer.lineage(other) and other not in gazetteer.lineage(one)


def _read(way: Segmentation, parts: Sequence[Part], gazetteer: Gazetteer) -> MatchResult:
    """One way to read the whole address: its unknown words corrected or excused, its names brought together."""
    spans, unknown = list(way.spans), _runs(way.unknown)
    for stated in (False, True):
        for run in unknown:
            if not _is_read(run, spans):
                spans = _corrected(run, spans, parts, gazetteer, stated=stated) or spans
    agreed = agree(spans, gazetteer)
    left = [run for run in unknown if not _is_read(run, spans)]
    if not agreed.place or any(_matters(run, spans, parts, agreed, gazetteer) for run in left):
        meant = (Alternative(agreed.place, 100.0, "unknown_name"),) if agreed.place else ()
        return MatchResult(reason=agreed.reason or "unknown_name", candidates=meant)
    via = PARTIAL if left and agreed.via != FUZZY and agreed.place in gazetteer.level else agreed.via
    return MatchResult(agreed.place, via, min(span.score for span in spans))


def _is_read(run: Run, spans: Sequence[Span]) -> bool:
    return any(span.part == run.part and span.start <= run.start and run.end <= span.end for span in spans)


def _runs(unknown: Sequence[tuple[int, int]]) -> list[Run]:
    runs: list[Run] = []
    for part, at in unknown:
        if runs and runs[-1].part == part and runs[-1].end == at:
            runs[-1] = Run(part, runs[-1].start, at + 1)
        else:
            runs.append(Run(part, at, at + 1))
    return runs


def _corrected(
    run: Run, spans: list[Span], parts: Sequence[Part], gazetteer: Gazetteer, *, stated: bool
) -> list[Span] | None:
    """The spans with the run made a name: with the whole part, the names beside it, or by itself. First (`stated`
    false) such names as are sure wherever they lie, then those inside what the other names state."""
    words = parts[run.part].words
    if any(word in DOUBTFUL for word in words[run.start : run.end]):
        return None
    here = [span for span in spans if span.part == run.part]
    choices = [(start, end) for start, end in _with_neighbours(run, spans, words)]
    choices += [(one.start, run.end) for one in here if one.end == run.start]
    choices += [(run.start, one.end) for one in here if one.start == run.end]
    choices += [(0, len(words))] if here else []
    for start, end in sorted(choices, key=lambda choice: choice[0] - choice[1]):
        taken = [span for span in here if start <= span.start and span.end <= end]
        rest = [span for span in spans if span not in taken]
        within = agree(rest or spans, gazetteer).place if stated else ""
        if stated and gazetteer.rank(within) <= 0:
            continue
        level = (level_said(words[start - 1]) if start else "") or parts[run.part].level
        like = accepted_misspelling(words[start:end], gazetteer, within=within, level=level if level in RANK else "")
        if like is None or _goes_on(like, words[end : end + 1], gazetteer):
            continue
        if rest or all(_keeps(span, words, start, like) for span in taken):
            found = Span(run.part, start, end, (Candidate(like.place, FUZZY),), "", round(like.score, 1))
            return [*rest, found]
    return None


def _goes_on(like: Likeness, after: Sequence[str], gazetteer: Gazetteer) -> bool:
    """Whether the corrected name and the next word are a name too: 'Samaronda Kota' may be Samarinda Kota."""
    name = gazetteer.bare_name(like.place) if like.place in gazetteer.level else []
    return bool(after and name and gazetteer.meanings([*name, *after]))


def _keeps(span: Span, words: Sequence[str], start: int, like: Likeness) -> bool:
    """Whether a name that is all that is stated stands unchanged at its place in the corrected one."""
    before, kept = ("".join(map(standard_word, words[first:last])) for first, last in ((start, span.start), span[1:3]))
    return like.name.startswith(kept) if not before else like.name.endswith(kept)


def _with_neighbours(run: Run, spans: Sequence[Span], words: Sequence[str]) -> list[tuple[int, int]]:
    """The run, and the run with the word for a level before it or the number after it: (Kota) Bangun (2)."""
    taken = {at for span in spans if span.part == run.part for at in range(span.start, span.end)}
    starts = [run.start, *(at for at in (run.start - 1,) if at >= 0 and at not in taken)]
    ends = [run.end, *(at + 1 for at in (run.end,) if at < len(words) and at not in taken)]
    return [(start, end) for start in starts for end in ends]


def _matters(run: Run, spans: Sequence[Span], parts: Sequence[Part], agreed: Agreement, gazetteer: Gazetteer) -> bool:
    """Whether unknown words may change the answer, so that a person has to look."""
    words = parts[run.part].words[run.start : run.end]
    if any(word in DOUBTFUL for word in words):
        return True
    qualifies = any((span.part, span.end) == (run.part, run.start) for span in spans)
    if agreed.place in gazetteer.outside:
        return qualifies and len(spans) == 1
    pinned = agreed.kecamatan_named and (agreed.kabupaten_named or _names_its_kabupaten(agreed.place, gazetteer))
    follows = [span for span in spans if (span.part, span.start) == (run.part, run.end)]
    qualified = bool(follows) and standard_word(words[-1]) in gazetteer.first_words
    qualified = qualified or any(not _stands_by_itself(span, agreed.place, gazetteer) for span in follows)
    if qualifies or qualified or not agreed.stated or _is_of_a_level(run, parts, pinned=pinned):
        return True
    if _names_another_kecamatan(run, parts, agreed, gazetteer):
        return True
    if pinned:
        return False
    recurs = not agreed.kabupaten_named and gazetteer.recurs_elsewhere(
        agreed.place, in_its_kecamatan=agreed.kecamatan_named
    )
    return recurs or any(
        _looks_like_a_name(parts[run.part].words[start:end], agreed.place, gazetteer)
        for start, end in _with_neighbours(run, spans, parts[run.part].words)
    )


def _names_its_kabupaten(place: str, gazetteer: Gazetteer) -> bool:
    """Whether the name of a place or its kecamatan holds that of its kabupaten, as Samarinda Ulu does."""
    lineage = gazetteer.lineage(place)
    names = [set(gazetteer.bare_name(area)) for area in lineage if gazetteer.level[area] == KECAMATAN]
    above = [set(gazetteer.bare_name(area)) for area in lineage if gazetteer.level[area] == KABUPATEN]
    return any(one <= other for one in above for other in names)


def _is_of_a_level(run: Run, parts: Sequence[Part], *, pinned: bool) -> bool:
    """Whether unknown words are said to be of a level and contradict; a desa does not where both above it are named."""
    part = parts[run.part]
    level = (level_said(part.words[run.start - 1]) if run.start else "") or part.level
    return level not in ("", VILLAGE) and not (level == DESA and pinned)


def _names_another_kecamatan(run: Run, parts: Sequence[Part], agreed: Agreement, gazetteer: Gazetteer) -> bool:
    """Whether unknown words are a kecamatan elsewhere, so that a desa or kecamatan here is not beyond doubt. Not where
    the kabupaten is named too, or kecamatan and desa, or where the words are said to be of a hamlet."""
    if agreed.kabupaten_named or (agreed.kecamatan_named and gazetteer.level[agreed.place] == DESA):
        return False
    words = parts[run.part].words
    hamlet = run.start > 0 and level_said(words[run.start - 1]) == VILLAGE
    return not hamlet and bool(country().named("".join(map(standard_word, words[run.start : run.end])), KECAMATAN))


def _stands_by_itself(span: Span, place: str, gazetteer: Gazetteer) -> bool:
    """Whether a name right after unknown words is still that name: a kabupaten, or two words or more of a kecamatan."""
    ranks = [gazetteer.rank(m.place) for m in span.meanings if m.place in gazetteer.lineage(place)]
    return min(ranks, default=0) <= (RANK[KECAMATAN] if span.end - span.start > 1 else RANK[KABUPATEN])


def _looks_like_a_name(words: Sequence[str], place: str, gazetteer: Gazetteer) -> bool:
    """Whether unknown words may be a name inside the place, begin one, or be a misspelt name of somewhere else."""
    spaced = " ".join(standard_word(word) for word in words)
    compact = spaced.replace(" ", "")
    inside = gazetteer.pool(place)
    near = gazetteer.pool().within_edits(compact, max(1, len(compact) // _LETTERS_AN_EDIT))
    return (
        len(compact) < _SHORTEST_UNKNOWN
        or inside.begins(compact)
        or any(like.score >= _LOOKS_LIKE_A_NAME for like in inside.like(spaced)[:1])
        or any(known.place not in gazetteer.outside for known in near)
    )


def _explained(result: MatchResult, way: Segmentation, parts: Sequence[Part], gazetteer: Gazetteer) -> MatchResult:
    """Why an address stays undecided, with the places a person should choose from."""
    agreed = agree(way.spans, gazetteer)
    unknown = [parts[run.part].words[run.start : run.end] for run in _runs(way.unknown)]
    return _undecided(result.reason, agreed.candidates or (agreed.place,), unknown, gazetteer)


def _undecided(
    reason: str, places: Iterable[str], unknown: Iterable[Sequence[str]], gazetteer: Gazetteer
) -> MatchResult:
    candidates = [Alternative(place, 100.0, reason) for place in places if place]
    for words in unknown:
        alike = gazetteer.pool().like(" ".join(standard_word(word) for word in words))[:_MOST_CANDIDATES]
        candidates += [Alternative(like.place, round(like.score, 1), "similar_name") for like in alike]
    distinct = {candidate.place: candidate for candidate in reversed(candidates)}
    ordered = [candidate for candidate in candidates if distinct.get(candidate.place) is candidate]
    return MatchResult(reason=reason, candidates=tuple(ordered[:_MOST_CANDIDATES]))
