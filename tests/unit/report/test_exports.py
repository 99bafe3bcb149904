"""Tables for other programs: no cell is run as a formula, numbers stay numbers, a file is there whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis import exports
from outreach_analysis.exports import safe_cells, write_cells, write_sheets, write_table
from outreach_analysis.workbook import TEXT_LENGTH, Worksheet, sheet_name, workbook_bytes

FORMULAS = [
    "=1+1",
    "+62812",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\x00=1",
    "\x7f=1",
    "\ufeff+1",
    "\u2060=1",
    "\u00ad@x",
    "\u3164=1",
    "\u115f=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "\ufe631",
    "fine\n=1",
    "fine\r\n=1",
    "fine\r=1",
    "fine\u2028=1",
    "fine\x85=1",
    " \t1",
]
PLAIN = [
    "",
    "Mall",
    "'=1",
    "a=b",
    "Jl. P. Antasari 12-14",
    "1-2",
    "a\nb",
    "a\tb",
    "É",
    "\u2212",
    "#N/A",
    "  x",
    "a\r\nb",
]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_what_a_spreadsheet_could_run_is_quoted(text):
    assert safe_cells(pd.DataFrame({"x": [text]})).loc[0, "x"] == f"'{text}"


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
def test_other_texts_stay(text):
    assert safe_cells(pd.DataFrame({"x": [text]})).loc[0, "x"] == text


@pytest.mark.parametrize("kind", [object, "str", "category"])
def test_texts_of_every_kind_of_column_and_headers_are_made_safe(kind):
    rows = pd.DataFrame({"=a": pd.Series(["=1", None, "b"], dtype=kind), "n": [-1.5, np.nan, 2]})
    safe = safe_cells(rows)
    assert safe.columns.tolist() == ["'=a", "n"]
    assert safe["'=a"].tolist()[::2] == ["'=1", "b"]
    assert safe["'=a"].isna().tolist() == [False, True, False]
    assert safe["n"].dtype == float
    assert rows.columns.tolist() == ["=a", "n"]


def test_two_columns_of_one_name_keep_their_cells(tmp_path):
    rows = pd.DataFrame([["=1", 2]], columns=["x", "x"])
    write_table(tmp_path / "a.xlsx", rows)
    write_table(tmp_path / "a.csv", rows)
    assert cells(tmp_path / "a.xlsx") == [["x", "x"], ["'=1", 2]]
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig") == "x,x\n'=1,2\n"


def cells(path: Path) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows()]


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN[1:]], ids=ascii)
def test_no_cell_of_a_workbook_is_a_formula(tmp_path, text):
    write_table(tmp_path / "a.xlsx", pd.DataFrame({text: [text]}))
    assert b"<f>" not in b"".join(map(zipfile.ZipFile(tmp_path / "a.xlsx").read, ["xl/worksheets/sheet1.xml"]))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s", "s"]
    safe = safe_cells(pd.DataFrame({"x": [text]})).loc[0, "x"]
    assert sheet["A2"].value == safe.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def test_numbers_days_and_logical_values_keep_their_kind(tmp_path):
    rows = pd.DataFrame(
        {
            "whole": pd.array([3, None], dtype="Int64"),
            "real": [1.25, np.inf],
            "day": [pd.Timestamp("2026-06-06"), pd.NaT],
            "moment": [pd.Timestamp("2026-06-06 09:30"), pd.NaT],
            "yes": [True, False],
            "date": [dt.date(2026, 1, 2), None],
            "mixed": [np.int64(7), ["=a"]],
            "long": [6472035507950042, 1],
        }
    )
    write_table(tmp_path / "a.XLSX", rows)
    header, first, second = cells(tmp_path / "a.XLSX")
    assert header == rows.columns.tolist()
    day = dt.datetime(2026, 6, 6)
    assert first == [3, 1.25, day, "2026-06-06 09:30:00", True, dt.datetime(2026, 1, 2), 7, "6472035507950042"]
    assert second == [None, None, None, None, False, None, "['=a']", 1]
    assert openpyxl.load_workbook(tmp_path / "a.XLSX").active["C2"].number_format == "dd/mm/yyyy"


def test_the_header_stays_in_sight(tmp_path):
    write_table(tmp_path / "schedule.xlsx", pd.DataFrame({"name": ["Kantor Kecamatan"], "n": [1]}))
    sheet = openpyxl.load_workbook(tmp_path / "schedule.xlsx").active
    assert sheet.title == "schedule"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width == pytest.approx(len("Kantor Kecamatan") + 2, abs=1)


def test_the_header_is_bold_and_no_other_row(tmp_path):
    write_table(tmp_path / "schedule.xlsx", pd.DataFrame({"name": ["Kantor"], "n": ["satu"]}))
    rows = openpyxl.load_workbook(tmp_path / "schedule.xlsx").active.iter_rows()
    told = [[(cell.value, bool(cell.font.b)) for cell in row] for row in rows]
    assert told == [[("name", True), ("n", True)], [("Kantor", False), ("satu", False)]]


def test_an_empty_table_has_its_header(tmp_path):
    write_table(tmp_path / "a.xlsx", pd.DataFrame({"a": [], "b": []}))
    assert cells(tmp_path / "a.xlsx") == [["a", "b"]]
    write_table(tmp_path / "b.xlsx", pd.DataFrame())
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").active.max_row == 1


def test_sheets_by_name_and_the_same_bytes_every_time(tmp_path):
    sheets = {"Jadwal: Juni/Juli": pd.DataFrame({"n": [1]}), "B" * 40: pd.DataFrame({"n": [2]})}
    for name in ("a.xlsx", "b.xlsx"):
        write_sheets(tmp_path / name, sheets, above=["=1+1"], number_formats={"n": "#,##0"})
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].data_type == "s"
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["Jadwal  Juni Juli", "B" * 31]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize("names", [[], ["a", "A"], ["a/b"], ["x" * 32], [""]], ids=str)
def test_a_workbook_that_excel_would_refuse_is_refused(names):
    with pytest.raises(ValueError, match="sheets of a workbook"):
        workbook_bytes([Worksheet(name=name, rows=[]) for name in names])


@given(st.text())
def test_any_text_makes_a_name_of_a_sheet(text):
    name = sheet_name(text)
    assert sheet_name(name) == name
    assert 0 < len(name) <= 31
    assert not {*name} & {*"[]:*?/\\"}


def test_a_text_too_long_for_a_cell_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.xlsx"
    write_table(path, pd.DataFrame({"x": ["kept"]}))
    with pytest.raises(ValueError, match="cell A2 holds"):
        write_table(path, pd.DataFrame({"x": ["x" * (TEXT_LENGTH + 1)]}))
    assert cells(path) == [["x"], ["kept"]]


def test_other_kinds_of_file_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.ods: a table is written as \.csv or \.xlsx"):
        write_table(tmp_path / "a.ods", pd.DataFrame({"x": [1]}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_writing_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, name):
    path = tmp_path / name
    write_table(path, pd.DataFrame({"x": [1]}))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_table(path, pd.DataFrame({"x": [2]}))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_csv_is_what_a_spreadsheet_opens(tmp_path):
    write_cells(pd.DataFrame({"name": ['=HYPERLINK("x";"y")', "a, b"], "n": [-3, 4]}), tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfname,n\n")
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert rows[1:] == [['\'=HYPERLINK("x";"y")', "-3"], ["a, b", "4"]]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_any_texts_make_a_workbook_that_can_be_read_and_holds_no_formula(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "a.xlsx"
    write_table(path, pd.DataFrame({"x": texts}, dtype=object))
    sheet = openpyxl.load_workbook(path).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert not any(isinstance(cell.value, int | float) for row in sheet.iter_rows() for cell in row)
