"""What any test can use: a small office, and the exports of the sample, made once for all tests of a run.

`tiny_office` writes a complete data folder of hand-counted people.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examples import FULL
from hypothesis import settings

from outreach_analysis.files import CACHE_VARIABLE

SETTINGS = """\
[office]
name = "Kantor Imigrasi Contoh"
synthetic = true
"""
SITES = """\
site_id,name,kind,area,lon,lat,capacity,opened
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,01/01/2010
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47,120,
TGR,Kantor Kecamatan Tenggarong,kecamatan,64.02.06,,,,
"""
EVENTS = """\
event_id,site_id,date,status,series,capacity,sold_out
E1,MALL,01/02/2025,held,Simpatik,100,tidak
E2,TGR,15/03/2025,held,,,tidak
E3,TGR,20/12/2025,planned,,,
"""
MALL_LIST = """\
No;Tgl Permohonan;Nama;No. KTP;No HP;Kelurahan/Desa;Kecamatan;Kab/Kota;Jenis Paspor;Jenis Permohonan;Tahu dari
1;01/02/2025;Andi Saputra;6472031201900001;081211110001;Air Putih;Samarinda Ulu;Samarinda;Paspor Biasa;Baru;IG
2;01/02/2025;Budi Hartono;6472031201910001;081211110002;;Samarinda Ulu;Samarinda;E-Paspor;Penggantian;Teman
3;01/02/2025;Citra Lestari;6402065201920001;081211110003;;Tenggarong;Kukar;E-Paspor;Hilang;Radio
4;01/02/2025;Dewi Anggraini;6402065201930001;081211110004;;;Kukar;E-Paspor;Baru;
5;01/02/2025;Eko Prasetyo;3578011201900001;081211110005;;;Surabaya;E-Paspor;Baru;IG
6;01/02/2025;Fajar Nugroho;6472031201950001;081211110006;;Zzyx;;E-Paspor;Baru;IG
"""
TENGGARONG_LIST = """\
service_date,event_id,kecamatan,kabupaten,nik
15/03/2025,E2,Tenggarong,Kutai Kartanegara,6402061201850001
15/03/2025,E2,Tenggarong,Kutai Kartanegara,6402061201860001
15/03/2025,E2,Loa Kulu,Kutai Kartanegara,6402071201870001
15/03/2025,E2,Loa Kulu,Kutai Kartanegara,6402071201870001
17/03/2025,OFFICE,Samarinda Ulu,Samarinda,6472031201880001
"""
INTEREST = """\
date,area,people,source,group,person,event_id
10/03/2025,64.02.06,21,pesantren,ya,,
11/03/2025,Loa Kulu,1,WA,tidak,081299990001,
"""
OFFICE_MONTHLY = """\
month,area,applicants
2025-01,Samarinda Ulu,30
2025-01,64.02.06,12
Feb 2025,Samarinda Ulu,28
"""
FILES = {
    "outreach.toml": SETTINGS,
    "sites.csv": SITES,
    "events.csv": EVENTS,
    "applicants/E1.csv": MALL_LIST,
    "applicants/maret.csv": TENGGARONG_LIST,
    "interest.csv": INTEREST,
    "office_monthly.csv": OFFICE_MONTHLY,
}

OfficeWriter = Callable[..., Path]


@pytest.fixture
def office(tmp_path: Path) -> OfficeWriter:
    """A function that writes a data folder and returns its path.

    `office()` writes the tiny office; `office({"events.csv": text})` replaces or adds files, and a value of
    None leaves one out. Contents are text (UTF-8) or bytes.
    """

    def write(changes: dict[str, str | bytes | None] | None = None, *, name: str = "office") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, content in {**FILES, **(changes or {})}.items():
            if content is None:
                continue
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


@pytest.fixture
def tiny_office(office: OfficeWriter) -> Path:
    """A complete small data folder, hand-counted.

    Two held events and one planned, a mall in Samarinda and the kecamatan office of Tenggarong (no coordinates
    of its own), interest and monthly office counts. At E1 six people: two of Samarinda Ulu (one in desa Air
    Putih), one of Tenggarong, one known as Kutai Kartanegara only, one of Surabaya, one whose place ('Zzyx')
    nobody knows; so 3 of 5 are placed. At E2 three people (one row stands twice): two of Tenggarong, one of
    Loa Kulu. One person of Samarinda Ulu at the office.
    """
    return office()


def of_this_run(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all processes of a run of pytest share."""
    own = factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(scope="session", autouse=True)
def cache_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands keep for the next time goes to a folder of this run, and not to the one of the person at work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(of_this_run(tmp_path_factory) / "cache"))
        yield


def made_once(factory: pytest.TempPathFactory, name: str, *command: str) -> Path:
    """A folder that an `outreach` command fills, once a run of pytest, however many processes share it.

    The first process that asks runs the command; the others wait for it.
    """
    shared = of_this_run(factory)
    folder, verdict = shared / name, shared / f"{name}.done"
    try:
        folder.mkdir()
    except FileExistsError:
        while not verdict.exists():
            time.sleep(0.2)
    else:
        said = "the command did not end"
        try:
            done = subprocess.run(
                [sys.executable, "-m", "outreach_analysis", *command, "--out", str(folder)],
                capture_output=True,
                text=True,
                check=False,
            )
            said = "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stderr}"
        finally:
            (shared / f"{name}.part").write_text(said, encoding="utf-8")
            (shared / f"{name}.part").replace(verdict)
    said = verdict.read_text(encoding="utf-8")
    assert said == "", said
    return folder


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both reports of the sample, made by the command as a manager would."""
    folder = made_once(tmp_path_factory, "sample-reports", "report", "--sample", "--lang", "both")
    return {lang: folder / f"outreach-{lang}.html" for lang in ("id", "en")}


@pytest.fixture
def notebook_pages(tmp_path_factory: pytest.TempPathFactory, reports: dict[str, Path], name: str) -> Path:
    """Folder of the notebook of this name, run on the sample: as a page (`.html`) and with its results (`.ipynb`). It
    comes after the reports: what these back-tested is kept."""
    assert reports
    return made_once(tmp_path_factory, f"sample-{name}", "notebooks", "--sample", "--ipynb", "--only", name)


@pytest.fixture(scope="session")
def indonesian_notebook(tmp_path_factory: pytest.TempPathFactory, reports: dict[str, Path]) -> Callable[[str], Path]:
    """The page of a notebook in Indonesian; what the reports back-tested is kept."""
    assert reports

    def made(name: str) -> Path:
        command = ("notebooks", "--sample", "--lang", "id", "--only", name)
        return made_once(tmp_path_factory, f"sample-{name}-id", *command) / f"{name}.html"

    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs a notebook is slow, and so is a property that is tried in full."""
    for item in items:
        in_full = settings.get_current_profile_name() == FULL and getattr(
            getattr(item, "obj", None), "is_hypothesis_test", False
        )
        if in_full or "notebook_pages" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
