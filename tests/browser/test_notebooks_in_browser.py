"""Exported notebooks as people open them: offline, on a phone, without script, in print."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import nbformat
import pytest
from pypdf import PdfReader

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))

FIGURE = "application/vnd.plotly.v1+json"

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("name", NAMES)]


@pytest.fixture
def page_of(notebook_pages: Path, name: str) -> Path:
    return notebook_pages / f"{name}.html"


@pytest.fixture
def shown_figures(notebook_pages: Path, name: str) -> list[dict[str, Any]]:
    """The figures of the notebook after it ran."""
    cells = nbformat.read(notebook_pages / f"{name}.ipynb", as_version=4).cells
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    return [bundle[FIGURE] for bundle in bundles if FIGURE in bundle]


@pytest.fixture
def n_figures(shown_figures: list[dict[str, Any]], name: str) -> int:
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    assert len(shown_figures) >= sum(cell.id.startswith("figure-") for cell in cells)
    return len(shown_figures)


@pytest.fixture
def areas_of_maps(shown_figures: list[dict[str, Any]]) -> list[tuple[int, bool]]:
    """How many areas each map of the notebook holds, and whether it shows all of them: plotly draws those in view."""
    return [
        (len(areas), "range" not in figure["layout"]["geo"].get("lonaxis", {}))
        for figure in shown_figures
        if (areas := [id_ for trace in figure["data"] if trace["type"] == "choropleth" for id_ in trace["locations"]])
    ]


def test_asks_nothing_of_the_network_and_draws_every_figure(open_page, page_of, n_figures, areas_of_maps, drawn_areas):
    n_areas = sum(areas for areas, _ in areas_of_maps)
    opened = open_page(page_of)
    page = opened.page
    for at in range(n_figures):
        page.locator("[data-figure]").nth(at).scroll_into_view_if_needed()
    page.wait_for_function(f"document.body.dataset.drawn === '{n_figures}'", timeout=60_000)
    page.wait_for_function(f"document.querySelectorAll('.moving .choroplethlayer path').length >= {n_areas}")
    assert page.locator(".moving .choroplethlayer path").count() == n_areas
    in_view = page.evaluate(drawn_areas, ".moving .choroplethlayer path")
    assert in_view >= sum(areas if whole else areas // 4 for areas, whole in areas_of_maps)
    assert in_view == n_areas or not all(whole for _, whole in areas_of_maps)
    assert page.locator(".still").first.is_hidden()
    assert page.locator(".modebar, .modebar-btn, .plotlyjsicon").count() == 0
    assert opened.outside_requests == []
    assert opened.errors == []


def test_file_is_small(page_of):
    assert page_of.stat().st_size < 6_000_000


def test_readable_without_script(open_page, page_of, n_figures, areas_of_maps):
    opened = open_page(page_of, javascript=False)
    page = opened.page
    assert page.locator("h1").inner_text().endswith("?")
    assert any(letter.isdigit() for letter in page.locator(".answer").inner_text())
    assert page.locator("figure svg.static:visible").count() == n_figures
    # a map that is moved to a part of its areas draws those in view
    drawn = page.locator("figure svg.static .area").count()
    assert drawn >= sum(areas if whole else areas // 4 for areas, whole in areas_of_maps)
    assert drawn == sum(areas for areas, _ in areas_of_maps) or not all(whole for _, whole in areas_of_maps)
    assert page.locator("table caption").count() >= 1
    assert opened.outside_requests == []


def test_no_sideways_scroll_and_no_clipped_label_on_a_phone(open_page, page_of):
    page = open_page(page_of, width=390, height=844).page
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


def test_prints_whole_charts_even_after_they_were_interactive(open_page, page_of, n_figures):
    page = open_page(page_of).page
    page.locator("[data-figure]").first.scroll_into_view_if_needed()
    page.wait_for_function("document.body.dataset.drawn >= 1", timeout=60_000)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    assert page.locator(".moving").first.is_hidden()
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('figure svg.static')].filter(chart => chart.getClientRects().length)
            .map(chart => {
            const box = chart.getBoundingClientRect();
            return [box.left, box.right, box.width];
        })"""
    )
    assert len(sizes) == n_figures
    assert all(left >= 0 and right <= 681 and width >= 150 for left, right, width in sizes)
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    assert 2 <= len(printed.pages) <= 24
    assert page.locator("h1").inner_text().split()[0] in printed.pages[0].extract_text()


def test_no_serious_fault_for_those_who_cannot_see_it(open_page, page_of, grave_faults):
    page = open_page(page_of).page
    page.locator("[data-figure]").first.scroll_into_view_if_needed()
    page.wait_for_function("document.body.dataset.drawn >= 1", timeout=60_000)
    assert grave_faults(page) == []
