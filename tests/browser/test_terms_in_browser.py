"""Terms of the report on a phone, by keyboard, and on paper."""

from __future__ import annotations

import io
import unicodedata

import pytest
from pypdf import PdfReader

from outreach_analysis.report.glossary import terms
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("lang", ["id", "en"])]


def test_a_tap_leads_to_the_entry_without_script_and_back_again(open_report, lang):
    page = open_report(lang, width=390, height=844, javascript=False).page
    first = page.locator("section.answer a.term").first
    target = first.get_attribute("href")
    first.click()
    entry = page.locator(target)
    assert 0 <= entry.bounding_box()["y"] < 844
    assert entry.locator("dd").inner_text() == first.get_attribute("title")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.go_back()
    assert 0 <= first.bounding_box()["y"] < 844


def test_the_keyboard_reaches_a_term_and_shows_where_it_is(open_report, lang):
    page = open_report(lang).page
    page.keyboard.press("Tab")
    focused = page.evaluate("[document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]")
    assert focused == ["term", "solid"]
    page.keyboard.press("Enter")
    assert page.url.split("#")[1].startswith({"id": "istilah-", "en": "term-"}[lang])


def test_paper_holds_every_meaning(open_report, lang):
    page = open_report(lang).page
    page.emulate_media(media="print")
    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
    read = "".join(sheet.extract_text() for sheet in printed.pages[-2:])
    text = " ".join(unicodedata.normalize("NFKC", read).split())  # ligatures taken apart
    for term in terms(Words(lang), Settings()):
        assert " ".join(term.meaning.split()[:3]) in text, term.name
