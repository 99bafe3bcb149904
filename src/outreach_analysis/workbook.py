"""A plain Excel workbook, the same bytes every time: no clock in its properties, no compression."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | dt.date | None

NAME_LENGTH, EXACT_DIGITS, TEXT_LENGTH = 31, 15, 32_767
"""Excel's limits: letters of a sheet's name, digits of a whole number that it keeps, letters of a cell."""

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_LETTERS_WIDE = 60
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """One sheet: its cells row by row, and the ranges that are merged, such as 'A1:H1'. With `headed` the first row is
    bold, stays in sight and gives each column its width."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[str, ...] = ()
    headed: bool = False


def sheet_name(name: str) -> str:
    r"""A sheet name that Excel takes: without []:*?/ and \, not in quotes, at most 31 letters, not empty."""
    return _NOT_IN_NAMES.sub(" ", name).strip(" '")[:NAME_LENGTH].strip(" '") or "Sheet"


def write_workbook(path: Path, sheets: Sequence[Worksheet]) -> None:
    """Write `workbook_bytes` to a file."""
    path.write_bytes(workbook_bytes(sheets))


def workbook_bytes(sheets: Sequence[Worksheet]) -> bytes:
    """An .xlsx file whose bytes depend on its cells alone. A text is text whatever it begins with, never a formula;
    characters that XML cannot hold are left out. Numbers are numbers (those without a finite value stay empty), dates
    are Excel dates shown as dd/mm/yyyy, True and False are logical values."""
    names = [sheet.name for sheet in sheets]
    if not names or any(name != sheet_name(name) for name in names) or len({*map(str.casefold, names)}) < len(names):
        raise ValueError(f"no names for the sheets of a workbook: {names}")
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook_xml(sheets),
        "xl/_rels/workbook.xml.rels": _relationships(
            [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers] + [("styles", "styles.xml")]
        ),
        "xl/styles.xml": _STYLES,
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": _sheet_xml(sheet) for n, sheet in zip(numbers, sheets, strict=True)}
    # stored, not deflated: compressors differ from one machine to the next
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=_FIXED_TIME)
            entry.create_system = 3
            archive.writestr(entry, text.encode("utf-8"))
    return content.getvalue()


def _content_types(n_sheets: int) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in range(1, n_sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{sheets}</Types>'
    )


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _workbook_xml(sheets: Sequence[Worksheet]) -> str:
    items = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"/>' for n, sheet in enumerate(sheets, start=1)
    )
    return f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{items}</sheets></workbook>'


def _sheet_xml(sheet: Worksheet) -> str:
    rows = []
    for number, row in enumerate(sheet.rows, start=1):
        bold = sheet.headed and number == 1
        cells = "".join(_cell_xml(f"{column_letter(at)}{number}", value, bold=bold) for at, value in enumerate(row))
        rows.append(f'<row r="{number}">{cells}</row>')
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    merged = f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else ""
    head = _head_xml(sheet.rows) if sheet.headed else ""
    return f'{_XML}<worksheet xmlns="{_MAIN}">{head}<sheetData>{"".join(rows)}</sheetData>{merged}</worksheet>'


def _head_xml(rows: Sequence[Sequence[Cell]]) -> str:
    """The first row kept in sight, and columns as wide as their longest line."""
    widths = [0] * max(map(len, rows), default=0)
    for row in rows:
        for at, value in enumerate(row):
            shown = "dd/mm/yyyy" if isinstance(value, dt.date) else "" if value is None else str(value)
            widths[at] = min(max(widths[at], *map(len, shown.splitlines() or [""])), _MOST_LETTERS_WIDE)
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{letters + 2}" customWidth="1"/>' for at, letters in enumerate(widths, 1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return view + (f"<cols>{columns}</cols>" if columns else "")


def _cell_xml(reference: str, value: Cell, *, bold: bool) -> str:
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str):
        if len(value) > TEXT_LENGTH:
            raise ValueError(f"cell {reference} holds {len(value)} letters; Excel takes {TEXT_LENGTH}")
        # a line end of its own would be read back as another one
        text = escape(_NOT_XML.sub("", value), {"\r": "&#13;"})
        text = f'<t xml:space="preserve">{text}</t>'
        text = f"<r><rPr><b/></rPr>{text}</r>" if bold else text
        return f'<c r="{reference}" t="inlineStr"><is>{text}</is></c>'
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}"><v>{value!r}</v></c>'
    return f'<c r="{reference}" s="1"><v>{(value - _EXCEL_DAY_ZERO).days}</v></c>'


def column_letter(position: int) -> str:
    """Excel's letter of a column counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
