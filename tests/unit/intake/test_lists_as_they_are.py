"""Lists as offices have them: no column of dates, footers, ditto marks, spanning headers, copies, names of events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.intake.applicants import event_in_name
from outreach_analysis.intake.cells import RawSheet
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.headers import (
    APPLICANTS,
    INTEREST,
    OFFICE_MONTHLY,
    TableSpec,
    kind_of_content,
    map_headers,
)
from outreach_analysis.intake.identity import check_nik
from outreach_analysis.intake.ledger import IntakeLedger, LedgerBuilder
from outreach_analysis.intake.sheets import read_tables
from outreach_analysis.intake.text_files import TextTable

OfficeWriter = Callable[..., Path]
AREAS = """\
area_id,name,parent_id,population,lon,lat
64,Kalimantan Timur,,100,,
64.02,Kabupaten Kutai Kartanegara,64,60,,
64.02.06,Tenggarong,64.02,30,116.9,-0.4
64.02.02,Loa Kulu,64.02,30,117.0,-0.5
64.72,Kota Samarinda,64,40,,
64.72.02,Samarinda Ilir,64.72,20,117.15,-0.5
64.72.03,Samarinda Ulu,64.72,20,117.1,-0.5
"""
SITES = (
    "site_id,name,kind,area,lon,lat\nM1,Mal Contoh,mall,64.72.03,117.1,-0.5\nM2,Grage Mall,mall,64.72.02,117.2,-0.5\n"
)
EVENTS = """\
event_id,site_id,date,status
JB-01,M1,26/07/2025,held
JB-02,M2,09/08/2025,held
"""
OTHER = "applicants/JB-02.csv"
FILES = {
    "areas.csv": AREAS,
    "sites.csv": SITES,
    "events.csv": EVENTS,
    "interest.csv": None,
    "office_monthly.csv": None,
    "applicants/E1.csv": None,
    "applicants/maret.csv": None,
    OTHER: "Tanggal;Kecamatan\n09/08/2025;Tenggarong\n",
}


def read(office: OfficeWriter, files: dict[str, str], settings: str = "") -> Dataset:
    return read_dataset(
        office({**FILES, "outreach.toml": settings, **{f"applicants/{k}": v for k, v in files.items()}})
    )


def people(data: Dataset) -> list[tuple[str, str, str]]:
    rows = data.applicants[data.applicants["source_file"] != OTHER]
    days = rows["service_date"].dt.strftime("%Y-%m-%d")
    return list(zip(rows["event_id"], days, rows["area_id"].fillna(""), strict=True))


def raw(rows: Sequence[Sequence[str]], file: str = "list.csv") -> RawSheet:
    width = max(map(len, rows))
    cells = pd.DataFrame([[*row, *[""] * (width - len(row))] for row in rows], dtype="str")
    cells.index = pd.RangeIndex(1, len(rows) + 1)
    return RawSheet(file=file, sheet="", cells=cells)


def taken(rows: Sequence[Sequence[str]], spec: TableSpec = APPLICANTS) -> tuple[TextTable, IntakeLedger]:
    book = LedgerBuilder()
    (table,), faults = read_tables([raw(rows)], spec, extra={}, book=book)
    assert not faults
    return table, book.close()


def skipped(ledger: IntakeLedger) -> list[tuple[int, str]]:
    rows = ledger.rows[ledger.rows["status"] == "skipped"]
    return list(zip(rows["row"].astype(int), rows["reason"], strict=True))


def test_a_header_over_two_or_three_rows_of_text_is_joined() -> None:
    table, ledger = taken(
        [
            ["DAFTAR PEMOHON"],
            ["No", "Tanggal", "Identitas", "", "Alamat", "", "", "Jenis Paspor"],
            ["", "", "Nama", "NIK", "Desa/Kelurahan", "Wilayah", "", ""],
            ["", "", "", "", "", "Kecamatan", "Kab/Kota", ""],
            ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"],
            ["1", "26/07/2025", "A", "", "Loa Kulu Kota", "Loa Kulu", "Kukar", "E-Paspor"],
        ]
    )
    assert table.rows.to_dict("records") == [
        {
            "service_date": "26/07/2025", "desa": "Loa Kulu Kota", "kecamatan": "Loa Kulu", "kabupaten": "Kukar",
            "nik": "", "name": "A", "passport_type": "E-Paspor",
        }
    ]  # fmt: skip
    assert table.row_numbers.tolist() == [6]
    assert skipped(ledger) == [(5, "repeated_header")]


def test_a_column_without_a_header_is_listed_by_what_it_holds_and_never_shown() -> None:
    _, ledger = taken(
        [
            ["Tanggal", "Kecamatan", "", "", "Keterangan"],
            ["26/07/2025", "Loa Kulu", "Siti Rahmawati", "6472031201900001", "x"],
            ["26/07/2025", "Loa Kulu", "Budi", "6472031201900002", "y"],
        ]
    )
    ignored = ledger.columns_taken.query("how == 'ignored'")["header"].tolist()
    assert ignored == ["Keterangan", "(column C, no header: text)", "(column D, no header: long numbers)"]
    assert "Siti" not in ledger.columns_taken.to_csv()
    assert kind_of_content(pd.Series(["", "26/07/2025", "27 Juli 2025"])) == "dates"


def test_a_heading_names_the_place_of_the_rows_below_it() -> None:
    """Until the next heading of its level or above; a row's own place goes first, and a person is no heading."""
    table, ledger = taken(
        [
            ["No", "Tanggal", "Nama", "Desa", "Kecamatan"],
            ["KOTA SAMARINDA", "", "", "", ""],
            ["Kec. Samarinda Ulu", "", "", "", ""],
            ["1", "26/07/2025", "A", "Air Putih", ""],
            ["2", "26/07/2025", "B", "Pulau Atas", "Sambutan"],
            ["", "", "Kabupaten : Kutai Kartanegara", "", ""],
            ["3", "26/07/2025", "C", "Loa Raya", ""],
            ["4", "", "D", "", ""],
            ["", "", "", "", "Kecamatan Loa Kulu"],
        ]
    )
    assert skipped(ledger) == [(2, "block_heading"), (3, "block_heading"), (6, "block_heading")]
    rows = table.rows
    assert rows["kabupaten"].tolist()[:3] == ["KOTA SAMARINDA", "KOTA SAMARINDA", "Kabupaten : Kutai Kartanegara"]
    assert rows["kecamatan"].tolist() == ["Samarinda Ulu", "Sambutan", "", "", "Kecamatan Loa Kulu"]
    assert rows["desa"].tolist() == ["Air Putih", "Pulau Atas", "Loa Raya", "", ""]


@pytest.mark.parametrize("name", ["Desak Putu Ayu", "Kelvin", "Kotaro", "Kecik", "Kabul", "Desa"])
def test_somebody_whose_name_begins_like_a_level_is_no_heading(name: str) -> None:
    """Only the name is written: a person whose day and place are missing, and nobody to be skipped."""
    table, ledger = taken(
        [["No", "Tanggal", "Nama", "Kecamatan"], ["1", "26/07/2025", "A", "Loa Kulu"], ["", "", name, ""]]
    )
    assert skipped(ledger) == []
    assert len(table.rows) == 2


@pytest.mark.parametrize("said", ["KEC.LOA KULU", "Kecamatan: Loa Kulu", "kec . Loa Kulu", "Kecamatan  : Loa Kulu"])
def test_a_heading_is_known_with_any_point_or_colon(said: str) -> None:
    table, ledger = taken(
        [["No", "Tanggal", "Nama", "Desa"], ["", said, "", ""], ["1", "26/07/2025", "A", "Loh Sumber"]]
    )
    assert skipped(ledger) == [(2, "block_heading")]
    assert table.rows["kecamatan"].str.lower().tolist() == ["loa kulu"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # KoboToolbox with groups: `today` goes before the moments of start and of sending
        (["start", "end", "today", "diri/nik", "alamat/kec", "_uuid", "_submission_time"],
         {"today": "service_date", "diri/nik": "nik", "alamat/kec": "kecamatan"}),
        # ODK Central: SubmissionDate, and a dash behind the group
        (["SubmissionDate", "start", "rumah-kecamatan", "rumah-kabupaten", "meta-instanceID", "instanceID"],
         {"SubmissionDate": "service_date", "rumah-kecamatan": "kecamatan", "rumah-kabupaten": "kabupaten"}),
        # labels in place of names: questions in groups; a date of the office's own goes first
        (["_id", "today", "Tanggal layanan", "Data/Di kecamatan mana Anda tinggal?"],
         {"Tanggal layanan": "service_date", "Data/Di kecamatan mana Anda tinggal?": "kecamatan"}),
        # choices of one question are not the documents that they name
        (["_id", "today", "bawa", "bawa/ktp", "bawa/paspor", "kecamatan"],
         {"today": "service_date", "kecamatan": "kecamatan"}),
        # no survey tool: nothing is taken for a day or a group
        (["start", "today", "diri/nik", "kecamatan"], {"kecamatan": "kecamatan"}),
    ],
)  # fmt: skip
def test_survey_tools_say_the_day_and_the_group(headers: list[str], expected: dict[str, str]) -> None:
    found = map_headers(headers, APPLICANTS)
    assert {header: column for header, column, _ in found.taken if column} == expected


def test_signatures_below_a_list_are_skipped_and_not_shown() -> None:
    _, ledger = taken(
        [
            ["No", "Tanggal", "Nama", "Kecamatan", "Kab/Kota"],
            ["1", "26/07/2025", "A", "Loa Kulu", "Kukar"],
            ["2", "26/07/2025", "B", "Loa Kulu", "Kukar"],
            [],
            ["", "", "", "Samarinda, 26 Juli 2025", ""],
            ["", "Mengetahui,", "", "Petugas", ""],
            ["", "Kepala Seksi Lalintalkim", "", "", ""],
            ["", "Rahmat Hidayat", "", "Siti Aminah", ""],
            ["", "NIP. 19850101 201001 1 001", "", "", ""],
            ["3", "27/07/2025", "C", "Loa Kulu", "Kukar"],
        ]
    )
    assert skipped(ledger) == [(4, "blank_row"), *[(row, "footer_row") for row in range(5, 10)]]
    assert "Rahmat" not in ledger.rows.to_csv()
    assert ledger.by_file[["read", "matched", "skipped"]].to_numpy().tolist() == [[9, 3, 6]]


@pytest.mark.parametrize("day", ["Sabtu, 26 Juli", "hari Sabtu, 26 Juli", "Loa Kulu, 26 Juli 2025"])
def test_a_day_that_cannot_be_read_is_no_signature(day: str) -> None:
    """Of somebody whose origin is told, the row is rejected by name and not left out as the end of a list."""
    _, ledger = taken(
        [
            ["Tanggal", "Nama", "Kecamatan"],
            ["26/07/2025", "A", "Loa Kulu"],
            [day, "B", "Tenggarong"],
            ["Tenggarong, 27 Juli 2025", "", ""],
            ["Kepala Seksi Lalintalkim", "", ""],
        ]
    )
    assert skipped(ledger) == [(4, "footer_row"), (5, "footer_row")]


def test_a_column_for_signatures_ends_no_list() -> None:
    rows = [["26/07/2025", "Loa Kulu", "ttd"], ["", "Tenggarong", "ttd"], ["", "", "Mengetahui,"]]
    _, ledger = taken([["Tanggal", "Kecamatan", "Tanda tangan"], *rows])
    assert skipped(ledger) == [(4, "footer_row")]


def test_a_row_of_data_that_looks_like_a_signature_stays_data() -> None:
    table, ledger = taken(
        [
            ["Tanggal", "Nama", "Kecamatan", "Kab/Kota"],
            ["26/07/2025", "Petugas", "Loa Kulu", "Kukar"],
            ["", "Kepala Desa Budi", "Loa Kulu", "Kukar"],
            ["26/07/2025", "B", "Loa Kulu", "Kukar"],
        ]
    )
    assert len(table.rows) == 2 + (len(ledger.rows) == 0)


def test_numbering_is_known_on_every_page_and_ids_that_count_up_are_not() -> None:
    table, ledger = taken(
        [
            ["No", "Tanggal", "Nama", "Kecamatan"],
            ["(1)", "(2)", "(3)", "(4)"],
            ["1", "26/07/2025", "A", "Loa Kulu"],
            ["1", "2", "3", "4"],
            ["2", "26/07/2025", "B", "Loa Kulu"],
        ]
    )
    assert skipped(ledger) == [(2, "repeated_header"), (4, "repeated_header")]
    assert len(table.rows) == 2


@pytest.mark.parametrize("mark", ["sda", "s.d.a", "S.D.A.", "idem", '"', "〃", "- ” -", "''"])
def test_ditto_marks_say_what_the_row_above_says(mark: str) -> None:
    table, _ = taken(
        [
            ["Tanggal", "Nama", "Kecamatan", "Jenis Paspor"],
            ["26/07/2025", "A", "Loa Kulu", mark],
            [mark, "B", mark, "E-Paspor"],
            [mark, "C", "Tenggarong", mark],
            [],
            [mark, mark, mark, mark],
        ]
    )
    assert table.rows[["service_date", "kecamatan", "passport_type"]].to_numpy().tolist() == [
        ["26/07/2025", "Loa Kulu", mark],
        ["26/07/2025", "Loa Kulu", "E-Paspor"],
        ["26/07/2025", "Tenggarong", "E-Paspor"],
        ["26/07/2025", "Tenggarong", "E-Paspor"],
    ]


def test_a_total_without_the_word_is_known_by_its_sum() -> None:
    table, ledger = taken(
        [
            ["Tanggal", "Wilayah", "Jumlah"],
            ["26/07/2025", "Loa Kulu", "12"],
            ["26/07/2025", "Tenggarong", "1.030"],
            ["", "", "1.042"],
        ],
        INTEREST,
    )
    assert skipped(ledger) == [(4, "total_row")]
    assert table.rows["people"].tolist() == ["12", "1.030"]
    assert ledger.reconciled[["stated", "counted", "agrees"]].to_numpy().tolist() == [[1042.0, 1042.0, True]]
    table, ledger = taken(
        [["Bulan", "Kecamatan", "Jumlah"], ["2025-01", "A", "3"], ["2025-01", "B", "4"], ["", "", "8"]], OFFICE_MONTHLY
    )
    assert skipped(ledger) == []
    table, ledger = taken(
        [["Tanggal", "Nama", "Kecamatan"], ["26/07/2025", "A", "B"], ["26/07/2025", "C", "B"], ["", "", "2"]]
    )
    assert skipped(ledger) == [(4, "total_row")]


def test_a_list_without_dates_takes_its_events_day_and_says_so(office: OfficeWriter) -> None:
    data = read(office, {"JB-01 Mal Contoh.csv": "No;Nama;Kecamatan\n1;A;Loa Kulu\n2;B;Tenggarong\n"})
    assert people(data) == [("JB-01", "2025-07-26", "64.02.02"), ("JB-01", "2025-07-26", "64.02.06")]
    published = data.ledger.dates_read[data.ledger.dates_read["file"] == "applicants/JB-01 Mal Contoh.csv"]
    assert published[["column", "form", "by", "rows"]].to_numpy().tolist() == [
        ["service_date", "event's day", "no column", 2]
    ]


def test_a_title_tells_the_day_and_the_location_and_both_together_the_event(office: OfficeWriter) -> None:
    data = read(
        office,
        {
            "daftar juli.csv": "DAFTAR PEMOHON PASPOR\nHari/Tanggal : Sabtu, 26 Juli 2025\nTempat;: Mal Contoh\n"
            "No;Nama;Kecamatan\n1;A;Loa Kulu\n"
        },
    )
    assert people(data) == [("JB-01", "2025-07-26", "64.02.02")]


def test_a_column_of_locations_and_a_day_name_the_event_of_each_row(office: OfficeWriter) -> None:
    rows = (
        "Tanggal;Lokasi;Kecamatan\n26/07/2025;Mal Contoh;Loa Kulu\n09/08/2025;GRAGE MALL;Tenggarong\n"
        "10/08/2025;M1;Tenggarong\n"
    )
    data = read(office, {"gabungan.csv": rows})
    assert people(data) == [("JB-01", "2025-07-26", "64.02.02"), ("JB-02", "2025-08-09", "64.02.06")]
    rejected = data.ledger.rows[data.ledger.rows["status"] == "rejected"]
    assert rejected[["row", "reason"]].to_numpy().tolist() == [[4, "unknown_event"]]


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("JB-01 Mal Contoh (final)", "JB-01"),
        ("Daftar_jb_01_revisi", "JB-01"),
        ("JB-010", ""),
        ("JB-01 & JB-02", ""),
        ("Juli", ""),
    ],
)
def test_a_file_is_of_the_one_event_whose_id_its_name_holds(name: str, event: str) -> None:
    assert event_in_name(name, ["JB-01", "JB-02", "1"]) == event


def test_a_column_of_dates_under_an_unknown_header_is_asked_for_and_not_passed_by() -> None:
    book = LedgerBuilder()
    rows = [["Nama", "Kecamatan", "Hari H"], ["A", "Loa Kulu", "26/07/2025"], ["B", "Loa Kulu", "27/07/2025"]]
    tables, faults = read_tables([raw(rows)], APPLICANTS, extra={}, book=book)
    assert not tables
    assert [(item.reason, item.column, item.value) for item in faults] == [
        ("missing_column", "service_date", "nearest header: Hari H")
    ]


def test_a_table_of_numbers_of_people_is_no_list_of_them() -> None:
    assert map_headers(["Nama", "Kecamatan"], APPLICANTS).is_complete
    assert not map_headers(["Nama", "Kecamatan", "Jumlah"], APPLICANTS).is_complete
    assert not map_headers(["Jenis Paspor", "Kecamatan"], APPLICANTS).is_complete


FIRST = "Tanggal;Nama;NIK;Kecamatan\n" + "".join(
    f"26/07/2025;{name};{nik};Loa Kulu\n"
    for name, nik in (("Ani Lestari", "6402061201850001"), ("Budi", "6402061201860001"), ("Cici", "6402061201870001"))
)


def faults(office: OfficeWriter, files: dict[str, str], settings: str = "") -> list[tuple[str, str, str]]:
    with pytest.raises(ContractError) as error:
        read(office, files, settings)
    return [(item.file, item.reason, item.value) for item in error.value.items]


def test_a_copy_without_niks_is_a_question_until_one_line_answers_it(office: OfficeWriter) -> None:
    copy = "Tgl;Nama Lengkap;Kec\n26/07/2025;LESTARI Ani;Loa Kulu\n26/07/2025;Budi;Loa Kulu\n26/07/2025;Dodi;Loa Kulu\n"
    files = {"JB-01.csv": FIRST, "JB-01 (1).csv": copy}
    assert faults(office, files) == [("applicants/JB-01 (1).csv", "same_list", "JB-01 (1).csv")]
    data = read(office, files, '[files.copies]\n"JB-01 (1).csv" = "skip"\n')
    assert len(people(data)) == 3
    row = data.ledger.by_file.set_index("file").loc["applicants/JB-01 (1).csv"]
    assert (row["read"], row["skipped"], row["matched"]) == (3, 3, 0)
    data = read(office, files, '[files.copies]\n"JB-01 (1).csv" = "keep"\n')
    assert len(people(data)) == 6


def test_copies_that_count_once_anyway_and_lists_of_other_people_ask_nothing(office: OfficeWriter) -> None:
    again = FIRST.replace("Tanggal", "Tgl")
    assert len(people(read(office, {"JB-01.csv": FIRST, "JB-01 (1).csv": again}))) == 3
    others = "Tanggal;Nama;Kecamatan\n26/07/2025;Eka;Loa Kulu\n26/07/2025;Fani;Loa Kulu\n26/07/2025;Budi;Loa Kulu\n"
    assert len(people(read(office, {"JB-01.csv": FIRST, "JB-01 siang.csv": others}))) == 6


def test_a_service_date_far_from_its_event_is_told_and_moves_no_reference_date(office: OfficeWriter) -> None:
    rows = "Tanggal;Kecamatan\n26/07/2025;Loa Kulu\n26/11/2025;Loa Kulu\n"
    data = read(office, {"JB-01.csv": rows})
    published = data.ledger.rows[data.ledger.rows["reason"] == "far_from_event"]
    assert published[["row", "value", "status"]].to_numpy().tolist() == [[3, "26/11/2025", "warning"]]
    assert data.as_of == pd.Timestamp("2025-08-09").date()
    assert len(people(data)) == 2


def test_a_file_of_two_orders_stops_once_with_the_line_that_answers_it(office: OfficeWriter) -> None:
    rows = "Tanggal;Kegiatan;Kecamatan\n" + "".join(
        f"{day};KANTOR;Loa Kulu\n" for day in ("14/03/2025", "03/15/2025", "04/05/2025", "06/05/2025")
    )
    assert faults(office, {"kantor.csv": rows}) == [("applicants/kantor.csv", "two_date_orders", "04/05/2025")]
    data = read(office, {"kantor.csv": rows}, '[dates.formats]\n"kantor*" = ["%d/%m/%Y"]\n')
    assert [day for _, day, _ in people(data)] == ["2025-03-14", "2025-05-04", "2025-05-06"]


@pytest.mark.parametrize(
    ("niks", "status"),
    [
        # typed in Excel: the sixteenth digit is gone in all of them
        (["3209011201900010", "3209011201910020"], ["numeric", "numeric"]),
        # written by a programme: all digits are there, and one in ten ends in 0
        (["3209011201900011", "3209011201910020"], ["valid", "valid"]),
        # beyond 2^53 two neighbours are one number
        (["9171011201900012", "9171011201910021"], ["numeric", "numeric"]),
        (["3209011201900010"], ["numeric"]),
    ],
)
def test_a_nik_held_as_a_number_is_in_doubt_where_digits_were_lost(niks: list[str], status: list[str]) -> None:
    days = pd.Series(pd.to_datetime(["2026-01-10"] * len(niks)))
    found = check_nik(pd.Series(niks), days, numeric=pd.Series(True, index=days.index))
    assert found["status"].tolist() == status
