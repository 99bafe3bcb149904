"""The one place on which the names of an address agree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
from outreach_analysis.geocoding.names import DESA, KABUPATEN, KECAMATAN, PROVINCE, TOWN, VILLAGE
from outreach_analysis.geocoding.parsing import Span, is_building_word


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
    """Bring the names of an address together.

    A place agrees with a name that means it or something it lies in. Of several places that agree with all names
    and lie in one another the widest is taken; others are 'several_places', none is 'contradiction'. A bare desa
    name that is also something else's, however its level is written, is 'several_places' too.

    Parameters
    ----------
    spans
        Names of one address.
    gazetteer
        What lies in what.
    """
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
    """Meanings at the stated level; those of another level, marked as such, where there are none.

    Kabupaten and kota of one name are told apart by the word; where only the other exists, it is meant all the same.
    """
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
