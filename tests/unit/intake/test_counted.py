"""People who come as counts: the same study as from their lists, from any engine, and what counts cannot know."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError, RequestError
from outreach_analysis.intake.bulk_count import CountedApplicants, count_applicants
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.report.topics.answer import limits_section
from outreach_analysis.report.topics.people import whom_section
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

SITES = """\
site_id,name,kind,area,lon,lat,capacity,opened
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,01/01/2010
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47,120,
TGR,Kantor Kecamatan Tenggarong,kecamatan,64.02.06,,,,
MELAK,Pesantren Melak,pesantren,64.07.07,,,,
"""
EVENTS = """\
event_id,site_id,date,status,programme,end_date
E1,MALL,01/02/2025,held,,
E2,TGR,15/03/2025,held,,16/03/2025
E3,TGR,20/12/2025,planned,,
K1,KANIM,08/02/2025,held,office,
"""
PLACES = (
    ("Samarinda Ulu", "Samarinda"),
    ("Sungai Kunjang", "Samarinda"),
    ("Tenggarong", "Kukar"),
    ("Loa Kulu", "Kutai Kartanegara"),
    ("", "Kukar"),
    ("", "Surabaya"),
    ("", "Malaysia"),
    ("Zzyx", ""),
)


def people(n: int = 240) -> pd.DataFrame:
    """Invented rows of two pop-ups, the office and an opening there, as an office's lists have them; nobody twice."""
    rng = np.random.default_rng(3)
    day = {"E1": "01/02/2025", "E2": "15/03/2025", "OFFICE": "17/03/2025", "K1": "08/02/2025"}
    events = rng.choice(list(day), n)
    places = [PLACES[at] for at in rng.integers(0, len(PLACES), n)]
    return pd.DataFrame(
        {
            "Kode Kegiatan": events,
            "Tgl Permohonan": [day[event] for event in events],
            "Kecamatan": [place[0] for place in places],
            "Kab/Kota": [place[1] for place in places],
            "Jenis Paspor": "E-Paspor",
            "Tahu dari": rng.choice(["IG", "Teman"], n),
        }
    )


@pytest.fixture
def folder(office) -> Path:
    """An office whose people stand in one list; interest, and no table of the office's months."""
    text = people().to_csv(index=False)
    settings = '[office]\nname = "Kantor Imigrasi Contoh"\n[dates]\nas_of = 2025-03-20\n'
    changes = {"sites.csv": SITES, "events.csv": EVENTS, "applicants/E1.csv": None, "office_monthly.csv": None}
    return office({**changes, "applicants/maret.csv": text, "outreach.toml": settings})


def counted_in(rows: object, data: Dataset) -> CountedApplicants:
    return count_applicants(rows, data.gazetteer, aliases=data.aliases, settings=data.settings)


def of_counts(counted: CountedApplicants, data: Dataset, folder: Path) -> Study:
    tables = {name: pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("sites", "events", "interest")}
    return Study.from_counts(counted, areas=data.gazetteer, **tables)


def same_tables(one: Dataset, other: Dataset) -> None:
    for name in ("areas", "sites", "events", "counts", "outside", "unplaced"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(one.office_people(), other.office_people(), check_dtype=False)
    own = ["person_key", "source_file"]
    pd.testing.assert_frame_equal(one.interest.drop(columns=own), other.interest.drop(columns=own))
    assert one.settings == other.settings


@pytest.mark.parametrize(
    "engine", ["pandas", *(pytest.param(each, marks=pytest.mark.slow) for each in ("polars", "polars lazy", "duckdb"))]
)
def test_a_study_of_counts_has_the_tables_of_one_of_lists(folder, engine) -> None:
    data, rows = read_dataset(folder), people()
    frames = {
        "pandas": lambda: rows,
        "polars": lambda: pl.DataFrame(rows.to_dict("list")),
        "polars lazy": lambda: pl.LazyFrame(rows.to_dict("list")),
        "duckdb": lambda: duckdb.from_df(rows),
    }
    study = of_counts(counted_in(frames[engine](), data), data, folder)
    assert study.dataset.is_counted
    same_tables(data, study.dataset)


def test_reach_turnout_and_ranking_are_those_of_the_lists(folder) -> None:
    data = read_dataset(folder)
    study = of_counts(counted_in(people(), data), data, folder)
    read = Study(data)
    pd.testing.assert_frame_equal(read.reach.by_area, study.reach.by_area)
    pd.testing.assert_frame_equal(read.turnout.summary(), study.turnout.summary())
    pd.testing.assert_frame_equal(read.ranking.by_site, study.ranking.by_site)
    at_mall = (
        dataclasses.replace(read.select(events="E1"), rng=1),
        dataclasses.replace(study.select(events="E1"), rng=1),
    )
    pd.testing.assert_frame_equal(*(one.events for one in at_mall))
    pd.testing.assert_frame_equal(*(one.reach.by_area for one in at_mall))


def test_what_counts_cannot_know_is_refused_or_left_out_and_never_zero(folder) -> None:
    data = read_dataset(folder)
    study = of_counts(counted_in(people(), data), data, folder)
    for name in ("audience", "uptake", "series"):
        with pytest.raises(RequestError, match="is not known: people came as counts"):
            getattr(study, name)
    whom = whom_section(study, Words("en")).blocks
    assert [block.content for block in whom[:2]] == [
        "People came as counts: how they heard of it, what they applied for and their age are not known.",
        "Working days and days off",
    ]
    (limits, *_) = limits_section(study, Words("en")).blocks
    assert "answers to the desk question are not known" in limits.content[-1]


@pytest.mark.slow
def test_the_report_of_counts_is_whole(folder, tmp_path) -> None:
    data = read_dataset(folder)
    counted_in(people(), data).counts.to_parquet(folder / "counts.parquet")
    (folder / "applicants" / "maret.csv").unlink()
    done = CliRunner().invoke(app, ["report", "--data", str(folder), "--out", str(tmp_path / "out"), "--lang", "en"])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "outreach-en.html").read_text()
    assert "People came as counts: how they heard of it" in page
    assert "The electronic passport" not in page
    refused = CliRunner().invoke(app, ["audience", "--data", str(folder)])
    assert refused.exit_code == 1
    assert "people came as counts" in refused.stderr


@pytest.mark.slow
def test_a_file_of_counts_stands_for_the_lists(folder, tmp_path) -> None:
    """Counted and ranked by two commands in a folder without a list; rows set apart are told in people."""
    data = read_dataset(folder)
    (folder / "applicants" / "maret.csv").rename(tmp_path / "big.csv")
    for name in ("counts.parquet", "counts.csv"):
        asked = ["count", str(tmp_path / "big.csv"), "--data", str(folder), "--internal", "--out", str(folder / name)]
        done = CliRunner().invoke(app, asked)
        assert done.exit_code == 0, done.output
        again = read_dataset(folder)
        same_tables(data, again)
        account = again.ledger.by_file.set_index("file").loc[name].to_dict()
        unknown = int(again.unplaced["applicants"].sum())
        assert account["read"] == 240
        assert account["matched"] + account["review"] == 240
        assert account["review"] >= unknown > 0
        checked = CliRunner().invoke(app, ["check", str(folder)])
        assert checked.exit_code == 0, checked.output
        (folder / name).unlink()
    (tmp_path / "big.csv").rename(folder / "applicants" / "big.csv")
    counted_in(people(), data).counts.to_csv(folder / "counts.csv", index=False)
    with pytest.raises(ContractError, match=r"counts\.csv: stands beside lists in applicants/"):
        read_dataset(folder)


def test_people_of_no_event_are_set_apart_and_told(folder) -> None:
    (folder / "applicants" / "maret.csv").unlink()
    rows = people().replace({"Kode Kegiatan": {"OFFICE": "E9", "K1": ""}})
    rows.loc[:4, "Kode Kegiatan"] = "E3"
    data = read_dataset_of(folder, rows)
    lost = int((~rows["Kode Kegiatan"].isin(["E1", "E2"])).sum())
    assert data.ledger.by_file.set_index("file").loc["counts.csv", "rejected"] == lost
    told = data.ledger.rows[data.ledger.rows["file"] == "counts.csv"]
    by_reason = told.groupby("reason")["value"].agg(list).to_dict()
    blank, unknown = (int((rows["Kode Kegiatan"] == event).sum()) for event in ("", "E9"))
    assert by_reason == {"unknown_event": [f"-: {blank}", f"E9: {unknown}"], "event_not_held": ["E3: 5"]}
    assert data.office_people() is None


def read_dataset_of(folder: Path, rows: pd.DataFrame) -> Dataset:
    """The folder with counts of these rows, by the areas of the package."""
    from outreach_analysis.geography.areas import load_aliases, load_areas

    counted = count_applicants(rows, load_areas("all"), aliases=load_aliases())
    counted.counts.to_csv(folder / "counts.csv", index=False)
    return read_dataset(folder)


def test_counts_that_are_none_are_refused_with_every_fault(folder) -> None:
    (folder / "applicants" / "maret.csv").unlink()
    path = folder / "counts.csv"
    path.write_text("event_id,month,area_id,level,place,applicants\nE1,,99.01,kecamatan,,-3\nE1,,,moon,,2.5\n")
    with pytest.raises(ContractError) as refused:
        read_dataset(folder)
    found = refused.value.failures
    assert found.loc[found["file"] == "counts.csv", ["column", "value", "reason"]].values.tolist() == [
        ["applicants", "-3", "bad_number"],
        ["applicants", "2.5", "bad_number"],
        ["level", "moon", "bad_choice"],
        ["area_id", "99.01", "unknown_area"],
    ]
    path.write_text("event,orang\nE1,3\n")
    with pytest.raises(ContractError, match="no column stands for 'applicants'"):
        read_dataset(folder)
    path.unlink()
    (folder / "counts.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ContractError, match=r"counts\.parquet: .*the file cannot be read"):
        read_dataset(folder)


def test_tables_beside_counts_are_checked_as_files_are(folder) -> None:
    data = read_dataset(folder)
    counted = counted_in(people(), data)
    sites = pd.read_csv(folder / "sites.csv", dtype=str)
    events = pd.read_csv(folder / "events.csv", dtype=str)
    with pytest.raises(ContractError, match="the key 'MALL' occurs 2 times"):
        Study.from_counts(
            counted, areas=data.gazetteer, sites=pd.concat([sites, sites[sites["site_id"] == "MALL"]]), events=events
        )
    with pytest.raises(ContractError, match="no column stands for 'date'"):
        Study.from_counts(counted, areas=data.gazetteer, sites=sites, events=events.drop(columns="date"))
    with pytest.raises(RequestError, match="areas have no column level"):
        Study.from_counts(counted, areas=data.gazetteer.drop(columns="level"), sites=sites, events=events)


def test_an_engine_that_refuses_is_told_by_its_kind_of_error_alone() -> None:
    rows = duckdb.sql("SELECT 'Samarinda Ulu' AS kecamatan, error('NIK 6472031201900001') AS tgl")
    with pytest.raises(RequestError, match="the engine that holds the rows refused") as refused:
        count_applicants(rows, read_areas())
    assert "6472" not in str(refused.value)
    assert refused.value.__suppress_context__


def read_areas() -> pd.DataFrame:
    from outreach_analysis.geography.areas import load_areas

    return load_areas("all")
