"""The commands that plan, schedule and decide, as a person and a script use them."""

from __future__ import annotations

import io
import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.exports import RANKING_COLUMNS
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.plan_exports import (
    FACTS_COLUMNS,
    HYPOTHESES_COLUMNS,
    PLAN_COLUMNS,
    REQUESTS_COLUMNS,
    SCHEDULE_COLUMNS,
)
from outreach_analysis.study import Study

SITES = """\
site_id,name,kind,area,lon,lat,capacity,cost,opened
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,,01/01/2010
MALL,Mal Contoh dengan nama yang panjang sekali,mall,Samarinda Ulu,117.13,-0.47,120,2500000,
TGR,Pesantren Tenggarong,pesantren,64.02.06,,,,,
BADAK,Pesantren Badak,pesantren,64.02.05,,,,1000000,
"""
SETTINGS = '[office]\nname = "Kantor Contoh"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n[plan]\nevents = 2\n'
run = CliRunner().invoke
pytestmark = pytest.mark.usefixtures("folders_once")


@pytest.fixture
def folder(office):
    return office({"sites.csv": SITES, "outreach.toml": SETTINGS})


@pytest.mark.parametrize("command", ["plan", "schedule", "requests", "decide"])
def test_help_shows_an_example(command):
    done = run(app, [command, "--help"])
    assert done.exit_code == 0
    assert f"Example: outreach {command}" in " ".join(done.output.split())


def test_the_plan_is_printed_for_people_and_for_programs(folder):
    shown = run(app, ["plan", "--data", str(folder)])
    assert shown.exit_code == 0
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert "SAMPLE DATA (SYNTHETIC)" in shown.stderr
    rows = json.loads(run(app, ["plan", "--data", str(folder), "--format", "json", "--events", "1"]).stdout)
    assert [list(row) for row in rows] == [[*PLAN_COLUMNS, "synthetic"]]


def test_a_plan_of_one_is_the_first_of_the_printed_ranking(folder):
    published = {}
    for command in (["rank"], ["plan", "--events", "1"]):
        published[command[0]] = run(app, [*command, "--data", str(folder), "--format", "csv"]).stdout
    ranking, plan = (pd.read_csv(io.StringIO(published[name])) for name in ("rank", "plan"))
    assert list(ranking.columns) == [*RANKING_COLUMNS, "synthetic"]
    assert plan["site_id"].tolist() == ranking["site_id"].head(1).tolist()
    assert plan["additional"][0] == ranking["increment"][0]


def test_the_ranking_is_readable_in_a_hundred_columns(folder):
    shown = run(app, ["rank", "--data", str(folder)]).stdout
    assert max(map(len, shown.splitlines())) <= 100
    header = next(line for line in shown.splitlines() if "site_id" in line)
    assert header.count("┃") - 1 == 8


@pytest.mark.slow
def test_hypotheses_and_facts_are_tables_of_the_plan(folder):
    plan = pd.read_csv(io.StringIO(run(app, ["plan", "--data", str(folder), "--format", "csv"]).stdout))
    shown = {
        table: pd.read_csv(
            io.StringIO(run(app, ["plan", "--data", str(folder), "--table", table, "--format", "csv"]).stdout)
        )
        for table in ("hypotheses", "facts")
    }
    rows = shown["hypotheses"]
    assert tuple(rows.columns) == (*HYPOTHESES_COLUMNS, "synthetic")
    assert rows["sites"][0] == "; ".join(plan["site_id"])
    assert rows["hypothesis"].tolist() == ["learned", "one_share", "falling", "office_share"]
    assert rows["probability"].sum() == pytest.approx(1, abs=0.002)
    assert tuple(shown["facts"].columns) == (*FACTS_COLUMNS, "synthetic")
    assert shown["facts"]["gained"].is_monotonic_decreasing
    table = run(app, ["plan", "--data", str(folder), "--table", "hypotheses"]).stdout
    assert max(map(len, table.splitlines())) <= 100


def test_the_schedule_becomes_a_calendar(folder, tmp_path):
    rows = pd.read_csv(io.StringIO(run(app, ["schedule", "--data", str(folder), "--format", "csv"]).stdout))
    assert tuple(rows.columns) == (*SCHEDULE_COLUMNS, "synthetic")
    out = tmp_path / "jadwal.ics"
    done = run(app, ["schedule", "--data", str(folder), "--out", str(out), "--lang", "en"])
    assert done.exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert len(rows) == 2
    assert text.count("STATUS:CONFIRMED") == 2, "the announced pop-up and its preparations"
    assert text.count("BEGIN:VEVENT") == 2 * (len(rows) + 1), "each with its day of preparations"
    assert all(f"DTSTART;VALUE=DATE:{day.replace('-', '')}" in text for day in rows["day"])
    nowhere = run(app, ["schedule", "--data", str(folder), "--out", str(tmp_path / "no folder" / "a.ics")])
    assert nowhere.exit_code == 1
    assert "Traceback" not in nowhere.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2026-01-02", "--to", "2026-01-01"], "--to 2026-01-01 lies before --from 2026-01-02"),
        (["--events", "9"], "9 events need more visits than the candidate places allow (2)"),
        (["--require", "MAL"], "no place has the id MAL; did you mean MALL"),
        (
            ["--events", "2", "--from", "2025-12-21", "--to", "2025-12-21"],
            "2 events need more team days than there are (1)",
        ),
        (["--events", "2", "--reach", "30"], "give either --events or --reach, not both"),
        (["--budget", "500000"], "no choice of places costs at most 500000 rupiah together"),
        (
            ["--events", "2", "--max-per-kabupaten", "1", "--require", "MALL", "--require", "MALL"],
            "required and scheduled visits are more than max_visits",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_request_that_cannot_be_is_named_and_nothing_is_printed(folder, arguments, message):
    done = run(app, ["plan", "--data", str(folder), "--format", "csv", *arguments])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


def test_a_budget_where_no_cost_is_known_is_refused(office):
    without = "".join(line.replace(",2500000,", ",,").replace(",1000000,", ",,") + "\n" for line in SITES.splitlines())
    folder = office({"sites.csv": without, "outreach.toml": SETTINGS})
    done = run(app, ["plan", "--data", str(folder), "--budget", "5000000"])
    assert done.exit_code == 2
    assert "no cost of a visit is known; fill in cost in sites.csv" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_a_budget_keeps_the_plan_to_what_it_pays(folder):
    plans = {}
    for budget in ("1000000", "2600000", "3500000"):
        published = run(app, ["plan", "--data", str(folder), "--events", "1", "--budget", budget, "--format", "json"])
        plans[budget] = json.loads(published.stdout)
    assert plans["1000000"][0]["site_id"] == "BADAK"
    assert all(sum(row["cost_rupiah"] for row in rows) <= float(budget) for budget, rows in plans.items())


@pytest.mark.slow
def test_people_to_reach_find_the_number_of_pop_ups(folder):
    one = json.loads(run(app, ["plan", "--data", str(folder), "--events", "1", "--format", "json"]).stdout)
    wished = max(one[0]["additional"] - 0.5, 1.0)
    few = run(app, ["plan", "--data", str(folder), "--reach", str(wished), "--format", "json"])
    assert len(json.loads(few.stdout)) == 1
    many = run(app, ["plan", "--data", str(folder), "--reach", "100000", "--format", "json"])
    assert len(json.loads(many.stdout)) == 2
    assert "100000 cannot be reached" in " ".join(many.stderr.split())


def test_a_rule_that_keeps_out_a_required_place_is_named(folder):
    done = run(app, ["plan", "--data", str(folder), "--require", "TGR"])
    assert done.exit_code == 2
    assert "a rule keeps TGR out: already_scheduled" in done.stderr
    assert "forbidden" not in done.stderr  # nobody forbade it


def test_a_refusal_names_all_its_places_though_ids_in_a_row_look_like_a_number(office):
    ids = [f"P{n:02}" for n in range(1, 6)]
    places = "".join(f"{id_},Pesantren {id_},pesantren,64.02.05,,,,,\n" for id_ in ids)
    path = office({"sites.csv": SITES + places, "outreach.toml": SETTINGS})
    both = [part for id_ in ids for part in ("--require", id_, "--forbid", id_)]
    done = run(app, ["plan", "--data", str(path), *both])
    assert done.exit_code == 2
    assert "required and forbidden at once: P01, P02, P03, P04, P05\n" in done.stderr


def test_a_kind_of_file_that_is_not_written_is_refused_at_once():
    done = run(app, ["schedule", "--out", "jadwal.pdf"])
    assert done.exit_code == 2
    assert ".ics, .xlsx or .csv" in done.output


@pytest.mark.slow
def test_a_decision_is_recorded_and_the_report_says_what_changed(folder, tmp_path):
    rows = json.loads(run(app, ["rank", "--data", str(folder), "--format", "json"]).stdout)
    chosen = rows[1]["site_id"]
    done = run(app, ["decide", chosen, "--data", str(folder), "--reason", "aula siap", "--by", "Andini"])
    assert done.exit_code == 0
    assert f"{rows[0]['site_id']} was recommended" in done.stderr or "rank" in done.stderr
    assert (folder / "decisions.csv").exists()
    read_dataset(folder)  # its own files are no lists of applicants
    later = SETTINGS.replace("2025-12-01", "2025-12-15")
    (folder / "outreach.toml").write_text(later, encoding="utf-8")
    events = (folder / "events.csv").read_text(encoding="utf-8")
    (folder / "events.csv").write_text(events + f"E9,{rows[0]['site_id']},10/01/2026,planned,,,\n", encoding="utf-8")
    done = run(app, ["report", "--data", str(folder), "--out", str(tmp_path), "--lang", "en"])
    assert done.exit_code == 0
    page = (tmp_path / "outreach-en.html").read_text(encoding="utf-8")
    assert "was chosen on 1 December 2025." in page
    assert "fell out from rank 1: already scheduled" in page


@pytest.mark.parametrize(
    ("site", "reason", "message"),
    [("MAL", "x", "did you mean MALL"), ("MALL", " ", "say why this place was chosen")],
)
def test_a_decision_that_says_nothing_is_refused(folder, site, reason, message):
    done = run(app, ["decide", site, "--data", str(folder), "--reason", reason])
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (folder / "decisions.csv").exists()


def test_a_folder_that_cannot_be_written_is_said(folder):
    (folder / "decisions").write_text("a file where the folder should be")
    done = run(app, ["decide", "MALL", "--data", str(folder), "--reason", "x"])
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
    assert not (folder / "decisions.csv").exists()
    shutil.rmtree(folder)


LETTERS = """\
number,date,asker,area,site_id,day,people
1/A,20/11/2025,Ponpes,,BADAK,17/01/2026,45
2/B,21/11/2025,RT 5,Kec. Sanga Sanga,,,12
"""


@pytest.fixture
def letters(office):
    return office({"sites.csv": SITES, "outreach.toml": SETTINGS, "requests.csv": LETTERS})


@pytest.mark.slow
def test_letters_are_answered_for_people_and_for_programs(letters):
    printed = run(app, ["requests", "--data", str(letters), "--format", "json"])
    assert printed.exit_code == 0
    rows = {row["number"]: row for row in json.loads(printed.stdout)}
    assert {tuple(row) for row in rows.values()} == {(*REQUESTS_COLUMNS, "synthetic")}
    assert (rows["1/A"]["answer"], rows["1/A"]["answer_day"]) == ("accepted", "2026-01-17")
    assert rows["1/A"]["text"] == "Diterima: kegiatan dilaksanakan pada Sabtu, 17 Januari 2026."
    assert (rows["2/B"]["answer"], rows["2/B"]["reason"], rows["2/B"]["asked"]) == ("refused", "below_minimum", 10)
    assert "Rp" not in printed.stderr
    table = run(app, ["requests", "--data", str(letters), "--lang", "en", "--budget", "1000000"])
    assert max(map(len, table.stdout.splitlines())) <= 100
    assert "of 1,000,000" in table.stderr


@pytest.mark.slow
def test_no_more_pop_ups_are_tried_than_places_allow(letters, monkeypatch):
    tried, planned = [], Study.plan_with
    monkeypatch.setattr(Study, "plan_with", lambda made, asked: tried.append(asked.n_events) or planned(made, asked))
    done = run(app, ["requests", "--data", str(letters), "--events", "1000"])
    assert done.exit_code == 0
    # three places of its own and those of two letters, one visit each
    assert tried
    assert max(tried) <= 5


@pytest.mark.slow
def test_schedule_takes_letters_only_when_asked(letters):
    days = {}
    for more in ((), ("--requests",)):
        done = run(app, ["schedule", "--data", str(letters), "--events", "2", "--format", "csv", *more])
        days[more] = pd.read_csv(io.StringIO(done.stdout)).set_index("site_id")["day"].to_dict()
    assert not [site for site in days[()] if site.startswith("SURAT")]
    assert days["--requests",]["SURAT-1/A"] == "2026-01-17"
    assert "BADAK" not in days["--requests",]


def test_an_office_without_letters_is_told_so(folder):
    done = run(app, ["requests", "--data", str(folder)])
    assert done.exit_code == 0
    assert "no letter waits for an answer" in done.stderr
