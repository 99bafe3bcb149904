"""Plans and schedules for programs and calendars."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.exports import write_cells, write_sheets
from outreach_analysis.files import replace_file
from outreach_analysis.models.displacement import HYPOTHESES
from outreach_analysis.report.words import Language, Words

if TYPE_CHECKING:
    from outreach_analysis.study import Study


# --- Plans for other programs: rows with stable columns, a workbook, and the visits of a calendar.


PLAN_COLUMNS = (
    "order",
    "site_id",
    "name",
    "kind",
    "kabupaten",
    "visits",
    "additional",
    "additional_low",
    "additional_high",
    "alone",
    "people",
    "people_low",
    "people_high",
    "days",
    "team_minutes",
    "cost_rupiah",
    "required",
    "status",
)
"""Columns of `outreach plan --format csv|json`; new ones are only ever added at the end."""
SCHEDULE_COLUMNS = (
    "day",
    "team",
    "site_id",
    "name",
    "kind",
    "kabupaten",
    "day_kind",
    "day_reason",
    "estimated",
    "people",
    "people_low",
    "people_high",
    "additional",
    "team_minutes",
    "rest_until",
    "cost_rupiah",
    "status",
)
"""Columns of `outreach schedule --format csv|json`; new ones are only ever added at the end."""
HYPOTHESES_COLUMNS = (
    "hypothesis",
    "probability",
    "sites",
    "additional",
    "additional_low",
    "additional_high",
    *(f"lost_if_{name}" for name in HYPOTHESES),
)
"""Columns of `outreach plan --table hypotheses --format csv|json`; new ones are only ever added at the end."""
FACTS_COLUMNS = ("fact", "id", "name", "gained", "p_change")
"""Columns of `outreach plan --table facts --format csv|json`; new ones are only ever added at the end."""
_ROUNDED = {
    "additional": 1,
    "additional_low": 1,
    "additional_high": 1,
    "alone": 1,
    "people": 0,
    "people_low": 0,
    "people_high": 0,
    "team_minutes": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledVisit:
    """One pop-up of a schedule, as a calendar tells it; NaN where a number is not known."""

    day: dt.date
    site_id: str
    name: str
    kabupaten: str
    lon: float
    lat: float
    people: float
    people_low: float
    people_high: float
    additional: float
    minutes: float
    rest_until: dt.date | None
    estimated: bool


def plan_rows(analysis: Study) -> pd.DataFrame:
    """The places of the plan with the columns of `PLAN_COLUMNS`, the one that adds most first."""
    plan, schedule = analysis.planning.plan, analysis.planning.schedule
    published = plan.by_site.rename(
        columns={"contribution": "additional", "ci_low": "additional_low", "ci_high": "additional_high"}
    )
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
    names = {"estimate": "additional", "ci_low": "additional_low", "ci_high": "additional_high"}
    published = found.plans.rename(columns=names)
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


def scheduled_visits(analysis: Study) -> list[ScheduledVisit]:
    """The pop-ups of the plan for a calendar, by day."""
    events, sites = analysis.planning.schedule.events, analysis.sites
    places = _places(analysis, pd.Index(events["site_id"].unique()))
    visits = []
    for event in _records(events):
        place: Any = places.loc[event.site_id]
        visits.append(
            ScheduledVisit(
                day=pd.Timestamp(event.day).date(),
                site_id=event.site_id,
                name=event.name,
                kabupaten=str(place["kabupaten"]),
                lon=float(sites["lon"][event.site_id]),
                lat=float(sites["lat"][event.site_id]),
                people=float(place["people"]),
                people_low=float(place["people_low"]),
                people_high=float(place["people_high"]),
                additional=float(event.people),
                minutes=float(event.minutes),
                rest_until=None if pd.isna(event.rest_until) else pd.Timestamp(event.rest_until).date(),
                estimated=bool(event.estimated),
            )
        )
    return visits


def write_schedule(path: Path, analysis: Study, *, lang: Language = "id") -> None:
    """Write the schedule as `.ics`, `.xlsx` or `.csv`, as the name of the file says, whole or not at all.

    The workbook holds the schedule, the places of the plan, other plans, the curve of how many are worth it, and the
    notes: what the numbers are, and that they are synthetic where they are.

    Parameters
    ----------
    path
        The file; an existing one is replaced in one step.
    analysis
        Its plan is written.
    lang
        Language of the calendar and of the notes; columns keep their names.

    Raises
    ------
    ValueError
        Where the name of the file ends in none of these, or there is no schedule (its conflicts are named).
    OSError
        Where the folder cannot be written to.
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
            synthetic=analysis.settings.synthetic,
            internal=analysis.rounding_base == 1,
            lang=lang,
        )
        replace_file(path, text)
    elif kind == ".xlsx":
        write_sheets(path, workbook_frames(analysis, lang=lang))
    elif kind == ".csv":
        write_cells(schedule_rows(analysis), path)
    else:
        raise RequestError(f"{path.name}: a schedule is written as .ics, .xlsx or .csv")


def workbook_frames(analysis: Study, *, lang: Language = "id") -> dict[str, pd.DataFrame]:
    """The sheets of the workbook by name."""
    words = Words(lang)
    plan, longer, sites = analysis.planning.plan, analysis.planning.longer, analysis.sites
    names = sites["name"].astype(str)
    schedule = schedule_rows(analysis)
    alternatives = pd.DataFrame(
        {
            "places": [_joined(ids, names) for ids in plan.alternatives["sites"]],
            "takes_in": [_joined(ids, names) for ids in plan.alternatives["takes_in"]],
            "leaves_out": [_joined(ids, names) for ids in plan.alternatives["leaves_out"]],
            "additional": plan.alternatives["expected_reach"].astype(float).round(1).to_list(),
            "share_of_best": plan.alternatives["share_of_best"].astype(float).round(3).to_list(),
        }
    )
    curve = longer.curve.rename_axis("events").reset_index().rename(columns={"expected_reach": "additional"})
    curve = curve.assign(sites=[_joined(ids, names) for ids in curve["sites"]]).round(1)
    return {
        words.say("Schedule"): schedule.assign(
            day=pd.to_datetime(schedule["day"]), rest_until=pd.to_datetime(schedule["rest_until"])
        ),
        words.say("Plan"): plan_rows(analysis),
        words.say("Other plans"): alternatives,
        words.say("Number of pop-ups"): curve,
        words.say("Notes"): pd.DataFrame({"note": _notes(analysis, words)}),
    }


_PEOPLE = ["people", "people_low", "people_high"]


def _places(analysis: Study, site_ids: pd.Index) -> pd.DataFrame:
    """What the ranking, the list of places and the travel table know of each place."""
    ranked = analysis.ranking.by_site.reindex(site_ids)
    sites = analysis.sites.reindex(site_ids)
    return ranked[[*_PEOPLE, "kabupaten"]].assign(
        name=sites["name"],
        kind=sites["kind"],
        cost_rupiah=sites["cost"].astype(float),
        team_minutes=analysis.planning.basis.minutes.reindex(site_ids),
    )


def _notes(analysis: Study, words: Words) -> list[str]:
    say = words.say
    notes = [say("SAMPLE DATA (SYNTHETIC): all people in it are invented")] if analysis.settings.synthetic else []
    if analysis.rounding_base == 1:
        notes.append(say("INTERNAL: exact numbers, not for publication"))
    return [
        *notes,
        analysis.settings.office_name,
        say("data up to {day}", day=words.date(analysis.as_of)),
        say(
            "people: all who come; additional: those whom neither the office, within three months, nor an announced "
            "pop-up would serve; 90% ranges."
        ),
        say("A proposal: a day is fixed when the office has announced it."),
    ]


def _joined(site_ids: Iterable[str], names: pd.Series) -> str:
    return "; ".join(str(names[site]) for site in site_ids)


def _records(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


# --- The schedule as an iCalendar file (RFC 5545): one all-day event a pop-up, tentative until the office confirms


LINE_OCTETS = 75
PRODUCT = "-//outreach_analysis//schedule//EN"


def calendar_text(
    visits: Iterable[ScheduledVisit],
    *,
    office: str,
    as_of: dt.date,
    synthetic: bool = False,
    internal: bool = False,
    lang: Language = "id",
) -> str:
    """A schedule as the text of an .ics file.

    Each pop-up is an all-day event (`VALUE=DATE`, so it is that day wherever the calendar is read), `TENTATIVE` and
    free of time. The same place on the same day has the same UID in every export, so that importing twice adds nothing.
    DTSTAMP is the day the question is asked, never the clock: the same schedule gives the same bytes.

    Parameters
    ----------
    visits
        From `scheduled_visits`.
    office
        Name of the office, the calendar's name and part of each UID.
    as_of
        The day the question is asked.
    synthetic, internal
        Marks the title of every event where the people are invented, or the numbers exact and for inside use.
    lang
        `id` or `en`.

    Returns
    -------
    str
        Lines of at most 75 octets ended by CR LF, texts escaped (RFC 5545, 3.1 and 3.3.11).

    Examples
    --------
    >>> text = calendar_text([], office="Kantor Imigrasi", as_of=dt.date(2026, 11, 22))
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
        lines += _event(visit, office=office, as_of=as_of, marks=marks, words=words)
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


def _event(visit: ScheduledVisit, *, office: str, as_of: dt.date, marks: list[str], words: Words) -> list[str]:
    say = words.say
    title = say("Pop-up: {place}", place=visit.name)
    values: Mapping[str, str] = {
        "people": words.number(visit.people),
        "range": words.interval(visit.people_low, visit.people_high),
        "own": words.number(visit.additional),
    }
    published = [
        say("About {people} people are expected (90% range: {range}), about {own} of them additional.", **values),
        say("Way of the team: about {hours} hours.", hours=words.number(visit.minutes / 60, digits=1))
        if visit.minutes == visit.minutes
        else "",
        say("Rest of the team until {day}.", day=words.date(visit.rest_until)) if visit.rest_until else "",
        say("The date of the holiday is estimated.") if visit.estimated else "",
        say("A proposal; data up to {day}.", day=words.date(as_of)),
    ]
    key = "\x1f".join([office, visit.site_id, visit.day.isoformat()])
    place = ", ".join(part for part in (visit.name, visit.kabupaten) if part)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(key.encode()).hexdigest()[:32]}@outreach-analysis",
        f"DTSTAMP:{as_of:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{visit.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{visit.day + dt.timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escape_text(' · '.join([*marks, title]))}",
        f"LOCATION:{escape_text(place)}",
        f"DESCRIPTION:{escape_text(' '.join(filter(None, [*published, *marks])))}",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
    ]
    if visit.lat == visit.lat and visit.lon == visit.lon:
        lines.append(f"GEO:{visit.lat:.6f};{visit.lon:.6f}")
    return [*lines, "END:VEVENT"]
