"""Every office of a directorate: reported each by itself, compared on one page, none stopped by another."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from typer.testing import CliRunner

from outreach_analysis.cli.answer_commands import Task, office_folders, refused_claims, run_tasks
from outreach_analysis.cli.commands import app
from outreach_analysis.disclosure import rounding_interval
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.report.page import OfficeNumbers, OfficePage, render_national
from outreach_analysis.study import Study

TWENTY = (
    "34.04", "32.74", "73.71", "32.09", "34.01", "34.71", "73.06", "33.72", "33.11", "35.78",
    "35.15", "51.04", "51.03", "61.71", "62.71", "63.71", "71.71", "72.71", "74.71", "75.71",
)  # fmt: skip


def write_office(folder: Path, kabupaten: str, seed: int) -> None:
    """An office with five places and one pop-up or two, most of whose kecamatan sent very few people."""
    made = CliRunner().invoke(app, ["init", str(folder), "--kabupaten", kabupaten])
    assert made.exit_code == 0, made.output
    areas = pd.read_csv(folder / "areas.csv", dtype=str, keep_default_na=False)
    ids = areas.loc[areas["level"] == "kecamatan", "area_id"].tolist()
    rng = np.random.default_rng(seed)
    places = [f"D{at},Balai {at},kecamatan,{area}" for at, area in enumerate(ids[1:5], start=1)]
    (folder / "sites.csv").write_text("\n".join(["site_id,name,kind,area", f"K,Kantor,office,{ids[0]}", *places]))
    days = dict([("E1", "14/03/2026"), ("E2", "11/04/2026")][: 1 + seed % 2])
    events = [f"{event},D{at},{day},held" for at, (event, day) in enumerate(days.items(), start=1)]
    (folder / "events.csv").write_text("\n".join(["event_id,site_id,date,status", *events]))
    for event, day in days.items():
        homes = rng.choice(ids[:5], size=30, p=np.array([0.75, 0.1, 0.05, 0.05, 0.05]))
        rows = [f"{day},{area}" for area in homes]
        (folder / "applicants" / f"{event}.csv").write_text("\n".join(["tgl,area_code", *rows]))


def numbers(office: str = "Kantor A", **changes: object) -> OfficeNumbers:
    told: dict[str, object] = {
        "office": office,
        "as_of": "2026-04-11",
        "synthetic": True,
        "kecamatan": 3,
        "residents": 100_000,
        "reach_per_10_000": 2.0,
        "covered": 0.5,
        "inside": 3,
        "judged": 4,
        "displacement": (0.4, 0.2, 0.6),
        "need": (100.0, 50.0, 150.0),
        "place": "Balai <b>",
        "day": "2026-04-25",
        "additional": (20.0, 5.0, 40.0),
        "status": "fitted",
    }
    return OfficeNumbers.from_json({**told, **changes})


def test_the_page_holds_each_office_and_sums_of_what_it_shows() -> None:
    nothing = numbers("Kantor B", residents=300_000, reach_per_10_000=4.0, place="", day="", additional=None)
    pages = [
        OfficePage(folder="a", numbers=numbers()),
        OfficePage(folder="b", numbers=nothing),
        OfficePage(folder="c", failure="no office: it has no outreach.toml"),
    ]
    page = render_national(pages, lang="en", other="index.html")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert (
        "2 offices, 400,000 residents: 3.5 applicants per 10,000 residents, unmet need of 200 people a year, "
        "6 of 8 past forecasts"
    ) in text
    assert 'href="a/outreach-en.html"' in page
    assert "Balai &lt;b&gt;" in page
    assert "c : no office: it has no outreach.toml" in text
    assert "<script" not in page
    assert "http" not in page
    assert render_national(pages, lang="id") != page
    assert len(render_national([OfficePage(folder=f"o{n}", numbers=numbers(f"K{n}")) for n in range(200)])) < 3e6


def test_numbers_survive_their_file() -> None:
    assert OfficeNumbers.from_json(json.loads(json.dumps(numbers().to_json()))) == numbers()


def test_folders_of_offices_are_found_and_others_named(tmp_path: Path) -> None:
    for name in ("jawa/cirebon", "bali", "notes", ".git", "reports/bali"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("jawa/cirebon", "bali"):
        (tmp_path / name / "outreach.toml").touch()
    found, others = office_folders(tmp_path, besides=tmp_path / "reports")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["bali", "jawa/cirebon"]
    assert [path.name for path in others] == ["notes"]
    done = CliRunner().invoke(app, ["offices", str(tmp_path / "notes"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "is no office" in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_offices_that_claim_one_area_are_both_named(tmp_path: Path) -> None:
    head = "area_id,name,parent_id,population\n"
    for name, rows in {"a": "X,Satu,,5\nY,Dua,,5\n", "b": "Y,Dua,,5\nZ,Tiga,,5\n", "c": "Q,Lain,,5\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "outreach.toml").touch()
        (tmp_path / name / "areas.csv").write_text(head + rows)
    found, _ = office_folders(tmp_path, besides=tmp_path / "out")
    refused = {folder.name: why for folder, why in refused_claims(tmp_path, found).items()}
    assert refused == {
        "a": "claims Dua (Y), as b does; name each area in the [areas] jurisdiction of one",
        "b": "claims Dua (Y), as a does; name each area in the [areas] jurisdiction of one",
    }
    (tmp_path / "c" / "areas.csv").write_text("nothing\n")
    assert "c" in {folder.name for folder in refused_claims(tmp_path, found)}


def test_a_task_is_done_again_when_anything_it_is_made_of_changes(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    (folder / "sites.csv").write_text("a")
    task = Task(folder=folder, out=out, langs=("id",), seed=1)
    stamp = task.stamp()
    (out / "office.json").write_text(json.dumps({"stamp": stamp}))
    assert not task.is_done(stamp)
    (out / "outreach-id.html").touch()
    assert task.is_done(stamp)
    assert list(run_tasks([task], 2)) == [(task, "")]
    (folder / "sites.csv").write_text("b")
    assert not task.is_done(task.stamp())
    assert Task(folder=folder, out=out, langs=("id",), seed=2).stamp() != task.stamp()
    (out / "office.json").write_text('{"stamp": "')
    assert not task.is_done(stamp)


def run(root: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "outreach_analysis", "offices", str(root), "--out", str(out), "--jobs", "2", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_broken_office_is_reported_and_the_others_are_done_once(tmp_path: Path) -> None:
    root, out = tmp_path / "offices", tmp_path / "out"
    for at, kabupaten in enumerate(TWENTY[:2]):
        write_office(root / f"o{at}", kabupaten, at)
    write_office(root / "broken", TWENTY[2], 2)
    (root / "broken" / "sites.csv").unlink()
    done = run(root, out)
    assert done.returncode == 1
    assert "broken: 1 fault(s) in the data folder:" in done.stderr
    assert "sites.csv: the file is missing" in done.stderr
    assert "1 of 3 offices could not be reported" in done.stderr
    assert not (out / "broken" / "office.json").exists()
    written = {path: path.stat().st_mtime_ns for path in out.glob("o*/*")}
    assert sorted(path.name for path in written) == ["office.json", "office.json", *["outreach-id.html"] * 2]
    page = (out / "index.html").read_text()
    assert page.count('/outreach-id.html"') == 4
    assert run(root, out).returncode == 1
    assert {path: path.stat().st_mtime_ns for path in out.glob("o*/*")} == written
    told = OfficeNumbers.from_json(json.loads((out / "o0" / "office.json").read_text())["numbers"])
    assert told.kecamatan == 17
    assert attacked(root / "o0", told) == []
    # the same reader of exact numbers would know some
    assert attacked(root / "o0", told, base=1)


def attacked(folder: Path, told: OfficeNumbers, *, base: int = 5) -> list[tuple[str, str]]:
    """Small numbers that a reader of all pages knows: people by event and area under everything that is told, the
    rounded people of each event and each area, and the rate of the whole office that the national page repeats."""
    data = read_dataset(folder)
    study = Study(data, internal=base == 1)
    counts = data.counts.pivot_table(index="event_id", columns="area_id", values="applicants", aggfunc="sum")
    cells = [(event, area) for event in counts.index for area in counts.columns]
    rows, low, high = [], [], []

    def limit(over: list[bool], published: float) -> None:
        least, most = rounding_interval(np.array([published]), base=base)
        rows.append(np.array(over, dtype=float))
        low.append(float(least[0]))
        high.append(float(most[0]))

    for event, people in study.came["people"].items():
        limit([one == event for one, _ in cells], float(people))
    for area, people in study.reach.by_area["applicants"].items():
        if not pd.isna(people):
            limit([one == area for _, one in cells], float(people))
    rows.append(np.ones(len(cells)))
    per_person = 10_000 / told.residents
    low.append((told.reach_per_10_000 - 0.05) / per_person - 5)
    high.append((told.reach_per_10_000 + 0.05) / per_person + 5)
    matrix = np.vstack([*rows, *(-row for row in rows)])
    limits = [*high, *(-value for value in low)]
    known = []
    for at, (event, area) in enumerate(cells):
        if not 0 < counts.loc[event, area] < 5:
            continue
        cost = np.zeros(len(cells))
        cost[at] = 1
        ends = [linprog(sign * cost, A_ub=matrix, b_ub=limits, bounds=(0, None)).fun for sign in (1, -1)]
        if np.floor(-ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6) < 1:
            known.append((event, area))
    return known


@pytest.mark.slow
def test_twenty_offices_killed_and_resumed(tmp_path: Path) -> None:
    root, out = tmp_path / "offices", tmp_path / "out"
    for at, kabupaten in enumerate(TWENTY):
        write_office(root / f"o{at:02d}", kabupaten, at)
    (root / "o07" / "events.csv").unlink()
    command = [sys.executable, "-m", "outreach_analysis", "offices", str(root), "--out", str(out)]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    while len(list(out.glob("*/office.json"))) < 4 and first.poll() is None:
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not (out / "index.html").exists()
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/office.json")}
    done = run(root, out)
    assert done.returncode == 1
    assert "1 of 20 offices could not be reported" in done.stderr
    after = {path: path.stat().st_mtime_ns for path in out.glob("*/office.json")}
    assert len(after) == 19
    assert {path: after[path] for path in before} == before
    page = (out / "index.html").read_text()
    assert len(page) < 3e6
    assert page.count('/outreach-id.html"') == 38
    for path in after:
        told = OfficeNumbers.from_json(json.loads(path.read_text())["numbers"])
        assert attacked(root / path.parent.name, told) == []
