"""Misspelt names: which one is meant beyond doubt, and which ones a person should choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from outreach_analysis.intake.gazetteer import RANK, Gazetteer, KnownName
from outreach_analysis.intake.place_names import KECAMATAN, standard_word

SURE_SCORE, SURE_GAP = 92.0, 10.0
_NOT_ALIKE_BELOW = 55.0
_SHORTEST = 5
_RIVAL_EDITS = 3


class Likeness(NamedTuple):
    """A place, and how much one of its names is like what was written (0-100)."""

    place: str
    score: float
    name: str


def likenesses(words: Sequence[str], pool: Sequence[KnownName]) -> list[Likeness]:
    """Places of a pool whose names are like the words, most alike first; equal ones in order of their ids.

    Likeness is the larger of the `ratio` of the spaced names and of the names without spaces.
    """
    spaced = " ".join(standard_word(word) for word in words)
    best: dict[str, Likeness] = {}
    for query, names in (
        (spaced, [known.spaced for known in pool]),
        (spaced.replace(" ", ""), [known.compact for known in pool]),
    ):
        hits = process.extract(
            query, names, scorer=fuzz.ratio, processor=None, score_cutoff=_NOT_ALIKE_BELOW, limit=None
        )
        for _, score, number in hits:
            known = pool[number]
            if known.place not in best or score > best[known.place].score:
                best[known.place] = Likeness(known.place, float(score), known.compact)
    return sorted(best.values(), key=lambda like: (-like.score, like.place))


def accepted_misspelling(
    words: Sequence[str], gazetteer: Gazetteer, *, within: str = "", level: str = ""
) -> Likeness | None:
    """The place that misspelt words mean beyond doubt, or None.

    Beyond doubt means a likeness of 92 or more that leads the next place by 10 or more; within a stated area also
    one slip of the keyboard (a letter missing, doubled, wrong or swapped with its neighbour) where every other
    name there is at least three slips away. Either way no name anywhere is as near, and every word begins with
    the letter it should. Without a stated area only kabupaten and kecamatan are taken.

    Parameters
    ----------
    words
        As written, five letters or more.
    gazetteer
        The names.
    within
        The stated area, '' where none is.
    level
        The level that the text says the name is of, '' where it does not.
    """
    compact = "".join(standard_word(word) for word in words)
    if len(compact) < _SHORTEST:
        return None
    ranked = _without_namesakes(likenesses(words, gazetteer.pool(within, level)), gazetteer)
    ranked = [like for like in ranked if like.place != within]
    if not ranked:
        return None
    best, others = ranked[0], ranked[1:]
    if not within and not 0 < gazetteer.rank(best.place) <= RANK[KECAMATAN]:
        return None
    leads = not others or best.score - others[0].score >= SURE_GAP
    sure = best.score >= SURE_SCORE and leads
    if within and not sure:
        sure = OSA.distance(compact, best.name) == 1 and all(
            OSA.distance(compact, other.name) >= _RIVAL_EDITS for other in others[:8]
        )
    if not sure or not _begin_alike(words, best, gazetteer):
        return None
    everywhere = likenesses(words, gazetteer.pool())
    family = gazetteer.lineage(best.place)
    rivals = [
        like for like in everywhere if like.place not in family and best.place not in gazetteer.lineage(like.place)
    ]
    if rivals and (rivals[0].score >= best.score or (not within and best.score - rivals[0].score < SURE_GAP)):
        return None
    return best


def _without_namesakes(ranked: list[Likeness], gazetteer: Gazetteer) -> list[Likeness]:
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
        for known in gazetteer.pool(best.place)
        if known.place == best.place and known.compact == best.name
    )
    for name in spellings:
        pairs = zip(written, name, strict=True) if len(name) == len(written) else [(written[0], name[0])]
        if all(one[0] == other[0] for one, other in pairs):
            return True
    return False
