"""A folder of an office read whole: every table, every list, every fault, one `Dataset`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import took_place
from outreach_analysis.files import bundled_data, odd_file
from outreach_analysis.geography.areas import (
    AREA_COLUMNS,
    AreasTable,
    claimed_areas,
    known_header,
    load_aliases,
    load_areas,
)
from outreach_analysis.intake.applicants import (
    COUNTED,
    ApplicantRows,
    CountsTable,
    checked_counts,
    count_answers,
    count_outsiders,
    count_unplaced,
    counts_by_event,
    no_answers,
    office_by_month,
    placed_shares,
    read_applicants,
    read_counts,
    sheet_of,
    tally,
)
from outreach_analysis.intake.cells import HEAD_ROWS, MAX_ROWS, SUFFIXES, RawSheet, read_sheets, read_text
from outreach_analysis.intake.headers import (
    APPLICANTS,
    AREAS_COLUMNS,
    IGNORE,
    INTEREST,
    OFFICE_MONTHLY,
    REQUEST_LISTS,
    SPECS,
    TABLES,
    TableSpec,
)
from outreach_analysis.intake.identity import KEY_BYTES, PersonKey, load_person_key
from outreach_analysis.intake.ledger import IntakeLedger, LedgerBuilder, fold_causes
from outreach_analysis.intake.rows import Reading
from outreach_analysis.intake.sheets import chat_table, is_chat, read_tables, sheets_of, skip_sheet, take_wide
from outreach_analysis.intake.tables import (
    Keyed,
    Places,
    RequestLetters,
    TablesBeside,
    read_access,
    read_aliases,
    read_events,
    read_interest,
    read_office_monthly,
    read_requests,
    read_sites,
    read_travel,
)
from outreach_analysis.intake.text_files import TextTable, join_tables
from outreach_analysis.intake.workbooks import workbook_process
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown
from outreach_analysis.workbook import column_letter

if TYPE_CHECKING:
    from outreach_analysis.intake.bulk_count import CountedApplicants

# --- The files of a data folder: found, read as text, and their headers taken for our columns.


Progress = Callable[[int, int, str], None]
APPLICANTS_FOLDER, INTEREST_FOLDER, REQUESTS_FOLDER = "applicants", "interest", "requests"
_REQUEST_LISTS = "request lists"
REQUIRED = ("sites", "events")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_NOT_DATA = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FolderTables:
    """The tables of a folder as text, by name, and the faults of its files."""

    by_name: dict[str, list[TextTable]]
    has_lists: bool
    faults: list[Failure]
    counts: CountsTable | None = None


def read_folder(folder: Path, reading: Reading, progress: Progress | None = None) -> FolderTables:
    """Read every file of a data folder as text and account for its rows."""
    faults = _unknown_targets(reading.settings)
    chosen: list[tuple[str, Path]] = []
    for name in TABLES:
        found = [folder / f"{name}{suffix}" for suffix in SUFFIXES if lexists(folder / f"{name}{suffix}")]
        if not found and name in REQUIRED:
            faults.append(failure("missing_file", file=f"{name}.csv"))
        if len(found) > 1:
            faults.append(failure("two_files", file=found[0].name, value=", ".join(path.name for path in found[1:])))
        chosen += [(name, path) for path in found[:1]]
    has_lists = False
    for name in (INTEREST_FOLDER, REQUESTS_FOLDER, APPLICANTS_FOLDER):
        if odd := odd_file(folder / name, name=name, folder=folder):
            faults.append(odd)
            continue
        lists = _lists(folder, name, reading.book)
        has_lists = has_lists or (name == APPLICANTS_FOLDER and bool(lists))
        chosen += [(_REQUEST_LISTS if name == REQUESTS_FOLDER else name, path) for path in lists]
    counts = None
    try:
        counts = read_counts(folder)
    except ContractError as error:
        faults += error.items
    if counts is not None and has_lists:
        # everybody would be there twice
        faults.append(failure("counts_and_lists", file=counts.name, expected=f"{APPLICANTS_FOLDER}/"))
    with workbook_process() as workbooks:
        if any(path.suffix.casefold() in _WORKBOOKS for _, path in chosen):
            # it loads while the tables of the folder are read
            workbooks.start()
        by_name, of_files = _read_all(folder, chosen, reading, progress)
    faults += of_files
    people = sum(len(table.rows) for table in by_name.get(APPLICANTS_FOLDER, []))
    if people > MAX_ROWS:
        faults.append(failure("too_large", file=f"{APPLICANTS_FOLDER}/", expected=f"{people:,} rows"))
    return FolderTables(by_name=by_name, has_lists=has_lists or counts is not None, faults=faults, counts=counts)


def _read_all(
    folder: Path, chosen: Sequence[tuple[str, Path]], reading: Reading, progress: Progress | None = None
) -> tuple[dict[str, list[TextTable]], list[Failure]]:
    """The tables of files by name, and what is wrong with the files."""
    by_name, faults = dict[str, list[TextTable]](), list[Failure]()
    tell = progress or (lambda *_: None)
    for done, (name, path) in enumerate(chosen):
        shown = mask_identifiers(path.relative_to(folder).as_posix())
        tell(done, len(chosen), shown)
        spec = REQUEST_LISTS if name == _REQUEST_LISTS else TABLES.get(name, APPLICANTS)
        odd = odd_file(path, name=shown, folder=folder)
        try:
            tables, found = ([], [odd]) if odd else _read(path, shown, spec, reading)
        except ContractError as error:
            tables, found = [], list(error.items)
        faults += found
        if not found:
            by_name.setdefault(name, []).extend(tables)
    tell(len(chosen), len(chosen), "")
    return by_name, faults


def _read(path: Path, shown: str, spec: TableSpec, reading: Reading) -> tuple[list[TextTable], list[Failure]]:
    settings, book, encoding = reading.settings, reading.book, reading.settings.fallback_encoding
    if spec is INTEREST and path.suffix.casefold() == ".txt":
        raw = read_text(path, name=shown, fallback_encoding=encoding)
        if is_chat(raw.text):
            return [chat_table(raw, month_first=settings.date_format.startswith("%m"), book=book)], []
    sheets = sheets_of(path, spec, name=shown, fallback_encoding=encoding, extra=settings.columns)
    return _tables_of(sheets, spec, settings.columns, book)


def _tables_of(
    sheets: Sequence[RawSheet], spec: TableSpec, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[Failure]]:
    """The tables that sheets hold; a table of the office's months may be a cross table."""
    if spec is not OFFICE_MONTHLY:
        return read_tables(sheets, spec, extra=extra, book=book)
    wide, others = take_wide(sheets, extra=extra, book=book)
    if not wide:
        return read_tables(others, spec, extra=extra, book=book)
    for sheet in others:
        skip_sheet(sheet, "hidden_sheet" if sheet.hidden else "sheet_without_list", book)
    return wide, []


def _lists(folder: Path, name: str, book: LedgerBuilder) -> list[Path]:
    """Files of a folder of lists; those of a kind that is not read stand in the ledger, so that none is overlooked."""
    root = folder / name
    if not root.is_dir():
        return []
    lists = []
    for path in sorted(root.rglob("*"), key=lambda item: item.relative_to(root).as_posix()):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)
        if hidden or path.is_dir() or path.name.casefold() in _NOT_DATA:
            continue
        if path.suffix.casefold() in SUFFIXES:
            lists.append(path)
            continue
        shown = mask_identifiers(path.relative_to(folder).as_posix())
        book.open(shown, "", read=0)
        at = pd.DataFrame({"file": [shown], "sheet": [""], "row": [pd.NA]})
        book.note(at, "unknown_file_kind", status="warning", expected=", ".join(SUFFIXES))
    return lists


def _unknown_targets(settings: Settings) -> list[Failure]:
    """Entries of [columns] that name no column of ours."""
    known = {name for spec in SPECS for name in spec.columns} | set(IGNORE) | set(AREAS_COLUMNS)
    return [
        failure("bad_setting", file="outreach.toml", column=f"columns.{header}", value=column,
                expected="the name of one of our columns, or 'ignore'")
        for header, column in settings.columns.items()
        if column not in known
    ]  # fmt: skip


# --- An office's own table of areas in any kind of file that other tables may stand in.


NAME = "areas"


def read_own_areas(folder: Path, settings: Settings) -> AreasTable | None:
    """A folder's table of areas, for `load_areas`; of a workbook the sheet with most known headers is taken."""
    found = [folder / f"{NAME}{suffix}" for suffix in SUFFIXES if lexists(folder / f"{NAME}{suffix}")]
    if len(found) > 1:
        others = ", ".join(path.name for path in found[1:])
        raise ContractError([failure("two_files", file=found[0].name, value=others)])
    if not found or found[0].suffix == ".csv":
        return None
    path, score = found[0], partial(_score, settings=settings)
    sheets = read_sheets(path, name=path.name, fallback_encoding=settings.fallback_encoding, header_score=score)
    sheets = [sheet for sheet in sheets if not sheet.hidden] or sheets
    rows = [sheet.cells.itertuples(name=None) for sheet in sheets]
    tables = [[(int(row), [str(cell) for cell in cells]) for row, *cells in each] for each in rows]
    best = max(range(len(tables)), key=lambda at: max((score(cells) for _, cells in tables[at][:HEAD_ROWS]), default=0))
    in_error = [
        failure(
            "cell_error", file=path.name, sheet=sheets[best].sheet, row=row, value=f"{column_letter(at)}{row}: {text}"
        )
        for (row, at), text in sorted(sheets[best].faults.items())
    ]
    if in_error:
        raise ContractError(in_error)
    return AreasTable(path.name, tables[best])


def _score(cells: Sequence[str], settings: Settings) -> int:
    """How many different columns of areas the cells of a row are known for."""
    return len({known_header(str(cell), settings) for cell in cells} - {""})


# --- A folder of an office's files, read as one: what came in, and the account of what did not.


SETTINGS_FILE = "outreach.toml"
NO_SETTINGS = ("missing_settings_file", "bad_settings_file", "not_a_file")
"""Faults after which nothing else can be read: files are not mapped to events, headers not to columns."""
_NAMED = 5

OWN_AREA_FILES = ("areas.csv", "boundaries.geojson", "boundaries.gpkg", "boundaries.shp", "boundaries.json")
"""Files by which an office brings areas or boundaries of its own; the first stands for a table of any kind."""


class FolderError(ContractError):
    """A folder whose files are at fault, with the account of all rows that could be read."""

    def __init__(self, files: Iterable[Failure], *, rejected: Iterable[Failure], ledger: IntakeLedger) -> None:
        self.files = tuple(files)
        super().__init__((*self.files, *rejected))
        self.ledger = ledger

    def __str__(self) -> str:
        rejected = self.ledger.rows[self.ledger.rows["status"] == "rejected"]
        below = [f"  - {cause.text}" for cause in fold_causes(rejected)]
        return "\n".join([str(ContractError(self.files)), *below])


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"event_id": pd.Series(dtype="str"), "applicants": pd.Series(dtype="int64")})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Dataset(Shown):
    """Everything an office handed in, checked. No name, number or address of a person is in it.

    Columns are those of the data contract; a table that the folder has no file for is None.

    Attributes
    ----------
    settings
        As in `outreach.toml`, with `as_of` filled in.
    areas, gazetteer, aliases
        The kecamatan (index area_id); all levels together; other names, those that the office decided first.
    sites, events
        Index site_id and event_id, sorted; rows that were set apart are not among them.
    applicants
        One row a person who counts, `area_id` missing in review or outside; none where people came as counts.
    counts, outside, unplaced
        Everybody who came to an event: event_id, area_id, applicants of held events x kecamatan, zero-filled, and
        kabupaten where known coarsely; event_id, place, applicants from outside; event_id, applicants not placed yet.
    answers
        event_id, area_id, yes, no, unsure, asked: answers to the desk question, of people whose lists have it.
    requests
        Letters that ask for a pop-up, and the people of their lists.
    ledger
        What became of every row.
    own_area_files, other_names_used
        Files of `OWN_AREA_FILES` that the office brought; whether other names that come with the package are used.
    is_counted
        Whether people came as counts: who heard of it how, who came twice and what was answered is then not known.
    """

    settings: Settings
    areas: gpd.GeoDataFrame
    gazetteer: gpd.GeoDataFrame
    aliases: pd.DataFrame
    sites: pd.DataFrame
    events: pd.DataFrame
    applicants: pd.DataFrame
    counts: pd.DataFrame
    outside: pd.DataFrame
    interest: pd.DataFrame | None
    office_monthly: pd.DataFrame | None
    travel: pd.DataFrame | None
    access: pd.DataFrame | None
    ledger: IntakeLedger
    requests: RequestLetters | None = None
    answers: pd.DataFrame = field(default_factory=no_answers)
    own_area_files: tuple[str, ...] = ()
    other_names_used: bool = True
    unplaced: pd.DataFrame = field(default_factory=_nobody)
    is_counted: bool = False

    @property
    def as_of(self) -> dt.date:
        """The day the question is asked."""
        return self.settings.as_of or dt.date.min

    def summary(self) -> pd.DataFrame:
        """How much there is of each table, and the reference date: index `what`; `number`."""
        rows: dict[str, object] = {
            "kecamatan": len(self.areas),
            "sites": len(self.sites),
            **{f"events {status}": number for status, number in self.events["status"].value_counts().items()},
            "reference date": self.as_of,
        }
        return pd.Series(rows, dtype=object, name="number").rename_axis("what").to_frame()

    def office_people(self) -> pd.DataFrame | None:
        """Applicants at the office by month (its first day) and area_id: `office_monthly`, else its rows in the lists
        counted, never both; None where there is neither."""
        if self.office_monthly is not None:
            return self.office_monthly
        counted = office_by_month(self.applicants, self.areas, self.events)
        return counted if len(counted) else None


def load_sample() -> Dataset:
    """The synthetic data set that comes with the package.

    Examples
    --------
    >>> sample = load_sample()
    >>> sample.settings.synthetic, bool((sample.counts["applicants"] >= 0).all())
    (True, True)
    """
    return read_dataset(bundled_data("sample"))


def read_dataset(path: Path | str, *, as_of: dt.date | None = None, progress: Progress | None = None) -> Dataset:
    """Read a data folder as the data contract describes it.

    Parameters
    ----------
    path
        Folder with `outreach.toml`, `sites.csv`, `events.csv`, `applicants/` and the optional tables.
    as_of
        The day the question is asked; else the setting `dates.as_of`; else the last date in the data, never the
        clock. What is dated later than a day that was set is rejected.
    progress
        Called as `progress(done, total, name)` before each file, and once at the end.

    Raises
    ------
    FolderError
        ALL faults of ALL files (missing, unreadable, without a required column, with repeated keys), and the ledger
        of the rows read so far. Faulty rows alone never stop the reading: they stand in the ledger.
    ContractError
        Where the folder or its settings cannot be read at all.

    Examples
    --------
    >>> read_dataset("elsewhere")
    Traceback (most recent call last):
    ...
    outreach_analysis.contracts.ContractError: 1 fault(s) in the data folder:
      - elsewhere: is no folder; give the folder that holds outreach.toml
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ContractError([failure("missing_folder", file=folder.name or str(path))])
    settings, setting_faults = Settings.read(folder / SETTINGS_FILE)
    if any(fault.reason in NO_SETTINGS for fault in setting_faults):
        raise ContractError(setting_faults)
    reading, key_faults = _reading(settings.replace(as_of=as_of or settings.as_of))
    retired = [fault for fault in setting_faults if fault.reason == "retired_setting"]
    reading.book.note_failures(retired, status="warning")
    faults = [*(fault for fault in setting_faults if fault not in retired), *key_faults]
    tables = read_folder(folder, reading, progress)
    places, place_faults = _places(folder, tables, reading)
    return _read_rows(tables, reading, places, [*faults, *tables.faults, *place_faults])


def counted_dataset(
    counted: CountedApplicants, areas: gpd.GeoDataFrame, tables: Mapping[str, pd.DataFrame | None]
) -> Dataset:
    """The data set of people counted where their lists lie, beside tables that are checked as files would be."""
    reading, faults = _reading(counted.settings)
    # areas of all levels, so that nothing is asked of what would be counted twice
    told = [column for column in AREA_COLUMNS if column not in ("parent_id", "population")]
    (gazetteer,) = checked_frames(areas=areas, needs={"areas": told})
    by_name: dict[str, list[TextTable]] = {}
    for name, spec in TABLES.items():
        frame = tables.get(name)
        if frame is not None:
            read, found = _tables_of([sheet_of(frame, name)], spec, reading.settings.columns, reading.book)
            faults += found
            if not found:
                by_name[name] = read
    places = Places(
        areas=gazetteer[gazetteer["level"] == "kecamatan"],
        gazetteer=gazetteer,
        aliases=load_aliases(settings=reading.settings),
        code_system=reading.settings.code_system,
    )
    counts = CountsTable(name=COUNTED, rows=counted.counts)
    held = FolderTables(by_name=by_name, has_lists=True, faults=[], counts=counts)
    return _read_rows(held, reading, places, faults)


def read_places(path: Path | str) -> tuple[Places, Settings]:
    """The areas of a folder, their names and the settings, whatever stands of its other tables and lists."""
    folder = Path(path)
    if not folder.is_dir():
        raise ContractError([failure("missing_folder", file=folder.name or str(path))])
    reading, _ = _reading(_current_settings(folder))
    chosen = [("aliases", folder / f"aliases{suffix}") for suffix in SUFFIXES]
    by_name, faults = _read_all(folder, [(name, path) for name, path in chosen if path.exists()][:1], reading)
    places, of_places = _places(folder, FolderTables(by_name=by_name, has_lists=False, faults=[]), reading)
    if faults or places is None:
        raise ContractError([*faults, *of_places])
    return places, reading.settings


def _current_settings(folder: Path) -> Settings:
    """The settings of a folder; lines that have no effect any more are passed over."""
    settings, found = Settings.read(folder / SETTINGS_FILE)
    faults = [fault for fault in found if fault.reason != "retired_setting"]
    if faults:
        raise ContractError(faults)
    return settings


def read_claims(path: Path | str) -> pd.Series:
    """Names of the kecamatan that a folder's office claims, by area_id."""
    settings = _current_settings(Path(path))
    return claimed_areas(settings, Path(path), read_own_areas(Path(path), settings))


def _reading(settings: Settings) -> tuple[Reading, list[Failure]]:
    """What tables are read by, and what is wrong with the key of people."""
    key, faults = PersonKey(secret=bytes(KEY_BYTES), linkable=False), list[Failure]()
    try:
        key = load_person_key()
    except ContractError as error:
        faults += error.items
    as_of = None if settings.as_of is None else pd.Timestamp(settings.as_of)
    return Reading(settings=settings, book=LedgerBuilder(), key=key, as_of=as_of), faults


def _places(folder: Path, tables: FolderTables, reading: Reading) -> tuple[Places | None, Sequence[Failure]]:
    settings, book = reading.settings, reading.book
    own = tuple(name for name in OWN_AREA_FILES if lexists(folder / name))
    try:
        table = read_own_areas(folder, settings)
        gazetteer = load_areas("all", settings=settings, path=folder if own or table else None, table=table)
        known = load_aliases(settings=settings)
    except ContractError as error:
        return None, error.items
    if table is not None:
        own = (OWN_AREA_FILES[0], *own)
    if OWN_AREA_FILES[0] in own:
        file = OWN_AREA_FILES[0] if table is None else table.name
        _compare_sums(gazetteer, file, book)
        _name_missing(gazetteer, file, book)
    decided = read_aliases(join_tables(tables.by_name.get("aliases", [])), reading, gazetteer.index)
    places = Places(
        areas=gazetteer[gazetteer["level"] == "kecamatan"],
        gazetteer=gazetteer,
        aliases=pd.concat([decided, known], ignore_index=True),
        code_system=settings.code_system,
        own_files=own,
        other_names_used=bool(known["area_id"].isin(gazetteer.index).any()),
    )
    return places, ()


def _name_missing(gazetteer: gpd.GeoDataFrame, file: str, book: LedgerBuilder) -> None:
    """Say which kecamatan have no point, no residents, or residents that are only estimated."""
    kecamatan = gazetteer[gazetteer["level"] == "kecamatan"]
    at = pd.DataFrame({"file": [file], "sheet": [""], "row": [pd.NA]})
    no_point = kecamatan["lon"].isna() | kecamatan["lat"].isna()
    unpeopled = kecamatan["population"].isna()
    estimated = kecamatan["population_source"].str.contains("estimate", case=False) & ~unpeopled
    cases = (
        ("areas_without_point", no_point),
        ("areas_without_residents", unpeopled),
        ("residents_estimated", estimated),
    )
    for reason, lost in cases:
        names = [f"{name} ({area_id})" for area_id, name in kecamatan.loc[lost, "name"].items()]
        if names:
            more = f" and {len(names) - _NAMED} others" if len(names) > _NAMED else ""
            said = f"{len(names)} of {len(kecamatan)} kecamatan: {', '.join(names[:_NAMED])}{more}"
            book.note(at, reason, status="warning", expected=said)


def _compare_sums(gazetteer: gpd.GeoDataFrame, file: str, book: LedgerBuilder) -> None:
    """Say where residents of an area differ from the sum of those inside it: both numbers cannot be right."""
    inside = gazetteer[gazetteer["level"] != "desa"].groupby("parent_id")["population"].sum(skipna=False).dropna()
    above = gazetteer.loc[gazetteer.index.isin(inside.index) & gazetteer["population"].notna()]
    for area_id, name, stated in above[["name", "population"]].itertuples():
        if stated != inside[area_id]:
            at = pd.DataFrame({"file": [file], "sheet": [""], "row": [pd.NA]})
            sums = f"of {name} is {stated:,.0f}, but its parts have {inside[area_id]:,.0f} together"
            book.note(at, "areas_sum", status="warning", column="population", expected=sums)


def _read_rows(tables: FolderTables, reading: Reading, places: Places | None, faults: list[Failure]) -> Dataset:
    """Check the rows of all tables; stop where files are at fault, with the faults of rows below theirs."""
    settings, book = reading.settings, reading.book
    named = {name: join_tables(parts) for name, parts in tables.by_name.items()}
    sites = events = requests = None
    if "sites" in named:
        sites = read_sites(named["sites"], reading, places)
        faults = [*faults, *sites.faults]
    if "events" in named:
        events = read_events(named["events"], reading, sites)
        faults = [*faults, *events.faults]
        if not tables.has_lists and (events.frame["status"] == "held").any():
            faults.append(failure("no_lists", file=f"{APPLICANTS_FOLDER}/"))
    people = read_applicants(named.get(APPLICANTS_FOLDER, join_tables([])), reading, places, events, sites)
    counted = pd.DataFrame()
    if tables.counts is not None and events is not None and places is not None:
        try:
            counted = checked_counts(tables.counts, events, places, book)
        except ContractError as error:
            faults = [*faults, *error.items]
    optional: dict[str, pd.DataFrame] = {}
    if sites is not None and events is not None and places is not None:
        readers: dict[str, Callable[[TextTable], pd.DataFrame]] = {
            "interest": partial(read_interest, reading=reading, places=places, events=events.frame),
            "office_monthly": partial(read_office_monthly, reading=reading, places=places),
            "travel": partial(read_travel, reading=reading, places=places, sites=sites),
            "access": partial(read_access, reading=reading, places=places),
        }
        optional = {name: reader(named[name]) for name, reader in readers.items() if name in named}
        if {"requests", _REQUEST_LISTS} & set(named):
            unread = tuple(fault.file for fault in faults if fault.file.startswith(f"{REQUESTS_FOLDER}/"))
            beside = TablesBeside(
                places=places, sites=sites, events=events.frame, applicants=people.frame, unread=unread
            )
            letters, lists = (named.get(name, join_tables([])) for name in ("requests", _REQUEST_LISTS))
            requests = read_requests(letters, lists, reading, beside)
    faults = [*faults, *book.faults]
    close = partial(
        book.close,
        keys_linkable=reading.key.linkable,
        without_key=people.without_key,
        events=None if events is None else events.places,
        people=people.frame,
    )
    if faults or sites is None or events is None or places is None:
        raise FolderError(faults, rejected=book.rejected(), ledger=close())
    interest, office = optional.get("interest"), optional.get("office_monthly")
    came = tally(people.frame) if tables.counts is None else counted
    held = _with_applicants(events, came["event_id"], people.listed, book)
    if interest is not None:
        # an event that is set aside is none, as in `read_interest` one that no table holds: the row counts
        interest["event_id"] = interest["event_id"].where(interest["event_id"].isin(held.index))
    sure = None if interest is None else _without_doubt(interest, book)
    if tables.counts is not None and office is None:
        months = office_by_month(came, places.areas, held)
        office = months if len(months) else None
    last = settings.as_of or _last_date(held, people, sure, office)
    if last is None:
        raise FolderError([failure("no_data", file=APPLICANTS_FOLDER)], rejected=book.rejected(), ledger=close())
    return Dataset(
        settings=settings.replace(as_of=last),
        areas=places.areas,
        gazetteer=places.gazetteer,
        aliases=places.aliases,
        sites=sites.frame,
        events=held.assign(placed_share=placed_shares(came, held)),
        applicants=people.frame.drop(columns=["place", "asked", "would_have_come"]),
        counts=counts_by_event(came, held, places),
        outside=count_outsiders(came, held),
        answers=count_answers(people.frame, held, places),
        unplaced=count_unplaced(came, held),
        interest=interest,
        office_monthly=office,
        travel=optional.get("travel"),
        access=optional.get("access"),
        requests=requests,
        ledger=close(),
        own_area_files=places.own_files,
        other_names_used=places.other_names_used,
        is_counted=tables.counts is not None,
    )


def _with_applicants(events: Keyed, came: pd.Series, listed_ids: frozenset[str], book: LedgerBuilder) -> pd.DataFrame:
    """Events without the held ones that have no applicants: their list is missing or faulty, which is no turnout."""
    empty = (events.frame["status"] == "held") & ~events.frame.index.isin(came.unique())
    listed = events.frame.index.isin(listed_ids)
    for reason, at in (("event_rows_rejected", empty & listed), ("event_without_applicants", empty & ~listed)):
        lost = events.source[at]
        book.note(lost, reason, status="rejected", column="event_id", values=lost.index.to_series())
    return events.frame[~empty]


def _without_doubt(interest: pd.DataFrame, book: LedgerBuilder) -> pd.DataFrame:
    """Interest but that of lists whose days and months may be exchanged: no reference date is built on it."""
    lists = pd.MultiIndex.from_frame(interest[["source_file", "source_sheet"]])
    return interest[~lists.isin(list(book.lists_in_doubt()))]


def _last_date(
    events: pd.DataFrame,
    applicants: ApplicantRows,
    interest: pd.DataFrame | None,
    office: pd.DataFrame | None,
) -> dt.date | None:
    """The last date in the data that is beyond doubt; None where they hold no date at all."""
    days = [events.loc[took_place(events), "end_date"].max(), applicants.last_day]
    if interest is not None:
        days.append(interest["date"].max())
    if office is not None and len(office):
        days.append(office["month"].max() + pd.offsets.MonthEnd())
    known = [pd.Timestamp(day) for day in days if pd.notna(day)]
    return max(known).date() if known else None
