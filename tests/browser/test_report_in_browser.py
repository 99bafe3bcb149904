"""The report as people open it: offline, on a phone, without script, in print."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from outreach_analysis.report.words import Words

pytestmark = pytest.mark.browser
in_both = pytest.mark.parametrize("lang", ["id", "en"])
in_english_if_slow = pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
"""Of what takes long, the English page is for `make slow`: both have the same script."""

HEADINGS = {"id": "Usulan lokasi berikutnya:", "en": "Proposed next place:"}
SYNTHETIC = {"id": "DATA CONTOH (SINTETIS)", "en": "SAMPLE DATA (SYNTHETIC)"}
RESTS_ON = "{inside} of {n} past pop-ups fell inside their 90% range"


@in_both
def test_asks_nothing_of_the_network_and_draws_every_area(open_report, lang, drawn_areas):
    opened = open_report(lang)
    assert opened.outside_requests == []
    assert opened.errors == []
    assert opened.page.evaluate(drawn_areas, "#main-map path.area") == 105
    assert opened.page.get_attribute("html", "lang") == lang


@in_both
def test_file_is_small(reports, lang):
    assert reports[lang].stat().st_size < 3_000_000


@in_both
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


@in_both
def test_readable_without_script(open_report, lang):
    opened = open_report(lang, javascript=False)
    page = opened.page
    assert page.locator("h1").inner_text().startswith(HEADINGS[lang])
    assert page.locator("#main-map path.area").count() == 105
    assert page.locator("svg.chart g.row").count() >= 5
    assert page.locator("table").count() >= 8
    assert not page.locator("#open-map").is_visible()
    assert opened.outside_requests == []


@in_english_if_slow
def test_interactive_map_starts_on_demand_without_network(open_report, lang, drawn_areas):
    opened = open_report(lang)
    assert opened.page.evaluate("typeof window.Plotly") == "undefined"
    opened.page.click("#open-map")
    opened.page.wait_for_selector("body[data-map=drawn]", timeout=60_000)
    opened.page.wait_for_function("document.querySelectorAll('#interactive-map .choroplethlayer path').length >= 105")
    assert opened.page.evaluate(drawn_areas, "#interactive-map .choroplethlayer path") == 105
    assert opened.outside_requests == []
    assert opened.errors == []


@in_english_if_slow
def test_layers_and_places_of_the_map_are_chosen(open_report, lang, drawn_areas):
    opened = open_report(lang, width=390, height=844)
    page = opened.page
    assert not page.locator("#map-layers").is_visible()
    page.click("#open-map")
    page.wait_for_selector("body[data-map=drawn]", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('#interactive-map .choroplethlayer path').length >= 105")

    def colours():
        return page.evaluate(
            """() => [...document.querySelectorAll('#interactive-map .choroplethlayer path')]
                .map(area => getComputedStyle(area).fill)"""
        )

    def marks():
        return page.locator("#interactive-map .scattergeo path.point").count()

    shown, count = colours(), marks()
    for layer in ("need", "coverage", "plan"):
        page.locator(f"#map-layers input[value={layer}][name=layer]").check(force=True)
        page.wait_for_timeout(300)
        assert page.evaluate(drawn_areas, "#interactive-map .choroplethlayer path") == 105
        assert colours() != shown
        assert page.locator(f"#map-layers [data-layer={layer}]").is_visible()
        shown = colours()
    for kind in ("candidate", "event", "fixed", "plan"):
        page.locator(f"#map-layers input[value={kind}][name=places]").uncheck(force=True)
        page.wait_for_timeout(200)
        assert marks() < count
        count = marks()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.outside_requests == []
    assert opened.errors == []


@in_english_if_slow
def test_charts_show_their_details_on_demand(open_report, lang, grave_faults):
    opened = open_report(lang)
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    names = [
        button.get_attribute("data-figure") for button in page.query_selector_all("button[data-figure]:not(#open-map)")
    ]
    assert set(names) >= {"ranking", "curve", "lorenz", "decay", "channels", "past"}
    for name in names:
        still = page.locator(f"svg.chart:has(+ #interactive-{name})")
        assert still.is_visible()
        page.click(f"button[data-figure={name}]")
        page.wait_for_selector(f"body[data-{name}=drawn]", timeout=60_000)
        assert page.locator(f"#interactive-{name} .plot-container").is_visible()
        assert not still.is_visible()
    assert grave_faults(page) == []
    page.emulate_media(media="print")
    assert page.locator("svg.chart:has(+ #interactive-ranking)").is_visible()
    assert not page.locator("#interactive-ranking").is_visible()
    assert opened.outside_requests == []
    assert opened.errors == []


@in_english_if_slow
def test_a_plan_is_tried_out(open_report, lang, grave_faults):
    opened = open_report(lang, width=390, height=844)
    page = opened.page
    published = "#chosen-plan [data-part=told]"
    before = page.inner_text("#chosen-plan")
    choices = page.locator("#choose-plan input[name=events]")
    assert choices.count() == 8
    choices.nth(7).check(force=True)
    assert page.locator("#chosen-plan tbody tr").count() == 8
    assert page.locator("#chosen-plan [data-part=marks] g.candidate").count() == 8
    assert page.inner_text("#chosen-plan") != before
    even, colours = page.inner_text(published), page.evaluate("document.querySelector('[data-part=areas]').innerHTML")
    page.locator("#choose-plan input[name=weight]").last.check(force=True)
    assert page.inner_text(published) != even
    assert page.evaluate("document.querySelector('[data-part=areas]').innerHTML") != colours
    assert page.locator("#chosen-plan [data-part=areas] use").count() == 105
    rows = page.eval_on_selector_all("#chosen-plan tbody tr", "rows => rows.map(row => row.lastChild.textContent)")
    assert all(row.strip().isdigit() for row in rows)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert grave_faults(page) == []
    assert opened.outside_requests == []
    assert opened.errors == []


@in_both
def test_plans_are_in_a_table_without_script(open_report, lang):
    page = open_report(lang, javascript=False).page
    assert not page.locator("#choose-plan").is_visible()
    assert page.locator("#chosen-plan [data-part=marks] g.candidate").count() >= 1
    summary = page.locator("#chosen-plan + details > summary")
    summary.click()
    assert page.locator("#chosen-plan + details tbody tr").count() >= 8


@in_english_if_slow
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


@in_english_if_slow
def test_prints_whole_charts_from_a_phone_wide_window(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    cut = page.evaluate(
        """() => [...document.querySelectorAll('svg.map, svg.chart')].filter(chart => {
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
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    assert 4 <= len(printed.pages) <= 20
    assert HEADINGS[lang] in printed.pages[0].extract_text()


@in_both
def test_plans_to_try_out_are_printed_once_one_was_chosen(open_report, lang):
    page = open_report(lang, width=390, height=844).page
    page.emulate_media(media="print")
    assert not page.locator("#chosen-plan").is_visible()
    page.emulate_media(media="screen")
    page.locator("#choose-plan input[name=events]").first.check()
    page.emulate_media(media="print")
    assert page.locator("#chosen-plan").is_visible()


@in_english_if_slow
def test_no_serious_fault_for_those_who_cannot_see_it(open_report, lang, grave_faults):
    assert grave_faults(open_report(lang).page) == []
