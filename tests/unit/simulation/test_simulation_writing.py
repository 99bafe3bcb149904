"""The sample on disk: same seed, same bytes; nothing half-written; every planted fault where it is said to be."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from outreach_analysis.faults import FAULTS
from outreach_analysis.settings import Settings
from outreach_analysis.simulation import writing
from outreach_analysis.simulation.draws import SAMPLE_SEED
from outreach_analysis.simulation.writing import write_sample

STORED = Path(__file__).parents[3] / "data" / "sample"


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("s") / "sample", seed=SAMPLE_SEED)


@pytest.fixture(scope="module")
def truth(sample):
    return json.loads((sample / "truth.json").read_text(encoding="utf-8"))


def cells_of(sample, defect):
    path = sample / defect["file"]
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path)[defect["sheet"]].iter_rows(values_only=True)
        return [["" if value is None else str(value) for value in row] for row in rows]
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.slow  # that the sample is what the code writes says the same of its seed
def test_same_seed_same_bytes_other_seed_other_bytes(sample, tmp_path):
    again = contents(write_sample(tmp_path / "again", seed=SAMPLE_SEED))
    other = contents(write_sample(tmp_path / "other", seed=SAMPLE_SEED + 1))
    assert again == contents(sample)
    same = {name for name in other if other[name] == again.get(name)}
    # what the design says, whatever is drawn: places, settings, the programme, letters (not the lists of names in them)
    assert same <= {"sites.csv", "outreach.toml", "events.csv", "requests.csv"}


def test_the_stored_sample_is_what_the_code_writes(sample):
    assert contents(STORED) == contents(sample)


def test_small_and_labelled_synthetic(sample):
    files = contents(sample)
    assert sum(map(len, files.values())) < 1_500_000
    assert max(map(len, files.values())) < 1_000_000
    assert Settings.from_toml(sample / "outreach.toml").synthetic
    assert "SINTETIS" in files["README.md"].decode()
    assert "SINTETIS" in files["outreach.toml"].decode()
    assert not any(b"\r\n" in content for name, content in files.items() if not name.endswith(".xlsx"))


def test_the_lists_come_in_the_forms_offices_use(sample):
    lists = contents(sample / "applicants")
    semicolon = [name for name, content in lists.items() if b";" in content.split(b"\n")[0]]
    assert len(semicolon) == 1
    with pytest.raises(UnicodeDecodeError):
        lists[semicolon[0]].decode("utf-8")
    workbooks = [name for name in lists if name.endswith(".xlsx")]
    assert len(workbooks) == 1
    book = openpyxl.load_workbook(sample / "applicants" / workbooks[0])
    assert len(book.sheetnames) == 3
    for sheet in book:
        assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:K1", "A2:K2", "A3:K3"}
        assert sheet.cell(4, 1).value == "No"


def test_every_list_is_known_by_name_or_by_its_codes(sample):
    by_name = Settings.from_toml(sample / "outreach.toml").file_events
    for path in (sample / "applicants").glob("*.csv"):
        header = path.read_bytes().split(b"\n")[0]
        assert (path.name in by_name) != (b"Kode Kegiatan" in header)


def test_every_planted_fault_is_where_the_truth_says(sample, truth):
    header_of = {"duplicate_applicant": "", "total_row": "", "total_mismatch": ""}
    assert len(truth["defects"]) >= 30
    for defect in truth["defects"]:
        assert defect["reason"] in FAULTS
        row = cells_of(sample, defect)[defect["row"] - 1]
        text = " ".join(row)
        if defect["reason"] == "blank_row":
            assert not text.strip()
        elif defect["reason"] in ("total_row", "total_mismatch"):
            assert "Jumlah" in text or "TOTAL" in text
        elif defect["reason"] == "repeated_header":
            assert "Tgl Permohonan" in row
        elif defect["reason"] == "bad_date":
            assert any(word in text for word in ("31/02/2026", "2025-19-04", "31/09/2026"))
        else:
            assert text.strip() or defect["reason"] in header_of


def test_a_planted_duplicate_repeats_an_earlier_row(sample, truth):
    duplicates = [defect for defect in truth["defects"] if defect["reason"] == "duplicate_applicant"]
    assert len(duplicates) >= 3
    for defect in duplicates:
        rows = cells_of(sample, defect)
        assert rows[defect["row"] - 1] in rows[: defect["row"] - 1]


def test_a_numeric_identity_number_has_lost_its_last_digit(sample, truth):
    numeric = [defect for defect in truth["defects"] if defect["reason"] == "nik_numeric"]
    assert len(numeric) == 3
    for defect in numeric:
        sheet = openpyxl.load_workbook(sample / defect["file"])[defect["sheet"]]
        values = [cell.value for cell in sheet[defect["row"]]]
        assert any(isinstance(value, int) and value >= 10**15 and value % 10 == 0 for value in values)


def test_what_the_lists_say_adds_up_to_who_came(truth):
    for facts in truth["events"].values():
        said = facts["in_lists"]
        parts = ("placed", "kabupaten_only", "outside", "unplaced", "set_aside")
        assert sum(said[part] for part in parts) == facts["came"]
        assert sum(said["placed_by_area"].values()) == said["placed"]
        assert all(n <= facts["by_area"][area] for area, n in said["placed_by_area"].items())


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="not a sample"):
        write_sample(tmp_path, seed=1)
    with pytest.raises(FileExistsError, match="not a sample"):
        write_sample(tmp_path / "letter.txt", seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_an_earlier_sample_is_replaced_and_an_empty_folder_filled(tmp_path):
    folder = tmp_path / "sample"
    folder.mkdir()
    first = contents(write_sample(folder, seed=1))
    second = contents(write_sample(folder, seed=2))
    assert first.keys() == second.keys()
    assert first != second
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


@pytest.mark.slow
def test_an_interrupted_run_leaves_what_was_there(tmp_path, monkeypatch):
    folder = write_sample(tmp_path / "sample", seed=1)
    before = contents(folder)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_write_interest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_sample(folder, seed=2)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]
