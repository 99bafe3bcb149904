"""What an office decided: recorded in its folder beside the ranking it was taken against, and read back."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, failure
from outreach_analysis.decisions.changes import Decision
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.disclosure import mask_identifiers
from outreach_analysis.errors import RequestError
from outreach_analysis.intake.readers import RawSheet, read_sheets
from outreach_analysis.reporting.exports import ranking_rows, write_cells
from outreach_analysis.settings import Settings

DECISIONS_FILE, RANKINGS_FOLDER = "decisions.csv", "decisions"
LOG_COLUMNS = (
    "decision_id",
    "decided_on",
    "as_of",
    "site_id",
    "name",
    "reason",
    "decided_by",
    "recommended",
    "rank",
    "increment",
    "ci_low",
    "ci_high",
    "people",
    "people_low",
    "people_high",
    "excluded",
    "status",
    "rounding_base",
    "seed",
    "settings",
    "version",
    "ranking",
)
"""Columns of decisions.csv; new ones are only ever added at the end."""
RANKING_LOG_COLUMNS = ("site_id", "name", "rank", "increment", "ci_low", "ci_high", "people", "excluded")
"""Columns of a ranking in decisions/: every candidate, ranked or excluded."""
_NOT_IN_FILE_NAMES = re.compile(r"[^\w.-]")
_NEEDED = ("decision_id", "decided_on", "as_of", "site_id", "reason", "ranking")


def record_decision(
    folder: Path,
    ranking: RankingResult,
    site_id: str,
    *,
    reason: str,
    decided_by: str = "",
    decided_on: dt.date | None = None,
    rounding_base: int,
    seed: int,
) -> Path:
    """Add a decision to `decisions.csv`, and the ranking it was taken against to `decisions/`.

    Each file is whole or not there; the ranking is written first, so that every decision has its own. Numbers that
    may identify a person are masked in the texts.

    Parameters
    ----------
    folder
        The data folder.
    ranking
        What was known.
    site_id
        The place that was chosen: any candidate, also one that a rule excludes (its code is recorded).
    reason, decided_by
        Why, and who; the reason must not be blank.
    decided_on
        When; None: the day the question is asked. Never the clock.
    rounding_base, seed
        With which the ranking was made.

    Returns
    -------
    Path
        Of `decisions.csv`.

    Raises
    ------
    ValueError
        Where the reason is blank, the place is no candidate, or the same place was decided on the same day already.
    ContractError
        Where `decisions.csv` cannot be read.
    OSError
        Where the folder cannot be written to.
    """
    why = " ".join(mask_identifiers(reason).split())
    if not why:
        raise RequestError("say why this place was chosen")
    candidates = ranking_log_rows(ranking)
    if site_id not in set(candidates["site_id"]):
        raise RequestError(f"{site_id} is not among the candidate places")
    day = decided_on or ranking.as_of
    decision_id = f"{day.isoformat()}-{_NOT_IN_FILE_NAMES.sub('_', site_id)}"
    header, rows = _cells(folder, ranking.settings)
    if any(row[header.index("decision_id")] == decision_id for row in rows):
        raise RequestError(f"the decision for {site_id} on {day} is recorded already")
    chosen = candidates.set_index("site_id").loc[site_id]
    people = ranking_rows(ranking).set_index("site_id").reindex([site_id]).loc[site_id]
    values: Mapping[str, object] = {
        **{name: people[name] for name in ("ci_low", "ci_high", "people", "people_low", "people_high")},
        **{name: chosen[name] for name in ("name", "rank", "increment", "excluded")},
        "decision_id": decision_id,
        "decided_on": day.isoformat(),
        "as_of": ranking.as_of.isoformat(),
        "site_id": site_id,
        "reason": why,
        "decided_by": " ".join(mask_identifiers(decided_by).split()),
        "recommended": ranking.recommended or "",
        "status": ranking.status,
        "rounding_base": rounding_base,
        "seed": seed,
        "settings": changed_settings(ranking.settings),
        "version": version("outreach-analysis"),
        "ranking": f"{RANKINGS_FOLDER}/{decision_id}.csv",
    }
    (folder / RANKINGS_FOLDER).mkdir(exist_ok=True)
    write_cells(candidates, folder / RANKINGS_FOLDER / f"{decision_id}.csv")
    added = [_text(values.get(column, "")) for column in header]
    write_cells(pd.DataFrame([header, *rows, added]), folder / DECISIONS_FILE, header=False)
    return folder / DECISIONS_FILE


def last_decision(folder: Path | str, settings: Settings) -> Decision | None:
    """The latest decision of a folder, with the ranking it was taken against; None where there is none.

    Parameters
    ----------
    folder
        The data folder.
    settings
        For the format of dates that a spreadsheet rewrote, and the encoding; decisions after as_of are passed over.

    Returns
    -------
    Decision or None

    Raises
    ------
    ContractError
        Where `decisions.csv` or the ranking cannot be read.
    """
    folder = Path(folder)
    header, rows = _cells(folder, settings)
    if not rows:
        return None
    table = pd.DataFrame(rows, columns=header)
    days = [_day(text, settings, row, "decided_on") for row, text in enumerate(table["decided_on"], start=2)]
    table = table.assign(day=days, row=range(2, len(table) + 2))
    if settings.as_of is not None:
        table = table[table["day"] <= settings.as_of]
    if table.empty:
        return None
    last: Any = table.sort_values("day", kind="stable").iloc[-1]
    before = _ranking(folder, str(last["ranking"]), settings)
    return Decision(
        site_id=last["site_id"],
        name=str(before["name"].get(last["site_id"], last["site_id"])),
        decided_on=last["day"],
        as_of=_day(last["as_of"], settings, last["row"], "as_of"),
        reason=last["reason"],
        recommended=str(last.get("recommended", "")),
        before=before,
    )


def ranking_log_rows(ranking: RankingResult) -> pd.DataFrame:
    """Every candidate of a ranking with the columns of `RANKING_LOG_COLUMNS`: ranked ones first, then excluded ones."""
    ranked = ranking_rows(ranking).assign(excluded="")
    out = ranking.excluded.rename_axis("site_id").reset_index().rename(columns={"reason": "excluded"})
    both = pd.concat([ranked, out.assign(increment=out["increment"].astype(float).round(1))], ignore_index=True)
    return both.astype({"rank": "Int64"}).reindex(columns=list(RANKING_LOG_COLUMNS))


def changed_settings(settings: Settings) -> str:
    """The settings that differ from their defaults, as JSON by their keys in outreach.toml.

    Examples
    --------
    >>> changed_settings(Settings(window_months=6))
    '{"need.window_months": 6}'
    """
    published = {
        row["key"]: dict(row["value"]) if isinstance(row["value"], Mapping) else row["value"]
        for row in settings.describe()
        if not row["is_default"] and not row["key"].startswith(("columns", "files"))
    }
    return json.dumps(published, default=str, ensure_ascii=False, sort_keys=True)


def _cells(folder: Path, settings: Settings) -> tuple[list[str], list[list[str]]]:
    """Header and rows of decisions.csv as they stand; our own header where there is no file."""
    path = folder / DECISIONS_FILE
    if not path.exists():
        return list(LOG_COLUMNS), []
    sheet = _sheet(path, LOG_COLUMNS, settings)
    cells = [[str(cell).strip() for cell in row] for row in sheet.cells.to_numpy(dtype=object).tolist()]
    header, rows = cells[0], [row for row in cells[1:] if any(row)]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise ContractError([failure("missing_column", file=DECISIONS_FILE, column=name) for name in missing])
    return header, rows


def _ranking(folder: Path, name: str, settings: Settings) -> pd.DataFrame:
    """A ranking of decisions/; a path that leads elsewhere is refused like a missing file."""
    path = folder / RANKINGS_FOLDER / Path(name).name
    if not path.exists():
        raise ContractError([failure("missing_file", file=f"{RANKINGS_FOLDER}/{path.name}")])
    cells = _sheet(path, RANKING_LOG_COLUMNS, settings).cells
    frame = pd.DataFrame(cells.iloc[1:].to_numpy(), columns=[str(cell).strip() for cell in cells.iloc[0]])
    missing = [column for column in ("site_id", "name", "rank", "increment", "excluded") if column not in frame]
    if missing:
        raise ContractError([failure("missing_column", file=path.name, column=column) for column in missing])
    numbers = {
        name: pd.to_numeric(frame[name].str.replace(",", "."), errors="coerce") for name in ("rank", "increment")
    }
    return frame.assign(**numbers).set_index("site_id")[["name", "rank", "increment", "excluded"]]


def _sheet(path: Path, known: tuple[str, ...], settings: Settings) -> RawSheet:
    return read_sheets(
        path,
        name=path.name,
        fallback_encoding=settings.fallback_encoding,
        header_score=lambda cells: sum(str(cell).strip() in known for cell in cells),
    )[0]


def _day(text: str, settings: Settings, row: int, column: str) -> dt.date:
    """An ISO date, or one as the office writes dates: a spreadsheet may have rewritten it."""
    for form in ("%Y-%m-%d", settings.date_format):
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    fault: Failure = failure("bad_date", file=DECISIONS_FILE, row=row, column=column, value=text, expected="yyyy-mm-dd")
    raise ContractError([fault])


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
