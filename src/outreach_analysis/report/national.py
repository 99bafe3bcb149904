"""Offices side by side on one offline page, by numbers that the report of each has told already."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from markupsafe import Markup

from outreach_analysis.models.forecast import Status
from outreach_analysis.report.page import own_file, templates
from outreach_analysis.report.table import Table
from outreach_analysis.report.topics.turnout import status_text
from outreach_analysis.report.words import Language, Words
from outreach_analysis.study import Study

Interval = tuple[float, float, float]
"""An estimate with its lower and upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeNumbers:
    """What stands of an office beside others. Each number stands in the office's own report too, rounded or derived
    from rounded people: sums over offices are made of these, so that the page tells nothing new of anybody."""

    office: str
    as_of: str
    synthetic: bool
    kecamatan: int
    residents: int
    reach_per_10_000: float
    covered: float
    inside: int
    judged: int
    displacement: Interval
    need: Interval
    place: str
    day: str
    additional: Interval | None
    status: Status

    @classmethod
    def of(cls, study: Study) -> OfficeNumbers:
        """The numbers of a study whose people are rounded."""
        ranking, areas = study.ranking, study.areas[study.areas["in_jurisdiction"].astype(bool)]
        best = ranking.recommended
        row: Any = None if best is None else ranking.by_site.loc[best]
        inside, judged = study.backtest.coverage()
        return cls(
            office=study.settings.office_name,
            as_of=study.as_of.isoformat(),
            synthetic=study.settings.synthetic,
            kecamatan=len(areas),
            residents=int(areas["population"].sum()),
            reach_per_10_000=round(float(study.reach.summary()["estimate"]["jurisdiction"]), 1),
            covered=round(float(study.coverage.summary()["estimate"]["covered"]), 2),
            inside=inside,
            judged=judged,
            displacement=_interval(study.displacement.summary().loc["displacement"], digits=2),
            need=_interval(study.need.summary().loc["need"]),
            place="" if row is None else str(row["name"]),
            day="" if row is None else f"{row['next_day']:%Y-%m-%d}",
            additional=None if row is None else _interval(row.rename({"increment": "estimate"})),
            status=ranking.status,
        )

    def to_json(self) -> dict[str, Any]:
        """The numbers by name, for a file."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> OfficeNumbers:
        """The numbers as `to_json` wrote them."""
        pairs: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        return cls(**pairs)


def _interval(row: Any, *, digits: int = 0) -> Interval:
    """An estimate and its ends in the digits that a report shows."""
    low, high = round(float(row["ci_low"]), digits), round(float(row["ci_high"]), digits)
    return round(float(row["estimate"]), digits), low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePage:
    """An office on the national page: its folder, where its report lies too, and its numbers, or why it has none."""

    folder: str
    numbers: OfficeNumbers | None = None
    failure: str = ""


def render_national(offices: Sequence[OfficePage], *, lang: Language = "id", other: str = "") -> str:
    """The page as one HTML text that needs no network and no script; `other` is the page in the other language."""
    words = Words(lang)
    told = [(one, one.numbers) for one in offices if one.numbers is not None]
    done = sorted(told, key=lambda pair: (pair[1].office, pair[0].folder))
    return (
        templates()
        .get_template("national.html.j2")
        .render(
            lang=lang,
            other=other,
            say=words.say,
            css=own_file("report.css"),
            version=version("outreach-analysis"),
            synthetic=any(numbers.synthetic for _, numbers in done),
            tables=[table for table in _tables(done, words) if table.rows],
            totals=_totals([numbers for _, numbers in done], words),
            failures=[(one.folder, one.failure) for one in offices if one.numbers is None],
        )
    )


def _tables(done: Sequence[tuple[OfficePage, OfficeNumbers]], words: Words) -> tuple[Table, Table]:
    """What is, and what to do: a row an office."""
    say, number, percent = words.say, words.number, words.percent
    names = [told.office for _, told in done]
    now, next_ = [], []
    for one, told in done:
        name = told.office if names.count(told.office) == 1 else f"{told.office} ({one.folder})"
        link = Markup('<a href="{}/outreach-{}.html">{}</a>').format(one.folder, words.lang, name)
        judged = say("{inside} of {n}", inside=number(told.inside), n=number(told.judged)) if told.judged else "–"
        now.append(
            (
                link,
                number(told.residents),
                number(told.reach_per_10_000, digits=1),
                percent(told.covered),
                _with_range(told.need, number),
                judged,
                _with_range(told.displacement, percent),
                words.date(dt.date.fromisoformat(told.as_of), short=True),
            )
        )
        next_.append(
            (
                link,
                told.place or say("none"),
                words.date(dt.date.fromisoformat(told.day), weekday=True) if told.day else "–",
                "–" if told.additional is None else _with_range(told.additional, number),
                status_text(told.status, words),
            )
        )
    headers = (
        say("Office"),
        say("Residents"),
        say("Applicants per 10,000 residents"),
        say("Residents with service near"),
        say("Unmet need a year (90% range)"),
        say("Past forecasts inside their range"),
        say("Would have come anyway (90% range)"),
        say("Data up to"),
    )
    proposals = (
        say("Office"),
        say("Next place"),
        say("Day"),
        say("Additional people (90% range)"),
        say("Forecast"),
    )
    return (
        Table(
            caption=say("Offices side by side"),
            headers=headers,
            rows=tuple(now),
            numeric=(False, *[True] * 6, False),
        ),
        Table(
            caption=say("What each office would do next"),
            headers=proposals,
            rows=tuple(next_),
            numeric=(False, False, False, True, False),
        ),
    )


def _with_range(interval: Interval, written: Callable[[float], str]) -> str:
    """An estimate and its ends; a dash where there is none."""
    if math.isnan(interval[0]):
        return "–"
    estimate, low, high = map(written, interval)
    return f"{estimate} ({low}–{high})"


def _totals(told: Sequence[OfficeNumbers], words: Words) -> str:
    """All offices together, of the numbers of each and of nothing else."""
    residents = sum(one.residents for one in told)
    if not residents:
        return ""
    reach = sum(one.reach_per_10_000 * one.residents for one in told) / residents
    judged = sum(one.judged for one in told)
    return words.say(
        "{n} offices, {residents} residents: {reach} applicants per 10,000 residents, unmet need of {need} people a "
        "year, {inside} of {judged} past forecasts inside their 90 % range.",
        n=words.number(len(told)),
        residents=words.number(residents),
        reach=words.number(reach, digits=1),
        need=words.number(sum(one.need[0] for one in told if not math.isnan(one.need[0]))),
        inside=words.number(sum(one.inside for one in told)),
        judged=words.number(judged),
    )
