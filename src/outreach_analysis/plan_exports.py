"""Plans and schedules for programs and calendars."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.ranking import kabupaten_of
from outreach_analysis.event_kinds import event_dates
from outreach_analysis.exports import write_cells, write_sheets
from outreach_analysis.files import replace_file
from outreach_analysis.models.displacement import HYPOTHESES
from outreach_analysis.report.handouts import people_on_the_day
from outreach_analysis.report.table import records
from outreach_analysis.report.topics.plan import way_time_text
from outreach_analysis.report.topics.plan_page import draft_answer
from outreach_analysis.report.words import Language, Words

if TYPE_CHECKING:
    from outreach_analysis.decisions.plan_problem import PlanResult
    from outreach_analysis.study import Study


# --- Plans for other programs: rows with stable columns, a workbook, and the visits of a calendar.


PLAN_COLUMNS = (
    "order", "site_id", "name", "kind", "kabupaten", "visits",
    "additional", "additional_low", "additional_high", "alone", "people", "people_low", "people_high",
    "days", "team_minutes", "cost_rupiah", "required", "status",
)  # fmt: skip
"""Columns of `outreach plan --format csv|json`; new ones are only ever added at the end."""
SCHEDULE_COLUMNS = (
    "day", "team", "site_id", "name", "kind", "kabupaten", "day_kind", "day_reason", "estimated",
    "people", "people_low", "people_high", "additional", "team_minutes", "rest_until", "cost_rupiah", "status",
)  # fmt: skip
"""Columns of `outreach schedule --format csv|json`; new ones are only ever added at the end."""
HYPOTHESES_COLUMNS = (
    "hypothesis", "probability", "sites", "additional", "additional_low", "additional_high",
    *(f"lost_if_{name}" for name in HYPOTHESES),
)  # fmt: skip
"""Columns of `outreach plan --table hypotheses --format csv|json`; new ones are only ever added at the end."""
FACTS_COLUMNS = ("fact", "id", "name", "gained", "p_change")
"""Columns of `outreach plan --table facts --format csv|json`; new ones are only ever added at the end."""
REQUESTS_COLUMNS = (
    "number", "name", "asker", "programme", "wished", "asked", "basis",
    "people", "people_low", "people_high", "additional", "additional_low", "additional_high",
    "minimum", "meets", "answer", "reason", "answer_day", "partner", "text",
)  # fmt: skip
"""Columns of `outreach requests --format csv|json`; new ones are only ever added at the end."""
_INTERVAL = {"expected_reach": "additional", "ci_low": "additional_low", "ci_high": "additional_high"}
_ROUNDED = {
    **dict.fromkeys(("additional", "additional_low", "additional_high", "alone"), 1),
    **dict.fromkeys(("people", "people_low", "people_high", "team_minutes"), 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledVisit:
    """One pop-up, planned or announced, as a calendar tells it; NaN where a number is not known."""

    day: dt.date
    last_day: dt.date
    site_id: str
    name: str
    kabupaten: str
    lon: float
    lat: float
    people: float
    people_low: float
    people_high: float
    minutes: float
    announced: bool = False
    additional: float = math.nan
    rest_until: dt.date | None = None
    estimated: bool = False


def plan_rows(analysis: Study) -> pd.DataFrame:
    """The places of the plan with the columns of `PLAN_COLUMNS`, the one that adds most first."""
    plan, schedule = analysis.planning.plan, analysis.planning.schedule
    published = plan.by_site.rename(columns={"contribution": "additional"} | _INTERVAL)
    days = schedule.events.groupby("site_id")["day"].agg(lambda of: "; ".join(f"{day:%Y-%m-%d}" for day in of))
    rows = published.join(_places(analysis, published.index)).assign(
        order=range(1, len(published) + 1), days=days.reindex(published.index).fillna(""), status=plan.status
    )
    return rows.rename_axis("site_id").reset_index().reindex(columns=list(PLAN_COLUMNS)).round(_ROUNDED)


def hypotheses_rows(analysis: Study) -> pd.DataFrame:
    """The plan under each hypothesis on displacement with the columns of `HYPOTHESES_COLUMNS`, as learned first.
    `lost_if_...` is what the plan of the row loses on average if that hypothesis is true: people, or the worth of the
    stated weights; empty where a hypothesis cannot be told without office figures."""
    found = analysis.hypotheses
    if found is None:
        return pd.DataFrame(columns=list(HYPOTHESES_COLUMNS))
    published = found.plans.rename(columns={"estimate": "additional"} | _INTERVAL)
    rows = published.assign(sites=["; ".join(sites) for sites in published["sites"]]).join(
        found.losses.add_prefix("lost_if_")
    )
    lost = {name: 1 for name in HYPOTHESES_COLUMNS if name.startswith("lost_if_")}
    rows = rows.rename_axis("hypothesis").reset_index().reindex(columns=list(HYPOTHESES_COLUMNS))
    return rows.round(_ROUNDED | lost | {"probability": 3})


def facts_rows(analysis: Study) -> pd.DataFrame:
    """What the office could find out about displacement, the most valuable first: columns of `FACTS_COLUMNS`."""
    found = analysis.hypotheses
    if found is None:
        return pd.DataFrame(columns=list(FACTS_COLUMNS))
    areas, sites = analysis.dataset.areas["name"], analysis.sites["name"]
    facts = found.facts.rename(columns={"kind": "fact", "value": "gained"})
    names = facts["id"].map(areas).where(facts["fact"] == "answers_from_area", facts["id"].map(sites)).fillna("")
    return facts.assign(name=names)[list(FACTS_COLUMNS)].round({"gained": 2, "p_change": 3})


def schedule_rows(analysis: Study) -> pd.DataFrame:
    """The pop-ups by day with the columns of `SCHEDULE_COLUMNS`; `status` is that of the forecast."""
    events = analysis.planning.schedule.events.rename(columns={"people": "additional", "minutes": "team_minutes"})
    places = _places(analysis, pd.Index(events["site_id"].unique()))
    rows = events.join(places[[*_PEOPLE, "kabupaten", "cost_rupiah"]], on="site_id").assign(
        day=pd.to_datetime(events["day"]).dt.strftime("%Y-%m-%d"),
        rest_until=pd.to_datetime(events["rest_until"]).dt.strftime("%Y-%m-%d"),
        status=analysis.ranking.status,
    )
    return rows.reindex(columns=list(SCHEDULE_COLUMNS)).round(_ROUNDED)


def requests_rows(analysis: Study, *, lang: Language = "id") -> pd.DataFrame:
    """Every open letter with its answer: columns of `REQUESTS_COLUMNS`, the one that adds most first; `text` is the
    answer as it may stand in the reply."""
    found = analysis.requests
    if found is None:
        return pd.DataFrame(columns=list(REQUESTS_COLUMNS))
    words, sites = Words(lang), analysis.with_requests().sites
    rows = found.letters.assign(text=[draft_answer(letter, sites, words) for letter in found.letters.itertuples()])
    return rows.rename_axis("number").reset_index().reindex(columns=list(REQUESTS_COLUMNS)).round(_ROUNDED)


def scheduled_visits(analysis: Study) -> list[ScheduledVisit]:
    """The announced pop-ups and those of the plan for a calendar, by day."""
    visits = []
    for event in records(analysis.planning.schedule.events):
        people: Any = analysis.ranking.by_site.loc[event.site_id]
        visits.append(
            replace(
                _visit(analysis, event.site_id, [event.day], people[_PEOPLE]),
                additional=float(event.people),
                rest_until=None if pd.isna(event.rest_until) else pd.Timestamp(event.rest_until).date(),
                estimated=bool(event.estimated),
            )
        )
    for event_id, site_id in analysis.scheduled["site_id"].items():
        days = event_dates(analysis.dataset.events.loc[[event_id]])["date"]
        people = [math.nan] * 3
        if site_id in analysis.forecast.by_site.index:
            people = people_on_the_day(analysis, site_id, event_id=event_id)[["mean", "ci_low", "ci_high"]]
        visits.append(replace(_visit(analysis, site_id, days, people), announced=True))
    return sorted(visits, key=lambda visit: (visit.day, visit.site_id))


def _visit(analysis: Study, site_id: str, days: Iterable[pd.Timestamp], people: Iterable[float]) -> ScheduledVisit:
    site: Any = analysis.sites.loc[site_id]
    expected, low, high = map(float, people)
    kabupaten = kabupaten_of(analysis.sites.loc[[site_id], "area_id"], analysis.dataset.areas).iloc[0]
    return ScheduledVisit(
        day=min(days).date(),
        last_day=max(days).date(),
        site_id=site_id,
        name=str(site["name"]),
        kabupaten="" if pd.isna(kabupaten) else str(kabupaten),
        lon=float(site["lon"]),
        lat=float(site["lat"]),
        people=expected,
        people_low=low,
        people_high=high,
        minutes=float(analysis.planning.basis.minutes.get(site_id, math.nan)),
    )


def write_schedule(path: Path, analysis: Study, *, lang: Language = "id") -> None:
    """Write the schedule as `.ics`, `.xlsx` or `.csv`, as the name of the file says, whole or not at all.

    The workbook holds the schedule, the places of the plan, other plans, the curve of how many are worth it, and the
    notes: what the numbers are, and that they are synthetic where they are. `lang` is the language of the calendar and
    of the notes; columns keep their names. Refused where the name ends otherwise, or there is no schedule.
    """

    planned = analysis.planning
    if planned.schedule.status == "infeasible":
        raise RequestError("; ".join(str(conflict) for conflict in planned.schedule.conflicts))
    kind = path.suffix.casefold()
    if kind == ".ics":
        text = calendar_text(
            scheduled_visits(analysis),
            office=analysis.settings.office_name,
            as_of=analysis.as_of,
            lead_days=analysis.settings.lead_days,
            synthetic=analysis.settings.synthetic,
            internal=analysis.rounding_base == 1,
            lang=lang,
        )
        replace_file(path, text)
    elif kind == ".xlsx":
        words = Words(lang)
        heads = _headings(words)
        source = f"{analysis.settings.office_name} · {words.say('data up to {day}', day=words.date(analysis.as_of))}"
        write_sheets(
            path,
            workbook_frames(analysis, lang=lang),
            above=[source, *_marks(analysis, words)],
            number_formats={heads[column]: shown for column, shown in _NUMBER_FORMATS.items()},
        )
    elif kind == ".csv":
        write_cells(schedule_rows(analysis), path)
    else:
        raise RequestError.in_words("{file}: a schedule is written as .ics, .xlsx or .csv", file=path.name)


def workbook_frames(analysis: Study, *, lang: Language = "id") -> dict[str, pd.DataFrame]:
    """The sheets of the workbook by name, with the headings of a language: what people read, without codes."""
    words = Words(lang)
    plan, names = analysis.planning.plan, analysis.sites["name"].astype(str)

    def joined(plans: pd.DataFrame, *columns: str) -> pd.DataFrame:
        """Plans with the names of their places."""
        return plans.assign(
            **{column: ["; ".join(names[site] for site in ids) for ids in plans[column]] for column in columns}
        )

    others = joined(plan.alternatives, "sites", "takes_in", "leaves_out")
    others = others.assign(additional=others["expected_reach"]).astype({"additional": float, "share_of_best": float})
    curve = analysis.planning.longer.curve.rename_axis("visits").reset_index().rename(columns=_INTERVAL)
    schedule = schedule_rows(analysis)
    dated = schedule.assign(day=pd.to_datetime(schedule["day"]), rest_until=pd.to_datetime(schedule["rest_until"]))
    sheets = {
        words.say("Schedule"): _with_total(dated, plan, words),
        words.say("Plan"): _with_total(_with_dates(plan_rows(analysis)), plan, words),
        words.say("Other plans"): others.round({"additional": 1, "share_of_best": 3}),
        words.say("Number of pop-ups"): joined(curve, "sites").round(1),
    }
    headings = _headings(words)
    return {
        name: rows[[column for column in headings if column in rows]].rename(columns=headings)
        for name, rows in sheets.items()
    } | {words.say("Notes"): pd.DataFrame({words.say("Note"): _notes(analysis, words)})}


def _with_dates(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a plan whose days are dates where each place has one."""
    return rows if rows["days"].astype(str).str.contains(";").any() else rows.assign(days=pd.to_datetime(rows["days"]))


def _with_total(rows: pd.DataFrame, plan: PlanResult, words: Words) -> pd.DataFrame:
    """The places with what they bring together, which is more than the sum where they would draw the same people."""
    if rows.empty:
        return rows
    total = {
        "name": words.say("Together"),
        "visits": plan.n_events,
        "additional": plan.expected_reach,
        "additional_low": plan.ci_low,
        "additional_high": plan.ci_high,
        "cost_rupiah": rows["cost_rupiah"].sum(skipna=False),
    }
    known = {column: value for column, value in total.items() if column in rows}
    return pd.concat([rows, pd.DataFrame([known])], ignore_index=True).round(_ROUNDED)


def _headings(words: Words) -> dict[str, str]:
    """What people read of each column that a workbook shows, in its order."""
    say = words.say
    low, high = say("lower end, 90%"), say("upper end, 90%")
    return {
        "order": say("No."),
        "day": say("Day"),
        "team": say("Team"),
        "visits": say("Pop-ups"),
        "name": say("Place"),
        "sites": say("Places"),
        "kabupaten": say("Kabupaten or kota"),
        "days": say("Day"),
        "day_reason": say("Kind of day"),
        "takes_in": say("Takes in"),
        "leaves_out": say("Leaves out"),
        "people": say("People expected"),
        "people_low": f"{say('People expected')}, {low}",
        "people_high": f"{say('People expected')}, {high}",
        "additional": say("Additional people"),
        "additional_low": f"{say('Additional people')}, {low}",
        "additional_high": f"{say('Additional people')}, {high}",
        "alone": say("Additional people as the only new place"),
        "added": say("Added by the last pop-up"),
        "share_of_best": say("Share of the plan"),
        "team_minutes": say("Travel time of the team, one way (minutes)"),
        "rest_until": say("Rest of the team until"),
        "cost_rupiah": say("Cost of a visit (rupiah)"),
    }


_NUMBER_FORMATS = {
    **dict.fromkeys(("people", "people_low", "people_high", "team_minutes"), "#,##0"),
    **dict.fromkeys(("additional", "additional_low", "additional_high", "alone", "added"), "#,##0.0"),
    "share_of_best": "0.0%",
    "cost_rupiah": '"Rp"#,##0',
}
"""How a workbook shows the numbers of a column; a spreadsheet sets the marks of its own language."""

_PEOPLE = ["people", "people_low", "people_high"]


def _places(analysis: Study, site_ids: pd.Index) -> pd.DataFrame:
    ranked = analysis.ranking.by_site.reindex(site_ids)
    sites = analysis.sites.reindex(site_ids)
    return ranked[[*_PEOPLE, "kabupaten"]].assign(
        name=sites["name"],
        kind=sites["kind"],
        cost_rupiah=sites["cost"].astype(float),
        team_minutes=analysis.planning.basis.minutes.reindex(site_ids),
    )


def _marks(analysis: Study, words: Words) -> list[str]:
    """What every sheet says of its numbers: that they are invented, or exact."""
    say = words.say
    marks = [say("SAMPLE DATA (SYNTHETIC): all people in it are invented")] if analysis.settings.synthetic else []
    return [*marks, say("INTERNAL: exact numbers, not for publication")] if analysis.rounding_base == 1 else marks


def _notes(analysis: Study, words: Words) -> list[str]:
    say = words.say
    return [
        *_marks(analysis, words),
        analysis.settings.office_name,
        say("data up to {day}", day=words.date(analysis.as_of)),
        say(
            "People expected: all who come; additional people: those whom neither the office, within three months, nor "
            "an announced pop-up would serve; 90% ranges."
        ),
        say("A proposal: a day is fixed when the office has announced it."),
    ]


# --- The schedule as an iCalendar file (RFC 5545): an all-day event a pop-up, another for what is due before it


LINE_OCTETS = 75
PRODUCT = "-//outreach_analysis//schedule//EN"
MORNING_BEFORE, THAT_MORNING = "-PT16H", "PT8H"
"""When the alarm of an all-day event rings: at eight, reckoned from its midnight."""


def calendar_text(
    visits: Iterable[ScheduledVisit],
    *,
    office: str,
    as_of: dt.date,
    lead_days: int,
    synthetic: bool = False,
    internal: bool = False,
    lang: Language = "id",
) -> str:
    """A schedule (of `scheduled_visits`) as the text of an .ics file: lines of at most 75 octets ended by CR LF.

    Each pop-up is an all-day event (`VALUE=DATE`, so it is that day wherever the calendar is read), free of time, with
    an alarm: `CONFIRMED` where it is announced, else `TENTATIVE`. Another one, `lead_days` before or on `as_of` where
    that is later, tells what is due. The same place on the same day has the same UID in every export, so that importing
    twice adds nothing. DTSTAMP is the day the question is asked, never the clock: the same schedule, the same bytes.
    `synthetic` and `internal` mark the title of every event.

    Examples
    --------
    >>> text = calendar_text([], office="Kantor Imigrasi", as_of=dt.date(2026, 11, 22), lead_days=14)
    >>> text.splitlines()[:2]
    ['BEGIN:VCALENDAR', 'VERSION:2.0']
    """
    words = Words(lang)
    marks = [words.say("SAMPLE DATA (SYNTHETIC)")] if synthetic else []
    marks += [words.say("INTERNAL: exact numbers, not for publication")] if internal else []
    name = " · ".join([words.say("Pop-up services"), office, *marks])
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape_text(name)}",
    ]
    for visit in visits:
        due = max(visit.day - dt.timedelta(days=lead_days), as_of)
        lines += _event(_day_of(visit, as_of, words), visit, office=office, as_of=as_of, marks=marks)
        lines += _event(_due_before(visit, due, words), visit, office=office, as_of=as_of, marks=marks)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in fold(line))


def escape_text(text: str) -> str:
    r"""A text as a value of type TEXT: backslash, comma, semicolon and line breaks escaped, other controls left out."""
    lines = "\n".join(text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").splitlines())
    return "".join(letter for letter in lines if letter == "\n" or letter.isprintable()).replace("\n", "\\n")


def fold(line: str) -> list[str]:
    """A content line as lines of at most 75 octets, all but the first beginning with a space; no letter is split."""
    parts, current = [], ""
    for letter in line:
        if len((current + letter).encode()) > LINE_OCTETS:
            parts.append(current)
            current = " "
        current += letter
    return [*parts, current]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One all-day event of a calendar; `part` tells those of one pop-up apart."""

    part: str
    days: tuple[dt.date, dt.date]
    title: str
    text: str
    alarm: str


def _event(entry: _Entry, visit: ScheduledVisit, *, office: str, as_of: dt.date, marks: list[str]) -> list[str]:
    key = "\x1f".join([office, visit.site_id, visit.day.isoformat(), *filter(None, [entry.part])])
    place = ", ".join(part for part in (visit.name, visit.kabupaten) if part)
    known = not (math.isnan(visit.lat) or math.isnan(visit.lon))
    title = escape_text(" · ".join([entry.title, *marks]))
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(key.encode()).hexdigest()[:32]}@outreach-analysis",
        f"DTSTAMP:{as_of:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{entry.days[0]:%Y%m%d}",
        f"DTEND;VALUE=DATE:{entry.days[1] + dt.timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{title}",
        f"LOCATION:{escape_text(place)}",
        f"DESCRIPTION:{escape_text(' '.join([entry.text, *marks]))}",
        f"STATUS:{'CONFIRMED' if visit.announced else 'TENTATIVE'}",
        "TRANSP:TRANSPARENT",
        *([f"GEO:{visit.lat:.6f};{visit.lon:.6f}"] if known else []),
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{title}",
        f"TRIGGER:{entry.alarm}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _day_of(visit: ScheduledVisit, as_of: dt.date, words: Words) -> _Entry:
    say, told = words.say, []
    if not math.isnan(visit.people):
        told.append(
            say(
                "About {people} people are expected (90% range: {range}).",
                people=words.number(visit.people),
                range=words.interval(visit.people_low, visit.people_high),
            )
        )
    if not math.isnan(visit.additional):
        told.append(say("About {n} of them additional.", n=words.number(visit.additional)))
    if not math.isnan(visit.minutes):
        told.append(say("Travel time of the team: about {time} one way.", time=way_time_text(visit.minutes, words)))
    if visit.rest_until:
        told.append(say("Rest of the team until {day}.", day=words.date(visit.rest_until)))
    if visit.estimated:
        told.append(say("The date of the holiday is estimated."))
    day = words.date(as_of)
    told.append(
        say("Announced; data up to {day}.", day=day)
        if visit.announced
        else say("A proposal; data up to {day}.", day=day)
    )
    return _Entry(
        part="",
        days=(visit.day, visit.last_day),
        title=say("{place}: pop-up service", place=visit.name),
        text=" ".join(told),
        alarm=MORNING_BEFORE,
    )


def _due_before(visit: ScheduledVisit, due: dt.date, words: Words) -> _Entry:
    say, day = words.say, words.date(visit.day)
    n = words.number((visit.day - due).days)
    return _Entry(
        part="due",
        days=(due, due),
        title=say("{place}: {n} days to go, prepare the pop-up of {day}", place=visit.name, n=n, day=day),
        text=say("To do: letter to the place, assignment of the team, quota and queue, announcement, contact person."),
        alarm=THAT_MORNING,
    )
