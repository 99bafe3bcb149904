"""Which event a row belongs to: by its column, its file's or sheet's name, or a location and a day together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import event_dates, took_place
from outreach_analysis.geocoding.headers import plain_header
from outreach_analysis.intake.checks import RowChecks, names_of_file
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.tables import Keyed
from outreach_analysis.intake.values import text_by_distinct
from outreach_analysis.settings import Settings

_OFFICE_WORDS = ("office", "kantor")
_TELLING = re.compile(r"(?=.*[^\W\d_])(?=.*\d)|.{5,}")


def event_ids(checks: RowChecks, events: Keyed | None, settings: Settings) -> pd.Series:
    """Event of each row by what names it; missing where nothing does.

    The row's own `event_id`, else what `[files.events]` says of the file, else the event whose id is the file's name
    without its ending, else the one event whose id the file's name begins with or holds, else the same of the sheet's
    name. 'OFFICE' or 'KANTOR' is the office itself.
    """
    said, table = checks.text("event_id"), checks.table
    exact = set() if events is None else {*events.rejected, *events.frame.index}
    named = [_of_list(str(one.file), str(one.sheet), exact, settings) for one in table.lists.itertuples()]
    unsaid = said == ""
    if unsaid.any():
        by_list = pd.Series(named, dtype="str")
        said = said.mask(unsaid, by_list.iloc[table.list_of].set_axis(said.index))
    if events is None:
        return said
    known = dict.fromkeys(_OFFICE_WORDS, OFFICE) | {event_id.casefold(): event_id for event_id in sorted(exact)}
    return text_by_distinct(said, lambda value: value if value in exact else known.get(value.casefold()))


def _of_list(file: str, sheet: str, events: Iterable[str], settings: Settings) -> str:
    stem = PurePosixPath(file).stem
    for name in names_of_file(file):
        if name in settings.file_events:
            return settings.file_events[name]
    known = {event.casefold() for event in events} | set(_OFFICE_WORDS)
    if stem.casefold() in known:
        return stem
    return event_in_name(stem, events) or (sheet if sheet.casefold() in known else event_in_name(sheet, events)) or stem


def event_in_name(name: str, events: Iterable[str]) -> str:
    """The one event whose id a name begins with, else the one whose id stands in it; '' where there is none or several.

    Ids of figures or letters alone count from five characters on: '12' stands in many names that mean no event.

    Examples
    --------
    >>> event_in_name("JB-01 Grage Mall", ["JB-01", "JB-011"]), event_in_name("daftar jb_02 (1)", ["JB-02"])
    ('JB-01', 'JB-02')
    >>> event_in_name("JB-01 dan JB-02", ["JB-01", "JB-02"]), event_in_name("12 Maret", ["12"])
    ('', '')
    """
    words = f" {_plain(name)} "
    found = [event for event in events if _TELLING.match(event) and f" {_plain(event)} " in words]
    longest = [
        event for event in found if not any(event != other and _plain(event) in _plain(other) for other in found)
    ]
    return longest[0] if len(longest) == 1 else ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def event_days(ids: pd.Series, events: Keyed | None) -> pd.DataFrame:
    """First and last day of each row's event, `date` and `end_date`; NaT where there is none."""
    codes, distinct = pd.factorize(ids)
    nothing = np.datetime64("NaT", "s")
    days = {}
    for name in ("date", "end_date"):
        known = pd.Series(dtype="datetime64[s]") if events is None else events.frame[name]
        days[name] = np.append(known.reindex(distinct).to_numpy("datetime64[s]"), nothing)[codes]
    return pd.DataFrame(days, index=ids.index)


def by_location_and_day(
    checks: RowChecks, ids: pd.Series, dates: pd.Series, events: Keyed | None, sites: Keyed | None
) -> pd.Series:
    """Fill in the events of rows that nothing names, where their location and day together fit one held event.

    The location is the row's own (`site`), else that of the sheet's titles, else the one site whose name the file's
    name holds; sites are known by id or name.
    """
    unnamed = ids.isna()
    if events is None or sites is None or not unnamed.any():
        return ids
    table = checks.table
    by_name = _site_names(sites)
    of_list = [
        by_name.get(plain_header(str(one.title_site))) or _site_in_name(PurePosixPath(str(one.file)).stem, by_name)
        for one in table.lists.itertuples()
    ]
    said = text_by_distinct(checks.text("site"), lambda value: by_name.get(plain_header(value)))
    listed = pd.Series(pd.array(of_list, dtype="str"), dtype="str").iloc[table.list_of].set_axis(ids.index)
    site = said.where(checks.text("site") != "", listed)
    held = event_dates(events.frame[took_place(events.frame)]).reset_index()
    once = held.drop_duplicates(["site_id", "date"], keep=False).set_index(["site_id", "date"])["event_id"]
    wanted = pd.MultiIndex.from_arrays([site[unnamed], dates[unnamed]])
    found = pd.Series(once.reindex(wanted).to_numpy(), index=ids.index[unnamed], dtype="str")
    return ids.where(~unnamed, found.reindex(ids.index))


def _site_names(sites: Keyed) -> Mapping[str, str]:
    """Site by its id or name, as `plain_header` leaves them; names that two sites bear are none."""
    known: dict[str, str] = {}
    twice: set[str] = set()
    for site_id, name in sites.frame["name"].items():
        for word in {plain_header(str(site_id)), plain_header(str(name))} - {""}:
            if known.setdefault(word, str(site_id)) != site_id:
                twice.add(word)
    return {word: site_id for word, site_id in known.items() if word not in twice}


def _site_in_name(name: str, by_name: Mapping[str, str]) -> str | None:
    words = f" {plain_header(name)} "
    found = {site for word, site in by_name.items() if len(word) > 4 and f" {word} " in words}
    return found.pop() if len(found) == 1 else None
