"""A notebook in a real JupyterLab, as `make lab` starts it: run from the menu, drawn, without a request leaving."""

from __future__ import annotations

import pytest
from jupyterlab_watched import CELLS, DRAWS_WITHIN, SCROLL, Lab, WayOut, nothing_left, opened_and_run
from playwright.sync_api import BrowserContext, Page

MAPS = ("figure-coverage", "figure-accessibility", "figure-need")
AREAS = 105
AREAS_SEEN = """id => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets.find(cell => cell.model.id === id);
    return [...cell.node.querySelectorAll('.choroplethlayer path')].filter(shape => {
        const box = shape.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && getComputedStyle(shape).visibility === 'visible';
    }).length;
}"""

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(context: BrowserContext, lab: Lab, asked: list[str]) -> Page:
    """The notebook, after all its cells were run by the menu."""
    assert asked == []
    return opened_and_run(context, lab, "02_coverage_today")


def test_all_cells_run_without_error(page: Page) -> None:
    cells = page.evaluate(CELLS)
    assert {*MAPS, "answer", "fill-answer"} <= {cell["id"] for cell in cells}
    assert [cell["id"] for cell in cells if cell["errors"]] == []


@pytest.mark.parametrize("cell", MAPS)
def test_maps_draw_every_kecamatan(page: Page, cell: str) -> None:
    page.evaluate(SCROLL, cell)
    page.wait_for_function(f"id => ({AREAS_SEEN})(id) >= {AREAS}", arg=cell, timeout=DRAWS_WITHIN * 1000)
    assert page.evaluate(AREAS_SEEN, cell) == AREAS


def test_the_answer_on_top_is_filled_in(page: Page) -> None:
    page.evaluate(SCROLL, "answer")
    page.wait_for_selector(".answer strong", timeout=DRAWS_WITHIN * 1000)
    assert any(letter.isdigit() for letter in page.locator(".answer strong").first.inner_text())


def test_nothing_left_the_machine(page: Page, asked: list[str], way_out: WayOut) -> None:
    nothing_left(page, asked, way_out)


def test_nobody_is_asked_whether_to_fetch_news(page: Page) -> None:
    assert page.locator(".jp-Notification-Toast, .Toastify__toast").count() == 0
    assert page.locator(".jp-Dialog").count() == 0
