"""The commands on people: audience, impact, and the record of a pop-up before and after it."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app

SETTINGS = '[office]\nname = "Kantor Contoh"\nsynthetic = true\n[dates]\nas_of = 2025-03-10\n'
EVENTS = """\
event_id,site_id,date,status
E1,MALL,01/02/2025,held
E2,MALL,08/02/2025,held
NEXT,MALL,22/03/2025,planned
"""
CAME = "service_date,kecamatan,channel\n" + "22/03/2025,Loa Kulu,IG\n" * 12
run = CliRunner().invoke
pytestmark = pytest.mark.usefixtures("folders_once")


@pytest.fixture
def folder(office):
    return office({"outreach.toml": SETTINGS, "events.csv": EVENTS})


@pytest.mark.parametrize("command", ["audience", "impact", "record"])
def test_help_shows_an_example(command):
    done = run(app, [command, "--help"])
    assert done.exit_code == 0
    assert f"Example: outreach {command}" in " ".join(done.output.split())


@pytest.mark.parametrize(
    "table", ["channels", *(pytest.param(each, marks=pytest.mark.slow) for each in ("applications", "ages"))]
)
def test_shares_of_the_sample_stand_on_everybody(table):
    done = run(app, ["--sample", "audience", "--table", table, "--format", "csv"])
    rows = pd.read_csv(io.StringIO(done.stdout))
    overall = rows[rows["group"] == "all"]
    assert "unknown" in set(overall["category"])
    assert overall["share"].sum() == pytest.approx(1, abs=0.03)
    assert (rows["people"] % 5 == 0).all()
    published = rows.dropna(subset=["share"])
    assert (published["ci_low"].le(published["share"]) & published["share"].le(published["ci_high"])).all()
    assert "association" in done.stderr


@pytest.mark.parametrize("table", ["uptake", "days", "series"])
def test_other_tables_of_the_sample_have_rows(table):
    rows = json.loads(run(app, ["--sample", "audience", "--table", table, "--format", "json"]).stdout)
    assert len(rows) >= 3
    assert len({tuple(row) for row in rows}) == 1


def test_impact_of_a_young_office_cannot_be_told(folder):
    shown = run(app, ["impact", "--data", str(folder)])
    assert shown.exit_code == 0
    assert "too_few_months" in shown.stderr
    rows = pd.read_csv(io.StringIO(run(app, ["impact", "--data", str(folder), "--format", "csv"]).stdout))
    assert rows[["estimate", "ci_low", "ci_high"]].isna().all(axis=None)
    assert set(rows["status"]) == {"too_few_months"}


def test_a_forecast_is_saved_before_and_compared_after(folder, tmp_path):
    saved = run(app, ["record", "NEXT", "--data", str(folder)])
    assert saved.exit_code == 0, saved.output
    assert "people expected at NEXT" in saved.stdout
    (kept,) = (folder / "forecasts").iterdir()
    assert f"{kept.name}: " in saved.stdout
    listed = tmp_path / "daftar.csv"
    listed.write_text(CAME, encoding="utf-8")
    (folder / "outreach.toml").write_text(SETTINGS.replace("2025-03-10", "2025-03-31"), encoding="utf-8")
    done = run(app, ["record", "NEXT", str(listed), "--data", str(folder), "--format", "csv"])
    assert done.exit_code == 0, done.output
    assert "NEXT: 12 applicants added" in done.stderr
    rows = pd.read_csv(io.StringIO(done.stdout)).set_index("event_id")
    assert rows.loc["NEXT", ["came", "days"]].tolist() == [10, 1]
    events = pd.read_csv(folder / "events.csv", dtype=str).set_index("event_id")
    assert events.loc["NEXT", "status"] == "held"
    assert (folder / "applicants" / "NEXT.csv").read_text(encoding="utf-8") == CAME


def test_what_cannot_be_recorded_is_said_and_changes_nothing(folder, tmp_path):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    empty = tmp_path / "kosong.csv"
    empty.write_text("service_date,kecamatan\n", encoding="utf-8")
    for words in (["E1"], ["NOWHERE"], ["NEXT", str(empty)], ["NEXT", str(tmp_path / "absent.csv")]):
        done = run(app, ["record", *words, "--data", str(folder)])
        assert done.exit_code in (1, 2), words
        assert "Traceback" not in done.output
        assert done.stderr.strip()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
