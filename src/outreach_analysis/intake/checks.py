"""Checks of the rows of one table: every fault noted with its place, the rows that fail set apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from outreach_analysis.contracts import OWN_NUMBERS, Column, Failure, Table, failure
from outreach_analysis.intake.date_orders import DateList
from outreach_analysis.intake.dates import settle_dates
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.intake.values import parse_months, parse_numbers, parse_yes_no, shown
from outreach_analysis.intake.vocabulary import known_word
from outreach_analysis.settings import Settings

LON_RANGE, LAT_RANGE = (95.0, 141.0), (-11.0, 6.0)
_FORMAT_WORDS = (("%d", "dd"), ("%m", "mm"), ("%Y", "yyyy"), ("%y", "yy"), ("%B", "month"), ("%b", "month"))
_BESIDE = (
    "nik",
    "passport_type",
    "application",
    "channel",
    "source",
    "group",
    "series",
    "capacity",
    "cost",
    "booths",
    "program",
    "hari",
)
_WHOLE_UNITS = ("people", "people a day", "rupiah")


def date_words(date_format: str) -> str:
    """A date format as people read it.

    Examples
    --------
    >>> date_words("%d/%m/%Y")
    'dd/mm/yyyy'
    """
    for code, words in _FORMAT_WORDS:
        date_format = date_format.replace(code, words)
    return date_format


def names_of_file(file: str) -> tuple[str, ...]:
    """What a file may be called in outreach.toml: whole path, path in its folder, name, name without its ending.

    Examples
    --------
    >>> names_of_file("applicants/maret/JB-01.xlsx")
    ('applicants/maret/JB-01.xlsx', 'maret/JB-01.xlsx', 'JB-01.xlsx', 'JB-01')
    """
    path = PurePosixPath(file)
    return file, PurePosixPath(*path.parts[1:]).as_posix(), path.name, path.stem


def formats_of(file: str, settings: Settings) -> tuple[str, ...]:
    """The formats that `[dates.formats]` declares for a file, by a name or a pattern such as 'JB-0*'.

    Examples
    --------
    >>> formats_of("interest/web.csv", Settings(date_formats={"interest/*": ("%m/%d/%Y",)}))
    ('%m/%d/%Y',)
    """
    names = names_of_file(file)
    declared = settings.date_formats
    exact = [formats for pattern, formats in declared.items() if pattern in names]
    like = [formats for pattern, formats in declared.items() if any(fnmatchcase(name, pattern) for name in names)]
    return next(iter((*exact, *like)), ())


class RowChecks:
    """Turns the text of one table into values and notes every row that does not fit.

    Parameters
    ----------
    table, contract
        The rows, and the schema that gives each column's kind and limits.
    book
        Where faults are noted.
    settings
        For the declared formats of dates and the zone of the office.
    personal
        Whether the rows are people: then faulty texts are shown only where they look harmless.
    """

    def __init__(
        self, table: TextTable, contract: Table, *, book: LedgerBuilder, settings: Settings, personal: bool = False
    ) -> None:
        self.table = table
        self.rejected = pd.Series(False, index=table.rows.index)
        self._contract = contract
        self._book = book
        self._in_error: dict[str, pd.Series] = {}
        self.unsure = pd.Series(False, index=table.rows.index)
        self._settings = settings
        self._personal = personal
        self._note_cells()

    def _note_cells(self) -> None:
        """Cells in error set their row apart where the row's event, day or place hangs on them, else they are told."""
        found = self.table.cell_faults
        for column, cells in found.groupby("column", sort=False):
            rows = pd.Series(False, index=self.table.rows.index)
            rows.iloc[cells["at"].to_numpy()] = True
            self._in_error[str(column)] = rows
            values = cells.sort_values("at", kind="stable")["value"]
            status = "warning" if column in _BESIDE else "rejected"
            self._book.note(self.table.where(rows), "cell_error", status=status, column=str(column), values=values)
            if status == "rejected":
                self.rejected |= rows

    @property
    def kept(self) -> pd.Series:
        """True for rows without a fault so far."""
        return ~self.rejected

    def text(self, column: str) -> pd.Series:
        """The column's text, '' throughout where the table has no such column."""
        if column in self.table.rows:
            return self.table.rows[column]
        return pd.Series("", index=self.table.rows.index, dtype="str")

    def reject(
        self,
        wrong: pd.Series,
        reason: str,
        *,
        column: str,
        kind: str = "text",
        expected: str = "",
        show: bool = True,
        said: pd.Series | None = None,
    ) -> None:
        """Set rows apart with a reason; `said` is what they say where that does not stand in the column itself."""
        if reason == "missing_value" and column in self._in_error:
            # that the cell holds no value is said already
            wrong = wrong & ~self._in_error[column]
        self.note(wrong, reason, status="rejected", column=column, kind=kind, expected=expected, show=show, said=said)
        self.rejected |= wrong

    def note(
        self,
        rows: pd.Series,
        reason: str,
        *,
        status: str,
        column: str,
        kind: str = "text",
        expected: str = "",
        show: bool = True,
        values: pd.Series | None = None,
        said: pd.Series | None = None,
    ) -> None:
        """Say something of rows without setting them apart, unless `status` does; `values` are fit to be shown."""
        rows = rows.astype(bool)
        if not rows.any():
            return
        if values is None and show:
            text = self.text(column) if said is None else said
            values = shown(text[rows], kind, personal=self._personal)
        at = self.table.where(rows)
        self._book.note(at, reason, status=status, column=column, values=values, expected=expected)

    def required_text(self, column: str) -> pd.Series:
        """Text that must be there."""
        text = self.text(column)
        self.reject(text == "", "missing_value", column=column)
        return text

    def dates(
        self,
        column: str,
        *,
        required: bool = True,
        near: pd.Series | None = None,
        until: pd.Timestamp | None = None,
        text: pd.Series | None = None,
    ) -> pd.Series:
        """Days of a column, read as `settle_dates` does; a sheet whose dates allow two orders stops the reading.

        Rows of `unsure` keep their day, and no later reading is built on it.
        """
        text = self.text(column) if text is None else text
        lists = self.table.lists
        settled = settle_dates(
            text,
            self.table.list_of,
            [
                DateList(
                    formats=formats_of(str(one.file), self._settings),
                    usual=self._settings.date_format,
                    since_1904=bool(one.since_1904),
                    is_form=bool(one.is_form),
                )
                for one in lists.itertuples()
            ],
            timezone=self._settings.office_timezone,
            near=near,
            until=until,
        )
        stopped = np.isin(self.table.list_of, list(settled.open))
        for at, row in settled.open.items():
            self._book.fault(self._two_orders(at, row, column, str(text.iloc[row])))
        for at, form, by, n in settled.read_as:
            file, sheet = (str(lists[name].iloc[at]) for name in ("file", "sheet"))
            self._book.take_dates(file, sheet, column, form=form, by=by, rows=n)
        days = settled.days
        if required:
            self.reject(text == "", "missing_value", column=column)
        expected = date_words(self._settings.date_format)
        wrong = (text != "") & days.isna() & ~stopped
        self.reject(wrong, "bad_date", column=column, kind="date", expected=expected)
        for reason, found in (("days_put_back", settled.put_back), ("exchanged_days", settled.doubtful)):
            named = lists.iloc[list(found)][["file", "sheet"]]
            self._book.note(named.assign(row=None), reason, status="warning", column=column)
        self.unsure |= pd.Series(np.isin(self.table.list_of, settled.doubtful), index=text.index)
        return days

    def _two_orders(self, at: int, row: int, column: str, value: str) -> Failure:
        """The question that a sheet's dates leave, and the line that answers it."""
        listed = self.table.lists.iloc[at]
        name = PurePosixPath(listed["file"]).name
        either = ("%Y-%m-%d", "%Y-%d-%m") if value[:4].isdigit() else ("%d/%m/%Y", "%m/%d/%Y")
        return failure(
            "two_date_orders",
            file=listed["file"],
            sheet=listed["sheet"],
            row=int(self.table.row_numbers[row]),
            column=column,
            value=value,
            expected=f'"{name}" = "{either[0]}" or "{either[1]}"',
        )

    def months(self, column: str) -> pd.Series:
        """First days of months."""
        text = self.text(column)
        months = parse_months(text, date_format=self._settings.date_format)
        self.reject(text == "", "missing_value", column=column)
        expected = "yyyy-mm, such as 2024-10"
        self.reject((text != "") & months.isna(), "bad_date", column=column, kind="month", expected=expected)
        return months

    def numbers(
        self,
        column: str,
        *,
        required: bool = False,
        infinite: Collection[str] = (),
        text: pd.Series | None = None,
    ) -> pd.Series:
        """Numbers within the limits of the contract; NaN where blank or faulty, infinite where one of those words."""
        rule = self._contract.column(column)
        text = self.text(column) if text is None else text
        values = parse_numbers(text, whole=rule.kind == "integer" or rule.unit in _WHOLE_UNITS)
        if infinite:
            values = values.mask(text.str.casefold().isin(infinite), np.inf)
        if required:
            self.reject(text == "", "missing_value", column=column)
        self.reject((text != "") & values.isna(), "bad_number", column=column, kind="number", said=text)
        outside = _outside(values, rule)
        self.reject(outside, "out_of_range", column=column, kind="number", expected=_limits(rule), said=text)
        return values.mask(outside)

    def own_numbers(self, backtested: pd.Series) -> pd.DataFrame:
        """The office's own columns of numbers, NaN where blank; those that can tell nothing are named and left out.

        Of the rows to be `backtested`, more than half must hold a number, and not all the same one.
        """
        found = {}
        for column in self.table.rows.columns[self.table.rows.columns.str.startswith(OWN_NUMBERS)]:
            text = self.text(column)
            values = parse_numbers(text)
            known = values[backtested & self.kept]
            filled = (text != "") & backtested & self.kept
            why = ""
            if (filled & values.isna()).sum() * 2 > filled.sum():
                why = "holds text, not numbers"
            elif known.notna().sum() * 2 <= len(known) > 0:
                why = f"is blank or no number in {int(known.isna().sum())} of {len(known)} rows"
            elif known.min() == known.max():
                why = f"says {known.max():g} everywhere"
            if why:
                files = self.table.lists[["file", "sheet"]].drop_duplicates().assign(row=None)
                self._book.note(files, "own_numbers_unused", status="warning", column=column, expected=why)
                continue
            self.note((text != "") & values.isna(), "not_a_number", status="warning", column=column, kind="number")
            found[column] = values
        return pd.DataFrame(found, index=self.table.rows.index, dtype=float)

    def choices(
        self, column: str, words: Mapping[str, tuple[str, ...]], *, blank: str = "", text: pd.Series | None = None
    ) -> pd.Series:
        """One of the known words; None where unknown, and where blank unless `blank` says what that means."""
        text = self.text(column) if text is None else text
        found = known_word(text, words)
        if blank:
            found = found.mask(text == "", blank)
        else:
            self.reject(text == "", "missing_value", column=column)
        unknown = (text != "") & found.isna()
        self.reject(unknown, "bad_choice", column=column, expected=", ".join(words), said=text)
        return found

    def yes_no(self, column: str) -> pd.Series:
        """True or False; False where blank."""
        text = self.text(column)
        answers = parse_yes_no(text)
        self.reject(answers.isna(), "bad_choice", column=column, expected="ya, tidak")
        return answers.eq(True)

    def coordinates(self) -> tuple[pd.Series, pd.Series]:
        """Columns lon and lat in degrees, both or neither, inside Indonesia (95 to 141, -11 to 6; inclusive)."""
        given = {name: self.text(name) != "" for name in ("lon", "lat")}
        lon, lat = (parse_numbers(self.text(name)) for name in ("lon", "lat"))
        for name, values in (("lon", lon), ("lat", lat)):
            self.reject(given[name] & values.isna(), "bad_number", column=name, kind="number")
        half = given["lon"] ^ given["lat"]
        self.reject(half & given["lon"], "half_coordinates", column="lon", kind="number")
        self.reject(half & given["lat"], "half_coordinates", column="lat", kind="number")
        both = lon.notna() & lat.notna()
        inside = lon.between(*LON_RANGE) & lat.between(*LAT_RANGE)
        swapped = both & ~inside & lat.between(*LON_RANGE) & lon.between(*LAT_RANGE)
        self.reject(swapped, "coordinates_swapped", column="lon", kind="number")
        self.reject(both & ~inside & ~swapped, "coordinates_outside", column="lon", kind="number")
        return lon.where(inside), lat.where(inside)


def _outside(values: pd.Series, rule: Column) -> pd.Series:
    outside = pd.Series(False, index=values.index)
    if rule.minimum is not None:
        outside |= values < rule.minimum
    if rule.maximum is not None:
        outside |= values > rule.maximum
    return outside


def _limits(rule: Column) -> str:
    if rule.minimum is not None and rule.maximum is not None:
        return f"a number from {rule.minimum:g} to {rule.maximum:g}"
    return f"{rule.minimum:g} or more" if rule.minimum is not None else f"{rule.maximum:g} or less"
