"""The report as people open it: offline, on a phone, without script, in print."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from outreach_analysis.presentation.wording.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("lang", ["id", "en"])]

HEADINGS = {"id": "Usulan lokasi berikutnya:", "en": "Proposed next place:"}
SYNTHETIC = {"id": "DATA CONTOH (SINTETIS)", "en": "SAMPLE DATA (SYNTHETIC)"}
RESTS_ON = "{inside} of {n} past pop-ups fell inside their 90% range"


def test_asks_nothing_of_the_network_and_draws_every_area(open_report, lang, drawn_areas):
    opened = open_report(lang)
    assert opened.outside_requests == []
    assert opened.errors == []
    assert opened.page.evaluate(drawn_areas, "#main-map path.area") == 105
    assert opened.page.get_attribute("html", "lang") == lang


def test_file_is_small(reports, lang):
    assert reports[lang].stat().st_size < 3_000_000


def test_first_screen_answers_and_says_what_it_rests_on(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    heading = page.locator("h1")
    assert heading.inner_text().startswith(HEADINGS[lang])
    assert re.search(r"20\d\d", heading.inner_text())
    assert heading.bounding_box()["y"] < 844
    assert SYNTHETIC[lang] in page.locator(".banner").first.inner_text()
    said = (
        re.escape(Words(lang).say(RESTS_ON, inside="INSIDE", n="ALL")).replace("INSIDE", r"\d+").replace("ALL", r"\d+")
    )
    assert re.search(said, page.locator(".answer").inner_text())


def test_readable_without_script(open_report, lang):
    opened = open_report(lang, javascript=False)
    page = opened.page
    assert page.locator("h1").inner_text().startswith(HEADINGS[lang])
    assert page.locator("#main-map path.area").count() == 105
    assert page.locator("svg.chart g.row").count() >= 5
    assert page.locator("table").count() >= 8
    assert not page.locator("#open-map").is_visible()
    assert opened.outside_requests == []


def test_interactive_map_starts_on_demand_without_network(open_report, lang, drawn_areas):
    opened = open_report(lang)
    assert opened.page.evaluate("typeof window.Plotly") == "undefined"
    opened.page.click("#open-map")
    opened.page.wait_for_selector("body[data-map=drawn]", timeout=60_000)
    opened.page.wait_for_function("document.querySelectorAll('#interactive-map .choroplethlayer path').length >= 105")
    assert opened.page.evaluate(drawn_areas, "#interactive-map .choroplethlayer path") == 105
    assert opened.outside_requests == []
    assert opened.errors == []


def test_no_sideways_scroll_and_no_clipped_label_on_a_phone(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('svg.chart text, svg.map > text')].filter(text => {
            const box = text.getBoundingClientRect(), frame = text.closest('svg').getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1;
        }).map(text => text.textContent)"""
    )
    assert clipped == []


def test_prints_whole_charts_from_a_phone_wide_window(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    cut = page.evaluate(
        """() => [...document.querySelectorAll('svg.map, svg.chart')].filter(chart => {
            if (chart.closest('details:not([open])')) return false;  // folded away, not printed
            const box = chart.getBoundingClientRect();
            return box.left < 0 || box.right > 681 || box.height > 960 || box.width < 150;
        }).length"""
    )
    assert cut == 0
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    assert not page.locator("nav").is_visible()
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    assert 4 <= len(printed.pages) <= 20
    assert HEADINGS[lang] in printed.pages[0].extract_text()


def test_no_serious_fault_for_those_who_cannot_see_it(open_report, lang, grave_faults):
    assert grave_faults(open_report(lang).page) == []
