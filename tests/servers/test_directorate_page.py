"""The examples of the page for a directorate that need a warehouse or Spark."""

import doctest
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("default")]

PAGE = Path(__file__).parents[2] / "docs" / "directorate.md"
BLOCK = re.compile(r"^```python(?: servers)?\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)


def test_all_examples_of_the_page_run(spark, tmp_path, monkeypatch) -> None:
    pytest.importorskip("ibis")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(block["text"] for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    example = doctest.DocTestParser().get_doctest(code, {}, PAGE.name, str(PAGE), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
