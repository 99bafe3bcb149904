"""What is asked of a plan: how many events, when, with and without which places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.errors import RequestError
from outreach_analysis.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanOptions:
    """What is asked of a plan; None: as the settings say.

    Attributes
    ----------
    n_events
        New events, strictly; None: `settings.plan_events`, or as many as the places allow where those are fewer.
    start, end
        First and last day, both inclusive; None: from `settings.lead_days` after as_of, and
        `settings.plan_months` months after as_of.
    required, forbidden
        Places that must, or must not, be visited, beside those that a rule keeps out.
    teams
        None: `settings.plan_teams`.
    budget
        Rupiah for all new events together; None: no limit.
    max_per_kabupaten
        New events in one kabupaten, at most; None: no limit.
    reach
        Additional people wished: as few events as are expected to reach them, read off the plan size curve; None: not
        asked. Not together with `n_events`.
    min_gap_days
        Days between two visits to one place; None: `settings.plan_min_gap_days`.

    Raises
    ------
    ValueError
        Where both `n_events` and `reach` are given.
    """

    n_events: int | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    teams: int | None = None
    budget: float | None = None
    max_per_kabupaten: int | None = None
    reach: float | None = None
    min_gap_days: int | None = None

    def __post_init__(self) -> None:
        if self.n_events is not None and self.reach is not None:
            raise RequestError("give either a number of events or the people to reach, not both")


def events_asked(options: PlanOptions, room: int, settings: Settings) -> int:
    """Events asked for, strictly; by default no more than the places allow, and one where they allow none."""
    return max(min(settings.plan_events, room), 1) if options.n_events is None else options.n_events


def period_of(options: PlanOptions, settings: Settings) -> tuple[dt.date, dt.date]:
    """First and last day; a period that holds no day on which an event can stand is refused."""
    if settings.as_of is None:
        raise RequestError("settings.as_of is not set: the period counts from it")
    as_of = pd.Timestamp(settings.as_of)
    earliest = (as_of + pd.Timedelta(days=settings.lead_days)).date()
    start = options.start or earliest
    end = options.end or (as_of + pd.DateOffset(months=settings.plan_months)).date()
    if end < earliest:
        raise RequestError(f"the period ends on {end}; the earliest day is {earliest}, {settings.lead_days} days ahead")
    if end < start:
        raise RequestError(f"the period ends ({end}) before it begins ({start})")
    return max(start, earliest), end


def check_places(options: PlanOptions, incremental: IncrementalAttendance, sites: pd.DataFrame) -> None:
    """Every place named must be a candidate; what is misspelt is named with its nearest candidates."""
    known = [str(site) for site in incremental.site_ids]
    named = dict.fromkeys([*options.required, *options.forbidden])
    faults = [unknown_place(site, known, sites) for site in named if site not in known]
    if faults:
        raise RequestError("; ".join(faults))


def unknown_place(site_id: str, candidates: Sequence[str], sites: pd.DataFrame) -> str:
    """Why a place cannot be visited, with the ids or names that may be meant."""
    if site_id in sites.index:
        return f"{site_id} ({sites['name'][site_id]}) is a fixed service point, not a place to visit"
    names = {str(sites["name"][site]): site for site in candidates}
    near = [*get_close_matches(site_id, candidates, n=3), *(names[n] for n in get_close_matches(site_id, names, n=3))]
    meant = ", ".join(f"{site} ({sites['name'][site]})" for site in dict.fromkeys(near))
    return f"no place has the id {site_id}" + (f"; did you mean {meant}?" if meant else "")
