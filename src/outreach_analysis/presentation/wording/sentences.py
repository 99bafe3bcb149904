"""Codes and numbers turned into sentences: the first screen, the main points, why a place is in or out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.catchment import CatchmentResult
from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import ReachResult
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
            "Next place: {place}, {day}", place=best["name"], day=_day_text(ranking, ranking.recommended, words)
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


def _day_text(ranking: RankingResult, site_id: str, words: Words) -> str:
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
        return say("{n} residents who now have no service point within {km} km", n=words.number(value), km=km)
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
    tie = say("On a par with {places}; chosen because most unmet need lies around it.", places=words.listing(named))
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


def main_points(
    *,
    reach: ReachResult,
    coverage: dict[float, CoverageResult],
    need: NeedResult,
    catchment: CatchmentResult,
    interest: InterestResult,
    ledger: IntakeLedger,
    events: pd.DataFrame,
    words: Words,
) -> list[str]:
    """Three to six sentences, each one number and its meaning."""
    settings = need.settings
    points = [
        _reach_point(reach, events, words),
        _catchment_point(catchment, words),
        _coverage_point(coverage[settings.service_threshold_km], settings.window_months, words),
        _need_point(need, words),
        _interest_point(interest, words),
        _ledger_point(ledger, words),
    ]
    return [point for point in points if point]


def _reach_point(reach: ReachResult, events: pd.DataFrame, words: Words) -> str:
    held = events[events["status"] == "held"]
    if held.empty:
        return words.say("No pop-up has been held yet, so nothing can be said about who came.")
    inside = reach.by_area[reach.by_area["in_jurisdiction"]]
    return words.say(
        "{events} pop-ups since {since} reached people from {reached} of the {all} kecamatan of the working area.",
        events=words.number(len(held)),
        since=words.month(held["date"].min()),
        reached=words.number(int((inside["applicants"] > 0).sum())),
        all=words.number(len(inside)),
    )


def _catchment_point(catchment: CatchmentResult, words: Words) -> str:
    overall = catchment.overall
    if pd.isna(overall["km_50"]):
        return ""
    return words.say(
        "Half of the applicants live within {km} km of the pop-up; {share} come from another kabupaten or province.",
        km=words.number(overall["km_50"]),
        share=words.percent(overall["share_outside_host"]),
    )


def _coverage_point(coverage: CoverageResult, window_months: int, words: Words) -> str:
    summary = coverage.summary()["estimate"]
    return words.say(
        "{share} of residents live within {km} km of a service point; without the pop-ups of the last "
        "{months} months it would be {fixed}.",
        share=words.percent(summary["covered"]),
        km=words.number(coverage.threshold),
        months=words.number(window_months),
        fixed=words.percent(summary["fixed"]),
    )


def _need_point(need: NeedResult, words: Words) -> str:
    inside = need.by_area[need.by_area["in_jurisdiction"]]
    largest = inside.sort_values(["need", "name"], ascending=[False, True]).head(NAMED_AT_MOST)
    largest = largest[largest["need"] > 0]
    if largest.empty:
        return words.say("Every kecamatan is served as well as the well-served ones.")
    return words.say("Unmet need is largest in {places}.", places=words.listing(largest["name"].tolist()))


def _interest_point(interest: InterestResult, words: Words) -> str:
    threshold = words.number(interest.settings.interest_threshold_people)
    if not interest.assessed:
        return words.say("Interest was not assessed: there is no list of interested people.")
    above = interest.by_area.index[interest.by_area["above_threshold"]]
    return words.say(
        "In {n} kecamatan more than {threshold} people have asked for a pop-up.",
        n=words.number(len(above)),
        threshold=threshold,
    )


def _ledger_point(ledger: IntakeLedger, words: Words) -> str:
    totals = ledger.by_file[["read", "matched", "review"]].sum()
    if not totals["read"]:
        return ""
    return words.say(
        "Of {read} rows read, {share} could be used as they stand; {review} wait for a decision on their place.",
        read=words.number(totals["read"]),
        share=words.percent(totals["matched"] / totals["read"], digits=1),
        review=words.number(totals["review"]),
    )


def period_text(start: dt.date | pd.Timestamp, end: dt.date | pd.Timestamp, words: Words) -> str:
    """From one month to another."""
    return words.say("{start} to {end}", start=words.month(start), end=words.month(end))
