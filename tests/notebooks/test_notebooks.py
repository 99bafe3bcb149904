"""Every notebook runs on the sample, in the pattern that they share."""

import ast
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

import outreach_analysis as oa
from outreach_analysis.report.figure import EMPTY_TOPOLOGY

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
MAPS = {"01_where_applicants_come_from": 2, "02_coverage_today": 3, "05_next_popup": 1, "08_explore": 1}
CHANGED = {
    "00_data_quality": ('"remedies"', '"problems"'),
    "01_where_applicants_come_from": ('study.areas["parent_name"].iloc[0]', '"Kota Bontang"'),
    "02_coverage_today": ("threshold_km=15", "threshold_km=45"),
    "03_whom_we_reach": ('"ages"', '"channels"'),
    "04_turnout_model": ("prior_total_median=120", "prior_total_median=30"),
    "05_next_popup": ("plan_events=2", "plan_events=4"),
    "06_did_it_work": ("impact_months=6", "impact_months=1"),
}
"""What a reader puts in the place of what, in the cell that asks to be changed."""
NOT_ITS_OWN = ("change", "sentence-changed")
"""Cells that tell of another study than the report."""
PLOTLY = "application/vnd.plotly.v1+json"
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Try,
    ast.With,
    ast.BinOp,
    ast.Compare,
)

pytestmark = pytest.mark.parametrize("name", NOTEBOOKS)


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def executed(notebook_pages: Path, name: str) -> Any:
    """The notebook after it ran on the sample, as `outreach notebooks --ipynb` left it."""
    return nbformat.read(notebook_pages / f"{name}.ipynb", as_version=4)


def bundles(notebook: Any) -> list[dict[str, Any]]:
    """What each output shows, by kind."""
    return [output["data"] for cell in code(notebook) for output in cell.outputs if "data" in output]


def figures(notebook: Any, *, changed: bool = True) -> list[dict[str, Any]]:
    """The figures, with or without that of the cell to change."""
    cells = [cell for cell in code(notebook) if changed or cell.id != "change"]
    data = [output.get("data", {}) for cell in cells for output in cell.outputs]
    return [bundle[PLOTLY] for bundle in data if PLOTLY in bundle]


def pages(notebook: Any) -> str:
    """All HTML that the notebook shows."""
    return "\n".join(bundle["text/html"] for bundle in bundles(notebook) if "text/html" in bundle)


def answer(notebook: Any) -> str:
    (cell,) = (cell for cell in notebook.cells if cell.id == "answer")
    (output,) = cell.outputs
    return str(output["data"]["text/html"])


def test_is_stored_without_results_and_valid(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(notebook))
    assert not [cell.id for cell in notebook.cells if set(cell.metadata) - {"tags"}]


def test_follows_the_pattern(name: str) -> None:
    notebook = read(name)
    ids = [cell.id for cell in notebook.cells]
    assert ids[:4] == ["question", "answer", "parameters", "load"]
    assert notebook.cells[0].source.splitlines()[0].startswith("# ")
    assert "?" in notebook.cells[0].source
    assert [cell.id for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])] == ["parameters"]
    assert ids.index("fill-answer") < ids.index("limits") < ids.index("sources")
    assert len(set(ids)) == len(ids)


def test_every_claim_has_something_to_see_and_a_sentence(name: str) -> None:
    claims = {cell.id.removeprefix("claim-") for cell in read(name).cells if cell.id.startswith("claim-")}
    ids = {cell.id for cell in code(read(name))}
    assert claims
    for claim in claims:
        assert {f"figure-{claim}", f"table-{claim}"} & ids
        assert f"sentence-{claim}" in ids


def test_parameters_are_plain_assignments(name: str) -> None:
    (cell,) = (cell for cell in read(name).cells if cell.id == "parameters")
    statements = ast.parse(cell.source).body
    assert all(isinstance(statement, ast.Assign) for statement in statements)
    names = [target.id for statement in statements for target in statement.targets]
    assert names[:2] == ["DATA_FOLDER", "LANGUAGE"]


def test_holds_no_logic(name: str) -> None:
    for cell in code(read(name)):
        assert len(cell.source.splitlines()) <= 8, cell.id
        assert not [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)], (
            cell.id
        )


def test_uses_public_names_only(name: str) -> None:
    for cell in code(read(name)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= {"outreach_analysis", "numpy", "pandas"}
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")
                if isinstance(node.value, ast.Name) and node.value.id == "oa":
                    assert node.attr in oa.__all__
            assert not isinstance(node, ast.ImportFrom)


def test_prose_holds_no_typed_numbers_of_the_data(name: str) -> None:
    """Numbers in prose are computed: what stands typed are definitions and names of files."""
    allowed = re.compile(r"`[^`]*`|10,000|95 of 100|95 %|90 %|5 km")
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            assert not re.findall(r"\d", allowed.sub("", cell.source)), cell.id


def test_has_a_cell_to_change_that_says_so(name: str) -> None:
    cells = {cell.id: cell.source for cell in read(name).cells}
    if name == "08_explore":
        return  # all of it is
    assert cells["now-change"].startswith("## Now change this")
    changing = CHANGED.get(name, ("", ""))
    assert changing[0] in cells["change"]


@pytest.mark.slow
def test_the_changed_cell_says_something_else(name: str) -> None:
    if name not in CHANGED:
        pytest.skip("its changes are tried in a real JupyterLab")
    cells = {cell.id: cell.source for cell in code(read(name))}
    names: dict[str, Any] = {"oa": oa}
    for cell in ("parameters", "load"):
        exec(cells[cell], names)

    def shown(source: str) -> str:
        *lines, last = ast.parse(source).body
        exec(compile(ast.Module(lines, []), name, "exec"), names)
        assert isinstance(last, ast.Expr)
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)
        return str(value.to_json() if hasattr(value, "to_json") else value._repr_html_())

    before, after = shown(cells["change"]), shown(cells["change"].replace(*CHANGED[name]))
    assert re.search(r"\d", before)
    assert before != after


def told(page: str) -> str:
    """The words of a page, one after the other."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\W+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).strip()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_no_sentence_contradicts_the_report(
    name: str,
    lang: str,
    reports: dict[str, Path],
    notebook_pages: Path,
    indonesian_notebook: Callable[[str], Path],
) -> None:
    """What the report says in the same words, it says with the same numbers."""
    path = notebook_pages / f"{name}.html" if lang == "en" else indonesian_notebook(name)
    sections = re.findall(r'<section id="([\w-]+)".*?>(.*?)</section>', path.read_text(encoding="utf-8"), re.DOTALL)
    parts = [text for cell, text in sections if cell.startswith(("answer", "sentence-", "list-"))]
    assert len(parts) > 2
    own = [text for cell, text in sections if cell in NOT_ITS_OWN]
    sentences = {told(text) for part in parts if part not in own for text in re.findall(r"<li>(.*?)</li>", part)}
    report = told(reports[lang].read_text(encoding="utf-8"))
    same = 0
    for sentence in sentences:
        found = re.findall(re.sub(r"\d+", r"\\d+", re.escape(sentence)), report)
        assert not found or sentence in found, sentence
        same += bool(found)
    assert same


def test_runs_without_error(name: str, executed: Any) -> None:
    for cell in code(executed):
        assert not [output for output in cell.outputs if output.output_type in ("error", "stream")], cell.id
        assert cell.execution_count


def test_what_is_for_the_office_alone_is_not_kept(name: str, executed: Any) -> None:
    inside = [cell for cell in code(executed) if "inside-only" in cell.metadata.get("tags", ())]
    assert {cell.id for cell in inside} == {cell.id for cell in code(executed) if cell.id.startswith("inside-")}
    for cell in inside:
        (output,) = cell.outputs
        assert "do not leave the office" in output["data"]["text/html"]
    assert "widgets" not in executed.metadata


def test_answer_is_computed_and_says_that_it_is_synthetic(name: str, executed: Any) -> None:
    text = answer(executed)
    assert re.search(r"<strong>[^<]*\w[^<]*</strong>", text)
    assert re.search(r"\d", text)
    assert "synthetic" in text.lower()
    assert "when all cells" not in text


def test_every_cell_shows_what_its_name_says(name: str, executed: Any) -> None:
    for cell in code(executed):
        if cell.id.startswith(("figure-", "table-", "sentence-", "list-")):
            (output,) = cell.outputs
            shown = output["data"].get("text/html", "")
            if cell.id.startswith("figure-"):
                assert PLOTLY in output["data"]
            elif cell.id.startswith("table-"):
                assert "<caption>" in shown
                assert '<th scope="row"' in shown
            else:
                assert re.search(r"<(p|li)>[^<]*\w", shown), cell.id


def test_figures_are_drawn(name: str, executed: Any) -> None:
    found = figures(executed)
    assert found
    for figure in found:
        assert figure["layout"]["meta"]["alt"]
        assert figure["layout"]["title"]["text"]
        assert [trace for trace in figure["data"] if trace.get("locations") or trace.get("x")]


def test_maps_hold_every_kecamatan_once(name: str, executed: Any) -> None:
    found = figures(executed, changed=False)
    maps = [figure for figure in found if any(t["type"] == "choropleth" for t in figure["data"])]
    assert len(maps) == MAPS.get(name, 0)
    for figure in maps:
        drawn = [area for trace in figure["data"] for area in trace.get("locations", [])]
        assert len(drawn) == len(set(drawn)) == 105
        outlined = [f["id"] for trace in figure["data"] for f in trace.get("geojson", {}).get("features", [])]
        assert sorted(outlined) == sorted(drawn)


def test_figures_ask_no_server(name: str, executed: Any) -> None:
    for figure in figures(executed):
        assert figure["config"]["topojsonURL"] == EMPTY_TOPOLOGY
        asked = {key: value for key, value in figure["config"].items() if "http" in json.dumps(value)}
        assert not asked
    assert not re.search(r"(?:src|href)=.https?:", pages(executed))


def test_results_hold_no_exact_small_number_of_people(name: str, executed: Any) -> None:
    """Cells of tables headed as people are multiples of the base."""
    base = oa.Settings.from_toml(oa.bundled_data("sample") / "outreach.toml").rounding_base
    for table in re.findall(r"<table.*?</table>", pages(executed), re.S):
        headers = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
        for row in re.findall(r"<tr><th scope=.row.[^>]*>.*?</tr>", table, re.S):
            cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
            for header, cell in zip(headers, cells, strict=True):
                if header == "Applicants (rounded)" and cell != "–":
                    assert int(cell.replace(",", "")) % base == 0
