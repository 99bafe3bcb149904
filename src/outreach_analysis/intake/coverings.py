"""The ways to read the words of an address as names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import NamedTuple

from outreach_analysis.intake.address_parts import Part
from outreach_analysis.intake.agreement import Span
from outreach_analysis.intake.gazetteer import Gazetteer
from outreach_analysis.intake.place_names import level_said, standard_word

_LONGEST_NAME = 6
_MOST_COVERINGS = 24
_MOST_WAYS = 96
_PASSED_LEVEL_WORD = 2


class Covering(NamedTuple):
    """One way to read words: the names, the words that are none, and how many words were passed over."""

    spans: tuple[Span, ...] = ()
    unknown: tuple[tuple[int, int], ...] = ()
    passed: int = 0

    @property
    def pieces(self) -> int:
        """Number of names and passed words: the fewer, the more a reading explains at once."""
        return len(self.spans) + self.passed

    def joined(self, other: Covering) -> Covering:
        """This reading followed by another."""
        return Covering(self.spans + other.spans, self.unknown + other.unknown, self.passed + other.passed)

    def of_part(self, number: int) -> Covering:
        """The same reading, of the part of that number."""
        spans = tuple(span._replace(part=number) for span in self.spans)
        return Covering(spans, tuple((number, at) for _, at in self.unknown), self.passed)


def ways_to_read(parts: Sequence[Part], gazetteer: Gazetteer, memory: dict[Part, list[Covering]]) -> list[Covering]:
    """Every way to read the parts with the fewest unknown words, those of the fewest pieces first.

    Parameters
    ----------
    parts
        From `address_parts`.
    gazetteer
        The names.
    memory
        Parts that were read before; filled here.
    """
    read: list[list[Covering]] = []
    for number, part in enumerate(parts):
        if part not in memory:
            memory[part] = _coverings(part, gazetteer)
        read.append([one.of_part(number) for one in memory[part]])
    ways = [_joined(way) for way in islice(product(*read), _MOST_WAYS)]
    return sorted(ways, key=lambda way: way.pieces)


def _joined(way: Iterable[Covering]) -> Covering:
    whole = Covering()
    for one in way:
        whole = whole.joined(one)
    return whole


def _coverings(part: Part, gazetteer: Gazetteer) -> list[Covering]:
    best: list[list[Covering]] = [[] for _ in range(len(part.words) + 1)]
    best[0] = [Covering()]
    for at in range(len(part.words) + 1):
        fewest = min((len(one.unknown) for one in best[at]), default=0)
        kept = [one for one in best[at] if len(one.unknown) == fewest]
        best[at] = sorted(kept, key=lambda one: one.pieces)[:_MOST_COVERINGS]
        if at < len(part.words):
            for end, step in _steps(part, at, gazetteer):
                best[end] += [done.joined(step) for done in best[at]]
    return best[-1]


def _steps(part: Part, at: int, gazetteer: Gazetteer) -> Iterable[tuple[int, Covering]]:
    """What can be read at one word: a name, a name after the word for its level, or nothing.

    A letter may be passed over; a numeral after a name may make it another name and is unknown: Kota Bangun 4.
    """
    words = part.words
    first, level = at, part.level
    while first < len(words) and level_said(words[first]):
        level = level_said(words[first])
        first += 1
    starts = [(at, part.level)] if first == at else [(at, part.level), (first, level)]
    for start, stated in starts:
        for end in range(start + 1, min(start + _LONGEST_NAME, len(words)) + 1):
            meanings = gazetteer.meanings(words[start:end]) if _may_begin_a_name(words[start], gazetteer) else ()
            if meanings:
                yield end, Covering((Span(0, start, end, meanings, stated),), (), start - at)
    if level_said(words[at]):
        yield at + 1, Covering((), (), _PASSED_LEVEL_WORD)
    elif len(words[at]) == 1 and not (at and standard_word(words[at]).isdigit()):
        yield at + 1, Covering((), (), 1)
    else:
        yield at + 1, Covering((), ((0, at),), 0)


def _may_begin_a_name(word: str, gazetteer: Gazetteer) -> bool:
    """'Kel' and the like begin no name, unless a name of the table does begin so: Kota Bangun, Kampung Baru."""
    return not level_said(word) or word in gazetteer.words
