"""Who comes and whether it worked: sentences, tables, charts and sections."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.measures.audience import UNKNOWN, AudienceResult, UptakeResult
from outreach_analysis.measures.series import NO_SERIES, SeriesResult, WorkingDaysResult
from outreach_analysis.models.backtest import SavedForecastsResult
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.report.figure import (
    ACCENT,
    GRID,
    QUIET,
    THICK,
    amounts_from_zero,
    apply_theme,
    at_bars,
    bars,
    plain,
    set_category_axis,
    whiskers,
)
from outreach_analysis.report.table import (
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
    subheading,
    table_of,
)
from outreach_analysis.report.words import (
    Sentences,
    Words,
    answer_name,
    band_name,
    share_text,
)
from outreach_analysis.study import Study

# --- Whom the pop-ups reach, in sentences: descriptions of those who came, never of what made them come.


NAMED = 5
_FEW_EVENTS = 3


def describe_channels(audience: AudienceResult, words: Words) -> Sentences:
    """How most people heard of pop-ups, there where they live far away, and of how many that is not known."""
    say = words.say

    def told(row: Any) -> dict[str, str]:
        return {"share": _share(row, words), "channel": answer_name(row["category"], words)}

    if not audience.unknown["applicants"]["channel"]:
        return Sentences.of([say("No pop-up has been held yet, so nothing can be said about who came.")])
    first = _most_named(audience.channels)
    if first is None or not audience.is_published("channel"):
        few = say("Too few applicants said how they heard of the pop-up.")
        return Sentences.of([few, _base(audience, "channel", words)])
    by_band, by_reach = audience.channels_by_distance, audience.channels_by_reach
    far = _most_named(by_band[by_band["group"] == by_band["group"].max()])
    little = _most_named(by_reach[by_reach["group"] == "little_reached"])
    edge = sorted(audience.settings.shown_thresholds)[-1]
    texts = [say("{share} of applicants heard of the pop-up by: {channel}.", **told(first))]
    if far is not None:
        way = words.measure(edge, audience.settings.travel_measure)
        texts.append(
            say(
                "Of those who live more than {way} from a service point, most named: {channel}, {share}.",
                way=way,
                **told(far),
            )
        )
    if little is not None:
        texts.append(
            say(
                "Where applicants are fewest per resident the source named most often is {channel}, {share}.",
                **told(little),
            )
        )
    return Sentences.of([*texts, _base(audience, "channel", words)])


def describe_uptake(uptake: UptakeResult, areas: pd.DataFrame, words: Words) -> Sentences:
    """How asking for electronic passports grew while there was a choice, and which areas were behind."""
    say = words.say
    shown = uptake.by_month.dropna(subset=["share"])
    day = words.date(uptake.settings.all_electronic_from)
    if shown.empty or not uptake.is_published:
        return Sentences.of(
            [say("Before {day}, when all passports became electronic, too few kinds of passport are known.", day=day)]
        )
    first, last = shown.iloc[0], shown.iloc[-1]
    told = {
        "day": day,
        "before": words.percent(first["share"]),
        "start": words.month(shown.index[0]),
        "after": words.percent(last["share"]),
        "end": words.month(shown.index[-1]),
    }
    share = (
        say(
            "The share of electronic passports rose from {before} ({start}) to {after} ({end}); since {day} all "
            "passports are electronic.",
            **told,
        )
        if last["share"] >= first["share"]
        else say(
            "The share of electronic passports fell from {before} ({start}) to {after} ({end}); since {day} all "
            "passports are electronic.",
            **told,
        )
    )
    people, unknown = (int(uptake.by_month[name].sum()) for name in ("people", "unknown"))
    known = say(
        "Known of {known} of the {of} applicants of lists that ask.",
        known=words.number(people - unknown),
        of=words.number(people),
    )
    if uptake.trend.empty:
        return Sentences.of([share, known])
    names = [str(areas["name"].get(area_id, area_id)) for area_id in uptake.by_area.index[uptake.by_area["lags"]]]
    behind = (
        say("Below what month and distance suggest: {places}.", places=words.listing(names[:NAMED]))
        if names
        else say("No area was clearly below what month and distance suggest.")
    )
    return Sentences.of([share, known, _distance_text(uptake, words), behind])


def _distance_text(uptake: UptakeResult, words: Words) -> str:
    far = uptake.trend.iloc[1]
    if far["ci_high"] < 1:
        return words.say("It was lower far from a service point, month by month.")
    if far["ci_low"] > 1:
        return words.say("It was higher far from a service point, month by month.")
    return words.say("It did not clearly differ with the distance from a service point.")


def describe_applications(audience: AudienceResult, words: Words) -> str:
    """How many apply for their first passport, near and far."""
    new = audience.applications[audience.applications["category"] == "new"]
    if new["share"].isna().all():
        return ""
    if not audience.is_published("application"):
        few = words.say("Of too few applicants it is known what they applied for.")
        return f"{few} {_base(audience, 'application', words)}"
    far = audience.applications_by_distance
    beyond = far[(far["category"] == "new") & (far["group"] == far["group"].max())]
    text = words.say("{share} applied for their first passport.", share=_share(new.iloc[0], words))
    if beyond["share"].notna().all():
        edge = sorted(audience.settings.shown_thresholds)[-1]
        text += " " + words.say(
            "Of those from beyond {way}: {share}.",
            way=words.measure(edge, audience.settings.travel_measure),
            share=_share(beyond.iloc[0], words),
        )
    return f"{text} {_base(audience, 'application', words)}"


def describe_working_days(days: WorkingDaysResult | None, areas: pd.DataFrame, words: Words) -> Sentences:
    """From where people come mainly when it is not a working day, as an association."""
    say = words.say
    if days is None:
        return Sentences.of([say("No pop-up was held in months that can be compared.")])
    inside = areas.index[areas["in_jurisdiction"].astype(bool)]
    table = days.by_area[days.by_area["mainly_day_off"] & days.by_area.index.isin(inside)]
    names = [str(areas["name"][area_id]) for area_id in table.sort_values("share", ascending=False).index[:NAMED]]
    return Sentences.of(
        [
            say(
                "{share} of all people served came to a pop-up on a weekend or holiday.",
                share=_share(days.overall, words),
            ),
            say("Residents of {places} came on days off more often than others.", places=words.listing(names))
            if names
            else say("From no area did clearly more come on days off than from elsewhere."),
            say(
                "This is an association: it also depends on which pop-ups were held near them ({off} on days off, {on} "
                "on workdays).",
                off=words.number(days.n_day_off),
                on=words.number(days.n_workday),
            ),
        ]
    )


def describe_series(series: SeriesResult, words: Words) -> str:
    """The series with most people per event, and how sure that is."""
    named = series.by_series[series.by_series.index != NO_SERIES]
    if named.empty:
        return ""
    best: Any = named.loc[str(named["per_event"].idxmax())]
    low, high = best["per_event_low"], best["per_event_high"]
    text = words.say(
        "Most people per event came to the series {series}: {n}{range}. Events: {events}.",
        series=best.name,
        n=words.number(best["per_event"]),
        range="" if pd.isna(low) else f" ({words.interval(low, high)})",
        events=words.number(best["events"]),
    )
    few = words.say("So few events can be chance.")
    return f"{text} {few}" if best["events"] < _FEW_EVENTS else text


def _most_named(shares: pd.DataFrame) -> Any:
    """The category most people named; None where there is no share."""
    known = shares[(shares["category"] != UNKNOWN) & shares["share"].notna()]
    return None if known.empty else known.sort_values("share", ascending=False, kind="stable").iloc[0]


def _base(audience: AudienceResult, what: str, words: Words) -> str:
    """Of how many people a share is, and of how many of them it is not known."""
    row: Any = audience.unknown.loc[what]
    if not row["of"]:
        return ""
    return words.say(
        "Asked in the lists of {of} of {all} applicants; of {share} of these it is not known, and they count in every "
        "share.",
        of=words.number(row["of"]),
        all=words.number(row["applicants"]),
        share=words.percent(0.0 if pd.isna(row["share"]) else float(row["share"])),
    )


def _share(row: Any, words: Words) -> str:
    return share_text(float(row["share"]), float(row["ci_low"]), float(row["ci_high"]), words)


# --- Did it work, in sentences: a displacement where the gate is passed; else why that cannot be told.


_PER = 100
_NAMED = 6


def describe_impact(impact: ImpactResult, areas: pd.DataFrame | None, words: Words) -> Sentences:
    """How many pop-up applicants would have come to the office anyway, or why that cannot be told. No word of causes is
    used unless the gate is passed."""
    if impact.status == "estimated":
        return Sentences.of(_estimated(impact, words))
    return Sentences.of(
        [
            _obstacle(impact, areas, words),
            words.say("How many would have come to the office anyway rests on other evidence; see the limits."),
        ]
    )


def impact_finding(impact: ImpactResult, words: Words) -> str:
    """The finding in a few words."""
    if impact.status == "estimated":
        low, middle, high = _of_hundred(impact)
        return words.say(
            "Of {per} pop-up applicants about {n} would have applied at the office had there been no pop-up ({range})",
            per=words.number(_PER),
            n=words.number(middle),
            range=words.interval(low, high),
        )
    if impact.status in ("too_few_events", "too_few_months"):
        return words.say("Cannot tell yet")
    return words.say("Cannot tell")


def _of_hundred(impact: ImpactResult) -> tuple[float, float, float]:
    """Low end, middle and high end in people of a hundred, cut to what is possible."""
    ends = (impact.displacement_low, impact.displacement, impact.displacement_high)
    low, middle, high = (_PER * min(max(end, 0.0), 1.0) for end in ends)
    return low, middle, high


def _estimated(impact: ImpactResult, words: Words) -> list[str]:
    say = words.say
    return [
        impact_finding(impact, words) + ".",
        say(
            "Learned from {n} pop-ups and {months} months of office figures: applicants at the office from visited "
            "kecamatan, in the {after} months after a visit, compared with {controls} kecamatan that were never "
            "visited.",
            n=words.number(impact.n_events),
            months=words.number(impact.n_months),
            after=words.number(impact.settings.impact_months),
            controls=words.number(impact.n_controls),
        ),
        say(
            "In the {after} months before a visit, visited kecamatan had not differed noticeably from others; "
            "otherwise nothing would be said here.",
            after=words.number(impact.settings.impact_months),
        ),
        say(
            "Ranking and plan take it as one piece of evidence, with its range, beside distance, the office's share "
            "and answers to the desk question."
        ),
    ]


def _obstacle(impact: ImpactResult, areas: pd.DataFrame | None, words: Words) -> str:
    say, about = words.say, impact.about
    names = [area_id if areas is None else str(areas["name"].get(area_id, area_id)) for area_id in about]
    listed = words.listing(names[:_NAMED])
    return {
        "placebo_failed": say(
            "Cannot tell: visited areas had differed from others already before the visits, as when an office goes "
            "where demand has just risen. What came afterwards therefore says nothing about pop-ups."
        ),
        "no_office_data": say("Cannot tell: office_monthly.csv with applicants by month and area is missing."),
        "month_missing": say("Cannot tell: office figures are missing for {months}. Add them.", months=listed),
        "area_changed": say(
            "Cannot tell: {areas} begin or end within the months counted, as when an area is split. Count the parts "
            "under one code.",
            areas=listed,
        ),
        "no_controls": say("Cannot tell: every area was visited, so there is none to compare with."),
    }.get(impact.status) or _too_few(impact, words)


def _too_few(impact: ImpactResult, words: Words) -> str:
    have, needed = (words.number(float(text)) for text in impact.about)
    if impact.status == "too_few_months":
        return words.say("Cannot tell yet: {n} months of office figures, {needed} are needed.", n=have, needed=needed)
    return words.say(
        "Cannot tell yet: {n} pop-ups with office figures before and after, {needed} are needed.", n=have, needed=needed
    )


def describe_saved_forecasts(saved: SavedForecastsResult | None, words: Words) -> Sentences:
    """How near forecasts were that had been saved before the pop-ups; not whether following them was better."""
    say = words.say
    n = 0 if saved is None else len(saved.by_event)
    if saved is None or n == 0:
        return Sentences.of(
            [say("No saved forecast can be compared yet. The command outreach record saves and compares them.")]
        )
    inside = int(saved.by_event["inside"].sum())
    half = saved.by_event["error"].abs().median()
    return Sentences.of(
        [
            say(
                "{inside} of {n} pop-ups with a saved forecast brought a number of people within its 90% range.",
                inside=words.number(inside),
                n=words.number(n),
            ),
            say(
                "Half of them were at most {people} people a day away from the middle of the forecast.",
                people=words.number(half),
            ),
            say("This shows how near forecasts are, not whether other places would have been better."),
        ]
    )


# --- Audience, working days, series and impact as tables; shares of rounded numbers, few people without any.


def tabulate_channels(audience: AudienceResult, words: Words) -> Table:
    """How people heard of pop-ups, by how far they live from a service point."""
    caption = words.say("How applicants heard of the pop-up, by distance from home to a service point (90% range)")
    return _by_distance(audience, audience.channels, audience.channels_by_distance, caption, words)


def tabulate_applications(audience: AudienceResult, words: Words) -> Table:
    """First passports and renewals, by how far people live from a service point."""
    caption = words.say("What was applied for, by distance from home to a service point (90% range)")
    return _by_distance(audience, audience.applications, audience.applications_by_distance, caption, words)


def tabulate_ages(audience: AudienceResult, words: Words) -> Table:
    """Ages of applicants, by how far they live from a service point."""
    caption = words.say("Age in years, by distance from home to a service point (90% range)")
    return _by_distance(audience, audience.ages, audience.ages_by_distance, caption, words)


def _by_distance(
    audience: AudienceResult, overall: pd.DataFrame, by_band: pd.DataFrame, caption: str, words: Words
) -> Table:
    edges, unit = [float(edge) for edge in by_band["group"].unique()], audience.settings.travel_measure
    groups = {words.say("All"): overall} | {
        band_name(edge, edges, unit, words): by_band[by_band["group"] == edge] for edge in edges
    }
    told = {
        group: {row.category: share_text(row.share, row.ci_low, row.ci_high, words) for row in records(shares)}
        for group, shares in groups.items()
    }
    return table_of(
        caption,
        overall["category"],
        Column(words.say("Answer"), lambda category: answer_name(category, words)),
        *(numbers(group, cells.__getitem__) for group, cells in told.items()),
    )


def tabulate_uptake(uptake: UptakeResult, areas: pd.DataFrame, words: Words, *, top: int = 10) -> Table:
    """Electronic passports by area, those furthest behind what was to be expected first."""
    say = words.say
    day = words.date(uptake.settings.all_electronic_from, short=True)
    return table_of(
        say("Electronic passports among applicants before {day}, lowest against expectation first", day=day),
        uptake.by_area.dropna(subset=["lag"]).sort_values("lag", kind="stable").head(top).itertuples(),
        Column(say("Kecamatan"), lambda row: f"{areas['name'][row.Index]}, {areas['parent_name'][row.Index]}"),
        numbers(say("Share (90% range)"), lambda row: share_text(row.share, row.ci_low, row.ci_high, words)),
        numbers(say("Expected by month and distance"), lambda row: words.percent(row.expected)),
        Column(say("Clearly behind?"), lambda row: say("yes") if row.lags else say("no")),
    )


def tabulate_working_days(days: WorkingDaysResult | None, words: Words, *, unit: str = "km") -> Table:
    """People served on days off, on workdays and at the office, by distance from a service point."""
    say = words.say
    caption, rows, edges = say("People served by kind of day: no month can be compared yet"), pd.DataFrame(), [0.0]
    if days is not None:
        caption = say(
            "People served from {start} to {end} (rounded), by distance from home to a service point",
            start=words.month(days.first_month),
            end=words.month(days.last_month),
        )
        edges = [float(edge) for edge in days.by_distance.index]
        rows = pd.concat([days.by_distance, days.overall.to_frame().T.set_axis([say("All")])])
    return table_of(
        caption,
        rows.itertuples(),
        Column(
            say("Distance"),
            lambda row: row.Index if row.Index not in edges else band_name(row.Index, edges, unit, words),
        ),
        numbers(say("Pop-up on a day off"), lambda row: words.number(row.day_off)),
        numbers(say("Pop-up on a workday"), lambda row: words.number(row.workday)),
        numbers(say("Office"), lambda row: words.number(row.office)),
        numbers(
            say("Share on a day off (90% range)"), lambda row: share_text(row.share, row.ci_low, row.ci_high, words)
        ),
    )


def tabulate_series(series: SeriesResult, words: Words) -> Table:
    """Series of events side by side."""
    say = words.say
    return table_of(
        say("Series of events, each with its 90% range; an association, since places and days differ too"),
        series.by_series.itertuples(),
        Column(say("Series"), lambda row: say("(no series)") if row.Index == NO_SERIES else str(row.Index)),
        numbers(say("Events"), lambda row: words.number(row.events)),
        numbers(
            say("People per event"), lambda row: words.ranged(row.per_event, row.per_event_low, row.per_event_high)
        ),
        numbers(
            say("People per 100 of capacity"),
            lambda row: words.ranged(100 * row.per_capacity, 100 * row.per_capacity_low, 100 * row.per_capacity_high),
        ),
        numbers(say("Half live within km"), lambda row: words.ranged(row.km_50, row.km_50_low, row.km_50_high)),
        numbers(say("First passport"), lambda row: share_text(row.new, row.new_low, row.new_high, words)),
    )


def tabulate_impact(impact: ImpactResult, words: Words) -> Table:
    """Office applicants missing by month before and after a visit, per 100 pop-up applicants."""
    say = words.say
    return table_of(
        say("Applicants missing at the office per 100 pop-up applicants, by month around the visit"),
        impact.event_time.itertuples() if impact.gate_passed else (),
        Column(say("Month"), lambda row: month_name(row.months_after, words)),
        numbers(say("Missing"), lambda row: words.number(100 * row.missing)),
        numbers(say("90% range"), lambda row: words.interval(100 * row.ci_low, 100 * row.ci_high)),
    )


def month_name(months_after: int, words: Words) -> str:
    """A month by its place before or after the visit."""
    if months_after == 0:
        return words.say("month of the visit")
    if months_after > 0:
        return words.say("{n} after", n=words.number(months_after))
    return words.say("{n} before", n=words.number(-months_after))


def tabulate_saved_forecasts(saved: SavedForecastsResult, sites: pd.DataFrame, words: Words) -> Table:
    """Saved forecasts and what came, latest first; with the days of pop-ups where one lasted several."""
    say = words.say
    several = bool(saved.by_event["days"].gt(1).any())
    forecast = say("Forecast for a day (90% range)") if several else say("Forecast (90% range)")
    return table_of(
        say("Forecasts saved before pop-ups, and who came"),
        saved.by_event.iloc[::-1].itertuples(),
        Column(say("Day"), lambda row: words.date(row.date, short=True)),
        Column(say("Place"), lambda row: str(sites["name"].get(row.site_id, row.site_id))),
        Column(say("Forecast of"), lambda row: words.date(row.forecast_on, short=True)),
        numbers(forecast, lambda row: words.ranged(row.median, row.ci_low, row.ci_high)),
        numbers(say("Came (rounded)"), lambda row: words.number(row.came)),
        *([numbers(say("Days"), lambda row: words.number(row.days))] if several else []),
        Column(say("Inside the range?"), lambda row: say("yes") if row.inside else say("no")),
    )


# --- Interactive charts of channels, electronic passports and the months around a visit; none computes anything.


def plot_channels(audience: AudienceResult, words: Words) -> go.Figure:
    """Share of applicants by how they heard of the pop-up, the unknown among them, with 90 % intervals."""
    title = describe_channels(audience, words)[0].removesuffix(".")
    subtitle = words.say(
        "Percent of the {n} pop-up applicants whose lists ask how they heard of it; 90% range",
        n=words.number(audience.unknown["of"]["channel"]),
    )
    shown = audience.channels.dropna(subset=["share"]).sort_values("share", ascending=False, kind="stable")
    if shown.empty:
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    names = [answer_name(code, words) for code in shown["category"]]
    values = [share_text(row.share, row.ci_low, row.ci_high, words) for row in records(shown)]
    percent = (shown["share"] * 100).to_list()
    hover = [f"{plain(name)}: {value}" for name, value in zip(names, values, strict=True)]
    colours = [QUIET if code != UNKNOWN else "#c9ced4" for code in shown["category"]]
    figure = go.Figure([bars(percent, hover, marker={"color": colours}), at_bars(percent, values)])
    set_category_axis(figure, names)
    amounts_from_zero(figure, max(percent), words)
    figure.update_layout(showlegend=False)
    return apply_theme(figure, title=title, subtitle=subtitle)


def plot_uptake(uptake: UptakeResult, words: Words) -> go.Figure:
    """Share of electronic passports by month until all became electronic: observed with intervals, and the trend."""
    say = words.say
    shown = uptake.by_month.dropna(subset=["share"])
    subtitle = say("Electronic passports among applicants by month (90% range), and their trend (line); percent")
    if shown.empty or not uptake.is_published:
        return apply_theme(go.Figure(), title=say("Too few kinds of passport are known"), subtitle=subtitle)
    months = [words.month(month) for month in shown.index]
    at, percent = list(range(len(shown))), shown[["share", "ci_low", "ci_high", "trend"]] * 100
    figure = go.Figure()
    figure.add_scatter(x=at, y=percent["trend"].to_list(), mode="lines", line={"color": QUIET}, hoverinfo="skip")
    figure.add_scatter(
        x=at,
        y=percent["share"].to_list(),
        mode="markers",
        marker={"color": ACCENT, "size": 9},
        error_y=whiskers(percent["share"], percent["ci_low"], percent["ci_high"], **THICK),
        hoverinfo="text",
        hovertext=[
            f"{month}: {share_text(row.share, row.ci_low, row.ci_high, words)}"
            for month, row in zip(months, records(shown), strict=True)
        ],
    )
    figure.update_layout(showlegend=False, separators=words.separators)
    # labels in the middle of each third of the axis, so that none is cut off at its ends
    step = max(len(at) // 3, 1)
    named, edge = at[step // 2 :: step], 0.5 + len(at) / 12
    figure.update_xaxes(tickvals=named, ticktext=[months[n] for n in named], range=[-edge, len(at) - 1 + edge])
    figure.update_yaxes(range=[0, 100], gridcolor=GRID)
    after = words.percent(float(shown["share"].iloc[-1]))
    return apply_theme(
        figure, title=say("Electronic passports: {after} in {end}", after=after, end=months[-1]), subtitle=subtitle
    )


def plot_event_time(impact: ImpactResult, words: Words) -> go.Figure:
    """Applicants missing at the office by month around a visit, per 100 pop-up applicants."""
    title = impact_finding(impact, words)
    subtitle = words.say(
        "Applicants missing at the office per 100 pop-up applicants, by month around the visit; 90% range"
    )
    if not impact.gate_passed:
        return apply_theme(go.Figure(), title=title, subtitle=subtitle)
    shown = impact.event_time
    names = [month_name(month, words) for month in shown["months_after"]]
    at, missing = list(range(len(shown))), shown[["missing", "ci_low", "ci_high"]] * 100
    figure = go.Figure()
    figure.add_scatter(
        x=at,
        y=missing["missing"].to_list(),
        mode="markers",
        marker={"color": [ACCENT if month > 0 else QUIET for month in shown["months_after"]], "size": 10},
        error_y=whiskers(missing["missing"], missing["ci_low"], missing["ci_high"], **THICK),
        hoverinfo="text",
        hovertext=[
            f"{name}: {words.ranged(*row)}" for name, row in zip(names, missing.itertuples(index=False), strict=True)
        ],
    )
    figure.update_layout(showlegend=False, separators=words.separators)
    figure.update_xaxes(tickvals=at, ticktext=names)
    figure.update_yaxes(gridcolor=GRID, zeroline=True, zerolinecolor="#999999")
    return apply_theme(figure, title=title, subtitle=subtitle)


# --- Sections on people: whom pop-ups reach, and whether they worked.


def whom_section(analysis: Study, words: Words) -> Section:
    """How people heard of pop-ups, what they applied for, when they came, and in which series; of people who came as
    counts only when they came."""
    say = words.say
    areas, days = analysis.dataset.areas, analysis.working_days
    by_day = None if days is None else tabulate_working_days(days, words, unit=analysis.settings.travel_measure)
    of_days = (
        subheading(say("Working days and days off")),
        listed(describe_working_days(days, areas, words)),
        folded(say("People served by kind of day and distance"), as_table(by_day)),
    )
    heading = say("Whom pop-ups reach")
    if analysis.dataset.is_counted:
        unknown = say("People came as counts: how they heard of it, what they applied for and their age are not known.")
        return Section.of("whom", heading, paragraph(unknown), *of_days)
    found = analysis.audience
    channels = describe_channels(found, words)
    uptake = tabulate_uptake(found.uptake, areas, words)
    told, series = describe_series(analysis.series, words), tabulate_series(analysis.series, words)
    of_series = (
        subheading(say("Series of events")),
        paragraph(told),
        folded(say("Series side by side ({n})", n=len(series.rows)), as_table(series)),
    )
    return Section.of(
        "whom",
        heading,
        as_figure(plot_channels(found, words)),
        listed(channels[1:] or channels),
        folded(say("How they heard of it, by distance"), as_table(tabulate_channels(found, words))),
        subheading(say("What they applied for")),
        paragraph(describe_applications(found, words)),
        folded(
            say("Applications and ages, by distance"),
            as_table(tabulate_applications(found, words)),
            as_table(tabulate_ages(found, words)),
        ),
        subheading(say("The electronic passport")),
        listed(describe_uptake(found.uptake, areas, words)),
        folded(say("Electronic passports by kecamatan ({n})", n=len(uptake.rows)), as_table(uptake)),
        *of_days,
        *(of_series if told else ()),
    )


def impact_section(analysis: Study, words: Words) -> Section:
    """Whether applicants are missing at the office afterwards, and saved forecasts against what came."""
    say = words.say
    impact, saved = analysis.impact, analysis.saved
    by_month = tabulate_impact(impact, words) if impact.gate_passed else None
    kept = None if saved is None else tabulate_saved_forecasts(saved, analysis.sites, words)
    n = len(kept.rows) if kept else 0
    return Section.of(
        "impact",
        say("Did it work?"),
        listed(describe_impact(impact, analysis.dataset.areas, words)),
        as_figure(plot_event_time(impact, words)),
        folded(say("Month by month around the visit"), as_table(by_month, "compact")),
        subheading(say("Forecast and outcome")),
        listed(describe_saved_forecasts(saved, words)),
        folded(say("Each saved forecast and who came ({n})", n=n), as_table(kept)),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (Study, "tables"): {
        "working days": lambda r, s, words: tabulate_working_days(s.working_days, words, unit=s.settings.travel_measure)
    },
    (Study, "texts"): {
        "working days": lambda r, s, words: describe_working_days(s.working_days, s.areas, words),
        "saved forecasts": lambda r, s, words: describe_saved_forecasts(s.saved, words),
    },
    (AudienceResult, "tables"): {
        "channels": lambda r, s, words: tabulate_channels(r, words),
        "applications": lambda r, s, words: tabulate_applications(r, words),
        "ages": lambda r, s, words: tabulate_ages(r, words),
    },
    (AudienceResult, "plots"): {"channels": lambda r, s, words: plot_channels(r, words)},
    (AudienceResult, "texts"): {
        "channels": lambda r, s, words: describe_channels(r, words),
        "applications": lambda r, s, words: describe_applications(r, words),
    },
    (UptakeResult, "tables"): {"uptake": lambda r, s, words: tabulate_uptake(r, s.areas, words)},
    (UptakeResult, "plots"): {"uptake": lambda r, s, words: plot_uptake(r, words)},
    (UptakeResult, "texts"): {"uptake": lambda r, s, words: describe_uptake(r, s.areas, words)},
    (WorkingDaysResult, "tables"): {
        "days": lambda r, s, words: tabulate_working_days(r, words, unit=s.settings.travel_measure)
    },
    (WorkingDaysResult, "texts"): {"days": lambda r, s, words: describe_working_days(r, s.areas, words)},
    (SeriesResult, "tables"): {"series": lambda r, s, words: tabulate_series(r, words)},
    (SeriesResult, "texts"): {"series": lambda r, s, words: describe_series(r, words)},
    (ImpactResult, "tables"): {"impact": lambda r, s, words: tabulate_impact(r, words)},
    (ImpactResult, "plots"): {"impact": lambda r, s, words: plot_event_time(r, words)},
    (ImpactResult, "texts"): {"impact": lambda r, s, words: describe_impact(r, s.areas, words)},
    (SavedForecastsResult, "tables"): {"saved": lambda r, s, words: tabulate_saved_forecasts(r, s.sites, words)},
    (SavedForecastsResult, "texts"): {"saved": lambda r, s, words: describe_saved_forecasts(r, words)},
}
