"""Exact tables that leave the office: nothing small is told, and nothing small can be computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from outreach_analysis.measures import small_numbers as suppression
from outreach_analysis.measures.small_numbers import (
    SuppressedTable,
    SuppressionError,
    ToldBefore,
    margins_of,
    suppress_small,
)

SMALL = range(1, 5)


def table(rows: list[list[int]]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, index=[f"r{at}" for at in range(len(rows))], columns=[f"c{at}" for at in range(len(rows[0]))]
    )


def readings(published: SuppressedTable, *, up_to: int) -> np.ndarray:
    """Every table of whole numbers that a reader of a small one cannot tell from the true one, found by trying all."""
    told = published.table.fillna(-1).to_numpy(dtype=int)
    missing = np.nonzero(told[:-1, :-1] == -1)
    numbers = np.indices((up_to + 1,) * len(missing[0])).reshape(len(missing[0]), -1).T
    inner = np.repeat(told[None, :-1, :-1], len(numbers), axis=0)
    inner[:, *missing] = numbers
    full = np.concatenate([inner, inner.sum(axis=1, keepdims=True)], axis=1)
    full = np.concatenate([full, full.sum(axis=2, keepdims=True)], axis=2)
    return full[((told == -1) | (full == told)).all(axis=(1, 2))]


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
    summary = published.summary()
    assert summary.index.name == "cells"
    assert summary.reset_index().to_numpy().tolist() == [
        ["told", 9, "cells"],
        ["small", 0, "cells"],
        ["protecting", 0, "cells"],
    ]


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


def flags(*rows: tuple[int, int]) -> np.ndarray:
    return np.array(rows, dtype=bool)


NOTHING = flags((0, 0), (0, 0))


@pytest.mark.parametrize(
    ("told", "left_out", "shown"),
    [
        # what was told is told again, and the others of its row cannot be protected by it
        (flags((0, 1), (0, 0)), NOTHING, [[None, 6, None], [None] * 3, [None, None, 25]]),
        (flags((0, 0), (1, 1)), NOTHING, [[None, None, 8], [8, 9, 17], [None, None, 25]]),
        # what was left out stays so, and protects
        (NOTHING, flags((0, 0), (0, 1)), [[None, None, 8], [None, None, 17], [10, 15, 25]]),
        (flags((0, 0), (1, 0)), flags((0, 1), (0, 0)), [[None] * 3, [8, None, None], [None, None, 25]]),
    ],
    ids=["one told", "a row told", "one left out", "one told, one left out"],
)
def test_what_was_told_and_what_was_left_out_before_stays_so(told, left_out, shown):
    published = suppress_small(table([[2, 6], [8, 9]]), before=ToldBefore(told=told, left_out=left_out))
    assert published.table.astype(object).where(published.table.notna(), None).to_numpy().tolist() == shown
    possible = readings(published, up_to=25)
    assert len({*possible[:, 0, 0]}) == published.possible.loc["r0", "c0"] >= 5


def test_a_small_number_that_was_told_is_known_for_good():
    with pytest.raises(SuppressionError, match="with all numbers left out"):
        suppress_small(table([[2, 6], [8, 9]]), before=ToldBefore(told=flags((1, 0), (0, 0)), left_out=NOTHING))


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (flags((1, 0), (0, 0)), [[None] * 3, [None, None, 17], [14, 16, 30]]),
        (flags((1, 0), (0, 1)), [[None, None, 13], [None, None, 17], [14, 16, 30]]),
        (flags((1, 0), (1, 0)), [[None] * 3, [None] * 3, [None, None, 30]]),
    ],
    ids=["a cell", "two cells", "a column"],
)
def test_a_sum_that_must_stay_open_is_open(members, told):
    before = ToldBefore(told=NOTHING, left_out=NOTHING, small=[members])
    published = suppress_small(table([[6, 7], [8, 9]]), before=before)
    assert published.table.astype(object).where(published.table.notna(), None).to_numpy().tolist() == told
    possible = readings(published, up_to=20)
    assert len({number[:-1, :-1][members].sum() for number in possible}) >= 5
    assert published.summary()["estimate"].loc["small"] == 0


def test_a_sum_is_protected_by_its_rows_first():
    """Of 8 + 8 the third of its row and their total, and of the other row no more than that takes: 11 stays."""
    members = np.array([[True, True, False], [False] * 3])
    before = ToldBefore(told=np.zeros_like(members), left_out=np.zeros_like(members), small=[members])
    published = suppress_small(table([[8, 8, 10], [11, 5, 6]]), before=before).table
    assert published.isna().to_numpy().tolist() == [[True] * 4, [False, True, True, False], [False] * 4]


def test_how_many_numbers_a_sum_may_be():
    """Of 6, 7, 8 and 9 with all totals told: the first is at most the 13 of its row, the row is known."""
    whole = suppression._with_totals(np.array([[6.0, 7.0], [8.0, 9.0]]))
    audit, inner = suppression._Audit(whole=whole, also_published=(), minimum=5), np.pad(~NOTHING, (0, 1))
    assert audit.possible_sum(inner, flags((1, 0), (0, 0))) == 14
    assert audit.possible_sum(inner, flags((1, 1), (0, 0))) == 1
    assert audit.possible_sum(np.zeros_like(inner), flags((1, 1), (0, 0))) == 1


@pytest.mark.parametrize("rows", [[[3, 3, 3], [1, 6, 1]], [[4, 6, 1], [1, 4, 6]], [[3, 3, 1], [6, 1, 1]]], ids=str)
def test_a_quick_look_leaves_open_what_a_full_one_does(rows):
    """Tables of which the offices tried first show too little."""
    whole = suppression._with_totals(np.array(rows, dtype=float))
    audit = suppression._Audit(whole=whole, also_published=(), minimum=5)
    small = (whole > 0) & (whole < 5)
    hidden = suppression._none_alone(whole, small, np.zeros_like(small))
    quick, full = audit.possible(hidden, small, quick=True), audit.possible(hidden, small)
    assert ((quick < 5) == (full < 5)).all()
    assert (quick <= full).all()
    assert (full[~small] == np.inf).all()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[6, 5], [3, 1]], [[None] * 3, [None] * 3, [9, 6, 15]]),
        ([[2, 6], [2, 5]], [[None, None, 8], [None, None, 7], [None, None, 15]]),
        ([[7, 3], [1, 3]], [[None] * 3, [None] * 3, [8, 6, 14]]),
        # a zero protects nobody
        ([[9, 5, 5], [5, 0, 1]], [[None, None, None, 19], [None, 0, None, 6], [14, None, 6, 25]]),
    ],
    ids=str,
)
def test_what_may_be_five_numbers_needs_no_more_protection(rows, told):
    """On the way to these tables some small number may be exactly five."""
    published = suppress_small(table(rows))
    assert published.table.astype(object).where(published.table.notna(), None).to_numpy().tolist() == told


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


# ---------- people by area and by kabupaten, rounded together

AREAS = pd.DataFrame({"parent_id": ["K", "K", "L"]}, index=pd.Index(["a", "b", "c"], name="area_id"))


def counts(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "applicants"])


CAME = counts(("a", 3), ("b", 5), ("b", 7), ("K", 4), ("X", 2))
"""3 of a, 12 of b in two rows, 4 known as of kabupaten K alone, 2 from elsewhere."""


def test_areas_and_kabupaten_are_rounded_together():
    margins = margins_of(CAME, AREAS, rounding_base=5)
    by_area = margins.by_area.drop(columns="kabupaten")
    assert {*by_area.dtypes, *margins.by_kabupaten.dtypes} == {np.dtype("int64")}
    assert by_area.to_numpy().tolist() == [[3, 5, 1, 7, 1], [12, 10, 8, 12, 2], [0, 0, 0, 0, 0]]
    # K: 19 people, told as 20. With 9 to 19 by area and 4 besides it may be 13 to 23; 18 on would be rounded to 20, and
    # so would 23, since 25 left this one alone. Without the 4, 14 to 19.
    assert margins.by_kabupaten.to_numpy().tolist() == [[19, 20, 14, 19], [0, 0, 0, 0]]
    untold = margins_of(CAME, AREAS, rounding_base=5, kabupaten_published=False).by_kabupaten
    assert untold.to_numpy().tolist() == [[19, 20, 9, 19], [0, 0, 0, 0]]
    exact = margins_of(CAME, AREAS)
    assert exact.by_kabupaten.to_numpy().tolist() == [[19, 19, 15, 15], [0, 0, 0, 0]]


def test_sums_over_rows_are_told_within_what_a_reader_must_think_possible():
    margins = margins_of(CAME, AREAS, rounding_base=5)
    within = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 1], [0, 0, 0, 0, 0]], dtype=bool)
    # all of a and a part of b: at least the 14 of K less 12 of b; at most all of both. The others are known: 4 and 2
    assert np.transpose(margins.bounds_of_sums(CAME, within)).tolist() == [[2, 19], [20, 25], [2, 14], [0, 0]]
    assert margins.round_sums(CAME, within).tolist() == [10, 20, 10, 0]
    assert margins.round_sums(CAME, within[0]).tolist() == [10]
    assert margins_of(CAME, AREAS).round_sums(CAME, within).tolist() == [8, 21, 9, 0]


def test_of_the_others_a_reader_knows_what_all_and_a_part_leave():
    part = margins_of(counts(("b", 5), ("b", 1)), AREAS, rounding_base=5)
    rest = margins_of(CAME, AREAS, rounding_base=5).without(part)
    # of a none are in the part; of b, 8 to 12 in all, 1 to 7
    assert rest.by_area[["low", "high", "rows"]].to_numpy().tolist() == [[1, 7, 1], [1, 11, 0], [0, 0, 0]]
    # of K 14 to 19 in all, 1 to 7 in the part: 7 to 18
    assert rest.by_kabupaten[["low", "high"]].to_numpy().tolist() == [[7, 18], [0, 0]]
    # where the part may be more than all, nobody is left
    assert margins_of(counts(), AREAS, rounding_base=5).without(part).by_area["low"].tolist() == [0, 0, 0]
