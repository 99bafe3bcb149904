"""Which listed area an id lies in."""

import pandas as pd
import pytest

from outreach_analysis.geography.areas import enclosing_area

AREAS = pd.DataFrame(index=pd.Index(["64.02.06", "64.02.07", "64.72"], name="area_id"))


@pytest.mark.parametrize(
    ("area_id", "expected"),
    [
        ("64.02.06", "64.02.06"),
        ("64.02.06.2001", "64.02.06"),
        ("64.72.03.1004", "64.72"),
        # a longer number is not a part of a shorter one
        ("64.02.060", None),
        ("64.02.0", None),
        ("64.02", None),
        ("64", None),
        ("", None),
        ("KANTOR", None),
    ],
)
def test_an_id_lies_in_its_longest_listed_beginning(area_id, expected):
    found = enclosing_area(pd.Series([area_id]), AREAS).iloc[0]
    assert found == expected if expected else pd.isna(found)


def test_the_nearest_level_wins():
    both = pd.DataFrame(index=["64.02", "64.02.06"])
    assert enclosing_area(pd.Series(["64.02.06.2001", "64.02.07"]), both).tolist() == ["64.02.06", "64.02"]


def test_index_and_blanks_are_kept():
    ids = pd.Series(["64.02.07.2002", None, "64.99"], index=["x", "y", "x"])
    found = enclosing_area(ids, AREAS)
    assert found.index.tolist() == ["x", "y", "x"]
    assert found.isna().tolist() == [False, True, True]
    assert found.dtype == "str"


@pytest.mark.parametrize("ids", [pd.Series([], dtype="str"), pd.Series([], dtype=object)])
def test_no_ids_give_no_areas(ids):
    found = enclosing_area(ids, AREAS)
    assert found.empty
    assert found.dtype == "str"


def test_no_areas_hold_nothing():
    assert enclosing_area(pd.Series(["64.02.06"]), AREAS.iloc[:0]).isna().all()
