"""The plan of the house holds: imports go down, start-up stays light, functions stay short, files stay clean."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "outreach_analysis"
HEAVY = ("pandas", "numpy", "geopandas", "scipy", "statsmodels", "plotly", "jinja2", "holidays")


def test_imports_go_down_only():
    from importlinter.api import use_cases  # noqa: F401 - the linter is installed
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("module", ["outreach_analysis", "outreach_analysis.cli"])
def test_nothing_heavy_at_import(module):
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_loads_and_has_a_docstring():
    import outreach_analysis

    for name in outreach_analysis.__all__:
        assert getattr(outreach_analysis, name).__doc__, name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = outreach_analysis.no_such_name


def test_no_module_imports_the_package_root():
    guilty = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(alias.name == "outreach_analysis" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "outreach_analysis")
    ]
    assert guilty == []


def _tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_large_file_and_no_host_name_in_pins():
    assert [path.name for path in _tracked() if path.stat().st_size > 1_000_000] == []
    for name in ("requirements.txt", "requirements-servers.txt"):
        pins = (ROOT / name).read_text(encoding="utf-8")
        assert "http://" not in pins
        assert "https://" not in pins
        assert "--index-url" not in pins
