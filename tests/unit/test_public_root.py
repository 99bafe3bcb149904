"""The root of the package: few names, each loaded when asked for, each with its type."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import outreach_analysis

PACKAGE = Path(outreach_analysis.__file__).parent
SCRIPT = """\
import outreach_analysis as oa

study = oa.open("my-office", rng=1)
part = study.select(kabupaten="Kota Samarinda").with_settings(threshold_km=20)
reveal_type(part)
reveal_type(study.reach)
reveal_type(study.reach.text(lang="en"))
reveal_type(study.ranking.to_frame())
reveal_type(study.working_days)
reveal_type(oa.measures.reach.reach_rate(counts=study.counts, areas=study.areas).level)
"""
REVEALED = (
    "outreach_analysis.study.Study",
    "outreach_analysis.measures.reach.ReachResult",
    "outreach_analysis.report.words.Sentences",
    "pandas. | DataFrame",
    "outreach_analysis.measures.series.WorkingDaysResult | None",
    "float",
)


def test_the_root_is_small():
    assert len(outreach_analysis.__all__) <= 40
    assert {"Study", "open", "sample"} <= set(outreach_analysis.__all__)
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("stub", sorted(PACKAGE.rglob("__init__.pyi")), ids=lambda path: path.parent.name)
def test_a_stub_names_every_module_and_only_what_there_is(stub):
    folder = stub.parent
    imports = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    modules = {alias.name for node in imports if node.module is None for alias in node.names}
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert modules <= there - {"__init__"}
    if folder != PACKAGE:
        assert modules == there - {"__init__"}
    assert all(alias.asname == alias.name for node in imports for alias in node.names)


@pytest.mark.slow
def test_a_users_script_has_types(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--ignore-missing-imports", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    revealed = [line.split('"')[1] for line in done.stdout.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(REVEALED)
    for shown, wanted in zip(revealed, REVEALED, strict=True):
        assert all(part in shown for part in wanted.split(" | ")), done.stdout
    assert "script.py" not in "".join(line for line in done.stdout.splitlines() if ": error:" in line)
