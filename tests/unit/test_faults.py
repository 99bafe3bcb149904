"""One catalogue of faults: whatever the code raises or notes is in it, and it holds nothing that nobody raises."""

import ast
import dataclasses
from functools import cache
from pathlib import Path

import pytest

import outreach_analysis
from outreach_analysis.contracts import ContractError, OutreachError, RequestError, failure
from outreach_analysis.faults import FAULTS
from outreach_analysis.intake.dataset import read_dataset

PACKAGE = Path(outreach_analysis.__file__).parent
RAISING = {"failure", "note", "set_apart", "_refuse", "place", "refuse"}
"""Functions whose first text is the code of a fault."""
OUTCOMES = {
    "reading stops", "row rejected", "row to review", "no decision of the sheet is taken over", "row is a duplicate",
    "row skipped", "warning",
}  # fmt: skip


@cache
def trees() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
        if "simulation" not in path.parts
    }


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    raised = {
        node.args[at].value: file
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in RAISING
        for at in range(min(2, len(node.args)))
        if isinstance(node.args[at], ast.Constant)
        and isinstance(node.args[at].value, str)
        and "_" in node.args[at].value
    }
    assert len(raised) > 30
    assert {code: file for code, file in raised.items() if code not in FAULTS} == {}


def test_every_code_of_the_catalogue_is_raised_somewhere() -> None:
    texts = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(FAULTS) - texts) == []


def test_faults_outside_the_catalogue_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        failure("invented_code", file="a.csv")


def test_every_fault_is_whole() -> None:
    for fault in FAULTS.values():
        assert fault.outcome in OUTCOMES
        for field in dataclasses.fields(fault):
            text = getattr(fault, field.name)
            assert text or field.name in ("but", "general")
            assert not text.endswith(".")
        assert fault.general or "{" not in fault.remedy


def test_foreseen_errors_have_one_base() -> None:
    names = [getattr(outreach_analysis, name) for name in outreach_analysis.__all__]
    errors = [item for item in names if isinstance(item, type) and issubclass(item, Exception)]
    ours = [item for item in errors if not issubclass(item, Warning)]
    assert {OutreachError, ContractError, RequestError} <= set(ours)
    assert all(issubclass(item, OutreachError) for item in ours)
    with pytest.raises(OutreachError, match="is no folder"):
        read_dataset("no such folder")
