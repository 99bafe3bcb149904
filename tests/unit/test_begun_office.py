"""An office of any province from nothing: its areas by `outreach init`, what is missing named, then a report."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.intake.dataset import read_dataset

OFFICES = {
    "Cirebon": ("32.09,32.74", "Asia/Jakarta", ("Kesambi", "Kota Cirebon"), ("Losari", "Kab. Cirebon")),
    "Yogyakarta": (
        "34.01,Kota Yogyakarta",
        "Asia/Jakarta",
        ("Umbulharjo", "Kota Yogyakarta"),
        ("Wates", "Kulon Progo"),
    ),
    "Makassar": ("kota makassar,Gowa", "Asia/Makassar", ("Panakkukang", "Makassar"), ("Pallangga", "Gowa")),
}


def begun(folder: Path, kabupaten: str) -> None:
    done = CliRunner().invoke(app, ["init", str(folder), "--kabupaten", kabupaten])
    assert done.exit_code == 0, done.output


def filled(folder: Path, first: tuple[str, str], second: tuple[str, str]) -> None:
    """What an office types: two places, one pop-up, one list."""
    places = f"KANIM,Kantor,office,{first[0]}\nDESA,Balai Desa,desa,{second[0]}\n"
    (folder / "sites.csv").write_text(f"site_id,name,kind,area\n{places}")
    (folder / "events.csv").write_text("event_id,site_id,date,status\nE1,DESA,14/03/2026,held\n")
    rows = [f"14/03/2026,{kecamatan},{kabupaten}" for kecamatan, kabupaten in (first, second) for _ in range(12)]
    (folder / "applicants" / "E1.csv").write_text("\n".join(["tgl,kecamatan,kab/kota", *rows]))


@pytest.mark.parametrize(
    "office", ["Makassar", *(pytest.param(name, marks=pytest.mark.slow) for name in ("Cirebon", "Yogyakarta"))]
)
def test_a_folder_that_has_only_begun_says_what_is_missing(tmp_path: Path, office: str) -> None:
    kabupaten, zone, first, second = OFFICES[office]
    begun(tmp_path, kabupaten)
    checked = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert checked.exit_code == 0, checked.output
    assert "residents are only estimated of" in checked.stdout
    assert "put the office's lists into applicants/" in checked.stdout
    assert CliRunner().invoke(app, ["check", str(tmp_path), "--strict"]).exit_code == 1
    filled(tmp_path, first, second)
    data = read_dataset(tmp_path)
    assert data.settings.office_timezone == zone
    assert data.areas["in_jurisdiction"].all()
    assert data.areas[["lon", "lat", "area_km2"]].notna().all(axis=None)
    assert data.counts["applicants"].sum() == 24
    # published of the kabupaten, and so many altogether below it
    published = data.gazetteer.loc[data.gazetteer["level"] == "kabupaten", "population"]
    for level in ("kecamatan", "desa"):
        inside = data.gazetteer[data.gazetteer["level"] == level]
        assert inside.groupby(inside.index.str[:5])["population"].sum().to_dict() == published.to_dict()
        assert inside["population_source"].str.startswith("estimate").all()
    assert "areas_sum" not in set(data.ledger.rows["reason"])


@pytest.mark.slow
@pytest.mark.parametrize("office", OFFICES)
def test_from_nothing_to_a_report_in_seven_steps(tmp_path: Path, office: str) -> None:
    """init, check, three files, check, report."""
    kabupaten, _, first, second = OFFICES[office]
    folder = tmp_path / "office"
    begun(folder, kabupaten)
    assert CliRunner().invoke(app, ["check", str(folder)]).exit_code == 0
    filled(folder, first, second)
    assert CliRunner().invoke(app, ["check", str(folder)]).exit_code == 0
    done = CliRunner().invoke(app, ["report", "--data", str(folder), "--out", str(tmp_path / "reports")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "reports" / "outreach-id.html").is_file()


@pytest.mark.slow
def test_what_a_blank_costs_is_told_before_anything_is_refused(tmp_path: Path) -> None:
    kabupaten, _, first, second = OFFICES["Cirebon"]
    begun(tmp_path, kabupaten)
    filled(tmp_path, first, second)
    path = tmp_path / "areas.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("area_id")
    point = table.loc["32.09.01", ["lon", "lat"]]
    table.loc["32.09.01", ["lon", "lat"]] = ""
    table.to_csv(path)
    checked = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert checked.exit_code == 0
    assert "there is no point (lon, lat) of 1 of 45 kecamatan: Waled (32.09.01)" in checked.stdout
    assert "`outreach report` refuses the folder" in checked.stdout
    reported = CliRunner().invoke(app, ["report", "--data", str(tmp_path), "--out", str(tmp_path / "reports")])
    assert reported.exit_code == 1
    assert "32.09.01" in reported.stderr
    # a blank of a desa costs nothing, one of a kecamatan every rate
    table.loc["32.09.01", ["lon", "lat"]] = point
    table.loc[["32.09.02", *table.index[table["level"] == "desa"][:3]], "population"] = ""
    table.to_csv(path)
    checked = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert checked.exit_code == 0
    assert "there are no residents (population) of 1 of 45 kecamatan: " in checked.stdout
    assert "(32.09.02); fill in population; every rate, forecast and ranking" in checked.stdout
    data = read_dataset(tmp_path)
    assert data.areas.index[data.areas["population"].isna()].tolist() == ["32.09.02"]
    assert "areas_sum" not in set(data.ledger.rows["reason"])
    ranked = CliRunner().invoke(app, ["rank", "--data", str(tmp_path)])
    assert ranked.exit_code == 1
    assert "residents are missing, infinite or below 0 for 32.09.02" in ranked.stderr
    assert not (tmp_path / "reports").exists()


def test_areas_of_the_package_are_taken_where_it_knows_more(tmp_path: Path) -> None:
    begun(tmp_path, "64.72,64.74")
    filled(tmp_path, ("Samarinda Ulu", "Samarinda"), ("Bontang Utara", "Bontang"))
    data = read_dataset(tmp_path)
    assert data.gazetteer.loc["64.72.01", "bps_code"]
    assert data.gazetteer.loc[data.gazetteer["level"] == "desa", "lon"].notna().all()
    assert data.areas["in_jurisdiction"].all()
    assert set(data.areas["parent_name"]) == {"Kota Samarinda", "Kota Bontang"}


def test_unclear_kabupaten_are_refused_together_and_nothing_is_written(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app, ["init", str(tmp_path / "x"), "--kabupaten", "Cirbon,6402,64.04,99.01,Cirebon,32.09"]
    )
    assert said.exit_code == 2
    lines = said.stderr.splitlines()
    assert lines[0].startswith(
        "Cirbon: no kabupaten is called so; near it: 32.09 Kabupaten Cirebon, 32.74 Kota Cirebon"
    )
    assert lines[1].startswith("6402: codes of Kemendagri and BPS differ; 64.02 Kabupaten Kutai Kartanegara")
    assert lines[2].startswith("64.04: no kabupaten has this code today, it may have been split or moved")
    assert lines[3].startswith("99.01: no province has a code that begins so")
    assert (
        lines[4]
        == "Cirebon: several bear this name, write the code of one: 32.09 Kabupaten Cirebon, 32.74 Kota Cirebon"
    )
    assert len(lines) == 5
    assert not list(tmp_path.iterdir())


def test_kabupaten_are_searched_by_name_or_province(tmp_path: Path) -> None:
    def found(text: str) -> list[str]:
        return CliRunner().invoke(app, ["init", str(tmp_path / "x"), "--kabupaten", text]).stdout.splitlines()

    assert found("?cire") == ["32.09 Kabupaten Cirebon", "32.74 Kota Cirebon"]
    assert len(found("?kalimantan timur")) == 10
    assert len(found("?")) == 514
    assert found("?zzz") == ["no kabupaten has such a name"]
    assert not list(tmp_path.iterdir())
