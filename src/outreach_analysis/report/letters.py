"""Letters of a pop-up, drafted in Indonesian for a word processor: nota dinas, letter to the venue, announcement.

What only the office knows stands in square brackets, highlighted; no text holds the name of a person.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import level_name
from outreach_analysis.report.brief import file_name_of, people_on_the_day, way_to
from outreach_analysis.report.topics.answer import visit_day, way_text
from outreach_analysis.report.topics.ranking import area_text
from outreach_analysis.report.words import Words, areas_called
from outreach_analysis.study import Study

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
    by_site = analysis.ranking.by_site
    ranked: Any = by_site.loc[site_id] if site_id in by_site.index else None
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
        "people": words.number(forecast["mean"]),
        "range": words.interval(forecast["ci_low"], forecast["ci_high"]),
        "additional": "" if ranked is None else words.number(ranked["increment"]),
        "additional_range": "" if ranked is None else words.interval(ranked["ci_low"], ranked["ci_high"]),
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
    """A text with its holes highlighted."""
    from docx.enum.text import WD_COLOR_INDEX
    from docx.shared import Pt

    for part in re.split(f"({_HOLE.pattern})", text):
        run = paragraph.add_run(part)
        run.bold, run.font.size = bold, Pt(points)
        if _HOLE.fullmatch(part):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _same_bytes(package: bytes) -> bytes:
    """A zip archive without the time at which it was made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _FIRST_DATE), source.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
