"""The forecast and its back-test as tables and plotly figures; numbers of people who came are rounded."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.measures.attendance import own_people_by_event
from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.terms import SEASON
from outreach_analysis.models.turnout import Forecast, TurnoutResult
from outreach_analysis.presentation.figures import (
    ACCENT,
    QUIET,
    amounts_from_zero,
    apply_theme,
    plain,
    set_category_axis,
)
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.sentences_of_turnout import (
    TENTH,
    decay_finding,
    inside_finding,
    reading_of_term,
    status_text,
    term_text,
)
from outreach_analysis.presentation.wording.words import Language, Words


def backtested_events(
    backtest: BacktestResult,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    outside: pd.DataFrame | None,
    unplaced: pd.DataFrame | None = None,
    scheme: str = "leave_one_out",
    rounding_base: int = 5,
) -> pd.DataFrame:
    """Each past event beside the forecast that had not seen it, as it may be told outside the office.

    Parameters
    ----------
    backtest
        From `backtest`.
    events
        Index `event_id`; columns `site_id`, `date`, `status`.
    sites
        Index `site_id`; column `name`.
    counts
        Columns `event_id, area_id, applicants` (people).
    areas
        Index `area_id`; column `parent_id`.
    outside
        Columns `event_id, applicants`: people from outside the province; None where there are none.
    unplaced
        Columns `event_id, applicants`: people of whom it is not known where they live; None where there are none.
    scheme
        `leave_one_out` or `forward`.
    rounding_base
        Base to which the people who came are rounded; 1 leaves them exact.

    Returns
    -------
    DataFrame
        Index `event_id`, by date; `date`, `place`, `came` (everybody but people from outside the province, rounded),
        `median`, `ci_low`, `ci_high` (90 %), `inside` (of the exact number; of the rounded one where that is the
        smallest).
    """
    table = backtest.table(scheme)
    place = events["site_id"].reindex(table.index).map(sites["name"])
    published = own_people_by_event(
        counts,
        areas,
        outside=outside,
        unplaced=unplaced,
        events=events,
        settings=backtest.settings,
        rounding_base=rounding_base,
    )
    published = published.reindex(table.index).fillna(0)
    shown = table[["date", "median", "ci_low", "ci_high", "inside"]].copy()
    for column in ("median", "ci_low", "ci_high"):
        # the forecast of a sold-out event is cut at the exact number of people who came
        shown[column] = shown[column].where(shown[column] != table["observed"], published)
    # where the number told is below the exact one, what lay between them would stand above the end of its range
    shown["median"] = shown[["median", "ci_high"]].min(axis=1)
    shown["ci_low"] = shown[["ci_low", "median"]].min(axis=1)
    # 'yes' beside a range from 2 on, and 'no', would tell one person from several
    small = (published <= rounding_base) & (rounding_base > 1)
    shown["inside"] = shown["inside"].mask(small, (shown["ci_low"] <= published) & (published <= shown["ci_high"]))
    return shown.assign(place=place, came=published)


def tabulate_backtest(backtested: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Past events, latest first: what was forecast without them, and what came.

    Parameters
    ----------
    backtested
        From `backtested_events`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    shown = backtested.sort_values("date", ascending=False, kind="stable")
    rows = tuple(
        (
            words.date(row.date, short=True),
            str(row.place),
            f"{words.number(row.median)} ({words.interval(row.ci_low, row.ci_high)})",
            words.number(row.came),
            say("yes") if row.inside else say("no"),
        )
        for row in _records(shown)
    )
    return Table(
        caption=say("Each past pop-up, forecast from the others alone"),
        headers=(
            say("Day"),
            say("Place"),
            say("Forecast (90% range)"),
            say("Came, without those from outside the province (rounded)"),
            say("Inside the range?"),
        ),
        rows=rows,
        numeric=(False, False, True, True, False),
    )


def tabulate_turnout(turnout: TurnoutResult, *, lang: Language = "id") -> Table:
    """What was learned: each parameter with its 90 % interval, by the name it has in the model.

    Parameters
    ----------
    turnout
        From `fit_turnout` or `prior_turnout`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    table = turnout.summary()
    rows = tuple(
        (str(name), words.number(row.estimate, digits=2), words.interval(row.ci_low, row.ci_high, digits=2), row.unit)
        for name, row in zip(table.index, _records(table), strict=True)
    )
    return Table(
        caption=say("Parameters of the model ({status})", status=status_text(turnout.status, words)),
        headers=(say("Parameter"), say("Estimate"), say("90% range"), say("Unit")),
        rows=rows,
        numeric=(False, True, True, False),
    )


def tabulate_terms(turnout: TurnoutResult, *, lang: Language = "id") -> Table:
    """What time, programme and the office's own columns say of the people who come, or why they say nothing.

    Parameters
    ----------
    turnout
        From `fit_turnout` or `prior_turnout`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    rows = []
    for name, row in turnout.terms().iterrows():
        factor = [
            np.exp(row[column] * (TENTH if name == SEASON else 1)) for column in ("estimate", "ci_low", "ci_high")
        ]
        published = "" if row["reason"] else words.number(factor[0], digits=2)
        between = "" if row["reason"] else words.interval(*factor[1:], digits=2)
        rows.append((term_text(str(name), words), published, between, reading_of_term(row, words)))
    return Table(
        caption=say("Time, programme and the office's own columns"),
        headers=(say("Compared"), say("People, times"), say("90% range"), say("Reading")),
        rows=tuple(rows),
        numeric=(False, True, True, False),
    )


def tabulate_forecast(
    forecast: Forecast, sites: pd.DataFrame, *, top: int | None = None, lang: Language = "id"
) -> Table:
    """Places by the people expected to come, capacity applied: the most first.

    Parameters
    ----------
    forecast
        From `TurnoutResult.forecast`.
    sites
        Index `site_id`; column `name`.
    top
        How many places; None: all.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    shown = forecast.by_site.sort_values("mean", ascending=False, kind="stable").head(top or len(forecast.by_site))
    rows = tuple(
        (
            str(sites["name"][site_id]),
            words.number(row.median),
            words.interval(row.ci_low, row.ci_high),
            words.percent(row.p_above_threshold),
            words.number(row.capacity),
        )
        for site_id, row in zip(shown.index, _records(shown), strict=True)
    )
    return Table(
        caption=say("People who would come to a pop-up ({status})", status=status_text(forecast.status, words)),
        headers=(
            say("Place"),
            say("People (middle of the forecast)"),
            say("90% range"),
            say("Chance of enough people"),
            say("Capacity"),
        ),
        rows=rows,
        numeric=(False, True, True, True, True),
    )


def plot_decay_curve(turnout: TurnoutResult, *, lang: Language = "id") -> go.Figure:
    """Applicants per 10,000 residents by distance, with the 90 % band of the curve.

    Parameters
    ----------
    turnout
        From `fit_turnout` or `prior_turnout`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    curve = turnout.decay_curve()
    km = curve.index.to_numpy(float)
    band = go.Scatter(
        x=np.concatenate([km, km[::-1]]),
        y=np.concatenate([curve["ci_high"], curve["ci_low"][::-1]]),
        fill="toself",
        fillcolor="rgba(154,165,177,0.35)",
        line={"width": 0},
        hoverinfo="skip",
    )
    line = go.Scatter(
        x=km,
        y=curve["estimate"],
        mode="lines",
        line={"color": ACCENT, "width": 3},
        hoverinfo="text",
        hovertext=[
            f"{words.number(at)} km: {words.number(rate, digits=2)} ({words.interval(low, high, digits=2)})"
            for at, rate, low, high in zip(km, curve["estimate"], curve["ci_low"], curve["ci_high"], strict=True)
        ],
    )
    figure = go.Figure([band, line])
    figure.update_layout(showlegend=False, separators=",." if lang == "id" else ".,")
    figure.update_yaxes(rangemode="tozero", gridcolor="#e5e5e5")
    amounts_from_zero(figure, float(km[-1]), words)
    subtitle = words.say("Expected applicants of one pop-up per 10,000 residents, by distance in km; 90% range")
    return apply_theme(figure, title=decay_finding(turnout, words), subtitle=subtitle)


def plot_backtest(backtested: pd.DataFrame, *, lang: Language = "id") -> go.Figure:
    """Past events with their intervals as whiskers and what came as a dot, in the accent colour where it missed.

    Parameters
    ----------
    backtested
        From `backtested_events`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    subtitle = words.say("Line: 90% range of the forecast made without the pop-up; dot: people who came (rounded)")
    names = [
        f"{words.date(day, short=True)}, {place}"
        for day, place in zip(backtested["date"], backtested["place"], strict=True)
    ]
    hover = [
        words.say(
            "{place}: forecast {n} ({range}), came {came}",
            place=plain(name),
            n=words.number(row.median),
            range=words.interval(row.ci_low, row.ci_high),
            came=words.number(row.came),
        )
        for name, row in zip(names, _records(backtested), strict=True)
    ]
    spread = {
        "type": "data",
        "symmetric": False,
        "array": (backtested["ci_high"] - backtested["median"]).to_list(),
        "arrayminus": (backtested["median"] - backtested["ci_low"]).to_list(),
        "color": "#9aa5b1",
        "thickness": 5,
        "width": 0,
    }
    at = list(range(len(backtested)))
    ranges = go.Scatter(
        x=backtested["median"].to_list(),
        y=at,
        mode="markers",
        error_x=spread,
        hoverinfo="skip",
        marker={"color": QUIET, "symbol": "line-ns-open", "size": 11},
    )
    came = go.Scatter(
        x=backtested["came"].to_list(),
        y=at,
        mode="markers",
        hoverinfo="text",
        hovertext=hover,
        marker={"color": ["#1b1f24" if inside else ACCENT for inside in backtested["inside"]], "size": 10},
    )
    figure = go.Figure([ranges, came])
    set_category_axis(figure, names)
    if len(backtested):
        amounts_from_zero(figure, float(backtested[["ci_high", "came"]].to_numpy().max()), words)
    figure.update_layout(showlegend=False)
    return apply_theme(
        figure, title=inside_finding(int(backtested["inside"].sum()), len(backtested), words), subtitle=subtitle
    )


def _records(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))
