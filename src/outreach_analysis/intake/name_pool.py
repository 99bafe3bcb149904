"""Names side by side with a misspelt one."""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

_NOT_ALIKE_BELOW = 60.0
_MOST_ALIKE = 24


class KnownName(NamedTuple):
    """A name as it is compared with misspelt ones."""

    place: str
    spaced: str
    compact: str


class Likeness(NamedTuple):
    """A place, and how much one of its names is like what was written (0-100)."""

    place: str
    score: float
    name: str


class NamePool:
    """Names that are compared with misspelt ones, kept in the form in which comparing is fast.

    Examples
    --------
    >>> pool = NamePool([KnownName("13.72", "solok", "solok"), KnownName("13.77", "pariaman", "pariaman")])
    >>> pool.like("sollok")
    (Likeness(place='13.72', score=90.9..., name='solok'),)
    >>> [known.place for known in pool.within_slips("periaman", 1)]
    ['13.77']
    """

    def __init__(self, names: list[KnownName]) -> None:
        self.names = names
        self._spaced = [known.spaced for known in names]
        self._compact = [known.compact for known in names]
        self._known_likenesses: dict[str, tuple[Likeness, ...]] = {}

    def like(self, spaced: str) -> tuple[Likeness, ...]:
        """Places whose names are like the standard words, most alike first, equal ones in order of their ids.

        Likeness is the larger of the ratio (0-100) of the spaced names and of the names without spaces; places
        below 60 are left out.
        """
        known = self._known_likenesses.get(spaced)
        if known is None:
            known = self._known_likenesses[spaced] = self._compared(spaced)
        return known

    def _compared(self, spaced: str) -> tuple[Likeness, ...]:
        best: dict[str, Likeness] = {}
        for query, names in ((spaced, self._spaced), (spaced.replace(" ", ""), self._compact)):
            hits = process.extract(query, names, scorer=fuzz.ratio, score_cutoff=_NOT_ALIKE_BELOW, limit=_MOST_ALIKE)
            for _, score, number in hits:
                one = self.names[number]
                if one.place not in best or score > best[one.place].score:
                    best[one.place] = Likeness(one.place, float(score), one.compact)
        return tuple(sorted(best.values(), key=lambda like: (-like.score, like.place)))

    def within_slips(self, compact: str, slips: int) -> list[KnownName]:
        """Names at most that many slips of the keyboard away."""
        hits = process.extract(compact, self._compact, scorer=OSA.distance, score_cutoff=slips, limit=None)
        return [self.names[number] for _, _, number in hits]

    def begins(self, compact: str) -> bool:
        """Whether a name begins so."""
        return any(name.startswith(compact) for name in self._compact)
