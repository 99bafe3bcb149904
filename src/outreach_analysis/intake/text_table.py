"""Rows of the office's tables as text under our column names, each with its place in its file."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_ODD_SPACE = r"\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff"
_BETWEEN = "\ue000"
_UNTIDY = re.compile(rf"{_BETWEEN} | {_BETWEEN}|  |[{_ODD_SPACE}]")
_RUN = re.compile(rf"[ {_ODD_SPACE}]+")
_BLOCK = 20_000
CELL_FAULTS = ("at", "column", "value")
_OF_LIST = {"columns": "", "dated": True, "since_1904": False, "is_form": False, "title_date": "", "title_site": ""}
_SPACE = ord(" ")
_LAST_VISIBLE = 0x7E


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTable:
    """Rows of one kind, of one sheet or of many.

    Attributes
    ----------
    rows
        Text, one column for each of our columns that a sheet has, spaces trimmed; '' where blank. Index counts
        from 0. Blank rows, totals and repeated headers are not among them.
    lists
        The sheets, with the columns of `list_frame`.
    list_of, row_numbers
        For each row its place in `lists`, and its row as the spreadsheet shows it.
    names
        People's names of each row, joined; '' where there are none. To be removed from other texts.
    numeric_nik
        Whether Excel held the row's NIK as a number.
    cell_faults
        Cells without a value, by `CELL_FAULTS`: place in `rows`, our column, and what stands there ('C7: #N/A').
    """

    rows: pd.DataFrame
    lists: pd.DataFrame
    list_of: np.ndarray
    row_numbers: np.ndarray
    names: pd.Series
    numeric_nik: pd.Series
    cell_faults: pd.DataFrame

    def where(self, mask: pd.Series) -> pd.DataFrame:
        """Places of the rows in `mask`: file, sheet, row; indexed as those rows."""
        chosen = mask.to_numpy(bool)
        places = self.lists.iloc[self.list_of[chosen]]
        return pd.DataFrame(
            {"file": places["file"].array, "sheet": places["sheet"].array, "row": self.row_numbers[chosen]},
            index=self.rows.index[chosen],
        )

    def of_list(self, name: str) -> pd.Series:
        """A column of `lists` for each row."""
        return self.lists[name].iloc[self.list_of].set_axis(self.rows.index)

    def has(self, column: str) -> pd.Series:
        """True for the rows of the lists that have one of our columns, be it filled or not."""
        has = np.array([column in columns.split() for columns in self.lists["columns"]], dtype=bool)
        return pd.Series(has[self.list_of], index=self.rows.index)


def no_faults() -> pd.DataFrame:
    """Of a sheet without a cell in error: `TextTable.cell_faults`, empty."""
    return pd.DataFrame({"at": pd.Series(dtype="int64"), **{name: pd.Series(dtype="str") for name in CELL_FAULTS[1:]}})


def list_frame(file: str = "", sheet: str = "", digest: str = "", **known: object) -> pd.DataFrame:
    """One sheet as a row of `TextTable.lists`.

    Parameters
    ----------
    file, sheet, digest
        Names, and the fingerprint of the file's bytes.
    **known
        `columns` (of ours that the sheet has, by spaces), `dated` (the sheet has a column of dates), `since_1904` (the
        workbook counts days from 1904), `is_form` (a form wrote the sheet), `title_date` and `title_site` (what the
        titles above the header say of day and location).

    Examples
    --------
    >>> list_frame("E1.csv", is_form=True)[["file", "is_form", "title_date"]].values.tolist()
    [['E1.csv', True, '']]
    """
    row = {"file": file, "sheet": sheet, "digest": digest, **_OF_LIST, **known}
    kinds = {name: "bool" if isinstance(value, bool) else "str" for name, value in row.items()}
    return pd.DataFrame([row]).astype(kinds)


def join_tables(tables: Sequence[TextTable]) -> TextTable:
    """Many sheets as one table; a column that a sheet lacks is blank there."""
    if len(tables) == 1:
        return tables[0]
    if not tables:
        return TextTable(
            rows=pd.DataFrame(index=pd.RangeIndex(0)),
            lists=list_frame().iloc[:0],
            list_of=np.array([], dtype=int),
            row_numbers=np.array([], dtype=int),
            names=pd.Series(dtype="str"),
            numeric_nik=pd.Series(dtype=bool),
            cell_faults=no_faults(),
        )
    before = np.cumsum([0, *(len(table.lists) for table in tables[:-1])])
    rows = pd.concat([table.rows for table in tables], ignore_index=True)
    return TextTable(
        rows=rows.fillna("") if rows.isna().any(axis=None) else rows,
        lists=pd.concat([table.lists for table in tables], ignore_index=True),
        list_of=np.concatenate([table.list_of + start for table, start in zip(tables, before, strict=True)]),
        row_numbers=np.concatenate([table.row_numbers for table in tables]),
        names=pd.concat([table.names for table in tables], ignore_index=True),
        numeric_nik=pd.concat([table.numeric_nik for table in tables], ignore_index=True),
        cell_faults=pd.concat(
            [
                table.cell_faults.assign(at=table.cell_faults["at"] + start)
                for table, start in zip(tables, np.cumsum([0, *(len(table.rows) for table in tables)]), strict=False)
            ],
            ignore_index=True,
        ),
    )


def tidy(text: pd.Series) -> pd.Series:
    """Text without spaces around it, and any run of spaces, line breaks and invisible characters as one space.

    Examples
    --------
    >>> tidy(pd.Series([" Jl. A\\nRT 3 ", "Loa\\u00a0Kulu", "NA"])).tolist()
    ['Jl. A RT 3', 'Loa Kulu', 'NA']
    """
    if _is_tidy(text):
        return text
    cells = text.to_numpy(dtype=object, copy=True)
    found = False
    for start in range(0, len(cells), _BLOCK):
        block = cells[start : start + _BLOCK].tolist()
        # one search over many cells: tidy lists, which most are, cost next to nothing
        if _UNTIDY.search(_BETWEEN.join(["", *block, ""])):
            cells[start : start + _BLOCK] = [_RUN.sub(" ", cell).strip() for cell in block]
            found = True
    return pd.Series(cells, index=text.index, name=text.name, dtype="str") if found else text


def _is_tidy(text: pd.Series) -> bool:
    """Whether no cell needs a change, told from the bytes of the column at once; False where that cannot be told."""
    arrow = getattr(text.array, "__arrow_array__", None)
    if arrow is None:
        return False
    pieces = arrow()
    for piece in getattr(pieces, "chunks", [pieces]):
        _, starts, content = piece.buffers()
        if piece.null_count or str(piece.type) != "large_string" or content is None:
            return False
        at = np.frombuffer(starts, dtype=np.int64)[piece.offset : piece.offset + len(piece) + 1]
        letters = np.frombuffer(content, dtype=np.uint8)[at[0] : at[-1]]
        # letters beyond ASCII may be odd spaces
        if len(letters) and (letters.min() < _SPACE or letters.max() > _LAST_VISIBLE):
            return False
        if letters.tobytes().find(b"  ") >= 0:
            return False
        filled = at[:-1] < at[1:]
        first, last = at[:-1][filled] - at[0], at[1:][filled] - at[0] - 1
        if (letters[first] == _SPACE).any() or (letters[last] == _SPACE).any():
            return False
    return True


def cell_text(value: object) -> str:
    """The text of one Excel or Parquet cell: ISO for dates, digits without '.0' for whole numbers.

    Examples
    --------
    >>> [cell_text(v) for v in (dt.date(2025, 2, 1), 12.0, 116.48, True, None, " Kukar ")]
    ['2025-02-01', '12', '116.48', 'true', '', ' Kukar ']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            # the day it is at the office is settled where the column is known to hold dates
            return value.isoformat(" ", "seconds")
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)
