"""Where a sheet's header stands, what its titles say, and what stands under no header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.geocoding.headers import plain_header
from outreach_analysis.intake.columns import HeaderMap, map_headers
from outreach_analysis.intake.date_forms import written_date
from outreach_analysis.intake.readers import HEAD_ROWS, RawSheet
from outreach_analysis.intake.specs import TableSpec
from outreach_analysis.intake.text_table import tidy
from outreach_analysis.workbook import column_letter

_DEEPEST = 3
_SAMPLE_ROWS = 200
_MOSTLY = 0.5
_ANY_ZONE = ZoneInfo("UTC")
_DATE_TITLE = re.compile(
    r"(?:hari\s*[/,&]?\s*(?:dan\s+)?)?\b(?:tanggal|tgl)\b\.?(?:\s+(?:pelaksanaan|kegiatan|pelayanan|layanan))?\s*[:=]?\s*",
    re.IGNORECASE,
)
_SITE_TITLE = re.compile(
    r"(?:lokasi|tempat)(?:\s+(?:pelaksanaan|kegiatan|pelayanan|layanan))?\s*[:=]\s*|(?:lokasi|tempat)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """The header of a sheet.

    Attributes
    ----------
    row
        Its last row.
    first_row
        Its first row; headers that span others stand in rows above them.
    cells
        Its cells, those of several rows joined: the lowest that is not blank.
    headers
        What they were taken for.
    """

    row: int
    first_row: int
    cells: tuple[str, ...]
    headers: HeaderMap


def find_header(sheet: RawSheet, spec: TableSpec, extra: Mapping[str, str]) -> HeaderMatch:
    """The row among the first `HEAD_ROWS` that has every required column, else the one with the most known headers.

    A header may span two or three rows, the lower ones in place of the spanning words above: where more of our columns
    are found so than in any row alone.
    """
    head = sheet.cells.head(HEAD_ROWS)
    rows = [(int(row), tuple(str(cell) for cell in cells)) for row, *cells in head.itertuples()]
    single = [
        HeaderMatch(row=row, first_row=row, cells=cells, headers=map_headers(cells, spec, extra=extra))
        for row, cells in rows
    ]
    best = max(single, key=_worth)
    joined = []
    for at, upper in enumerate(single):
        if not upper.headers.positions:
            continue
        cells = upper.cells
        for lower in single[at + 1 : at + _DEEPEST]:
            if not any(cell.strip() for cell in lower.cells):
                break
            cells = tuple(low if low.strip() else high for low, high in zip(lower.cells, cells, strict=True))
            if not lower.headers.positions:
                continue
            joined.append(
                HeaderMatch(
                    row=lower.row, first_row=upper.row, cells=cells, headers=map_headers(cells, spec, extra=extra)
                )
            )
    return max([best, *joined], key=_worth)


def _worth(found: HeaderMatch) -> tuple[bool, int, int, int]:
    headers = found.headers
    return headers.is_complete, len(headers.positions), found.first_row - found.row, -found.row


def title_facts(sheet: RawSheet, found: HeaderMatch) -> dict[str, str]:
    """What the rows above the header say of the day and the location of the list.

    Returns
    -------
    `title_date` and `title_site` as written; '' where no title or more than one says it.
    """
    dates: list[str] = []
    sites: list[str] = []
    for _, *cells in sheet.cells.loc[: found.first_row - 1].apply(tidy).itertuples():
        for at, cell in enumerate(cells):
            following = next((text for text in cells[at + 1 :] if text.strip(" :=")), "")
            if title := _DATE_TITLE.search(cell):
                said = cell[title.end() :] or following.lstrip(" :=")
                dates += [said] if written_date(said, _ANY_ZONE).form else []
            elif title := _SITE_TITLE.match(cell):
                said = cell[title.end() :] or following.lstrip(" :=")
                sites += [said] if said else []
    return {
        name: found_once[0] if len(found_once := list(dict.fromkeys(said))) == 1 else ""
        for name, said in (("title_date", dates), ("title_site", sites))
    }


def shown_headers(sheet: RawSheet, found: HeaderMatch) -> list[tuple[str, str, str]]:
    """(header, our column or '', how) of each column that holds anything; one without a header by what it holds."""
    shown = [(mask_identifiers(header.strip()), column, how) for header, column, how in found.headers.taken]
    for position, header in enumerate(found.cells):
        if plain_header(header) or position in found.headers.positions.values():
            continue
        if kind := kind_of_content(sheet.cells.loc[found.row + 1 :, position]):
            shown.append((f"(column {column_letter(position)}, no header: {kind})", "", "ignored"))
    return shown


def kind_of_content(cells: pd.Series) -> str:
    """What a column holds, never what stands in it: dates, numbers, long numbers, text; '' where nothing.

    Examples
    --------
    >>> kind_of_content(pd.Series(["14/03/2026", "", "15/03/2026"])), kind_of_content(pd.Series(["Siti", "12"]))
    ('dates', 'text and numbers')
    """
    filled = [text for cell in cells.head(_SAMPLE_ROWS).tolist() if (text := str(cell).strip())]
    if not filled:
        filled = [text for cell in cells[cells != ""].head(_SAMPLE_ROWS).tolist() if (text := str(cell).strip())]
    kinds = dict.fromkeys(_kind(cell) for cell in filled)
    return " and ".join(sorted(kinds, reverse=True))


def _kind(cell: str) -> str:
    if not cell.isdigit() and written_date(cell, _ANY_ZONE).form:
        return "dates"
    figures = re.sub(r"[\s.,+'’\-]", "", cell)
    if figures.isdigit():
        return "long numbers" if len(figures) > 7 else "numbers"
    return "text"


def unknown_dates(sheet: RawSheet, found: HeaderMatch) -> str:
    """The header, or place, of a column that holds dates and was taken for nothing; '' where there is none."""
    used = set(found.headers.positions.values()) | set(found.headers.names)
    for position, header in enumerate(found.cells):
        ours = next((column for said, column, _ in found.headers.taken if said == header and plain_header(header)), "")
        if position in used or ours:
            continue
        cells = [
            text for cell in sheet.cells.loc[found.row + 1 :, position].head(_SAMPLE_ROWS) if (text := cell.strip())
        ]
        read = [not cell.isdigit() and bool(written_date(cell, _ANY_ZONE).form) for cell in cells]
        if cells and sum(read) > _MOSTLY * len(read):
            return mask_identifiers(header.strip()) or f"column {column_letter(position)}"
    return ""
