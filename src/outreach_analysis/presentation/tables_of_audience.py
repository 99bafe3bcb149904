"""Audience, working days, series and impact as tables; shares of rounded numbers, few people without any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from outreach_analysis.measures.audience import AudienceResult
from outreach_analysis.measures.series import NO_SERIES, SeriesResult
from outreach_analysis.measures.uptake import UptakeResult
from outreach_analysis.measures.working_days import WorkingDaysResult
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.models.saved_forecasts import SavedForecastsResult
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.people import (
    age_name,
    application_name,
    band_name,
    channel_name,
    share_text,
)
from outreach_analysis.presentation.wording.words import Language, Words

Naming = Callable[[str, Words], str]


def tabulate_channels(audience: AudienceResult, *, lang: Language = "id") -> Table:
    """How people heard of pop-ups, by how far they live from a service point.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    caption = words.say("How applicants heard of the pop-up, by distance from home to a service point (90% range)")
    shares = audience.channels, audience.channels_by_distance
    return _by_distance(*shares, channel_name, caption=caption, unit=audience.settings.travel_measure, words=words)


def tabulate_applications(audience: AudienceResult, *, lang: Language = "id") -> Table:
    """First passports and renewals, by how far people live from a service point.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    caption = words.say("What was applied for, by distance from home to a service point (90% range)")
    shares = audience.applications, audience.applications_by_distance
    return _by_distance(*shares, application_name, caption=caption, unit=audience.settings.travel_measure, words=words)


def tabulate_ages(audience: AudienceResult, *, lang: Language = "id") -> Table:
    """Ages of applicants, by how far they live from a service point.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    caption = words.say("Age in years, by distance from home to a service point (90% range)")
    shares = audience.ages, audience.ages_by_distance
    return _by_distance(*shares, age_name, caption=caption, unit=audience.settings.travel_measure, words=words)


def _by_distance(
    overall: pd.DataFrame,
    by_band: pd.DataFrame,
    name: Naming,
    *,
    caption: str,
    unit: str,
    words: Words,
) -> Table:
    edges = [float(edge) for edge in dict.fromkeys(by_band["group"])]
    published = {(row["group"], row["category"]): _share(row, words) for row in _records(by_band)}
    rows = tuple(
        (
            name(row["category"], words),
            _share(row, words),
            *(published[edge, row["category"]] for edge in edges),
        )
        for row in _records(overall)
    )
    bands = tuple(band_name(edge, edges, unit, words) for edge in edges)
    headers = (words.say("Answer"), words.say("All"), *bands)
    return Table(caption=caption, headers=headers, rows=rows, numeric=(False, *[True] * (1 + len(edges))))


def tabulate_uptake(uptake: UptakeResult, areas: pd.DataFrame, *, top: int = 10, lang: Language = "id") -> Table:
    """Electronic passports by area, those furthest behind what was to be expected first.

    Parameters
    ----------
    uptake
        From `audience`.
    areas
        Index `area_id`; columns `name`, `parent_name`.
    top
        How many areas.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    shown = uptake.by_area.dropna(subset=["lag"]).sort_values("lag", kind="stable").head(top)
    rows = tuple(
        (
            f"{areas['name'][area_id]}, {areas['parent_name'][area_id]}",
            _share(row, words),
            words.percent(row["expected"]),
            say("yes") if row["lags"] else say("no"),
        )
        for area_id, row in zip(shown.index, _records(shown), strict=True)
    )
    day = words.date(uptake.settings.all_electronic_from, short=True)
    return Table(
        caption=say("Electronic passports among applicants before {day}, lowest against expectation first", day=day),
        headers=(
            say("Kecamatan"),
            say("Share (90% range)"),
            say("Expected by month and distance"),
            say("Clearly behind?"),
        ),
        rows=rows,
        numeric=(False, True, True, False),
    )


def tabulate_working_days(days: WorkingDaysResult | None, *, unit: str = "km", lang: Language = "id") -> Table:
    """People served on days off, on workdays and at the office, by distance from a service point.

    Parameters
    ----------
    days
        From `working_days`; None, where no months can be compared, makes a table without rows.
    unit
        Of the bands of distance: `km` or `minutes`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    caption = say("People served by kind of day: no month can be compared yet")
    rows: tuple[tuple[str, ...], ...] = ()
    if days is not None:
        caption = say(
            "People served from {start} to {end} (rounded), by distance from home to a service point",
            start=words.month(days.first_month),
            end=words.month(days.last_month),
        )
        edges = [float(edge) for edge in days.by_distance.index]
        names = [*(band_name(edge, edges, unit, words) for edge in edges), say("All")]
        table = pd.concat([days.by_distance, days.overall.to_frame().T])
        rows = tuple(
            (
                name,
                *(words.number(float(row[way])) for way in ("day_off", "workday", "office")),
                share_text(float(row["share"]), float(row["ci_low"]), float(row["ci_high"]), words),
            )
            for name, row in zip(names, _records(table), strict=True)
        )
    return Table(
        caption=caption,
        headers=(
            say("Distance"),
            say("Pop-up on a day off"),
            say("Pop-up on a workday"),
            say("Office"),
            say("Share on a day off (90% range)"),
        ),
        rows=rows,
        numeric=(False, True, True, True, True),
    )


def tabulate_series(series: SeriesResult, *, lang: Language = "id") -> Table:
    """Series of events side by side.

    Parameters
    ----------
    series
        From `compare_series`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say

    def spread(row: dict[str, Any], name: str, digits: int = 0) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        middle = words.number(row[name], digits=digits)
        return middle if pd.isna(low) else f"{middle} ({words.interval(low, high, digits=digits)})"

    rows = tuple(
        (
            say("(no series)") if name == NO_SERIES else str(name),
            words.number(row["events"]),
            spread(row, "per_event"),
            spread(
                {key: 100 * value if key.startswith("per_capacity") else value for key, value in row.items()},
                "per_capacity",
            ),
            spread(row, "km_50"),
            share_text(row["new"], row["new_low"], row["new_high"], words),
        )
        for name, row in zip(series.by_series.index, _records(series.by_series), strict=True)
    )
    return Table(
        caption=say("Series of events, each with its 90% range; an association, since places and days differ too"),
        headers=(
            say("Series"),
            say("Events"),
            say("People per event"),
            say("People per 100 of capacity"),
            say("Half live within km"),
            say("First passport"),
        ),
        rows=rows,
        numeric=(False, True, True, True, True, True),
    )


def tabulate_impact(impact: ImpactResult, *, lang: Language = "id") -> Table:
    """Office applicants missing by month before and after a visit, per 100 pop-up applicants.

    Parameters
    ----------
    impact
        From `estimate_impact`.
    lang
        `id` or `en`.

    Returns
    -------
    Table
        Without rows unless the gate is passed.
    """
    words = Words(lang)
    say = words.say
    shown = impact.event_time if impact.gate_passed else impact.event_time.iloc[:0]
    rows = tuple(
        (
            month_name(int(row["months_after"]), words),
            words.number(100 * row["missing"]),
            words.interval(100 * row["ci_low"], 100 * row["ci_high"]),
        )
        for row in _records(shown)
    )
    return Table(
        caption=say("Applicants missing at the office per 100 pop-up applicants, by month around the visit"),
        headers=(say("Month"), say("Missing"), say("90% range")),
        rows=rows,
        numeric=(False, True, True),
    )


def month_name(months_after: int, words: Words) -> str:
    """A month by its place before or after the visit."""
    if months_after == 0:
        return words.say("month of the visit")
    if months_after > 0:
        return words.say("{n} after", n=words.number(months_after))
    return words.say("{n} before", n=words.number(-months_after))


def tabulate_saved_forecasts(saved: SavedForecastsResult, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Saved forecasts and what came, latest first; with the days of pop-ups where one lasted several.

    Parameters
    ----------
    saved
        From `compare_saved_forecasts`.
    sites
        Index `site_id`; column `name`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    several = bool(saved.by_event["days"].gt(1).any())
    rows = tuple(
        (
            words.date(row["date"], short=True),
            str(sites["name"].get(row["site_id"], row["site_id"])),
            words.date(row["forecast_on"], short=True),
            f"{words.number(row['median'])} ({words.interval(row['ci_low'], row['ci_high'])})",
            words.number(row["came"]),
            *([words.number(row["days"])] if several else []),
            say("yes") if row["inside"] else say("no"),
        )
        for row in _records(saved.by_event.iloc[::-1])
    )
    return Table(
        caption=say("Forecasts saved before pop-ups, and who came"),
        headers=(
            say("Day"),
            say("Place"),
            say("Forecast of"),
            say("Forecast for a day (90% range)") if several else say("Forecast (90% range)"),
            say("Came (rounded)"),
            *([say("Days")] if several else []),
            say("Inside the range?"),
        ),
        rows=rows,
        numeric=(False, False, False, True, True, *([True] if several else []), False),
    )


def _share(row: dict[str, Any], words: Words) -> str:
    return share_text(row["share"], row["ci_low"], row["ci_high"], words)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
