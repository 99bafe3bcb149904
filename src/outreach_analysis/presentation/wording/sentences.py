"""A ranking turned into sentences: the first screen, and why a place is in or out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.presentation.wording.words import Words

NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScreen:
    """What a manager reads first: the place and day, the people, and labelled reasons."""

    heading: str
    where: str
    lead: str
    rows: tuple[tuple[str, str], ...]


def first_screen(ranking: RankingResult, areas: pd.DataFrame, words: Words) -> FirstScreen:
    """Where next, when, how many, why, how sure, and what would change the choice."""
    say = words.say
    if ranking.recommended is None:
        return FirstScreen(
            heading=say("No place can be visited next"),
            where="",
            lead=say("Every candidate is kept out by a rule; the list below says by which."),
            rows=(),
        )
    best: Any = ranking.by_site.loc[ranking.recommended]
    rows = [
        (say("Why here"), _why(ranking, words)),
        (say("How sure"), how_sure(ranking, words)),
        (say("Runner-up"), _runner_up(ranking, words)),
        (say("What could change it"), _what_could_change(ranking, words)),
    ]
    return FirstScreen(
        heading=say(
            "Next place: {place}, {day}", place=best["name"], day=day_text(ranking, ranking.recommended, words)
        ),
        where=area_text(str(best["area_id"]), areas, words),
        lead=say(
            "About {people} people are expected to come (90% range: {range}); about {increment} of them would "
            "not have come to the office.",
            people=words.number(best["people"]),
            range=words.interval(best["people_low"], best["people_high"]),
            increment=words.number(best["increment"]),
        ),
        rows=tuple((label, text) for label, text in rows if text),
    )


def area_text(area_id: str, areas: pd.DataFrame, words: Words) -> str:
    """The kecamatan in which an area lies, and its kabupaten."""
    holder = enclosing_area(pd.Series([area_id]), areas).iloc[0]
    if pd.isna(holder):
        return ""
    row: Any = areas.loc[holder]
    return words.say("Kecamatan {area}, {kabupaten}", area=row["name"], kabupaten=row["parent_name"])


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


def _why(ranking: RankingResult, words: Words) -> str:
    values = ranking.reasons[ranking.reasons["site_id"] == ranking.recommended]
    parts = [
        reason_text(code, value, ranking, words) for code, value in zip(values["code"], values["value"], strict=True)
    ]
    return " · ".join(part for part in parts if part)


def reason_text(code: str, value: Any, ranking: RankingResult, words: Words) -> str:
    """One reason in words; '' where the code has nothing to say for this value."""
    say, settings = words.say, ranking.settings
    if code == "new_within_reach":
        if not value:
            return ""
        km = words.number(settings.service_threshold_km)
        return say("{n} residents without a fixed service point within {km} km", n=words.number(value), km=km)
    if code == "km_from_fixed_point":
        return "" if pd.isna(value) else say("{km} km from the nearest fixed service point", km=words.number(value))
    if code == "last_visit":
        return say("last visit: never") if pd.isna(value) else say("last visit: {day}", day=words.date(value))
    if code == "interest_above":
        n = words.number(settings.interest_threshold_people)
        return say("interest above the threshold (more than {n})", n=n) if value else ""
    raise KeyError(f"no words for the reason '{code}'")


def how_sure(ranking: RankingResult, words: Words) -> str:
    """What the forecast rests on, and which places are on a par with the recommended one."""
    say = words.say
    basis = say(
        "Prior only: the number of people is a general assumption (half of all events below {median}), not yet "
        "learned from this office's own events.",
        median=words.number(ranking.settings.prior_total_median),
    )
    others = ranking.by_site[ranking.by_site["tied"]].drop(index=str(ranking.recommended))["name"].tolist()
    if not others:
        return basis + " " + say("No other place comes close in the order.")
    named = others[:NAMED_AT_MOST]
    if len(others) > NAMED_AT_MOST:
        named.append(say("{n} more", n=words.number(len(others) - NAMED_AT_MOST)))
    because = {
        "need": say("chosen because most unmet need lies around it"),
        "day": say("chosen because its day is nearer, with as much unmet need around it"),
        "rank": say("chosen because it ranks higher, with as much unmet need around it and the same day"),
    }
    tie = say("On a par with {places}; {because}.", places=words.listing(named), because=because[ranking.decided_by])
    return f"{basis} {tie}"


def _runner_up(ranking: RankingResult, words: Words) -> str:
    others = ranking.by_site.drop(index=str(ranking.recommended))
    if others.empty:
        return ""
    second = others.iloc[0]
    return words.say(
        "{place}: about {increment} additional people (90% range: {range})",
        place=second["name"],
        increment=words.number(second["increment"]),
        range=words.interval(second["ci_low"], second["ci_high"]),
    )


def _what_could_change(ranking: RankingResult, words: Words) -> str:
    waiting = ranking.would_overtake()["name"].head(NAMED_AT_MOST).tolist()
    n = words.number(ranking.settings.interest_threshold_people)
    if waiting:
        return words.say(
            "If interest at {places} rises above {n}, more people would be reached there.",
            places=words.listing(waiting),
            n=n,
        )
    return words.say("No place kept out by the interest rule would reach more people.")


def exclusion_text(reason: str, value: Any, ranking: RankingResult, words: Words) -> str:
    """Why a place may not be visited next."""
    say, settings = words.say, ranking.settings
    if reason == "interest_below":
        return say("not more than {n} people interested", n=words.number(settings.interest_threshold_people))
    if reason == "recently_visited":
        months = words.number(settings.revisit_months)
        return say("visited on {day}, less than {months} months ago", day=words.date(value), months=months)
    if reason == "already_scheduled":
        return say("already scheduled")
    if reason == "outside_jurisdiction":
        return say("outside the working area")
    if reason == "closed":
        return say("not open on the day of the question")
    if reason == "no_free_day":
        days = words.number(settings.horizon_days)
        return say("no free day of an allowed kind in the next {days} days", days=days)
    raise KeyError(f"no words for the exclusion '{reason}'")


def period_text(start: dt.date | pd.Timestamp, end: dt.date | pd.Timestamp, words: Words) -> str:
    """From one month to another."""
    return words.say("{start} to {end}", start=words.month(start), end=words.month(end))
