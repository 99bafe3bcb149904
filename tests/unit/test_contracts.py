"""Faults as sentences and as tables, and the one error that carries all of them."""

import pickle
import string

import pandas as pd
import pytest

from outreach_analysis import contracts
from outreach_analysis.contracts import FAILURE_COLUMNS, ContractError, Failure, failure, failures_frame
from outreach_analysis.faults import FAULTS


@pytest.mark.parametrize("reason", sorted(FAULTS))
def test_every_reason_makes_a_whole_sentence(reason):
    made = failure(
        reason, file="a.csv", sheet="Jan", row=41, column="nik", value="x{y}", expected="dd/mm/yyyy", count=3
    )
    text = str(made)
    assert text.startswith("a.csv [Jan] row 41: nik 'x{y}' ")
    assert made.problem
    assert made.remedy
    assert made.remedy in text
    named = {name for part in FAULTS[reason].texts for _, name, _, _ in string.Formatter().parse(part) if name}
    assert named <= {"column", "value", "expected", "count"}


def test_an_unknown_reason_is_refused():
    with pytest.raises(KeyError, match="no_such_reason"):
        failure("no_such_reason", file="a.csv")


def test_parts_that_are_not_known_are_left_out_of_the_sentence():
    assert str(Failure(file="a.csv", reason="x", problem="is missing", remedy="add it")) == "a.csv: is missing; add it"


def test_the_error_lists_all_faults_in_order():
    faults = [
        failure("missing_column", file="events.csv", column="date"),
        failure("duplicate_key", file="sites.csv", row=7, column="site_id", value="S1", count=2),
        failure("empty_file", file="applicants/a.csv"),
    ]
    error = ContractError(iter(faults))
    assert str(error).splitlines()[0] == "3 fault(s) in the data folder:"
    for fault in faults:
        assert f"  - {fault}" in str(error).splitlines()
    assert error.items == tuple(faults)
    table = error.failures
    assert list(table.columns) == list(FAILURE_COLUMNS)
    assert table["reason"].tolist() == ["missing_column", "duplicate_key", "empty_file"]
    assert table["row"].isna().tolist() == [True, False, True]
    assert table["row"].dtype == "Int64"
    assert pickle.loads(pickle.dumps(error)).items == error.items


def test_a_table_of_no_faults_has_all_columns():
    table = failures_frame([])
    assert table.empty
    assert list(table.columns) == list(FAILURE_COLUMNS)
    assert table["row"].dtype == "Int64"
    pd.testing.assert_frame_equal(table, ContractError([]).failures)


TABLES = [table for table in vars(contracts).values() if isinstance(table, contracts.Table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_are_consistent(table):
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert set(table.key) <= set(names)
    assert set(table.key) <= set(table.required)
    for column in table.columns:
        assert table.column(column.name) is column
        assert column.kind in {"text", "integer", "number", "date", "month", "choice", "yes_no"}
        assert bool(column.choices) == (column.kind == "choice")
    with pytest.raises(KeyError, match="no_such_column"):
        table.column("no_such_column")
