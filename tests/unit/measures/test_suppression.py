"""Exact tables that leave the office: nothing small is told, and nothing small can be computed."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from outreach_analysis.measures import small_numbers as suppression
from outreach_analysis.measures.small_numbers import SuppressedTable, SuppressionError, suppress_small

SMALL = range(1, 5)


def table(rows: list[list[int]]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, index=[f"r{at}" for at in range(len(rows))], columns=[f"c{at}" for at in range(len(rows[0]))]
    )


def readings(published: SuppressedTable, *, up_to: int) -> np.ndarray:
    """Every table of whole numbers that a reader of a small one cannot tell from the true one, found by trying all."""
    shown = published.table
    missing = [*zip(*np.nonzero(shown.isna().to_numpy()[:-1, :-1]), strict=True)]
    whole = shown.fillna(-1).to_numpy(dtype=int)
    found = []
    for numbers in itertools.product(range(up_to + 1), repeat=len(missing)):
        inner = whole[:-1, :-1].copy()
        for at, number in zip(missing, numbers, strict=True):
            inner[at] = number
        rows, columns = inner.sum(axis=1), inner.sum(axis=0)
        sums = [*zip(whole[:-1, -1], rows, strict=True), *zip(whole[-1, :-1], columns, strict=True)]
        sums.append((whole[-1, -1], inner.sum()))
        if all(said in (-1, true) for said, true in sums):
            found.append(np.vstack([np.column_stack([inner, rows]), [*columns, inner.sum()]]))
    return np.array(found)


@pytest.mark.parametrize("rows", [[[2, 6], [5, 7]], [[3, 3], [6, 5]], [[0, 4], [5, 6]]], ids=str)
def test_trying_all_tables_finds_as_many_numbers_as_the_audit(rows):
    published = suppress_small(table(rows))
    possible = readings(published, up_to=18)
    assert len(possible) > 1
    for row, column in np.argwhere(published.small.to_numpy()):
        assert len({*possible[:, row, column]}) == published.possible.iloc[row, column] >= 5


def test_a_table_without_small_numbers_is_told_whole():
    published = suppress_small(table([[5, 0], [12, 30]]))
    assert published.table.to_numpy().tolist() == [[5, 0, 5], [12, 30, 42], [17, 30, 47]]
    assert published.summary()["estimate"].tolist() == [9, 0, 0]


def test_hiding_the_small_number_alone_is_not_enough():
    published = suppress_small(table([[2, 40], [30, 50]]))
    assert published.summary()["estimate"].loc[["small", "protecting"]].tolist() == [1, 3]
    assert published.table.loc["total"].tolist() == [32, 90, 122]


def test_small_totals_are_left_out_too():
    published = suppress_small(table([[3, 0, 0], [20, 30, 40], [25, 35, 45]]))
    assert pd.isna(published.table.loc["r0", "total"])
    assert published.small.loc["r0", "total"]
    assert published.possible.loc["r0", "total"] >= 5


@pytest.mark.parametrize("rows", [[[3]], [[1, 0]], [[1, 1], [1, 1]]], ids=str)
def test_where_nothing_protects_nothing_is_told(rows):
    try:
        published = suppress_small(table(rows))
    except SuppressionError:
        return
    assert not {*published.table.melt()["value"].dropna()} & {*SMALL}
    assert published.table.isna().sum().sum() >= 1


def test_what_is_told_elsewhere_is_reckoned_with():
    rows = [[2, 40], [30, 50]]
    free = suppress_small(table(rows)).possible.loc["r0", "c0"]
    one_cell = np.array([[True, False], [False, False]])
    known = suppress_small(table(rows), also_published=[(one_cell, 0, 6)]).possible.loc["r0", "c0"]
    assert free > known == 7
    with pytest.raises(SuppressionError):
        suppress_small(table(rows), also_published=[(one_cell, 1, 3)])


def test_an_audit_that_cannot_be_finished_gives_no_table(monkeypatch):
    failed = type("Failed", (), {"x": None, "message": "time limit"})()
    monkeypatch.setattr(suppression, "linprog", lambda *_, **__: failed)
    with pytest.raises(SuppressionError, match="could not be finished: time limit"):
        suppress_small(table([[2, 40], [30, 50]]))


def test_a_finished_table_is_checked_once_more(monkeypatch):
    honest, looks = suppression._Audit.possible, []

    def trusting_at_first(audit, hidden, targets, *, quick=False):
        looks.append(quick)
        return np.full(hidden.shape, 5.0) if len(looks) == 1 else honest(audit, hidden, targets, quick=quick)

    monkeypatch.setattr(suppression._Audit, "possible", trusting_at_first)
    # in each line two are missing, but the two of the first row add up to 3
    with pytest.raises(SuppressionError, match="gives small numbers away"):
        suppress_small(table([[1, 2, 9], [1, 2, 9], [9, 9, 9]]))


@pytest.mark.parametrize("wrong", [[[-1, 5]], [[1.5, 5]], [[np.nan, 5]]], ids=str)
def test_only_whole_numbers_of_people(wrong):
    with pytest.raises(ValueError, match="whole numbers"):
        suppress_small(pd.DataFrame(wrong))
    with pytest.raises(ValueError, match="at least 2"):
        suppress_small(table([[5]]), minimum=1)


@settings(max_examples=15, deadline=None)
@given(
    arrays(
        np.int64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.sampled_from([0, 0, 1, 3, 4, 6, 20, 90])
    )
)
def test_no_small_number_is_told_and_none_is_known(values):
    frame = pd.DataFrame(values)
    try:
        published = suppress_small(frame)
    except SuppressionError:
        return
    assert not {*published.table.melt()["value"].dropna()} & {*SMALL}
    assert (published.possible.melt()["value"].dropna() >= 5).all()
    inner = published.table.iloc[:-1, :-1]
    assert (inner.fillna(frame) == frame).all(axis=None)
    assert frame.equals(pd.DataFrame(values))
