"""Rows that programs read, made into the few columns that fit a terminal."""

from __future__ import annotations

import numpy as np
import pandas as pd


def with_range(rows: pd.DataFrame, estimate: str, low: str, high: str) -> pd.Series:
    """A number with its range as one text: '34 (7-120)'; '' where there is none.

    Examples
    --------
    >>> with_range(pd.DataFrame({"n": [33.6], "low": [7.0], "high": [120.0]}), "n", "low", "high").tolist()
    ['34 (7-120)']
    """

    def text(values: pd.Series) -> str:
        return "" if np.isnan(values[estimate]) else f"{values[estimate]:.0f} ({values[low]:.0f}-{values[high]:.0f})"

    published = rows[[estimate, low, high]].astype(float)
    return pd.Series([text(row) for _, row in published.iterrows()], index=rows.index, dtype="str")


def ranking_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of `ranking_rows` that people read: eight of them, ranges beside their numbers.

    `best (costs)` is how often a place is the best, and the people given up on average by choosing it; `note` says
    'proposed' of the recommended place and 'may be best' of the others that are tied.
    """
    return pd.DataFrame(
        {
            "rank": rows["rank"],
            "site_id": rows["site_id"],
            "name": rows["name"],
            "additional": with_range(rows, "increment", "ci_low", "ci_high"),
            "all who come": with_range(rows, "people", "people_low", "people_high"),
            "best (costs)": [
                f"{100 * best:.0f}% ({max(costs, 0.0):.1f})"
                for best, costs in zip(rows["p_best"], rows["costs_on_average"], strict=True)
            ],
            "first day": rows["next_day"],
            "note": np.select([rows["recommended"], rows["tied"]], ["proposed", "may be best"], ""),
        }
    )


def series_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of a comparison of series that people read, ranges beside their numbers."""
    percent = rows.assign(**{name: 100 * rows[name] for name in ("new", "new_low", "new_high")})
    return pd.DataFrame(
        {
            "series": rows["series"].replace("", "(none)"),
            "events": rows["events"],
            "people": rows["people"],
            "people an event": with_range(rows, "per_event", "per_event_low", "per_event_high"),
            "km, half within": with_range(rows, "km_50", "km_50_low", "km_50_high"),
            "new passports, %": with_range(percent, "new", "new_low", "new_high"),
        }
    )
