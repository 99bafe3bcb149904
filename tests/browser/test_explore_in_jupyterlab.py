"""The notebook to explore, in a real JupyterLab: a click on the map, controls, what-if, and own cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from jupyterlab_watched import (
    CELLS,
    DRAWS_WITHIN,
    KERNEL_IDLE,
    RUNS_WITHIN,
    SCROLL,
    Lab,
    WayOut,
    nothing_left,
    opened_and_run,
    run_cell,
)
from playwright.sync_api import BrowserContext, Locator, Page, expect

import outreach_analysis as oa

AREAS = 105
EXPLORER, WHAT_IF = "figure-people", "table-plan"
# the middle of the largest of some areas that lies within itself and in view
CLICKABLE = """(cell, wanted) => {
    const inside = shape => {
        const box = shape.getBoundingClientRect();
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const at = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
        const hit = shape.isPointInFill(at) && y > 100 && y < innerHeight - 50;
        return hit ? { x, y, size: box.width * box.height, area: shape.__data__.loc } : null;
    };
    const found = [...cell.querySelectorAll('.choroplethlayer path')].map(inside).filter(Boolean);
    return found.filter(one => wanted.includes(one.area)).sort((a, b) => b.size - a.size)[0];
}"""

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(context: BrowserContext, lab: Lab, asked: list[str]) -> Page:
    """The notebook, after all its cells were run by the menu."""
    assert asked == []
    return opened_and_run(context, lab, "08_explore")


@pytest.fixture
def cell(page: Page) -> Callable[[str], Locator]:
    """A cell by its id, scrolled into view."""

    def shown(name: str) -> Locator:
        page.evaluate(SCROLL, name)
        at = page.evaluate(f"id => ({CELLS})().findIndex(cell => cell.id === id)", name)
        assert at >= 0
        page.wait_for_timeout(300)
        return page.locator(f'.jp-Cell[data-cell="{name}"]')

    # JupyterLab does not write the ids of cells into the page
    page.evaluate("""() => window.jupyterapp.shell.currentWidget.content.widgets
        .forEach(cell => { cell.node.dataset.cell = cell.model.id; })""")
    return shown


def control(cell: Locator, label: str) -> Locator:
    return cell.get_by_label(label, exact=True)


def captions(cell: Locator) -> list[str]:
    return cell.locator("caption").all_inner_texts()


def area_paths(cell: Locator) -> Locator:
    return cell.locator(".choroplethlayer path")


def test_all_cells_run_without_error(page: Page) -> None:
    assert [found["id"] for found in page.evaluate(CELLS) if found["errors"]] == []


def click(page: Page, explorer: Locator, wanted: list[str]) -> str:
    """Click one of these areas on the map, and say which."""
    expect(area_paths(explorer)).to_have_count(AREAS, timeout=DRAWS_WITHIN * 1000)
    spot = explorer.evaluate(CLICKABLE, wanted)
    page.mouse.move(spot["x"], spot["y"])
    page.mouse.click(spot["x"], spot["y"])
    return str(spot["area"])


def test_a_click_tells_of_a_kecamatan(page: Page, cell: Callable[[str], Locator]) -> None:
    explorer, study = cell(EXPLORER), oa.sample()
    came = study.counts.groupby("area_id")["applicants"].sum()
    visited = set(study.sites["area_id"].str[:8])
    area_id = click(page, explorer, [area for area in came.index[came > 20] if area in visited])
    area = f"{study.areas['name'][area_id]}, {study.areas['parent_name'][area_id]}"
    said = (
        "Who came from {}, by pop-up",
        "Who came from {}, by month",
        "Places in {}",
        "Expected from {} at one pop-up",
    )
    expect(explorer.locator("caption")).to_have_text([text.format(area) for text in said], timeout=RUNS_WITHIN * 1000)
    by_event, by_month = (explorer.locator("table").nth(n).locator("tbody tr") for n in range(2))
    to_area = study.counts[(study.counts["area_id"] == area_id) & (study.counts["applicants"] > 0)]
    assert by_event.count() == to_area["event_id"].isin(study.held.index).sum()
    assert 1 <= by_month.count() <= by_event.count()
    run_cell(page, "inside-chosen", "explorer.area_id")
    assert cell("inside-chosen").locator(".jp-OutputArea-output pre").inner_text() == repr(area_id)


def test_where_nobody_came_from_is_said(page: Page, cell: Callable[[str], Locator]) -> None:
    explorer, study = cell(EXPLORER), oa.sample()
    came = study.counts.groupby("area_id")["applicants"].sum()
    area_id = click(page, explorer, list(came.index[came == 0]))
    told = explorer.get_by_text(f"Nobody came from {study.areas['name'][area_id]},")
    expect(told).to_have_count(1, timeout=RUNS_WITHIN * 1000)


def test_controls_cut_map_and_tables_together(page: Page, cell: Callable[[str], Locator]) -> None:
    explorer = cell(EXPLORER)
    control(explorer, "Kabupaten or kota").select_option("Kota Samarinda")
    expect(area_paths(explorer)).to_have_count(10, timeout=DRAWS_WITHIN * 1000)
    control(explorer, "From month").select_option(index=3)
    control(explorer, "To month").select_option(index=8)
    page.wait_for_function(KERNEL_IDLE, timeout=DRAWS_WITHIN * 1000)
    run_cell(page, "inside-chosen", "(explorer.chosen.held['date'].min().isoformat(), len(explorer.chosen.held))")
    shown = cell("inside-chosen").locator(".jp-OutputArea-output pre").inner_text()
    months = oa.sample().held["date"].sort_values().dt.to_period("M").drop_duplicates()
    assert shown.strip("('")[:7] >= str(months.iloc[2])
    for label in ("Kabupaten or kota", "From month", "To month"):
        control(explorer, label).select_option(index=0)
    expect(area_paths(explorer)).to_have_count(AREAS, timeout=DRAWS_WITHIN * 1000)


def test_one_pop_up_alone(page: Page, cell: Callable[[str], Locator]) -> None:
    explorer = cell(EXPLORER)
    control(explorer, "Pop-up").select_option(index=1)
    page.wait_for_function(KERNEL_IDLE, timeout=DRAWS_WITHIN * 1000)
    run_cell(page, "inside-chosen", "list(explorer.chosen.events.index)")
    study = oa.sample()
    shown = cell("inside-chosen").locator(".jp-OutputArea-output pre").inner_text()
    assert shown == str([study.held["date"].idxmax()])
    control(explorer, "Pop-up").select_option(index=0)
    page.wait_for_function(KERNEL_IDLE, timeout=DRAWS_WITHIN * 1000)


def test_a_place_is_marked_and_told(page: Page, cell: Callable[[str], Locator]) -> None:
    explorer, study = cell(EXPLORER), oa.sample()
    name = study.ranking.by_site["name"].iloc[0]
    control(explorer, "Place").select_option(name)
    table = explorer.locator("table", has_text="Places for the next pop-up")
    expect(table.locator("tbody tr")).to_have_count(1, timeout=DRAWS_WITHIN * 1000)
    assert name in table.inner_text()
    expect(explorer.locator(".legendtext", has_text=name)).to_have_count(1)


def test_two_periods_are_compared(page: Page, cell: Callable[[str], Locator]) -> None:
    before = cell("inside-periods").locator("table").inner_text()
    lines = (
        'earlier = study.select(dates=("2024-01-01", "2026-03-31"))',
        'later = study.select(dates=("2026-04-01", "2026-12-31"))',
        "earlier.compare(later).table(lang=LANGUAGE)",
    )
    run_cell(page, "inside-periods", "\n".join(lines))
    after = cell("inside-periods").locator("table").inner_text()
    assert "Two studies compared" in before
    assert "Two studies compared" in after
    assert after != before


def test_two_kabupaten_are_compared(page: Page, cell: Callable[[str], Locator]) -> None:
    lines = (
        'first, second = study.select(kabupaten="Kota Samarinda"), study.select(kabupaten="Kota Bontang")',
        "first.compare(second).table(lang=LANGUAGE)",
    )
    run_cell(page, "inside-periods", "\n".join(lines))
    names = oa.sample().sites["name"]
    shown = cell("inside-periods").locator("table").inner_text()
    assert sum(name in shown for name in names) >= 2


def test_what_if_stands_beside_the_plan(page: Page, cell: Callable[[str], Locator]) -> None:
    asked = cell(WHAT_IF)
    assert len(captions(asked)) == 1
    expect(control(asked, "Close").locator("option:checked")).to_have_text("None")
    today = [row.split("\t")[:2] for row in asked.locator("table").inner_text().splitlines() if "2026" in row]
    control(asked, "Would have come to the office anyway (%)").fill("85")
    control(asked, "Near a service point (km)").fill("15")
    control(asked, "Visit where more people than this are interested").fill("5")
    control(asked, "Close").select_option("UKK Sangatta")
    control(asked, "Add a place in").select_option("Muara Badak, Kabupaten Kutai Kartanegara")
    asked.get_by_role("button", name="Compute").click()
    expect(asked.locator("caption")).to_have_count(3, timeout=RUNS_WITHIN * 1000)
    comparison, before, after = (asked.locator("table").nth(n).inner_text() for n in range(3))
    assert all(place in before for row in today for place in row)
    assert not all(place in after for row in today for place in row)
    for setting in ("interest_threshold_people", "service_threshold_km", "Residents near a service point"):
        assert setting in comparison
    run_cell(page, "inside-chosen", "(asked.changed.displacement.pooled, 'ADDED-1' in asked.changed.sites.index)")
    shown = cell("inside-chosen").locator(".jp-OutputArea-output pre").inner_text()
    assert shown == "(0.85, True)"


def test_frames_are_shown_joined_and_saved(page: Page, cell: Callable[[str], Locator]) -> None:
    heads = cell("inside-counts").locator("thead th").all_inner_texts()
    assert [head for head in heads if head] == ["event_id", "area_id", "applicants"]
    assert "own_number" in cell("inside-join").locator("thead").first.inner_text()
    said = cell("inside-save").locator(".jp-OutputArea-output pre").inner_text()
    map_, book = (Path(path) for path in re.findall(r"PosixPath\('(.+?)'\)", said))
    saved = gpd.read_file(map_)
    assert len(saved) == AREAS
    assert {"name", "applicants", "own_number"} <= set(saved)
    assert zipfile.is_zipfile(book)


def test_nothing_left_the_machine(page: Page, asked: list[str], way_out: WayOut) -> None:
    nothing_left(page, asked, way_out)
