"""What a manager hands on: the answer as a picture for a phone, the decision on two printed pages, the page for the
team, letters and the announcement. Picture and paper are made by a browser of the machine: Chromium, Chrome or Edge."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import math
import os
import re
import shutil
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from outreach_analysis.contracts import OutreachError
from outreach_analysis.decisions.increment import incremental_attendance
from outreach_analysis.event_kinds import event_capacity, event_days
from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import enclosing_area, level_name
from outreach_analysis.plan_study import unknown_place
from outreach_analysis.report.figure import AreaLayer, close_up, draw_layers
from outreach_analysis.report.page import own_file, page_mark, policy, render_report, rendered, write_pages
from outreach_analysis.report.static import StaticFigure, outlines_markup, static_figure
from outreach_analysis.report.table import Column, Table, numbers, table_of
from outreach_analysis.report.topics.answer import answer, checklist, day_of_visit, interest_text, visit_day, way_text
from outreach_analysis.report.topics.ranking import area_text, exclusion_text
from outreach_analysis.report.words import Language, Words, areas_called
from outreach_analysis.study import Study

# --- One printable page for the team that goes to a place: the way, people to expect, where from, what to prepare.

HALF_KM = 45.0
LISTED = 6
CLASSES = ((0.5, "#ffffff"), (2.0, "#c7e9b4"), (5.0, "#41b6c4"), (10.0, "#1d91c0"), (float("inf"), "#0c4a86"))
"""People expected from an area, up to which value, in which colour: light to dark (after ColorBrewer's YlGnBu)."""


def render_brief(analysis: Study, site_id: str, *, lang: Language = "id") -> str:
    """The page for one place as HTML, made to be printed on A4; it needs no network and no script."""
    words, settings = Words(lang), analysis.settings
    with areas_called(level_name(analysis.areas)):
        return rendered(
            "brief.html.j2",
            words,
            **_view(analysis, site_id, words),
            office=settings.office_name,
            ministry=settings.ministry,
            synthetic=settings.synthetic,
            internal=analysis.rounding_base == 1,
            as_of=words.date(analysis.as_of),
            page_mark=page_mark(analysis, words),
            css=own_file("report.css"),
            policy=policy(scripts=False),
            patterns_of_legends=Markup(outlines_markup({})),
        )


def write_brief(
    analysis: Study, site_id: str, directory: Path | str, *, langs: Iterable[Language] = ("id",)
) -> list[Path]:
    """Write `brief-<site_id>-<lang>.html` for each language, whole or not at all: a page for the team that goes.

    Parameters
    ----------
    analysis, site_id
        The study, and a candidate of it; another place is refused with the ids there are.
    directory
        Made if absent.
    langs
        "id", "en" or both.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from outreach_analysis import sample
    >>> [path.name for path in write_brief(sample(), "S15", mkdtemp(), langs=["en"])]
    ['brief-S15-en.html']
    """
    name = file_name_of(site_id)
    texts = {f"brief-{name}-{lang}.html": render_brief(analysis, site_id, lang=lang) for lang in langs}
    return write_pages(directory, texts)


def file_name_of(site_id: str) -> str:
    """An id as a part of the name of a file, on any system."""
    return re.sub(r"[^\w-]+", "", site_id)[:60] or "place"


def _view(analysis: Study, site_id: str, words: Words) -> dict[str, Any]:
    forecast = people_on_the_day(analysis, site_id)
    site, areas, ranking = analysis.sites.loc[site_id], analysis.dataset.areas, analysis.ranking
    expected = _expected(analysis, site_id, float(forecast["mean"]))
    origins = expected[expected >= CLASSES[0][0]].sort_values(ascending=False)
    day = day_of_visit(site_id, analysis.scheduled, analysis.planning.schedule.events, ranking, words)
    if forecast["days"] > 1:
        day = words.say("{day}, {n} days", day=day, n=words.number(forecast["days"]))
    excluded: Any = ranking.excluded.loc[site_id] if site_id in ranking.excluded.index else None
    interest = None if analysis.dataset.interest is None else analysis.interest.by_area
    return {
        "place": str(site["name"]),
        "where": area_text(str(site["area_id"]), areas, words),
        "day": day,
        "warning": "" if excluded is None else exclusion_text(excluded["reason"], excluded["value"], ranking, words),
        "capacity": words.number(forecast["capacity"] / forecast["days"]),
        **_people(analysis, site_id, forecast, words),
        "status": analysis.forecast.status,
        "way": way_text(way_to(analysis, site_id), analysis.settings, words),
        "interest": interest_text(site, interest, areas, settings=analysis.settings, words=words),
        "origins": _origins_table(expected, analysis, site_id, words),
        "map": _map(analysis, site_id, expected, words),
        "half_km": words.number(HALF_KM),
        "checklist": checklist(
            site=site,
            forecast=forecast,
            nearest=[str(areas["name"][area]) for area in origins.index[:3]],
            settings=analysis.settings,
            words=words,
        ),
    }


def _people(analysis: Study, site_id: str, forecast: Any, words: Words) -> dict[str, str]:
    """Who comes, and who of them is additional: '' where that is not known."""
    ranked = analysis.ranking.by_site
    told = {
        "people": words.number(forecast["mean"]),
        "range": words.interval(forecast["ci_low"], forecast["ci_high"]),
        "additional": "",
        "additional_range": "",
    }
    if site_id in ranked.index:
        told["additional"] = words.number(ranked["increment"][site_id])
        told["additional_range"] = words.interval(ranked["ci_low"][site_id], ranked["ci_high"][site_id])
    return told


def way_to(analysis: Study, site_id: str) -> pd.Series | None:
    """Travel from the office's own kecamatan to the place; None where the folder has no office."""
    offices = analysis.sites[analysis.sites["kind"] == "office"]
    if offices.empty:
        return None
    home = enclosing_area(offices["area_id"].head(1), analysis.dataset.areas).iloc[0]
    ways = analysis.costs[(analysis.costs["area_id"] == home) & (analysis.costs["site_id"] == site_id)]
    return None if ways.empty else ways.iloc[0]


def people_on_the_day(analysis: Study, site_id: str, *, event_id: Any = None) -> Any:
    """Who comes (`mean`, `ci_low`, `ci_high`, `capacity`, `days`, `booths`: NaN where nobody wrote them): at an
    announced event (the first there, or the one named) on all its days, with what it can serve; else as ranked."""
    known = analysis.forecast.by_site.index
    if site_id not in known:
        raise unknown_place(site_id, [*map(str, known)], analysis.sites)
    incremental, announced = analysis.incremental, analysis.scheduled
    here = announced[announced["site_id"] == site_id].sort_values("date")
    here = here if event_id is None else here.loc[[event_id]]
    if here.empty:
        return pd.concat([incremental.people.loc[site_id], pd.Series({"days": 1, "booths": math.nan})])
    event = analysis.dataset.events.loc[here.index[:1]]
    n_days = int(event_days(event).iloc[0])
    by_site = incremental.forecast.by_site.copy()
    # what is written of the event or its place, else what the forecast takes
    settings = analysis.settings.replace(popup_capacity=int(by_site["capacity"][site_id]))
    by_site.loc[site_id, "capacity"] = event_capacity(event, analysis.sites, settings=settings).iloc[0] / n_days
    on_the_day = incremental_attendance(
        dataclasses.replace(incremental.forecast, by_site=by_site),
        incremental.displacement,
        inside=analysis.dataset.areas["in_jurisdiction"].astype(bool),
        days=incremental.days.where(incremental.days.index != site_id, here["date"].iloc[0]),
        announced=announced[announced["site_id"].isin(incremental.site_ids) & (announced.index != here.index[0])],
    )
    people = on_the_day.people.loc[site_id].drop("day_kind").astype(float) * n_days
    return pd.concat(
        [people, pd.Series({"days": n_days, "booths": event["booths"].iloc[0] if "booths" in event else math.nan})]
    )


def _expected(analysis: Study, site_id: str, total: float) -> pd.Series:
    """People expected from each area (index `area_id`); together they are those expected at the place."""
    people = analysis.forecast.expected.query("site_id == @site_id").set_index("area_id")["people"]
    everybody = float(people.sum())
    return people * (total / everybody if everybody else 0.0)


def _origins_table(expected: pd.Series, analysis: Study, site_id: str, words: Words) -> Table:
    """The areas from which most people are expected; the others together in the last row."""
    say, areas = words.say, analysis.dataset.areas
    km = analysis.costs[analysis.costs["site_id"] == site_id].set_index("area_id")["km"]
    shown = expected[expected >= CLASSES[0][0]].sort_values(ascending=False).head(LISTED)
    named = areas["name"].str.cat(areas["parent_name"], sep=", ")
    rest = pd.Series({say("all others"): expected.sum() - shown.sum()})
    total = float(expected.sum())
    return table_of(
        say("Where people are expected to come from"),
        pd.concat([shown, rest]).items(),
        Column(say("Area"), lambda row: str(named.get(row[0], row[0]))),
        numbers(say("Share"), lambda row: words.percent(row[1] / total if total else 0.0)),
        numbers(say("People"), lambda row: words.number(row[1])),
        numbers(say("Distance (km)"), lambda row: words.number(km.get(row[0], math.nan))),
    )


def _map(analysis: Study, site_id: str, expected: pd.Series, words: Words) -> StaticFigure:
    """The area around the place, coloured by the people expected from each kecamatan."""
    areas, sites = analysis.dataset.areas, analysis.sites
    site: Any = sites.loc[site_id]
    people = expected.reindex(areas.index).fillna(0.0)
    edges = [words.number(most, digits=0 if most >= 1 else 1) for most, _ in CLASSES[:-1]]
    labels = [
        words.say("below {edge}", edge=edges[0]),
        *(f"{low}–{high}" for low, high in itertools.pairwise(edges)),
        words.say("{edge} and more", edge=edges[-1]),
    ]
    frame = pd.DataFrame(
        {
            "name": areas["name"],
            "kabupaten": areas["parent_name"],
            "class_": np.searchsorted([most for most, _ in CLASSES[:-1]], people, side="right"),
        }
    )
    frame["label"] = [labels[class_] for class_ in frame["class_"]]
    classes = tuple(zip(labels, (colour for _, colour in CLASSES), strict=True))
    layer = AreaLayer(title="", subtitle="", frame=frame, classes=classes)
    offices = sites[sites["kind"] == "office"]
    marks = pd.concat(
        [
            offices.assign(mark="fixed", label=offices["name"], group="", layers=""),
            sites.loc[[site_id]].assign(mark="best", label=site["name"], group=words.say("the place"), layers=""),
        ]
    ).assign(text="")
    alt = words.say(
        "Map: {km} km around {place}; the table beside it says the same", km=words.number(HALF_KM), place=site["name"]
    )
    whole = draw_layers({"people": layer}, areas, marks, shown="people")
    around = (float(site["lon"]), float(site["lat"]))
    return static_figure(close_up(whole, areas, around=around, half_km=HALF_KM, alt=alt))


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
    directory, paths = Path(directory), []
    for lang in langs:
        paths.append(directory / f"card-{lang}.png")
        page = render_card(analysis, made_on=made_on, lang=lang)
        replace_file(paths[-1], picture_of(page, directory, width=WIDTH, height=HEIGHT))
    return paths


def write_printed(analysis: Study, directory: Path | str, *, langs: Iterable[Language], made_on: dt.date) -> list[Path]:
    """Write `outreach-<lang>.pdf` for each language, two pages of A4, whole or not at all."""
    directory, paths = Path(directory), []
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
        return rendered(
            "card.html.j2",
            words,
            answer=answer(analysis, words),
            office=analysis.settings.office_name,
            mark=page_mark(analysis, words),
            made_on=words.date(made_on),
            as_of=words.date(analysis.as_of),
        )


def _pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


# --- Letters and the announcement, drafted in Indonesian for a word processor. What only the office knows stands in
# square brackets, highlighted; no text holds the name of a person.

LETTERS = {"memo": "nota-dinas", "venue_letter": "surat"}
ANNOUNCEMENT = {"announcement": "pengumuman"}
"""Templates, and how the name of the file made of each begins."""

_HOLE = re.compile(r"\[[^\[\]]+\]")
_RULE = (
    '<w:pBdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:bottom w:val="single" w:sz="12" w:space="1" w:color="auto"/></w:pBdr>'
)
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST_PROPERTY = 255
_LEFT_CM, _LABEL_CM, _SIGNED_CM = 0.8, 4.2, 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter that was written: its file, and what the office must fill in."""

    path: Path
    holes: tuple[str, ...]


def write_letters(analysis: Study, site_id: str, directory: Path | str, templates: Mapping[str, str]) -> list[Draft]:
    """Write a `.docx` of each template (`LETTERS` or `ANNOUNCEMENT`) for a place, whole or not at all."""
    directory, settings = Path(directory), analysis.settings
    values = _values(analysis, site_id)
    texts = {name: _environment().get_template(f"{name}.txt.j2").render(**values) for name in templates}
    stamp = Words("id").say("SAMPLE DATA (SYNTHETIC): all people in it are invented") if settings.synthetic else ""
    directory.mkdir(parents=True, exist_ok=True)
    drafts = []
    for name, text in texts.items():
        path = directory / f"{templates[name]}-{file_name_of(site_id)}.docx"
        replace_file(path, _document(text.splitlines(), author=settings.office_name, as_of=analysis.as_of, stamp=stamp))
        drafts.append(Draft(path=path, holes=tuple(dict.fromkeys(_HOLE.findall(text)))))
    return drafts


def _values(analysis: Study, site_id: str) -> dict[str, Any]:
    """What the plan knows of a visit, in Indonesian; '' where it does not know."""
    words, settings = Words("id"), analysis.settings
    forecast = people_on_the_day(analysis, site_id)
    site: Any = analysis.sites.loc[site_id]
    _, day = visit_day(site_id, analysis.scheduled, analysis.planning.schedule.events, analysis.ranking)
    quota, n_days = float(forecast["capacity"] / forecast["days"]), int(forecast["days"])
    booths = float(forecast["booths"])
    due = None if day is None else max(day.date() - dt.timedelta(days=settings.lead_days), analysis.as_of)
    when = "" if day is None else words.date(day, weekday=True)
    with areas_called(level_name(analysis.areas)):
        where = area_text(str(site["area_id"]), analysis.dataset.areas, words)
    return {
        "ministry": settings.ministry,
        "office": settings.office_name,
        "as_of": words.date(analysis.as_of),
        "place": site["name"],
        "where": where,
        "day": f"{when} ({words.number(n_days)} hari pelayanan)" if when and n_days > 1 else when,
        "deadline": "" if due is None else words.date(due),
        **_people(analysis, site_id, forecast, words),
        "quota": words.number(quota),
        "booths": words.number(math.ceil(quota / settings.popup_booth_capacity) if pd.isna(booths) else booths),
        "way": way_text(way_to(analysis, site_id), settings, words).rstrip("."),
        "cost": "" if pd.isna(site["cost"]) else words.number(float(site["cost"])),
        "hole": _Hole,
    }


class _Hole(str):
    """The name of something that only the office knows, as a template asks for it."""

    __slots__ = ()


def _shown(value: object) -> str:
    """A value on one line, its letters those that a document can hold, its brackets round: square ones are holes."""
    if isinstance(value, _Hole):
        return f"[{value}]"
    plain = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return " ".join(plain.translate({ord("["): "(", ord("]"): ")"}).split())


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("outreach_analysis.report", "templates"),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def _document(lines: Iterable[str], *, author: str, as_of: dt.date, stamp: str) -> bytes:
    """Lines as a Word document; the first letters of a line say what it is:

    `=` centred, `!` a headline, `: a | b` a label and its value, `>` a signature, `-` or `1.` an entry, `---` a rule.
    """
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.shared import Cm, Pt, RGBColor

    document: Any = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(11)
    style.paragraph_format.space_after = Pt(4)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    for line in lines:
        kind, _, text = line.partition(" ")
        if not line.strip():
            continue
        paragraph = document.add_paragraph()
        layout = paragraph.paragraph_format
        if kind in ("=", "!"):
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif kind == ":":
            label, _, value = text.partition(" | ")
            text = f"{label}\t: {value}"
            layout.left_indent, layout.first_line_indent = Cm(_LEFT_CM + _LABEL_CM), Cm(-_LABEL_CM)
            layout.tab_stops.add_tab_stop(Cm(_LEFT_CM + _LABEL_CM))
        elif kind == ">":
            layout.left_indent = Cm(_SIGNED_CM)
        elif kind == "---":
            paragraph._p.get_or_add_pPr().append(parse_xml(_RULE))
        elif kind == "-" or kind.rstrip(".").isdigit():
            text = f"{'•' if kind == '-' else kind}\t{text}"
            layout.left_indent, layout.first_line_indent = Cm(_LEFT_CM), Cm(-_LEFT_CM)
        else:
            text = line
        _write_runs(paragraph, text, bold=kind in ("=", "!"), points=16 if kind == "!" else 11)
    head = section.header.paragraphs[0].add_run(stamp)
    head.bold, head.font.color.rgb = True, RGBColor(0x7A, 0x1F, 0x00)
    made = document.core_properties
    made.author, made.title, made.comments = author[:_LONGEST_PROPERTY], "", ""
    made.created = made.modified = dt.datetime.combine(as_of, dt.time())
    written = io.BytesIO()
    document.save(written)
    return _same_bytes(written.getvalue())


def _write_runs(paragraph: Any, text: str, *, bold: bool, points: int) -> None:
    from docx.enum.text import WD_COLOR_INDEX
    from docx.shared import Pt

    for part in re.split(f"({_HOLE.pattern})", text):
        run = paragraph.add_run(part)
        run.bold, run.font.size = bold, Pt(points)
        if _HOLE.fullmatch(part):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _same_bytes(package: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _FIRST_DATE), source.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
