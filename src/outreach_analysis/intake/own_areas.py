"""An office's own table of areas in any kind of file that other tables may stand in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from outreach_analysis.contracts import ContractError, failure
from outreach_analysis.geography.areas_file import AreasTable, known_header
from outreach_analysis.intake.readers import HEAD_ROWS, SUFFIXES, read_sheets
from outreach_analysis.settings import Settings
from outreach_analysis.workbook import column_letter

NAME = "areas"


def read_own_areas(folder: Path, settings: Settings) -> AreasTable | None:
    """A folder's table of areas, for `load_areas`; of a workbook the sheet with most known headers is taken.

    Returns
    -------
    AreasTable or None
        None where the folder brings none, or a plain areas.csv, which `load_areas` reads itself.

    Raises
    ------
    ContractError
        Where two files stand for the table, or it cannot be read.
    """
    found = [folder / f"{NAME}{suffix}" for suffix in SUFFIXES if (folder / f"{NAME}{suffix}").is_file()]
    if len(found) > 1:
        others = ", ".join(path.name for path in found[1:])
        raise ContractError([failure("two_files", file=found[0].name, value=others)])
    if not found or found[0].suffix == ".csv":
        return None
    path, score = found[0], partial(_score, settings=settings)
    sheets = read_sheets(path, name=path.name, fallback_encoding=settings.fallback_encoding, header_score=score)
    sheets = [sheet for sheet in sheets if not sheet.hidden] or sheets
    rows = [sheet.cells.itertuples(name=None) for sheet in sheets]
    tables = [[(int(row), [str(cell) for cell in cells]) for row, *cells in each] for each in rows]
    best = max(range(len(tables)), key=lambda at: max((score(cells) for _, cells in tables[at][:HEAD_ROWS]), default=0))
    in_error = [
        failure(
            "cell_error", file=path.name, sheet=sheets[best].sheet, row=row, value=f"{column_letter(at)}{row}: {text}"
        )
        for (row, at), text in sorted(sheets[best].faults.items())
    ]
    if in_error:
        raise ContractError(in_error)
    return AreasTable(path.name, tables[best])


def _score(cells: Sequence[str], settings: Settings) -> int:
    """How many different columns of areas the cells of a row are known for."""
    return len({known_header(str(cell), settings) for cell in cells} - {""})
