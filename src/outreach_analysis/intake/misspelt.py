"""Misspelt names: which one is meant beyond doubt, and which ones a person should choose from."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from outreach_analysis.intake.gazetteer import Gazetteer
from outreach_analysis.intake.name_pool import Likeness
from outreach_analysis.intake.place_names import KABUPATEN, KECAMATAN, NUMERALS, standard_word

SURE_SCORE, SURE_GAP = 92.0, 10.0
_SHORTEST = 5
_LONG = {KABUPATEN: 8, KECAMATAN: 10}
_RIVAL_SLIPS = 3
_RIVALS = 8


def accepted_misspelling(
    words: Sequence[str], gazetteer: Gazetteer, *, within: str = "", level: str = ""
) -> Likeness | None:
    """The place that misspelt words mean beyond doubt, or None.

    Beyond doubt means a likeness of 92 or more that leads the next place by 10 or more, or one slip of the
    keyboard (a letter missing, too many, wrong, or swapped with its neighbour) where every other name is at least
    three slips away: among the names inside the stated area, while no name anywhere else is as near. Without a
    stated area only long names of kabupaten and kecamatan are taken, every other name anywhere must be three slips
    away, and each word must begin with the letter it should.

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
    slips = OSA.distance(compact, best.name)
    sure = best.score >= SURE_SCORE and (not others or best.score - others[0].score >= SURE_GAP)
    if not (within or _a_letter_is_missing_or_moved(compact, best, gazetteer)):
        return None
    if not sure:
        sure = slips == 1 and all(OSA.distance(compact, other.name) >= _RIVAL_SLIPS for other in others[:_RIVALS])
    if not sure or not (_is_close_by(within, compact, best, gazetteer) or _begin_alike(words, best, gazetteer)):
        return None
    needed = slips + 1 if within else _RIVAL_SLIPS
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
    """Whether another name anywhere is fewer than the needed slips away; a namesake too where nothing else is said."""
    family = gazetteer.lineage(best.place)
    return any(
        (alone or known.compact != best.name)
        and known.place not in family
        and (alone or known.place not in gazetteer.outside)
        and best.place not in gazetteer.lineage(known.place)
        for known in gazetteer.pool().within_slips(compact, needed - 1)
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
