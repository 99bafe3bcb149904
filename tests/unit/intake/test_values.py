from __future__ import annotations

import math

import pandas as pd
import pytest

from outreach_analysis.intake.dates import parse_dates
from outreach_analysis.intake.rows import parse_months, parse_numbers, parse_yes_no, shown


def date(text: str, date_format: str = "%d/%m/%Y") -> str | None:
    day = parse_dates(pd.Series([text]), date_format=date_format)[0]
    return None if pd.isna(day) else day.date().isoformat()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/02/2026", "2026-02-03"),
        ("3/2/2026", "2026-02-03"),
        ("2026-02-03", "2026-02-03"),
        ("2026-02-03 00:00:00", "2026-02-03"),
        ("2026-02-03T08:15:00", "2026-02-03"),
        ("03/02/2026 10:15:33", "2026-02-03"),
        ("03/02/2026 10.15", "2026-02-03"),
        ("29/02/2024", "2024-02-29"),
        ("29/02/2025", None),
        ("31/02/2026", None),
        ("02/13/2026", None),
        ("03-02-2026", "2026-02-03"),
        ("03/02/26", "2026-02-03"),
        ("3 Februari 2026", "2026-02-03"),
        ("45678", "2025-01-21"),
        ("15678", None),
        ("", None),
        ("NA", None),
        ("01/01/0205", None),
        ("01/01/2205", None),
        ("2026/02/03", "2026-02-03"),
        ("0000-00-00", None),
    ],
)
def test_dates_are_read_strictly(text: str, day: str | None) -> None:
    assert date(text) == day


def test_another_declared_format_changes_what_is_a_date() -> None:
    assert date("02/03/2026", "%m/%d/%Y") == "2026-02-03"
    assert date("03-02-26", "%d-%m-%y") == "2026-02-03"
    assert date("3 Februari 2026", "%d %B %Y") == "2026-02-03"
    assert date("3 Peb 2026", "%d %b %Y") == "2026-02-03"
    assert date("3 Bulan 2026", "%d %B %Y") is None
    assert date("2026-02-03", "%d %B %Y") == "2026-02-03"


def test_dates_keep_the_index_and_an_empty_column_is_fine() -> None:
    days = parse_dates(pd.Series(["01/02/2025", "x"], index=[7, 3]), date_format="%d/%m/%Y")
    assert days.index.tolist() == [7, 3]
    assert parse_dates(pd.Series(dtype="str"), date_format="%d/%m/%Y").dtype == days.dtype


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2024-10", "2024-10"),
        ("10/2024", "2024-10"),
        ("Okt 2024", "2024-10"),
        ("Oktober 2024", "2024-10"),
        ("OKTOBER, 2024", "2024-10"),
        ("Okt-24", "2024-10"),
        ("Agu 2025", "2025-08"),
        ("Pebruari 2025", "2025-02"),
        ("01/10/2024", "2024-10"),
        ("2024-10-17", "2024-10"),
        ("2024/3", "2024-03"),
        ("13/2024", None),
        ("2024-00", None),
        ("Juli", None),
        ("Foo 2024", None),
        ("", None),
    ],
)
def test_months(text: str, month: str | None) -> None:
    found = parse_months(pd.Series([text]), date_format="%d/%m/%Y")[0]
    assert (None if pd.isna(found) else found.strftime("%Y-%m")) == month
    assert pd.isna(found) or found.day == 1


@pytest.mark.parametrize(
    ("text", "whole", "number"),
    [
        ("116,48", False, 116.48),
        ("-0,502", False, -0.502),
        ("-0.502", False, -0.502),
        ("116.483221", False, 116.483221),
        ("1.234", False, 1.234),
        ("1,234", False, 1.234),
        ("1.234", True, 1234),
        ("1,234", True, 1234),
        ("1.234.567", False, 1234567),
        ("1,234,567", True, 1234567),
        ("1 234 567", True, 1234567),
        ("1.234,5", False, 1234.5),
        ("1,234.5", False, 1234.5),
        ("Rp 1.500.000,00", True, 1500000),
        ("Rp2.500.000", True, 2500000),
        ("25", True, 25),
        ("25.0", True, 25),
        ("2,5", True, None),
        ("2.5", True, None),
        ("-3", True, -3),
        ("12a", True, None),
        ("dua", True, None),
        ("", True, None),
        ("1.23.456", False, None),
        ("116.48.32", False, None),
        ("nan", False, None),
        ("inf", False, None),
        ("1e3", False, 1000),
        ("1e999", False, None),
        ("9" * 30, True, None),
        ("٣", True, None),
        ("117°", False, 117),
    ],
)
def test_numbers(text: str, whole: bool, number: float | None) -> None:
    found = parse_numbers(pd.Series([text]), whole=whole)[0]
    assert math.isnan(found) if number is None else found == number


def test_yes_and_no() -> None:
    assert parse_yes_no(pd.Series(["YA", "y", "Tidak", "1", "0", "", "bisa jadi"])).tolist() == [
        True, True, False, True, False, False, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "seen"),
    [
        ("31/02/2026", "date", "31/02/2026"),
        ("2026-13-01", "date", "2026-13-01"),
        ("12 Januari 2026", "date", "12 Januari 2026"),
        ("12 Budiman 2026", "date", "[text not shown]"),
        ("Siti Aminah", "date", "[text not shown]"),
        ("6472031201900001", "date", "[number removed]"),
        ("081234567890", "month", "[number removed]"),
        ("0812 3456 7890", "number", "[number removed]"),
        ("-5", "number", "-5"),
        ("1.234.567", "number", "1.234.567"),
        ("812.345.678.901", "number", "[number removed]"),
        ("lima", "number", "[text not shown]"),
        ("POP-31", "id", "POP-31"),
        ("Siti", "id", "[text not shown]"),
        ("Siti Aminah 6472031201900001", "id", "[text not shown]"),
        ("6472031201900001", "id", "[number removed]"),
        ("C1234567", "id", "[number removed]"),
        ("", "id", ""),
    ],
)
def test_faulty_cells_of_lists_of_people_are_shown_only_where_harmless(text: str, kind: str, seen: str) -> None:
    assert shown(pd.Series([text]), kind, personal=True).tolist() == [seen]


def test_faulty_cells_of_other_tables_are_shown_without_identifiers() -> None:
    assert shown(pd.Series(["Mal Citra, 081234567890", "pasar"]), "text", personal=False).tolist() == [
        "Mal Citra, [number removed]",
        "pasar",
    ]
    assert len(shown(pd.Series(["x" * 500]), "text", personal=False)[0]) == 120
