"""A plain Excel workbook, the same bytes every time: no clock in its properties, no compression."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | int | float | dt.date | None

NAME_LENGTH, EXACT_DIGITS, TEXT_LENGTH = 31, 15, 32_767
"""Excel's limits: letters of a sheet's name, digits of a whole number that it keeps, letters of a cell."""

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_LETTERS_WIDE, _MOST_LETTERS_TO_READ, _LONGEST_FOOTER, _A4 = 60, 34, 200, 9
_LONGEST_LIST = 1000
_MADE = dt.datetime(2026, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """One sheet: its cells row by row, and the ranges that are merged, such as 'A1:H1'. With `headed` the first row is
    bold, stays in sight and gives each column its width. By column: notes on its header, texts to choose from below,
    whether all below is text, which Excel takes for nothing else, and how its numbers are shown. Lines `above` the
    first row, a title and what it needs to be understood alone, make a sheet to be read and printed: A4 across, as wide
    as the page, its header on every page."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[str, ...] = ()
    headed: bool = False
    notes: Mapping[int, str] = field(default_factory=dict)
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    text_columns: frozenset[int] = frozenset()
    number_formats: Mapping[int, str] = field(default_factory=dict)
    above: Sequence[str] = ()


def sheet_name(name: str) -> str:
    r"""A sheet name that Excel takes: without []:*?/ and \, not in quotes, at most 31 letters, not empty."""
    return _NOT_IN_NAMES.sub(" ", name).strip(" '")[:NAME_LENGTH].strip(" '") or "Sheet"


def workbook_bytes(sheets: Sequence[Worksheet]) -> bytes:
    """An .xlsx file whose bytes depend on its cells alone. A text is text whatever it begins with, never a formula;
    characters that XML cannot hold are left out, and every line ends as Excel ends it. Numbers are numbers (those
    without a finite value stay empty), dates are Excel dates shown as dd/mm/yyyy, True and False are logical values."""
    import xlsxwriter

    names = [sheet.name for sheet in sheets]
    if not names or any(name != sheet_name(name) for name in names) or len({*map(str.casefold, names)}) < len(names):
        raise ValueError(f"no names for the sheets of a workbook: {names}")
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        formats = {"day": book.add_format({"num_format": "dd/mm/yyyy"}), "bold": book.add_format({"bold": True}),
                   "text": book.add_format({"num_format": "@"}), "title": book.add_format({"bold": True, "size": 14}),
                   "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
                   "wrapped": book.add_format({"text_wrap": True, "valign": "top"})}  # fmt: skip
        for shown in {shown for sheet in sheets for shown in sheet.number_formats.values()}:
            formats[shown] = book.add_format({"num_format": shown, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            if sheet.above:
                _fill_to_read(page, sheet, formats)
            else:
                _fill(page, sheet, formats)
    # stored, not deflated: compressors differ from one machine to the next
    content = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            plain = zipfile.ZipInfo(entry.filename)
            plain.create_system = 3
            target.writestr(plain, source.read(entry))
    return content.getvalue()


def _fill(page: Any, sheet: Worksheet, formats: Mapping[str, Any]) -> None:
    widths = _widths(sheet.rows) if sheet.headed else []
    for at, letters in enumerate(widths):
        page.set_column(at, at, letters + 2, formats["text"] if at in sheet.text_columns else None)
    if sheet.headed:
        page.freeze_panes(1, 0)
    for number, row in enumerate(sheet.rows):
        for at, value in enumerate(row):
            _write(page, number, at, value, formats, bold=sheet.headed and number == 0)
    for at, note in sheet.notes.items():
        page.write_comment(0, at, note)
    for at, choices in sheet.choices.items():
        page.data_validation(1, at, _LONGEST_LIST - 1, at, {"validate": "list", "source": list(choices)})
    for area in sheet.merged:
        first, _, last = area.partition(":")
        if first != last:
            page.merge_range(area, "")
            number = int(re.sub("[A-Z]", "", first)) - 1
            _write(page, number, 0, sheet.rows[number][0], formats, bold=False)


def _fill_to_read(page: Any, sheet: Worksheet, formats: Mapping[str, Any]) -> None:
    """A sheet under its title: long texts and headings are broken, so that its columns fit a page."""
    head, first = sheet.rows[0], len(sheet.above) + 1
    for number, line in enumerate(sheet.above):
        page.write_string(number, 0, _NOT_XML.sub("", line), formats["title" if number == 0 else "bold"])
    for at, letters in enumerate(_widths([[None] * len(head), *sheet.rows[1:]])):
        longest_word = max((len(word) for word in str(head[at]).split()), default=0)
        page.set_column(at, at, min(max(letters, longest_word), _MOST_LETTERS_TO_READ) + 2)
    for number, row in enumerate(sheet.rows):
        for at, value in enumerate(row):
            kind = "head" if number == 0 else sheet.number_formats.get(at, "wrapped")
            _write(
                page, first + number, at, value, {**formats, "bold": formats[kind], "number": formats[kind]}, bold=True
            )
    page.freeze_panes(first + 1, 0)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(first)
    page.set_footer("&L" + " · ".join(sheet.above)[:_LONGEST_FOOTER].replace("&", "&&") + "&R&P / &N")


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Letters of the longest line of each column."""
    widths = [0] * max(map(len, rows), default=0)
    for row in rows:
        for at, value in enumerate(row):
            shown = "dd/mm/yyyy" if isinstance(value, dt.date) else "" if value is None else str(value)
            widths[at] = min(max(widths[at], *map(len, shown.splitlines() or [""])), _MOST_LETTERS_WIDE)
    return widths


def _write(page: Any, row: int, at: int, value: Cell, formats: Mapping[str, Any], *, bold: bool) -> None:
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, str):
        if len(value) > TEXT_LENGTH:
            raise ValueError(f"cell {column_letter(at)}{row + 1} holds {len(value)} letters; Excel takes {TEXT_LENGTH}")
        lines = _NOT_XML.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
        page.write_string(row, at, lines, formats["bold"] if bold else None)
    elif isinstance(value, bool):
        page.write_boolean(row, at, value)
    elif isinstance(value, int | float):
        page.write_number(row, at, value, formats.get("number"))
    else:
        page.write_datetime(row, at, value, formats["day"])


def column_letter(position: int) -> str:
    """Excel's letter of a column counted from 0."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(position))
