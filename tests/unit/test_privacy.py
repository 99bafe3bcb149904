"""Nothing that names a person leaves: a planted NIK, name, phone and passport number in every output."""

from __future__ import annotations

import ast
import csv
import json
import re
import tempfile
from pathlib import Path

import pytest
import typer
from canaries import SPELLINGS, Plants, plant_office, quoted, unpacked
from typer.testing import CliRunner

import outreach_analysis as oa
from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS
from outreach_analysis.intake import dataset
from outreach_analysis.settings import Settings

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NIK, NAME, PHONE, PASSPORT = "6472035507950042", "Zulkarnaen Qomariah", "081299887766", "C7654321"
CANARIES = (NIK, NAME, "Zulkarnaen", "Qomariah", PHONE, "81299887766", PASSPORT)
SETTINGS = '[office]\nname = "Kantor"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n'
LIST = f"""\
Tgl Permohonan;Nama;No. KTP;No HP;No Paspor;Alamat;Kab/Kota
01/02/2025;{NAME};{NIK};{PHONE};{PASSPORT};Kel. Air Putih, Samarinda Ulu;Samarinda
01/02/2025;{NAME};{NIK};{PHONE};{PASSPORT};Kel. Air Putih, Samarinda Ulu;Samarinda
31/02/2025;{NAME};{NIK};{PHONE};{PASSPORT};Samarinda Ulu;Samarinda
01/02/2025;{NAME};{NIK};{PHONE};{PASSPORT};rumah {NAME} hp {PHONE} ktp {NIK};
01/02/2025;{NAME};{NIK}1;{PHONE};{PASSPORT};entah di mana {PASSPORT};
"""
INTEREST = f"""\
date,area,people,person
10/01/2025,Loa Kulu,1,{PHONE}
10/01/2025,Zzyx {PHONE},1,{NIK}
99/01/2025,Loa Kulu,x,{PHONE}
"""
REQUESTS = f"""\
number,date,asker,area,day,list,people,contact
1/X,10/02/2025,Ponpes {NAME},Loa Kulu,20/12/2025,daftar.csv,,{NAME} {PHONE}
2/X,10/02/2025,{NAME},Zzyx {NAME} {PHONE},,,30,{NAME}
3/X,10/02/2025,{NAME},Loa Kulu,{NIK},{NAME}.csv,{PHONE},{NIK}
{NIK},10/02/2025,{NAME},Loa Kulu,,,30,{NAME}
"""
REQUEST_LIST = f"Nama,NIK,Kecamatan\n{NAME},{NIK},Loa Kulu\n{NAME},{NIK}1,rumah {NAME}\n"


COMMANDS = {
    "announce": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "areas": [["check", "--data", "DATA"]],
    "audience": [["--data", "DATA", "--table", name, "--format", "csv"] for name in ("channels", "ages", "days")],
    "backtest": [["--data", "DATA", "--format", "csv"]],
    "brief": [["MALL", "--data", "DATA", "--lang", "both", "--out", "OUT"]],
    "check": [
        ["DATA"],
        *(["DATA", "--format", kind, "--table", name] for kind in ("csv", "json") for name in ACCOUNT_COLUMNS),
        ["DATA", "--strict"],
    ],
    "count": [
        ["LISTS", "--by", "place", "--format", "csv"],
        ["LISTS", "--internal", "--out", "OUT/counts.csv"],
    ],
    "decide": [["MALL", "--data", "DATA", "--reason", "a hall is ready"]],
    "impact": [["--data", "DATA", "--format", kind] for kind in ("table", "csv")],
    "init": [["OUT/new-office"]],
    "keygen": [["OUT/office.key"]],
    "letter": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "notebooks": [["--data", "DATA", "--out", "OUT", "--only", "00_data_quality", "--ipynb"]],
    "offices": [["OFFICES", "--out", "OUT"]],
    "origins": [["--data", "DATA", "--format", "csv"], ["--data", "DATA", "--out", "OUT/origins.xlsx"]],
    "plan": [["--data", "DATA", "--events", "1", "--format", kind] for kind in ("csv", "json")],
    "rank": [["--data", "DATA", "--format", kind] for kind in ("table", "csv", "json")]
    + [["--data", "DATA", "--internal"]],
    "record": [["E1", "--data", "DATA"]],
    "report": [["--data", "DATA", "--lang", "both", "--out", "OUT", *more] for more in ([], ["--internal"])],
    "requests": [["--data", "DATA", "--format", "csv"], ["--data", "DATA", "--internal", "--format", "json"]],
    "resolve": [["--data", "DATA", "Loa Kulu", f"Jl. Damai {PHONE}, {NIK}, {PASSPORT}", "--format", "json"]],
    "review": [["--data", "DATA", "--by", "AN"]],
    "schedule": [
        ["--data", "DATA", "--events", "1", *more] for more in (["--format", "csv"], ["--out", "OUT/days.ics"])
    ],
    "sample": [["OUT/sample"]],
}
"""Every command, with arguments by which it writes or prints as much as it can.

`make test` tries the first of each, and all of `check`; `make slow` the others.
"""
WRITES = {
    "announce": True,
    "brief": True,
    "init": True,
    "keygen": True,
    "letter": True,
    "report": True,
    "review": True,
    "sample": True,
}


@pytest.fixture
def marked_office(office, folders_once):
    files = {"applicants/E1.csv": LIST, "interest.csv": INTEREST, "requests.csv": REQUESTS}
    return office({"outreach.toml": SETTINGS, "requests/daftar.csv": REQUEST_LIST, **files})


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A place to work, with all that a command may write below one folder."""
    for name in ("out", "home", "lists"):
        (tmp_path / name).mkdir()
    rows = [line.split(";") for line in LIST.splitlines()]
    with (tmp_path / "lists" / "list.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    monkeypatch.chdir(tmp_path / "out")
    for variable in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home"))
    return tmp_path


def placed(arguments: list[str], places: dict[str, Path]) -> list[str]:
    return [re.sub("DATA|OFFICES|OUT|LISTS", lambda name: str(places[name[0]]), word) for word in arguments]


def named_commands() -> set[str]:
    return {str(name) for name in typer.main.get_command(app).commands}


def test_no_command_is_forgotten_here():
    assert set(COMMANDS) == named_commands()


def found_in(text: str) -> list[str]:
    # the map's code is the same in every report
    text = re.sub(
        r'<script type="application/gzip" id="plotly-code">.*?</script>', "", text, flags=re.DOTALL
    ).casefold()
    return [mark for mark in CANARIES if mark.casefold() in text]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        pytest.param(
            command,
            arguments,
            marks=[] if (at == 0 and command != "notebooks") or command == "check" else [pytest.mark.slow],
        )
        for command, several in COMMANDS.items()
        for at, arguments in enumerate(several)
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:6]),
)
def test_no_canary_leaves_by_any_command(command, arguments, marked_office, machine, caplog):
    """Printed or logged, in files that it writes anywhere below its folders, and in caches of the machine."""
    handed_in = {path: path.read_bytes() for path in machine.rglob("*") if path.is_file()}
    places = {
        "DATA": marked_office,
        "OFFICES": marked_office.parent,
        "OUT": machine / "out",
        "LISTS": machine / "lists",
    }
    done = CliRunner().invoke(app, [command, *placed(arguments, places)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.exit_code in ((0, 1, 2) if command == "record" else (0, 1)), done.output
    assert done.output
    assert found_in(done.output + caplog.text) == []
    written = [path for path in machine.rglob("*") if path.is_file() and path not in handed_in]
    assert {path: found_in(unpacked(path)) for path in written if found_in(unpacked(path))} == {}
    assert bool(written) or not WRITES.get(command, "--out" in arguments)
    assert all(path.read_bytes() == content for path, content in handed_in.items())


def test_no_canary_in_the_sheet_of_decisions(marked_office):
    sheet = marked_office / "review.csv"
    CliRunner().invoke(app, ["review", "--data", str(marked_office)])
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 2
    sheet.write_text("\n".join([lines[0], *(f"{line}UNKNOWN" for line in lines[1:])]), encoding="utf-8")
    done = CliRunner().invoke(app, ["review", "--data", str(marked_office), "--by", "AN"])
    assert done.exit_code == 0, done.output
    written = "\n".join([*lines, (sheet.parent / "aliases.csv").read_text(encoding="utf-8-sig")])
    assert found_in(written) == []


@pytest.mark.slow
def test_no_canary_in_what_notebooks_show(marked_office, monkeypatch):
    """Every value that a cell of a stored notebook ends with, as a notebook would show it."""
    monkeypatch.setattr(oa, "answer_box", Kept, raising=False)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        names: dict[str, object] = {}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            lines = ast.parse("".join(cell["source"])).body
            last = lines.pop() if isinstance(lines[-1], ast.Expr) else None
            exec(compile(ast.Module(lines, []), path.name, "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= {"DATA_FOLDER": marked_office, "LANGUAGE": "id"}
            if last is not None:
                value = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
                shown = value.to_json() if hasattr(value, "to_json") else getattr(value, "_repr_html_", str)()
                assert found_in(str(shown)) == [], (path.name, cell["id"])
        kept = names["answer"].said
        assert kept
        assert found_in(kept) == []


class Kept:
    """A notebook's answer, kept."""

    said = ""

    def fill(self, sentences: object, **_: object) -> None:
        self.said += str(sentences)


def test_no_canary_where_reading_stops(office):
    broken = office({"applicants/E1.csv": LIST.replace("Tgl Permohonan", "Kapan"), "sites.csv": None})
    done = CliRunner().invoke(app, ["check", str(broken)])
    assert done.exit_code == 1
    assert found_in(done.output) == []


# --- Every spelling in every field, through every command.


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
MORE = {
    "areas": [["import", "LISTS/list.csv", "--data", "DATA"]],
    "audience": [["--data", "DATA", "--table", name] for name in ("applications", "uptake", "series")],
    "check": [["DATA", "--all"]],
    "plan": [["--data", "DATA", "--requests"], ["--data", "DATA", "--events", "1", "--table", "facts"]],
    "record": [["E9", "--data", "DATA"], ["E9", "LISTS/list.csv", "--data", "DATA"]],
    "schedule": [["--data", "DATA", "--events", "1", "--out", "OUT/days.xlsx"]],
}
WRITES_INTO_FOLDER = ("decide", "record", "review", "areas", "offices", "notebooks")


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
    read = dataset.read_dataset(folder)
    places = {"DATA": folder, "OFFICES": folder.parent, "LISTS": machine / "lists"}
    runs = [(command, one) for command, several in COMMANDS.items() for one in [*several, *MORE.get(command, [])]]
    runs += [
        (command, [word.replace("CANARY", typed[(at + one) % len(typed)]) for one, word in enumerate(words)])
        for command, *words in WORDS_TYPED
        for at in range(0, len(typed), 1 if command == "resolve" else 12)
    ]
    # what writes into the folder comes last
    runs.sort(key=lambda run: run[0] in WRITES_INTO_FOLDER)
    told: dict[str, set[tuple[str, int]]] = {}
    for at, (command, arguments) in enumerate(runs):
        places["OUT"] = machine / "out" / f"{at}"
        places["OUT"].mkdir()
        with monkeypatch.context() as patch:
            if command not in WRITES_INTO_FOLDER:
                patch.setattr(dataset, "read_dataset", lambda path, read=read, **_: read if path == folder else 1 / 0)
            words = [command, *placed(arguments, places), "--log", str(places["OUT"] / "log")]
            done = CliRunner().invoke(app, words)
        assert done.exit_code in (0, 1, 2), (words, done.exception)
        assert done.output, words
        if found := plants.found_in(done.output + caplog.text):
            told[" ".join(words)] = found
        caplog.clear()
    written = [path for path in machine.rglob("*") if path.is_file() and path not in handed_in]
    assert len(written) > len(runs)
    told |= {str(path): found for path in written if (found := plants.found_in(unpacked(path)))}
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
