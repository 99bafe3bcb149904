"""Addresses cut into parts: which word names which level, and which column held it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby, islice, product
from typing import NamedTuple

from outreach_analysis.contracts import RequestError
from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.gazetteer import RANK, Candidate, Gazetteer
from outreach_analysis.geocoding.names import (
    BREAK,
    DESA,
    KABUPATEN,
    KECAMATAN,
    SURE_LEVEL_WORDS,
    TOWN,
    TOWN_WORDS,
    fold,
    level_said,
    split_parts,
    standard_word,
    words_of,
)

# --- The usual headers of columns that say where somebody comes from.


_WORD = re.compile(r"[^\W_]+")
ORIGIN_HEADERS = words_of("geocoding")["headers"]
"""Usual headers by our column, written as `plain_header` leaves them."""


@lru_cache(maxsize=4096)  # every cell above the first list of people is asked several times whether it is a header
def plain_header(text: str) -> str:
    """A header without case, punctuation, line breaks and doubled spaces."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(_WORD.findall(folded.casefold()))


def origin_columns(headers: Iterable[object]) -> dict[str, object]:
    """The header of each of our columns (address, desa, kecamatan, kabupaten, code) among those of a frame."""
    known = {form: column for column, forms in ORIGIN_HEADERS.items() for form in (plain_header(column), *forms)}
    known["code"] = "area_code"
    found: defaultdict[str, list[object]] = defaultdict(list)
    for header in headers:
        if column := known.get(plain_header(str(header))):
            found["code" if column == "area_code" else column].append(header)
    twice = [f"{' and '.join(map(str, same))} ({column})" for column, same in found.items() if len(same) > 1]
    if twice:
        raise RequestError(f"two columns stand for the same: {'; '.join(twice)}; drop or rename one of each")
    if not found:
        raise RequestError("none of the columns code, desa, kecamatan, kabupaten, address is there; rename yours so")
    return {column: same[0] for column, same in found.items()}


# --- An address taken apart, and the ways to read what is left of it as names.


_STREETS, _BUILDINGS, _NUMBERED, _SAY_NOTHING, _OF_ANY_STREET, DOUBTFUL = (
    frozenset(words_of("geocoding")["parts"][kind])
    for kind in ("streets", "buildings", "numbered", "say_nothing", "of_any_street", "doubtful")
)
"""Words that turn a name into something else: near it, no longer there, not there."""
_NO_PLACES = _STREETS | _BUILDINGS | _NUMBERED | _SAY_NOTHING
_LONGEST_NAME = 5
_LONGEST_ADDRESS = 600
_MOST_NAME_WORDS = 6
_MOST_SEGMENTATIONS = 24
_MOST_WAYS = 96
_PASSED_LEVEL_WORD = 2
_BEHIND_NAMES = (TOWN, KABUPATEN, KECAMATAN, DESA)
"""Levels whose word may stand behind the name, at the end of its part: Cirebon Kab., Samarinda City."""


class Part(NamedTuple):
    """Words of a part that can name places, and their level by its column; `behind_street`: behind its number."""

    words: tuple[str, ...]
    level: str = ""
    behind_street: bool = False


def address_parts(text: str, gazetteer: Gazetteer, *, level: str = "") -> list[Part]:
    """Take a text apart into those words that can name places; nothing of a text longer than 600 characters."""
    parts: list[Part] = []
    if len(text) > _LONGEST_ADDRESS:
        return parts
    for words in split_parts(fold(text)):
        kept, behind = _without_streets(words, gazetteer, level)
        pieces = [tuple(piece) for said, piece in groupby(kept, key=BREAK.__ne__) if said]
        first = not parts
        parts += [
            Part(piece, level if first or not gazetteer.meanings(piece) else "") for piece in _mended(pieces, gazetteer)
        ]
        parts += [Part(tuple(words), level, behind_street=True) for words in behind]
    return parts


def _mended(pieces: list[tuple[str, ...]], gazetteer: Gazetteer) -> list[tuple[str, ...]]:
    """Pieces that are one name only together, put together: 'Kutai - Kartanegara'."""
    whole: list[tuple[str, ...]] = []
    for piece in pieces:
        apart = whole and gazetteer.meanings(whole[-1]) and gazetteer.meanings(piece)
        if whole and not apart and gazetteer.meanings((*whole[-1], *piece)):
            whole[-1] = (*whole[-1], *piece)
        else:
            whole.append(piece)
    return whole


def _without_streets(words: list[str], gazetteer: Gazetteer, level: str) -> tuple[list[str], list[list[str]]]:
    """The words without streets, buildings and numbers; and names of areas that stand behind a street's number."""
    kept: list[str] = []
    behind: list[list[str]] = []
    at = 0
    while at < len(words):
        word = words[at]
        named = level_said(kept[-1]) if kept else level
        if (
            (word not in _NO_PLACES and not word.isdigit())
            or (word not in _STREETS and named)
            or _begins_a_name(words[at:], gazetteer)
            or ((named == KECAMATAN or word in _BUILDINGS) and _is_a_kecamatan(words, at))
        ):
            kept.append(word)
            at += 1
        elif word in _NUMBERED and (word not in _STREETS or _after_number(words, at) > at + 1):
            at = _after_number(words, at)
            kept.append(BREAK)
        elif word in _STREETS or word in _BUILDINGS:
            end = _after_street(words, at, gazetteer)
            behind += _behind_number(words[at + 1 : end], gazetteer)
            kept.append(BREAK)
            at = end
        else:
            kept += [word] if _numeral(word, kept) else []
            at += 1
    return kept, behind


def _numeral(word: str, kept: list[str]) -> bool:
    """A single digit right after a word may belong to a name: Kota Bangun 2."""
    return len(word) == 1 and word.isdigit() and bool(kept) and kept[-1] != BREAK


def _begins_a_name(words: list[str], gazetteer: Gazetteer) -> bool:
    """Whether a known name of two words or more begins here, or one of one word alone or before its kecamatan."""
    end = min(words.index(BREAK) if BREAK in words else len(words), _LONGEST_NAME)
    if any(gazetteer.meanings(words[:size]) for size in range(2, end + 1)):
        return True
    alone = [] if words[0].isdigit() else [meaning.place for meaning in gazetteer.meanings(words[:1])]
    after = [meaning.place for size in range(1, end) for meaning in gazetteer.meanings(words[1 : size + 1])]
    kecamatan = {place for place in after if gazetteer.level.get(place) == KECAMATAN}
    return bool(alone) and (end == 1 or any(kecamatan & gazetteer.lineage(place) for place in alone))


def _is_a_kecamatan(words: list[str], at: int) -> bool:
    """Whether the words from here to a break or a level are a kecamatan of the country, of two words: Pasar Minggu."""
    end = next((end for end in range(at, len(words)) if words[end] == BREAK or level_said(words[end])), len(words))
    begins = at == 0 or words[at - 1] == BREAK or bool(level_said(words[at - 1]))
    return begins and end > at + 1 and bool(country().named("".join(map(standard_word, words[at:end])), KECAMATAN))


def _after_number(words: list[str], at: int) -> int:
    """Index after 'RT 05/RW 02', 'No. 12 B', 'Blok C 3'."""
    at += 1
    while at < len(words) and (
        words[at] in _NUMBERED or words[at].isdigit() or len(words[at]) == 1 or words[at] == BREAK
    ):
        at += 1
    return at


def _after_street(words: list[str], at: int, gazetteer: Gazetteer) -> int:
    """Index of the first word that is no longer the street: after a number, at 'Kel.', at a town at the end."""
    start = at + 1
    named = False
    for end in range(start, len(words)):
        word = words[end]
        of_any = end == start and word in _OF_ANY_STREET
        if word in _NUMBERED or (word in SURE_LEVEL_WORDS and not of_any):
            return end
        if named and level_said(word) not in ("", TOWN):
            return end
        named = named or (word not in _OF_ANY_STREET and word != BREAK)
    tail = _town_at_end(words[start:], gazetteer) if words[at] not in _BUILDINGS else 0
    return len(words) - tail


def _behind_number(street: list[str], gazetteer: Gazetteer) -> list[list[str]]:
    """The name of a kecamatan or desa behind the number of a named street: 'Jalan Padat Karya 69 Tanah Grogot'."""
    numbers = [at for at, word in enumerate(street) if word.isdigit()]
    if not numbers or not set(street[: numbers[0]]) - _OF_ANY_STREET - {BREAK}:
        return []
    tail = street[numbers[-1] + 1 :]
    tail = tail[1:] if len(tail) > 1 and len(tail[0]) == 1 else tail
    if not tail or BREAK in tail:
        return []
    return [tail] if any(gazetteer.rank(one.place) >= RANK[KECAMATAN] for one in gazetteer.meanings(tail)) else []


def _town_at_end(words: list[str], gazetteer: Gazetteer) -> int:
    """Number of words at the end that name a kabupaten the street lies in, 0 where it may be its direction. 'Jl.
    Pangeran Antasari Samarinda' lies in Samarinda. 'Jl. Poros Samarinda Bontang' and 'Jl. Bontang' say nothing."""
    for size in range(min(4, len(words) - 1), 0, -1):
        town, street = words[-size:], words[:-size]
        if BREAK in town or not any(
            gazetteer.rank(meaning.place) == RANK[KABUPATEN] for meaning in gazetteer.meanings(town)
        ):
            continue
        marked = street[-1] == BREAK or street[-1] in TOWN_WORDS or street[-1].isdigit()
        own = [word for word in street if word != BREAK and word not in _OF_ANY_STREET and not word.isdigit()]
        if len(own) >= (1 if marked else 2) and not _names_an_area(own, gazetteer):
            return size
        return 0
    return 0


def _names_an_area(words: list[str], gazetteer: Gazetteer) -> bool:
    """Whether some of the words name a kabupaten or kecamatan, so that the street leads there."""
    spans = (words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    return any(
        0 < gazetteer.rank(meaning.place) <= RANK[KECAMATAN] or meaning.place in gazetteer.outside
        for span in spans
        for meaning in gazetteer.meanings(span)
    )


def is_building_word(word: str) -> bool:
    """Whether a word alone would be taken for a building or a spot: 'pelabuhan', 'bandara'."""
    return word in _BUILDINGS


class Span(NamedTuple):
    """Words of a part that are a known name: where they stand, what they can mean, their stated level."""

    part: int
    start: int
    end: int
    meanings: tuple[Candidate, ...]
    level: str = ""
    score: float = 100.0


class Segmentation(NamedTuple):
    """One way to read words: the names, the words that are none, and how many words were passed over."""

    spans: tuple[Span, ...] = ()
    unknown: tuple[tuple[int, int], ...] = ()
    passed: int = 0

    @property
    def pieces(self) -> int:
        """Number of names and passed words: the fewer, the more a reading explains at once."""
        return len(self.spans) + self.passed

    def joined(self, other: Segmentation) -> Segmentation:
        """This reading followed by another."""
        return Segmentation(self.spans + other.spans, self.unknown + other.unknown, self.passed + other.passed)

    def of_part(self, number: int) -> Segmentation:
        """The same reading, of the part of that number."""
        spans = tuple(span._replace(part=number) for span in self.spans)
        return Segmentation(spans, tuple((number, at) for _, at in self.unknown), self.passed)


def ways_to_read(
    parts: Sequence[Part], gazetteer: Gazetteer, memory: dict[Part, list[Segmentation]]
) -> list[Segmentation]:
    """Every way to read the parts with the fewest unknown words, those of the fewest pieces first."""
    read: list[list[Segmentation]] = []
    for number, part in enumerate(parts):
        if part not in memory:
            memory[part] = _segmentations(part, gazetteer)
        read.append([one.of_part(number) for one in memory[part]])
    ways = [_joined(way) for way in islice(product(*read), _MOST_WAYS)]
    return sorted(ways, key=lambda way: way.pieces)


def _joined(way: Iterable[Segmentation]) -> Segmentation:
    whole = Segmentation()
    for one in way:
        whole = whole.joined(one)
    return whole


def _segmentations(part: Part, gazetteer: Gazetteer) -> list[Segmentation]:
    best: list[list[Segmentation]] = [[] for _ in range(len(part.words) + 1)]
    best[0] = [Segmentation()]
    for at in range(len(part.words) + 1):
        fewest = min((len(one.unknown) for one in best[at]), default=0)
        kept = [one for one in best[at] if len(one.unknown) == fewest]
        best[at] = sorted(kept, key=lambda one: one.pieces)[:_MOST_SEGMENTATIONS]
        if at < len(part.words):
            for end, step in _steps(part, at, gazetteer):
                best[end] += [done.joined(step) for done in best[at]]
    return best[-1]


def _steps(part: Part, at: int, gazetteer: Gazetteer) -> Iterable[tuple[int, Segmentation]]:
    """What can be read at one word: a name, a name after the word for its level, or nothing. A letter may be passed
    over; a numeral after a name may make it another name and is unknown: Kota Bangun 4."""
    words = part.words
    first, level = at, part.level
    while first < len(words) and level_said(words[first]):
        level = level_said(words[first])
        first += 1
    starts = [(at, part.level)] if first == at else [(at, part.level), (first, level)]
    for start, stated in starts:
        for end in range(start + 1, min(start + _MOST_NAME_WORDS, len(words)) + 1):
            meanings = gazetteer.meanings(words[start:end]) if _may_begin_a_name(words[start], gazetteer) else ()
            if meanings:
                yield end, Segmentation((Span(0, start, end, meanings, stated),), (), start - at)
                title = level_said(words[end]) if end == len(words) - 1 and start == at and not part.level else ""
                if title in _BEHIND_NAMES and not gazetteer.meanings(words[start:]):
                    yield end + 1, Segmentation((Span(0, start, end, meanings, title),), (), 0)
    if level_said(words[at]):
        yield at + 1, Segmentation((), (), _PASSED_LEVEL_WORD)
    elif len(words[at]) == 1 and not (at and standard_word(words[at]).isdigit()):
        yield at + 1, Segmentation((), (), 1)
    else:
        yield at + 1, Segmentation((), ((0, at),), 0)


def _may_begin_a_name(word: str, gazetteer: Gazetteer) -> bool:
    """'Kel' and the like begin no name, unless a name of the table does begin so: Kota Bangun, Kampung Baru."""
    return not level_said(word) or word in gazetteer.words
