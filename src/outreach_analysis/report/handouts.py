"""What a manager hands on: the answer as a picture for a phone and the decision on two printed pages, made by a browser
of the machine without network: Chromium, Chrome or Edge."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from outreach_analysis.contracts import OutreachError
from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import level_name
from outreach_analysis.report.page import page_mark, render_report, templates
from outreach_analysis.report.topics.first_screen import answer
from outreach_analysis.report.words import Language, Words, areas_called
from outreach_analysis.study import Study

# --- A page as a picture or as printed sheets, by a browser of the machine.

BROWSER_VARIABLE = "OUTREACH_BROWSER"
"""Environment variable that names the program of the browser."""
SECONDS = 60.0
"""So long a browser may take for one page."""

_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
_WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_WINDOWS_PROGRAMS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
_MAC_PROGRAMS = ("Google Chrome", "Microsoft Edge", "Chromium")
_ALONE = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    # no name is found, and no address is reached but by a proxy that is not there
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)


class BrowserError(OutreachError):
    """No browser is there, or it made nothing; the text says which and what to do."""


def picture_of(page: str, beside: Path, *, width: int, height: int) -> bytes:
    """A page of this size in pixels as PNG; the browser works in a folder that stands `beside` for as long."""
    size = (f"--window-size={width},{height}", "--force-device-scale-factor=1", "--hide-scrollbars")
    png = _made(page, beside, "page.png", ("--screenshot={target}", *size))
    if png[:8] != b"\x89PNG\r\n\x1a\n" or struct.unpack(">II", png[16:24]) != (width, height):
        raise BrowserError(f"the browser {find_browser()} made no picture of {width} x {height} pixels; try another")
    return png


def printed(page: str, beside: Path) -> bytes:
    """A page as PDF, on the paper that its style sheet names."""
    return _made(page, beside, "page.pdf", ("--print-to-pdf={target}", "--no-pdf-header-footer"))


def find_browser() -> str:
    """The program that `OUTREACH_BROWSER` names, else the first browser that the machine has."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrowserError(f"{BROWSER_VARIABLE} names no program: {named}; give the whole path of a browser")
        return found
    folders = [Path(os.environ[name]) for name in _WINDOWS_FOLDERS if os.environ.get(name)]
    mac = [Path(root, "Applications") for root in ("/", Path.home())]
    candidates = [
        *_NAMES,
        *(str(folder / program) for program in _WINDOWS_PROGRAMS for folder in folders),
        *(str(folder / f"{name}.app/Contents/MacOS/{name}") for name in _MAC_PROGRAMS for folder in mac),
    ]
    found = next((path for name in candidates if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserError(
            f"no Chromium, Chrome or Edge is on this machine; install one, or name its program in {BROWSER_VARIABLE}"
        )
    return found


def _made(page: str, beside: Path, name: str, arguments: tuple[str, ...]) -> bytes:
    """What the browser wrote under this name, with a profile that is made for it and thrown away."""
    browser = find_browser()
    # beside the result: a browser from a snap sees nothing of the system's folder for temporary files
    with tempfile.TemporaryDirectory(dir=beside, prefix="outreach-browser-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        source, target = folder / "page.html", folder / name
        source.write_text(page, encoding="utf-8")
        command = [browser, *_ALONE, f"--user-data-dir={folder / 'profile'}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium refuses to start its sandbox for root; the page is our own and runs no script
            command.append("--no-sandbox")
        command += [argument.format(target=target) for argument in arguments]
        _run([*command, source.as_uri()])
        if not target.is_file():
            raise BrowserError(f"the browser {browser} wrote nothing; try another, named in {BROWSER_VARIABLE}")
        return target.read_bytes()


def _run(command: list[str]) -> None:
    """Run a browser to its end, or end it with all that it started."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError as error:
        raise BrowserError(f"the browser {command[0]} cannot be started: {error.strerror}") from None
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise BrowserError(f"the browser {command[0]} was ended after {SECONDS:.0f} s without a result") from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    import psutil

    with suppress(psutil.NoSuchProcess):
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


# --- The card and the printed edition.

WIDTH, HEIGHT = 1080, 1350
"""A card in pixels: what a chat shows upright without cutting it."""
PAGES = 2
TYPE_SIZES = (8.5, 8.0, 7.5, 7.0, 6.5)
"""Sizes of type in points: the first with which the printed edition fits its pages is taken."""


def write_card(analysis: Study, directory: Path | str, *, langs: Iterable[Language], made_on: dt.date) -> list[Path]:
    """Write `card-<lang>.png` for each language, whole or not at all."""
    directory = Path(directory)
    paths = []
    for lang in langs:
        paths.append(directory / f"card-{lang}.png")
        page = render_card(analysis, made_on=made_on, lang=lang)
        replace_file(paths[-1], picture_of(page, directory, width=WIDTH, height=HEIGHT))
    return paths


def write_printed(analysis: Study, directory: Path | str, *, langs: Iterable[Language], made_on: dt.date) -> list[Path]:
    """Write `outreach-<lang>.pdf` for each language, two pages of A4, whole or not at all."""
    directory = Path(directory)
    paths = []
    for lang in langs:
        paths.append(directory / f"outreach-{lang}.pdf")
        page = render_report(analysis, lang=lang, plain=True, made_on=made_on)
        for points in TYPE_SIZES:
            size = f"<style>@media print {{ html {{ font-size: {points}pt; }} }}</style></head>"
            pdf = printed(page.replace("</head>", size, 1), directory)
            if _pages(pdf) == PAGES:
                break
        else:
            raise BrowserError(f"the printed edition does not fit {PAGES} pages; shorten the names of places")
        replace_file(paths[-1], pdf)
    return paths


def render_card(analysis: Study, *, made_on: dt.date, lang: Language = "id") -> str:
    """The answer in one look, as a page of 1080 by 1350 pixels."""
    words = Words(lang)
    with areas_called(level_name(analysis.areas)):
        return (
            templates()
            .get_template("card.html.j2")
            .render(
                answer=answer(analysis, words),
                lang=lang,
                say=words.say,
                office=analysis.settings.office_name,
                mark=page_mark(analysis, words),
                made_on=words.date(made_on),
                as_of=words.date(analysis.as_of),
            )
        )


def _pages(pdf: bytes) -> int:
    """How many pages a PDF of a browser has: its page objects stand in it unpacked."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
