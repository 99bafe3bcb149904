"""The files of a data folder: found, read as text, and their headers taken for our columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.intake import specs
from outreach_analysis.intake.chat_lists import chat_table, is_chat
from outreach_analysis.intake.columns import IGNORE
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.monthly_table import take_wide
from outreach_analysis.intake.plain_files import odd_file
from outreach_analysis.intake.readers import MAX_ROWS, SUFFIXES, read_sheets, read_text
from outreach_analysis.intake.sheets import header_score, read_tables, skip_sheet
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.intake.workbook_process import workbook_process
from outreach_analysis.settings import Settings

Progress = Callable[[int, int, str], None]
APPLICANTS_FOLDER, INTEREST_FOLDER = "applicants", "interest"
REQUIRED = ("sites", "events")
_SPECS = {
    "sites": specs.SITES,
    "events": specs.EVENTS,
    "interest": specs.INTEREST,
    "office_monthly": specs.OFFICE_MONTHLY,
    "travel": specs.TRAVEL,
    "access": specs.ACCESS,
    "aliases": specs.ALIASES,
}
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_NOT_DATA = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FolderTables:
    """The tables of a folder as text, by name, and the faults of its files.

    Attributes
    ----------
    by_name
        Tables of sites, events, interest, ...; a name is absent where the folder has no such file or the file
        is at fault.
    applicants
        Tables of all lists, in the order of their names.
    has_lists
        Whether there is any file of applicants, readable or not.
    faults
        What is wrong with the files.
    """

    by_name: dict[str, list[TextTable]]
    applicants: list[TextTable]
    has_lists: bool
    faults: list[Failure]


def read_folder(
    folder: Path, *, settings: Settings, book: LedgerBuilder, progress: Progress | None = None
) -> FolderTables:
    """Read every file of a data folder as text and account for its rows.

    Parameters
    ----------
    folder
        The data folder; lists of applicants stand in `applicants/` and in folders below it, more lists of
        interest in `interest/`.
    settings
        For encodings and the office's own headers.
    book
        The ledger to write to.
    progress
        Called as `progress(done, total, name)` before each file, and once at the end.

    Returns
    -------
    FolderTables
        Tables may stand as .csv or in any other kind of `SUFFIXES`; two files for one table are a fault.
        Hidden files are passed over; files of a kind that is not read are named with a warning.
    """
    faults: list[Failure] = list(_unknown_targets(settings))
    chosen: list[tuple[str, Path]] = []
    for name in _SPECS:
        found = [folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").exists()]
        if not found and name in REQUIRED:
            faults.append(failure("missing_file", file=f"{name}.csv"))
        if len(found) > 1:
            faults.append(failure("two_files", file=found[0].name, value=", ".join(path.name for path in found[1:])))
        chosen += [(name, path) for path in found[:1]]
    chosen += [(INTEREST_FOLDER, path) for path in _lists(folder, INTEREST_FOLDER, book)]
    lists = _lists(folder, APPLICANTS_FOLDER, book)
    chosen += [(APPLICANTS_FOLDER, path) for path in lists]
    by_name: dict[str, list[TextTable]] = {}
    with workbook_process() as workbooks:
        if any(path.suffix.casefold() in _WORKBOOKS for _, path in chosen):
            # it loads while the tables of the folder are read
            workbooks.start()
        faults += _read_all(folder, chosen, by_name, settings=settings, book=book, progress=progress)
    applicants = by_name.pop(APPLICANTS_FOLDER, [])
    people = sum(len(table.rows) for table in applicants)
    if people > MAX_ROWS:
        faults.append(failure("too_large", file=f"{APPLICANTS_FOLDER}/", expected=f"{people:,} rows"))
    return FolderTables(by_name=by_name, applicants=applicants, has_lists=bool(lists), faults=faults)


def _read_all(
    folder: Path,
    chosen: Sequence[tuple[str, Path]],
    by_name: dict[str, list[TextTable]],
    *,
    settings: Settings,
    book: LedgerBuilder,
    progress: Progress | None,
) -> list[Failure]:
    """Read the files into `by_name`; what is wrong with them."""
    faults: list[Failure] = []
    for done, (name, path) in enumerate(chosen):
        shown = path.relative_to(folder).as_posix()
        if progress is not None:
            progress(done, len(chosen), shown)
        spec = _SPECS.get(name, specs.APPLICANTS)
        odd = odd_file(path, name=shown, folder=folder)
        tables, found_faults = ([], [odd]) if odd else _read(path, shown, spec, settings, book)
        faults += found_faults
        if not found_faults:
            by_name[name] = by_name.get(name, []) + tables
    if progress is not None:
        progress(len(chosen), len(chosen), "")
    return faults


def _read(
    path: Path, shown: str, spec: specs.TableSpec, settings: Settings, book: LedgerBuilder
) -> tuple[list[TextTable], Sequence[Failure]]:
    extra = settings.columns
    if spec is specs.INTEREST and path.suffix.casefold() == ".txt":
        try:
            raw = read_text(path, name=shown, fallback_encoding=settings.fallback_encoding)
        except ContractError as error:
            return [], error.items
        if is_chat(raw.text):
            return [chat_table(raw, month_first=settings.date_format.startswith("%m"), book=book)], ()
    score = partial(header_score, spec=spec, extra=extra)
    try:
        sheets = read_sheets(path, name=shown, fallback_encoding=settings.fallback_encoding, header_score=score)
    except ContractError as error:
        return [], error.items
    if spec is not specs.OFFICE_MONTHLY:
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
        shown = path.relative_to(folder).as_posix()
        book.open(shown, "", read=0)
        at = pd.DataFrame({"file": [shown], "sheet": [""], "row": [pd.NA]})
        book.note(at, "unknown_file_kind", status="warning", expected=", ".join(SUFFIXES))
    return lists


def _unknown_targets(settings: Settings) -> list[Failure]:
    """Entries of [columns] that name no column of ours."""
    known = {name for spec in specs.SPECS for name in spec.columns} | set(IGNORE) | set(specs.AREAS_COLUMNS)
    return [
        failure("bad_setting", file="outreach.toml", column=f"columns.{header}", value=column,
                expected="the name of one of our columns, or 'ignore'")
        for header, column in settings.columns.items()
        if column not in known
    ]  # fmt: skip
