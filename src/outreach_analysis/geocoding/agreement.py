"""Whether the parts of an address agree on one area, and whether they mean somewhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.gazetteer import (
    ALIAS,
    EXACT,
    FUZZY,
    RANK,
    SHORTENED,
    SURENESS,
    TITLED,
    Candidate,
    Gazetteer,
)
from outreach_analysis.geocoding.names import (
    DESA,
    KABUPATEN,
    KECAMATAN,
    PROVINCE,
    TOWN,
    VILLAGE,
    level_said,
    standard_word,
)
from outreach_analysis.geocoding.parsing import Part, Span, is_building_word

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
    """Codes of desa elsewhere in a kecamatan of the same name, where an address is a name of ours written twice.
    'Talun, Talun' may be the desa in the kecamatan of that name, which `areas` has not."""
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
    """Meanings at the stated level; those of another level, marked as such, where there are none. Kabupaten and kota of
    one name are told apart by the word; where only the other exists, it is meant all the same."""
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
