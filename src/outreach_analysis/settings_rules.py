"""What a value in outreach.toml must be: its kind, its range, and how it fits the others."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from outreach_analysis.settings_of_files import ValidationError, copies, known_encoding, known_zone, reads_dates

SITE_KINDS_VISITED = ("mall", "pesantren", "kecamatan", "desa", "campus", "other")
DAY_KINDS = ("weekend", "holiday", "workday")
NAMED_FEASTS = ("idul_fitri", "idul_adha", "imlek", "nyepi", "waisak", "natal")
_LONGEST_MONTHS = 1200
_LONGEST_DAYS = 36_500


def read_value(value: Any, annotation: str) -> Any:
    """A TOML value as the type of its setting, refusing anything that would change its meaning.

    Parameters
    ----------
    value
        As `tomllib` reads it.
    annotation
        Type of the setting's field, as written in `Settings`.

    Returns
    -------
    The value; lists become tuples, tables read-only mappings, dates in quotes dates.

    Raises
    ------
    ValueError
        Its text says what is expected.

    Examples
    --------
    >>> read_value(["64.72", "64.02"], "tuple[str, ...]")
    ('64.72', '64.02')
    >>> read_value([64.70], "tuple[str, ...]")
    Traceback (most recent call last):
    ...
    ValueError: a list of texts in quotes
    """
    return _READERS[annotation](value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number")
    return value


def _number(value: Any) -> float:
    expected = "a number"
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(expected)
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(expected) from error
    if not math.isfinite(number):
        raise ValueError(expected)
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return value


def _date(value: Any) -> dt.date:
    expected = "a date, such as 2026-11-22"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
        raise ValueError(expected)
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(expected) from error


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(_is_text(item) for item in value):
        raise ValueError("a list of texts in quotes")
    return tuple(str(item) for item in value)


def _text_or_texts(value: Any) -> tuple[str, ...]:
    """One text stands for a list of one."""
    return (value,) if isinstance(value, str) else _texts(value)


def _is_text(item: Any) -> bool:
    """Text; a bare TOML date reads the same way with and without quotes."""
    return isinstance(item, str) or (isinstance(item, dt.date) and not isinstance(item, dt.datetime))


def _numbers(value: Any) -> tuple[float, ...]:
    expected = "a list of numbers"
    if not isinstance(value, list):
        raise ValueError(expected)
    try:
        return tuple(_number(item) for item in value)
    except ValueError as error:
        raise ValueError(expected) from error


def _table(value: Any, read: Callable[[Any], Any], of: str) -> Mapping[str, Any]:
    expected = f"a table of {of}"
    if not isinstance(value, Mapping):
        raise ValueError(expected)
    try:
        return MappingProxyType({str(key): read(item) for key, item in value.items()})
    except ValueError as error:
        raise ValueError(expected) from error


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "bool": _flag,
        "int": _whole,
        "float": _number,
        "str": _text,
        "dt.date": _date,
        "dt.date | None": _date,
        "tuple[str, ...]": _texts,
        "tuple[float, ...]": _numbers,
        "Mapping[str, str]": lambda value: _table(value, _text, "texts in quotes"),
        "Mapping[str, tuple[str, ...]]": lambda value: _table(value, _texts, "lists of texts"),
        "Mapping[str, Texts]": lambda value: _table(value, _text_or_texts, "texts or lists of texts"),
    }
)


class _Range(NamedTuple):
    low: float
    high: float
    expected: str

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


_LEAST = math.ulp(0.0)
_ZERO_OR_MORE = _Range(0, math.inf, "a number of 0 or more")
_ABOVE_ZERO = _Range(_LEAST, math.inf, "a number above 0")
_ONE_OR_MORE = _Range(1, math.inf, "a number of 1 or more")
_SHARE = _Range(0, 1, "a share between 0 and 1")
_DETOUR = _Range(1, math.inf, "a ratio of 1 or more: no way is shorter than the straight line")
_DAYS = _Range(0, _LONGEST_DAYS, f"a number of days from 0 to {_LONGEST_DAYS}")
_MONTHS = _Range(0, _LONGEST_MONTHS, f"a number of months from 0 to {_LONGEST_MONTHS}")
_RANGES: Mapping[str, _Range] = MappingProxyType(
    {
        "interest_threshold_people": _ZERO_OR_MORE,
        "interest_expires_days": _DAYS,
        "interest_shows_up_mean": _SHARE,
        "interest_shows_up_sd": _SHARE,
        "service_threshold_km": _ZERO_OR_MORE,
        "service_threshold_minutes": _ZERO_OR_MORE,
        "travel_server_points": _Range(1, 10_000, "a number of points from 1 to 10000"),
        "travel_server_timeout": _ABOVE_ZERO,
        "travel_server_attempts": _Range(1, 20, "a number of attempts from 1 to 20"),
        "window_months": _Range(1, _LONGEST_MONTHS, f"a number of months from 1 to {_LONGEST_MONTHS}"),
        "benchmark_percentile": _Range(_LEAST, math.nextafter(100, 0), "a number above 0 and below 100"),
        "benchmark_min_population": _ZERO_OR_MORE,
        "impact_months": _Range(1, 12, "a number of months from 1 to 12"),
        "impact_min_events": _Range(12, math.inf, "a number of 12 or more: with fewer no statement would be honest"),
        "revisit_months": _MONTHS,
        "popup_capacity": _ONE_OR_MORE,
        "popup_booth_capacity": _ONE_OR_MORE,
        "lead_days": _DAYS,
        "horizon_days": _Range(1, _LONGEST_DAYS, f"a number of days from 1 to {_LONGEST_DAYS}"),
        **dict.fromkeys(("plan_events", "plan_months", "plan_teams", "plan_max_visits"), _ONE_OR_MORE),
        "plan_min_gap_days": _DAYS,
        **dict.fromkeys(("weight_worst_served", "weight_travel_hour", "weight_million_rupiah"), _ZERO_OR_MORE),
        "prior_total_median": _ABOVE_ZERO,
        "prior_total_low": _ABOVE_ZERO,
        "prior_total_high": _ABOVE_ZERO,
        "rounding_base": _ONE_OR_MORE,
        **{f"{way}_detour": _DETOUR for way in ("road", "river", "ferry", "air")},
        **{f"{way}_kmh": _ABOVE_ZERO for way in ("road", "river", "ferry", "air")},
    }
)


def validation_errors(values: Mapping[str, Any]) -> list[ValidationError]:
    """Settings that are out of range or do not fit each other.

    Parameters
    ----------
    values
        By name of field, of the right kind. A rule is asked where all the settings it needs are there.

    Returns
    -------
    list of Misfit
        Every one of them; empty where all is well.

    Examples
    --------
    >>> validation_errors({"road_kmh": 0.0, "lead_days": 30, "horizon_days": 14})
    [ValidationError(name='road_kmh', value='0.0', expected='a number above 0'),
     ValidationError(name='horizon_days', value='14', expected='at least as many days as popup.lead_days (30)')]
    """
    out_of_range = [
        ValidationError(name, str(values[name]), allowed.expected)
        for name, allowed in _RANGES.items()
        if name in values and not allowed.holds(values[name])
    ]
    sound = {name: value for name, value in values.items() if name not in {fault.name for fault in out_of_range}}
    found = list(out_of_range)
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


def _spread_possible(mean: float, sd: float) -> Iterable[ValidationError]:
    largest = math.sqrt(mean * (1 - mean))
    if sd > 0 and sd >= largest:
        yield ValidationError(
            "interest_shows_up_sd", str(sd), f"a number below {largest:.2g}: a share of mean {mean:g} spreads no wider"
        )


def _horizon_reaches(lead: int, horizon: int) -> Iterable[ValidationError]:
    if horizon < lead:
        yield ValidationError("horizon_days", str(horizon), f"at least as many days as popup.lead_days ({lead})")


def _thresholds(km: tuple[float, ...], minutes: tuple[float, ...]) -> Iterable[ValidationError]:
    for name, shown in (("shown_thresholds_km", km), ("shown_thresholds_minutes", minutes)):
        if not shown or min(shown) < 0:
            yield ValidationError(name, str(list(shown)), "one or more numbers of 0 or more")


def _travel_words(measure: str, server: str, kind: str, when_down: str) -> Iterable[ValidationError]:
    choices = {
        "travel_measure": (measure, ("km", "minutes")),
        "travel_server_kind": (kind, ("osrm", "valhalla")),
        "travel_when_down": (when_down, ("stop", "estimate")),
    }
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            yield ValidationError(name, value, " or ".join(allowed))
    if server and not server.startswith(("http://", "https://")):
        yield ValidationError("travel_server", server, "an address that begins with http:// or https://")


def _known_system(code_system: str) -> Iterable[ValidationError]:
    if code_system not in ("kemendagri", "bps"):
        yield ValidationError("code_system", code_system, "kemendagri or bps")


def _some_area(jurisdiction: tuple[str, ...]) -> Iterable[ValidationError]:
    if not jurisdiction:
        yield ValidationError("jurisdiction", "[]", "the area_id of one kabupaten or more")


def _day_kinds(day_kinds: Mapping[str, tuple[str, ...]]) -> Iterable[ValidationError]:
    for kind, days in day_kinds.items():
        if kind not in SITE_KINDS_VISITED:
            yield ValidationError("day_kinds", kind, f"kinds of place among {', '.join(SITE_KINDS_VISITED)}")
        elif not days or not set(days) <= set(DAY_KINDS):
            yield ValidationError("day_kinds", f"{kind} = {list(days)}", f"one or more of {', '.join(DAY_KINDS)}")


def _blackouts(everywhere: tuple[str, ...], by_place: Mapping[str, tuple[str, ...]]) -> Iterable[ValidationError]:
    expected = f"MM-DD, YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or one of {', '.join(NAMED_FEASTS)}"
    for entry in everywhere:
        if not _names_days(entry):
            yield ValidationError("blackout_days", entry, expected)
    for place, entries in by_place.items():
        for entry in entries:
            if not _names_days(entry):
                yield ValidationError("blackout_by_place", f"{place} = {entry}", expected)


def _names_days(entry: str) -> bool:
    if entry in NAMED_FEASTS:
        return True
    # a leap year, so that 29 February can be named
    parts = [f"2000-{entry}"] if len(entry) == len("MM-DD") else [part.strip() for part in entry.split("..", 1)]
    try:
        days = [_date(part) for part in parts]
    except ValueError:
        return False
    return days == sorted(days)


_RULES: Mapping[tuple[str, ...], Callable[..., Iterable[ValidationError]]] = MappingProxyType(
    {
        ("prior_total_low", "prior_total_median", "prior_total_high"): _prior_in_order,
        ("interest_shows_up_mean", "interest_shows_up_sd"): _spread_possible,
        ("lead_days", "horizon_days"): _horizon_reaches,
        ("shown_thresholds_km", "shown_thresholds_minutes"): _thresholds,
        ("travel_measure", "travel_server", "travel_server_kind", "travel_when_down"): _travel_words,
        ("code_system",): _known_system,
        ("jurisdiction",): _some_area,
        ("date_format", "date_formats"): reads_dates,
        ("office_timezone",): known_zone,
        ("file_copies",): copies,
        ("fallback_encoding",): known_encoding,
        ("day_kinds",): _day_kinds,
        ("blackout_days", "blackout_by_place"): _blackouts,
    }
)
