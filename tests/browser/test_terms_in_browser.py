"""Terms of the report on a phone, by keyboard, and on paper."""

from __future__ import annotations

import io
import unicodedata

import pytest
from pypdf import PdfReader

from outreach_analysis.report.glossary import terms
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])]


def test_without_script_a_tap_leads_to_the_entry_and_back_again(open_report, lang):
    page = open_report(lang, width=390, height=844, javascript=False).page
    first = page.locator("section.answer a.term").first
    target, meaning = first.get_attribute("href"), first.get_attribute("title")
    first.click()
    entry = page.locator(target)
    assert 0 <= entry.bounding_box()["y"] < 844
    assert entry.locator("dd").inner_text() == meaning
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.go_back()
    assert first.is_visible()


def test_a_tap_shows_the_meaning_where_the_reader_is(open_report, lang):
    opened = open_report(lang, width=390, height=844)
    page, gloss = opened.page, opened.page.locator(".gloss")
    first = page.locator("section.answer a.term").first
    assert first.bounding_box()["height"] >= 24
    first.click()
    assert gloss.is_visible()
    assert gloss.inner_text().endswith(first.get_attribute("title"))
    box, at = gloss.bounding_box(), first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert abs(box["y"] - at["y"]) < 300
    page.mouse.click(10, 10)
    assert not gloss.is_visible()
    assert opened.errors == []


def test_the_keyboard_reaches_a_term_and_leaves_it(open_report, lang):
    page = open_report(lang).page
    first = page.locator("a.term").first
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "term":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator(".gloss").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".gloss").is_visible()
    assert page.evaluate("document.activeElement === document.querySelector('a.term')")
    assert first.is_visible()


def test_paper_holds_every_meaning(open_report, lang):
    page = open_report(lang).page
    page.evaluate("document.getElementById('appendix').open = true")
    page.emulate_media(media="print")
    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
    read = "".join(sheet.extract_text() for sheet in printed.pages[-2:])
    text = " ".join(unicodedata.normalize("NFKC", read).split())  # ligatures taken apart
    for term in terms(Words(lang), Settings()):
        assert " ".join(term.meaning.split()[:3]) in text, term.name
