from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.intake import text_files as csv_text
from outreach_analysis.intake.cells import RawSheet, read_sheets

KNOWN = {"tgl", "alamat", "kec"}


def known_headers(cells: list[str]) -> int:
    return len(KNOWN & {cell.strip().casefold() for cell in cells})


def read(tmp_path: Path, content: bytes | str, name: str = "list.csv", **options: str) -> list[RawSheet]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sheets(path, name=name, header_score=known_headers, **options)


def fault(tmp_path: Path, content: bytes | str, name: str = "list.csv") -> tuple[str, str]:
    with pytest.raises(ContractError) as error:
        read(tmp_path, content, name)
    (item,) = error.value.items
    assert item.file == name
    return item.reason, item.value


def cells(sheets: list[RawSheet]) -> list[list[str]]:
    (sheet,) = sheets
    return sheet.cells.to_numpy().tolist()


def workbook(fill: dict[str, dict[str, object]], merged: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, values in fill.items():
        sheet = book.create_sheet(title)
        for place, value in values.items():
            sheet[place] = value
        for span in merged:
            sheet.merge_cells(span)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xls(rows: list[list[str | float]]) -> bytes:
    """A workbook of Excel 97 (BIFF8 in an OLE2 file of 512-byte sectors) with one sheet, 'Data'."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def begin(what: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, what, 0x0DBB, 0x07CC, 0, 6))

    cells = b""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            at = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                cells += record(0x0204, at + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            else:
                cells += record(0x0203, at + struct.pack("<d", value))
    sheet = begin(0x0010) + cells + record(0x000A, b"")
    size = len(begin(5)) + (4 + 8 + 4) + 4
    listed = record(0x0085, struct.pack("<IBBBB", size, 0, 0, 4, 0) + b"Data")
    stream = begin(5) + listed + record(0x000A, b"") + sheet
    # streams under 4096 bytes would belong into a stream of their own
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, length)

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + table + directory.ljust(512, b"\0") + stream


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_header_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    # more commas in the addresses than there are delimiters in the header
    text = f"Tgl{delimiter}Alamat\n01/02/2025{delimiter}" + '"Jl. A, RT 1, RW 2, Kel. B"\n'
    assert cells(read(tmp_path, text)) == [["Tgl", "Alamat"], ["01/02/2025", "Jl. A, RT 1, RW 2, Kel. B"]]


def test_addresses_with_commas_do_not_outvote_a_semicolon_header(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "Tgl;Alamat\n1;Jl. A, B, C, D\n"))[1] == ["1", "Jl. A, B, C, D"]


def test_excels_own_separator_line_is_no_row(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, "sep=;\nTgl;Alamat\n1;2\n")
    assert sheet.cells.loc[1].tolist() == ["Tgl", "Alamat"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_declared_encodings_read_alike(tmp_path: Path, encoding: str) -> None:
    assert cells(read(tmp_path, "Tgl;Alamat\n1;Café\n".encode(encoding)))[1] == ["1", "Café"]


def test_rows_are_counted_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, 'Tgl,Alamat\n1,"Jl. A\nRT 3\r\nRW 4"\n\n2,NA\n3,null\n')
    assert sheet.cells.index.tolist() == [1, 2, 3, 4, 5]
    assert sheet.cells.loc[3].tolist() == ["", ""]
    assert sheet.cells.loc[[4, 5], 1].tolist() == ["NA", "null"]


def test_short_and_long_rows_keep_all_their_cells(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "Tgl,Alamat\n1\n1,2,3,4\n")) == [
        ["Tgl", "Alamat", "", ""],
        ["1", "", "", ""],
        ["1", "2", "3", "4"],
    ]


def test_many_rows_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_text, "_CHUNK_ROWS", 2)
    (sheet,) = read(tmp_path, "Tgl,Alamat\n" + "".join(f"{n},a\n" for n in range(5)))
    assert sheet.cells[0].tolist() == ["Tgl", "0", "1", "2", "3", "4"]
    assert sheet.cells.index.tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("content", [b"", b"  \n \r\n", b"\xef\xbb\xbf"])
def test_nothing_in_a_file(tmp_path: Path, content: bytes) -> None:
    assert fault(tmp_path, content)[0] == "empty_file"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Tgl,Alamat\x00\x01\x02", "bytes that are no text"),
        (b"Tgl,Alamat\n\x81\x8d\x90", "neither UTF-8 nor cp1252"),
        (b"<html><table><tr><td>Tgl</td></tr></table>", "web page"),
        (b'Tgl,Alamat\n1,"Jl. A\n2,b\n3,c\n', "quotation mark is not closed"),
        (b'Tgl,Alamat\n1,"Jl. A\n2,b"x\n3,c\n', "quotation mark is not closed"),
        (b"PK\x03\x04 but no archive", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 but no workbook", "damaged"),
        (b"PAR1 but no table", "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, why: str) -> None:
    reason, value = fault(tmp_path, content)
    assert reason == "unreadable_file"
    assert why in value


def test_a_missing_file_and_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"gone\.csv: .*missing"):
        read_sheets(tmp_path / "gone.csv", name="gone.csv", header_score=len)
    with pytest.raises(ContractError, match="cannot be read"):
        read_sheets(tmp_path, name="folder.csv", header_score=len)


def test_an_encoding_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cp9999"):
        read(tmp_path, b"Tgl\n\xff", fallback_encoding="cp9999")


def test_cells_of_a_workbook_become_text(tmp_path: Path) -> None:
    content = workbook(
        {
            "Januari": {
                "B2": dt.date(2025, 2, 3),
                "C2": dt.datetime(2025, 2, 3, 10, 15),
                "D2": 6472031201900000,
                "E2": 116.48,
                "F2": 12.0,
                "G2": True,
                "H2": "NA",
                "B3": dt.time(8, 30),
            },
            "Kosong": {},
        }
    )
    (sheet,) = read(tmp_path, content, "book.xlsx")
    assert sheet.sheet == "Januari"
    assert sheet.cells.loc[2].tolist() == [
        "", "2025-02-03", "2025-02-03 10:15:00", "6472031201900000", "116.48", "12", "true", "NA",
    ]  # fmt: skip
    assert sheet.cells.loc[3, 1] == "08:30:00"
    assert sheet.long_numbers == {(2, 3)}


def test_the_name_of_a_file_may_lie_about_its_kind(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, workbook({"A": {"A1": "Tgl"}}), "list.csv")
    assert sheet.cells.loc[1, 0] == "Tgl"


def test_a_date_merged_over_rows_holds_for_each(tmp_path: Path) -> None:
    content = workbook({"A": {"A1": "Tgl", "A2": "01/02/2025", "B2": "x", "B3": "y"}}, merged=("A2:A3", "C1:D1"))
    (sheet,) = read(tmp_path, content, "book.xlsx")
    assert sheet.cells[0].tolist() == ["Tgl", "01/02/2025", "01/02/2025"]


def test_a_truncated_workbook(tmp_path: Path) -> None:
    content = workbook({"A": {"A1": "Tgl"}})
    for length in (4, 30, len(content) // 2, len(content) - 10):
        assert fault(tmp_path, content[:length], "book.xlsx")[0] == "unreadable_file"


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    assert fault(tmp_path, archive("xl/worksheets/sheet1.xml", bytes(30_000_000)), "bomb.xlsx")[0] == "unsafe_file"


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    content = archive("xl/worksheets/sheet1.xml", bytes(30_000_000))
    size = (30_000_000).to_bytes(4, "little")
    assert fault(tmp_path, content.replace(size, (1000).to_bytes(4, "little")), "bomb.xlsx")[0] in (
        "unsafe_file",
        "unreadable_file",
    )


def test_a_lone_cell_at_the_far_end_of_a_sheet_is_refused(tmp_path: Path) -> None:
    reason, _ = fault(tmp_path, workbook({"A": {"A1": "Tgl", "XFD1048576": "x"}}), "far.xlsx")
    assert reason == "unsafe_file"


def test_parquet_reads_like_the_others(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "Tgl": pd.to_datetime(["2025-02-01", None]),
            "Alamat": ["NA", None],
            "NIK": [6472031201900001, 1],
            "x": [1.5, 2],
        }
    )
    path = tmp_path / "list.parquet"
    frame.to_parquet(path)
    (sheet,) = read_sheets(path, name="list.parquet", header_score=known_headers)
    assert sheet.cells.to_numpy().tolist() == [
        ["Tgl", "Alamat", "NIK", "x"],
        ["2025-02-01", "NA", "6472031201900001", "1.5"],
        ["", "", "1", "2"],
    ]


def test_the_same_bytes_have_the_same_fingerprint(tmp_path: Path) -> None:
    (one,), (two,), (other,) = (
        read(tmp_path, text, f"{n}.csv") for n, text in enumerate(("Tgl\n1", "Tgl\n1", "Tgl\n2"))
    )
    assert one.digest == two.digest != other.digest


def test_a_workbook_of_excel_97_reads_like_the_others(tmp_path: Path) -> None:
    content = xls([["Tgl", "NIK", "Alamat", "Jumlah"], ["01/02/2025", 6472031201900010.0, "Loa Kulu", 12.0]])
    (sheet,) = read(tmp_path, content, "list.xls")
    assert (sheet.file, sheet.sheet) == ("list.xls", "Data")
    assert sheet.cells.to_numpy().tolist() == [
        ["Tgl", "NIK", "Alamat", "Jumlah"],
        ["01/02/2025", "6472031201900010", "Loa Kulu", "12"],
    ]
    assert sheet.long_numbers == {(2, 1)}


@pytest.mark.slow
def test_a_workbook_of_excel_97_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    content = xls([["Tgl", "NIK", "Alamat"], *[["01/02/2025", float(row), f"Loa Kulu {row}"] for row in range(300)]])
    assert len(cells(read(tmp_path, content, "list.xls"))) == 301
    for length in (8, 600, len(content) - 513):
        assert fault(tmp_path, content[:length], "list.xls")[0] == "unreadable_file"


DAMAGED = (26, 30, 44, 48, 68, 76, 512, 516, 1024, 1088, 1140, 1536, 1540, 1560, 1580)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("places", [DAMAGED[::5], pytest.param(DAMAGED, marks=pytest.mark.slow)], ids=len)
def test_a_damaged_workbook_of_excel_97_is_no_traceback(tmp_path: Path, places: tuple[int, ...]) -> None:
    content = bytearray(xls([["Tgl", "Alamat"], ["01/02/2025", "Loa Kulu"]]))
    path = tmp_path / "list.xls"
    outcomes = set()
    for place in places:
        damaged = content.copy()
        damaged[place : place + 4] = b"\x7f\x00\xff\x7f"
        path.write_bytes(damaged)
        try:
            outcomes.add(type(read_sheets(path, name="list.xls", header_score=known_headers)))
        except ContractError as error:
            outcomes.add(error.items[0].reason)
    assert "unreadable_file" in outcomes
    assert outcomes <= {list, "unreadable_file", "empty_file"}
