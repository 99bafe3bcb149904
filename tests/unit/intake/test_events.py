"""Events as offices hold them: programmes, several days, booths, breakdowns, and numbers of the office's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.headers import EVENTS, SITES, map_headers

PLACES = """\
site_id,name,kind,area,lon,lat
KANIM,Kantor Imigrasi,office,64.72.02,117.14,-0.49
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47
TGR,Kantor Kecamatan Tenggarong,kecamatan,64.02.06,,
LOA,Kantor Kecamatan Loa Kulu,kecamatan,64.02.02,,
"""
ANYBODY = "Samarinda Ulu,Samarinda"


def folder(
    path: Path, events: str, *, places: str = PLACES, as_of: str = "as_of = 2026-03-31", **lists: Sequence[str]
) -> Path:
    """A folder with lists named after their events, one person a date."""
    (path / "applicants").mkdir()
    (path / "outreach.toml").write_text('[office]\nname = "Kantor Contoh"\nsynthetic = true\n[dates]\n' + as_of)
    (path / "sites.csv").write_text(places)
    (path / "events.csv").write_text(events)
    for name, days in lists.items():
        rows = "".join(f"{day},{ANYBODY}\n" for day in days)
        (path / "applicants" / f"{name}.csv").write_text(f"Tgl,Kecamatan,Kab/Kota\n{rows}")
    return path


def published(data: Dataset) -> list[tuple[str, str, str]]:
    rows = data.ledger.rows
    return [tuple(row) for row in rows[["column", "reason", "status"]].to_numpy().tolist()]


def test_an_event_that_says_nothing_is_a_visit_of_one_day(tiny_office: Path) -> None:
    events = read_dataset(tiny_office).events
    assert (events["programme"] == "visit").all()
    assert (events["days"] == 1).all()
    assert (events["end_date"] == events["date"]).all()
    assert events["booths"].isna().all()


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Jenis Kegiatan", "programme"),
        ("Program", "program"),
        ("Jumlah Hari", "days"),
        ("Hari", "hari"),
        ("Jml. Loket", "booths"),
        ("Meja", "booths"),
        ("Booth", "booths"),
        ("Tanggal Selesai", "end_date"),
        ("Tgl. Mulai", "date"),
        ("X_Pengunjung per hari", "x_pengunjung_per_hari"),
        ("x_footfall", "x_footfall"),
    ],
)
def test_usual_headers(header: str, column: str) -> None:
    assert list(map_headers([header], EVENTS).positions) == [column]


def test_numbers_of_the_offices_own_belong_to_sites_and_events_and_may_be_mapped() -> None:
    assert list(map_headers(["x_footfall"], SITES).positions) == ["x_footfall"]
    assert list(map_headers(["Pengunjung"], SITES, extra={"pengunjung": "x_footfall"}).positions) == ["x_footfall"]
    assert list(map_headers(["x", "xylofon", "x_"], SITES).positions) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("undangan", "invited"),
        ("Atas permintaan", "invited"),
        ("Jemput Bola", "visit"),
        ("kunjungan", "visit"),
        ("Di Kantor", "office"),
        ("invited", "invited"),
        ("", "visit"),
    ],
)
def test_words_for_programmes(tmp_path: Path, written: str, expected: str) -> None:
    events = f"event_id,site_id,date,status,jenis kegiatan\nE1,MALL,07/02/2026,rencana,{written}\n"
    assert read_dataset(folder(tmp_path, events)).events["programme"].tolist() == [expected]


def test_an_unknown_programme_is_named_with_the_allowed_words(tmp_path: Path) -> None:
    data = read_dataset(folder(tmp_path, "event_id,site_id,date,status,programme\nE1,MALL,07/02/2026,planned,sulap\n"))
    (row,) = data.ledger.rows.itertuples()
    assert (row.column, row.value, row.reason) == ("programme", "sulap", "bad_choice")
    assert "visit, invited, office" in row.remedy


def test_a_column_called_program_names_programmes_or_series_as_its_words_say(tmp_path: Path) -> None:
    head = "event_id,site_id,date,status,Program\n"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    series = read_dataset(folder(tmp_path / "a", head + "E1,MALL,07/02/2026,rencana,Paspor Simpatik\n")).events
    assert series[["programme", "series"]].to_numpy().tolist() == [["visit", "Paspor Simpatik"]]
    programme = read_dataset(folder(tmp_path / "b", head + "E1,MALL,07/02/2026,rencana,Undangan\n")).events
    assert programme[["programme", "series"]].to_numpy().tolist() == [["invited", ""]]


def test_a_column_of_weekdays_is_no_number_of_days(tmp_path: Path) -> None:
    data = read_dataset(folder(tmp_path, "event_id,site_id,tanggal,status,Hari\nE1,MALL,07/02/2026,rencana,Sabtu\n"))
    assert data.events["days"].tolist() == [1]
    assert published(data) == []


@pytest.mark.parametrize(
    ("end", "days", "expected"),
    [
        ("08/02/2026", "", ("2026-02-08", 2)),
        ("", "3 hari", ("2026-02-09", 3)),
        ("08/02/2026", "2", ("2026-02-08", 2)),
        ("", "", ("2026-02-07", 1)),
        ("07/02/2027", "", ("2027-02-07", 366)),
    ],
)
def test_days_and_last_day_fill_in_each_other(tmp_path: Path, end: str, days: str, expected: tuple[str, int]) -> None:
    events = f"event_id,site_id,date,status,tanggal selesai,jumlah hari\nE1,MALL,07/02/2026,rencana,{end},{days}\n"
    data = read_dataset(folder(tmp_path, events))
    row = data.events.loc["E1"]
    assert (f"{row['end_date']:%Y-%m-%d}", row["days"]) == expected
    assert published(data) == []


@pytest.mark.parametrize(
    ("columns", "cells", "fault"),
    [
        ("end_date", "06/02/2026", ("end_date", "end_before_begin", "rejected")),
        ("end_date", "08/02/2062", ("end_date", "out_of_range", "rejected")),
        ("end_date", "08/02/2027", ("end_date", "out_of_range", "rejected")),
        ("end_date,days", "08/02/2026,3", ("days", "days_contradict", "rejected")),
        ("end_date,days", "10/02/2026,2", ("days", "days_contradict", "warning")),
        ("days", "0", ("days", "out_of_range", "rejected")),
        ("days", "dua", ("days", "bad_number", "rejected")),
        ("booths", "0", ("booths", "out_of_range", "rejected")),
        ("booths", "-2", ("booths", "out_of_range", "rejected")),
        ("booths", "banyak", ("booths", "bad_number", "rejected")),
    ],
)
def test_faults_of_days_and_booths(tmp_path: Path, columns: str, cells: str, fault: tuple[str, str, str]) -> None:
    events = f"event_id,site_id,date,status,{columns}\nE1,MALL,07/02/2026,planned,{cells}\n"
    data = read_dataset(folder(tmp_path, events))
    assert published(data) == [fault]
    assert len(data.events) == (fault[2] == "warning")


def test_fewer_days_than_dates_stand(tmp_path: Path) -> None:
    events = "event_id,site_id,date,status,end_date,days\nE1,MALL,06/02/2026,planned,09/02/2026,2\n"
    row = read_dataset(folder(tmp_path, events)).events.loc["E1"]
    assert (row["days"], f"{row['end_date']:%d}") == (2, "09")


def test_people_of_any_of_its_days_belong_to_an_event(tmp_path: Path) -> None:
    events = "event_id,site_id,date,status,end_date\nE1,MALL,07/02/2026,held,28/02/2026\n"
    days = ["07/02/2026", "20/02/2026", "28/02/2026"]
    data = read_dataset(folder(tmp_path, events, as_of="", E1=days))
    assert data.counts["applicants"].sum() == 3
    assert published(data) == []  # the last of them is three weeks from the first day, and none from the event
    assert str(data.as_of) == "2026-02-28"


def test_somebody_listed_on_two_days_of_an_event_counts_on_the_first(tmp_path: Path) -> None:
    path = folder(tmp_path, "event_id,site_id,date,status,end_date\nE1,MALL,07/02/2026,held,09/02/2026\n")
    days = ["08/02/2026", "07/02/2026", "09/02/2026"]
    rows = "".join(f"{day},{ANYBODY},6472031001909001\n" for day in days)
    (path / "applicants" / "E1.csv").write_text(f"Tgl,Kecamatan,Kab/Kota,NIK\n{rows}")
    data = read_dataset(path)
    assert data.applicants[["service_date", "source_row"]].to_numpy().tolist() == [[pd.Timestamp("2026-02-07"), 3]]
    assert published(data) == [("", "duplicate_applicant", "duplicate")] * 2


def test_a_list_without_an_event_finds_it_by_place_and_any_of_its_days(tmp_path: Path) -> None:
    path = folder(tmp_path, "event_id,site_id,date,status,end_date\nE1,MALL,07/02/2026,held,08/02/2026\n")
    (path / "applicants" / "daftar.csv").write_text(
        f"Tgl,Tempat,Kecamatan,Kab/Kota\n08/02/2026,Mal Contoh,{ANYBODY}\n07/02/2026,MALL,{ANYBODY}\n"
        f"09/02/2026,MALL,{ANYBODY}\n"
    )
    data = read_dataset(path)
    assert data.applicants["event_id"].tolist() == ["E1", "E1"]
    assert published(data) == [("event_id", "unknown_event", "rejected")]


def test_a_held_event_that_is_still_on_is_set_aside(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        "event_id,site_id,date,status,end_date\nE1,MALL,07/02/2026,held,09/02/2026\nE2,TGR,01/02/2026,held,\n",
        as_of="as_of = 2026-02-08",
        E2=["01/02/2026"],
    )
    data = read_dataset(path)
    assert published(data) == [("end_date", "future_event", "rejected")]


def test_a_failed_event_counts_and_needs_no_list(tmp_path: Path) -> None:
    events = (
        "event_id,site_id,date,status\n"
        "E1,MALL,07/02/2026,terlaksana\nE2,TGR,08/02/2026,gagal\nE3,LOA,09/02/2026,gangguan jaringan\n"
    )
    data = read_dataset(folder(tmp_path, events, E1=["07/02/2026"] * 3, E2=["08/02/2026"] * 2))
    assert data.events["status"].tolist() == ["held", "failed", "failed"]
    assert data.counts.groupby("event_id")["applicants"].sum().to_dict() == {"E1": 3, "E2": 2, "E3": 0}
    assert published(data) == []


def test_people_of_an_opening_at_the_office_are_the_offices(tmp_path: Path) -> None:
    events = "event_id,site_id,date,status,programme\nE1,MALL,07/02/2026,held,\nE2,KANIM,14/02/2026,held,kantor\n"
    data = read_dataset(folder(tmp_path, events, E1=["07/02/2026"] * 3, E2=["14/02/2026"] * 4))
    assert len(data.applicants) == 7
    assert set(data.counts["event_id"]) == {"E1"}
    office = data.office_people()
    assert office is not None
    assert office.to_numpy().tolist() == [[office["month"].iloc[0], "64.72.03", 4]]
    assert data.events["placed_share"].isna().to_dict() == {"E1": False, "E2": True}


def test_numbers_of_the_offices_own_are_carried_and_those_that_tell_nothing_are_named(tmp_path: Path) -> None:
    places = (
        "site_id,name,kind,area,x_footfall,x_const,x_text,x_rare,x_typo\n"
        "KANIM,Kantor Imigrasi,office,64.72.02,,,,,\n"
        "MALL,Mal Contoh,mall,Samarinda Ulu,1.250,5,ramai,1,10\n"
        'TGR,Kec. Tenggarong,kecamatan,64.02.06,"310,5",5,sepi,,20\n'
        "LOA,Kec. Loa Kulu,kecamatan,64.02.02,,5,sepi,,banyak\n"
    )
    events = "event_id,site_id,date,status,x_posts\nE1,MALL,07/02/2026,held,3\nE2,TGR,08/02/2026,held,5\n"
    data = read_dataset(folder(tmp_path, events, places=places, E1=["07/02/2026"], E2=["08/02/2026"]))
    assert [name for name in data.sites if name.startswith("x_")] == ["x_footfall", "x_typo"]
    assert data.sites["x_footfall"].dropna().to_dict() == {"MALL": 1.25, "TGR": 310.5}
    assert data.sites["x_typo"].dropna().to_dict() == {"MALL": 10, "TGR": 20}
    assert data.events["x_posts"].to_dict() == {"E1": 3, "E2": 5}
    assert published(data) == [
        ("x_typo", "not_a_number", "warning"),
        ("x_const", "own_numbers_unused", "warning"),
        ("x_text", "own_numbers_unused", "warning"),
        ("x_rare", "own_numbers_unused", "warning"),
    ]
    rows = data.ledger.rows.set_index("column")["problem"]
    assert rows["x_const"] == "says 5 everywhere"
    assert rows["x_rare"] == "is blank or no number in 2 of 3 rows"


def test_blanks_of_fixed_service_points_are_not_missing(tmp_path: Path) -> None:
    places = PLACES.replace("lon,lat", "x_n").replace(",117.14,-0.49", ",").replace(",117.13,-0.47", ",1")
    places = places.replace("64.02.06,,", "64.02.06,2").replace("64.02.02,,", "64.02.02,3")
    data = read_dataset(folder(tmp_path, "event_id,site_id,date,status\nE1,MALL,07/02/2026,planned\n", places=places))
    assert data.sites["x_n"].notna().sum() == 3
    assert published(data) == []
