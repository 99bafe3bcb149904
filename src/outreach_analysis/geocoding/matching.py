"""From the parts of an address to the one place that they mean, or to none; misspelt names on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import OSA

from outreach_analysis.geocoding.agreement import (
    Agreement,
    Stated,
    agree,
    namesakes_elsewhere,
    places_elsewhere,
    stated_names,
)
from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.gazetteer import EXACT, FUZZY, PARTIAL, RANK, Candidate, Gazetteer, Likeness
from outreach_analysis.geocoding.names import (
    DESA,
    KABUPATEN,
    KECAMATAN,
    NUMERALS,
    TOWN,
    VILLAGE,
    level_said,
    standard_word,
)
from outreach_analysis.geocoding.parsing import DOUBTFUL, Part, Segmentation, Span, ways_to_read

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
    if not (within or _a_letter_is_missing_or_moved(compact, best, gazetteer)):
        return None
    if not sure:
        sure = edits == 1 and all(OSA.distance(compact, other.name) >= _RIVAL_EDITS for other in others[:_RIVALS])
    if not sure or not (_is_close_by(within, compact, best, gazetteer) or _begin_alike(words, best, gazetteer)):
        return None
    needed = edits + 1 if within else _RIVAL_EDITS
    return None if _has_rival(compact, best, needed, gazetteer, alone=not within) else best


def _same_number(name: str, compact: str) -> bool:
    """To miss or to add a number is no slip, be it a digit or a Roman numeral at the end."""
    digits = ["".join(letter for letter in one if letter.isdigit()) for one in (name, compact)]
    return digits[0] == digits[1] and compact.removeprefix(name) not in NUMERALS


def _a_letter_is_missing_or_moved(compact: str, best: Likeness, gazetteer: Gazetteer) -> bool:
    """A wrong letter makes another name more easily than a missing one: there it must be a kabupaten's name."""
    wrong = len(compact) == len(best.name) and sorted(compact) != sorted(best.name)
    return not wrong or gazetteer.level[best.place] == KABUPATEN


def _is_close_by(within: str, compact: str, best: Likeness, gazetteer: Gazetteer) -> bool:
    """Inside a stated kecamatan names are so few that a slip in a first letter still leaves no doubt."""
    wrong = len(compact) == len(best.name) and sorted(compact) != sorted(best.name)
    return gazetteer.level.get(within) == KECAMATAN or (bool(within) and not wrong)


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
    """The parts without 'Kp. Sukamaju' where a desa is named as one too; None where there is nothing to leave out. A
    kampung is a desa in one province and a part of one in the next."""
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
    """Whether unknown words are said to be of a level, so that they contradict. A desa does not where its kecamatan and
    kabupaten are both named: they say where it lies."""
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
