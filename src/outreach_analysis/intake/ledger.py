"""The account of a reading: every row matched, rejected or skipped, and why, by cause and file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from outreach_analysis.contracts import FAILURE_COLUMNS, Failure, failures_frame
from outreach_analysis.faults import FAULTS
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.shown import Shown

# --- The account of every row: read = matched + review + rejected + duplicate + skipped, file by file.


COUNTS = ("read", "matched", "review", "rejected", "duplicate", "skipped")
"""Numbers of rows in the ledger, by file and sheet."""

UNUSED_EVENTS = ("event_id", "reason", "problem", "remedy", "rows")
"""Columns of `IntakeLedger.unused_events`."""

_PRECEDENCE = ("skipped", "rejected", "duplicate", "review")
_COLUMNS_TAKEN = ("file", "sheet", "header", "column", "how")
_RECONCILED = ("file", "sheet", "row", "stated", "counted", "agrees")
_DATES_READ = ("file", "sheet", "column", "form", "by", "rows")
_REVIEW = ("text", "rows", "suggestions")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class IntakeLedger(Shown):
    """What became of every row that was read.

    No identifier and no name of a person stands in any of these tables.

    Attributes
    ----------
    by_file
        One row a file and sheet: file, sheet, read, matched, review, rejected, duplicate, skipped (rows).
        `read` counts every row below the header, blank ones too; titles above the header are not rows.
        A row with several faults counts once. read = matched + review + rejected + duplicate + skipped.
    rows
        Every row with a problem, one line a problem: `FAILURE_COLUMNS` and `status` (review, rejected,
        duplicate, skipped, or warning, which counts nowhere).
    review
        Distinct origins that could not be placed: text, rows (how many), suggestions; most frequent first.
    columns_taken
        Which header was taken for what: file, sheet, header, column ('' where ignored), how (ours, usual,
        settings, ignored).
    dates_read
        In which form the dates of each sheet were read: file, sheet, column, form (iso, words, serial, instant,
        format; day first, month first or both orders for numbers), by (what settled it: numbers, event, setting,
        default, each row; put back where a spreadsheet had exchanged day and month; '' where the form has one
        meaning), rows.
    reconciled
        Total rows against the rows counted: file, sheet, row, stated, counted, agrees.
    keys_linkable
        Whether the keys of persons were made with the office's key file, so that runs can be compared.
    without_key
        Rows of applicants that name no valid NIK: repeats among them cannot be seen.
    unused_events
        Held events that cannot be used: event_id, reason, problem, remedy, and rows (of lists, lost with it).
    events_of_list
        Events whose people stand in each list of applicants, by file.
    """

    by_file: pd.DataFrame
    rows: pd.DataFrame
    review: pd.DataFrame
    columns_taken: pd.DataFrame
    dates_read: pd.DataFrame
    reconciled: pd.DataFrame
    keys_linkable: bool
    without_key: int
    unused_events: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(UNUSED_EVENTS)))
    events_of_list: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """Rows of all files together by what became of them: `estimate`, `share` of those read, `unit`.

        The share is in [0, 1], NaN where nothing was read.
        """
        totals = self.by_file[list(COUNTS)].sum()
        read = totals["read"]
        return pd.DataFrame(
            {
                "estimate": totals,
                "share": totals / read if read else np.nan,
                "unit": "rows",
            }
        ).rename_axis("rows")

    def by_reason(self) -> pd.DataFrame:
        """How many rows have each problem: status, reason, rows; most frequent first."""
        counted = self.rows.groupby(["status", "reason"], as_index=False).size().rename(columns={"size": "rows"})
        return counted.sort_values(["rows", "status", "reason"], ascending=[False, True, True], ignore_index=True)

    def _repr_html_(self) -> str:
        note = (
            f"{self.without_key} rows without a valid NIK; keys "
            f"{'from the key file' if self.keys_linkable else 'of this run only: runs cannot be linked'}"
        )
        return f"{self.by_file.to_html(index=False, max_rows=60)}<p>{html.escape(note)}</p>"


@dataclass(slots=True, kw_only=True)
class LedgerBuilder:
    """The ledger while it is being written; `close` makes the `IntakeLedger`."""

    _files: dict[tuple[str, str], int] = field(default_factory=dict)
    _apart: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    _notes: list[pd.DataFrame] = field(default_factory=list)
    _review: list[pd.DataFrame] = field(default_factory=list)
    _taken: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    _totals: list[tuple[str, str, int, float, float, bool]] = field(default_factory=list)
    _dates: list[tuple[str, str, str, str, str, int]] = field(default_factory=list)
    _faults: list[Failure] = field(default_factory=list)

    def open(self, file: str, sheet: str, *, read: int, apart: Mapping[str, int] | None = None) -> None:
        """Start the account of one file and sheet with the number of rows read, and of those set apart where they have
        no numbers of their own, by status."""
        self._files[file, sheet] = self._files.get((file, sheet), 0) + read
        self._apart[file, sheet] = apart or {}

    def take_columns(self, file: str, sheet: str, taken: Iterable[tuple[str, str, str]]) -> None:
        """Keep which header was taken for what."""
        self._taken += [(file, sheet, header, column, how) for header, column, how in taken]

    def take_dates(self, file: str, sheet: str, column: str, *, form: str, by: str, rows: int) -> None:
        """Keep in which form a sheet's dates were read, and what settled it."""
        self._dates.append((file, sheet, column, form, by, rows))

    def fault(self, fault: Failure) -> None:
        """Keep a fault of a whole file that shows in its rows only: reading goes on, so that all faults are told."""
        self._faults.append(fault)

    def lists_in_doubt(self) -> set[tuple[str, str]]:
        """Files and sheets whose days and months a spreadsheet may have exchanged."""
        doubted = [note for note in self._notes if (note["reason"] == "exchanged_days").all()]
        return {(str(one.file), str(one.sheet)) for note in doubted for one in note.itertuples()}

    @property
    def faults(self) -> tuple[Failure, ...]:
        """Faults of files that showed in their rows."""
        return tuple(self._faults)

    def reconcile(self, totals: Iterable[tuple[int, float, float, bool]], *, file: str, sheet: str) -> None:
        """Keep what total rows say beside what was counted: (row, stated, counted, agrees)."""
        for row, stated, counted, agrees in totals:
            self._totals.append((file, sheet, row, stated, counted, agrees))
            if not agrees:
                at = pd.DataFrame({"file": [file], "sheet": [sheet], "row": [row]})
                values, expected = pd.Series([f"{stated:g}"]), f"{counted:g}"
                self.note(at, "total_mismatch", status="warning", values=values, expected=expected)

    def note(
        self,
        at: pd.DataFrame,
        reason: str,
        *,
        status: str,
        column: str = "",
        values: pd.Series | None = None,
        expected: str = "",
    ) -> None:
        """Say of rows what is wrong with them."""
        if at.empty:
            return
        problem, remedy = FAULTS[reason].filled(column=column, expected=expected)
        notes = at[["file", "sheet", "row"]].reset_index(drop=True)
        self._notes.append(
            notes.assign(
                column=column,
                value="" if values is None else values.to_numpy(),
                reason=reason,
                problem=problem,
                remedy=remedy,
                status=status,
            )
        )

    def note_failures(self, failures: Iterable[Failure], *, status: str) -> None:
        """Say of single rows what is wrong with them, each with a sentence of its own."""
        frame = failures_frame(failures)
        if len(frame):
            self._notes.append(frame.assign(status=status))

    def to_review(self, texts: pd.DataFrame) -> None:
        """Keep origins that a person must decide: columns text, suggestions, one row an applicant."""
        if len(texts):
            self._review.append(texts[["text", "suggestions"]])

    def rejected(self) -> list[Failure]:
        """Faults of rejected rows so far, to stand beside faults of files."""
        rows = self._all_rows()
        rows = rows[rows["status"] == "rejected"]
        numbers = [None if pd.isna(row) else int(row) for row in rows["row"]]
        texts = (rows[name].to_list() for name in ("file", "sheet", "column", "value", "reason", "problem", "remedy"))
        return [
            Failure(
                file=file,
                sheet=sheet,
                row=row,
                column=column,
                value=value,
                reason=reason,
                problem=problem,
                remedy=remedy,
            )
            for row, file, sheet, column, value, reason, problem, remedy in zip(numbers, *texts, strict=True)
        ]

    def _all_rows(self) -> pd.DataFrame:
        columns = [*FAILURE_COLUMNS, "status"]
        if not self._notes:
            return failures_frame([]).assign(status=pd.Series(dtype="str"))
        rows = pd.concat(self._notes)[columns]
        rows = rows.astype({name: "str" for name in columns if name != "row"} | {"row": "Int64"})
        order = {key: number for number, key in enumerate(self._files)}
        keys = pd.MultiIndex.from_frame(rows[["file", "sheet"]])
        rows["_order"] = [order.get(key, len(order)) for key in keys]
        return rows.sort_values(["_order", "row"], ignore_index=True).drop(columns="_order")

    def close(
        self,
        *,
        keys_linkable: bool = False,
        without_key: int = 0,
        events: pd.DataFrame | None = None,
        people: pd.DataFrame | None = None,
    ) -> IntakeLedger:
        """The finished ledger."""
        rows = self._all_rows()
        return IntakeLedger(
            by_file=self._by_file(rows),
            rows=rows,
            review=self._distinct_review(),
            columns_taken=pd.DataFrame(self._taken, columns=list(_COLUMNS_TAKEN)).astype("str"),
            dates_read=pd.DataFrame(self._dates, columns=list(_DATES_READ)).astype(
                {name: "str" for name in _DATES_READ if name != "rows"} | {"rows": "int64"}
            ),
            reconciled=pd.DataFrame(self._totals, columns=list(_RECONCILED)).astype(
                {"file": "str", "sheet": "str", "row": "int64", "stated": float, "counted": float, "agrees": bool}
            ),
            keys_linkable=keys_linkable,
            without_key=without_key,
            unused_events=_unused_events(rows, events),
            events_of_list={}
            if people is None
            else {
                str(file): tuple(map(str, ids))
                for file, ids in people.groupby("source_file")["event_id"].unique().items()
            },
        )

    def _by_file(self, rows: pd.DataFrame) -> pd.DataFrame:
        table = pd.DataFrame(
            [(file, sheet, read) for (file, sheet), read in self._files.items()], columns=["file", "sheet", "read"]
        )
        rank = rows["status"].map({status: place for place, status in enumerate(_PRECEDENCE)})
        counted = rows[rank.notna() & rows["row"].notna()].assign(rank=rank)
        one_each = counted.sort_values("rank", kind="stable").drop_duplicates(["file", "sheet", "row"])
        by_status = one_each.groupby(["file", "sheet", "status"]).size()
        for status in _PRECEDENCE:
            table[status] = [
                int(by_status.get((file, sheet, status), 0)) + self._apart[file, sheet].get(status, 0)
                for file, sheet in table[["file", "sheet"]].itertuples(index=False)
            ]
        table["matched"] = table["read"] - table[list(_PRECEDENCE)].sum(axis=1)
        return table[["file", "sheet", *COUNTS]].astype(
            {"file": "str", "sheet": "str"} | dict.fromkeys(COUNTS, "int64")
        )

    def _distinct_review(self) -> pd.DataFrame:
        if not self._review:
            return pd.DataFrame({"text": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64"),
                                 "suggestions": pd.Series(dtype="str")})  # fmt: skip
        texts = pd.concat(self._review, ignore_index=True)
        counted = texts.groupby("text", as_index=False).agg(rows=("text", "size"), suggestions=("suggestions", "first"))
        return counted.sort_values(["rows", "text"], ascending=[False, True], ignore_index=True)[list(_REVIEW)]


def _unused_events(rows: pd.DataFrame, events: pd.DataFrame | None) -> pd.DataFrame:
    """Events whose own row was rejected, each once with its first reason, and how many rows were lost with it."""
    if events is None:
        return pd.DataFrame(columns=list(UNUSED_EVENTS))
    rejected = rows[rows["status"] == "rejected"]
    lost = rejected.loc[rejected["reason"] == "rejected_event", "value"].value_counts()
    at = ["file", "sheet", "row"]
    own = events.astype({"row": "Int64"}).merge(rejected[[*at, "reason", "problem", "remedy"]], on=at)
    first = own.drop_duplicates("key").rename(columns={"key": "event_id"})
    first["event_id"] = first["event_id"].map(mask_identifiers)
    first = first.assign(rows=first["event_id"].map(lost).fillna(0).astype("int64"))
    return first[list(UNUSED_EVENTS)].reset_index(drop=True)


# --- Problems of rows, one line a cause and file: how many rows, which, what stands there, and what to do.


CASCADES = ("rejected_site", "rejected_event")
"""Rows that are lost only because another row is: told once for all files."""

STATUSES = ("stops", "rejected", "review", "warning", "duplicate", "skipped")
"""What becomes of rows, the worst first."""

_HARMLESS = ("duplicate", "skipped")
_MOST_VALUES, _MOST_PIECES = 3, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What many rows have in common."""

    status: str
    reason: str
    files: tuple[str, ...]
    n: int
    text: str
    is_nothing_to_do: bool


def fold_causes(rows: pd.DataFrame) -> list[Cause]:
    """Fold rows with problems into causes. Rows of one file and sheet with the same reason in the same column are one
    cause. Rows that are lost only because another is (`CASCADES`), repeats of people and rows that are no data are one
    cause each, for all files together."""
    if rows.empty:
        return []
    published = rows.assign(
        place=rows["file"] + np.where(rows["sheet"] == "", "", " [" + rows["sheet"].astype(str) + "]"),
        rank=rows["status"].map({status: at for at, status in enumerate(STATUSES)}),
    ).sort_values("rank", kind="stable")
    folded = published["reason"].isin(CASCADES) | published["status"].isin(_HARMLESS)
    published["of_file"] = published["place"].where(~folded, "")
    published["of_column"] = published["column"].where(~folded, "")
    # several sentences of one reason tell different things, such as another number each
    groups = published.groupby(["rank", "of_file", "of_column", "reason", "problem", "remedy"], sort=False)
    return [_cause(group) for _, group in groups]


def _cause(rows: pd.DataFrame) -> Cause:
    first = rows.iloc[0]
    files = tuple(rows["place"].unique())
    numbers = rows[["place", "row"]].drop_duplicates()["row"]
    n = int(numbers.notna().sum())
    if len(files) > 1:
        where = f"{len(files)} files: {_rows(n)}"
    else:
        where = f"{files[0]}: {_rows(n)} ({row_ranges(numbers.dropna().astype(int).tolist())})" if n else files[0]
    values = rows.loc[rows["value"] != "", "value"]
    distinct = values.unique()
    quoted = ", ".join(f"'{value}'" for value in distinct[:_MOST_VALUES]) + (
        f" and {len(distinct) - _MOST_VALUES} others" if len(distinct) > _MOST_VALUES else ""
    )
    what = " ".join(part for part in (str(first["column"]), quoted) if part)
    text = f"{where}: {what + ' ' if what else ''}{first['problem']}; {first['remedy']}"
    return Cause(
        status=first["status"],
        reason=first["reason"],
        files=files,
        n=n,
        text=text,
        is_nothing_to_do=first["status"] == "skipped" and first["remedy"] == "nothing to do",
    )


def _rows(n: int) -> str:
    return f"{n} row{'' if n == 1 else 's'}"


def row_ranges(rows: Sequence[int]) -> str:
    """Row numbers, those that follow one another as a range; the first few of many."""
    pieces: list[list[int]] = []
    for row in sorted(set(rows)):
        if pieces and row == pieces[-1][1] + 1:
            pieces[-1][1] = row
        else:
            pieces.append([row, row])
    shown = [f"{low}" if low == high else f"{low}-{high}" for low, high in pieces[:_MOST_PIECES]]
    return ", ".join([*shown, *(["..."] if len(pieces) > _MOST_PIECES else [])])
