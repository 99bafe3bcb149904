"""What moved since a decision: the ranking it was taken against, and the ranking of today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult

CLEARLY = 0.1
"""From this relative change on, a place is said to add more or fewer people."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """What was chosen, when, why, and against which ranking.

    Attributes
    ----------
    site_id, name
        The place that was chosen.
    decided_on, as_of
        Day of the decision, and day for which its ranking was made.
    reason
        As it was given.
    recommended
        The place that was recommended then; '' where none was.
    before
        Index `site_id`: every candidate of that ranking; `name`, `rank` (NaN where excluded), `increment`
        (people), `excluded` (code; '' where ranked).
    """

    site_id: str
    name: str
    decided_on: dt.date
    as_of: dt.date
    reason: str
    recommended: str
    before: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankingChanges:
    """Places that stand elsewhere than when a decision was taken.

    Attributes
    ----------
    decision
        The decision.
    by_site
        Index `site_id`, the places that moved, those that stood or stand highest first. Columns: `name`,
        `rank_before`, `rank_now` (NaN where not ranked), `increment_before`, `increment_now` (people; NaN where not
        known), `cause` (code of `changes_since`), `value` (what an exclusion carries, such as the day of a visit).
    """

    decision: Decision
    by_site: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Rank of today: `estimate, ci_low, ci_high, unit` (the rank has an interval in the ranking itself)."""
        return pd.DataFrame({"estimate": self.by_site["rank_now"], "ci_low": np.nan, "ci_high": np.nan, "unit": "rank"})

    def _repr_html_(self) -> str:
        return self.by_site.to_html(max_rows=12, float_format="{:.1f}".format)


def changes_since(decision: Decision, ranking: RankingResult) -> RankingChanges:
    """Compare the ranking of today with the one that a decision was taken against.

    The cause of a move is the plainest that is known: the rule that excludes the place now (a code of
    `exclusions`); `again_eligible` (a rule excluded it then); `new_place`; `gone` (no candidate any more);
    `more_people`, `fewer_people` (its own increment changed by 10 % or more); `others_moved`.

    Parameters
    ----------
    decision
        With the ranking of that day.
    ranking
        Of today.

    Returns
    -------
    RankingChanges
        Places whose rank or eligibility is the same are not in it.

    Examples
    --------
    See `ranking_moves`, which does the comparing on two frames.
    """
    ranked = ranking.by_site[["name", "rank", "increment"]].assign(excluded="", value=None)
    out = ranking.excluded[["name", "increment", "reason", "value"]].rename(columns={"reason": "excluded"})
    now = pd.concat([ranked, out.assign(rank=np.nan)])
    return RankingChanges(decision=decision, by_site=ranking_moves(decision.before, now))


def ranking_moves(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Places that moved from one ranking to another, with the cause of each.

    Parameters
    ----------
    before, now
        Index `site_id`; `name`, `rank` (NaN where excluded), `increment`, `excluded` ('' where ranked), and `value`
        in `now`.

    Returns
    -------
    DataFrame
        As in `RankingChanges.by_site`.

    Examples
    --------
    >>> before = pd.DataFrame({"name": ["A", "B"], "rank": [1, 2], "increment": [9.0, 5.0], "excluded": ""},
    ...                       index=["a", "b"])
    >>> now = pd.DataFrame({"name": ["B", "A"], "rank": [1, np.nan], "increment": [5.0, 9.0],
    ...                     "excluded": ["", "recently_visited"], "value": [None, "2026-11-07"]}, index=["b", "a"])
    >>> ranking_moves(before, now)[["rank_before", "rank_now", "cause"]].values.tolist()
    [[2.0, 1.0, 'others_moved'], [1.0, nan, 'recently_visited']]
    """
    places = before.index.union(now.index)
    old, new = before.reindex(places), now.reindex(places)
    table = pd.DataFrame(
        {
            "name": new["name"].fillna(old["name"]),
            "rank_before": old["rank"].astype(float),
            "rank_now": new["rank"].astype(float),
            "increment_before": old["increment"].astype(float),
            "increment_now": new["increment"].astype(float),
            "value": new["value"].astype(object),
        },
        index=places.rename("site_id"),
    )
    change = table["increment_now"] - table["increment_before"]
    clearly = CLEARLY * table["increment_before"].abs()
    out_now = new["excluded"].fillna("").astype(str)
    table["cause"] = np.select(
        [
            ~places.isin(now.index),
            ~places.isin(before.index),
            out_now != "",
            old["excluded"].fillna("") != "",
            change >= clearly.where(clearly > 0, np.inf),
            -change >= clearly.where(clearly > 0, np.inf),
        ],
        ["gone", "new_place", out_now, "again_eligible", "more_people", "fewer_people"],
        "others_moved",
    )
    same = (table["rank_before"] == table["rank_now"]) | (table["rank_before"].isna() & table["rank_now"].isna())
    table = table.assign(highest=table[["rank_before", "rank_now"]].min(axis=1))[~same]
    table = table.sort_values(["highest", "rank_now"], kind="stable").drop(columns="highest")
    return table[["name", "rank_before", "rank_now", "increment_before", "increment_now", "cause", "value"]]
