"""Names of what people answer (channels, applications, ages) and of bands of distance, in a manager's words."""

from __future__ import annotations

import math

from outreach_analysis.presentation.wording.words import Words

FINE_BELOW = 0.1
"""Shares whose interval ends below are told to a tenth of a percent."""


def channel_name(code: str, words: Words) -> str:
    """How somebody heard of a pop-up."""
    say = words.say
    names = {
        "instagram": say("Instagram"),
        "other_social": say("other social media"),
        "conventional": say("conventional media"),
        "office": say("told at the office"),
        "word_of_mouth": say("family and friends"),
        "unknown": say("not known"),
    }
    return names.get(code, code)


def application_name(code: str, words: Words) -> str:
    """What was applied for."""
    say = words.say
    names = {
        "new": say("first passport"),
        "renewal": say("renewal"),
        "lost": say("lost passport"),
        "damaged": say("damaged passport"),
        "other": say("something else"),
        "unknown": say("not known"),
    }
    return names.get(code, code)


def age_name(band: str, words: Words) -> str:
    """An age band in years."""
    names = {
        "under 17": words.say("under 17"),
        "65 and over": words.say("65 and over"),
        "unknown": words.say("not known"),
    }
    return names.get(band, band.replace("-", "–"))


def band_name(up_to: float, edges: list[float], unit: str, words: Words) -> str:
    """A band of distance by its upper edge, which belongs to it.

    Examples
    --------
    >>> words = Words("en")
    >>> [band_name(edge, [15, 30, math.inf], "km", words) for edge in (15, 30, math.inf)]
    ['up to 15 km', '15 to 30 km', 'beyond 30 km']
    """
    at = edges.index(up_to)
    if at == 0:
        return words.say("up to {way}", way=words.measure(up_to, unit))
    below = edges[at - 1]
    if math.isinf(up_to):
        return words.say("beyond {way}", way=words.measure(below, unit))
    return words.say("{low} to {way}", low=words.number(below), way=words.measure(up_to, unit))


def share_text(share: float, low: float, high: float, words: Words) -> str:
    """A share in percent with its interval; an en dash where there is none.

    Examples
    --------
    >>> share_text(0.25, 0.2, 0.31, Words("en"))
    '25% (20–31)'
    """
    if math.isnan(share):
        return "–"
    digits = 1 if high < FINE_BELOW else 0
    return f"{words.percent(share, digits=digits)} ({words.interval(100 * low, 100 * high, digits=digits)})"
