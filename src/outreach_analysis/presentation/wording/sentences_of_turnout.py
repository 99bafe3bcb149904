"""How sure the forecast is, in plain words: what it learned from, and how it did on events it had not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.forecast import Status
from outreach_analysis.models.terms import FASTING, INVITED, SEASON, TREND
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.settings import Settings

FAR_KM = 150.0
TENTH = float(np.log(1.1))
"""Log of an office that is a tenth busier."""
GOOD_SHARE, FAIR_SHARE = 0.84, 0.7
"""Shares of past events inside a 90 % interval at which the forecast is called trustworthy, or fair."""


def term_text(name: str, words: Words) -> str:
    """What is compared by a term of the forecast."""
    say = words.say
    known = {
        TREND: say("a year later"),
        SEASON: say("in a season in which the office has 10% more applicants"),
        FASTING: say("in Ramadan and the weeks of Idul Fitri"),
        INVITED: say("invited by a group, against a visit of the office's own"),
    }
    return known.get(name) or say("{column} higher by one standard deviation", column=name)


def reading_of_term(row: pd.Series, words: Words) -> str:
    """What may be read from a row of `TurnoutResult.terms`."""
    say = words.say
    reasons = {
        "too_short": say("left out: too short a time is known"),
        "not_seen": say("left out: no past pop-up tells"),
        "constant": say("left out: the same everywhere"),
        "not_a_number": say("left out: not a number"),
        "mostly_missing": say("left out: missing for half of them or more"),
    }
    if row["reason"]:
        return reasons[row["reason"]]
    if not row["learned"]:
        return say("as assumed: past pop-ups teach nothing of it yet")
    if not row["says"]:
        return say("says nothing: more and fewer people are both possible")
    return say("more people") if row["estimate"] > 0 else say("fewer people")


def full_finding(turnout: TurnoutResult, words: Words) -> str:
    """Which past pop-ups were taken as full though nobody marked them so; '' where none were."""
    full = None if turnout.fitted is None else turnout.fitted.design.full
    if full is None or full.event_ids.empty:
        return ""
    n = words.number(len(full.event_ids))
    if np.isnan(full.quota):
        return words.say("{n} past pop-ups reached their capacity and are taken as full.", n=n)
    return words.say(
        "{n} past pop-ups are taken as full without being marked so: their people end at {quota}, or at a capacity "
        "that is written down. {quota} a day is then taken as the capacity where none is written.",
        n=n,
        quota=words.number(full.quota),
    )


def status_text(status: Status, words: Words) -> str:
    """What the forecast rests on, in a word or two."""
    return {
        "prior_only": words.say("prior only"),
        "provisional": words.say("provisional"),
        "fitted": words.say("learned from past pop-ups"),
    }[status]


def basis_of_forecast(
    status: Status, settings: Settings, words: Words, *, backtest: BacktestResult | None = None
) -> str:
    """What the number of people rests on, and how far that has proved right.

    Parameters
    ----------
    status
        Of the forecast.
    settings
        The settings used.
    words
        The language.
    backtest
        None where past events were not checked.
    """
    say = words.say
    if status == "prior_only":
        return say(
            "Low confidence (prior only): the number of people rests on a general assumption, {median} people per "
            "event-day expected at an average place, and not yet on this office's own events.",
            median=words.number(settings.prior_total_median),
        )
    if backtest is None or not len(backtest.leave_one_out):
        return {
            "provisional": say("Fair (provisional): the forecast has learned from few pop-ups of this office so far."),
            "fitted": say("The forecast has learned from this office's own pop-ups."),
        }[status]
    inside, n = backtest.coverage()
    level = (
        say("Poor forecast")
        if inside / n < FAIR_SHARE
        else say("Fair forecast")
        if inside / n < GOOD_SHARE
        else say("Good forecast")
    )
    if status == "provisional":
        level = say("{level} (provisional, few pop-ups so far)", level=level)
    return f"{level}: {inside_finding(inside, n, words)}."


def inside_finding(inside: int, n: int, words: Words) -> str:
    """How many past pop-ups fell inside the range that was forecast without them."""
    if n == 0:
        return words.say("No past pop-up can be checked yet")
    return words.say(
        "{inside} of {n} past pop-ups fell inside their 90% range", inside=words.number(inside), n=words.number(n)
    )


def decay_finding(turnout: TurnoutResult, words: Words) -> str:
    """The distance at which half as many people come, per resident, as from next door."""
    km = np.arange(0.0, FAR_KM, 0.5)
    rate = turnout.decay_curve(km=km)["estimate"]
    below = rate.index[rate <= rate.iloc[0] / 2]
    if len(below) == 0:
        return words.say("Distance hardly keeps people away")
    return words.say("At {km} km half as many come, per resident", km=words.number(float(below[0])))


def backtest_sentences(backtest: BacktestResult, words: Words) -> list[str]:
    """How the forecast did on past events, and against guessing: a few sentences."""
    say = words.say
    inside, n = backtest.coverage()
    if n == 0:
        return [say("No past pop-up can be checked yet: none has applicants whose kecamatan is known.")]
    found = [
        say(
            "Each of the {n} past pop-ups was forecast from the others alone: {inside} fell inside their 90% range. "
            "About {expected} should.",
            n=words.number(n),
            inside=words.number(inside),
            expected=words.number(0.9 * n),
        )
    ]
    forward_inside, forward_n = backtest.coverage("forward")
    found.append(
        say(
            "Forecast only from pop-ups before their own day, as it happens in practice: {inside} of {n}.",
            inside=words.number(forward_inside),
            n=words.number(forward_n),
        )
    )
    scores = backtest.summary()
    own, past = float(scores["crps"].loc["leave_one_out"]), float(scores["crps_past"].loc["leave_one_out"])
    if own > 0 and past > 0:
        found.append(_against_guessing(own, past, words))
    return found


def _against_guessing(own: float, past: float, words: Words) -> str:
    """The score of the forecast beside that of 'as the other events'; lower is better."""
    values = {"own": words.number(own, digits=1), "past": words.number(past, digits=1)}
    if own < past:
        return words.say(
            "Its mean error (CRPS) was {own} people; that of guessing 'as at the other pop-ups' was {past}.", **values
        )
    return words.say(
        "Its mean error (CRPS) was {own} people, no better than guessing 'as at the other pop-ups' ({past}); distance "
        "and residents explain little here.",
        **values,
    )
