"""Interest pasted from a chat: every line accounted for, every phone a key, no name anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.intake.cells import RawText
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.sheets import chat_table, is_chat

OfficeWriter = Callable[..., Path]
NAME, PHONE, NIK = "Zulkarnaen Qomariah", "081299887766", "6472035507950042"
CANARIES = ("zulkarnaen", "qomariah", "9988", NIK, "hasanuddin")


def read(
    text: str, *, file: str = "grup.txt", month_first: bool = False
) -> tuple[list[tuple[str, ...]], LedgerBuilder]:
    book = LedgerBuilder()
    table = chat_table(RawText(file=file, text=text, digest="x"), month_first=month_first, book=book)
    rows = table.rows.assign(name=table.names)
    return list(rows[["date", "area", "people", "phone", "nik", "name"]].itertuples(index=False, name=None)), book


@pytest.mark.parametrize(
    ("line", "place", "phone", "name"),
    [
        ("1. Siti - 081234567890 - Loa Kulu", "Loa Kulu", "081234567890", "Siti"),
        ("2) an. Siti Aminah 0812-3456-7890 Desa Loa Duri", "Desa Loa Duri", "0812-3456-7890", "Siti Aminah"),
        ("3 a/n Siti, +62 812 3456 7890, Muara Badak, Kukar", "Muara Badak, Kukar", "+62 812 3456 7890", "Siti"),
        ("(4) Siti/0812.3456.7890/Tenggarong", "Tenggarong", "0812.3456.7890", "Siti"),
        ("- Siti (081234567890) Loa Kulu RT 5", "Loa Kulu RT 5", "081234567890", "Siti"),
        ("Siti-081234567890-Loa Kulu", "Loa Kulu", "081234567890", "Siti"),
        ("5.Siti.081234567890.Loa Kulu", "Loa Kulu", "081234567890", "Siti"),
        (
            "6. Siti – HP: 81234567890 – Jl. Damai 3, Kel. Air Putih",
            "Jl. Damai 3, Kel. Air Putih",
            "81234567890",
            "Siti",
        ),
        ("7. Siti - Sebulu - 081234567890", "Sebulu", "081234567890", "Siti Sebulu"),
        ("8. 081234567890 - Siti - Sebulu", "Sebulu", "081234567890", "Siti Sebulu"),
        ("9. Siti Sebulu 081234567890", "", "081234567890", "Siti Sebulu"),
        ("10. Siti - Loa Kulu", "Loa Kulu", "", "Siti Loa Kulu"),
    ],
)
def test_a_line_in_its_parts(line: str, place: str, phone: str, name: str) -> None:
    ((_, found_place, _, found_phone, _, found_name),), _ = read(line)
    assert (found_place, found_phone, found_name) == (place, phone, name)


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("[12/10/2026 09.12] Budi: ", "2026-10-12"),
        ("[12/10/26, 09.12.33] ~ Budi: ", "2026-10-12"),
        ("\u200e[09:12, 12/10/2026] +62 812-3456-7890: ", "2026-10-12"),
        ("12/10/26 09.12 - Budi: ", "2026-10-12"),
        ("31/02/2026, 9:12 PM - Budi: ", "31/02/2026"),
        ("Daftar minat tanggal 12-10-2026\n", "2026-10-12"),
        ("", "2026-09-01"),
    ],
)
def test_the_date_is_the_nearest_above(head: str, date: str) -> None:
    rows, _ = read(f"{head}1. Siti - 081234567890 - Loa Kulu", file="interest/grup 01-09-2026.txt")
    assert [row[:3] for row in rows] == [(date, "Loa Kulu", "")]


def test_month_may_stand_first() -> None:
    rows, _ = read("[10/12/2026 09.12] Budi: Siti 081234567890 Loa Kulu 4 orang", month_first=True)
    assert rows == [("2026-10-12", "Loa Kulu", "4", "081234567890", "", "Siti")]


def test_lines_that_name_nobody_are_skipped_and_counted() -> None:
    text = "Assalamualaikum\n\n12/10/26 09.12 - Budi menambahkan +62 812-3456-7890\n1. Siti - 081234567890 - Sebulu\n"
    rows, book = read(text)
    assert len(rows) == 1
    account = book.close()
    assert account.by_file[["read", "matched", "skipped"]].to_numpy().tolist() == [[4, 1, 3]]
    assert account.rows[["row", "reason"]].to_numpy().tolist() == [
        [1, "chat_line"],
        [2, "blank_row"],
        [3, "chat_line"],
    ]


def test_a_table_saved_as_text_is_no_chat() -> None:
    assert not is_chat("date;area;people\n01/02/2025;Loa Kulu;3\n")
    assert not is_chat("tanggal,desa,no hp\n1. Siti - 081234567890 - Sebulu\n")
    assert not is_chat("just a few words\n")
    assert is_chat("Daftar:\n1. Siti - 081234567890 - Sebulu\n")


CHAT = f"""\
[10/03/2025 09.12] Pak Hasanuddin: Daftar peminat
1. {NAME} - {PHONE} - Loa Kulu
2. an. {NAME}, +62 812-9988-7766, Loa Kulu
3. {NAME} - Zzyx - 081299887755
4. {NAME} - {NIK} - Tenggarong
5. {NAME} - Tenggarong
6. {NAME} 081299887744 Qqvv {NAME}
7. {PHONE[:-1]}9 - Surabaya
8. Loa Kulu - 081299887733 - {NAME}
9. Loa Kulu - {NAME} - 081299887722

[31/02/2025 10.00] Pak Hasanuddin: 8. {NAME} - {PHONE} - Loa Kulu
"""


@pytest.fixture
def chatty(office: OfficeWriter) -> Path:
    return office({"interest/grup kukar.txt": CHAT})


def test_chats_stand_beside_the_table_and_add_up(chatty: Path) -> None:
    data = read_dataset(chatty)
    rows = data.interest[data.interest["source_file"] == "interest/grup kukar.txt"]
    assert rows[["area_id", "people", "source_row"]].to_numpy().tolist() == [
        ["64.02.02", 1, 2],
        ["64.02.02", 1, 3],
        ["64.02.06", 1, 5],
    ]
    assert rows["person_key"].nunique() == 2
    assert rows["person_key"].iloc[0] == rows["person_key"].iloc[1]
    assert len(data.interest) == 5
    account = data.ledger.by_file.set_index("file").loc["interest/grup kukar.txt"]
    parts = account[["matched", "review", "rejected", "duplicate", "skipped"]].tolist()
    assert account["read"] == sum(parts) == 12
    assert parts[0] == 3


def test_a_chat_leaves_no_person_behind(chatty: Path) -> None:
    data = read_dataset(chatty)
    published = [
        data.interest.drop(columns="person_key"),
        data.ledger.rows,
        data.ledger.review,
        data.ledger.columns_taken,
    ]
    text = "\n".join(frame.to_csv() for frame in published).casefold()
    printed = CliRunner().invoke(app, ["check", str(chatty), "--format", "csv"]).output.casefold()
    assert "qqvv" in text
    assert [mark for mark in CANARIES if mark in text + printed] == []


def test_a_chat_may_be_the_only_interest(office: OfficeWriter) -> None:
    folder = office({"interest.csv": None, "interest.txt": "[10/03/2025 09.12] Budi: Siti 081234567890 Loa Kulu\n"})
    interest = read_dataset(folder).interest
    assert interest[["date", "area_id", "source"]].to_numpy().tolist() == [
        [pd.Timestamp("2025-03-10"), "64.02.02", "chat"]
    ]


def test_lists_of_every_kind_stand_in_the_folder(office: OfficeWriter, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    days = pd.to_datetime(["2025-03-01", "2025-03-02"])
    frame = pd.DataFrame({"Tanggal": days, "Desa": ["Jembayan", "Qqvv"], "Nama": NAME, "HP": PHONE})
    frame.to_parquet(tmp_path / "list.parquet")
    folder = office(
        {
            "interest/a.parquet": (tmp_path / "list.parquet").read_bytes(),
            "interest/b.txt": "tanggal;kecamatan;no hp\n03/03/2025;Tenggarong;081299887711\n",
            "interest/notes.docx": b"x",
        }
    )
    data = read_dataset(folder)
    assert data.interest["source_file"].tolist() == ["interest.csv"] * 2 + ["interest/a.parquet", "interest/b.txt"]
    assert "unknown_file_kind" in set(data.ledger.rows["reason"])
    assert "zulkarnaen" not in data.ledger.rows.to_csv().casefold() + data.ledger.review.to_csv().casefold()
