"""Checks of the rows of one table: every fault noted with its place, the rows that fail set apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from outreach_analysis.contracts import Column, Table
from outreach_analysis.intake.ledger import LedgerBook
from outreach_analysis.intake.text_table import TextTable
from outreach_analysis.intake.values import parse_dates, parse_months, parse_numbers, parse_yes_no, shown
from outreach_analysis.intake.vocabulary import known_word

LON_RANGE, LAT_RANGE = (95.0, 141.0), (-11.0, 6.0)
_FORMAT_WORDS = (("%d", "dd"), ("%m", "mm"), ("%Y", "yyyy"), ("%y", "yy"), ("%B", "month"), ("%b", "month"))
_ISO_START = "[0-9]{4}-"
_MONTHS, _FEW = 12, 3
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


class RowChecks:
    """Turns the text of one table into values and notes every row that does not fit.

    Parameters
    ----------
    table, contract
        The rows, and the schema that gives each column's kind and limits.
    book
        Where faults are noted.
    date_format
        The declared format of dates.
    personal
        Whether the rows are people: then faulty texts are shown only where they look harmless.
    """

    def __init__(
        self, table: TextTable, contract: Table, *, book: LedgerBook, date_format: str, personal: bool = False
    ) -> None:
        self.table = table
        self.rejected = pd.Series(False, index=table.rows.index)
        self._contract = contract
        self._book = book
        self._date_format = date_format
        self._personal = personal

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
        said: pd.Series | None = None,
    ) -> None:
        """Say something of rows without setting them apart, unless `status` does."""
        rows = rows.astype(bool)
        if not rows.any():
            return
        text = self.text(column) if said is None else said
        values = shown(text[rows], kind, personal=self._personal) if show else None
        at = self.table.where(rows)
        self._book.note(at, reason, status=status, column=column, values=values, expected=expected)

    def required_text(self, column: str) -> pd.Series:
        """Text that must be there."""
        text = self.text(column)
        self.reject(text == "", "missing_value", column=column)
        return text

    def dates(self, column: str, *, required: bool = True) -> pd.Series:
        """Dates in the declared format or ISO."""
        text = self.text(column)
        days = parse_dates(text, date_format=self._date_format)
        if required:
            self.reject(text == "", "missing_value", column=column)
        expected = date_words(self._date_format)
        self.reject((text != "") & days.isna(), "bad_date", column=column, kind="date", expected=expected)
        self._warn_of_exchanged_days(column, text, days)
        return days

    def _warn_of_exchanged_days(self, column: str, text: pd.Series, days: pd.Series) -> None:
        """Say where Excel may have read days as months.

        Set to American dates it makes 2 March of a typed '03/02' and leaves '13/02' as text. So a column whose
        date cells all fall on the 1st to 12th, and whose typed dates never do, has most likely been exchanged.
        """
        known = days.notna()
        by_excel = known & text.str.match(_ISO_START)
        early = days.dt.day <= _MONTHS
        marks = pd.DataFrame(
            {
                "list": self.table.list_of,
                "excel": by_excel,
                "typed": known & ~by_excel,
                "odd": known & (by_excel != early),
            }
        )
        counted = marks.groupby("list").sum()
        suspect = (counted["excel"] >= _FEW) & (counted["typed"] >= _FEW) & (counted["odd"] == 0)
        lists = self.table.lists.loc[counted.index[suspect], ["file", "sheet"]]
        self._book.note(lists.assign(row=None), "exchanged_days", status="warning", column=column)

    def months(self, column: str) -> pd.Series:
        """First days of months."""
        text = self.text(column)
        months = parse_months(text, date_format=self._date_format)
        self.reject(text == "", "missing_value", column=column)
        expected = "yyyy-mm, such as 2024-10"
        self.reject((text != "") & months.isna(), "bad_date", column=column, kind="month", expected=expected)
        return months

    def numbers(self, column: str, *, required: bool = False, infinite: Collection[str] = ()) -> pd.Series:
        """Numbers within the limits of the contract; NaN where blank or faulty, infinite where one of those words."""
        rule = self._contract.column(column)
        text = self.text(column)
        values = parse_numbers(text, whole=rule.kind == "integer" or rule.unit in _WHOLE_UNITS)
        if infinite:
            values = values.mask(text.str.casefold().isin(infinite), np.inf)
        if required:
            self.reject(text == "", "missing_value", column=column)
        self.reject((text != "") & values.isna(), "bad_number", column=column, kind="number")
        outside = _outside(values, rule)
        self.reject(outside, "out_of_range", column=column, kind="number", expected=_limits(rule))
        return values.mask(outside)

    def choices(self, column: str, words: Mapping[str, tuple[str, ...]]) -> pd.Series:
        """One of the known words; None where blank or unknown."""
        text = self.text(column)
        found = known_word(text, words)
        self.reject(text == "", "missing_value", column=column)
        unknown = (text != "") & found.isna()
        self.reject(unknown, "bad_choice", column=column, expected=", ".join(words))
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
