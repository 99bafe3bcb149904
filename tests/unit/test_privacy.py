"""Nothing that names a person leaves: a planted NIK, name, phone and passport number in every output."""

from __future__ import annotations

import ast
import base64
import csv
import gzip
import json
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
import typer
from displayed import as_displayed
from own_examples import own_example
from typer.testing import CliRunner

import outreach_analysis as oa
from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS

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


BY_HAND = {
    "announce": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "areas": [["check", "--data", "DATA"]],
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
    "init": [["OUT/new-office"]],
    "keygen": [["OUT/office.key"]],
    "letter": [["MALL", "--data", "DATA", "--out", "OUT"]],
    "notebooks": [["--data", "DATA", "--out", "OUT", "--only", "00_data_quality", "--ipynb"]],
    "offices": [["OFFICES", "--out", "OUT"]],
    "origins": [["--data", "DATA", "--format", "csv"], ["--data", "DATA", "--out", "OUT/origins.xlsx"]],
    "plan": [["--data", "DATA", "--events", "1", "--format", kind] for kind in ("csv", "json")],
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
"""Commands whose own example of help writes or prints less than they can, with arguments by which they do."""
LISTED = typer.main.get_command(app).commands
COMMANDS = {name: BY_HAND.get(name) or own_example(name) for name in LISTED}
"""Every command with what is tried of it: by `make test` the first, and all of `check`; by `make slow` the others."""
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


def test_every_command_is_tried_with_what_it_has():
    assert set(BY_HAND) < set(LISTED) == set(COMMANDS)
    assert ["--table", "uptake"] in [words[-2:] for words in COMMANDS["audience"]]
    assert ["--internal"] in [words[-1:] for words in COMMANDS["impact"]]


def found_in(text: str) -> list[str]:
    # the map's code is the same in every report
    text = re.sub(
        r'<script type="application/gzip" id="plotly-code">.*?</script>', "", text, flags=re.DOTALL
    ).casefold()
    return [mark for mark in CANARIES if mark.casefold() in text]


def unpacked(path: Path) -> str:
    """A file's text; what is packed in a page or a workbook too."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
    text = content.decode("utf-8", errors="replace")
    packed = re.findall(r'<script type="application/gzip" id="(?!plotly-code)[^"]*">(.*?)</script>', text, re.DOTALL)
    return text + "".join(gzip.decompress(base64.b64decode(part)).decode("utf-8") for part in packed)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        pytest.param(
            command,
            arguments,
            marks=[pytest.mark.slow] if command in ("notebooks", "offices") or (at and command != "check") else [],
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
    words = [re.sub("DATA|OFFICES|OUT|LISTS", lambda name: str(places[name[0]]), word) for word in arguments]
    done = CliRunner().invoke(app, [command, *words])
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
def test_no_canary_in_what_notebooks_show(marked_office, monkeypatch, tmp_path):
    """Every value that a cell of a stored notebook ends with, as a notebook would show it."""
    monkeypatch.chdir(tmp_path)
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
                assert found_in(as_displayed(value)) == [], (path.name, cell["id"])
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
