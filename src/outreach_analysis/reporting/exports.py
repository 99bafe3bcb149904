"""Rows for other programs: stable columns, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from pathlib import Path

import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult

RANKING_COLUMNS = (
    "rank",
    "site_id",
    "name",
    "kind",
    "area_id",
    "increment",
    "ci_low",
    "ci_high",
    "p_beats_leader",
    "tied",
    "recommended",
    "rank_low",
    "rank_high",
    "people",
    "people_low",
    "people_high",
    "next_day",
    "day_kind",
    "status",
)
"""Columns of `outreach rank --format csv|json`; new ones are only ever added at the end."""

_FORMULA = re.compile(r"^[\s\x00-\x1f\u00a0\u200b-\u200f\u2028-\u202e\ufeff]*[=+\-@\t\r]")


def ranking_rows(ranking: RankingResult) -> pd.DataFrame:
    """A ranking with the columns of `RANKING_COLUMNS`, people rounded to one decimal.

    `people...` are all who come on the day, `increment` and its interval those the office would not have
    reached anyway; `status` says what the forecast rests on.
    """
    rows = ranking.by_site.rename_axis("site_id").reset_index()
    rows = rows.assign(
        recommended=rows["site_id"] == ranking.recommended,
        next_day=pd.to_datetime(rows["next_day"]).dt.strftime("%Y-%m-%d") if len(rows) else None,
        status=ranking.status,
    )
    return rows.reindex(columns=list(RANKING_COLUMNS)).round(
        {"increment": 1, "ci_low": 1, "ci_high": 1, "people": 0, "people_low": 0, "people_high": 0, "p_beats_leader": 3}
    )


def resolution_rows(typed: pd.Series, found: pd.DataFrame, gazetteer: pd.DataFrame) -> pd.DataFrame:
    """What each typed place name was taken for: text, area_id, name, level, status, score, suggestions."""
    names = gazetteer["name"].str.cat(gazetteer["parent_name"], sep=", ")
    return pd.DataFrame(
        {
            "text": typed,
            "area_id": found["area_id"],
            "name": found["area_id"].map(names).fillna(found["place"]),
            "level": found["level"],
            "status": found["status"],
            "score": found["score"].round(0),
            "suggestions": [
                "; ".join(f"{item.label} ({item.area_id})" for item in suggestions)
                for suggestions in found["suggestions"]
            ],
        }
    )


def safe_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose texts no spreadsheet runs as a formula; numbers stay numbers.

    A text whose first visible character is = + - @ (full-width forms too), a tab or a carriage return, on any
    of its lines, is quoted with an apostrophe.

    Examples
    --------
    >>> safe_cells(pd.DataFrame({"name": ["=1+1", "Mall"], "n": [-2, 3]}))["name"].tolist()
    ["'=1+1", 'Mall']
    """
    safe = rows.copy()
    for column in safe.columns:
        if safe[column].dtype.kind in "biufM":
            continue
        safe[column] = safe[column].map(_safe, na_action="ignore")
    return safe


def write_cells(rows: pd.DataFrame, path: Path, *, header: bool = True) -> None:
    """Write rows as a CSV that a spreadsheet opens as it is: safe cells, UTF-8 with its mark, whole or not at all.

    Parameters
    ----------
    rows, path
        What to write, and where; the file is replaced in one step.
    header
        False where the header stands among the rows.

    Raises
    ------
    OSError
        Where the folder cannot be written to.
    """
    replace_file(path, "\ufeff" + safe_cells(rows).to_csv(index=False, header=header, lineterminator="\n"))


def replace_file(path: Path, text: str) -> None:
    """Write a text file beside its place and move it there in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _safe(value: object) -> object:
    if not isinstance(value, str):
        return value
    lines = unicodedata.normalize("NFKC", value).splitlines() or [""]
    return f"'{value}" if any(_FORMULA.match(line) for line in lines) else value
