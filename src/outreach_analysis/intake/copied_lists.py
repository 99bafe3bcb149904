"""Two lists of one event that hold the same people: a question to the office, never an answer of ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from itertools import combinations
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from outreach_analysis.contracts import failure
from outreach_analysis.intake.checks import names_of_file
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.specs import ORIGIN
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.settings import Settings

_MOST, _LEAST_NAMED = 0.5, 2
_NEARLY_ALL, _LEAST_NAMELESS, _LEAST_DISTINCT = 0.8, 5, 3
_TOLD = ("service_date", *ORIGIN, "passport_type", "application", "channel")
_WORD = re.compile(r"[^\W\d_]+")

SKIP, KEEP = "skip", "keep"
"""Answers of `[files.copies]`."""


def name_of_list(file: str, sheet: str) -> str:
    """How a list is called in `[files.copies]`.

    Examples
    --------
    >>> name_of_list("applicants/JB-01.xlsx", "Daftar"), name_of_list("applicants/JB-01 (1).csv", "")
    ('JB-01.xlsx [Daftar]', 'JB-01 (1).csv')
    """
    name = PurePosixPath(file).name
    return f"{name} [{sheet}]" if sheet else name


def _answer(file: str, sheet: str, settings: Settings) -> str:
    names = (name_of_list(file, sheet), f"{file} [{sheet}]", *names_of_file(file))
    return next((settings.file_copies[name] for name in names if name in settings.file_copies), "")


def without_copies(table: TextTable, settings: Settings, book: LedgerBuilder) -> TextTable:
    """The rows without those of lists that the office called copies: these are skipped."""
    if not settings.file_copies:
        return table
    answers = [_answer(str(one.file), str(one.sheet), settings) for one in table.lists.itertuples()]
    copied = pd.Series(np.isin(table.list_of, [at for at, answer in enumerate(answers) if answer == SKIP]))
    if not copied.any():
        return table
    copied = copied.set_axis(table.rows.index)
    book.note(table.where(copied), "copied_list", status="skipped")
    kept = np.flatnonzero(~copied.to_numpy())
    place = np.full(len(copied), -1)
    place[kept] = np.arange(len(kept))
    faults = table.cell_faults.assign(at=place[table.cell_faults["at"].to_numpy()])
    return replace(
        table,
        rows=table.rows.iloc[kept].reset_index(drop=True),
        list_of=table.list_of[kept],
        row_numbers=table.row_numbers[kept],
        names=table.names.iloc[kept].reset_index(drop=True),
        numeric_nik=table.numeric_nik.iloc[kept].reset_index(drop=True),
        cell_faults=faults[faults["at"] >= 0].reset_index(drop=True),
    )


def ask_for_copies(
    table: TextTable, ids: pd.Series, *, keys: pd.Series, dates: pd.Series, settings: Settings, book: LedgerBuilder
) -> None:
    """Ask once for each two lists of one event that share most of their people and were not answered for.

    People of two lists are the same where their names are (at the office on one day); of lists without names, where
    nearly all rows say the same and there are enough different ones. Who bears one NIK in both lists counts once
    anyway, and so does a file of the same bytes: these ask nothing.

    Parameters
    ----------
    table, ids, keys, dates
        The rows, their events, keys of persons and days.
    settings, book
        For the answers, and where the question is kept.
    """
    if len(table.lists) < 2:
        return
    pairs = pd.DataFrame({"event": ids.to_numpy(), "list": table.list_of}).dropna().drop_duplicates()
    by_event = pairs.groupby("event")["list"].agg(list)
    wanted = by_event[by_event.map(len) > 1]
    if wanted.empty:
        return
    listed = {int(at): np.flatnonzero(table.list_of == at) for lists in wanted for at in lists}
    asked: set[tuple[int, int]] = set()
    for event, lists in wanted.items():
        for pair in combinations(sorted(map(int, lists)), 2):
            if pair in asked or any(_settled(table, at, settings) for at in pair):
                continue
            one, other = (table.lists.iloc[at] for at in pair)
            if one["digest"] and one["digest"] == other["digest"] and one["sheet"] == other["sheet"]:
                continue
            rows = [listed[at][(ids.iloc[listed[at]] == event).to_numpy()] for at in pair]
            if _share_most(table, rows, keys, dates if event == OFFICE else None):
                asked.add(pair)
                _ask(table, pair, keys, listed, book)


def _settled(table: TextTable, at: int, settings: Settings) -> bool:
    one = table.lists.iloc[at]
    return _answer(str(one["file"]), str(one["sheet"]), settings) == KEEP


def _share_most(table: TextTable, rows: list[np.ndarray], keys: pd.Series, dates: pd.Series | None) -> bool:
    smaller = min(map(len, rows))
    both = set(keys.iloc[rows[0]].dropna()) & set(keys.iloc[rows[1]].dropna())
    unseen = [at[~keys.iloc[at].isin(both).to_numpy()] for at in rows]
    named = [_names(table, at, dates) for at in unseen]
    if all(sum(named_here.values()) > _MOST * len(at) for named_here, at in zip(named, unseen, strict=True)):
        return smaller >= _LEAST_NAMED and (named[0] & named[1]).total() > _MOST * smaller
    said = [_published(table, at, unseen) for at in unseen]
    shared = said[0] & said[1]
    return (
        smaller >= _LEAST_NAMELESS
        and not any(sum(named_here.values()) for named_here in named)
        and shared.total() >= _NEARLY_ALL * smaller
        and len(shared) >= max(_LEAST_DISTINCT, smaller / 2)
    )


def _names(table: TextTable, rows: np.ndarray, dates: pd.Series | None) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for at, name in zip(rows.tolist(), table.names.iloc[rows].tolist(), strict=True):
        if words := " ".join(sorted(_WORD.findall(name.casefold()))):
            found[words if dates is None else (words, dates.iloc[at])] += 1
    return found


def _published(table: TextTable, rows: np.ndarray, both: list[np.ndarray]) -> Counter[Hashable]:
    """What rows say in the columns that both lists fill."""
    columns = [
        name for name in _TOLD if name in table.rows and all((table.rows[name].iloc[at] != "").any() for at in both)
    ]
    cells = table.rows[columns].iloc[rows]
    return Counter(tuple(str(cell).casefold() for cell in row) for row in cells.itertuples(index=False, name=None))


def _ask(
    table: TextTable, pair: tuple[int, int], keys: pd.Series, listed: dict[int, np.ndarray], book: LedgerBuilder
) -> None:
    # the copy is more likely the one with fewer NIKs, fewer rows, or the later name
    worth = {at: (int(keys.iloc[listed[at]].notna().sum()), len(listed[at]), -at) for at in pair}
    copy, other = sorted(pair, key=lambda at: worth[at])
    names = [
        name_of_list(str(table.lists["file"].iloc[at]), str(table.lists["sheet"].iloc[at])) for at in (copy, other)
    ]
    book.fault(
        failure(
            "same_list",
            file=str(table.lists["file"].iloc[copy]),
            sheet=str(table.lists["sheet"].iloc[copy]),
            value=names[0],
            expected=names[1],
        )
    )
