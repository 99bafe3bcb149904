"""Names that try to be more than names appear as text wherever they stand: report, brief, notebook, hover, tables."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAYLOADS = {
    "P1": "Mal <script>window.pwned = 1</script>",
    "P2": "</script></style></title><img src=x onerror='window.pwned = 2'>",
    "P3": "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %>",
    "P4": "\"Mal\" 'Baru' `Lama` & Co; </svg><svg onload=window.pwned=4>",
    "P5": "Mal \u202eKebalik\u202c \u200fKanan \u200b",
    "P6": "Mal \U0001f600 \U0001f1ee\U0001f1e9 Ceria",
    "P7": "Panjang" * 43,
    "P8": '=HYPERLINK("https://example.org","x")',
}
AS_OF = '[office]\nname = "Kantor <b>Imigrasi</b> {{ 7*7 }} </style>"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n'


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "outreach_analysis", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose places and lists bear such names; the pesantren are under no rule, so that all are ranked."""
    home = tmp_path_factory.mktemp("payloads")
    (home / "applicants").mkdir()
    (home / "outreach.toml").write_text(AS_OF, encoding="utf-8")
    sites = [["KANIM", "Kantor", "office", "64.72.02", "117.14", "-0.49"]]
    sites += [
        [site, name, "pesantren", "64.02.06", f"{116.9 + at / 50:.2f}", "-0.40"]
        for at, (site, name) in enumerate(PAYLOADS.items())
    ]
    write(home / "sites.csv", ["site_id", "name", "kind", "area", "lon", "lat"], sites)
    write(home / "events.csv", ["event_id", "site_id", "date", "status"], [["E1", "P1", "01/02/2025", "held"]])
    people = [["01/02/2025", "E1", place, ""] for place in ["Tenggarong", *PAYLOADS.values()]]
    write(home / "applicants" / "<b onclick=x>E1.csv", ["service_date", "event_id", "kecamatan", "kabupaten"], people)
    return home


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture(scope="module")
def pages(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("pages")
    run("report", "--data", str(folder), "--lang", "both", "--out", str(out))
    run("brief", "P2", "--data", str(folder), "--out", str(out))
    run("notebooks", "--data", str(folder), "--only", "05_next_popup", "--out", str(out))
    return {path.stem: path for path in out.iterdir()}


def said(text: str) -> str:
    """A text as a page shows it: marks of direction are dropped while reading, white space is joined."""
    return " ".join(re.sub("[\u200b-\u200f\u202a-\u202e]", "", text).split())


@pytest.mark.parametrize("name", ["outreach-id", "outreach-en", "brief-P2-id", "05_next_popup"])
def test_names_are_text_on_every_page(pages, open_page, name):
    opened = open_page(pages[name], width=390, height=844)
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    shown = said(page.evaluate("document.body.textContent"))
    expected = ["P2"] if name.startswith("brief") else list(PAYLOADS)
    assert [site for site in expected if said(PAYLOADS[site]) not in shown] == []
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.querySelectorAll('img, body svg[onload], body b:not(.legend b)').length") == 0
    assert "49 " not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.outside_requests == []
    assert opened.errors == []


def test_names_are_text_when_one_points_at_them(pages, open_page):
    opened = open_page(pages["outreach-en"])
    page = opened.page
    page.locator("#main-map").scroll_into_view_if_needed()
    published = []
    for mark in page.query_selector_all("#main-map svg circle"):
        if box := mark.bounding_box():
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            published.append(page.inner_text(".tip"))
    assert any("<" in text for text in published), published
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert opened.outside_requests == []


def test_names_are_whole_and_harmless_in_tables(folder, tmp_path):
    rows = json.loads(run("rank", "--data", str(folder), "--format", "json", "--top", "20"))
    ranked = {row["site_id"]: row["name"] for row in rows}
    excluded = set(PAYLOADS) - set(ranked)
    assert len(excluded) <= 1, "at most the place that was visited lately may be missing"
    assert all(said(ranked[site]) == said(PAYLOADS[site]) for site in ranked)
    table = pd.read_csv(io.StringIO(run("rank", "--data", str(folder), "--format", "csv", "--top", "20")))
    names = table.set_index("site_id")["name"]
    assert names["P8"] == f"'{PAYLOADS['P8']}"
    assert said(names["P7"]) == PAYLOADS["P7"]
    run("schedule", "--data", str(folder), "--events", "3", "--out", str(tmp_path / "days.xlsx"))
    cells = [
        cell for sheet in openpyxl.load_workbook(tmp_path / "days.xlsx") for row in sheet.iter_rows() for cell in row
    ]
    assert "f" not in {cell.data_type for cell in cells}


def test_a_check_prints_names_as_they_are(folder):
    printed = run("check", str(folder))
    assert "<script>window.pwned = 1</script>" in printed
    assert "49 " not in printed
