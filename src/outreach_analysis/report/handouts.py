"""What a manager hands on: the answer as a picture for a phone, and the decision on two printed pages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import level_name
from outreach_analysis.report.browser import BrowserError, picture_of, printed
from outreach_analysis.report.page import page_mark, render_report, templates
from outreach_analysis.report.topics.first_screen import answer
from outreach_analysis.report.words import Language, Words, areas_called
from outreach_analysis.study import Study

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
