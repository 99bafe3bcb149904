"""Rows for other programs: stable columns, and cells that no spreadsheet takes for a formula.

`write_table(path, rows)` writes a frame as CSV or XLSX, as the file's name says; `write_sheets` writes several frames
as sheets of one workbook.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.errors import RequestError
from outreach_analysis.files import replace_file
from outreach_analysis.workbook import EXACT_DIGITS, Cell, Worksheet, sheet_name, workbook_bytes

RANKING_COLUMNS = (
    "rank",
    "site_id",
    "name",
    "kind",
    "area_id",
    "increment",
    "ci_low",
    "ci_high",
    "p_best",
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
    "costs_on_average",
    "office_anyway",
    "gone_earlier",
    "gone_later",
    "outside",
)
"""Columns of `outreach rank --format csv|json`; new ones are only ever added at the end."""

_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters by name that leave no mark."""
_LINE = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def ranking_rows(ranking: RankingResult) -> pd.DataFrame:
    """A ranking with the columns of `RANKING_COLUMNS`, people rounded to one decimal.

    `people` are all who come on the day: `increment` (additional), `office_anyway`, `gone_later` and `outside` add up
    to them as printed, and `gone_earlier` would come beside them if no event were announced. `p_best` is the share of
    draws in which the place adds most, `costs_on_average` what choosing it gives up against the first; `status` says
    what the forecast rests on.
    """
    rows = ranking.by_site.rename_axis("site_id").reset_index()
    rows = rows.assign(
        recommended=rows["site_id"] == ranking.recommended,
        next_day=pd.to_datetime(rows["next_day"]).dt.strftime("%Y-%m-%d") if len(rows) else None,
        status=ranking.status,
    )
    published = rows.reindex(columns=list(RANKING_COLUMNS)).round(
        {"increment": 1, "ci_low": 1, "ci_high": 1, "people": 1, "people_low": 0, "people_high": 0, "p_best": 3}
        | dict.fromkeys(("costs_on_average", "office_anyway", "gone_earlier", "gone_later", "outside"), 1)
    )
    rest = published["people"] - published["increment"] - published["gone_later"] - published["outside"]
    return published.assign(office_anyway=rest.astype(float).round(1).clip(lower=0.0))


def resolution_rows(typed: pd.Series, found: pd.DataFrame, gazetteer: pd.DataFrame) -> pd.DataFrame:
    """What each typed place name was taken for: text, area_id, name, level, status, score, suggestions.

    Numbers of persons in what was typed are masked.
    """
    names = gazetteer["name"].str.cat(gazetteer["parent_name"], sep=", ")
    return pd.DataFrame(
        {
            "text": typed.map(mask_identifiers),
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

    A text of which any line begins with a tab or a carriage return, or has = + - @ (full-width forms too) as its first
    visible character, is quoted with an apostrophe. So are the names of the columns.

    Examples
    --------
    >>> safe_cells(pd.DataFrame({"name": ["=1+1", "Mall"], "n": [-2, 3]}))["name"].tolist()
    ["'=1+1", 'Mall']
    """
    safe = rows.set_axis(range(rows.shape[1]), axis=1)
    for at, column in safe.items():
        if column.dtype.kind not in "biufM":
            safe[at] = column.astype(object).map(_safe, na_action="ignore")
    return safe.set_axis([_safe(name) for name in rows.columns], axis=1)


def write_table(path: Path, rows: pd.DataFrame, *, sheet: str = "") -> None:
    """Write a frame as `.csv` or `.xlsx`, as the name of the file says, whole or not at all.

    Texts are made safe as by `safe_cells`; the index is not written. CSV is UTF-8 with its mark, as a spreadsheet
    opens it. In XLSX the header is bold and stays in sight, texts are text and never formulas, numbers are numbers
    (whole ones beyond Excel's 15 digits are text), days are Excel dates; times of day and anything else are text.

    Parameters
    ----------
    path
        `.csv` or `.xlsx`; an existing file is replaced in one step.
    rows
        What to write.
    sheet
        Name of the sheet in XLSX; the file's own name where none is given.

    Raises
    ------
    ValueError
        Where the name of the file ends in neither, or a text is longer than a cell of Excel takes.
    OSError
        Where the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_table(folder / "schedule.xlsx", pd.DataFrame({"day": [pd.Timestamp("2026-06-06")], "place": ["=Mall"]}))
    >>> pd.read_excel(folder / "schedule.xlsx", engine="calamine").loc[0].tolist()
    [Timestamp('2026-06-06 00:00:00'), "'=Mall"]
    """
    kind = path.suffix.casefold()
    if kind == ".xlsx":
        write_sheets(path, {sheet or path.stem: rows})
    elif kind == ".csv":
        write_cells(rows, path)
    else:
        raise RequestError(f"{path.name}: a table is written as .csv or .xlsx")


def write_sheets(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write frames as the sheets of one XLSX workbook, whole or not at all; cells as in `write_table`.

    Parameters
    ----------
    path
        The file; an existing one is replaced in one step. The same frames give the same bytes.
    sheets
        Frames by the name of their sheet, at least one; names are cut to what Excel takes.

    Raises
    ------
    ValueError
        Where there is no sheet, two have the same name, or a text is longer than a cell of Excel takes.
    OSError
        Where the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_sheets(folder / "plan.xlsx", {"A": pd.DataFrame({"n": [1]}), "B": pd.DataFrame({"n": [2]})})
    >>> list(pd.read_excel(folder / "plan.xlsx", sheet_name=None, engine="calamine"))
    ['A', 'B']
    """
    replace_file(path, workbook_bytes([_worksheet(name, rows) for name, rows in sheets.items()]))


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


def _worksheet(name: str, rows: pd.DataFrame) -> Worksheet:
    safe = safe_cells(rows)
    columns = [[_cell(value) for value in safe.iloc[:, at].astype(object)] for at in range(safe.shape[1])]
    header: list[Cell] = [_cell(column) for column in safe.columns]
    return Worksheet(name=sheet_name(name), rows=[header, *map(list, zip(*columns, strict=True))], headed=True)


def _cell(value: object) -> Cell:
    """A value as a cell of a workbook: a number, a day, a logical value or text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS:
        return str(value)
    if isinstance(value, str | bool | int | float) or value is None:
        return value
    if isinstance(value, list | tuple | set | dict) or not pd.isna(value):  # type: ignore[call-overload]
        if isinstance(value, dt.datetime):
            at_midnight = value.time() == dt.time() and value.tzinfo is None
            return value.date() if at_midnight else value.isoformat(sep=" ")
        return value if isinstance(value, dt.date) else _safe(str(value))
    return None


def _safe(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    lines = _LINE.split(unicodedata.normalize("NFKC", value.replace("\r\n", "\n")))
    return f"'{value}" if value[:1] == "\r" or any(map(_starts_a_formula, lines)) else value


def _starts_a_formula(line: str) -> bool:
    """Whether the first mark that is seen could start a formula; a tab does wherever it stands before that."""
    for letter in line:
        if letter in "=+-@\t":
            return True
        if letter not in _UNSEEN and unicodedata.category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn"):
            return False
    return False
