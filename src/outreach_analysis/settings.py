"""Settings of one office: what its `outreach.toml` says, with a unit, a default and a reason for each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.settings_rules import DAY_KINDS, read_value, validation_errors

SITE_KINDS_FIXED = ("office", "mpp", "ukk", "other_office")
_ANY_DAY = DAY_KINDS
_DAYS_OFF = ("weekend", "holiday")
_DEFAULT_DAY_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mall": _DAYS_OFF,
        "campus": _DAYS_OFF,
        "pesantren": _ANY_DAY,
        "kecamatan": _ANY_DAY,
        "desa": _ANY_DAY,
        "other": _ANY_DAY,
    }
)
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
        20,
        "interest.threshold_people",
        "people",
        "the office visits where MORE than this many are interested",
    )
    interest_expires_days: int = _setting(180, "interest.expires_days", "days", "assumption")
    interest_shows_up_mean: float = _setting(
        0.6, "interest.shows_up_mean", "share", "assumption: share of promised people who come"
    )
    interest_shows_up_sd: float = _setting(0.15, "interest.shows_up_sd", "share", "assumption: spread of that share")
    service_threshold_km: float = _setting(30.0, "service.threshold_km", "km", "assumption")
    service_threshold_minutes: float = _setting(60.0, "service.threshold_minutes", "minutes", "assumption")
    shown_thresholds_km: tuple[float, ...] = _setting(
        (15.0, 30.0, 60.0), "service.shown_km", "km", "the report shows how much hangs on the threshold"
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
    plan_events: int = _setting(3, "plan.events", "events", "assumption: one pop-up a month")
    plan_months: int = _setting(3, "plan.months", "months", "assumption: as far ahead as an office announces")
    plan_teams: int = _setting(1, "plan.teams", "teams", "assumption: one team travels")
    plan_max_visits: int = _setting(1, "plan.max_visits", "visits to one place", "assumption: each place once a plan")
    plan_min_gap_days: int = _setting(
        90, "plan.min_gap_days", "days", "between two visits to one place: about popup.revisit_months"
    )
    weight_worst_served: float = _setting(
        1.0,
        "weights.worst_served",
        "times a person counts",
        "in the worst-served fifth; 1: everybody counts alike",
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
        MappingProxyType({}),
        "blackout.places",
        "days by site_id or kind",
        "a pesantren's break, Eid at a mall",
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
        if not path.is_file():
            return cls(), (failure("missing_settings_file", file=path.name, value=str(path.parent)),)
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            return cls(), (failure("bad_settings_file", file=path.name, value=str(error)),)
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
            except ValueError as error:
                expected = f"{error} ({field.metadata['unit']})"
                faults.append(failure("bad_setting", file=file, column=key, value=str(value), expected=expected))
                continue
            default = field.metadata["default"]
            values[field.name] = MappingProxyType({**default, **read}) if isinstance(default, Mapping) else read
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
        return self.day_kinds.get(place_kind, _ANY_DAY)

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
