"""A workbook cannot take the machine: whatever it asks for, it is read under limits or refused by name."""

import datetime as dt
import io
import os
import random
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.intake import cells as readers
from outreach_analysis.intake import text_files as csv_text
from outreach_analysis.intake import workbooks
from outreach_analysis.intake.cells import RawSheet, SheetExtent, read_sheets, read_workbook
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.intake.workbooks import SIGNATURE
from outreach_analysis.workbook import Worksheet, workbook_bytes

ROWS = [["service_date", "kecamatan"], [dt.date(2025, 3, 15), "Loa Kulu"], [dt.date(2025, 3, 16), "Tenggarong"]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
CANARY = "NURHALIZAH 6402065101099999"


def with_sheet(xml: str) -> bytes:
    """A workbook whose first sheet is this XML."""
    source, target = zipfile.ZipFile(io.BytesIO(workbook_bytes([Worksheet(name="a", rows=ROWS)]))), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for part in source.namelist():
            archive.writestr(part, xml if part.endswith("sheet1.xml") else source.read(part))
    return target.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(ContractError) as refused:
        read_sheets(path, name=path.name, header_score=len)
    assert CANARY not in str(refused.value)
    (fault,) = refused.value.items
    return f"{fault.reason}: {fault.problem}"


FAR = {
    "double quotes": '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="XFD900000"><v>1</v></c></row>',
    "single quotes": "<row><c r='A1'><v>1</v></c></row><row><c r='XFD900000'><v>1</v></c></row>",
    "spaces and line ends": '<row><c\n t="n"\n r \t=\n "XFD900000"><v>1</v></c></row>',
    "entities": '<row><c r="XFD&#57;0000&#x30;"><v>1</v></c></row>',
    "small letters": '<row><c r="xfd900000"><v>1</v></c></row>',
    "first attribute late": f'<row><c s="{"0" * 5000}" r="XFD900000"><v>1</v></c></row>',
}


@pytest.mark.parametrize("way", FAR)
def test_a_cell_far_away_is_seen_however_its_place_is_written(tmp_path, way):
    path = tmp_path / "far.xlsx"
    path.write_bytes(with_sheet(SHEET.format(FAR[way])))
    assert refusal(path) == "unsafe_file: needs room for 14,745,600,000 cells on one sheet"


def test_cells_with_a_prefix_count_and_other_elements_do_not():
    extent = SheetExtent()
    extent.feed(b'<x:worksheet xmlns:x="m"><x:c r="B3"/><x:col r="ZZ99"/><x:c r="nowhere"/>')
    assert extent.cells == 6
    extent.feed(b"<<< no XML, which is for the reader of workbooks to say")
    assert extent.cells == 6


def serve(monkeypatch, body: str) -> None:
    """Let the process of workbooks be one that behaves like this."""
    start = (
        "import os, sys, time\n"
        "from outreach_analysis.intake import cells, workbooks as w\n"
        f"def read_workbook(content, name):\n    {body}\n"
        "cells.read_workbook = read_workbook\n"
        "w._serve(sys.stdin.buffer, os.fdopen(os.dup(1), 'wb'), int(sys.argv[-1]))\n"
    )
    real = subprocess.Popen

    def popen(command, **options):
        return real([command[0], "-c", start, command[-1]], **options)

    monkeypatch.setattr(workbooks.subprocess, "Popen", popen)


TAKES = {
    "all memory at once": "content = bytearray(400 * 2**30)",
    "memory step by step": "kept = []\n    while True: kept.append(os.urandom(2**22))",
    "its own life": "os.abort()",
    "the way out": "os._exit(0)",
    "half an answer": "os.write(w.sys.stdout.fileno(), b'1234'); os._exit(0)",
}


@pytest.mark.parametrize("what", TAKES)
def test_what_a_reader_takes_is_taken_from_its_own_process(tmp_path, monkeypatch, what):
    monkeypatch.setenv(workbooks.MEMORY_VARIABLE, "300")
    serve(monkeypatch, TAKES[what])
    path = tmp_path / "hungry.xls"
    path.write_bytes(SIGNATURE + bytes(600))
    assert refusal(path) == "unsafe_file: needs more than 300 MB of memory, or it is damaged"
    assert not psutil.Process().children()


def test_without_a_limit_of_the_system_the_watch_ends_it(tmp_path, monkeypatch):
    monkeypatch.setenv(workbooks.MEMORY_VARIABLE, "300")
    unlimited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); kept = []\n"
    serve(monkeypatch, unlimited + "    while True: kept.append(os.urandom(2**22))")
    path = tmp_path / "hungry.ods"
    path.write_bytes(b"PK" + bytes(600))
    assert "300 MB" in refusal(path)


@pytest.mark.slow
def test_a_reader_without_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setenv(workbooks.SECONDS_VARIABLE, "3")
    serve(monkeypatch, "time.sleep(600)")
    path = tmp_path / "slow.xlsx"
    path.write_bytes(b"PK" + bytes(600))
    assert refusal(path) == "unsafe_file: needs more than 3 s to be read"


def folder(tmp_path: Path, lists: dict[str, bytes]) -> Path:
    (tmp_path / "applicants").mkdir()
    (tmp_path / "outreach.toml").write_text("[office]\nname = 'X'\n")
    (tmp_path / "sites.csv").write_text("site_id,name,kind,area\nMALL,Mal,mall,64.02.06\n")
    (tmp_path / "events.csv").write_text("event_id,site_id,date,status\nE1,MALL,15/03/2025,held\n")
    for name, content in lists.items():
        (tmp_path / "applicants" / name).write_bytes(content)
    return tmp_path


def test_one_process_reads_all_workbooks_of_a_folder_and_none_is_started_for_other_files(tmp_path, monkeypatch):
    started = []
    real = workbooks._started
    monkeypatch.setattr(workbooks, "_started", lambda memory: started.append(memory) or real(memory))
    (tmp_path / "a").mkdir()
    csv_only = folder(tmp_path / "a", {"E1.csv": b"service_date,kecamatan\n15/03/2025,Loa Kulu\n"})
    assert len(read_dataset(csv_only).applicants) == 1
    assert started == []
    (tmp_path / "b").mkdir()
    book = workbook_bytes([Worksheet(name="a", rows=ROWS)])
    more = workbook_bytes([Worksheet(name="a", rows=[*ROWS, [dt.date(2025, 3, 17), "Muara Jawa"]])])
    with_books = folder(tmp_path / "b", {"E1.xlsx": book, "E1 lagi.xlsx": more})
    text = "[office]\nname = 'X'\n[files.events]\n'applicants/E1 lagi.xlsx' = 'E1'\n"
    (with_books / "outreach.toml").write_text(text)
    data = read_dataset(with_books)
    assert data.ledger.by_file.set_index("file").loc["applicants/E1 lagi.xlsx", "read"] == 3
    assert started == [workbooks.MEMORY_MB]
    assert not psutil.Process().children()


def test_one_bad_workbook_does_not_take_the_others_with_it(tmp_path):
    book = workbook_bytes([Worksheet(name="a", rows=ROWS)])
    bad = with_sheet(SHEET.format(FAR["entities"]))
    damaged = SIGNATURE + random.Random(3).randbytes(5000)
    lists = {"E1.xlsx": book, "far.xlsx": bad, "broken.xls": damaged, "cut.ods": b"PK\x03\x04"}
    with pytest.raises(ContractError) as refused:
        read_dataset(folder(tmp_path, lists))
    faults = [fault.file for fault in refused.value.items if fault.reason in ("unsafe_file", "unreadable_file")]
    assert sorted(faults) == ["applicants/broken.xls", "applicants/cut.ods", "applicants/far.xlsx"]


def test_what_the_process_reads_is_what_the_reader_reads(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["service_date", "nik"])
    book.active.append([dt.datetime(2025, 3, 15, 8, 30), 6402065101099999])
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    here = read_workbook((tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx", name="a.xlsx", header_score=len)
    assert sheet.cells.equals(here[0].cells)
    assert sheet.long_numbers == here[0].long_numbers


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_the_process_ends_with_the_one_that_started_it(tmp_path):
    code = (
        "import sys, time\nfrom outreach_analysis.intake.workbooks import workbook_process\n"
        "with workbook_process() as w:\n    w.start()\n    print(w._process.pid, flush=True)\n    time.sleep(60)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    child_gone, _ = psutil.wait_procs([child], timeout=30)
    assert child_gone or child.status() == psutil.STATUS_ZOMBIE


def test_rows_of_very_many_cells_are_refused_before_they_fill_the_memory(tmp_path):
    lines = ["service_date,kecamatan", *["15/03/2025,Loa Kulu"] * 6_000]
    for name, at in {"first": 1, "middle": 3_000, "last": 6_001}.items():
        wide = [*lines[:at], "x" + "," * csv_text.MAX_COLUMNS, *lines[at:]]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(wide))
        assert refusal(path) == "too_large: holds a row of more than 1,000 cells"


def test_lists_of_millions_of_rows_are_sent_to_count(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "MAX_ROWS", 10)
    path = tmp_path / "many.csv"
    path.write_text("service_date,kecamatan\n" + "15/03/2025,Loa Kulu\n" * 11)
    assert refusal(path) == "too_large: holds more than 10 rows"
    pq.write_table(pa.table({"kecamatan": ["Loa Kulu"] * 11}), tmp_path / "many.parquet")
    assert refusal(tmp_path / "many.parquet") == "too_large: holds more than 10 rows"
    with pytest.raises(ContractError, match="outreach count"):
        read_sheets(path, name="many.csv", header_score=len)


def test_text_of_parquet_that_is_no_text_is_refused_without_being_shown(tmp_path):
    plain = pa.array([CANARY.encode() + b"\xff", b"B"], pa.binary())
    bad = pa.StringArray.from_buffers(2, *plain.buffers()[1:])
    pq.write_table(pa.table({"service_date": [dt.date(2025, 3, 15)] * 2, "nama": bad}), tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet").startswith("unreadable_file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_devices_and_links_out_of_the_folder_are_not_opened(tmp_path):
    (tmp_path / "office").mkdir()
    (tmp_path / "secret.csv").write_text(f"service_date,kecamatan\n15/03/2025,{CANARY}\n")
    office = folder(tmp_path / "office", {"E1.csv": b"service_date,kecamatan\n15/03/2025,Loa Kulu\n"})
    os.mkfifo(office / "applicants" / "pipe.csv")
    (office / "applicants" / "zero.csv").symlink_to("/dev/zero")
    (office / "applicants" / "out.csv").symlink_to(tmp_path / "secret.csv")
    (office / "travel.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ContractError) as refused:
        read_dataset(office)
    odd = [fault for fault in refused.value.items if fault.reason == "not_a_file"]
    assert {fault.file: fault.problem.split(": ")[1] for fault in odd} == {
        "applicants/pipe.csv": "a pipe",
        "applicants/zero.csv": "a device",
        "applicants/out.csv": "a link out of the folder",
        "travel.csv": "a link out of the folder",
    }
    assert CANARY not in str(refused.value)


@pytest.mark.slow
def test_damaged_workbooks_of_every_format_are_read_or_refused(tmp_path):
    rng = random.Random(20261129)
    whole = workbook_bytes([Worksheet(name="a", rows=ROWS * 40)])
    refused = []
    with workbooks.workbook_process():
        for number in range(300):
            content = bytearray(whole)
            for _ in range(rng.randrange(1, 30)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            path = tmp_path / f"{number}.xlsx"
            path.write_bytes(bytes(content[: rng.randrange(len(content) // 2, len(content) + 1)]))
            try:
                sheets = read_sheets(path, name=path.name, header_score=len)
            except ContractError as error:
                refused.append((path.name, {fault.file for fault in error.items}))
            else:
                assert all(isinstance(sheet, RawSheet) for sheet in sheets)
    # most are cut short, and a workbook that is cut has lost its table of contents
    assert 150 < len(refused) <= 300
    assert all(files == {name} for name, files in refused)
