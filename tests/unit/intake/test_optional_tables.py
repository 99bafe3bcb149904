from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.intake.dataset import Dataset, read_dataset

OfficeWriter = Callable[..., Path]
AREAS = """\
area_id,name,parent_id,population,lon,lat
64,Kalimantan Timur,,100,,
64.02,Kabupaten Kutai Kartanegara,64,60,,
64.02.06,Tenggarong,64.02,30,116.9,-0.4
64.02.06.2001,Bukit Biru,64.02.06,10,116.95,-0.45
64.02.02,Loa Kulu,64.02,30,117.0,-0.5
64.72,Kota Samarinda,64,40,,
64.72.03,Samarinda Ulu,64.72,40,117.1,-0.5
"""


def read(office: OfficeWriter, name: str, text: str) -> Dataset:
    return read_dataset(office({"areas.csv": AREAS, name: text}))


def published(data: Dataset, name: str) -> list[tuple[int, str, str, str, str]]:
    rows = data.ledger.rows[data.ledger.rows["file"] == name]
    return [tuple(row) for row in rows[["row", "column", "value", "reason", "status"]].to_numpy().tolist()]


def test_interest_at_any_level_and_what_is_set_aside(office: OfficeWriter) -> None:
    text = """\
Tanggal,Wilayah,Jumlah,Sumber,Kelompok,Kode Kegiatan
01/02/2025,64.02.06,21,pesantren,ya,E2
01/02/2025,Bukit Biru,3,,tidak,
01/02/2025,Kukar,4,,,E77
01/02/2025,Surabaya,5,,,
01/02/2025,Zzyx,6,,,
01/02/2025,,7,,,
01/02/2025,Loa Kulu,0,,,
01/02/2025,Loa Kulu,dua,,,
01/02/2025,Loa Kulu,,,,
31/02/2025,Loa Kulu,9,,mungkin,
01/02/2025,Loa Kulu,081277665544,,,
Total,,55,,,
"""
    data = read(office, "interest.csv", text)
    assert data.interest is not None
    assert data.interest[["area_id", "people", "group", "event_id", "source_row"]].fillna("").to_numpy().tolist() == [
        ["64.02.06", 21, True, "E2", 2],
        ["64.02.06.2001", 3, False, "", 3],
        ["64.02", 4, False, "", 4],
    ]
    assert published(data, "interest.csv") == [
        (4, "event_id", "E77", "unknown_event", "warning"),
        (5, "area", "", "outside_area", "skipped"),
        (6, "area", "Zzyx", "unresolved_origin", "review"),
        (7, "area", "", "missing_value", "rejected"),
        (8, "people", "0", "out_of_range", "rejected"),
        (9, "people", "[text not shown]", "bad_number", "rejected"),
        (10, "people", "", "missing_value", "rejected"),
        (11, "date", "31/02/2025", "bad_date", "rejected"),
        (11, "group", "[text not shown]", "bad_choice", "rejected"),
        (12, "people", "[number removed]", "bad_number", "rejected"),
        (13, "", "", "total_row", "skipped"),
    ]
    assert data.ledger.by_file.set_index("file").loc["interest.csv"].drop("sheet").to_dict() == {
        "read": 12, "matched": 3, "review": 1, "rejected": 6, "duplicate": 0, "skipped": 2,
    }  # fmt: skip

    assert data.ledger.reconciled[["file", "stated", "counted"]].to_numpy().tolist() == [["interest.csv", 55, 55]]


def test_a_form_with_a_row_a_person_needs_no_number_of_people(office: OfficeWriter) -> None:
    text = """\
Timestamp;Nama;No. WA;NIK;Kecamatan;Kabupaten/Kota
01/02/2025 10:11:12;Ani;0812-3456-7890;;Tenggarong;Kukar
01/02/2025 10:12:12;Ani;+62 812 3456 7890;;Loa Kulu;Kukar
01/02/2025 10:13:12;Budi;0813-3456-7890;6402061201850001;Tenggarong;Kukar
01/02/2025 10:14:12;Citra;;;Tenggarong;Kukar
"""
    data = read(office, "interest.csv", text)
    assert data.interest is not None
    assert data.interest["people"].tolist() == [1, 1, 1]
    keys = data.interest["person_key"]
    assert keys[0] == keys[1] != keys[2]
    # the same NIK at E2: who promised can be matched with who came
    assert (
        keys[2]
        == data.applicants.loc[
            data.applicants["source_row"].eq(2) & data.applicants["event_id"].eq("E2"), "person_key"
        ].item()
    )
    assert published(data, "interest.csv") == [(5, "people", "", "missing_value", "rejected")]


def test_office_months_in_every_usual_form(office: OfficeWriter) -> None:
    text = """\
Bulan;Wilayah;Jumlah Pemohon
2024-10;Tenggarong;1.200
Okt 2024;Bukit Biru;3
10/2024;64.72.03;5
01/10/2024;Kukar;2
Nov 2024;Tenggarong;0
Nov 2024;64.02.06;4
Nov 2024;Surabaya;1
2024-13;Tenggarong;1
2024-11;Loa Kulu;-1
2024-11;Loa Kulu;
2024-11;Zzyx;1
2024-11;Jumlah;5
"""
    data = read(office, "office_monthly.csv", text)
    assert data.office_monthly is not None
    found = data.office_monthly.assign(month=data.office_monthly["month"].dt.strftime("%Y-%m"))
    assert found.to_numpy().tolist() == [
        ["2024-10", "64.02", 2],
        ["2024-10", "64.02.06", 1203],
        ["2024-10", "64.72.03", 5],
        ["2024-11", "64.02.06", 0],
    ]
    assert [(row, reason, status) for row, _, _, reason, status in published(data, "office_monthly.csv")] == [
        (7, "repeated_row", "duplicate"),
        (8, "outside_area", "skipped"),
        (9, "bad_date", "rejected"),
        (10, "out_of_range", "rejected"),
        (11, "missing_value", "rejected"),
        (12, "unresolved_origin", "review"),
        (13, "total_row", "skipped"),
        (13, "total_mismatch", "warning"),
    ]


def test_travel_where_no_way_leads(office: OfficeWriter) -> None:
    text = "area_id,site_id,minutes,km\n64.72.03,MALL,tak terjangkau,\n64.02.06,MALL,,inf\n64.02.06,TGR,10,2\n"
    data = read(office, "travel.csv", text)
    assert data.travel is not None
    assert data.travel["minutes"].fillna(-1).tolist() == [np.inf, -1, 10]
    assert data.travel["km"].fillna(-1).tolist() == [-1, np.inf, 2]
    assert published(data, "travel.csv") == []
    # the same matrix as Parquet, with numbers
    folder = office({"areas.csv": AREAS}, name="parquet")
    data.travel.to_parquet(folder / "travel.parquet")
    pd.testing.assert_frame_equal(read_dataset(folder).travel, data.travel)


def test_travel(office: OfficeWriter) -> None:
    text = """\
area_id,site_id,minutes,km
64.02.06,MALL,"62,5",40.123
64.02.06,TGR,,3
64.02.06,TGR,,4
99.99.99,MALL,1,1
64.02.06,NONE,1,1
64.02.06,MALL,,
64.02.02,MALL,-1,1
64.02.02,MALL,x,1
"""
    data = read(office, "travel.csv", text)
    assert data.travel is not None
    assert data.travel.fillna(-1).to_numpy().tolist() == [
        ["64.02.06", "MALL", 62.5, 40.123],
        ["64.02.06", "TGR", -1, 3],
    ]
    assert published(data, "travel.csv") == [
        (4, "area_id", "64.02.06", "repeated_row", "duplicate"),
        (5, "area_id", "99.99.99", "unknown_area", "rejected"),
        (6, "site_id", "NONE", "unknown_site", "rejected"),
        (7, "minutes", "", "missing_value", "rejected"),
        (8, "minutes", "-1", "out_of_range", "rejected"),
        (9, "minutes", "x", "bad_number", "rejected"),
    ]


def test_access(office: OfficeWriter) -> None:
    rows = ["64.02.06,sungai,30", "64.02.02,road,", "64.02.06,jalan,", "64.72.03,sapi,", "64.72.03,,"]
    text = "\n".join(["area_id,access,extra_minutes", *rows])
    data = read(office, "access.csv", text)
    assert data.access is not None
    assert data.access.fillna(-1).to_numpy().tolist() == [["64.02.06", "river", 30], ["64.02.02", "road", -1]]
    assert [(row, reason) for row, _, _, reason, _ in published(data, "access.csv")] == [
        (4, "repeated_row"),
        (5, "bad_choice"),
        (6, "missing_value"),
    ]


@pytest.mark.parametrize("name", ["interest.csv", "office_monthly.csv", "travel.csv", "access.csv", "aliases.csv"])
def test_tables_of_a_header_alone_are_empty_not_absent(office: OfficeWriter, name: str) -> None:
    headers = {
        "interest.csv": "date,area,people\n",
        "office_monthly.csv": "month,area,applicants\n",
        "travel.csv": "area_id,site_id,km\n",
        "access.csv": "area_id,access\n",
        "aliases.csv": "alias,area_id\n",
    }
    data = read(office, name, headers[name])
    table = getattr(data, name.removesuffix(".csv"))
    if name == "aliases.csv":
        table = table[table["kind"] == "office"]
    assert len(table) == 0
    assert data.ledger.by_file.set_index("file").loc[name, "read"] == 0


def test_sites_are_checked_one_by_one(office: OfficeWriter) -> None:
    text = """\
site_id,name,kind,area,lon,lat,capacity,cost,opened,closed
MALL,Mal,mal,Samarinda Ulu,"117,1","-0,5",1.200,Rp 2.500.000,01/01/2020,
TGR,Balai Desa,balai desa,Bukit Biru,,,,,,
A,A,mall,64.72.03,-0.5,117.1,,,,
B,B,mall,64.72.03,7.1,50.7,,,,
C,C,mall,64.72.03,117.1,,,,,
D,D,mall,64.72.03,x,-0.5,,,,
E,E,pasar,64.72.03,,,,,,
F,F,mall,Zzyx,,,,,,
G,G,mall,Kukar,,,,,,
H,H,mall,Surabaya,,,,,,
I,I,mall,,,,,,,
J,,mall,64.72.03,,,0,-1,31/02/2020,
K,K,mall,64.72.03,,,,,02/01/2020,01/01/2020
,L,mall,64.72.03,,,,,,
"""
    data = read(office, "sites.csv", text)
    assert data.sites[["kind", "area_id", "lon", "lat", "location_source", "capacity", "cost"]].fillna(
        -1
    ).to_numpy().tolist() == [
        ["mall", "64.72.03", 117.1, -0.5, "given", 1200, 2500000],
        ["desa", "64.02.06.2001", 116.95, -0.45, "seat", -1, -1],
    ]
    assert [(row, column, reason) for row, column, _, reason, _ in published(data, "sites.csv")] == [
        (4, "lon", "coordinates_swapped"),
        (5, "lon", "coordinates_outside"),
        (6, "lon", "half_coordinates"),
        (7, "lon", "bad_number"),
        (8, "kind", "bad_choice"),
        (9, "area", "unknown_area"),
        (10, "area", "ambiguous_area"),
        (11, "area", "unknown_area"),
        (12, "area", "missing_value"),
        (13, "name", "missing_value"),
        (13, "capacity", "out_of_range"),
        (13, "cost", "out_of_range"),
        (13, "opened", "bad_date"),
        (14, "closed", "out_of_range"),
        (15, "site_id", "missing_value"),
    ]


def test_interest_from_a_form(office: OfficeWriter) -> None:
    text = """\
"Stempel waktu","Nama lengkap sesuai KTP","Nomor HP/WA yang aktif","Di kecamatan mana Anda tinggal?","Tahu dari mana?"
"03/02/2025 21:15:07","Zulkarnaen Qomariah","081277665544","Loa Kulu","IG"
"04/02/2025 08:00:00","Zulkarnaen Qomariah","+62 812-7766-5544","rumah Zulkarnaen, Zzyx","IG"
"05/02/2025 9:05:00","Zulkarnaen Qomariah","bukan nomor","Loa Kulu","IG"
"""
    data = read(office, "interest.csv", text)
    assert data.interest is not None
    rows = data.interest[["date", "area_id", "people"]].astype("str").to_numpy().tolist()
    assert rows == [["2025-02-03", "64.02.02", "1"]]
    assert data.ledger.columns_taken.query("file == 'interest.csv'")["how"].tolist() == [
        "usual",
        "question",
        "question",
        "question",
        "ignored",
    ]
    assert [line[0] for line in published(data, "interest.csv") if line[4] in ("review", "rejected")] == [3, 4]
    assert "Zulkarnaen" not in data.ledger.rows.to_csv() + data.ledger.review.to_csv()
