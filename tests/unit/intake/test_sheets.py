from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from outreach_analysis.intake.cells import RawSheet
from outreach_analysis.intake.headers import APPLICANTS, INTEREST, OFFICE_MONTHLY, TableSpec
from outreach_analysis.intake.ledger import IntakeLedger, LedgerBuilder
from outreach_analysis.intake.sheets import read_tables
from outreach_analysis.intake.text_files import TextTable, join_tables, tidy

HEADER = ["No", "Tgl Permohonan", "Nama", "Kecamatan"]


def raw(
    rows: Sequence[Sequence[str]], sheet: str = "", long_numbers: frozenset[tuple[int, int]] = frozenset()
) -> RawSheet:
    width = max(len(row) for row in rows)
    cells = pd.DataFrame([[*row, *[""] * (width - len(row))] for row in rows], dtype="str")
    cells.index = pd.RangeIndex(1, len(rows) + 1)
    return RawSheet(file="list.xlsx", sheet=sheet, cells=cells, long_numbers=long_numbers, digest="d")


def taken(
    *sheets: RawSheet, spec: TableSpec = APPLICANTS, extra: dict[str, str] | None = None
) -> tuple[list[TextTable], IntakeLedger, list[str]]:
    book = LedgerBuilder()
    tables, faults = read_tables(sheets, spec, extra=extra or {}, book=book)
    return tables, book.close(), [f"{item.reason} {item.column} {item.value}".strip() for item in faults]


def skipped(ledger: IntakeLedger) -> list[tuple[int, str]]:
    rows = ledger.rows[ledger.rows["status"] == "skipped"]
    return list(zip(rows["row"].astype(int), rows["reason"], strict=True))


def test_the_header_stands_under_titles() -> None:
    (table,), ledger, faults = taken(
        raw([["DAFTAR PEMOHON"], [""], ["Tanggal: 1 Februari 2025"], HEADER, ["1", "01/02/2025", "A", "Melak"]])
    )
    assert faults == []
    assert table.rows.to_dict("records") == [{"service_date": "01/02/2025", "kecamatan": "Melak", "name": "A"}]
    assert table.row_numbers.tolist() == [5]
    assert ledger.by_file[["read", "matched", "skipped"]].to_numpy().tolist() == [[1, 1, 0]]


def test_rows_that_are_no_people_are_skipped_with_their_reason() -> None:
    (table,), ledger, _ = taken(
        raw(
            [
                HEADER,
                ["(1)", "(2)", "(3)", "(4)"],
                ["1", "01/02/2025", "A", "Melak"],
                ["", "", "", ""],
                ["2", "", "", ""],
                HEADER,
                ["3", "01/02/2025", "B", "Melak"],
                ["Jumlah", "", "", "2"],
                ["Total: 2 orang", "", "", ""],
            ]
        )
    )
    assert table.row_numbers.tolist() == [3, 7]
    assert skipped(ledger) == [
        (2, "repeated_header"), (4, "blank_row"), (5, "blank_row"), (6, "repeated_header"), (8, "total_row"),
        (9, "total_row"),
    ]  # fmt: skip
    assert ledger.by_file[["read", "matched", "skipped"]].to_numpy().tolist() == [[8, 2, 6]]


def test_a_person_called_jumlah_is_no_total() -> None:
    (table,), ledger, _ = taken(
        raw([HEADER, ["1", "01/02/2025", "Jumlah", "Melak"], ["2", "02/02/2025", "Total", "x"]])
    )
    assert len(table.rows) == 2
    assert skipped(ledger) == []


@pytest.mark.parametrize(
    ("total", "agrees", "counted"),
    [("2", True, 2), ("2 orang", True, 2), ("3", False, 2), ("", None, None)],
)
def test_totals_are_set_beside_the_rows(total: str, agrees: bool | None, counted: float | None) -> None:
    rows = [HEADER, ["1", "01/02/2025", "A", "Melak"], ["2", "01/02/2025", "B", "Melak"], ["Total", "", "", total]]
    _, ledger, _ = taken(raw(rows))
    found = ledger.reconciled[["row", "counted", "agrees"]].to_numpy().tolist()
    assert found == ([] if agrees is None else [[4, counted, agrees]])
    assert ("total_mismatch" in ledger.rows["reason"].tolist()) is (agrees is False)


def test_a_subtotal_counts_since_the_last_one_and_a_grand_total_all() -> None:
    day = ["1", "01/02/2025", "A", "Melak"]
    _, ledger, _ = taken(
        raw([HEADER, day, ["Sub Total", "", "", "1"], day, day, ["Jumlah", "", "", "2"], ["Grand Total 3"]])
    )
    assert ledger.reconciled[["stated", "agrees"]].to_numpy().tolist() == [[1, True], [2, True], [3, True]]


def test_totals_of_amounts_add_up_the_amounts() -> None:
    rows = [
        ["Bulan", "Wilayah", "Jumlah"],
        ["2025-01", "Melak", "1.200"],
        ["2025-01", "Anggana", "12"],
        ["2025-01", "Total", "1212"],
    ]
    (table,), ledger, _ = taken(raw(rows), spec=OFFICE_MONTHLY)
    assert len(table.rows) == 2
    assert ledger.reconciled[["stated", "counted", "agrees"]].to_numpy().tolist() == [[1212, 1212, True]]


def test_a_sheet_of_notes_is_skipped_in_a_workbook_of_lists() -> None:
    tables, ledger, faults = taken(
        raw([HEADER, ["1", "01/02/2025", "A", "Melak"]], "Februari"), raw([["Catatan"], ["bawa formulir"]], "Catatan")
    )
    assert faults == []
    assert len(tables) == 1
    assert ledger.by_file[["sheet", "read", "matched", "skipped"]].to_numpy().tolist() == [
        ["Februari", 1, 1, 0],
        ["Catatan", 2, 0, 2],
    ]


def test_a_sheet_that_is_half_a_list_is_a_fault() -> None:
    _, _, faults = taken(
        raw([HEADER, ["1", "01/02/2025", "A", "Melak"]], "Februari"),
        raw([["Nama", "Tanggal"], ["B", "02/02/2025"]], "Maret"),
    )
    assert faults == ["missing_column address / desa / kecamatan / kabupaten / area_code"]


def test_missing_columns_are_named_with_the_header_that_comes_nearest() -> None:
    _, _, faults = taken(raw([["No", "Tgl Permohonann", "Nama"], ["1", "01/02/2025", "A"]]))
    assert faults == [
        "missing_column service_date nearest header: Tgl Permohonann",
        "missing_column address / desa / kecamatan / kabupaten / area_code",
    ]


def test_a_list_without_a_header_shows_nothing_of_its_people() -> None:
    _, ledger, faults = taken(raw([["1", "01/02/2025", "Siti Aminah", "6472031201900001"]]))
    assert faults == [
        "missing_column service_date",
        "missing_column address / desa / kecamatan / kabupaten / area_code",
    ]
    assert ledger.columns_taken.empty


def test_two_headers_for_one_column_are_a_fault_until_settings_choose() -> None:
    rows = [["Tanggal", "Tgl Permohonan", "Kecamatan"], ["01/02/2025", "02/02/2025", "Melak"]]
    assert taken(raw(rows))[2] == ["duplicate_column service_date"]
    (table,), ledger, faults = taken(raw(rows), extra={"Tgl Permohonan": "service_date"})
    assert faults == []
    assert table.rows["service_date"].tolist() == ["02/02/2025"]
    assert ledger.columns_taken[["header", "column", "how"]].to_numpy().tolist() == [
        ["Tanggal", "", "ignored"],
        ["Tgl Permohonan", "service_date", "settings"],
        ["Kecamatan", "kecamatan", "ours"],
    ]


def test_names_of_all_name_columns_are_kept_aside_and_numeric_niks_marked() -> None:
    rows = [
        ["Tanggal", "Kecamatan", "Nama", "Nama Lengkap", "NIK"],
        ["01/02/2025", "Melak", "A", "A B", "6472031201900000"],
    ]
    (table,), _, _ = taken(raw(rows, long_numbers=frozenset({(2, 4)})))
    assert table.names.tolist() == ["A A B"]
    assert table.numeric_nik.tolist() == [True]


def test_interest_needs_people_or_a_person() -> None:
    tables, _, faults = taken(
        raw([["Timestamp", "Kecamatan", "No. WA"], ["01/02/2025", "Melak", "0812"]]), spec=INTEREST
    )
    assert (len(tables), faults) == (1, [])
    _, _, faults = taken(raw([["Timestamp", "Kecamatan"], ["01/02/2025", "Melak"]]), spec=INTEREST)
    assert faults == ["missing_column people / person / nik / phone"]


def test_joined_tables_keep_places_and_blank_out_missing_columns() -> None:
    one, _, _ = taken(raw([["Tanggal", "Kecamatan"], ["01/02/2025", "Melak"]], "A"))
    two, _, _ = taken(raw([["x"], ["Tanggal", "Desa"], ["02/02/2025", "Bukit Raya"]], "B"))
    joined = join_tables([*one, *two])
    assert joined.rows.to_dict("records") == [
        {"service_date": "01/02/2025", "kecamatan": "Melak", "desa": ""},
        {"service_date": "02/02/2025", "kecamatan": "", "desa": "Bukit Raya"},
    ]
    everything = joined.where(pd.Series([True, True]))
    assert everything.to_numpy().tolist() == [["list.xlsx", "A", 2], ["list.xlsx", "B", 3]]
    assert join_tables([]).where(pd.Series(dtype=bool)).empty


def test_tidy_leaves_tidy_text_untouched_and_cleans_the_rest() -> None:
    clean = pd.Series(["a", "b c", ""], dtype="str")
    assert tidy(clean) is clean
    assert tidy(pd.Series(["\u200bMelak\t", "a  b", " c", "d\u2028e", "\u202eNA"])).tolist() == [
        "Melak",
        "a b",
        "c",
        "d e",
        "NA",
    ]
