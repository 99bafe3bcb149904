"""Masking as a matrix: personal data in every spelling, planted in every field, looked for in all that any command
tells or writes. Names of other people inside an address cannot be known (docs/security.md)."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
import typer
from canaries import SPELLINGS, Plants, plant_office, quoted, unpacked
from own_examples import own_example
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS
from outreach_analysis.intake import dataset
from outreach_analysis.settings import Settings

BY_HAND = {
    "announce": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "areas": [["check", "--data", "DATA"], ["import", "LISTS/list.csv", "--data", "DATA"]],
    "audience": [
        ["--data", "DATA", "--table", name, "--format", "csv"]
        for name in ("channels", "applications", "ages", "uptake", "days", "series")
    ],
    "backtest": [["--data", "DATA", "--format", "csv"]],
    "brief": [["MALL", "--data", "DATA", "--lang", "both", "--out", "OUT"]],
    "check": [
        ["DATA"],
        ["DATA", "--all"],
        *(["DATA", "--format", kind, "--table", name] for kind in ("csv", "json") for name in ACCOUNT_COLUMNS),
    ],
    "count": [["LISTS", "--by", "place", "--format", "csv"], ["LISTS", "--internal", "--out", "OUT/counts.csv"]],
    "decide": [["MALL", "--data", "DATA", "--reason", "a hall is ready"]],
    "impact": [["--data", "DATA", "--format", "csv"]],
    "init": [["OUT/new-office"]],
    "keygen": [["OUT/office.key"]],
    "letter": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "notebooks": [["--data", "DATA", "--out", "OUT", "--only", "00_data_quality", "--ipynb"]],
    "offices": [["OFFICES", "--out", "OUT"]],
    "origins": [["--data", "DATA", "--format", "csv"], ["--data", "DATA", "--out", "OUT/origins.xlsx"]],
    "plan": [
        ["--data", "DATA", "--events", "1", "--format", "csv"],
        ["--data", "DATA", "--events", "1", "--table", "facts", "--format", "json"],
        ["--data", "DATA", "--requests"],
    ],
    "rank": [["--data", "DATA", "--format", "json"], ["--data", "DATA", "--internal"]],
    "record": [["E9", "--data", "DATA"], ["E9", "LISTS/list.csv", "--data", "DATA"]],
    "report": [
        ["--data", "DATA", "--lang", "both", "--out", "OUT", "--interactive"],
        ["--data", "DATA", "--out", "OUT", "--internal"],
    ],
    "requests": [["--data", "DATA", "--format", "csv"], ["--data", "DATA", "--internal", "--format", "json"]],
    "resolve": [["--data", "DATA", "Loa Kulu", "--format", "json"]],
    "review": [["--data", "DATA", "--by", "AN"]],
    "sample": [["OUT/sample"]],
    "schedule": [
        ["--data", "DATA", "--events", "1", *more]
        for more in (["--format", "csv"], ["--out", "OUT/days.ics"], ["--out", "OUT/days.xlsx"])
    ],
}
"""Commands with arguments by which they tell and write as much as they can."""
LISTED = typer.main.get_command(app).commands
COMMANDS = {name: BY_HAND.get(name) or own_example(name) for name in LISTED}
"""Every command; one that is new by the example of its help."""
WORDS_TYPED = [
    ["brief", "CANARY", "--data", "DATA", "--out", "OUT"],
    ["check", "CANARY"],
    ["count", "CANARY", "--table", "CANARY", "--by", "CANARY"],
    ["decide", "MALL", "--data", "DATA", "--reason", "aula CANARY siap", "--by", "CANARY", "--on", "2025-11-30"],
    ["init", "OUT/new", "--kabupaten", "CANARY"],
    ["offices", "OUT", "--lang", "CANARY"],
    ["plan", "--data", "DATA", "--require", "CANARY", "--from", "CANARY"],
    ["rank", "--data", "DATA", "--CANARY"],
    ["record", "CANARY", "CANARY", "--data", "DATA"],
    ["resolve", "CANARY", "--format", "json"],
    ["review", "--data", "DATA", "--by", "CANARY", "--on", "CANARY"],
    ["schedule", "--data", "DATA", "--out", "OUT/CANARY.doc"],
]
"""What is typed behind a command."""
WRITES_INTO_FOLDER = ("decide", "record", "review", "areas", "offices", "notebooks")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A place to work, with all that a command may write below one folder."""
    for name in ("out", "home", "lists", "offices"):
        (tmp_path / name).mkdir()
    for variable in ("HOME", "XDG_CACHE_HOME", "TMPDIR", "OUTREACH_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "out")
    return tmp_path


def placed(arguments: list[str], places: dict[str, Path]) -> list[str]:
    return [re.sub("DATA|OFFICES|OUT|LISTS", lambda name: str(places[name[0]]), word) for word in arguments]


def test_no_command_is_forgotten_here():
    assert set(BY_HAND) <= set(LISTED) == set(COMMANDS)


@pytest.mark.slow
def test_no_spelling_of_any_field_leaves_by_any_command(machine, monkeypatch, caplog):
    """All spellings in all fields of one folder, whose own name holds one too; its lists are read once for most."""
    plants = Plants()
    folder = machine / "offices" / f"kantor {plants('folder name')[0]}"
    plant_office(folder, plants)
    (machine / "lists" / "list.csv").write_text(
        "Tgl Permohonan,Kecamatan,Alamat\n" + "".join(f'20/12/2025,Loa Kulu,"{one}"\n' for one in plants("new list"))
    )
    handed_in = {path for path in machine.rglob("*") if path.is_file()}
    typed = plants("typed")
    reads, read = dataset.read_dataset, dataset.read_dataset(folder)
    places = {"DATA": folder, "OFFICES": folder.parent, "LISTS": machine / "lists"}
    runs = [(command, one) for command, several in COMMANDS.items() for one in several]
    # a comma stands between two areas of `init`
    for words in (typed[0], " atau ".join(one for one in typed if "," not in one)):
        runs += [(command, [one.replace("CANARY", words) for one in rest]) for command, *rest in WORDS_TYPED]
    # what writes into the folder comes last
    runs.sort(key=lambda run: run[0] in WRITES_INTO_FOLDER)
    told, broken = dict[str, set[tuple[str, int]]](), []
    for at, (command, arguments) in enumerate(runs):
        places["OUT"] = machine / "out" / f"{at}"
        places["OUT"].mkdir()
        with monkeypatch.context() as patch:
            if command not in WRITES_INTO_FOLDER:
                patch.setattr(dataset, "read_dataset", lambda path, **_: read if path == folder else reads(path))
            words = [command, *placed(arguments, places), "--log", str(places["OUT"] / "log")]
            done = CliRunner().invoke(app, words)
        ended = done.exception is None or isinstance(done.exception, SystemExit)
        if not (ended and done.exit_code in (0, 1, 2) and done.output):
            broken.append((words, done.exception))
        if found := plants.found_in(done.output + caplog.text):
            told[" ".join(words)] = found
        caplog.clear()
    written = [path for path in machine.rglob("*") if path.is_file() and path not in handed_in]
    assert len(written) > len(runs)
    told |= {str(path): found for path in written if (found := plants.found_in(unpacked(path)))}
    assert broken == []
    assert told == {}


def test_a_canary_of_every_field_stays_where_it_is(tmp_path):
    """The same in little: one spelling a field."""
    plants = Plants(lambda field: [(7 * field) % len(SPELLINGS)])
    plant_office(tmp_path / "office", plants)
    handed_in = "".join(path.read_text("utf-8") for path in (tmp_path / "office").rglob("*.[ct][so][vm]*"))
    assert len(plants.found_in(handed_in)) > 90
    done = CliRunner().invoke(app, ["check", str(tmp_path / "office"), "--all"])
    assert done.exit_code == 0, done.output
    assert plants.found_in(done.output) == set()


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_no_setting_that_is_refused_tells_what_stood_there(tmp_path, step):
    """Every setting with a canary for its value, as a key of its own and as a setting that nobody knows."""
    keys = [row["key"] for row in Settings().describe()]
    for first in range(0, len(SPELLINGS), step):
        plants = Plants(lambda field, first=first: [(first + field) % len(SPELLINGS)])
        lines = [f"{key} = {quoted(plants(key)[0])}" for key in keys]
        lines += [f"{quoted(plants('unknown setting')[0])}.{quoted(plants('unknown key')[0])} = 1"]
        for name, text in (("outreach.toml", "\n".join(lines)), ("other.toml", f"{plants('bare')[0]} = [")):
            (tmp_path / name).write_text(text, encoding="utf-8")
            settings, faults = Settings.read(tmp_path / name)
            said = "\n".join(map(str, faults)) + settings.office_name + settings.ministry
            assert len(faults) > (len(keys) / 2 if name == "outreach.toml" else 0)
            assert plants.found_in(said) == set()
