"""Whom the pop-ups reach, in sentences: descriptions of those who came, never of what made them come."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.measures.audience import AudienceResult
from outreach_analysis.measures.series import NO_SERIES, SeriesResult
from outreach_analysis.measures.shares import UNKNOWN
from outreach_analysis.measures.uptake import UptakeResult
from outreach_analysis.measures.working_days import WorkingDaysResult
from outreach_analysis.presentation.prose import Sentence, Sentences
from outreach_analysis.presentation.wording.people import channel_name, share_text
from outreach_analysis.presentation.wording.words import Language, Words

NAMED = 5
_FEW_EVENTS = 3


def describe_channels(audience: AudienceResult, *, lang: Language = "id") -> Sentences:
    """How most people heard of pop-ups, there where they live far away, and of how many that is not known.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentences
        One that says so where nobody came yet.
    """
    words = Words(lang)
    say = words.say
    if not audience.unknown["applicants"]["channel"]:
        return Sentences.of([say("No pop-up has been held yet, so nothing can be said about who came.")])
    first = _most_named(audience.channels)
    if first is None or not audience.is_published("channel"):
        few = say("Too few applicants said how they heard of the pop-up.")
        return Sentences.of([few, _base(audience, "channel", words)])
    texts = [
        say(
            "{share} of applicants heard of the pop-up by: {channel}.",
            share=_share(first, words),
            channel=channel_name(first["category"], words),
        )
    ]
    by_band = audience.channels_by_distance
    far = _most_named(by_band[by_band["group"] == by_band["group"].max()])
    if far is not None:
        edge = sorted(audience.settings.shown_thresholds)[-1]
        texts.append(
            say(
                "Of those who live more than {way} from a service point, most named: {channel}, {share}.",
                way=words.measure(edge, audience.settings.travel_measure),
                channel=channel_name(far["category"], words),
                share=_share(far, words),
            )
        )
    little = _most_named(audience.channels_by_reach[audience.channels_by_reach["group"] == "little_reached"])
    if little is not None:
        texts.append(
            say(
                "In the third of areas with fewest applicants per resident, most named: {channel}, {share}.",
                channel=channel_name(little["category"], words),
                share=_share(little, words),
            )
        )
    texts.append(_base(audience, "channel", words))
    return Sentences.of(texts)


def describe_uptake(uptake: UptakeResult, areas: pd.DataFrame, *, lang: Language = "id") -> Sentences:
    """How asking for electronic passports grew while there was a choice, and which areas were behind.

    Parameters
    ----------
    uptake
        From `audience`.
    areas
        Index `area_id`; column `name`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    shown = uptake.by_month.dropna(subset=["share"])
    day = words.date(uptake.settings.all_electronic_from)
    if shown.empty or not uptake.is_published:
        return Sentences.of(
            [say("Before {day}, when all passports became electronic, too few kinds of passport are known.", day=day)]
        )
    first, last = _records(shown)[0], _records(shown)[-1]
    texts = [
        say(
            "Before {day}, when all passports became electronic, their share went from {before} in {start} to {after} "
            "in {end}.",
            day=day,
            before=words.percent(first["share"]),
            start=words.month(shown.index[0]),
            after=words.percent(last["share"]),
            end=words.month(shown.index[-1]),
        )
    ]
    people, unknown = (int(uptake.by_month[name].sum()) for name in ("people", "unknown"))
    texts.append(
        say(
            "Known of {known} of the {of} applicants of lists that ask.",
            known=words.number(people - unknown),
            of=words.number(people),
        )
    )
    if len(uptake.trend):
        texts.append(_distance_text(uptake, words))
    behind = uptake.by_area.index[uptake.by_area["lags"]]
    if len(uptake.trend):
        names = [str(areas["name"].get(area_id, area_id)) for area_id in behind[:NAMED]]
        texts.append(
            say("Behind what month and distance lead one to expect: {places}.", places=words.listing(names))
            if names
            else say("No area was clearly behind what month and distance lead one to expect.")
        )
    return Sentences.of(texts)


def _distance_text(uptake: UptakeResult, words: Words) -> str:
    row = _records(uptake.trend)[1]
    if row["ci_high"] < 1:
        return words.say("It was lower far from a service point, month by month.")
    if row["ci_low"] > 1:
        return words.say("It was higher far from a service point, month by month.")
    return words.say("It did not clearly differ with the distance from a service point.")


def describe_applications(audience: AudienceResult, *, lang: Language = "id") -> Sentence:
    """How many apply for their first passport, near and far.

    Parameters
    ----------
    audience
        From `audience`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    new = audience.applications[audience.applications["category"] == "new"]
    if new["share"].isna().all():
        return Sentence()
    if not audience.is_published("application"):
        few = words.say("Of too few applicants it is known what they applied for.")
        return Sentence(f"{few} {_base(audience, 'application', words)}")
    far = audience.applications_by_distance
    beyond = far[(far["category"] == "new") & (far["group"] == far["group"].max())]
    text = words.say("{share} applied for their first passport.", share=_share(_records(new)[0], words))
    if beyond["share"].notna().all():
        edge = sorted(audience.settings.shown_thresholds)[-1]
        text += " " + words.say(
            "Of those from beyond {way}: {share}.",
            way=words.measure(edge, audience.settings.travel_measure),
            share=_share(_records(beyond)[0], words),
        )
    return Sentence(f"{text} {_base(audience, 'application', words)}")


def describe_working_days(days: WorkingDaysResult | None, areas: pd.DataFrame, *, lang: Language = "id") -> Sentences:
    """From where people come mainly when it is not a working day, as an association.

    Parameters
    ----------
    days
        From `working_days`; None where nothing could be compared.
    areas
        Index `area_id`; columns `name`, `in_jurisdiction`.
    lang
        `id` or `en`.
    """
    words = Words(lang)
    say = words.say
    if days is None:
        return Sentences.of([say("No pop-up was held in months that can be compared.")])
    overall = _records(days.overall.to_frame().T)[0]
    texts = [
        say(
            "{share} of all people served came to a pop-up on a weekend or holiday.",
            share=share_text(float(overall["share"]), float(overall["ci_low"]), float(overall["ci_high"]), words),
        )
    ]
    inside = areas.index[areas["in_jurisdiction"].astype(bool)]
    table = days.by_area[days.by_area["mainly_day_off"] & days.by_area.index.isin(inside)]
    names = [str(areas["name"][area_id]) for area_id in table.sort_values("share", ascending=False).index[:NAMED]]
    if names:
        texts.append(say("More than elsewhere they came on days off from: {places}.", places=words.listing(names)))
    else:
        texts.append(say("From no area did clearly more come on days off than from elsewhere."))
    texts.append(
        say(
            "This is an association: it also depends on which pop-ups were held near them ({off} on days off, {on} on "
            "workdays).",
            off=words.number(days.n_day_off),
            on=words.number(days.n_workday),
        )
    )
    return Sentences.of(texts)


def describe_series(series: SeriesResult, *, lang: Language = "id") -> Sentence:
    """The series with most people per event, and how sure that is.

    Parameters
    ----------
    series
        From `compare_series`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where no event belongs to a series.
    """
    words = Words(lang)
    named = series.by_series[series.by_series.index != NO_SERIES]
    if named.empty:
        return Sentence()
    best = str(named["per_event"].idxmax())
    row = _records(named.loc[[best]])[0]
    text = words.say(
        "Most people per event came to the series {series}: {n} ({range}), at {events} events.",
        series=best,
        n=words.number(row["per_event"]),
        range=words.interval(row["per_event_low"], row["per_event_high"]),
        events=words.number(row["events"]),
    )
    if row["events"] < _FEW_EVENTS:
        text += " " + words.say("So few events can be chance.")
    return Sentence(text)


def _most_named(shares: pd.DataFrame) -> dict[str, Any] | None:
    """The category most people named; None where there is no share."""
    known = shares[(shares["category"] != UNKNOWN) & shares["share"].notna()]
    return None if known.empty else _records(known.sort_values("share", ascending=False, kind="stable"))[0]


def _base(audience: AudienceResult, what: str, words: Words) -> str:
    """Of how many people a share is, and of how many of them it is not known."""
    row: Any = audience.unknown.loc[what]
    return words.say(
        "Asked in the lists of {of} of {all} applicants; of {share} of these it is not known, and they count in every "
        "share.",
        of=words.number(row["of"]),
        all=words.number(row["applicants"]),
        share=words.percent(0.0 if pd.isna(row["share"]) else float(row["share"])),
    )


def _share(row: dict[str, Any], words: Words) -> str:
    return share_text(row["share"], row["ci_low"], row["ci_high"], words)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
