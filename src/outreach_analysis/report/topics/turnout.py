"""Turnout: what the forecast rests on, how it did in the past, and its section."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.models.forecast import Forecast, Status
from outreach_analysis.models.terms import FASTING, INVITED, SEASON, TREND
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.report.figure import ACCENT, QUIET, amounts_from_zero, apply_theme, plain
from outreach_analysis.report.table import (
    Block,
    Section,
    Table,
    Views,
    as_figure,
    as_table,
    folded,
    listed,
    paragraph,
    records,
    with_star,
)
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown
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
            "Forecast only from earlier pop-ups, as in practice: {inside} of {n}.",
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
    return Sentences.of(backtest_sentences(backtest, words))


def describe_turnout(turnout: TurnoutResult, words: Words) -> str:
    """How many events the model learned from, and what that makes its forecasts."""
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
    return " ".join(each for each in learned if each)


def describe_forecast(forecast: Forecast, sites: pd.DataFrame, words: Words) -> str:
    """The place to which most people would come, whether or not they would have gone to the office."""
    if forecast.by_site.empty:
        return ""
    busiest = str(forecast.by_site["mean"].idxmax())
    row = forecast.by_site.loc[[busiest]].iloc[0]
    return words.say(
        "Most people would come to {place}: about {n} (90% range: {range}).",
        place=sites["name"][busiest],
        n=words.number(row["mean"]),
        range=words.interval(row["ci_low"], row["ci_high"]),
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
    shown = backtested.sort_values("date", ascending=False, kind="stable")
    rows = tuple(
        (
            words.date(row.date, short=True),
            str(row.place),
            f"{words.number(row.median)} ({words.interval(row.ci_low, row.ci_high)})",
            words.number(row.came),
            say("yes") if row.inside else say("no"),
        )
        for row in records(shown)
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


def tabulate_turnout(turnout: TurnoutResult, words: Words) -> Table:
    """What was learned: each parameter with its 90 % interval, by the name it has in the model."""
    say = words.say
    table = turnout.summary()
    table["unit"] = table["unit"].str.removesuffix(f" ({turnout.status})")
    rows = tuple(
        (
            str(name),
            words.number(row.estimate, digits=2),
            words.interval(row.ci_low, row.ci_high, digits=2),
            _scale_text(row.unit, words),
        )
        for name, row in zip(table.index, records(table), strict=True)
    )
    return Table(
        caption=say("Parameters of the model ({status})", status=status_text(turnout.status, words)),
        headers=(say("Parameter"), say("Estimate"), say("90% range"), say("Unit")),
        rows=rows,
        numeric=(False, True, True, False),
        code=(0,),
    )


def _scale_text(unit: str, words: Words) -> str:
    """The scale of a parameter."""
    say = words.say
    names = {
        "log people per resident": say("log people per resident"),
        "log ratio": say("log ratio"),
        "sd of log": say("standard deviation of the log"),
    }
    scale, _, per = unit.partition(" per ")
    if scale == "log ratio" and per:
        return say("log ratio per {step}", step=per.removeprefix("unit of "))
    return names.get(unit, unit)


def tabulate_terms(turnout: TurnoutResult, words: Words) -> Table:
    """What time, programme and the office's own columns say of the people who come, or why they say nothing."""
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


def tabulate_forecast(forecast: Forecast, sites: pd.DataFrame, words: Words, *, top: int | None = None) -> Table:
    """Places by the people expected to come, capacity applied: the most first."""
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
        for site_id, row in zip(shown.index, records(shown), strict=True)
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


def plot_decay_curve(turnout: TurnoutResult, words: Words) -> go.Figure:
    """Applicants per 10,000 residents by distance, with the 90 % band of the curve."""
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
    figure.update_layout(showlegend=False, separators=",." if words.lang == "id" else ".,")
    figure.update_yaxes(rangemode="tozero", gridcolor="#e5e5e5")
    amounts_from_zero(figure, float(km[-1]), words)
    subtitle = words.say("Expected applicants of one pop-up per 10,000 residents, by distance in km; 90% range")
    return apply_theme(figure, title=decay_finding(turnout, words), subtitle=subtitle)


def plot_backtest(backtested: pd.DataFrame, words: Words) -> go.Figure:
    """Past events by their day, with their intervals as whiskers and what came as a dot, hollow and in the accent
    colour where it missed."""
    subtitle = words.say("Line: 90% range of the forecast made without the pop-up; dot: people who came (rounded)")
    hover = [
        words.say(
            "{place}: forecast {n} ({range}), came {came}",
            place=plain(f"{words.date(row.date, short=True)}, {row.place}"),
            n=words.number(row.median),
            range=words.interval(row.ci_low, row.ci_high),
            came=words.number(row.came),
        )
        for row in records(backtested)
    ]
    days = [f"{day:%Y-%m-%d}" for day in backtested["date"]]
    ranges = go.Scatter(
        x=days,
        y=backtested["median"].to_list(),
        mode="markers",
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (backtested["ci_high"] - backtested["median"]).to_list(),
            "arrayminus": (backtested["median"] - backtested["ci_low"]).to_list(),
            "color": "#b4bdc7",
            "thickness": 4,
            "width": 0,
        },
        hoverinfo="skip",
        marker={"color": "#b4bdc7", "symbol": "line-ns-open", "size": 1},
    )
    came = go.Scatter(
        x=days,
        y=backtested["came"].to_list(),
        mode="markers",
        hoverinfo="text",
        hovertext=hover,
        marker={
            "color": ["#1b1f24" if inside else ACCENT for inside in backtested["inside"]],
            "symbol": ["circle" if inside else "circle-open" for inside in backtested["inside"]],
            "size": 10,
        },
    )
    figure = go.Figure([ranges, came])
    figure.update_yaxes(rangemode="tozero", gridcolor="#e5e5e5")
    figure.update_layout(showlegend=False, separators=",." if words.lang == "id" else ".,")
    return apply_theme(
        figure, title=inside_finding(int(backtested["inside"].sum()), len(backtested), words), subtitle=subtitle
    )


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
    if backtested is None or backtested.leave_one_out.empty:
        return None
    return judged_events(backtested, analysis, scheme=scheme)


def judged_events(backtested: BacktestResult, analysis: Study, *, scheme: str = "leave_one_out") -> pd.DataFrame:
    """Each past event of a study beside the forecast that had not seen it, people rounded."""
    return backtested_events(
        backtested,
        analysis.events,
        analysis.sites,
        analysis.came["own"],
        scheme=scheme,
        rounding_base=analysis.rounding_base,
    )


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    TurnoutResult: Views(
        tables={
            "turnout": lambda r, s, words: tabulate_turnout(r, words),
            "terms": lambda r, s, words: tabulate_terms(r, words),
        },
        plots={"decay": lambda r, s, words: plot_decay_curve(r, words)},
        texts={
            "turnout": lambda r, s, words: describe_turnout(r, words),
            "decay": lambda r, s, words: describe_decay(r, words),
        },
    ),
    Forecast: Views(
        tables={"forecast": lambda r, s, words: tabulate_forecast(r, s.sites, words, top=10)},
        texts={"forecast": lambda r, s, words: describe_forecast(r, s.sites, words)},
    ),
    BacktestResult: Views(
        tables={"backtest": lambda r, s, words: tabulate_backtest(judged_events(r, s), words)},
        plots={"backtest": lambda r, s, words: plot_backtest(judged_events(r, s), words)},
        texts={"backtest": lambda r, s, words: describe_backtest(r, words)},
    ),
}
