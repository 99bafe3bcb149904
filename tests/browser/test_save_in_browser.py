"""What is taken along from the page: a table as CSV, a figure as SVG or PNG, made without network."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

STAMP = "DATA CONTOH (SINTETIS)"
SVG = "{http://www.w3.org/2000/svg}"
OPEN_FOLDS = "document.querySelectorAll('details').forEach(part => { part.removeAttribute('name'); part.open = true; })"


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory: pytest.TempPathFactory, reports: dict[str, Path]) -> Path:
    """The page as `--plain` leaves it: without any script."""
    path = tmp_path_factory.mktemp("plain") / "plain.html"
    path.write_text(re.sub(r"<script>.*?</script>", "", reports["id"].read_text("utf-8"), flags=re.S), encoding="utf-8")
    return path


@pytest.fixture
def opened(open_report: Callable):
    page = open_report("id")
    page.page.evaluate(OPEN_FOLDS)
    return page


def saved(page, press) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        press()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_table_is_saved_as_it_stands_with_its_source(opened) -> None:
    page = opened.page
    table = page.locator("section.of-ranking .saved:has(> .scroll)").first
    name, content = saved(page, table.locator(".save button").click)
    assert name.endswith(".csv")
    assert "data-contoh" in name
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    shown = [
        [" ".join(cell.split()) for cell in row]
        for row in table.locator("table").evaluate(
            "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )
    ]
    assert rows[: len(shown)] == shown
    assert len(shown) > 3
    assert STAMP in rows[-1][0]
    assert "Kantor Imigrasi" in rows[-1][0]


def test_no_cell_becomes_a_formula_and_a_minus_is_a_number(opened) -> None:
    page = opened.page
    typed = ['=HYPERLINK("x")', "@x", "+x;y", "−3,5", "+2", "-2+3+cmd|' /C calc'!A0", "\u200b=1+1"]
    page.evaluate(
        """typed => { const cells = document.querySelectorAll('section.of-ranking table tbody td');
            typed.forEach((text, n) => { cells[n].textContent = text; }); }""",
        typed,
    )
    _, content = saved(page, page.locator("section.of-ranking .save button[aria-label^=CSV]").first.click)
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";") for cell in row]
    assert {'\'=HYPERLINK("x")', "'@x", "'+x;y", "-3,5", "+2"} <= set(cells)
    assert {"'-2+3+cmd|' /C calc'!A0", "'\u200b=1+1"} <= set(cells)


def test_every_table_and_every_figure_has_its_buttons_and_nothing_leaves_the_page(opened) -> None:
    page = opened.page
    counts = page.evaluate(
        """() => ['main table', '.save button[aria-label^=CSV]', 'main figure', '.save button[aria-label^=SVG]',
            '.save button[aria-label^=PNG]'].map(what => document.querySelectorAll(what).length)"""
    )
    assert counts[0] == counts[1] >= 20
    assert counts[2] == counts[3] == counts[4] >= 8
    assert opened.outside_requests == []
    assert opened.errors == []


def test_every_figure_is_saved_whole_with_title_legend_and_stamp(opened) -> None:
    page = opened.page
    figures = page.locator("main figure")
    for n in range(figures.count()):
        figure = figures.nth(n)
        title = figure.locator("figcaption .finding:visible").first.inner_text()
        name, content = saved(page, figure.locator(".save button[aria-label^=SVG]").click)
        assert name.endswith(".svg")
        drawing = ElementTree.fromstring(content)
        told = " ".join("".join(part.itertext()) for part in drawing.iter(f"{SVG}text"))
        assert " ".join(title.split()) in told
        assert STAMP in told
        for entry in figure.locator(".legend li:visible").all_inner_texts():
            assert entry.strip() in told
        ids = {part.get("id") for part in drawing.iter() if part.get("id")}
        asked = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", content.decode("utf-8")))
        assert {one or other for one, other in asked} <= ids, title
        assert len(list(drawing.iter())) > 30


def test_a_picture_shows_what_the_drawing_shows(opened) -> None:
    page = opened.page
    name, content = saved(page, page.locator("#main-map .save button[aria-label^=PNG]").click)
    assert name.endswith(".png")
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert picture.width >= 1080
    assert picture.height > picture.width
    star = np.abs(np.asarray(picture, dtype=int) - (0xC2, 0x41, 0x0C)).max(axis=2) < 8
    assert star.sum() > 100, "the proposal's star is on it"
    assert opened.errors == []


def test_the_plain_page_and_paper_have_no_buttons(opened, open_page: Callable, plain_page: Path) -> None:
    assert open_page(plain_page).page.locator(".save").count() == 0
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".save:visible").count() == 0
