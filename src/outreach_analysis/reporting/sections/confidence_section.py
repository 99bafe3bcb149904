"""The section that says how sure the forecast is: the curve of distance, and past events against their forecasts."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.presentation.describe_turnout import describe_backtest
from outreach_analysis.presentation.svg_axes import ColumnChart, LineChart, column_chart, line_chart
from outreach_analysis.presentation.tables_of_turnout import backtested_events, tabulate_backtest, tabulate_terms
from outreach_analysis.presentation.wording.sentences_of_turnout import (
    basis_of_forecast,
    decay_finding,
    full_finding,
    inside_finding,
)
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section

LABELLED = 4


def confidence_section(analysis: Analysis, words: Words) -> Section:
    """What the forecast rests on, how people fall off with distance, and how it did on past events."""
    turnout, backtested = analysis.turnout, analysis.backtest
    view = {
        "basis": basis_of_forecast(turnout.status, turnout.settings, words, backtest=backtested),
        "decay_finding": decay_finding(turnout, words),
        "decay": _decay_chart(turnout.decay_curve(), words),
        "sentences": () if backtested is None else describe_backtest(backtested, lang=words.lang),
        "terms": tabulate_terms(turnout, lang=words.lang),
        "full": full_finding(turnout, words),
        "past": None,
    }
    published = published_events(analysis)
    if backtested is not None and published is not None:
        view["past"] = _past_chart(published, words)
        view["past_finding"] = inside_finding(*backtested.coverage(), words)
        view["table"] = tabulate_backtest(published, lang=words.lang)
    heading = words.say("How sure")
    return Section(name="confidence", heading=heading, contents=heading, view=view)


def published_events(analysis: Analysis) -> pd.DataFrame | None:
    """Past events against their forecasts, people rounded; None where none was judged."""
    backtested, data = analysis.backtest, analysis.dataset
    if backtested is None or backtested.leave_one_out.empty:
        return None
    return backtested_events(
        backtested,
        data.events,
        analysis.sites,
        data.counts,
        data.areas,
        outside=data.outside,
        unplaced=data.unplaced,
        rounding_base=analysis.rounding_base,
    )


def _decay_chart(curve: pd.DataFrame, words: Words) -> LineChart:
    return line_chart(
        curve.index.to_numpy(float),
        curve["estimate"].to_numpy(float),
        low=curve["ci_low"].to_numpy(float),
        high=curve["ci_high"].to_numpy(float),
        x_text=lambda km: words.say("{km} km", km=words.number(km)),
        y_text=lambda rate: words.number(rate, digits=1),
    )


def _past_chart(published: pd.DataFrame, words: Words) -> ColumnChart:
    titles = [
        f"{words.date(day)}, {place}: {words.interval(low, high)}; {words.number(came)}"
        for day, place, low, high, came in published[["date", "place", "ci_low", "ci_high", "came"]].itertuples(
            index=False
        )
    ]
    every = max(len(published) // LABELLED, 1)
    return column_chart(
        published["ci_low"].tolist(),
        published["median"].tolist(),
        published["ci_high"].tolist(),
        published["came"].tolist(),
        inside=published["inside"].tolist(),
        titles=titles,
        labels={at: words.month(published["date"].iloc[at]) for at in range(every // 2, len(published), every)},
        y_text=words.number,
    )
