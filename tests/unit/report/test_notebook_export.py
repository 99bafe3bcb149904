"""Notebooks are run on the folder and in the language asked for, and written all or not at all."""

from __future__ import annotations

import ast
import asyncio
import gc
import os
import subprocess
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelClient
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.report import notebooks
from outreach_analysis.report.notebooks import (
    NotebookError,
    notebook_names,
    notebook_page,
    run_notebooks,
    write_notebooks,
)

V4 = nbformat.v4
CHART = {
    "data": [{"type": "bar", "x": [1], "y": [0], "orientation": "h"}],
    "layout": {"title": {"text": "One"}, "meta": {"alt": "One"}},
}
PAYLOAD = "<script>alert(1)</script>"


def small_notebook(last: str) -> nbformat.NotebookNode:
    parameters = V4.new_code_cell('DATA_FOLDER = "sample"\nLANGUAGE = "en"', id="parameters")
    parameters.metadata.tags = ["parameters"]
    cells = [V4.new_markdown_cell("# How many?", id="question"), parameters, V4.new_code_cell(last, id="last")]
    return V4.new_notebook(cells=cells)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own in place of the notebooks that come with the package."""
    where = tmp_path / "notebooks"
    where.mkdir()
    monkeypatch.setattr(notebooks, "bundled_notebooks", lambda: where)
    return where


def test_values_of_this_run_stand_after_the_defaults(folder, tmp_path):
    nbformat.write(small_notebook("[DATA_FOLDER, LANGUAGE]"), folder / "00_small.ipynb")
    (ran,) = run_notebooks(data=tmp_path, lang="id").values()
    shown = ran.cells[-1].outputs[0]["data"]["text/plain"]
    assert ast.literal_eval(shown) == [str(tmp_path.resolve()), "id"]
    assert [cell.id for cell in ran.cells] == ["question", "parameters", "parameters-of-this-run", "last"]
    assert "this-run" not in (folder / "00_small.ipynb").read_text()


@pytest.mark.slow
def test_temporary_files_of_a_notebook_go_with_the_run(folder):
    nbformat.write(small_notebook("import tempfile\ntempfile.mkdtemp()"), folder / "00_small.ipynb")
    (ran,) = run_notebooks().values()
    made = Path(ast.literal_eval(ran.cells[-1].outputs[0]["data"]["text/plain"]))
    assert made.parent.name.startswith("outreach-notebooks-")
    assert not made.exists()


def test_a_notebook_that_fails_is_named_and_nothing_is_written(folder, tmp_path):
    nbformat.write(small_notebook("1"), folder / "00_good.ipynb")
    nbformat.write(small_notebook("1 / 0"), folder / "01_bad.ipynb")
    out = tmp_path / "pages"
    out.mkdir()
    (out / "00_good.html").write_text("the old page")
    with pytest.raises(NotebookError, match=r"01_bad.ipynb, cell 'last': ZeroDivisionError"):
        write_notebooks(out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {"00_good.html": "the old page"}


def test_what_an_error_of_a_notebook_says_is_not_told(folder):
    nbformat.write(small_notebook("int('MARYAM 6402065101099999')"), folder / "00_bad.ipynb")
    with pytest.raises(NotebookError, match=r"cell 'last': ValueError: its text may hold personal data") as failed:
        run_notebooks()
    assert "MARYAM" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_kernel_that_was_killed_is_waited_for(folder, monkeypatch):
    """Where the first failure ends the run, the others' kernels are gone when it returns."""
    started = []

    class Kept(subprocess.Popen):
        def __init__(self, *words, **options):
            super().__init__(*words, **options)
            started.append(self)

    ready, waiting = AsyncKernelClient.wait_for_ready, iter([True])

    async def the_first_never(self, *words, **options):
        """One kernel is still starting when the other notebook fails."""
        if next(waiting, False):
            await asyncio.sleep(60)
        await ready(self, *words, **options)

    monkeypatch.setattr(AsyncKernelClient, "wait_for_ready", the_first_never)
    monkeypatch.setattr(subprocess, "Popen", Kept)
    monkeypatch.setattr("jupyter_client.launcher.Popen", Kept)
    for name in ("00_bad", "01_bad"):
        nbformat.write(small_notebook("1 / 0"), folder / f"{name}.ipynb")
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        run_notebooks()
    assert len(started) == 2
    assert [kernel.returncode is None for kernel in started] == [False, False]
    gc.collect()  # what is left open complains when it is collected, and complaints fail a test
    connections = [Path(word) for kernel in started for word in kernel.args if str(word).endswith(".json")]
    assert [path.exists() for path in connections] == [False, False]


def test_the_command_says_what_failed_in_one_line(monkeypatch, tmp_path):
    def failing(*_: object, **__: object) -> None:
        raise NotebookError("00_bad.ipynb, cell 'last': KeyError: 'Mall'")

    monkeypatch.setattr(notebooks, "write_notebooks", failing)
    done = CliRunner().invoke(app, ["notebooks", "--sample", "--out", str(tmp_path / "pages")])
    assert done.exit_code == 1
    assert "00_bad.ipynb, cell 'last': KeyError" in done.output
    assert "Traceback" not in done.output


def test_a_folder_that_is_not_there_is_a_usage_fault(tmp_path):
    done = CliRunner().invoke(app, ["notebooks", "--data", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "not a folder" in done.output


def test_a_page_shows_text_figures_and_code_as_they_are():
    notebook = small_notebook(f"x = '{PAYLOAD}'")
    shown = {"text/plain": f"'{PAYLOAD}'"}
    figure = {"application/vnd.plotly.v1+json": CHART}
    notebook.cells[-1].outputs = [
        V4.new_output("execute_result", data=shown, execution_count=1),
        V4.new_output("display_data", data=figure),
    ]
    notebook.cells.insert(1, V4.new_markdown_cell(f"A <b>{PAYLOAD}</b>", id="prose"))
    page = notebook_page(notebook)
    assert PAYLOAD not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert '<div data-figure="0"' in page
    assert page.count('<svg class="static ') == 2
    assert page.index("<title>How many?</title>") < page.index("<h1>How many?</h1>")


def test_the_notebooks_of_the_package_are_found():
    assert "02_coverage_today" in notebook_names()


def test_an_unknown_notebook_is_a_usage_fault():
    done = CliRunner().invoke(app, ["notebooks", "--sample", "--only", "99_nothing"])
    assert done.exit_code == 2
    assert "02_coverage_today" in done.output
