"""The report as people open it: offline, on a phone, without script, in print."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from outreach_analysis.report.words import Words

pytestmark = pytest.mark.browser
in_english_if_slow = pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
"""The English page is for `make slow`: both have the same script."""

HEADINGS = {"id": "Usulan lokasi berikutnya", "en": "Proposed next place"}
SYNTHETIC = {"id": "DATA CONTOH (SINTETIS)", "en": "SAMPLE DATA (SYNTHETIC)"}
RESTS_ON = "{inside} of {n} past pop-ups fell inside their 90% range"


@in_english_if_slow
def test_asks_nothing_of_the_network_and_draws_every_area(open_report, lang, drawn_areas):
    opened = open_report(lang)
    assert opened.outside_requests == []
    assert opened.errors == []
    assert opened.page.evaluate(drawn_areas, "#main-map svg:first-of-type use.area") >= 105
    assert opened.page.get_attribute("html", "lang") == lang


@in_english_if_slow
def test_file_is_small(reports, lang):
    assert reports[lang].stat().st_size < 700_000


@in_english_if_slow
def test_first_screen_answers_and_says_what_it_rests_on(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    heading = page.locator("h1")
    assert page.locator(".kicker").inner_text() == HEADINGS[lang]
    assert re.search(r"20\d\d", heading.inner_text())
    assert page.locator(".big > div").count() == 3
    for part in ("h1", ".big", ".strip svg.narrow", ".answer > p:last-of-type", ".next"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 1300, part
    assert page.evaluate("document.documentElement.scrollHeight") <= 9000
    assert SYNTHETIC[lang] in page.locator(".banner").first.inner_text()
    said = (
        re.escape(Words(lang).say(RESTS_ON, inside="INSIDE", n="ALL")).replace("INSIDE", r"\d+").replace("ALL", r"\d+")
    )
    assert re.search(said, page.locator(".answer").inner_text())


@in_english_if_slow
def test_readable_without_script(open_report, lang):
    opened = open_report(lang, javascript=False)
    page = opened.page
    assert page.locator("h1").is_visible()
    assert page.locator("#main-map [data-layer=reach] use.area").count() >= 105
    assert page.locator("svg.narrow circle").count() >= 5
    assert page.locator("table").count() >= 8
    page.locator("#map-layers input[value=reach]").check(force=True)  # by style alone
    assert page.locator("#main-map figcaption [data-layer=reach]").is_visible()
    assert not page.locator("#main-map figcaption [data-layer=coverage]").is_visible()
    assert opened.outside_requests == []


@in_english_if_slow
def test_the_map_stands_beside_the_answer_on_a_desk(open_report, lang):
    page = open_report(lang).page
    answer, drawing = page.locator(".answer").bounding_box(), page.locator("#main-map svg.map").first.bounding_box()
    assert drawing["x"] >= answer["x"] + answer["width"]
    assert drawing["y"] + drawing["height"] <= 1300


@in_english_if_slow
def test_layers_of_the_map_are_chosen(open_report, lang, drawn_areas):
    opened = open_report(lang, width=390, height=844)
    page = opened.page

    def colours():
        return page.evaluate(
            """() => [...document.querySelectorAll('#main-map use, #main-map circle')]
                .filter(mark => mark.getClientRects().length).map(mark => getComputedStyle(mark).fill)"""
        )

    shown = colours()
    for layer in ("need", "reach", "plan"):
        page.locator(f"#map-layers input[value={layer}]").check(force=True)
        assert page.evaluate(drawn_areas, "#main-map use.area") > 105
        assert colours() != shown
        assert page.locator(f"#main-map figcaption [data-layer={layer}]").is_visible()
        shown = colours()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.outside_requests == []
    assert opened.errors == []


@in_english_if_slow
def test_every_mark_says_more_to_finger_pointer_and_keyboard(open_report, lang):
    opened = open_report(lang, width=390, height=844)
    page, tip = opened.page, opened.page.locator(".tip")
    assert not tip.is_visible()
    ranking = page.locator(".strip svg.narrow")
    ranking.scroll_into_view_if_needed()
    dot = ranking.locator("circle").first.bounding_box()
    # a finger is less exact than a pointer
    page.mouse.click(dot["x"] + dot["width"] / 2 + 8, dot["y"] + dot["height"] / 2 + 8)
    first = tip.inner_text()
    assert re.search(r": \d+ \(\d+.\d+\)$", first)
    ranking.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert re.search(r"\d", tip.inner_text())
    assert tip.get_attribute("role") == "status"
    box, said = tip.bounding_box(), tip.inner_text()
    assert said != first
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.mouse.move(1, 1)  # what scrolls away under a resting pointer would end what is shown next
    page.locator("#main-map svg").first.scroll_into_view_if_needed()
    page.locator("#main-map [data-layer=coverage] use.area").nth(40).dispatch_event("pointermove", {"bubbles": True})
    assert ":" in tip.inner_text()
    assert opened.errors == []


@in_english_if_slow
@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_of_a_drawing_is_small_and_one_form_of_each_is_shown(open_report, lang, width):
    page = open_report(lang, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    small = page.evaluate(
        """() => [...document.querySelectorAll('svg.static text')].filter(text => text.getClientRects().length)
            .filter(text => {
                const svg = text.closest('svg'), scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
                return parseFloat(getComputedStyle(text).fontSize) * scale < 12;
            }).map(text => text.textContent)"""
    )
    assert small == []
    assert page.locator(".of-ranking svg.broad").is_visible() == (width == 1280)
    assert page.locator(".of-ranking svg.narrow").is_visible() == (width == 390)


@in_english_if_slow
def test_a_plan_is_tried_out(open_report, lang, grave_faults):
    opened = open_report(lang, width=390, height=844)
    page = opened.page
    page.evaluate("document.getElementById('appendix').open = true")
    published = "#chosen-plan [data-part=told]"
    before = page.inner_text("#chosen-plan")

    def areas():
        return page.evaluate(
            "[...document.querySelectorAll('#chosen-plan use')].map(area => area.getAttribute('fill'))"
        )

    choices = page.locator("#choose-plan input[name=events]")
    assert choices.count() == 8
    choices.nth(7).check(force=True)
    assert page.locator("#chosen-plan tbody tr").count() == 8
    assert page.locator("#chosen-plan svg circle:visible").count() == 8
    assert page.inner_text("#chosen-plan") != before
    even, colours = page.inner_text(published), areas()
    page.locator("#choose-plan input[name=weight]").last.check(force=True)
    assert page.inner_text(published) != even
    assert areas() != colours
    assert page.locator("#chosen-plan use").count() == 105
    rows = page.eval_on_selector_all("#chosen-plan tbody tr", "rows => rows.map(row => row.lastChild.textContent)")
    assert all(row.strip().isdigit() for row in rows)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert grave_faults(page) == []
    assert opened.outside_requests == []
    assert opened.errors == []


@in_english_if_slow
def test_plans_are_in_a_table_without_script(open_report, lang):
    page = open_report(lang, javascript=False).page
    page.locator("#appendix > summary").click()
    assert not page.locator("#choose-plan").is_visible()
    assert page.locator("#chosen-plan svg circle:visible").count() >= 1
    summary = page.locator("#chosen-plan ~ details > summary")
    summary.click()
    assert page.locator("#chosen-plan ~ details tbody tr").count() >= 8


@in_english_if_slow
def test_no_sideways_scroll_and_no_clipped_label_on_a_phone(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('svg.static text')]
            .filter(text => text.getClientRects().length).filter(text => {
            const box = text.getBoundingClientRect(), frame = text.closest('svg').getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1;
        }).map(text => text.textContent)"""
    )
    assert clipped == []


@in_english_if_slow
def test_prints_whole_charts_from_a_phone_wide_window(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    cut = page.evaluate(
        """() => [...document.querySelectorAll('svg.static')].filter(chart => {
            if (!chart.getClientRects().length) return false;  // the other of its two forms
            if (chart.closest('details:not([open]), .of-scenarios')) return false;  // folded away, not printed
            const box = chart.getBoundingClientRect();
            return box.left < 0 || box.right > 681 || box.height > 960 || box.width < 150;
        }).length"""
    )
    assert cut == 0
    wide = page.evaluate(
        """() => [...document.querySelectorAll('table')].filter(table => !table.closest('details:not([open])')
            && table.getBoundingClientRect().right > 681).map(table => table.caption.textContent)"""
    )
    assert wide == []
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    assert not page.locator("nav").is_visible()
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert len(printed.pages) == 2
    assert HEADINGS[lang] in printed.pages[0].extract_text()
    page.evaluate("document.getElementById('appendix').open = true")
    assert 4 <= len(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages) <= 12


@in_english_if_slow
def test_plans_to_try_out_are_printed_once_one_was_chosen(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.evaluate("document.getElementById('appendix').open = true")
    page.emulate_media(media="print")
    assert not page.locator("#chosen-plan").is_visible()
    page.emulate_media(media="screen")
    page.locator("#choose-plan input[name=events]").first.check()
    page.emulate_media(media="print")
    assert page.locator("#chosen-plan").is_visible()


@in_english_if_slow
@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_no_fault_for_those_who_cannot_see_it_with_all_folds_open(open_report, lang, width, every_fault):
    page = open_report(lang, width=width).page
    page.evaluate(
        "document.querySelectorAll('details').forEach(part => { part.removeAttribute('name'); part.open = true; })"
    )
    assert every_fault(page) == []


@in_english_if_slow
def test_targets_are_large_and_no_text_is_small(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input')].filter(target => {
            const box = target.getBoundingClientRect();
            return target.getClientRects().length && (box.width < 24 || box.height < 24);
        }).map(target => target.outerHTML.slice(0, 90))"""
    )
    assert small == []
    tiny = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(part => part.getClientRects().length
            && !part.closest('svg') && [...part.childNodes].some(node => node.nodeType === 3 && node.data.trim())
            && parseFloat(getComputedStyle(part).fontSize) < 12).map(part => part.outerHTML.slice(0, 90))"""
    )
    assert tiny == []


@in_english_if_slow
def test_the_map_comes_nearer_and_the_summary_is_there_to_copy(open_report, lang):
    opened = open_report(lang, width=390, height=844)
    page = opened.page
    drawing = page.locator("#main-map svg.map").first
    before = drawing.get_attribute("viewBox")
    page.locator("#main-map .zoom button").first.click()
    assert float(drawing.get_attribute("viewBox").split()[2]) < float(before.split()[2])
    page.locator("#main-map .zoom button").last.click()
    assert [float(n) for n in drawing.get_attribute("viewBox").split()] == pytest.approx(
        [float(n) for n in before.split()]
    )
    page.locator(".steps summary").last.click()
    assert page.locator("h1 .day").inner_text() in page.locator("#summary").inner_text()
    assert opened.errors == []
