"""Errors that an office reads: what is wrong with a table or a request, where it stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from outreach_analysis.faults import FAULTS
from outreach_analysis.masking import mask_identifiers

if TYPE_CHECKING:
    import pandas as pd


# --- The errors that the product foresees: each says what is wrong and what to do, and nothing about a person.


class OutreachError(Exception):
    """Something foreseen went wrong: its text says what and what to do, and holds no row, name or number of a person.

    Every error that a caller is meant to catch is one of these; anything else is a fault of the program.
    """


class RequestError(OutreachError, ValueError):
    """What was asked for cannot be done with these data or these options; the text says why.

    Examples
    --------
    >>> raise RequestError("no pop-up is called E9; events.csv names E1 and E2")
    Traceback (most recent call last):
    ...
    outreach_analysis.contracts.RequestError: no pop-up is called E9; events.csv names E1 and E2
    """

    sentence: str = ""
    values: Mapping[str, object] = MappingProxyType({})
    parts: tuple[RequestError, ...] = ()

    @classmethod
    def in_words(cls, sentence: str, **values: object) -> RequestError:
        """One whose sentence stands in the catalogue, so that a command tells it in the language of its run."""
        error = cls(sentence.format(**values))
        error.sentence, error.values = sentence, values
        return error

    @classmethod
    def several(cls, parts: Iterable[RequestError]) -> RequestError:
        """All that is wrong at once; one alone as it is."""
        error = cls()
        error.parts = tuple(parts)
        error.args = ("\n".join(map(str, error.parts)),)
        return error.parts[0] if len(error.parts) == 1 else error


# --- The tables an office hands in, as schemas, and the one error that lists everything wrong with them.


FAILURE_COLUMNS = ("file", "sheet", "row", "column", "value", "reason", "problem", "remedy")
"""Columns of every table of faults: `ContractError.failures` and the ledger's problem rows alike."""


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
    """Make a `Failure` of a reason of `faults.FAULTS`, its sentence filled in; numbers of persons are masked."""
    file, sheet, column, value, expected = map(mask_identifiers, (file, sheet, column, value, expected))
    problem, remedy = FAULTS[reason].filled(column=column, value=value, expected=expected, count=count)
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


class ContractError(OutreachError):
    """The data folder breaks the contract. Carries ALL faults found, not the first.

    Examples
    --------
    >>> fault = failure("bad_number", file="sites.csv", row=3, column="capacity", value="many")
    >>> ContractError([fault]).failures[["file", "row", "column"]].values.tolist()
    [['sites.csv', 3, 'capacity']]
    """

    def __init__(self, failures: Iterable[Failure]) -> None:
        self._failures = tuple(failures)
        super().__init__(self._failures)

    @property
    def failures(self) -> pd.DataFrame:
        """Every fault as one row, with the columns of `FAILURE_COLUMNS`."""
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
    question: str = ""  # what people are asked, where the header alone does not say it


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
        """The column of that name."""
        return {column.name: column for column in self.columns}[name]


def optional_texts(*names: str) -> tuple[Column, ...]:
    """Columns of text that may be missing."""
    return tuple(Column(name=name, kind="text", required=False) for name in names)


_POINT = tuple(Column(name=name, kind="number", required=False, unit="degrees WGS84") for name in ("lon", "lat"))
DESK_QUESTION = "Without this pop-up, would you have gone to the office within three months?"

OWN_NUMBERS = "x_"
"""Columns whose name begins so are numbers of the office's own, about its sites or its events."""

PROGRAMMES = ("visit", "invited", "office")
"""A visit that the office chose; a group that asked and brings a list; an opening at the office, which is no pop-up."""

SITE_KINDS = ("mall", "pesantren", "kecamatan", "desa", "campus", "other", "office", "mpp", "ukk", "other_office")

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
        *_POINT,
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
        *_POINT,
        Column(name="capacity", kind="number", required=False, minimum=1, maximum=100_000, unit="people a day"),
        Column(name="cost", kind="number", required=False, minimum=0, maximum=10**9, unit="rupiah"),
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
        Column(name="status", kind="choice", choices=("planned", "held", "cancelled", "failed")),
        Column(name="series", kind="text", required=False),
        Column(name="capacity", kind="number", required=False, minimum=1, maximum=100_000, unit="people"),
        Column(name="sold_out", kind="yes_no", required=False),
        Column(name="programme", kind="choice", required=False, choices=PROGRAMMES),
        Column(name="end_date", kind="date", required=False),
        Column(name="days", kind="integer", required=False, minimum=1, maximum=366, unit="days"),
        Column(name="booths", kind="number", required=False, minimum=1, maximum=1_000, unit="booths"),
    ),
)
APPLICANTS = Table(
    name="applicants",
    columns=(
        Column(name="service_date", kind="date", required=False),
        *optional_texts("event_id", "site", "address", "kabupaten", "kecamatan", "desa", "area_code", "nik"),
        *optional_texts("passport_type", "application", "channel"),
        Column(
            name="would_have_come",
            kind="choice",
            required=False,
            choices=("yes", "no", "unsure"),
            question=DESK_QUESTION,
        ),
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
        Column(name="applicants", kind="integer", minimum=0, maximum=1_000_000, unit="people"),
    ),
)
ASKERS = ("pesantren", "employer", "ministry", "travel_agency", "neighbourhood", "campus", "other")
"""Who asks for a pop-up by a letter: what kind of group, never its name."""
ANSWERS = ("accepted", "merged", "postponed", "refused")

REQUESTS = Table(
    name="requests.csv",
    key=("number",),
    columns=(
        Column(name="number", kind="text"),
        Column(name="date", kind="date"),
        *optional_texts("asker", "programme", "site_id", "area"),
        Column(name="day", kind="date", required=False),
        Column(name="list", kind="text", required=False),
        Column(name="people", kind="integer", required=False, minimum=1, maximum=100_000, unit="people"),
        *optional_texts("application", "contact"),
        Column(name="answer", kind="choice", required=False, choices=ANSWERS),
        Column(name="answered_on", kind="date", required=False),
        Column(name="event_id", kind="text", required=False),
    ),
)
TRAVEL = Table(
    name="travel.csv",
    key=("area_id", "site_id"),
    columns=(
        Column(name="area_id", kind="text"),
        Column(name="site_id", kind="text"),
        Column(name="minutes", kind="number", required=False, minimum=0, maximum=100_000, unit="minutes"),
        Column(name="km", kind="number", required=False, minimum=0, unit="km"),
    ),
)
ACCESS = Table(
    name="access.csv",
    key=("area_id",),
    columns=(
        Column(name="area_id", kind="text"),
        Column(name="access", kind="choice", choices=("road", "river", "ferry", "air")),
        Column(name="extra_minutes", kind="number", required=False, minimum=0, maximum=100_000, unit="minutes"),
    ),
)
