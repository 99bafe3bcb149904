"""From the parts of an address to the one place that they mean, or to none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, islice, product
from typing import NamedTuple

from outreach_analysis.intake.address_parts import DOUBTFUL, Part
from outreach_analysis.intake.agreement import Agreement, Span, agree
from outreach_analysis.intake.gazetteer import FUZZY, RANK, Gazetteer, Meaning
from outreach_analysis.intake.misspelt import accepted_misspelling, likenesses
from outreach_analysis.intake.place_names import level_said

_LONGEST_NAME = 6
_MOST_COVERINGS = 24
_MOST_READINGS = 96
_LOOKS_LIKE_A_NAME = 75.0
_SHORTEST_UNKNOWN = 4
_MOST_CANDIDATES = 3


class Covering(NamedTuple):
    """One way to read an address: its names, the words that are none, and how many words were passed over."""

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


class Run(NamedTuple):
    """Words of one part that stand together and are no known name."""

    part: int
    start: int
    end: int


class Candidate(NamedTuple):
    """A place that an undecided address may mean, how alike its name is (0-100), and why it is offered."""

    place: str
    score: float
    reason: str


class Found(NamedTuple):
    """What an address says: one place and how it is known, or why not and the candidates."""

    place: str = ""
    via: str = ""
    score: float = 0.0
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


def find_place(parts: Sequence[Part], gazetteer: Gazetteer) -> Found:
    """Find the one place that all parts of an address mean.

    Names are read in every way that leaves the fewest words unexplained, in the fewest pieces. Words that are no
    known name are compared with the names inside what is stated (see `accepted_misspelling`); where they merely
    look like a name, or may change the meaning of one, the address stays undecided.

    Parameters
    ----------
    parts
        From `address_parts`; those of a column carry its level.
    gazetteer
        The names.

    Returns
    -------
    Found
        `place` is '' where nothing is sure; `reason` then says why: nothing_named, unknown_name, several_places,
        contradiction, only_province, other_level, building_or_desa, similar_name.
    """
    if not parts:
        return Found(reason="nothing_named")
    coverings = [_coverings(number, part, gazetteer) for number, part in enumerate(parts)]
    ways = [_joined(way) for way in islice(product(*coverings), _MOST_READINGS)]
    ways.sort(key=lambda way: way.pieces)
    for _, group in groupby(ways, key=lambda way: way.pieces):
        read = (_read(way, parts, gazetteer) for way in group)
        found = {result.place: result for result in read if result.place}
        if len(found) > 1:
            return _undecided("several_places", found, (), gazetteer)
        if found:
            return next(iter(found.values()))
    agreed = agree(ways[0].spans, gazetteer)
    unknown = [parts[run.part].words[run.start : run.end] for run in _runs(ways[0].unknown)]
    return _undecided(agreed.reason or "unknown_name", agreed.candidates or (agreed.place,), unknown, gazetteer)


def _joined(way: Iterable[Covering]) -> Covering:
    whole = Covering()
    for one in way:
        whole = whole.joined(one)
    return whole


def _coverings(number: int, part: Part, gazetteer: Gazetteer) -> list[Covering]:
    """Every way to read a part with the fewest unknown words, those of the fewest pieces first."""
    best: list[list[Covering]] = [[] for _ in range(len(part.words) + 1)]
    best[0] = [Covering()]
    for at in range(len(part.words) + 1):
        fewest = min((len(one.unknown) for one in best[at]), default=0)
        kept = [one for one in best[at] if len(one.unknown) == fewest]
        best[at] = sorted(kept, key=lambda one: one.pieces)[:_MOST_COVERINGS]
        if at < len(part.words):
            for end, step in _steps(number, part, at, gazetteer):
                best[end] += [done.joined(step) for done in best[at]]
    return best[-1]


def _steps(number: int, part: Part, at: int, gazetteer: Gazetteer) -> Iterable[tuple[int, Covering]]:
    """What can be read at one word: a name, a name after the word for its level, or nothing."""
    words = part.words
    first, level = at, part.level
    while first < len(words) and level_said(words[first]):
        level = level_said(words[first])
        first += 1
    starts = [(at, part.level)] if first == at else [(at, part.level), (first, level)]
    for start, stated in starts:
        for end in range(start + 1, min(start + _LONGEST_NAME, len(words)) + 1):
            meanings = gazetteer.meanings(words[start:end])
            if meanings:
                yield end, Covering((Span(number, start, end, meanings, stated),), (), start - at)
    if level_said(words[at]) or words[at].isdigit() or len(words[at]) == 1:
        yield at + 1, Covering((), (), 1)
    else:
        yield at + 1, Covering((), ((number, at),), 0)


def _read(way: Covering, parts: Sequence[Part], gazetteer: Gazetteer) -> Found:
    """One way to read the whole address: its unknown words corrected or excused, its names brought together."""
    spans, unknown = list(way.spans), _runs(way.unknown)
    for stated in (False, True):
        left: list[Run] = []
        for run in unknown:
            scope = agree(spans, gazetteer).place if stated else ""
            within = scope if gazetteer.rank(scope) > 0 else ""
            corrected = _corrected(run, spans, parts, gazetteer, within) if within or not stated else None
            spans = corrected or spans
            left += [] if corrected else [run]
        unknown = left
    agreed = agree(spans, gazetteer)
    if not agreed.place or any(_matters(run, spans, parts, agreed, gazetteer) for run in unknown):
        return Found(reason=agreed.reason or "unknown_name")
    return Found(agreed.place, agreed.via, min(span.score for span in spans))


def _runs(unknown: Sequence[tuple[int, int]]) -> list[Run]:
    runs: list[Run] = []
    for part, at in unknown:
        if runs and runs[-1].part == part and runs[-1].end == at:
            runs[-1] = Run(part, runs[-1].start, at + 1)
        else:
            runs.append(Run(part, at, at + 1))
    return runs


def _corrected(
    run: Run, spans: list[Span], parts: Sequence[Part], gazetteer: Gazetteer, within: str
) -> list[Span] | None:
    """The spans with the run made a name: by itself, with the name before it, or with the name after it."""
    part = parts[run.part]
    before = [span for span in spans if span.part == run.part and span.end == run.start]
    after = [span for span in spans if span.part == run.part and span.start == run.end]
    choices: list[tuple[int, int, int, Span | None]] = [(run.start, run.end, run.start, None)]
    choices += [(span.start, run.end, span.start, span) for span in before]
    choices += [(run.start, span.end, run.start, span) for span in after]
    for start, end, first, taken in choices:
        level = level_said(part.words[first - 1]) if first else ""
        stated = level or part.level
        like = accepted_misspelling(
            part.words[start:end], gazetteer, within=within, level=stated if stated in RANK else ""
        )
        if like is not None:
            found = Span(run.part, start, end, (Meaning(like.place, FUZZY),), "", round(like.score, 1))
            return [*(span for span in spans if span is not taken), found]
    return None


def _matters(run: Run, spans: Sequence[Span], parts: Sequence[Part], agreed: Agreement, gazetteer: Gazetteer) -> bool:
    """Whether unknown words may change the answer, so that a person has to look."""
    words = parts[run.part].words[run.start : run.end]
    compact = "".join(words)
    if any(word in DOUBTFUL for word in words) or len(compact) < _SHORTEST_UNKNOWN:
        return True
    if any(span.part == run.part and span.end == run.start for span in spans):
        return True
    if agreed.place in gazetteer.outside:
        return False
    if not (agreed.kabupaten_stated or agreed.level_stated):
        return True
    like = likenesses(words, gazetteer.pool())[:1]
    if like and like[0].score >= _LOOKS_LIKE_A_NAME:
        return True
    return any(known.compact.startswith(compact) for known in gazetteer.pool(agreed.place))


def _undecided(reason: str, places: Iterable[str], unknown: Iterable[Sequence[str]], gazetteer: Gazetteer) -> Found:
    candidates = [Candidate(place, 100.0, reason) for place in places if place]
    for words in unknown:
        alike = likenesses(words, gazetteer.pool())[:_MOST_CANDIDATES]
        candidates += [Candidate(like.place, round(like.score, 1), "similar_name") for like in alike]
    distinct = {candidate.place: candidate for candidate in reversed(candidates)}
    ordered = [candidate for candidate in candidates if distinct.get(candidate.place) is candidate]
    return Found(reason=reason, candidates=tuple(ordered[:_MOST_CANDIDATES]))
