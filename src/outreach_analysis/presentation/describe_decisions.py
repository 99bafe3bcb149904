"""The next place in sentences: the answer, how sure it is, who is kept out, when, and within which limits."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.decisions.changes import RankingChanges
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.displacement import DisplacementResult
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.presentation.prose import Sentence, Sentences
from outreach_analysis.presentation.wording.limits import limits
from outreach_analysis.presentation.wording.plans import change_text
from outreach_analysis.presentation.wording.sentences import day_text, first_screen, how_sure
from outreach_analysis.presentation.wording.words import Language, Words


def describe_next_site(
    ranking: RankingResult,
    areas: pd.DataFrame,
    *,
    backtest: BacktestResult | None = None,
    changes: RankingChanges | None = None,
    cancelled: pd.DataFrame | None = None,
    lang: Language = "id",
) -> Sentences:
    """The answer: place and day, people, why there, how sure, the runner-up, and what could change it.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    areas
        Index `area_id`; columns `name`, `parent_name`.
    backtest
        From `backtest`; None where past events were not checked.
    changes
        What moved since the last decision, from `changes_since`; None where none was recorded.
    cancelled
        From `CancelledEvents.proposals`; None: not asked.
    lang
        `id` or `en`.

    Returns
    -------
    Sentences
        The first names the place and the day.
    """
    words = Words(lang)
    since = change_text(changes, ranking, words)
    screen = first_screen(ranking, areas, words, backtest=backtest, cancelled=cancelled, since=since)
    labelled = (f"{label}: {text}" for label, text in screen.rows)
    return Sentences.of((screen.heading, screen.where, screen.lead, *labelled))


def describe_order(
    ranking: RankingResult, *, backtest: BacktestResult | None = None, lang: Language = "id"
) -> Sentence:
    """What the forecast rests on, and which places cannot be told apart from the recommended one.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    backtest
        From `backtest`; None where past events were not checked.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where no place may be visited.
    """
    if ranking.recommended is None:
        return Sentence()
    return Sentence(how_sure(ranking, Words(lang), backtest=backtest))


def describe_excluded(ranking: RankingResult, *, lang: Language = "id") -> Sentence:
    """How many candidates are kept out, and how many of them by the interest rule.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    return Sentence(
        words.say(
            "{n} of {all} candidate places may not be visited next, {interest} of them because not enough people "
            "there have asked.",
            n=words.number(len(ranking.excluded)),
            all=words.number(len(ranking.excluded) + len(ranking.by_site)),
            interest=words.number(int((ranking.excluded["reason"] == "interest_below").sum())),
        )
    )


def describe_day(ranking: RankingResult, *, lang: Language = "id") -> Sentence:
    """The day to propose for the recommended place.

    Parameters
    ----------
    ranking
        From `rank_sites`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where no place may be visited.
    """
    if ranking.recommended is None:
        return Sentence()
    words = Words(lang)
    return Sentence(
        words.say(
            "The first suitable day, at least {days} days ahead, is {day}.",
            days=words.number(ranking.settings.lead_days),
            day=day_text(ranking, ranking.recommended, words),
        )
    )


def describe_limits(
    areas: pd.DataFrame,
    need: NeedResult,
    costs: pd.DataFrame,
    turnout: TurnoutResult,
    *,
    displacement: DisplacementResult,
    rounding_base: int,
    lang: Language = "id",
) -> Sentences:
    """What the figures cannot say, and what they assume.

    Parameters
    ----------
    areas
        Index `area_id`; columns `geometry_kind`, `population_source`.
    need
        From `unmet_need`.
    costs
        Column `source`.
    turnout
        What the forecast was made with.
    displacement
        From `estimate_displacement`.
    rounding_base
        Base to which people were rounded.
    lang
        `id` or `en`.

    Returns
    -------
    Sentences
    """
    words = Words(lang)
    return Sentences.of(
        limits(
            areas=areas,
            need=need,
            costs=costs,
            turnout=turnout,
            displacement=displacement,
            rounding_base=rounding_base,
            words=words,
        )
    )
