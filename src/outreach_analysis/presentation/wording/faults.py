"""The kinds of fault in the words of a language."""

from __future__ import annotations

from outreach_analysis.faults import FAULTS
from outreach_analysis.presentation.wording.words import Words


def fault_label(reason: str, words: Words) -> str:
    """A short name of a fault by its code of `faults.FAULTS`, for counts of rows."""
    return words.say(FAULTS[reason].label)


def remedy_text(reason: str, words: Words) -> str:
    """What to do about many faults of one kind, by its code of `faults.FAULTS`."""
    return words.say(FAULTS[reason].general or FAULTS[reason].remedy)
