"""The folder that an office begins with: every setting at its default, every table, nothing overwritten."""

from __future__ import annotations

import csv
import dataclasses
import re
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import DESK_QUESTION, ContractError
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.intake.rows import desk_answers
from outreach_analysis.office_folder import TABLES, TEMPLATES, settings_text, write_starter
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

SITES = "site_id,name,kind,area\nKANIM,Kantor Imigrasi,office,64.72.02\nMAL,Mal Contoh,mall,64.72.03\n"
EVENTS = "event_id,site_id,date,status\nE1,MAL,01/02/2025,held\n"
LIST = "service_date,event_id,kecamatan,kabupaten\n01/02/2025,E1,Samarinda Ulu,Samarinda\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_starter(tmp_path / "kantor")
    return tmp_path / "kantor"


def in_force(text: str) -> str:
    """The settings with every comment mark before a setting taken away."""
    return re.sub(r"^# (?=\[?\"?[\w.]+\"?\]?( = .*)?$)(?=\[|.* = )", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_setting_stands_there_once_at_its_default(tmp_path, lang):
    path = tmp_path / "outreach.toml"
    path.write_text(in_force(settings_text(lang=lang)), encoding="utf-8")
    settings = Settings.from_toml(path)
    examples = {"as_of", "columns", "file_events", "blackout_by_place", "plan_budget", "plan_booths", "year_target"}
    for field in dataclasses.fields(Settings):
        if field.name not in examples:
            assert getattr(settings, field.name) == field.metadata["default"], field.name
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for field in dataclasses.fields(Settings):
        place = document
        for part in field.metadata["toml"].split("."):
            assert part in place, field.name
            place = place[part]


def test_as_it_stands_only_the_name_of_the_office_is_set(folder):
    assert tomllib.loads((folder / "outreach.toml").read_text(encoding="utf-8")).get("office") == {
        "name": Settings().office_name
    }
    assert Settings.from_toml(folder / "outreach.toml") == Settings()


def test_each_setting_has_its_reason_in_the_language_asked_for():
    indonesian, english = settings_text(lang="id"), settings_text(lang="en")
    assert "# the office visits where MORE than this many are interested (people)" in english
    assert "# threshold_people = 20" in indonesian
    assert not set(re.findall(r"^# [a-z].*\(.*\)$", english, re.M)) & set(re.findall(r"^# .*$", indonesian, re.M))


def test_every_table_of_the_contract_waits_as_csv_and_workbook(folder):
    for name, table in TABLES.items():
        columns = [column.name for column in table.columns]
        with (folder / TEMPLATES / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert list(csv.reader(file)) == [columns]
        sheet = openpyxl.load_workbook(folder / TEMPLATES / f"{name}.xlsx").active
        assert [cell.value for cell in sheet[1]] == columns
        assert sheet.max_row == 1
        assert all(cell.comment.text for cell in sheet[1])


def test_check_of_the_new_folder_says_what_to_do(folder):
    done = CliRunner().invoke(app, ["check", str(folder)])
    assert done.exit_code == 0
    assert "holds no list and no held event yet" in done.output
    assert "Traceback" not in done.output
    with pytest.raises(ContractError) as caught:
        read_dataset(folder)
    assert caught.value.failures["reason"].tolist() == ["no_data"]


def test_a_folder_that_was_filled_in_is_read(folder):
    (folder / "sites.csv").write_text(SITES)
    (folder / "events.csv").write_text(EVENTS)
    (folder / "applicants" / "mal.csv").write_text(LIST)
    data = read_dataset(folder)
    assert int(data.counts["applicants"].sum()) == 1
    assert data.ledger.rows.empty


@pytest.mark.slow
def test_a_newcomer_comes_from_the_empty_folder_to_a_report_by_what_commands_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    published = run(app, ["init", "kantor"]).stdout
    for step in ("outreach.toml", "sites.csv", "events.csv", "applicants/", f"outreach check {tmp_path}/kantor"):
        assert step in published
    Path("kantor/sites.csv").write_text(SITES)
    Path("kantor/events.csv").write_text(EVENTS)
    published = run(app, ["check", "kantor"])
    assert published.exit_code == 1
    assert "there is no list of applicants" in published.stdout + published.stderr
    rows = "tgl,kecamatan,kab/kota\n01/02/2025,Samarinda Ulu,Samarinda\n"
    Path("kantor/applicants/mal.csv").write_text(rows)
    done = run(app, ["check", "kantor"])
    published = done.stdout + done.stderr
    assert "named after its event (E1.csv)" in published
    Path("kantor/applicants/mal.csv").rename("kantor/applicants/E1.csv")
    published = run(app, ["check", "kantor"])
    assert published.exit_code == 0
    assert f"next: outreach report --data {tmp_path}/kantor" in published.stderr
    assert "recently_visited: MAL" in run(app, ["rank", "--data", "kantor"]).stderr
    assert run(app, ["report", "--data", "kantor"]).exit_code == 0
    assert Path("reports/outreach-id.html").is_file()


def test_a_filled_in_workbook_is_read_in_place_of_the_csv(folder):
    (folder / "sites.csv").write_text(SITES)
    (folder / "events.csv").unlink()
    book = openpyxl.load_workbook(folder / TEMPLATES / "events.xlsx")
    book.active.append(["E1", "MAL", "01/02/2025", "held"])
    book.save(folder / "events.xlsx")
    (folder / "applicants" / "mal.csv").write_text(LIST)
    assert read_dataset(folder).events.index.tolist() == ["E1"]


def test_nothing_is_overwritten(folder):
    (folder / "events.csv").unlink()
    (folder / "sites.csv").write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = CliRunner().invoke(app, ["init", str(folder)])
    assert done.exit_code == 2
    assert "outreach.toml" in done.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["kantor"]


def test_an_empty_folder_or_one_with_other_files_is_filled(tmp_path):
    (tmp_path / "notes.txt").write_text("keep")
    written = write_starter(tmp_path, lang="en")
    assert (tmp_path / "notes.txt").read_text() == "keep"
    assert all(path.is_file() for path in written)
    assert (tmp_path / "applicants").is_dir()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "kantor").write_text("a file")
    assert CliRunner().invoke(app, ["init", str(tmp_path / "kantor")]).exit_code == 2
    assert (tmp_path / "kantor").read_text() == "a file"


@pytest.mark.parametrize(
    ("lang", "answers"), [("id", ("Ya", "Tidak", "Belum tentu")), ("en", ("Yes", "No", "Not sure"))]
)
def test_the_desk_question_is_a_page_of_its_own_that_asks_nothing_about_a_person(folder, lang, answers):
    page = (folder / f"desk-question-{lang}.html").read_text(encoding="utf-8")
    assert Words(lang).say(DESK_QUESTION) in page
    assert all(f"</span>{answer}</li>" in page for answer in answers)
    assert desk_answers(pd.Series(answers)).tolist() == ["yes", "no", "unsure"]
    assert "would_have_come" in page
    assert "@page { size: A4" in page
    assert not re.search(r"https?:|src=|<link|<script|<input", page)
    assert not re.search(r"\bNIK\b|KTP|No\.? HP|telepon|phone|alamat|address|tanggal lahir", page, re.IGNORECASE)


def test_the_workbook_of_applicants_says_the_question_and_offers_the_answers(folder):
    sheet = openpyxl.load_workbook(folder / TEMPLATES / "applicants.xlsx").active
    (cell,) = [cell for cell in sheet[1] if cell.value == "would_have_come"]
    assert cell.comment.text.startswith(Words("id").say(DESK_QUESTION))
    offered = [rule.formula1 for rule in sheet.data_validations.dataValidation if cell.column_letter in str(rule.sqref)]
    assert offered == ['"yes,no,unsure"']


def test_the_form_is_written_anew_under_the_name_of_the_office_and_nothing_else_is(folder):
    (folder / "outreach.toml").write_text('[office]\nname = "Kantor <Uji> & Co"\n', encoding="utf-8")
    (folder / "desk-question-en.html").unlink()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = CliRunner().invoke(app, ["init", str(folder), "--form"])
    assert done.exit_code == 0
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    changed = {path.name for path in after if after[path] != before.get(path)}
    assert changed == {"desk-question-id.html", "desk-question-en.html"}
    assert "Kantor &lt;Uji&gt; &amp; Co" in (folder / "desk-question-id.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("settings", "said"), [(None, "is no folder"), ("[office\n", "is not TOML")])
def test_the_form_needs_a_folder_with_settings(tmp_path, settings, said):
    if settings is not None:
        (tmp_path / "kantor").mkdir()
        (tmp_path / "kantor" / "outreach.toml").write_text(settings)
    done = CliRunner().invoke(app, ["init", str(tmp_path / "kantor"), "--form"])
    assert done.exit_code == 1
    assert said in done.output
    assert not list(tmp_path.rglob("*.html"))
