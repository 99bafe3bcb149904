"""Columns of every table: the headers an office uses, and how a header is found and understood."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pandas as pd
from rapidfuzz import fuzz, process

from outreach_analysis.contracts import ACCESS as ACCESS_TABLE
from outreach_analysis.contracts import APPLICANTS as APPLICANTS_TABLE
from outreach_analysis.contracts import AREAS as AREAS_TABLE
from outreach_analysis.contracts import EVENTS as EVENTS_TABLE
from outreach_analysis.contracts import INTEREST as INTEREST_TABLE
from outreach_analysis.contracts import OFFICE_MONTHLY as OFFICE_MONTHLY_TABLE
from outreach_analysis.contracts import OWN_NUMBERS, Column, Table, optional_texts
from outreach_analysis.contracts import REQUESTS as REQUESTS_TABLE
from outreach_analysis.contracts import SITES as SITES_TABLE
from outreach_analysis.contracts import TRAVEL as TRAVEL_TABLE
from outreach_analysis.geocoding.names import Words, words_of
from outreach_analysis.geocoding.parsing import ORIGIN_HEADERS, plain_header
from outreach_analysis.intake.cells import HEAD_ROWS, RawSheet
from outreach_analysis.intake.dates import written_date
from outreach_analysis.intake.text_files import tidy
from outreach_analysis.masking import MASK, mask_identifiers
from outreach_analysis.workbook import column_letter

# --- The tables an office hands in: the usual Indonesian headers of their columns, and what they cannot do without.


PERSONAL = ("name", "phone", "passport_no", "email", "birth", "contact")
"""Columns about a person that are dropped, and that nobody is told of."""

TWO_MEANINGS = {
    "program": "a programme where it holds a word for one, else the name of a series",
    "hari": "a number of days where it holds numbers, else weekdays, which are ignored",
}
"""Headers of events of which only the cells say what they stand for."""

ORIGIN = ("address", "desa", "kecamatan", "kabupaten", "area_code")
_PLACE = ("area", *ORIGIN)

_WORDS = words_of("intake")
COUNT_FORMS = _WORDS["shared"]["count"]
"""Headers of numbers of people."""


_MASKED = MASK.strip("[]")  # what stands in brackets is a remark
_OWN_NUMBER = re.compile(r"x ([^\W_]+(?: [^\W_]+)*)")
_OFFICE = re.compile(r"\b(?:kantor|kanim|imigrasi|office)\b")
_SOON = re.compile(r"\b(?:3|tiga|three) (?:bulan|bln|months?)\b")
_WOULD = re.compile(
    r"\b(?:akan|tetap|rencana|berencana|would|datang|pergi|ke|mengurus|seandainya|andai|jika|kalau|bila|apabila|tanpa)\b"
)
_SOMETHING_ELSE = re.compile(
    r"\b(?:terakhir|lalu|sebelumnya|kapan|berapa|pernah|sudah|jarak|alamat|mengapa|kenapa|alasan|last|how|when|why|past"
    r"|\w*ambil\w*)\b"
)


@lru_cache(maxsize=4096)
def asks_the_desk_question(header: str) -> bool:
    """Whether a header, as `plain_header` leaves it, asks if somebody would go to the office within three months: it
    must name both and ask for an intention, not for what was done, how often, when or why."""
    says = (pattern.search(header) is not None for pattern in (_OFFICE, _SOON, _WOULD))
    return all(says) and _SOMETHING_ELSE.search(header) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One kind of table: the usual headers of its columns and what it cannot do without."""

    table: Table
    forms: Words
    required: Sequence[tuple[str, ...]]
    anchor: str
    quantity: str = ""
    total_words_in: tuple[str, ...] = ()
    own_numbers: bool = False
    asks: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)
    undated_with: tuple[str, ...] = ()
    known: Mapping[str, str] = field(init=False, repr=False)
    own: frozenset[str] = field(init=False, repr=False)
    columns: tuple[str, ...] = field(init=False, repr=False)
    anchor_is_date: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = (column.name for column in self.table.columns)
        object.__setattr__(self, "columns", tuple(dict.fromkeys((*named, *self.forms))))
        dates = {column.name for column in self.table.columns if column.kind == "date"}
        object.__setattr__(self, "anchor_is_date", self.anchor in dates)
        known = {form: column for column, listed in self.forms.items() for form in listed}
        own = {plain_header(column): column for column in self.columns}
        object.__setattr__(self, "known", MappingProxyType(known | own))
        object.__setattr__(self, "own", frozenset(own))

    def takes(self, column: str) -> bool:
        """Whether a header may be mapped to this column."""
        return column in self.columns or (self.own_numbers and column.startswith(OWN_NUMBERS))

    def column_of(self, header: str) -> str:
        """The column that a plain header stands for, '' where it is not known."""
        if header in self.known:
            return self.known[header]
        if self.own_numbers and (named := _OWN_NUMBER.fullmatch(header)):
            return OWN_NUMBERS + mask_identifiers(named.group(1)).replace(" ", "_")
        return next((column for column, asks in self.asks.items() if asks(header)), "")


def _forms(table: str, *also: Words) -> Words:
    """Usual headers by our column; those of others come first, and '@date' stands for the headers of that name."""
    known = {**_WORDS["shared"], **_WORDS["identity"]}
    forms = {column: listed for one in also for column, listed in one.items()}
    for column, listed in _WORDS[f"headers_of_{table}"].items():
        each = (known[form[1:]] if form.startswith("@") else (form,) for form in listed)
        forms[column] = tuple(form for one in each for form in one)
    return forms


APPLICANTS = TableSpec(
    table=APPLICANTS_TABLE,
    forms=_forms("applicants", ORIGIN_HEADERS, _WORDS["identity"]),
    required=[("service_date",), ORIGIN],
    anchor="service_date",
    asks={"would_have_come": asks_the_desk_question},
    undated_with=("nik", *PERSONAL),
)
SITES = TableSpec(
    table=SITES_TABLE,
    forms=_forms("sites", ORIGIN_HEADERS),
    required=[("site_id",), ("name",), ("kind",), _PLACE],
    anchor="site_id",
    own_numbers=True,
)
EVENTS = TableSpec(
    table=EVENTS_TABLE,
    forms=_forms("events"),
    required=[("event_id",), ("site_id",), ("date",), ("status",)],
    anchor="event_id",
    own_numbers=True,
)
INTEREST = TableSpec(
    table=INTEREST_TABLE,
    forms=_forms("interest", ORIGIN_HEADERS, _WORDS["identity"]),
    required=[("date",), _PLACE, ("people", "person", "nik", "phone")],
    anchor="date",
    quantity="people",
    total_words_in=_PLACE,
)
OFFICE_MONTHLY = TableSpec(
    table=OFFICE_MONTHLY_TABLE,
    forms=_forms("office_monthly", ORIGIN_HEADERS),
    required=[("month",), _PLACE, ("applicants",)],
    anchor="month",
    quantity="applicants",
    total_words_in=_PLACE,
)
REQUESTS = TableSpec(
    table=REQUESTS_TABLE,
    forms=_forms("requests", ORIGIN_HEADERS, _WORDS["identity"]),
    required=[("number",), ("date",), ("site_id", *_PLACE)],
    anchor="number",
)
REQUEST_LISTS = TableSpec(
    table=Table(name="requests", columns=optional_texts("nik", "area")),
    forms={"area": _WORDS["shared"]["area"], **ORIGIN_HEADERS, **_WORDS["identity"]},
    required=[("nik", "name")],
    anchor="nik",
)
TRAVEL = TableSpec(
    table=TRAVEL_TABLE,
    forms=_forms("travel"),
    required=[("area_id",), ("site_id",), ("minutes", "km")],
    anchor="area_id",
)
ACCESS = TableSpec(table=ACCESS_TABLE, forms=_forms("access"), required=[("area_id",), ("access",)], anchor="area_id")
ALIASES = TableSpec(
    table=Table(
        name="aliases.csv",
        columns=(
            Column(name="alias", kind="text"),
            Column(name="area_id", kind="text"),
            *optional_texts("kind", "decided_by", "decided_on"),
        ),
    ),
    forms={},
    required=[("alias",), ("area_id",)],
    anchor="alias",
)
REVIEW = TableSpec(
    table=Table(
        name="review.csv",
        columns=(
            Column(name="text", kind="text"),
            Column(name="rows", kind="integer", required=False, minimum=1, unit="rows"),
            Column(name="decision", kind="text"),
        ),
    ),
    forms=_forms("review"),
    required=[("text",), ("decision",)],
    anchor="text",
)
TABLES: Mapping[str, TableSpec] = {
    "sites": SITES,
    "events": EVENTS,
    "interest": INTEREST,
    "office_monthly": OFFICE_MONTHLY,
    "requests": REQUESTS,
    "travel": TRAVEL,
    "access": ACCESS,
    "aliases": ALIASES,
}
"""Tables of a folder that are one file each, by its name."""
SPECS = (APPLICANTS, REQUEST_LISTS, *TABLES.values())
AREAS_COLUMNS = tuple(column.name for column in AREAS_TABLE.columns)


# --- Which of an office's headers stands for which of our columns.


_DROPPED = PERSONAL

_DID_YOU_MEAN = 80
_OPENING = re.compile(r"[(\[]")
_STAMPED = ("timestamp", "stempel waktu", "cap waktu")
_AS_ON_THE_CARD = re.compile(r"\b(?:sesuai|menurut|di|pada|berdasarkan|seperti)(?: (?:di|pada|dengan))? (?:e )?ktp\b")
_ASKED_IN_A_WORD = ("desa", "kecamatan", "kabupaten", "address", "nik", *_DROPPED)
_SURVEYED = frozenset(
    ("_id", "_uuid", "_submission_time", "formhub/uuid", "meta/instanceid", "instanceid", "submissiondate")
)
_SURVEY_DAYS = ("today", "submission time", "submissiondate", "start")
_IN_GROUP = re.compile(r"[/.:-]")
_ASKED = (*_ASKED_IN_A_WORD, "area", "area_code", "people", "person", "passport_type", "application", "channel")

IGNORE = ("", "-", "ignore", "abaikan")
"""Values of `[columns]` in outreach.toml that say: this header stands for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMap:
    """What the cells of one header row were taken for."""

    positions: Mapping[str, int]
    taken: tuple[tuple[str, str, str], ...]
    names: tuple[int, ...]
    duplicates: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]
    is_dated: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether every required column is there."""
        return not self.missing


def map_headers(headers: Sequence[str], spec: TableSpec, *, extra: Mapping[str, str] | None = None) -> HeaderMap:
    """Take each header for one of our columns: as our own name or a usual form, a remark in brackets tried without;
    `extra` wins over both."""
    known, own = spec.known, spec.own
    surveyed = any(header.strip().casefold() in _SURVEYED for header in headers)
    declared = {plain_header(header): column for header, column in (extra or {}).items()}
    settled = set(declared)
    chosen: list[tuple[int, str, str, str]] = []
    if spec.own_numbers:
        # such a column is called by its header everywhere; without its marks an account is a word like others
        headers = [mask_identifiers(header).replace(MASK, _MASKED) for header in headers]
    for position, header in enumerate(headers):
        plain = plain_header(header)
        if not plain:
            continue
        if plain in declared:
            column = declared[plain]
            usable = spec.takes(column)
            chosen.append((position, header, column if usable else "", "settings" if usable else "ignored"))
            continue
        bare = plain if plain in known or not _OPENING.search(header) else _plain_without_brackets(header)
        column = spec.column_of(bare)
        if surveyed and not column and _IN_GROUP.search(header):
            group, question = _group_and_question(header)
            if group in headers:  # the choices of a question stand beside it
                settled.add(plain)
            else:
                column = spec.column_of(plain_header(question))
        how = "ignored" if not column else "ours" if bare in own else "usual"
        chosen.append((position, header, column, how))
    if surveyed:
        chosen = _with_survey_day(chosen, spec)
    if surveyed or any(plain_header(header) in _STAMPED for _, header, _, _ in chosen):
        chosen = _with_questions(chosen, spec, settled=settled)
    return _header_map(chosen, spec)


def _group_and_question(header: str) -> tuple[str, str]:
    group, _, question = header.rpartition(max(_IN_GROUP.findall(header), key=header.rfind))
    return group, question


def _with_survey_day(chosen: list[tuple[int, str, str, str]], spec: TableSpec) -> list[tuple[int, str, str, str]]:
    """The survey tool's own day for a list that has none."""
    if not spec.anchor_is_date or any(column == spec.anchor for _, _, column, _ in chosen):
        return chosen
    days = {plain: at for at, header, column, _ in chosen if not column and (plain := plain_header(header))}
    day = next((days[name] for name in _SURVEY_DAYS if name in days), None)
    return [(one[0], one[1], spec.anchor, "usual") if one[0] == day else one for one in chosen]


def _with_questions(
    chosen: list[tuple[int, str, str, str]], spec: TableSpec, *, settled: Collection[str]
) -> list[tuple[int, str, str, str]]:
    """Questions of a form taken for the columns they ask for, where that is unambiguous."""
    there = {column for _, _, column, _ in chosen}
    asked = {
        position: _asked_for(plain, spec)
        for position, header, said, _ in chosen
        if not said and (plain := plain_header(header)) not in settled
    }
    once = Counter(asked.values())
    taken = {
        position: column
        for position, column in asked.items()
        if column in _DROPPED or (column and column not in there and once[column] == 1)
    }
    return [
        (position, header, taken.get(position, column), "question" if position in taken else how)
        for position, header, column, how in chosen
    ]


def _asked_for(question: str, spec: TableSpec) -> str:
    """The one column whose usual header stands in a question; '' where there is none or more than one."""
    question = _AS_ON_THE_CARD.sub(" ", question)
    found: list[tuple[int, int, str]] = []
    for form, column in spec.known.items():
        if column in _ASKED and (len(form.split()) > 1 or column in _ASKED_IN_A_WORD):
            found += [(at.start(), at.end(), column) for at in re.finditer(rf"\b{re.escape(form)}\b", question)]
    whole = [
        (start, end, column)
        for start, end, column in found
        if not any(left <= start and end <= right and right - left > end - start for left, right, _ in found)
    ]
    if whole and min(whole)[2] == "address":
        return "address"
    columns = {column for _, _, column in whole}
    narrower = columns - {"address"}
    # 'in which kecamatan do you live' asks for the kecamatan
    chosen = narrower if len(narrower) == 1 and narrower <= {"desa", "kecamatan", "kabupaten"} else columns
    return next(iter(chosen)) if len(chosen) == 1 else ""


def _header_map(chosen: list[tuple[int, str, str, str]], spec: TableSpec) -> HeaderMap:
    declared = {column for _, _, column, how in chosen if how == "settings"}
    positions: dict[str, list[int]] = {}
    taken: list[tuple[str, str, str]] = []
    for position, header, column, how in chosen:
        if not column or (column in declared and how != "settings"):
            taken.append((header, "", "ignored"))
            continue
        positions.setdefault(column, []).append(position)
        taken.append((header, column, how))
    missing = tuple(group for group in spec.required if not any(column in positions for column in group))
    # a table with a number of people in each row is no list of them
    counts = any(plain_header(header) in COUNT_FORMS for header, _, _ in taken)
    if missing == ((spec.anchor,),) and not counts and any(column in positions for column in spec.undated_with):
        missing = ()
    return HeaderMap(
        positions=MappingProxyType(
            {name: positions[name][0] for name in dict.fromkeys((*spec.columns, *positions)) if name in positions}
        ),
        taken=tuple(taken),
        names=tuple(positions.get("name", ())),
        duplicates=tuple(name for name, at in positions.items() if len(at) > 1 and name not in _DROPPED),
        missing=missing,
        is_dated=not spec.anchor_is_date or spec.anchor in positions,
    )


def is_stamp(header: str) -> bool:
    """Whether a header is that of the column in which a form keeps the moment of each answer."""
    return plain_header(header) in _STAMPED


def did_you_mean(group: Sequence[str], headers: Sequence[str], spec: TableSpec) -> str:
    """The header that most looks like one of the missing columns; '' where none comes near."""
    forms = [form for column in group for form in (plain_header(column), *spec.forms.get(column, ()))]
    best, best_score = "", float(_DID_YOU_MEAN)
    for header in headers:
        found = process.extractOne(plain_header(header), forms, scorer=fuzz.ratio, score_cutoff=best_score)
        if found and len(plain_header(header)) > 2:
            best, best_score = header, found[1]
    return best


def _plain_without_brackets(text: str) -> str:
    return plain_header(re.sub(r"[(\[].*?[)\]]", " ", text))


# --- Where a sheet's header stands, what its titles say, and what stands under no header.


_DEEPEST = 3
_SAMPLE_ROWS = 200
_MOSTLY = 0.5
_ANY_ZONE = ZoneInfo("UTC")
_DATE_TITLE = re.compile(
    r"(?:hari\s*[/,&]?\s*(?:dan\s+)?)?\b(?:tanggal|tgl)\b\.?(?:\s+(?:pelaksanaan|kegiatan|pelayanan|layanan))?\s*[:=]?\s*",
    re.IGNORECASE,
)
_SITE_TITLE = re.compile(
    r"(?:lokasi|tempat)(?:\s+(?:pelaksanaan|kegiatan|pelayanan|layanan))?\s*[:=]\s*|(?:lokasi|tempat)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """The header of a sheet."""

    row: int
    first_row: int
    cells: tuple[str, ...]
    headers: HeaderMap


def find_header(sheet: RawSheet, spec: TableSpec, extra: Mapping[str, str]) -> HeaderMatch:
    """The row among the first `HEAD_ROWS` with every required column, else with most known headers. Two or three rows,
    the lower in place of spanning words above, are one header where they show more of our columns."""
    head = sheet.cells.head(HEAD_ROWS)
    rows = [(int(row), tuple(str(cell) for cell in cells)) for row, *cells in head.itertuples()]
    single = [
        HeaderMatch(row=row, first_row=row, cells=cells, headers=map_headers(cells, spec, extra=extra))
        for row, cells in rows
    ]
    best = max(single, key=_worth)
    joined = []
    for at, upper in enumerate(single):
        if not upper.headers.positions:
            continue
        cells = upper.cells
        for lower in single[at + 1 : at + _DEEPEST]:
            if not any(cell.strip() for cell in lower.cells):
                break
            cells = tuple(low if low.strip() else high for low, high in zip(lower.cells, cells, strict=True))
            if not lower.headers.positions:
                continue
            joined.append(
                HeaderMatch(
                    row=lower.row, first_row=upper.row, cells=cells, headers=map_headers(cells, spec, extra=extra)
                )
            )
    return max([best, *joined], key=_worth)


def _worth(found: HeaderMatch) -> tuple[bool, int, int, int]:
    headers = found.headers
    return headers.is_complete, len(headers.positions), found.first_row - found.row, -found.row


def title_facts(sheet: RawSheet, found: HeaderMatch) -> dict[str, str]:
    """What the rows above the header say of the day and the location of the list."""
    dates: list[str] = []
    sites: list[str] = []
    for _, *cells in sheet.cells.loc[: found.first_row - 1].apply(tidy).itertuples():
        for at, cell in enumerate(cells):
            following = next((text for text in cells[at + 1 :] if text.strip(" :=")), "")
            if title := _DATE_TITLE.search(cell):
                said = cell[title.end() :] or following.lstrip(" :=")
                dates += [said] if written_date(said, _ANY_ZONE).form else []
            elif title := _SITE_TITLE.match(cell):
                said = cell[title.end() :] or following.lstrip(" :=")
                sites += [said] if said else []
    return {
        name: found_once[0] if len(found_once := list(dict.fromkeys(said))) == 1 else ""
        for name, said in (("title_date", dates), ("title_site", sites))
    }


def shown_headers(sheet: RawSheet, found: HeaderMatch) -> list[tuple[str, str, str]]:
    """(header, our column or '', how) of each column that holds anything; one without a header by what it holds."""
    shown = [(mask_identifiers(header.strip()), column, how) for header, column, how in found.headers.taken]
    for position, header in enumerate(found.cells):
        if plain_header(header) or position in found.headers.positions.values():
            continue
        if kind := kind_of_content(sheet.cells.loc[found.row + 1 :, position]):
            shown.append((f"(column {column_letter(position)}, no header: {kind})", "", "ignored"))
    return shown


def kind_of_content(cells: pd.Series) -> str:
    """What a column holds, never what stands in it: dates, numbers, long numbers, text; '' where nothing."""
    filled = [text for cell in cells.head(_SAMPLE_ROWS).tolist() if (text := str(cell).strip())]
    if not filled:
        filled = [text for cell in cells[cells != ""].head(_SAMPLE_ROWS).tolist() if (text := str(cell).strip())]
    kinds = dict.fromkeys(_kind(cell) for cell in filled)
    return " and ".join(sorted(kinds, reverse=True))


def _kind(cell: str) -> str:
    if not cell.isdigit() and written_date(cell, _ANY_ZONE).form:
        return "dates"
    figures = re.sub(r"[\s.,+'’\-]", "", cell)
    if figures.isdigit():
        return "long numbers" if len(figures) > 7 else "numbers"
    return "text"


def unknown_dates(sheet: RawSheet, found: HeaderMatch) -> str:
    """The header, or place, of a column that holds dates and was taken for nothing; '' where there is none."""
    used = set(found.headers.positions.values()) | set(found.headers.names)
    for position, header in enumerate(found.cells):
        ours = next((column for said, column, _ in found.headers.taken if said == header and plain_header(header)), "")
        if position in used or ours:
            continue
        cells = [
            text for cell in sheet.cells.loc[found.row + 1 :, position].head(_SAMPLE_ROWS) if (text := cell.strip())
        ]
        read = [not cell.isdigit() and bool(written_date(cell, _ANY_ZONE).form) for cell in cells]
        if cells and sum(read) > _MOSTLY * len(read):
            return mask_identifiers(header.strip()) or f"column {column_letter(position)}"
    return ""
