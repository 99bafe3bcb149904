"""Cells that hold no value, merged cells, hidden rows and sheets, and files that are not what their name says."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.text_files import html_tables
from outreach_analysis.intake.workbooks import workbook_marks

OfficeWriter = Callable[..., Path]
HEAD = ["Tanggal", "Nama", "Kecamatan", "Kab/Kota", "Tahu dari"]
LIST = "applicants/E1.csv"
AREAS = """\
area_id,name,parent_id,population,lon,lat
64,Kalimantan Timur,,100,,
64.02,Kabupaten Kutai Kartanegara,64,60,,
64.02.06,Tenggarong,64.02,30,116.9,-0.4
64.02.02,Loa Kulu,64.02,30,117.0,-0.5
64.72,Kota Samarinda,64,40,,
64.72.02,Samarinda Ilir,64.72,20,117.15,-0.5
64.72.03,Samarinda Ulu,64.72,20,117.1,-0.5
"""
SMALL = {"areas.csv": AREAS, "interest.csv": None, "office_monthly.csv": None}
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def person(*cells: str, attributes: str = "") -> str:
    return f"<row{attributes}>{''.join(cells)}</row>"


GOOD = (text("01/02/2025"), text("A"), text("Tenggarong"), text("Kukar"), text("IG"))


def xlsx(*rows: str, workbook: str = "") -> bytes:
    """A workbook of one sheet written by hand: rows of cells without their places."""
    head = person(*map(text, HEAD))
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet3.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATION}">{workbook}'
        '<sheets><sheet name="Daftar" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId7" Type="{_RELATION}/worksheet" Target="worksheets/sheet3.xml"/></Relationships>',
        "xl/worksheets/sheet3.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{head}{"".join(rows)}</sheetData>'
        "</worksheet>",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def ods(*rows: str) -> bytes:
    head = "".join(map(cell, HEAD))
    body = (
        f'<office:document-content xmlns:office="{_ODF}:office:1.0" xmlns:table="{_ODF}:table:1.0" '
        f'xmlns:text="{_ODF}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc">'
        '<office:body><office:spreadsheet><table:table table:name="Daftar">'
        f"<table:table-row>{head}</table:table-row>{''.join(rows)}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind)
        manifest = f'xmlns:manifest="{_ODF}:manifest:1.0"'
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest {manifest}><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", body)
    return content.getvalue()


def cell(value: str, attributes: str = "") -> str:
    return f"<table:table-cell office:value-type='string' {attributes}><text:p>{value}</text:p></table:table-cell>"


def read(office: OfficeWriter, content: bytes | str, name: str = "E1.xlsx") -> Dataset:
    return read_dataset(office({**SMALL, LIST: None, f"applicants/{name}": content}))


def published(data: Dataset, reason: str = "cell_error") -> list[tuple[int, str, str, str]]:
    rows = data.ledger.rows[data.ledger.rows["reason"] == reason]
    return list(rows[["row", "column", "value", "status"]].itertuples(index=False, name=None))


def of_e1(data: Dataset) -> list[tuple[int, str]]:
    rows = data.applicants[data.applicants["event_id"] == "E1"].fillna("")
    return list(rows[["source_row", "area_id"]].itertuples(index=False, name=None))


def balanced(data: Dataset) -> bool:
    counted = data.ledger.by_file
    return bool(
        (counted["read"] == counted[["matched", "review", "rejected", "duplicate", "skipped"]].sum(axis=1)).all()
    )


def test_a_cell_in_error_is_a_fault_of_its_row_with_its_name(office: OfficeWriter) -> None:
    data = read(
        office,
        xlsx(
            person(*GOOD),
            person(*GOOD[:2], '<c t="e"><v>#N/A</v></c>', *GOOD[3:]),
            person(*GOOD[:2], text("Loa Kulu"), GOOD[3], '<c t="e"><f>VLOOKUP(1,A1:B2,2)</f><v>#REF!</v></c>'),
            person('<c t="e"><v>#VALUE!</v></c>', *GOOD[1:]),
        ),
    )
    # a source of information in error costs nobody; a place or a day does
    assert published(data) == [
        (3, "kecamatan", "C3: #N/A", "rejected"),
        (4, "channel", "E4: #REF!", "warning"),
        (5, "service_date", "A5: #VALUE!", "rejected"),
    ]
    assert of_e1(data) == [(2, "64.02.06"), (4, "64.02.02")]
    assert balanced(data)
    assert not published(data, "missing_value")


def test_a_formula_that_was_never_computed_is_a_fault_and_an_empty_result_is_none(office: OfficeWriter) -> None:
    data = read(
        office,
        xlsx(
            person(*GOOD),
            person("<c><f>DATE(2025,2,1)</f></c>", *GOOD[1:]),
            person(*GOOD[:4], '<c t="str"><f>IF(1,"","x")</f><v></v></c>'),
            person(*GOOD[:2], '<c t="str"><f>T("Loa Kulu")</f><v>Loa Kulu</v></c>', *GOOD[3:]),
        ),
    )
    assert published(data) == [(3, "service_date", "A3: a formula without its value", "rejected")]
    assert of_e1(data) == [(2, "64.02.06"), (4, "64.02.06"), (5, "64.02.02")]


def test_a_text_that_stands_in_the_place_of_a_number_is_read_or_told(office: OfficeWriter) -> None:
    data = read(
        office,
        xlsx(
            person(*GOOD[:2], '<c t="inlineStr"><v>Loa Kulu</v></c>', *GOOD[3:]),
            person(*GOOD[:2], '<c t="inlineStr"><v>14</v></c>', *GOOD[3:]),
        ),
    )
    assert of_e1(data) == [(2, "64.02.02")]
    assert published(data) == [(3, "kecamatan", "C3: a text that is not in the file", "rejected")]


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#NAME?", "#######", "Err:502"])
def test_errors_that_a_text_file_shows_are_faults_too(office: OfficeWriter, error: str) -> None:
    rows = f"{';'.join(HEAD)}\n01/02/2025;A;Tenggarong;Kukar;IG\n01/02/2025;B;{error};Kukar;IG\n"
    data = read(office, rows, "E1.csv")
    assert published(data) == [(3, "kecamatan", f"C3: {error}", "rejected")]
    assert balanced(data)


def test_strict_stops_on_a_cell_in_error(office: OfficeWriter) -> None:
    rows = f"{';'.join(HEAD)}\n01/02/2025;A;Tenggarong;Kukar;#REF!\n"
    folder = office({**SMALL, LIST: rows})
    found = [CliRunner().invoke(app, ["check", str(folder), *option]) for option in ([], ["--strict"])]
    assert [one.exit_code for one in found] == [0, 1]


def test_merged_cells_of_ods_hold_for_their_rows_and_errors_are_told(office: OfficeWriter) -> None:
    covered = "<table:covered-table-cell/>"
    down = "table:number-rows-spanned='2' table:number-columns-spanned='1'"
    block = "table:number-rows-spanned='2' table:number-columns-spanned='2'"
    data = read(
        office,
        ods(
            f"<table:table-row>{cell('01/02/2025', down)}{cell('A')}{cell('Tenggarong', block)}{covered}{cell('IG')}"
            "</table:table-row>",
            f"<table:table-row>{covered}{cell('B')}{covered}{covered}{cell('IG')}</table:table-row>",
            "<table:table-row table:visibility='filter'>"
            f"{cell('01/02/2025')}{cell('C')}<table:table-cell table:formula='of:=NA()' office:value-type='string' "
            f"office:string-value='' calcext:value-type='error'><text:p>#N/A</text:p></table:table-cell>{cell('Kukar')}"
            "</table:table-row>",
        ),
        "E1.ods",
    )
    assert of_e1(data) == [(2, "64.02.06"), (3, "64.02.06")]
    assert published(data) == [(4, "kecamatan", "C4: #N/A", "rejected")]
    assert [row for row, *_ in published(data, "hidden_row")] == [4]


def test_hidden_rows_count_and_are_told(office: OfficeWriter) -> None:
    hidden = ' hidden="1"'
    data = read(office, xlsx(person(*GOOD), person(*GOOD[:2], text("Loa Kulu"), *GOOD[3:], attributes=hidden)))
    assert [(row, status) for row, _, _, status in published(data, "hidden_row")] == [(3, "warning")]
    assert of_e1(data) == [(2, "64.02.06"), (3, "64.02.02")]


def two_sheets(states: Sequence[str]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, state in enumerate(states):
        sheet = book.create_sheet(f"Lembar {number}")
        sheet.append(HEAD)
        sheet.append(["01/02/2025", f"Orang {number}", "Tenggarong", "Kukar", "IG"])
        sheet.sheet_state = state
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_skipped_and_named(office: OfficeWriter, state: str) -> None:
    data = read(office, two_sheets(["visible", state]))
    assert of_e1(data) == [(2, "64.02.06")]
    skipped = data.ledger.by_file.set_index("sheet").loc["Lembar 1", ["read", "skipped"]].tolist()
    assert skipped == [2, 2]
    assert {status for *_, status in published(data, "hidden_sheet")} == {"skipped"}


def test_a_list_that_stands_on_a_hidden_sheet_alone_stops(office: OfficeWriter) -> None:
    book = openpyxl.load_workbook(io.BytesIO(two_sheets(["visible", "hidden"])))
    book["Lembar 0"].delete_rows(1, 2)
    book["Lembar 0"].append(["Rekap"])
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(ContractError) as error:
        read(office, content.getvalue())
    assert [(item.sheet, item.reason) for item in error.value.items] == [("Lembar 1", "hidden_list")]


def test_numbers_of_days_of_a_1904_workbook_are_its_own(office: OfficeWriter) -> None:
    # 1 February 2025 is day 45689 since 1900 and day 44227 since 1904
    row = person("<c><v>44227</v></c>", *GOOD[1:])
    data = read(office, xlsx(row, workbook='<workbookPr date1904="1"/>'))
    assert data.applicants.loc[data.applicants["event_id"] == "E1", "service_date"].tolist() == [
        pd.Timestamp("2025-02-01")
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_instants_of_parquet_are_the_days_of_the_office(office: OfficeWriter, zone: str) -> None:
    stamps = pd.to_datetime(["2025-01-31T16:30:00Z", "2025-02-01T03:00:00Z"]).tz_convert(zone)
    frame = pd.DataFrame({"Tanggal": stamps, "Kecamatan": ["Tenggarong", "Loa Kulu"]})
    content = io.BytesIO()
    frame.to_parquet(content)
    data = read(office, content.getvalue(), "E1.parquet")
    days = data.applicants.loc[data.applicants["event_id"] == "E1", "service_date"]
    assert days.tolist() == [pd.Timestamp("2025-02-01")] * 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_wide_text_is_read_with_or_without_its_mark(office: OfficeWriter, encoding: str) -> None:
    rows = "\t".join(HEAD) + "\r\n01/02/2025\tA\tTenggarong\tKukar\tIG\r\n"
    assert of_e1(read(office, rows.encode(encoding), "E1.txt")) == [(2, "64.02.06")]


def test_bytes_that_are_no_wide_text_stay_unreadable(office: OfficeWriter) -> None:
    with pytest.raises(ContractError, match="bytes that are no text"):
        read(office, b"Tanggal;Kecamatan\n01/02/2025;Teng\x00garong\n", "E1.csv")


def test_bars_part_cells_too(office: OfficeWriter) -> None:
    rows = "|".join(HEAD) + "\n01/02/2025|A|Tenggarong|Kukar|IG\n"
    assert of_e1(read(office, rows, "E1.csv")) == [(2, "64.02.06")]


def test_a_web_page_saved_as_a_workbook_is_its_tables(office: OfficeWriter) -> None:
    page = (
        "<html><head><style>td {x:1}</style></head><body><table><tr><td colspan=3>DAFTAR</td></tr>"
        "<tr><th>Tanggal<th>Nama<th>Kecamatan</tr>"
        "<tr><td rowspan=2>01/02/2025</td><td>A</td><td>Teng<b>garong</b></td></tr>"
        "<tr><td>B &amp; C</td><td>Loa<br>Kulu</td></tr></table></body></html>"
    )
    assert of_e1(read(office, page, "E1.xls")) == [(3, "64.02.06"), (4, "64.02.02")]
    assert html_tables("<html><p>404</p></html>") == []


def test_marks_refuse_a_part_that_declares_entities() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE w [<!ENTITY a "b">]><workbook>&a;</workbook>')
    with pytest.raises(ValueError, match="entities"):
        workbook_marks(content.getvalue())


def record(kind: int, body: bytes = b"") -> bytes:
    """A record of an .xlsb: kind and size are written seven bits a byte."""
    numbers = b""
    for whole in (kind, len(body)):
        number = whole
        while number > 0x7F:
            numbers += bytes([number & 0x7F | 0x80])
            number >>= 7
        numbers += bytes([number])
    return numbers + body


def wide(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def xlsb(*rows: Sequence[str | int], hidden: int = -1, merged: bytes = b"") -> bytes:
    """A binary workbook of one sheet written by hand; a number is the code of an error."""
    cells = b""
    for number, row in enumerate([HEAD, *rows]):
        cells += record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0x10 * (number == hidden), 0, 0))
        for column, value in enumerate(row):
            at = struct.pack("<II", column, 0)
            cells += record(3, at + bytes([value])) if isinstance(value, int) else record(6, at + wide(value))
    size = record(148, struct.pack("<4I", 0, len(rows), 0, len(HEAD) - 1))
    sheet = record(129) + size + record(145) + cells + record(146) + merged + record(130)
    sheets = record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Daftar")) + record(144)
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.bin", record(131) + record(153, bytes(12)) + sheets + record(132))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{_RELATION}/worksheet" '
            'Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return file.getvalue()


def test_errors_hidden_rows_and_merged_cells_of_a_binary_workbook_are_seen(office: OfficeWriter) -> None:
    rows: list[list[str | int]] = [
        ["01/02/2025", "A", "Tenggarong", "Kukar", "IG"],
        ["01/02/2025", "B", 42, "Kukar", "IG"],
        ["01/02/2025", "C", "Loa Kulu", "Kukar", 23],
        ["", "D", "Loa Kulu", "Kukar", "IG"],
    ]
    merged = record(176, struct.pack("<4I", 3, 4, 0, 0))
    lists = {LIST: None, "applicants/E1.xlsb": xlsb(*rows, hidden=1, merged=merged)}
    data = read_dataset(office({**SMALL, **lists}))
    notes = data.ledger.rows.query("file == 'applicants/E1.xlsb'")[["row", "reason", "value", "status"]]
    assert notes.to_numpy().tolist() == [
        [2, "hidden_row", "", "warning"],
        [3, "cell_error", "C3: #N/A", "rejected"],
        [4, "cell_error", "E4: #REF!", "warning"],
    ]
    assert data.applicants.query("source_file == 'applicants/E1.xlsb'")["area_id"].tolist() == [
        "64.02.06",
        "64.02.02",
        "64.02.02",
    ]
