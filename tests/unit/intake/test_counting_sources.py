"""Files and databases that are counted where they are: nothing is lost, whatever their names and ways of writing."""

import csv
import datetime as dt
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.intake import bulk_sources as csv_scan
from outreach_analysis.intake.bulk_count import CountedApplicants, OpenedApplicants, count_applicants
from outreach_analysis.intake.bulk_sources import open_applicants
from outreach_analysis.settings import validation_errors

HEADER = "Tanggal Pelayanan,Nama Pemohon,NIK,Kecamatan,Kab/Kota"
ROW = "{day:02d}/05/2026,{name},64020651010{n:05d},Muara Badak,Kutai Kartanegara"
CANARIES = ("HALIMATUSSADIAH", "6402065101099999")


@pytest.fixture(scope="module")
def areas() -> pd.DataFrame:
    """A kecamatan and its kabupaten: places are tried elsewhere."""
    names = {"64.02": "Kutai Kartanegara", "64.02.05": "Muara Badak"}
    return pd.DataFrame(
        {"name": names, "level": {"64.02": "kabupaten", "64.02.05": "kecamatan"}, "parent_id": {"64.02.05": "64.02"}}
    ).fillna("")


def count(source: Path, areas: pd.DataFrame, **options) -> CountedApplicants:
    with open_applicants(source, threads=1, **options) as lists:
        return count_applicants(lists, areas)


def rows_of(n: int, name: str = "A{n}") -> list[str]:
    return [ROW.format(day=k % 28 + 1, n=k, name=name.format(n=k)) for k in range(n)]


def put(path: Path, lines: list[str], *, header: str = HEADER, end: str = "\n", encoding: str = "utf-8") -> Path:
    path.write_bytes(end.join([header, *lines, ""]).encode(encoding))
    return path


STYLES = {
    "every tenth date behind a #": lambda rows: [("#" if k % 10 == 0 else "") + row for k, row in enumerate(rows)],
    "names between apostrophes of two rows": lambda rows: [
        row.replace(",A", ",'A") if k % 2 else row.replace(",A", ",A'") for k, row in enumerate(rows)
    ],
    "names after an apostrophe": lambda rows: [row.replace(",A", ",'A") for row in rows],
    "names between backslashes": lambda rows: [row.replace(",A", ",\\A\\") for row in rows],
    "the first rows look like numbers": lambda rows: [
        row.replace(",A", ",1") if k < 40 else row for k, row in enumerate(rows)
    ],
    "quoted line breaks": lambda rows: [row.replace(",A", ',"A\nB').replace(",6402", '",6402') for row in rows],
    "quoted delimiters and quotation marks": lambda rows: [
        row.replace(",A", ',"A, ""x"" ; ').replace(",6402", '",6402') for row in rows
    ],
    "a quotation mark inside a name": lambda rows: [row.replace(",A", ',A "x" ') for row in rows],
    "blank lines": lambda rows: [part for row in rows for part in (row, "")],
    "comments of SQL and C": lambda rows: [row.replace(",A", ",--A//") for row in rows],
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_every_row_of_a_csv_file_counts_however_it_is_written(tmp_path, areas, style, end):
    path = put(tmp_path / "list.csv", STYLES[style](rows_of(60)), end=end)
    counted = count(path, areas)
    assert counted.rejected == 0
    assert counted.by_area().to_dict() == {"64.02.05": 60}
    assert counted.rows == 60


def test_names_of_files_are_names_and_not_patterns(tmp_path, areas):
    folder = tmp_path / "lists [mei] {2}"
    folder.mkdir()
    for name, n in {
        "b1.csv": 1,
        "b[12].csv": 2,
        "b*.csv": 4,
        "b?.csv": 8,
        "#b.csv": 16,
        "'b.csv": 32,
        "b;c.csv": 64,
    }.items():
        put(folder / name, rows_of(n))
        assert count(folder / name, areas).rows == n
    assert count(folder, areas).rows == 127
    assert count(folder / "**" / "*.csv", areas).rows == 127
    assert count(folder / "b[1].csv", areas).rows == 1


def test_titles_marks_delimiters_and_encodings_of_many_files_are_read_together(tmp_path, areas):
    semicolon = [row.replace(",", ";") for row in rows_of(3)]
    put(tmp_path / "a.csv", semicolon, header="\ufeff" + HEADER.replace(",", ";"))
    put(tmp_path / "b.csv", rows_of(5), header=f"DAFTAR PEMOHON,,,,\n\n{HEADER}")
    put(tmp_path / "c.csv", [row.replace(",", "\t") for row in rows_of(7)], header=HEADER.replace(",", "\t"),
        encoding="utf-16")  # fmt: skip
    put(tmp_path / "d.csv", rows_of(11, name="Ren\u00e9e"), encoding="cp1252")
    put(tmp_path / "e.csv", rows_of(13), header='"Tanggal\nPelayanan",Nama Pemohon,NIK,Kecamatan,Kab/Kota')
    put(tmp_path / "f.csv", rows_of(17), header=f"sep=,\n{HEADER}")
    put(tmp_path / "g.csv", ["Muara Badak|01/05/2026"] * 19, header="Kecamatan|Tgl")
    counted = count(tmp_path, areas)
    assert counted.by_area().to_dict() == {"64.02.05": 3 + 5 + 7 + 11 + 13 + 17 + 19}
    assert "Tanggal Pelayanan / " in counted.columns["service_date"]
    assert counted.undated == 0


def test_rows_of_another_length_are_faults_with_their_numbers(tmp_path, areas):
    good = rows_of(20)
    ragged = [
        *good[:5],
        f"{good[5]},{CANARIES[0]},{CANARIES[1]}",
        *good[6:10],
        "03/05/2026,A",
        *good[10:],
        f"{good[0]},,",
    ]
    counted = count(put(tmp_path / "list.csv", ragged), areas)
    assert [(fault.reason, fault.row) for fault in counted.faults] == [("ragged_row", 7), ("ragged_row", 12)]
    assert (counted.rows, counted.rejected, int(counted.counts["applicants"].sum())) == (22, 2, 20)
    done = CliRunner().invoke(app, ["count", str(tmp_path / "list.csv"), "--internal"])
    assert done.exit_code == 0
    assert "list.csv row 7: has 7 cells where the header has 5" in done.stderr
    assert "20 of 22 rows counted" in done.stderr
    assert not [canary for canary in CANARIES if canary in done.output]


def test_an_unclosed_quotation_mark_stops_the_file_and_shows_nothing(tmp_path, areas):
    lines = rows_of(30)
    lines[20] = lines[20].replace(",A20", f',"{CANARIES[0]}')
    with pytest.raises(ContractError, match="a quotation mark is not closed") as refused:
        count(put(tmp_path / "list.csv", lines), areas)
    assert CANARIES[0] not in str(refused.value)


def test_a_count_that_is_not_that_of_the_file_is_refused(tmp_path, areas):
    with open_applicants(put(tmp_path / "a.csv", rows_of(9)), threads=1) as lists:
        short = OpenedApplicants(relation=lists.relation, files=lists.files, rows=10)
        with pytest.raises(ContractError, match="was counted as 9 rows, but holds 10"):
            count_applicants(short, areas)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_devices_and_links_elsewhere_are_refused_by_name_before_they_are_opened(tmp_path, areas):
    folder = tmp_path / "lists"
    folder.mkdir()
    put(folder / "a.csv", rows_of(3))
    (folder / "copy.csv").symlink_to("a.csv")
    assert count(folder, areas).rows == 6
    os.mkfifo(folder / "pipe.csv")
    (folder / "device.csv").symlink_to("/dev/zero")
    (folder / "nowhere.csv").symlink_to("gone.csv")
    (folder / "elsewhere.csv").symlink_to(put(tmp_path / "other.csv", rows_of(1)))
    with pytest.raises(ContractError) as refused:
        count(folder, areas)
    assert {Path(fault.file).name: fault.problem.split(": ")[1] for fault in refused.value.items} == {
        "pipe.csv": "a pipe",
        "device.csv": "a device",
        "nowhere.csv": "a link to nothing",
        "elsewhere.csv": "a link out of the folder",
    }
    with pytest.raises(ContractError, match="a pipe"):
        count(folder / "pipe.csv", areas)


def test_a_file_of_very_many_columns_is_refused(tmp_path, areas):
    put(tmp_path / "wide.csv", rows_of(2), header=HEADER + ",x" * 5_000)
    with pytest.raises(ContractError, match="more than 1,000 columns"):
        count(tmp_path / "wide.csv", areas)


def instants(path: Path, zone: str | None) -> Path:
    """The last hour of April and the first of May in Makassar, whose clocks are 8 hours before UTC."""
    moments = [dt.datetime(2026, 4, 30, 15, 30, tzinfo=dt.UTC), dt.datetime(2026, 4, 30, 16, 30, tzinfo=dt.UTC)]
    table = pa.table(
        {"service_date": pa.array(moments, pa.timestamp("us", tz=zone)), "kecamatan": ["Muara Badak", "Muara Badak"]}
    )
    pq.write_table(table, path)
    return path


IN_A_ZONE = """
import sys
import pandas as pd
from outreach_analysis.intake.bulk_count import count_applicants
from outreach_analysis.intake.bulk_sources import open_applicants
from outreach_analysis.settings import Settings
areas = pd.DataFrame(
    {"name": ["Kutai Kartanegara", "Muara Badak"], "level": ["kabupaten", "kecamatan"], "parent_id": ["", "64.02"]},
    index=["64.02", "64.02.05"],
)
for zone in ("Asia/Makassar", "Asia/Jakarta"):
    settings = Settings(office_timezone=zone)
    with open_applicants(sys.argv[1], settings=settings) as lists:
        counted = count_applicants(lists, areas, settings=settings)
    print(zone, counted.counts["month"].dt.strftime("%m").to_list())
"""


@pytest.mark.parametrize(
    ("machine", "written"),
    [
        ("America/New_York", "UTC"),
        *(
            pytest.param(machine, written, marks=pytest.mark.slow)
            for machine in ("UTC", "Asia/Makassar", "America/New_York")
            for written in ("UTC", "America/New_York")
        ),
    ],
)
def test_an_instant_belongs_to_the_day_of_the_office_on_every_machine(tmp_path, machine, written):
    path = instants(tmp_path / "a.parquet", written)
    done = subprocess.run([sys.executable, "-c", IN_A_ZONE, str(path)], capture_output=True, text=True, check=True,
                          env={**os.environ, "TZ": machine, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.stdout.splitlines() == ["Asia/Makassar ['04', '05']", "Asia/Jakarta ['04']"]


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "duckdb"])
def test_instants_of_every_kind_of_frame_are_days_of_the_office(tmp_path, areas, kind):
    path = instants(tmp_path / "a.parquet", "UTC")
    frames = {
        "pandas": lambda: pd.read_parquet(path),
        "polars": lambda: __import__("polars").read_parquet(path),
        "arrow": lambda: pq.read_table(path),
        "duckdb": lambda: __import__("duckdb").connect().sql(f"FROM '{path}'"),
    }
    counted = count_applicants(frames[kind](), areas)
    assert counted.counts["month"].dt.month.to_list() == [4, 5]


def test_parquet_files_of_other_columns_and_kinds_are_read_together(tmp_path, areas):
    day = dt.date(2026, 5, 3)
    parts = {
        "a": {"service_date": [day], "Kecamatan": ["Muara Badak"]},
        "b": {"Tgl": ["04/05/2026"], "area_code": [6402.0], "kecamatan": ["Muara Badak"]},
        "c": {"Tanggal": [dt.datetime(2026, 5, 5, 9)], "kecamatan": ["Muara Badak"], "channel": [["IG", "Teman"]]},
        "d": {"service_date": pa.array([None], pa.null()), "kecamatan": ["Muara Badak"]},
    }
    for name, columns in parts.items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    (tmp_path / "event_id=E 7").mkdir()
    pq.write_table(pa.table(parts["a"]), tmp_path / "event_id=E 7" / "e.parquet")
    counted = count(tmp_path, areas)
    assert counted.by_area().to_dict() == {"64.02.05": 5}
    assert counted.counts.groupby("event_id")["applicants"].sum().to_dict() == {"": 4, "E 7": 1}
    assert counted.undated == 1


@pytest.mark.parametrize("first", [dt.date(2026, 5, 3), 46145, 46145.0, dt.datetime(2026, 5, 3, 9)])
def test_days_of_one_header_may_be_of_another_type_in_each_parquet_file(tmp_path, areas, first):
    for name, day in (("a", first), ("b", "04/05/2026")):
        pq.write_table(pa.table({"Tgl": [day], "kecamatan": ["Muara Badak"]}), tmp_path / f"{name}.parquet")
    counted = count(tmp_path, areas)
    assert counted.by_area().to_dict() == {"64.02.05": 2}
    assert counted.counts["month"].tolist() == [pd.Timestamp(2026, 5, 1)]


def test_a_file_without_the_day_is_named_and_not_counted_without_one(tmp_path, areas):
    pq.write_table(pa.table({"service_date": [dt.date(2026, 5, 3)], "kecamatan": ["Melak"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"kecamatan": ["Melak"]}), tmp_path / "b.parquet")
    (tmp_path / "c.parquet").touch()
    with pytest.raises(ContractError) as refused:
        count(tmp_path, areas)
    assert [(Path(fault.file).name, fault.reason) for fault in refused.value.items] == [("c.parquet", "empty_file")]
    (tmp_path / "c.parquet").unlink()
    with pytest.raises(ContractError) as refused:
        count(tmp_path, areas)
    assert [(Path(fault.file).name, fault.column) for fault in refused.value.items] == [("b.parquet", "service_date")]


def test_text_that_is_no_text_names_the_file_and_never_shows_it(tmp_path, areas):
    plain = pa.array([CANARIES[0].encode() + b"\xff", b"B"], pa.binary())
    bad = pa.StringArray.from_buffers(2, *plain.buffers()[1:])
    day, good = [dt.date(2026, 5, 3)] * 2, ["Muara Badak"] * 2
    pq.write_table(pa.table({"service_date": day, "kecamatan": good, "nama": bad}), tmp_path / "a.parquet")
    assert count(tmp_path, areas).rows == 2
    pq.write_table(pa.table({"service_date": day, "kecamatan": bad}), tmp_path / "b.parquet")
    with pytest.raises(ContractError, match=r"b\.parquet: .*the file cannot be read") as refused:
        count(tmp_path, areas)
    assert [Path(fault.file).name for fault in refused.value.items] == ["b.parquet"]
    assert refused.value.__cause__ is None
    assert CANARIES[0] not in str(refused.value)


def test_a_byte_that_is_no_text_spoils_its_cell_and_not_the_table(tmp_path, areas):
    path = tmp_path / "lists.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE applicants (service_date, kecamatan, nama)")
        rows = [("01/05/2026", "Muara Badak", b"\xff" + CANARIES[0].encode()), ("02/05/2026", b"\xff\xfe", "B"),
                (1_777_000_000, "Muara Badak", "C"), (None, "Muara Badak", "D")]  # fmt: skip
        texts = [tuple(f"CAST(x'{cell.hex()}' AS TEXT)" if isinstance(cell, bytes) else repr(cell) if cell else "NULL"
                       for cell in row) for row in rows]  # fmt: skip
        for row in texts:
            connection.execute(f"INSERT INTO applicants VALUES ({', '.join(row)})")
    connection.close()
    done = CliRunner().invoke(app, ["count", str(path), "--internal", "--format", "json"])
    assert done.exit_code == 0, done.output
    assert {row["area_id"]: row["applicants"] for row in json.loads(done.stdout)} == {"": 1, "64.02.05": 3}
    assert "the day of 2 could not be read" in done.stderr
    assert CANARIES[0] not in done.output
    (tmp_path / "broken.db").write_bytes(path.read_bytes()[:1500])
    refused = CliRunner().invoke(app, ["count", str(tmp_path / "broken.db")])
    assert refused.exit_code == 1
    assert "the file cannot be read" in refused.output


CELLS = st.text(st.sampled_from("ab1 #'\"\\;,|\t\n\r/-[]*?\u00e9\ufeff"), max_size=6)


def write(rows: list[list[str]], delimiter: str, end: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    names=st.lists(CELLS, min_size=1, max_size=30),
    delimiter=st.sampled_from(csv_scan.DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_whatever_names_hold_every_row_counts(tmp_path_factory, areas, *, names, delimiter, end, quoting):
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    head = ["Tanggal", "Nama", "Kecamatan"]
    if any("\r" in name for name in names):
        # the writer of Python leaves such a name without quotation marks, and the file is broken
        quoting = csv.QUOTE_ALL
    text = write([head, *(["01/05/2026", name, "Muara Badak"] for name in names)], delimiter, end, quoting)
    path.write_text(text, encoding="utf-8", newline="")
    counted = count(path, areas)
    assert counted.by_area().to_dict() == {"64.02.05": len(names)}


def test_stretches_of_a_large_file_are_cut_between_rows(tmp_path, areas, monkeypatch):
    rng = random.Random(7)
    lines = [row.replace(",A", f',"A\n{"x" * rng.randrange(9)}').replace(",6402", '",6402') for row in rows_of(300)]
    path = put(tmp_path / "list.csv", lines, end="\r\n")
    for size in (1, 7, 300):
        monkeypatch.setattr(csv_scan, "_ROWS_AT_ONCE", size)
        assert count(path, areas).rows == 300


def test_rows_of_another_length_are_named_up_to_a_limit_a_file_however_many_parts_it_has(tmp_path, areas, monkeypatch):
    monkeypatch.setattr(csv_scan, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(csv_scan, "MAX_FAULTS", 3)
    for name in ("a", "b"):
        put(tmp_path / f"{name}.csv", ["x"] * 7)
    counted = count(tmp_path, areas)
    assert counted.rejected == 14
    assert [(Path(fault.file).name, fault.row) for fault in counted.faults] == [
        (f"{name}.csv", row) for name in ("a", "b") for row in (2, 3, 4)
    ]


def test_looking_through_does_not_stay_behind(tmp_path, areas):
    before = set(Path(tempfile.gettempdir()).glob("outreach-count-*"))
    count(put(tmp_path / "a.csv", rows_of(3), end="\r"), areas)
    assert set(Path(tempfile.gettempdir()).glob("outreach-count-*")) <= before


def test_the_time_zone_of_the_settings_is_checked():
    assert validation_errors({"office_timezone": "Asia/Jayapura"}) == []
    for zone in ("WITA!", "../etc/passwd", "", "Asia/Makasar"):
        assert [fault.name for fault in validation_errors({"office_timezone": zone})] == ["office_timezone"]
