"""A folder to practise on, and what an office sees of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach_analysis.intake.dataset import load_sample, read_dataset
from outreach_analysis.office_folder import (
    OWN_HEADER,
    describe_folder,
    describe_written,
    practice_folder,
    tabulate_folder,
    tabulate_written,
    temporary_folder,
)


def test_the_practice_folder_is_the_sample_with_a_header_of_its_own(tmp_path):
    folder = practice_folder(tmp_path / "practice")
    data, sample = read_dataset(folder), load_sample()
    taken = data.ledger.columns_taken
    assert taken.loc[taken["how"] == "settings", ["header", "column"]].values.tolist() == [[OWN_HEADER, "address"]]
    assert data.settings.synthetic
    assert data.counts["applicants"].sum() == sample.counts["applicants"].sum()
    assert not (folder / "truth.json").exists()
    assert (folder / "templates" / "sites.xlsx").is_file()


def test_a_practice_folder_that_is_begun_stays_as_its_reader_left_it(tmp_path):
    folder = practice_folder(tmp_path / "practice")
    (folder / "outreach.toml").write_text("[office]\n", encoding="utf-8")
    assert practice_folder(tmp_path / "practice") == folder
    assert (folder / "outreach.toml").read_text(encoding="utf-8") == "[office]\n"


def test_what_stands_there_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="name a new folder"):
        practice_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_by_default_folders_are_temporary_and_new(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = temporary_folder(), practice_folder()
    assert {first.parent, second.parent} == {tmp_path}
    assert first != second


def test_the_table_says_what_is_there(tmp_path, office):
    folder = office({"travel.csv": None, "Boundaries.GEOJSON": "{}"})
    (folder / "interest.csv").unlink()
    (folder / "interest").mkdir()
    (folder / "interest" / "wa.txt").write_text("1. Ani - Anggana")
    shown = {row[0]: (row[1], row[3]) for row in tabulate_folder(folder, lang="en").rows}
    assert [name for name, (needed, _) in shown.items() if needed == "needed"] == [
        "outreach.toml",
        "sites",
        "events",
        "applicants/",
    ]
    there = {name for name, (_, there) in shown.items() if there == "yes"}
    assert there == {"outreach.toml", "sites", "events", "applicants/", "interest", "office_monthly", "boundaries"}
    assert describe_folder(folder, lang="en") == "Everything that is needed is there, and 3 of 7 optional tables."


def test_what_is_missing_is_named(tmp_path):
    (tmp_path / "applicants").mkdir()
    (tmp_path / "sites.xlsx").write_bytes(b"")
    said = describe_folder(tmp_path, lang="en")
    assert said == "The folder still lacks: outreach.toml, events and applicants/."
    assert describe_folder(tmp_path, lang="id").startswith("Yang belum ada di folder: outreach.toml")


def test_files_written_are_named_without_their_folder(tmp_path: Path):
    path = tmp_path / "outreach-id.html"
    path.write_bytes(b"x" * 1_540_000)
    assert tabulate_written([path], lang="id").rows == (("outreach-id.html", "1,5"),)
    assert str(tmp_path) not in describe_written([path]) + tabulate_written([path])._repr_html_()
