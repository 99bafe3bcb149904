"""The tables an office hands in, as schemas, and the one error that lists everything wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

FAILURE_COLUMNS = ("file", "sheet", "row", "column", "value", "reason", "problem", "remedy")
"""Columns of every table of faults: `ContractError.failures` and the ledger's problem rows alike."""


class Reason(NamedTuple):
    """What is wrong and what to do about it, as sentence parts with room for the case at hand."""

    problem: str
    remedy: str


REASONS: MappingProxyType[str, Reason] = MappingProxyType(
    {
        # file faults: reading stops
        "missing_folder": Reason("the folder does not exist", "give the folder that holds outreach.toml"),
        "missing_settings_file": Reason(
            "the folder has no outreach.toml",
            "create outreach.toml with at least [office] name = '...', or run `outreach init FOLDER` to have one",
        ),
        "no_data": Reason(
            "the folder holds no list and no held event yet",
            "put the office's lists into applicants/, fill in sites.csv and events.csv, or set [dates] as_of",
        ),
        "no_lists": Reason(
            "an event was held, but there is no list of applicants", "put the office's lists, CSV or Excel, in there"
        ),
        "missing_file": Reason("the file is missing", "add it; the data contract in docs/ lists its columns"),
        "empty_file": Reason("the file is empty", "save it with a header row, or remove it"),
        "unreadable_file": Reason("the file cannot be read", "open it in Excel and save it again as .xlsx or .csv"),
        "missing_column": Reason(
            "no column stands for '{column}'",
            "add it, or map your header to it in [columns] of outreach.toml",
        ),
        "duplicate_column": Reason("two columns are both taken for '{column}'", "keep one, or map them in [columns]"),
        "duplicate_key": Reason("the key '{value}' occurs {count} times", "give every row a key of its own"),
        "unknown_setting": Reason("there is no such setting", "remove it or correct its spelling"),
        "bad_settings_file": Reason("the file is not TOML", "correct the line named and save it as UTF-8 text"),
        "bad_setting": Reason("the value does not fit", "write {expected}"),
        "unsafe_file": Reason("would unpack to {expected}", "save the list alone in a new workbook"),
        "two_files": Reason("stands beside another file of the same table", "keep one of them"),
        "bad_key_file": Reason("the key file {expected}", "make one of 32 random bytes, readable by you alone"),
        "bad_areas": Reason("{expected}", "correct the areas table; every later number divides by it"),
        # faults of a sheet of decisions: no decision is taken over
        "unknown_decision": Reason("names no place for sure", "write {expected}"),
        "unknown_text": Reason("waits for no decision", "leave the texts as they were written, or take out the row"),
        "two_decisions": Reason("differs from the decision of row {count} on the same text", "keep one of them"),
        "decisions_elsewhere": Reason(
            "holds the office's decisions, which are added to a plain aliases.csv only",
            "save it as aliases.csv and keep that file alone",
        ),
        # row faults: the row is set aside and counted, the rest goes on
        "bad_date": Reason("is not a date", "write {expected}, or set [dates] format in outreach.toml"),
        "bad_number": Reason("is not a number", "write digits only, such as 25"),
        "ambiguous_number": Reason("may be a thousand or a decimal number", "write {expected}"),
        "out_of_range": Reason("is out of range", "write {expected}"),
        "bad_choice": Reason("is not one of the known values", "write one of: {expected}"),
        "exchanged_days": Reason(
            "looks as if Excel had exchanged day and month", "format the column as text and paste the dates again"
        ),
        "missing_value": Reason("is blank", "fill it in"),
        "unknown_event": Reason(
            "names no event of events.csv",
            "add it or correct the id; a list without event_id is named after its event (E1.csv) or in [files.events]",
        ),
        "event_not_held": Reason("names an event that was not held", "set its status to held, or move the row"),
        "unknown_site": Reason("names no site of sites.csv", "add the site or correct the id"),
        "unknown_area": Reason("names no known area", "write a code or a name of the areas table"),
        "ambiguous_area": Reason("fits several areas", "add the kabupaten or the kecamatan"),
        "several_areas": Reason("fits several areas and is taken for {expected}", "write its code if another is meant"),
        "areas_sum": Reason("{expected}", "check both numbers; every later rate divides by those of the kecamatan"),
        "blank_origin": Reason("says no origin", "ask at the counter; the row counts, placed by its NIK or not at all"),
        "unresolved_origin": Reason("is not a place we know for sure", "decide it once, by outreach review"),
        "coordinates_outside": Reason("lies outside Indonesia", "write lon 95 to 141 and lat -11 to 6, in degrees"),
        "coordinates_swapped": Reason("has longitude and latitude swapped", "exchange lon and lat"),
        "half_coordinates": Reason("has one coordinate only", "give both lon and lat, or neither"),
        "future_event": Reason("is held but lies after the day of the question", "set its status to planned"),
        "event_without_applicants": Reason("was held but has no applicants", "add its list, or cancel the event"),
        "duplicate_applicant": Reason("stands in the lists already", "nothing to do: counted once"),
        "rejected_site": Reason("belongs to a site that was set aside", "correct that row of sites.csv first"),
        "nik_numeric": Reason("lost its last digit in Excel", "format the NIK column as text and type it again"),
        "rejected_event": Reason("belongs to an event that was set aside", "correct that row of events.csv first"),
        "future_date": Reason("lies after the day of the question", "correct the date, or set [dates] as_of later"),
        "repeated_row": Reason("names {expected} a second time", "keep one row; the first one counts"),
        "nik_invalid": Reason("is no NIK", "type its 16 digits; the row counts, repeats of it cannot be seen"),
        "nik_region": Reason("begins with the code of no province", "check its first digits; the row counts"),
        "unknown_file_kind": Reason("is a kind of file that is not read", "save it as one of: {expected}"),
        # skipped: neither people nor faults
        "blank_row": Reason("holds nothing", "nothing to do"),
        "total_row": Reason("is a total, not a person", "nothing to do"),
        "total_mismatch": Reason("differs from the rows counted ({expected})", "check the list for missing rows"),
        "outside_area": Reason("lies outside the province", "nothing to do: this table is about areas of the province"),
        "sheet_without_list": Reason("stands on a sheet that holds no list", "nothing to do, unless it is one"),
        "chat_line": Reason("names nobody", "nothing to do; an entry is '1. name - phone - place'"),
        "repeated_header": Reason("repeats the header", "nothing to do"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One fault: where it stands, what stands there, why it is wrong and what to do."""

    file: str
    reason: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    problem: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file + (f" [{self.sheet}]" if self.sheet else "") + (f" row {self.row}" if self.row else "")
        what = " ".join(part for part in (self.column, f"'{self.value}'" if self.value else "") if part)
        return f"{place}: {what + ' ' if what else ''}{self.problem}; {self.remedy}"


def failure(
    reason: str,
    *,
    file: str,
    sheet: str = "",
    row: int | None = None,
    column: str = "",
    value: str = "",
    expected: str = "",
    count: int = 0,
) -> Failure:
    """Make a `Failure` of a known reason, its sentence filled in.

    Examples
    --------
    >>> print(failure("bad_date", file="lists.csv", row=41, column="service_date", value="31/02/2026",
    ...               expected="dd/mm/yyyy"))
    lists.csv row 41: service_date '31/02/2026' is not a date; write dd/mm/yyyy, or set [dates] format in outreach.toml
    """
    words = {"column": column, "value": value, "expected": expected, "count": count}
    problem, remedy = (part.format(**words) for part in REASONS[reason])
    return Failure(
        file=file,
        sheet=sheet,
        row=row,
        column=column,
        value=value,
        reason=reason,
        problem=problem,
        remedy=remedy,
    )


def failures_frame(failures: Iterable[Failure]) -> pd.DataFrame:
    """Faults as a table with the columns of `FAILURE_COLUMNS`; `row` is a nullable integer."""
    import pandas as pd

    rows = [{name: getattr(item, name) for name in FAILURE_COLUMNS} for item in failures]
    frame = pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))
    text = {name: "str" for name in FAILURE_COLUMNS if name != "row"}
    return frame.astype({**text, "row": "Int64"})


class ContractError(Exception):
    """The data folder breaks the contract. Carries ALL faults found, not the first.

    Attributes
    ----------
    failures
        Table with the columns of `FAILURE_COLUMNS`, one row a fault.
    """

    def __init__(self, failures: Iterable[Failure]) -> None:
        self._failures = tuple(failures)
        super().__init__(self._failures)

    @property
    def failures(self) -> pd.DataFrame:
        """Every fault as one row: file, sheet, row, column, value, reason, problem, remedy."""
        return failures_frame(self._failures)

    @property
    def items(self) -> tuple[Failure, ...]:
        """The faults themselves, to be joined with others."""
        return self._failures

    def __str__(self) -> str:
        lines = "\n".join(f"  - {item}" for item in self._failures)
        return f"{len(self._failures)} fault(s) in the data folder:\n{lines}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: its kind of value and the rule a value must meet."""

    name: str
    kind: str  # text, integer, number, date, month, choice, yes_no
    required: bool = True
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of the data folder: its columns and the columns that make a row unique."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        KeyError
            Where the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


SITE_KINDS = (
    "mall",
    "pesantren",
    "kecamatan",
    "desa",
    "campus",
    "other",
    "office",
    "mpp",
    "ukk",
    "other_office",
)

AREAS = Table(
    name="areas.csv",
    key=("area_id",),
    columns=(
        Column(name="area_id", kind="text"),
        Column(name="name", kind="text"),
        Column(name="parent_id", kind="text"),
        Column(name="population", kind="integer", minimum=0, unit="residents"),
        Column(name="population_source", kind="text", required=False),
        Column(name="area_km2", kind="number", required=False, minimum=0, unit="km2"),
        Column(name="lon", kind="number", required=False, unit="degrees WGS84"),
        Column(name="lat", kind="number", required=False, unit="degrees WGS84"),
    ),
)
SITES = Table(
    name="sites.csv",
    key=("site_id",),
    columns=(
        Column(name="site_id", kind="text"),
        Column(name="name", kind="text"),
        Column(name="kind", kind="choice", choices=SITE_KINDS),
        Column(name="area", kind="text"),
        Column(name="lon", kind="number", required=False, unit="degrees WGS84"),
        Column(name="lat", kind="number", required=False, unit="degrees WGS84"),
        Column(name="capacity", kind="number", required=False, minimum=1, unit="people a day"),
        Column(name="cost", kind="number", required=False, minimum=0, unit="rupiah"),
        Column(name="opened", kind="date", required=False),
        Column(name="closed", kind="date", required=False),
    ),
)
EVENTS = Table(
    name="events.csv",
    key=("event_id",),
    columns=(
        Column(name="event_id", kind="text"),
        Column(name="site_id", kind="text"),
        Column(name="date", kind="date"),
        Column(name="status", kind="choice", choices=("planned", "held", "cancelled")),
        Column(name="series", kind="text", required=False),
        Column(name="capacity", kind="number", required=False, minimum=1, unit="people"),
        Column(name="sold_out", kind="yes_no", required=False),
    ),
)
APPLICANTS = Table(
    name="applicants",
    columns=(
        Column(name="service_date", kind="date"),
        Column(name="event_id", kind="text", required=False),
        Column(name="address", kind="text", required=False),
        Column(name="kabupaten", kind="text", required=False),
        Column(name="kecamatan", kind="text", required=False),
        Column(name="desa", kind="text", required=False),
        Column(name="area_code", kind="text", required=False),
        Column(name="nik", kind="text", required=False),
        Column(name="passport_type", kind="text", required=False),
        Column(name="application", kind="text", required=False),
        Column(name="channel", kind="text", required=False),
    ),
)
INTEREST = Table(
    name="interest.csv",
    columns=(
        Column(name="date", kind="date"),
        Column(name="area", kind="text"),
        Column(name="people", kind="integer", minimum=1, unit="people"),
        Column(name="source", kind="text", required=False),
        Column(name="group", kind="yes_no", required=False),
        Column(name="person", kind="text", required=False),
        Column(name="event_id", kind="text", required=False),
    ),
)
OFFICE_MONTHLY = Table(
    name="office_monthly.csv",
    key=("month", "area"),
    columns=(
        Column(name="month", kind="month"),
        Column(name="area", kind="text"),
        Column(name="applicants", kind="integer", minimum=0, unit="people"),
    ),
)
TRAVEL = Table(
    name="travel.csv",
    key=("area_id", "site_id"),
    columns=(
        Column(name="area_id", kind="text"),
        Column(name="site_id", kind="text"),
        Column(name="minutes", kind="number", required=False, minimum=0, unit="minutes"),
        Column(name="km", kind="number", required=False, minimum=0, unit="km"),
    ),
)
ACCESS = Table(
    name="access.csv",
    key=("area_id",),
    columns=(
        Column(name="area_id", kind="text"),
        Column(name="access", kind="choice", choices=("road", "river", "ferry", "air")),
        Column(name="extra_minutes", kind="number", required=False, minimum=0, unit="minutes"),
    ),
)
