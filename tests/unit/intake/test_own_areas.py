"""An office's own areas in a workbook, with Indonesian headers, decimal commas and thousands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.workbook import Worksheet, workbook_bytes

TITLE = [["DATA WILAYAH KERJA"], [""]]
HEAD = ["No", "Kode", "Nama", "Jumlah Penduduk (jiwa)", "Luas (km2)", "Bujur", "Lintang"]
ROWS = [
    ["1", "73", "Sulawesi Selatan", "1.334.567", "", "", ""],
    ["2", "73.06", "Kabupaten Gowa", "1.234.567", "1.883,33", "", ""],
    ["3", "73.06.07", "Barombong", "234.567", "20,67", "119,401", "-5,2"],
    ["4", "73.06.08", "Pallangga", "1.000.000", "1.048", "119,45", "-5,25"],
    ["5", "73.08", "Kabupaten Bone", "100.000", "4.559", "", ""],
    ["6", "73.08.01", "Kajuara", "100.000", "124,13", "120,2", "-4,9"],
]
FILES = {
    "outreach.toml": '[office]\nname = "Kantor"\n[dates]\nas_of = 2026-03-31\n',
    "sites.csv": "site_id,name,kind,area,lon,lat\nS,Mal,mall,Barombong,,\n",
    "events.csv": "event_id,site_id,date,status\n",
}


def office(folder: Path, rows: list[list[str]], name: str = "areas.xlsx") -> Dataset:
    for file, text in FILES.items():
        (folder / file).write_text(text, encoding="utf-8")
    if name.endswith(".xlsx"):
        notes = Worksheet(name="Catatan", rows=[["Sumber: Dukcapil"]])
        (folder / name).write_bytes(workbook_bytes([notes, Worksheet(name="Wilayah", rows=rows)]))
    else:
        (folder / name).write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    return read_dataset(folder)


@pytest.mark.parametrize(
    "name", ["areas.csv", *(pytest.param(each, marks=pytest.mark.slow) for each in ("areas.xlsx", "areas.tsv"))]
)
def test_a_table_of_an_indonesian_spreadsheet_is_read(tmp_path: Path, name: str) -> None:
    rows = [*TITLE, HEAD, *ROWS]
    data = office(tmp_path, rows, name)
    assert data.gazetteer["population"].tolist() == [1334567, 1234567, 234567, 1000000, 100000, 100000]
    assert data.gazetteer.loc["73.06.07", ["lon", "lat", "area_km2"]].tolist() == [119.401, -5.2, 20.67]
    assert data.gazetteer.loc["73.06.08", "area_km2"] == 1048
    assert data.areas["parent_name"].unique().tolist() == ["Kabupaten Gowa", "Kabupaten Bone"]
    assert data.ledger.rows.empty
    assert data.sites["area_id"].tolist() == ["73.06.07"]


def test_the_same_table_in_ours_and_theirs(tmp_path: Path) -> None:
    plain = "area_id,name,parent_id,population,area_km2,lon,lat\n" + "".join(
        f"{code},{name},{code.rpartition('.')[0]},{people.replace('.', '')},{km2},{lon},{lat}\n"
        for _, code, name, people, km2, lon, lat in [
            [cell.replace(".", "").replace(",", ".") if at > 3 else cell for at, cell in enumerate(row)] for row in ROWS
        ]
    )
    (tmp_path / "ours.csv").write_text(plain, encoding="utf-8")
    ours = load_areas("all", path=tmp_path / "ours.csv")
    theirs = office(tmp_path, [HEAD, *ROWS]).gazetteer
    pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs))


def reasons(folder: Path, rows: list[list[str]]) -> list[tuple[int, str, str]]:
    with pytest.raises(ContractError) as stopped:
        office(folder, rows)
    return list(stopped.value.failures[["row", "column", "reason"]].itertuples(index=False, name=None))


def test_a_number_that_may_mean_two_stops(tmp_path: Path) -> None:
    """1.048 km2 where no other number tells what the dot is; and where both marks stand for decimals."""
    alone = [["Kode", "Nama", "Penduduk", "Luas"], ["73", "Sulsel", "10", "1.048"], ["73.06", "Gowa", "10", ""]]
    assert reasons(tmp_path, alone) == [(2, "area_km2", "ambiguous_number")]
    both = [*alone[:1], ["73", "Sulsel", "10", "1.048"], ["73.06", "Gowa", "10", "3,5"], ["73.08", "B", "1", "2.75"]]
    assert reasons(tmp_path, both) == [(2, "area_km2", "ambiguous_number")]


def test_residents_with_a_mark_of_decimals_stop(tmp_path: Path) -> None:
    """25.000 beside 119.45: a program that writes points may mean 25."""
    rows = [["Kode", "Nama", "Penduduk", "Bujur", "Lintang"], ["73", "Sulsel", "25.000", "119.45", "-5.2"]]
    assert reasons(tmp_path, rows) == [(2, "population", "ambiguous_number")]
    rows.append(["73.06", "Gowa", "1.025.000", "119.45", "-5.2"])
    assert office(tmp_path, rows).gazetteer["population"].tolist() == [25000, 1025000]


def test_words_are_no_numbers(tmp_path: Path) -> None:
    rows = [["Kode", "Nama", "Penduduk"], ["73", "Sulsel", "dua juta"], ["73.06", "Gowa", "1.23"]]
    assert reasons(tmp_path, rows) == [(2, "population", "bad_number"), (3, "population", "bad_number")]
