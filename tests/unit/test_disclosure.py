"""Small numbers and identifiers on their way out."""

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.disclosure import (
    round_people,
    round_totals,
    rounding_interval,
    rounding_interval_of_totals,
    without_person,
)


@pytest.mark.parametrize(
    ("count", "rounded"), [(0, 0), (1, 5), (2, 5), (4, 5), (7, 5), (8, 10), (12, 10), (13, 15), (22, 20), (23, 25)]
)
def test_base_five(count, rounded):
    assert round_people(count) == rounded
    assert type(round_people(count)) is int


def test_halves_go_up_and_fractions_of_a_person_are_somebody():
    assert round_people(3, base=2) == 4
    assert round_people(2.5) == 5.0
    assert round_people(7.5) == 10.0
    assert round_people(0.01) == 5.0


def test_every_kind_keeps_its_kind():
    series = round_people(pd.Series([1, 8], index=["a", "b"], name="people"))
    assert series.to_dict() == {"a": 5, "b": 10}
    assert (series.name, series.dtype) == ("people", np.dtype("int64"))
    frame = round_people(pd.DataFrame({"x": [1.0, np.nan], "y": [0.0, 9.0]}, index=["a", "b"]))
    assert frame.loc["a"].tolist() == [5.0, 0.0]
    assert frame.isna().sum().sum() == 1
    assert round_people(np.array([3, 0])).tolist() == [5, 0]
    nullable = round_people(pd.Series([3, None], dtype="Int64"))
    assert nullable.iloc[0] == 5
    assert pd.isna(nullable.iloc[1])
    assert round_people(pd.Series([], dtype=int)).empty


def test_the_input_is_left_alone():
    counts = pd.Series([3, 0])
    round_people(counts)
    assert counts.tolist() == [3, 0]


def test_base_one_leaves_counts_exact():
    assert round_people(pd.Series([3, 0, 7]), base=1).tolist() == [3, 0, 7]


@pytest.mark.parametrize("base", [0, -5])
def test_a_base_below_one_is_refused(base):
    with pytest.raises(ValueError, match="below 1"):
        round_people(3, base=base)


@pytest.mark.parametrize(
    ("rounded", "base", "message"),
    [([5, 7], 5, "not numbers of people rounded to 5"), ([-5], 5, "not numbers of people"), ([5], 0, "below 1")],
)
def test_the_interval_of_a_number_that_was_not_rounded_is_refused(rounded, base, message):
    with pytest.raises(ValueError, match=message):
        rounding_interval(rounded, base=base)


@pytest.mark.parametrize("base", [1, 5])
def test_negative_people_are_refused(base):
    with pytest.raises(ValueError, match="negative"):
        round_people(pd.Series([3, -1]), base=base)


def test_a_total_that_would_tell_its_parts_moves_to_the_next_step():
    # three parts told as 10 are 8 to 12 each: together 24 to 36; 25 would leave them 24 to 27, 35 would 33 to 36
    low, high = (3 * bound for bound in rounding_interval(10))
    assert (low, high) == (24, 36)
    totals = np.arange(24, 37)
    assert round_totals(totals, low, high).tolist() == [30] * 13
    # with four such parts there is room at both ends: 33 to 37 would be too few of 32 to 37, and so on
    assert round_totals([32, 37, 38, 42, 43, 48], 32, 48).tolist() == [35, 35, 40, 40, 45, 45]


@pytest.mark.parametrize("base", [1, 2, 3, 5])
def test_every_told_total_leaves_as_many_people_possible_as_a_step_has(base):
    """By trying all totals between all bounds: what is told fits as many as a step has, and the interval is theirs."""
    for low in range(12):
        for high in range(low, low + 14):
            exact = np.arange(low, high + 1)
            told = round_totals(exact, low, high, base=base)
            first, last = rounding_interval_of_totals(told, low, high, base=base)
            for value in np.unique(told):
                meant = exact[told == value]
                # that nobody came may be known for certain
                assert value == 0 or len(meant) >= min(base, (exact > 0).sum())
                assert np.unique(first[told == value]).tolist() == [meant.min()]
                assert np.unique(last[told == value]).tolist() == [meant.max()]


@pytest.mark.parametrize("total", [23, 37])
def test_a_total_that_its_parts_do_not_allow_is_a_bug(total):
    with pytest.raises(ValueError, match="outside what its parts allow"):
        round_totals(total, 24, 36)


def test_every_row_loses_its_own_name_alone():
    texts = pd.Series(["dari Ani", "dari Budi", "dari Ani", "dari Ani", None], index=list("vwxyz"), dtype="str")
    names = pd.Series(["Ani", "Budi", "Budi", "Ani", "Budi"], index=list("vwxyz"))
    left = without_person(texts, names)
    assert left.to_dict() == {"v": "dari …", "w": "dari …", "x": "dari Ani", "y": "dari …", "z": "nan"}
    assert without_person(texts.iloc[:0], names.iloc[:0]).empty
