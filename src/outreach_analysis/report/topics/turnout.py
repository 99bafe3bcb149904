"""Turnout: what the forecast rests on, how it did in the past, and its section."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.forecast import Forecast, Status
from outreach_analysis.models.terms import FASTING, INVITED, SEASON, TREND
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.report.figure import (
    ACCENT,
    GRID,
    QUIET,
    THICK,
    amounts_from_zero,
    apply_theme,
    band,
    plain,
    whiskers,
)
from outreach_analysis.report.table import (
    Block,
    Column,
    Section,
    Table,
    Ways,
    as_figure,
    as_table,
    folded,
    listed,
    numbers,
    paragraph,
    records,
    table_of,
    with_star,
)
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

# --- How sure the forecast is, in plain words: what it learned from, and how it did on events it had not seen.


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


ENOUGH_JUDGED = 10
"""With fewer past events nothing is said of how often their range was right: chance alone would say it."""


def basis_of_forecast(
    status: Status, settings: Settings, words: Words, *, backtest: BacktestResult | None = None
) -> str:
    """What the number of people rests on, and how far that has proved right."""
    say = words.say
    if status == "prior_only":
        return say(
            "Low confidence (prior only): the number of people rests on a general assumption, {median} people per "
            "event-day expected at an average place, and not yet on this office's own events.",
            median=words.number(settings.prior_total_median),
        )
    if not is_judged(backtest):
        return {
            "provisional": say("Fair (provisional): the forecast has learned from few pop-ups of this office so far."),
            "fitted": say("The forecast has learned from this office's own pop-ups."),
        }[status]
    inside, n = backtest.coverage() if backtest is not None else (0, 1)
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


def is_judged(backtest: BacktestResult | None) -> bool:
    """Whether enough past events were forecast to say how often their range was right."""
    return backtest is not None and len(backtest.leave_one_out) >= ENOUGH_JUDGED


def inside_finding(inside: int, n: int, words: Words) -> str:
    """How many past pop-ups fell inside the range that was forecast without them."""
    if n == 0:
        return words.say("No past pop-up can be checked yet")
    return words.say(
        "{inside} of {n} past pop-ups fell inside their 90% range", inside=words.number(inside), n=words.number(n)
    )


def half_distance(turnout: TurnoutResult) -> float:
    """The kilometres at which half as many people come, per resident, as from next door; NaN where they always do."""
    rate = turnout.decay_curve(km=np.arange(0.0, FAR_KM, 0.5))["estimate"]
    below = rate.index[rate <= rate.iloc[0] / 2]
    return float(below[0]) if len(below) else float("nan")


def decay_finding(turnout: TurnoutResult, words: Words) -> str:
    """The distance at which half as many people come, per resident, as from next door."""
    half = half_distance(turnout)
    if np.isnan(half):
        return words.say("Distance hardly keeps people away")
    return words.say("At {km} km half as many come, per resident", km=words.number(half))


def _against_guessing(own: float, past: float, words: Words) -> str:
    """The score of the forecast beside that of 'as the other events'; lower is better."""
    # whole people, unless that would hide which is the smaller
    digits = 0 if round(own) != round(past) else 1
    values = {"own": words.number(own, digits=digits), "past": words.number(past, digits=digits)}
    if own < past:
        return words.say(
            "On average the forecast missed by about {own} people; without the model by about {past}.", **values
        )
    return words.say(
        "On average the forecast missed by about {own} people, no better than without the model ({past}); distance and "
        "residents explain little here.",
        **values,
    )


# --- How sure the forecast is, in sentences: what it learned from, and how it did on events it had not seen.


def describe_backtest(backtest: BacktestResult, words: Words) -> Sentences:
    """How the forecast did on past events, from all others and from those before, and against guessing."""
    say = words.say
    inside, n = backtest.coverage()
    if n == 0:
        return Sentences.of([say("No past pop-up can be checked yet: none has applicants whose kecamatan is known.")])
    forward_inside, forward_n = backtest.coverage("forward")
    scores: Any = backtest.summary().loc["leave_one_out"]
    own, past = float(scores["crps"]), float(scores["crps_past"])
    return Sentences.of(
        [
            say(
                "Each of the {n} past pop-ups was forecast from the others alone: {inside} fell inside their 90% "
                "range. About {expected} should.",
                n=words.number(n),
                inside=words.number(inside),
                expected=words.number(0.9 * n),
            ),
            say(
                "Forecast only from earlier pop-ups, as in practice: {inside} of {n}.",
                inside=words.number(forward_inside),
                n=words.number(forward_n),
            ),
            _against_guessing(own, past, words) if own > 0 and past > 0 else "",
        ]
    )


def describe_turnout(turnout: TurnoutResult, words: Words) -> str:
    """How many events the model learned from, and what that makes its forecasts."""
    learned = words.say(
        "Learned from {n} past pop-ups ({status}); {unused} could not be used.",
        n=words.number(turnout.n_events),
        status=status_text(turnout.status, words),
        unused=words.number(int((turnout.left_out["what"] == "event").sum())),
    )
    return f"{learned} {full_finding(turnout, words)}".rstrip()


def describe_forecast(forecast: Forecast, sites: pd.DataFrame, words: Words) -> str:
    """The place to which most people would come, whether or not they would have gone to the office."""
    if forecast.by_site.empty:
        return ""
    busiest: Any = forecast.by_site.loc[str(forecast.by_site["mean"].idxmax())]
    return words.say(
        "Most people would come to {place}: about {n} (90% range: {range}).",
        place=sites["name"][busiest.name],
        n=words.number(busiest["mean"]),
        range=words.interval(busiest["ci_low"], busiest["ci_high"]),
    )


def describe_decay(turnout: TurnoutResult, words: Words) -> str:
    """The distance at which half as many people come, per resident, as from next door."""
    return decay_finding(turnout, words) + "."


# --- The forecast and its back-test as tables and plotly figures; numbers of people who came are rounded.


BACKTEST_COLUMNS = ("event_id", "date", "place", "came", "median", "ci_low", "ci_high", "inside")
"""Columns of `outreach backtest --format csv|json`; new ones are only ever added at the end."""


def backtested_events(
    backtest: BacktestResult,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    own: pd.Series,
    *,
    scheme: str = "leave_one_out",
    rounding_base: int = 5,
) -> pd.DataFrame:
    """Each past event beside the forecast that had not seen it, as it may be told outside the office; `own` people by
    event as `attendance_by_event` rounds them."""
    table = backtest.by_scheme(scheme)
    place = events["site_id"].reindex(table.index).map(sites["name"])
    published = own.reindex(table.index).fillna(0)
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


def tabulate_backtest(backtested: pd.DataFrame, words: Words) -> Table:
    """Past events, latest first: what was forecast without them, and what came."""
    say = words.say
    return table_of(
        say("Each past pop-up, forecast from the others alone"),
        backtested.sort_values("date", ascending=False, kind="stable").itertuples(),
        Column(say("Day"), lambda row: words.date(row.date, short=True)),
        Column(say("Place"), lambda row: str(row.place)),
        numbers(say("Forecast (90% range)"), lambda row: words.ranged(row.median, row.ci_low, row.ci_high)),
        numbers(say("Came, without those from outside the province (rounded)"), lambda row: words.number(row.came)),
        Column(say("Inside the range?"), lambda row: say("yes") if row.inside else say("no")),
    )


def tabulate_turnout(turnout: TurnoutResult, words: Words) -> Table:
    """What was learned: each parameter with its 90 % interval, by the name it has in the model."""
    say = words.say
    scales = {
        "log people per resident": say("log people per resident"),
        "log ratio": say("log ratio"),
        "sd of log": say("standard deviation of the log"),
    }

    def scale(row: Any) -> str:
        unit: str = row.unit.removesuffix(f" ({turnout.status})")
        if unit.startswith("log ratio per "):
            return say("log ratio per {step}", step=unit.removeprefix("log ratio per ").removeprefix("unit of "))
        return scales.get(unit, unit)

    return table_of(
        say("Parameters of the model ({status})", status=status_text(turnout.status, words)),
        turnout.summary().itertuples(),
        Column(say("Parameter"), lambda row: str(row.Index)),
        numbers(say("Estimate"), lambda row: words.number(row.estimate, digits=2)),
        numbers(say("90% range"), lambda row: words.interval(row.ci_low, row.ci_high, digits=2)),
        Column(say("Unit"), scale),
        code=(0,),
    )


def tabulate_terms(turnout: TurnoutResult, words: Words) -> Table:
    """What time, programme and the office's own columns say of the people who come, or why they say nothing."""
    say, found = words.say, turnout.terms()
    steps = np.where(found.index == SEASON, TENTH, 1.0)
    factors = found[["estimate", "ci_low", "ci_high"]].mul(steps, axis=0).apply(np.exp)
    known = found["reason"] == ""
    return table_of(
        say("Time, programme and the office's own columns"),
        found.index,
        Column(say("Compared"), lambda name: term_text(str(name), words)),
        numbers(
            say("People, times"), lambda name: words.number(factors["estimate"][name], digits=2) if known[name] else ""
        ),
        numbers(
            say("90% range"),
            lambda name: words.interval(*factors.loc[name, ["ci_low", "ci_high"]], digits=2) if known[name] else "",
        ),
        Column(say("Reading"), lambda name: reading_of_term(found.loc[name], words)),
    )


def tabulate_forecast(forecast: Forecast, sites: pd.DataFrame, words: Words, *, top: int | None = None) -> Table:
    """Places by the people expected to come, capacity applied: the most first."""
    say = words.say
    return table_of(
        say("People who would come to a pop-up ({status})", status=status_text(forecast.status, words)),
        forecast.by_site.sort_values("mean", ascending=False, kind="stable").head(top or len(sites)).itertuples(),
        Column(say("Place"), lambda row: str(sites["name"][row.Index])),
        numbers(say("People (middle of the forecast)"), lambda row: words.number(row.median)),
        numbers(say("90% range"), lambda row: words.interval(row.ci_low, row.ci_high)),
        numbers(say("Chance of enough people"), lambda row: words.percent(row.p_above_threshold)),
        numbers(say("Capacity"), lambda row: words.number(row.capacity)),
    )


def plot_decay_curve(turnout: TurnoutResult, words: Words) -> go.Figure:
    """Applicants per 10,000 residents by distance, with the 90 % band of the curve."""
    curve = turnout.decay_curve()
    km = curve.index.to_numpy(float)
    figure = go.Figure(band(km, curve["ci_low"], curve["ci_high"], opacity=0.35))
    figure.add_scatter(
        x=km,
        y=curve["estimate"],
        mode="lines",
        line={"color": ACCENT, "width": 3},
        hoverinfo="text",
        hovertext=[
            f"{words.number(row.Index)} km: {words.ranged(row.estimate, row.ci_low, row.ci_high, digits=2)}"
            for row in records(curve)
        ],
    )
    half = half_distance(turnout)
    if half <= km[-1]:
        rate = float(np.interp(half, km, curve["estimate"]))
        figure.add_shape(type="line", x0=half, x1=half, y0=0, y1=rate, line={"color": QUIET, "dash": "dash"})
        figure.add_scatter(
            x=[half],
            y=[rate],
            mode="markers+text",
            marker={"color": ACCENT, "size": 10},
            text=[words.say("half at {km} km", km=words.number(half))],
            textposition="middle right",
            hoverinfo="skip",
        )
    figure.update_layout(showlegend=False, separators=words.separators)
    figure.update_yaxes(rangemode="tozero", gridcolor=GRID)
    amounts_from_zero(figure, float(km[-1]), words)
    subtitle = words.say("Expected applicants of one pop-up per 10,000 residents, by distance in km; 90% range")
    return apply_theme(figure, title=decay_finding(turnout, words), subtitle=subtitle)


def plot_backtest(backtested: pd.DataFrame, words: Words) -> go.Figure:
    """Past events by their day, with their intervals as whiskers and what came as a dot, hollow and in the accent
    colour where it missed."""
    subtitle = words.say("Line: 90% range of the forecast made without the pop-up; dot: people who came (rounded)")
    days = [f"{day:%Y-%m-%d}" for day in backtested["date"]]
    figure = go.Figure()
    figure.add_scatter(
        x=days,
        y=backtested["median"].to_list(),
        mode="markers",
        error_y=whiskers(
            backtested["median"], backtested["ci_low"], backtested["ci_high"], **THICK | {"color": "#b4bdc7"}
        ),
        hoverinfo="skip",
        marker={"color": "#b4bdc7", "symbol": "line-ns-open", "size": 1},
    )
    figure.add_scatter(
        x=days,
        y=backtested["came"].to_list(),
        mode="markers",
        hoverinfo="text",
        hovertext=[
            words.say(
                "{place}: forecast {n} ({range}), came {came}",
                place=plain(f"{words.date(row.date, short=True)}, {row.place}"),
                n=words.number(row.median),
                range=words.interval(row.ci_low, row.ci_high),
                came=words.number(row.came),
            )
            for row in records(backtested)
        ],
        marker={
            "color": ["#1b1f24" if inside else ACCENT for inside in backtested["inside"]],
            "symbol": ["circle" if inside else "circle-open" for inside in backtested["inside"]],
            "size": 10,
        },
    )
    figure.update_yaxes(rangemode="tozero", gridcolor=GRID)
    figure.update_layout(showlegend=False, separators=words.separators)
    title = inside_finding(int(backtested["inside"].sum()), len(backtested), words)
    return apply_theme(figure, title=title, subtitle=subtitle)


# --- The section that says how sure the forecast is: the curve of distance, and past events against their forecasts.


def confidence_section(analysis: Study, words: Words) -> Section:
    """What the forecast rests on, how people fall off with distance, and how it did on past events."""
    turnout, backtested, say = analysis.turnout, analysis.judged, words.say
    published = published_events(analysis)
    if backtested is None or published is None or not is_judged(backtested):
        past: tuple[Block | None, ...] = (
            paragraph(basis_of_forecast(turnout.status, turnout.settings, words, backtest=backtested)),
        )
    else:
        places = with_star(analysis.sites, analysis.ranking.recommended)["name"]
        table = tabulate_backtest(
            published.assign(place=analysis.events["site_id"].reindex(published.index).map(places)), words
        )
        past = (
            as_figure(plot_backtest(published, words)),
            listed(describe_backtest(backtested, words)),
            folded(say("Each past pop-up and its forecast ({n})", n=len(table.rows)), as_table(table)),
        )
    terms = tabulate_terms(turnout, words)
    return Section.of(
        "confidence",
        say("How sure"),
        *past,
        as_figure(plot_decay_curve(turnout, words)),
        paragraph(full_finding(turnout, words)),
        folded(say("Time, programme and own columns ({n})", n=len(terms.rows)), as_table(terms)),
    )


def published_events(analysis: Study, *, scheme: str = "leave_one_out") -> pd.DataFrame | None:
    """Past events against their forecasts, people rounded; None where none was judged."""
    backtested = analysis.judged
    return None if backtested is None or backtested.leave_one_out.empty else judged_events(backtested, analysis, scheme)


def judged_events(backtested: BacktestResult, analysis: Study, scheme: str = "leave_one_out") -> pd.DataFrame:
    """Each past event of a study beside the forecast that had not seen it, people rounded."""
    own, base = analysis.came["own"], analysis.rounding_base
    return backtested_events(backtested, analysis.events, analysis.sites, own, scheme=scheme, rounding_base=base)


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (TurnoutResult, "tables"): {
        "turnout": lambda r, s, words: tabulate_turnout(r, words),
        "terms": lambda r, s, words: tabulate_terms(r, words),
    },
    (TurnoutResult, "plots"): {"decay": lambda r, s, words: plot_decay_curve(r, words)},
    (TurnoutResult, "texts"): {
        "turnout": lambda r, s, words: describe_turnout(r, words),
        "decay": lambda r, s, words: describe_decay(r, words),
    },
    (Forecast, "tables"): {"forecast": lambda r, s, words: tabulate_forecast(r, s.sites, words, top=10)},
    (Forecast, "texts"): {"forecast": lambda r, s, words: describe_forecast(r, s.sites, words)},
    (BacktestResult, "tables"): {"backtest": lambda r, s, words: tabulate_backtest(judged_events(r, s), words)},
    (BacktestResult, "plots"): {"backtest": lambda r, s, words: plot_backtest(judged_events(r, s), words)},
    (BacktestResult, "texts"): {"backtest": lambda r, s, words: describe_backtest(r, words)},
}
