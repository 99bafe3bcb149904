"""Tables ready to be read: a result's rows in a language's words and numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.event_kinds import event_days, popups_that_took_place
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import people_by_event, placed_share_by_event
from outreach_analysis.measures.coverage import CoverageResult
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.presentation.charts import ledger_words
from outreach_analysis.presentation.describe_intake import marked
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.faults import fault_label
from outreach_analysis.presentation.wording.sentences import by_people, exclusion_text, holiday_text
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.settings import Settings

_Columns = dict[str, tuple[list[str], bool]]
"""Cells by header, and whether they are numbers."""


def tabulate_ranking(ranking: RankingResult, *, top: int | None = None, lang: Language = "id") -> Table:
    """Places in order: additional people, how often each is the best, what choosing it costs, all who come."""
    words = Words(lang)
    say = words.say
    shown = ranking.by_site.head(top) if top else ranking.by_site
    rows = tuple(
        (
            f"{row.rank}. {row.name}",
            str(row.kabupaten),
            f"{words.number(row.increment)} ({words.interval(row.ci_low, row.ci_high)})",
            words.number(100 * row.p_best),
            words.number(max(row.costs_on_average, 0.0), digits=1),
            f"{words.number(row.people)} ({words.interval(row.people_low, row.people_high)})",
            say("yes") if row.tied else say("no"),
        )
        for row in _records(shown)
    )
    return Table(
        caption=say("Places for the next pop-up, most additional people first")
        if by_people(ranking)
        else say("Places for the next pop-up, ordered by the stated weights"),
        headers=(
            say("Place"),
            say("Kabupaten or kota"),
            say("Additional people (90% range)"),
            say("Best in so many of 100 draws"),
            say("Additional people given up on average by choosing it"),
            say("All who come (90% range)"),
            say("May it be the best?"),
        ),
        rows=rows,
        numeric=(False, False, True, True, True, True, False),
        strong=tuple(site == ranking.recommended for site in shown.index),
    )


def tabulate_excluded(ranking: RankingResult, *, lang: Language = "id") -> Table:
    """Why places may not be visited next: each reason once, with its places by name."""
    words = Words(lang)
    shown = ranking.excluded.sort_values(["reason", "name"])
    texts = [
        exclusion_text(reason, value, ranking, words)
        for reason, value in zip(shown["reason"], shown["value"], strict=True)
    ]
    names = shown["name"].astype(str).groupby(pd.Series(texts, index=shown.index, dtype="str"), sort=False)
    rows = tuple((str(text), words.number(len(group)), ", ".join(group)) for text, group in names)
    return Table(
        caption=words.say("Places that may not be visited next"),
        headers=(words.say("Why not"), words.say("Number of places"), words.say("Places")),
        rows=rows,
        numeric=(False, True, False),
    )


def tabulate_reach(reach: ReachResult, *, lang: Language = "id") -> Table:
    """Applicants, residents and rate by area, highest rate first; areas outside the jurisdiction last, marked."""
    words = Words(lang)
    say = words.say
    shown = reach.by_area.sort_values(["in_jurisdiction", "rate", "name"], ascending=[False, False, True])
    rows = tuple(
        (
            str(row.name) if row.in_jurisdiction else say("{area} (outside the working area)", area=row.name),
            words.number(row.applicants),
            words.number(row.residents),
            f"{words.number(row.rate, digits=1)} ({words.interval(row.ci_low, row.ci_high, digits=1)})",
        )
        for row in _records(shown)
    )
    return Table(
        caption=marked(say("Applicants at pop-ups per 10,000 residents"), reach.poorly_placed, words),
        headers=(
            say("Area"),
            say("Applicants (rounded)"),
            say("Residents"),
            say("Per 10,000 residents (90% range)"),
        ),
        rows=rows,
        numeric=(False, True, True, True),
    )


def tabulate_coverage(coverage: dict[float, CoverageResult], *, lang: Language = "id") -> Table:
    """Residents within each threshold: of any service point, of fixed ones, of recent pop-ups only."""
    words = Words(lang)
    say = words.say
    rows = []
    for threshold, result in sorted(coverage.items()):
        summary = result.summary()
        share, people = summary["estimate"], summary["people"]
        rows.append(
            (
                say("up to {way}", way=words.measure(threshold, result.unit)),
                words.percent(share["covered"], digits=1),
                words.percent(share["fixed"], digits=1),
                words.percent(share["popup"], digits=1),
                words.number(people["none"]),
            )
        )
    return Table(
        caption=say("Residents of the working area by distance from a service point"),
        headers=(
            say("Distance"),
            say("Residents within it"),
            say("of a fixed point"),
            say("of a recent pop-up only"),
            say("Residents beyond it"),
        ),
        rows=tuple(rows),
        numeric=(False, True, True, True, True),
    )


def tabulate_events(
    events: pd.DataFrame,
    sites: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    areas: pd.DataFrame | None = None,
    outside: pd.DataFrame | None = None,
    unplaced: pd.DataFrame | None = None,
    settings: Settings | None = None,
    rounding_base: int = 5,
    lang: Language = "id",
) -> Table:
    """Events, latest first: day, place, everybody who came, rounded. Planned ones and those broken off say so.

    Programme and days have a column where any of them is no visit of one day. People of an opening at the office are
    the office's: none are shown.

    Beside them the share of applicants whose kecamatan is known (`placed_share_by_event`). With `areas` (index
    `area_id`, column `parent_id`) and `settings` (for the window of unmet need) the numbers are rounded so that beside
    those by area they tell nobody; give them wherever both are shown.
    """
    words = Words(lang)
    say = words.say
    if areas is None:
        ids = counts["area_id"].unique()
        areas = pd.DataFrame({"parent_id": ids}, index=pd.Index(ids, name="area_id"))
    rounded: dict[str, Any] = {
        "outside": outside,
        "unplaced": unplaced,
        "settings": settings,
        "rounding_base": rounding_base,
    }
    people = people_by_event(counts, areas, events=events, **rounded)
    placed = placed_share_by_event(events, counts, areas, **rounded)
    shown = events[events["status"] != "cancelled"].sort_values("date", ascending=False, kind="stable")
    status = {"held": say("held"), "planned": say("planned"), "failed": say("broken off")}
    known = popups_that_took_place(events).index
    columns: _Columns = {
        say("Day"): ([words.date(date, short=True) for date in shown["date"]], False),
        say("Place"): ([str(name) for name in sites["name"].reindex(shown["site_id"])], False),
        **_programme_and_days(shown, words),
        say("Applicants (rounded)"): (
            [words.number(people.get(event, 0)) if event in known else "–" for event in shown.index],
            True,
        ),
        say("Kecamatan known"): (
            [words.percent(placed[event]) if pd.notna(placed.get(event)) else "–" for event in shown.index],
            True,
        ),
        say("Status"): ([status[state] for state in shown["status"]], False),
    }
    return _table(say("Pop-ups held and planned"), columns)


def _programme_and_days(events: pd.DataFrame, words: Words) -> _Columns:
    """Programme and days, each where it says more than a visit of one day."""
    say = words.say
    names = {"visit": say("visit"), "invited": say("by invitation"), "office": say("opening at the office")}
    columns: _Columns = {}
    if "programme" in events and (events["programme"] != "visit").any():
        columns[say("Programme")] = ([names[name] for name in events["programme"]], False)
    if (days := event_days(events).astype(int)).gt(1).any():
        columns[say("Days")] = ([words.number(n) for n in days], True)
    return columns


def _table(caption: str, columns: _Columns) -> Table:
    return Table(
        caption=caption,
        headers=tuple(columns),
        rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
        numeric=tuple(numeric for _, numeric in columns.values()),
    )


def tabulate_free_days(ranking: RankingResult, *, days: int = 6, lang: Language = "id") -> Table:
    """The next free days of the recommended place with the reason for each: days off before working days."""
    words = Words(lang)
    say = words.say
    kinds = {"weekend": say("weekend"), "holiday": say("holiday"), "workday": say("workday")}
    free = ranking.free_days[ranking.free_days["site_id"] == ranking.recommended]
    days_off = free[free["kind"] != "workday"]
    shown = (days_off if len(days_off) else free).head(days)
    rows = tuple(
        (
            words.date(day, weekday=True),
            holiday_text(reason, estimated=bool(estimated), words=words) if kind == "holiday" else kinds[kind],
        )
        for day, kind, reason, estimated in zip(
            shown["day"], shown["kind"], shown["reason"], shown["estimated"], strict=True
        )
    )
    return Table(
        caption=say(
            "Days on which the team is free, at least {n} days ahead", n=words.number(ranking.settings.lead_days)
        ),
        headers=(say("Day"), say("Kind of day")),
        rows=rows,
        numeric=(False, False),
    )


def tabulate_scheduled(scheduled: pd.DataFrame, sites: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Announced events: their day and place, programme and days where they say something.

    `scheduled` has index `event_id`, columns `site_id`, `date` and, where known, `programme`, `days`.
    """
    words = Words(lang)
    say = words.say
    columns: _Columns = {
        say("Day"): ([words.date(day, weekday=True) for day in scheduled["date"]], False),
        say("Place"): ([str(name) for name in sites["name"].reindex(scheduled["site_id"])], False),
        **_programme_and_days(scheduled, words),
    }
    return _table(say("Already scheduled: their days are taken, and what they reach is not counted again"), columns)


def tabulate_ledger(ledger: IntakeLedger, *, lang: Language = "id") -> Table:
    """Rows of each file by what became of them; every row read stands in one column."""
    words = Words(lang)
    names = ledger_words(words)
    by_file = ledger.by_file.groupby("file", sort=False)[list(names)].sum()
    total = by_file.sum().rename(words.say("All files"))
    rows = tuple(
        (str(file), *(words.number(value) for value in values))
        for file, values in [*zip(by_file.index, by_file.to_numpy(), strict=True), (total.name, total.to_numpy())]
    )
    return Table(
        caption=words.say("Every row read, file by file"),
        headers=(words.say("File"), *names.values()),
        rows=rows,
        numeric=(False, *(True for _ in names)),
        strong=(*(False for _ in by_file.index), True),
    )


def tabulate_problems(ledger: IntakeLedger, *, lang: Language = "id") -> Table:
    """How many rows have each problem, and what became of them."""
    words = Words(lang)
    names = {**ledger_words(words), "warning": words.say("Warning")}
    rows = tuple(
        (fault_label(reason, words), names[status], words.number(n))
        for status, reason, n in ledger.by_reason()[["status", "reason", "rows"]].itertuples(index=False)
    )
    return Table(
        caption=words.say("Problems found in the rows"),
        headers=(words.say("Problem"), words.say("What became of the row"), words.say("Rows")),
        rows=rows,
        numeric=(False, False, True),
    )


def tabulate_headers(ledger: IntakeLedger, *, lang: Language = "id") -> Table:
    """Which column header of the files was taken for what, and in how many files and sheets it stands."""
    words = Words(lang)
    say = words.say
    how = {"ours": say("our own name"), "usual": say("usual wording"), "settings": say("from outreach.toml")}
    counted = ledger.columns_taken.groupby(["how", "column", "header"]).size().reset_index(name="files")
    counted = counted.sort_values(["column", "files", "header"], ascending=[True, False, True])
    counted = pd.concat([counted[counted["how"] != "ignored"], counted[counted["how"] == "ignored"]])
    rows = tuple(
        (row.header or "–", row.column or "–", how.get(row.how, say("ignored")), words.number(row.files))
        for row in _records(counted)
    )
    return Table(
        caption=say("What each column header was taken for"),
        headers=(say("Header"), say("Our column"), say("How it was recognised"), say("Files")),
        rows=rows,
        numeric=(False, False, False, True),
    )


def _records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their values as attributes."""
    return list(frame.itertuples(index=False))
