"""What `outreach check` says: one line a cause, the tables whatever is broken, and pop-ups that are lost."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.intake.dataset import Dataset, FolderError, read_dataset
from outreach_analysis.intake.ledger import fold_causes
from outreach_analysis.intake.rows import shown
from outreach_analysis.report.topics.account import describe_ledger
from outreach_analysis.report.words import Words

OfficeWriter = Callable[..., Path]
AREAS = """\
area_id,name,parent_id,population,lon,lat
73,Sulawesi Selatan,,900,,
73.06,Kabupaten Gowa,73,500,119.5,-5.3
73.06.07,Barombong,73.06,300,119.40,-5.20
73.06.07.2001,Kanjilo,73.06.07,100,119.41,-5.21
73.06.08,Pallangga,73.06,200,119.45,-5.25
73.08,Kabupaten Bone,73,400,120.3,-4.6
73.08.01,Kajuara,73.08,250,120.20,-4.90
73.08.01.2003,Pallangga,73.08.01,80,120.21,-4.91
73.08.02,Bone,73.08,150,120.30,-4.50
"""
TOML = '[office]\nname = "Kantor Imigrasi Contoh"\nsynthetic = true\n'
LIST = "tanggal,kecamatan\n" + "07/02/2026,Barombong\n" * 3
HEAD = "site_id,name,kind,area,lon,lat\n"


def gowa(office: OfficeWriter, sites: str, **files: str) -> Path:
    """An office of Gowa and Bone with one pop-up G-1 at site S, and no file of the tiny office but what is given."""
    nothing = dict.fromkeys(("applicants/E1.csv", "applicants/maret.csv", "interest.csv", "office_monthly.csv"))
    own = {
        "outreach.toml": TOML,
        "areas.csv": AREAS,
        "sites.csv": HEAD + sites,
        "events.csv": "event_id,site_id,date,status\nG-1,S,07/02/2026,held\n",
        "applicants/G-1.csv": LIST,
    }
    return office({**nothing, **own, **files})


def check(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", str(folder), *options])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("site", "area"),
    [
        ("S,Kantor Camat,kecamatan,Pallangga,,", "73.06.08"),
        ("S,Balai Desa,desa,Pallangga,,", "73.08.01.2003"),
        ("S,Mal,mall,Pallangga,120.2,-4.9", "73.08.01"),
        ("S,Mal,mall,Pallangga,119.46,-5.26", "73.06.08"),
        ("S,Mal,mall,Pallangga,,", "73.06.08"),
        ("S,Mal,mall,Bone,,", "73.08.02"),
    ],
    ids=["kecamatan", "desa", "near the desa", "near the kecamatan", "only kecamatan of that name", "also a kabupaten"],
)
def test_a_site_whose_area_fits_several_is_settled_and_told(office: OfficeWriter, site: str, area: str) -> None:
    data = read_dataset(gowa(office, site + "\n"))
    assert data.sites["area_id"].to_dict() == {"S": area}
    assert data.events.index.tolist() == ["G-1"]
    published = data.ledger.rows[data.ledger.rows["reason"] == "several_areas"]
    assert published["problem"].str.contains(area, regex=False).all()
    assert len(published) == 1


def test_a_site_of_a_stated_kabupaten_is_not_settled(office: OfficeWriter) -> None:
    """Two kecamatan of one name, and nothing that tells which."""
    areas = AREAS + "73.08.03,Pallangga,73.08,0,120.4,-4.4\n"
    code, said = check(gowa(office, "S,Kantor Camat,kecamatan,Pallangga,,\n", **{"areas.csv": areas}))
    assert code == 1
    assert "fits several areas; add the kabupaten" in said


def test_a_lost_site_is_one_line_and_the_last_word(office: OfficeWriter) -> None:
    many = {"applicants/G-1.csv": "tanggal,kecamatan\n" + "07/02/2026,Barombong\n" * 300}
    code, said = check(gowa(office, "S,Mal,mall,Tak Dikenal,,\n", **many))
    assert code == 1
    lines = said.splitlines()
    assert sum("300 rows" in line for line in lines) == 2  # the cascade, and what is lost with the event
    assert len(lines) < 40
    assert any("G-1: belongs to a site that was set aside" in line for line in lines[-3:])


def test_a_held_event_without_its_list_is_the_last_word_of_check_and_report(office: OfficeWriter) -> None:
    events = "event_id,site_id,date,status\nG-1,S,07/02/2026,held\nG-2,S,14/02/2026,held\nG-3,S,01/03/2099,planned\n"
    folder = gowa(office, "S,Mal,mall,Barombong,,\n", **{"events.csv": events})
    code, said = check(folder)
    assert code == 0
    assert "G-2: was held but has no applicants" in " ".join(said.splitlines()[-3:])
    assert read_dataset(folder).ledger.unused_events["event_id"].tolist() == ["G-2"]
    for lang in ("id", "en"):
        assert "(G-2)" in describe_ledger(read_dataset(folder).ledger, Words(lang))  # type: ignore[arg-type]


def test_planned_and_cancelled_events_are_never_lost(office: OfficeWriter) -> None:
    events = "event_id,site_id,date,status\nG-1,S,07/02/2026,held\nP,?,01/03/2099,planned\nC,?,01/02/2026,batal\n"
    data = read_dataset(gowa(office, "S,Mal,mall,Barombong,,\n", **{"events.csv": events}))
    assert data.ledger.unused_events.empty


def test_many_rows_of_one_cause_are_one_line(office: OfficeWriter) -> None:
    wrong = "Daftar\n\n\ntanggal,kecamatan\n" + "13/14/2026,Barombong\n" * 71 + "07/02/2026,Barombong\n"
    folder = gowa(office, "S,Mal,mall,Barombong,,\n", **{"applicants/G-1.csv": wrong})
    code, said = check(folder)
    lines = [line for line in said.splitlines() if "13/14/2026" in line]
    assert code == 0
    assert len(lines) == 1
    assert "applicants/G-1.csv: 71 rows (5-75): service_date '13/14/2026' is not a date" in lines[0]
    assert sum("13/14/2026" in line for line in check(folder, "--all")[1].splitlines()) == 71


BROKEN = {"travel.csv": "area_id\n73.06.07\n", "applicants/rusak.xlsx": "no workbook"}


def test_a_broken_file_hides_nothing(office: OfficeWriter) -> None:
    lists = {"applicants/G-1.csv": LIST + "31/02/2026,Barombong\n" * 12}
    folder = gowa(office, "S,Mal,mall,Barombong,,\n", **BROKEN, **lists)
    code, said = check(folder)
    assert code == 1
    lines = said.splitlines()
    first_fault = next(at for at, line in enumerate(lines) if line.startswith("stops"))
    assert first_fault < next(at for at, line in enumerate(lines) if line.startswith("rejected"))
    for part in ("rusak.xlsx", "travel.csv", "12 rows (5-16)", "Rows by file", "tanggal"):
        assert part in said, part
    with pytest.raises(FolderError) as stopped:
        read_dataset(folder)
    assert len(str(stopped.value).splitlines()) <= 6
    assert len(stopped.value.files) == len(stopped.value.failures) - 12


@pytest.mark.parametrize(
    "table", ["faults", *(pytest.param(each, marks=pytest.mark.slow) for each in ("files", "headers", "events"))]
)
def test_scripts_read_the_faults_of_a_broken_folder_too(office: OfficeWriter, table: str) -> None:
    folder = gowa(office, "S,Mal,mall,Barombong,,\n", **BROKEN)
    runner = CliRunner()
    as_csv, as_json = (
        runner.invoke(app, ["check", str(folder), "--format", kind, "--table", table]) for kind in ("csv", "json")
    )
    assert as_csv.exit_code == as_json.exit_code == 1
    rows = pd.read_csv(io.StringIO(as_csv.stdout))
    assert len(json.loads(as_json.stdout)) == len(rows)
    if table == "faults":
        assert rows["status"].tolist()[:2] == ["stops", "stops"]
    if table == "files":
        assert rows.set_index("file")["read"]["applicants/G-1.csv"] == 3


def test_a_folder_without_settings_is_told_to_scripts(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(tmp_path), "--format", "json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["reason"] == "missing_settings_file"


def test_a_kabupaten_that_is_not_the_sum_of_its_kecamatan_is_told_with_both_numbers(office: OfficeWriter) -> None:
    data: Dataset = read_dataset(gowa(office, "S,Mal,mall,Barombong,,\n"))
    assert not data.ledger.rows["reason"].eq("areas_sum").any()
    areas = AREAS.replace("Kabupaten Bone,73,400", "Kabupaten Bone,73,470")
    said = check(gowa(office, "S,Mal,mall,Barombong,,\n", **{"areas.csv": areas}))[1]
    for part in ("Kabupaten Bone is 470", "400 together", "Sulawesi Selatan is 900", "970 together"):
        assert part in said, part


def test_nothing_is_folded_away() -> None:
    """Causes of one file and reason count every row once, however many columns and sentences they have."""
    rows = pd.DataFrame(
        [("a.csv", "", at, "km", f"{at}", "bad_number", "is not a number", "write digits", "rejected") for at in (2, 3)]
        + [("a.csv", "", 3, "minutes", "x", "bad_number", "is not a number", "write digits", "rejected")]
        + [("b.csv", "S", 9, "", "", "rejected_site", "belongs", "correct", "rejected")]
        + [("a.csv", "", 9, "", "", "rejected_site", "belongs", "correct", "rejected")],
        columns=["file", "sheet", "row", "column", "value", "reason", "problem", "remedy", "status"],
    ).astype({"row": "Int64"})
    assert [(cause.n, cause.files) for cause in fold_causes(rows)] == [
        (2, ("a.csv",)), (1, ("a.csv",)), (2, ("b.csv [S]", "a.csv")),
    ]  # fmt: skip


DAYS = (
    "13/14/2025",
    "Sabtu, 31 Februari 2026",
    "32-Jan-26",
    "2026-02-30T10:00:00+08:00",
    "Jumat 31.06.2026",
    "14/13/2026 9:12:33 AM GMT+8",
    "31 Pebruari 2026 08.00 WITA",
)
PEOPLE = (
    "Siti Aminah",
    "0812-3456-7890",
    "6402061201850001",
    "Sabtu Sutrisno",
    "Mei Ling",
    "Agus 12/03/2026",
    "B 1234567",
    "Januari Siregar 2 2026",
)


@pytest.mark.parametrize("day", DAYS)
def test_a_day_holds_nothing_personal_and_is_shown(day: str) -> None:
    assert shown(pd.Series([day]), "date", personal=True).tolist() == [day]


@pytest.mark.parametrize("text", PEOPLE)
def test_what_may_be_a_person_is_not(text: str) -> None:
    assert text not in shown(pd.Series([text]), "date", personal=True).tolist()
