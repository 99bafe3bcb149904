"""How sure the forecast is, in sentences: what it learned from, and how it did on events it had not seen."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.turnout import Forecast, TurnoutResult
from outreach_analysis.presentation.prose import Sentence, Sentences
from outreach_analysis.presentation.wording.sentences_of_turnout import (
    backtest_sentences,
    decay_finding,
    full_finding,
    status_text,
)
from outreach_analysis.presentation.wording.words import Language, Words


def describe_backtest(backtest: BacktestResult, *, lang: Language = "id") -> Sentences:
    """How the forecast did on past events, from all others and from those before, and against guessing.

    Parameters
    ----------
    backtest
        From `backtest`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentences
    """
    return Sentences.of(backtest_sentences(backtest, Words(lang)))


def describe_turnout(turnout: TurnoutResult, *, lang: Language = "id") -> Sentence:
    """How many events the model learned from, and what that makes its forecasts.

    Parameters
    ----------
    turnout
        From `fit_turnout` or `prior_turnout`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    left_out = turnout.left_out
    learned = (
        words.say(
            "Learned from {n} past pop-ups ({status}); {unused} could not be used.",
            n=words.number(turnout.n_events),
            status=status_text(turnout.status, words),
            unused=words.number(int((left_out["what"] == "event").sum())),
        ),
        full_finding(turnout, words),
    )
    return Sentence(" ".join(each for each in learned if each))


def describe_forecast(forecast: Forecast, sites: pd.DataFrame, *, lang: Language = "id") -> Sentence:
    """The place to which most people would come, whether or not they would have gone to the office.

    Parameters
    ----------
    forecast
        From `TurnoutResult.forecast`.
    sites
        Index `site_id`; column `name`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' without places.
    """
    if forecast.by_site.empty:
        return Sentence()
    words = Words(lang)
    busiest = str(forecast.by_site["mean"].idxmax())
    row = forecast.by_site.loc[[busiest]].iloc[0]
    return Sentence(
        words.say(
            "Most people would come to {place}: about {n} (90% range: {range}).",
            place=sites["name"][busiest],
            n=words.number(row["mean"]),
            range=words.interval(row["ci_low"], row["ci_high"]),
        )
    )


def describe_decay(turnout: TurnoutResult, *, lang: Language = "id") -> Sentence:
    """The distance at which half as many people come, per resident, as from next door.

    Parameters
    ----------
    turnout
        From `fit_turnout` or `prior_turnout`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    return Sentence(decay_finding(turnout, Words(lang)) + ".")
