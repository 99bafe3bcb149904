"""The one table of exact people by area and pop-up that leaves the office."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis import exports as module
from outreach_analysis.cli.commands import app
from outreach_analysis.exports import OUTSIDE, origin_table
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.measures.small_numbers import SuppressionError

PLACES = {"Samarinda Ulu": 30, "Loa Kulu": 3, "Tenggarong": 8, "Kukar": 2, "Surabaya": 6, "Bontang Utara": 4}
run = CliRunner().invoke


@pytest.fixture
def folder(office):
    lists = {
        f"applicants/{event}.csv": "service_date,event_id,address\n"
        + "".join(f"{day},{event},{place}\n" for place, people in PLACES.items() for _ in range(people + extra))
        for event, day, extra in (("E1", "01/02/2025", 0), ("E2", "15/03/2025", 9))
    }
    return office({**lists, "applicants/maret.csv": None})


def test_numbers_are_exact_or_missing_and_none_is_small(folder):
    data = read_dataset(folder)
    published = origin_table(data)
    assert published.table.loc["total", "total"] == data.counts["applicants"].sum() + data.outside["applicants"].sum()
    assert set(published.table.index[-2:]) == {OUTSIDE, "total"}
    shown = published.table.melt()["value"].dropna()
    assert not {*shown} & {1, 2, 3, 4}
    assert published.small.any(axis=None)
    assert (published.possible.melt()["value"].dropna() >= 5).all()


def test_people_known_to_kabupaten_level_are_in_their_kabupaten(folder):
    published = origin_table(read_dataset(folder)).table
    assert published.loc["Kabupaten Kutai Kartanegara", "E2"] == 3 + 8 + 2 + 3 * 9


def test_the_command_prints_and_writes_the_same(folder, tmp_path):
    arguments = ["origins", "--data", str(folder)]
    printed = pd.read_csv(io.StringIO(run(app, [*arguments, "--format", "csv"]).stdout)).drop(columns="synthetic")
    path = tmp_path / "origins.xlsx"
    assert run(app, [*arguments, "--out", str(path)]).exit_code == 0
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)["origins"].iter_rows()]
    assert rows[0] == ["area", "E1", "E2", "total"] == printed.columns.tolist()
    assert rows[1:] == printed.astype(object).where(printed.notna(), None).to_numpy().tolist()
    assert "left out" in run(app, arguments).stdout


def test_where_no_table_is_safe_nothing_is_given(folder, tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise SuppressionError("no table")

    monkeypatch.setattr(module, "suppress_small", refuse)
    path = tmp_path / "origins.csv"
    done = run(app, ["origins", "--data", str(folder), "--out", str(path)])
    assert done.exit_code == 1
    assert "no table" in done.output
    assert not path.exists()


def test_other_kinds_of_file_are_wrong_use(folder, tmp_path):
    done = run(app, ["origins", "--data", str(folder), "--out", str(tmp_path / "origins.pdf")])
    assert done.exit_code == 2
    assert "origins.pdf" in done.output
