"""A folder for an office that begins: settings with their reasons, and empty tables to fill in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outreach_analysis.contracts import (
    ACCESS,
    APPLICANTS,
    AREAS,
    EVENTS,
    INTEREST,
    OFFICE_MONTHLY,
    SITES,
    TRAVEL,
    Column,
    ContractError,
    Table,
    failure,
)
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.desk_form import write_desk_form
from outreach_analysis.settings import Settings

SETTINGS_FILE = "outreach.toml"
TEMPLATES = "templates"
TABLES: Mapping[str, Table] = {
    "sites": SITES,
    "events": EVENTS,
    "applicants": APPLICANTS,
    "interest": INTEREST,
    "office_monthly": OFFICE_MONTHLY,
    "travel": TRAVEL,
    "access": ACCESS,
    "areas": AREAS,
}
"""Every table of the contract, by the name of its file."""
TO_FILL_IN = ("sites", "events")
"""Tables that every folder needs: they stand ready beside the settings; the others wait in `templates/`."""
_EXAMPLES: Mapping[str, str] = {
    "dates.as_of": "2026-11-24",
    "columns": '"Tgl Layanan" = "service_date"',
    "dates.formats": '"web-*" = ["%m/%d/%Y"]',
    "files.copies": '"JB-2026-01 (1).csv" = "skip"',
    "files.events": '"Daftar Pemohon Mal 24-11-2026.csv" = "JB-2026-01"',
    "blackout.places": '"MALL" = ["2026-12-25"]',
}
_LONGEST_LIST = 1000


def write_starter(directory: Path | str, *, lang: Language = "id") -> list[Path]:
    """Write a folder that an office fills in: settings, needed tables, templates of all others, the desk question.

    Parameters
    ----------
    directory
        New folder, or one that holds none of these files yet.
    lang
        Language of the comments.

    Returns
    -------
    list of Path
        Files written, in the order in which an office fills them in.

    Raises
    ------
    FileExistsError
        Where a file of the same name stands there already; nothing is written then.
    OSError
        Where the folder cannot be written to.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "my-office"
    >>> [path.name for path in write_starter(folder)][:3]
    ['outreach.toml', 'sites.csv', 'events.csv']
    """
    target = Path(directory)
    words = Words(lang)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh = work / "new"
        names = _write_files(fresh, words)
        _place(fresh, target, names)
    finally:
        shutil.rmtree(work)
    return [target / name for name in names]


def renew_desk_form(directory: Path | str) -> list[Path]:
    """Write the desk question into a folder that an office has already, under the office's own name.

    Parameters
    ----------
    directory
        Folder with `outreach.toml`.

    Returns
    -------
    list of Path
        The form in each language; earlier forms are replaced, nothing else is touched.

    Raises
    ------
    ContractError
        Where there is no such folder, or its settings are at fault.
    OSError
        Where the folder cannot be written to.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "my-office"
    >>> _ = write_starter(folder)
    >>> [path.name for path in renew_desk_form(folder)]
    ['desk-question-id.html', 'desk-question-en.html']
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise ContractError([failure("missing_folder", file=folder.name or str(directory))])
    return write_desk_form(folder, office=Settings.from_toml(folder / SETTINGS_FILE).office_name)


def settings_text(*, lang: Language = "id") -> str:
    """Every setting as `outreach.toml` with its default, unit and reason, all but the office's name commented out.

    Examples
    --------
    >>> "# threshold_people = 20" in settings_text(lang="en")
    True
    """
    words = Words(lang)
    tables: dict[str, list[str]] = {}
    for field in dataclasses.fields(Settings):
        key, default = field.metadata["toml"], field.metadata["default"]
        table, _, name = key.rpartition(".")
        said = f"# {words.say(field.metadata['why'])} ({words.say(field.metadata['unit'])})"
        if isinstance(default, Mapping):
            entries = [f"{entry} = {_toml(value)}" for entry, value in default.items()] or [_EXAMPLES[key]]
            tables[f"# [{key}]"] = [said, *(f"# {entry}" for entry in entries)]
            continue
        value = _EXAMPLES[key] if default is None else _toml(default)
        active = "" if key == "office.name" else "# "
        tables.setdefault(f"[{table}]", []).extend([said, f"{active}{name} = {value}", ""])
    parts = ["\n".join([head, *lines]).rstrip() for head, lines in sorted(tables.items(), key=_plain_tables_first)]
    opening = words.say("Settings of the office. A line that begins with # is a default: take the # away to change it.")
    return "\n\n".join([f"# {opening}", *parts]) + "\n"


def _plain_tables_first(table: tuple[str, list[str]]) -> bool:
    return table[0].startswith("#")


def _write_files(folder: Path, words: Words) -> list[str]:
    (folder / "applicants").mkdir(parents=True)
    (folder / TEMPLATES).mkdir()
    forms = [path.name for path in write_desk_form(folder, office=Settings().office_name)]
    names = [SETTINGS_FILE, *(f"{name}.csv" for name in TO_FILL_IN), *forms]
    _write(folder / SETTINGS_FILE, settings_text(lang=words.lang))
    for name in TO_FILL_IN:
        _write(folder / f"{name}.csv", "\ufeff" + _header(TABLES[name]))
    for name, table in TABLES.items():
        _write(folder / TEMPLATES / f"{name}.csv", "\ufeff" + _header(table))
        _write_workbook(folder / TEMPLATES / f"{name}.xlsx", name, table, words)
        names += [f"{TEMPLATES}/{name}.csv", f"{TEMPLATES}/{name}.xlsx"]
    return names


def _place(fresh: Path, target: Path, names: Sequence[str]) -> None:
    """Move the new files to their place: a new folder in one step, into an old one file by file."""
    if not target.exists():
        fresh.rename(target)
        return
    if not target.is_dir():
        raise FileExistsError(f"{target} is a file; name a folder")
    there = [name for name in names if (target / name).exists()]
    if there:
        raise FileExistsError(f"{target} holds {', '.join(there[:3])} already; nothing was written")
    for folder in ("applicants", TEMPLATES):
        (target / folder).mkdir(exist_ok=True)
    for name in names:
        (fresh / name).rename(target / name)


def _write_workbook(path: Path, name: str, table: Table, words: Words) -> None:
    """One empty sheet: what a column holds stands in a note on its header, and choices can be picked from a list."""
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = name
    sheet.freeze_panes = "A2"
    for number, column in enumerate(table.columns, start=1):
        letter = get_column_letter(number)
        cell = sheet.cell(row=1, column=number, value=column.name)
        cell.font = Font(bold=column.required)
        cell.comment = Comment(_note(column, words), "outreach_analysis")
        sheet.column_dimensions[letter].width = max(12, len(column.name) + 4)
        if column.kind in ("text", "date", "month"):
            # Excel would take a long number or a date for something else
            sheet.column_dimensions[letter].number_format = "@"
        if column.choices:
            listed = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            sheet.add_data_validation(listed)
            listed.add(f"{letter}2:{letter}{_LONGEST_LIST}")
    book.properties.created = book.properties.modified = dt.datetime(2026, 1, 1)
    book.save(path)


def _note(column: Column, words: Words) -> str:
    say = words.say
    kinds = {
        "text": say("text"),
        "integer": say("whole number"),
        "number": say("number"),
        "date": say("date, dd/mm/yyyy"),
        "month": say("month, yyyy-mm"),
        "choice": say("one of: {choices}", choices=", ".join(column.choices)),
        "yes_no": say("yes or no"),
    }
    unit = f" ({column.unit})" if column.unit else ""
    need = say("must be filled in") if column.required else say("may stay empty")
    asked = f"{say(column.question)} " if column.question else ""
    return f"{asked}{kinds[column.kind]}{unit}; {need}"


def _header(table: Table) -> str:
    return ",".join(column.name for column in table.columns) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
