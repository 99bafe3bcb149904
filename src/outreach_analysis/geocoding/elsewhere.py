"""What an address says of kecamatan and desa that lie elsewhere in the country.

Names recur all over Indonesia, so those of other offices' kecamatan and desa never act by themselves: only where the
address says of what level they are ('Kec. Simokerto', or the column), as they stand, and together with everything else
that it states. A bare name beside a stated desa is its kecamatan where the country has the two so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.gazetteer import EXACT, RANK, Gazetteer
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
from outreach_analysis.geocoding.parsing import Part

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
    """Codes of the country that fit everything an address states, apart by whether `areas` holds them.

    `stated` names are said to be of a kecamatan or desa, or are the kecamatan of a desa that is; `alone` is one of them
    beside which nothing else is known.
    """

    outside: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    stated: int = 0
    alone: bool = False


def stated_names(parts: Sequence[Part]) -> list[Stated]:
    """Names of an address with the level that the word before (or at the end behind) them, or their column, says.

    Examples
    --------
    >>> stated_names([Part(("kel", "sidodadi", "kec", "simokerto")), Part(("cirebon", "kab")), Part(("waru",), "desa")])
    [Stated(words=('sidodadi',), level='desa'), Stated(words=('simokerto',), level='kecamatan'),
     Stated(words=('cirebon',), level='kabupaten'), Stated(words=('waru',), level='desa')]
    """
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
    """The kecamatan or desa of the country that an address means, where it says their level.

    Nothing where a stated name is not known, where the names do not lie in one another, or where a name of `areas`
    stands beside them that they do not explain.

    Parameters
    ----------
    names
        From `stated_names`.
    gazetteer
        The names of the office.
    """
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

    'Talun, Talun' may be the desa in the kecamatan of that name, which `areas` has not.
    """
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
