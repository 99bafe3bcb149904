"""Folders that break the contract: everything that is wrong is said at once, with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outreach_analysis.contracts import FAILURE_COLUMNS, ContractError
from outreach_analysis.intake.dataset import read_dataset

OfficeWriter = Callable[..., Path]


def faults(folder: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(ContractError) as error:
        read_dataset(folder)
    return [(item.file, item.column, item.reason) for item in error.value.items]


def test_no_folder_and_no_settings(tmp_path: Path) -> None:
    assert faults(tmp_path / "gone") == [("gone", "", "missing_folder")]
    assert faults(tmp_path) == [("outreach.toml", "", "missing_settings_file")]


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert faults(tmp_path / "file") == [("file", "", "missing_folder")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sites.csv": None}, ("sites.csv", "", "missing_file")),
        ({"events.csv": None}, ("events.csv", "", "missing_file")),
        ({"events.csv": ""}, ("events.csv", "", "empty_file")),
        ({"applicants/E1.csv": ""}, ("applicants/E1.csv", "", "empty_file")),
        ({"applicants/E1.csv": "nama\nA\n"}, ("applicants/E1.csv", "service_date", "missing_column")),
        ({"applicants/E1.csv": "Tanggal;Kecamatan\n"}, None),
        ({"applicants/E1.csv": b"\x00\x01\x02\x03"}, ("applicants/E1.csv", "", "unreadable_file")),
        ({"applicants/E1.xlsx": b"PK\x03\x04"}, ("applicants/E1.xlsx", "", "unreadable_file")),
        ({"sites.xlsx": b"PK\x03\x04"}, ("sites.csv", "", "two_files")),
        (
            {"sites.csv": "site_id,name,area\nA,B,64.02.06\n"},
            ("sites.csv", "kind", "missing_column"),
        ),
        (
            {"events.csv": "event_id,site_id,tanggal,tgl,status\nE1,MALL,01/02/2025,01/02/2025,held\n"},
            ("events.csv", "date", "duplicate_column"),
        ),
        (
            {"interest.csv": "date,people\n01/02/2025,3\n"},
            ("interest.csv", "area / address / desa / kecamatan / kabupaten / area_code", "missing_column"),
        ),
        ({"outreach.toml": "[areas]\nreference = 'mars'\n"}, ("outreach.toml", "areas.reference", "bad_setting")),
        (
            {"outreach.toml": "[columns]\n'Hari' = 'cuaca'\n"},
            ("outreach.toml", "columns.Hari", "bad_setting"),
        ),
    ],
)
def test_one_fault_of_a_file(
    office: OfficeWriter, changes: dict[str, str | bytes | None], expected: tuple[str, str, str] | None
) -> None:
    folder = office(changes)
    if expected is None:
        assert "E1" not in read_dataset(folder).events.index
    else:
        assert expected in faults(folder)


def test_keys_that_occur_twice(office: OfficeWriter) -> None:
    events = "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\nE2,TGR,15/03/2025,held\nE1,TGR,16/03/2025,held\n"
    sites = "site_id,name,kind,area\nMALL,A,mall,64.72.03\nMALL,B,mall,64.72.03\nTGR,C,kecamatan,64.02.06\n"
    with pytest.raises(ContractError) as error:
        read_dataset(office({"events.csv": events, "sites.csv": sites}))
    published = [(item.file, item.row, item.value, item.problem) for item in error.value.items]
    assert published == [
        ("sites.csv", 2, "MALL", "the key 'MALL' occurs 2 times"),
        ("sites.csv", 3, "MALL", "the key 'MALL' occurs 2 times"),
        ("events.csv", 2, "E1", "the key 'E1' occurs 2 times"),
        ("events.csv", 4, "E1", "the key 'E1' occurs 2 times"),
    ]


def test_areas_with_a_negative_population(office: OfficeWriter) -> None:
    areas = "area_id,name,parent_id,population\n64,Kaltim,,10\n64.02,Kukar,64,10\n64.02.06,Tenggarong,64.02,-5\n"
    found = faults(office({"areas.csv": areas}))
    assert ("areas.csv", "population", "out_of_range") in found


def test_everything_that_is_wrong_is_said_at_once_files_first_then_rows(office: OfficeWriter) -> None:
    folder = office(
        {
            "sites.csv": "site_id,name,kind,area,lon,lat\nMALL,A,mall,64.72.03,-0.47,117.1\nTGR,C,pasar,64.02.06,12,\n",
            "events.csv": "event_id,site_id,date,status\nE1,MALL,31/02/2026,held\nE2,NONE,15/03/2025,held\n",
            "applicants/E1.csv": "Tanggal;Kecamatan\n32/01/2025;Melak\n",
            "applicants/maret.csv": "",
            "applicants/april.csv": "Alamat;Umur\nB;30\n",
            "interest.csv": "date,area\n01/02/2025,Melak\n",
            "areas.csv": "area_id,name,parent_id,population\n64,Kaltim,,-1\n",
            "office_monthly.csv": b"\x00",
        }
    )
    with pytest.raises(ContractError) as error:
        read_dataset(folder)
    published = [(item.file, item.row, item.column, item.reason) for item in error.value.items]
    assert published == [
        ("interest.csv", None, "people / person / nik / phone", "missing_column"),
        ("office_monthly.csv", None, "", "unreadable_file"),
        ("applicants/april.csv", None, "service_date", "missing_column"),
        ("applicants/maret.csv", None, "", "empty_file"),
        ("areas.csv", 2, "population", "out_of_range"),
        ("sites.csv", 2, "lon", "coordinates_swapped"),
        ("sites.csv", 3, "lon", "half_coordinates"),
        ("sites.csv", 3, "kind", "bad_choice"),
        ("events.csv", 2, "date", "bad_date"),
        ("events.csv", 2, "site_id", "rejected_site"),
        ("events.csv", 3, "site_id", "unknown_site"),
        ("applicants/E1.csv", 2, "service_date", "bad_date"),
        ("applicants/E1.csv", 2, "event_id", "rejected_event"),
    ]
    table = error.value.failures
    assert list(table.columns) == list(FAILURE_COLUMNS)
    assert (table["remedy"] != "").all()
    assert str(error.value).count("\n") == len(published)


def test_nothing_is_written_into_the_folder(office: OfficeWriter) -> None:
    folder = office({"events.csv": None})
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    faults(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
