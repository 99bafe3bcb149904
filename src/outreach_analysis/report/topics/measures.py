"""Reach, coverage, need, events and distance: sentences, tables, charts and sections."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.contracts import RequestError
from outreach_analysis.event_kinds import held_popups, is_popup, planned_popups, popups_that_took_place, took_place
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.measures.attendance import people_by_period
from outreach_analysis.measures.coverage import AccessibilityResult, CoverageResult
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import CATCHMENT_SHARES, CatchmentResult, ReachResult
from outreach_analysis.report.figure import (
    ACCENT,
    accessibility_layer,
    amounts_from_zero,
    apply_theme,
    bars,
    coverage_layer,
    dots,
    legend_below,
    need_layer,
    plain,
    plot_layer,
    reach_layer,
    set_category_axis,
)
from outreach_analysis.report.table import (
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
    table_of,
    with_star,
)
from outreach_analysis.report.words import NAMED_AT_MOST, Words, marked
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

# --- One sentence a measure, its numbers computed: the report's main points, the prose beside a notebook's figures.


def describe_reach(reach: ReachResult, events: pd.DataFrame, words: Words, *, came: pd.DataFrame) -> str:
    """How many people came to the pop-ups held so far, how many of them are placed, and in how many kecamatan."""
    held = popups_that_took_place(events)
    if held.empty:
        return words.say("No pop-up has been held yet, so nothing can be said about who came.")
    inside = reach.by_area[reach.by_area["in_jurisdiction"].astype(bool)]
    everybody, unplaced = (int(came.loc[came.index.isin(held.index), name].sum()) for name in ("people", "unplaced"))
    return words.say(
        "Pop-ups since {since}: {events}; about {came} people came, and where {known} of them live is known. About "
        "{people} live in the working area, in {reached} of its {all} kecamatan.",
        events=words.number(len(held)),
        came=words.number(everybody),
        known=words.percent(np.floor((1 - unplaced / everybody) * 100) / 100 if everybody else 1.0),
        people=words.number(reach.summary()["applicants"].get("jurisdiction", 0)),
        since=words.month(held["date"].min()),
        reached=words.number(int((inside["applicants"] > 0).sum())),
        all=words.number(len(inside)),
    )


def describe_events(events: pd.DataFrame, words: Words) -> str:
    """How many pop-ups were held, at how many places, and how many are planned."""
    held = held_popups(events)
    failed = popups_that_took_place(events).index.difference(held.index)
    openings = events[took_place(events) & ~is_popup(events)]
    texts = [
        words.say(
            "Pop-ups held: {held}, at {places} places; planned: {planned}.",
            held=words.number(len(held)),
            places=words.number(held["site_id"].nunique()),
            planned=words.number(len(planned_popups(events))),
        )
    ]
    if len(failed):
        texts.append(
            words.say(
                "Broken off: {n}; their people count, but nothing is learned from them.", n=words.number(len(failed))
            )
        )
    if len(openings):
        texts.append(
            words.say(
                "Openings at the office: {n}; they are no pop-ups, and their people count as the office's.",
                n=words.number(len(openings)),
            )
        )
    return " ".join(texts)


def describe_past(events: pd.DataFrame, came: pd.DataFrame, words: Words) -> str:
    """How many people past pop-ups had, and that nothing is claimed about them yet."""
    held = held_popups(events).index
    people = came["people"].reindex(held).dropna()
    if people.empty:
        return ""
    if people.min() == people.max():
        text = words.say(
            "Pop-ups held: {events}; applicants at each: {n}.",
            events=words.number(len(held)),
            n=words.number(people.max()),
        )
    else:
        text = words.say(
            "Pop-ups held: {events}; applicants at each: {least} to {most}, middle value {median}.",
            events=words.number(len(held)),
            least=words.number(people.min()),
            most=words.number(people.max()),
            median=words.number(people.median()),
        )
    full = int(events.loc[held, "sold_out"].sum()) if "sold_out" in events else 0
    if full:
        text += " " + words.say("The quota was used up at {n} of them.", n=words.number(full))
    return text


def describe_year(came: pd.DataFrame, events: pd.DataFrame, words: Words, *, settings: Settings, as_of: dt.date) -> str:
    """How much of the year's target is reached, and how much of the year is over; '' where no target is set."""
    target = settings.year_target
    if target is None:
        return ""
    first = dt.date(as_of.year, 1, 1)
    people = came["people"][events["date"].reindex(came.index) >= pd.Timestamp(first)].sum()
    return words.say(
        "Target of {year}: {target} people at pop-ups. About {people} came up to {day} ({share}); {past} of the "
        "year is over.",
        year=str(as_of.year),
        target=words.number(target),
        people=words.number(people),
        day=words.date(as_of),
        share=words.percent(people / target),
        past=words.percent(((as_of - first).days + 1) / (dt.date(as_of.year + 1, 1, 1) - first).days),
    )


def tabulate_periods(
    came: pd.DataFrame, events: pd.DataFrame, words: Words, *, settings: Settings, as_of: dt.date
) -> Table | None:
    """The pop-ups of the last months beside those of as many months before; None where either had none."""
    say = words.say
    periods = people_by_period(came, events=events, as_of=as_of, months=settings.window_months)
    if (periods["events"] == 0).any():
        return None
    each = periods.assign(per_event=(periods["people"] / periods["events"]).round())
    names = {
        "events": say("Pop-ups"),
        "places": say("Places visited"),
        "people": say("Applicants (rounded)"),
        "per_event": say("Applicants a pop-up"),
    }

    def change(row: tuple[str, float, float]) -> str:
        _, then, now = row
        return ("+" if now > then else "") + words.number(now - then)

    ends = [
        say("{n} months to {day}", n=words.number(settings.window_months), day=words.date(day, short=True))
        for day in periods["end"]
    ]
    return table_of(
        say("This period against the one before"),
        [(name, *each[column]) for column, name in names.items()],
        Column(say("What"), lambda row: row[0]),
        numbers(ends[0], lambda row: words.number(row[1])),
        numbers(ends[1], lambda row: words.number(row[2])),
        numbers(say("Change"), change),
    )


def describe_extremes(reach: ReachResult, words: Words) -> str:
    """The areas of the jurisdiction with the highest and the lowest rate, each with its interval."""
    inside = reach.by_area[reach.by_area["in_jurisdiction"].astype(bool)].dropna(subset="rate")
    if len(inside) < 2:
        return ""
    ordered = inside.sort_values(["rate", "name"], kind="stable").to_dict("records")
    texts = [
        words.say(
            "{area} ({rate} per 10,000 residents, 90% range {range})",
            area=row["name"],
            rate=words.number(row["rate"], digits=1),
            range=words.interval(row["ci_low"], row["ci_high"], digits=1),
        )
        for row in (ordered[-1], ordered[0])
    ]
    return words.say("Highest in {most}, lowest in {least}.", most=texts[0], least=texts[1])


def describe_catchment(catchment: CatchmentResult, words: Words) -> str:
    """How near half of the applicants live, and how many come from elsewhere."""
    overall = catchment.overall
    if pd.isna(overall["km_50"]) or round(overall["km_50"]) == 0:  # areas are points: nobody lives at no distance
        return ""
    return words.say(
        "Half of the applicants live within {km} km of the pop-up; {share} come from outside the kabupaten in "
        "which it was held.",
        km=words.number(overall["km_50"]),
        share=words.percent(overall["share_outside_host"]),
    )


def describe_coverage(coverage: CoverageResult, words: Words, *, settings: Settings) -> str:
    """Share of residents near a service point, with and without the recent pop-ups."""
    summary = coverage.summary()["estimate"]
    told = {"fixed": words.percent(summary["fixed"]), "threshold": words.measure(coverage.threshold, coverage.unit)}
    if not summary["popup"]:
        return words.say("{fixed} of residents live within {threshold} of a fixed service point.", **told)
    return words.say(
        "{fixed} of residents live within {threshold} of a fixed service point; another {popup} only of a pop-up "
        "of the last {months} months.",
        **told,
        popup=words.percent(summary["popup"]),
        months=words.number(settings.window_months),
    )


def describe_thresholds(coverage: Mapping[float, CoverageResult], words: Words) -> str:
    """How much coverage hangs on the threshold."""
    if len(coverage) < 2:
        return ""
    least, most = min(coverage), max(coverage)
    return words.say(
        "The choice of distance matters: with {least} the share is {low}, with {most} it is {high}.",
        least=words.measure(least, coverage[least].unit),
        low=words.percent(coverage[least].share),
        most=words.measure(most, coverage[most].unit),
        high=words.percent(coverage[most].share),
    )


def describe_need(need: NeedResult, words: Words) -> str:
    """How many more would apply if every kecamatan were as well served as the well-served ones, and where."""
    if not need.has_office_figures:
        return ""
    inside = need.by_area[need.by_area["in_jurisdiction"].astype(bool)]
    largest = inside.sort_values(["need", "name"], ascending=[False, True]).head(NAMED_AT_MOST)
    largest = largest[largest["need"] > 0]
    if largest.empty:
        return words.say("Every kecamatan is served as well as the well-served ones.")
    total: Any = need.summary().loc["need"]
    return words.say(
        "If every kecamatan were served as well as the well-served ones, there would be about {need} more "
        "applications in {months} months ({range}, as one defines well served), most of them in {places}.",
        need=words.number(round(float(total["estimate"]), -2)),
        range=words.interval(round(float(total["ci_low"]), -2), round(float(total["ci_high"]), -2)),
        months=words.number(need.settings.window_months),
        places=words.listing(largest["name"].tolist()),
    )


def describe_interest(interest: InterestResult, words: Words) -> str:
    """In which kecamatan enough people asked; never how many they are."""
    if not interest.assessed:
        return words.say("Interest was not assessed: there is no list of interested people.")
    threshold = words.number(interest.settings.interest_threshold_people)
    above = interest.by_area.loc[interest.by_area["above_threshold"], "name"].tolist()
    if not above:
        return words.say("In no kecamatan have more than {threshold} people asked for a pop-up.", threshold=threshold)
    return words.say(
        "More than {threshold} people have asked for a pop-up in {places}.",
        threshold=threshold,
        places=words.listing(above),
    )


# --- Accessibility in one sentence.


def describe_accessibility(result: AccessibilityResult, words: Words) -> str:
    """How much service there is for the people near it, and where there is least and most."""
    summary = result.summary()["estimate"]
    if math.isnan(summary["mean"]):
        return ""
    inside = result.by_area[result.by_area["in_jurisdiction"].astype(bool)]
    most = inside.iloc[int(inside["per_10_000"].to_numpy().argmax())]
    return words.say(
        "Offices and pop-ups offered {mean} places per 10,000 residents, most around {place} ({most}); {share} of "
        "residents have none within {threshold}.",
        mean=words.number(summary["mean"]),
        place=str(most["name"]),
        most=words.number(float(most["per_10_000"])),
        share=words.percent(summary["without"]),
        threshold=words.measure(result.threshold, result.unit),
    )


# --- Sections on what is: the map, reach and coverage, and the pop-ups so far.


def reach_section(analysis: Study, words: Words) -> Section:
    """Residents near a service point, need not yet met, and applicants per resident."""
    need = analysis.need
    by_area = tabulate_reach(analysis.reach, words)
    return Section.of(
        "reach",
        words.say("Distance to service, and need") if need.has_office_figures else words.say("Distance to service"),
        as_table(tabulate_coverage(analysis.coverage_by_threshold, words), "compact"),
        as_figure(plot_fair_share(analysis.reach_by_kabupaten, visits_by_kabupaten(analysis), words)),
        as_table(tabulate_reach(analysis.reach_by_kabupaten, words), "compact"),
        folded(words.say("The same by kecamatan ({n})", n=len(by_area.rows)), as_table(by_area)),
    )


def visits_by_kabupaten(analysis: Study) -> pd.Series:
    """Pop-ups held in each kabupaten (index its id)."""
    areas = analysis.dataset.areas
    holders = enclosing_area(analysis.sites["area_id"], areas).map(areas["parent_id"])
    return held_popups(analysis.dataset.events)["site_id"].map(holders).value_counts()


def plot_fair_share(reach: ReachResult, visits: pd.Series, words: Words) -> go.Figure:
    """Each kabupaten's share of those who came as a bar, its share of the residents as a line across it."""
    say = words.say
    inside = reach.by_area[reach.by_area["in_jurisdiction"].astype(bool)]
    inside = inside.sort_values("residents", ascending=False, kind="stable")
    subtitle = say(
        "Share of pop-up applicants (bar) and of residents (line) in percent, and pop-ups held, by kabupaten"
    )
    came, residents = (100 * inside[name].astype(float) / inside[name].sum() for name in ("applicants", "residents"))
    if len(inside) < 2 or came.isna().any() or residents.isna().any():
        return apply_theme(go.Figure(), title=say("No pop-up has been held yet"), subtitle=subtitle)
    told = [
        f"{plain(name)}: {words.percent(a / 100)} / {words.percent(b / 100)}"
        for name, a, b in zip(inside["name"], came, residents, strict=True)
    ]
    looks = {"name": plain(say("share of applicants")), "marker": {"color": "#8fb7d3"}}
    figure = go.Figure(bars(came.to_list(), told, **looks))
    figure.add_scatter(
        x=residents.to_list(),
        y=list(range(len(inside))),
        mode="markers+text",
        marker={"symbol": "line-ns-open", "size": 20, "color": "#1b1f24"},
        text=[say("Pop-ups: {n}", n=words.number(n)) for n in visits.reindex(inside.index, fill_value=0)],
        textposition="middle right",
        hoverinfo="text",
        hovertext=told,
        name=plain(say("share of residents")),
    )
    set_category_axis(figure, [str(name) for name in inside["name"]])
    amounts_from_zero(figure, float(max(came.max(), residents.max())), words)
    least = str((came - residents).idxmin())
    title = say(
        "{place} has {residents} of the residents and {people} of those who came",
        place=inside["name"][least],
        residents=words.percent(residents[least] / 100),
        people=words.percent(came[least] / 100),
    )
    return legend_below(apply_theme(figure, title=title, subtitle=subtitle))


def past_section(analysis: Study, words: Words) -> Section:
    """The pop-ups held and planned."""
    dated: dict[str, Any] = {"settings": analysis.settings, "as_of": analysis.as_of}
    sites = with_star(analysis.sites, analysis.ranking.recommended)
    events = tabulate_events(analysis.events, sites, analysis.came, words)
    return Section.of(
        "past",
        words.say("Past pop-ups"),
        paragraph(describe_past(analysis.events, analysis.came, words)),
        paragraph(describe_year(analysis.came, analysis.events, words, **dated)),
        as_table(tabulate_periods(analysis.came, analysis.events, words, **dated), "compact"),
        folded(words.say("Pop-ups held and planned ({n})", n=len(events.rows)), as_table(events, "plain")),
    )


# --- Tables ready to be read: a result's rows in a language's words and numbers.


def tabulate_reach(reach: ReachResult, words: Words) -> Table:
    """Applicants, residents and rate by area, highest rate first; areas outside the jurisdiction last, marked."""
    say = words.say
    shown = reach.by_area.sort_values(["in_jurisdiction", "rate", "name"], ascending=[False, False, True])
    return table_of(
        marked(say("Applicants at pop-ups per 10,000 residents"), reach.poorly_placed, words),
        shown.itertuples(),
        Column(
            say("Area"),
            lambda row: (
                str(row.name) if row.in_jurisdiction else say("{area} (outside the working area)", area=row.name)
            ),
        ),
        numbers(say("Applicants (rounded)"), lambda row: words.number(row.applicants)),
        numbers(say("Residents"), lambda row: words.number(row.residents)),
        numbers(
            say("Per 10,000 residents (90% range)"),
            lambda row: words.ranged(row.rate, row.ci_low, row.ci_high, digits=1),
        ),
    )


def tabulate_coverage(coverage: dict[float, CoverageResult], words: Words) -> Table:
    """Residents within each threshold: of any service point, of fixed ones, of recent pop-ups only."""
    say = words.say
    rows = [(threshold, result, result.summary()) for threshold, result in sorted(coverage.items())]

    def share(header: str, of: str) -> Column:
        return numbers(header, lambda row: words.percent(row[2]["estimate"][of], digits=1))

    return table_of(
        say("Residents of the working area by distance from a service point"),
        rows,
        Column(say("Distance"), lambda row: say("up to {way}", way=words.measure(row[0], row[1].unit))),
        share(say("Residents within it"), "covered"),
        share(say("of a fixed point"), "fixed"),
        share(say("of a recent pop-up only"), "popup"),
        numbers(say("Residents beyond it"), lambda row: words.number(row[2]["people"]["none"])),
    )


def tabulate_events(events: pd.DataFrame, sites: pd.DataFrame, came: pd.DataFrame, words: Words) -> Table:
    """Events, latest first: day, place, who came; of an opening at the office nobody: they are the office's."""
    say = words.say
    people, placed = came["people"], came["placed_share"]
    shown = events[events["status"] != "cancelled"].sort_values("date", ascending=False, kind="stable")
    status = {"held": say("held"), "planned": say("planned"), "failed": say("broken off")}
    known = popups_that_took_place(events).index
    return table_of(
        say("Pop-ups held and planned"),
        shown.itertuples(),
        Column(say("Day"), lambda event: words.date(event.date, short=True)),
        Column(say("Place"), lambda event: str(sites["name"].get(event.site_id))),
        *programme_and_days(shown, words),
        numbers(
            say("Applicants (rounded)"),
            lambda event: words.number(people.get(event.Index, 0)) if event.Index in known else "–",
        ),
        numbers(
            say("Kecamatan known"),
            lambda event: words.percent(placed[event.Index]) if pd.notna(placed.get(event.Index)) else "–",
        ),
        Column(say("Status"), lambda event: status[event.status]),
    )


# --- Interactive charts: each takes a result and returns a plotly figure; none computes anything.


def plot_catchment(catchment: CatchmentResult, words: Words) -> go.Figure:
    """Distance within which a half, four fifths and 95 % of applicants live, over all events."""
    say = words.say
    subtitle = say("Distance (km) within which this share of applicants lives; 90% range")
    names = [f"km_{100 * share:.0f}" for share in CATCHMENT_SHARES]
    km, low, high = (
        catchment.overall[[f"{name}{end}" for name in names]].astype(float).set_axis(names)
        for end in ("", "_low", "_high")
    )
    if km.isna().all():
        title = say("No pop-up has been held yet, so nothing can be said about who came.")
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    values = [
        say("{km} km ({range})", km=words.number(value), range=words.interval(bottom, top))
        for value, bottom, top in zip(km, low, high, strict=True)
    ]
    figure = dots(km, low, high, colours=[ACCENT] * len(km), hover=values, beside=values)
    set_category_axis(figure, [say("{share} of applicants", share=words.percent(share)) for share in CATCHMENT_SHARES])
    amounts_from_zero(figure, float(high.max()), words)
    title = say("Half of the applicants live within {km} km", km=words.number(km.iloc[0]))
    return apply_theme(figure, title=title, subtitle=subtitle)


def _map_of_reach(reach: ReachResult, study: Study, words: Words) -> Any:
    if not reach.by_area.index.equals(study.areas.index):
        raise RequestError("a map of reach is by kecamatan: study.reach.plot()")
    return plot_layer(reach_layer(reach, study.areas, words), study.areas)


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (Study, "tables"): {"events": lambda r, s, words: tabulate_events(s.events, s.sites, s.came, words)},
    (Study, "texts"): {"events": lambda r, s, words: describe_events(s.events, words)},
    (ReachResult, "tables"): {"reach": lambda r, s, words: tabulate_reach(r, words)},
    (ReachResult, "plots"): {
        "reach": _map_of_reach,
        "share": lambda r, s, words: plot_fair_share(s.reach_by_kabupaten, visits_by_kabupaten(s), words),
    },
    (ReachResult, "texts"): {
        "reach": lambda r, s, words: describe_reach(r, s.events, words, came=s.came),
        "extremes": lambda r, s, words: describe_extremes(r, words),
    },
    (CatchmentResult, "plots"): {"catchment": lambda r, s, words: plot_catchment(r, words)},
    (CatchmentResult, "texts"): {"catchment": lambda r, s, words: describe_catchment(r, words)},
    (CoverageResult, "tables"): {"thresholds": lambda r, s, words: tabulate_coverage(s.coverage_by_threshold, words)},
    (CoverageResult, "plots"): {"coverage": lambda r, s, words: plot_layer(coverage_layer(r, s.areas, words), s.areas)},
    (CoverageResult, "texts"): {
        "coverage": lambda r, s, words: describe_coverage(r, words, settings=s.settings),
        "thresholds": lambda r, s, words: describe_thresholds(s.coverage_by_threshold, words),
    },
    (AccessibilityResult, "plots"): {
        "accessibility": lambda r, s, words: plot_layer(accessibility_layer(r, s.areas, words), s.areas)
    },
    (AccessibilityResult, "texts"): {"accessibility": lambda r, s, words: describe_accessibility(r, words)},
    (NeedResult, "plots"): {"need": lambda r, s, words: plot_layer(need_layer(r, s.areas, words), s.areas)},
    (NeedResult, "texts"): {"need": lambda r, s, words: describe_need(r, words)},
    (InterestResult, "texts"): {"interest": lambda r, s, words: describe_interest(r, words)},
}
