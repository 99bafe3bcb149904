"""The schedule as an iCalendar file (RFC 5545): one all-day event a pop-up, tentative until the office confirms it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping

from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.plan_exports import ScheduledVisit

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
    r"""A text as a value of type TEXT: backslash, comma, semicolon and line breaks escaped, other controls left out.

    Examples
    --------
    >>> escape_text("Mall A, lantai 2; pintu\ntimur")
    'Mall A\\, lantai 2\\; pintu\\ntimur'
    """
    lines = "\n".join(text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").splitlines())
    return "".join(letter for letter in lines if letter == "\n" or letter.isprintable()).replace("\n", "\\n")


def fold(line: str) -> list[str]:
    """A content line as lines of at most 75 octets, all but the first beginning with a space; no letter is split.

    Examples
    --------
    >>> [len(part) for part in fold("X" * 100)]
    [75, 26]
    """
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
