"""The ranking: its sentences, tables, chart and section."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.models.backtest import BacktestResult
from outreach_analysis.report.figure import (
    ACCENT,
    QUIET,
    amounts_from_zero,
    apply_theme,
    at_bars,
    bars,
    dots,
    legend_below,
    plain,
    plot_next_sites,
    set_category_axis,
)
from outreach_analysis.report.table import (
    STAR,
    Column,
    Section,
    Table,
    Ways,
    as_figure,
    as_table,
    folded,
    numbers,
    paragraph,
    programme_and_days,
    records,
    table_of,
)
from outreach_analysis.report.topics.turnout import basis_of_forecast
from outreach_analysis.report.words import NAMED_AT_MOST, Words
from outreach_analysis.study import Study

# --- A ranking turned into sentences: the first screen, and why a place is in or out.

BUSIER = 1.5
"""From this ratio of people on a place counts as clearly busier."""
WORTH_SAYING = 0.1
"""A part of an account of less than this share of the people is not named unless it is the largest."""
SAME_PEOPLE = 1e-6
"""Below this two numbers of people differ by arithmetic only."""


def area_text(area_id: str, areas: pd.DataFrame, words: Words) -> str:
    """The kecamatan in which an area lies, and its kabupaten."""
    holder = enclosing_area(pd.Series([area_id]), areas).iloc[0]
    if pd.isna(holder):
        return ""
    row: Any = areas.loc[holder]
    return words.say("Kecamatan {area}, {kabupaten}", area=row["name"], kabupaten=row["parent_name"])


def starred(place: Any, ranking: RankingResult) -> str:
    """A place (its row) with its rank, and a star where it is the proposed one, whatever its rank."""
    return f"{STAR if place.Index == ranking.recommended else ''}{place.rank}. {place.name}"


def day_text(ranking: RankingResult, site_id: str, words: Words) -> str:
    """The day to propose for a place, with the name of a holiday and a mark where its date is estimated."""
    first: Any = ranking.by_site.loc[site_id]
    text = words.date(first["next_day"], weekday=True)
    if first["day_kind"] == "holiday":
        text = f"{text} ({holiday_text(first['day_reason'], estimated=bool(first['day_estimated']), words=words)})"
    return text


def holiday_text(name: str, *, estimated: bool, words: Words) -> str:
    """The name of a holiday, marked where its date is not yet declared."""
    return words.say("{holiday}, date estimated", holiday=name) if estimated else name


def why(ranking: RankingResult, words: Words) -> str:
    """Every reason for the recommended place, set apart by middle dots."""
    reasons = ranking.reasons[ranking.reasons["site_id"] == ranking.recommended]
    parts = (reason_text(row.code, row.value, ranking, words) for row in records(reasons))
    return " · ".join(part for part in parts if part)


def reason_text(code: str, value: Any, ranking: RankingResult, words: Words) -> str:
    """One reason in words; '' where the code has nothing to say for this value."""
    say, settings = words.say, ranking.settings
    n = words.number(settings.interest_threshold_people)
    threshold = words.measure(settings.service_threshold, settings.travel_measure)
    texts = {
        "new_within_reach": lambda: say(
            "about {n} people live within {threshold} of this place, but more than {threshold} from a fixed "
            "service point",
            n=_rounded(value, words),
            threshold=threshold,
        ),
        "km_from_fixed_point": lambda: _from_fixed_point(value, "km", words),
        "minutes_from_fixed_point": lambda: _from_fixed_point(value, "minutes", words),
        "last_visit": lambda: (
            say("this place was never visited") if pd.isna(value) else say("last visit: {day}", day=words.date(value))
        ),
        "last_visit_nearby": lambda: say(
            "last pop-up in the same kabupaten: {place}, {day}", place=value[1], day=words.date(value[0])
        ),
        "interest_above": lambda: say("interest above the threshold (more than {n})", n=n),
        "interest_not_required": lambda: say(
            "the rule of more than {n} interested people is for kecamatan and desa only", n=n
        ),
    }
    if code not in texts:
        raise KeyError(code)
    nothing = value is None or (not isinstance(value, tuple) and (pd.isna(value) or not value))
    # a place that was never visited has no day, and that is worth saying
    return "" if nothing and code != "last_visit" else texts[code]()


def _from_fixed_point(value: float, unit: str, words: Words) -> str:
    if math.isinf(value):
        return words.say("no way leads to a fixed service point")
    return words.say("{distance} from the nearest fixed service point", distance=words.measure(value, unit))


def _rounded(people: float, words: Words) -> str:
    """Residents in whole thousands: their number is an estimate."""
    return words.number(round(float(people), -3) if people >= 1000 else people)


def why_not_busier(ranking: RankingResult, words: Words) -> str:
    """The place where clearly more people would come but no more additional ones, and where the others would go."""
    say = words.say
    everybody = ranking.by_site["people"] + ranking.by_site["gone_earlier"]
    best, busiest = str(ranking.recommended), str(everybody.idxmax())
    increment = ranking.by_site["increment"]
    if everybody[busiest] < BUSIER * everybody[best] or increment[busiest] > increment[best]:
        return ""
    people, additional, *others = account_people(ranking.by_site.loc[busiest])
    office, announced, outside = map(words.number, others)
    published = (
        say("about {n} would apply at the office anyway", n=office),
        say("about {n} are already counted at announced pop-ups", n=announced),
        say("about {n} come from outside the working area", n=outside),
    )
    parts = sorted(zip(others, published, strict=True), key=lambda part: -part[0])
    named = [text for n, text in parts if n >= WORTH_SAYING * people or n == parts[0][0]]
    return say(
        "{place} would draw more people (about {people}), but only about {increment} of them are additional: {others}.",
        place=ranking.by_site["name"][busiest],
        people=words.number(people),
        increment=words.number(additional),
        others=words.listing(named),
    )


def account_people(place: Any) -> tuple[int, int, int, int, int]:
    """The account of a place in whole people that add up."""
    exact = [place["office_anyway"], place["gone_earlier"] + place["gone_later"], place["outside"]]
    people, additional = round(place["people"] + place["gone_earlier"]), math.floor(place["increment"] + 0.5)
    parts = [math.floor(part + 0.5) for part in exact]
    largest = max(range(len(parts)), key=lambda number: exact[number])
    parts[largest] = max(parts[largest] + people - additional - sum(parts), 0)
    return (additional + sum(parts), additional, parts[0], parts[1], parts[2])


def by_people(ranking: RankingResult) -> bool:
    """Whether the order is that of additional people; stated weights can change it."""
    return bool((ranking.by_site["increment"].diff().dropna() < SAME_PEOPLE).all())


def how_sure(
    ranking: RankingResult, words: Words, *, backtest: BacktestResult | None = None, brief: bool = False
) -> str:
    """What the forecast rests on, how often the recommended place is the best, and which are nearly as good; `brief`
    says how many these are and no more. '' where no place may be visited."""
    if ranking.recommended is None:
        return ""
    say = words.say
    basis = basis_of_forecast(ranking.status, ranking.settings, words, backtest=backtest)
    best: Any = ranking.by_site.loc[ranking.recommended]
    first = say("It is the best place in {n} of 100 draws.", n=words.number(100 * best["p_best"]))
    others = ranking.by_site[ranking.by_site["tied"]].drop(index=str(ranking.recommended))["name"].tolist()
    tie = (
        say("No other place comes close.")
        if not others
        else say("Nearly as good: {places}.", places=words.listing(others))
        if len(others) <= NAMED_AT_MOST
        else say(
            "The choice is not certain: {n} other places are nearly as good, among them {places}.",
            n=words.number(len(others)),
            places=words.listing(others[:NAMED_AT_MOST]),
        )
    )
    if len(ranking.by_site) == 1:
        return " ".join((basis, say("No other place can be visited next.")))
    if brief:
        count = say("Places that are nearly as good: {n}.", n=words.number(len(others)))
        return " ".join((basis, first, count if others else tie))
    return " ".join((basis, first, tie, _chosen_because(ranking, words)))


def _chosen_because(ranking: RankingResult, words: Words) -> str:
    """What put the recommended place in front."""
    say = words.say
    return {
        "no_tie": say("It is proposed because it is expected to add the most people.")
        if by_people(ranking)
        else say("It is proposed because it stands first by the stated weights, not by additional people alone."),
        "day": say("Of places with the same number of additional people it has the earliest day."),
        "travel": say("Of places with the same number of additional people and the same day it is the nearest."),
        "position": say(
            "Of places with the same number of additional people, day and way it was taken by its position on the map."
        ),
    }[ranking.decided_by]


def runner_up(ranking: RankingResult, words: Words) -> str:
    """The next place in the order, and the first one in another kabupaten where that is not the same."""
    others = ranking.by_site.drop(index=str(ranking.recommended), errors="ignore")
    if others.empty or ranking.recommended is None:
        return ""
    home = ranking.by_site["kabupaten"][str(ranking.recommended)]
    elsewhere = others[others["kabupaten"] != home]
    text = _people_text(others.iloc[0], words)
    if elsewhere.empty or elsewhere.index[0] == others.index[0]:
        return text
    other = words.say("Outside {kabupaten}: {place}", kabupaten=home, place=_people_text(elsewhere.iloc[0], words))
    return f"{text} {other}"


def _people_text(place: Any, words: Words) -> str:
    return words.say(
        "{place}, about {people} people ({range}), {increment} of them additional.",
        place=place["name"],
        people=words.number(place["people"]),
        range=words.interval(place["people_low"], place["people_high"]),
        increment=words.number(place["increment"]),
    )


def what_could_change(ranking: RankingResult, words: Words, *, cancelled: pd.DataFrame | None) -> str:
    """Interest that would put another place first, and announced events without which another would be proposed."""
    if ranking.recommended is None:
        return ""
    waiting = ranking.would_overtake()["name"].head(NAMED_AT_MOST).tolist()
    if waiting:
        interest = words.say(
            "If interest at {places} rises above {n}, a pop-up there would reach more people.",
            places=words.listing(waiting, style="or"),
            n=words.number(ranking.settings.interest_threshold_people),
        )
    elif ranking.status == "prior_only":
        interest = words.say(
            "The office's own past events, once there are enough to learn from. More interest elsewhere would not "
            "change it."
        )
    else:
        interest = words.say(
            "The next pop-ups, where far more or fewer people come than expected. More interest elsewhere would not "
            "change it."
        )
    return f"{interest} {cancelled_text(cancelled, ranking, words)}".rstrip()


def cancelled_text(cancelled: pd.DataFrame | None, ranking: RankingResult, words: Words) -> str:
    """What would be proposed if each announced event were cancelled; '' where none is announced or nobody asked."""
    if cancelled is None or cancelled.empty:
        return ""
    say = words.say
    changed = cancelled[cancelled["recommended"] != ranking.recommended]
    if changed.empty:
        return say("If an announced pop-up were cancelled, the proposal would stay the same.")
    texts = [
        say(
            "If the pop-up at {place} on {day} were cancelled, {other} would be proposed.",
            place=row["name"],
            day=words.date(row["date"]),
            other=row["recommended_name"] or say("no place"),
        )
        for row in changed.to_dict("records")
    ]
    return " ".join(texts)


def exclusion_text(reason: str, value: Any, ranking: RankingResult, words: Words) -> str:
    """Why a place may not be visited next."""
    say, settings = words.say, ranking.settings
    if reason == "recently_visited":
        again = pd.Timestamp(value) + pd.DateOffset(months=settings.revisit_months)
        return say("visited on {day}; again from {again}", day=words.date(value), again=words.date(again))
    return {
        "interest_below": say(
            "not more than {n} people interested", n=words.number(settings.interest_threshold_people)
        ),
        "already_scheduled": say("already scheduled"),
        "outside_jurisdiction": say("outside the working area"),
        "closed": say("not open on the day of the question"),
        "no_free_day": say(
            "no free day of an allowed kind in the next {days} days", days=words.number(settings.horizon_days)
        ),
    }[reason]


def period_text(start: dt.date | pd.Timestamp, end: dt.date | pd.Timestamp, words: Words) -> str:
    """From one month to another; one month alone."""
    if words.month(start) == words.month(end):
        return words.month(end)
    return words.say("{start} to {end}", start=words.month(start), end=words.month(end))


# --- Sections on what to do: the main points, the ranking of places and the days.


TOP = 5
NOT_AT_ONE_LOOK = (1, 4, 6)
"""Columns of the ranking that stand in its whole table only."""
ACCOUNT = ("#8f2a05", "#5f7d95", "#a9bdcb", "#e1e5e9")
"""Additional people, the office's, those of announced pop-ups, those from outside: dark to light, so that they differ
in grey."""


def ranking_section(analysis: Study, words: Words) -> Section:
    """The first places with their accounts, all of them, and those that may not be visited."""
    ranking, say = analysis.ranking, words.say
    every, excluded = tabulate_ranking(ranking, words), tabulate_excluded(ranking, words)
    return Section.of(
        "ranking",
        say("Ranking of places"),
        as_figure(plot_account(ranking, words, top=TOP)),
        as_table(tabulate_ranking(ranking, words, top=TOP).without(*NOT_AT_ONE_LOOK), "compact"),
        paragraph(say("The upper end of a range never exceeds the capacity of the place."), "source")
        if every.rows
        else None,
        folded(say("All places that may be visited ({n})", n=len(every.rows)), as_table(every)),
        folded(
            say("Places that may not be visited next ({n})", n=words.number(len(ranking.excluded))),
            as_table(excluded, "plain"),
        ),
        contents=say("Ranking"),
    )


def dates_section(analysis: Study, words: Words) -> Section:
    """The free days of the recommended place and what is planned already."""
    return Section.of(
        "dates",
        words.say("Dates"),
        as_table(tabulate_free_days(analysis.ranking, words), "plain"),
        as_table(tabulate_scheduled(analysis.scheduled, analysis.sites, words), "plain"),
    )


# --- Interactive charts: each takes a result and returns a plotly figure; none computes anything.


def plot_ranking(ranking: RankingResult, words: Words, *, top: int = 10) -> go.Figure:
    """Dot and whisker of the additional people at the first places, the recommended one in the accent colour."""
    say = words.say
    shown = ranking.by_site.head(top)
    subtitle = say("People whom neither the office nor an announced pop-up would serve; 90% range of the estimate")
    if ranking.leader is None:
        return apply_theme(go.Figure(), title=say("No place can be visited next"), subtitle=subtitle)
    first: Any = ranking.by_site.loc[ranking.leader]
    values = [words.ranged(row.increment, row.ci_low, row.ci_high) for row in records(shown)]
    figure = dots(
        shown["increment"],
        shown["ci_low"],
        shown["ci_high"],
        colours=[ACCENT if site == ranking.recommended else QUIET for site in shown.index],
        hover=[f"{plain(name)}: {value}" for name, value in zip(shown["name"], values, strict=True)],
        beside=values,
    )
    set_category_axis(figure, [starred(row, ranking) for row in records(shown)])
    amounts_from_zero(figure, float(shown["ci_high"].max()), words)
    named = {"place": first["name"], "n": words.number(first["increment"])}
    title = say("{place} adds most: about {n} people", **named)
    if not by_people(ranking):
        title = say("By the stated weights {place} comes first: about {n} additional people", **named)
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_account(ranking: RankingResult, words: Words, *, top: int = TOP) -> go.Figure:
    """One bar a place of all who would come: additional people, those who would come to the office anyway, those of
    announced pop-ups, those from outside."""
    say = words.say
    shown = ranking.by_site.head(top)
    parts = {
        "additional": say("additional"),
        "office": say("at the office anyway"),
        "announced": say("counted at announced pop-ups"),
        "outside": say("from outside the working area"),
    }
    figure = go.Figure()
    if len(shown):
        people = pd.DataFrame([account_people(row) for _, row in shown.iterrows()], columns=["all", *parts])
        for (part, name), colour in zip(parts.items(), ACCOUNT, strict=True):
            told = zip(shown["name"], people[part], strict=True)
            hover = [f"{plain(place)}: {words.number(n)} {plain(name)}" for place, n in told]
            looks = {"color": colour, "line": {"color": "#8b8f94", "width": 0.6}}
            figure.add_trace(bars(people[part].to_list(), hover, name=plain(name), marker=looks))
        ends = [
            say("{n} of {all}", n=words.number(some), all=words.number(every))
            for some, every in zip(people["additional"], people["all"], strict=True)
        ]
        figure.add_trace(at_bars(people["all"].to_list(), ends))
        set_category_axis(figure, [starred(row, ranking) for row in records(shown)])
        amounts_from_zero(figure, float(people["all"].max()), words)
    title = say("Of all who come, how many are additional")
    subtitle = say("People expected at each of the first places, by what they would do without it")
    return legend_below(apply_theme(figure, title=title, subtitle=subtitle)).update_layout(barmode="stack")


# --- Tables ready to be read: a result's rows in a language's words and numbers.


def tabulate_ranking(ranking: RankingResult, words: Words, *, top: int | None = None) -> Table:
    """Places in order: additional people, how often each is the best, what choosing it costs, all who come."""
    say = words.say
    shown = ranking.by_site.head(top) if top else ranking.by_site
    return table_of(
        say("Places for the next pop-up, most additional people first")
        if by_people(ranking)
        else say("Places for the next pop-up, ordered by the stated weights"),
        shown.itertuples(),
        Column(say("Place"), lambda row: starred(row, ranking)),
        Column(say("Kabupaten or kota"), lambda row: str(row.kabupaten)),
        numbers(say("Additional people (90% range)"), lambda row: words.ranged(row.increment, row.ci_low, row.ci_high)),
        numbers(say("Best in so many of 100 draws"), lambda row: words.number(100 * row.p_best)),
        numbers(
            say("Additional people given up on average by choosing it"),
            lambda row: words.number(max(row.costs_on_average, 0.0), digits=1),
        ),
        numbers(say("All who come (90% range)"), lambda row: words.ranged(row.people, row.people_low, row.people_high)),
        Column(say("May it be the best?"), lambda row: say("yes") if row.tied else say("no")),
        strong=tuple(site == ranking.recommended for site in shown.index),
    )


def tabulate_excluded(ranking: RankingResult, words: Words) -> Table:
    """Why places may not be visited next: each reason once, with its places by name."""
    shown = ranking.excluded.sort_values(["reason", "name"])
    texts = [exclusion_text(row.reason, row.value, ranking, words) for row in records(shown)]
    return table_of(
        words.say("Places that may not be visited next"),
        shown["name"].astype(str).groupby(pd.Series(texts, index=shown.index, dtype="str"), sort=False),
        Column(words.say("Why not"), lambda group: str(group[0])),
        numbers(words.say("Number of places"), lambda group: words.number(len(group[1]))),
        Column(words.say("Places"), lambda group: ", ".join(group[1])),
    )


def tabulate_free_days(ranking: RankingResult, words: Words, *, days: int = 6) -> Table:
    """The next free days of the recommended place with the reason for each: days off before working days."""
    say = words.say
    kinds = {"weekend": say("weekend"), "workday": say("workday")}
    free = ranking.free_days[ranking.free_days["site_id"] == ranking.recommended]
    days_off = free[free["kind"] != "workday"]
    return table_of(
        say("Days on which the team is free, at least {n} days ahead", n=words.number(ranking.settings.lead_days)),
        (days_off if len(days_off) else free).head(days).itertuples(),
        Column(say("Day"), lambda row: words.date(row.day, weekday=True)),
        Column(
            say("Kind of day"),
            lambda row: kinds.get(row.kind) or holiday_text(row.reason, estimated=bool(row.estimated), words=words),
        ),
    )


def tabulate_scheduled(scheduled: pd.DataFrame, sites: pd.DataFrame, words: Words) -> Table:
    """Announced events: their day and place, programme and days where they say something."""
    say = words.say
    return table_of(
        say("Already scheduled: their days are taken, and what they reach is not counted again"),
        scheduled.itertuples(),
        Column(say("Day"), lambda row: words.date(row.date, weekday=True)),
        Column(say("Place"), lambda row: str(sites["name"].get(row.site_id))),
        *programme_and_days(scheduled, words),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (Study, "tables"): {"scheduled": lambda r, s, words: tabulate_scheduled(s.scheduled, s.sites, words)},
    (RankingResult, "tables"): {
        "places": lambda r, s, words: tabulate_ranking(r, words, top=10),
        "excluded": lambda r, s, words: tabulate_excluded(r, words),
        "free days": lambda r, s, words: tabulate_free_days(r, words),
    },
    (RankingResult, "plots"): {
        "places": lambda r, s, words: plot_ranking(r, words),
        "account": lambda r, s, words: plot_account(r, words),
        "map": lambda r, s, words: plot_next_sites(r, s.need, s.areas, words),
    },
}
