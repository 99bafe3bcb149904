"""From the parts of an address to the one place that they mean, or to none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from outreach_analysis.intake.address_parts import DOUBTFUL, Part
from outreach_analysis.intake.agreement import Agreement, Span, agree
from outreach_analysis.intake.coverings import Covering, ways_to_read
from outreach_analysis.intake.gazetteer import FUZZY, RANK, Gazetteer, Meaning
from outreach_analysis.intake.misspelt import accepted_misspelling
from outreach_analysis.intake.name_pool import Likeness
from outreach_analysis.intake.place_names import KABUPATEN, KECAMATAN, level_said, standard_word

_LOOKS_LIKE_A_NAME = 60.0
_LETTERS_A_SLIP = 4
_SHORTEST_UNKNOWN = 3
_MOST_CANDIDATES = 3


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


def find_place(parts: Sequence[Part], gazetteer: Gazetteer, memory: dict[Part, list[Covering]]) -> Found:
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
    memory
        Parts read before in this run; filled here.

    Returns
    -------
    Found
        `place` is '' where nothing is sure; `reason` then says why: nothing_named, unknown_name, several_places,
        contradiction, only_province, other_level, building_or_desa, similar_name.
    """
    if not parts:
        return Found(reason="nothing_named")
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
    return _explained(Found(reason="contradiction"), ways[0], parts, gazetteer)


def _are_apart(one: str, other: str, gazetteer: Gazetteer) -> bool:
    return one not in gazetteer.lineage(other) and other not in gazetteer.lineage(one)


def _read(way: Covering, parts: Sequence[Part], gazetteer: Gazetteer) -> Found:
    """One way to read the whole address: its unknown words corrected or excused, its names brought together."""
    spans, unknown = list(way.spans), _runs(way.unknown)
    for stated in (False, True):
        for run in unknown:
            if not _is_read(run, spans):
                spans = _corrected(run, spans, parts, gazetteer, stated=stated) or spans
    agreed = agree(spans, gazetteer)
    left = [run for run in unknown if not _is_read(run, spans)]
    if not agreed.place or any(_matters(run, spans, parts, agreed, gazetteer) for run in left):
        meant = (Candidate(agreed.place, 100.0, "unknown_name"),) if agreed.place else ()
        return Found(reason=agreed.reason or "unknown_name", candidates=meant)
    return Found(agreed.place, agreed.via, min(span.score for span in spans))


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
    """The spans with the run made a name: with the whole part, the names beside it, or by itself.

    First (`stated` false) such names as are sure wherever they lie, then those inside what the other names state.
    """
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
            found = Span(run.part, start, end, (Meaning(like.place, FUZZY),), "", round(like.score, 1))
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
    follows = [span for span in spans if (span.part, span.start) == (run.part, run.end)]
    qualified = bool(follows) and standard_word(words[-1]) in gazetteer.first_words
    qualified = qualified or any(not _stands_by_itself(span, agreed.place, gazetteer) for span in follows)
    if qualifies or qualified or not agreed.stated:
        return True
    return any(
        _looks_like_a_name(parts[run.part].words[start:end], agreed.place, gazetteer)
        for start, end in _with_neighbours(run, spans, parts[run.part].words)
    )


def _stands_by_itself(span: Span, place: str, gazetteer: Gazetteer) -> bool:
    """Whether a name right after unknown words is still that name: a kabupaten, or two words or more of a kecamatan."""
    ranks = [gazetteer.rank(m.place) for m in span.meanings if m.place in gazetteer.lineage(place)]
    return min(ranks, default=0) <= (RANK[KECAMATAN] if span.end - span.start > 1 else RANK[KABUPATEN])


def _looks_like_a_name(words: Sequence[str], place: str, gazetteer: Gazetteer) -> bool:
    """Whether unknown words may be a name inside the place, begin one, or be a misspelt name of somewhere else."""
    spaced = " ".join(standard_word(word) for word in words)
    compact = spaced.replace(" ", "")
    inside = gazetteer.pool(place)
    near = gazetteer.pool().within_slips(compact, max(1, len(compact) // _LETTERS_A_SLIP))
    return (
        len(compact) < _SHORTEST_UNKNOWN
        or inside.begins(compact)
        or any(like.score >= _LOOKS_LIKE_A_NAME for like in inside.like(spaced)[:1])
        or any(known.place not in gazetteer.outside for known in near)
    )


def _explained(result: Found, way: Covering, parts: Sequence[Part], gazetteer: Gazetteer) -> Found:
    """Why an address stays undecided, with the places a person should choose from."""
    agreed = agree(way.spans, gazetteer)
    unknown = [parts[run.part].words[run.start : run.end] for run in _runs(way.unknown)]
    return _undecided(result.reason, agreed.candidates or (agreed.place,), unknown, gazetteer)


def _undecided(reason: str, places: Iterable[str], unknown: Iterable[Sequence[str]], gazetteer: Gazetteer) -> Found:
    candidates = [Candidate(place, 100.0, reason) for place in places if place]
    for words in unknown:
        alike = gazetteer.pool().like(" ".join(standard_word(word) for word in words))[:_MOST_CANDIDATES]
        candidates += [Candidate(like.place, round(like.score, 1), "similar_name") for like in alike]
    distinct = {candidate.place: candidate for candidate in reversed(candidates)}
    ordered = [candidate for candidate in candidates if distinct.get(candidate.place) is candidate]
    return Found(reason=reason, candidates=tuple(ordered[:_MOST_CANDIDATES]))
