"""An office's own folder: begun with templates, reviewed, filled in, checked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from babel.lists import format_list

from outreach_analysis.contracts import (
    ACCESS,
    APPLICANTS,
    AREAS,
    EVENTS,
    INTEREST,
    OFFICE_MONTHLY,
    REQUESTS,
    SITES,
    TRAVEL,
    Column,
    ContractError,
    Table,
    failure,
)
from outreach_analysis.doors import Seed
from outreach_analysis.exports import write_cells
from outreach_analysis.files import bundled_data, cache_folder, folder_lock, refuse_odd, replace_file, staged_beside
from outreach_analysis.geocoding.country import area_rows, chosen_kabupaten, time_zone
from outreach_analysis.intake.dataset import APPLICANTS_FOLDER, INTEREST_FOLDER, Dataset, load_sample, read_dataset
from outreach_analysis.intake.review import ALIASES_FILE, REVIEW_FILE, read_decisions, review_sheet, with_decisions
from outreach_analysis.office_logs import last_decision, saved_forecasts
from outreach_analysis.report.page import templates
from outreach_analysis.report.table import Table as ShownTable
from outreach_analysis.report.words import LANGUAGES, Language, Sentence, Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study
from outreach_analysis.workbook import Worksheet, workbook_bytes

# --- A folder opened as a study.


def open(folder: Path | str, *, as_of: dt.date | None = None, internal: bool = False, rng: Seed = 1) -> Study:
    """Open an office's folder as a study, with the last decision and the forecasts that were saved in it.

    Parameters
    ----------
    folder
        As the data contract describes it.
    as_of
        The reference date; None: as the settings say, else the last date in the data.
    internal
        True leaves numbers of people exact; what is made from it must not leave the office.
    rng
        Source of randomness: a generator, the number it starts from (the commands' `--seed`), or None.

    Raises
    ------
    ContractError
        With every fault of the folder and its remedy.

    Examples
    --------
    >>> from outreach_analysis import open, sample
    >>> open(practice_folder()).sites.index.name
    'site_id'
    """
    dataset = read_dataset(folder, as_of=as_of)
    return Study(
        dataset,
        internal=internal,
        cache=cache_folder("backtests"),
        decision=last_decision(folder, dataset.settings),
        forecasts=saved_forecasts(Path(folder), dataset.settings),
        rng=rng,
    )


def sample(*, rng: Seed = 1) -> Study:
    """The study of the synthetic office that comes with the package; `rng` as in `open`.

    Examples
    --------
    >>> study = sample()
    >>> study.settings.synthetic, bool((study.counts["applicants"] >= 0).all())
    (True, True)
    """
    return Study(load_sample(), cache=cache_folder("backtests"), rng=rng)


# --- The review sheet in an office's folder: decisions taken over from it, and what is left written to it.


def take_over_decisions(folder: Path, dataset: Dataset, *, decided_by: str, decided_on: dt.date | None) -> int:
    """Add what was decided in `review.csv` to `aliases.csv`, all of it or nothing."""
    sheet = folder / REVIEW_FILE
    refuse_odd(sheet, folder=folder)
    if not sheet.exists():
        return 0
    decisions = read_decisions(sheet, dataset, decided_by=decided_by, decided_on=decided_on)
    if len(decisions):
        with folder_lock(folder):
            cells = with_decisions(folder, decisions, fallback_encoding=dataset.settings.fallback_encoding)
            write_cells(cells, folder / ALIASES_FILE, header=False, private=True)
    return len(decisions)


def write_review(folder: Path, dataset: Dataset) -> pd.DataFrame:
    """Write the texts that wait for a decision to `review.csv`; where none waits, take the file away."""
    waiting = review_sheet(dataset)
    if len(waiting):
        write_cells(waiting, folder / REVIEW_FILE, private=True)
    else:
        # every row of it was decided and stands in aliases.csv now
        (folder / REVIEW_FILE).unlink(missing_ok=True)
    return waiting


# --- The desk question as a sheet to print: what to ask, why, and where the answers go. It asks nothing about a person.


def render_desk_form(*, office: str, lang: Language = "id") -> str:
    """The form as one A4 page that needs no network."""
    words = Words(lang)
    answers = [words.say("Yes"), words.say("No"), words.say("Not sure")]
    return (
        templates()
        .get_template("desk_question.html.j2")
        .render(
            lang=lang,
            say=words.say,
            office=office,
            answers=answers,
            written=format_list([answer.lower() for answer in answers], style="or", locale=words.locale),
        )
    )


def write_desk_form(directory: Path, *, office: str) -> list[Path]:
    """Write the form into a folder, in every language; an earlier form is replaced."""
    written = []
    for lang in LANGUAGES:
        path = directory / f"desk-question-{lang}.html"
        replace_file(path, render_desk_form(office=office, lang=lang))
        written.append(path)
    return written


# --- A folder for an office that begins: settings with their reasons, and empty tables to fill in.


SETTINGS_FILE = "outreach.toml"
TEMPLATES = "templates"
_KINDS = (SITES, EVENTS, APPLICANTS, INTEREST, OFFICE_MONTHLY, REQUESTS, TRAVEL, ACCESS, AREAS)
TABLES: Mapping[str, Table] = {Path(table.name).stem: table for table in _KINDS}
"""Every table of the contract, by the name of its file."""
TO_FILL_IN = ("sites", "events")
"""Tables that every folder needs: they stand ready beside the settings; the others wait in `templates/`."""
_EXAMPLES: Mapping[str, str] = {
    "dates.as_of": "2026-11-24",
    "plan.budget": "12000000",
    "plan.booths": "3",
    "popup.year_target": "1000",
    "columns": '"Tgl Layanan" = "service_date"',
    "dates.formats": '"web-*" = ["%m/%d/%Y"]',
    "files.copies": '"JB-2026-01 (1).csv" = "skip"',
    "files.events": '"Daftar Pemohon Mal 24-11-2026.csv" = "JB-2026-01"',
    "blackout.places": '"MALL" = ["2026-12-25"]',
}


def write_starter(directory: Path | str, *, lang: Language = "id", kabupaten: Sequence[str] = ()) -> list[Path]:
    """Write a folder that an office fills in: settings, needed tables, templates of all others, the desk question, and
    the areas of the kabupaten that are named by code or by name."""
    target = Path(directory)
    words, codes = Words(lang), chosen_kabupaten(kabupaten) if kabupaten else ()
    with staged_beside(target) as work:
        fresh = work / "new"
        names = _write_files(fresh, words, codes)
        _place(fresh, target, names)
    return [target / name for name in names]


def renew_desk_form(directory: Path | str) -> list[Path]:
    """Write the desk question into a folder that an office has already, under the office's own name."""
    folder = Path(directory)
    if not folder.is_dir():
        raise ContractError([failure("missing_folder", file=folder.name or str(directory))])
    return write_desk_form(folder, office=Settings.from_toml(folder / SETTINGS_FILE).office_name)


def settings_text(*, lang: Language = "id", own: Mapping[str, Any] | None = None) -> str:
    """Every setting as `outreach.toml` with its default, unit and reason, all but the office's name and its own values
    commented out."""
    words, own = Words(lang), {"office.name": Settings().office_name, **(own or {})}
    tables: dict[str, list[str]] = {}
    for field in dataclasses.fields(Settings):
        key, default = field.metadata["toml"], field.metadata["default"]
        table, _, name = key.rpartition(".")
        said = f"# {words.say(field.metadata['why'])} ({words.say(field.metadata['unit'])})"
        if isinstance(default, Mapping):
            entries = [f"{entry} = {_toml(value)}" for entry, value in default.items()] or [_EXAMPLES[key]]
            tables[f"# [{key}]"] = [said, *(f"# {entry}" for entry in entries)]
            continue
        value = _toml(own[key]) if key in own else _EXAMPLES[key] if default is None else _toml(default)
        active = "" if key in own else "# "
        tables.setdefault(f"[{table}]", []).extend([said, f"{active}{name} = {value}", ""])
    parts = [
        "\n".join([head, *lines]).rstrip()
        for head, lines in sorted(tables.items(), key=lambda table: table[0][0] == "#")
    ]
    opening = words.say("Settings of the office. A line that begins with # is a default: take the # away to change it.")
    return "\n\n".join([f"# {opening}", *parts]) + "\n"


def _write_files(folder: Path, words: Words, kabupaten: Sequence[str]) -> list[str]:
    (folder / "applicants").mkdir(parents=True)
    (folder / TEMPLATES).mkdir()
    forms = [path.name for path in write_desk_form(folder, office=Settings().office_name)]
    names = [SETTINGS_FILE, *(f"{name}.csv" for name in TO_FILL_IN), *forms]
    own = {"office.timezone": time_zone(kabupaten[0]), "areas.jurisdiction": kabupaten} if kabupaten else None
    _write(folder / SETTINGS_FILE, settings_text(lang=words.lang, own=own))
    if kabupaten:
        _write(folder / "areas.csv", "\ufeff" + _area_table(kabupaten).to_csv(index=False, lineterminator="\n"))
        names.insert(1, "areas.csv")
    for name in TO_FILL_IN:
        _write(folder / f"{name}.csv", "\ufeff" + _header(TABLES[name]))
    for name, table in TABLES.items():
        _write(folder / TEMPLATES / f"{name}.csv", "\ufeff" + _header(table))
        _write_workbook(folder / TEMPLATES / f"{name}.xlsx", name, table, words)
        names += [f"{TEMPLATES}/{name}.csv", f"{TEMPLATES}/{name}.xlsx"]
    return names


def _area_table(kabupaten: Sequence[str]) -> pd.DataFrame:
    """Everything known of kabupaten and all inside them: of those in the package's reference by that."""
    reference = bundled_data(f"reference/{Settings().reference}")
    known = pd.read_csv(reference / "areas.csv", dtype=str, keep_default_na=False)
    rows = []
    for code in kabupaten:
        own = known[(known["area_id"] + ".").str.startswith(code + ".")]
        own = own.assign(parent_id=own["parent_id"].mask(own["area_id"] == code, ""))
        rows.append(own.drop(columns="parent_name") if len(own) else pd.DataFrame(area_rows(code)))
    return pd.concat(rows, ignore_index=True).fillna("")


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
    columns = table.columns
    sheet = Worksheet(
        name=name,
        rows=[[column.name for column in columns]],
        headed=True,
        notes={at: _note(column, words) for at, column in enumerate(columns)},
        choices={at: column.choices for at, column in enumerate(columns) if column.choices},
        # Excel would take a long number or a date for something else
        text_columns=frozenset(at for at, column in enumerate(columns) if column.kind in ("text", "date", "month")),
    )
    path.write_bytes(workbook_bytes([sheet]))


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


# --- An office's own folder: one to practise on, what it should hold, and what was written from it.


OWN_HEADER = "Tempat asal"
"""A header of the practice folder that nobody could know; its outreach.toml says which column it is."""
_PRACTISED = f"""

# A list heads its addresses in words of its own
[columns]
"{OWN_HEADER}" = "address"

# Two numbers for the office to confirm: change one, save, and read the folder again
[interest]
threshold_people = 20

[service]
threshold_km = 30.0
"""
_OWN_HEADER_OF = "Alamat"
_NEEDED = 4


def temporary_folder() -> Path:
    """A new empty folder among the temporary files of this machine.

    Examples
    --------
    >>> folder = temporary_folder()
    >>> list(folder.iterdir())
    []
    >>> folder.rmdir()
    """
    return Path(tempfile.mkdtemp(prefix="outreach-"))


def practice_folder(directory: Path | str | None = None) -> Path:
    """A folder as an office would make it, to practise on: the synthetic sample, begun by `outreach init`.

    One list heads its column of addresses by words of its own (`OWN_HEADER`), and `outreach.toml` says what they mean.

    Parameters
    ----------
    directory
        New folder, or one that is begun already, which stays as it is; None: a temporary one.

    Raises
    ------
    FileExistsError
        Where the folder holds something else.

    Examples
    --------
    >>> folder = practice_folder()
    >>> (folder / "outreach.toml").is_file(), (folder / "templates").is_dir()
    (True, True)
    >>> shutil.rmtree(folder)
    """
    folder = temporary_folder() if directory is None else Path(directory)
    if (folder / SETTINGS_FILE).is_file():
        return folder
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something already; name a new folder")
    write_starter(folder, lang="en")
    sample = bundled_data("sample")
    shutil.copytree(sample, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth.json", "README.md"))
    settings = folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8").rstrip()
    settings.write_text(text + _PRACTISED, encoding="utf-8", newline="\n")
    for path in sorted((folder / APPLICANTS_FOLDER).glob("*.csv")):
        content = path.read_bytes()
        header, _, rows = content.partition(b"\n")
        if _OWN_HEADER_OF.encode() in header:
            path.write_bytes(header.replace(_OWN_HEADER_OF.encode(), OWN_HEADER.encode()) + b"\n" + rows)
            break
    return folder


def tabulate_folder(folder: Path | str, *, lang: Language = "id") -> ShownTable:
    """What a data folder may hold: file, whether it is needed, what it holds, and whether it is there."""
    words = Words(lang)
    say = words.say
    there = _there(Path(folder))
    rows = tuple(
        (name, say("needed") if at < _NEEDED else say("optional"), holds, say("yes") if name in there else say("no"))
        for at, (name, holds) in enumerate(_contents(words).items())
    )
    return ShownTable(
        caption=say("What stands where in the folder"),
        headers=(say("File"), say("Needed?"), say("What it holds"), say("In this folder?")),
        rows=rows,
        numeric=(False, False, False, False),
        code=(0,),
    )


def describe_folder(folder: Path | str, *, lang: Language = "id") -> Sentence:
    """How many of the files that a folder may hold are there; parameters as for `tabulate_folder`."""
    words = Words(lang)
    there, names = _there(Path(folder)), list(_contents(words))
    missing = [name for name in names[:_NEEDED] if name not in there]
    if missing:
        return Sentence(words.say("The folder still lacks: {files}.", files=words.listing(missing)))
    return Sentence(
        words.say(
            "Everything that is needed is there, and {n} of {all} optional tables.",
            n=words.number(sum(name in there for name in names[_NEEDED:])),
            all=words.number(len(names) - _NEEDED),
        )
    )


def tabulate_written(paths: Sequence[Path], *, lang: Language = "id") -> ShownTable:
    """Files that were written, with their size; where to is left out, so that the table can be passed on."""
    words = Words(lang)
    return ShownTable(
        caption=words.say("Files written"),
        headers=(words.say("File"), words.say("Size (MB)")),
        rows=tuple((path.name, words.number(path.stat().st_size / 1e6, digits=1)) for path in paths),
        numeric=(False, True),
    )


def describe_written(paths: Sequence[Path], *, lang: Language = "id") -> Sentence:
    """What can be done with files that were written."""
    words = Words(lang)
    return Sentence(
        words.say(
            "{files} needs no network: open it in a browser, send it by e-mail or print it.",
            files=words.listing([path.name for path in paths]),
        )
    )


def _contents(words: Words) -> dict[str, str]:
    say = words.say
    return {
        SETTINGS_FILE: say("settings, each with its reason"),
        "sites": say("the office and the places that may be visited"),
        "events": say("pop-ups held and planned"),
        f"{APPLICANTS_FOLDER}/": say("the lists of applicants, as they are"),
        "interest": say("who asked for a pop-up; without it the interest rule excludes nobody"),
        "office_monthly": say("applicants at the office by month and kecamatan"),
        "travel": say("real distances or travel times; without it they are estimates"),
        "access": say("places that only a boat or a ferry reaches"),
        "areas": say("areas of another province, with residents"),
        "boundaries": say("official boundaries of the areas"),
        "aliases": say("other names of places, decided by the office"),
    }


def _there(folder: Path) -> set[str]:
    """Names of `_contents` that the folder holds: files by their name without the ending, lists by their folder."""
    files = [path for path in folder.iterdir() if path.is_file()]
    names = {path.stem.lower() for path in files} | {path.name for path in files if path.name == SETTINGS_FILE}
    for lists, name in ((APPLICANTS_FOLDER, f"{APPLICANTS_FOLDER}/"), (INTEREST_FOLDER, INTEREST_FOLDER)):
        if any(path.is_file() for path in (folder / lists).rglob("*")):
            names.add(name)
    return names
