"""Letters that ask for a pop-up as they are read: their places, their lists, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.intake.dataset import Dataset, FolderError, read_dataset
from outreach_analysis.workbook import Worksheet, workbook_bytes

OfficeWriter = Callable[..., Path]
HEADER = "Nomor Surat,Tanggal Surat,Pemohon,Program,Kode Lokasi,Wilayah,Tanggal Diminta,Daftar,Jumlah,Narahubung\n"
LETTER = '12/PP/2025,01/03/2025,"KH. Zulkarnaen, Ponpes Al Contoh",,TGR,,10/04/2025,daftar 12.csv,,Qomariah 0812999\n'
NAMES = """\
No,Nama,NIK,Kecamatan
1,Zulkarnaen,6472031201900001,Samarinda Ulu
2,Qomariah,6402061201850001,Tenggarong
3,Qomariah,6402061201850001,Tenggarong
4,Joko,,entah
Jumlah 4 orang,,,
"""


def read(office: OfficeWriter, rows: str, **files: str | bytes) -> Dataset:
    return read_dataset(office({"requests.csv": HEADER + rows, **files}))


def faults(data: Dataset) -> list[tuple[str, int | None, str, str]]:
    rows = data.ledger.rows[data.ledger.rows["file"].str.startswith("requests")]
    return [tuple(row) for row in rows[["reason", "row", "column", "status"]].astype(object).to_numpy().tolist()]


def test_a_letter_with_its_list_and_one_with_a_number(office: OfficeWriter) -> None:
    rows = LETTER + "13/RT/2025,02/03/2025,RT 5,visit,,Kec. Loa Kulu,,,25,\n"
    data = read(office, rows, **{"requests/daftar 12.csv": NAMES})
    assert data.requests is not None
    letters = data.requests.letters
    wished = ["asker", "programme", "site_id", "area_id", "people", "listed"]
    assert letters.loc["12/PP/2025", wished[:4]].tolist() == ["pesantren", "invited", "TGR", "64.02.06"]
    assert letters.loc["13/RT/2025", ["asker", "programme", "area_id", "people"]].tolist() == [
        "neighbourhood", "visit", "64.02.02", 25,
    ]  # fmt: skip
    assert letters["listed"].fillna(-1).tolist() == [3, -1]
    assert letters["day"].tolist() == [pd.Timestamp("2025-04-10"), pd.NaT]
    # who says no place that is known counts where the letter asks for the pop-up
    assert data.requests.lists.set_index("area_id")["people"].to_dict() == {"64.02.06": 2, "64.72.03": 1}
    assert faults(data) == [("total_row", 6, "", "skipped"), ("duplicate_applicant", 4, "", "duplicate")][::-1]


def test_names_and_contacts_go_no_further(office: OfficeWriter) -> None:
    data = read(office, LETTER, **{"requests/daftar 12.csv": NAMES})
    assert data.requests is not None
    told = data.requests.letters.to_csv() + data.requests.lists.to_csv() + data.ledger.rows.to_csv()
    assert not [word for word in ("Zulkarnaen", "Qomariah", "0812999", "6402061201850001", "Contoh") if word in told]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",01/03/2025,RT,,,Loa Kulu,,,25,", ("missing_value", 2, "number", "rejected")),
        ("6472031201900001,01/03/2025,RT,,,Loa Kulu,,,25,", ("personal_id", 2, "number", "rejected")),
        ("1,01/03/2025,RT,sarapan,,Loa Kulu,,,25,", ("unknown_programme", 2, "programme", "rejected")),
        ("1,01/03/2025,RT,office,,Loa Kulu,,,25,", ("unknown_programme", 2, "programme", "rejected")),
        ("1,01/03/2025,RT,,,Loa Kulu,28/02/2025,,25,", ("wish_before_letter", 2, "day", "rejected")),
        ("1,01/03/2025,RT,,,Loa Kulu,,,-3,", ("out_of_range", 2, "people", "rejected")),
        ("1,01/03/2025,RT,,,Loa Kulu,,daftar.csv,,", ("missing_list", 2, "list", "rejected")),
        ("1,01/03/2025,RT,,S99,,,,25,", ("unknown_site", 2, "site_id", "rejected")),
        ("1,01/03/2025,RT,,,Kukar,,,25,", ("ambiguous_area", 2, "area", "rejected")),
        ("1,01/03/2025,RT,,,Negeri Antah,,,25,", ("unresolved_origin", 2, "area", "review")),
    ],
)
def test_a_faulty_letter_is_told_once_and_set_apart(office: OfficeWriter, row: str, fault: tuple[object, ...]) -> None:
    data = read(office, f"{row}\n")
    assert faults(data) == [fault]
    assert data.requests is not None
    assert data.requests.letters.empty


def test_the_day_of_the_letter_may_be_the_day_wished(office: OfficeWriter) -> None:
    assert faults(read(office, "1,01/03/2025,RT,,,Loa Kulu,01/03/2025,,25,\n")) == []


def test_one_number_on_two_letters_stops_the_reading(office: OfficeWriter) -> None:
    with pytest.raises(FolderError, match=r"requests\.csv row 2.*'1' occurs 2 times"):
        read(office, "1,01/03/2025,RT,,,Loa Kulu,,,25,\n1,02/03/2025,RT,,,Loa Kulu,,,30,\n")


def test_a_list_that_cannot_be_read_stops_by_its_name(office: OfficeWriter) -> None:
    told = r"^1 fault\(s\).*\n.*requests/daftar 12\.xlsx: .* cannot be read; open it in Excel"
    with pytest.raises(FolderError, match=told) as stop:
        read(office, LETTER.replace(".csv", ".xlsx"), **{"requests/daftar 12.xlsx": b"PK\x03\x04 no workbook"})
    assert len(stop.value.items) == 1


def test_a_list_of_no_letter_is_told(office: OfficeWriter) -> None:
    data = read(office, "1,01/03/2025,RT,,,Loa Kulu,,,25,\n", **{"requests/lain.csv": NAMES})
    (told,) = [fault for fault in faults(data) if fault[3] == "warning"]
    assert told[0] == "list_without_letter"


def test_a_programme_of_the_settings_is_known(office: OfficeWriter) -> None:
    toml = '[office]\nname = "K"\n[requests.minimum]\n"Eazy Passport" = 50\n'
    data = read(office, "1,01/03/2025,RT,eazy passport,,Loa Kulu,,,25,\n", **{"outreach.toml": toml})
    assert data.requests is not None
    assert data.requests.letters["programme"].tolist() == ["Eazy Passport"]
    assert dict(data.settings.request_minimum) == {"visit": 20, "invited": 20, "Eazy Passport": 50}


def test_letters_in_a_workbook(office: OfficeWriter) -> None:
    rows = [["number", "date", "area", "people"], ["1", "01/03/2025", "Loa Kulu", 25]]
    book = workbook_bytes([Worksheet(name="surat", rows=rows, headed=True)])
    data = read_dataset(office({"requests.xlsx": book}))
    assert data.requests is not None
    assert data.requests.letters["people"].tolist() == [25]


def test_who_of_a_list_came_to_the_event_it_led_to(office: OfficeWriter) -> None:
    """Two of the three with a NIK stand in the list of E2; of the fourth as many as of them are taken to have come."""
    listed = "NIK,Nama\n6402061201850001,A\n6402061201860001,B\n6471011201990001,C\n6402071201870001,D\n,E\n"
    header = "number,date,site_id,list,answer,event_id\n"
    letters = header + "1,01/02/2025,TGR,a.csv,diterima,E2\n2,01/02/2025,TGR,b.csv,diterima,E2\n"
    files = {"requests/a.csv": listed, "requests/b.csv": "Nama\nA\nB\n", "requests.csv": letters}
    data = read_dataset(office(files))
    assert data.requests is not None
    found = data.requests.letters[["listed", "came"]]
    assert found.loc["1"].tolist() == [5, 4]  # 3 of 4 with a NIK came: 0.75 x 5 = 3.75
    assert pd.isna(found.loc["2", "came"])
