"""Nothing that names a person leaves: a planted NIK, name, phone and passport number in every output."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from outreach_analysis.cli import app

NIK, NAME, PHONE, PASSPORT = "6472035507950042", "Zulkarnaen Qomariah", "081299887766", "C7654321"
CANARIES = (NIK, NAME, "Zulkarnaen", "Qomariah", PHONE, "81299887766", PASSPORT)
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


@pytest.fixture
def marked_office(office):
    return str(office({"applicants/E1.csv": LIST, "interest.csv": INTEREST}))


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "DATA"],
        ["check", "DATA", "--format", "csv"],
        ["check", "DATA", "--format", "json", "--strict"],
        ["rank", "--data", "DATA", "--format", "json"],
        ["review", "--data", "DATA", "--by", "AN"],
    ],
    ids=" ".join,
)
def test_no_canary_in_what_a_command_prints(marked_office, arguments):
    done = CliRunner().invoke(app, [marked_office if word == "DATA" else word for word in arguments])
    assert done.output
    assert [mark for mark in CANARIES if mark.casefold() in done.output.casefold()] == []


def test_no_canary_in_the_sheet_of_decisions(marked_office):
    sheet = Path(marked_office) / "review.csv"
    CliRunner().invoke(app, ["review", "--data", marked_office])
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 2
    sheet.write_text("\n".join([lines[0], *(f"{line}UNKNOWN" for line in lines[1:])]), encoding="utf-8")
    done = CliRunner().invoke(app, ["review", "--data", marked_office, "--by", "AN"])
    assert done.exit_code == 0, done.output
    written = "\n".join([*lines, (sheet.parent / "aliases.csv").read_text(encoding="utf-8-sig")])
    assert [mark for mark in CANARIES if mark.casefold() in written.casefold()] == []


@pytest.mark.parametrize("extra", [[], ["--internal"]])
def test_no_canary_in_the_report(marked_office, tmp_path, extra):
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["report", "--data", marked_office, "--lang", "both", "--out", str(out), *extra])
    assert done.exit_code == 0, done.output
    for path in out.iterdir():
        text = path.read_text(encoding="utf-8").split('<script type="application/gzip" id="plotly-code">')[0]
        assert [mark for mark in CANARIES if mark.casefold() in text.casefold()] == [], path.name


def test_no_canary_where_reading_stops(office):
    broken = office({"applicants/E1.csv": LIST.replace("Tgl Permohonan", "Kapan"), "sites.csv": None})
    done = CliRunner().invoke(app, ["check", str(broken)])
    assert done.exit_code == 1
    assert [mark for mark in CANARIES if mark.casefold() in done.output.casefold()] == []
