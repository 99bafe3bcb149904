"""What moved since a decision, and the plainest cause of each move."""

import numpy as np
import pandas as pd

from outreach_analysis.decisions.ranking import ranking_moves


def before(**places: tuple[float, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(places, orient="index", columns=["rank", "increment", "excluded"])
    return frame.assign(name=frame.index).rename_axis("site_id")


def now(**places: tuple[float, float, str]) -> pd.DataFrame:
    return before(**places).assign(value=None)


NONE = float("nan")


def test_each_cause():
    old = before(
        UP=(3, 10.0, ""),
        DOWN=(1, 10.0, ""),
        PUSHED=(2, 10.0, ""),
        SAME=(4, 9.0, ""),
        OUT=(5, 8.0, ""),
        BACK=(NONE, 7.0, "recently_visited"),
        GONE=(6, 5.0, ""),
        STILL=(NONE, 4.0, "interest_below"),
    )
    new = now(
        UP=(1, 11.0, ""),
        DOWN=(3, 9.0, ""),
        PUSHED=(5, 10.5, ""),
        SAME=(4, 30.0, ""),
        OUT=(NONE, 8.0, "already_scheduled"),
        BACK=(2, 7.0, ""),
        NEW=(6, 1.0, ""),
        STILL=(NONE, 4.0, "no_free_day"),
    )
    moves = ranking_moves(old, new)
    assert moves["cause"].to_dict() == {
        "UP": "more_people",  # exactly 10 % more counts
        "DOWN": "fewer_people",
        "PUSHED": "others_moved",
        "OUT": "already_scheduled",
        "BACK": "again_eligible",
        "GONE": "gone",
        "NEW": "new_place",
    }
    assert moves["name"].to_dict() == {site: site for site in moves.index}
    assert moves.index.tolist() == ["UP", "DOWN", "BACK", "PUSHED", "OUT", "NEW", "GONE"]
    assert moves.loc["UP", ["rank_before", "rank_now"]].tolist() == [3, 1]


def test_a_ranking_that_is_the_same_moved_nothing():
    same = before(A=(1, 5.0, ""), B=(NONE, 1.0, "closed"))
    assert ranking_moves(same, same.assign(value=None)).empty


def test_nobody_before_is_no_relative_change():
    moves = ranking_moves(before(A=(2, 0.0, ""), B=(1, 0.0, "")), now(A=(1, 3.0, ""), B=(2, 0.0, "")))
    assert moves["cause"].tolist() == ["others_moved", "others_moved"]
    assert np.isfinite(moves["increment_now"]).all()
