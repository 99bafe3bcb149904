"""What the pages say is what the code does: tables, examples, commands and links."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import outreach_analysis
from outreach_analysis.cli.commands import app
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.report.notebooks import notebook_names
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONTRACT = DOCS / "data-contract.md"
LIST = "applicants/mal 14 Maret 2026.csv"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
NAMED_FILE = re.compile(r"^```\w+ (?P<place>[\w-]+)/(?P<file>.+)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
PYTHON = re.compile(r"^```python\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^\| `outreach (?P<name>\w+)", re.MULTILINE)


def load_tables():
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def example_files(place: str) -> dict[str, str]:
    found = NAMED_FILE.finditer(CONTRACT.read_text(encoding="utf-8"))
    return {block["file"]: block["text"] for block in found if block["place"] == place}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The minimal folder of the page, as it stands there."""
    write(example_files("my-office"), tmp_path / "my-office")
    return tmp_path / "my-office"


def write(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def account(data: Dataset) -> dict[str, int]:
    by_file = data.ledger.by_file.set_index("file")
    return by_file.loc[LIST, ["read", "matched", "review", "rejected", "duplicate", "skipped"]].to_dict()


def test_tables_in_the_pages_are_those_of_the_code():
    tables = load_tables()
    pages = [page.read_text(encoding="utf-8") for page in tables.PAGES]
    assert [tables.renewed(page) for page in pages] == pages, "python docs/tables.py renews them"
    assert set(re.findall(r"<!-- table: (\w+) -->", "".join(pages))) == set(tables.tables())


def test_no_term_of_the_report_is_explained_twice():
    rows = re.findall(r"^\| (.+?) \|", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = [row for row in rows if row != "Bahasa Indonesia" and set(row) != {"-"}]
    assert len(named) == len(set(named)) > 60


def test_the_minimal_folder_is_read_as_the_page_says(folder):
    data = read_dataset(folder)
    assert account(data) == {"read": 8, "matched": 4, "review": 1, "rejected": 1, "duplicate": 1, "skipped": 1}
    placed = data.counts.query("applicants > 0").set_index("area_id")["applicants"].to_dict()
    assert placed == {"64.72.03": 1, "64.02.06": 1, "64.08": 1}
    assert data.outside[["place", "applicants"]].values.tolist() == [["Surabaya", 1]]
    assert data.ledger.review["text"].tolist() == ["Sumber Sari"]
    assert data.ledger.reconciled[["stated", "agrees"]].values.tolist() == [[7.0, True]]
    assert data.sites.loc["TGR", "location_source"] == "seat"


def test_the_minimal_folder_leads_to_an_answer(folder):
    ranking = Study(read_dataset(folder), rng=1).ranking
    assert ranking.recommended == "TGR"
    assert ranking.excluded["reason"].to_dict() == {"MAL": "recently_visited"}


def test_the_optional_tables_of_the_page_can_be_added(folder):
    write(example_files("optional"), folder)
    data = read_dataset(folder)
    assert account(data) == {"read": 8, "matched": 5, "review": 0, "rejected": 1, "duplicate": 1, "skipped": 1}
    assert data.interest["people"].tolist() == [25, 1]
    assert data.office_monthly["applicants"].sum() == 215
    assert data.travel[["minutes", "km"]].values.tolist() == [[55.0, 38.0]]
    assert data.access["access"].tolist() == ["river"]


def test_check_of_the_minimal_folder_exits_0(folder):
    assert CliRunner().invoke(app, ["check", str(folder)]).exit_code == 0


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, marks=[pytest.mark.slow] if page.name in ("recipes.md", "directorate.md") else [], id=page.name
        )
        for page in PAGES
        if PYTHON.search(page.read_text(encoding="utf-8"))
    ],
)
def test_python_in_the_pages_runs(page):
    code = "\n".join(block["text"] for block in PYTHON.finditer(page.read_text(encoding="utf-8")))
    example = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example)
    assert example.examples
    assert runner.summarize(verbose=False).failed == 0


def test_every_notebook_has_its_link():
    page = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    assert re.findall(r'href="notebooks/(\w+)\.html"', page) == list(notebook_names())


def test_settings_of_the_recipes_are_known(tmp_path):
    snippets = re.findall(r"^```toml\n(.*?)^```$", (DOCS / "recipes.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(snippets) > 5
    for number, text in enumerate(snippets):
        path = tmp_path / f"{number}.toml"
        path.write_text(text, encoding="utf-8")
        assert Settings.from_toml(path) != Settings(), text


def test_the_reference_names_every_module_and_every_name_of_the_root():
    page = (DOCS / "api" / "index.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w[\w.]*)$", page, re.MULTILINE))
    rooms = {"geography", "geocoding", "intake", "measures", "models", "decisions", "report"}
    modules = {f"{room}.{name}" for room in rooms for name in getattr(outreach_analysis, room).__all__}
    assert {name for name in listed if "." in name} == modules
    assert listed >= set(outreach_analysis.__all__) - rooms


def test_readme_names_every_command_once_and_in_the_order_of_help():
    named = COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert named == typer.main.get_command(app).list_commands(None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    targets = [link["target"] for link in LINK.finditer(page.read_text(encoding="utf-8"))]
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.slow
def test_the_readme_says_how_often_the_sample_was_right():
    told = re.search(r"(\d+) of (\d+) in the\s+sample", (ROOT / "README.md").read_text(encoding="utf-8"))
    judged = outreach_analysis.sample().judged.by_scheme("leave_one_out")["inside"]
    assert [int(number) for number in told.groups()] == [judged.sum(), len(judged)]
