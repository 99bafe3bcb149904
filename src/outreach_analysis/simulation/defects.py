"""Faults planted in the sample, each as a real office makes them, each listed in truth.json."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

from outreach_analysis.simulation.lists import ListFile, ListRow, ListSheet
from outreach_analysis.workbook import Cell


class _Edit(NamedTuple):
    """Change of the n-th applicant (from 0) of one event; `level` is what can still be known of the origin."""

    event_id: str
    nth: int
    cells: dict[str, Cell]
    reason: str
    column: str
    level: str | None = None


def _no_place(event_id: str, nth: int, text: str, *, field: str = "address") -> _Edit:
    blank: dict[str, Cell] = {"address": "", "desa": "", "kecamatan": "", "kabupaten": ""}
    reason = "unresolved_origin" if text else "blank_origin"
    return _Edit(event_id, nth, blank | {field: text}, reason, field, "none")


_EDITS = (
    _Edit("JB-2026-04", 9, {"service_date": "31/02/2026"}, "bad_date", "service_date"),
    _Edit("JB-2025-05", 14, {"service_date": "2025-19-04"}, "bad_date", "service_date"),
    _Edit("JB-2026-01", 6, {"event_id": "JB-2025-99"}, "unknown_event", "event_id"),
    _Edit("JB-2026-07", 3, {"event_id": "JB-2026-11"}, "event_not_held", "event_id"),
    _no_place("JB-2024-03", 4, ""),
    _no_place("JB-2024-03", 17, ""),
    _no_place("JB-2025-08", 8, ""),
    _no_place("JB-2024-03", 9, "Sumber Sari"),
    _no_place("JB-2024-03", 21, "Karangan"),
    _no_place("JB-2025-12", 2, "Perum Griya Asri Blok C-12"),
    _no_place("JB-2025-12", 15, "Bukit Raya"),
    _no_place("JB-2025-03", 5, "Gang Rukun RT 14"),
    _no_place("JB-2025-03", 11, "dekat masjid besar"),
)
_DUPLICATES = (("JB-2024-01", 12), ("JB-2025-01", 20), ("JB-2026-03", 5))
_NUMERIC_NIK = (("JB-2025-10", 3), ("JB-2025-10", 10), ("JB-2025-11", 6))
_BLANK_ROWS = (("JB-2024-02", 10), ("JB-2025-06", 15), ("JB-2025-09", 5))
_REPEATED_HEADERS = (("JB-2025-08", 25),)
_TOTALS = ("JB-2024-01", "JB-2025-09", "JB-2025-10", "JB-2025-11")
_WRONG_TOTALS = ("JB-2024-05",)
_LINE_BREAKS = (("JB-2024-01", 3), ("JB-2025-01", 7))
_ACCENTS = (("JB-2026-01", 2, "André Wijaya"), ("JB-2026-02", 4, "Renée Setiawan"))
_GROWN = 2


class SiteFault(NamedTuple):
    """A row of sites.csv that no event uses, and what is wrong with it."""

    cells: tuple[str, ...]
    reason: str
    column: str


SITE_FAULTS = (
    SiteFault(
        ("S19", "Balai Desa Muara Siran", "desa", "64.02.11", "-0.2264", "116.7401"), "coordinates_swapped", "lon"
    ),
    SiteFault(
        ("S20", "Gedung Serbaguna Loa Tebu", "other", "64.02.06", "1169.412", "-0.4701"), "coordinates_outside", "lon"
    ),
    SiteFault(("S21", "Pasar Pagi Melak", "other", "64.07.06", "115.8291", ""), "half_coordinates", "lon"),
)
"""Cells: site_id, name, kind, area, lon, lat."""

INTEREST_FAULTS = (
    (("05/10/2026", "Kec. Sebulu, Kutai Kartanegara", "dua puluh"), "bad_number", "people"),
    (("31/09/2026", "Kec. Muara Kaman, Kutai Kartanegara", "1"), "bad_date", "date"),
    (("12/10/2026", "Kampung Antah Berantah", "1"), "unresolved_origin", "area"),
    (("12/10/2026", "Sumber Sari", "1"), "unresolved_origin", "area"),
    (("13/10/2026", "Kec. Muara Kaman, Kutai Kartanegara", "0"), "out_of_range", "people"),
    (("14/10/2026", "", "1"), "missing_value", "area"),
)
"""Cells: date, area, people."""

OFFICE_FAULT = (("2025-03", "tidak diketahui", "14"), "unresolved_origin", "area")
"""Cells of office_monthly.csv: month, area, applicants."""


def plant_defects(files: Sequence[ListFile]) -> list[ListFile]:
    """The lists with faults in fixed places.

    A fault for an event with too few applicants is left out: `planted_defects` lists what is there.

    Parameters
    ----------
    files
        Lists without faults, from `simulation.lists.make_lists`; not changed.

    Returns
    -------
    list of ListFile
    """
    return [
        dataclasses.replace(
            file, sheets=tuple(dataclasses.replace(sheet, rows=tuple(_planted(sheet))) for sheet in file.sheets)
        )
        for file in files
    ]


def _planted(sheet: ListSheet) -> list[ListRow]:
    rows = list(sheet.rows)
    at = {}
    for position, row in enumerate(rows):
        nth = sum(1 for other in rows[:position] if other.event_id == row.event_id)
        at[row.event_id, nth] = position
    _edit_rows(rows, at)
    inserted = _insertions(rows, at, sheet)
    for position in sorted(inserted, reverse=True):
        rows[position:position] = inserted[position]
    return rows + _total_rows(sheet)


def _edit_rows(rows: list[ListRow], at: dict[tuple[str, int], int]) -> None:
    for edit in _EDITS:
        position = at.get((edit.event_id, edit.nth))
        if position is not None:
            row = rows[position]
            rows[position] = dataclasses.replace(
                row,
                cells=row.cells | edit.cells,
                reason=edit.reason,
                column=edit.column,
                level=row.level if edit.level is None else edit.level,
            )
    for event_id, nth in _NUMERIC_NIK:
        if (position := at.get((event_id, nth))) is not None:
            row = rows[position]
            nik = int(f"{str(row.cells['nik'])[:15]}0")
            rows[position] = dataclasses.replace(
                row, cells=row.cells | {"nik": nik}, reason="nik_numeric", column="nik"
            )
    for event_id, nth in _LINE_BREAKS:
        if (position := at.get((event_id, nth))) is not None:
            row = rows[position]
            address = str(row.cells["address"]).replace(", ", ",\n", 1)
            rows[position] = dataclasses.replace(row, cells=row.cells | {"address": address})
    for event_id, nth, name in _ACCENTS:
        if (position := at.get((event_id, nth))) is not None:
            rows[position] = dataclasses.replace(rows[position], cells=rows[position].cells | {"name": name})


def _insertions(rows: list[ListRow], at: dict[tuple[str, int], int], sheet: ListSheet) -> dict[int, list[ListRow]]:
    """Rows that are no new person, by the position they go before."""
    inserted: dict[int, list[ListRow]] = {}
    for event_id, nth in _DUPLICATES:
        if (position := at.get((event_id, nth))) is not None:
            again = dataclasses.replace(rows[position], level="", reason="duplicate_applicant", column="nik")
            inserted.setdefault(min(position + 6, len(rows)), []).append(again)
    for event_id, nth in _BLANK_ROWS:
        if (position := at.get((event_id, nth))) is not None:
            inserted.setdefault(position, []).append(ListRow(cells={}, reason="blank_row"))
    for event_id, nth in _REPEATED_HEADERS:
        if (position := at.get((event_id, nth))) is not None:
            header: dict[str, Cell] = dict(zip(sheet.layout.fields, sheet.header, strict=True))
            inserted.setdefault(position, []).append(ListRow(cells=header, reason="repeated_header"))
    return inserted


def _total_rows(sheet: ListSheet) -> list[ListRow]:
    """The row at the end that states how many people the list holds; in one list it is wrong."""
    event_id = sheet.rows[0].event_id if sheet.rows else ""
    if event_id not in (*_TOTALS, *_WRONG_TOTALS):
        return []
    duplicates = sum(1 for event, nth in _DUPLICATES if event == event_id and nth < len(sheet.rows))
    people = len(sheet.rows) + duplicates
    if event_id in _WRONG_TOTALS:
        total: dict[str, Cell] = {"name": "TOTAL", sheet.layout.fields[2]: str(people + _GROWN)}
        return [ListRow(cells=total, reason="total_row")]
    return [ListRow(cells={"name": f"Jumlah: {people} orang"}, reason="total_row")]


def planted_defects(files: Sequence[ListFile]) -> list[dict[str, Any]]:
    """Where each planted fault of the lists stands.

    Returns
    -------
    list of dict
        file ('applicants/...'), sheet, row (as the spreadsheet shows it), column, reason.
    """
    found: list[dict[str, Any]] = []
    for file in files:
        for sheet in file.sheets:
            event_id = sheet.rows[0].event_id if sheet.rows else ""
            for number, row in enumerate(sheet.rows, start=sheet.first_row):
                if not row.reason:
                    continue
                found.append(defect(f"applicants/{file.name}", sheet.name, number, row.column, row.reason))
                if row.reason == "total_row" and event_id in _WRONG_TOTALS:
                    found.append(defect(f"applicants/{file.name}", sheet.name, number, "", "total_mismatch"))
    return found


def defect(file: str, sheet: str, row: int, column: str, reason: str) -> dict[str, Any]:
    """One line of the list of planted faults."""
    return {"file": file, "sheet": sheet, "row": row, "column": column, "reason": reason}
