"""The command as a script and as a person use it."""

from __future__ import annotations

import io
import json
import re
import stat
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS, RANKING_COLUMNS
from outreach_analysis.files import bundled_data
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.report.topics.turnout import BACKTEST_COLUMNS

CONTRACT = Path(__file__).parents[2] / "docs" / "data-contract.md"
SETTINGS = '[office]\nname = "Kantor Imigrasi Contoh"\nsynthetic = true\n'
COMMANDS = sorted(str(name) for name in typer.main.get_command(app).commands)
run = CliRunner().invoke


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command):
    done = run(app, [command, "--help"])
    assert done.exit_code == 0
    assert f"Example: outreach {command}" in " ".join(done.output.split())


def test_unknown_option_is_a_usage_fault():
    assert run(app, ["rank", "--no-such-option"]).exit_code == 2


def test_check_accounts_for_every_row(tiny_office):
    done = run(app, ["check", str(tiny_office)])
    assert done.exit_code == 0
    assert "unresolved" in done.output or "not a place we know" in done.output


def test_check_prints_rows_that_a_script_can_read(tiny_office):
    rows = pd.read_csv(io.StringIO(run(app, ["check", str(tiny_office), "--format", "csv"]).stdout))
    assert {"status", "file", "row", "problem", "remedy"} <= set(rows.columns)
    assert set(rows["status"]) <= {"review", "rejected", "duplicate", "skipped", "warning"}


@pytest.mark.usefixtures("folders_once")
@pytest.mark.parametrize("table", ACCOUNT_COLUMNS)
def test_tables_of_check_have_the_columns_that_the_contract_names(tiny_office, table):
    shown = run(app, ["check", str(tiny_office), "--format", "csv", "--table", table]).stdout
    again = run(app, ["check", str(tiny_office), "--format", "json", "--table", table]).stdout
    columns = (*ACCOUNT_COLUMNS[table], "synthetic")
    assert shown.splitlines()[0] == ",".join(columns)
    assert [tuple(row) for row in json.loads(again)] == [columns] * len(pd.read_csv(io.StringIO(shown)))
    row = next(line for line in CONTRACT.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{table}`"))
    assert tuple(re.findall(r"`(\w+)`", row)[1:]) == ACCOUNT_COLUMNS[table]


def test_check_names_every_fault_planted_in_the_sample():
    truth = json.loads((bundled_data("sample") / "truth.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(io.StringIO(run(app, ["check", "--sample", "--format", "csv"]).stdout), keep_default_na=False)
    named = rows[["file", "sheet", "row", "reason"]].itertuples(index=False, name=None)
    planted = [(fault["file"], fault["sheet"], fault["row"], fault["reason"]) for fault in truth["defects"]]
    assert len(planted) >= 39
    assert sorted(named) == sorted(planted)


def test_check_tells_how_many_places_are_known_by_event(tiny_office):
    rows = json.loads(run(app, ["check", str(tiny_office), "--format", "json", "--table", "events"]).stdout)
    events = read_dataset(tiny_office).events.query("status == 'held'")
    assert {row["event_id"]: row["placed_share"] for row in rows} == events["placed_share"].round(4).to_dict()
    assert f"{events['placed_share'].min():.1%}" in run(app, ["check", str(tiny_office)]).stdout


def test_check_strict_exits_1_on_rejected_rows(office):
    broken = office(
        {"applicants/maret.csv": "service_date,event_id,kecamatan\n31/02/2025,E2,Loa Kulu\n15/03/2025,E2,Loa Kulu\n"}
    )
    assert run(app, ["check", str(broken)]).exit_code == 0
    strict = run(app, ["check", str(broken), "--strict"])
    assert strict.exit_code == 1
    assert "31/02/2025" in strict.output


def test_check_lists_every_fault_of_a_broken_folder(office):
    broken = office(
        {
            "outreach.toml": "[office]\nname = 'X'\n[interest]\nthreshold_people = 'many'\ntypo = 1\n",
            "events.csv": "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\nE1,MALL,02/02/2025,held\n",
            "sites.csv": "site_id,name,area\nMALL,Mal,64.72.03\n",
            "applicants/kosong.csv": b"",
            "applicants/rusak.xlsx": b"not a workbook",
        }
    )
    done = run(app, ["check", str(broken)])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    for part in ("threshold_people", "typo", "kosong.csv", "rusak.xlsx", "sites.csv", "kind", "events.csv", "E1"):
        assert part in done.output, part


def test_check_without_settings_says_what_to_create(tmp_path):
    done = run(app, ["check", str(tmp_path)])
    assert done.exit_code == 1
    assert "outreach.toml" in done.output
    assert "Traceback" not in done.output


@pytest.fixture
def later_office(office):
    """The tiny office asked months after its pop-ups, when its mall may be visited again."""
    return office({"outreach.toml": SETTINGS + "[dates]\nas_of = 2025-12-01\n"})


def test_rank_gives_the_same_stable_rows_for_the_same_seed(later_office):
    first, second = (run(app, ["rank", "--data", str(later_office), "--format", "json"]).stdout for _ in range(2))
    assert first == second
    rows = json.loads(first)
    assert list(rows[0]) == [*RANKING_COLUMNS, "synthetic"]
    assert not {"interested", "people_interested"} & set(rows[0])
    assert {row["status"] for row in rows} == {"prior_only"}
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)


def test_resolve_says_what_a_name_was_taken_for():
    rows = json.loads(run(app, ["resolve", "Kec. Muara Badak, Kukar", "Sumber Sari", "--format", "json"]).stdout)
    assert rows[0]["area_id"] == "64.02.05"
    assert rows[1]["status"] == "review"
    assert rows[1]["suggestions"]


def test_sample_writes_a_folder_once(tmp_path):
    target = tmp_path / "contoh"
    assert run(app, ["sample", str(target), "--seed", "5"]).exit_code == 0
    assert (target / "outreach.toml").is_file()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    again = run(app, ["sample", str(tmp_path / "mine")])
    assert again.exit_code == 2
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_report_of_a_broken_folder_leaves_the_old_one(office, tmp_path):
    out = tmp_path / "reports"
    out.mkdir()
    (out / "outreach-id.html").write_text("the old report")
    done = run(app, ["report", "--data", str(office({"sites.csv": None})), "--out", str(out)])
    assert done.exit_code == 1
    assert "sites.csv" in done.output
    assert [path.read_text() for path in out.iterdir()] == ["the old report"]


def test_keygen_makes_a_key_for_its_owner_alone(tmp_path):
    path = tmp_path / "kantor key"
    done = run(app, ["keygen", str(path)])
    assert done.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"OUTREACH_KEY_FILE='{path}'" in done.output
    assert path.read_text().strip() not in done.output
    assert len(bytes.fromhex(path.read_text())) == 32


def test_keygen_never_overwrites(tmp_path):
    path = tmp_path / "key"
    run(app, ["keygen", str(path)])
    before = path.read_bytes()
    again = run(app, ["keygen", str(path)])
    assert again.exit_code == 2
    assert "exists already" in again.output
    assert path.read_bytes() == before
    nowhere = run(app, ["keygen", str(tmp_path / "no folder" / "key")])
    assert nowhere.exit_code == 2
    assert "Traceback" not in nowhere.output


def test_a_key_file_links_runs_and_its_absence_does_not(tiny_office, tmp_path, monkeypatch):
    without = [read_dataset(tiny_office) for _ in range(2)]
    monkeypatch.setenv("OUTREACH_KEY_FILE", str(tmp_path / "key"))
    run(app, ["keygen", str(tmp_path / "key")])
    keyed = [read_dataset(tiny_office) for _ in range(2)]
    assert [data.ledger.keys_linkable for data in (*without, *keyed)] == [False, False, True, True]
    first, second = (set(data.applicants["person_key"].dropna()) for data in keyed)
    assert first == second
    assert set(without[0].applicants["person_key"].dropna()).isdisjoint(without[1].applicants["person_key"].dropna())


def test_backtest_judges_every_held_event(tiny_office, monkeypatch, tmp_path):
    monkeypatch.setenv("OUTREACH_CACHE", str(tmp_path))
    done = run(app, ["backtest", "--data", str(tiny_office), "--format", "csv"])
    assert done.exit_code == 0
    rows = pd.read_csv(io.StringIO(done.stdout))
    assert list(rows.columns) == [*BACKTEST_COLUMNS, "synthetic"]
    assert (rows["came"] % 5 == 0).all()
    assert f"{int(rows['inside'].sum())} of {len(rows)} past events fell inside" in done.stderr


@pytest.mark.slow
def test_a_travel_server_that_is_down_stops_with_the_way_on(office, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTREACH_CACHE", str(tmp_path / "cache"))
    server = '\n[travel]\nserver = "http://127.0.0.1:9"\nserver_attempts = 1\n'
    done = run(app, ["rank", "--data", str(office({"outreach.toml": SETTINGS + server}))])
    assert done.exit_code == 1
    assert "the travel server http://127.0.0.1:9 gave no travel times" in done.output
    assert "when_down = 'estimate'" in done.output
    going_on = office({"outreach.toml": SETTINGS + server + 'when_down = "estimate"\n'})
    done = run(app, ["rank", "--data", str(going_on), "--top", "1"])
    assert done.exit_code == 0
    assert "pairs are estimated: the travel server" in done.output


def test_a_title_keeps_what_looks_like_markup(tmp_path):
    folder = tmp_path / "lists [april]"
    folder.mkdir()
    (folder / "a.csv").write_text("service_date,kecamatan\n14/04/2026,Loa Kulu\n", encoding="utf-8")
    done = run(app, ["count", str(folder / "*.csv"), "--internal"])
    assert done.exit_code == 0
    assert "lists[april]" in re.sub(r"\s", "", done.output)
