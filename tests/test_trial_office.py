"""An invented office of Gowa and Takalar, its 18 lists as offices keep them: read without editing one of them.

All people are invented. `write_office` makes the folder and the truth: who stands in which list, and where they live.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import runpy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.tables import OUTSIDE, PLACED
from outreach_analysis.measures.attendance import attendance_by_event

SEED = 730
AREAS = {
    "73": ("Sulawesi Selatan", 1_158_232),
    "73.06": ("Kabupaten Gowa", 825_369),
    "73.06.07": ("Pallangga", 250_000),
    "73.06.07.2005": ("Pallangga", 9_000),
    "73.06.07.2016": ("Taeng", 8_000),
    "73.06.07.2010": ("Jene'tallasa", 12_000),
    "73.06.08": ("Somba Opu", 350_000),
    "73.06.08.1001": ("Sungguminasa", 10_000),
    "73.06.08.1005": ("Samata", 15_000),
    "73.06.12": ("Barombong", 100_369),
    "73.06.12.2002": ("Kanjilo", 7_000),
    "73.06.18": ("Bajeng Barat", 125_000),
    "73.05": ("Kabupaten Takalar", 332_863),
    "73.05.05": ("Galesong Selatan", 130_000),
    "73.05.09": ("Galesong", 120_000),
    "73.05.07": ("Pattallassang", 82_863),
}
POINTS = {"73.06.07": (119.46, -5.24), "73.06.08": (119.48, -5.2), "73.06.12": (119.42, -5.23),
          "73.06.18": (119.4, -5.3), "73.05.05": (119.38, -5.38), "73.05.09": (119.37, -5.33),
          "73.05.07": (119.44, -5.42)}  # fmt: skip
HOMES = (
    ("Taeng", "Pallangga", "Gowa", "73.06.07"),
    ("Jene'tallasa", "Pallangga", "Gowa", "73.06.07"),
    ("Sungguminasa", "Somba Opu", "Gowa", "73.06.08"),
    ("Samata", "Somba Opu", "Gowa", "73.06.08"),
    ("Kanjilo", "Barombong", "Gowa", "73.06.12"),
    ("", "Bajeng Barat", "Gowa", "73.06.18"),
    ("", "Galesong", "Takalar", "73.05.09"),
    ("", "Galesong Selatan", "Takalar", "73.05.05"),
    ("", "Rappocini", "Kota Makassar", "outside"),
    ("", "Turikale", "Maros", "outside"),
)
MONTHS = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
          "Desember")  # fmt: skip
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
FIRST, LAST = ("Andi", "Sitti", "Muh.", "Nur", "Hasan", "Rahma", "André"), ("Daeng", "Rani", "Basri", "Amal", "Salam")
Cells = list[list[object]]


@dataclass(frozen=True)
class Person:
    """Somebody invented: what stands in the list, and where they really live ('outside' beyond both kabupaten)."""

    name: str
    nik: str
    desa: str
    kecamatan: str
    kabupaten: str
    home: str


@dataclass
class Office:
    """The folder and its truth."""

    folder: Path
    days: dict[str, dt.date] = field(default_factory=dict)
    people: dict[str, list[Person]] = field(default_factory=dict)


def invent(rng: random.Random, event: int) -> list[Person]:
    people = []
    for number in range(rng.randint(22, 34)):
        desa, kecamatan, kabupaten, home = rng.choice(HOMES)
        born = dt.date(1960, 1, 1) + dt.timedelta(rng.randrange(16_000))
        nik = f"730608{born:%d%m%y}{event:02d}{number + 1:02d}"
        people.append(Person(f"{rng.choice(FIRST)} {rng.choice(LAST)}", nik, desa, kecamatan, kabupaten, home))
    return people


def address(person: Person, number: int) -> str:
    """The home in one text, as people write it."""
    if person.home == "outside":
        return f"Kec. {person.kecamatan}, {person.kabupaten}"
    desa = f"Desa {person.desa}, " if person.desa else ""
    texts = (
        f"Jl. Poros No. {number}, {desa}Kec. {person.kecamatan}, Kab. {person.kabupaten}",
        f"Dsn. Borong RT 02/RW 03, {desa}Kec. {person.kecamatan}, {person.kabupaten}",
        f"{desa}Kec. {person.kecamatan}, {person.kabupaten} Kab.",
        f"6P{number % 7}5+{number:02d} Kec. {person.kecamatan}, Kabupaten {person.kabupaten}",
        f"Kec. {person.kecamatan[:4]}{person.kecamatan[3:]}, Kab. {person.kabupaten}",
    )
    return texts[number % len(texts)]


# ---------- files


def xlsx(sheets: dict[str, Cells], merged: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for span in merged:
            sheet.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Cells) -> bytes:
    write = runpy.run_path(str(Path(__file__).parent / "unit" / "intake" / "test_readers.py"))["xls"]
    return bytes(write(rows))


def text(rows: Cells, delimiter: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(delimiter.join(str(cell) for cell in row) for row in rows).encode(encoding)


def columns(person: Person) -> list[object]:
    return [person.desa, person.kecamatan, person.kabupaten]


def plain(people: list[Person], when: object) -> Cells:
    rows: Cells = [["No", "Tanggal", "Nama Pemohon", "NIK", "Desa/Kelurahan", "Kecamatan", "Kab/Kota"]]
    return rows + [[n, when, one.name, one.nik, *columns(one)] for n, one in enumerate(people, start=1)]


def footer(day: dt.date) -> Cells:
    signed = f"Sungguminasa, {day.day} {MONTHS[day.month - 1]} {day.year}"
    lines = ["", "Mengetahui,", signed, "Kepala Seksi Lalu Lintas Keimigrasian", "", "H. Contoh Pejabat, S.H.",
             "NIP. 19700101 199503 1 001"]  # fmt: skip
    return [["", "", "", "", line] for line in lines]


def two_row_header(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows: Cells = [
        ["DAFTAR PEMOHON PASPOR LAYANAN JEMPUT BOLA"],
        ["KANTOR IMIGRASI CONTOH"],
        ["No", "Tanggal", "Nama", "NIK", "Alamat", "", "", "Jenis Permohonan"],
        ["", "", "", "", "Desa/Kelurahan", "Kecamatan", "Kab/Kota", ""],
        [f"({n})" for n in range(1, 9)],
    ]
    rows += [[n, f"{day:%d/%m/%Y}", one.name, one.nik, *columns(one), "Baru"] for n, one in enumerate(people, start=1)]
    rows += [["", "", "Jumlah", len(people)], *footer(day)]
    return "JB-01.xlsx", xlsx(
        {"Daftar": rows}, ("A1:H1", "A2:H2", "E3:G3", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "H3:H4")
    )


def old_excel(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows = plain(people, f"{day:%d/%m/%Y}")
    return "JB-02.xls", xls([[float(cell) if at == 3 and n else str(cell) for at, cell in enumerate(row)]
                             for n, row in enumerate(rows)])  # fmt: skip


def indonesian_csv(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows = plain(people, f"{day:%d/%m/%Y}")
    rows = [[*row, "650000,00" if n else "Biaya (Rp)"] for n, row in enumerate(rows)]
    return "JB-03.csv", text(rows, ";", "cp1252")


def unicode_text(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return "JB-04.txt", text(plain(people, f"{day:%d/%m/%Y}"), "\t", "utf-16")


def form(people: list[Person], stamp: str, name: str) -> tuple[str, bytes]:
    head = ["Timestamp", "Nama lengkap sesuai KTP", "Nomor NIK", "Di kecamatan mana Anda tinggal?",
            "Kabupaten/kota tempat tinggal", "Dari mana Anda mengetahui layanan ini?"]  # fmt: skip
    rows: Cells = [list(head)]
    rows += [[stamp, one.name, one.nik, one.kecamatan, one.kabupaten, "Instagram"] for one in people]
    return name, text([[f'"{cell}"' for cell in row] for row in rows], ",")


def us_form(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return form(people, f"{day.month}/{day.day}/{day.year} 9:12:33", "JB-05.csv")


def wita_form(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return form(people, f"{day:%Y/%m/%d} 9:12:33 AM GMT+8", "JB-06.csv")


def kobo(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows: Cells = [["start", "today", "pemohon/nama", "pemohon/nik", "pemohon/kecamatan", "pemohon/kabupaten", "_id"]]
    rows += [[f"{day}T08:30:00.000+08:00", f"{day}", one.name, one.nik, one.kecamatan, one.kabupaten, n]
             for n, one in enumerate(people)]  # fmt: skip
    return "JB-07.csv", text(rows, ",")


def dashes(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return "JB-11.csv", text(plain(people, f"{day:%d-%m-%Y}"), ",")


def dots(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return "JB-12.csv", text(plain(people, f"{day:%d.%m.%Y}"), ",")


def short(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return "JB-13.csv", text(plain(people, f"{day.day}/{day.month}/{day:%y}"), ",")


def named_month(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    return "JB-14.csv", text(plain(people, f"{day.day}-{MONTHS[day.month - 1][:3]}-{day:%y}"), ",")


def in_words(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    said = f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"
    return "JB-15.csv", text(plain(people, said), ";")


def serials(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    """Excel serials in General cells, block headings, ditto marks, a footer."""
    serial = (day - dt.date(1899, 12, 30)).days
    ordered = sorted(people, key=lambda one: (one.kabupaten, one.kecamatan))
    rows: Cells = [["No", "Tanggal", "Nama Pemohon", "NIK", "Kecamatan", "Kab/Kota"]]
    before = ("", "")
    for n, one in enumerate(ordered, start=1):
        if one.kabupaten != before[0]:
            rows.append([f"KABUPATEN {one.kabupaten.upper()}"])
        same = (one.kabupaten, one.kecamatan) == before
        rows.append([n, serial, one.name, one.nik, *(("sda", '"') if same else (one.kecamatan, one.kabupaten))])
        before = (one.kabupaten, one.kecamatan)
    return "JB-16.xlsx", xlsx({"Sheet1": rows + footer(day)})


def date_in_title(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows: Cells = [["DAFTAR HADIR"], [f"Tanggal : {day.day} {MONTHS[day.month - 1]} {day.year}"], [""]]
    rows += [["No", "Nama", "NIK", "Kode Wilayah", "Kecamatan", "Kab/Kota"]]
    rows += [[n, one.name, one.nik, "" if one.home == "outside" else one.home,
              one.kecamatan if one.home == "outside" else "", one.kabupaten if one.home == "outside" else ""]
             for n, one in enumerate(people, start=1)]  # fmt: skip
    return "JB-17 Plaza Sungguminasa.xlsx", xlsx({"Hadir": rows})


def free_text(people: list[Person], day: dt.date) -> tuple[str, bytes]:
    rows: Cells = [["No", "Tgl Permohonan", "Nama", "NIK", "Alamat Lengkap"]]
    rows += [[n, f"{day:%d/%m/%Y}", one.name, one.nik, f'"{address(one, n)}"'] for n, one in enumerate(people, start=1)]
    return "JB-18.csv", text(rows, ",")


Style = Callable[[list[Person], dt.date], tuple[str, bytes]]
ONE_EACH: dict[str, Style] = {
    "JB-01": two_row_header, "JB-02": old_excel, "JB-03": indonesian_csv, "JB-04": unicode_text, "JB-05": us_form,
    "JB-06": wita_form, "JB-07": kobo, "JB-11": dashes, "JB-12": dots, "JB-13": short, "JB-14": named_month,
    "JB-15": in_words, "JB-16": serials, "JB-17": date_in_title, "JB-18": free_text,
}  # fmt: skip
TOGETHER = ("JB-08", "JB-09", "JB-10")
EVENTS = tuple(sorted((*ONE_EACH, *TOGETHER)))


def write_office(folder: Path, events: tuple[str, ...] = EVENTS) -> Office:
    """Write the office, with these of its pop-ups; the same people whichever are asked for."""
    office = Office(folder)
    (folder / "applicants").mkdir(parents=True)
    (folder / "outreach.toml").write_text('[office]\nname = "Kantor Imigrasi Contoh"\nsynthetic = true\n')
    table: Cells = [["Kode", "Nama", "Jumlah Penduduk", "Bujur", "Lintang"]]
    for code, (name, residents) in AREAS.items():
        point = [str(number).replace(".", ",") for number in POINTS.get(code, ("", ""))]
        table.append([code, name, f"{residents:,}".replace(",", "."), *point])
    (folder / "areas.xlsx").write_bytes(xlsx({"Wilayah": table}))
    sites: Cells = [
        ["Kode Lokasi", "Nama Lokasi", "Jenis", "Wilayah"],
        ["KANIM", "Kantor Imigrasi", "kantor", "Somba Opu"],
    ]
    sites += [
        ["PS", "Plaza Sungguminasa", "mal", "Somba Opu"],
        ["KP", "Kantor Camat Pallangga", "kecamatan", "Pallangga"],
    ]
    (folder / "sites.csv").write_bytes(text(sites, ";"))
    held: Cells = [["Kode Kegiatan", "Kode Lokasi", "Tanggal", "Status"]]
    for number, event in enumerate(EVENTS, start=1):
        rng = random.Random(SEED + number)
        day = dt.date(2026, 1, 3) + dt.timedelta(7 * number)
        people = invent(rng, number)
        if event in events:
            held.append([event, "PS" if number % 2 else "KP", f"{day}", "terlaksana"])
            office.days[event], office.people[event] = day, people
    (folder / "events.csv").write_bytes(text(held, ";"))
    for event in set(office.people) & set(ONE_EACH):
        name, content = ONE_EACH[event](office.people[event], office.days[event])
        (folder / "applicants" / name).write_bytes(content)
    if together := [event for event in TOGETHER if event in office.people]:
        sheets = {event: plain(office.people[event], f"{office.days[event]:%d/%m/%Y}") for event in together}
        recap: Cells = [["REKAP"], *([event, len(office.people[event])] for event in together)]
        (folder / "applicants" / "Triwulan I.xlsx").write_bytes(xlsx({**sheets, "REKAP": recap}))
    monthly: Cells = [["Kecamatan", "Jan 2026", "Februari 2026", "Mar-26"]]
    monthly += [[f"{name}, {AREAS[code[:5]][0]}", 30, 28, 41] for code, (name, _) in AREAS.items() if len(code) == 8]
    (folder / "office_monthly.xlsx").write_bytes(xlsx({"Data": monthly}))
    return office


# ---------- the goal


def miscounted(office: Office, data: Dataset) -> dict[str, str]:
    """Pop-ups with other people or on other days than the truth, and what is read of them."""
    came, faults = attendance_by_event(data)["people"], {}
    for event, people in office.people.items():
        days = set(data.applicants.loc[data.applicants["event_id"] == event, "service_date"].dt.date)
        if came.get(event, 0) != len(people):
            faults[event] = f"{came.get(event, 0)} of {len(people)} people"
        elif days != {office.days[event]}:
            faults[event] = f"days {sorted(days)} for {office.days[event]}"
    return faults


def misplaced(office: Office, data: Dataset) -> dict[str, str]:
    """Pop-ups with anybody placed elsewhere than they live, or with fewer than 97 % placed or rightly outside."""
    faults = {}
    for event, people in office.people.items():
        found = data.applicants[data.applicants["event_id"] == event]
        known = found["origin_level"].isin((*PLACED, *OUTSIDE))
        at = found["area_id"].fillna("outside").str.slice(0, 8)
        wrong = Counter(at[known]) - Counter(one.home for one in people)
        if wrong:
            faults[event] = f"placed wrongly: {dict(wrong)}"
        elif known.sum() < 0.97 * len(people):
            faults[event] = f"{known.sum()} of {len(people)} placed"
    return faults


@pytest.mark.slow  # the whole office at once is read by `make test`
@pytest.mark.parametrize("event", EVENTS)
def test_each_style_tells_who_came_when_and_where_they_live(tmp_path: Path, event: str) -> None:
    office = write_office(tmp_path / "office", (event,))
    data = read_dataset(office.folder)
    assert miscounted(office, data) == {}
    assert misplaced(office, data) == {}


def test_the_whole_office_is_read_without_a_setting(tmp_path: Path) -> None:
    """97 % of the people placed or rightly outside, every event its people, check under 40 lines, exit 0."""
    office = write_office(tmp_path / "office")
    assert len(EVENTS) == 18
    done = CliRunner().invoke(app, ["check", str(office.folder)])
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) < 40, done.stdout
    data = read_dataset(office.folder)
    assert miscounted(office, data) == {}
    assert misplaced(office, data) == {}
    assert len(data.office_monthly) == 21
    assert not data.ledger.rows["status"].eq("rejected").any()
