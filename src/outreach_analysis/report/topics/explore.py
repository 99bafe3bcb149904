"""What is asked while exploring: the people, places and prospects of one kecamatan, one place, and two studies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.report.table import Columns, Table, Views, records, table_of
from outreach_analysis.report.topics.account import setting_text
from outreach_analysis.report.topics.ranking import exclusion_text, tabulate_ranking
from outreach_analysis.report.topics.turnout import tabulate_forecast
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.settings import SITE_KINDS_FIXED
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study, StudyComparison

FIRST = 5
"""Places at which people of a kecamatan are expected, at most."""


def area_name(study: Study, area_id: str) -> str:
    """A kecamatan and its kabupaten."""
    return f"{study.areas['name'][area_id]}, {study.areas['parent_name'][area_id]}"


def tabulate_area_events(study: Study, area_id: str, words: Words) -> Table:
    """The people of a kecamatan by pop-up, the latest first; pop-ups to which nobody came from there are left out."""
    came = _came(study, area_id)
    columns: Columns = {
        words.say("Day"): ([words.date(day, short=True) for day in came["date"]], False),
        words.say("Place"): ([str(name) for name in study.sites["name"].reindex(came["site_id"])], False),
        words.say("Applicants (rounded)"): ([words.number(n) for n in _rounded(came["applicants"], study)], True),
    }
    return table_of(words.say("Who came from {area}, by pop-up", area=area_name(study, area_id)), columns)


def tabulate_area_months(study: Study, area_id: str, words: Words) -> Table:
    """The people of a kecamatan by month."""
    came = _came(study, area_id)
    by_month = (
        came.groupby(came["date"].dt.to_period("M"))["applicants"].agg(["size", "sum"]).sort_index(ascending=False)
    )
    columns: Columns = {
        words.say("Month"): ([words.month(month.to_timestamp()) for month in by_month.index], False),
        words.say("Pop-ups"): ([words.number(n) for n in by_month["size"]], True),
        words.say("Applicants (rounded)"): ([words.number(n) for n in _rounded(by_month["sum"], study)], True),
    }
    return table_of(words.say("Who came from {area}, by month", area=area_name(study, area_id)), columns)


def _came(study: Study, area_id: str) -> pd.DataFrame:
    """Day, place and people of the pop-ups to which people of an area came, the latest first."""
    counts = study.counts
    counts = counts[(counts["area_id"] == area_id) & (counts["applicants"] > 0)].set_index("event_id")
    came = study.held[["date", "site_id"]].join(counts["applicants"], how="inner")
    return came.sort_values("date", ascending=False, kind="stable")


def _rounded(people: pd.Series, study: Study) -> pd.Series:
    rounded: pd.Series = round_people(people, base=study.rounding_base)
    return rounded


def tabulate_area_places(study: Study, area_id: str, words: Words) -> Table:
    """The places of a kecamatan: whether they serve all the time, how often they were visited, where they rank."""
    sites = study.sites[enclosing_area(study.sites["area_id"], study.areas) == area_id]
    visits, ranks = study.held["site_id"].value_counts(), study.ranking.by_site["rank"]
    fixed = sites["kind"].isin(SITE_KINDS_FIXED)
    columns: Columns = {
        words.say("Place"): ([str(name) for name in sites["name"]], False),
        words.say("Visits"): (
            [
                words.say("permanent service") if serves else words.number(visits.get(site, 0))
                for site, serves in fixed.items()
            ],
            True,
        ),
        words.say("Rank now"): ([words.number(ranks[site]) if site in ranks else "–" for site in sites.index], True),
    }
    return table_of(words.say("Places in {area}", area=area_name(study, area_id)), columns)


def tabulate_area_forecast(study: Study, area_id: str, words: Words) -> Table:
    """How many of a kecamatan are expected at a pop-up, at the places where most are: 90 % range of the expectation."""
    forecast = study.forecast
    draws = forecast.draws[:, forecast.area_ids.get_loc(area_id)]
    shown = np.argsort(-draws.mean(axis=0), kind="stable")[:FIRST]
    low, high = np.quantile(draws[:, shown], [0.05, 0.95], axis=0)
    told = zip(draws[:, shown].mean(axis=0), low, high, strict=True)
    columns: Columns = {
        words.say("Place"): ([str(name) for name in study.sites["name"].reindex(forecast.site_ids[shown])], False),
        words.say("People expected (90% range)"): (
            [f"{words.number(mean)} ({words.interval(bottom, top)})" for mean, bottom, top in told],
            True,
        ),
    }
    return table_of(words.say("Expected from {area} at one pop-up", area=area_name(study, area_id)), columns)


def tabulate_place(study: Study, site_id: str, words: Words) -> Table:
    """One place: its row of the ranking, or of the forecast with the reason why it may not be visited."""
    ranking = study.ranking
    if site_id in ranking.by_site.index:
        table = tabulate_ranking(ranking, words)
        return replace(table, rows=(table.rows[ranking.by_site.index.tolist().index(site_id)],), strong=())
    alone = replace(study.forecast, by_site=study.forecast.by_site.loc[[site_id]])
    table = tabulate_forecast(alone, study.sites, words)
    excluded: Any = ranking.excluded.loc[site_id]
    reason = exclusion_text(str(excluded["reason"]), excluded["value"], ranking, words)
    headers, rows = (*table.headers, words.say("Why not")), ((*table.rows[0], reason),)
    return replace(table, headers=headers, rows=rows, numeric=(*table.numeric, False))


# --- Two studies side by side.


def tabulate_comparison(comparison: StudyComparison, words: Words) -> Table:
    """Every number in which two studies may differ."""
    say = words.say
    names = {
        "reach": say("Applicants at pop-ups per 10,000 residents"),
        "coverage": say("Residents near a service point"),
        "need": say("Applications a year that are missing"),
        "expected additional people there": say("Additional people at the first place"),
    }

    def told(number: str, value: object) -> str:
        if number == "coverage":
            return words.percent(float(value)) if isinstance(value, float) else "–"
        if number in names:
            digits = 1 if number == "reach" else 0
            return words.number(value, digits=digits) if isinstance(value, int | float) else "–"
        return comparison.places.get(value, setting_text(value)) if isinstance(value, str) else setting_text(value)

    rows = []
    for number, row in zip(comparison.numbers.index, records(comparison.numbers), strict=True):
        place = number.removeprefix("place ").partition(" ")[0]
        name = names.get(number) or (say("Place {n} of the ranking", n=place) if row.unit == "site_id" else number)
        rows.append((name, told(number, row.here), told(number, row.there)))
    return Table(
        caption=say("Two studies compared"),
        headers=(say("What is compared"), say("First"), say("Second")),
        rows=tuple(rows),
        numeric=(False, True, True),
    )


def describe_comparison(comparison: StudyComparison, words: Words) -> Sentences:
    """Whether the first place is the same, and what it adds."""
    rows = comparison.numbers.to_dict("index")
    if "place 1 of the ranking" not in rows:
        return Sentences.of([words.say("No place may be visited in either.")])
    first = [str(rows["place 1 of the ranking"][side]) for side in ("here", "there")]
    people = [words.number(rows["expected additional people there"][side]) for side in ("here", "there")]
    names = [comparison.places.get(site, "–") for site in first]
    if "" in first:
        there = first.index("") - 1
        text = words.say(
            "Only in one of them may a place be visited: {place}, with about {n} additional people.",
            place=names[there],
            n=people[there],
        )
    elif first[0] == first[1]:
        text = words.say(
            "The first place is {place} in both: it adds about {n} people in the first and about {m} in the second.",
            place=names[0],
            n=people[0],
            m=people[1],
        )
    else:
        text = words.say(
            "The first place is {place} with about {n} additional people in the first, and {other} with about {m} in "
            "the second.",
            place=names[0],
            other=names[1],
            n=people[0],
            m=people[1],
        )
    return Sentences.of([text])


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    StudyComparison: Views(
        tables={"comparison": lambda r, s, words: tabulate_comparison(r, words)},
        texts={"comparison": lambda r, s, words: describe_comparison(r, words)},
    ),
}
