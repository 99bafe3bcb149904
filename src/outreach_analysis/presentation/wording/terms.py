"""The terms of the report and what they mean: one list, for the section at its end, its links and the glossary."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.settings import Settings

_ANCHORS = {"id": "istilah", "en": "term"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of the report.

    Attributes
    ----------
    key
        What it is called in the code, in any language.
    forms
        How it stands in sentences, its name first; none is part of another word.
    meaning
        One or two sentences that a reader without training understands.
    anchor
        Where its entry stands in the page.
    """

    key: str
    forms: tuple[str, ...]
    meaning: str
    anchor: str

    @property
    def name(self) -> str:
        """The form at the head of its entry."""
        return self.forms[0]


def terms(words: Words, settings: Settings) -> tuple[Term, ...]:
    """All terms in one language, by name.

    Parameters
    ----------
    words
        The language.
    settings
        Numbers that a meaning names: what counts as near, how many interested people are enough.

    Examples
    --------
    >>> [term.name for term in terms(Words("id"), Settings())][:2]
    ['batas wilayah indikatif', 'bobot']
    """
    near = words.measure(settings.service_threshold, settings.travel_measure)
    # forms are joined by ' | ' so that a language may have as many as it needs
    published = [*_of_people(words, settings), *_of_places(words, settings, near), *_of_numbers(words)]
    made = [_term(key, forms.split(" | "), meaning, words.lang) for key, forms, meaning in published]
    return tuple(sorted(made, key=lambda term: term.name.casefold()))


def _of_people(words: Words, settings: Settings) -> list[tuple[str, str, str]]:
    say = words.say
    return [
        (
            "additional",
            say("additional people | additional applicants | additional"),
            say(
                "People who come to a pop-up and whom neither the office, within three months, nor an announced pop-up "
                "would have served. Places are ordered by them, not by the crowd."
            ),
        ),
        (
            "displacement",
            say("would have come to the office anyway | would come to the office anyway | displacement | deadweight"),
            say(
                "People who come to a pop-up, but would have applied at a fixed service point within three months had "
                "it not been held (displacement, deadweight)."
            ),
        ),
        (
            "desk_question",
            say("desk question"),
            say(
                "The desk asks each applicant whether they would have gone to the office within three months had there "
                "been no pop-up."
            ),
        ),
        (
            "memory",
            say("memory of earlier pop-ups | depletion"),
            say(
                "Those who came to a pop-up do not come again soon: another one nearby finds fewer people at first, "
                "and more as months pass."
            ),
        ),
        (
            "interest",
            say("interested people | interest"),
            say(
                "People who asked for a pop-up near them. A kecamatan or desa may be visited when they are more than "
                "{n}; exactly {n} is not enough.",
                n=words.number(settings.interest_threshold_people),
            ),
        ),
        (
            "unmet_need",
            say("unmet need"),
            say(
                "Applications that would be added if every kecamatan were served as well as the well-served ones. A "
                "comparison, not a count of people who want a passport."
            ),
        ),
        (
            "reach_rate",
            say("applicants per 10,000 residents | applicants at pop-ups per 10,000 residents"),
            say("Pop-up applicants from an area, for every 10,000 people who live there: large and small can compare."),
        ),
        (
            "worst_fifth",
            say("worst-served fifth"),
            say(
                "The kecamatan with the fewest people served per resident that together hold a fifth of all residents."
            ),
        ),
    ]


def _of_places(words: Words, settings: Settings, near: str) -> list[tuple[str, str, str]]:
    say = words.say
    return [
        (
            "coverage",
            say("residents within {near} | residents live within {near}", near=near),
            say(
                "Share of residents whose kecamatan has its population centre no farther than {near} from a service "
                "point.",
                near=near,
            ),
        ),
        (
            "service_point",
            say("service point"),
            say(
                "A place where passports can be applied for: a fixed one, or a pop-up of the last {n} months.",
                n=words.number(settings.window_months),
            ),
        ),
        (
            "fixed_point",
            say("fixed service point"),
            say("An immigration office, one of its branches, or its counter in a public-service mall."),
        ),
        (
            "candidate",
            say("candidate place"),
            say("A place where the next pop-up could be held."),
        ),
        (
            "capacity",
            say("capacity of the place | capacity"),
            say("The most people a pop-up can serve in a day."),
        ),
        (
            "jurisdiction",
            say("working area"),
            say("The kabupaten and kota that the office answers for."),
        ),
        (
            "indicative",
            say("borders are indicative"),
            say("Borders on the maps are computed from the points of villages. They are no legal boundaries."),
        ),
    ]


def _of_numbers(words: Words) -> list[tuple[str, str, str]]:
    say = words.say
    return [
        (
            "interval",
            say("90% range | 90% ranges"),
            say("Nine of ten outcomes are expected inside it. A wide range means that little is known."),
        ),
        (
            "tied",
            say("nearly as good"),
            say("Places of which any may be the best: together they hold the best one in at least 95 of 100 draws."),
        ),
        (
            "draws",
            say("draws"),
            say("The sums are done again many times with other possible values of what is not known for sure."),
        ),
        (
            "regret",
            say("regret"),
            say(
                "Share of the additional people that a choice misses, compared with the best choice that was possible."
            ),
        ),
        (
            "weights",
            say("weights"),
            say("How much the people reached, the worst-served fifth, travel and cost count when places are ordered."),
        ),
        (
            "gini",
            say("Gini index"),
            say("How evenly people are reached: 0 is the same everywhere, 1 is all in one place."),
        ),
        (
            "crps",
            say("CRPS"),
            say("How far a forecast with its range lay from what came, in people, on average: smaller is better."),
        ),
        (
            "percentile",
            say("percentile"),
            say("The 80th percentile is the value that 80 of 100 kecamatan do not exceed."),
        ),
    ]


def _term(key: str, forms: list[str], meaning: str, lang: str) -> Term:
    return Term(key=key, forms=tuple(forms), meaning=meaning, anchor=f"{_ANCHORS[lang]}-{_slug(forms[0])}")


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")
