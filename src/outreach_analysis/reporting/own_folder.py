"""An office's own folder: one to practise on, what it should hold, and what was written from it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from outreach_analysis.bundled import bundled_data
from outreach_analysis.intake.folder import APPLICANTS_FOLDER, INTEREST_FOLDER
from outreach_analysis.presentation.prose import Sentence
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.starter import SETTINGS_FILE, write_starter

OWN_HEADER = "Tempat asal"
"""A header of the practice folder that nobody could know; its outreach.toml says which column it is."""
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
        New folder; None: a temporary one.

    Returns
    -------
    Path
        The folder, with the templates of every table beside the files that are filled in.

    Raises
    ------
    FileExistsError
        Where the folder holds something already.
    OSError
        Where it cannot be written to.

    Examples
    --------
    >>> folder = practice_folder()
    >>> (folder / "outreach.toml").is_file(), (folder / "templates").is_dir()
    (True, True)
    >>> shutil.rmtree(folder)
    """
    folder = temporary_folder() if directory is None else Path(directory)
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something already; name a new folder")
    write_starter(folder, lang="en")
    sample = bundled_data("sample")
    shutil.copytree(sample, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth.json", "README.md"))
    settings = folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8").rstrip()
    mapping = f'\n\n# A list heads its addresses in words of its own\n[columns]\n"{OWN_HEADER}" = "address"\n'
    settings.write_text(text + mapping, encoding="utf-8", newline="\n")
    for path in sorted((folder / APPLICANTS_FOLDER).glob("*.csv")):
        content = path.read_bytes()
        header, _, rows = content.partition(b"\n")
        if _OWN_HEADER_OF.encode() in header:
            path.write_bytes(header.replace(_OWN_HEADER_OF.encode(), OWN_HEADER.encode()) + b"\n" + rows)
            break
    return folder


def tabulate_folder(folder: Path | str, *, lang: Language = "id") -> Table:
    """What a data folder may hold: file, whether it is needed, what it holds, and whether it is there.

    Parameters
    ----------
    folder
        The data folder; tables may be CSV or workbooks.
    lang
        `id` or `en`.

    Returns
    -------
    Table
    """
    words = Words(lang)
    say = words.say
    there = _there(Path(folder))
    rows = tuple(
        (name, say("needed") if at < _NEEDED else say("optional"), holds, say("yes") if name in there else say("no"))
        for at, (name, holds) in enumerate(_contents(words).items())
    )
    return Table(
        caption=say("What stands where in the folder"),
        headers=(say("File"), say("Needed?"), say("What it holds"), say("In this folder?")),
        rows=rows,
        numeric=(False, False, False, False),
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


def tabulate_written(paths: Sequence[Path], *, lang: Language = "id") -> Table:
    """Files that were written, with their size; where to is left out, so that the table can be passed on."""
    words = Words(lang)
    return Table(
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
