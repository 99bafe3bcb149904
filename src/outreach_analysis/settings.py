"""Settings of an office: every number that is not data, with its unit and its reason, read from `outreach.toml`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach_analysis.contracts import ContractError, Failure, RequestError, failure
from outreach_analysis.files import odd_file
from outreach_analysis.masking import mask_identifiers

# --- What a value in outreach.toml must be: its kind, its range, and how it fits the others.


LARGEST_FILE = 2**20
"""Bytes of a settings file."""
LEVEL = 0.9
"""Confidence level of every interval that is told."""
SITE_KINDS_VISITED = ("mall", "pesantren", "kecamatan", "desa", "campus", "other")
DAY_KINDS = ("weekend", "holiday", "workday")
NAMED_FEASTS = ("idul_fitri", "idul_adha", "imlek", "nyepi", "waisak", "natal")
_CREDENTIALS = re.compile(r"://[^/]*@")
_SAMPLE_DAY = dt.date(2026, 11, 23)


def read_value(value: Any, annotation: str) -> Any:
    """A TOML value as the type of its setting, refusing anything that would change its meaning."""
    return _READERS[annotation](value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError("true or false")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestError("a whole number")
    return value


def _number(value: Any) -> float:
    # beyond 1e308 a whole number is no float any more
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        raise RequestError("a number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise RequestError("a text in quotes")
    return value


def _date(value: Any) -> dt.date:
    expected = "a date, such as 2026-11-22"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
        raise RequestError(expected)
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise RequestError(expected) from error


def _entries(value: Any, kind: Any, read: Callable[[Any], Any], expected: str) -> list[Any]:
    """What a list or a table holds, each entry read."""
    if not isinstance(value, kind):
        raise RequestError(expected)
    entries = value.values() if isinstance(value, Mapping) else value
    try:
        return [read(entry) for entry in entries]
    except RequestError as error:
        raise RequestError(expected) from error


def _text_or_day(value: Any) -> str:
    """A bare TOML date reads as if it stood in quotes."""
    return value if isinstance(value, str) else str(_date(value))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_entries(value, list, _text_or_day, "a list of texts in quotes"))


def _text_or_texts(value: Any) -> tuple[str, ...]:
    """One text stands for a list of one."""
    return (value,) if isinstance(value, str) else _texts(value)


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(_entries(value, list, _number, "a list of numbers"))


def _table(value: Any, read: Callable[[Any], Any], of: str) -> Mapping[str, Any]:
    entries = _entries(value, Mapping, read, f"a table of {of}")
    return MappingProxyType(dict(zip(map(str, value), entries, strict=True)))


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "bool": _flag,
        "int": _whole,
        "float": _number,
        "str": _text,
        "dt.date": _date,
        "dt.date | None": _date,
        "float | None": _number,
        "tuple[str, ...]": _texts,
        "tuple[float, ...]": _numbers,
        "Mapping[str, str]": lambda value: _table(value, _text, "texts in quotes"),
        "Mapping[str, int]": lambda value: _table(value, _whole, "whole numbers"),
        "Mapping[str, tuple[str, ...]]": lambda value: _table(value, _texts, "lists of texts"),
        "Mapping[str, Texts]": lambda value: _table(value, _text_or_texts, "texts or lists of texts"),
    }
)


class ValidationError(NamedTuple):
    """A setting whose value does not fit: its field, the value, and what is expected in its place."""

    name: str
    value: str
    expected: str


class _Check(NamedTuple):
    """What must hold of a setting, or of each entry of its list or table."""

    holds: Callable[[Any], Any]
    expected: str
    each: bool = False

    def faults(self, name: str, value: Any) -> Iterable[ValidationError]:
        """The value, or the entries of it, of which it does not hold."""
        parts = [(str(list(value)) if isinstance(value, tuple) else str(value), value)]
        if self.each and isinstance(value, tuple):
            parts = [(entry, entry) for entry in value]
        elif self.each:
            listed = [(key, entry if isinstance(entry, tuple) else (entry,)) for key, entry in value.items()]
            parts = [(f"{key} = {entry}", entry) for key, entries in listed for entry in entries]
        return [ValidationError(name, said, self.expected) for said, part in parts if not self.holds(part)]


def _range(low: float, high: float, expected: str) -> _Check:
    """Numbers between two others, both included; what is not set fits."""
    return _Check(lambda value: value is None or low <= value <= high, expected)


def _one_of(*words: str) -> _Check:
    return _Check(words.__contains__, " or ".join(words))


def _tells_the_day(date_format: str) -> bool:
    try:
        return dt.datetime.strptime(_SAMPLE_DAY.strftime(date_format), date_format).date() == _SAMPLE_DAY
    except ValueError:
        return False


def _is_zone(zone: str) -> bool:
    try:
        return bool(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _is_encoding(encoding: str) -> bool:
    try:
        return bool(b"a".decode(encoding))
    except (LookupError, UnicodeDecodeError):
        return False


def _names_days(entry: str) -> bool:
    if entry in NAMED_FEASTS:
        return True
    # a leap year, so that 29 February can be named
    parts = [f"2000-{entry}"] if len(entry) == len("MM-DD") else [part.strip() for part in entry.split("..", 1)]
    try:
        days = [_date(part) for part in parts]
    except RequestError:
        return False
    return days == sorted(days)


_LEAST = math.ulp(0.0)
_ZERO_OR_MORE = _range(0, math.inf, "a number of 0 or more")
_ABOVE_ZERO = _range(_LEAST, math.inf, "a number above 0")
_ONE_OR_MORE = _range(1, math.inf, "a number of 1 or more")
_SHARE = _range(0, 1, "a share between 0 and 1")
_DETOUR = _range(1, math.inf, "a ratio of 1 or more: no way is shorter than the straight line")
_DAYS = _range(0, 36_500, "a number of days from 0 to 36500")
_SHOWN = _Check(lambda shown: shown and min(shown) >= 0, "one or more numbers of 0 or more")
_DAY_FORMAT = "a format with day, month and year, such as %d/%m/%Y"
_BLACKOUT = f"MM-DD, YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or one of {', '.join(NAMED_FEASTS)}"
_CHECKS: Mapping[str, _Check] = MappingProxyType(
    {
        "interest_threshold_people": _ZERO_OR_MORE,
        "interest_expires_days": _DAYS,
        **dict.fromkeys(("interest_shows_up_mean", "interest_shows_up_sd"), _SHARE),
        **dict.fromkeys(("service_threshold_km", "service_threshold_minutes"), _ZERO_OR_MORE),
        "travel_server_points": _range(1, 10_000, "a number of points from 1 to 10000"),
        "travel_server_timeout": _ABOVE_ZERO,
        "travel_server_attempts": _range(1, 20, "a number of attempts from 1 to 20"),
        "window_months": _range(1, 1200, "a number of months from 1 to 1200"),
        "benchmark_percentile": _range(_LEAST, math.nextafter(100, 0), "a number above 0 and below 100"),
        "benchmark_min_population": _ZERO_OR_MORE,
        "impact_months": _range(1, 12, "a number of months from 1 to 12"),
        "impact_min_events": _range(12, math.inf, "a number of 12 or more: with fewer no statement would be honest"),
        "revisit_months": _range(0, 1200, "a number of months from 0 to 1200"),
        **dict.fromkeys(("popup_capacity", "popup_booth_capacity"), _ONE_OR_MORE),
        "lead_days": _DAYS,
        "horizon_days": _range(1, 36_500, "a number of days from 1 to 36500"),
        **dict.fromkeys(("plan_events", "plan_months", "plan_teams", "plan_max_visits", "plan_booths"), _ONE_OR_MORE),
        **dict.fromkeys(("plan_min_gap_days", "request_window_days"), _DAYS),
        **dict.fromkeys(("plan_budget", "request_merge_km"), _ZERO_OR_MORE),
        **dict.fromkeys(("request_no_show_mean", "request_no_show_sd"), _SHARE),
        **dict.fromkeys(("weight_worst_served", "weight_travel_hour", "weight_million_rupiah"), _ZERO_OR_MORE),
        **dict.fromkeys(("prior_total_median", "prior_total_low", "prior_total_high"), _ABOVE_ZERO),
        **dict.fromkeys(("rounding_base", "year_target"), _ONE_OR_MORE),
        **{f"{way}_detour": _DETOUR for way in ("road", "river", "ferry", "air")},
        **{f"{way}_kmh": _ABOVE_ZERO for way in ("road", "river", "ferry", "air")},
        "request_minimum": _ZERO_OR_MORE._replace(each=True),
        **dict.fromkeys(("shown_thresholds_km", "shown_thresholds_minutes"), _SHOWN),
        "travel_measure": _one_of("km", "minutes"),
        "travel_server_kind": _one_of("osrm", "valhalla"),
        "travel_when_down": _one_of("stop", "estimate"),
        "code_system": _one_of("kemendagri", "bps"),
        "as_of": _Check(lambda day: day is None or 2000 <= day.year <= 2100, "a date from 2000 to 2100"),
        "reference": _Check(re.compile(r"[\w-]+").fullmatch, "the name of a bundled reference, such as kaltim"),
        "jurisdiction": _Check(bool, "the area_id of one kabupaten or more"),
        "date_format": _Check(_tells_the_day, _DAY_FORMAT),
        "office_timezone": _Check(_is_zone, "a time zone, such as Asia/Jakarta, Asia/Makassar or Asia/Jayapura"),
        "file_copies": _Check(
            ("skip", "keep").__contains__, "skip (it is a copy) or keep (it lists other people)", each=True
        ),
        "fallback_encoding": _Check(_is_encoding, "an encoding of text, such as cp1252"),
        **dict.fromkeys(("blackout_days", "blackout_by_place"), _Check(_names_days, _BLACKOUT, each=True)),
    }
)


def validation_errors(values: Mapping[str, Any]) -> list[ValidationError]:
    """Settings that are out of range or do not fit each other."""
    found = [fault for name, check in _CHECKS.items() if name in values for fault in check.faults(name, values[name])]
    sound = {name: value for name, value in values.items() if name not in {fault.name for fault in found}}
    for names, rule in _RULES.items():
        if all(name in sound for name in names):
            found += rule(*(sound[name] for name in names))
    return found


def _prior_in_order(low: float, median: float, high: float) -> Iterable[ValidationError]:
    if not low < median < high:
        yield ValidationError(
            "prior_total_median",
            str(median),
            f"a number between forecast.prior_total_low ({low:g}) and forecast.prior_total_high ({high:g})",
        )


def _spread_possible(name: str) -> Callable[[float, float], Iterable[ValidationError]]:
    def possible(mean: float, sd: float) -> Iterable[ValidationError]:
        largest = math.sqrt(mean * (1 - mean))
        if sd > 0 and sd >= largest:
            expected = f"a number below {largest:.2g}: a share of mean {mean:g} spreads no wider"
            yield ValidationError(name, str(sd), expected)

    return possible


def _horizon_reaches(lead: int, horizon: int) -> Iterable[ValidationError]:
    if horizon < lead:
        yield ValidationError("horizon_days", str(horizon), f"at least as many days as popup.lead_days ({lead})")


def _address(server: str) -> Iterable[ValidationError]:
    if server and not server.startswith(("http://", "https://")):
        yield ValidationError("travel_server", server, "an address that begins with http:// or https://")
    if _CREDENTIALS.search(server):
        yield ValidationError("travel_server", "", "the address alone; user:password go to OUTREACH_TRAVEL_LOGIN")


def _formats_of_files(formats: Mapping[str, tuple[str, ...]]) -> Iterable[ValidationError]:
    for file, listed in formats.items():
        for form in listed or ("",):
            if not _tells_the_day(form):
                yield ValidationError("date_formats", f"{file} = {form}", _DAY_FORMAT)


def _day_kinds(day_kinds: Mapping[str, tuple[str, ...]]) -> Iterable[ValidationError]:
    for kind, days in day_kinds.items():
        if kind not in SITE_KINDS_VISITED:
            yield ValidationError("day_kinds", kind, f"kinds of place among {', '.join(SITE_KINDS_VISITED)}")
        elif not days or not set(days) <= set(DAY_KINDS):
            yield ValidationError("day_kinds", f"{kind} = {list(days)}", f"one or more of {', '.join(DAY_KINDS)}")


_RULES: Mapping[tuple[str, ...], Callable[..., Iterable[ValidationError]]] = MappingProxyType(
    {
        ("prior_total_low", "prior_total_median", "prior_total_high"): _prior_in_order,
        ("interest_shows_up_mean", "interest_shows_up_sd"): _spread_possible("interest_shows_up_sd"),
        ("request_no_show_mean", "request_no_show_sd"): _spread_possible("request_no_show_sd"),
        ("lead_days", "horizon_days"): _horizon_reaches,
        ("travel_server",): _address,
        ("date_formats",): _formats_of_files,
        ("day_kinds",): _day_kinds,
    }
)


# --- Settings of one office: what its `outreach.toml` says, with a unit, a default and a reason for each.


SITE_KINDS_FIXED = ("office", "mpp", "ukk", "other_office")
_DEFAULT_DAY_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("mall", "campus"), ("weekend", "holiday")),
        **dict.fromkeys(("pesantren", "kecamatan", "desa", "other"), DAY_KINDS),
    }
)
_DEFAULT_MINIMUM: Mapping[str, int] = MappingProxyType({"visit": 20, "invited": 20})
Texts = tuple[str, ...]
_NOTHING: Mapping[str, str] = MappingProxyType({})
_LEARNED = "who would have come to the office anyway is learned from answers to the desk question and office figures"
RETIRED: Mapping[str, str] = MappingProxyType(
    {"need.displacement_at_zero": _LEARNED, "need.displacement_scale_km": _LEARNED}
)
"""Settings of earlier versions, each with what came in its place."""


def _setting(default: Any, toml: str, unit: str, why: str) -> Any:
    """Declare one setting: its default, its key in outreach.toml, its unit, and the reason for the default."""
    metadata = {"toml": toml, "unit": unit, "why": why, "default": default}
    return dataclasses.field(default_factory=lambda: default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every choice that an office can make, in one immutable object.

    Results keep the settings they were computed with. `describe()` lists each setting with its value,
    unit and reason; `from_toml` reads them from a file and reports all its faults at once.

    Examples
    --------
    >>> Settings().interest_threshold_people
    20
    >>> Settings(service_threshold_km=15).replace(window_months=6).service_threshold_km
    15
    """

    office_name: str = _setting("Kantor Imigrasi", "office.name", "text", "heads the report")
    ministry: str = _setting(
        "Kementerian Imigrasi dan Pemasyarakatan", "office.ministry", "text", "the ministry since October 2024"
    )
    office_timezone: str = _setting(
        "Asia/Makassar", "office.timezone", "time zone", "an instant belongs to the day that the office's clock showed"
    )
    synthetic: bool = _setting(
        False, "office.synthetic", "yes/no", "a data set of invented people says so in every output"
    )
    reference: str = _setting(
        "kaltim", "areas.reference", "name", "areas that come with the package; areas.csv in the folder wins"
    )
    code_system: str = _setting(
        "kemendagri",
        "areas.code_system",
        "kemendagri or bps",
        "the two systems clash, so it is declared, never guessed",
    )
    jurisdiction: tuple[str, ...] = _setting(
        ("64.72", "64.02", "64.07", "64.08", "64.74", "64.11"),
        "areas.jurisdiction",
        "area_id of kabupaten",
        "press reports of 2024; confirm with the office",
    )
    as_of: dt.date | None = _setting(
        None, "dates.as_of", "date", "the day the question is asked; by default the last date in the data"
    )
    date_format: str = _setting(
        "%d/%m/%Y", "dates.format", "strptime format", "Indonesian lists; what a file's own dates say goes first"
    )
    date_formats: Mapping[str, Texts] = _setting(
        _NOTHING,
        "dates.formats",
        "strptime formats by file",
        "for files whose dates can be read in two ways; a name may hold * and ?",
    )
    all_electronic_from: dt.date = _setting(
        dt.date(2025, 7, 1), "passports.all_electronic_from", "date", "since then only electronic passports are issued"
    )
    fallback_encoding: str = _setting(
        "cp1252", "files.fallback_encoding", "encoding", "what Excel writes where a file is not utf-8"
    )
    interest_threshold_people: int = _setting(
        20, "interest.threshold_people", "people", "the office visits where MORE than this many are interested"
    )
    interest_expires_days: int = _setting(180, "interest.expires_days", "days", "assumption")
    interest_shows_up_mean: float = _setting(
        0.6, "interest.shows_up_mean", "share", "assumption: share of promised people who come"
    )
    interest_shows_up_sd: float = _setting(0.15, "interest.shows_up_sd", "share", "assumption: spread of that share")
    service_threshold_km: float = _setting(30.0, "service.threshold_km", "km", "assumption")
    service_threshold_minutes: float = _setting(60.0, "service.threshold_minutes", "minutes", "assumption")
    shown_thresholds_km: tuple[float, ...] = _setting(
        (15.0, 30.0, 60.0), "service.shown_km", "km", "the report shows how much the threshold matters"
    )
    shown_thresholds_minutes: tuple[float, ...] = _setting(
        (30.0, 60.0, 120.0), "service.shown_minutes", "minutes", "as service.shown_km, where near is told by minutes"
    )
    window_months: int = _setting(12, "need.window_months", "months", "office targets are yearly")
    benchmark_percentile: float = _setting(
        80.0, "need.benchmark_percentile", "percentile", "what well-served areas use"
    )
    benchmark_min_population: int = _setting(
        5000, "need.benchmark_min_population", "residents", "rates of smaller areas are mostly noise"
    )
    impact_months: int = _setting(
        3, "impact.months", "months", "assumption: so long after a pop-up its people are missing at the office"
    )
    impact_min_events: int = _setting(
        12, "impact.min_events", "events", "with fewer, chance differences between areas look like a result"
    )
    revisit_months: int = _setting(
        3, "popup.revisit_months", "months", "assumption: not again at the same place before this"
    )
    popup_capacity: float = _setting(
        120.0, "popup.capacity", "people a day", "100-120 applicants a day were published for this office"
    )
    popup_booth_capacity: float = _setting(
        40.0, "popup.booth_capacity", "people per booth and day", "39 in Jakarta in 2019, 40 in Banjarmasin"
    )
    day_kinds: Mapping[str, tuple[str, ...]] = _setting(
        _DEFAULT_DAY_KINDS,
        "popup.day_kinds",
        "day kinds by kind of place",
        "weekends and holidays are tied to the mall",
    )
    lead_days: int = _setting(14, "popup.lead_days", "days", "assumption: least time to announce and prepare a pop-up")
    horizon_days: int = _setting(60, "popup.horizon_days", "days", "how far ahead free days are looked for")
    rest_after_minutes: float = _setting(
        240.0, "popup.rest_after_minutes", "minutes one way", "assumption: farther, the team is not back that evening"
    )
    rest_days: int = _setting(1, "popup.rest_days", "days", "assumption: rest of a team after such a journey")
    year_target: float | None = _setting(
        None, "popup.year_target", "people", "people to serve at pop-ups in a calendar year; told only where it is set"
    )
    plan_events: int = _setting(3, "plan.events", "events", "assumption: one pop-up a month")
    plan_months: int = _setting(3, "plan.months", "months", "assumption: as far ahead as an office announces")
    plan_teams: int = _setting(1, "plan.teams", "teams", "assumption: one team travels")
    plan_max_visits: int = _setting(1, "plan.max_visits", "visits to one place", "assumption: each place once a plan")
    plan_min_gap_days: int = _setting(
        90, "plan.min_gap_days", "days", "between two visits to one place: about popup.revisit_months"
    )
    plan_budget: float | None = _setting(
        None, "plan.budget", "rupiah", "no limit where it is left out; --budget goes before it"
    )
    plan_booths: float | None = _setting(
        None, "plan.booths", "booths a team takes along", "no limit where it is left out but that of the place"
    )
    request_minimum: Mapping[str, int] = _setting(
        _DEFAULT_MINIMUM,
        "requests.minimum",
        "people by programme",
        "the office answers a letter of MORE than this many; 20, 30 and 50 have been in force; add programmes here",
    )
    request_window_days: int = _setting(
        14, "requests.window_days", "days", "assumption: so far from the day that a letter wishes it may be served"
    )
    request_merge_km: float = _setting(
        15.0, "requests.merge_km", "km", "assumption: so far apart two groups can share one pop-up"
    )
    request_no_show_mean: float = _setting(
        0.062,
        "requests.no_show_mean",
        "share",
        "6.2 % of those listed lapsed at Berau in 2025; learned from past lists",
    )
    request_no_show_sd: float = _setting(
        0.05, "requests.no_show_sd", "share", "assumption: spread of that share between lists"
    )
    weight_worst_served: float = _setting(
        1.0, "weights.worst_served", "times a person counts", "in the worst-served fifth; 1: everybody counts alike"
    )
    weight_travel_hour: float = _setting(
        0.0, "weights.travel_hour", "people per hour of travel one way", "0: travel of the team does not count"
    )
    weight_million_rupiah: float = _setting(
        0.0, "weights.million_rupiah", "people per million rupiah", "0: the cost of a visit does not count"
    )
    prior_total_median: float = _setting(
        60.0,
        "forecast.prior_total_median",
        "people per event-day",
        "16 published services away from offices: median 63.5",
    )
    prior_total_low: float = _setting(
        15.0, "forecast.prior_total_low", "people per event-day", "lower end of 90 % of the expectation"
    )
    prior_total_high: float = _setting(
        240.0, "forecast.prior_total_high", "people per event-day", "upper end of 90 % of the expectation"
    )
    road_detour: float = _setting(1.4, "travel.road_detour", "ratio", "assumption: road km per straight-line km")
    road_kmh: float = _setting(40.0, "travel.road_kmh", "km/h", "assumption")
    river_detour: float = _setting(1.8, "travel.river_detour", "ratio", "assumption: river km per straight-line km")
    river_kmh: float = _setting(20.0, "travel.river_kmh", "km/h", "assumption")
    ferry_detour: float = _setting(1.2, "travel.ferry_detour", "ratio", "assumption: sea km per straight-line km")
    ferry_kmh: float = _setting(20.0, "travel.ferry_kmh", "km/h", "assumption; waiting goes to access.csv")
    air_detour: float = _setting(1.0, "travel.air_detour", "ratio", "assumption: flights go straight")
    air_kmh: float = _setting(200.0, "travel.air_kmh", "km/h", "assumption; waiting goes to access.csv")
    travel_measure: str = _setting(
        "km", "travel.measure", "km or minutes", "what counts as near: minutes where a matrix or a server gives them"
    )
    travel_calibrated: bool = _setting(
        False, "travel.calibrated", "yes/no", "detours learned from the km of travel.csv in place of the assumed ones"
    )
    travel_server: str = _setting(
        "", "travel.server", "address", "a routing server of the office's own; without it travel is estimated"
    )
    travel_server_kind: str = _setting(
        "osrm", "travel.server_kind", "osrm or valhalla", "the two are asked in different words"
    )
    travel_profile: str = _setting("", "travel.profile", "name", "blank is driving for OSRM and auto for Valhalla")
    travel_server_points: int = _setting(
        50, "travel.server_points", "areas and sites at once", "both engines take so many without any setting of theirs"
    )
    travel_server_timeout: float = _setting(
        30.0, "travel.server_timeout", "seconds", "assumption: a table of 50 by 50 takes far less"
    )
    travel_server_attempts: int = _setting(
        5, "travel.server_attempts", "attempts", "assumption: with pauses that double, about eight seconds in all"
    )
    travel_when_down: str = _setting(
        "stop", "travel.when_down", "stop or estimate", "nobody should mistake an estimate for a travel time"
    )
    blackout_days: tuple[str, ...] = _setting(
        ("08-17", "idul_fitri", "idul_adha", "natal"),
        "blackout.everywhere",
        "MM-DD, YYYY-MM-DD or a named feast",
        "no service on Eid, on Christmas Day and on the morning of 17 August",
    )
    blackout_by_place: Mapping[str, tuple[str, ...]] = _setting(
        MappingProxyType({}), "blackout.places", "days by site_id or kind", "a pesantren's break, Eid at a mall"
    )
    rounding_base: int = _setting(
        5, "disclosure.rounding_base", "people", "small numbers of people are never printed exactly"
    )
    columns: Mapping[str, str] = _setting(
        _NOTHING, "columns", "our column by the office's header", "an office's words are mapped, not demanded"
    )
    file_events: Mapping[str, str] = _setting(
        _NOTHING, "files.events", "event_id by file name", "lists that do not name their event in a column"
    )
    file_copies: Mapping[str, str] = _setting(
        _NOTHING,
        "files.copies",
        "skip or keep, by file name",
        "two lists of one event that share most rows: whether one is a copy, the office knows",
    )

    @classmethod
    def from_toml(cls, path: Path | str) -> Settings:
        """Read `outreach.toml`.

        Raises
        ------
        ContractError
            With every fault of the file: missing, not TOML, unknown keys, values of the wrong kind or range.
        """
        settings, faults = cls.read(path)
        wrong = [fault for fault in faults if fault.reason != "retired_setting"]
        if wrong:
            raise ContractError(wrong)
        return settings

    @classmethod
    def read(cls, path: Path | str) -> tuple[Settings, tuple[Failure, ...]]:
        """What `outreach.toml` says, with the default in place of each faulty value, and the faults.

        A setting of an earlier version is among them (`retired_setting`), though it stops nobody.

        With it the rest of a folder can be checked in the same run although its settings are at fault.
        """
        path = Path(path)
        if odd := odd_file(path, name=path.name, folder=path.parent):
            return cls(), (odd,)
        if not path.is_file():
            return cls(), (failure("missing_settings_file", file=path.name, value=str(path.parent)),)
        why = ""
        try:
            if path.stat().st_size <= LARGEST_FILE:
                document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            else:
                why = f"it is larger than {LARGEST_FILE:,} bytes"
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            why = str(error)
        except RecursionError:
            why = "its lists and tables lie too deep inside one another"
        except OSError as error:
            why = os.strerror(error.errno or 0)
        if why:
            return cls(), (failure("bad_settings_file", file=path.name, value=why),)
        return cls._from_document(document, file=path.name)

    @classmethod
    def _from_document(cls, document: Mapping[str, Any], *, file: str) -> tuple[Settings, tuple[Failure, ...]]:
        by_key = {field.metadata["toml"]: field for field in dataclasses.fields(cls)}
        key_of = {field.name: key for key, field in by_key.items()}
        values: dict[str, Any] = {}
        faults: list[Failure] = []
        for key, value in _flatten(document, stop_at=set(by_key)):
            if key in RETIRED:
                faults.append(
                    failure("retired_setting", file=file, column=key, value=str(value), expected=RETIRED[key])
                )
                continue
            if key not in by_key:
                faults.append(failure("unknown_setting", file=file, column=key, value=str(value)))
                continue
            field = by_key[key]
            try:
                read = read_value(value, str(field.type))
            except RequestError as error:
                expected = f"{error} ({field.metadata['unit']})"
                faults.append(failure("bad_setting", file=file, column=key, value=str(value), expected=expected))
                continue
            default = field.metadata["default"]
            if isinstance(default, Mapping):
                # files are called by their names without numbers of persons, here as everywhere
                read = {mask_identifiers(name): _masked(entry) for name, entry in read.items()}
                read = MappingProxyType({**default, **read})
            values[field.name] = mask_identifiers(read) if key in _ON_PAGES else read
        settings = cls(**values)
        for name, said, expected in validation_errors({name: getattr(settings, name) for name in key_of}):
            faults.append(failure("bad_setting", file=file, column=key_of[name], value=said, expected=expected))
            values.pop(name, None)
        return cls(**values), tuple(faults)

    def replace(self, **changes: Any) -> Settings:
        """A copy with some settings changed."""
        return dataclasses.replace(self, **changes)

    def allowed_day_kinds(self, place_kind: str) -> tuple[str, ...]:
        """Kinds of day on which a kind of place may be visited, the preferred one first."""
        return self.day_kinds.get(place_kind, DAY_KINDS)

    @property
    def service_threshold(self) -> float:
        """Within which a place counts as near: km or minutes, as `travel_measure` says; inclusive."""
        return self.service_threshold_minutes if self.travel_measure == "minutes" else self.service_threshold_km

    @property
    def shown_thresholds(self) -> tuple[float, ...]:
        """Thresholds shown beside it, in the same unit."""
        return self.shown_thresholds_minutes if self.travel_measure == "minutes" else self.shown_thresholds_km

    def describe(self) -> list[dict[str, Any]]:
        """Each setting as a row: name, key in outreach.toml, value, unit, why, and whether it is the default.

        Examples
        --------
        >>> [row["value"] for row in Settings().describe() if row["name"] == "window_months"]
        [12]
        """
        return [
            {
                "name": field.name,
                "key": field.metadata["toml"],
                "value": getattr(self, field.name),
                "unit": field.metadata["unit"],
                "why": field.metadata["why"],
                "is_default": getattr(self, field.name) == field.metadata["default"],
            }
            for field in dataclasses.fields(self)
        ]


_ON_PAGES = ("office.name", "office.ministry")
"""Texts that stand on every page; addresses of servers and codes of areas may look like numbers of a person."""


def _masked(entry: Any) -> Any:
    return mask_identifiers(entry) if isinstance(entry, str) else entry


def _flatten(document: Mapping[str, Any], *, stop_at: set[str], prefix: str = "") -> list[tuple[str, Any]]:
    """TOML tables as dotted keys, leaving whole those tables that are one setting."""
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in stop_at:
            pairs += _flatten(value, stop_at=stop_at, prefix=f"{key}.")
        else:
            pairs.append((key, value))
    return pairs
